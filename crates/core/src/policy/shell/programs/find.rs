//! `find` and its kin: a search whose finds are listed, deleted or given to programs.

use super::super::machine::{Call, Machine};
use super::super::options::{Spec, read, spec};
use super::super::state::State;
use super::super::value::{Origin, Text};
use super::Program;
use crate::policy::effects::Kind;
use crate::policy::lists::is;
use crate::policy::places::{self, Place, is_generated};
use crate::policy::secrets::Secrecy;

pub(super) fn program(name: &str) -> Option<Program> {
    Some(match name {
        "find" | "gfind" | "bfs" => find,
        "lfs" => of_lustre,
        "fd" | "fdfind" => fd,
        "ls" | "gls" | "dir" | "vdir" | "exa" | "eza" | "lsd" => list,
        "df" | "findmnt" => mounts,
        _ => return None,
    })
}

/// Tests and actions that take an argument.
const WITH_VALUE: &str = "-name|-iname|-path|-ipath|-wholename|-regex|-iregex|-type|-xtype|-size|-mtime|-mmin|-atime|-amin|-ctime|-cmin|\
    -newer|-anewer|-cnewer|-user|-group|-uid|-gid|-perm|-links|-inum|-maxdepth|-mindepth|-samefile|-fstype|-lname|-ilname|-used|-printf|\
    -fprint|-fprint0|-fls|-regextype|-newermt|-D|-context";

/// Tests of names: each takes a pattern.
const BY_NAME: &[&str] =
    &["-name", "-iname", "-path", "-ipath", "-wholename", "-regex", "-iregex", "-lname", "-samefile"];

/// Tests of time and owner. Where people keep things they leave too much.
const BY_AGE: &[&str] = &[
    "-mtime", "-mmin", "-atime", "-amin", "-ctime", "-cmin", "-newer", "-newermt", "-anewer", "-cnewer", "-user",
    "-group", "-used",
];

/// Tests of size and kind. In a home or a system they leave too much.
const BY_SIZE: &[&str] = &["-size", "-perm", "-links", "-xtype"];

/// Tests that leave next to nothing anywhere.
const BY_LOSS: &[&str] = &["-empty", "-inum", "-nouser", "-nogroup"];

/// Programs that a search asks about what it finds.
const TESTS: &[&str] =
    &["test", "[", "grep", "egrep", "fgrep", "rg", "cmp", "diff", "git", "pgrep", "sh", "bash", "file"];

/// What a search leaves of the tree it goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Breadth {
    /// A folder for what may vanish, or one in the project: whatever is looked for in it, it is that folder.
    Inner,
    /// The project as a whole.
    Project,
    /// The database of a repository.
    Git,
    /// Where people keep things.
    Kept,
    /// A system's tree.
    System,
}

impl Breadth {
    fn of(machine: &Machine<'_>, state: &State, start: &Text) -> Self {
        let Some(path) = machine.path(state, start) else { return Self::Inner };
        match machine.place(&path) {
            _ if places::is_git_data(&path) => Self::Git,
            Place::System if places::is_temporary(places::without_wildcard(&path)) => Self::Inner,
            Place::System => Self::System,
            Place::Home | Place::HomeTree => Self::Kept,
            Place::Elsewhere if places::is_shared(&path) => Self::Kept,
            // A folder of several projects is where people keep them.
            Place::ProjectRoot if machine.facts.project().is_some_and(|root| root.trim_end_matches('/') != path) => {
                Self::Kept
            }
            Place::ProjectRoot => Self::Project,
            _ => Self::Inner,
        }
    }

    /// The widest of some.
    fn of_all(machine: &Machine<'_>, state: &State, starts: &[Text]) -> Self {
        starts.iter().map(|start| Self::of(machine, state, start)).max().unwrap_or(Self::Inner)
    }

    /// Whether a name leaves so little of it that this may be deleted.
    fn is_narrowed_by(self, pattern: &str) -> bool {
        let name = pattern.trim_end_matches("/*").rsplit('/').next().unwrap_or_default();
        let all = matches!(name, "" | "*" | "**" | "*.*" | "?*" | "." | ".*" | "^" | "./*");
        !all && match self {
            Self::Inner => true,
            Self::Project => !is_source(name),
            Self::Git => is_generated(name) || name.ends_with(".lock"),
            Self::Kept => is_generated(name) && !name.ends_with(".bak"),
            // What is installed has folders of these names too.
            Self::System => {
                let may_be_installed = matches!(name, "node_modules" | "dist" | "build" | "target" | "vendor");
                is_generated(name) && !may_be_installed && !name.ends_with(".log") && !name.ends_with(".bak")
            }
        }
    }
}

/// A pattern of everything that is written by hand in a language.
pub(super) fn is_source(pattern: &str) -> bool {
    let endings = [
        "rs", "py", "ts", "tsx", "go", "java", "kt", "rb", "php", "c", "cc", "cpp", "h", "hpp", "cs", "swift", "scala",
        "ex", "sql", "tf", "md",
    ];
    pattern.strip_prefix("*.").is_some_and(|ending| endings.contains(&ending))
}

/// How much a search leaves: for what is done to its finds, and for deleting them, where more is asked of a name.
#[derive(Clone, Copy, Debug, Default)]
struct Narrow {
    any: bool,
    to_delete: bool,
}

fn find(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    if matches!(call.args.first().map(Text::shown).as_deref(), Some("--help" | "-help" | "--version" | "-version")) {
        return;
    }
    let (mut search, mut rest) = Search::of(machine, state, &call.args);
    while let Some((test, behind)) = rest.split_first() {
        let Some(taken) = search.goes_on(machine, state, &test.shown(), behind) else { return };
        if machine.is_over() {
            return;
        }
        rest = behind.get(taken..).unwrap_or_default();
    }
    search.tells(machine, state);
}

/// `lfs find`: the search of a file system that many share, whose tests have two dashes.
fn of_lustre(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let Some((verb, rest)) = call.args.split_first() else { return };
    if verb.shown() != "find" {
        return;
    }
    let plain = |arg: &Text| match arg.prefix().starts_with("--") {
        true => arg.after(1),
        false => arg.clone(),
    };
    find(machine, &Call { name: call.name.clone(), args: rest.iter().map(plain).collect() }, state);
}

/// A search, as far as its tests and actions were gone through.
struct Search {
    starts: Vec<Text>,
    /// The one name that is looked for, where there is one.
    name: Option<String>,
    /// Patterns of names, where there is more to it than one name.
    patterns: Vec<String>,
    /// The pattern of what is written by hand in a language, where that is all that is looked for.
    sources: Option<String>,
    breadth: Breadth,
    narrow: Narrow,
    /// Whether the next test is negated, and whether the groups are that it stands in.
    negated: bool,
    groups: Vec<bool>,
    /// Whether all of it was deleted, and whether the little that is left of it was.
    deleted: [bool; 2],
}

impl Search {
    /// A search before its first test, and its tests and actions.
    fn of<'c>(machine: &Machine<'_>, state: &State, args: &'c [Text]) -> (Self, &'c [Text]) {
        let is_option = |arg: &&Text| matches!(arg.shown().as_str(), "-L" | "-H" | "-P" | "-O1" | "-O2" | "-O3");
        let is_start = |arg: &&Text| !arg.prefix().starts_with(['-', '(', '!']);
        let words = &args[args.iter().take_while(is_option).count()..];
        let mut starts: Vec<Text> = words.iter().take_while(is_start).cloned().collect();
        let tests = &words[starts.len()..];
        if starts.is_empty() {
            starts.push(Text::known("."));
        }
        if args.iter().any(|arg| matches!(arg.shown().as_str(), "-L" | "-follow")) {
            machine.follow(state, &mut starts);
        }
        let breadth = Breadth::of_all(machine, state, &starts);
        let name = only_name(tests);
        let by_name = |pair: &&[Text]| name.is_none() && BY_NAME.contains(&pair[0].shown().as_str());
        let patterns = words.windows(2).filter(by_name).take(MAX_SOUGHT).map(|pair| pair[1].shown()).collect();
        let (narrow, negated, groups, deleted) = Default::default();
        let sources = only_sources(words);
        (Self { starts, name, patterns, sources, breadth, narrow, negated, groups, deleted }, tests)
    }

    /// Does a test or an action; gives how many words of those behind it are its own. Nothing where it is cut off.
    fn goes_on(&mut self, machine: &mut Machine<'_>, state: &mut State, test: &str, behind: &[Text]) -> Option<usize> {
        let negated = std::mem::take(&mut self.negated);
        let inverse = negated != self.groups.last().copied().unwrap_or(false);
        match test {
            "!" | "-not" => self.negated = !negated,
            "(" => self.groups.push(inverse),
            ")" => _ = self.groups.pop(),
            // What stands behind it is another search.
            "-o" | "-or" | "," if self.groups.is_empty() => self.narrow = Narrow::default(),
            "-delete" => self.deletes(machine, state),
            "-exec" | "-execdir" | "-ok" | "-okdir" => return self.runs(machine, state, behind),
            "-fprint" | "-fprint0" | "-fls" | "-fprintf" => {
                if let Some(path) = behind.first().and_then(|file| machine.path(state, file)) {
                    machine.writes(state, &path, false);
                }
                return Some(if test == "-fprintf" { 2 } else { 1 });
            }
            test => {
                let takes = is(test, WITH_VALUE);
                let value = behind.first().filter(|_| takes).map(Text::shown).unwrap_or_default();
                if !inverse {
                    self.narrow.narrowed(test, &value, self.breadth);
                }
                return Some(usize::from(takes));
            }
        }
        Some(0)
    }

    fn deletes(&mut self, machine: &mut Machine<'_>, state: &mut State) {
        if std::mem::replace(&mut self.deleted[usize::from(self.narrow.to_delete)], true) {
            return;
        }
        for start in &self.starts {
            let found = found(machine, state, start, self.narrow.to_delete, self.name.as_deref());
            machine.note_found(state, Kind::FileDelete, &found, self.narrow.to_delete);
        }
    }

    /// Has a program run with what is found; gives how many words name it.
    fn runs(&mut self, machine: &mut Machine<'_>, state: &mut State, behind: &[Text]) -> Option<usize> {
        let length = behind.iter().position(|arg| matches!(arg.shown().as_str(), ";" | "+"))?;
        let program = &behind[..length];
        let with = |found: &Text| program.iter().map(|field| field.replaced("{}", found)).collect();
        let is_one = self.name.as_ref().is_some_and(|name| !name.contains(['*', '?', '[']));
        let removes = is_remover(program);
        let leaves = if removes { self.narrow.to_delete } else { self.narrow.any };
        for start in &self.starts {
            let sources = self.sources.as_deref().filter(|_| removes).map(|pattern| below(start, pattern));
            if let Some(sources) = &sources {
                machine.empties(state, sources);
            }
            let found = found(machine, state, start, leaves, self.name.as_deref());
            hand_on(machine, state, with(&found), leaves, is_one);
            if !removes {
                // Of credentials it matters what the program does with them.
                self.secrets_below(machine, state, start).iter().for_each(|secret| machine.child(state, with(secret)));
            }
            if self.breadth >= Breadth::Kept && !self.narrow.any && edits_in_place(program) {
                machine.empties(state, &below(start, "*"));
            }
        }
        // Only those go on for which a test succeeded.
        let tests = program.first().is_some_and(|word| TESTS.contains(&super::base_name(&word.shown())));
        if tests && behind[length].shown() == ";" {
            self.narrow = Narrow { any: true, to_delete: true };
        }
        Some(length + 1)
    }

    /// Writes what was found.
    fn tells(&self, machine: &mut Machine<'_>, state: &mut State) {
        for start in &self.starts {
            // Of names of credentials it matters to whom they are handed on.
            for secret in self.secrets_below(machine, state, start) {
                machine.emit(state, 1, secret);
                machine.emit(state, 1, Text::known("\n"));
            }
            let found = match &self.name {
                Some(name) => found(machine, state, start, true, Some(name)),
                None if self.narrow.to_delete => match &self.sources {
                    Some(pattern) => below(start, pattern),
                    None => continue,
                },
                None => listed(start),
            };
            machine.emit(state, 1, found);
            machine.emit(state, 1, Text::known("\n"));
        }
        machine.emit(state, 1, Text::hole(Origin::UNKNOWN));
    }

    /// The credentials that are looked for by patterns of their names.
    fn secrets_below(&self, machine: &Machine<'_>, state: &State, start: &Text) -> Vec<Text> {
        let named = self.patterns.iter().map(|pattern| below(start, pattern.trim_start_matches("*/")));
        let is_secret =
            |named: &Text| machine.path(state, named).is_some_and(|path| machine.secrecy(state, &path) > Secrecy::None);
        named.filter(is_secret).collect()
    }
}

/// Most names of credentials that one search is gone through for.
const MAX_SOUGHT: usize = 4;

/// Has a program run with what a search found: with all there is, unless the search leaves little of it.
fn hand_on(machine: &mut Machine<'_>, state: &mut State, fields: Vec<Text>, leaves: bool, is_one: bool) {
    let outer = std::mem::replace(&mut machine.sweeping, !leaves);
    match is_one {
        true => machine.child(state, fields),
        false => machine.child_for_each(state, fields),
    }
    machine.sweeping = outer;
}

/// Whether a program given to a search changes what was found where it stands.
fn edits_in_place(fields: &[Text]) -> bool {
    let words: Vec<String> = fields.iter().map(Text::shown).collect();
    let Some((name, args)) = words.split_first() else { return false };
    let has = |flag: char| args.iter().any(|arg| arg.starts_with('-') && !arg.starts_with("--") && arg.contains(flag));
    match super::base_name(name) {
        "sed" | "gsed" => has('i') || args.iter().any(|arg| arg.starts_with("--in-place")),
        "perl" | "ruby" => has('i'),
        "dos2unix" | "unix2dos" | "sd" | "rpl" => true,
        _ => false,
    }
}

impl Narrow {
    /// Counts a test in.
    fn narrowed(&mut self, test: &str, value: &str, breadth: Breadth) {
        if BY_NAME.contains(&test) {
            self.any |= !matches!(value, "*" | "*.*");
            self.to_delete |= breadth.is_narrowed_by(value);
            return;
        }
        let leaves = match test {
            "-type" => value == "l" || value == "s" || value == "p",
            _ if BY_LOSS.contains(&test) => true,
            _ if BY_SIZE.contains(&test) => breadth <= Breadth::Project,
            _ if BY_AGE.contains(&test) => breadth == Breadth::Inner,
            _ => false,
        };
        self.any |= leaves;
        self.to_delete |= leaves;
    }
}

/// Whether a program given to a search removes what was found, or empties it.
fn is_remover(fields: &[Text]) -> bool {
    let mut words =
        fields.iter().map(Text::shown).filter(|word| !matches!(word.as_str(), "sudo" | "doas" | "env" | "command"));
    words.next().is_some_and(|word| match super::base_name(&word) {
        "rm" | "shred" | "unlink" | "truncate" | "srm" | "wipe" | "grm" => true,
        "cp" | "install" | "ln" | "dd" => words.any(|word| matches!(word.as_str(), "/dev/null" | "if=/dev/null")),
        "sh" | "bash" | "zsh" | "dash" => words.any(|code| {
            code.split([';', '\n', '&', '|']).map(str::trim_start).any(|command| {
                ["rm ", "truncate ", "shred ", "unlink ", "> ", ">\"", ">$", ": >", "true >", "cp /dev/null"]
                    .iter()
                    .any(|start| command.starts_with(start))
            })
        }),
        _ => false,
    })
}

/// The names of all that is in a folder.
fn listed(folder: &Text) -> Text {
    let mut names = Text::default();
    if !matches!(folder.shown().as_str(), "." | "./") {
        names.push(&folder.quoted());
        names.push_known("/", false);
    }
    names.push_hole(Origin::LISTED);
    names
}

/// `df --output=target`: all that is mounted, and so the root of everything among it.
fn mounts(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let tells_places = call.args.iter().any(|arg| arg.shown().to_ascii_lowercase().contains("target"));
    machine.emit(state, 1, Text::hole(if tells_places { Origin::LISTED } else { Origin::UNKNOWN }));
}

/// `ls`: the names in the working folder, all of them; of another folder it tells them without that folder.
fn list(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(&call.args, &spec("ITw", &["ignore=", "hide=", "sort=", "time=", "width="]));
    let is_all = |operand: &Text| {
        let path = machine.path(state, operand);
        let folder = path.as_deref().map(places::without_wildcard);
        folder.is_some() && folder == state.shell.directory.as_deref()
    };
    let all = options.operands.is_empty() || options.operands.iter().any(is_all);
    let named = |operand: &&Text| operand.has_glob() || options.has(&["d", "directory"]);
    let names: Vec<Text> = options.operands.iter().filter(named).filter(|_| !options.has(&["l"])).cloned().collect();
    for name in names {
        machine.emit(state, 1, name);
        machine.emit(state, 1, Text::known("\n"));
    }
    machine.emit(state, 1, Text::hole(if all { Origin::LISTED } else { Origin::UNKNOWN }));
}

/// The name that is looked for, where it is the one test there is and tells more than an ending.
fn only_name(tests: &[Text]) -> Option<String> {
    let shown: Vec<String> = tests.iter().map(Text::shown).collect();
    let is_mixed = |test: &String| matches!(test.as_str(), "-o" | "-or" | "!" | "-not" | "(" | "-delete");
    let mut names = shown.windows(2).filter(|pair| matches!(pair[0].as_str(), "-name" | "-iname"));
    let name = names.next().map(|pair| pair[1].clone())?;
    (names.next().is_none() && !shown.iter().any(is_mixed) && !name.starts_with(['*', '?', '['])).then_some(name)
}

/// The pattern of a search for what is written by hand in a language, where that is all that is asked of names.
fn only_sources(tests: &[Text]) -> Option<String> {
    let shown: Vec<String> = tests.iter().map(Text::shown).collect();
    let mut names = shown.windows(2).filter(|pair| BY_NAME.contains(&pair[0].as_str())).map(|pair| &pair[1]);
    let name = names.next().filter(|name| is_source(name))?;
    names.next().is_none().then(|| name.clone())
}

/// What a pattern matches in a folder.
fn below(folder: &Text, pattern: &str) -> Text {
    let mut found = folder.quoted();
    found.push_known("/", false);
    found.push_known(pattern, true);
    found
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

/// Options of `fd` that take a value.
const FD: Spec = spec(
    "etdEScjo",
    &[
        "extension=",
        "type=",
        "max-depth=",
        "min-depth=",
        "exact-depth=",
        "exclude=",
        "size=",
        "color=",
        "threads=",
        "owner=",
        "changed-within=",
        "changed-before=",
        "newer=",
        "older=",
        "search-path=",
        "base-directory=",
        "format=",
        "and=",
        "ignore-file=",
        "path-separator=",
        "batch-size=",
        "max-results=",
    ],
);

fn fd(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let at = call.args.iter().position(|arg| matches!(arg.shown().as_str(), "-x" | "--exec" | "-X" | "--exec-batch"));
    let options = read(&call.args[..at.unwrap_or(call.args.len())], &FD);
    if options.is_help() {
        return;
    }
    let (pattern, folders) = match options.operands.split_first() {
        Some((pattern, folders)) => (pattern.shown(), folders.to_vec()),
        None => (String::new(), Vec::new()),
    };
    let mut starts = folders;
    starts.extend(options.values(&["search-path", "base-directory"]).cloned());
    if starts.is_empty() {
        starts.push(Text::known("."));
    }
    if options.has(&["L", "follow"]) {
        machine.follow(state, &mut starts);
    }
    let breadth = Breadth::of_all(machine, state, &starts);
    let mut narrow = Narrow::default();
    let endings: Vec<String> =
        options.values(&["e", "extension"]).map(|ending| format!("*.{}", ending.shown())).collect();
    // Several endings: as much as the one that leaves most.
    if let Some(widest) = endings.iter().find(|name| !breadth.is_narrowed_by(name)).or(endings.first()) {
        narrow.narrowed("-name", widest, breadth);
    }
    narrow.narrowed("-name", &pattern, breadth);
    for (flags, test) in
        [(&["S", "size"][..], "-size"), (&["changed-within", "changed-before", "newer", "older"], "-mtime")]
    {
        if options.has(flags) {
            narrow.narrowed(test, "", breadth);
        }
    }
    for kind in options.values(&["t", "type"]).map(Text::shown) {
        narrow.narrowed(if matches!(kind.as_str(), "e" | "empty") { "-empty" } else { "-type" }, &kind, breadth);
    }
    let Some(at) = at else {
        for start in &starts {
            machine.emit(state, 1, if narrow.to_delete { Text::hole(Origin::UNKNOWN) } else { listed(start) });
            machine.emit(state, 1, Text::known("\n"));
        }
        return;
    };
    let given: Vec<Text> = call.args[at + 1..].iter().take_while(|arg| arg.shown() != ";").cloned().collect();
    let leaves = if is_remover(&given) { narrow.to_delete } else { narrow.any };
    for start in &starts {
        let found = found(machine, state, start, leaves, None);
        let mut fields: Vec<Text> = given.iter().map(|field| field.replaced("{}", &found)).collect();
        if !given.iter().any(|arg| arg.shown().contains('{')) {
            fields.push(found);
        }
        hand_on(machine, state, fields, leaves, false);
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

#[cfg(test)]
mod tests {
    use crate::policy::effects::Kind;
    use crate::policy::facts::NoFacts;
    use crate::policy::shell::analyse;

    #[test]
    fn many_actions_at_many_places_are_given_up_sooner_or_later() {
        let places = " a".repeat(1300);
        for (actions, complete) in [(" -exec true {} \\;".repeat(690), false), (" -delete".repeat(2700), true)] {
            let found = analyse(&format!("find / {places}{actions}"), &NoFacts);
            let deletes = found.effects.iter().any(|effect| effect.kind == Kind::FileDelete);
            assert_eq!((found.complete, deletes), (complete, complete), "{}", &actions[..8]);
        }
    }
}
