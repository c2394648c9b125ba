//! The live feed within one process: a ring of the newest events, bounded by number and by bytes.
//!
//! `tokio::sync::broadcast` bounds only the number of messages, and an event may be megabytes; this ring bounds both.
//! Each subscriber keeps the position it is at; a position that has left the ring is what it missed.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::Live;
use crate::model::StoredEvent;

/// The publishing side.
#[derive(Clone, Debug)]
pub struct Local {
    ring: Arc<Mutex<Ring>>,
    /// The position after the newest event; its change wakes the subscribers.
    end: Arc<watch::Sender<u64>>,
}

#[derive(Debug)]
struct Ring {
    events: VecDeque<Arc<StoredEvent>>,
    /// The position of the ring's first event.
    start: u64,
    bytes: usize,
    max_events: usize,
    max_bytes: usize,
}

impl Ring {
    fn push(&mut self, event: &Arc<StoredEvent>) {
        self.bytes += event.payload.get().len();
        self.events.push_back(Arc::clone(event));
        while self.events.len() > self.max_events || (self.bytes > self.max_bytes && self.events.len() > 1) {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        if let Some(oldest) = self.events.pop_front() {
            self.bytes -= oldest.payload.get().len();
            self.start += 1;
        }
    }

    /// Forgets everything, as nobody listens.
    fn clear(&mut self) {
        self.start += self.events.len() as u64;
        self.events = VecDeque::new();
        self.bytes = 0;
    }

    fn end(&self) -> u64 {
        self.start + self.events.len() as u64
    }
}

fn lock(ring: &Mutex<Ring>) -> MutexGuard<'_, Ring> {
    ring.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Local {
    pub(super) fn new(max_events: usize, max_bytes: usize) -> Self {
        let max_events = max_events.max(1);
        let ring = Ring { events: VecDeque::new(), start: 0, bytes: 0, max_events, max_bytes };
        Self { ring: Arc::new(Mutex::new(ring)), end: Arc::new(watch::Sender::new(0)) }
    }

    pub(super) fn publish(&self, events: &[Arc<StoredEvent>]) {
        if events.is_empty() {
            return;
        }
        let end = {
            let mut ring = lock(&self.ring);
            if self.end.receiver_count() == 0 {
                ring.clear();
                return;
            }
            for event in events {
                ring.push(event);
            }
            ring.end()
        };
        self.end.send_replace(end);
    }

    pub(super) fn subscribe(&self) -> Subscription {
        // The receiver is made under the lock: whatever is published after that counts it, and is at or after `at`.
        let ring = lock(&self.ring);
        let end = self.end.subscribe();
        Subscription { ring: Arc::clone(&self.ring), at: ring.end(), end }
    }

    pub(super) fn subscribers(&self) -> usize {
        self.end.receiver_count()
    }
}

/// The listening side.
#[derive(Debug)]
pub struct Subscription {
    ring: Arc<Mutex<Ring>>,
    at: u64,
    end: watch::Receiver<u64>,
}

impl Subscription {
    pub(super) async fn recv(&mut self) -> Option<Live> {
        loop {
            // Marked as seen before looking: what is published after the look wakes the wait below.
            self.end.borrow_and_update();
            if let Some(live) = self.next() {
                return Some(live);
            }
            self.end.changed().await.ok()?;
        }
    }

    fn next(&mut self) -> Option<Live> {
        let ring = lock(&self.ring);
        if self.at < ring.start {
            let missed = ring.start - self.at;
            self.at = ring.start;
            return Some(Live::Missed(missed));
        }
        let event = ring.events.get(usize::try_from(self.at - ring.start).ok()?)?;
        self.at += 1;
        Some(Live::Event(Arc::clone(event)))
    }
}
