//! The examples of rules, which are their tests: run against a made-up machine, so that they say the same everywhere.

use hookrail_core::agents;
use hookrail_core::event::Agent;
use hookrail_core::policy::facts::Facts;
use hookrail_core::policy::{Decision, Snapshot, SnapshotError, Verdict, judge};
use hookrail_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::file::PolicyFile;

/// A command, and whether it should be stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// The command.
    pub command: String,
    /// Whether a rule should deny it or ask.
    pub stops: bool,
    /// The rule whose example it is, or why it is what it is.
    #[serde(default)]
    pub why: String,
}

/// What became of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The case.
    pub case: Case,
    /// What was decided.
    pub verdict: Option<Verdict>,
}

impl Outcome {
    /// Whether it is as it should be.
    pub fn is_right(&self) -> bool {
        let stopped = self.verdict.as_ref().is_some_and(|verdict| verdict.decision > Decision::Allow);
        stopped == self.case.stops
    }
}

/// The examples of rules.
pub fn examples(files: &[PolicyFile]) -> Vec<Case> {
    let rules = files.iter().flat_map(|file| &file.rules);
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
        let call = serde_json::json!({
            "hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_input": {"command": case.command},
        });
        let payload = call.to_string();
        let parsed = agents::parse(&Agent::ClaudeCode, &payload);
        let verdict = judge(&parsed, &payload, snapshot, &Desk, Timestamp::default())?;
        Ok(Outcome { case: case.clone(), verdict })
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
}
