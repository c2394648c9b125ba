//! `use = "environment"`: variables of `.env` files for the agent's shell, by `CLAUDE_ENV_FILE`.
//!
//! Only names that `allow` lets pass are taken. Names are told, values never.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use serde::Deserialize;

use super::{Task, dotenv};
use crate::handlers::pattern::Globs;
use crate::words::quoted;

/// Where Claude Code reads what its shell is to know: at `SessionStart`, `Setup`, `CwdChanged` and `FileChanged`.
const ENV_FILE: &str = "CLAUDE_ENV_FILE";

/// The settings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    /// Files, relative to the project; those that are not there are passed over.
    #[serde(default = "files")]
    files: Vec<PathBuf>,
    /// Globs of names.
    allow: Vec<String>,
}

fn files() -> Vec<PathBuf> {
    vec![".env".into()]
}

pub(super) fn run(settings: &Settings, task: &Task) -> io::Result<String> {
    let allowed = Globs::new(&settings.allow).map_err(|(_, why)| io::Error::other(why))?;
    let target = std::env::var_os(ENV_FILE).filter(|path| !path.is_empty());
    let target = target.ok_or_else(|| {
        io::Error::other(
            "this event has no CLAUDE_ENV_FILE; SessionStart, Setup, CwdChanged and FileChanged of Claude Code have",
        )
    })?;
    let mut lines = String::new();
    let mut told = Vec::new();
    for name in &settings.files {
        let Ok(text) = std::fs::read_to_string(task.project.join(name)) else { continue };
        let (found, wrong) = dotenv::read(&text, &|name| std::env::var(name).ok());
        let (taken, left): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|variable| !settings.allow.is_empty() && allowed.matches(&variable.name));
        for variable in &taken {
            lines += &format!("export {}={}\n", variable.name, quoted(&variable.value));
        }
        let names: Vec<&str> = taken.iter().map(|variable| variable.name.as_str()).collect();
        let mut of_file = format!(
            "{}: {}",
            name.display(),
            if names.is_empty() { "no variables".to_owned() } else { names.join(", ") }
        );
        if !left.is_empty() {
            of_file += &format!("; {} others are not allowed", left.len());
        }
        for wrong in wrong {
            of_file += &format!("; line {}: {}", wrong.line, wrong.why);
        }
        told.push(of_file);
    }
    if !lines.is_empty() {
        // One write, so that another hook's lines are not between these.
        OpenOptions::new().append(true).create(true).mode(0o600).open(target)?.write_all(lines.as_bytes())?;
    }
    if told.is_empty() {
        return Ok(String::new());
    }
    Ok(format!("These environment variables are set for the shell (values are not shown). {}", told.join(". ")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn a_shell_reads_back_what_was_meant(value in "[^\0]{0,80}") {
            let line = format!("X={}; printf %s \"$X\"", quoted(&value));
            let output = Command::new("sh").args(["-c", &line]).output().unwrap();
            prop_assert_eq!(String::from_utf8(output.stdout).unwrap(), value);
        }
    }
}
