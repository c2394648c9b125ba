//! `hookrail servers` with a real server: names are given, seen in the other commands, and taken back.

use serde_json::Value;

use crate::chain::Server;
use crate::device::{Device, feed};

fn hook(device: &Device, event: &str, call: u32) {
    let payload = serde_json::json!({
        "hook_event_name": event, "session_id": "s", "tool_name": "mcp__plugin_acme_linear__list", "tool_use_id": format!("t{call}"),
        "tool_input": {"query": "open"},
    });
    let output = feed(device.hookrail(&["hook", "claude-code"]), payload.to_string().as_bytes());
    assert_eq!(output.code, 0, "{}", output.err);
}

#[test]
fn a_server_is_named_seen_and_forgotten() {
    let device = Device::new();
    let server = Server::start(&device, &[]);
    let run = |args: &[&str]| {
        let args: Vec<&str> = args.iter().copied().chain(["--server", server.url.as_str()]).collect();
        let outcome = device.run(&args);
        assert_eq!(outcome.code, 0, "{args:?}: {}", outcome.err);
        outcome
    };
    assert!(run(&["servers"]).err.contains("No MCP servers found"));
    hook(&device, "PreToolUse", 1);
    hook(&device, "PostToolUseFailure", 1);
    run(&["ship", "--once"]);
    let listed = run(&["servers"]).out;
    assert!(listed.contains("linear (acme plugin)  1      1"), "{listed}");
    assert!(run(&["servers", "name", "plugin_*_linear", "Linear"]).out.contains("is called Linear from now on"));
    let named: Value = serde_json::from_str(&run(&["servers", "name", "a/b ?", "x", "--json"]).out).unwrap();
    assert_eq!((&named["raw"], &named["display"]), (&"a/b ?".into(), &"x".into()));
    assert!(run(&["sessions", "s"]).out.contains("Linear: list"));
    assert!(run(&["events", "--mcp-server", "Linear"]).out.contains("Linear: list  open"));
    let exported = run(&["export", "--format", "csv", "--mcp-server", "plugin_acme_linear"]).out;
    assert_eq!(exported.matches("mcp__plugin_acme_linear__list,plugin_acme_linear,Linear,").count(), 2, "{exported}");
    run(&["servers", "forget", "a/b ?"]);
    run(&["servers", "forget", "plugin_*_linear", "--json"]);
    let rows: Vec<Value> =
        run(&["servers", "--json"]).out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["display"], "linear (acme plugin)");
    let outcome = device.run(&["servers", "forget", "none", "--server", &server.url]);
    assert_eq!(outcome.code, 1);
    assert!(outcome.err.contains("No name was given"), "{}", outcome.err);
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn titles_are_switched_and_their_endpoint_is_checked() {
    let device = Device::new();
    let server = Server::start(&device, &["--titles-url", "http://127.0.0.1:9/v1", "--titles-model", "a-model"]);
    let run = |args: &[&str]| {
        let args: Vec<&str> = args.iter().copied().chain(["--server", server.url.as_str()]).collect();
        let outcome = device.run(&args);
        assert_eq!(outcome.code, 0, "{args:?}: {}", outcome.err);
        outcome.out
    };
    assert!(run(&["titles"]).contains("a-model is asked"));
    assert!(run(&["titles", "off"]).contains("Titles are off"));
    assert!(run(&["titles", "--json"]).contains(r#""enabled":false"#));
    assert!(run(&["titles", "on"]).contains("Titles are on"));
    for (url, why) in [("http://169.254.169.254/v1", "never connects to"), ("http://api.example.com", "use https://")] {
        let outcome = device.run(&["serve", "--listen", "127.0.0.1:0", "--titles-url", url, "--titles-model", "m"]);
        assert!(outcome.code == 1 && outcome.err.contains(why), "{}", outcome.err);
    }
    assert_eq!(device.run(&["serve", "--titles-url", "https://a.example"]).code, 2, "a model is needed too");
}

#[test]
fn what_models_used_is_summed() {
    let device = Device::new();
    let server = Server::start(&device, &[]);
    let home = device.home().join("projects");
    std::fs::create_dir_all(&home).unwrap();
    let line = |n: u64, model: &str| {
        serde_json::json!({
            "type": "assistant", "uuid": format!("00000000-0000-4000-8000-{n:012}"), "sessionId": "s1", "requestId": format!("req_{n}"),
            "timestamp": "2026-11-20T12:00:00Z", "cwd": "/home/dev/shop",
            "message": {"id": format!("msg_{n}"), "role": "assistant", "type": "message", "model": model,
                "content": [{"type": "text", "text": "Done."}], "usage": {"input_tokens": 1_000_000, "output_tokens": 10}},
        })
        .to_string()
    };
    let lines = [
        line(1, "claude-sonnet-4-5-20250929"),
        line(2, "claude-sonnet-4-5-20250929"),
        line(3, "a-model-without-price"),
    ];
    std::fs::write(home.join("s1.jsonl"), lines.join("\n") + "\n").unwrap();
    let run = |args: &[&str]| {
        let args: Vec<&str> = args.iter().copied().chain(["--server", server.url.as_str()]).collect();
        let outcome = device.run(&args);
        assert_eq!(outcome.code, 0, "{args:?}: {}", outcome.err);
        outcome
    };
    assert!(run(&["usage"]).err.contains("No use of models found"));
    run(&["import", "claude-code", home.to_str().unwrap()]);
    let shown = run(&["usage"]);
    let rows: Vec<&str> = shown.out.lines().map(str::trim).collect();
    assert_eq!(rows.len(), 4, "{}", shown.out);
    assert!(
        rows[1].contains("2,000,000") && rows[1].contains("~$") && rows[1].ends_with("claude-sonnet-4-5-20250929"),
        "{}",
        rows[1]
    );
    assert!(rows[3].starts_with('3') && rows[3].ends_with("all"), "{}", rows[3]);
    assert!(shown.err.contains("Requests without a known cost, not in these sums: 1"), "{}", shown.err);
    let json = run(&["usage", "--by", "day", "--json", "--session", "s1"]).out;
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap()["key"], "2026-11-20");
    let session = run(&["sessions", "s1"]).out;
    assert!(session.contains("3,000,000 input, 30 output") && session.contains("cost        ~$"), "{session}");
}
