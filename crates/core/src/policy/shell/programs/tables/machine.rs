//! The machine itself: services, processes, accounts, protections, what runs by itself.

use super::super::super::machine::{Call, Machine};
use super::super::super::options::read;
use super::super::super::state::State;
use super::super::super::value::Text;
use super::super::Program;
use super::{Entry, Tool, on, pass, spec, unless, with};
use crate::policy::effects::Kind::{
    self, DiskWipe, PrivilegeGain, SafetyDisable, SelfTamper, StorageDestroy, SystemChange, SystemPower, SystemStartup,
};
use crate::policy::effects::Where;

/// Drivers of devices that are not there: what tests talk to in the place of a bus, a camera, a disk.
const SIMULATED_DRIVERS: &str = "vcan|vxcan|can-gw|can_gw|dummy|veth|ifb|nlmon|netdevsim|mac80211_hwsim|v4l2loopback|vivid|vimc|vim2m|vkms|vgem|snd-aloop|snd_aloop|\
    snd-dummy|snd_dummy|gpio-sim|gpio_sim|gpio-mockup|gpio_mockup|i2c-stub|i2c_stub|iio_dummy|dummy_hcd|dummy-hcd|usbip-core|vhci-hcd|vhci_hcd|\
    scsi_debug|null_blk|rtc-test|tpm_vtpm_proxy|vsock_loopback|nvme_loop";

/// Links that are not there: what is done to one is done to nothing that carries a network.
const SIMULATED_LINKS: &str = "link|l|addr|address|a set|del|delete|add ** vcan*|vxcan*|dummy*|veth*|ifb[0-9]*";

/// Whether a call makes, sets or removes only devices that are not there, which takes an administrator's rights all the same.
pub(in super::super) fn is_simulated(fields: &[Text]) -> bool {
    let Some((program, args)) = fields.split_first() else { return false };
    let Some(tool) = TOOLS.iter().find(|tool| program.as_known().is_some_and(|name| tool.names.contains(&&*name)))
    else {
        return false;
    };
    let words: Vec<String> = read(args, &tool.spec).operands.iter().map(Text::shown).collect();
    let first = tool.entries.iter().find(|entry| super::fits(entry.path, &words).is_some());
    first.is_some_and(|entry| entry.kind == Kind::Unknown)
}

/// Every tool of this file that a table tells enough of.
pub(super) const TOOLS: &[Tool] = &[
    Tool {
        names: &["shutdown", "reboot", "halt", "poweroff", "systemctl-poweroff"],
        spec: spec("", &[]),
        entries: &[unless("", &["c", "k", "w", "wtmp-only"], SystemPower)],
    },
    Tool {
        names: &["supervisorctl"],
        spec: spec("csup", &["configuration=", "serverurl="]),
        entries: &[with("stop|remove|signal", &["@guardian"], SafetyDisable)],
    },
    Tool { names: &["killall5"], spec: spec("o", &[]), entries: &[on("", Kind::ProcessKill)] },
    Tool { names: &["init", "telinit"], spec: spec("", &[]), entries: &[on("0|6|1|S", SystemPower)] },
    Tool {
        names: &["systemctl"],
        spec: spec("tpHMn", &["type=", "property=", "host=", "machine=", "lines=", "signal="]),
        entries: &[
            on("poweroff|reboot|halt|kexec|suspend|hibernate|rescue|emergency|soft-reboot", SystemPower),
            unless(
                "disable|mask|unmask|enable|set-default|edit|link|revert|preset|preset-all|set-property|add-wants|add-requires",
                &["user"],
                SystemChange,
            ),
            unless("isolate|kill", &["user"], SystemChange),
            with("stop", &["@there"], Kind::ServiceChange),
            with("enable|disable|mask|link|edit", &["user"], SystemStartup),
        ],
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
            on("logging off", SafetyDisable),
            on("allow|delete|deny|insert|route|limit|reject|prepend|enable|reload", SystemChange),
        ],
    },
    Tool {
        names: &["iptables", "ip6tables"],
        spec: spec("tjpsdioP", &["table=", "jump=", "policy="]),
        entries: &[
            with(
                "",
                &["F", "flush", "X", "delete-chain", "P=INPUT", "P=FORWARD", "policy=INPUT", "policy=FORWARD"],
                SafetyDisable,
            ),
            with("", &["A", "I", "D", "R", "append", "insert", "delete", "replace", "P", "policy"], SystemChange),
        ],
    },
    Tool {
        names: &["nft"],
        spec: spec("f", &["file="]),
        entries: &[
            on("flush", SafetyDisable),
            on("delete|add|insert|replace|destroy", SystemChange),
            Entry { path: "", with: &["f", "file"], without: &["c", "check"], kind: SystemChange, token: false },
        ],
    },
    Tool {
        names: &["iptables-restore", "ip6tables-restore"],
        spec: spec("", &[]),
        entries: &[unless("", &["t", "test"], SystemChange)],
    },
    Tool { names: &["ipset"], spec: spec("", &[]), entries: &[on("flush|destroy|del", SafetyDisable)] },
    Tool {
        names: &["ebtables", "arptables"],
        spec: spec("", &[]),
        entries: &[with("", &["F", "flush", "X"], SafetyDisable)],
    },
    Tool {
        names: &["pfctl"],
        spec: spec("Ffst", &[]),
        entries: &[with("", &["d", "F=all", "F=rules"], SafetyDisable), with("", &["f"], SystemChange)],
    },
    Tool {
        names: &["socketfilterfw"],
        spec: spec("", &[]),
        entries: &[with("", &["setglobalstate", "setblockall"], SafetyDisable)],
    },
    Tool {
        names: &["update-crypto-policies"],
        spec: spec("", &["set="]),
        entries: &[with("", &["set=LEGACY*"], SafetyDisable), with("", &["set"], SystemChange)],
    },
    Tool {
        names: &["setsebool", "semodule"],
        spec: spec("di", &[]),
        entries: &[with("", &["P", "d", "r", "remove", "disable"], SafetyDisable)],
    },
    Tool {
        names: &["semanage"],
        spec: spec("", &[]),
        entries: &[on("permissive", SafetyDisable), with("", &["D", "d", "a", "m"], SystemChange)],
    },
    Tool { names: &["apparmor_parser"], spec: spec("", &[]), entries: &[with("", &["R", "remove"], SafetyDisable)] },
    // What guards a machine, by its own commands.
    Tool {
        names: &["falconctl"],
        spec: spec("", &[]),
        entries: &[with("", &["d"], SafetyDisable), on("unload|uninstall", SafetyDisable)],
    },
    Tool {
        names: &["mdatp"],
        spec: spec("", &["value=", "name="]),
        entries: &[
            with("config *", &["value=disabled", "value=off"], SafetyDisable),
            on("exclusion add", SafetyDisable),
            on("threat allowed add", SafetyDisable),
        ],
    },
    Tool {
        names: &["fail2ban-client"],
        spec: spec("", &[]),
        entries: &[on("stop", SafetyDisable), with("unban", &["all"], SafetyDisable)],
    },
    Tool {
        names: &["osqueryctl", "wazuh-control", "ossec-control", "sentinelctl", "cbagentd"],
        spec: spec("", &[]),
        entries: &[on("stop|unload|disable|uninstall", SafetyDisable), on("control stop|unload", SafetyDisable)],
    },
    Tool {
        names: &["cscli"],
        spec: spec("", &[]),
        entries: &[with("decisions delete", &["all"], SafetyDisable), on("bouncers|machines delete", SafetyDisable)],
    },
    Tool {
        names: &["firewall-cmd"],
        spec: spec(
            "",
            &[
                "zone=",
                "add-port?",
                "add-service?",
                "set-default-zone=",
                "set-target=",
                "remove-port?",
                "remove-service?",
                "add-rich-rule=",
                "add-source?",
                "add-interface?",
                "remove-rich-rule=",
            ],
        ),
        entries: &[
            with("", &["panic-on", "panic-off", "set-default-zone=trusted", "set-target=ACCEPT"], SafetyDisable),
            with(
                "",
                &[
                    "add-port",
                    "add-service",
                    "remove-port",
                    "remove-service",
                    "add-rich-rule",
                    "remove-rich-rule",
                    "set-default-zone",
                    "set-target",
                    "add-source",
                    "add-interface",
                    "complete-reload",
                ],
                SystemChange,
            ),
        ],
    },
    Tool { names: &["setenforce"], spec: spec("", &[]), entries: &[on("0|Permissive|permissive", SafetyDisable)] },
    Tool {
        names: &["auditpol"],
        spec: spec("", &[]),
        entries: &[with("", &["~/*:disable", "~/clear", "~/remove*"], SafetyDisable)],
    },
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
        entries: &[pass(SIMULATED_DRIVERS), unless("*", &["n", "show-depends", "c", "showconfig"], SystemChange)],
    },
    Tool {
        names: &[
            "useradd", "userdel", "usermod", "groupadd", "groupdel", "groupmod", "adduser", "deluser", "addgroup",
            "delgroup", "chpasswd", "vipw", "gpasswd",
        ],
        spec: spec("dgGsuckeKpRm", &["home=", "gid=", "groups=", "shell=", "uid=", "comment="]),
        entries: &[unless("", &["S", "status", "D", "defaults", "c", "check", "l", "list-shells"], SystemChange)],
    },
    Tool {
        names: &["visudo"],
        spec: spec("f", &["file="]),
        entries: &[unless("", &["c", "check", "V"], SystemChange)],
    },
    Tool {
        names: &["chsh", "chfn"],
        spec: spec("s", &["shell="]),
        entries: &[unless("", &["l", "list-shells"], SystemChange)],
    },
    Tool { names: &["passwd"], spec: spec("nxwi", &[]), entries: &[unless("", &["S", "status"], SystemChange)] },
    Tool { names: &["chage"], spec: spec("dEImMW", &[]), entries: &[unless("*", &["l", "list"], SystemChange)] },
    Tool {
        names: &["loginctl"],
        spec: spec("s", &["signal="]),
        entries: &[
            on("enable-linger", SystemStartup),
            on("poweroff|reboot|suspend|hibernate|halt", SystemPower),
            on("terminate-*|kill-*", Kind::ProcessKill),
        ],
    },
    Tool {
        names: &["hwclock"],
        spec: spec("", &["date="]),
        entries: &[with("", &["set", "w", "systohc", "s", "hctosys"], SystemChange)],
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
        entries: &[
            pass("link|l add|a ** type vcan|vxcan|dummy|veth|ifb|nlmon"),
            pass(SIMULATED_LINKS),
            pass("tuntap add|del|delete ** tap*|tun*"),
            on("link|addr|address|route|rule set|del|delete|flush|add", SystemChange),
        ],
    },
    // What is slowed down on such a link, or on the one that every machine has to itself.
    Tool {
        names: &["tc"],
        spec: spec("", &[]),
        entries: &[pass(
            "qdisc|class|filter add|del|delete|replace|change|show dev lo|vcan*|vxcan*|dummy*|veth*|ifb[0-9]*",
        )],
    },
    Tool {
        names: &["ifdown", "nmcli", "netplan", "networksetup", "scutil"],
        spec: spec("", &[]),
        entries: &[
            on("connection|con|networking|radio|device down|off|delete|modify|disconnect", SystemChange),
            on("apply", SystemChange),
        ],
    },
    Tool { names: &["grub-install", "bcdedit", "nvram"], spec: spec("", &[]), entries: &[on("*", SystemChange)] },
    Tool {
        names: &["update-grub", "update-initramfs", "dracut", "mkinitcpio"],
        spec: spec("k", &[]),
        entries: &[unless("", &["V", "l"], SystemChange)],
    },
    Tool {
        names: &["grub-mkconfig", "grub2-mkconfig"],
        spec: spec("o", &["output="]),
        entries: &[with("", &["o", "output"], SystemChange)],
    },
    Tool {
        names: &["efibootmgr"],
        spec: spec("bolLdp", &[]),
        entries: &[with(
            "",
            &["B", "o", "n", "c", "A", "a", "N", "O", "delete-bootnum", "create", "bootorder"],
            SystemChange,
        )],
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
    // Folders for whoever asks for them on the network.
    Tool {
        names: &["exportfs"],
        spec: spec("o", &[]),
        entries: &[with("", &["~[*]:/*", "o=*no_root_squash*", "o=*insecure*"], Kind::NetExpose)],
    },
    Tool {
        names: &["net"],
        spec: spec("US", &["user=", "server="]),
        entries: &[
            with("usershare add", &["~*everyone:f*", "~*guest_ok=y*"], Kind::NetExpose),
            on("ads|rpc user|group|password delete|add|addmem", Kind::CloudAccess),
            on("ads leave", Kind::CloudAccess),
            // The one of Windows: somebody who may sign in, or may do all.
            with("user|localgroup|group", &["~/add", "~/active:yes"], PrivilegeGain),
            with("user *", &["~/delete", "~/active:no"], SystemChange),
            with("stop", &["@guardian"], SafetyDisable),
        ],
    },
    // Disks that many machines share.
    Tool {
        names: &["ceph"],
        spec: spec("", &[]),
        entries: &[
            on("osd pool delete|rm", StorageDestroy),
            on("osd|fs|mon purge|destroy|lost|rm|remove", StorageDestroy),
        ],
    },
    Tool {
        names: &["rbd", "rados"],
        spec: spec("p", &["pool="]),
        entries: &[on("rm|remove|purge|rmpool", StorageDestroy), on("snap|trash|pool purge|rm|remove", StorageDestroy)],
    },
    Tool {
        names: &["sc"],
        spec: spec("", &[]),
        entries: &[
            with("stop|config|delete|pause|sdset|failure", &["@guardian"], SafetyDisable),
            on("delete", SystemChange),
            on("create", SystemStartup),
        ],
    },
    Tool { names: &["wevtutil"], spec: spec("", &[]), entries: &[on("cl|clear-log|sl", SafetyDisable)] },
    Tool {
        names: &["icacls", "takeown"],
        spec: spec("", &[]),
        entries: &[with("", &["~c:?windows*", "~everyone:*f*", "~/reset"], SystemChange)],
    },
    Tool {
        names: &["schtasks"],
        spec: spec("", &[]),
        entries: &[with("", &["~/create", "~/change", "~/delete"], SystemStartup)],
    },
    Tool { names: &["diskpart"], spec: spec("", &[]), entries: &[with("", &["~/s"], DiskWipe)] },
    // What a machine starts with, before any system.
    Tool {
        names: &["fwupdmgr", "fwupdtool"],
        spec: spec("y", &[]),
        entries: &[on(
            "install|install-blob|downgrade|reinstall|switch-branch|modify-config|block-firmware",
            SystemChange,
        )],
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

/// Services that protect the machine, or keep the record of it.
const GUARDS: &[&str] = &[
    "auditd",
    "apparmor",
    "firewalld",
    "ufw",
    "fail2ban*",
    "falcon-sensor",
    "clamav*",
    "clamd*",
    "crowdsec*",
    "windefend",
    "mpssvc",
    "wscsvc",
    "osqueryd",
    "wazuh*",
    "ossec*",
    "sentinelone*",
    "sentinelagent*",
    "mdatp",
    "nftables",
    "iptables",
    "ip6tables",
    "netfilter-persistent",
    "shorewall",
    "rsyslog*",
    "syslog",
    "syslog-ng",
    "systemd-journald*",
    "hookrail*",
    "suricata*",
    "snort*",
    "zeek",
    "aide*",
    "tripwire*",
    "samhain",
    "cbdaemon",
    "cbagentd",
    "ds_agent",
    "sophos*",
    "sav-protect",
    "mfetpd",
    "mcafee*",
    "eset*",
    "eraagent",
    "bdsec*",
    "taniumclient",
    "qualys*",
    "nessusagent",
    "elastic-agent*",
    "auditbeat",
    "falco*",
    "tetragon",
    "usbguard",
    "sshguard",
    "denyhosts",
    "unattended-upgrades*",
    "selinux*",
    "xagt",
    "traps_pmd",
    "cyserver",
    "crowdstrike*",
    "falcond",
    "cbosxsensorservice",
    "jamf*",
    "santa",
    "santad",
];

/// Whether a service is one of [`GUARDS`].
pub(in super::super::super) fn is_guard(service: &str) -> bool {
    let name = service
        .rsplit_once('.')
        .filter(|(_, ending)| matches!(*ending, "service" | "socket" | "timer"))
        .map_or(service, |(name, _)| name);
    // `com.crowdstrike.falcond`, as macOS names them.
    let name = name.strip_prefix("com.").and_then(|name| name.rsplit_once('.')).map_or(name, |(_, name)| name);
    GUARDS.iter().any(|guard| crate::policy::places::glob(guard, name))
}

/// Programs that work for a person, and are not to end each other.
const AGENTS: &[&str] = &[
    "aider",
    "claude",
    "cline",
    "codex",
    "copilot",
    "cursor",
    "gemini",
    "hookrail",
    "kilocode",
    "opencode",
    "openhands",
    "qwen",
    "windsurf",
];

/// Whether a pattern of processes is one of an agent, or of what watches over agents or the machine.
pub(in super::super) fn is_watcher(pattern: &str) -> bool {
    let lower = pattern.to_ascii_lowercase().replace(['[', ']'], "");
    let words: Vec<&str> = words(&lower);
    is_guardian(pattern) || words.len() <= 2 && words.iter().any(|word| AGENTS.contains(word))
}

/// Whether a name is one of what watches over agents or the machine.
pub(super) fn is_guardian(name: &str) -> bool {
    const GUARDIANS: &[&str] = &["guard", "guards", "guardian", "guardrail", "guardrails", "pretooluse", "posttooluse"];
    const BESIDES: &[&str] = &["hook", "hooks", "policy", "monitor", "watch", "watchdog", "audit", "supervisor"];
    // Words of tools that only sound like it, and of code.
    const OTHERS: &[&str] =
        &["bundle", "rb", "ruby", "rails", "test", "tests", "spec", "src", "watch", "ts", "tsx", "route", "auth"];
    // `[c]laude`, so that a search does not find itself.
    let lower = name.to_ascii_lowercase().replace(['[', ']'], "");
    let words = words(&lower);
    let has = |list: &[&str]| words.iter().any(|word| list.contains(word));
    let plain = lower.split([' ', '|']).map(|word| word.trim_matches(['^', '$', '(', ')', '.', '*', '\\']));
    let mut named = plain.map(|word| super::super::base_name(word).trim_end_matches(".exe"));
    let of_tools = words
        .windows(2)
        .any(|pair| matches!(pair, ["agent" | "tool" | "mcp", "hook" | "hooks" | "monitor" | "policy"]));
    named.any(|word| !word.is_empty() && is_guard(word))
        || of_tools
        || has(GUARDIANS) && (!has(OTHERS) || has(AGENTS))
        || has(AGENTS) && has(BESIDES)
}

fn words(name: &str) -> Vec<&str> {
    name.split(|char: char| !char.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect()
}

/// `systemctl stop a b`, `service a stop`: stopping what protects the machine is a matter of its own.
fn services(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options =
        read(&call.args, &spec("tpHMns", &["type=", "property=", "host=", "machine=", "lines=", "signal=", "state="]));
    let words: Vec<String> = options.operands.iter().map(Text::shown).collect();
    let (verb, units) = match (call.name.as_str(), words.as_slice()) {
        (_, []) => return super::table(machine, call, state),
        ("systemctl" | "launchctl", [verb, units @ ..]) => (verb.as_str(), units),
        (_, [unit, verb, ..]) => (verb.as_str(), std::slice::from_ref(unit)),
        (_, [_]) => return,
    };
    let stops =
        matches!(verb, "stop" | "disable" | "mask" | "kill" | "--now" | "zap" | "bootout" | "unload" | "remove");
    let guards = |unit: &str| is_guard(unit) || is_watcher(unit.trim_end_matches(".service"));
    match units.iter().find(|unit| stops && guards(unit)) {
        Some(unit) if !options.is_help() => machine.act(SafetyDisable, unit.clone()),
        _ if machine.at == Where::Remote && stops && units.iter().any(|unit| super::daemons::is_relied_on(unit)) => {
            machine.act(Kind::ServiceChange, units.join(" "));
        }
        _ => super::table(machine, call, state),
    }
}

pub(super) fn program(name: &str) -> Option<Program> {
    Some(match name {
        "crontab" => crontab,
        "launchctl" | "systemctl" | "service" | "rc-service" | "invoke-rc.d" => services,
        "del" | "erase" | "rd" => windows_delete,
        _ => return None,
    })
}

fn crontab(machine: &mut Machine<'_>, call: &Call, _: &mut State) {
    let options = read(&call.args, &spec("u", &[]));
    if options.has(&["l", "V"]) {
        return;
    }
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
