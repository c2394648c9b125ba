//! Claude Code's log records. Source: its monitoring documentation of 2026-08 and recordings of 2.1.197. Agents nobody has
//! written a reading for are read the same way, which finds what they call by the same names.

use super::{Fields, amount, model, number, told_name, truth};
use crate::agents::{self, Parsed};
use crate::event::{Agent, Kind, Outcome, Tool, ToolUseId};
use crate::json;
use crate::ledger::{ModelUse, NanoUsd, Tokens};

pub(super) fn log(name: &str, fields: &Fields<'_>) -> Parsed {
    let event = name.strip_prefix("claude_code.").unwrap_or(name);
    let mut parsed = Parsed::new("", kind(event));
    parsed.duration_ms = number(fields.duration_ms);
    match parsed.kind {
        Kind::PromptReported => parsed.prompt = json::owned(fields.prompt),
        Kind::ToolReported => {
            parsed.tool = tool(fields);
            parsed.tool_use_id = json::owned(fields.tool_use_id).map(ToolUseId);
            parsed.outcome = Some(match truth(fields.success) {
                Some(true) => Outcome::Succeeded,
                Some(false) => Outcome::Failed,
                None => Outcome::Unknown,
            });
        }
        Kind::ToolDecided => {
            parsed.tool = tool(fields);
            parsed.tool_use_id = json::owned(fields.tool_use_id).map(ToolUseId);
            parsed.reason = json::owned(fields.decision);
        }
        Kind::ModelResponded => parsed.model_use = request(fields),
        Kind::ModelFailed => parsed.reason = json::owned(fields.error).or_else(|| json::owned(fields.category)),
        Kind::CompactionReported => parsed.reason = json::owned(fields.trigger),
        Kind::HookMeasured => parsed.duration_ms = number(fields.total_duration_ms),
        _ => {}
    }
    parsed
}

fn kind(event: &str) -> Kind {
    match event {
        "user_prompt" => Kind::PromptReported,
        "assistant_response" => Kind::MessageReceived,
        "tool_result" => Kind::ToolReported,
        "tool_decision" => Kind::ToolDecided,
        "api_request" => Kind::ModelResponded,
        "api_error" | "api_refusal" | "api_retries_exhausted" => Kind::ModelFailed,
        "compaction" => Kind::CompactionReported,
        "hook_execution_complete" => Kind::HookMeasured,
        _ => Kind::TelemetryLog,
    }
}

/// What a request used: of a log record or a span, which name it alike.
pub(super) fn request(fields: &Fields<'_>) -> Option<Box<ModelUse>> {
    let tokens = Tokens {
        input: number(fields.input_tokens).unwrap_or(0),
        output: number(fields.output_tokens).unwrap_or(0),
        cache_read: number(fields.cache_read_tokens).unwrap_or(0),
        cache_write_5m: number(fields.cache_creation_tokens).unwrap_or(0),
        ..Tokens::default()
    };
    let mut used = ModelUse::request(model(fields)?, tokens);
    used.request_id = json::owned(fields.request_id);
    used.told = number(fields.cost_usd_micros)
        .and_then(|micros| i64::try_from(micros).ok())
        .map(NanoUsd::from_micros)
        .or_else(|| amount(fields.cost_usd));
    super::about(&mut used, fields);
    Some(Box::new(used))
}

json::fields!(Parameters { server = "mcp_server_name", tool = "mcp_tool_name" });

/// The tool. A person's own MCP tools are all called `mcp_tool` unless details are logged; then the parameters tell.
fn tool(fields: &Fields<'_>) -> Option<Tool> {
    let name = json::owned(fields.tool_name)?;
    if name != "mcp_tool" {
        return Some(agents::tool(&Agent::ClaudeCode, name, None));
    }
    let parameters = json::text(fields.tool_parameters);
    let parameters: Parameters<'_> = parameters.as_deref().and_then(json::object).unwrap_or_default();
    let server = told_name(fields.mcp_server_name).or_else(|| json::owned(parameters.server));
    let tool = told_name(fields.mcp_tool_name).or_else(|| json::owned(parameters.tool));
    let name = match server.zip(tool) {
        Some((server, tool)) => format!("mcp__{server}__{tool}"),
        None => name,
    };
    Some(agents::tool(&Agent::ClaudeCode, name, None))
}
