//! What this server remembers of the sessions it saw lately, by project: who is at work, and when it was claimed.
//!
//! A project's memory is its own: what one project's telemetry says of a session is never told to another.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hookrail_core::context::Identity;
use hookrail_core::event::Event;
use hookrail_store::bus::parking::SessionRef;
use hookrail_store::registry::ProjectId;

use super::{is_live, session_of};

/// Sessions remembered: between this number and twice of it, the latest used ones.
const REMEMBERED: usize = 20_000;

/// A claim is made again after this time of use, which renews it.
const RENEW: Duration = Duration::from_secs(10 * 60);

/// Claims that wait for the bus.
const PUT_OFF: usize = 10_000;

/// A claim that is to be made.
#[derive(Clone, Debug)]
pub(super) struct Due {
    pub(super) session: SessionRef,
    pub(super) person: Option<String>,
}

/// A claim that could not be made yet.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub(super) project: ProjectId,
    pub(super) due: Due,
}

/// The sessions of a request's events: which event belongs to which.
#[derive(Debug, Default)]
pub(super) struct Seen {
    sessions: Vec<SessionRef>,
    /// For each event the position of its session.
    of: Vec<Option<u32>>,
}

type Key = (ProjectId, SessionRef);

#[derive(Clone, Debug, Default)]
struct Entry {
    /// What the agent said of the account, all its words together.
    identity: Identity,
    /// Who the claim says is at work.
    claimed_for: Option<String>,
    /// When it was last claimed, or found to be another's.
    asked: Option<Instant>,
    foreign: bool,
}

impl Entry {
    fn person(&self) -> Option<&str> {
        self.identity.person().or(self.claimed_for.as_deref())
    }

    /// Whether the bus is to be told of this session.
    fn is_due(&self) -> bool {
        let Some(asked) = self.asked else { return true };
        let completes = !self.foreign && self.claimed_for.is_none() && self.identity.person().is_some();
        completes || asked.elapsed() >= RENEW
    }
}

/// The memory. Two generations: when the younger is full it becomes the older, and what was not used since is forgotten.
#[derive(Debug, Default)]
struct Memory {
    young: HashMap<Key, Entry>,
    old: HashMap<Key, Entry>,
    put_off: HashMap<Key, Option<String>>,
}

impl Memory {
    fn entry(&mut self, key: &Key) -> &mut Entry {
        if !self.young.contains_key(key) {
            if self.young.len() >= REMEMBERED {
                self.old = std::mem::take(&mut self.young);
            }
            let entry = self.old.remove(key).unwrap_or_default();
            self.young.insert(key.clone(), entry);
        }
        self.young.entry(key.clone()).or_default()
    }
}

#[derive(Debug, Default)]
pub(super) struct Sessions(Mutex<Memory>);

impl Sessions {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes the sessions of events and what they say of the account; tells which sessions are to be claimed.
    pub(super) fn meet(&self, project: &ProjectId, events: &[Event], claims: bool) -> (Seen, Vec<Due>) {
        let mut seen = Seen::default();
        let mut known: HashMap<(&str, &str), u32> = HashMap::new();
        let mut said: Vec<(Identity, bool)> = Vec::new();
        // A session's events come together, so that most are of the session of the event before.
        let mut before: Option<((&str, &str), u32)> = None;
        for event in events {
            let name = event.parsed.session_id.as_ref().map_or("", |session| session.as_str());
            let named = (event.agent.as_str(), name);
            let met = before.filter(|(before, _)| *before == named).map(|(_, at)| at);
            let at = met.or_else(|| known.get(&named).copied()).or_else(|| {
                let at = u32::try_from(seen.sessions.len()).unwrap_or(u32::MAX);
                seen.sessions.push(session_of(event)?);
                said.push((Identity::default(), false));
                known.insert(named, at);
                Some(at)
            });
            before = at.map(|at| (named, at));
            if let Some(said) = at.and_then(|at| said.get_mut(at as usize)) {
                if let Some(identity) = &event.parsed.identity {
                    said.0.merge(identity);
                }
                said.1 |= is_live(event.parsed.source);
            }
            seen.of.push(at);
        }
        let mut due = Vec::new();
        let mut memory = self.memory();
        for (session, (identity, live)) in seen.sessions.iter().zip(&said) {
            let entry = memory.entry(&(project.clone(), session.clone()));
            entry.identity.merge(identity);
            if claims && *live && entry.is_due() {
                due.push(Due { session: session.clone(), person: entry.person().map(str::to_owned) });
            }
        }
        (seen, due)
    }

    /// Gives events the person of their session.
    pub(super) fn name(&self, project: &ProjectId, seen: &Seen, events: &mut [Event]) {
        let mut memory = self.memory();
        let persons: Vec<Option<String>> = seen
            .sessions
            .iter()
            .map(|session| memory.entry(&(project.clone(), session.clone())).person().map(str::to_owned))
            .collect();
        drop(memory);
        for (event, at) in events.iter_mut().zip(&seen.of) {
            let own = event.parsed.identity.as_deref();
            let session = at.and_then(|at| persons.get(at as usize)).and_then(Option::as_deref);
            let person = own.and_then(|own| own.email.as_deref()).or(session).or(own.and_then(Identity::person));
            if let Some(person) = person {
                event.user = Some(person.to_owned());
            }
        }
    }

    /// Remembers that a session was claimed, and for whom.
    pub(super) fn claimed(&self, project: &ProjectId, session: &SessionRef, person: Option<&str>) {
        let mut memory = self.memory();
        let entry = memory.entry(&(project.clone(), session.clone()));
        entry.claimed_for = person.map(str::to_owned);
        entry.asked = Some(Instant::now());
        entry.foreign = false;
    }

    /// Remembers that a session is another project's.
    pub(super) fn foreign(&self, project: &ProjectId, session: &SessionRef) {
        let mut memory = self.memory();
        let entry = memory.entry(&(project.clone(), session.clone()));
        entry.asked = Some(Instant::now());
        entry.foreign = true;
    }

    /// Notes a claim to be made later; false where too many wait. Until it is made, the next event of its session asks again.
    pub(super) fn put_off(&self, pending: Pending) -> bool {
        let mut memory = self.memory();
        let key = (pending.project, pending.due.session);
        if memory.put_off.len() >= PUT_OFF && !memory.put_off.contains_key(&key) {
            return false;
        }
        let person = memory.put_off.entry(key).or_default();
        *person = pending.due.person.or_else(|| person.take());
        true
    }

    /// Takes the claims that were put off.
    pub(super) fn take_put_off(&self) -> Vec<Pending> {
        let put_off = std::mem::take(&mut self.memory().put_off);
        put_off
            .into_iter()
            .map(|((project, session), person)| Pending { project, due: Due { session, person } })
            .collect()
    }
}
