//! Artifacts as they are written and read.

use std::collections::HashSet;

use hookrail_core::event::EventId;
use hookrail_core::time::Timestamp;
use rusqlite::{Connection, Row, params};

use crate::StoreError;
use crate::cursor::{self, List};
use crate::derive::artifact::ArtifactRow;
use crate::events::MAX_LIMIT;
use crate::model::{Artifact, ArtifactFilter, Page, Seq};

pub(super) fn save(connection: &Connection, rows: &[ArtifactRow]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut insert = connection.prepare_cached(
        "INSERT INTO artifacts (seq, event, at, session, run, path, label, sha256, bytes, user, device) \
         VALUES (?,?,?,?,?,?,?,?,?,?,?)",
    )?;
    for row in rows {
        let made = &row.made;
        let bytes = i64::try_from(made.bytes).unwrap_or(i64::MAX);
        insert.execute(params![
            row.seq,
            row.event.as_bytes(),
            row.at,
            row.session,
            made.run_id,
            made.path,
            made.label,
            made.sha256,
            bytes,
            row.user,
            row.device,
        ])?;
    }
    Ok(())
}

/// Forgets what the events from `first` up to, not including, `end` told.
pub(super) fn forget(connection: &Connection, first: Seq, end: Seq) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM artifacts WHERE seq >= ? AND seq < ?")?.execute(params![first, end])?;
    Ok(())
}

/// The newest first.
pub(super) fn list(
    connection: &Connection,
    filter: &ArtifactFilter,
    limit: usize,
    cursor: Option<&str>,
) -> Result<Page<Artifact>, StoreError> {
    let limit = limit.clamp(1, MAX_LIMIT);
    let before =
        cursor.map(|cursor| cursor::read(List::Artifacts, cursor)).transpose()?.map_or(i64::MAX, |(seq, _)| seq);
    let mut statement = connection.prepare_cached(
        "SELECT event, at, session, run, path, label, sha256, bytes, user, device, seq FROM artifacts \
         WHERE seq < ?1 AND (?2 IS NULL OR session = ?2) AND (?3 IS NULL OR run = ?3) AND (?4 IS NULL OR sha256 = ?4) \
         AND at >= ?5 AND at < ?6 ORDER BY seq DESC LIMIT ?7",
    )?;
    let values = params![
        before,
        filter.session_id,
        filter.run_id,
        filter.sha256,
        filter.since.map_or(i64::MIN, Timestamp::as_nanos),
        filter.until.map_or(i64::MAX, Timestamp::as_nanos),
        limit as i64 + 1,
    ];
    let mut found: Vec<(Artifact, Seq)> = statement.query_map(values, artifact)?.collect::<Result<_, _>>()?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|(_, seq)| cursor::write(List::Artifacts, *seq, 0));
    Ok(Page { items: found.into_iter().map(|(artifact, _)| artifact).collect(), next })
}

/// Which of these contents an event still tells of.
pub(super) fn told(connection: &Connection, contents: &[String]) -> Result<HashSet<String>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM artifacts WHERE sha256 = ?)")?;
    let mut told = HashSet::new();
    for content in contents {
        if statement.query_row([content], |row| row.get(0))? {
            told.insert(content.clone());
        }
    }
    Ok(told)
}

fn artifact(row: &Row<'_>) -> rusqlite::Result<(Artifact, Seq)> {
    let path: String = row.get(4)?;
    let artifact = Artifact {
        event_id: EventId::from_bytes(row.get(0)?),
        at: Timestamp::from_nanos(row.get(1)?),
        session_id: row.get(2)?,
        run_id: row.get(3)?,
        name: path.rsplit('/').find(|part| !part.is_empty()).unwrap_or_default().to_owned(),
        path,
        label: row.get(5)?,
        sha256: row.get(6)?,
        bytes: row.get(7)?,
        user: row.get(8)?,
        device: row.get(9)?,
    };
    Ok((artifact, row.get(10)?))
}
