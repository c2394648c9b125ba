//! The events that wait in the older install's log folder: files of JSON lines, an envelope each.
//!
//! Each line goes through the spool as a record with the id that the server's `/ingest` would give it: what was posted there
//! before, or is imported again, is a duplicate.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use hookrail_core::agents::Payload;
use hookrail_core::envelope::{self, Envelope};
use hookrail_core::event::{Agent, EventId};
use hookrail_core::wire::{Content, Record};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::import::Lines;

/// Folders within the log folder that are looked into.
const DEPTH: usize = 4;

/// Bytes of an id.
const ID: usize = 16;

/// A file of events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Log {
    /// Where it is.
    pub path: PathBuf,
    /// Lines that are events.
    pub events: u64,
    /// Lines that are not understood: they stay where they are.
    pub not_understood: u64,
}

/// Every file of events in a folder, by name.
pub(super) fn find(folder: &Path) -> io::Result<Vec<Log>> {
    let mut paths = Vec::new();
    collect(folder, DEPTH, &mut paths)?;
    paths.sort();
    let measure = |path: PathBuf| {
        let (mut events, mut not_understood) = (0, 0);
        each(&path, |line| {
            match line {
                Some(_) => events += 1,
                None => not_understood += 1,
            }
            Ok(())
        })?;
        Ok(Log { path, events, not_understood })
    };
    paths.into_iter().map(measure).collect()
}

fn collect(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let path = entry.path();
        if kind.is_dir() && depth > 0 {
            collect(&path, depth - 1, found)?;
        } else if kind.is_file() && path.extension().is_some_and(|extension| extension == "jsonl") {
            found.push(path);
        }
    }
    Ok(())
}

/// Gives every line of a file that is not blank: as a record's line, or `None` where it is not understood.
pub(super) fn each(path: &Path, mut with: impl FnMut(Option<Vec<u8>>) -> io::Result<()>) -> io::Result<()> {
    let mut lines = Lines::new(File::open(path)?, 0);
    while let Some(line) = lines.next()? {
        match line.text() {
            Some(text) if text.trim().is_empty() => {}
            Some(text) => with(record(text.trim()))?,
            None => with(None)?,
        }
    }
    Ok(())
}

/// The record of an envelope, as a line of the spool.
fn record(text: &str) -> Option<Vec<u8>> {
    let envelope = Envelope::read(text).ok()?;
    let payload = Payload::Json(std::borrow::Cow::Borrowed(serde_json::from_str::<&RawValue>(text).ok()?));
    let content = Content::of(&payload);
    let mut id = [0; ID];
    id.copy_from_slice(&blake3::hash(&envelope.lasting()).as_bytes()[..ID]);
    let record = Record {
        id: Some(EventId::from_digest(id)),
        occurred_at: envelope.at(),
        name: envelope.name(),
        session_id: envelope.session().filter(|session| !session.is_empty()),
        source_app: envelope.worker(),
        ..Record::new(Agent::from(envelope::AGENT), &content)
    };
    let mut line = serde_json::to_vec(&record).ok()?;
    line.push(b'\n');
    Some(line)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn lines_are_counted_and_become_records_that_a_repetition_does_not_change() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("2026-11")).unwrap();
        let line = r#"{"schema_version":"1.0","event_id":"e","ts":"2026-11-20T10:00:00Z","session_id":"s","worker":"w1","event_type":"progress","data":{"a":1}}"#;
        let again = r#"{"schema_version":"1.0","event_id":"f","ts":"2026-11-20T10:00:07Z","session_id":"s","worker":"w1","event_type":"progress","data":{"a": 1}}"#;
        fs::write(root.path().join("2026-11/b.jsonl"), format!("{line}\r\n\n{{\"broken\n{again}")).unwrap();
        fs::write(root.path().join("a.jsonl"), "not json\n{\"schema_version\":\"9\",\"event_type\":\"x\"}\n").unwrap();
        fs::write(root.path().join("notes.txt"), line).unwrap();
        let found = find(root.path()).unwrap();
        let counts: Vec<_> = found.iter().map(|log| (log.events, log.not_understood)).collect();
        assert_eq!(counts, [(2, 1), (0, 2)]);
        let mut records = Vec::new();
        each(&found[0].path, |line| {
            records.extend(line.into_iter().flatten());
            Ok(())
        })
        .unwrap();
        let text = String::from_utf8(records).unwrap();
        let read: Vec<Record<'_>> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(read[0].id, read[1].id, "another attempt is the same event");
        assert_eq!((read[0].session_id.as_deref(), read[0].source_app.as_deref()), (Some("s"), Some("w1")));
        assert_eq!(read[0].payload.unwrap().get(), line);
    }
}
