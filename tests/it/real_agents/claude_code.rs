//! Claude Code.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::compare::{Recorded, check};
use super::script::{MARK, Script};
use super::tee::Tee;
use super::{FORBIDDEN, RULE, denied, history, messages, npm};
use crate::rig::Rig;

/// A call of its shell.
pub(crate) fn bash(command: &str) -> (&'static str, Value) {
    ("Bash", json!({"command": command, "description": "Part of the script"}))
}

/// A session with calls in parallel, failures, writes, a denied command, and two subagents at once with calls of their own.
fn scripts(project: &str) -> Vec<Script> {
    let file = |name: &str| format!("{project}/{name}");
    let agent = |kind: &str, script: &str| {
        let prompt = format!("{MARK}{script} Look around.");
        ("Agent", json!({"description": "Look around", "prompt": prompt, "subagent_type": kind}))
    };
    let main = Script::new("main")
        .then(&[bash("echo one")])
        .then(&[bash("echo two"), bash("echo three"), ("Read", json!({"file_path": file("notes.txt")}))])
        .then(&[("Write", json!({"file_path": file("a.py"), "content": "print('hi')\n"}))])
        .then(&[("Edit", json!({"file_path": file("a.py"), "old_string": "hi", "new_string": "hello"}))])
        .then(&[("Read", json!({"file_path": file("a.py")}))])
        .then(&[bash("exit 3")])
        .then(&[("Read", json!({"file_path": file("missing.txt")}))])
        .then(&[bash(&denied())])
        .then(&[agent("general-purpose", "first"), agent("Explore", "second")]);
    let first = Script::new("first").then(&[bash("ls")]).then(&[bash("pwd"), bash("exit 4")]);
    let second = Script::new("second").then(&[("Read", json!({"file_path": file("notes.txt")})), bash("ls -la")]);
    vec![main, first, second]
}

/// A whole session that talks to `api` only, and prints its result as JSON.
pub(crate) fn command(rig: &Rig, claude: &Path, api: &str, prompt: &str) -> Command {
    let mut command = rig.command(claude);
    command
        .args(["-p", prompt, "--permission-mode", "bypassPermissions", "--output-format", "json"])
        .env("ANTHROPIC_BASE_URL", api)
        .env("ANTHROPIC_API_KEY", "dummy")
        .env("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1")
        .env("IS_SANDBOX", "1");
    command
}

#[test]
fn every_event_of_claude_code_is_recorded_once_and_a_deny_denies() {
    let Some(agents) = npm::agents() else { return };
    let mut rig = Rig::new();
    rig.serve();
    let project = rig.path("project");
    fs::write(project.join("notes.txt"), "a note\n").unwrap();
    let api = messages::start(scripts(project.to_str().unwrap()));

    // The settings that `install` writes are the ones used; the witness is added beside our hook.
    let mut install = rig.hookrail(&["install", "claude-code", "--scope", "user"]);
    install.env("HOOKRAIL_SERVER", rig.url());
    rig.succeed(install, b"");
    let tee = Tee::new(rig.path("tee"));
    tee.register(&rig.home().join(".claude/settings.json"));

    let mut claude = command(&rig, &agents.claude_code, &api.url(), &format!("{MARK}main Do the work."));
    claude.env("HOOKRAIL_SERVER", rig.url());
    let said = rig.succeed(claude, b"");
    let result: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(result["result"], "All done.", "{result}");
    let session = result["session_id"].as_str().unwrap();

    rig.succeed(rig.ship_once(), b"");
    let seen = tee.seen();
    let names: Vec<&str> = seen.iter().filter_map(|event| event["hook_event_name"].as_str()).collect();
    for name in [
        "SessionStart",
        "UserPromptSubmit",
        "PreToolUse",
        "PostToolUse",
        "PostToolUseFailure",
        "SubagentStart",
        "SubagentStop",
        "Stop",
        "SessionEnd",
    ] {
        assert!(names.contains(&name), "the agent fired no {name}: {names:?}");
    }
    let recorded = Recorded::read(&rig, session);
    check(&seen, &recorded);
    assert_eq!(recorded.session["state"], "ended");

    assert_eq!(recorded.subagents.len(), 2);
    let expected = [
        ("call_main_0_0", "succeeded"),
        ("call_main_1_0", "succeeded"),
        ("call_main_1_1", "succeeded"),
        ("call_main_1_2", "succeeded"),
        ("call_main_2_0", "succeeded"),
        ("call_main_3_0", "succeeded"),
        ("call_main_4_0", "succeeded"),
        ("call_main_5_0", "failed"),
        ("call_main_6_0", "failed"),
        ("call_main_7_0", "denied"),
        ("call_main_8_0", "succeeded"),
        ("call_main_8_1", "succeeded"),
        ("call_first_0_0", "succeeded"),
        ("call_first_1_0", "succeeded"),
        ("call_first_1_1", "failed"),
        ("call_second_0_0", "succeeded"),
        ("call_second_0_1", "succeeded"),
    ];
    for (call, outcome) in expected {
        assert_eq!(recorded.outcome(call), outcome, "{call}");
    }
    assert_eq!(recorded.tools.len(), expected.len());
    assert!(!project.join(FORBIDDEN).exists(), "the denied command ran");
    let by = |event: &Value| event["verdict"]["rule"] == RULE && event["verdict"]["decision"] == "deny";
    assert!(recorded.events.iter().any(by), "the record names the rule");
    assert_eq!(fs::read_to_string(project.join("a.py")).unwrap(), "print('hello')\n", "the allowed ones did");

    let after = history::adds_only_what_hooks_did_not_tell(&rig, "claude-code", &recorded);
    assert!(after.session["output_tokens"].as_u64() > Some(0), "{}", after.session);
}
