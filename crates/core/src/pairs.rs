//! Which pairs of bytes a text has: where many words are looked for in one text, nearly none of them has all its pairs there, and is not
//! searched for.

/// The pairs of a text, or some like them.
pub(crate) struct Pairs([u64; Self::BITS / 64]);

impl Pairs {
    const BITS: usize = 4096;

    pub(crate) fn of(text: &str) -> Self {
        let mut pairs = Self([0; Self::BITS / 64]);
        for pair in text.as_bytes().windows(2) {
            let bit = Self::bit(pair);
            pairs.0[bit / 64] |= 1 << (bit % 64);
        }
        pairs
    }

    fn bit(pair: &[u8]) -> usize {
        (usize::from(pair[0]) ^ usize::from(pair[1]) << 5) % Self::BITS
    }

    /// Whether the text, whose pairs these are, may hold a word: always where it does.
    pub(crate) fn may_hold(&self, word: &str) -> bool {
        let is_there = |pair: &[u8]| self.0[Self::bit(pair) / 64] >> (Self::bit(pair) % 64) & 1 == 1;
        word.as_bytes().windows(2).all(is_there)
    }

    /// Whether the text, whose pairs these are, holds a word.
    pub(crate) fn hold(&self, word: &str, text: &str) -> bool {
        self.may_hold(word) && text.contains(word)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_word_is_found_where_the_text_holds_it_and_nowhere_else(text in "[ab\u{e9}]{0,40}", word in "[ab\u{e9}]{0,4}") {
            prop_assert_eq!(Pairs::of(&text).hold(&word, &text), text.contains(&word));
        }
    }
}
