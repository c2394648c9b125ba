//! The sessions that the demo plays: real ones, recorded from Claude Code and Codex, and one that is made up in their words, because
//! nothing in the recorded ones is for a guard to stop.
//!
//! Each line is what the agent wrote to its hook. A run gets ids of its own, so that two runs into one store are two
//! sets of sessions: every id keeps its shape and its place, and its digits change the same way wherever it occurs.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use hookrail_core::event::Agent;
use serde_json::Value;

/// The fields that hold an id of the agent.
const ID_FIELDS: [&str; 6] = ["session_id", "prompt_id", "turn_id", "tool_use_id", "agent_id", "agentId"];

/// The shortest run of digits taken for an id.
const SHORTEST_ID: usize = 8;

/// One recorded session.
#[derive(Debug)]
pub(super) struct Recording {
    /// The agent it was recorded from.
    pub(super) agent: Agent,
    /// What the agent wrote to its hook, in order.
    pub(super) lines: Vec<Line>,
}

/// One event of a session.
#[derive(Debug)]
pub(super) struct Line {
    /// The agent's JSON.
    pub(super) json: String,
    /// The session it belongs to.
    pub(super) session_id: String,
    /// How long after the event before it came; recordings hold no times, so this is what such a step usually takes.
    pub(super) pause: Duration,
}

/// The recordings, in the order they begin.
const FILES: [(Agent, &str); 9] = [
    (Agent::ClaudeCode, include_str!("../../../demo/claude-code/full-run-with-mcp-and-subagents.jsonl")),
    (Agent::ClaudeCode, include_str!("../../../demo/claude-code/guarded.jsonl")),
    (Agent::Codex, include_str!("../../../demo/codex/exec-run.jsonl")),
    (Agent::ClaudeCode, include_str!("../../../demo/claude-code/interactive-permission-prompt.jsonl")),
    (Agent::ClaudeCode, include_str!("../../../demo/claude-code/slash-command.jsonl")),
    (Agent::ClaudeCode, include_str!("../../../demo/claude-code/maintenance-continue-compact.jsonl")),
    (Agent::ClaudeCode, include_str!("../../../demo/claude-code/init.jsonl")),
    (Agent::ClaudeCode, include_str!("../../../demo/claude-code/full-run-2.jsonl")),
    (Agent::ClaudeCode, include_str!("../../../demo/claude-code/api-unreachable.jsonl")),
];

/// All recordings, with ids of their own for this run.
pub(super) fn fresh() -> Vec<Recording> {
    let run = RandomState::new();
    FILES.iter().map(|(agent, text)| recording(agent, text, &run)).collect()
}

fn recording(agent: &Agent, text: &str, run: &RandomState) -> Recording {
    let mut ids = BTreeSet::new();
    for line in text.lines() {
        collect_ids(&serde_json::from_str(line).unwrap_or_default(), &mut ids);
    }
    let ids: Vec<(String, String)> =
        ids.into_iter().map(|id| (fresh_id(&id, run), id)).map(|(new, old)| (old, new)).collect();
    let mut before = Value::Null;
    let lines = text.lines().filter(|line| !line.trim().is_empty()).map(|line| {
        let json = ids.iter().fold(line.to_owned(), |json, (old, new)| json.replace(old, new));
        let event: Value = serde_json::from_str(&json).unwrap_or_default();
        let session_id = event.get("session_id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let line = Line { session_id, pause: pause(&event, &before), json };
        before = event;
        line
    });
    let lines = lines.collect();
    Recording { agent: agent.clone(), lines }
}

fn collect_ids(value: &Value, ids: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(id) if ID_FIELDS.contains(&name.as_str()) && digits(id).count() >= SHORTEST_ID => {
                        ids.insert(id.clone());
                    }
                    _ => collect_ids(value, ids),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect_ids(value, ids)),
        _ => {}
    }
}

/// The places of an id's hexadecimal digits: what follows its last underscore, without what makes a UUID a UUID of
/// its version (and without the time in one of version 7).
fn digits(id: &str) -> impl Iterator<Item = usize> + '_ {
    let is_uuid = id.len() == 36 && id.bytes().filter(|byte| *byte == b'-').count() == 4;
    let is_timed = is_uuid && id.as_bytes()[14] == b'7';
    let from = if is_timed { 15 } else { id.rfind('_').map_or(0, |at| at + 1) };
    // Claude Code's ids of subagents begin with an `a` that is no digit.
    let from = if !is_uuid && id.len() == 17 && id.starts_with('a') { 1 } else { from };
    id.bytes()
        .enumerate()
        .skip(from)
        .filter_map(move |(at, byte)| (byte.is_ascii_hexdigit() && !(is_uuid && matches!(at, 14 | 19))).then_some(at))
}

fn fresh_id(id: &str, run: &RandomState) -> String {
    let mut new: Vec<char> = id.chars().collect();
    for at in digits(id) {
        let nibble = run.hash_one((id, at)) % 16;
        new[at] = char::from_digit(nibble as u32, 16).unwrap_or('0');
    }
    new.into_iter().collect()
}

/// What the step before this event usually takes. Where the agent measured it, as long as that: what the dashboard
/// draws then agrees with what it says. `before` is the event before it.
fn pause(event: &Value, before: &Value) -> Duration {
    let text = |event: &Value, field: &str| event.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (name, tool) = (text(event, "hook_event_name"), text(event, "tool_name"));
    let is_parallel = name == "PreToolUse" && text(before, "hook_event_name") == "PreToolUse";
    // The measure of a subagent's whole run is the sum of its steps.
    let is_step = event.get("agent_id").is_some() || (tool == "Agent" && name != "PreToolUse");
    let millis = match name.as_str() {
        _ if is_parallel || is_step => 10,
        "PostToolUse" | "PostToolUseFailure" => event.get("duration_ms").and_then(Value::as_u64).unwrap_or(300),
        "PostToolBatch" | "PermissionRequest" => 20,
        "UserPromptSubmit" => 1_500,
        "Notification" => 2_500,
        "Stop" => 900,
        _ => 700,
    };
    Duration::from_millis(millis)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_run_keeps_everything_but_the_ids() {
        for (recording, (_, text)) in fresh().iter().zip(FILES) {
            assert_eq!(recording.lines.len(), text.lines().count());
            for (line, recorded) in recording.lines.iter().zip(text.lines()) {
                let (new, old): (Value, Value) =
                    (serde_json::from_str(&line.json).unwrap(), serde_json::from_str(recorded).unwrap());
                for field in ["hook_event_name", "tool_name", "tool_input", "cwd", "prompt", "duration_ms"] {
                    assert_eq!(new.get(field), old.get(field));
                }
                assert_eq!(line.json.len(), recorded.len());
                assert_ne!(new["session_id"], old["session_id"]);
                if let Some(path) = new["transcript_path"].as_str() {
                    assert!(path.contains(&line.session_id), "{path}");
                }
            }
        }
    }

    #[test]
    fn two_runs_differ_and_one_run_agrees_with_itself() {
        let (one, other) = (RandomState::new(), RandomState::new());
        for id in [
            "01a1fa78-11a0-7f13-aa1b-2c0d3dc7c49e",
            "b247b6a5-da7d-463d-85af-e429919a032a",
            "toolu_ff48d49d4b6a4f998900",
            "call_1346483e58",
            "a76a4d47f52edbb0b",
        ] {
            let new = fresh_id(id, &one);
            assert_eq!(new, fresh_id(id, &one));
            assert_ne!(new, fresh_id(id, &other));
            assert_eq!(
                (new.len(), &new[..1]),
                (id.len(), if id.len() == 36 && id.as_bytes()[14] == b'4' { &new[..1] } else { &id[..1] })
            );
        }
        let timed = fresh_id("01a1fa78-11a0-7f13-aa1b-2c0d3dc7c49e", &one);
        assert!(timed.starts_with("01a1fa78-11a0-7"), "{timed}");
    }
}
