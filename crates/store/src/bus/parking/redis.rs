//! The parking that several servers share: in Redis, each operation one run of a script, which Redis runs alone.
//!
//! What survives when Redis dies is Redis's own affair (`appendonly yes`); it must not evict (`noeviction`, its default).

use std::fmt;
use std::time::Duration;

use hookrail_core::time::Timestamp;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, FromRedisValue, RedisError, Script};

use super::{Bound, Bounds, CLAIM, Claim, Claimed, ParkError, Parked, Put, SessionRef, Totals, WAIT};
use super::{Waiting, earlier, later};
use crate::StoreError;

/// Before every key: whose they are, and the version of their shape.
const PREFIX: &str = "hookrail:1:";

/// How long a connection may take, and how long an answer.
const CONNECT: Duration = Duration::from_secs(1);
const ANSWER: Duration = Duration::from_secs(2);

/// Events, and bytes of their records, that one run of the script parks: a run holds up everybody else's.
const RUN_EVENTS: usize = 100;
const RUN_BYTES: usize = 2 << 20;

/// The way to Redis. It connects when it is first asked, and again whenever the connection was lost.
#[derive(Clone)]
pub struct Redis {
    connection: ConnectionManager,
    script: Script,
    bounds: Bounds,
    password: Option<String>,
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redis(…)")
    }
}

/// Begins the arguments of a run of the script.
macro_rules! run {
    ($self:ident, $operation:literal $(, $argument:expr)* $(,)?) => {{
        let mut run = $self.script.key(PREFIX);
        run.arg($operation)$(.arg($argument))*;
        run
    }};
}

impl Redis {
    pub(super) fn open(url: &str, bounds: Bounds) -> Result<Self, StoreError> {
        let wrong = |_: RedisError| {
            StoreError::Invalid(
                "the bus's URL is not one of Redis; use redis://[USER:PASSWORD@]HOST:PORT/DB".to_owned(),
            )
        };
        let client = Client::open(url).map_err(wrong)?;
        let password = client.get_connection_info().redis_settings().password().map(str::to_owned);
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(ANSWER));
        let connection = ConnectionManager::new_lazy_with_config(client, config).map_err(wrong)?;
        Ok(Self { connection, script: Script::new(include_str!("redis.lua")), bounds, password })
    }

    async fn run<T: FromRedisValue>(&self, run: &redis::ScriptInvocation<'_>) -> Result<T, ParkError> {
        let mut connection = self.connection.clone();
        run.invoke_async(&mut connection).await.map_err(|error| self.failed(&error))
    }

    /// Whatever Redis says, trying again may help; and no answer is proof that nothing happened.
    fn failed(&self, error: &RedisError) -> ParkError {
        let text = error.to_string();
        ParkError::Away(match &self.password {
            Some(password) if !password.is_empty() => text.replace(password.as_str(), "…"),
            _ => text,
        })
    }

    pub(super) async fn park(&self, home: &str, items: Vec<Parked>, now: Timestamp) -> Result<Vec<Put>, ParkError> {
        let mut puts = Vec::with_capacity(items.len());
        let mut items = items.into_iter().peekable();
        while items.peek().is_some() {
            let mut run = run!(self, "park", home, micros(now), micros(later(now, CLAIM)));
            let Bounds { session_events, session_bytes, address_sessions, address_bytes, events, bytes, .. } =
                self.bounds;
            for bound in [session_events, session_bytes, address_sessions, address_bytes, events, bytes] {
                run.arg(bound);
            }
            let (mut count, mut size) = (0, 0);
            while let Some(item) =
                items.next_if(|item| count == 0 || (count < RUN_EVENTS && size + item.record.len() <= RUN_BYTES))
            {
                count += 1;
                size += item.record.len();
                run.arg(&item.session.agent).arg(&item.session.session).arg(item.id.to_string());
                run.arg(item.at.as_nanos()).arg(micros(item.at)).arg(item.address.to_string()).arg(&item.record);
            }
            for answer in self.run::<Vec<Vec<String>>>(&run).await? {
                puts.push(put(&answer)?);
            }
        }
        Ok(puts)
    }

    pub(super) async fn claim(
        &self,
        session: &SessionRef,
        project: &str,
        home: &str,
        person: Option<&str>,
        now: Timestamp,
    ) -> Result<Claimed, ParkError> {
        let SessionRef { agent, session } = session;
        let until = micros(later(now, CLAIM));
        let person = person.unwrap_or_default();
        let run = run!(self, "claim", agent, session, project, home, person, micros(now), until, self.bounds.claims);
        let answer: Vec<String> = self.run(&run).await?;
        match answer.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["foreign"] => Ok(Claimed::Foreign),
            ["full"] => Ok(Claimed::Full),
            ["ours", .., events] => {
                Ok(Claimed::Ours { claim: claim(&answer[1..])?, waiting: number::<u64>(events)? > 0 })
            }
            _ => Err(odd()),
        }
    }

    pub(super) async fn claimed(&self, session: &SessionRef, now: Timestamp) -> Result<Option<Claim>, ParkError> {
        let run = run!(self, "claimed", &session.agent, &session.session, micros(now));
        let answer: Vec<String> = self.run(&run).await?;
        if answer.is_empty() { Ok(None) } else { claim(&answer).map(Some) }
    }

    pub(super) async fn release(
        &self,
        home: &str,
        session: &SessionRef,
        limit: usize,
        now: Timestamp,
    ) -> Result<Option<(Claim, Vec<Parked>)>, ParkError> {
        let run = run!(self, "release", &session.agent, &session.session, home, limit, micros(now));
        let answer: Vec<Vec<String>> = self.run(&run).await?;
        let mut rows = answer.into_iter();
        let Some(first) = rows.next() else { return Ok(None) };
        let items = rows.map(|row| item(session.clone(), row)).collect::<Result<_, _>>()?;
        Ok(Some((claim(&first)?, items)))
    }

    pub(super) async fn released(&self, session: &SessionRef, seqs: &[u64]) -> Result<bool, ParkError> {
        self.run(&run!(self, "released", &session.agent, &session.session, seqs)).await
    }

    pub(super) async fn waiting(&self, home: &str, limit: usize, now: Timestamp) -> Result<Vec<SessionRef>, ParkError> {
        let answer: Vec<(String, String)> = self.run(&run!(self, "waiting", home, limit, micros(now))).await?;
        Ok(answer.into_iter().map(|(agent, session)| SessionRef { agent, session }).collect())
    }

    pub(super) async fn expire(&self, home: &str, limit: usize, now: Timestamp) -> Result<Vec<Parked>, ParkError> {
        let run = run!(self, "expire", home, limit, micros(now), micros(earlier(now, WAIT)));
        let answer: Vec<Vec<String>> = self.run(&run).await?;
        let expired = |mut row: Vec<String>| {
            if row.len() != 7 {
                return Err(odd());
            }
            let rest = row.split_off(2);
            let session = SessionRef { session: row.pop().unwrap_or_default(), agent: row.pop().unwrap_or_default() };
            item(session, rest)
        };
        answer.into_iter().map(expired).collect()
    }

    pub(super) async fn expired(&self, home: &str, seqs: &[u64]) -> Result<(), ParkError> {
        let _: i64 = self.run(&run!(self, "expired", home, seqs)).await?;
        Ok(())
    }

    pub(super) async fn sessions(&self, offset: usize, limit: usize) -> Result<Vec<Waiting>, ParkError> {
        let answer: Vec<Vec<String>> = self.run(&run!(self, "sessions", offset, limit)).await?;
        let waiting = |row: Vec<String>| {
            let [agent, session, events, bytes, first, last, address]: [String; 7] =
                row.try_into().map_err(|_| odd())?;
            Ok(Waiting {
                session: SessionRef { agent, session },
                events: number(&events)?,
                bytes: number(&bytes)?,
                first_at: from_micros(&first)?,
                last_at: from_micros(&last)?,
                address,
            })
        };
        answer.into_iter().map(waiting).collect()
    }

    pub(super) async fn events(
        &self,
        session: &SessionRef,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Parked>, ParkError> {
        let run = run!(self, "events", &session.agent, &session.session, after, limit);
        let answer: Vec<Vec<String>> = self.run(&run).await?;
        answer.into_iter().map(|row| item(session.clone(), row)).collect()
    }

    pub(super) async fn totals(&self) -> Result<Totals, ParkError> {
        let (events, bytes, claims): (String, String, String) = self.run(&run!(self, "totals")).await?;
        Ok(Totals { events: number(&events)?, bytes: number(&bytes)?, claims: number(&claims)? })
    }
}

/// Whole microseconds: what a score holds exactly.
fn micros(at: Timestamp) -> i64 {
    at.as_nanos().div_euclid(1000)
}

fn from_micros(text: &str) -> Result<Timestamp, ParkError> {
    Ok(Timestamp::from_nanos(number::<i64>(text)?.saturating_mul(1000)))
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, ParkError> {
    text.parse().map_err(|_| odd())
}

/// What the script never answers: another program writes under our prefix.
fn odd() -> ParkError {
    let text =
        format!("what Redis keeps under {PREFIX} was not written by this program; give it a database of its own");
    ParkError::Store(StoreError::Corrupt(text))
}

/// A claim as `project, home, person, until`.
fn claim(row: &[String]) -> Result<Claim, ParkError> {
    let [project, home, person, until, ..] = row else { return Err(odd()) };
    let person = (!person.is_empty()).then(|| person.clone());
    Ok(Claim { project: project.clone(), home: home.clone(), person, until: from_micros(until)? })
}

/// An event as `number, id, at, address, record`.
fn item(session: SessionRef, row: Vec<String>) -> Result<Parked, ParkError> {
    let [seq, id, at, address, record]: [String; 5] = row.try_into().map_err(|_| odd())?;
    let at = Timestamp::from_nanos(number(&at)?);
    Ok(Parked { session, seq: number(&seq)?, id: number(&id)?, at, address: number(&address)?, record })
}

fn put(answer: &[String]) -> Result<Put, ParkError> {
    match answer.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["parked"] => Ok(Put::Parked),
        ["duplicate"] => Ok(Put::Duplicate),
        ["full", bound] => {
            let bound = Bound::ALL.into_iter().find(|each| each.as_str() == bound);
            Ok(Put::Full(bound.ok_or_else(odd)?))
        }
        ["claimed", ..] => Ok(Put::Claimed(claim(&answer[1..])?)),
        _ => Err(odd()),
    }
}
