//! Every door against every kind of stranger.

use serde_json::Value;
use tokio::io::AsyncWriteExt;

use crate::harness::{Response, TestServer};

const TOKEN: &str = "a token for tests";

/// The doors as documented: method, path with its gaps filled, and whether anybody may use it.
fn doors() -> Vec<(String, String, bool)> {
    let document: Value = serde_json::from_str(hookrail_server::openapi()).unwrap();
    let mut doors = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let open = operation["security"] == serde_json::json!([{}]);
            let path = path.replace("{id}", "01932f6e-7a3c-7b1d-9a2e-0c5f3d8b6a41").replace("{agent}", "claude-code");
            // Whatever else varies in a path.
            let path = path
                .split('/')
                .map(|part| if part.starts_with('{') { "x" } else { part })
                .collect::<Vec<_>>()
                .join("/");
            doors.push((method.to_uppercase(), path, open));
        }
    }
    assert!(doors.len() > 20);
    doors
}

async fn guarded() -> TestServer {
    TestServer::with(|config| {
        config.token = hookrail_server::Token::new(TOKEN);
        config.allowed_hosts = vec!["hooks.example.com".to_owned()];
    })
    .await
}

/// The status alone: a feed's answer does not end.
async fn status(server: &TestServer, method: &str, path: &str, headers: &[(&str, &str)]) -> u16 {
    use tokio::io::AsyncReadExt;
    let mut stream = server.connect().await;
    let mut head = format!("{method} {path} HTTP/1.1\r\nContent-Length: 0\r\n");
    if !headers.iter().any(|(name, _)| *name == "Host") {
        head += &format!("Host: {}\r\n", server.address);
    }
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    stream.write_all(format!("{head}\r\n").as_bytes()).await.unwrap();
    let mut start = [0; 12];
    tokio::time::timeout(crate::harness::PATIENCE, stream.read_exact(&mut start)).await.unwrap().unwrap();
    String::from_utf8_lossy(&start[9..]).parse().unwrap()
}

#[tokio::test]
async fn every_door_asks_for_the_token_or_says_that_it_does_not() {
    let server = guarded().await;
    let bearer = format!("Bearer {TOKEN}");
    for (method, path, open) in doors() {
        for wrong in
            [vec![], vec![("Authorization", "Bearer wrong")], vec![("Authorization", TOKEN)], vec![("X-API-Key", "")]]
        {
            let status = status(&server, &method, &path, &wrong).await;
            if open {
                assert_ne!(status, 401, "{method} {path}");
            } else if path == "/v1/events" && wrong.is_empty() {
                assert_eq!(status, 200, "an empty batch without any key: each record is answered by itself");
            } else {
                assert_eq!(status, 401, "{method} {path} {wrong:?}");
            }
        }
        for right in [("Authorization", bearer.as_str()), ("X-API-Key", TOKEN)] {
            if path != "/api/v1/login" {
                assert_ne!(status(&server, &method, &path, &[right]).await, 401, "{method} {path}");
            }
        }
    }
    for path in ["/", "/index.html", "/sessions/abc"] {
        assert_ne!(server.get(path).await.status, 401, "{path} is a static file");
    }
}

#[tokio::test]
async fn no_door_answers_to_another_host_or_another_sites_page() {
    let server = guarded().await;
    let bearer = format!("Bearer {TOKEN}");
    let local = server.address.to_string();
    for (method, path, _) in doors().into_iter().chain([("GET".to_owned(), "/".to_owned(), true)]) {
        for host in ["evil.example", "127.0.0.1.evil.example:80", "192.168.0.1", ""] {
            let headers = [("Host", host), ("Authorization", bearer.as_str())];
            assert_eq!(status(&server, &method, &path, &headers).await, 403, "{method} {path} {host}");
        }
        for origin in ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost", ""] {
            let headers = [("Origin", origin), ("Authorization", bearer.as_str())];
            assert_eq!(status(&server, &method, &path, &headers).await, 403, "{method} {path} from {origin}");
        }
        for (host, origin) in
            [(local.as_str(), format!("http://{local}")), ("hooks.example.com", "https://hooks.example.com".to_owned())]
        {
            let headers = [("Host", host), ("Origin", origin.as_str()), ("Authorization", bearer.as_str())];
            assert_ne!(status(&server, &method, &path, &headers).await, 403, "{method} {path} from {origin}");
        }
    }
    // A request that names one host in its target and another in its header.
    let mut stream = server.connect().await;
    let both = format!("GET http://evil.example/healthz HTTP/1.1\r\nHost: {local}\r\nConnection: close\r\n\r\n");
    stream.write_all(both.as_bytes()).await.unwrap();
    assert_eq!(Response::read(&mut stream).await.status, 403);
    assert!(server.metric_with_token("hookrail_requests_refused_total{reason=\"host\"}").await > 100);
}

impl TestServer {
    async fn metric_with_token(&self, name: &str) -> u64 {
        let bearer = format!("Bearer {TOKEN}");
        let text = self.send("GET", "/metrics", &[("Authorization", &bearer)], b"").await.text();
        let line = text.lines().find(|line| line.starts_with(name)).unwrap();
        line.rsplit(' ').next().unwrap().parse().unwrap()
    }
}

#[tokio::test]
async fn a_cookie_stands_for_the_token_where_something_is_read() {
    let server = guarded().await;
    assert_eq!(server.post("/api/v1/login", r#"{"token":"wrong"}"#).await.status, 401);
    assert_eq!(server.post("/api/v1/login", "token").await.status, 400);
    let answer = server.post("/api/v1/login", format!("{{\"token\":\"{TOKEN}\"}}")).await;
    assert_eq!(answer.status, 204);
    let cookie = answer.header("set-cookie").unwrap().to_owned();
    assert!(cookie.contains("httponly") && cookie.contains("samesite=strict") && !cookie.contains(TOKEN), "{cookie}");
    let cookie = cookie.split(';').next().unwrap();
    let headers = [("Cookie", cookie)];
    for (path, expected) in [("/api/v1/status", 200), ("/api/v1/stream", 200), ("/metrics", 200)] {
        assert_eq!(status(&server, "GET", path, &headers).await, expected, "{path}");
    }
    assert_eq!(status(&server, "POST", "/v1/events", &headers).await, 403, "a cookie alone changes nothing");
    let me = server.send("GET", "/api/v1/me", &headers, b"").await.json();
    let csrf = me["csrf"].as_str().unwrap();
    let proven = [("Cookie", cookie), ("X-Hookrail-Csrf", csrf)];
    assert_eq!(server.send("POST", "/v1/events", &proven, b"").await.status, 200, "with its page's proof it does");
    for wrong in ["", "0", &csrf[1..]] {
        let headers = [("Cookie", cookie), ("X-Hookrail-Csrf", wrong)];
        let answer = server.send("POST", "/v1/events", &headers, b"").await;
        assert_eq!((answer.status, answer.problem()), (403, "csrf".to_owned()));
    }
    let out = server.send("POST", "/api/v1/logout", &headers, b"").await;
    assert!(out.status == 204 && out.header("set-cookie").unwrap().contains("max-age=0"));
    let text = server.send("GET", "/api/v1/status", &headers, b"").await.text();
    assert!(!text.contains(TOKEN));
}

#[tokio::test]
async fn answers_carry_no_permission_for_other_sites() {
    let server = TestServer::start().await;
    for path in ["/", "/healthz", "/api/v1/events", "/nothing/at.all", "/v1/nothing"] {
        let answer = server.get(path).await;
        assert!(!answer.head.contains("access-control"), "{path}: {}", answer.head);
        for header in ["content-security-policy", "x-content-type-options", "referrer-policy", "x-frame-options"] {
            assert!(answer.header(header).is_some(), "{path} {header}");
        }
    }
    let preflight = server.send("OPTIONS", "/v1/events", &[("Access-Control-Request-Method", "POST")], b"").await;
    assert_eq!(preflight.status, 405);
}

#[tokio::test]
async fn an_address_others_can_reach_needs_a_token_or_so_many_words() {
    use hookrail_server::{Config, Server, StartError, Token};
    let dir = tempfile::TempDir::new().unwrap();
    let open = Config { data_dir: dir.path().to_owned(), ..Config::default() };
    let bind = || async { tokio::net::TcpListener::bind("0.0.0.0:0").await.unwrap() };
    let refused = Server::bind(open.clone(), bind().await).unwrap_err();
    assert!(matches!(refused, StartError::OpenToTheNetwork(_)));
    assert!(refused.to_string().contains("HOOKRAIL_TOKEN"), "{refused}");
    assert!(!dir.path().join("hookrail.db").exists(), "nothing was touched");
    let keyed = Config { token: Token::new(TOKEN), ..open.clone() };
    assert!(!format!("{keyed:?}").contains(TOKEN), "a token is never printed");
    drop(Server::bind(keyed, bind().await).unwrap());
    let told = tempfile::TempDir::new().unwrap();
    drop(
        Server::bind(Config { insecure_listen: true, data_dir: told.path().to_owned(), ..open }, bind().await).unwrap(),
    );
}
