//! MCP servers are called as the project calls them, wherever they are shown, from the moment they are named.

use serde_json::{Value, json};

use crate::harness::TestServer;
use crate::live::Sse;

async fn call(server: &TestServer, session: &str, mcp_server: &str, n: u32) {
    for name in ["PreToolUse", "PostToolUseFailure"] {
        let event = json!({
            "hook_event_name": name, "session_id": session,
            "tool_name": format!("mcp__{mcp_server}__do"), "tool_use_id": format!("toolu_{mcp_server}_{n}"),
        });
        assert_eq!(server.post("/v1/hooks/claude-code", event.to_string()).await.status, 200);
    }
}

async fn name(server: &TestServer, raw: &str, display: &str) -> crate::harness::Response {
    let body = json!({ "display": display }).to_string();
    server.send("PUT", &format!("/api/v1/servers/{raw}"), &[], body.as_bytes()).await
}

fn pairs<'a>(items: &'a Value, keys: [&str; 2]) -> Vec<(&'a str, &'a str)> {
    let text = |item: &'a Value, key: &str| item[key].as_str().unwrap_or("-");
    items.as_array().unwrap().iter().map(|item| (text(item, keys[0]), text(item, keys[1]))).collect()
}

const NAMES: [&str; 2] = ["mcp_server", "mcp_server_name"];

#[tokio::test]
async fn a_name_shows_in_every_view_and_filters_it() {
    let server = TestServer::start().await;
    call(&server, "s", "claude_ai_Linear", 1).await;
    call(&server, "s", "plugin_linear_linear", 2).await;
    call(&server, "s", "github", 3).await;
    let mut live = Sse::open(&server, "?server=Linear%20(all)", "").await;
    for raw in ["claude_ai_Linear", "plugin_linear_linear"] {
        let answer = name(&server, raw, " Linear (all) ").await;
        assert_eq!((answer.status, answer.json()["display"].as_str().unwrap()), (200, "Linear (all)"));
    }
    // What is stored after the naming is live under the name, though the filter was opened before.
    call(&server, "s", "github", 4).await;
    call(&server, "s", "plugin_linear_linear", 5).await;
    let (_, _, event) = live.next().await.unwrap();
    assert_eq!(
        (&event["tool"], &event["mcp_server_name"]),
        (&json!("mcp__plugin_linear_linear__do"), &json!("Linear (all)"))
    );

    let servers = server.json("/api/v1/servers").await;
    assert_eq!(
        pairs(&servers["items"], ["raw", "display"]),
        [("claude_ai_Linear", "Linear (all)"), ("github", "github"), ("plugin_linear_linear", "Linear (all)")]
    );
    assert_eq!(servers["items"][2]["calls"], 2);
    assert_eq!((&servers["items"][2]["errors"], &servers["items"][1]["overridden"]), (&json!(2), &json!(false)));
    let overview = server.json("/api/v1/overview?since=1h").await;
    assert_eq!(
        overview["servers"],
        json!([
            {"mcp_server_name": "Linear (all)", "mcp_servers": ["claude_ai_Linear", "plugin_linear_linear"], "calls": 3, "errors": 3},
            {"mcp_server_name": "github", "mcp_servers": ["github"], "calls": 2, "errors": 2},
        ])
    );
    for path in ["/api/v1/tools?since=1h", "/api/v1/sessions/s/tools", "/api/v1/events", "/api/v1/sessions/s/events"] {
        let items = server.json(path).await["items"].clone();
        assert!(pairs(&items, NAMES).contains(&("claude_ai_Linear", "Linear (all)")), "{path}");
        assert!(pairs(&items, NAMES).contains(&("github", "github")), "{path}");
    }
    for (filter, count) in [("Linear%20(all)", 6), ("claude_ai_Linear", 2), ("github", 4), ("none", 0)] {
        for path in ["/api/v1/events", "/api/v1/sessions/s/events"] {
            let items = server.json(&format!("{path}?server={filter}")).await["items"].clone();
            assert_eq!(items.as_array().unwrap().len(), count, "{path} {filter}");
        }
    }
    let forgotten = server.send("DELETE", "/api/v1/servers/claude_ai_Linear", &[], b"").await;
    assert_eq!((forgotten.status, forgotten.json()["display"].as_str().unwrap()), (200, "Linear (all)"));
    let again = server.send("DELETE", "/api/v1/servers/claude_ai_Linear", &[], b"").await;
    assert_eq!((again.status, again.problem()), (404, "not_found".to_owned()));
    let event = &server.json("/api/v1/events?server=claude_ai_Linear").await["items"][0];
    assert_eq!(event["mcp_server_name"], "Linear");
    // Names outlive the server.
    let dir = server.stopped().await;
    let server = TestServer::in_dir(dir, |_| {}).await;
    let event = &server.json("/api/v1/events?server=plugin_linear_linear").await["items"][0];
    assert_eq!(event["mcp_server_name"], "Linear (all)");
}

#[tokio::test]
async fn a_raw_name_may_be_any_text_and_a_name_is_checked() {
    let server = TestServer::start().await;
    let event = json!({
        "hook_event_name": "beforeMCPExecution", "conversation_id": "c", "tool_name": "query",
        "command": "npx -y @example/mcp?x #1",
    });
    assert_eq!(server.post("/v1/hooks/cursor", event.to_string()).await.status, 200);
    let raw = "npx%20-y%20%40example%2Fmcp%3Fx%20%231";
    assert_eq!(name(&server, raw, "Postgres").await.status, 200);
    let event = &server.json(&format!("/api/v1/events?server={raw}")).await["items"][0];
    assert_eq!((&event["tool"], &event["mcp_server_name"]), (&json!("MCP:query"), &json!("Postgres")));
    // A pattern, for a server that nobody used yet.
    assert_eq!(name(&server, "plugin_*", "a plugin").await.status, 200);
    let servers = server.json("/api/v1/servers").await["items"].clone();
    assert!(servers.as_array().unwrap().iter().any(|one| one["raw"] == "plugin_*" && one["calls"] == 0), "{servers}");
    for (display, status) in [("", 400), ("a\u{7}b", 400), (&"x".repeat(101), 400), ("fine", 200)] {
        assert_eq!(name(&server, "a", display).await.status, status, "{display}");
    }
    for body in ["", "{}", "[]", r#"{"display":1}"#, r#"{"display":"x","more":1}"#] {
        let answer = server.send("PUT", "/api/v1/servers/a", &[], body.as_bytes()).await;
        assert_eq!((answer.status, answer.problem()), (400, "bad_request".to_owned()), "{body}");
    }
}

#[tokio::test]
async fn what_was_used_for_servers_of_one_name_is_one_sum() {
    let server = TestServer::start().await;
    let answer = |n: u64, attributed: &str| {
        json!({
            "source": "transcript", "agent": "claude-code", "session_id": format!("s{n}"), "occurred_at": "2026-11-20T12:00:00Z",
            "payload": {
                "type": "assistant", "uuid": format!("u{n}"), "sessionId": format!("s{n}"), "requestId": format!("req_{n}"),
                "attributionMcpServer": attributed,
                "message": {
                    "id": format!("msg_{n}"), "role": "assistant", "type": "message", "model": "claude-sonnet-4-5-20250929",
                    "content": [{"type": "text", "text": "Done."}], "usage": {"input_tokens": 10 * n, "output_tokens": 1},
                },
            },
        })
        .to_string()
    };
    // The transcript tells servers by the names they were configured with.
    let lines = [answer(1, "plugin:linear:linear"), answer(2, "claude.ai Linear"), answer(4, "github")];
    assert_eq!(server.post("/v1/events", lines.join("\n")).await.json()["accepted"], 3);
    for raw in ["plugin_linear_linear", "claude_ai_Linear"] {
        assert_eq!(name(&server, raw, "Linear (all)").await.status, 200);
    }
    let usage = server.json("/api/v1/usage?group_by=mcp_server").await;
    let sums: Vec<_> = usage["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (&row["key"], &row["input_tokens"], &row["sessions"]))
        .collect();
    assert_eq!(sums, [(&json!("github"), &json!(40), &json!(1)), (&json!("Linear (all)"), &json!(30), &json!(2))]);
}
