//! Keys as a person handles them: made beside a server or by asking it, used, rotated, revoked.

use std::process::Command;

use serde_json::Value;

use crate::chain::Server;
use crate::device::{Device, Outcome, feed};

fn with_key(device: &Device, key: &str, args: &[&str]) -> Outcome {
    Outcome::of(device.hookrail(args).env("HOOKRAIL_TOKEN", key).output().unwrap())
}

fn made(outcome: &Outcome) -> (String, String) {
    assert_eq!(outcome.code, 0, "{}", outcome.err);
    let made: Value = serde_json::from_str(&outcome.out).unwrap();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (text("id"), text("key"))
}

#[test]
fn a_key_made_beside_a_running_server_is_asked_for_at_once() {
    let device = Device::new();
    let server = Server::start(&device, &["--data-dir", "data"]);
    let events = ["events", "--json", "--server", &server.url];
    assert_eq!(device.run(&events).code, 0, "nobody needs a key before there is one");

    let create = ["keys", "create", "--project", "shop", "--scope", "ingest,read", "--data-dir", "data", "--json"];
    let outcome = device.run(&create);
    let (_, key) = made(&outcome);
    let answer: Value = serde_json::from_str(&outcome.out).unwrap();
    assert_eq!((&answer["project"], &answer["scopes"]), (&"shop".into(), &serde_json::json!(["ingest", "read"])));
    let refused = device.run(&events);
    assert!(refused.code == 1 && refused.err.contains("asks for a key"), "{}", refused.err);
    assert_eq!(with_key(&device, &key, &events).code, 0);

    let manage = ["keys", "list", "--server", &server.url];
    let refused = with_key(&device, &key, &manage);
    assert!(refused.code == 1 && refused.err.contains("scope admin"), "{}", refused.err);
    assert!(!refused.err.contains(&key));
}

#[test]
fn an_admin_manages_keys_by_asking_the_server() {
    let device = Device::new();
    let shown = device.run(&["keys", "create", "--scope", "admin", "--name", "me", "--data-dir", "data"]);
    assert!(shown.code == 0 && shown.err.contains("shown this once"), "{}", shown.err);
    let admin = shown.out.trim();
    assert!(admin.starts_with("hkr_") && !shown.err.contains(admin), "the key alone is on standard output");
    let server = Server::start(&device, &["--data-dir", "data"]);
    let url = ["--server", &server.url];
    let ask = |args: &[&str]| with_key(&device, admin, &[args, &url].concat());

    let (old, key) = made(&ask(&["keys", "create", "--project", "acme/web", "--scope", "read", "--json"]));
    let (new, next) = made(&ask(&["keys", "rotate", &old, "--json"]));
    let events = ["events", "--server", &server.url];
    for good in [&key, &next] {
        assert_eq!(with_key(&device, good, &events).code, 0, "old and new are good together");
    }
    assert_eq!(ask(&["keys", "revoke", &old]).code, 0);
    assert_eq!(with_key(&device, &key, &events).code, 1, "a revoked key ends at once");
    assert_eq!(with_key(&device, &next, &events).code, 0);

    let listed = ask(&["keys", "list", "--json"]);
    let keys: Vec<Value> = listed.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(keys.len(), 3);
    let of = |id: &str| keys.iter().find(|key| key["id"] == id).unwrap();
    assert_eq!((&of(&old)["state"], &of(&new)["replaces"]), (&"revoked".into(), &Value::from(old.as_str())));
    assert!(of(&new)["last_used_at"].is_string());
    assert!(![admin, &key, &next].iter().any(|key| listed.out.contains(*key)), "no list shows a key");
    let one = ask(&["keys", "list", "--project", "acme/web", "--json"]);
    assert_eq!(one.out.lines().count(), 2);
    let beside = device.run(&["keys", "list", "--data-dir", "data", "--json"]);
    assert_eq!(beside.out.lines().count(), 3);

    for (args, said) in [
        (["keys", "revoke", "000000000000"], "No key has this id"),
        (["keys", "rotate", &old], "has ended"),
        (["keys", "revoke", "nonsense"], "12 hexadecimal digits"),
    ] {
        let outcome = ask(&args);
        assert!(outcome.code != 0 && outcome.err.contains(said), "{args:?}: {}", outcome.err);
    }
}

#[test]
fn what_makes_no_key_says_why() {
    let device = Device::new();
    for (args, said) in [
        (&["--scope", "read", "--project", "../x"][..], "lower-case letters"),
        (&["--scope", "write"], "ingest, read and admin"),
        (&[], "--scope"),
        (&["--scope", "read", "--server", "http://127.0.0.1:1"], "cannot be used with"),
    ] {
        let outcome = device.run(&[&["keys", "create", "--data-dir", "data"], args].concat());
        assert!(outcome.code != 0 && outcome.err.contains(said), "{args:?}: {}", outcome.err);
    }
    assert!(!device.home().join("data").exists(), "nothing was touched");
    let none = device.run(&["keys", "list", "--data-dir", "data"]);
    assert!(none.code == 1 && none.err.contains("there is no registry"), "{}", none.err);
}

#[test]
fn a_server_with_a_key_may_be_reached_by_others() {
    let device = Device::new();
    made(&device.run(&["keys", "create", "--scope", "read", "--data-dir", "data", "--json"]));
    let args = ["serve", "--listen", "0.0.0.0:0", "--data-dir", "data"];
    assert_eq!(Server::spawn(device.hookrail(&args)).stop(), Some(0));
}

#[test]
fn a_backup_of_everything_is_a_server_again() {
    let device = Device::new();
    let server = Server::start(&device, &["--data-dir", "data"]);
    let create = ["keys", "create", "--project", "acme/web", "--scope", "ingest,read", "--data-dir", "data", "--json"];
    let (_, key) = made(&device.run(&create));
    let payload = r#"{"hook_event_name":"Stop","session_id":"kept"}"#;
    let hook = told(device.hookrail(&["hook", "claude-code"]), &server, &key);
    assert_eq!(feed(hook, payload.as_bytes()).code, 0);
    let shipped = Outcome::of(told(device.hookrail(&["ship", "--once"]), &server, &key).output().unwrap());
    assert_eq!(shipped.code, 0, "{}", shipped.err);

    let copied = device.run(&["backup", "--all", "--data-dir", "data", "copy"]);
    assert_eq!(copied.code, 0, "{}", copied.err);
    let again = device.run(&["backup", "--all", "--data-dir", "data", "copy"]);
    assert!(again.code == 1 && again.err.contains("copy exists"), "{}", again.err);
    let one = device.run(&["backup", "--project", "acme/web", "--data-dir", "data", "web.db"]);
    assert_eq!(one.code, 0, "{}", one.err);
    drop(server);

    let server = Server::start(&device, &["--data-dir", "copy"]);
    assert_eq!(device.run(&["events", "--server", &server.url]).code, 1, "it asks for keys as before");
    let events = with_key(&device, &key, &["events", "--json", "--server", &server.url]);
    assert!(events.code == 0 && events.out.contains("\"kept\""), "{} {}", events.out, events.err);
    let restored = Server::start(&device, &["--data-dir", "other", "--store", "web.db"]);
    assert!(device.run(&["events", "--json", "--server", &restored.url]).out.contains("\"kept\""));
}

#[test]
fn no_key_is_ever_in_the_log() {
    let device = Device::new();
    let (_, key) = made(&device.run(&["keys", "create", "--scope", "admin", "--data-dir", "data", "--json"]));
    let log = device.home().join("log");
    let mut serve = device.hookrail(&["serve", "--listen", "127.0.0.1:0", "--data-dir", "data"]);
    serve.env("HOOKRAIL_LOG", "trace").stderr(std::fs::File::create(&log).unwrap());
    let mut child = serve.spawn().unwrap();
    let started = std::time::Instant::now();
    let url = loop {
        let said = std::fs::read_to_string(&log).unwrap();
        if let Some((url, _)) = said.split_once("dashboard  ").and_then(|(_, rest)| rest.split_once("/\n")) {
            break url.to_owned();
        }
        assert!(started.elapsed() < std::time::Duration::from_secs(30), "{said}");
        std::thread::sleep(std::time::Duration::from_millis(10));
    };
    let wrong = format!("{}{}", &key[..key.len() - 4], "dead");
    let made_now = with_key(&device, &key, &["keys", "create", "--scope", "read", "--json", "--server", &url]);
    let (_, second) = made(&made_now);
    for key in [&key, &second, &wrong] {
        with_key(&device, key, &["events", "--server", &url]);
        with_key(&device, key, &["keys", "list", "--server", &url]);
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let said = std::fs::read_to_string(&log).unwrap();
    assert!(said.contains("refused"), "the log tells of the requests: {said}");
    for key in [&key, &second, &wrong] {
        assert!(!said.contains(key.rsplit('_').next().unwrap()));
    }
}

/// The same command, told where the server is and what to show there.
fn told(mut command: Command, server: &Server, key: &str) -> Command {
    command.env("HOOKRAIL_SERVER", &server.url).env("HOOKRAIL_TOKEN", key);
    command
}
