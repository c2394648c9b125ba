//! Tools of containers and clusters: what they run in one, and what else a table tells.

use super::super::machine::{Call, Machine};
use super::super::options::{Spec, read};
use super::super::state::State;
use super::super::value::Text;
use super::Program;
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

fn container(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(
        &call.args,
        &Spec {
            short: if call.name == "nerdctl" { "aHn" } else { "cHl" },
            long: &[
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
            ],
            ordered: true,
            single: false,
        },
    );
    let Some((command, mut args)) = options.operands.split_first() else { return };
    // `docker container exec` is the same as `docker exec`.
    let mut command = command;
    if let ("container", Some((inner, rest))) = (command.shown().as_str(), args.split_first())
        && matches!(inner.shown().as_str(), "exec" | "run" | "create")
    {
        (command, args) = (inner, rest);
    }
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
            let name = options.operands.first().map(Text::shown).unwrap_or_default();
            let own = throwaway::is_trial(&name) || throwaway::was_made(state, &call.name, &name);
            let at = if own { Where::Throwaway } else { Where::Container };
            machine.elsewhere(state, at, options.operands.get(1..).unwrap_or_default().to_vec());
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
            // The name it is given, or the one that is printed, is known to belong to this script.
            let name = options.value(&["name"]).map_or_else(|| "made-container".to_owned(), Text::shown);
            throwaway::made(state, &call.name, &name);
            if options.has(&["d", "detach"]) || command.shown() == "create" {
                machine.emit(state, 1, Text::known(name));
            }
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
                    let project =
                        options.value(&["p", "project-name"]).or(options.value(&["f", "file"])).map(Text::shown);
                    let inner = read(rest, &spec);
                    let service = inner.operands.first().map(Text::shown);
                    let is_trial = service.into_iter().chain(project).any(|name| throwaway::is_trial(&name));
                    let fields = inner.operands.get(1..).unwrap_or_default().to_vec();
                    machine.elsewhere(state, if is_trial { Where::Throwaway } else { Where::Container }, fields);
                }
                _ => {
                    let name = "docker-compose".to_owned();
                    super::tables::table(machine, &Call { name, args: args.to_vec() }, state);
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

/// `docker-compose`, which is `docker compose` by an older name.
fn compose(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let name = call.name.trim_end_matches("-compose").to_owned();
    let args = std::iter::once(Text::known("compose")).chain(call.args.iter().cloned()).collect();
    container(machine, &Call { name, args }, state);
}

fn cluster(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let spec = Spec {
        short: "nscfl",
        long: &[
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
        ordered: true,
        single: false,
    };
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
            machine.elsewhere(
                state,
                if throwaway::is_trial(&pod) { Where::Throwaway } else { Where::Container },
                fields,
            );
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
