//! What is read from, and answered to, every payload of the fixtures.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails, and says where")]

mod common;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use hookrail_core::agents::{self, MALFORMED, Parsed, Payload};
use hookrail_core::event::{Actor, Agent, Family, Kind};
use hookrail_core::policy::{Decision, Verdict};

/// The parts of an event that are there, one line.
fn line(parsed: &Parsed) -> String {
    let mut line = format!("{} = {}", parsed.name, parsed.kind);
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            let _ = write!(line, " | {name} {}", short(&value));
        }
    };
    add("session", parsed.session_id.as_ref().map(ToString::to_string));
    if let Actor::Subagent { id, agent_type } = &parsed.actor {
        add("subagent", Some(format!("{id} {}", agent_type.as_deref().unwrap_or("-"))));
    }
    add(
        "tool",
        parsed.tool.as_ref().map(|tool| match &tool.family {
            Family::Mcp { server, tool: name } => {
                format!("{} mcp({}, {name})", tool.name, server.as_deref().unwrap_or("-"))
            }
            family => format!("{} {}", tool.name, family.as_str()),
        }),
    );
    add("call", parsed.tool_use_id.as_ref().map(ToString::to_string));
    add("outcome", parsed.outcome.map(|outcome| outcome.as_str().to_owned()));
    add("ms", parsed.duration_ms.map(|ms| ms.to_string()));
    add("cwd", parsed.cwd.clone());
    add("model", parsed.model.clone());
    add("turn", parsed.turn_id.clone());
    add("prompt", parsed.prompt.as_ref().map(|prompt| format!("{prompt:?}")));
    add("reason", parsed.reason.clone());
    add("spawned", parsed.spawned.clone());
    let batch: Vec<String> = parsed
        .batch
        .iter()
        .map(|call| {
            let tool = call.tool.as_ref().map_or("?", |tool| tool.name.as_str());
            format!("{}:{tool}:{}", call.tool_use_id, call.outcome.as_str())
        })
        .collect();
    add("batch", (!batch.is_empty()).then(|| batch.join(",")));
    line
}

/// The middle of a UUID or of a long text says little to a reader.
fn short(text: &str) -> String {
    let is_uuid = text.len() == 36 && text.bytes().filter(|byte| *byte == b'-').count() == 4;
    if is_uuid { format!("{}…", &text[..8]) } else { text.to_owned() }
}

#[test]
fn every_payload_is_read() {
    for agent in Agent::KNOWN {
        let mut lines = String::new();
        for fixture in common::all().into_iter().filter(|fixture| fixture.agent == *agent) {
            let received = agents::parse_bytes(agent, None, fixture.payload.as_bytes());
            assert_eq!(received.agent, *agent, "{}", fixture.at);
            assert!(matches!(received.payload, Payload::Json(_)), "{}", fixture.at);
            assert_eq!(received.parsed, agents::parse(agent, &fixture.payload), "{}", fixture.at);
            let _ = writeln!(lines, "{}\n    {}", fixture.at, line(&received.parsed));
        }
        insta::assert_snapshot!(format!("read_{agent}"), lines);
    }
}

#[test]
fn every_documented_event_has_a_fixture_and_a_kind() {
    let names = |agent: &Agent| -> BTreeSet<String> {
        let fixtures = common::all().into_iter().filter(|fixture| fixture.agent == *agent);
        let parsed = fixtures.map(|fixture| agents::parse(agent, &fixture.payload));
        parsed.inspect(|parsed| assert_ne!(parsed.kind, Kind::Unknown, "{}", parsed.name)).map(|it| it.name).collect()
    };
    let notify = 1;
    for (agent, events) in
        [(Agent::ClaudeCode, 33), (Agent::Codex, 12 + notify), (Agent::Cursor, 21), (Agent::Gemini, 11)]
    {
        assert_eq!(names(&agent).len(), events, "{agent}: {:?}", names(&agent));
    }
}

fn verdict(decision: Decision) -> Verdict {
    Verdict::new(decision, "no-pushes", "Pushes need \"consent\"")
}

#[test]
fn every_event_is_answered() {
    for agent in Agent::KNOWN {
        let mut seen = BTreeSet::new();
        let mut table = String::new();
        for fixture in common::all().into_iter().filter(|fixture| fixture.agent == *agent) {
            let parsed = agents::parse(agent, &fixture.payload);
            if !seen.insert(parsed.name.clone()) {
                continue;
            }
            let _ = writeln!(table, "{}", parsed.name);
            let none = agents::reply(agent, &parsed, None);
            for (word, verdict) in [
                ("none ", None),
                ("allow", Some(verdict(Decision::Allow))),
                ("ask  ", Some(verdict(Decision::Ask))),
                ("deny ", Some(verdict(Decision::Deny))),
            ] {
                let reply = agents::reply(agent, &parsed, verdict.as_ref());
                if verdict.is_none() || reply != none {
                    let _ = writeln!(table, "    {word} → exit {} stdout {}", reply.exit, reply.stdout);
                }
                let object = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&reply.stdout);
                assert!(reply.stdout.is_empty() || object.is_ok(), "{agent} {}", parsed.name);
                assert!(
                    reply == none || parsed.is_judgeable(),
                    "{agent} {}: answered what is never judged",
                    parsed.name
                );
            }
        }
        insta::assert_snapshot!(format!("answered_{agent}"), table);
    }
}

#[test]
fn what_is_no_object_is_answered_with_nothing_to_say() {
    for agent in Agent::KNOWN.iter().chain([&Agent::from("newcomer")]) {
        for bytes in [&b""[..], b"not json", b"[1,2]", b"\"text\"", b"{\"a\":1", b"{} {}", b"\xff\xfe", b"null"] {
            let received = agents::parse_bytes(agent, None, bytes);
            assert_eq!((received.parsed.name.as_str(), &received.parsed.kind), (MALFORMED, &Kind::Malformed));
            assert!(matches!(received.payload, Payload::Malformed(kept) if kept == bytes));
            let reply = agents::reply(agent, &received.parsed, Some(&verdict(Decision::Deny)));
            assert_eq!(reply, agents::reply(agent, &received.parsed, None));
            assert_eq!(reply.stdout, if *agent == Agent::Gemini { "{}" } else { "" });
        }
    }
}
