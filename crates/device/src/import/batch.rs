//! Records on their way to the server.

use std::borrow::Cow;
use std::ops::Range;
use std::thread;
use std::time::{Duration, Instant};

use hookrail_core::privacy::Privacy;
use hookrail_hook::Home;

use super::ImportError;
use crate::http::{Client, is_loopback};
use crate::ship::{Backoff, Outcome, compress, judge, set_aside};

/// The door.
const PATH: &str = "/v1/events";

/// An import gives up after this long without an acknowledgement.
const GIVE_UP: Duration = Duration::from_secs(120);

/// How often a wait looks whether it should end.
const LOOK: Duration = Duration::from_millis(50);

/// Lines of records, one after another.
#[derive(Debug, Default)]
pub(super) struct Batch {
    text: String,
    /// Where each record ends, its line break included.
    ends: Vec<usize>,
}

/// What became of a batch.
#[derive(Debug, Default)]
pub(super) struct Sent {
    pub(super) duplicates: u64,
    pub(super) rejected: u64,
}

impl Batch {
    /// An empty batch with room for so many bytes: what grows step by step is copied, and touches twice the memory.
    pub(super) fn with_room(bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), ends: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub(super) fn records(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.text.len()
    }

    /// Adds the record that `write` puts behind the others, as it may leave the device.
    pub(super) fn push(&mut self, privacy: &Privacy, write: impl FnOnce(&mut String)) {
        let start = self.text.len();
        write(&mut self.text);
        if let Cow::Owned(without_secrets) = privacy.record(&self.text[start..]) {
            self.text.truncate(start);
            self.text.push_str(&without_secrets);
        }
        self.text.push('\n');
        self.ends.push(self.text.len());
    }

    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    /// The bytes of some records.
    fn part(&self, records: &Range<usize>) -> &[u8] {
        let end = |index: usize| if index == 0 { 0 } else { self.ends[index - 1] };
        &self.text.as_bytes()[end(records.start)..end(records.end)]
    }

    /// Sends all records: whole if the server takes them so, else in ever smaller parts.
    pub(super) fn send(
        &self,
        home: &Home,
        client: &Client,
        waiting: &dyn Fn(&str, Duration),
        stop: &dyn Fn() -> bool,
    ) -> Result<Sent, ImportError> {
        let mut sent = Sent::default();
        let mut parts: Vec<Range<usize>> = Vec::new();
        parts.extend(Some(0..self.ends.len()));
        while let Some(part) = parts.pop() {
            match self.persist(client, &part, waiting, stop)? {
                Outcome::Acknowledged(taken) => {
                    sent.duplicates += taken.duplicates;
                    sent.rejected += taken.rejected.len() as u64;
                    for it in &taken.rejected {
                        let at = part.start + it.index;
                        self.set_aside(home, at, &it.reason)?;
                    }
                }
                Outcome::TooMuch(_) if part.len() > 1 => {
                    let middle = part.start + part.len() / 2;
                    parts.push(middle..part.end);
                    parts.push(part.start..middle);
                }
                Outcome::TooMuch(why) => {
                    sent.rejected += 1;
                    self.set_aside(home, part.start, &why)?;
                }
                Outcome::Later(why, _) => return Err(ImportError::Undelivered(why)),
                Outcome::Stop(why) => return Err(ImportError::Refused(why)),
            }
        }
        Ok(sent)
    }

    /// Sends a part until the server has an opinion of it, or nobody wants to wait any longer.
    fn persist(
        &self,
        client: &Client,
        part: &Range<usize>,
        waiting: &dyn Fn(&str, Duration),
        stop: &dyn Fn() -> bool,
    ) -> Result<Outcome, ImportError> {
        let began = Instant::now();
        let mut backoff = Backoff::default();
        let text = self.part(part);
        // To a server on this machine the way is shorter than any compression.
        let packed = if is_loopback(client.server()) { None } else { Some(compress(text).map_err(ImportError::Home)?) };
        let (encoding, body) = packed.as_deref().map_or((None, text), |packed| (Some("gzip"), packed));
        loop {
            let answer = client.post(PATH, "application/x-ndjson", encoding, body);
            let (why, wait) = match judge(client.server(), answer, part.len()) {
                Outcome::Later(why, wait) => (why, backoff.next(wait)),
                outcome => return Ok(outcome),
            };
            if stop() || began.elapsed() + wait > GIVE_UP {
                return Ok(Outcome::Later(why, None));
            }
            waiting(&why, wait);
            let until = Instant::now() + wait;
            while Instant::now() < until && !stop() {
                thread::sleep(LOOK.min(until.saturating_duration_since(Instant::now())));
            }
        }
    }

    fn set_aside(&self, home: &Home, record: usize, reason: &str) -> Result<(), ImportError> {
        let line = self.part(&(record..record + 1)).trim_ascii_end();
        set_aside(&home.rejected(), line, reason).map_err(ImportError::Home)
    }
}
