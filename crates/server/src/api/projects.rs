//! Projects: those of the caller's organisation; all of them for the operator.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use hookrail_store::model::Page;
use hookrail_store::registry::{Project, ProjectId};
use serde::{Deserialize, Serialize};

use super::keys::{body, in_registry, own, within};
use super::params::Params;
use super::{Answer, page};
use crate::app::App;
use crate::tenants::Caller;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    project: String,
}

/// A project that was made, or was there.
#[derive(Debug, Serialize)]
pub(crate) struct Made {
    project: ProjectId,
    organisation: String,
}

/// `GET /api/v1/projects`.
pub(crate) async fn list(State(app): State<Arc<App>>, caller: Caller, mut params: Params) -> Answer<Page<Project>> {
    let slice = params.wide_slice()?;
    params.finish()?;
    let organisation = own(&caller);
    page(in_registry(&app, move |registry| registry.projects(organisation.as_deref())).await?, &slice)
}

/// `POST /api/v1/projects`: `{"project":"organisation/project"}`; one that is there stays as it is.
pub(crate) async fn create(State(app): State<Arc<App>>, caller: Caller, sent: Body) -> Answer<Made> {
    let New { project } = body(&app, sent).await?;
    let project = within(&caller, &project)?;
    let made = project.clone();
    in_registry(&app, move |registry| registry.create_project(&made)).await?;
    let organisation = project.organisation().to_owned();
    Ok(Json(Made { project, organisation }))
}
