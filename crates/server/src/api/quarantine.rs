//! What nobody's key has spoken for: sessions that wait to be claimed, and those that waited too long.
//!
//! It belongs to no project yet, so it is the operator's alone.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use hookrail_core::event::{Agent, Event, EventId};
use hookrail_core::time::Timestamp;
use hookrail_store::StoreError;
use hookrail_store::bus::parking::{Claimed, Parked, SessionRef, Waiting};
use hookrail_store::model::Page;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Answer;
use super::keys::{body, in_registry, within};
use super::params::{Params, Slice};
use crate::app::App;
use crate::attribution;
use crate::error::Problem;
use crate::tenants::Caller;

/// Events stored or removed in one step.
const STEP: usize = 500;

/// Where an event without a key is.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum Place {
    Waiting,
    Quarantined,
}

/// A session of the list.
#[derive(Debug, Serialize)]
pub(crate) struct Unclaimed {
    state: Place,
    session_id: String,
    agent: String,
    events: u64,
    bytes: u64,
    /// When its oldest event was received, and its newest.
    first_at: Timestamp,
    last_at: Timestamp,
    /// Who sent the oldest.
    address: String,
}

impl Unclaimed {
    fn new(state: Place, Waiting { session, events, bytes, first_at, last_at, address }: Waiting) -> Self {
        let SessionRef { agent, session: session_id } = session;
        Self { state, session_id, agent, events, bytes, first_at, last_at, address }
    }
}

/// An event of such a session.
#[derive(Debug, Serialize)]
pub(crate) struct UnclaimedEvent {
    state: Place,
    id: EventId,
    name: String,
    kind: String,
    occurred_at: Timestamp,
    received_at: Timestamp,
    address: String,
    payload: Box<RawValue>,
}

/// What an operator's decision did.
#[derive(Debug, Serialize)]
pub(crate) struct Attributed {
    /// Events of the quarantine that are in the project now.
    stored: u64,
    /// Whether events that still waited follow at once: the session is claimed for the project.
    claimed: bool,
}

/// What was removed.
#[derive(Debug, Serialize)]
pub(crate) struct Purged {
    removed: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Attribution {
    project: String,
    person: Option<String>,
}

/// `GET /api/v1/quarantine`: those that wait, the longest first, then those in quarantine, the newest first.
pub(crate) async fn list(State(app): State<Arc<App>>, caller: Caller, mut params: Params) -> Answer<Page<Unclaimed>> {
    caller.is_operator()?;
    let slice = params.slice()?;
    params.finish()?;
    let (state, from) = position(&slice)?;
    let Slice { limit, .. } = slice;
    let attribution = &app.attribution;
    let mut items = Vec::new();
    if matches!(state, Place::Waiting) {
        let waiting = attribution.parking.sessions(from, limit).await?;
        if waiting.len() == limit {
            let next = Some(format!("w{}", from + limit));
            let items = waiting.into_iter().map(|session| Unclaimed::new(Place::Waiting, session)).collect();
            return Ok(Json(Page { items, next }));
        }
        items.extend(waiting.into_iter().map(|session| Unclaimed::new(Place::Waiting, session)));
    }
    let from = if matches!(state, Place::Waiting) { 0 } else { from };
    let room = limit - items.len();
    let kept = attribution.quarantine.sessions(from, room).await?;
    let next = (kept.len() == room).then(|| format!("q{}", from + room));
    items.extend(kept.into_iter().map(|session| Unclaimed::new(Place::Quarantined, session)));
    Ok(Json(Page { items, next }))
}

/// `GET /api/v1/quarantine/{session}/events`: those in quarantine first, for they are older.
pub(crate) async fn events(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(name): Path<String>,
    mut params: Params,
) -> Answer<Page<UnclaimedEvent>> {
    caller.is_operator()?;
    let (agent, slice) = (params.text("agent")?, params.slice()?);
    params.finish()?;
    let session = find(&app, &name, agent).await?;
    let from = match &slice.cursor {
        Some(_) => position(&slice)?,
        None => (Place::Quarantined, 0),
    };
    let (state, after, limit) = (from.0, from.1 as u64, slice.limit);
    let shown = |state, items: &[Parked]| -> Vec<UnclaimedEvent> {
        items.iter().filter_map(|item| Some(show(state, item, &attribution::event(&app, item, None)?))).collect()
    };
    if matches!(state, Place::Quarantined) {
        let kept = app.attribution.quarantine.events(&session, after, limit).await?;
        let next = match kept.last() {
            Some(last) if kept.len() == limit => format!("q{}", last.seq),
            _ => "w0".to_owned(),
        };
        if !kept.is_empty() {
            return Ok(Json(Page { items: shown(Place::Quarantined, &kept), next: Some(next) }));
        }
    }
    let after = if matches!(state, Place::Waiting) { after } else { 0 };
    let waiting = app.attribution.parking.events(&session, after, limit).await?;
    let next = waiting.last().filter(|_| waiting.len() == limit).map(|last| format!("w{}", last.seq));
    Ok(Json(Page { items: shown(Place::Waiting, &waiting), next }))
}

/// `POST /api/v1/quarantine/{session}/attribute`: `{"project","person"?}`. Stores what is in quarantine in the project, and
/// claims the session for it where something waits.
pub(crate) async fn attribute(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(name): Path<String>,
    mut params: Params,
    sent: Body,
) -> Answer<Attributed> {
    caller.is_operator()?;
    let agent = params.text("agent")?;
    params.finish()?;
    let Attribution { project, person } = body(&app, sent).await?;
    let (project, person) = (within(&caller, &project)?, person.filter(|person| !person.is_empty()));
    let wanted = project.clone();
    let known = in_registry(&app, move |registry| registry.projects(None)).await?;
    if !project.is_default() && !known.iter().any(|known| known.project == wanted) {
        return Err(Problem::not_found("There is no project of this name."));
    }
    let session = find(&app, &name, agent).await?;
    let mut claimed = false;
    if !app.attribution.parking.events(&session, 0, 1).await?.is_empty() {
        match app.attribution.claim_for(&app, &project, &session, person.as_deref()).await? {
            Claimed::Ours { .. } => claimed = true,
            Claimed::Foreign => {
                let message = "The session is another project's: a key of it has claimed it.";
                return Err(Problem::new(StatusCode::CONFLICT, "claimed", message, "What waits goes to that project."));
            }
            Claimed::Full => return Err(Problem::unavailable("There are as many claims as may be.", "Try later.", 60)),
        }
    }
    let tenant = app.tenants.get(&project).await?;
    let mut stored = 0;
    loop {
        let items = app.attribution.quarantine.events(&session, 0, STEP).await?;
        if items.is_empty() {
            break;
        }
        attribution::store(&app, &tenant, &items, person.as_deref()).await?;
        stored += app.attribution.quarantine.remove(items.iter().map(|item| item.seq).collect()).await?;
    }
    tracing::info!(%project, stored, claimed, "The operator gave a session's events to a project.");
    Ok(Json(Attributed { stored, claimed }))
}

/// `DELETE /api/v1/quarantine/{session}`: removes what is in quarantine. What still waits is left alone.
pub(crate) async fn purge(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(name): Path<String>,
    mut params: Params,
) -> Answer<Purged> {
    caller.is_operator()?;
    let agent = params.text("agent")?;
    params.finish()?;
    let session = find(&app, &name, agent).await?;
    let mut removed = 0;
    loop {
        let items = app.attribution.quarantine.events(&session, 0, STEP).await?;
        if items.is_empty() {
            tracing::info!(removed, "The operator removed a session's events from the quarantine.");
            return Ok(Json(Purged { removed }));
        }
        removed += app.attribution.quarantine.remove(items.iter().map(|item| item.seq).collect()).await?;
    }
}

fn show(state: Place, item: &Parked, event: &Event) -> UnclaimedEvent {
    UnclaimedEvent {
        state,
        id: item.id,
        name: event.parsed.name.clone(),
        kind: event.parsed.kind.to_string(),
        occurred_at: event.occurred_at,
        received_at: item.at,
        address: item.address.to_string(),
        payload: event.payload.clone(),
    }
}

/// Where a page begins, by its cursor: `w…` among those that wait, `q…` among those in quarantine.
fn position(slice: &Slice) -> Result<(Place, usize), Problem> {
    let Some(cursor) = &slice.cursor else { return Ok((Place::Waiting, 0)) };
    let read = |state, text: &str| text.parse().ok().map(|from| (state, from));
    let position = match cursor.split_at_checked(1) {
        Some(("w", from)) => read(Place::Waiting, from),
        Some(("q", from)) => read(Place::Quarantined, from),
        _ => None,
    };
    let wrong =
        || StoreError::Invalid("this cursor is not one of this list; pass `next` of its previous page".to_owned());
    Ok(position.ok_or_else(wrong)?)
}

/// The session of this name; its agent is only asked for where two agents have one.
async fn find(app: &App, name: &str, agent: Option<String>) -> Result<SessionRef, Problem> {
    let mut agents = app.attribution.quarantine.agents(name).await?;
    for known in agent.iter().cloned().chain(Agent::KNOWN.iter().map(|agent| agent.as_str().to_owned())) {
        let waits = app.attribution.parking.events(&SessionRef::new(&*known, name), 0, 1).await?;
        if !waits.is_empty() && !agents.contains(&known) {
            agents.push(known);
        }
    }
    agents.retain(|found| agent.as_ref().is_none_or(|agent| agent == found));
    match agents.len() {
        0 => Err(Problem::not_found("No session of this name waits or is in quarantine.")),
        1 => Ok(SessionRef::new(agents.remove(0), name)),
        _ => Err(Problem::bad_request(
            format!("Several agents have a session of this name: {}.", agents.join(", ")),
            "Say which with the parameter agent.",
        )),
    }
}
