//! What agents say by OpenTelemetry: a log record, a data point of a metric, or a span, flattened to one JSON object.
//!
//! The server makes the object ([`SIGNAL`] and the other keys of this module beside the attributes as they came); this
//! module reads it. Attributes of agents are read under every name they have had, numbers also where they are sent as
//! texts, and whatever is not understood is kept as a log, a metric or a span of its own.
//!
//! Kinds differ from those of hooks, so that nothing is counted twice; what is joined carries the id it is joined by.

use serde_json::value::RawValue;

use crate::agents::Parsed;
use crate::context::{Identity, Source};
use crate::event::{Actor, Agent, Kind, SessionId, ToolUseId};
use crate::json;
use crate::ledger::{ModelUse, NanoUsd, Scope, Tokens};

mod claude_code;
mod codex;

/// The key of the signal: `log`, `metric` or `span`.
pub const SIGNAL: &str = "otel.signal";
/// The key of the name of a metric or a span, and of a log record that has one beside its attributes.
pub const NAME: &str = "otel.name";
/// The key of a log record's body.
pub const BODY: &str = "otel.body";
/// The key of a data point's value.
pub const VALUE: &str = "otel.value";
/// The key of a sum's temporality: `delta` or `cumulative`.
pub const TEMPORALITY: &str = "otel.temporality";
/// The key of what tells a cumulative counter from all others, its start included.
pub const SERIES: &str = "otel.series";
/// The key of a span's duration in milliseconds.
pub const DURATION: &str = "otel.duration_ms";

json::fields!(Fields {
    signal = "otel.signal",
    otel_name = "otel.name",
    body = "otel.body",
    value = "otel.value",
    temporality = "otel.temporality",
    series = "otel.series",
    span_duration_ms = "otel.duration_ms",
    event_name = "event.name",
    event_kind = "event.kind",
    session_id = "session.id",
    conversation_id = "conversation.id",
    gen_ai_conversation_id = "gen_ai.conversation.id",
    thread_id = "thread.id",
    prompt_id = "prompt.id",
    turn_id = "turn.id",
    user_email = "user.email",
    account_uuid = "user.account_uuid",
    account_id = "user.account_id",
    organization = "organization.id",
    installation = "user.id",
    model = "model",
    request_id = "request_id",
    input_tokens = "input_tokens",
    output_tokens = "output_tokens",
    cache_read_tokens = "cache_read_tokens",
    cache_creation_tokens = "cache_creation_tokens",
    cost_usd = "cost_usd",
    cost_usd_micros = "cost_usd_micros",
    speed = "speed",
    query_source = "query_source",
    skill_name = "skill.name",
    mcp_server_name = "mcp_server.name",
    mcp_tool_name = "mcp_tool.name",
    tool_name = "tool_name",
    tool_use_id = "tool_use_id",
    call_id = "call_id",
    gen_ai_call_id = "gen_ai.tool.call.id",
    tool_parameters = "tool_parameters",
    mcp_server = "mcp_server",
    success = "success",
    decision = "decision",
    decision_source = "source",
    duration_ms = "duration_ms",
    total_duration_ms = "total_duration_ms",
    prompt = "prompt",
    error = "error",
    trigger = "trigger",
    category = "category",
    kind_of = "type",
    agent_id = "agent_id",
    agent_type = "agent_type",
    input_token_count = "input_token_count",
    output_token_count = "output_token_count",
    cached_token_count = "cached_token_count",
    cache_write_token_count = "cache_write_token_count",
    reasoning_token_count = "reasoning_token_count",
});

/// What one record of an agent's telemetry says. Never fails. `name` stands in where the record does not carry one.
pub fn parse(agent: &Agent, name: Option<&str>, payload: &str) -> Parsed {
    let Some(fields) = json::object::<Fields<'_>>(payload) else {
        return Parsed { source: Source::Telemetry, ..Parsed::malformed() };
    };
    // Of a log record, the attribute goes before the record's own name, in which Codex has a place of its source.
    let name = json::owned(fields.event_name)
        .or_else(|| json::owned(fields.otel_name))
        .or_else(|| name.map(str::to_owned))
        .or_else(|| json::owned(fields.body))
        .unwrap_or_default();
    let mut parsed = match json::text(fields.signal).as_deref() {
        Some("metric") => metric(&name, &fields),
        Some("span") => span(&name, &fields),
        _ => match agent {
            Agent::Codex => codex::log(&name, &fields),
            _ => claude_code::log(&name, &fields),
        },
    };
    parsed.name = name;
    parsed.source = Source::Telemetry;
    parsed.session_id = [fields.session_id, fields.conversation_id, fields.gen_ai_conversation_id, fields.thread_id]
        .into_iter()
        .find_map(json::owned)
        .map(SessionId);
    parsed.turn_id = json::owned(fields.prompt_id).or_else(|| json::owned(fields.turn_id));
    parsed.model = parsed.model.or_else(|| model(&fields));
    if let Some(id) = json::owned(fields.agent_id) {
        parsed.actor = Actor::Subagent { id, agent_type: json::owned(fields.agent_type) };
    }
    let identity = Identity {
        email: json::owned(fields.user_email),
        account: json::owned(fields.account_uuid).or_else(|| json::owned(fields.account_id)),
        organization: json::owned(fields.organization),
        installation: json::owned(fields.installation),
    };
    parsed.identity = (!identity.is_empty()).then(|| Box::new(identity));
    parsed
}

/// The model without the mark of its context's size, which is no other model.
fn model(fields: &Fields<'_>) -> Option<String> {
    let model = json::text(fields.model)?;
    Some(model.strip_suffix("[1m]").unwrap_or(&model).to_owned())
}

/// A data point. Claude Code's counters of tokens and cost are use of a model; Codex's repeat what its log records tell.
fn metric(name: &str, fields: &Fields<'_>) -> Parsed {
    let mut parsed = Parsed::new("", Kind::TelemetryMetric);
    let mut used = ModelUse::request(model(fields).unwrap_or_default(), Tokens::default());
    match name {
        "claude_code.token.usage" => {
            let count = number(fields.value).unwrap_or(0);
            match json::text(fields.kind_of).as_deref() {
                Some("input") => used.tokens.input = count,
                Some("output") => used.tokens.output = count,
                Some("cacheRead") => used.tokens.cache_read = count,
                Some("cacheCreation") => used.tokens.cache_write_5m = count,
                _ => return parsed,
            }
        }
        "claude_code.cost.usage" => used.told = amount(fields.value),
        _ => return parsed,
    }
    used.scope = match (json::text(fields.temporality).as_deref(), json::owned(fields.series)) {
        (Some("delta"), _) => Scope::Delta,
        (Some("cumulative"), Some(series)) => Scope::Cumulative { series },
        // A value nobody says the meaning of is kept and not counted.
        _ => return parsed,
    };
    about(&mut used, fields);
    parsed.model_use = Some(Box::new(used));
    parsed
}

/// A span. One of a request to a model tells its use under the request's id, as the log record does.
fn span(name: &str, fields: &Fields<'_>) -> Parsed {
    let mut parsed = Parsed::new("", Kind::TelemetrySpan);
    parsed.duration_ms = number(fields.span_duration_ms).or_else(|| number(fields.duration_ms));
    parsed.tool_use_id = [fields.tool_use_id, fields.gen_ai_call_id].into_iter().find_map(json::owned).map(ToolUseId);
    if name == "claude_code.llm_request" && json::owned(fields.request_id).is_some() {
        parsed.model_use = claude_code::request(fields);
    }
    parsed
}

/// What a request was made for.
fn about(used: &mut ModelUse, fields: &Fields<'_>) {
    used.fast = json::text(fields.speed).as_deref() == Some("fast");
    used.query_source = json::owned(fields.query_source);
    used.skill = told_name(fields.skill_name);
    used.mcp_server = told_name(fields.mcp_server_name);
}

/// A name, unless it is one of those that stand for names that are not told.
fn told_name(raw: Option<&RawValue>) -> Option<String> {
    json::owned(raw).filter(|name| !matches!(name.as_str(), "custom" | "third-party" | "mcp_tool"))
}

/// A whole number that is not negative, sent as a number or as a text.
fn number(raw: Option<&RawValue>) -> Option<u64> {
    json::whole(raw).or_else(|| {
        let text = json::text(raw)?;
        text.parse().ok().or_else(|| {
            let number: f64 = text.parse().ok()?;
            (number >= 0.0 && number < u64::MAX as f64).then(|| number.round() as u64)
        })
    })
}

/// An amount in dollars, sent as a number or as a text.
fn amount(raw: Option<&RawValue>) -> Option<NanoUsd> {
    match json::text(raw) {
        Some(text) => NanoUsd::from_dollars(&text),
        None => NanoUsd::from_dollars(raw?.get()),
    }
}

/// Yes or no, sent as either or as a text.
fn truth(raw: Option<&RawValue>) -> Option<bool> {
    let text = json::text(raw);
    match text.as_deref().unwrap_or(raw?.get()) {
        "true" | "True" => Some(true),
        "false" | "False" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
