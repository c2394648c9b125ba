//! No tenant sees, counts, claims or filters its way into another's data.
//!
//! The walk is led by the API's own document: every door, with every parameter, asked with a key of another organisation
//! for what belongs to the victim. A door that the walk does not know how to use fails it, so that none is left out.

use std::collections::BTreeSet;

use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::harness::{PATIENCE, Response, TestServer, key};
use crate::live::Sse;

const OPERATOR: &str = "the token of the operator";

/// Events that only the victim has so many of: every count of its own is made of these.
const MANY: u64 = 1013;

/// The victim's texts: each is in one place of its data, and none contains another.
const TEXTS: [&str; 28] = [
    "victim-rule",
    "victim-reason",
    "victim-place",
    "victim-note",
    "victim-session",
    "victim-prompt",
    "victim-tool",
    "victim-use",
    "victim-user",
    "victim-device",
    "victim-app",
    "victim-folder",
    "victim-run",
    "victim-model",
    "victim-agent",
    "victim-actor",
    "victim_server",
    "victim-envelope",
    "victim-repository",
    "victim-branch",
    "victim-host",
    "victim-uuid",
    "victim-request",
    "victim-message",
    "victim-answer",
    "victim-team",
    "victim-artifact",
    "victim-content",
];

/// The SHA-256 of `victim-content`.
const CONTENT: &str = "af0fed1fd1457bb834b6591e19efe322e46c26421127a5192e6cd131c142fc0b";

struct Stage {
    server: TestServer,
    victim: String,
    victim_id: String,
}

impl Stage {
    async fn set() -> Self {
        let server = TestServer::guarded(OPERATOR).await;
        let made = server
            .post("/api/v1/keys", r#"{"project":"victim-org/victim-project","scopes":["admin"],"name":"victim-key"}"#)
            .await;
        let (victim, victim_id) = key(&made);
        let stage = Self { server, victim, victim_id };
        stage.fill().await;
        stage
    }

    async fn ask(&self, key: &str, method: &str, path: &str, body: &str) -> Response {
        let bearer = format!("Bearer {key}");
        self.server.send(method, path, &[("Authorization", &bearer)], body.as_bytes()).await
    }

    async fn key(&self, project: &str, scopes: &str) -> String {
        let new = json!({"project": project, "scopes": scopes.split(',').collect::<Vec<_>>()});
        key(&self.server.post("/api/v1/keys", new.to_string()).await).0
    }

    /// Everything a project can hold, in the victim's words.
    async fn fill(&self) {
        let hook = |n: u64, name: &str, rest: Value| {
            let mut payload = json!({"session_id": "victim-session", "hook_event_name": name, "cwd": "/victim-folder"});
            payload.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
            json!({
                "v": 1, "id": event_id(n), "agent": "claude-code", "payload": payload, "user": "victim-user",
                "device": "victim-device", "source_app": "victim-app",
            })
            .to_string()
        };
        let call = json!({"tool_name": "victim-tool", "tool_use_id": "victim-use", "duration_ms": 7_777});
        let actor = json!({"agent_id": "victim-actor", "agent_type": "victim-agent"});
        let mut remote = json!({"tool_name": "mcp__victim_server__look", "tool_use_id": "victim-use-2"});
        remote.as_object_mut().unwrap().extend(actor.as_object().unwrap().clone());
        let mut lines = vec![
            hook(1, "SessionStart", json!({"model": "victim-model"})),
            hook(2, "UserPromptSubmit", json!({"prompt": "victim-prompt"})),
            hook(3, "PreToolUse", call.clone()),
            hook(4, "PostToolUse", call),
            hook(5, "SubagentStart", actor),
            hook(6, "PreToolUse", remote),
        ];
        // A secret that was taken out, a call that was denied.
        let mut judged: Value = serde_json::from_str(&lines[2]).unwrap();
        judged["verdict"] = json!({"decision": "deny", "rule": "victim-rule", "reason": "victim-reason"});
        judged["redactions"] = json!([{"kind": "jwt", "at": "/victim-place", "count": 1}]);
        lines[2] = judged.to_string();
        let context = json!({"repository": "victim-repository", "branch": "victim-branch", "host": "victim-host"});
        lines.push(
            json!({
                "v": 1, "id": event_id(7), "agent": "claude-code", "source": "transcript", "user": "victim-user",
                "session_id": "victim-session", "context": context,
                "payload": {
                    "type": "assistant", "uuid": "victim-uuid", "sessionId": "victim-session", "requestId": "victim-request",
                    "message": {
                        "id": "victim-message", "role": "assistant", "type": "message", "model": "claude-sonnet-4-5",
                        "content": [{"type": "text", "text": "victim-answer"}],
                        "usage": {"input_tokens": 5_555, "output_tokens": 6_666},
                    },
                },
            })
            .to_string(),
        );
        lines.extend((8..=MANY).map(|n| hook(n, "Notification", json!({"n": n, "message": "victim-prompt"}))));
        let answer = self.ask(&self.victim, "POST", "/v1/events", &lines.join("\n")).await;
        assert_eq!(answer.json()["accepted"], MANY, "{}", answer.text());
        let envelope = json!({"event_type": "artifact", "run_id": "victim-run", "session_id": "victim-envelope"});
        assert_eq!(self.ask(&self.victim, "POST", "/ingest", &envelope.to_string()).await.status, 201);
        let made = json!({"event": "artifact", "path": "victim-artifact", "sha256": CONTENT, "bytes": 14});
        let made = json!({"v": 1, "agent": "hookrail", "source": "emitted", "name": "artifact", "payload": made});
        let answer = self.ask(&self.victim, "POST", "/v1/events", &made.to_string()).await;
        assert_eq!(answer.json()["accepted"], 1, "{}", answer.text());
        let ran = json!({"event": "handler", "handler": "user:victim-handler", "outcome": "failed", "duration_ms": 7});
        let ran = json!({"v": 1, "agent": "claude-code", "source": "emitted", "name": "handler", "payload": ran});
        let answer = self.ask(&self.victim, "POST", "/v1/events", &ran.to_string()).await;
        assert_eq!(answer.json()["accepted"], 1, "{}", answer.text());
        let kept = self.ask(&self.victim, "PUT", &format!("/api/v1/artifacts/{CONTENT}"), "victim-content").await;
        assert_eq!(kept.status, 200, "{}", kept.text());
        let named =
            self.ask(&self.victim, "PUT", "/api/v1/servers/victim_server", r#"{"display":"victim-display"}"#).await;
        assert!(named.status < 300, "{}", named.text());
        let member = self.ask(&self.victim, "PUT", "/api/v1/people/victim-user", r#"{"team":"victim-team"}"#).await;
        assert!(member.status < 300, "{}", member.text());
        let mut case = crate::findings::case();
        case["note"] = "victim-note".into();
        let report = self.ask(&self.victim, "POST", "/api/v1/reports", &case.to_string()).await;
        assert_eq!(report.status, 201, "{}", report.text());
        crate::harness::eventually(async || {
            self.ask(&self.victim, "GET", "/api/v1/scan", "").await.json()["position"].as_u64() > Some(MANY)
        })
        .await;
    }

    /// Every operation: method, path and what the document says of it. Those that only read come first, for what a key
    /// writes itself, in the victim's words, it may read afterwards.
    fn operations() -> Vec<(String, String, Value)> {
        let document: Value = serde_json::from_str(hookrail_server::openapi()).unwrap();
        let paths = document["paths"].as_object().unwrap().clone();
        let operations = paths.into_iter().flat_map(|(path, operations)| {
            let operations = operations.as_object().unwrap().clone().into_iter();
            operations.map(move |(method, operation)| (method.to_uppercase(), path.clone(), operation))
        });
        let mut operations: Vec<_> = operations.collect();
        operations.sort_by_key(|(method, path, _)| (method != "GET", path.clone()));
        operations
    }

    /// What the victim has that nobody else may see: its texts, the ids of its events and its key, its cursors.
    async fn secrets(&self) -> BTreeSet<String> {
        let mut secrets: BTreeSet<String> = TEXTS.iter().map(|text| (*text).to_owned()).collect();
        let others = ["victim-org", "victim-project", "victim-key", "victim-display", "victim-handler"];
        secrets.extend(others.iter().map(|text| (*text).to_owned()));
        secrets.insert(self.victim_id.clone());
        secrets.insert(self.victim.clone());
        secrets.extend((1..=MANY).map(event_id));
        secrets
    }

    /// Cursors of the victim's lists: worth asking with. They are positions, which another store has too, and so no secrets.
    async fn cursors(&self) -> Vec<String> {
        let mut cursors = Vec::new();
        for path in ["/api/v1/events", "/api/v1/sessions/victim-session/events"] {
            let page = self.ask(&self.victim, "GET", &format!("{path}?limit=7"), "").await.json();
            cursors.push(page["next"].as_str().unwrap().to_owned());
        }
        cursors
    }
}

fn event_id(n: u64) -> String {
    format!("01932f6e-7a3c-7b1d-9a2e-{n:012x}")
}

/// A body that a door takes; a new door that takes one is to be told here.
fn body(method: &str, path: &str) -> String {
    match (method, path) {
        ("GET" | "DELETE", _) | (_, "/api/v1/logout" | "/api/v1/keys/{id}/rotate") => String::new(),
        (_, "/v1/events") => json!({"v": 1, "agent": "x", "payload": {"hook_event_name": "Stop"}}).to_string(),
        (_, "/v1/hooks/{agent}" | "/events") => json!({"hook_event_name": "Stop", "session_id": "mine"}).to_string(),
        (_, "/v1/logs") => {
            let session = json!([{"key": "session.id", "value": {"stringValue": "victim-session"}}]);
            json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [{"attributes": session}]}]}]}).to_string()
        }
        (_, "/v1/devices") => json!({"device_id": "mine", "name": "mine"}).to_string(),
        (_, "/v1/metrics" | "/v1/traces") => "{}".to_owned(),
        (_, path) if path.starts_with("/opentelemetry.proto") => String::new(),
        (_, "/ingest") => json!({"event_type": "progress", "session_id": "mine"}).to_string(),
        (_, "/api/v1/login") => json!({"key": "wrong"}).to_string(),
        (_, "/api/v1/keys") => json!({"scopes": ["read"]}).to_string(),
        (_, "/api/v1/projects") => json!({"project": "another"}).to_string(),
        (_, "/api/v1/servers/{raw}") => json!({"display": "mine"}).to_string(),
        (_, "/api/v1/quarantine/{session}/attribute") => json!({"project": "mine"}).to_string(),
        (_, "/api/v1/findings/{id}") => json!({"state": "resolved"}).to_string(),
        (_, "/api/v1/scan") => String::new(),
        (_, "/api/v1/reports") => crate::findings::case().to_string(),
        (_, "/api/v1/policy") => "# victim-none".to_owned(),
        (_, "/api/v1/titles") => json!({"enabled": true}).to_string(),
        (_, "/api/v1/artifacts/{sha256}") => "mine".to_owned(),
        (_, "/api/v1/people/{person}") => json!({"team": "mine"}).to_string(),
        _ => panic!("say what {method} {path} takes, so that the walk of foreign keys can use it"),
    }
}

/// A path with what varies filled in: by the victim's values, one after the other.
fn paths(path: &str) -> Vec<String> {
    if path == "/api/v1/spend" {
        return vec![format!("{path}?sessions=victim-session&month=2000-01-01T00:00:00Z")];
    }
    let Some((before, rest)) = path.split_once('{') else { return vec![path.to_owned()] };
    let (name, after) = rest.split_once('}').unwrap();
    let event = event_id(3);
    let values: &[&str] = match name {
        "agent" => &["claude-code"],
        "raw" => &["victim_server"],
        "person" => &["victim-user"],
        "sha256" => &[CONTENT],
        "session" => &["victim-session"],
        "id" if path.contains("/findings/") => &["1"],
        "id" if path.contains("/keys/") => &["VICTIM-KEY-ID"],
        "id" => &["victim-session", &event],
        _ => panic!("say what stands for {{{name}}} in {path}, so that the walk of foreign keys can use it"),
    };
    values.iter().flat_map(|value| paths(&format!("{before}{value}{after}"))).collect()
}

/// The numbers of an answer that count something.
fn counts(value: &Value, found: &mut BTreeSet<u64>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| counts(item, found)),
        Value::Object(members) => members
            .iter()
            .filter(|(name, _)| !["stored_bytes", "uptime_seconds", "bar_seconds"].contains(&name.as_str()))
            .for_each(|(_, member)| counts(member, found)),
        Value::Number(number) => found.extend(number.as_u64().filter(|number| *number >= 500)),
        _ => {}
    }
}

/// What of the victim is in an answer, less what the question itself said.
fn leaks(answer: &str, question: &str, secrets: &BTreeSet<String>) -> Vec<String> {
    secrets
        .iter()
        .filter(|secret| !question.contains(secret.as_str()) && answer.contains(secret.as_str()))
        .cloned()
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_key_finds_nothing_at_any_door() {
    let stage = Stage::set().await;
    let secrets = stage.secrets().await;
    let cursors = stage.cursors().await;
    let values: Vec<&String> = secrets.iter().filter(|text| !text.starts_with("01932f6e")).chain(&cursors).collect();
    let event = event_id(3);
    let foreign = [
        stage.key("rival/web", "admin").await,
        stage.key("rival/web", "read").await,
        stage.key("rival/web", "ingest").await,
        stage.key("default", "ingest,read").await,
        stage.key("victim-project", "ingest,read").await, // of the same name, in another organisation
    ];
    let mut asked = 0;
    for (method, path, operation) in Stage::operations() {
        if path == "/api/v1/stream" || path == "/api/v1/ws" {
            continue; // An answer without an end: below.
        }
        let query = operation["parameters"].as_array().unwrap().iter().filter(|parameter| parameter["in"] == "query");
        let query: Vec<String> = query.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect();
        let body = body(&method, &path);
        for path in paths(&path).iter().map(|path| path.replace("VICTIM-KEY-ID", &stage.victim_id)) {
            let mut questions = vec![path.clone()];
            for name in &query {
                let values = values.iter().map(|value| value.as_str()).chain([event.as_str()]);
                questions.extend(values.map(|value| format!("{path}?{name}={value}")));
            }
            for (n, key) in foreign.iter().enumerate() {
                // The other keys are asked the plain question and every tenth of the rest: theirs is the same store's way.
                for question in questions.iter().enumerate().filter(|(at, _)| n == 0 || at % 10 == 0).map(|(_, q)| q) {
                    let answer = stage.ask(key, &method, question, &body).await;
                    let text = answer.text();
                    asked += 1;
                    assert!(answer.status != 405 && answer.status < 500, "{method} {question}: {text}");
                    let said = format!("{question} {body}").replace("victim-project", "victim-project victim");
                    let said = if n == 4 { format!("{said} victim-project") } else { said };
                    assert_eq!(leaks(&text, &said, &secrets), [""; 0], "{method} {question} with key {n}: {text}");
                    let mut numbers = BTreeSet::new();
                    counts(&serde_json::from_str(&text).unwrap_or_default(), &mut numbers);
                    assert!(
                        numbers.is_empty() || path == "/openapi.json",
                        "{method} {question}: {numbers:?} in {text}"
                    );
                }
            }
        }
    }
    assert!(asked > 1_000, "{asked}");
    // After all the writing, every list holds the key's own words and nothing more.
    for (_, path, _) in Stage::operations().into_iter().filter(|(method, ..)| method == "GET") {
        if path == "/api/v1/stream" || path == "/api/v1/ws" {
            continue;
        }
        for path in paths(&path).iter().map(|path| path.replace("VICTIM-KEY-ID", &stage.victim_id)) {
            let text = stage.ask(&foreign[0], "GET", &path, "").await.text();
            let said = format!("{path} victim-session victim-user victim_server");
            assert_eq!(leaks(&text, &said, &secrets), [""; 0], "GET {path} after the writing: {text}");
        }
    }
    // What was tried on the victim's things changed nothing of them.
    let events = stage.ask(&stage.victim, "GET", "/api/v1/status", "").await.json();
    assert_eq!(events["store"]["events"], MANY + 3);
    let servers = stage.ask(&stage.victim, "GET", "/api/v1/servers", "").await.text();
    assert!(servers.contains("victim-display"), "{servers}");
    let people = stage.ask(&stage.victim, "GET", "/api/v1/people", "").await.text();
    assert!(people.contains("victim-team"), "{people}");
    let content = stage.ask(&stage.victim, "GET", &format!("/api/v1/artifacts/{CONTENT}"), "").await.text();
    assert_eq!(content, "victim-content");
    let mine = stage.ask(&stage.victim, "GET", "/api/v1/keys", "").await.json();
    assert_eq!(mine["items"].as_array().unwrap().len(), 1, "{mine}");
}

#[tokio::test]
async fn the_walk_sees_a_leak_where_there_is_one() {
    let stage = Stage::set().await;
    let secrets = stage.secrets().await;
    let blind: &[&str] = &[
        "/api/v1/login",
        "/api/v1/logout",
        "/events",
        "/healthz",
        "/ingest",
        "/metrics",
        "/openapi.json",
        "/readyz",
        "/v1/devices",
        "/v1/events",
        "/v1/hooks/{agent}",
        "/v1/logs",
        "/v1/metrics",
        "/v1/traces",
        "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
        "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
        "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        "/api/v1/stream",
        "/api/v1/ws",
        "/api/v1/findings/{id}",
        "/api/v1/keys/{id}/rotate",
        "/api/v1/keys/{id}",
        "/api/v1/servers/{raw}",
        "/api/v1/artifacts/{sha256}", // That the victim gets its content is asked above.
        "/api/v1/people/{person}",
        "/api/v1/titles",
        "/api/v1/policy",
        "/api/v1/quarantine",
        "/api/v1/quarantine/{session}",
        "/api/v1/quarantine/{session}/attribute",
        "/api/v1/quarantine/{session}/events",
    ];
    for (method, path, _) in Stage::operations().into_iter().filter(|(_, path, _)| !blind.contains(&path.as_str())) {
        let (mut seen, mut said) = (false, String::new());
        for path in paths(&path) {
            let answer = stage.ask(&stage.victim, &method, &path, &body(&method, &path)).await.text();
            let mut numbers = BTreeSet::new();
            counts(&serde_json::from_str(&answer).unwrap_or_default(), &mut numbers);
            seen |= !leaks(&answer, "", &secrets).is_empty() || !numbers.is_empty();
            said += &answer;
        }
        assert!(seen, "the victim itself sees nothing of its own at {method} {path}, the walk proves nothing: {said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_key_hears_nothing_live() {
    let stage = Stage::set().await;
    let rival = stage.key("rival/web", "ingest,read").await;
    let bearer = format!("Authorization: Bearer {rival}\r\n");
    for door in ["stream", "ws"] {
        let question = format!("/api/v1/{door}?last_event_id={}", event_id(3));
        let answer = stage.ask(&rival, "GET", &question, "").await;
        let unknown = format!("/api/v1/{door}?last_event_id={}", event_id(999_999));
        let none = stage.ask(&rival, "GET", &unknown, "").await;
        assert_eq!((answer.status, answer.text()), (none.status, none.text()), "its id is as unknown as any");
    }
    let mut sse = Sse::open(&stage.server, "", &bearer).await;
    let mut filtered = Sse::open(&stage.server, "?session_id=victim-session&q=victim", &bearer).await;
    let url = format!("ws://{}/api/v1/ws", stage.server.address);
    let mut request = tokio_tungstenite::tungstenite::client::IntoClientRequest::into_client_request(url).unwrap();
    request.headers_mut().insert("authorization", format!("Bearer {rival}").parse().unwrap());
    let (mut socket, _) = tokio_tungstenite::client_async(request, stage.server.connect().await).await.unwrap();

    let event = |session: &str| json!({"hook_event_name": "Stop", "session_id": session, "victim": true}).to_string();
    assert_eq!(stage.ask(&stage.victim, "POST", "/v1/hooks/claude-code", &event("victim-session")).await.status, 200);
    assert_eq!(stage.ask(&rival, "POST", "/v1/hooks/claude-code", &event("mine")).await.status, 200);
    let (_, _, first) = sse.next().await.unwrap();
    assert_eq!(first["session_id"], "mine", "the first thing heard is its own");
    let first = tokio::time::timeout(PATIENCE, socket.next()).await.unwrap().unwrap().unwrap();
    let first: Value = serde_json::from_str(first.to_text().unwrap()).unwrap();
    assert_eq!(first["event"]["session_id"], "mine");
    // Under the victim's very name, an event of its own is all it gets.
    assert_eq!(stage.ask(&rival, "POST", "/v1/hooks/claude-code", &event("victim-session")).await.status, 200);
    let (_, _, own) = filtered.next().await.unwrap();
    let mine = stage.ask(&rival, "GET", "/api/v1/events?session_id=victim-session", "").await.json();
    assert_eq!(mine["items"].as_array().unwrap().len(), 1);
    assert_eq!(own["seq"], mine["items"][0]["seq"]);
}

#[tokio::test]
async fn the_same_event_in_two_projects_is_no_duplicate() {
    let stage = Stage::set().await;
    let rival = stage.key("rival/web", "ingest,read").await;
    let record = |text: &str| {
        let payload = json!({"session_id": "s", "hook_event_name": "UserPromptSubmit", "prompt": text});
        json!({"v": 1, "id": event_id(77_777), "agent": "claude-code", "payload": payload}).to_string()
    };
    let unkeyed_id =
        json!({"session_id": "s", "hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_use_id": "t"});
    for key in [&rival, &stage.victim] {
        let receipt = stage.ask(key, "POST", "/v1/events", &record(key)).await.json();
        assert_eq!((&receipt["accepted"], &receipt["duplicates"]), (&1.into(), &0.into()));
        let again = stage.ask(key, "POST", "/v1/events", &record(key)).await.json();
        assert_eq!((&again["accepted"], &again["duplicates"]), (&0.into(), &1.into()));
        let before = stage.ask(key, "GET", "/api/v1/status", "").await.json()["store"]["events"].as_u64().unwrap();
        assert_eq!(stage.ask(key, "POST", "/v1/hooks/claude-code", &unkeyed_id.to_string()).await.status, 200);
        let after = stage.ask(key, "GET", "/api/v1/status", "").await.json()["store"]["events"].as_u64().unwrap();
        assert_eq!(after, before + 1, "an id made from the content is stored in each project");
    }
    let event = stage.ask(&rival, "GET", &format!("/api/v1/events/{}", event_id(77_777)), "").await.json();
    assert_ne!(event["payload"]["prompt"], stage.victim.as_str());
}

#[tokio::test]
async fn figures_of_the_whole_server_are_the_operators() {
    let stage = Stage::set().await;
    for (project, scopes, sees) in [
        ("rival/web", "admin", false),
        ("rival/default", "admin", false),
        ("default", "ingest,read", false),
        ("default", "admin", true),
        ("other-project", "admin", true),
    ] {
        let key = stage.key(project, scopes).await;
        let status = stage.ask(&key, "GET", "/api/v1/status", "").await.json();
        let (metrics, me) =
            (stage.ask(&key, "GET", "/metrics", "").await, stage.ask(&key, "GET", "/api/v1/me", "").await.json());
        assert_eq!(status["events"].is_object(), sees, "{project} {scopes}");
        assert_eq!(metrics.status == 200, sees, "{project} {scopes}");
        assert_eq!(me["operator"], sees, "{project} {scopes}");
        assert_eq!(status["store"]["events"], 0);
    }
}

#[tokio::test]
async fn an_admin_manages_its_own_organisation_and_no_other() {
    let stage = Stage::set().await;
    let rival = stage.key("rival/web", "admin").await;
    for (body, status) in [
        (json!({"scopes": ["read"]}), 201),
        (json!({"project": "shop", "scopes": ["read"]}), 201),
        (json!({"project": "rival/shop", "scopes": ["admin"]}), 201),
        (json!({"project": "victim-org/victim-project", "scopes": ["read"]}), 403),
        (json!({"project": "default/default", "scopes": ["read"]}), 403),
        (json!({"project": "../x", "scopes": ["read"]}), 400),
        (json!({"project": "a/b/c", "scopes": ["read"]}), 400),
        (json!({"scopes": []}), 400),
        (json!({"scopes": ["write"]}), 400),
        (json!({"scopes": ["read"], "operator": true}), 400),
        (json!({"scopes": ["read"], "name": "x".repeat(201)}), 400),
    ] {
        let answer = stage.ask(&rival, "POST", "/api/v1/keys", &body.to_string()).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
        if status == 201 {
            let project = answer.json()["project"].as_str().unwrap().to_owned();
            assert!(project.starts_with("rival/"), "{project}");
        }
    }
    for (method, path) in [("DELETE", "/api/v1/keys/ID"), ("POST", "/api/v1/keys/ID/rotate")] {
        let answer = stage.ask(&rival, method, &path.replace("ID", &stage.victim_id), "").await;
        let unknown = stage.ask(&rival, method, &path.replace("ID", "0123456789ab"), "").await;
        assert_eq!((answer.status, answer.text()), (404, unknown.text()), "another's key is as unknown as any");
    }
    let refused = stage.ask(&rival, "POST", "/api/v1/projects", r#"{"project":"victim-org/new"}"#).await;
    assert_eq!(refused.status, 403);
    let projects = stage.ask(&rival, "GET", "/api/v1/projects", "").await.json();
    let names: Vec<&str> =
        projects["items"].as_array().unwrap().iter().map(|item| item["project"].as_str().unwrap()).collect();
    assert_eq!(names, ["rival/shop", "rival/web"]);
    assert_eq!(stage.ask(&stage.victim, "GET", "/api/v1/me", "").await.status, 200);
}

#[tokio::test]
async fn a_project_whose_store_cannot_be_opened_is_told_so_and_harms_no_other() {
    let stage = Stage::set().await;
    let broken = stage.server.dir.path().join("projects/rival/web.db");
    std::fs::create_dir_all(broken.parent().unwrap()).unwrap();
    std::fs::write(&broken, "this is no database, and it is long enough to have a header".repeat(20)).unwrap();
    let rival = stage.key("rival/web", "ingest,read").await;
    for (method, path, body) in [
        ("GET", "/api/v1/events", ""),
        ("GET", "/api/v1/status", ""),
        ("GET", "/api/v1/stream", ""),
        ("POST", "/v1/hooks/claude-code", r#"{"hook_event_name":"Stop"}"#),
    ] {
        let answer = stage.ask(&rival, method, path, body).await;
        assert_eq!((answer.status, answer.problem()), (503, "unavailable".to_owned()), "{method} {path}");
        assert!(answer.header("retry-after").is_some() && !answer.text().contains("victim"));
    }
    assert_eq!(stage.ask(&stage.victim, "GET", "/api/v1/events", "").await.status, 200);
    assert_eq!(stage.server.get("/readyz").await.status, 200, "the server serves the others");
    std::fs::remove_file(&broken).unwrap();
    let started = std::time::Instant::now();
    while stage.ask(&rival, "GET", "/api/v1/events", "").await.status != 200 {
        assert!(started.elapsed() < PATIENCE, "it is tried again");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn every_project_outlives_a_stop() {
    let stage = Stage::set().await;
    let rival = stage.key("rival/web", "ingest,read").await;
    let event = json!({"hook_event_name": "Stop", "session_id": "mine"}).to_string();
    assert_eq!(stage.ask(&rival, "POST", "/v1/hooks/claude-code", &event).await.status, 200);
    let victim = stage.victim.clone();
    let dir = stage.server.stopped().await;
    let server = TestServer::in_dir(dir, |_| {}).await;
    assert_eq!(server.get("/api/v1/events").await.status, 401, "keys ask for keys, without any token too");
    let server = TestServer { key: Some(victim), ..server };
    assert_eq!(server.json("/api/v1/status").await["store"]["events"], MANY + 3);
    let server = TestServer { key: Some(rival), ..server };
    assert_eq!(server.json("/api/v1/status").await["store"]["events"], 1);
}

#[tokio::test]
async fn retention_reaches_a_project_nobody_asks_for() {
    let stage = Stage::set().await;
    let dir = stage.server.stopped().await;
    let server = TestServer::in_dir(dir, |config| {
        config.token = hookrail_server::Token::new(OPERATOR);
        config.retention.max_age = Some(std::time::Duration::from_nanos(1));
        config.limits.retain_every = std::time::Duration::from_millis(20);
    })
    .await;
    let server = TestServer { key: Some(OPERATOR.to_owned()), ..server };
    let started = std::time::Instant::now();
    while server.metric("hookrail_events_expired_total").await < MANY {
        assert!(started.elapsed() < PATIENCE, "what is too old goes, also where nobody looks");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_claimed_session_cannot_be_claimed_away() {
    let mut stage = Stage::set().await;
    let rival = stage.key("rival/web", "ingest,read").await;
    stage.server.key = None;
    let event = |n: u64| {
        json!({"hook_event_name": "Notification", "session_id": "victim-session", "message": "fresh", "n": n})
            .to_string()
    };
    // The victim's key was the first to name its session; now another names it too, again and again.
    for n in 0..5 {
        assert_eq!(stage.ask(&rival, "POST", "/v1/hooks/claude-code", &event(n)).await.status, 200);
        assert_eq!(stage.server.post("/v1/hooks/claude-code", event(100 + n)).await.status, 200, "without any key");
    }
    let count = async |key: &str| {
        let found =
            stage.ask(key, "GET", "/api/v1/events?session_id=victim-session&q=fresh&limit=1000", "").await.json();
        found["items"].as_array().unwrap().len()
    };
    let started = std::time::Instant::now();
    while count(&stage.victim).await < 5 {
        assert!(started.elapsed() < PATIENCE, "what came without a key is the victim's, who claimed the session");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!((count(&stage.victim).await, count(&rival).await), (5, 5), "and nothing of it the other's");
}
