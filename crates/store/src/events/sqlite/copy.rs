//! A consistent copy of the database while it is in use.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::Backup;

use crate::StoreError;

/// Pages copied per step of a backup.
const STEP: i32 = 4096;

/// Copies the database to a new file, which is then complete in itself.
///
/// From the writer's own connection the copy never has to start over; from another it starts over after a commit in
/// between, so that is only for a quiet store.
pub(super) fn backup(from: &Connection, to: &Path) -> Result<(), StoreError> {
    if to.exists() {
        return Err(StoreError::Invalid(format!("{} exists; name a new file for the backup", to.display())));
    }
    let mut target = Connection::open(to)?;
    Backup::new(from, &mut target)?.run_to_completion(STEP, Duration::ZERO, None)?;
    target.close().map_err(|(_, error)| error.into())
}
