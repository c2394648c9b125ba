//! Durable events per second: batches over a few connections, each sent when the one before was acknowledged.

use std::time::Instant;

use super::{Prepared, all_accepted, fresh_run, now, prepare};
use crate::client::Target;
use crate::events::Device;
use crate::figures::Times;

/// What to send.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Events to send.
    #[arg(long, default_value_t = 500_000)]
    events: usize,
    /// Events of one batch.
    #[arg(long, default_value_t = 1000)]
    per_batch: usize,
    /// Connections.
    #[arg(long, default_value_t = 4)]
    connections: usize,
    /// Hours over which the events are spread, ending now: what the pages with a span then have to read.
    #[arg(long, default_value_t = 24)]
    hours: u32,
}

/// Batches made before each stretch of measuring, per connection: bounds the memory they take.
const AHEAD: usize = 100;

pub(crate) async fn run(target: &Target, args: &Args) -> anyhow::Result<()> {
    let run = fresh_run();
    let per_connection = args.events.div_ceil(args.connections * args.per_batch).max(1);
    let span = i64::from(args.hours) * 3_600_000_000_000;
    let step = span / (per_connection * args.per_batch) as i64;
    let mut devices: Vec<Device> =
        (0..args.connections).map(|n| Device::new(run + n as u64, now() - span, step)).collect();
    let (mut times, mut events, mut json, mut sent, mut seconds) = (Times::default(), 0, 0, 0, 0.0);
    let mut left = per_connection;
    while left > 0 {
        let count = left.min(AHEAD);
        left -= count;
        let mut stretch = Vec::new();
        for device in &mut devices {
            let batches: Result<Vec<_>, _> = (0..count).map(|_| prepare(target, device, args.per_batch)).collect();
            stretch.push(batches?);
        }
        let all = || stretch.iter().flatten();
        events += all().map(|batch| batch.events).sum::<usize>();
        json += all().map(|batch| batch.json).sum::<usize>();
        sent += all().map(|batch| batch.bytes.len()).sum::<usize>();
        let started = Instant::now();
        let senders: Vec<_> = stretch.into_iter().map(|batches| tokio::spawn(send(target.clone(), batches))).collect();
        for sender in senders {
            times.merge(sender.await??);
        }
        seconds += started.elapsed().as_secs_f64();
    }
    println!(
        "batch: {events} events in {seconds:.2} s = {:.0} events/s; {:.1} MB of JSON, {:.1} MB sent; {} connections × {} events; acknowledged: {}",
        events as f64 / seconds,
        json as f64 / 1e6,
        sent as f64 / 1e6,
        args.connections,
        args.per_batch,
        times.told(),
    );
    Ok(())
}

async fn send(target: Target, batches: Vec<Prepared>) -> anyhow::Result<Times> {
    let mut connection = target.connect().await?;
    let mut times = Times::default();
    for batch in batches {
        let started = Instant::now();
        all_accepted(&connection.ask(&batch.bytes).await?, batch.events)?;
        times.add(started.elapsed());
    }
    Ok(times)
}
