//! A stop in order: what was acknowledged is there, what is there was counted, nothing hangs.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Mutex;

use crate::harness::{PATIENCE, TestServer, record};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_under_load_loses_nothing_that_was_acknowledged() {
    let server = TestServer::start().await;
    let acknowledged = Arc::new(Mutex::new(HashSet::new()));
    let address = server.address;
    let senders: Vec<_> = (0..8u64)
        .map(|sender| {
            let acknowledged = acknowledged.clone();
            tokio::spawn(async move {
                for n in 0.. {
                    let n = sender * 1_000_000 + n;
                    let Ok(mut stream) = tokio::net::TcpStream::connect(address).await else { return };
                    let body = record(n);
                    let head = format!("POST /v1/events HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len());
                    if stream.write_all(head.as_bytes()).await.is_err() {
                        return;
                    }
                    let mut answer = String::new();
                    if stream.read_to_string(&mut answer).await.is_err() || !answer.contains("\"accepted\":1") {
                        return;
                    }
                    acknowledged.lock().await.insert(n);
                }
            })
        })
        .collect();
    let started = std::time::Instant::now();
    while acknowledged.lock().await.len() < 200 {
        assert!(started.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let dir = server.stopped().await;
    for sender in senders {
        sender.await.unwrap();
    }
    let server = TestServer::in_dir(dir, |_| {}).await;
    for n in acknowledged.lock().await.iter() {
        let path = format!("/api/v1/events/01932f6e-7a3c-7b1d-9a2e-{n:012x}");
        assert_eq!(server.get(&path).await.status, 200, "{n} was acknowledged");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopping_server_is_not_ready_and_takes_nothing_new() {
    let server = TestServer::start().await;
    // A connection in the middle of a request, so that the server has something to wait for.
    let mut slow = server.connect().await;
    let head = format!("POST /v1/events HTTP/1.1\r\nHost: {}\r\nContent-Length: 1000\r\n\r\n", server.address);
    slow.write_all(head.as_bytes()).await.unwrap();
    let body = record(1);
    slow.write_all(body.as_bytes()).await.unwrap();
    assert_eq!(server.get("/readyz").await.status, 200);
    server.stop.cancel();
    let started = std::time::Instant::now();
    while tokio::net::TcpStream::connect(server.address).await.is_ok() {
        assert!(started.elapsed() < PATIENCE, "the listener closes");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    slow.write_all(" ".repeat(1000 - body.len()).as_bytes()).await.unwrap();
    let mut answer = String::new();
    tokio::time::timeout(PATIENCE, slow.read_to_string(&mut answer)).await.unwrap().unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.contains("\"accepted\":1"),
        "what had begun is ended: {answer}"
    );
    server.stopped().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_server_on_the_same_folder_says_so() {
    let server = TestServer::start().await;
    let config =
        hookrail_server::Config { data_dir: server.dir.path().to_owned(), ..hookrail_server::Config::default() };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let error = hookrail_server::Server::bind(config, listener).unwrap_err();
    assert!(matches!(error, hookrail_server::StartError::Store(_)), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retention_removes_what_is_too_old_while_the_server_runs() {
    let server = TestServer::with(|config| {
        config.retention.max_age = Some(Duration::from_millis(1));
        config.limits.retain_every = Duration::from_millis(50);
    })
    .await;
    assert_eq!(server.post("/v1/events", record(1)).await.json()["accepted"], 1);
    let started = std::time::Instant::now();
    while server.metric("hookrail_events_expired_total").await < 1 {
        assert!(started.elapsed() < PATIENCE, "it expires");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(server.json("/api/v1/events").await["items"].as_array().unwrap().len(), 0);
}
