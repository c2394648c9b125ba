//! What can go wrong with a store, told apart by what a caller can do about it.

use std::path::PathBuf;

/// An error of the store. The text says what to do next where anything can be done.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process or a long read holds the database. Trying again later helps.
    #[error("the store is busy: {0}; try again in a moment, and check that no other server uses the same data folder")]
    Busy(String),
    /// The disk, or the share of it the store may use, is full. Nothing was stored.
    #[error("the disk is full: {0}; free some space or shorten the retention, then send again")]
    Full(String),
    /// The database is damaged. Nothing but a person with a backup can help.
    #[error("the store is damaged: {0}; stop the server and restore the latest backup")]
    Corrupt(String),
    /// The caller asked for what makes no sense: a cursor of another list, an unknown URL, a target that exists.
    #[error("{0}")]
    Invalid(String),
    /// The database was written by a newer version.
    #[error(
        "the store at {path} has schema {found}, this version knows up to {known}; start the newer version, or restore a backup made before the upgrade"
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its schema version.
        found: u32,
        /// The newest schema this code knows.
        known: u32,
    },
    /// Anything else; trying again is not known to help.
    #[error("the store failed: {0}")]
    Other(String),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let text = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy(text),
            Some(ErrorCode::DiskFull) => Self::Full(text),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Corrupt(text),
            _ => Self::Other(text),
        }
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::Full(error.to_string()),
            _ => Self::Other(error.to_string()),
        }
    }
}
