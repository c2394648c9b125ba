//! `POST /v1/events`: what a device's shipper sends. One line, one record; a bad line costs only itself.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use hookrail_core::event::Event;
use hookrail_core::wire::Record;
use serde::Serialize;

use super::{Raw, committed, prepare};
use crate::admit::{self, Encoding, Room};
use crate::app::{App, now};
use crate::attribution::unkeyed::{self, Taken};
use crate::error::Problem;
use crate::metrics::{Reason, Refusal};
use crate::pieces::Pieces;
use crate::tenants::Knock;
use crate::writer::Fate;

/// A body up to this size, not compressed, is decoded where it arrived; a larger one on a thread of its own.
const SMALL_BODY: usize = 64 * 1024;

/// The length of a usual record: room for so many events is made at once.
const USUAL_RECORD: usize = 1024;

/// The answer after the commit.
#[derive(Debug, Serialize)]
pub(crate) struct Receipt {
    accepted: usize,
    duplicates: usize,
    rejected: Vec<Rejected>,
}

/// A line that is not in the store.
#[derive(Debug, Serialize)]
struct Rejected {
    /// The line's position among the lines that are not blank, from 0.
    index: usize,
    reason: &'static str,
}

/// What a body was decoded to.
struct Decoded {
    rejected: Vec<Rejected>,
    events: Vec<Event>,
    /// The line each event stood on.
    lines: Vec<usize>,
    room: Room,
}

/// Answers when every good line is committed; without a key, when each is committed, or waits for its session durably.
pub(crate) async fn post(
    State(app): State<Arc<App>>,
    knock: Knock,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Receipt>, Problem> {
    let cap = app.config.limits.batch_bytes;
    let (room, body) = match &knock {
        Knock::Keyed(_) => admit::receive(&app, &headers, body, cap).await?,
        Knock::Unkeyed { .. } => unkeyed::receive(&app, &headers, body, cap).await?,
    };
    let encoding = Encoding::of(&headers)?;
    let decoded = if encoding == Encoding::Identity && body.len() <= SMALL_BODY {
        decode(&app, encoding, body, room)?
    } else {
        let app = app.clone();
        let decoded = tokio::task::spawn_blocking(move || decode(&app, encoding, body, room)).await;
        decoded.map_err(|_| Problem::unavailable("The batch could not be decoded.", "See the server's log.", 10))??
    };
    let Decoded { rejected, mut events, lines, room } = decoded;
    let taken = match knock {
        _ if events.is_empty() => Vec::new(),
        Knock::Keyed(caller) => {
            app.attribution.attribute(&app, &caller, &mut events).await;
            committed(caller.tenant.submit(events, room)).await?.into_iter().map(Taken::Told).collect()
        }
        Knock::Unkeyed { address } => unkeyed::take(&app, address, events, room).await?,
    };
    Ok(Json(receipt(rejected, lines, taken)))
}

fn decode(app: &App, encoding: Encoding, body: Pieces, mut room: Room) -> Result<Decoded, Problem> {
    let limits = &app.config.limits;
    let refuse = |(refusal, problem)| {
        app.metrics.refuse(refusal);
        problem
    };
    let text = admit::decompress(encoding, body, limits.batch_decompressed_bytes, &mut room).map_err(refuse)?;
    let received_at = now();
    let expected = (text.len() / USUAL_RECORD).min(limits.batch_records);
    let (mut events, mut lines) = (Vec::with_capacity(expected), Vec::with_capacity(expected));
    let mut rejected = Vec::new();
    text.lines(|line| {
        let index = lines.len() + rejected.len();
        if line.trim_ascii().is_empty() {
            return Ok(());
        }
        if index == limits.batch_records {
            let message = format!("The batch has more than {index} records.");
            let problem = Problem { message: message.into(), ..Problem::too_large("The batch", limits.batch_bytes) };
            return Err(refuse((Refusal::TooLarge, problem)));
        }
        let event =
            if line.len() > limits.record_bytes { Err(Reason::TooLarge) } else { event(app, line, received_at) };
        match event {
            Ok(event) => {
                events.push(event);
                lines.push(index);
            }
            Err(reason) => rejected.push((index, reason)),
        }
        Ok(())
    })?;
    for (_, reason) in &rejected {
        app.metrics.events_in.add(1);
        app.metrics.reject(*reason, 1);
    }
    let rejected = rejected.into_iter().map(|(index, reason)| Rejected { index, reason: reason.as_str() }).collect();
    Ok(Decoded { rejected, events, lines, room })
}

fn event(app: &App, line: &[u8], received_at: hookrail_core::time::Timestamp) -> Result<Event, Reason> {
    // A list of values would also do for a struct of optional members.
    let text = std::str::from_utf8(line).ok().filter(|text| text.trim_ascii_start().starts_with('{'));
    let text = text.ok_or(Reason::NotARecord)?;
    let record: Record<'_> = serde_json::from_str(text).map_err(|_| Reason::NotARecord)?;
    Ok(prepare(Raw::from_record(record)?, received_at, &app.config, &app.metrics))
}

fn receipt(rejected: Vec<Rejected>, lines: Vec<usize>, taken: Vec<Taken>) -> Receipt {
    let mut receipt = Receipt { accepted: 0, duplicates: 0, rejected };
    for (taken, index) in taken.into_iter().zip(lines) {
        let reason = match taken {
            Taken::Parked | Taken::Told(Fate::Stored) => {
                receipt.accepted += 1;
                continue;
            }
            Taken::Told(Fate::Duplicate) => {
                receipt.duplicates += 1;
                continue;
            }
            Taken::Told(Fate::Refused) => Reason::Invalid,
            Taken::Rejected(reason) => reason,
        };
        receipt.rejected.push(Rejected { index, reason: reason.as_str() });
    }
    receipt.rejected.sort_by_key(|rejected| rejected.index);
    receipt
}
