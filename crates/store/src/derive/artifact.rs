//! Artifacts: one row per event that tells of one.

use hookrail_core::emitted::{self, Artifact};
use hookrail_core::event::{Event, EventId, Kind};

use crate::model::Seq;

/// An artifact as it is kept.
#[derive(Debug)]
pub(crate) struct ArtifactRow {
    pub(crate) seq: Seq,
    pub(crate) event: EventId,
    pub(crate) at: i64,
    /// The session or, outside one, the run.
    pub(crate) session: Option<String>,
    pub(crate) made: Artifact,
    pub(crate) user: Option<String>,
    pub(crate) device: Option<String>,
}

impl ArtifactRow {
    /// The row of an event that is stored at `seq`; `None` for an event of another kind.
    pub(crate) fn of(event: &Event, seq: Seq) -> Option<Self> {
        if event.parsed.kind != Kind::ArtifactCreated {
            return None;
        }
        Some(Self {
            seq,
            event: event.id,
            at: event.occurred_at.as_nanos(),
            session: event.parsed.session_id.as_ref().map(|id| id.as_str().to_owned()),
            made: emitted::artifact(event.payload.get())?,
            user: event.user.clone(),
            device: event.device.clone(),
        })
    }
}
