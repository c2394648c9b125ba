#![allow(clippy::unwrap_used)]

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::mpsc as blocking;

use hookrail_core::event::{Agent, EventId};
use serde_json::value::RawValue;

use super::*;
use crate::admit::Admission;
use crate::config::{Config, Limits};
use crate::ingest::{Identity, Payload, Raw, prepare};

/// A store in memory that can be held up, and that refuses what it is told to.
#[derive(Clone, Default)]
struct Fake {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    ids: HashSet<EventId>,
    /// The ids of each commit that was tried.
    commits: Vec<Vec<EventId>>,
    poison: Option<EventId>,
    full: bool,
    checkpoints: usize,
    /// Each commit waits for a word from here.
    gate: Option<blocking::Receiver<()>>,
    /// And says here that it waits.
    at_gate: Option<blocking::Sender<()>>,
}

impl Log for Fake {
    fn append(&mut self, batch: Vec<Event>) -> Result<Appended, StoreError> {
        let mut state = self.state.lock().unwrap();
        if let Some(sender) = &state.at_gate {
            sender.send(()).unwrap();
        }
        if let Some(gate) = &state.gate {
            gate.recv().unwrap();
        }
        let ids: Vec<EventId> = batch.iter().map(|event| event.id).collect();
        state.commits.push(ids.clone());
        if state.full {
            return Err(StoreError::Full("no space".to_owned()));
        }
        if state.poison.is_some_and(|poison| ids.contains(&poison)) {
            return Err(StoreError::Other("cannot store that".to_owned()));
        }
        let outcome = |id| if state.ids.insert(id) { Append::Stored(1) } else { Append::Duplicate };
        Ok(Appended { outcomes: ids.into_iter().map(outcome).collect(), stored: Vec::new() })
    }

    fn retain(&mut self, _: &Retention, _: Timestamp) -> Result<Removed, StoreError> {
        Ok(Removed { events: 7, ..Removed::default() })
    }

    fn checkpoint(&mut self) -> Result<(), StoreError> {
        self.state.lock().unwrap().checkpoints += 1;
        Ok(())
    }
}

fn id(n: u64) -> EventId {
    EventId::v7(Timestamp::from_nanos(1), n)
}

fn event(n: u64) -> Event {
    let payload = RawValue::from_string(format!("{{\"hook_event_name\":\"Stop\",\"n\":{n}}}")).unwrap();
    let raw = Raw { id: Identity::Given(id(n)), ..Raw::new(Agent::ClaudeCode, Payload::Json(Cow::Owned(payload))) };
    prepare(raw, Timestamp::from_nanos(1), &Config::default(), &Metrics::default())
}

struct Bench {
    fake: Fake,
    admission: Admission,
    queue: Queue,
    metrics: Arc<Metrics>,
    thread: Option<std::thread::JoinHandle<()>>,
    inbox: Option<mpsc::Receiver<Message>>,
}

impl Bench {
    fn new(slots: usize) -> Self {
        let limits = Limits { queue_slots: slots, ..Limits::default() };
        let (admission, (queue, inbox)) = (Admission::new(&limits), Queue::new(slots));
        Self { fake: Fake::default(), admission, queue, metrics: Arc::default(), thread: None, inbox: Some(inbox) }
    }

    fn start(&mut self) {
        let inbox = self.inbox.take().unwrap();
        let bus = Bus::local(16, 1 << 20);
        let now = || Timestamp::from_nanos(0);
        let writer = Writer::new(self.fake.clone(), bus, self.metrics.clone(), inbox, Retention::default(), now);
        self.thread = Some(std::thread::spawn(move || writer.run()));
    }

    fn send(&self, events: impl IntoIterator<Item = u64>) -> oneshot::Receiver<Answer> {
        let room = self.admission.admit(1).expect("a slot is free");
        let (job, answer) = Job::new(events.into_iter().map(event).collect(), room, self.metrics.clone());
        self.queue.store(job);
        answer
    }

    /// Ends the writer and checks that every event that came in went out once.
    fn end(mut self) -> Arc<Metrics> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(self.queue.stop());
        self.thread.take().unwrap().join().unwrap();
        let metrics = self.metrics.clone();
        let out = metrics.events_stored.get() + metrics.events_duplicate.get() + metrics.rejected();
        assert_eq!(metrics.events_in.get(), out);
        assert_eq!(metrics.events_pending.get(), 0);
        metrics
    }
}

fn stored(answer: oneshot::Receiver<Answer>) -> Vec<Fate> {
    answer.blocking_recv().unwrap().unwrap()
}

#[test]
fn what_is_queued_during_a_commit_is_committed_together() {
    let mut bench = Bench::new(100);
    let (open, gate) = blocking::channel();
    let (at_gate, waits) = blocking::channel();
    {
        let mut state = bench.fake.state.lock().unwrap();
        state.gate = Some(gate);
        state.at_gate = Some(at_gate);
    }
    bench.start();
    let first = bench.send([0]);
    waits.recv().unwrap();
    let others: Vec<_> = (1..=50).map(|n| bench.send([n])).collect();
    open.send(()).unwrap();
    open.send(()).unwrap();
    assert_eq!(stored(first), [Fate::Stored]);
    for other in others {
        assert_eq!(stored(other), [Fate::Stored]);
    }
    assert_eq!(bench.fake.state.lock().unwrap().commits.iter().map(Vec::len).collect::<Vec<_>>(), [1, 50]);
    bench.end();
}

#[test]
fn a_stalled_store_lets_in_exactly_as_many_as_there_are_slots() {
    let mut bench = Bench::new(4);
    let held: Vec<_> = (0..4).map(|n| bench.send([n])).collect();
    for _ in 0..10 {
        assert!(bench.admission.admit(1).is_none(), "the fifth finds no slot");
    }
    bench.start();
    for answer in held {
        assert_eq!(stored(answer), [Fate::Stored]);
    }
    // An answer goes out a moment before its job gives back the slot; the end of the thread is after both.
    let admission = bench.admission.slots();
    bench.end();
    assert_eq!(admission.available_permits(), 4);
}

#[test]
fn small_jobs_overtake_large_ones() {
    let mut bench = Bench::new(10);
    let large = bench.send(0..7_000);
    let small = bench.send([9_999]);
    bench.start();
    assert_eq!(stored(small), [Fate::Stored]);
    assert_eq!(stored(large).len(), 7_000);
    let commits: Vec<usize> = bench.fake.state.lock().unwrap().commits.iter().map(Vec::len).collect();
    assert_eq!(commits, [COMMIT_EVENTS, 7_001 - COMMIT_EVENTS]);
    assert_eq!(bench.fake.state.lock().unwrap().commits[0][0], id(9_999), "the small one went first");
    assert_eq!(bench.end().events_stored.get(), 7_001);
}

#[test]
fn one_bad_event_costs_the_others_one_retry_and_itself_everything() {
    let mut bench = Bench::new(10);
    bench.fake.state.lock().unwrap().poison = Some(id(70));
    bench.start();
    assert!(matches!(bench.send(0..100).blocking_recv().unwrap(), Err(WriteError::Broken(_))));
    let fates = stored(bench.send(0..100));
    for (n, fate) in fates.into_iter().enumerate() {
        assert_eq!(fate, if n == 70 { Fate::Refused } else { Fate::Stored }, "{n}");
    }
    let metrics = bench.end();
    assert_eq!(metrics.events_stored.get(), 99);
    assert_eq!(metrics.events_rejected[Reason::Invalid as usize].get(), 1);
    assert_eq!(metrics.events_rejected[Reason::Unavailable as usize].get(), 100);
}

#[test]
fn a_full_disk_acknowledges_nothing_and_a_later_try_is_stored() {
    let mut bench = Bench::new(10);
    bench.fake.state.lock().unwrap().full = true;
    bench.start();
    assert!(matches!(bench.send([1, 2]).blocking_recv().unwrap(), Err(WriteError::Full(_))));
    bench.fake.state.lock().unwrap().full = false;
    assert_eq!(stored(bench.send([1, 2, 1])), [Fate::Stored, Fate::Stored, Fate::Duplicate]);
    bench.end();
}

#[test]
fn a_stop_commits_what_is_queued_before_it_and_checkpoints() {
    let mut bench = Bench::new(10);
    let queued: Vec<_> = (0..5).map(|n| bench.send([n])).collect();
    let fake = bench.fake.clone();
    bench.start();
    bench.end();
    for answer in queued {
        assert_eq!(stored(answer), [Fate::Stored]);
    }
    assert_eq!(fake.state.lock().unwrap().checkpoints, 1);
}

#[test]
fn a_writer_that_dies_acknowledges_nothing() {
    let mut bench = Bench::new(10);
    let answer = bench.send([1, 2]);
    drop(bench.inbox.take());
    assert!(matches!(answer.blocking_recv().unwrap(), Err(WriteError::Stopped)));
    assert!(matches!(bench.send([3]).blocking_recv().unwrap(), Err(WriteError::Stopped)));
    assert!(!bench.queue.is_served());
    assert_eq!(bench.metrics.events_rejected[Reason::Aborted as usize].get(), 3);
    assert_eq!(bench.metrics.events_pending.get(), 0);
}
