//! What was used of models, as it is read: sums of `spend`, of which only a session's best kind of evidence counts.

use rusqlite::types::Value;
use rusqlite::{Connection, Row, params, params_from_iter};

use hookrail_core::context::Source;
use hookrail_core::ledger::NanoUsd;
use hookrail_core::time::Timestamp;

use super::lists;
use crate::StoreError;
use crate::derive::SessionKey;
use crate::derive::sources;
use crate::model::{
    BlindSpot, GroupBy, PersonRow, PromptUse, Reconciliation, RepositoryRow, SourceTold, UsageFilter, UsageRow, Used,
};
use crate::names::Snapshot;

/// The most groups of one answer; what is cheaper than these is not shown.
pub(crate) const MAX_GROUPS: usize = 10_000;
/// The most prompts, and requests, of a session that are looked at.
const MAX_PROMPTS: usize = 10_000;
const MAX_REQUESTS: usize = 100_000;
/// The most calls that no hook reported which are named.
const MAX_BLIND: usize = 100;

/// The sums of spend, in the order [`used`] reads them.
macro_rules! sums {
    () => {
        "sum(p.requests), sum(p.unpriced), sum(p.input), sum(p.output), sum(p.cache_read), sum(p.cache_write), \
         sum(p.thinking), sum(p.cost), sum(p.estimated)"
    };
}

/// Spend with its session. A session that was forgotten has left only what counts of it.
const COUNTED: &str = " FROM spend p LEFT JOIN sessions s ON s.session = p.session \
     LEFT JOIN people t ON t.person = coalesce(s.person, s.user) WHERE (s.session IS NULL OR p.tier = s.tier)";

fn used(row: &Row<'_>, from: usize) -> rusqlite::Result<Used> {
    let count =
        |at: usize| Ok::<u64, rusqlite::Error>(row.get::<_, Option<i64>>(from + at)?.unwrap_or(0).max(0) as u64);
    let nanos = |at: usize| Ok::<i64, rusqlite::Error>(row.get::<_, Option<i64>>(from + at)?.unwrap_or(0));
    Ok(Used {
        requests: count(0)?,
        unpriced_requests: count(1)?,
        input_tokens: count(2)?,
        output_tokens: count(3)?,
        cache_read_tokens: count(4)?,
        cache_write_tokens: count(5)?,
        thinking_tokens: count(6)?,
        cost_microusd: NanoUsd(nanos(7)?).to_micros(),
        cost_estimated: nanos(8)? != 0,
    })
}

/// What a session used: all of it, or by one actor ('' for its own agent).
pub(super) fn of_session(
    connection: &Connection,
    session: SessionKey,
    tier: i64,
    actor: Option<&str>,
) -> Result<Used, StoreError> {
    let sql = concat!(
        "SELECT ",
        sums!(),
        " FROM spend p WHERE p.session = ?1 AND p.tier = ?2 AND (?3 IS NULL OR p.actor = ?3)"
    );
    Ok(connection.prepare_cached(sql)?.query_row(params![session, tier, actor], |row| used(row, 0))?)
}

/// Prompts by the source that told of the most: a hook that came late saw fewer.
pub(super) fn prompts_told(connection: &Connection, session: SessionKey) -> Result<u64, StoreError> {
    let sql = "SELECT coalesce(max(prompts), 0) FROM session_sources WHERE session = ?";
    Ok(connection.prepare_cached(sql)?.query_row([session], |row| row.get(0))?)
}

fn key_of(group: GroupBy) -> &'static str {
    match group {
        GroupBy::Model => "p.model",
        GroupBy::Person => "coalesce(s.person, s.user, '')",
        GroupBy::Session => "coalesce(s.id, '')",
        GroupBy::Repository => "coalesce(s.repository, s.cwd, '')",
        GroupBy::Day => "strftime('%Y-%m-%d', p.hour, 'unixepoch')",
        GroupBy::Hour => "strftime('%Y-%m-%dT%H:00:00Z', p.hour, 'unixepoch')",
        GroupBy::Team => "coalesce(t.team, '')",
        GroupBy::Agent => "coalesce(s.agent, '')",
        GroupBy::Device => "coalesce(s.device, '')",
        GroupBy::McpServer => "p.mcp_server",
    }
}

/// The conditions of a filter and their values.
fn conditions(filter: &UsageFilter) -> (String, Vec<Value>) {
    let mut sql = String::new();
    let mut values = Vec::new();
    let texts = [
        ("coalesce(s.person, s.user)", &filter.user),
        ("coalesce(s.repository, s.cwd)", &filter.repository),
        ("s.id", &filter.session_id),
        ("s.agent", &filter.agent),
        ("p.model", &filter.model),
        ("s.device", &filter.device),
        ("s.source_app", &filter.source_app),
        ("s.run", &filter.run_id),
        ("t.team", &filter.team),
    ];
    for (column, wanted) in texts {
        if let Some(wanted) = wanted {
            sql.push_str(" AND ");
            sql.push_str(column);
            sql.push_str(" = ?");
            values.push(Value::Text(wanted.clone()));
        }
    }
    let seconds = |at: Timestamp| at.as_nanos().div_euclid(1_000_000_000);
    if let Some(since) = filter.since {
        sql.push_str(" AND p.hour >= ?");
        values.push(Value::Integer(seconds(since).div_euclid(3600) * 3600));
    }
    if let Some(until) = filter.until {
        sql.push_str(" AND p.hour < ?");
        values.push(Value::Integer(seconds(until)));
    }
    (sql, values)
}

/// The key of a grouping by MCP server: what the project calls it, so that servers of one name are one group.
fn key_by_server(connection: &Connection, names: &Snapshot) -> Result<(String, Vec<Value>), StoreError> {
    let mut statement = connection.prepare_cached("SELECT DISTINCT mcp_server FROM spend LIMIT ?")?;
    let servers: Vec<String> =
        statement.query_map([MAX_SERVERS as i64], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut sql = "CASE p.mcp_server".to_owned();
    let mut values = Vec::new();
    for server in servers {
        let display = if server.is_empty() { String::new() } else { names.of(&server) };
        sql.push_str(" WHEN ? THEN ?");
        values.extend([Value::Text(server), Value::Text(display)]);
    }
    // A CASE needs a branch.
    let sql = if values.is_empty() { "p.mcp_server".to_owned() } else { sql + " ELSE p.mcp_server END" };
    Ok((sql, values))
}

/// Use by group, the dearest first; days and hours in their order.
pub(super) fn usage(
    connection: &Connection,
    group: GroupBy,
    filter: &UsageFilter,
    names: &Snapshot,
) -> Result<Vec<UsageRow>, StoreError> {
    let (key, mut values) = match group {
        GroupBy::McpServer => key_by_server(connection, names)?,
        group => (key_of(group).to_owned(), Vec::new()),
    };
    let (conditions, asked) = conditions(filter);
    values.extend(asked);
    let order = match group {
        GroupBy::Day | GroupBy::Hour => "1",
        _ => "sum(p.cost) DESC, sum(p.output) DESC, 1",
    };
    let sums = sums!();
    let sql = format!(
        "SELECT {key}, {sums}, count(DISTINCT p.session), count(DISTINCT coalesce(s.person, s.user)), max(s.last_at) \
         {COUNTED}{conditions} GROUP BY 1 ORDER BY {order} LIMIT {MAX_GROUPS}"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(values), |row| {
        Ok(UsageRow {
            key: row.get(0)?,
            usage: used(row, 1)?,
            estimated: row.get::<_, Option<i64>>(9)?.unwrap_or(0) != 0,
            sessions: row.get(10)?,
            people: row.get(11)?,
            last_event_at: row.get::<_, Option<i64>>(12)?.map(Timestamp::from_nanos),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// MCP servers that a grouping tells apart; of further ones the raw name is shown.
const MAX_SERVERS: usize = 5000;

/// The sum of everything that matches.
pub(super) fn total(connection: &Connection, filter: &UsageFilter) -> Result<Used, StoreError> {
    let (conditions, values) = conditions(filter);
    let sums = sums!();
    let sql = format!("SELECT {sums} {COUNTED}{conditions}");
    Ok(connection.prepare_cached(&sql)?.query_row(params_from_iter(values), |row| used(row, 0))?)
}

/// Everybody seen, whoever was here last first.
pub(super) fn people(connection: &Connection) -> Result<Vec<PersonRow>, StoreError> {
    let sums = sums!();
    let mut spent = connection.prepare_cached(&format!(
        "SELECT coalesce(s.person, s.user), {sums} {COUNTED} AND coalesce(s.person, s.user) IS NOT NULL GROUP BY 1"
    ))?;
    let spent: std::collections::HashMap<String, Used> =
        spent.query_map([], |row| Ok((row.get(0)?, used(row, 1)?)))?.collect::<Result<_, _>>()?;
    let mut statement = connection.prepare_cached(&format!(
        "SELECT coalesce(s.person, s.user) AS who, max(t.team), count(*), sum(s.prompts), sum(s.tool_calls), \
         sum(s.tool_errors), min(s.first_at), max(s.last_at), count(DISTINCT s.device), count(DISTINCT s.repository) \
         FROM sessions s LEFT JOIN people t ON t.person = coalesce(s.person, s.user) WHERE who IS NOT NULL \
         GROUP BY who ORDER BY max(s.last_at) DESC LIMIT {MAX_GROUPS}"
    ))?;
    let rows = statement.query_map([], |row| {
        let person: String = row.get(0)?;
        let usage = spent.get(&person).copied().unwrap_or_default();
        Ok(PersonRow {
            person,
            team: row.get(1)?,
            sessions: row.get(2)?,
            prompts: row.get(3)?,
            tool_calls: row.get(4)?,
            tool_errors: row.get(5)?,
            first_seen: Timestamp::from_nanos(row.get(6)?),
            last_seen: Timestamp::from_nanos(row.get(7)?),
            devices: row.get(8)?,
            repositories: row.get(9)?,
            usage,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Every repository seen, the latest first. A session whose repository is not known is not here.
pub(super) fn repositories(connection: &Connection) -> Result<Vec<RepositoryRow>, StoreError> {
    let sums = sums!();
    let mut spent = connection
        .prepare_cached(&format!("SELECT s.repository, {sums} {COUNTED} AND s.repository IS NOT NULL GROUP BY 1"))?;
    let spent: std::collections::HashMap<String, Used> =
        spent.query_map([], |row| Ok((row.get(0)?, used(row, 1)?)))?.collect::<Result<_, _>>()?;
    let mut statement = connection.prepare_cached(&format!(
        "SELECT repository, count(*), count(DISTINCT coalesce(person, user)), sum(prompts), sum(tool_calls), \
         sum(tool_errors), min(first_at), max(last_at) FROM sessions WHERE repository IS NOT NULL \
         GROUP BY repository ORDER BY max(last_at) DESC LIMIT {MAX_GROUPS}"
    ))?;
    let rows = statement.query_map([], |row| {
        let repository: String = row.get(0)?;
        let usage = spent.get(&repository).copied().unwrap_or_default();
        Ok(RepositoryRow {
            repository,
            sessions: row.get(1)?,
            people: row.get(2)?,
            prompts: row.get(3)?,
            tool_calls: row.get(4)?,
            tool_errors: row.get(5)?,
            first_seen: Timestamp::from_nanos(row.get(6)?),
            last_seen: Timestamp::from_nanos(row.get(7)?),
            usage,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A request as far as its prompt's sum needs it.
struct Light {
    at: i64,
    turn: Option<String>,
    spent: Used,
    nanos: i64,
}

/// The prompts of a session, oldest first, each with what was used for it. A request that does not say which prompt it
/// belongs to belongs to the last one before it.
pub(super) fn prompts(connection: &Connection, id: &str, agent: Option<&str>) -> Result<Vec<PromptUse>, StoreError> {
    let Some((session, row)) = lists::session(connection, id, agent)? else { return Ok(Vec::new()) };
    let mut statement =
        connection.prepare_cached("SELECT turn, at, text FROM prompts WHERE session = ? ORDER BY at, turn LIMIT ?")?;
    let mut prompts: Vec<(String, i64, PromptUse)> = statement
        .query_map(params![session, MAX_PROMPTS as i64], |row| {
            let (turn, at): (String, i64) = (row.get(0)?, row.get(1)?);
            let shown = PromptUse {
                turn_id: (!turn.starts_with('@')).then(|| turn.clone()),
                at: Timestamp::from_nanos(at),
                text: row.get(2)?,
                tool_calls: 0,
                tool_errors: 0,
                usage: Used::default(),
            };
            Ok((turn, at, shown))
        })?
        .collect::<Result<_, _>>()?;
    let owner = |prompts: &[(String, i64, PromptUse)], turn: Option<&str>, at: i64| {
        let named = turn.and_then(|turn| prompts.iter().position(|(known, ..)| known == turn));
        named.or_else(|| prompts.partition_point(|(_, began, _)| *began <= at).checked_sub(1))
    };
    let mut nanos = vec![0i64; prompts.len()];
    for request in requests(connection, session, row.tier)? {
        let Some(found) = owner(&prompts, request.turn.as_deref(), request.at) else { continue };
        nanos[found] = nanos[found].saturating_add(request.nanos);
        prompts[found].2.usage.add(&request.spent);
    }
    for ((.., prompt), nanos) in prompts.iter_mut().zip(nanos) {
        prompt.usage.cost_microusd = NanoUsd(nanos).to_micros();
    }
    let mut calls = connection.prepare_cached(
        "SELECT coalesce(requested_at, ended_at, 0), turn, coalesce(outcome, 3) IN (1, 2) FROM tool_calls WHERE session = ? LIMIT ?",
    )?;
    let calls = calls.query_map(params![session, MAX_REQUESTS as i64], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, Option<String>>(1)?, row.get::<_, bool>(2)?))
    })?;
    for call in calls {
        let (at, turn, failed) = call?;
        if let Some(found) = owner(&prompts, turn.as_deref(), at) {
            prompts[found].2.tool_calls += 1;
            prompts[found].2.tool_errors += u64::from(failed);
        }
    }
    Ok(prompts.into_iter().map(|(.., prompt)| prompt).collect())
}

fn requests(connection: &Connection, session: SessionKey, tier: i64) -> Result<Vec<Light>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT at, turn, input, output, cache_read, cache_write_5m + cache_write_1h, thinking, told, priced \
         FROM requests WHERE session = ? AND tier = ? AND counted ORDER BY at LIMIT ?",
    )?;
    let found = statement.query_map(params![session, tier, MAX_REQUESTS as i64], |row| {
        let (told, priced): (Option<i64>, Option<i64>) = (row.get(7)?, row.get(8)?);
        let cost = told.or(priced);
        Ok(Light {
            at: row.get(0)?,
            turn: row.get(1)?,
            nanos: cost.unwrap_or(0),
            spent: Used {
                requests: 1,
                unpriced_requests: u64::from(cost.is_none()),
                input_tokens: row.get(2)?,
                output_tokens: row.get(3)?,
                cache_read_tokens: row.get(4)?,
                cache_write_tokens: row.get(5)?,
                thinking_tokens: row.get(6)?,
                cost_microusd: 0,
                cost_estimated: told.is_none() && cost.unwrap_or(0) != 0,
            },
        })
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// What each source says of a session, side by side.
pub(super) fn reconciliation(
    connection: &Connection,
    id: &str,
    agent: Option<&str>,
) -> Result<Option<Reconciliation>, StoreError> {
    let Some((session, row)) = lists::session(connection, id, agent)? else { return Ok(None) };
    let mut statement = connection.prepare_cached(
        "SELECT source, events, prompts, requests, first_at, last_at FROM session_sources WHERE session = ? ORDER BY source",
    )?;
    let mut sources: Vec<SourceTold> = statement
        .query_map([session], |row| {
            let number: usize = row.get(0)?;
            Ok(SourceTold {
                source: Source::ALL.get(number).copied().unwrap_or_default(),
                events: row.get(1)?,
                prompts: row.get(2)?,
                model_requests: row.get(3)?,
                tool_calls: 0,
                first_at: Timestamp::from_nanos(row.get(4)?),
                last_at: Timestamp::from_nanos(row.get(5)?),
            })
        })?
        .collect::<Result<_, _>>()?;
    let mut calls = connection.prepare_cached(
        "SELECT sources, count(*) FROM tool_calls WHERE session = ? AND (requested_at IS NOT NULL OR end_rank IS NOT NULL) \
         GROUP BY sources",
    )?;
    let (mut tool_calls, mut blind) = (0, 0);
    for found in calls.query_map([session], |row| Ok((row.get::<_, u8>(0)?, row.get::<_, u64>(1)?)))? {
        let (bits, count) = found?;
        tool_calls += count;
        for told in &mut sources {
            told.tool_calls += if bits & sources::bit(told.source) != 0 { count } else { 0 };
        }
        blind += if bits & sources::bit(Source::Hook) == 0 { count } else { 0 };
    }
    let mut unseen = connection.prepare_cached(
        "SELECT id, tool, coalesce(requested_at, ended_at) FROM tool_calls WHERE session = ? AND sources & 1 = 0 \
         AND (requested_at IS NOT NULL OR end_rank IS NOT NULL) ORDER BY 3 LIMIT ?",
    )?;
    let blind_spots = unseen
        .query_map(params![session, MAX_BLIND as i64], |row| {
            Ok(BlindSpot {
                tool_use_id: row.get(0)?,
                tool: row.get(1)?,
                at: row.get::<_, Option<i64>>(2)?.map(Timestamp::from_nanos),
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(Some(Reconciliation {
        session_id: row.id,
        tool_calls,
        calls_no_hook_reported: blind,
        blind_spots,
        usage: of_session(connection, session, row.tier, None)?,
        sources,
    }))
}
