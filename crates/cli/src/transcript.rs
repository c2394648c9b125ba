//! The conversation's transcript, as `send-event --add-chat` attaches it.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use serde_json::value::RawValue;

/// Bytes of transcript attached at most: with its event it stays below the 4 MiB of a record.
pub(crate) const MAX_BYTES: u64 = 2 << 20;

/// A transcript's newest entries, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Transcript {
    /// The entries, each one line of the file.
    pub(crate) entries: Vec<Box<RawValue>>,
    /// Lines that are not JSON.
    pub(crate) bad_lines: usize,
    /// Whether older entries were left out because of their size.
    pub(crate) is_cut: bool,
}

/// Reads the newest `max_bytes` of a transcript in JSON lines; a line cut by that limit is left out.
///
/// # Errors
/// Where the file cannot be read; only a regular file is read, never a pipe that could make us wait.
pub(crate) fn read(path: &Path, max_bytes: u64) -> io::Result<Transcript> {
    let meta = path.metadata()?;
    if !meta.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the transcript is not a file"));
    }
    let mut file = File::open(path)?;
    let from = meta.len().saturating_sub(max_bytes);
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(max_bytes).read_to_end(&mut bytes)?;
    let mut transcript = Transcript { is_cut: from > 0, ..Transcript::default() };
    // Where the file was entered in its middle, the first line is the rest of one.
    for line in bytes.split(|byte| *byte == b'\n').skip(usize::from(from > 0)) {
        if line.trim_ascii().is_empty() {
            continue;
        }
        match serde_json::from_slice(line) {
            Ok(entry) => transcript.entries.push(entry),
            Err(_) => transcript.bad_lines += 1,
        }
    }
    Ok(transcript)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn transcript(content: &[u8], max_bytes: u64) -> Transcript {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.jsonl");
        std::fs::write(&path, content).unwrap();
        read(&path, max_bytes).unwrap()
    }

    fn entries(transcript: &Transcript) -> Vec<&str> {
        transcript.entries.iter().map(|entry| entry.get()).collect()
    }

    #[test]
    fn bad_lines_are_counted_and_skipped() {
        let read = transcript(b"{\"a\":1}\nnot json\n\n[2]\n{\"half\":", 1000);
        assert_eq!(entries(&read), ["{\"a\":1}", "[2]"]);
        assert_eq!((read.bad_lines, read.is_cut), (2, false));
    }

    #[test]
    fn the_newest_entries_are_kept() {
        let read = transcript(b"{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n", 18);
        assert_eq!(entries(&read), ["{\"n\":2}", "{\"n\":3}"]);
        assert!(read.is_cut);
    }

    #[test]
    fn what_is_no_file_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        assert!(read(dir.path(), 10).is_err());
        assert!(read(&dir.path().join("missing"), 10).is_err());
    }
}
