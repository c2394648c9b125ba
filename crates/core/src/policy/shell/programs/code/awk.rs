//! Programs of `awk`: what they run, and what they write.

use super::super::super::machine::Machine;
use super::super::super::state::{State, Stream};
use super::super::super::value::{Origin, Text};
use super::values::{Scope, enclosed, is_part, quoted, unescaped};
use super::{Language, MAX_ARGUMENTS, MAX_CODE, MAX_NAMES, habits, has, literal};
use crate::policy::effects::Kind;
use crate::policy::spans;

/// Notes what a program of `awk` does besides its report: `system(…)`, `"…" | getline`, `print … | "…"`, `print > "…"`.
///
/// What its fields hold comes from where its input comes from.
pub(in super::super) fn run(machine: &mut Machine<'_>, state: &mut State, code: &str, fed: Origin) {
    let code = spans::start(code, MAX_CODE);
    let home = machine.facts.home().unwrap_or_default().to_owned();
    let scope = Scope::new(code, Language::Other, &home);
    habits::note(machine, code);
    if obeys(code) {
        machine.act(Kind::NetShell, "a connection");
    }
    let fetches = has(code, &["curl ", "wget ", "/inet"]);
    for (at, _) in code.match_indices("system(").take(MAX_NAMES) {
        let given = enclosed(&code[at + "system(".len()..], '(', ')').0;
        let line =
            if given.trim_start().starts_with('"') { side_by_side(given, fed) } else { known(&scope, given, fed) };
        machine.code(state, &line, Vec::new());
    }
    for (at, sign) in code.match_indices(['|', '>']).take(MAX_NAMES) {
        let (before, after) = (code[..at].trim_end(), code[at + 1..].trim_start_matches(['&', '>', ' ']));
        if sign == "|" && after.starts_with("getline") {
            let start = before.strip_suffix('"').and_then(|inner| inner.rfind('"'));
            let command = match start.and_then(|start| literal(&before[start..])) {
                Some(command) => Text::decoded(&command),
                None => known(&scope, &before[name_at(before)..], fed),
            };
            if !command.prefix().is_empty() || command.origin().is_some_and(|origin| origin.fetched) {
                machine.code(state, &command, Vec::new());
            }
        }
        let Some(named) = literal(after).filter(|_| after.starts_with('"')) else { continue };
        let printed = before.rsplit_once("print").map(|(_, printed)| printed.trim_start_matches(['f', ' ']));
        match (sign, printed) {
            ("|", Some(printed)) => {
                let mut inner = state.clone();
                let told = scope.value(printed);
                let told = if fetches && told.prefix().is_empty() { Text::hole(Origin::FETCHED) } else { told };
                inner.set_stream(0, Stream::Text(told));
                machine.code(&mut inner, &Text::decoded(&named), Vec::new());
                state.files = inner.files;
            }
            (">", Some(_)) => {
                let path = machine.path(state, &Text::decoded(&named)).filter(|path| !path.starts_with("/dev/std"));
                path.into_iter().for_each(|path| machine.writes(state, &path, false));
            }
            _ => {}
        }
    }
}

/// What a name holds; where the program does not say, it is of what the program is fed.
fn known(scope: &Scope, name: &str, fed: Origin) -> Text {
    let value = scope.value(name);
    if value.origin() == Some(Origin::UNKNOWN) { Text::hole(fed) } else { value }
}

/// Whether a program runs what comes to it over a connection: `s |& getline c`, then `c | getline`.
fn obeys(code: &str) -> bool {
    if !code.contains("/inet") {
        return false;
    }
    let dense: String = code.chars().filter(|char| !char.is_whitespace()).collect();
    let runs = |name: &str| {
        let is_piped =
            |pipe: &str| dense.match_indices(&format!("{name}{pipe}")).any(|(at, _)| !dense[..at].ends_with(is_part));
        dense.contains(&format!("system({name})")) || is_piped("|getline") || is_piped("|&getline")
    };
    code.match_indices("getline ").take(MAX_NAMES).any(|(at, word)| {
        let given = code[at + word.len()..].trim_start();
        let name = &given[..given.find(|char| !is_part(char)).unwrap_or(given.len())];
        !name.is_empty() && code[..at].trim_end().ends_with("|&") && runs(name)
    })
}

/// Where the name begins that ends a text.
fn name_at(text: &str) -> usize {
    text.rfind(|char| !is_part(char)).map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8))
}

/// Texts that stand side by side are one: literals, and between them what nobody knows but its origin.
fn side_by_side(expression: &str, fed: Origin) -> Text {
    let mut made = Text::default();
    let mut rest = spans::start(expression, MAX_ARGUMENTS).trim();
    for _ in 0..MAX_NAMES {
        if rest.is_empty() {
            break;
        }
        let literal = if rest.starts_with('"') { quoted(rest) } else { None };
        rest = match literal {
            Some((text, _, behind)) => {
                made.push(&Text::decoded(&unescaped(text)));
                behind.trim_start()
            }
            None => {
                made.push_hole(fed);
                let end = rest.char_indices().skip(1).find(|(_, char)| *char == '"');
                end.map_or("", |(at, _)| &rest[at..])
            }
        };
    }
    made
}

/// What each line begins with that a program of `awk` prints, where that is a text of its own: `{print ":"$2}`.
pub(in super::super) fn begins(code: &str) -> Option<String> {
    let (_, printed) = code.split_once("print")?;
    let (formats, printed) = printed.strip_prefix('f').map_or((false, printed), |printed| (true, printed));
    let printed = printed.trim_start_matches([' ', '(']);
    if !printed.starts_with('"') || printed.contains("print") {
        return None;
    }
    let text = literal(printed)?;
    let text = if formats { text.split('%').next().unwrap_or_default().to_owned() } else { text };
    (!text.is_empty()).then_some(text)
}
