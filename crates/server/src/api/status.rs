//! How the server is: for people, for a load balancer, for Prometheus.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use hookrail_store::events::Stats;
use serde::Serialize;

use super::Answer;
use super::params::Params;
use crate::app::App;
use crate::error::Problem;
use crate::tenants::Caller;

/// What `/api/v1/status` says.
#[derive(Debug, Serialize)]
pub(crate) struct Status {
    version: &'static str,
    /// Seconds since the server started.
    uptime_seconds: u64,
    /// Whether the doors need a token.
    token_required: bool,
    /// The accounting since the start: `in = stored + duplicates + rejected + pending`.
    events: Accounting,
    connections: i64,
    live_readers: i64,
    store: Stats,
    retention: Kept,
}

#[derive(Debug, Serialize)]
struct Accounting {
    r#in: u64,
    stored: u64,
    duplicates: u64,
    rejected: u64,
    pending: i64,
}

#[derive(Debug, Serialize)]
struct Kept {
    max_age_seconds: Option<u64>,
    max_bytes: Option<u64>,
}

/// `GET /api/v1/status`.
pub(crate) async fn status(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer<Status> {
    params.finish()?;
    let metrics = &app.metrics;
    Ok(Json(Status {
        version: env!("CARGO_PKG_VERSION"),
        uptime_seconds: app.started.elapsed().as_secs(),
        token_required: app.config.token.is_some(),
        events: Accounting {
            r#in: metrics.events_in.get(),
            stored: metrics.events_stored.get(),
            duplicates: metrics.events_duplicate.get(),
            rejected: metrics.rejected(),
            pending: metrics.events_pending.get(),
        },
        connections: metrics.connections.get(),
        live_readers: metrics.live_readers.get(),
        store: caller.tenant.store.events.stats().await?,
        retention: Kept {
            max_age_seconds: app.config.retention.max_age.map(|age| age.as_secs()),
            max_bytes: app.config.retention.max_bytes,
        },
    }))
}

/// `GET /healthz`: the process answers.
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: it takes events and can read the store of every project at work. 503 while stopping, full or without its writer.
pub(crate) async fn readyz(State(app): State<Arc<App>>) -> Result<&'static str, Problem> {
    let hint = "Send elsewhere, or wait.";
    if app.stopping.is_cancelled() {
        return Err(Problem::unavailable("The server is stopping.", hint, 2));
    }
    if !app.admission.has_room() {
        return Err(Problem::unavailable("The queue is full.", hint, 1));
    }
    for tenant in app.tenants.opened() {
        tenant.ready().await?;
    }
    Ok("ready\n")
}

/// `GET /metrics`.
pub(crate) async fn metrics(State(app): State<Arc<App>>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], app.metrics.render())
}
