//! Programs that turn a text into another: followed where all of it is known. What is turned and cannot be followed counts as
//! decoded: nobody can have read what it says.

use super::super::machine::{Call, Machine};
use super::super::options::{read, spec};
use super::super::state::{Content, State};
use super::super::value::{Origin, Text};
use super::Program;
use super::readers::{emits_behind, emits_changed, emits_some, inputs, without_settings};
use crate::policy::effects::{Kind, Where};
use crate::policy::inspect::servers;

pub(super) fn program(name: &str) -> Option<Program> {
    Some(match name {
        "rev" | "tac" => turned,
        "tr" => tr,
        "sed" | "gsed" => sed,
        "dirname" | "realpath" | "readlink" | "basename" => path,
        "cut" | "gcut" => cut,
        _ => return None,
    })
}

/// `rev` turns each line around, `tac` their order.
fn turned(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(&call.args, &spec("s", &["help", "version", "separator="]));
    if options.is_help() {
        return;
    }
    let texts = inputs(machine, state, &options.operands);
    let backwards = call.name == "rev";
    let known = texts.iter().map(|text| text.as_known()).collect::<Option<Vec<_>>>();
    match known.filter(|_| options.flags.is_empty()) {
        Some(known) => {
            let mut lines: Vec<String> = known
                .iter()
                .flat_map(|text| text.lines())
                .map(|line| if backwards { line.chars().rev().collect() } else { line.to_owned() })
                .collect();
            if !backwards {
                lines.reverse();
            }
            lines.iter_mut().for_each(|line| line.push('\n'));
            machine.emit(state, 1, Text::known(lines.concat()));
        }
        None if backwards => {
            let origin = texts.iter().filter_map(Text::origin).fold(Origin::DECODED, Origin::and);
            machine.emit(state, 1, Text::hole(Origin { endless: false, ..origin }));
        }
        None => emits_changed(machine, state, &texts),
    }
}

fn tr(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let input = machine.input(state, 0);
    if input.is_empty() {
        return;
    }
    let options = read(&call.args, &spec("", &["delete", "squeeze-repeats", "complement", "truncate-set1", "help"]));
    let sets: Option<Vec<Vec<char>>> = options.operands.iter().map(|set| members(&set.as_known()?)).collect();
    let whole = options.has(&["c", "C", "complement", "s", "squeeze-repeats", "t", "truncate-set1"]);
    let deletes = options.has(&["d", "delete"]);
    let other = |set: &[char], into: &[char], char: char| match set.iter().rposition(|one| *one == char) {
        Some(at) => into.get(at).or(into.last()).copied().unwrap_or(char),
        None => char,
    };
    let followed = match (sets.as_deref(), input.as_known()) {
        (Some([set]), Some(text)) if deletes && !whole => {
            Some(text.chars().filter(|char| !set.contains(char)).collect())
        }
        (Some([set, into]), Some(text)) if !deletes && !whole => {
            Some(text.chars().map(|char| other(set, into, char)).collect::<String>())
        }
        _ => None,
    };
    // Letters for other letters are a cipher, also where it was followed.
    let ciphers = !deletes
        && matches!(sets.as_deref(), Some([set, into]) if set.iter().any(|char| {
            let made = other(set, into, *char);
            char.is_alphabetic() && made.is_alphabetic() && !made.eq_ignore_ascii_case(char)
        }));
    let mut made = Text::known(followed.clone().unwrap_or_default());
    if followed.is_none() || ciphers {
        let origin = input.origin().unwrap_or_default();
        made.push_hole(Origin { decoded: origin.decoded || ciphers, ..origin });
    }
    machine.emit(state, 1, made);
}

/// The characters of a set of `tr`; `None` where it has more than can be told here.
fn members(set: &str) -> Option<Vec<char>> {
    let mut made: Vec<char> = Vec::new();
    let chars: Vec<char> = set.chars().collect();
    let mut at = 0;
    while let Some(&char) = chars.get(at) {
        let rest = &chars[at..];
        if let ['[', ':', class @ ..] = rest {
            let name: String = class.iter().take_while(|char| **char != ':').collect();
            made.extend(match name.as_str() {
                "upper" => 'A'..='Z',
                "lower" => 'a'..='z',
                "digit" => '0'..='9',
                _ => return None,
            });
            at += name.len() + 4;
            continue;
        }
        let (first, taken) = match rest {
            ['\\', 'n', ..] => ('\n', 2),
            ['\\', 't', ..] => ('\t', 2),
            ['\\', 'r', ..] => ('\r', 2),
            ['\\', digit, ..] if digit.is_ascii_digit() => return None,
            ['\\', other, ..] => (*other, 2),
            _ => (char, 1),
        };
        at += taken;
        match (chars.get(at), chars.get(at + 1)) {
            (Some('-'), Some(last)) if first <= *last => {
                made.extend((first..=*last).take(256));
                at += 2;
            }
            _ => made.push(first),
        }
    }
    Some(made)
}

fn cut(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let long =
        &["delimiter=", "fields=", "characters=", "bytes=", "output-delimiter=", "only-delimited", "help", "version"];
    let options = read(&call.args, &spec("dfcb", long));
    if options.is_help() {
        return;
    }
    let texts = inputs(machine, state, &options.operands);
    let shown = |names: &[&str]| options.value(names).map(Text::shown);
    let chosen = [&["f", "fields"][..], &["c", "characters", "b", "bytes"]].map(shown);
    let mark = shown(&["d", "delimiter"]).and_then(|mark| mark.chars().next()).unwrap_or('\t');
    let followed = match (texts.as_slice(), chosen) {
        ([text], [Some(list), None]) => {
            text.as_known().and_then(|text| each_line(&text, |line| fields(line, mark, &list)))
        }
        ([text], [None, Some(list)]) => text.as_known().and_then(|text| {
            each_line(&text, |line| {
                let (from, to) = range(&list)?;
                Some(line.chars().skip(from - 1).take(to.saturating_sub(from - 1)).collect())
            })
        }),
        _ => None,
    };
    match followed {
        Some(text) => machine.emit(state, 1, Text::known(text)),
        None => emits_changed(machine, state, &texts),
    }
}

fn each_line(text: &str, change: impl Fn(&str) -> Option<String>) -> Option<String> {
    text.lines().map(|line| change(line).map(|line| line + "\n")).collect()
}

/// The fields of a line that a list of one range names.
fn fields(line: &str, mark: char, list: &str) -> Option<String> {
    let (from, to) = range(list)?;
    let parts: Vec<&str> = line.split(mark).collect();
    if parts.len() == 1 {
        return Some(line.to_owned());
    }
    let chosen = parts.get(from - 1..to.min(parts.len())).unwrap_or_default();
    Some(chosen.join(mark.encode_utf8(&mut [0; 4])))
}

/// `2`, `2-`, `-3`, `2-3`: the first and the last, from one on.
fn range(list: &str) -> Option<(usize, usize)> {
    let (from, to) = list.split_once('-').unwrap_or((list, list));
    let from = if from.is_empty() { 1 } else { from.parse().ok()? };
    let to = if to.is_empty() { usize::MAX } else { to.parse().ok()? };
    (from > 0 && from <= to).then_some((from, to))
}

/// A command of a `sed` script that does more than print.
enum Edit {
    /// `s/from/to/flags`, or `y/from/to/` where the letters say so.
    Change { letters: bool, from: String, to: String, flags: String },
    /// `e command`, or `e` alone, which runs the line.
    Run(String),
    /// `r file`.
    Read(String),
    /// `w file`.
    Write(String),
    /// `a text`, `i text`, `c text`.
    Put(String),
    /// `d` of all lines.
    Empty,
    /// `/pattern/d`.
    Drop(String),
    /// Another one.
    Other,
}

fn sed(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let spec = spec(
        "efli?",
        &["expression=", "file=", "line-length=", "help", "version", "in-place?", "quiet", "silent", "null-data"],
    );
    let options = read(&call.args, &spec);
    if options.is_help() {
        return;
    }
    let in_place = options.has(&["i", "in-place"]);
    let has_script = options.has(&["e", "expression", "f", "file"]);
    let files = options.operands.get(usize::from(!has_script)..).unwrap_or_default();
    let mut scripts: Vec<Text> = options.values(&["e", "expression"]).cloned().collect();
    scripts.extend(options.operands.first().filter(|_| !has_script).cloned());
    for file in options.values(&["f", "file"]).cloned().collect::<Vec<_>>() {
        scripts.push(machine.read_file(state, &file));
    }
    let edits: Vec<(bool, Edit)> = scripts.iter().flat_map(|script| edits(&script.encoded())).collect();
    let shows = |script: &Text| Some(script.shown().strip_prefix('/')?.strip_suffix("/p")?.to_owned());
    let sought = scripts.first().filter(|_| scripts.len() == 1 && options.has(&["n", "quiet", "silent"]));
    let shown = without_settings(machine, state, sought.and_then(shows).as_deref(), files);
    let reads_nothing = in_place || shown.is_empty() && !files.is_empty();
    let texts = if reads_nothing { Vec::new() } else { inputs(machine, state, &shown) };
    let extended = options.has(&["E", "r", "regexp-extended", "n", "quiet", "silent"]);
    let mut followed = match texts.as_slice() {
        [text] => text.as_known().map(std::borrow::Cow::into_owned),
        _ => None,
    };
    let untold = texts.iter().filter_map(Text::origin).fold(Origin::UNKNOWN, Origin::and);
    for (everywhere, edit) in &edits {
        match edit {
            Edit::Change { letters, from, to, flags } => {
                followed = followed.filter(|_| *everywhere && !extended).and_then(|text| {
                    if *letters { Some(lettered(&text, from, to)) } else { changed(&text, from, to, flags) }
                });
                if flags.contains('e') && !letters {
                    let code =
                        followed.clone().map_or_else(|| Text::hole(Origin { decoded: true, ..untold }), Text::known);
                    machine.code(state, &code, Vec::new());
                }
            }
            Edit::Run(code) if code.is_empty() => {
                let code = texts.first().cloned().unwrap_or_else(|| Text::hole(Origin::UNKNOWN));
                machine.code(state, &code, Vec::new());
            }
            Edit::Run(code) => machine.code(state, &Text::decoded(code), Vec::new()),
            Edit::Read(file) => _ = machine.read_file(state, &Text::decoded(file)),
            Edit::Write(file) => {
                if let Some(path) = machine.path(state, &Text::decoded(file)).filter(|path| !path.starts_with("/dev/"))
                {
                    machine.writes(state, &path, false);
                }
            }
            Edit::Put(_) | Edit::Drop(_) | Edit::Empty | Edit::Other => followed = None,
        }
    }
    if in_place {
        if matches!(edits.as_slice(), [(_, Edit::Empty)]) {
            files.iter().for_each(|file| machine.empties(state, file));
        }
        if scripts.iter().filter_map(Text::origin).any(|origin| origin.fetched) {
            machine.paths(state, files).iter().for_each(|path| machine.instructs(path));
        }
        let put = judged(machine, state, files, &edits);
        machine
            .paths(state, files)
            .iter()
            .filter(|path| holds_recipes(path))
            .for_each(|path| adds_recipes(state, path, &put));
        return machine.edits(state, files);
    }
    let begins =
        edits.iter().rev().find_map(|(_, edit)| begun(edit)).filter(|_| texts.iter().any(|text| !text.is_empty()));
    match (followed, begins) {
        (Some(text), _) => machine.emit(state, 1, Text::known(text)),
        (None, Some(begins)) => emits_behind(machine, state, begins, untold),
        (None, None) if options.has(&["n", "quiet", "silent"]) => emits_some(machine, state, &texts),
        (None, None) => emits_changed(machine, state, &texts),
    }
}

/// Whether a file is made of recipes that others run by a name.
fn holds_recipes(path: &str) -> bool {
    let name = super::base_name(path);
    matches!(name, "Makefile" | "makefile" | "GNUmakefile" | "justfile" | "Justfile") || name.ends_with(".mk")
}

/// Remembers what an edit puts into such a file, before what is known of it: a line that belongs to no goal may belong to each.
fn adds_recipes(state: &mut State, path: &str, put: &str) {
    let mut text = String::new();
    for line in put.replace("\\n", "\n").replace("\\t", "\t").lines() {
        let mut words = line.split_whitespace();
        let names = words.next().is_some_and(|first| first.ends_with([':', '=']));
        let assigns = words.next().is_some_and(|second| second.ends_with('=') || second == ":");
        let mark = if names || assigns || line.starts_with('\t') { "" } else { "\t" };
        text.push_str(mark);
        text.push_str(line);
        text.push('\n');
    }
    let mut text = Text::decoded(&text);
    if let Some(Content::Is(known)) = state.files.get(path) {
        text.push(known);
    }
    state.write(path, text, false);
}

/// What edits put into a file, a line each.
fn put_in(edits: &[(bool, Edit)]) -> String {
    let put = edits.iter().filter_map(|(_, edit)| match edit {
        Edit::Change { letters: false, to, .. } | Edit::Put(to) => Some(to.as_str()),
        _ => None,
    });
    put.collect::<Vec<_>>().join("\n")
}

/// Notes what is remarkable about what an edit puts in the place of something else.
fn replaces(machine: &mut Machine<'_>, state: &State, files: &[Text], edits: &[(bool, Edit)]) {
    let changes = edits.iter().filter_map(|(_, edit)| match edit {
        Edit::Change { letters: false, from, to, .. } => Some((written(from), written(to))),
        Edit::Drop(pattern) => Some((written(pattern), String::new())),
        _ => None,
    });
    let (before, text): (Vec<String>, Vec<String>) = changes.unzip();
    let (before, text) = (before.join("\n"), text.join("\n"));
    if !before.is_empty() {
        machine.paths(state, files).iter().for_each(|path| machine.replaces(path, &before, &text));
    }
}

/// What a pattern matches, or a replacement writes, where it is plain: without its escapes and the marks of where a line begins and ends.
fn written(pattern: &str) -> String {
    let plain = pattern.trim_start_matches('^').trim_end_matches('$');
    let mut chars = plain.chars();
    let next = || match chars.next()? {
        '\\' => chars.next().map(|char| if char == 'n' { '\n' } else { char }),
        char => Some(char),
    };
    std::iter::from_fn(next).collect()
}

/// Notes what is remarkable about what a script of `sed`, or one of another language that is written as such a script is, does to files.
pub(super) fn edited(machine: &mut Machine<'_>, state: &State, files: &[Text], script: &str) {
    judged(machine, state, files, &edits(script));
}

/// The same of edits; what they put in.
fn judged(machine: &mut Machine<'_>, state: &State, files: &[Text], edits: &[(bool, Edit)]) -> String {
    let put = put_in(edits);
    loosens(machine, state, files, &put);
    replaces(machine, state, files, edits);
    put
}

/// Notes that settings by which a machine guards itself let in whoever asks, by what an edit puts into them.
pub(super) fn loosens(machine: &mut Machine<'_>, state: &State, files: &[Text], put: &str) {
    let lasts = !matches!(machine.at, Where::Container | Where::Throwaway);
    for path in machine.paths(state, files).into_iter().filter(|path| lasts && servers::are_loosened(path, put)) {
        machine.act(Kind::SafetyDisable, path);
    }
}

/// What a line begins with after a change that puts a text at its start.
fn begun(edit: &Edit) -> Option<&str> {
    let Edit::Change { letters: false, from, to, .. } = edit else { return None };
    let begins = to.split(['&', '\\']).next().unwrap_or_default();
    let from = from.trim_start_matches(['\\', '(']);
    let at_start = from.starts_with(['^', '[']) || from.starts_with(".*") || from.starts_with("refs/");
    (at_start && !begins.is_empty()).then_some(begins)
}

/// The commands of a script of `sed`, and of each whether it is for every line.
fn edits(script: &str) -> Vec<(bool, Edit)> {
    let mut edits = Vec::new();
    let mut rest = script;
    while edits.len() < 32 {
        rest = rest.trim_start_matches([' ', '\t', '\n', ';', '{', '}']);
        let addressed = rest;
        // The lines that are meant: numbers, the last, a pattern, a range of these.
        loop {
            rest = rest.trim_start_matches(|char: char| char.is_ascii_digit() || " ,$!+~".contains(char));
            match rest.strip_prefix('/') {
                Some(pattern) => rest = part(pattern, '/').1.trim_start_matches(['I', 'M']),
                None => break,
            }
        }
        let everywhere = addressed.len() == rest.len();
        let mut chars = rest.chars();
        let Some(command) = chars.next() else { break };
        let line = chars.as_str();
        let (whole, below) = line.split_once('\n').unwrap_or((line, ""));
        let named = |file: &str| file.trim().to_owned();
        match command {
            's' | 'y' => {
                let Some(mark) = chars.next() else { break };
                let (from, others) = part(chars.as_str(), mark);
                let (to, others) = part(others, mark);
                let end = others.find([';', '\n', '}']).unwrap_or(others.len());
                let flags = others[..end].to_owned();
                rest = &others[end..];
                if let Some((_, file)) = flags.split_once('w') {
                    edits.push((everywhere, Edit::Write(named(file))));
                }
                edits.push((everywhere, Edit::Change { letters: command == 'y', from, to, flags }));
                continue;
            }
            'e' => {
                edits.push((everywhere, Edit::Run(whole.trim().to_owned())));
                rest = below;
                continue;
            }
            'r' | 'R' => edits.push((everywhere, Edit::Read(named(whole)))),
            'd' if everywhere || addressed.starts_with("1,$") => {
                edits.push((everywhere, Edit::Empty));
                rest = line;
                continue;
            }
            'd' if let Some(pattern) = addressed
                .strip_prefix('/')
                .map(|pattern| part(pattern, '/'))
                .filter(|(_, behind)| behind.trim_start_matches(['I', 'M']) == rest) =>
            {
                edits.push((everywhere, Edit::Drop(pattern.0)));
                rest = line;
                continue;
            }
            'w' | 'W' => edits.push((everywhere, Edit::Write(named(whole)))),
            'p' | 'P' | '=' | 'l' => {
                edits.push((everywhere, Edit::Other));
                rest = line;
                continue;
            }
            'a' | 'i' | 'c' => {
                let text = whole.trim_start();
                edits.push((everywhere, Edit::Put(text.strip_prefix('\\').unwrap_or(text).trim_start().to_owned())));
            }
            ':' | 'b' | 't' | 'T' | '#' => edits.push((everywhere, Edit::Other)),
            _ => {
                edits.push((everywhere, Edit::Other));
                rest = line;
                continue;
            }
        }
        rest = below;
    }
    edits
}

/// What stands before a mark, without the escapes of that mark, and what stands behind it.
fn part(text: &str, mark: char) -> (String, &str) {
    let mut made = String::new();
    let mut chars = text.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '\\' => match chars.next() {
                Some((_, next)) if next == mark => made.push(mark),
                Some((_, next)) => made.extend(['\\', next]),
                None => {}
            },
            char if char == mark => return (made, &text[at + char.len_utf8()..]),
            char => made.push(char),
        }
    }
    (made, "")
}

/// A text after `y/from/to/`.
fn lettered(text: &str, from: &str, to: &str) -> String {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let made = |char: char| from.iter().position(|one| *one == char).and_then(|at| to.get(at)).copied().unwrap_or(char);
    text.chars().map(made).collect()
}

/// A text after `s/from/to/`, where the pattern stands for itself.
fn changed(text: &str, from: &str, to: &str, flags: &str) -> Option<String> {
    let (start, pattern) = from.strip_prefix('^').map_or((false, from), |rest| (true, rest));
    let (end, pattern) = match pattern.strip_suffix('$') {
        Some(rest) if !rest.ends_with('\\') => (true, rest),
        _ => (false, pattern),
    };
    let pattern = literal(pattern, &['.', '[', ']', '*', '^', '$'])?;
    let to = literal(to, &['&'])?;
    let all = flags.contains('g');
    if flags.contains(|char: char| char.is_ascii_digit() || matches!(char, 'I' | 'i')) {
        return None;
    }
    let change = |line: &str| -> String {
        match (start, end) {
            (true, true) if line == pattern => to.clone(),
            (true, true) => line.to_owned(),
            (true, false) => line.strip_prefix(&pattern).map_or_else(|| line.to_owned(), |rest| format!("{to}{rest}")),
            (false, true) => line.strip_suffix(&pattern).map_or_else(|| line.to_owned(), |rest| format!("{rest}{to}")),
            (false, false) if pattern.is_empty() => line.to_owned(),
            (false, false) if all => line.replace(&pattern, &to),
            (false, false) => line.replacen(&pattern, &to, 1),
        }
    };
    let mut made: Vec<String> = text.lines().map(change).collect();
    if text.ends_with('\n') {
        made.push(String::new());
    }
    Some(made.join("\n"))
}

/// A text that stands for itself but for escapes; `None` where one of these characters means more.
fn literal(text: &str, special: &[char]) -> Option<String> {
    let mut made = String::new();
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => match chars.next()? {
                'n' => made.push('\n'),
                't' => made.push('\t'),
                other if other.is_ascii_alphanumeric() || matches!(other, '(' | ')' | '{' | '}' | '+' | '?' | '|') => {
                    return None;
                }
                other => made.push(other),
            },
            char if special.contains(&char) => return None,
            char => made.push(char),
        }
    }
    Some(made)
}

/// Programs that say a path made of another.
fn path(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let short = if call.name == "basename" { "s" } else { "" };
    let options = read(&call.args, &spec(short, &["suffix=", "relative-to=", "relative-base=", "help", "version"]));
    if options.is_help() {
        return;
    }
    let is_relative = options.has(&["relative-to", "relative-base"]);
    for operand in &options.operands {
        let known = operand.as_known().filter(|_| !operand.has_glob() && !is_relative);
        let made = match (call.name.as_str(), known) {
            ("dirname", Some(path)) => {
                let path = path.trim_end_matches('/');
                let folder = path.rsplit_once('/').map_or(path, |(folder, _)| folder);
                Text::known(match (folder, path.contains('/')) {
                    ("", _) => "/",
                    (_, false) => ".",
                    (folder, true) => folder,
                })
            }
            ("basename", Some(path)) if options.operands.len() == 1 => Text::known(super::base_name(&path)),
            ("realpath" | "readlink", Some(_)) if call.name == "realpath" || options.has(&["f", "e", "m"]) => {
                let path = machine.path(state, operand).map(|path| machine.real(state, &path));
                path.map_or_else(|| Text::hole(Origin::UNKNOWN), Text::known)
            }
            _ => Text::hole(operand.origin().unwrap_or_default()),
        };
        machine.emit(state, 1, made);
        machine.emit(state, 1, Text::known("\n"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_of_sed_are_followed_where_they_stand_for_themselves() {
        for (script, text, expected) in [
            ("s/x/r/", "xm xf\n", Some("rm xf\n")),
            ("s/x/r/g; s/ //", "x x", Some("rr")),
            ("s|^/a|/b|", "/a/c", Some("/b/c")),
            ("y/ab/ba/", "abc", Some("bac")),
            ("s/a*/b/", "aaa", None),
            ("s/\\(a\\)/\\1/", "a", None),
        ] {
            let made = edits(script).iter().try_fold(text.to_owned(), |text, (_, edit)| match edit {
                Edit::Change { letters: true, from, to, .. } => Some(lettered(&text, from, to)),
                Edit::Change { from, to, flags, .. } => changed(&text, from, to, flags),
                _ => None,
            });
            assert_eq!(made.as_deref(), expected, "{script}");
        }
    }

    #[test]
    fn commands_of_sed_that_run_others_are_found() {
        let runs = |script: &str| edits(script).iter().any(|(_, edit)| matches!(edit, Edit::Run(_)));
        for (script, expected) in [
            ("1e", true),
            ("$!{/a\\/b/,+2e id\n}", true),
            ("s/e/f/;e", true),
            ("s/a/b/e", false),
            ("/e/d", false),
            ("1,10p", false),
            ("y/e/f/", false),
        ] {
            assert_eq!(runs(script), expected, "{script}");
        }
    }
}
