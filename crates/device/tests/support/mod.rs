//! A server that stores events by id and misbehaves as told, and a device to ship from.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use hookrail_core::event::EventId;
use hookrail_core::time::Timestamp;
use hookrail_device::config::Config;
use hookrail_hook::Home;
use hookrail_hook::spool::Spool;

/// What the server does with a request.
#[derive(Clone, Debug)]
pub enum Act {
    /// Stores the records and acknowledges them, rejecting those that hold the text `reject-me`.
    Store,
    /// Stores the records and breaks the connection within the answer.
    StoreAndBreak,
    /// Answers with status, extra header lines and body.
    Answer(u16, String, String),
    /// Sends these bytes, whatever they are, and closes.
    Raw(Vec<u8>),
    /// Never answers.
    Hang,
    /// Begins an answer and goes on with a byte now and then, without end.
    Drip,
    /// Answers with more than anybody wants to read.
    Flood,
    /// Closes the connection.
    Close,
}

pub fn answer(status: u16, headers: &str, body: &str) -> Act {
    Act::Answer(status, headers.to_owned(), body.to_owned())
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    pub head: String,
    pub lines: Vec<String>,
}

type Script = dyn Fn(usize, &Request) -> Act + Send + Sync;

pub struct Server {
    pub url: String,
    state: Arc<State>,
}

struct State {
    script: Box<Script>,
    requests: Mutex<Vec<Request>>,
    stored: Mutex<BTreeMap<String, usize>>,
}

impl Server {
    pub fn start(script: impl Fn(usize, &Request) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State { script: Box::new(script), requests: Mutex::default(), stored: Mutex::default() });
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for connection in listener.incoming() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || connection.map(|connection| shared.serve(&connection)));
            }
        });
        Self { url, state }
    }

    pub fn storing() -> Self {
        Self::start(|_, _| Act::Store)
    }

    pub fn requests(&self) -> Vec<Request> {
        self.state.requests.lock().unwrap().clone()
    }

    /// The ids that are stored, in order.
    pub fn ids(&self) -> Vec<String> {
        self.state.stored.lock().unwrap().keys().cloned().collect()
    }
}

impl State {
    fn serve(&self, connection: &TcpStream) {
        let mut reader = BufReader::new(connection);
        while let Some(request) = read_request(&mut reader) {
            let number = {
                let mut requests = self.requests.lock().unwrap();
                requests.push(request.clone());
                requests.len() - 1
            };
            if !self.act((self.script)(number, &request), &request, connection) {
                return;
            }
        }
    }

    /// Whether the connection goes on.
    fn act(&self, act: Act, request: &Request, mut connection: &TcpStream) -> bool {
        match act {
            Act::Store => connection.write_all(http(200, "", &self.store(&request.lines)).as_bytes()).is_ok(),
            Act::StoreAndBreak => {
                let whole = http(200, "", &self.store(&request.lines));
                let _ = connection.write_all(&whole.as_bytes()[..whole.len() / 2]);
                false
            }
            Act::Answer(status, headers, body) => {
                connection.write_all(http(status, &headers, &body).as_bytes()).is_ok()
            }
            Act::Raw(bytes) => {
                let _ = connection.write_all(&bytes);
                false
            }
            Act::Hang => {
                let _ = connection.read(&mut [0]);
                false
            }
            Act::Drip => {
                let _ = connection.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
                while connection.write_all(b" ").is_ok() {
                    thread::sleep(Duration::from_millis(20));
                }
                false
            }
            Act::Flood => {
                let _ = connection.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
                while connection.write_all(&[b' '; 64 << 10]).is_ok() {}
                false
            }
            Act::Close => false,
        }
    }

    fn store(&self, lines: &[String]) -> String {
        let mut stored = self.stored.lock().unwrap();
        let (mut accepted, mut duplicates, mut rejected) = (0, 0, Vec::new());
        for (index, line) in lines.iter().enumerate() {
            if line.contains("reject-me") {
                rejected.push(serde_json::json!({"index": index, "reason": "told to"}));
                continue;
            }
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            let times = stored.entry(record["id"].as_str().unwrap().to_owned()).or_default();
            *times += 1;
            if *times > 1 { duplicates += 1 } else { accepted += 1 }
        }
        serde_json::json!({"accepted": accepted, "duplicates": duplicates, "rejected": rejected}).to_string()
    }
}

fn http(status: u16, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n{headers}\r\n{body}", body.len())
}

pub fn read_request(reader: &mut impl BufRead) -> Option<Request> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    let mut text = String::new();
    flate2::read::GzDecoder::new(body.as_slice()).read_to_string(&mut text).ok()?;
    Some(Request { head, lines: text.lines().map(str::to_owned).collect() })
}

/// A device's state folder.
pub struct Device {
    pub folder: tempfile::TempDir,
    pub home: Home,
    pub spool: Spool,
}

impl Device {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path().join("state"));
        std::fs::create_dir(home.path()).unwrap();
        let spool = Spool::at(home.spool());
        Self { folder, home, spool }
    }

    /// Appends records numbered by `numbers` and returns their ids.
    pub fn append(&self, numbers: std::ops::Range<u64>, text: &str) -> Vec<String> {
        numbers.map(|n| append(&self.spool, n, text)).collect()
    }

    /// Everything the spool still holds, by id.
    pub fn left(&self) -> Vec<String> {
        let mut text = String::new();
        for entry in std::fs::read_dir(self.spool.dir()).into_iter().flatten() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if name.ends_with(".jsonl") && name != "dropped.jsonl" {
                text += &std::fs::read_to_string(path).unwrap();
            }
        }
        text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["id"].to_string()).collect()
    }

    /// The records that were set aside, with the reason.
    pub fn rejected(&self) -> Vec<(String, String)> {
        let mut all = Vec::new();
        for entry in std::fs::read_dir(self.home.rejected()).into_iter().flatten() {
            for line in std::fs::read_to_string(entry.unwrap().path()).unwrap().lines() {
                let line: serde_json::Value = serde_json::from_str(line).unwrap();
                all.push((line["record"].as_str().unwrap().to_owned(), line["reason"].as_str().unwrap().to_owned()));
            }
        }
        all
    }
}

/// Appends record `n` to a spool and returns its id.
pub fn append(spool: &Spool, n: u64, text: &str) -> String {
    let id = EventId::v7(Timestamp::from_nanos(1_795_203_535_000_000_000 + n as i64 * 1_000_000), n);
    let line = format!(
        "{{\"v\":1,\"id\":\"{id}\",\"agent\":\"claude-code\",\"payload\":{{\"hook_event_name\":\"Stop\",\"n\":{n},\"text\":{text:?}}}}}\n"
    );
    spool.append(line.as_bytes()).unwrap();
    id.to_string()
}

/// Settings for a test: short waits, small batches.
pub fn config(url: &str) -> Config {
    Config {
        server: Some(url.to_owned()),
        batch_bytes: 1000,
        batch_wait: Duration::from_millis(20),
        idle_exit: Duration::from_millis(400),
        connect_timeout: Duration::from_secs(5),
        answer_timeout: Duration::from_millis(1500),
        ..Config::default()
    }
}

/// Waits until something holds, at most half a minute.
pub fn eventually(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(Instant::now() < deadline, "not in time: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}
