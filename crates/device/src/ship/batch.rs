//! Records of one sealed segment, redacted and ready to send.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use hookrail_core::privacy::Privacy;
use hookrail_core::wire::Record;
use hookrail_hook::spool::{Content, Reader, salvage};

use super::enrich::Enricher;

/// How hard to compress: most of the gain of the default level for a part of its time.
const LEVEL: u32 = 3;

/// One record on its way.
#[derive(Debug)]
pub(super) struct Waiting {
    /// Its line, redacted, without a line break.
    pub(super) line: String,
    /// Where the next line of the segment starts.
    pub(super) end: u64,
}

/// A line of the spool that is no record.
#[derive(Debug)]
pub(super) struct Unusable {
    /// What there is of it.
    pub(super) bytes: Vec<u8>,
    /// Why it cannot be sent.
    pub(super) reason: &'static str,
}

/// Consecutive lines of a segment: records, and after them at most one line that is none, so that the cursor never
/// passes such a line before it was set aside.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) records: Vec<Waiting>,
    pub(super) unusable: Option<Unusable>,
    /// Where the first line after the batch starts; `None` for an empty batch at the segment's end.
    pub(super) end: Option<u64>,
}

impl Batch {
    /// Reads lines until `limit` bytes are together, a line is unusable, or the segment ends.
    pub(super) fn read(
        reader: &mut Reader,
        limit: u64,
        enricher: &mut Enricher,
        privacy: &Privacy,
    ) -> io::Result<Self> {
        let mut batch = Self::default();
        let mut bytes = 0;
        while bytes < limit && batch.unusable.is_none() {
            let Some(line) = reader.next_line()? else { break };
            batch.end = Some(line.end);
            bytes += line.end - line.start;
            match usable(&line.content) {
                Ok((text, record)) => {
                    let text = enricher.line(text, record);
                    batch.records.push(Waiting { line: privacy.record(&text).into_owned(), end: line.end });
                }
                Err(unusable) => batch.unusable = Some(unusable),
            }
        }
        Ok(batch)
    }
}

/// The record in a line, found again where a torn one stands before it.
fn usable<'a>(content: &Content<'a>) -> Result<(&'a str, Record<'a>), Unusable> {
    let (bytes, reason) = match *content {
        Content::Whole(bytes) => (bytes, "it is not a record"),
        Content::Torn(bytes) => (bytes, "it was cut off while it was written"),
        Content::TooLong => (&[][..], "it is longer than any record"),
    };
    fn record(bytes: &[u8]) -> Option<(&str, Record<'_>)> {
        let text = std::str::from_utf8(bytes).ok()?;
        Some((text, serde_json::from_str(text).ok()?))
    }
    let salvaged = || salvage(bytes).and_then(record);
    record(bytes).or_else(salvaged).ok_or_else(|| Unusable { bytes: bytes.to_owned(), reason })
}

/// The body of a request in gzip.
pub(crate) fn compress(text: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(LEVEL));
    encoder.write_all(text)?;
    encoder.finish()
}

/// The body of a request: the lines, gzip.
pub(super) fn body(records: &[Waiting]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(LEVEL));
    for record in records {
        encoder.write_all(record.line.as_bytes())?;
        encoder.write_all(b"\n")?;
    }
    encoder.finish()
}
