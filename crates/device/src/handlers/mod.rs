//! Local handlers: what a person, or a project, wants done at an agent's events.
//!
//! ```text
//! hook ──exec──▶ dispatch: sources → trust → select → plan → run → read answers → merge → agent
//!                                                                  └▶ a record of each run, to the spool
//! ```
//!
//! Handlers come from `hookrail.toml` of the state folder and of the project ([`mod@file`]) and from flat folders
//! ([`folder`]). Which of them an event concerns ([`select`]), in which order they go ([`chain`]), what each of them may say
//! ([`answer`]) and what the agent is told in the end ([`mod@merge`]) are pure functions; files, processes and
//! clocks are in [`sources`], [`trust`], [`changes`], [`run`] and [`dispatch`].
//!
//! Whatever goes wrong here, the agent gets an answer it accepts and goes on.

pub mod answer;
pub mod builtin;
pub mod chain;
pub mod changes;
pub mod dispatch;
pub mod events;
pub mod file;
pub mod folder;
pub mod index;
pub mod merge;
pub mod pattern;
pub mod record;
pub mod run;
pub mod select;
pub mod sources;
pub mod trust;

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

pub use crate::config::Mistake;
use pattern::{Globs, Matcher};

/// Whose a handler is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The person's own: needs no trust.
    User,
    /// The project's: runs only where a person trusts it.
    Project,
}

impl Level {
    /// The level's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Project => "project",
        }
    }
}

/// Which files a handler wants changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Since {
    /// By the agent, since the last prompt.
    Turn,
    /// By the agent, since the session began.
    Session,
    /// By anybody, against git's last commit.
    Git,
}

impl Since {
    /// The word in `hookrail.toml`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Turn => "turn",
            Self::Session => "session",
            Self::Git => "git",
        }
    }
}

/// What a handler does.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Starts a program with these arguments.
    Program(Vec<String>),
    /// Has `sh` read this line.
    Shell(String),
    /// Runs what hookrail brings along, with these settings.
    Builtin {
        /// Its name.
        name: String,
        /// Its settings as JSON.
        settings: serde_json::Value,
    },
}

/// One handler.
#[derive(Clone, Debug, Serialize)]
pub struct Handler {
    /// Its name, one of a kind within its level.
    pub name: String,
    /// Whose it is.
    pub level: Level,
    /// The file that declares it.
    pub file: PathBuf,
    /// Events by an agent's own name, or by our kind (`turn.ended`).
    pub on: Vec<String>,
    /// Tools, or whatever else an event's matcher speaks of.
    pub matcher: Matcher,
    /// Files, one of which must be concerned.
    pub paths: Globs,
    /// Which files count as concerned: those changed since then. Otherwise those the event names.
    pub changed: Option<Since>,
    /// Working folders, relative to the project.
    pub cwd: Globs,
    /// Branches.
    pub branch: Globs,
    /// Agents by their names; empty for all.
    pub agent: Vec<String>,
    /// Profiles; empty for all.
    pub profile: Vec<String>,
    /// What it does.
    pub action: Action,
    /// How long it may take; `None` where it does not say, before [`sources`] has put the settings' word there.
    pub timeout: Option<Duration>,
    /// Why it does not run, where it is switched off.
    pub off: Option<String>,
    /// Whether its decisions count: to deny, to block, to allow, to change a call.
    pub can_block: bool,
    /// Handlers of the same level that must have ended before.
    pub after: Vec<String>,
}

impl Handler {
    /// The name with its level: `project:stop-lint`.
    pub fn id(&self) -> String {
        format!("{}:{}", self.level.as_str(), self.name)
    }

    /// How long it may take.
    pub fn limit(&self) -> Duration {
        self.timeout.unwrap_or_default()
    }

    /// The names by which it may be switched off: `lint`, `project:lint`, `builtin:notify`.
    fn names(&self) -> impl Iterator<Item = String> {
        let builtin = match &self.action {
            Action::Builtin { name, .. } => Some(format!("builtin:{name}")),
            _ => None,
        };
        [self.name.clone(), self.id()].into_iter().chain(builtin)
    }

    /// Whether it wants to know which files the agent writes, turn by turn.
    fn follows_writes(&self) -> bool {
        let remembers = matches!(&self.action, Action::Builtin { name, .. } if name == builtin::MEMORY);
        remembers || matches!(self.changed, Some(Since::Turn | Since::Session))
    }
}
