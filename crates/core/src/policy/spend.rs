//! Spend limits: how much a session, a person or a repository may cost before somebody is told, asked, or stopped.
//!
//! A limit is a rule ([`super::Rule::spend`]), so layers, modes, exceptions and verdicts are those of every rule. What was spent is
//! counted elsewhere ([`book`]) and written down as [`Sums`] where a limit is reached; the hook reads these and nothing else.

use serde::{Deserialize, Serialize};

use crate::json;
use crate::ledger::NanoUsd;
use crate::time::Timestamp;

pub mod book;

/// How the ids of limits begin.
pub const AREA: &str = "spend.";

/// The version of [`Sums`] that this code reads and writes.
const VERSION: u32 = 1;

/// Whose spending is summed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Per {
    /// One session, from its first request to its last.
    Session,
    /// One repository; without one, the folder.
    Repository,
    /// One person, wherever they work.
    Person,
}

/// Over which time, by the clock and the calendar of the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Within {
    /// Since midnight.
    Day,
    /// Since the midnight that began Monday.
    Week,
    /// Since the midnight that began the first of the month.
    Month,
}

impl Within {
    /// Every span, from the shortest to the longest.
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// The span's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }
}

/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Scope {
    /// Whose spending.
    pub per: Per,
    /// Over which time; a session's counts as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Within>,
}

impl Scope {
    /// What was spent, as a sentence without its end.
    pub fn told(&self, spent: NanoUsd) -> String {
        let span = match self.within {
            None => "",
            Some(Within::Day) => " today",
            Some(Within::Week) => " this week",
            Some(Within::Month) => " this month",
        };
        let whose = match self.per {
            Per::Session => "This session has cost",
            Per::Repository => "This repository has cost",
            Per::Person => "This person has spent",
        };
        format!("{whose} {}{span}", cents(spent))
    }
}

/// A limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// What it counts.
    pub scope: Scope,
    /// From which amount on it is reached.
    pub limit: NanoUsd,
}

/// What was spent of a scope, where that reaches a limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// Of what.
    pub scope: Scope,
    /// Of which session, or in which folder (the root of a checkout, else the folder itself); a person's is everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// How much.
    pub spent: NanoUsd,
    /// When its span began and ends, in nanoseconds of the epoch; a session's does neither.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<(i64, i64)>,
}

/// Sums that reach a limit: what the hook reads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sums {
    v: u32,
    /// The sums.
    pub sums: Vec<Sum>,
}

impl Sums {
    /// These sums.
    pub fn new(sums: Vec<Sum>) -> Self {
        Self { v: VERSION, sums }
    }

    /// Sums as they were written; `None` for anything else, and for those of another version.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice::<Self>(bytes).ok().filter(|sums| sums.v == VERSION)
    }

    /// The largest sum of this scope at this place and time.
    pub fn find(&self, scope: Scope, session: Option<&str>, folder: Option<&str>, now: Timestamp) -> Option<&Sum> {
        let is_here = |sum: &&Sum| {
            let whose = match scope.per {
                Per::Session => session,
                Per::Repository => folder,
                Per::Person => None,
            };
            sum.scope == scope
                && sum.of.as_deref() == whose
                && sum.span.is_none_or(|(since, until)| (since..until).contains(&now.as_nanos()))
        };
        self.sums.iter().filter(is_here).max_by_key(|sum| sum.spent)
    }
}

json::fields!(Named { transcript = "transcript_path" });

/// The transcript that an agent's payload names.
pub fn transcript_of(payload: &str) -> Option<String> {
    let named = json::object::<Named<'_>>(payload)?;
    json::owned(named.transcript)
}

/// An amount as a person reads it: `$5`, `$12.50`, and as many further digits as it has.
pub fn dollars(amount: NanoUsd) -> String {
    let NanoUsd(nanos) = amount;
    let (sign, nanos) = (if nanos < 0 { "-" } else { "" }, nanos.unsigned_abs());
    let (whole, rest) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
    if rest == 0 {
        return format!("{sign}${whole}");
    }
    let digits = format!("{rest:09}");
    let digits = digits.trim_end_matches('0');
    format!("{sign}${whole}.{digits:0<2}")
}

/// An amount that was spent, to the cent, rounded down: what is told as reached is reached.
pub fn cents(amount: NanoUsd) -> String {
    dollars(NanoUsd(amount.0 - amount.0.rem_euclid(10_000_000)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_shown_as_people_write_them() {
        for (nanos, shown, to_the_cent) in [
            (0, "$0", "$0"),
            (5_000_000_000, "$5", "$5"),
            (12_500_000_000, "$12.50", "$12.50"),
            (12_345_678_000, "$12.345678", "$12.34"),
            (1, "$0.000000001", "$0"),
            (-250_000_000, "-$0.25", "-$0.25"),
        ] {
            assert_eq!(dollars(NanoUsd(nanos)), shown);
            assert_eq!(cents(NanoUsd(nanos)), to_the_cent);
        }
    }

    #[test]
    fn a_sum_counts_where_and_when_it_is_of() {
        let scope = |per, within| Scope { per, within };
        let sum = |scope, of: Option<&str>, span| Sum { scope, of: of.map(str::to_owned), spent: NanoUsd(7), span };
        let today = scope(Per::Person, Some(Within::Day));
        let here = scope(Per::Repository, Some(Within::Month));
        let session = scope(Per::Session, None);
        let sums = Sums::new(vec![
            sum(session, Some("s"), None),
            sum(here, Some("/home/dev/shop"), Some((0, 100))),
            sum(today, None, Some((50, 100))),
        ]);
        let text = serde_json::to_vec(&sums).unwrap();
        assert_eq!(Sums::read(&text).as_ref(), Some(&sums));
        assert_eq!(Sums::read(br#"{"v":2,"sums":[]}"#), None);
        assert_eq!(Sums::read(b"{"), None);
        let (s, shop) = (Some("s"), Some("/home/dev/shop"));
        for (scope, session, folder, now, found) in [
            (session, s, None, 0, true),
            (session, Some("other"), shop, 0, false),
            (session, None, None, 0, false),
            (here, s, shop, 99, true),
            (here, s, shop, 100, false),
            (here, s, Some("/work"), 99, false),
            (today, None, None, 50, true),
            (today, None, None, 49, false),
            (scope(Per::Person, Some(Within::Month)), s, shop, 60, false),
        ] {
            let found_now = sums.find(scope, session, folder, Timestamp::from_nanos(now)).is_some();
            assert_eq!(found_now, found, "{scope:?} {session:?} {folder:?} {now}");
        }
    }

    #[test]
    fn a_payload_names_its_transcript() {
        assert_eq!(transcript_of(r#"{"transcript_path":"/a/b.jsonl"}"#).as_deref(), Some("/a/b.jsonl"));
        assert_eq!(transcript_of(r#"{"transcript_path":null}"#), None);
        assert_eq!(transcript_of("x"), None);
    }
}
