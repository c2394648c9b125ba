//! `POST /v1/events`: what a device's shipper sends. One line, one record; a bad line costs only itself.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use bytes::Bytes;
use hookrail_core::event::Event;
use hookrail_core::wire::Record;
use serde::Serialize;

use super::{Raw, committed, prepare};
use crate::admit::{self, Encoding, Room};
use crate::app::{App, now};
use crate::error::Problem;
use crate::metrics::{Reason, Refusal};
use crate::tenants::{Caller, Knock, Tenant};
use crate::writer::{Answer, Fate};

/// A body up to this size, not compressed, is decoded where it arrived; a larger one on a thread of its own.
const SMALL_BODY: usize = 64 * 1024;

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

/// What a body was decoded to, and the writer's answer to come.
struct Queued {
    rejected: Vec<Rejected>,
    /// The line each event stood on.
    lines: Vec<usize>,
    answer: Option<tokio::sync::oneshot::Receiver<Answer>>,
}

/// Answers when every good line is committed.
pub(crate) async fn post(
    State(app): State<Arc<App>>,
    knock: Knock,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Receipt>, Problem> {
    let Caller { tenant, .. } = knock.keyed(&app)?;
    let (room, bytes) = admit::receive(&app, &headers, body, app.config.limits.batch_bytes).await?;
    let encoding = Encoding::of(&headers)?;
    let queued = if encoding == Encoding::Identity && bytes.len() <= SMALL_BODY {
        decode(&app, &tenant, encoding, &bytes, room)?
    } else {
        let app = app.clone();
        let decoded = tokio::task::spawn_blocking(move || decode(&app, &tenant, encoding, &bytes, room)).await;
        decoded.map_err(|_| Problem::unavailable("The batch could not be decoded.", "See the server's log.", 10))??
    };
    receipt(queued).await.map(Json)
}

/// Decodes and queues in one go, so that a sender who leaves in between leaves nothing half counted.
fn decode(app: &App, tenant: &Tenant, encoding: Encoding, bytes: &Bytes, mut room: Room) -> Result<Queued, Problem> {
    let limits = &app.config.limits;
    let refuse = |(refusal, problem)| {
        app.metrics.refuse(refusal);
        problem
    };
    let text = admit::decompress(encoding, bytes, limits.batch_decompressed_bytes, &mut room).map_err(refuse)?;
    let lines = || text.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    let count = lines().count();
    if count > limits.batch_records {
        let message = format!("The batch has more than {} records.", limits.batch_records);
        let problem = Problem { message: message.into(), ..Problem::too_large("The batch", limits.batch_bytes) };
        return Err(refuse((Refusal::TooLarge, problem)));
    }
    let received_at = now();
    let mut events = Vec::with_capacity(count);
    let mut positions = Vec::with_capacity(count);
    let mut rejected = Vec::new();
    for (index, line) in lines().enumerate() {
        let event =
            if line.len() > limits.record_bytes { Err(Reason::TooLarge) } else { event(app, line, received_at) };
        match event {
            Ok(event) => {
                events.push(event);
                positions.push(index);
            }
            Err(reason) => {
                app.metrics.events_in.add(1);
                app.metrics.reject(reason, 1);
                rejected.push(Rejected { index, reason: reason.as_str() });
            }
        }
    }
    let answer = (!events.is_empty()).then(|| tenant.submit(events, room));
    Ok(Queued { rejected, lines: positions, answer })
}

fn event(app: &App, line: &[u8], received_at: hookrail_core::time::Timestamp) -> Result<Event, Reason> {
    // A list of values would also do for a struct of optional members.
    let text = std::str::from_utf8(line).ok().filter(|text| text.trim_ascii_start().starts_with('{'));
    let text = text.ok_or(Reason::NotARecord)?;
    let record: Record<'_> = serde_json::from_str(text).map_err(|_| Reason::NotARecord)?;
    Ok(prepare(Raw::from_record(record)?, received_at, &app.metrics, &app.config.prices))
}

async fn receipt(queued: Queued) -> Result<Receipt, Problem> {
    let mut receipt = Receipt { accepted: 0, duplicates: 0, rejected: queued.rejected };
    let Some(answer) = queued.answer else { return Ok(receipt) };
    for (fate, index) in committed(answer).await?.into_iter().zip(queued.lines) {
        match fate {
            Fate::Stored => receipt.accepted += 1,
            Fate::Duplicate => receipt.duplicates += 1,
            Fate::Refused => receipt.rejected.push(Rejected { index, reason: Reason::Invalid.as_str() }),
        }
    }
    receipt.rejected.sort_by_key(|rejected| rejected.index);
    Ok(receipt)
}
