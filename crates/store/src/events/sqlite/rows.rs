//! Derived rows between Rust and SQL.

use std::collections::HashMap;

use hookrail_core::event::EventId;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::StoreError;
use crate::derive::SessionKey;
use crate::derive::said::Said;
use crate::derive::session::{SessionRow, State};
use crate::derive::subagent::SubagentRow;
use crate::derive::tool_call::{CallRow, End, FAMILIES, Source};

/// The columns of a session, in the order [`session`] reads them.
macro_rules! session_columns {
    () => {
        "session, agent, id, first_at, last_at, state, state_at, title, title_at, cwd, cwd_at, model, model_at, \
         parent, parent_at, user, user_at, device, device_at, source_app, source_app_at, \
         repository, repository_at, branch, branch_at, revision, revision_at, run, run_at, person, person_at, \
         named, named_at, tier, events, prompts, tool_calls, tool_errors, subagents"
    };
}

/// The columns of a tool call, in the order [`call`] reads them.
macro_rules! call_columns {
    () => {
        "id, tool, family, actor, requested_at, request_id, end_rank, ended_at, outcome, duration_ms, result_id, \
         asked, spawned, seen, server, sources, turn"
    };
}

/// The columns of a subagent, in the order [`subagent`] reads them.
macro_rules! subagent_columns {
    () => {
        "id, agent_type, parent, tool_use_id, first_at, begun_at, ended_at, tool_calls, tool_errors"
    };
}

pub(super) use {call_columns, session_columns, subagent_columns};

/// What a column holds that this code never writes.
fn unreadable(column: usize, what: &str) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Blob, what.to_owned().into())
}

fn said(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Said>> {
    let text: Option<String> = row.get(column)?;
    let at: Option<i64> = row.get(column + 1)?;
    Ok(text.zip(at).map(|(text, at)| Said { at, text }))
}

fn id(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<EventId>> {
    let bytes: Option<[u8; 16]> = row.get(column)?;
    Ok(bytes.map(EventId::from_bytes))
}

pub(super) fn session(row: &Row<'_>) -> rusqlite::Result<(SessionKey, SessionRow)> {
    let state: usize = row.get(5)?;
    let session = SessionRow {
        agent: row.get(1)?,
        id: row.get(2)?,
        first_at: row.get(3)?,
        last_at: row.get(4)?,
        state: State::ALL.get(state).copied().ok_or_else(|| unreadable(5, "an unknown state"))?,
        state_at: row.get(6)?,
        title: said(row, 7)?,
        cwd: said(row, 9)?,
        model: said(row, 11)?,
        parent: said(row, 13)?,
        user: said(row, 15)?,
        device: said(row, 17)?,
        source_app: said(row, 19)?,
        repository: said(row, 21)?,
        branch: said(row, 23)?,
        revision: said(row, 25)?,
        run: said(row, 27)?,
        person: said(row, 29)?,
        named: said(row, 31)?,
        tier: row.get(33)?,
        events: row.get(34)?,
        prompts: row.get(35)?,
        tool_calls: row.get(36)?,
        tool_errors: row.get(37)?,
        subagents: row.get(38)?,
    };
    Ok((row.get(0)?, session))
}

pub(super) fn call(row: &Row<'_>) -> rusqlite::Result<(String, CallRow)> {
    let requested_at: Option<i64> = row.get(4)?;
    let seen = row.get_ref(13)?.as_blob()?;
    let call = CallRow {
        tool: row.get(1)?,
        family: family(row)?,
        actor: row.get(3)?,
        request: requested_at.zip(id(row, 5)?),
        end: end(row)?,
        asked: row.get(11)?,
        spawned: row.get(12)?,
        server: row.get(14)?,
        seen: seen.as_chunks::<2>().0.iter().map(|hash| u16::from_le_bytes(*hash)).collect(),
        sources: row.get(15)?,
        turn: row.get(16)?,
    };
    Ok((row.get(0)?, call))
}

fn family(row: &Row<'_>) -> rusqlite::Result<Option<String>> {
    let Some(number) = row.get::<_, Option<usize>>(2)? else { return Ok(None) };
    let word = FAMILIES.get(number).ok_or_else(|| unreadable(2, "an unknown family"))?;
    Ok(Some((*word).to_owned()))
}

fn end(row: &Row<'_>) -> rusqlite::Result<Option<End>> {
    let Some(rank) = row.get::<_, Option<i64>>(6)? else { return Ok(None) };
    let source = Source::ALL.into_iter().find(|source| *source as i64 == rank);
    Ok(Some(End {
        source: source.ok_or_else(|| unreadable(6, "an unknown source"))?,
        at: row.get(7)?,
        outcome: row.get(8)?,
        duration_ms: row.get::<_, Option<i64>>(9)?.map(|ms| ms as u64),
        id: id(row, 10)?.ok_or_else(|| unreadable(10, "an end without its event"))?,
    }))
}

pub(super) fn subagent(row: &Row<'_>) -> rusqlite::Result<(String, SubagentRow)> {
    let subagent = SubagentRow {
        agent_type: row.get(1)?,
        parent: row.get(2)?,
        tool_use_id: row.get(3)?,
        first_at: row.get(4)?,
        begun_at: row.get(5)?,
        ended_at: row.get(6)?,
        tool_calls: row.get(7)?,
        tool_errors: row.get(8)?,
    };
    Ok((row.get(0)?, subagent))
}

/// The sessions the writer remembers between batches, so that an active session is not read again each time.
/// A batch looks only at what it names, so forgetting all of them when there are too many costs little.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    known: HashMap<String, Vec<(SessionKey, SessionRow)>>,
    count: usize,
}

/// The most sessions remembered.
const MAX_KNOWN: usize = 2048;

impl Sessions {
    fn get(&self, agent: &str, id: &str) -> Option<&(SessionKey, SessionRow)> {
        self.known.get(id)?.iter().find(|(_, row)| row.agent == agent)
    }

    pub(super) fn put(&mut self, key: SessionKey, row: SessionRow) {
        if self.count >= MAX_KNOWN {
            *self = Self::default();
        }
        let rows = self.known.entry(row.id.clone()).or_default();
        match rows.iter_mut().find(|(known, _)| *known == key) {
            Some(known) => known.1 = row,
            None => {
                rows.push((key, row));
                self.count += 1;
            }
        }
    }
}

/// The rows a batch asks for, read from the database or remembered.
#[derive(Debug)]
pub(super) struct Kept<'a> {
    pub(super) connection: &'a Connection,
    pub(super) sessions: &'a Sessions,
    pub(super) next_session: SessionKey,
}

impl crate::derive::Rows for Kept<'_> {
    fn session(&mut self, agent: &str, id: &str) -> Result<Option<(SessionKey, SessionRow)>, StoreError> {
        if let Some(known) = self.sessions.get(agent, id) {
            return Ok(Some(known.clone()));
        }
        let sql = concat!("SELECT ", session_columns!(), " FROM sessions WHERE id = ?1 AND agent = ?2");
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.query_row(params![id, agent], session).optional()?)
    }

    fn new_session(&mut self) -> Result<SessionKey, StoreError> {
        let key = self.next_session;
        self.next_session += 1;
        Ok(key)
    }

    fn call(&mut self, session: SessionKey, id: &str) -> Result<Option<CallRow>, StoreError> {
        let sql = concat!("SELECT ", call_columns!(), " FROM tool_calls WHERE session = ?1 AND id = ?2");
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.query_row(params![session, id], |row| Ok(call(row)?.1)).optional()?)
    }

    fn subagent(&mut self, session: SessionKey, id: &str) -> Result<Option<SubagentRow>, StoreError> {
        let sql = concat!("SELECT ", subagent_columns!(), " FROM subagents WHERE session = ?1 AND id = ?2");
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.query_row(params![session, id], |row| Ok(subagent(row)?.1)).optional()?)
    }
}
