//! `use = "context"`: what the agent should know at the start of a session, after a compaction, or beside a prompt.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::{Task, clipped, memory};
use crate::process;

/// How long git, and each command, may take.
const LIMIT: Duration = Duration::from_secs(10);

/// The most characters of each part.
const PART_CHARS: usize = 4_000;

/// The settings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Settings {
    /// The state of git: branch, what is not committed, the last commits.
    git: bool,
    /// How many of the last turns that `memory` kept.
    turns: usize,
    /// Lines for `sh`, whose output is told: open issues, a plan.
    commands: Vec<String>,
    /// Files, relative to the project.
    files: Vec<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { git: true, turns: 5, commands: Vec::new(), files: Vec::new() }
    }
}

pub(super) fn run(settings: &Settings, task: &Task) -> io::Result<String> {
    let mut parts = Vec::new();
    let mut part = |title: String, text: &str| {
        let text = text.trim_end();
        if !text.is_empty() {
            parts.push(format!("## {title}\n{}", clipped(text, PART_CHARS)));
        }
    };
    if settings.git {
        let git = |args: &[&str]| git(&task.project, args).unwrap_or_default();
        let state = git(&["status", "--short", "--branch"]);
        part(
            "Git".to_owned(),
            &format!("{state}{}", if state.is_empty() { String::new() } else { git(&["log", "--oneline", "-5"]) }),
        );
    }
    part("The last turns".to_owned(), &memory::last(task, settings.turns).join("\n"));
    for line in &settings.commands {
        part(format!("`{line}`"), &command(&task.project, line)?);
    }
    for file in &settings.files {
        if let Ok(text) = std::fs::read_to_string(task.project.join(file)) {
            part(file.display().to_string(), &text);
        }
    }
    Ok(parts.join("\n\n"))
}

pub(super) fn git(project: &Path, args: &[&str]) -> io::Result<String> {
    let mut words = vec!["-C".as_ref(), project.as_os_str()];
    words.extend(args.iter().map(|arg| std::ffi::OsStr::new(*arg)));
    let output = process::run(Path::new("git"), &words, &[("GIT_OPTIONAL_LOCKS", "0".as_ref())], b"", LIMIT)?;
    Ok(if output.code == Some(0) { String::from_utf8_lossy(&output.stdout).into_owned() } else { String::new() })
}

/// What a line prints; the folder is that of this process, the project's.
fn command(project: &Path, line: &str) -> io::Result<String> {
    let line = format!("cd \"$1\" && {{ {line}\n}}");
    let args = ["-c".as_ref(), line.as_ref(), "sh".as_ref(), project.as_os_str()];
    let output = process::run(Path::new("sh"), &args, &[], b"", LIMIT)?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
