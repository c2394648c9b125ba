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
    /// The MCP servers that its agents are configured to start.
    pub mcp: McpReport,
}

/// The MCP servers that the agents of a device are configured to start, by their own settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct McpReport {
    /// The servers.
    pub servers: Vec<McpServer>,
    /// Settings that are there and could not be read: what they configure is not known.
    pub unread: Vec<UnreadFile>,
    /// How many servers there are besides.
    pub more: u64,
}

/// An MCP server in an agent's settings, without what is secret of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct McpServer {
    /// The agent.
    pub agent: String,
    /// Whose setting it is: `user`, `project` (in the project's files), `local` (of one project, in the person's file) or `managed`.
    pub scope: String,
    /// The project's folder, where it is for one.
    pub project: Option<String>,
    /// The name in the settings.
    pub name: String,
    /// The raw name, as it is in the names of the server's tools.
    pub server: String,
    /// `stdio`, `http`, `sse` or `unknown`.
    pub transport: String,
    /// The host, or the program and the package it runs.
    pub origin: Option<String>,
    /// Whether it is not switched off.
    pub enabled: bool,
    /// Whether it is approved; `None` where nobody has said which are.
    pub approved: Option<bool>,
}

/// A file of settings that could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UnreadFile {
    /// The agent.
    pub agent: String,
    /// The file.
    pub file: String,
    /// Why.
    pub reason: String,
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
