//! Processes: which are listed, and which are ended.

use super::super::super::machine::{Call, Machine};
use super::super::super::options::read;
use super::super::super::state::State;
use super::super::super::value::{Origin, Text};
use super::super::Program;
use super::{is_watcher, spec};
use crate::policy::effects::Kind::{self, SafetyDisable, SelfTamper};
use crate::policy::lists::is;

pub(super) fn program(name: &str) -> Option<Program> {
    Some(match name {
        "kill" => kill,
        "pgrep" | "pidof" | "pidwait" => finds,
        "ps" => lists_processes,
        "pkill" | "killall" | "skill" | "taskkill" | "fuser" => kill_by_name,
        _ => return None,
    })
}

fn kill(machine: &mut Machine<'_>, call: &Call, _: &mut State) {
    // `kill -9 -1`: everything that may be killed. Signals look like options, so words are read one by one.
    let words: Vec<String> = call.args.iter().map(Text::shown).collect();
    let signal_named = words.iter().any(|word| matches!(word.as_str(), "-s" | "-n" | "--"));
    let targets = words.iter().enumerate().filter(|(at, word)| {
        let is_signal = *at == 0 && word.starts_with('-') && !signal_named;
        !is_signal && !matches!(word.as_str(), "-s" | "-n" | "--")
    });
    for (_, target) in targets {
        if matches!(target.as_str(), "-1" | "1") || target == "0" && words.len() == 1 {
            machine.act(Kind::ProcessKill, target.clone());
        }
    }
    let asks_only = words.first().is_some_and(|word| matches!(word.as_str(), "-0" | "-l" | "-L"));
    if !asks_only && call.args.iter().filter_map(Text::origin).any(|origin| origin.guarding) {
        machine.act(SafetyDisable, "what watches over this machine");
    }
    if !asks_only && call.args.iter().filter_map(Text::origin).any(|origin| origin.listed) {
        machine.act(Kind::ProcessKill, "all that runs");
    }
}

/// `ps`: whether it lists all that runs, or all of a user, of which the person's own session is a part.
fn lists_processes(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(
        &call.args,
        &spec("opqCtgGuUsN", &["format=", "pid=", "ppid=", "quick-pid=", "tty=", "user=", "User=", "sort=", "sid="]),
    );
    let some = options.has(&["p", "pid", "ppid", "q", "quick-pid", "C", "t", "tty", "g", "s", "sid", "N", "deselect"]);
    let of_berkeley = |word: &Text| {
        let shown = word.shown();
        shown.contains('x') && shown.bytes().all(|byte| byte.is_ascii_lowercase())
    };
    let all = options.has(&["e", "A", "u", "U", "user", "User"]) || options.operands.iter().any(of_berkeley);
    machine.emit(state, 1, Text::hole(if all && !some { Origin::LISTED } else { Origin::UNKNOWN }));
}

/// `pgrep`: which processes it tells of shows in what it looks for.
fn finds(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let mut names = call.args.iter().filter(|arg| !arg.prefix().starts_with('-')).map(Text::shown);
    let options = read(&call.args, &spec("uUgGPtsd", &["euid=", "uid=", "parent=", "group=", "delimiter="]));
    let of_user = options.has(&["u", "U", "euid", "uid"]) && !options.has(&["P", "parent", "g", "t", "s"]);
    let origin = match names.any(|name| is_watcher(&name)) {
        true => Origin::GUARDING,
        false if of_user && options.operands.is_empty() => Origin::LISTED,
        false => Origin::UNKNOWN,
    };
    machine.emit(state, 1, Text::hole(origin));
}

fn kill_by_name(machine: &mut Machine<'_>, call: &Call, _: &mut State) {
    // `-HUP` and its kin are no options.
    let is_signal = |arg: &&Text| {
        let shown = arg.shown();
        shown.len() > 3 && shown[1..].bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    };
    let args: Vec<Text> =
        call.args.iter().filter(|arg| !(arg.prefix().starts_with('-') && is_signal(arg))).cloned().collect();
    let options = read(&args, &spec("uUgGsPtnk", &["user=", "signal=", "pgroup=", "parent=", "terminal="]));
    if options.is_help() || options.has(&["l", "list", "0"]) {
        return;
    }
    let names: Vec<String> = options.operands.iter().map(Text::shown).collect();
    // With its whole command line the one program is meant that was started.
    let exact = options.has(&["f", "full", "P", "parent"])
        && names.iter().all(|name| name.len() >= 4 && !is(name.trim_matches(['^', '$', '.', '*']), MANY));
    let whole_user = options.has(&["u", "user", "U"]) && call.name != "fuser";
    if call.name == "fuser" && !options.has(&["k", "kill"]) {
        return;
    }
    if whole_user || !exact && !names.is_empty() {
        machine.act(Kind::ProcessKill, names.join(" "));
    }
    if names.iter().any(|name| is_watcher(name)) {
        machine.act(SafetyDisable, names.join(" "));
    }
    if names.iter().any(|name| name.contains("hookrail")) {
        machine.act(SelfTamper, names.join(" "));
    }
}

/// Names that many programs have in their command lines, among them those that nobody meant.
const MANY: &str = "node|python|python3|java|bash|ruby|perl|chrome|chromium|firefox|code|docker|dockerd|sshd|systemd|postgres|mysqld|\
    redis-server|claude|codex|cursor|hookrail|home|containerd|electron|tmux|screen|agent|ssh-agent|gpg-agent";
