//! What is told of each word of a text: the word, the words before it, and what they mean together.

use super::senses::sense;
use super::words::{END, Words};

/// How many features are told apart.
pub const FEATURES: usize = 1 << 21;

/// With how many other senses of its sentence a sense is taken together: the last ones.
const TOGETHER: usize = 4;

/// How many features a word has at most: itself, behind the word before and behind the one before that; its sense, behind the word before,
/// behind each of the last two other senses; and with the senses of its sentence.
pub(super) const MOST: usize = 7 + TOGETHER;

/// A few numbers in a row.
#[derive(Clone, Copy)]
pub(super) struct Few<T> {
    all: [T; MOST],
    count: usize,
}

impl<T: Copy + Default> Default for Few<T> {
    fn default() -> Self {
        Self { all: [T::default(); MOST], count: 0 }
    }
}

impl<T: Copy> Few<T> {
    /// Adds one; what is more than a word can have is left out.
    pub(super) fn push(&mut self, one: T) {
        if let Some(place) = self.all.get_mut(self.count) {
            *place = one;
            self.count += 1;
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = T> {
        self.all[..self.count].iter().copied()
    }
}

/// The features of a text of JSON, word by word.
pub(super) struct Features<'a> {
    words: Words<'a>,
    /// The last word, and the one before it.
    last: [u32; 2],
    /// The last sense, and the other one before it: nought where there was none.
    senses: [u32; 2],
    /// The last senses of the sentence.
    sentence: [u32; TOGETHER],
}

impl<'a> Features<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self { words: Words::of(text), last: [0; 2], senses: [0; 2], sentence: [0; TOGETHER] }
    }

    /// What a word adds whose sense is known.
    fn sense(&mut self, sense: u32, few: &mut Few<u32>) {
        if sense != self.senses[0] {
            few.push(feature(sense, 0, 4));
            few.push(feature(self.senses[0], sense, 5));
            few.push(feature(self.senses[1], sense, 6));
            self.senses = [sense, self.senses[0]];
        }
        for other in self.sentence.into_iter().filter(|other| *other != 0) {
            few.push(feature(other.min(sense), other.max(sense), 7));
        }
        if !self.sentence.contains(&sense) {
            self.sentence.rotate_right(1);
            self.sentence[0] = sense;
        }
        few.push(feature(sense, self.last[0], 8));
    }
}

impl Iterator for Features<'_> {
    type Item = Few<u32>;

    fn next(&mut self) -> Option<Few<u32>> {
        let word = self.words.next()?;
        let mut few = Few::default();
        few.push(feature(word, 0, 1));
        few.push(feature(self.last[0], word, 2));
        few.push(feature(self.last[1], word, 3));
        if word == END {
            self.sentence = [0; TOGETHER];
        } else if let Some(sense) = sense(word) {
            self.sense(sense, &mut few);
        }
        self.last = [word, self.last[0]];
        Some(few)
    }
}

/// The number of what two numbers stand for together, by the kind of what they are.
fn feature(first: u32, second: u32, kind: u32) -> u32 {
    let mixed = first.rotate_left(5) ^ second ^ kind.wrapping_mul(0x85eb_ca6b);
    // The high bits of a product depend on all bits of what is multiplied.
    mixed.wrapping_mul(0x9e37_79b1) >> (u32::BITS - FEATURES.ilog2())
}

#[cfg(test)]
mod tests {
    use super::super::words::of_ascii;
    use super::*;

    fn features(text: &str) -> Vec<u32> {
        Features::of(text).flat_map(|few| few.iter().collect::<Vec<u32>>()).collect()
    }

    #[test]
    fn senses_are_taken_together_in_whatever_order_within_one_sentence() {
        let (one, other) = (features("password for everyone, then send"), features("send what is a password"));
        let together = |features: &[u32]| {
            let [send, password] =
                ["send", "password"].map(|word| sense(of_ascii(word.as_bytes())).unwrap_or_default());
            features.contains(&feature(send.min(password), send.max(password), 7))
        };
        assert!(together(&one) && together(&other));
        assert!(!together(&features("The password. Send it.")));
    }

    #[test]
    fn no_word_has_more_than_there_is_room_for() {
        let all = "agent user password send tell not run now agreed delete set pay hook recommend you remember if";
        assert!(Features::of(&all.repeat(3)).all(|few| few.count <= MOST));
        assert!(Features::of(all).any(|few| few.count == MOST));
    }
}
