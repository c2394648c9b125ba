//! The ledger between Rust and SQL: how the writer reads it back and writes it.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::rows::Kept;
use crate::StoreError;
use crate::derive::Changes;
use crate::derive::ledger::{Believed, Counter, Ledger, RequestRow};

/// The columns of a request, in the order [`request`] reads them. The session's id comes with its row.
macro_rules! request_columns {
    () => {
        "r.request, r.message, r.session, s.id, r.at, r.actor, r.turn, r.tier, r.sidechain, r.counted, r.rank, r.model, \
         r.input, r.output, r.cache_read, r.cache_write_5m, r.cache_write_1h, r.thinking, r.priced, r.told_rank, r.told, \
         r.query_source, r.skill, r.mcp_server"
    };
}

/// Reads a request and its key.
pub(super) fn request(row: &Row<'_>) -> rusqlite::Result<(i64, RequestRow)> {
    let tokens = [row.get(12)?, row.get(13)?, row.get(14)?, row.get(15)?, row.get(16)?, row.get(17)?];
    let told_rank: Option<i64> = row.get(19)?;
    let told: Option<i64> = row.get(20)?;
    let [input, output, cache_read, short, long, _] = tokens;
    let total = [input, output, cache_read, short, long].into_iter().fold(0u64, u64::saturating_add);
    let request = RequestRow {
        message: row.get(1)?,
        session: row.get(2)?,
        session_id: row.get(3)?,
        at: row.get(4)?,
        actor: row.get(5)?,
        turn: row.get(6)?,
        tier: row.get(7)?,
        sidechain: row.get(8)?,
        counted: row.get(9)?,
        believed: Believed { rank: row.get(10)?, total, model: row.get(11)?, tokens, priced: row.get(18)? },
        told: told_rank.zip(told),
        query_source: row.get(21)?,
        skill: row.get(22)?,
        mcp_server: row.get(23)?,
    };
    Ok((row.get(0)?, request))
}

impl Ledger for Kept<'_> {
    fn request(&mut self, key: i64) -> Result<Option<RequestRow>, StoreError> {
        let sql = concat!(
            "SELECT ",
            request_columns!(),
            " FROM requests r JOIN sessions s ON s.session = r.session WHERE r.request = ?"
        );
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.query_row([key], |row| Ok(request(row)?.1)).optional()?)
    }

    fn requests_of(&mut self, message: i64) -> Result<Vec<(i64, RequestRow)>, StoreError> {
        let sql = concat!(
            "SELECT ",
            request_columns!(),
            " FROM requests r JOIN sessions s ON s.session = r.session WHERE r.message = ?"
        );
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.query_map([message], request)?.collect::<Result<_, _>>()?)
    }

    fn counter(&mut self, series: i64) -> Result<Option<Counter>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT session, input, output, cache_read, cache_write_5m, cache_write_1h, thinking, told, priced \
             FROM counters WHERE series = ?",
        )?;
        let counter = |row: &Row<'_>| {
            Ok(Counter {
                session: row.get(0)?,
                tokens: [row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?],
                told: row.get(7)?,
                priced: row.get(8)?,
            })
        };
        Ok(statement.query_row([series], counter).optional()?)
    }
}

/// Writes what a batch changed of the ledger, of prompts and of what sources told.
pub(super) fn save(connection: &Connection, changes: &Changes) -> Result<(), StoreError> {
    let mut told = connection.prepare_cached(
        "INSERT INTO session_sources (session, source, events, prompts, requests, first_at, last_at) \
         VALUES (?,?,?,?,?,?,?) ON CONFLICT (session, source) DO UPDATE SET events = events + excluded.events, \
         prompts = prompts + excluded.prompts, requests = requests + excluded.requests, \
         first_at = min(first_at, excluded.first_at), last_at = max(last_at, excluded.last_at)",
    )?;
    for ((session, source), row) in &changes.told {
        told.execute(params![session, source, row.events, row.prompts, row.requests, row.first_at, row.last_at])?;
    }
    let mut prompts = connection.prepare_cached(
        "INSERT INTO prompts (session, turn, at, text) VALUES (?,?,?,?) ON CONFLICT (session, turn) DO UPDATE SET \
         at = min(at, excluded.at), text = min(coalesce(text, excluded.text), coalesce(excluded.text, text))",
    )?;
    for ((session, turn), row) in &changes.prompts {
        prompts.execute(params![session, turn, row.at, row.text])?;
    }
    requests(connection, changes)?;
    let mut counters = connection.prepare_cached(
        "INSERT OR REPLACE INTO counters (series, session, input, output, cache_read, cache_write_5m, cache_write_1h, \
         thinking, told, priced) VALUES (?,?,?,?,?,?,?,?,?,?)",
    )?;
    for (series, row) in &changes.ledger.counters {
        let [input, output, cache_read, short, long, thinking] = row.tokens.map(|count| count as i64);
        counters.execute(params![
            series,
            row.session,
            input,
            output,
            cache_read,
            short,
            long,
            thinking,
            row.told,
            row.priced
        ])?;
    }
    let mut spend = connection.prepare_cached(
        "INSERT INTO spend (session, tier, hour, model, actor, mcp_server, requests, unpriced, input, output, cache_read, \
         cache_write, thinking, cost, estimated) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) \
         ON CONFLICT (session, tier, hour, model, actor, mcp_server) DO UPDATE SET requests = requests + excluded.requests, \
         unpriced = unpriced + excluded.unpriced, input = input + excluded.input, output = output + excluded.output, \
         cache_read = cache_read + excluded.cache_read, cache_write = cache_write + excluded.cache_write, \
         thinking = thinking + excluded.thinking, cost = cost + excluded.cost, estimated = estimated + excluded.estimated",
    )?;
    for (key, sum) in &changes.ledger.spend {
        spend.execute(params![
            key.session,
            key.tier,
            key.hour,
            key.model,
            key.actor,
            key.mcp_server,
            sum.requests,
            sum.unpriced,
            sum.input,
            sum.output,
            sum.cache_read,
            sum.cache_write,
            sum.thinking,
            sum.cost,
            sum.estimated
        ])?;
    }
    // What moved elsewhere leaves nothing behind.
    let mut empty = connection.prepare_cached(
        "DELETE FROM spend WHERE session = ? AND tier = ? AND hour = ? AND model = ? AND actor = ? AND mcp_server = ? \
         AND requests = 0 AND input = 0 AND output = 0 AND cache_read = 0 AND cache_write = 0 AND cost = 0",
    )?;
    for key in changes.ledger.spend.iter().filter(|(_, sum)| sum.requests < 0).map(|(key, _)| key) {
        empty.execute(params![key.session, key.tier, key.hour, key.model, key.actor, key.mcp_server])?;
    }
    Ok(())
}

fn requests(connection: &Connection, changes: &Changes) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO requests (request, message, session, at, actor, turn, tier, sidechain, counted, rank, model, input, \
         output, cache_read, cache_write_5m, cache_write_1h, thinking, priced, told_rank, told, query_source, skill, \
         mcp_server) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) \
         ON CONFLICT (request) DO UPDATE SET message = excluded.message, session = excluded.session, at = excluded.at, \
         actor = excluded.actor, turn = excluded.turn, tier = excluded.tier, sidechain = excluded.sidechain, \
         counted = excluded.counted, rank = excluded.rank, model = excluded.model, input = excluded.input, \
         output = excluded.output, cache_read = excluded.cache_read, cache_write_5m = excluded.cache_write_5m, \
         cache_write_1h = excluded.cache_write_1h, thinking = excluded.thinking, priced = excluded.priced, \
         told_rank = excluded.told_rank, told = excluded.told, query_source = excluded.query_source, \
         skill = excluded.skill, mcp_server = excluded.mcp_server",
    )?;
    for (key, row) in &changes.ledger.requests {
        let [input, output, cache_read, short, long, thinking] = row.believed.tokens.map(|count| count as i64);
        statement.execute(params![
            key,
            row.message,
            row.session,
            row.at,
            row.actor,
            row.turn,
            row.tier,
            row.sidechain,
            row.counted,
            row.believed.rank,
            row.believed.model,
            input,
            output,
            cache_read,
            short,
            long,
            thinking,
            row.believed.priced,
            row.told.map(|(rank, _)| rank),
            row.told.map(|(_, nanos)| nanos),
            row.query_source,
            row.skill,
            row.mcp_server
        ])?;
    }
    Ok(())
}
