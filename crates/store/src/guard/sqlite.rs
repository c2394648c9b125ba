//! The guard's tables in the database of the events, on a connection of its own: whoever looks through the record waits for
//! the writer's commit, and never the other way for longer than one batch takes.

use std::sync::{Arc, Mutex, PoisonError};

use hookrail_core::event::{Agent, EventId};
use hookrail_core::policy::{Decision, Mode, Verdict};
use hookrail_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, TransactionBehavior, params};
use serde_json::value::RawValue;

use super::{
    Change, Finding, FindingFilter, FindingKind, FindingState, Hit, MAX_FINDINGS, MAX_REPORTS, ScanState, Seen,
    Severity, StopReport, VerdictFilter, VerdictGroup, VerdictRow,
};
use crate::StoreError;
use crate::cursor::{self, List};
use crate::events::MAX_LIMIT;
use crate::model::Page;

/// The most groups of verdicts of one answer.
const MAX_GROUPS: usize = 1000;

/// The longest subject and summary, in bytes.
const LONGEST_TEXT: usize = 300;

/// The columns of a finding, in the order [`finding`] reads them.
const FINDING: &str = "id, kind, rule, severity, state, owner, summary, subject, agent, session, event, tool, user, \
                       first_at, last_at, count, changed_at, changed_by";

/// The seam on a connection.
#[derive(Clone, Debug)]
pub struct Guard {
    connection: Arc<Mutex<Connection>>,
}

impl Guard {
    pub(crate) fn new(connection: Connection) -> Self {
        Self { connection: Arc::new(Mutex::new(connection)) }
    }

    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let shared = Arc::clone(&self.connection);
        let failed = |_| StoreError::Other("a query was interrupted".to_owned());
        tokio::task::spawn_blocking(move || work(&mut shared.lock().unwrap_or_else(PoisonError::into_inner)))
            .await
            .map_err(failed)?
    }

    pub(super) async fn scan(&self) -> Result<ScanState, StoreError> {
        self.with(|connection| state(connection)).await
    }

    pub(super) async fn start_scan(&self, rules: &str, now: Timestamp) -> Result<ScanState, StoreError> {
        let rules = rules.to_owned();
        self.with(move |connection| {
            connection.execute(
                "UPDATE scan SET pass = pass + 1, seq = 0, rules = ?, started_at = ?, caught_up_at = NULL, dropped = 0",
                params![rules, now.as_nanos()],
            )?;
            state(connection)
        })
        .await
    }

    pub(super) async fn keep(&self, pass: u64, seen: Vec<Seen>, now: Timestamp) -> Result<u64, StoreError> {
        self.with(move |connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let (current, mut last): (u64, i64) =
                transaction.query_row("SELECT pass, seq FROM scan", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
            if current != pass {
                return Ok(0);
            }
            let mut new = 0;
            for event in seen.iter().filter(|event| event.seq > last) {
                new += keep_event(&transaction, pass, event)?;
            }
            last = seen.last().map_or(last, |event| event.seq.max(last));
            let caught_up = last + 1 >= next_seq(&transaction)?;
            transaction.execute(
                "UPDATE scan SET seq = ?, caught_up_at = CASE WHEN ? THEN coalesce(caught_up_at, ?) ELSE caught_up_at END",
                params![last, caught_up, now.as_nanos()],
            )?;
            transaction.commit()?;
            Ok(new)
        })
        .await
    }

    pub(super) async fn findings(
        &self,
        filter: &FindingFilter,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<Page<Finding>, StoreError> {
        let (filter, limit) = (filter.clone(), limit.clamp(1, MAX_LIMIT));
        let before = cursor.map(|cursor| cursor::read(List::Findings, cursor)).transpose()?.map_or(i64::MAX, |at| at.0);
        self.with(move |connection| {
            let mut wanted = Wanted::new("id < ?", before);
            wanted.is("kind", filter.kind.map(FindingKind::as_str));
            wanted.is("rule", filter.rule);
            wanted.is("state", filter.state.map(|state| state as i64));
            wanted.is("owner", filter.owner);
            wanted.is("session", filter.session_id);
            wanted.is("user", filter.user);
            wanted.and("severity >= ?", filter.severity.map(|severity| severity as i64));
            wanted.and("last_at >= ?", filter.since.map(Timestamp::as_nanos));
            wanted.and("first_at < ?", filter.until.map(Timestamp::as_nanos));
            let sql =
                format!("SELECT {FINDING} FROM findings WHERE {} ORDER BY id DESC LIMIT {}", wanted.sql, limit + 1);
            let mut statement = connection.prepare(&sql)?;
            let found = statement.query_map(wanted.values().as_slice(), finding)?;
            let mut items: Vec<Finding> = found.collect::<Result<_, _>>()?;
            let more = items.len() > limit;
            items.truncate(limit);
            let next = items.last().filter(|_| more).map(|last| cursor::write(List::Findings, last.id, 0));
            Ok(Page { items, next })
        })
        .await
    }

    pub(super) async fn change(&self, id: i64, change: Change, now: Timestamp) -> Result<Option<Finding>, StoreError> {
        self.with(move |connection| {
            let (sets_owner, owner) = (change.owner.is_some(), change.owner.flatten());
            let sql = format!(
                "UPDATE findings SET state = coalesce(?1, state), owner = CASE WHEN ?2 THEN ?3 ELSE owner END, \
                 changed_at = ?4, changed_by = ?5 WHERE id = ?6 RETURNING {FINDING}"
            );
            let state = change.state.map(|state| state as i64);
            let values = params![state, sets_owner, owner, now.as_nanos(), change.by, id];
            Ok(connection.query_row(&sql, values, finding).optional()?)
        })
        .await
    }

    pub(super) async fn verdicts(
        &self,
        group: VerdictGroup,
        filter: &VerdictFilter,
    ) -> Result<Vec<VerdictRow>, StoreError> {
        let filter = filter.clone();
        self.with(move |connection| {
            let key = match group {
                VerdictGroup::Rule => "v.rule",
                VerdictGroup::Person => "coalesce(s.person, s.user, '')",
                VerdictGroup::Repository => "coalesce(s.repository, '')",
                VerdictGroup::Day => "strftime('%Y-%m-%d', v.at / 1000000000, 'unixepoch')",
                VerdictGroup::Agent => "v.agent",
                VerdictGroup::Session => "coalesce(s.id, '')",
            };
            let order = if group == VerdictGroup::Day { "1" } else { "2 DESC, 1" };
            let mut wanted =
                Wanted::new("v.at >= ?", filter.since.map_or(i64::MIN, Timestamp::as_nanos));
            wanted.and("v.at < ?", filter.until.map(Timestamp::as_nanos));
            wanted.is("v.rule", filter.rule);
            wanted.is("v.agent", filter.agent);
            wanted.is("s.id", filter.session_id);
            wanted.is("s.repository", filter.repository);
            wanted.and("coalesce(s.person, s.user) = ?", filter.user);
            // Numbers of `decision` and `mode` below.
            let sql = format!(
                "SELECT {key}, count(*), sum(v.decision = 2), sum(v.decision = 1), sum(v.mode = 1), sum(v.mode = 0), \
                 sum(v.mode < 2 AND v.would = 2), sum(v.mode < 2 AND v.would = 1), \
                 sum(v.mode = 2 AND v.decision = 0 AND v.would > 0), sum(v.rule = '{}'), max(v.at) \
                 FROM verdicts v LEFT JOIN sessions s ON s.session = v.session WHERE {} GROUP BY 1 ORDER BY {order} LIMIT {MAX_GROUPS}",
                Verdict::UNAVAILABLE, wanted.sql
            );
            let mut statement = connection.prepare(&sql)?;
            let rows = statement.query_map(wanted.values().as_slice(), |row| {
                Ok(VerdictRow {
                    key: row.get(0)?,
                    total: row.get(1)?,
                    denied: row.get(2)?,
                    asked: row.get(3)?,
                    warned: row.get(4)?,
                    observed: row.get(5)?,
                    would_deny: row.get::<_, Option<u64>>(6)?.unwrap_or_default(),
                    would_ask: row.get::<_, Option<u64>>(7)?.unwrap_or_default(),
                    let_through: row.get::<_, Option<u64>>(8)?.unwrap_or_default(),
                    unavailable: row.get(9)?,
                    last_at: row.get::<_, Option<i64>>(10)?.map(Timestamp::from_nanos),
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    pub(super) async fn report(
        &self,
        rule: String,
        report: Box<RawValue>,
        by: Option<String>,
        now: Timestamp,
    ) -> Result<StopReport, StoreError> {
        self.with(move |connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            transaction.execute(
                "INSERT INTO stop_reports (at, by, rule, report) VALUES (?,?,?,?)",
                params![now.as_nanos(), by, rule, report.get()],
            )?;
            let id = transaction.last_insert_rowid();
            forget_old_reports(&transaction)?;
            transaction.commit()?;
            Ok(StopReport { id, at: now, by, event_id: None, rule, report })
        })
        .await
    }

    pub(super) async fn reports(
        &self,
        rule: Option<&str>,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<Page<StopReport>, StoreError> {
        let (rule, limit) = (rule.map(str::to_owned), limit.clamp(1, MAX_LIMIT));
        let before = cursor.map(|cursor| cursor::read(List::Reports, cursor)).transpose()?.map_or(i64::MAX, |at| at.0);
        self.with(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT id, at, by, rule, report, event FROM stop_reports WHERE id < ?1 AND (?2 IS NULL OR rule = ?2) \
                 ORDER BY id DESC LIMIT ?3",
            )?;
            let rows = statement.query_map(params![before, rule, limit as i64 + 1], |row| {
                let text: String = row.get(4)?;
                Ok(StopReport {
                    id: row.get(0)?,
                    at: Timestamp::from_nanos(row.get(1)?),
                    by: row.get(2)?,
                    event_id: row.get::<_, Option<[u8; 16]>>(5)?.map(EventId::from_bytes),
                    rule: row.get(3)?,
                    report: RawValue::from_string(text).unwrap_or_default(),
                })
            })?;
            let mut items: Vec<StopReport> = rows.collect::<Result<_, _>>()?;
            let more = items.len() > limit;
            items.truncate(limit);
            let next = items.last().filter(|_| more).map(|last| cursor::write(List::Reports, last.id, 0));
            Ok(Page { items, next })
        })
        .await
    }
}

/// A condition put together from what is asked for.
struct Wanted {
    sql: String,
    values: Vec<Box<dyn ToSql>>,
}

impl Wanted {
    fn new(first: &str, value: i64) -> Self {
        Self { sql: first.to_owned(), values: vec![Box::new(value)] }
    }

    fn and<T: ToSql + 'static>(&mut self, condition: &str, value: Option<T>) {
        if let Some(value) = value {
            self.sql.push_str(" AND ");
            self.sql.push_str(condition);
            self.values.push(Box::new(value));
        }
    }

    fn is<T: ToSql + 'static>(&mut self, column: &str, value: Option<T>) {
        self.and(&format!("{column} = ?"), value);
    }

    fn values(&self) -> Vec<&dyn ToSql> {
        self.values.iter().map(AsRef::as_ref).collect()
    }
}

const fn decision(decision: Decision) -> i64 {
    match decision {
        Decision::Allow => 0,
        Decision::Ask => 1,
        Decision::Deny => 2,
    }
}

const fn mode(mode: Mode) -> i64 {
    match mode {
        Mode::Observe => 0,
        Mode::Warn => 1,
        Mode::Enforce => 2,
    }
}

fn next_seq(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.query_row("SELECT next_seq FROM totals", [], |row| row.get(0))?)
}

fn state(connection: &Connection) -> Result<ScanState, StoreError> {
    let end = next_seq(connection)? - 1;
    let (findings, open) = connection.query_row(
        "SELECT count(*), count(*) FILTER (WHERE state = ?) FROM findings",
        [FindingState::Open as i64],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let time = |nanos: Option<i64>| nanos.map(Timestamp::from_nanos);
    let sql = "SELECT pass, seq, rules, started_at, caught_up_at, dropped FROM scan";
    Ok(connection.query_row(sql, [], |row| {
        let position: i64 = row.get(1)?;
        Ok(ScanState {
            state: if position < end { "running" } else { "idle" },
            pass: row.get(0)?,
            position,
            end,
            rules: row.get(2)?,
            started_at: time(row.get(3)?),
            caught_up_at: time(row.get(4)?),
            findings,
            open,
            dropped: row.get(5)?,
        })
    })?)
}

/// Keeps what was seen in one event; returns how many findings are new.
fn keep_event(connection: &Connection, pass: u64, event: &Seen) -> Result<u64, StoreError> {
    let mut new = 0;
    for hit in &event.hits {
        new += u64::from(keep_hit(connection, pass, event, hit)?);
    }
    if let Some(verdict) = &event.verdict {
        keep_verdict(connection, event, verdict)?;
    }
    if let Some((rule, report)) = &event.report {
        connection
            .prepare_cached(
                "INSERT INTO stop_reports (at, by, rule, event, report) VALUES (?,?,?,?,?) ON CONFLICT DO NOTHING",
            )?
            .execute(params![event.at.as_nanos(), event.user, cut(rule), event.id.as_bytes(), report.get()])?;
        forget_old_reports(connection)?;
    }
    if let Some(hit) = despite(connection, event)? {
        new += u64::from(keep_hit(connection, pass, event, &hit)?);
    }
    Ok(new)
}

/// The oldest reports give way.
fn forget_old_reports(connection: &Connection) -> Result<(), StoreError> {
    let most = i64::try_from(MAX_REPORTS).unwrap_or(i64::MAX);
    connection
        .prepare_cached("DELETE FROM stop_reports WHERE id <= (SELECT max(id) FROM stop_reports) - ?")?
        .execute([most])?;
    Ok(())
}

fn keep_verdict(connection: &Connection, event: &Seen, verdict: &Verdict) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO verdicts (seq, session, at, agent, rule, decision, would, mode) \
             VALUES (?1, (SELECT session FROM sessions WHERE id = ?2 AND agent = ?3), ?4, ?3, ?5, ?6, ?7, ?8) \
             ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            event.seq,
            event.session,
            event.agent.as_str(),
            event.at.as_nanos(),
            verdict.rule,
            decision(verdict.decision),
            verdict.would.map(decision),
            mode(verdict.mode),
        ])?;
    Ok(())
}

/// What is found of a call that was denied and ran, whichever of the two arrived first.
fn despite(connection: &Connection, event: &Seen) -> Result<Option<Hit>, StoreError> {
    let (Some(session), Some(call)) = (&event.session, &event.call) else { return Ok(None) };
    let key = params![event.agent.as_str(), session, call];
    let denied = event.verdict.as_ref().filter(|verdict| verdict.decision == Decision::Deny);
    let rule = if let Some(verdict) = denied {
        connection
            .prepare_cached(
                "INSERT INTO denied_calls (agent, session, call, seq, rule) VALUES (?,?,?,?,?) ON CONFLICT DO NOTHING",
            )?
            .execute(params![event.agent.as_str(), session, call, event.seq, verdict.rule])?;
        // Outcome 0 is `succeeded` in derive/tool_call.rs. What arrived later is met on its own.
        let ran: bool = connection
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM tool_calls c JOIN sessions s ON s.session = c.session \
                 JOIN ids i ON i.id = c.result_id \
                 WHERE s.agent = ? AND s.id = ? AND c.id = ? AND c.outcome = 0 AND i.seq < ?)",
            )?
            .query_row(params![event.agent.as_str(), session, call, event.seq], |row| row.get(0))?;
        ran.then(|| verdict.rule.clone())
    } else if event.ran {
        connection
            .prepare_cached("SELECT rule FROM denied_calls WHERE agent = ? AND session = ? AND call = ?")?
            .query_row(key, |row| row.get(0))
            .optional()?
    } else {
        None
    };
    Ok(rule.map(|rule| Hit {
        kind: FindingKind::ExecutedDespiteDeny,
        summary: format!("The call was denied by {rule}, and there is a result of it."),
        rule,
        subject: call.clone(),
        severity: Severity::Critical,
    }))
}

/// Counts a hit; whether it is a new finding.
fn keep_hit(connection: &Connection, pass: u64, event: &Seen, hit: &Hit) -> Result<bool, StoreError> {
    let session = event.session.as_deref().unwrap_or_default();
    let subject = cut(&hit.subject);
    let known: Option<i64> = connection
        .prepare_cached(
            "SELECT id FROM findings WHERE kind = ? AND rule = ? AND agent = ? AND session = ? AND subject = ?",
        )?
        .query_row(params![hit.kind.as_str(), hit.rule, event.agent.as_str(), session, subject], |row| row.get(0))
        .optional()?;
    let (at, id) = (event.at.as_nanos(), event.id);
    if let Some(known) = known {
        // What a pass before this one counted is counted anew; what this one has counted is not counted again.
        connection
            .prepare_cached(
                "UPDATE findings SET count = CASE WHEN pass < ?1 THEN 1 ELSE count + (seq < ?2) END, \
                 pass = ?1, seq = max(?2, CASE WHEN pass < ?1 THEN 0 ELSE seq END), first_at = min(first_at, ?3), \
                 event = CASE WHEN ?3 >= last_at THEN ?4 ELSE event END, last_at = max(last_at, ?3), \
                 severity = ?5, summary = ?6, state = CASE WHEN state = ?7 AND changed_at < ?8 THEN ?9 ELSE state END \
                 WHERE id = ?10",
            )?
            .execute(params![
                pass,
                event.seq,
                at,
                id.as_bytes(),
                hit.severity as i64,
                cut(&hit.summary),
                FindingState::Resolved as i64,
                event.received_at.as_nanos(),
                FindingState::Open as i64,
                known,
            ])?;
        return Ok(false);
    }
    let count: u64 = connection.prepare_cached("SELECT count(*) FROM findings")?.query_row([], |row| row.get(0))?;
    if count >= MAX_FINDINGS {
        connection.prepare_cached("UPDATE scan SET dropped = dropped + 1")?.execute([])?;
        return Ok(false);
    }
    connection
        .prepare_cached(
            "INSERT INTO findings (kind, rule, agent, session, subject, severity, summary, state, tool, user, event, \
             first_at, last_at, count, pass, seq) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,1,?,?)",
        )?
        .execute(params![
            hit.kind.as_str(),
            hit.rule,
            event.agent.as_str(),
            session,
            subject,
            hit.severity as i64,
            cut(&hit.summary),
            FindingState::Open as i64,
            event.tool,
            event.user,
            id.as_bytes(),
            at,
            at,
            pass,
            event.seq,
        ])?;
    Ok(true)
}

/// The beginning of a text, whole characters.
fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST_TEXT)]
}

fn finding(row: &Row<'_>) -> rusqlite::Result<Finding> {
    let place = |at: usize| -> rusqlite::Result<usize> { Ok(row.get::<_, u64>(at)? as usize) };
    let session: String = row.get(9)?;
    let time = |nanos: i64| Timestamp::from_nanos(nanos);
    Ok(Finding {
        id: row.get(0)?,
        kind: FindingKind::named(&row.get::<_, String>(1)?).unwrap_or(FindingKind::Risk),
        rule: row.get(2)?,
        severity: Severity::ALL.get(place(3)?).copied().unwrap_or(Severity::Low),
        state: FindingState::ALL.get(place(4)?).copied().unwrap_or(FindingState::Open),
        owner: row.get(5)?,
        summary: row.get(6)?,
        subject: row.get(7)?,
        agent: Agent::from(row.get::<_, String>(8)?.as_str()),
        session_id: (!session.is_empty()).then_some(session),
        event_id: EventId::from_bytes(row.get(10)?),
        tool: row.get(11)?,
        user: row.get(12)?,
        first_seen: time(row.get(13)?),
        last_seen: time(row.get(14)?),
        count: row.get(15)?,
        changed_at: row.get::<_, Option<i64>>(16)?.map(time),
        changed_by: row.get(17)?,
    })
}
