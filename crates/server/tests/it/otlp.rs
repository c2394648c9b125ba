//! OTLP over HTTP and gRPC: recordings of real agents, odd exports, and what becomes of them.

use std::collections::BTreeSet;
use std::path::Path;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};

use crate::harness::{Response, TestServer, gzip};

const JSON: (&str, &str) = ("content-type", "application/json");
const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(name)).unwrap()
}

async fn send(server: &TestServer, path: &str, kind: (&str, &str), body: &[u8]) -> Response {
    let answer = server.send("POST", path, &[kind], body).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    assert_eq!(answer.header("content-type"), Some(kind.1));
    answer
}

/// The ids of requests to a model in an export.
fn requests(export: &str) -> Vec<String> {
    let ids = export.split("\"req_").skip(1);
    ids.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

/// One log record of Claude Code.
fn log(session: Option<&str>, attributes: &[(&str, Value)]) -> Value {
    let mut all: Vec<Value> = attributes
        .iter()
        .map(|(key, value)| {
            let value = if value.is_string() { json!({"stringValue": value}) } else { value.clone() };
            json!({"key": key, "value": value})
        })
        .collect();
    if let Some(session) = session {
        all.push(json!({"key": "session.id", "value": {"stringValue": session}}));
    }
    json!({"timeUnixNano": "1795203356197000000", "attributes": all})
}

fn logs(records: &[Value]) -> Vec<u8> {
    let service = json!([{"key": "service.name", "value": {"stringValue": "claude-code"}}]);
    json!({"resourceLogs": [{"resource": {"attributes": service}, "scopeLogs": [{"logRecords": records}]}]})
        .to_string()
        .into_bytes()
}

#[tokio::test]
async fn recordings_are_taken_in_whole_and_once() {
    let server = TestServer::start().await;
    for (path, kind, file) in [
        ("/v1/logs", JSON, "otlp/claude-code/logs-1.json"),
        ("/v1/logs", PROTOBUF, "otlp/claude-code/logs-1.pb"),
        ("/v1/metrics", JSON, "otlp/claude-code/metrics-1.json"),
        ("/v1/metrics", PROTOBUF, "otlp/claude-code/metrics-1.pb"),
        ("/v1/traces", JSON, "otlp/claude-code/traces-1.json"),
        ("/v1/traces", PROTOBUF, "otlp/claude-code/traces-1.pb"),
        ("/v1/logs", PROTOBUF, "otlp/codex/logs-1.pb"),
    ] {
        let before = server.json("/api/v1/status").await["store"]["events"].as_u64().unwrap();
        let first = send(&server, path, kind, &fixture(file)).await;
        let after = server.json("/api/v1/status").await["store"]["events"].as_u64().unwrap();
        assert!(after > before, "{file}");
        assert!(!first.text().contains("partialSuccess"), "{file}: {}", first.text());
        send(&server, path, kind, &fixture(file)).await;
        let again = server.json("/api/v1/status").await["store"]["events"].as_u64().unwrap();
        assert_eq!(again, after, "{file} sent again");
    }
    let [came, stored, duplicates, rejected, pending] = server.accounts().await;
    assert_eq!((came, rejected, pending), (stored + duplicates, 0, 0));
    let sessions = server.json("/api/v1/sessions").await;
    let agents: Vec<&str> =
        sessions["items"].as_array().unwrap().iter().map(|s| s["agent"].as_str().unwrap()).collect();
    assert!(agents.contains(&"claude-code") && agents.contains(&"codex"), "{agents:?}");
}

#[tokio::test]
async fn a_session_of_claude_code_has_cost_prompts_calls_and_spans() {
    let server = TestServer::start().await;
    send(&server, "/v1/logs", JSON, &fixture("otlp/claude-code/logs-1.json")).await;
    let cost = |usage: &Value| usage["total"]["cost_microusd"].as_i64().unwrap();
    let by_logs = server.json("/api/v1/usage").await;
    assert!(cost(&by_logs) > 0 && by_logs["total"]["cost_estimated"] == false, "{by_logs}");
    // Counters of the same session change nothing, and a span of a request that a log record told adds none.
    send(&server, "/v1/metrics", JSON, &fixture("otlp/claude-code/metrics-1.json")).await;
    assert_eq!(cost(&server.json("/api/v1/usage").await), cost(&by_logs));
    send(&server, "/v1/traces", JSON, &fixture("otlp/claude-code/traces-1.json")).await;
    let told: BTreeSet<String> = ["otlp/claude-code/logs-1.json", "otlp/claude-code/traces-1.json"]
        .into_iter()
        .flat_map(|name| requests(&String::from_utf8(fixture(name)).unwrap()))
        .collect();
    assert_eq!(server.json("/api/v1/usage").await["total"]["requests"], told.len());
    let session = server.json("/api/v1/sessions").await["items"][0].clone();
    assert!(session["prompts"].as_u64().unwrap() >= 1 && session["tool_calls"].as_u64().unwrap() >= 1, "{session}");
    let id = session["id"].as_str().unwrap();
    let calls = server.json(&format!("/api/v1/sessions/{id}/tools")).await;
    let bash = calls["items"].as_array().unwrap().iter().find(|call| call["tool"] == "Bash").unwrap().clone();
    assert_eq!((&bash["outcome"], &bash["sources"]), (&json!("succeeded"), &json!(["telemetry"])));
    let spans = server.json(&format!("/api/v1/sessions/{id}/events?kind=telemetry.span&limit=1000")).await;
    let spans = spans["items"].as_array().unwrap().clone();
    let parents: Vec<&Value> = spans.iter().map(|span| &span["payload"]["span_id"]).collect();
    let inner = spans.iter().find(|span| span["name"] == "claude_code.tool.execution").unwrap();
    assert!(parents.contains(&&inner["payload"]["parent_span_id"]), "{inner}");
    assert!(inner["duration_ms"].is_u64() && inner["tool_use_id"].is_string());
    let measured = server.json(&format!("/api/v1/sessions/{id}/events?kind=hook.measured")).await;
    assert!(measured["items"][0]["duration_ms"].is_u64());
}

#[tokio::test]
async fn codex_s_two_tellings_are_one() {
    let server = TestServer::start().await;
    send(&server, "/v1/logs", PROTOBUF, &fixture("otlp/codex/logs-1.pb")).await;
    let prompts = server.json("/api/v1/events?kind=prompt.reported").await;
    let texts: Vec<&Value> = prompts["items"].as_array().unwrap().iter().map(|e| &e["payload"]["prompt"]).collect();
    assert_eq!(texts, [&json!("list files")]);
    let names = server.json("/api/v1/events?name=codex.conversation_starts").await;
    assert_eq!(names["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn nobody_is_lent_another_s_identity() {
    let server = TestServer::start().await;
    let name = ("event.name", json!("user_prompt"));
    let body = logs(&[
        log(Some("a"), &[name.clone(), ("user.email", json!("a@example.com")), ("n", json!("1"))]),
        log(Some("a"), &[name.clone(), ("n", json!("2"))]),
        log(Some("b"), std::slice::from_ref(&name)),
        log(Some("c"), &[name.clone(), ("user.email", json!("c@example.com"))]),
        log(None, &[name, ("user.email", json!("d@example.com"))]),
    ]);
    send(&server, "/v1/logs", JSON, &body).await;
    for (session, person) in [("a", json!("a@example.com")), ("b", Value::Null), ("c", json!("c@example.com"))] {
        assert_eq!(server.json(&format!("/api/v1/sessions/{session}")).await["user"], person, "{session}");
    }
    let events = server.json("/api/v1/events").await;
    let alone = events["items"].as_array().unwrap().iter().filter(|event| event["session_id"].is_null()).count();
    assert_eq!(alone, 1, "a record without a session is kept as such");
}

#[tokio::test]
async fn one_odd_record_costs_only_itself() {
    let server = TestServer::with(|config| config.limits.record_bytes = 64 * 1024).await;
    let odd = [
        json!(null),
        json!(7),
        json!({"attributes": [null, {"key": 7}, {"key": "x"}, {"key": "y", "value": null}]}),
        json!({"timeUnixNano": {}, "body": [], "severityText": 3, "traceId": 5}),
        log(Some("s"), &[("event.name", json!("big")), ("text", json!("x".repeat(70_000)))]),
        log(Some("s"), &[("event.name", json!("good")), ("n", json!({"intValue": 7}))]),
        log(Some("s"), &[("event.name", json!("good")), ("n", json!({"intValue": "8"}))]),
    ];
    let answer = send(&server, "/v1/logs", JSON, &logs(&odd)).await.json();
    assert_eq!(answer["partialSuccess"]["rejectedLogRecords"], "1", "{answer}");
    let good = server.json("/api/v1/events?name=good").await;
    let mut numbers: Vec<_> =
        good["items"].as_array().unwrap().iter().map(|e| e["payload"]["n"].as_i64().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [7, 8]);
}

#[tokio::test]
async fn every_temporality_is_read_and_an_unknown_one_counts_nothing() {
    let point = |n: i64, kind: &str| {
        json!({"asInt": n, "startTimeUnixNano": "1", "timeUnixNano": n.to_string(), "attributes": [
            {"key": "session.id", "value": {"stringValue": "s"}}, {"key": "model", "value": {"stringValue": "m"}},
            {"key": "type", "value": {"stringValue": kind}},
        ]})
    };
    let metric = |temporality: Value, points: Vec<Value>| json!({"name": "claude_code.token.usage", "sum": {"aggregationTemporality": temporality, "dataPoints": points}});
    let server = TestServer::start().await;
    let service = json!([{"key": "service.name", "value": {"stringValue": "claude-code"}}]);
    let metrics = json!([
        metric(json!(1), vec![point(5, "input")]),
        metric(json!("1"), vec![point(6, "input")]),
        metric(json!("AGGREGATION_TEMPORALITY_DELTA"), vec![point(7, "input")]),
        metric(json!(2), vec![point(100, "output"), point(150, "output")]),
        metric(json!("AGGREGATION_TEMPORALITY_CUMULATIVE"), vec![point(120, "output")]),
        metric(json!(0), vec![point(1000, "input")]),
        metric(Value::Null, vec![point(2000, "input")]),
        {"name": "of.the.future", "sketch": {"dataPoints": [{}]}},
        {"name": "a.histogram", "histogram": {"dataPoints": [{"count": "3", "sum": 1.5}]}},
    ]);
    let body =
        json!({"resourceMetrics": [{"resource": {"attributes": service}, "scopeMetrics": [{"metrics": metrics}]}]});
    send(&server, "/v1/metrics", JSON, body.to_string().as_bytes()).await;
    let session = server.json("/api/v1/sessions/s").await;
    assert_eq!((&session["input_tokens"], &session["output_tokens"]), (&json!(18), &json!(150)), "{session}");
}

#[tokio::test]
async fn errors_are_told_as_otlp_tells_them() {
    let server = TestServer::guarded("a token of some length").await;
    let json = server.send("POST", "/v1/logs", &[JSON], b"{").await;
    assert_eq!((json.status, json.json()["code"].as_i64()), (400, Some(3)));
    let protobuf = server.send("POST", "/v1/logs", &[PROTOBUF], b"\xff\xff\xff").await;
    assert_eq!((protobuf.status, protobuf.header("content-type")), (400, Some("application/x-protobuf")));
    assert_eq!(protobuf.body.first(), Some(&0x08), "google.rpc.Status begins with its code");
    assert_eq!(server.send("POST", "/v1/logs", &[("content-type", "text/plain")], b"").await.status, 415);
    let broken = [JSON, ("content-encoding", "gzip")];
    assert_eq!(server.send("POST", "/v1/traces", &broken, b"{}").await.status, 400);
    assert_eq!(server.send("POST", "/v1/traces", &broken, &gzip(b"{}")).await.status, 200);
}

/// One unary call over HTTP/2; the status of gRPC and the message's bytes.
async fn call(server: &TestServer, service: &str, message: &[u8], compressed: bool) -> (String, Bytes) {
    let stream = server.connect().await;
    let host = stream.peer_addr().unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let message = if compressed { gzip(message) } else { message.to_vec() };
    let mut framed = vec![u8::from(compressed)];
    framed.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
    framed.extend(message);
    let mut request = hyper::Request::post(format!("http://{host}/{service}/Export"))
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    if compressed {
        request = request.header("grpc-encoding", "gzip");
    }
    let answer = sender.send_request(request.body(Full::new(Bytes::from(framed))).unwrap()).await.unwrap();
    assert_eq!(answer.status(), 200);
    let told = answer.headers().get("grpc-status").cloned();
    let body = answer.into_body().collect().await.unwrap();
    let trailer = body.trailers().and_then(|trailers| trailers.get("grpc-status").cloned());
    (told.or(trailer).unwrap().to_str().unwrap().to_owned(), body.to_bytes())
}

#[tokio::test]
async fn grpc_takes_the_same_on_the_same_port() {
    let server = TestServer::start().await;
    let service = "opentelemetry.proto.collector.logs.v1.LogsService";
    for compressed in [false, true] {
        let (status, answer) = call(&server, service, &fixture("otlp/claude-code/logs-1.pb"), compressed).await;
        assert_eq!((status.as_str(), answer.as_ref()), ("0", &[0, 0, 0, 0, 0][..]));
    }
    send(&server, "/v1/logs", PROTOBUF, &fixture("otlp/claude-code/logs-1.pb")).await;
    let [came, stored, duplicates, ..] = server.accounts().await;
    assert_eq!((came, duplicates), (stored * 3, stored * 2), "the same batch by each way is the same");
    let traces = "opentelemetry.proto.collector.trace.v1.TraceService";
    assert_eq!(call(&server, traces, &fixture("otlp/claude-code/traces-1.pb"), true).await.0, "0");
    let metrics = "opentelemetry.proto.collector.metrics.v1.MetricsService";
    assert_eq!(call(&server, metrics, &fixture("otlp/claude-code/metrics-1.pb"), false).await.0, "0");
    assert_eq!(call(&server, metrics, b"\xff\xff\xff", false).await.0, "3");
}
