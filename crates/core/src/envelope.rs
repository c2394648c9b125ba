//! The envelope of schema 1.0, which older hooks write to a file and post to `/ingest`: `schema_version, event_id, ts,
//! session_id, run_id, worker, event_type, level, hash, data` and whatever else, as one JSON object.
//!
//! Their senders stamp every attempt anew, so a hash over the clock never recognised an event sent twice. Here an event is
//! what lasts of it: its members without those that hold a clock or an id of the attempt (`VOLATILE`). The server's
//! door and the importer of old logs make the same id of it, so that it does not matter which of them brings it first.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::json;
use crate::time::Timestamp;

/// The agent's name under which envelopes are stored.
pub const AGENT: &str = "ingest";

/// Members that differ between two attempts to send one event.
const VOLATILE: [&str; 4] = ["timestamp", "ts", "event_id", "hash"];

/// An envelope as far as it is understood.
#[derive(Debug)]
pub struct Envelope<'a> {
    members: Vec<(Cow<'a, str>, &'a RawValue)>,
}

/// Why a text is no envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// It is not one JSON object.
    NotAnObject,
    /// It is of another version of the schema.
    Version,
    /// It does not name its event.
    Nameless,
}

impl<'a> Envelope<'a> {
    /// The envelope in a text.
    ///
    /// # Errors
    /// Where it is none, or of another version.
    pub fn read(text: &'a str) -> Result<Self, Unknown> {
        if serde_json::from_str::<serde::de::IgnoredAny>(text).is_err() || !text.trim_start().starts_with('{') {
            return Err(Unknown::NotAnObject);
        }
        let mut members = Vec::new();
        json::each(text, |key, value| {
            members.push((json::unescape(json::inside(key).unwrap_or_default()), value));
        });
        let envelope = Self { members };
        match envelope.get("schema_version").map(RawValue::get) {
            None | Some("\"1.0\"" | "1.0" | "\"\"") => {}
            Some(_) => return Err(Unknown::Version),
        }
        envelope.name().map(drop).ok_or(Unknown::Nameless)?;
        Ok(envelope)
    }

    /// The event's name.
    pub fn name(&self) -> Option<Cow<'a, str>> {
        self.text("event_type")
    }

    /// Its session.
    pub fn session(&self) -> Option<Cow<'a, str>> {
        self.text("session_id")
    }

    /// The worker it is of: what the server keeps as its label.
    pub fn worker(&self) -> Option<Cow<'a, str>> {
        self.text("worker").or_else(|| self.text("worker_id"))
    }

    /// When it happened.
    pub fn at(&self) -> Option<Timestamp> {
        moment(self.get("ts")?)
    }

    /// What its id is a digest of.
    pub fn lasting(&self) -> Vec<u8> {
        lasting(AGENT, self.members.iter().map(|(name, value)| (name.as_ref(), *value)))
    }

    fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.members.iter().find(|(key, _)| key == name).map(|(_, value)| *value).filter(|value| value.get() != "null")
    }

    fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        json::text(Some(self.get(name)?))
    }
}

/// What does not change between two attempts to send an event of this kind, whatever the order and the white space: the
/// bytes to make a digest of, each part with its length before it.
pub fn lasting<'a>(kind: &str, members: impl Iterator<Item = (&'a str, &'a RawValue)>) -> Vec<u8> {
    let mut lasting: Vec<_> = members.filter(|(name, _)| !VOLATILE.contains(name)).collect();
    lasting.sort_by_key(|(name, _)| *name);
    let mut bytes = Vec::new();
    let mut add = |part: &str| {
        bytes.extend((part.len() as u64).to_le_bytes());
        bytes.extend(part.as_bytes());
    };
    add(kind);
    for (name, value) in lasting {
        add(name);
        add(&canonical(value));
    }
    bytes
}

/// A value without white space, the members of its objects by name.
fn canonical(value: &RawValue) -> Cow<'_, str> {
    match serde_json::from_str::<serde_json::Value>(value.get()) {
        Ok(mut value) => {
            value.sort_all_objects();
            Cow::Owned(value.to_string())
        }
        // Nested deeper than it is parsed: as it came.
        Err(_) => Cow::Borrowed(value.get()),
    }
}

/// A time as these senders write it: RFC 3339, the same without a zone (then UTC), or a number of milliseconds
/// (or, below 10^11, of seconds) since the epoch.
pub fn moment(raw: &RawValue) -> Option<Timestamp> {
    if let Ok(text) = serde_json::from_str::<Cow<'_, str>>(raw.get()) {
        return Timestamp::parse(&text).or_else(|| Timestamp::parse(&format!("{text}Z")));
    }
    let number: f64 = serde_json::from_str(raw.get()).ok()?;
    let nanos = if number.abs() < 1e11 { number * 1e9 } else { number * 1e6 };
    // Milliseconds are whole within a double's 53 bits, and so are their nanoseconds after rounding to microseconds.
    (nanos.abs() < 9.2e18).then(|| Timestamp::from_nanos((nanos / 1e3).round() as i64 * 1_000))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_lasts_knows_no_clock_no_order_and_no_white_space() {
        let lasting = |text: &str| Envelope::read(text).unwrap().lasting();
        let one = lasting(r#"{"ts":"1","event_id":"a","hash":"x","event_type":"t","data":{"b":1,"a":[1,2]}}"#);
        let same = lasting(r#" {"data":{"a":[1, 2],"b":1},"event_type":"t","ts":"2","event_id":"b"} "#);
        let other = lasting(r#"{"data":{"a":[2,1],"b":1},"event_type":"t","ts":"1","event_id":"a","hash":"x"}"#);
        assert_eq!(one, same);
        assert_ne!(one, other);
    }

    #[test]
    fn only_an_envelope_of_the_known_version_is_read() {
        for (text, expected) in [
            (r#"{"schema_version":"1.0","event_type":"progress"}"#, None),
            (r#"{"event_type":"progress","schema_version":null}"#, None),
            (r#"{"schema_version":"2.0","event_type":"progress"}"#, Some(Unknown::Version)),
            (r#"{"schema_version":"1.0"}"#, Some(Unknown::Nameless)),
            (r#"{"event_type":""}"#, Some(Unknown::Nameless)),
            (r#"{"event_type":7}"#, Some(Unknown::Nameless)),
            (r#"[{"event_type":"x"}]"#, Some(Unknown::NotAnObject)),
            (r#"{"event_type":"x""#, Some(Unknown::NotAnObject)),
            (r#"{"event_type":"x"} {}"#, Some(Unknown::NotAnObject)),
            ("", Some(Unknown::NotAnObject)),
        ] {
            assert_eq!(Envelope::read(text).err(), expected, "{text}");
        }
        let text = r#"{"event_type":"a\u0062","worker_id":"w","session_id":"s","ts":"2026-11-20T19:38:55"}"#;
        let envelope = Envelope::read(text).unwrap();
        assert_eq!((envelope.name().as_deref(), envelope.worker().as_deref()), (Some("ab"), Some("w")));
        assert_eq!(envelope.at(), Timestamp::parse("2026-11-20T19:38:55Z"));
    }

    #[test]
    fn times_are_read_in_each_form_in_use() {
        for (text, time) in [
            ("1795203535123", "2026-11-20T19:38:55.123Z"),
            ("1795203535.5", "2026-11-20T19:38:55.5Z"),
            (r#""2026-11-20T19:38:55.123456""#, "2026-11-20T19:38:55.123456Z"),
            (r#""2026-11-20T20:38:55+01:00""#, "2026-11-20T19:38:55Z"),
        ] {
            let raw: &RawValue = serde_json::from_str(text).unwrap();
            assert_eq!(moment(raw), Timestamp::parse(time), "{text}");
        }
        for text in ["\"soon\"", "null", "{}", "1e300"] {
            assert_eq!(moment(serde_json::from_str(text).unwrap()), None, "{text}");
        }
    }
}
