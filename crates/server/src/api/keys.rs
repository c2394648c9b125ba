//! Keys: made, listed, rotated and revoked by an admin of their organisation, or by the operator.
//!
//! A key's text is in the answer that makes it and nowhere else, ever.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use hookrail_store::StoreError;
use hookrail_store::model::Page;
use hookrail_store::registry::{DEFAULT_GRACE, Key, KeyId, Made, NewKey, ProjectId, Registry, Scope, Secret};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::params::Params;
use super::{Answer, page};
use crate::admit;
use crate::app::App;
use crate::auth;
use crate::error::Problem;
use crate::tenants::Caller;

/// Bytes of a body.
const BODY: usize = 16 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    /// The caller's own, where none is named.
    project: Option<String>,
    scopes: Vec<String>,
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Rotation {
    grace_seconds: u64,
}

impl Default for Rotation {
    fn default() -> Self {
        Self { grace_seconds: DEFAULT_GRACE.as_secs() }
    }
}

/// `GET /api/v1/keys`, the newest first.
pub(crate) async fn list(State(app): State<Arc<App>>, caller: Caller, mut params: Params) -> Answer<Page<Key>> {
    let project = params.parsed("project", "a project's name", |text| text.parse::<ProjectId>().ok())?;
    let slice = params.wide_slice()?;
    params.finish()?;
    let mut keys = app.auth.registry.list(own(&caller).as_deref());
    keys.retain(|key| project.as_ref().is_none_or(|project| key.project == *project));
    page(keys, &slice)
}

/// `POST /api/v1/keys`: `{"project"?,"scopes":["ingest","read"],"name"?}`.
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    sent: Body,
) -> Result<(StatusCode, Json<Made>), Problem> {
    let new: New = body(&app, sent).await?;
    let project = match &new.project {
        Some(name) => within(&caller, name)?,
        None => caller.tenant.project.clone(),
    };
    let scopes = new.scopes.iter().map(|word| word.parse::<Scope>()).collect::<Result<_, _>>();
    let scopes = scopes.map_err(|error| invalid(error.to_string()))?;
    let new = NewKey { project, scopes, name: new.name.filter(|name| !name.is_empty()), by: by(&caller) };
    in_registry(&app, move |registry| registry.create(&new)).await.map(made)
}

/// `POST /api/v1/keys/{id}/rotate`: `{"grace_seconds"?}`.
pub(crate) async fn rotate(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    sent: Body,
) -> Result<(StatusCode, Json<Made>), Problem> {
    let id = known(&app, &caller, &id)?;
    let Rotation { grace_seconds } = body(&app, sent).await?;
    let by = by(&caller);
    let rotate = move |registry: &Registry| registry.rotate(&id, Duration::from_secs(grace_seconds), &by);
    in_registry(&app, rotate).await.map(made)
}

/// `DELETE /api/v1/keys/{id}`: ends it at once, and shows it as it is then.
pub(crate) async fn revoke(State(app): State<Arc<App>>, caller: Caller, Path(id): Path<String>) -> Answer<Key> {
    let id = known(&app, &caller, &id)?;
    tracing::info!(%id, by = by(&caller), "A key is ended.");
    in_registry(&app, move |registry| registry.revoke(&id)).await.map(Json)
}

fn made(new: (Secret, Key)) -> (StatusCode, Json<Made>) {
    let Key { id, project, scopes, created_by, .. } = &new.1;
    tracing::info!(%id, %project, %scopes, by = created_by, "A key was made.");
    (StatusCode::CREATED, Json(new.into()))
}

/// Who makes a key, as it is noted.
pub(super) fn by(caller: &Caller) -> String {
    match (&caller.key, &caller.who) {
        (Some(key), _) => key.to_string(),
        (None, auth::Who::Operator) => "operator".to_owned(),
        (None, _) => "local".to_owned(),
    }
}

/// The organisation the caller is bound to; `None` for the operator, who is bound to none.
pub(super) fn own(caller: &Caller) -> Option<String> {
    (!caller.operator).then(|| caller.tenant.project.organisation().to_owned())
}

/// A project the caller may manage.
pub(super) fn within(caller: &Caller, project: &str) -> Result<ProjectId, Problem> {
    let organisation = own(caller);
    // A name without an organisation is meant within the caller's own.
    let named = match &organisation {
        Some(organisation) if !project.contains('/') => format!("{organisation}/{project}"),
        _ => project.to_owned(),
    };
    let project: ProjectId =
        named.parse().map_err(|error: hookrail_store::registry::BadName| invalid(error.to_string()))?;
    match organisation {
        Some(organisation) if organisation != project.organisation() => Err(auth::not_the_operator()),
        _ => Ok(project),
    }
}

/// A key the caller may manage. Another organisation's key is not there, to whoever asks.
fn known(app: &App, caller: &Caller, id: &str) -> Result<KeyId, Problem> {
    let key = id.parse().ok().and_then(|id| app.auth.registry.key(&id));
    let organisation = own(caller);
    let key = key.filter(|key| organisation.is_none_or(|name| name == key.project.organisation()));
    key.map(|key| key.id).ok_or_else(|| Problem::not_found("No key has this id."))
}

/// A body of JSON; an empty one is `{}`.
pub(super) async fn body<T: DeserializeOwned>(app: &App, sent: Body) -> Result<T, Problem> {
    let bytes = admit::read(sent, BODY, app.config.limits.body_timeout).await.map_err(|(_, problem)| problem)?;
    let bytes = if bytes.is_empty() { &b"{}"[..] } else { &bytes[..] };
    serde_json::from_slice(bytes).map_err(|error| invalid(format!("the body is not as it should be: {error}")))
}

/// Work on the registry, on a thread that may block.
pub(super) async fn in_registry<T: Send + 'static>(
    app: &App,
    work: impl FnOnce(&Registry) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, Problem> {
    let registry = app.auth.registry.clone();
    let failed = |_| Problem::unavailable("The registry could not be asked.", "See the server's log.", 10);
    tokio::task::spawn_blocking(move || work(&registry)).await.map_err(failed)?.map_err(|error| match error {
        StoreError::Invalid(message) => invalid(message),
        other => other.into(),
    })
}

fn invalid(message: String) -> Problem {
    let mut message = message;
    if let Some(first) = message.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    Problem::bad_request(message + ".", "GET /openapi.json shows what this door takes.")
}
