//! From what came through a door to an event of the store: `Raw → Redacted → Event`, one type per state.
//!
//! Redaction comes first and everything else is read from what it left, so that nothing derived (a title, a working
//! directory, an id) can hold a secret the payload no longer holds.

pub(crate) mod ancestors;
pub(crate) mod batch;
pub(crate) mod hooks;
pub(crate) mod query;

use std::borrow::Cow;

use hookrail_core::agents::Parsed;
use hookrail_core::context::{Context, Source};
use hookrail_core::event::{Agent, Event, EventId, SessionId};
use hookrail_core::policy::Verdict;
use hookrail_core::privacy::{Kept, Privacy};
use hookrail_core::redact::Redaction;
use hookrail_core::time::Timestamp;
use hookrail_core::wire;
use serde_json::value::RawValue;
use tokio::sync::oneshot;

use crate::admit::Room;
use crate::app::App;
use crate::config::Config;
use crate::error::Problem;
use crate::metrics::{Metrics, Reason};
use crate::tenants::Caller;
use crate::writer::{Answer, Fate, WriteError};

/// An event as it came: the agent's payload and what its sender says about it.
#[derive(Debug)]
pub(crate) struct Raw<'a> {
    pub(crate) id: Identity,
    pub(crate) agent: Agent,
    pub(crate) occurred_at: Option<Timestamp>,
    /// The event's name and session, for payloads that do not carry them.
    pub(crate) name: Option<Cow<'a, str>>,
    pub(crate) session_id: Option<Cow<'a, str>>,
    pub(crate) verdict: Option<Verdict>,
    pub(crate) user: Option<Cow<'a, str>>,
    pub(crate) device: Option<Cow<'a, str>>,
    pub(crate) source_app: Option<Cow<'a, str>>,
    pub(crate) source: Source,
    pub(crate) context: Option<Box<Context>>,
    /// What its sender took out of the payload.
    pub(crate) redactions: Vec<Redaction>,
    pub(crate) payload: Payload<'a>,
}

/// Where an event's id comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Identity {
    /// Its sender gave one.
    Given(EventId),
    /// From `(agent, session, name, tool call)` where the payload names a tool call, else from its content: by this
    /// digest of it where the content holds a clock, which must not count.
    Derived(Option<EventId>),
}

/// What the agent sent.
#[derive(Clone, Debug)]
pub(crate) enum Payload<'a> {
    /// One JSON value on one line.
    Json(Cow<'a, RawValue>),
    /// Anything else, in Base64.
    Malformed(Cow<'a, str>),
}

impl<'a> Raw<'a> {
    /// A payload of which nothing is known but its agent.
    pub(crate) fn new(agent: Agent, payload: Payload<'a>) -> Self {
        Self {
            id: Identity::Derived(None),
            agent,
            occurred_at: None,
            name: None,
            session_id: None,
            verdict: None,
            user: None,
            device: None,
            source_app: None,
            source: Source::Hook,
            context: None,
            redactions: Vec::new(),
            payload,
        }
    }

    /// Reads one line of a batch.
    pub(crate) fn from_record(record: wire::Record<'a>) -> Result<Self, Reason> {
        let payload = match (record.payload, record.malformed) {
            (Some(payload), _) => Payload::Json(Cow::Borrowed(payload)),
            (None, Some(malformed)) => Payload::Malformed(malformed),
            (None, None) => return Err(Reason::NoPayload),
        };
        Ok(Self {
            id: record.id.map_or(Identity::Derived(None), Identity::Given),
            occurred_at: record.occurred_at,
            name: record.name,
            session_id: record.session_id,
            verdict: record.verdict,
            user: record.user,
            device: record.device,
            source_app: record.source_app,
            source: record.source,
            context: record.context,
            redactions: record.redactions,
            ..Self::new(record.agent, payload)
        })
    }

    /// Takes secrets out of the payload.
    pub(crate) fn redact(self, privacy: &Privacy, metrics: &Metrics) -> Redacted<'a> {
        let kept = match &self.payload {
            Payload::Json(raw) => privacy.payload(raw, &self.redactions),
            Payload::Malformed(encoded) => privacy.malformed(encoded, &self.redactions),
        };
        metrics.redactions.add(kept.replaced as u64);
        Redacted { raw: self, kept }
    }
}

/// An event whose payload holds no secret any more.
#[derive(Debug)]
pub(crate) struct Redacted<'a> {
    raw: Raw<'a>,
    kept: Kept,
}

impl Redacted<'_> {
    /// Reads what the payload says and whose it is.
    pub(crate) fn attribute(self, received_at: Timestamp) -> Event {
        let Redacted { raw, kept: Kept { payload, redactions, .. } } = self;
        let parsed = Box::new(read(&raw, payload.get()));
        let id = match raw.id {
            Identity::Given(id) => id,
            Identity::Derived(content) => tool_call_id(&raw.agent, &parsed)
                .or(content)
                .unwrap_or_else(|| content_id(&raw.agent, &parsed, raw.source_app.as_deref(), payload.get())),
        };
        Event {
            id,
            occurred_at: raw.occurred_at.unwrap_or(received_at),
            received_at,
            agent: raw.agent,
            parsed,
            verdict: raw.verdict,
            user: raw.user.map(Cow::into_owned),
            device: raw.device.map(Cow::into_owned),
            source_app: raw.source_app.map(Cow::into_owned),
            context: raw.context,
            redactions,
            payload,
        }
    }
}

/// What the payload says, completed by what its sender says about it.
fn read(raw: &Raw<'_>, payload: &str) -> Parsed {
    let mut parsed = match raw.payload {
        Payload::Json(_) => wire::parse(raw.source, &raw.agent, raw.name.as_deref(), payload),
        Payload::Malformed(_) => Parsed::malformed(),
    };
    if let (None, Some(session)) = (&parsed.session_id, &raw.session_id) {
        parsed.session_id = Some(SessionId(session.clone().into_owned()));
    }
    parsed
}

/// The natural key of an event of a tool call.
fn tool_call_id(agent: &Agent, parsed: &Parsed) -> Option<EventId> {
    let (session, call) = (parsed.session_id.as_ref()?, parsed.tool_use_id.as_ref()?);
    let mut key = Digest::new("tool call");
    key.add(agent.as_str()).add(session.as_str()).add(&parsed.name).add(call.as_str());
    Some(key.id())
}

/// The key of any other event: its content. Agents put no clock into their payloads.
fn content_id(agent: &Agent, parsed: &Parsed, source_app: Option<&str>, payload: &str) -> EventId {
    let session = parsed.session_id.as_ref().map_or("", |session| session.as_str());
    let mut key = Digest::new("content");
    key.add(agent.as_str()).add(source_app.unwrap_or_default()).add(session).add(&parsed.name).add(payload);
    key.id()
}

/// A digest over parts, each with its length, so that no two lists of parts run into one another.
pub(crate) struct Digest(blake3::Hasher);

impl Digest {
    /// An empty digest of keys of this kind.
    pub(crate) fn new(kind: &str) -> Self {
        let mut digest = Self(blake3::Hasher::new());
        digest.add(kind);
        digest
    }

    /// A digest of bytes that were put together elsewhere.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut digest = Self(blake3::Hasher::new());
        digest.0.update(bytes);
        digest
    }

    pub(crate) fn add(&mut self, part: &str) -> &mut Self {
        self.0.update(&(part.len() as u64).to_le_bytes());
        self.0.update(part.as_bytes());
        self
    }

    pub(crate) fn id(&self) -> EventId {
        let mut first = [0; 16];
        first.copy_from_slice(&self.0.finalize().as_bytes()[..16]);
        EventId::from_digest(first)
    }
}

/// One event through the whole pipeline but the store.
pub(crate) fn prepare(raw: Raw<'_>, received_at: Timestamp, config: &Config, metrics: &Metrics) -> Event {
    let mut event = raw.redact(&config.privacy, metrics).attribute(received_at);
    if let Some(used) = &mut event.parsed.model_use {
        used.priced = config.prices.cost(used, event.occurred_at);
    }
    event
}

/// Waits for the writer's answer; what was not stored is a problem worth another try.
pub(crate) async fn committed(answer: oneshot::Receiver<Answer>) -> Result<Vec<Fate>, Problem> {
    Ok(answer.await.unwrap_or(Err(WriteError::Stopped))?)
}

/// Stores one event of somebody with a key and tells what became of it.
pub(crate) async fn store_one(app: &App, caller: &Caller, mut event: Event, room: Room) -> Result<Fate, Problem> {
    app.attribution.attribute(app, caller, std::slice::from_mut(&mut event)).await;
    match committed(caller.tenant.submit(vec![event], room)).await?.first() {
        Some(Fate::Refused) | None => Err(unstorable(Reason::Invalid)),
        Some(fate) => Ok(*fate),
    }
}

fn unstorable(reason: Reason) -> Problem {
    Problem::new(
        axum::http::StatusCode::UNPROCESSABLE_ENTITY,
        reason.as_str(),
        "The event cannot be stored as it is.",
        "The server's log tells why.",
    )
}

impl From<WriteError> for Problem {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Busy(message) => Self::unavailable(message.to_string(), "Send it again in a moment.", 1),
            WriteError::Full(message) => Self::unavailable(message.to_string(), "Free some space on its disk.", 30),
            WriteError::Broken(message) => Self::unavailable(message.to_string(), "See the server's log.", 10),
            WriteError::Stopped => Self::unavailable("The server is stopping.", "Send it again in a moment.", 2),
        }
    }
}
