//! Contents of artifacts that wait to be uploaded: copies in a folder of the spool, named by their SHA-256.
//!
//! A copy is made whole under another name first, so what the shipper finds is complete; it is removed when the server has
//! acknowledged it or refused it for good. Two artifacts of one content are one copy.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use hookrail_core::capture::Capture;
use hookrail_core::emitted::is_sha256;
use hookrail_hook::Home;
use sha2::{Digest as _, Sha256};

use crate::config::Config;

/// What a copy that is being made ends with.
const ASIDE: &str = ".part";

/// A copy that is being made was left by a crash when nothing was written to it for this long.
const ABANDONED: Duration = Duration::from_secs(3600);

/// Bytes read at a time.
const PIECE: usize = 64 * 1024;

/// What waits on this device, and how much may.
#[derive(Clone, Debug)]
pub struct Outbox {
    folder: PathBuf,
    each: u64,
    all: u64,
    max_age: Duration,
    capture: Capture,
}

/// A file's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// Its SHA-256 in lower-case hexadecimal.
    pub sha256: String,
    /// Its size in bytes.
    pub bytes: u64,
}

/// Whether a content will be uploaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// A copy of it waits for the shipper.
    Waits,
    /// It is larger than one may be.
    TooLarge,
    /// As much waits already as may.
    Full,
    /// This device sends no contents: less than everything is captured on it.
    NotCaptured,
}

impl Put {
    /// Its word in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waits => "waits",
            Self::TooLarge => "too_large",
            Self::Full => "full",
            Self::NotCaptured => "not_captured",
        }
    }
}

/// A copy that waits.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) sha256: String,
    pub(crate) bytes: u64,
    modified: SystemTime,
}

/// The content of a file.
///
/// # Errors
/// Where it cannot be read.
pub fn measure(path: &Path) -> io::Result<Content> {
    read(path, |_| Ok(()))
}

/// Reads a file to its end, piece by piece.
fn read(path: &Path, mut with: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<Content> {
    let (mut file, mut hasher, mut bytes) = (File::open(path)?, Sha256::new(), 0);
    let mut buffer = vec![0; PIECE];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            let sha256 = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
            return Ok(Content { sha256, bytes });
        }
        hasher.update(&buffer[..read]);
        bytes += read as u64;
        with(&buffer[..read])?;
    }
}

impl Outbox {
    /// What waits in this state folder, within the limits of these settings.
    pub fn new(home: &Home, config: &Config) -> Self {
        Self {
            folder: home.spool().join("artifacts"),
            each: config.artifact_bytes,
            all: config.artifacts_bytes,
            max_age: config.spool_max_age,
            capture: config.privacy.capture,
        }
    }

    /// The content of a file, and a copy of it that waits where the limits and the level of capture allow.
    ///
    /// # Errors
    /// Where the file cannot be read or the copy cannot be written; nothing waits then that did not before.
    pub fn put(&self, path: &Path) -> io::Result<(Content, Put)> {
        if self.capture != Capture::Full {
            return Ok((measure(path)?, Put::NotCaptured));
        }
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        self.forget_old()?;
        let aside = self.folder.join(format!("{}{ASIDE}", std::process::id()));
        let put = self.copy(path, &aside);
        // Where it has its name there is nothing here any more.
        let _ = fs::remove_file(&aside);
        put
    }

    fn copy(&self, path: &Path, aside: &Path) -> io::Result<(Content, Put)> {
        let room = self.all.saturating_sub(self.waiting()?.iter().map(|waiting| waiting.bytes).sum());
        let mut copy = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(aside)?;
        let mut copied = 0;
        let content = read(path, |piece| {
            // What is too much is measured to its end all the same.
            copied += piece.len() as u64;
            if copied <= self.each.min(room) { copy.write_all(piece) } else { Ok(()) }
        })?;
        let target = self.folder.join(&content.sha256);
        let put = if content.bytes > self.each {
            Put::TooLarge
        } else if target.is_file() {
            Put::Waits
        } else if content.bytes > room {
            Put::Full
        } else {
            fs::rename(aside, target)?;
            Put::Waits
        };
        Ok((content, put))
    }

    /// What waits, the oldest first.
    pub(crate) fn waiting(&self) -> io::Result<Vec<Waiting>> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut waiting = Vec::new();
        for entry in entries {
            let entry = entry?;
            let Some(sha256) = entry.file_name().to_str().filter(|name| is_sha256(name)).map(str::to_owned) else {
                continue;
            };
            // One that was removed in this moment is not there any more: no error.
            if let Ok(metadata) = entry.metadata() {
                waiting.push(Waiting { sha256, bytes: metadata.len(), modified: metadata.modified()? });
            }
        }
        waiting.sort_by(|a, b| (a.modified, &a.sha256).cmp(&(b.modified, &b.sha256)));
        Ok(waiting)
    }

    /// Bytes that wait.
    pub fn bytes(&self) -> u64 {
        self.waiting().unwrap_or_default().iter().map(|waiting| waiting.bytes).sum()
    }

    /// A copy, to be read.
    pub(crate) fn open(&self, sha256: &str) -> io::Result<File> {
        File::open(self.folder.join(sha256))
    }

    /// Removes a copy.
    pub(crate) fn remove(&self, sha256: &str) -> io::Result<()> {
        match fs::remove_file(self.folder.join(sha256)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Removes what nobody could upload for as long as the spool keeps anything, and what a crash left; says how many
    /// contents went.
    pub(crate) fn forget_old(&self) -> io::Result<u64> {
        let mut forgotten = 0;
        for waiting in self.waiting()? {
            if waiting.modified.elapsed().unwrap_or_default() > self.max_age {
                self.remove(&waiting.sha256)?;
                forgotten += 1;
            }
        }
        let Ok(entries) = fs::read_dir(&self.folder) else { return Ok(forgotten) };
        for entry in entries.flatten() {
            let aside = entry.file_name().to_str().is_some_and(|name| name.ends_with(ASIDE));
            let modified = entry.metadata().and_then(|metadata| metadata.modified());
            if aside && modified.is_ok_and(|at| at.elapsed().unwrap_or_default() > ABANDONED) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(forgotten)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn outbox(folder: &Path, each: u64, all: u64) -> Outbox {
        let config = Config { artifact_bytes: each, artifacts_bytes: all, ..Config::default() };
        Outbox::new(&Home::at(folder.join("state")), &config)
    }

    #[test]
    fn what_fits_waits_and_everything_is_measured() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = outbox(folder.path(), 100_000, 150_000);
        let put = |name: &str, bytes: usize, fill: u8| {
            let path = folder.path().join(name);
            fs::write(&path, vec![fill; bytes]).unwrap();
            let (content, put) = outbox.put(&path).unwrap();
            assert_eq!((content.bytes, &content), (bytes as u64, &measure(&path).unwrap()));
            put
        };
        assert_eq!(put("one", 80_000, 1), Put::Waits);
        assert_eq!(put("the same", 80_000, 1), Put::Waits);
        assert_eq!(put("large", 200_000, 2), Put::TooLarge);
        assert_eq!(put("two", 90_000, 3), Put::Full);
        assert_eq!(put("small", 70_000, 4), Put::Waits);
        assert_eq!(put("one", 80_000, 1), Put::Waits);
        assert_eq!((outbox.waiting().unwrap().len(), outbox.bytes()), (2, 150_000));
        assert_eq!(fs::read_dir(&outbox.folder).unwrap().count(), 2, "nothing else is left");
        for waiting in outbox.waiting().unwrap() {
            let copy = outbox.folder.join(&waiting.sha256);
            assert_eq!(measure(&copy).unwrap().sha256, waiting.sha256);
            File::options().write(true).open(copy).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        }
        assert_eq!((outbox.forget_old().unwrap(), outbox.bytes()), (2, 0));
        assert!(outbox.put(&folder.path().join("nothing")).is_err());
    }
}
