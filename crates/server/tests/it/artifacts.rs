//! Artifacts: taken in whole or not at all, given back as they came, kept apart and not for ever.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{PATIENCE, Response, TestServer, key};

/// The SHA-256 of `hello`.
pub const HELLO: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

fn told(n: u64, sha256: &str, path: &str) -> String {
    let payload =
        json!({"event": "artifact", "path": path, "sha256": sha256, "bytes": 5, "session_id": "s", "run_id": "r"});
    json!({
        "v": 1, "id": format!("01932f6e-7a3c-7b1d-9a2e-{n:012x}"), "agent": "hookrail", "source": "emitted", "name": "artifact",
        "payload": payload,
    })
    .to_string()
}

async fn put(server: &TestServer, sha256: &str, body: &[u8]) -> Response {
    server.send("PUT", &format!("/api/v1/artifacts/{sha256}"), &[], body).await
}

fn files(server: &TestServer) -> Vec<String> {
    let folder = server.dir.path().join("artifacts/default/default");
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test]
async fn a_content_comes_back_as_it_went_and_is_never_shown() {
    let server = TestServer::start().await;
    let path = format!("/api/v1/artifacts/{HELLO}");
    assert_eq!(server.get(&path).await.problem(), "not_found");
    assert_eq!(server.post("/v1/events", told(1, HELLO, "out/<b>.html")).await.status, 200);
    let listed = async || server.json("/api/v1/artifacts").await["items"][0].clone();
    assert_eq!(listed().await["uploaded"], false);
    assert_eq!(put(&server, HELLO, b"hello").await.json(), json!({"sha256": HELLO, "bytes": 5, "new": true}));
    assert_eq!(put(&server, HELLO, b"hello").await.json()["new"], false, "once more changes nothing");
    let item = listed().await;
    assert_eq!((&item["uploaded"], &item["name"]), (&json!(true), &json!("<b>.html")));
    assert_eq!((&item["session_id"], &item["run_id"]), (&json!("s"), &json!("r")));

    let answer = server.get(&path).await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "hello"));
    assert_eq!(answer.header("content-type"), Some("application/octet-stream"));
    assert_eq!(answer.header("content-disposition"), Some("attachment; filename*=utf-8''%3cb%3e.html"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(answer.header("content-security-policy").is_some());
    let held = server.json("/api/v1/status").await["artifacts"].clone();
    assert_eq!(held, json!({"count": 1, "bytes": 5}));
    assert_eq!(server.metric("hookrail_artifacts_uploaded_total").await, 1);

    // A large one goes and comes in pieces.
    let large: Vec<u8> = (0..3_000_000u32).flat_map(u32::to_le_bytes).collect();
    let name = LARGE;
    assert_eq!(put(&server, name, &large).await.json()["bytes"], large.len());
    assert!(server.get(&format!("/api/v1/artifacts/{name}")).await.body == large);
    let server = TestServer::in_dir(server.stopped().await, |_| {}).await;
    assert_eq!(server.json("/api/v1/status").await["artifacts"]["count"], 2, "and outlives a stop");
}

/// The SHA-256 of three million numbers.
const LARGE: &str = "97744d1688b4cf9e48d5ed2d296784ca7eb01ec2330ecbfee10659d872a50a96";

#[tokio::test]
async fn what_is_refused_leaves_nothing() {
    let server = TestServer::with(|config| {
        config.limits.artifact_bytes = 8;
        config.limits.artifacts_bytes = 12;
    })
    .await;
    for (name, body, status, problem) in [
        (HELLO, &b"hallo"[..], 422, "hash_mismatch"),
        (HELLO, b"", 422, "hash_mismatch"),
        (HELLO, b"123456789", 413, "too_large"),
        ("..%2f..%2fhookrail.db", b"hello", 400, "bad_request"),
        (&HELLO.to_uppercase(), b"hello", 400, "bad_request"),
        (&HELLO[1..], b"hello", 400, "bad_request"),
    ] {
        let answer = put(&server, name, body).await;
        assert_eq!((answer.status, answer.problem().as_str()), (status, problem), "{name} {}", answer.text());
    }
    let zipped =
        server.send("PUT", &format!("/api/v1/artifacts/{HELLO}"), &[("Content-Encoding", "gzip")], b"hello").await;
    assert_eq!(zipped.status, 415);
    // Without a length told, the bound holds while it comes.
    let mut stream = server.connect().await;
    let head = format!(
        "PUT /api/v1/artifacts/{HELLO} HTTP/1.1\r\nHost: {}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n",
        server.address
    );
    let body = "9\r\n123456789\r\n0\r\n\r\n";
    tokio::io::AsyncWriteExt::write_all(&mut stream, format!("{head}{body}").as_bytes()).await.unwrap();
    assert_eq!(Response::read(&mut stream).await.status, 413);
    assert_eq!(server.get(&format!("/api/v1/artifacts/{HELLO}")).await.status, 404);
    assert!(files(&server).is_empty(), "{:?}", files(&server));
    assert_eq!(put(&server, HELLO, b"hello").await.status, 200);
    let other = "ae448ac86c4e8e4dec645729708ef41873ae79c6dff84eff73360989487f08e5"; // of `another`
    assert_eq!(put(&server, other, b"another").await.status, 200);
    let third = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"; // of `x`
    let full = put(&server, third, b"x").await;
    assert_eq!((full.status, full.header("retry-after")), (503, Some("60")));

    let memory = TestServer::with(|config| config.store = Some("sqlite::memory:".to_owned())).await;
    assert_eq!(put(&memory, HELLO, b"hello").await.problem(), "artifacts_not_kept");
    let discreet = TestServer::with(|config| config.privacy.capture = hookrail_core::capture::Capture::Inputs).await;
    assert_eq!(put(&discreet, HELLO, b"hello").await.problem(), "artifacts_not_kept");
}

#[tokio::test]
async fn a_key_for_reading_uploads_nothing_and_one_for_sending_reads_nothing() {
    let server = TestServer::guarded("the operator's token").await;
    let path = format!("/api/v1/artifacts/{HELLO}");
    let make = async |scope: &str| key(&server.post("/api/v1/keys", json!({"scopes": [scope]}).to_string()).await).0;
    let (reads, sends) = (make("read").await, make("ingest").await);
    for (method, bearer, status) in [
        ("PUT", "", 401),
        ("PUT", "wrong", 401),
        ("PUT", reads.as_str(), 403),
        ("PUT", &sends, 200),
        ("GET", "", 401),
        ("GET", &sends, 403),
        ("GET", &reads, 200),
    ] {
        let bearer = if bearer.is_empty() { String::new() } else { format!("Bearer {bearer}") };
        let answer = server.send(method, &path, &[("Authorization", &bearer)], b"hello").await;
        assert_eq!(answer.status, status, "{method} {}", answer.text());
    }
}

#[tokio::test]
async fn a_content_goes_when_the_last_event_that_tells_of_it_went() {
    let kept = |config: &mut hookrail_server::Config| {
        config.limits.artifact_grace = Duration::ZERO;
        config.limits.retain_every = Duration::from_millis(20);
    };
    let server = TestServer::with(kept).await;
    for n in 0..3 {
        assert_eq!(server.post("/v1/events", told(n, HELLO, "a")).await.status, 200);
    }
    assert_eq!(put(&server, HELLO, b"hello").await.status, 200);
    let other = "ae448ac86c4e8e4dec645729708ef41873ae79c6dff84eff73360989487f08e5"; // of `another`, of which nothing tells
    assert_eq!(put(&server, other, b"another").await.status, 200);
    let gone = async |server: &TestServer, name: &str| {
        let started = std::time::Instant::now();
        while files(server).iter().any(|file| file == name) {
            assert!(started.elapsed() < PATIENCE, "what nothing tells of goes");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    gone(&server, other).await;
    assert_eq!(files(&server), [HELLO]);
    let server = TestServer::in_dir(server.stopped().await, |config| {
        kept(config);
        config.retention.max_age = Some(Duration::from_nanos(1));
    })
    .await;
    gone(&server, HELLO).await;
    let listed: Value = server.json("/api/v1/artifacts").await;
    assert_eq!(listed["items"], json!([]));
    let started = std::time::Instant::now();
    while server.metric("hookrail_artifacts_expired_total").await == 0 {
        assert!(started.elapsed() < PATIENCE, "it is counted");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
