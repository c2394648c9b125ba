//! Lists of events: found through blocks, with a bounded amount of work per page.

use std::collections::VecDeque;

use rusqlite::{Connection, OptionalExtension, params};

use super::read::{Block, block_columns};
use crate::StoreError;
use crate::block::Wanted;
use crate::cursor::{self, List};
use crate::derive::SessionKey;
use crate::events::{MAX_LIMIT, Order};
use crate::model::{EventFilter, Page, Seq, StoredEvent, contains_ignoring_case};
use crate::names::Snapshot;

/// The work a page may cost, in about microseconds. A page that would cost more ends early with a cursor.
const BUDGET: i64 = 25_000;
/// Looking at a block's row.
const COST_BLOCK: i64 = 1;
/// Reading a block's heads.
const COST_HEADS: i64 = 60;
/// Unpacking payloads, per KiB.
const COST_UNPACK: i64 = 1;
/// Looking at one event of a session's list.
const COST_EVENT: i64 = 2;
/// Blocks a page of a session keeps at hand: neighbours in a session's time are neighbours in arrival.
const AT_HAND: usize = 8;

/// A page being filled.
struct Filling<'a> {
    connection: &'a Connection,
    wanted: Wanted,
    q: Option<&'a str>,
    limit: usize,
    items: Vec<StoredEvent>,
    budget: i64,
}

impl<'a> Filling<'a> {
    fn new(
        connection: &'a Connection,
        filter: &'a EventFilter,
        names: &Snapshot,
        limit: usize,
    ) -> Result<Self, StoreError> {
        let q = filter.q.as_deref().filter(|q| !q.is_empty());
        let limit = limit.clamp(1, MAX_LIMIT);
        let mut wanted = Wanted::new(filter);
        if let Some(server) = &filter.server {
            wanted = wanted.of_servers(super::servers::meant(connection, names, server)?);
        }
        Ok(Self { connection, wanted, q, limit, items: Vec::new(), budget: BUDGET })
    }

    fn is_done(&self) -> bool {
        self.items.len() >= self.limit || self.budget <= 0
    }

    fn may_be_in(&mut self, block: &Block) -> bool {
        self.budget -= COST_BLOCK;
        self.wanted.may_be_in(&block.bloom, block.min_at, block.max_at)
    }

    /// The places of the events of a block that match but for `q`.
    fn matching(&mut self, block: &mut Block) -> Result<Vec<usize>, StoreError> {
        if block.is_unread() {
            self.budget -= COST_HEADS;
        }
        Ok(block.heads(self.connection)?.matching(&self.wanted).collect())
    }

    /// Takes an event that matches but for `q`, if it does.
    fn take(&mut self, block: &mut Block, at: usize) -> Result<(), StoreError> {
        if block.is_packed() {
            self.budget -= block.raw_len as i64 / 1024 * COST_UNPACK * if self.q.is_some() { 3 } else { 1 };
        }
        if let Some(q) = self.q
            && !contains_ignoring_case(block.payload(self.connection, at)?, q)
        {
            return Ok(());
        }
        self.items.push(block.event(self.connection, at)?);
        Ok(())
    }
}

/// Events by arrival.
pub(super) fn by_arrival(
    connection: &Connection,
    filter: &EventFilter,
    names: &Snapshot,
    order: Order,
    limit: usize,
    cursor: Option<&str>,
) -> Result<Page<StoredEvent>, StoreError> {
    let (list, sql) = match order {
        Order::Oldest => (
            List::Arrival,
            concat!("SELECT ", block_columns!(), " FROM blocks WHERE first_seq >= ? ORDER BY first_seq"),
        ),
        Order::Newest => (
            List::ArrivalNewest,
            concat!("SELECT ", block_columns!(), " FROM blocks WHERE first_seq <= ? ORDER BY first_seq DESC"),
        ),
    };
    // The last position looked at, or one before the first.
    let seen = match (cursor, order) {
        (Some(cursor), _) => cursor::read(list, cursor)?.0,
        (None, Order::Oldest) => 0,
        (None, Order::Newest) => Seq::MAX,
    };
    let from = match order {
        Order::Oldest => Block::of(connection, seen.saturating_add(1))?.map_or(seen, |block| block.first_seq),
        Order::Newest => seen.saturating_sub(1),
    };
    let mut filling = Filling::new(connection, filter, names, limit)?;
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([from])?;
    let mut end = None;
    while let Some(row) = rows.next()? {
        if filling.is_done() {
            // There is at least this block left.
            return Ok(Page { items: filling.items, next: end.map(|seq| cursor::write(list, seq, 0)) });
        }
        let mut block = Block::from_row(row)?;
        let ahead = |seq: Seq| if order == Order::Oldest { seq > seen } else { seq < seen };
        let (first, last) = (block.first_seq, block.first_seq + block.count as Seq - 1);
        end = Some(if order == Order::Oldest { last } else { first });
        if !filling.may_be_in(&block) {
            continue;
        }
        let mut places = filling.matching(&mut block)?;
        places.retain(|&at| ahead(first + at as Seq));
        if order == Order::Newest {
            places.reverse();
        }
        for (done, &at) in places.iter().enumerate() {
            filling.take(&mut block, at)?;
            let seq = first + at as Seq;
            if filling.items.len() >= filling.limit {
                // Whatever is left of the block, matching or not, is for the next page.
                let rest = done + 1 < places.len();
                end = Some(if rest { seq } else { end.unwrap_or(seq) });
                if rest {
                    return Ok(Page { items: filling.items, next: Some(cursor::write(list, seq, 0)) });
                }
            }
        }
    }
    Ok(Page { items: filling.items, next: None })
}

/// Events of a session (of each agent that has one of this id) by time.
pub(super) fn by_session(
    connection: &Connection,
    session: &str,
    filter: &EventFilter,
    names: &Snapshot,
    order: Order,
    limit: usize,
    cursor: Option<&str>,
) -> Result<Page<StoredEvent>, StoreError> {
    let list = if order == Order::Oldest { List::Session } else { List::SessionNewest };
    let keys = super::lists::session_keys(connection, session, filter.agent.as_deref())?;
    let mut from = cursor.map(|cursor| cursor::read(list, cursor)).transpose()?;
    if from.is_none() && order == Order::Oldest {
        // What happened before `since` needs no looking at.
        from = filter.since.map(|since| (since.as_nanos(), -1));
    }
    if from.is_none() && order == Order::Newest {
        from = filter.until.map(|until| (until.as_nanos(), -1));
    }
    let beyond = |at: i64| match order {
        Order::Oldest => filter.until.is_some_and(|until| at >= until.as_nanos()),
        Order::Newest => filter.since.is_some_and(|since| at < since.as_nanos()),
    };
    let mut filling = Filling::new(connection, filter, names, limit)?;
    let mut at_hand: VecDeque<(Block, Option<Vec<usize>>)> = VecDeque::new();
    let mut walk = Walk::new(connection, keys, order, from);
    while let Some((at, seq)) = walk.next()? {
        if beyond(at) {
            break;
        }
        if filling.is_done() {
            return Ok(Page { items: filling.items, next: walk.before.map(|(at, seq)| cursor::write(list, at, seq)) });
        }
        filling.budget -= COST_EVENT;
        walk.before = Some((at, seq));
        let place = at_hand.iter().position(|(block, _)| block.holds(seq));
        let entry = match place.and_then(|place| at_hand.remove(place)) {
            Some(entry) => entry,
            None => {
                let Some(mut block) = Block::of(connection, seq)? else { continue };
                let places = if filling.may_be_in(&block) { Some(filling.matching(&mut block)?) } else { None };
                (block, places)
            }
        };
        at_hand.push_front(entry);
        at_hand.truncate(AT_HAND);
        let Some((block, Some(places))) = at_hand.front_mut() else { continue };
        let at = (seq - block.first_seq) as usize;
        if places.binary_search(&at).is_ok() {
            filling.take(block, at)?;
        }
    }
    Ok(Page { items: filling.items, next: None })
}

/// A walk over the times of one or more sessions, a few at a time.
struct Walk<'a> {
    connection: &'a Connection,
    keys: Vec<SessionKey>,
    order: Order,
    from: Option<(i64, Seq)>,
    ready: VecDeque<(i64, Seq)>,
    ended: bool,
    /// The last one that was dealt with.
    before: Option<(i64, Seq)>,
}

/// Times read at once.
const STEP: usize = 256;

impl<'a> Walk<'a> {
    fn new(connection: &'a Connection, keys: Vec<SessionKey>, order: Order, from: Option<(i64, Seq)>) -> Self {
        Self { connection, keys, order, from, ready: VecDeque::new(), ended: false, before: from }
    }

    fn next(&mut self) -> Result<Option<(i64, Seq)>, StoreError> {
        if self.ready.is_empty() && !self.ended {
            self.read()?;
        }
        Ok(self.ready.pop_front())
    }

    fn read(&mut self) -> Result<(), StoreError> {
        let newest = self.order == Order::Newest;
        let (sql, start) = if newest {
            (
                "SELECT occurred_at, seq FROM session_events WHERE session = ? AND (occurred_at, seq) < (?, ?) \
                 ORDER BY occurred_at DESC, seq DESC LIMIT ?",
                (i64::MAX, Seq::MAX),
            )
        } else {
            (
                "SELECT occurred_at, seq FROM session_events WHERE session = ? AND (occurred_at, seq) > (?, ?) \
                 ORDER BY occurred_at, seq LIMIT ?",
                (i64::MIN, Seq::MIN),
            )
        };
        let (at, seq) = self.from.unwrap_or(start);
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut found: Vec<(i64, Seq)> = Vec::new();
        // Nearly always one session; two agents may use the same id.
        for key in &self.keys {
            let rows = statement.query_map(params![key, at, seq, STEP as i64], |row| Ok((row.get(0)?, row.get(1)?)))?;
            for row in rows {
                found.push(row?);
            }
        }
        found.sort_unstable();
        if newest {
            found.reverse();
        }
        found.truncate(STEP);
        self.ended = found.len() < STEP;
        self.from = found.last().copied().or(self.from);
        self.ready = found.into();
        Ok(())
    }
}

/// The position of an event.
pub(super) fn seq_of(connection: &Connection, id: &[u8; 16]) -> Result<Option<Seq>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT seq FROM ids WHERE id = ?")?;
    Ok(statement.query_row([id], |row| row.get(0)).optional()?)
}

/// The event at a position.
pub(super) fn event(connection: &Connection, seq: Seq) -> Result<Option<StoredEvent>, StoreError> {
    let Some(mut block) = Block::of(connection, seq)? else { return Ok(None) };
    let at = (seq - block.first_seq) as usize;
    block.event(connection, at).map(Some)
}

/// Events after a position, by arrival.
pub(super) fn after(connection: &Connection, seq: Seq, limit: usize) -> Result<Vec<StoredEvent>, StoreError> {
    let cursor = cursor::write(List::Arrival, seq, 0);
    Ok(by_arrival(connection, &EventFilter::default(), &Snapshot::default(), Order::Oldest, limit, Some(&cursor))?
        .items)
}
