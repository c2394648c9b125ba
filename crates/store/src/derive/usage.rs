//! Roll-ups: what happened per minute, by agent and by tool, and the same per hour and per day.

use std::collections::BTreeMap;

use hookrail_core::event::{Event, Family, Kind, Outcome};

use super::tool_call::{CallRow, outcome_told};
use crate::histogram::Histogram;

/// The widths kept, in seconds: minutes, hours, days. Each divides the next.
pub(crate) const LEVELS: [i64; 3] = [60, 3600, 86_400];

/// The start, in seconds since the epoch, of the minute a time in nanoseconds lies in.
pub(crate) fn minute(nanos: i64) -> i64 {
    nanos.div_euclid(60_000_000_000) * 60
}

/// What one agent did in a span.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Activity {
    pub(crate) events: i64,
    pub(crate) tool_calls: i64,
    pub(crate) errors: i64,
}

/// How one tool was used in a span.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Use {
    pub(crate) family: String,
    pub(crate) count: i64,
    pub(crate) succeeded: i64,
    pub(crate) failed: i64,
    pub(crate) denied: i64,
    pub(crate) durations: Histogram,
}

/// How the tools of one MCP server were used in a span.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ServerUse {
    pub(crate) calls: i64,
    pub(crate) errors: i64,
}

/// Changes to the roll-ups, by minute.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    pub(crate) agents: BTreeMap<(i64, String), Activity>,
    pub(crate) tools: BTreeMap<(i64, String), Use>,
    pub(crate) servers: BTreeMap<(i64, String), ServerUse>,
}

impl Usage {
    fn agent(&mut self, at: i64, agent: &str) -> &mut Activity {
        self.agents.entry((minute(at), agent.to_owned())).or_default()
    }

    fn tool(&mut self, at: i64, tool: &str, family: &str) -> &mut Use {
        let entry = self.tools.entry((minute(at), tool.to_owned())).or_default();
        if entry.family.is_empty() {
            family.clone_into(&mut entry.family);
        }
        entry
    }

    fn server(&mut self, at: i64, server: &str) -> &mut ServerUse {
        self.servers.entry((minute(at), server.to_owned())).or_default()
    }

    /// Counts an event by itself. An event of a call with an id is counted with its call.
    pub(crate) fn event(&mut self, event: &Event) {
        let (at, agent) = (event.occurred_at.as_nanos(), event.agent.as_str());
        let parsed = &event.parsed;
        let activity = self.agent(at, agent);
        activity.events += 1;
        activity.errors += i64::from(parsed.kind == Kind::TurnFailed);
        // Agents that give a call no id (Gemini, Copilot) are counted event by event.
        if parsed.tool_use_id.is_some() && parsed.session_id.is_some() {
            return;
        }
        let outcome = outcome_told(event);
        let requested = parsed.kind == Kind::ToolRequested;
        activity.tool_calls += i64::from(requested);
        activity.errors += i64::from(outcome.is_some_and(is_error));
        let Some(tool) = parsed.tool.as_ref().filter(|_| requested || outcome.is_some()) else { return };
        if let Some(server) = tool.mcp_server() {
            let used = self.server(at, server);
            used.calls += i64::from(requested);
            used.errors += i64::from(outcome.is_some_and(is_error));
        }
        let used = self.tool(at, &tool.name, tool.family.as_str());
        used.count += i64::from(requested);
        if let Some(outcome) = outcome {
            used.end(outcome, parsed.duration_ms, 1);
        }
    }

    /// Counts a call, or takes it out again (`times` = −1).
    pub(crate) fn call(&mut self, agent: &str, call: &CallRow, times: i64) {
        if !call.counts() {
            return;
        }
        self.agent(call.at(), agent).tool_calls += times;
        let tool = call.tool();
        if let Some((tool, family)) = tool {
            self.tool(call.at(), tool, family).count += times;
        }
        if let Some(server) = &call.server {
            self.server(call.at(), server).calls += times;
            if let Some(end) = call.end.filter(|_| call.is_error()) {
                self.server(end.at, server).errors += times;
            }
        }
        let Some(end) = call.end else { return };
        if call.is_error() {
            self.agent(end.at, agent).errors += times;
        }
        if let Some((tool, family)) = tool {
            self.tool(end.at, tool, family).end(end.outcome(), call.duration_ms(), times);
        }
    }

    /// Forgets what came to nothing, as when a call was counted again as it was.
    pub(crate) fn settle(&mut self) {
        self.agents.retain(|_, activity| *activity != Activity::default());
        self.servers.retain(|_, used| *used != ServerUse::default());
        self.tools.retain(|_, used| *used != Use { family: used.family.clone(), ..Use::default() });
    }
}

impl Use {
    fn end(&mut self, outcome: Outcome, duration_ms: Option<u64>, times: i64) {
        match outcome {
            Outcome::Succeeded => self.succeeded += times,
            Outcome::Failed => self.failed += times,
            Outcome::Denied => self.denied += times,
            Outcome::Unknown => {}
        }
        if let Some(millis) = duration_ms {
            self.durations.add(millis, times);
        }
    }

    /// Adds the use of another span.
    pub(crate) fn merge(&mut self, other: &Self) {
        if self.family.is_empty() || self.family == Family::Other.as_str() {
            self.family.clone_from(&other.family);
        }
        self.count += other.count;
        self.succeeded += other.succeeded;
        self.failed += other.failed;
        self.denied += other.denied;
        self.durations.merge(&other.durations);
    }
}

pub(super) fn is_error(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Failed | Outcome::Denied)
}

/// The same changes at a coarser width: what several minutes add to their hour.
pub(crate) fn coarser<T: Clone + Default>(
    minutes: &BTreeMap<(i64, String), T>,
    level: i64,
    merge: impl Fn(&mut T, &T),
) -> BTreeMap<(i64, &str), T> {
    let mut coarse: BTreeMap<(i64, &str), T> = BTreeMap::new();
    for ((at, name), change) in minutes {
        merge(coarse.entry((at.div_euclid(level) * level, name.as_str())).or_default(), change);
    }
    coarse
}

impl ServerUse {
    /// Adds the use of another span.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.calls += other.calls;
        self.errors += other.errors;
    }
}

impl Activity {
    /// Adds the activity of another span.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.events += other.events;
        self.tool_calls += other.tool_calls;
        self.errors += other.errors;
    }
}
