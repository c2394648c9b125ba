//! Who is let in: keys of every kind at every door, the session of a browser, and how often one may knock.

use std::time::{Duration, Instant};

use hookrail_server::Rate;
use serde_json::{Value, json};

use crate::harness::{PATIENCE, Response, TestServer, key};
use crate::live::Sse;

const TOKEN: &str = "the token of the operator";

async fn ask(server: &TestServer, key: &str, method: &str, path: &str, body: &str) -> Response {
    let bearer = format!("Bearer {key}");
    server.send(method, path, &[("Authorization", &bearer)], body.as_bytes()).await
}

async fn create(server: &TestServer, scopes: &[&str]) -> (String, String) {
    key(&server.post("/api/v1/keys", json!({"project": "shop", "scopes": scopes}).to_string()).await)
}

/// Every door that asks for a key: method, a path, and the word for who may use it.
fn doors() -> Vec<(String, String, String)> {
    let document: Value = serde_json::from_str(hookrail_server::openapi()).unwrap();
    let mut doors = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let path: Vec<&str> = path.split('/').map(|part| if part.starts_with('{') { "x" } else { part }).collect();
            let access = operation["x-scope"].as_str().unwrap().to_owned();
            if access != "open" {
                doors.push((method.to_uppercase(), path.join("/"), access));
            }
        }
    }
    doors
}

/// The status alone, and what an error says: a feed's answer does not end.
async fn status(server: &TestServer, method: &str, path: &str, key: &str) -> u16 {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = server.connect().await;
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Length: 0\r\nAuthorization: Bearer {key}\r\n\r\n",
        server.address
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut start = [0; 12];
    tokio::time::timeout(PATIENCE, stream.read_exact(&mut start)).await.unwrap().unwrap();
    String::from_utf8_lossy(&start[9..]).parse().unwrap()
}

#[tokio::test]
async fn each_scope_opens_its_doors_and_no_others() {
    let server = TestServer::guarded(TOKEN).await;
    for scopes in [&["ingest"][..], &["read"], &["ingest", "read"], &["admin"]] {
        // Of another organisation than the operator's, whose admin may do more.
        let new = json!({"project": "acme/shop", "scopes": scopes}).to_string();
        let (key, _) = key(&server.post("/api/v1/keys", new).await);
        for (method, path, access) in doors() {
            let admin = scopes.contains(&"admin");
            let allowed = match access.as_str() {
                "any" => true,
                "hook" | "ingest" => admin || scopes.contains(&"ingest"),
                "read" => (admin || scopes.contains(&"read")) && path != "/metrics",
                // What is nobody's yet is the operator's.
                "admin" => admin && !path.starts_with("/api/v1/quarantine"),
                other => panic!("{other}"),
            };
            let status = status(&server, &method, &path, &key).await;
            assert_eq!(status != 403, allowed, "{scopes:?} at {method} {path}: {status}");
            assert_ne!(status, 401, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_key_that_is_none_or_has_ended_opens_no_door() {
    let rate = Rate { per_second: 1_000_000, burst: 1_000_000 };
    let server = TestServer::with(|config| {
        config.token = hookrail_server::Token::new(TOKEN);
        config.limits.stranger_rate = rate;
    })
    .await;
    let server = TestServer { key: Some(TOKEN.to_owned()), ..server };
    let (revoked, id) = create(&server, &["admin"]).await;
    assert_eq!(server.send("DELETE", &format!("/api/v1/keys/{id}"), &[], b"").await.status, 200);
    let (expired, id) = create(&server, &["admin"]).await;
    let rotated = server.post(&format!("/api/v1/keys/{id}/rotate"), r#"{"grace_seconds":0}"#).await;
    let (good, _) = key(&rotated);
    let wrong = format!("{}{}", &good[..good.len() - 1], if good.ends_with('0') { '1' } else { '0' });
    let unknown = format!("hkr_0123456789ab_{}", "0".repeat(64));
    let bad = [&revoked, &expired, &wrong, &unknown, "hkr_", "x", ""];
    for (method, path, _) in doors() {
        for key in bad {
            assert_eq!(status(&server, &method, &path, key).await, 401, "{method} {path} with {key:?}");
        }
    }
    // One answer for all of them, which tells nothing of why, and repeats nothing.
    let answers: Vec<String> = {
        let mut answers = Vec::new();
        for key in bad {
            answers.push(ask(&server, key, "GET", "/api/v1/events", "").await.text());
        }
        answers
    };
    assert!(answers.iter().all(|answer| *answer == answers[0] && !answer.contains("hkr_0")));
    assert_eq!(ask(&server, &good, "GET", "/api/v1/events", "").await.status, 200);
    assert!(server.metric("hookrail_requests_refused_total{reason=\"unauthorized\"}").await > 100);
}

#[tokio::test]
async fn the_first_key_closes_an_open_server_and_its_feeds() {
    let server = TestServer::start().await;
    let me = server.json("/api/v1/me").await;
    assert_eq!((&me["operator"], &me["keyed"]), (&true.into(), &false.into()));
    let mut sse = Sse::open(&server, "", "Connection: close\r\n").await;
    let (key, _) = key(&server.post("/api/v1/keys", r#"{"scopes":["ingest","read"]}"#).await);
    for path in ["/api/v1/events", "/api/v1/me", "/metrics", "/openapi.json"] {
        assert_eq!(server.get(path).await.status, 401, "{path}");
    }
    let event = r#"{"hook_event_name":"Stop","session_id":"s"}"#;
    assert_eq!(ask(&server, &key, "POST", "/v1/hooks/claude-code", event).await.status, 200);
    assert_eq!(sse.next().await, None, "who was let in without a key hears nothing of what came after");
    for open in ["/healthz", "/readyz", "/"] {
        assert_eq!(server.get(open).await.status, 200, "{open}");
    }
}

/// The cookie of a session, as a browser sends it back.
async fn sign_in(server: &TestServer, key: &str) -> String {
    let answer = server.send("POST", "/api/v1/login", &[], json!({"key": key}).to_string().as_bytes()).await;
    assert_eq!(answer.status, 204, "{}", answer.text());
    // The harness shows headers in lower case; a cookie of ours has no other letters.
    answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_session_goes_on_over_a_restart_and_ends_with_its_key() {
    let server = TestServer::guarded(TOKEN).await;
    let (key, id) = create(&server, &["admin"]).await;
    let (server, operator) = (TestServer { key: None, ..server }, TOKEN);
    let (cookie, of_operator) = (sign_in(&server, &key).await, sign_in(&server, operator).await);
    assert!(cookie.contains(&id) && !cookie.contains(key.rsplit('_').next().unwrap()));
    let dir = server.stopped().await;
    let server = TestServer::in_dir(dir, |config| config.token = hookrail_server::Token::new("another token")).await;
    let with = |cookie: &str| [("Cookie".to_owned(), cookie.to_owned())];
    let read = async |cookie: &str| {
        let headers = with(cookie);
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        server.send("GET", "/api/v1/me", &headers, b"").await
    };
    assert_eq!(read(&cookie).await.json()["project"], "shop");
    assert_eq!(read(&of_operator).await.status, 401, "the operator's session ends with the token");
    for forged in [
        cookie.replace(&id, "000000000000"),
        cookie.replace(&id, "operator"),
        format!("{cookie}0"),
        cookie[..cookie.len() - 1].to_owned(),
        {
            let mut parts: Vec<&str> = cookie.split('.').collect();
            parts[1] = "99999999999";
            parts.join(".")
        },
        "hookrail_session=".to_owned(),
        "hookrail_session=a.b.c".to_owned(),
    ] {
        assert_eq!(read(&forged).await.status, 401, "{forged}");
    }

    let mut sse = Sse::open(&server, "", &format!("Connection: close\r\nCookie: {cookie}\r\n")).await;
    let csrf = read(&cookie).await.json()["csrf"].as_str().unwrap().to_owned();
    let headers = [("Cookie", cookie.as_str()), ("X-Hookrail-Csrf", csrf.as_str())];
    let gone = server.send("DELETE", &format!("/api/v1/keys/{id}"), &headers, b"").await;
    assert_eq!(gone.status, 200, "{}", gone.text());
    assert_eq!(read(&cookie).await.status, 401);
    assert_eq!(sse.next().await, None, "the feed ends with the key");
}

#[tokio::test]
async fn a_request_by_cookie_that_changes_something_proves_whose_page_made_it() {
    let server = TestServer::guarded(TOKEN).await;
    let (key, id) = create(&server, &["admin"]).await;
    let server = TestServer { key: None, ..server };
    let (mine, other) = (sign_in(&server, &key).await, sign_in(&server, &key).await);
    let csrf = |cookie: String| {
        let server = &server;
        async move {
            let me = server.send("GET", "/api/v1/me", &[("Cookie", &cookie)], b"").await.json();
            me["csrf"].as_str().unwrap().to_owned()
        }
    };
    let good = csrf(mine.clone()).await;
    // Two sessions of one second are one and the same; another key's never is.
    let (_, third) = {
        let _ = other;
        (0, sign_in(&server, TOKEN).await)
    };
    let strange = csrf(third).await;
    let rotate = format!("/api/v1/keys/{id}/rotate");
    for proof in ["", "0", &strange] {
        let headers = [("Cookie", mine.as_str()), ("X-Hookrail-Csrf", proof)];
        let answer = server.send("POST", &rotate, &headers, b"").await;
        assert_eq!((answer.status, answer.problem()), (403, "csrf".to_owned()), "{proof:?}");
    }
    let bare = server.send("POST", &rotate, &[("Cookie", &mine)], b"").await;
    assert_eq!((bare.status, bare.problem()), (403, "csrf".to_owned()));
    let headers = [("Cookie", mine.as_str()), ("X-Hookrail-Csrf", good.as_str())];
    assert_eq!(server.send("POST", &rotate, &headers, b"").await.status, 201);
    assert_eq!(
        ask(&server, &key, "POST", "/api/v1/keys", r#"{"scopes":["read"]}"#).await.status,
        201,
        "a key needs none"
    );
    let me = ask(&server, &key, "GET", "/api/v1/me", "").await.json();
    assert!(me["csrf"].is_null(), "and is told none");
}

#[tokio::test]
async fn a_cookie_is_for_tls_alone_where_the_browser_came_by_it() {
    for (trust, secure) in [(false, false), (true, true)] {
        let server = TestServer::with(|config| {
            config.token = hookrail_server::Token::new(TOKEN);
            config.trust_proxy = trust;
        })
        .await;
        let body = json!({"token": TOKEN}).to_string();
        let answer = server.send("POST", "/api/v1/login", &[("X-Forwarded-Proto", "https")], body.as_bytes()).await;
        assert_eq!(answer.header("set-cookie").unwrap().contains("; secure"), secure);
    }
}

#[tokio::test]
async fn guessing_is_slowed_and_a_good_key_is_not() {
    let server = TestServer::with(|config| {
        config.token = hookrail_server::Token::new(TOKEN);
        config.trust_proxy = true;
        config.limits.stranger_rate = Rate { per_second: 1, burst: 20 };
    })
    .await;
    let server = TestServer { key: Some(TOKEN.to_owned()), ..server };
    let (good, _) = create(&server, &["read"]).await;
    let mut said = Vec::new();
    for n in 0..40 {
        said.push(ask(&server, &format!("guess {n}"), "GET", "/api/v1/events", "").await);
    }
    let slowed = said.iter().filter(|answer| answer.status == 429).count();
    assert!((15..=20).contains(&slowed), "{slowed} of 40");
    let last = said.last().unwrap();
    assert_eq!(last.problem(), "too_many_requests");
    assert!(last.header("retry-after").unwrap().parse::<u32>().unwrap() >= 1);
    assert_eq!(ask(&server, &good, "GET", "/api/v1/events", "").await.status, 200, "a key cannot be guessed");
    let login = server.send("POST", "/api/v1/login", &[], json!({"key": TOKEN}).to_string().as_bytes()).await;
    assert_eq!(login.status, 429, "the token could be, so it is not looked at");
    // Another address, by the word of the proxy that is trusted, has a bucket of its own.
    let headers = [("X-Forwarded-For", "198.51.100.7, 192.0.2.1"), ("Authorization", "Bearer nonsense")];
    assert_eq!(server.send("GET", "/api/v1/events", &headers, b"").await.status, 401);
    let elsewhere = [("X-Forwarded-For", "192.0.2.2")];
    let mut failed = Vec::new();
    for _ in 0..3 {
        failed.push(server.send("POST", "/api/v1/login", &elsewhere, br#"{"key":"guess"}"#).await.status);
    }
    assert_eq!(failed, [401, 401, 429], "an attempt to sign in costs more");
    let started = Instant::now();
    loop {
        if ask(&server, TOKEN, "GET", "/api/v1/events", "").await.status == 200 {
            break;
        }
        assert!(started.elapsed() < PATIENCE, "it passes");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(server.metric("hookrail_requests_refused_total{reason=\"too_many_requests\"}").await > 15);
}

#[tokio::test]
async fn a_key_has_a_rate_of_its_own_where_one_is_set() {
    let server = TestServer::with(|config| {
        config.token = hookrail_server::Token::new(TOKEN);
        config.limits.key_rate = Some(Rate { per_second: 1, burst: 5 });
    })
    .await;
    let server = TestServer { key: Some(TOKEN.to_owned()), ..server };
    let ((busy, _), (quiet, _)) = (create(&server, &["read"]).await, create(&server, &["read"]).await);
    let mut refused = 0;
    for _ in 0..20 {
        let answer = ask(&server, &busy, "GET", "/api/v1/me", "").await;
        refused += usize::from(answer.status == 429 && answer.header("retry-after").is_some());
    }
    assert!((10..=15).contains(&refused), "{refused} of 20");
    assert_eq!(ask(&server, &quiet, "GET", "/api/v1/me", "").await.status, 200);
}

#[tokio::test]
async fn an_open_server_counts_nobody() {
    let server = TestServer::with(|config| {
        config.limits.stranger_rate = Rate { per_second: 1, burst: 1 };
        config.limits.unkeyed_rate = Rate { per_second: 1, burst: 1 };
        config.limits.key_rate = Some(Rate { per_second: 1, burst: 1 });
    })
    .await;
    for _ in 0..30 {
        assert_eq!(ask(&server, "anything", "GET", "/api/v1/me", "").await.status, 200);
        assert_eq!(server.post("/v1/hooks/claude-code", r#"{"hook_event_name":"Stop"}"#).await.status, 200);
        assert_eq!(server.post("/api/v1/login", r#"{"key":"anything"}"#).await.status, 204);
    }
}

#[tokio::test]
async fn a_key_in_the_place_of_the_operators_token_stays_what_it_is() {
    let server = TestServer::guarded(TOKEN).await;
    let (key, id) = create(&server, &["read"]).await;
    let dir = server.stopped().await;
    let server = TestServer::in_dir(dir, |config| config.token = hookrail_server::Token::new(key.as_str())).await;
    let me = ask(&server, &key, "GET", "/api/v1/me", "").await.json();
    assert_eq!((&me["operator"], &me["project"]), (&false.into(), &"shop".into()));
    let registry = hookrail_store::registry::Registry::open(
        Some(&server.dir.path().join("registry.db")),
        &hookrail_store::Settings::default(),
    );
    registry.unwrap().revoke(&id.parse().unwrap()).unwrap();
    let started = Instant::now();
    while ask(&server, &key, "GET", "/api/v1/me", "").await.status != 401 {
        assert!(started.elapsed() < PATIENCE, "revoked by another process, it opens nothing");
    }
}
