//! Idle sessions fall asleep, and their next event wakes them.

use std::time::Duration;

use serde_json::json;

use crate::harness::{TestServer, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_session_sleeps_until_its_next_event() {
    let server = TestServer::with(|config| config.sleep_after = Some(Duration::from_millis(40))).await;
    let hook = async |name: &str, more: &str| {
        let body = format!(r#"{{"hook_event_name":"{name}","session_id":"s"{more}}}"#);
        assert_eq!(server.post("/v1/hooks/claude-code", body).await.status, 200);
    };
    let state = async || server.json("/api/v1/sessions/s").await["state"].clone();
    hook("UserPromptSubmit", r#","prompt":"fix the build""#).await;
    hook("Stop", "").await;
    hook("Notification", r#","notification_type":"idle_prompt""#).await;
    eventually(async || state().await == "asleep").await;
    assert_eq!(server.json("/api/v1/sessions?state=asleep").await["items"][0]["id"], "s");
    hook("UserPromptSubmit", r#","prompt":"and the tests""#).await;
    assert_eq!(state().await, "working");
    let page = server.json("/api/v1/sessions/s/events").await;
    let kinds: Vec<_> = page["items"].as_array().unwrap().iter().map(|event| event["kind"].clone()).collect();
    let told = ["prompt.submitted", "turn.ended", "notification", "session.slept", "session.woke", "prompt.submitted"];
    assert_eq!(json!(kinds), json!(told), "{page}");
    let slept = &page["items"][3]["payload"];
    assert_eq!((&slept["title"], &slept["prompts"]), (&json!("fix the build"), &json!(1)));
}
