//! What reading, answering, judging and redacting one event costs, in microseconds.
//!
//! `cargo run --release -p hookrail-core --example cost`

use std::hint::black_box;
use std::time::Instant;

use hookrail_core::agents;
use hookrail_core::event::Agent;
use hookrail_core::policy::facts::NoFacts;
use hookrail_core::policy::{Decision, Rule, Snapshot, judge, shell};
use hookrail_core::redact::redact_json;
use hookrail_core::time::Timestamp;
use hookrail_core::wire::{Content, Record};

/// The best of some rounds: what the machine does besides is no part of the cost.
fn measure(what: &str, mut work: impl FnMut()) {
    const ROUNDS: usize = 20;
    const TIMES: u32 = 2000;
    let best = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            (0..TIMES).for_each(|_| work());
            start.elapsed() / TIMES
        })
        .min()
        .unwrap_or_default();
    println!("{:>9.3} µs  {what}", best.as_secs_f64() * 1e6);
}

fn main() {
    let agent = Agent::ClaudeCode;
    let output = "test cart::rounds_after_discount ... ok\\n".repeat(14);
    let payload = format!(
        "{{\"session_id\":\"8f3c2b1e-5d47-4a0e-9c86-2f1b7d9e4a10\",\"transcript_path\":\"/home/dev/.claude/projects/shop/8f3c.jsonl\",\
         \"cwd\":\"/home/dev/shop\",\"prompt_id\":\"23d7f57d-6e63-45f1-9217-c7395a4c98a9\",\"permission_mode\":\"default\",\
         \"hook_event_name\":\"PreToolUse\",\"tool_name\":\"Bash\",\"tool_input\":{{\"command\":\"cargo test\",\"x\":\"{output}\"}},\
         \"tool_use_id\":\"toolu_015R8tPjv7FUHuW6MDJj8HpT\"}}"
    );
    println!("a payload of {} bytes", payload.len());
    let rules: Vec<_> = (0..200)
        .map(|at| Rule {
            id: format!("rule-{at}").into(),
            decision: Decision::Deny,
            reason: "A reason in a sentence that a person and an agent understand.".into(),
            tools: vec!["Bash".into()],
            keywords: vec![format!("forbidden-{at}").into()],
            ..Rule::default()
        })
        .collect();
    let snapshot = Snapshot::write(&rules).unwrap_or_default();
    let parsed = agents::parse(&agent, &payload);

    for command in [
        "git status",
        "cargo test --workspace --all-targets 2>&1 | tail -n 40 && git status --short && git diff --stat HEAD~1",
        "cd build && sudo rm -rf / --no-preserve-root",
    ] {
        measure(command, || drop(black_box(shell::analyse(command, &NoFacts))));
    }
    measure("parse", || drop(black_box(agents::parse(&agent, &payload))));
    measure("parse_bytes", || drop(black_box(agents::parse_bytes(&agent, None, payload.as_bytes()))));
    measure("reply, no opinion", || drop(black_box(agents::reply(&agent, &parsed, None))));
    measure("a record's line, written", || {
        let received = agents::parse_bytes(&agent, None, payload.as_bytes());
        let content = Content::of(&received.payload);
        drop(black_box(serde_json::to_string(&Record::new(agent.clone(), &content))));
    });
    let received = agents::parse_bytes(&agent, None, payload.as_bytes());
    let content = Content::of(&received.payload);
    let line = serde_json::to_string(&Record::new(agent.clone(), &content)).unwrap_or_default();
    measure("a record's line, read and parsed", || {
        if let Ok(record) = serde_json::from_str::<Record<'_>>(&line) {
            drop(black_box(record.parsed()));
        }
    });
    measure("redact, clean", || drop(black_box(redact_json(&payload))));
    let secret = payload.replace("cargo test", concat!("curl -H 'Authorization: Bea", "rer abcdef0123456789'"));
    measure("redact, one secret", || drop(black_box(redact_json(&secret))));
    measure("snapshot of 200 rules, read", || drop(black_box(Snapshot::read(snapshot.as_bytes()))));
    if let Ok(snapshot) = Snapshot::read(snapshot.as_bytes()) {
        measure("snapshot of 200 rules, judged", || {
            drop(black_box(judge(&parsed, &payload, &snapshot, &NoFacts, Timestamp::default())));
        });
    }
}
