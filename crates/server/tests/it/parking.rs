//! Events without a key: they wait for their session, and go to whom claims it.

use std::time::{Duration, Instant};

use hookrail_store::Settings;
use hookrail_store::registry::{NewKey, Registry, Scope, Scopes};
use serde_json::{Value, json};

use crate::harness::{PATIENCE, TestServer};

/// A key of a project, made beside the server as the command line does.
pub fn key(server: &TestServer, project: &str) -> String {
    let registry = Registry::open(Some(&server.dir.path().join("registry.db")), &Settings::default()).unwrap();
    let scopes = [Scope::Ingest, Scope::Read].into_iter().collect::<Scopes>();
    let new = NewKey { project: project.parse().unwrap(), scopes, name: None, by: "test".to_owned() };
    registry.create(&new).unwrap().0.reveal().to_owned()
}

/// A hook's event of a session, as Claude Code posts it.
pub fn hook(session: &str, n: u64) -> String {
    json!({"session_id": session, "hook_event_name": "PreToolUse", "tool_name": "Bash",
        "tool_use_id": format!("toolu_{n}"), "tool_input": {"command": format!("echo {n}")}})
    .to_string()
}

pub const HOOKS: &str = "/v1/hooks/claude-code";

/// Sends with this key, or without any.
pub async fn send(server: &TestServer, key: Option<&str>, path: &str, body: &str) -> crate::harness::Response {
    let bearer = key.map(|key| format!("Bearer {key}"));
    let header = ("Authorization", bearer.as_deref().unwrap_or_default());
    server.send("POST", path, &[header], body.as_bytes()).await
}

/// What a session's project shows of it.
pub async fn events(server: &TestServer, key: &str, session: &str) -> Vec<Value> {
    let path = format!("/api/v1/sessions/{session}/events?limit=1000");
    let bearer = format!("Bearer {key}");
    let response = server.send("GET", &path, &[("Authorization", &bearer)], b"").await;
    match response.status {
        404 => Vec::new(),
        200 => response.json()["items"].as_array().unwrap().clone(),
        other => panic!("{other}: {}", response.text()),
    }
}

/// Waits until a project has so many events of a session.
pub async fn wait_for(server: &TestServer, key: &str, session: &str, count: usize) -> Vec<Value> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let events = events(server, key, session).await;
        if events.len() >= count {
            return events;
        }
        assert!(Instant::now() < deadline, "{} of {count} events", events.len());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn calls(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["tool_use_id"].as_str().unwrap_or_default()).collect()
}

#[tokio::test]
async fn what_waited_is_released_in_order_with_its_own_time_to_the_first_who_claims() {
    let server = TestServer::start().await;
    let (ours, theirs) = (key(&server, "ours"), key(&server, "theirs"));
    for n in 1..=5 {
        let answer = send(&server, None, HOOKS, &hook("s1", n)).await;
        assert_eq!((answer.status, answer.text()), (200, String::new()));
    }
    tokio::time::sleep(Duration::from_millis(30)).await;
    let between = hookrail_core::time::Timestamp::from_nanos(
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as i64,
    );
    assert_eq!(send(&server, Some(&ours), HOOKS, &hook("s1", 6)).await.status, 200);
    let stored = wait_for(&server, &ours, "s1", 6).await;
    assert_eq!(calls(&stored), ["toolu_1", "toolu_2", "toolu_3", "toolu_4", "toolu_5", "toolu_6"]);
    for event in &stored[..5] {
        assert!(event["received_at"].as_str().unwrap() < between.to_string().as_str(), "{event}");
        assert!(event["occurred_at"].as_str().unwrap() < between.to_string().as_str(), "{event}");
    }
    // From now on it goes straight there; a replay is a duplicate; another project gets nothing by naming the session.
    assert_eq!(send(&server, None, HOOKS, &hook("s1", 7)).await.status, 200);
    assert_eq!(send(&server, None, HOOKS, &hook("s1", 1)).await.status, 200);
    assert_eq!(send(&server, Some(&theirs), HOOKS, &hook("s1", 8)).await.status, 200);
    assert_eq!(send(&server, None, HOOKS, &hook("s1", 9)).await.status, 200);
    let stored = wait_for(&server, &ours, "s1", 8).await;
    assert_eq!(stored.len(), 8, "{stored:?}");
    assert_eq!(calls(&events(&server, &theirs, "s1").await), ["toolu_8"], "its own event is its own");
}

#[tokio::test]
async fn an_account_is_believed_only_of_those_who_hold_a_key() {
    let server = TestServer::start().await;
    let ours = key(&server, "ours");
    let hook = |n: u64, email: &str| {
        json!({"hook_event_name": "preToolUse", "conversation_id": "c1", "cursor_version": "3", "tool_name": "Shell",
            "tool_use_id": format!("call_{n}"), "user_email": email})
        .to_string()
    };
    const CURSOR: &str = "/v1/hooks/cursor";
    let told = async |key: Option<&str>, n: u64, email: &str| {
        assert_eq!(send(&server, key, CURSOR, &hook(n, email)).await.status, 200);
    };
    told(None, 1, "anybody@example.com").await;
    told(Some(&ours), 2, "ana@example.com").await;
    told(None, 3, "anybody@example.com").await;
    let events = wait_for(&server, &ours, "c1", 3).await;
    let users: Vec<_> = events.iter().map(|event| event["user"].as_str().unwrap_or("-")).collect();
    assert!(!users.contains(&"anybody@example.com"), "{users:?}");
    let bearer = format!("Bearer {ours}");
    let session = server.send("GET", "/api/v1/sessions/c1", &[("Authorization", &bearer)], b"").await.json();
    assert_eq!(session["user"], "ana@example.com");
}

/// The operator's token of a server that asks for keys.
const TOKEN: &str = "the operator's token";

/// A batch's line of a hook with an id of its own.
fn line(session: &str, n: u64) -> String {
    format!(r#"{{"v":1,"id":"01932f6e-7a3c-7b1d-9a2e-{n:012x}","agent":"claude-code","payload":{}}}"#, hook(session, n))
}

#[tokio::test]
async fn a_batch_without_a_key_waits_line_by_line() {
    let server = TestServer::guarded(TOKEN).await;
    let nameless = r#"{"v":1,"agent":"claude-code","payload":{"hook_event_name":"Stop"}}"#;
    let telemetry = r#"{"v":1,"agent":"claude-code","source":"telemetry","session_id":"b","payload":{"user.email":"eve@example.com"}}"#;
    let batch = [line("a", 1).as_str(), nameless, &line("b", 2), "no json", telemetry, &line("a", 1)].join("\n");
    let answer = send(&server, None, "/v1/events", &batch).await.json();
    assert_eq!((&answer["accepted"], &answer["duplicates"]), (&json!(2), &json!(1)), "{answer}");
    let rejected: Vec<_> = answer["rejected"].as_array().unwrap().iter().collect();
    let no_session = |index: u64| json!({"index": index, "reason": "no_key_and_no_session"});
    assert_eq!(rejected, [&no_session(1), &json!({"index": 3, "reason": "not_a_record"}), &no_session(4)]);
    let single = send(&server, None, HOOKS, r#"{"hook_event_name":"Stop"}"#).await;
    assert_eq!((single.status, single.problem().as_str()), (401, "no_key_and_no_session"));
    // In = stored + duplicate + parked + rejected, before and after they are claimed.
    balanced(&server, [7, 0, 1, 4, 2]).await;
    assert_eq!(send(&server, Some(TOKEN), "/v1/events", &(line("a", 3) + "\n" + &line("b", 4))).await.status, 200);
    for (session, count) in [("a", 2), ("b", 2)] {
        wait_for(&server, TOKEN, session, count).await;
    }
    balanced(&server, [11, 4, 1, 4, 2]).await;
    // A replay is a duplicate, with a key or without, and nothing remembers it but the store.
    assert_eq!(send(&server, None, "/v1/events", &line("a", 1)).await.json()["duplicates"], 1);
    assert_eq!(send(&server, Some(TOKEN), "/v1/events", &line("a", 1)).await.json()["duplicates"], 1);
}

/// `in`, `stored`, `duplicate`, `rejected` and `parked`; waits until nothing is pending.
async fn balanced(server: &TestServer, expected: [u64; 5]) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let [came, stored, duplicates, rejected, pending] = server.accounts().await;
        let parked = server.metric("hookrail_events_parked_total").await;
        if [came, stored, duplicates, rejected, parked] == expected && pending == 0 {
            assert_eq!(came, stored + duplicates + rejected + parked);
            return;
        }
        let found = [came, stored, duplicates, rejected, parked];
        assert!(Instant::now() < deadline, "{found:?} instead of {expected:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A log record of Claude Code's telemetry.
fn telemetry(records: &[(&str, Option<&str>)]) -> String {
    let text = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
    let records: Vec<Value> = records
        .iter()
        .enumerate()
        .map(|(n, (session, email))| {
            let mut attributes = vec![text("event.name", "user_prompt"), text("session.id", session)];
            attributes.extend(email.map(|email| text("user.email", email)));
            json!({"timeUnixNano": (1_795_203_535_000_000_000u64 + n as u64).to_string(), "body": {"stringValue": "claude_code.user_prompt"}, "attributes": attributes})
        })
        .collect();
    let resource = json!({"attributes": [text("service.name", "claude-code")]});
    json!({"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": records}]}]}).to_string()
}

#[tokio::test]
async fn telemetry_claims_each_of_its_sessions_for_its_own_person() {
    let server = TestServer::start().await;
    let ours = key(&server, "ours");
    for (session, n) in [("a", 1), ("b", 2), ("c", 3)] {
        assert_eq!(send(&server, None, HOOKS, &hook(session, n)).await.status, 200);
    }
    // One batch of several sessions and persons; the last record of `a` does not wipe what the first said.
    let batch = telemetry(&[("a", Some("ann@example.com")), ("b", Some("bob@example.com")), ("c", None), ("a", None)]);
    let answer = server
        .send(
            "POST",
            "/v1/logs",
            &[("Authorization", &format!("Bearer {ours}")), ("Content-Type", "application/json")],
            batch.as_bytes(),
        )
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    for (session, person) in [("a", json!("ann@example.com")), ("b", json!("bob@example.com")), ("c", Value::Null)] {
        let count = if session == "a" { 3 } else { 2 };
        for event in wait_for(&server, &ours, session, count).await {
            assert_eq!(event["user"], person, "{session}: {event}");
        }
    }
    // Later ones, with a key and without, get the person too; the account beats what the device says of its user.
    assert_eq!(send(&server, None, HOOKS, &hook("a", 4)).await.status, 200);
    let device = line("a", 5).replace(r#""v":1"#, r#""v":1,"user":"root""#);
    assert_eq!(send(&server, Some(&ours), "/v1/events", &device).await.json()["accepted"], 1);
    for event in wait_for(&server, &ours, "a", 5).await {
        assert_eq!(event["user"], "ann@example.com", "{event}");
    }
    // And whoever comes later completes what was claimed without a person.
    let batch = telemetry(&[("c", Some("cid@example.com"))]);
    server
        .send(
            "POST",
            "/v1/logs",
            &[("Authorization", &format!("Bearer {ours}")), ("Content-Type", "application/json")],
            batch.as_bytes(),
        )
        .await;
    assert_eq!(send(&server, None, HOOKS, &hook("c", 6)).await.status, 200);
    let events = wait_for(&server, &ours, "c", 4).await;
    let last = events.iter().find(|event| event["tool_use_id"] == "toolu_6").unwrap();
    assert_eq!(last["user"], "cid@example.com");
}

#[tokio::test]
async fn a_claim_and_what_waits_survive_a_restart() {
    let server = TestServer::start().await;
    let ours = key(&server, "ours");
    assert_eq!(send(&server, None, HOOKS, &hook("waits", 1)).await.status, 200);
    assert_eq!(send(&server, Some(&ours), HOOKS, &hook("claimed", 2)).await.status, 200);
    let server = TestServer::in_dir(server.stopped().await, |_| {}).await;
    assert_eq!(send(&server, None, HOOKS, &hook("claimed", 3)).await.status, 200);
    assert_eq!(wait_for(&server, &ours, "claimed", 2).await.len(), 2);
    assert!(events(&server, &ours, "waits").await.is_empty());
    assert_eq!(send(&server, Some(&ours), HOOKS, &hook("waits", 4)).await.status, 200);
    assert_eq!(wait_for(&server, &ours, "waits", 2).await.len(), 2);
}

#[tokio::test]
async fn a_flood_of_invented_sessions_is_refused_at_its_bounds_and_throws_nobody_out() {
    let server = TestServer::with(|config| {
        config.limits.parking.address_sessions = 20;
        config.limits.parking.session_events = 5;
    })
    .await;
    let ours = key(&server, "ours");
    assert_eq!(send(&server, None, HOOKS, &hook("real", 1)).await.status, 200);
    let mut refused = 0;
    for n in 0..60 {
        let answer = send(&server, None, HOOKS, &hook(&format!("invented {n}"), n)).await;
        assert!(matches!(answer.status, 200 | 429), "{}", answer.text());
        if answer.status == 429 {
            assert_eq!(answer.problem(), "parking_full");
            assert!(answer.header("retry-after").is_some());
            refused += 1;
        }
    }
    assert_eq!(refused, 41);
    assert_eq!(send(&server, Some(&ours), HOOKS, &hook("real", 2)).await.status, 200);
    assert_eq!(wait_for(&server, &ours, "real", 2).await.len(), 2, "the real one is there");
}

#[tokio::test]
async fn what_nobody_claimed_is_the_operators_to_give_away() {
    let server = TestServer::start().await;
    let ours = key(&server, "ours");
    for n in 1..=3 {
        assert_eq!(send(&server, None, HOOKS, &hook("old", n)).await.status, 200);
    }
    assert_eq!(send(&server, None, HOOKS, &hook("young", 9)).await.status, 200);
    // Eleven minutes ago, as far as the parking knows.
    let dir = server.stopped().await;
    let database = rusqlite::Connection::open(dir.path().join("parking.db")).unwrap();
    let earlier =
        "UPDATE parked SET at = at - 660000000000 WHERE session = (SELECT id FROM sessions WHERE session = 'old')";
    assert_eq!(database.execute(earlier, []).unwrap(), 3);
    drop(database);
    let server = TestServer::in_dir(dir, |config| config.token = hookrail_server::Token::new(TOKEN)).await;
    let server = TestServer { key: Some(TOKEN.to_owned()), ..server };
    let deadline = Instant::now() + PATIENCE;
    let list = loop {
        let list = server.json("/api/v1/quarantine").await;
        if list["items"].as_array().unwrap().iter().any(|item| item["state"] == "quarantined") {
            break list;
        }
        assert!(Instant::now() < deadline, "{list}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let facts: Vec<_> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (&item["state"], &item["session_id"], &item["events"]))
        .collect();
    assert_eq!(
        facts,
        [(&json!("waiting"), &json!("young"), &json!(1)), (&json!("quarantined"), &json!("old"), &json!(3))]
    );
    let shown = server.json("/api/v1/quarantine/old/events?limit=2").await;
    assert_eq!(shown["items"][0]["payload"]["tool_use_id"], "toolu_1");
    let rest = server.json(&format!("/api/v1/quarantine/old/events?cursor={}", shown["next"].as_str().unwrap())).await;
    assert_eq!(rest["items"].as_array().unwrap().len(), 1);
    // No project sees any of it, nor may give it to itself.
    let refused = send(&server, Some(&ours), "/api/v1/quarantine/old/attribute", r#"{"project":"ours"}"#).await;
    assert_eq!(refused.status, 403);
    let unknown = server.post("/api/v1/quarantine/old/attribute", r#"{"project":"no-such"}"#).await;
    assert_eq!(unknown.status, 404);
    let given =
        server.post("/api/v1/quarantine/old/attribute", r#"{"project":"ours","person":"ann@example.com"}"#).await;
    assert_eq!(given.json(), json!({"stored": 3, "claimed": false}));
    let stored = wait_for(&server, &ours, "old", 3).await;
    assert_eq!(calls(&stored), ["toolu_1", "toolu_2", "toolu_3"]);
    assert!(stored.iter().all(|event| event["user"] == "ann@example.com"), "{stored:?}");
    let given = server.post("/api/v1/quarantine/young/attribute", r#"{"project":"ours"}"#).await;
    assert_eq!(given.json(), json!({"stored": 0, "claimed": true}));
    assert_eq!(wait_for(&server, &ours, "young", 1).await.len(), 1);
    assert_eq!(server.json("/api/v1/quarantine").await["items"], json!([]));
}

/// The median of so many requests with a key, one after the other.
async fn keyed(server: &TestServer, key: &str, first: u64) -> Duration {
    let mut times = Vec::new();
    for n in first..first + 60 {
        let began = Instant::now();
        assert_eq!(send(server, Some(key), HOOKS, &hook("keyed", n)).await.status, 200);
        times.push(began.elapsed());
    }
    times.sort();
    times[times.len() / 2]
}

/// The stated ratio: with a flood of invented sessions, somebody with a key waits at most so many times as long. Two
/// writers then share one disk and the flood's clients one processor with the server, which is most of it.
const FLOOD_RATIO: u32 = 12;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_neither_slows_who_has_a_key_beyond_a_ratio_nor_grows_past_its_bounds() {
    let server = std::sync::Arc::new(TestServer::with(|config| config.limits.parking.events = 300).await);
    let ours = key(&server, "ours");
    let quiet = keyed(&server, &ours, 0).await;
    let stop = tokio_util::sync::CancellationToken::new();
    let flood: Vec<_> = (0..8)
        .map(|task| {
            let (server, stop) = (server.clone(), stop.clone());
            tokio::spawn(async move {
                let (mut waiting, mut refused) = (0u64, 0u64);
                for n in 0.. {
                    if stop.is_cancelled() {
                        break;
                    }
                    let body = hook(&format!("invented {task} {n}"), n);
                    match send(&server, None, HOOKS, &body).await.status {
                        200 => waiting += 1,
                        429 | 503 => refused += 1,
                        other => panic!("{other}"),
                    }
                }
                (waiting, refused)
            })
        })
        .collect();
    let flooded = keyed(&server, &ours, 1000).await;
    // However long it takes, the bound is reached, and held.
    let deadline = Instant::now() + PATIENCE;
    while !is_full(&server).await {
        assert!(Instant::now() < deadline, "the bound was never reached");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stop.cancel();
    let (mut waiting, mut refused) = (0, 0);
    for task in flood {
        let (some, others) = task.await.unwrap();
        waiting += some;
        refused += others;
    }
    assert_eq!(waiting, 300, "exactly the bound, by eight at once");
    assert!(refused > 0);
    let allowed = (quiet * FLOOD_RATIO).max(Duration::from_millis(100));
    println!("with a key: {quiet:?} quiet, {flooded:?} with a flood");
    assert!(flooded <= allowed, "{flooded:?} with a flood, {quiet:?} without");
}

/// Whether as many events wait as may.
async fn is_full(server: &TestServer) -> bool {
    let database = rusqlite::Connection::open(server.dir.path().join("parking.db")).unwrap();
    database.query_row("SELECT events >= 300 FROM totals", [], |row| row.get(0)).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_arrives_while_it_is_claimed_is_neither_lost_nor_doubled() {
    const SENDERS: u64 = 20;
    const EACH: u64 = 10;
    let server = std::sync::Arc::new(TestServer::start().await);
    let (ours, theirs) = (key(&server, "ours"), key(&server, "theirs"));
    assert_eq!(send(&server, None, HOOKS, &hook("s", 999_999)).await.status, 200);
    let senders: Vec<_> = (0..SENDERS)
        .map(|sender| {
            let (server, ours) = (server.clone(), ours.clone());
            tokio::spawn(async move {
                for n in sender * EACH..(sender + 1) * EACH {
                    // Every fifth shows the key, so that the session is claimed at some moment, and again and again.
                    let key = (n % 5 == 3).then_some(ours.as_str());
                    assert_eq!(send(&server, key, HOOKS, &hook("s", n)).await.status, 200);
                    // Each is sent twice, as an agent with two registrations does.
                    assert_eq!(send(&server, None, HOOKS, &hook("s", n)).await.status, 200);
                }
            })
        })
        .collect();
    for sender in senders {
        sender.await.unwrap();
    }
    let all = wait_for(&server, &ours, "s", (SENDERS * EACH + 1) as usize).await;
    let mut calls = calls(&all);
    calls.sort_unstable();
    calls.dedup();
    assert_eq!((all.len(), calls.len()), ((SENDERS * EACH + 1) as usize, (SENDERS * EACH + 1) as usize));
    assert!(events(&server, &theirs, "s").await.is_empty());
}

#[tokio::test]
async fn a_replay_two_weeks_later_is_a_duplicate_still() {
    let server = TestServer::start().await;
    let ours = key(&server, "ours");
    assert_eq!(send(&server, None, "/v1/events", &line("s", 1)).await.json()["accepted"], 1);
    assert_eq!(send(&server, Some(&ours), "/v1/events", &line("s", 2)).await.json()["accepted"], 1);
    wait_for(&server, &ours, "s", 2).await;
    // Two weeks later the claim is long forgotten.
    let dir = server.stopped().await;
    let database = rusqlite::Connection::open(dir.path().join("parking.db")).unwrap();
    assert_eq!(database.execute("UPDATE sessions SET until = 1 WHERE session = 's'", []).unwrap(), 1);
    drop(database);
    let server = TestServer::in_dir(dir, |_| {}).await;
    assert_eq!(
        send(&server, None, "/v1/events", &line("s", 1)).await.json()["accepted"],
        1,
        "it waits, for all it shows"
    );
    assert_eq!(send(&server, Some(&ours), "/v1/events", &line("s", 2)).await.json()["duplicates"], 1);
    let deadline = Instant::now() + PATIENCE;
    let bearer = format!("Bearer {}", admin(&server));
    let metrics = async || server.send("GET", "/metrics", &[("Authorization", &bearer)], b"").await.text();
    while !metrics().await.contains("hookrail_events_released_total 1") {
        assert!(Instant::now() < deadline, "{}", metrics().await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(events(&server, &ours, "s").await.len(), 2, "and was released as a duplicate");
}

/// A key of the operator.
fn admin(server: &TestServer) -> String {
    let registry = Registry::open(Some(&server.dir.path().join("registry.db")), &Settings::default()).unwrap();
    let scopes = [Scope::Admin].into_iter().collect::<Scopes>();
    let new = NewKey { project: "default".parse().unwrap(), scopes, name: None, by: "test".to_owned() };
    registry.create(&new).unwrap().0.reveal().to_owned()
}
