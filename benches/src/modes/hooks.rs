//! Single POSTs per second: every connection sends the next event when the one before was acknowledged.

use std::time::{Duration, Instant};

use anyhow::bail;

use super::fresh_run;
use crate::client::Target;
use crate::events::Agent;
use crate::figures::Times;

/// What to send.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Connections.
    #[arg(long, default_value_t = 64)]
    connections: u64,
    /// Seconds to send for.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// The agent whose hook it is.
    #[arg(long, default_value = "claude-code")]
    agent: String,
}

pub(crate) async fn run(target: &Target, args: &Args) -> anyhow::Result<()> {
    let run = fresh_run();
    let started = Instant::now();
    let end = started + Duration::from_secs(args.seconds);
    let path = format!("/v1/hooks/{}", args.agent);
    let senders: Vec<_> =
        (0..args.connections).map(|n| tokio::spawn(send(target.clone(), path.clone(), run + n, end))).collect();
    let mut times = Times::default();
    for sender in senders {
        times.merge(sender.await??);
    }
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "hooks: {} events in {seconds:.2} s = {:.0} POSTs/s; {} connections; acknowledged: {}",
        times.len(),
        times.len() as f64 / seconds,
        args.connections,
        times.told(),
    );
    Ok(())
}

async fn send(target: Target, path: String, run: u64, end: Instant) -> anyhow::Result<Times> {
    let mut connection = target.connect().await?;
    let mut agent = Agent::new(run);
    let mut times = Times::default();
    let mut payload = String::new();
    while Instant::now() < end {
        payload.clear();
        agent.payload(&mut payload);
        let request = target.post(&path, "Content-Type: application/json\r\n", payload.as_bytes());
        let started = Instant::now();
        let answer = connection.ask(&request).await?;
        if answer.status != 200 {
            bail!("the server answered {}: {}", answer.status, String::from_utf8_lossy(answer.body));
        }
        times.add(started.elapsed());
    }
    Ok(times)
}
