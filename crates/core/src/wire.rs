//! One line of the spool, and of a batch to `POST /v1/events`: the same record, written once by the hook.
//!
//! A record is the agent's payload verbatim plus what only the hook can know: an id, the time, the verdict.
//! Everything else (kind, actor, tool, …) is derived from the payload by [`crate::agents::parse`] wherever it is
//! needed, so an adapter that learns something new also understands what was recorded before.
//!
//! A record is one line of JSON. JSON text holds line breaks only between tokens, never inside a string, so
//! [`one_line`] makes any valid payload fit by turning them into spaces and changes no value. What is too large is made
//! to fit by cutting long strings ([`fit`]): the one way in which a payload may differ from what the agent sent.
//!
//! What is no JSON object travels as Base64 of its bytes. Depth of nesting is no reason for that: payloads are scanned
//! without recursion. (Whoever builds a tree of a payload must mind the depth themselves.)

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::agents::{self, Parsed, Payload};
use crate::base64;
use crate::context::{Context, Source};
use crate::event::{Agent, EventId, SessionId};
use crate::json;
use crate::policy::Verdict;
use crate::redact::Redaction;
use crate::time::Timestamp;
use crate::{capture, emitted, telemetry, transcript};

mod fit;

pub use fit::fit;

/// The largest line of a record, in bytes, with its line break. Readers refuse what is longer.
pub const MAX_RECORD_BYTES: usize = 4 << 20;

/// The largest payload a record is made with, in bytes: a record's other fields fit in what is left of its line.
pub const MAX_PAYLOAD_BYTES: usize = MAX_RECORD_BYTES - (64 << 10);

/// The largest body of `POST /v1/events` as sent, in bytes.
pub const MAX_BATCH_BYTES: usize = 8 << 20;

/// The largest body of `POST /v1/events` after decompression, in bytes.
pub const MAX_BATCH_DECODED_BYTES: usize = 64 << 20;

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
    /// How the event came to be known; says in whose words the payload is.
    #[serde(default, skip_serializing_if = "Source::is_hook")]
    pub source: Source,
    /// The agent whose payload this is.
    #[serde(default = "claude_code")]
    pub agent: Agent,
    /// When it happened by the device's clock; when it arrived, where missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Timestamp>,
    /// The agent's own event name, for payloads that do not carry it.
    #[serde(borrow, default, deserialize_with = "json::borrowed_option", skip_serializing_if = "Option::is_none")]
    pub name: Option<Cow<'a, str>>,
    /// The session, for payloads that do not carry it.
    #[serde(borrow, default, deserialize_with = "json::borrowed_option", skip_serializing_if = "Option::is_none")]
    pub session_id: Option<Cow<'a, str>>,
    /// What the guard said; absent for no opinion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// The person, where the device knows.
    #[serde(borrow, default, deserialize_with = "json::borrowed_option", skip_serializing_if = "Option::is_none")]
    pub user: Option<Cow<'a, str>>,
    /// The machine.
    #[serde(borrow, default, deserialize_with = "json::borrowed_option", skip_serializing_if = "Option::is_none")]
    pub device: Option<Cow<'a, str>>,
    /// The ancestors' label for the project or host.
    #[serde(borrow, default, deserialize_with = "json::borrowed_option", skip_serializing_if = "Option::is_none")]
    pub source_app: Option<Cow<'a, str>>,
    /// What the device says about the place; on some events of a session, its first among them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Box<Context>>,
    /// What was taken out of the payload before it left the device, and where.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redactions: Vec<Redaction>,
    /// The agent's JSON, on one line.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<&'a RawValue>,
    /// What the agent sent instead of JSON: its bytes in Base64 (RFC 4648, padded).
    #[serde(borrow, default, deserialize_with = "json::borrowed_option", skip_serializing_if = "Option::is_none")]
    pub malformed: Option<Cow<'a, str>>,
}

/// What an agent sent, made to travel: on one line and no larger than [`MAX_PAYLOAD_BYTES`].
///
/// Judge what was received, record this: a rule must see what the agent sees, whatever its size.
#[derive(Clone, Debug)]
pub enum Content<'a> {
    /// One JSON object.
    Json(Cow<'a, RawValue>),
    /// The bytes of something else, in Base64.
    Malformed(String),
}

impl<'a> Content<'a> {
    /// The travelling form of a payload. Borrows one that is small and on one line, as agents send them.
    pub fn of(payload: &'a Payload<'_>) -> Self {
        match payload {
            Payload::Json(raw) => Self::Json(travelling(raw)),
            Payload::Malformed(bytes) => Self::Malformed(fit::bytes(bytes)),
        }
    }
}

fn travelling(raw: &RawValue) -> Cow<'_, RawValue> {
    let changed = match fit(raw.get(), MAX_PAYLOAD_BYTES) {
        Cow::Owned(text) => one_line(&text).into_owned(),
        Cow::Borrowed(text) => match one_line(text) {
            Cow::Owned(text) => text,
            Cow::Borrowed(_) => return Cow::Borrowed(raw),
        },
    };
    // Both changes keep JSON what it is; were that ever wrong, the payload as it came is better than none.
    RawValue::from_string(changed).map_or(Cow::Borrowed(raw), Cow::Owned)
}

impl<'a> Record<'a> {
    /// The record of what an agent sent, with nothing else known about it.
    pub fn new(agent: Agent, content: &'a Content<'_>) -> Self {
        let (payload, malformed) = match content {
            Content::Json(raw) => (Some(raw.as_ref()), None),
            Content::Malformed(text) => (None, Some(Cow::Borrowed(text.as_str()))),
        };
        Self {
            v: VERSION,
            id: None,
            source: Source::Hook,
            agent,
            occurred_at: None,
            name: None,
            session_id: None,
            verdict: None,
            user: None,
            device: None,
            source_app: None,
            context: None,
            redactions: Vec::new(),
            payload,
            malformed,
        }
    }

    /// What the payload says; the record's own name and session stand in where the payload has none.
    pub fn parsed(&self) -> Parsed {
        let payload = self.payload.map_or("", RawValue::get);
        let mut parsed = parse(self.source, &self.agent, self.name.as_deref(), payload);
        if parsed.session_id.is_none() {
            parsed.session_id = self.session_id.as_deref().map(SessionId::from);
        }
        parsed
    }

    /// What is stored as the event's payload: the agent's JSON, or `{"malformed":"<Base64>"}`; `{}` where there is neither.
    pub fn stored_payload(&self) -> Box<RawValue> {
        match (self.payload, &self.malformed) {
            (Some(payload), _) => payload.to_owned(),
            (None, Some(text)) => serde_json::value::to_raw_value(&Malformed { malformed: text }).unwrap_or_default(),
            (None, None) => serde_json::value::to_raw_value(&Nothing {}).unwrap_or_default(),
        }
    }

    /// The bytes that were no JSON; `None` where there are none, or where their Base64 is damaged.
    pub fn malformed_bytes(&self) -> Option<Vec<u8>> {
        base64::decode(self.malformed.as_deref()?)
    }
}

#[derive(Serialize)]
struct Malformed<'a> {
    malformed: &'a str,
}

#[derive(Serialize)]
struct Nothing {}

const fn version() -> u32 {
    VERSION
}

const fn claude_code() -> Agent {
    Agent::ClaudeCode
}

/// What a payload says, read in the words of its source. `name` stands in where the payload does not carry the event's name.
///
/// What was not captured says nothing: its mark is no prompt and no title.
pub fn parse(source: Source, agent: &Agent, name: Option<&str>, payload: &str) -> Parsed {
    let mut parsed = match source {
        Source::Hook => agents::parse_named(agent, name, payload),
        Source::Emitted => emitted::parse(name, payload),
        Source::Telemetry => telemetry::parse(agent, name, payload),
        Source::Transcript => transcript::parse(agent, name, payload),
    };
    for text in [&mut parsed.prompt, &mut parsed.title] {
        text.take_if(|text| capture::is_mark(text));
    }
    parsed
}

/// The same JSON text on one line: line breaks between tokens become spaces. Borrows where there are none.
pub fn one_line(json: &str) -> Cow<'_, str> {
    if json.bytes().any(|byte| matches!(byte, b'\n' | b'\r')) {
        Cow::Owned(json.replace(['\n', '\r'], " "))
    } else {
        Cow::Borrowed(json)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::event::Kind;

    #[test]
    fn only_a_payload_is_needed_and_unknown_fields_are_no_matter() {
        let line = r#"{"payload":{"hook_event_name":"Stop"},"v":9,"new":[{}]}"#;
        let record: Record<'_> = serde_json::from_str(line).unwrap();
        assert_eq!((record.v, &record.agent, record.id), (9, &Agent::ClaudeCode, None));
        assert_eq!(record.parsed().kind, Kind::TurnEnded);
        assert_eq!(record.stored_payload().get(), r#"{"hook_event_name":"Stop"}"#);
    }

    #[test]
    fn what_a_payload_lacks_the_record_tells() {
        let line = r#"{"agent":"copilot","name":"notification","session_id":"s","user":"u","payload":{}}"#;
        let record: Record<'_> = serde_json::from_str(line).unwrap();
        let parsed = record.parsed();
        assert_eq!((parsed.name.as_str(), parsed.kind), ("notification", Kind::Notification));
        assert_eq!(parsed.session_id, Some(SessionId::from("s")));
        assert!(matches!((record.name, record.user), (Some(Cow::Borrowed(_)), Some(Cow::Borrowed("u")))));
    }

    #[test]
    fn bytes_that_were_no_json_are_an_event_too() {
        let line = format!("{{\"agent\":\"codex\",\"malformed\":\"{}\"}}", base64::encode(b"\xffoops\n"));
        let record: Record<'_> = serde_json::from_str(&line).unwrap();
        assert_eq!(record.parsed(), Parsed::malformed());
        assert_eq!(record.malformed_bytes().unwrap(), b"\xffoops\n");
        assert_eq!(record.stored_payload().get(), "{\"malformed\":\"/29vcHMK\"}");
        let damaged: Record<'_> = serde_json::from_str("{\"malformed\":\"%\"}").unwrap();
        assert_eq!((damaged.malformed_bytes(), damaged.parsed()), (None, Parsed::malformed()));
    }

    #[test]
    fn a_payload_of_many_lines_becomes_one() {
        assert_eq!(one_line("{\r\n \"a\":\n1}"), "{   \"a\": 1}");
        assert!(matches!(one_line("{\"a\":\"\\n\"}"), Cow::Borrowed(_)));
    }
}
