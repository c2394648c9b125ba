//! The live feed: from any event on, without a gap or a double, whatever is being stored meanwhile.

use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

use crate::harness::{PATIENCE, TestServer, record, records, zstd};

/// A reader of server-sent events.
pub struct Sse(tokio::io::Lines<BufReader<TcpStream>>);

impl Sse {
    pub async fn open(server: &TestServer, query: &str, headers: &str) -> Self {
        let mut stream = server.connect().await;
        let head = format!("GET /api/v1/stream{query} HTTP/1.1\r\nHost: {}\r\n{headers}\r\n", server.address);
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut sse = Self(BufReader::new(stream).lines());
        assert_eq!(sse.line().await.unwrap(), "HTTP/1.1 200 OK");
        while !sse.line().await.unwrap().is_empty() {}
        sse
    }

    async fn line(&mut self) -> Option<String> {
        tokio::time::timeout(PATIENCE, self.0.next_line()).await.expect("something in time").unwrap()
    }

    /// The next event: its type, its id, its data.
    pub async fn next(&mut self) -> Option<(String, String, Value)> {
        let (mut id, mut kind) = (String::new(), String::new());
        loop {
            let line = self.line().await?;
            if let Some(text) = line.strip_prefix("id: ") {
                id = text.to_owned();
            } else if let Some(text) = line.strip_prefix("event: ") {
                kind = text.to_owned();
            } else if let Some(text) = line.strip_prefix("data: ") {
                return Some((kind, id, serde_json::from_str(text).unwrap()));
            }
        }
    }
}

type WebSocket = tokio_tungstenite::WebSocketStream<TcpStream>;

async fn socket(server: &TestServer, query: &str) -> WebSocket {
    let url = format!("ws://{}/api/v1/ws{query}", server.address);
    tokio_tungstenite::client_async(url, server.connect().await).await.unwrap().0
}

/// The next message of the feed; what keeps the connection alive is skipped.
async fn message(socket: &mut WebSocket) -> Value {
    loop {
        match tokio::time::timeout(PATIENCE, socket.next()).await.unwrap().unwrap().unwrap() {
            Message::Text(text) => return serde_json::from_str(&text).unwrap(),
            Message::Ping(_) | Message::Pong(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

async fn store(server: &TestServer, range: std::ops::Range<u64>) {
    let answer =
        server.send("POST", "/v1/events", &[("Content-Encoding", "zstd")], &zstd(records(range).as_bytes())).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

fn id(n: u64) -> String {
    format!("01932f6e-7a3c-7b1d-9a2e-{n:012x}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_sees_what_is_stored_from_then_on_by_either_way() {
    let server = TestServer::start().await;
    store(&server, 0..5).await;
    let mut sse = Sse::open(&server, "", "").await;
    let mut ws = socket(&server, "").await;
    store(&server, 5..8).await;
    for n in 5..8 {
        let (kind, name, event) = sse.next().await.unwrap();
        assert_eq!((kind.as_str(), name, &event["id"]), ("event", id(n), &Value::from(id(n))));
        let message = message(&mut ws).await;
        assert_eq!((&message["type"], &message["event"]), (&Value::from("event"), &event), "both show one shape");
        assert_eq!(server.json(&format!("/api/v1/events/{}", id(n))).await, event, "and so does the list");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resuming_crosses_from_the_store_to_the_feed_without_gap_or_double() {
    const EVENTS: u64 = 4_000;
    let server = Arc::new(TestServer::start().await);
    store(&server, 0..500).await;
    let writer = {
        let server = server.clone();
        tokio::spawn(async move {
            for n in (500..EVENTS).step_by(50) {
                store(&server, n..n + 50).await;
            }
        })
    };
    let mut readers = Vec::new();
    for from in [0, 100, 250, 499] {
        for way in ["header", "query", "socket"] {
            let server = server.clone();
            readers.push(tokio::spawn(async move {
                let query = format!("?last_event_id={}", id(from));
                let (mut sse, mut ws) = (None, None);
                match way {
                    "header" => sse = Some(Sse::open(&server, "", &format!("Last-Event-ID: {}\r\n", id(from))).await),
                    "query" => sse = Some(Sse::open(&server, &query, "").await),
                    _ => ws = Some(socket(&server, &query).await),
                }
                for n in from + 1..EVENTS {
                    let event = match (&mut sse, &mut ws) {
                        (Some(sse), _) => sse.next().await.unwrap().2,
                        (_, Some(ws)) => message(ws).await["event"].clone(),
                        _ => unreachable!("one of them is open"),
                    };
                    assert_eq!(event["id"], id(n), "by {way} from {from}");
                }
            }));
        }
    }
    writer.await.unwrap();
    for reader in readers {
        reader.await.unwrap();
    }
    let gone = server.get(&format!("/api/v1/stream?last_event_id={}", id(999_999))).await;
    assert_eq!((gone.status, gone.problem()), (410, "unknown_event".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn filters_hold_for_what_is_caught_up_and_for_what_is_live() {
    let server = TestServer::start().await;
    store(&server, 0..14).await;
    let mut sse = Sse::open(&server, &format!("?session_id=session-3&q=ECHO&last_event_id={}", id(0)), "").await;
    store(&server, 14..28).await;
    for n in [3, 10, 17, 24] {
        assert_eq!(sse.next().await.unwrap().1, id(n));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_is_told_what_it_missed_and_slows_nobody() {
    let server = TestServer::start().await;
    let mut sse = Sse::open(&server, "", "").await;
    let mut ws = socket(&server, "").await;
    // More than the sockets and the feed hold together, while neither reader reads.
    let large = |n: u64| record(n).replace("echo", &"x".repeat(60_000));
    let count = 1_200;
    for n in (0..count).step_by(20) {
        let body: Vec<String> = (n..n + 20).map(large).collect();
        assert_eq!(server.post("/v1/events", body.join("\n")).await.json()["accepted"], 20);
    }
    let (mut seen, mut missed, mut last) = (0, 0, String::new());
    while last != id(count - 1) {
        let (kind, name, data) = sse.next().await.unwrap();
        match kind.as_str() {
            "event" => {
                assert!(name > last, "in order");
                (seen, last) = (seen + 1, name);
            }
            _ => missed += data["missed"].as_u64().unwrap(),
        }
    }
    assert_eq!(seen + missed, count);
    assert!(missed > 0, "it was slow enough to miss some");
    let (mut seen, mut missed) = (0, 0);
    while seen + missed < count {
        let message = message(&mut ws).await;
        match message["type"].as_str().unwrap() {
            "event" => seen += 1,
            "lagged" => missed += message["missed"].as_u64().unwrap(),
            other => panic!("{other}"),
        }
    }
    assert!(missed > 0 && seen + missed == count);
    assert!(server.metric("hookrail_live_missed_total").await > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quiet_feed_shows_that_it_lives_and_readers_are_counted() {
    let server = TestServer::with(|config| {
        config.limits.heartbeat = std::time::Duration::from_millis(50);
        config.limits.live_readers = 2;
    })
    .await;
    let mut sse = Sse::open(&server, "", "").await;
    loop {
        if sse.line().await.unwrap().starts_with(": alive") {
            break;
        }
    }
    let mut ws = socket(&server, "").await;
    assert!(matches!(ws.next().await.unwrap().unwrap(), Message::Ping(_)));
    assert_eq!(server.metric("hookrail_live_readers").await, 2);
    let third = server.get("/api/v1/stream").await;
    assert_eq!((third.status, third.header("retry-after").is_some()), (503, true));
    ws.send(Message::Close(None)).await.unwrap();
    drop((sse, ws));
    let started = std::time::Instant::now();
    while server.metric("hookrail_live_readers").await > 0 {
        assert!(started.elapsed() < PATIENCE, "places are given back");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_ends_the_feeds() {
    let server = TestServer::start().await;
    let mut sse = Sse::open(&server, "", "").await;
    let mut ws = socket(&server, "").await;
    server.stop.cancel();
    loop {
        match tokio::time::timeout(PATIENCE, ws.next()).await.unwrap() {
            Some(Ok(Message::Close(_))) | Some(Err(_)) | None => break,
            Some(Ok(_)) => {}
        }
    }
    while sse.line().await.is_some() {}
    tokio::time::timeout(PATIENCE, server.task).await.unwrap().unwrap().unwrap();
}
