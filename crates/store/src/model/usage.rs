//! What models used and cost, by whom and where, and what each source tells of it.

use hookrail_core::context::Source;
use hookrail_core::time::Timestamp;
use serde::Serialize;

/// What was used of models. Classes of tokens do not overlap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Used {
    /// Requests to models; 0 where only counters tell.
    pub requests: u64,
    /// Tokens read from requests, not from a cache.
    pub input_tokens: u64,
    /// Tokens written by models, reasoning included.
    pub output_tokens: u64,
    /// Tokens read from caches.
    pub cache_read_tokens: u64,
    /// Tokens written to caches.
    pub cache_write_tokens: u64,
    /// Of the output, tokens of reasoning, where told.
    pub thinking_tokens: u64,
    /// What it cost, in millionths of a dollar.
    pub cost_microusd: i64,
    /// Whether a part of the cost is by our price table and not by the agent's own word.
    pub cost_estimated: bool,
    /// Requests whose cost is not known, because nobody told it and their model has no price.
    pub unpriced_requests: u64,
}

impl Used {
    /// Adds another use. Costs in millionths are rounded: sum what is exact where the sum must be.
    pub fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.input_tokens += other.input_tokens;
        self.output_tokens += other.output_tokens;
        self.cache_read_tokens += other.cache_read_tokens;
        self.cache_write_tokens += other.cache_write_tokens;
        self.thinking_tokens += other.thinking_tokens;
        self.cost_microusd = self.cost_microusd.saturating_add(other.cost_microusd);
        self.cost_estimated |= other.cost_estimated;
        self.unpriced_requests += other.unpriced_requests;
    }
}

/// What a session cost, and what its person and its repository did; for a device that limits what is spent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SessionSpend {
    /// The session.
    pub session_id: String,
    /// What it cost, in millionths of a dollar.
    pub cost_microusd: i64,
    /// What its person spent; `None` where nobody knows who that is.
    pub person: Option<SpentSince>,
    /// What was spent in its repository; `None` where that is not known, or is a path, which on another machine is another place.
    pub repository: Option<SpentSince>,
}

/// What was spent since the moments that were asked about, in millionths of a dollar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SpentSince {
    /// Since the day began.
    pub day: i64,
    /// Since the week began.
    pub week: i64,
    /// Since the month began.
    pub month: i64,
}

/// What use is summed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupBy {
    /// The model.
    Model,
    /// The person.
    Person,
    /// The session.
    Session,
    /// The repository; the working directory where none is known.
    Repository,
    /// The day (UTC).
    Day,
    /// The hour (UTC).
    Hour,
    /// The person's team.
    Team,
    /// The agent.
    Agent,
    /// The machine.
    Device,
    /// The MCP server at work, by what the project calls it.
    McpServer,
}

impl GroupBy {
    /// Every grouping and its word.
    pub const ALL: [(Self, &'static str); 10] = [
        (Self::Model, "model"),
        (Self::Person, "person"),
        (Self::Session, "session"),
        (Self::Repository, "repository"),
        (Self::Day, "day"),
        (Self::Hour, "hour"),
        (Self::Team, "team"),
        (Self::Agent, "agent"),
        (Self::Device, "device"),
        (Self::McpServer, "mcp_server"),
    ];

    /// The grouping with this word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known)| *known == word).map(|(group, _)| group)
    }
}

/// Which use is asked for; every given part must hold.
#[derive(Clone, Debug, Default)]
pub struct UsageFilter {
    /// In or after the hour of this time.
    pub since: Option<Timestamp>,
    /// In an hour that began before this time.
    pub until: Option<Timestamp>,
    /// Of this person.
    pub user: Option<String>,
    /// Of this repository (or working directory, where none is known).
    pub repository: Option<String>,
    /// Of this session.
    pub session_id: Option<String>,
    /// Of this agent.
    pub agent: Option<String>,
    /// Of this model.
    pub model: Option<String>,
    /// On this machine.
    pub device: Option<String>,
    /// With this label.
    pub source_app: Option<String>,
    /// In this orchestrator's run.
    pub run_id: Option<String>,
    /// Of this team.
    pub team: Option<String>,
}

/// The use of one group.
#[derive(Clone, Debug, Serialize)]
pub struct UsageRow {
    /// What the group has in common; empty where it is not known.
    pub key: String,
    /// What it used.
    #[serde(flatten)]
    pub usage: Used,
    /// Whether a part of the cost is by our price table and not by the agent's own word.
    pub estimated: bool,
    /// Its sessions.
    pub sessions: u64,
    /// Its people, as far as they are known.
    pub people: u64,
    /// The last event of its sessions; `None` where they are forgotten.
    pub last_event_at: Option<Timestamp>,
}

/// A person as the API shows them.
#[derive(Clone, Debug, Serialize)]
pub struct PersonRow {
    /// The person: an e-mail address, an account, or the name of a device's user.
    pub person: String,
    /// Their team.
    pub team: Option<String>,
    /// Their sessions.
    pub sessions: u64,
    /// Their prompts.
    pub prompts: u64,
    /// Tool calls of their sessions.
    pub tool_calls: u64,
    /// Of these, failed or denied.
    pub tool_errors: u64,
    /// Machines they were at.
    pub devices: u64,
    /// Repositories they were in.
    pub repositories: u64,
    /// Their first event.
    pub first_seen: Timestamp,
    /// Their last event.
    pub last_seen: Timestamp,
    /// What they used.
    #[serde(flatten)]
    pub usage: Used,
}

/// A repository as the API shows it.
#[derive(Clone, Debug, Serialize)]
pub struct RepositoryRow {
    /// `host/owner/name` of its remote, else the path of its root.
    pub repository: String,
    /// Sessions in it.
    pub sessions: u64,
    /// People in it.
    pub people: u64,
    /// Prompts in it.
    pub prompts: u64,
    /// Tool calls in it.
    pub tool_calls: u64,
    /// Of these, failed or denied.
    pub tool_errors: u64,
    /// The first event in it.
    pub first_seen: Timestamp,
    /// The last event in it.
    pub last_seen: Timestamp,
    /// What was used in it.
    #[serde(flatten)]
    pub usage: Used,
}

/// A prompt of a session and what was used for it.
#[derive(Clone, Debug, Serialize)]
pub struct PromptUse {
    /// The agent's id of the prompt, where it has one.
    pub turn_id: Option<String>,
    /// When it was submitted.
    pub at: Timestamp,
    /// Its text, shortened.
    pub text: Option<String>,
    /// Tool calls for it.
    pub tool_calls: u64,
    /// Of these, failed or denied.
    pub tool_errors: u64,
    /// What was used for it, subagents included.
    #[serde(flatten)]
    pub usage: Used,
}

/// What one source told of a session.
#[derive(Clone, Debug, Serialize)]
pub struct SourceTold {
    /// The source.
    pub source: Source,
    /// Events it told.
    pub events: u64,
    /// Prompts it told of.
    pub prompts: u64,
    /// Tool calls it told of.
    pub tool_calls: u64,
    /// Tellings of a model's use, repetitions included.
    pub model_requests: u64,
    /// Its first event's time.
    pub first_at: Timestamp,
    /// Its last event's time.
    pub last_at: Timestamp,
}

/// A tool call that no hook reported.
#[derive(Clone, Debug, Serialize)]
pub struct BlindSpot {
    /// The call.
    pub tool_use_id: String,
    /// Its tool.
    pub tool: Option<String>,
    /// When it was requested, or ended.
    pub at: Option<Timestamp>,
}

/// What hooks, telemetry and transcript each say of a session.
#[derive(Clone, Debug, Serialize)]
pub struct Reconciliation {
    /// The session.
    pub session_id: String,
    /// Tool calls, whoever told of them.
    pub tool_calls: u64,
    /// Of these, calls that no hook reported.
    pub calls_no_hook_reported: u64,
    /// The first of these.
    pub blind_spots: Vec<BlindSpot>,
    /// What the session used, as it is counted.
    #[serde(flatten)]
    pub usage: Used,
    /// What each source said.
    pub sources: Vec<SourceTold>,
}
