//! What the server knows was spent: by the person and in the repositories of the sessions at work, on whatever machine.
//!
//! The server is asked for sessions alone, at most once a minute ([`EVERY`]), and answers sums: nobody learns of a person or a repository
//! but by a session of theirs. What it said last counts on while it is away, as long as the span lasts that it is of.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hookrail_core::ledger::NanoUsd;
use hookrail_core::policy::spend::Within;
use hookrail_core::time::Timestamp;
use hookrail_hook::Home;
use serde::{Deserialize, Serialize};

use super::calendar::Span;
use crate::http::Client;
use crate::whole::write_private;

/// The door.
const PATH: &str = "/api/v1/spend";

/// How often the server is asked.
const EVERY: Duration = Duration::from_secs(60);

/// How soon it is asked again where it does not know a session yet, and how often: the session's first events are on their way.
const SOON: Duration = Duration::from_secs(3);
const SOON_TRIES: u32 = 3;

/// The most sessions of one question.
pub(super) const MOST_SESSIONS: usize = 64;

/// What was spent within each span, in micro-dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Totals {
    day: i64,
    week: i64,
    month: i64,
}

impl Totals {
    /// What was spent within a span.
    pub(super) fn within(&self, within: Within) -> NanoUsd {
        NanoUsd::from_micros(match within {
            Within::Day => self.day,
            Within::Week => self.week,
            Within::Month => self.month,
        })
    }
}

/// What the server says of one session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OfSession {
    session_id: String,
    cost_microusd: i64,
    /// What its person spent.
    pub(super) person: Option<Totals>,
    /// What was spent in its repository.
    pub(super) repository: Option<Totals>,
}

impl OfSession {
    /// What the session cost.
    pub(super) fn cost(&self) -> NanoUsd {
        NanoUsd::from_micros(self.cost_microusd)
    }
}

/// What the server said.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Told {
    /// When.
    pub(super) at: Timestamp,
    /// When the spans began that it was asked for: day, week, month.
    spans: [Timestamp; 3],
    /// Of each session that it knows.
    pub(super) sessions: BTreeMap<String, OfSession>,
}

impl Told {
    /// Whether what was said is of the span that began then.
    pub(super) fn is_of(&self, within: Within, since: Timestamp) -> bool {
        Within::ALL.iter().zip(self.spans).any(|(each, began)| *each == within && began == since)
    }
}

#[derive(Deserialize)]
struct Answer {
    items: Vec<OfSession>,
}

/// Asks the server now and then, and keeps what it said.
#[derive(Debug)]
pub(super) struct Remote {
    file: PathBuf,
    pub(super) told: Told,
    due: Instant,
    tries: u32,
    /// The sessions of the last question.
    asked: Vec<String>,
}

impl Remote {
    pub(super) fn load(home: &Home) -> Self {
        let file = file(home);
        Self { told: told(&file), file, due: Instant::now(), tries: 0, asked: Vec::new() }
    }

    /// Asks for these sessions, if it is time. A server that is away, refuses or does not know the door is asked again later.
    ///
    /// # Errors
    /// Why there is no answer.
    pub(super) fn ask(
        &mut self,
        client: &Client,
        sessions: &[String],
        spans: [Span; 3],
        now: Timestamp,
    ) -> Result<(), String> {
        if sessions.iter().any(|session| !self.asked.contains(session)) {
            // A session that is new is not known there for a moment.
            self.tries = 0;
            self.due = self.due.min(Instant::now() + SOON / 2);
        }
        if sessions.is_empty() || self.due > Instant::now() {
            self.asked = sessions.to_vec();
            return Ok(());
        }
        self.asked = sessions.to_vec();
        self.due = Instant::now() + EVERY;
        self.told = fetch(client, sessions, spans, now)?;
        if self.told.sessions.len() < sessions.len() && self.tries < SOON_TRIES {
            self.tries += 1;
            self.due = Instant::now() + SOON;
        }
        let text = serde_json::to_vec(&self.told).map_err(|error| error.to_string())?;
        write_private(&self.file, &text).map_err(|error| format!("{}: {error}", self.file.display()))
    }
}

/// Asks the server what it knows of these sessions.
pub(super) fn fetch(client: &Client, sessions: &[String], spans: [Span; 3], now: Timestamp) -> Result<Told, String> {
    let began = spans.map(|(since, _)| since);
    let answer = client.get(&query(sessions, began)).map_err(|error| error.to_string())?;
    if answer.status != 200 {
        return Err(format!("what was spent elsewhere is not known: {}", answer.describe()));
    }
    let answer: Answer = serde_json::from_slice(&answer.body)
        .map_err(|error| format!("what the server says was spent is not understood: {error}"))?;
    let sessions = answer.items.into_iter().map(|item| (item.session_id.clone(), item)).collect();
    Ok(Told { at: now, spans: began, sessions })
}

fn file(home: &Home) -> PathBuf {
    home.spend().join("server.json")
}

fn told(file: &Path) -> Told {
    serde_json::from_slice(&fs::read(file).unwrap_or_default()).unwrap_or_default()
}

fn query(sessions: &[String], [day, week, month]: [Timestamp; 3]) -> String {
    // A comma separates; an id with one in it is nobody's.
    let encoded: Vec<String> =
        sessions.iter().filter(|session| !session.contains(',')).map(|session| percent(session)).collect();
    format!("{PATH}?sessions={}&day={day}&week={week}&month={month}", encoded.join(","))
}

/// A text as a part of a query.
fn percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
