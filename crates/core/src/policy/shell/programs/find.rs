//! `find` and its kin: a search whose finds are deleted or given to programs.

use super::super::machine::{Call, Machine};
use super::super::state::State;
use super::super::value::{Origin, Text};
use super::Program;
use crate::policy::effects::Kind;
use crate::policy::places::Place;

pub(super) fn program(name: &str) -> Option<Program> {
    matches!(name, "find" | "gfind" | "bfs" | "fd" | "fdfind").then_some(if name.starts_with("fd") { fd } else { find })
}

/// Tests and actions that take an argument.
const WITH_VALUE: &[&str] = &[
    "-name",
    "-iname",
    "-path",
    "-ipath",
    "-wholename",
    "-regex",
    "-iregex",
    "-type",
    "-xtype",
    "-size",
    "-mtime",
    "-mmin",
    "-atime",
    "-amin",
    "-ctime",
    "-cmin",
    "-newer",
    "-anewer",
    "-cnewer",
    "-user",
    "-group",
    "-uid",
    "-gid",
    "-perm",
    "-links",
    "-inum",
    "-maxdepth",
    "-mindepth",
    "-samefile",
    "-fstype",
    "-lname",
    "-ilname",
    "-used",
    "-printf",
    "-fprint",
    "-fprint0",
    "-fls",
    "-regextype",
    "-newermt",
    "-D",
    "-context",
];

/// Tests that tell things apart by anything but their name: in a home or a system they leave too much.
const BY_AGE: &[&str] = &[
    "-size", "-mtime", "-mmin", "-atime", "-amin", "-ctime", "-cmin", "-newer", "-newermt", "-user", "-group", "-perm",
    "-links",
];

/// Tests by which only some of what is there is meant.
const NARROWING: &[&str] = &[
    "-name",
    "-iname",
    "-path",
    "-ipath",
    "-wholename",
    "-regex",
    "-iregex",
    "-size",
    "-mtime",
    "-mmin",
    "-atime",
    "-amin",
    "-ctime",
    "-cmin",
    "-newer",
    "-newermt",
    "-user",
    "-group",
    "-empty",
    "-samefile",
    "-lname",
    "-inum",
    "-links",
    "-perm",
    "-nouser",
];

fn find(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let args = &call.args;
    if matches!(args.first().map(Text::shown).as_deref(), Some("--help" | "-help" | "--version" | "-version")) {
        return;
    }
    let is_start = |arg: &&Text| !arg.prefix().starts_with(['-', '(', '!']);
    let skipped = args
        .iter()
        .take_while(|arg| matches!(arg.shown().as_str(), "-L" | "-H" | "-P" | "-O1" | "-O2" | "-O3"))
        .count();
    let starts: Vec<Text> = args.iter().skip(skipped).take_while(is_start).cloned().collect();
    let mut at = skipped + starts.len();
    let starts = if starts.is_empty() { vec![Text::known(".")] } else { starts };
    let name = only_name(&args[at..]);
    let is_wide = |start: &Text| {
        machine.path(state, start).is_some_and(|path| matches!(machine.place(&path), Place::Home | Place::System))
    };
    let wide = starts.iter().any(is_wide);
    let mut narrow = false;
    while let Some(arg) = args.get(at) {
        let test = arg.shown();
        at += 1;
        match test.as_str() {
            "-delete" => {
                for start in &starts {
                    let found = found(machine, state, start, narrow, name.as_deref());
                    machine.note_found(state, Kind::FileDelete, &found, narrow);
                }
            }
            "-exec" | "-execdir" | "-ok" | "-okdir" => {
                let rest = &args[at..];
                let Some(length) = rest.iter().position(|arg| matches!(arg.shown().as_str(), ";" | "+")) else {
                    return;
                };
                for start in &starts {
                    let found = found(machine, state, start, narrow, name.as_deref());
                    let fields = rest[..length].iter().map(|field| field.replaced("{}", &found)).collect();
                    let outer = std::mem::replace(&mut machine.sweeping, !narrow);
                    machine.child(state, fields);
                    machine.sweeping = outer;
                }
                at += length + 1;
            }
            "-fprint" | "-fprint0" | "-fls" | "-fprintf" => {
                if let Some(path) = args.get(at).and_then(|file| machine.path(state, file)) {
                    machine.writes(state, &path, false);
                }
                at += if test == "-fprintf" { 2 } else { 1 };
            }
            test => {
                narrow |= NARROWING.contains(&test) && !(wide && BY_AGE.contains(&test));
                at += usize::from(WITH_VALUE.contains(&test));
            }
        }
    }
    for start in starts.iter().filter(|_| name.is_some()) {
        let found = found(machine, state, start, true, name.as_deref());
        machine.emit(state, 1, found);
        machine.emit(state, 1, Text::known("\n"));
    }
    machine.emit(state, 1, Text::hole(Origin::UNKNOWN));
}

/// The name that is looked for, where it is the one test there is and tells more than an ending.
fn only_name(tests: &[Text]) -> Option<String> {
    let shown: Vec<String> = tests.iter().map(Text::shown).collect();
    let is_mixed = |test: &String| matches!(test.as_str(), "-o" | "-or" | "!" | "-not" | "-prune" | "(" | "-delete");
    let mut names = shown.windows(2).filter(|pair| matches!(pair[0].as_str(), "-name" | "-iname"));
    let name = names.next().map(|pair| pair[1].clone())?;
    (names.next().is_none() && !shown.iter().any(is_mixed) && !name.starts_with(['*', '?', '['])).then_some(name)
}

/// What stands for what is found: the whole tree, or something in it.
fn found(machine: &Machine<'_>, state: &State, start: &Text, narrow: bool, name: Option<&str>) -> Text {
    if !narrow {
        return start.clone();
    }
    let mut found = start.clone();
    if let Some(name) = name {
        found.push_known("/", false);
        found.push_known(name, true);
        return found;
    }
    let root = machine.path(state, start).is_some_and(|path| path == "/");
    found.push_known(if root { "usr/share/found" } else { "/found" }, false);
    found
}

fn fd(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let at = call.args.iter().position(|arg| matches!(arg.shown().as_str(), "-x" | "--exec" | "-X" | "--exec-batch"));
    if let Some(at) = at {
        let mut found = Text::known("./found");
        found.push_hole(Origin::UNKNOWN);
        let mut fields: Vec<Text> = call.args[at + 1..].iter().map(|field| field.replaced("{}", &found)).collect();
        if fields.len() == call.args.len() - at - 1 && !call.args[at + 1..].iter().any(|arg| arg.shown().contains("{}"))
        {
            fields.push(found);
        }
        machine.child(state, fields);
    }
    machine.emit(state, 1, Text::hole(Origin::UNKNOWN));
}

impl Machine<'_> {
    fn note_found(&mut self, state: &mut State, kind: Kind, found: &Text, narrow: bool) {
        let Some(path) = self.path(state, found) else { return };
        let path = self.real(state, &path);
        if self.place(&path) != Place::Unknown {
            self.file(kind, &path, !narrow);
        }
    }
}
