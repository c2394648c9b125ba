//! A consistent copy of the database while it is in use.

use std::path::Path;
use std::time::Duration;

use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};

use super::schema::BUSY;
use crate::StoreError;

/// Pages copied per step of a backup.
const STEP: i32 = 4096;

/// Copies a database file to a new one, whatever is in it and whoever else uses it.
///
/// # Errors
/// [`StoreError::Invalid`] where the target exists.
pub fn backup_file(from: &Path, to: &Path) -> Result<(), StoreError> {
    let connection = Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.busy_timeout(BUSY)?;
    let transaction = connection.unchecked_transaction()?;
    // The state to copy is the one of the first read; a transaction alone does not fix it yet.
    transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    backup(&transaction, to)
}

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
