//! A batch of events being taken in: the rows they touch, merged in memory so that each is written once.

use std::collections::BTreeMap;
use std::collections::hash_map::Entry;

use hookrail_core::event::{Event, Kind};

use super::artifact::ArtifactRow;
use super::handler;
use super::ledger::{self, Ledger, LedgerChanges};
use super::session::SessionRow;
use super::sources::{self, PromptRow, Told};
use super::subagent::{SubagentRow, spawned_at};
use super::tool_call::{CallRow, concerns, happens_once, name_hash, outcome_told};
use super::usage::Usage;
use super::{Map, Merged, SessionKey};
use crate::StoreError;
use crate::model::Seq;
use crate::sleep;

/// Where rows that are already kept come from.
pub(crate) trait Rows: Ledger {
    /// A session and its key.
    fn session(&mut self, agent: &str, id: &str) -> Result<Option<(SessionKey, SessionRow)>, StoreError>;
    /// A key no session has.
    fn new_session(&mut self) -> Result<SessionKey, StoreError>;
    /// A tool call.
    fn call(&mut self, session: SessionKey, id: &str) -> Result<Option<CallRow>, StoreError>;
    /// A subagent.
    fn subagent(&mut self, session: SessionKey, id: &str) -> Result<Option<SubagentRow>, StoreError>;
}

/// The rows a batch touches.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    keys: Map<String, Vec<(String, SessionKey)>>,
    sessions: Map<SessionKey, Touched>,
    calls: Map<(SessionKey, String), Box<Merged<CallRow>>>,
    subagents: Map<(SessionKey, String), SubagentRow>,
    questions: Vec<Question>,
    artifacts: Vec<ArtifactRow>,
    handlers: BTreeMap<handler::Key, handler::Runs>,
    devices: Map<String, Device>,
    usage: Usage,
    told: Map<(SessionKey, i64), Told>,
    prompts: Map<(SessionKey, String), PromptRow>,
    ledger: ledger::Usage,
}

/// A session of a batch.
#[derive(Debug)]
struct Touched {
    row: SessionRow,
    /// Whether it is not kept yet.
    new: bool,
    /// Whether an event of it was stored: a batch of duplicates changes nothing.
    changed: bool,
}

/// A question for permission that does not say for which call.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) session: SessionKey,
    pub(crate) at: i64,
    pub(crate) seq: Seq,
    pub(crate) tool: String,
    pub(crate) actor: Option<String>,
}

/// What a batch says of a device.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Device {
    pub(crate) first_seen: i64,
    pub(crate) last_seen: i64,
    /// The smallest time between an event and its arrival: the clocks' difference, and at best a little more.
    pub(crate) skew_ms: i64,
    pub(crate) events: i64,
}

/// What is to be written after a batch.
#[derive(Debug)]
pub(crate) struct Changes {
    /// The rows, and whether each is new.
    pub(crate) sessions: Vec<(SessionKey, SessionRow, bool)>,
    pub(crate) calls: Vec<((SessionKey, String), CallRow)>,
    pub(crate) subagents: Vec<((SessionKey, String), SubagentRow)>,
    pub(crate) questions: Vec<Question>,
    /// All of them new: an event is taken in once.
    pub(crate) artifacts: Vec<ArtifactRow>,
    /// How handlers ran: to be added.
    pub(crate) handlers: BTreeMap<handler::Key, handler::Runs>,
    pub(crate) devices: Map<String, Device>,
    pub(crate) usage: Usage,
    /// What each source told of a session: to be added.
    pub(crate) told: Map<(SessionKey, i64), Told>,
    /// What is said of prompts: to be joined with what is kept.
    pub(crate) prompts: Map<(SessionKey, String), PromptRow>,
    pub(crate) ledger: LedgerChanges,
}

impl Batch {
    /// The session of an event, opened where it is the first to name it; `None` for an event outside any.
    pub(crate) fn session(&mut self, rows: &mut impl Rows, event: &Event) -> Result<Option<SessionKey>, StoreError> {
        let Some(id) = event.parsed.session_id.as_ref().map(|id| id.as_str()) else { return Ok(None) };
        let agent = event.agent.as_str();
        if let Some((_, key)) = self.keys.get(id).and_then(|keys| keys.iter().find(|(known, _)| known == agent)) {
            return Ok(Some(*key));
        }
        let (key, row, new) = match rows.session(agent, id)? {
            Some((key, row)) => (key, row, false),
            None => (rows.new_session()?, SessionRow::new(agent, id, event.occurred_at.as_nanos()), true),
        };
        self.sessions.insert(key, Touched { row, new, changed: false });
        self.keys.entry(id.to_owned()).or_default().push((agent.to_owned(), key));
        Ok(Some(key))
    }

    /// Whether the same step of the same call is stored already, told by another registration of the hook.
    pub(crate) fn is_told(
        &mut self,
        rows: &mut impl Rows,
        session: Option<SessionKey>,
        event: &Event,
    ) -> Result<bool, StoreError> {
        let (Some(session), Some(id)) = (session, &event.parsed.tool_use_id) else { return Ok(false) };
        if !happens_once(&event.parsed.kind) {
            return Ok(false);
        }
        let call = &self.call(rows, session, id.as_str())?.now;
        Ok(call.seen.binary_search(&name_hash(&event.parsed.name)).is_ok())
    }

    /// The event that tells that a session is woken by this one, which is not taken in yet.
    pub(crate) fn woken_by(&self, session: Option<SessionKey>, event: &Event) -> Option<Event> {
        let since = self.sessions.get(&session?)?.row.woken_by(event)?;
        sleep::woke(since, event)
    }

    fn call(
        &mut self,
        rows: &mut impl Rows,
        session: SessionKey,
        id: &str,
    ) -> Result<&mut Merged<CallRow>, StoreError> {
        Ok(match self.calls.entry((session, id.to_owned())) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let is_new = self.sessions.get(&session).is_some_and(|touched| touched.new);
                let kept = if is_new { None } else { rows.call(session, id)? };
                let now = kept.clone().unwrap_or_default();
                entry.insert(Box::new(Merged { kept, now }))
            }
        })
    }

    fn subagent(
        &mut self,
        rows: &mut impl Rows,
        session: SessionKey,
        id: &str,
        at: i64,
    ) -> Result<&mut SubagentRow, StoreError> {
        Ok(match self.subagents.entry((session, id.to_owned())) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let kept = rows.subagent(session, id)?;
                if kept.is_none()
                    && let Some(touched) = self.sessions.get_mut(&session)
                {
                    touched.row.subagents += 1;
                }
                entry.insert(kept.unwrap_or_else(|| SubagentRow::new(at)))
            }
        })
    }

    /// Takes in an event that is stored at `seq`.
    pub(crate) fn absorb(
        &mut self,
        rows: &mut impl Rows,
        session: Option<SessionKey>,
        event: &Event,
        seq: Seq,
    ) -> Result<(), StoreError> {
        self.usage.event(event);
        self.device(event);
        self.artifacts.extend(ArtifactRow::of(event, seq));
        handler::absorb(&mut self.handlers, event);
        let Some(session) = session else { return Ok(()) };
        let (at, parsed) = (event.occurred_at.as_nanos(), &event.parsed);
        self.told.entry((session, sources::number(parsed.source))).or_insert_with(|| Told::new(at)).absorb(event);
        if sources::is_prompt(&parsed.kind) && parsed.actor.subagent_id().is_none() {
            let prompt = self.prompts.entry((session, sources::turn_of(event)));
            prompt.or_insert_with(|| PromptRow::new(at)).absorb(event);
        }
        if let Some(used) = &parsed.model_use {
            let id = parsed.session_id.as_ref().map_or("", |id| id.as_str());
            let tier = self.ledger.absorb(rows, session, id, event, used)?;
            if let Some(touched) = self.sessions.get_mut(&session) {
                touched.row.tier = touched.row.tier.max(tier);
            }
        }
        // A call without an id has no row that would count it.
        let (calls, errors) = match parsed.tool_use_id {
            Some(_) => (0, 0),
            None => (
                i64::from(parsed.kind == Kind::ToolRequested),
                i64::from(outcome_told(event).is_some_and(super::usage::is_error)),
            ),
        };
        if let Some(Touched { row, changed, .. }) = self.sessions.get_mut(&session) {
            *changed = true;
            row.absorb(event);
            row.tool_calls += calls;
            row.tool_errors += errors;
        }
        if let Some(id) = parsed.actor.subagent_id() {
            let row = self.subagent(rows, session, id, at)?;
            row.absorb(event);
            row.tool_calls += calls;
            row.tool_errors += errors;
        }
        match &parsed.tool_use_id {
            Some(id) if concerns(&parsed.kind) => self.call(rows, session, id.as_str())?.now.absorb(event),
            None if parsed.kind == Kind::PermissionRequested => {
                if let Some(tool) = &parsed.tool {
                    let actor = parsed.actor.subagent_id().map(str::to_owned);
                    self.questions.push(Question { session, at, seq, tool: tool.name.clone(), actor });
                }
            }
            _ => {}
        }
        for told in &parsed.batch {
            self.call(rows, session, told.tool_use_id.as_str())?.now.absorb_batch(event, told);
        }
        Ok(())
    }

    fn device(&mut self, event: &Event) {
        // What the server tells by itself is no sign of life of a device.
        let Some(name) = event.device.as_ref().filter(|_| event.parsed.kind != Kind::SessionSlept) else { return };
        let received = event.received_at.as_nanos();
        let skew_ms = received.saturating_sub(event.occurred_at.as_nanos()) / 1_000_000;
        let new = Device { first_seen: received, last_seen: received, skew_ms, events: 0 };
        let device = self.devices.entry(name.clone()).or_insert(new);
        device.first_seen = device.first_seen.min(received);
        device.last_seen = device.last_seen.max(received);
        device.skew_ms = device.skew_ms.min(skew_ms);
        device.events += 1;
    }

    /// What is to be written: the rows as they are now, and what the changed calls change elsewhere.
    pub(crate) fn finish(mut self, rows: &mut impl Rows) -> Result<Changes, StoreError> {
        let mut calls = Vec::with_capacity(self.calls.len());
        for ((session, id), call) in std::mem::take(&mut self.calls) {
            if !call.is_changed() || call.now == CallRow::default() {
                continue;
            }
            let Merged { kept, now } = *call;
            self.settle_call(rows, session, kept.as_ref(), -1)?;
            self.settle_call(rows, session, Some(&now), 1)?;
            if let Some(spawned) = &now.spawned {
                self.subagent(rows, session, spawned, spawned_at(&now))?.absorb_call(&id, &now);
            }
            calls.push(((session, id), now));
        }
        self.usage.settle();
        let ledger = self.ledger.finish(rows)?;
        Ok(Changes {
            sessions: self
                .sessions
                .into_iter()
                .filter(|(_, touched)| touched.changed)
                .map(|(key, touched)| (key, touched.row, touched.new))
                .collect(),
            calls,
            subagents: self.subagents.into_iter().collect(),
            questions: self.questions,
            artifacts: self.artifacts,
            handlers: self.handlers,
            devices: self.devices,
            usage: self.usage,
            told: self.told,
            prompts: self.prompts,
            ledger,
        })
    }

    /// Counts a call in its session, its subagent and the roll-ups, or takes it out again.
    fn settle_call(
        &mut self,
        rows: &mut impl Rows,
        session: SessionKey,
        call: Option<&CallRow>,
        times: i64,
    ) -> Result<(), StoreError> {
        let Some(call) = call.filter(|call| call.counts()) else { return Ok(()) };
        let (calls, errors) = (times, times * i64::from(call.is_error()));
        if let Some(Touched { row, .. }) = self.sessions.get_mut(&session) {
            row.tool_calls += calls;
            row.tool_errors += errors;
            self.usage.call(&row.agent, call, times);
        }
        if let Some(actor) = &call.actor {
            let row = self.subagent(rows, session, actor, call.at())?;
            row.tool_calls += calls;
            row.tool_errors += errors;
        }
        Ok(())
    }
}
