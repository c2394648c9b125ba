//! What was used, by whom, where and at what cost: from records of every source to the answers of the API.

use serde_json::{Value, json};

use crate::harness::TestServer;

/// A line of a transcript in which a model answers.
fn answer(session: &str, message: &str, request: &str, at: &str, usage: &Value) -> Value {
    json!({
        "source": "transcript", "agent": "claude-code", "session_id": session, "occurred_at": at,
        "context": {"repository": "github.com/acme/shop", "branch": "main"},
        "payload": {
            "type": "assistant", "uuid": format!("{session}-{message}-{request}"), "sessionId": session, "timestamp": at,
            "cwd": "/home/dev/shop", "isSidechain": false, "requestId": request, "version": "2.1.197",
            "message": {
                "id": message, "role": "assistant", "type": "message", "model": "claude-sonnet-4-5-20250929",
                "content": [{"type": "text", "text": "Done."}], "usage": usage,
            },
        },
    })
}

fn usage(input: u64, output: u64, write: u64, read: u64) -> Value {
    json!({
        "input_tokens": input, "output_tokens": output, "cache_creation_input_tokens": write, "cache_read_input_tokens": read,
        "cache_creation": {"ephemeral_5m_input_tokens": write, "ephemeral_1h_input_tokens": 0},
    })
}

async fn send(server: &TestServer, records: &[Value]) {
    let lines: Vec<String> = records.iter().map(Value::to_string).collect();
    let answer = server.post("/v1/events", &lines.join("\n")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["rejected"], json!([]), "{}", answer.text());
}

/// Two sessions: one request told line by line, one more, and a fork that repeats the first.
fn records() -> Vec<Value> {
    let at = |second: u8| format!("2026-11-20T12:00:{second:02}Z");
    vec![
        answer("s1", "msg_1", "req_1", &at(1), &usage(100, 1, 1000, 40_000)),
        answer("s1", "msg_1", "req_1", &at(2), &usage(100, 50, 1000, 40_000)),
        answer("s1", "msg_2", "req_2", &at(3), &usage(7, 20, 0, 41_000)),
        answer("s2", "msg_1", "req_1", &at(1), &usage(100, 50, 1000, 40_000)),
        json!({
            "agent": "claude-code", "occurred_at": at(0), "user": "dev@example.com",
            "payload": {"hook_event_name": "UserPromptSubmit", "session_id": "s1", "prompt": "fix it", "cwd": "/home/dev/shop"},
        }),
    ]
}

#[tokio::test]
async fn a_request_costs_once_whoever_repeats_it() {
    let server = TestServer::start().await;
    send(&server, &records()).await;
    // Sonnet 4.5: 3, 15, 3.75 and 0.30 dollars per million.
    let cost = 107 * 3_000 + 70 * 15_000 + 1000 * 3_750 + 81_000 * 300;
    let expected = json!({
        "requests": 2, "input_tokens": 107, "output_tokens": 70, "cache_read_tokens": 81_000, "cache_write_tokens": 1000,
        "thinking_tokens": 0, "cost_microusd": (cost + 500) / 1000, "cost_estimated": true, "unpriced_requests": 0,
    });
    assert_eq!(server.json("/api/v1/usage?group_by=day").await["total"], expected);
    // Sent again, nothing changes.
    send(&server, &records()).await;
    for group in ["model", "person", "session", "repository", "day", "hour", "team", "agent", "device", "mcp_server"] {
        let answer = server.json(&format!("/api/v1/usage?group_by={group}")).await;
        assert_eq!(answer["total"], expected, "{group}");
        let sum: i64 =
            answer["items"].as_array().unwrap().iter().map(|row| row["cost_microusd"].as_i64().unwrap()).sum();
        assert_eq!(sum, (cost + 500) / 1000, "{group}: {answer}");
    }
    let by = |group: &str| format!("/api/v1/usage?group_by={group}");
    let model = server.json(&by("model")).await["items"][0].clone();
    assert_eq!((&model["key"], &model["estimated"]), (&json!("claude-sonnet-4-5-20250929"), &json!(true)));
    assert_eq!(server.json(&by("person")).await["items"][0]["key"], "dev@example.com");
    assert_eq!(server.json(&by("repository")).await["items"][0]["key"], "github.com/acme/shop");
    assert_eq!(server.json(&by("day")).await["items"][0]["key"], "2026-11-20");
    let elsewhere = server.json("/api/v1/usage?repository=github.com/acme/other").await;
    assert_eq!((&elsewhere["items"], &elsewhere["total"]["requests"]), (&json!([]), &json!(0)));
}

#[tokio::test]
async fn a_session_shows_its_prompts_people_and_sources() {
    let server = TestServer::start().await;
    send(&server, &records()).await;
    let session = server.json("/api/v1/sessions/s1").await;
    assert_eq!((&session["requests"], &session["prompts"]), (&json!(2), &json!(1)));
    assert_eq!((&session["repository"], &session["branch"]), (&json!("github.com/acme/shop"), &json!("main")));
    assert_eq!(
        server.json("/api/v1/sessions?repository=github.com/acme/shop").await["items"].as_array().unwrap().len(),
        2
    );
    let prompts = server.json("/api/v1/sessions/s1/prompts").await;
    assert_eq!((&prompts["items"][0]["text"], &prompts["items"][0]["requests"]), (&json!("fix it"), &json!(2)));
    let people = server.json("/api/v1/people").await;
    assert_eq!(
        (&people["items"][0]["person"], &people["items"][0]["requests"]),
        (&json!("dev@example.com"), &json!(2))
    );
    assert_eq!(server.json("/api/v1/repositories").await["items"][0]["sessions"], 2);
    let told = server.json("/api/v1/sessions/s1/reconciliation").await;
    let sources: Vec<&Value> = told["sources"].as_array().unwrap().iter().map(|told| &told["source"]).collect();
    assert_eq!(sources, [&json!("hook"), &json!("transcript")]);
    let put = server.send("PUT", "/api/v1/people/dev@example.com", &[], br#"{"team":"core"}"#).await;
    assert_eq!(put.status, 204, "{}", put.text());
    assert_eq!(server.json("/api/v1/usage?group_by=team").await["items"][0]["key"], "core");
    assert_eq!(server.json("/api/v1/people").await["items"][0]["team"], "core");
}

#[tokio::test]
async fn what_few_people_used_is_hidden_from_viewers_who_are_no_admins() {
    let server = TestServer::with(|config| config.min_group = 3).await;
    let mut all = records();
    for (n, person) in ["ana", "ben", "cyd"].iter().enumerate() {
        let (session, repository) =
            (format!("p{n}"), if n == 0 { "github.com/acme/alone" } else { "github.com/acme/shop" });
        let id = |kind: &str| format!("{kind}_{person}");
        let mut told = answer(&session, &id("msg"), &id("req"), "2026-11-20T12:00:09Z", &usage(1000, 10, 0, 0));
        told["user"] = json!(format!("{person}@example.com"));
        told["context"]["repository"] = json!(repository);
        all.push(told);
    }
    send(&server, &all).await;
    let admin = server.json("/api/v1/usage?group_by=repository").await;
    assert_eq!(admin["items"].as_array().unwrap().len(), 2, "{admin}");
    let key = server.post("/api/v1/keys", r#"{"scopes":["read"]}"#).await.json()["key"].as_str().unwrap().to_owned();
    let bearer = format!("Bearer {key}");
    let ask = async |path: &str| server.send("GET", path, &[("authorization", &bearer)], b"").await;
    for one in ["user=ana@example.com", "session_id=p0", "device=x"] {
        assert_eq!(ask(&format!("/api/v1/usage?group_by=model&{one}")).await.status, 403, "{one}");
    }
    // What was decided in a session stands in its events, which a viewer may read.
    for (query, status) in
        [("group_by=session", 200), ("session_id=p0", 200), ("group_by=person", 403), ("user=ana", 403)]
    {
        assert_eq!(ask(&format!("/api/v1/verdicts?{query}")).await.status, status, "{query}");
    }
    let by_person = ask("/api/v1/usage?group_by=person").await.json();
    assert_eq!(by_person["items"].as_array().unwrap().len(), 1, "{by_person}");
    assert_eq!(by_person["items"][0]["key"], "(hidden)");
    let alone = ask("/api/v1/usage?group_by=model&repository=github.com/acme/alone").await.json();
    assert_eq!((&alone["items"], &alone["total"]["requests"]), (&json!([]), &json!(0)), "{alone}");
    assert!(ask("/api/v1/usage").await.json()["total"]["requests"].as_u64() > Some(3));
    assert_eq!(ask("/api/v1/people").await.status, 403);
}
