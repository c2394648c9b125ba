//! One file per measurement.

pub(crate) mod ack;
pub(crate) mod batch;
pub(crate) mod claim;
pub(crate) mod hooks;
pub(crate) mod import;
pub(crate) mod otlp;
pub(crate) mod pages;

use std::io::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::client::{Answer, Target};
use crate::events::Device;

/// The level of gzip the shipper uses (`hookrail-device`, `ship/batch.rs`).
const LEVEL: u32 = 3;

/// Nanoseconds since the epoch, by this machine.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

/// A number no other run of this program has: its events are nobody else's duplicates.
fn fresh_run() -> u64 {
    now() as u64
}

/// A request with a batch of records.
struct Prepared {
    bytes: Vec<u8>,
    events: usize,
    json: usize,
}

/// The next batch of a device as a request, compressed as the shipper does it.
fn prepare(target: &Target, device: &mut Device, events: usize) -> anyhow::Result<Prepared> {
    let json = device.batch(events);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(LEVEL));
    encoder.write_all(json.as_bytes())?;
    let body = encoder.finish()?;
    let headers = "Content-Type: application/x-ndjson\r\nContent-Encoding: gzip\r\n";
    Ok(Prepared { bytes: target.post("/v1/events", headers, &body), events, json: json.len() })
}

/// Checks that every event of a batch was accepted.
fn all_accepted(answer: &Answer<'_>, events: usize) -> anyhow::Result<()> {
    let text = String::from_utf8_lossy(answer.body);
    if answer.status != 200 {
        bail!("the server answered {}: {text}", answer.status);
    }
    let receipt: serde_json::Value = serde_json::from_slice(answer.body).context("the answer is no JSON")?;
    if receipt["accepted"].as_u64() != Some(events as u64) {
        bail!("not every event was accepted: {text}");
    }
    Ok(())
}
