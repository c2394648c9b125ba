//! MCP servers: which were used, and what the project calls them.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use hookrail_core::time::Timestamp;
use hookrail_store::model::{Page, Server};
use hookrail_store::names::ServerName;
use serde::Deserialize;
use std::sync::Arc;

use super::params::Params;
use super::{Answer, page};
use crate::admit;
use crate::app::{App, now};
use crate::error::Problem;
use crate::tenants::Caller;

/// Bytes of the body.
const BODY: usize = 4096;

/// `GET /api/v1/servers`: every server that was ever used with its use in a span (all time unless told), and every name
/// that was given, by raw name.
pub(crate) async fn list(caller: Caller, mut params: Params) -> Answer<Page<Server>> {
    let (since, until) = (params.time("since")?, params.time("until")?);
    let slice = params.wide_slice()?;
    params.finish()?;
    let (since, until) = (since.unwrap_or(Timestamp::from_nanos(0)), until.unwrap_or_else(now));
    if since >= until {
        return Err(Problem::bad_request("since is not before until.", "Give an earlier since or a later until."));
    }
    let store = &caller.tenant.store;
    let used = store.events.servers(since, until).await?;
    let mut servers: BTreeMap<String, Server> = used.into_iter().map(|server| (server.raw.clone(), server)).collect();
    for name in store.meta.server_names().await? {
        let server = servers.entry(name.raw.clone()).or_default();
        (server.named_by, server.named_at) = (name.by, Some(name.updated_at));
        (server.raw, server.display, server.overridden) = (name.raw, name.display, true);
    }
    page(servers.into_values().collect(), &slice)
}

/// What a server is to be called.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Called {
    display: String,
}

/// `PUT /api/v1/servers/{raw}`: `{"display":…}`.
pub(crate) async fn put(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(raw): Path<String>,
    params: Params,
    body: Body,
) -> Answer<ServerName> {
    params.finish()?;
    let body = admit::read(body, BODY, app.config.limits.body_timeout).await.map_err(|(_, problem)| problem)?;
    let called: Called = serde_json::from_slice(&body).map_err(|_| {
        Problem::bad_request("The body is not {\"display\":\"…\"}.", "Send what the server is to be called as JSON.")
    })?;
    let by = caller.key.as_ref().map(ToString::to_string);
    let refused = |error: hookrail_store::StoreError| match error {
        hookrail_store::StoreError::Invalid(why) => {
            Problem::bad_request(format!("{why}."), "GET /api/v1/servers lists the servers and their names.")
        }
        error => error.into(),
    };
    let name = ServerName::new(&raw, &called.display, by.as_deref(), now()).map_err(refused)?;
    Ok(Json(caller.tenant.store.meta.name_server(name).await.map_err(refused)?))
}

/// `DELETE /api/v1/servers/{raw}`: takes the name back.
pub(crate) async fn delete(caller: Caller, Path(raw): Path<String>, params: Params) -> Answer<ServerName> {
    params.finish()?;
    let forgotten = caller.tenant.store.meta.forget_server_name(&raw).await?;
    forgotten.map(Json).ok_or_else(|| Problem::not_found("No name was given to this server."))
}
