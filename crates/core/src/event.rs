//! An event of the record and the words it is made of.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::policy::Verdict;
use crate::time::Timestamp;

/// The identity of an event: a UUID. The hook mints version 7 (time ordered); an event that arrives
/// without one gets version 8, made from a digest of its natural key or of its content.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId([u8; 16]);

impl EventId {
    /// A UUID of version 7: 48 bits of milliseconds, 12 bits of the fraction below, 62 bits of `random`.
    ///
    /// The fraction keeps ids minted within one millisecond in the order of their times.
    pub fn v7(at: Timestamp, random: u64) -> Self {
        let millis = at.as_millis().max(0) as u64;
        let fraction = (at.as_nanos().rem_euclid(1_000_000) as u64 * 4096 / 1_000_000) as u16;
        let high = millis << 16 | 0x7000 | u64::from(fraction);
        let low = random & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000;
        Self(((u128::from(high) << 64) | u128::from(low)).to_be_bytes())
    }

    /// A UUID of version 8 made from a digest: the same digest always gives the same id.
    pub fn from_digest(mut digest: [u8; 16]) -> Self {
        digest[6] = digest[6] & 0x0f | 0x80;
        digest[8] = digest[8] & 0x3f | 0x80;
        Self(digest)
    }

    /// A UUID of version 8 made from a time and a digest: 48 bits of milliseconds, then the digest.
    ///
    /// An index takes ids that begin with their time in at its end instead of all over.
    pub fn from_digest_at(at: Timestamp, mut digest: [u8; 16]) -> Self {
        let millis = (at.as_millis().max(0) as u64).to_be_bytes();
        digest[..6].copy_from_slice(&millis[2..]);
        Self::from_digest(digest)
    }

    /// The sixteen bytes of the UUID.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The sixteen bytes of the UUID.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The time a version 7 id was minted at, in whole milliseconds; `None` for other versions.
    pub fn minted_at_millis(&self) -> Option<u64> {
        let high = (u128::from_be_bytes(self.0) >> 64) as u64;
        (self.0[6] >> 4 == 7).then_some(high >> 16)
    }
}

impl EventId {
    /// The hyphenated form. Every event's id is written several times on its way, so this does without `write!`.
    fn text(&self) -> [u8; 36] {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [b'-'; 36];
        let mut at = 0;
        for (index, byte) in self.0.iter().enumerate() {
            at += usize::from(matches!(index, 4 | 6 | 8 | 10));
            text[at] = DIGITS[usize::from(byte >> 4)];
            text[at + 1] = DIGITS[usize::from(byte & 15)];
            at += 2;
        }
        text
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.text()).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not a UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnId;

impl fmt::Display for NotAnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a UUID such as 01932f6e-7a3c-7b1d-9a2e-0c5f3d8b6a41")
    }
}

impl std::error::Error for NotAnId {}

impl FromStr for EventId {
    type Err = NotAnId;

    /// Reads the hyphenated form, or 32 hexadecimal digits without hyphens.
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let mut n = 0u128;
        let mut digits = 0;
        for (at, byte) in text.bytes().enumerate() {
            if byte == b'-' && text.len() == 36 && matches!(at, 8 | 13 | 18 | 23) {
                continue;
            }
            let digit = (byte as char).to_digit(16).ok_or(NotAnId)?;
            n = n << 4 | u128::from(digit);
            digits += 1;
        }
        if digits == 32 { Ok(Self(n.to_be_bytes())) } else { Err(NotAnId) }
    }
}

impl Serialize for EventId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(std::str::from_utf8(&self.text()).map_err(serde::ser::Error::custom)?)
    }
}

impl<'de> Deserialize<'de> for EventId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

macro_rules! text_newtype {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The text as the agent sent it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    };
}

text_newtype! {
    /// An agent's own name for one conversation. Unique within an agent, not across agents.
    SessionId
}
text_newtype! {
    /// An agent's own name for one tool call; pairs what was requested with what came of it.
    ToolUseId
}

/// Declares an enum whose variants have a fixed text, with an open variant for texts not known yet.
macro_rules! open_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$vdoc])* $variant,)+
            /// A text this version does not know, kept as it came.
            Other(Box<str>),
        }

        impl $name {
            /// Every known value, in the order of declaration.
            pub const KNOWN: &'static [Self] = &[$(Self::$variant),+];

            /// The text of the value.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other(text) => text,
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $($text => Self::$variant,)+
                    _ => Self::Other(text.into()),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                Ok(Self::from(text.as_ref()))
            }
        }
    };
}

open_enum! {
    /// A coding agent, by the name its hook is called with (`hookrail-hook <agent>`).
    Agent {
        /// Anthropic's Claude Code.
        ClaudeCode = "claude-code",
        /// OpenAI's Codex CLI.
        Codex = "codex",
        /// Cursor, the editor and its CLI.
        Cursor = "cursor",
        /// Google's Gemini CLI.
        Gemini = "gemini",
        /// GitHub's Copilot CLI and coding agent.
        Copilot = "copilot",
    }
}

open_enum! {
    /// What happened, in one vocabulary for all agents. An agent's own name for it stays in the payload and in [`Parsed::name`](crate::agents::Parsed::name).
    Kind {
        /// A session began, was resumed or forked, or was cleared.
        SessionStarted = "session.started",
        /// A session ended.
        SessionEnded = "session.ended",
        /// Nothing was heard from an idle session for a while; tells what it came to until then (the server).
        SessionSlept = "session.slept",
        /// A session that slept went on (the server).
        SessionWoke = "session.woke",
        /// A set-up or maintenance run of the agent (`claude --init`).
        Setup = "session.setup",
        /// A person, or the agent's host, submitted a prompt.
        PromptSubmitted = "prompt.submitted",
        /// A typed command was expanded to a prompt.
        PromptExpanded = "prompt.expanded",
        /// The main agent finished responding.
        TurnEnded = "turn.ended",
        /// The turn ended by an error of the model's service.
        TurnFailed = "turn.failed",
        /// A person interrupted the turn.
        TurnInterrupted = "turn.interrupted",
        /// A tool is about to run.
        ToolRequested = "tool.requested",
        /// A tool ran, and the agent reports no failure. [`Outcome`] says whether it vouches for success: Codex has
        /// this one event for good and ill, and often does not tell.
        ToolSucceeded = "tool.succeeded",
        /// A tool ran and failed.
        ToolFailed = "tool.failed",
        /// A tool call was refused.
        ToolDenied = "tool.denied",
        /// All parallel tool calls of one message were resolved.
        ToolBatch = "tool.batch",
        /// A detail of a tool call that another event counts (Cursor's shell, MCP and file hooks).
        ToolDetail = "tool.detail",
        /// The agent is about to ask a person for permission.
        PermissionRequested = "permission.requested",
        /// The agent told the person something.
        Notification = "notification",
        /// Text of the assistant was shown.
        MessageDisplayed = "message.displayed",
        /// The assistant answered in text.
        MessageReceived = "message.received",
        /// The assistant's reasoning was reported.
        ThoughtReceived = "thought.received",
        /// The tools that a request may use are about to be chosen (Gemini's `BeforeToolSelection`).
        ToolsSelecting = "model.tools_selecting",
        /// A request to the model is about to be sent.
        ModelRequested = "model.requested",
        /// A response, or a piece of one, came from the model.
        ModelResponded = "model.responded",
        /// A switch of model was asked for.
        ModelSwitching = "model.switching",
        /// The model was switched.
        ModelSwitched = "model.switched",
        /// A subagent started.
        SubagentStarted = "subagent.started",
        /// A subagent finished.
        SubagentEnded = "subagent.ended",
        /// A teammate of an agent team is about to idle.
        TeammateIdle = "teammate.idle",
        /// A task was put on the agent's task list.
        TaskCreated = "task.created",
        /// A task of the agent's task list was completed.
        TaskCompleted = "task.completed",
        /// The context is about to be compacted.
        CompactionStarted = "compaction.started",
        /// The context was compacted.
        CompactionEnded = "compaction.ended",
        /// Instructions (CLAUDE.md, rules) were loaded.
        InstructionsLoaded = "instructions.loaded",
        /// A settings file changed during the session.
        ConfigChanged = "config.changed",
        /// The working directory changed.
        CwdChanged = "cwd.changed",
        /// A watched file changed on disk.
        FileChanged = "file.changed",
        /// A file was edited or read outside of a tool call (Cursor's Tab completion).
        FileTouched = "file.touched",
        /// A directory was added to the session.
        DirectoryAdded = "directory.added",
        /// A workspace was opened.
        WorkspaceOpened = "workspace.opened",
        /// A git worktree is to be created.
        WorktreeCreating = "worktree.creating",
        /// A git worktree was removed.
        WorktreeRemoved = "worktree.removed",
        /// An MCP server asked the person for input.
        ElicitationRequested = "elicitation.requested",
        /// The person answered an MCP server.
        ElicitationAnswered = "elicitation.answered",
        /// A request to the model failed (telemetry).
        ModelFailed = "model.failed",
        /// Whether a tool call may run was decided, by a person or by settings (telemetry).
        ToolDecided = "tool.decided",
        /// A tool call, or what came of it, as telemetry or a transcript tells it beside the hook.
        ToolReported = "tool.reported",
        /// A prompt as telemetry or a transcript tells it beside the hook.
        PromptReported = "prompt.reported",
        /// A compaction as telemetry or a transcript tells it beside the hook.
        CompactionReported = "compaction.reported",
        /// What hooks cost the agent by its own measure (telemetry).
        HookMeasured = "hook.measured",
        /// Any other log record of the agent's telemetry.
        TelemetryLog = "telemetry.log",
        /// A data point of a metric of the agent's telemetry.
        TelemetryMetric = "telemetry.metric",
        /// A span of the agent's telemetry.
        TelemetrySpan = "telemetry.span",
        /// Any other line of a transcript.
        TranscriptEntry = "transcript.entry",
        /// An orchestrator started a worker (`hookrail emit worker-spawn`).
        WorkerSpawned = "worker.spawned",
        /// Work left something worth keeping (`hookrail emit artifact`).
        ArtifactCreated = "artifact.created",
        /// A program reported what it is at (`hookrail emit state`).
        StateReported = "state.reported",
        /// A handler of a person or a project ran at an event (`hookrail handlers`).
        HandlerRan = "handler.ran",
        /// The agent, or a program beside it, reported an error.
        Error = "error",
        /// The agent sent what is not JSON; the bytes are kept.
        Malformed = "malformed",
        /// An event this version has no word for; everything it carried is kept.
        Unknown = "unknown",
    }
}

/// Who acted inside a session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Actor {
    /// The session's own agent.
    #[default]
    Main,
    /// A subagent. Nesting is told by the tool call that spawned it, not by its id.
    Subagent {
        /// The agent's own id of the subagent; unique within the session.
        id: String,
        /// The kind of subagent (`Explore`, `my-plugin:reviewer`), where the agent tells.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agent_type: Option<String>,
    },
}

impl Actor {
    /// The subagent's id; `None` for the main agent.
    pub fn subagent_id(&self) -> Option<&str> {
        match self {
            Self::Main => None,
            Self::Subagent { id, .. } => Some(id),
        }
    }
}

/// What a tool does, whatever its agent calls it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// Runs commands.
    Shell,
    /// Reads files.
    FileRead,
    /// Creates, edits or deletes files.
    FileWrite,
    /// Searches files or directories.
    Search,
    /// Fetches or searches the web.
    Web,
    /// Starts or talks to another agent.
    Agent,
    /// A tool of an MCP server.
    Mcp {
        /// The server's name, where the agent tells it.
        server: Option<String>,
        /// The tool's name at that server.
        tool: String,
    },
    /// Anything else.
    Other,
}

impl Family {
    /// The family's word: `shell`, `file_read`, `file_write`, `search`, `web`, `agent`, `mcp`, `other`.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Shell => "shell",
            Self::FileRead => "file_read",
            Self::FileWrite => "file_write",
            Self::Search => "search",
            Self::Web => "web",
            Self::Agent => "agent",
            Self::Mcp { .. } => "mcp",
            Self::Other => "other",
        }
    }
}

/// A tool of an agent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tool {
    /// The agent's own name for the tool (`Bash`, `mcp__github__create_issue`).
    pub name: String,
    /// What it does.
    pub family: Family,
}

impl Tool {
    /// The raw name of the MCP server whose tool this is, where it is told (see [`crate::mcp`]).
    pub fn mcp_server(&self) -> Option<&str> {
        match &self.family {
            Family::Mcp { server, .. } => server.as_deref().filter(|server| !server.is_empty()),
            _ => None,
        }
    }
}

/// What came of a tool call, as far as this event tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It ran and succeeded.
    Succeeded,
    /// It ran and failed.
    Failed,
    /// It was not allowed to run.
    Denied,
    /// It ended, and the agent does not say how.
    Unknown,
}

impl Outcome {
    /// Every outcome, in the order of declaration.
    pub const ALL: [Self; 4] = [Self::Succeeded, Self::Failed, Self::Denied, Self::Unknown];

    /// The outcome's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Denied => "denied",
            Self::Unknown => "unknown",
        }
    }
}

/// An event as the store is given it: parsed, redacted and attributed.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its identity; stored once.
    pub id: EventId,
    /// When it happened by the device's clock; when it arrived, where nobody stamped it.
    pub occurred_at: Timestamp,
    /// When the server took it in.
    pub received_at: Timestamp,
    /// The agent that sent it.
    pub agent: Agent,
    /// What the agent's payload says; boxed, for events are handed on from list to list by the thousand.
    pub parsed: Box<crate::agents::Parsed>,
    /// What the guard said on the device; `None` where it had no opinion.
    pub verdict: Option<Verdict>,
    /// The person, where known.
    pub user: Option<String>,
    /// The machine, where known.
    pub device: Option<String>,
    /// The ancestors' label for the project or host that sent it.
    pub source_app: Option<String>,
    /// What the device says about the place; kept with the session and the device, not with the event.
    pub context: Option<Box<crate::context::Context>>,
    /// What was taken out of the payload, and where.
    pub redactions: Vec<crate::redact::Redaction>,
    /// The agent's payload, verbatim but for redaction; one line of JSON.
    pub payload: Box<RawValue>,
}
