//! The lines of a file that may be growing, in bounded memory.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

/// Bytes read at once.
const CHUNK: usize = 256 << 10;

/// The longest line that is read; the agents write images and whole files into theirs.
const LONGEST: u64 = 64 << 20;

/// The lines of a file from some offset on.
pub(crate) struct Lines {
    reader: BufReader<File>,
    buffer: Vec<u8>,
    offset: u64,
}

/// A line, without its line break.
pub(crate) struct Line<'l> {
    bytes: &'l [u8],
    /// Whether it ends in a line break: a last line may be half written.
    pub(crate) whole: bool,
    too_long: bool,
}

impl Line<'_> {
    /// Its text; `None` for a line that is too long. Bytes that are no UTF-8 become U+FFFD.
    pub(crate) fn text(&self) -> Option<Cow<'_, str>> {
        let lossy = |_| String::from_utf8_lossy(self.bytes);
        (!self.too_long).then(|| std::str::from_utf8(self.bytes).map_or_else(lossy, Cow::Borrowed))
    }

    pub(super) fn length(&self) -> u64 {
        self.bytes.len() as u64 + u64::from(self.whole)
    }
}

impl Lines {
    /// The lines of a file whose position is `offset`.
    pub(crate) fn new(file: File, offset: u64) -> Self {
        Self { reader: BufReader::with_capacity(CHUNK, file), buffer: Vec::new(), offset }
    }

    /// Where the next line starts.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Forgets that the last line was read.
    pub(crate) fn give_back(&mut self, offset: u64) {
        self.offset = offset;
    }

    pub(crate) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.buffer.clear();
        let mut too_long = false;
        loop {
            let read = (&mut self.reader).take(LONGEST).read_until(b'\n', &mut self.buffer)?;
            self.offset += read as u64;
            let whole = self.buffer.last() == Some(&b'\n');
            if whole || (read as u64) < LONGEST {
                if self.buffer.is_empty() && !too_long {
                    return Ok(None);
                }
                let end = self.buffer.len() - usize::from(whole);
                return Ok(Some(Line { bytes: &self.buffer[..end], whole, too_long }));
            }
            too_long = true;
            self.buffer.clear();
        }
    }

    /// Up to `length` bytes before the offset.
    pub(super) fn before(&mut self, length: u64) -> io::Result<Vec<u8>> {
        let from = self.offset.saturating_sub(length);
        let mut bytes = Vec::new();
        let mut file = self.reader.get_ref();
        let position = file.stream_position()?;
        file.seek(SeekFrom::Start(from))?;
        file.take(self.offset - from).read_to_end(&mut bytes)?;
        file.seek(SeekFrom::Start(position))?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs;

    use super::*;

    #[test]
    fn lines_come_with_where_they_end_and_whether_they_do() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("x.jsonl");
        fs::write(&path, b"one\r\n\nt\xffwo\nthr").unwrap();
        let mut lines = Lines::new(File::open(&path).unwrap(), 0);
        let mut told = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            told.push((line.text().unwrap().into_owned(), line.whole, line.length()));
        }
        let expected = [("one\r", true, 5), ("", true, 1), ("t\u{fffd}wo", true, 5), ("thr", false, 3)];
        assert_eq!(told, expected.map(|(text, whole, length)| (text.to_owned(), whole, length)));
        assert_eq!((lines.offset(), lines.before(4).unwrap()), (14, b"\nthr".to_vec()));
        lines.give_back(11);
        assert_eq!(lines.before(256).unwrap(), b"one\r\n\nt\xffwo\n");
    }
}
