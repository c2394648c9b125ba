//! The whole chain as a person runs it: hook, shipper, server, and what the reading commands give back.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::device::{Device, feed};

/// A running `hookrail serve`; ends with this value.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
}

impl Server {
    pub(crate) fn start(device: &Device, extra: &[&str]) -> Self {
        let args: Vec<&str> = ["serve", "--listen", "127.0.0.1:0"].iter().chain(extra).copied().collect();
        Self::spawn(device.hookrail(&args))
    }

    pub(crate) fn spawn(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
        let url =
            said.find_map(|line| Some(line.unwrap().split_once("dashboard  ")?.1.trim_end_matches('/').to_owned()));
        // What it says later is read and dropped, so that it never waits for a reader.
        std::thread::spawn(move || said.for_each(drop));
        Self { child, url: url.expect("the address of the server") }
    }

    /// Stops it as Ctrl-C does, returns its exit code.
    pub(crate) fn stop(mut self) -> Option<i32> {
        Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap();
        self.child.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The recorded sessions, by the agent's name for the hook.
fn recordings() -> Vec<(&'static str, Vec<String>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("demo");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap().lines().map(str::to_owned).collect();
    vec![
        ("claude-code", read("claude-code/interactive-permission-prompt.jsonl")),
        ("codex", read("codex/exec-run.jsonl")),
    ]
}

/// Plays the recordings through the hook and the shipper; what was played.
fn play(device: &Device, server: &Server) -> Vec<Value> {
    let mut played = Vec::new();
    for (agent, lines) in recordings() {
        for line in lines {
            let outcome = feed(device.hookrail(&["hook", agent]), line.as_bytes());
            assert_eq!((outcome.code, outcome.out.as_str()), (0, ""), "{}", outcome.err);
            played.push(serde_json::from_str(&line).unwrap());
        }
    }
    let shipped = device.run(&["ship", "--once", "--server", &server.url]);
    assert_eq!(shipped.code, 0, "{}", shipped.err);
    played
}

fn json_lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A CSV as RFC 4180 has it, read in the plainest way.
fn csv(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            '\r' if !quoted => {}
            c => cell.push(c),
        }
    }
    assert!(cell.is_empty() && row.is_empty(), "the last line has an end");
    rows
}

#[test]
fn what_the_agents_said_comes_out_again() {
    let device = Device::new();
    let server = Server::start(&device, &[]);
    let played = play(&device, &server);

    let exported = device.run(&["export", "--server", &server.url]);
    assert_eq!(exported.code, 0, "{}", exported.err);
    let mut events = json_lines(&exported.out);
    events.sort_by_key(|event| event["seq"].as_i64());
    let payloads: Vec<Value> = events.iter().map(|event| event["payload"].clone()).collect();
    assert_eq!(payloads, played);

    let table = csv(&device.run(&["export", "--format", "csv", "--server", &server.url]).out);
    assert_eq!(table.len(), played.len() + 1);
    let head = &table[0];
    let column = |name: &str| head.iter().position(|head| head == name).unwrap();
    let mut rows: Vec<(i64, Value)> = table[1..]
        .iter()
        .map(|row| (row[column("seq")].parse().unwrap(), serde_json::from_str(&row[column("payload")]).unwrap()))
        .collect();
    rows.sort_by_key(|(seq, _)| *seq);
    assert_eq!(rows.into_iter().map(|(_, payload)| payload).collect::<Vec<_>>(), played);

    let sessions = json_lines(&device.run(&["sessions", "--json", "--server", &server.url]).out);
    let found: BTreeSet<_> = sessions.iter().map(|session| session["id"].as_str().unwrap()).collect();
    let expected: BTreeSet<_> = played.iter().map(|event| event["session_id"].as_str().unwrap()).collect();
    assert_eq!(found, expected);
    let one = device.run(&["sessions", "618f", "--server", &server.url]);
    assert!(one.out.contains("618f01ee-5745-4f1a-8992-f9cab2d0d92a") && one.out.contains("toolu_"), "{}", one.out);

    let failed = json_lines(&device.run(&["events", "--json", "--outcome", "failed", "--server", &server.url]).out);
    let expected = played.iter().filter(|event| event["hook_event_name"] == "PostToolUseFailure").count();
    assert_eq!(failed.len(), expected);
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn doctor_proves_the_chain_of_an_installed_agent() {
    let device = Device::new();
    let server = Server::start(&device, &[]);
    for agent in ["codex", "claude-code"] {
        let installed = device.run(&["install", agent, "--server", &server.url]);
        assert_eq!(installed.code, 0, "{}", installed.err);
        let again = device.run(&["install", agent, "--json"]);
        let report: Value = serde_json::from_str(&again.out).unwrap();
        assert_eq!(report["changed"], false, "{report}");
    }
    let config = std::fs::read_to_string(device.home().join(".hookrail/config.toml")).unwrap();
    let line = format!("server = \"{}\"", server.url);
    assert!(config.starts_with('#') && config.lines().any(|each| each == line), "{config}");

    let outcome = device.run(&["doctor", "--json"]);
    let report: Value = serde_json::from_str(&outcome.out).unwrap();
    let status = |name: &str| {
        let checks = report["checks"].as_array().unwrap();
        checks.iter().find(|check| check["name"] == name).map(|check| check["status"].clone()).unwrap()
    };
    for name in ["hook", "settings", "server", "agent codex", "agent claude-code", "chain"] {
        assert_eq!(status(name), "ok", "{name}: {report:#}");
    }
    assert_eq!(outcome.code, 0);

    for agent in ["codex", "claude-code"] {
        assert_eq!(device.run(&["uninstall", agent]).code, 0);
    }
    let left = std::fs::read_dir(device.home()).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(left.collect::<Vec<_>>(), [".hookrail"], "nothing of the agents' settings is left");
    assert_eq!(server.stop(), Some(0));
    let outcome = device.run(&["doctor"]);
    assert_eq!(outcome.code, 1);
    assert!(outcome.out.contains("FAIL") && outcome.out.contains("hint: "), "{}", outcome.out);
}

#[test]
fn a_backup_of_a_running_server_is_whole() {
    let device = Device::new();
    let server = Server::start(&device, &[]);
    let played = play(&device, &server);
    let backed = device.run(&["backup", "copy.db"]);
    assert_eq!(backed.code, 0, "{}", backed.err);
    let again = device.run(&["backup", "copy.db"]);
    assert!(again.code == 1 && again.err.contains("copy.db exists"), "{}", again.err);

    let other = Device::new();
    let copy = device.home().join("copy.db");
    let restored = Server::start(&other, &["--store", &format!("sqlite:{}", copy.display())]);
    let events = json_lines(&other.run(&["export", "--server", &restored.url]).out);
    assert_eq!(events.len(), played.len());
}

#[test]
fn a_key_keeps_others_out() {
    let device = Device::new();
    let keyed = |args: &[&str]| {
        let mut command = device.hookrail(args);
        command.env("HOOKRAIL_TOKEN", "hk_test_key");
        command
    };
    let server = Server::spawn(keyed(&["serve", "--listen", "127.0.0.1:0"]));
    let without = device.run(&["events", "--server", &server.url]);
    assert!(without.code == 1 && without.err.contains("HOOKRAIL_TOKEN"), "{}", without.err);
    let with = keyed(&["events", "--json", "--server", &server.url]).output().unwrap();
    assert!(with.status.success(), "{}", String::from_utf8_lossy(&with.stderr));
}

#[test]
fn the_demo_plays_every_recorded_event() {
    let device = Device::new();
    let temp = device.home().join("temp");
    std::fs::create_dir(&temp).unwrap();
    let mut command = device.hookrail(&["demo", "--once", "--no-open"]);
    let output = command.env("TMPDIR", &temp).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("demo");
    let lines = |folder: &Path| -> usize {
        let files = std::fs::read_dir(folder).unwrap();
        files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap().lines().count()).sum()
    };
    let recorded = lines(&folder.join("claude-code")) + lines(&folder.join("codex"));
    assert!(said.contains(&format!("Playing {recorded} events of 9 sessions")), "{said}");
    assert!(said.contains("Everything played is in the store"), "{said}");
    assert_eq!(std::fs::read_dir(&temp).unwrap().count(), 0, "nothing is left behind");
    assert!(!device.home().join(".hookrail").exists(), "the person's own state is not touched");
}
