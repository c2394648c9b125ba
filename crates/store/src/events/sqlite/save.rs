//! Writes what a batch changed, each row once.

use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

use super::rows::{call_columns, session_columns, subagent_columns};
use super::{artifacts, handlers, ledger};
use crate::StoreError;
use crate::block::Encoded;
use crate::derive::said::Said;
use crate::derive::session::SessionRow;
use crate::derive::subagent::SubagentRow;
use crate::derive::tool_call::{CallRow, FAMILIES};
use crate::derive::usage::{Activity, LEVELS, ServerUse, Usage, Use, coarser};
use crate::derive::{Changes, SessionKey};
use crate::histogram::Histogram;

/// Writes all derived rows of a batch.
///
/// Rows that may be there are updated, never replaced: a statement that replaces keeps a journal of its own.
pub(super) fn changes(connection: &Connection, changes: &Changes) -> Result<(), StoreError> {
    let mut sessions = connection.prepare_cached(concat!(
        "INSERT INTO sessions (",
        session_columns!(),
        ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ",
        "ON CONFLICT (session) DO UPDATE SET ",
        "first_at = excluded.first_at, last_at = excluded.last_at, state = excluded.state, state_at = excluded.state_at, \
         title = excluded.title, title_at = excluded.title_at, cwd = excluded.cwd, cwd_at = excluded.cwd_at, \
         model = excluded.model, model_at = excluded.model_at, parent = excluded.parent, parent_at = excluded.parent_at, \
         user = excluded.user, user_at = excluded.user_at, device = excluded.device, device_at = excluded.device_at, \
         source_app = excluded.source_app, source_app_at = excluded.source_app_at, \
         repository = excluded.repository, repository_at = excluded.repository_at, branch = excluded.branch, \
         branch_at = excluded.branch_at, revision = excluded.revision, revision_at = excluded.revision_at, \
         run = excluded.run, run_at = excluded.run_at, person = excluded.person, person_at = excluded.person_at, \
         named = excluded.named, named_at = excluded.named_at, tier = excluded.tier, events = excluded.events, \
         prompts = excluded.prompts, tool_calls = excluded.tool_calls, tool_errors = excluded.tool_errors, \
         subagents = excluded.subagents"
    ))?;
    for (key, row, _) in &changes.sessions {
        session(&mut sessions, *key, row)?;
    }
    let mut calls = connection.prepare_cached(concat!(
        "INSERT INTO tool_calls (session, ",
        call_columns!(),
        ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (session, id) DO UPDATE SET ",
        "tool = excluded.tool, family = excluded.family, actor = excluded.actor, requested_at = excluded.requested_at, \
         request_id = excluded.request_id, end_rank = excluded.end_rank, ended_at = excluded.ended_at, \
         outcome = excluded.outcome, duration_ms = excluded.duration_ms, result_id = excluded.result_id, \
         asked = excluded.asked, spawned = excluded.spawned, seen = excluded.seen, server = excluded.server, \
         sources = excluded.sources, turn = excluded.turn"
    ))?;
    for ((session, id), row) in &changes.calls {
        call(&mut calls, *session, id, row)?;
    }
    let mut subagents = connection.prepare_cached(concat!(
        "INSERT OR REPLACE INTO subagents (session, ",
        subagent_columns!(),
        ") VALUES (?,?,?,?,?,?,?,?,?,?)"
    ))?;
    for ((session, id), row) in &changes.subagents {
        subagent(&mut subagents, *session, id, row)?;
    }
    let mut questions =
        connection.prepare_cached("INSERT INTO permissions (session, at, seq, tool, actor) VALUES (?,?,?,?,?)")?;
    for question in &changes.questions {
        questions.execute(params![question.session, question.at, question.seq, question.tool, question.actor])?;
    }
    let mut devices = connection.prepare_cached(
        "INSERT INTO devices (name, first_seen, last_seen, skew_ms, events) VALUES (?,?,?,?,?) \
         ON CONFLICT (name) DO UPDATE SET first_seen = min(first_seen, excluded.first_seen), \
         last_seen = max(last_seen, excluded.last_seen), skew_ms = excluded.skew_ms, events = events + excluded.events",
    )?;
    for (name, device) in &changes.devices {
        devices.execute(params![name, device.first_seen, device.last_seen, device.skew_ms, device.events])?;
    }
    artifacts::save(connection, &changes.artifacts)?;
    handlers::save(connection, &changes.handlers)?;
    usage(connection, &changes.usage)?;
    ledger::save(connection, changes)
}

fn session(statement: &mut CachedStatement<'_>, key: SessionKey, row: &SessionRow) -> Result<(), StoreError> {
    fn text(said: &Option<Said>) -> Option<&str> {
        said.as_ref().map(|said| said.text.as_str())
    }
    let at = |said: &Option<Said>| said.as_ref().map(|said| said.at);
    statement.execute(params![
        key,
        row.agent,
        row.id,
        row.first_at,
        row.last_at,
        row.state as i64,
        row.state_at,
        text(&row.title),
        at(&row.title),
        text(&row.cwd),
        at(&row.cwd),
        text(&row.model),
        at(&row.model),
        text(&row.parent),
        at(&row.parent),
        text(&row.user),
        at(&row.user),
        text(&row.device),
        at(&row.device),
        text(&row.source_app),
        at(&row.source_app),
        text(&row.repository),
        at(&row.repository),
        text(&row.branch),
        at(&row.branch),
        text(&row.revision),
        at(&row.revision),
        text(&row.run),
        at(&row.run),
        text(&row.person),
        at(&row.person),
        text(&row.named),
        at(&row.named),
        row.tier,
        row.events,
        row.prompts,
        row.tool_calls,
        row.tool_errors,
        row.subagents,
    ])?;
    Ok(())
}

fn call(statement: &mut CachedStatement<'_>, session: SessionKey, id: &str, row: &CallRow) -> Result<(), StoreError> {
    let seen: Vec<u8> = row.seen.iter().flat_map(|hash| hash.to_le_bytes()).collect();
    let family = row.family.as_deref().map(|word| FAMILIES.iter().position(|known| *known == word).unwrap_or(0));
    let request_id = row.request.as_ref().map(|(_, id)| id.as_bytes());
    let end = row.end.as_ref();
    statement.execute(params![
        session,
        id,
        row.tool,
        family,
        row.actor,
        row.request.map(|(at, _)| at),
        request_id,
        end.map(|end| end.source as i64),
        end.map(|end| end.at),
        end.map(|end| end.outcome),
        end.and_then(|end| end.duration_ms).map(|ms| ms as i64),
        end.map(|end| end.id.as_bytes()),
        row.asked,
        row.spawned,
        seen,
        row.server,
        row.sources,
        row.turn,
    ])?;
    Ok(())
}

fn subagent(
    statement: &mut CachedStatement<'_>,
    session: SessionKey,
    id: &str,
    row: &SubagentRow,
) -> Result<(), StoreError> {
    statement.execute(params![
        session,
        id,
        row.agent_type,
        row.parent,
        row.tool_use_id,
        row.first_at,
        row.begun_at,
        row.ended_at,
        row.tool_calls,
        row.tool_errors,
    ])?;
    Ok(())
}

/// Adds a batch's changes to the roll-ups of every width.
fn usage(connection: &Connection, usage: &Usage) -> Result<(), StoreError> {
    let mut agents = connection.prepare_cached(
        "INSERT INTO usage (level, at, agent, events, tool_calls, errors) VALUES (?,?,?,?,?,?) \
         ON CONFLICT (level, at, agent) DO UPDATE SET events = events + excluded.events, \
         tool_calls = tool_calls + excluded.tool_calls, errors = errors + excluded.errors",
    )?;
    for level in LEVELS {
        for ((at, agent), sum) in coarser(&usage.agents, level, Activity::merge) {
            agents.execute(params![level, at, agent, sum.events, sum.tool_calls, sum.errors])?;
        }
    }
    let mut servers = connection.prepare_cached(
        "INSERT INTO server_usage (level, server, at, calls, errors) VALUES (?,?,?,?,?) \
         ON CONFLICT (level, server, at) DO UPDATE SET calls = calls + excluded.calls, errors = errors + excluded.errors",
    )?;
    for level in LEVELS {
        for ((at, server), sum) in coarser(&usage.servers, level, ServerUse::merge) {
            servers.execute(params![level, server, at, sum.calls, sum.errors])?;
        }
    }
    let mut read = connection.prepare_cached(
        "SELECT family, count, succeeded, failed, denied, durations FROM tool_usage \
         WHERE level = ? AND at = ? AND tool = ?",
    )?;
    let mut write = connection.prepare_cached(
        "INSERT OR REPLACE INTO tool_usage (level, at, tool, family, count, succeeded, failed, denied, durations) \
         VALUES (?,?,?,?,?,?,?,?,?)",
    )?;
    for level in LEVELS {
        for ((at, tool), change) in coarser(&usage.tools, level, Use::merge) {
            let mut sum = read.query_row(params![level, at, tool], used).optional()?.unwrap_or_default();
            sum.merge(&change);
            let durations = sum.durations.to_bytes();
            write.execute(params![
                level,
                at,
                tool,
                sum.family,
                sum.count,
                sum.succeeded,
                sum.failed,
                sum.denied,
                durations
            ])?;
        }
    }
    Ok(())
}

/// Reads `family, count, succeeded, failed, denied, durations`.
pub(super) fn used(row: &rusqlite::Row<'_>) -> rusqlite::Result<Use> {
    let durations = row.get_ref(5)?.as_blob()?;
    let unreadable = || {
        rusqlite::Error::FromSqlConversionFailure(5, rusqlite::types::Type::Blob, "not a histogram".to_owned().into())
    };
    Ok(Use {
        family: row.get(0)?,
        count: row.get(1)?,
        succeeded: row.get(2)?,
        failed: row.get(3)?,
        denied: row.get(4)?,
        durations: Histogram::from_bytes(durations).ok_or_else(unreadable)?,
    })
}

/// Writes a block.
pub(super) fn block(connection: &Connection, block: &Encoded) -> Result<(), StoreError> {
    let mut rows = connection.prepare_cached(
        "INSERT INTO blocks (first_seq, count, min_at, max_at, received_at, raw_len, bloom) VALUES (?,?,?,?,?,?,?)",
    )?;
    rows.execute(params![
        block.first_seq,
        block.count as i64,
        block.min_at,
        block.max_at,
        block.received_at,
        block.raw_len as i64,
        block.bloom,
    ])?;
    let mut data = connection.prepare_cached("INSERT INTO block_data (first_seq, heads, payloads) VALUES (?,?,?)")?;
    data.execute(params![block.first_seq, block.heads, block.payloads])?;
    Ok(())
}
