//! What each word of a call weighs, in whole numbers.

use super::FEATURES;
use crate::policy::tagged::Tagged;

/// How many places there are that features share.
pub const BUCKETS: usize = 1 << 14;

type Learned<'a> = Tagged<'a, BUCKETS>;

/// How the weights are written: what an edit and what another call has to weigh more than, as numbers of four bytes in little endian, and the
/// buckets.
pub const LENGTH: usize = 2 * size_of::<f32>() + Learned::LENGTH;

// The tag of a feature fits into its byte.
const _: () = assert!(FEATURES / BUCKETS <= 1 << u8::BITS);

/// A call with hardly a word is not weighed by these alone: as if it had so many more that say nothing.
const SILENT: usize = 60;

/// How much each of so many features counts: less in a call of many.
pub fn share(features: usize) -> f32 {
    1.0 / ((features + SILENT) as f32).sqrt()
}

/// What calls are weighed with.
pub struct Weights<'a> {
    bounds: [f32; 2],
    learned: Learned<'a>,
}

impl<'a> Weights<'a> {
    /// Those that were learned.
    pub fn learned() -> Weights<'static> {
        static LEARNED: &[u8; LENGTH] = include_bytes!("weights.bin");
        Weights::read(LEARNED)
    }

    /// As they are written.
    pub fn read(bytes: &'a [u8; LENGTH]) -> Self {
        let (bounds, buckets) = bytes.split_at(2 * size_of::<f32>());
        let bounds = bounds.as_chunks().0;
        Self { bounds: [bounds[0], bounds[1]].map(f32::from_le_bytes), learned: Tagged::read(buckets) }
    }

    /// What a call has to weigh more than.
    pub fn bound(&self, is_edit: bool) -> f32 {
        self.bounds[usize::from(!is_edit)]
    }

    /// The sum of what each of these features weighs, once, over the root of how many there are.
    pub fn weigh(&self, features: &[u32]) -> f32 {
        let mut counted = [0_u64; Learned::PLACES / 64];
        let mut sum = 0_i32;
        for feature in features {
            let Some(place) = self.learned.place(*feature) else { continue };
            let (word, bit) = (place / 64, 1 << (place % 64));
            sum += if counted[word] & bit == 0 { self.learned.at(place) } else { 0 };
            counted[word] |= bit;
        }
        sum as f32 * share(features.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::tagged::{BUCKET, WAYS};

    #[test]
    fn each_feature_counts_once() {
        let mut bytes = [0; LENGTH];
        let (first, second) = (5_u32, 3 * BUCKETS as u32 + 9);
        for (feature, weight) in [(first, 40_i8), (second, -10)] {
            let at = 8 + feature as usize % BUCKETS * BUCKET;
            (bytes[at], bytes[at + WAYS]) = ((feature as usize / BUCKETS) as u8, weight.cast_unsigned());
        }
        let weights = Weights::read(&bytes);
        assert_eq!(weights.weigh(&[first]), 40.0 * share(1));
        assert_eq!(weights.weigh(&[first, first, second, second]), 30.0 * share(4));
        assert_eq!(weights.weigh(&[]), 0.0);
    }
}
