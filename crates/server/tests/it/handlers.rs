//! How handlers ran.

use serde_json::json;

use crate::harness::TestServer;

#[tokio::test(flavor = "multi_thread")]
async fn handlers_are_summed_by_how_they_came_out() {
    let server = TestServer::start().await;
    let line = |n: u64, handler: &str, outcome: &str, millis: u64| {
        json!({
            "v": 1, "id": format!("01932f6e-7a3c-7b1d-9a2e-{n:012x}"), "agent": "claude-code", "source": "emitted",
            "occurred_at": format!("2026-11-20T12:{n:02}:00Z"),
            "payload": {
                "event": "handler", "session_id": format!("s{n}"), "handler": handler, "on": "Stop", "outcome": outcome,
                "duration_ms": millis,
            },
        })
        .to_string()
    };
    let lines = [
        line(1, "project:lint", "succeeded", 100),
        line(2, "project:lint", "blocked", 100),
        line(3, "project:lint", "timed_out", 30_000),
        line(4, "user:notify", "succeeded", 5),
        line(50, "user:notify", "succeeded", 5),
    ];
    // Told in two batches and once more: sums are added up, repetitions are not.
    for part in [&lines[..2], &lines[2..], &lines[..]] {
        assert_eq!(server.post("/v1/events", part.join("\n")).await.status, 200);
    }
    let span = "since=2026-11-20T12:00:00Z&until=2026-11-20T13:00:00Z";
    let page = server.json(&format!("/api/v1/handlers?{span}")).await;
    let [lint, notify] = [&page["items"][0], &page["items"][1]];
    assert_eq!((&lint["handler"], &lint["runs"], &lint["troubles"]), (&json!("project:lint"), &json!(3), &json!(1)));
    assert_eq!(lint["outcomes"], json!({"succeeded": 1, "blocked": 1, "timed_out": 1}));
    assert_eq!((&lint["last_outcome"], &lint["last_session_id"]), (&json!("timed_out"), &json!("s3")));
    assert_eq!(lint["last_at"], "2026-11-20T12:03:00.000000000Z");
    let near = |value: &serde_json::Value, to: f64| (value.as_f64().unwrap() / to - 1.0).abs() < 0.05;
    assert!(near(&lint["p50_ms"], 100.0) && near(&lint["p95_ms"], 30_000.0), "{lint}");
    assert_eq!((&notify["runs"], &notify["troubles"]), (&json!(2), &json!(0)));
    let before = server.json("/api/v1/handlers?since=2026-11-20T10:00:00Z&until=2026-11-20T11:59:59Z").await;
    assert_eq!(before["items"], json!([]));
}
