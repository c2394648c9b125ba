//! Which limits there are: those of every snapshot of rules on this device, as the hook reads them.

use std::fs;
use std::path::PathBuf;

use hookrail_core::ledger::NanoUsd;
use hookrail_core::policy::spend::{Limit, Scope};
use hookrail_core::policy::{Decision, Mode, Snapshot};
use hookrail_hook::Home;
use hookrail_hook::snapshot::stamp;

/// A limit, as it is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// Its rule's id.
    pub rule: String,
    /// What it counts, and how much that may be.
    pub limit: Limit,
    /// What happens: with the mode, `deny`, `ask`, or a warning.
    pub decision: Decision,
    /// How that is carried out.
    pub mode: Mode,
    /// Until when it says nothing, in nanoseconds of the epoch.
    pub silent_until: Option<i64>,
    /// The snapshot of a project that has it; `None` for the device's.
    pub project: Option<PathBuf>,
}

impl Declared {
    /// What happens when it is reached, in the words of a file of rules.
    pub const fn word(&self) -> &'static str {
        match (self.mode, self.decision) {
            (Mode::Observe, _) => "observe",
            (Mode::Warn, _) => "warn",
            (Mode::Enforce, Decision::Deny) => "stop",
            (Mode::Enforce, _) => "ask",
        }
    }
}

type Stamps = Vec<(PathBuf, Option<(i64, u64)>)>;

/// The limits of all snapshots, read again where one has changed.
#[derive(Debug, Default)]
pub struct Limits {
    stamps: Stamps,
    all: Vec<Declared>,
    changes: u64,
}

impl Limits {
    /// The limits of now.
    pub fn of(home: &Home) -> Self {
        let mut limits = Self::default();
        limits.refresh(home);
        limits
    }

    /// Reads them again where a snapshot has changed.
    pub fn refresh(&mut self, home: &Home) {
        let stamps = stamps(home);
        if stamps != self.stamps {
            self.all = stamps.iter().flat_map(|(path, _)| declared(home, path)).collect();
            self.stamps = stamps;
            self.changes += 1;
        }
    }

    /// How often they were read.
    pub(super) const fn changes(&self) -> u64 {
        self.changes
    }

    /// All of them: the device's first, then those of projects that differ.
    pub fn all(&self) -> &[Declared] {
        &self.all
    }

    /// Whether there is any.
    pub fn is_any(&self) -> bool {
        !self.all.is_empty()
    }

    /// Of each scope that a limit counts, the smallest amount that reaches one.
    pub fn thresholds(&self) -> Vec<(Scope, NanoUsd)> {
        let mut all: Vec<(Scope, NanoUsd)> = Vec::new();
        for Declared { limit, .. } in &self.all {
            match all.iter_mut().find(|(scope, _)| *scope == limit.scope) {
                Some((_, least)) => *least = (*least).min(limit.limit),
                None => all.push((limit.scope, limit.limit)),
            }
        }
        all
    }
}

/// The snapshots there are, the device's first.
fn stamps(home: &Home) -> Stamps {
    let entries = fs::read_dir(home.policies()).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut projects: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "snapshot")).collect();
    projects.sort();
    std::iter::once(home.policy()).chain(projects).map(|path| (path.clone(), stamp(&path))).collect()
}

/// The limits of a snapshot. One that cannot be read has none; the hook tells of it.
fn declared(home: &Home, path: &PathBuf) -> Vec<Declared> {
    let bytes = fs::read(path).unwrap_or_default();
    let Ok(snapshot) = Snapshot::read(&bytes) else { return Vec::new() };
    let project = (*path != home.policy()).then(|| path.clone());
    let rules = snapshot.limits().filter_map(Result::ok);
    rules
        .filter_map(|rule| {
            Some(Declared {
                limit: rule.spend?,
                rule: rule.id.into_owned(),
                decision: rule.decision,
                mode: rule.mode,
                silent_until: rule.silent_until,
                project: project.clone(),
            })
        })
        .collect()
}
