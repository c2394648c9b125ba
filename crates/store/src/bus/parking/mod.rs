//! Where events wait whose project is not known yet: parked by session, until somebody claims the session.
//!
//! Every operation is one atomic step on every member, however many servers share it, and time is an argument of each:
//!
//! * [`Parking::park`] puts an event behind those of its session, or says that nothing waits and the session is claimed
//!   for this very server, which then stores the event itself. So the order within a session holds.
//! * [`Parking::claim`] gives a session to a project, or completes and renews what this project claimed before. Nobody
//!   takes another's, and a foreign claim learns nothing but that there is one.
//! * [`Parking::release`] shows the oldest events of a claimed session, [`Parking::released`] removes what was stored.
//!   A store that fails or a server that dies between the two repeats the first; the ids make that no second event.
//! * [`Parking::expire`] takes out the events that waited too long (each by its own time) and shows them until
//!   [`Parking::expired`] says that a [`Quarantine`] has them.
//!
//! Nothing is ever thrown out for a newcomer: beyond a [`Bound`] the newcomer is refused.

mod local;
mod quarantine;
#[cfg(feature = "redis")]
mod redis;

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use hookrail_core::event::EventId;
use hookrail_core::time::Timestamp;
use serde::Serialize;

use crate::events::sqlite::schema::Place;
use crate::{Settings, StoreError};

pub use quarantine::{Held, Kept, Quarantine, QuarantineBounds};

/// The steps from nothing to the newest schema, each with the BLAKE3 hash it shipped with. See `migrations/README.md`.
pub(crate) const MIGRATIONS: &[(&str, &str)] = &[(
    include_str!("../../../migrations/parking/0001_init.sql"),
    "43e492c09dc6f251bf5c3e6c1802f1c9e2fb2fb137d5abde1a1f4aaddf90d1b4",
)];

/// How long an event waits for its session to be claimed, counted from when it was received.
pub const WAIT: Duration = Duration::from_secs(10 * 60);

/// How long a claim lives after its last use.
pub const CLAIM: Duration = Duration::from_secs(24 * 3600);

/// The longest name of a session that can wait, in bytes.
pub const MAX_SESSION_NAME: usize = 512;

/// The bounds of what waits. Bytes are those of the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Events of one session.
    pub session_events: u64,
    /// Bytes of one session.
    pub session_bytes: u64,
    /// Sessions that one address has events in.
    pub address_sessions: u64,
    /// Bytes of one address.
    pub address_bytes: u64,
    /// Events in all.
    pub events: u64,
    /// Bytes in all.
    pub bytes: u64,
    /// Claims in all.
    pub claims: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            session_events: 10_000,
            session_bytes: 16 << 20,
            address_sessions: 2_000,
            address_bytes: 64 << 20,
            events: 200_000,
            bytes: 512 << 20,
            claims: 200_000,
        }
    }
}

/// The bound that a newcomer would have passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// [`Bounds::session_events`].
    SessionEvents,
    /// [`Bounds::session_bytes`].
    SessionBytes,
    /// [`Bounds::address_sessions`].
    AddressSessions,
    /// [`Bounds::address_bytes`].
    AddressBytes,
    /// [`Bounds::events`].
    Events,
    /// [`Bounds::bytes`].
    Bytes,
}

impl Bound {
    /// Every bound, in the order they are looked at.
    pub const ALL: [Self; 6] =
        [Self::SessionEvents, Self::SessionBytes, Self::AddressSessions, Self::AddressBytes, Self::Events, Self::Bytes];

    /// The bound's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SessionEvents => "session_events",
            Self::SessionBytes => "session_bytes",
            Self::AddressSessions => "address_sessions",
            Self::AddressBytes => "address_bytes",
            Self::Events => "events",
            Self::Bytes => "bytes",
        }
    }

    /// Whether it is the server's as a whole, not one sender's.
    pub const fn is_of_all(self) -> bool {
        matches!(self, Self::Events | Self::Bytes)
    }
}

/// A session by its agent and its agent's name for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct SessionRef {
    /// The agent.
    pub agent: String,
    /// Its name for the session.
    pub session: String,
}

impl SessionRef {
    /// A session of an agent.
    pub fn new(agent: impl Into<String>, session: impl Into<String>) -> Self {
        Self { agent: agent.into(), session: session.into() }
    }
}

/// An event that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked {
    /// Its session.
    pub session: SessionRef,
    /// Its place in the order of arrival, given when it is parked.
    pub seq: u64,
    /// Its identity; a session holds it once.
    pub id: EventId,
    /// When it was received.
    pub at: Timestamp,
    /// Who sent it.
    pub address: IpAddr,
    /// One line of the wire, without secrets; its id and its time are set.
    pub record: String,
}

/// Whose a session is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The project it belongs to.
    pub project: String,
    /// The server that keeps this project.
    pub home: String,
    /// Who is at work, where known.
    pub person: Option<String>,
    /// When it ends unless it is used before.
    pub until: Timestamp,
}

/// What became of an event that was to be parked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Put {
    /// It waits.
    Parked,
    /// It waits already.
    Duplicate,
    /// Its session is claimed for this server and nothing of it waits: the caller stores it.
    Claimed(Claim),
    /// It would have passed this bound, and does not wait.
    Full(Bound),
}

/// What became of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// The session is this project's.
    Ours {
        /// The claim as it stands now.
        claim: Claim,
        /// Whether events of it wait to be released by [`Claim::home`].
        waiting: bool,
    },
    /// It is another project's.
    Foreign,
    /// There are as many claims as there may be.
    Full,
}

/// What is known of a session's waiting, or quarantined, events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// The session.
    #[serde(flatten)]
    pub session: SessionRef,
    /// How many events.
    pub events: u64,
    /// Bytes of their records.
    pub bytes: u64,
    /// When the oldest was received.
    pub first_at: Timestamp,
    /// When the newest was received.
    pub last_at: Timestamp,
    /// Who sent the oldest.
    pub address: String,
}

/// The sums of what waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Events, those on their way to quarantine included.
    pub events: u64,
    /// Bytes of their records.
    pub bytes: u64,
    /// Claims.
    pub claims: u64,
}

/// Why an operation of the parking did not happen, or is not known to have happened.
#[derive(Debug, thiserror::Error)]
pub enum ParkError {
    /// The bus is out of reach for now. Trying again later helps; every operation may be repeated.
    #[error(
        "the bus is out of reach: {0}; events with a key are taken all the same, check that Redis runs and that --bus names it"
    )]
    Away(String),
    /// The store beneath failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Where events wait. Cloning shares it.
#[derive(Clone, Debug)]
pub enum Parking {
    /// Within this process, in a SQLite file that survives it.
    Local(local::Local),
    /// In Redis, shared by several servers.
    #[cfg(feature = "redis")]
    Redis(redis::Redis),
}

/// Sends an operation to whichever member there is.
macro_rules! member {
    ($self:ident, $member:ident => $operation:expr) => {
        match $self {
            Self::Local($member) => $operation,
            #[cfg(feature = "redis")]
            Self::Redis($member) => $operation,
        }
    };
}

impl Parking {
    /// The parking that a URL names: `local` for the SQLite file `file` (`None` for one in memory), or `redis://…`.
    /// Redis need not be there yet. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// A URL that names no bus, or a file that cannot be opened.
    pub fn open(url: &str, file: Option<&Path>, bounds: Bounds, settings: &Settings) -> Result<Self, StoreError> {
        match url.split_once(':').map_or(url, |(scheme, _)| scheme) {
            "local" if url == "local" => Ok(Self::Local(local::Local::open(&place(file), bounds, settings)?)),
            #[cfg(feature = "redis")]
            "redis" | "rediss" | "redis+unix" | "unix" => Ok(Self::Redis(redis::Redis::open(url, bounds)?)),
            // A URL may hold a password, so an unknown one is not repeated.
            _ => Err(StoreError::Invalid("there is no such bus; use local or redis://HOST:PORT/DB".to_owned())),
        }
    }

    /// The member's word: `local` or `redis`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Local(_) => "local",
            #[cfg(feature = "redis")]
            Self::Redis(_) => "redis",
        }
    }

    /// Parks events in their order, each by itself, on behalf of the server `home`; tells what became of each.
    /// A claimed session's claim is renewed by it.
    ///
    /// # Errors
    /// Where it is not known what became of them. Parking them again is safe.
    pub async fn park(&self, home: &str, items: Vec<Parked>, now: Timestamp) -> Result<Vec<Put>, ParkError> {
        member!(self, member => member.park(home, items, now).await)
    }

    /// Claims a session for a project of the server `home`.
    ///
    /// # Errors
    /// Where it is not known whether it was claimed. Claiming again is safe.
    pub async fn claim(
        &self,
        session: &SessionRef,
        project: &str,
        home: &str,
        person: Option<&str>,
        now: Timestamp,
    ) -> Result<Claimed, ParkError> {
        member!(self, member => member.claim(session, project, home, person, now).await)
    }

    /// The claim of a session, if there is one.
    ///
    /// # Errors
    /// Where the bus cannot be asked.
    pub async fn claimed(&self, session: &SessionRef, now: Timestamp) -> Result<Option<Claim>, ParkError> {
        member!(self, member => member.claimed(session, now).await)
    }

    /// The oldest waiting events of a session that is claimed for `home`, with the claim. They go on waiting.
    /// `None` where the session is not claimed for `home`.
    ///
    /// # Errors
    /// Where the bus cannot be asked.
    pub async fn release(
        &self,
        home: &str,
        session: &SessionRef,
        limit: usize,
        now: Timestamp,
    ) -> Result<Option<(Claim, Vec<Parked>)>, ParkError> {
        member!(self, member => member.release(home, session, limit, now).await)
    }

    /// Removes events of a session that are stored; whether more of them wait.
    ///
    /// # Errors
    /// Where it is not known whether they were removed. Removing them again is safe.
    pub async fn released(&self, session: &SessionRef, seqs: &[u64]) -> Result<bool, ParkError> {
        member!(self, member => member.released(session, seqs).await)
    }

    /// Sessions that are claimed for `home` and have events waiting, at most `limit`.
    ///
    /// # Errors
    /// Where the bus cannot be asked.
    pub async fn waiting(&self, home: &str, limit: usize, now: Timestamp) -> Result<Vec<SessionRef>, ParkError> {
        member!(self, member => member.waiting(home, limit, now).await)
    }

    /// Takes out events that were received longer than [`WAIT`] ago and whose session nobody claimed, and shows those
    /// that `home` has taken out, at most about `limit`, until it says that they are kept. Also forgets claims that have ended.
    ///
    /// # Errors
    /// Where the bus cannot be asked. What was taken out is shown again.
    pub async fn expire(&self, home: &str, limit: usize, now: Timestamp) -> Result<Vec<Parked>, ParkError> {
        member!(self, member => member.expire(home, limit, now).await)
    }

    /// Forgets events that were taken out.
    ///
    /// # Errors
    /// Where it is not known whether they were. Forgetting them again is safe.
    pub async fn expired(&self, home: &str, seqs: &[u64]) -> Result<(), ParkError> {
        member!(self, member => member.expired(home, seqs).await)
    }

    /// Sessions with waiting events, the one that waits longest first, from `offset`.
    ///
    /// # Errors
    /// Where the bus cannot be asked.
    pub async fn sessions(&self, offset: usize, limit: usize) -> Result<Vec<Waiting>, ParkError> {
        member!(self, member => member.sessions(offset, limit).await)
    }

    /// The waiting events of a session after a place in the order of arrival (0 for the first), at most `limit`.
    ///
    /// # Errors
    /// Where the bus cannot be asked.
    pub async fn events(&self, session: &SessionRef, after: u64, limit: usize) -> Result<Vec<Parked>, ParkError> {
        member!(self, member => member.events(session, after, limit).await)
    }

    /// The sums of what waits. Also how it is asked whether the bus is there.
    ///
    /// # Errors
    /// Where the bus cannot be asked.
    pub async fn totals(&self) -> Result<Totals, ParkError> {
        member!(self, member => member.totals().await)
    }
}

/// A file, or a new database in memory.
fn place(file: Option<&Path>) -> Place {
    file.map_or_else(Place::memory, |path| Place::File(path.to_owned()))
}

/// `now` later by `duration`.
fn later(now: Timestamp, duration: Duration) -> Timestamp {
    Timestamp::from_nanos(now.as_nanos().saturating_add(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)))
}

/// `now` earlier by `duration`.
fn earlier(now: Timestamp, duration: Duration) -> Timestamp {
    Timestamp::from_nanos(now.as_nanos().saturating_sub(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)))
}
