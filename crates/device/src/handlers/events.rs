//! What there is to know of agents' events for whoever handles them: their names, what a matcher looks at, the files they
//! are about. Facts of Claude Code: its hooks reference and SDK types, 2.1.329; of Codex: its hooks documentation, 0.155 and later.

use std::collections::BTreeMap;

use hookrail_core::agents::Parsed;
use hookrail_core::event::{Actor, Agent, Kind};
use serde_json::Value;
use serde_json::value::RawValue;

/// The events by which files of a flat folder are named, and which a mistyped name is compared with.
pub const NAMES: &[&str] = &[
    "PreToolUse",
    "PostToolUse",
    "PostToolUseFailure",
    "PostToolBatch",
    "Notification",
    "UserPromptSubmit",
    "UserPromptExpansion",
    "SessionStart",
    "SessionEnd",
    "Stop",
    "StopFailure",
    "SubagentStart",
    "SubagentStop",
    "PreCompact",
    "PostCompact",
    "PreModelSwitch",
    "PostModelSwitch",
    "PermissionRequest",
    "PermissionDenied",
    "Setup",
    "TeammateIdle",
    "TaskCreated",
    "TaskCompleted",
    "Elicitation",
    "ElicitationResult",
    "ConfigChange",
    "WorktreeRemove",
    "InstructionsLoaded",
    "CwdChanged",
    "FileChanged",
    "DirectoryAdded",
    "Interrupt",
];

/// Whether a handler's word for an event means this one: the agent's own name whatever its case, or our kind.
pub fn is_meant(word: &str, name: &str, kind: &Kind) -> bool {
    word.eq_ignore_ascii_case(name) || (word.contains('.') && word == kind.as_str())
}

/// Whether any agent is known to have an event of this name, or we a kind.
pub fn is_known(word: &str) -> bool {
    if word.contains('.') {
        return !matches!(Kind::from(word), Kind::Other(_));
    }
    let agents = [Agent::ClaudeCode, Agent::Codex, Agent::Cursor, Agent::Gemini, Agent::Copilot];
    NAMES.iter().any(|name| word.eq_ignore_ascii_case(name))
        || agents.iter().any(|agent| hookrail_core::agents::parse_named(agent, Some(word), "{}").kind != Kind::Unknown)
}

/// The fields of a payload, each as it came.
pub type Fields<'a> = BTreeMap<String, &'a RawValue>;

/// The top level of a payload; empty where it is no object.
pub fn fields(payload: &str) -> Fields<'_> {
    serde_json::from_str(payload).unwrap_or_default()
}

fn text(fields: &Fields<'_>, name: &str) -> Option<String> {
    serde_json::from_str(fields.get(name)?.get()).ok()
}

/// A yes of a payload.
pub fn is_set(fields: &Fields<'_>, name: &str) -> bool {
    fields.get(name).is_some_and(|raw| raw.get() == "true")
}

/// What a matcher looks at: the tool's name and those it also goes by, else the word that tells why the event happened.
/// Empty for events without: there a matcher is no condition, as with the agents.
pub fn subjects(parsed: &Parsed, fields: &Fields<'_>) -> Vec<String> {
    if let Some(tool) = &parsed.tool {
        let mut names = vec![tool.name.clone()];
        match tool.name.as_str() {
            "apply_patch" => names.extend(["Edit".to_owned(), "Write".to_owned()]),
            "spawn_agent" | "Task" => names.push("Agent".to_owned()),
            _ => {}
        }
        return names;
    }
    let subject = match parsed.kind {
        Kind::SubagentStarted | Kind::SubagentEnded => match &parsed.actor {
            Actor::Subagent { agent_type, .. } => agent_type.clone(),
            Actor::Main => text(fields, "agent_type"),
        },
        Kind::PromptExpanded => text(fields, "command_name"),
        Kind::ModelSwitching | Kind::ModelSwitched => parsed.model.clone(),
        Kind::ElicitationRequested | Kind::ElicitationAnswered => text(fields, "mcp_server_name"),
        Kind::FileChanged => {
            text(fields, "file_path").map(|path| path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned())
        }
        Kind::PromptSubmitted | Kind::TurnEnded | Kind::ToolBatch | Kind::CwdChanged | Kind::TeammateIdle => None,
        Kind::TaskCreated | Kind::TaskCompleted => None,
        _ => parsed.reason.clone(),
    };
    subject.into_iter().collect()
}

/// The largest input of a tool that is looked into for paths, in bytes.
const MAX_INPUT_BYTES: usize = 4 << 20;

/// The files an event names, as it names them: those of a tool's input, of a patch, of a change on disk.
pub fn paths(parsed: &Parsed, fields: &Fields<'_>) -> Vec<String> {
    if let Some(path) = text(fields, "file_path") {
        return vec![path];
    }
    let Some(input) = fields.get("tool_input").filter(|raw| raw.get().len() <= MAX_INPUT_BYTES) else {
        return Vec::new();
    };
    let Ok(Value::Object(input)) = serde_json::from_str::<Value>(input.get()) else { return Vec::new() };
    let named = ["file_path", "notebook_path", "path", "filePath"].iter().find_map(|key| input.get(*key)?.as_str());
    if let Some(path) = named {
        return vec![path.to_owned()];
    }
    let is_patch = parsed.tool.as_ref().is_some_and(|tool| tool.name == "apply_patch");
    match input.get("command").or_else(|| input.get("input")).and_then(Value::as_str) {
        Some(patch) if is_patch => patched(patch),
        _ => Vec::new(),
    }
}

/// The files a patch in Codex's form touches.
fn patched(patch: &str) -> Vec<String> {
    const HEADS: [&str; 4] = ["*** Add File: ", "*** Update File: ", "*** Delete File: ", "*** Move to: "];
    let path = |line: &str| HEADS.iter().find_map(|head| line.strip_prefix(head)).map(|path| path.trim().to_owned());
    patch.lines().filter_map(path).collect()
}

/// Whether this is a write by a tool of the agent that names its files.
pub fn is_write(parsed: &Parsed) -> bool {
    let writes = parsed
        .tool
        .as_ref()
        .is_some_and(|tool| tool.family == hookrail_core::event::Family::FileWrite || tool.name == "apply_patch");
    writes && parsed.kind == Kind::ToolSucceeded
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use hookrail_core::agents::parse;
    use serde_json::json;

    use super::*;

    #[test]
    fn every_name_is_one_that_an_agent_has() {
        for name in NAMES {
            let kinds = [Agent::ClaudeCode, Agent::Codex]
                .map(|agent| hookrail_core::agents::parse_named(&agent, Some(name), "{}").kind);
            assert!(kinds.iter().any(|kind| *kind != Kind::Unknown), "{name}");
        }
        for (word, expected) in [
            ("turn.ended", true),
            ("turn.endde", false),
            ("beforeShellExecution", true),
            ("stop", true),
            ("Stopp", false),
        ] {
            assert_eq!(is_known(word), expected, "{word}");
        }
    }

    #[test]
    fn a_matcher_looks_at_what_the_agent_says() {
        for (payload, expected) in [
            (json!({"hook_event_name": "PreToolUse", "tool_name": "Bash"}), &["Bash"][..]),
            (json!({"hook_event_name": "SessionStart", "source": "resume"}), &["resume"]),
            (json!({"hook_event_name": "SessionEnd", "reason": "clear"}), &["clear"]),
            (json!({"hook_event_name": "Notification", "notification_type": "idle_prompt"}), &["idle_prompt"]),
            (json!({"hook_event_name": "SubagentStop", "agent_id": "a", "agent_type": "Explore"}), &["Explore"]),
            (json!({"hook_event_name": "UserPromptExpansion", "command_name": "go"}), &["go"]),
            (json!({"hook_event_name": "PreCompact", "trigger": "auto"}), &["auto"]),
            (json!({"hook_event_name": "Elicitation", "mcp_server_name": "github"}), &["github"]),
            (json!({"hook_event_name": "FileChanged", "file_path": "/a/b/.env", "event": "change"}), &[".env"]),
            (json!({"hook_event_name": "UserPromptSubmit", "prompt": "x", "source": "sdk"}), &[]),
            (json!({"hook_event_name": "Stop"}), &[]),
        ] {
            let payload = payload.to_string();
            let parsed = parse(&Agent::ClaudeCode, &payload);
            assert_eq!(subjects(&parsed, &fields(&payload)), expected, "{payload}");
        }
    }

    #[test]
    fn files_are_found_in_inputs_and_patches() {
        let patch = "*** Begin Patch\n*** Update File: src/a.rs\n@@\n-x\n+y\n*** Add File: b.txt\n+*** Add File: no\n*** End Patch";
        for (agent, payload, expected) in [
            (
                Agent::ClaudeCode,
                json!({"hook_event_name": "PostToolUse", "tool_name": "Edit", "tool_input": {"file_path": "/p/a.rs"}}),
                &["/p/a.rs"][..],
            ),
            (
                Agent::Codex,
                json!({"hook_event_name": "PostToolUse", "tool_name": "apply_patch", "tool_input": {"command": patch}}),
                &["src/a.rs", "b.txt"],
            ),
            (
                Agent::ClaudeCode,
                json!({"hook_event_name": "PostToolUse", "tool_name": "Bash", "tool_input": {"command": "ls"}}),
                &[],
            ),
        ] {
            let payload = payload.to_string();
            let parsed = parse(&agent, &payload);
            assert_eq!(paths(&parsed, &fields(&payload)), expected, "{payload}");
            assert_eq!(is_write(&parsed), !expected.is_empty());
        }
    }
}
