//! Events nobody claimed: kept by the server that let them expire, for its operator to look at, attribute or remove.
//!
//! It is bounded like the parking, and like there nothing is thrown out for a newcomer; no address may fill more than its
//! share, so that a flood from one leaves room for the events of others. What does not fit is gone, and is counted.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hookrail_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use serde::Serialize;

use super::local::{parked, waiting};
use super::{MIGRATIONS, Parked, SessionRef, Waiting, earlier, place};
use crate::{Settings, StoreError, Sync};

/// Events removed by age in one step.
const PURGE: usize = 1000;

/// The bounds of a quarantine. Bytes are those of the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuarantineBounds {
    /// Events in all.
    pub events: u64,
    /// Bytes in all.
    pub bytes: u64,
    /// Events of one address.
    pub address_events: u64,
    /// Bytes of one address.
    pub address_bytes: u64,
    /// How long an event is kept.
    pub age: Duration,
}

impl Default for QuarantineBounds {
    fn default() -> Self {
        Self {
            events: 200_000,
            bytes: 512 << 20,
            address_events: 50_000,
            address_bytes: 128 << 20,
            age: Duration::from_secs(30 * 86_400),
        }
    }
}

/// What became of events that were to be kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Events kept.
    pub kept: u64,
    /// Events that were there already.
    pub duplicates: u64,
    /// Events for which there was no room.
    pub dropped: u64,
}

/// The sums of a quarantine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Held {
    /// Events.
    pub events: u64,
    /// Bytes of their records.
    pub bytes: u64,
}

/// The quarantine of one server. Cloning shares it.
#[derive(Clone, Debug)]
pub struct Quarantine {
    connection: Arc<Mutex<Connection>>,
    bounds: QuarantineBounds,
}

impl Quarantine {
    /// The quarantine in a file (the one of a local parking may be the same), or in memory.
    ///
    /// # Errors
    /// Whatever opening the file meets.
    pub fn open(file: Option<&Path>, bounds: QuarantineBounds, settings: &Settings) -> Result<Self, StoreError> {
        let settings = Settings { sync: Sync::Full, writer_cache_kib: 512, ..settings.clone() };
        let connection = place(file).open_with(&settings, MIGRATIONS)?;
        Ok(Self { connection: Arc::new(Mutex::new(connection)), bounds })
    }

    /// One transaction, off the threads that must not wait.
    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let shared = self.connection.clone();
        let done = tokio::task::spawn_blocking(move || {
            let mut connection = shared.lock().unwrap_or_else(PoisonError::into_inner);
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let done = work(&transaction)?;
            transaction.commit()?;
            Ok(done)
        });
        done.await.map_err(|_| StoreError::Other("the quarantine was interrupted".to_owned()))?
    }

    /// Keeps events, each once.
    ///
    /// # Errors
    /// None of them is kept then.
    pub async fn keep(&self, items: Vec<Parked>, now: Timestamp) -> Result<Kept, StoreError> {
        let bounds = self.bounds;
        self.with(move |connection| {
            let mut kept = Kept::default();
            for item in &items {
                match keep(connection, &bounds, item, now)? {
                    Some(true) => kept.kept += 1,
                    Some(false) => kept.duplicates += 1,
                    None => kept.dropped += 1,
                }
            }
            Ok(kept)
        })
        .await
    }

    /// Sessions with events here, the one whose oldest event is the newest first, from `offset`.
    ///
    /// # Errors
    /// Only where the quarantine itself fails.
    pub async fn sessions(&self, offset: usize, limit: usize) -> Result<Vec<Waiting>, StoreError> {
        self.with(move |connection| {
            let sql = "SELECT agent, session, count(*), sum(length(record)), min(at), max(at), min(address) \
                FROM quarantine GROUP BY agent, session ORDER BY 5 DESC, 1, 2 LIMIT ? OFFSET ?";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map(params![limit as i64, offset as i64], waiting)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// The agents that have a session of this name here.
    ///
    /// # Errors
    /// Only where the quarantine itself fails.
    pub async fn agents(&self, session: &str) -> Result<Vec<String>, StoreError> {
        let session = session.to_owned();
        self.with(move |connection| {
            let sql = "SELECT DISTINCT agent FROM quarantine WHERE session = ? ORDER BY agent";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map([session], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// The events of a session after a place in the order (0 for the first), at most `limit`.
    ///
    /// # Errors
    /// Only where the quarantine itself fails.
    pub async fn events(&self, session: &SessionRef, after: u64, limit: usize) -> Result<Vec<Parked>, StoreError> {
        let session = session.clone();
        self.with(move |connection| {
            let sql = "SELECT seq, id, at, address, record FROM quarantine \
                WHERE agent = ? AND session = ? AND seq > ? ORDER BY seq LIMIT ?";
            let mut statement = connection.prepare_cached(sql)?;
            let key = params![session.agent, session.session, after, limit as i64];
            let rows = statement.query_map(key, |row| parked(row, session.clone(), 0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Removes events: those that were stored elsewhere, or that nobody wants.
    ///
    /// # Errors
    /// None of them is removed then.
    pub async fn remove(&self, seqs: Vec<u64>) -> Result<u64, StoreError> {
        self.with(move |connection| {
            let mut removed = 0;
            for seq in seqs {
                removed += u64::from(remove(connection, seq)?);
            }
            Ok(removed)
        })
        .await
    }

    /// Removes a bounded number of events that have been here too long; tells how many.
    ///
    /// # Errors
    /// None of them is removed then.
    pub async fn purge(&self, now: Timestamp) -> Result<u64, StoreError> {
        let before = earlier(now, self.bounds.age).as_nanos();
        self.with(move |connection| {
            let sql = "SELECT seq FROM quarantine WHERE kept_at <= ? ORDER BY kept_at LIMIT ?";
            let mut statement = connection.prepare_cached(sql)?;
            let old = statement.query_map(params![before, PURGE as i64], |row| row.get(0))?;
            let old: Vec<u64> = old.collect::<Result<_, _>>()?;
            for seq in &old {
                remove(connection, *seq)?;
            }
            Ok(old.len() as u64)
        })
        .await
    }

    /// The sums.
    ///
    /// # Errors
    /// Only where the quarantine itself fails.
    pub async fn held(&self) -> Result<Held, StoreError> {
        self.with(held).await
    }
}

/// Keeps one event: true where it is new, false where it is here already, `None` where there is no room.
fn keep(
    connection: &Connection,
    bounds: &QuarantineBounds,
    item: &Parked,
    now: Timestamp,
) -> Result<Option<bool>, StoreError> {
    let SessionRef { agent, session } = &item.session;
    let sql = "SELECT 1 FROM quarantine WHERE agent = ? AND session = ? AND id = ?";
    if connection.prepare_cached(sql)?.exists(params![agent, session, item.id.as_bytes()])? {
        return Ok(Some(false));
    }
    let (address, bytes) = (item.address.to_string(), item.record.len() as u64);
    let sql = "SELECT events, bytes FROM quarantine_shares WHERE address = ?";
    let share = connection.prepare_cached(sql)?.query_row([&address], |row| Ok((row.get(0)?, row.get(1)?)));
    let share: (u64, u64) = share.optional()?.unwrap_or((0, 0));
    let all = held(connection)?;
    if all.events >= bounds.events
        || all.bytes + bytes > bounds.bytes
        || share.0 >= bounds.address_events
        || share.1 + bytes > bounds.address_bytes
    {
        return Ok(None);
    }
    connection
        .prepare_cached(
            "INSERT INTO quarantine (agent, session, id, at, kept_at, address, record) VALUES (?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            agent,
            session,
            item.id.as_bytes(),
            item.at.as_nanos(),
            now.as_nanos(),
            address,
            item.record.as_bytes()
        ])?;
    connection
        .prepare_cached(
            "INSERT INTO quarantine_shares VALUES (?1, 1, ?2) \
             ON CONFLICT DO UPDATE SET events = events + 1, bytes = bytes + ?2",
        )?
        .execute(params![address, bytes])?;
    Ok(Some(true))
}

fn remove(connection: &Connection, seq: u64) -> Result<bool, StoreError> {
    let sql = "DELETE FROM quarantine WHERE seq = ? RETURNING address, length(record)";
    let gone = connection.prepare_cached(sql)?.query_row([seq], |row| Ok((row.get(0)?, row.get(1)?)));
    let Some((address, bytes)) = gone.optional()? else { return Ok(false) };
    let (address, bytes): (String, u64) = (address, bytes);
    connection
        .prepare_cached("UPDATE quarantine_shares SET events = events - 1, bytes = bytes - ? WHERE address = ?")?
        .execute(params![bytes, address])?;
    connection.prepare_cached("DELETE FROM quarantine_shares WHERE address = ? AND events = 0")?.execute([address])?;
    Ok(true)
}

/// The sums, from the few rows of the addresses.
fn held(connection: &Connection) -> Result<Held, StoreError> {
    let sql = "SELECT coalesce(sum(events), 0), coalesce(sum(bytes), 0) FROM quarantine_shares";
    let read = |row: &rusqlite::Row<'_>| Ok(Held { events: row.get(0)?, bytes: row.get(1)? });
    Ok(connection.prepare_cached(sql)?.query_row([], read)?)
}
