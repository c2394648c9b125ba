//! OTLP in: `/v1/logs`, `/v1/metrics`, `/v1/traces` over HTTP as JSON or protobuf, and over gRPC on the same port.
//!
//! `Export → Groups → Flat → Raw → Event`: the two encodings are decoded to one model ([`model`]), each log record, data
//! point and span becomes one flat JSON object ([`flatten`]), and from there on it is an event like any other. What is
//! answered follows the OTLP specification: success with `partialSuccess` where records were refused, errors as
//! `google.rpc.Status` in the request's encoding, `Retry-After` where trying again helps.

mod flatten;
mod grpc;
mod json;
mod model;
mod proto;

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hookrail_core::context::Source;
use hookrail_core::event::Event;
use prost::Message;
use serde_json::value::RawValue;

use self::flatten::Flat;
use self::model::Signal;
use crate::admit::{self, Encoding, Room};
use crate::app::{App, now};
use crate::error::Problem;
use crate::ingest::{Identity, Payload, Raw, committed, prepare};
use crate::metrics::{Reason, Refusal};
use crate::pieces::Pieces;
use crate::tenants::Caller;
use crate::writer::Fate;

pub(crate) use grpc::{logs as grpc_logs, metrics as grpc_metrics, traces as grpc_traces};

/// `POST /v1/logs`.
pub(crate) async fn logs(State(app): State<Arc<App>>, caller: Caller, headers: HeaderMap, body: Body) -> Response {
    http(&app, &caller, Signal::Logs, &headers, body).await
}

/// `POST /v1/metrics`.
pub(crate) async fn metrics(State(app): State<Arc<App>>, caller: Caller, headers: HeaderMap, body: Body) -> Response {
    http(&app, &caller, Signal::Metrics, &headers, body).await
}

/// `POST /v1/traces`.
pub(crate) async fn traces(State(app): State<Arc<App>>, caller: Caller, headers: HeaderMap, body: Body) -> Response {
    http(&app, &caller, Signal::Traces, &headers, body).await
}

/// How a request is written, and so its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Json,
    Protobuf,
}

impl Format {
    fn of(headers: &HeaderMap) -> Option<Self> {
        // Who sends no type types JSON by hand.
        let Some(value) = headers.get(header::CONTENT_TYPE) else { return Some(Self::Json) };
        let value = value.to_str().ok()?;
        match value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "application/json" => Some(Self::Json),
            "application/x-protobuf" | "application/protobuf" => Some(Self::Protobuf),
            _ => None,
        }
    }

    const fn content_type(self) -> HeaderValue {
        match self {
            Self::Json => HeaderValue::from_static("application/json"),
            Self::Protobuf => HeaderValue::from_static("application/x-protobuf"),
        }
    }

    fn answer(self, status: StatusCode, json: &serde_json::Value, message: &impl Message) -> Response {
        let body = match self {
            Self::Json => json.to_string().into_bytes(),
            Self::Protobuf => message.encode_to_vec(),
        };
        (status, [(header::CONTENT_TYPE, self.content_type())], body).into_response()
    }
}

async fn http(app: &Arc<App>, caller: &Caller, signal: Signal, headers: &HeaderMap, body: Body) -> Response {
    let Some(format) = Format::of(headers) else {
        let message = "The body's Content-Type is not one of OTLP.";
        let hint = "Send application/json or application/x-protobuf.";
        let problem = Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message, hint);
        return problem.into_response();
    };
    match export(app, caller, signal, format, headers, body).await {
        Ok(refused) => format.answer(
            StatusCode::OK,
            &match refused.count {
                0 => serde_json::json!({}),
                count => serde_json::json!({"partialSuccess": {
                    signal.rejected_field(): count.to_string(), "errorMessage": refused.why,
                }}),
            },
            &refused.response(),
        ),
        Err(problem) => failure(format, &problem),
    }
}

/// An error as `google.rpc.Status`.
fn failure(format: Format, problem: &Problem) -> Response {
    let code = grpc::code(problem.status);
    let message = format!("{} {}", problem.message, problem.hint);
    let status = Status { code, message: message.clone() };
    let json = serde_json::json!({"code": code, "message": message});
    let mut response = format.answer(problem.status, &json, &status);
    if let Some(seconds) = problem.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
}

/// What the three services answer: they have one shape.
#[derive(Clone, PartialEq, Message)]
struct ExportResponse {
    #[prost(message, optional, tag = "1")]
    partial_success: Option<PartialSuccess>,
}

#[derive(Clone, PartialEq, Message)]
struct PartialSuccess {
    #[prost(int64, tag = "1")]
    rejected: i64,
    #[prost(string, tag = "2")]
    error_message: String,
}

/// Records that were refused while the others were stored.
#[derive(Debug, Default)]
struct Refused {
    count: i64,
    why: String,
}

impl Refused {
    fn add(&mut self, reason: Reason) {
        self.count += 1;
        if self.why.is_empty() {
            self.why = format!("refused: {}", reason.as_str());
        }
    }

    fn response(&self) -> ExportResponse {
        let partial = || PartialSuccess { rejected: self.count, error_message: self.why.clone() };
        ExportResponse { partial_success: (self.count > 0).then(partial) }
    }
}

/// Takes in a request over HTTP.
async fn export(
    app: &Arc<App>,
    caller: &Caller,
    signal: Signal,
    format: Format,
    headers: &HeaderMap,
    body: Body,
) -> Result<Refused, Problem> {
    let (room, body) = admit::receive(app, headers, body, app.config.limits.batch_bytes).await?;
    let encoding = Encoding::of(headers)?;
    take(app, caller, signal, format, encoding, body, room).await
}

/// Decodes on a thread of its own, stores, and answers after the commit.
async fn take(
    app: &Arc<App>,
    caller: &Caller,
    signal: Signal,
    format: Format,
    encoding: Encoding,
    body: Pieces,
    mut room: Room,
) -> Result<Refused, Problem> {
    let decoding = app.clone();
    let decoded = tokio::task::spawn_blocking(move || {
        let events = decode(&decoding, signal, format, encoding, body, &mut room)?;
        Ok::<_, Problem>((events, room))
    });
    let failed = |_| Problem::unavailable("The export could not be decoded.", "See the server's log.", 10);
    let ((mut events, mut refused), room) = decoded.await.map_err(failed)??;
    if events.is_empty() {
        return Ok(refused);
    }
    app.attribution.attribute(app, caller, &mut events).await;
    for fate in committed(caller.tenant.submit(events, room)).await? {
        if fate == Fate::Refused {
            refused.add(Reason::Invalid);
        }
    }
    Ok(refused)
}

fn decode(
    app: &App,
    signal: Signal,
    format: Format,
    encoding: Encoding,
    body: Pieces,
    room: &mut Room,
) -> Result<(Vec<Event>, Refused), Problem> {
    let limits = &app.config.limits;
    let refuse = |(refusal, problem)| {
        app.metrics.refuse(refusal);
        problem
    };
    let text = admit::decompress(encoding, body, limits.batch_decompressed_bytes, room).map_err(refuse)?.whole();
    let groups = match format {
        Format::Json => json::read(signal, &text),
        Format::Protobuf => proto::read(signal, &text),
    };
    let groups = groups.map_err(|error| {
        let hint = "Check that Content-Type and Content-Encoding say what the body is.";
        refuse((Refusal::Broken, Problem::bad_request(format!("This is no OTLP export: {error}."), hint)))
    })?;
    let count: usize = groups.iter().map(|group| group.records.len()).sum();
    if count > limits.batch_records {
        let message = format!("The export has more than {} records.", limits.batch_records);
        let problem = Problem { message: message.into(), ..Problem::too_large("The export", limits.batch_bytes) };
        return Err(refuse((Refusal::TooLarge, problem)));
    }
    let received_at = now();
    let mut refused = Refused::default();
    let mut events = Vec::with_capacity(count);
    for flat in flatten::flatten(groups) {
        match event(app, flat, received_at, limits.record_bytes) {
            Ok(event) => events.push(event),
            Err(reason) => {
                app.metrics.events_in.add(1);
                app.metrics.reject(reason, 1);
                refused.add(reason);
            }
        }
    }
    Ok((events, refused))
}

fn event(app: &App, flat: Flat, received_at: hookrail_core::time::Timestamp, most: usize) -> Result<Event, Reason> {
    let payload: Box<RawValue> = serde_json::value::to_raw_value(&flat.fields).map_err(|_| Reason::NotARecord)?;
    if payload.get().len() > most {
        return Err(Reason::TooLarge);
    }
    let raw = Raw {
        id: Identity::Given(flat.id),
        occurred_at: flat.at,
        name: Some(Cow::Owned(flat.name)),
        source: Source::Telemetry,
        ..Raw::new(flat.agent, Payload::Json(Cow::Owned(payload)))
    };
    Ok(prepare(raw, received_at, &app.config, &app.metrics))
}
