//! The examples of rules, which are their tests: run against a made-up machine, so that they say the same everywhere.

use hookrail_core::agents;
use hookrail_core::policy::facts::Facts;
use hookrail_core::policy::{Mode, Snapshot, SnapshotError, Verdict, judge};
use hookrail_core::time::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

use super::call;
use super::file::PolicyFile;

/// A command, and whether it should be stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Case {
    /// The command; of another call its words, as JSON.
    pub command: String,
    /// Whether a rule should deny it or ask; of what cannot be stopped, whether one should warn.
    pub stops: bool,
    /// The rule whose example it is, or why it is what it is.
    pub why: String,
}

impl<'de> Deserialize<'de> for Case {
    /// From `{"command":…,"stops":…,"why":…}`, or with another call's words in the place of the command's:
    /// `{"tool":"Write","input":{…},"stops":true}`.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Line {
            command: Option<String>,
            stops: bool,
            #[serde(default)]
            why: String,
            #[serde(flatten)]
            words: serde_json::Map<String, serde_json::Value>,
        }
        let Line { command, stops, why, mut words } = Line::deserialize(deserializer)?;
        words.retain(|name, _| matches!(name.as_str(), "tool" | "input" | "output" | "prompt" | "agent" | "payload"));
        let command = command.map_or_else(|| call::text(words.into()), Ok).map_err(serde::de::Error::custom)?;
        Ok(Self { command, stops, why })
    }
}

/// What became of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The case.
    pub case: Case,
    /// What was decided.
    pub verdict: Option<Verdict>,
    /// Whether the agent can be kept from it.
    pub can_stop: bool,
}

impl Outcome {
    /// Whether it is as it should be.
    pub fn is_right(&self) -> bool {
        let stopped = self.verdict.as_ref().is_some_and(Verdict::stops);
        let warned = self.verdict.as_ref().is_some_and(|verdict| verdict.mode == Mode::Warn);
        // To warn of what could be stopped lets it pass; of what cannot, it is all there is.
        let stopped = stopped || warned && (self.case.stops || !self.can_stop);
        stopped == self.case.stops
    }
}

/// The examples of rules.
pub fn examples<'f>(files: impl IntoIterator<Item = &'f PolicyFile>) -> Vec<Case> {
    let rules = files.into_iter().flat_map(|file| &file.rules);
    let cases = rules.flat_map(|rule| {
        let case =
            move |command: &String, stops| Case { command: command.clone(), stops, why: rule.id.as_ref().clone() };
        let stops = rule.stops.iter().map(move |command| case(command, true));
        stops.chain(rule.passes.iter().map(move |command| case(command, false)))
    });
    cases.collect()
}

/// Judges cases by a snapshot's rules, on the made-up machine.
///
/// # Errors
/// When a rule of the snapshot cannot be understood.
pub fn run(cases: &[Case], snapshot: &Snapshot<'_>) -> Result<Vec<Outcome>, SnapshotError> {
    let judged = cases.iter().map(|case| {
        let (agent, payload) = call::payload(&case.command);
        let parsed = agents::parse(&agent, &payload);
        let verdict = judge(&parsed, &payload, snapshot, &Desk, Timestamp::default())?;
        let reach = |decision| agents::reach(&agent, &parsed, decision);
        let can_stop = verdict.as_ref().is_some_and(|verdict| {
            reach(verdict.would.unwrap_or(verdict.decision).max(verdict.decision)) == Mode::Enforce
        });
        let verdict = verdict.map(|verdict| {
            let reach = reach(verdict.decision);
            verdict.within(reach)
        });
        Ok(Outcome { case: case.clone(), verdict, can_stop })
    });
    judged.collect()
}

/// The made-up machine: somebody's home, and in it a project.
#[derive(Clone, Copy, Debug, Default)]
pub struct Desk;

impl Facts for Desk {
    fn directory(&self) -> Option<&str> {
        Some("/home/dev/work/shop")
    }
    fn home(&self) -> Option<&str> {
        Some("/home/dev")
    }
    fn user(&self) -> Option<&str> {
        Some("dev")
    }
    fn project(&self) -> Option<&str> {
        self.directory()
    }
    fn servers(&self) -> Vec<String> {
        ["github", "linear", "filesystem", "postgres"].map(str::to_owned).into()
    }
    fn real(&self, path: &str) -> Option<String> {
        // The one link there is: a folder of the project that stands elsewhere.
        path.strip_prefix("/home/dev/work/shop/linked-out").map(|rest| format!("/home/dev/other{rest}"))
    }
}
