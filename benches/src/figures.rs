//! What was measured: times, and how they are told.

use std::time::Duration;

/// Times of many requests, in microseconds.
#[derive(Default)]
pub(crate) struct Times(Vec<u64>);

impl Times {
    pub(crate) fn add(&mut self, time: Duration) {
        self.0.push(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// `p50 …, p95 …, p99 …, max …` in milliseconds.
    pub(crate) fn told(&mut self) -> String {
        self.0.sort_unstable();
        let at = |part: f64| self.0.get(((self.0.len() as f64 * part) as usize).min(self.0.len().saturating_sub(1)));
        let ms = |part| at(part).map_or(0.0, |us| *us as f64 / 1000.0);
        format!("p50 {:.2} ms, p95 {:.2} ms, p99 {:.2} ms, max {:.2} ms", ms(0.5), ms(0.95), ms(0.99), ms(1.0))
    }

    /// The 95th percentile in milliseconds.
    pub(crate) fn p95(&mut self) -> f64 {
        self.0.sort_unstable();
        self.0.get(self.0.len() * 95 / 100).map_or(0.0, |us| *us as f64 / 1000.0)
    }
}
