//! `use = "memory"`: what changed and what was said at the end of each turn, kept for `context` to tell later.

use std::fs;
use std::io;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Task, append, clipped};
use crate::handlers::changes::Notes;

/// The most characters of what is kept of an answer, and the most files of a turn.
const SAID_CHARS: usize = 600;
const MAX_FILES: usize = 40;

/// The settings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Settings {
    /// The size at which what was kept is put aside, in KiB; the one before is removed then.
    max_kib: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { max_kib: 256 }
    }
}

/// One turn.
#[derive(Debug, Serialize, Deserialize)]
struct Turn {
    at: String,
    session: String,
    files: Vec<String>,
    said: String,
}

pub(super) fn run(settings: &Settings, task: &Task) -> io::Result<String> {
    let mut files = Notes::of(&task.home, task.text("session_id")).written(task.turn());
    for path in &mut files {
        if let Some(rest) = task.project.to_str().and_then(|root| path.strip_prefix(root)) {
            *path = rest.trim_start_matches('/').to_owned();
        }
    }
    files.sort();
    files.dedup();
    files.truncate(MAX_FILES);
    let said = clipped(task.text("last_assistant_message").trim(), SAID_CHARS);
    if files.is_empty() && said.is_empty() {
        return Ok(String::new());
    }
    let turn = Turn { at: task.now.to_string(), session: task.text("session_id").to_owned(), files, said };
    append(&path(task), &serde_json::to_string(&turn)?, settings.max_kib << 10)?;
    Ok(String::new())
}

/// The last turns in this project, oldest first, a text each.
pub(super) fn last(task: &Task, count: usize) -> Vec<String> {
    let path = path(task);
    let older = fs::read_to_string(path.with_extension("jsonl.1")).unwrap_or_default();
    let newer = fs::read_to_string(&path).unwrap_or_default();
    let turns: Vec<Turn> =
        older.lines().chain(newer.lines()).filter_map(|line| serde_json::from_str(line).ok()).collect();
    let shown = |turn: &Turn| {
        let day = turn.at.split('.').next().unwrap_or_default();
        let files = if turn.files.is_empty() { String::new() } else { format!(" [{}]", turn.files.join(", ")) };
        format!("- {day}{files} {}", turn.said.replace('\n', " "))
    };
    turns[turns.len().saturating_sub(count)..].iter().map(shown).collect()
}

/// One file for each project, by a hash of its folder.
fn path(task: &Task) -> std::path::PathBuf {
    let name = blake3::hash(task.project.as_os_str().as_encoded_bytes()).to_hex();
    task.home.handlers().join("memory").join(format!("{}.jsonl", &name[..16]))
}

/// The text of a field of a payload.
pub(super) fn text<'v>(payload: &'v Value, name: &str) -> &'v str {
    payload[name].as_str().unwrap_or_default()
}
