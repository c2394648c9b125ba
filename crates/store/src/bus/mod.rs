//! What is live: the feed of what was stored, and [`parking`], where events wait whose project is not known yet. The third seam.
//!
//! Publishing to the feed never waits. A subscriber that is too slow is told how many events it missed and goes on with the
//! oldest that is still kept.

mod local;
pub mod parking;

use std::sync::Arc;

use crate::model::StoredEvent;

pub use self::parking::Parking;

/// The live feed. Cloning shares it; it closes with the last clone.
#[derive(Clone, Debug)]
pub enum Bus {
    /// Within this process.
    Local(local::Local),
}

/// What a subscriber is given.
#[derive(Clone, Debug)]
pub enum Live {
    /// The next event.
    Event(Arc<StoredEvent>),
    /// So many events were missed because this subscriber was too slow.
    Missed(u64),
}

/// A place in the live feed.
#[derive(Debug)]
pub enum Subscription {
    /// Within this process.
    Local(local::Subscription),
}

impl Bus {
    /// A feed within this process that keeps at most `events` events and `bytes` bytes of payload for slow subscribers.
    pub fn local(events: usize, bytes: usize) -> Self {
        Self::Local(local::Local::new(events, bytes))
    }

    /// Gives events to every subscriber, in their order. Never waits.
    pub fn publish(&self, events: &[Arc<StoredEvent>]) {
        match self {
            Self::Local(local) => local.publish(events),
        }
    }

    /// A place in the feed: everything published from now on.
    pub fn subscribe(&self) -> Subscription {
        match self {
            Self::Local(local) => Subscription::Local(local.subscribe()),
        }
    }

    /// How many listen.
    pub fn subscribers(&self) -> usize {
        match self {
            Self::Local(local) => local.subscribers(),
        }
    }
}

impl Subscription {
    /// The next event, or how many were missed; `None` when the feed has closed. Safe to cancel.
    pub async fn recv(&mut self) -> Option<Live> {
        match self {
            Self::Local(subscription) => subscription.recv().await,
        }
    }
}
