//! What an expression of another language stands for, as far as its literals, the home and their joining tell.

use std::cell::Cell;

use super::{Language, MAX_LOOKUPS, MAX_NAMES, loops, origins};
use crate::policy::shell::value::{Origin, Text};
use crate::policy::spans;

/// How deep names are followed, and expressions within expressions.
const MAX_DEPTH: usize = 6;

/// How much of a piece of code, in bytes, is searched for what a name stands for.
const MAX_LOOK: usize = 16 * 1024;

/// How much of what is given to a name is read, in bytes.
const MAX_GIVEN: usize = 1024;

/// Expressions of the home, with single quotes for either.
const HOMES: &[&str] = &[
    "pathlib.Path.home()",
    "Path.home()",
    "require('os').homedir()",
    "require('node:os').homedir()",
    "os.homedir()",
    "homedir()",
    "userHomeDir()",
    "process.env.HOME",
    "process.env['HOME']",
    "process.env.USERPROFILE",
    "Bun.env.HOME",
    "Deno.env.get('HOME')",
    "os.environ['HOME']",
    "os.environ.get('HOME')",
    "environ['HOME']",
    "os.getenv('HOME')",
    "os.Getenv('HOME')",
    "os.UserHomeDir()",
    "Dir.home()",
    "Dir.home",
    "ENV['HOME']",
    "ENV.fetch('HOME')",
    "$_SERVER['HOME']",
    "$_ENV['HOME']",
    "$ENV{HOME}",
    "$ENV{'HOME'}",
    "getenv('HOME')",
    "env_var('HOME')",
    "home_directory()",
    "System.user_home!()",
    "System.user_home!",
    "System.user_home()",
    "System.get_env('HOME')",
    "System.getProperty('user.home')",
    "System.getenv('HOME')",
    "Sys.getenv('HOME')",
    "NSHomeDirectory()",
    "FileManager.default.homeDirectoryForCurrentUser.path",
    "FileManager.default.homeDirectoryForCurrentUser",
    "ENVIRON['HOME']",
    "$::env(HOME)",
    "$env(HOME)",
];

/// Calls that join their arguments to a path.
const JOINS: &[&str] = &[
    "join",
    "resolve",
    "Join",
    "joinpath",
    "Path",
    "PurePath",
    "PosixPath",
    "File",
    "file.path",
    "Pathname",
    "URL",
    "path",
    "new",
    "get",
    "of",
    "Paths",
    "Directory",
    "joinPath",
    "appendingPathComponent",
];

/// Calls that give back what they are given, as far as a path goes.
const KEEPS: &[&str] = &[
    "expanduser",
    "expandvars",
    "abspath",
    "realpath",
    "normpath",
    "fspath",
    "str",
    "String",
    "normalize",
    "expand_path",
    "expand",
    "realpathSync",
    "quote",
    "path.expand",
    "escape",
    "as_posix",
    "resolve",
    "absolute",
    "toString",
    "strip",
    "trim",
    "to_s",
    "toFile",
    "toPath",
    "path",
];

/// Calls whose argument matches names of files.
const GLOBS: &[&str] = &["glob", "iglob", "rglob", "globSync", "list.files"];

/// A piece of code, and where it runs.
pub(super) struct Scope<'c> {
    pub(super) code: &'c str,
    pub(super) language: Language,
    home: &'c str,
    /// How often names were looked up.
    lookups: Cell<usize>,
}

impl<'c> Scope<'c> {
    pub(super) const fn new(code: &'c str, language: Language, home: &'c str) -> Self {
        Self { code, language, home, lookups: Cell::new(0) }
    }

    /// What an expression stands for: holes where that is not known.
    pub(super) fn value(&self, expression: &str) -> Text {
        self.at_depth(expression, 0)
    }

    /// What an expression stands for as a path, `~` as the home.
    pub(super) fn path(&self, expression: &str) -> Text {
        self.of_home(self.value(expression))
    }

    /// A text with the home for a `~` at its start.
    pub(super) fn of_home(&self, text: Text) -> Text {
        let bytes = ["~", "$HOME", "${HOME}"].iter().find_map(|start| {
            let rest = text.prefix().strip_prefix(start)?;
            (rest.is_empty() && text.pieces().len() == 1 || rest.starts_with('/')).then_some(start.len())
        });
        match bytes {
            Some(bytes) => {
                let mut made = Text::known(self.home);
                made.push(&text.after(bytes));
                made
            }
            None => text,
        }
    }

    fn at_depth(&self, expression: &str, depth: usize) -> Text {
        let mut made = Text::default();
        let mut joins = false;
        let mut rest = labelled(expression);
        while depth < MAX_DEPTH && !rest.is_empty() {
            let (term, after) = self.term(rest, depth);
            if joins && !made.is_empty() && !term.prefix().starts_with('/') {
                made.push_known("/", false);
            }
            made.push(&term);
            let after = after.trim_start_matches([' ', '\t']);
            let Some((operator, next)) = operator(after, self.language) else {
                if !ends(after) {
                    made.push_hole(Origin::UNKNOWN);
                }
                break;
            };
            joins = operator;
            rest = next.trim_start();
        }
        if made.is_empty() && depth >= MAX_DEPTH {
            made.push_hole(Origin::UNKNOWN);
        }
        made
    }

    /// One term of an expression, and what stands behind it.
    fn term<'e>(&self, text: &'e str, depth: usize) -> (Text, &'e str) {
        if let Some((literal, prefix, rest)) = quoted(text) {
            return (self.interpolated(literal, prefix, depth), rest);
        }
        if let Some(rest) = HOMES.iter().find_map(|home| behind_home(text, home)) {
            return self.methods(Text::known(self.home), rest, depth);
        }
        if let Some(inner) = text.strip_prefix('(') {
            let (inside, rest) = enclosed(inner, '(', ')');
            return self.methods(self.at_depth(inside, depth + 1), rest, depth);
        }
        let word = text.strip_prefix("new ").unwrap_or(text).trim_start_matches(['*', '&', '@']);
        let length = word
            .char_indices()
            .find(|(_, char)| {
                !(char.is_ascii_alphanumeric() || matches!(char, '_' | '.' | ':' | '$' | '!' | '-' | '>'))
            })
            .map_or(word.len(), |(at, _)| at);
        let (name, rest) = word.split_at(length);
        let name = name.trim_end_matches(['.', ':', '-', '>']);
        if name.is_empty() {
            return (Text::hole(Origin::UNKNOWN), "");
        }
        let open = rest.chars().next().filter(|char| matches!(char, '(' | '['));
        match open {
            Some('(') => {
                let (inside, rest) = enclosed(&rest[1..], '(', ')');
                if name == "require" || name == "import" || name == "__import__" {
                    return self.methods(Text::hole(Origin::UNKNOWN), rest, depth);
                }
                self.methods(self.called(name, inside, None, depth), rest, depth)
            }
            // Perl's is called without parentheses as well.
            _ if name == "glob" && rest.trim_start().starts_with(['"', '\'']) => {
                (globbing(&self.at_depth(rest.trim_start(), depth + 1)), "")
            }
            Some('[') if name == "Dir" => {
                let (inside, rest) = enclosed(&rest[1..], '[', ']');
                (globbing(&self.at_depth(inside, depth + 1)), rest)
            }
            _ => {
                let (name, method) = match name.split_once(['.', ':']) {
                    Some((name, method)) => (name, Some(method)),
                    None => (name, None),
                };
                let value = self.bound(name, depth);
                match method {
                    Some("parent" | "dirname") => (parent(&value), rest),
                    Some("name" | "path" | "pathname") | None => (value, rest),
                    Some(_) => (Text::hole(value.origin().unwrap_or_default()), rest),
                }
            }
        }
    }

    /// What a call gives, for the calls that make paths.
    fn called(&self, name: &str, inside: &str, on: Option<&Text>, depth: usize) -> Text {
        let last = name.rsplit(['.', ':', '>']).next().unwrap_or(name);
        let is = |names: &[&str]| names.contains(&last) || names.contains(&name);
        // `path.join(…)` is a function, `folder.joinpath(…)` one of the folder.
        let mut made = match (on, name.split_once('.')) {
            (Some(value), _) => value.clone(),
            (None, Some((owner, _))) if !self.is_module(owner) => self.bound(owner, depth),
            _ => Text::default(),
        };
        let first = || self.of_home(self.at_depth(inside, depth + 1));
        if is(GLOBS) || matches!(last, "iterdir" | "readdirSync" | "readdir") {
            let pattern = if inside.trim().is_empty() { Text::known("*") } else { first() };
            if !made.is_empty() {
                made.push_known("/", false);
            }
            made.push(&pattern);
            return globbing(&made);
        }
        if is(KEEPS) && (inside.trim().is_empty() || !is(JOINS)) {
            return if made.is_empty() || !inside.trim().is_empty() { first() } else { made };
        }
        if is(JOINS) {
            for argument in split(inside) {
                let part = self.of_home(self.at_depth(argument, depth + 1));
                if !made.is_empty() && !part.prefix().starts_with('/') {
                    made.push_known("/", false);
                }
                made.push(&part);
            }
            return made;
        }
        Text::hole(origins::of(inside).and(origins::of(name)))
    }

    /// Whether a name stands for a module: by itself, or because JavaScript code gave it to one.
    fn is_module(&self, name: &str) -> bool {
        is_module(name) || self.language == Language::JavaScript && (self.requires(name) || self.imports(name))
    }

    fn requires(&self, name: &str) -> bool {
        self.given(name).next().is_some_and(|given| given.starts_with("require(") || given.starts_with("await import("))
    }

    fn imports(&self, name: &str) -> bool {
        // Imports stand at the start.
        let code = spans::start(self.code, MAX_GIVEN);
        let mut imported = code.split([';', '\n']).filter_map(|line| line.trim().strip_prefix("import "));
        imported.any(|rest| rest.split(" from ").next().is_some_and(|own| own.trim_start_matches("* as ") == name))
    }

    /// What is made of a value by the methods behind it.
    fn methods<'e>(&self, value: Text, rest: &'e str, depth: usize) -> (Text, &'e str) {
        let (mut value, mut rest) = (value, rest);
        for _ in 0..MAX_DEPTH {
            let Some(after) =
                rest.strip_prefix('.').filter(|after| after.starts_with(|char: char| char.is_ascii_alphabetic()))
            else {
                break;
            };
            let length = after.find(|char| !is_part(char)).unwrap_or(after.len());
            let (name, behind) = after.split_at(length);
            match (name, behind.strip_prefix('(')) {
                (name, Some(inner)) => {
                    let (inside, behind) = enclosed(inner, '(', ')');
                    let known = value.origin().is_none() || !value.prefix().is_empty();
                    value = self.called(name, inside, known.then_some(&value), depth);
                    rest = behind;
                }
                ("parent", None) => {
                    value = parent(&value);
                    rest = behind;
                }
                _ => return (Text::hole(value.origin().unwrap_or_default()), behind),
            }
        }
        (value, rest)
    }

    /// What a name stands for: `x = …`, `for x in …`.
    fn bound(&self, name: &str, depth: usize) -> Text {
        let given = self.given(name).next().filter(|_| depth + 1 < MAX_DEPTH);
        given.map_or_else(|| Text::hole(Origin::UNKNOWN), |given| self.of_home(self.at_depth(given, depth + 1)))
    }

    /// What is given to a name, wherever that is.
    pub(super) fn given(&self, name: &str) -> impl Iterator<Item = &'c str> {
        let code = spans::start(self.code, MAX_LOOK);
        let bare = name.trim_start_matches(['$', '@', '*', '&']).to_owned();
        let lookups = self.lookups.replace(self.lookups.get() + 1);
        let is_name = bare.starts_with(|char: char| char.is_alphabetic() || char == '_');
        let found = if is_name && lookups < MAX_LOOKUPS { MAX_NAMES } else { 0 };
        let whole = |at: &usize| !code[..*at].ends_with(is_part) && !code[at + bare.len()..].starts_with(is_part);
        let places: Vec<usize> =
            code.match_indices(bare.as_str()).map(|(at, _)| at).filter(whole).take(found).collect();
        places.into_iter().filter_map(move |at| {
            let after = code[at + bare.len()..].trim_start();
            let through = loops::gone_through(code, at, at + bare.len());
            let assigned = || {
                after
                    .strip_prefix("in ")
                    .or_else(|| after.strip_prefix("of "))
                    .or_else(|| after.strip_prefix(":="))
                    .or_else(|| after.strip_prefix('=').filter(|rest| !rest.starts_with(['=', '>', '~'])))
            };
            let given = through.or_else(assigned)?;
            let given = given.trim_start();
            Some(spans::start(given, MAX_GIVEN))
        })
    }

    /// The literals that a name stands for where a call's arguments begin with one: `x = "…"`, `for x in ("…", "…")`.
    pub(super) fn listed(&self, arguments: &str) -> Vec<Text> {
        let bare = arguments.trim_start_matches(['$', '@', '&']);
        let name = bare.split(|char| !is_part(char)).next().unwrap_or_default();
        let rest = bare[name.len()..].trim_start();
        if name.is_empty() || !(rest.is_empty() || rest.starts_with(',')) {
            return Vec::new();
        }
        let of_it = (name == loops::IT).then(|| loops::done_for(self.code)).into_iter().flatten();
        let mut values = Vec::new();
        for given in self.given(name).chain(of_it) {
            let list = given.strip_prefix(['(', '[']).map(|inner| match given.starts_with('(') {
                true => enclosed(inner, '(', ')').0,
                false => enclosed(inner, '[', ']').0,
            });
            let terms = list.map_or_else(|| vec![given], split);
            values.extend(terms.into_iter().take(MAX_NAMES).flat_map(|term| self.each_of(term)));
        }
        values.retain(|value| value.origin().is_none() || !value.prefix().is_empty());
        values.truncate(MAX_NAMES);
        values
    }

    /// The paths that an expression stands for: a pattern may list several.
    fn each_of(&self, expression: &str) -> Vec<Text> {
        let value = self.path(expression);
        let by_blanks = self.language == Language::Perl;
        match value.as_known().filter(|_| value.has_glob()) {
            Some(known) => {
                loops::listed(&known, by_blanks).iter().map(|path| globbing(&Text::known(path.as_str()))).collect()
            }
            None => vec![value],
        }
    }

    /// A literal with what is put into it.
    fn interpolated(&self, literal: &str, prefix: &str, depth: usize) -> Text {
        let quote = literal.chars().next().unwrap_or('"');
        let raw = prefix.contains(['r', 'R']);
        let inside = literal.get(1..literal.len().saturating_sub(1)).unwrap_or_default();
        let marks: &[(&str, char, char)] = match (self.language, quote) {
            (Language::Python, _) if prefix.contains(['f', 'F']) => &[("{", '{', '}')],
            (Language::JavaScript, '`') => &[("${", '{', '}')],
            (Language::Ruby, '"' | '`') => &[("#{", '{', '}')],
            (Language::Other, '"' | '`') => &[("#{", '{', '}'), ("${", '{', '}'), ("$(", '(', ')'), ("\\(", '(', ')')],
            (Language::Php, '"') => &[("{", '{', '}')],
            _ => &[],
        };
        let names = matches!((self.language, quote), (Language::Php | Language::Perl, '"' | '`'));
        let mut made = Text::default();
        let mut known = String::new();
        let mut rest = inside;
        while let Some(char) = rest.chars().next() {
            if let Some((mark, open, close)) = marks.iter().find(|(mark, ..)| rest.starts_with(mark)) {
                let (expression, after) = enclosed(&rest[mark.len()..], *open, *close);
                made.push_decoded(&std::mem::take(&mut known), false);
                made.push(&self.at_depth(expression, depth + 1));
                rest = after;
                continue;
            }
            if names && char == '$' {
                made.push_decoded(&std::mem::take(&mut known), false);
                let (value, after) = match HOMES.iter().find_map(|home| behind_home(rest, home)) {
                    Some(after) => (Text::known(self.home), after),
                    None => {
                        let end = rest[1..].find(|char| !is_part(char));
                        let (name, after) = rest.split_at(end.map_or(rest.len(), |end| end + 1));
                        (self.bound(name, depth), after)
                    }
                };
                made.push(&value);
                rest = after;
                continue;
            }
            rest = &rest[char.len_utf8()..];
            if char != '\\' || raw {
                known.push(char);
                continue;
            }
            let Some(escaped) = rest.chars().next() else { break };
            rest = &rest[escaped.len_utf8()..];
            match escaped {
                'n' => known.push('\n'),
                't' => known.push('\t'),
                '\n' => {}
                'x' => {
                    match rest.get(..2).and_then(|digits| u32::from_str_radix(digits, 16).ok()).and_then(char::from_u32)
                    {
                        Some(made) => {
                            known.push(made);
                            rest = &rest[2..];
                        }
                        None => known.push('x'),
                    }
                }
                other => known.push(other),
            }
        }
        made.push_decoded(&known, false);
        made
    }
}

/// An argument without its label: `atPath: x`.
fn labelled(expression: &str) -> &str {
    let trimmed = expression.trim_start();
    let length = trimmed.find(|char| !is_part(char)).unwrap_or(0);
    match trimmed[length..].strip_prefix(": ") {
        Some(rest) if length > 0 => rest.trim_start(),
        _ => trimmed,
    }
}

/// What stands behind an expression of the home.
fn behind_home<'t>(text: &'t str, home: &str) -> Option<&'t str> {
    let start = text.get(..home.len())?;
    let same = start.bytes().zip(home.bytes()).all(|(one, other)| one == other || one == b'"' && other == b'\'');
    same.then(|| &text[home.len()..])
}

/// Whether an operator stands here that joins two texts: `Some(true)` where it puts a slash between them.
fn operator(text: &str, language: Language) -> Option<(bool, &str)> {
    for (sign, joins, of) in [
        ("..", false, Some(Language::Other)),
        ("<>", false, Some(Language::Other)),
        ("++", false, Some(Language::Other)),
        ("+", false, None),
        ("/", true, Some(Language::Python)),
        ("/", true, Some(Language::Ruby)),
        (".", false, Some(Language::Php)),
        (".", false, Some(Language::Perl)),
        ("*", false, Some(Language::Other)),
        ("& ", false, Some(Language::Other)),
    ] {
        if of.is_none_or(|of| of == language)
            && let Some(rest) = text.strip_prefix(sign)
            && !rest.starts_with('=')
        {
            return Some((joins, rest));
        }
    }
    // A literal right behind a term belongs to it.
    text.starts_with(['"', '\'']).then_some((false, text))
}

/// Whether an expression ends here.
fn ends(text: &str) -> bool {
    text.is_empty()
        || text.starts_with([',', ')', ']', '}', ';', '\n', '|', '?', ':', '#'])
        || ["or ", "and ", "if ", "with ", "in ", "for ", "unless ", "do"].iter().any(|word| text.starts_with(word))
}

/// A literal at the start of a text, with its quotes; the letters before it; what stands behind it.
pub(super) fn quoted(text: &str) -> Option<(&str, &str, &str)> {
    let start = text.find(|char: char| !matches!(char, 'r' | 'b' | 'f' | 'u' | 'R' | 'B' | 'F'))?;
    let (prefix, body) = text.split_at(start);
    let quote = body.chars().next().filter(|char| matches!(char, '"' | '\'' | '`'))?;
    let triple = match quote {
        '"' => "\"\"\"",
        '\'' => "'''",
        _ => "```",
    };
    if let Some(inner) = body.strip_prefix(triple)
        && let Some(end) = inner.find(triple)
    {
        return Some((&body[2..3 + end + 1], prefix, &inner[end + 3..]));
    }
    let mut escaped = false;
    for (at, char) in body.char_indices().skip(1) {
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            char if char == quote => return Some((&body[..=at], prefix, &body[at + 1..])),
            _ => {}
        }
    }
    None
}

/// The text of a literal, without its quotes.
pub(super) fn unescaped(literal: &str) -> String {
    let mut made = String::new();
    let mut chars = literal[1..literal.len() - 1].chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => match chars.next() {
                Some('n') => made.push('\n'),
                Some('t') => made.push('\t'),
                other => made.extend(other),
            },
            char => made.push(char),
        }
    }
    made
}

/// Whether a character may stand in a name.
pub(super) const fn is_part(char: char) -> bool {
    char.is_ascii_alphanumeric() || char == '_'
}

/// The characters that stand in no string literal, and where they do.
pub(super) fn unquoted(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut quote = None;
    let mut escaped = false;
    text.char_indices().filter(move |(_, char)| {
        if std::mem::take(&mut escaped) {
            return false;
        }
        match (*char, quote) {
            ('\\', _) => escaped = true,
            (char, Some(open)) if char == open => quote = None,
            (_, Some(_)) => {}
            ('"' | '\'' | '`', None) => quote = Some(*char),
            _ => return true,
        }
        false
    })
}

/// What stands within brackets whose opening one is gone, and what stands behind them.
pub(super) fn enclosed(text: &str, open: char, close: char) -> (&str, &str) {
    let mut depth = 1usize;
    for (at, char) in unquoted(text) {
        if char == open {
            depth += 1;
        } else if char == close {
            depth -= 1;
            if depth == 0 {
                return (&text[..at], &text[at + char.len_utf8()..]);
            }
        }
    }
    (text, "")
}

/// The arguments of a call, or the items of a list.
pub(super) fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut from) = (0usize, 0);
    for (at, char) in unquoted(text) {
        match char {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(text[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[from..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

/// Whether a name before a dot is a module's, not a path's.
fn is_module(name: &str) -> bool {
    matches!(
        name,
        "os" | "list"
            | "path"
            | "pathlib"
            | "glob"
            | "fs"
            | "fsp"
            | "File"
            | "filepath"
            | "Path"
            | "Paths"
            | "Dir"
            | "shlex"
            | "posixpath"
    )
}

fn globbing(text: &Text) -> Text {
    let mut made = Text::default();
    made.push_decoded(&text.encoded(), true);
    made
}

/// The folder of a path.
fn parent(path: &Text) -> Text {
    match path.as_known().as_deref().map(|path| path.trim_end_matches('/').rsplit_once('/')) {
        Some(Some(("", _))) => Text::known("/"),
        Some(Some((folder, _))) => Text::known(folder),
        Some(None) => Text::known("."),
        None => Text::hole(path.origin().unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_followed_to_paths() {
        use Language::{JavaScript, Other, Perl, Php, Python, Ruby};
        for (language, code, expression, expected) in [
            (Python, "", "Path.home()", "/home/dev"),
            (Python, "", "pathlib.Path.home() / '.ssh' / \"id\"", "/home/dev/.ssh/id"),
            (Python, "", "os.path.join(os.path.expanduser('~'), 'a', 'b')", "/home/dev/a/b"),
            (Python, "", "Path('~/x').expanduser()", "/home/dev/x"),
            (Python, "", "f\"{os.environ['HOME']}/x\", True", "/home/dev/x"),
            (Python, "h = Path.home()\nd = h / 'a'\n", "d.joinpath('b')", "/home/dev/a/b"),
            (Python, "", "os.environ['HOME'] + '/x'", "/home/dev/x"),
            (Python, "for p in Path.home().glob('.m/*/x'):", "p", "/home/dev/.m/*/x"),
            (Python, "", "Path('/a/b').parent", "/a"),
            (Python, "", "tempfile.mkdtemp()", "…"),
            (JavaScript, "", "require('os').homedir(), {}", "/home/dev"),
            (JavaScript, "", "path.join(os.homedir(), '.ssh')", "/home/dev/.ssh"),
            (JavaScript, "", "`${process.env.HOME}/x`", "/home/dev/x"),
            (JavaScript, "const d = Deno.env.get(\"HOME\") + \"/y\";", "d", "/home/dev/y"),
            (JavaScript, "", "path.resolve('dist')", "dist"),
            (Ruby, "", "File.join(Dir.home, 'x')", "/home/dev/x"),
            (Ruby, "", "\"#{ENV['HOME']}/x\"", "/home/dev/x"),
            (Ruby, "", "File.expand_path('~/x')", "/home/dev/x"),
            (Perl, "", "\"$ENV{HOME}/x\"", "/home/dev/x"),
            (Perl, "my $d = $ENV{HOME} . '/y';", "$d", "/home/dev/y"),
            (Php, "", "$_SERVER['HOME'] . '/x'", "/home/dev/x"),
            (Other, "", "os.getenv('HOME') .. '/x'", "/home/dev/x"),
            (Other, "", "joinpath(homedir(), \"x\")", "/home/dev/x"),
            (Other, "", "System.user_home!() <> \"/x\"", "/home/dev/x"),
            (Other, "", "atPath: NSHomeDirectory() + \"/x\"", "/home/dev/x"),
            (Other, "", "filepath.Join(os.Getenv(\"HOME\"), \"x\")", "/home/dev/x"),
        ] {
            let scope = Scope::new(code, language, "/home/dev");
            assert_eq!(scope.path(expression).shown(), expected, "{expression}");
        }
    }
}
