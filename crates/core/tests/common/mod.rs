//! The fixtures, for every test file.

use std::fs;
use std::path::{Path, PathBuf};

use hookrail_core::event::Agent;

/// One payload of the fixtures.
pub(crate) struct Fixture {
    /// The agent it came from.
    pub(crate) agent: Agent,
    /// Its file below `fixtures/`, with the line in a recording of many.
    pub(crate) at: String,
    /// The bytes of the payload.
    pub(crate) payload: String,
}

/// Every payload below `fixtures/`, in the order of their paths and lines.
pub(crate) fn all() -> Vec<Fixture> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    files.iter().flat_map(|file| read(&root, file)).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with("history") || path.ends_with("otlp") {
            // No payloads of hooks: the tests of transcripts and of telemetry read them.
        } else if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "json" || extension == "jsonl") {
            files.push(path);
        }
    }
}

fn read(root: &Path, file: &Path) -> Vec<Fixture> {
    let at = file.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
    let folder = at.strip_prefix("constructed/").unwrap_or(&at).split('/').next().unwrap();
    let agent = Agent::from(folder);
    assert!(Agent::KNOWN.contains(&agent), "{at}: no agent is called {folder}");
    let text = fs::read_to_string(file).unwrap();
    if at.ends_with(".json") {
        return vec![Fixture { agent, at, payload: text }];
    }
    let line = |(number, line): (usize, &str)| Fixture {
        agent: agent.clone(),
        at: format!("{at}:{}", number + 1),
        payload: line.to_owned(),
    };
    text.lines().enumerate().map(line).collect()
}
