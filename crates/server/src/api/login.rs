//! Signing in and out, for browsers; and who a caller is.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hookrail_store::registry::{KeyId, ProjectId, Scopes};
use serde::{Deserialize, Serialize};

use super::Answer;
use super::params::Params;
use crate::admit;
use crate::app::App;
use crate::auth::Auth;
use crate::error::Problem;
use crate::tenants::Caller;

/// Bytes of the body.
const BODY: usize = 4096;

#[derive(Deserialize)]
struct Login {
    #[serde(alias = "token")]
    key: String,
}

/// `POST /api/v1/login`: `{"key":…}` or `{"token":…}` → 204 and the cookie.
pub(crate) async fn login(State(app): State<Arc<App>>, request: Request) -> Result<Response, Problem> {
    let address = app.auth.address(&request);
    let (parts, body) = request.into_parts();
    let body = admit::read(body, BODY, app.config.limits.body_timeout).await.map_err(|(_, problem)| problem)?;
    let login: Login = serde_json::from_slice(&body)
        .map_err(|_| Problem::bad_request("The body is not {\"key\":\"…\"}.", "Send a key as JSON."))?;
    let cookie = sign_in(&app, login.key.trim(), address)?;
    let done = StatusCode::NO_CONTENT;
    Ok(match cookie {
        Some(cookie) => {
            let set = app.auth.set_cookie(Some(&cookie), &parts.headers);
            (done, [(header::SET_COOKIE, set)]).into_response()
        }
        None => done.into_response(),
    })
}

fn sign_in(app: &App, key: &str, address: IpAddr) -> Result<Option<String>, Problem> {
    let cookie = app.auth.sign_in(key, address).inspect_err(|problem| Auth::count(&app.metrics, problem));
    cookie.map_err(|problem| match problem.status {
        StatusCode::UNAUTHORIZED => {
            let hint = "It begins with hkr_, or is the HOOKRAIL_TOKEN the server was started with.";
            Problem::new(problem.status, problem.code, "This is not a good key of this server.", hint)
        }
        _ => problem,
    })
}

/// `POST /api/v1/logout`: takes the cookie away.
pub(crate) async fn logout(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    (StatusCode::NO_CONTENT, [(header::SET_COOKIE, app.auth.set_cookie(None, &headers))]).into_response()
}

/// What `/api/v1/me` says.
#[derive(Debug, Serialize)]
pub(crate) struct Me {
    project: ProjectId,
    organisation: String,
    scopes: Scopes,
    /// Whether it may see and do what concerns the server as a whole.
    operator: bool,
    /// The key it holds; null for the operator's token, and on an open server.
    key: Option<KeyId>,
    /// Whether the server asks for keys.
    keyed: bool,
    /// What a page sends in X-Hookrail-Csrf with what changes something; null where no cookie was shown.
    csrf: Option<String>,
}

/// `GET /api/v1/me`.
pub(crate) async fn me(State(app): State<Arc<App>>, caller: Caller, headers: HeaderMap, params: Params) -> Answer<Me> {
    params.finish()?;
    let keyed = !app.auth.is_open();
    Ok(Json(Me {
        organisation: caller.tenant.project.organisation().to_owned(),
        project: caller.tenant.project.clone(),
        scopes: caller.scopes,
        operator: caller.operator,
        key: caller.key,
        csrf: if keyed { app.auth.csrf(&headers) } else { None },
        keyed,
    }))
}
