//! The database: how it is opened, set up and brought up to date.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::{Settings, StoreError, Sync};

/// The steps from nothing to the newest schema, each with the BLAKE3 hash it shipped with. See `migrations/README.md`.
const MIGRATIONS: &[(&str, &str)] = &[
    (
        include_str!("../../../migrations/sqlite/0001_init.sql"),
        "5a72df0e5cf0b44d414a1adeafb952326f34f8870e1cf268ce2e88a3bae09a9d",
    ),
    (
        include_str!("../../../migrations/sqlite/0002_ledger.sql"),
        "2b9f41775a2fb014e425d3d9eaa5de435c4cfd42e3fb716a32c16cb853ccc5a5",
    ),
    (
        include_str!("../../../migrations/sqlite/0003_fleet.sql"),
        "fe10e511bd4c0a8f7f92141c644cd8363ee98b73ca80ea6bb6144fd09b1b36a3",
    ),
    (
        include_str!("../../../migrations/sqlite/0004_names.sql"),
        "477667f6abc706f4ad053db3e78fd1a4f519e13713283185b00cf88f3af527af",
    ),
    (
        include_str!("../../../migrations/sqlite/0005_artifacts.sql"),
        "6388f7a3e69415f361e388d23c5487e2a19ab7d25daaa79f4a48541c21e6905b",
    ),
    (
        include_str!("../../../migrations/sqlite/0006_guard.sql"),
        "74afc064bfcd8b17bc35638b37c149bbe9263f0ac6aa20c4e41f4fd1a92cabfd",
    ),
    (
        include_str!("../../../migrations/sqlite/0007_handlers.sql"),
        "ab0107cfb47460fb24c32efe303fcd7255a26575e71fb0f0873e2331ab4248f2",
    ),
    (
        include_str!("../../../migrations/sqlite/0008_requests.sql"),
        "884dfc4d5c7626ccaf6fc3480a0c94d9855e549577aff16eeca1e8d91807f15f",
    ),
];

/// The schema this code reads and writes.
#[cfg(test)]
pub(crate) const VERSION: u32 = MIGRATIONS.len() as u32;

/// How long a statement waits for another connection's lock before it says [`StoreError::Busy`].
pub(super) const BUSY: Duration = Duration::from_secs(5);

/// The page size of a new database. 4 KiB writes the least to the log for the small rows that most changes are.
const PAGE_SIZE: u32 = 4096;

/// After so many pages in the log a commit also moves them into the database: 32 MiB, so that pages changed by many
/// commits in a row are moved once.
const CHECKPOINT_PAGES: u32 = 8192;

/// The log is cut back to this many bytes when it is reused.
const LOG_BYTES: u32 = 64 * 1024 * 1024;

/// Where a database is.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// A file.
    File(PathBuf),
    /// In this process's memory, under a name of SQLite's `memdb`; it ends with its last connection.
    Memory(String),
}

impl Place {
    /// A new database in memory.
    pub(crate) fn memory() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self::Memory(format!("file:/hookrail-{}?vfs=memdb", NEXT.fetch_add(1, Ordering::Relaxed)))
    }

    /// Bytes on the disk, the log included.
    pub(crate) fn bytes(&self) -> Option<u64> {
        let Self::File(path) = self else { return None };
        let len = |path: &Path| std::fs::metadata(path).map_or(0, |meta| meta.len());
        let mut log = path.clone().into_os_string();
        log.push("-wal");
        Some(len(path) + len(Path::new(&log)))
    }

    fn connect(&self, flags: OpenFlags) -> Result<Connection, StoreError> {
        // No mutex: a connection is used by one thread at a time, which Rust proves.
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = match self {
            Self::File(path) => Connection::open_with_flags(path, flags)?,
            Self::Memory(uri) => Connection::open_with_flags(uri, flags | OpenFlags::SQLITE_OPEN_URI)?,
        };
        connection.busy_timeout(BUSY)?;
        // One plan for a statement, whatever is bound to it: else SQLite makes a new one for every value that is looked
        // up in a column with a partial index.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        // Nothing in a database file is to be trusted more than its rows.
        connection.pragma_update(None, "trusted_schema", false)?;
        // Sorting a page's worth of rows needs no file.
        connection.pragma_update(None, "temp_store", "memory")?;
        Ok(connection)
    }

    /// A connection that writes, on a database that is up to date.
    pub(crate) fn open(&self, settings: &Settings) -> Result<Connection, StoreError> {
        self.open_with(settings, MIGRATIONS)
    }

    /// The same for a database with a schema of its own, made by these steps.
    pub(crate) fn open_with(&self, settings: &Settings, steps: &[(&str, &str)]) -> Result<Connection, StoreError> {
        if let Self::File(path) = self {
            create_private(path)?;
        }
        let mut connection = self.connect(OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        set_up(&connection, settings)?;
        self.migrate(&mut connection, steps)?;
        Ok(connection)
    }

    /// A connection that only reads.
    pub(crate) fn open_read_only(&self, settings: &Settings) -> Result<Connection, StoreError> {
        let flags = match self {
            Self::File(_) => OpenFlags::SQLITE_OPEN_READ_ONLY,
            Self::Memory(_) => OpenFlags::SQLITE_OPEN_READ_WRITE,
        };
        let connection = self.connect(flags)?;
        connection.pragma_update(None, "query_only", true)?;
        connection.pragma_update(None, "cache_size", -i64::from(settings.reader_cache_kib))?;
        Ok(connection)
    }

    fn migrate(&self, connection: &mut Connection, steps: &[(&str, &str)]) -> Result<(), StoreError> {
        let known = u32::try_from(steps.len()).unwrap_or(u32::MAX);
        // Immediate: of two processes that open a new database at once, one waits for the other.
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let found: u32 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if found > known {
            let path = match self {
                Self::File(path) => path.clone(),
                Self::Memory(name) => PathBuf::from(name),
            };
            return Err(StoreError::Newer { path, found, known });
        }
        for (sql, _) in steps.iter().skip(found as usize) {
            transaction.execute_batch(sql)?;
        }
        transaction.pragma_update(None, "user_version", known)?;
        Ok(transaction.commit()?)
    }
}

/// Creates the file, readable by its owner alone: it holds everything an agent saw.
/// SQLite gives its log the same permissions.
fn create_private(path: &Path) -> Result<(), StoreError> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|error| match StoreError::from(error) {
        StoreError::Other(why) => StoreError::Other(format!("cannot open {}: {why}", path.display())),
        full => full,
    })?;
    Ok(())
}

fn set_up(connection: &Connection, settings: &Settings) -> Result<(), StoreError> {
    // These two only matter before the first table; later they change nothing.
    connection.pragma_update(None, "page_size", PAGE_SIZE)?;
    // Pages freed by retention can be given back to the file system a few at a time.
    connection.pragma_update(None, "auto_vacuum", "incremental")?;
    // Readers never wait for the writer, nor it for them. (A database in memory has no log and ignores this.)
    connection.query_row("PRAGMA journal_mode = wal", [], |_| Ok(()))?;
    // FULL: a commit is on the disk before it is acknowledged. NORMAL: it may be lost with the power, not with the process.
    connection.pragma_update(None, "synchronous", if settings.sync == Sync::Full { "full" } else { "normal" })?;
    connection.pragma_update(None, "cache_size", -i64::from(settings.writer_cache_kib))?;
    connection.query_row(&format!("PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}"), [], |_| Ok(()))?;
    connection.query_row(&format!("PRAGMA journal_size_limit = {LOG_BYTES}"), [], |_| Ok(()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_newer_database_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::File(folder.path().join("hookrail.db"));
        let connection = place.open(&Settings::default()).unwrap();
        connection.pragma_update(None, "user_version", VERSION + 1).unwrap();
        drop(connection);
        let error = place.open(&Settings::default()).unwrap_err();
        assert!(matches!(error, StoreError::Newer { found, known, .. } if found == known + 1), "{error}");
    }

    #[test]
    fn requests_of_before_are_there_after_the_step_that_lays_them_out_anew() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::File(folder.path().join("hookrail.db"));
        let before = place.open_with(&Settings::default(), &MIGRATIONS[..7]).unwrap();
        for (request, message) in [(-7, Some(3)), (i64::MAX, None), (12, Some(3))] {
            before
                .execute(
                    "INSERT INTO requests (request, message, session, at, tier, counted, rank, model, input, output, cache_read, \
                     cache_write_5m, cache_write_1h, thinking, told) VALUES (?, ?, 1, ?1 / 2, 9, 1, 4, 'm', 1, 2, 3, 4, 5, 6, 7)",
                    rusqlite::params![request, message],
                )
                .unwrap();
        }
        drop(before);
        let after = place.open(&Settings::default()).unwrap();
        let mut rows =
            after.prepare("SELECT request, message, input + output + told FROM requests ORDER BY request").unwrap();
        let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
        let rows: Vec<(i64, Option<i64>, i64)> = rows.collect::<Result<_, _>>().unwrap();
        assert_eq!(rows, [(-7, Some(3), 10), (12, Some(3), 10), (i64::MAX, None, 10)]);
    }

    #[test]
    fn a_shipped_migration_is_never_edited() {
        assert_unedited("sqlite", MIGRATIONS);
        assert_unedited("registry", crate::registry::MIGRATIONS);
        assert_unedited("parking", crate::bus::parking::MIGRATIONS);
    }

    fn assert_unedited(folder: &str, steps: &[(&str, &str)]) {
        let folder = format!("{}/migrations/{folder}", env!("CARGO_MANIFEST_DIR"));
        let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        assert_eq!(files.len(), steps.len(), "every file is listed once");
        for (n, (file, (sql, hash))) in files.iter().zip(steps).enumerate() {
            let name = file.file_name().unwrap().to_str().unwrap();
            assert!(name.starts_with(&format!("{:04}_", n + 1)), "{name} is numbered without gaps");
            assert_eq!(std::fs::read_to_string(file).unwrap(), *sql, "{name} is listed in its place");
            let found = blake3::hash(sql.as_bytes()).to_string();
            assert_eq!(found, *hash, "{name} has changed; add a new migration instead");
        }
    }

    #[test]
    fn what_is_no_database_is_corrupt() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hookrail.db");
        std::fs::write(&path, "this is no database, and it is long enough to have a header".repeat(20)).unwrap();
        let error = Place::File(path).open(&Settings::default()).unwrap_err();
        assert!(matches!(error, StoreError::Corrupt(_)), "{error}");
    }
}
