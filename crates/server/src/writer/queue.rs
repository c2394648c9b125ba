//! The way to the writer's thread.

use tokio::sync::mpsc;

use super::{Job, Message};

/// The sending end of a writer's queue. Its places are never waited for but at the end.
#[derive(Debug)]
pub(crate) struct Queue(mpsc::Sender<Message>);

impl Queue {
    /// A queue with a place for every job that can have been admitted (`slots`) and for the messages that are not events.
    pub(crate) fn new(slots: usize) -> (Self, mpsc::Receiver<Message>) {
        let (sender, inbox) = mpsc::channel(slots + 2);
        (Self(sender), inbox)
    }

    /// Queues a job. It has a slot, so there is a place; a job that cannot be queued because the writer ended answers itself.
    pub(crate) fn store(&self, job: Job) {
        let _ = self.0.try_send(Message::Store(job));
    }

    /// Asks the writer for retention; skipped where the queue is full.
    pub(crate) fn retain(&self) {
        let _ = self.0.try_send(Message::Retain);
    }

    /// Tells the writer to commit what is queued and end.
    pub(crate) async fn stop(&self) {
        let _ = self.0.send(Message::Stop).await;
    }

    /// Whether the writer's thread is there.
    pub(crate) fn is_served(&self) -> bool {
        !self.0.is_closed()
    }
}
