//! What may stand in the repository besides text that people read: a package or a build that was added by mistake stays in its history for good.

use std::path::Path;

use crate::repo::{assert_none, files, root};

/// More than a person writes in a file.
const LARGEST: usize = 1 << 20;

/// Files that are no text, and what they are for.
const NO_TEXT: &[(&str, &str)] = &[
    ("crates/core/examples/learn/meanings.bin", "what words mean, from which the network learns"),
    ("crates/core/src/policy/steering/sequence.bin", "the network that reads what a tool gave back"),
    ("crates/core/src/policy/steering/weights.bin", "what words of what a tool gave back weigh"),
    ("crates/core/src/policy/suspicion/weights.bin", "what words of a call weigh"),
    ("docs/dashboard.png", "the picture of the README"),
];

/// Folders of recordings in a binary protocol.
const RECORDINGS: &[&str] = &["fixtures/otlp/"];

/// Text of which there is much.
const LONG: &[(&str, &str)] = &[
    ("crates/core/src/policy/steering/examples.jsonl", "what the weights and the network were learned from"),
    ("crates/core/src/policy/steering/tasks.jsonl", "the same of an agent's tasks"),
    ("crates/core/src/policy/suspicion/examples.jsonl", "what the weights of calls were learned from"),
    ("crates/device/src/policy/cases/blind-calls.jsonl", "cases of other calls than commands"),
    ("crates/device/src/policy/cases/blind.jsonl", "cases of commands"),
];

/// What is wrong with a file of this name and content.
fn fault(name: &str, content: &[u8]) -> Option<String> {
    let is_listed = |list: &[(&str, &str)]| list.iter().any(|(of, _)| *of == name);
    let is_text = !content.contains(&0) && std::str::from_utf8(content).is_ok();
    if !is_text && !is_listed(NO_TEXT) && !RECORDINGS.iter().any(|folder| name.starts_with(folder)) {
        return Some(format!("{name} is no text: take it out, or say in tests/gates/contents.rs what it is for"));
    }
    let is_long = content.len() > LARGEST && !is_listed(LONG);
    is_long
        .then(|| format!("{name} has {} bytes, {LARGEST} are allowed without a word of what it is for", content.len()))
}

#[test]
fn the_repository_holds_text_and_little_else() {
    let found = |file: &Path| fault(file.to_str().unwrap(), &std::fs::read(root().join(file)).unwrap());
    let files = files();
    assert_none(&files.iter().filter_map(|file| found(file)).collect::<Vec<_>>());
    let gone = NO_TEXT.iter().chain(LONG).filter(|(name, _)| !files.iter().any(|file| file == Path::new(name)));
    assert_none(&gone.map(|(name, _)| format!("{name} is listed and not there")).collect::<Vec<_>>());
}

#[test]
fn a_package_that_was_added_by_mistake_is_found() {
    assert!(fault("statistics.whl", b"PK\x03\x04\0\0").is_some_and(|it| it.contains("is no text")));
    assert!(fault("docs/long.md", &vec![b'a'; LARGEST + 1]).is_some_and(|it| it.contains("bytes")));
    assert_eq!(fault("docs/short.md", b"text"), None);
    assert_eq!(fault("fixtures/otlp/new.pb", b"\0\x01"), None);
}
