//! The cookie for a browser, which cannot send the token with a WebSocket or an event stream.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::admit;
use crate::app::App;
use crate::error::Problem;

/// Bytes of the body.
const BODY: usize = 4096;

#[derive(Deserialize)]
struct Login {
    token: String,
}

/// `POST /api/v1/login`: `{"token":…}` → 204 and the cookie.
pub(crate) async fn login(State(app): State<Arc<App>>, body: Body) -> Result<Response, Problem> {
    let body = admit::read(body, BODY, app.config.limits.body_timeout).await.map_err(|(_, problem)| problem)?;
    let login: Login = serde_json::from_slice(&body)
        .map_err(|_| Problem::bad_request("The body is not {\"token\":\"…\"}.", "Send the server's token as JSON."))?;
    let cookie = app.guard.login(&login.token).ok_or_else(|| {
        let hint = "It is the HOOKRAIL_TOKEN the server was started with.";
        Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", "This is not the server's token.", hint)
    })?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}
