//! An event that somebody handles, with real processes: the hook becomes the dispatcher after it has judged and recorded.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output, Stdio};

use hookrail_core::policy::{Decision, Rule, Snapshot, Verdict};
use hookrail_hook::Home;
use hookrail_hook::hand::{ENV_INSIDE, HEAD};
use serde_json::json;
use tempfile::TempDir;

/// A device whose dispatcher prints its arguments and what it is given, and exits with 7.
struct Device {
    folder: TempDir,
    home: Home,
}

impl Device {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path().join("state"));
        fs::create_dir(home.path()).unwrap();
        let dispatcher = folder.path().join("dispatcher");
        fs::write(&dispatcher, "#!/bin/sh\nprintf '%s\\n' \"$@\"\ncat\nexit 7\n").unwrap();
        fs::set_permissions(&dispatcher, fs::Permissions::from_mode(0o755)).unwrap();
        let index = format!("{HEAD}\nprogram\t{}\nuser\non\tPreToolUse\tBash\n", dispatcher.display());
        fs::write(home.handlers_index(), index).unwrap();
        let rule = |decision, word: &'static str| Rule {
            id: format!("team.{word}").into(),
            decision,
            reason: "This is ours.".into(),
            tools: vec!["Bash".into()],
            keywords: vec![word.into()],
            ..Rule::default()
        };
        let rules = [rule(Decision::Deny, "forbidden"), rule(Decision::Ask, "doubtful")];
        fs::write(home.policy(), Snapshot::write(&rules).unwrap()).unwrap();
        Self { folder, home }
    }

    fn run(&self, input: &str, inside: bool) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hookrail-hook"));
        command.arg("claude-code").env_clear().env("HOOKRAIL_HOME", self.home.path());
        if inside {
            command.env(ENV_INSIDE, "1");
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    fn recorded(&self) -> usize {
        fs::read_to_string(self.home.spool().join("open.jsonl")).unwrap_or_default().lines().count()
    }
}

fn call(tool: &str, command: &str) -> String {
    json!({"hook_event_name": "PreToolUse", "session_id": "s", "cwd": "/home/dev/shop", "tool_name": tool,
        "tool_input": {"command": command}, "tool_use_id": "toolu_1"})
    .to_string()
}

#[test]
fn the_dispatcher_gets_the_payload_whole_and_answers_in_the_hooks_place() {
    let device = Device::new();
    // More than a pipe holds.
    for payload in [call("Bash", "ls"), call("Bash", &"x".repeat(1 << 20))] {
        let output = device.run(&payload, false);
        assert_eq!(output.status.code(), Some(7));
        assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("handlers\nrun\nclaude-code\n{payload}"));
    }
    assert_eq!(device.recorded(), 2, "each event was recorded before");
    assert_eq!(fs::read_dir(device.home.handlers()).unwrap().count(), 0, "nothing is left of what was handed over");
}

#[test]
fn the_guards_deny_is_the_answer_and_its_other_words_are_passed_on() {
    let device = Device::new();
    let output = device.run(&call("Bash", "forbidden"), false);
    assert!(output.status.success() && String::from_utf8_lossy(&output.stdout).contains("\"deny\""), "{output:?}");
    let output = device.run(&call("Bash", "doubtful"), false);
    let text = String::from_utf8(output.stdout).unwrap();
    let verdict = text.lines().skip_while(|line| *line != "--verdict").nth(1).unwrap();
    let verdict: Verdict = serde_json::from_str(verdict).unwrap();
    assert_eq!((verdict.decision, verdict.rule.as_str()), (Decision::Ask, "team.doubtful"));
}

#[test]
fn what_nobody_handles_and_what_happens_inside_a_handler_is_answered_here() {
    let device = Device::new();
    for (payload, inside) in [(call("Read", "ls"), false), (call("Bash", "ls"), true)] {
        let output = device.run(&payload, inside);
        assert!(output.status.success() && output.stdout.is_empty() && output.stderr.is_empty(), "{output:?}");
    }
    assert_eq!(device.recorded(), 2);
    assert!(!device.home.hook_log().exists());
}

#[test]
fn a_dispatcher_that_is_gone_or_an_index_that_is_damaged_is_told_and_the_agent_answered() {
    let device = Device::new();
    fs::remove_file(device.folder.path().join("dispatcher")).unwrap();
    let output = device.run(&call("Bash", "doubtful"), false);
    assert!(output.status.success() && String::from_utf8_lossy(&output.stdout).contains("team.doubtful"), "{output:?}");
    fs::write(device.home.handlers_index(), "?").unwrap();
    assert!(device.run(&call("Bash", "ls"), false).status.success());
    let log = fs::read_to_string(device.home.hook_log()).unwrap();
    assert!(
        log.lines().count() == 2 && log.contains("no handler was asked") && log.contains("handlers compile"),
        "{log}"
    );
}
