//! The machine itself: services, processes, accounts, protections, what runs by itself.

use super::super::super::machine::{Call, Machine};
use super::super::super::options::{Spec, read};
use super::super::super::state::State;
use super::super::super::value::Text;
use super::super::Program;
use super::{Tool, on, unless, with};
use crate::policy::effects::Kind::{
    self, SafetyDisable, SelfTamper, StorageDestroy, SystemChange, SystemPower, SystemStartup,
};

const fn spec(short: &'static str, long: &'static [&'static str]) -> Spec {
    Spec { short, long, ordered: false, single: false }
}

/// Every tool of this file that a table tells enough of.
pub(super) const TOOLS: &[Tool] = &[
    Tool {
        names: &["shutdown", "reboot", "halt", "poweroff", "systemctl-poweroff"],
        spec: spec("", &[]),
        entries: &[unless("", &["c", "k", "w", "wtmp-only"], SystemPower)],
    },
    Tool { names: &["init", "telinit"], spec: spec("", &[]), entries: &[on("0|6|1|S", SystemPower)] },
    Tool {
        names: &["systemctl"],
        spec: spec("tpHMn", &["type=", "property=", "host=", "machine=", "lines=", "signal="]),
        entries: &[
            on("poweroff|reboot|halt|kexec|suspend|hibernate|rescue|emergency|soft-reboot", SystemPower),
            on(GUARDS_STOPPED, SafetyDisable),
            unless("disable|mask|enable|set-default|edit|link", &["user"], SystemChange),
            unless("isolate|kill", &["user"], SystemChange),
            with("enable|disable|mask|link|edit", &["user"], SystemStartup),
        ],
    },
    Tool {
        names: &["service", "rc-service"],
        spec: spec("", &[]),
        entries: &[on("auditd|apparmor|firewalld|ufw|fail2ban|rsyslog|iptables stop", SafetyDisable)],
    },
    Tool {
        names: &["update-rc.d", "chkconfig", "rc-update", "launchctl"],
        spec: spec("", &[]),
        entries: &[
            on("bootout|unload|remove|disable|load|bootstrap|enable|add|del", SystemStartup),
            on("* remove|disable|off|defaults|enable|on", SystemStartup),
        ],
    },
    Tool {
        names: &["ufw"],
        spec: spec("", &[]),
        entries: &[
            on("disable|reset", SafetyDisable),
            on("default allow", SafetyDisable),
            on("allow|delete|deny|insert|route", SystemChange),
        ],
    },
    Tool {
        names: &["iptables", "ip6tables"],
        spec: spec("tjpsdioP", &["table=", "jump=", "policy="]),
        entries: &[
            with("", &["F", "flush", "X", "P=INPUT", "P=FORWARD", "policy=INPUT"], SafetyDisable),
            with("", &["A", "I", "D", "R", "append", "insert", "delete"], SystemChange),
        ],
    },
    Tool {
        names: &["nft"],
        spec: spec("f", &["file="]),
        entries: &[on("flush", SafetyDisable), on("delete|add|insert", SystemChange)],
    },
    Tool {
        names: &["firewall-cmd"],
        spec: spec("", &["zone=", "add-port=", "add-service="]),
        entries: &[with("", &["panic-on", "panic-off", "complete-reload"], SafetyDisable)],
    },
    Tool { names: &["setenforce"], spec: spec("", &[]), entries: &[on("0|Permissive|permissive", SafetyDisable)] },
    Tool { names: &["auditctl"], spec: spec("ewaAdSFkb", &[]), entries: &[with("", &["e=0", "D"], SafetyDisable)] },
    Tool {
        names: &["aa-disable", "aa-teardown", "aa-complain"],
        spec: spec("", &[]),
        entries: &[on("", SafetyDisable)],
    },
    Tool {
        names: &["spctl"],
        spec: spec("", &[]),
        entries: &[with("", &["master-disable", "global-disable", "disable"], SafetyDisable)],
    },
    Tool { names: &["csrutil"], spec: spec("", &[]), entries: &[on("disable|clear", SafetyDisable)] },
    Tool {
        names: &["tmutil"],
        spec: spec("", &[]),
        entries: &[on("disable|delete|deletelocalsnapshots", SafetyDisable)],
    },
    Tool { names: &["history"], spec: spec("aw", &[]), entries: &[with("", &["c"], SafetyDisable)] },
    Tool {
        names: &["sysctl"],
        spec: spec("p", &["load="]),
        entries: &[with("", &["w", "write", "p", "system", "load"], SystemChange), on("*=*", SystemChange)],
    },
    Tool {
        names: &["modprobe", "insmod", "rmmod", "kexec"],
        spec: spec("CdS", &[]),
        entries: &[unless("*", &["n", "show-depends", "c", "showconfig"], SystemChange)],
    },
    Tool {
        names: &[
            "useradd", "userdel", "usermod", "groupadd", "groupdel", "groupmod", "adduser", "deluser", "addgroup",
            "delgroup", "chpasswd", "visudo", "vipw", "chsh", "gpasswd", "passwd",
        ],
        spec: spec("dgGsuckeKpRm", &["home=", "gid=", "groups=", "shell=", "uid=", "comment="]),
        entries: &[unless("", &["S", "status", "D", "defaults"], SystemChange)],
    },
    Tool {
        names: &["mount", "umount", "swapoff", "swapon"],
        spec: spec("toLUO", &["types=", "options="]),
        entries: &[with("*", &["o=*remount*", "bind"], SystemChange), with("", &["a", "all"], SystemChange)],
    },
    Tool {
        names: &["hostnamectl", "timedatectl", "localectl"],
        spec: spec("", &[]),
        entries: &[on("set-*|hostname", SystemChange)],
    },
    Tool {
        names: &["ip"],
        spec: spec("", &[]),
        entries: &[on("link|addr|address|route|rule set|del|delete|flush|add", SystemChange)],
    },
    Tool {
        names: &["ifdown", "nmcli", "netplan", "networksetup", "scutil"],
        spec: spec("", &[]),
        entries: &[
            on("connection|con|networking|radio|device down|off|delete|modify|disconnect", SystemChange),
            on("apply", SystemChange),
        ],
    },
    Tool {
        names: &["grub-install", "update-grub", "grub-mkconfig", "efibootmgr", "bcdedit", "nvram"],
        spec: spec("", &[]),
        entries: &[on("*", SystemChange)],
    },
    Tool { names: &["vssadmin", "wbadmin"], spec: spec("", &[]), entries: &[on("delete", StorageDestroy)] },
    Tool {
        names: &["netsh"],
        spec: spec("", &[]),
        entries: &[on("advfirewall set * state off", SafetyDisable), on("advfirewall reset", SafetyDisable)],
    },
    Tool { names: &["reg"], spec: spec("", &[]), entries: &[on("delete|add|import", SystemChange)] },
    Tool { names: &["setcap"], spec: spec("n", &[]), entries: &[on("*", Kind::PrivilegeGain)] },
    Tool {
        names: &["journalctl"],
        spec: spec(
            "nuptDMS",
            &["lines=", "unit=", "since=", "until=", "vacuum-time=", "vacuum-size=", "vacuum-files="],
        ),
        entries: &[with("", &["vacuum-time", "vacuum-size", "vacuum-files"], SystemChange)],
    },
    Tool {
        names: &["hookrail"],
        spec: spec("", &["home=", "until="]),
        entries: &[
            on("uninstall|pause|allow-once", SelfTamper),
            on("handlers trust", SelfTamper),
            on("config set", SelfTamper),
            on("policy publish", SelfTamper),
        ],
    },
];

/// Stopping a service that protects the machine.
const GUARDS_STOPPED: &str = "stop|disable|mask|kill auditd|auditd.service|apparmor|apparmor.service|firewalld|firewalld.service|ufw|ufw.service|fail2ban|fail2ban.service|falcon-sensor|clamav*|crowdsec|osqueryd|wazuh*|sentinelone*|mdatp|nftables|iptables|rsyslog|rsyslog.service|hookrail*";

pub(super) fn program(name: &str) -> Option<Program> {
    Some(match name {
        "kill" => kill,
        "pkill" | "killall" | "skill" | "taskkill" | "fuser" => kill_by_name,
        "crontab" => crontab,
        "del" | "erase" | "rd" => windows_delete,
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
}

fn kill_by_name(machine: &mut Machine<'_>, call: &Call, _: &mut State) {
    let options = read(
        &call.args,
        &Spec { short: "uUgGsPtnk", long: &["user=", "signal=", "pgroup=", "parent=", "terminal="], ..Spec::default() },
    );
    if options.is_help() || options.has(&["l", "list", "0"]) {
        return;
    }
    let names: Vec<String> = options.operands.iter().map(Text::shown).collect();
    // With its whole command line the one program is meant that was started.
    let exact =
        options.has(&["f", "full", "P", "parent"]) && names.iter().all(|name| name.len() > 6 && name != "hookrail");
    let whole_user = options.has(&["u", "user", "U"]) && call.name != "fuser";
    if call.name == "fuser" && !options.has(&["k", "kill"]) {
        return;
    }
    if whole_user || !exact && !names.is_empty() {
        machine.act(Kind::ProcessKill, names.join(" "));
    }
    if names.iter().any(|name| name.contains("hookrail")) {
        machine.act(SelfTamper, names.join(" "));
    }
}

fn crontab(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(&call.args, &Spec { short: "u", ..Spec::default() });
    if options.has(&["l", "V"]) {
        return;
    }
    let _ = state;
    machine.act(SystemStartup, if options.has(&["r"]) { "every entry" } else { "crontab" });
}

fn windows_delete(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let words: Vec<String> = call.args.iter().map(|arg| arg.shown().to_ascii_lowercase()).collect();
    if !words.iter().any(|word| word == "/s") {
        return;
    }
    for arg in call.args.iter().filter(|arg| !arg.prefix().starts_with('/')) {
        machine.deletes(state, arg, true);
    }
}
