//! Claude Code. Source of what is said here, where nothing else is named: Claude Code 2.1.329, the types of its SDK
//! (`HOOK_EVENTS`, `BaseHookInput`, `SyncHookJSONOutput`) and its hooks reference.
//!
//! Nothing to say is an empty standard output. `WorktreeCreate` replaces git's own creation of a worktree by what the hook
//! prints: it must not be installed, and is answered with nothing when it is.

use serde::Serialize;
use serde_json::value::RawValue;

use super::{BatchCall, Parsed, Said};
use crate::event::{Family, Kind, Outcome, Tool};
use crate::json;
use crate::policy::Decision;

json::fields!(Fields {
    name = "hook_event_name",
    session_id = "session_id",
    cwd = "cwd",
    prompt_id = "prompt_id",
    turn_id = "turn_id",
    agent_id = "agent_id",
    agent_type = "agent_type",
    tool_name = "tool_name",
    tool_use_id = "tool_use_id",
    tool_input = "tool_input",
    tool_response = "tool_response",
    tool_calls = "tool_calls",
    duration_ms = "duration_ms",
    mcp_server = "mcp_server",
    model = "model",
    to_model = "to_model",
    prompt = "prompt",
    source = "source",
    reason = "reason",
    trigger = "trigger",
    notification_type = "notification_type",
    load_reason = "load_reason",
    expansion_type = "expansion_type",
    error = "error",
    event = "event",
    action = "action",
    cursor_version = "cursor_version",
    conversation_id = "conversation_id",
});

json::fields!(McpServer { name = "name" });
json::fields!(AgentResult { agent_id = "agentId" });
json::fields!(CallFields {
    tool_use_id = "tool_use_id",
    tool_name = "tool_name",
    tool_input = "tool_input",
    tool_response = "tool_response",
});

/// The payload is Cursor's, which also runs the hooks of Claude Code's settings; `cursor_version` and `conversation_id` give
/// it away (Cursor SDK 1.0.32).
pub(super) struct ThroughCursor;

pub(super) fn parse(name: Option<&str>, text: &str) -> Option<Result<Parsed, ThroughCursor>> {
    let fields: Fields<'_> = json::object(text)?;
    let through_cursor = json::is_set(fields.cursor_version) || json::is_set(fields.conversation_id);
    Some(if through_cursor { Err(ThroughCursor) } else { Ok(understand(name, &fields)) })
}

/// The reading of an agent nobody has written an adapter for: many take Claude Code's words.
pub(super) fn parse_like(name: Option<&str>, text: &str) -> Option<Parsed> {
    json::object(text).map(|fields| understand(name, &fields))
}

fn understand(name: Option<&str>, fields: &Fields<'_>) -> Parsed {
    let name = super::named(fields.name, name);
    let kind = kind(&name);
    let tool = json::owned(fields.tool_name).map(|name| tool(name, fields.mcp_server, fields.tool_input));
    let is_agent = tool.as_ref().is_some_and(|tool| matches!(tool.name.as_str(), "Agent" | "Task"));
    Parsed {
        session_id: super::session(fields.session_id),
        actor: super::actor(fields.agent_id, fields.agent_type),
        tool_use_id: super::tool_use(fields.tool_use_id),
        outcome: outcome(&kind),
        duration_ms: json::whole(fields.duration_ms),
        cwd: json::owned(fields.cwd),
        model: json::owned(fields.model).or_else(|| json::owned(fields.to_model)),
        turn_id: json::owned(fields.prompt_id).or_else(|| json::owned(fields.turn_id)),
        prompt: json::owned(fields.prompt.filter(|_| kind == Kind::PromptSubmitted)),
        reason: json::owned(reason(&kind, fields)),
        spawned: (is_agent && kind == Kind::ToolSucceeded)
            .then(|| json::owned(json::nested::<AgentResult<'_>>(fields.tool_response).agent_id))
            .flatten(),
        batch: if kind == Kind::ToolBatch { batch(fields.tool_calls) } else { Vec::new() },
        tool,
        ..Parsed::new(name, kind)
    }
}

/// The 33 events, and `Unknown` for what a later version adds.
fn kind(name: &str) -> Kind {
    match name {
        "SessionStart" => Kind::SessionStarted,
        "SessionEnd" => Kind::SessionEnded,
        "Setup" => Kind::Setup,
        "UserPromptSubmit" => Kind::PromptSubmitted,
        "UserPromptExpansion" => Kind::PromptExpanded,
        "Stop" => Kind::TurnEnded,
        "StopFailure" => Kind::TurnFailed,
        "PreToolUse" => Kind::ToolRequested,
        "PostToolUse" => Kind::ToolSucceeded,
        "PostToolUseFailure" => Kind::ToolFailed,
        "PostToolBatch" => Kind::ToolBatch,
        "PermissionRequest" => Kind::PermissionRequested,
        "PermissionDenied" => Kind::ToolDenied,
        "Notification" => Kind::Notification,
        "MessageDisplay" => Kind::MessageDisplayed,
        "SubagentStart" => Kind::SubagentStarted,
        "SubagentStop" => Kind::SubagentEnded,
        "TeammateIdle" => Kind::TeammateIdle,
        "TaskCreated" => Kind::TaskCreated,
        "TaskCompleted" => Kind::TaskCompleted,
        "PreCompact" => Kind::CompactionStarted,
        "PostCompact" => Kind::CompactionEnded,
        "PreModelSwitch" => Kind::ModelSwitching,
        "PostModelSwitch" => Kind::ModelSwitched,
        "InstructionsLoaded" => Kind::InstructionsLoaded,
        "ConfigChange" => Kind::ConfigChanged,
        "CwdChanged" => Kind::CwdChanged,
        "FileChanged" => Kind::FileChanged,
        "DirectoryAdded" => Kind::DirectoryAdded,
        "WorktreeCreate" => Kind::WorktreeCreating,
        "WorktreeRemove" => Kind::WorktreeRemoved,
        "Elicitation" => Kind::ElicitationRequested,
        "ElicitationResult" => Kind::ElicitationAnswered,
        _ => Kind::Unknown,
    }
}

fn outcome(kind: &Kind) -> Option<Outcome> {
    match kind {
        Kind::ToolSucceeded => Some(Outcome::Succeeded),
        Kind::ToolFailed => Some(Outcome::Failed),
        Kind::ToolDenied => Some(Outcome::Denied),
        _ => None,
    }
}

/// The field in which an event says why it happened.
fn reason<'a>(kind: &Kind, fields: &Fields<'a>) -> Option<&'a RawValue> {
    match kind {
        Kind::Notification => fields.notification_type,
        Kind::InstructionsLoaded => fields.load_reason,
        Kind::PromptExpanded => fields.expansion_type,
        Kind::TurnFailed => fields.error,
        Kind::FileChanged => fields.event,
        Kind::ElicitationAnswered => fields.action,
        Kind::Setup | Kind::CompactionStarted | Kind::CompactionEnded => fields.trigger,
        Kind::SessionEnded | Kind::ToolDenied => fields.reason,
        Kind::ToolRequested | Kind::ToolSucceeded | Kind::ToolFailed | Kind::PermissionRequested => None,
        _ => fields.source,
    }
}

pub(super) fn tool(name: String, server: Option<&RawValue>, input: Option<&RawValue>) -> Tool {
    let family = match name.as_str() {
        "ListMcpResourcesTool" | "ReadMcpResourceTool" | "ReadMcpResourceDirTool" => super::mcp_builtin(&name, input),
        _ if name.starts_with("mcp__") => {
            let server = json::nested::<McpServer<'_>>(server).name;
            super::mcp(&name, json::text(server).as_deref()).unwrap_or(Family::Other)
        }
        _ => own(&name).unwrap_or_else(|| super::of_others(&name)),
    };
    Tool { name, family }
}

pub(super) fn own(name: &str) -> Option<Family> {
    Some(match name {
        "Bash" | "PowerShell" | "BashOutput" | "KillShell" | "KillBash" => Family::Shell,
        "Read" | "NotebookRead" => Family::FileRead,
        "Write" | "Edit" | "MultiEdit" | "NotebookEdit" => Family::FileWrite,
        "Glob" | "Grep" | "LS" => Family::Search,
        "WebFetch" | "WebSearch" => Family::Web,
        "Agent" | "Task" | "SendMessage" | "SubagentHandback" | "ListAgents" => Family::Agent,
        _ => return None,
    })
}

fn batch(calls: Option<&RawValue>) -> Vec<BatchCall> {
    json::elements(calls)
        .into_iter()
        .filter_map(|call| {
            let call: CallFields<'_> = json::nested(Some(call));
            Some(BatchCall {
                tool_use_id: super::tool_use(call.tool_use_id)?,
                tool: json::owned(call.tool_name).map(|name| tool(name, None, call.tool_input)),
                outcome: told(call.tool_response),
            })
        })
        .collect()
}

/// What the text that the model was shown tells about a call.
///
/// A call that ran has an event of its own; here only those matter that have none, and Claude Code (2.1.197, recorded, and
/// 2.1.270) writes them in fixed words; of what a rule of ours denies or asks about, with nobody there to answer, the reason
/// stands there (2.1.197 with `-p`, in every permission mode). Any other text is another hook's own reason, or the output of a
/// call that ran.
fn told(response: Option<&RawValue>) -> Outcome {
    let text = json::text(response).unwrap_or_default();
    let by_us = || super::is_our_refusal(&text).then_some(Outcome::Denied);
    refused(&text).or_else(by_us).unwrap_or(Outcome::Unknown)
}

/// A call that did not run: its input was no good, or it was not allowed.
pub(super) fn refused(text: &str) -> Option<Outcome> {
    const REFUSALS: [&str; 5] = [
        "This command requires approval",
        "Claude requested permissions to",
        "Permission to use ",
        "The user doesn't want to ",
        "The user doesn’t want to ",
    ];
    if text.starts_with("<tool_use_error>") {
        Some(Outcome::Failed)
    } else if REFUSALS.iter().any(|refusal| text.starts_with(refusal)) {
        Some(Outcome::Denied)
    } else {
        None
    }
}

/// `hookSpecificOutput` of `PreToolUse`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PreToolUse<'a> {
    hook_event_name: &'static str,
    permission_decision: &'static str,
    permission_decision_reason: &'a str,
}

/// `hookSpecificOutput` of `PermissionRequest`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PermissionRequest<'a> {
    hook_event_name: &'static str,
    decision: Behavior<'a>,
}

#[derive(Serialize)]
struct Behavior<'a> {
    behavior: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
}

/// A warning: the agent is told as context, the person as a message, and nothing is decided.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Context<'a> {
    hook_event_name: &'a str,
    additional_context: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Specific<'a, T> {
    #[serde(skip_serializing_if = "Option::is_none")]
    system_message: Option<&'a str>,
    hook_specific_output: T,
}

#[derive(Serialize)]
struct Block<'a> {
    decision: &'static str,
    reason: &'a str,
}

pub(super) fn reply(parsed: &Parsed, said: Option<&Said>) -> Option<String> {
    let said = said?;
    match parsed.kind {
        Kind::ToolRequested | Kind::PromptSubmitted | Kind::ToolSucceeded | Kind::ToolFailed if said.warns => {
            Some(warn(&parsed.name, said))
        }
        Kind::ToolRequested => Some(decide_call(said.decision.as_str(), &said.why, said.person.as_deref())),
        Kind::PermissionRequested if said.warns => None,
        Kind::PermissionRequested => decide_request(said),
        Kind::PromptSubmitted => block(said),
        _ => None,
    }
}

pub(super) fn warn(event: &str, said: &Said) -> String {
    let context = Context { hook_event_name: event, additional_context: &said.why };
    written(&Specific { system_message: Some(&said.why), hook_specific_output: context })
}

pub(super) fn decide_call(decision: &'static str, why: &str, person: Option<&str>) -> String {
    written(&Specific {
        system_message: person,
        hook_specific_output: PreToolUse {
            hook_event_name: "PreToolUse",
            permission_decision: decision,
            permission_decision_reason: why,
        },
    })
}

/// `ask` needs no answer: the person is about to be asked.
pub(super) fn decide_request(said: &Said) -> Option<String> {
    let decision = match said.decision {
        Decision::Allow => Behavior { behavior: "allow", message: None },
        Decision::Deny => Behavior { behavior: "deny", message: Some(&said.why) },
        Decision::Ask => return None,
    };
    Some(written(&Specific {
        system_message: said.person.as_deref(),
        hook_specific_output: PermissionRequest { hook_event_name: "PermissionRequest", decision },
    }))
}

/// A prompt can be refused, nothing else: there is nobody to ask but the person who typed it.
pub(super) fn block(said: &Said) -> Option<String> {
    (said.decision == Decision::Deny).then(|| written(&Block { decision: "block", reason: &said.why }))
}

/// The text of an answer. Structs of strings cannot fail to be written.
pub(super) fn written(answer: &impl Serialize) -> String {
    serde_json::to_string(answer).unwrap_or_default()
}
