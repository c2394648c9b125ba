//! What sessions cost, and what their people and repositories did: what a device asks that limits what is spent.
//!
//! A device sends events and may read nothing; this is the one thing it is told of others. It asks by the ids of sessions, which nobody
//! knows but who is at work in them, and cannot name a person or a repository: so it learns sums of its own people and
//! repositories alone, and no name, list or part of them.

use axum::Json;
use hookrail_core::time::Timestamp;
use hookrail_store::model::SessionSpend;
use serde::Serialize;

use super::Answer;
use super::params::Params;
use crate::app::now;
use crate::error::Problem;
use crate::tenants::Caller;

/// The most sessions of one question.
const MOST_SESSIONS: usize = 64;

const HOUR_NANOS: i64 = 3_600_000_000_000;

/// What was spent.
#[derive(Debug, Serialize)]
pub(crate) struct Spend {
    /// Of each session that is known.
    items: Vec<SessionSpend>,
}

/// `GET /api/v1/spend?sessions=…,…&day=…&week=…&month=…`.
pub(crate) async fn get(caller: Caller, mut params: Params) -> Answer<Spend> {
    let sessions = params.text("sessions")?.unwrap_or_default();
    let mut since = |name, hours: i64| {
        let then = || Timestamp::from_nanos(now().as_nanos().saturating_sub(hours * HOUR_NANOS));
        params.time(name).map(|time| time.unwrap_or_else(then))
    };
    let since = [since("day", 24)?, since("week", 7 * 24)?, since("month", 30 * 24)?];
    params.finish()?;
    let sessions: Vec<String> = sessions.split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect();
    if sessions.len() > MOST_SESSIONS {
        let message = format!("{} sessions are more than {MOST_SESSIONS}.", sessions.len());
        return Err(Problem::bad_request(message, "Ask for those at work."));
    }
    Ok(Json(Spend { items: caller.tenant.store.events.spend(sessions, since).await? }))
}
