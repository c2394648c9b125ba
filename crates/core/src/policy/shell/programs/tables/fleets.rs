//! Things that move or that many people have: machines that listen for messages, robots, controllers of plants, what carries a network
//! and keeps its data. What reaches one on somebody's desk is work; what reaches all of them, or takes off what protects, is not.

use super::super::super::machine::{Call, Machine};
use super::super::super::options::{Spec, read};
use super::super::super::state::State;
use super::super::super::value::{HOLE, Text};
use super::super::Program;
use super::super::sieve::knows;
use super::{Entry, Tool, on, pass, single, spec, throwaway, unless, with};
use crate::policy::effects::Kind::{
    CloudAccess, CloudDeploy, CloudDestroy, ProcessKill, SafetyDisable, ServiceChange, StorageDestroy, SystemChange,
    SystemPower,
};
use crate::policy::effects::Where;
use crate::policy::hosts;
use crate::policy::inspect::equipment::lets_in;
use crate::policy::lists::is;

pub(super) fn program(name: &str) -> Option<Program> {
    Some(match name {
        "mosquitto_pub" | "mqttx" | "mqtt" | "hivemq" | "emqx_ctl" | "nanomq_cli" => publish,
        "ros2" | "rosservice" | "rosparam" | "rostopic" | "rosnode" | "rosrun" => robot,
        _ if knows!(name, ARRAYS) => array,
        _ => return None,
    })
}

const MQTT: Spec = spec(
    "hptmfuPiqkL",
    &[
        "host=",
        "hostname=",
        "port=",
        "topic=",
        "message=",
        "file=",
        "url=",
        "username=",
        "user=",
        "password=",
        "pw=",
        "id=",
        "cafile=",
        "ca=",
        "cert=",
        "key=",
        "qos=",
        "client-id=",
        "repeat=",
    ],
);

/// Parts of a topic by which all that listen are meant, and such by which something is told what to be from now on.
const EVERYBODY: &[&str] = &["all", "broadcast", "everyone", "fleet", "fleets", "global", "+", "#", "*", "bcast"];
const ORDERS: &[&str] = &[
    "ota", "firmware", "fw", "update", "upgrade", "flash", "reboot", "reset", "factory", "erase", "wipe", "shutdown",
    "cmd", "command", "commands", "config", "unlock", "disable", "estop", "poweroff", "restart", "install", "override",
    "rollback", "delete", "\"open\"",
];

/// A message to whoever listens for it: grave where all of the things out there do, or where each of a list is given another program.
fn publish(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(&call.args, &MQTT);
    let verb = options.operands.first().map(Text::shown);
    if options.is_help() || call.name != "mosquitto_pub" && !verb.is_some_and(|verb| verb.starts_with("pub")) {
        return super::table(machine, call, state);
    }
    let given = |names: &[&str]| options.value(names).map(Text::shown).unwrap_or_default();
    let url = given(&["L", "url"]);
    let host = if url.is_empty() { given(&["h", "host", "hostname"]) } else { hosts::host(&url) };
    let topic = match given(&["t", "topic"]) {
        topic if topic.is_empty() => url.splitn(4, '/').nth(3).unwrap_or_default().to_owned(),
        topic => topic,
    };
    if host.is_empty() || hosts::is_local(&host) || throwaway::is_trial(&topic) || throwaway::is_trial(&host) {
        return;
    }
    let parts: Vec<String> = topic.split('/').map(str::to_ascii_lowercase).collect();
    let is = |list: &[&str]| {
        parts
            .iter()
            .any(|part| list.iter().any(|word| part == word || part.split(['-', '_', '.']).any(|it| it == *word)))
    };
    let message = given(&["m", "message"]).to_ascii_lowercase();
    let orders = is(ORDERS) || ORDERS.iter().any(|word| message.contains(word));
    let to_all = is(EVERYBODY) && orders;
    let to_each = topic.contains(HOLE) && orders && !is(&["cmd", "command", "commands", "config"]);
    let told: Vec<String> = throwaway::words(&topic).chain(throwaway::words(&message)).collect();
    if lets_in(&told) {
        machine.act(SafetyDisable, topic);
    } else if to_all || to_each || is(&["ota", "firmware"]) && message.contains("://") {
        machine.act(CloudDeploy, topic);
    }
}

/// What keeps a machine that moves from hurting somebody, and words that take it away.
const PROTECTS: &[&str] = &[
    "safety",
    "estop",
    "e_stop",
    "emergency",
    "collision",
    "interlock",
    "protective",
    "light_curtain",
    "bumper",
    "geofence",
    "failsafe",
    "watchdog",
    "limiter",
];
const TAKES_OFF: &str =
    "false|disable|disabled|off|bypass|override|mute|shutdown|deactivate|kill|ignore|unlock|release";

/// A robot that is told to mind nothing any more.
fn robot(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let line = call.args.iter().map(Text::shown).collect::<Vec<_>>().join(" ").to_ascii_lowercase();
    let asks = ["list", "echo", "info", "get", "type", "hz", "dump", "describe"];
    // What is launched is most often a simulation.
    let begins = ["launch", "run", "bag", "pkg"];
    let is_asked =
        call.args.iter().take(2).any(|word| asks.contains(&word.prefix()) || begins.contains(&word.prefix()));
    let words = || line.split(|char: char| !char.is_ascii_alphanumeric());
    let protects = PROTECTS.iter().any(|word| line.contains(word));
    if !is_asked && protects && words().any(|word| is(word, TAKES_OFF)) {
        return machine.act(SafetyDisable, line);
    }
    super::table(machine, call, state);
}

/// A write to a controller that stands elsewhere; one of this machine is simulated.
const fn writes(path: &'static str, with: &'static [&'static str]) -> Entry {
    Entry {
        path,
        with,
        without: &["~localhost*", "~127.0.0.1*", "~*//localhost*", "~*//127.0.0.1*", "~*sim*"],
        kind: SystemChange,
        token: false,
    }
}

/// A setting of a device that carries a network; one of this machine, or of a laboratory in containers, is nobody's.
const fn sets(path: &'static str) -> Entry {
    unless(path, &["~localhost*", "~127.0.0.1*", "~clab-*", "~*lab*", "~*sim*"], ServiceChange)
}

/// Every tool of this file that is one wherever it is called.
pub(super) const TOOLS: &[Tool] = &[
    Tool {
        names: &["balena"],
        spec: spec("fds", &["fleet=", "device=", "source=", "release="]),
        entries: &[
            pass("push *.local|[0-9]*.[0-9]*"),
            on("push|deploy", CloudDeploy),
            on("release finalize", CloudDeploy),
            on("fleet|app|device|release|env|key|organization rm|purge|delete|invalidate", CloudDestroy),
            on("fleet|device restart|shutdown|reboot", SystemPower),
        ],
    },
    Tool {
        names: &["particle"],
        spec: spec("", &["product=", "target="]),
        entries: &[
            on("product device|firmware|release remove|rm|release|upload", CloudDeploy),
            with("flash|publish|call", &["product"], CloudDeploy),
        ],
    },
    Tool {
        names: &["mender-cli", "hawkbit", "golioth", "goliothctl", "memfault", "thingsboard", "aws-iot-jobs"],
        spec: spec("", &["server=", "cohort=", "release-version=", "software-version="]),
        entries: &[
            on("** deploy|deploy-release|create-job|rollout", CloudDeploy),
            on("deployment|deployments|release|rollout create|start", CloudDeploy),
        ],
    },
    // Controllers of plants and vehicles.
    Tool { names: &["mbpoll"], spec: spec("artmbdsPocl", &[]), entries: &[writes("* *", &[])] },
    Tool { names: &["modpoll"], spec: spec("artmbdsPocl", &[]), entries: &[writes("* *", &[])] },
    Tool {
        names: &["uawrite", "uacall"],
        spec: spec("unptl", &["url=", "nodeid=", "path="]),
        entries: &[writes("", &[])],
    },
    Tool { names: &["bacwp", "bacrd", "bacdcc"], spec: spec("", &[]), entries: &[writes("* *", &[])] },
    Tool {
        names: &["snap7-client", "plctool", "ethercat"],
        spec: spec("p", &["position="]),
        entries: &[writes("download|write|upload|foe_write|sii_write|stop|start", &[])],
    },
    Tool {
        names: &["cansend", "cangen", "canplayer", "isotpsend"],
        spec: spec("Isdg", &[]),
        entries: &[unless("", &["~vcan*", "~*=vcan*", "~vxcan*"], SystemChange)],
    },
    // What carries a network, told by its own protocols.
    Tool { names: &["snmpset"], spec: spec("vcullaAxXnrt", &[]), entries: &[sets("")] },
    Tool {
        names: &["gnmic", "gnmi_set", "pygnmicli"],
        spec: spec("aup", &["address=", "username=", "password=", "path=", "update=", "replace=", "delete="]),
        entries: &[sets("set")],
    },
    Tool {
        names: &["netconf-console", "netconf-console2"],
        spec: spec("u", &["host=", "port=", "user=", "password=", "edit-config=", "rpc="]),
        entries: &[with("", &["edit-config", "copy-config", "delete-config"], ServiceChange)],
    },
    // A house that is told to open.
    Tool {
        names: &["hass-cli", "ha"],
        spec: spec("", &["arguments=", "token=", "server="]),
        entries: &[
            on("service call lock.unlock|lock.open|alarm_control_panel.alarm_disarm|cover.open_cover", SafetyDisable),
            with("service call", &["~homeassistant.stop", "~hassio.host_*", "~*factory_reset*"], SystemPower),
            on("host reboot|shutdown", SystemPower),
            on("backups|snapshots remove|restore", StorageDestroy),
            on("auth reset", CloudAccess),
        ],
    },
    // Printers of paper and of things.
    Tool {
        names: &["lp", "lpr"],
        spec: spec("dnPo#", &[]),
        entries: &[with("", &["n=[1-9][0-9][0-9]*", "#=[1-9][0-9][0-9]*"], SystemChange)],
    },
    Tool { names: &["lpadmin"], spec: spec("xpvmPuoE", &[]), entries: &[with("", &["x", "p"], SystemChange)] },
    Tool {
        names: &["cancel", "lprm"],
        spec: spec("uh", &[]),
        entries: &[with("", &["a", "u"], ProcessKill), on("-", ProcessKill)],
    },
    Tool { names: &["cupsdisable", "cupsreject"], spec: spec("r", &[]), entries: &[on("", SystemChange)] },
    // What holds the disks of a server together.
    Tool {
        names: &["storcli", "storcli64", "perccli", "perccli64"],
        spec: spec("", &[]),
        entries: &[
            on("** del|delete|erase|init|secureerase", StorageDestroy),
            with("", &["~factory*"], StorageDestroy),
        ],
    },
    Tool {
        names: &["megacli", "MegaCli", "MegaCli64"],
        spec: single(&[]),
        entries: &[with(
            "",
            &["CfgClr", "CfgLdDel", "CfgForeign", "LDInit", "AdpFacDefSet", "CfgSpanDel"],
            StorageDestroy,
        )],
    },
    Tool {
        names: &["ssacli", "hpssacli", "hpacucli", "arcconf", "tw_cli", "sas3ircu", "sas2ircu", "mvcli"],
        spec: spec("", &[]),
        entries: &[on("** delete|del|erase|remove|uninit|initialize", StorageDestroy)],
    },
    Tool {
        names: &[
            "uemcli",
            "naviseccli",
            "purecli",
            "purevol",
            "purehost",
            "purepgroup",
            "symcli",
            "symdev",
            "isi",
            "tintri",
            "dsmadmc",
        ],
        spec: spec("du", &["destinationFile=", "user="]),
        entries: &[
            on("** delete|destroy|eradicate|purge|terminate", StorageDestroy),
            with("", &["destroy", "delete"], StorageDestroy),
        ],
    },
    Tool {
        names: &["syncoid", "sanoid", "btrbk"],
        spec: spec("", &[]),
        entries: &[
            with("", &["force-delete", "prune-snapshots", "force-prune"], StorageDestroy),
            unless("clean|prune|archive", &["n"], StorageDestroy),
        ],
    },
    Tool {
        names: &[
            "veeamconfig",
            "duplicati-cli",
            "acrocmd",
            "nbexpire",
            "bpexpdate",
            "bconsole",
            "urbackupsrv",
            "nsrmm",
            "vmbackup",
        ],
        spec: spec("", &["id="]),
        entries: &[
            on("** delete|purge|remove|prune|cleanup|remove-unknown", StorageDestroy),
            with("", &["delete", "d", "expire"], StorageDestroy),
        ],
    },
];

/// What is told to a switch, a router or an array: its shell has other programs than a machine's own, by names that here are nobody's.
const ARRAYS: &[Tool] = &[
    Tool { names: &["write"], spec: spec("", &[]), entries: &[on("erase|default|factory*", CloudDestroy)] },
    Tool { names: &["erase"], spec: spec("", &[]), entries: &[on("*", CloudDestroy)] },
    Tool { names: &["reload"], spec: spec("", &[]), entries: &[on("", SystemPower)] },
    Tool {
        names: &["request"],
        spec: spec("", &[]),
        entries: &[
            on("system zeroize|reboot|halt|power-off", SystemPower),
            on("system configuration rescue delete", CloudDestroy),
        ],
    },
    Tool {
        names: &["volume", "vol", "aggr", "lun", "vserver", "snapshot", "storage", "snapmirror", "qtree", "svm"],
        spec: spec("", &["vserver=", "volume="]),
        entries: &[on("** delete|destroy|offline|break|remove-vdisk|delete-async", StorageDestroy)],
    },
    Tool {
        names: &["svctask", "rmvdisk", "rmvolume", "rmmdiskgrp", "rmhost"],
        spec: spec("", &[]),
        entries: &[on("rm*", StorageDestroy), on("", StorageDestroy)],
    },
    Tool {
        names: &["execute"],
        spec: spec("", &[]),
        entries: &[on("factoryreset*|formatlogdisk|reboot|shutdown|erase-disk", SystemPower)],
    },
    Tool {
        names: &["system"],
        spec: spec("", &[]),
        entries: &[on("reset-configuration|reboot|shutdown", SystemPower)],
    },
];

/// Only there: on this machine such a name is of somebody's own program.
fn array(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let known = ARRAYS.iter().find(|array| array.names.contains(&call.name.as_str()));
    match known.filter(|_| machine.at == Where::Remote) {
        Some(tool) => _ = super::does(machine, call, state, tool),
        None => match super::machine::program(&call.name) {
            Some(own) => own(machine, call, state),
            None => {
                let input = machine.input(state, 0).origin();
                machine.emit(state, 1, Text::hole(input.unwrap_or_default()));
            }
        },
    }
}
