//! How handlers ran, by hour and outcome.

use std::collections::BTreeMap;

use hookrail_core::emitted;
use hookrail_core::event::{Event, Kind};

use super::ledger::hour;
use crate::histogram::Histogram;

/// What a row is of: an hour's start in seconds, a handler, an outcome.
pub(crate) type Key = (i64, String, String);

/// Runs of a handler that came out alike, within an hour.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Runs {
    pub(crate) runs: i64,
    pub(crate) durations: Histogram,
    /// When the last one ended, in nanoseconds, and in which session that was.
    pub(crate) last: (i64, Option<String>),
}

impl Runs {
    /// Adds all runs of another sum.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.runs += other.runs;
        self.durations.merge(&other.durations);
        if self.last < other.last {
            self.last.clone_from(&other.last);
        }
    }
}

/// Adds the run that an event tells of, if it tells of one.
pub(crate) fn absorb(sums: &mut BTreeMap<Key, Runs>, event: &Event) {
    let parsed = &event.parsed;
    if parsed.kind != Kind::HandlerRan {
        return;
    }
    let (Some(handler), Some(outcome)) = (emitted::handler(event.payload.get()), parsed.reason.clone()) else { return };
    let at = event.occurred_at.as_nanos();
    let mut run =
        Runs { runs: 1, last: (at, parsed.session_id.as_ref().map(|id| id.as_str().to_owned())), ..Runs::default() };
    if let Some(millis) = parsed.duration_ms {
        run.durations.add(millis, 1);
    }
    sums.entry((hour(at), handler, outcome)).or_default().merge(&run);
}
