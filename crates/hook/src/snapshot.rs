//! The rules of this device: one file, read when an event asks before something runs.

use std::path::Path;
use std::{fmt, fs, io};

use hookrail_core::agents::Parsed;
use hookrail_core::policy::{self, Snapshot, SnapshotError, Verdict};
use hookrail_core::time::Timestamp;

use crate::facts::Here;

/// Rules that are there and cannot be used. The hook then has no opinion.
#[derive(Debug)]
pub enum Unusable {
    /// The file cannot be read.
    Unreadable(io::Error),
    /// The file is not a snapshot this hook understands.
    Snapshot(SnapshotError),
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => write!(f, "the policy snapshot cannot be read: {error}"),
            Self::Snapshot(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Unusable {}

/// Whether a person has paused the guard, by the file at `path`.
pub fn is_paused(path: &Path, now: Timestamp) -> bool {
    let until = fs::read_to_string(path).ok().and_then(|text| text.trim().parse::<i64>().ok());
    until.is_some_and(|until| until > now.as_nanos())
}

/// What the snapshot at `path` says to this event; a file that is absent says nothing.
///
/// # Errors
/// When the snapshot is there and cannot be used.
pub fn judge(path: &Path, parsed: &Parsed, payload: &str, now: Timestamp) -> Result<Option<Verdict>, Unusable> {
    if !parsed.is_judgeable() {
        return Ok(None);
    }
    let bytes = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        bytes => bytes.map_err(Unusable::Unreadable)?,
    };
    let snapshot = Snapshot::read(&bytes).map_err(Unusable::Snapshot)?;
    let facts = Here::new(parsed.cwd.as_deref(), |name| std::env::var_os(name));
    policy::judge(parsed, payload, &snapshot, &facts, now).map_err(Unusable::Snapshot)
}
