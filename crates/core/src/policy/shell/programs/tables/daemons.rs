//! Servers that people are connected to while they run, told by their own consoles: telephones, mail, chats, names, printers, licences.
//! One in a container is being tried.

use super::super::super::machine::{Call, Machine};
use super::super::super::state::State;
use super::super::Program;
use super::super::sieve::knows;
use super::{Tool, on, pass, read, spec, with};
use crate::policy::effects::Kind::{CloudAccess, CloudDestroy, ServiceChange};
use crate::policy::effects::Where;
use crate::policy::hosts;
use crate::policy::lists::is;

pub(super) fn program(name: &str) -> Option<Program> {
    match () {
        () if name == "nsupdate" => Some(renames),
        () if knows!(name, TOOLS) => Some(console),
        () => knows!(name, ELSEWHERE).then_some(far as Program),
    }
}

/// Records of a zone are changed by the lines that a program is given; a server on this machine tells nobody.
fn renames(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(&call.args, &spec("kytrupLCdpT", &[]));
    let text = match options.operands.first() {
        Some(file) => machine.read_file(state, file),
        None => machine.input(state, 0),
    };
    let text = text.shown();
    let mut lines = text.lines().map(|line| line.split_whitespace());
    let is_here = options.has(&["l"])
        || lines.clone().any(|mut words| words.next() == Some("server") && words.next().is_some_and(hosts::is_local));
    let changes = |word| matches!(word, "update" | "add" | "del" | "delete");
    if !is_here && lines.any(|mut words| words.next().is_some_and(changes)) {
        machine.act(CloudAccess, "records of a zone");
    }
}

/// What everybody has on a machine of his own as well, and somebody relies on elsewhere.
fn far(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let known = ELSEWHERE.iter().find(|tool| tool.names.contains(&call.name.as_str()));
    let done =
        known.filter(|_| machine.at == Where::Remote).is_some_and(|tool| super::does(machine, call, state, tool));
    if !done {
        super::table(machine, call, state);
    }
}

/// Whether a service is one that a house is connected to.
pub(super) fn is_relied_on(service: &str) -> bool {
    const SERVERS: &str = "asterisk|freeswitch|kamailio|opensips|ejabberd|prosody|postfix|dovecot|exim4|zimbra|named|bind9|unbound|dnsmasq|pdns|isc-dhcp-server|\
        dhcpd|kea-dhcp4|slapd|sssd|krb5kdc|freeradius|radiusd|smbd|samba|samba-ad-dc|nfs-server|nfs-kernel-server|cups|slurmctld|slurmdbd|pacemaker|\
        corosync|keepalived|haproxy|nginx|apache2|httpd|caddy|traefik|openvpn|strongswan|ipsec|wg-quick|mysql|mysqld|mariadb|postgresql|mongod|redis|\
        redis-server|rabbitmq-server|elasticsearch|opensearch|kafka|etcd|vault|consul|docker|containerd|kubelet|pveproxy|pve-cluster|gitlab-runsvdir|\
        tomcat9|odoo|home-assistant|mosquitto|orthanc|dcm4chee-arc|mirthconnect|mcservice|jitsi-videobridge2|coturn|janus|icecast2|liquidsoap|\
        zabbix-server|icinga2|nagios|jenkins|zigbee2mqtt|nodered|ignition|chronyd|ntpd|sshd|ssh";
    is(service.split(['@', '.']).next().unwrap_or_default(), SERVERS)
}

/// What stops one of these on another machine.
const ELSEWHERE: &[Tool] = &[
    Tool { names: &["nginx"], spec: spec("scgp", &[]), entries: &[with("", &["s=stop", "s=quit"], ServiceChange)] },
    Tool { names: &["squid"], spec: spec("kfn", &[]), entries: &[with("", &["k=shutdown", "k=kill"], ServiceChange)] },
    Tool {
        names: &["apachectl", "apache2ctl", "caddy", "pg_ctl", "pg_ctlcluster", "unitctl"],
        spec: spec("Dmk", &["mode=", "config=", "pgdata="]),
        entries: &[on("stop|graceful-stop", ServiceChange), on("* * stop", ServiceChange)],
    },
    Tool {
        names: &["pm2", "supervisorctl"],
        spec: spec("c", &["configuration="]),
        entries: &[on("stop|delete|del|remove all", ServiceChange), on("kill|shutdown", ServiceChange)],
    },
];

fn console(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    if matches!(machine.at, Where::Here | Where::Remote) {
        super::table(machine, call, state);
    }
}

/// Every tool of this file.
pub(super) const TOOLS: &[Tool] = &[
    Tool {
        names: &["asterisk", "rasterisk"],
        spec: spec("xCGU", &[]),
        entries: &[with(
            "",
            &[
                "x=core stop*",
                "x=core restart now*",
                "x=core restart graceful*",
                "x=database del*",
                "x=dialplan remove*",
                "x=module unload*",
                "x=channel request hangup all*",
                "x=hangup request all*",
                "x=pjsip send unregister *all*",
            ],
            ServiceChange,
        )],
    },
    Tool {
        names: &["fs_cli", "freeswitch"],
        spec: spec("xHPpS", &[]),
        entries: &[with(
            "",
            &[
                "x=shutdown*",
                "x=fsctl shutdown*",
                "x=fsctl crash*",
                "x=hupall*",
                "x=unload *",
                "x=sofia profile * stop*",
                "stop",
            ],
            ServiceChange,
        )],
    },
    Tool {
        names: &["kamctl", "kamcmd", "opensipsctl", "opensips-cli"],
        spec: spec("xsf", &[]),
        entries: &[
            on("stop|rm|core.kill|core.shutdown|ul.flush|dlg.end_dlg", ServiceChange),
            on("mi|fifo kill|stop", ServiceChange),
            on("ul|db rm|drop|reinit", CloudDestroy),
        ],
    },
    Tool {
        names: &["ejabberdctl", "prosodyctl"],
        spec: spec("", &["node=", "config="]),
        entries: &[
            pass("status|started|check|connected_users*|registered_users|help"),
            on("stop|stop_kindly|stop_s2s*|kick_session|kick_user|ban_account|leave_cluster", ServiceChange),
            on(
                "unregister|deluser|destroy_room*|rooms_unused_destroy|remove_*|delete_*|restore|install_fallback",
                CloudDestroy,
            ),
        ],
    },
    Tool { names: &["postfix"], spec: spec("c", &[]), entries: &[on("stop|abort", ServiceChange)] },
    Tool {
        names: &["zmcontrol", "zmprov", "zmmailbox", "zmmailboxdctl"],
        spec: spec("mz", &[]),
        entries: &[
            on("stop|shutdown", ServiceChange),
            on(
                "da|deleteaccount|deleteAccount|dd|deleteDomain|ddl|deleteDistributionList|ef|emptyFolder|df|deleteFolder|dm|deleteMessage",
                CloudDestroy,
            ),
        ],
    },
    Tool {
        names: &["rndc", "unbound-control", "nsd-control", "knotc"],
        spec: spec("csp", &[]),
        entries: &[
            on("stop|halt|freeze", ServiceChange),
            on("delzone|zone-purge|zone-unset|conf-unset|local_zone_remove|forward_remove", CloudDestroy),
        ],
    },
    Tool {
        names: &["smbcontrol"],
        spec: spec("s", &[]),
        entries: &[on("* shutdown|close-share|force-disconnect|kill-client-ip", ServiceChange)],
    },
    Tool { names: &["lmutil", "lmdown"], spec: spec("c", &[]), entries: &[on("lmdown", ServiceChange)] },
    Tool {
        names: &["asadmin"],
        spec: spec("", &["host=", "port=", "user=", "target=", "passwordfile="]),
        entries: &[on("stop-domain|stop-cluster|undeploy|delete-*", ServiceChange)],
    },
    Tool {
        names: &["gitlab-ctl"],
        spec: spec("", &[]),
        entries: &[on("stop|kill|graceful-kill", ServiceChange), on("cleanse|uninstall|remove-accounts", CloudDestroy)],
    },
];
