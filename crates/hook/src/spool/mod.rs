//! The spool: what hooks recorded on this device and the shipper has not delivered yet.
//!
//! # Format
//!
//! A folder of segments. A segment is a file of lines, each one [`hookrail_core::wire::Record`] as JSON ended by a
//! line break, so that `jq` reads it:
//!
//! ```text
//! spool/open.jsonl                            the open segment: hooks append to it
//! spool/<20 digits>-<8 hex digits>.jsonl      sealed segments, oldest first by name
//! spool/cursor.json                           {"segment":"<name>","offset":<bytes>}: what of it was acknowledged
//! spool/caps.json                             {"bytes":…,"days":…}: limits other than the default ones
//! spool/dropped.jsonl                         a line per segment that a limit removed
//! ```
//!
//! The digits are the nanoseconds since the epoch at which the segment was sealed, or one more than those of the newest
//! sealed segment where the clock was set back. The hexadecimal digits are random: no name is ever used twice, so a
//! rename never replaces a segment and a cursor never means another one.
//!
//! # How it is written and read without a lock
//!
//! A **writer** ([`Spool::append`]) opens `open.jsonl` with `O_APPEND`, writes its line with one `write(2)`, and then looks
//! whether the name `open.jsonl` still means the file it wrote to. If it does not, the segment was sealed in between
//! and the writer appends its line again, to the new one.
//!
//! A **reader** seals the open segment by renaming it ([`Spool::seal`]), and reads only sealed ones ([`Spool::read`]).
//! When everything up to an offset has been acknowledged it moves the cursor ([`Spool::advance`]), and when all of
//! a segment has been, it removes the segment ([`Spool::remove`]). One reader at a time: the shipper holds a lock of its own.
//!
//! # Invariants
//!
//! 1. *A line whose append returned `Ok` is read.* Its writer saw the name unchanged after the write, so the rename came
//!    later, and the reader, who reads after the rename, finds the line whole.
//! 2. *A line is read twice only with the same id.* Either its writer met a seal, or the reader stopped between an
//!    acknowledgement and the cursor. The server stores an id once.
//! 3. *Whatever a sealed segment gains after its rename is not needed:* its writer appends it again. So a reader may
//!    remove a segment as soon as it has read it to the end, and needs no second look.
//! 4. *Order.* Lines of one writer are read in the order of their appends.
//! 5. *Stopping anywhere loses nothing.* Before a rename or after it the lines are there; a cursor is replaced as a
//!    whole, and one that is missing, unreadable or of a segment that is gone means "from the start".
//!
//! `fsync` is not on this path: a crash of a program loses nothing, a power failure may lose the last seconds. `O_APPEND` is atomic on
//! local file systems; on NFS it is not, and the state folder does not belong there.
//!
//! # Behaviour under corruption
//!
//! A full disk may cut a write short. Its writer ends the torn line with a line break if that still fits, and reports
//! the failure. If it does not fit, the next line is glued to the torn one. [`salvage`] finds it again: in a torn line followed by a
//! whole one exactly one suffix is a record, because what was torn never closes its braces. Zeroes left
//! by a power failure are passed over the same way. A last line without a line break is [`Content::Torn`], a line longer than
//! [`MAX_LINE_BYTES`] is [`Content::TooLong`] and is passed over in constant memory. The reader is told of each and counts them.
//!
//! # Limits
//!
//! With no server configured nothing is ever delivered, so the writers bound the disk themselves. The one whose append brings the segment to
//! [`SEGMENT_BYTES`] seals it, and then applies the [`Caps`]: the oldest sealed segments go, whole, until the others
//! are within the bytes and the age, and each is accounted for in `dropped.jsonl`. The newest events are kept, because they are the ones somebody asks for.

mod append;
mod caps;
mod read;
#[cfg(test)]
mod tests;

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{fmt, fs};

pub use caps::{Caps, Dropped, Reason};
pub use read::{Content, Cursor, Line, MAX_LINE_BYTES, Reader, salvage};

/// A writer seals the open segment when its append brings it to this size.
pub const SEGMENT_BYTES: u64 = 8 << 20;

const OPEN: &str = "open.jsonl";

/// A spool, by its folder. Holds no file open.
#[derive(Clone, Debug)]
pub struct Spool {
    dir: PathBuf,
}

/// The name of a sealed segment; names sort by age.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

/// A sealed segment as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Its name.
    pub name: Name,
    /// Its size in bytes.
    pub bytes: u64,
}

impl Spool {
    /// The spool in the folder `dir`, which the first append creates (and the folder around it, but no more).
    pub fn at(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The size of the open segment in bytes; 0 where there is none.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn open_bytes(&self) -> io::Result<u64> {
        match fs::metadata(self.open_path()) {
            Ok(metadata) => Ok(metadata.len()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error),
        }
    }

    /// The sealed segments, oldest first. A spool that does not exist yet has none.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn sealed(&self) -> io::Result<Vec<Sealed>> {
        let entries = match fs::read_dir(&self.dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut segments = Vec::new();
        for entry in entries {
            let entry = entry?;
            let Some(name) = entry.file_name().to_str().and_then(Name::parse) else { continue };
            // A segment that a limit removed in this moment is not there any more: no error.
            if let Ok(metadata) = entry.metadata() {
                segments.push(Sealed { name, bytes: metadata.len() });
            }
        }
        segments.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(segments)
    }

    /// Seals the open segment, so that it can be read; `None` where nothing has been appended.
    ///
    /// # Errors
    /// When the folder cannot be read or the segment cannot be renamed.
    pub fn seal(&self) -> io::Result<Option<Name>> {
        if self.open_bytes()? == 0 {
            return Ok(None);
        }
        let newest = self.sealed()?.last().map_or(0, |segment| segment.name.nanos());
        let name = Name::new(nanos_now().max(newest.saturating_add(1)));
        match fs::rename(self.open_path(), self.path_of(&name)) {
            Ok(()) => Ok(Some(name)),
            // Another writer sealed it first.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Removes a sealed segment, all of whose lines have been acknowledged. One that is gone already is no error.
    ///
    /// # Errors
    /// When the file cannot be removed.
    pub fn remove(&self, name: &Name) -> io::Result<()> {
        match fs::remove_file(self.path_of(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn open_path(&self) -> PathBuf {
        self.dir.join(OPEN)
    }

    fn path_of(&self, name: &Name) -> PathBuf {
        self.dir.join(&name.0)
    }
}

impl Name {
    fn new(nanos: u64) -> Self {
        let random = RandomState::new().hash_one(nanos) as u32;
        Self(format!("{nanos:020}-{random:08x}.jsonl"))
    }

    /// The name in this text; `None` where it is not the name of a sealed segment.
    pub fn parse(text: &str) -> Option<Self> {
        let (digits, random) = text.strip_suffix(".jsonl")?.split_once('-')?;
        let is_name = digits.len() == 20
            && digits.parse::<u64>().is_ok()
            && random.len() == 8
            && random.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_name.then(|| Self(text.to_owned()))
    }

    /// When the segment was sealed, in nanoseconds since the epoch.
    pub fn nanos(&self) -> u64 {
        self.0.get(..20).and_then(|digits| digits.parse().ok()).unwrap_or(0)
    }

    /// The text of the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Nanoseconds since the epoch by the device's clock; 0 for a clock before it.
fn nanos_now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
