//! The doors of two older systems, so that what was built for them goes on working: `POST /events` and `POST /ingest`.
//!
//! **`/events`** takes the two shapes its senders use. *Nested*: `{source_app, session_id, hook_event_type, payload, chat?,
//! summary?, timestamp}`, where `payload` is what the agent gave its hook: that is what is stored, with every other
//! member of the envelope added to it unless it has one of that name. *Flat*: one object with `source_app`, `event_type`,
//! `timestamp` among the agent's own fields, stored as it came. Both are events of Claude Code, whose hooks sent them.
//!
//! **`/ingest`** takes the schema 1.0 envelope (`schema_version, event_id, ts, session_id, run_id, worker, event_type,
//! level, hash, data` and whatever else), stored as it came as an event of the agent [`SOURCE`]; `GET /query` reads
//! them. It answers as it always did: 201 for a new event, 202 for a duplicate.
//!
//! Their senders stamp every attempt anew, so a hash over the clock never recognised an event sent twice. Here an
//! event's id is a digest of its members without those that hold a clock or an id of the attempt
//! ([`hookrail_core::envelope`]); the sender's own `hash` is kept and not trusted.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use hookrail_core::base64;
use hookrail_core::envelope::{self, moment};
use hookrail_core::event::{Agent, EventId};
use hookrail_core::wire;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::{Digest, Identity, Payload, Raw, prepare, store_one};
use crate::admit::{self, Encoding};
use crate::app::{App, now};
use crate::error::Problem;
use crate::metrics::{Reason, Refusal};
use crate::tenants::Caller;
use crate::writer::Fate;

/// The agent's name under which the envelopes of `/ingest` are stored.
pub(crate) const SOURCE: &str = envelope::AGENT;

/// The collections of `/ingest` and `/query`.
pub(crate) const COLLECTIONS: [&str; 4] = ["events", "artifacts", "embeddings", "agent_state"];

/// What a sender is told about its event.
#[derive(Debug, Serialize)]
pub(crate) struct Receipt {
    status: &'static str,
    /// The event's id in the store.
    id: EventId,
    /// The sender's own id of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<String>,
}

/// `POST /events`.
pub(crate) async fn events(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Receipt>, Problem> {
    let (room, text) = text(&app, &headers, body).await?;
    let event = {
        let members = members(&app, &text)?;
        prepare(observed(&members, &text), now(), &app.config, &app.metrics)
    };
    let id = event.id;
    let status = match store_one(&app, &caller, event, room).await? {
        Fate::Duplicate => "duplicate",
        _ => "stored",
    };
    Ok(Json(Receipt { status, id, event_id: None }))
}

/// `POST /ingest`.
pub(crate) async fn ingest(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Receipt>), Problem> {
    let (room, text) = text(&app, &headers, body).await?;
    let (event, event_id) = {
        let members = members(&app, &text)?;
        envelope_is_known(&members).inspect_err(|_| reject(&app))?;
        (
            prepare(enveloped(&members, &text), now(), &app.config, &app.metrics),
            members.text("event_id").map(Cow::into_owned),
        )
    };
    let id = event.id;
    let (code, status) = match store_one(&app, &caller, event, room).await? {
        Fate::Duplicate => (StatusCode::ACCEPTED, "duplicate"),
        _ => (StatusCode::CREATED, "success"),
    };
    Ok((code, Json(Receipt { status, id, event_id })))
}

/// The body as text. It may be compressed.
async fn text(app: &App, headers: &HeaderMap, body: Body) -> Result<(admit::Room, String), Problem> {
    let cap = app.config.limits.record_bytes;
    let (mut room, body) = admit::receive(app, headers, body, cap).await?;
    let bytes = admit::decompress(Encoding::of(headers)?, body, cap, &mut room).map_err(|(refusal, problem)| {
        app.metrics.refuse(refusal);
        problem
    })?;
    match String::from_utf8(bytes.whole().into()) {
        Ok(text) => Ok((room, text)),
        Err(_) => {
            app.metrics.refuse(Refusal::Broken);
            Err(Problem::bad_request("The body is not text in UTF-8.", "Send one JSON object."))
        }
    }
}

fn members<'a>(app: &App, text: &'a str) -> Result<Members<'a>, Problem> {
    serde_json::from_str(text).map_err(|error| {
        reject(app);
        Problem::bad_request(format!("The body is not a JSON object: {error}."), "Send one event as a JSON object.")
    })
}

fn reject(app: &App) {
    app.metrics.events_in.add(1);
    app.metrics.reject(Reason::NotARecord, 1);
}

fn envelope_is_known(members: &Members<'_>) -> Result<(), Problem> {
    if let Some(version) = members.scalar("schema_version").filter(|version| !matches!(version.as_ref(), "1.0" | "")) {
        let shown: String = version.chars().take(40).collect();
        let message = format!("Unsupported schema version: {shown}.");
        let hint = "This server reads schema_version \"1.0\".";
        return Err(Problem::new(StatusCode::BAD_REQUEST, "unsupported_schema", message, hint));
    }
    if members.text("event_type").is_none_or(|name| name.is_empty()) {
        return Err(Problem::bad_request("The envelope has no event_type.", "Name the event in event_type."));
    }
    match members.text("collection") {
        Some(name) if !COLLECTIONS.contains(&name.as_ref()) => Err(unknown_collection()),
        _ => Ok(()),
    }
}

pub(crate) fn unknown_collection() -> Problem {
    let hint = format!("The collections are {}.", COLLECTIONS.join(", "));
    Problem::new(StatusCode::BAD_REQUEST, "unknown_collection", "There is no such collection.", hint)
}

/// An event of `/events`, of either shape.
fn observed<'a>(members: &Members<'a>, text: &'a str) -> Raw<'a> {
    let payload = match members.get("payload") {
        Some(inner) if members.has("hook_event_type") => Cow::Owned(nested(members, inner)),
        _ => Cow::Borrowed(text),
    };
    Raw {
        name: members.text("hook_event_type").or_else(|| members.text("event_type")),
        occurred_at: members.get("timestamp").and_then(moment),
        source_app: members.text("source_app"),
        ..Raw::common(Agent::ClaudeCode, members, payload)
    }
}

/// The agent's payload with the other members of the envelope around it added.
fn nested(members: &Members<'_>, inner: &RawValue) -> String {
    let own: Option<Members<'_>> = serde_json::from_str(inner.get()).ok();
    let mut out = String::with_capacity(inner.get().len() + 256);
    out.push('{');
    let mut add = |name: &str, value: &str| {
        if out.len() > 1 {
            out.push(',');
        }
        out.push_str(&serde_json::Value::from(name).to_string());
        out.push(':');
        out.push_str(&wire::one_line(value));
    };
    for (name, value) in own.iter().flat_map(|own| &own.0) {
        add(name, value.get());
    }
    let has = |name: &str| own.as_ref().is_some_and(|own| own.has(name));
    for (name, value) in &members.0 {
        let name = match name.as_ref() {
            "hook_event_type" => "hook_event_name",
            "payload" if own.is_some() => continue,
            "source_app" | "timestamp" => continue,
            other => other,
        };
        if !has(name) {
            add(name, value.get());
        }
    }
    out.push('}');
    out
}

/// An event of `/ingest`.
fn enveloped<'a>(members: &Members<'a>, text: &'a str) -> Raw<'a> {
    Raw {
        name: members.text("event_type"),
        occurred_at: members.get("ts").and_then(moment),
        source_app: members.text("worker").or_else(|| members.text("worker_id")),
        ..Raw::common(Agent::from(SOURCE), members, Cow::Borrowed(text))
    }
}

impl<'a> Raw<'a> {
    fn common(agent: Agent, members: &Members<'a>, payload: Cow<'a, str>) -> Self {
        let session_id = members.text("session_id").filter(|session| !session.is_empty());
        let content = members.digest(agent.as_str());
        Self { id: Identity::Derived(Some(content)), session_id, ..Self::new(agent, json(payload)) }
    }
}

/// The payload of a text that was read as JSON before.
fn json(text: Cow<'_, str>) -> Payload<'_> {
    let text = match wire::one_line(&text) {
        Cow::Owned(line) => line,
        Cow::Borrowed(_) => text.into_owned(),
    };
    match RawValue::from_string(text) {
        Ok(raw) => Payload::Json(Cow::Owned(raw)),
        Err(error) => Payload::Malformed(base64::encode(error.to_string().as_bytes()).into()),
    }
}

/// The members of a JSON object in their order.
#[derive(Debug)]
pub(crate) struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Members<'a> {
    fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| *value).filter(|value| value.get() != "null")
    }

    fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// A member that is a text.
    pub(crate) fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        serde_json::from_str::<Text<'a>>(self.get(name)?.get()).ok().map(|text| text.0)
    }

    /// A member that is a text, a number or a truth value, as text. `a.b` is the member `b` of the member `a`.
    pub(crate) fn scalar(&self, path: &str) -> Option<Cow<'a, str>> {
        let Some(value) = self.get(path) else {
            let (first, rest) = path.split_once('.')?;
            return serde_json::from_str::<Members<'a>>(self.get(first)?.get()).ok()?.scalar(rest);
        };
        match value.get().as_bytes().first()? {
            b'"' => self.text(path),
            b'{' | b'[' => None,
            _ => Some(Cow::Borrowed(value.get())),
        }
    }

    /// A digest of what does not change between two attempts, whatever the order and the white space.
    fn digest(&self, kind: &str) -> EventId {
        let members = self.0.iter().map(|(name, value)| (name.as_ref(), *value));
        Digest::of(&envelope::lasting(kind, members)).id()
    }
}

#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((Text(name), value)) = map.next_entry::<Text<'de>, &'de RawValue>()? {
                    members.push((name, value));
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use hookrail_core::time::Timestamp;

    use super::*;

    fn members(text: &str) -> Members<'_> {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn the_nested_shape_keeps_every_member_once() {
        let text = r#"{"source_app":"shop","session_id":"s1","hook_event_type":"PreToolUse","timestamp":1,
            "payload":{"session_id":"s1","tool_name":"Bash","summary":"inner"},"chat":[{"a":1}],"summary":"outer","model_name":"m"}"#;
        let raw = observed(&members(text), text);
        let Payload::Json(payload) = &raw.payload else { unreachable!("it is JSON") };
        assert_eq!(
            payload.get(),
            r#"{"session_id":"s1","tool_name":"Bash","summary":"inner","hook_event_name":"PreToolUse","chat":[{"a":1}],"model_name":"m"}"#
        );
        assert_eq!(raw.source_app.as_deref(), Some("shop"));
        assert_eq!(raw.occurred_at, Some(Timestamp::from_nanos(1_000_000_000)));
    }

    #[test]
    fn the_digest_knows_no_clock_no_order_and_no_white_space() {
        let one = members(r#"{"ts":"1","event_id":"a","hash":"x","event_type":"t","data":{"b":1,"a":[1,2]}}"#);
        let same = members(r#"{"data":{"a":[1, 2],"b":1},"event_type":"t","ts":"2","event_id":"b"}"#);
        let other = members(r#"{"data":{"a":[2,1],"b":1},"event_type":"t","ts":"1","event_id":"a","hash":"x"}"#);
        assert_eq!(one.digest("k"), same.digest("k"));
        assert_ne!(one.digest("k"), other.digest("k"));
    }

    #[test]
    fn scalars_are_found_at_any_depth() {
        let members = members(r#"{"a":{"b":{"c":7}},"d":true,"e":"x\ny","f":[1],"g.h":"dotted"}"#);
        for (path, value) in [
            ("a.b.c", Some("7")),
            ("d", Some("true")),
            ("e", Some("x\ny")),
            ("f", None),
            ("a.b", None),
            ("g.h", Some("dotted")),
        ] {
            assert_eq!(members.scalar(path).as_deref(), value, "{path}");
        }
    }
}
