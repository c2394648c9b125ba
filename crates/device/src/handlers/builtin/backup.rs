//! `use = "backup"`: a copy of the transcript before it is compacted.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::Task;

/// The settings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Settings {
    /// Where copies go: relative to the project; `handlers/transcripts` of the state folder unless given.
    folder: Option<PathBuf>,
    /// How many copies are kept; the oldest go.
    keep: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { folder: None, keep: 20 }
    }
}

pub(super) fn run(settings: &Settings, task: &Task) -> io::Result<String> {
    let transcript = Path::new(task.text("transcript_path"));
    if !transcript.is_file() {
        return Err(io::Error::other("this event names no transcript that is there"));
    }
    let own = || task.home.handlers().join("transcripts");
    let folder = settings.folder.as_ref().map_or_else(own, |folder| task.project.join(folder));
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
    let stem = transcript.file_stem().unwrap_or_default().to_string_lossy();
    // The digits come first, so that names are in the order of time; a copy that is not whole has another name.
    let name = format!("{:020}-{stem}.jsonl", task.now.as_nanos());
    let part = folder.join(format!("{name}.part"));
    fs::copy(transcript, &part)?;
    fs::rename(&part, folder.join(&name))?;
    let is_copy = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.ends_with(".jsonl") && name.len() > 21 && name.as_bytes()[..20].iter().all(u8::is_ascii_digit)
    };
    let mut copies: Vec<PathBuf> =
        fs::read_dir(&folder)?.filter_map(|entry| Some(entry.ok()?.path())).filter(is_copy).collect();
    copies.sort();
    for old in &copies[..copies.len().saturating_sub(settings.keep.max(1))] {
        fs::remove_file(old)?;
    }
    Ok(String::new())
}
