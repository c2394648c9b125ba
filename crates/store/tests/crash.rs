//! A writer killed at random instants: every event it acknowledged is there exactly once, and what is derived agrees
//! with a recount. `HOOKRAIL_CRASH_ROUNDS` sets how often (10).
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};

use common::*;
use hookrail_core::event::Event;
use hookrail_store::events::Order;
use hookrail_store::model::{EventFilter, SessionFilter};

/// Set in the process that writes: the database's path and the number of its first event.
const WRITER: &str = "HOOKRAIL_CRASH_WRITER";

/// The events from `first` on, always the same.
fn batch(first: u64) -> Vec<Event> {
    let mut dice = Dice(first + 1);
    let count = 1 + dice.below(60);
    let mut events = mixture(&mut dice, count);
    for (n, event) in (first..).zip(&mut events) {
        event.id = id(n);
        if let Some(call) = &mut event.parsed.tool_use_id {
            *call = format!("call-{n}").as_str().into();
        }
    }
    events
}

/// Not a test of its own: what the killed process does. It says how many events it has been acknowledged.
#[test]
fn writer() {
    let Ok(job) = std::env::var(WRITER) else { return };
    let (path, first) = job.rsplit_once('|').unwrap();
    let store = hookrail_store::open(path, &settings()).unwrap();
    let mut writer = store.writer().unwrap();
    let mut next: u64 = first.parse().unwrap();
    loop {
        let events = batch(next);
        next += events.len() as u64;
        assert_eq!(writer.append(events.clone()).unwrap().outcomes.len(), events.len());
        println!("acknowledged {next}");
    }
}

fn write_until_killed(path: &Path, first: u64, acknowledgements: u64, more: std::time::Duration) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "writer", "--nocapture"])
        .env(WRITER, format!("{}|{first}", path.display()))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut acknowledged = first;
    let mut seen = 0;
    let mut line = String::new();
    let read = |line: &str| line.trim().rsplit_once("acknowledged ").and_then(|(_, n)| n.parse::<u64>().ok());
    while seen < acknowledgements {
        line.clear();
        assert!(lines.read_line(&mut line).unwrap() > 0, "the writer ended by itself");
        if let Some(n) = read(&line) {
            (acknowledged, seen) = (n, seen + 1);
        }
    }
    // Somewhere in the middle of whatever it does next.
    std::thread::sleep(more);
    child.kill().unwrap();
    child.wait().unwrap();
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    rest.lines().rev().find_map(read).unwrap_or(acknowledged)
}

#[tokio::test]
async fn what_is_acknowledged_survives_a_kill() {
    let rounds = std::env::var("HOOKRAIL_CRASH_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(10);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hookrail.db");
    let mut dice = Dice(42);
    let mut sent = BTreeMap::new();
    let mut next = 0;
    for round in 0..rounds {
        let delay = std::time::Duration::from_micros(dice.below(3000));
        let acknowledged = write_until_killed(&path, next, 1 + dice.below(20), delay);
        // The batch after the last acknowledged one may have been stored as well, whole or not at all.
        while next < acknowledged {
            let events = batch(next);
            next += events.len() as u64;
            sent.extend(events.into_iter().map(|event| (event.id, event)));
        }
        assert_eq!(next, acknowledged);
        let store = hookrail_store::open(path.to_str().unwrap(), &settings()).unwrap();
        let found = all(&store.events, &EventFilter::default(), Order::Oldest, 1000).await;
        let ids: BTreeSet<_> = found.iter().map(|event| event.id).collect();
        assert_eq!(ids.len(), found.len(), "round {round}: an event is stored twice");
        assert!(sent.keys().all(|id| ids.contains(id)), "round {round}: an acknowledged event is lost");
        let unsure = batch(next);
        let extra = ids.len() - sent.len();
        assert!(extra == 0 || extra == unsure.len(), "round {round}: half a batch is stored");
        if extra > 0 {
            next += unsure.len() as u64;
            sent.extend(unsure.into_iter().map(|event| (event.id, event)));
        }
        let stats = store.events.stats().await.unwrap();
        assert_eq!(stats.events, found.len() as u64);
        for session in store.events.sessions(&SessionFilter::default(), 100, None).await.unwrap().items {
            let of = |event: &&Event| {
                event.agent == session.agent
                    && event.parsed.session_id.as_ref().is_some_and(|id| id.as_str() == session.id)
            };
            let count = |test: fn(&Event) -> bool| sent.values().filter(of).filter(|event| test(event)).count() as u64;
            assert_eq!(session.events, count(|_| true), "round {round}");
            assert_eq!(session.tool_calls, count(|event| event.parsed.tool_use_id.is_some()), "round {round}");
        }
    }
}
