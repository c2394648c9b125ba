//! Lists of words, written as `a|b|c`: what is a word, and what stands in a text. Hundreds of places ask; the answer is in the program
//! once, for the hook is to stay small.

/// The parts of a list. They are short: a plain loop finds their ends sooner than a searcher is made.
pub(in crate::policy) fn parts(list: &str) -> impl Iterator<Item = &str> {
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
pub(in crate::policy) fn is(word: &str, list: &str) -> bool {
    may_be(word.as_bytes(), list.as_bytes()) && parts(list).any(|it| it == word)
}

/// Whether a part of a list begins with the first two letters of a word, in a loop that the compiler makes wide: nearly every word that is
/// asked about is none of the list.
fn may_be(word: &[u8], list: &[u8]) -> bool {
    let [first, second, ..] = *word else { return true };
    if list.starts_with(&[first, second]) || list.len() < 3 {
        return list.starts_with(&[first, second]);
    }
    let three = list.iter().zip(&list[1..]).zip(&list[2..]);
    three.fold(false, |begins, ((end, one), two)| begins | (*end == b'|') & (*one == first) & (*two == second))
}

/// [`is`], in large or small letters.
#[inline(never)]
pub(in crate::policy) fn is_any_case(word: &str, list: &str) -> bool {
    parts(list).any(|it| it.eq_ignore_ascii_case(word))
}

/// Whether a text holds a part that is one of a list.
#[inline(never)]
pub(in crate::policy) fn holds(text: &str, list: &str) -> bool {
    parts(list).any(|it| text.contains(it))
}

/// What is left of a name that is written in whatever way: its letters and digits, in lower case.
#[inline(never)]
pub(in crate::policy) fn letters(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|char| char.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_word_is_of_a_list_where_it_is_one_of_its_parts(word in "[ab]{0,3}", list in "[ab|]{0,12}") {
            prop_assert_eq!(is(&word, &list), list.split('|').any(|part| part == word));
        }
    }
}
