//! How much the spool may hold, and what goes when it is more.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;

use serde::{Deserialize, Serialize};

use super::{Name, Spool, nanos_now};

const CAPS: &str = "caps.json";
const DROPPED: &str = "dropped.jsonl";
const NANOS_PER_DAY: u64 = 86_400 * 1_000_000_000;

/// Limits of the spool. The oldest sealed segments beyond them are removed, whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Caps {
    /// Bytes that the sealed segments may have together.
    pub bytes: u64,
    /// Days since its sealing that a segment is kept.
    pub days: u64,
}

impl Default for Caps {
    /// 1 GiB and 30 days.
    fn default() -> Self {
        Self { bytes: 1 << 30, days: 30 }
    }
}

/// Why a segment was removed before it was delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    /// The segments had more bytes than the limit.
    Bytes,
    /// It was older than the limit.
    Age,
}

/// The account of one removed segment: a line of `dropped.jsonl`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// The segment's name.
    pub segment: String,
    /// Its bytes.
    pub bytes: u64,
    /// Its lines, of which the shipper may have delivered some.
    pub lines: u64,
    /// Which limit it was.
    pub reason: Reason,
}

impl Spool {
    /// The limits of this spool: those of `caps.json`, else the default ones.
    pub fn caps(&self) -> Caps {
        let text = fs::read(self.dir.join(CAPS)).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    /// Sets the limits that the hooks of this device apply.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn set_caps(&self, caps: &Caps) -> io::Result<()> {
        self.replace(CAPS, &serde_json::to_vec(caps)?)
    }

    /// Removes what is beyond the limits, oldest first, and accounts for it. Several may do this at once: who removed a
    /// segment accounts for it.
    ///
    /// # Errors
    /// When the folder cannot be read, a segment not removed or the account not written.
    pub fn enforce(&self, caps: &Caps) -> io::Result<Vec<Dropped>> {
        let segments = self.sealed()?;
        let oldest_kept = nanos_now().saturating_sub(caps.days.saturating_mul(NANOS_PER_DAY));
        let mut held: u64 = segments.iter().map(|segment| segment.bytes).sum();
        let mut dropped = Vec::new();
        for segment in segments {
            let reason = if segment.name.nanos() < oldest_kept {
                Reason::Age
            } else if held > caps.bytes {
                Reason::Bytes
            } else {
                break;
            };
            held -= segment.bytes;
            dropped.extend(self.drop_segment(&segment.name, reason)?);
        }
        Ok(dropped)
    }

    /// Every segment that a limit removed, in the order of removal.
    ///
    /// # Errors
    /// When the account cannot be read.
    pub fn dropped(&self) -> io::Result<Vec<Dropped>> {
        match fs::read_to_string(self.dir.join(DROPPED)) {
            Ok(text) => Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    fn drop_segment(&self, name: &Name, reason: Reason) -> io::Result<Option<Dropped>> {
        let path = self.path_of(name);
        let counted = File::open(&path).and_then(count_lines);
        match fs::remove_file(&path) {
            // Somebody else removed it and accounts for it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            removed => removed?,
        }
        let (lines, bytes) = counted?;
        let dropped = Dropped { segment: name.to_string(), bytes, lines, reason };
        let mut line = serde_json::to_vec(&dropped)?;
        line.push(b'\n');
        OpenOptions::new().append(true).create(true).mode(0o600).open(self.dir.join(DROPPED))?.write_all(&line)?;
        Ok(Some(dropped))
    }
}

/// Line breaks and bytes of a file, in constant memory.
fn count_lines(mut file: File) -> io::Result<(u64, u64)> {
    let mut buffer = [0; 16 << 10];
    let (mut lines, mut bytes) = (0, 0);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((lines, bytes));
        }
        bytes += read as u64;
        lines += buffer[..read].iter().filter(|byte| **byte == b'\n').count() as u64;
    }
}
