//! `hookrail mcp list`: what agents are configured to start, what is approved, and what was called all the same.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::device::{Device, Outcome};

#[test]
fn servers_are_listed_with_what_is_approved_and_what_was_only_called() {
    let device = Device::new();
    let url = ["https://me:", "hidden-7", "@api.example.com/mcp"].concat();
    let settings = json!({"mcpServers": {
        "github": {"type": "http", "url": url},
        "notes": {"command": "notes-mcp", "env": {"KEY": "hidden-7"}},
    }});
    fs::write(device.home().join(".claude.json"), settings.to_string()).unwrap();
    fs::create_dir_all(device.home().join(".cursor")).unwrap();
    fs::write(device.home().join(".cursor/mcp.json"), "{ no json").unwrap();
    fs::create_dir_all(device.home().join(".hookrail")).unwrap();
    fs::write(device.home().join(".hookrail/policy.toml"), "[mcp]\napproved = [\"github\"]\n").unwrap();
    let call =
        json!({"hook_event_name": "PreToolUse", "session_id": "s", "tool_name": "mcp__shadow__x", "tool_input": {}});
    let mut hook =
        device.hookrail(&["hook", "claude-code"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    hook.stdin.take().unwrap().write_all(call.to_string().as_bytes()).unwrap();
    assert_eq!(Outcome::of(hook.wait_with_output().unwrap()).code, 0);

    let told = device.run(&["mcp", "list", "--json"]);
    assert_eq!(told.code, 0);
    let lines: Vec<Value> = told.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let servers: Vec<(&str, Option<bool>, bool)> = lines
        .iter()
        .filter_map(|line| {
            let server = line.get("server")?;
            Some((server["server"].as_str()?, server["approved"].as_bool(), line["configured"].as_bool()?))
        })
        .collect();
    assert_eq!(servers, [("github", Some(true), true), ("notes", Some(false), true), ("shadow", None, false)]);
    assert_eq!(lines.last().unwrap()["unread"]["agent"], "cursor", "what could not be read is not empty");
    let shown = device.run(&["mcp", "list"]);
    assert!(shown.out.contains("api.example.com") && shown.out.contains("called, in no settings"), "{}", shown.out);
    assert!(!(told.out + &shown.out).contains("hidden-7"));
}
