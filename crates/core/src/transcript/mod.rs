//! What agents write down about a session: one line of a transcript (Claude Code) or of a rollout (Codex).
//!
//! Two readings of a line, both lenient, because these formats are the agents' own affair and change between versions:
//! - [`Reader`] goes through a file line by line and gives what is worth sending: each line cut to what matters, with what
//!   only the lines before it tell (the time, the model, the turn). Lines that only repeat or bloat are left out, each for
//!   a reason ([`Skip`]); what is unknown is kept.
//! - [`parse`] reads one line, cut or verbatim, into [`Parsed`], and needs nothing else: whoever takes an event in calls it.
//!
//! The kinds of what a transcript tells differ from those of hooks, so that nothing is counted twice.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::agents::Parsed;
use crate::context::Source;
use crate::event::{Agent, EventId};
use crate::json;
use crate::time::Timestamp;
use crate::wire;

pub(crate) mod claude_code;
pub(crate) mod codex;
mod write;

/// The largest payload made of a line, in bytes. Long strings of larger ones lose their ends ([`crate::wire::fit`]).
pub const MAX_ENTRY_BYTES: usize = 32 << 10;

/// What one line of an agent's transcript says. Never fails: what is no JSON object becomes
/// [`Kind::Malformed`](crate::event::Kind::Malformed), what is unknown a
/// [`Kind::TranscriptEntry`](crate::event::Kind::TranscriptEntry).
pub fn parse(agent: &Agent, name: Option<&str>, payload: &str) -> Parsed {
    let parsed = match agent {
        Agent::Codex => codex::parse(payload),
        _ => claude_code::parse(payload),
    };
    let mut parsed = parsed.unwrap_or_else(Parsed::malformed);
    if parsed.name.is_empty() {
        parsed.name = name.unwrap_or_default().to_owned();
    }
    Parsed { source: Source::Transcript, ..parsed }
}

/// Why a line is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Skip {
    /// Nothing but white space.
    Blank,
    /// Not one whole JSON object: damaged, or not an agent's transcript.
    NotJson,
    /// Says again what another line says (a checkpoint, a copy, a running total that did not move).
    Repeats,
    /// The agent's own bookkeeping: queues, modes, snapshots of files, indexes.
    Bookkeeping,
    /// What the agent's maker or the person's settings tell the model: system prompts, listings of skills and tools.
    Instructions,
    /// Holds nothing that can be shown: encrypted reasoning.
    Opaque,
}

impl Skip {
    /// Every reason, in the order of declaration.
    pub const ALL: [Self; 6] =
        [Self::Blank, Self::NotJson, Self::Repeats, Self::Bookkeeping, Self::Instructions, Self::Opaque];

    /// The reason's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Blank => "blank",
            Self::NotJson => "not_json",
            Self::Repeats => "repeats",
            Self::Bookkeeping => "bookkeeping",
            Self::Instructions => "instructions",
            Self::Opaque => "opaque",
        }
    }
}

/// What gives an entry its identity: the same entry, read again or copied to another file, has the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// The agent's own UUID of the entry.
    Given(EventId),
    /// The payload within this, a turn or a session: what is said twice there is said once.
    Within(String),
    /// The payload within its session.
    Content,
}

/// A line worth sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What makes it itself.
    pub identity: Identity,
    /// When it was written by the line's own word, else by the last line before it that tells.
    pub at: Option<Timestamp>,
    /// The session it belongs to, where the line or one before it tells.
    pub session: Option<String>,
    /// The payload: one JSON object on one line, at most [`MAX_ENTRY_BYTES`] long.
    pub payload: String,
    /// What the line says of the place, where it is news in this file.
    pub place: Option<Place>,
    /// The skill behind the entry, by name.
    pub skill: Option<String>,
}

/// The place a session runs at, as far as a transcript tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Place {
    /// The working directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// The branch that was checked out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The commit that was checked out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The repository's remote, as its owner wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote: Option<String>,
}

/// Goes through one file of an agent. What it carries from line to line can be kept, to go on where a file ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reader(Carried);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Carried {
    ClaudeCode(claude_code::Carried),
    Codex(codex::Carried),
}

impl Reader {
    /// A reader at the start of a file; `None` for an agent whose transcripts nobody has taught us to read.
    ///
    /// `session` is the session of the file by its name, `agent_type` the kind of subagent whose file it is: both for
    /// lines that do not tell.
    pub fn new(agent: &Agent, session: Option<String>, agent_type: Option<String>) -> Option<Self> {
        match agent {
            Agent::ClaudeCode => Some(Self(Carried::ClaudeCode(claude_code::Carried::new(session, agent_type)))),
            Agent::Codex => Some(Self(Carried::Codex(codex::Carried::new(session)))),
            _ => None,
        }
    }

    /// Reads the next line, without its line break.
    ///
    /// # Errors
    /// Why there is nothing to send of it.
    pub fn line(&mut self, line: &str) -> Result<Entry, Skip> {
        let line = line.strip_prefix('\u{feff}').unwrap_or(line).trim_matches([' ', '\t', '\r', '\n']);
        if line.is_empty() {
            return Err(Skip::Blank);
        }
        match &mut self.0 {
            Carried::ClaudeCode(carried) => claude_code::cut(carried, line),
            Carried::Codex(carried) => codex::cut(carried, line),
        }
    }
}

/// A time as the agents write it; `None` for anything else.
fn time(raw: Option<&serde_json::value::RawValue>) -> Option<Timestamp> {
    Timestamp::parse(&json::text(raw)?)
}

/// The payload with no more than [`MAX_ENTRY_BYTES`].
fn fitting(payload: String) -> String {
    match wire::fit(&payload, MAX_ENTRY_BYTES) {
        Cow::Owned(shorter) => shorter,
        Cow::Borrowed(_) => payload,
    }
}

/// FNV-1a: the same in every version of this program, as what is carried outlives it.
fn hash(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

/// Whether a value is the word `true`.
fn is_true(raw: Option<&serde_json::value::RawValue>) -> bool {
    raw.is_some_and(|raw| raw.get() == "true")
}
