//! Starting the shipper when there is something to ship and nobody ships it.
//!
//! The file `ship.lock` exists only where a server has been configured or spending limited, and the running shipper holds it locked. Its
//! modification time is the last time a hook tried to start one. So a hook looks at, in this order: whether the file is there
//! (one failed `open`, and that is all, where it is not), whether the last try is longer ago than
//! [`THROTTLE`], whether the lock is free. The lock is given back before the shipper starts: a shipper that
//! cannot have it at once should try again for a moment, and one that ends when idle should stay longer than [`THROTTLE`].

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use crate::home::{ENV_SERVER, Home};
use crate::snapshot::program;

/// A shipper is not started again within this time, so that one that cannot start costs no event more than it must.
pub const THROTTLE: Duration = Duration::from_secs(10);

/// Starts `hookrail ship` if a server is configured and no shipper runs.
///
/// # Errors
/// When the lock file cannot be used or the shipper cannot be started.
pub fn wake(home: &Home, env: impl Fn(&str) -> Option<OsString>) -> io::Result<()> {
    let configured_here = env(ENV_SERVER).is_some_and(|server| !server.is_empty());
    let lock = match OpenOptions::new().write(true).create(configured_here).mode(0o600).open(home.ship_lock()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        lock => lock?,
    };
    if claim_try(&lock, SystemTime::now())? {
        drop(lock);
        start(home)?;
    }
    Ok(())
}

/// Whether it is on this process to start a shipper. The second look is for hooks that came at the same moment.
fn claim_try(lock: &File, now: SystemTime) -> io::Result<bool> {
    if tried_lately(lock, now)? {
        return Ok(false);
    }
    match lock.try_lock() {
        Err(TryLockError::WouldBlock) => return Ok(false),
        Err(TryLockError::Error(error)) => return Err(error),
        Ok(()) => {}
    }
    if tried_lately(lock, now)? {
        return Ok(false);
    }
    // One byte tells a file on which a start has been tried from one that was only created.
    lock.set_len(1)?;
    lock.set_modified(now)?;
    Ok(true)
}

fn tried_lately(lock: &File, now: SystemTime) -> io::Result<bool> {
    let metadata = lock.metadata()?;
    // A time far ahead of now was left by a clock that has been set back since.
    let tried = metadata.modified()?;
    let apart = now.duration_since(tried).unwrap_or_else(|ahead| ahead.duration());
    Ok(metadata.len() > 0 && apart < THROTTLE)
}

/// Starts the shipper beside this binary, else the one on the PATH, on its own: no terminal signals, no open pipes, no folder held.
fn start(home: &Home) -> io::Result<()> {
    Command::new(program())
        .arg("ship")
        .current_dir(home.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_start_is_tried_per_span_whatever_the_clock_does() -> io::Result<()> {
        let file = tempfile::tempfile()?;
        let noon = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        assert!(claim_try(&file, noon)?, "a new file has not been tried");
        file.unlock()?;
        assert!(!claim_try(&file, noon + THROTTLE / 2)?);
        assert!(!claim_try(&file, noon - THROTTLE / 2)?);
        assert!(claim_try(&file, noon + THROTTLE)?);
        file.unlock()?;
        assert!(claim_try(&file, noon - Duration::from_secs(86_400))?, "the clock was set back a day");
        Ok(())
    }

    #[test]
    fn a_running_shipper_is_left_alone() -> io::Result<()> {
        let file = tempfile::NamedTempFile::new()?;
        let shipper = File::open(file.path())?;
        shipper.lock()?;
        assert!(!claim_try(file.as_file(), SystemTime::now())?);
        shipper.unlock()?;
        assert!(claim_try(file.as_file(), SystemTime::now())?);
        Ok(())
    }

    #[test]
    fn without_a_server_nothing_is_touched() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        wake(&Home::at(folder.path()), |_| None)?;
        assert_eq!(std::fs::read_dir(folder.path())?.count(), 0);
        Ok(())
    }
}
