//! The usage ledger: one row per request to a model, however many sources tell of it, whichever comes first.
//!
//! *One request.* Tellings are of one request where they have the same request id, or, where none is told, the same
//! message id. A telling without either is a request of its own; such requests of different sources cannot be told
//! apart from one another, so a session counts those of its best source alone (its *tier*).
//!
//! *Replays.* Claude Code's `/btw` sends a message again under new request ids, in a side chain. Of the requests with one
//! message id, those outside side chains count; where there is none, the largest does (protocol notes of ccusage).
//!
//! *Who is believed.* Tokens, model and price come from the source of the highest rank: a transcript has every class of
//! token, telemetry does not tell the life of caches, a hook tells sums. A cost told by the agent itself goes before one
//! from our price table. A request belongs to the session, of all that tell it, in which it happened first: a forked
//! session repeats its parent's.
//!
//! *Counters* (metrics) are many requests, or parts of one. They count only in a session nobody told a request of.

use std::collections::{BTreeMap, BTreeSet};

use hookrail_core::context::Source;
use hookrail_core::event::Event;
use hookrail_core::ledger::{ModelUse, NanoUsd, Scope, Tokens};

use super::said::agreed;
use super::{Map, Merged, SessionKey};
use crate::StoreError;

/// How good the evidence of a session's use is: of two kinds, only the better one counts. The numbers are kept.
pub(crate) const COUNTERS: i64 = 1;
/// Requests without ids are told by their source's rank above this.
const WITHOUT_IDS: i64 = 1;
/// Requests with ids, of whatever source.
const WITH_IDS: i64 = 9;

/// How much a source is believed about tokens.
fn rank(source: Source) -> i64 {
    match source {
        Source::Emitted => 1,
        Source::Hook => 2,
        Source::Telemetry => 3,
        Source::Transcript => 4,
    }
}

/// The 64-bit key of an id. Of ten million ids, two have the same key with a probability of some 3 in a million.
fn key_of(kind: &str, id: &[u8]) -> i64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(kind.as_bytes());
    hasher.update(id);
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    i64::from_le_bytes(bytes)
}

fn non_empty(id: &Option<String>) -> Option<&[u8]> {
    id.as_deref().filter(|id| !id.is_empty()).map(str::as_bytes)
}

/// What is believed of a request's tokens; of two tellings the greater counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Believed {
    pub(crate) rank: i64,
    pub(crate) total: u64,
    pub(crate) model: String,
    pub(crate) tokens: [u64; 6],
    pub(crate) priced: Option<i64>,
}

/// A request as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestRow {
    pub(crate) message: Option<i64>,
    /// The session's key, its id to choose between sessions by, and when the request happened.
    pub(crate) session: SessionKey,
    pub(crate) session_id: String,
    pub(crate) at: i64,
    pub(crate) actor: Option<String>,
    pub(crate) turn: Option<String>,
    pub(crate) tier: i64,
    pub(crate) sidechain: Option<bool>,
    pub(crate) counted: bool,
    pub(crate) believed: Believed,
    /// What the agent itself says it cost, and how much its source is believed.
    pub(crate) told: Option<(i64, i64)>,
    pub(crate) query_source: Option<String>,
    pub(crate) skill: Option<String>,
    pub(crate) mcp_server: Option<String>,
}

/// What a counter stands at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counter {
    pub(crate) session: SessionKey,
    pub(crate) tokens: [u64; 6],
    pub(crate) told: i64,
    pub(crate) priced: i64,
}

/// What spend is summed by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SpendKey {
    pub(crate) session: SessionKey,
    pub(crate) tier: i64,
    pub(crate) hour: i64,
    pub(crate) model: String,
    pub(crate) actor: String,
    pub(crate) mcp_server: String,
}

/// A change to what was spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spend {
    pub(crate) requests: i64,
    pub(crate) unpriced: i64,
    pub(crate) input: i64,
    pub(crate) output: i64,
    pub(crate) cache_read: i64,
    pub(crate) cache_write: i64,
    pub(crate) thinking: i64,
    pub(crate) cost: i64,
    pub(crate) estimated: i64,
}

/// Where requests and counters that are already kept come from.
pub(crate) trait Ledger {
    /// A request.
    fn request(&mut self, key: i64) -> Result<Option<RequestRow>, StoreError>;
    /// The requests with a message.
    fn requests_of(&mut self, message: i64) -> Result<Vec<(i64, RequestRow)>, StoreError>;
    /// A counter.
    fn counter(&mut self, series: i64) -> Result<Option<Counter>, StoreError>;
}

/// The part of a batch that concerns the ledger.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    requests: Map<i64, Box<Merged<RequestRow>>>,
    counters: Map<i64, Counter>,
    spend: BTreeMap<SpendKey, Spend>,
}

/// What is to be written after a batch.
#[derive(Debug, Default)]
pub(crate) struct LedgerChanges {
    pub(crate) requests: Vec<(i64, RequestRow)>,
    pub(crate) counters: Map<i64, Counter>,
    pub(crate) spend: BTreeMap<SpendKey, Spend>,
}

fn classes(tokens: &Tokens) -> [u64; 6] {
    [tokens.input, tokens.output, tokens.cache_read, tokens.cache_write_5m, tokens.cache_write_1h, tokens.thinking]
}

/// The start of the hour, in seconds since the epoch.
pub(crate) fn hour(at: i64) -> i64 {
    at.div_euclid(3_600_000_000_000) * 3600
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

impl RequestRow {
    fn new(session: SessionKey, session_id: &str, event: &Event, used: &ModelUse, tier: i64) -> Self {
        let rank = rank(event.parsed.source);
        Self {
            message: non_empty(&used.message_id).map(|id| key_of("message", id)),
            session,
            session_id: session_id.to_owned(),
            at: event.occurred_at.as_nanos(),
            actor: event.parsed.actor.subagent_id().map(str::to_owned),
            turn: event.parsed.turn_id.clone(),
            tier,
            // Telemetry does not know side chains.
            sidechain: (event.parsed.source == Source::Transcript).then_some(used.sidechain),
            counted: true,
            believed: Believed {
                rank,
                total: used.tokens.total(),
                model: used.model.clone(),
                tokens: classes(&used.tokens),
                priced: used.priced.map(|NanoUsd(nanos)| nanos),
            },
            told: used.told.map(|NanoUsd(nanos)| (rank, nanos)),
            query_source: used.query_source.clone(),
            skill: used.skill.clone(),
            mcp_server: used.mcp_server.clone(),
        }
    }

    /// Joins two tellings of one request: whichever comes first, the result is the same.
    fn join(&mut self, other: &Self) {
        self.message = self.message.max(other.message);
        if (other.at, &other.session_id) < (self.at, &self.session_id) {
            self.session = other.session;
            self.session_id.clone_from(&other.session_id);
            self.at = other.at;
        }
        agreed(&mut self.actor, other.actor.as_deref());
        agreed(&mut self.turn, other.turn.as_deref());
        self.tier = self.tier.max(other.tier);
        self.sidechain = match (self.sidechain, other.sidechain) {
            (Some(one), Some(other)) => Some(one && other),
            (one, other) => one.or(other),
        };
        if other.believed > self.believed {
            self.believed = other.believed.clone();
        }
        self.told = self.told.max(other.told);
        agreed(&mut self.query_source, other.query_source.as_deref());
        agreed(&mut self.skill, other.skill.as_deref());
        agreed(&mut self.mcp_server, other.mcp_server.as_deref());
    }

    fn spend_key(&self) -> SpendKey {
        SpendKey {
            session: self.session,
            tier: self.tier,
            hour: hour(self.at),
            model: self.believed.model.clone(),
            actor: self.actor.clone().unwrap_or_default(),
            mcp_server: self.mcp_server.clone().unwrap_or_default(),
        }
    }

    fn spend(&self) -> Spend {
        let told = self.told.map(|(_, nanos)| nanos);
        let cost = told.or(self.believed.priced);
        Spend {
            requests: 1,
            unpriced: i64::from(cost.is_none()),
            cost: cost.unwrap_or(0),
            estimated: if told.is_none() { cost.unwrap_or(0) } else { 0 },
            ..Spend::of(&self.believed.tokens)
        }
    }
}

impl Spend {
    fn of(tokens: &[u64; 6]) -> Self {
        let [input, output, cache_read, short, long, thinking] = tokens.map(signed);
        Self { input, output, cache_read, cache_write: short.saturating_add(long), thinking, ..Self::default() }
    }

    fn add(&mut self, other: &Self, times: i64) {
        let add = |sum: &mut i64, more: i64| *sum = sum.saturating_add(more.saturating_mul(times));
        add(&mut self.requests, other.requests);
        add(&mut self.unpriced, other.unpriced);
        add(&mut self.input, other.input);
        add(&mut self.output, other.output);
        add(&mut self.cache_read, other.cache_read);
        add(&mut self.cache_write, other.cache_write);
        add(&mut self.thinking, other.thinking);
        add(&mut self.cost, other.cost);
        add(&mut self.estimated, other.estimated);
    }
}

impl Usage {
    /// Takes in what a stored event tells of a model's use; says how good that evidence is.
    pub(crate) fn absorb(
        &mut self,
        ledger: &mut impl Ledger,
        session: SessionKey,
        session_id: &str,
        event: &Event,
        used: &ModelUse,
    ) -> Result<i64, StoreError> {
        match &used.scope {
            Scope::Request => {
                let request = non_empty(&used.request_id).map(|id| key_of("request", id));
                let key = request.or(non_empty(&used.message_id).map(|id| key_of("only message", id)));
                let tier = if key.is_some() { WITH_IDS } else { WITHOUT_IDS + rank(event.parsed.source) };
                let key = key.unwrap_or_else(|| key_of("event", event.id.as_bytes()));
                let told = RequestRow::new(session, session_id, event, used, tier);
                match self.requests.get_mut(&key) {
                    Some(request) => request.now.join(&told),
                    None => {
                        let kept = ledger.request(key)?;
                        let now = match &kept {
                            Some(kept) => {
                                let mut now = kept.clone();
                                now.join(&told);
                                now
                            }
                            None => told,
                        };
                        self.requests.insert(key, Box::new(Merged { kept, now }));
                    }
                }
                Ok(tier)
            }
            Scope::Delta => {
                let spend = Spend {
                    cost: used.told.or(used.priced).unwrap_or_default().0,
                    estimated: if used.told.is_none() { used.priced.unwrap_or_default().0 } else { 0 },
                    ..Spend::of(&classes(&used.tokens))
                };
                self.count(session, event, used, &spend);
                Ok(COUNTERS)
            }
            Scope::Cumulative { series } => {
                let series = key_of("series", series.as_bytes());
                let before = match self.counters.get(&series) {
                    Some(counter) => *counter,
                    None => ledger.counter(series)?.unwrap_or(Counter { session, ..Counter::default() }),
                };
                let mut now = before;
                for (stands, told) in now.tokens.iter_mut().zip(classes(&used.tokens)) {
                    *stands = (*stands).max(told);
                }
                now.told = now.told.max(used.told.unwrap_or_default().0);
                now.priced = now.priced.max(used.priced.unwrap_or_default().0);
                let mut grown = Spend::of(&now.tokens);
                grown.add(&Spend::of(&before.tokens), -1);
                let cost = |counter: &Counter| {
                    if counter.told > 0 { (counter.told, 0) } else { (counter.priced, counter.priced) }
                };
                let (cost_now, estimated_now) = cost(&now);
                let (cost_before, estimated_before) = cost(&before);
                grown.cost = cost_now - cost_before;
                grown.estimated = estimated_now - estimated_before;
                self.count(now.session, event, used, &grown);
                self.counters.insert(series, now);
                Ok(COUNTERS)
            }
        }
    }

    fn count(&mut self, session: SessionKey, event: &Event, used: &ModelUse, spend: &Spend) {
        let key = SpendKey {
            session,
            tier: COUNTERS,
            hour: hour(event.occurred_at.as_nanos()),
            model: used.model.clone(),
            actor: String::new(),
            mcp_server: used.mcp_server.clone().unwrap_or_default(),
        };
        self.spend.entry(key).or_default().add(spend, 1);
    }

    /// What is to be written.
    pub(crate) fn finish(mut self, ledger: &mut impl Ledger) -> Result<LedgerChanges, StoreError> {
        self.settle_replays(ledger)?;
        let mut spend = self.spend;
        let mut requests = Vec::with_capacity(self.requests.len());
        for (key, request) in self.requests {
            if !request.is_changed() {
                continue;
            }
            let Merged { kept, now } = *request;
            let mut add = |row: &RequestRow, times: i64| {
                if row.counted {
                    spend.entry(row.spend_key()).or_default().add(&row.spend(), times);
                }
            };
            if let Some(kept) = &kept {
                add(kept, -1);
            }
            add(&now, 1);
            requests.push((key, now));
        }
        spend.retain(|_, change| *change != Spend::default());
        Ok(LedgerChanges { requests, counters: self.counters, spend })
    }

    /// Decides which requests of one message count.
    fn settle_replays(&mut self, ledger: &mut impl Ledger) -> Result<(), StoreError> {
        let touched: BTreeSet<i64> = self
            .requests
            .values()
            .filter(|request| request.is_changed())
            .filter_map(|request| request.now.message)
            .collect();
        let mut of_message: Map<i64, Vec<i64>> = Map::default();
        for message in touched {
            for (key, row) in ledger.requests_of(message)? {
                self.requests.entry(key).or_insert_with(|| Box::new(Merged { kept: Some(row.clone()), now: row }));
            }
            of_message.insert(message, Vec::new());
        }
        for (key, request) in &self.requests {
            if let Some(keys) = request.now.message.and_then(|message| of_message.get_mut(&message)) {
                keys.push(*key);
            }
        }
        for keys in of_message.values().filter(|keys| keys.len() > 1) {
            let row = |key: &i64| self.requests.get(key).map(|request| &request.now);
            let is_original = |row: &RequestRow| row.sidechain != Some(true);
            let some_original = keys.iter().filter_map(row).any(is_original);
            let largest = keys.iter().max_by_key(|key| row(key).map(|row| (&row.believed, **key))).copied();
            let counted: Vec<(i64, bool)> = keys
                .iter()
                .filter_map(|key| {
                    let row = row(key)?;
                    Some((*key, if some_original { is_original(row) } else { Some(*key) == largest }))
                })
                .collect();
            for (key, counted) in counted {
                if let Some(request) = self.requests.get_mut(&key) {
                    request.now.counted = counted;
                }
            }
        }
        Ok(())
    }
}
