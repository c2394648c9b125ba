//! Events without a key: they wait for their session, and go to whom claims it.

use std::time::{Duration, Instant};

use hookrail_store::Settings;
use hookrail_store::registry::{NewKey, Registry, Scope, Scopes};
use serde_json::{Value, json};

use crate::harness::{PATIENCE, TestServer};

/// A key of a project, made beside the server as the command line does.
pub fn key(server: &TestServer, project: &str) -> String {
    let registry = Registry::open(Some(&server.dir.path().join("registry.db")), &Settings::default()).unwrap();
    let scopes = [Scope::Ingest, Scope::Read].into_iter().collect::<Scopes>();
    let new = NewKey { project: project.parse().unwrap(), scopes, name: None, by: "test".to_owned() };
    registry.create(&new).unwrap().0.reveal().to_owned()
}

/// A hook's event of a session, as Claude Code posts it.
pub fn hook(session: &str, n: u64) -> String {
    json!({"session_id": session, "hook_event_name": "PreToolUse", "tool_name": "Bash",
        "tool_use_id": format!("toolu_{n}"), "tool_input": {"command": format!("echo {n}")}})
    .to_string()
}

pub const HOOKS: &str = "/v1/hooks/claude-code";

/// Sends with this key, or without any.
pub async fn send(server: &TestServer, key: Option<&str>, path: &str, body: &str) -> crate::harness::Response {
    let bearer = key.map(|key| format!("Bearer {key}"));
    let headers: Vec<(&str, &str)> = bearer.iter().map(|bearer| ("Authorization", bearer.as_str())).collect();
    server.send("POST", path, &headers, body.as_bytes()).await
}

/// What a session's project shows of it.
pub async fn events(server: &TestServer, key: &str, session: &str) -> Vec<Value> {
    let path = format!("/api/v1/sessions/{session}/events?limit=1000");
    let bearer = format!("Bearer {key}");
    let response = server.send("GET", &path, &[("Authorization", &bearer)], b"").await;
    match response.status {
        404 => Vec::new(),
        200 => response.json()["items"].as_array().unwrap().clone(),
        other => panic!("{other}: {}", response.text()),
    }
}

/// Waits until a project has so many events of a session.
pub async fn wait_for(server: &TestServer, key: &str, session: &str, count: usize) -> Vec<Value> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let events = events(server, key, session).await;
        if events.len() >= count {
            return events;
        }
        assert!(Instant::now() < deadline, "{} of {count} events", events.len());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn calls(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["tool_use_id"].as_str().unwrap_or_default()).collect()
}

#[tokio::test]
async fn what_waited_is_released_in_order_with_its_own_time_to_the_first_who_claims() {
    let server = TestServer::start().await;
    let (ours, theirs) = (key(&server, "ours"), key(&server, "theirs"));
    for n in 1..=5 {
        let answer = send(&server, None, HOOKS, &hook("s1", n)).await;
        assert_eq!((answer.status, answer.text()), (200, String::new()));
    }
    tokio::time::sleep(Duration::from_millis(30)).await;
    let between = hookrail_core::time::Timestamp::from_nanos(
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as i64,
    );
    assert_eq!(send(&server, Some(&ours), HOOKS, &hook("s1", 6)).await.status, 200);
    let stored = wait_for(&server, &ours, "s1", 6).await;
    assert_eq!(calls(&stored), ["toolu_1", "toolu_2", "toolu_3", "toolu_4", "toolu_5", "toolu_6"]);
    for event in &stored[..5] {
        assert!(event["received_at"].as_str().unwrap() < between.to_string().as_str(), "{event}");
        assert!(event["occurred_at"].as_str().unwrap() < between.to_string().as_str(), "{event}");
    }
    // From now on it goes straight there; a replay is a duplicate; another project gets nothing by naming the session.
    assert_eq!(send(&server, None, HOOKS, &hook("s1", 7)).await.status, 200);
    assert_eq!(send(&server, None, HOOKS, &hook("s1", 1)).await.status, 200);
    assert_eq!(send(&server, Some(&theirs), HOOKS, &hook("s1", 8)).await.status, 200);
    assert_eq!(send(&server, None, HOOKS, &hook("s1", 9)).await.status, 200);
    let stored = wait_for(&server, &ours, "s1", 8).await;
    assert_eq!(stored.len(), 8, "{stored:?}");
    assert_eq!(calls(&events(&server, &theirs, "s1").await), ["toolu_8"], "its own event is its own");
}

#[tokio::test]
async fn an_account_is_believed_only_of_those_who_hold_a_key() {
    let server = TestServer::start().await;
    let ours = key(&server, "ours");
    let hook = |n: u64, email: &str| {
        json!({"hook_event_name": "preToolUse", "conversation_id": "c1", "cursor_version": "3", "tool_name": "Shell",
            "tool_use_id": format!("call_{n}"), "user_email": email})
        .to_string()
    };
    const CURSOR: &str = "/v1/hooks/cursor";
    let told = async |key: Option<&str>, n: u64, email: &str| {
        assert_eq!(send(&server, key, CURSOR, &hook(n, email)).await.status, 200);
    };
    told(None, 1, "anybody@example.com").await;
    told(Some(&ours), 2, "ana@example.com").await;
    told(None, 3, "anybody@example.com").await;
    let events = wait_for(&server, &ours, "c1", 3).await;
    let users: Vec<_> = events.iter().map(|event| event["user"].as_str().unwrap_or("-")).collect();
    assert!(!users.contains(&"anybody@example.com"), "{users:?}");
    let bearer = format!("Bearer {ours}");
    let session = server.send("GET", "/api/v1/sessions/c1", &[("Authorization", &bearer)], b"").await.json();
    assert_eq!(session["user"], "ana@example.com");
}
