//! Lists of words, written as `a|b|c`: what is a word, and what stands in a text.

/// The parts of a list. They are short: a plain loop finds their ends sooner than a searcher is made.
fn parts(list: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(list);
    std::iter::from_fn(move || {
        let list = rest?;
        let end = list.bytes().position(|byte| byte == b'|');
        rest = end.map(|end| &list[end + 1..]);
        Some(&list[..end.unwrap_or(list.len())])
    })
}

/// Whether a word is one of a list.
pub(super) fn is(word: &str, list: &str) -> bool {
    parts(list).any(|it| it.len() == word.len() && it == word)
}

/// [`is`], in large or small letters.
pub(super) fn is_any_case(word: &str, list: &str) -> bool {
    parts(list).any(|it| it.eq_ignore_ascii_case(word))
}

/// Whether a text holds a part that is one of a list.
pub(super) fn holds(text: &str, list: &str) -> bool {
    parts(list).any(|it| text.contains(it))
}
