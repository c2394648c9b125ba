//! The parts of the API's answers that the tables show; fields this version does not know are ignored.

use std::io::{self, Write};

use console::style;
use hookrail_core::event::Actor;
use hookrail_core::mcp;
use hookrail_core::policy::Verdict;
use hookrail_core::time::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::output::{Clock, millis, plain, short_id, shorten, tint};

/// An event.
#[derive(Debug, Deserialize)]
pub(crate) struct EventRow {
    pub(crate) id: String,
    pub(crate) seq: i64,
    pub(crate) session_id: Option<String>,
    pub(crate) agent: String,
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) occurred_at: Timestamp,
    pub(crate) received_at: Timestamp,
    pub(crate) actor: Actor,
    pub(crate) tool: Option<String>,
    pub(crate) mcp_server: Option<String>,
    pub(crate) mcp_server_name: Option<String>,
    pub(crate) tool_use_id: Option<String>,
    pub(crate) outcome: Option<String>,
    pub(crate) duration_ms: Option<u64>,
    pub(crate) verdict: Option<Verdict>,
    pub(crate) user: Option<String>,
    pub(crate) device: Option<String>,
    pub(crate) source_app: Option<String>,
    pub(crate) payload: Box<RawValue>,
}

/// A session.
#[derive(Debug, Deserialize)]
pub(crate) struct SessionRow {
    pub(crate) id: String,
    pub(crate) agent: String,
    pub(crate) state: String,
    pub(crate) ended_inferred: bool,
    pub(crate) title: Option<String>,
    pub(crate) cwd: Option<String>,
    pub(crate) repository: Option<String>,
    pub(crate) branch: Option<String>,
    pub(crate) user: Option<String>,
    pub(crate) model: Option<String>,
    #[serde(default)]
    pub(crate) input_tokens: u64,
    #[serde(default)]
    pub(crate) output_tokens: u64,
    #[serde(default)]
    pub(crate) cache_read_tokens: u64,
    #[serde(default)]
    pub(crate) cache_write_tokens: u64,
    #[serde(default)]
    pub(crate) cost_microusd: i64,
    #[serde(default)]
    pub(crate) cost_estimated: bool,
    pub(crate) started_at: Timestamp,
    pub(crate) last_event_at: Timestamp,
    pub(crate) events: u64,
    pub(crate) tool_calls: u64,
    pub(crate) tool_errors: u64,
    pub(crate) subagents: u64,
}

/// A tool call.
#[derive(Debug, Deserialize)]
pub(crate) struct ToolCallRow {
    pub(crate) tool_use_id: String,
    pub(crate) tool: Option<String>,
    pub(crate) mcp_server: Option<String>,
    pub(crate) mcp_server_name: Option<String>,
    pub(crate) actor_id: Option<String>,
    pub(crate) requested_at: Option<Timestamp>,
    pub(crate) ended_at: Option<Timestamp>,
    pub(crate) duration_ms: Option<u64>,
    pub(crate) outcome: Option<String>,
}

impl EventRow {
    /// Who acted, in a word.
    pub(crate) fn actor_word(&self) -> String {
        match &self.actor {
            Actor::Main => "main".to_owned(),
            Actor::Subagent { id, agent_type } => {
                plain(agent_type.as_deref().unwrap_or_else(|| id.get(..8).unwrap_or(id))).into_owned()
            }
        }
    }

    /// What became of it, in a word: the guard's decision where it had one, else the outcome.
    pub(crate) fn outcome_word(&self) -> &str {
        match (&self.verdict, &self.outcome) {
            (Some(verdict), _) => verdict.decision.as_str(),
            (None, Some(outcome)) => outcome,
            (None, None) => "",
        }
    }

    /// What it is about: the tool with its target, the prompt, the message.
    pub(crate) fn subject(&self) -> String {
        const FIELDS: [&str; 6] = ["prompt", "message", "error", "last_assistant_message", "source", "reason"];
        let payload: Value = serde_json::from_str(self.payload.get()).unwrap_or_default();
        let target = crate::summary::target(&payload);
        let tool = tool_label(self.tool.as_deref(), self.mcp_server.as_deref(), self.mcp_server_name.as_deref());
        let text = match (tool, target) {
            (Some(tool), Some(target)) => format!("{tool}  {target}"),
            (Some(tool), None) => tool,
            (None, _) if payload.get("tool_calls").is_some_and(Value::is_array) => tools_of_batch(&payload),
            (None, _) => {
                let found = FIELDS.iter().find_map(|field| payload.get(field).and_then(Value::as_str));
                found.unwrap_or_default().to_owned()
            }
        };
        plain(text.trim()).into_owned()
    }

    /// Writes the event on one line of at most `width` columns.
    ///
    /// # Errors
    /// What `out` reports.
    pub(crate) fn write_line(&self, out: &mut impl Write, clock: &Clock, width: usize) -> io::Result<()> {
        let outcome = self.outcome_word();
        let took = self.duration_ms.map(millis).unwrap_or_default();
        let fixed = format!(
            "{}  {:8}  {:15}  {:18}  ",
            style(clock.time(self.occurred_at)).dim(),
            short_id(self.session_id.as_deref().unwrap_or("-")),
            shorten(&self.actor_word(), 15),
            shorten(&plain(&self.name), 18),
        );
        let line = format!(
            "{fixed}{}{}  {:>8}  {}",
            tint(outcome),
            " ".repeat(9usize.saturating_sub(outcome.len())),
            took,
            self.subject()
        );
        writeln!(out, "{}", shorten(line.trim_end(), width))
    }
}

impl ToolCallRow {
    /// The tool as a person reads it.
    pub(crate) fn tool_label(&self) -> Option<String> {
        tool_label(self.tool.as_deref(), self.mcp_server.as_deref(), self.mcp_server_name.as_deref())
    }
}

/// A tool as a person reads it: one of an MCP server as `server: tool`, the server as the project calls it.
fn tool_label(tool: Option<&str>, server: Option<&str>, display: Option<&str>) -> Option<String> {
    let tool = tool?;
    let Some(display) = display else { return Some(tool.to_owned()) };
    let own = mcp::split(tool, server).map(|(_, tool)| tool).or_else(|| tool.strip_prefix("MCP:"));
    Some(format!("{display}: {}", own.unwrap_or(tool)))
}

/// The tools that a batch resolved: `Bash, Read`.
fn tools_of_batch(payload: &Value) -> String {
    let calls = payload.get("tool_calls").and_then(Value::as_array).into_iter().flatten();
    let tools: Vec<&str> = calls.filter_map(|call| call.get("tool_name")?.as_str()).collect();
    tools.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_of_an_mcp_server_reads_as_both() {
        for (tool, server, display, label) in [
            (Some("Bash"), None, None, Some("Bash")),
            (Some("mcp__claude_ai_Linear__list"), Some("claude_ai_Linear"), Some("Linear"), Some("Linear: list")),
            (Some("mcp__my__tools__do"), Some("my__tools"), Some("mine"), Some("mine: do")),
            (Some("MCP:query"), Some("postgres"), Some("Postgres"), Some("Postgres: query")),
            (Some("read_mcp_resource"), Some("logs"), Some("logs"), Some("logs: read_mcp_resource")),
            // A server of an earlier version names none.
            (Some("mcp__a__b"), None, None, Some("mcp__a__b")),
            (None, None, None, None),
        ] {
            assert_eq!(tool_label(tool, server, display).as_deref(), label);
        }
    }
}
