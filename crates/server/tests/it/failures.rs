//! What a sender can do wrong, and what the server cannot do now.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::harness::{PATIENCE, Response, TestServer, gzip, record, records, zstd};

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_however_it_is_sent() {
    let server = TestServer::with(|config| {
        config.limits.batch_bytes = 100_000;
        config.limits.record_bytes = 10_000;
        config.limits.batch_decompressed_bytes = 200_000;
    })
    .await;
    let large = "x".repeat(150_000);
    for path in ["/v1/events", "/v1/hooks/claude-code", "/events", "/ingest"] {
        let answer = server.post(path, &large).await;
        assert_eq!((answer.status, answer.problem()), (413, "too_large".to_owned()), "{path}");
        let chunked = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{large}\r\n0\r\n\r\n",
            server.address,
            large.len()
        );
        let mut stream = server.connect().await;
        let _ = stream.write_all(chunked.as_bytes()).await;
        // The server may close on us while we still send; where an answer arrives it must be the right one.
        let mut bytes = Vec::new();
        let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.unwrap();
        let head = String::from_utf8_lossy(&bytes);
        assert!(head.is_empty() || head.starts_with("HTTP/1.1 413"), "{path}: {head}");
    }
    for (encoding, bomb) in [("gzip", gzip(&[b' '; 1 << 20])), ("zstd", zstd(&[b' '; 1 << 20]))] {
        let answer = server.send("POST", "/v1/events", &[("Content-Encoding", encoding)], &bomb).await;
        assert_eq!((answer.status, answer.problem()), (413, "too_large".to_owned()), "{encoding}");
    }
    assert_eq!(server.metric("hookrail_requests_refused_total{reason=\"too_large\"}").await, 10);
    assert_eq!(server.accounts().await, [0; 5]);
    assert_eq!(server.post("/v1/events", record(1)).await.status, 200, "and it goes on");
}

#[tokio::test]
async fn a_body_that_is_not_what_its_headers_say_is_refused() {
    let server = TestServer::start().await;
    for encoding in ["gzip", "zstd"] {
        let answer = server.send("POST", "/v1/events", &[("Content-Encoding", encoding)], b"garbage").await;
        assert_eq!((answer.status, answer.problem()), (400, "bad_request".to_owned()), "{encoding}");
    }
    let cut = zstd(records(0..1000).as_bytes());
    let answer = server.send("POST", "/v1/events", &[("Content-Encoding", "zstd")], &cut[..cut.len() / 2]).await;
    assert_eq!(answer.status, 400, "a body that was cut off");
    let answer = server.send("POST", "/v1/events", &[("Content-Encoding", "br")], b"x").await;
    assert_eq!((answer.status, answer.problem()), (415, "unsupported_encoding".to_owned()));
    assert_eq!(server.accounts().await, [0; 5]);
}

#[tokio::test]
async fn a_batch_of_too_many_records_is_refused_whole() {
    let server = TestServer::with(|config| config.limits.batch_records = 10).await;
    assert_eq!(server.post("/v1/events", records(0..11)).await.status, 413);
    assert_eq!(server.post("/v1/events", records(0..10)).await.json()["accepted"], 10);
}

#[tokio::test]
async fn a_body_that_does_not_come_is_given_up() {
    let server = TestServer::with(|config| config.limits.body_timeout = Duration::from_millis(200)).await;
    let mut stream = server.connect().await;
    let head = format!(
        "POST /v1/events HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: 100\r\n\r\nhalf",
        server.address
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let answer = Response::read(&mut stream).await;
    assert_eq!((answer.status, answer.problem()), (408, "body_timeout".to_owned()));
    assert_eq!(server.metric("hookrail_requests_refused_total{reason=\"body_timeout\"}").await, 1);
}

#[tokio::test]
async fn a_head_that_does_not_come_or_does_not_end_is_given_up() {
    let server = TestServer::with(|config| config.limits.header_timeout = Duration::from_millis(200)).await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: loc").await.unwrap();
    let mut rest = Vec::new();
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest)).await.expect("closed in time").unwrap();
    let mut stream = server.connect().await;
    let endless = format!("GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n", "x".repeat(200_000));
    let _ = stream.write_all(endless.as_bytes()).await;
    let mut rest = Vec::new();
    let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest)).await.expect("closed in time");
    assert!(!String::from_utf8_lossy(&rest).starts_with("HTTP/1.1 2"));
}

/// Holds the store's file so that nothing can be committed, as another process might.
struct Stall(rusqlite::Connection);

impl Stall {
    fn new(server: &TestServer) -> Self {
        let connection = rusqlite::Connection::open(server.dir.path().join("hookrail.db")).unwrap();
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        Self(connection)
    }

    fn end(self) {
        self.0.execute_batch("ROLLBACK").unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_says_so_before_it_reads_and_loses_nothing_it_took() {
    const SLOTS: usize = 5;
    let server = TestServer::with(|config| config.limits.queue_slots = SLOTS).await;
    let server = std::sync::Arc::new(server);
    let stall = Stall::new(&server);
    let waiting: Vec<_> = (0..SLOTS as u64)
        .map(|n| {
            let server = server.clone();
            tokio::spawn(async move { server.post("/v1/events", record(n)).await })
        })
        .collect();
    let started = Instant::now();
    while server.metric("hookrail_events_pending").await < SLOTS as u64 {
        assert!(started.elapsed() < PATIENCE, "the slots fill");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    for n in 0..20 {
        let path = if n % 2 == 0 { "/v1/events" } else { "/v1/hooks/claude-code" };
        let answer = server.post(path, record(100 + n)).await;
        assert_eq!((answer.status, answer.problem()), (429, "queue_full".to_owned()));
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
    assert_eq!(server.get("/readyz").await.status, 503);
    stall.end();
    for request in waiting {
        assert_eq!(request.await.unwrap().json()["accepted"], 1);
    }
    assert_eq!(server.metric("hookrail_requests_refused_total{reason=\"queue_full\"}").await, 20);
    assert_eq!(server.accounts().await, [SLOTS as u64, SLOTS as u64, 0, 0, 0]);
    assert_eq!(server.get("/readyz").await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_cannot_be_written_acknowledges_nothing_and_a_later_try_succeeds() {
    let server = TestServer::start().await;
    let stall = Stall::new(&server);
    let answer = server.post("/v1/events", records(0..3)).await;
    assert_eq!((answer.status, answer.problem()), (503, "unavailable".to_owned()));
    assert!(answer.header("retry-after").is_some());
    stall.end();
    assert_eq!(server.post("/v1/events", records(0..3)).await.json()["accepted"], 3);
    assert_eq!(server.accounts().await, [6, 3, 0, 3, 0]);
}
