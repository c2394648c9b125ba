//! What a text that anybody can write asks of an agent without calling it by a name: to carry what is private into what is public.

use super::orders;
use super::reading::Reading;
use super::sentence::{Sentence, sentences};
use crate::json;
use crate::policy::lists::is;

/// How far around *private repositories* a sentence is looked for, in bytes.
const NEAR: usize = 320;

/// The sign where somebody else's private repositories are to be read, and to be told of in public.
pub(super) fn at(text: &str, at: usize, read: &mut Reading) -> Option<&'static str> {
    const WORD: &str = "private";
    let rest = &text[at..];
    if !rest.get(..WORD.len()).is_some_and(|word| word.eq_ignore_ascii_case(WORD)) {
        return None;
    }
    if !read.goes_on() {
        return None;
    }
    let from = text.floor_char_boundary(at.saturating_sub(NEAR));
    let from = from + last_end(&text[from..at]);
    let window = &text[from..text.floor_char_boundary(at + NEAR)];
    let told = orders::folded(&json::unescape(&json::unescape(window)));
    let mut sentences = sentences(&told);
    let first = Sentence::of(sentences.next().unwrap_or_default());
    let next = Sentence::of(sentences.next().unwrap_or_default());
    (gathers(&first) && (tells(&first) || tells(&next))).then_some("private-to-public")
}

/// Where the last sentence of a text begins.
fn last_end(before: &str) -> usize {
    let ends = [". ", "! ", "? ", "\\n", "\": \"", "\":\""];
    ends.iter().filter_map(|end| before.rfind(end).map(|at| at + end.len())).max().unwrap_or(0)
}

/// Whether a sentence orders to go through private repositories that are somebody's.
fn gathers(sentence: &Sentence<'_>) -> bool {
    const GOES: &str = "read|look|collect|gather|list|search|fetch|go|open|check|clone|browse|find|summarize|summarise|include|access|dump|\
        crawl|walk";
    const WHOSE: &str =
        "author|author's|owner|owner's|maintainer|maintainer's|user|user's|my|your|his|her|their|account|you";
    let words = || sentence.split(|char: char| !char.is_alphanumeric() && char != '\'');
    sentence.holds("repositor|repos|ones")
        && words().any(|word| is(word, "all|every|other|also|each|both|any"))
        && words().any(|word| is(word, WHOSE))
        && sentence.orders(GOES)
}

/// Whether a sentence orders to write what was found where others read it.
fn tells(sentence: &Sentence<'_>) -> bool {
    const WRITES: &str =
        "add|include|put|write|post|publish|append|insert|mention|list|document|paste|share|summarize|summarise";
    sentence.holds("readme|issue|comment|public|pull request|chapter|wiki|gist|discussion") && sentence.orders(WRITES)
}
