//! Examples of other calls than commands: of any tool, a prompt, a result, as any agent words them.

use hookrail_core::event::Agent;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

/// A call as an example words it. Its text stands where a command does.
#[derive(Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Worded {
    /// What an agent says in its own words.
    Payload { agent: String, payload: Value },
    /// A tool is called.
    Tool { tool: String, input: Value },
    /// A tool gives something back.
    Result { tool: String, output: Value },
    /// A person asks for something.
    Prompt { prompt: String },
}

/// Credentials of a made-up kind by the names that stand for them in examples, in parts, so that no scanner takes this file for
/// a leak.
const STAND_INS: &[(&str, &[&str])] = &[
    ("%aws-access-key%", &["AK", "IA", "Q7W2E9R4T1Y6U3I8"]),
    ("%github-token%", &["gh", "p_", "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hI6"]),
    ("%anthropic-key%", &["sk-", "ant-api03-", "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hI6"]),
    ("%npm-token%", &["np", "m_", "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hI6"]),
    ("%slack-token%", &["xo", "xb-", "123456789012-aB3dE6gH9jK2mN5pQ8sT"]),
    ("%jwt%", &["ey", "JhbGciOiJIUzI1NiJ9", ".eyJzdWIiOiIxMjM0In0.", "dBjftJeZ4CVPmB92K27uhbUJU1p1rwW1gFWFOEjXk"]),
    (
        "%private-key%",
        &["-----BEG", "IN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ\n-----END"],
    ),
    ("%database-url%", &["postgres://shop:", "correct-horse-7", "@db.internal/shop"]),
    ("%container-url%", &["postgres://shop:", "correct-horse-7", "@db:5432/shop"]),
    ("%password%", &["correct-horse", "-7-battery"]),
];

/// The agent and its words for the text of an example: a command for the shell of Claude Code, or a call as JSON.
pub fn payload(text: &str) -> (Agent, String) {
    let text = STAND_INS
        .iter()
        .fold(text.to_owned(), |text, (name, parts)| text.replace(name, &parts.concat().replace('\n', "\\n")));
    let call =
        |tool: &str, input: Value| json!({"hook_event_name": "PreToolUse", "tool_name": tool, "tool_input": input});
    let worded = text.starts_with('{').then(|| serde_json::from_str(&text).ok()).flatten();
    let (agent, payload) = match worded {
        None => (Agent::ClaudeCode, call("Bash", json!({"command": text}))),
        Some(Worded::Tool { tool, input }) => (Agent::ClaudeCode, call(&tool, input)),
        Some(Worded::Payload { agent, payload }) => (Agent::from(agent.as_str()), payload),
        Some(Worded::Prompt { prompt }) => {
            (Agent::ClaudeCode, json!({"hook_event_name": "UserPromptSubmit", "prompt": prompt}))
        }
        Some(Worded::Result { tool, output }) => {
            let result =
                json!({"hook_event_name": "PostToolUse", "tool_name": tool, "tool_input": {}, "tool_response": output});
            (Agent::ClaudeCode, result)
        }
    };
    (agent, payload.to_string())
}

/// For `deserialize_with`: examples, each a command or a table that words another call.
pub(super) fn examples<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let examples = Vec::<Value>::deserialize(deserializer)?;
    examples.into_iter().map(|example| text(example).map_err(D::Error::custom)).collect()
}

/// The text of an example. `Err` says what is wrong with it.
pub(super) fn text(example: Value) -> Result<String, String> {
    match example {
        Value::String(command) => Ok(command),
        call => {
            let form = "an example is a command, or {tool, input}, {tool, output}, {prompt} or {agent, payload}";
            serde_json::from_value::<Worded>(call.clone()).map_err(|_| form.to_owned())?;
            Ok(call.to_string())
        }
    }
}
