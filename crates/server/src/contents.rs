//! What was uploaded of artifacts: a folder for each project, in it a file for each content, named by its SHA-256.
//!
//! *The folder is the record.* A content is here where its file is: it is written aside, held against its name, put on the
//! disk, and only then given its name. So there is nothing to keep in step with, and a crash leaves a file that is aside.
//!
//! Three things end a content: no stored event tells of it any more (and it has been here for a while, for its event may
//! be on its way still); the folder holds too much, then the oldest goes; or somebody removes the file.

use std::collections::HashSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use hookrail_core::emitted::is_sha256;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// What a file that is not finished ends with.
const ASIDE: &str = ".part";

/// A file that is not finished is left from a crash when nothing was written to it for this long.
const ABANDONED: Duration = Duration::from_secs(3600);

/// Most contents of one project, whatever their size.
const MOST: u64 = 50_000;

/// What a project may keep.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Bytes of one content.
    pub(crate) each: u64,
    /// Bytes of all together.
    pub(crate) all: u64,
    /// How long a content stays that no event tells of.
    pub(crate) grace: Duration,
}

/// How much is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Held {
    pub(crate) count: u64,
    pub(crate) bytes: u64,
}

/// Why a content is not taken.
#[derive(Debug)]
pub(crate) enum Refused {
    /// Nothing is kept on a disk here.
    NotKept,
    /// It is larger than one may be.
    TooLarge,
    /// The folder holds as much as it may.
    Full,
    /// It is not what its name says.
    Other,
    /// The disk does not take it.
    Disk(io::Error),
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

/// The uploaded contents of one project.
#[derive(Debug)]
pub(crate) struct Contents {
    /// `None` where nothing is kept on a disk.
    folder: Option<PathBuf>,
    pub(crate) bounds: Bounds,
    /// Held while a name is given or taken, so that what is removed is what was looked at.
    held: Mutex<Held>,
}

impl Contents {
    /// The contents in a folder, which the first upload makes.
    pub(crate) fn open(folder: Option<PathBuf>, bounds: Bounds) -> io::Result<Self> {
        let files = folder.as_deref().map(files).transpose()?.unwrap_or_default();
        let held = Held { count: files.len() as u64, bytes: files.iter().map(|file| file.bytes).sum() };
        Ok(Self { folder, bounds, held: Mutex::new(held) })
    }

    /// How much is kept.
    pub(crate) fn held(&self) -> Held {
        *self.lock()
    }

    /// Whether a content is here.
    pub(crate) fn has(&self, sha256: &str) -> bool {
        self.path(sha256).is_some_and(|path| path.is_file())
    }

    /// A content and its size, to be read; `None` where it is not here.
    pub(crate) fn read(&self, sha256: &str) -> io::Result<Option<(File, u64)>> {
        let Some(path) = self.path(sha256) else { return Ok(None) };
        match File::open(path) {
            Ok(file) => {
                let bytes = file.metadata()?.len();
                Ok(Some((file, bytes)))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Begins to take a content in.
    pub(crate) fn begin(&self) -> Result<Aside, Refused> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let folder = self.folder.as_deref().ok_or(Refused::NotKept)?;
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let name = format!("{}-{}{ASIDE}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = folder.join(name);
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path)?;
        Ok(Aside { path, file, hasher: Sha256::new(), bytes: 0, each: self.bounds.each })
    }

    /// Gives what was taken in its name, where it is what that says; whether it was not here before.
    pub(crate) fn finish(&self, aside: &Aside, sha256: &str) -> Result<bool, Refused> {
        let path = self.path(sha256).ok_or(Refused::Other)?;
        if hex(&aside.hasher.clone().finalize()) != sha256 {
            return Err(Refused::Other);
        }
        aside.file.sync_all()?;
        let mut held = self.lock();
        let new = !path.exists();
        if new && (held.bytes.saturating_add(aside.bytes) > self.bounds.all || held.count >= MOST) {
            return Err(Refused::Full);
        }
        fs::rename(&aside.path, &path)?;
        if new {
            *held = Held { count: held.count + 1, bytes: held.bytes + aside.bytes };
        }
        drop(held);
        if let Some(folder) = path.parent() {
            File::open(folder)?.sync_all()?;
        }
        Ok(new)
    }

    /// What has been here for longer than the grace: what may go, where nothing tells of it.
    pub(crate) fn old(&self) -> io::Result<Vec<String>> {
        let Some(folder) = self.folder.as_deref().filter(|_| self.held().count > 0) else { return Ok(Vec::new()) };
        let old = files(folder)?.into_iter().filter(|file| file.age() >= self.bounds.grace);
        Ok(old.map(|file| file.sha256).collect())
    }

    /// Removes these contents, then the oldest of what is left while there is more than seven eighths of what there may
    /// be, so that there is always room for what comes next. Says how many went.
    pub(crate) fn remove(&self, untold: &HashSet<String>) -> io::Result<u64> {
        let Some(folder) = self.folder.as_deref().filter(|folder| folder.is_dir()) else { return Ok(0) };
        remove_abandoned(folder)?;
        let mut held = self.lock();
        let mut files = files(folder)?;
        files.sort_by_key(|file| file.modified);
        *held = Held { count: files.len() as u64, bytes: files.iter().map(|file| file.bytes).sum() };
        let before = held.count;
        let (mut goes, stays): (Vec<_>, Vec<_>) =
            files.into_iter().partition(|file| untold.contains(&file.sha256) && file.age() >= self.bounds.grace);
        let mut left = stays.iter().map(|file| file.bytes).sum::<u64>();
        let (mut count, enough) = (stays.len() as u64, |most: u64| most / 8 * 7);
        for file in stays {
            if left <= enough(self.bounds.all) && count <= enough(MOST) {
                break;
            }
            (left, count) = (left - file.bytes, count - 1);
            goes.push(file);
        }
        for file in goes {
            fs::remove_file(folder.join(&file.sha256))?;
            *held = Held { count: held.count - 1, bytes: held.bytes - file.bytes };
        }
        Ok(before - held.count)
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The file of a content. Only a hash is ever a part of a path.
    fn path(&self, sha256: &str) -> Option<PathBuf> {
        self.folder.as_ref().filter(|_| is_sha256(sha256)).map(|folder| folder.join(sha256))
    }
}

/// A content that is being taken in; dropped before it has its name, it is gone.
#[derive(Debug)]
pub(crate) struct Aside {
    path: PathBuf,
    file: File,
    hasher: Sha256,
    bytes: u64,
    each: u64,
}

impl Aside {
    /// Takes a piece in.
    pub(crate) fn write(&mut self, piece: &[u8]) -> Result<(), Refused> {
        self.bytes = self.bytes.saturating_add(piece.len() as u64);
        if self.bytes > self.each {
            return Err(Refused::TooLarge);
        }
        self.hasher.update(piece);
        Ok(self.file.write_all(piece)?)
    }

    /// Bytes taken in so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        // Where it has its name, there is nothing here any more.
        let _ = fs::remove_file(&self.path);
    }
}

/// A content on the disk.
#[derive(Debug)]
struct Stored {
    sha256: String,
    bytes: u64,
    modified: SystemTime,
}

impl Stored {
    fn age(&self) -> Duration {
        self.modified.elapsed().unwrap_or_default()
    }
}

fn files(folder: &Path) -> io::Result<Vec<Stored>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry?;
        let Some(sha256) = entry.file_name().to_str().filter(|name| is_sha256(name)).map(str::to_owned) else {
            continue;
        };
        // One that went in this moment is not there any more: no error.
        if let Ok(metadata) = entry.metadata() {
            files.push(Stored { sha256, bytes: metadata.len(), modified: metadata.modified()? });
        }
    }
    Ok(files)
}

/// Removes what a crash left unfinished.
fn remove_abandoned(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let aside = entry.file_name().to_str().is_some_and(|name| name.ends_with(ASIDE));
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        if aside && modified.is_ok_and(|at| at.elapsed().unwrap_or_default() >= ABANDONED) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn contents(folder: &Path, all: u64, grace: Duration) -> Contents {
        Contents::open(Some(folder.join("kept")), Bounds { each: 100, all, grace }).unwrap()
    }

    fn put(contents: &Contents, text: &str) -> Result<String, Refused> {
        let sha256 = hex(&Sha256::digest(text.as_bytes()));
        let mut aside = contents.begin()?;
        for piece in text.as_bytes().chunks(7) {
            aside.write(piece)?;
        }
        contents.finish(&aside, &sha256).map(|_| sha256)
    }

    fn names(folder: &Path) -> usize {
        fs::read_dir(folder.join("kept")).unwrap().count()
    }

    #[test]
    fn a_content_is_what_its_name_says_or_is_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        let kept = contents(folder.path(), 1000, HOUR);
        let sha256 = put(&kept, "a report").unwrap();
        let (mut file, bytes) = kept.read(&sha256).unwrap().unwrap();
        let mut text = String::new();
        io::Read::read_to_string(&mut file, &mut text).unwrap();
        assert_eq!((text.as_str(), bytes), ("a report", 8));
        let mut aside = kept.begin().unwrap();
        aside.write(b"another report").unwrap();
        assert!(matches!(kept.finish(&aside, &sha256), Err(Refused::Other)));
        drop(aside);
        assert!(matches!(put(&kept, &"x".repeat(101)), Err(Refused::TooLarge)));
        for name in ["", "..", "../kept", &sha256.to_uppercase(), "kept/x"] {
            assert!(!kept.has(name) && kept.read(name).unwrap().is_none(), "{name}");
            assert!(matches!(kept.finish(&kept.begin().unwrap(), name), Err(Refused::Other)), "{name}");
        }
        assert_eq!(names(folder.path()), 1, "what was refused left nothing");
        put(&kept, "a report").unwrap();
        let held = Held { count: 1, bytes: 8 };
        assert_eq!(kept.held(), held);
        assert_eq!(contents(folder.path(), 1000, HOUR).held(), held, "the folder is the record");
        let nowhere = Contents::open(None, kept.bounds).unwrap();
        assert!(matches!(put(&nowhere, "x"), Err(Refused::NotKept)) && !nowhere.has(&sha256));
    }

    #[test]
    fn what_nothing_tells_of_goes_after_the_grace() {
        let folder = tempfile::tempdir().unwrap();
        let patient = contents(folder.path(), 1000, HOUR);
        let (told, untold) = (put(&patient, "told").unwrap(), put(&patient, "untold").unwrap());
        assert!(patient.old().unwrap().is_empty());
        assert_eq!(patient.remove(&HashSet::from([untold.clone()])).unwrap(), 0);
        let hasty = contents(folder.path(), 1000, Duration::ZERO);
        assert_eq!(hasty.old().unwrap().len(), 2);
        assert_eq!(hasty.remove(&HashSet::from([untold.clone()])).unwrap(), 1);
        assert!(hasty.has(&told) && !hasty.has(&untold));
        assert_eq!(hasty.held(), Held { count: 1, bytes: 4 });
    }

    #[test]
    fn a_full_folder_refuses_until_the_oldest_went() {
        let folder = tempfile::tempdir().unwrap();
        let kept = contents(folder.path(), 80, HOUR);
        let texts: Vec<String> = (0..9).map(|n| format!("report {n}.")).collect();
        let kept_of: Vec<String> = texts[..8].iter().map(|text| put(&kept, text).unwrap()).collect();
        for (n, sha256) in kept_of.iter().enumerate() {
            let file = File::options().write(true).open(folder.path().join("kept").join(sha256)).unwrap();
            file.set_modified(SystemTime::now() - HOUR * (9 - n as u32)).unwrap();
        }
        assert_eq!(kept.held().bytes, 72);
        assert!(matches!(put(&kept, &texts[8]), Err(Refused::Full)));
        put(&kept, &texts[0]).unwrap();
        assert_eq!(kept.remove(&HashSet::new()).unwrap(), 1, "72 bytes are more than seven eighths of 80");
        // What was uploaded again is not the oldest any more.
        assert!(kept.has(&kept_of[0]) && !kept.has(&kept_of[1]));
        // What a crash left is removed too.
        let left = folder.path().join("kept/1-2.part");
        fs::write(&left, "x").unwrap();
        File::options().write(true).open(&left).unwrap().set_modified(SystemTime::now() - HOUR * 2).unwrap();
        assert_eq!(kept.remove(&HashSet::new()).unwrap(), 0);
        assert!(!left.exists());
    }
}
