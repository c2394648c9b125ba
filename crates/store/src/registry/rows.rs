//! The rows of the registry.

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use hookrail_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::key::{Hash, Held, random};
use super::{BadName, Key, KeyId, KeyState, Keys, MAX_KEYS, MAX_PROJECTS, NewKey, PREFIX, Project, ProjectId};
use crate::StoreError;

/// Every key, with what the ones known before have that is not written.
pub(super) fn held(connection: &Connection, before: &Keys) -> Result<Keys, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, hash, organisation, project, scopes, name, created_at, created_by, replaces, expires_at, revoked_at,
                last_used_at
         FROM keys",
    )?;
    let mut rows = statement.query([])?;
    let mut keys = Keys::new();
    while let Some(row) = rows.next()? {
        let (key, hash) = key(row)?;
        let noted = key.last_used_at.map_or(0, Timestamp::as_nanos);
        let used = before.get(&key.id).map_or(0, |held| held.used.load(Ordering::Relaxed)).max(noted);
        let held = Held { hash, used: AtomicI64::new(used), noted: AtomicI64::new(noted), key };
        keys.insert(held.key.id.clone(), Arc::new(held));
    }
    Ok(keys)
}

fn key(row: &Row<'_>) -> Result<(Key, Hash), StoreError> {
    let id: KeyId = named(row, 0)?;
    let time = |column: usize| -> Result<Option<Timestamp>, StoreError> {
        Ok(row.get::<_, Option<i64>>(column)?.map(Timestamp::from_nanos))
    };
    let (organisation, project): (String, String) = (row.get(2)?, row.get(3)?);
    let replaces: Option<String> = row.get(8)?;
    let key = Key {
        prefix: format!("{PREFIX}{id}_"),
        project: ProjectId::new(&organisation, &project).map_err(odd)?,
        scopes: named(row, 4)?,
        name: row.get(5)?,
        state: KeyState::Active,
        created_at: Timestamp::from_nanos(row.get(6)?),
        created_by: row.get(7)?,
        replaces: replaces.map(|id| id.parse()).transpose().map_err(odd)?,
        expires_at: time(9)?,
        revoked_at: time(10)?,
        last_used_at: time(11)?,
        id,
    };
    Ok((key, row.get(1)?))
}

fn named<T: FromStr<Err = BadName>>(row: &Row<'_>, column: usize) -> Result<T, StoreError> {
    row.get_ref(column)?.as_str().map_err(|error| StoreError::Corrupt(error.to_string()))?.parse().map_err(odd)
}

fn odd(error: BadName) -> StoreError {
    StoreError::Corrupt(format!("a row of the registry is not as it was written: {error}"))
}

/// Adds a project and its organisation; false where it is there.
pub(super) fn add_project(connection: &Connection, project: &ProjectId, now: Timestamp) -> Result<bool, StoreError> {
    let (organisation, name) = (project.organisation(), project.project());
    let there = "SELECT 1 FROM projects WHERE organisation = ? AND name = ?";
    if connection.query_row(there, [organisation, name], |_| Ok(())).optional()?.is_some() {
        return Ok(false);
    }
    if count(connection, "SELECT count(*) FROM projects")? >= MAX_PROJECTS {
        return Err(StoreError::Invalid(format!("there are {MAX_PROJECTS} projects, as many as a server has")));
    }
    connection.execute(
        "INSERT INTO organisations (name, created_at) VALUES (?, ?) ON CONFLICT DO NOTHING",
        params![organisation, now.as_nanos()],
    )?;
    connection.execute(
        "INSERT INTO projects (organisation, name, created_at) VALUES (?, ?, ?)",
        params![organisation, name, now.as_nanos()],
    )?;
    Ok(true)
}

/// Every project, by name.
pub(super) fn projects(connection: &Connection) -> Result<Vec<Project>, StoreError> {
    let sql = "SELECT organisation, name, created_at FROM projects ORDER BY organisation, name";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    let mut projects = Vec::new();
    while let Some(row) = rows.next()? {
        let (organisation, name): (String, String) = (row.get(0)?, row.get(1)?);
        let project = ProjectId::new(&organisation, &name).map_err(odd)?;
        projects.push(Project { project, created_at: Timestamp::from_nanos(row.get(2)?), keys: 0 });
    }
    Ok(projects)
}

/// An organisation's rules, and how often they have been published.
pub(super) fn policy(connection: &Connection, organisation: &str) -> Result<(u64, String), StoreError> {
    let sql = "SELECT version, text FROM policies WHERE organisation = ?";
    let found = connection.query_row(sql, [organisation], |row| Ok((row.get(0)?, row.get(1)?)));
    Ok(found.optional()?.unwrap_or_default())
}

pub(super) fn publish_policy(
    connection: &Connection,
    organisation: &str,
    text: &str,
    by: &str,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let sql =
        "INSERT INTO policies (organisation, version, text, published_at, published_by) VALUES (?1, 1, ?2, ?3, ?4)
               ON CONFLICT DO UPDATE SET version = version + 1, text = ?2, published_at = ?3, published_by = ?4
               RETURNING version";
    Ok(connection.query_row(sql, params![organisation, text, now.as_nanos(), by], |row| row.get(0))?)
}

/// Adds a key. Where there are too many, those that ended first make room.
pub(super) fn add_key(
    connection: &Connection,
    id: &KeyId,
    hash: &Hash,
    new: &NewKey,
    replaces: Option<&KeyId>,
    now: Timestamp,
) -> Result<(), StoreError> {
    if count(connection, "SELECT count(*) FROM keys")? >= MAX_KEYS {
        let gone = connection.execute(
            "DELETE FROM keys WHERE id IN (SELECT id FROM keys WHERE revoked_at IS NOT NULL OR expires_at <= ?
             ORDER BY min(ifnull(revoked_at, expires_at), ifnull(expires_at, revoked_at)) LIMIT 1)",
            [now.as_nanos()],
        )?;
        if gone == 0 {
            return Err(StoreError::Invalid(format!(
                "there are {MAX_KEYS} keys, as many as a server has; revoke some"
            )));
        }
    }
    connection.execute(
        "INSERT INTO keys (id, hash, organisation, project, scopes, name, created_at, created_by, replaces)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            id.as_str(),
            hash,
            new.project.organisation(),
            new.project.project(),
            new.scopes.to_string(),
            new.name,
            now.as_nanos(),
            new.by,
            replaces.map(KeyId::as_str),
        ],
    )?;
    Ok(())
}

/// Sets the end of a key that has not ended; an earlier end stays. False where it has, or is not there.
pub(super) fn end_at(connection: &Connection, id: &KeyId, end: Timestamp, now: Timestamp) -> Result<bool, StoreError> {
    let changed = connection.execute(
        "UPDATE keys SET expires_at = min(ifnull(expires_at, ?2), ?2)
         WHERE id = ?1 AND revoked_at IS NULL AND ifnull(expires_at > ?3, 1)",
        params![id.as_str(), end.as_nanos(), now.as_nanos()],
    )?;
    Ok(changed == 1)
}

pub(super) fn revoke(connection: &Connection, id: &KeyId, now: Timestamp) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE keys SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL",
        params![id.as_str(), now.as_nanos()],
    )?;
    Ok(())
}

pub(super) fn note_uses<'a>(
    connection: &mut Connection,
    uses: impl Iterator<Item = (&'a KeyId, i64)>,
) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    for (id, used) in uses {
        transaction.execute(
            "UPDATE keys SET last_used_at = max(ifnull(last_used_at, 0), ?2) WHERE id = ?1",
            params![id.as_str(), used],
        )?;
    }
    Ok(transaction.commit()?)
}

/// The registry's own secret, made when it is first asked for.
pub(super) fn secret(connection: &Connection) -> Result<[u8; 32], StoreError> {
    connection
        .execute("INSERT INTO secrets (name, value) VALUES ('seal', ?) ON CONFLICT DO NOTHING", [random::<32>()?])?;
    Ok(connection.query_row("SELECT value FROM secrets WHERE name = 'seal'", [], |row| row.get(0))?)
}

fn count(connection: &Connection, sql: &str) -> Result<usize, StoreError> {
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}
