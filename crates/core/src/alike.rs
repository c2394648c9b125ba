//! Letters of other scripts that are taken for Latin ones: one table for names that are not what they seem and for words in disguise.

/// Each letter, and in the same place of the other text the one it is taken for.
const CYRILLIC: &str = "\u{430}\u{435}\u{451}\u{43e}\u{440}\u{441}\u{443}\u{445}\u{456}\u{4cf}\u{455}\u{458}\u{4bb}\u{501}\u{51b}\u{51d}\u{43a}\u{43c}\u{442}\u{432}\u{43d}\u{410}\u{412}\u{415}\u{41a}\u{41c}\u{41d}\u{41e}\u{420}\u{421}\u{422}\u{425}\u{406}";
const OF_CYRILLIC: &str = "aeeopcyxiisjhdqwkmtbhABEKMHOPCTXI";
const OTHERS: &str = "\u{3b1}\u{3b2}\u{3b5}\u{3b9}\u{3ba}\u{3bd}\u{3bf}\u{3c1}\u{3c4}\u{3c5}\u{3c7}\u{3b3}\u{3f2}\u{585}\u{578}\u{57d}\u{131}";
const OF_OTHERS: &str = "abeikvoptuxyconui";

/// The Latin letter that a letter of another script is taken for, by its shape or by that of its capital.
pub(crate) fn latin(char: char) -> Option<char> {
    let of =
        |letters: &str, latin: &str| Some(char::from(latin.as_bytes()[letters.chars().position(|it| it == char)?]));
    match char {
        '\u{400}'..='\u{52f}' => of(CYRILLIC, OF_CYRILLIC),
        '\u{131}' | '\u{370}'..='\u{3ff}' | '\u{531}'..='\u{58f}' => of(OTHERS, OF_OTHERS),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_letter_is_taken_for_one() {
        for (letters, latin) in [(CYRILLIC, OF_CYRILLIC), (OTHERS, OF_OTHERS)] {
            assert_eq!(letters.chars().count(), latin.len());
            assert!(letters.chars().all(|char| super::latin(char).is_some_and(|letter| letter.is_ascii_alphabetic())));
        }
        assert_eq!(
            ("\u{440}\u{410}\u{3bf}z".chars()).map(latin).collect::<Vec<_>>(),
            [Some('p'), Some('A'), Some('o'), None]
        );
    }
}
