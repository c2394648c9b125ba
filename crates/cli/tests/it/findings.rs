//! `hookrail findings` with a real server: what is found is listed, changed, and found again.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::chain::Server;
use crate::device::{Device, feed};

#[test]
fn findings_are_listed_changed_and_scanned_for() {
    let device = Device::new();
    let server = Server::start(&device, &[]);
    let run = |args: &[&str]| {
        let args: Vec<&str> = args.iter().copied().chain(["--server", server.url.as_str()]).collect();
        let outcome = device.run(&args);
        assert_eq!(outcome.code, 0, "{args:?}: {}", outcome.err);
        outcome
    };
    assert!(run(&["findings", "list"]).err.contains("No findings found"));
    let key = format!("npm_{}", "a1B2c3".repeat(6));
    let payload = serde_json::json!({
        "hook_event_name": "PreToolUse", "session_id": "s", "tool_name": "Bash", "tool_use_id": "t1",
        "tool_input": {"command": format!("npm publish --token {key}")},
    });
    let output = feed(device.hookrail(&["hook", "claude-code"]), payload.to_string().as_bytes());
    assert_eq!(output.code, 0, "{}", output.err);
    run(&["ship", "--once"]);
    let until = Instant::now() + Duration::from_secs(20);
    while !run(&["findings", "scan"]).out.contains("The scan is idle: 1 of 1 events looked at") {
        assert!(Instant::now() < until, "the event is not looked at");
        std::thread::sleep(Duration::from_millis(50));
    }
    let listed = run(&["findings", "list", "--kind", "secret"]).out;
    assert!(listed.contains("high") && listed.contains("npm-token") && !listed.contains(&key), "{listed}");
    let found: Value = serde_json::from_str(run(&["findings", "list", "--json"]).out.lines().last().unwrap()).unwrap();
    let id = found["id"].to_string();
    let told = run(&["findings", "set", &id, "--state", "resolved", "--owner", "ann"]).out;
    assert_eq!(told, format!("Finding {id} is resolved, ann deals with it\n"));
    assert_eq!(run(&["findings", "list", "--state", "resolved", "--json"]).out.lines().count(), 1);
    let again: Value = serde_json::from_str(&run(&["findings", "scan", "--again", "--json"]).out).unwrap();
    assert_eq!(again["end"], 1);
    let wrong = device.run(&["findings", "set", "999", "--owner", "ann", "--server", &server.url]);
    assert!(wrong.code == 1 && wrong.err.contains("no finding"), "{}", wrong.err);
    assert_eq!(device.run(&["findings", "set", "1", "--server", &server.url]).code, 1);
    assert_eq!(server.stop(), Some(0));
}
