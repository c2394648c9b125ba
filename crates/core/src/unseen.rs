//! Characters that nobody sees, and that say something to a machine all the same.

/// A character of the block of tags, which spell out ASCII invisibly.
pub(crate) const fn is_tag(char: char) -> bool {
    matches!(char, '\u{e0000}'..='\u{e007f}')
}

/// A character that selects a variation of the one before it; the many of the supplement can spell out bytes.
pub(crate) const fn is_selector(char: char) -> bool {
    matches!(char, '\u{e0100}'..='\u{e01ef}')
}

/// A character of no width that joins, separates, or does neither.
pub(crate) const fn is_zero_width(char: char) -> bool {
    matches!(char, '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

/// An operator that formulas leave out: between words and lines it is at home nowhere.
pub(crate) const fn is_operator(char: char) -> bool {
    matches!(char, '\u{2061}'..='\u{2064}')
}

/// A character that turns the direction of what follows, whatever its letters say.
pub(crate) const fn is_override(char: char) -> bool {
    matches!(char, '\u{202d}' | '\u{202e}')
}

/// A character that changes the order of what follows, or ends that.
const fn is_direction(char: char) -> bool {
    matches!(char, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{061c}')
}

/// Any character that nobody sees.
pub(crate) const fn is_invisible(char: char) -> bool {
    is_tag(char)
        || is_selector(char)
        || is_zero_width(char)
        || is_direction(char)
        || matches!(char, '\u{ad}' | '\u{115f}' | '\u{1160}' | '\u{3164}')
}
