//! Claude Code with HTTP hooks alone, by the very settings that docs/connect.md shows.

use std::fs;

use serde_json::Value;

use super::claude_code::{bash, command};
use super::script::{MARK, Script};
use super::{FORBIDDEN, denied, messages, npm};
use crate::rig::{Rig, root};

/// The settings in the document, for the server of this test.
pub(crate) fn settings(url: &str) -> String {
    let document = fs::read_to_string(root().join("docs/connect.md")).unwrap();
    let (_, rest) = document.split_once("http_hooks.rs runs Claude Code with these settings").unwrap();
    let (_, rest) = rest.split_once("```json\n").unwrap();
    let (settings, _) = rest.split_once("```").unwrap();
    settings.replace("http://127.0.0.1:4665", url)
}

#[test]
fn the_documented_http_hooks_record_a_session_and_a_deny_of_the_server_denies() {
    let Some(agents) = npm::agents() else { return };
    let mut rig = Rig::new();
    rig.serve();
    let project = rig.path("project");
    let folder = project.join(".claude");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("settings.json"), settings(&rig.url())).unwrap();
    let script = Script::new("main")
        .then(&[bash("echo one")])
        .then(&[bash("exit 3"), bash("echo two")])
        .then(&[bash(&denied())]);
    let api = messages::start(vec![script]);

    let mut claude = command(&rig, &agents.claude_code, &api.url(), &format!("{MARK}main Do the work."));
    claude.env("HOOKRAIL_TOKEN", "a-key-nobody-asks-for");
    let said = rig.succeed(claude, b"");
    let result: Value = serde_json::from_str(&said.stdout).unwrap();
    let session = result["session_id"].as_str().unwrap();

    // Each event was committed before it was answered: nothing is to be waited for.
    let events = rig.json(&format!("/api/v1/sessions/{session}/events?limit=1000"));
    let names: Vec<&str> = events["items"].as_array().unwrap().iter().filter_map(|e| e["name"].as_str()).collect();
    assert_eq!(names.first(), Some(&"UserPromptSubmit"), "{names:?}");
    for (name, count) in
        [("PreToolUse", 4), ("PostToolUse", 2), ("PostToolUseFailure", 1), ("Stop", 1), ("SessionEnd", 1)]
    {
        assert_eq!(names.iter().filter(|each| **each == name).count(), count, "{name} in {names:?}");
    }
    let calls = rig.json(&format!("/api/v1/sessions/{session}/tools"));
    let outcomes: Vec<_> = calls["items"].as_array().unwrap().iter().map(|call| call["outcome"].as_str()).collect();
    assert_eq!(outcomes, [Some("succeeded"), Some("failed"), Some("succeeded"), Some("denied")]);
    assert!(!project.join(FORBIDDEN).exists(), "the server's rules denied the command, and it ran");
    let session = rig.json(&format!("/api/v1/sessions/{session}"));
    assert_eq!(session["state"], "ended", "{session}");
}
