//! Blocks: a few hundred events in the order of arrival, made small together.
//!
//! An event's payload repeats much of its neighbours' (the call's input comes again with its result), so payloads are
//! compressed a block at a time. Everything else about the events (their *heads*) is kept apart, column by column and
//! compressed, so that a search reads heads without touching payloads. Texts of heads are interned *within the block*:
//! there is no table of words to grow, to cache or to clean up, and a block can be read on its own.
//!
//! Heads, before compression: the number of texts, their lengths, their bytes; then the columns, each a varint per
//! event: occurred and received (as differences), duration + 1, payload length, and one per [`Field`] (0 for none,
//! else 1 + the text's index); then the ids, first all their first bytes, then all second bytes, and so on; then the
//! columns of the fields that were added since, which older blocks end without.
//!
//! The *Bloom filter* of a block answers "does no event here have this text in this field": three bits per text.

use std::borrow::Cow;

use std::sync::Arc;

use hookrail_core::event::{Actor, Agent, EventId, Kind, Outcome};
use hookrail_core::mcp;
use hookrail_core::redact::Redaction;
use hookrail_core::time::Timestamp;
use serde_json::value::RawValue;

use crate::StoreError;
use crate::derive::Map;
use crate::model::{EventFilter, Seq, StoredEvent};
use crate::varint;

/// A block is closed when it holds so many events …
pub(crate) const MAX_EVENTS: usize = 512;
/// … or so many bytes of payload. One event alone may be larger.
pub(crate) const MAX_BYTES: usize = 512 * 1024;
/// The largest block that is believed when it is read: more means damage.
const MAX_RAW: usize = 256 * 1024 * 1024;
/// Level 1 is what keeps 50,000 events a second affordable; level 3 makes payloads some 5 % smaller at half as much
/// time again.
const LEVEL: i32 = 1;

/// The texts of a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Session,
    Agent,
    Name,
    Kind,
    Tool,
    ToolUse,
    Outcome,
    User,
    Device,
    SourceApp,
    // Not asked for by any filter, so not in the Bloom filter.
    Family,
    Actor,
    ActorType,
    Verdict,
    // Added since: behind the ids, in this order.
    Server,
    Redactions,
}

const FIELDS: usize = 16;
/// The fields every block has; those from here on are missing in older ones.
const FIRST_FIELDS: usize = Field::Server as usize;

/// Whether a field's texts are in the Bloom filter.
const fn is_filtered(field: usize) -> bool {
    field < Field::Family as usize || field >= FIRST_FIELDS
}

/// The kinds in a list of redactions, as it is written in a block.
fn kinds(list: &str) -> impl Iterator<Item = &str> {
    const NAME: &str = "\"kind\":\"";
    list.match_indices(NAME).filter_map(|(at, _)| list[at + NAME.len()..].split_once('"')).map(|(kind, _)| kind)
}

/// A stable 64-bit hash (FNV-1a): it is part of what is on the disk.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// A block ready to be stored.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) first_seq: Seq,
    pub(crate) count: usize,
    pub(crate) min_at: i64,
    pub(crate) max_at: i64,
    pub(crate) received_at: i64,
    pub(crate) raw_len: usize,
    pub(crate) bloom: Vec<u8>,
    pub(crate) heads: Vec<u8>,
    pub(crate) payloads: Vec<u8>,
}

/// Encodes blocks, keeping its buffers and the compressor's.
pub(crate) struct Encoder {
    compressor: zstd::bulk::Compressor<'static>,
    raw: Vec<u8>,
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Encoder")
    }
}

impl Encoder {
    pub(crate) fn new() -> Result<Self, StoreError> {
        Ok(Self { compressor: zstd::bulk::Compressor::new(LEVEL)?, raw: Vec::new() })
    }

    /// Encodes events whose positions follow each other. There must be at least one.
    pub(crate) fn encode(&mut self, events: &[Arc<StoredEvent>]) -> Result<Encoded, StoreError> {
        let Some((first, last)) = events.first().zip(events.last()) else {
            return Err(StoreError::Other("a block needs an event".to_owned()));
        };
        self.raw.clear();
        for event in events {
            self.raw.extend_from_slice(event.payload.get().as_bytes());
        }
        let payloads = self.compressor.compress(&self.raw)?;
        let raw_len = self.raw.len();
        let bloom = encode_heads(events, &mut self.raw);
        let heads = self.compressor.compress(&self.raw)?;
        self.raw.shrink_to(2 * MAX_BYTES);
        let times = events.iter().map(|event| event.occurred_at.as_nanos());
        Ok(Encoded {
            first_seq: first.seq,
            count: events.len(),
            min_at: times.clone().min().unwrap_or_default(),
            max_at: times.max().unwrap_or_default(),
            received_at: last.received_at.as_nanos(),
            raw_len,
            bloom,
            heads,
            payloads,
        })
    }
}

/// Writes the heads and returns the Bloom filter.
fn encode_heads(events: &[Arc<StoredEvent>], out: &mut Vec<u8>) -> Vec<u8> {
    let texts: Vec<[Option<Cow<'_, str>>; FIELDS]> = events.iter().map(|event| texts_of(event)).collect();
    let mut interned: Map<&str, u32> = Map::default();
    let mut table: Vec<&str> = Vec::new();
    let mut columns = vec![[0u32; FIELDS]; events.len()];
    for (at, row) in texts.iter().enumerate() {
        for (field, text) in row.iter().enumerate() {
            let Some(text) = text.as_deref() else { continue };
            // Most fields say what they said for the event before.
            if at > 0 && texts[at - 1][field].as_deref() == Some(text) {
                columns[at][field] = columns[at - 1][field];
                continue;
            }
            columns[at][field] = *interned.entry(text).or_insert_with(|| {
                table.push(text);
                table.len() as u32
            });
        }
    }
    out.clear();
    varint::put(out, table.len() as u64);
    table.iter().for_each(|text| varint::put(out, text.len() as u64));
    table.iter().for_each(|text| out.extend_from_slice(text.as_bytes()));
    put_differences(out, events.iter().map(|event| event.occurred_at.as_nanos()));
    put_differences(out, events.iter().map(|event| event.received_at.as_nanos()));
    events.iter().for_each(|event| varint::put(out, event.duration_ms.map_or(0, |ms| ms.saturating_add(1))));
    events.iter().for_each(|event| varint::put(out, event.payload.get().len() as u64));
    for field in 0..FIRST_FIELDS {
        columns.iter().for_each(|row| varint::put(out, u64::from(row[field])));
    }
    for byte in 0..16 {
        out.extend(events.iter().map(|event| event.id.as_bytes()[byte]));
    }
    for field in FIRST_FIELDS..FIELDS {
        columns.iter().for_each(|row| varint::put(out, u64::from(row[field])));
    }
    bloom_of(&table, &columns)
}

fn put_differences(out: &mut Vec<u8>, values: impl Iterator<Item = i64>) {
    let mut previous = 0i64;
    for value in values {
        varint::put(out, varint::zigzag(value.wrapping_sub(previous)));
        previous = value;
    }
}

fn texts_of(event: &StoredEvent) -> [Option<Cow<'_, str>>; FIELDS] {
    let (actor, actor_type) = match &event.actor {
        Actor::Main => (None, None),
        Actor::Subagent { id, agent_type } => (Some(id.as_str()), agent_type.as_deref()),
    };
    let verdict = event.verdict.as_ref().and_then(|verdict| serde_json::to_string(verdict).ok());
    let redactions = (!event.redactions.is_empty()).then(|| serde_json::to_string(&event.redactions).ok()).flatten();
    // In the order of `Field`.
    [
        event.session_id.as_deref().map(Cow::Borrowed),
        Some(Cow::Borrowed(event.agent.as_str())),
        Some(Cow::Borrowed(&event.name)),
        Some(Cow::Borrowed(event.kind.as_str())),
        event.tool.as_deref().map(Cow::Borrowed),
        event.tool_use_id.as_deref().map(Cow::Borrowed),
        event.outcome.map(|outcome| Cow::Borrowed(outcome.as_str())),
        event.user.as_deref().map(Cow::Borrowed),
        event.device.as_deref().map(Cow::Borrowed),
        event.source_app.as_deref().map(Cow::Borrowed),
        event.tool_family.as_deref().map(Cow::Borrowed),
        actor.map(Cow::Borrowed),
        actor_type.map(Cow::Borrowed),
        verdict.map(Cow::Owned),
        event.mcp_server.as_deref().map(Cow::Borrowed),
        redactions.map(Cow::Owned),
    ]
}

/// The bits a text sets, out of a filter of `bits` (a power of two).
fn bloom_bits(text_hash: u64, field: usize, bits: u64) -> [u64; 3] {
    // The finalizer of splitmix64: spreads the field and FNV's weak high bits over the whole word.
    let mut mixed = text_hash ^ (field as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    [mixed & (bits - 1), (mixed >> 20) & (bits - 1), (mixed >> 40) & (bits - 1)]
}

fn bloom_of(table: &[&str], columns: &[[u32; FIELDS]]) -> Vec<u8> {
    // Eight bits per text: about 3 % false alarms.
    let bytes = (table.len() + 8).next_power_of_two().min(4096);
    let mut bloom = vec![0u8; bytes];
    let set = |bloom: &mut [u8], hash: u64, field: usize| {
        for bit in bloom_bits(hash, field, bytes as u64 * 8) {
            bloom[(bit / 8) as usize] |= 1 << (bit % 8);
        }
    };
    let hashes: Vec<u64> = table.iter().map(|text| hash(text.as_bytes())).collect();
    let mut previous = [0u32; FIELDS];
    for row in columns {
        for field in (0..FIELDS).filter(|field| is_filtered(*field)) {
            let text = row[field];
            if text == 0 || text == previous[field] {
                continue;
            }
            previous[field] = text;
            let text = text as usize - 1;
            if field == Field::Redactions as usize {
                let words = kinds(table[text]).chain([EventFilter::ANY]);
                words.for_each(|word| set(&mut bloom, hash(word.as_bytes()), field));
            } else {
                set(&mut bloom, hashes[text], field);
            }
        }
    }
    bloom
}

/// The texts a filter asks for, ready to be looked up in blocks.
#[derive(Debug)]
pub(crate) struct Wanted {
    texts: Vec<(Field, String, u64)>,
    /// Raw names of MCP servers, one of which it must be; `None` where none is asked for.
    servers: Option<Vec<(String, u64)>>,
    /// The kind of a redaction, or [`EventFilter::ANY`].
    redaction: Option<(String, u64)>,
    since: Option<i64>,
    until: Option<i64>,
}

impl Wanted {
    pub(crate) fn new(filter: &EventFilter) -> Self {
        let fields = [
            (Field::Session, &filter.session_id),
            (Field::Agent, &filter.agent),
            (Field::Name, &filter.name),
            (Field::Kind, &filter.kind),
            (Field::Tool, &filter.tool),
            (Field::ToolUse, &filter.tool_use_id),
            (Field::Outcome, &filter.outcome),
            (Field::User, &filter.user),
            (Field::Device, &filter.device),
            (Field::SourceApp, &filter.source_app),
        ];
        let texts = fields.into_iter().filter_map(|(field, text)| {
            let text = text.as_ref()?;
            Some((field, text.clone(), hash(text.as_bytes())))
        });
        Self {
            texts: texts.collect(),
            servers: None,
            redaction: filter.redaction.as_ref().map(|kind| (kind.clone(), hash(kind.as_bytes()))),
            since: filter.since.map(Timestamp::as_nanos),
            until: filter.until.map(Timestamp::as_nanos),
        }
    }

    /// The same, of one of these MCP servers.
    pub(crate) fn of_servers(self, raw: Vec<String>) -> Self {
        let hashed = |name: String| {
            let hash = hash(name.as_bytes());
            (name, hash)
        };
        Self { servers: Some(raw.into_iter().map(hashed).collect()), ..self }
    }

    /// Whether a block may hold what is wanted, by its filter and the span of its times.
    pub(crate) fn may_be_in(&self, bloom: &[u8], min_at: i64, max_at: i64) -> bool {
        let bits = bloom.len() as u64 * 8;
        let set = |bit: u64| bloom.get((bit / 8) as usize).is_some_and(|byte| byte >> (bit % 8) & 1 == 1);
        let holds = |field: Field, hash: u64| bloom_bits(hash, field as usize, bits).into_iter().all(set);
        self.since.is_none_or(|since| max_at >= since)
            && self.until.is_none_or(|until| min_at < until)
            && bits.is_power_of_two()
            && self.texts.iter().all(|(field, _, hash)| holds(*field, *hash))
            && self.servers.as_ref().is_none_or(|any| any.iter().any(|(_, hash)| holds(Field::Server, *hash)))
            && self.redaction.as_ref().is_none_or(|(_, hash)| holds(Field::Redactions, *hash))
    }
}

/// One event of a block without its payload.
#[derive(Debug)]
struct Head {
    id: EventId,
    occurred_at: i64,
    received_at: i64,
    duration: u64,
    payload: std::ops::Range<usize>,
    texts: [u32; FIELDS],
}

/// The heads of a block, decoded.
#[derive(Debug)]
pub(crate) struct Heads {
    first_seq: Seq,
    texts: Vec<Box<str>>,
    heads: Vec<Head>,
}

/// What the indexes and the derived rows know an event by.
#[derive(Debug)]
pub(crate) struct Keys<'a> {
    pub(crate) seq: Seq,
    pub(crate) id: EventId,
    /// The agent and its id of the session.
    pub(crate) session: Option<(&'a str, &'a str)>,
    pub(crate) occurred_at: i64,
    pub(crate) tool_use_id: Option<&'a str>,
}

fn damaged() -> StoreError {
    StoreError::Corrupt("a block of events cannot be read".to_owned())
}

fn decompress(data: &[u8], max: usize) -> Result<Vec<u8>, StoreError> {
    zstd::bulk::decompress(data, max).map_err(|_| damaged())
}

/// The payloads of a block, decompressed. `raw_len` is what the block's row says.
pub(crate) fn payloads(data: &[u8], raw_len: usize) -> Result<String, StoreError> {
    if raw_len > MAX_RAW {
        return Err(damaged());
    }
    String::from_utf8(decompress(data, raw_len)?).map_err(|_| damaged())
}

impl Heads {
    /// Decodes the heads of the block of `count` events that starts at `first_seq`.
    pub(crate) fn decode(first_seq: Seq, count: usize, data: &[u8]) -> Result<Self, StoreError> {
        let size = zstd::zstd_safe::get_frame_content_size(data).ok().flatten().ok_or_else(damaged)?;
        let size = usize::try_from(size).ok().filter(|&size| size <= MAX_RAW).ok_or_else(damaged)?;
        let raw = decompress(data, size)?;
        Self::read(first_seq, count, &raw).ok_or_else(damaged)
    }

    fn read(first_seq: Seq, count: usize, mut raw: &[u8]) -> Option<Self> {
        let raw = &mut raw;
        let texts = usize::try_from(varint::get(raw)?).ok().filter(|&n| n <= raw.len())?;
        let lens: Vec<u64> = (0..texts).map(|_| varint::get(raw)).collect::<Option<_>>()?;
        let mut table = Vec::with_capacity(texts);
        for len in lens {
            let (text, rest) = raw.split_at_checked(usize::try_from(len).ok()?)?;
            table.push(std::str::from_utf8(text).ok()?.into());
            *raw = rest;
        }
        // Every event takes at least its id.
        if count > raw.len() / 16 {
            return None;
        }
        let occurred = get_differences(raw, count)?;
        let received = get_differences(raw, count)?;
        let durations: Vec<u64> = (0..count).map(|_| varint::get(raw)).collect::<Option<_>>()?;
        let lens: Vec<u64> = (0..count).map(|_| varint::get(raw)).collect::<Option<_>>()?;
        let mut columns = vec![[0u32; FIELDS]; count];
        let mut column = |raw: &mut &[u8], field: usize| {
            for row in &mut columns {
                row[field] = u32::try_from(varint::get(raw)?).ok().filter(|&text| text as usize <= texts)?;
            }
            Some(())
        };
        for field in 0..FIRST_FIELDS {
            column(raw, field)?;
        }
        let (ids, since) = raw.split_at_checked(16 * count)?;
        *raw = since;
        for field in FIRST_FIELDS..FIELDS {
            if raw.is_empty() {
                break;
            }
            column(raw, field)?;
        }
        let mut start = 0usize;
        let mut heads = Vec::with_capacity(count);
        for (at, texts) in columns.into_iter().enumerate() {
            let end = start.checked_add(usize::try_from(lens[at]).ok()?)?;
            heads.push(Head {
                id: EventId::from_bytes(std::array::from_fn(|byte| ids[byte * count + at])),
                occurred_at: occurred[at],
                received_at: received[at],
                duration: durations[at],
                payload: start..end,
                texts,
            });
            start = end;
        }
        Some(Self { first_seq, texts: table, heads })
    }

    /// How many events there are.
    pub(crate) fn len(&self) -> usize {
        self.heads.len()
    }

    fn text(&self, head: &Head, field: Field) -> Option<&str> {
        let at = (head.texts[field as usize] as usize).checked_sub(1)?;
        self.texts.get(at).map(|text| &**text)
    }

    /// Which events match, but for a text in the payload.
    pub(crate) fn matching<'a>(&'a self, wanted: &'a Wanted) -> impl DoubleEndedIterator<Item = usize> + 'a {
        // Texts are compared once per block; after that an event is compared by number.
        let number = |text: &str| self.texts.iter().position(|t| **t == *text).map(|at| at as u32 + 1);
        let refs: Option<Vec<(usize, u32)>> =
            wanted.texts.iter().map(|(field, text, _)| Some((*field as usize, number(text)?))).collect();
        let servers: Option<Vec<u32>> =
            wanted.servers.as_ref().map(|any| any.iter().filter_map(|(name, _)| number(name)).collect());
        let with_kind = |wanted: &str| {
            let holds = |list: &str| wanted == EventFilter::ANY || kinds(list).any(|kind| kind == wanted);
            (1..).zip(&self.texts).filter(|(_, text)| holds(text)).map(|(at, _)| at).collect()
        };
        let redactions: Option<Vec<u32>> = wanted.redaction.as_ref().map(|(kind, _)| with_kind(kind));
        let matches = move |&at: &usize| {
            let (Some(refs), Some(head)) = (&refs, self.heads.get(at)) else { return false };
            refs.iter().all(|&(field, text)| head.texts[field] == text)
                && servers.as_ref().is_none_or(|any| any.contains(&head.texts[Field::Server as usize]))
                && redactions.as_ref().is_none_or(|any| any.contains(&head.texts[Field::Redactions as usize]))
                && wanted.since.is_none_or(|since| head.occurred_at >= since)
                && wanted.until.is_none_or(|until| head.occurred_at < until)
        };
        (0..self.heads.len()).filter(matches)
    }

    /// The MCP server of an event of an older block, which has no column for it: as far as the tool's name tells.
    fn named_server(&self, head: &Head) -> Option<String> {
        let tool = self.text(head, Field::Tool).filter(|_| self.text(head, Field::Family) == Some("mcp"))?;
        mcp::split(tool, None).map(|(server, _)| server.to_owned())
    }

    /// What was taken out of an event; of an older block, which has no column for it, nothing is known.
    fn redactions(&self, head: &Head) -> Vec<Redaction> {
        self.text(head, Field::Redactions).and_then(|list| serde_json::from_str(list).ok()).unwrap_or_default()
    }

    /// What the indexes and the derived rows know an event by.
    pub(crate) fn keys(&self, at: usize) -> Option<Keys<'_>> {
        let head = self.heads.get(at)?;
        Some(Keys {
            seq: self.first_seq + at as Seq,
            id: head.id,
            session: self.text(head, Field::Agent).zip(self.text(head, Field::Session)),
            occurred_at: head.occurred_at,
            tool_use_id: self.text(head, Field::ToolUse),
        })
    }

    /// The payload of an event within the block's payloads.
    pub(crate) fn payload<'a>(&self, at: usize, payloads: &'a str) -> Result<&'a str, StoreError> {
        self.heads.get(at).and_then(|head| payloads.get(head.payload.clone())).ok_or_else(damaged)
    }

    /// An event as the API shows it.
    pub(crate) fn event(&self, at: usize, payloads: &str) -> Result<StoredEvent, StoreError> {
        let head = self.heads.get(at).ok_or_else(damaged)?;
        let owned = |field| self.text(head, field).map(str::to_owned);
        let payload = self.payload(at, payloads)?.to_owned();
        let outcome = self.text(head, Field::Outcome);
        Ok(StoredEvent {
            id: head.id,
            seq: self.first_seq + at as Seq,
            session_id: owned(Field::Session),
            agent: Agent::from(self.text(head, Field::Agent).unwrap_or_default()),
            name: owned(Field::Name).unwrap_or_default(),
            kind: Kind::from(self.text(head, Field::Kind).unwrap_or_default()),
            occurred_at: Timestamp::from_nanos(head.occurred_at),
            received_at: Timestamp::from_nanos(head.received_at),
            actor: match owned(Field::Actor) {
                Some(id) => Actor::Subagent { id, agent_type: owned(Field::ActorType) },
                None => Actor::Main,
            },
            tool: owned(Field::Tool),
            tool_family: owned(Field::Family),
            mcp_server: owned(Field::Server).or_else(|| self.named_server(head)),
            mcp_server_name: None,
            tool_use_id: owned(Field::ToolUse),
            outcome: Outcome::ALL.into_iter().find(|known| Some(known.as_str()) == outcome),
            duration_ms: head.duration.checked_sub(1),
            verdict: self.text(head, Field::Verdict).and_then(|verdict| serde_json::from_str(verdict).ok()),
            user: owned(Field::User),
            device: owned(Field::Device),
            source_app: owned(Field::SourceApp),
            redactions: self.redactions(head),
            payload: RawValue::from_string(payload).map_err(|_| damaged())?,
        })
    }
}

fn get_differences(raw: &mut &[u8], count: usize) -> Option<Vec<i64>> {
    let mut value = 0i64;
    let next = |_| {
        value = value.wrapping_add(varint::unzigzag(varint::get(raw)?));
        Some(value)
    };
    (0..count).map(next).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;
    use crate::test_events::{Dice, mixture};

    fn events(seed: u64, count: u64) -> Vec<Arc<StoredEvent>> {
        let events = mixture(&mut Dice(seed), count);
        (7..).zip(events).map(|(seq, event)| Arc::new(StoredEvent::new(event, seq))).collect()
    }

    proptest! {
        #[test]
        fn a_block_comes_back(seed in 1u64.., count in 1u64..80) {
            let events = events(seed, count);
            let block = Encoder::new().unwrap().encode(&events).unwrap();
            let heads = Heads::decode(block.first_seq, block.count, &block.heads).unwrap();
            let payloads = payloads(&block.payloads, block.raw_len).unwrap();
            for (at, event) in events.iter().enumerate() {
                let found = heads.event(at, &payloads).unwrap();
                prop_assert_eq!(serde_json::to_string(&found).unwrap(), serde_json::to_string(&**event).unwrap());
                // The filter never hides what is there.
                let filter = EventFilter {
                    session_id: event.session_id.clone(),
                    tool_use_id: event.tool_use_id.clone(),
                    user: event.user.clone(),
                    tool: event.tool.clone(),
                    name: Some(event.name.clone()),
                    since: Some(event.occurred_at),
                    ..EventFilter::default()
                };
                let wanted = Wanted::new(&filter);
                prop_assert!(wanted.may_be_in(&block.bloom, block.min_at, block.max_at));
                prop_assert!(heads.matching(&wanted).any(|found| found == at));
                if let Some(server) = &event.mcp_server {
                    let wanted = wanted.of_servers(vec!["none".to_owned(), server.clone()]);
                    prop_assert!(wanted.may_be_in(&block.bloom, block.min_at, block.max_at));
                    prop_assert!(heads.matching(&wanted).any(|found| found == at));
                }
                let elsewhere = Wanted::new(&EventFilter::default()).of_servers(vec!["none".to_owned()]);
                prop_assert!(!heads.matching(&elsewhere).any(|found| found == at));
            }
        }

        #[test]
        fn a_block_from_before_there_were_servers_comes_back(seed in 1u64.., count in 1u64..80) {
            let events = events(seed, count);
            let mut raw = Vec::new();
            encode_heads(&events, &mut raw);
            // Such a block ends with the ids; the columns behind them are a byte per event here.
            raw.truncate(raw.len() - 2 * events.len());
            let heads = Heads::read(7, events.len(), &raw).unwrap();
            for (at, event) in events.iter().enumerate() {
                let text = heads.heads[at].texts[Field::Server as usize];
                prop_assert_eq!((text, heads.named_server(&heads.heads[at])), (0, event.mcp_server.clone()));
            }
        }

        #[test]
        fn a_block_from_before_redactions_were_told_comes_back(seed in 1u64.., count in 1u64..80) {
            let events = events(seed, count);
            let mut raw = Vec::new();
            encode_heads(&events, &mut raw);
            raw.truncate(raw.len() - events.len());
            let heads = Heads::read(7, events.len(), &raw).unwrap();
            for (at, event) in events.iter().enumerate() {
                prop_assert_eq!(heads.heads[at].texts[Field::Redactions as usize], 0);
                let server = heads.text(&heads.heads[at], Field::Server);
                prop_assert_eq!(server, event.mcp_server.as_deref());
            }
        }

        #[test]
        fn a_damaged_block_is_an_error_not_a_panic(seed in 1u64.., at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let events = events(seed, 20);
            let block = Encoder::new().unwrap().encode(&events).unwrap();
            let mut data = block.heads.clone();
            data[at.index(block.heads.len())] ^= byte;
            if let Ok(heads) = Heads::decode(block.first_seq, block.count, &data) {
                for at in 0..heads.len() {
                    let _ = heads.event(at, "short");
                }
            }
            // Nor is what is damaged before it was compressed.
            let mut raw = Vec::new();
            encode_heads(&events, &mut raw);
            raw[at.index(block.heads.len())] ^= byte;
            let _ = Heads::read(7, events.len(), &raw);
            let _ = Heads::read(7, usize::MAX, &raw);
            let _ = Heads::read(7, events.len(), &raw[..at.index(raw.len())]);
        }
    }

    #[test]
    fn an_event_is_found_by_the_kind_of_what_was_taken_out_of_it() {
        let mut events = mixture(&mut Dice(5), 300);
        let of = |kinds: &[&str]| {
            kinds.iter().map(|kind| Redaction { kind: (*kind).into(), at: "/a\"b".into(), count: 2 }).collect()
        };
        events[7].redactions = of(&["jwt", "npm-token"]);
        events[200].redactions = of(&["jwt"]);
        let events: Vec<_> = (7..).zip(events).map(|(seq, event)| Arc::new(StoredEvent::new(event, seq))).collect();
        let block = Encoder::new().unwrap().encode(&events).unwrap();
        let heads = Heads::decode(block.first_seq, block.count, &block.heads).unwrap();
        for (kind, expected) in [("jwt", &[7, 200][..]), ("npm-token", &[7]), ("any", &[7, 200]), ("secret", &[])] {
            let filter = EventFilter { redaction: Some(kind.to_owned()), ..EventFilter::default() };
            let wanted = Wanted::new(&filter);
            let found: Vec<_> = heads.matching(&wanted).collect();
            assert_eq!(found, expected, "{kind}");
            assert!(expected.is_empty() || wanted.may_be_in(&block.bloom, block.min_at, block.max_at));
        }
        let shown = heads.event(7, &payloads(&block.payloads, block.raw_len).unwrap()).unwrap();
        assert_eq!(shown.redactions, events[7].redactions);
    }

    #[test]
    fn most_blocks_without_a_text_say_so() {
        let events = events(3, 300);
        let block = Encoder::new().unwrap().encode(&events).unwrap();
        let alarms = (0..1000)
            .filter(|n| {
                let filter = EventFilter { user: Some(format!("absent-{n}")), ..EventFilter::default() };
                Wanted::new(&filter).may_be_in(&block.bloom, block.min_at, block.max_at)
            })
            .count();
        assert!(alarms < 80, "{alarms} of 1000");
    }
}
