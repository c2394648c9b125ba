//! A mergeable histogram of durations with logarithmic buckets.
//!
//! Bucket 0 counts zero; bucket `i > 0` counts durations in `[1.1^(i-1), 1.1^i)` milliseconds and is read as its
//! geometric middle, which is at most 4.9 % off. Any two histograms merge by adding their counts, so a roll-up of a
//! day is the sum of its minutes. Counts are signed: what a late event changes is taken out and put in again.

use std::collections::BTreeMap;

use crate::varint;

/// The growth of the buckets.
const GROWTH: f64 = 1.1;
/// The last bucket: everything from about 30 years on.
const LAST: u16 = 300;

/// Durations by bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Histogram(BTreeMap<u16, i64>);

impl Histogram {
    /// Counts a duration in milliseconds `times` times; negative takes it out again.
    pub(crate) fn add(&mut self, millis: u64, times: i64) {
        self.add_bucket(bucket(millis), times);
    }

    fn add_bucket(&mut self, bucket: u16, times: i64) {
        let count = self.0.entry(bucket).or_default();
        *count += times;
        if *count == 0 {
            self.0.remove(&bucket);
        }
    }

    /// Adds all counts of another histogram.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (&bucket, &times) in &other.0 {
            self.add_bucket(bucket, times);
        }
    }

    /// The duration in milliseconds below which the share `q` (0 to 1) of all lies; `None` where nothing was counted.
    pub(crate) fn quantile(&self, q: f64) -> Option<f64> {
        let total: i64 = self.0.values().sum();
        if total <= 0 {
            return None;
        }
        // The nearest rank: the smallest duration that at least a share `q` of all do not exceed.
        let rank = ((total as f64 * q).ceil() as i64).clamp(1, total);
        let mut below = 0;
        let found = self.0.iter().find(|(_, times)| {
            below += **times;
            below >= rank
        });
        found.map(|(&bucket, _)| middle(bucket))
    }

    /// The bytes kept in a roll-up: pairs of bucket distance and count.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.0.len() * 2);
        let mut previous = 0;
        for (&bucket, &times) in &self.0 {
            varint::put(&mut bytes, u64::from(bucket - previous));
            varint::put(&mut bytes, varint::zigzag(times));
            previous = bucket;
        }
        bytes
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote; `None` for anything else.
    pub(crate) fn from_bytes(mut bytes: &[u8]) -> Option<Self> {
        let mut histogram = Self::default();
        let mut bucket = 0u16;
        while !bytes.is_empty() {
            bucket = bucket.checked_add(u16::try_from(varint::get(&mut bytes)?).ok()?)?;
            histogram.add_bucket(bucket, varint::unzigzag(varint::get(&mut bytes)?));
        }
        Some(histogram)
    }
}

fn bucket(millis: u64) -> u16 {
    if millis == 0 {
        return 0;
    }
    let exponent = (millis as f64).ln() / GROWTH.ln();
    (exponent.floor() as u16 + 1).min(LAST)
}

fn middle(bucket: u16) -> f64 {
    if bucket == 0 { 0.0 } else { GROWTH.powf(f64::from(bucket) - 0.5) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn quantiles_are_within_five_percent(mut values in prop::collection::vec(1u64..10_000_000, 1..200), q in 0.0..1.0f64) {
            let mut histogram = Histogram::default();
            for &value in &values {
                histogram.add(value, 1);
            }
            values.sort_unstable();
            let rank = ((values.len() as f64 * q).ceil() as usize).clamp(1, values.len());
            let exact = values[rank - 1] as f64;
            let found = histogram.quantile(q).unwrap();
            prop_assert!((found - exact).abs() <= exact * 0.05 + 1e-9, "{found} is not within 5 % of {exact}");
        }

        #[test]
        fn merging_parts_is_counting_all(a in prop::collection::vec(any::<u32>(), 0..50), b in prop::collection::vec(any::<u32>(), 0..50)) {
            let count = |values: &[u32]| {
                let mut histogram = Histogram::default();
                values.iter().for_each(|&value| histogram.add(u64::from(value), 1));
                histogram
            };
            let mut merged = count(&a);
            merged.merge(&count(&b));
            let all = count(&[a.clone(), b].concat());
            prop_assert_eq!(&merged, &all);
            prop_assert_eq!(Histogram::from_bytes(&all.to_bytes()).unwrap(), all);
            for &value in &a {
                merged.add(u64::from(value), -1);
            }
            prop_assert!(merged.0.values().all(|&times| times > 0));
        }
    }

    #[test]
    fn nothing_counted_has_no_quantile() {
        assert_eq!(Histogram::default().quantile(0.5), None);
        assert_eq!(Histogram::from_bytes(&[0x80]), None);
    }
}
