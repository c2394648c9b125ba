#![allow(clippy::unwrap_used, clippy::needless_pass_by_value)]
use super::*;
use crate::event::Outcome;
use serde_json::{Value, json};

fn read(agent: Agent, payload: &Value) -> Parsed {
    parse(&agent, None, &payload.to_string())
}

fn claude(payload: Value) -> Parsed {
    let mut whole = json!({"otel.signal": "log", "session.id": "s"});
    whole.as_object_mut().unwrap().extend(payload.as_object().unwrap().clone());
    read(Agent::ClaudeCode, &whole)
}

#[test]
fn a_request_is_read_whether_its_numbers_are_numbers_or_texts() {
    let texts = json!({
        "event.name": "api_request", "model": "claude-opus-4-8[1m]", "input_tokens": "120", "output_tokens": "30",
        "cache_read_tokens": "900", "cache_creation_tokens": "40", "cost_usd": "0.0020499999999999997", "cost_usd_micros": "2050",
        "duration_ms": "19", "request_id": "req_1", "speed": "fast", "query_source": "sdk", "prompt.id": "p", "skill.name": "custom",
    });
    let numbers = json!({
        "otel.body": "claude_code.api_request", "model": "claude-opus-4-8", "input_tokens": 120, "output_tokens": 30,
        "cache_read_tokens": 900, "cache_creation_tokens": 40, "cost_usd": 0.00205, "duration_ms": 19, "request_id": "req_1",
        "speed": "fast", "query_source": "sdk", "prompt.id": "p",
    });
    let parsed = claude(texts);
    assert_eq!(parsed.model_use, claude(numbers).model_use);
    let used = parsed.model_use.unwrap();
    let tokens = Tokens { input: 120, output: 30, cache_read: 900, cache_write_5m: 40, ..Tokens::default() };
    assert_eq!((used.tokens, used.told, used.fast), (tokens, Some(NanoUsd::from_micros(2050)), true));
    assert_eq!((used.model.as_str(), used.request_id.as_deref(), used.skill), ("claude-opus-4-8", Some("req_1"), None));
    assert_eq!(
        (parsed.kind, parsed.turn_id.as_deref(), parsed.duration_ms),
        (Kind::ModelResponded, Some("p"), Some(19))
    );
    assert_eq!((parsed.source, parsed.session_id.unwrap().as_str()), (Source::Telemetry, "s"));
}

#[test]
fn claude_code_s_events_have_their_kinds() {
    for (name, kind) in [
        ("user_prompt", Kind::PromptReported),
        ("claude_code.user_prompt", Kind::PromptReported),
        ("assistant_response", Kind::MessageReceived),
        ("tool_decision", Kind::ToolDecided),
        ("api_error", Kind::ModelFailed),
        ("api_refusal", Kind::ModelFailed),
        ("api_retries_exhausted", Kind::ModelFailed),
        ("compaction", Kind::CompactionReported),
        ("hook_registered", Kind::TelemetryLog),
        ("of_the_future", Kind::TelemetryLog),
        ("", Kind::TelemetryLog),
    ] {
        let parsed = claude(json!({"event.name": name}));
        assert_eq!((parsed.kind, parsed.name.as_str()), (kind, name));
    }
    let measured = claude(json!({"event.name": "hook_execution_complete", "total_duration_ms": "78"}));
    assert_eq!((measured.kind, measured.duration_ms), (Kind::HookMeasured, Some(78)));
}

#[test]
fn a_tool_s_end_is_joined_by_its_id_and_a_hidden_name_is_restored() {
    let end = |rest: Value| {
        let mut payload = json!({"event.name": "tool_result", "tool_use_id": "toolu_1", "duration_ms": "28"});
        payload.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        claude(payload)
    };
    let ran = end(json!({"tool_name": "Bash", "success": "true"}));
    assert_eq!((ran.kind, ran.outcome, ran.duration_ms), (Kind::ToolReported, Some(Outcome::Succeeded), Some(28)));
    assert_eq!(ran.tool_use_id.unwrap().as_str(), "toolu_1");
    assert_eq!(end(json!({"tool_name": "Bash", "success": false})).outcome, Some(Outcome::Failed));
    assert_eq!(end(json!({"tool_name": "Bash"})).outcome, Some(Outcome::Unknown));
    let parameters = r#"{"mcp_server_name":"github","mcp_tool_name":"create_issue"}"#;
    let restored = end(json!({"tool_name": "mcp_tool", "tool_parameters": parameters}));
    assert_eq!(restored.tool.unwrap().name, "mcp__github__create_issue");
    assert_eq!(end(json!({"tool_name": "mcp_tool"})).tool.unwrap().name, "mcp_tool");
}

#[test]
fn a_person_is_known_by_what_the_agent_says() {
    let said = json!({"event.name": "x", "user.email": "dev@example.com", "organization.id": "o", "user.account_uuid": "a", "user.id": "i"});
    let identity = *claude(said).identity.unwrap();
    assert_eq!(identity.person(), Some("dev@example.com"));
    assert_eq!((identity.account.as_deref(), identity.organization.as_deref()), (Some("a"), Some("o")));
    assert_eq!(claude(json!({"event.name": "x", "user.id": "i"})).identity.unwrap().person(), None);
    assert_eq!(claude(json!({"event.name": "x"})).identity, None);
}

#[test]
fn counters_are_use_where_they_say_what_they_mean() {
    let point = |rest: Value| {
        let mut payload = json!({
            "otel.signal": "metric", "otel.name": "claude_code.token.usage", "otel.value": 1234, "type": "cacheRead",
            "model": "m", "session.id": "s", "otel.series": "abc",
        });
        payload.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        read(Agent::ClaudeCode, &payload)
    };
    let used = point(json!({"otel.temporality": "delta"})).model_use.unwrap();
    assert_eq!((used.scope, used.tokens.cache_read), (Scope::Delta, 1234));
    let used = point(json!({"otel.temporality": "cumulative", "otel.value": "7"})).model_use.unwrap();
    assert_eq!((used.scope, used.tokens.cache_read), (Scope::Cumulative { series: "abc".to_owned() }, 7));
    assert_eq!(point(json!({})).model_use, None);
    assert_eq!(point(json!({"otel.temporality": "delta", "type": "new"})).model_use, None);
    let cost = json!({"otel.name": "claude_code.cost.usage", "otel.value": 0.0125, "otel.temporality": "delta"});
    assert_eq!(point(cost).model_use.unwrap().told, Some(NanoUsd(12_500_000)));
    let other = point(json!({"otel.name": "claude_code.lines_of_code.count", "otel.temporality": "delta"}));
    assert_eq!((other.kind, other.model_use), (Kind::TelemetryMetric, None));
}

#[test]
fn codex_counts_a_response_and_takes_the_cache_out_of_its_input() {
    let completed = |rest: Value| {
        let mut payload = json!({
            "otel.signal": "log", "event.name": "codex.sse_event", "event.kind": "response.completed",
            "conversation.id": "conv", "model": "gpt-5-codex",
        });
        payload.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        read(Agent::Codex, &payload)
    };
    let tokens = |rest: Value| completed(rest).model_use.map(|used| used.tokens);
    let sum = [
        tokens(json!({"input_token_count": "9000", "cached_token_count": "8800", "output_token_count": "60"})),
        tokens(json!({"input_token_count": 500, "output_token_count": 40})),
        tokens(json!({})),
    ]
    .into_iter()
    .flatten()
    .fold((0, 0, 0), |sum, tokens| (sum.0 + tokens.input, sum.1 + tokens.output, sum.2 + tokens.cache_read));
    assert_eq!(sum, (700, 100, 8800));
    assert_eq!(tokens(json!({"input_token_count": 5, "cached_token_count": 9})).unwrap().input, 0);
    assert_eq!(completed(json!({})).session_id.unwrap().as_str(), "conv");
    let decided =
        read(Agent::Codex, &json!({"event.name": "codex.tool_decision", "call_id": "c", "decision": "approved"}));
    assert_eq!((decided.kind, decided.reason.as_deref()), (Kind::ToolDecided, Some("approved")));
    let ended =
        json!({"event.name": "codex.tool_result", "call_id": "c", "tool_name": "exec_command", "success": "false"});
    assert_eq!(read(Agent::Codex, &ended).outcome, Some(Outcome::Failed));
}

#[test]
fn a_span_carries_its_duration_its_call_and_its_request() {
    let span = |rest: Value| {
        let mut payload = json!({"otel.signal": "span", "otel.duration_ms": 12, "session.id": "s"});
        payload.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        read(Agent::ClaudeCode, &payload)
    };
    let tool = span(json!({"otel.name": "claude_code.tool", "gen_ai.tool.call.id": "t", "agent_id": "a"}));
    assert_eq!((tool.kind, tool.duration_ms, tool.actor.subagent_id()), (Kind::TelemetrySpan, Some(12), Some("a")));
    assert_eq!(tool.tool_use_id.unwrap().as_str(), "t");
    let request = json!({"otel.name": "claude_code.llm_request", "request_id": "r", "model": "m", "input_tokens": 5});
    assert_eq!(span(request).model_use.unwrap().tokens.input, 5);
    assert_eq!(span(json!({"otel.name": "claude_code.llm_request", "model": "m"})).model_use, None);
}

#[test]
fn what_is_no_object_is_malformed_and_never_a_panic() {
    for text in ["", "[]", "7", "{", "\"x\""] {
        let parsed = parse(&Agent::ClaudeCode, None, text);
        assert_eq!((parsed.kind, parsed.source), (Kind::Malformed, Source::Telemetry), "{text}");
    }
    let odd = json!({"event.name": 7, "session.id": [], "model": {}, "otel.signal": null, "user.email": ""});
    assert_eq!(read(Agent::ClaudeCode, &odd).kind, Kind::TelemetryLog);
}
