//! Programs that run another program: with other rights, elsewhere, later, many times.

use super::super::machine::{Call, Machine};
use super::super::options::{Spec, read};
use super::super::state::{State, Stream, Variable};
use super::super::value::{Origin, Text};
use super::Program;
use crate::policy::effects::{Kind, Where};
use crate::policy::places::Place;

pub(super) fn program(name: &str) -> Option<Program> {
    Some(match name {
        "sudo" | "doas" | "pkexec" | "run0" | "gsudo" | "sudoedit" => privileged,
        "su" | "runuser" => su,
        "env" => env,
        "xargs" | "gxargs" => xargs,
        "parallel" => parallel,
        "watch" => watch,
        "script" | "flock" => with_code,
        "tmux" | "screen" => terminal,
        "ssh" | "mosh" | "slogin" => ssh,
        "docker" | "podman" | "nerdctl" => container,
        "kubectl" | "oc" => cluster,
        "busybox" | "toybox" => applet,
        "at" | "batch" => at,
        _ if spec(name).is_some() => wrapper,
        _ => return None,
    })
}

/// How the arguments of a plain wrapper are read: its options, and how many operands come before the program.
fn spec(name: &str) -> Option<(Spec, usize)> {
    let plain = |short: &'static str, long: &'static [&'static str], skip: usize| {
        Some((Spec { short, long, ordered: true, single: false }, skip))
    };
    match name {
        "nohup" | "setsid" | "catchsegv" | "dbus-run-session" | "faketime" | "eatmydata" | "unbuffer" | "tsocks"
        | "proxychains" | "proxychains4" | "torsocks" | "fakeroot" | "linux32" | "linux64" | "setarch" | "chronic"
        | "ltrace" | "viddy" | "entr" | "rlwrap" | "winpty" | "with-contenv" => {
            plain("", &[], usize::from(matches!(name, "faketime" | "setarch")))
        }
        "nice" => plain("n", &["adjustment="], 0),
        "ionice" => plain("cnpPu", &["class=", "classdata="], 0),
        "chrt" | "taskset" => plain("pTPDc", &[], 1),
        "time" | "gtime" => plain("fo", &["format=", "output="], 0),
        "timeout" | "gtimeout" => plain("ks", &["kill-after=", "signal=", "preserve-status", "foreground"], 1),
        "stdbuf" => plain("ioe", &["input=", "output=", "error="], 0),
        "strace" => plain("abeEIoOpPsSuUX", &["output=", "trace=", "user="], 0),
        "unshare" => {
            plain("SGRw", &["map-user=", "map-group=", "root=", "wd=", "setuid=", "setgid=", "propagation="], 0)
        }
        "nsenter" => plain("tSGW", &["target=", "setuid=", "setgid="], 0),
        "chroot" => plain("", &["userspec=", "groups="], 1),
        "systemd-run" => plain(
            "ptuEHM",
            &[
                "unit=",
                "property=",
                "slice=",
                "description=",
                "setenv=",
                "uid=",
                "gid=",
                "working-directory=",
                "on-active=",
                "on-calendar=",
                "on-boot=",
                "service-type=",
                "machine=",
                "host=",
                "nice=",
            ],
            0,
        ),
        "systemd-inhibit" | "caffeinate" => plain("wt", &["what=", "who=", "why=", "mode="], 0),
        "cpulimit" => plain("lp", &["limit="], 0),
        "prlimit" => plain("", &[], 0),
        "firejail" | "bwrap" => plain("", &[], 0),
        "uv" | "poetry" | "pipenv" | "pdm" | "rye" | "hatch" | "conda" | "mamba" | "bundle" | "direnv" | "op"
        | "doppler" | "aws-vault" | "infisical" | "nix" => None,
        _ => None,
    }
}

/// Runs what stands behind a plain wrapper's options.
fn wrapper(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let Some((spec, skip)) = spec(&call.name) else { return };
    let options = read(&call.args, &spec);
    if call.name == "timeout" && options.operands.len() <= skip {
        return;
    }
    machine.child(state, options.operands.get(skip..).unwrap_or_default().to_vec());
}

fn privileged(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let spec = Spec {
        short: "AugpChTrRDtUcaL",
        long: &[
            "user=",
            "group=",
            "prompt=",
            "host=",
            "close-from=",
            "chdir=",
            "chroot=",
            "role=",
            "type=",
            "other-user=",
            "background=",
            "setenv=",
        ],
        ordered: true,
        single: false,
    };
    let spec = if call.name == "sudo" { Spec { short: "ugpChTrRDtU", ..spec } } else { spec };
    let options = read(&call.args, &spec);
    if options.has(&["V", "version", "help", "l", "list", "v", "validate", "k", "K"]) {
        return;
    }
    let assigned = options.operands.iter().take_while(|word| is_assignment(word)).count();
    // A password that is given by a script is one that somebody wrote there.
    let by_hand =
        options.has(&["S", "stdin", "A", "askpass", "i", "s", "login", "shell", "e", "edit", "b", "background"]);
    let fields = options.operands.get(assigned..).unwrap_or_default();
    if call.name != "pkexec" && !by_hand && assigned == 0 && super::tables::only_looks(fields) {
        return machine.child(state, fields.to_vec());
    }
    let target = options.value(&["u", "user"]).map_or_else(|| "root".to_owned(), Text::shown);
    machine.note(Kind::PrivilegeGain, target, Place::Unknown, false, Origin::UNKNOWN);
    let mut fields = fields.to_vec();
    if call.name == "sudoedit" || options.has(&["e", "edit"]) {
        return;
    }
    if fields.is_empty() {
        fields = vec![Text::known("sh")];
    } else if options.has(&["i", "s", "login", "shell"]) {
        let code = joined(&fields);
        return machine.code(state, &code, Vec::new());
    }
    machine.child(state, fields);
}

fn is_assignment(word: &Text) -> bool {
    word.prefix().find('=').is_some_and(|at| {
        at > 0 && word.prefix()[..at].bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

fn su(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(
        &call.args,
        &Spec {
            short: "cgGsuTw",
            long: &["command=", "group=", "shell=", "user=", "session-command="],
            ..Spec::default()
        },
    );
    machine.note(Kind::PrivilegeGain, "root".to_owned(), Place::Unknown, false, Origin::UNKNOWN);
    if let Some(code) = options.value(&["c", "command", "session-command"]).cloned() {
        return machine.code(state, &code, Vec::new());
    }
    let from = options.literal_from.filter(|_| call.name == "runuser");
    match from.and_then(|from| options.operands.get(from..)) {
        Some(fields) if !fields.is_empty() => machine.child(state, fields.to_vec()),
        _ => machine.child(state, vec![Text::known("sh")]),
    }
}

fn env(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let spec = Spec {
        short: "uCSP",
        long: &["unset=", "chdir=", "split-string=", "ignore-environment", "null", "help", "version"],
        ordered: true,
        single: false,
    };
    let options = read(&call.args, &spec);
    if options.is_help() {
        return;
    }
    let mut fields = options.operands.clone();
    if let Some(line) = options.value(&["S", "split-string"]) {
        let mut words = line.split(&[' ', '\t', '\n']);
        words.append(&mut fields);
        fields = words;
    }
    let clears = options.has(&["i", "ignore-environment"]) || fields.first().is_some_and(|first| first.shown() == "-");
    let shell = state.shell.clone();
    if clears {
        state.shell.cleared = true;
        for variable in state.shell.variables.values_mut() {
            variable.exported = false;
        }
    }
    if let Some(folder) = options.value(&["C", "chdir"]) {
        state.shell.directory = machine.path(state, folder);
    }
    let mut at = usize::from(fields.first().is_some_and(|first| first.shown() == "-"));
    while let Some(word) = fields.get(at).filter(|word| is_assignment(word)) {
        let equals = word.prefix().find('=').unwrap_or(0);
        if !fields.iter().any(|field| field.shown().contains("hookrail")) {
            machine.sets(&word.prefix()[..equals]);
        }
        let variable = Variable { exported: true, ..Variable::of(word.after(equals + 1)) };
        state.shell.variables.set(&word.prefix()[..equals], variable);
        at += 1;
    }
    if at >= fields.len() {
        let origin = if clears { Origin::UNKNOWN } else { Origin::SECRET };
        machine.emit(state, 1, Text::hole(origin));
    } else {
        machine.child(state, fields.split_off(at));
    }
    state.shell = shell;
}

/// Words as one line, as programs join them that give it to a shell.
pub(super) fn joined(words: &[Text]) -> Text {
    let mut line = Text::default();
    for (at, word) in words.iter().enumerate() {
        if at > 0 {
            line.push_known(" ", false);
        }
        line.push(&word.quoted());
    }
    line
}

fn xargs(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let spec = Spec {
        short: "aEIJLnPdsRS",
        long: &[
            "arg-file=",
            "delimiter=",
            "eof?",
            "replace?",
            "max-lines?",
            "max-args=",
            "max-procs=",
            "max-chars=",
            "process-slot-var=",
            "no-run-if-empty",
            "null",
            "interactive",
            "help",
            "version",
        ],
        ordered: true,
        single: false,
    };
    let options = read(&call.args, &spec);
    if options.is_help() {
        return;
    }
    let input = match options.value(&["a", "arg-file"]) {
        Some(file) => machine.read_file(state, &file.clone()),
        None => machine.input(state, 0),
    };
    if input.is_empty() && options.has(&["r", "no-run-if-empty"]) {
        return;
    }
    let mut fields = if options.operands.is_empty() { vec![Text::known("echo")] } else { options.operands.clone() };
    let replaced = options
        .value(&["I", "J", "replace"])
        .map(Text::shown)
        .or_else(|| options.has(&["replace", "i"]).then(|| "{}".to_owned()));
    match replaced {
        Some(word) => {
            let line = input.without_final_lines();
            fields = fields.iter().map(|field| field.replaced(&word, &line)).collect();
        }
        None => fields.extend(input.split(&[' ', '\t', '\n']).iter().map(Text::quoted)),
    }
    let outer = state.stream(0);
    state.set_stream(0, Stream::Null);
    machine.child(state, fields);
    state.set_stream(0, outer);
}

fn parallel(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let separator = call.args.iter().position(|arg| matches!(arg.shown().as_str(), ":::" | "::::" | ":::+"));
    let options = read(
        &call.args[..separator.unwrap_or(call.args.len())],
        &Spec {
            short: "jSnNLaIPdC",
            long: &[
                "jobs=",
                "sshlogin=",
                "max-args=",
                "arg-file=",
                "delay=",
                "timeout=",
                "retries=",
                "joblog=",
                "results=",
                "colsep=",
                "tagstring=",
            ],
            ordered: true,
            single: false,
        },
    );
    let values: Vec<Text> = match separator {
        Some(at) => call.args[at + 1..].to_vec(),
        None => machine.input(state, 0).split(&['\n']),
    };
    let code = joined(&options.operands);
    if code.is_empty() {
        for value in &values {
            machine.code(state, value, Vec::new());
        }
        return;
    }
    let has_place = code.encoded().contains("{}");
    for value in values.iter().take(8) {
        let mut line = code.replaced("{}", value);
        if !has_place {
            line.push_known(" ", false);
            line.push(&value.quoted());
        }
        machine.code(state, &line, Vec::new());
    }
}

fn watch(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(
        &call.args,
        &Spec {
            short: "nqs",
            long: &["interval=", "equexit=", "exec", "help", "version"],
            ordered: true,
            single: false,
        },
    );
    if options.has(&["x", "exec"]) {
        machine.child(state, options.operands);
    } else {
        machine.code(state, &joined(&options.operands), Vec::new());
    }
}

fn with_code(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(
        &call.args,
        &Spec {
            short: "cwEIOBTmo",
            long: &["command=", "timeout=", "wait=", "conflict-exit-code="],
            ordered: call.name == "flock",
            single: false,
        },
    );
    if let Some(code) = options.value(&["c", "command"]).cloned() {
        return machine.code(state, &code, Vec::new());
    }
    if call.name == "flock" {
        let mut fields = options.operands.get(1..).unwrap_or_default().to_vec();
        if let [flag, code, ..] = fields.as_slice()
            && matches!(flag.shown().as_str(), "-c" | "--command")
        {
            let code = code.clone();
            return machine.code(state, &code, Vec::new());
        }
        machine.child(state, std::mem::take(&mut fields));
    }
}

fn terminal(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    if call.name == "screen" {
        let options = read(&call.args, &Spec { short: "cehpsStTX", ordered: true, ..Spec::default() });
        return machine.child(state, options.operands);
    }
    let options = read(&call.args, &Spec { short: "cfLST", ordered: true, ..Spec::default() });
    let Some((command, args)) = options.operands.split_first() else { return };
    let command = command.shown();
    if matches!(command.as_str(), "kill-server") {
        machine.act(Kind::ProcessKill, "tmux server");
    }
    if command.starts_with("send") {
        let options = read(args, &Spec { short: "tN", ..Spec::default() });
        for keys in &options.operands {
            machine.code(state, keys, Vec::new());
        }
        return;
    }
    let options = read(args, &Spec { short: "cdeFfnstxylp", ordered: true, ..Spec::default() });
    let options = if matches!(command.as_str(), "new-session" | "new") {
        read(args, &Spec { short: "ceFfnstxy", ordered: true, ..Spec::default() })
    } else {
        options
    };
    match options.operands.as_slice() {
        [] => {}
        [code] => machine.code(state, &code.clone(), Vec::new()),
        fields => machine.child(state, fields.to_vec()),
    }
}

/// Options of `ssh` that take a value.
const SSH: &str = "BbcDEeFIiJLlmOoPpQRSWw";

fn ssh(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(&call.args, &Spec { short: SSH, ordered: true, ..Spec::default() });
    if options.has(&["V", "Q", "G", "help"]) {
        return;
    }
    for option in options.values(&["o"]).cloned().collect::<Vec<_>>() {
        local_command(machine, state, &option);
    }
    let Some((host, words)) = options.operands.split_first() else { return };
    let has_input = Machine::has_input(state) && !options.has(&["n", "f"]);
    if has_input {
        let input = machine.input(state, 0);
        machine.sends(&host.shown(), input.origin().unwrap_or_default());
    }
    let outer = (machine.at, state.shell.clone(), state.files.clone());
    machine.at = Where::Remote;
    state.shell.directory = None;
    let code = joined(words);
    if !code.is_empty() {
        let mut remote = state.clone();
        remote.out = Text::default();
        machine.code(&mut remote, &code, Vec::new());
    } else if has_input {
        let code = machine.input(state, 0);
        machine.code(&mut state.clone(), &code, Vec::new());
    }
    (machine.at, state.shell, state.files) = outer;
    machine.emit(state, 1, Text::hole(Origin::FETCHED));
}

/// The command that an option of `ssh` makes it run on this machine.
pub(super) fn local_command(machine: &mut Machine<'_>, state: &mut State, option: &Text) {
    let known = option.prefix();
    let lower = known.to_ascii_lowercase();
    for name in ["proxycommand", "localcommand", "knownhostscommand"] {
        if let Some(rest) = lower.strip_prefix(name)
            && rest.starts_with(['=', ' '])
        {
            let code = option.after(name.len() + 1);
            machine.code(state, &code, Vec::new());
        }
    }
}

fn container(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(
        &call.args,
        &Spec { short: "cHl", long: &["context=", "host=", "config=", "log-level="], ordered: true, single: false },
    );
    let Some((command, args)) = options.operands.split_first() else { return };
    let spec = Spec {
        short: "aceghklmpuvw",
        long: &[
            "name=",
            "volume=",
            "mount=",
            "env=",
            "env-file=",
            "workdir=",
            "user=",
            "network=",
            "publish=",
            "entrypoint=",
            "platform=",
            "memory=",
            "cpus=",
            "hostname=",
            "label=",
            "add-host=",
            "device=",
            "cap-add=",
            "cap-drop=",
            "security-opt=",
            "pid=",
            "ipc=",
            "userns=",
            "restart=",
            "gpus=",
            "shm-size=",
            "tmpfs=",
            "ulimit=",
            "dns=",
            "log-driver=",
            "privileged",
            "rm",
            "detach",
            "interactive",
            "tty",
            "pull=",
            "init",
            "expose=",
            "group-add=",
            "detach-keys=",
        ],
        ordered: true,
        single: false,
    };
    match command.shown().as_str() {
        "exec" => {
            let options = read(args, &spec);
            machine.elsewhere(state, Where::Container, options.operands.get(1..).unwrap_or_default().to_vec());
        }
        "run" | "create" => {
            let options = read(args, &spec);
            escapes(machine, &options);
            let mounts_root = options.values(&["v", "volume"]).any(|volume| volume.shown().starts_with("/:"));
            let mut fields = options.operands.get(1..).unwrap_or_default().to_vec();
            if let Some(entry) = options.value(&["entrypoint"]) {
                fields.insert(0, entry.clone());
            }
            // A home or a system mounted somewhere is meant where that is.
            let mut at = if mounts_root { Where::Here } else { Where::Throwaway };
            for volume in options.values(&["v", "volume"]).map(Text::shown) {
                let mut parts = volume.split(':');
                let (Some(from), Some(to)) = (parts.next(), parts.next()) else { continue };
                let is_whole = matches!(machine.place(from.trim_end_matches('/')), Place::Home | Place::System);
                if from.len() > 1 && to.len() > 1 && from.starts_with('/') && is_whole {
                    let from = Text::known(from);
                    fields = fields.iter().map(|field| field.replaced(to, &from)).collect();
                    at = Where::Here;
                }
            }
            machine.elsewhere(state, at, fields);
        }
        "compose" => {
            let compose = Spec {
                short: "fp",
                long: &["file=", "project-name=", "profile=", "env-file=", "project-directory="],
                ordered: true,
                single: false,
            };
            let options = read(args, &compose);
            match options.operands.split_first() {
                Some((verb, rest)) if matches!(verb.shown().as_str(), "exec" | "run") => {
                    let options = read(rest, &spec);
                    let fields = options.operands.get(1..).unwrap_or_default().to_vec();
                    machine.elsewhere(state, Where::Container, fields);
                }
                _ => {
                    // The table knows the commands as they are without the options before them.
                    let args = std::iter::once(command.clone()).chain(options.operands.iter().cloned()).collect();
                    super::tables::table(machine, &Call { name: call.name.clone(), args }, state);
                }
            }
        }
        _ => super::tables::table(machine, call, state),
    }
}

/// What gives a container power over the machine it runs on.
fn escapes(machine: &mut Machine<'_>, options: &super::super::options::Options) {
    let shown = |names: &[&str]| -> Vec<String> { options.values(names).map(Text::shown).collect() };
    let mut ways: Vec<String> = Vec::new();
    if options.has(&["privileged"]) {
        ways.push("--privileged".to_owned());
    }
    ways.extend(shown(&["v", "volume"]).into_iter().filter(|volume| {
        let source = volume.split(':').next().unwrap_or_default();
        matches!(
            source,
            "/" | "/etc" | "/root" | "/var/run/docker.sock" | "/run/docker.sock" | "/proc" | "/sys" | "/boot" | "/dev"
        )
    }));
    ways.extend(
        shown(&["mount"])
            .into_iter()
            .filter(|mount| mount.contains("source=/,") || mount.contains("src=/,") || mount.contains("docker.sock")),
    );
    ways.extend(
        shown(&["cap-add"])
            .into_iter()
            .filter(|cap| cap.eq_ignore_ascii_case("all") || cap.to_uppercase().contains("SYS_ADMIN")),
    );
    ways.extend(shown(&["pid"]).into_iter().filter(|pid| pid == "host").map(|_| "--pid=host".to_owned()));
    for way in ways {
        machine.act(Kind::ContainerEscape, way);
    }
}

fn cluster(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let separator = call.args.iter().position(|arg| arg.shown() == "--");
    if let (Some("exec"), Some(at)) =
        (call.args.iter().find(|arg| !arg.prefix().starts_with('-')).map(Text::shown).as_deref(), separator)
    {
        return machine.elsewhere(state, Where::Container, call.inner(at + 1));
    }
    super::tables::table(machine, call, state);
}

fn applet(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    machine.child(state, call.args.clone());
}

fn at(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(&call.args, &Spec { short: "fqt", ..Spec::default() });
    if options.has(&["l", "d", "r", "c"]) {
        return;
    }
    let code = match options.value(&["f"]) {
        Some(file) => machine.read_file(state, &file.clone()),
        None => machine.input(state, 0),
    };
    machine.code(state, &code, Vec::new());
}

impl Machine<'_> {
    /// Runs a program where this machine's files are not.
    fn elsewhere(&mut self, state: &mut State, at: Where, fields: Vec<Text>) {
        let outer = (self.at, state.shell.clone(), state.files.clone());
        if at != Where::Here {
            self.at = at;
            state.shell.directory = None;
            state.files.clear();
        }
        self.child(state, fields);
        (self.at, state.shell, state.files) = outer;
    }
}
