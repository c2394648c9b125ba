//! Words and what is in them: quotes, variables, substitutions.

use super::documents;
use super::parse::{MAX_DEPTH, Parser, ends_word, parse_at};
use super::syntax::*;

/// Reads a word; `None` where none starts here.
pub(super) fn word(parser: &mut Parser<'_>) -> Option<Word> {
    let mut parts = Parts::default();
    let start = parser.at;
    while let Some(byte) = parser.peek() {
        match byte {
            b'<' | b'>' if parser.peek_at(1) == Some(b'(') => {
                let writes = byte == b'>';
                parser.at += 2;
                let script = nested(parser);
                parts.push(Part::Process(script, writes));
            }
            // An extended glob: `@(a|b)`.
            b'(' if parser.at > start && parts.ends_with_glob() => {
                let end = closing(parser.text, parser.at + 1);
                parts.bare(&parser.text[parser.at..end]);
                parser.at = end;
            }
            byte if ends_word(byte) => break,
            b'\\' => escape(parser, &mut parts),
            b'\'' => {
                parser.at += 1;
                let end = parser.rest().find('\'');
                parser.whole &= end.is_some();
                let end = end.map_or(parser.text.len(), |end| parser.at + end);
                parts.text(&parser.text[parser.at..end]);
                parser.at = (end + 1).min(parser.text.len());
            }
            b'"' => {
                parser.at += 1;
                quoted(parser, &mut parts, Some(b'"'));
                if parts.0.is_empty() {
                    // `""` is a word, an empty one.
                    parts.text("");
                }
            }
            b'$' => dollar(parser, &mut parts, Quoted::No),
            b'`' => backticks(parser, &mut parts, Quoted::No),
            _ => {
                let run = parser.rest().bytes().take_while(|byte| !is_special(*byte)).count().max(1);
                parts.bare(&parser.text[parser.at..parser.at + run]);
                parser.at += run;
            }
        }
    }
    (parser.at > start).then(|| parts.word())
}

/// The word of a text in which variables and substitutions are expanded: the body of a here-document.
pub(super) fn document(text: &str, depth: usize) -> Word {
    if depth >= MAX_DEPTH || !text.contains(['$', '`', '\\']) {
        return Word::text(text);
    }
    let mut parser = Parser::new(text, depth);
    let mut parts = Parts::default();
    quoted(&mut parser, &mut parts, None);
    let mut word = parts.word();
    documents::fill_word(&mut word, &mut parser.bodies);
    word
}

/// Reads an assignment; `None` where the word here is none.
pub(super) fn assignment(parser: &mut Parser<'_>) -> Option<Assignment> {
    assignment_at(parser, false)
}

fn assignment_at(parser: &mut Parser<'_>, within_array: bool) -> Option<Assignment> {
    let bytes = parser.rest().as_bytes();
    if !bytes.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_') {
        return None;
    }
    let name = bytes.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    let mut at = name;
    let indexed = bytes.get(at) == Some(&b'[');
    if indexed {
        at += bytes[at..].iter().position(|byte| *byte == b']' || ends_word(*byte))?;
        if bytes[at] != b']' {
            return None;
        }
        at += 1;
    }
    let append = bytes.get(at) == Some(&b'+');
    at += usize::from(append);
    if bytes.get(at) != Some(&b'=') {
        return None;
    }
    let name = parser.rest()[..name].to_owned();
    parser.at += at + 1;
    if parser.peek() == Some(b'(') && !within_array {
        parser.at += 1;
        let values = array(parser);
        return Some(Assignment { name, append, values, array: true });
    }
    let value = word(parser).unwrap_or_default();
    Some(Assignment { name, append, values: vec![value], array: indexed })
}

fn array(parser: &mut Parser<'_>) -> Vec<Word> {
    let mut values = Vec::new();
    loop {
        parser.blanks();
        match parser.peek() {
            None => {
                parser.whole = false;
                return values;
            }
            Some(b')') => {
                parser.at += 1;
                return values;
            }
            Some(b'\n') => parser.at += 1,
            _ => match assignment_at(parser, true) {
                Some(element) => values.extend(element.values),
                None => match word(parser) {
                    Some(value) => values.push(value),
                    None => {
                        parser.whole = false;
                        parser.at += 1;
                    }
                },
            },
        }
    }
}

/// The end of `(( … ))` whose text starts at `start`; `None` where it is not closed by two parentheses.
pub(super) fn arithmetic_end(text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut open = 0usize;
    for (at, byte) in bytes.iter().enumerate().skip(start) {
        match byte {
            b'(' => open += 1,
            b')' if open > 0 => open -= 1,
            b')' => return (bytes.get(at + 1) == Some(&b')')).then_some(at),
            _ => {}
        }
    }
    None
}

/// Bytes a bare run ends at.
fn is_special(byte: u8) -> bool {
    ends_word(byte) || matches!(byte, b'\\' | b'\'' | b'"' | b'$' | b'`')
}

/// The parts of a word, as they come.
#[derive(Default)]
struct Parts(Vec<Part>);

impl Parts {
    fn push(&mut self, part: Part) {
        self.0.push(part);
    }

    fn bare(&mut self, more: &str) {
        match self.0.last_mut() {
            Some(Part::Bare(text)) => text.push_str(more),
            _ => self.0.push(Part::Bare(more.to_owned())),
        }
    }

    fn text(&mut self, more: &str) {
        match self.0.last_mut() {
            Some(Part::Text(text)) => text.push_str(more),
            _ => self.0.push(Part::Text(more.to_owned())),
        }
    }

    fn ends_with_glob(&self) -> bool {
        matches!(self.0.last(), Some(Part::Bare(text)) if text.ends_with(['@', '?', '*', '+', '!']))
    }

    fn word(self) -> Word {
        Word { parts: self.0 }
    }
}

/// A backslash outside quotes.
fn escape(parser: &mut Parser<'_>, parts: &mut Parts) {
    parser.at += 1;
    let Some(next) = parser.rest().chars().next() else {
        return parts.text("\\");
    };
    parser.at += next.len_utf8();
    if next != '\n' {
        parts.text(next.encode_utf8(&mut [0; 4]));
    }
}

/// Text in which only `$`, backticks and some backslashes mean something, up to this byte or the end.
fn quoted(parser: &mut Parser<'_>, parts: &mut Parts, until: Option<u8>) {
    while let Some(byte) = parser.peek() {
        match byte {
            byte if Some(byte) == until => {
                parser.at += 1;
                return;
            }
            b'$' => dollar(parser, parts, Quoted::Yes),
            b'`' => backticks(parser, parts, Quoted::Yes),
            b'\\' => {
                let escapes = |next: u8| matches!(next, b'$' | b'`' | b'\\' | b'\n') || Some(next) == until;
                match parser.peek_at(1) {
                    Some(b'\n') => parser.at += 2,
                    Some(next) if escapes(next) => {
                        parts.text(&parser.text[parser.at + 1..parser.at + 2]);
                        parser.at += 2;
                    }
                    _ => {
                        parts.text("\\");
                        parser.at += 1;
                    }
                }
            }
            _ => {
                let plain = |byte: &u8| !matches!(byte, b'$' | b'`' | b'\\') && Some(*byte) != until;
                let run = parser.rest().bytes().take_while(plain).count();
                parts.text(&parser.text[parser.at..parser.at + run]);
                parser.at += run;
            }
        }
    }
    parser.whole &= until.is_none();
}

fn dollar(parser: &mut Parser<'_>, parts: &mut Parts, how: Quoted) {
    match parser.peek_at(1) {
        Some(b'(') if parser.peek_at(2) == Some(b'(') => {
            let start = parser.at + 3;
            match arithmetic_end(parser.text, start) {
                Some(end) => {
                    let inner = document(&parser.text[start..end], parser.depth + 1);
                    parser.at = end + 2;
                    parts.push(Part::Arithmetic(Box::new(inner)));
                }
                None => substitution(parser, parts, how),
            }
        }
        Some(b'(') => substitution(parser, parts, how),
        Some(b'[') => {
            let start = parser.at + 2;
            let end = parser.text[start..].find(']').map_or(parser.text.len(), |end| start + end);
            let inner = document(&parser.text[start..end], parser.depth + 1);
            parser.at = (end + 1).min(parser.text.len());
            parts.push(Part::Arithmetic(Box::new(inner)));
        }
        Some(b'{') => {
            parser.at += 2;
            let variable = braced(parser);
            parts.push(Part::Variable(variable, how));
        }
        Some(b'\'') if how == Quoted::No => {
            parser.at += 2;
            ansi(parser, parts);
        }
        Some(b'"') if how == Quoted::No => parser.at += 1,
        Some(byte) if byte.is_ascii_alphabetic() || byte == b'_' => {
            parser.at += 1;
            let length = parser.rest().bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
            let name = parser.rest()[..length].to_owned();
            parser.at += length;
            parts.push(Part::Variable(plain(name), how));
        }
        Some(byte) if byte.is_ascii_digit() || matches!(byte, b'@' | b'*' | b'#' | b'?' | b'$' | b'!' | b'-') => {
            parts.push(Part::Variable(plain((byte as char).to_string()), how));
            parser.at += 2;
        }
        _ => {
            parts.text("$");
            parser.at += 1;
        }
    }
}

fn plain(name: String) -> Variable {
    Variable { name, index: None, operation: Operation::Value }
}

fn substitution(parser: &mut Parser<'_>, parts: &mut Parts, how: Quoted) {
    parser.at += 2;
    let script = nested(parser);
    parts.push(Part::Output(script, how));
}

/// The script of a substitution whose parenthesis is open; goes past the closing one.
fn nested(parser: &mut Parser<'_>) -> Script {
    if parser.depth >= MAX_DEPTH {
        let text = parser.rest().to_owned();
        parser.at = parser.text.len();
        parser.whole = false;
        return broken(text);
    }
    parser.script_in_parentheses()
}

pub(super) fn broken(text: String) -> Script {
    let pipeline = Pipeline { commands: vec![Command::Broken(text)], negated: false };
    Script { items: vec![Item { pipeline, after: After::Always, background: false }] }
}

fn backticks(parser: &mut Parser<'_>, parts: &mut Parts, how: Quoted) {
    parser.at += 1;
    let mut inner = String::new();
    let mut closed = false;
    let mut chars = parser.rest().char_indices();
    let mut end = parser.rest().len();
    while let Some((at, char)) = chars.next() {
        match char {
            '`' => {
                (end, closed) = (at + 1, true);
                break;
            }
            '\\' => match chars.next() {
                Some((_, escaped @ ('`' | '\\' | '$'))) => inner.push(escaped),
                Some((_, '"')) if how == Quoted::Yes => inner.push('"'),
                Some((_, other)) => {
                    inner.push('\\');
                    inner.push(other);
                }
                None => inner.push('\\'),
            },
            other => inner.push(other),
        }
    }
    parser.at += end;
    // Backticks within backticks are read again at each level: half the depth bounds the work.
    let depth = parser.depth + 2;
    let script = if depth >= MAX_DEPTH {
        parser.whole = false;
        broken(inner)
    } else {
        let (script, whole) = parse_at(&inner, depth);
        parser.whole &= whole && closed;
        script
    };
    parts.push(Part::Output(script, how));
}

/// `$'…'`: escapes as in C.
fn ansi(parser: &mut Parser<'_>, parts: &mut Parts) {
    let mut text = String::new();
    let mut chars = parser.rest().char_indices().peekable();
    let mut end = parser.rest().len();
    let mut closed = false;
    while let Some((at, char)) = chars.next() {
        let escaped = match char {
            '\'' => {
                (end, closed) = (at + 1, true);
                break;
            }
            '\\' => match chars.next() {
                Some((_, escaped)) => escaped,
                None => break,
            },
            other => {
                text.push(other);
                continue;
            }
        };
        let mut number = |radix: u32, most: usize, first: Option<char>| {
            let mut value = first.and_then(|char| char.to_digit(radix));
            for _ in 0..most {
                let Some(digit) = chars.peek().and_then(|(_, char)| char.to_digit(radix)) else { break };
                value = Some(value.unwrap_or(0) * radix + digit);
                chars.next();
            }
            value.and_then(char::from_u32)
        };
        let char = match escaped {
            'n' => Some('\n'),
            't' => Some('\t'),
            'r' => Some('\r'),
            'a' => Some('\x07'),
            'b' => Some('\x08'),
            'e' | 'E' => Some('\x1b'),
            'f' => Some('\x0c'),
            'v' => Some('\x0b'),
            'x' => number(16, 2, None),
            'u' => number(16, 4, None),
            'U' => number(16, 8, None),
            'c' => chars.next().and_then(|(_, char)| char::from_u32(u32::from(char) & 0x1f)),
            digit @ '0'..='7' => number(8, 2, Some(digit)),
            other => Some(other),
        };
        text.extend(char);
    }
    parser.whole &= closed;
    parser.at += end;
    parts.text(&text);
}

/// What follows `${`; goes past the brace.
fn braced(parser: &mut Parser<'_>) -> Variable {
    let mut operation = None;
    if parser.peek() == Some(b'#') && parser.peek_at(1).is_some_and(|byte| byte != b'}') {
        operation = Some(Operation::Length);
        parser.at += 1;
    } else if parser.peek() == Some(b'!') && parser.peek_at(1).is_some_and(|byte| byte != b'}') {
        operation = Some(Operation::Indirect);
        parser.at += 1;
    }
    let rest = parser.rest();
    let mut length = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    if length == 0 {
        length = rest.chars().next().filter(|char| "@*#?$!-".contains(*char)).map_or(0, char::len_utf8);
    }
    let name = rest[..length].to_owned();
    parser.at += length;
    let mut index = None;
    if parser.peek() == Some(b'[') {
        let end = parser.rest().find(']').map_or(parser.text.len(), |end| parser.at + end);
        index = Some(parser.text[parser.at + 1..end.max(parser.at + 1)].to_owned());
        parser.at = (end + 1).min(parser.text.len());
    }
    let operation = match operation {
        Some(operation) => {
            // `${!prefix@}` and the like: what comes before the brace changes nothing that matters.
            operand(parser);
            operation
        }
        None => change(parser),
    };
    Variable { name, index, operation }
}

fn change(parser: &mut Parser<'_>) -> Operation {
    let colon = parser.peek() == Some(b':') && matches!(parser.peek_at(1), Some(b'-' | b'=' | b'+' | b'?'));
    parser.at += usize::from(colon);
    let emptiness = if colon { Emptiness::Unset } else { Emptiness::Set };
    let Some(operator) = parser.rest().chars().next() else {
        parser.whole = false;
        return Operation::Value;
    };
    if operator == '}' {
        parser.at += 1;
        return Operation::Value;
    }
    parser.at += operator.len_utf8();
    let operand = Box::new(operand(parser));
    match operator {
        '-' => Operation::Default(operand, emptiness),
        '=' => Operation::Assign(operand, emptiness),
        '+' => Operation::Alternative(operand, emptiness),
        '?' => Operation::Require(emptiness),
        other => Operation::Change(other, operand),
    }
}

/// The word up to the closing brace; goes past it.
fn operand(parser: &mut Parser<'_>) -> Word {
    let mut parts = Parts::default();
    if parser.depth >= MAX_DEPTH {
        parts.text(parser.rest());
        parser.at = parser.text.len();
        parser.whole = false;
        return parts.word();
    }
    parser.depth += 1;
    loop {
        match parser.peek() {
            None => {
                parser.whole = false;
                break;
            }
            Some(b'}') => {
                parser.at += 1;
                break;
            }
            Some(b'\\') => escape(parser, &mut parts),
            Some(b'\'') => {
                let start = parser.at + 1;
                let end = parser.text[start..].find('\'').map(|end| start + end);
                match end {
                    Some(end) => {
                        parts.text(&parser.text[start..end]);
                        parser.at = end + 1;
                    }
                    None => {
                        parts.text("'");
                        parser.at += 1;
                    }
                }
            }
            Some(b'"') => {
                parser.at += 1;
                quoted(parser, &mut parts, Some(b'"'));
            }
            Some(b'$') => dollar(parser, &mut parts, Quoted::No),
            Some(b'`') => backticks(parser, &mut parts, Quoted::No),
            Some(_) => {
                let plain = |byte: &u8| !matches!(byte, b'}' | b'\\' | b'\'' | b'"' | b'$' | b'`');
                let run = parser.rest().bytes().take_while(plain).count();
                parts.bare(&parser.text[parser.at..parser.at + run]);
                parser.at += run;
            }
        }
    }
    parser.depth -= 1;
    parts.word()
}

/// The position behind the parenthesis that closes the one before `at`; the end where none does.
fn closing(text: &str, at: usize) -> usize {
    let mut open = 1usize;
    for (offset, byte) in text.as_bytes().iter().enumerate().skip(at) {
        match byte {
            b'(' => open += 1,
            b')' => open -= 1,
            b'\n' => return offset,
            _ => {}
        }
        if open == 0 {
            return offset + 1;
        }
    }
    text.len()
}
