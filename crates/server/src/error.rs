//! What a caller is told when a request cannot be answered: one shape, logged once, here.

use std::borrow::Cow;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// An answer that is not what was asked for: `{"error":{"code","message","hint"}}` with its status.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: Cow<'static, str>,
    pub(crate) hint: Cow<'static, str>,
    /// Seconds after which to try again.
    pub(crate) retry_after: Option<u32>,
}

impl Problem {
    /// A problem of this status, for a machine (`code`), for a person (`message`) and what to do next (`hint`).
    pub(crate) fn new(
        status: StatusCode,
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
        hint: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { status, code, message: message.into(), hint: hint.into(), retry_after: None }
    }

    /// The same, worth another try after `seconds`.
    pub(crate) fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// The request's own mistake.
    pub(crate) fn bad_request(message: impl Into<Cow<'static, str>>, hint: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", message, hint)
    }

    /// Nothing has this name.
    pub(crate) fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message, "GET /openapi.json lists every door and its parameters.")
    }

    /// More bytes than this door takes.
    pub(crate) fn too_large(what: &str, limit: usize) -> Self {
        let message = format!("{what} is larger than {limit} bytes.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message, "Send it in smaller pieces.")
    }

    /// No room for more work just now.
    pub(crate) fn full() -> Self {
        let message = "The server has as many events in work as it takes.";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "queue_full", message, "Send it again after the time in Retry-After.")
            .retry_after(1)
    }

    /// The server cannot do it now, and may later.
    pub(crate) fn unavailable(message: impl Into<Cow<'static, str>>, hint: &'static str, seconds: u32) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message, hint).retry_after(seconds)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        if self.status.is_server_error() {
            tracing::error!(status = self.status.as_u16(), code = self.code, "A request failed: {}", self.message);
        } else {
            tracing::debug!(status = self.status.as_u16(), code = self.code, "A request was refused: {}", self.message);
        }
        let body = json!({"error": {"code": self.code, "message": self.message, "hint": self.hint}}).to_string();
        let mut response = (self.status, [(header::CONTENT_TYPE, "application/json")], body).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
