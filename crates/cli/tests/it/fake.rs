//! A server as small as can be: it answers each request by a function and keeps what was asked.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Method and path with query: `GET /x?y=1`.
    pub(crate) line: String,
    /// The head, in lower case.
    pub(crate) head: String,
    /// The body, as far as it is text.
    pub(crate) body: String,
}

/// The server; it lives as long as the test.
pub(crate) struct Fake {
    /// Its address as a URL.
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

/// A whole answer with this status and body.
pub(crate) fn answer(status: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// The beginning of an event stream, ended by closing the connection.
pub(crate) fn stream(events: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n{events}").into_bytes()
}

impl Fake {
    /// Answers every request with what `reply` makes of it, and closes the connection.
    pub(crate) fn start(reply: impl Fn(&Request) -> Vec<u8> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&requests);
        thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                if let Some(request) = read(&connection) {
                    let answer = reply(&request);
                    kept.lock().unwrap().push(request);
                    let _ = (&connection).write_all(&answer);
                }
            }
        });
        Self { url, requests }
    }

    /// What was asked so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

fn read(connection: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(connection);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut head = String::new();
    loop {
        let from = head.len();
        reader.read_line(&mut head).ok()?;
        if head[from..].trim().is_empty() {
            break;
        }
    }
    let head = head.to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let line = line.trim().trim_end_matches(" HTTP/1.1").to_owned();
    Some(Request { line, head, body: String::from_utf8_lossy(&body).into_owned() })
}
