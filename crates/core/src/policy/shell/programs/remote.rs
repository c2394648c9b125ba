//! Programs that run a command on another machine or in a container, besides `ssh` and the tools of containers themselves.

use super::super::machine::{Call, Machine};
use super::super::options::{Flag, Options, Spec, ordered, read, spec};
use super::super::state::State;
use super::super::value::Text;
use super::Program;
use super::sieve::knows;
use super::tables::production::speaks;
use super::tables::throwaway;
use super::wrappers::joined;
use crate::policy::effects::{Kind, Where};
use crate::policy::lists::holds;

/// Where the command stands in a call.
#[derive(Clone, Copy)]
enum Command {
    /// A program and its arguments, behind so many operands.
    Program(usize),
    /// A line for a shell, behind so many operands.
    Line(usize),
    /// One word that is a line for a shell, or a program and its arguments, behind so many operands.
    Words(usize),
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
    Way { names, verbs, spec: ordered(short, LONG), command, at }
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
    "ssh-command=",
    "unregister=",
    "export=",
    "exec-command=",
    "script=",
    "ssh-flag=",
    "worker=",
];

const WAYS: &[Way] = &[
    // Containers and machines within this one.
    way(&["lxc", "incus"], &["exec"], "tTnu", Command::Program(1), Where::Container),
    way(&["lxc-attach"], &[], "nPl", Command::Program(0), Where::Container),
    way(&["crictl"], &["exec"], "r", Command::Program(1), Where::Container),
    way(&["nomad"], &["alloc", "exec"], "", Command::Program(1), Where::Container),
    way(&["nomad"], &["exec"], "", Command::Program(1), Where::Container),
    way(&["multipass"], &["exec"], "d", Command::Program(1), Where::Container),
    way(&["limactl"], &["shell"], "", Command::Program(1), Where::Container),
    way(&["colima"], &["ssh"], "p", Command::Program(0), Where::Container),
    way(&["vagrant"], &["ssh"], "c", Command::Option(&["c", "command"]), Where::Container),
    way(&["machinectl"], &["shell"], "", Command::Program(1), Where::Container),
    way(&["systemd-nspawn"], &[], "DMiub", Command::Program(0), Where::Container),
    way(&["schroot"], &[], "cu", Command::Program(0), Where::Container),
    way(&["arch-chroot", "proot-distro"], &[], "u", Command::Program(1), Where::Container),
    way(&["dokku"], &["run|enter"], "", Command::Line(1), Where::Container),
    way(&["minikube"], &["ssh"], "pn", Command::Line(0), Where::Throwaway),
    // These share the home with the machine they run on.
    way(&["toolbox"], &["run"], "c", Command::Program(0), Where::Here),
    way(&["distrobox"], &["enter"], "n", Command::Program(0), Where::Here),
    way(&["distrobox-enter"], &[], "n", Command::Program(0), Where::Here),
    way(&["flatpak-spawn"], &[], "", Command::Program(0), Where::Here),
    way(&["wsl"], &[], "du", Command::Program(0), Where::Here),
    // Machines and containers of a provider.
    way(&["gcloud"], &["compute", "ssh"], "", Command::Option(&["command"]), Where::Remote),
    way(&["gcloud"], &["compute", "ssh"], "", Command::Line(1), Where::Remote),
    way(&["gcloud"], &["alpha|beta", "compute", "ssh"], "", Command::Option(&["command"]), Where::Remote),
    way(&["gcloud"], &["compute", "tpus", "tpu-vm", "ssh"], "", Command::Option(&["command"]), Where::Remote),
    way(&["aws"], &["ecs", "execute-command"], "", Command::Option(&["command"]), Where::Container),
    way(&["aws"], &["ssm", "send-command|start-session"], "", Command::Option(&["parameters"]), Where::Remote),
    way(&["az"], &["vm|vmss", "run-command", "invoke"], "gn", Command::Option(&["scripts"]), Where::Remote),
    way(&["az"], &["vm|vmss", "run-command", "create"], "gn", Command::Option(&["script"]), Where::Remote),
    way(&["az"], &["aks", "command", "invoke"], "gnc", Command::Option(&["c", "command"]), Where::Remote),
    way(
        &["az"],
        &["container|containerapp", "exec"],
        "gn",
        Command::Option(&["exec-command", "command"]),
        Where::Container,
    ),
    way(&["fly", "flyctl"], &["ssh", "console"], "aCs", Command::Option(&["C", "command"]), Where::Remote),
    way(&["fly", "flyctl"], &["machine", "exec"], "a", Command::Line(1), Where::Remote),
    way(&["heroku"], &["run|run:detached|run:inside|ps:exec"], "asr", Command::Words(0), Where::Remote),
    way(&["railway"], &["ssh"], "pse", Command::Line(0), Where::Remote),
    way(&["eb"], &["ssh"], "c", Command::Option(&["c", "command"]), Where::Remote),
    way(&["doctl"], &["compute", "ssh"], "", Command::Option(&["ssh-command"]), Where::Remote),
    way(&["hcloud"], &["server", "ssh"], "up", Command::Line(1), Where::Remote),
    way(&["render"], &["ssh"], "", Command::Line(1), Where::Remote),
    way(&["cf"], &["ssh"], "ci", Command::Option(&["c", "command"]), Where::Remote),
    way(&["gh"], &["codespace|cs", "ssh"], "cR", Command::Line(0), Where::Remote),
    way(&["coder", "devpod", "gitpod"], &["ssh"], "", Command::Line(1), Where::Remote),
    // Other machines, one or many.
    way(&["docker-machine"], &["ssh"], "", Command::Line(1), Where::Remote),
    way(&["tsh"], &["ssh"], "lip", Command::Line(1), Where::Remote),
    way(&["pdsh", "clush", "dsh", "mpssh"], &[], "wgxlhHutpofeimM", Command::Line(0), Where::Remote),
    way(&["pssh", "parallel-ssh"], &[], "hHlptoeOxA", Command::Line(0), Where::Remote),
    way(&["mussh"], &[], "hHlc", Command::Option(&["c"]), Where::Remote),
    way(&["juju"], &["ssh|exec|run"], "mu", Command::Line(1), Where::Remote),
    way(&["consul"], &["exec"], "", Command::Line(0), Where::Remote),
    way(&["knife"], &["ssh"], "xiPG", Command::Line(1), Where::Remote),
    way(&["bolt"], &["command", "run"], "tu", Command::Line(0), Where::Remote),
    way(&["fab", "fab2"], &[], "Hif", Command::Line(0), Where::Remote),
];

pub(super) fn program(name: &str) -> Option<Program> {
    match name {
        "ansible" => Some(ansible),
        "salt" | "salt-ssh" | "salt-call" => Some(salt),
        _ => knows!(name, WAYS).then_some(goes as Program),
    }
}

fn goes(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    for way in WAYS.iter().filter(|way| way.names.contains(&call.name.as_str())) {
        let Some(options) = behind(way, &call.args) else { continue };
        let live = machine.live;
        machine.live |= is_live(way, &options) || matches!(way.command, Command::Words(_)) && names_app(&call.args);
        let went = goes_by(machine, call, state, way, &options);
        machine.live = live;
        match went {
            Went::There => return,
            Went::Nowhere => break,
            Went::Not => {}
        }
    }
    super::told_by_tables(machine, call, state);
}

/// What became of a call that may be one of a way.
enum Went {
    There,
    Not,
    /// It is of that way, and names no command.
    Nowhere,
}

/// Whether a way leads to production: by the names in its options, or in what stands before the command.
fn is_live(way: &Way, options: &Options) -> bool {
    let before = match way.command {
        Command::Program(skip) | Command::Line(skip) | Command::Words(skip) => {
            options.operands.get(..skip).unwrap_or_default()
        }
        Command::Option(names) => {
            return options.flags.iter().filter(|flag| !names.contains(&flag.name.as_str())).any(speaks_of)
                || options.operands.iter().any(speaks);
        }
    };
    options.flags.iter().any(speaks_of) || before.iter().any(speaks)
}

/// Whether an option names an application of production, wherever it stands.
fn names_app(args: &[Text]) -> bool {
    args.windows(2)
        .any(|pair| matches!(pair[0].shown().as_str(), "-a" | "--app" | "-r" | "--remote") && speaks(&pair[1]))
        || args.iter().any(|arg| arg.prefix().starts_with("--app=") && speaks(arg))
}

fn speaks_of(flag: &Flag) -> bool {
    flag.value.as_ref().is_some_and(speaks)
}

fn goes_by(machine: &mut Machine<'_>, call: &Call, state: &mut State, way: &Way, options: &Options) -> Went {
    let fields = |skip: usize| -> Vec<Text> {
        let words = options.operands.get(skip..).unwrap_or_default();
        words.iter().skip_while(|word| matches!(word.shown().as_str(), "--" | "-e" | "--exec")).cloned().collect()
    };
    let mut lines: Vec<Text> = Vec::new();
    match way.command {
        Command::Program(skip) if fields(skip).is_empty() => return Went::Nowhere,
        Command::Program(skip) => {
            let name = options.operands.first().filter(|_| skip > 0 && way.at == Where::Container).map(Text::shown);
            let own = name.is_some_and(|name| throwaway::was_made(state, &call.name, &name));
            machine.elsewhere(state, if own { Where::Throwaway } else { way.at }, fields(skip));
            return Went::There;
        }
        Command::Words(skip) if fields(skip).len() > 1 => {
            machine.elsewhere(state, way.at, fields(skip));
            return Went::There;
        }
        Command::Line(skip) | Command::Words(skip) => lines.push(joined(&fields(skip))),
        Command::Option(names) => lines.extend(options.values(names).flat_map(|value| listed(&value.encoded()))),
    }
    lines.retain(|line| !line.is_empty());
    for line in &lines {
        run_at(machine, state, way.at, line);
    }
    if lines.is_empty() { Went::Not } else { Went::There }
}

/// What Salt is told to do: a command by `cmd.run`, or a function of its own that does what a command does.
fn salt(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(&call.args, &spec("ELGNCIcbtlp", LONG));
    let here = call.name == "salt-call";
    let Some((function, rest)) = options.operands.get(usize::from(!here)..).and_then(<[Text]>::split_first) else {
        return;
    };
    let command = match function.shown().as_str() {
        "cmd.run" | "cmd.shell" | "cmd.run_all" | "cmd.run_stdout" | "cmd.script" | "cmd.powershell" => "",
        "file.remove" | "file.rmdir" => "rm -rf ",
        "system.reboot" | "system.shutdown" | "system.halt" | "system.poweroff" => "reboot ",
        "service.stop" | "service.disable" => "systemctl disable ",
        "pkg.remove" | "pkg.purge" => "apt-get purge ",
        "user.delete" => "userdel ",
        _ => return,
    };
    let mut line = Text::known(command);
    line.push(&joined(rest));
    run_at(machine, state, if here { Where::Here } else { Where::Remote }, &line);
}

/// Runs a line where it is run.
fn run_at(machine: &mut Machine<'_>, state: &mut State, at: Where, line: &Text) {
    machine.elsewhere(state, at, vec![Text::known("sh"), Text::known("-c"), line.clone()]);
}

/// `ansible PATTERN -m MODULE -a ARGUMENTS`.
fn ansible(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(
        &call.args,
        &spec(
            "miaceftuTBPMl",
            &[
                "module-name=",
                "args=",
                "inventory=",
                "connection=",
                "extra-vars=",
                "forks=",
                "limit=",
                "user=",
                "become-user=",
                "private-key=",
                "become",
            ],
        ),
    );
    if options.is_help() || options.has(&["C", "check", "list-hosts", "syntax-check"]) {
        return;
    }
    let module = options.value(&["m", "module-name"]).map_or_else(|| "command".to_owned(), Text::shown);
    let module = module.rsplit('.').next().unwrap_or_default().to_owned();
    let arguments = options.value(&["a", "args"]).cloned().unwrap_or_default();
    let pattern = options.operands.first().map(Text::shown).unwrap_or_default();
    let here = matches!(pattern.as_str(), "localhost" | "127.0.0.1")
        || options.value(&["c", "connection"]).is_some_and(|by| by.shown() == "local");
    let at = if here { Where::Here } else { Where::Remote };
    let shown = arguments.shown();
    let value = |names: &[&str]| {
        let mut pairs = shown.split(' ').filter_map(|pair| pair.split_once('='));
        pairs.find(|(name, _)| names.contains(name)).map(|(_, value)| value.trim_matches(['"', '\'']).to_owned())
    };
    let is = |wanted: &[&str]| value(&["state"]).is_some_and(|state| wanted.contains(&state.as_str()));
    let name = || value(&["path", "dest", "name", "db", "src"]).unwrap_or_default();
    let code = match module.as_str() {
        "command" | "shell" | "raw" | "win_shell" | "win_command" | "expect" => {
            return run_at(machine, state, at, &arguments);
        }
        "script" => machine.read_file(state, &arguments),
        "lineinfile" | "replace" | "blockinfile" | "copy" if !is(&["absent"]) => {
            let put = ["line=", "replace=", "block=", "content="].iter().find_map(|key| shown.split_once(key));
            let put = put.map_or("", |(_, put)| put);
            return super::texts::loosens(machine, state, &[Text::known(name())], put);
        }
        "file" if is(&["absent"]) => Text::known(format!("rm -rf {}", name())),
        "reboot" | "win_reboot" => Text::known("reboot"),
        "user" if is(&["absent"]) => Text::known(format!("userdel {}", name())),
        "apt" | "yum" | "dnf" | "package" if is(&["absent"]) => Text::known(format!("apt-get remove {}", name())),
        "service" | "systemd" if is(&["stopped"]) => Text::known(format!("systemctl stop {}", name())),
        "postgresql_db" | "mysql_db" if is(&["absent"]) && !throwaway::is_trial(&name()) => {
            return machine.act(Kind::DatabaseDestroy, name());
        }
        device if device.ends_with("_command") => {
            let is_end = |line: &str| {
                holds(line, "write erase|erase startup|reload|request system zeroize|factory-reset|format flash")
            };
            if !throwaway::is_trial(&pattern) && is_end(&shown) {
                machine.act(Kind::ServiceChange, pattern);
            }
            return;
        }
        // What a switch or a router is told, in its own words.
        device if device.ends_with("_config") => {
            let takes = |line: &str| line.trim_start_matches(['"', '\'', ' ', '[']).starts_with("no ");
            let inventory = options.value(&["i", "inventory"]).map(Text::shown).unwrap_or_default();
            let tried = throwaway::is_trial(&inventory) || throwaway::is_trial(&pattern);
            if !tried && shown.split(['=', ',', '\n', ';']).any(takes) {
                machine.act(Kind::ServiceChange, pattern);
            }
            return;
        }
        "lvol" | "lvg" | "filesystem" if is(&["absent"]) => return machine.act(Kind::StorageDestroy, name()),
        _ => return,
    };
    run_at(machine, state, at, &code);
}

/// The options of a call, and its operands behind the words of a way.
fn behind(way: &Way, args: &[Text]) -> Option<Options> {
    let mut whole = read(args, &way.spec);
    for verb in way.verbs {
        let (first, rest) = whole.operands.split_first()?;
        if !verb.split('|').any(|verb| first.shown() == verb) {
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
