//! In = stored + duplicate + rejected, on `/metrics`, after good, bad and repeated events by every way in.

use std::collections::BTreeMap;
use std::thread;

use serde_json::{Value, json};

use crate::rig::Rig;

/// Senders at the same time.
const SENDERS: usize = 4;

/// Batches of each sender, and good events of each batch.
const BATCHES: usize = 20;
const GOOD: usize = 25;

/// Events by the hook and the shipper.
const HOOKS: usize = 10;

/// One record as a line; `None` for what is no record at all.
fn record(marker: Option<&str>) -> String {
    let Some(marker) = marker else { return "this is no record\n".to_owned() };
    let payload = json!({"session_id": "accounting", "hook_event_name": "PostToolUse", "tool_name": "Bash", "tool_use_id": marker});
    json!({"v": 1, "agent": "claude-code", "payload": payload}).to_string() + "\n"
}

/// The counters of this name, its labels summed.
fn counter(metrics: &str, name: &str) -> u64 {
    let lines = metrics.lines().filter(|line| line.split(['{', ' ']).next() == Some(name));
    lines.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
}

fn post(url: &str, body: &str) -> Value {
    let mut answer = ureq::post(url).header("Content-Type", "application/x-ndjson").send(body).unwrap();
    serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
}

#[test]
fn what_came_in_is_stored_or_duplicate_or_rejected() {
    let mut rig = Rig::new();
    rig.configure();
    rig.serve();
    let url = format!("{}/v1/events", rig.url());

    // Each batch: good events, one line that is no record, and one event of the batch before once more.
    let sender = |sender: usize| {
        let url = url.clone();
        thread::spawn(move || {
            let mut told: BTreeMap<&str, u64> = BTreeMap::new();
            for batch in 0..BATCHES {
                let mut body: String = (0..GOOD).map(|n| record(Some(&format!("{sender}-{batch}-{n}")))).collect();
                body += &record(None);
                body += &record(Some(&format!("{sender}-{}-0", batch.saturating_sub(1))));
                let answer = post(&url, &body);
                *told.entry("accepted").or_default() += answer["accepted"].as_u64().unwrap();
                *told.entry("duplicates").or_default() += answer["duplicates"].as_u64().unwrap();
                let rejected = answer["rejected"].as_array().unwrap();
                assert!(rejected.iter().all(|line| line["index"] == GOOD && line["reason"].is_string()), "{answer}");
                *told.entry("rejected").or_default() += rejected.len() as u64;
            }
            told
        })
    };
    let senders: Vec<_> = (0..SENDERS).map(sender).collect();
    // Meanwhile, the hook and the shipper.
    for n in 0..HOOKS {
        let payload =
            json!({"session_id": "accounting", "hook_event_name": "PostToolUse", "tool_use_id": format!("hook-{n}")});
        rig.succeed(rig.hook("claude-code"), payload.to_string().as_bytes());
    }
    rig.succeed(rig.ship_once(), b"");
    // And an agent's own HTTP hook.
    let hook = format!("{}/v1/hooks/claude-code", rig.url());
    let payload = json!({"session_id": "accounting", "hook_event_name": "Stop"});
    ureq::post(&hook).send(payload.to_string()).unwrap();

    let mut told: BTreeMap<&str, u64> = BTreeMap::new();
    for sender in senders {
        for (what, count) in sender.join().unwrap() {
            *told.entry(what).or_default() += count;
        }
    }
    let batches = (SENDERS * BATCHES) as u64;
    let good = batches * GOOD as u64;
    assert_eq!(told, BTreeMap::from([("accepted", good), ("duplicates", batches), ("rejected", batches)]));

    let metrics = rig.text("/metrics");
    let count = |name: &str| counter(&metrics, &format!("hookrail_events_{name}_total"));
    let stored = good + HOOKS as u64 + 1;
    assert_eq!((count("stored"), count("rejected")), (stored, batches));
    // A shipper that is started twice may repeat a batch; each repetition is one in and one duplicate.
    assert!(count("duplicate") >= batches);
    assert_eq!(count("in"), count("stored") + count("duplicate") + count("rejected"));
    assert_eq!(counter(&metrics, "hookrail_events_pending"), 0);
    assert_eq!(rig.all("/api/v1/events?session_id=accounting").len() as u64, stored);
}
