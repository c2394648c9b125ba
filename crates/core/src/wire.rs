//! One line of the spool, and of a batch to `POST /v1/events`: the same record, written once by the hook.
//!
//! A record is the agent's payload verbatim plus what only the hook can know: an id, the time, the verdict.
//! Everything else (kind, actor, tool, …) is derived from the payload by [`crate::agents::parse`] wherever it is
//! needed, so an adapter that learns something new also understands what was recorded before.
//!
//! A record is one line of JSON. JSON text holds line breaks only between tokens, never inside a string, so
//! [`one_line`] makes any valid payload fit by turning them into spaces and changes no value.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::event::{Agent, EventId};
use crate::policy::Verdict;
use crate::time::Timestamp;

/// The version of the record this code writes. Readers take any version and ignore fields they do not know.
pub const VERSION: u32 = 1;

/// One event on its way from a device to the server.
///
/// Only `payload` (or `malformed`) is required: what is missing is filled in by the server.
#[derive(Debug, Serialize, Deserialize)]
pub struct Record<'a> {
    /// The version of the format.
    #[serde(default = "version")]
    pub v: u32,
    /// The event's identity; derived from the content by the server where missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<EventId>,
    /// The agent whose payload this is.
    #[serde(default = "claude_code")]
    pub agent: Agent,
    /// When it happened by the device's clock; when it arrived, where missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Timestamp>,
    /// The agent's own event name, for payloads that do not carry it.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Cow<'a, str>>,
    /// The session, for payloads that do not carry it.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<Cow<'a, str>>,
    /// What the guard said; absent for no opinion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// The person, where the device knows.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub user: Option<Cow<'a, str>>,
    /// The machine.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub device: Option<Cow<'a, str>>,
    /// The ancestors' label for the project or host.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub source_app: Option<Cow<'a, str>>,
    /// The agent's JSON, on one line.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<&'a RawValue>,
    /// What the agent sent instead of JSON: its bytes in Base64 (RFC 4648, padded).
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub malformed: Option<Cow<'a, str>>,
}

const fn version() -> u32 {
    VERSION
}

const fn claude_code() -> Agent {
    Agent::ClaudeCode
}

/// The same JSON text on one line: line breaks between tokens become spaces. Borrows where there are none.
pub fn one_line(json: &str) -> Cow<'_, str> {
    if json.bytes().any(|byte| matches!(byte, b'\n' | b'\r')) {
        Cow::Owned(json.replace(['\n', '\r'], " "))
    } else {
        Cow::Borrowed(json)
    }
}
