//! The one writer: a thread that owns the store's writing side and commits whatever is queued when the last commit ends.
//!
//! * Nothing is acknowledged before its commit, nothing waits for company: an idle writer commits one event at once,
//!   a busy one commits groups, because requests pile up while it commits.
//! * Single events go first and large batches are committed in pieces, so that an agent waiting for its hook's answer
//!   does not wait for somebody's backlog. A batch is acknowledged when its last piece is committed.
//! * A commit that fails answers all its senders with the same refusal and acknowledges none. Sending again is safe:
//!   an id is stored once. If it failed because of one event, the store cannot say which: the writer becomes *wary*,
//!   and when the events come again it halves a failing group until the one is alone, which is rejected.

mod queue;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use hookrail_core::event::Event;
use hookrail_core::time::Timestamp;
use hookrail_store::StoreError;
use hookrail_store::bus::Bus;
use hookrail_store::events::{Append, Appended, Removed, Retention};
use tokio::sync::{mpsc, oneshot};

pub(crate) use self::queue::Queue;
use crate::admit::Room;
use crate::metrics::{Metrics, Reason};

/// Most events of one commit: about 50 ms of work, which bounds how long the next commit's events wait. Each commit waits
/// for the disk, and somebody's history comes in batches of some 4,000 events, which had better not be cut in two.
const COMMIT_EVENTS: usize = 6_000;

/// Most bytes of payload of one commit, unless a single event is larger.
const COMMIT_BYTES: usize = 8 << 20;

/// A job with at most this many events goes before the larger ones.
const SMALL: usize = 16;

/// How many commits a wary writer stays so: senders of what failed come back within seconds.
const WARY_COMMITS: u32 = 10_000;

/// What the writer needs of a store.
pub(crate) trait Log: Send + 'static {
    fn append(&mut self, batch: Vec<Event>) -> Result<Appended, StoreError>;
    fn retain(&mut self, retention: &Retention, now: Timestamp) -> Result<Removed, StoreError>;
    fn checkpoint(&mut self) -> Result<(), StoreError>;
}

impl Log for hookrail_store::events::Writer {
    fn append(&mut self, batch: Vec<Event>) -> Result<Appended, StoreError> {
        Self::append(self, batch)
    }

    fn retain(&mut self, retention: &Retention, now: Timestamp) -> Result<Removed, StoreError> {
        Self::retain(self, retention, now)
    }

    fn checkpoint(&mut self) -> Result<(), StoreError> {
        Self::checkpoint(self)
    }
}

/// Why events were not stored, as their sender is told.
#[derive(Clone, Debug)]
pub(crate) enum WriteError {
    /// Trying again later helps.
    Busy(Arc<str>),
    /// Somebody must free the disk first.
    Full(Arc<str>),
    /// Trying again is not known to help.
    Broken(Arc<str>),
    /// The server stopped first.
    Stopped,
}

impl From<&StoreError> for WriteError {
    fn from(error: &StoreError) -> Self {
        let text = Arc::from(error.to_string());
        match error {
            StoreError::Busy(_) => Self::Busy(text),
            StoreError::Full(_) => Self::Full(text),
            _ => Self::Broken(text),
        }
    }
}

/// What became of one event of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Stored,
    Duplicate,
    /// The store refuses this very event.
    Refused,
}

/// What became of a job: one fate per event in its order, or nothing is acknowledged.
pub(crate) type Answer = Result<Vec<Fate>, WriteError>;

/// The events of one request on their way to the store.
///
/// Its events were counted *in*; whatever way it is dropped, each is counted *out* once.
pub(crate) struct Job {
    events: std::vec::IntoIter<Event>,
    fates: Vec<Fate>,
    /// Events handed to the log and not answered by it yet.
    taken: usize,
    answer: Option<oneshot::Sender<Answer>>,
    metrics: Arc<Metrics>,
    _room: Room,
}

impl Job {
    /// A job of these events, counted in from now on.
    pub(crate) fn new(events: Vec<Event>, room: Room, metrics: Arc<Metrics>) -> (Self, oneshot::Receiver<Answer>) {
        let (answer, receiver) = oneshot::channel();
        metrics.events_in.add(events.len() as u64);
        metrics.events_pending.add(events.len() as i64);
        let fates = Vec::with_capacity(events.len());
        (Self { events: events.into_iter(), fates, taken: 0, answer: Some(answer), metrics, _room: room }, receiver)
    }

    /// Moves the next events into `batch` while there is room in a commit.
    fn take(&mut self, batch: &mut Vec<Event>, bytes: &mut usize) {
        while batch.len() < COMMIT_EVENTS && *bytes < COMMIT_BYTES {
            let Some(event) = self.events.next() else { return };
            *bytes += event.payload.get().len();
            batch.push(event);
            self.taken += 1;
        }
    }

    /// Notes the fates of the events taken, from the front of `fates`.
    fn settle(&mut self, fates: &mut impl Iterator<Item = Fate>) {
        let before = self.fates.len();
        self.fates.extend(fates.take(self.taken));
        self.taken = 0;
        let new = &self.fates[before..];
        let count = |fate| new.iter().filter(|each| **each == fate).count() as u64;
        self.metrics.events_stored.add(count(Fate::Stored));
        self.metrics.events_duplicate.add(count(Fate::Duplicate));
        self.metrics.reject(Reason::Invalid, count(Fate::Refused));
        self.metrics.events_pending.add(-(new.len() as i64));
    }

    fn is_done(&self) -> bool {
        self.events.len() == 0
    }

    /// Tells the sender, who may have gone.
    fn acknowledge(mut self) {
        let fates = std::mem::take(&mut self.fates);
        self.send(Ok(fates));
    }

    fn fail(mut self, error: WriteError) {
        self.count_out(Reason::Unavailable);
        self.send(Err(error));
    }

    fn send(&mut self, answer: Answer) {
        if let Some(sender) = self.answer.take() {
            let _ = sender.send(answer);
        }
    }

    /// Counts out everything that has no fate.
    fn count_out(&mut self, reason: Reason) {
        let left = self.taken + self.events.len();
        self.taken = 0;
        self.events = Vec::new().into_iter();
        self.metrics.reject(reason, left as u64);
        self.metrics.events_pending.add(-(left as i64));
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        self.count_out(Reason::Aborted);
        self.send(Err(WriteError::Stopped));
    }
}

/// What the writer's thread is told.
pub(crate) enum Message {
    /// Store this.
    Store(Job),
    /// Remove what is too old or too much, when there is time.
    Retain,
    /// Commit what was queued before this, checkpoint and end.
    Stop,
}

/// The writer's state on its thread.
pub(crate) struct Writer<L> {
    log: L,
    bus: Bus,
    metrics: Arc<Metrics>,
    inbox: mpsc::Receiver<Message>,
    small: VecDeque<Job>,
    large: VecDeque<Job>,
    retention: Retention,
    clock: fn() -> Timestamp,
    retaining: bool,
    stopping: bool,
    /// Commits left for which a spare copy of the events is kept.
    wary: u32,
}

impl<L: Log> Writer<L> {
    pub(crate) fn new(
        log: L,
        bus: Bus,
        metrics: Arc<Metrics>,
        inbox: mpsc::Receiver<Message>,
        retention: Retention,
        clock: fn() -> Timestamp,
    ) -> Self {
        Self {
            log,
            bus,
            metrics,
            inbox,
            small: VecDeque::new(),
            large: VecDeque::new(),
            retention,
            clock,
            retaining: false,
            stopping: false,
            wary: 0,
        }
    }

    /// Writes until told to stop, or until nobody can send any more.
    pub(crate) fn run(mut self) {
        while self.receive() {
            if !self.small.is_empty() || !self.large.is_empty() {
                self.commit();
            } else if self.retaining {
                self.retain();
            }
        }
        if let Err(error) = self.log.checkpoint() {
            tracing::warn!("The store was not checkpointed; the next start does it: {error}.");
        }
    }

    /// Takes in whatever is queued, waiting only where there is nothing else to do. False at the end.
    fn receive(&mut self) -> bool {
        let idle = self.small.is_empty() && self.large.is_empty() && !self.retaining;
        if idle {
            if self.stopping {
                return false;
            }
            match self.inbox.blocking_recv() {
                Some(message) => self.sort(message),
                None => return false,
            }
        }
        while let Ok(message) = self.inbox.try_recv() {
            self.sort(message);
        }
        true
    }

    fn sort(&mut self, message: Message) {
        match message {
            Message::Store(job) if job.events.len() <= SMALL => self.small.push_back(job),
            Message::Store(job) => self.large.push_back(job),
            Message::Retain => self.retaining = true,
            Message::Stop => {
                self.stopping = true;
                self.retaining = false;
            }
        }
    }

    /// One transaction: small jobs first, then as much of the large ones as fits.
    fn commit(&mut self) {
        self.wary = self.wary.saturating_sub(1);
        let queued: usize = self.small.iter().chain(&self.large).map(|job| job.events.len()).sum();
        let mut batch = Vec::with_capacity(queued.min(COMMIT_EVENTS));
        let mut bytes = 0;
        let mut jobs = VecDeque::new();
        for queue in [&mut self.small, &mut self.large] {
            while batch.len() < COMMIT_EVENTS && bytes < COMMIT_BYTES {
                let Some(mut job) = queue.pop_front() else { break };
                job.take(&mut batch, &mut bytes);
                jobs.push_back(job);
            }
        }
        match self.append(batch) {
            Ok(fates) => {
                self.metrics.payload_bytes.add(bytes as u64);
                let mut fates = fates.into_iter();
                for mut job in jobs {
                    job.settle(&mut fates);
                    if job.is_done() {
                        job.acknowledge();
                    } else {
                        self.large.push_front(job);
                    }
                }
            }
            Err(error) => {
                tracing::error!(jobs = jobs.len(), "Events could not be stored: {error}.");
                let error = WriteError::from(&error);
                for job in jobs {
                    job.fail(error.clone());
                }
            }
        }
    }

    /// Appends and publishes. A wary writer narrows a failure down to the events that cause it.
    fn append(&mut self, batch: Vec<Event>) -> Result<Vec<Fate>, StoreError> {
        let size = batch.len();
        let spare = (self.wary > 0).then(|| batch.clone());
        let started = Instant::now();
        let appended = self.log.append(batch);
        self.metrics.commit_seconds.observe(started.elapsed());
        self.metrics.commits.add(1);
        let error = match appended {
            Ok(appended) => {
                self.bus.publish(&appended.stored);
                return Ok(appended.outcomes.iter().map(Fate::from).collect());
            }
            Err(error) => error,
        };
        self.metrics.commit_failures.add(1);
        if !matches!(error, StoreError::Invalid(_) | StoreError::Other(_)) {
            return Err(error);
        }
        match spare {
            Some(_) if size == 1 => {
                tracing::error!("One event is refused by the store and is rejected: {error}.");
                Ok(vec![Fate::Refused])
            }
            Some(mut first) => {
                let second = first.split_off(size / 2);
                let mut fates = self.append(first)?;
                fates.extend(self.append(second)?);
                Ok(fates)
            }
            None => {
                self.wary = WARY_COMMITS;
                Err(error)
            }
        }
    }

    /// One bounded slice of retention.
    fn retain(&mut self) {
        match self.log.retain(&self.retention, (self.clock)()) {
            Ok(removed) => {
                self.metrics.retained_away.add(removed.events);
                self.retaining = removed.more;
            }
            Err(error) => {
                tracing::warn!("Retention will be tried again later: {error}.");
                self.retaining = false;
            }
        }
    }
}

impl From<&Append> for Fate {
    fn from(append: &Append) -> Self {
        match append {
            Append::Stored(_) => Self::Stored,
            Append::Duplicate => Self::Duplicate,
        }
    }
}

#[cfg(test)]
mod tests;
