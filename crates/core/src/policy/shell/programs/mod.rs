//! What programs do, a file for each family. A program that nobody told about does nothing that a rule could speak of; its
//! output comes from where its input came from.

mod agents;
mod attacks;
mod builds;
mod captures;
mod code;
mod containers;
mod devices;
mod dialogs;
mod disks;
mod doors;
mod each;
mod files;
mod fills;
mod find;
mod git;
mod interpreters;
pub(super) mod keys;
mod losses;
mod mails;
pub(super) mod network;
mod powershell;
mod readers;
mod remote;
mod sieve;
mod tables;
mod texts;
mod transfer;
mod uploads;
mod wrappers;

pub(super) use git::merged;
pub(super) use tables::production::{is_rehearsal, of_variable};
pub(super) use tables::throwaway::is_developed;

use super::machine::{Call, Machine};
use super::state::{Content, State};
use super::value::{HOLE, Origin, Piece, Text};
use crate::policy::effects::{Kind, Where};
use crate::policy::inspect::removed;
use crate::policy::lists::{is, parts};
use crate::policy::places::{self, Place};

pub(super) use tables::is_guard;
pub(in crate::policy) use tables::is_local_cluster;

/// What a family knows of a program.
type Program = fn(&mut Machine<'_>, &Call, &mut State);

/// Folders of programs: a program named with one of them is the one of its name.
const BINARIES: &str = "/bin|/sbin|/usr/bin|/usr/sbin|/usr/local/bin|/usr/local/sbin|/opt/homebrew/bin|/snap/bin|/usr/libexec|\
    /run/current-system/sw/bin";

/// The families, in the order they are asked.
const FAMILIES: &[fn(&str) -> Option<Program>] = &[
    files::program,
    doors::program,
    fills::program,
    texts::program,
    readers::program,
    wrappers::program,
    each::program,
    containers::program,
    uploads::program,
    remote::program,
    builds::program,
    interpreters::program,
    powershell::program,
    find::program,
    git::program,
    network::program,
    mails::program,
    captures::program,
    attacks::program,
    dialogs::program,
    agents::program,
    transfer::program,
    disks::program,
    tables::program,
];

/// Whether a family knows a program of this name.
pub(super) fn is_known(name: &str) -> bool {
    find_program(name).is_some()
}

fn find_program(name: &str) -> Option<Program> {
    FAMILIES.iter().find_map(|family| family(name))
}

/// What the tables tell of a call of which a family knows no more.
fn told_by_tables(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    if let Some(program) = tables::program(&call.name) {
        program(machine, call, state);
    }
}

/// The program of the system that a pattern stands for where it names one by its path: `/???/c?t`. Of several the one that most is hidden by.
pub(super) fn by_pattern(pattern: &str) -> Option<&'static str> {
    const HIDDEN: &str = "cat|bash|sh|rm|curl|wget|nc|python3|python|perl|dd|base64|chmod|chown|cp|mv|head|tail|tac|nl|xxd|od|sort|rev|less|more|\
        find|tar|ssh|scp|rsync|shred|sudo|env|tee|zsh|dash|node|ruby|php|ncat|socat|openssl|busybox|xargs|sed|awk|grep|strings|\
        mkfs|reboot|shutdown|killall|pkill|systemctl|iptables|useradd|usermod|passwd|crontab|echo|printf|ls|id|cut";
    let (folder, name) = pattern.rsplit_once('/').filter(|(folder, _)| folder.starts_with('/') && folder.len() < 64)?;
    let is_folder = |known: &str| {
        let (mut asked, mut known) = (folder.split('/'), known.split('/'));
        loop {
            match (asked.next(), known.next()) {
                (None, None) => return true,
                (Some(asked), Some(known)) if places::glob(asked, known) => {}
                _ => return false,
            }
        }
    };
    parts(BINARIES).any(is_folder).then(|| parts(HIDDEN).find(|program| places::glob(name, program))).flatten()
}

impl Machine<'_> {
    /// What a program does with these arguments.
    pub(super) fn program(&mut self, call: &Call, state: &mut State) {
        let Some((folder, name)) = call.name.rsplit_once('/') else {
            let name = call.name.strip_suffix(".exe").unwrap_or(&call.name);
            return self.known_program(name, call, state);
        };
        let path = self.path(state, &Text::known(call.name.as_str())).unwrap_or_default();
        let made_here = state.files.get(&self.real(state, &path)).is_some();
        // A project's own tools stand in its `bin` folders.
        let wrapper = matches!(name, "gradlew" | "mvnw") || interpreters::own_command(name) == Some(name);
        let of_project =
            !folder.starts_with(['/', '~']) && (wrapper || matches!(base_name(folder), "bin" | ".bin" | "Scripts"));
        if (is(folder, BINARIES) || of_project && is_known(name)) && !made_here {
            return self.known_program(name, call, state);
        }
        if folder.ends_with("bin") && !made_here {
            builds::release(self, call, state);
        }
        self.run_file(state, &path, &call.args);
    }

    fn known_program(&mut self, name: &str, call: &Call, state: &mut State) {
        if super::builtins::is_builtin(name) {
            // Most builtins are there as programs too.
            let call = Call { name: name.to_owned(), args: call.args.clone() };
            if let Some(ended) = self.builtin(&call, state.clone()).pop() {
                *state = State { shell: state.shell.clone(), ..ended };
            }
            return;
        }
        self.tries(name, &call.args, state);
        if let Some(program) = find_program(name) {
            let call = Call { name: name.to_owned(), args: call.args.clone() };
            return program(self, &call, state);
        }
        if tables::own::acts(self, state, &call.args) {
            self.act(Kind::ServiceChange, name);
        }
        if tables::own::gives_secrets(name, &call.args) {
            return self.emit(state, 1, Text::hole(Origin::SECRET));
        }
        let input = self.input(state, 0);
        if let Some(origin) = input.origin() {
            self.emit(state, 1, Text::hole(Origin { endless: false, ..origin }));
        }
    }

    /// Runs a file as a program: what the script knows of its content is run, or at least where it comes from is noted.
    pub(super) fn run_file(&mut self, state: &mut State, path: &str, args: &[Text]) {
        let content = self.content(state, path);
        if content.is_empty() {
            return;
        }
        self.brings(state, path, args);
        let shebang = content.prefix().lines().next().unwrap_or_default().to_owned();
        let is_shell = !shebang.starts_with("#!") || shebang.contains("sh");
        if is_shell {
            self.code(state, &content, args.to_vec());
        } else {
            self.runs_code(&content);
        }
    }

    /// Notes that a script of the project brings something to production, or changes something there, as far as its name and what it is
    /// given tell.
    fn brings(&mut self, state: &State, path: &str, args: &[Text]) {
        if tables::production::deploys(base_name(path), args) {
            self.act(Kind::CloudDeploy, path);
        } else if tables::production::changes(base_name(path), args)
            || tables::production::is_weighty(base_name(path)) && tables::production::is_meant(self, state)
            || tables::own::acts(self, state, args)
        {
            self.act(Kind::ServiceChange, path);
        }
    }

    /// A program of which nobody knows which it is: with arguments as `rm` has them for a whole tree it is taken for `rm`.
    pub(super) fn unknown_program(&mut self, program: &Text, args: &[Text], state: &mut State) {
        self.runs_code(program);
        let recursive = args.first().is_some_and(|arg| arg.prefix().starts_with('-'))
            && args.iter().any(|arg| {
                let flag = arg.prefix();
                flag.starts_with('-') && !flag.starts_with("--") && flag.contains(['r', 'R']) || flag == "--recursive"
            });
        if !recursive {
            return;
        }
        for arg in args.iter().filter(|arg| !arg.prefix().starts_with('-')) {
            if let Some(path) = self.path(state, arg) {
                let path = self.real(state, &path);
                if matches!(self.place(&path), Place::System | Place::Home) {
                    self.file(Kind::FileDelete, &path, true);
                }
            }
        }
    }

    /// Adds to some folders those that the script's own links in them lead to, for a program that follows links.
    fn follow(&self, state: &State, folders: &mut Vec<Text>) {
        let starts = self.paths(state, folders);
        let linked = state.files.iter().filter_map(|(link, content)| match content {
            Content::Link(target) if starts.iter().any(|start| places::is_within(link, start)) => Some(target),
            _ => None,
        });
        folders.extend(linked.map(|target| Text::known(target.as_str())));
    }

    /// The paths that operands name, as far as they are known.
    pub(super) fn paths(&self, state: &State, operands: &[Text]) -> Vec<String> {
        operands.iter().filter_map(|operand| self.path(state, operand)).collect()
    }

    /// Notes that the files that operands name are changed in place.
    fn edits(&mut self, state: &State, operands: &[Text]) {
        for path in self.paths(state, operands) {
            self.reads(state, &path);
            self.writes(state, &path, true);
        }
    }

    /// Writes a text to the file that is named, or to the output where none is, or `-`.
    pub(super) fn puts(&mut self, state: &mut State, file: Option<&Text>, text: Text) {
        let Some(file) = file.filter(|file| file.shown() != "-") else { return self.emit(state, 1, text) };
        let Some(path) = self.path(state, file).filter(|path| path != "/dev/null") else { return };
        if let Some(fd) = super::machine::descriptor(&path) {
            return self.emit(state, fd, text);
        }
        self.writes(state, &path, false);
        let path = self.real(state, &path);
        self.receives(&path, &text);
        state.write(&path, text, false);
    }

    /// Notes that what an operand names is removed, and remembers it.
    pub(super) fn deletes(&mut self, state: &mut State, operand: &Text, recursive: bool) {
        if let Some(folder) = all_of(operand) {
            return self.deletes(state, &folder, true);
        }
        let Some(path) = self.path(state, operand).map(|path| state.linked_folder(&path)) else {
            // `$DIR/*` and `$DIR/`: with an empty variable it is everything.
            let known: String = operand
                .pieces()
                .iter()
                .skip(1)
                .map(|piece| match piece {
                    Piece::Known { text, .. } => text.as_str(),
                    Piece::Hole(_) => HOLE,
                })
                .collect();
            if known.starts_with('/') && matches!(places::without_wildcard(known.trim_end_matches('/')), "" | "/") {
                self.note(Kind::FileDelete, operand.shown(), Place::MaybeTree, recursive, Origin::UNKNOWN);
            }
            return;
        };
        if super::machine::may_be_all(state, operand) {
            self.note(Kind::FileDelete, operand.shown(), Place::MaybeTree, recursive, Origin::UNKNOWN);
        }
        // All files of a folder in which people keep things are as good as the folder.
        let name = base_name(&path);
        let of_many = places::is_shared(&path) && name.contains(['*', '?', '[']) && !places::is_generated(name);
        let all = places::without_wildcard(&path) != path
            && matches!(self.place(&path), Place::Home | Place::HomeTree | Place::ProjectRoot)
            || of_many;
        self.file(Kind::FileDelete, &path, recursive || all);
        if self.at == Where::Here && state.files.get(&path).is_none() && removed::protects(&path) {
            self.act(Kind::ContentProtection, path.as_str());
        }
        // What a link leads to stays, unless the link's content is meant.
        let linked = state.linked(&path);
        if linked == path {
            let below: Vec<String> = state
                .files
                .iter()
                .filter(|(file, _)| places::is_within(file, &path))
                .map(|(file, _)| file.to_owned())
                .collect();
            below.iter().for_each(|file| state.files.set(file, Content::Gone));
        }
        state.files.set(&path, Content::Gone);
    }
}

/// The folder that is meant where an operand is the names of all that is in it.
fn all_of(operand: &Text) -> Option<Text> {
    let folder = match operand.pieces() {
        [Piece::Hole(origin)] if origin.listed => ".",
        [Piece::Known { text, .. }, Piece::Hole(origin)] if origin.listed && text.ends_with('/') => text,
        _ => return None,
    };
    Some(Text::known(folder))
}

/// Whether a text holds one of these words.
#[inline(never)]
fn has(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}

/// The name of a path without its folders.
pub(super) fn base_name(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::facts::NoFacts;

    #[test]
    fn what_two_rooms_know_of_a_program_is_all_told() {
        for (command, expected) in [
            ("cloudflared tunnel delete shop", Some(Kind::CloudDestroy)),
            ("cloudflared tunnel list", None),
            ("exim -Mrm 1abcde-000000-XX", Some(Kind::DatabaseDestroy)),
            ("medusa delete-backup --backup-name night", Some(Kind::DatabaseDestroy)),
            ("medusa list-backups", None),
            ("medusa -h mail.rival.example -U users.txt -P words.txt -M ssh", Some(Kind::NetAttack)),
            ("EDITOR=cat sops config/keys.yaml", Some(Kind::SecretRead)),
            ("EDITOR=vim sops config/keys.yaml", None),
            ("EDITOR=cat kubectl edit secret shop", Some(Kind::SecretRead)),
        ] {
            let found = crate::policy::shell::analyse(command, &NoFacts).effects;
            let kinds: Vec<Kind> =
                found.iter().map(|effect| effect.kind).filter(|kind| *kind != Kind::DataSend).collect();
            assert_eq!(kinds.first().copied(), expected, "{command}: {kinds:?}");
        }
    }
}
