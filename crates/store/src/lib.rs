//! Where the record is kept, behind three seams by role, each a closed enum chosen by URL.
//!
//! * [`events`]: the events and what is derived from them in the same transaction (sessions, tool calls, subagents, roll-ups).
//! * [`meta`]: what is configured or remembered about devices and the instance itself.
//! * [`bus`]: what is live: fan-out of stored events.
//!
//! Beside the stores of all projects stands the one [`registry`] of who they belong to.
//!
//! [`open`] gives a [`Store`], cheap to clone, for everybody who reads; its one [`events::Writer`] belongs to the
//! thread that writes.

mod block;
pub mod bus;
mod cursor;
mod derive;
mod error;
pub mod events;
pub mod guard;
mod histogram;
pub mod meta;
pub mod model;
pub mod names;
pub mod registry;
pub mod sleep;
mod varint;

#[cfg(test)]
extern crate self as hookrail_store;
/// The events of the integration tests, for the tests within.
#[cfg(test)]
#[path = "../tests/common/mod.rs"]
mod test_events;

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use hookrail_core::time::Timestamp;

pub use error::StoreError;
use events::sqlite::Pool;
pub use events::sqlite::copy::backup_file;
use events::sqlite::schema::Place;

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
    /// What the guard decided, and what was found in the record.
    pub guard: guard::Guard,
    /// The live feed.
    pub bus: bus::Bus,
    /// What the project calls its MCP servers.
    pub names: names::Names,
    writer: Arc<Mutex<Option<(Place, Settings)>>>,
}

impl Store {
    /// The one writer of the store.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when it was taken before: there is one writer per store.
    /// [`StoreError::Busy`] where another process has it.
    pub fn writer(&self) -> Result<events::Writer, StoreError> {
        let mut slot = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((place, settings)) = slot.as_ref() else {
            return Err(StoreError::Invalid("the store's writer is already in use".to_owned()));
        };
        let writer = events::sqlite::Writer::open(place, settings)?;
        *slot = None;
        Ok(events::Writer::Sqlite(writer))
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
    let place = place(url)?;
    // Also brings the database up to date, before anybody reads it.
    let connection = place.open(settings)?;
    let guard = guard::SqliteGuard::new(place.open(settings)?);
    let names = names::Names::default();
    let meta = meta::SqliteMeta::new(connection, names.clone())?;
    let pool = Pool::new(place.clone(), settings);
    Ok(Store {
        events: events::Reader::Sqlite(events::sqlite::Reader::new(pool, names.clone())),
        meta: meta::Meta::Sqlite(meta),
        guard: guard::Guard::Sqlite(guard),
        bus: bus::Bus::local(settings.live_events, settings.live_bytes),
        names,
        writer: Arc::new(Mutex::new(Some((place, settings.clone())))),
    })
}

/// Which store a URL names. A URL may hold a password, so an unknown one is not repeated beyond its scheme.
fn place(url: &str) -> Result<Place, StoreError> {
    let is_scheme =
        |part: &str| part.len() > 1 && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+');
    match url.split_once(':') {
        Some(("sqlite", ":memory:")) => Ok(Place::memory()),
        Some(("sqlite", path)) if !path.trim_start_matches('/').is_empty() => {
            Ok(Place::File(path.strip_prefix("//").unwrap_or(path).into()))
        }
        Some((scheme, _)) if is_scheme(scheme) => Err(StoreError::Invalid(format!(
            "there is no store for `{scheme}:` URLs; use sqlite:PATH, sqlite::memory:, or the path of a file"
        ))),
        _ if url.is_empty() => Err(StoreError::Invalid("the store's URL is empty; use sqlite:PATH".to_owned())),
        _ => Ok(Place::File(url.into())),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn a_url_names_a_store_or_says_which_exist() {
        let file = |url: &str| match place(url) {
            Ok(Place::File(path)) => Some(path),
            _ => None,
        };
        assert_eq!(file("sqlite:data/x.db"), Some(PathBuf::from("data/x.db")));
        assert_eq!(file("sqlite:///var/x.db"), Some(PathBuf::from("/var/x.db")));
        assert_eq!(file("/var/x.db"), Some(PathBuf::from("/var/x.db")));
        assert_eq!(file("./odd:name.db"), Some(PathBuf::from("./odd:name.db")));
        assert!(matches!(place("sqlite::memory:"), Ok(Place::Memory(_))));
        for bad in ["", "sqlite:", "postgres://me:secret@db/x"] {
            let said = place(bad).map(|_| ()).map_err(|error| error.to_string());
            assert!(
                said.as_ref().is_err_and(|text| text.contains("sqlite:PATH") && !text.contains("secret")),
                "{said:?}"
            );
        }
    }
}
