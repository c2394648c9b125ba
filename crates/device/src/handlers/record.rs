//! Each run of a handler is an event of the record, and a line that `doctor` reads.

use std::borrow::Cow;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use hookrail_core::agents::Parsed;
use hookrail_core::context::{Context, Source};
use hookrail_core::event::{Agent, EventId};
use hookrail_core::time::Timestamp;
use hookrail_core::wire::{Content, Record};
use hookrail_hook::Home;
use hookrail_hook::spool::Spool;
use serde::{Deserialize, Serialize};
use serde_json::value::to_raw_value;

/// The name of the event.
pub const EVENT: &str = "handler";

/// The size at which the list of runs is put aside, in bytes.
const MAX_BYTES: u64 = 256 << 10;

/// What came of a run, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It did what it does.
    Succeeded,
    /// It blocked, and the agent was told so.
    Blocked,
    /// It would have blocked, and the agent goes on because of a block already.
    Held,
    /// It ended with an error.
    Failed,
    /// It took too long and was ended.
    TimedOut,
    /// It printed too much and was ended.
    Flooded,
    /// It could not be started.
    Missing,
    /// It said something that was not passed on.
    Refused,
    /// There was no time left for it, or what it waits for failed.
    Skipped,
    /// It was not needed: a step of a set-up whose condition does not hold, or that was done before.
    Unneeded,
}

impl Outcome {
    /// Whether somebody should look at it.
    pub const fn is_bad(self) -> bool {
        match self {
            Self::Succeeded | Self::Blocked | Self::Held | Self::Unneeded => false,
            Self::Failed | Self::TimedOut | Self::Flooded | Self::Missing | Self::Refused | Self::Skipped => true,
        }
    }

    /// The outcome's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Blocked => "blocked",
            Self::Held => "held",
            Self::Failed => "failed",
            Self::TimedOut => "timed_out",
            Self::Flooded => "flooded",
            Self::Missing => "missing",
            Self::Refused => "refused",
            Self::Skipped => "skipped",
            Self::Unneeded => "unneeded",
        }
    }
}

/// One run of a handler.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Run {
    /// The handler, with its level.
    pub handler: String,
    /// The event, by the agent's name.
    pub on: String,
    /// Why it ran.
    pub why: String,
    /// What came of it.
    pub outcome: Outcome,
    /// Its exit code, where it ended by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<i32>,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// How much it printed, in bytes.
    pub stdout_bytes: usize,
    /// How much it complained, in bytes.
    pub stderr_bytes: usize,
    /// What was not passed on, what could not be started, or the last line of its complaint.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// A run with its place in the record.
#[derive(Serialize)]
struct Payload<'a> {
    event: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_use_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cwd: Option<&'a str>,
    #[serde(flatten)]
    run: &'a Run,
}

/// A run as `doctor` finds it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Line {
    /// When it ended.
    pub at: Timestamp,
    /// The run.
    #[serde(flatten)]
    pub run: Run,
}

/// Whose runs are recorded.
#[derive(Debug)]
pub struct Of<'a> {
    /// The agent.
    pub agent: &'a Agent,
    /// The event at which they ran.
    pub parsed: &'a Parsed,
    /// The run of an orchestrator, as the hook tells it.
    pub context: Option<Context>,
}

/// Appends runs to the spool and to the list.
///
/// # Errors
/// Where the spool cannot be written.
pub fn append(home: &Home, of: &Of<'_>, runs: &[Run], now: Timestamp) -> io::Result<()> {
    let spool = Spool::at(home.spool());
    let mut listed = String::new();
    for run in runs {
        let payload = Payload {
            event: EVENT,
            session_id: of.parsed.session_id.as_ref().map(|id| id.as_str()),
            tool_use_id: of.parsed.tool_use_id.as_ref().map(|id| id.as_str()),
            cwd: of.parsed.cwd.as_deref(),
            run,
        };
        let content = Content::Json(Cow::Owned(to_raw_value(&payload)?));
        let record = Record {
            id: Some(EventId::v7(now, random())),
            source: Source::Emitted,
            occurred_at: Some(now),
            name: Some(EVENT.into()),
            context: of.context.clone().map(Box::new),
            ..Record::new(of.agent.clone(), &content)
        };
        let mut line = serde_json::to_vec(&record)?;
        line.push(b'\n');
        spool.append(&line)?;
        listed += &serde_json::to_string(&Line { at: now, run: run.clone() })?;
        listed.push('\n');
    }
    list(home, &listed)
}

fn path(home: &Home) -> PathBuf {
    home.handlers().join("runs.jsonl")
}

fn list(home: &Home, text: &str) -> io::Result<()> {
    fs::create_dir_all(home.handlers())?;
    let path = path(home);
    let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(&path)?;
    if file.metadata()?.len() > MAX_BYTES {
        fs::rename(&path, path.with_extension("jsonl.1"))?;
        file = OpenOptions::new().append(true).create(true).mode(0o600).open(&path)?;
    }
    file.write_all(text.as_bytes())
}

/// The runs of late, oldest first, as far as they are kept.
pub fn runs(home: &Home) -> Vec<Line> {
    let older = fs::read_to_string(path(home).with_extension("jsonl.1")).unwrap_or_default();
    let newer = fs::read_to_string(path(home)).unwrap_or_default();
    older.lines().chain(newer.lines()).filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// 64 random bits: the standard library seeds its hasher from the system's randomness.
fn random() -> u64 {
    use std::hash::{BuildHasher as _, Hasher as _, RandomState};
    RandomState::new().build_hasher().finish()
}
