//! The ledger of this device: what requests to models cost, in one file to which lines are added.
//!
//! A line is a place, a request, or how far a transcript was read. A mark comes behind the requests it stands for, so a
//! file that ends anywhere is a ledger of before: what is read again then is told again, and counts once. A last
//! line that was cut off is dropped; any other line that cannot be read makes the ledger damaged, and it is counted anew.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use hookrail_core::ledger::ModelUse;
use hookrail_core::policy::spend::book::{Book, Place, Request};
use hookrail_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::import::FileState;
use crate::whole::write_private;

/// The most requests that are kept.
const MOST_REQUESTS: usize = 200_000;

/// How long a session is kept after its last request: the longest span of a limit, and some days.
const KEPT_NANOS: i64 = 35 * 86_400_000_000_000;

/// The file is written anew when it has grown by more than this, and is twice as large as it was when that was last done.
const SLACK: u64 = 1 << 20;

/// How far a transcript was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Mark {
    pub(super) path: PathBuf,
    pub(super) state: FileState,
    /// In which folder the session was at that place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cwd: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Line {
    Place(Place),
    Request(Request),
    File(Box<Mark>),
    /// The file was written anew, with so many bytes behind this line.
    Compact(u64),
}

/// The ledger, and what is to be added to its file.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    path: PathBuf,
    pub(super) book: Book,
    pub(super) marks: BTreeMap<PathBuf, Mark>,
    /// Lines that could not be read.
    pub(super) damaged: u64,
    /// How often a request was news.
    pub(super) news: u64,
    /// Bytes of the file up to the end of its last whole line.
    bytes: u64,
    /// Its bytes when it was last written anew.
    compact: u64,
    waiting: Vec<u8>,
}

impl Ledger {
    /// The ledger at a path; an empty one where there is none.
    ///
    /// # Errors
    /// Where it is there and cannot be read.
    pub(super) fn load(path: &Path) -> io::Result<Self> {
        let bytes = match fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            bytes => bytes?,
        };
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let mut ledger = Self { path: path.to_owned(), bytes: whole as u64, ..Self::default() };
        for line in bytes[..whole].split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            match serde_json::from_slice(line) {
                Ok(Line::Place(place)) => drop(ledger.book.place(&place)),
                Ok(Line::Request(request)) if (request.place as usize) < ledger.book.places().len() => {
                    ledger.book.tell(request);
                }
                Ok(Line::File(mark)) => drop(ledger.marks.insert(mark.path.clone(), *mark)),
                Ok(Line::Compact(bytes)) => ledger.compact = bytes,
                Ok(Line::Request(_)) | Err(_) => ledger.damaged += 1,
            }
        }
        Ok(ledger)
    }

    /// Takes in what a line of a transcript tells of a request.
    pub(super) fn tell(&mut self, used: &ModelUse, at: Timestamp, place: &Place, alone: u64) {
        let (number, is_new) = self.book.place(place);
        if is_new {
            self.add(&Line::Place(place.clone()));
        }
        let request = Request::of(used, at, number, alone);
        if self.book.tell(request.clone()) {
            self.add(&Line::Request(request));
            self.news += 1;
        }
    }

    /// Remembers how far a transcript was read.
    pub(super) fn mark(&mut self, mark: Mark) {
        self.add(&Line::File(Box::new(mark.clone())));
        self.marks.insert(mark.path.clone(), mark);
    }

    fn add(&mut self, line: &Line) {
        // What is in a line can always be written.
        if serde_json::to_writer(&mut self.waiting, line).is_ok() {
            self.waiting.push(b'\n');
        }
    }

    /// Writes down what came since the last time.
    ///
    /// # Errors
    /// Where the file cannot be written; the next call tries again.
    pub(super) fn save(&mut self, now: Timestamp) -> io::Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        if self.bytes + self.waiting.len() as u64 > 2 * self.compact + SLACK {
            return self.rewrite(now);
        }
        let mut file = match OpenOptions::new().append(true).open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return self.rewrite(now),
            file => file?,
        };
        // What a write left behind that did not come to its end.
        if file.metadata()?.len() > self.bytes {
            file.set_len(self.bytes)?;
        }
        file.write_all(&self.waiting)?;
        self.bytes += self.waiting.len() as u64;
        self.waiting.clear();
        Ok(())
    }

    /// Writes the file anew, without what nobody asks for any more.
    pub(super) fn rewrite(&mut self, now: Timestamp) -> io::Result<()> {
        self.book.forget(Timestamp::from_nanos(now.as_nanos().saturating_sub(KEPT_NANOS)), MOST_REQUESTS);
        self.marks.retain(|path, _| path.exists());
        let mut anew = Self { path: self.path.clone(), ..Self::default() };
        for request in self.book.requests() {
            let Some(place) = self.book.places().get(request.place as usize) else { continue };
            let (number, is_new) = anew.book.place(place);
            if is_new {
                anew.add(&Line::Place(place.clone()));
            }
            let request = Request { place: number, ..request.clone() };
            anew.add(&Line::Request(request.clone()));
            anew.book.tell(request);
        }
        for mark in std::mem::take(&mut self.marks).into_values() {
            anew.mark(mark);
        }
        let lines = std::mem::take(&mut anew.waiting);
        anew.add(&Line::Compact(lines.len() as u64));
        let mut text = std::mem::take(&mut anew.waiting);
        text.extend(lines);
        self.marks.clone_from(&anew.marks);
        write_private(&self.path, &text)?;
        let bytes = text.len() as u64;
        *self = Self { bytes, compact: bytes, news: self.news + 1, ..anew };
        Ok(())
    }
}
