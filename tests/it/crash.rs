//! Hook, shipper and server killed at random instants: what was acknowledged to an agent is in the store exactly once.

use std::collections::BTreeMap;
use std::fs;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;

use crate::rig::{Rig, Running, kill};

/// Kills, in turn of a hook, of the shipper, of the server.
const ROUNDS: usize = 120;

/// Hooks started at once in each round.
const HOOKS: usize = 6;

/// A kill comes at most this long after the round's hooks have been started.
const SPAN_US: u64 = 60_000;

/// Gives a different run each time; the seed is printed, and `CRASH_SEED` gives the same choices again.
struct Dice(u64);

impl Dice {
    fn new() -> Self {
        let given = std::env::var("CRASH_SEED").ok().map(|seed| seed.parse().unwrap());
        let seed = given.unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos().into());
        println!("CRASH_SEED={seed}");
        Self(seed)
    }

    /// A number below `bound` (by `SplitMix64`).
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

/// What a hook is given; `marker` tells the events apart and says where to look when one is missing.
fn payload(rig: &Rig, marker: &str) -> Vec<u8> {
    let event = json!({
        "session_id": "crash", "cwd": rig.path("project"), "hook_event_name": "PostToolUse", "tool_name": "Bash",
        "tool_use_id": marker, "tool_input": {"command": "true"}, "tool_response": {"stdout": "x".repeat(600)}
    });
    event.to_string().into_bytes()
}

#[test]
fn killed_at_random_instants_nothing_acknowledged_is_lost_or_doubled() {
    let mut dice = Dice::new();
    let mut rig = Rig::new();
    rig.configure();
    rig.serve();
    let mut shipper: Option<Running> = None;
    // Every event given to a hook, and whether that hook said all was well.
    let mut given: BTreeMap<String, bool> = BTreeMap::new();
    let mut kills = [0; 3];

    for round in 0..ROUNDS {
        rig.ensure_server();
        if rig.shipper().is_none() {
            // Hooks start one too, but not at once again after one that was killed.
            shipper = Some(rig.start(rig.hookrail(&["ship"]), b"").0);
        }
        let mut hooks: Vec<(String, Running)> = (0..HOOKS)
            .map(|hook| {
                let marker = format!("round-{round}-hook-{hook}");
                let hook = rig.start(rig.hook("claude-code"), &payload(&rig, &marker)).0;
                (marker, hook)
            })
            .collect();
        thread::sleep(Duration::from_micros(dice.below(SPAN_US)));
        let victim = round % 3;
        let hit = match victim {
            0 => {
                let hook = &mut hooks[dice.below(HOOKS as u64) as usize].1;
                let runs = hook.0.try_wait().unwrap().is_none();
                hook.kill();
                runs
            }
            1 => rig.shipper().is_some_and(kill),
            _ => rig.kill_server(),
        };
        kills[victim] += usize::from(hit);
        for (marker, mut hook) in hooks {
            let acknowledged = hook.finish("a hook").success();
            given.insert(marker, acknowledged);
        }
    }
    println!("killed {} hooks, {} shippers, {} servers", kills[0], kills[1], kills[2]);
    assert!(kills[1] > ROUNDS / 6 && kills[2] == ROUNDS / 3, "the kills met hardly anybody: {kills:?}");

    // The last shipper ends as abruptly as the others; what it left is shipped by the one that is waited for.
    rig.ensure_server();
    drop(shipper);
    if let Some(left) = rig.shipper() {
        kill(left);
    }
    rig.succeed(rig.ship_once(), b"");

    let mut stored: BTreeMap<String, usize> = BTreeMap::new();
    for event in rig.all("/api/v1/events?session_id=crash") {
        *stored.entry(event["payload"]["tool_use_id"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    let times = |marker: &String| stored.get(marker).copied().unwrap_or(0);
    let lost: Vec<_> = given.iter().filter(|(marker, acknowledged)| **acknowledged && times(marker) == 0).collect();
    let doubled: Vec<_> = stored.iter().filter(|(_, count)| **count > 1).collect();
    let unknown: Vec<_> = stored.keys().filter(|marker| !given.contains_key(*marker)).collect();
    let log = || fs::read_to_string(rig.state().join("hook.log")).unwrap_or_default();
    assert!(
        lost.is_empty() && doubled.is_empty() && unknown.is_empty(),
        "lost {lost:?}, doubled {doubled:?}, unknown {unknown:?}\n{}",
        log()
    );
    let acknowledged = given.values().filter(|acknowledged| **acknowledged).count();
    println!("{acknowledged} of {} events acknowledged, {} stored", given.len(), stored.len());
    assert!(acknowledged > ROUNDS * (HOOKS - 1), "hooks failed that nobody killed\n{}", log());
}
