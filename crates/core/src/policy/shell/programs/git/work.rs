//! What git does to files that are not committed.

use super::super::super::machine::Machine;
use super::super::super::options::{read, spec};
use super::super::super::state::State;
use super::super::super::value::{HOLE, Text};
use super::{Git, asks_for_help, named};
use crate::policy::effects::Kind;
use crate::policy::facts::Look;
use crate::policy::inspect::removed;
use crate::policy::lists::{is, parts};
use crate::policy::places;

/// Whether an operand means the whole working tree.
fn is_whole(machine: &Machine<'_>, state: &State, operand: &Text) -> bool {
    let shown = operand.shown();
    if matches!(shown.as_str(), "." | "./" | "*" | ":/" | "-A" | "--all" | ":/." | "/") {
        return shown != ":/";
    }
    let Some(path) = machine.path(state, operand) else { return false };
    let project = machine.facts.project().map(|root| root.trim_end_matches('/').to_owned());
    project.is_some_and(|root| path == root || places::is_within(&root, &path))
}

pub(super) fn clean(machine: &mut Machine<'_>, state: &State, args: &[Text], git: &Git) {
    let options = read(args, &spec("e", &["force", "no-force", "dry-run", "interactive", "exclude=", "quiet"]));
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

/// Whether a tool makes the file anew, so that its changes are nobody's work.
fn is_made_anew(operand: &Text) -> bool {
    let path = operand.shown();
    places::is_lock(&path) || path.split('/').any(places::is_generated) || is_generated_code(&path)
}

/// Whether a file, and no folder, says of itself that it is code of a generator.
fn is_generated_code(path: &str) -> bool {
    const FOLDERS: &str = "generated|__generated__|gen|_generated|autogen|codegen";
    const ENDS: &str = ".pb.go|_pb2.py|_pb2_grpc.py|_pb.js|_pb.ts|_pb.d.ts|.pb.cc|.pb.h|.g.dart|.freezed.dart|.g.cs|.gen.go|.gen.ts|_gen.go|_generated.go|\
        .generated.ts|.generated.tsx|.generated.graphql|.generated.js|.generated.cs|.designer.cs|_string.go";
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    name.contains('.')
        && !name.contains(['*', '?'])
        && (folders.split('/').any(|folder| is(folder, FOLDERS)) || parts(ENDS).any(|end| name.ends_with(end)))
}

/// Whether an operand is known to be a file that is not there, so that nothing is lost where it comes back.
fn is_gone(operand: &Text) -> bool {
    operand.origin().is_some_and(|origin| origin.absent)
}

/// Whether an operand that may be a branch is a file: by what is there, or by an ending that no branch has.
fn is_file(machine: &Machine<'_>, state: &State, operand: &Text) -> bool {
    let shown = operand.shown();
    let endings = [
        "rs", "ts", "tsx", "js", "jsx", "py", "go", "java", "kt", "rb", "php", "c", "cpp", "h", "cs", "swift", "json",
        "toml", "yml", "yaml", "lock", "md", "html", "css", "scss", "sql", "tf", "sh", "vue",
    ];
    let named = shown.rsplit_once('.').is_some_and(|(name, ending)| !name.is_empty() && endings.contains(&ending));
    named || machine.path(state, operand).is_some_and(|path| machine.look(&path) == Look::File)
}

/// Whether a revision is the one before one that was looked up: `$(git rev-list -n 1 HEAD -- F)^` is how a file comes back that was
/// deleted, and there is nothing in its place.
fn is_before_found(revision: &Text) -> bool {
    let shown = revision.shown();
    revision.prefix().is_empty() && ["^", "~", "~1", "^1"].contains(&shown.trim_start_matches(HOLE))
}

pub(super) fn checkout(machine: &mut Machine<'_>, state: &State, args: &[Text], git: &Git) {
    let options = read(
        args,
        &spec(
            "bB",
            &[
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
        ),
    );
    // A side of a conflict is chosen by that.
    if git.elsewhere || asks_for_help(args) || options.has(&["p", "patch", "ours", "theirs"]) {
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
    let paths = match (paths, options.operands.as_slice()) {
        // `git checkout REV file…`, and a file that is named as none but one is.
        ([], [_, files @ ..])
            if options.literal_from.is_none() && !files.is_empty() && !options.has(&["b", "B", "orphan"]) =>
        {
            files
        }
        ([], [only]) if options.literal_from.is_none() && is_file(machine, state, only) => std::slice::from_ref(only),
        (paths, _) => paths,
    };
    let restored = options.operands.first().is_some_and(is_before_found);
    for path in paths.iter().filter(|path| !is_made_anew(path) && !is_gone(path)) {
        if restored && !is_whole(machine, state, path) {
            continue;
        }
        let kind_target = path.shown();
        let is_all = is_whole(machine, state, path) || kind_target == ":/";
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

pub(super) fn restore(machine: &mut Machine<'_>, state: &State, args: &[Text], git: &Git) {
    let options = read(
        args,
        &spec(
            "s",
            &["source=", "staged", "worktree", "patch", "ours", "theirs", "merge", "pathspec-from-file=", "quiet"],
        ),
    );
    if git.elsewhere
        || asks_for_help(args)
        || options.has(&["p", "patch"])
        || options.has(&["S", "staged"]) && !options.has(&["W", "worktree"])
    {
        return;
    }
    let here = is_here(machine, state);
    for operand in options.operands.iter().filter(|operand| !is_made_anew(operand) && !is_gone(operand)) {
        let all = is_whole(machine, state, operand) && (here || operand.shown() != ".") || operand.shown() == ":/";
        let exists = machine.path(state, operand).is_some_and(|path| machine.look(&path) != Look::Missing);
        if all || exists || operand.as_path().is_none() {
            machine.note(Kind::GitDiscard, operand.shown(), Default::default(), all, Default::default());
        }
    }
}

pub(super) fn reset(machine: &mut Machine<'_>, args: &[Text]) {
    let options = read(
        args,
        &spec(
            "U",
            &[
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
        ),
    );
    if options.has(&["hard"]) && !asks_for_help(args) {
        machine.act(Kind::GitHardReset, named(&options, 0));
    }
}

pub(super) fn read_tree(machine: &mut Machine<'_>, args: &[Text]) {
    let options = read(args, &spec("", &["reset", "prefix=", "index-output="]));
    if options.has(&["reset"]) && options.has(&["u"]) && !options.has(&["n", "dry-run"]) {
        machine.act(Kind::GitHardReset, named(&options, 0));
    }
}

pub(super) fn checkout_index(machine: &mut Machine<'_>, args: &[Text]) {
    let options = read(args, &spec("", &["all", "force", "prefix="]));
    if options.has(&["f", "force"]) && options.has(&["a", "all"]) && !options.has(&["prefix"]) {
        machine.note(Kind::GitDiscard, ".".to_owned(), Default::default(), true, Default::default());
    }
}

pub(super) fn switch(machine: &mut Machine<'_>, args: &[Text]) {
    let options = read(
        args,
        &spec(
            "cC",
            &["discard-changes", "force", "create=", "force-create=", "detach", "merge", "no-merge", "orphan="],
        ),
    );
    if options.has(&["f", "force", "discard-changes"]) && options.operands.len() <= 1 {
        machine.note(Kind::GitDiscard, named(&options, 0), Default::default(), true, Default::default());
    }
}

pub(super) fn rm(machine: &mut Machine<'_>, args: &[Text]) {
    let options = read(args, &spec("", &["cached", "force", "dry-run", "pathspec-from-file="]));
    if options.has(&["f", "force"]) && !options.has(&["cached", "n", "dry-run"]) {
        machine.act(Kind::GitDiscard, named(&options, 0));
    }
    if !options.has(&["n", "dry-run"]) {
        let paths = options.operands.iter().map(Text::shown).map(|path| format!("/{path}"));
        paths.filter(|path| removed::protects(path)).for_each(|path| machine.act(Kind::ContentProtection, path));
    }
}
