//! What is too old or too much goes, whole blocks at a time, the oldest first.
//!
//! A tool call is forgotten with the event that ended it, a session and its subagents with its last event; until then a
//! session's counts are those of its whole life (but `events`: what is stored). Roll-ups have their own age.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use hookrail_core::time::Timestamp;

use super::artifacts;
use super::read::{Block, block_columns};
use super::writer::Writer;
use crate::StoreError;
use crate::derive::SessionKey;
use crate::derive::tool_call::Source;
use crate::derive::usage::LEVELS;
use crate::events::{Removed, Retention};

/// Blocks removed by one call at most: some two thousand events, so that what arrives meanwhile waits only a moment.
const SLICE_BLOCKS: usize = 4;
/// Roll-up rows removed by one call at most, per table.
const SLICE_ROLLUPS: u32 = 1000;
/// Pages given back to the file system by one call at most.
const SLICE_PAGES: u32 = 512;

impl Writer {
    pub(crate) fn retain(&mut self, retention: &Retention, now: Timestamp) -> Result<Removed, StoreError> {
        let mut removed = Removed::default();
        let before = |age: Option<std::time::Duration>| {
            let nanos = i64::try_from(age?.as_nanos()).unwrap_or(i64::MAX);
            Some(now.as_nanos().saturating_sub(nanos))
        };
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for step in 0..=SLICE_BLOCKS {
            let Some(block) = oldest(&transaction)? else { break };
            let too_old = before(retention.max_age).is_some_and(|limit| block.received_at < limit);
            let too_much = match retention.max_bytes {
                Some(limit) => used_bytes(&transaction)? > limit,
                None => false,
            };
            if !(too_old || too_much) {
                break;
            }
            if step == SLICE_BLOCKS {
                removed.more = true;
                break;
            }
            remove(&transaction, block, &mut removed)?;
        }
        if let Some(limit) = before(retention.max_rollup_age) {
            removed.more |= remove_rollups(&transaction, limit.div_euclid(1_000_000_000))?;
        }
        transaction.commit()?;
        if removed.events > 0 {
            self.forget()?;
        }
        let (freed, more) = vacuum(&self.connection)?;
        removed.bytes = freed;
        removed.more |= more;
        Ok(removed)
    }
}

fn oldest(connection: &Connection) -> Result<Option<Block>, StoreError> {
    let sql = concat!("SELECT ", block_columns!(), " FROM blocks ORDER BY first_seq LIMIT 1");
    Ok(connection.prepare_cached(sql)?.query_row([], Block::from_row).optional()?)
}

/// Bytes in use within the database: what removing blocks makes less of.
fn used_bytes(connection: &Connection) -> Result<u64, StoreError> {
    let number = |pragma: &str| connection.query_row(pragma, [], |row| row.get::<_, u64>(0));
    let pages = number("PRAGMA page_count")?.saturating_sub(number("PRAGMA freelist_count")?);
    Ok(pages * number("PRAGMA page_size")?)
}

fn remove(connection: &Connection, mut block: Block, removed: &mut Removed) -> Result<(), StoreError> {
    let (first_seq, raw_len) = (block.first_seq, block.raw_len);
    let heads = block.heads(connection)?;
    let mut ids = connection.prepare_cached("DELETE FROM ids WHERE id = ?")?;
    let mut find = connection.prepare_cached("SELECT session FROM sessions WHERE id = ? AND agent = ?")?;
    let mut times =
        connection.prepare_cached("DELETE FROM session_events WHERE session = ? AND occurred_at = ? AND seq = ?")?;
    let mut questions =
        connection.prepare_cached("DELETE FROM permissions WHERE session = ? AND at = ? AND seq = ?")?;
    // A call goes with its end, or with its request where its end has no event of its own.
    let mut calls = connection.prepare_cached(
        "DELETE FROM tool_calls WHERE session = ? AND id = ? AND (result_id IS NULL OR result_id = ? OR end_rank < ?)",
    )?;
    let mut less =
        connection.prepare_cached("UPDATE sessions SET events = events - 1 WHERE session = ? RETURNING events")?;
    let mut forgotten = 0;
    for at in 0..heads.len() {
        let Some(keys) = heads.keys(at) else { continue };
        ids.execute([keys.id.as_bytes()])?;
        let Some((agent, session)) = keys.session else { continue };
        let found = find.query_row([session, agent], |row| row.get::<_, SessionKey>(0)).optional()?;
        let Some(key) = found else { continue };
        times.execute(params![key, keys.occurred_at, keys.seq])?;
        match keys.tool_use_id {
            Some(call) => calls.execute(params![key, call, keys.id.as_bytes(), Source::Vague as i64])?,
            None => questions.execute(params![key, keys.occurred_at, keys.seq])?,
        };
        let left: i64 = less.query_row([key], |row| row.get(0))?;
        if left <= 0 {
            forget_session(connection, key)?;
            forgotten += 1;
        }
    }
    let events = heads.len();
    artifacts::forget(connection, first_seq, first_seq + events as i64)?;
    for table in
        ["DELETE FROM verdicts WHERE seq >= ? AND seq < ?", "DELETE FROM denied_calls WHERE seq >= ? AND seq < ?"]
    {
        connection.prepare_cached(table)?.execute([first_seq, first_seq + events as i64])?;
    }
    connection.prepare_cached("DELETE FROM blocks WHERE first_seq = ?")?.execute([first_seq])?;
    connection.prepare_cached("DELETE FROM block_data WHERE first_seq = ?")?.execute([first_seq])?;
    connection
        .prepare_cached(
            "UPDATE totals SET events = events - ?, payload_bytes = payload_bytes - ?, sessions = sessions - ?",
        )?
        .execute(params![events as i64, raw_len as i64, forgotten as i64])?;
    removed.events += events as u64;
    removed.sessions += forgotten;
    Ok(())
}

fn forget_session(connection: &Connection, key: SessionKey) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM sessions WHERE session = ?",
        "DELETE FROM tool_calls WHERE session = ?",
        "DELETE FROM subagents WHERE session = ?",
        "DELETE FROM permissions WHERE session = ?",
        "DELETE FROM session_titles WHERE session = ?",
        "DELETE FROM session_sources WHERE session = ?",
        "DELETE FROM prompts WHERE session = ?",
        "DELETE FROM requests WHERE session = ?",
        "DELETE FROM counters WHERE session = ?",
        // Of what it spent, what counts is kept as long as roll-ups are.
        "DELETE FROM spend WHERE session = ?1 AND tier < (SELECT max(tier) FROM spend WHERE session = ?1)",
    ] {
        connection.prepare_cached(sql)?.execute([key])?;
    }
    Ok(())
}

/// Removes roll-ups that ended before `limit` (in seconds); says whether some are left.
fn remove_rollups(connection: &Connection, limit: i64) -> Result<bool, StoreError> {
    let mut more = false;
    for (table, name) in [("usage", "agent"), ("tool_usage", "tool"), ("server_usage", "server")] {
        let sql = format!(
            "DELETE FROM {table} WHERE (level, at, {name}) IN \
             (SELECT level, at, {name} FROM {table} WHERE level = ? AND at < ? LIMIT ?)"
        );
        let mut statement = connection.prepare_cached(&sql)?;
        for level in LEVELS {
            more |= statement.execute(params![level, limit - level + 1, SLICE_ROLLUPS])? as u32 == SLICE_ROLLUPS;
        }
    }
    let mut handlers = connection.prepare_cached(
        "DELETE FROM handler_usage WHERE (hour, handler, outcome) IN \
         (SELECT hour, handler, outcome FROM handler_usage WHERE hour < ? LIMIT ?)",
    )?;
    more |= handlers.execute(params![limit - 3600, SLICE_ROLLUPS])? as u32 == SLICE_ROLLUPS;
    let mut spend = connection.prepare_cached(
        "DELETE FROM spend WHERE (session, tier, hour, model, actor, mcp_server) IN \
         (SELECT session, tier, hour, model, actor, mcp_server FROM spend WHERE hour < ? LIMIT ?)",
    )?;
    more |= spend.execute(params![limit - 3600, SLICE_ROLLUPS])? as u32 == SLICE_ROLLUPS;
    Ok(more)
}

/// Gives free pages back to the file system; says how many bytes, and whether some are left.
fn vacuum(connection: &Connection) -> Result<(u64, bool), StoreError> {
    let number = |pragma: &str| connection.query_row(pragma, [], |row| row.get::<_, u64>(0));
    let before = number("PRAGMA freelist_count")?;
    if before == 0 {
        return Ok((0, false));
    }
    let mut statement = connection.prepare(&format!("PRAGMA incremental_vacuum({SLICE_PAGES})"))?;
    let mut rows = statement.query([])?;
    // Each step frees a page.
    while rows.next()?.is_some() {}
    let after = number("PRAGMA freelist_count")?;
    Ok((before.saturating_sub(after) * number("PRAGMA page_size")?, after > 0 && after < before))
}
