//! OpenAI's Codex CLI. Source of what is said here: Codex 0.155 to 0.160 (hooks documentation and `hooks/src/schema.rs`),
//! recordings of 0.169.0.
//!
//! Codex refuses an answer that holds a key it does not know, and then the call goes on. So an answer is nothing (an empty
//! standard output) or exactly one of the forms below. `ask` is not among them for a tool call: it would mark the hook as
//! failed and the call would run unasked. A rule that says `ask` therefore refuses the call and says why; where Codex is
//! about to ask the person anyway (`PermissionRequest`) it says nothing.
//!
//! Codex has one event for a call that ran, whether it went well or not. The result tells it for some tools only.

use super::{Parsed, Said, claude_code};
use crate::event::{Family, Kind, Outcome, Tool};
use crate::json;
use crate::policy::Decision;

json::fields!(Fields {
    name = "hook_event_name",
    session_id = "session_id",
    cwd = "cwd",
    model = "model",
    turn_id = "turn_id",
    agent_id = "agent_id",
    agent_type = "agent_type",
    tool_name = "tool_name",
    tool_use_id = "tool_use_id",
    tool_input = "tool_input",
    tool_response = "tool_response",
    prompt = "prompt",
    source = "source",
    reason = "reason",
    trigger = "trigger",
    notify_type = "type",
    notify_thread = "thread-id",
    notify_turn = "turn-id",
});

json::fields!(Response { agent_id = "agent_id", is_error = "isError" });

pub(super) fn parse(name: Option<&str>, text: &str) -> Option<Parsed> {
    let fields: Fields<'_> = json::object(text)?;
    // The older `notify` program is given its name as `type`, and keys of another style.
    let name = super::named(fields.name.or(fields.notify_type), name);
    let tool = json::owned(fields.tool_name).map(|name| tool(name, fields.tool_input));
    let (kind, outcome) = match kind(&name) {
        Kind::ToolSucceeded => match result(fields.tool_response) {
            Outcome::Failed => (Kind::ToolFailed, Some(Outcome::Failed)),
            outcome => (Kind::ToolSucceeded, Some(outcome)),
        },
        kind => (kind, None),
    };
    let spawns = outcome.is_some() && tool.as_ref().is_some_and(|tool| tool.name == "spawn_agent");
    Some(Parsed {
        session_id: super::session(fields.session_id.or(fields.notify_thread)),
        actor: super::actor(fields.agent_id, fields.agent_type),
        tool_use_id: super::tool_use(fields.tool_use_id),
        outcome,
        cwd: json::owned(fields.cwd),
        model: json::owned(fields.model),
        turn_id: json::owned(fields.turn_id.or(fields.notify_turn)),
        prompt: json::owned(fields.prompt.filter(|_| kind == Kind::PromptSubmitted)),
        reason: json::owned(fields.source.or(fields.reason).or(fields.trigger)),
        spawned: spawns.then(|| spawned(fields.tool_response)).flatten(),
        tool,
        ..Parsed::new(name, kind)
    })
}

/// The 12 events, and the one of `notify`.
fn kind(name: &str) -> Kind {
    match name {
        "SessionStart" => Kind::SessionStarted,
        "SessionEnd" => Kind::SessionEnded,
        "UserPromptSubmit" => Kind::PromptSubmitted,
        "PreToolUse" => Kind::ToolRequested,
        "PermissionRequest" => Kind::PermissionRequested,
        "PostToolUse" => Kind::ToolSucceeded,
        "PreCompact" => Kind::CompactionStarted,
        "PostCompact" => Kind::CompactionEnded,
        "SubagentStart" => Kind::SubagentStarted,
        "SubagentStop" => Kind::SubagentEnded,
        "Stop" | "agent-turn-complete" => Kind::TurnEnded,
        "Interrupt" => Kind::TurnInterrupted,
        _ => Kind::Unknown,
    }
}

pub(super) fn tool(name: String, input: Option<&serde_json::value::RawValue>) -> Tool {
    let family = match name.as_str() {
        "list_mcp_resources" | "list_mcp_resource_templates" | "read_mcp_resource" => super::mcp_builtin(&name, input),
        _ => own(&name).or_else(|| super::mcp(&name, None)).unwrap_or_else(|| super::of_others(&name)),
    };
    Tool { name, family }
}

pub(super) fn own(name: &str) -> Option<Family> {
    Some(match name {
        "Bash" | "shell" | "exec_command" | "write_stdin" => Family::Shell,
        "apply_patch" => Family::FileWrite,
        "read_file" | "view_image" => Family::FileRead,
        "grep_files" | "list_dir" => Family::Search,
        "web_search" => Family::Web,
        "spawn_agent" | "send_input" | "resume_agent" | "close_agent" | "wait_agent" => Family::Agent,
        _ => return None,
    })
}

/// What a result tells: an exit code that unified exec wrote above the output, or an MCP server's own word.
pub(super) fn result(response: Option<&serde_json::value::RawValue>) -> Outcome {
    const EXITED: &str = "Process exited with code ";
    match json::nested::<Response<'_>>(response).is_error.map(|raw| raw.get()) {
        Some("true") => return Outcome::Failed,
        Some("false") => return Outcome::Succeeded,
        _ => {}
    }
    let text = json::text(response).unwrap_or_default();
    let head = text.split_once("\nOutput:").map_or("", |(head, _)| head);
    match head.lines().find_map(|line| line.strip_prefix(EXITED)) {
        Some("0") => Outcome::Succeeded,
        Some(_) => Outcome::Failed,
        None => Outcome::Unknown,
    }
}

/// The id of a spawned subagent, whose result is an object or the text of one.
fn spawned(response: Option<&serde_json::value::RawValue>) -> Option<String> {
    match json::text(response) {
        Some(text) => json::owned(json::object::<Response<'_>>(&text)?.agent_id),
        None => json::owned(json::nested::<Response<'_>>(response).agent_id),
    }
}

pub(super) fn reply(parsed: &Parsed, said: Option<&Said>) -> Option<String> {
    let said = said?;
    match parsed.kind {
        Kind::ToolRequested | Kind::PromptSubmitted if said.warns => Some(claude_code::warn(&parsed.name, said)),
        // One event for results of both sorts, under its own name alone.
        Kind::ToolSucceeded | Kind::ToolFailed if said.warns => Some(claude_code::warn("PostToolUse", said)),
        Kind::PermissionRequested if said.warns => None,
        Kind::ToolRequested => match said.decision {
            Decision::Deny => Some(claude_code::decide_call("deny", &said.why, said.person.as_deref())),
            Decision::Ask => Some(claude_code::decide_call(
                "deny",
                &format!("{} (needs a person's consent, which Codex cannot ask for here)", said.why),
                said.person.as_deref(),
            )),
            // An `allow` only means something to Codex together with a rewritten input.
            Decision::Allow => None,
        },
        Kind::PermissionRequested => claude_code::decide_request(said),
        Kind::PromptSubmitted => claude_code::block(said),
        _ => None,
    }
}
