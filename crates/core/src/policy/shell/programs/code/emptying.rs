//! Code that empties many files: it goes through what is in a folder, and leaves each without what it held.

use super::super::super::machine::Machine;
use super::super::super::state::State;
use super::super::super::value::Text;
use super::values::enclosed;
use super::{has, literal};

/// Calls that give the names of what is in a folder, or of what a pattern matches.
const LISTS: &[&str] = &[
    "glob(",
    "iglob(",
    "globSync(",
    "listdir(",
    "scandir(",
    "os.walk(",
    "readdirSync(",
    "Dir.glob(",
    "Dir.children(",
    "Dir[",
];

/// What leaves a file empty, written without blanks.
const EMPTIES: &[&str] = &[
    "'w').close()",
    "\"w\").close()",
    "'w'):pass",
    "\"w\"):pass",
    "'w')asf:pass",
    "\"w\")asf:pass",
    ".write_text('')",
    ".write_text(\"\")",
    ".write_bytes(b'')",
    ".write_bytes(b\"\")",
];

/// What does unless something is written behind it.
const CUTS: &[&str] = &[".truncate(0)", "truncateSync(", "File.truncate("];

/// Calls that write, of which the last argument is the text.
const WRITES: &[&str] = &["writeFileSync(", "File.write(", "IO.write(", "file_put_contents("];

/// Whether a piece of code leaves files empty.
fn is_emptying(code: &str) -> bool {
    let dense: String = code.chars().filter(|char| !char.is_whitespace()).collect();
    let has = |words: &[&str]| has(&dense, words);
    let writes_nothing = |call: &&str| {
        dense.match_indices(*call).any(|(at, call)| {
            let given = enclosed(&dense[at + call.len()..], '(', ')').0;
            given.ends_with(",''") || given.ends_with(",\"\"")
        })
    };
    has(EMPTIES) || has(CUTS) && !has(&[".write(", "writeFile", "writeSync"]) || WRITES.iter().any(writes_nothing)
}

/// Notes which files a piece of code empties.
pub(super) fn note(machine: &mut Machine<'_>, state: &State, code: &str) {
    if !has(code, LISTS) || !is_emptying(code) {
        return;
    }
    let home = machine.facts.home().unwrap_or_default().to_owned();
    for (at, _) in
        LISTS.iter().flat_map(|call| code.match_indices(call).map(|(at, call)| (at + call.len(), call))).take(8)
    {
        let given = code[at..].trim_start_matches(|char: char| char.is_alphabetic() || matches!(char, '.' | '(' | ' '));
        let Some(named) = literal(given) else { continue };
        let mut pattern = Text::default();
        match named.strip_prefix('~') {
            Some(rest) => pattern.push_known(&format!("{home}{rest}"), true),
            None => pattern.push_known(&named, true),
        }
        if !named.contains('*') {
            pattern.push_known("/*", true);
        }
        machine.empties(state, &pattern);
    }
}
