//! The time of a claim: from the request that names a session with a key until everything that waited is stored.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::{Value, json};

use super::fresh_run;
use crate::client::{Connection, Target};
use crate::figures::Times;

/// How long a release may take before this gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// Between two looks at how far a release is: what a measured time may be too long by.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Events that wait in each session.
    #[arg(long, default_value_t = 1000)]
    events: u64,
    /// Sessions, one after the other.
    #[arg(long, default_value_t = 20)]
    sessions: u64,
}

pub(crate) async fn run(target: &Target, args: &Args) -> anyhow::Result<()> {
    let run = fresh_run();
    let (mut stranger, mut holder) = (target.connect().await?, target.connect().await?);
    let (mut claims, mut releases) = (Times::default(), Times::default());
    for n in 0..args.sessions {
        let session = format!("claim-{run:x}-{n}");
        let waiting: String = (0..args.events).map(|k| hook(&session, k) + "\n").collect();
        let answer = ask(&mut stranger, &target.post_unkeyed("/v1/events", waiting.as_bytes())).await?;
        if answer["accepted"].as_u64() != Some(args.events) {
            bail!("not everything waits; does the server ask for keys? {answer}");
        }
        let claim = target.post("/v1/events", "", hook(&session, args.events).as_bytes());
        let look = target.get(&format!("/api/v1/sessions/{session}"));
        let began = Instant::now();
        ask(&mut holder, &claim).await?;
        claims.add(began.elapsed());
        while ask(&mut holder, &look).await?["events"].as_u64() != Some(args.events + 1) {
            if began.elapsed() > PATIENCE {
                bail!("the events of {session} were not released");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        releases.add(began.elapsed());
    }
    println!("claim: {} sessions of {} events; the claiming request: {}", args.sessions, args.events, claims.told());
    println!("claim: until the last event is stored: {}", releases.told());
    Ok(())
}

async fn ask(connection: &mut Connection, request: &[u8]) -> anyhow::Result<Value> {
    let answer = connection.ask(request).await?;
    let text = String::from_utf8_lossy(answer.body);
    if answer.status != 200 {
        bail!("the server answered {}: {text}", answer.status);
    }
    serde_json::from_slice(answer.body).context("the answer is no JSON")
}

/// A hook's event of about 1 KB.
fn hook(session: &str, n: u64) -> String {
    let payload = json!({
        "session_id": session, "hook_event_name": "PreToolUse", "cwd": "/home/dev/shop", "permission_mode": "default",
        "transcript_path": "/home/dev/.claude/projects/-home-dev-shop/session.jsonl", "tool_name": "Bash",
        "tool_use_id": format!("toolu_{n}"),
        "tool_input": {"command": format!("cargo test --workspace -- case_{n} {}", "argument ".repeat(60))},
    });
    json!({"v": 1, "agent": "claude-code", "payload": payload}).to_string()
}
