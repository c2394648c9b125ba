//! What the store gives back and what it may be asked: the rows of the query API, backend or not.
//!
//! Each type serialises as the API shows it, so that the server, the export and the live feed write one shape.

mod artifact;
mod usage;

use std::collections::BTreeMap;

use hookrail_core::context::Source;
use hookrail_core::event::{Actor, Agent, Event, EventId, Kind, Outcome, Tool};
use hookrail_core::policy::Verdict;
use hookrail_core::redact::Redaction;
use hookrail_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::names::Snapshot;

pub use artifact::{Artifact, ArtifactFilter};
pub use usage::{
    BlindSpot, GroupBy, PersonRow, PromptUse, Reconciliation, RepositoryRow, SessionSpend, SourceTold, SpentSince,
    UsageFilter, UsageRow, Used,
};

/// The position of an event in the order of arrival; grows by one with each stored event, never reused.
pub type Seq = i64;

/// An event as the API shows it.
#[derive(Clone, Debug, Serialize)]
pub struct StoredEvent {
    /// Its identity.
    pub id: EventId,
    /// Its position in the order of arrival.
    pub seq: Seq,
    /// The conversation it belongs to.
    pub session_id: Option<String>,
    /// The agent that sent it.
    pub agent: Agent,
    /// The agent's own event name.
    pub name: String,
    /// What happened.
    pub kind: Kind,
    /// When it happened, by the device's clock.
    pub occurred_at: Timestamp,
    /// When the server took it in.
    pub received_at: Timestamp,
    /// Who acted.
    pub actor: Actor,
    /// The tool's name.
    pub tool: Option<String>,
    /// What the tool does: `shell`, `file_read`, … (see `hookrail_core::event::Family`).
    pub tool_family: Option<String>,
    /// The raw name of the MCP server whose tool it is (see `hookrail_core::mcp`).
    pub mcp_server: Option<String>,
    /// What the project calls that server; filled in where it is read (see [`crate::names`]).
    pub mcp_server_name: Option<String>,
    /// The tool call it is about.
    pub tool_use_id: Option<String>,
    /// What came of the tool call.
    pub outcome: Option<Outcome>,
    /// How long it took, in milliseconds.
    pub duration_ms: Option<u64>,
    /// What the guard said.
    pub verdict: Option<Verdict>,
    /// The person.
    pub user: Option<String>,
    /// The machine.
    pub device: Option<String>,
    /// The ancestors' label for the project or host.
    pub source_app: Option<String>,
    /// What was taken out of the payload, and where.
    pub redactions: Vec<Redaction>,
    /// The agent's payload, verbatim but for redaction.
    pub payload: Box<RawValue>,
}

impl StoredEvent {
    /// The event as it is shown once it is stored at `seq`.
    pub(crate) fn new(event: Event, seq: Seq) -> Self {
        let parsed = *event.parsed;
        let mcp_server = parsed.tool.as_ref().and_then(Tool::mcp_server).map(str::to_owned);
        let (tool, tool_family) = match parsed.tool {
            Some(tool) => (Some(tool.name), Some(tool.family.as_str().to_owned())),
            None => (None, None),
        };
        Self {
            id: event.id,
            seq,
            session_id: parsed.session_id.map(|id| id.0),
            agent: event.agent,
            name: parsed.name,
            kind: parsed.kind,
            occurred_at: event.occurred_at,
            received_at: event.received_at,
            actor: parsed.actor,
            tool,
            tool_family,
            mcp_server,
            mcp_server_name: None,
            tool_use_id: parsed.tool_use_id.map(|id| id.0),
            outcome: parsed.outcome,
            duration_ms: parsed.duration_ms,
            verdict: event.verdict,
            user: event.user,
            device: event.device,
            source_app: event.source_app,
            redactions: event.redactions,
            payload: event.payload,
        }
    }
}

/// What a person cares about in a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionState {
    /// The agent is at work.
    Working,
    /// The agent waits for a person.
    Waiting,
    /// The last turn ended; nothing runs.
    Idle,
    /// It ended, by its own word or (`ended_inferred`) by a long silence.
    Ended,
    /// The last turn ended in an error.
    Failed,
    /// Nothing was heard of it for a while after its last turn ended; its next event wakes it.
    Asleep,
}

/// A session as the API shows it.
#[derive(Clone, Debug, Serialize)]
pub struct Session {
    /// The agent's own id.
    pub id: String,
    /// The agent.
    pub agent: Agent,
    /// Its state now.
    pub state: SessionState,
    /// True where `state` is `ended` only because nothing came for a long time.
    pub ended_inferred: bool,
    /// What a person recognises the session by: its title by the agent's own word, else a model's, else the first
    /// prompt, shortened.
    pub title: Option<String>,
    /// Where the title is from: `agent`, `model` or `prompt`.
    pub title_source: Option<&'static str>,
    /// The working directory at its start.
    pub cwd: Option<String>,
    /// The repository at its start: `host/owner/name` of its remote, else the path of its root.
    pub repository: Option<String>,
    /// The branch at its start.
    pub branch: Option<String>,
    /// The commit at its start.
    pub commit: Option<String>,
    /// The orchestrator's run it belongs to.
    pub run_id: Option<String>,
    /// The last model named.
    pub model: Option<String>,
    /// The first event's time.
    pub started_at: Timestamp,
    /// The last event's time.
    pub last_event_at: Timestamp,
    /// When it ended, where it said so.
    pub ended_at: Option<Timestamp>,
    /// The session it was resumed or forked from.
    pub parent_id: Option<String>,
    /// Events stored.
    pub events: u64,
    /// Prompts submitted.
    pub prompts: u64,
    /// Tool calls requested.
    pub tool_calls: u64,
    /// Tool calls that failed or were denied.
    pub tool_errors: u64,
    /// Subagents seen.
    pub subagents: u64,
    /// What it used of models.
    #[serde(flatten)]
    pub usage: Used,
    /// The person: by the agent's own word, else by the device's.
    pub user: Option<String>,
    /// The machine.
    pub device: Option<String>,
    /// The ancestors' label for the project or host.
    pub source_app: Option<String>,
}

/// A tool call as the API shows it: its events folded into one row.
#[derive(Clone, Debug, Serialize)]
pub struct ToolCall {
    /// The agent's id of the call.
    pub tool_use_id: String,
    /// The session it belongs to.
    pub session_id: String,
    /// The tool's name.
    pub tool: Option<String>,
    /// What the tool does.
    pub tool_family: Option<String>,
    /// The raw name of the MCP server whose tool it is.
    pub mcp_server: Option<String>,
    /// What the project calls that server.
    pub mcp_server_name: Option<String>,
    /// The id of the subagent that called it; `None` for the main agent.
    pub actor_id: Option<String>,
    /// When it was requested; `None` where only its end was seen.
    pub requested_at: Option<Timestamp>,
    /// When it ended; `None` while it runs, or where its end was never told.
    pub ended_at: Option<Timestamp>,
    /// How long it took, in milliseconds: by the agent's measure, else from request to end.
    pub duration_ms: Option<u64>,
    /// What came of it; `None` while it runs.
    pub outcome: Option<Outcome>,
    /// Whether a person was asked.
    pub permission_asked: bool,
    /// The subagent it spawned.
    pub spawned: Option<String>,
    /// The event that requested it.
    pub request_event_id: Option<EventId>,
    /// The event that ended it.
    pub result_event_id: Option<EventId>,
    /// The prompt it belongs to, where an agent tells.
    pub turn_id: Option<String>,
    /// Who told of it. Without `hook` among them, no hook saw the call.
    pub sources: Vec<Source>,
}

/// A subagent of a session.
#[derive(Clone, Debug, Serialize)]
pub struct Subagent {
    /// The agent's id of the subagent.
    pub id: String,
    /// The session it works in.
    pub session_id: String,
    /// The kind of subagent.
    pub agent_type: Option<String>,
    /// The subagent that spawned it; `None` where the main agent did, or nobody said.
    pub parent_id: Option<String>,
    /// The tool call that spawned it, where known.
    pub tool_use_id: Option<String>,
    /// Its first event's time.
    pub started_at: Timestamp,
    /// When it said it was done.
    pub ended_at: Option<Timestamp>,
    /// Tool calls it requested.
    pub tool_calls: u64,
    /// Its tool calls that failed or were denied.
    pub tool_errors: u64,
    /// What it used of models.
    #[serde(flatten)]
    pub usage: Used,
}

/// The use of one tool over a span of time.
#[derive(Clone, Debug, Serialize)]
pub struct ToolUse {
    /// The tool's name.
    pub tool: String,
    /// What it does.
    pub family: String,
    /// The raw name of the MCP server whose tool it is, where the tool's name tells.
    pub mcp_server: Option<String>,
    /// What the project calls that server.
    pub mcp_server_name: Option<String>,
    /// Calls that ended or were requested in the span.
    pub count: u64,
    /// Calls that succeeded.
    pub succeeded: u64,
    /// Calls that failed.
    pub failed: u64,
    /// Calls that were denied.
    pub denied: u64,
    /// `(failed + denied) / (succeeded + failed + denied)`, 0 where nothing ended.
    pub error_rate: f64,
    /// The median duration in milliseconds, from a histogram: exact to about 5 %.
    pub p50_ms: Option<f64>,
    /// The 95th percentile of the duration in milliseconds.
    pub p95_ms: Option<f64>,
}

/// An MCP server that was used, or that somebody named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Server {
    /// Its raw name; of a name somebody gave, maybe a pattern.
    pub raw: String,
    /// What the project calls it.
    pub display: String,
    /// Whether somebody gave it that name; else it is how the raw name reads.
    pub overridden: bool,
    /// Tool calls in the span.
    pub calls: u64,
    /// Of these, failed or denied.
    pub errors: u64,
    /// The minute of its last tool call, by the time it happened; `None` where none is known.
    pub last_seen: Option<Timestamp>,
    /// Who named it.
    pub named_by: Option<String>,
    /// When it was named last.
    pub named_at: Option<Timestamp>,
}

/// How a handler ran over a span of time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HandlerUse {
    /// Its name with its level: `project:stop-lint`.
    pub handler: String,
    /// How often it ran.
    pub runs: u64,
    /// How often somebody should look at what came of it: it failed, took too long, could not be started, ….
    pub troubles: u64,
    /// How often it came out how.
    pub outcomes: BTreeMap<String, u64>,
    /// How long half of its runs took at most, in milliseconds, to 5 %.
    pub p50_ms: Option<f64>,
    /// How long 95 % of its runs took at most, in milliseconds, to 5 %.
    pub p95_ms: Option<f64>,
    /// What came of its last run.
    pub last_outcome: String,
    /// When that ended.
    pub last_at: Timestamp,
    /// In which session.
    pub last_session_id: Option<String>,
}

/// The use of the MCP servers of one display name over a span of time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ServerUse {
    /// What the project calls them.
    pub mcp_server_name: String,
    /// Their raw names.
    pub mcp_servers: Vec<String>,
    /// Tool calls in the span.
    pub calls: u64,
    /// Of these, failed or denied.
    pub errors: u64,
}

/// One bar of the events-over-time series.
#[derive(Clone, Debug, Serialize)]
pub struct Bar {
    /// The start of the bar.
    pub at: Timestamp,
    /// Events in it.
    pub events: u64,
    /// Of these, tool calls requested.
    pub tool_calls: u64,
    /// Of these, failures: failed or denied tool calls and failed turns.
    pub errors: u64,
}

/// Sessions by state.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct SessionCounts {
    /// At work.
    pub working: u64,
    /// Waiting for a person.
    pub waiting: u64,
    /// Idle.
    pub idle: u64,
    /// Asleep.
    pub asleep: u64,
    /// Ended.
    pub ended: u64,
    /// Failed.
    pub failed: u64,
}

/// What the overview shows.
#[derive(Clone, Debug, Serialize)]
pub struct Overview {
    /// The start of the span.
    pub since: Timestamp,
    /// The end of the span.
    pub until: Timestamp,
    /// The width of a bar in seconds.
    pub bar_seconds: u64,
    /// Events over time, oldest first, without gaps.
    pub series: Vec<Bar>,
    /// Events in the span.
    pub events: u64,
    /// Sessions with an event in the span, by state.
    pub sessions: SessionCounts,
    /// Tools by count, most used first, at most 50.
    pub tools: Vec<ToolUse>,
    /// MCP servers by calls, those of one display name as one, at most 50.
    pub servers: Vec<ServerUse>,
    /// Events by agent, most first.
    pub agents: Vec<AgentCount>,
}

/// Events of one agent.
#[derive(Clone, Debug, Serialize)]
pub struct AgentCount {
    /// The agent.
    pub agent: Agent,
    /// Its events in the span.
    pub events: u64,
}

/// Which events are asked for; every given part must hold.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct EventFilter {
    /// Of this session.
    pub session_id: Option<String>,
    /// Of this agent.
    pub agent: Option<String>,
    /// With this event name.
    pub name: Option<String>,
    /// Of this kind.
    pub kind: Option<String>,
    /// About this tool.
    pub tool: Option<String>,
    /// About a tool of this MCP server, by its raw or its display name.
    pub server: Option<String>,
    /// About this tool call.
    pub tool_use_id: Option<String>,
    /// With this outcome.
    pub outcome: Option<String>,
    /// Of this person.
    pub user: Option<String>,
    /// Of this machine.
    pub device: Option<String>,
    /// With this label.
    pub source_app: Option<String>,
    /// From which a secret of this kind was taken out; [`EventFilter::ANY`] for any.
    pub redaction: Option<String>,
    /// That happened at or after this time.
    pub since: Option<Timestamp>,
    /// That happened before this time.
    pub until: Option<Timestamp>,
    /// Whose payload contains this text, ignoring ASCII case.
    pub q: Option<String>,
}

impl EventFilter {
    /// The word for a redaction of whatever kind.
    pub const ANY: &str = "any";

    /// Whether an event matches: what a list of events and a live feed with this filter let through.
    pub fn matches(&self, event: &StoredEvent, names: &Snapshot) -> bool {
        let server = |wanted: &str| event.mcp_server.as_deref().is_some_and(|raw| names.means(wanted, raw));
        let is = |wanted: &Option<String>, found: Option<&str>| wanted.as_deref().is_none_or(|w| found == Some(w));
        let redacted =
            |kind: &str| event.redactions.iter().any(|redaction| kind == Self::ANY || redaction.kind == kind);
        is(&self.session_id, event.session_id.as_deref())
            && is(&self.agent, Some(event.agent.as_str()))
            && is(&self.name, Some(&event.name))
            && is(&self.kind, Some(event.kind.as_str()))
            && is(&self.tool, event.tool.as_deref())
            && self.server.as_deref().is_none_or(server)
            && is(&self.tool_use_id, event.tool_use_id.as_deref())
            && is(&self.outcome, event.outcome.map(Outcome::as_str))
            && is(&self.user, event.user.as_deref())
            && is(&self.device, event.device.as_deref())
            && is(&self.source_app, event.source_app.as_deref())
            && self.redaction.as_deref().is_none_or(redacted)
            && self.since.is_none_or(|since| event.occurred_at >= since)
            && self.until.is_none_or(|until| event.occurred_at < until)
            && self.q.as_deref().is_none_or(|q| contains_ignoring_case(event.payload.get(), q))
    }
}

/// Whether `text` contains `part`, ASCII letters of either case being the same. Everything contains the empty text.
pub(crate) fn contains_ignoring_case(text: &str, part: &str) -> bool {
    let (text, part) = (text.as_bytes(), part.as_bytes());
    let Some((&first, rest)) = part.split_first() else { return true };
    let (lower, upper) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    let Some(last_start) = text.len().checked_sub(part.len()) else { return false };
    let starts = &text[..=last_start];
    starts
        .iter()
        .enumerate()
        .any(|(at, &byte)| (byte == lower || byte == upper) && text[at + 1..at + part.len()].eq_ignore_ascii_case(rest))
}

/// Which sessions are asked for; every given part must hold.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SessionFilter {
    /// Of this agent.
    pub agent: Option<String>,
    /// In this state.
    pub state: Option<SessionState>,
    /// Of this person.
    pub user: Option<String>,
    /// Of this machine.
    pub device: Option<String>,
    /// With this label.
    pub source_app: Option<String>,
    /// Of this repository.
    pub repository: Option<String>,
    /// With an event at or after this time.
    pub since: Option<Timestamp>,
    /// With an event before this time.
    pub until: Option<Timestamp>,
    /// Whose title, id or working directory contains this text, ignoring ASCII case.
    pub q: Option<String>,
}

impl SessionFilter {
    /// Whether a session matches.
    pub fn matches(&self, session: &Session) -> bool {
        let is = |wanted: &Option<String>, found: Option<&str>| wanted.as_deref().is_none_or(|w| found == Some(w));
        let said = |q: &str| {
            let texts = [Some(session.id.as_str()), session.title.as_deref(), session.cwd.as_deref()];
            texts.into_iter().flatten().any(|text| contains_ignoring_case(text, q))
        };
        is(&self.agent, Some(session.agent.as_str()))
            && self.state.is_none_or(|state| session.state == state)
            && is(&self.user, session.user.as_deref())
            && is(&self.device, session.device.as_deref())
            && is(&self.source_app, session.source_app.as_deref())
            && is(&self.repository, session.repository.as_deref())
            && self.since.is_none_or(|since| session.last_event_at >= since)
            && self.until.is_none_or(|until| session.started_at < until)
            && self.q.as_deref().is_none_or(said)
    }
}

/// A page of results.
///
/// A page may be shorter than asked for although `next` is given: a search stops after a bounded amount of work
/// and says where to go on. Only a missing `next` means the end.
#[derive(Clone, Debug, Serialize)]
pub struct Page<T> {
    /// The results.
    pub items: Vec<T>,
    /// What to pass as `cursor` for the next page; `None` at the end. Opaque.
    pub next: Option<String>,
}
