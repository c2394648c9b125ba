//! Lists of words, written as `a|b|c`: what is a word, and what stands in a text.

/// Whether a word is one of a list.
pub(super) fn is(word: &str, list: &str) -> bool {
    list.split('|').any(|it| it == word)
}

/// Whether a text holds a part that is one of a list.
pub(super) fn holds(text: &str, list: &str) -> bool {
    list.split('|').any(|it| text.contains(it))
}
