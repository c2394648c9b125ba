//! Ways into a network that are open to everybody: an address that is all of them, beside a port that few should reach.

use super::source::unquoted;
use crate::policy::lists::{holds, is, parts};
use crate::policy::spans;

/// Ports that administrators, databases and what runs a cluster listen at.
const PORTS: &str = "20|21|22|23|111|135|139|389|445|873|1433|1521|2049|2181|2375|2376|2379|2380|3306|3389|5432|5433|\
    5601|5672|5900|5984|5985|5986|6379|6380|6443|7000|7001|7687|8086|8123|9000|9042|9092|9200|9300|10250|11211|15672|\
    26257|26379|27017|27018|33060|50000|65535";

/// What stands before a port.
const BEFORE_PORT: &str = "from_port=|to_port=|FromPort:|ToPort:|fromPort:|toPort:|port=|ports=[|port_range=|\
    port_ranges=[|PortRange:|-FromPort:|port:|ports=[0-|ports=[1-|Port.tcp(";

/// Addresses that are everybody's.
const EVERYBODY: &str = "0.0.0.0/0|::/0|address_prefix=*|AddressPrefix:*|address_prefix=Internet";

/// Calls of code for infrastructure that let everybody in, to the port that they are given.
const CALLS: &str = "Peer.anyIpv|Peer.any_ipv|llowFromAnyIpv4(|allow_from_any_ipv4(";

/// How far a port and an address belong together, in bytes without blanks.
const NEAR: usize = 400;

/// Whether a text without its blanks and quotes opens a port that few should reach to everybody.
pub(super) fn are_open(dense: &str, in_blocks: bool) -> bool {
    let marks = |marks: &'static str| {
        parts(marks).flat_map(|mark| dense.match_indices(mark).take(super::MAX_PLACES)).map(|(at, _)| at)
    };
    let addressed = marks(EVERYBODY).any(|at| {
        let (from, end) = (dense.floor_char_boundary(at.saturating_sub(NEAR)), dense.floor_char_boundary(at + NEAR));
        // What stands in another piece of a patch is about something else.
        let from = dense[from..at].rfind("\n@@").map_or(from, |it| from + it);
        let end = dense[at..end].find("\n@@").map_or(end, |it| at + it);
        // Code has the address and the port in one block; of data only how near they are is known.
        let (start, end) = match in_blocks {
            true => (
                dense[from..at].rfind('{').map_or(from, |it| from + it),
                dense[at..].find('}').map_or(dense.len(), |it| at + it).min(end),
            ),
            false => (from, end),
        };
        let around = &dense[start..end];
        let last = |word: &str| dense[from..at].rfind(word);
        // What goes out may go anywhere.
        let is_way_out = last("egress") > last("ingress") || holds(around, "=EGRESS|=Outbound|access=Deny");
        let all = in_blocks && around.contains("protocol=-1") && last("ingress").is_some();
        !is_way_out && (names_port(around) || all)
    });
    let called = || {
        marks(CALLS).any(|at| {
            let call = spans::behind(dense, at, NEAR / 2);
            let call =
                &call[..call[1..].find(";").or_else(|| call[1..].find("ngress")).map_or(call.len(), |it| it + 1)];
            names_port(call) || holds(call, "Port.allTraffic|Port.allTcp|Port.all_traffic|Port.all_tcp")
        })
    };
    addressed || called()
}

/// Whether one of [`PORTS`] is named.
fn names_port(text: &str) -> bool {
    ports(text).any(|port| is(port, PORTS))
}

/// What stands where a port does.
fn ports(text: &str) -> impl Iterator<Item = &str> {
    parts(BEFORE_PORT).flat_map(|before| text.match_indices(before).map(|(at, _)| digits(&text[at + before.len()..])))
}

fn digits(text: &str) -> &str {
    &text[..text.bytes().take_while(u8::is_ascii_digit).count()]
}

/// Settings by which a network tells who may come in.
const LET_IN: &str = "source_security_group_id|referenced_security_group_id|security_groups|cidr_blocks|cidr_ipv4|\
    source_ranges|source_address_prefix|CidrIp|cidrBlocks|SourceSecurityGroupId";

/// Whether a list of who may come in names everybody where it named a few, on lines of their own.
fn is_list_widened(text: &str, before: &str) -> bool {
    const LISTS: &str = "ipAllowList|ipWhiteList|loadBalancerSourceRanges|sourceRange|source-range|allowlist|allowList|whitelist|allowed_cidrs|allowedCidrs|\
        allowed_ips|allowedIps|allowedIPs|authorized_ip|trusted_ips|trustedIPs|ip_restriction|ipRules|ip_rules|adminCidrs|admin_cidrs|office_cidrs";
    let is_all = |line: &str| holds(line, "0.0.0.0/0|::/0");
    let is_few = |line: &str| {
        let address = line.trim().trim_start_matches(['-', ' ', '"', '\'', '[']);
        !is_all(line) && line.contains('/') && address.starts_with(|char: char| char.is_ascii_digit())
    };
    !is_all(before)
        && is_all(text)
        && holds(before, LISTS)
        && holds(text, LISTS)
        && before.lines().filter(|line| is_few(line)).take(super::MAX_PLACES).any(|line| !text.contains(line.trim()))
}

/// Whether who came in by name or from a network of one's own is now everybody, at whatever port but those of the web.
pub(super) fn are_widened(text: &str, before: &str) -> bool {
    let lets_in = |line: &&str| parts(LET_IN).any(|name| line.trim_start().starts_with(name));
    let to_all = |line: &str| holds(line, "0.0.0.0/0|::/0");
    let named_few = before.lines().filter(lets_in).any(|line| !to_all(line));
    if is_list_widened(text, before) {
        return true;
    }
    let web = || ports(&unquoted(text)).any(|port| is(port, "80|443|8080|8443"));
    named_few
        && !to_all(before)
        && text.lines().filter(lets_in).any(to_all)
        && !holds(text, "egress|EGRESS|Outbound")
        && !web()
}
