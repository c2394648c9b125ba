//! What each agent says and wants to hear: one file per agent, two pure functions each.
//!
//! `parse` reads an agent's payload into [`Parsed`]; `reply` writes what that agent takes as the answer to a verdict.
//! Neither fails: what is unknown is kept, what is not JSON becomes an event of kind [`Kind::Malformed`].

use crate::event::{Actor, Agent, Kind, Outcome, SessionId, Tool, ToolUseId};
use crate::policy::Verdict;

/// What an agent's payload says, in hookrail's words. Everything else of the payload stays in the payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// The agent's own name of the event (`PreToolUse`, `beforeShellExecution`).
    pub name: String,
    /// What happened.
    pub kind: Kind,
    /// The conversation it belongs to; absent on events outside any.
    pub session_id: Option<SessionId>,
    /// Who acted.
    pub actor: Actor,
    /// The tool it is about.
    pub tool: Option<Tool>,
    /// The tool call it is about.
    pub tool_use_id: Option<ToolUseId>,
    /// What came of the tool call.
    pub outcome: Option<Outcome>,
    /// How long it took by the agent's own measure, in milliseconds.
    pub duration_ms: Option<u64>,
    /// The working directory.
    pub cwd: Option<String>,
    /// The model, where the payload tells.
    pub model: Option<String>,
    /// The turn or prompt it belongs to (`prompt_id`, `turn_id`, `generation_id`).
    pub turn_id: Option<String>,
    /// The prompt's text, on [`Kind::PromptSubmitted`].
    pub prompt: Option<String>,
    /// Why a session started (`startup`, `resume`, `fork`, …) or ended, a compaction was triggered, a notification sent.
    pub reason: Option<String>,
    /// The id of the subagent that this tool call spawned, on the call's result.
    pub spawned: Option<String>,
    /// Tool calls resolved by a batch event, with what came of each: the only place where some refusals show.
    pub batch: Vec<(ToolUseId, Outcome)>,
}

/// What the hook prints and exits with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// Standard output, in the agent's own JSON; empty for nothing to say.
    pub stdout: String,
    /// The process's exit code.
    pub exit: u8,
}

impl Parsed {
    /// Whether the agent waits for a verdict on this event before something runs.
    pub fn is_judgeable(&self) -> bool {
        matches!(self.kind, Kind::ToolRequested | Kind::PermissionRequested | Kind::ToolDetail | Kind::PromptSubmitted)
    }
}

/// Reads what an agent sent on standard input or by HTTP.
pub fn parse(_agent: &Agent, _payload: &str) -> Parsed {
    unimplemented!("the adapters")
}

/// The answer to the agent for this event: nothing to say where `verdict` is `None`.
pub fn reply(_agent: &Agent, _parsed: &Parsed, _verdict: Option<&Verdict>) -> Reply {
    unimplemented!("the adapters")
}
