//! Whether a project's sessions get titles from a model.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use super::Answer;
use super::params::Params;
use crate::admit;
use crate::app::App;
use crate::error::Problem;
use crate::tenants::Caller;
use crate::titles;

/// Bytes of the body.
const BODY: usize = 1024;

/// What is done about titles.
#[derive(Debug, Serialize)]
pub(crate) struct Titles {
    /// Whether the server has somebody to ask.
    available: bool,
    /// Whether this project wants it.
    enabled: bool,
    /// The model that is asked.
    model: Option<String>,
}

/// `GET /api/v1/titles`.
pub(crate) async fn get(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer<Titles> {
    params.finish()?;
    shown(&app, &caller).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    enabled: bool,
}

/// `PUT /api/v1/titles`: `{"enabled":…}`.
pub(crate) async fn put(State(app): State<Arc<App>>, caller: Caller, params: Params, body: Body) -> Answer<Titles> {
    params.finish()?;
    let body = admit::read(body, BODY, app.config.limits.body_timeout).await.map_err(|(_, problem)| problem)?;
    let wanted: Wanted = serde_json::from_slice(&body)
        .map_err(|_| Problem::bad_request("The body is not {\"enabled\":…}.", "Send true or false as JSON."))?;
    titles::want(&caller.tenant, wanted.enabled).await?;
    shown(&app, &caller).await
}

async fn shown(app: &App, caller: &Caller) -> Answer<Titles> {
    let settings = app.config.titles.as_ref();
    Ok(Json(Titles {
        available: settings.is_some(),
        enabled: titles::wanted(&caller.tenant).await?,
        model: settings.map(|settings| settings.model.clone()),
    }))
}
