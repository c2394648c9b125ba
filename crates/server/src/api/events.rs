//! Events: a list, and one by its id.

use axum::Json;
use axum::extract::Path;
use hookrail_core::event::EventId;
use hookrail_store::events::Order;
use hookrail_store::model::{EventFilter, Page, StoredEvent};
use std::str::FromStr;

use super::Answer;
use super::params::Params;
use crate::error::Problem;
use crate::tenants::Caller;

/// `GET /api/v1/events`, newest first.
pub(crate) async fn list(caller: Caller, mut params: Params) -> Answer<Page<StoredEvent>> {
    let filter = params.events()?;
    let slice = params.slice()?;
    params.finish()?;
    let page = caller.tenant.store.events.events(&filter, Order::Newest, slice.limit, slice.cursor.as_deref()).await?;
    Ok(Json(page))
}

/// `GET /api/v1/events/{id}`.
pub(crate) async fn one(caller: Caller, Path(id): Path<String>, params: Params) -> Answer<StoredEvent> {
    params.finish()?;
    let id = EventId::from_str(&id).map_err(|error| Problem::bad_request(error.to_string(), "Copy it from a list."))?;
    let event = caller.tenant.store.events.event(&id).await?;
    event.map(Json).ok_or_else(|| Problem::not_found("No event has this id, or it has expired."))
}

/// `GET /api/v1/sessions/{id}/events`, oldest first.
pub(crate) async fn of_session(
    caller: Caller,
    Path(session): Path<String>,
    mut params: Params,
) -> Answer<Page<StoredEvent>> {
    if params.text("session_id")?.is_some() {
        return Err(Problem::bad_request("There is no parameter session_id here.", "The path names the session."));
    }
    let filter = EventFilter { session_id: Some(session), ..params.events()? };
    let slice = params.slice()?;
    params.finish()?;
    let page = caller.tenant.store.events.events(&filter, Order::Oldest, slice.limit, slice.cursor.as_deref()).await?;
    Ok(Json(page))
}
