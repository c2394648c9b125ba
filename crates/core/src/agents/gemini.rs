//! Google's Gemini CLI. Source of what is said here: Gemini CLI 0.61.0, its hooks reference and `hooks/types`.
//!
//! Nothing to say is `{}` rather than an empty standard output: Gemini reads standard error where the output is empty, and
//! takes what it finds there as a message. There is no id of a tool call; who pairs them does so by session, tool and order.

use serde::Serialize;
use serde_json::value::RawValue;

use super::{Parsed, Said, claude_code};
use crate::event::{Actor, Family, Kind, Outcome, Tool};
use crate::json;
use crate::policy::Decision;

const NOTHING_TO_SAY: &str = "{}";

json::fields!(Fields {
    name = "hook_event_name",
    session_id = "session_id",
    cwd = "cwd",
    tool_name = "tool_name",
    tool_response = "tool_response",
    mcp_context = "mcp_context",
    llm_request = "llm_request",
    prompt = "prompt",
    source = "source",
    reason = "reason",
    trigger = "trigger",
    notification_type = "notification_type",
});

json::fields!(Response { error = "error" });
json::fields!(McpContext { server = "server_name", tool = "tool_name" });
json::fields!(Request { model = "model" });

pub(super) fn parse(name: Option<&str>, text: &str) -> Option<Parsed> {
    let fields: Fields<'_> = json::object(text)?;
    let name = super::named(fields.name, name);
    let (kind, outcome) = happened(&name, &fields);
    Some(Parsed {
        session_id: super::session(fields.session_id),
        actor: Actor::Main,
        tool: json::owned(fields.tool_name).map(|name| tool(name, fields.mcp_context)),
        outcome,
        cwd: json::owned(fields.cwd),
        model: json::owned(json::nested::<Request<'_>>(fields.llm_request).model),
        prompt: json::owned(fields.prompt.filter(|_| kind == Kind::PromptSubmitted)),
        reason: json::owned(fields.source.or(fields.reason).or(fields.trigger).or(fields.notification_type)),
        ..Parsed::new(name, kind)
    })
}

/// The 11 events.
fn happened(name: &str, fields: &Fields<'_>) -> (Kind, Option<Outcome>) {
    let kind = match name {
        "SessionStart" => Kind::SessionStarted,
        "SessionEnd" => Kind::SessionEnded,
        "BeforeAgent" => Kind::PromptSubmitted,
        "AfterAgent" => Kind::TurnEnded,
        "BeforeModel" => Kind::ModelRequested,
        "AfterModel" => Kind::ModelResponded,
        "BeforeToolSelection" => Kind::ToolsSelecting,
        "BeforeTool" => Kind::ToolRequested,
        "AfterTool" if json::is_set(json::nested::<Response<'_>>(fields.tool_response).error) => {
            return (Kind::ToolFailed, Some(Outcome::Failed));
        }
        "AfterTool" => return (Kind::ToolSucceeded, Some(Outcome::Succeeded)),
        "Notification" => Kind::Notification,
        "PreCompress" => Kind::CompactionStarted,
        _ => Kind::Unknown,
    };
    (kind, None)
}

fn tool(name: String, context: Option<&RawValue>) -> Tool {
    let family = own(&name).or_else(|| mcp(&name, context)).unwrap_or_else(|| super::of_others(&name));
    Tool { name, family }
}

pub(super) fn own(name: &str) -> Option<Family> {
    Some(match name {
        "run_shell_command" => Family::Shell,
        "read_file" | "read_many_files" => Family::FileRead,
        "write_file" | "replace" => Family::FileWrite,
        "glob" | "grep_search" | "search_file_content" | "list_directory" => Family::Search,
        "web_fetch" | "google_web_search" => Family::Web,
        "delegate_to_agent" | "invoke_agent" | "codebase_investigator" => Family::Agent,
        _ => return None,
    })
}

/// `mcp_context` names server and tool. Without it `mcp_server_tool` does not tell where the server's name ends.
fn mcp(name: &str, context: Option<&RawValue>) -> Option<Family> {
    let context: McpContext<'_> = json::nested(context);
    if let Some(tool) = json::owned(context.tool) {
        return Some(Family::Mcp { server: json::owned(context.server), tool });
    }
    let tool = name.strip_prefix("mcp_").filter(|rest| rest.contains('_'))?;
    Some(Family::Mcp { server: None, tool: tool.to_owned() })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Decided<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    system_message: Option<&'a str>,
    decision: &'static str,
    reason: &'a str,
}

/// A warning, which decides nothing: the person reads it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'a> {
    system_message: &'a str,
}

pub(super) fn reply(parsed: &Parsed, said: Option<&Said>) -> Option<String> {
    let decided = said.filter(|said| match parsed.kind {
        Kind::ToolRequested => true,
        Kind::PromptSubmitted => said.warns || said.decision == Decision::Deny,
        Kind::ToolSucceeded | Kind::ToolFailed => said.warns,
        _ => false,
    });
    Some(match decided {
        Some(said) if parsed.is_result() => claude_code::warn(&parsed.name, said),
        Some(said) if said.warns => claude_code::written(&Told { system_message: &said.why }),
        Some(said) => claude_code::written(&Decided {
            system_message: said.person.as_deref(),
            decision: said.decision.as_str(),
            reason: &said.why,
        }),
        None => NOTHING_TO_SAY.to_owned(),
    })
}
