//! Tools of containers and clusters: what they run in one, and what else a table tells.

use super::super::machine::{Call, Machine};
use super::super::options::{Options, Spec, ordered, read, spec};
use super::super::state::State;
use super::super::value::{Origin, Text};
use super::Program;
use super::tables::production::{is_production, is_there, speaks};
use super::tables::throwaway;
use crate::policy::effects::{Kind, Where};
use crate::policy::places::Place;

pub(super) fn program(name: &str) -> Option<Program> {
    Some(match name {
        "docker" | "podman" | "nerdctl" => container,
        "docker-compose" | "podman-compose" => compose,
        "kubectl" | "oc" | "k3s" | "microk8s" => cluster,
        _ => return None,
    })
}

/// Options of an engine before its command.
const ENGINE: &[&str] = &[
    "context=",
    "host=",
    "config=",
    "log-level=",
    "namespace=",
    "address=",
    "connection=",
    "url=",
    "identity=",
    "tlscacert=",
    "tlscert=",
    "tlskey=",
    "root=",
];

/// Options of the commands that run something in a container.
const INNER: Spec = ordered(
    "aceghklmpuvw",
    &[
        "name=",
        "volume=",
        "mount=",
        "env=",
        "env-file=",
        "workdir=",
        "user=",
        "network=",
        "net=",
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
        "volumes-from=",
        "pod=",
        "health-cmd=",
        "health-interval=",
        "health-timeout=",
        "health-retries=",
        "health-start-period=",
        "stop-timeout=",
        "stop-signal=",
        "log-opt=",
        "network-alias=",
        "ip=",
        "link=",
        "memory-swap=",
        "cpuset-cpus=",
        "pids-limit=",
        "runtime=",
        "sysctl=",
        "cidfile=",
        "annotation=",
        "cgroupns=",
        "dns-search=",
        "storage-opt=",
        "oom-score-adj=",
        "detach-keys=",
    ],
);

/// Options of `compose` before its command.
const COMPOSE: Spec = ordered("fp", &["file=", "project-name=", "profile=", "env-file=", "project-directory="]);

fn container(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let whole = read(&call.args, &ordered(if call.name == "nerdctl" { "aHn" } else { "cHl" }, ENGINE));
    let Some((mut command, mut args)) = whole.operands.split_first() else { return };
    // `docker container exec` is the same as `docker exec`.
    if let ("container", Some((inner, rest))) = (command.shown().as_str(), args.split_first())
        && matches!(inner.shown().as_str(), "exec" | "run" | "create")
    {
        (command, args) = (inner, rest);
    }
    match command.shown().as_str() {
        "exec" => enters(machine, state, &whole, args),
        verb @ ("run" | "create") => {
            if let Some(name) = starts(machine, state, &call.name, args, verb == "create") {
                machine.emit(state, 1, Text::known(name));
            }
        }
        "compose" => {
            if starts_project(args) && is_there(machine, state, "docker", &whole) {
                machine.act(Kind::CloudDeploy, "a project of containers");
            }
            let (live, in_project) = (machine.live, machine.in_project);
            machine.live |= names_production(&whole);
            machine.in_project = is_here(&whole);
            project_command(machine, state, args);
            (machine.live, machine.in_project) = (live, in_project);
        }
        verb if is_list(verb, args) && lists_trials(args) => {
            machine.emit(state, 1, Text::hole(Origin { trial: true, ..Origin::UNKNOWN }));
        }
        _ => super::tables::table(machine, call, state),
    }
}

/// Whether a command of `compose` starts a project, or starts it again.
fn starts_project(args: &[Text]) -> bool {
    let verb = read(args, &COMPOSE).operands.first().map(Text::shown);
    verb.is_some_and(|verb| matches!(verb.as_str(), "up" | "restart"))
}

/// Whether a command of an engine lists what there is: containers, images, volumes.
fn is_list(verb: &str, args: &[Text]) -> bool {
    let lists = || args.first().is_some_and(|inner| matches!(inner.shown().as_str(), "ls" | "list" | "ps"));
    matches!(verb, "ps" | "images") || matches!(verb, "container" | "image" | "volume" | "network" | "pod") && lists()
}

/// Whether a list has nothing but what is of tests, by a name or a label.
fn lists_trials(args: &[Text]) -> bool {
    let options = read(args, &spec("fn", &["filter=", "format=", "last="]));
    options.values(&["f", "filter"]).any(|filter| throwaway::is_trial(&filter.shown()))
}

/// Runs a program in a container that is there.
fn enters(machine: &mut Machine<'_>, state: &mut State, whole: &Options, args: &[Text]) {
    let options = read(args, &INNER);
    let outer = state.shell.variables.clone();
    is_told(state, &options);
    let name = options.operands.first().map(Text::shown).unwrap_or_default();
    let own = throwaway::is_trial(&name) || throwaway::was_made(state, INSIDE, &name);
    let at = if own { Where::Throwaway } else { Where::Container };
    let (live, in_project) = (machine.live, machine.in_project);
    machine.live |= names_production(whole) || is_production(&name);
    machine.in_project = is_here(whole) && !machine.live && throwaway::is_developed(&name);
    machine.elsewhere(state, at, options.operands.get(1..).unwrap_or_default().to_vec());
    (machine.live, machine.in_project) = (live, in_project);
    state.shell.variables = outer;
}

/// Sets the variables that a program in a container is given: `-e RAILS_ENV=test`.
fn is_told(state: &mut State, options: &Options) {
    for told in options.values(&["e", "env"]) {
        if let Some((name, _)) = told.prefix().split_once('=') {
            state.assign(name, vec![told.after(name.len() + 1)], false);
            state.shell.variables.get_mut(name).into_iter().for_each(|variable| variable.exported = true);
        }
    }
}

/// Makes a container and runs a program in it; gives the name that is printed, where one is.
fn starts(
    machine: &mut Machine<'_>,
    state: &mut State,
    engine: &str,
    args: &[Text],
    only_made: bool,
) -> Option<String> {
    let options = read(args, &INNER);
    escapes(machine, &options);
    let mut fields = options.operands.get(1..).unwrap_or_default().to_vec();
    if let Some(entry) = options.value(&["entrypoint"]) {
        fields.insert(0, entry.clone());
    }
    let shares_network =
        options.values(&["network", "net"]).map(Text::shown).any(|net| net == "host" || net.starts_with("container:"));
    let at = mounted(machine, &options, &mut fields);
    let outer = (std::mem::replace(&mut machine.shares_network, shares_network), state.shell.variables.clone());
    is_told(state, &options);
    machine.elsewhere(state, at, fields);
    (machine.shares_network, state.shell.variables) = outer;
    // The name it is given, or the one that is printed, is known to belong to this script.
    let name = options.value(&["name"]).map_or_else(|| "made-container".to_owned(), Text::shown);
    throwaway::made(state, engine, &name);
    if !shares_network && !keeps_data(machine, state, engine, &options) {
        throwaway::made(state, INSIDE, &name);
        for published in options.values(&["p", "publish"]).map(Text::shown) {
            // `5433:5432`, `127.0.0.1:5433:5432/tcp`
            if let Some((port, _)) = published.rsplit_once(':') {
                throwaway::publishes(state, port.rsplit(':').next().unwrap_or_default());
            }
        }
    }
    (only_made || options.has(&["d", "detach"])).then_some(name)
}

/// Where a program in a new container works: a home or a system mounted somewhere is meant where that is.
fn mounted(machine: &Machine<'_>, options: &Options, fields: &mut [Text]) -> Where {
    let mut at = Where::Throwaway;
    for volume in options.values(&["v", "volume"]).map(Text::shown) {
        if volume.starts_with("/:") {
            at = Where::Here;
        }
        let mut parts = volume.split(':');
        let (Some(from), Some(to)) = (parts.next(), parts.next()) else { continue };
        let is_whole = matches!(machine.place(from.trim_end_matches('/')), Place::Home | Place::System);
        if from.len() > 1 && to.len() > 1 && from.starts_with('/') && is_whole {
            let from = Text::known(from);
            fields.iter_mut().for_each(|field| *field = field.replaced(to, &from));
            at = Where::Here;
        }
    }
    at
}

/// `docker compose`: what is done in the containers of a project, or to all of them.
fn project_command(machine: &mut Machine<'_>, state: &mut State, args: &[Text]) {
    let options = read(args, &COMPOSE);
    let verb = options.operands.first().map(Text::shown).unwrap_or_default();
    let named = project(machine, state, &options);
    let own = named.as_ref().is_some_and(|name| throwaway::was_made(state, PROJECT, name));
    match verb.as_str() {
        "exec" | "run" => {
            let inner = read(&options.operands[1..], &INNER);
            let project = options.value(&["p", "project-name"]).or(options.value(&["f", "file"]));
            let is_trial =
                own || inner.operands.first().into_iter().chain(project).any(|name| throwaway::is_trial(&name.shown()));
            let fields = inner.operands.get(1..).unwrap_or_default().to_vec();
            machine.live |= names_production(&options);
            machine.in_project &= !machine.live && machine.at == Where::Here;
            let outer = state.shell.variables.clone();
            is_told(state, &inner);
            machine.elsewhere(state, if is_trial { Where::Throwaway } else { Where::Container }, fields);
            state.shell.variables = outer;
        }
        "up" | "create" => {
            let name = named.filter(|name| !throwaway::is_lasting(name));
            name.iter().for_each(|name| throwaway::made(state, PROJECT, name));
        }
        "down" | "rm" | "stop" | "kill" if own => {}
        _ => {
            let name = "docker-compose".to_owned();
            super::tables::table(machine, &Call { name, args: args.to_vec() }, state);
        }
    }
}

/// Whether an engine is this machine's own, as far as a call tells.
fn is_here(whole: &Options) -> bool {
    !whole.has(&["context", "c", "host", "H", "connection", "url"])
}

/// Whether an option of a call names production: a context, a namespace, an engine.
fn names_production(options: &Options) -> bool {
    options.flags.iter().filter_map(|flag| flag.value.as_ref()).any(speaks)
}

/// Under what it is kept which containers are the script's with all that is in them, and which projects of `compose` it started
/// by a name that it chose.
const INSIDE: &str = "inside";
const PROJECT: &str = "project";

/// The name that a project of `compose` is given.
fn project(machine: &Machine<'_>, state: &State, options: &Options) -> Option<String> {
    let named = options.value(&["p", "project-name"]).map(Text::shown);
    let file = || options.value(&["f", "file"]).map(Text::shown).filter(|file| is_of_its_own(file));
    named.or_else(|| throwaway::variable(machine, state, "COMPOSE_PROJECT_NAME")).or_else(file)
}

/// Whether a file of `compose` is for one occasion: not the project's, nor the one by which everybody develops.
fn is_of_its_own(file: &str) -> bool {
    const EVERYDAY: &[&str] = &["docker-compose.y", "compose.y", "docker-compose.override", "compose.override"];
    let of_everyday = |word: &str| matches!(word, "dev" | "develop" | "development" | "local");
    !EVERYDAY.iter().any(|name| file.trim_start_matches("./").starts_with(name))
        && !file.split(|char: char| !char.is_ascii_alphanumeric()).any(of_everyday)
}

/// Whether a container writes to what was there before it: a volume with a name, a folder that is no source of the project.
fn keeps_data(machine: &Machine<'_>, state: &State, engine: &str, options: &Options) -> bool {
    let volumes = options.values(&["v", "volume"]).any(|volume| {
        let shown = volume.shown();
        let mut parts = shown.split(':');
        let (Some(from), Some(_)) = (parts.next(), parts.next()) else { return false };
        !parts.next().is_some_and(|mode| mode.split(',').any(|mode| mode == "ro"))
            && is_kept(machine, state, engine, from)
    });
    let mounts = options.values(&["mount"]).any(|mount| {
        let shown = mount.shown();
        let read_only = shown.split(',').any(|part| matches!(part, "readonly" | "ro" | "readonly=true" | "type=tmpfs"));
        let from = shown.split(',').find_map(|part| part.strip_prefix("source=").or(part.strip_prefix("src=")));
        !read_only && from.is_some_and(|from| is_kept(machine, state, engine, from))
    });
    volumes || mounts || options.has(&["volumes-from"])
}

fn is_kept(machine: &Machine<'_>, state: &State, engine: &str, from: &str) -> bool {
    if throwaway::is_trial(from) || throwaway::was_made(state, engine, from) {
        return false;
    }
    let is_folder = from.contains('/') || from.starts_with('.');
    let place = machine.path(state, &Text::known(from)).map(|path| machine.place(&path));
    !is_folder || !matches!(place, Some(Place::Temporary | Place::ProjectRoot))
}

/// What gives a container power over the machine it runs on.
fn escapes(machine: &mut Machine<'_>, options: &Options) {
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

/// `docker-compose`, which is `docker compose` by an older name.
fn compose(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let name = call.name.trim_end_matches("-compose").to_owned();
    let args = std::iter::once(Text::known("compose")).chain(call.args.iter().cloned()).collect();
    container(machine, &Call { name, args }, state);
}

fn cluster(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let spec = ordered(
        "nscfl",
        &[
            "namespace=",
            "context=",
            "cluster=",
            "kubeconfig=",
            "server=",
            "user=",
            "token=",
            "as=",
            "as-group=",
            "container=",
            "filename=",
            "request-timeout=",
            "pod-running-timeout=",
            "image=",
            "overrides=",
            "address=",
            "accept-hosts=",
            "stdin",
            "tty",
            "quiet",
        ],
    );
    let mut args = call.args.as_slice();
    let inner = matches!(call.name.as_str(), "k3s" | "microk8s");
    if let Some((first, rest)) = args.split_first().filter(|_| inner) {
        if first.shown() != "kubectl" {
            return;
        }
        args = rest;
    }
    let known = Call { name: if inner { "kubectl".to_owned() } else { call.name.clone() }, args: args.to_vec() };
    let options = read(args, &spec);
    let Some((verb, rest)) = options.operands.split_first() else { return };
    let behind = |from: &[Text]| from.iter().position(|word| word.shown() == "--").map(|at| from[at + 1..].to_vec());
    match verb.shown().as_str() {
        "exec" => {
            let inner = read(rest, &spec);
            let pod = inner.operands.first().map(Text::shown).unwrap_or_default();
            let fields =
                behind(rest).unwrap_or_else(|| read(inner.operands.get(1..).unwrap_or_default(), &spec).operands);
            let live = machine.live;
            machine.live |= names_production(&options) || names_production(&inner) || is_production(&pod);
            machine.elsewhere(
                state,
                if throwaway::is_trial(&pod) { Where::Throwaway } else { Where::Container },
                fields,
            );
            machine.live = live;
        }
        "debug" | "run" if let Some(fields) = behind(rest) => {
            let args = args[..args.len() - fields.len() - 1].to_vec();
            super::tables::kubectl(machine, &Call { args, ..known }, state);
            machine.elsewhere(state, Where::Throwaway, fields);
        }
        "rsh" if call.name == "oc" => {
            machine.elsewhere(
                state,
                Where::Container,
                read(rest, &spec).operands.get(1..).unwrap_or_default().to_vec(),
            );
        }
        // Whoever reaches it has the cluster, with the person's own rights.
        "proxy" | "port-forward"
            if read(rest, &Spec { ordered: false, ..spec }).values(&["address"]).any(|to| to.shown() == "0.0.0.0") =>
        {
            machine.act(Kind::NetExpose, "the cluster");
        }
        _ => super::tables::kubectl(machine, &known, state),
    }
}
