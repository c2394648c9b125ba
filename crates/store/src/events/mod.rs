//! The events, and what is derived from them: the first seam.
//!
//! A closed enum per role: a backend is one more variant of [`Writer`] and [`Reader`] and one more run of the
//! conformance suite (`tests/conformance.rs`), nothing else.

pub mod sqlite;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hookrail_core::event::{Event, EventId};
use hookrail_core::time::Timestamp;
use serde::Serialize;

use crate::StoreError;
use crate::model::{
    Artifact, ArtifactFilter, EventFilter, GroupBy, HandlerUse, Overview, Page, PersonRow, PromptUse, Reconciliation,
    RepositoryRow, Seq, Server, Session, SessionFilter, SessionSpend, StoredEvent, Subagent, ToolCall, ToolUse,
    UsageFilter, UsageRow, Used,
};

/// The order of a list of events.
///
/// A list of one session's events is ordered by when they happened (then by arrival); any other list by arrival.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Oldest first.
    Oldest,
    /// Newest first.
    #[default]
    Newest,
}

/// What became of one event of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Append {
    /// It is stored at this position.
    Stored(Seq),
    /// It was there already: the same id, or the same tool call's event told by a second registration of the hook.
    Duplicate,
}

/// What became of a batch.
#[derive(Debug, Default)]
pub struct Appended {
    /// One per event of the batch, in its order.
    pub outcomes: Vec<Append>,
    /// The events that were stored, in the order of arrival, as the API shows them: what goes to the live feed.
    pub stored: Vec<Arc<StoredEvent>>,
}

/// How much is kept. The default keeps everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// Events received longer ago than this are removed.
    pub max_age: Option<Duration>,
    /// The oldest events are removed while the store uses more bytes than this.
    pub max_bytes: Option<u64>,
    /// Roll-ups older than this are removed; they are small and worth keeping longer than events.
    pub max_rollup_age: Option<Duration>,
}

/// What one slice of retention removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Removed {
    /// Events removed.
    pub events: u64,
    /// Sessions forgotten with their last event.
    pub sessions: u64,
    /// Bytes given back to the file system.
    pub bytes: u64,
    /// Whether another call would remove more.
    pub more: bool,
}

/// The store's own figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Events stored.
    pub events: u64,
    /// Sessions known.
    pub sessions: u64,
    /// Bytes of payload the stored events came with.
    pub payload_bytes: u64,
    /// Bytes the store takes on the disk, its log included.
    pub stored_bytes: u64,
    /// When the oldest stored event was received.
    pub oldest: Option<Timestamp>,
    /// When the newest stored event was received.
    pub newest: Option<Timestamp>,
    /// The version of the schema.
    pub schema: u32,
}

/// Writes events. There is one per store; it belongs to one thread.
#[derive(Debug)]
pub enum Writer {
    /// On SQLite.
    Sqlite(sqlite::Writer),
}

impl Writer {
    /// Stores a batch in one transaction, with everything derived from it: all or nothing.
    /// When this returns, what was stored survives what [`Settings::sync`](crate::Settings::sync) says.
    ///
    /// # Errors
    /// Nothing of the batch is stored then; sending it again is safe.
    pub fn append(&mut self, batch: Vec<Event>) -> Result<Appended, StoreError> {
        match self {
            Self::Sqlite(writer) => writer.append(batch),
        }
    }

    /// Removes a bounded slice of what is too old or too much, oldest first. Call again while [`Removed::more`].
    ///
    /// # Errors
    /// Nothing of the slice is removed then.
    pub fn retain(&mut self, retention: &Retention, now: Timestamp) -> Result<Removed, StoreError> {
        match self {
            Self::Sqlite(writer) => writer.retain(retention, now),
        }
    }

    /// Moves the write-ahead log into the database and empties it, for a clean stop.
    ///
    /// # Errors
    /// [`StoreError::Busy`] while a long read holds the log; nothing is lost, the next opening does it.
    pub fn checkpoint(&mut self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(writer) => writer.checkpoint(),
        }
    }

    /// Writes a consistent copy of the store to a new file.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] where the file exists.
    pub fn backup(&self, to: &Path) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(writer) => writer.backup(to),
        }
    }
}

/// Reads events and what is derived from them. Cloning shares the connections.
#[derive(Clone, Debug)]
pub enum Reader {
    /// On SQLite.
    Sqlite(sqlite::Reader),
}

impl Reader {
    /// Events that match, a page at a time.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a cursor that is not one of this list.
    pub async fn events(
        &self,
        filter: &EventFilter,
        order: Order,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<Page<StoredEvent>, StoreError> {
        match self {
            Self::Sqlite(reader) => reader.events(filter, order, limit, cursor).await,
        }
    }

    /// One event.
    ///
    /// # Errors
    /// Only where the store itself fails.
    pub async fn event(&self, id: &EventId) -> Result<Option<StoredEvent>, StoreError> {
        match self {
            Self::Sqlite(reader) => reader.event(id).await,
        }
    }

    /// Events after a position, in the order of arrival: how a live feed resumes. May give fewer than `limit`,
    /// never none while there are any.
    ///
    /// # Errors
    /// Only where the store itself fails.
    pub async fn after(&self, seq: Seq, limit: usize) -> Result<Vec<StoredEvent>, StoreError> {
        match self {
            Self::Sqlite(reader) => reader.after(seq, limit).await,
        }
    }

    /// The position of an event; `None` where it is not stored (any more).
    ///
    /// # Errors
    /// Only where the store itself fails.
    pub async fn seq_of(&self, id: &EventId) -> Result<Option<Seq>, StoreError> {
        match self {
            Self::Sqlite(reader) => reader.seq_of(id).await,
        }
    }

    /// Sessions that match, the one with the latest event first.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a cursor that is not one of this list.
    pub async fn sessions(
        &self,
        filter: &SessionFilter,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<Page<Session>, StoreError> {
        match self {
            Self::Sqlite(reader) => reader.sessions(filter, limit, cursor).await,
        }
    }

    /// Sessions whose last turn ended and that were last heard of before a time, but not so long ago that they are shown
    /// as ended; the one that waits longest first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn idle(&self, before: Timestamp, limit: usize) -> Result<Vec<Session>, StoreError> {
        match self {
            Self::Sqlite(reader) => reader.idle(before, limit).await,
        }
    }

    /// One session. Ids are unique within an agent; without `agent` the most recently active one is meant.
    ///
    /// # Errors
    /// Only where the store itself fails.
    pub async fn session(&self, id: &str, agent: Option<&str>) -> Result<Option<Session>, StoreError> {
        match self {
            Self::Sqlite(reader) => reader.session(id, agent).await,
        }
    }

    /// The tool calls of a session, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a cursor that is not one of this list.
    pub async fn tool_calls(
        &self,
        session: &str,
        agent: Option<&str>,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<Page<ToolCall>, StoreError> {
        match self {
            Self::Sqlite(reader) => reader.tool_calls(session, agent, limit, cursor).await,
        }
    }

    /// The subagents of a session, oldest first; at most [`MAX_SUBAGENTS`].
    ///
    /// # Errors
    /// Only where the store itself fails.
    pub async fn subagents(&self, session: &str, agent: Option<&str>) -> Result<Vec<Subagent>, StoreError> {
        match self {
            Self::Sqlite(reader) => reader.subagents(session, agent).await,
        }
    }

    /// What was used of models, summed by group, and the sum of everything that matches. The dearest group comes first,
    /// days and hours in their order. Spans are widened to whole hours.
    ///
    /// # Errors
    /// Only where the store itself fails.
    pub async fn usage(&self, group: GroupBy, filter: &UsageFilter) -> Result<(Vec<UsageRow>, Used), StoreError> {
        match self {
            Self::Sqlite(reader) => reader.usage(group, filter).await,
        }
    }

    /// What these sessions cost, as far as they are known, and what their people and repositories did since the beginning of the
    /// day, the week and the month. A span that begins within an hour begins with the next one: nothing of before it is counted.
    ///
    /// # Errors
    /// Only where the store itself fails.
    pub async fn spend(&self, sessions: Vec<String>, since: [Timestamp; 3]) -> Result<Vec<SessionSpend>, StoreError> {
        match self {
            Self::Sqlite(reader) => reader.spend(sessions, since).await,
        }
    }

    /// Everybody seen, whoever was here last first.
    ///
    /// # Errors
    /// Only where the store itself fails.
    pub async fn people(&self) -> Result<Vec<PersonRow>, StoreError> {
        match self {
            Self::Sqlite(reader) => reader.people().await,
        }
    }

    /// Every repository seen, the latest first.
    ///
    /// # Errors
    /// Only where the store itself fails.
    pub async fn repositories(&self) -> Result<Vec<RepositoryRow>, StoreError> {
        match self {
            Self::Sqlite(reader) => reader.repositories().await,
        }
    }

    /// The prompts of a session, oldest first, each with what was used for it.
    ///
    /// # Errors
    /// Only where the store itself fails.
    pub async fn prompts(&self, session: &str, agent: Option<&str>) -> Result<Vec<PromptUse>, StoreError> {
        match self {
            Self::Sqlite(reader) => reader.prompts(session, agent).await,
        }
    }

    /// What hooks, telemetry and transcript each say of a session; `None` where there is no such session.
    ///
    /// # Errors
    /// Only where the store itself fails.
    pub async fn reconciliation(
        &self,
        session: &str,
        agent: Option<&str>,
    ) -> Result<Option<Reconciliation>, StoreError> {
        match self {
            Self::Sqlite(reader) => reader.reconciliation(session, agent).await,
        }
    }

    /// Artifacts that match, the one that was told of last first.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a cursor that is not one of this list.
    pub async fn artifacts(
        &self,
        filter: &ArtifactFilter,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<Page<Artifact>, StoreError> {
        match self {
            Self::Sqlite(reader) => reader.artifacts(filter, limit, cursor).await,
        }
    }

    /// Which of these contents, named by their SHA-256, a stored event still tells of.
    ///
    /// # Errors
    /// Only where the store itself fails.
    pub async fn told(&self, contents: Vec<String>) -> Result<HashSet<String>, StoreError> {
        match self {
            Self::Sqlite(reader) => reader.told(contents).await,
        }
    }

    /// The use of each tool in a span, most used first. Read from roll-ups: the span is widened to whole minutes.
    ///
    /// # Errors
    /// Only where the store itself fails.
    pub async fn tools(&self, since: Timestamp, until: Timestamp) -> Result<Vec<ToolUse>, StoreError> {
        match self {
            Self::Sqlite(reader) => reader.tools(since, until).await,
        }
    }

    /// Every MCP server that was ever used, with its use in a span, by raw name; at most [`MAX_SERVERS`].
    /// Read from roll-ups: the span is widened to whole minutes.
    ///
    /// # Errors
    /// Only where the store itself fails.
    pub async fn servers(&self, since: Timestamp, until: Timestamp) -> Result<Vec<Server>, StoreError> {
        match self {
            Self::Sqlite(reader) => reader.servers(since, until).await,
        }
    }

    /// How handlers ran in a span, which is widened to whole hours, those that went wrong most often first; at most
    /// [`MAX_HANDLERS`].
    ///
    /// # Errors
    /// Only where the store itself fails.
    pub async fn handlers(&self, since: Timestamp, until: Timestamp) -> Result<Vec<HandlerUse>, StoreError> {
        match self {
            Self::Sqlite(reader) => reader.handlers(since, until).await,
        }
    }

    /// What the overview shows for a span in about `bars` bars. Read from roll-ups: the span is widened to whole bars.
    ///
    /// # Errors
    /// Only where the store itself fails.
    pub async fn overview(&self, since: Timestamp, until: Timestamp, bars: usize) -> Result<Overview, StoreError> {
        match self {
            Self::Sqlite(reader) => reader.overview(since, until, bars).await,
        }
    }

    /// The store's own figures.
    ///
    /// # Errors
    /// Only where the store itself fails.
    pub async fn stats(&self) -> Result<Stats, StoreError> {
        match self {
            Self::Sqlite(reader) => reader.stats().await,
        }
    }

    /// Writes a consistent copy of the store to a new file, while others go on writing to the store.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] where the file exists.
    pub async fn backup(&self, to: PathBuf) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(reader) => reader.backup(to).await,
        }
    }
}

/// The most subagents one answer lists.
pub const MAX_SUBAGENTS: usize = 10_000;

/// The most MCP servers one answer lists.
pub const MAX_SERVERS: usize = 10_000;

/// The most handlers one answer lists.
pub const MAX_HANDLERS: usize = 10_000;

/// The most items a page holds, whatever is asked for.
pub const MAX_LIMIT: usize = 1000;
