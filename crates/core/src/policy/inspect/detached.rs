//! Infrastructure that stands where it stood with nothing in its lists of what is recorded, with its firewall unhooked, with ciphers that are
//! broken, or with a trail that is made to record nothing.

use super::source::{Written, code_lines, folded, is_prose, new_lines};
use crate::policy::lists::{holds, parts};
use crate::policy::spans;

/// Forms of what describes machines and services, and of the files in which other settings stand.
const OF_MACHINES: &str = "tf|hcl|tfvars|bicep|yml|yaml|json|ts|py|go|toml";

/// Parts of the names of lists that record, warn or check while something stands in them, in small letters without what stands between words.
const RECORDS: &str = "logtypes|logsexports|logexports|clusterlogging|alarmactions|managedrules|managedrulegroups|requiredstatuschecks|requiredchecks|\
    eventselector|auditlogconfig|auditconfigs|flowlogs|requiredreviewers|requiredapprovers|scanningrules|blockedcountries|denylist|deniedactions|\
    enablecomponents|loggingtypes|auditlogs|alertrecipients|notificationchannels|diagnosticlogs|enabledlog|mandatorytags|blockeddomains|blockedips";

/// How the firewall is named that stands before something.
const FIREWALLS: &str = "web_acl_id|web_acl_arn|webaclid|webaclarn|web_application_firewall_policy_link_id|firewall_policy_id|waf_policy_id|wafpolicyid|\
    web_acl_association|wafv2-acl-arn|cloud-armor|securitypolicy:|waf_configuration";

/// Trails and watchers, each beside the word by which it is made to do nothing, without blanks and quotes.
const WATCHERS: &[(&str, &str)] = &[
    ("resource\"aws_cloudtrail\"", "enable_logging=false"),
    ("resource\"aws_guardduty_detector\"", "enable=false"),
    ("resource\"aws_config_configuration_recorder_status\"", "is_enabled=false"),
    ("resource\"aws_inspector2_", "enabled=false"),
    ("resource\"azurerm_advanced_threat_protection\"", "enabled=false"),
    ("resource\"azurerm_mssql_server_extended_auditing_policy\"", "enabled=false"),
    ("resource\"azurerm_security_center_subscription_pricing\"", "tier=\"free\""),
    ("aws::cloudtrail::trail", "islogging:false"),
    ("aws::guardduty::detector", "enable:false"),
];

/// What has versions that are broken.
const VERSIONED: &str = "TLS|tls|SSL|ssl";

/// What a cluster is told by which it asks nobody who he is, and what keeps record of who did what, or keeps others out.
const LETS_ALL: &str = "--anonymous-auth=true|--authorization-mode=AlwaysAllow|--client-cert-auth=false|--insecure-port=8080|mode: AlwaysAllow|\
    --authorization-always-allow-paths=/*|--disable-admission-plugins=NodeRestriction|readOnlyPort: 10255|--peer-client-cert-auth=false";
const KEEPS: &str = "--audit-log-path=|--audit-policy-file=|--client-ca-file=|--encryption-provider-config=|--trusted-ca-file=|--tls-client-ca=|\
    --oidc-issuer-url=|--audit-webhook-config-file=";

/// Whether what is described is watched less, or guarded less, than it was.
pub(super) fn is_detached(written: &Written<'_>) -> bool {
    const HINTS: &str = "TLS|tls|SSL|ssl|acl|Acl|waf|Waf|firewall|armor|[]|detector|loud|recorder|inspector2|auditing|hreat|pricing|--|AlwaysAllow|readOnlyPort";
    if is_prose(written.name()) || written.is_tried() || !written.holds(HINTS) && !written.held(FIREWALLS) {
        return false;
    }
    let of_machines = written.is_form(OF_MACHINES);
    of_machines && written.gains(are_watchers_off)
        || written.before.is_some_and(|before| {
            let text = &*written.text;
            let keeps_less = || {
                parts(LETS_ALL).any(|lets| text.contains(lets) && !before.contains(lets))
                    || text.contains("--") && parts(KEEPS).any(|keeps| before.contains(keeps) && !text.contains(keeps))
            };
            of_machines && (keeps_less() || is_emptied(text, before) || is_unhooked(text, before))
                || written.holds(VERSIONED) && written.held(VERSIONED) && breaks_ciphers(text, before)
        })
}

/// Whether a trail or a watcher is made that does nothing.
fn are_watchers_off(text: &str) -> bool {
    const LONGEST: usize = 2048;
    if !holds(text, "false|Free|free") {
        return false;
    }
    let code: String = code_lines(text).map(folded).collect();
    WATCHERS.iter().any(|(watcher, off)| {
        code.match_indices(watcher).take(super::MAX_PLACES).any(|(at, _)| {
            let block = spans::behind(&code, at + watcher.len(), LONGEST);
            // What stands in the next one is another's.
            let end = block.find("resource\"").or_else(|| block.find("type:aws::")).unwrap_or(block.len());
            block[..end].contains(off)
        })
    })
}

/// Whether nothing stands in a list any more that recorded or checked something.
fn is_emptied(text: &str, before: &str) -> bool {
    let listed = |line: &str| {
        let line = folded(line);
        let (name, value) = line.split_once(['=', ':'])?;
        let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        holds(&name, RECORDS).then(|| (name, value.trim_end_matches(',').to_owned()))
    };
    let emptied: Vec<String> = code_lines(text)
        .filter(|line| line.contains("[]"))
        .filter_map(listed)
        .filter(|(_, value)| value == "[]")
        .map(|(name, _)| name)
        .take(super::MAX_PLACES)
        .collect();
    !emptied.is_empty()
        && code_lines(before).filter_map(listed).any(|(name, value)| value != "[]" && emptied.contains(&name))
}

/// Whether the firewall that stood before something that is still there is gone or commented out.
fn is_unhooked(text: &str, before: &str) -> bool {
    let hooked = |text: &str| {
        code_lines(text).any(|line| {
            let line = folded(line);
            holds(&line, FIREWALLS)
                && !["=null", "=\"\"", ":null", ":\"\"", "=none", "=undefined", ":undefined"]
                    .iter()
                    .any(|none| line.trim_end_matches(',').ends_with(none))
        })
    };
    let stays = || code_lines(text).any(|line| line.trim().len() > 2);
    hooked(before) && !hooked(text) && stays()
}

/// Whether a setting of ciphers that named good ones alone now names one that is broken.
fn breaks_ciphers(text: &str, before: &str) -> bool {
    const OF: &str = "min|Min|MIN|rotocol|policy|Policy|ersion|SSL_|ssl_|PROTOCOL";
    let tells = |line: &&str| holds(line, OF) && holds(line, VERSIONED) && !super::source::is_comment(line);
    let gone: Vec<Strength> =
        new_lines(before, text).iter().filter(|line| tells(line)).filter_map(|line| weakest(line)).collect();
    !gone.is_empty()
        && gone.iter().all(|strength| *strength == Strength::Good)
        && new_lines(text, before).iter().filter(|line| tells(line)).any(|line| weakest(line) == Some(Strength::Broken))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Strength {
    Broken,
    Good,
}

/// The strength of the weakest version of TLS that a line allows, if it names one. What a line takes away it names with a sign before it.
fn weakest(line: &str) -> Option<Strength> {
    const MAX_VERSIONS: usize = 16;
    const POLICIES: &str = "elbsecuritypolicy-2016-08|elbsecuritypolicy-2015-05";
    let line = line.to_ascii_lowercase();
    if holds(&line, "disabledalgorithms|no_tls|no-tls|no_ssl|notls|nossl|op_no|reject|deny|denied") {
        return None;
    }
    if holds(&line, POLICIES) {
        return Some(Strength::Broken);
    }
    let taken_away =
        |at: usize| line[..at].ends_with(['-', '!']) && line[..at - 1].ends_with([' ', ':', '+', '"', '\'']);
    if line
        .match_indices("sslv")
        .take(MAX_VERSIONS)
        .any(|(at, _)| !taken_away(at) && line[at + 4..].starts_with(['2', '3']))
    {
        return Some(Strength::Broken);
    }
    let named = line.match_indices("tls").take(MAX_VERSIONS).filter(|(at, _)| !taken_away(*at));
    let minors = named.filter_map(|(at, _)| minor(&line[at + 3..]));
    // Where no version stands behind the word, the value is a number alone: `min_tls_version = "1.2"`.
    let least = minors.min().or_else(|| minor(line.split_once(['=', ':'])?.1.trim_start_matches([' ', '"', '\''])))?;
    Some(if least < 2 { Strength::Broken } else { Strength::Good })
}

/// The second number of a version of TLS: of `v1.2_2021`, `1_2`, `12`, `v1`.
fn minor(behind: &str) -> Option<u8> {
    let rest = behind.trim_start_matches(['v', '_', '.', '-', ' ']).strip_prefix('1')?;
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    match digits(rest) {
        // A year, or nothing, follows the first version.
        0 => match rest.strip_prefix(['.', '_', '-']) {
            Some(next) if digits(next) == 1 => next[..1].parse().ok(),
            _ => Some(0),
        },
        1 => rest[..1].parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_watched_or_guarded_less_is_seen() {
        for (before, text, seen) in [
            ("enabled_log_types = [\"audit\"]\nname = \"a\"", "enabled_log_types = []\nname = \"a\"", true),
            ("subnets = [\"a\"]", "subnets = []", false),
            (
                "web_acl_id = aws_wafv2_web_acl.a.arn\nenabled = true",
                "# web_acl_id = aws_wafv2_web_acl.a.arn\nenabled = true",
                true,
            ),
            (
                "web_acl_id = aws_wafv2_web_acl.a.arn\nenabled = true",
                "web_acl_id = aws_wafv2_web_acl.b.arn\nenabled = true",
                false,
            ),
            ("minimum_protocol_version = \"TLSv1.2_2021\"", "minimum_protocol_version = \"TLSv1_2016\"", true),
            ("minimum_protocol_version = \"TLSv1.2_2019\"", "minimum_protocol_version = \"TLSv1.2_2021\"", false),
            ("minimum_protocol_version = \"TLSv1.2_2021\"", "minimum_protocol_version = \"SSLv3\"", true),
            ("min_tls_version = \"1.2\"", "min_tls_version = \"1.0\"", true),
            ("min_tls_version = \"1.0\"", "min_tls_version = \"1.2\"", false),
            ("MinVersion: tls.VersionTLS12,", "MinVersion: tls.VersionTLS10,", true),
            ("ssl_protocols TLSv1.2 TLSv1.3;", "ssl_protocols TLSv1 TLSv1.1 TLSv1.2;", true),
            ("SSLProtocol -all +TLSv1.2", "SSLProtocol all -SSLv3 -TLSv1 -TLSv1.1", false),
        ] {
            let written = Written::of(text, Some(before), "/home/dev/work/shop/infra/cdn.tf");
            assert_eq!(is_detached(&written), seen, "{text}");
        }
    }

    #[test]
    fn a_trail_that_is_made_to_record_nothing_is_seen() {
        let trail = "resource \"aws_cloudtrail\" \"a\" {\n  enable_logging = false\n}\n";
        let other = "resource \"aws_cloudtrail\" \"a\" {\n  name = \"a\"\n}\nresource \"x\" \"y\" {\n  enable_logging = false\n}\n";
        let seen = |text| is_detached(&Written::of(text, None, "/home/dev/work/shop/infra/a.tf"));
        assert_eq!((seen(trail), seen(other)), (true, false));
    }
}
