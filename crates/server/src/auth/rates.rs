//! How often somebody may: a bucket of tokens each, in a bounded number of buckets.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::config::Rate;

/// The most buckets kept. Whoever comes beyond that shares one until some are full again and so forgotten.
const MAX_BUCKETS: usize = 16_384;

/// Time between two searches for buckets that can be forgotten.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// Where somebody comes from, as far as it tells people apart: an address, or the network of 64 bits that is one
/// subscriber's with IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Home(IpAddr);

impl Home {
    pub(super) fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                Self(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into())
            }
            v4 => Self(v4),
        }
    }
}

/// A bucket for everybody who has one.
#[derive(Debug)]
pub(super) struct Buckets<K> {
    rate: Rate,
    state: Mutex<State<K>>,
}

#[derive(Debug)]
struct State<K> {
    buckets: HashMap<K, Bucket>,
    /// For whoever has no place of their own.
    shared: Bucket,
    swept: Instant,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Bucket {
    fn refill(&mut self, rate: Rate, now: Instant) {
        let since = now.saturating_duration_since(self.at).as_secs_f64();
        self.tokens = (self.tokens + since * f64::from(rate.per_second)).min(f64::from(rate.burst));
        self.at = now;
    }
}

impl<K: Eq + Hash> Buckets<K> {
    pub(super) fn new(rate: Rate) -> Self {
        let now = Instant::now();
        let shared = Bucket { tokens: f64::from(rate.burst), at: now };
        Self { rate, state: Mutex::new(State { buckets: HashMap::new(), shared, swept: now }) }
    }

    /// Takes `cost` tokens, or as many as there are.
    ///
    /// # Errors
    /// Where there is none: the seconds until there is one.
    pub(super) fn take(&self, key: K, cost: u32) -> Result<(), u32> {
        self.take_at(key, cost, Instant::now())
    }

    fn take_at(&self, key: K, cost: u32, now: Instant) -> Result<(), u32> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let rate = self.rate;
        let bucket = state.bucket(key, rate, now);
        bucket.refill(rate, now);
        if bucket.tokens < 1.0 {
            return Err(wait(bucket.tokens, rate));
        }
        bucket.tokens = (bucket.tokens - f64::from(cost)).max(0.0);
        Ok(())
    }

    /// Whether [`Self::take`] would find a token.
    ///
    /// # Errors
    /// As there.
    pub(super) fn peek(&self, key: &K) -> Result<(), u32> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(bucket) = state.buckets.get_mut(key) else { return Ok(()) };
        bucket.refill(self.rate, Instant::now());
        if bucket.tokens < 1.0 { Err(wait(bucket.tokens, self.rate)) } else { Ok(()) }
    }
}

/// Whole seconds until there is a token.
fn wait(tokens: f64, rate: Rate) -> u32 {
    ((1.0 - tokens) / f64::from(rate.per_second.max(1))).ceil().max(1.0) as u32
}

impl<K: Eq + Hash> State<K> {
    fn bucket(&mut self, key: K, rate: Rate, now: Instant) -> &mut Bucket {
        if self.buckets.len() >= MAX_BUCKETS && !self.buckets.contains_key(&key) {
            if now.saturating_duration_since(self.swept) >= SWEEP_EVERY {
                self.swept = now;
                self.buckets.retain(|_, bucket| {
                    bucket.refill(rate, now);
                    bucket.tokens < f64::from(rate.burst)
                });
            }
            if self.buckets.len() >= MAX_BUCKETS {
                return &mut self.shared;
            }
        }
        self.buckets.entry(key).or_insert(Bucket { tokens: f64::from(rate.burst), at: now })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const RATE: Rate = Rate { per_second: 2, burst: 10 };

    #[test]
    fn a_burst_then_a_rate_and_nobody_pays_for_another() {
        let (buckets, start) = (Buckets::new(RATE), Instant::now());
        let taken = |key: u32, n: u32, at: u64| {
            (0..n).filter(|_| buckets.take_at(key, 1, start + Duration::from_millis(at)).is_ok()).count()
        };
        assert_eq!(taken(1, 20, 0), 10);
        assert_eq!(taken(2, 20, 0), 10);
        assert_eq!(taken(1, 20, 400), 0);
        assert_eq!(buckets.take_at(1, 1, start + Duration::from_millis(400)), Err(1));
        assert_eq!(taken(1, 20, 1_500), 3);
        assert_eq!(taken(1, 20, 60_000), 10, "no more than a burst is saved up");
        assert_eq!(buckets.take_at(3, 8, start), Ok(()));
        assert_eq!(buckets.take_at(3, 8, start), Ok(()), "what is dearer than the rest takes the rest");
        assert_eq!(buckets.take_at(3, 1, start), Err(1));
    }

    #[test]
    fn many_strangers_need_no_more_memory_than_some() {
        let (buckets, start) = (Buckets::new(RATE), Instant::now());
        for key in 0..2 * MAX_BUCKETS as u32 {
            let _ = buckets.take_at(key, 1, start);
        }
        let known = || buckets.state.lock().unwrap().buckets.len();
        assert_eq!(known(), MAX_BUCKETS);
        assert!(buckets.take_at(u32::MAX, 1, start).is_err(), "the shared bucket is empty");
        assert_eq!(buckets.take_at(u32::MAX, 1, start + Duration::from_secs(60)), Ok(()));
        assert_eq!(known(), 1, "those that are full again are forgotten");
    }

    #[test]
    fn a_network_of_ipv6_is_one_home() {
        let home = |text: &str| Home::of(text.parse().unwrap());
        assert_eq!(home("2001:db8:1:2::1"), home("2001:db8:1:2:ffff::9"));
        assert_ne!(home("2001:db8:1:2::1"), home("2001:db8:1:3::1"));
        assert_eq!(home("::ffff:192.0.2.1"), home("192.0.2.1"));
        assert_ne!(home("192.0.2.1"), home("192.0.2.2"));
    }
}
