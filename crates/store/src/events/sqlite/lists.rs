//! Sessions, tool calls and subagents as they are read.

use rusqlite::{Connection, OptionalExtension, params};

use hookrail_core::time::Timestamp;

use super::rows::{self, call_columns, session_columns, subagent_columns};
use super::usage;
use crate::StoreError;
use crate::cursor::{self, List};
use crate::derive::SessionKey;
use crate::derive::permission::{self, Call, Question};
use crate::derive::session::{SILENCE_NANOS, SessionRow, State};
use crate::derive::tool_call::CallRow;
use crate::events::{MAX_LIMIT, MAX_SUBAGENTS};
use crate::model::{Page, Session, SessionFilter, Subagent, ToolCall};

/// Sessions looked at for one page.
const MAX_LOOKED_AT: usize = 5_000;
/// The most agents that may have a session of one id.
const MAX_NAMESAKES: usize = 32;
/// The most questions for permission matched for one session.
const MAX_QUESTIONS: usize = 2_000;
/// The most calls of a session matched with questions for permission; in a longer session only the newest are.
const MAX_MATCHED: usize = 20_000;

/// The keys of the sessions an id names: of one agent, or of any.
pub(super) fn session_keys(
    connection: &Connection,
    id: &str,
    agent: Option<&str>,
) -> Result<Vec<SessionKey>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT session FROM sessions WHERE id = ?1 AND (?2 IS NULL OR agent = ?2) ORDER BY last_at DESC LIMIT ?3",
    )?;
    let keys = statement.query_map(params![id, agent, MAX_NAMESAKES as i64], |row| row.get(0))?;
    Ok(keys.collect::<Result<_, _>>()?)
}

/// The one session an id means: the most recently active one where several agents have it.
pub(super) fn session(
    connection: &Connection,
    id: &str,
    agent: Option<&str>,
) -> Result<Option<(SessionKey, SessionRow)>, StoreError> {
    let sql = concat!(
        "SELECT ",
        session_columns!(),
        " FROM sessions WHERE id = ?1 AND (?2 IS NULL OR agent = ?2) ORDER BY last_at DESC LIMIT 1"
    );
    Ok(connection.prepare_cached(sql)?.query_row(params![id, agent], rows::session).optional()?)
}

/// The session with the title a model gave it, where nobody who knows better did.
pub(super) fn titled(connection: &Connection, key: SessionKey, session: Session) -> Result<Session, StoreError> {
    if session.title_source == Some("agent") {
        return Ok(session);
    }
    let mut statement = connection.prepare_cached("SELECT title FROM session_titles WHERE session = ?")?;
    let title: Option<String> = statement.query_row([key], |row| row.get(0)).optional()?;
    Ok(match title {
        Some(title) => Session { title: Some(title), title_source: Some("model"), ..session },
        None => session,
    })
}

/// A session as the API shows it, with what it used.
pub(super) fn shown(
    connection: &Connection,
    id: &str,
    agent: Option<&str>,
    now: Timestamp,
) -> Result<Option<Session>, StoreError> {
    let Some((key, row)) = session(connection, id, agent)? else { return Ok(None) };
    let tier = row.tier;
    let mut session = titled(connection, key, row.shown(now))?;
    complete(connection, key, tier, &mut session)?;
    Ok(Some(session))
}

/// Adds what other tables know of a session.
fn complete(connection: &Connection, key: SessionKey, tier: i64, session: &mut Session) -> Result<(), StoreError> {
    session.usage = usage::of_session(connection, key, tier, None)?;
    session.prompts = session.prompts.max(usage::prompts_told(connection, key)?);
    Ok(())
}

/// Sessions, the one with the latest event first.
pub(super) fn sessions(
    connection: &Connection,
    filter: &SessionFilter,
    limit: usize,
    cursor: Option<&str>,
    now: Timestamp,
) -> Result<Page<Session>, StoreError> {
    let limit = limit.clamp(1, MAX_LIMIT);
    let (at, key) =
        cursor.map(|cursor| cursor::read(List::Sessions, cursor)).transpose()?.unwrap_or((i64::MAX, i64::MAX));
    let sql = concat!(
        "SELECT ",
        session_columns!(),
        " FROM sessions WHERE (last_at, session) < (?, ?) AND last_at >= ? ORDER BY last_at DESC, session DESC"
    );
    let since = filter.since.map_or(i64::MIN, Timestamp::as_nanos);
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = statement.query(params![at, key, since])?;
    let mut page = Page { items: Vec::new(), next: None };
    let mut last = None;
    for looked_at in 0.. {
        let Some(row) = found.next()? else { break };
        if page.items.len() >= limit || looked_at >= MAX_LOOKED_AT {
            page.next = last.map(|(at, key)| cursor::write(List::Sessions, at, key));
            break;
        }
        let (key, row) = rows::session(row)?;
        last = Some((row.last_at, key));
        let tier = row.tier;
        let mut session = titled(connection, key, row.shown(now))?;
        if filter.matches(&session) {
            complete(connection, key, tier, &mut session)?;
            page.items.push(session);
        }
    }
    Ok(page)
}

/// Idle sessions, by their agent's word, that were last heard of before a time and are not silent for so long that they
/// count as ended; the one that waits longest first.
pub(super) fn idle(
    connection: &Connection,
    before: Timestamp,
    limit: usize,
    now: Timestamp,
) -> Result<Vec<Session>, StoreError> {
    let sql = concat!(
        "SELECT ",
        session_columns!(),
        " FROM sessions WHERE last_at >= ? AND last_at < ? AND state = ? AND state_at > ? ORDER BY last_at LIMIT ?"
    );
    let since = now.as_nanos().saturating_sub(SILENCE_NANOS);
    let (until, limit) = (before.as_nanos(), limit.clamp(1, MAX_LIMIT) as i64);
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = statement.query(params![since, until, State::Idle as i64, i64::MIN, limit])?;
    let mut sessions = Vec::new();
    while let Some(row) = found.next()? {
        let (key, row) = rows::session(row)?;
        let tier = row.tier;
        let mut session = titled(connection, key, row.shown(now))?;
        complete(connection, key, tier, &mut session)?;
        sessions.push(session);
    }
    Ok(sessions)
}

/// The tool calls of a session, oldest first.
pub(super) fn tool_calls(
    connection: &Connection,
    id: &str,
    agent: Option<&str>,
    limit: usize,
    cursor: Option<&str>,
) -> Result<Page<ToolCall>, StoreError> {
    let limit = limit.clamp(1, MAX_LIMIT);
    let skip = match cursor {
        Some(cursor) => cursor::read(List::ToolCalls, cursor)?,
        None => (i64::MIN, 0),
    };
    let Some((key, session)) = session(connection, id, agent)? else {
        return Ok(Page { items: Vec::new(), next: None });
    };
    let sql = concat!(
        "SELECT ",
        call_columns!(),
        ", coalesce(requested_at, ended_at) AS at FROM tool_calls WHERE session = ?1 AND at >= ?2 ORDER BY at, id LIMIT ?3"
    );
    // A cursor is a time and how many calls of that very time were given before.
    let wanted = limit.saturating_add(usize::try_from(skip.1).unwrap_or(0)).saturating_add(1);
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_map(params![key, skip.0, wanted as i64], rows::call)?;
    let mut calls: Vec<(String, CallRow)> =
        found.skip(usize::try_from(skip.1).unwrap_or(0)).collect::<Result<_, _>>()?;
    let mut next = None;
    if calls.len() > limit {
        calls.truncate(limit);
        let at = calls.last().map_or(0, |(_, call)| call.at());
        let same = calls.iter().filter(|(_, call)| call.at() == at).count() as i64;
        let before = if at == skip.0 { skip.1 } else { 0 };
        next = Some(cursor::write(List::ToolCalls, at, before + same));
    }
    for asked in asked(connection, key)? {
        if let Some((_, call)) = calls.iter_mut().find(|(id, _)| *id == asked) {
            call.asked = true;
        }
    }
    let items = calls.into_iter().map(|(call, row)| row.shown(call, &session.id)).collect();
    Ok(Page { items, next })
}

/// The calls that questions for permission which do not name one were certainly about.
fn asked(connection: &Connection, session: SessionKey) -> Result<Vec<String>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT at, tool, actor FROM permissions WHERE session = ? ORDER BY at LIMIT ?")?;
    let questions: Vec<Question> = statement
        .query_map(params![session, MAX_QUESTIONS as i64], |row| {
            Ok(Question { at: row.get(0)?, tool: row.get(1)?, actor: row.get(2)? })
        })?
        .collect::<Result<_, _>>()?;
    if questions.is_empty() {
        return Ok(Vec::new());
    }
    type Light = (String, Option<String>, Option<String>, Option<i64>, Option<i64>);
    let mut statement = connection.prepare_cached(
        "SELECT id, tool, actor, requested_at, ended_at FROM tool_calls WHERE session = ? \
         ORDER BY coalesce(requested_at, ended_at) DESC LIMIT ?",
    )?;
    let calls: Vec<Light> = statement
        .query_map(params![session, MAX_MATCHED as i64], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
        })?
        .collect::<Result<_, _>>()?;
    let light: Vec<Call<'_>> = calls
        .iter()
        .map(|(_, tool, actor, requested_at, ended_at)| Call {
            tool: tool.as_deref(),
            actor: actor.as_deref(),
            requested_at: *requested_at,
            ended_at: *ended_at,
        })
        .collect();
    let about = questions.iter().filter_map(|question| permission::about(question, &light));
    Ok(about.map(|at| calls[at].0.clone()).collect())
}

/// The subagents of a session, oldest first.
pub(super) fn subagents(connection: &Connection, id: &str, agent: Option<&str>) -> Result<Vec<Subagent>, StoreError> {
    let Some((key, session)) = session(connection, id, agent)? else { return Ok(Vec::new()) };
    let sql =
        concat!("SELECT ", subagent_columns!(), " FROM subagents WHERE session = ? ORDER BY first_at, id LIMIT ?");
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_map(params![key, MAX_SUBAGENTS as i64], rows::subagent)?;
    let mut shown = Vec::new();
    for row in found {
        let (subagent, row) = row?;
        let mut subagent = row.shown(subagent, &session.id);
        subagent.usage = usage::of_session(connection, key, session.tier, Some(&subagent.id))?;
        shown.push(subagent);
    }
    Ok(shown)
}
