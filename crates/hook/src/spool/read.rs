//! The reader's side: lines of sealed segments, and the cursor.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;

use hookrail_core::wire::Record;
use serde::{Deserialize, Serialize};

use super::{Name, Spool};

/// The longest line that is handed out: two of the longest records, one of them torn and glued to the other.
pub const MAX_LINE_BYTES: usize = 9 << 20;

/// How a record begins, by the order of the fields of [`hookrail_core::wire::Record`].
const RECORD_START: &[u8] = b"{\"v\":";

/// How many beginnings [`salvage`] tries before it gives a line up.
const MAX_BEGINNINGS: usize = 256;

const CURSOR: &str = "cursor.json";

/// What of a segment has been acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The segment's name. One that is gone means nothing.
    pub segment: String,
    /// Bytes from its start; always behind a line.
    pub offset: u64,
}

/// One line of a segment.
#[derive(Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Where it starts, in bytes from the segment's start.
    pub start: u64,
    /// Where the next one starts: the cursor's offset once this line has been acknowledged.
    pub end: u64,
    /// What it holds.
    pub content: Content<'a>,
}

/// What a line holds.
#[derive(Debug, PartialEq, Eq)]
pub enum Content<'a> {
    /// A line as it was written, without its line break.
    Whole(&'a [u8]),
    /// The last line, which has no line break: torn, or written after the seal and thus written again elsewhere.
    Torn(&'a [u8]),
    /// More than [`MAX_LINE_BYTES`], which no hook writes; passed over.
    TooLong,
}

/// Reads the lines of one sealed segment in bounded memory.
#[derive(Debug)]
pub struct Reader {
    file: BufReader<File>,
    offset: u64,
    line: Vec<u8>,
}

impl Spool {
    /// A reader of the sealed segment from the byte `offset` on; `None` where the segment is gone.
    ///
    /// # Errors
    /// When the segment cannot be read.
    pub fn read(&self, name: &Name, offset: u64) -> io::Result<Option<Reader>> {
        let mut file = match File::open(self.path_of(name)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        file.seek(SeekFrom::Start(offset))?;
        Ok(Some(Reader { file: BufReader::with_capacity(64 << 10, file), offset, line: Vec::new() }))
    }

    /// The cursor; `None` where there is none or it cannot be understood, which only repeats what was sent.
    pub fn cursor(&self) -> Option<Cursor> {
        serde_json::from_slice(&fs::read(self.dir.join(CURSOR)).ok()?).ok()
    }

    /// Where to start reading this segment: behind what was acknowledged.
    pub fn acknowledged(&self, name: &Name) -> u64 {
        self.cursor().filter(|cursor| cursor.segment == name.as_str()).map_or(0, |cursor| cursor.offset)
    }

    /// Moves the cursor: everything of this segment before `offset` has been acknowledged.
    ///
    /// # Errors
    /// When the cursor cannot be written; the old one is then still there.
    pub fn advance(&self, name: &Name, offset: u64) -> io::Result<()> {
        let cursor = Cursor { segment: name.to_string(), offset };
        self.replace(CURSOR, &serde_json::to_vec(&cursor)?)
    }

    /// Replaces a small file of the spool as a whole.
    pub(super) fn replace(&self, file: &str, bytes: &[u8]) -> io::Result<()> {
        let temporary = self.dir.join(format!("{file}.new"));
        let mut new = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
        new.write_all(bytes)?;
        fs::rename(temporary, self.dir.join(file))
    }
}

impl Reader {
    /// The next line; `None` at the end. Empty lines are passed over.
    ///
    /// # Errors
    /// When the segment cannot be read.
    pub fn next_line(&mut self) -> io::Result<Option<Line<'_>>> {
        loop {
            let start = self.offset;
            let Some(end) = self.fill_line()? else { return Ok(None) };
            self.offset = start + end.bytes;
            if end.broken && self.line.is_empty() && end.bytes == 1 {
                continue;
            }
            let content = if end.bytes > MAX_LINE_BYTES as u64 {
                Content::TooLong
            } else if end.broken {
                Content::Whole(&self.line)
            } else {
                Content::Torn(&self.line)
            };
            return Ok(Some(Line { start, end: self.offset, content }));
        }
    }

    /// Reads up to the next line break into `self.line`, which holds no more than [`MAX_LINE_BYTES`] of it; `None` at the end.
    fn fill_line(&mut self) -> io::Result<Option<End>> {
        self.line.clear();
        let mut end = End { bytes: 0, broken: false };
        while !end.broken {
            let buffer = match self.file.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                buffer => buffer?,
            };
            if buffer.is_empty() {
                return Ok((end.bytes > 0).then_some(end));
            }
            let at = buffer.iter().position(|byte| *byte == b'\n');
            let text = &buffer[..at.unwrap_or(buffer.len())];
            if self.line.len() + text.len() <= MAX_LINE_BYTES {
                self.line.extend_from_slice(text);
            }
            let used = text.len() + usize::from(at.is_some());
            end = End { bytes: end.bytes + used as u64, broken: at.is_some() };
            self.file.consume(used);
        }
        Ok(Some(end))
    }
}

/// Where a line ended: how many bytes it took, and whether a line break was among them.
struct End {
    bytes: u64,
    broken: bool,
}

/// The whole record at the end of a line whose beginning is torn or zeroes; `None` where there is none.
///
/// For a line that is a whole record this is the line itself.
pub fn salvage(line: &[u8]) -> Option<&[u8]> {
    let mut from = 0;
    for _ in 0..MAX_BEGINNINGS {
        let found = line.get(from..)?.windows(RECORD_START.len()).position(|window| window == RECORD_START)?;
        let candidate = &line[from + found..];
        if is_record(candidate) {
            return Some(candidate);
        }
        from += found + 1;
    }
    None
}

/// Whether this is a record as a hook writes it, and not just some object of its payload.
fn is_record(text: &[u8]) -> bool {
    serde_json::from_slice::<Record<'_>>(text)
        .is_ok_and(|record| record.id.is_some() && (record.payload.is_some() || record.malformed.is_some()))
}
