//! Calls that change nothing and tell no secret: what an administrator's rights are harmless for.

use super::super::super::options::{Options, Spec, ordered, read, spec};
use super::super::super::value::Text;
use super::super::base_name;
use super::fits;
use crate::policy::lists::{is, parts};
use crate::policy::places;

/// When a program only looks.
struct Reader {
    names: &'static str,
    /// The subcommands that do, as in an [`super::Entry`].
    verbs: &'static [&'static str],
    /// The flags with which it does, whatever else is said.
    flags: &'static str,
    /// Whether it does without operands.
    bare: bool,
    /// Flags with which it does more.
    never: &'static str,
}

/// A program that only ever looks, but with these flags.
const fn always(names: &'static str, never: &'static str) -> Reader {
    Reader { names, verbs: &["*", ""], flags: "", bare: true, never }
}

/// One that does with these subcommands.
const fn by_verb(names: &'static str, verbs: &'static [&'static str], bare: bool) -> Reader {
    Reader { names, verbs, flags: "", bare, never: "" }
}

/// One that does with these flags, and not with those.
const fn by_flag(names: &'static str, flags: &'static str, bare: bool, never: &'static str) -> Reader {
    Reader { names, verbs: &[], flags, bare, never }
}

const READERS: &[Reader] = &[
    // The machine.
    always(
        "true|id|whoami|groups|uname|arch|nproc|uptime|who|w|last|lastb|lastlog|free|vmstat|iostat|mpstat|sar|pidstat|ps|pgrep|\
        pstree|pmap|top|htop|btop|iotop|lscpu|lsmem|lspci|lsusb|lshw|lsmod|modinfo|dmidecode|inxi|hwinfo|sensors|numastat|which|\
        whereis|readlink|realpath|basename|dirname|echo|printf|sleep|getfacl|lsattr|getcap|namei|test|[",
        "lastlog|C|clear",
    ),
    always("dmesg", "c|C|clear|read-clear|n|console-level|D|console-off|E|console-on"),
    always("journalctl", "vacuum-time|vacuum-size|vacuum-files|rotate|flush|setup-keys|update-catalog"),
    always("ls|stat|file|du|df|tree|lsof|findmnt|lsblk|blkid|lsscsi|mountpoint|lslocks", ""),
    by_flag("date|hostname", "", true, "s|set|F|file|b"),
    by_verb("hostnamectl", &["status"], true),
    by_verb("timedatectl|localectl", &["status", "show", "list-*", "timesync-status"], true),
    by_verb("loginctl", &["list-*|show-*|*-status"], true),
    by_verb(
        "systemctl",
        &["status|show|cat|is-active|is-enabled|is-failed|is-system-running|list-*|get-default|show-environment"],
        false,
    ),
    by_verb("service|rc-service", &["* status", "--status-all"], false),
    by_flag("service", "status-all", false, ""),
    by_verb(
        "systemd-analyze",
        &["time|blame|critical-chain|verify|security|calendar|dump|plot|cat-config|unit-files"],
        true,
    ),
    by_verb("coredumpctl", &["list|info"], true),
    by_verb("bootctl", &["status|list"], true),
    by_verb("resolvectl", &["status|query|statistics|dns|domain"], true),
    by_verb("networkctl", &["status|list|lldp"], true),
    by_verb("chronyc", &["tracking|sources|sourcestats|activity|clients"], false),
    by_flag("ntpq", "p", false, ""),
    by_flag("efibootmgr", "v", true, "B|b|o|n|c|N|O|t|A|a|D"),
    always("sysctl", "w|write|p|load|system"),
    by_flag("swapon", "s|show|summary", true, "a|all"),
    by_flag("mount", "l", true, "a|all|o|bind"),
    by_flag("ulimit|prlimit|getconf", "a", true, ""),
    by_flag("update-alternatives|alternatives", "list|display|query|get-selections", false, "set|install"),
    by_flag("crontab", "l", false, "r|e|i"),
    by_flag("chage", "l|list", false, ""),
    by_flag("passwd", "S|status", false, "d|l|u|e|delete|lock|unlock"),
    by_flag("faillock|faillog", "u|user|a", true, "reset|r"),
    by_flag("visudo", "c|check", false, ""),
    by_flag("logrotate", "d|debug", false, "f|force"),
    // Disks and storage.
    by_flag("fdisk|sfdisk|parted|gdisk", "l|list|d|dump", false, "delete|s"),
    by_verb("parted", &["* print"], false),
    by_flag("sgdisk", "p|i|print|info|verify|v", false, "Z|z|o|d|n|zap-all|clear"),
    by_flag("blockdev", "report|getsize64|getsz|getss|getro|getra|getbsz", false, "setro|setrw|flushbufs"),
    by_flag("smartctl", "a|all|i|info|H|health|x|xall|A|attributes|l|scan|c", false, "t|s|X|set"),
    by_flag("hdparm", "I|i|g", false, "s|S|B|W|y|Y"),
    by_verb("nvme", &["list|smart-log|id-ctrl|id-ns|error-log|fw-log|list-subsys|version"], false),
    always("lvs|vgs|pvs|lvdisplay|vgdisplay|pvdisplay|lvscan|vgscan|pvscan|lvmdiskscan", "cache|mknodes"),
    by_flag("mdadm", "D|detail|E|examine|Q|query", false, "S|stop|zero-superblock|r|f"),
    by_flag("tune2fs", "l", false, "O|U|L|m|c|i"),
    always("dumpe2fs|xfs_info|e2label", "w"),
    by_flag("fsck|e2fsck|fsck.ext4|xfs_repair", "n|N", false, "y|p|a|L"),
    by_flag("wipefs", "n|no-act", false, ""),
    by_verb("cryptsetup", &["status|isLuks|luksUUID|benchmark"], false),
    by_verb("dmsetup", &["ls|info|status|deps|targets|version"], false),
    by_verb("zpool", &["status|list|history|iostat|get|events"], false),
    by_verb("zfs", &["list|get|diff|holds|userspace|version|snapshot|snap|hold|bookmark"], false),
    by_flag("zfs|zpool", "n", false, "F"),
    by_verb(
        "btrfs",
        &[
            "filesystem|fi show|usage|df|du",
            "subvolume|sub list|show|get-default|snapshot",
            "device|dev stats|usage",
            "scrub status",
            "balance status",
            "qgroup show",
            "property get",
            "inspect-internal *",
        ],
        false,
    ),
    by_verb("snapper", &["list|ls|list-configs|status|diff|get-config"], false),
    by_flag("snapper", "list-configs", false, ""),
    by_flag("timeshift", "list|list-devices", false, "delete|delete-all|restore|create"),
    by_verb("ceph", &["status|health|df|versions|-s", "osd|mon|pg|mgr|mds tree|stat|status|df|ls|dump"], false),
    by_flag("ceph", "s|status", false, ""),
    by_verb("gluster", &["volume info|status|list", "peer status", "pool list"], false),
    by_flag("multipath", "l|ll", false, "F|f"),
    by_flag("exportfs", "v|s", true, "a|r|u|o"),
    always("showmount|nfsstat|rpcinfo|smbstatus", "d"),
    // Networks.
    always("ss|netstat|ping|ping6|traceroute|tracepath|mtr|dig|host|nslookup|vnstat|iftop|nethogs", "K|kill|f"),
    by_flag("tcpdump|tshark|dumpcap", "D|list-interfaces", false, "z|w|r|A|X|i"),
    by_flag("arp|route", "n|a|e", true, "s|d|D|f"),
    by_flag("iptables|ip6tables|iptables-nft|iptables-legacy", "L|list|S|list-rules|C|check", false, FIREWALL),
    by_flag("ebtables|arptables|ipset|ipvsadm", "L|list|Ln", false, FIREWALL),
    by_verb("ipset", &["list|save"], false),
    always("iptables-save|ip6tables-save", "f|file"),
    by_verb("nft", &["list"], false),
    by_flag("nft", "c|check", false, ""),
    by_verb("ufw", &["status|show|version", "app list|info"], false),
    by_flag(
        "firewall-cmd",
        "state|list-all|list-all-zones|list-ports|list-services|list-rich-rules|get-default-zone|get-active-zones|get-zones|\
        get-services|info-zone|info-service|query-port|query-service",
        false,
        "set-default-zone|add-port|remove-port|add-service|remove-service|reload",
    ),
    by_verb(
        "ip",
        &[
            "link|l|address|addr|a|route|r|rule|ru|neigh|n|netns|maddr|tunnel show|list|ls|get",
            "link|l|address|addr|a|route|r|rule|ru|neigh|n|netns .",
            "* link|address|addr|a|route|r|neigh show|list|ls",
        ],
        false,
    ),
    by_verb("tc|bridge", &["* show|list|ls"], false),
    by_verb(
        "nmcli",
        &[
            "general|connection|con|c|device|dev|d|networking|radio show|status|list",
            "general|g|connection|con|c|device|dev|d .",
        ],
        true,
    ),
    by_verb("iw", &["list", "dev .", "dev * info|link|scan", "reg get"], false),
    by_flag("ethtool", "i|k|a|c|g|l|S|m|T", true, "s|K|A|C|G|L|p|E|f"),
    by_flag("conntrack", "L|C|S", false, "D|F"),
    by_verb("wg", &["show .", "show * ."], true),
    // Labs of the machine itself, in which nothing is real.
    always("containerlab|clab|netlab|kathara|mn", "custom|topology-script|pre|post"),
    by_verb("lxc|incus", &["list|info|version", "* list|show|info"], false),
    // How programs spend their time.
    by_flag("bpftrace", "l|info", false, "e|c|p|unsafe"),
    always("perf|iotop-c|bpftop|powertop|turbostat|py-spy|rbspy", "o|output|native-output"),
    // What guards it.
    by_flag("auditctl", "l|s|v", false, "D|e|a|d|w|W|R"),
    always(
        "ausearch|aureport|aa-status|apparmor_status|getenforce|sestatus|getsebool|rkhunter|debsums|lynis",
        "propupd|update",
    ),
    by_flag("semanage", "l|list", false, "a|d|m|D"),
    by_verb("fail2ban-client", &["status|get|ping|version|banned"], false),
    by_verb("cscli", &["* list|show|inspect", "metrics|version"], false),
    // Services.
    by_flag("nginx", "t|T|v|V", false, "s"),
    by_flag("sshd", "t|T", false, "D|d"),
    by_flag("apachectl|apache2ctl|httpd|apache2", "t|S|M|v|V", false, "k"),
    by_verb("apachectl|apache2ctl", &["configtest|status|fullstatus"], false),
    by_flag("haproxy", "c|v", false, "sf|st|D"),
    always("named-checkconf|named-checkzone|mailq|mpstat|testparm|dovecot-n|pg_lsclusters", ""),
    by_verb("postfix", &["check|status"], false),
    by_flag("postconf", "n|d", true, "e|X|F|M"),
    by_verb("certbot", &["certificates|plugins|show_account"], false),
    by_flag("certbot", "dry-run", false, ""),
    by_verb(
        "rabbitmqctl|rabbitmq-diagnostics",
        &["status|list_*|cluster_status|node_health_check|ping|report|check_*"],
        false,
    ),
    by_verb(
        "virsh",
        &["list|dominfo|domstate|domblklist|net-list|pool-list|vol-list|snapshot-list|nodeinfo|version|dumpxml"],
        false,
    ),
    by_verb("supervisorctl", &["status|avail|pid|tail"], false),
    by_verb("monit", &["status|summary|report"], false),
    by_verb("varnishadm|puppet|salt-call", &["backend.list|config|test.ping|--version"], false),
    // Containers.
    by_verb(
        "docker|podman|nerdctl",
        &[
            "ps|logs|images|inspect|info|version|stats|top|port|diff|history|events|search",
            "container|image|volume|network|system|context|node|service|stack|plugin|builder|buildx|secret|config|pod ls|list|ps|inspect|logs|df|info|top|stats|port|history|events|exists",
            "compose ps|logs|ls|images|top|version|port|events",
        ],
        false,
    ),
    by_verb("docker-compose", &["ps|logs|images|top|version|port"], false),
    by_verb("crictl", &["ps|pods|images|logs|inspect|inspecti|inspectp|stats|info|version"], false),
    by_verb("ctr", &["images|containers|tasks|namespaces|i|c|t|ns ls|list", "version|info"], false),
    by_verb(
        "kubectl|k3s|microk8s",
        &[
            "get|describe|logs|top|version|cluster-info|explain|api-resources",
            "kubectl get|describe|logs|top|version",
            "status|check-config",
        ],
        false,
    ),
    // Packages.
    by_flag(
        "dpkg|dpkg-query",
        "l|L|s|S|W|p|list|listfiles|status|search|show|audit|C|verify|V|get-selections|print-architecture",
        false,
        "i|r|P|install|remove|purge|configure|unpack",
    ),
    by_flag("rpm", "q|query|V|verify|K|checksig", false, "i|U|F|e|erase|install|upgrade|import|rebuilddb"),
    by_verb("apt|aptitude", &["list|show|search|policy|depends|rdepends|showsrc|changelog"], false),
    by_verb("apt-get", &["check|changelog|indextargets"], false),
    by_flag("apt|apt-get|aptitude", "s|simulate|dry-run|just-print|no-act|recon", false, ""),
    always("apt-cache|apt-rdepends|apt-show-versions", ""),
    by_verb("apt-mark", &["show*"], false),
    by_verb(
        "dnf|yum|zypper",
        &["list|info|search|repolist|check-update|provides|repoquery|deplist|lr|se|if|lu", "history list|info"],
        false,
    ),
    by_flag("pacman", "Q|Ss|query", false, "R|U|remove|upgrade|D"),
    by_verb("snap", &["list|info|find|services|changes|connections|version|warnings|logs"], false),
    by_verb("flatpak", &["list|info|search|remotes|history|ps"], false),
    by_flag("unattended-upgrade|unattended-upgrades", "dry-run", false, ""),
    by_flag("needrestart", "b", false, ""),
];

/// Flags that change a firewall.
const FIREWALL: &str = "A|D|I|R|F|Z|X|P|N|E|append|delete|insert|replace|flush|zero|policy|new-chain|delete-chain";

/// Programs that show files: harmless where the files are nobody's secret.
const SHOWS: &str =
    "cat|head|tail|less|more|zcat|zless|tac|nl|wc|grep|egrep|fgrep|zgrep|md5sum|sha1sum|sha256sum|cksum|diff|cmp";

/// What stands behind programs that only say for how long, or how urgently, another one runs.
fn behind_limits(fields: &[Text]) -> &[Text] {
    let options = |short: &'static str, skip: usize| {
        let spec = ordered(short, &["kill-after=", "signal=", "adjustment=", "class="]);
        let taken = read(&fields[1..], &spec).operands.len().saturating_sub(skip);
        &fields[fields.len() - taken.min(fields.len())..]
    };
    match fields.first().map(Text::prefix) {
        Some("timeout" | "gtimeout") => options("ks", 1),
        Some("nice") => options("n", 0),
        Some("ionice") => options("cn", 0),
        Some("stdbuf") => options("ioe", 0),
        _ => fields,
    }
}

/// Whether packets are looked at that go through this machine alone, or the heads of so many of them.
fn sniffs(args: &[Text]) -> bool {
    let spec = spec("icCGrswWzyBEFjMmTVZ", &["interface=", "count="]);
    let options = read(args, &spec);
    let to = options.value(&["w"]).map(Text::shown);
    let is_kept = to.is_none_or(|to| to == "-" || places::is_within(&places::absolute(&to, "/-"), "/tmp"));
    let own = options.value(&["i", "interface"]).is_some_and(|name| matches!(name.shown().as_str(), "lo" | "lo0"));
    let some = options.has(&["c", "count"]) && !options.has(&["A", "X", "x", "w"]);
    !options.has(&["z", "Z", "r"]) && is_kept && (own || some)
}

/// Whether a program only looks at the machine with these arguments.
pub(in super::super) fn only_looks(fields: &[Text]) -> bool {
    let Some((program, args)) = behind_limits(fields).split_first() else { return false };
    let Some(program) = program.as_known() else { return false };
    let name = base_name(&program);
    if name == "tcpdump" && sniffs(args) {
        return true;
    }
    // `docker exec --help`
    let plain = |arg: &Text| arg.shown().bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let asks = args.last().is_some_and(|last| matches!(last.shown().as_str(), "--version" | "--help"));
    if asks && !program.contains('/') && args.len() <= 3 && args.iter().all(plain) && args[0].shown() != "-c" {
        return true;
    }
    if is(name, SHOWS) {
        return shows(name, args);
    }
    if name == "find" {
        return finds(args);
    }
    if name == "getent" {
        return !args.iter().any(|arg| matches!(arg.shown().as_str(), "shadow" | "gshadow"));
    }
    let options = read(args, &Spec::default());
    let words: Vec<String> = options.operands.iter().map(Text::shown).collect();
    if name == "sysctl" && words.iter().any(|word| word.contains('=')) {
        return false;
    }
    READERS.iter().filter(|reader| is(name, reader.names)).any(|reader| reader.looks(&options, &words))
}

impl Reader {
    fn looks(&self, options: &Options, words: &[String]) -> bool {
        let given = |list: &str| !list.is_empty() && options.flags.iter().any(|flag| is(&flag.name, list));
        !given(self.never)
            && (self.bare && words.is_empty()
                || given(self.flags)
                || self.verbs.iter().any(|verb| fits(verb, words).is_some()))
    }
}

/// Whether files are shown that everybody may know: logs, and settings one by one.
fn shows(name: &str, args: &[Text]) -> bool {
    let searches = name.contains("grep");
    let options = read(args, &spec(if searches { "efmABC" } else { "nc" }, &[]));
    let pattern = usize::from(searches && !options.has(&["e", "regexp", "f"]));
    let files = options.operands.get(pattern..).unwrap_or_default();
    let one_by_one = !options.has(&["r", "R", "recursive"]);
    let is_known = |file: &Text| {
        let Some(path) = file.as_path().filter(|path| path.starts_with('/')) else { return false };
        let path = places::absolute(&path, "/");
        let is_log = places::is_within(&path, "/var/log") && path != "/var/log";
        is_log || one_by_one && is_open_setting(&path)
    };
    !files.is_empty() && files.iter().all(is_known)
}

/// Whether a file is a setting or a state of the system that everybody may know.
fn is_open_setting(path: &str) -> bool {
    const OPEN: &str = "/etc|/proc|/sys|/usr|/lib|/boot|/run/systemd";
    const HIDDEN: &str = "/etc/sudoers|/etc/ssl/private|/etc/shadow|/etc/gshadow|/etc/wireguard|/etc/openvpn";
    const OF_PROCESSES: &str = "/environ|/mem|/maps|/kcore|/cmdline";
    parts(OPEN).any(|tree| places::is_within(path, tree))
        && !parts(HIDDEN).any(|hidden| path.starts_with(hidden))
        && !parts(OF_PROCESSES).any(|end| path.ends_with(end))
        && !path.contains('*')
}

/// Whether a search only tells what it finds.
fn finds(args: &[Text]) -> bool {
    !args.iter().any(|arg| {
        let test = arg.shown();
        matches!(test.as_str(), "-delete" | "-ok" | "-okdir")
            || test.starts_with("-exec")
            || test.starts_with("-fprint")
            || test == "-fls"
    })
}
