//! The conformance suite of the parking: what holds on every member, one and the same set of tests.

#![allow(clippy::unwrap_used)]

#[path = "parking/dice.rs"]
mod dice;
#[path = "parking/members.rs"]
mod members;

use std::net::IpAddr;
use std::time::Duration;

use hookrail_core::event::EventId;
use hookrail_core::time::Timestamp;
use hookrail_store::bus::Parking;
use hookrail_store::bus::parking::{
    Bound, Bounds, CLAIM, Claimed, Parked, Put, Quarantine, QuarantineBounds, SessionRef, WAIT,
};
use hookrail_store::{Settings, bus::parking::Totals};
use members::Place;

/// Runs a test on every member there is.
macro_rules! on_every_member {
    ($($name:ident)+) => {
        mod local {
            $(#[tokio::test(flavor = "multi_thread")] async fn $name() { super::$name(super::Place::local()).await; })+
        }
        #[cfg(feature = "redis")]
        mod redis {
            $(#[tokio::test(flavor = "multi_thread")] async fn $name() {
                let Some(place) = super::Place::redis().await else { return };
                super::$name(place).await;
            })+
        }
    };
}

on_every_member! {
    a_claim_releases_what_waits_in_order
    an_event_waits_once
    what_is_claimed_goes_straight_home_when_nothing_waits
    another_project_gets_nothing
    a_later_person_completes_a_claim
    a_claim_lives_a_day_after_its_last_use
    each_event_waits_by_its_own_time
    what_was_taken_out_is_shown_until_it_is_kept
    every_bound_is_exact_and_nobody_is_thrown_out
    what_was_acknowledged_survives
    fifty_park_at_once_while_claims_run
    one_of_many_claims_wins
    sessions_and_events_are_listed
    dice_against_the_model
}

const HOME: &str = "home-1";
const ELSEWHERE: &str = "home-2";

/// A moment, in minutes after the beginning of these tests.
fn at(minutes: i64) -> Timestamp {
    Timestamp::from_nanos(1_800_000_000_000_000_000 + minutes * 60_000_000_000)
}

fn session(name: &str) -> SessionRef {
    SessionRef::new("claude-code", name)
}

fn id(n: u64) -> EventId {
    EventId::from_digest(u128::from(n).to_be_bytes())
}

fn address(n: u8) -> IpAddr {
    IpAddr::from([10, 0, 0, n])
}

/// An event `n` of a session, received at a moment.
fn item(name: &str, n: u64, received: Timestamp) -> Parked {
    let record = format!("{{\"n\":{n}}}");
    Parked { session: session(name), seq: 0, id: id(n), at: received, address: address(1), record }
}

async fn park(parking: &Parking, item: Parked, now: Timestamp) -> Put {
    parking.park(HOME, vec![item], now).await.unwrap().remove(0)
}

async fn claim(parking: &Parking, name: &str, project: &str, person: Option<&str>, now: Timestamp) -> Claimed {
    parking.claim(&session(name), project, HOME, person, now).await.unwrap()
}

fn numbers(items: &[Parked]) -> Vec<EventId> {
    items.iter().map(|item| item.id).collect()
}

/// Releases all that waits of a session, and gives it.
async fn drain(parking: &Parking, name: &str, now: Timestamp) -> Vec<Parked> {
    let mut all = Vec::new();
    while let Some((_, items)) = parking.release(HOME, &session(name), 7, now).await.unwrap() {
        let seqs: Vec<u64> = items.iter().map(|item| item.seq).collect();
        all.extend(items);
        if !parking.released(&session(name), &seqs).await.unwrap() {
            break;
        }
    }
    all
}

async fn a_claim_releases_what_waits_in_order(place: Place) {
    let parking = place.open(Bounds::default());
    let items: Vec<Parked> = (0..20).map(|n| item("s", n, at(0))).collect();
    assert_eq!(parking.park(HOME, items.clone(), at(0)).await.unwrap(), vec![Put::Parked; 20]);
    assert!(parking.release(HOME, &session("s"), 7, at(1)).await.unwrap().is_none(), "nobody claimed it");
    assert!(parking.waiting(HOME, 10, at(1)).await.unwrap().is_empty());
    assert!(matches!(claim(&parking, "s", "o/p", Some("ann"), at(1)).await, Claimed::Ours { waiting: true, .. }));
    assert_eq!(parking.waiting(HOME, 10, at(1)).await.unwrap(), [session("s")]);
    let (found, first) = parking.release(HOME, &session("s"), 7, at(1)).await.unwrap().unwrap();
    assert_eq!((found.project.as_str(), found.person.as_deref(), first.len()), ("o/p", Some("ann"), 7));
    assert_eq!(parking.release(HOME, &session("s"), 7, at(1)).await.unwrap().unwrap().1, first, "they are still there");
    // What comes meanwhile goes behind what waits.
    assert_eq!(park(&parking, item("s", 99, at(1)), at(1)).await, Put::Parked);
    let released = drain(&parking, "s", at(1)).await;
    assert_eq!(numbers(&released), items.iter().map(|item| item.id).chain([id(99)]).collect::<Vec<_>>());
    assert!(released.iter().zip(&items).all(|(a, b)| a.record == b.record && a.at == b.at && a.address == b.address));
    assert!(parking.waiting(HOME, 10, at(1)).await.unwrap().is_empty());
    assert_eq!(parking.totals().await.unwrap(), Totals { events: 0, bytes: 0, claims: 1 });
}

async fn an_event_waits_once(place: Place) {
    let parking = place.open(Bounds::default());
    let twice = parking.park(HOME, vec![item("s", 1, at(0)), item("s", 1, at(1))], at(1)).await.unwrap();
    assert_eq!(twice, [Put::Parked, Put::Duplicate]);
    assert_eq!(park(&parking, item("other", 1, at(0)), at(1)).await, Put::Parked, "a session's ids are its own");
    assert_eq!(parking.totals().await.unwrap().events, 2);
}

async fn what_is_claimed_goes_straight_home_when_nothing_waits(place: Place) {
    let parking = place.open(Bounds::default());
    claim(&parking, "s", "o/p", None, at(0)).await;
    let Put::Claimed(found) = park(&parking, item("s", 1, at(0)), at(0)).await else { panic!("it waits") };
    assert_eq!((found.project.as_str(), found.home.as_str()), ("o/p", HOME));
    // What another server is given waits for this one.
    assert_eq!(parking.park(ELSEWHERE, vec![item("s", 2, at(0))], at(0)).await.unwrap(), [Put::Parked]);
    assert_eq!(park(&parking, item("s", 3, at(0)), at(0)).await, Put::Parked, "behind the other");
    assert!(parking.waiting(ELSEWHERE, 10, at(0)).await.unwrap().is_empty());
    assert!(parking.release(ELSEWHERE, &session("s"), 9, at(0)).await.unwrap().is_none(), "it is not its home");
    assert_eq!(numbers(&drain(&parking, "s", at(0)).await), [id(2), id(3)]);
    assert!(matches!(park(&parking, item("s", 4, at(0)), at(0)).await, Put::Claimed(_)));
}

async fn another_project_gets_nothing(place: Place) {
    let parking = place.open(Bounds::default());
    park(&parking, item("s", 1, at(0)), at(0)).await;
    claim(&parking, "s", "o/ours", None, at(0)).await;
    assert_eq!(claim(&parking, "s", "o/theirs", Some("eve"), at(0)).await, Claimed::Foreign);
    let theirs = parking.claim(&session("s"), "o/theirs", ELSEWHERE, Some("eve"), at(0)).await.unwrap();
    assert_eq!(theirs, Claimed::Foreign);
    assert!(parking.waiting(ELSEWHERE, 10, at(0)).await.unwrap().is_empty());
    let found = parking.claimed(&session("s"), at(0)).await.unwrap().unwrap();
    assert_eq!((found.project.as_str(), found.person), ("o/ours", None), "and the claim is as it was");
    // An agent's name for a session is its own: the same name of another agent is another session.
    let other = SessionRef::new("codex", "s");
    assert!(matches!(
        parking.claim(&other, "o/theirs", HOME, None, at(0)).await,
        Ok(Claimed::Ours { waiting: false, .. })
    ));
}

async fn a_later_person_completes_a_claim(place: Place) {
    let parking = place.open(Bounds::default());
    for (says, person) in [(None, None), (Some("ann"), Some("ann")), (None, Some("ann")), (Some("bob"), Some("ann"))] {
        let Claimed::Ours { claim, .. } = claim(&parking, "s", "o/p", says, at(0)).await else { panic!("foreign") };
        assert_eq!(claim.person.as_deref(), person, "{says:?}");
    }
    // A claim by the same project at another server does not move the session's home.
    let again = parking.claim(&session("s"), "o/p", ELSEWHERE, None, at(0)).await.unwrap();
    assert!(matches!(again, Claimed::Ours { claim, .. } if claim.home == HOME));
}

async fn a_claim_lives_a_day_after_its_last_use(place: Place) {
    let parking = place.open(Bounds::default());
    let day = i64::try_from(CLAIM.as_secs() / 60).unwrap();
    claim(&parking, "s", "o/p", None, at(0)).await;
    assert!(
        matches!(park(&parking, item("s", 1, at(day - 1)), at(day - 1)).await, Put::Claimed(_)),
        "and is renewed by it"
    );
    assert!(matches!(park(&parking, item("s", 2, at(2 * day - 2)), at(2 * day - 2)).await, Put::Claimed(_)));
    assert!(parking.claimed(&session("s"), at(3 * day - 2)).await.unwrap().is_none(), "it has ended");
    assert_eq!(park(&parking, item("s", 3, at(3 * day)), at(3 * day)).await, Put::Parked);
    assert!(matches!(claim(&parking, "s", "o/other", None, at(3 * day)).await, Claimed::Ours { waiting: true, .. }));
    // What has ended is forgotten in the end.
    assert_eq!(numbers(&drain(&parking, "s", at(3 * day)).await), [id(3)]);
    parking.expire(HOME, 100, at(9 * day)).await.unwrap();
    assert_eq!(parking.totals().await.unwrap(), Totals::default());
}

async fn each_event_waits_by_its_own_time(place: Place) {
    let parking = place.open(Bounds::default());
    let wait = i64::try_from(WAIT.as_secs() / 60).unwrap();
    let items = (0..3).map(|n| item("s", n, at(n as i64 * 4))).chain([item("t", 7, at(0))]).collect();
    parking.park(HOME, items, at(8)).await.unwrap();
    claim(&parking, "t", "o/p", None, at(8)).await;
    assert!(parking.expire(HOME, 100, at(wait - 1)).await.unwrap().is_empty());
    let expired = parking.expire(HOME, 100, at(wait + 5)).await.unwrap();
    assert_eq!(numbers(&expired), [id(0), id(1)], "the younger goes on waiting, and so does what is claimed");
    parking.expired(HOME, &expired.iter().map(|item| item.seq).collect::<Vec<_>>()).await.unwrap();
    claim(&parking, "s", "o/p", None, at(wait + 5)).await;
    assert_eq!(numbers(&drain(&parking, "s", at(wait + 5)).await), [id(2)]);
    assert_eq!(numbers(&drain(&parking, "t", at(wait + 5)).await), [id(7)]);
}

async fn what_was_taken_out_is_shown_until_it_is_kept(place: Place) {
    let parking = place.open(Bounds::default());
    let quarantine = Quarantine::open(None, QuarantineBounds::default(), &Settings::default()).unwrap();
    parking.park(HOME, (0..5).map(|n| item("s", n, at(0))).collect(), at(0)).await.unwrap();
    let first = parking.expire(HOME, 3, at(20)).await.unwrap();
    assert_eq!(numbers(&first), [id(0), id(1), id(2)]);
    // A claim that comes now finds what was not taken out yet, and only that.
    claim(&parking, "s", "o/p", None, at(20)).await;
    assert_eq!(numbers(&drain(&parking, "s", at(20)).await), [id(3), id(4)]);
    quarantine.keep(first.clone(), at(20)).await.unwrap();
    // The server dies before it says so, and does it once more.
    drop(parking);
    let parking = place.open(Bounds::default());
    assert!(parking.expire(ELSEWHERE, 100, at(20)).await.unwrap().is_empty(), "they are this server's");
    let again = parking.expire(HOME, 100, at(20)).await.unwrap();
    assert_eq!(again, first);
    let kept = quarantine.keep(again, at(20)).await.unwrap();
    assert_eq!((kept.kept, kept.duplicates, kept.dropped), (0, 3, 0));
    assert_eq!(parking.totals().await.unwrap().events, 3, "until then they count");
    parking.expired(HOME, &first.iter().map(|item| item.seq).collect::<Vec<_>>()).await.unwrap();
    assert_eq!(parking.totals().await.unwrap().events, 0);
    let held = quarantine.events(&session("s"), 0, 100).await.unwrap();
    assert_eq!(numbers(&held), [id(0), id(1), id(2)]);
}

async fn every_bound_is_exact_and_nobody_is_thrown_out(place: Place) {
    let bounds = Bounds {
        session_events: 3,
        session_bytes: 100,
        address_sessions: 2,
        address_bytes: 150,
        events: 8,
        bytes: 300,
        claims: 2,
    };
    let parking = place.open(bounds);
    let event = |name: &str, n: u64, by: u8, bytes: usize| Parked {
        address: address(by),
        record: "x".repeat(bytes),
        ..item(name, n, at(0))
    };
    let steps = [
        (event("a", 1, 1, 50), Put::Parked),
        (event("a", 2, 1, 51), Put::Full(Bound::SessionBytes)),
        (event("a", 3, 1, 49), Put::Parked),
        (event("a", 4, 2, 1), Put::Parked),
        (event("a", 5, 2, 0), Put::Full(Bound::SessionEvents)),
        (event("b", 6, 1, 51), Put::Parked),
        (event("b", 7, 1, 1), Put::Full(Bound::AddressBytes)),
        (event("c", 8, 1, 0), Put::Full(Bound::AddressSessions)),
        (event("c", 9, 2, 0), Put::Parked),
        (event("d", 10, 2, 0), Put::Full(Bound::AddressSessions)),
        (event("d", 11, 3, 100), Put::Parked),
        (event("e", 12, 3, 50), Put::Full(Bound::Bytes)),
        (event("e", 13, 3, 49), Put::Parked),
        (event("e", 14, 4, 0), Put::Parked),
        (event("f", 15, 4, 0), Put::Full(Bound::Events)),
    ];
    for (item, expected) in steps {
        let n = item.id;
        let put = park(&parking, item, at(0)).await;
        assert_eq!(put, expected, "{n}");
    }
    assert_eq!(parking.totals().await.unwrap(), Totals { events: 8, bytes: 300, claims: 0 });
    // All of them are there still, and what is released makes room.
    for (name, count) in [("a", 3), ("b", 1), ("c", 1), ("d", 1), ("e", 2)] {
        assert_eq!(parking.events(&session(name), 0, 9).await.unwrap().len(), count, "{name}");
    }
    claim(&parking, "a", "o/p", None, at(0)).await;
    assert_eq!(drain(&parking, "a", at(0)).await.len(), 3);
    assert_eq!(park(&parking, event("f", 15, 1, 99), at(0)).await, Put::Parked, "address 1 has only b left");
    claim(&parking, "b", "o/p", None, at(0)).await;
    assert_eq!(claim(&parking, "c", "o/p", None, at(0)).await, Claimed::Full);
    assert!(matches!(claim(&parking, "a", "o/p", None, at(0)).await, Claimed::Ours { .. }), "renewing needs no room");
}

async fn what_was_acknowledged_survives(place: Place) {
    let parking = place.open(Bounds::default());
    parking.park(HOME, (0..9).map(|n| item("s", n, at(0))).collect(), at(0)).await.unwrap();
    claim(&parking, "t", "o/p", Some("ann"), at(0)).await;
    drop(parking);
    let place = place.killed().await;
    let parking = place.open(Bounds::default());
    assert_eq!(parking.claimed(&session("t"), at(1)).await.unwrap().unwrap().person.as_deref(), Some("ann"));
    claim(&parking, "s", "o/p", None, at(1)).await;
    assert_eq!(drain(&parking, "s", at(1)).await.len(), 9);
}

async fn fifty_park_at_once_while_claims_run(place: Place) {
    let parking = place.open(Bounds::default());
    let mut parks = Vec::new();
    for n in 0..50u64 {
        let parking = parking.clone();
        parks.push(tokio::spawn(async move {
            let mut direct = Vec::new();
            for k in 0..4 {
                let number = n * 4 + k;
                match park(&parking, item("s", number, at(0)), at(0)).await {
                    Put::Parked => {}
                    Put::Claimed(_) => direct.push(id(number)),
                    other => panic!("{other:?}"),
                }
            }
            direct
        }));
    }
    let mut stored = Vec::new();
    for _ in 0..20 {
        claim(&parking, "s", "o/p", None, at(0)).await;
        stored.extend(numbers(&drain(&parking, "s", at(0)).await));
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    for park in parks {
        stored.extend(park.await.unwrap());
    }
    stored.extend(numbers(&drain(&parking, "s", at(0)).await));
    assert_eq!(stored.len(), 200, "none twice");
    stored.sort();
    stored.dedup();
    assert_eq!(stored.len(), 200, "none lost");
    assert_eq!(parking.totals().await.unwrap().events, 0);
}

async fn one_of_many_claims_wins(place: Place) {
    let parking = place.open(Bounds::default());
    let claims = (0..16).map(|n| {
        let parking = parking.clone();
        tokio::spawn(async move { (n, claim(&parking, "s", &format!("o/p{n}"), None, at(0)).await) })
    });
    let mut winners = Vec::new();
    for each in claims.collect::<Vec<_>>() {
        if let (n, Claimed::Ours { .. }) = each.await.unwrap() {
            winners.push(format!("o/p{n}"));
        }
    }
    let found = parking.claimed(&session("s"), at(0)).await.unwrap().unwrap();
    assert_eq!(winners, [found.project]);
}

async fn sessions_and_events_are_listed(place: Place) {
    let parking = place.open(Bounds::default());
    for (name, n, minutes) in [("young", 1, 5), ("old", 2, 1), ("old", 3, 3)] {
        park(&parking, item(name, n, at(minutes)), at(5)).await;
    }
    let list = parking.sessions(0, 10).await.unwrap();
    let facts: Vec<_> = list.iter().map(|s| (s.session.session.as_str(), s.events, s.first_at, s.last_at)).collect();
    assert_eq!(facts, [("old", 2, at(1), at(3)), ("young", 1, at(5), at(5))]);
    assert_eq!(list[0].address, "10.0.0.1");
    assert_eq!(parking.sessions(1, 10).await.unwrap(), list[1..]);
    let events = parking.events(&session("old"), 0, 1).await.unwrap();
    assert_eq!(numbers(&events), [id(2)]);
    assert_eq!(numbers(&parking.events(&session("old"), events[0].seq, 9).await.unwrap()), [id(3)]);
    assert!(parking.events(&session("none"), 0, 9).await.unwrap().is_empty());
}

async fn dice_against_the_model(place: Place) {
    dice::roll(place).await;
}

#[tokio::test]
async fn a_quarantine_is_bounded_by_all_and_by_address_and_by_age() {
    let bounds = QuarantineBounds {
        events: 5,
        address_events: 3,
        age: Duration::from_secs(3600),
        ..QuarantineBounds::default()
    };
    let quarantine = Quarantine::open(None, bounds, &Settings::default()).unwrap();
    let of = |name: &str, n: u64, by: u8| Parked { address: address(by), ..item(name, n, at(0)) };
    let flood = (0..10).map(|n| of("flood", n, 1)).collect();
    assert_eq!(quarantine.keep(flood, at(0)).await.unwrap().dropped, 7, "one address leaves room for others");
    assert_eq!(quarantine.keep(vec![of("real", 20, 2), of("real", 21, 2)], at(30)).await.unwrap().kept, 2);
    assert_eq!(quarantine.keep(vec![of("real", 22, 3)], at(30)).await.unwrap().dropped, 1);
    let sessions = quarantine.sessions(0, 10).await.unwrap();
    assert_eq!(sessions.iter().map(|s| s.events).sum::<u64>(), 5);
    assert_eq!(quarantine.purge(at(61)).await.unwrap(), 3);
    assert_eq!(quarantine.held().await.unwrap().events, 2);
    let left = quarantine.events(&session("real"), 0, 9).await.unwrap();
    assert_eq!(quarantine.remove(left.iter().map(|item| item.seq).collect()).await.unwrap(), 2);
    assert_eq!(quarantine.held().await.unwrap(), Default::default());
}
