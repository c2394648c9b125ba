//! Where in a piece of code the calls stand that matter, and what they are given.

use super::calls::{self, Does};
use super::values::{enclosed, is_part, unquoted};
use super::{Language, MAX_ARGUMENTS, MAX_CALLS, MAX_NAMES, has, literal};
use crate::policy::effects::Kind;
use crate::policy::spans;

/// A call that matters: where it is, and what it is given.
pub(super) struct Found<'c> {
    pub(super) name: &'c str,
    pub(super) does: Does,
    /// What stands before the name: what it is called on.
    pub(super) before: &'c str,
    pub(super) arguments: &'c str,
}

/// The calls of a piece of code that matter, in their order.
pub(super) fn found(code: &str, language: Language) -> Vec<Found<'_>> {
    let ends_name = |byte: u8| is_part(char::from(byte)) || matches!(byte, b'!' | b'$');
    let bytes = code.as_bytes();
    let mut finder = Finder::of(code, language);
    let mut calls = Vec::new();
    for end in 1..=bytes.len() {
        if calls.len() >= MAX_CALLS {
            break;
        }
        let ends_word = ends_name(bytes[end - 1]) && bytes.get(end).is_none_or(|next| !ends_name(*next));
        if !ends_word || !has_bare_calls(language) && !code[end..].trim_start_matches(' ').starts_with(['(', '`']) {
            continue;
        }
        let known = finder.known(&code[..end]);
        if known.is_empty() {
            continue;
        }
        // Ruby calls without parentheses where nothing is given.
        let nothing = language == Language::Ruby && known.iter().any(|(_, does)| matches!(does, Does::DestroysAll(_)));
        if let Some(arguments) = arguments(&code[end..], language).or(nothing.then_some("")) {
            calls.extend(known.into_iter().map(|(name, does)| Found {
                name,
                does,
                before: &code[..end - name.len()],
                arguments,
            }));
        }
    }
    calls
}

/// What is known of a piece of code as a whole, by which its names are told.
struct Finder<'c> {
    code: &'c str,
    language: Language,
    /// The names that it takes out of modules.
    froms: Vec<(String, String)>,
    /// What its libraries destroy, if it uses one of a cloud or a cluster.
    destroys: Option<Kind>,
    takes_modules: bool,
    /// What was asked before of a module: whether a statement imports it, or a call. Each is looked for once, however often it is named.
    imported: Vec<(&'static str, bool)>,
    called: Vec<(&'static str, bool)>,
}

impl<'c> Finder<'c> {
    fn of(code: &'c str, language: Language) -> Self {
        const CLOUDS: &[&str] = &["boto3", "aws-sdk", "Aws::", "google.cloud", "@google-cloud", "azure"];
        let cluster = code.contains("kubernetes").then_some(Kind::ClusterDestroy);
        Self {
            code,
            language,
            froms: imported(code, language),
            destroys: cluster.or_else(|| has(code, CLOUDS).then_some(Kind::CloudDestroy)),
            takes_modules: language == Language::Python && has(code, CALLED),
            imported: Vec::new(),
            called: Vec::new(),
        }
    }

    /// What the name is known for that ends a text. It may be of several things: `exec` of a shell, and of a database.
    fn known(&mut self, text: &str) -> Vec<(&'static str, Does)> {
        let own = calls::of(self.language);
        let mut known: Vec<(&'static str, Does)> = Vec::new();
        for (name, does) in own.iter().chain(calls::LIBRARIES) {
            if text.strip_suffix(name).is_some_and(|before| self.is_named(before, name)) {
                known.push((*name, *does));
            }
        }
        let word = text.rsplit(|char| !is_part(char)).next().unwrap_or_default();
        let before = &text[..text.len() - word.len()];
        if known.is_empty() {
            let full = self.froms.iter().find(|(own, _)| own == word).map(|(_, full)| full.clone());
            let behind = self.takes_modules && before.ends_with(").");
            let is_meant = |(name, _): &&(&'static str, Does)| {
                Some(*name) == full.as_deref() || behind && self.is_of_called_module(name, word)
            };
            known.extend(own.iter().filter(is_meant).copied());
        }
        let Some(kind) = self.destroys else { return known };
        if known.is_empty() && calls::destroys_resource(word) {
            known.push(("", Does::Destroys(kind)));
        }
        if word == "delete" && of_bucket(before) {
            known.push(("delete", Does::Destroys(Kind::CloudDestroy)));
        }
        known
    }

    /// Whether a name that is in a table stands here as that, not as the end of another.
    fn is_named(&mut self, before: &str, name: &'static str) -> bool {
        if name.starts_with(['.', '-', ':']) {
            return true;
        }
        if before.ends_with(is_part) {
            return false;
        }
        if self.language != Language::Python || calls::LIBRARIES.iter().any(|(own, _)| *own == name) {
            return true;
        }
        match name.split_once('.') {
            Some((module, _)) => {
                !before.ends_with('.') && once(&mut self.imported, module, || imports(self.code, module))
            }
            None => !before.ends_with('.') || name == "urlopen",
        }
    }

    /// Whether a name of a table is this word of a module that a call gives: `__import__('os').system`.
    fn is_of_called_module(&mut self, name: &'static str, word: &str) -> bool {
        let module = name.split_once('.').filter(|(module, own)| !module.is_empty() && *own == word);
        module.is_some_and(|(module, _)| once(&mut self.called, module, || called_import(self.code, module)))
    }
}

/// What is known of a module; it is asked for where nobody has asked before.
fn once(known: &mut Vec<(&'static str, bool)>, module: &'static str, ask: impl FnOnce() -> bool) -> bool {
    if let Some((_, answer)) = known.iter().find(|(name, _)| *name == module) {
        return *answer;
    }
    let answer = ask();
    known.push((module, answer));
    answer
}

/// Calls by which Python code takes a module.
const CALLED: &[&str] = &["__import__", "import_module"];

/// Whether what a method is called on is a whole bucket or the like.
fn of_bucket(before: &str) -> bool {
    let on = &before[receiver_at(before)..];
    has(on, &["bucket(", "Bucket(", "buckets()", "instances()", "projects()", "disks()"])
}

/// Whether Python code takes a module by a call: `__import__('os')`, `import_module("os")`.
fn called_import(code: &str, module: &str) -> bool {
    CALLED.iter().any(|call| {
        code.match_indices(call)
            .take(MAX_NAMES)
            .any(|(at, _)| literal(code[at + call.len()..].trim_start_matches('(')).is_some_and(|name| name == module))
    })
}

/// The names that Python code takes out of modules, with the modules: `from os import system as s`.
fn imported(code: &str, language: Language) -> Vec<(String, String)> {
    if language != Language::Python || !code.contains("from ") {
        return Vec::new();
    }
    let statements = code.split([';', '\n']).filter_map(|statement| statement.trim().strip_prefix("from "));
    let modules = statements.filter_map(|statement| statement.split_once(" import "));
    let names = modules.flat_map(|(module, names)| {
        names.trim_matches(['(', ')', ' ']).split(',').map(move |name| {
            let (name, own) = name.trim().split_once(" as ").unwrap_or((name.trim(), name.trim()));
            (own.trim().to_owned(), format!("{}.{}", module.trim(), name.trim()))
        })
    });
    names.take(MAX_NAMES).collect()
}

/// Whether Python code imports a module.
fn imports(code: &str, module: &str) -> bool {
    code.split([';', '\n']).any(|statement| {
        let statement = statement.trim();
        let rest = statement.strip_prefix("import ").or_else(|| statement.strip_prefix("from "));
        rest.is_some_and(|rest| rest.split([',', ' ']).any(|word| word.split('.').next() == Some(module)))
    }) || code.contains(&format!("__import__('{module}')"))
        || code.contains(&format!("__import__(\"{module}\")"))
}

/// Python code with the names of modules for those it gives them: `import subprocess as s`.
pub(super) fn unaliased(code: String, language: Language) -> String {
    if language != Language::Python || !code.contains(" as ") {
        return code;
    }
    let names: Vec<(String, String)> = code
        .split([';', '\n'])
        .filter_map(|statement| statement.trim().strip_prefix("import "))
        .flat_map(|modules| modules.split(','))
        .filter_map(|module| module.split_once(" as "))
        .map(|(module, name)| (module.trim().to_owned(), name.trim().to_owned()))
        .filter(|(_, name)| !name.is_empty() && name.chars().all(is_part))
        .take(MAX_NAMES)
        .collect();
    names.iter().fold(code, |code, (module, name)| {
        let wanted = format!("{name}.");
        let mut made = String::with_capacity(code.len());
        let mut from = 0;
        for (at, _) in code.match_indices(&wanted).take(MAX_NAMES) {
            made.push_str(&code[from..at]);
            let inside = made.ends_with(|char: char| char.is_alphanumeric() || matches!(char, '_' | '.'));
            made.push_str(if inside { name } else { module });
            made.push('.');
            from = at + wanted.len();
        }
        made.push_str(&code[from..]);
        made
    })
}

/// Whether a language has calls without parentheses.
const fn has_bare_calls(language: Language) -> bool {
    matches!(language, Language::Perl | Language::Ruby | Language::Other)
}

/// The text of a call's arguments: to the closing parenthesis, or to the end of the statement where there is none.
fn arguments(rest: &str, language: Language) -> Option<&str> {
    let rest = spans::start(rest, MAX_ARGUMENTS);
    let trimmed = rest.trim_start_matches(' ');
    if let Some(inside) = trimmed.strip_prefix('(') {
        return Some(enclosed(inside, '(', ')').0);
    }
    let words = matches!(language, Language::Perl | Language::Ruby) && rest.starts_with(' ');
    let keyword = ["if ", "unless ", "and ", "or ", "do ", "while "].iter().any(|word| trimmed.starts_with(word));
    let begins =
        |char: char| "\"'{[%".contains(char) || words && !keyword && (char == '$' || char.is_ascii_alphabetic());
    let bare = has_bare_calls(language) && trimmed.starts_with(begins) || trimmed.starts_with('`');
    bare.then(|| statement(trimmed))
}

/// A statement to its end, which is none within quotes.
fn statement(text: &str) -> &str {
    let end = unquoted(text).find(|(_, char)| matches!(char, ';' | '\n' | ')' | '}'));
    end.map_or(text, |(at, _)| &text[..at])
}

/// Where the expression begins that ends a text: names, dots, calls.
pub(super) fn receiver_at(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = bytes.len();
    let mut depth = 0usize;
    let mut quote = None;
    while at > 0 {
        if bytes.len() - at >= MAX_ARGUMENTS {
            break;
        }
        let byte = bytes[at - 1];
        match (byte, quote) {
            (byte, Some(open)) if byte == open => quote = None,
            (_, Some(_)) => {}
            (b'"' | b'\'' | b'`', None) => quote = Some(byte),
            (b')' | b']', None) => depth += 1,
            (b'(' | b'[', None) if depth > 0 => depth -= 1,
            (b'(' | b'[', None) => break,
            (_, None) if depth > 0 || byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'$') => {}
            _ => break,
        }
        at -= 1;
    }
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_looked_for_once() {
        let code = "os.system(a)\n".repeat(9);
        let mut finder = Finder::of(&code, Language::Python);
        for (at, _) in code.match_indices('(') {
            assert!(finder.known(&code[..at]).is_empty());
        }
        assert_eq!(finder.imported, [("os", false)]);
    }
}
