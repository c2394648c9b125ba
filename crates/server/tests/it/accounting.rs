//! `in = stored + duplicate + rejected`, under load from every door at once.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::json;

use crate::harness::{TestServer, record, zstd};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_comes_in_is_accounted_for() {
    let server = Arc::new(TestServer::with(|config| config.limits.queue_slots = 8).await);
    let senders: Vec<_> = (0..24u64).map(|n| tokio::spawn(send(server.clone(), n))).collect();
    let mut told = [0u64; 4];
    for sender in senders {
        for (sum, part) in told.iter_mut().zip(sender.await.unwrap()) {
            *sum += part;
        }
    }
    let [r#in, stored, duplicate, rejected, pending] = server.accounts().await;
    assert_eq!([r#in, stored, duplicate, rejected], told, "what the senders were told is what was counted");
    assert_eq!((r#in, pending), (stored + duplicate + rejected, 0));
    let status = server.json("/api/v1/status").await;
    assert_eq!(status["store"]["events"], stored, "and what is in the store: {status}");
    let mut ids = HashSet::new();
    let mut cursor = String::new();
    loop {
        let page = server.json(&format!("/api/v1/events?limit=1000{cursor}")).await;
        for event in page["items"].as_array().unwrap() {
            assert!(ids.insert(event["id"].as_str().unwrap().to_owned()), "listed once");
        }
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(ids.len() as u64, stored);
}

/// Sends by one of the doors and counts what it is told: in, stored, duplicate, rejected.
async fn send(server: Arc<TestServer>, n: u64) -> [u64; 4] {
    let mut told = [0; 4];
    let mut count = |stored: u64, duplicate: u64, rejected: u64| {
        for (sum, part) in told.iter_mut().zip([stored + duplicate + rejected, stored, duplicate, rejected]) {
            *sum += part;
        }
    };
    for round in 0..10u64 {
        match n % 3 {
            0 => {
                // Neighbouring senders overlap by half, and every tenth line is no record.
                let first = (n / 3) * 50 + round * 1000;
                let lines = (first..first + 100).map(|n| if n % 10 == 0 { "bad".to_owned() } else { record(n) });
                let body = zstd(lines.collect::<Vec<_>>().join("\n").as_bytes());
                let answer = until_taken(&server, "/v1/events", &[("Content-Encoding", "zstd")], &body).await;
                let rejected = answer["rejected"].as_array().unwrap().len() as u64;
                count(answer["accepted"].as_u64().unwrap(), answer["duplicates"].as_u64().unwrap(), rejected);
            }
            1 => {
                let event = json!({"hook_event_name": "Stop", "session_id": format!("h{n}"), "round": round});
                until_taken(&server, "/v1/hooks/claude-code", &[], event.to_string().as_bytes()).await;
                count(1, 0, 0);
            }
            _ => {
                let event = json!({"event_type": "progress", "run_id": format!("r{round}")});
                let answer = until_taken(&server, "/ingest", &[], event.to_string().as_bytes()).await;
                let new = u64::from(answer["status"] == "success");
                count(new, 1 - new, 0);
            }
        }
    }
    told
}

/// Sends again as long as the server is full, as a well-behaved sender does.
async fn until_taken(server: &TestServer, path: &str, headers: &[(&str, &str)], body: &[u8]) -> serde_json::Value {
    loop {
        let answer = server.send("POST", path, headers, body).await;
        match answer.status {
            429 => tokio::task::yield_now().await,
            200..=299 if answer.body.is_empty() => return serde_json::Value::Null,
            200..=299 => return answer.json(),
            _ => panic!("{path}: {}", answer.text()),
        }
    }
}
