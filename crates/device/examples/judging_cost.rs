//! What reading and judging a call costs with the built-in rules, over files of cases: the middle, the slowest, and which that was.
//!
//! `cargo run --release -p hookrail-device --example judging_cost crates/device/src/policy/cases/*.jsonl`

use std::error::Error;
use std::fs;
use std::time::{Duration, Instant};

use hookrail_core::policy::Snapshot;
use hookrail_core::time::Timestamp;
use hookrail_device::policy::{Case, Site, compile, run};
use hookrail_hook::Home;

/// The least of so many tries: what the machine does besides is no part of the cost.
const TRIES: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let home = Home::at(folder.path());
    compile(&Site::device(&home), Timestamp::default())?;
    let bytes = fs::read(home.policy())?;
    let snapshot = Snapshot::read(&bytes)?;
    let mut costs: Vec<(Duration, String)> = Vec::new();
    for file in std::env::args().skip(1) {
        for line in fs::read_to_string(&file)?.lines() {
            let case: Case = serde_json::from_str(line)?;
            let mut least = Duration::MAX;
            for _ in 0..TRIES {
                let began = Instant::now();
                run(std::slice::from_ref(&case), &snapshot)?;
                least = least.min(began.elapsed());
            }
            costs.push((least, case.command));
        }
    }
    costs.sort_unstable();
    let at = |share: f64| costs.get(((costs.len().saturating_sub(1)) as f64 * share) as usize);
    for (name, share) in [("p50", 0.5), ("p99", 0.99), ("max", 1.0)] {
        if let Some((cost, command)) = at(share) {
            println!("{name} {cost:>9.1?}  {}", command.chars().take(120).collect::<String>());
        }
    }
    println!("{} cases", costs.len());
    Ok(())
}
