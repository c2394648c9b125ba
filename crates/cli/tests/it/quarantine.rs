//! What nobody's key has spoken for, as the operator handles it: a device without a key ships, the operator decides.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::chain::Server;
use crate::device::{Device, Outcome, feed};

#[test]
fn the_operator_gives_a_waiting_session_to_a_project() {
    let device = Device::new();
    let make = |args: &[&str]| {
        let made = device.run(&[&["keys", "create", "--data-dir", "data"], args].concat());
        assert_eq!(made.code, 0, "{}", made.err);
        made.out.trim().to_owned()
    };
    let admin = make(&["--scope", "admin"]);
    let reader = make(&["--project", "shop", "--scope", "read"]);
    let server = Server::start(&device, &["--data-dir", "data"]);
    let ask = |key: &str, args: &[&str]| {
        let args = [args, &["--server", &server.url]].concat();
        Outcome::of(device.hookrail(&args).env("HOOKRAIL_TOKEN", key).output().unwrap())
    };

    // The device has no key: its events wait, and its shipper is done with them.
    let payload = r#"{"hook_event_name":"Stop","session_id":"lone"}"#;
    assert_eq!(feed(device.hookrail(&["hook", "claude-code"]), payload.as_bytes()).code, 0);
    let shipped = device.run(&["ship", "--once", "--server", &server.url]);
    assert_eq!(shipped.code, 0, "{}", shipped.err);

    let list = ask(&admin, &["quarantine", "list", "--json"]);
    let item: Value = serde_json::from_str(list.out.trim()).unwrap();
    assert_eq!((&item["session_id"], &item["state"], &item["events"]), (&"lone".into(), &"waiting".into(), &1.into()));
    assert!(ask(&admin, &["quarantine", "list"]).out.contains("lone"));
    let shown = ask(&admin, &["quarantine", "show", "lone"]);
    assert!(shown.code == 0 && shown.out.contains("Stop"), "{} {}", shown.out, shown.err);
    let refused = ask(&reader, &["quarantine", "list"]);
    assert!(refused.code == 1, "only the operator: {}", refused.out);

    let wrong = ask(&admin, &["quarantine", "attribute", "lone", "--project", "no-such"]);
    assert!(wrong.code == 1 && wrong.err.contains("no project"), "{}", wrong.err);
    let given = ask(&admin, &["quarantine", "attribute", "lone", "--project", "shop", "--person", "ann@example.com"]);
    assert!(given.code == 0 && given.out.contains("follows at once"), "{} {}", given.out, given.err);
    let deadline = Instant::now() + Duration::from_secs(20);
    let event = loop {
        let events = ask(&reader, &["events", "--json"]);
        if let Some(line) = events.out.lines().next() {
            break serde_json::from_str::<Value>(line).unwrap();
        }
        assert!(Instant::now() < deadline, "{}", events.err);
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!((&event["session_id"], &event["user"]), (&"lone".into(), &"ann@example.com".into()));
    let gone = ask(&admin, &["quarantine", "purge", "lone"]);
    assert!(gone.code == 1 && gone.err.contains("No session of this name"), "{}", gone.err);
}

#[test]
fn a_bus_that_is_none_is_told_so_and_its_password_is_not() {
    let device = Device::new();
    for url in ["kafka://me:secret@127.0.0.1/0", "redis://me:secret@[", "redis"] {
        let outcome = device.run(&["serve", "--listen", "127.0.0.1:0", "--data-dir", "data", "--bus", url]);
        assert_ne!(outcome.code, 0);
        assert!(outcome.err.contains("redis://") && !outcome.err.contains("secret"), "{}", outcome.err);
    }
    let away = device.hookrail(&[
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--data-dir",
        "data",
        "--bus",
        "redis://me:secret@127.0.0.1:1/0",
    ]);
    let server = Server::spawn(away);
    assert_eq!(server.stop(), Some(0), "it starts without its bus");
}
