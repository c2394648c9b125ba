//! What the hook makes of rules that cannot be used, and of what a person says of a stopped call.
//! Real processes, and no `hookrail` beside the hook that could prepare rules again.

#![allow(clippy::unwrap_used)]

use std::borrow::Cow;
use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use hookrail_core::policy::{Decision, Rule, Snapshot, Source, code, subject};
use hookrail_core::time::Timestamp;
use hookrail_core::{agents, event::Agent};
use hookrail_hook::Home;
use hookrail_hook::stopped::{Stopped, allowance, allowance_text};
use serde_json::{Value, json};

const HOOK: &str = env!("CARGO_BIN_EXE_hookrail-hook");
const LATER: Timestamp = Timestamp::from_nanos(i64::MAX);
const BEFORE: Timestamp = Timestamp::from_nanos(1);

struct Device {
    folder: tempfile::TempDir,
    home: Home,
}

impl Device {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path().join("state"));
        fs::create_dir(home.path()).unwrap();
        // Copied by a process of its own: a file that this one had open for writing could not be started.
        assert!(Command::new("cp").arg(HOOK).arg(folder.path()).status().unwrap().success());
        Self { folder, home }
    }

    fn with_rule() -> Self {
        let device = Self::new();
        device.rules(Vec::new());
        device
    }

    fn rules(&self, sources: Vec<Source>) {
        let rule = Rule {
            id: "r".into(),
            decision: Decision::Deny,
            reason: "No.".into(),
            keywords: vec![Cow::Borrowed("forbidden")],
            ..Rule::default()
        };
        fs::write(self.home.policy(), Snapshot::write_from(&[rule], sources).unwrap()).unwrap();
    }

    /// The agent's answer, and the verdict in the record.
    fn run(&self, payload: &Value) -> (Value, Value) {
        let mut child = Command::new(self.folder.path().join("hookrail-hook"))
            .arg("claude-code")
            .env_clear()
            .env("HOOKRAIL_HOME", self.home.path())
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(payload.to_string().as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        let told = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let spool = fs::read_to_string(self.home.spool().join("open.jsonl")).unwrap();
        let record: Value = serde_json::from_str(spool.lines().last().unwrap()).unwrap();
        (told, record["verdict"].clone())
    }

    fn log(&self) -> String {
        fs::read_to_string(self.home.hook_log()).unwrap_or_default()
    }
}

fn call(event: &str, command: &str, description: &str) -> Value {
    json!({"hook_event_name": event, "session_id": "s", "tool_name": "Bash", "tool_use_id": "t",
        "tool_input": {"command": command, "description": description}})
}

fn about(payload: &Value) -> String {
    let text = payload.to_string();
    subject(&agents::parse(&Agent::ClaudeCode, &text), &text)
}

#[test]
fn a_guard_that_cannot_judge_says_so_and_does_as_its_failure_mode_says() {
    for (closed, rules, told_in_log) in [
        (false, "{", "the policy snapshot is corrupt"),
        (true, "{", "the policy snapshot is corrupt"),
        (false, "{\"v\":9,\"rules\":[]}", "update hookrail"),
    ] {
        let device = Device::new();
        fs::write(device.home.policy(), rules).unwrap();
        if closed {
            fs::write(device.home.policy_closed(), "").unwrap();
        }
        let (told, verdict) = device.run(&call("PreToolUse", "ls", ""));
        let denied = told["hookSpecificOutput"]["permissionDecision"] == "deny";
        assert_eq!((denied, verdict["rule"].as_str()), (closed, Some("policy.unavailable")), "{told} {verdict}");
        assert!(device.log().contains(told_in_log), "{}", device.log());
    }
}

#[test]
fn without_any_rules_an_open_guard_says_nothing_and_a_closed_one_denies() {
    let device = Device::new();
    assert_eq!(device.run(&call("PreToolUse", "ls", "")), (Value::Null, Value::Null));
    fs::write(device.home.policy_closed(), "").unwrap();
    assert_eq!(device.run(&call("PreToolUse", "ls", "")).1["decision"], "deny");
}

#[test]
fn rules_that_could_not_be_prepared_again_hold_as_they_were() {
    let device = Device::new();
    let path = device.home.path().join("policy.toml");
    device.rules(vec![Source { path: path.to_str().unwrap().to_owned(), stamp: None }]);
    fs::write(&path, "# new").unwrap();
    let (_, verdict) = device.run(&call("PreToolUse", "forbidden", ""));
    assert_eq!(verdict["rule"], "r");
    assert!(device.log().contains("could not be prepared again"), "{}", device.log());
    device.run(&call("PreToolUse", "ls", ""));
    assert!(device.log().contains("it failed less than 10 seconds ago"), "not tried with every call: {}", device.log());
}

#[test]
fn a_stopped_call_is_listed_under_the_code_that_the_person_is_told() {
    let device = Device::with_rule();
    let payload = call("PreToolUse", "forbidden fruit", "Eat");
    let (told, verdict) = device.run(&payload);
    let code = code(&about(&payload));
    assert_eq!(verdict["code"].as_str(), Some(code.as_str()));
    assert!(told["systemMessage"].as_str().unwrap().ends_with(&format!("hookrail allow-once {code}")), "{told}");
    let list = fs::read_to_string(device.home.stopped()).unwrap();
    let stopped: Stopped<'_> = serde_json::from_str(list.trim_end()).unwrap();
    assert_eq!((stopped.code.as_ref(), stopped.subject.as_ref()), (code.as_str(), "Bash\nforbidden fruit"));
    assert_eq!((stopped.verdict.rule.as_str(), stopped.session.unwrap().as_str()), ("r", "s"));
}

#[test]
fn a_call_that_a_person_lets_pass_passes_once_and_no_other_does() {
    let device = Device::with_rule();
    let payload = call("PreToolUse", "forbidden fruit", "Eat");
    let allow = |until| {
        let subject = about(&payload);
        fs::create_dir_all(device.home.allowed()).unwrap();
        fs::write(allowance(&device.home, &subject), allowance_text(until, &subject)).unwrap();
    };
    allow(BEFORE);
    assert_eq!(device.run(&payload).1["decision"], "deny", "its time is over");
    allow(LATER);
    assert_eq!(device.run(&call("PreToolUse", "forbidden dance", "Eat")).1["decision"], "deny", "another call");
    let (told, verdict) = device.run(&call("PreToolUse", "forbidden fruit", "Eat it after all"));
    assert_eq!((told, &verdict["decision"], &verdict["would"]), (Value::Null, &json!("allow"), &json!("deny")));
    let (_, verdict) = device.run(&call("PermissionRequest", "forbidden fruit", ""));
    assert_eq!(verdict["decision"], "allow", "another event of the same call");
    assert_eq!(device.run(&payload).1["decision"], "deny", "the second time");
}

#[test]
fn what_a_pause_lets_through_is_recorded() {
    let device = Device::with_rule();
    fs::write(device.home.pause(), i64::MAX.to_string()).unwrap();
    let (told, verdict) = device.run(&call("PreToolUse", "forbidden", ""));
    assert_eq!((told, &verdict["decision"], &verdict["would"]), (Value::Null, &json!("allow"), &json!("deny")));
    assert_eq!((&verdict["mode"], &verdict["rule"]), (&json!("observe"), &json!("r")));
}
