//! What stands in a window of a text: the sum of what each of its features adds, in whole numbers.

use super::features::{Features, Few};
use super::unescaped;
use crate::policy::tagged::Tagged;

/// How many places there are that features share.
pub const BUCKETS: usize = 1 << 13;

type Learned<'a> = Tagged<'a, BUCKETS>;

/// How many words are weighed together.
pub(super) const WINDOW: usize = 120;

/// How many words further the next window begins.
const APART: usize = WINDOW / 4;

/// How the weights are written: what every window begins with, in little endian, and the buckets.
pub const LENGTH: usize = size_of::<i32>() + Learned::LENGTH;

/// What a text is weighed with.
pub struct Weights<'a> {
    bias: i32,
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
        let (bias, places) = bytes.split_first_chunk().unwrap_or((&[0; 4], &[]));
        Self { bias: i32::from_le_bytes(*bias), learned: Tagged::read(places) }
    }

    /// The weight of the heaviest window of a text of JSON: above zero its words alone read as those of one that is meant to steer an agent.
    pub fn weigh(&self, text: &str) -> i32 {
        self.heaviest(text).weight
    }

    /// The heaviest window of a text of JSON. A feature counts once in a window.
    pub fn heaviest(&self, text: &str) -> Window {
        let text = unescaped(text);
        let mut counts = vec![0_u16; Learned::PLACES];
        let mut window = [Few::default(); WINDOW];
        let (mut sum, mut words) = (self.bias, 0_usize);
        let mut heaviest = Window { weight: i32::MIN, from: 0 };
        for features in Features::of(&text) {
            if words >= WINDOW && (words - WINDOW).is_multiple_of(APART) {
                heaviest = heaviest.or(sum, words - WINDOW);
            }
            let mut comes = Few::default();
            features
                .iter()
                .filter_map(|feature| self.learned.place(feature))
                .for_each(|place| comes.push(place as u16));
            for place in std::mem::replace(&mut window[words % WINDOW], comes).iter() {
                let count = &mut counts[usize::from(place)];
                *count -= 1;
                sum -= self.learned.at(usize::from(place)) * i32::from(*count == 0);
            }
            for place in comes.iter() {
                let count = &mut counts[usize::from(place)];
                sum += self.learned.at(usize::from(place)) * i32::from(*count == 0);
                *count += 1;
            }
            words += 1;
        }
        heaviest.or(sum, words.saturating_sub(WINDOW))
    }
}

/// A window of a text.
#[derive(Clone, Copy)]
pub struct Window {
    /// What it weighs.
    pub weight: i32,
    /// Which word of the text it begins with.
    pub from: usize,
}

impl Window {
    /// The heavier of this one and another.
    fn or(self, weight: i32, from: usize) -> Self {
        if weight > self.weight { Self { weight, from } } else { self }
    }
}

/// The features of the windows of a text of JSON, each once in a window.
pub fn windows(text: &str) -> Vec<Vec<u32>> {
    let text = unescaped(text);
    let words: Vec<Few<u32>> = Features::of(&text).collect();
    let last = words.len().saturating_sub(WINDOW);
    let window = |from: usize| {
        let mut window: Vec<u32> = words.iter().skip(from).take(WINDOW).flat_map(Few::iter).collect();
        window.sort_unstable();
        window.dedup();
        window
    };
    (0..last).step_by(APART).chain([last]).map(window).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::policy::tagged::BUCKET;

    proptest! {
        #[test]
        fn the_heaviest_window_is_found_in_one_pass(text in "([abc] |send |key ){0,300}", seed in any::<u8>()) {
            let mut bytes = [0; LENGTH];
            bytes[4..].iter_mut().enumerate().for_each(|(at, byte)| *byte = (at as u8).wrapping_mul(seed));
            // What is in the text has a weight.
            for feature in windows(&text).concat() {
                bytes[4 + feature as usize % BUCKETS * BUCKET] = (feature as usize / BUCKETS) as u8;
            }
            let weights = Weights::read(&bytes);
            let of = |feature: &u32| weights.learned.place(*feature).map_or(0, |place| weights.learned.at(place));
            let sums = windows(&text).into_iter().map(|window| weights.bias + window.iter().map(of).sum::<i32>());
            prop_assert_eq!(Some(weights.weigh(&text)), sums.max());
        }
    }
}
