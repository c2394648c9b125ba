//! How texts read that are meant to steer an agent: learned from examples, for nobody can list the words of those who mean harm.
//!
//! A linear model over a window of a text: its words, pairs of words that stand beside each other or one apart, and the senses of words
//! (`senses.rs`) in the order in which they come. Its weights are whole numbers in `weights.bin`, made by `scripts/learn` from
//! `examples.jsonl`, the cases of the guard and texts without any order. A text is read in one pass that remembers one window.

mod senses;
mod words;

use std::borrow::Cow;

use crate::json;
use words::Words;

/// How many weights there are.
pub const SLOTS: usize = 1 << 17;

/// How many words are weighed together.
pub const WINDOW: usize = 120;

/// What a word stands for: itself, behind the word before, behind the one before that; and its sense, by itself and behind the last
/// other senses, however far away they are.
const KINDS: usize = 6;

/// What a word without a sense has in the place of that: the slot behind all that weigh.
const NONE: u32 = SLOTS as u32;

/// How the weights are written: what every window begins with, in little endian, and what each slot adds.
pub const LENGTH: usize = size_of::<i32>() + SLOTS;

/// What a text is weighed with.
pub struct Weights<'a> {
    bias: i32,
    slots: &'a [u8; SLOTS],
}

impl<'a> Weights<'a> {
    /// Those that were learned.
    pub fn learned() -> Weights<'static> {
        static LEARNED: &[u8; LENGTH] = include_bytes!("weights.bin");
        Weights::read(LEARNED)
    }

    /// As they are written.
    pub fn read(bytes: &'a [u8; LENGTH]) -> Self {
        let (bias, slots) = bytes.split_first_chunk().unwrap_or((&[0; 4], &[]));
        Self { bias: i32::from_le_bytes(*bias), slots: slots.first_chunk().unwrap_or(&[0; SLOTS]) }
    }

    fn of(&self, slot: u32) -> i32 {
        self.slots.get(slot as usize).map_or(0, |weight| i32::from(weight.cast_signed()))
    }

    /// The weight of the heaviest window of a text of JSON: above zero it reads as one that is meant to steer an agent. A slot counts
    /// once in a window.
    pub fn weigh(&self, text: &str) -> i32 {
        let text = unescaped(text);
        // What weighs nothing is counted together, so that each word takes the same steps. A count goes round where a slot stands 256 times in
        // a window, which no word does; twice the memory would be twice the pages that an agent waits for.
        let mut counts = vec![0_u8; SLOTS + 1];
        let mut window = [[NONE; KINDS]; WINDOW];
        let (mut sum, mut heaviest) = (self.bias, i32::MIN);
        let mut place = 0;
        for slots in slots(&text) {
            let comes = slots.map(|slot| if self.of(slot) == 0 { NONE } else { slot });
            let goes = std::mem::replace(&mut window[place], comes);
            place = if place + 1 < WINDOW { place + 1 } else { 0 };
            for slot in goes {
                let count = &mut counts[slot as usize];
                *count = count.wrapping_sub(1);
                sum -= self.of(slot) * i32::from(*count == 0);
            }
            for slot in comes {
                let count = &mut counts[slot as usize];
                sum += self.of(slot) * i32::from(*count == 0);
                *count = count.wrapping_add(1);
            }
            heaviest = heaviest.max(sum);
        }
        heaviest
    }
}

/// Whether a text of JSON reads as one that is meant to steer an agent.
pub fn steers(text: &str) -> bool {
    Weights::learned().weigh(text) > 0
}

/// The slots of the windows of a text of JSON that begin so many words apart, each slot once.
pub fn windows(text: &str, apart: usize) -> Vec<Vec<u32>> {
    let slots: Vec<[u32; KINDS]> = slots(&unescaped(text)).collect();
    let last = slots.len().saturating_sub(WINDOW).div_ceil(apart);
    let window = |at: usize| {
        let (from, to) = (at * apart, at * apart + WINDOW);
        let mut window: Vec<u32> = slots[from.min(slots.len())..to.min(slots.len())].iter().flat_map(there).collect();
        window.sort_unstable();
        window.dedup();
        window
    };
    (0..=last).map(window).collect()
}

/// The slots of a word that it has.
fn there(slots: &[u32; KINDS]) -> impl Iterator<Item = u32> {
    slots.iter().copied().filter(|slot| *slot != NONE)
}

/// A text with its letters as they are: servers write those of other languages by their numbers.
fn unescaped(text: &str) -> Cow<'_, str> {
    if text.contains("\\u") { json::unescape(&json::unescape(text)).into_owned().into() } else { text.into() }
}

/// For each word of a text the slots of what it stands for.
fn slots(text: &str) -> impl Iterator<Item = [u32; KINDS]> {
    let (mut words, mut senses) = (Last::default(), Last::default());
    Words::of(text).map(move |word| {
        let [alone, pair, apart] = words.slots(word);
        words.push(word);
        let sense = senses::sense(word).filter(|sense| *sense != senses.last);
        let of_sense = sense.map_or([NONE; 3], |sense| senses.slots(sense).map(|slot| slot ^ 0x2aaa));
        sense.into_iter().for_each(|sense| senses.push(sense));
        let [by_itself, behind, behind_two] = of_sense;
        [alone, pair, apart, by_itself, behind, behind_two]
    })
}

/// The last two of what comes in a row.
#[derive(Default)]
struct Last {
    last: u32,
    before: u32,
}

impl Last {
    /// The slots of what comes next: by itself, behind the last one, and behind the one before that.
    fn slots(&self, next: u32) -> [u32; 3] {
        let slot = |hash: u32| (hash ^ hash >> 15) % SLOTS as u32;
        let pair = |first: u32, kind: u32| (first.rotate_left(5) ^ next ^ kind).wrapping_mul(0x9e37_79b1);
        [slot(next), slot(pair(self.last, 0)), slot(pair(self.before, 1))]
    }

    fn push(&mut self, next: u32) {
        (self.before, self.last) = (self.last, next);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_heaviest_window_is_found_in_one_pass(text in "([abc] |send |key ){0,240}", seed in any::<u8>()) {
            let mut bytes = [0; LENGTH];
            bytes[4..].iter_mut().enumerate().for_each(|(at, byte)| *byte = (at as u8).wrapping_mul(seed));
            let weights = Weights::read(&bytes);
            let sums = windows(&text, 1).into_iter().filter(|window| !window.is_empty());
            let sums = sums.map(|window| window.iter().map(|slot| weights.of(*slot)).sum::<i32>());
            // A text is weighed while it is read, so that its beginning counts by itself too.
            prop_assert!(weights.weigh(&text) >= sums.max().unwrap_or(i32::MIN));
        }
    }

    #[test]
    fn the_weights_tell_what_they_were_learned_from() {
        let (mut told, mut all) = ([0, 0], [0, 0]);
        for line in include_str!("examples.jsonl").lines() {
            let example: serde_json::Value = serde_json::from_str(line).expect("an example is JSON");
            let steers = usize::from(example["stops"] == true);
            all[steers] += 1;
            told[steers] += usize::from(super::steers(&example["output"].to_string()));
        }
        assert!(all[0] > 1000 && all[1] > 1000, "{all:?}");
        assert!(told[1] * 100 > all[1] * 60 && told[0] * 100 < all[0], "{told:?} of {all:?}: learn them anew");
    }
}
