//! Artifacts as the API shows them.

use hookrail_core::event::EventId;
use hookrail_core::time::Timestamp;
use serde::Serialize;

/// A file that an event tells of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Artifact {
    /// The event.
    pub event_id: EventId,
    /// When it was made, by the device's clock.
    pub at: Timestamp,
    /// The session it was made in or, outside one, the run.
    pub session_id: Option<String>,
    /// The run it was made in.
    pub run_id: Option<String>,
    /// The last part of its path.
    pub name: String,
    /// Where it was on its device, as its reporter wrote it.
    pub path: String,
    /// What it is.
    pub label: Option<String>,
    /// The SHA-256 of its content, in hexadecimal.
    pub sha256: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// The person.
    pub user: Option<String>,
    /// The machine.
    pub device: Option<String>,
}

/// Which artifacts are asked for; everything that is given must be so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArtifactFilter {
    /// Of this session.
    pub session_id: Option<String>,
    /// Of this run.
    pub run_id: Option<String>,
    /// Of this content.
    pub sha256: Option<String>,
    /// Made at or after.
    pub since: Option<Timestamp>,
    /// Made before.
    pub until: Option<Timestamp>,
}
