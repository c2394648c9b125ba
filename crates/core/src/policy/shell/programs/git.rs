//! git: what throws work away, and what takes away the ways to get it back.

mod history;
pub(in super::super) mod merged;
mod remote;
mod settings;
mod work;

use super::super::machine::{Call, Machine};
use super::super::options::{Options, Spec, ordered, read, spec};
use super::super::state::{Content, State};
use super::super::value::{Origin, Text};
use super::{Program, base_name};
use crate::policy::effects::Kind;
use crate::policy::lists::{holds, is};
use crate::policy::places;
use crate::policy::secrets::Secrecy;
pub(super) use remote::is_of_clone;
use settings::Lasts;

pub(super) fn program(name: &str) -> Option<Program> {
    Some(match name {
        "git" => git,
        "git-filter-repo" => |machine, call, _| history::filter_repo(machine, &call.args),
        "bfg" => |machine, call, _| history::bfg(machine, &call.args),
        _ if name.starts_with("git-credential") => settings::helper,
        "hub" => git,
        _ => return None,
    })
}

/// Options before the subcommand.
const GLOBAL: Spec = ordered(
    "Cc",
    &[
        "git-dir=",
        "work-tree=",
        "namespace=",
        "exec-path=",
        "config-env=",
        "super-prefix=",
        "no-pager",
        "bare",
        "help",
        "version",
        "paginate",
    ],
);

/// Subcommands whose meaning an alias cannot change.
const OWN: &[&str] = &[
    "add",
    "am",
    "apply",
    "bisect",
    "blame",
    "branch",
    "checkout",
    "cherry-pick",
    "clean",
    "clone",
    "commit",
    "config",
    "describe",
    "diff",
    "fetch",
    "filter-branch",
    "gc",
    "grep",
    "init",
    "log",
    "merge",
    "mv",
    "prune",
    "pull",
    "push",
    "rebase",
    "reflog",
    "remote",
    "reset",
    "restore",
    "revert",
    "rm",
    "show",
    "stash",
    "status",
    "submodule",
    "switch",
    "tag",
    "update-ref",
    "worktree",
    "rev-parse",
    "ls-files",
];

fn git(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let global = read(&call.args, &GLOBAL);
    let Some((command, args)) = global.operands.split_first() else { return };
    if global.is_help() {
        return;
    }
    let command = command.shown();
    if call.name == "hub" && matches!(command.as_str(), "delete" | "release" | "gist" | "api" | "create") {
        return super::tables::table(machine, call, state);
    }
    let settings: Vec<(String, Text)> =
        global.values(&["c"]).map(settings::parts).map(|(key, value)| (key.to_ascii_lowercase(), value)).collect();
    let setting = |name: &str| settings.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    for (key, value) in &settings {
        settings::made(machine, state, key, value, Lasts::Once);
        if key.ends_with(".extraheader") {
            remote::hands_credential(machine, args, value);
        }
    }
    settings::environment(machine, state, &command);
    remote::transfers(machine, state, &command, args);
    for name in ["GIT_EDITOR", "EDITOR", "GIT_PAGER", "PAGER", "GIT_SSH_COMMAND", "GIT_EXTERNAL_DIFF"] {
        if let Some(code) = state.variable(name).and_then(|variable| variable.values.clone()?.first().cloned()) {
            machine.code(state, &code, Vec::new());
        }
    }
    if command == "diff" && args.iter().any(|arg| arg.shown() == "--no-index") {
        for file in args.iter().filter(|arg| !arg.prefix().starts_with('-')) {
            let _ = machine.read_file(state, file);
        }
    }
    // What git says is not known, apart from where the project is.
    let top = command == "rev-parse" && args.iter().any(|arg| arg.shown() == "--show-toplevel");
    match machine.facts.project().filter(|_| top) {
        Some(project) => {
            let said = Text::known(format!("{project}\n"));
            machine.emit(state, 1, said);
        }
        None if remote::shows_address(machine, state, &command, args) => {}
        None if is(&command, SAYS) => {
            let said = match lists_all(&command, args) {
                true => Origin::LISTED,
                false if lists_deleted(&command, args) => Origin::ABSENT,
                false => Origin::UNKNOWN,
            };
            machine.emit(state, 1, Text::hole(said));
        }
        None => {}
    }
    if command == "config" {
        keeps_alias(state, args);
    }
    let kept = || match state.files.get(&kept_alias(&command)) {
        Some(Content::Is(alias)) => Some(alias.clone()),
        _ => None,
    };
    if let Some(alias) = setting(&format!("alias.{command}")).or_else(kept).filter(|_| !OWN.contains(&command.as_str()))
    {
        return aliased(machine, state, &alias, args);
    }
    let outer = state.shell.directory.clone();
    for folder in global.values(&["C"]) {
        state.shell.directory = machine.path(state, folder);
    }
    let elsewhere = global.has(&["git-dir", "work-tree"]) || machine.is_set(state, "GIT_WORK_TREE");
    let known = Git {
        elsewhere,
        no_force: setting("clean.requireforce").map(|value| settings::is_off(&value.shown())),
        prune: setting("gc.pruneexpire").map(|value| value.shown()),
    };
    subcommand(machine, state, &command, args, &known);
    state.shell.directory = outer;
}

/// Commands whose output scripts go on with.
const SAYS: &str = "branch|for-each-ref|rev-parse|rev-list|ls-files|ls-remote|tag|remote|log|diff|status|config|describe|stash|worktree|\
    symbolic-ref|merge-base|show-ref|name-rev";

/// Whether what git says are the names of all files of a kind below the working folder, of which some are nowhere else.
fn lists_all(command: &str, args: &[Text]) -> bool {
    let has = |names: &[&str]| args.iter().any(|arg| names.contains(&arg.shown().as_str()));
    let narrowed = args.iter().any(|arg| !arg.prefix().starts_with('-') && !matches!(arg.shown().as_str(), "." | ":/"));
    match command {
        "ls-files" => !narrowed && !has(&["-d", "--deleted", "-u", "--unmerged"]),
        "status" => !narrowed && has(&["-s", "--short", "--porcelain", "-sb", "-su", "-suall"]),
        _ => false,
    }
}

/// Whether what git says are the names of files that were deleted.
fn lists_deleted(command: &str, args: &[Text]) -> bool {
    let has = |names: &[&str]| args.iter().any(|arg| names.contains(&arg.prefix()));
    match command {
        "ls-files" => has(&["-d", "--deleted"]) && !has(&["-m", "--modified", "-o", "--others", "-c", "--cached"]),
        "log" | "diff" | "diff-index" | "diff-tree" => has(&["--diff-filter=D"]) && has(&["--name-only"]),
        _ => false,
    }
}

/// What settings say that decides.
struct Git {
    /// The working tree is not the one of the working folder.
    elsewhere: bool,
    no_force: Option<bool>,
    prune: Option<String>,
}

/// The name under which an alias is kept among what the command wrote.
fn kept_alias(command: &str) -> String {
    format!("gitconfig alias.{command}")
}

/// Remembers an alias that `git config` sets.
fn keeps_alias(state: &mut State, args: &[Text]) {
    let words: Vec<&Text> = args.iter().filter(|arg| !arg.prefix().starts_with('-') && arg.shown() != "set").collect();
    if let [name, value, ..] = words.as_slice()
        && let Some(command) = name.shown().to_ascii_lowercase().strip_prefix("alias.")
    {
        state.files.set(&kept_alias(command), Content::Is((*value).clone()));
    }
}

fn aliased(machine: &mut Machine<'_>, state: &mut State, alias: &Text, args: &[Text]) {
    if alias.prefix().starts_with('!') {
        let mut code = alias.after(1);
        for arg in args {
            code.push_known(" ", false);
            code.push(arg);
        }
        return machine.code(state, &code, Vec::new());
    }
    let mut fields = vec![Text::known("git")];
    fields.extend(alias.split(&[' ', '\t']));
    fields.extend(args.iter().cloned());
    machine.child(state, fields);
}

/// Commands that lose nothing but what the repository itself holds.
const LOCAL: &str = "reset|clean|checkout|restore|switch|stash|branch|reflog|gc|prune|repack|filter-branch|filter-repo|update-ref|rm|\
    read-tree|checkout-index|fast-import";

/// Whether the working folder is one for what may vanish: a clone there was made for a trial.
fn is_throwaway(machine: &Machine<'_>, state: &State) -> bool {
    state.shell.directory.as_deref().is_some_and(|folder| machine.is_scratch(folder))
}

fn subcommand(machine: &mut Machine<'_>, state: &mut State, command: &str, args: &[Text], git: &Git) {
    if is(command, LOCAL) && is_throwaway(machine, state) {
        return;
    }
    let is_verified = matches!(command, "commit" | "merge" | "am" | "pull" | "rebase");
    let has_short = match command {
        "commit" => has_letter(args, 'n', "mFCctuS"),
        "am" => has_letter(args, 'n', "pCS"),
        _ => false,
    };
    if is_verified && skips_hooks(args) || has_short {
        machine.act(Kind::GitBypass, "--no-verify");
    }
    match command {
        "clone" => remote::cloned(machine, state, args),
        "remote" => remote::added(machine, state, args),
        "push" => remote::push(machine, state, args),
        "bundle" => remote::bundles(machine, state, args),
        "archive" => remote::archives(machine, state, args),
        "daemon" | "instaweb" => remote::serves(machine, command, args),
        "send-email" | "imap-send" if !has_dry_run(args) && !asks_for_help(args) => {
            machine.act(Kind::PackagePublish, "patches by mail");
        }
        "config" => settings::config(machine, state, args),
        "credential"
        | "credential-store"
        | "credential-cache"
        | "credential-manager"
        | "credential-libsecret"
        | "credential-osxkeychain" => settings::credential(machine, state, args),
        "clean" => work::clean(machine, state, args, git),
        "checkout" => work::checkout(machine, state, args, git),
        "checkout-index" => work::checkout_index(machine, args),
        "restore" => work::restore(machine, state, args, git),
        "reset" => work::reset(machine, args),
        "read-tree" => work::read_tree(machine, args),
        "switch" => work::switch(machine, args),
        "rm" => work::rm(machine, args),
        "stash" => history::stash(machine, args),
        "branch" => history::branch(machine, args),
        "update-ref" => history::update_ref(machine, state, args),
        "worktree" => history::worktree(machine, state, args),
        "reflog" => history::reflog(machine, args),
        "gc" => history::gc(machine, args, git),
        "prune" => history::prune(machine, args),
        "repack" => history::repack(machine, args),
        "filter-branch" => history::filter_branch(machine, args),
        "filter-repo" => history::filter_repo(machine, args),
        "fast-import" if args.iter().any(|arg| arg.shown() == "--force") => {
            machine.act(Kind::GitRewrite, "fast-import");
        }
        "lfs" | "annex" => history::large_files(machine, command, args),
        "add" | "stage" | "commit" => add(machine, state, args),
        "show" | "cat-file" => show(machine, state, args),
        "grep" | "difftool" | "mergetool" => hands_on(machine, state, args),
        "rebase" | "bisect" | "submodule" => each(machine, state, command, args),
        // Of the extras that many have.
        "obliterate" => machine.act(Kind::GitRewrite, "obliterate"),
        "clear" | "clear-soft" => machine.act(Kind::GitClean, "clear"),
        "delete-branch" | "delete-tag" | "delete-submodule" => machine.act(Kind::GitDeleteRemote, command),
        _ => {}
    }
}

/// A file of history by its name is that file.
fn show(machine: &mut Machine<'_>, state: &State, args: &[Text]) {
    for arg in args {
        let shown = arg.shown();
        if let Some((_, path)) = shown.split_once(':').filter(|(_, path)| !path.is_empty()) {
            let _ = machine.read_file(state, &Text::known(path));
        }
    }
}

/// What a search or a comparison is shown by.
fn hands_on(machine: &mut Machine<'_>, state: &State, args: &[Text]) {
    let options = read(args, &spec("Ox", &["open-files-in-pager?", "extcmd="]));
    for code in options.values(&["O", "open-files-in-pager", "x", "extcmd"]).cloned().collect::<Vec<_>>() {
        machine.code(&mut state.clone(), &code, Vec::new());
    }
}

/// Commands that are run for each commit, each step of a search or each repository within.
fn each(machine: &mut Machine<'_>, state: &mut State, command: &str, args: &[Text]) {
    let options = read(args, &spec("x", &["exec=", "recurse", "recursive"]));
    for code in options.values(&["x", "exec"]).cloned().collect::<Vec<_>>() {
        machine.code(state, &code, Vec::new());
    }
    let words: Vec<String> = args.iter().map(Text::shown).collect();
    if command == "submodule"
        && words.first().is_some_and(|word| word == "deinit")
        && words.iter().any(|word| matches!(word.as_str(), "-f" | "--force"))
    {
        machine.act(Kind::GitDiscard, "submodules");
    }
    let at = words.iter().position(|word| word == if command == "bisect" { "run" } else { "foreach" });
    if let Some(at) = at.filter(|_| command != "rebase") {
        let rest: Vec<Text> = args[at + 1..].iter().filter(|arg| arg.shown() != "--recursive").cloned().collect();
        match rest.as_slice() {
            [code] => machine.code(state, code, Vec::new()),
            _ => machine.child(state, rest),
        }
    }
}

/// Files that are added by name to what is to be committed, and ought not to be: credentials, above all those that are ignored.
fn add(machine: &mut Machine<'_>, state: &State, args: &[Text]) {
    let options = read(
        args,
        &spec(
            "mFCct",
            &[
                "force",
                "dry-run",
                "message=",
                "file=",
                "pathspec-from-file=",
                "chmod=",
                "author=",
                "date=",
                "fixup=",
                "trailer=",
            ],
        ),
    );
    if options.has(&["n", "dry-run"]) {
        return;
    }
    let least = if options.has(&["f", "force"]) { Secrecy::Sensitive } else { Secrecy::Environment };
    let all = options.operands.is_empty() && options.has(&["A", "all"]);
    let paths = if all { machine.paths(state, &[Text::known(".")]) } else { machine.paths(state, &options.operands) };
    if let Some(file) = exported(state, &paths) {
        machine.note(Kind::ContentSecret, file.clone(), machine.place(&file), false, Origin::SECRET);
    }
    for path in paths {
        if machine.secrecy(state, &path).max(crate::policy::secrets::tree_secrecy(&path)) >= least {
            machine.note(Kind::ContentSecret, path.clone(), machine.place(&path), false, Origin::SECRET);
        }
    }
}

/// A file below these paths that the command filled with secrets. What everybody leaves out, and what is encrypted, is not added by its folder.
fn exported(state: &State, paths: &[String]) -> Option<String> {
    const SEALED: &str = ".enc|enc.|sealed|encrypted|.gpg|.age|.asc|.sops";
    let holds_secrets =
        |content: &Content| matches!(content, Content::Is(text) if text.origin().is_some_and(|origin| origin.secret));
    let is_added = |file: &str| {
        let name = base_name(file);
        let by_folder = || paths.iter().any(|path| places::is_within(file, path)) && !name.starts_with(".env");
        !holds(name, SEALED) && (paths.iter().any(|path| path == file) || by_folder())
    };
    let mut filled = state.files.iter().filter(|(file, content)| file.starts_with('/') && holds_secrets(content));
    filled.find(|(file, _)| is_added(file)).map(|(file, _)| file.to_owned())
}

fn has_dry_run(args: &[Text]) -> bool {
    args.iter().any(|arg| matches!(arg.shown().as_str(), "-n" | "--dry-run"))
}

/// `--no-verify`, also shortened.
fn skips_hooks(args: &[Text]) -> bool {
    args.iter().take_while(|arg| arg.shown() != "--").any(|arg| {
        let flag = arg.shown();
        flag.len() >= "--no-veri".len() && "--no-verify".starts_with(&flag)
    })
}

/// Whether a letter is among the short options: those in `valued` take the rest of their argument.
fn has_letter(args: &[Text], letter: char, valued: &str) -> bool {
    let mut values = false;
    args.iter().take_while(|arg| arg.shown() != "--").any(|arg| {
        let is_value = std::mem::take(&mut values);
        let Some(letters) = arg.prefix().strip_prefix('-').filter(|rest| !rest.starts_with('-') && !is_value) else {
            // What stands behind `--message` is text.
            values = !is_value && matches!(arg.prefix(), "--message" | "--file" | "--author" | "--date");
            return false;
        };
        let end = letters.find(|char| valued.contains(char));
        values = end.is_some_and(|end| end + 1 == letters.len() && !matches!(&letters[end..], "u" | "S"));
        letters[..end.unwrap_or(letters.len())].contains(letter)
    })
}

fn asks_for_help(args: &[Text]) -> bool {
    args.iter().take_while(|arg| arg.shown() != "--").any(|arg| matches!(arg.shown().as_str(), "--help" | "-h"))
}

fn named(options: &Options, at: usize) -> String {
    options.operands.get(at).map(Text::shown).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::facts::NoFacts;

    #[test]
    fn what_a_rebase_runs_is_gone_through_also_without_hooks() {
        let found = crate::policy::shell::analyse("git rebase --no-verify -x 'rm -rf /etc' main", &NoFacts).effects;
        for expected in [Kind::GitBypass, Kind::FileDelete] {
            assert!(found.iter().any(|effect| effect.kind == expected), "{expected:?}: {found:?}");
        }
    }
}
