//! One worker of an import: files in, batches out.

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Sender;

use hookrail_core::transcript::{Reader, Skip};

use super::batch::{Batch, Sent};
use super::lines::{Line, Lines};
use super::record::Writer;
use super::state::{self, FileState, Witness};
use super::{Found, ImportError, LAST_RECORD, Progress, Run, Summary, lock};

/// Reads files and sends what is in them.
pub(super) struct Worker<'r> {
    run: &'r Run<'r>,
    progress: Sender<Progress>,
    batch: Batch,
    /// How far files are settled once the batch is acknowledged.
    marks: Vec<(PathBuf, FileState)>,
    /// The newest event of the batch.
    newest: Option<Witness>,
    /// Bytes that the batch settles.
    bytes: u64,
    summary: Summary,
}

impl<'r> Worker<'r> {
    pub(super) fn new(run: &'r Run<'r>, progress: Sender<Progress>) -> Self {
        Self {
            run,
            progress,
            batch: Batch::with_room(run.batch_bytes() + LAST_RECORD),
            marks: Vec::new(),
            newest: None,
            bytes: 0,
            summary: Summary::default(),
        }
    }

    pub(super) fn work(mut self) -> (Summary, Result<(), ImportError>) {
        let ended = self.files();
        if ended.is_err() {
            self.run.failed.store(true, Ordering::Relaxed);
        }
        (self.summary, ended)
    }

    fn files(&mut self) -> Result<(), ImportError> {
        while let Some(file) = self.run.found.get(self.run.next.fetch_add(1, Ordering::Relaxed)) {
            if self.run.stopped() || self.is_portion() {
                break;
            }
            self.file(file)?;
        }
        self.flush()
    }

    /// One file, from where it was settled last.
    fn file(&mut self, file: &Found) -> Result<(), ImportError> {
        let kept = lock(&self.run.state).files.get(&file.path).cloned();
        let opened = match state::open(file, kept, &self.run.options.agent) {
            Ok(Some(opened)) => opened,
            Ok(None) => {
                self.summary.unchanged += 1;
                self.settled(file.size);
                return Ok(());
            }
            Err(error) => {
                self.summary.unreadable.push(format!("{}: {error}", file.path.display()));
                self.settled(file.size);
                return Ok(());
            }
        };
        self.summary.files += 1;
        let (mut lines, mut reader) = (Lines::new(opened.file, opened.offset), opened.reader);
        let mut writer = Writer::new(&self.run.options.agent, file, &self.run.about, &self.run.skills);
        self.bytes += opened.offset;
        let mut older = false;
        loop {
            let before = lines.offset();
            let line = match lines.next() {
                Ok(Some(line)) => line,
                Ok(None) => break,
                Err(error) => {
                    // Not marked: the next import reads it again, and what was sent is known by then.
                    self.summary.unreadable.push(format!("{}: {error}", file.path.display()));
                    return Ok(());
                }
            };
            let settled = self.line(&line, &mut reader, &mut writer, &mut older);
            if !settled {
                lines.give_back(before);
                break;
            }
            self.bytes += lines.offset() - before;
            if self.batch.bytes() >= self.run.batch_bytes() {
                if !older {
                    self.mark(file, &mut lines, &reader);
                }
                self.flush()?;
                if self.run.stopped() || self.is_portion() {
                    return Ok(());
                }
            }
        }
        if !older {
            self.mark(file, &mut lines, &reader);
        }
        Ok(())
    }

    /// Whether enough was read for one run.
    fn is_portion(&self) -> bool {
        self.run.patience.portion.is_some_and(|portion| self.summary.bytes >= portion)
    }

    /// Takes in one line; `false` for the beginning of a last line that is still being written.
    fn line(&mut self, line: &Line<'_>, reader: &mut Reader, writer: &mut Writer<'_>, older: &mut bool) -> bool {
        let Some(text) = line.text() else {
            self.summary.lines += 1;
            self.summary.skip("too_long");
            return true;
        };
        self.summary.bytes += line.length();
        let carried = (!line.whole).then(|| reader.clone());
        let entry = match (reader.line(&text), carried) {
            (Err(Skip::NotJson), Some(carried)) => {
                *reader = carried;
                self.summary.skip("unfinished");
                return false;
            }
            (entry, _) => entry,
        };
        self.summary.lines += 1;
        match entry {
            Ok(entry) if entry.at.is_some_and(|at| self.run.options.since.is_some_and(|since| at < since)) => {
                *older = true;
                self.summary.skip("older");
            }
            Ok(entry) => {
                if let Some(session) = entry.session.as_deref()
                    && !self.summary.named.contains(session)
                {
                    self.summary.named.insert(session.to_owned());
                }
                self.newest = self.newest.max(writer.write(entry, &mut self.batch));
            }
            Err(skip) => self.summary.skip(skip.as_str()),
        }
        true
    }

    fn mark(&mut self, file: &Found, lines: &mut Lines, reader: &Reader) {
        match state::mark(file, lines, reader) {
            Ok(state) => self.marks.push((file.path.clone(), state)),
            Err(error) => self.summary.unreadable.push(format!("{}: {error}", file.path.display())),
        }
    }

    /// Sends the batch, and remembers how far the files in it are settled.
    fn flush(&mut self) -> Result<(), ImportError> {
        if !self.batch.is_empty() {
            let mut batch = std::mem::take(&mut self.batch);
            self.summary.events += batch.records() as u64;
            if let Some(client) = &self.run.client {
                let progress = &self.progress;
                let waiting = |why: &str, wait| {
                    // Nobody listens any more where the import has ended.
                    let _ = progress.send(Progress::Waiting { why: why.to_owned(), wait });
                };
                let Sent { duplicates, rejected } =
                    batch.send(self.run.home, client, &waiting, &|| self.run.patience.once || self.run.stopped())?;
                self.summary.duplicates += duplicates;
                self.summary.rejected += rejected;
            }
            batch.clear();
            self.batch = batch;
        }
        let mut state = lock(&self.run.state);
        state.files.extend(self.marks.drain(..));
        state.witness = state.witness.max(self.newest.take());
        drop(state);
        let bytes = std::mem::take(&mut self.bytes);
        self.settled(bytes);
        Ok(())
    }

    fn settled(&self, bytes: u64) {
        let _ = self.progress.send(Progress::Settled(bytes));
    }
}
