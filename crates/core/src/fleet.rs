//! What a device says about itself from time to time: whether hooks are registered, whether anything waits or fails.

use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::time::Timestamp;

/// The largest report, in bytes of JSON.
pub const MAX_REPORT_BYTES: usize = 64 << 10;

/// A device's report of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeviceReport {
    /// The device's id, minted when it was enrolled; its name where it never was.
    pub device_id: String,
    /// What its events call it.
    pub name: String,
    /// When the report was made, by the device's clock.
    pub at: Timestamp,
    /// The place.
    pub context: Context,
    /// The agents found there.
    pub agents: Vec<AgentReport>,
    /// What waits to be delivered.
    pub backlog: Backlog,
    /// Lines in the log of hooks that failed.
    pub hook_failures: u64,
    /// Records the server refused, kept on the device.
    pub rejected: u64,
    /// Records that the limits of the spool removed before they were delivered.
    pub dropped: u64,
}

/// An agent on a device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AgentReport {
    /// The agent.
    pub agent: String,
    /// Whether our hooks are in its settings.
    pub registered: bool,
    /// When it was last used, by its own transcripts; `None` where it left none.
    pub used_at: Option<Timestamp>,
}

/// What waits on a device to be delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Backlog {
    /// Bytes of records.
    pub bytes: u64,
    /// When the oldest was sealed.
    pub oldest: Option<Timestamp>,
}
