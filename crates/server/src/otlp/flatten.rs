//! From exported records to events: one flat JSON object each, with the id by which a repetition is known.

use std::borrow::Cow;
use std::collections::HashMap;

use hookrail_core::event::{Agent, EventId};
use hookrail_core::telemetry;
use hookrail_core::time::Timestamp;
use serde_json::{Map, Value, json};

use super::model::{Attributes, Detail, Group, Record};
use crate::ingest::Digest;

/// Longest name of an agent.
const AGENT_NAME: usize = 64;

/// A record ready to be taken in.
#[derive(Debug)]
pub(super) struct Flat {
    pub(super) id: EventId,
    pub(super) agent: Agent,
    pub(super) name: String,
    pub(super) at: Option<Timestamp>,
    pub(super) fields: Map<String, Value>,
}

/// Flattens groups, in order. Codex tells every event twice, in two scopes of which each may leave things out: the two
/// become one.
pub(super) fn flatten(groups: Vec<Group>) -> Vec<Flat> {
    let mut flat: Vec<Flat> = Vec::new();
    let mut twins = Twins::default();
    for Group { resource, scope, records } in groups {
        let agent = agent(&resource);
        let resource: Map<String, Value> = resource.into_iter().collect();
        for record in records {
            let twin = (agent == Agent::Codex && matches!(record.detail, Detail::Log { .. }))
                .then(|| twins.place(&scope, &record, flat.len()));
            let mut item = one(&agent, &resource, &scope, record);
            match twin {
                Some((place, first)) if place < flat.len() => {
                    flat[place].id = first;
                    complete(&mut flat[place].fields, item.fields);
                }
                Some((_, id)) => {
                    item.id = id;
                    flat.push(item);
                }
                None => flat.push(item),
            }
        }
    }
    flat
}

/// The agent a resource belongs to, by its service's name.
fn agent(resource: &Attributes) -> Agent {
    let service = resource.iter().find(|(key, _)| key == "service.name").and_then(|(_, value)| value.as_str());
    let service = service.unwrap_or("unknown").to_ascii_lowercase();
    match service.as_str() {
        "claude-code" | "claude-code-desktop" => Agent::ClaudeCode,
        "codex" => Agent::Codex,
        "gemini-cli" => Agent::Gemini,
        name if name.starts_with("codex_") || name.starts_with("codex-") => Agent::Codex,
        name => {
            let fits = |char: char| if char.is_ascii_alphanumeric() { char } else { '-' };
            let name: String = name.chars().take(AGENT_NAME).map(fits).collect();
            let name = name.trim_matches('-');
            Agent::from(if name.is_empty() { "unknown" } else { name })
        }
    }
}

/// Adds what is missing.
fn complete(fields: &mut Map<String, Value>, more: Map<String, Value>) {
    for (key, value) in more {
        fields.entry(key).or_insert(value);
    }
}

/// Codex's pairs: the n-th record of a name and time in one scope is the n-th of the other.
#[derive(Default)]
struct Twins {
    /// How many of a name and time were seen in a scope.
    seen: HashMap<(EventId, String), u32>,
    /// Where the n-th of a name and time is.
    places: HashMap<EventId, usize>,
}

impl Twins {
    /// Where this record's twin is (or this record will be), and the id of both.
    fn place(&mut self, scope: &str, record: &Record, next: usize) -> (usize, EventId) {
        let text = |key: &str| {
            let found = record.attributes.iter().find(|(known, _)| known == key).map(|(_, value)| value);
            found.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).unwrap_or_default()
        };
        let mut key = Digest::new("codex telemetry");
        for name in ["event.name", "conversation.id", "event.timestamp", "event.kind", "call_id", "startup.phase"] {
            key.add(&text(name));
        }
        let key = key.id();
        let count = self.seen.entry((key, scope.to_owned())).or_insert(0);
        *count += 1;
        let mut digest = Digest::new("codex telemetry, counted");
        digest.add(&key.to_string()).add(&count.to_string());
        let id = digest.id();
        (*self.places.entry(id).or_insert(next), id)
    }
}

/// One record as a flat object. Attributes keep their names; what is ours is named by [`telemetry`].
fn one(agent: &Agent, resource: &Map<String, Value>, scope: &str, record: Record) -> Flat {
    let Record { name, time, other_time, attributes, trace_id, span_id, detail } = record;
    let mut fields: Map<String, Value> = attributes.into_iter().collect();
    let mut at = [time, other_time].into_iter().find(|nanos| *nanos != 0);
    if !name.is_empty() {
        fields.insert(telemetry::NAME.to_owned(), name.clone().into());
    }
    let signal = match detail {
        Detail::Log { body, severity } => {
            put(&mut fields, telemetry::BODY, body);
            put(&mut fields, "otel.severity", severity.map(Value::from));
            "log"
        }
        Detail::Span { parent, kind, status, events } => {
            put(&mut fields, "parent_span_id", (!parent.is_empty()).then(|| parent.into()));
            put(&mut fields, "otel.kind", (kind > 1).then(|| kind.into()));
            put(&mut fields, "otel.status", status);
            put(&mut fields, "otel.end", (other_time > 0).then(|| stamp(other_time)));
            let millis = other_time.saturating_sub(time) / 1_000_000;
            fields.insert(telemetry::DURATION.to_owned(), millis.into());
            put(&mut fields, "otel.events", (!events.is_empty()).then(|| events.into_iter().map(span_event).collect()));
            "span"
        }
        Detail::Point { unit, value, temporality, monotonic, more } => {
            if let Some(temporality) = temporality {
                if temporality == "cumulative" {
                    let series = series(resource, &name, other_time, &fields);
                    fields.insert(telemetry::SERIES.to_owned(), series.into());
                }
                fields.insert(telemetry::TEMPORALITY.to_owned(), temporality.into());
            }
            put(&mut fields, telemetry::VALUE, value);
            put(&mut fields, "otel.unit", (!unit.is_empty()).then(|| unit.into()));
            put(&mut fields, "otel.monotonic", monotonic.then(|| true.into()));
            put(&mut fields, "otel.start", (other_time > 0).then(|| stamp(other_time)));
            for (key, value) in more {
                fields.insert(format!("otel.{key}"), value);
            }
            at = (time != 0).then_some(time);
            "metric"
        }
    };
    fields.insert(telemetry::SIGNAL.to_owned(), signal.into());
    put(&mut fields, "trace_id", (!trace_id.is_empty()).then(|| trace_id.into()));
    put(&mut fields, "span_id", (!span_id.is_empty()).then(|| span_id.into()));
    put(&mut fields, "otel.scope", (!scope.is_empty()).then(|| scope.into()));
    if !resource.is_empty() {
        fields.insert("otel.resource".to_owned(), Value::Object(resource.clone()));
    }
    // The time is a part of what makes a record the one it is, and is shown as the event's.
    let mut digest = Digest::new("telemetry");
    digest.add(agent.as_str()).add(&at.unwrap_or(0).to_string());
    digest.add(&sorted(&fields).to_string());
    let name = named(&fields).into_owned();
    let at = at.or_else(|| told_at(&fields)).and_then(|nanos| i64::try_from(nanos).ok()).map(Timestamp::from_nanos);
    Flat { id: digest.id(), agent: agent.clone(), name, at, fields }
}

/// The same object with its keys in order: the order of attributes says nothing.
fn sorted(fields: &Map<String, Value>) -> Value {
    let mut pairs: Vec<_> = fields.iter().collect();
    pairs.sort_by_key(|(key, _)| key.as_str());
    Value::Object(pairs.into_iter().map(|(key, value)| (key.clone(), value.clone())).collect())
}

fn put(fields: &mut Map<String, Value>, key: &str, value: Option<Value>) {
    if let Some(value) = value {
        fields.insert(key.to_owned(), value);
    }
}

fn stamp(nanos: u64) -> Value {
    i64::try_from(nanos).map_or(Value::Null, |nanos| Timestamp::from_nanos(nanos).to_string().into())
}

/// The name an event is listed by.
fn named(fields: &Map<String, Value>) -> Cow<'_, str> {
    let text = |key: &str| fields.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    Cow::Borrowed(text("event.name").or(text(telemetry::NAME)).or(text(telemetry::BODY)).unwrap_or("log"))
}

/// The time a record tells in its attributes.
fn told_at(fields: &Map<String, Value>) -> Option<u64> {
    let time = Timestamp::parse(fields.get("event.timestamp")?.as_str()?)?;
    u64::try_from(time.as_nanos()).ok()
}

/// What tells a cumulative counter from all others: who counts, what, by which attributes, since when.
fn series(resource: &Map<String, Value>, name: &str, start: u64, attributes: &Map<String, Value>) -> String {
    let mut digest = Digest::new("series");
    digest.add(name).add(&start.to_string());
    digest.add(&sorted(resource).to_string()).add(&sorted(attributes).to_string());
    digest.id().to_string()
}

fn span_event((name, time, attributes): (String, u64, Attributes)) -> Value {
    json!({"name": name, "at": stamp(time), "attributes": attributes.into_iter().collect::<Map<_, _>>()})
}

/// A span's status where it says something.
pub(super) fn status(code: i64, message: &str) -> Option<Value> {
    let code = match code {
        1 => "ok",
        2 => "error",
        _ if message.is_empty() => return None,
        _ => "unset",
    };
    Some(json!({"code": code, "message": message}))
}
