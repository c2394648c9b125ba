//! What came of a set-up, and the words for it: pure.

use std::path::PathBuf;

use hookrail_core::redact::redact_text;
use serde::Serialize;

use super::Phase;
use crate::handlers::record::Outcome;

/// How many of its last lines are told of a step that failed, and how long each may be.
const LAST_LINES: usize = 15;
const LINE_CHARS: usize = 300;

/// What came of one step.
#[derive(Clone, Debug, Serialize)]
pub struct StepReport {
    /// The step.
    pub step: String,
    /// The outcome; [`Outcome::Skipped`] for a step that was not run because of another, or of time.
    pub outcome: Outcome,
    /// Whether its failure fails the whole.
    pub required: bool,
    /// Why it was not needed, not run, or failed, where its exit code does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Its exit code, where it ended by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit: Option<i32>,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// How much it printed, in bytes, as far as that is kept.
    pub output_bytes: usize,
    /// The last lines that it printed where it failed, without secrets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub last: Vec<String>,
    /// What else a person should know, such as a stamp that could not be written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl StepReport {
    /// Whether the whole failed by it.
    pub const fn fails(&self) -> bool {
        self.required && self.outcome.is_bad()
    }

    /// What came of it as the end of a sentence: `succeeded in 3.2 s`.
    pub fn told(&self) -> String {
        let took = seconds(self.duration_ms);
        let why = self.why.as_deref().unwrap_or("nobody knows why");
        let mut told = match (self.outcome, self.exit) {
            (Outcome::Succeeded, _) => format!("succeeded in {took}"),
            (Outcome::Unneeded, _) => format!("was not needed: {why}"),
            (Outcome::Skipped, _) => format!("was not run: {why}"),
            (_, Some(code)) => format!("failed with exit code {code} after {took}"),
            (_, None) => format!("failed after {took}: {why}"),
        };
        if self.outcome.is_bad() && !self.required {
            told.push_str(" (it is not required)");
        }
        if let Some(note) = &self.note {
            told.push_str(&format!(" ({note})"));
        }
        told
    }
}

/// What came of all steps.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Which steps.
    pub setup: Phase,
    /// The project's folder.
    pub project: PathBuf,
    /// Whether every required step succeeded or was not needed.
    pub ok: bool,
    /// How long all took, in milliseconds.
    pub duration_ms: u64,
    /// The steps, in the order of the file.
    pub steps: Vec<StepReport>,
    /// The readable log.
    pub log: PathBuf,
    /// Why the log is not complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_problem: Option<String>,
}

impl Report {
    /// The whole in a sentence: `succeeded in 4.1 s: 3 succeeded, 1 not needed`.
    pub fn told(&self) -> String {
        let count = |is_meant: &dyn Fn(&StepReport) -> bool| self.steps.iter().filter(|step| is_meant(step)).count();
        let counts = [
            (count(&|step| step.outcome == Outcome::Succeeded), "succeeded"),
            (count(&|step| step.outcome.is_bad() && step.outcome != Outcome::Skipped), "failed"),
            (count(&|step| step.outcome == Outcome::Skipped), "not run"),
            (count(&|step| step.outcome == Outcome::Unneeded), "not needed"),
        ];
        let counts: Vec<String> =
            counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        let whole = if self.ok { "succeeded in" } else { "failed after" };
        format!("{whole} {}: {}", seconds(self.duration_ms), counts.join(", "))
    }

    /// What an agent is told: a line for each step, and the last lines of those that failed.
    pub fn summary(&self) -> String {
        let mut text = format!("hookrail setup {} {}\n", self.setup, self.told());
        for step in &self.steps {
            text.push_str(&format!("- {} {}\n", step.step, step.told()));
            for line in &step.last {
                text.push_str(&format!("    {line}\n"));
            }
        }
        let log = self.log.strip_prefix(&self.project).unwrap_or(&self.log);
        text.push_str(&format!("What the steps printed is in {}.", log.display()));
        if let Some(problem) = &self.log_problem {
            text.push_str(&format!(" It is not complete: {problem}."));
        }
        text
    }
}

fn seconds(ms: u64) -> String {
    format!("{:.1} s", ms as f64 / 1000.0)
}

/// What a step printed as a person can read it and anybody may: without colours, lines that were overwritten, and secrets.
pub(super) fn readable(printed: &[u8]) -> String {
    let text = String::from_utf8_lossy(printed);
    let mut clean = String::with_capacity(text.len());
    for line in text.lines() {
        let line = line.trim_end_matches('\r');
        plain(line.rsplit('\r').next().unwrap_or_default(), &mut clean);
        clean.push('\n');
    }
    redact_text(&clean).into_text()
}

/// Adds a line without control characters and the sequences that one of them begins.
fn plain(line: &str, out: &mut String) {
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' {
            // `ESC [ parameters letter`; of others the character after.
            if chars.next() == Some('[') {
                chars.by_ref().find(|c| ('@'..='~').contains(c));
            }
        } else if c == '\t' || !c.is_control() {
            out.push(c);
        }
    }
}

/// The last lines that say something.
pub(super) fn last_lines(readable: &str) -> Vec<String> {
    let lines = readable.lines().filter(|line| !line.trim().is_empty());
    let mut last: Vec<String> =
        lines.rev().take(LAST_LINES).map(|line| line.chars().take(LINE_CHARS).collect()).collect();
    last.reverse();
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_made_readable() {
        for (printed, expected) in [
            ("plain\n", "plain\n"),
            ("\u{1b}[1;31merror\u{1b}[0m: no\n", "error: no\n"),
            ("10 %\r50 %\r100 %\r\ndone", "100 %\ndone\n"),
            ("a\tb\u{7}c", "a\tbc\n"),
            ("", ""),
        ] {
            assert_eq!(readable(printed.as_bytes()), expected, "{printed:?}");
        }
        assert_eq!(readable(b"\xff\n"), "\u{fffd}\n");
        let secret = format!("ghp_{}", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8");
        // A colour within a secret does not hide it.
        let coloured = secret.replacen("a1", "\u{1b}[1ma1\u{1b}[0m", 1);
        assert!(readable(format!("token {coloured}").as_bytes()).contains("[redacted:github-token"));
    }

    #[test]
    fn the_last_lines_are_few_and_short() {
        let long = "x".repeat(1000);
        let text: String = (0..40).map(|at| format!("line {at} {long}\n\n")).collect();
        let last = last_lines(&text);
        assert_eq!(last.len(), LAST_LINES);
        assert!(last[0].starts_with("line 25 ") && last.iter().all(|line| line.chars().count() == LINE_CHARS));
    }
}
