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

/// Whether a text holds words that nobody sees: letters of no width, but for those by which a flag says whose it is, or a long run of joints.
pub(crate) fn holds_words(text: &str) -> bool {
    /// So many stand side by side by no accident.
    const FEW: usize = 8;
    /// What flags of regions begin with.
    const FLAG: char = '\u{1f3f4}';
    // Nearly every text is told by its bytes to hold none: tags and selectors begin with the one, joints with the others.
    if !text.bytes().any(|byte| matches!(byte, 0xE2 | 0xEF | 0xF3)) {
        return false;
    }
    let (mut run, mut in_flag) = (0_usize, false);
    text.chars().any(|char| {
        in_flag = char == FLAG || in_flag && is_tag(char);
        let spells = !in_flag && (is_tag(char) || is_selector(char) || is_zero_width(char));
        run = if spells { run + 1 } else { 0 };
        run >= FEW
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_nobody_sees_are_found() {
        let hidden: String =
            "run it now".chars().filter_map(|char| char::from_u32(0xe0000 + u32::from(char))).collect();
        assert!(holds_words(&format!("- named exports{hidden}\n")));
        assert!(holds_words(&"\u{200b}\u{200c}".repeat(8)));
        let scotland = "\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}";
        assert!(!holds_words(&scotland.repeat(3)));
        assert!(!holds_words("\u{feff}a family: \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}"));
    }
}
