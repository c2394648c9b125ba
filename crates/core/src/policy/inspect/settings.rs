//! Settings in files of whatever form (JSON with comments, TOML, YAML, lines of `name = value`), whole or a piece of one: each value
//! with the names that stand before it.

use std::borrow::Cow;

use crate::json;
use crate::policy::lists::{is, letters};

/// Most values of one text that are looked at, and how deep names stand within each other.
const MAX_VALUES: usize = 4096;
const MAX_DEPTH: usize = 16;

/// A value, and what it is called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Setting<'t> {
    /// The name of what it stands in; empty where it stands in nothing that has one.
    pub(super) within: Cow<'t, str>,
    /// Its own name. Elements of a list have that of the list.
    pub(super) name: Cow<'t, str>,
    pub(super) value: Cow<'t, str>,
}

impl Setting<'_> {
    /// Its name with what it stands in, in lower case and letters alone: `security.folderTrust.enabled` within or without braces.
    pub(super) fn path(&self) -> String {
        letters(&self.within) + &letters(&self.name)
    }

    /// Whether it is on.
    pub(super) fn is_on(&self) -> bool {
        ["true", "yes", "on", "1", "always"].iter().any(|word| self.value.eq_ignore_ascii_case(word))
    }

    /// Whether it is off.
    pub(super) fn is_off(&self) -> bool {
        ["false", "no", "off", "0", "never"].iter().any(|word| self.value.eq_ignore_ascii_case(word))
    }
}

/// Whether a glob or a regular expression stands for everything.
pub(super) fn is_everything(pattern: &str) -> bool {
    // Between slashes, with letters that say how it is meant behind them.
    let delimited = pattern.strip_prefix('/').and_then(|rest| rest.rsplit_once('/'));
    let delimited =
        delimited.filter(|(_, flags)| flags.bytes().all(|byte| byte.is_ascii_lowercase())).map(|(inside, _)| inside);
    let inside = delimited.filter(|inside| !inside.contains("**")).unwrap_or(pattern);
    let inside = inside.trim_start_matches("(?s)").trim_start_matches("(?i)");
    let inside = inside.trim_start_matches('^').trim_end_matches('$');
    let inside = inside.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(inside);
    const ALL: &str = "*|**|**/*|/**|./**|**/**|.*|.+|.*?|.|./|[\\s\\S]*|[\\s\\S]+|**/*.*|*.*";
    is(inside, ALL) || inside.is_empty() && delimited.is_some()
}

/// The settings of a text, in order.
pub(super) fn settings(text: &str) -> Vec<Setting<'_>> {
    let mut reader = Reader::default();
    for line in text.lines() {
        reader.line(line);
        if reader.found.len() >= MAX_VALUES {
            break;
        }
    }
    reader.found
}

/// What a name stands in: what a brace opens, or a line that is indented less.
enum Scope<'t> {
    Brace(Cow<'t, str>),
    Indent(usize, Cow<'t, str>),
}

#[derive(Default)]
struct Reader<'t> {
    /// What is left of the line.
    rest: &'t str,
    indent: usize,
    scopes: Vec<Scope<'t>>,
    /// The section of a TOML or INI file.
    section: Cow<'t, str>,
    name: Option<Cow<'t, str>>,
    lists: usize,
    found: Vec<Setting<'t>>,
}

impl<'t> Reader<'t> {
    fn line(&mut self, line: &'t str) {
        self.rest = line.trim();
        if self.lists == 0 {
            self.indent = line.len() - line.trim_start().len();
            match self.rest.strip_prefix("- ") {
                Some(item) => self.item(item),
                None => self.name = None,
            }
            let section = self.rest.strip_prefix('[').filter(|_| self.name.is_none() && self.scopes.is_empty());
            if let Some(section) = section.and_then(|rest| rest.split(']').next()) {
                self.section = section.trim_start_matches('[').into();
                return;
            }
        }
        while self.token() {}
    }

    /// An item of a list belongs to the name that stands above it, with the same indentation or less.
    fn item(&mut self, item: &'t str) {
        self.rest = item;
        let indent = self.indent;
        while self.scopes.pop_if(|scope| matches!(scope, Scope::Indent(at, _) if *at > indent)).is_some() {}
        if let Some(Scope::Indent(_, name)) = self.scopes.last() {
            self.name = Some(name.clone());
        }
        self.indent += 1;
    }

    /// Reads one thing of a line; `false` at its end.
    fn token(&mut self) -> bool {
        self.rest = self.rest.trim_start();
        let Some(first) = self.rest.bytes().next() else { return false };
        match first {
            b'#' | b';' => return false,
            b'/' if self.rest.starts_with("//") => return false,
            b'{' => {
                let name = self.name.take().unwrap_or_else(|| self.within());
                if self.scopes.len() < MAX_DEPTH {
                    self.scopes.push(Scope::Brace(name));
                }
            }
            b'}' => {
                while let Some(Scope::Indent(..)) = self.scopes.pop() {}
                self.name = None;
            }
            b'[' => self.lists += 1,
            b']' => self.lists = self.lists.saturating_sub(1),
            b',' if self.lists == 0 => self.name = None,
            b',' | b'=' | b':' => {}
            _ => {
                self.word();
                return true;
            }
        }
        self.rest = &self.rest[1..];
        true
    }

    /// A name where something is assigned to it, else a value.
    fn word(&mut self) {
        let word = self.quoted().unwrap_or_else(|| self.bare());
        let behind = self.rest.trim_start();
        if behind.starts_with([':', '=']) {
            self.rest = &behind[1..];
            self.names(word);
        } else if behind.starts_with('{') && self.name.is_none() && self.lists == 0 {
            // A block of HCL has nothing between its name and what it holds.
            self.name = Some(word);
        } else {
            let name = self.name.clone().unwrap_or_default();
            self.found.push(Setting { within: self.within(), name, value: word });
        }
    }

    fn names(&mut self, name: Cow<'t, str>) {
        let indent = self.indent;
        while self.scopes.pop_if(|scope| matches!(scope, Scope::Indent(at, _) if *at >= indent)).is_some() {}
        let alone = self.rest.trim().is_empty() && self.scopes.len() < MAX_DEPTH;
        if alone && !matches!(self.scopes.last(), Some(Scope::Brace(_))) {
            self.scopes.push(Scope::Indent(indent, name.clone()));
        }
        self.name = Some(name);
    }

    /// What the name that is read stands in.
    fn within(&self) -> Cow<'t, str> {
        let own = |scope: &&Scope<'t>| matches!(scope, Scope::Indent(_, name) if Some(name) == self.name.as_ref());
        match self.scopes.iter().rev().find(|scope| !own(scope)) {
            Some(Scope::Brace(name) | Scope::Indent(_, name)) => name.clone(),
            None => self.section.clone(),
        }
    }

    fn quoted(&mut self) -> Option<Cow<'t, str>> {
        for quote in ["'''", "\"\"\"", "\"", "'", "`"] {
            let Some(inside) = self.rest.strip_prefix(quote) else { continue };
            let end = match quote {
                "\"" => json::closing_quote(inside.as_bytes(), 0),
                _ => inside.find(quote).unwrap_or(inside.len()),
            };
            let text = inside.get(..end).unwrap_or(inside);
            self.rest = inside.get(end + quote.len()..).unwrap_or_default();
            return Some(if quote == "\"" { json::unescape(text) } else { text.into() });
        }
        None
    }

    /// A name goes on to what assigns to it; a value, which may hold blanks, to the end of the line.
    fn bare(&mut self) -> Cow<'t, str> {
        let is_value = self.name.is_some();
        let bytes = self.rest.as_bytes();
        let ends = |at: usize| match bytes[at] {
            b',' | b'}' | b']' | b'{' => true,
            b'#' => bytes[at - 1] == b' ',
            b':' => bytes.get(at + 1).is_none_or(u8::is_ascii_whitespace),
            b'=' | b'[' => !is_value,
            _ => false,
        };
        let end = (1..bytes.len()).find(|at| ends(*at)).unwrap_or(bytes.len());
        let (word, rest) = self.rest.split_at(self.rest.ceil_char_boundary(end));
        self.rest = rest;
        word.trim_end().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_in_every_form() {
        for (text, expected) in [
            (r#"{"a.b": true, "c": {"/.*/": true, "d": {"e": [1, "x"]}}}"#, ".a.b=true c./.*/=true d.e=1 d.e=x"),
            ("{\n  // no\n  \"a\": {\n    \"b\": \"c\"\n  },\n  \"d\": false\n}", "a.b=c .d=false"),
            (
                "[build]\nwrap = \"/tmp/x\" # why\n[a.b]\nurl = 'http://x'\nl = [\n  '''.*''',\n]",
                "build.wrap=/tmp/x a.b.url=http://x a.b.l=.*",
            ),
            (
                "a:\n  b:\n    enabled: false\n  list:\n    - one\n    - \"two\"\nc: d e",
                "b.enabled=false a.list=one a.list=two .c=d e",
            ),
            (
                "registry=http://x.example/a=b\nscript-shell = /tmp/x -c\n; no\n# no",
                ".registry=http://x.example/a=b .script-shell=/tmp/x -c",
            ),
            ("- uses: a\n  with:\n    b: c", ".uses=a with.b=c"),
            ("backup {\n  enabled = false\n}\nname = 1", "backup.enabled=false .name=1"),
            ("\"a\": {\"b\": 1", "a.b=1"),
            ("*", ".=*"),
            ("}}]]", ""),
        ] {
            let found: Vec<_> =
                settings(text).iter().map(|it| format!("{}.{}={}", it.within, it.name, it.value)).collect();
            assert_eq!(found.join(" "), expected, "{text}");
        }
    }

    #[test]
    fn patterns_for_everything_are_known() {
        for (pattern, expected) in [
            ("*", true),
            ("/.*/", true),
            ("^.*$", true),
            ("**/*", true),
            ("/.+/s", true),
            ("/^/", true),
            ("/^git /", false),
            ("/usr/", false),
            ("src/**", false),
            ("", false),
        ] {
            assert_eq!(is_everything(pattern), expected, "{pattern}");
        }
    }
}
