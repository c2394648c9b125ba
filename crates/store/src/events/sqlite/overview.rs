//! The overview and the use of tools, read from roll-ups: their cost grows with the span's width in minutes, hours or
//! days and with the number of tools, not with the number of events.

use std::collections::BTreeMap;

use hookrail_core::event::Agent;
use hookrail_core::mcp;
use hookrail_core::time::Timestamp;
use rusqlite::{Connection, params};

use super::save::used;
use crate::StoreError;
use crate::derive::session::{SILENCE_NANOS, State};
use crate::derive::usage::{LEVELS, Use};
use crate::model::{AgentCount, Bar, Overview, SessionCounts, ToolUse};
use crate::names::Snapshot;

const NANOS: i64 = 1_000_000_000;
/// The widths a bar may have, in seconds: what people read easily. Each is a multiple of a roll-up's width.
const WIDTHS: [i64; 17] = [
    60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 1_209_600, 2_592_000,
    31_536_000,
];
/// The most bars an overview has.
const MAX_BARS: i64 = 1000;
/// Tools shown in the overview.
const MAX_TOOLS: usize = 50;
/// MCP servers shown in the overview.
const MAX_SERVERS: usize = 50;

/// The span between two times in whole minutes, in seconds; the end is not part of it.
pub(super) fn minutes(since: Timestamp, until: Timestamp) -> (i64, i64) {
    let floor = |time: Timestamp| time.as_nanos().div_euclid(60 * NANOS) * 60;
    let from = floor(since);
    let to = floor(until) + if until.as_nanos() % (60 * NANOS) == 0 { 0 } else { 60 };
    (from, to.max(from))
}

/// Cuts a span of whole minutes into spans of whole days, hours and minutes, each as `(level, from, to)`.
pub(super) fn pieces(from: i64, to: i64) -> Vec<(i64, i64, i64)> {
    let [minute, hour, day] = LEVELS;
    let up = |at: i64, level: i64| -(-at).div_euclid(level) * level;
    let down = |at: i64, level: i64| at.div_euclid(level) * level;
    let mut pieces = Vec::new();
    let mut push = |level, from: i64, to: i64| {
        if from < to {
            pieces.push((level, from, to));
        }
    };
    let (hours, hours_end) = (up(from, hour), down(to, hour));
    if hours >= hours_end {
        push(minute, from, to);
        return pieces;
    }
    push(minute, from, hours);
    push(minute, hours_end, to);
    let (days, days_end) = (up(hours, day), down(hours_end, day));
    if days >= days_end {
        push(hour, hours, hours_end);
        return pieces;
    }
    push(hour, hours, days);
    push(day, days, days_end);
    push(hour, days_end, hours_end);
    pieces
}

/// The use of each tool, most used first.
pub(super) fn tools(connection: &Connection, since: Timestamp, until: Timestamp) -> Result<Vec<ToolUse>, StoreError> {
    let (from, to) = minutes(since, until);
    tools_in(connection, from, to)
}

fn tools_in(connection: &Connection, from: i64, to: i64) -> Result<Vec<ToolUse>, StoreError> {
    let mut sums: BTreeMap<String, Use> = BTreeMap::new();
    let mut statement = connection.prepare_cached(
        "SELECT family, count, succeeded, failed, denied, durations, tool FROM tool_usage \
         WHERE level = ? AND at >= ? AND at < ?",
    )?;
    for (level, from, to) in pieces(from, to) {
        let mut rows = statement.query(params![level, from, to])?;
        while let Some(row) = rows.next()? {
            sums.entry(row.get(6)?).or_default().merge(&used(row)?);
        }
    }
    let mut tools: Vec<ToolUse> = sums.into_iter().filter_map(|(tool, sum)| shown(tool, sum)).collect();
    tools.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.tool.cmp(&b.tool)));
    Ok(tools)
}

fn shown(tool: String, sum: Use) -> Option<ToolUse> {
    let count = |n: i64| n.max(0) as u64;
    let (succeeded, failed, denied) = (count(sum.succeeded), count(sum.failed), count(sum.denied));
    let ended = succeeded + failed + denied;
    if sum.count <= 0 && ended == 0 {
        return None;
    }
    let server = (sum.family == "mcp").then(|| mcp::split(&tool, None)).flatten();
    Some(ToolUse {
        mcp_server: server.map(|(server, _)| server.to_owned()),
        mcp_server_name: None,
        tool,
        family: sum.family,
        // A call requested before the span and ended in it still was in use.
        count: count(sum.count).max(ended),
        succeeded,
        failed,
        denied,
        error_rate: if ended == 0 { 0.0 } else { (failed + denied) as f64 / ended as f64 },
        p50_ms: sum.durations.quantile(0.5),
        p95_ms: sum.durations.quantile(0.95),
    })
}

/// What the overview shows.
pub(super) fn overview(
    connection: &Connection,
    since: Timestamp,
    until: Timestamp,
    bars: usize,
    now: Timestamp,
    names: &Snapshot,
) -> Result<Overview, StoreError> {
    if until < since {
        return Err(StoreError::Invalid("`until` is before `since`".to_owned()));
    }
    let (from, to) = minutes(since, until);
    let bars = i64::try_from(bars).unwrap_or(MAX_BARS).clamp(1, MAX_BARS);
    let fits = |&width: &i64| (to - from) / width <= bars;
    let width = WIDTHS.into_iter().find(fits).unwrap_or(WIDTHS[WIDTHS.len() - 1]);
    let level = LEVELS.into_iter().rev().find(|level| width % level == 0).unwrap_or(LEVELS[0]);
    let from = from.div_euclid(width) * width;
    let to = (-(-to).div_euclid(width) * width).max(from + width);
    let (since, until) = (seconds(from), seconds(to));
    let mut series: Vec<Bar> = (from..to)
        .step_by(width as usize)
        .take(2 * MAX_BARS as usize)
        .map(|at| Bar { at: seconds(at), events: 0, tool_calls: 0, errors: 0 })
        .collect();
    let mut agents: BTreeMap<String, u64> = BTreeMap::new();
    let mut statement = connection.prepare_cached(
        "SELECT (at - ?2) / ?4 AS bar, agent, sum(events), sum(tool_calls), sum(errors) FROM usage \
         WHERE level = ?1 AND at >= ?2 AND at < ?3 GROUP BY bar, agent",
    )?;
    let mut rows = statement.query(params![level, from, to, width])?;
    while let Some(row) = rows.next()? {
        let events: u64 = row.get::<_, i64>(2)?.max(0) as u64;
        *agents.entry(row.get(1)?).or_default() += events;
        let Some(bar) = series.get_mut(row.get::<_, usize>(0)?) else { continue };
        bar.events += events;
        bar.tool_calls += row.get::<_, i64>(3)?.max(0) as u64;
        bar.errors += row.get::<_, i64>(4)?.max(0) as u64;
    }
    let mut tools = tools_in(connection, from, to)?;
    tools.truncate(MAX_TOOLS);
    let mut servers = names.merged(super::servers::used(connection, from, to)?);
    servers.truncate(MAX_SERVERS);
    let mut agents: Vec<AgentCount> =
        agents.into_iter().map(|(agent, events)| AgentCount { agent: Agent::from(agent.as_str()), events }).collect();
    agents.sort_by_key(|count| std::cmp::Reverse(count.events));
    Ok(Overview {
        since,
        until,
        bar_seconds: width as u64,
        events: series.iter().map(|bar| bar.events).sum(),
        series,
        sessions: session_counts(connection, since, until, now)?,
        tools,
        servers,
        agents,
    })
}

fn seconds(at: i64) -> Timestamp {
    Timestamp::from_nanos(at.saturating_mul(NANOS))
}

fn session_counts(
    connection: &Connection,
    since: Timestamp,
    until: Timestamp,
    now: Timestamp,
) -> Result<SessionCounts, StoreError> {
    let silent = now.as_nanos().saturating_sub(SILENCE_NANOS);
    let mut counts = SessionCounts::default();
    let mut statement = connection.prepare_cached(
        "SELECT CASE WHEN last_at < ?3 THEN ?4 ELSE state END AS shown, count(*) FROM sessions \
         INDEXED BY sessions_by_activity WHERE last_at >= ?1 AND first_at < ?2 GROUP BY shown",
    )?;
    let mut rows = statement.query(params![since.as_nanos(), until.as_nanos(), silent, State::Ended as i64])?;
    while let Some(row) = rows.next()? {
        let count: u64 = row.get(1)?;
        match State::ALL.get(row.get::<_, usize>(0)?) {
            Some(State::Idle) => counts.idle += count,
            Some(State::Working) => counts.working += count,
            Some(State::Waiting) => counts.waiting += count,
            Some(State::Asleep) => counts.asleep += count,
            Some(State::Failed) => counts.failed += count,
            Some(State::Ended) | None => counts.ended += count,
        }
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pieces_cover_a_span_once(from in -100_000i64..100_000, len in 0i64..100_000) {
            let (from, to) = (from * 60, (from + len) * 60);
            let mut pieces = pieces(from, to);
            pieces.sort_by_key(|piece| piece.1);
            let mut at = from;
            for (level, start, end) in pieces {
                prop_assert_eq!(start, at);
                prop_assert!(start % level == 0 && end % level == 0 && start < end);
                // Few rows are read however long the span: less than a coarser one's worth of each width at each end.
                prop_assert!(level == LEVELS[2] || (end - start) / level < 120);
                at = end;
            }
            prop_assert_eq!(at, to);
        }
    }
}
