//! How the server is: for people, for a load balancer, for Prometheus.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use hookrail_store::events::Stats;
use hookrail_store::registry::ProjectId;
use serde::Serialize;

use super::Answer;
use super::params::Params;
use crate::app::App;
use crate::contents::Held;
use crate::error::Problem;
use crate::metrics::Metrics;
use crate::tenants::Caller;

/// What `/api/v1/status` says.
#[derive(Debug, Serialize)]
pub(crate) struct Status {
    version: &'static str,
    /// Seconds since the server started.
    uptime_seconds: u64,
    /// The project whose store it is.
    project: ProjectId,
    /// Whether the doors need a key.
    token_required: bool,
    /// What the server as a whole does; null for who is not its operator.
    #[serde(flatten)]
    work: Work,
    store: Stats,
    /// What is kept of artifacts that were uploaded.
    artifacts: Held,
    retention: Kept,
}

#[derive(Debug, Default, Serialize)]
struct Work {
    /// The accounting since the start: `in = stored + duplicates + parked + rejected + pending`.
    events: Option<Accounting>,
    connections: Option<i64>,
    live_readers: Option<i64>,
}

#[derive(Debug, Serialize)]
struct Accounting {
    r#in: u64,
    stored: u64,
    duplicates: u64,
    /// Put to wait for their session; they come in once more when they are released.
    parked: u64,
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
    Ok(Json(Status {
        project: caller.tenant.project.clone(),
        version: env!("CARGO_PKG_VERSION"),
        uptime_seconds: app.started.elapsed().as_secs(),
        token_required: !app.auth.is_open(),
        work: if caller.operator { Work::of(&app.metrics) } else { Work::default() },
        store: caller.tenant.store.events.stats().await?,
        artifacts: caller.tenant.contents.held(),
        retention: Kept {
            max_age_seconds: app.config.retention.max_age.map(|age| age.as_secs()),
            max_bytes: app.config.retention.max_bytes,
        },
    }))
}

impl Work {
    fn of(metrics: &Metrics) -> Self {
        let events = Accounting {
            r#in: metrics.events_in.get(),
            stored: metrics.events_stored.get(),
            duplicates: metrics.events_duplicate.get(),
            parked: metrics.events_parked.get(),
            rejected: metrics.rejected(),
            pending: metrics.events_pending.get(),
        };
        let (connections, live_readers) = (metrics.connections.get(), metrics.live_readers.get());
        Self { events: Some(events), connections: Some(connections), live_readers: Some(live_readers) }
    }
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
    let tenants = app.tenants.opened();
    futures_util::future::try_join_all(tenants.iter().map(|tenant| tenant.ready())).await?;
    // With a key everything is taken all the same, so another server is no better a place.
    Ok(match app.attribution.is_away() {
        true => "ready\nthe bus is out of reach: events without a key are refused\n",
        false => "ready\n",
    })
}

/// `GET /metrics`: of the server as a whole, so only its operator may see it.
pub(crate) async fn metrics(State(app): State<Arc<App>>, caller: Caller) -> Result<impl IntoResponse, Problem> {
    caller.is_operator()?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], app.metrics.render()))
}
