//! Each door events come in by: what it takes, what it answers, what is stored.

use serde_json::{Value, json};

use crate::harness::{TestServer, gzip, record, records, zstd};

#[tokio::test]
async fn a_batch_is_stored_in_every_encoding_and_once() {
    let server = TestServer::start().await;
    for (encoding, body, range) in [
        ("identity", records(0..10).into_bytes(), 0..10),
        ("gzip", gzip(records(10..20).as_bytes()), 10..20),
        ("zstd", zstd(records(20..30).as_bytes()), 20..30),
    ] {
        let headers = [("Content-Encoding", encoding)];
        let first = server.send("POST", "/v1/events", &headers, &body).await;
        assert_eq!(first.json(), json!({"accepted": 10, "duplicates": 0, "rejected": []}), "{encoding}");
        let second = server.send("POST", "/v1/events", &headers, &body).await;
        assert_eq!(second.json(), json!({"accepted": 0, "duplicates": 10, "rejected": []}), "{encoding}");
        let id = format!("01932f6e-7a3c-7b1d-9a2e-{:012x}", range.start);
        let event = server.json(&format!("/api/v1/events/{id}")).await;
        assert_eq!(event["id"], id);
        assert_eq!(event["kind"], "tool.requested");
        assert_eq!(event["tool"], "Bash");
        assert_eq!(event["occurred_at"], "2026-11-20T19:38:55.123456789Z");
    }
    assert_eq!(server.accounts().await, [60, 30, 30, 0, 0]);
}

#[tokio::test]
async fn a_bad_line_costs_only_itself() {
    let server = TestServer::start().await;
    let body = [
        record(1),
        "not json".to_owned(),
        String::new(),
        "{}".to_owned(),
        "  ".to_owned(),
        r#"{"payload":{"hook_event_name":"Stop","session_id":"s"},"unknown_member":[1]}"#.to_owned(),
        r#"{"id":"not-an-id","payload":{}}"#.to_owned(),
        r#"{"malformed":"bm90IGpzb24=","session_id":"s"}"#.to_owned(),
        "[1]".to_owned(),
        record(2),
    ]
    .join("\n");
    let answer = server.post("/v1/events", body).await;
    assert_eq!(answer.status, 200);
    let answer = answer.json();
    assert_eq!(answer["accepted"], 4, "{answer}");
    let rejected: Vec<(u64, &str)> = answer["rejected"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| (line["index"].as_u64().unwrap(), line["reason"].as_str().unwrap()))
        .collect();
    assert_eq!(
        rejected,
        [(1, "not_a_record"), (2, "no_payload"), (4, "not_a_record"), (6, "not_a_record")],
        "blank lines have no index"
    );
    let malformed = server.json("/api/v1/events?kind=malformed").await;
    assert_eq!(malformed["items"][0]["payload"], json!({"malformed": "bm90IGpzb24="}));
    assert_eq!(malformed["items"][0]["session_id"], "s");
    assert_eq!(server.accounts().await, [8, 4, 0, 4, 0]);
}

#[tokio::test]
async fn an_empty_batch_is_no_mistake() {
    let server = TestServer::start().await;
    for body in ["", "\n\n"] {
        let answer = server.post("/v1/events", body).await;
        assert_eq!(answer.json(), json!({"accepted": 0, "duplicates": 0, "rejected": []}));
    }
}

#[tokio::test]
async fn a_record_that_is_too_large_is_rejected_alone() {
    let server = TestServer::with(|config| config.limits.record_bytes = 2000).await;
    let large = json!({"payload": {"hook_event_name": "Stop", "text": "x".repeat(3000)}}).to_string();
    let answer = server.post("/v1/events", format!("{large}\n{}", record(1))).await.json();
    assert_eq!(
        answer,
        json!({"accepted": 1, "duplicates": 0, "rejected": [{"index": 0, "reason": "record_too_large"}]})
    );
}

#[tokio::test]
async fn a_hook_is_answered_as_its_agent_expects_and_stored_once() {
    let server = TestServer::start().await;
    let event = json!({"session_id": "s1", "hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_use_id": "t1", "tool_input": {"command": "ls"}});
    for _ in 0..2 {
        let answer = server.post("/v1/hooks/claude-code", event.to_string()).await;
        assert_eq!((answer.status, answer.text().as_str()), (200, ""), "no opinion is no word");
    }
    let prompt = json!({"session_id": "s1", "hook_event_name": "UserPromptSubmit", "prompt": "hello"});
    for _ in 0..2 {
        assert_eq!(server.post("/v1/hooks/claude-code", prompt.to_string()).await.status, 200);
    }
    let events = server.json("/api/v1/events").await;
    assert_eq!(events["items"].as_array().unwrap().len(), 2, "each was sent twice and stored once: {events}");
    let calls = server.json("/api/v1/sessions/s1/tools").await;
    assert_eq!(calls["items"][0]["tool_use_id"], "t1");
    assert_eq!(server.accounts().await, [4, 2, 2, 0, 0]);
}

#[tokio::test]
async fn a_cursor_hook_gets_json_and_an_unknown_agent_is_kept() {
    let server = TestServer::start().await;
    let event =
        json!({"conversation_id": "c1", "hook_event_name": "beforeShellExecution", "command": "ls", "cwd": "/"});
    let answer = server.post("/v1/hooks/cursor", event.to_string()).await;
    assert_eq!(answer.status, 200);
    assert!(
        answer.body.is_empty() || answer.json().is_object(),
        "Cursor blocks on what is not JSON: {}",
        answer.text()
    );
    let event = json!({"session_id": "n1", "hook_event_name": "SomethingNew", "whatever": [1, {"a": 2}]});
    assert_eq!(server.post("/v1/hooks/next-agent", event.to_string()).await.status, 200);
    let events = server.json("/api/v1/events?agent=next-agent").await;
    assert_eq!(events["items"][0]["payload"], event);
    assert_eq!(server.post("/v1/hooks/No%20Agent", "{}").await.status, 400);
}

#[tokio::test]
async fn a_hook_that_sends_no_json_is_kept_and_answered_without_a_word() {
    let server = TestServer::start().await;
    for body in [&b"not json"[..], b"\xff\xfe\x00", b"[1,2]", b"", b"{\"half\":"] {
        let answer = server.post("/v1/hooks/claude-code", body).await;
        assert_eq!((answer.status, answer.text().as_str()), (200, ""), "{body:?}");
    }
    let events = server.json("/api/v1/events?kind=malformed").await;
    assert_eq!(events["items"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn secrets_are_taken_out_before_anything_is_derived() {
    let server = TestServer::start().await;
    let secret = format!("ghp_{}", "a1B2".repeat(9));
    let prompt =
        json!({"session_id": "s1", "hook_event_name": "UserPromptSubmit", "prompt": format!("use {secret} now")});
    server.post("/v1/hooks/claude-code", prompt.to_string()).await;
    server.post("/v1/hooks/claude-code", format!("no json but {secret}")).await;
    let mut nested = json!({"source_app": "a", "session_id": "s2", "hook_event_type": "Stop", "payload": {}});
    nested["chat"] = json!([secret]);
    server.post("/events", nested.to_string()).await;
    for path in ["/api/v1/events", "/api/v1/sessions"] {
        let text = server.json(path).await.to_string();
        assert!(!text.contains(&secret), "{text}");
    }
    let malformed = server.json("/api/v1/events?kind=malformed").await;
    let kept = malformed["items"][0]["payload"]["malformed"].as_str().unwrap().to_owned();
    let kept = String::from_utf8(hookrail_core::base64::decode(&kept).unwrap()).unwrap();
    assert!(kept.starts_with("no json but ") && !kept.contains(&secret), "{kept}");
    assert!(server.metric("hookrail_redactions_total").await >= 3);
}

#[tokio::test]
async fn an_event_tells_what_was_taken_out_of_it_whoever_did() {
    let server = TestServer::start().await;
    let secret = format!("ghp_{}", "a1B2".repeat(9));
    let here = json!({"session_id": "s1", "hook_event_name": "UserPromptSubmit", "prompt": secret});
    server.post("/v1/hooks/claude-code", here.to_string()).await;
    let on_the_device = json!({
        "payload": {"session_id": "s1", "hook_event_name": "PreToolUse", "tool_input": ["[redacted:jwt:0a1f]", "gone"]},
        "redactions": [{"kind": "npm-token", "at": "/tool_input/1", "count": 2}],
    });
    assert_eq!(server.post("/v1/events", on_the_device.to_string()).await.status, 200);
    server.post("/v1/hooks/claude-code", json!({"session_id": "s1", "hook_event_name": "Stop"}).to_string()).await;
    let of = |query: &'static str| {
        let server = &server;
        async move {
            let events = server.json(&format!("/api/v1/events{query}")).await;
            events["items"].as_array().unwrap().iter().map(|event| event["redactions"].clone()).collect::<Vec<_>>()
        }
    };
    let prompt = json!([{"kind": "github-token", "at": "/prompt", "count": 1}]);
    let call = json!([
        {"kind": "jwt", "at": "/tool_input/0", "count": 1},
        {"kind": "npm-token", "at": "/tool_input/1", "count": 2},
    ]);
    assert_eq!(of("").await, [json!([]), call.clone(), prompt.clone()]);
    assert_eq!(of("?redaction=any").await, [call.clone(), prompt.clone()]);
    assert_eq!(of("?redaction=npm-token").await, [call]);
    assert_eq!(of("?redaction=stripe-key").await, Vec::<Value>::new());
}

#[tokio::test]
async fn both_shapes_of_the_older_event_senders_are_understood() {
    let server = TestServer::start().await;
    let nested = json!({
        "source_app": "shop", "session_id": "s1", "hook_event_type": "PreToolUse", "timestamp": 1_795_203_535_123_u64,
        "payload": {"session_id": "s1", "tool_name": "Bash", "tool_use_id": "t1", "tool_input": {"command": "ls"}},
        "chat": [{"role": "user"}], "summary": "Lists files",
    });
    let answer = server.post("/events", nested.to_string()).await;
    assert_eq!((answer.status, answer.json()["status"].as_str().unwrap().to_owned()), (200, "stored".to_owned()));
    let flat = json!({
        "source_app": "shop", "event_type": "PostToolUse", "timestamp": "2026-11-20T19:38:56.5", "session_id": "s1",
        "tool_name": "Bash", "tool_use_id": "t1", "tool_response": {"stdout": "a"}, "hostname": "vm-7",
    });
    let stored = server.post("/events", flat.to_string()).await.json();
    let mut again = flat.clone();
    again["timestamp"] = json!("2026-11-20T20:00:00Z");
    let duplicate = server.post("/events", again.to_string()).await.json();
    assert_eq!(
        (&duplicate["status"], &duplicate["id"]),
        (&json!("duplicate"), &stored["id"]),
        "the clock does not count"
    );
    let events = server.json("/api/v1/sessions/s1/events?source_app=shop").await;
    let events = events["items"].as_array().unwrap();
    assert_eq!(events.len(), 2);
    assert_eq!(events[0]["occurred_at"], "2026-11-20T19:38:55.123000000Z");
    assert_eq!(events[0]["payload"]["chat"], json!([{"role": "user"}]));
    assert_eq!(events[0]["payload"]["summary"], "Lists files");
    assert_eq!(events[1]["occurred_at"], "2026-11-20T19:38:56.500000000Z");
    assert_eq!(events[1]["payload"], flat);
    let calls = server.json("/api/v1/sessions/s1/tools").await;
    assert_eq!(calls["items"][0]["outcome"], "succeeded", "the two made one tool call: {calls}");
    for bad in ["", "[]", "7", "nothing"] {
        assert_eq!(server.post("/events", bad).await.status, 400, "{bad}");
    }
}

fn envelope(n: u64, kind: &str) -> Value {
    json!({
        "schema_version": "1.0", "event_id": format!("e{n}"), "ts": "2026-11-20T19:38:55.123Z", "session_id": format!("s{}", n % 2),
        "run_id": format!("run-{}", n % 3), "worker": format!("w{}", n % 5), "event_type": kind,
        "level": if n.is_multiple_of(4) { "error" } else { "info" }, "hash": "0", "data": {"n": n, "step": {"name": "a \"b\" c/d"}},
    })
}

#[tokio::test]
async fn envelopes_are_refused_twice_whatever_their_clock_says() {
    let server = TestServer::start().await;
    let mut one = envelope(1, "progress");
    assert_eq!(server.post("/ingest", one.to_string()).await.status, 201);
    one["ts"] = json!("2027-01-01T00:00:00Z");
    one["event_id"] = json!("another");
    one["hash"] = json!("a hash over the clock");
    let again = server.post("/ingest", one.to_string()).await;
    assert_eq!((again.status, again.json()["status"].as_str().unwrap().to_owned()), (202, "duplicate".to_owned()));
    one["data"]["n"] = json!(2);
    assert_eq!(server.post("/ingest", one.to_string()).await.status, 201);
    for (bad, code) in [
        (json!({"schema_version": "2.0", "event_type": "x"}), "unsupported_schema"),
        (json!({"schema_version": 2, "event_type": "x"}), "unsupported_schema"),
        (json!({"schema_version": "1.0"}), "bad_request"),
        (json!({"event_type": "x", "collection": "secrets"}), "unknown_collection"),
        (json!([1]), "bad_request"),
    ] {
        let answer = server.post("/ingest", bad.to_string()).await;
        assert_eq!((answer.status, answer.problem()), (400, code.to_owned()), "{bad}");
    }
    assert_eq!(server.accounts().await, [8, 2, 1, 5, 0]);
}

#[tokio::test]
async fn envelopes_are_found_by_any_combination_of_filters() {
    let server = TestServer::start().await;
    let kinds = ["progress", "artifact", "decision", "done"];
    let all: Vec<Value> = (0..60).map(|n| envelope(n, kinds[n as usize % 4])).collect();
    for envelope in &all {
        assert_eq!(server.post("/ingest", envelope.to_string()).await.status, 201);
    }
    let filters = ["run_id=run-1", "session_id=s0", "worker=w2", "level=error", "event_type=done", "data.n=4"];
    let holds = |envelope: &Value, filter: &str| {
        let (name, value) = filter.split_once('=').unwrap();
        let found = if name == "data.n" {
            envelope["data"]["n"].to_string()
        } else {
            envelope[name].as_str().unwrap().to_owned()
        };
        found == value
    };
    for mask in 0..1u32 << filters.len() {
        let chosen: Vec<&str> =
            filters.iter().enumerate().filter(|(n, _)| mask & 1 << n != 0).map(|(_, f)| *f).collect();
        let expected = all.iter().filter(|envelope| chosen.iter().all(|filter| holds(envelope, filter))).count();
        let found = server.json(&format!("/query?collection=events&{}", chosen.join("&"))).await;
        assert_eq!(found["count"], expected, "{chosen:?}: {found}");
    }
    let artifacts = server.json("/query?collection=artifacts&run_id=run-1").await;
    assert_eq!(artifacts["count"], 5);
    assert!(artifacts["events"].as_array().unwrap().iter().all(|e| e["metadata"]["event_type"] == "artifact"));
    assert_eq!(server.json("/query?collection=agent_state").await["count"], 15);
    assert_eq!(server.json("/query?collection=embeddings").await["count"], 30);
    let quoted = server.json("/query?data.step.name=a+%22b%22+c%2Fd&limit=7").await;
    assert_eq!(quoted["count"], 7);
    assert_eq!(server.json("/query?nothing=here").await["count"], 0);
    for bad in ["collection=other", "limit=0", "limit=x", "offset=-1", "since=never"] {
        assert_eq!(server.get(&format!("/query?{bad}")).await.status, 400, "{bad}");
    }
    // Page by page, every match once.
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = server.json(&format!("/query?level=info&limit=4{cursor}")).await;
        seen.extend(page["events"].as_array().unwrap().iter().map(|e| e["metadata"]["event_id"].to_string()));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 45);
    assert_eq!(server.json("/query?level=info&offset=40").await["count"], 5);
}
