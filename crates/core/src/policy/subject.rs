//! What a call is about, as a text: the same for the same call made again.

use crate::agents::Parsed;
use crate::json;

json::fields!(Call {
    tool_input = "tool_input",
    tool_args = "toolArgs",
    arguments = "arguments",
    command = "command",
    prompt = "prompt",
});

json::fields!(Input { command = "command", cmd = "cmd" });

/// What a call is about: the tool's name, and below it the command or, of another tool, all that it is given; of a prompt its text.
///
/// What agents word anew with every attempt, such as the description of a command, is no part of it.
pub fn subject(parsed: &Parsed, payload: &str) -> String {
    let call = json::object::<Call<'_>>(payload).unwrap_or_default();
    let tool = parsed.tool.as_ref().map_or(parsed.name.as_str(), |tool| tool.name.as_str());
    let given = call.tool_input.or(call.tool_args).or(call.arguments);
    let inner = json::text(given).unwrap_or_default();
    let text = if inner.trim_start().starts_with('{') { inner.as_ref() } else { given.map_or("", |raw| raw.get()) };
    let input = json::object::<Input<'_>>(text).unwrap_or_default();
    let command = input.command.or(input.cmd).or(call.command).or(call.prompt);
    let about = match command {
        Some(command) => json::text(Some(command)).unwrap_or_else(|| command.get().into()),
        None => text.into(),
    };
    format!("{tool}\n{about}")
}

/// What a person calls a call with this subject by: eight hexadecimal digits.
pub fn code(subject: &str) -> String {
    format!("{:08x}", fnv(subject) >> 32)
}

/// The 64-bit FNV-1a hash of a text: for short names of things, and never for safety.
pub fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agents;
    use crate::event::Agent;

    #[test]
    fn the_same_call_has_the_same_subject_however_it_is_worded() {
        for (agent, payload, expected) in [
            (
                Agent::ClaudeCode,
                r#"{"hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"git push -f","description":"Push"}}"#,
                "Bash\ngit push -f",
            ),
            (
                Agent::ClaudeCode,
                r#"{"hook_event_name":"PreToolUse","tool_name":"Write","tool_input":{"file_path":"/a"}}"#,
                "Write\n{\"file_path\":\"/a\"}",
            ),
            (
                Agent::Copilot,
                r#"{"hookEventName":"preToolUse","toolName":"bash","toolArgs":"{\"command\":\"ls\"}"}"#,
                "bash\nls",
            ),
            (
                Agent::Cursor,
                r#"{"hook_event_name":"beforeShellExecution","conversation_id":"c","command":"ls"}"#,
                "Shell\nls",
            ),
            (Agent::ClaudeCode, r#"{"hook_event_name":"UserPromptSubmit","prompt":"hi"}"#, "UserPromptSubmit\nhi"),
            (Agent::ClaudeCode, "no json", "malformed\n"),
        ] {
            let subject = subject(&agents::parse(&agent, payload), payload);
            assert_eq!(subject, expected, "{payload}");
            assert_eq!(code(&subject).len(), 8);
        }
        assert_eq!(fnv("a"), 0xaf63_dc4c_8601_ec8c, "the published value");
    }
}
