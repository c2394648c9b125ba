//! A machine as a person makes it a device: enrolled with a key, its events attributed, its facts and reports shown.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use crate::rig::{Rig, until};

/// A key of the server's, made beside it.
pub(crate) fn key(rig: &Rig, scopes: &str) -> String {
    let data = rig.path("data");
    let arguments =
        ["keys", "create", "--project", "shop", "--scope", scopes, "--data-dir", data.to_str().unwrap(), "--json"];
    let made: Value = serde_json::from_str(&rig.succeed(rig.hookrail(&arguments), b"").stdout).unwrap();
    made["key"].as_str().unwrap().to_owned()
}

pub(crate) fn ask(rig: &Rig, key: &str, path: &str) -> Value {
    let mut answer =
        ureq::get(format!("{}{path}", rig.url())).header("authorization", format!("Bearer {key}")).call().unwrap();
    serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
}

#[test]
fn an_enrolled_device_s_events_belong_to_a_person_a_machine_and_a_repository() {
    let mut rig = Rig::new();
    rig.serve();
    let (send, read) = (key(&rig, "ingest"), key(&rig, "read"));
    let git = rig.path("project").join(".git");
    fs::create_dir_all(git.join("refs/heads")).unwrap();
    fs::write(git.join("HEAD"), "ref: refs/heads/main\n").unwrap();
    fs::write(git.join("refs/heads/main"), format!("{}\n", "a".repeat(40))).unwrap();
    let config = "[user]\n\temail = dev@example.com\n[remote \"origin\"]\n\turl = git@example.com:acme/shop.git\n";
    fs::write(git.join("config"), config).unwrap();
    fs::write(rig.home().join(".gitconfig"), "[user]\n\temail = dev@example.com\n").unwrap();

    // A key that the server does not take changes nothing.
    let url = rig.url();
    let enroll = ["enroll", "--server", &url, "--key", "-", "--name", "build-1", "--json"];
    let refused = rig.run(rig.hookrail(&enroll), b"hkr_wrong\n");
    assert!(!refused.status.success() && !refused.stderr.contains("hkr_wrong"), "{}", refused.stderr);
    assert!(!rig.state().join("config.toml").exists());

    let said = rig.succeed(rig.hookrail(&enroll), format!("{send}\n").as_bytes());
    let first: Value = serde_json::from_str(&said.stdout).unwrap();
    let settings = rig.state().join("config.toml");
    assert_eq!(fs::metadata(&settings).unwrap().permissions().mode() & 0o777, 0o600);
    // Enrolled again it stays the same device.
    let again: Value =
        serde_json::from_str(&rig.succeed(rig.hookrail(&enroll), format!("{send}\n").as_bytes()).stdout).unwrap();
    assert_eq!((&again["device_id"], &again["again"]), (&first["device_id"], &json!(true)));

    let project = rig.path("project");
    let event = |name: &str| {
        json!({"hook_event_name": name, "session_id": "s1", "cwd": project, "prompt": "fix it"})
            .to_string()
            .into_bytes()
    };
    for name in ["SessionStart", "UserPromptSubmit"] {
        let mut hook = rig.hook("claude-code");
        hook.env("CLAUDE_RUN_ID", "run-7");
        rig.succeed(hook, &event(name));
    }
    let mut emit =
        rig.hookrail(&["emit", "artifact", settings.to_str().unwrap(), "--label", "settings", "--session", "s1"]);
    emit.env("CLAUDE_RUN_ID", "run-7");
    rig.succeed(emit, b"");
    rig.succeed(rig.hookrail(&["ship", "--once"]), b"");

    let session = until("the session", || {
        let sessions = ask(&rig, &read, "/api/v1/sessions");
        sessions["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|it| it["id"] == "s1" && it["agent"] == "claude-code")
            .cloned()
    });
    let expected = json!({
        "user": "dev@example.com", "device": "build-1", "repository": "example.com/acme/shop", "branch": "main",
        "commit": "a".repeat(40), "run_id": "run-7",
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(session[name], *value, "{name}");
    }
    let facts = ask(&rig, &read, "/api/v1/events?kind=artifact.created");
    let fact = &facts["items"][0]["payload"];
    assert_eq!(fact["bytes"], fs::metadata(&settings).unwrap().len());
    assert_eq!((fact["sha256"].as_str().map(str::len), &fact["run_id"]), (Some(64), &json!("run-7")));

    let devices = ask(&rig, &read, "/api/v1/devices");
    let device = &devices["items"][0];
    assert_eq!((&device["name"], &device["device_id"]), (&json!("build-1"), &first["device_id"]));
    assert!(device["report"]["context"]["version"].is_string() && device["events"].as_u64() >= Some(3), "{device}");

    rig.succeed(rig.hookrail(&["enroll", "--remove"]), b"");
    let left = fs::read_to_string(&settings).unwrap();
    assert!(!left.contains(&send) && left.contains("device_id"), "the key is gone, the id stays");
}

#[test]
fn what_is_emitted_without_a_server_waits_in_the_spool() {
    let mut rig = Rig::new();
    for arguments in [
        &["emit", "worker-spawn", "w1", "--task", "T-1", "--run", "r1"][..],
        &["emit", "state", "merging", "--run", "r1"],
        &["emit", "error", "it broke", "--run", "r1", "--data", "code=7"],
    ] {
        rig.succeed(rig.hookrail(arguments), b"");
    }
    rig.serve();
    rig.succeed(rig.ship_once(), b"");
    let kinds: Vec<Value> = rig.all("/api/v1/sessions/r1/events").iter().map(|event| event["kind"].clone()).collect();
    assert_eq!(kinds, ["worker.spawned", "state.reported", "error"]);
    let missing = rig.run(rig.hookrail(&["emit", "artifact", "nowhere.bin"]), b"");
    assert!(!missing.status.success() && missing.stderr.contains("nowhere.bin"), "{}", missing.stderr);
}
