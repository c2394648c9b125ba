//! What requests to models cost, counted once each: sums are a function of the set of requests that were told, whatever their order
//! and however often.
//!
//! The rules are those of the usage ledger (docs/ledger.md): tellings are of one request where their request ids agree, else
//! their message ids; of two tellings the larger counts; a request belongs to where it happened first, as a fork repeats its
//! parent's; a message that was sent again in a side chain counts once.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{Per, Scope};
use crate::ledger::{ModelUse, NanoUsd};
use crate::policy::fnv;
use crate::time::Timestamp;

/// A request, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// What tells it from others.
    #[serde(rename = "k")]
    pub key: u64,
    /// What tells its message from others, where it has one.
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    pub message: Option<u64>,
    /// When it happened.
    #[serde(rename = "t")]
    pub at: Timestamp,
    /// Where: a place of the [`Book`].
    #[serde(rename = "p")]
    pub place: u32,
    /// How many tokens it took, and what these cost by the price table; `None` where its model has no price.
    #[serde(rename = "c")]
    pub priced: (u64, Option<NanoUsd>),
    /// What it cost by the agent's own word.
    #[serde(rename = "w", default, skip_serializing_if = "Option::is_none")]
    pub told: Option<NanoUsd>,
    /// Whether it was made in a side chain.
    #[serde(rename = "x", default, skip_serializing_if = "is_false")]
    pub sidechain: bool,
}

/// Whether it is outside side chains, how large it is, and its key.
type Rank = (bool, (u64, Option<NanoUsd>), u64);

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// Where requests are made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The agent's name.
    pub agent: String,
    /// The session.
    pub session: String,
    /// The repository: its remote, else its root, else the folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The root of the checkout, else the folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
}

impl Request {
    /// A request of which a line of a transcript tells; `alone` is what tells it from others where it has no id.
    pub fn of(used: &ModelUse, at: Timestamp, place: u32, alone: u64) -> Self {
        let id = |kind: &str, id: &Option<String>| {
            id.as_deref().filter(|id| !id.is_empty()).map(|id| fnv(&format!("{kind}\n{id}")))
        };
        let message = id("message", &used.message_id);
        Self {
            key: id("request", &used.request_id).or(message).unwrap_or(alone),
            message,
            at,
            place,
            priced: (used.tokens.total(), used.priced),
            told: used.told,
            sidechain: used.sidechain,
        }
    }

    /// What it cost; `None` where nobody knows.
    pub fn cost(&self) -> Option<NanoUsd> {
        self.told.or(self.priced.1)
    }

    /// Which of several requests with one message counts before others.
    const fn rank(&self) -> Rank {
        (!self.sidechain, self.priced, self.key)
    }

    /// Joins two tellings of one request: whichever comes first, the result is the same.
    fn join(&mut self, other: &Self, places: &[Place]) {
        let first = |request: &Self| (request.at, places.get(request.place as usize).cloned());
        if first(other) < first(self) {
            (self.at, self.place) = (other.at, other.place);
        }
        self.message = self.message.max(other.message);
        self.priced = self.priced.max(other.priced);
        self.told = self.told.max(other.told);
        self.sidechain &= other.sidechain;
    }
}

/// Every request that was told of, once.
#[derive(Clone, Debug, Default)]
pub struct Book {
    places: Vec<Place>,
    numbers: HashMap<Place, u32>,
    requests: HashMap<u64, Request>,
}

/// What was spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// What is known.
    pub cost: NanoUsd,
    /// Requests that nobody knows the cost of.
    pub unpriced: u64,
}

impl Spent {
    fn add(&mut self, request: &Request) {
        match request.cost() {
            Some(cost) => self.cost += cost,
            None => self.unpriced += 1,
        }
    }
}

impl Book {
    /// The number of a place, and whether it is new.
    pub fn place(&mut self, place: &Place) -> (u32, bool) {
        if let Some(number) = self.numbers.get(place) {
            return (*number, false);
        }
        let number = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        self.numbers.insert(place.clone(), number);
        self.places.push(place.clone());
        (number, true)
    }

    /// The places, by their numbers.
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// Takes in what is told of a request; whether that is news.
    pub fn tell(&mut self, told: Request) -> bool {
        match self.requests.get_mut(&told.key) {
            None => {
                self.requests.insert(told.key, told);
                true
            }
            Some(kept) => {
                let before = kept.clone();
                kept.join(&told, &self.places);
                *kept != before
            }
        }
    }

    /// How many requests there are.
    pub fn len(&self) -> usize {
        self.requests.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    /// The requests, in no order, replays among them.
    pub fn requests(&self) -> impl Iterator<Item = &Request> {
        self.requests.values()
    }

    /// The requests that count: of those with one message the ones outside side chains; where there is none, the largest.
    pub fn counted(&self) -> impl Iterator<Item = (&Request, Option<&Place>)> {
        let mut best: HashMap<u64, Rank> = HashMap::new();
        for request in self.requests.values() {
            let rank = request.rank();
            if let Some(message) = request.message {
                best.entry(message).and_modify(|best| *best = (*best).max(rank)).or_insert(rank);
            }
        }
        let counts = move |request: &&Request| match request.message.and_then(|message| best.get(&message)) {
            Some((true, _, _)) => !request.sidechain,
            Some((false, _, key)) => request.key == *key,
            None => true,
        };
        self.requests.values().filter(counts).map(|request| (request, self.places.get(request.place as usize)))
    }

    /// What was spent of a scope since a time, by session or repository; a person's is under no name.
    pub fn spent(&self, scope: Scope, since: Option<Timestamp>) -> HashMap<Option<String>, Spent> {
        let mut all: HashMap<Option<String>, Spent> = HashMap::new();
        for (request, place) in self.counted() {
            if since.is_some_and(|since| request.at < since) {
                continue;
            }
            let whose = match scope.per {
                Per::Person => None,
                Per::Session => place.map(|place| place.session.clone()),
                Per::Repository => match place.and_then(|place| place.repository.clone()) {
                    Some(repository) => Some(repository),
                    None => continue,
                },
            };
            all.entry(whose).or_default().add(request);
        }
        all
    }

    /// Forgets sessions that ended before a time; then, where there are still more than `most` requests, the oldest.
    pub fn forget(&mut self, before: Timestamp, most: usize) {
        let session = |request: &Request| self.places.get(request.place as usize).map(|place| place.session.as_str());
        let mut latest: HashMap<Option<&str>, Timestamp> = HashMap::new();
        for request in self.requests.values() {
            let at = latest.entry(session(request)).or_insert(request.at);
            *at = (*at).max(request.at);
        }
        let is_over = |request: &&Request| latest.get(&session(request)).is_some_and(|at| *at < before);
        let over: Vec<u64> = self.requests.values().filter(is_over).map(|request| request.key).collect();
        for key in over {
            self.requests.remove(&key);
        }
        let mut by_age: Vec<(Timestamp, u64)> = self.requests.values().map(|it| (it.at, it.key)).collect();
        by_age.sort_unstable();
        for (_, key) in by_age.iter().take(by_age.len().saturating_sub(most)) {
            self.requests.remove(key);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::policy::spend::Within;

    fn place(session: &str, repository: &str) -> Place {
        Place {
            agent: "claude-code".into(),
            session: session.into(),
            repository: Some(repository.into()),
            folder: None,
        }
    }

    fn request(key: u64, message: Option<u64>, at: i64, place: u32, tokens: u64, sidechain: bool) -> Request {
        Request {
            key,
            message,
            at: Timestamp::from_nanos(at),
            place,
            priced: (tokens, Some(NanoUsd(tokens as i64))),
            told: None,
            sidechain,
        }
    }

    fn total(book: &Book) -> i64 {
        let scope = Scope { per: Per::Person, within: Some(Within::Day) };
        book.spent(scope, None).get(&None).map_or(0, |spent| spent.cost.0)
    }

    #[test]
    fn a_request_counts_once_by_its_largest_telling_where_it_happened_first() {
        let mut book = Book::default();
        assert_eq!(book.place(&place("parent", "shop")), (0, true));
        assert_eq!(book.place(&place("fork", "shop")), (1, true));
        assert_eq!(book.place(&place("parent", "shop")), (0, false));
        assert!(book.tell(request(1, None, 10, 1, 5, false)));
        assert!(book.tell(request(1, None, 5, 0, 9, false)), "it was told of earlier, and larger");
        assert!(!book.tell(request(1, None, 10, 1, 5, false)), "nothing new");
        let session = Scope { per: Per::Session, within: None };
        let spent = book.spent(session, None);
        assert_eq!(spent.len(), 1);
        assert_eq!(spent[&Some("parent".to_owned())].cost, NanoUsd(9));
        assert_eq!(book.spent(session, Some(Timestamp::from_nanos(6))).len(), 0);
    }

    #[test]
    fn a_message_that_was_sent_again_in_a_side_chain_counts_once() {
        for (requests, expected) in [
            (vec![request(1, Some(7), 1, 0, 5, false), request(2, Some(7), 2, 0, 50, true)], 5),
            (vec![request(1, Some(7), 1, 0, 5, true), request(2, Some(7), 2, 0, 50, true)], 50),
            (vec![request(1, Some(7), 1, 0, 5, false), request(2, Some(8), 2, 0, 50, true)], 55),
        ] {
            let mut book = Book::default();
            book.place(&place("s", "r"));
            for request in requests {
                book.tell(request);
            }
            assert_eq!(total(&book), expected);
        }
    }

    #[test]
    fn what_is_old_is_forgotten_but_nothing_of_a_session_at_work() {
        let mut book = Book::default();
        for name in ["over", "long"] {
            book.place(&place(name, "r"));
        }
        book.tell(request(1, None, 1, 0, 1, false));
        book.tell(request(2, None, 1, 1, 10, false));
        book.tell(request(3, None, 9, 1, 100, false));
        book.forget(Timestamp::from_nanos(5), 10);
        assert_eq!(total(&book), 110);
        book.forget(Timestamp::from_nanos(5), 1);
        assert_eq!(total(&book), 100, "there is a bound in any case");
    }

    #[test]
    fn a_request_without_a_price_is_told_of_and_not_as_nothing() {
        let mut book = Book::default();
        book.place(&place("s", "r"));
        book.tell(Request { priced: (5, None), ..request(1, None, 1, 0, 5, false) });
        book.tell(Request { told: Some(NanoUsd(3)), priced: (5, None), ..request(2, None, 1, 0, 5, false) });
        let spent = book.spent(Scope { per: Per::Person, within: None }, None)[&None];
        assert_eq!((spent.cost, spent.unpriced), (NanoUsd(3), 1));
    }
}
