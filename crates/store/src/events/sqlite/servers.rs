//! MCP servers as they were used, read from their roll-ups.

use std::collections::BTreeMap;

use hookrail_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::overview::{minutes, pieces};
use crate::StoreError;
use crate::derive::usage::LEVELS;
use crate::events::MAX_SERVERS;
use crate::model::Server;
use crate::names::Snapshot;

/// The raw names that a text means: itself, and those whose display name it is.
pub(super) fn meant(connection: &Connection, names: &Snapshot, text: &str) -> Result<Vec<String>, StoreError> {
    let mut raw: Vec<String> = known(connection)?.into_iter().filter(|raw| names.means(text, raw)).collect();
    if !raw.iter().any(|raw| raw == text) {
        raw.push(text.to_owned());
    }
    Ok(raw)
}

/// The raw names of the servers that were ever used, by name.
fn known(connection: &Connection) -> Result<Vec<String>, StoreError> {
    // From one name straight to the next, whatever the number of days between.
    let mut statement = connection.prepare_cached(
        "WITH RECURSIVE names (name) AS (SELECT min(server) FROM server_usage WHERE level = ?1 UNION ALL \
         SELECT (SELECT min(server) FROM server_usage WHERE level = ?1 AND server > name) FROM names \
         WHERE name IS NOT NULL LIMIT ?2) SELECT name FROM names WHERE name IS NOT NULL",
    )?;
    let names = statement.query_map(params![coarsest(), MAX_SERVERS as i64], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

/// The width in seconds of the roll-ups with the fewest rows.
const fn coarsest() -> i64 {
    LEVELS[LEVELS.len() - 1]
}

/// Every server that was ever used, with its use in a span, by raw name.
pub(super) fn all(connection: &Connection, since: Timestamp, until: Timestamp) -> Result<Vec<Server>, StoreError> {
    let (from, to) = minutes(since, until);
    let mut used: BTreeMap<String, Server> =
        used(connection, from, to)?.into_iter().map(|server| (server.raw.clone(), server)).collect();
    let mut last = connection
        .prepare_cached("SELECT at FROM server_usage WHERE level = ? AND server = ? ORDER BY at DESC LIMIT 1")?;
    known(connection)?
        .into_iter()
        .map(|raw| {
            let at: Option<i64> = last.query_row(params![LEVELS[0], raw], |row| row.get(0)).optional()?;
            let server = used.remove(&raw).unwrap_or_else(|| Server { raw, ..Server::default() });
            Ok(Server { last_seen: at.map(|at| Timestamp::from_nanos(at.saturating_mul(1_000_000_000))), ..server })
        })
        .collect()
}

/// The use of servers in a span of whole minutes, in seconds; those that were not used are left out.
pub(super) fn used(connection: &Connection, from: i64, to: i64) -> Result<Vec<Server>, StoreError> {
    let mut sums: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    let mut statement = connection.prepare_cached(
        "SELECT server, sum(calls), sum(errors) FROM server_usage WHERE level = ? AND at >= ? AND at < ? GROUP BY server",
    )?;
    for (level, from, to) in pieces(from, to) {
        let mut rows = statement.query(params![level, from, to])?;
        while let Some(row) = rows.next()? {
            let (calls, errors) = sums.entry(row.get(0)?).or_default();
            *calls += row.get::<_, i64>(1)?;
            *errors += row.get::<_, i64>(2)?;
        }
    }
    let count = |n: i64| n.max(0) as u64;
    let shown = |(raw, (calls, errors))| Server {
        raw,
        // A call that was made before the span and failed in it was in use all the same.
        calls: count(calls).max(count(errors)),
        errors: count(errors),
        ..Server::default()
    };
    Ok(sums.into_iter().map(shown).filter(|server| server.calls > 0).collect())
}
