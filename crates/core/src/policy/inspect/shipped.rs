//! Records of machines and clusters that go to somebody else besides: another output of what ships them, to a machine that nobody knows and on
//! a way that everybody reads along.

use super::source::{Written, is_comment};
use crate::policy::hosts;
use crate::policy::lists::{holds, is};

/// What begins an output in the settings of those who ship records, and where one says that it goes to.
const SHIPS: &str = "[OUTPUT]|[sinks|sinks:|output.|outputs:|<match|<store>|exporters:|destination |@@|authpriv.|*.* @|auth.* @|clients:|output {|otelcol.exporter|omfwd|\
    [[outputs|loki.write|forward";
const GOES: &str =
    "host|hosts|uri|url|endpoint|address|target|server|servers|brokers|remote|bootstrap_servers|forward_to";

/// Houses that keep the records of others.
const KEEPERS: &str = "datadoghq|newrelic|nr-data|elastic-cloud|es.io|splunkcloud|amazonaws|logz.io|loggly|papertrail|grafana.net|honeycomb|sumologic|azure|\
    googleapis|sentry|axiom|betterstack|logtail|coralogix|dynatrace|mezmo|scalyr|sematext|logdna|logentries|rapid7|lightstep|signoz|uptrace|instana|\
    highlight|confluent|opsverse|appdynamics|observeinc|chronosphere|last9|openobserve|graylog|humio|crowdstrike|svc.cluster|cloudflare";

/// Most lines that are looked at, and the longest.
const MOST: usize = 4096;
const LONGEST: usize = 512;

/// Whether records go to a strange machine, unencrypted, that they did not go to before.
pub(super) fn are_handed_on(written: &Written<'_>) -> bool {
    written.is_form("conf|toml|yml|yaml|cfg|alloy|river|j2|tpl|tmpl|json|tf|hcl|config")
        && written.holds(SHIPS)
        && !written.is_tried()
        && is_of_shipper(written)
        && strangers(&written.text).iter().any(|host| !written.before.is_some_and(|before| knows(before, host)))
}

/// Whether a file belongs to what ships records: by its path, or by what it calls its outputs.
fn is_of_shipper(written: &Written<'_>) -> bool {
    const NAMES: &str = "fluent|td-agent|vector|filebeat|auditbeat|winlogbeat|metricbeat|packetbeat|journalbeat|syslog|otel|collector|promtail|alloy|logstash|logging|\
        telegraf|nxlog|beats|logs|log-|/log/|audisp|journal-upload";
    holds(&written.path.to_ascii_lowercase(), NAMES)
        || written.holds("fluent-bit|fluentd|output.elasticsearch|output.logstash|[OUTPUT]|[sinks.|omfwd|otlphttp")
}

/// Whether a text names a host, or another of its house.
fn knows(text: &str, host: &str) -> bool {
    let mut ends = host.rmatch_indices('.').map(|(at, _)| at + 1);
    let house = ends.nth(1).map_or(host, |at| &host[at..]);
    text.contains(house)
}

/// The strange machines that a text names as where records go, each without what keeps others from reading along.
fn strangers(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().take(MOST).collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.len() <= LONGEST && !is_comment(line)) {
        let Some(address) = address(line) else { continue };
        let host = hosts::host(address);
        let is_strange = hosts::is_far(&host)
            && !hosts::is_inner(&host)
            && host.contains(|char: char| char.is_ascii_alphanumeric())
            && !holds(&host, KEEPERS);
        if is_strange && (hosts::is_bare_address(&host) || is_plain(address, &lines[at..(at + 8).min(lines.len())])) {
            found.push(host);
        }
        if found.len() >= super::MAX_PLACES {
            break;
        }
    }
    found
}

/// Where a line says that records go to.
fn address(line: &str) -> Option<&str> {
    let line = line.trim();
    let is_end = |char: char| char.is_whitespace() || "\"',;]}>)".contains(char);
    let first = |text: &'_ str| -> usize { text.find(is_end).unwrap_or(text.len()) };
    // Syslog writes it behind what is sent: `*.* @@host:514`.
    if let Some((what, rest)) = line.split_once(" @").filter(|(what, _)| what.contains(".*") || what.contains('.')) {
        let rest = rest.trim_start_matches(['@', '(', 'o', ')']).trim();
        return (!what.contains('=')).then(|| &rest[..first(rest)]);
    }
    // Another one writes it as a call: `network("host" port(514))`.
    let called = ["network(\"", "tcp(\"", "udp(\"", "syslog(\""];
    if let Some((_, rest)) = called.iter().find_map(|function| line.split_once(function)) {
        return Some(&rest[..first(rest)]);
    }
    let line = line.trim_start_matches("- ").trim_start_matches('"');
    let end = line.find(|char: char| !(char.is_ascii_alphanumeric() || char == '_'))?;
    let (name, rest) = line.split_at(end);
    let name = name.to_ascii_lowercase();
    let rest = rest.trim_start_matches(|char: char| char.is_whitespace() || "\"'=:[(>".contains(char));
    is(&name, GOES).then(|| &rest[..first(rest)])
}

/// Whether what goes to an address can be read along: by its scheme, by its port, or by what is said of it in the lines behind it.
fn is_plain(address: &str, behind: &[&str]) -> bool {
    const PORTS: &str = "80|514|5044|5140|24224|9200|9092|12201|5170|8080|4318|4317|3100";
    let port = |text: &str| is(text.trim_matches(|char: char| !char.is_ascii_digit()), PORTS);
    let told = |line: &str| {
        let line = line.trim().to_ascii_lowercase();
        if holds(&line, "port(514)|transport(\"udp|transport(\"tcp") {
            return true;
        }
        let words: Vec<&str> = line
            .split(|char: char| char.is_whitespace() || "=:\"".contains(char))
            .filter(|word| !word.is_empty())
            .collect();
        match words.as_slice() {
            ["port", number, ..] => port(number),
            ["tls" | "ssl" | "tls.enabled" | "ssl.enabled", "off" | "false", ..] | ["insecure", "true", ..] => true,
            _ => false,
        }
    };
    let tail = address.rsplit_once(':').map(|(_, tail)| tail.split('/').next().unwrap_or_default());
    address.starts_with("http://")
        || !address.starts_with("https://") && (tail.is_some_and(port) || behind.iter().any(|line| told(line)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_that_go_to_somebody_else_are_seen() {
        for (name, before, text, seen) in [
            ("fluent-bit.conf", None, "[OUTPUT]\n  Name http\n  Host in.log-copy.example\n  Port 80\n", true),
            (
                "fluent-bit.conf",
                None,
                "[OUTPUT]\n  Name http\n  Host in.log-copy.example\n  Port 443\n  tls On\n",
                false,
            ),
            ("fluent-bit.conf", None, "[OUTPUT]\n  Name es\n  Host search.logging.svc\n  Port 9200\n", false),
            ("rsyslog.conf", Some("*.* @@siem.shop.internal:6514\n"), "auth.* @copy.strange.example:514\n", true),
            ("rsyslog.conf", Some("*.* @@a.logs.shop.example:514\n"), "*.* @@b.logs.shop.example:514\n", false),
            ("filebeat.yml", None, "output.logstash:\n  hosts: [\"185.220.101.9:5044\"]\n", true),
            ("vector.toml", None, "[sinks.x]\nuri = \"https://http-intake.logs.datadoghq.eu\"\n", false),
        ] {
            let path = format!("/home/you/work/infra/logging/{name}");
            assert_eq!(are_handed_on(&Written::of(text, before, &path)), seen, "{name} {text}");
        }
    }
}
