//! The logs of a project's set-up: `setup.init.log` for people and `setup.init.jsonl` with the same as JSON lines, likewise for the
//! maintenance. Both are added to, and put aside at a size.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use hookrail_core::time::Timestamp;
use serde::Serialize;

use super::report::{Report, StepReport};
use super::{FOLDER, Phase};

/// The size at which a log is put aside (as `….1`, in the place of the one before), in bytes.
pub const MAX_BYTES: u64 = 4 << 20;

/// What is logged of the output of one step: its end, in bytes.
pub const MAX_OUTPUT: usize = 256 << 10;

/// Who may write: whoever holds this file's lock.
const LOCK: &str = "setup.lock";

/// The logs of one phase, for one run of it.
#[derive(Debug)]
pub(super) struct Log {
    phase: Phase,
    began: Timestamp,
    text: PathBuf,
    lines: PathBuf,
    /// The first thing that went wrong.
    pub(super) problem: Option<String>,
    lock: File,
}

/// A line of JSON.
#[derive(Serialize)]
struct Line<'a> {
    at: Timestamp,
    /// The run, by when it began.
    began: Timestamp,
    setup: Phase,
    #[serde(flatten)]
    event: Event<'a>,
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Event<'a> {
    Began {
        by: &'a str,
    },
    Step {
        run: &'a str,
        output: &'a str,
        #[serde(flatten)]
        report: &'a StepReport,
    },
    Ended {
        ok: bool,
        duration_ms: u64,
    },
}

/// Where the readable log of a phase is.
pub fn path(project: &Path, phase: Phase) -> PathBuf {
    project.join(FOLDER).join(format!("setup.{phase}.log"))
}

impl Drop for Log {
    /// Another thread may just be starting a program, which has all our files until it is itself: closing would not let go of the lock.
    fn drop(&mut self) {
        // Where that fails, the lock goes with the last of those.
        let _ = self.lock.unlock();
    }
}

impl Log {
    /// Opens the logs; `None` where somebody else writes them now.
    ///
    /// # Errors
    /// Where the folder cannot be made or written.
    pub(super) fn open(project: &Path, phase: Phase, began: Timestamp) -> io::Result<Option<Self>> {
        let folder = project.join(FOLDER);
        fs::create_dir_all(&folder)?;
        let ignore = folder.join(".gitignore");
        if !ignore.exists() {
            fs::write(ignore, "*\n")?;
        }
        let lock = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(folder.join(LOCK))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Ok(None),
            Err(fs::TryLockError::Error(error)) => return Err(error),
        }
        let text = path(project, phase);
        Ok(Some(Self { phase, began, lines: text.with_extension("jsonl"), text, problem: None, lock }))
    }

    pub(super) fn began(&mut self, by: &str) {
        let text = format!("=== setup {} began {}, {by}\n", self.phase, self.began);
        self.write(self.began, &text, Event::Began { by });
    }

    /// A step is over that ran this, or would have, and printed `output`, which is readable.
    pub(super) fn step(&mut self, at: Timestamp, run: &str, output: &str, report: &StepReport) {
        let output = end_of(output);
        let mut text = format!("--- {} {}: {}\n", report.step, report.told(), run.replace('\n', " "));
        for line in output.lines() {
            text.push_str("    ");
            text.push_str(line);
            text.push('\n');
        }
        self.write(at, &text, Event::Step { run, output: &output, report });
    }

    pub(super) fn ended(&mut self, at: Timestamp, report: &Report) {
        let text = format!("=== setup {} {}\n\n", self.phase, report.told());
        self.write(at, &text, Event::Ended { ok: report.ok, duration_ms: report.duration_ms });
    }

    fn write(&mut self, at: Timestamp, text: &str, event: Event<'_>) {
        let line = Line { at, began: self.began, setup: self.phase, event };
        let written = append(&self.text, text.as_bytes()).and_then(|()| {
            let mut line = serde_json::to_vec(&line)?;
            line.push(b'\n');
            append(&self.lines, &line)
        });
        if let Err(error) = written {
            self.problem.get_or_insert_with(|| format!("{} could not be written: {error}", self.text.display()));
        }
    }
}

fn append(path: &Path, text: &[u8]) -> io::Result<()> {
    let open = || OpenOptions::new().append(true).create(true).mode(0o600).open(path);
    let mut file = open()?;
    if file.metadata()?.len() > MAX_BYTES {
        let mut aside = path.as_os_str().to_owned();
        aside.push(".1");
        fs::rename(path, aside)?;
        file = open()?;
    }
    file.write_all(text)
}

/// The end of an output, from the beginning of a line on.
fn end_of(output: &str) -> std::borrow::Cow<'_, str> {
    if output.len() <= MAX_OUTPUT {
        return output.into();
    }
    let end = &output[output.ceil_char_boundary(output.len() - MAX_OUTPUT)..];
    let end = end.split_once('\n').map_or(end, |(_, rest)| rest);
    format!("[the beginning is left out]\n{end}").into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::handlers::record::Outcome;

    fn report(name: &str) -> StepReport {
        StepReport {
            step: name.to_owned(),
            outcome: Outcome::Succeeded,
            required: true,
            why: None,
            exit: Some(0),
            duration_ms: 1200,
            output_bytes: 3,
            last: Vec::new(),
            note: None,
        }
    }

    #[test]
    fn logs_are_added_to_and_put_aside_at_a_size() {
        let folder = tempfile::tempdir().unwrap();
        let at = Timestamp::from_nanos(0);
        let output = "0123456789abcde\n".repeat((3 << 20) >> 4);
        for _ in 0..40 {
            let mut log = Log::open(folder.path(), Phase::Init, at).unwrap().unwrap();
            assert!(Log::open(folder.path(), Phase::Init, at).unwrap().is_none(), "one at a time");
            log.began("by hand");
            log.step(at, "make", &output, &report("build"));
            assert_eq!(log.problem, None);
        }
        let entry = |name: &str| fs::read_to_string(folder.path().join(FOLDER).join(name)).unwrap();
        let text = entry("setup.init.log");
        let step = "--- build succeeded in 1.2 s: make\n    [the beginning is left out]\n    0123456789abcde\n";
        assert!(text.contains("=== setup init began 1970-01-01T00:00:00.000000000Z, by hand\n"), "{}", &text[..200]);
        assert!(text.contains(step));
        for line in entry("setup.init.jsonl").lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!((&line["setup"], &line["began"]), (&"init".into(), &line["at"]));
        }
        let most = MAX_BYTES + 2 * MAX_OUTPUT as u64;
        for name in ["setup.init.log", "setup.init.log.1", "setup.init.jsonl", "setup.init.jsonl.1"] {
            assert!((entry(name).len() as u64) < most, "{name}");
        }
        assert_eq!(entry(".gitignore"), "*\n");
        assert_eq!(
            fs::read_dir(folder.path().join(FOLDER)).unwrap().count(),
            6,
            "two logs twice, the lock, .gitignore"
        );
    }
}
