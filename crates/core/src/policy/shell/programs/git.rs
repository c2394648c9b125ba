//! git: what throws work away, and what takes away the ways to get it back.

use super::super::machine::{Call, Machine};
use super::super::options::{Options, Spec, read};
use super::super::state::State;
use super::super::value::{Origin, Text};
use super::Program;
use crate::policy::effects::Kind;
use crate::policy::facts::Look;
use crate::policy::places::Place;

pub(super) fn program(name: &str) -> Option<Program> {
    Some(match name {
        "git" => git,
        "git-filter-repo" => filter_repo,
        "bfg" => bfg,
        "hub" => git,
        _ => return None,
    })
}

/// Options before the subcommand.
const GLOBAL: Spec = Spec {
    short: "Cc",
    long: &[
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
    ordered: true,
    single: false,
};

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
    let settings: Vec<(String, Text)> = global
        .values(&["c"])
        .map(|setting| {
            let at = setting.prefix().find('=').unwrap_or(setting.prefix().len());
            (setting.prefix()[..at].to_ascii_lowercase(), setting.after(at + 1))
        })
        .collect();
    let setting = |name: &str| settings.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    for name in ["core.sshcommand", "core.pager", "core.editor", "core.fsmonitor", "diff.external", "core.hookspath"] {
        if let Some(code) = setting(name) {
            if name == "core.hookspath" {
                machine.act(Kind::GitBypass, code.shown());
            } else {
                machine.code(state, &code, Vec::new());
            }
        }
    }
    let command = command.shown();
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
        None if SAYS.contains(&command.as_str()) => machine.emit(state, 1, Text::hole(Origin::UNKNOWN)),
        None => {}
    }
    if let Some(alias) = setting(&format!("alias.{command}")).filter(|_| !OWN.contains(&command.as_str())) {
        return aliased(machine, state, &alias, args);
    }
    let outer = state.shell.directory.clone();
    for folder in global.values(&["C"]) {
        state.shell.directory = machine.path(state, folder);
    }
    let elsewhere = global.has(&["git-dir", "work-tree"])
        || machine.value_of(state, "GIT_WORK_TREE").is_some_and(|tree| tree.as_known().is_some());
    let known = Git {
        elsewhere,
        no_force: setting("clean.requireforce")
            .map(|value| matches!(value.shown().as_str(), "false" | "no" | "off" | "0")),
        prune: setting("gc.pruneexpire").map(|value| value.shown()),
    };
    subcommand(machine, state, &command, args, &known);
    state.shell.directory = outer;
}

/// Commands whose output scripts go on with.
const SAYS: &[&str] = &[
    "branch",
    "for-each-ref",
    "rev-parse",
    "rev-list",
    "ls-files",
    "ls-remote",
    "tag",
    "remote",
    "log",
    "diff",
    "status",
    "config",
    "describe",
    "stash",
    "worktree",
    "symbolic-ref",
    "merge-base",
    "show-ref",
    "name-rev",
];

/// What settings say that decides.
struct Git {
    /// The working tree is not the one of the working folder.
    elsewhere: bool,
    no_force: Option<bool>,
    prune: Option<String>,
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

fn subcommand(machine: &mut Machine<'_>, state: &mut State, command: &str, args: &[Text], git: &Git) {
    match command {
        "push" => push(machine, args),
        "reset" => {
            let options = read(
                args,
                &Spec {
                    short: "U",
                    long: &[
                        "hard",
                        "soft",
                        "mixed",
                        "merge",
                        "keep",
                        "quiet",
                        "pathspec-from-file=",
                        "patch",
                        "no-refresh",
                        "refresh",
                        "intent-to-add",
                    ],
                    ..Spec::default()
                },
            );
            if options.has(&["hard"]) && !asks_for_help(args) {
                machine.act(Kind::GitHardReset, named(&options, 0));
            }
        }
        "clean" => clean(machine, state, args, git),
        "checkout" => checkout(machine, state, args, git),
        "restore" => restore(machine, state, args, git),
        "switch" => {
            let options = read(
                args,
                &Spec {
                    short: "cC",
                    long: &[
                        "discard-changes",
                        "force",
                        "create=",
                        "force-create=",
                        "detach",
                        "merge",
                        "no-merge",
                        "orphan=",
                    ],
                    ..Spec::default()
                },
            );
            if options.has(&["f", "force", "discard-changes"]) && options.operands.len() <= 1 {
                machine.note(Kind::GitDiscard, named(&options, 0), Place::Unknown, true, Origin::UNKNOWN);
            }
        }
        "stash" => {
            if let Some(verb @ ("drop" | "clear")) = args.first().map(Text::shown).as_deref() {
                machine.act(Kind::GitStashDrop, verb);
            }
        }
        "branch" => {
            let options = read(
                args,
                &Spec {
                    short: "u",
                    long: &[
                        "delete",
                        "force",
                        "set-upstream-to=",
                        "merged?",
                        "no-merged?",
                        "contains?",
                        "sort=",
                        "format=",
                        "list",
                        "move",
                        "copy",
                        "remotes",
                    ],
                    ..Spec::default()
                },
            );
            if options.has(&["D"]) || options.has(&["d", "delete"]) && options.has(&["f", "force"]) {
                machine.act(Kind::GitBranchDelete, named(&options, 0));
            }
        }
        "reflog" => {
            let mut args = args.iter().cloned();
            if args.next().is_none_or(|verb| verb.shown() != "expire") {
                return;
            }
            let rest: Vec<Text> = args.collect();
            let options = read(
                &rest,
                &Spec {
                    long: &[
                        "expire=",
                        "expire-unreachable=",
                        "all",
                        "dry-run",
                        "stale-fix",
                        "updateref",
                        "rewrite",
                        "verbose",
                        "single-worktree",
                    ],
                    ..Spec::default()
                },
            );
            if expires_now(&options, &["expire", "expire-unreachable"]) && !options.has(&["n", "dry-run"]) {
                machine.act(Kind::GitRecovery, "reflog");
            }
        }
        "gc" => {
            let options = read(
                args,
                &Spec {
                    long: &[
                        "prune?",
                        "no-prune",
                        "aggressive",
                        "auto",
                        "force",
                        "quiet",
                        "cruft",
                        "keep-largest-pack",
                        "detach",
                    ],
                    ..Spec::default()
                },
            );
            let now = expires_now(&options, &["prune"])
                || git.prune.as_deref().is_some_and(is_now) && !options.has(&["no-prune", "prune"]);
            if now {
                machine.act(Kind::GitRecovery, "unreachable objects");
            }
        }
        "prune" => {
            let options = read(
                args,
                &Spec { long: &["expire=", "dry-run", "progress", "exclude-promisor-objects"], ..Spec::default() },
            );
            if expires_now(&options, &["expire"]) && !options.has(&["n", "dry-run"]) {
                machine.act(Kind::GitRecovery, "unreachable objects");
            }
        }
        "filter-branch"
            if args
                .iter()
                .take_while(|arg| arg.shown() != "--")
                .any(|arg| matches!(arg.shown().as_str(), "-f" | "--force")) =>
        {
            machine.act(Kind::GitRewrite, "filter-branch");
        }
        "filter-repo" => filter_repo(machine, &Call { name: "git-filter-repo".to_owned(), args: args.to_vec() }, state),
        "update-ref" => {
            let options = read(args, &Spec { short: "m", ..Spec::default() });
            if options.has(&["d", "delete"]) {
                machine.act(Kind::GitBranchDelete, named(&options, 0));
            }
        }
        "worktree" => {
            let options = read(args.get(1..).unwrap_or_default(), &Spec { long: &["force"], ..Spec::default() });
            if args.first().is_some_and(|verb| verb.shown() == "remove") && options.has(&["f", "force"]) {
                machine.act(Kind::GitWorktreeRemove, named(&options, 0));
            }
        }
        "commit" | "merge" | "am"
            if args.iter().any(|arg| arg.shown() == "--no-verify" || command == "commit" && arg.shown() == "-n") =>
        {
            machine.act(Kind::GitBypass, "--no-verify");
        }
        "show" | "cat-file" => {
            // A file of history by its name is that file.
            for arg in args {
                let shown = arg.shown();
                if let Some((_, path)) = shown.split_once(':').filter(|(_, path)| !path.is_empty()) {
                    let _ = machine.read_file(state, &Text::known(path));
                }
            }
        }
        "rm" => {
            let options =
                read(args, &Spec { long: &["cached", "force", "dry-run", "pathspec-from-file="], ..Spec::default() });
            if options.has(&["f", "force"]) && !options.has(&["cached", "n", "dry-run"]) {
                machine.act(Kind::GitDiscard, named(&options, 0));
            }
        }
        // A folder of the project is where its hooks are meant to be.
        "config"
            if args.last().is_some_and(|value| {
                let folder = value.prefix();
                folder.is_empty() || folder.starts_with(['/', '~', '-']) || folder.contains("..")
            }) && args.iter().any(|arg| arg.shown().eq_ignore_ascii_case("core.hooksPath"))
                && !args.iter().any(|arg| matches!(arg.shown().as_str(), "--get" | "get"))
                && args.len() > 1 =>
        {
            machine.act(Kind::GitBypass, "core.hooksPath");
        }
        "rebase" | "bisect" | "submodule" => {
            let options = read(args, &Spec { short: "x", long: &["exec=", "recurse", "recursive"], ..Spec::default() });
            for code in options.values(&["x", "exec"]).cloned().collect::<Vec<_>>() {
                machine.code(state, &code, Vec::new());
            }
            let words: Vec<String> = args.iter().map(Text::shown).collect();
            let at = words.iter().position(|word| word == if command == "bisect" { "run" } else { "foreach" });
            if let Some(at) = at.filter(|_| command != "rebase") {
                let rest: Vec<Text> =
                    args[at + 1..].iter().filter(|arg| arg.shown() != "--recursive").cloned().collect();
                match rest.as_slice() {
                    [code] => machine.code(state, code, Vec::new()),
                    _ => machine.child(state, rest),
                }
            }
        }
        _ => {}
    }
}

fn asks_for_help(args: &[Text]) -> bool {
    args.iter().take_while(|arg| arg.shown() != "--").any(|arg| matches!(arg.shown().as_str(), "--help" | "-h"))
}

fn named(options: &Options, at: usize) -> String {
    options.operands.get(at).map(Text::shown).unwrap_or_default()
}

fn is_now(time: &str) -> bool {
    matches!(time, "now" | "all" | "0" | "0.seconds.ago")
}

fn expires_now(options: &Options, names: &[&str]) -> bool {
    options.values(names).any(|time| is_now(&time.shown()))
}

fn push(machine: &mut Machine<'_>, args: &[Text]) {
    let spec = Spec {
        short: "o",
        long: &[
            "force",
            "force-with-lease?",
            "force-if-includes",
            "mirror",
            "delete",
            "prune",
            "all",
            "tags",
            "dry-run",
            "repo=",
            "receive-pack=",
            "exec=",
            "push-option=",
            "set-upstream",
            "no-verify",
            "atomic",
            "quiet",
            "verbose",
            "porcelain",
            "signed?",
            "follow-tags",
            "branches",
            "thin",
            "no-thin",
            "recurse-submodules=",
            "ipv4",
            "ipv6",
            "progress",
        ],
        ..Spec::default()
    };
    let options = read(args, &spec);
    if options.has(&["n", "dry-run"]) || asks_for_help(args) && !options.has(&["repo"]) {
        return;
    }
    let refs: Vec<String> = options.operands.iter().skip(1).map(Text::shown).collect();
    let leases: Vec<Option<String>> = options
        .flags
        .iter()
        .filter(|flag| flag.name == "force-with-lease")
        .map(|flag| flag.value.as_ref().map(Text::shown))
        .collect();
    let leased = |name: &str| {
        let target = name.trim_start_matches('+').rsplit(':').next().unwrap_or_default().to_owned();
        leases.iter().any(|lease| lease.as_ref().is_none_or(|lease| lease.split(':').next() == Some(&target)))
    };
    let plus = refs.iter().any(|name| name.starts_with('+') && !leased(name));
    if options.has(&["f", "force"]) || options.has(&["mirror"]) || plus {
        machine.act(Kind::GitForcePush, refs.join(" "));
    }
    if options.has(&["d", "delete"])
        || options.has(&["prune"])
        || refs.iter().any(|name| name.starts_with(':') && name.len() > 1)
    {
        machine.act(Kind::GitDeleteRemote, refs.join(" "));
    }
    if options.has(&["no-verify"]) {
        machine.act(Kind::GitBypass, "--no-verify");
    }
}

/// Whether an operand means the whole working tree.
fn is_whole(machine: &Machine<'_>, state: &State, operand: &Text) -> bool {
    let shown = operand.shown();
    if matches!(shown.as_str(), "." | "./" | "*" | ":/" | "-A" | "--all" | ":/." | "/") {
        return shown != ":/";
    }
    let Some(path) = machine.path(state, operand) else { return false };
    let project = machine.facts.project().map(|root| root.trim_end_matches('/').to_owned());
    project.is_some_and(|root| path == root || crate::policy::places::is_within(&root, &path))
}

fn clean(machine: &mut Machine<'_>, state: &State, args: &[Text], git: &Git) {
    let options = read(
        args,
        &Spec {
            short: "e",
            long: &["force", "no-force", "dry-run", "interactive", "exclude=", "quiet"],
            ..Spec::default()
        },
    );
    if git.elsewhere || options.has(&["n", "dry-run", "i", "interactive"]) || asks_for_help(args) {
        return;
    }
    let forced = options.last_of(&["f", "force"], &["no-force"]) || git.no_force == Some(true);
    if !forced {
        return;
    }
    let in_project = is_here(machine, state);
    let whole = options.operands.is_empty() && in_project
        || options.operands.iter().any(|operand| is_whole(machine, state, operand));
    if whole {
        machine.act(Kind::GitClean, named(&options, 0));
    }
}

/// Whether the working folder is the project's root, or no project is known.
fn is_here(machine: &Machine<'_>, state: &State) -> bool {
    match (machine.facts.project(), state.shell.directory.as_deref()) {
        (Some(project), Some(directory)) => directory.trim_end_matches('/') == project.trim_end_matches('/'),
        _ => true,
    }
}

fn checkout(machine: &mut Machine<'_>, state: &State, args: &[Text], git: &Git) {
    let options = read(
        args,
        &Spec {
            short: "bB",
            long: &[
                "force",
                "ours",
                "theirs",
                "orphan=",
                "patch",
                "no-patch",
                "detach",
                "no-detach",
                "track?",
                "merge",
                "no-merge",
                "quiet",
                "pathspec-from-file=",
                "conflict=",
                "guess",
            ],
            ..Spec::default()
        },
    );
    if git.elsewhere || asks_for_help(args) || options.has(&["p", "patch"]) {
        return;
    }
    let paths = match options.literal_from {
        Some(from) if from <= 1 => options.operands.get(from..).unwrap_or_default(),
        Some(_) => return,
        // `git checkout REV .` and `git checkout .`
        None => match options.operands.as_slice() {
            [.., last] if options.operands.len() <= 2 && is_whole(machine, state, last) => std::slice::from_ref(last),
            _ => &[],
        },
    };
    for path in paths {
        let kind_target = path.shown();
        let is_all = is_whole(machine, state, path);
        machine.note(Kind::GitDiscard, kind_target, Default::default(), is_all, Default::default());
    }
    let branches = options.has(&["b", "B"]);
    let switches_away = options.operands.first().is_some_and(|operand| operand.shown() != "-") && !branches;
    if options.has(&["f", "force"]) && paths.is_empty() && switches_away {
        machine.act(Kind::GitDiscard, named(&options, 0));
    }
    if options.has(&["f", "force"]) && paths.is_empty() && (!switches_away || branches) {
        machine.note(Kind::GitDiscard, named(&options, 0), Default::default(), true, Default::default());
    }
}

fn restore(machine: &mut Machine<'_>, state: &State, args: &[Text], git: &Git) {
    let options = read(
        args,
        &Spec {
            short: "s",
            long: &[
                "source=",
                "staged",
                "worktree",
                "patch",
                "ours",
                "theirs",
                "merge",
                "pathspec-from-file=",
                "quiet",
            ],
            ..Spec::default()
        },
    );
    if git.elsewhere
        || asks_for_help(args)
        || options.has(&["p", "patch"])
        || options.has(&["S", "staged"]) && !options.has(&["W", "worktree"])
    {
        return;
    }
    let here = is_here(machine, state);
    for operand in &options.operands {
        let all = is_whole(machine, state, operand) && (here || operand.shown() != ".");
        let exists = machine.path(state, operand).is_some_and(|path| machine.look(&path) != Look::Missing);
        if all || exists {
            machine.note(Kind::GitDiscard, operand.shown(), Default::default(), all, Default::default());
        }
    }
}

fn filter_repo(machine: &mut Machine<'_>, call: &Call, _: &mut State) {
    let spec = Spec {
        short: "",
        long: &[
            "replace-text=",
            "path=",
            "force",
            "dry-run",
            "help",
            "analyze",
            "invert-paths",
            "mailmap=",
            "refs=",
            "message-callback=",
            "replace-message=",
        ],
        ..Spec::default()
    };
    let options = read(&call.args, &spec);
    if options.has(&["force", "f"]) && !options.has(&["dry-run", "help", "analyze"]) {
        machine.act(Kind::GitRewrite, "filter-repo");
    }
}

fn bfg(machine: &mut Machine<'_>, _: &Call, _: &mut State) {
    machine.act(Kind::GitRewrite, "bfg");
}
