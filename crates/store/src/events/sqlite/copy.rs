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
/// The copy never has to start over because of a commit in between: neither from the writer's own connection nor from
/// one that is already reading one state of the database, as [`super::Reader::backup`] gives.
pub(crate) fn backup(from: &Connection, to: &Path) -> Result<(), StoreError> {
    if to.exists() {
        return Err(StoreError::Invalid(format!("{} exists; name a new file for the backup", to.display())));
    }
    let mut target = Connection::open(to)?;
    Backup::new(from, &mut target)?.run_to_completion(STEP, Duration::ZERO, None)?;
    target.close().map_err(|(_, error)| error.into())
}
