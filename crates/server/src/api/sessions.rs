//! Sessions, and what belongs to one: tool calls and subagents.

use axum::Json;
use axum::extract::Path;
use hookrail_store::model::{Page, Session, Subagent, ToolCall};

use super::params::Params;
use super::{Answer, page};
use crate::error::Problem;
use crate::tenants::Caller;

/// `GET /api/v1/sessions`, the one with the latest event first.
pub(crate) async fn list(caller: Caller, mut params: Params) -> Answer<Page<Session>> {
    let filter = params.sessions()?;
    let slice = params.slice()?;
    params.finish()?;
    Ok(Json(caller.tenant.store.events.sessions(&filter, slice.limit, slice.cursor.as_deref()).await?))
}

/// `GET /api/v1/sessions/{id}`.
pub(crate) async fn one(caller: Caller, Path(id): Path<String>, mut params: Params) -> Answer<Session> {
    let agent = params.text("agent")?;
    params.finish()?;
    let session = caller.tenant.store.events.session(&id, agent.as_deref()).await?;
    session.map(Json).ok_or_else(|| Problem::not_found("No session has this id, or it has expired."))
}

/// `GET /api/v1/sessions/{id}/tools`: its tool calls, oldest first.
pub(crate) async fn tools(caller: Caller, Path(id): Path<String>, mut params: Params) -> Answer<Page<ToolCall>> {
    let agent = params.text("agent")?;
    let slice = params.slice()?;
    params.finish()?;
    Ok(Json(caller.tenant.store.events.tool_calls(&id, agent.as_deref(), slice.limit, slice.cursor.as_deref()).await?))
}

/// `GET /api/v1/sessions/{id}/subagents`, oldest first.
pub(crate) async fn subagents(caller: Caller, Path(id): Path<String>, mut params: Params) -> Answer<Page<Subagent>> {
    let agent = params.text("agent")?;
    let slice = params.wide_slice()?;
    params.finish()?;
    page(caller.tenant.store.events.subagents(&id, agent.as_deref()).await?, &slice)
}
