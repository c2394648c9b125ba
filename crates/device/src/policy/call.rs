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
    Tool {
        #[serde(default = "claude_code")]
        agent: String,
        tool: String,
        input: Value,
    },
    /// A tool gives something back.
    Result {
        #[serde(default = "claude_code")]
        agent: String,
        tool: String,
        output: Value,
    },
    /// A person asks for something.
    Prompt {
        #[serde(default = "claude_code")]
        agent: String,
        prompt: String,
    },
}

/// The agent of an example that names none.
fn claude_code() -> String {
    Agent::ClaudeCode.as_str().to_owned()
}

/// The agent of a name, with the short ones that people have for some.
fn agent(name: &str) -> Agent {
    match name {
        "claude" => Agent::ClaudeCode,
        "gemini-cli" => Agent::Gemini,
        "copilot-cli" => Agent::Copilot,
        name => Agent::from(name),
    }
}

/// What happens in an example.
enum Happens {
    Called { input: Value },
    GivenBack { output: Value },
}

/// What an agent tells its hook of a call of a tool. Agents that are not known are worded as Claude Code is, which others follow.
fn of_tool(agent: &Agent, tool: &str, happens: Happens) -> Value {
    // A server's tool is named in full, as Claude Code and Codex do: `mcp__server__tool`.
    let of_server = tool.strip_prefix("mcp__").and_then(|rest| rest.split_once("__"));
    match (agent, happens) {
        (Agent::Gemini, happens) => {
            let mut told = match happens {
                Happens::Called { input } => json!({"hook_event_name": "BeforeTool", "tool_input": input}),
                Happens::GivenBack { output } => {
                    json!({"hook_event_name": "AfterTool", "tool_input": {}, "tool_response": {"llmContent": output}})
                }
            };
            told["tool_name"] = of_server.map_or(tool.into(), |(server, name)| format!("mcp_{server}_{name}").into());
            if let Some((server, name)) = of_server {
                told["mcp_context"] = json!({"server_name": server, "tool_name": name});
            }
            told
        }
        (Agent::Cursor, happens) => {
            let mut told = match happens {
                Happens::Called { input } => json!({"hook_event_name": "preToolUse", "tool_input": input}),
                Happens::GivenBack { output } => {
                    // What a tool gave back is a text that holds JSON.
                    json!({"hook_event_name": "postToolUse", "tool_input": {}, "tool_output": json_text(output)})
                }
            };
            told["tool_name"] = of_server.map_or(tool.into(), |(_, name)| format!("MCP:{name}").into());
            if let Some((server, _)) = of_server {
                told["mcp_server_name"] = server.into();
            }
            told
        }
        (Agent::Copilot, happens) => {
            let mut told = match happens {
                Happens::Called { input } => json!({"hookEventName": "preToolUse", "toolArgs": json_text(input)}),
                Happens::GivenBack { output } => json!({
                    "hookEventName": "postToolUse",
                    "toolArgs": {},
                    "toolResult": {"resultType": "success", "textResultForLlm": output},
                }),
            };
            told["toolName"] = of_server.map_or(tool, |(_, name)| name).into();
            if let Some((server, _)) = of_server {
                told["serverName"] = server.into();
            }
            told
        }
        (_, Happens::Called { input }) => {
            json!({"hook_event_name": "PreToolUse", "tool_name": tool, "tool_input": input})
        }
        (_, Happens::GivenBack { output }) => {
            json!({"hook_event_name": "PostToolUse", "tool_name": tool, "tool_input": {}, "tool_response": output})
        }
    }
}

/// A value as a text that holds JSON; what is a text stays one.
fn json_text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        value => value.to_string(),
    }
}

/// What an agent tells its hook of a prompt.
fn of_prompt(agent: &Agent, prompt: &str) -> Value {
    match agent {
        Agent::Gemini => json!({"hook_event_name": "BeforeAgent", "prompt": prompt}),
        Agent::Cursor => json!({"hook_event_name": "beforeSubmitPrompt", "prompt": prompt}),
        Agent::Copilot => json!({"hookEventName": "userPromptSubmitted", "prompt": prompt}),
        _ => json!({"hook_event_name": "UserPromptSubmit", "prompt": prompt}),
    }
}

/// Credentials of a made-up kind by the names that stand for them in examples, in parts, so that no scanner takes this file for
/// a leak.
const STAND_INS: &[(&str, &[&str])] = &[
    ("%aws-access-key%", &["AK", "IA", "Q7W2E9R4T1Y6U3I8"]),
    ("%aws-secret%", &["q7Rw2LxN0sVb5TzK8mYc", "1HdJ4gPf9UeA3oXi6BtZ"]),
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
    let worded = text.starts_with('{').then(|| serde_json::from_str(&text).ok()).flatten();
    let called = |input| Happens::Called { input };
    let (agent, payload) = match worded {
        None => (Agent::ClaudeCode, of_tool(&Agent::ClaudeCode, "Bash", called(json!({"command": text})))),
        Some(Worded::Payload { agent: name, payload }) => (agent(&name), payload),
        Some(Worded::Tool { agent: name, tool, input }) => {
            let agent = agent(&name);
            let payload = of_tool(&agent, &tool, called(input));
            (agent, payload)
        }
        Some(Worded::Result { agent: name, tool, output }) => {
            let agent = agent(&name);
            let payload = of_tool(&agent, &tool, Happens::GivenBack { output });
            (agent, payload)
        }
        Some(Worded::Prompt { agent: name, prompt }) => {
            let agent = agent(&name);
            let payload = of_prompt(&agent, &prompt);
            (agent, payload)
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
            let form = "an example is a command, or {tool, input}, {tool, output} or {prompt}, each with an agent or without, or {agent, payload}";
            serde_json::from_value::<Worded>(call.clone()).map_err(|_| form.to_owned())?;
            Ok(call.to_string())
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use hookrail_core::agents;
    use hookrail_core::event::{Family, Kind};

    use super::*;

    fn parsed(example: Value) -> (Agent, agents::Parsed) {
        let (agent, payload) = payload(&text(example).unwrap());
        let parsed = agents::parse(&agent, &payload);
        (agent, parsed)
    }

    #[test]
    fn a_call_is_worded_as_the_agent_that_it_names_does() {
        for (name, tool, agent) in [
            ("codex", "shell", Agent::Codex),
            ("gemini", "run_shell_command", Agent::Gemini),
            ("gemini-cli", "run_shell_command", Agent::Gemini),
            ("cursor", "Shell", Agent::Cursor),
            ("copilot", "bash", Agent::Copilot),
            ("claude-code", "Bash", Agent::ClaudeCode),
        ] {
            let call = json!({"agent": name, "tool": tool, "input": {"command": "ls"}});
            let (who, told) = parsed(call);
            assert_eq!((&who, &told.kind), (&agent, &Kind::ToolRequested), "{name}");
            assert_eq!(told.tool.unwrap().family, Family::Shell, "{name}");
            let (_, told) = parsed(json!({"agent": name, "tool": tool, "output": "x"}));
            assert_eq!(told.kind, Kind::ToolSucceeded, "{name}");
            let (_, told) = parsed(json!({"agent": name, "prompt": "hello"}));
            assert_eq!((told.kind, told.prompt.as_deref()), (Kind::PromptSubmitted, Some("hello")), "{name}");
        }
    }

    #[test]
    fn a_tool_of_a_server_is_named_as_each_agent_names_it() {
        for (name, tool) in [
            ("claude-code", "mcp__github__create_issue"),
            ("codex", "mcp__github__create_issue"),
            ("gemini", "mcp_github_create_issue"),
            ("cursor", "MCP:create_issue"),
        ] {
            let (_, told) =
                parsed(json!({"agent": name, "tool": "mcp__github__create_issue", "input": {"title": "x"}}));
            let told = told.tool.unwrap();
            let family = Family::Mcp { server: Some("github".to_owned()), tool: "create_issue".to_owned() };
            assert_eq!((told.name.as_str(), told.family), (tool, family), "{name}");
        }
        let (_, told) = parsed(json!({"agent": "copilot", "tool": "mcp__github__create_issue", "input": {}}));
        assert!(matches!(told.tool.unwrap().family, Family::Mcp { server: Some(server), .. } if server == "github"));
    }

    #[test]
    fn an_example_that_is_none_says_what_one_is() {
        assert!(text(json!({"agent": "codex", "command": "ls"})).unwrap_err().contains("{tool, input}"));
    }
}
