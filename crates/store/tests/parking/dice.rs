//! Park, claim, release, fail, crash, expire and wait, in whatever order dice say, each step held against a simple model.

use std::collections::{BTreeMap, BTreeSet};

use hookrail_core::event::EventId;
use hookrail_core::time::Timestamp;
use hookrail_store::bus::Parking;
use hookrail_store::bus::parking::{Bound, Bounds, CLAIM, Claimed, Parked, Put, SessionRef, WAIT};

use crate::members::Place;
use crate::{ELSEWHERE, HOME, address, at, id, session};

const ROUNDS: u64 = 4;
const STEPS: usize = 400;

const BOUNDS: Bounds = Bounds {
    session_events: 12,
    session_bytes: 400,
    address_sessions: 3,
    address_bytes: 700,
    events: 30,
    bytes: 1000,
    claims: 1000,
};

/// Projects and the server that keeps each.
const PROJECTS: [(&str, &str); 3] = [("o/a", HOME), ("o/b", ELSEWHERE), ("o/c", HOME)];
const HOMES: [&str; 2] = [HOME, ELSEWHERE];

/// SplitMix64: the same seed, the same game.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }
}

#[derive(Clone, Debug)]
struct Waits {
    order: u64,
    item: Parked,
}

#[derive(Clone, Debug)]
struct Standing {
    project: &'static str,
    home: &'static str,
    person: Option<String>,
    until: Timestamp,
}

/// What should be, in the simplest words.
#[derive(Debug, Default)]
struct Model {
    order: u64,
    waiting: BTreeMap<SessionRef, Vec<Waits>>,
    claims: BTreeMap<SessionRef, Standing>,
    taken_out: BTreeMap<&'static str, Vec<Waits>>,
    quarantine: BTreeSet<(SessionRef, EventId)>,
    /// The stores: events once each, in the order they were stored.
    stores: BTreeMap<&'static str, Vec<(SessionRef, EventId)>>,
    /// Everything that was taken in, in that order.
    taken: Vec<(SessionRef, EventId)>,
}

impl Model {
    fn claim(&mut self, session: &SessionRef, now: Timestamp) -> Option<&mut Standing> {
        if self.claims.get(session).is_some_and(|claim| claim.until <= now) {
            self.claims.remove(session);
        }
        self.claims.get_mut(session)
    }

    fn all(&self) -> impl Iterator<Item = &Waits> {
        self.waiting.values().flatten()
    }

    fn passed(&self, item: &Parked) -> Option<Bound> {
        let bytes = |items: &[&Waits]| items.iter().map(|each| each.item.record.len() as u64).sum::<u64>();
        let size = item.record.len() as u64;
        let of_session: Vec<&Waits> = self.waiting.get(&item.session).into_iter().flatten().collect();
        let of_address: Vec<&Waits> = self.all().filter(|each| each.item.address == item.address).collect();
        let mut sessions: BTreeSet<&SessionRef> = of_address.iter().map(|each| &each.item.session).collect();
        sessions.insert(&item.session);
        let all: Vec<&Waits> = self.all().chain(self.taken_out.values().flatten()).collect();
        let checks = [
            (Bound::SessionEvents, of_session.len() as u64 + 1 > BOUNDS.session_events),
            (Bound::SessionBytes, bytes(&of_session) + size > BOUNDS.session_bytes),
            (Bound::AddressSessions, sessions.len() as u64 > BOUNDS.address_sessions),
            (Bound::AddressBytes, bytes(&of_address) + size > BOUNDS.address_bytes),
            (Bound::Events, all.len() as u64 + 1 > BOUNDS.events),
            (Bound::Bytes, bytes(&all) + size > BOUNDS.bytes),
        ];
        checks.into_iter().find(|(_, passed)| *passed).map(|(bound, _)| bound)
    }

    /// What parking should answer: the project where the caller is to store it, else the answer's kind.
    fn park(&mut self, home: &str, item: &Parked, now: Timestamp) -> Result<&'static str, Put> {
        let empty = self.waiting.get(&item.session).is_none_or(Vec::is_empty);
        if let Some(claim) = self.claim(&item.session, now) {
            claim.until = later(now);
            if empty && claim.home == home {
                return Ok(claim.project);
            }
        }
        if self.waiting.get(&item.session).is_some_and(|items| items.iter().any(|each| each.item.id == item.id)) {
            return Err(Put::Duplicate);
        }
        if let Some(bound) = self.passed(item) {
            return Err(Put::Full(bound));
        }
        self.order += 1;
        let waits = Waits { order: self.order, item: item.clone() };
        self.waiting.entry(item.session.clone()).or_default().push(waits);
        Err(Put::Parked)
    }

    fn store(&mut self, project: &'static str, session: &SessionRef, id: EventId) {
        let store = self.stores.entry(project).or_default();
        let event = (session.clone(), id);
        if !store.contains(&event) {
            store.push(event);
        }
    }

    fn take_out(&mut self, home: &'static str, now: Timestamp) {
        let due = now.as_nanos() - WAIT.as_nanos() as i64;
        let sessions: Vec<SessionRef> = self.waiting.keys().cloned().collect();
        for session in sessions {
            if self.claim(&session, now).is_none() {
                let items = self.waiting.entry(session).or_default();
                let (old, young) = std::mem::take(items).into_iter().partition(|each| each.item.at.as_nanos() <= due);
                *items = young;
                self.taken_out.entry(home).or_default().extend::<Vec<Waits>>(old);
            }
        }
        self.taken_out.entry(home).or_default().sort_by_key(|each| each.order);
    }
}

fn later(now: Timestamp) -> Timestamp {
    Timestamp::from_nanos(now.as_nanos() + CLAIM.as_nanos() as i64)
}

pub(crate) async fn roll(mut place: Place) {
    let (mut stored, mut quarantined) = (0, 0);
    for round in 0..ROUNDS {
        let mut game = Game::new(&place, round);
        for step in 0..STEPS {
            game.step(&place, step).await;
        }
        let ended = game.end(&place).await;
        (stored, quarantined) = (stored + ended.0, quarantined + ended.1);
        place = place.killed().await;
    }
    assert!(stored > 50 && quarantined > 50, "the dice see both ways out: {stored}, {quarantined}");
}

struct Game {
    parking: Parking,
    dice: Dice,
    model: Model,
    now: Timestamp,
    /// Tells the rounds' sessions apart, for they share one place.
    round: u64,
}

impl Game {
    fn new(place: &Place, round: u64) -> Self {
        let now = at(round as i64 * 1_000_000);
        Self { parking: place.open(BOUNDS), dice: Dice(round), model: Model::default(), now, round }
    }

    fn session(&mut self) -> SessionRef {
        let n = self.dice.roll(5);
        session(&format!("round {} session {n}", self.round))
    }

    async fn step(&mut self, place: &Place, step: usize) {
        match self.dice.roll(20) {
            0..8 => self.park(step).await,
            8..11 => self.claim(step).await,
            11..14 => self.release(step).await,
            14..16 => self.expire(step).await,
            16..18 => self.now = Timestamp::from_nanos(self.now.as_nanos() + 60_000_000_000 * self.dice.roll(5) as i64),
            18 if self.dice.roll(4) == 0 => self.now = later(self.now),
            _ => self.parking = place.open(BOUNDS),
        }
        let totals = self.parking.totals().await.unwrap();
        let all: Vec<&Waits> = self.model.all().chain(self.model.taken_out.values().flatten()).collect();
        let bytes: usize = all.iter().map(|each| each.item.record.len()).sum();
        assert_eq!((totals.events, totals.bytes), (all.len() as u64, bytes as u64), "step {step}");
    }

    async fn park(&mut self, step: usize) {
        let home = HOMES[self.dice.roll(2) as usize];
        let session = self.session();
        let event = id(self.dice.roll(60));
        let record = "r".repeat(self.dice.roll(90) as usize);
        let by = address(self.dice.roll(3) as u8);
        let item = Parked { session, seq: 0, id: event, at: self.now, address: by, record };
        let put = self.parking.park(home, vec![item.clone()], self.now).await.unwrap().remove(0);
        let fresh = !self.model.taken.contains(&(item.session.clone(), item.id));
        let taken = match self.model.park(home, &item, self.now) {
            Ok(project) => {
                let Put::Claimed(claim) = put else { panic!("step {step}: {put:?} instead of claimed") };
                assert_eq!((claim.project.as_str(), claim.until), (project, later(self.now)), "step {step}");
                self.model.store(project, &item.session, item.id);
                true
            }
            Err(expected) => {
                assert_eq!(put, expected, "step {step}");
                put == Put::Parked
            }
        };
        if taken && fresh {
            self.model.taken.push((item.session, item.id));
        }
    }

    async fn claim(&mut self, step: usize) {
        let session = self.session();
        let (project, home) = PROJECTS[self.dice.roll(3) as usize];
        let person = (self.dice.roll(2) == 0).then(|| format!("person {}", self.dice.roll(3)));
        let claimed = self.parking.claim(&session, project, home, person.as_deref(), self.now).await.unwrap();
        let until = later(self.now);
        let expected = match self.model.claim(&session, self.now) {
            Some(claim) if claim.project != project => None,
            Some(claim) => {
                claim.until = until;
                claim.person = claim.person.take().or(person);
                Some(claim.clone())
            }
            None => Some(Standing { project, home, person, until }),
        };
        match (claimed, expected) {
            (Claimed::Foreign, None) => {}
            (Claimed::Ours { claim, waiting }, Some(expected)) => {
                assert_eq!(
                    (claim.project.as_str(), claim.home.as_str(), &claim.person, claim.until),
                    (expected.project, expected.home, &expected.person, until),
                    "step {step}"
                );
                let waits = self.model.waiting.get(&session).is_some_and(|items| !items.is_empty());
                assert_eq!(waiting, waits, "step {step}");
                self.model.claims.insert(session, expected);
            }
            other => panic!("step {step}: {other:?}"),
        }
    }

    /// A release that may fail half-way, die before it removes, or be done by the wrong server.
    async fn release(&mut self, step: usize) {
        let session = self.session();
        let home = HOMES[self.dice.roll(2) as usize];
        let limit = 1 + self.dice.roll(6) as usize;
        let shown = self.parking.release(home, &session, limit, self.now).await.unwrap();
        let claim = self.model.claim(&session, self.now).filter(|claim| claim.home == home).map(|claim| claim.clone());
        let Some((Standing { project, .. }, (_, items))) = claim.as_ref().zip(shown.as_ref()) else {
            assert_eq!((claim.is_some(), shown.is_some()), (false, false), "step {step}");
            return;
        };
        let waiting = self.model.waiting.entry(session.clone()).or_default();
        let expected: Vec<EventId> = waiting.iter().take(limit).map(|each| each.item.id).collect();
        assert_eq!(items.iter().map(|item| item.id).collect::<Vec<_>>(), expected, "step {step}");
        let stored = match self.dice.roll(4) {
            0 => 0,
            1 => items.len() / 2,
            _ => items.len(),
        };
        for item in &items[..stored] {
            self.model.store(project, &session, item.id);
        }
        if stored < items.len() || self.dice.roll(4) == 0 {
            return;
        }
        let seqs: Vec<u64> = items.iter().map(|item| item.seq).collect();
        let waiting = self.model.waiting.entry(session.clone()).or_default();
        waiting.drain(..seqs.len());
        assert_eq!(self.parking.released(&session, &seqs).await.unwrap(), !waiting.is_empty(), "step {step}");
    }

    async fn expire(&mut self, step: usize) {
        let home = HOMES[self.dice.roll(2) as usize];
        let items = self.parking.expire(home, 1000, self.now).await.unwrap();
        self.model.take_out(home, self.now);
        let out = self.model.taken_out.entry(home).or_default();
        let facts = |item: &Parked| (item.session.clone(), item.id, item.at, item.record.clone());
        let expected: Vec<_> = out.iter().map(|each| facts(&each.item)).collect();
        assert_eq!(items.iter().map(facts).collect::<Vec<_>>(), expected, "step {step}");
        self.model.quarantine.extend(items.iter().map(|item| (item.session.clone(), item.id)));
        if self.dice.roll(3) > 0 {
            out.clear();
            self.parking.expired(home, &items.iter().map(|item| item.seq).collect::<Vec<_>>()).await.unwrap();
        }
    }

    /// Everything that was taken in is somewhere, and each store has a session's events in the order they were taken in.
    /// Tells how many events were stored and quarantined.
    async fn end(mut self, place: &Place) -> (usize, usize) {
        self.parking = place.open(BOUNDS);
        for (session, id) in &self.model.taken {
            let event = (session.clone(), *id);
            let waits = self.model.all().any(|each| (&each.item.session, &each.item.id) == (session, id));
            let stored = self.model.stores.values().any(|store| store.contains(&event));
            let found = waits || stored || self.model.quarantine.contains(&event);
            assert!(
                found || self.model.taken_out.values().flatten().any(|each| each.item.id == *id),
                "{event:?} is lost"
            );
        }
        for (session, items) in &self.model.waiting {
            let left = self.parking.events(session, 0, 1000).await.unwrap();
            let expected: Vec<EventId> = items.iter().map(|each| each.item.id).collect();
            assert_eq!(left.iter().map(|item| item.id).collect::<Vec<_>>(), expected);
        }
        self.clear().await;
        (self.model.stores.values().map(Vec::len).sum(), self.model.quarantine.len())
    }

    /// Leaves the place empty for the next round.
    async fn clear(&self) {
        let much_later = later(later(self.now));
        for home in HOMES {
            let items = self.parking.expire(home, 1000, much_later).await.unwrap();
            self.parking.expired(home, &items.iter().map(|item| item.seq).collect::<Vec<_>>()).await.unwrap();
        }
        assert_eq!(self.parking.totals().await.unwrap(), Default::default());
    }
}
