//! Weights of features that are hashes: places for those few that tell something, each with a tag by which another hash is told from it.

/// How many features share what the low bits of a hash say; its high bits, the tag, tell them apart.
pub const WAYS: usize = 4;

/// How many bytes a bucket has: of each of its features the tag, and then of each what it weighs.
pub const BUCKET: usize = 2 * WAYS;

/// So many buckets, and thereby places for features.
pub struct Tagged<'a, const BUCKETS: usize>(&'a [[u8; BUCKET]]);

impl<'a, const BUCKETS: usize> Tagged<'a, BUCKETS> {
    /// How many bytes they have.
    pub const LENGTH: usize = BUCKETS * BUCKET;
    /// How many features may have a weight.
    pub const PLACES: usize = BUCKETS * WAYS;

    /// As they are written; buckets that are not there weigh nothing.
    pub fn read(bytes: &'a [u8]) -> Self {
        Self(bytes.as_chunks().0)
    }

    /// Where a feature's weight is, if it has one.
    pub(super) fn place(&self, feature: u32) -> Option<usize> {
        let (bucket, tag) = (feature as usize % BUCKETS, (feature as usize / BUCKETS) as u8);
        let tags = self.0.get(bucket)?.first_chunk()?;
        // All tags at once: the lowest byte that is nought is the first that is the same.
        let differs = u32::from_le_bytes(*tags) ^ u32::from_le_bytes([tag; WAYS]);
        let same = differs.wrapping_sub(0x0101_0101) & !differs & 0x8080_8080;
        (same != 0).then(|| bucket * WAYS + (same.trailing_zeros() / 8) as usize)
    }

    /// What stands in a place.
    pub(super) fn at(&self, place: usize) -> i32 {
        let (bucket, way) = (place / WAYS, place % WAYS);
        self.0.get(bucket).map_or(0, |bucket| i32::from(bucket[WAYS + way].cast_signed()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_is_told_from_others_of_its_bucket() {
        let (first, second, third) = (5_u32, 3 * 16 + 5, 7 * 16 + 5);
        let mut bytes = [0; Tagged::<16>::LENGTH];
        for (way, (feature, weight)) in [(first, 40_i8), (second, -10)].into_iter().enumerate() {
            let bucket = &mut bytes[5 * BUCKET..6 * BUCKET];
            (bucket[way], bucket[WAYS + way]) = ((feature / 16) as u8, weight.cast_unsigned());
        }
        let weights = Tagged::<16>::read(&bytes);
        let of = |feature| weights.place(feature).map(|place| weights.at(place));
        assert_eq!([first, second, third].map(of), [Some(40), Some(-10), None]);
        assert_eq!(Tagged::<16>::read(&[]).place(first), None);
    }
}
