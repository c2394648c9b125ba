//! What sessions, their people and their repositories cost: what a device asks that limits what is spent.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use hookrail_core::ledger::NanoUsd;
use hookrail_core::time::Timestamp;

use super::{lists, usage};
use crate::StoreError;
use crate::derive::said::Said;
use crate::model::{SessionSpend, SpentSince};

/// What these sessions cost, as far as they are known.
pub(super) fn of_sessions(
    connection: &Connection,
    sessions: &[String],
    since: [Timestamp; 3],
) -> Result<Vec<SessionSpend>, StoreError> {
    let hours = since.map(next_hour);
    let mut sums = Sums { connection, hours, known: HashMap::new() };
    let mut found = Vec::new();
    for session_id in sessions {
        let Some((key, row)) = lists::session(connection, session_id, None)? else { continue };
        let name = |said: Option<Said>| said.map(|said| said.text);
        found.push(SessionSpend {
            session_id: session_id.clone(),
            cost_microusd: usage::of_session(connection, key, row.tier, None)?.cost_microusd,
            person: sums.of("coalesce(s.person, s.user)", name(row.person.or(row.user)))?,
            repository: sums.of("s.repository", name(row.repository).filter(|name| !name.starts_with('/')))?,
        });
    }
    Ok(found)
}

/// The first full hour not before a moment, in seconds since the epoch: spending is kept by the hour.
fn next_hour(at: Timestamp) -> i64 {
    -(-at.as_nanos()).div_euclid(3_600_000_000_000) * 3600
}

/// Sums over many sessions, each made once.
struct Sums<'c> {
    connection: &'c Connection,
    hours: [i64; 3],
    known: HashMap<(&'static str, String), SpentSince>,
}

impl Sums<'_> {
    /// What was spent in the sessions that have this in that column.
    fn of(&mut self, column: &'static str, name: Option<String>) -> Result<Option<SpentSince>, StoreError> {
        let Some(name) = name.filter(|name| !name.is_empty()) else { return Ok(None) };
        if let Some(known) = self.known.get(&(column, name.clone())) {
            return Ok(Some(*known));
        }
        let [day, week, month] = self.hours;
        let earliest = day.min(week).min(month);
        // A session in which something was spent since a moment has gone on since then; by that it is found.
        let sql = format!(
            "SELECT coalesce(sum(iif(p.hour >= ?2, p.cost, 0)), 0), coalesce(sum(iif(p.hour >= ?3, p.cost, 0)), 0), \
             coalesce(sum(iif(p.hour >= ?4, p.cost, 0)), 0) \
             FROM sessions s JOIN spend p ON p.session = s.session AND p.tier = s.tier AND p.hour >= ?5 \
             WHERE s.last_at >= ?6 AND {column} = ?1"
        );
        let micros = |nanos: i64| NanoUsd(nanos).to_micros();
        let values = params![name, day, week, month, earliest, earliest.saturating_mul(1_000_000_000)];
        let spent = self.connection.prepare_cached(&sql)?.query_row(values, |row| {
            Ok(SpentSince { day: micros(row.get(0)?), week: micros(row.get(1)?), month: micros(row.get(2)?) })
        })?;
        self.known.insert((column, name), spent);
        Ok(Some(spent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_that_begins_within_an_hour_begins_with_the_next() {
        for (at, hour) in [
            ("2026-11-20T18:00:00Z", "2026-11-20T18:00:00Z"),
            ("2026-11-20T18:30:00Z", "2026-11-20T19:00:00Z"),
            ("1969-12-31T23:30:00Z", "1970-01-01T00:00:00Z"),
        ] {
            let seconds = |text: &str| Timestamp::parse(text).map(|at| at.as_nanos().div_euclid(1_000_000_000));
            assert_eq!(Timestamp::parse(at).map(next_hour), seconds(hour), "{at}");
        }
    }
}
