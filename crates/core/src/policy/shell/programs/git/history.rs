//! What git does to commits and branches, and to the ways by which they can be got back.

use super::super::super::machine::Machine;
use super::super::super::options::{Options, read, spec};
use super::super::super::state::State;
use super::super::super::value::Text;
use super::super::tables::throwaway;
use super::{Git, has_dry_run, named};
use crate::policy::effects::Kind;
use crate::policy::places::Place;

pub(super) fn stash(machine: &mut Machine<'_>, args: &[Text]) {
    if let Some(verb @ ("drop" | "clear")) = args.first().map(Text::shown).as_deref() {
        machine.act(Kind::GitStashDrop, verb);
    }
}

pub(super) fn branch(machine: &mut Machine<'_>, args: &[Text]) {
    let options = read(
        args,
        &spec(
            "u",
            &[
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
        ),
    );
    let forces = options.has(&["f", "force"]);
    let deletes = options.has(&["D"]) || options.has(&["d", "delete"]) && forces;
    // It is moved to where its commits are not below it.
    let moves = forces && options.operands.len() == 2 && !options.has(&["m", "move", "c", "copy"]);
    if deletes || moves {
        machine.act(Kind::GitBranchDelete, named(&options, 0));
    } else if options.has(&["d", "delete"]) && !options.operands.is_empty() && !machine.many {
        // Whoever has git look whether a branch was merged has done with its tree.
        machine.takes_back(Kind::GitWorktreeRemove, "git", "worktree");
    }
}

pub(super) fn update_ref(machine: &mut Machine<'_>, state: &State, args: &[Text]) {
    let options = read(args, &spec("m", &[]));
    let listed = options.has(&["stdin"]) && {
        let input = machine.input(state, 0);
        input.as_known().is_none_or(|lines| lines.contains("delete"))
    };
    if options.has(&["d", "delete"]) || listed {
        machine.act(Kind::GitBranchDelete, named(&options, 0));
    }
}

/// Under what it is kept which working trees the script itself has added.
const TREE: &str = "worktree";

/// Whether a working tree was made for a trial, or by the script itself.
fn is_nobodys(machine: &Machine<'_>, state: &State, tree: &str) -> bool {
    machine.place(tree) == Place::Temporary || throwaway::was_made(state, TREE, tree)
}

pub(super) fn worktree(machine: &mut Machine<'_>, state: &mut State, args: &[Text]) {
    let Some((verb, rest)) = args.split_first() else { return };
    let options = read(rest, &spec("bB", &["force", "reason="]));
    let Some(tree) = options.operands.first() else { return };
    let path = machine.path(state, tree).unwrap_or_default();
    match verb.shown().as_str() {
        "add" => throwaway::made(state, TREE, &path),
        "remove" if options.has(&["f", "force"]) && !is_nobodys(machine, state, &path) => {
            machine.act(Kind::GitWorktreeRemove, named(&options, 0));
        }
        _ => {}
    }
}

pub(super) fn reflog(machine: &mut Machine<'_>, args: &[Text]) {
    let Some((verb, rest)) = args.split_first() else { return };
    match verb.shown().as_str() {
        "expire" => {}
        "drop" if !has_dry_run(rest) => return machine.act(Kind::GitRecovery, "reflog"),
        _ => return,
    }
    let options = read(
        rest,
        &spec(
            "",
            &[
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
        ),
    );
    if expires_now(&options, &["expire", "expire-unreachable"]) && !options.has(&["n", "dry-run"]) {
        machine.act(Kind::GitRecovery, "reflog");
    }
}

pub(super) fn gc(machine: &mut Machine<'_>, args: &[Text], git: &Git) {
    let options = read(
        args,
        &spec(
            "",
            &["prune?", "no-prune", "aggressive", "auto", "force", "quiet", "cruft", "keep-largest-pack", "detach"],
        ),
    );
    let now = expires_now(&options, &["prune"])
        || git.prune.as_deref().is_some_and(is_now) && !options.has(&["no-prune", "prune"]);
    if now {
        machine.act(Kind::GitRecovery, "unreachable objects");
    }
}

pub(super) fn prune(machine: &mut Machine<'_>, args: &[Text]) {
    let options = read(args, &spec("", &["expire=", "dry-run", "progress", "exclude-promisor-objects"]));
    // Without a time it takes what not even a reflog tells of.
    if expires_now(&options, &["expire"]) && !options.has(&["n", "dry-run"]) {
        machine.act(Kind::GitRecovery, "unreachable objects");
    }
}

pub(super) fn repack(machine: &mut Machine<'_>, args: &[Text]) {
    let options = read(args, &spec("", &["cruft", "cruft-expiration=", "unpack-unreachable=", "window=", "depth="]));
    if expires_now(&options, &["cruft-expiration", "unpack-unreachable"]) {
        machine.act(Kind::GitRecovery, "unreachable objects");
    }
}

pub(super) fn is_now(time: &str) -> bool {
    matches!(time, "now" | "all" | "0" | "0.seconds.ago")
}

fn expires_now(options: &Options, names: &[&str]) -> bool {
    options.values(names).any(|time| is_now(&time.shown()))
}

pub(super) fn filter_branch(machine: &mut Machine<'_>, args: &[Text]) {
    let rewrites = |arg: &Text| {
        let flag = arg.shown();
        matches!(flag.as_str(), "-f" | "--force" | "--prune-empty")
            || flag.starts_with("--") && flag.ends_with("-filter")
    };
    if args.iter().take_while(|arg| arg.shown() != "--").any(rewrites) {
        machine.act(Kind::GitRewrite, "filter-branch");
    }
}

pub(super) fn filter_repo(machine: &mut Machine<'_>, args: &[Text]) {
    let spec = spec(
        "",
        &[
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
    );
    let options = read(args, &spec);
    if !options.has(&["dry-run", "help", "h", "analyze", "version"]) && !args.is_empty() {
        machine.act(Kind::GitRewrite, "filter-repo");
    }
}

pub(super) fn bfg(machine: &mut Machine<'_>, args: &[Text]) {
    if !args.is_empty() && !read(args, &spec("", &[])).is_help() {
        machine.act(Kind::GitRewrite, "bfg");
    }
}

/// Large files: where their history is rewritten, and where the only copy may go.
pub(super) fn large_files(machine: &mut Machine<'_>, command: &str, args: &[Text]) {
    let words: Vec<String> = args.iter().map(Text::shown).collect();
    let has = |names: &[&str]| words.iter().any(|word| names.contains(&word.as_str()));
    if has_dry_run(args) || has(&["--help", "-h"]) {
        return;
    }
    match (command, words.first().map(String::as_str), words.get(1).map(String::as_str)) {
        ("lfs", Some("migrate"), Some("import" | "export")) if !has(&["--no-rewrite"]) => {
            machine.act(Kind::GitRewrite, "lfs migrate");
        }
        ("lfs", Some("unlock"), _) if has(&["-f", "--force"]) => machine.act(Kind::GitBypass, "lfs unlock --force"),
        ("annex", Some("drop" | "dropunused" | "unannex" | "uninit" | "dead" | "dropkey"), _) if has(&["--force"]) => {
            machine.act(Kind::GitRecovery, "annex");
        }
        _ => {}
    }
}
