//! Where the record is kept, behind three seams by role, each a closed enum chosen by URL.
//!
//! * [`events`]: the events and what is derived from them in the same transaction (sessions, tool calls, subagents, roll-ups).
//! * [`meta`]: what is configured or remembered about devices and the instance itself.
//! * [`bus`]: what is live: fan-out of stored events.
//!
//! [`open`] gives a [`Store`], cheap to clone, for everybody who reads; its one [`events::Writer`] belongs to the
//! thread that writes.

pub mod bus;
mod error;
pub mod events;
pub mod meta;
pub mod model;

use std::num::NonZeroUsize;

use hookrail_core::time::Timestamp;

pub use error::StoreError;

/// How safely a commit is put on the disk before it is acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sync {
    /// A committed event survives the loss of power (`synchronous=FULL`: one `fdatasync` per commit).
    #[default]
    Full,
    /// A committed event survives a killed server, but the last ones may be lost with the power
    /// (`synchronous=NORMAL`: no `fdatasync` per commit).
    Normal,
}

/// The settings of a store. The defaults keep an idle store within a few MiB of memory.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What a commit survives.
    pub sync: Sync,
    /// The page cache of the writer, in KiB.
    pub writer_cache_kib: u32,
    /// The page cache of each reader, in KiB.
    pub reader_cache_kib: u32,
    /// How many queries run at once; more wait their turn.
    pub readers: NonZeroUsize,
    /// How many of the newest events the live feed keeps for a slow subscriber before it misses some.
    pub live_events: usize,
    /// How many bytes of payload the live feed keeps at most.
    pub live_bytes: usize,
    /// The clock: what "now" is where an answer depends on it (a session is *ended (inferred)* after a silence).
    pub clock: fn() -> Timestamp,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            sync: Sync::Full,
            writer_cache_kib: 8 * 1024,
            reader_cache_kib: 1024,
            readers: const { NonZeroUsize::new(4).unwrap() },
            live_events: 4096,
            live_bytes: 16 * 1024 * 1024,
            clock: now,
        }
    }
}

/// The time by this machine's clock.
fn now() -> Timestamp {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_nanos(i64::try_from(since_epoch.as_nanos()).unwrap_or(i64::MAX))
}

/// An open store: the three seams. Cloning shares them.
#[derive(Clone, Debug)]
pub struct Store {
    /// Reads the events and what is derived from them.
    pub events: events::Reader,
    /// Settings, devices, the instance.
    pub meta: meta::Meta,
    /// The live feed.
    pub bus: bus::Bus,
    writer: std::sync::Arc<std::sync::Mutex<Option<events::Writer>>>,
}

impl Store {
    /// The one writer of the store.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when it was taken before: there is one writer per store.
    pub fn writer(&self) -> Result<events::Writer, StoreError> {
        let mut slot = self.writer.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        slot.take().ok_or_else(|| StoreError::Invalid("the store's writer is already in use".to_owned()))
    }
}

/// Opens the store a URL names, creating it where it does not exist.
///
/// `sqlite:PATH` or a bare path is a SQLite file; `sqlite::memory:` is one in memory that ends with the last clone.
///
/// # Errors
/// [`StoreError::Invalid`] for a URL no member understands, [`StoreError::Newer`] for a database of a newer version,
/// and whatever opening the file meets.
pub fn open(url: &str, settings: &Settings) -> Result<Store, StoreError> {
    let _ = (url, settings);
    Err(StoreError::Other("the SQLite store is not built yet".to_owned()))
}
