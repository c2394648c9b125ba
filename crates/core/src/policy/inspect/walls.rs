//! What stands between a network and everybody, and is told by a server's tool to let all of them in.

use super::call::{Call, TRIED, speaks};
use super::deeds::CHANGES;
use crate::policy::lists::{is, letters, parts};

/// Programs and services that decide who comes into a network.
const WALLS: &str = "firewall|firewalls|unifi|omada|opnsense|pfsense|fortigate|fortinet|fortios|paloalto|panos|panorama|sophos|mikrotik|\
    routeros|checkpoint|meraki|juniper|junos|srx|asa|cisco|ios|ufw|iptables|nftables|firewalld|edgerouter|watchguard|sonicwall|zscaler|nsg|\
    securitygroup|netskope|cato|barracuda|vyos|openwrt|router|gateway|acl|nacl|hetzner|ruckus|arista|forcepoint|stormshield";

/// What is set there.
const RULES: &str = "rule|rules|policy|policies|firewall|acl|acls|filter|filters|ingress|nat|forward|portforward|securitygroup|security|zone|entry|wan|\
    inbound|network|group";

/// How a rule says what it does, whom it is about, and where it holds.
const DOES: &str = "action|policy|verdict|target|decision|effect|ruleaction|disposition|access|type|permission|defaultaction|inboundaction|jump";
const LETS_IN: &str = "accept|allow|pass|permit|allowed";
const FROM: &str = "source|src|sourcenet|sourcenetwork|srcaddr|sourceaddress|sourceaddresses|sourcecidr|sourcecidrs|from|sourceip|sourceips|remoteip|\
    remoteaddress|srcip|srcaddress|sourceaddressprefix|sourceranges|sources|cidr|cidrip|ipranges|sourcezone|remoteipprefix|network";
const EVERYBODY: &str = "any|all|internet|anywhere|any4|any6|world|everyone|wan|00000|0|";
const WHERE: &str =
    "interface|srcintf|chain|zone|fromzone|sourcezone|direction|policy|ruleset|iface|name|policyname|group";
const INSIDE: &str =
    "lan|internal|inside|guest|vlan|trust|egress|out|outbound|output|outgoing|docker|lo|wg|wireguard|vpn|dmz";
const OUTSIDE: &str = "wan|external|outside|untrust|internet|public|in|inbound|ingress|input";

/// Ports that a service for everybody has, and how ports are told.
const PORTS: &str = "port|ports|dstport|destinationport|destinationports|destport|destinationportrange|portrange|toport|fromport|dport|service|services";
const OF_EVERYBODY: &str = "80|443|8080|8443|http|https|51820|1194|500|4500|80,443|443,80|http,https";

/// Whether a call is about the rules of what stands there.
pub(super) fn are_ruled(call: &Call<'_>) -> bool {
    call.at(WALLS) && call.has(RULES)
}

/// Whether everybody gets through, to more than what is there for everybody.
pub(super) fn are_open(call: &Call<'_>) -> bool {
    let given = call.given;
    let sets = are_ruled(call) && call.has(CHANGES);
    if !sets || given.is_off("enabled|active") || call.at(TRIED) {
        return false;
    }
    let says = |names: &str, list: &str| given.values(names).any(|value| is(&value.to_ascii_lowercase(), list));
    let from_all = || given.values(FROM).any(is_everybody);
    let named = |list: &str| given.values(WHERE).any(|value| speaks(value, list));
    says(DOES, LETS_IN) && from_all() && !are_for_everybody(call) && (named(OUTSIDE) || !named(INSIDE))
}

/// Whether the ports that a call names are those of what is there for everybody.
pub(super) fn are_for_everybody(call: &Call<'_>) -> bool {
    let named = || call.given.values(PORTS).filter(|port| !is(&letters(port), "tcp|udp|"));
    named().next().is_some() && named().all(|port| parts(OF_EVERYBODY).any(|it| it.eq_ignore_ascii_case(port)))
}

/// Whether an address stands for all of them.
fn is_everybody(address: &str) -> bool {
    address == "*"
        || address == "::/0"
        || address.starts_with("0.0.0.0")
        || !address.is_empty() && is(&letters(address), EVERYBODY)
}

#[cfg(test)]
mod tests {
    use super::super::arguments::Arguments;
    use super::*;

    #[test]
    fn a_wall_that_lets_everybody_through_is_seen() {
        for (server, name, given, open) in [
            ("opnsense", "add_rule", r#"{"interface":"wan","action":"pass","source_net":"any"}"#, true),
            ("opnsense", "add_rule", r#"{"interface":"lan","action":"pass","source_net":"any"}"#, false),
            ("opnsense", "add_rule", r#"{"interface":"wan","action":"block","source_net":"any"}"#, false),
            ("fortigate", "create_policy", r#"{"srcintf":"wan1","srcaddr":"all","action":"accept"}"#, true),
            (
                "mikrotik",
                "add_firewall_rule",
                r#"{"chain":"input","action":"accept","src":"0.0.0.0/0","dport":"443"}"#,
                false,
            ),
            (
                "mikrotik",
                "add_firewall_rule",
                r#"{"chain":"input","action":"accept","src":"0.0.0.0/0","dport":"8291"}"#,
                true,
            ),
            ("unifi", "list_firewall_rules", r#"{"action":"accept","source":"any"}"#, false),
        ] {
            assert_eq!(are_open(&Call::of(server, name, &Arguments::read(given))), open, "{server} {given}");
        }
    }
}
