//! Titles from a model: asked of an endpoint that answers well, slowly, wrongly or not at all, and never in anybody's way.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hookrail_server::{Config, TitleSettings, Token};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::harness::{PATIENCE, TestServer};

/// An endpoint that answers each request as it is told to, and keeps what it was asked.
struct Endpoint {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Endpoint {
    /// `answer` makes the whole HTTP answer to the `n`th request; `None` never answers.
    async fn start(answer: impl Fn(usize) -> Option<Vec<u8>> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let (seen, answer) = (asked.clone(), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (seen, answer) = (seen.clone(), answer.clone());
                tokio::spawn(async move {
                    let request = read(&mut stream).await;
                    let n = {
                        let mut seen = seen.lock().unwrap();
                        seen.push(request);
                        seen.len() - 1
                    };
                    match answer(n) {
                        Some(bytes) => drop(stream.write_all(&bytes).await),
                        None => drop(stream.read_u8().await),
                    }
                });
            }
        });
        Self { url, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    fn configure(&self, config: &mut Config) {
        let key = Token::new("the-key-of-the-endpoint");
        config.titles = Some(Arc::new(TitleSettings::new(&self.url, "a-model", key).unwrap()));
    }
}

async fn read(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.to_ascii_lowercase();
            let length = length.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        let mut part = [0; 4096];
        let count = stream.read(&mut part).await.unwrap();
        assert_ne!(count, 0, "the request broke off: {text}");
        bytes.extend_from_slice(&part[..count]);
    }
}

fn http(status: &str, body: &str) -> Option<Vec<u8>> {
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
    Some((head + body).into_bytes())
}

fn said(text: &str) -> Option<Vec<u8>> {
    http("200 OK", &json!({"choices": [{"message": {"role": "assistant", "content": text}}]}).to_string())
}

async fn turn(server: &TestServer, session: &str, prompt: &str) {
    for event in [
        json!({"hook_event_name": "UserPromptSubmit", "session_id": session, "prompt": prompt, "turn": session}),
        json!({"hook_event_name": "Stop", "session_id": session, "last_assistant_message": "It is mended."}),
    ] {
        assert_eq!(server.post("/v1/hooks/claude-code", event.to_string()).await.status, 200);
    }
}

async fn title(server: &TestServer, session: &str) -> (String, String) {
    let session = server.json(&format!("/api/v1/sessions/{session}")).await;
    let text = |name: &str| session[name].as_str().unwrap_or("-").to_owned();
    (text("title"), text("title_source"))
}

async fn until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while !done().await {
        assert!(tokio::time::Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_is_titled_after_its_first_turn_from_what_is_stored() {
    let endpoint = Endpoint::start(|_| said(" \"Mending the build.\" ")).await;
    let server = TestServer::with(|config| endpoint.configure(config)).await;
    assert_eq!(server.json("/api/v1/titles").await, json!({"available": true, "enabled": true, "model": "a-model"}));
    let secret = format!("ghp_{}", "a1B2".repeat(9));
    turn(&server, "s", &format!("mend the build with {secret} please")).await;
    until("a title", async || title(&server, "s").await.1 == "model").await;
    assert_eq!(title(&server, "s").await.0, "Mending the build");
    let request = endpoint.asked().remove(0);
    assert!(request.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("Bearer the-key-of-the-endpoint") && request.contains("mend the build with"), "{request}");
    assert!(request.contains("It is mended.") && !request.contains(&secret), "{request}");
    let body: Value = serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(body["model"], "a-model");
    // A session that has a title is not asked about again; another one is.
    turn(&server, "s", "and test it").await;
    turn(&server, "t", "something else").await;
    until("another title", async || title(&server, "t").await.1 == "model").await;
    assert_eq!((endpoint.asked().len(), server.metric("hookrail_titles_given_total").await), (2, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_project_that_does_not_want_titles_is_never_asked_about() {
    let endpoint = Endpoint::start(|_| said("A title")).await;
    let server = TestServer::with(|config| endpoint.configure(config)).await;
    let off = server.send("PUT", "/api/v1/titles", &[], br#"{"enabled":false}"#).await;
    assert_eq!(off.json(), json!({"available": true, "enabled": false, "model": "a-model"}));
    turn(&server, "s", "not to be sent").await;
    until("a decision", async || server.metric("hookrail_titles_skipped_total").await == 1).await;
    assert_eq!(server.send("PUT", "/api/v1/titles", &[], br#"{"enabled":true}"#).await.status, 200);
    turn(&server, "t", "may be sent").await;
    until("a title", async || title(&server, "t").await.1 == "model").await;
    let asked = endpoint.asked();
    assert!(asked.len() == 1 && !asked[0].contains("not to be sent"), "{asked:?}");
    for body in ["", "{}", r#"{"enabled":"yes"}"#, r#"{"enabled":true,"more":1}"#] {
        assert_eq!(server.send("PUT", "/api/v1/titles", &[], body.as_bytes()).await.problem(), "bad_request", "{body}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_projects_are_asked_about_only_once_they_say_so() {
    let endpoint = Endpoint::start(|_| said("A title")).await;
    let server = TestServer::guarded_with("a token for tests", |config| endpoint.configure(config)).await;
    let made = server.post("/api/v1/projects", r#"{"project":"acme/shop"}"#).await;
    assert!(made.status < 300, "{}", made.text());
    let key = server.post("/api/v1/keys", r#"{"project":"acme/shop","scopes":["admin"]}"#).await.json();
    let bearer = format!("Bearer {}", key["key"].as_str().unwrap());
    let theirs = [("Authorization", bearer.as_str())];
    let turn = async |session: &str| {
        for event in [
            json!({"hook_event_name": "UserPromptSubmit", "session_id": session, "prompt": format!("prompt of {session}")}),
            json!({"hook_event_name": "Stop", "session_id": session}),
        ] {
            let answer = server.send("POST", "/v1/hooks/claude-code", &theirs, event.to_string().as_bytes()).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
        }
    };
    let source = async |session: &str| {
        let session = server.send("GET", &format!("/api/v1/sessions/{session}"), &theirs, b"").await.json();
        session["title_source"].as_str().unwrap_or("-").to_owned()
    };
    // The project is watched from a moment after its store was opened.
    let mut n = 0;
    until("a decision", async || {
        n += 1;
        turn(&format!("before-{n}")).await;
        server.metric("hookrail_titles_skipped_total").await > 0
    })
    .await;
    assert_eq!(endpoint.asked().len(), 0);
    let on = server.send("PUT", "/api/v1/titles", &theirs, br#"{"enabled":true}"#).await;
    assert_eq!(on.status, 200, "{}", on.text());
    turn("after").await;
    until("a title", async || source("after").await == "model").await;
    assert!(endpoint.asked().iter().any(|request| request.contains("prompt of after")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_title_is_not_taken_for_one() {
    let endpoint = Endpoint::start(|n| match n {
        0 => said("<script>alert(1)</script>"),
        1 => said("a\u{1b}[2Jb"),
        2 => http("200 OK", &"x".repeat(1 << 20)),
        3 => http("401 Unauthorized", "{}"),
        // Once more is asked only where that may help.
        4 => http("503 Service Unavailable", "{}"),
        5 => said("Asked twice"),
        n => panic!("asked {n} times"),
    })
    .await;
    let server = TestServer::with(|config| endpoint.configure(config)).await;
    for (n, session) in ["html", "control", "huge", "refused"].into_iter().enumerate() {
        turn(&server, session, "the prompt").await;
        until(session, async || server.metric("hookrail_titles_failed_total").await == n as u64 + 1).await;
        assert_eq!(title(&server, session).await, ("the prompt".to_owned(), "prompt".to_owned()), "{session}");
    }
    turn(&server, "busy", "the prompt").await;
    until("a title", async || title(&server, "busy").await.0 == "Asked twice").await;
    assert_eq!(endpoint.asked().len(), 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_endpoint_is_in_nobodys_way() {
    let endpoint = Endpoint::start(|_| None).await;
    let server = TestServer::with(|config| endpoint.configure(config)).await;
    turn(&server, "s0", "the prompt").await;
    until("a question", async || !endpoint.asked().is_empty()).await;
    // More sessions end than wait; all are stored and read at once, and the server stops without waiting for an answer.
    let started = std::time::Instant::now();
    for n in 1..40 {
        turn(&server, &format!("s{n}"), "the prompt").await;
    }
    assert_eq!(title(&server, "s39").await.1, "prompt");
    server.stopped().await;
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    assert_eq!(endpoint.asked().len(), 1, "one session is asked about at a time");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endpoint_that_is_gone_is_left_alone_after_a_few_failures() {
    let url = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}/v1", listener.local_addr().unwrap())
    };
    let settings = TitleSettings::new(&url, "a-model", None).unwrap();
    let server = TestServer::with(|config| config.titles = Some(Arc::new(settings))).await;
    for n in 0..7 {
        turn(&server, &format!("s{n}"), "the prompt").await;
    }
    until("the breaker", async || server.metric("hookrail_titles_dropped_total").await == 2).await;
    assert_eq!(server.metric("hookrail_titles_failed_total").await, 5);
}

#[test]
fn an_endpoint_is_checked_before_it_is_used() {
    for (url, good) in [
        ("https://api.example.com/v1", true),
        ("https://api.example.com/v1/chat/completions/", true),
        ("http://127.0.0.1:11434/v1", true),
        ("http://api.example.com/v1", false),
        ("http://169.254.169.254/v1", false),
        ("https://me:key@api.example.com/v1", false),
        ("api.example.com", false),
    ] {
        assert_eq!(TitleSettings::new(url, "a-model", None).is_ok(), good, "{url}");
    }
}
