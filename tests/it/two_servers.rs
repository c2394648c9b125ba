//! Two servers behind one Redis: hooks without a key reach one, the key reaches the other, and either may die.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::rig::{Rig, Running, until};

/// A Redis of its own on a socket; killed when dropped.
pub(crate) struct Redis {
    _process: Running,
    folder: TempDir,
}

impl Redis {
    /// `None` where there is no `redis-server`, which is a failure in CI.
    pub(crate) fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let process = Self::spawn(folder.path())?;
        Some(Self { _process: process, folder })
    }

    fn spawn(folder: &Path) -> Option<Running> {
        let socket = folder.join("redis.sock");
        let started = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "yes", "--appendfsync", "always", "--dir"])
            .arg(folder)
            .arg("--unixsocket")
            .arg(&socket)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(child) = started else {
            assert!(std::env::var_os("CI").is_none(), "redis-server is missing");
            eprintln!("skipped: redis-server is missing");
            return None;
        };
        until("redis-server", || std::os::unix::net::UnixStream::connect(&socket).ok());
        Some(Running(child))
    }

    pub(crate) fn url(&self) -> String {
        format!("redis+unix://{}", self.folder.path().join("redis.sock").display())
    }

    /// Kills it.
    fn stop(self) -> TempDir {
        self.folder
    }

    /// Starts it again with what it kept.
    fn again(folder: TempDir) -> Self {
        let _ = std::fs::remove_file(folder.path().join("redis.sock"));
        let process = Self::spawn(folder.path()).unwrap();
        Self { _process: process, folder }
    }
}

/// Makes a key of a rig's project, as `hookrail keys create --data-dir` does.
pub(crate) fn key(rig: &Rig, project: &str) -> String {
    let data = rig.path("data");
    let arguments = ["keys", "create", "--project", project, "--scope", "ingest,read", "--json", "--data-dir"];
    let mut command = rig.hookrail(&arguments);
    command.arg(data);
    let made: Value = serde_json::from_str(&rig.succeed(command, b"").stdout).unwrap();
    made["key"].as_str().unwrap().to_owned()
}

/// A session's events, as the key's project has them, oldest first.
pub(crate) fn events(rig: &Rig, key: &str, session: &str) -> Vec<Value> {
    let mut all = Vec::new();
    let mut next = String::new();
    loop {
        let url = format!("{}/api/v1/sessions/{session}/events?limit=1000{next}", rig.url());
        let Ok(mut answer) = ureq::get(url).header("Authorization", format!("Bearer {key}")).call() else { return all };
        let mut page: Value = serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap();
        all.append(page["items"].as_array_mut().unwrap());
        match page["next"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => return all,
        }
    }
}

/// Posts to a door, with a key or without; the status, 0 where nobody answers.
fn post(rig: &Rig, key: Option<&str>, path: &str, body: &str) -> u16 {
    let mut request = ureq::post(format!("{}{path}", rig.url())).config().http_status_as_error(false).build();
    if let Some(key) = key {
        request = request.header("Authorization", format!("Bearer {key}"));
    }
    request.send(body).map_or(0, |answer| answer.status().as_u16())
}

fn lines(session: &str, numbers: std::ops::Range<u64>) -> String {
    let line = |n: u64| {
        let payload = json!({"session_id": session, "hook_event_name": "PreToolUse", "tool_name": "Bash",
            "tool_use_id": format!("toolu_{n}"), "tool_input": {"command": "true"}});
        let id = format!("01932f6e-7a3c-7b1d-9a2e-{n:012x}");
        json!({"v": 1, "id": id, "agent": "claude-code", "payload": payload}).to_string() + "\n"
    };
    numbers.map(line).collect()
}

/// Two servers with the same bus: the first has the project, the second only asks for keys.
pub(crate) fn two(redis: &Redis) -> (Rig, Rig, String) {
    let (mut home, mut other) = (Rig::new(), Rig::new());
    let ours = key(&home, "ours");
    key(&other, "another");
    for rig in [&mut home, &mut other] {
        rig.serve_with(&["--bus", &redis.url()]);
    }
    (home, other, ours)
}

#[test]
fn a_claiming_server_that_dies_before_it_released_loses_and_doubles_nothing() {
    const EVENTS: u64 = 3000;
    let Some(redis) = Redis::start() else { return };
    let (mut home, other, ours) = two(&redis);
    for part in 0..6 {
        let batch = lines("s", part * EVENTS / 6..(part + 1) * EVENTS / 6);
        assert_eq!(post(&other, None, "/v1/events", &batch), 200);
    }
    assert_eq!(post(&home, Some(&ours), "/v1/events", &lines("s", EVENTS..EVENTS + 1)), 200);
    // It has answered, so the session is claimed; most of the release is still to come.
    assert!(home.kill_server());
    // Meanwhile the other server goes on taking events of the session, for the one that is away.
    assert_eq!(post(&other, None, "/v1/events", &lines("s", EVENTS + 1..EVENTS + 2)), 200);
    home.serve_with(&["--bus", &redis.url()]);
    let all = until("every event", || Some(events(&home, &ours, "s")).filter(|all| all.len() as u64 >= EVENTS + 2));
    let ids: BTreeSet<&str> = all.iter().map(|event| event["id"].as_str().unwrap()).collect();
    assert_eq!((all.len() as u64, ids.len() as u64), (EVENTS + 2, EVENTS + 2));
    assert_eq!(post(&home, Some(&ours), "/v1/events", &lines("s", 0..1)), 200, "a replay");
    assert_eq!(events(&home, &ours, "s").len() as u64, EVENTS + 2);
}

#[test]
fn while_redis_is_away_a_key_goes_on_and_the_rest_is_told_to_come_again() {
    let Some(redis) = Redis::start() else { return };
    let (home, other, ours) = two(&redis);
    assert_eq!(post(&other, None, "/v1/events", &lines("s", 0..5)), 200);
    let folder = redis.stop();
    until("the server to notice", || home.text("/readyz").contains("out of reach").then_some(()));
    assert_eq!(post(&other, None, "/v1/events", &lines("s", 5..9)), 503);
    assert_eq!(post(&home, Some(&ours), "/v1/events", &lines("s", 9..10)), 200);
    assert_eq!(events(&home, &ours, "s").len(), 1, "what has a key is there");
    let _redis = Redis::again(folder);
    until("the server to be back", || (home.text("/readyz") == "ready\n").then_some(()));
    until("the other one too", || (post(&other, None, "/v1/events", &lines("s", 5..9)) == 200).then_some(()));
    // The claim that was put off is made, and everything that waited is there.
    let all = until("every event", || Some(events(&home, &ours, "s")).filter(|all| all.len() >= 10));
    assert_eq!(all.len(), 10);
}
