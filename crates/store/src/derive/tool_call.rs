//! A tool call: its events folded into one row, paired by the agent's id of the call.
//!
//! What came of a call is told by up to four sources, believed in this order whichever arrives first: its own end
//! (`tool.succeeded`, `tool.failed`, `tool.denied`), a batch event that lists it (the only place where some refusals
//! show), the guard's own deny, and last a batch event that only shows that the call is over.

use hookrail_core::agents::BatchCall;
use hookrail_core::context::Source as CoreSource;
use hookrail_core::event::{Event, EventId, Family, Kind, Outcome, Tool};
use hookrail_core::mcp;
use hookrail_core::policy::Decision;
use hookrail_core::time::Timestamp;

use super::said::{agreed, longest};
use super::sources;
use crate::block::hash;
use crate::model::ToolCall;

/// A tool call as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CallRow {
    pub(crate) tool: Option<String>,
    pub(crate) family: Option<String>,
    /// The raw name of the MCP server whose tool it is.
    pub(crate) server: Option<String>,
    pub(crate) actor: Option<String>,
    pub(crate) request: Option<(i64, EventId)>,
    pub(crate) end: Option<End>,
    pub(crate) asked: bool,
    pub(crate) spawned: Option<String>,
    /// Hashes of the names of its stored events: the natural key `(session, event name, call)` that folds what two
    /// registrations of the hook tell twice.
    pub(crate) seen: Vec<u16>,
    /// Who told of it: bits of `sources.rs`.
    pub(crate) sources: u8,
    /// The prompt it belongs to.
    pub(crate) turn: Option<String>,
}

/// What came of a call. Of two, the greater counts: by source, then by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct End {
    pub(crate) source: Source,
    pub(crate) at: i64,
    pub(crate) id: EventId,
    /// Its position in [`Outcome::ALL`].
    pub(crate) outcome: u8,
    /// By the agent's own measure.
    pub(crate) duration_ms: Option<u64>,
}

/// Who told what came of a call, the least believed first. The numbers are kept in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    /// A batch that lists the call and does not tell how it ended.
    Mention = 0,
    Guard = 1,
    Batch = 2,
    /// Its own end, from an agent that does not vouch for what came of it (Codex's hook).
    Vague = 3,
    /// Telemetry or a transcript that tells what came of it.
    Reported = 4,
    Own = 5,
}

impl Source {
    pub(crate) const ALL: [Self; 6] = [Self::Mention, Self::Guard, Self::Batch, Self::Vague, Self::Reported, Self::Own];

    /// Whether the call's own end was seen, so that its time is the end's time.
    pub(crate) const fn is_end(self) -> bool {
        matches!(self, Self::Vague | Self::Reported | Self::Own)
    }
}

impl End {
    pub(crate) fn outcome(&self) -> Outcome {
        Outcome::ALL.get(usize::from(self.outcome)).copied().unwrap_or(Outcome::Unknown)
    }
}

fn outcome_number(outcome: Outcome) -> u8 {
    Outcome::ALL.iter().position(|&known| known == outcome).unwrap_or_default() as u8
}

/// Whether an event is a step of a tool call that happens once: these are folded by the natural key. Details of a call
/// (Cursor's shell hooks) and questions for permission may legitimately come several times.
pub(crate) fn happens_once(kind: &Kind) -> bool {
    matches!(kind, Kind::ToolRequested | Kind::ToolSucceeded | Kind::ToolFailed | Kind::ToolDenied)
}

/// Whether an event says something about the call it names.
pub(crate) fn concerns(kind: &Kind) -> bool {
    happens_once(kind) || matches!(kind, Kind::PermissionRequested | Kind::ToolReported | Kind::ToolDecided)
}

/// The hash of an event's name as kept in [`CallRow::seen`]. Sixteen bits tell the two or three names of one call apart.
pub(crate) fn name_hash(name: &str) -> u16 {
    let hash = hash(name.as_bytes());
    (hash ^ (hash >> 16) ^ (hash >> 32) ^ (hash >> 48)) as u16
}

/// The words of a tool's family; a family is kept as its place here, so new ones go to the end.
pub(crate) const FAMILIES: [&str; 8] = ["other", "shell", "file_read", "file_write", "search", "web", "agent", "mcp"];

/// What Claude Code's telemetry says in the place of the name of a person's own MCP tools: it tells nothing.
fn is_hidden(tool: &str) -> bool {
    matches!(tool, "mcp_tool" | "custom")
}

/// What an event without a call id tells of an end.
pub(crate) fn outcome_told(event: &Event) -> Option<Outcome> {
    match event.parsed.kind {
        Kind::ToolSucceeded => Some(event.parsed.outcome.unwrap_or(Outcome::Succeeded)),
        Kind::ToolFailed => Some(event.parsed.outcome.unwrap_or(Outcome::Failed)),
        Kind::ToolDenied => Some(event.parsed.outcome.unwrap_or(Outcome::Denied)),
        _ => None,
    }
}

impl CallRow {
    /// Takes in one stored event of the call.
    pub(crate) fn absorb(&mut self, event: &Event) {
        let (at, parsed) = (event.occurred_at.as_nanos(), &event.parsed);
        self.named(parsed.tool.as_ref());
        agreed(&mut self.actor, parsed.actor.subagent_id());
        agreed(&mut self.spawned, parsed.spawned.as_deref());
        agreed(&mut self.turn, parsed.turn_id.as_deref());
        self.sources |= sources::bit(parsed.source);
        if parsed.kind == Kind::ToolReported {
            self.reported(at, event);
        }
        let decision = event.verdict.as_ref().map(|verdict| verdict.decision);
        self.asked |= parsed.kind == Kind::PermissionRequested;
        if parsed.kind == Kind::ToolRequested {
            self.request = Some(self.request.map_or((at, event.id), |known| known.min((at, event.id))));
            self.asked |= decision == Some(Decision::Ask);
            if decision == Some(Decision::Deny) {
                self.ended(Source::Guard, at, event.id, Outcome::Denied, None);
            }
        }
        if let Some(outcome) = outcome_told(event) {
            let source = if outcome == Outcome::Unknown { Source::Vague } else { Source::Own };
            self.ended(source, at, event.id, outcome, parsed.duration_ms);
        }
        if happens_once(&parsed.kind) {
            let name = name_hash(&parsed.name);
            if let Err(place) = self.seen.binary_search(&name) {
                self.seen.insert(place, name);
            }
        }
    }

    /// Takes in what a batch event says of the call.
    pub(crate) fn absorb_batch(&mut self, event: &Event, told: &BatchCall) {
        agreed(&mut self.actor, event.parsed.actor.subagent_id());
        self.named(told.tool.as_ref());
        let source = if told.outcome == Outcome::Unknown { Source::Mention } else { Source::Batch };
        let source = match event.parsed.source {
            CoreSource::Hook => source,
            _ if told.outcome == Outcome::Unknown => Source::Mention,
            _ => Source::Reported,
        };
        agreed(&mut self.turn, event.parsed.turn_id.as_deref());
        self.sources |= sources::bit(event.parsed.source);
        self.ended(source, event.occurred_at.as_nanos(), event.id, told.outcome, None);
    }

    /// Takes in what telemetry or a transcript tells: that it was called, or what came of it.
    fn reported(&mut self, at: i64, event: &Event) {
        match event.parsed.outcome {
            Some(Outcome::Unknown) => self.ended(Source::Mention, at, event.id, Outcome::Unknown, None),
            Some(outcome) => self.ended(Source::Reported, at, event.id, outcome, event.parsed.duration_ms),
            None => self.request = Some(self.request.map_or((at, event.id), |known| known.min((at, event.id)))),
        }
    }

    fn named(&mut self, tool: Option<&Tool>) {
        let Some(tool) = tool else { return };
        if is_hidden(&tool.name) {
            return;
        }
        agreed(&mut self.tool, Some(&tool.name));
        agreed(&mut self.family, Some(tool.family.as_str()));
        // Who knows where the server's name ends may make it longer than it reads in the tool's name.
        longest(&mut self.server, tool.mcp_server());
    }

    fn ended(&mut self, source: Source, at: i64, id: EventId, outcome: Outcome, duration_ms: Option<u64>) {
        let end = End { source, at, id, outcome: outcome_number(outcome), duration_ms };
        self.end = self.end.max(Some(end));
    }

    /// Whether this is a call, and not only a question about one.
    pub(crate) fn counts(&self) -> bool {
        self.request.is_some() || self.end.is_some()
    }

    /// Whether it failed or was denied.
    pub(crate) fn is_error(&self) -> bool {
        self.end.is_some_and(|end| matches!(end.outcome(), Outcome::Failed | Outcome::Denied))
    }

    /// How long it took, in milliseconds: by the agent's measure, else from its request to its own end.
    /// A batch ends later than most of its calls, so its time says nothing.
    pub(crate) fn duration_ms(&self) -> Option<u64> {
        let end = self.end.filter(|end| end.source.is_end())?;
        let measured = || {
            let (requested_at, _) = self.request?;
            u64::try_from(end.at.checked_sub(requested_at)?).ok().map(|nanos| nanos / 1_000_000)
        };
        end.duration_ms.or_else(measured)
    }

    /// When it began as far as known: what calls are listed by.
    pub(crate) fn at(&self) -> i64 {
        self.request.map(|(at, _)| at).or(self.end.map(|end| end.at)).unwrap_or_default()
    }

    /// The call as the API shows it.
    pub(crate) fn shown(self, id: String, session: &str) -> ToolCall {
        let duration_ms = self.duration_ms();
        let mcp_server = self.server.clone().or_else(|| self.named_server());
        ToolCall {
            tool_use_id: id,
            session_id: session.to_owned(),
            tool: self.tool,
            tool_family: self.family,
            mcp_server,
            mcp_server_name: None,
            actor_id: self.actor,
            requested_at: self.request.map(|(at, _)| Timestamp::from_nanos(at)),
            ended_at: self.end.map(|end| Timestamp::from_nanos(end.at)),
            duration_ms,
            outcome: self.end.map(|end| end.outcome()),
            permission_asked: self.asked,
            spawned: self.spawned,
            request_event_id: self.request.map(|(_, id)| id),
            result_event_id: self.end.map(|end| end.id),
            turn_id: self.turn,
            sources: CoreSource::ALL.into_iter().filter(|source| self.sources & sources::bit(*source) != 0).collect(),
        }
    }

    /// The MCP server of a call that was kept before servers were, as far as the tool's name tells.
    fn named_server(&self) -> Option<String> {
        let tool = self.tool.as_deref().filter(|_| self.family.as_deref() == Some("mcp"))?;
        mcp::split(tool, None).map(|(server, _)| server.to_owned())
    }

    /// The tool's name and family for a roll-up; `None` where nobody named the tool.
    pub(crate) fn tool(&self) -> Option<(&str, &str)> {
        Some((self.tool.as_deref()?, self.family.as_deref().unwrap_or(Family::Other.as_str())))
    }
}
