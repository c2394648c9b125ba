//! The filters of the reading commands, as the API takes them.

use crate::api::{Api, Query};

/// Which events are wanted; every given part must hold.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Filters")]
pub(crate) struct EventFilters {
    /// Only events of this session; the beginning of its id is enough
    #[arg(long, short, value_name = "ID")]
    pub(crate) session: Option<String>,
    /// Only events of this agent, such as `claude-code`
    #[arg(long, short, value_name = "AGENT")]
    pub(crate) agent: Option<String>,
    /// Only events with this name, such as `PreToolUse`
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Only events of this kind, such as `tool.failed`
    #[arg(long, short, value_name = "KIND")]
    pub(crate) kind: Option<String>,
    /// Only events about this tool, such as `Bash`
    #[arg(long, short, value_name = "TOOL")]
    pub(crate) tool: Option<String>,
    /// Only events about a tool of this MCP server, by its raw name or by what the project calls it
    #[arg(long, value_name = "SERVER")]
    pub(crate) mcp_server: Option<String>,
    /// Only events with this outcome
    #[arg(long, value_parser = ["succeeded", "failed", "denied", "unknown"])]
    pub(crate) outcome: Option<String>,
    #[command(flatten)]
    pub(crate) origin: Origin,
    #[command(flatten)]
    pub(crate) span: Span,
    /// Only events whose payload contains this text
    #[arg(long, short = 'g', value_name = "TEXT")]
    pub(crate) grep: Option<String>,
}

/// Who sent it.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Origin {
    /// Only what this person did
    #[arg(long, value_name = "USER")]
    pub(crate) user: Option<String>,
    /// Only what happened on this machine
    #[arg(long, value_name = "DEVICE")]
    pub(crate) device: Option<String>,
    /// Only what carries this label
    #[arg(long, value_name = "LABEL")]
    pub(crate) source_app: Option<String>,
}

/// When it happened.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Span {
    /// Only from this time on: RFC 3339, or a span back from now such as `15m`, `24h`, `7d`
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Only before this time: RFC 3339, or a span back from now
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
}

impl EventFilters {
    /// The filters as query parameters; looks up the session where only the beginning of its id is given.
    ///
    /// # Errors
    /// Where the server cannot be asked, or more than one session's id begins so.
    pub(crate) fn query(&self, api: &Api) -> anyhow::Result<Query> {
        let session = self.session.as_deref().map(|given| api.full_session_id(given)).transpose()?;
        let mut query = Query::default();
        query.set("session_id", session.as_deref());
        query.set("agent", self.agent.as_deref());
        query.set("name", self.name.as_deref());
        query.set("kind", self.kind.as_deref());
        query.set("tool", self.tool.as_deref());
        query.set("server", self.mcp_server.as_deref());
        query.set("outcome", self.outcome.as_deref());
        query.set("q", self.grep.as_deref());
        self.origin.add_to(&mut query);
        self.span.add_to(&mut query);
        Ok(query)
    }
}

impl Origin {
    /// Adds what was given.
    pub(crate) fn add_to(&self, query: &mut Query) {
        query.set("user", self.user.as_deref());
        query.set("device", self.device.as_deref());
        query.set("source_app", self.source_app.as_deref());
    }
}

impl Span {
    /// Adds what was given.
    pub(crate) fn add_to(&self, query: &mut Query) {
        query.set("since", self.since.as_deref());
        query.set("until", self.until.as_deref());
    }
}
