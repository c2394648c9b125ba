//! What holds for every input.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails, and says where")]

use hookrail_core::agents::{self, Payload};
use hookrail_core::event::{Agent, EventId};
use hookrail_core::policy::{Decision, Verdict};
use hookrail_core::redact::{redact_json, redact_record, redact_text};
use hookrail_core::time::Timestamp;
use hookrail_core::wire::{self, Content, Record, one_line};
use hookrail_core::{base64, event::Outcome};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value};

fn agent() -> impl Strategy<Value = Agent> {
    let mut agents = Agent::KNOWN.to_vec();
    agents.push(Agent::from("newcomer"));
    proptest::sample::select(agents)
}

/// Any JSON value, with the characters that make JSON hard.
fn value() -> impl Strategy<Value = Value> {
    let text = proptest::string::string_regex("[ -~é😀\n\r\t\"\\\\/\u{0}\u{2028}]{0,20}").unwrap();
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            vec(("[a-z_]{1,8}", inner), 0..5).prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

/// The keys that adapters look at, and the names of events, so that what they hold is looked into.
const KEYS: &[&str] = &[
    "session_id",
    "sessionId",
    "conversation_id",
    "cursor_version",
    "hook_event_name",
    "hookEventName",
    "type",
    "cwd",
    "workspace_roots",
    "tool_name",
    "toolName",
    "tool_input",
    "toolArgs",
    "tool_use_id",
    "tool_response",
    "toolResult",
    "tool_calls",
    "agent_id",
    "agent_type",
    "subagent_id",
    "duration",
    "duration_ms",
    "mcp_server",
    "mcp_context",
    "mcp_server_name",
    "llm_request",
    "prompt",
    "source",
    "reason",
    "status",
    "trigger",
    "error",
    "errorContext",
    "failure_type",
    "timestamp",
    "notification_type",
    "prompt_id",
    "turn_id",
    "generation_id",
    "model",
];
const NAMES: &[&str] = &[
    "PreToolUse",
    "PostToolUse",
    "PostToolBatch",
    "PermissionRequest",
    "UserPromptSubmit",
    "Stop",
    "preToolUse",
    "postToolUse",
    "postToolUseFailure",
    "beforeMCPExecution",
    "beforeShellExecution",
    "subagentStart",
    "stop",
    "BeforeTool",
    "AfterTool",
    "AfterModel",
    "BeforeAgent",
    "Agent",
    "Task",
    "mcp__a__b",
    "mcp____",
    "mcp_a_b",
    "MCP:x",
    "spawn_agent",
    "",
];

/// An object that resembles a payload, in any of the ways to write it.
fn payload() -> impl Strategy<Value = String> {
    let held = prop_oneof![2 => value(), 1 => proptest::sample::select(NAMES).prop_map(Value::from)];
    let object = vec((proptest::sample::select(KEYS), held), 0..12).prop_map(|pairs| {
        Value::Object(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>())
    });
    (object, any::<bool>()).prop_map(|(object, indented)| {
        if indented { serde_json::to_string_pretty(&object).unwrap() } else { object.to_string() }
    })
}

/// Texts in which keys of well-known shape stand, meet, and are torn.
fn secretive() -> impl Strategy<Value = String> {
    let pieces = [
        concat!("AK", "IAQ7W2E9R4T1Y6U3I8"),
        "ghp_",
        "github_pat_",
        "sk-ant-",
        "sk-",
        "sk_live_",
        "xoxb-",
        "AIza",
        "glpat-",
        "npm_",
        "hkr_",
        "eyJ",
        ".",
        "-",
        "_",
        "Bearer ",
        "bearer ",
        "-----BEGIN ",
        "RSA PRIVATE KEY",
        "-----END ",
        "-----",
        " ",
        "\n",
        "\\n",
        "\\u0041",
        "\\",
        "\"",
        "a",
        "7",
        "é",
        "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hI6",
        "aB3dE6gH9jK2",
        "Q7W2E9R4T1Y6U3I8",
        "[redacted:jwt]",
        "[redacted:jwt:7f3a]",
        "password=",
        "api_key: ",
        "\"token\": \"",
        "secret",
        "--token ",
        "://u:",
        "@host/",
        "Hx7!pq2Z9w",
        "123456789:AA",
        ".atlasv1.",
        "[redacted:",
    ];
    vec(proptest::sample::select(pieces.to_vec()), 0..12).prop_map(|pieces| pieces.concat())
}

fn decisions() -> [Option<Verdict>; 4] {
    let verdict = |decision| Some(Verdict::new(decision, "r", "\"why\"\n"));
    [None, verdict(Decision::Allow), verdict(Decision::Ask), verdict(Decision::Deny)]
}

/// Everything that happens to an event between an agent and the store.
fn travels(agent: &Agent, bytes: &[u8]) {
    let received = agents::parse_bytes(agent, None, bytes);
    for verdict in decisions() {
        let reply = agents::reply(&received.agent, &received.parsed, verdict.as_ref());
        assert_eq!(reply.exit, 0);
        let is_object = || serde_json::from_str::<Map<String, Value>>(&reply.stdout).is_ok();
        assert!(reply.stdout.is_empty() || is_object(), "{}", reply.stdout);
    }
    assert!(received.parsed.outcome != Some(Outcome::Denied) || !received.parsed.is_judgeable());
    let content = Content::of(&received.payload);
    let mut record = Record::new(received.agent.clone(), &content);
    record.occurred_at = Some(Timestamp::from_nanos(1));
    let line = serde_json::to_string(&record).unwrap();
    assert!(!line.contains(['\n', '\r']));
    let read: Record<'_> = serde_json::from_str(&line).unwrap();
    assert_eq!(read.parsed(), received.parsed);
    match received.payload {
        Payload::Malformed(bytes) => assert_eq!(read.malformed_bytes().unwrap(), bytes),
        Payload::Json(raw) => {
            let kept = read.payload.unwrap().get();
            assert_eq!(kept.len(), raw.get().len());
            assert_eq!(serde_json::from_str::<Value>(kept).ok(), serde_json::from_str::<Value>(raw.get()).ok());
        }
    }
    assert!(!read.stored_payload().get().contains(['\n', '\r']));
    redact_record(&line);
}

proptest! {
    #[test]
    fn any_bytes_travel(agent in agent(), bytes in vec(any::<u8>(), 0..200)) {
        travels(&agent, &bytes);
    }

    #[test]
    fn any_text_travels(agent in agent(), text in ".{0,200}") {
        travels(&agent, text.as_bytes());
    }

    #[test]
    fn any_payload_travels(agent in agent(), payload in payload(), before in "[ \n\t\r\u{feff}]?", after in "[ \n\r\t]{0,3}") {
        travels(&agent, format!("{before}{payload}{after}").as_bytes());
    }

    #[test]
    fn a_torn_payload_travels(agent in agent(), payload in payload(), at in any::<prop::sample::Index>()) {
        travels(&agent, &payload.as_bytes()[..at.index(payload.len())]);
    }

    #[test]
    fn a_record_is_read_as_it_was_written(
        payload in payload(), id in any::<(i64, u64)>(), at in any::<i64>(), name in proptest::option::of(".{0,20}"),
        user in proptest::option::of(".{0,20}"), decision in 0usize..4,
    ) {
        let payload: Box<serde_json::value::RawValue> = serde_json::from_str(&one_line(&payload)).unwrap();
        let content = Content::Json(std::borrow::Cow::Borrowed(&payload));
        let mut record = Record::new(Agent::Codex, &content);
        record.id = Some(EventId::v7(Timestamp::from_nanos(id.0), id.1));
        record.occurred_at = Some(Timestamp::from_nanos(at));
        record.name = name.map(Into::into);
        record.user = user.map(Into::into);
        record.verdict = decisions()[decision].clone();
        let line = serde_json::to_string(&record).unwrap();
        let read: Record<'_> = serde_json::from_str(&line).unwrap();
        prop_assert_eq!(read.v, wire::VERSION);
        prop_assert_eq!(read.id, record.id);
        prop_assert_eq!(&read.agent, &record.agent);
        prop_assert_eq!(read.occurred_at, record.occurred_at);
        prop_assert_eq!(&read.name, &record.name);
        prop_assert_eq!(&read.user, &record.user);
        prop_assert_eq!(&read.verdict, &record.verdict);
        prop_assert_eq!(read.payload.unwrap().get(), payload.get());
        prop_assert_eq!(serde_json::to_string(&read).unwrap(), line);
    }

    #[test]
    fn one_line_changes_no_value(value in value()) {
        let text = serde_json::to_string_pretty(&value).unwrap().replace('\n', "\r\n");
        let line = one_line(&text);
        prop_assert!(!line.contains(['\n', '\r']));
        prop_assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), serde_json::from_str::<Value>(&text).unwrap());
    }

    #[test]
    fn an_oversized_payload_keeps_its_short_fields(payload in payload(), long in "[ -~é😀]{0,3000}", max in 1536usize..3000) {
        // The least is what all the fields of such a payload take when everything longer than an id gives way.
        let mut object: Map<String, Value> = serde_json::from_str(&payload).unwrap();
        object.insert("a".into(), "id-1".into());
        object.insert("long".into(), long.clone().into());
        object.insert("nested".into(), serde_json::json!([{ "long": long }]));
        let text = serde_json::to_string_pretty(&object).unwrap();
        let fitted = wire::fit(&text, max);
        prop_assert!(fitted.len() <= max || fitted.len() == text.len());
        let value: Value = serde_json::from_str(&fitted).unwrap();
        prop_assert_eq!(&value["a"], "id-1");
    }

    #[test]
    fn an_id_is_its_text(bytes in any::<[u8; 16]>()) {
        let id = EventId::from_bytes(bytes);
        prop_assert_eq!(id.to_string().parse::<EventId>().unwrap(), id);
        prop_assert_eq!(id.to_string().replace('-', "").parse::<EventId>().unwrap(), id);
        prop_assert_eq!(serde_json::from_str::<EventId>(&serde_json::to_string(&id).unwrap()).unwrap(), id);
    }

    #[test]
    fn ids_sort_as_their_times(at in 0i64..=i64::MAX - 1_000_000, later in 250i64..1_000_000, random in any::<[u64; 2]>()) {
        let first = EventId::v7(Timestamp::from_nanos(at), random[0]);
        let second = EventId::v7(Timestamp::from_nanos(at + later), random[1]);
        prop_assert!(first < second, "{first} {second}");
        prop_assert_eq!(first.minted_at_millis(), Some(at as u64 / 1_000_000));
        prop_assert_eq!(first.as_bytes()[8] >> 6, 0b10);
    }

    #[test]
    fn a_time_is_its_text_and_sorts_as_it(nanos in any::<[i64; 2]>()) {
        let [first, second] = nanos.map(Timestamp::from_nanos);
        prop_assert_eq!(Timestamp::parse(&first.to_string()), Some(first));
        prop_assert_eq!(first.cmp(&second), first.to_string().cmp(&second.to_string()));
    }

    #[test]
    fn any_text_is_a_time_or_none(text in "[0-9TtZz:+. -]{0,40}") {
        if let Some(time) = Timestamp::parse(&text) {
            prop_assert_eq!(Timestamp::parse(&time.to_string()), Some(time));
        }
    }

    #[test]
    fn base64_is_read_as_it_was_written(bytes in vec(any::<u8>(), 0..100)) {
        let text = base64::encode(&bytes);
        prop_assert_eq!(text.len(), base64::encoded_len(bytes.len()));
        prop_assert_eq!(base64::decode(&text), Some(bytes));
    }

    #[test]
    fn base64_has_one_text_for_the_same_bytes(text in "[A-Da-d0-1+/=]{0,12}") {
        if let Some(bytes) = base64::decode(&text) {
            prop_assert_eq!(base64::encode(&bytes), text);
        }
    }

    #[test]
    fn redacting_twice_is_redacting_once(text in secretive()) {
        let once = redact_text(&text);
        let again = redact_text(once.text());
        prop_assert_eq!(again.text(), once.text());
        prop_assert_eq!(again.replaced(), 0);
        prop_assert!(once.text().len() <= text.len() + 40 * once.replaced());
    }

    #[test]
    fn redacted_json_is_json_and_means_the_redacted_text(text in secretive(), key in "[a-z]{1,5}") {
        let json = serde_json::json!({ &key: [&text, 1, null] }).to_string();
        let once = redact_json(&json);
        let value: Value = serde_json::from_str(once.text()).unwrap();
        prop_assert_eq!(&value, &serde_json::json!({ &key: [redact_text(&text).text(), 1, null] }));
        let again = redact_json(once.text());
        prop_assert_eq!(again.text(), once.text());
        prop_assert_eq!(once.replaced(), redact_text(&text).replaced());
    }

    #[test]
    fn what_is_no_json_is_redacted_without_harm(text in secretive()) {
        let once = redact_json(&text).into_text();
        prop_assert_eq!(redact_json(&once).into_text(), once);
        redact_record(&text);
    }
}
