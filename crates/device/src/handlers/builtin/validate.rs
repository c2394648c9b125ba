//! `use = "validate"`: a formatter and a linter by file type, after each edit; what they find is read by the agent.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;

use super::{Task, clipped};
use crate::handlers::pattern::Globs;
use crate::process;

/// How long each command may take.
const LIMIT: Duration = Duration::from_secs(60);

/// The most characters of what one command found.
const FOUND_CHARS: usize = 4_000;

/// The settings: by a glob of files a line for `sh`, in which `{}` stands for the file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Settings {
    /// Run first: may change the file.
    format: BTreeMap<String, String>,
    /// Run then: what they print is told where they fail.
    check: BTreeMap<String, String>,
}

pub(super) fn run(settings: &Settings, task: &Task) -> io::Result<String> {
    let mut told = Vec::new();
    for file in task.files() {
        let (path, shown) = (task.project.join(&file), Path::new(&file));
        let shown = shown.strip_prefix(&task.project).unwrap_or(shown).to_string_lossy().into_owned();
        if !path.is_file() {
            continue;
        }
        let before = std::fs::read(&path)?;
        for line in meant(&settings.format, &shown)? {
            if let Some(found) = found(task, &path, line)? {
                told.push(format!("`{line}` failed for {shown}:\n{found}"));
            }
        }
        if std::fs::read(&path)? != before {
            told.push(format!("{shown} was formatted: read it again before you edit it."));
        }
        for line in meant(&settings.check, &shown)? {
            if let Some(found) = found(task, &path, line)? {
                told.push(format!("`{line}` found in {shown}:\n{found}"));
            }
        }
    }
    Ok(told.join("\n\n"))
}

/// The lines for files like this one.
fn meant<'s>(lines: &'s BTreeMap<String, String>, file: &str) -> io::Result<Vec<&'s str>> {
    let mut meant = Vec::new();
    for (glob, line) in lines {
        let globs = Globs::new(&[glob]).map_err(|(_, why)| io::Error::other(why))?;
        if globs.matches(file) {
            meant.push(line.as_str());
        }
    }
    Ok(meant)
}

/// What a line prints where it fails.
fn found(task: &Task, file: &Path, line: &str) -> io::Result<Option<String>> {
    // The file is an argument, so that nothing in its name means anything to the shell.
    let line = format!("cd \"$1\" && {{ {}\n}} 2>&1", line.replace("{}", "\"$2\""));
    let args = ["-c".as_ref(), line.as_ref(), "sh".as_ref(), task.project.as_os_str(), file.as_os_str()];
    let output = process::run(Path::new("sh"), &args, &[], b"", LIMIT)?;
    let printed = String::from_utf8_lossy(&output.stdout);
    Ok((output.code != Some(0)).then(|| clipped(printed.trim(), FOUND_CHARS)))
}
