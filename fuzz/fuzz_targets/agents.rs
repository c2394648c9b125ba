//! What an agent may send: never a panic, and an answer that is nothing or a JSON object.

#![no_main]

use hookrail_core::agents::{self, Payload};
use hookrail_core::event::Agent;
use hookrail_core::policy::{Decision, Verdict};
use hookrail_core::wire::{Content, Record};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, &[u8])| {
    let (which, bytes) = input;
    let newcomer = Agent::from("newcomer");
    let agent = Agent::KNOWN.get(usize::from(which % 6)).unwrap_or(&newcomer);
    let received = agents::parse_bytes(agent, None, bytes);
    for decision in [None, Some(Decision::Allow), Some(Decision::Ask), Some(Decision::Deny)] {
        let verdict = decision.map(|decision| Verdict { decision, rule: "r".into(), reason: "\"why\"".into() });
        let reply = agents::reply(&received.agent, &received.parsed, verdict.as_ref());
        assert_eq!(reply.exit, 0);
        let object = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&reply.stdout);
        assert!(reply.stdout.is_empty() || object.is_ok());
    }
    let content = Content::of(&received.payload);
    let line = serde_json::to_string(&Record::new(received.agent.clone(), &content)).unwrap();
    assert!(!line.contains(['\n', '\r']));
    let read: Record<'_> = serde_json::from_str(&line).unwrap();
    assert_eq!(read.parsed(), received.parsed);
    match &received.payload {
        Payload::Malformed(bytes) => assert_eq!(read.malformed_bytes().as_deref(), Some(*bytes)),
        Payload::Json(raw) => assert_eq!(read.payload.map(|kept| kept.get().len()), Some(raw.get().len())),
    }
});
