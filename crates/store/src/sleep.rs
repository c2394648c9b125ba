//! Sleep and waking: two events of the record that no agent tells.
//!
//! An idle session from which nothing was heard for a while is put to sleep by the server: an event that sums up what
//! was done until then. The next thing its agent does wakes it: another event, stored together with what woke it.

use hookrail_core::context::Source;
use hookrail_core::event::{Event, EventId};
use hookrail_core::time::Timestamp;
use hookrail_core::wire;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::model::Session;

/// The names of the two events.
const SLEPT: &str = "session-slept";
const WOKE: &str = "session-woke";

/// What a session came to until it fell asleep.
#[derive(Serialize)]
struct Slept<'a> {
    event: &'static str,
    session_id: &'a str,
    /// Since when nothing was heard.
    idle_since: Timestamp,
    /// From its first event to its last, in milliseconds.
    active_ms: i64,
    title: Option<&'a str>,
    repository: Option<&'a str>,
    branch: Option<&'a str>,
    model: Option<&'a str>,
    events: u64,
    prompts: u64,
    tool_calls: u64,
    tool_errors: u64,
    subagents: u64,
    #[serde(flatten)]
    used: &'a crate::model::Used,
}

/// How long nothing was heard of a session.
#[derive(Serialize)]
struct Woke<'a> {
    event: &'static str,
    session_id: &'a str,
    idle_since: Timestamp,
    duration_ms: i64,
    /// The event that woke it, by the agent's name.
    by: &'a str,
}

/// The event that puts a session to sleep at the time `at`; `None` where it cannot be written.
///
/// Its id comes from the session and the time it was last heard of, so that two servers that see the same silence tell
/// of it once.
pub fn slept(session: &Session, at: Timestamp, received_at: Timestamp) -> Option<Event> {
    let (first, last) = (session.started_at.as_nanos(), session.last_event_at.as_nanos());
    let told = Slept {
        event: SLEPT,
        session_id: &session.id,
        idle_since: session.last_event_at,
        active_ms: last.saturating_sub(first) / 1_000_000,
        title: session.title.as_deref(),
        repository: session.repository.as_deref(),
        branch: session.branch.as_deref(),
        model: session.model.as_deref(),
        events: session.events,
        prompts: session.prompts,
        tool_calls: session.tool_calls,
        tool_errors: session.tool_errors,
        subagents: session.subagents,
        used: &session.usage,
    };
    let payload = to_raw_value(&told).ok()?;
    let id = id(SLEPT, session.agent.as_str(), &session.id, last);
    let mut event = event(id, session.agent.clone(), at, received_at, payload);
    event.user.clone_from(&session.user);
    event.device.clone_from(&session.device);
    event.source_app.clone_from(&session.source_app);
    Some(event)
}

/// The event that a session that sleeps, and of which nothing was heard since `since`, was woken by another; `None` where it cannot be written.
pub(crate) fn woke(since: i64, by: &Event) -> Option<Event> {
    let session = by.parsed.session_id.as_ref()?.as_str();
    // A moment before, so that it is read before what woke it.
    let at = by.occurred_at.as_nanos().saturating_sub(1_000).max(since);
    let told = Woke {
        event: WOKE,
        session_id: session,
        idle_since: Timestamp::from_nanos(since),
        duration_ms: at.saturating_sub(since) / 1_000_000,
        by: &by.parsed.name,
    };
    let payload = to_raw_value(&told).ok()?;
    let id = id(WOKE, by.agent.as_str(), session, since);
    let mut event = event(id, by.agent.clone(), Timestamp::from_nanos(at), by.received_at, payload);
    event.user.clone_from(&by.user);
    event.device.clone_from(&by.device);
    event.source_app.clone_from(&by.source_app);
    Some(event)
}

fn event(
    id: EventId,
    agent: hookrail_core::event::Agent,
    occurred_at: Timestamp,
    received_at: Timestamp,
    payload: Box<RawValue>,
) -> Event {
    let parsed = Box::new(wire::parse(Source::Emitted, &agent, None, payload.get()));
    Event {
        id,
        occurred_at,
        received_at,
        agent,
        parsed,
        verdict: None,
        user: None,
        device: None,
        source_app: None,
        context: None,
        redactions: Vec::new(),
        payload,
    }
}

fn id(what: &str, agent: &str, session: &str, at: i64) -> EventId {
    let mut hasher = blake3::Hasher::new();
    for part in [what.as_bytes(), agent.as_bytes(), session.as_bytes(), &at.to_le_bytes()] {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
    }
    let mut first = [0; 16];
    first.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    EventId::from_digest(first)
}
