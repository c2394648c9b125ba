//! What stands near a place of a text, by bytes, and never a part of a sign. Nearly every room cuts texts so; the program holds it once.

/// The start of a text, at most so long.
#[inline(never)]
pub(super) fn start(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

/// The end of a text, a sign longer at most.
#[inline(never)]
pub(super) fn end(text: &str, most: usize) -> &str {
    &text[text.floor_char_boundary(text.len().saturating_sub(most))..]
}

/// What stands before a place where a sign begins.
#[inline(never)]
pub(super) fn before(text: &str, at: usize, most: usize) -> &str {
    end(&text[..at], most)
}

/// What stands from a place where a sign begins.
#[inline(never)]
pub(super) fn behind(text: &str, at: usize, most: usize) -> &str {
    start(&text[at..], most)
}

/// What stands on both sides of a place.
#[inline(never)]
pub(super) fn around(text: &str, at: usize, most: usize) -> &str {
    &text[text.floor_char_boundary(at.saturating_sub(most))..text.floor_char_boundary(at.saturating_add(most))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_sign_is_parted() {
        let text = "aäöb";
        assert_eq!((start(text, 2), start(text, 9), end(text, 2), end(text, 9)), ("a", text, "öb", text));
        assert_eq!((before(text, 3, 1), behind(text, 3, 1), around(text, 3, 1)), ("ä", "", "ä"));
        assert_eq!((before(text, 0, 4), behind(text, 6, 4), around(text, 1, 40)), ("", "", text));
    }
}
