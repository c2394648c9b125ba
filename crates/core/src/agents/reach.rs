//! How far a word reaches: what each agent does with an answer to each of its events.
//!
//! A verdict is recorded as what it could be and no more. Where an agent takes no refusal, a rule that denies has only warned;
//! where it takes no words either, the rule has only observed.

use super::Parsed;
use crate::event::{Agent, Kind};
use crate::policy::{Decision, Mode};

/// The most that a decision can be at this event of this agent.
pub fn reach(agent: &Agent, parsed: &Parsed, decision: Decision) -> Mode {
    let name = parsed.name.as_str();
    let of_claude = name.starts_with(|first: char| first.is_ascii_uppercase());
    match agent {
        Agent::Cursor => cursor(name, decision),
        Agent::Copilot if !of_claude => copilot(name),
        _ => by_kind(&parsed.kind, decision),
    }
}

/// A prompt can be refused, and there is nobody to ask but the person who typed it: what would ask is said and holds nothing up.
const fn prompt(decision: Decision) -> Mode {
    match decision {
        Decision::Deny => Mode::Enforce,
        Decision::Ask | Decision::Allow => Mode::Warn,
    }
}

fn by_kind(kind: &Kind, decision: Decision) -> Mode {
    match kind {
        Kind::ToolRequested | Kind::PermissionRequested => Mode::Enforce,
        Kind::PromptSubmitted => prompt(decision),
        // It has run.
        Kind::ToolSucceeded | Kind::ToolFailed => Mode::Warn,
        _ => Mode::Observe,
    }
}

fn cursor(name: &str, decision: Decision) -> Mode {
    match name {
        "preToolUse"
        | "PreToolUse"
        | "beforeShellExecution"
        | "beforeMCPExecution"
        | "beforeReadFile"
        | "beforeTabFileRead" => Mode::Enforce,
        "beforeSubmitPrompt" | "UserPromptSubmit" => prompt(decision),
        "postToolUse" | "postToolUseFailure" | "PostToolUse" | "PostToolUseFailure" => Mode::Warn,
        _ => Mode::Observe,
    }
}

/// Copilot's CLI ignores what is said to a prompt; `preMcpToolCall` takes nothing but metadata of the request, and fires after
/// `preToolUse` for the same call. Whether it reads an answer to a result is not documented.
fn copilot(name: &str) -> Mode {
    match name {
        "preToolUse" | "permissionRequest" => Mode::Enforce,
        _ => Mode::Observe,
    }
}
