//! Programs that run a command on another machine or in a container, besides `ssh` and the tools of containers themselves.

use super::super::machine::{Call, Machine};
use super::super::options::{Spec, read};
use super::super::state::State;
use super::super::value::Text;
use super::Program;
use super::wrappers::joined;
use crate::policy::effects::Where;

/// Where the command stands in a call.
#[derive(Clone, Copy)]
enum Command {
    /// A program and its arguments, behind so many operands.
    Program(usize),
    /// A line for a shell, behind so many operands.
    Line(usize),
    /// A line for a shell, as the value of one of these options.
    Option(&'static [&'static str]),
}

/// A way to another machine or into a container.
struct Way {
    names: &'static [&'static str],
    /// The words that say so; the options of `spec` may stand between them.
    verbs: &'static [&'static str],
    spec: Spec,
    command: Command,
    at: Where,
}

const fn way(
    names: &'static [&'static str],
    verbs: &'static [&'static str],
    short: &'static str,
    command: Command,
    at: Where,
) -> Way {
    Way { names, verbs, spec: Spec { short, long: LONG, ordered: true, single: false }, command, at }
}

/// Long options with a value, of all of these programs.
const LONG: &[&str] = &[
    "command=",
    "parameters=",
    "scripts=",
    "user=",
    "cwd=",
    "env=",
    "project=",
    "zone=",
    "region=",
    "profile=",
    "cluster=",
    "task=",
    "container=",
    "instance-ids=",
    "document-name=",
    "targets=",
    "resource-group=",
    "name=",
    "command-id=",
    "app=",
    "machine=",
    "namespace=",
    "address=",
    "inventory=",
    "limit=",
    "args=",
    "module-name=",
    "become-user=",
    "hosts=",
    "distribution=",
    "workdir=",
    "directory=",
    "chroot=",
    "remote=",
    "bind=",
    "additional-packages=",
    "interactive",
    "output=",
];

const WAYS: &[Way] = &[
    way(&["lxc", "incus"], &["exec"], "tTnu", Command::Program(1), Where::Container),
    way(&["lxc-attach"], &[], "nPl", Command::Program(0), Where::Container),
    way(&["crictl"], &["exec"], "r", Command::Program(1), Where::Container),
    way(&["nomad"], &["alloc", "exec"], "", Command::Program(1), Where::Container),
    way(&["multipass"], &["exec"], "d", Command::Program(1), Where::Container),
    way(&["limactl"], &["shell"], "", Command::Program(1), Where::Container),
    way(&["colima"], &["ssh"], "p", Command::Program(0), Where::Container),
    way(&["vagrant"], &["ssh"], "c", Command::Option(&["c", "command"]), Where::Container),
    way(&["machinectl"], &["shell"], "", Command::Program(1), Where::Container),
    way(&["systemd-nspawn"], &[], "DMiub", Command::Program(0), Where::Container),
    way(&["schroot"], &[], "cu", Command::Program(0), Where::Container),
    way(&["arch-chroot", "proot-distro"], &[], "u", Command::Program(1), Where::Container),
    // These share the home with the machine they run on.
    way(&["toolbox"], &["run"], "c", Command::Program(0), Where::Here),
    way(&["distrobox"], &["enter"], "n", Command::Program(0), Where::Here),
    way(&["distrobox-enter"], &[], "n", Command::Program(0), Where::Here),
    way(&["flatpak-spawn"], &[], "", Command::Program(0), Where::Here),
    way(&["wsl"], &[], "du", Command::Program(0), Where::Here),
    way(&["gcloud"], &["compute", "ssh"], "", Command::Option(&["command"]), Where::Remote),
    way(&["aws"], &["ecs", "execute-command"], "", Command::Option(&["command"]), Where::Container),
    way(&["aws"], &["ssm", "send-command"], "", Command::Option(&["parameters"]), Where::Remote),
    way(&["az"], &["vm", "run-command", "invoke"], "gn", Command::Option(&["scripts"]), Where::Remote),
    way(&["fly", "flyctl"], &["ssh", "console"], "aCs", Command::Option(&["C", "command"]), Where::Remote),
    way(&["fly", "flyctl"], &["machine", "exec"], "a", Command::Line(1), Where::Remote),
    way(&["heroku"], &["run"], "as", Command::Line(0), Where::Remote),
    way(&["railway"], &["ssh"], "pse", Command::Line(0), Where::Remote),
    way(&["eb"], &["ssh"], "c", Command::Option(&["c", "command"]), Where::Remote),
    way(&["tsh"], &["ssh"], "lip", Command::Line(1), Where::Remote),
    way(
        &["pdsh", "clush", "pssh", "parallel-ssh", "dsh", "mpssh"],
        &[],
        "wgxlhHutpofeimM",
        Command::Line(0),
        Where::Remote,
    ),
    way(&["ansible"], &[], "amiluef", Command::Option(&["a", "args"]), Where::Remote),
    way(&["salt"], &[], "", Command::Line(2), Where::Remote),
    way(&["vagrant-ssh", "docker-machine"], &["ssh"], "", Command::Line(1), Where::Remote),
];

pub(super) fn program(name: &str) -> Option<Program> {
    WAYS.iter().any(|way| way.names.contains(&name)).then_some(goes)
}

fn goes(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    for way in WAYS.iter().filter(|way| way.names.contains(&call.name.as_str())) {
        let Some(options) = behind(way, &call.args) else { continue };
        let fields = |skip: usize| -> Vec<Text> {
            let words = options.operands.get(skip..).unwrap_or_default();
            words.iter().skip_while(|word| matches!(word.shown().as_str(), "--" | "-e" | "--exec")).cloned().collect()
        };
        let mut lines: Vec<Text> = Vec::new();
        match way.command {
            Command::Program(skip) => return machine.elsewhere(state, way.at, fields(skip)),
            Command::Line(skip) => lines.push(joined(&fields(skip))),
            Command::Option(names) => lines.extend(options.values(names).flat_map(|value| listed(&value.encoded()))),
        }
        for line in lines.iter().filter(|line| !line.is_empty()) {
            machine.elsewhere(state, way.at, vec![Text::known("sh"), Text::known("-c"), line.clone()]);
        }
        return;
    }
    // What it does besides, a table tells.
    if let Some(program) = super::tables::program(&call.name) {
        program(machine, call, state);
    }
}

/// The options of a call, and its operands behind the words of a way.
fn behind(way: &Way, args: &[Text]) -> Option<super::super::options::Options> {
    let mut whole = read(args, &way.spec);
    for verb in way.verbs {
        let (first, rest) = whole.operands.split_first()?;
        if first.shown() != *verb {
            return None;
        }
        let mut next = read(rest, &way.spec);
        next.flags.splice(..0, whole.flags);
        whole = next;
    }
    // What takes no program may have its options behind the operands.
    if matches!(way.command, Command::Option(_)) {
        let mut next = read(&whole.operands, &Spec { ordered: false, ..way.spec });
        next.flags.splice(..0, whole.flags);
        whole = next;
    }
    Some(whole)
}

/// The lines that a parameter gives: `commands=["a","b"]`, or itself.
fn listed(value: &str) -> Vec<Text> {
    let Some((_, list)) = value.split_once("commands").filter(|_| value.trim_start().starts_with(['c', '{'])) else {
        return vec![Text::decoded(value)];
    };
    let list = list.trim_start_matches(['"', ' ', '=', ':', '[']);
    let quoted: Vec<Text> = list.split(['"', '\'']).filter(|part| part.len() > 2).map(Text::decoded).collect();
    if quoted.is_empty() { vec![Text::decoded(list.trim_end_matches(']'))] } else { quoted }
}
