//! The document and the server agree: every door answers as documented, real answers have the documented shapes.

use serde_json::{Value, json};

use crate::harness::{TestServer, record};

fn document() -> Value {
    serde_json::from_str(hookrail_server::openapi()).unwrap()
}

#[tokio::test]
async fn the_document_is_the_committed_one() {
    let server = TestServer::start().await;
    assert_eq!(server.get("/openapi.json").await.text(), hookrail_server::openapi());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(path, hookrail_server::openapi()).unwrap();
    }
    // As values: the order of members follows from how serde_json was built.
    let committed: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap_or_default()).unwrap_or_default();
    assert!(
        committed == document(),
        "docs/openapi.json is old: UPDATE_OPENAPI=1 cargo test -p hookrail-server openapi"
    );
}

const TOKEN: &str = "a token for tests";

/// Fills a store with a session that has everything.
async fn filled() -> TestServer {
    let server = TestServer::guarded(TOKEN).await;
    let hook = |name: &str, rest: Value| {
        let mut event = json!({"session_id": "s1", "hook_event_name": name, "cwd": "/home/dev/shop"});
        event.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        event.to_string()
    };
    for event in [
        hook("SessionStart", json!({"source": "startup", "model": "a-model"})),
        hook("UserPromptSubmit", json!({"prompt": "look around"})),
        hook("PreToolUse", json!({"tool_name": "Bash", "tool_use_id": "t1", "tool_input": {"command": "ls"}})),
        hook("PostToolUse", json!({"tool_name": "Bash", "tool_use_id": "t1", "tool_response": {}, "duration_ms": 12})),
        hook("PreToolUse", json!({"tool_name": "mcp__github__x", "tool_use_id": "t3"})),
        hook("SubagentStart", json!({"agent_id": "a1", "agent_type": "Explore"})),
        hook(
            "PreToolUse",
            json!({"tool_name": "Read", "tool_use_id": "t2", "agent_id": "a1", "agent_type": "Explore"}),
        ),
        hook("SubagentStop", json!({"agent_id": "a1", "agent_type": "Explore"})),
        hook("SessionEnd", json!({"reason": "exit"})),
    ] {
        assert_eq!(server.post("/v1/hooks/claude-code", event).await.status, 200);
    }
    assert_eq!(server.post("/ingest", r#"{"event_type":"progress","run_id":"r"}"#).await.status, 201);
    let named = server.send("PUT", "/api/v1/servers/github", &[], br#"{"display":"GitHub"}"#).await;
    assert_eq!(named.status, 200, "{}", named.text());
    let secret = format!("npm_{}", "a1B2c3".repeat(6));
    let prompt = hook("UserPromptSubmit", json!({ "prompt": secret }));
    assert_eq!(server.post("/v1/hooks/claude-code", prompt).await.status, 200);
    assert_eq!(server.post("/api/v1/reports", crate::findings::case().to_string()).await.status, 201);
    crate::findings::scanned(&server).await;
    let artifact = json!({"event": "artifact", "path": "out/a.txt", "sha256": crate::artifacts::HELLO, "bytes": 5});
    let record = json!({"v": 1, "agent": "hookrail", "source": "emitted", "name": "artifact", "payload": artifact});
    assert_eq!(server.post("/v1/events", record.to_string()).await.json()["accepted"], 1);
    let put = server.send("PUT", &format!("/api/v1/artifacts/{}", crate::artifacts::HELLO), &[], b"hello").await;
    assert_eq!(put.status, 200, "{}", put.text());
    for waiting in ["waits", "is claimed"] {
        let event = json!({"session_id": waiting, "hook_event_name": "Stop"}).to_string();
        assert_eq!(crate::parking::send(&server, None, crate::parking::HOOKS, &event).await.status, 200);
    }
    server
}

#[tokio::test]
async fn every_door_answers_as_documented() {
    let server = filled().await;
    let event = server.json("/api/v1/events").await["items"][0]["id"].as_str().unwrap().to_owned();
    let mut bodies = 0;
    for (path, operations) in document()["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            if path == "/api/v1/stream" || path == "/api/v1/ws" {
                continue; // An answer without an end: `live.rs`.
            }
            let key = server.post("/api/v1/keys", r#"{"scopes":["read"]}"#).await.json()["id"].clone();
            let key = key.as_str().unwrap();
            let id = match path.as_str() {
                path if path.contains("/events/{id}") => event.as_str(),
                path if path.contains("/keys/{id}") => key,
                path if path.contains("/findings/{id}") => "1",
                _ => "s1",
            };
            let real = path
                .replace("{id}", id)
                .replace("{agent}", "claude-code")
                .replace("{session}/attribute", "is%20claimed/attribute")
                .replace("{session}", "waits")
                .replace("{raw}", "github")
                .replace("{sha256}", crate::artifacts::HELLO)
                .replace("{person}", "dev@example.com");
            let body = match path.as_str() {
                "/v1/events" => record(1),
                "/ingest" => json!({"event_type": "x"}).to_string(),
                "/api/v1/login" => json!({"token": TOKEN}).to_string(),
                "/api/v1/keys" if method == "post" => json!({"scopes": ["read"]}).to_string(),
                "/api/v1/projects" if method == "post" => json!({"project": "acme/shop"}).to_string(),
                "/api/v1/keys/{id}/rotate" => String::new(),
                "/api/v1/titles" if method == "put" => json!({"enabled": false}).to_string(),
                "/api/v1/quarantine/{session}/attribute" => json!({"project": "default", "person": "ann"}).to_string(),
                "/api/v1/servers/{raw}" if method == "put" => json!({"display": "GitHub"}).to_string(),
                "/api/v1/artifacts/{sha256}" if method == "put" => "hello".to_owned(),
                "/api/v1/people/{person}" => json!({"team": "core"}).to_string(),
                "/api/v1/findings/{id}" => json!({"state": "acknowledged", "owner": "ann"}).to_string(),
                "/api/v1/scan" => String::new(),
                "/api/v1/reports" if method == "post" => crate::findings::case().to_string(),
                "/v1/devices" => json!({"device_id": "d", "name": "build-1", "at": "2026-11-20T12:00:00Z"}).to_string(),
                _ if method == "post" => json!({"hook_event_name": "Stop"}).to_string(),
                _ => String::new(),
            };
            let answer = server.send(&method.to_uppercase(), &real, &[], body.as_bytes()).await;
            let success =
                operation["responses"].as_object().unwrap().keys().find(|status| status.starts_with('2')).unwrap();
            assert_eq!(answer.status.to_string(), *success, "{method} {path}: {}", answer.text());
            let content = &operation["responses"][success]["content"];
            if let Some(schema) = content.get("application/json").filter(|_| !answer.body.is_empty()) {
                assert_eq!(answer.header("content-type"), Some("application/json"), "{path}");
                check(&answer.json(), &schema["schema"], &format!("{method} {path}"));
                bodies += 1;
            }
            // Every documented parameter is known, and no other is.
            for parameter in operation["parameters"].as_array().unwrap().iter().filter(|p| p["in"] == "query") {
                let name = parameter["name"].as_str().unwrap();
                let answer = server.get(&format!("{real}?{name}=%00")).await;
                let unknown = answer.text().contains("There is no parameter");
                assert!(answer.status != 500 && !unknown, "{path}?{name}: {}", answer.text());
            }
            if method == "get" && path.starts_with("/api/") {
                assert_eq!(server.get(&format!("{real}?no_such=1")).await.problem(), "bad_request", "{path}");
                assert_eq!(server.get(&format!("{real}?agent=a&agent=b&since=1&since=2")).await.status, 400, "{path}");
            }
            let mut methods = ["PUT", "DELETE", "PATCH"].into_iter();
            let wrong = methods.find(|wrong| operations.get(wrong.to_lowercase()).is_none()).unwrap();
            assert_eq!(server.send(wrong, &real, &[], b"").await.status, 405, "{wrong} {path}");
        }
    }
    assert!(bodies >= 14, "{bodies} shapes were checked");
}

#[tokio::test]
async fn what_does_not_exist_is_told_as_a_problem() {
    let server = TestServer::start().await;
    for path in [
        "/api/v1/nothing",
        "/v1/nothing",
        "/no.such.file",
        "/api/v1/sessions/none",
        "/api/v1/events/01932f6e-7a3c-7b1d-9a2e-0c5f3d8b6a41",
    ] {
        let answer = server.get(path).await;
        assert_eq!((answer.status, answer.problem()), (404, "not_found".to_owned()), "{path}");
    }
    for path in [
        "/api/v1/events/not-an-id",
        "/api/v1/events?cursor=bad",
        "/api/v1/events?limit=0",
        "/api/v1/events?outcome=maybe",
        "/api/v1/events?since=soon",
        "/api/v1/events?since=1h&until=2h",
        "/api/v1/sessions?state=odd",
        "/api/v1/sessions?cursor=bad",
        "/api/v1/overview?bars=0",
        "/api/v1/overview?since=5x",
        "/api/v1/tools?until=-",
        "/api/v1/stream?last_event_id=x",
        "/api/v1/ws",
        "/api/v1/sessions/s/tools?cursor=%F0",
        "/api/v1/sessions/s/events?session_id=t",
    ] {
        let answer = server.get(path).await;
        assert_eq!((answer.status, answer.problem()), (400, "bad_request".to_owned()), "{path}");
    }
}

/// Holds a value against a schema, both ways: nothing required is missing, nothing undocumented is there.
fn check(value: &Value, schema: &Value, at: &str) {
    if let Some(name) = schema["$ref"].as_str() {
        let schema = document().pointer(name.trim_start_matches('#')).cloned();
        return check(value, &schema.unwrap_or_else(|| panic!("{at}: {name} is not there")), at);
    }
    if let Some(any) = schema["oneOf"].as_array() {
        let schema = any.iter().find(|schema| (schema["type"] == "null") == value.is_null()).unwrap();
        if !value.is_null() {
            check(value, schema, at);
        }
        return;
    }
    if let Some(values) = schema["enum"].as_array() {
        return assert!(values.contains(value), "{at}: {value} is none of {values:?}");
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().map(|kind| kind.as_str().unwrap()).collect(),
        _ => return,
    };
    assert!(kinds.contains(&kind) || (kind == "integer" && kinds.contains(&"number")), "{at}: {value} is no {kinds:?}");
    if let Value::Array(items) = value {
        for (n, item) in items.iter().enumerate() {
            check(item, &schema["items"], &format!("{at}[{n}]"));
        }
    }
    let Value::Object(members) = value else { return };
    for required in schema["required"].as_array().unwrap() {
        assert!(members.contains_key(required.as_str().unwrap()), "{at}: {required} is missing");
    }
    for (name, member) in members {
        match schema["properties"].get(name) {
            Some(schema) => check(member, schema, &format!("{at}.{name}")),
            None => assert_eq!(schema["additionalProperties"], true, "{at}: {name} is not documented"),
        }
    }
}
