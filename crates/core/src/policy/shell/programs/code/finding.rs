//! Where in a piece of code the calls stand that matter, and what they are given.

use super::calls::{self, Does};
use super::values::{enclosed, is_part, unquoted};
use super::{Language, MAX_ARGUMENTS, MAX_CALLS, MAX_NAMES, literal};
use crate::policy::effects::Kind;

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
    let froms = imported(code, language);
    let ends_name = |byte: u8| is_part(char::from(byte)) || matches!(byte, b'!' | b'$');
    let cloud =
        ["boto3", "aws-sdk", "Aws::", "google.cloud", "@google-cloud", "azure"].iter().any(|word| code.contains(word));
    let cluster = ["kubernetes", "@kubernetes"].iter().any(|word| code.contains(word));
    let takes_modules = code.contains("__import__") || code.contains("import_module");
    let bytes = code.as_bytes();
    let mut calls = Vec::new();
    let mut end = 0;
    while end < bytes.len() && calls.len() < MAX_CALLS {
        end += 1;
        let ends_word = ends_name(bytes[end - 1]) && bytes.get(end).is_none_or(|next| !ends_name(*next));
        if !ends_word || !has_bare_calls(language) && !code[end..].trim_start_matches(' ').starts_with(['(', '`']) {
            continue;
        }
        let word = code[..end].rsplit(|char| !is_part(char)).next().unwrap_or_default();
        // A name may be of several things: `exec` of a shell, and of a database.
        let all = calls::of(language).iter().chain(calls::LIBRARIES);
        let mut known: Vec<(&str, Does)> = all
            .filter(|(name, _)| {
                code[..end].ends_with(name) && is_named(&code[..end - name.len()], name, code, language)
            })
            .copied()
            .collect();
        if known.is_empty() {
            let full = froms.iter().find(|(own, _)| own == word).map(|(_, full)| full.as_str());
            let behind = code[..end - word.len()].ends_with(").") && takes_modules;
            known.extend(calls::of(language).iter().filter(|(name, _)| {
                Some(*name) == full
                    || behind
                        && language == Language::Python
                        && name.split_once('.').is_some_and(|(module, own)| {
                            own == word && !module.is_empty() && called_import(code, module)
                        })
            }));
        }
        if known.is_empty() && (cloud || cluster) && calls::destroys_resource(word) {
            known.push(("", Does::Destroys(if cluster { Kind::ClusterDestroy } else { Kind::CloudDestroy })));
        }
        if (cloud || cluster) && word == "delete" && of_bucket(&code[..end - word.len()]) {
            known.push(("delete", Does::Destroys(Kind::CloudDestroy)));
        }
        // Ruby calls without parentheses where nothing is given.
        let nothing = known.iter().any(|(_, does)| matches!(does, Does::DestroysAll(_))) && language == Language::Ruby;
        let given = (!known.is_empty()).then(|| arguments(&code[end..], language)).flatten();
        if let Some(arguments) = given.or(nothing.then_some("")) {
            calls.extend(known.into_iter().map(|(name, does)| Found {
                name,
                does,
                before: &code[..end - name.len().min(end)],
                arguments,
            }));
        }
    }
    calls
}

/// Whether what a method is called on is a whole bucket or the like.
fn of_bucket(before: &str) -> bool {
    let on = &before[receiver_at(before)..];
    ["bucket(", "Bucket(", "buckets()", "instances()", "projects()", "disks()"].iter().any(|word| on.contains(word))
}

/// Whether a name that is in a table stands here as that, not as the end of another.
fn is_named(before: &str, name: &str, code: &str, language: Language) -> bool {
    if name.starts_with(['.', '-', ':']) {
        return true;
    }
    if before.ends_with(is_part) {
        return false;
    }
    if language != Language::Python || calls::LIBRARIES.iter().any(|(own, _)| *own == name) {
        return true;
    }
    match name.split_once('.') {
        Some((module, _)) => !before.ends_with('.') && imports(code, module),
        None => !before.ends_with('.') || name == "urlopen",
    }
}

/// Whether Python code takes a module by a call: `__import__('os')`, `import_module("os")`.
fn called_import(code: &str, module: &str) -> bool {
    ["__import__", "import_module"].iter().any(|call| {
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
    let rest = &rest[..rest.floor_char_boundary(MAX_ARGUMENTS)];
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
