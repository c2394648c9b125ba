//! The time to each page of the API, on a store that was filled before (`batch`).

use std::time::Instant;

use anyhow::{Context, bail};
use serde_json::Value;

use crate::client::{Connection, Target};
use crate::figures::Times;

/// What to ask.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// How often each page is asked for.
    #[arg(long, default_value_t = 100)]
    times: usize,
    /// The 95th percentile, in milliseconds, above which the program fails.
    #[arg(long)]
    limit_ms: Option<f64>,
}

pub(crate) async fn run(target: &Target, args: &Args) -> anyhow::Result<()> {
    let mut connection = target.connect().await?;
    let status = json(&mut connection, target, "/api/v1/status").await?;
    println!("pages: {} events stored", status["store"]["events"]);
    let mut slow = Vec::new();
    for path in paths(&mut connection, target).await? {
        let request = target.get(&path);
        let mut times = Times::default();
        for _ in 0..args.times {
            let started = Instant::now();
            let answer = connection.ask(&request).await?;
            times.add(started.elapsed());
            if answer.status != 200 {
                bail!("{path} answered {}: {}", answer.status, String::from_utf8_lossy(answer.body));
            }
        }
        println!("{path}: {}", times.told());
        if args.limit_ms.is_some_and(|limit| times.p95() > limit) {
            slow.push(path);
        }
    }
    if slow.is_empty() { Ok(()) } else { bail!("slower than asked: {}", slow.join(", ")) }
}

/// Every page, with the ids of a session and an event in the middle of the record.
async fn paths(connection: &mut Connection, target: &Target) -> anyhow::Result<Vec<String>> {
    let events = json(connection, target, "/api/v1/events?limit=200").await?;
    let newest = events["items"].as_array().and_then(|items| items.last()).context("the store is empty")?;
    let (event, session) = (text(&newest["id"])?, text(&newest["session_id"])?);
    let next = text(&events["next"])?;
    let mut paths: Vec<String> = [
        "/api/v1/events",
        "/api/v1/events?limit=1000",
        "/api/v1/events?tool=Bash",
        "/api/v1/events?kind=tool.succeeded&outcome=succeeded",
        "/api/v1/events?agent=claude-code&user=dev&since=1h",
        "/api/v1/events?q=nothing+has+this",
        "/api/v1/sessions",
        "/api/v1/sessions?state=working",
        "/api/v1/sessions?q=shop",
        "/api/v1/tools",
        "/api/v1/tools?since=30d",
        "/api/v1/overview",
        "/api/v1/overview?since=1h",
        "/api/v1/overview?since=30d&bars=120",
        "/api/v1/status",
    ]
    .map(str::to_owned)
    .into();
    paths.push(format!("/api/v1/events?cursor={next}"));
    paths.push(format!("/api/v1/events/{event}"));
    for part in ["", "/events", "/tools", "/subagents"] {
        paths.push(format!("/api/v1/sessions/{session}{part}"));
    }
    Ok(paths)
}

async fn json(connection: &mut Connection, target: &Target, path: &str) -> anyhow::Result<Value> {
    let answer = connection.ask(&target.get(path)).await?;
    if answer.status != 200 {
        bail!("{path} answered {}: {}", answer.status, String::from_utf8_lossy(answer.body));
    }
    Ok(serde_json::from_slice(answer.body)?)
}

fn text(value: &Value) -> anyhow::Result<&str> {
    value.as_str().context("the store has too few events; fill it with: hookrail-load batch")
}
