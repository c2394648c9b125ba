//! Settings of servers that let in whoever asks: without a password, from everywhere, as whoever they like.

use super::loosened;
use super::source::{self, Written, code_lines};
use crate::policy::lists::{holds, is, parts};

/// Files by their names, and the lines that open what they are for: words with one blank between them, in lower case.
const OPEN: &[(&str, &[&str])] = &[
    (
        "pg_hba.conf",
        &[
            "host all all 0.0.0.0/0 trust",
            "host all all ::/0 trust",
            "host all all all trust",
            "host all all * trust",
            "host replication all 0.0.0.0/0 trust",
        ],
    ),
    ("redis.conf", &["protected-mode no"]),
    ("rabbitmq.conf", &["loopback_users = none", "loopback_users.guest = false"]),
    ("mosquitto.conf", &["allow_anonymous true"]),
    ("vsftpd.conf", &["anonymous_enable=yes"]),
    ("clickhouse.xml", &["<password></password>"]),
    ("users.xml", &["<password></password>"]),
    ("my.cnf", &["skip-grant-tables"]),
    ("rsyncd.conf", &["hosts allow = *"]),
    ("valkey.conf", &["protected-mode no"]),
    ("sshd_config", &["permitemptypasswords yes", "permitrootlogin yes"]),
    ("sudoers", &["nopasswd: all", "nopasswd:all", "!authenticate"]),
    ("mongod.conf", &["authorization: disabled", "noauth = true"]),
    ("elasticsearch.yml", &["xpack.security.enabled: false"]),
    ("smb.conf", &["map to guest = bad user"]),
    ("exports", &["*(rw,no_root_squash", "*(rw,sync,no_root_squash"]),
    ("hosts.allow", &["all: all", "all:all"]),
    ("seccomp.json", &["\"defaultaction\": \"scmp_act_allow\"", "\"defaultaction\":\"scmp_act_allow\""]),
];

/// Whether settings of a server, outside of what is only tried, let everybody in, and those before them did not.
pub(super) fn are_open(written: &Written<'_>) -> bool {
    let Some((_, lines)) = OPEN.iter().find(|(name, _)| is_of(written.path, name)) else { return false };
    let open = |text: &str| {
        text.lines().take(super::MAX_PLACES * 64).any(|line| {
            let line = line.split('#').next().unwrap_or_default();
            let line = line.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase();
            lines.iter().any(|open| line.contains(open))
        })
    };
    // What is in an image is reached by what its container lets in.
    let in_image = || written.path.contains("docker") || written.path.contains("container");
    !written.is_tried() && !in_image() && written.gains(open)
}

/// What locks a service that a file starts in a container, and what opens it; ports that few should reach.
const LOCKS: &str = "requirepass|mongod --auth|\"--auth\"|_PASSWORD|xpack.security.enabled=true|xpack.security.enabled: true|xpack.security.enabled: \"true\"|\
    --password|NEO4J_AUTH: neo4j|NEO4J_AUTH=neo4j|NEO4J_AUTH: \"neo4j|--token|ME_CONFIG_BASICAUTH|MINIO_ROOT_|--tlsverify|--require-auth|--client-cert-auth";
const UNLOCKS: &str = "protected-mode no|HOST_AUTH_METHOD: trust|HOST_AUTH_METHOD=trust|HOST_AUTH_METHOD: \"trust\"|ALLOW_EMPTY|NEO4J_AUTH=none|\
    NEO4J_AUTH: none|security.enabled=false|security.enabled: false|security.enabled: \"false\"|--noauth|--auth=none|--auth none|token=''|\
    DISABLE_SECURITY_PLUGIN|--bind_ip_all|--bind 0.0.0.0|skip-grant-tables|_NO_AUTH|ANONYMOUS_ORG_ROLE=Admin|--api-insecure|--insecure";
const PORTS: &str = "6379|5432|3306|27017|9200|5984|11211|2375|2376|8086|9042|7687|1433|1521|5672|15672|2379|9092|26257|8123|6443|8529|28015|2181|4369";

/// Whether a service in a container is locked no more, and can be reached; or a database that this machine alone reached is everybody's.
pub(super) fn are_uncovered(written: &Written<'_>) -> bool {
    if !written.is_form("yml|yaml|env|json|tf|hcl|toml|nomad") || written.is_tried() {
        return false;
    }
    let is_live = || loosened::is_of_production(written.path);
    if written.holds("ports|0.0.0.0|docker.sock") && written.gains(|text| are_everybodys(text, is_live())) {
        return true;
    }
    let Some(before) = written.before else { return false };
    let text = &*written.text;
    let unlocked = || parts(LOCKS).any(|lock| before.contains(lock) && !text.contains(lock));
    let opens = || parts(UNLOCKS).any(|opens| text.contains(opens) && !before.contains(opens));
    let is_own = before.contains("127.0.0.1:");
    let own = |port: &str| is_own && before.contains(&format!("127.0.0.1:{port}:"));
    let to_all = |port: &str| text.contains(&format!("0.0.0.0:{port}:"));
    let is_published = |port: &str| text.contains(&format!("\"{port}:")) || text.contains(&format!("- {port}:"));
    parts(PORTS).any(|port| own(port) && to_all(port))
        || unlocked() && (opens() || parts(PORTS).any(|port| own(port) && is_published(port)))
}

/// Whether a file, whole or a piece of one, starts a store without a lock, or what commands all containers, where everybody reaches it:
/// because it says so, or because it is a production's.
fn are_everybodys(text: &str, is_live: bool) -> bool {
    const BARE: &str = "--protected-mode no|auth_method: trust|auth_method=trust|allow_empty|--noauth|--auth none|security.enabled=false|security.enabled: false|\
        disable_security_plugin|skip-grant-tables|neo4j_auth=none|neo4j_auth: none|--insecure|requirepass ''|allow_anonymous_login=yes|anonymous_login: yes|\
        neo4j_auth none";
    const DAEMON: &str = "tcp-listen:2375|tcp://0.0.0.0:2375|tcp://:2375";
    let words: Vec<String> = code_lines(text)
        .flat_map(str::split_whitespace)
        .map(|word| word.trim_matches(['"', '\'', ',', '[', ']']).to_ascii_lowercase())
        .filter(|word| !word.is_empty())
        .collect();
    let joined = words.join(" ");
    let reached = |word: &str| {
        let Some((host, _)) = word.rsplit_once(':').filter(|(_, port)| is(port, PORTS)) else { return false };
        match host.rsplit_once(':') {
            Some((address, _)) => address == "0.0.0.0",
            None => is_live && !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_digit()),
        }
    };
    let are_reached = || words.iter().any(|word| reached(word));
    holds(&joined, BARE) && are_reached() || joined.contains("docker.sock") && holds(&joined, DAEMON)
}

/// Files of a machine that is set up, and what opens them when it is put there by an edit: with less than a whole line, and where the
/// packages' own settings may say the same.
const LOOSENED: &[(&str, &str)] = &[
    ("pg_hba.conf", "trust"),
    (
        "sshd_config",
        "permitrootlogin yes|passwordauthentication yes|permitemptypasswords yes|strictmodes no|gatewayports yes",
    ),
    ("pam.d", "pam_permit.so|nullok"),
    ("sudoers", "nopasswd"),
    ("selinux/config", "selinux=disabled|selinux=permissive|disabled|permissive"),
    ("ufw.conf", "enabled=no"),
    ("default/ufw", "default_input_policy=\"accept\"|default_input_policy=accept"),
    ("redis.conf", "protected-mode no|bind 0.0.0.0"),
    ("valkey.conf", "protected-mode no|bind 0.0.0.0"),
    ("mongod.conf", "bindip: 0.0.0.0|bindipall: true|authorization: disabled"),
    ("elasticsearch.yml", "security.enabled: false"),
    ("auditd.conf", "log_file = /dev/null"),
    ("jail.local", "enabled = false"),
];

/// Whether an edit puts into settings of a machine what opens them.
pub(in crate::policy) fn are_loosened(path: &str, put: &str) -> bool {
    let of_machine = || path.starts_with('/') && !source::is_tried(path);
    let is_settings =
        |name: &str| is_of(path, name) || path.contains(&format!("/{name}/")) || path.ends_with(&format!("/{name}"));
    let Some((_, opening)) = LOOSENED.iter().find(|(name, _)| is_settings(name)).filter(|_| of_machine()) else {
        return false;
    };
    let put = put.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase();
    holds(&put, opening)
}

/// Whether a path is that of a server's settings: the file, one that is made from it, or one of its folder (`sudoers.d`).
fn is_of(path: &str, name: &str) -> bool {
    let file = source::name(path);
    let of_folder = || path.rsplit('/').nth(1).is_some_and(|folder| folder.strip_suffix(".d") == Some(name));
    file == name
        || file.strip_prefix(name).is_some_and(|rest| matches!(rest, ".j2" | ".tpl" | ".tmpl" | ".erb"))
        || of_folder()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_is_locked_no_more_is_seen() {
        let before = "ports:\n  - \"127.0.0.1:6379:6379\"\ncommand: redis-server --requirepass $PW";
        for (text, seen) in [
            ("ports:\n  - \"0.0.0.0:6379:6379\"\ncommand: redis-server --requirepass $PW", true),
            ("ports:\n  - \"6379:6379\"\ncommand: redis-server", true),
            ("ports:\n  - \"127.0.0.1:6379:6379\"\ncommand: redis-server --protected-mode no", true),
            ("ports:\n  - \"127.0.0.1:6380:6379\"\ncommand: redis-server --requirepass $PW", false),
        ] {
            let written = Written::of(text, Some(before), "/home/you/work/shop/docker-compose.yml");
            assert_eq!(are_uncovered(&written), seen, "{text}");
        }
    }

    #[test]
    fn an_edit_opens_a_machine_by_what_it_puts_there() {
        for (path, put, opens) in [
            ("/etc/ssh/sshd_config", "PermitRootLogin yes", true),
            ("/etc/ssh/sshd_config", "PermitRootLogin no", false),
            ("/etc/ssh/sshd_config.d/50-cloud.conf", "PasswordAuthentication  yes", true),
            ("/var/lib/pgsql/data/pg_hba.conf", "trust", true),
            ("/etc/pam.d/sshd", "auth sufficient pam_permit.so", true),
            ("/etc/selinux/config", "SELINUX=disabled", true),
            ("/etc/nginx/nginx.conf", "worker_processes 4", false),
            ("ansible/files/sshd_config", "PermitRootLogin yes", false),
        ] {
            assert_eq!(are_loosened(path, put), opens, "{path} {put}");
        }
    }
}
