//! What a device that limits spending is told: sums of its own sessions' people and repositories, and nothing else.

use serde_json::{Value, json};

use crate::harness::TestServer;

const OPERATOR: &str = "hkr_operator";

/// A request that cost so many cents: Sonnet 4.5, three dollars for a million tokens of input.
fn spent(session: &str, user: &str, repository: &str, at: &str, cents: u64) -> Value {
    json!({
        "source": "transcript", "agent": "claude-code", "session_id": session, "occurred_at": at, "user": user,
        "context": {"repository": repository},
        "payload": {
            "type": "assistant", "uuid": format!("{session}-{at}"), "sessionId": session, "timestamp": at,
            "cwd": "/home/dev/shop", "requestId": format!("req-{session}-{at}"),
            "message": {
                "id": format!("msg-{session}-{at}"), "role": "assistant", "type": "message",
                "model": "claude-sonnet-4-5-20250929", "content": [], "usage": {"input_tokens": cents * 10_000 / 3, "output_tokens": 0},
            },
        },
    })
}

fn cents(amount: &Value) -> i64 {
    (amount.as_i64().unwrap() + 5_000) / 10_000
}

#[tokio::test]
async fn sums_are_of_the_person_and_the_repository_of_a_session_that_is_named() {
    let server = TestServer::guarded(OPERATOR).await;
    let shop = "github.com/acme/shop";
    let records = [
        // 2026-11-20 is a Friday.
        spent("one", "dev", shop, "2026-11-20T12:00:00Z", 10),
        spent("one", "dev", shop, "2026-11-19T23:59:59Z", 20),
        spent("two", "dev", "github.com/acme/till", "2026-11-17T12:00:00Z", 30),
        spent("old", "dev", shop, "2026-11-02T12:00:00Z", 15),
        spent("older", "dev", shop, "2026-10-31T12:00:00Z", 12),
        spent("theirs", "you", shop, "2026-11-20T13:00:00Z", 25),
        spent("local", "user", "/home/user/notes", "2026-11-20T13:00:00Z", 5),
    ];
    let lines: Vec<String> = records.iter().map(Value::to_string).collect();
    assert_eq!(server.post("/v1/events", &lines.join("\n")).await.status, 200);
    let made = server.post("/api/v1/keys", r#"{"project":"default","scopes":["ingest"]}"#).await.json();
    let bearer = format!("Bearer {}", made["key"].as_str().unwrap());
    let ask = async |path: String| server.send("GET", &path, &[("Authorization", &bearer)], b"").await;
    let door = |sessions: &str, day: &str| {
        format!("/api/v1/spend?sessions={sessions}&day={day}&week=2026-11-16T00:00:00Z&month=2026-11-01T00:00:00Z")
    };

    let answer = ask(door("one,local,nobodys", "2026-11-20T00:00:00Z")).await;
    assert_eq!(answer.status, 200, "a key that sends events may ask: {}", answer.text());
    assert!(!answer.text().contains("dev") && !answer.text().contains("acme"), "no names: {}", answer.text());
    let items = answer.json()["items"].clone();
    assert_eq!(items.as_array().unwrap().len(), 2, "a session nobody knows is left out");
    let sums = |item: &Value, of: &str| ["day", "week", "month"].map(|span| cents(&item[of][span]));
    let one = &items[0];
    assert_eq!((one["session_id"].as_str(), cents(&one["cost_microusd"])), (Some("one"), 30));
    assert_eq!(sums(one, "person"), [10, 60, 75], "of one person, in all repositories");
    assert_eq!(sums(one, "repository"), [35, 55, 70], "of everybody, in one repository");
    assert_eq!(sums(&items[1], "person"), [5, 5, 5]);
    assert!(items[1]["repository"].is_null(), "a path is another place on another machine");

    // A day that begins at half past begins with the next full hour.
    for (day, expected) in [("2026-11-20T11:30:00Z", 10), ("2026-11-20T12:00:00Z", 10), ("2026-11-20T12:30:00Z", 0)] {
        let answer = ask(door("one", day)).await.json();
        assert_eq!(cents(&answer["items"][0]["person"]["day"]), expected, "{day}");
    }
    let many = vec!["s"; 65].join(",");
    assert_eq!(ask(door(&many, "1h")).await.status, 400);
    assert_eq!(ask("/api/v1/spend?user=dev".to_owned()).await.status, 400, "nobody is asked for by name");
    assert_eq!(ask("/api/v1/usage".to_owned()).await.status, 403, "and nothing else may be read");
    assert_eq!(server.send("GET", &door("one", "1h"), &[("Authorization", "")], b"").await.status, 401);
}
