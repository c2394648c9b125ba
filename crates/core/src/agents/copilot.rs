//! GitHub's Copilot CLI and coding agent. Source of what is said here: docs.github.com's hooks reference and Copilot SDK 1.0.14.
//!
//! A payload does not carry the event's name. Where nobody else knows it either, it is told from the fields, which differ
//! between the known events. Hooks registered under Claude Code's names get Claude-like payloads with the name; they are
//! read and answered as Claude Code's.
//!
//! Nothing to say is an empty standard output. There is no id of a tool call.

use serde::Serialize;

use super::{Parsed, Said, claude_code};
use crate::event::{Actor, Family, Kind, Outcome, Tool};
use crate::json;
use crate::policy::Decision;

json::fields!(Fields {
    claude_name = "hook_event_name",
    name = "hookEventName",
    session_id = "sessionId",
    cwd = "cwd",
    working_directory = "workingDirectory",
    tool_name = "toolName",
    tool_call_id = "toolCallId",
    tool_result = "toolResult",
    server_name = "serverName",
    prompt = "prompt",
    transformed_prompt = "transformedPrompt",
    source = "source",
    reason = "reason",
    stop_reason = "stopReason",
    stop_hook_active = "stopHookActive",
    error = "error",
    error_context = "errorContext",
    notification_type = "notificationType",
});

json::fields!(ToolResult { result_type = "resultType" });

pub(super) fn parse(name: Option<&str>, text: &str) -> Option<Parsed> {
    let fields: Fields<'_> = json::object(text)?;
    if fields.claude_name.is_some() {
        return claude_code::parse_like(name, text);
    }
    let hint = name.or_else(|| shape(&fields));
    let name = super::named(fields.name, hint);
    let (kind, outcome) = happened(&name, &fields);
    Some(Parsed {
        session_id: super::session(fields.session_id),
        actor: Actor::Main,
        tool: json::owned(fields.tool_name).map(|name| tool(name, json::owned(fields.server_name))),
        tool_use_id: super::tool_use(fields.tool_call_id),
        outcome,
        cwd: json::owned(fields.cwd.or(fields.working_directory)),
        prompt: json::owned(fields.prompt.filter(|_| kind == Kind::PromptSubmitted)),
        reason: json::owned(
            fields
                .source
                .or(fields.reason)
                .or(fields.stop_reason)
                .or(fields.error_context)
                .or(fields.notification_type),
        ),
        ..Parsed::new(name, kind)
    })
}

/// The event whose fields these are; `None` where they fit none.
fn shape(fields: &Fields<'_>) -> Option<&'static str> {
    let has = |field: Option<_>| field.is_some();
    Some(if has(fields.tool_name) {
        match () {
            () if has(fields.tool_result) => "postToolUse",
            () if has(fields.error) => "postToolUseFailure",
            () if has(fields.server_name) => "preMcpToolCall",
            () => "preToolUse",
        }
    } else if has(fields.error_context) {
        "errorOccurred"
    } else if has(fields.transformed_prompt) {
        "userPromptTransformed"
    } else if has(fields.prompt) {
        "userPromptSubmitted"
    } else if has(fields.notification_type) {
        "notification"
    } else if has(fields.source) {
        "sessionStart"
    } else if has(fields.reason) {
        "sessionEnd"
    } else if has(fields.stop_reason) || has(fields.stop_hook_active) {
        "agentStop"
    } else {
        return None;
    })
}

fn happened(name: &str, fields: &Fields<'_>) -> (Kind, Option<Outcome>) {
    let kind = match name {
        "sessionStart" => Kind::SessionStarted,
        "sessionEnd" => Kind::SessionEnded,
        "userPromptSubmitted" => Kind::PromptSubmitted,
        "userPromptTransformed" => Kind::PromptExpanded,
        "preToolUse" => Kind::ToolRequested,
        "preMcpToolCall" => Kind::ToolDetail,
        "postToolUse" => return result(fields),
        "postToolUseFailure" => return (Kind::ToolFailed, Some(Outcome::Failed)),
        "permissionRequest" => Kind::PermissionRequested,
        "agentStop" => Kind::TurnEnded,
        "subagentStart" => Kind::SubagentStarted,
        "subagentStop" => Kind::SubagentEnded,
        "errorOccurred" => Kind::Error,
        "notification" => Kind::Notification,
        "preCompact" => Kind::CompactionStarted,
        _ => Kind::Unknown,
    };
    (kind, None)
}

/// Newer versions send `postToolUse` after success only; older ones say what came of the call in `resultType`.
fn result(fields: &Fields<'_>) -> (Kind, Option<Outcome>) {
    match json::text(json::nested::<ToolResult<'_>>(fields.tool_result).result_type).as_deref() {
        Some("failure" | "timeout") => (Kind::ToolFailed, Some(Outcome::Failed)),
        Some("rejected" | "denied") => (Kind::ToolDenied, Some(Outcome::Denied)),
        _ => (Kind::ToolSucceeded, Some(Outcome::Succeeded)),
    }
}

fn tool(name: String, server: Option<String>) -> Tool {
    let family = match server {
        Some(server) => Family::Mcp { server: Some(server), tool: name.clone() },
        None => own(&name).unwrap_or_else(|| super::of_others(&name)),
    };
    Tool { name, family }
}

pub(super) fn own(name: &str) -> Option<Family> {
    Some(match name {
        "bash" | "powershell" | "shell" | "write_bash" | "read_bash" | "stop_bash" | "list_bash" => Family::Shell,
        "view" => Family::FileRead,
        "create" | "edit" | "str_replace_editor" | "apply_patch" => Family::FileWrite,
        "grep" | "glob" | "rg" => Family::Search,
        "web_fetch" | "web_search" | "fetch" => Family::Web,
        "task" | "read_agent" | "list_agents" => Family::Agent,
        _ => return None,
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Decided<'a> {
    permission_decision: &'static str,
    permission_decision_reason: &'a str,
}

/// A warning, which decides nothing.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Context<'a> {
    additional_context: &'a str,
}

#[derive(Serialize)]
struct Behavior<'a> {
    behavior: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
}

pub(super) fn reply(parsed: &Parsed, said: Option<&Said>) -> Option<String> {
    let said = said?;
    match parsed.name.as_str() {
        "preToolUse" if said.warns => Some(claude_code::written(&Context { additional_context: &said.why })),
        "permissionRequest" if said.warns => None,
        "preToolUse" => Some(claude_code::written(&Decided {
            permission_decision: said.decision.as_str(),
            permission_decision_reason: &said.why,
        })),
        "permissionRequest" => match said.decision {
            Decision::Allow => Some(claude_code::written(&Behavior { behavior: "allow", message: None })),
            Decision::Deny => Some(claude_code::written(&Behavior { behavior: "deny", message: Some(&said.why) })),
            Decision::Ask => None,
        },
        name if name.starts_with(|first: char| first.is_ascii_uppercase()) => claude_code::reply(parsed, Some(said)),
        _ => None,
    }
}
