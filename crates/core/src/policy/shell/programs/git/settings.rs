//! git's settings: those that take its checks away, name programs that it runs, or lead it elsewhere. They are written by
//! `git config`, or hold for one command by `-c`, `--config` and the environment.

use super::super::super::machine::{Call, Machine};
use super::super::super::options::{read, spec};
use super::super::super::state::State;
use super::super::super::value::{Origin, Text};
use crate::policy::effects::Kind;
use crate::policy::lists::is;
use crate::policy::places::Place;

/// Whether a setting holds for one command, stays in a repository, or holds in all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lasts {
    Once,
    Stays,
    Everywhere,
}

/// Settings that name a program which git runs.
const PROGRAMS: &str = "core.sshcommand|core.pager|core.editor|core.fsmonitor|core.askpass|core.gitproxy|sequence.editor|diff.external|\
    gpg.program|credential.helper|uploadpack.packobjectshook|sendemail.smtpserver";

/// Endings of settings with a name in the middle that do: `filter.lfs.clean`.
const PROGRAM_ENDINGS: &[&str] = &[
    ".clean",
    ".smudge",
    ".process",
    ".textconv",
    ".command",
    ".driver",
    ".cmd",
    ".helper",
    ".sshcommand",
    ".program",
];

/// A setting as it is written in one word: `key=value`.
pub(super) fn parts(setting: &Text) -> (&str, Text) {
    let at = setting.prefix().find('=').unwrap_or(setting.prefix().len());
    (&setting.prefix()[..at], setting.after(at + 1))
}

/// Whether a value says no.
pub(super) fn is_off(value: &str) -> bool {
    matches!(value, "false" | "no" | "off" | "0")
}

/// Reads a setting that is made.
pub(super) fn made(machine: &mut Machine<'_>, state: &mut State, key: &str, value: &Text, lasts: Lasts) {
    let key = key.to_ascii_lowercase();
    let said = value.shown();
    let plants = lasts == Lasts::Everywhere && key == "core.hookspath" && !said.is_empty();
    let why = weakens(machine, state, &key, value).or_else(|| plants.then(|| key.clone()));
    if let Some(why) = why {
        machine.act(Kind::GitBypass, why);
    }
    if key.starts_with("gc.") && key.contains("expire") && lasts >= Lasts::Stays && super::history::is_now(&said) {
        machine.act(Kind::GitRecovery, key.clone());
    }
    if lasts >= Lasts::Stays && key.strip_prefix("alias.").is_some_and(|alias| !super::OWN.contains(&alias)) {
        if value.prefix().starts_with('!') && is_planted(machine, state, &value.after(1)) {
            machine.note(Kind::SystemStartup, key, Place::Unknown, false, Origin::UNKNOWN);
        }
        return super::aliased(machine, &mut state.clone(), value, &[]);
    }
    let is_program = is(&key, PROGRAMS)
        || key.matches('.').count() > 1 && PROGRAM_ENDINGS.iter().any(|ending| key.ends_with(ending));
    if !is_program || said.is_empty() || matches!(said.as_str(), "true" | "false") {
        return;
    }
    let code = if value.prefix().starts_with('!') { value.after(1) } else { value.clone() };
    if !key.ends_with(".helper") || value.prefix().starts_with('!') {
        machine.code(&mut state.clone(), &code, Vec::new());
    }
    if lasts >= Lasts::Stays && (runs_by_itself(&key, &said) || is_planted(machine, state, &code)) {
        machine.note(Kind::SystemStartup, key, Place::Unknown, false, Origin::UNKNOWN);
    }
}

/// Whether a line runs a file that the same command wrote, or one in a folder for what may vanish.
fn is_planted(machine: &Machine<'_>, state: &State, line: &Text) -> bool {
    let Some(first) = line.split(&[' ']).into_iter().next().filter(|first| first.prefix().contains('/')) else {
        return false;
    };
    let path = in_home(machine, &first).and_then(|file| machine.path(state, &file));
    path.is_some_and(|path| {
        state.files.get(&path).is_some() || machine.place(&path) == Place::Temporary || path.contains("/.cache/")
    })
}

/// A file as git finds it: a tilde that stands in quotes is one to it all the same.
fn in_home(machine: &Machine<'_>, file: &Text) -> Option<Text> {
    match file.prefix().strip_prefix("~/") {
        Some(rest) => Some(Text::known(format!("{}/{rest}", machine.facts.home()?))),
        None => Some(file.clone()),
    }
}

/// Whether a template for new repositories, whose hooks each of them has from then on, is any other than the system's.
pub(super) fn is_foreign_template(machine: &Machine<'_>, state: &State, folder: &Text) -> bool {
    let shown = folder.shown();
    let of_system =
        ["/usr/share/git-core", "/usr/local/share/git-core", "/opt/homebrew/"].iter().any(|own| shown.starts_with(own));
    !shown.is_empty() && !of_system && !is_projects(machine, state, folder)
}

/// Programs that show what git says.
const PAGERS: &[&str] = &[
    "",
    "cat",
    "less",
    "more",
    "most",
    "delta",
    "bat",
    "batcat",
    "diff-so-fancy",
    "diff-highlight",
    "riff",
    "moar",
    "moor",
    "ov",
    "tig",
    "vim",
    "nvim",
    "view",
    "LESS",
    "LESS=-FRX",
    "LESS=FRX",
    "true",
];

/// Whether git runs this program unasked from then on, and it is none of those that are made for it.
fn runs_by_itself(key: &str, value: &str) -> bool {
    let first = value.trim_start_matches('!').split(' ').next().unwrap_or_default();
    let name = super::super::base_name(first);
    match key {
        "core.sshcommand" => !matches!(name, "ssh" | "ssh.exe" | "plink" | "plink.exe" | "tortoiseplink"),
        "core.fsmonitor" => !name.starts_with("rs-git-fsmonitor") && !name.starts_with("git-fsmonitor"),
        "core.pager" => !PAGERS.contains(&name),
        "core.askpass" | "core.gitproxy" | "uploadpack.packobjectshook" => true,
        _ if key.ends_with(".helper") => {
            // `store` keeps every password in the clear.
            let made_for_it = value.contains("auth git-credential")
                || value.contains("credential-helper")
                || value.contains("gcloud");
            value.starts_with('!') && !made_for_it || name == "store" || value.starts_with("/tmp")
        }
        _ => false,
    }
}

/// What check of git or of the repository a setting takes away.
fn weakens(machine: &Machine<'_>, state: &State, key: &str, value: &Text) -> Option<String> {
    let said = value.shown().to_ascii_lowercase();
    let off = is_off(&said);
    let weak = match key {
        "core.hookspath" => {
            // A folder of the project is where its hooks are meant to be.
            let folder = value.prefix();
            folder.is_empty()
                || folder.starts_with(['/', '~', '-']) && !is_projects(machine, state, value)
                || folder.contains("..")
        }
        "init.templatedir" => is_foreign_template(machine, state, value),
        "include.path" => is_planted(machine, state, value),
        _ if key.starts_with("includeif.") => is_planted(machine, state, value),
        "safe.directory" => said == "*",
        "protocol.allow" => said == "always",
        "protocol.ext.allow" | "protocol.fd.allow" => said != "never",
        "transfer.fsckobjects"
        | "fetch.fsckobjects"
        | "receive.fsckobjects"
        | "core.protecthfs"
        | "core.protectntfs"
        | "receive.denynonfastforwards"
        | "receive.denydeletes" => off,
        "core.sshcommand" => {
            said.contains("stricthostkeychecking=no")
                || said.contains("stricthostkeychecking no")
                || said.contains("userknownhostsfile=/dev/null")
        }
        "http.sslcainfo" => said == "/dev/null",
        "daemon.receivepack" | "http.receivepack" => !off && !said.is_empty(),
        _ if key.starts_with("http.") && key.ends_with("sslverify") => off,
        _ if key.starts_with("url.") && (key.ends_with(".insteadof") || key.ends_with(".pushinsteadof")) => {
            let to = &key["url.".len()..key.rfind('.').unwrap_or(key.len())];
            matches!((host(to), host(&said)), (Some(to), Some(from)) if to != from)
        }
        _ => false,
    };
    weak.then(|| key.to_owned())
}

fn is_projects(machine: &Machine<'_>, state: &State, value: &Text) -> bool {
    let path = in_home(machine, value).and_then(|value| machine.path(state, &value));
    path.is_some_and(|path| matches!(machine.place(&path), Place::Project))
}

/// The host of a repository's address.
fn host(address: &str) -> Option<&str> {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let host = rest.split(['/', ':']).next().unwrap_or_default();
    host.contains('.').then_some(host)
}

/// Settings whose value is a credential.
fn is_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    [".extraheader", ".token", ".oauthtoken", ".password", ".smtppass", ".pass"]
        .iter()
        .any(|ending| key.ends_with(ending))
}

/// `git config` in its old form and in its new one.
pub(super) fn config(machine: &mut Machine<'_>, state: &mut State, args: &[Text]) {
    let spec = spec(
        "f",
        &[
            "file=",
            "blob=",
            "type=",
            "default=",
            "comment=",
            "value=",
            "global",
            "system",
            "local",
            "worktree",
            "get",
            "get-all",
            "get-regexp",
            "get-urlmatch",
            "list",
            "unset",
            "unset-all",
            "add",
            "replace-all",
            "edit",
            "rename-section",
            "remove-section",
            "name-only",
            "show-origin",
            "show-scope",
            "includes",
            "null",
            "bool",
            "int",
            "path",
            "fixed-value",
            "all",
            "regexp",
            "url=",
            "append",
        ],
    );
    let options = read(args, &spec);
    let mut words = options.operands.as_slice();
    let mut reads = options.has(&["get", "get-all", "get-regexp", "get-urlmatch"]);
    match words.first().map(Text::shown).as_deref() {
        Some("list" | "edit" | "rename-section" | "remove-section" | "unset") => return,
        Some("get") => {
            reads = true;
            words = &words[1..];
        }
        Some("set") => words = &words[1..],
        _ => {}
    }
    if options.has(&["list", "l", "unset", "unset-all", "edit", "e", "rename-section", "remove-section"]) {
        return;
    }
    match words {
        // `git config -f .gitmodules` and its kin are files of the project.
        [key, value, ..] if !reads => {
            let file = options.value(&["file", "f"]).map(Text::shown);
            let of_all =
                |file: &String| ["/.gitconfig", "/etc/gitconfig", "/git/config"].iter().any(|own| file.ends_with(own));
            let lasts = match file.as_ref().map(of_all) {
                _ if options.has(&["global", "system"]) => Lasts::Everywhere,
                Some(true) => Lasts::Everywhere,
                Some(false) => Lasts::Once,
                None if options.has(&["blob"]) => Lasts::Once,
                None => Lasts::Stays,
            };
            made(machine, state, &key.shown(), value, lasts);
        }
        [key, ..] if is_secret(&key.shown()) => {
            machine.note(Kind::SecretRead, key.shown(), Place::Unknown, false, Origin::SECRET);
            machine.emit(state, 1, Text::hole(Origin::SECRET));
        }
        _ => {}
    }
}

/// Programs that ask helpers for passwords, and say them.
pub(super) fn credential(machine: &mut Machine<'_>, state: &mut State, args: &[Text]) {
    if args.iter().any(|arg| matches!(arg.shown().as_str(), "fill" | "get")) {
        machine.note(Kind::SecretRead, "git's credentials".to_owned(), Place::Unknown, false, Origin::SECRET);
        machine.emit(state, 1, Text::hole(Origin::SECRET));
    }
}

/// `git-credential-store get` and its kin, by their own names.
pub(super) fn helper(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    credential(machine, state, &call.args);
}

/// Variables by which hooks and the programs that keep them are told to let everything pass, with the values that do not say so.
const SKIPS: &[(&str, &[&str])] = &[
    ("HUSKY", &["1", "2", ""]),
    ("HUSKY_SKIP_HOOKS", &["0", ""]),
    ("SKIP", &[""]),
    ("PRE_COMMIT_ALLOW_NO_CONFIG", &["0", ""]),
    ("LEFTHOOK", &["1", "true", ""]),
    ("LEFTHOOK_EXCLUDE", &[""]),
    ("OVERCOMMIT_DISABLE", &["0", ""]),
    ("SKIP_HOOKS", &["0", ""]),
    ("SKIP_GIT_HOOKS", &["0", ""]),
    ("SKIP_SIMPLE_GIT_HOOKS", &["0", ""]),
    ("GIT_HOOKS_BYPASS", &["0", ""]),
    ("NO_VERIFY", &["0", ""]),
];

/// What the environment tells git to leave out.
pub(super) fn environment(machine: &mut Machine<'_>, state: &mut State, command: &str) {
    let value = |machine: &Machine<'_>, state: &State, name: &str| -> Option<Text> {
        let variable = state.variable(name)?;
        variable.exported.then(|| machine.value_of(state, name)).flatten()
    };
    if state.shell.variables.is_empty() {
        return;
    }
    if matches!(
        command,
        "commit" | "push" | "merge" | "rebase" | "am" | "cherry-pick" | "revert" | "pull" | "checkout" | "switch"
    ) {
        for (name, unless) in SKIPS {
            if value(machine, state, name).is_some_and(|value| !unless.contains(&value.shown().as_str())) {
                machine.act(Kind::GitBypass, *name);
            }
        }
    }
    if value(machine, state, "GIT_SSL_NO_VERIFY")
        .is_some_and(|value| !matches!(value.shown().as_str(), "" | "0" | "false"))
    {
        machine.act(Kind::GitBypass, "GIT_SSL_NO_VERIFY");
    }
    if value(machine, state, "GIT_ALLOW_PROTOCOL")
        .is_some_and(|value| value.shown().split(':').any(|name| name == "ext"))
    {
        machine.act(Kind::GitBypass, "GIT_ALLOW_PROTOCOL");
    }
    if let Some(program) = value(machine, state, "GIT_PROXY_COMMAND") {
        machine.act(Kind::GitBypass, "GIT_PROXY_COMMAND");
        machine.code(&mut state.clone(), &program, Vec::new());
    }
    // `GIT_CONFIG_KEY_0` and `GIT_CONFIG_VALUE_0`, as many as `GIT_CONFIG_COUNT` says.
    const MOST: usize = 8;
    for at in 0..MOST {
        let Some(key) = value(machine, state, &format!("GIT_CONFIG_KEY_{at}")) else { break };
        let Some(said) = value(machine, state, &format!("GIT_CONFIG_VALUE_{at}")) else { break };
        made(machine, state, &key.shown(), &said, Lasts::Once);
    }
}
