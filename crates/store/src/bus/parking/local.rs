//! The parking of a server that stands alone: a SQLite file, and one thread that owns it.
//!
//! Operations that come in while a commit runs are committed together (`synchronous=FULL`), and each is answered after
//! its commit: what was acknowledged survives the death of the process and of the machine.

use hookrail_core::event::EventId;
use hookrail_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use tokio::sync::{mpsc, oneshot};

use super::{Bound, Bounds, CLAIM, Claim, Claimed, MIGRATIONS, ParkError, Parked, Put, SessionRef, Totals, WAIT};
use super::{Waiting, earlier, later};
use crate::events::sqlite::schema::Place;
use crate::{Settings, StoreError, Sync};

/// Operations that wait for the thread; more wait for a place.
const QUEUE: usize = 1024;

/// Operations of one commit.
const COMMIT: usize = 512;

/// The page cache, in KiB.
const CACHE_KIB: u32 = 2048;

/// Answers an operation, after the commit.
type Answer = Box<dyn FnOnce(Result<(), &StoreError>) + Send>;

/// An operation, as the thread runs it.
type Job = Box<dyn FnOnce(&Connection) -> Answer + Send>;

/// The way to the thread. The thread ends, and the file is closed, with the last clone.
#[derive(Clone, Debug)]
pub struct Local {
    jobs: mpsc::Sender<Job>,
    bounds: Bounds,
}

impl Local {
    pub(super) fn open(place: &Place, bounds: Bounds, settings: &Settings) -> Result<Self, StoreError> {
        let settings = Settings { sync: Sync::Full, writer_cache_kib: CACHE_KIB, ..settings.clone() };
        let connection = place.open_with(&settings, MIGRATIONS)?;
        let (jobs, inbox) = mpsc::channel(QUEUE);
        std::thread::Builder::new().name("hookrail-parking".to_owned()).spawn(move || run(&connection, inbox))?;
        Ok(Self { jobs, bounds })
    }

    /// Runs an operation on the thread, all of it or nothing.
    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, ParkError> {
        let (sender, receiver) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let done = all_or_nothing(connection, work);
            Box::new(move |committed| {
                let answer = committed.map_err(again).and(done);
                let _ = sender.send(answer);
            })
        });
        let ended = || StoreError::Other("the thread of the parking has ended; restart the server".to_owned());
        self.jobs.send(job).await.map_err(|_| ended())?;
        Ok(receiver.await.map_err(|_| ended())??)
    }

    pub(super) async fn park(&self, home: &str, items: Vec<Parked>, now: Timestamp) -> Result<Vec<Put>, ParkError> {
        let (home, bounds) = (home.to_owned(), self.bounds);
        self.with(move |connection| items.iter().map(|item| park(connection, &bounds, &home, item, now)).collect())
            .await
    }

    pub(super) async fn claim(
        &self,
        session: &SessionRef,
        project: &str,
        home: &str,
        person: Option<&str>,
        now: Timestamp,
    ) -> Result<Claimed, ParkError> {
        let (session, bounds) = (session.clone(), self.bounds);
        let until = later(now, CLAIM);
        let wanted =
            Claim { project: project.to_owned(), home: home.to_owned(), person: person.map(str::to_owned), until };
        self.with(move |connection| claim(connection, &bounds, &session, wanted, now)).await
    }

    pub(super) async fn claimed(&self, session: &SessionRef, now: Timestamp) -> Result<Option<Claim>, ParkError> {
        let session = session.clone();
        self.with(move |connection| Ok(find(connection, &session, now)?.and_then(|found| found.claim))).await
    }

    pub(super) async fn release(
        &self,
        home: &str,
        session: &SessionRef,
        limit: usize,
        now: Timestamp,
    ) -> Result<Option<(Claim, Vec<Parked>)>, ParkError> {
        let (home, session) = (home.to_owned(), session.clone());
        self.with(move |connection| {
            let Some(found) = find(connection, &session, now)? else { return Ok(None) };
            let Some(claim) = found.claim.filter(|claim| claim.home == home) else { return Ok(None) };
            Ok(Some((claim, items(connection, &session, found.id, 0, limit)?)))
        })
        .await
    }

    pub(super) async fn released(&self, session: &SessionRef, seqs: &[u64]) -> Result<bool, ParkError> {
        let (session, seqs) = (session.clone(), seqs.to_vec());
        self.with(move |connection| {
            let sql = "SELECT id FROM sessions WHERE agent = ? AND session = ?";
            let key = params![session.agent, session.session];
            let Some(id) = connection.prepare_cached(sql)?.query_row(key, |row| row.get(0)).optional()? else {
                return Ok(false);
            };
            for seq in &seqs {
                remove(connection, id, *seq, true)?;
            }
            drop_if_empty(connection, id)?;
            let sql = "SELECT events > 0 FROM sessions WHERE id = ?";
            Ok(connection.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()?.unwrap_or(false))
        })
        .await
    }

    pub(super) async fn waiting(&self, home: &str, limit: usize, now: Timestamp) -> Result<Vec<SessionRef>, ParkError> {
        let home = home.to_owned();
        self.with(move |connection| {
            let sql = "SELECT agent, session FROM sessions WHERE home = ? AND events > 0 AND until > ? LIMIT ?";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map(params![home, now.as_nanos(), limit as i64], |row| session_of(row, 0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    pub(super) async fn expire(&self, home: &str, limit: usize, now: Timestamp) -> Result<Vec<Parked>, ParkError> {
        let home = home.to_owned();
        self.with(move |connection| {
            end_claims(connection, limit, now)?;
            take_out(connection, &home, limit, now)?;
            let sql =
                "SELECT agent, session, seq, id, at, address, record FROM expired WHERE home = ? ORDER BY seq LIMIT ?";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map(params![home, limit as i64], |row| parked(row, session_of(row, 0)?, 2))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    pub(super) async fn expired(&self, home: &str, seqs: &[u64]) -> Result<(), ParkError> {
        let (home, seqs) = (home.to_owned(), seqs.to_vec());
        self.with(move |connection| {
            let sql = "DELETE FROM expired WHERE seq = ? AND home = ? RETURNING length(record)";
            let mut statement = connection.prepare_cached(sql)?;
            for seq in seqs {
                let bytes: Option<i64> = statement.query_row(params![seq, home], |row| row.get(0)).optional()?;
                if let Some(bytes) = bytes {
                    add_to_totals(connection, -1, -bytes)?;
                }
            }
            Ok(())
        })
        .await
    }

    pub(super) async fn sessions(&self, offset: usize, limit: usize) -> Result<Vec<Waiting>, ParkError> {
        self.with(move |connection| {
            let sql = "SELECT agent, session, events, bytes, \
                (SELECT min(at) FROM parked WHERE session = s.id), (SELECT max(at) FROM parked WHERE session = s.id), \
                (SELECT address FROM parked WHERE session = s.id ORDER BY seq LIMIT 1) \
                FROM sessions s WHERE events > 0 ORDER BY 5, id LIMIT ? OFFSET ?";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map(params![limit as i64, offset as i64], waiting)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    pub(super) async fn events(
        &self,
        session: &SessionRef,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Parked>, ParkError> {
        let session = session.clone();
        self.with(move |connection| {
            let Some(found) = find(connection, &session, Timestamp::default())? else { return Ok(Vec::new()) };
            items(connection, &session, found.id, after, limit)
        })
        .await
    }

    pub(super) async fn totals(&self) -> Result<Totals, ParkError> {
        self.with(totals).await
    }
}

/// Commits what has come in, again and again, until nobody can send any more.
fn run(connection: &Connection, mut inbox: mpsc::Receiver<Job>) {
    while let Some(first) = inbox.blocking_recv() {
        let mut jobs = vec![first];
        while jobs.len() < COMMIT
            && let Ok(job) = inbox.try_recv()
        {
            jobs.push(job);
        }
        let began = connection.execute_batch("BEGIN IMMEDIATE").map_err(StoreError::from);
        let answers: Vec<Answer> = jobs.into_iter().map(|job| job(connection)).collect();
        let committed = began.and_then(|()| Ok(connection.execute_batch("COMMIT")?));
        if committed.is_err() && !connection.is_autocommit() {
            let _ = connection.execute_batch("ROLLBACK");
        }
        for answer in answers {
            answer(committed.as_ref().copied());
        }
    }
}

/// Undoes what an operation did before it failed.
fn all_or_nothing<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    if connection.is_autocommit() {
        return Err(StoreError::Busy("the transaction could not begin".to_owned()));
    }
    connection.execute_batch("SAVEPOINT operation")?;
    let done = work(connection);
    if done.is_err() && !connection.is_autocommit() {
        connection.execute_batch("ROLLBACK TO operation")?;
    }
    if !connection.is_autocommit() {
        connection.execute_batch("RELEASE operation")?;
    }
    done
}

/// The same error once more, for each of those whose commit failed.
fn again(error: &StoreError) -> StoreError {
    match error {
        StoreError::Busy(text) => StoreError::Busy(text.clone()),
        StoreError::Full(text) => StoreError::Full(text.clone()),
        StoreError::Corrupt(text) => StoreError::Corrupt(text.clone()),
        other => StoreError::Other(other.to_string()),
    }
}

/// A session's row.
struct Found {
    id: i64,
    events: u64,
    bytes: u64,
    claim: Option<Claim>,
}

fn find(connection: &Connection, session: &SessionRef, now: Timestamp) -> Result<Option<Found>, StoreError> {
    let sql = "SELECT id, events, bytes, project, home, person, until FROM sessions WHERE agent = ? AND session = ?";
    let read = |row: &Row<'_>| {
        let until = row.get::<_, Option<i64>>(6)?.map(Timestamp::from_nanos);
        let claim = match until.filter(|until| *until > now) {
            Some(until) => Some(Claim { project: row.get(3)?, home: row.get(4)?, person: row.get(5)?, until }),
            None => None,
        };
        Ok(Found { id: row.get(0)?, events: row.get(1)?, bytes: row.get(2)?, claim })
    };
    let found = connection.prepare_cached(sql)?.query_row(params![session.agent, session.session], read);
    Ok(found.optional()?)
}

fn find_or_make(connection: &Connection, session: &SessionRef, now: Timestamp) -> Result<Found, StoreError> {
    if let Some(found) = find(connection, session, now)? {
        return Ok(found);
    }
    let sql = "INSERT INTO sessions (agent, session) VALUES (?, ?) RETURNING id";
    let id = connection.prepare_cached(sql)?.query_row(params![session.agent, session.session], |row| row.get(0))?;
    Ok(Found { id, events: 0, bytes: 0, claim: None })
}

/// One event: stored by the caller, put behind the others, or refused.
fn park(
    connection: &Connection,
    bounds: &Bounds,
    home: &str,
    item: &Parked,
    now: Timestamp,
) -> Result<Put, StoreError> {
    let found = find(connection, &item.session, now)?;
    if let Some(Found { id, events, claim: Some(claim), .. }) = &found {
        renew(connection, *id, later(now, CLAIM))?;
        if *events == 0 && claim.home == home {
            return Ok(Put::Claimed(Claim { until: later(now, CLAIM), ..claim.clone() }));
        }
    }
    if let Some(found) = &found {
        let sql = "SELECT 1 FROM parked WHERE session = ? AND id = ?";
        if connection.prepare_cached(sql)?.exists(params![found.id, item.id.as_bytes()])? {
            return Ok(Put::Duplicate);
        }
    }
    let address = item.address.to_string();
    if let Some(bound) = passed(connection, bounds, found.as_ref(), &address, item.record.len() as u64)? {
        return Ok(Put::Full(bound));
    }
    let Found { id, .. } = match found {
        Some(found) => found,
        None => find_or_make(connection, &item.session, now)?,
    };
    insert(connection, id, &address, item)?;
    Ok(Put::Parked)
}

/// The first bound that one more event would pass.
fn passed(
    connection: &Connection,
    bounds: &Bounds,
    found: Option<&Found>,
    address: &str,
    bytes: u64,
) -> Result<Option<Bound>, StoreError> {
    let (events_of, bytes_of) = found.map_or((0, 0), |found| (found.events, found.bytes));
    let sql = "SELECT sessions, bytes FROM addresses WHERE address = ?";
    let pair = |row: &Row<'_>| Ok((row.get::<_, u64>(0)?, row.get::<_, u64>(1)?));
    let of_address = connection.prepare_cached(sql)?.query_row([address], pair).optional()?.unwrap_or((0, 0));
    let sql = "SELECT 1 FROM shares WHERE address = ? AND session = ?";
    let known = match found {
        Some(found) => connection.prepare_cached(sql)?.exists(params![address, found.id])?,
        None => false,
    };
    let all = totals(connection)?;
    let checks = [
        (Bound::SessionEvents, events_of + 1 > bounds.session_events),
        (Bound::SessionBytes, bytes_of + bytes > bounds.session_bytes),
        (Bound::AddressSessions, !known && of_address.0 + 1 > bounds.address_sessions),
        (Bound::AddressBytes, of_address.1 + bytes > bounds.address_bytes),
        (Bound::Events, all.events + 1 > bounds.events),
        (Bound::Bytes, all.bytes + bytes > bounds.bytes),
    ];
    Ok(checks.into_iter().find(|(_, passed)| *passed).map(|(bound, _)| bound))
}

fn insert(connection: &Connection, session: i64, address: &str, item: &Parked) -> Result<(), StoreError> {
    let bytes = item.record.len() as i64;
    connection
        .prepare_cached("INSERT INTO parked (session, id, at, address, record) VALUES (?, ?, ?, ?, ?)")?
        .execute(params![session, item.id.as_bytes(), item.at.as_nanos(), address, item.record.as_bytes()])?;
    connection
        .prepare_cached("UPDATE sessions SET events = events + 1, bytes = bytes + ? WHERE id = ?")?
        .execute(params![bytes, session])?;
    let sql = "INSERT INTO shares VALUES (?1, ?2, 1, ?3) \
        ON CONFLICT DO UPDATE SET events = events + 1, bytes = bytes + ?3 RETURNING events = 1";
    let first: bool = connection.prepare_cached(sql)?.query_row(params![address, session, bytes], |row| row.get(0))?;
    connection
        .prepare_cached(
            "INSERT INTO addresses VALUES (?1, ?2, ?3) \
             ON CONFLICT DO UPDATE SET sessions = sessions + ?2, bytes = bytes + ?3",
        )?
        .execute(params![address, first, bytes])?;
    add_to_totals(connection, 1, bytes)
}

/// Removes one event from its session's order; `out` also takes it out of the sums.
fn remove(connection: &Connection, session: i64, seq: u64, out: bool) -> Result<(), StoreError> {
    let sql = "DELETE FROM parked WHERE seq = ? AND session = ? RETURNING address, length(record)";
    let gone = connection.prepare_cached(sql)?.query_row(params![seq, session], |row| Ok((row.get(0)?, row.get(1)?)));
    let Some((address, bytes)) = gone.optional()? else { return Ok(()) };
    let (address, bytes): (String, i64) = (address, bytes);
    connection
        .prepare_cached("UPDATE sessions SET events = events - 1, bytes = bytes - ? WHERE id = ?")?
        .execute(params![bytes, session])?;
    connection
        .prepare_cached("UPDATE shares SET events = events - 1, bytes = bytes - ? WHERE address = ? AND session = ?")?
        .execute(params![bytes, address, session])?;
    let last = connection
        .prepare_cached("DELETE FROM shares WHERE address = ? AND session = ? AND events = 0")?
        .execute(params![address, session])?;
    connection
        .prepare_cached("UPDATE addresses SET sessions = sessions - ?, bytes = bytes - ? WHERE address = ?")?
        .execute(params![last as i64, bytes, address])?;
    connection.prepare_cached("DELETE FROM addresses WHERE address = ? AND sessions = 0")?.execute([address])?;
    if out { add_to_totals(connection, -1, -bytes) } else { Ok(()) }
}

fn claim(
    connection: &Connection,
    bounds: &Bounds,
    session: &SessionRef,
    wanted: Claim,
    now: Timestamp,
) -> Result<Claimed, StoreError> {
    let found = find(connection, session, now)?;
    let standing = found.as_ref().and_then(|found| found.claim.clone());
    let claim = match standing {
        Some(standing) if standing.project != wanted.project => return Ok(Claimed::Foreign),
        Some(standing) => Claim { person: standing.person.or(wanted.person), until: wanted.until, ..standing },
        None => {
            end_claims(connection, 1, now)?;
            if totals(connection)?.claims >= bounds.claims {
                return Ok(Claimed::Full);
            }
            wanted
        }
    };
    // Ending claims may have forgotten this very session.
    let found = find_or_make(connection, session, now)?;
    let sql = "SELECT until IS NULL FROM sessions WHERE id = ?";
    let new: i64 = connection.prepare_cached(sql)?.query_row([found.id], |row| row.get(0))?;
    connection
        .prepare_cached("UPDATE sessions SET project = ?, home = ?, person = ?, until = ? WHERE id = ?")?
        .execute(params![claim.project, claim.home, claim.person, claim.until.as_nanos(), found.id])?;
    connection.prepare_cached("UPDATE totals SET claims = claims + ?")?.execute([new])?;
    Ok(Claimed::Ours { claim, waiting: found.events > 0 })
}

fn renew(connection: &Connection, session: i64, until: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE sessions SET until = ? WHERE id = ?";
    connection.prepare_cached(sql)?.execute(params![until.as_nanos(), session])?;
    Ok(())
}

/// Forgets claims that have ended.
fn end_claims(connection: &Connection, limit: usize, now: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE sessions SET project = NULL, home = NULL, person = NULL, until = NULL \
        WHERE id IN (SELECT id FROM sessions WHERE until <= ? ORDER BY until LIMIT ?) RETURNING id";
    let mut statement = connection.prepare_cached(sql)?;
    let ended = statement.query_map(params![now.as_nanos(), limit as i64], |row| row.get(0))?;
    let ended: Vec<i64> = ended.collect::<Result<_, _>>()?;
    if ended.is_empty() {
        return Ok(()); // An idle server writes nothing.
    }
    let count = ended.len() as i64;
    for id in ended {
        drop_if_empty(connection, id)?;
    }
    connection.prepare_cached("UPDATE totals SET claims = claims - ?")?.execute([count])?;
    Ok(())
}

/// Moves unclaimed events that waited too long, the oldest first.
fn take_out(connection: &Connection, home: &str, limit: usize, now: Timestamp) -> Result<(), StoreError> {
    let sql = "INSERT INTO expired (seq, home, agent, session, id, at, address, record) \
        SELECT p.seq, ?1, s.agent, s.session, p.id, p.at, p.address, p.record \
        FROM parked p JOIN sessions s ON s.id = p.session \
        WHERE p.at <= ?2 AND (s.until IS NULL OR s.until <= ?3) ORDER BY p.at, p.seq LIMIT ?4 RETURNING seq";
    let due = earlier(now, WAIT).as_nanos();
    let mut statement = connection.prepare_cached(sql)?;
    let moved = statement.query_map(params![home, due, now.as_nanos(), limit as i64], |row| row.get(0))?;
    let moved: Vec<u64> = moved.collect::<Result<_, _>>()?;
    for seq in moved {
        let sql = "SELECT session FROM parked WHERE seq = ?";
        let session = connection.prepare_cached(sql)?.query_row([seq], |row| row.get(0))?;
        remove(connection, session, seq, false)?;
        drop_if_empty(connection, session)?;
    }
    Ok(())
}

/// Forgets a session that has neither events nor a claim.
fn drop_if_empty(connection: &Connection, session: i64) -> Result<(), StoreError> {
    let sql = "DELETE FROM sessions WHERE id = ? AND events = 0 AND until IS NULL";
    connection.prepare_cached(sql)?.execute([session])?;
    Ok(())
}

fn totals(connection: &Connection) -> Result<Totals, StoreError> {
    let mut statement = connection.prepare_cached("SELECT events, bytes, claims FROM totals")?;
    let read = |row: &Row<'_>| Ok(Totals { events: row.get(0)?, bytes: row.get(1)?, claims: row.get(2)? });
    Ok(statement.query_row([], read)?)
}

fn add_to_totals(connection: &Connection, events: i64, bytes: i64) -> Result<(), StoreError> {
    let sql = "UPDATE totals SET events = events + ?, bytes = bytes + ?";
    connection.prepare_cached(sql)?.execute([events, bytes])?;
    Ok(())
}

fn items(
    connection: &Connection,
    session: &SessionRef,
    id: i64,
    after: u64,
    limit: usize,
) -> Result<Vec<Parked>, StoreError> {
    let sql = "SELECT seq, id, at, address, record FROM parked WHERE session = ? AND seq > ? ORDER BY seq LIMIT ?";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![id, after, limit as i64], |row| parked(row, session.clone(), 0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn session_of(row: &Row<'_>, from: usize) -> rusqlite::Result<SessionRef> {
    Ok(SessionRef { agent: row.get(from)?, session: row.get(from + 1)? })
}

/// An event whose columns `seq, id, at, address, record` begin at `from`.
pub(super) fn parked(row: &Row<'_>, session: SessionRef, from: usize) -> rusqlite::Result<Parked> {
    let damaged = |at: usize| rusqlite::Error::InvalidColumnType(at, "parked".to_owned(), rusqlite::types::Type::Blob);
    let address: String = row.get(from + 3)?;
    let record: Vec<u8> = row.get(from + 4)?;
    Ok(Parked {
        session,
        seq: row.get(from)?,
        id: EventId::from_bytes(row.get(from + 1)?),
        at: Timestamp::from_nanos(row.get(from + 2)?),
        address: address.parse().map_err(|_| damaged(from + 3))?,
        record: String::from_utf8(record).map_err(|_| damaged(from + 4))?,
    })
}

/// A row of a list of sessions.
pub(super) fn waiting(row: &Row<'_>) -> rusqlite::Result<Waiting> {
    Ok(Waiting {
        session: session_of(row, 0)?,
        events: row.get(2)?,
        bytes: row.get(3)?,
        first_at: Timestamp::from_nanos(row.get(4)?),
        last_at: Timestamp::from_nanos(row.get(5)?),
        address: row.get(6)?,
    })
}
