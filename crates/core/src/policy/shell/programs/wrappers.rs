//! Programs that run another program: with other rights, elsewhere, later.

use super::super::machine::{Call, Machine};
use super::super::options::{Options, Spec, ordered, read, spec};
use super::super::state::{Files, State, Variable};
use super::super::value::{HOLE, Origin, Text};
use super::Program;
use super::tables::production::speaks;
use crate::policy::effects::{Kind, Where};
use crate::policy::hosts;
use crate::policy::lists::is;
use crate::policy::places::Place;

pub(super) fn program(name: &str) -> Option<Program> {
    Some(match name {
        "sudo" | "doas" | "pkexec" | "run0" | "gsudo" | "sudoedit" => privileged,
        "su" | "runuser" => su,
        "env" => env,
        "watch" => watch,
        "script" | "flock" => with_code,
        "entr" => entr,
        _ if LINED.iter().any(|known| known.name == name) => lines,
        "tmux" | "screen" => terminal,
        "ssh" | "mosh" | "slogin" | "autossh" => ssh,
        "busybox" | "toybox" => applet,
        "at" | "batch" => at,
        "perf" | "py-spy" | "rbspy" => profiled,
        _ if plain(name).is_some() => wrapper,
        _ => return None,
    })
}

/// How the arguments of a plain wrapper are read: its options, and how many operands come before the program.
fn plain(name: &str) -> Option<(Spec, usize)> {
    let (short, long, skip): (&'static str, &'static [&'static str], usize) = match name {
        "nohup" | "setsid" | "catchsegv" | "dbus-run-session" | "faketime" | "eatmydata" | "unbuffer" | "tsocks"
        | "proxychains" | "proxychains4" | "torsocks" | "fakeroot" | "linux32" | "linux64" | "setarch" | "chronic"
        | "ltrace" | "viddy" | "rlwrap" | "winpty" | "with-contenv" | "tini" | "dumb-init" | "catatonit" | "gosu"
        | "su-exec" | "setuidgid" | "s6-setuidgid" | "chpst" | "envdir" | "xvfb-run" | "dbus-launch" | "numactl"
        | "tsp" | "shx" | "retry" | "envchain" | "wait-for-it" | "wait-for-it.sh" | "valgrind" | "foot" | "kitty"
        | "prlimit" | "firejail" | "bwrap" => {
            let skips = matches!(
                name,
                "faketime" | "setarch" | "gosu" | "su-exec" | "setuidgid" | "s6-setuidgid" | "envdir" | "envchain"
            );
            ("", &[], usize::from(skips))
        }
        "sshpass" => ("pfPde", &[], 0),
        "cgexec" => ("g", &[], 0),
        "xterm" | "konsole" | "alacritty" | "gnome-terminal" | "xfce4-terminal" | "urxvt" | "st" => {
            ("nTgbf", &["title=", "geometry=", "working-directory="], 0)
        }
        "start-stop-daemon" => ("pucng", &["pidfile=", "user=", "chuid=", "name=", "chdir="], 0),
        "nice" => ("n", &["adjustment="], 0),
        "ionice" => ("cnpPu", &["class=", "classdata="], 0),
        "chrt" | "taskset" => ("pTPDc", &[], 1),
        "time" | "gtime" => ("fo", &["format=", "output="], 0),
        "timeout" | "gtimeout" => ("ks", &["kill-after=", "signal=", "preserve-status", "foreground"], 1),
        "stdbuf" => ("ioe", &["input=", "output=", "error="], 0),
        "strace" => ("abeEIoOpPsSuUX", &["output=", "trace=", "user="], 0),
        "unshare" => ("SGRw", &["map-user=", "map-group=", "root=", "wd=", "setuid=", "setgid=", "propagation="], 0),
        "nsenter" => ("tSGW", &["target=", "setuid=", "setgid="], 0),
        "chroot" => ("", &["userspec=", "groups="], 1),
        "systemd-run" => (
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
        "systemd-inhibit" | "caffeinate" => ("wt", &["what=", "who=", "why=", "mode="], 0),
        "cpulimit" => ("lp", &["limit="], 0),
        _ => return None,
    };
    Some((ordered(short, long), skip))
}

/// Runs what stands behind a plain wrapper's options.
fn wrapper(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let Some((spec, skip)) = plain(&call.name) else { return };
    let options = read(&call.args, &spec);
    if call.name == "timeout" && options.operands.len() <= skip {
        return;
    }
    let mut fields = options.operands.get(skip..).unwrap_or_default().to_vec();
    while fields.first().is_some_and(|word| matches!(word.shown().as_str(), "--" | "-e" | "-x")) {
        fields.remove(0);
    }
    match fields.as_slice() {
        // One word that is a line: terminals give it to a shell.
        [line] if line.prefix().contains(' ') => machine.code(state, &line.clone(), Vec::new()),
        _ => machine.child(state, fields),
    }
}

/// `perf stat -e cycles -- make test`: behind a verb and its options stands what is run and looked at.
fn profiled(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    const LONG: &[&str] =
        &["event=", "freq=", "pid=", "output=", "count=", "cpu=", "repeat=", "call-graph=", "duration=", "format="];
    let Some((verb, args)) = call.args.split_first() else { return };
    if is(&verb.shown(), "stat|record|trace|top") {
        machine.child(state, read(args, &ordered("eFpotcCrIxf", LONG)).operands);
    }
}

/// A program that is given lines for a shell.
struct Lined {
    name: &'static str,
    spec: Spec,
    /// Options whose values are lines.
    options: &'static [&'static str],
    operands: Operands,
    /// Words of a language of its own behind which a line stands; none where the lines are all there is.
    behind: &'static [&'static str],
}

/// What the operands of such a program are.
enum Operands {
    /// Something else.
    Other,
    /// A line each.
    Lines,
    /// A line each, behind this word.
    LinesBehind(&'static str),
    /// The words of one line.
    Words,
}

const fn lined(name: &'static str, options: &'static [&'static str], operands: Operands) -> Lined {
    let long =
        &["exec=", "command=", "prepare=", "cleanup=", "setup=", "ex=", "eval-command=", "watch=", "exts=", "ext="];
    let ordered = matches!(operands, Operands::Words);
    Lined { name, spec: Spec { short: "xcpsewi", long, ordered, single: false }, options, operands, behind: &[] }
}

const EXPECT: Lined = lined("expect", &["c"], Operands::Other);
const GDB: Lined = lined("gdb", &["ex", "eval-command"], Operands::Other);

const LINED: &[Lined] = &[
    lined("watchexec", &[], Operands::Words),
    lined("hyperfine", &["p", "prepare", "c", "cleanup", "s", "setup"], Operands::Lines),
    lined("concurrently", &[], Operands::Lines),
    lined("nodemon", &["x", "exec"], Operands::Other),
    lined("chokidar", &["c", "command"], Operands::Other),
    lined("asciinema", &["c", "command"], Operands::Other),
    Lined { behind: &["spawn ", "exec "], ..EXPECT },
    Lined { behind: &["shell ", "!"], spec: Spec { single: true, ..GDB.spec }, ..GDB },
    lined("xdotool", &[], Operands::LinesBehind("type")),
    lined("ydotool", &[], Operands::LinesBehind("type")),
    lined("wtype", &[], Operands::Lines),
];

fn lines(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let Some(known) = LINED.iter().find(|known| known.name == call.name) else { return };
    let options = read(&call.args, &known.spec);
    if options.is_help() {
        return;
    }
    if call.name == "expect" {
        super::devices::expects(machine, call, state);
    }
    let operands = options.operands.as_slice();
    let mut lines: Vec<Text> = options.values(known.options).cloned().collect();
    match (&known.operands, operands) {
        (Operands::Lines, _) => lines.extend_from_slice(operands),
        (Operands::LinesBehind(verb), [first, rest @ ..]) if first.shown() == *verb => lines.extend_from_slice(rest),
        (Operands::Words, _) => lines.push(joined(operands)),
        (Operands::LinesBehind(_) | Operands::Other, _) => {}
    }
    for line in lines {
        let behind = known.behind.iter().find(|word| line.prefix().starts_with(**word));
        match (known.behind, behind) {
            (_, Some(word)) => machine.code(state, &line.after(word.len()), Vec::new()),
            ([], None) => machine.code(state, &line, Vec::new()),
            (_, None) => {}
        }
    }
}

/// `entr command`, or `entr -s line`.
fn entr(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(&call.args, &ordered("", &[]));
    match options.operands.first() {
        Some(line) if options.has(&["s"]) => machine.code(state, line, Vec::new()),
        _ => machine.child(state, options.operands),
    }
}

fn privileged(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let spec = ordered(
        "AugpChTrRDtUcaL",
        &[
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
    );
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
    // Whoever makes a machine for this alone has all of its rights anyway.
    if machine.at == Where::Throwaway && !fields.is_empty() && !options.has(&["i", "s", "login", "shell", "e", "edit"])
    {
        return machine.child(state, fields.to_vec());
    }
    let target = options.value(&["u", "user"]).map_or_else(|| "root".to_owned(), Text::shown);
    let is_everyday = assigned == 0 && (super::tables::only_looks(fields) || super::tables::is_simulated(fields))
        || target == "root"
            && options.operands[..assigned].iter().all(is_quieting)
            && ["APT_CONFIG", "LD_PRELOAD"].iter().all(|name| state.variable(name).is_none())
            && super::tables::adds_packages(behind_env(fields));
    let is_everyday = is_everyday || assigned == 0 && target == "root" && gives_back(machine, state, fields);
    if call.name != "pkexec" && !by_hand && is_everyday {
        return machine.child(state, fields.to_vec());
    }
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

/// Whether files of the project are given back to whoever works on it: what a container has written belongs to somebody else.
fn gives_back(machine: &Machine<'_>, state: &State, fields: &[Text]) -> bool {
    let Some((_, args)) = fields.split_first().filter(|(program, _)| program.shown() == "chown") else { return false };
    let options = read(args, &spec("", &[]));
    let Some((owner, files)) = options.operands.split_first() else { return false };
    let is_plain = options.flags.iter().all(|flag| is(&flag.name, "R|recursive|v|verbose|c|h|f"));
    let own = machine.facts.home().map(super::base_name).unwrap_or_default();
    let is_own =
        owner.shown().split([':', '.']).all(|part| part == own || part.chars().all(|char| HOLE.contains(char)));
    let of_project = |file: &Text| machine.path(state, file).is_some_and(|path| machine.place(&path) == Place::Project);
    is_plain && is_own && !files.is_empty() && files.iter().all(of_project)
}

fn is_assignment(word: &Text) -> bool {
    word.prefix().find('=').is_some_and(|at| {
        at > 0 && word.prefix()[..at].bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

/// What stands behind `env` and assignments that only keep a package manager from asking.
fn behind_env(fields: &[Text]) -> &[Text] {
    match fields {
        [first, rest @ ..] if first.shown() == "env" => {
            let quiet = rest.iter().take_while(|word| is_quieting(word)).count();
            &rest[quiet..]
        }
        fields => fields,
    }
}

/// Whether an assignment only keeps a package manager from asking.
fn is_quieting(word: &Text) -> bool {
    const NAMES: &str = "DEBIAN_FRONTEND|DEBCONF_NONINTERACTIVE_SEEN|NEEDRESTART_MODE|NEEDRESTART_SUSPEND|APT_LISTCHANGES_FRONTEND|\
        LC_ALL|LANG|TZ";
    word.prefix().split_once('=').is_some_and(|(name, _)| is(name, NAMES))
}

fn su(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(&call.args, &spec("cgGsuTw", &["command=", "group=", "shell=", "user=", "session-command="]));
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
    let spec = ordered("uCSP", &["unset=", "chdir=", "split-string=", "ignore-environment", "null", "help", "version"]);
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
    Text::line(words.iter().map(Text::quoted))
}

fn watch(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(&call.args, &ordered("nqs", &["interval=", "equexit=", "exec", "help", "version"]));
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
        let options = read(&call.args, &ordered("cehpsStTX", &[]));
        match options.value(&["X"]).map(Text::shown).as_deref() {
            Some("stuff") => options.operands.iter().for_each(|keys| machine.code(state, keys, Vec::new())),
            Some("exec") | None => machine.child(state, options.operands),
            Some(_) => {}
        }
        return;
    }
    let options = read(&call.args, &ordered("cfLST", &[]));
    let Some((command, args)) = options.operands.split_first() else { return };
    let command = command.shown();
    if matches!(command.as_str(), "kill-server") {
        machine.act(Kind::ProcessKill, "tmux server");
    }
    if command.starts_with("send") {
        let options = read(args, &spec("tN", &[]));
        for keys in &options.operands {
            machine.code(state, keys, Vec::new());
        }
        return;
    }
    let options = read(args, &ordered("cdeFfnstxylp", &[]));
    let options = if matches!(command.as_str(), "new-session" | "new") {
        read(args, &ordered("ceFfnstxy", &[]))
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
const SSH: &str = "BbcDEeFIiJLlmOoPpQRSWwM";

/// Commands of a multiplexing `ssh` that only ask or end.
const ASKS: &[&str] = &["check", "exit", "stop", "cancel"];

fn ssh(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    // `-M` takes a value of `autossh` alone.
    let short = if call.name == "autossh" { SSH } else { &SSH[..SSH.len() - 1] };
    let options = read(&call.args, &ordered(short, &[]));
    if options.has(&["V", "Q", "G", "help"]) {
        return;
    }
    let asks = options.value(&["O"]).is_some_and(|command| ASKS.contains(&command.shown().as_str()));
    let forwards = options.values(&["R"]).map(Text::shown).chain(
        options
            .values(&["o"])
            .map(Text::shown)
            .filter(|option| option.to_ascii_lowercase().starts_with("remoteforward")),
    );
    if let Some(forward) = forwards.into_iter().next().filter(|_| !asks) {
        machine.act(Kind::NetExpose, forward);
    }
    for option in options.values(&["o"]).cloned().collect::<Vec<_>>() {
        local_command(machine, state, &option);
    }
    let Some((host, words)) = options.operands.split_first() else { return };
    let has_input = Machine::has_input(state) && !options.has(&["n", "f"]);
    if has_input {
        let origin = machine.input(state, 0).origin().unwrap_or_default();
        let strange = is_unknown(&options) || hosts::is_far(&hosts::host(&host.shown()));
        match words.iter().any(takes_in) {
            true => machine.carries(&host.shown(), origin),
            false if strange => machine.sends(&host.shown(), Origin { packed: false, ..origin }),
            false => machine.hands_over(&host.shown(), origin),
        }
    }
    let outer = (machine.at, state.shell.clone(), state.files.clone());
    machine.at = Where::Remote;
    state.shell.directory = None;
    let live = machine.live;
    machine.live |= speaks(host);
    let code = joined(&words.iter().skip_while(|word| word.shown() == "--").cloned().collect::<Vec<_>>());
    machine.tells_device(host, &code);
    if !code.is_empty() {
        let mut remote = state.clone();
        remote.out = Text::default();
        machine.code(&mut remote, &code, Vec::new());
    } else if has_input {
        let code = machine.input(state, 0);
        machine.code(&mut state.clone(), &code, Vec::new());
    }
    machine.live = live;
    (machine.at, state.shell, state.files) = outer;
    machine.emit(state, 1, Text::hole(Origin::FETCHED));
}

/// Whether a host's key is not to be looked at: it is one that nobody here has met.
fn is_unknown(options: &Options) -> bool {
    options.values(&["o"]).map(|option| option.shown().to_ascii_lowercase().replace([' ', '='], "")).any(|option| {
        matches!(
            option.as_str(),
            "stricthostkeycheckingno" | "stricthostkeycheckingoff" | "userknownhostsfile/dev/null"
        )
    })
}

/// Whether a word of a command is a program that puts what it is given into a database.
fn takes_in(word: &Text) -> bool {
    const CLIENTS: &str = "psql|pg_restore|mysql|mariadb|mongorestore|mongoimport|sqlite3|cockroach|clickhouse-client";
    word.shown().split([' ', ';', '|', '&', '\'', '"']).any(|part| is(super::base_name(part), CLIENTS))
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

fn applet(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    machine.child(state, call.args.clone());
}

fn at(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(&call.args, &spec("fqt", &[]));
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
    pub(super) fn elsewhere(&mut self, state: &mut State, at: Where, fields: Vec<Text>) {
        let outer = (self.at, state.shell.clone(), state.files.clone());
        if at != Where::Here {
            self.at = at;
            state.shell.directory = None;
            state.files = Files::default();
        }
        self.child(state, fields);
        (self.at, state.shell, state.files) = outer;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::facts::NoFacts;

    #[test]
    fn what_is_looked_at_while_it_runs_is_run() {
        for (command, expected) in [
            ("perf stat -r 5 -e cycles -- rm -rf /etc", Some(Kind::FileDelete)),
            ("sudo perf record -g rm -rf /etc", Some(Kind::FileDelete)),
            ("py-spy record -o out.svg -- rm -rf /etc", Some(Kind::FileDelete)),
            ("sudo perf record -F 99 -a -g -- sleep 60", None),
            ("perf report -i rm", None),
        ] {
            let found = crate::policy::shell::analyse(command, &NoFacts).effects;
            assert_eq!(found.first().map(|effect| effect.kind), expected, "{command}");
        }
    }
}
