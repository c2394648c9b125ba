//! Cursor, the editor and its CLI. Source of what is said here: the hook engine of Cursor SDK 1.0.32 and cursor.com's hooks
//! documentation.
//!
//! One shell call fires `preToolUse`, `beforeShellExecution`, `afterShellExecution` and `postToolUse`, and only the first and
//! the last carry the call's id. So tools are counted by `preToolUse` and `postToolUse*`; the others are
//! [`Kind::ToolDetail`].
//!
//! Nothing to say is an empty standard output. JSON that Cursor cannot read would block the call. Whether `ask` on
//! `preToolUse` asks is not certain in every version; on the shell and MCP hooks it does, and both fire for such a call.

use serde::Serialize;

use super::{Parsed, Said, claude_code};
use crate::context::Identity;
use crate::event::{Actor, Family, Kind, Outcome, Tool};
use crate::json;
use crate::mcp;
use crate::policy::Decision;

json::fields!(Fields {
    name = "hook_event_name",
    conversation_id = "conversation_id",
    parent_conversation_id = "parent_conversation_id",
    session_id = "session_id",
    generation_id = "generation_id",
    model = "model",
    cwd = "cwd",
    workspace_roots = "workspace_roots",
    tool_name = "tool_name",
    tool_use_id = "tool_use_id",
    tool_call_id = "tool_call_id",
    parent_tool_call_id = "parent_tool_call_id",
    mcp_server_name = "mcp_server_name",
    mcp_server_url = "mcp_server_url",
    url = "url",
    command = "command",
    duration = "duration",
    duration_ms = "duration_ms",
    prompt = "prompt",
    reason = "reason",
    status = "status",
    trigger = "trigger",
    failure_type = "failure_type",
    subagent_id = "subagent_id",
    subagent_type = "subagent_type",
    user_email = "user_email",
});

pub(super) fn parse(name: Option<&str>, text: &str) -> Option<Parsed> {
    let fields: Fields<'_> = json::object(text)?;
    let name = super::named(fields.name, name);
    let (kind, outcome) = happened(&name, &fields);
    let starts = kind == Kind::SubagentStarted;
    Some(Parsed {
        session_id: super::session(session(&kind, &fields)),
        actor: actor(&fields),
        tool: tool(&name, &fields),
        tool_use_id: super::tool_use(fields.tool_use_id.or(fields.tool_call_id.filter(|_| starts))),
        outcome,
        duration_ms: json::whole(fields.duration_ms.or(fields.duration)),
        cwd: json::owned(fields.cwd).or_else(|| json::owned(json::elements(fields.workspace_roots).first().copied())),
        model: json::owned(fields.model),
        turn_id: json::owned(fields.generation_id),
        prompt: json::owned(fields.prompt.filter(|_| kind == Kind::PromptSubmitted)),
        reason: json::owned(fields.reason.or(fields.status).or(fields.trigger).or(fields.failure_type)),
        spawned: json::owned(fields.subagent_id.filter(|_| starts && fields.tool_call_id.is_some())),
        identity: json::owned(fields.user_email)
            .map(|email| Box::new(Identity { email: Some(email), ..Identity::default() })),
        ..Parsed::new(name, kind)
    })
}

/// A subagent's start and end belong to the conversation that it works for.
fn session<'a>(kind: &Kind, fields: &Fields<'a>) -> Option<&'a serde_json::value::RawValue> {
    let own = fields.session_id.filter(|raw| json::is_set(Some(raw))).or(fields.conversation_id);
    match kind {
        Kind::SubagentStarted | Kind::SubagentEnded => {
            fields.parent_conversation_id.filter(|raw| json::is_set(Some(raw))).or(own)
        }
        _ => own,
    }
}

/// A call made inside a subagent names the call that started it, which is also the subagent's id.
fn actor(fields: &Fields<'_>) -> Actor {
    super::actor(fields.subagent_id.or(fields.parent_tool_call_id), fields.subagent_type)
}

/// The 21 events. Claude Code's names for them are understood too: Cursor runs its hooks.
fn happened(name: &str, fields: &Fields<'_>) -> (Kind, Option<Outcome>) {
    let kind = match name {
        "sessionStart" | "SessionStart" => Kind::SessionStarted,
        "sessionEnd" | "SessionEnd" => Kind::SessionEnded,
        "beforeSubmitPrompt" | "UserPromptSubmit" => Kind::PromptSubmitted,
        "preToolUse" | "PreToolUse" => Kind::ToolRequested,
        "postToolUse" | "PostToolUse" => return (Kind::ToolSucceeded, Some(Outcome::Succeeded)),
        "postToolUseFailure" | "PostToolUseFailure" => {
            return match json::text(fields.failure_type).as_deref() {
                Some("permission_denied") => (Kind::ToolDenied, Some(Outcome::Denied)),
                _ => (Kind::ToolFailed, Some(Outcome::Failed)),
            };
        }
        "beforeShellExecution"
        | "afterShellExecution"
        | "beforeMCPExecution"
        | "afterMCPExecution"
        | "beforeReadFile"
        | "afterFileEdit" => Kind::ToolDetail,
        "beforeTabFileRead" | "afterTabFileEdit" => Kind::FileTouched,
        "afterAgentResponse" => Kind::MessageReceived,
        "afterAgentThought" => Kind::ThoughtReceived,
        "subagentStart" | "SubagentStart" => Kind::SubagentStarted,
        "subagentStop" | "SubagentStop" => Kind::SubagentEnded,
        "preCompact" | "PreCompact" => Kind::CompactionStarted,
        "stop" | "Stop" => match json::text(fields.status).as_deref() {
            Some("aborted") => Kind::TurnInterrupted,
            Some("error") => Kind::TurnFailed,
            _ => Kind::TurnEnded,
        },
        "workspaceOpen" => Kind::WorkspaceOpened,
        _ => Kind::Unknown,
    };
    (kind, None)
}

/// The tool, which the detail hooks tell by being called: a rule about `Shell` also speaks of `beforeShellExecution`.
fn tool(event: &str, fields: &Fields<'_>) -> Option<Tool> {
    let name = match event {
        "beforeShellExecution" | "afterShellExecution" => "Shell".to_owned(),
        "beforeReadFile" => "Read".to_owned(),
        "beforeTabFileRead" => "TabRead".to_owned(),
        "afterFileEdit" => "Write".to_owned(),
        "beforeMCPExecution" | "afterMCPExecution" => {
            let tool = json::owned(fields.tool_name)?;
            let tool = tool.strip_prefix("MCP:").map(str::to_owned).unwrap_or(tool);
            return Some(Tool {
                name: format!("MCP:{tool}"),
                family: Family::Mcp { server: server(fields, true), tool },
            });
        }
        _ => json::owned(fields.tool_name)?,
    };
    let family = match name.strip_prefix("MCP:").filter(|tool| !tool.is_empty()) {
        Some(tool) => Family::Mcp { server: server(fields, false), tool: tool.to_owned() },
        None => own(&name).or_else(|| super::mcp(&name, None)).unwrap_or_else(|| super::of_others(&name)),
    };
    Some(Tool { name, family })
}

pub(super) fn own(name: &str) -> Option<Family> {
    Some(match name {
        "Shell" | "Bash" => Family::Shell,
        "Read" | "ReadLints" | "TabRead" => Family::FileRead,
        "Write" | "Edit" | "Delete" | "TabWrite" => Family::FileWrite,
        "Grep" | "List" | "Glob" => Family::Search,
        "Fetch" | "WebSearch" => Family::Web,
        "Task" => Family::Agent,
        _ => return None,
    })
}

/// The MCP server. Only the MCP hooks tell its URL or command where it has no name; elsewhere `command` is a shell's.
fn server(fields: &Fields<'_>, is_mcp_hook: bool) -> Option<String> {
    let (url, command) = (json::text(fields.mcp_server_url.or(fields.url)), json::text(fields.command));
    mcp::told(
        json::text(fields.mcp_server_name).as_deref(),
        url.as_deref().filter(|_| is_mcp_hook),
        command.as_deref().filter(|_| is_mcp_hook),
    )
}

#[derive(Serialize)]
struct Permission<'a> {
    permission: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent_message: Option<&'a str>,
}

/// A warning, which decides nothing.
#[derive(Serialize)]
struct Context<'a> {
    additional_context: &'a str,
}

#[derive(Serialize)]
struct Halt<'a> {
    #[serde(rename = "continue")]
    goes_on: bool,
    user_message: &'a str,
}

pub(super) fn reply(parsed: &Parsed, said: Option<&Said>) -> Option<String> {
    let said = said?;
    let told = |agent: bool| {
        let message = Some(said.why.as_str()).filter(|_| said.decision != Decision::Allow);
        let person = said.person.as_ref().map(|person| format!("{} {person}", said.why));
        claude_code::written(&Permission {
            permission: said.decision.as_str(),
            user_message: person.as_deref().or(message),
            agent_message: message.filter(|_| agent),
        })
    };
    if said.warns {
        // Elsewhere Cursor takes no words without a permission, and a warning gives none.
        let takes_context = matches!(
            parsed.name.as_str(),
            "preToolUse"
                | "PreToolUse"
                | "beforeSubmitPrompt"
                | "UserPromptSubmit"
                | "postToolUse"
                | "postToolUseFailure"
                | "PostToolUse"
                | "PostToolUseFailure"
        );
        return takes_context.then(|| claude_code::written(&Context { additional_context: &said.why }));
    }
    match parsed.name.as_str() {
        "preToolUse" | "PreToolUse" | "beforeShellExecution" | "beforeMCPExecution" => Some(told(true)),
        "beforeReadFile" => Some(told(false)),
        // Completions of the editor itself: there is nobody to tell or to ask.
        "beforeTabFileRead" => {
            let permission = if said.decision == Decision::Allow { "allow" } else { "deny" };
            Some(claude_code::written(&Permission { permission, user_message: None, agent_message: None }))
        }
        "beforeSubmitPrompt" | "UserPromptSubmit" => (said.decision == Decision::Deny)
            .then(|| claude_code::written(&Halt { goes_on: false, user_message: &said.why })),
        _ => None,
    }
}
