//! What each agent says and wants to hear: one file per agent, two pure functions each.
//!
//! `parse` reads an agent's payload into [`Parsed`]; `reply` writes what that agent takes as the answer to a verdict.
//! Neither fails: what is unknown is kept, what is not JSON becomes an event of kind [`Kind::Malformed`].
//!
//! Only the top level of a payload is read, and of what lies below only where a fact about the event is. Depth of
//! nesting is no limit: what is not looked into is skipped without recursion.
//!
//! An answer that a rule gives is only ever one the agent's documentation or types know for that event; on an event
//! that cannot be decided every agent is told nothing, whatever the verdict.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::context::{Identity, Source};
use crate::event::{Actor, Agent, Family, Kind, Outcome, SessionId, Tool, ToolUseId};
use crate::json;
use crate::ledger::ModelUse;
use crate::mcp;
use crate::policy::{Mode, Verdict};
use crate::time::Timestamp;

mod claude_code;
mod codex;
mod copilot;
mod cursor;
mod gemini;
mod others;
mod reach;

pub use reach::reach;

/// The name and the kind's word of an event whose payload is not a JSON object.
pub const MALFORMED: &str = "malformed";

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
    /// Why a session started (`startup`, `resume`, `fork`, …) or ended, a compaction was triggered, a notification sent,
    /// a turn failed or a tool call was refused: the agent's own word.
    pub reason: Option<String>,
    /// The id of the subagent that this tool call spawned, on the call's result (Cursor: on the subagent's start).
    pub spawned: Option<String>,
    /// Tool calls resolved by a batch event: the only place where some refusals show.
    pub batch: Vec<BatchCall>,
    /// How it came to be known.
    pub source: Source,
    /// The session's title by the agent's own word.
    pub title: Option<String>,
    /// Who is at work by the agent's own word.
    pub identity: Option<Box<Identity>>,
    /// What was used of a model.
    pub model_use: Option<Box<ModelUse>>,
}

/// One tool call of a batch event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchCall {
    /// The call.
    pub tool_use_id: ToolUseId,
    /// Its tool, where the batch names it.
    pub tool: Option<Tool>,
    /// What came of it.
    pub outcome: Outcome,
}

/// What the hook prints and exits with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// Standard output, in the agent's own JSON; empty for nothing to say.
    pub stdout: String,
    /// The process's exit code.
    pub exit: u8,
}

/// What arrived from an agent, read: made by [`parse_bytes`].
#[derive(Clone, Debug)]
pub struct Received<'a> {
    /// The agent that speaks. Another than was expected where the payload shows it: Cursor also runs Claude Code's hooks.
    pub agent: Agent,
    /// What it says.
    pub parsed: Parsed,
    /// What it sent.
    pub payload: Payload<'a>,
}

/// What an agent sent.
#[derive(Clone, Debug)]
pub enum Payload<'a> {
    /// One JSON object, as it came but for white space around it.
    Json(Cow<'a, RawValue>),
    /// Something else, as it came.
    Malformed(&'a [u8]),
}

impl Payload<'_> {
    /// The JSON text; empty where there is none.
    pub fn text(&self) -> &str {
        match self {
            Self::Json(raw) => raw.get(),
            Self::Malformed(_) => "",
        }
    }
}

impl Parsed {
    /// Nothing but a name and a kind, by the session's own agent.
    pub fn new(name: impl Into<String>, kind: Kind) -> Self {
        Self {
            name: name.into(),
            kind,
            session_id: None,
            actor: Actor::Main,
            tool: None,
            tool_use_id: None,
            outcome: None,
            duration_ms: None,
            cwd: None,
            model: None,
            turn_id: None,
            prompt: None,
            reason: None,
            spawned: None,
            batch: Vec::new(),
            source: Source::Hook,
            title: None,
            identity: None,
            model_use: None,
        }
    }

    /// What is said by a payload that is not a JSON object.
    pub fn malformed() -> Self {
        Self::new(MALFORMED, Kind::Malformed)
    }

    /// Whether rules have a say at this event: something is about to happen, or a tool has given something back. What a word
    /// can do is told by [`reach`].
    pub fn is_judgeable(&self) -> bool {
        match self.kind {
            Kind::ToolRequested | Kind::PermissionRequested | Kind::PromptSubmitted => true,
            // Cursor's details tell what is about to be done, and once more what was.
            Kind::ToolDetail => !self.name.starts_with("after"),
            Kind::FileTouched => self.tool.is_some(),
            _ => self.is_result(),
        }
    }

    /// Whether a tool has given something back: there is nothing left to stop.
    pub fn is_result(&self) -> bool {
        matches!(self.kind, Kind::ToolSucceeded | Kind::ToolFailed)
    }
}

/// Reads what an agent sent on standard input or by HTTP. A byte order mark and white space around it are no matter.
pub fn parse(agent: &Agent, payload: &str) -> Parsed {
    parse_named(agent, None, payload)
}

/// [`parse`] for an event whose name is known from elsewhere: Copilot's payloads do not carry it.
///
/// The payload's own name wins where it has one.
pub fn parse_named(agent: &Agent, name: Option<&str>, payload: &str) -> Parsed {
    read(agent, name, trim(payload)).map_or_else(Parsed::malformed, |(_, parsed)| parsed)
}

/// Reads raw bytes: what the hook does with its standard input and the server with a body.
pub fn parse_bytes<'a>(agent: &Agent, name: Option<&str>, bytes: &'a [u8]) -> Received<'a> {
    let text = std::str::from_utf8(bytes).ok().map(trim);
    let known = text.and_then(|text| {
        let raw = serde_json::from_str::<&RawValue>(text).ok()?;
        let (agent, parsed) = read(agent, name, raw.get())?;
        Some(Received { agent, parsed, payload: Payload::Json(Cow::Borrowed(raw)) })
    });
    known.unwrap_or_else(|| Received {
        agent: agent.clone(),
        parsed: Parsed::malformed(),
        payload: Payload::Malformed(bytes),
    })
}

/// The answer to the agent for this event: nothing to say where `verdict` is `None`.
pub fn reply(agent: &Agent, parsed: &Parsed, verdict: Option<&Verdict>) -> Reply {
    let said = verdict.filter(|verdict| verdict.mode != Mode::Observe).map(Said::of);
    let stdout = match agent {
        Agent::ClaudeCode | Agent::Other(_) => claude_code::reply(parsed, said.as_ref()),
        Agent::Codex => codex::reply(parsed, said.as_ref()),
        Agent::Cursor => cursor::reply(parsed, said.as_ref()),
        Agent::Gemini => gemini::reply(parsed, said.as_ref()),
        Agent::Copilot => copilot::reply(parsed, said.as_ref()),
    };
    Reply { stdout: stdout.unwrap_or_default(), exit: 0 }
}

/// When the event happened by the agent's own clock: only Gemini CLI and Copilot say it (`timestamp`, as RFC 3339 or in
/// milliseconds). `None` where the payload does not tell.
pub fn stamped_at(payload: &str) -> Option<Timestamp> {
    json::fields!(Stamp { timestamp = "timestamp" });
    let stamp: Stamp<'_> = json::object(trim(payload))?;
    match json::whole(stamp.timestamp) {
        Some(millis) => i64::try_from(millis).ok()?.checked_mul(1_000_000).map(Timestamp::from_nanos),
        None => Timestamp::parse(&json::text(stamp.timestamp)?),
    }
}

/// Who speaks and what it says; `None` where the text is not a JSON object.
fn read(agent: &Agent, name: Option<&str>, text: &str) -> Option<(Agent, Parsed)> {
    Some(match agent {
        Agent::ClaudeCode => match claude_code::parse(name, text)? {
            Ok(parsed) => (Agent::ClaudeCode, parsed),
            Err(claude_code::ThroughCursor) => (Agent::Cursor, cursor::parse(name, text)?),
        },
        Agent::Other(_) => (agent.clone(), claude_code::parse_like(name, text)?),
        Agent::Codex => (Agent::Codex, codex::parse(name, text)?),
        Agent::Cursor => (Agent::Cursor, cursor::parse(name, text)?),
        Agent::Gemini => (Agent::Gemini, gemini::parse(name, text)?),
        Agent::Copilot => (Agent::Copilot, copilot::parse(name, text)?),
    })
}

/// The tool that an agent calls by this name, where no event of a call tells more.
pub(crate) fn tool(agent: &Agent, name: String, input: Option<&RawValue>) -> Tool {
    match agent {
        Agent::Codex => codex::tool(name, input),
        _ => claude_code::tool(name, None, input),
    }
}

/// Whether Claude Code's words to the model about a call say that it did not run; `None` for any other text.
pub(crate) fn claude_code_refused(text: &str) -> Option<Outcome> {
    claude_code::refused(text)
}

/// What the result of a call tells of how it went, in Codex's words.
pub(crate) fn codex_result(response: Option<&RawValue>) -> Outcome {
    codex::result(response)
}

fn trim(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text).trim_matches([' ', '\t', '\r', '\n'])
}

/// What stands between a reason and the rule's id in what an agent is told, and so in its transcript.
pub(crate) const OUR_RULE: &str = " [hookrail rule ";

/// Whether a text is what an agent was told by a rule of ours.
pub(crate) fn is_our_refusal(text: &str) -> bool {
    text.ends_with(']') && text.contains(OUR_RULE)
}

/// A verdict as an adapter needs it.
struct Said {
    decision: crate::policy::Decision,
    /// Whether this is only a warning: the call goes on as if nothing had been said.
    warns: bool,
    /// The reason with the rule's id: what the agent and the person get to read.
    why: String,
    /// What only the person gets to read, where the agent can tell them apart.
    person: Option<String>,
}

impl Said {
    fn of(verdict: &Verdict) -> Self {
        let once = |code: &String| {
            format!("hookrail stopped this by {}. To let it pass once: hookrail allow-once {code}", verdict.rule)
        };
        Self {
            decision: verdict.decision,
            warns: verdict.mode == Mode::Warn,
            why: format!("{}{OUR_RULE}{}]", verdict.reason, verdict.rule),
            person: verdict.code.as_ref().filter(|_| verdict.stops()).map(once),
        }
    }
}

/// The event's name: the payload's own, else the one known from elsewhere, else none.
fn named(raw: Option<&RawValue>, hint: Option<&str>) -> String {
    json::owned(raw).or_else(|| hint.map(str::to_owned)).unwrap_or_default()
}

fn session(raw: Option<&RawValue>) -> Option<SessionId> {
    json::owned(raw).map(SessionId)
}

fn tool_use(raw: Option<&RawValue>) -> Option<ToolUseId> {
    json::owned(raw).map(ToolUseId)
}

/// The subagent with this id, else the main agent. Only an id tells: a type alone is how a session's own agent is called.
fn actor(id: Option<&RawValue>, agent_type: Option<&RawValue>) -> Actor {
    match json::owned(id) {
        Some(id) => Actor::Subagent { id, agent_type: json::owned(agent_type) },
        None => Actor::Main,
    }
}

/// What a tool is that the agent itself does not have: what other agents call so. Who runs an agent's tools under another
/// agent's hooks, or gives tools names of its own kind, is understood that way.
fn of_others(name: &str) -> Family {
    let agents = [claude_code::own, codex::own, gemini::own, cursor::own, copilot::own, others::own];
    agents.iter().find_map(|own| own(name)).unwrap_or(Family::Other)
}

/// The server and the tool of `mcp__<server>__<tool>`, the form of Claude Code and Codex ([`mcp::split`]).
fn mcp(name: &str, told: Option<&str>) -> Option<Family> {
    let (server, tool) = mcp::split(name, told)?;
    Some(Family::Mcp { server: Some(server.to_owned()), tool: tool.to_owned() })
}

/// A tool of the agent itself that works on an MCP server, which its input names.
fn mcp_builtin(name: &str, input: Option<&RawValue>) -> Family {
    json::fields!(Input { server = "server" });
    let server = json::text(json::nested::<Input<'_>>(input).server);
    Family::Mcp { server: mcp::told(server.as_deref(), None, None), tool: name.to_owned() }
}
