//! What a hook costs in Claude Code's own measure, beside what `/bin/true` costs as the hook.
//!
//! `cargo test -p hookrail-tests --test it hook_cost -- --nocapture` prints the figures. Run alone: it measures time.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::claude_code::bash;
use super::script::{MARK, Script};
use super::{claude_code, messages, npm};
use crate::http::{Response, Server};
use crate::rig::{Rig, root};

/// The median with our hook over the median with `/bin/true`.
const RATIO: f64 = 1.15;

/// Sessions with each of the two hooks, in turn, and tool calls in each session (two hook events each).
const SESSIONS: usize = 4;
const CALLS: usize = 25;

/// Tries before the machine is believed: a busy moment is not a slow hook.
const TRIES: usize = 3;

/// The hook as it ships; static where that target is installed.
fn shipped() -> PathBuf {
    const MUSL: &str = "x86_64-unknown-linux-musl";
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output().unwrap().stdout;
    let sysroot = PathBuf::from(String::from_utf8(sysroot).unwrap().trim());
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--locked", "--profile", "dist", "-p", "hookrail-hook"]).current_dir(root());
    cargo.arg("--target-dir").arg(root().join("target")).stderr(Stdio::inherit());
    let folder = if sysroot.join("lib/rustlib").join(MUSL).is_dir() {
        cargo.args(["--target", MUSL]).env("RUSTFLAGS", "-C relocation-model=static");
        format!("target/{MUSL}/dist")
    } else {
        "target/dist".to_owned()
    };
    assert!(cargo.status().unwrap().success());
    root().join(folder).join("hookrail-hook")
}

/// The durations, in milliseconds, that an export of logs reports for tool hooks.
fn durations(export: &Value) -> Vec<u64> {
    fn records<'v>(value: &'v Value, found: &mut Vec<&'v Value>) {
        match value {
            Value::Object(fields) => match fields.get("logRecords") {
                Some(Value::Array(records)) => found.extend(records),
                _ => fields.values().for_each(|value| records(value, found)),
            },
            Value::Array(items) => items.iter().for_each(|value| records(value, found)),
            _ => {}
        }
    }
    let attribute = |record: &Value, key: &str| {
        let attributes = record["attributes"].as_array().into_iter().flatten();
        let value = attributes
            .filter(|attribute| attribute["key"] == key)
            .map(|attribute| &attribute["value"]["stringValue"])
            .next();
        value.and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let mut found = Vec::new();
    records(export, &mut found);
    let tool_hook = |record: &&&Value| {
        attribute(record, "event.name") == "hook_execution_complete"
            && attribute(record, "hook_event").ends_with("ToolUse")
    };
    found.iter().filter(tool_hook).map(|record| attribute(record, "total_duration_ms").parse().unwrap()).collect()
}

/// One session with this hook on both tool events; what each of its runs took.
fn session(claude: &Path, hook: &Value) -> Vec<u64> {
    let rig = Rig::new();
    let script = (0..CALLS).fold(Script::new("main"), |script, _| script.then(&[bash("true")]));
    let api = messages::start(vec![script]);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&seen);
    let telemetry = Server::start(move |request| {
        sink.lock().unwrap().append(&mut durations(&request.json()));
        Response::json(&json!({}))
    });
    let group = json!([{"hooks": [hook]}]);
    fs::create_dir_all(rig.home().join(".claude")).unwrap();
    let settings = json!({"hooks": {"PreToolUse": group, "PostToolUse": group}});
    fs::write(rig.home().join(".claude/settings.json"), settings.to_string()).unwrap();
    let mut command = claude_code::command(&rig, claude, &api.url(), &format!("{MARK}main Do the work."));
    command
        .env("CLAUDE_CODE_ENABLE_TELEMETRY", "1")
        .env("OTEL_LOGS_EXPORTER", "otlp")
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", telemetry.url());
    rig.succeed(command, b"");
    let seen = seen.lock().unwrap().clone();
    assert_eq!(seen.len(), CALLS * 2, "the agent reports each run of the hook");
    seen
}

fn median(times: &mut [u64]) -> u64 {
    times.sort_unstable();
    times[times.len() / 2]
}

#[test]
fn claude_code_waits_for_the_hook_as_long_as_for_true() {
    let Some(agents) = npm::agents() else { return };
    let ours = json!({"type": "command", "command": shipped(), "args": ["claude-code"]});
    let nothing = json!({"type": "command", "command": "/bin/true", "args": ["claude-code"]});
    let mut ratio = f64::INFINITY;
    for _ in 0..TRIES {
        let (mut with_ours, mut with_true) = (Vec::new(), Vec::new());
        for _ in 0..SESSIONS {
            with_ours.append(&mut session(&agents.claude_code, &ours));
            with_true.append(&mut session(&agents.claude_code, &nothing));
        }
        let (with_ours, with_true) = (median(&mut with_ours), median(&mut with_true));
        ratio = with_ours as f64 / with_true as f64;
        println!(
            "median of {}: {with_ours} ms with the hook, {with_true} ms with /bin/true, ratio {ratio:.2}",
            SESSIONS * CALLS * 2
        );
        if ratio <= RATIO {
            return;
        }
    }
    panic!("the hook costs {ratio:.2} times what /bin/true costs, {RATIO} is the bound");
}
