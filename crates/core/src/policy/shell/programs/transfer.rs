//! Archives and copies between machines.

use super::super::machine::{Call, Machine};
use super::super::options::{Options, Spec, read, spec};
use super::super::state::{Content, State};
use super::super::value::{Origin, Text};
use super::wrappers::local_command;
use super::{Program, base_name};
use crate::policy::effects::{Kind, Where};
use crate::policy::facts::Look;
use crate::policy::places::{self, Place};
use crate::policy::secrets::{Secrecy, tree_secrecy};

pub(super) fn program(name: &str) -> Option<Program> {
    Some(match name {
        "tar" | "gtar" | "bsdtar" => tar,
        "unzip" | "7z" | "7za" | "7zz" | "unrar" | "unar" | "cpio" | "dpkg-deb" | "pax" => unpack,
        "zip" | "rar" => zip,
        "rsync" => rsync,
        "scp" | "sftp" => scp,
        _ => return None,
    })
}

/// Whether an operand names a file of another machine: a host before a colon.
fn remote_host(text: &Text) -> Option<String> {
    let shown = text.shown();
    if let Some(rest) = shown.strip_prefix("rsync://").or_else(|| shown.strip_prefix("scp://")) {
        return Some(rest.split('/').next().unwrap_or_default().to_owned());
    }
    let (host, _) = shown.split_once(':')?;
    (!host.is_empty() && !host.contains('/')).then(|| host.rsplit('@').next().unwrap_or_default().to_owned())
}

const TAR: Spec = spec(
    "fCITXFbgHKLMNV",
    &[
        "file=",
        "directory=",
        "use-compress-program=",
        "files-from=",
        "exclude=",
        "exclude-from=",
        "to-command=",
        "checkpoint-action=",
        "info-script=",
        "new-volume-script=",
        "rsh-command=",
        "rmt-command=",
        "label=",
        "transform=",
        "create",
        "extract",
        "get",
        "list",
        "append",
        "update",
        "delete",
        "no-recursion",
        "force-local",
        "gzip",
        "bzip2",
        "xz",
        "verbose",
        "strip-components=",
        "owner=",
        "group=",
        "mode=",
        "mtime=",
        "to-stdout",
        "absolute-names",
        "checkpoint?",
        "remove-files",
        "overwrite",
        "keep-old-files",
        "wildcards",
        "null",
        "help",
        "version",
        "one-file-system",
        "dereference",
        "exclude-vcs",
        "sort=",
        "format=",
    ],
);

fn tar(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let mut args: Vec<Text> = Vec::new();
    if let Some(more) = exported(machine, state, "TAR_OPTIONS") {
        args.extend(more.split(&[' ', '\t']));
    }
    let mut given = call.args.clone();
    // The first argument may be options without a hyphen: `tar czf`.
    if let Some(first) = given.first_mut()
        && first.as_known().is_some_and(|word| {
            !word.starts_with('-') && !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphabetic())
        })
    {
        let mut dashed = Text::known("-");
        dashed.push(first);
        *first = dashed;
    }
    args.extend(given);
    let options = read(&args, &TAR);
    if options.is_help() {
        return;
    }
    for code in options
        .values(&[
            "I",
            "use-compress-program",
            "to-command",
            "info-script",
            "F",
            "new-volume-script",
            "rsh-command",
            "rmt-command",
        ])
        .cloned()
        .collect::<Vec<_>>()
    {
        machine.code(state, &code, Vec::new());
    }
    for action in options.values(&["checkpoint-action"]).cloned().collect::<Vec<_>>() {
        if action.prefix().starts_with("exec=") {
            machine.code(state, &action.after("exec=".len()), Vec::new());
        }
    }
    let unknown_options =
        options.operands.iter().any(|operand| operand.as_path().is_none() && operand.origin().is_some());
    let creates = options.has(&["c", "r", "u", "A", "create", "append", "update"]);
    let extracts = options.has(&["x", "extract", "get"]);
    if let Some(lists) = options.value(&["X", "exclude-from"]).cloned() {
        let _ = machine.read_file(state, &lists);
    }
    let archive = options.value(&["f", "file"]).cloned().or_else(|| exported(machine, state, "TAPE"));
    if extracts {
        let text = match &archive {
            Some(file) if file.shown() != "-" => machine.read_file(state, file),
            _ => machine.input(state, 0),
        };
        if options.has(&["O", "to-stdout"]) {
            // What an archive holds cannot be read here.
            machine.emit(state, 1, Text::hole(Origin { decoded: true, ..text.origin().unwrap_or_default() }));
        }
        if options.has(&["P", "absolute-names"]) {
            machine.act(Kind::Unknown, "an archive with absolute names");
        }
        if options.operands.is_empty() && !options.has(&["O", "to-stdout", "to-command"]) {
            let here = Text::known(".");
            let folder = options.value(&["C", "directory"]).unwrap_or(&here);
            machine.lays_over(state, folder, text.origin().unwrap_or_default());
        }
        return;
    }
    if !creates && !unknown_options {
        return;
    }
    let origin = packed(machine, state, &options, options.value(&["C", "directory"]).cloned().as_ref());
    if options.has(&["remove-files"]) {
        let outer = state.shell.directory.clone();
        if let Some(folder) = options.value(&["C", "directory"]) {
            state.shell.directory = machine.path(state, folder);
        }
        options.operands.iter().for_each(|operand| machine.deletes(state, operand, true));
        state.shell.directory = outer;
    }
    match archive.as_ref().and_then(remote_host).filter(|_| !options.has(&["force-local"])) {
        Some(host) => machine.hands_over(&host, origin),
        None => machine.puts(state, archive.as_ref(), Text::hole(origin)),
    }
}

/// The value of a variable that programs see.
fn exported(machine: &Machine<'_>, state: &State, name: &str) -> Option<Text> {
    let variable = state.variable(name)?;
    variable.exported.then(|| machine.value_of(state, name)).flatten().filter(|value| !value.is_empty())
}

/// Where the content of what is packed comes from.
fn packed(machine: &mut Machine<'_>, state: &mut State, options: &Options, folder: Option<&Text>) -> Origin {
    let outer = state.shell.directory.clone();
    if let Some(folder) = folder {
        state.shell.directory = machine.path(state, folder);
    }
    let mut origin = Origin::UNKNOWN;
    let recursive = !options.has(&["no-recursion"]);
    let mut names: Vec<Text> = options.operands.clone();
    if let Some(list) = options.value(&["T", "files-from"]).cloned() {
        names.extend(listed(machine, state, &list));
    }
    for name in &names {
        if let Some(path) = machine.path(state, name)
            && tree_secrecy(&path) > Secrecy::None
        {
            machine.note(Kind::SecretRead, path, Default::default(), true, Origin::SECRET);
        }
        origin = origin.and(machine.origin_of_tree(state, name, recursive));
    }
    state.shell.directory = outer;
    origin
}

/// The names in a list of files.
fn listed(machine: &mut Machine<'_>, state: &State, list: &Text) -> Vec<Text> {
    let text = if list.shown() == "-" { machine.input(state, 0) } else { machine.read_file(state, list) };
    if let Some(path) = machine.path(state, list)
        && text.as_known().is_none()
        && let Some(content) = machine.facts.text(&path)
    {
        return Text::known(content).split(&['\n']);
    }
    text.split(&['\n'])
}

/// What unpacks an archive into a folder: it is laid over what is there. The same programs pack, some of them.
fn unpack(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let words: Vec<String> = call.args.iter().map(Text::shown).collect();
    let verb = words.first().map(String::as_str).unwrap_or_default();
    let here = Text::known(".");
    // `-oFOLDER` of 7z, `-d FOLDER` of unzip, `-D FOLDER` of cpio, `-o FOLDER` of unar, a last operand of unrar.
    let behind = |names: &[&str]| {
        words.iter().position(|word| names.contains(&word.as_str())).and_then(|at| call.args.get(at + 1))
    };
    let folder = match call.name.as_str() {
        "unzip" => {
            let only = words.iter().take_while(|word| word.starts_with('-') && word.as_str() != "-d");
            if only.flat_map(|word| word.chars()).any(|flag| matches!(flag, 'l' | 't' | 'p' | 'c' | 'Z' | 'z' | 'v')) {
                return;
            }
            // `unzip archive member`
            let members =
                words.iter().take_while(|word| *word != "-d" && *word != "-x").filter(|word| !word.starts_with('-'));
            if members.count() > 1 {
                return;
            }
            behind(&["-d"]).unwrap_or(&here).clone()
        }
        "7z" | "7za" | "7zz" if matches!(verb, "x" | "e") => {
            let given = call.args.iter().find(|arg| arg.prefix().starts_with("-o"));
            given.map_or(here, |given| given.after(2))
        }
        "unrar" if matches!(verb, "x" | "e") => {
            let last = call.args.last().filter(|last| last.shown().ends_with('/') || call.args.len() > 2);
            last.unwrap_or(&here).clone()
        }
        "unar" => behind(&["-o", "-output-directory"]).unwrap_or(&here).clone(),
        "dpkg-deb" if matches!(verb, "-x" | "-X" | "--extract" | "--vextract") => {
            call.args.get(2).unwrap_or(&here).clone()
        }
        "cpio" | "pax" => {
            let options = read(&call.args, &spec("DEFHIOMRCs", &["directory=", "file=", "format="]));
            let unpacks = if call.name == "pax" { options.has(&["r"]) } else { options.has(&["i", "extract", "p"]) };
            if !unpacks || options.has(&["t", "list"]) || !options.operands.is_empty() && !options.has(&["p"]) {
                return;
            }
            options.value(&["D", "directory"]).or(options.operands.first()).unwrap_or(&here).clone()
        }
        _ => return zip(machine, call, state),
    };
    let archives = machine.paths(state, &call.args);
    let brought = archives.iter().filter_map(|path| match state.files.get(path) {
        Some(Content::Is(text)) => text.origin(),
        _ => None,
    });
    let origin = brought.fold(Origin::UNKNOWN, Origin::and);
    machine.lays_over(state, &folder, origin);
}

fn zip(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(&call.args, &spec("xibnoPtT", &["exclude=", "include=", "password=", "help", "version"]));
    if options.is_help() {
        return;
    }
    let mut operands = options.operands.as_slice();
    if call.name != "zip" {
        // `7z a archive files`
        match operands.split_first() {
            Some((verb, rest)) if matches!(verb.shown().as_str(), "a" | "u") => operands = rest,
            _ => return,
        }
    }
    let Some((archive, names)) = operands.split_first() else { return };
    let mut names = names.to_vec();
    if options.has(&["@"]) {
        names.extend(machine.input(state, 0).split(&['\n']));
    }
    let recursive = options.has(&["r"]) || call.name != "zip";
    // `zip -m` and `7z -sdel` take what they packed away.
    if options.has(&["m", "move"]) && call.name == "zip" || call.args.iter().any(|arg| arg.shown() == "-sdel") {
        names.iter().for_each(|name| machine.deletes(state, name, recursive));
    }
    let origin =
        names.iter().fold(Origin::UNKNOWN, |origin, name| origin.and(machine.origin_of_tree(state, name, recursive)));
    machine.puts(state, Some(archive), Text::hole(origin));
}

const RSYNC: Spec = spec(
    "efBTM@",
    &[
        "rsh=",
        "filter=",
        "exclude=",
        "include=",
        "exclude-from=",
        "include-from=",
        "files-from=",
        "rsync-path=",
        "delete",
        "delete-before",
        "delete-during",
        "delete-delay",
        "delete-after",
        "delete-excluded",
        "del",
        "dry-run",
        "list-only",
        "recursive",
        "archive",
        "no-recursive",
        "compress",
        "progress",
        "partial",
        "temp-dir=",
        "backup-dir=",
        "suffix=",
        "bwlimit=",
        "timeout=",
        "port=",
        "password-file=",
        "log-file=",
        "out-format=",
        "max-size=",
        "min-size=",
        "link-dest=",
        "compare-dest=",
        "copy-dest=",
        "chmod=",
        "chown=",
        "remove-source-files",
        "help",
        "version",
        "stats",
        "verbose",
        "quiet",
        "human-readable",
    ],
);

fn rsync(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(&call.args, &RSYNC);
    if options.is_help() {
        return;
    }
    if let Some(code) = options.value(&["e", "rsh"]).cloned() {
        machine.code(state, &code, Vec::new());
    }
    if options.has(&["n", "dry-run", "list-only"]) {
        return;
    }
    let Some((target, sources)) = options.operands.split_last() else { return };
    // It takes nothing away where it does not go into folders.
    let goes = options.has(&["a", "r", "d", "archive", "recursive", "dirs"]);
    let deletes = options.flags.iter().any(|flag| flag.name.starts_with("delete") || flag.name == "del");
    let to = remote_host(target);
    if let Some((_, folder)) = to.as_ref().filter(|_| deletes && goes).and(target.shown().split_once(':')) {
        let outer = std::mem::replace(&mut machine.at, Where::Remote);
        let path = places::absolute(folder, "/");
        if folder.starts_with('/') {
            machine.file(Kind::FileDelete, &path, true);
        }
        machine.at = outer;
    }
    if to.is_none() && sources.iter().any(|source| source.shown().ends_with('/')) {
        machine.covers(state, target);
    }
    if options.has(&["remove-source-files"]) {
        let local = sources.iter().filter(|source| remote_host(source).is_none());
        local.for_each(|source| machine.takes(state, source));
    }
    if to.is_none() && deletes {
        let mut targets = Vec::new();
        let here = machine.path(state, target).is_some_and(|path| state.linked(&path) != path);
        if options.has(&["K", "keep-dirlinks"]) || here && target.shown().ends_with('/') {
            targets.push(target.clone());
            machine.follow(state, &mut targets);
        }
        targets.iter().skip(1).for_each(|target| machine.deletes(state, target, true));
        machine.deletes(state, target, true);
        if let Some(path) = machine.path(state, target) {
            state.files.remove(&path);
        }
    }
    let mut sources = sources.to_vec();
    if let Some(list) = options.value(&["files-from"]).cloned() {
        let folder = sources.first().map(Text::shown).unwrap_or_default();
        let names = listed(machine, state, &list);
        sources
            .extend(names.iter().map(|name| Text::known(format!("{}/{}", folder.trim_end_matches('/'), name.shown()))));
    }
    let recursive = options.has(&["a", "r", "archive", "recursive"])
        && !options.has(&["no-recursive"])
        && !options.has(&["files-from"]);
    for source in &sources {
        if remote_host(source).is_some() {
            if to.is_none() {
                arrives(machine, state, source, target);
            }
            continue;
        }
        match &to {
            Some(host) => {
                let origin = machine.origin_of_tree(state, source, recursive);
                let mut chosen = options.values(&["include", "filter", "f"]).map(Text::shown);
                let keys = chosen.any(|chosen| super::uploads::names_secrets(&chosen));
                machine.hands_over(host, if keys { origin.and(Origin::SECRET) } else { origin });
            }
            None => copies(machine, state, source, target),
        }
    }
}

impl Machine<'_> {
    /// Notes that all that is in a tree is moved away.
    fn takes(&mut self, state: &State, tree: &Text) {
        let Some(path) = self.path(state, tree) else { return };
        let path = self.real(state, places::without_wildcard(&path));
        self.file(Kind::FileMove, &path, true);
    }
}

/// A file that comes from another machine.
fn arrives(machine: &mut Machine<'_>, state: &mut State, source: &Text, target: &Text) {
    let Some(mut path) = machine.path(state, target) else { return };
    if machine.look(&path) == Look::Folder || target.shown().ends_with('/') || target.shown() == "." {
        path = format!(
            "{}/{}",
            path.trim_end_matches('/'),
            base_name(source.shown().rsplit(':').next().unwrap_or_default())
        );
    }
    machine.note(Kind::NetFetch, source.shown(), Default::default(), false, Origin::UNKNOWN);
    machine.writes(state, &path, false);
    machine.instructs(&path);
    state.write(&path, Text::hole(Origin::FETCHED), false);
}

fn copies(machine: &mut Machine<'_>, state: &mut State, source: &Text, target: &Text) {
    let (Some(from), Some(mut to)) = (machine.path(state, source), machine.path(state, target)) else { return };
    machine.reads(state, &from);
    if machine.look(&to) == Look::Folder || target.shown().ends_with('/') {
        to = format!("{}/{}", to.trim_end_matches('/'), base_name(&from));
    }
    machine.writes(state, &to, false);
    let content = match state.files.get(&from) {
        Some(content) => content.clone(),
        None => Content::CopyOf(from),
    };
    state.files.set(&to, content);
}

fn scp(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(&call.args, &spec("cDFiJloPSXb", &[]));
    for option in options.values(&["o"]).cloned().collect::<Vec<_>>() {
        local_command(machine, state, &option);
    }
    if let Some(code) = options.value(&["S"]).cloned() {
        machine.code(state, &code, Vec::new());
    }
    let Some((target, sources)) = options.operands.split_last() else { return };
    let to = remote_host(target);
    for source in sources {
        match (remote_host(source), &to) {
            (None, Some(host)) => {
                let origin = machine.origin_of_tree(state, source, options.has(&["r"]));
                machine.hands_over(host, origin);
            }
            (Some(_), None) => arrives(machine, state, source, target),
            (None, None) => copies(machine, state, source, target),
            (Some(_), Some(_)) => {}
        }
    }
}

impl Machine<'_> {
    /// Where the content of a file, of what a glob matches, or of a folder with all below it comes from.
    pub(super) fn origin_of_tree(&mut self, state: &State, name: &Text, recursive: bool) -> Origin {
        let Some(path) = self.path(state, name) else { return name.origin().unwrap_or_default() };
        let folder = self.look(&path) == Look::Folder
            || name.shown().ends_with('/')
            || name.has_glob()
            || self.is_made_folder(state, &path);
        if tree_secrecy(&path) > Secrecy::None {
            return Origin::SECRET;
        }
        if folder && !recursive && !name.has_glob() {
            return Origin::UNKNOWN;
        }
        if recursive
            && matches!(self.place(&path), Place::Home | Place::HomeTree | Place::System)
            && !places::is_temporary(&path)
        {
            // A whole home is worth no less than what a database holds.
            return Origin::DUMPED;
        }
        let text = self.content(state, &path);
        let mut origin = text.origin().unwrap_or_default();
        if recursive && self.place(&path) == Place::ProjectRoot {
            origin = origin.and(Origin::PACKED);
        }
        if folder {
            let within = |(file, content): (&str, &Content)| match content {
                Content::Is(text) if places::is_within(file, &path) => text.origin(),
                _ => None,
            };
            let private = state.files.iter().filter_map(within).any(|origin| origin.dumped);
            origin = Origin { dumped: origin.dumped || private, ..origin };
        }
        let real = self.real(state, &path);
        if folder && (self.holds_secret(state, &path) || real != path && self.holds_secret(state, &real)) {
            origin = origin.and(Origin::SECRET);
        }
        origin
    }

    /// Whether the script put something below a path.
    fn is_made_folder(&self, state: &State, path: &str) -> bool {
        state.files.iter().any(|(file, _)| file != path && places::is_within(file, path))
    }
}
