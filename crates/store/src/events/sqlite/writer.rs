//! The one connection that writes.
//!
//! A batch is one transaction: its events become blocks, its ids and times go to the two indexes, and every derived row
//! it touches is read at most once and written once. There is no row per event beside the two index entries.
//!
//! *The tail.* A block is worth its while from some hundred events on, and batches may be single events. The newest
//! blocks that are too small are the tail; its events stay in memory (they are at most one block's worth), and when
//! they and a new batch fill a block they are written again as full blocks in the same transaction. So an event is
//! compressed at most twice, nothing has to happen when idle, and only the tail is ever badly compressed.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::Arc;
use std::thread;

use hookrail_core::event::Event;
use rusqlite::{Connection, TransactionBehavior, params};

use super::read::{Block, block_columns};
use super::rows::{Kept, Sessions};
use super::schema::Place;
use super::{copy, save};
use crate::block::{Encoded, Encoder, MAX_BYTES, MAX_EVENTS};
use crate::derive::{Batch, SessionKey};
use crate::events::{Append, Appended};
use crate::model::{Seq, StoredEvent};
use crate::{Settings, StoreError};

/// A batch of so many events is encoded on a thread of its own, while its derived rows are written: it takes some 10 ms.
const ENCODE_BESIDE: usize = 4 * MAX_EVENTS;

/// The writer on a SQLite database.
#[derive(Debug)]
pub struct Writer {
    pub(super) connection: Connection,
    encoder: Encoder,
    sessions: Sessions,
    tail: Tail,
    next_seq: Seq,
    next_session: SessionKey,
    /// Held as long as this writer lives, so that a second server on the same file says so instead of failing later.
    _lock: Option<File>,
}

/// The newest blocks that are too small, and their events.
#[derive(Debug, Default)]
struct Tail {
    blocks: Vec<Seq>,
    events: Vec<Arc<StoredEvent>>,
    bytes: usize,
}

/// Whether a block is too small to be left as it is.
fn is_small(count: usize, bytes: usize) -> bool {
    count < MAX_EVENTS / 2 && bytes < MAX_BYTES / 2
}

fn bytes(events: &[Arc<StoredEvent>]) -> usize {
    events.iter().map(|event| event.payload.get().len()).sum()
}

impl Tail {
    fn read(connection: &Connection) -> Result<Self, StoreError> {
        let sql = concat!("SELECT ", block_columns!(), " FROM blocks ORDER BY first_seq DESC");
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query([])?;
        let mut small = Vec::new();
        let mut tail = Self::default();
        while let Some(row) = rows.next()? {
            let block = Block::from_row(row)?;
            let (count, bytes) = (tail.events.len() + block.count, tail.bytes + block.raw_len);
            if !is_small(block.count, block.raw_len) || count > MAX_EVENTS || bytes > MAX_BYTES {
                break;
            }
            tail.bytes = bytes;
            small.push(block);
        }
        for mut block in small.into_iter().rev() {
            tail.blocks.push(block.first_seq);
            for at in 0..block.count {
                tail.events.push(Arc::new(block.event(connection, at)?));
            }
        }
        Ok(tail)
    }

    /// Whether these events and the tail together fill a block.
    fn is_filled_by(&self, events: usize, bytes: usize) -> bool {
        self.events.len() + events >= MAX_EVENTS || self.bytes + bytes >= MAX_BYTES
    }
}

impl Writer {
    pub(crate) fn open(place: &Place, settings: &Settings) -> Result<Self, StoreError> {
        let lock = match place {
            Place::File(path) => Some(lock(path)?),
            Place::Memory(_) => None,
        };
        let connection = place.open(settings)?;
        connection.set_prepared_statement_cache_capacity(64);
        let (next_seq, next_session) =
            connection
                .query_row("SELECT next_seq, next_session FROM totals", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let tail = Tail::read(&connection)?;
        let encoder = Encoder::new()?;
        Ok(Self { connection, encoder, sessions: Sessions::default(), tail, next_seq, next_session, _lock: lock })
    }

    pub(crate) fn append(&mut self, batch: Vec<Event>) -> Result<Appended, StoreError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut kept = Kept { connection: &transaction, sessions: &self.sessions, next_session: self.next_session };
        let mut touched = Batch::default();
        let mut appended = Appended { outcomes: Vec::with_capacity(batch.len()), stored: Vec::new() };
        {
            let mut ids =
                transaction.prepare_cached("INSERT INTO ids (id, seq) VALUES (?,?) ON CONFLICT DO NOTHING")?;
            let mut times =
                transaction.prepare_cached("INSERT INTO session_events (session, occurred_at, seq) VALUES (?,?,?)")?;
            for event in batch {
                let seq = self.next_seq + appended.stored.len() as Seq;
                let session = touched.session(&mut kept, &event)?;
                let told = touched.is_told(&mut kept, session, &event)?;
                if told || ids.execute(params![event.id.as_bytes(), seq])? == 0 {
                    appended.outcomes.push(Append::Duplicate);
                    continue;
                }
                appended.outcomes.push(Append::Stored(seq));
                let woke = touched.woken_by(session, &event);
                let mut store = |event: Event, seq: Seq| {
                    if let Some(session) = session {
                        times.execute(params![session, event.occurred_at.as_nanos(), seq])?;
                    }
                    touched.absorb(&mut kept, session, &event, seq)?;
                    appended.stored.push(Arc::new(StoredEvent::new(event, seq)));
                    Ok::<_, StoreError>(())
                };
                store(event, seq)?;
                if let Some(woke) = woke
                    && ids.execute(params![woke.id.as_bytes(), seq + 1])? != 0
                {
                    store(woke, seq + 1)?;
                }
            }
        }
        if appended.stored.is_empty() {
            return Ok(appended);
        }
        let plan = Plan::of(&self.tail, &appended.stored);
        let (blocks, changes) = beside(
            appended.stored.len() >= ENCODE_BESIDE,
            || plan.encode(&mut self.encoder),
            || {
                let changes = touched.finish(&mut kept)?;
                save::changes(&transaction, &changes)?;
                Ok(changes)
            },
        );
        let (blocks, changes) = (blocks?, changes?);
        let next_session = kept.next_session;
        let tail = plan.write(&transaction, &self.tail, &blocks)?;
        let stored = appended.stored.len();
        let new_sessions = changes.sessions.iter().filter(|(_, _, new)| *new).count();
        let next_seq = self.next_seq + stored as Seq;
        transaction
            .prepare_cached(
                "UPDATE totals SET events = events + ?, payload_bytes = payload_bytes + ?, \
                 sessions = sessions + ?, next_seq = ?, next_session = ?",
            )?
            .execute(params![
                stored as i64,
                bytes(&appended.stored) as i64,
                new_sessions as i64,
                next_seq,
                next_session
            ])?;
        transaction.commit()?;
        // What is remembered changes only now: after a failure everything is as it was before the batch.
        (self.next_seq, self.next_session) = (next_seq, next_session);
        tail.remember(&mut self.tail, &appended.stored);
        for (key, row, _) in changes.sessions {
            self.sessions.put(key, row);
        }
        Ok(appended)
    }

    /// Forgets what is remembered of the database, after it was changed otherwise.
    pub(super) fn forget(&mut self) -> Result<(), StoreError> {
        self.sessions = Sessions::default();
        // First of all: a tail that is not known to be there must not be written again.
        self.tail = Tail::default();
        self.tail = Tail::read(&self.connection)?;
        Ok(())
    }

    pub(crate) fn checkpoint(&mut self) -> Result<(), StoreError> {
        let busy: i64 = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if busy == 0 { Ok(()) } else { Err(StoreError::Busy("a long read holds the log".to_owned())) }
    }

    pub(crate) fn backup(&self, to: &Path) -> Result<(), StoreError> {
        copy::backup(&self.connection, to)
    }
}

/// Takes the lock that makes this the only writer of the file.
fn lock(path: &Path) -> Result<File, StoreError> {
    let mut name = path.as_os_str().to_owned();
    name.push("-lock");
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    let file = File::options().create(true).append(true).open(&name)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(StoreError::Busy(format!("another server is writing to {}", path.display())))
        }
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// What becomes of the tail once the batch is committed.
enum NextTail {
    /// The batch joined it as one more small block.
    Longer,
    /// It was written again as full blocks; so many of the batch's last events are the new tail.
    Left(usize),
}

impl NextTail {
    fn remember(self, tail: &mut Tail, stored: &[Arc<StoredEvent>]) {
        let new = match self {
            Self::Longer => stored,
            Self::Left(count) => {
                *tail = Tail::default();
                &stored[stored.len() - count..]
            }
        };
        let Some(first) = new.first() else { return };
        tail.blocks.push(first.seq);
        tail.bytes += bytes(new);
        tail.events.extend(new.iter().cloned());
    }
}

/// The blocks a batch's events become: the tail's are among them where that fills a block.
struct Plan<'a> {
    stored: &'a [Arc<StoredEvent>],
    /// The tail's events and the batch's, where the tail is written again.
    joined: Option<Vec<Arc<StoredEvent>>>,
}

impl<'a> Plan<'a> {
    fn of(tail: &Tail, stored: &'a [Arc<StoredEvent>]) -> Self {
        let joined = tail.is_filled_by(stored.len(), bytes(stored));
        Self { stored, joined: joined.then(|| tail.events.iter().chain(stored).cloned().collect()) }
    }

    fn encode(&self, encoder: &mut Encoder) -> Result<Vec<Encoded>, StoreError> {
        match &self.joined {
            None => Ok(vec![encoder.encode(self.stored)?]),
            Some(events) => cut(events).map(|block| encoder.encode(block)).collect(),
        }
    }

    fn write(&self, connection: &Connection, tail: &Tail, blocks: &[Encoded]) -> Result<NextTail, StoreError> {
        if self.joined.is_some() {
            for table in ["DELETE FROM blocks WHERE first_seq = ?", "DELETE FROM block_data WHERE first_seq = ?"] {
                let mut delete = connection.prepare_cached(table)?;
                for first_seq in &tail.blocks {
                    delete.execute([first_seq])?;
                }
            }
        }
        for block in blocks {
            save::block(connection, block)?;
        }
        let Some(last) = blocks.last().filter(|_| self.joined.is_some()) else { return Ok(NextTail::Longer) };
        // Only the last can be small, and it is wholly of this batch: the tail alone does not fill a block.
        Ok(NextTail::Left(if is_small(last.count, last.raw_len) { last.count.min(self.stored.len()) } else { 0 }))
    }
}

/// Does two things, the first on a thread of its own where that is worth one.
fn beside<A: Send, B>(
    worth_it: bool,
    first: impl FnOnce() -> Result<A, StoreError> + Send,
    second: impl FnOnce() -> Result<B, StoreError>,
) -> (Result<A, StoreError>, Result<B, StoreError>) {
    if !worth_it {
        return (first(), second());
    }
    thread::scope(|scope| {
        let first = thread::Builder::new().name("hookrail-encode".to_owned()).spawn_scoped(scope, first);
        let second = second();
        let ended = |_| Err(StoreError::Other("the blocks of a batch could not be put together".to_owned()));
        (first.map_err(StoreError::from).and_then(|first| first.join().unwrap_or_else(ended)), second)
    })
}

/// Cuts events into blocks: each as large as allowed, at least one event.
fn cut(mut events: &[Arc<StoredEvent>]) -> impl Iterator<Item = &[Arc<StoredEvent>]> {
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fits = |event: &&Arc<StoredEvent>| {
            bytes += event.payload.get().len();
            bytes <= MAX_BYTES
        };
        let count = events.iter().take(MAX_EVENTS).take_while(fits).count().max(1);
        let (block, rest) = events.split_at_checked(count)?;
        events = rest;
        Some(block)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Duration;

    use super::*;

    use crate::test_events::{Dice, mixture, settings};

    fn rows(writer: &Writer) -> Vec<i64> {
        let count = |table| {
            writer.connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
        };
        ["blocks", "block_data", "ids", "session_events", "sessions", "tool_calls", "usage"].map(count).to_vec()
    }

    #[test]
    fn a_full_disk_stores_nothing_and_the_same_batch_later_all() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::File(folder.path().join("hookrail.db"));
        let mut writer = Writer::open(&place, &settings()).unwrap();
        let mut events = mixture(&mut Dice(1), 3000);
        let later = events.split_off(200);
        writer.append(events).unwrap();
        let before = rows(&writer);
        let limit = |writer: &Writer, pages: i64| {
            let sql = format!("PRAGMA max_page_count = {pages}");
            writer.connection.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap()
        };
        let unlimited = limit(&writer, 0);
        limit(&writer, 1);
        for _ in 0..2 {
            let error = writer.append(later.clone()).unwrap_err();
            assert!(matches!(error, StoreError::Full(_)), "{error}");
            assert_eq!(rows(&writer), before);
        }
        limit(&writer, unlimited);
        let appended = writer.append(later.clone()).unwrap();
        assert!(appended.outcomes.iter().all(|outcome| matches!(outcome, Append::Stored(_))));
        assert_eq!(writer.append(later).unwrap().stored.len(), 0);
    }

    #[test]
    fn a_store_that_is_written_to_elsewhere_is_busy() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::File(folder.path().join("hookrail.db"));
        let mut writer = Writer::open(&place, &settings()).unwrap();
        writer.connection.busy_timeout(Duration::ZERO).unwrap();
        let mut other = place.open(&settings()).unwrap();
        let held = other.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
        let events = mixture(&mut Dice(1), 5);
        assert!(matches!(writer.append(events.clone()), Err(StoreError::Busy(_))));
        drop(held);
        assert_eq!(writer.append(events).unwrap().stored.len(), 5);
    }

    #[test]
    fn blocks_are_full_but_for_the_tail() {
        let mut writer = Writer::open(&Place::memory(), &settings()).unwrap();
        for event in mixture(&mut Dice(2), 1300) {
            writer.append(vec![event]).unwrap();
        }
        let counts: Vec<usize> = {
            let mut statement = writer.connection.prepare("SELECT count FROM blocks ORDER BY first_seq").unwrap();
            statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
        };
        assert_eq!(counts[..2], [MAX_EVENTS, MAX_EVENTS]);
        assert_eq!(counts[2..].iter().sum::<usize>(), 1300 - 2 * MAX_EVENTS);
        assert_eq!(writer.tail.events.len(), 1300 - 2 * MAX_EVENTS);
        // What is remembered of the tail is what is read when the store is opened.
        let read = Tail::read(&writer.connection).unwrap();
        assert_eq!((read.blocks, read.bytes), (writer.tail.blocks.clone(), writer.tail.bytes));
    }
}
