//! Addresses within a network: what daemons and services there give, or do, to whoever opens one. Nobody asks who it is that asks, so that
//! to look at a page is to read their secrets, or to have something done. A server that somebody is developing on this machine is none.

use crate::policy::effects::Kind;
use crate::policy::hosts;
use crate::policy::lists::{holds, is, parts};

/// Daemons by the port they listen on, and the parts of their paths behind which they keep what is secret; each of its paths where none is
/// named. What a part with a slash names stands behind one another.
const DAEMONS: &[(&str, &str)] = &[
    ("2375|2376", "containers|secrets|configs|services|tasks|exec|swarm|nodes"),
    ("8200", "secret|kv|sys/raw|sys/storage|auth/token|identity|pki|aws/creds|database/creds|cubbyhole|transit/export"),
    ("10250|10255|10248", "pods|runningpods|run|exec|attach|containerlogs|portforward|configz|cri"),
    ("2379|4001", "keys|kv|auth"),
    ("8500|8501", "kv|acl|snapshot|agent/self|connect/ca"),
    ("4646", "var|vars|acl|snapshot|operator/keyring"),
    ("15672|15671", "definitions|users"),
    ("5984", "_users|_config|_all_docs|_all_dbs"),
    ("6379|11211|9001|4444", ""),
    ("5601", "_export|security"),
    ("9200|9243", "_security|_snapshot|_nodes/settings|_xpack|_all|_sql"),
];

/// Parts of paths behind which a service keeps what is secret, on whatever port it listens; and those that a server has too that somebody is
/// developing on this machine.
const KEEPS: &str = "actuator/env|actuator/heapdump|actuator/configprops|actuator/httptrace|actuator/httpexchanges|actuator/sessions|\
    actuator/jolokia|v1/secret|secret/data|serviceaccounts/token|v2/keys|proxy/environ";
const KEEPS_ELSEWHERE: &str = "actuator/threaddump|actuator/logfile|manage/env|manage/heapdump|manage/configprops|management/env|\
    management/heapdump|debug/env|debug/config|debug/dump|debug/environ|admin/env|admin/config/dump|admin/secrets|admin/credentials|v1/kv|\
    v1/secrets|v2/secrets|api/secrets|internal/secrets|api/credentials|internal/credentials|secrets/values|credentials/store|internal/env|\
    internal/tokens|internal/api-keys|admin/api-keys|admin/tokens|admin/users/export|admin/export|admin/backup|admin/dump|config_dump|scripttext|\
    jolokia/read|jolokia/exec|h2-console|api/v1/secrets|api/v1/credentials";

/// Files of credentials that a server hands out by mistake.
const FILES: &str = ".env|.env.local|.env.production|.env.prod|.env.staging|.htpasswd|.pgpass|.netrc|.npmrc|.git-credentials|id_rsa|id_ed25519|\
    wp-config.php.bak|credentials.json|kubeconfig|shadow|master.key|heapdump|terraform.tfstate";

/// Whose data an index or a list holds.
const PERSONS: &str = "customers|customer|users|user|accounts|patients|members|employees|payments|cards|sessions|tokens|credentials|secrets|payroll|\
    passwords|apikeys|payouts|invoices";

/// What is done where an address is opened, as a part of its path or as the value of what it asks for; and what may as well be a page where
/// nothing is asked for.
const DEEDS: &str = "delete|remove|drop|purge|wipe|destroy|shutdown|reboot|restart|kill|undeploy|flush|flushall|flushdb|truncate|terminate|\
    poweroff|halt|revoke|unload|quit|safeexit|saferestart|quietdown|erase|unseal|failover|deleteall|delete_series|clean_tombstones|\
    factoryreset|factory-reset|delete-user|add-user|deleteuser|adduser|addadmin|create-admin|makeadmin|make-admin|grant-admin|delete-all|\
    clear-cache|decommission|deprovision|run-migrations|wipe-all|reset-all|flush-all|force-logout|evict|drain";
const MILD: &str = "stop|reset|grant|promote|exit|disable|deactivate|seal|rollback|deploy|execute|exec|approve|transfer|refund|payout|impersonate|\
    reindex|unlock|format|rotate|suspend|cancel|ban|clear|uninstall|migrate|setrole|set-role|toggle|off|cordon|run|start|pay|publish|reset-password";

/// By what names an address asks for something to be done.
const ASKS: &str = "action|cmd|command|op|operation|do|method|task|act|verb|func|exec|turn";

/// With what an address says that it is meant.
const MEANT: &str = "confirm=|confirmed=|force=|yes=|sure=|id=all|ids=all|all=true|all=1|really=|commit=true|dryrun=false|dry_run=false|dry-run=false";

/// Parts of paths, and of names of hosts, by which a page only speaks of all this.
const SPEAKS: &str = "docs|doc|wiki|help|swagger|openapi|handbook|confluence|display|blog|guide|guides|manual|readme|kb|redoc|runbook|runbooks|blob|\
    static|assets|javadoc|storybook|search|browse|commit|issues|pull|merge_requests";

/// Words by which somebody who administers has their own pages.
const ADMINISTERS: &str = "admin|manager|manage|management|administrator|console|internal|ops|actuator|sysadmin|host-manager|backoffice|system";

/// What opening an address does where its host is within a network, or this machine.
pub(super) fn opened(url: &str) -> Option<Kind> {
    let host = hosts::host(url);
    let is_here = hosts::is_local(&host);
    if !is_here && !hosts::is_inner(&host) {
        return None;
    }
    let address = Address::of(url);
    if host.split('.').chain(address.path()).any(only_speaks) {
        return None;
    }
    match () {
        () if address.keeps_secret(is_here) => Some(Kind::SecretRead),
        () if address.does(is_here) => Some(Kind::ServiceChange),
        () => None,
    }
}

/// Whether a part of an address says that its page only speaks of something, and whether it is of those that somebody administers by.
pub(super) fn only_speaks(part: &str) -> bool {
    is(part, SPEAKS)
}

pub(super) fn administers(part: &str) -> bool {
    is(part, ADMINISTERS)
}

/// An address, in small letters.
pub(super) struct Address {
    port: String,
    path: Vec<String>,
    query: String,
}

impl Address {
    pub(super) fn of(url: &str) -> Self {
        /// Most parts of a path that are looked at.
        const MOST: usize = 32;
        let url = hosts::decoded(url).to_ascii_lowercase();
        let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
        let rest = rest.split('#').next().unwrap_or_default();
        let (way, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = way.split_once('/').unwrap_or((way, ""));
        let port = authority.rsplit_once(':').map_or("", |(_, port)| port);
        let path = path.split('/').filter(|part| !part.is_empty()).take(MOST);
        Self { port: port.to_owned(), path: path.map(str::to_owned).collect(), query: query.to_owned() }
    }

    /// The parts of its path.
    pub(super) fn path(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.path.iter().map(String::as_str)
    }

    /// What it asks for: names and values.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.query.split('&').take(super::MAX_PLACES).filter_map(|pair| pair.split_once('='))
    }

    /// Whether the path has these parts behind one another.
    fn has(&self, names: &str) -> bool {
        let names: Vec<&str> = names.split('/').collect();
        self.path.windows(names.len()).any(|parts| parts == names)
    }

    fn keeps_secret(&self, is_here: bool) -> bool {
        let daemon = DAEMONS.iter().find(|(ports, _)| is(&self.port, ports)).map(|(_, keeps)| *keeps);
        let gives = |keeps: &str| match keeps {
            "" => !self.path.is_empty(),
            keeps => parts(keeps).any(|part| self.has(part)),
        };
        let is_file = || self.path.last().is_some_and(|last| is(last, FILES)) || self.has(".git/config");
        let of_cluster = || self.has("api/v1") && self.path.iter().any(|part| part == "secrets");
        let of_persons = || self.has("_search") && self.path.iter().any(|part| is(part, PERSONS));
        daemon.is_some_and(gives)
            || parts(KEEPS).any(|part| self.has(part))
            || of_cluster() && (!is_here || self.has("namespaces"))
            || !is_here && (is_file() || of_persons() || parts(KEEPS_ELSEWHERE).any(|part| self.has(part)))
    }

    /// Whether something is done: the path says so, or what is asked for. On this machine that is somebody's own, but for a manager's.
    fn does(&self, is_here: bool) -> bool {
        let administers = || self.path().any(administers);
        let is_one = |part: &str, list| is(part.split('.').next().unwrap_or_default(), list);
        let meant = || holds(&self.query, MEANT);
        let mut backwards = self.path.iter().rev().map(String::as_str);
        let (last, before) = (backwards.next(), backwards.next());
        let ends = last.is_some_and(|last| {
            is_one(last, DEEDS) || is_one(last, MILD) && (meant() || administers() && !self.query.is_empty())
        });
        // What it is done to stands behind it.
        let is_id = |part: &str| part.bytes().any(|byte| byte.is_ascii_digit()) || is(part, "all|*");
        let done_to = before.is_some_and(|before| is_one(before, DEEDS)) && last.is_some_and(is_id);
        let asked = || {
            self.pairs().any(|(name, value)| {
                is(name, ASKS)
                    && value.split(|char: char| !char.is_alphanumeric()).any(|word| is(word, DEEDS) || is(word, MILD))
                    || is(name, "q|query|sql|sql_query|stream.body|script") && changes(value)
            })
        };
        if is_here {
            return self.has("manager/text") && ends || self.has("actuator/shutdown");
        }
        ends || done_to || asked() || administers() && meant()
    }
}

/// Whether a query of a database changes what is there.
pub(super) fn changes(query: &str) -> bool {
    const CHANGES: &str = "drop|delete|truncate|alter|update|insert|grant|<delete>|kill";
    let query = query.replace('+', " ");
    is(query.split_whitespace().next().unwrap_or_default(), CHANGES) || query.starts_with("<delete")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_address_within_gives_or_does_is_told() {
        use Kind::{SecretRead, ServiceChange};
        for (url, does) in [
            ("http://10.20.4.11:8200/v1/secret/data/prod/shop?list=true", Some(SecretRead)),
            ("http://localhost:2375/v1.43/containers/json?all=1", Some(SecretRead)),
            ("http://172.16.0.9:10250/pods", Some(SecretRead)),
            ("http://etcd-0.infra.internal:2379/v2/keys/?recursive=true", Some(SecretRead)),
            ("http://192.168.4.2:8081/actuator/heapdump", Some(SecretRead)),
            ("http://10.0.0.4/.env", Some(SecretRead)),
            ("https://10.0.0.1:6443/api/v1/namespaces/prod/secrets", Some(SecretRead)),
            ("http://10.4.1.20:8080/manager/admin/users/delete?id=all", Some(ServiceChange)),
            ("http://jenkins.corp/job/shop/build?cmd=reboot", Some(ServiceChange)),
            ("http://10.1.1.1:8123/?query=DROP%20TABLE%20orders", Some(ServiceChange)),
            ("http://localhost:3000/users/delete?id=4", None),
            ("http://localhost:3000/admin/secrets", None),
            ("http://localhost:8080/actuator/health", None),
            ("http://localhost:2375/_ping", None),
            ("http://10.20.4.11:8200/v1/sys/health", None),
            ("http://wiki.corp/display/vault/v1/secret", None),
            ("http://10.0.0.8/docs/users/delete", None),
            ("http://10.0.0.8:9200/_cat/indices?v", None),
            ("https://x.example/users/delete", None),
        ] {
            assert_eq!(opened(url), does, "{url}");
        }
    }
}
