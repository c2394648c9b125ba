//! The record against the witness: every event once, in order, and what was derived from them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::rig::Rig;

/// What the store has of one session.
pub(crate) struct Recorded {
    pub(crate) session: Value,
    pub(crate) events: Vec<Value>,
    pub(crate) tools: Vec<Value>,
    pub(crate) subagents: Vec<Value>,
}

impl Recorded {
    /// Reads the session by the query API.
    pub(crate) fn read(rig: &Rig, session: &str) -> Self {
        let of = |part: &str| rig.all(&format!("/api/v1/sessions/{session}/{part}"));
        Self {
            session: rig.json(&format!("/api/v1/sessions/{session}")),
            events: of("events"),
            tools: of("tools"),
            subagents: of("subagents"),
        }
    }

    fn payloads(&self) -> Vec<Value> {
        self.events.iter().map(|event| event["payload"].clone()).collect()
    }

    /// What came of the tool call with this id.
    pub(crate) fn outcome(&self, tool_use_id: &str) -> &Value {
        &self.tools.iter().find(|call| call["tool_use_id"] == tool_use_id).unwrap()["outcome"]
    }
}

fn text<'v>(event: &'v Value, field: &str) -> &'v str {
    event[field].as_str().unwrap_or_default()
}

/// What an event is called in a message of a failed test.
fn label(event: &Value) -> String {
    let parts = ["agent_id", "hook_event_name", "tool_name", "tool_use_id"].map(|field| text(event, field));
    parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" ")
}

/// What has to happen in this order within one actor: an event about no single tool call, or the calls of one message.
///
/// Calls of one message run in parallel and their events may interleave in any way; the events of each call may not.
#[derive(Debug, PartialEq)]
enum Stretch {
    Alone(String),
    Calls { turn: String, events: BTreeMap<String, Vec<String>> },
}

/// The message a call was made in: the scripts name their calls `<turn>_<place>`.
fn turn_of(call: &str) -> &str {
    call.rsplit_once('_').map_or(call, |(turn, _)| turn)
}

/// Each actor's stretches.
fn order(events: &[Value]) -> BTreeMap<&str, Vec<Stretch>> {
    let mut actors: BTreeMap<&str, Vec<Stretch>> = BTreeMap::new();
    for event in events {
        let stretches = actors.entry(text(event, "agent_id")).or_default();
        let name = text(event, "hook_event_name").to_owned();
        let call = text(event, "tool_use_id").to_owned();
        match stretches.last_mut() {
            _ if call.is_empty() => stretches.push(Stretch::Alone(name)),
            Some(Stretch::Calls { turn, events }) if turn == turn_of(&call) => {
                events.entry(call).or_default().push(name);
            }
            _ => stretches
                .push(Stretch::Calls { turn: turn_of(&call).to_owned(), events: BTreeMap::from([(call, vec![name])]) }),
        }
    }
    actors
}

/// What of `seen` is missing in `stored`, and what `stored` has more than once or out of nowhere.
fn difference(seen: &[Value], stored: &[Value]) -> Vec<String> {
    let mut left: Vec<&Value> = stored.iter().collect();
    let mut found = Vec::new();
    for event in seen {
        match left.iter().position(|stored| *stored == event) {
            Some(at) => drop(left.remove(at)),
            None => found.push(format!("lost: {}", label(event))),
        }
    }
    found.extend(left.iter().map(|event| format!("too many: {}", label(event))));
    found
}

/// Every event the witness saw is stored exactly once, verbatim and in order, with its tool calls and subagents.
pub(crate) fn check(seen: &[Value], recorded: &Recorded) {
    let stored = recorded.payloads();
    let differences = difference(seen, &stored);
    assert!(differences.is_empty(), "\n  {}\n", differences.join("\n  "));
    assert_eq!(order(seen), order(&stored));
    let ids: BTreeSet<&str> = recorded.events.iter().map(|event| text(event, "id")).collect();
    assert_eq!(ids.len(), stored.len());
    assert_eq!(recorded.session["events"], stored.len());

    let requested: BTreeMap<&str, (&str, &str)> = seen
        .iter()
        .filter(|event| event["hook_event_name"] == "PreToolUse")
        .map(|event| (text(event, "tool_use_id"), (text(event, "tool_name"), text(event, "agent_id"))))
        .collect();
    let calls: BTreeMap<&str, (&str, &str)> = recorded
        .tools
        .iter()
        .map(|call| (text(call, "tool_use_id"), (text(call, "tool"), text(call, "actor_id"))))
        .collect();
    assert_eq!(calls, requested);
    assert_eq!(recorded.tools.len(), requested.len(), "a call is there twice");
    assert_eq!(recorded.session["tool_calls"], requested.len());

    let started = |field| {
        let starts = seen.iter().filter(|event| event["hook_event_name"] == "SubagentStart");
        starts.map(|event| text(event, field)).collect::<BTreeSet<_>>()
    };
    let known = |field| recorded.subagents.iter().map(|subagent| text(subagent, field)).collect::<BTreeSet<_>>();
    assert_eq!(known("id"), started("agent_id"));
    assert_eq!(known("agent_type"), started("agent_type"));
    assert!(recorded.subagents.iter().all(|subagent| !subagent["ended_at"].is_null()));
}

#[test]
fn a_lost_a_doubled_and_a_reordered_event_are_found() {
    let event = |name: &str, call: &str| serde_json::json!({"hook_event_name": name, "tool_use_id": call});
    let [start, pre, other, post, next, stop] = [
        event("SessionStart", ""),
        event("Pre", "turn_0_0"),
        event("Pre", "turn_0_1"),
        event("Post", "turn_0_0"),
        event("Pre", "turn_1_0"),
        event("Stop", ""),
    ];
    let of = |events: &[&Value]| events.iter().copied().cloned().collect::<Vec<_>>();
    let seen = of(&[&start, &pre, &other, &post, &next, &stop]);
    assert!(difference(&seen, &seen).is_empty());
    assert_eq!(difference(&seen, &of(&[&start, &pre, &post, &next, &stop])), ["lost: Pre turn_0_1"]);
    assert_eq!(difference(&seen, &of(&[&start, &pre, &other, &post, &next, &stop, &stop])), ["too many: Stop"]);

    let same = |other: &[&Value]| order(&seen) == order(&of(other));
    assert!(same(&[&start, &other, &pre, &post, &next, &stop]), "parallel calls may interleave");
    assert!(!same(&[&start, &post, &other, &pre, &next, &stop]), "a call ends after it began");
    assert!(!same(&[&start, &pre, &other, &next, &post, &stop]), "a message's calls end before the next one's begin");
    assert!(!same(&[&start, &pre, &stop, &other, &post, &next]), "the turn ends after its calls");
}
