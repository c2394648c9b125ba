//! The two ways to say which: matchers as Claude Code reads them, and globs of paths.

use regex_lite::Regex;
use serde::{Serialize, Serializer};

/// A matcher by the rules of Claude Code's settings: nothing, `*` or an empty text is everything; a text of letters, digits,
/// `_`, `-`, space, `,` and `|` is a name or a list of names; any other text is a regular expression that may be found anywhere.
#[derive(Clone, Debug, Default)]
pub enum Matcher {
    /// Everything.
    #[default]
    Any,
    /// One of these names.
    Names(Vec<String>),
    /// What this expression is found in.
    Expression(Regex),
}

impl Matcher {
    /// Reads a matcher.
    ///
    /// # Errors
    /// Why it is no regular expression.
    pub fn new(text: &str) -> Result<Self, String> {
        if text.is_empty() || text == "*" {
            return Ok(Self::Any);
        }
        let is_list = text.chars().all(|c| c.is_ascii_alphanumeric() || "_- ,|".contains(c));
        if is_list {
            let names = text.split(['|', ',']).map(str::trim).filter(|name| !name.is_empty());
            return Ok(Self::Names(names.map(str::to_owned).collect()));
        }
        Regex::new(text).map(Self::Expression).map_err(|error| {
            format!("{text:?} is no regular expression that can be used here (look-around and back references cannot): {error}")
        })
    }

    /// Whether this name is meant.
    pub fn matches(&self, name: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Names(names) => names.iter().any(|known| known == name),
            Self::Expression(expression) => expression.is_match(name),
        }
    }

    /// The names, where it is a list of such.
    pub fn names(&self) -> Option<&[String]> {
        if let Self::Names(names) = self { Some(names) } else { None }
    }

    /// As it is written.
    pub fn text(&self) -> String {
        match self {
            Self::Any => "*".to_owned(),
            Self::Names(names) => names.join("|"),
            Self::Expression(expression) => expression.as_str().to_owned(),
        }
    }
}

impl Serialize for Matcher {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

/// Globs, one of which must match; none is no condition.
///
/// `*` and `?` stay within a folder, `**` crosses them, `[…]` is a class, `{a,b}` a choice. A glob without `/` is of a
/// name in any folder; others are of the whole path. `!` in front takes out again.
#[derive(Clone, Debug, Default)]
pub struct Globs(Vec<Glob>);

#[derive(Clone, Debug)]
struct Glob {
    text: String,
    is_negative: bool,
    expression: Regex,
}

impl Globs {
    /// Reads globs.
    ///
    /// # Errors
    /// Which of them cannot be read, by its place in the list, and why.
    pub fn new(texts: &[impl AsRef<str>]) -> Result<Self, (usize, String)> {
        let read = |(at, text): (usize, &_)| Glob::new(AsRef::<str>::as_ref(text)).map_err(|why| (at, why));
        texts.iter().enumerate().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// Whether there is no condition.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this path, relative to the project or absolute, is meant. The last glob that matches decides.
    pub fn matches(&self, path: &str) -> bool {
        let default = self.0.iter().all(|glob| glob.is_negative);
        let path = path.strip_prefix("./").unwrap_or(path);
        let decided = self.0.iter().rev().find(|glob| glob.expression.is_match(path));
        decided.map_or(default, |glob| !glob.is_negative)
    }

    /// As they are written.
    pub fn text(&self) -> String {
        self.0.iter().map(|glob| glob.text.as_str()).collect::<Vec<_>>().join(", ")
    }
}

impl Serialize for Globs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|glob| &glob.text))
    }
}

impl Glob {
    fn new(text: &str) -> Result<Self, String> {
        let (is_negative, glob) = text.strip_prefix('!').map_or((false, text), |glob| (true, glob));
        let expression = expression(glob.strip_prefix("./").unwrap_or(glob))
            .and_then(|expression| Regex::new(&expression).ok())
            .ok_or_else(|| format!("{text:?} is no glob: a [ or {{ in it is not closed"))?;
        Ok(Self { text: text.to_owned(), is_negative, expression })
    }
}

/// The regular expression for a glob; `None` where a bracket is not closed.
fn expression(glob: &str) -> Option<String> {
    let mut out = String::from(if glob.contains('/') { "^" } else { "^(?:.*/)?" });
    let mut rest = glob;
    let mut choices = 0_usize;
    while let Some(c) = rest.chars().next() {
        let mut taken = c.len_utf8();
        match c {
            '*' if rest.starts_with("**/") => {
                out.push_str("(?:.*/)?");
                taken = 3;
            }
            '*' if rest.starts_with("**") => {
                out.push_str(".*");
                taken = 2;
            }
            '*' => out.push_str("[^/]*"),
            '?' => out.push_str("[^/]"),
            '[' => {
                // A bracket right behind the opening one is a member of the class.
                let from = 1 + usize::from(rest[1..].starts_with(['!', '^']));
                let from = from + usize::from(rest[from..].starts_with(']'));
                let end = from + rest[from..].find(']')?;
                let inside = rest[1..end].replace('\\', "\\\\").replace('[', "\\[");
                let inside = inside.strip_prefix('!').map_or(inside.clone(), |rest| format!("^{rest}"));
                out.push_str(&format!("[{inside}]"));
                taken = end + 1;
            }
            '{' => {
                choices += 1;
                out.push_str("(?:");
            }
            '}' if choices > 0 => {
                choices -= 1;
                out.push(')');
            }
            ',' if choices > 0 => out.push('|'),
            c if c.is_ascii_punctuation() && c != '/' && c != '_' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
        rest = &rest[taken..];
    }
    out.push('$');
    (choices == 0).then_some(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn matchers_are_read_as_claude_code_reads_them() {
        for (matcher, name, expected) in [
            ("", "Bash", true),
            ("*", "Bash", true),
            ("Bash", "Bash", true),
            ("Bash", "BashOutput", false),
            ("bash", "Bash", false),
            ("Edit|Write", "Write", true),
            ("Edit, Write", "Write", true),
            ("Edit|Write", "NotebookEdit", false),
            ("Edit.*", "NotebookEdit", true),
            ("^Edit$", "NotebookEdit", false),
            ("mcp__memory", "mcp__memory__read", false),
            ("mcp__memory__.*", "mcp__memory__read", true),
            ("my-agent", "my-agent", true),
        ] {
            assert_eq!(Matcher::new(matcher).unwrap().matches(name), expected, "{matcher} {name}");
        }
        assert!(Matcher::new("(?!x)").unwrap_err().contains("look-around"));
    }

    #[test]
    fn globs_match_paths() {
        for (globs, path, expected) in [
            (&["*.rs"][..], "src/a/b.rs", true),
            (&["*.rs"], "b.rs", true),
            (&["*.rs"], "b.rs.bak", false),
            (&["src/*.rs"], "src/b.rs", true),
            (&["src/*.rs"], "src/a/b.rs", false),
            (&["src/**"], "src/a/b.rs", true),
            (&["src/**/*.rs"], "src/b.rs", true),
            (&["**/test_*.py"], "test_a.py", true),
            (&["**/test_*.py"], "x/y/test_a.py", true),
            (&["*.{ts,tsx}"], "web/a.tsx", true),
            (&["*.{ts,tsx}"], "web/a.tsz", false),
            (&["a?c"], "abc", true),
            (&["a?c"], "a/c", false),
            (&["[ab].txt"], "a.txt", true),
            (&["[!ab].txt"], "a.txt", false),
            (&["[]].txt"], "].txt", true),
            (&["a+b(c).txt"], "a+b(c).txt", true),
            (&["a+b(c).txt"], "aab(c).txt", false),
            (&["/etc/*"], "/etc/passwd", true),
            (&["*.rs", "!*_gen.rs"], "a_gen.rs", false),
            (&["*.rs", "!*_gen.rs"], "a.rs", true),
            (&["!*.md"], "a.rs", true),
            (&["!*.md"], "a.md", false),
            (&["./src/*.rs"], "src/a.rs", true),
            (&["ünï*"], "ünïcode", true),
            (&["a,b"], "a,b", true),
        ] {
            assert_eq!(Globs::new(globs).unwrap().matches(path), expected, "{globs:?} {path}");
        }
        for broken in ["[a", "{a", "{a,[}"] {
            assert_eq!(Globs::new(&["ok", broken]).unwrap_err().0, 1, "{broken}");
        }
    }
}
