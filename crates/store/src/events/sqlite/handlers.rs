//! How handlers ran, as it is written and read.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use hookrail_core::emitted;
use hookrail_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::StoreError;
use crate::derive::handler::{Key, Runs};
use crate::derive::ledger::hour;
use crate::events::MAX_HANDLERS;
use crate::histogram::Histogram;
use crate::model::HandlerUse;

/// Adds a batch's runs.
pub(super) fn save(connection: &Connection, sums: &BTreeMap<Key, Runs>) -> Result<(), StoreError> {
    if sums.is_empty() {
        return Ok(());
    }
    let mut read = connection.prepare_cached(
        "SELECT runs, durations, last_at, last_session FROM handler_usage WHERE hour = ? AND handler = ? AND outcome = ?",
    )?;
    let mut write = connection.prepare_cached(
        "INSERT OR REPLACE INTO handler_usage (hour, handler, outcome, runs, durations, last_at, last_session) \
         VALUES (?,?,?,?,?,?,?)",
    )?;
    for ((hour, handler, outcome), change) in sums {
        let kept = read.query_row(params![hour, handler, outcome], |row| runs(row, 0)).optional()?;
        let mut sum = kept.unwrap_or_default();
        sum.merge(change);
        let (last_at, last_session) = sum.last;
        write.execute(params![hour, handler, outcome, sum.runs, sum.durations.to_bytes(), last_at, last_session])?;
    }
    Ok(())
}

/// Reads `runs, durations, last_at, last_session` from a column on.
fn runs(row: &Row<'_>, from: usize) -> rusqlite::Result<Runs> {
    let unreadable = || {
        let why = "not a histogram".to_owned().into();
        rusqlite::Error::FromSqlConversionFailure(from + 1, rusqlite::types::Type::Blob, why)
    };
    Ok(Runs {
        runs: row.get(from)?,
        durations: Histogram::from_bytes(row.get_ref(from + 1)?.as_blob()?).ok_or_else(unreadable)?,
        last: (row.get(from + 2)?, row.get(from + 3)?),
    })
}

/// How each handler ran in a span, which is widened to whole hours; those that went wrong most often first.
pub(super) fn all(connection: &Connection, since: Timestamp, until: Timestamp) -> Result<Vec<HandlerUse>, StoreError> {
    let (from, to) = (hour(since.as_nanos()), hour(until.as_nanos().saturating_sub(1)));
    let mut statement = connection.prepare_cached(
        "SELECT handler, outcome, runs, durations, last_at, last_session FROM handler_usage WHERE hour >= ? AND hour <= ?",
    )?;
    let mut rows = statement.query(params![from, to])?;
    let mut sums: BTreeMap<String, BTreeMap<String, Runs>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (handler, outcome): (String, String) = (row.get(0)?, row.get(1)?);
        if sums.len() >= MAX_HANDLERS && !sums.contains_key(&handler) {
            continue;
        }
        sums.entry(handler).or_default().entry(outcome).or_default().merge(&runs(row, 2)?);
    }
    let mut handlers: Vec<HandlerUse> = sums.into_iter().map(|(handler, outcomes)| shown(handler, outcomes)).collect();
    handlers.sort_by_key(|handler| Reverse((handler.troubles, handler.runs)));
    Ok(handlers)
}

fn shown(handler: String, outcomes: BTreeMap<String, Runs>) -> HandlerUse {
    let mut all = Runs::default();
    let mut last_outcome = (i64::MIN, "");
    for (outcome, runs) in &outcomes {
        all.merge(runs);
        last_outcome = last_outcome.max((runs.last.0, outcome));
    }
    let count = |n: i64| n.max(0) as u64;
    let troubles = outcomes.iter().filter(|(outcome, _)| !emitted::WENT_WELL.contains(&outcome.as_str()));
    HandlerUse {
        handler,
        runs: count(all.runs),
        troubles: count(troubles.map(|(_, runs)| runs.runs).sum()),
        p50_ms: all.durations.quantile(0.5),
        p95_ms: all.durations.quantile(0.95),
        last_outcome: last_outcome.1.to_owned(),
        last_at: Timestamp::from_nanos(all.last.0),
        last_session_id: all.last.1,
        outcomes: outcomes.into_iter().map(|(outcome, runs)| (outcome, count(runs.runs))).collect(),
    }
}
