//! Set-up and maintenance of a project: steps that its `hookrail.toml` declares, run by an agent's `Setup` event, by
//! `hookrail setup`, or by an agent that a command file tells to.
//!
//! ```text
//! hookrail.toml ──▶ Definition ──▶ run: order → condition → stamp → process ──▶ Report ──▶ person, agent, record
//!                        │                                              └▶ setup.init.log, setup.init.jsonl
//!                        └▶ command files, which name no step of their own
//! ```
//!
//! What is declared, what the command files say ([`commands`]) and what is told in the end ([`report`]) are pure; files and
//! processes are in [`log`] and [`mod@run`].

pub(crate) mod agent;
pub mod commands;
pub(crate) mod declared;
mod jobs;
pub mod log;
pub mod report;
pub mod run;
mod stamp;
pub mod write;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::handlers::{Action, Level, Mistake, file};

pub use commands::command_files;

/// How long a step may take where it does not say.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(600);

/// The folder of a project in which logs and stamps are kept; it keeps itself out of git.
pub const FOLDER: &str = ".hookrail";

/// Which of the two lists of steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// What makes a fresh checkout ready: `claude --init`.
    Init,
    /// What keeps it so: `claude --maintenance`.
    Maintenance,
}

impl Phase {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Init, Self::Maintenance];

    /// The word of the command line, and of the agent's `trigger`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::Maintenance => "maintenance",
        }
    }

    /// The phase of a word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.as_str() == word)
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a project declares.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Definition {
    /// The steps of `[[setup.init]]`, in the order of the file.
    pub init: Vec<Step>,
    /// The steps of `[[setup.maintenance]]`.
    pub maintenance: Vec<Step>,
}

impl Definition {
    /// What the `hookrail.toml` of this text declares.
    ///
    /// # Errors
    /// Every mistake of the file.
    pub fn read(text: &str, file: &Path) -> Result<Self, Vec<Mistake>> {
        file::read(text, file, Level::Project).map(|declared| declared.setup)
    }

    /// The steps of a phase.
    pub fn steps(&self, phase: Phase) -> &[Step] {
        match phase {
            Phase::Init => &self.init,
            Phase::Maintenance => &self.maintenance,
        }
    }

    /// Whether no step is declared.
    pub fn is_empty(&self) -> bool {
        self.init.is_empty() && self.maintenance.is_empty()
    }

    /// All steps.
    pub fn all(&self) -> impl Iterator<Item = &Step> {
        self.init.iter().chain(&self.maintenance)
    }
}

/// One step.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// Its name, one of a kind within its phase.
    pub name: String,
    /// What it does; never a built-in.
    pub action: Action,
    /// The folder in which it runs, relative to the project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// When it is needed at all.
    #[serde(rename = "if")]
    pub condition: Condition,
    /// How long it may take.
    pub timeout: Duration,
    /// Steps, by their places in the phase, that must have ended before: always ones above it.
    pub waits_for: Vec<usize>,
    /// Files by whose content it is told whether it is to run again; `None`: it always runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Vec<String>>,
    /// Files and folders without which it runs again whatever its inputs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<String>,
    /// Whether its failure is a failure of the whole, and of what waits for it.
    pub required: bool,
    /// Variables beside those inherited.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
}

impl Step {
    /// What it does, as a person would write it.
    pub fn words(&self) -> String {
        match &self.action {
            Action::Shell(line) => line.clone(),
            Action::Program(words) => words.join(" "),
            Action::Builtin { name, .. } => name.clone(),
        }
    }
}

/// What must hold for a step to be needed. Paths are relative to the project.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Condition {
    /// All of these exist.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exists: Vec<String>,
    /// One of these does not exist.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// The system is one of these, by the names of [`std::env::consts::OS`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub os: Vec<String>,
    /// This line for `sh` ends with success.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
}
