//! Programs that make, change and remove files.

use super::super::machine::{Call, Machine};
use super::super::options::{Options, Spec, read, spec};
use super::super::state::{Content, State};
use super::super::value::{HOLE, Origin, Text};
use super::{Program, base_name};
use crate::policy::effects::Kind;
use crate::policy::facts::Look;
use crate::policy::inspect::tells_agents;
use crate::policy::lists::is;
use crate::policy::places::{self, Place};
use crate::policy::secrets::Secrecy;

pub(super) fn program(name: &str) -> Option<Program> {
    Some(match name {
        "rm" | "srm" | "trash-empty" | "grm" | "rimraf" | "del-cli" => rm,
        "rmdir" => rmdir,
        "unlink" => unlink,
        "shred" | "wipe" => shred,
        "truncate" => truncate,
        "mv" | "gmv" => mv,
        "cp" | "gcp" => cp,
        "install" | "ginstall" => install,
        "ln" | "link" => ln,
        "dd" => dd,
        "tee" | "sponge" => tee,
        "mogrify" | "exiftool" | "jpegoptim" | "jpegtran" | "optipng" | "mat2" | "metaflac" | "id3v2" => in_place,
        "chmod" | "chown" | "chgrp" | "chattr" | "setfacl" => change,
        "touch" | "mkdir" | "mkfifo" | "mknod" => make,
        "mktemp" => mktemp,
        _ => return None,
    })
}

const RM: Spec = spec(
    "",
    &[
        "recursive",
        "force",
        "help",
        "version",
        "interactive?",
        "dir",
        "verbose",
        "one-file-system",
        "no-preserve-root",
        "preserve-root?",
    ],
);

fn rm(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(&call.args, &RM);
    if options.is_help() {
        return;
    }
    let recursive = options.has(&["r", "R", "recursive"]) || matches!(call.name.as_str(), "rimraf" | "del-cli");
    for operand in &options.operands {
        machine.deletes(state, operand, recursive);
    }
}

fn rmdir(_: &mut Machine<'_>, _: &Call, _: &mut State) {
    // It removes empty folders alone: nothing is lost.
}

fn unlink(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    if let [only] = call.args.as_slice()
        && !only.prefix().starts_with("--")
    {
        machine.deletes(state, only, false);
    }
}

fn shred(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let spec = spec("ns", &["iterations=", "size=", "random-source=", "help", "version", "remove?"]);
    let options = read(&call.args, &spec);
    for operand in options.operands.iter().filter(|_| !options.is_help()) {
        match machine.path(state, operand).filter(|path| places::is_disk(path)) {
            Some(disk) => machine.file(Kind::FileWrite, &disk, false),
            None => machine.deletes(state, operand, call.name == "wipe" && options.has(&["r"])),
        }
    }
}

fn truncate(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(&call.args, &spec("sr", &["size=", "reference=", "help", "version"]));
    // All the files of a folder are emptied: nothing is left of them but their names.
    for all in options.operands.iter().filter(|operand| super::all_of(operand).is_some()) {
        machine.deletes(state, all, false);
    }
    let empties = options.value(&["s", "size"]).is_some_and(|size| size.shown().trim_matches(['<', '%', '/']) == "0");
    for operand in options.operands.iter().filter(|_| empties) {
        machine.empties(state, operand);
    }
    for path in machine.paths(state, &options.operands) {
        machine.writes(state, &path, false);
        state.write(&path, Text::default(), false);
    }
}

const COPY: Spec = spec(
    "tSgmo",
    &[
        "target-directory=",
        "suffix=",
        "recursive",
        "archive",
        "attributes-only",
        "no-clobber",
        "symbolic-link",
        "link",
        "help",
        "version",
        "backup?",
        "update?",
        "preserve?",
        "group=",
        "mode=",
        "owner=",
        "no-target-directory",
        "force",
        "directory",
        "verbose",
        "reflink?",
        "sparse?",
        "context?",
        "parents",
        "dereference",
        "no-dereference",
    ],
);

/// Sources and the target of a copy or a move: each source's path with the path it gets.
fn pairs(machine: &Machine<'_>, state: &State, options: &Options) -> Vec<(String, Option<String>)> {
    let (sources, target, into) = match options.value(&["t", "target-directory"]) {
        Some(target) => (options.operands.as_slice(), Some(target), true),
        None => match options.operands.split_last() {
            Some((target, sources)) => (sources, Some(target), sources.len() > 1),
            None => return Vec::new(),
        },
    };
    let target = target.and_then(|target| machine.path(state, target));
    let is_folder =
        into || target.as_ref().is_some_and(|target| {
            machine.look(target) == Look::Folder || matches!(state.files.get(target), Some(Content::CopyOf(_)))
        }) || options.operands.last().is_some_and(|last| last.shown().ends_with('/'));
    let pair = |source: &Text| {
        let path = machine.path(state, source)?;
        let target = target.as_ref().map(|target| {
            if is_folder { format!("{}/{}", target.trim_end_matches('/'), base_name(&path)) } else { target.clone() }
        });
        Some((path, target))
    };
    sources.iter().filter_map(pair).collect()
}

fn mv(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(&call.args, &COPY);
    if options.is_help() || options.last_of(&["n", "no-clobber"], &["f", "force", "i", "interactive"]) {
        return;
    }
    let target =
        options.value(&["t", "target-directory"]).or(options.operands.last()).and_then(|t| machine.path(state, t));
    for (path, to) in pairs(machine, state, &options) {
        let all = places::without_wildcard(&path) != path;
        // Everything of a folder moved needs a folder to move it to.
        let possible = !all
            || target.as_ref().is_some_and(|target| {
                !matches!(machine.look(target), Look::Missing | Look::File | Look::Other)
                    && places::without_wildcard(&path) != target
                    // Names made of their own names: each is moved beside itself.
                    && !target.contains('*')
            });
        if possible {
            let whole = all || matches!(machine.place(&path), Place::Home | Place::System);
            machine.file(Kind::FileMove, &path, whole || leaves(machine, &path, to.as_deref()));
        }
        let Some(to) = to else { continue };
        if to == "/dev/null" {
            continue;
        }
        let target_real = machine.real(state, &to);
        machine.file(Kind::FileWrite, &target_real, false);
        machine.shows(&path, &target_real);
        if let Some(target) = &target {
            machine.moves_over(state, &path, target);
        }
        let content = carried(state, &path);
        if matches!(state.files.get(&path), Some(Content::Gone)) {
            continue;
        }
        if let Content::Is(text) = &content {
            machine.receives(&to, text);
        }
        let pipe = machine.look(&path) == Look::Pipe;
        if !pipe {
            state.files.set(&to, content);
        }
        state.files.set(&path, Content::Gone);
    }
}

/// Whether a folder that people keep, or the project, is taken to where it may vanish, or away from all they keep.
fn leaves(machine: &Machine<'_>, path: &str, to: Option<&str>) -> bool {
    let kept = matches!(machine.place(path), Place::HomeTree | Place::ProjectRoot);
    kept && !to.is_some_and(|to| {
        matches!(
            machine.place(to),
            Place::Home | Place::HomeTree | Place::HomeInside | Place::ProjectRoot | Place::Project
        )
    })
}

/// What a copy of a path holds.
fn carried(state: &State, path: &str) -> Content {
    state.files.get(path).cloned().unwrap_or_else(|| Content::CopyOf(path.to_owned()))
}

fn cp(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(&call.args, &COPY);
    if options.is_help() || options.has(&["attributes-only"]) {
        return;
    }
    covered(machine, state, &options);
    for (path, to) in pairs(machine, state, &options) {
        machine.reads_of_copy(state, &path);
        let is_empty =
            path == "/dev/null" || matches!(state.files.get(&path), Some(Content::Is(text)) if text.is_empty());
        // One file over all of an ending: folders have none. What the script wrote may be of the one it is copied over.
        let over_many = options.operands.len() == 2
            && base_name(&options.operands[1].shown()).starts_with("*.")
            && !path.contains('*')
            && state.files.get(&path).is_none();
        if is_empty || over_many {
            options.operands.last().into_iter().for_each(|target| machine.empties(state, target));
        }
        let Some(to) = to else {
            let to = format!("/{HOLE}/{}", base_name(&path));
            machine.receives(&to, &machine.content(state, &path));
            continue;
        };
        let target = machine.real(state, &to);
        machine.file(Kind::FileWrite, &target, false);
        machine.installs(state, &path, &target);
        if tells_agents(&target) && super::git::is_of_clone(state, &path) {
            machine.instructs(&target);
        }
        machine.shows(&path, &target);
        let content = if options.has(&["s", "symbolic-link"]) {
            Content::Link(path.clone())
        } else {
            match carried(state, &path) {
                Content::CopyOf(from) if machine.look(&from) == Look::File => {
                    Content::Is(machine.content(state, &from))
                }
                content => content,
            }
        };
        if let Content::Is(text) = &content {
            machine.receives(&target, text);
        }
        state.files.set(&target, content);
    }
}

/// `cp -a folder/. there`, `cp -rT folder there`: the one is laid over the other, with its hidden files.
fn covered(machine: &mut Machine<'_>, state: &State, options: &Options) {
    let Some((last, sources)) = options.operands.split_last() else { return };
    let (target, sources) = match options.value(&["t", "target-directory"]) {
        Some(target) => (target, options.operands.as_slice()),
        None => (last, sources),
    };
    let recursive = options.has(&["r", "R", "a", "recursive", "archive"]);
    let content = |source: &Text| source.shown().ends_with("/.");
    if recursive && (sources.iter().any(content) || options.has(&["T", "no-target-directory"])) {
        machine.covers(state, target);
    }
}

fn install(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(&call.args, &COPY);
    if let Some(mode) = options.value(&["m", "mode"]).map(Text::shown).filter(|mode| Mode::of(mode).sets_id) {
        machine.act(Kind::PrivilegeGain, mode);
    }
    if options.has(&["d", "directory"]) {
        return;
    }
    cp(machine, call, state);
}

fn ln(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(&call.args, &COPY);
    if options.is_help() {
        return;
    }
    let [source, name] = options.operands.as_slice() else {
        return;
    };
    if options.has(&["f", "force"]) && source.shown() == "/dev/null" {
        machine.empties(state, name);
    }
    let (Some(path), Some(mut name)) = (machine.path(state, source), machine.path(state, name)) else { return };
    if machine.look(&name) == Look::Folder {
        name = format!("{name}/{}", base_name(&path));
    }
    machine.file(Kind::FileWrite, &name, false);
    state.files.set(&name, Content::Link(path));
}

fn dd(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let value = |key: &str| call.args.iter().find(|arg| arg.prefix().starts_with(key)).map(|arg| arg.after(key.len()));
    let text = match value("if=") {
        Some(file) => machine.read_file(state, &file),
        None => machine.input(state, 0),
    };
    // Without a count it goes on as long as its input does.
    let bounded = value("count=").is_some() && text.origin().is_some_and(|origin| origin.endless);
    let text = if bounded { Text::hole(ended(&text)) } else { text };
    let into = value("of=");
    if let Some(file) = into.as_ref().filter(|_| text.is_empty()) {
        machine.empties(state, file);
    }
    match into.and_then(|file| machine.path(state, &file)) {
        Some(path) => {
            machine.writes(state, &path, false);
            let path = machine.real(state, &path);
            machine.receives(&path, &text);
            state.write(&path, text, false);
        }
        None => machine.emit(state, 1, text),
    }
}

fn ended(text: &Text) -> Origin {
    Origin { endless: false, ..text.origin().unwrap_or_default() }
}

fn tee(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(&call.args, &spec("", &["append", "help", "version", "output-error?"]));
    if options.is_help() {
        return;
    }
    let text = machine.input(state, 0);
    let appends = options.has(&["a", "append"]);
    for operand in &options.operands {
        let Some(path) = machine.path(state, operand).or_else(|| machine.of_python(operand)) else { continue };
        if let Some(fd) = super::super::machine::descriptor(&path) {
            machine.emit(state, fd, text.clone());
            continue;
        }
        if path != "/dev/null" {
            if text.as_known().is_some() && !text.has_glob() && !appends {
                machine.empties(state, operand);
            }
            machine.writes(state, &path, appends);
            let path = machine.real(state, &path);
            machine.receives(&path, &text);
            state.write(&path, text.clone(), appends);
        }
    }
    if call.name == "tee" {
        machine.says(state, &text);
        machine.emit(state, 1, text);
    }
}

/// Programs that write over the pictures and sounds that they are given: what was in them before is gone.
fn in_place(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let long = &["path=", "dest=", "dir=", "out=", "resize=", "quality=", "crop="];
    let options = read(&call.args, &Spec { short: "dom", long, single: call.name == "mogrify", ..Spec::default() });
    let elsewhere = options.has(&["path", "dest", "dir", "out", "n", "noaction", "simulate"]);
    let is_asked =
        call.name == "exiftool" && !call.args.iter().any(|arg| arg.prefix().starts_with("-overwrite_original"));
    if options.is_help() || elsewhere || is_asked {
        return;
    }
    for operand in &options.operands {
        let folder = machine.path(state, operand).is_some_and(|path| machine.look(&path) != Look::File);
        let mut all = operand.clone();
        if folder && !operand.has_glob() && options.has(&["r", "recurse"]) {
            all.push_known("/*", true);
        }
        machine.empties(state, &all);
    }
}

const CHANGE: Spec = spec(
    "",
    &[
        "recursive",
        "reference=",
        "help",
        "version",
        "changes",
        "silent",
        "quiet",
        "verbose",
        "no-preserve-root",
        "preserve-root",
        "dereference",
        "no-dereference",
        "from=",
    ],
);

/// What a mode of `chmod` gives.
#[derive(Clone, Copy, Debug, Default)]
struct Mode {
    /// The program runs as whoever owns it.
    sets_id: bool,
    /// Others than the owner may read or write.
    opens: bool,
    /// Everybody may write.
    for_all: bool,
    /// Everybody may read or write.
    to_all: bool,
    /// It can no longer be run.
    stops: bool,
}

impl Mode {
    /// What a list of `setfacl` gives: `other::rwx` is for everybody, `u:name:r` for one.
    fn of_list(list: &str, adds: bool) -> Self {
        let others = list.split(',').filter_map(|entry| {
            let entry = entry.trim_start_matches("default:").trim_start_matches("d:");
            let (who, rest) = entry.split_once(':')?;
            matches!(who, "o" | "other" | "others").then(|| rest.rsplit(':').next().unwrap_or_default().to_owned())
        });
        let given: String = if adds { others.collect() } else { String::new() };
        Self { opens: adds, for_all: given.contains('w'), to_all: given.contains(['r', 'w']), ..Self::default() }
    }

    fn of(mode: &str) -> Self {
        if let Ok(bits) = u32::from_str_radix(mode, 8) {
            return Self {
                sets_id: bits & 0o6000 > 0,
                opens: bits & 0o066 > 0,
                for_all: bits & 0o002 > 0,
                to_all: bits & 0o006 > 0,
                stops: bits & 0o111 == 0,
            };
        }
        let mut made = Self::default();
        for clause in mode.split(',') {
            let Some(at) = clause.find(['+', '-', '=']) else { continue };
            let (who, given) = (&clause[..at], &clause[at + 1..]);
            let adds = !clause[at..].starts_with('-');
            let (others, all) =
                (who.is_empty() || who.contains(['g', 'o', 'a']), who.is_empty() || who.contains(['o', 'a']));
            made.sets_id |= adds && given.contains('s') && who != "g";
            made.opens |= adds && others && given.contains(['r', 'w']);
            made.for_all |= adds && all && given.contains('w') && !who.is_empty();
            made.to_all |= adds && all && given.contains(['r', 'w']) && !who.is_empty();
            made.stops |= clause[at..].starts_with('-') && given.contains('x') && !who.contains(['g', 'o']);
        }
        made
    }
}

fn change(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let kind = if matches!(call.name.as_str(), "chmod" | "chattr" | "setfacl") {
        Kind::FilePermission
    } else {
        Kind::FileOwner
    };
    // A mode such as `-x` is no option.
    let (modes, args): (Vec<Text>, Vec<Text>) = call.args.iter().cloned().partition(|arg| {
        let known = arg.prefix();
        call.name == "chmod"
            && known.starts_with('-')
            && known.len() > 1
            && known[1..].bytes().all(|byte| b"rwxXst".contains(&byte))
    });
    let options = read(&args, &CHANGE);
    if options.is_help() {
        return;
    }
    let given = usize::from(modes.is_empty() && !options.has(&["reference"]));
    let recursive = options.has(&["R", "recursive"]);
    let said = modes.first().or(options.operands.first().filter(|_| given == 1)).map(Text::shown).unwrap_or_default();
    let mode = match call.name.as_str() {
        "chmod" => Mode::of(&said),
        "setfacl" => Mode::of_list(&said, options.has(&["m", "modify", "M"])),
        _ => Mode::default(),
    };
    let mut operands = options.operands.get(given..).unwrap_or_default().to_vec();
    if recursive && options.has(&["L", "logical"]) {
        machine.follow(state, &mut operands);
    }
    for path in machine.paths(state, &operands) {
        let path = machine.real(state, &path);
        machine.file(kind, &path, recursive);
        let place = machine.place(&path);
        if mode.sets_id {
            machine.note(Kind::PrivilegeGain, path.clone(), place, false, Origin::UNKNOWN);
        }
        if mode.stops && places::is_hook(&path) {
            machine.note(Kind::GitBypass, path.clone(), place, recursive, Origin::UNKNOWN);
        }
        let of_many = recursive && places::is_shared(&path) && !places::is_served(&path);
        let to_strangers =
            of_many && (mode.for_all || mode.to_all && (call.name == "setfacl" || tells_of_people(&path)));
        if machine.exposes(state, &path, mode) || to_strangers {
            machine.note(Kind::FilePermission, path, place, recursive, Origin::SECRET);
        }
    }
}

/// Whether a folder's name says that it holds what is told of people, or what a house keeps to itself.
fn tells_of_people(path: &str) -> bool {
    const WORDS: &str = "patients|patient|clinical|dbgap|phi|pii|private|secret|secrets|confidential|hr|payroll|restricted|protected|\
        finance|legal|backup|backups|customers|medical";
    path.split(['/', '-', '_', '.']).any(|word| is(word, WORDS))
}

fn make(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(&call.args, &spec("mdtr", &["mode=", "date=", "reference=", "help", "version", "parents"]));
    if call.name == "touch" {
        for path in machine.paths(state, &options.operands) {
            let is_new = machine.look(&path) == Look::Missing || machine.place(&path) == Place::Temporary;
            if is_new && state.files.get(&path).is_none() {
                state.files.set(&path, Content::Is(Text::default()));
            }
        }
        return;
    }
    for path in machine.paths(state, &options.operands) {
        if call.name == "mkfifo" || matches!(state.files.get(&path), Some(Content::Gone)) {
            state.files.set(&path, Content::Is(Text::hole(Origin::UNKNOWN)));
        }
    }
}

fn mktemp(machine: &mut Machine<'_>, _: &Call, state: &mut State) {
    let mut name = Text::known("/tmp/tmp.");
    name.push_hole(Origin::UNKNOWN);
    machine.emit(state, 1, name);
    state.status = Some(true);
}

impl Machine<'_> {
    /// Whether a mode lets others read a credential, or write what people keep.
    fn exposes(&self, state: &State, path: &str, mode: Mode) -> bool {
        let secrecy =
            self.secrecy(state, path).max(crate::policy::secrets::tree_secrecy(places::without_wildcard(path)));
        mode.opens && secrecy == Secrecy::Credential
            || mode.for_all
                && (secrecy == Secrecy::Environment
                    || matches!(self.place(path), Place::Home | Place::System | Place::SystemInside)
                        && !matches!(path, "/tmp" | "/var/tmp"))
    }

    /// Notes that a path's content is read to be copied elsewhere.
    fn reads_of_copy(&mut self, state: &State, path: &str) {
        self.reads(state, path);
        let made_here = state.files.get(path).is_some();
        if !made_here
            && crate::policy::secrets::tree_secrecy(path) == Secrecy::Credential
            && self.place(path) != Place::Project
        {
            self.note(Kind::SecretRead, path.to_owned(), self.place(path), true, Origin::SECRET);
        }
    }
}
