//! A server of its own for each test, and a client that can do what a well-behaved one cannot.

use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use hookrail_server::{Config, Server, StartError};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long a test waits for anything.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub struct TestServer {
    pub address: SocketAddr,
    pub stop: CancellationToken,
    pub task: JoinHandle<Result<(), StartError>>,
    pub dir: TempDir,
    /// The key that requests show unless they show another.
    pub key: Option<String>,
}

/// Waits until it is so, and fails where it does not become so in time.
pub async fn eventually(mut is: impl AsyncFnMut() -> bool) {
    let until = std::time::Instant::now() + PATIENCE;
    while !is().await {
        assert!(std::time::Instant::now() < until, "it did not come to be in time");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

impl TestServer {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::in_dir(TempDir::new().unwrap(), change).await
    }

    /// A server that asks for a token, and a client that shows it.
    pub async fn guarded(token: &str) -> Self {
        Self::guarded_with(token, |_| {}).await
    }

    pub async fn guarded_with(token: &str, change: impl FnOnce(&mut Config)) -> Self {
        let server = Self::with(|config| {
            config.token = hookrail_server::Token::new(token);
            change(config);
        })
        .await;
        Self { key: Some(token.to_owned()), ..server }
    }

    pub async fn in_dir(dir: TempDir, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config { data_dir: dir.path().to_owned(), ..Config::default() };
        change(&mut config);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Server::bind(config, listener).unwrap();
        let (address, stop) = (server.local_addr().unwrap(), CancellationToken::new());
        let task = tokio::spawn(server.run(stop.clone()));
        Self { address, stop, task, dir, key: None }
    }

    /// Stops it in order and gives back its folder.
    pub async fn stopped(self) -> TempDir {
        self.stop.cancel();
        tokio::time::timeout(PATIENCE, self.task).await.unwrap().unwrap().unwrap();
        self.dir
    }

    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// One request on a connection of its own.
    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
        let mut stream = self.connect().await;
        let mut head = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            head += &format!("Host: {}\r\n", self.address);
        }
        if let Some(key) = self.key.as_ref().filter(|_| !headers.iter().any(|(name, _)| *name == "Authorization")) {
            head += &format!("Authorization: Bearer {key}\r\n");
        }
        // An empty one means: none at all.
        for (name, value) in headers.iter().filter(|header| **header != ("Authorization", "")) {
            head += &format!("{name}: {value}\r\n");
        }
        stream.write_all(format!("{head}\r\n").as_bytes()).await.unwrap();
        // A server that has answered already may have closed its side.
        let _ = stream.write_all(body).await;
        Response::read(&mut stream).await
    }

    pub async fn get(&self, path: &str) -> Response {
        self.send("GET", path, &[], b"").await
    }

    pub async fn post(&self, path: &str, body: impl AsRef<[u8]>) -> Response {
        self.send("POST", path, &[("Content-Type", "application/json")], body.as_ref()).await
    }

    pub async fn json(&self, path: &str) -> Value {
        let response = self.get(path).await;
        assert_eq!(response.status, 200, "{path}: {}", response.text());
        response.json()
    }

    /// The value of a metric, its labels included in the name.
    pub async fn metric(&self, name: &str) -> u64 {
        let text = self.get("/metrics").await.text();
        let line = text.lines().find(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(' ')));
        line.unwrap_or_else(|| panic!("no metric {name} in {text}")).rsplit(' ').next().unwrap().parse().unwrap()
    }

    /// `in`, `stored`, `duplicate`, `rejected` and `pending`.
    pub async fn accounts(&self) -> [u64; 5] {
        let text = self.get("/metrics").await.text();
        let sum = |name: &str| -> u64 {
            let lines = text.lines().filter(|line| line.starts_with(name));
            lines.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
        };
        ["in_total", "stored_total", "duplicate_total", "rejected_total", "pending"]
            .map(|name| sum(&format!("hookrail_events_{name}")))
    }
}

#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Response {
    /// Reads an answer to the end of the connection.
    pub async fn read(stream: &mut TcpStream) -> Self {
        let mut bytes = Vec::new();
        let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("an answer in time");
        let at = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        let at = at.unwrap_or_else(|| panic!("no answer ({read:?}): {}", String::from_utf8_lossy(&bytes)));
        let head = String::from_utf8(bytes[..at].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self { status, head: head.to_ascii_lowercase(), body: bytes[at + 4..].to_vec() }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The code of a problem, after checking that it is told as one.
    pub fn problem(&self) -> String {
        let error = &self.json()["error"];
        assert!(error["message"].is_string() && error["hint"].is_string(), "{}", self.text());
        error["code"].as_str().unwrap().to_owned()
    }
}

/// A record of a tool call as the shipper sends it, with an id of its own for each `n`.
pub fn record(n: u64) -> String {
    let payload = json!({
        "session_id": format!("session-{}", n % 7), "hook_event_name": "PreToolUse", "tool_name": "Bash",
        "tool_use_id": format!("toolu_{n}"), "tool_input": {"command": format!("echo {n}")}, "cwd": "/home/dev/shop",
    });
    json!({
        "v": 1, "id": format!("01932f6e-7a3c-7b1d-9a2e-{n:012x}"), "agent": "claude-code",
        "occurred_at": "2026-11-20T19:38:55.123456789Z", "payload": payload,
    })
    .to_string()
}

pub fn records(ns: std::ops::Range<u64>) -> String {
    ns.map(|n| record(n) + "\n").collect()
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::stream::encode_all(bytes, 1).unwrap()
}

/// A key that was made, and its id.
pub fn key(made: &Response) -> (String, String) {
    assert_eq!(made.status, 201, "{}", made.text());
    let made = made.json();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (text("key"), text("id"))
}
