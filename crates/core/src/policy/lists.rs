//! Lists of words, written as `a|b|c`: what is a word, and what stands in a text. Hundreds of places ask; the answer is in the program
//! once, for the hook is to stay small.

/// The parts of a list. They are short: a plain loop finds their ends sooner than a searcher is made.
pub(super) fn parts(list: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(list);
    std::iter::from_fn(move || {
        let list = rest?;
        let end = list.bytes().position(|byte| byte == b'|');
        rest = end.map(|end| &list[end + 1..]);
        Some(&list[..end.unwrap_or(list.len())])
    })
}

/// Whether a word is one of a list.
#[inline(never)]
pub(super) fn is(word: &str, list: &str) -> bool {
    may_be(word.as_bytes(), list.as_bytes()) && parts(list).any(|it| it == word)
}

/// Whether a part of a list begins with the first two letters of a word, eight places at a time: nearly every word that is asked about is
/// none of the list.
fn may_be(word: &[u8], list: &[u8]) -> bool {
    const EACH: u64 = u64::from_le_bytes([1; 8]);
    let [first, second, ..] = *word else { return true };
    if list.starts_with(&[first, second]) {
        return true;
    }
    let all = [b'|', first, second].map(|byte| u64::from(byte) * EACH);
    let eight = |from: usize| list.get(from..from + 8)?.try_into().ok().map(u64::from_le_bytes);
    // A byte is nought where the bar and both letters stand one after another.
    let differ =
        |from: usize| Some((eight(from)? ^ all[0]) | (eight(from + 1)? ^ all[1]) | (eight(from + 2)? ^ all[2]));
    let mut from = 0;
    while let Some(differ) = differ(from) {
        if differ.wrapping_sub(EACH) & !differ & EACH << 7 != 0 {
            return true;
        }
        from += 8;
    }
    list[from.min(list.len())..].windows(3).any(|three| three == [b'|', first, second])
}

/// [`is`], in large or small letters.
#[inline(never)]
pub(super) fn is_any_case(word: &str, list: &str) -> bool {
    parts(list).any(|it| it.eq_ignore_ascii_case(word))
}

/// Whether a text holds a part that is one of a list.
#[inline(never)]
pub(super) fn holds(text: &str, list: &str) -> bool {
    parts(list).any(|it| text.contains(it))
}

/// What is left of a name that is written in whatever way: its letters and digits, in lower case.
#[inline(never)]
pub(super) fn letters(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|char| char.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_word_is_of_a_list_where_it_is_one_of_its_parts(word in "[ab]{0,3}", list in "[ab|]{0,40}") {
            prop_assert_eq!(is(&word, &list), list.split('|').any(|part| part == word));
        }
    }
}
