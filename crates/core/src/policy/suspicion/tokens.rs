//! The words of code and of arguments: parts of names, numbers, and marks in a row.

use super::senses;
use crate::policy::spans;
use crate::policy::steering::senses::Sense;

/// The most marks in a row that are one word, in bytes.
const MOST_MARKS: usize = 4;

/// Digits in a row that are told by their number alone.
const LONG_NUMBER: usize = 5;

/// The shortest run of letters and digits that may be data, and what stands for any.
const LEAST_DATA: usize = 20;
/// So much of it is looked at, in bytes.
const MOST_DATA: usize = 64;
const DATA: u32 = 10;

/// The words of a text, each as a number that stands for it.
pub(super) struct Tokens<'t>(&'t str);

impl<'t> Tokens<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self(text)
    }
}

/// A word.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    /// What stands for it.
    pub(super) word: u32,
    /// What it means, if it is one of those that mean alike; nought otherwise.
    pub(super) sense: Sense,
}

impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        self.word == other.word
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let text = self.0.trim_start();
        let first = text.chars().next()?;
        if let Some(end) = data(text) {
            self.0 = &text[end..];
            return Some(Token { word: DATA, sense: 0 });
        }
        let (word, rest) = text.split_at(match first {
            _ if first.is_ascii_digit() => end(text, |char| char.is_ascii_digit()),
            _ if first.is_uppercase() => capitalised(text),
            _ if first.is_alphabetic() => end(text, is_small),
            _ => marks(text).max(first.len_utf8()),
        });
        self.0 = rest;
        let is_long = first.is_ascii_digit() && word.len() >= LONG_NUMBER;
        let sense = senses::sense(word).unwrap_or_default();
        Some(Token { word: if is_long { word.len().min(9) as u32 } else { hashed(word) }, sense })
    }
}

/// The end of data that a text begins with: letters and digits among each other that are no word, a key or a sum.
fn data(text: &str) -> Option<usize> {
    const DIGITS: usize = 2;
    let end = end(spans::start(text, MOST_DATA), |char| char.is_ascii_alphanumeric());
    let digits = || text[..end].bytes().filter(u8::is_ascii_digit).count();
    (end >= LEAST_DATA && (DIGITS..end).contains(&digits())).then_some(end)
}

/// Where what a text begins with is no more of a kind.
fn end(text: &str, is_of: impl Fn(char) -> bool) -> usize {
    text.find(|char| !is_of(char)).unwrap_or(text.len())
}

/// The end of a word that begins with a capital. Of several the last one begins the next word where a small letter follows: `HTTPServer`.
fn capitalised(text: &str) -> usize {
    let capitals = end(text, char::is_uppercase);
    let last = text[..capitals].char_indices().next_back().map_or(0, |(at, _)| at);
    match text[capitals..].chars().next() {
        Some(next) if is_small(next) && last > 0 => last,
        _ => capitals + end(&text[capitals..], is_small),
    }
}

/// The end of the marks that a text begins with.
fn marks(text: &str) -> usize {
    end(spans::start(text, MOST_MARKS), |char| !char.is_alphanumeric() && !char.is_whitespace())
}

fn is_small(char: char) -> bool {
    char.is_alphabetic() && !char.is_uppercase()
}

/// What stands for a word in large or small letters (FNV-1a).
fn hashed(word: &str) -> u32 {
    word.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_parted() {
        for (text, words) in [
            ("getHTTPServer", "get http server"),
            ("MAX_SIZE == 5", "max _ size == 5"),
            ("skip_before_action :x", "skip _ before _ action : x"),
            ("X", "x"),
            ("OAuth2", "o auth 2"),
            ("(((((a", "(((( ( a"),
        ] {
            let expected: Vec<u32> = words.split(' ').map(hashed).collect();
            assert_eq!(Tokens::of(text).map(|it| it.word).collect::<Vec<_>>(), expected, "{text}");
        }
        let data = |text: &str| Tokens::of(text).next().is_some_and(|it| it.word == DATA);
        assert!(
            data("aB3dE6gH9jK2mN5pQ8sT1vW4")
                && !data("createUserWithEmailAndPassword")
                && !data("12345678901234567890123")
        );
        assert_eq!(Tokens::of("123456 654321").map(|it| it.word).collect::<Vec<_>>(), [6, 6]);
    }
}
