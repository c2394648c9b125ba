//! Codex's log records. Source: its configuration reference (`[otel]`) and recordings of 0.169.0.

use super::{Fields, model, number, truth};
use crate::agents::{self, Parsed};
use crate::event::{Agent, Kind, Outcome, ToolUseId};
use crate::json;
use crate::ledger::{ModelUse, Tokens};

pub(super) fn log(name: &str, fields: &Fields<'_>) -> Parsed {
    let event = name.strip_prefix("codex.").unwrap_or(name);
    let event_kind = json::text(fields.event_kind);
    let mut parsed = Parsed::new("", kind(event, event_kind.as_deref(), truth(fields.success)));
    parsed.duration_ms = number(fields.duration_ms);
    match parsed.kind {
        Kind::PromptReported => parsed.prompt = json::owned(fields.prompt),
        Kind::ToolReported | Kind::ToolDecided => {
            parsed.tool = json::owned(fields.tool_name).map(|name| agents::tool(&Agent::Codex, name, None));
            parsed.tool_use_id = json::owned(fields.call_id).map(ToolUseId);
            if parsed.kind == Kind::ToolDecided {
                parsed.reason = json::owned(fields.decision);
            } else {
                parsed.outcome = Some(match truth(fields.success) {
                    Some(true) => Outcome::Succeeded,
                    Some(false) => Outcome::Failed,
                    None => Outcome::Unknown,
                });
            }
        }
        Kind::ModelResponded => parsed.model_use = response(fields),
        Kind::ModelFailed => parsed.reason = json::owned(fields.error),
        _ => {}
    }
    parsed
}

fn kind(event: &str, event_kind: Option<&str>, success: Option<bool>) -> Kind {
    match event {
        "user_prompt" => Kind::PromptReported,
        "tool_result" => Kind::ToolReported,
        "tool_decision" => Kind::ToolDecided,
        "sse_event" if event_kind == Some("response.completed") => Kind::ModelResponded,
        "sse_event" if event_kind == Some("response.failed") => Kind::ModelFailed,
        "api_request" if success == Some(false) => Kind::ModelFailed,
        _ => Kind::TelemetryLog,
    }
}

/// What a response used; `None` where it does not tell. Codex's input includes what was read from the cache and what was
/// written to it.
fn response(fields: &Fields<'_>) -> Option<Box<ModelUse>> {
    let (input, output) = (number(fields.input_token_count), number(fields.output_token_count));
    if input.is_none() && output.is_none() {
        return None;
    }
    let cached = number(fields.cached_token_count).unwrap_or(0);
    let written = number(fields.cache_write_token_count).unwrap_or(0);
    let tokens = Tokens {
        input: input.unwrap_or(0).saturating_sub(cached).saturating_sub(written),
        output: output.unwrap_or(0),
        cache_read: cached,
        cache_write_5m: written,
        thinking: number(fields.reasoning_token_count).unwrap_or(0),
        ..Tokens::default()
    };
    Some(Box::new(ModelUse::request(model(fields)?, tokens)))
}
