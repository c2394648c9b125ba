//! Claude Code whose hooks carry no key and whose telemetry does: every event of the session ends up attributed.

use std::fs;

use serde_json::Value;

use super::claude_code::{bash, command};
use super::script::{MARK, Script};
use super::{http_hooks, messages, npm};
use crate::rig::{Rig, until};
use crate::two_servers::{Redis, events, key, two};

/// Runs a session: hooks to `hooks` without a key, telemetry to `telemetry` with one, and that only after the hooks.
fn session(agents: &npm::Agents, rig: &Rig, hooks: &str, telemetry: &str, key: &str) -> String {
    let folder = rig.path("project").join(".claude");
    fs::create_dir_all(&folder).unwrap();
    let shown =
        "\"headers\": { \"Authorization\": \"Bearer $HOOKRAIL_TOKEN\" }, \"allowedEnvVars\": [\"HOOKRAIL_TOKEN\"], ";
    let settings = http_hooks::settings(hooks).replace(shown, "");
    assert!(!settings.contains("Authorization"), "{settings}");
    fs::write(folder.join("settings.json"), settings).unwrap();
    let script = Script::new("main").then(&[bash("echo one")]).then(&[bash("exit 3"), bash("echo two")]);
    let api = messages::start(vec![script]);
    let mut claude = command(rig, &agents.claude_code, &api.url(), &format!("{MARK}main Do the work."));
    claude
        .env("CLAUDE_CODE_ENABLE_TELEMETRY", "1")
        .env("OTEL_LOGS_EXPORTER", "otlp")
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", telemetry)
        .env("OTEL_EXPORTER_OTLP_HEADERS", format!("Authorization=Bearer {key}"))
        .env("OTEL_RESOURCE_ATTRIBUTES", "user.email=ann@example.com")
        // Telemetry leaves when the session ends, long after its hooks.
        .env("OTEL_LOGS_EXPORT_INTERVAL", "600000");
    let said = rig.succeed(claude, b"");
    let result: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(result["result"], "All done.", "{result}");
    result["session_id"].as_str().unwrap().to_owned()
}

/// Every hook of the script's session is there once, in order, beside the telemetry, and has the person.
fn complete(rig: &Rig, key: &str, session: &str) {
    let hooks = |events: &[Value]| -> Vec<String> {
        let hooks = events
            .iter()
            .filter(|event| event["name"].as_str().is_some_and(|name| name.starts_with(char::is_uppercase)));
        hooks.map(|event| event["name"].as_str().unwrap().to_owned()).collect()
    };
    let all = until("every hook", || {
        Some(events(rig, key, session)).filter(|all| hooks(all).contains(&"SessionEnd".to_owned()))
    });
    let names = hooks(&all);
    let count = |name: &str| names.iter().filter(|each| *each == name).count();
    assert_eq!(names.first().map(String::as_str), Some("UserPromptSubmit"), "{names:?}");
    for (name, expected) in
        [("PreToolUse", 3), ("PostToolUse", 2), ("PostToolUseFailure", 1), ("Stop", 1), ("SessionEnd", 1)]
    {
        assert_eq!(count(name), expected, "{name} in {names:?}");
    }
    assert!(all.len() > names.len(), "telemetry is there too");
    for event in &all {
        assert_eq!(event["user"], "ann@example.com", "{event}");
    }
}

#[test]
fn hooks_without_a_key_are_attributed_by_telemetry_with_one() {
    let Some(agents) = npm::agents() else { return };
    let mut rig = Rig::new();
    let ours = key(&rig, "ours");
    rig.serve();
    let session = session(agents, &rig, &rig.url(), &rig.url(), &ours);
    complete(&rig, &ours, &session);
}

#[test]
fn hooks_to_one_server_and_telemetry_to_another_meet_in_the_latter() {
    let Some(agents) = npm::agents() else { return };
    let Some(redis) = Redis::start() else { return };
    let (home, other, ours) = two(&redis);
    let session = session(agents, &home, &other.url(), &home.url(), &ours);
    complete(&home, &ours, &session);
}
