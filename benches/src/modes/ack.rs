//! The time to an acknowledgement at a fixed rate.
//!
//! A batch's time counts from the moment it was *due*, not from the moment it could be sent: a server that stalls makes
//! every batch behind the stall late, and that is what a sender would see.

use std::time::{Duration, Instant};

use super::{Prepared, all_accepted, fresh_run, now, prepare};
use crate::client::Target;
use crate::events::Device;
use crate::figures::Times;

/// What to send.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Events per second.
    #[arg(long, default_value_t = 25_000)]
    rate: usize,
    /// Events of one batch.
    #[arg(long, default_value_t = 250)]
    per_batch: usize,
    /// Connections; each has one batch under way at a time.
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// Seconds to send for.
    #[arg(long, default_value_t = 10)]
    seconds: usize,
}

pub(crate) async fn run(target: &Target, args: &Args) -> anyhow::Result<()> {
    let run = fresh_run();
    let count = (args.rate * args.seconds / args.per_batch / args.connections).max(1);
    let between = Duration::from_secs_f64((args.per_batch * args.connections) as f64 / args.rate as f64);
    let mut prepared = Vec::new();
    for n in 0..args.connections {
        let mut device = Device::new(run + n as u64, now(), 1_000_000);
        let batches: Result<Vec<_>, _> = (0..count).map(|_| prepare(target, &mut device, args.per_batch)).collect();
        prepared.push(batches?);
    }
    let start = Instant::now() + Duration::from_millis(200);
    let senders: Vec<_> = prepared
        .into_iter()
        .enumerate()
        .map(|(n, batches)| {
            let first = start + between.mul_f64(n as f64 / args.connections as f64);
            tokio::spawn(send(target.clone(), batches, first, between))
        })
        .collect();
    let mut times = Times::default();
    for sender in senders {
        times.merge(sender.await??);
    }
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "ack-latency: {} batches of {} events in {seconds:.2} s = {:.0} events/s (asked: {}); {}",
        times.len(),
        args.per_batch,
        (times.len() * args.per_batch) as f64 / seconds,
        args.rate,
        times.told(),
    );
    Ok(())
}

async fn send(target: Target, batches: Vec<Prepared>, first: Instant, between: Duration) -> anyhow::Result<Times> {
    let mut connection = target.connect().await?;
    let mut times = Times::default();
    for (n, batch) in batches.into_iter().enumerate() {
        let due = first + between * u32::try_from(n)?;
        tokio::time::sleep_until(due.into()).await;
        all_accepted(&connection.ask(&batch.bytes).await?, batch.events)?;
        times.add(due.elapsed());
    }
    Ok(times)
}
