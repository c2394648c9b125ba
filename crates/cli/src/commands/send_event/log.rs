//! The session log beside the project: what was sent, readable without any server.
//!
//! `<project>/.hookrail/logs/<session>/<event>.jsonl`, one line of JSON per event, appended with one write. The
//! ancestor kept JSON arrays in `logs/<session>/<event>.json` and rewrote them whole; lines need no rewriting and
//! survive two events at once. `.hookrail/.gitignore` keeps the folder out of version control.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use hookrail_core::redact;
use hookrail_core::wire::one_line;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::env;

/// Bytes of one log; a log at its limit becomes `<event>.jsonl.1` and a new one begins.
const MAX_BYTES: u64 = 16 << 20;

/// Characters of a file or folder name made from an event.
const MAX_NAME: usize = 100;

/// Appends the event to its log.
///
/// # Errors
/// Where the folder cannot be written, or something in its way is not a folder or a file: a link is never followed,
/// because the project's folder may come from a stranger.
pub(super) fn append(event: &Value, session_id: &str, event_type: &str, payload: &RawValue) -> io::Result<()> {
    append_in(&project(event)?, session_id, event_type, payload)
}

/// The project's folder: where the agent says it is, else where the event happened, else where we are.
fn project(event: &Value) -> io::Result<PathBuf> {
    let named = std::env::var_os(env::CLAUDE_PROJECT_DIR).map(PathBuf::from);
    let own = || event.get("cwd").and_then(Value::as_str).map(PathBuf::from);
    match named.or_else(own).filter(|folder| folder.is_absolute() && folder.is_dir()) {
        Some(folder) => Ok(folder),
        None => std::env::current_dir(),
    }
}

fn append_in(project: &Path, session_id: &str, event_type: &str, payload: &RawValue) -> io::Result<()> {
    let top = folder(project.join(".hookrail"))?;
    let ignore = top.join(".gitignore");
    if fs::symlink_metadata(&ignore).is_err() {
        fs::write(&ignore, "*\n")?;
    }
    let session = folder(folder(top.join("logs"))?.join(name(session_id)))?;
    let path = session.join(format!("{}.jsonl", name(event_type)));
    match fs::symlink_metadata(&path) {
        Ok(meta) if !meta.is_file() => return Err(in_the_way(&path)),
        Ok(meta) if meta.len() >= MAX_BYTES => fs::rename(&path, path.with_extension("jsonl.1"))?,
        _ => {}
    }
    let mut line = redact::redact_json(&one_line(payload.get())).into_text();
    line.push('\n');
    open_private(&path)?.write_all(line.as_bytes())
}

/// Makes the folder, unless it is there; refuses what is not a folder itself.
fn folder(path: PathBuf) -> io::Result<PathBuf> {
    match fs::symlink_metadata(&path) {
        Ok(meta) if meta.is_dir() => Ok(path),
        Ok(_) => Err(in_the_way(&path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => match fs::create_dir(&path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(path),
        },
        Err(error) => Err(error),
    }
}

fn in_the_way(path: &Path) -> io::Error {
    io::Error::other(format!("{} is in the way", path.display()))
}

/// Opens a log that nobody else can read: events hold what the person and the agent said.
fn open_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A name from outside as the name of one file: only letters, digits, `-`, `_` and inner dots.
fn name(text: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' };
    let name: String = text.chars().take(MAX_NAME).map(safe).collect();
    let name = name.trim_matches('.');
    if name.is_empty() { "unknown".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn raw(json: &str) -> Box<RawValue> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn events_are_appended_as_lines() {
        let project = tempfile::tempdir().unwrap();
        for json in ["{\"a\":\n1}", "{\"a\":2}"] {
            append_in(project.path(), "s-1", "PreToolUse", &raw(json)).unwrap();
        }
        let log = project.path().join(".hookrail/logs/s-1/PreToolUse.jsonl");
        assert_eq!(fs::read_to_string(log).unwrap(), "{\"a\": 1}\n{\"a\":2}\n");
        assert_eq!(fs::read_to_string(project.path().join(".hookrail/.gitignore")).unwrap(), "*\n");
    }

    #[test]
    fn names_from_outside_stay_names() {
        for (given, safe) in [
            ("../../etc/passwd", "_.._etc_passwd"),
            ("..", "unknown"),
            ("", "unknown"),
            ("a b\n", "a_b_"),
            ("Stop", "Stop"),
        ] {
            assert_eq!(name(given), safe, "{given:?}");
        }
        assert_eq!(name(&"x".repeat(1000)).len(), MAX_NAME);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_not_followed() {
        let project = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), project.path().join(".hookrail")).unwrap();
        assert!(append_in(project.path(), "s", "Stop", &raw("{}")).is_err());
        assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    }
}
