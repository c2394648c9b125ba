//! JSON, with comments and trailing commas where the dialect has them, read into a tree that knows where each piece
//! stands in the text, so that a file a person wrote can be edited without being rewritten.

use std::fmt;
use std::ops::Range;

/// Settings files nest a handful of levels; a file that nests deeper than this is refused rather than recursed into.
const MAX_DEPTH: usize = 128;

/// What a file may hold besides JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// JSON alone.
    Json,
    /// Comments (`//`, `/* */`) and trailing commas too.
    Jsonc,
}

/// A value and where it stands.
#[derive(Debug)]
pub(crate) struct Node {
    /// The value's bytes in the text.
    pub(crate) span: Range<usize>,
    /// What it is.
    pub(crate) value: Value,
}

/// A value of JSON, as far as an editor of settings cares.
#[derive(Debug)]
pub(crate) enum Value {
    Object(Vec<Child>),
    Array(Vec<Child>),
    String(String),
    Bool(bool),
    Other,
}

/// A member of an object or an element of an array.
#[derive(Debug)]
pub(crate) struct Child {
    /// The member's name; `None` in an array.
    pub(crate) key: Option<String>,
    /// The whole child, from its key to the end of its value.
    pub(crate) span: Range<usize>,
    /// The comma after it.
    pub(crate) comma: Option<usize>,
    /// Its value.
    pub(crate) node: Node,
}

/// Why a text is not of the dialect, and where (line and column in characters, from 1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
    /// What was expected.
    pub message: &'static str,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.message)
    }
}

impl Node {
    /// The members or elements; empty for any other value.
    pub(crate) fn children(&self) -> &[Child] {
        match &self.value {
            Value::Object(children) | Value::Array(children) => children,
            _ => &[],
        }
    }

    /// The position of the member called `key`. The last of several counts, as it does for every reader of JSON.
    pub(crate) fn position(&self, key: &str) -> Option<usize> {
        match &self.value {
            Value::Object(members) => members.iter().rposition(|member| member.key.as_deref() == Some(key)),
            _ => None,
        }
    }

    /// The value of the member called `key`.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.children().get(self.position(key)?).map(|member| &member.node)
    }

    /// The text of a string.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// Whether it is `true`.
    pub(crate) fn is_true(&self) -> bool {
        matches!(self.value, Value::Bool(true))
    }
}

/// Reads a whole text; a byte order mark before it and white space around it are allowed.
pub(crate) fn parse(text: &str, dialect: Dialect) -> Result<Node, SyntaxError> {
    let mut parser = Parser { text, at: if text.starts_with('\u{feff}') { 3 } else { 0 }, dialect };
    let parsed = parser.whole();
    parsed.map_err(|message| {
        let before = text.get(..parser.at).unwrap_or(text).trim_start_matches('\u{feff}');
        SyntaxError {
            line: before.matches('\n').count() + 1,
            column: before.rsplit('\n').next().unwrap_or_default().chars().count() + 1,
            message,
        }
    })
}

type Parsed<T> = Result<T, &'static str>;

struct Parser<'a> {
    text: &'a str,
    at: usize,
    dialect: Dialect,
}

impl Parser<'_> {
    fn whole(&mut self) -> Parsed<Node> {
        self.skip()?;
        let node = self.value(0)?;
        self.skip()?;
        if self.at == self.text.len() { Ok(node) } else { Err("expected the end of the file") }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    /// Steps over white space and comments.
    fn skip(&mut self) -> Parsed<()> {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.at += 1,
                Some(b'/') if self.dialect == Dialect::Jsonc => self.comment()?,
                Some(b'/') => return Err("this agent reads plain JSON here, without comments"),
                _ => return Ok(()),
            }
        }
    }

    fn comment(&mut self) -> Parsed<()> {
        let rest = &self.text[self.at..];
        if rest.starts_with("//") {
            self.at += rest.find('\n').unwrap_or(rest.len());
            Ok(())
        } else if let Some(inner) = rest.strip_prefix("/*") {
            self.at += inner.find("*/").ok_or("expected the end of this comment")? + 4;
            Ok(())
        } else {
            Err("expected a value")
        }
    }

    fn value(&mut self, depth: usize) -> Parsed<Node> {
        if depth > MAX_DEPTH {
            return Err("nested too deeply for a settings file");
        }
        let start = self.at;
        let value = match self.peek() {
            Some(b'{') => Value::Object(self.children(b'}', depth)?),
            Some(b'[') => Value::Array(self.children(b']', depth)?),
            Some(b'"') => Value::String(self.string()?),
            _ => self.scalar()?,
        };
        Ok(Node { span: start..self.at, value })
    }

    /// The children of the container that opens here, up to and over its closing bracket.
    fn children(&mut self, close: u8, depth: usize) -> Parsed<Vec<Child>> {
        self.at += 1;
        let mut children: Vec<Child> = Vec::new();
        loop {
            self.skip()?;
            let open = children.last().is_none_or(|last| last.comma.is_some());
            let may_close = !open || children.is_empty() || self.dialect == Dialect::Jsonc;
            if may_close && self.eat(close) {
                return Ok(children);
            }
            if !open {
                return Err(if close == b'}' { "expected `,` or `}`" } else { "expected `,` or `]`" });
            }
            let mut child = self.child(close == b'}', depth)?;
            self.skip()?;
            let comma = self.at;
            child.comma = self.eat(b',').then_some(comma);
            children.push(child);
        }
    }

    fn child(&mut self, keyed: bool, depth: usize) -> Parsed<Child> {
        let start = self.at;
        let mut key = None;
        if keyed {
            if self.peek() != Some(b'"') {
                return Err("expected a name in double quotes");
            }
            key = Some(self.string()?);
            self.skip()?;
            if !self.eat(b':') {
                return Err("expected `:`");
            }
            self.skip()?;
        }
        let node = self.value(depth + 1)?;
        Ok(Child { key, span: start..self.at, comma: None, node })
    }

    fn string(&mut self) -> Parsed<String> {
        let bytes = self.text.as_bytes();
        let mut end = self.at + 1;
        while let Some(byte) = bytes.get(end) {
            match byte {
                b'\\' => end += 2,
                b'"' => {
                    let text = self.text.get(self.at..=end).ok_or("expected a string")?;
                    let decoded = serde_json::from_str(text).map_err(|_| "expected a string without errors in it")?;
                    self.at = end + 1;
                    return Ok(decoded);
                }
                _ => end += 1,
            }
        }
        Err("expected the closing quote of this string")
    }

    fn scalar(&mut self) -> Parsed<Value> {
        let rest = &self.text[self.at..];
        let len = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte)).count();
        match serde_json::from_str::<serde_json::Value>(&rest[..len]) {
            Ok(value) => {
                self.at += len;
                Ok(value.as_bool().map_or(Value::Other, Value::Bool))
            }
            Err(_) => Err("expected a value"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn comments_and_trailing_commas_are_a_matter_of_dialect() {
        for text in ["{// a\n}", "[1, 2,]", "{\"a\": /* b */ 1,}"] {
            assert!(parse(text, Dialect::Jsonc).is_ok(), "{text}");
            assert!(parse(text, Dialect::Json).is_err(), "{text}");
        }
    }

    #[test]
    fn an_error_names_its_place() {
        for (text, line, column) in [
            ("", 1, 1),
            ("{\n  \"a\": 1\n  \"b\": 2\n}", 3, 3),
            ("{\"é\": tru}", 1, 7),
            ("{} x", 1, 4),
            ("[1,,2]", 1, 4),
            ("{\"a\" 1}", 1, 6),
            ("{'a': 1}", 1, 2),
            ("/* open", 1, 1),
            ("[\"open]", 1, 2),
            ("\u{feff}{x}", 1, 2),
        ] {
            let error = parse(text, Dialect::Jsonc).unwrap_err();
            assert_eq!((error.line, error.column), (line, column), "{text}: {error}");
        }
        assert!(parse(&"[".repeat(100_000), Dialect::Json).is_err());
    }

    proptest! {
        #[test]
        fn takes_what_a_json_library_takes_and_nothing_else(text in "[\\[\\]{}:,\"a1\\\\ \n.e-]{0,24}") {
            prop_assert_eq!(
                parse(&text, Dialect::Json).is_ok(),
                serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok()
                    && serde_json::from_str::<serde_json::Value>(&text).is_ok(),
                "{}", text
            );
        }

        #[test]
        fn never_panics(text in any::<String>()) {
            let _ = parse(&text, Dialect::Jsonc);
        }
    }
}
