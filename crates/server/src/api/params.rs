//! The parameters of a query, read once, each by name; what nobody asked for at the end is a mistake.

use std::str::FromStr;

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use hookrail_core::event::{EventId, Outcome};
use hookrail_core::time::Timestamp;
use hookrail_store::events::MAX_LIMIT;
use hookrail_store::model::{EventFilter, SessionFilter, SessionState, UsageFilter};

use crate::app::now;
use crate::error::Problem;

/// Items of a page where nobody says how many.
const DEFAULT_LIMIT: usize = 50;

/// The parameters of a request that were not taken yet. Empty values count as not given.
#[derive(Debug)]
pub(crate) struct Params {
    left: Vec<(String, String)>,
    taken: Vec<&'static str>,
}

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Query(left) = Query::<Vec<(String, String)>>::from_request_parts(parts, state)
            .await
            .map_err(|error| Problem::bad_request(error.body_text(), "Check the query part of the URL."))?;
        Ok(Self { left, taken: Vec::new() })
    }
}

/// Which part of a list is asked for.
#[derive(Debug)]
pub(crate) struct Slice {
    pub(crate) limit: usize,
    pub(crate) cursor: Option<String>,
}

impl Params {
    /// The value of a parameter; `None` where it is missing or empty.
    pub(crate) fn text(&mut self, name: &'static str) -> Result<Option<String>, Problem> {
        self.taken.push(name);
        let mut value = None;
        let mut twice = false;
        self.left.retain_mut(|(key, text)| {
            if key != name {
                return true;
            }
            twice |= value.replace(std::mem::take(text)).is_some();
            false
        });
        if twice {
            return Err(Problem::bad_request(format!("The parameter {name} is given twice."), "Give it once."));
        }
        Ok(value.filter(|text| !text.is_empty()))
    }

    /// The value of a parameter that is not just any text.
    pub(crate) fn parsed<T>(
        &mut self,
        name: &'static str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        match parse(&text) {
            Some(value) => Ok(Some(value)),
            None => {
                let shown: String = text.chars().take(80).collect();
                Err(Problem::bad_request(format!("{name}={shown} is not understood."), format!("Expected {expected}.")))
            }
        }
    }

    /// `limit` and `cursor`. A page never holds more than [`MAX_LIMIT`], whatever is asked for.
    pub(crate) fn slice(&mut self) -> Result<Slice, Problem> {
        self.slice_or(DEFAULT_LIMIT)
    }

    fn slice_or(&mut self, limit_where_none_is_given: usize) -> Result<Slice, Problem> {
        let expected = format!("a number from 1 to {MAX_LIMIT}");
        let limit = self.parsed("limit", &expected, |text| text.parse::<usize>().ok().filter(|limit| *limit > 0))?;
        Ok(Slice { limit: limit.unwrap_or(limit_where_none_is_given).min(MAX_LIMIT), cursor: self.text("cursor")? })
    }

    /// [`Self::slice`] of a list that is short enough to be asked for whole: as many as a page can hold, where nobody says.
    pub(crate) fn wide_slice(&mut self) -> Result<Slice, Problem> {
        self.slice_or(MAX_LIMIT)
    }

    /// A moment: RFC 3339, or a span back from now.
    pub(crate) fn time(&mut self, name: &'static str) -> Result<Option<Timestamp>, Problem> {
        let expected = "a time such as 2026-11-20T19:00:00Z, or a span back from now such as 15m, 24h or 7d";
        self.parsed(name, expected, |text| moment(text, now()))
    }

    /// `since` and `until` of a list whose items were seen from one moment to another.
    pub(crate) fn span(&mut self) -> Result<(Timestamp, Timestamp), Problem> {
        let (since, until) = (self.time("since")?, self.time("until")?);
        ordered(since, until)?;
        Ok((since.unwrap_or(Timestamp::from_nanos(i64::MIN)), until.unwrap_or(Timestamp::from_nanos(i64::MAX))))
    }

    /// An event's id.
    pub(crate) fn id(&mut self, name: &'static str) -> Result<Option<EventId>, Problem> {
        self.parsed(name, "an event's id, such as 01932f6e-7a3c-7b1d-9a2e-0c5f3d8b6a41", |text| {
            EventId::from_str(text).ok()
        })
    }

    /// The filters of events.
    pub(crate) fn events(&mut self) -> Result<EventFilter, Problem> {
        let outcomes = Outcome::ALL.map(Outcome::as_str).join(", ");
        let known = |text: &str| Outcome::ALL.iter().any(|outcome| outcome.as_str() == text).then(|| text.to_owned());
        let filter = EventFilter {
            session_id: self.text("session_id")?,
            agent: self.text("agent")?,
            name: self.text("name")?,
            kind: self.text("kind")?,
            tool: self.text("tool")?,
            server: self.text("server")?,
            tool_use_id: self.text("tool_use_id")?,
            outcome: self.parsed("outcome", &format!("one of {outcomes}"), known)?,
            user: self.text("user")?,
            device: self.text("device")?,
            source_app: self.text("source_app")?,
            redaction: self.text("redaction")?,
            since: self.time("since")?,
            until: self.time("until")?,
            q: self.text("q")?,
        };
        ordered(filter.since, filter.until)?;
        Ok(filter)
    }

    /// The filters of sessions.
    pub(crate) fn sessions(&mut self) -> Result<SessionFilter, Problem> {
        let filter = SessionFilter {
            agent: self.text("agent")?,
            state: self.parsed("state", "one of working, waiting, idle, asleep, ended, failed", state)?,
            user: self.text("user")?,
            device: self.text("device")?,
            source_app: self.text("source_app")?,
            repository: self.text("repository")?,
            since: self.time("since")?,
            until: self.time("until")?,
            q: self.text("q")?,
        };
        ordered(filter.since, filter.until)?;
        Ok(filter)
    }

    /// The filters of use.
    pub(crate) fn usage(&mut self) -> Result<UsageFilter, Problem> {
        let filter = UsageFilter {
            since: self.time("since")?,
            until: self.time("until")?,
            user: self.text("user")?,
            repository: self.text("repository")?,
            session_id: self.text("session_id")?,
            agent: self.text("agent")?,
            model: self.text("model")?,
            device: self.text("device")?,
            source_app: self.text("source_app")?,
            run_id: self.text("run_id")?,
            team: self.text("team")?,
        };
        ordered(filter.since, filter.until)?;
        Ok(filter)
    }

    /// Everything that was not taken, for a door whose parameters have no fixed names.
    pub(crate) fn rest(self) -> Vec<(String, String)> {
        self.left.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }

    /// Refuses what nobody took.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        match self.left.first() {
            None => Ok(()),
            Some((name, _)) => {
                let shown: String = name.chars().take(80).collect();
                let known = if self.taken.is_empty() { "none".to_owned() } else { self.taken.join(", ") };
                Err(Problem::bad_request(
                    format!("There is no parameter {shown} here."),
                    format!("The parameters of this door: {known}."),
                ))
            }
        }
    }
}

/// The words that a parameter takes, as a person is told them.
pub(crate) fn words<T: Copy>(all: &[T], word: fn(T) -> &'static str) -> String {
    format!("one of {}", all.iter().map(|one| word(*one)).collect::<Vec<_>>().join(", "))
}

fn ordered(since: Option<Timestamp>, until: Option<Timestamp>) -> Result<(), Problem> {
    match (since, until) {
        (Some(since), Some(until)) if since >= until => {
            Err(Problem::bad_request("since is not before until.", "Give an earlier since or a later until."))
        }
        _ => Ok(()),
    }
}

fn state(text: &str) -> Option<SessionState> {
    Some(match text {
        "working" => SessionState::Working,
        "waiting" => SessionState::Waiting,
        "idle" => SessionState::Idle,
        "asleep" => SessionState::Asleep,
        "ended" => SessionState::Ended,
        "failed" => SessionState::Failed,
        _ => return None,
    })
}

/// RFC 3339, or `<number><s|m|h|d|w>` back from `now`.
fn moment(text: &str, now: Timestamp) -> Option<Timestamp> {
    // A plus sign of an offset arrives as a space from clients that do not encode it.
    let time = Timestamp::parse(text).or_else(|| {
        let (time, offset) = text.rsplit_once(' ')?;
        Timestamp::parse(&format!("{time}+{offset}"))
    });
    if time.is_some() {
        return time;
    }
    let unit = text.chars().next_back()?;
    let seconds: i64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return None,
    };
    let digits = &text[..text.len() - unit.len_utf8()];
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let span = digits.parse::<i64>().ok()?.checked_mul(seconds)?.checked_mul(1_000_000_000)?;
    now.as_nanos().checked_sub(span).map(Timestamp::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_times_or_spans_back() {
        let now = Timestamp::from_nanos(1_000_000_000_000_000_000);
        let back = |seconds: i64| Some(Timestamp::from_nanos(now.as_nanos() - seconds * 1_000_000_000));
        for (text, moment_in_time) in [
            ("15m", back(900)),
            ("24h", back(86_400)),
            ("7d", back(604_800)),
            ("2w", back(1_209_600)),
            ("0s", back(0)),
            ("2001-09-09T01:46:40Z", Some(now)),
            ("2001-09-09T03:46:40 02:00", Some(now)),
            ("", None),
            ("m", None),
            ("-5m", None),
            ("5", None),
            ("5 m", None),
            ("5µ", None),
            ("99999999999999999999d", None),
            ("9999999999999d", None),
            ("yesterday", None),
        ] {
            assert_eq!(moment(text, now), moment_in_time, "{text}");
        }
    }
}
