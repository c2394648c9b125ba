//! One sentence about an event, made from its payload alone: no model, no network, the same sentence every time.

use hookrail_core::agents::Parsed;
use hookrail_core::event::{Family, Kind};
use serde_json::Value;

/// Characters of a command, a path or a message that a sentence quotes.
const QUOTE_CHARS: usize = 80;

/// Says in one sentence what happened: who did what to which target, and what came of it.
pub(crate) fn summarise(parsed: &Parsed, payload: &Value) -> String {
    let sentence = sentence(parsed, payload);
    match parsed.actor.subagent_id() {
        Some(id) if !matches!(parsed.kind, Kind::SubagentStarted | Kind::SubagentEnded) => {
            format!("{sentence} (subagent {})", quote(id))
        }
        _ => sentence,
    }
}

fn sentence(parsed: &Parsed, payload: &Value) -> String {
    let text = |field: &str| payload.get(field).and_then(Value::as_str).map(quote).filter(|text| !text.is_empty());
    let with = |sentence: &str, detail: Option<String>| match detail {
        Some(detail) => format!("{sentence}: {detail}"),
        None => sentence.to_owned(),
    };
    let reason = || parsed.reason.as_deref().map(quote);
    let tool = || tool(parsed);
    let present = || action(parsed, payload, Tense::Present);
    match &parsed.kind {
        Kind::ToolRequested | Kind::ToolDetail => format!("{} is about to {}", tool(), present()),
        Kind::ToolSucceeded => {
            let done = format!("{} {}", tool(), action(parsed, payload, Tense::Past));
            parsed.duration_ms.map_or(done.clone(), |ms| format!("{done} in {ms} ms"))
        }
        Kind::ToolFailed => with(&format!("{} failed to {}", tool(), present()), text("error")),
        Kind::ToolDenied => with(&format!("{} was not allowed to {}", tool(), present()), text("reason")),
        Kind::PermissionRequested => format!("{} asks for permission to {}", tool(), present()),
        Kind::ToolBatch => match payload.get("tool_calls").and_then(Value::as_array).map_or(0, Vec::len) {
            1 => "One tool call was resolved".to_owned(),
            n => format!("{n} tool calls were resolved"),
        },
        Kind::SessionStarted => with("The session started", reason()),
        Kind::SessionEnded => with("The session ended", reason()),
        Kind::SessionSlept => "The session fell asleep: nothing was heard of it for a while".to_owned(),
        Kind::SessionWoke => with("The session woke", text("by")),
        Kind::Setup => with("The agent set itself up", reason()),
        Kind::PromptSubmitted => {
            with("The person asked", parsed.prompt.as_deref().map(quote).or_else(|| text("prompt")))
        }
        Kind::PromptExpanded => with("A command was expanded", text("command_name")),
        Kind::TurnEnded => with("The agent finished", text("last_assistant_message")),
        Kind::TurnFailed => with("The turn failed", text("error")),
        Kind::TurnInterrupted => "The person interrupted the turn".to_owned(),
        Kind::Notification => with("The agent notified the person", text("message")),
        Kind::SubagentStarted => with("A subagent started", text("agent_type")),
        Kind::SubagentEnded => with("A subagent finished", text("last_assistant_message")),
        Kind::CompactionStarted => with("The context is about to be compacted", reason()),
        Kind::CompactionEnded => with("The context was compacted", reason()),
        Kind::TaskCreated => with("A task was created", text("task_subject")),
        Kind::TaskCompleted => with("A task was completed", text("task_subject")),
        Kind::CwdChanged => with("The working directory changed", text("new_cwd")),
        Kind::FileChanged => with("A file changed", text("file_path")),
        Kind::Malformed => "The agent sent something that is not JSON".to_owned(),
        _ => format!("{} happened", quote(&parsed.name)),
    }
}

/// The tool by its own name, an MCP tool with its server.
fn tool(parsed: &Parsed) -> String {
    match &parsed.tool {
        Some(tool) => match &tool.family {
            Family::Mcp { server: Some(server), tool } => format!("{} of {}", quote(tool), quote(server)),
            _ => quote(&tool.name),
        },
        None => "A tool".to_owned(),
    }
}

/// When the call is spoken of.
#[derive(Clone, Copy)]
enum Tense {
    Present,
    Past,
}

/// What the tool does, with its target.
fn action(parsed: &Parsed, payload: &Value, tense: Tense) -> String {
    let (present, past) = match parsed.tool.as_ref().map(|tool| &tool.family) {
        Some(Family::Shell) => ("run", "ran"),
        Some(Family::FileRead) => ("read", "read"),
        Some(Family::FileWrite) => ("write", "wrote"),
        Some(Family::Search) => ("search for", "searched for"),
        Some(Family::Web) => ("look up", "looked up"),
        Some(Family::Agent) => ("hand over", "handed over"),
        _ => ("be called with", "was called with"),
    };
    let verb = match tense {
        Tense::Present => present,
        Tense::Past => past,
    };
    match target(payload) {
        Some(target) => format!("{verb} `{target}`"),
        None => format!("{verb} nothing named"),
    }
}

/// What the call is about: the first of the fields that agents put it in.
pub(crate) fn target(payload: &Value) -> Option<String> {
    const FIELDS: [&str; 10] =
        ["command", "file_path", "notebook_path", "path", "pattern", "query", "url", "description", "prompt", "name"];
    let input = payload.get("tool_input")?;
    let found = FIELDS.iter().find_map(|field| input.get(field).and_then(Value::as_str));
    match (found, input) {
        (Some(text), _) => Some(quote(text)),
        (None, Value::String(text)) => Some(quote(text)),
        (None, Value::Object(fields)) if !fields.is_empty() => Some(quote(&input.to_string())),
        _ => None,
    }
}

/// A text fit to be part of a sentence: its first non-empty line, shortened.
fn quote(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("");
    match line.char_indices().nth(QUOTE_CHARS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use hookrail_core::agents;
    use hookrail_core::event::Agent;

    use super::*;

    #[test]
    fn each_kind_has_its_sentence() {
        for (payload, sentence) in [
            (
                r#"{"hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"git status --short","description":"Status"}}"#,
                "Bash is about to run `git status --short`",
            ),
            (
                r#"{"hook_event_name":"PostToolUse","tool_name":"Bash","tool_input":{"command":"ls\nwc"},"tool_response":{},"duration_ms":34}"#,
                "Bash ran `ls` in 34 ms",
            ),
            (
                r#"{"hook_event_name":"PostToolUse","tool_name":"Read","tool_input":{"file_path":"/a.py"},"tool_response":{}}"#,
                "Read read `/a.py`",
            ),
            (
                r#"{"hook_event_name":"PostToolUseFailure","tool_name":"Read","tool_input":{"file_path":"/a.py"},"error":"File does not exist.\nmore"}"#,
                "Read failed to read `/a.py`: File does not exist.",
            ),
            (
                r#"{"hook_event_name":"PermissionRequest","tool_name":"Write","tool_input":{"file_path":"/b"}}"#,
                "Write asks for permission to write `/b`",
            ),
            (
                r#"{"hook_event_name":"PermissionDenied","tool_name":"Bash","tool_input":{"command":"rm -rf /"},"reason":"Blocked"}"#,
                "Bash was not allowed to run `rm -rf /`: Blocked",
            ),
            (
                r#"{"hook_event_name":"PreToolUse","tool_name":"mcp__calc__add","tool_input":{"a":1}}"#,
                "add of calc is about to be called with `{\"a\":1}`",
            ),
            (
                r#"{"hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"ls"},"agent_id":"a1","agent_type":"Explore"}"#,
                "Bash is about to run `ls` (subagent a1)",
            ),
            (r#"{"hook_event_name":"PostToolBatch","tool_calls":[{"tool_use_id":"t"}]}"#, "One tool call was resolved"),
            (r#"{"hook_event_name":"PostToolBatch","tool_calls":[{},{}]}"#, "2 tool calls were resolved"),
            (r#"{"hook_event_name":"SessionStart","source":"resume"}"#, "The session started: resume"),
            (r#"{"hook_event_name":"SessionEnd","reason":"other"}"#, "The session ended: other"),
            (r#"{"hook_event_name":"UserPromptSubmit","prompt":"\nfix it\nplease"}"#, "The person asked: fix it"),
            (r#"{"hook_event_name":"Stop","last_assistant_message":"done"}"#, "The agent finished: done"),
            (r#"{"hook_event_name":"StopFailure","error":"server_error"}"#, "The turn failed: server_error"),
            (r#"{"hook_event_name":"Notification","message":"waiting"}"#, "The agent notified the person: waiting"),
            (
                r#"{"hook_event_name":"SubagentStart","agent_id":"a1","agent_type":"Explore"}"#,
                "A subagent started: Explore",
            ),
            (r#"{"hook_event_name":"PreCompact","trigger":"manual"}"#, "The context is about to be compacted: manual"),
            (r#"{"hook_event_name":"BrandNew"}"#, "BrandNew happened"),
        ] {
            let parsed = agents::parse(&Agent::ClaudeCode, payload);
            assert_eq!(summarise(&parsed, &serde_json::from_str(payload).unwrap()), sentence);
        }
    }

    #[test]
    fn a_sentence_stays_short_whatever_is_in_the_payload() {
        let long = "ü".repeat(10_000);
        let payload = serde_json::json!({
            "hook_event_name": "PostToolUseFailure", "tool_name": long, "tool_input": {"command": long}, "error": long,
        });
        let parsed = agents::parse(&Agent::ClaudeCode, &payload.to_string());
        assert!(summarise(&parsed, &payload).chars().count() < 400);
    }
}
