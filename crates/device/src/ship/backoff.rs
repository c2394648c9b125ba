//! How long to wait before the next try.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// The first wait is at most this long.
const FIRST: Duration = Duration::from_millis(500);

/// No wait is longer than this, unless the server asks for it.
const LONGEST: Duration = Duration::from_secs(60);

/// Exponential back-off with full jitter: the n-th wait is anything up to `FIRST * 2^n`, so that a fleet whose server
/// comes back does not come back as one.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The wait before the next try. A wait that the server asked for is kept, and lengthened a little at random.
    pub(crate) fn next(&mut self, asked: Option<Duration>) -> Duration {
        let limit = FIRST.saturating_mul(1 << self.failures.min(16)).min(LONGEST);
        self.failures += 1;
        match asked {
            Some(asked) => asked + part(FIRST),
            None => part(limit),
        }
    }
}

/// A random part of a span.
fn part(span: Duration) -> Duration {
    let random = RandomState::new().hash_one(span) >> 11;
    span.mul_f64(random as f64 / (1u64 << 53) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_limit_and_are_spread() {
        let mut longest = Duration::ZERO;
        for _ in 0..200 {
            let mut backoff = Backoff::default();
            for n in 0..40 {
                let wait = backoff.next(None);
                assert!(wait <= FIRST.saturating_mul(1 << n.min(16)).min(LONGEST), "{n}: {wait:?}");
                longest = longest.max(wait);
            }
        }
        assert!(longest > LONGEST / 2, "{longest:?}");
    }

    #[test]
    fn what_the_server_asks_for_is_kept() {
        let asked = Duration::from_secs(7);
        let wait = Backoff::default().next(Some(asked));
        assert!(wait >= asked && wait <= asked + FIRST, "{wait:?}");
    }
}
