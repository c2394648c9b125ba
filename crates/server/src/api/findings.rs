//! What was found in the record, and how far it is looked through.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use hookrail_store::guard::{Change, Finding, FindingFilter, FindingKind, FindingState, ScanState, Severity};
use hookrail_store::model::Page;
use serde::{Deserialize, Deserializer};

use super::Answer;
use super::params::{Params, words};
use crate::app::{App, now};
use crate::error::Problem;
use crate::tenants::Caller;
use crate::{admit, scan};

/// Bytes of a body.
const BODY: usize = 4096;

/// Bytes of an owner's name.
const OWNER: usize = 200;

/// `GET /api/v1/findings`: the newest first.
pub(crate) async fn list(caller: Caller, mut params: Params) -> Answer<Page<Finding>> {
    let filter = FindingFilter {
        kind: params.parsed("kind", &words(FindingKind::ALL, FindingKind::as_str), FindingKind::named)?,
        rule: params.text("rule")?,
        severity: params.parsed("severity", &words(Severity::ALL, Severity::as_str), Severity::named)?,
        state: params.parsed("state", &words(FindingState::ALL, FindingState::as_str), FindingState::named)?,
        owner: params.text("owner")?,
        session_id: params.text("session_id")?,
        user: params.text("user")?,
        since: params.time("since")?,
        until: params.time("until")?,
    };
    let slice = params.slice()?;
    params.finish()?;
    Ok(Json(caller.tenant.store.guard.findings(&filter, slice.limit, slice.cursor.as_deref()).await?))
}

/// What is to become of a finding.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    #[serde(default)]
    state: Option<FindingState>,
    #[serde(default, deserialize_with = "given")]
    owner: Option<Option<String>>,
}

/// A member that is there, were it `null`.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// `PATCH /api/v1/findings/{id}`: `{"state":…,"owner":…}`; what is not given stays, an owner of null is nobody.
pub(crate) async fn patch(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
    body: Body,
) -> Answer<Finding> {
    params.finish()?;
    let body = admit::read(body, BODY, app.config.limits.body_timeout).await.map_err(|(_, problem)| problem)?;
    let wrong = |hint: &str| Problem::bad_request("This is no change of a finding.", hint.to_owned());
    // A list of values would also do for a struct of optional members.
    let object = if body.trim_ascii_start().starts_with(b"{") { &body[..] } else { b"" };
    let wish: Wish = serde_json::from_slice(object).map_err(|_| {
        let states = words(FindingState::ALL, FindingState::as_str);
        wrong(&format!("Send {{\"state\":…}} with {states}, {{\"owner\":\"…\"}} or both."))
    })?;
    let owner = wish.owner.map(|owner| owner.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()));
    if owner.iter().flatten().any(|name| name.len() > OWNER || name.chars().any(char::is_control)) {
        return Err(wrong("An owner's name has up to 200 bytes and no control characters."));
    }
    let by = caller.key.as_ref().map(ToString::to_string);
    let change = Change { state: wish.state, owner, by };
    let changed = match id.parse() {
        Ok(id) => caller.tenant.store.guard.change(id, change, now()).await?,
        Err(_) => None,
    };
    changed.map(Json).ok_or_else(|| Problem::not_found("There is no finding of this number."))
}

/// `GET /api/v1/scan`: how far the project's events are looked through.
pub(crate) async fn scan(caller: Caller, params: Params) -> Answer<ScanState> {
    params.finish()?;
    Ok(Json(caller.tenant.store.guard.scan().await?))
}

/// `POST /api/v1/scan`: looks through all of them again.
pub(crate) async fn rescan(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer<ScanState> {
    params.finish()?;
    Ok(Json(scan::restart(&app, &caller.tenant).await?))
}
