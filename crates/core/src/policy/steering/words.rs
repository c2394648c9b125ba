//! The words of a text as the weights know them: stems in lower case, the marks by which addresses, paths and commands are told, and
//! where something ends.

/// The words of a text of JSON, each as a number that stands for it.
pub(super) struct Words<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// Whether the last word was an end.
    ended: bool,
    /// Whether a string of the JSON has begun and not ended.
    inside: bool,
}

/// What stands for any number, for data, and for where a sentence, a line or a field ends.
const NUMBER: u32 = 1;
const DATA: u32 = 2;
pub(super) const END: u32 = 3;

/// What a task begins with: what is ordered there comes from an agent, and is read otherwise than what a tool gave back.
pub(super) const TASK: u32 = 4;

/// The shortest run of letters and digits that is no word but data.
const LEAST_DATA: usize = 33;

/// How many letters of a word count: forms of a word are alike.
const STEM: usize = 6;

/// The first value of a hash, and what each step multiplies by (FNV-1a).
const BASIS: u32 = 0x811c_9dc5;
const PRIME: u32 = 0x0100_0193;

const fn hashed(hash: u32, byte: u8) -> u32 {
    (hash ^ byte as u32).wrapping_mul(PRIME)
}

/// What stands for a word of small letters, or for a mark.
pub(in crate::policy) const fn of_ascii(word: &[u8]) -> u32 {
    let (mut hash, mut at) = (BASIS, 0);
    while at < word.len() && at < STEM {
        hash = hashed(hash, word[at]);
        at += 1;
    }
    hash
}

/// What a byte may begin.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Begins {
    Nothing,
    Word,
    Number,
    Mark,
    Address,
    /// The start or the end of a string of the JSON: within one a quote is escaped.
    Quote,
    End,
    /// The end of a sentence, if no word follows it at once.
    Dot,
    Escape,
    /// A character of more bytes than one.
    Char,
}

static BEGINS: [Begins; 256] = {
    let mut begins = [Begins::Nothing; 256];
    let mut byte = 0;
    while byte < 256 {
        begins[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' => Begins::Word,
            b'0'..=b'9' => Begins::Number,
            b'@' | b'~' | b'$' | b'`' | b'/' | b'!' | b'?' => Begins::Mark,
            b':' => Begins::Address,
            b'"' => Begins::Quote,
            b';' | b'{' | b'}' => Begins::End,
            b'.' => Begins::Dot,
            b'\\' => Begins::Escape,
            0x80.. => Begins::Char,
            _ => Begins::Nothing,
        };
        byte += 1;
    }
    begins
};

impl<'a> Words<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self { text, bytes: text.as_bytes(), at: 0, ended: true, inside: false }
    }

    /// What begins here, be it an end that follows another.
    fn read(&mut self) -> Option<u32> {
        loop {
            let first = *self.bytes.get(self.at)?;
            match BEGINS[usize::from(first)] {
                Begins::Nothing => self.at += 1,
                Begins::Word => return Some(self.word()),
                Begins::Number => return Some(self.number()),
                Begins::Char => match self.text[self.at..].chars().next()? {
                    char if char.is_alphabetic() => return Some(self.word()),
                    char => self.at += char.len_utf8(),
                },
                Begins::Address if self.bytes[self.at..].starts_with(b"://") => {
                    self.at += 3;
                    return Some(of_ascii(b"://"));
                }
                Begins::Mark | Begins::Address => {
                    self.at += 1;
                    return Some(of_ascii(&[first]));
                }
                Begins::Dot if self.bytes.get(self.at + 1).is_some_and(u8::is_ascii_alphanumeric) => self.at += 1,
                Begins::Quote => {
                    let name = if self.inside { None } else { name(&self.bytes[self.at..]) };
                    self.inside = !self.inside && name.is_none();
                    self.at += name.unwrap_or(1);
                    return Some(END);
                }
                Begins::End | Begins::Dot => {
                    self.at += 1;
                    return Some(END);
                }
                Begins::Escape => {
                    self.at += escape(&self.bytes[self.at..]);
                    return Some(END);
                }
            }
        }
    }

    /// The number that begins here, or the data.
    fn number(&mut self) -> u32 {
        let begin = self.at;
        self.at += length(&self.bytes[begin..], Begins::Number);
        self.data_from(begin).unwrap_or(NUMBER)
    }

    /// The word whose first letter is here, or the data.
    fn word(&mut self) -> u32 {
        let begin = self.at;
        let rest = &self.bytes[begin..];
        let letters = length(rest, Begins::Word);
        self.at += letters;
        let hash = rest[..letters.min(STEM)].iter().fold(BASIS, |hash, byte| hashed(hash, byte | 0x20));
        let next = self.bytes.get(self.at).copied().unwrap_or_default();
        let hash = if next == b'\'' || next >= 0x80 { self.rest_of_word(hash, letters) } else { hash };
        self.data_from(begin).unwrap_or(hash)
    }

    /// What stands for a word that goes on behind so many letters, with an apostrophe or a letter of more bytes than one.
    fn rest_of_word(&mut self, mut hash: u32, mut letters: usize) -> u32 {
        for char in self.text[self.at..].chars() {
            let is_apostrophe = matches!(char, '\'' | '\u{2019}');
            if !char.is_alphabetic() && !is_apostrophe || is_alone(char) && letters > 0 {
                break;
            }
            self.at += char.len_utf8();
            if is_apostrophe {
                continue;
            }
            if letters < STEM {
                let lower = char.to_lowercase();
                hash = lower.fold(hash, |hash, char| char.encode_utf8(&mut [0; 4]).bytes().fold(hash, hashed));
            }
            letters += 1;
            if is_alone(char) {
                break;
            }
        }
        hash
    }

    /// Goes on to the end of data that began there, if what was read is no word or number but a part of it.
    fn data_from(&mut self, begin: usize) -> Option<u32> {
        let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'=');
        let goes_on = self.bytes.get(self.at).as_ref().is_some_and(is_part);
        if !goes_on && self.at - begin < LEAST_DATA {
            return None;
        }
        let length = self.bytes[begin..].iter().take_while(is_part).count();
        (length >= LEAST_DATA).then(|| {
            self.at = begin + length;
            DATA
        })
    }
}

/// How long a run of these is that begins a text.
fn length(rest: &[u8], of: Begins) -> usize {
    rest.iter().take_while(|byte| BEGINS[usize::from(**byte)] == of).count()
}

/// How long what is escaped is that begins a text, however often that was done.
fn escape(rest: &[u8]) -> usize {
    let bars = rest.iter().take_while(|byte| **byte == b'\\').count();
    bars + usize::from(matches!(rest.get(bars), Some(b'n' | b't' | b'r' | b'"')))
}

/// How long the name of a member of an object is that begins a text, with its quotes and its colon: it is the agent's word, or the tool's.
fn name(rest: &[u8]) -> Option<usize> {
    const LONGEST: usize = 48;
    let length = rest[1..].iter().take(LONGEST).position(|byte| *byte == b'"')?;
    let behind = &rest[length + 2..];
    let blank = behind.iter().take_while(|byte| **byte == b' ').count();
    (behind.get(blank) == Some(&b':')).then_some(length + 2 + blank + 1)
}

/// Whether a character is a word by itself, as in Chinese, Japanese and Korean.
fn is_alone(char: char) -> bool {
    matches!(char, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}')
}

impl Iterator for Words<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        loop {
            let word = self.read()?;
            // Of many ends one counts.
            if word != END || !self.ended {
                self.ended = word == END;
                return Some(word);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_has_its_words(text in "(\\PC|[\\\\\"':.{}\u{e9}\u{4e00}\u{2019}]|://){0,80}") {
            prop_assert!(Words::of(&text).count() <= text.len());
        }
    }

    fn words(text: &str) -> Vec<u32> {
        Words::of(text).collect()
    }

    #[test]
    fn a_word_is_the_same_however_it_is_written_and_escaped() {
        assert_eq!(words("Don't SEND it"), words("don\u{2019}t, send (it)"));
        assert_eq!(words("\u{c9}crire"), words("\u{e9}crire"));
        assert_eq!(words("instruction 4711"), words("Instructions 1"));
        assert_eq!(words("send"), [of_ascii(b"send")]);
        assert_eq!(words("\u{4e00}\u{4e8c}").len(), 2);
    }

    #[test]
    fn an_end_is_one_however_it_is_written() {
        for text in ["stop. go", r"stop\ngo", r"stop\\n\\ngo", "stop; go", "stop.\" go"] {
            assert_eq!(words(text), [of_ascii(b"stop"), END, of_ascii(b"go")], "{text}");
        }
        assert_eq!(words("a.b"), [of_ascii(b"a"), of_ascii(b"b")]);
    }

    #[test]
    fn names_of_members_are_nobody_s_words() {
        for text in [r#"{"file": {"content": "send it"}}"#, r#"{"stdout":"send it","stderr":""}"#, r#"["send it"]"#] {
            let told: Vec<u32> = words(text).into_iter().filter(|word| *word != END).collect();
            assert_eq!(told, words("send it"), "{text}");
        }
        // What a text holds of JSON is told.
        assert!(words(r#""{\"content\": \"x\"}""#).contains(&of_ascii(b"conten")));
    }

    #[test]
    fn data_is_one_word() {
        for text in ["aGVsbG8gd29ybGQ".repeat(3), "0f".repeat(20)] {
            assert_eq!(words(&text)[0], DATA);
        }
    }

    #[test]
    fn addresses_and_commands_are_told_by_their_marks() {
        assert_eq!(words("https://a.b")[1], of_ascii(b"://"));
        assert_ne!(words("`ls`"), words("ls"));
    }
}
