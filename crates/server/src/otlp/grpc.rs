//! OTLP over gRPC: three unary methods. A message is framed by five bytes (compressed or not, its length); how it went is
//! told in trailers. Everything else is HTTP/2, which the connection speaks anyway.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::{BufMut, Bytes, BytesMut};
use http_body_util::StreamBody;
use hyper::body::Frame;
use prost::Message;

use super::model::Signal;
use super::{Format, take};
use crate::admit::{self, Encoding};
use crate::app::App;
use crate::error::Problem;
use crate::tenants::Caller;

/// Bytes before a message.
const PREFIX: usize = 5;

/// The codes of gRPC that are used here.
const INVALID_ARGUMENT: i32 = 3;
const PERMISSION_DENIED: i32 = 7;
const RESOURCE_EXHAUSTED: i32 = 8;
const UNIMPLEMENTED: i32 = 12;
const INTERNAL: i32 = 13;
const UNAVAILABLE: i32 = 14;
const UNAUTHENTICATED: i32 = 16;

/// `opentelemetry.proto.collector.logs.v1.LogsService/Export`.
pub(crate) async fn logs(State(app): State<Arc<App>>, caller: Caller, headers: HeaderMap, body: Body) -> Response {
    export(&app, &caller, Signal::Logs, &headers, body).await
}

/// `opentelemetry.proto.collector.metrics.v1.MetricsService/Export`.
pub(crate) async fn metrics(State(app): State<Arc<App>>, caller: Caller, headers: HeaderMap, body: Body) -> Response {
    export(&app, &caller, Signal::Metrics, &headers, body).await
}

/// `opentelemetry.proto.collector.trace.v1.TraceService/Export`.
pub(crate) async fn traces(State(app): State<Arc<App>>, caller: Caller, headers: HeaderMap, body: Body) -> Response {
    export(&app, &caller, Signal::Traces, &headers, body).await
}

/// gRPC's code for a status of HTTP. Where trying again helps it is one that clients of OTLP try again on.
pub(super) fn code(status: StatusCode) -> i32 {
    match status {
        StatusCode::UNAUTHORIZED => UNAUTHENTICATED,
        StatusCode::FORBIDDEN => PERMISSION_DENIED,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE | StatusCode::REQUEST_TIMEOUT => UNAVAILABLE,
        StatusCode::PAYLOAD_TOO_LARGE => RESOURCE_EXHAUSTED,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => UNIMPLEMENTED,
        status if status.is_client_error() => INVALID_ARGUMENT,
        _ => INTERNAL,
    }
}

async fn export(app: &Arc<App>, caller: &Caller, signal: Signal, headers: &HeaderMap, body: Body) -> Response {
    match unary(app, caller, signal, headers, body).await {
        Ok(message) => answered(&message),
        Err(problem) => failed(&problem),
    }
}

async fn unary(
    app: &Arc<App>,
    caller: &Caller,
    signal: Signal,
    headers: &HeaderMap,
    body: Body,
) -> Result<Vec<u8>, Problem> {
    let (room, body) = admit::receive(app, headers, body, app.config.limits.batch_bytes).await?;
    let (compressed, message) = unframed(&body.whole())?;
    let encoding = match compressed {
        false => Encoding::Identity,
        true => named(headers)?,
    };
    let refused = take(app, caller, signal, Format::Protobuf, encoding, message.into(), room).await?;
    Ok(refused.response().encode_to_vec())
}

/// The one message of a body, and whether it is compressed.
fn unframed(bytes: &Bytes) -> Result<(bool, Bytes), Problem> {
    let wrong = || Problem::bad_request("The body is not one gRPC message.", "Use a client of OTLP over gRPC.");
    let [flag, length @ ..] = bytes.first_chunk::<PREFIX>().ok_or_else(wrong)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| wrong())?;
    if *flag > 1 || bytes.len() != PREFIX + length {
        return Err(wrong());
    }
    Ok((*flag == 1, bytes.slice(PREFIX..)))
}

/// How a compressed message is compressed.
fn named(headers: &HeaderMap) -> Result<Encoding, Problem> {
    match headers.get("grpc-encoding").and_then(|value| value.to_str().ok()) {
        Some("gzip") => Ok(Encoding::Gzip),
        Some("zstd") => Ok(Encoding::Zstd),
        _ => {
            let message = "The message's compression is not one this server reads.";
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            Err(Problem::new(status, "unsupported_encoding", message, "Use gzip, zstd or none."))
        }
    }
}

const GRPC: HeaderValue = HeaderValue::from_static("application/grpc");

/// A message and the trailers of success.
fn answered(message: &[u8]) -> Response {
    let mut framed = BytesMut::with_capacity(PREFIX + message.len());
    framed.put_u8(0);
    framed.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    framed.put_slice(message);
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let frames = [Ok::<_, std::convert::Infallible>(Frame::data(framed.freeze())), Ok(Frame::trailers(trailers))];
    let mut response = Response::new(Body::new(StreamBody::new(futures_util::stream::iter(frames))));
    response.headers_mut().insert(header::CONTENT_TYPE, GRPC);
    response.headers_mut().insert("grpc-accept-encoding", HeaderValue::from_static("identity,gzip,zstd"));
    response
}

/// An error, told in headers alone.
fn failed(problem: &Problem) -> Response {
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, GRPC);
    headers.insert("grpc-status", HeaderValue::from(code(problem.status)));
    // Messages travel percent-encoded.
    let text = format!("{} {}", problem.message, problem.hint);
    let encoded: String = text
        .bytes()
        .map(|byte| match byte {
            b' '..=b'$' | b'&'..=b'~' => (byte as char).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect();
    if let Ok(value) = HeaderValue::try_from(encoded) {
        headers.insert("grpc-message", value);
    }
    if let Some(seconds) = problem.retry_after {
        headers.insert("grpc-retry-pushback-ms", HeaderValue::from(u64::from(seconds) * 1000));
    }
    response
}
