//! Events without a key, on a server that asks for keys: they wait for their session, or go to the project that has it.
//!
//! A session is all such an event can show, so one without a session is refused; and it must be a hook's, for what
//! telemetry says about a person is believed only of those who hold a key.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode};
use hookrail_core::context::Source;
use hookrail_core::event::{Event, Kind};
use hookrail_core::wire::{self, Record};
use hookrail_store::bus::parking::{Bound, Claim, Parked, Put};
use serde::Deserialize;

use super::release::tenant_of;
use super::session_of;
use crate::admit::{self, Room};
use crate::app::{App, now};
use crate::error::Problem;
use crate::ingest::committed;
use crate::metrics::{Reason, Refusal};
use crate::pieces::Pieces;
use crate::writer::Fate;

/// What became of one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It waits for its session, durably.
    Parked,
    /// Its session is claimed, and this is what became of it there.
    Told(Fate),
    /// It is refused.
    Rejected(Reason),
}

/// Reads a body in the room that requests without a key have for themselves.
pub(crate) async fn receive(app: &App, headers: &HeaderMap, body: Body, cap: usize) -> Result<(Room, Pieces), Problem> {
    if app.attribution.is_away() {
        // Nothing of it could be kept; the sweep finds out when that changes.
        app.metrics.refuse(Refusal::NoBus);
        return Err(Problem::unavailable(
            "The bus is out of reach, and this needs it.",
            "Send it again in a moment.",
            5,
        ));
    }
    admit::receive_into(app, &app.attribution.admission, headers, body, cap).await
}

/// Parks or stores events in their order and tells what became of each. Goes on to the end where the sender has gone,
/// so that everything is counted.
///
/// # Errors
/// Where some could not be taken for now: sending all of them again is safe.
pub(crate) async fn take(
    app: &Arc<App>,
    address: IpAddr,
    events: Vec<Event>,
    room: Room,
) -> Result<Vec<Taken>, Problem> {
    let app = app.clone();
    let taking = tokio::spawn(async move { Taking { app, address }.run(events, room).await });
    taking.await.map_err(|_| Problem::unavailable("The server is stopping.", "Send it again in a moment.", 2))?
}

/// What one event without a session, or not of a hook, is told.
pub(crate) fn no_session() -> Problem {
    let message = "An event without a key must be a hook's and name its session, for nothing else tells whose it is.";
    let hint = "Send a key as \"Authorization: Bearer …\", or an event with a session id.";
    Problem::new(StatusCode::UNAUTHORIZED, Reason::NoSession.as_str(), message, hint)
}

struct Taking {
    app: Arc<App>,
    address: IpAddr,
}

impl Taking {
    async fn run(self, events: Vec<Event>, room: Room) -> Result<Vec<Taken>, Problem> {
        let metrics = &self.app.metrics;
        let items: Vec<Option<Parked>> = events.iter().map(|event| self.item(event)).collect();
        let known: Vec<Parked> = items.iter().flatten().cloned().collect();
        let count = known.len() as u64;
        let mut taken: Vec<Taken> = items
            .iter()
            .map(|item| if item.is_some() { Taken::Parked } else { Taken::Rejected(Reason::NoSession) })
            .collect();
        metrics.events_in.add(events.len() as u64 - count);
        metrics.reject(Reason::NoSession, events.len() as u64 - count);
        let puts = match self.park(known).await {
            Ok(puts) => puts,
            Err(problem) => {
                metrics.events_in.add(count);
                metrics.reject(Reason::Unavailable, count);
                return Err(problem);
            }
        };
        let mut full = None;
        let mut claimed = Vec::new();
        let known = events.into_iter().zip(items).enumerate().filter(|(_, (_, item))| item.is_some());
        for ((at, (event, _)), put) in known.zip(puts) {
            match put {
                Put::Claimed(claim) => {
                    claimed.push((at, event, claim));
                    continue;
                }
                Put::Parked => metrics.events_parked.add(1),
                Put::Duplicate => {
                    metrics.events_duplicate.add(1);
                    taken[at] = Taken::Told(Fate::Duplicate);
                }
                Put::Full(bound) => {
                    metrics.reject(Reason::ParkingFull, 1);
                    metrics.parking_full[bound as usize].add(1);
                    full = full.filter(|full: &Bound| full.is_of_all()).or(Some(bound));
                }
            }
            metrics.events_in.add(1);
        }
        self.store(claimed, room, &mut taken).await?;
        full.map_or(Ok(taken), |bound| Err(refused(bound)))
    }

    async fn park(&self, items: Vec<Parked>) -> Result<Vec<Put>, Problem> {
        let attribution = &self.app.attribution;
        if items.is_empty() {
            return Ok(Vec::new());
        }
        let home = attribution.home(&self.app).await?;
        attribution.answered(attribution.parking.park(home, items, now()).await)
    }

    /// An event as it waits; `None` where it cannot.
    fn item(&self, event: &Event) -> Option<Parked> {
        if !matches!(event.parsed.source, Source::Hook | Source::Emitted) {
            return None;
        }
        let session = session_of(event)?;
        let record = record(event)?;
        let address = network(self.address);
        Some(Parked { session, seq: 0, id: event.id, at: event.received_at, address, record })
    }

    /// Stores events of sessions that are claimed, each in its session's project.
    async fn store(&self, claimed: Vec<(usize, Event, Claim)>, room: Room, taken: &mut [Taken]) -> Result<(), Problem> {
        let mut groups: Vec<(Claim, Vec<usize>, Vec<Event>)> = Vec::new();
        for (at, mut event, claim) in claimed {
            // Whose account it was is believed only of those who hold a key.
            event.parsed.identity = None;
            if let Some(person) = &claim.person {
                event.user = Some(person.clone());
            }
            match groups.iter_mut().find(|(other, ..)| other.project == claim.project) {
                Some((_, positions, events)) => {
                    positions.push(at);
                    events.push(event);
                }
                None => groups.push((claim, vec![at], vec![event])),
            }
        }
        let mut room = Some(room);
        let mut answers = Vec::new();
        for (claim, positions, events) in groups {
            let tenant = tenant_of(&self.app, &claim).await?;
            let room = room.take().or_else(|| self.app.attribution.admission.admit(1)).ok_or_else(Problem::full)?;
            answers.push((positions, tenant.submit(events, room)));
        }
        for (positions, answer) in answers {
            for (at, fate) in positions.into_iter().zip(committed(answer).await?) {
                taken[at] = match fate {
                    Fate::Refused => Taken::Rejected(Reason::Invalid),
                    fate => Taken::Told(fate),
                };
            }
        }
        Ok(())
    }
}

/// What a sender is told whose events would pass a bound.
fn refused(bound: Bound) -> Problem {
    let hint = "Events wait for at most ten minutes: send it again later, or with a key.";
    if bound.is_of_all() {
        return Problem::unavailable("As many events without a key wait as may.", hint, 30);
    }
    let message = "As many events of this session, or of this address, wait without a key as may.";
    Problem::new(StatusCode::TOO_MANY_REQUESTS, Reason::ParkingFull.as_str(), message, hint).retry_after(30)
}

/// What counts as one address: a whole network of 64 bits of version 6, which is one customer's.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) >> 64 << 64).into()),
        v4 => v4,
    }
}

/// One line of the wire that says what the event says; its id and its time are set.
fn record(event: &Event) -> Option<String> {
    #[derive(Deserialize)]
    struct Malformed {
        malformed: String,
    }
    let malformed = match event.parsed.kind {
        Kind::Malformed => serde_json::from_str::<Malformed>(event.payload.get()).ok(),
        _ => None,
    };
    let record = Record {
        v: wire::VERSION,
        id: Some(event.id),
        source: event.parsed.source,
        agent: event.agent.clone(),
        occurred_at: Some(event.occurred_at),
        name: Some(event.parsed.name.as_str().into()),
        session_id: event.parsed.session_id.as_ref().map(|session| session.as_str().into()),
        verdict: event.verdict.clone(),
        user: event.user.as_deref().map(Into::into),
        device: event.device.as_deref().map(Into::into),
        source_app: event.source_app.as_deref().map(Into::into),
        context: event.context.clone(),
        redactions: event.redactions.clone(),
        payload: malformed.is_none().then_some(&*event.payload),
        malformed: malformed.map(|malformed| malformed.malformed.into()),
    };
    serde_json::to_string(&record).ok()
}
