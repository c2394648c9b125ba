//! The default member: one SQLite file, or one in memory.
//!
//! *Shape.* Events are not rows. They are kept in blocks of a few hundred, compressed together, with their *heads*
//! (everything but the payload) in columns (see `block.rs`); per event SQLite holds two narrow index entries, id →
//! position and (session, time) → position, and nothing else. This was chosen over a row per event with interned words
//! for three reasons: there is one B-tree less to write, heads take fewer bytes together than as rows, and a search that
//! no index helps skips most blocks by their Bloom filters and times and decodes the heads of the others without
//! touching payloads. Every filter therefore works at a bounded cost per page without an index of its own.
//!
//! *Reading.* A page's work is bounded; a page that would cost more ends early with a cursor. Lists by arrival walk
//! blocks, a session's lists walk its times. Derived rows (sessions, tool calls, subagents, roll-ups) are ordinary rows.

mod artifacts;
pub(crate) mod copy;
mod handlers;
mod ledger;
mod lists;
mod overview;
mod pool;
mod read;
mod retain;
mod rows;
mod save;
mod scan;
pub(crate) mod schema;
mod servers;
mod spend;
mod usage;
mod writer;

pub(crate) use pool::Pool;
pub use writer::Writer;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use hookrail_core::event::EventId;
use hookrail_core::time::Timestamp;
use rusqlite::Connection;

use super::{Order, Stats};
use crate::StoreError;
use crate::model::{
    Artifact, ArtifactFilter, EventFilter, GroupBy, HandlerUse, Overview, Page, PersonRow, PromptUse, Reconciliation,
    RepositoryRow, Seq, Server, Session, SessionFilter, SessionSpend, StoredEvent, Subagent, ToolCall, ToolUse,
    UsageFilter, UsageRow, Used,
};
use crate::names::{Named, Names, Snapshot};

/// The readers on a SQLite database. Cloning shares them.
#[derive(Clone, Debug)]
pub struct Reader {
    pool: Pool,
    names: Names,
}

impl Reader {
    pub(crate) fn new(pool: Pool, names: Names) -> Self {
        Self { pool, names }
    }

    /// Reads something that shows MCP servers, by the names they have now.
    async fn named<T: Named + Send + 'static>(
        &self,
        query: impl FnOnce(&Connection, &Snapshot) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let names = self.names.now();
        let asked = Arc::clone(&names);
        let mut answer = self.pool.read(move |connection| query(connection, &asked)).await?;
        answer.named(&names);
        Ok(answer)
    }

    pub(super) async fn events(
        &self,
        filter: &EventFilter,
        order: Order,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<Page<StoredEvent>, StoreError> {
        let (filter, cursor) = (filter.clone(), cursor.map(str::to_owned));
        self.named(move |connection, names| match &filter.session_id {
            Some(session) => scan::by_session(connection, session, &filter, names, order, limit, cursor.as_deref()),
            None => scan::by_arrival(connection, &filter, names, order, limit, cursor.as_deref()),
        })
        .await
    }

    pub(super) async fn event(&self, id: &EventId) -> Result<Option<StoredEvent>, StoreError> {
        let id = *id.as_bytes();
        self.named(move |connection, _| match scan::seq_of(connection, &id)? {
            Some(seq) => scan::event(connection, seq),
            None => Ok(None),
        })
        .await
    }

    pub(super) async fn after(&self, seq: Seq, limit: usize) -> Result<Vec<StoredEvent>, StoreError> {
        self.named(move |connection, _| scan::after(connection, seq, limit)).await
    }

    pub(super) async fn seq_of(&self, id: &EventId) -> Result<Option<Seq>, StoreError> {
        let id = *id.as_bytes();
        self.pool.read(move |connection| scan::seq_of(connection, &id)).await
    }

    pub(super) async fn sessions(
        &self,
        filter: &SessionFilter,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<Page<Session>, StoreError> {
        let (filter, cursor, now) = (filter.clone(), cursor.map(str::to_owned), self.pool.now());
        self.pool.read(move |connection| lists::sessions(connection, &filter, limit, cursor.as_deref(), now)).await
    }

    pub(super) async fn idle(&self, before: Timestamp, limit: usize) -> Result<Vec<Session>, StoreError> {
        let now = self.pool.now();
        self.pool.read(move |connection| lists::idle(connection, before, limit, now)).await
    }

    pub(super) async fn session(&self, id: &str, agent: Option<&str>) -> Result<Option<Session>, StoreError> {
        let (id, agent, now) = (id.to_owned(), agent.map(str::to_owned), self.pool.now());
        self.pool.read(move |connection| lists::shown(connection, &id, agent.as_deref(), now)).await
    }

    pub(super) async fn tool_calls(
        &self,
        session: &str,
        agent: Option<&str>,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<Page<ToolCall>, StoreError> {
        let (session, agent, cursor) = (session.to_owned(), agent.map(str::to_owned), cursor.map(str::to_owned));
        let list = move |connection: &Connection, _: &Snapshot| {
            lists::tool_calls(connection, &session, agent.as_deref(), limit, cursor.as_deref())
        };
        self.named(list).await
    }

    pub(super) async fn subagents(&self, session: &str, agent: Option<&str>) -> Result<Vec<Subagent>, StoreError> {
        let (session, agent) = (session.to_owned(), agent.map(str::to_owned));
        self.pool.read(move |connection| lists::subagents(connection, &session, agent.as_deref())).await
    }

    pub(super) async fn usage(
        &self,
        group: GroupBy,
        filter: &UsageFilter,
    ) -> Result<(Vec<UsageRow>, Used), StoreError> {
        let (filter, names) = (filter.clone(), self.names.now());
        let sums = move |connection: &Connection| {
            Ok((usage::usage(connection, group, &filter, &names)?, usage::total(connection, &filter)?))
        };
        self.pool.read(sums).await
    }

    pub(super) async fn spend(
        &self,
        sessions: Vec<String>,
        since: [Timestamp; 3],
    ) -> Result<Vec<SessionSpend>, StoreError> {
        self.pool.read(move |connection| spend::of_sessions(connection, &sessions, since)).await
    }

    pub(super) async fn people(&self) -> Result<Vec<PersonRow>, StoreError> {
        self.pool.read(usage::people).await
    }

    pub(super) async fn repositories(&self) -> Result<Vec<RepositoryRow>, StoreError> {
        self.pool.read(usage::repositories).await
    }

    pub(super) async fn prompts(&self, session: &str, agent: Option<&str>) -> Result<Vec<PromptUse>, StoreError> {
        let (session, agent) = (session.to_owned(), agent.map(str::to_owned));
        self.pool.read(move |connection| usage::prompts(connection, &session, agent.as_deref())).await
    }

    pub(super) async fn reconciliation(
        &self,
        session: &str,
        agent: Option<&str>,
    ) -> Result<Option<Reconciliation>, StoreError> {
        let (session, agent) = (session.to_owned(), agent.map(str::to_owned));
        self.pool.read(move |connection| usage::reconciliation(connection, &session, agent.as_deref())).await
    }

    pub(super) async fn artifacts(
        &self,
        filter: &ArtifactFilter,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<Page<Artifact>, StoreError> {
        let (filter, cursor) = (filter.clone(), cursor.map(str::to_owned));
        self.pool.read(move |connection| artifacts::list(connection, &filter, limit, cursor.as_deref())).await
    }

    pub(super) async fn told(&self, contents: Vec<String>) -> Result<HashSet<String>, StoreError> {
        self.pool.read(move |connection| artifacts::told(connection, &contents)).await
    }

    pub(super) async fn tools(&self, since: Timestamp, until: Timestamp) -> Result<Vec<ToolUse>, StoreError> {
        self.named(move |connection, _| overview::tools(connection, since, until)).await
    }

    pub(super) async fn servers(&self, since: Timestamp, until: Timestamp) -> Result<Vec<Server>, StoreError> {
        self.named(move |connection, _| servers::all(connection, since, until)).await
    }

    pub(super) async fn handlers(&self, since: Timestamp, until: Timestamp) -> Result<Vec<HandlerUse>, StoreError> {
        self.pool.read(move |connection| handlers::all(connection, since, until)).await
    }

    pub(super) async fn overview(
        &self,
        since: Timestamp,
        until: Timestamp,
        bars: usize,
    ) -> Result<Overview, StoreError> {
        let now = self.pool.now();
        self.named(move |connection, names| overview::overview(connection, since, until, bars, now, names)).await
    }

    pub(super) async fn stats(&self) -> Result<Stats, StoreError> {
        let place = self.pool.place().clone();
        self.pool.read(move |connection| stats(connection, &place)).await
    }

    pub(super) async fn backup(&self, to: PathBuf) -> Result<(), StoreError> {
        let copy = move |connection: &Connection| {
            // The state to copy is the one of the first read; a transaction alone does not fix it yet.
            connection.query_row("SELECT events FROM totals", [], |_| Ok(()))?;
            copy::backup(connection, &to)
        };
        self.pool.read(copy).await
    }
}

fn stats(connection: &Connection, place: &schema::Place) -> Result<Stats, StoreError> {
    let (events, payload_bytes, sessions) =
        connection.query_row("SELECT events, payload_bytes, sessions FROM totals", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
    let number = |pragma: &str| connection.query_row(pragma, [], |row| row.get::<_, u64>(0));
    let received = |sql: &str| -> Result<Option<Timestamp>, StoreError> {
        use rusqlite::OptionalExtension;
        Ok(connection.query_row(sql, [], |row| row.get(0)).optional()?.map(Timestamp::from_nanos))
    };
    let stored_bytes = match place.bytes() {
        Some(bytes) => bytes,
        None => number("PRAGMA page_count")? * number("PRAGMA page_size")?,
    };
    Ok(Stats {
        events,
        sessions,
        payload_bytes,
        stored_bytes,
        oldest: received("SELECT received_at FROM blocks ORDER BY first_seq LIMIT 1")?,
        newest: received("SELECT received_at FROM blocks ORDER BY first_seq DESC LIMIT 1")?,
        schema: number("PRAGMA user_version")? as u32,
    })
}
