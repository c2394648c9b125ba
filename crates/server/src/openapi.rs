//! `/openapi.json`: the doors as OpenAPI 3.1, made from [`Door`] and the shapes in `openapi.schemas.json`.

use std::sync::LazyLock;

use axum::http::header;
use axum::response::IntoResponse;
use serde_json::{Map, Value, json};

use crate::doors::{Access, Door, Facts};

/// The shapes of answers, by name. Hand-kept; a test holds them against real answers.
const SCHEMAS: &str = include_str!("openapi.schemas.json");

static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
    let mut text = serde_json::to_string_pretty(&document()).unwrap_or_default();
    text.push('\n');
    text
});

/// `GET /openapi.json`.
pub(crate) async fn get() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.as_str())
}

/// The document's text, as `docs/openapi.json` keeps it.
pub(crate) fn text() -> &'static str {
    &DOCUMENT
}

/// What a door takes besides its path, and what it answers.
struct Shape {
    query: &'static [&'static str],
    body: Option<(&'static str, &'static str)>,
    status: &'static str,
    answer: Option<(&'static str, &'static str)>,
    problems: &'static [&'static str],
}

const EVENTS: &[&str] = &[
    "session_id",
    "agent",
    "name",
    "kind",
    "tool",
    "server",
    "tool_use_id",
    "outcome",
    "user",
    "device",
    "source_app",
    "redaction",
    "since",
    "until",
    "q",
    "limit",
    "cursor",
];
const SESSION_EVENTS: &[&str] = &[
    "agent",
    "name",
    "kind",
    "tool",
    "server",
    "tool_use_id",
    "outcome",
    "user",
    "device",
    "source_app",
    "redaction",
    "since",
    "until",
    "q",
    "limit",
    "cursor",
];
const SESSIONS: &[&str] =
    &["agent", "state", "user", "device", "source_app", "repository", "since", "until", "q", "limit", "cursor"];
const USAGE: &[&str] = &[
    "group_by",
    "since",
    "until",
    "user",
    "repository",
    "session_id",
    "agent",
    "model",
    "device",
    "source_app",
    "run_id",
    "team",
    "limit",
    "cursor",
];
const FINDINGS: &[&str] =
    &["kind", "rule", "severity", "state", "owner", "session_id", "user", "since", "until", "limit", "cursor"];
const VERDICTS: &[&str] =
    &["group_by", "since", "until", "rule", "session_id", "user", "repository", "agent", "limit", "cursor"];
const LIVE: &[&str] = &[
    "last_event_id",
    "session_id",
    "agent",
    "name",
    "kind",
    "tool",
    "server",
    "tool_use_id",
    "outcome",
    "user",
    "device",
    "source_app",
    "redaction",
    "since",
    "until",
    "q",
];
const QUERY: &[&str] = &["collection", "session_id", "since", "until", "q", "limit", "offset", "cursor"];

const JSON: &str = "application/json";
const INTAKE: &[&str] = &["400", "408", "413", "422", "429", "503"];
const READING: &[&str] = &["400", "503"];

fn shape(door: Door) -> Shape {
    let read =
        |query, schema| Shape { query, body: None, status: "200", answer: Some((JSON, schema)), problems: READING };
    let take =
        |media, body, status, answer| Shape { query: &[], body: Some((media, body)), status, answer, problems: INTAKE };
    let text =
        |schema| Shape { query: &[], body: None, status: "200", answer: Some(("text/plain", schema)), problems: &[] };
    match door {
        Door::PostBatch => Shape {
            problems: &["400", "408", "413", "415", "429", "503"],
            ..take("application/x-ndjson", "Record", "200", Some((JSON, "BatchReceipt")))
        },
        Door::PostHook => take(JSON, "Payload", "200", Some((JSON, "Payload"))),
        Door::OtlpLogs | Door::OtlpMetrics | Door::OtlpTraces => Shape {
            problems: &["400", "408", "413", "415", "429", "503"],
            ..take(JSON, "OtlpExport", "200", Some((JSON, "OtlpReceipt")))
        },
        Door::GrpcLogs | Door::GrpcMetrics | Door::GrpcTraces => {
            Shape { problems: &["503"], ..take("application/grpc", "Text", "200", Some(("application/grpc", "Text"))) }
        }
        Door::PostObserved => take(JSON, "Observed", "200", Some((JSON, "Receipt"))),
        Door::PostEnvelope => take(JSON, "Envelope", "201", Some((JSON, "Receipt"))),
        Door::QueryEnvelopes => read(QUERY, "Found"),
        Door::ListEvents => read(EVENTS, "EventPage"),
        Door::GetEvent => Shape { problems: &["400", "404", "503"], ..read(&[], "Event") },
        Door::ListSessions => read(SESSIONS, "SessionPage"),
        Door::GetSession => Shape { problems: &["400", "404", "503"], ..read(&["agent"], "Session") },
        Door::ListSessionEvents => read(SESSION_EVENTS, "EventPage"),
        Door::ListSessionTools => read(&["agent", "limit", "cursor"], "ToolCallPage"),
        Door::ListSessionSubagents => read(&["agent", "limit", "cursor"], "SubagentPage"),
        Door::ListTools => read(&["since", "until", "limit", "cursor"], "ToolUsePage"),
        Door::GetOverview => read(&["since", "until", "bars"], "Overview"),
        Door::ListHandlers => read(&["since", "until", "limit", "cursor"], "HandlerPage"),
        Door::ListServers => read(&["since", "until", "limit", "cursor"], "ServerPage"),
        Door::PutServer => {
            Shape { problems: &["400", "408", "413", "503"], ..take(JSON, "Called", "200", Some((JSON, "ServerName"))) }
        }
        Door::DeleteServer => Shape { problems: &["404", "503"], ..read(&[], "ServerName") },
        Door::GetUsage => read(USAGE, "Usage"),
        Door::GetSpend => read(&["sessions", "day", "week", "month"], "Spend"),
        Door::ListPeople => {
            Shape { problems: &["400", "403", "503"], ..read(&["since", "until", "limit", "cursor"], "PersonPage") }
        }
        Door::PutPerson => Shape {
            query: &[],
            body: Some((JSON, "Member")),
            status: "204",
            answer: None,
            problems: &["400", "408", "413", "503"],
        },
        Door::PostDevice => Shape {
            query: &[],
            body: Some((JSON, "DeviceReport")),
            status: "204",
            answer: None,
            problems: &["400", "408", "413", "503", "507"],
        },
        Door::ListDevices => read(&["limit", "cursor"], "DevicePage"),
        Door::ListRepositories => read(&["since", "until", "limit", "cursor"], "RepositoryPage"),
        Door::ListArtifacts => {
            read(&["session_id", "run_id", "sha256", "since", "until", "limit", "cursor"], "ArtifactPage")
        }
        Door::PutArtifact => Shape {
            problems: &["400", "408", "413", "415", "422", "429", "503"],
            ..take("application/octet-stream", "Bytes", "200", Some((JSON, "Uploaded")))
        },
        Door::GetArtifact => Shape {
            answer: Some(("application/octet-stream", "Bytes")),
            problems: &["404", "503"],
            ..read(&[], "Bytes")
        },
        Door::ListSessionPrompts => read(&["agent", "limit", "cursor"], "PromptPage"),
        Door::GetReconciliation => Shape { problems: &["400", "404", "503"], ..read(&["agent"], "Reconciliation") },
        Door::GetTitles => read(&[], "Titles"),
        Door::PutTitles => Shape {
            problems: &["400", "408", "413", "503"],
            ..take(JSON, "TitlesWanted", "200", Some((JSON, "Titles")))
        },
        Door::ListFindings => read(FINDINGS, "FindingPage"),
        Door::PatchFinding => Shape {
            problems: &["400", "404", "408", "413", "503"],
            ..take(JSON, "FindingChange", "200", Some((JSON, "Finding")))
        },
        Door::GetScan | Door::StartScan => read(&[], "Scan"),
        Door::ListVerdicts => Shape { problems: &["400", "403", "503"], ..read(VERDICTS, "VerdictPage") },
        Door::ListReports => read(&["rule", "limit", "cursor"], "StopReportPage"),
        Door::PostReport => Shape {
            problems: &["400", "408", "413", "503"],
            ..take(JSON, "StoppedCase", "201", Some((JSON, "StopReport")))
        },
        Door::GetPolicy => read(&[], "PublishedPolicy"),
        Door::PutPolicy => Shape {
            problems: &["400", "408", "413", "503"],
            ..take("text/plain", "Text", "200", Some((JSON, "PublishedPolicy")))
        },
        Door::GetStatus => read(&[], "Status"),
        Door::Stream => Shape {
            answer: Some(("text/event-stream", "Text")),
            problems: &["400", "410", "503"],
            ..read(LIVE, "Text")
        },
        Door::WebSocket => {
            Shape { status: "101", answer: None, problems: &["400", "410", "503"], ..read(LIVE, "Text") }
        }
        Door::Login => Shape { problems: &["400", "401", "429"], ..take(JSON, "Login", "204", None) },
        Door::Logout => Shape { status: "204", answer: None, problems: &[], ..read(&[], "Text") },
        Door::GetMe => read(&[], "Me"),
        Door::ListKeys => read(&["project", "limit", "cursor"], "KeyPage"),
        Door::CreateKey => Shape { problems: READING, ..take(JSON, "NewKey", "201", Some((JSON, "MadeKey"))) },
        Door::RotateKey => {
            Shape { problems: &["400", "404", "503"], ..take(JSON, "Rotation", "201", Some((JSON, "MadeKey"))) }
        }
        Door::RevokeKey => Shape { problems: &["404", "503"], ..read(&[], "Key") },
        Door::ListProjects => read(&["limit", "cursor"], "ProjectPage"),
        Door::CreateProject => Shape { problems: READING, ..take(JSON, "Project", "200", Some((JSON, "Project"))) },
        Door::ListQuarantine => read(&["limit", "cursor"], "UnclaimedPage"),
        Door::ListQuarantineEvents => {
            Shape { problems: &["400", "404", "503"], ..read(&["agent", "limit", "cursor"], "UnclaimedEventPage") }
        }
        Door::Attribute => Shape {
            query: &["agent"],
            problems: &["400", "404", "409", "429", "503"],
            ..take(JSON, "Attribution", "200", Some((JSON, "Attributed")))
        },
        Door::PurgeQuarantine => Shape { problems: &["400", "404", "503"], ..read(&["agent"], "Purged") },
        Door::Health => text("Text"),
        Door::Ready => Shape { problems: &["503"], ..text("Text") },
        Door::Metrics => text("Text"),
        Door::OpenApi => Shape { problems: &[], ..read(&[], "Payload") },
    }
}

fn document() -> Value {
    let mut paths = Map::new();
    for door in Door::ALL {
        let facts = door.facts();
        let path = paths.entry(facts.path).or_insert_with(|| json!({}));
        path[facts.method] = operation(&facts, &shape(*door));
    }
    let schemas: Value = serde_json::from_str(SCHEMAS).unwrap_or_default();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "hookrail",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The record of what coding agents did. Lists answer {\"items\":[…],\"next\":cursor|null}; only a missing cursor means the end. Times are RFC 3339 with nanoseconds.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "hookrail_session"}
            }
        }
    })
}

fn operation(facts: &Facts, shape: &Shape) -> Value {
    let mut parameters: Vec<Value> = facts
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
        .collect();
    parameters.extend(shape.query.iter().map(|name| parameter(name)));
    let mut responses = Map::new();
    let content = |(media, schema): (&str, &str)| json!({media: {"schema": reference(schema)}});
    let mut success = json!({"description": "As asked."});
    if let Some(answer) = shape.answer {
        success["content"] = content(answer);
    }
    responses.insert(shape.status.to_owned(), success.clone());
    if facts.path == "/ingest" {
        success["description"] = "Its content is already stored.".into();
        responses.insert("202".to_owned(), success);
    }
    let denied: &[&str] = if facts.access == Access::Open { &["403"] } else { &["401", "403"] };
    for status in shape.problems.iter().chain(denied) {
        let problem = json!({"description": meaning(status), "content": content((JSON, "Problem"))});
        responses.insert((*status).to_owned(), problem);
    }
    let summary = facts.doc.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    let mut operation = json!({
        "operationId": facts.name,
        "summary": summary,
        "parameters": parameters,
        "responses": responses,
        "x-scope": facts.access.word(),
        "security": if facts.access == Access::Open { json!([{}]) } else { json!([{"key": []}, {"cookie": []}, {}]) },
    });
    if let Some(body) = shape.body {
        operation["requestBody"] = json!({"required": true, "content": content(body)});
    }
    operation
}

fn reference(schema: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{schema}")})
}

fn parameter(name: &str) -> Value {
    let number = |max: u32| json!({"type": "integer", "minimum": 1, "maximum": max});
    let (schema, description) = match name {
        "limit" => (number(1000), "Items of a page; 50 unless told (100 for /query)."),
        "bars" => (number(1000), "Bars of the series; 60 unless told."),
        "offset" => {
            (json!({"type": "integer", "minimum": 0, "maximum": 10_000}), "Matches to skip; use cursor for more.")
        }
        "cursor" => (json!({"type": "string"}), "The next of the page before."),
        "since" => (json!({"type": "string"}), "At or after: RFC 3339, or a span back from now (15m, 24h, 7d)."),
        "until" => (json!({"type": "string"}), "Before: RFC 3339, or a span back from now."),
        "q" => (
            json!({"type": "string"}),
            "A text that occurs, whatever its ASCII case: in the payload, or in a session's title, id or directory.",
        ),
        "outcome" => (json!({"enum": ["succeeded", "failed", "denied", "unknown"]}), "What came of the tool call."),
        "state" => {
            (json!({"enum": ["working", "waiting", "idle", "asleep", "ended", "failed"]}), "The session's state.")
        }
        "collection" => (json!({"enum": crate::ingest::ancestors::COLLECTIONS}), "Where to look; events unless told."),
        "project" => (json!({"type": "string"}), "A project: its name, or organisation/name."),
        "agent" => (json!({"type": "string"}), "The agent, such as claude-code."),
        "server" => (json!({"type": "string"}), "The MCP server, by its raw name or by what the project calls it."),
        "redaction" => (json!({"type": "string"}), "From which a secret of this kind was taken out; any for any."),
        "last_event_id" => (json!({"type": "string", "format": "uuid"}), "Go on after this event."),
        _ => (json!({"type": "string"}), "Exactly this value."),
    };
    json!({"name": name, "in": "query", "schema": schema, "description": description})
}

fn meaning(status: &str) -> &'static str {
    match status {
        "400" => "The request is not understood.",
        "401" => "The key is missing or not good.",
        "403" => "The key is not for this, or the host or the origin is not one this server answers to.",
        "404" => "There is no such thing.",
        "408" => "The body did not arrive in time.",
        "409" => "It is another's already.",
        "410" => "The event to resume from is not stored any more.",
        "413" => "The body is too large, as sent or decompressed.",
        "415" => "The Content-Encoding is unknown.",
        "422" => "The event cannot be stored as it is.",
        "429" => "The server is full, or this is too often; try again after Retry-After.",
        _ => "Not now; try again after Retry-After.",
    }
}
