//! Whether a server's tool lets somebody do or see more, or guards less, by the words of its name and by what it is given.

use super::call::{Call, TRIED, speaks};
use super::deeds::{CHANGES, CLOUDS, SLIGHT, SWITCHES_OFF, THROWAWAY};
use super::{administrators, alarms, flags, guards, identities, live, signed, variables, walls};
use crate::policy::hosts;
use crate::policy::lists::{holds, is, letters};

/// Who a name stands for when it stands for everybody.
const EVERYBODY: &str = "anyone|public|everyone|world|allusers|allauthenticatedusers|publicread|publicreadwrite|anyonewithlink|\
    anonymous|accountusers|allaccountusers|allemployees|organization|authenticatedusers|anyonewiththelink|specialgroupallusers|\
    anonymouslink";

/// What guards a thing.
const PROTECTIONS: &str = "protection|protections|guard|safety|audit|mfa|2fa|firewall|antivirus|alert|alerts|alarm|monitor|\
    monitors|monitoring|rls|security|scanning|policy|policies|backup|backups|versioning|encryption|logging|\
    trail|cloudtrail|waf|detector|guardduty|ruleset|rulesets|restriction|restrictions|authentication|auth|\
    sso|verification|rule|token|key|access|lock|captcha|dnssec|tls|ssl";

/// Whether somebody may do or see more, or is guarded less. `named` is the call by its names alone, without the words of what it is told
/// to do.
pub(super) fn is_widened(call: &Call<'_>, named: &Call<'_>) -> bool {
    shares(call)
        || identities::hand_over(call)
        || identities::let_in(call)
        || call.has(CHANGES) && (changes_rights(call) || opens(call))
        || unseals(call)
        || changes_accounts(call)
        || takes_guards(call)
        || makes_administrator(call, named)
        || flags::are_turned(call)
        || variables::are_unguarded(named)
        || variables::are_unmasked(named)
        || signed::is_own(named)
        || silences(call, named)
        || forwards(call)
        || walls::are_open(call)
}

/// Whether something is shared, or rights are handed on, in so many words.
fn shares(call: &Call<'_>) -> bool {
    const WHERE: &str = "env|environment|stage|tenant";
    call.has("share|invite|grant|promote|impersonate|delegate|elevate")
        && !call.names(WHERE, TRIED)
        && !call.has("context|screen|screenshot|knowledge|memory|link|locator|code|snippet")
        || call.has("share") && call.has("link")
}

/// Whether what is changed tells who may do what.
fn changes_rights(call: &Call<'_>) -> bool {
    let has = |list: &str| call.has(list);
    let reached = "firewall|ingress|security|rule|access|allowlist|whitelist|network|networks|cidr|ip";
    has("permission|permissions|collaborator|collaborators|iam|acl|admin|owner")
        || has("role|roles|membership|member|members") && !has("aria|dom")
        || has("delegate|delegates|forwarding|protection|ruleset|visibility")
        || has("key|keys") && has("deploy|ssh|gpg|api|access|signing")
        || has("token") && has("access|personal|api|auth|service")
        || has("webhook|webhooks|hook") && call.given.is_given("url|config|endpoint|targeturl") && !stays_near(call)
        || has("credential|credentials") && has("service|account|client")
        || has(reached) && holds(call.given.raw, "0.0.0.0/0|::/0") && !walls::are_for_everybody(call)
        || has("dns|nameserver|nameservers") && !has("cache")
        || has("policy|policies")
            && !guards::are_raised(call)
            && has("bucket|iam|trust|resource|user|role|access|public|kms|key|attach|network|security")
        || has("public") && has("make|set|bucket")
}

/// Whether all addresses that are named are of this machine, or of where something is only tried.
fn stays_near(call: &Call<'_>) -> bool {
    let near = |url: &str| {
        let host = hosts::host(url);
        hosts::is_local(&host) || speaks(&host, "staging|stage|stg|sandbox|uat|preprod")
    };
    !call.given.urls.is_empty() && call.given.urls.iter().all(|url| near(url))
}

/// Whether everybody gets to see it.
fn opens(call: &Call<'_>) -> bool {
    const WHO: &str = "type|visibility|access|acl|role|scope|member|principal|audience|sharing|specialgroup|iammember|grantee|sharedwith|\
        allowinvitesfrom|generalaccess|linkscope|identity";
    // A page is public by what those may do there whom nobody knows.
    const BY_ANYBODY: &str = "publicaccess|anonymousaccess|linkaccess|publicpermission|anyonepermission|weblinkaccess|linkpermission|publicrole|\
        guestaccess";
    const MAY: &str = "canread|canview|canedit|cancomment|read|write|view|edit|viewer|editor|reader|writer|readwrite|full|open|anyone|public|enabled";
    let everybody = call.given.values(WHO).any(|value| is(&letters(value), EVERYBODY));
    let opens = call.given.is_on("public|ispublic|makepublic|publiclyaccessible|allowfilediscovery")
        || call.given.is_off("private|isprivate");
    const SHARED_WITH: &str =
        "group|groups|grantees|users|members|who|assignee|team|teams|sharewith|recipients|with|groupname";
    let with_all = || {
        call.has("access|permission|permissions|sharing|acl|share|grant|visibility")
            && call.given.values(SHARED_WITH).any(|value| is(&letters(value), EVERYBODY))
    };
    let linked = || {
        call.has("link|links|sharing")
            && call
                .given
                .values("access|scope|visibility|accesslevel")
                .any(|value| is(&letters(value), "open|public|anyone|anonymous"))
    };
    let by_anybody = || call.given.values(BY_ANYBODY).any(|value| is(&letters(value), MAY));
    by_anybody()
        || with_all()
        || linked()
        || everybody && !call.at("npm") && !call.has("event|events|meeting")
        || opens && call.has("repository|repo|bucket|file|document|page|project|access|database")
}

/// Whether what few could see is for more: the level of an issue's security is taken off, a channel or a page made public.
fn unseals(call: &Call<'_>) -> bool {
    const ISSUES: &str = "issue|ticket|epic|incident|advisory|discussion|case|task|story|bug|workitem";
    const KEPT: &str = "document|page|file|channel|conversation|space|board|folder|note|thread|group";
    const CHANGES: &str =
        "update|edit|set|patch|modify|change|transition|remove|clear|bulk|convert|write|save|turn|switch";
    if !call.has(CHANGES) {
        return false;
    }
    let levels = || call.given.values("security|securitylevel|securitylevelid|issuesecurity");
    let unlevelled = || levels().any(|level| matches!(level, "null" | "" | "none" | "None" | "-1"));
    let told = || {
        call.given.is_off("confidential|isconfidential|restricted|isrestricted|internalonly|private|isprivate")
            || call.given.is_on("public|ispublic|makepublic")
    };
    call.has(ISSUES) && (unlevelled() || call.given.is_empty("security|securitylevel"))
        || (call.has(ISSUES) || call.has(KEPT)) && told()
        || call.has("convert|change|turn|switch") && call.has("public")
        || call.has("restriction|restrictions") && call.given.is_emptied("restrictions|restriction")
}

/// Whether somebody's account is made, taken away or given another password, or a device is.
fn changes_accounts(call: &Call<'_>) -> bool {
    let has = |list: &str| call.has(list);
    has(SWITCHES_OFF) && has("user|users|account|accounts|member|project|organization|application")
        || has("user") && has("create|add") && (has("iam|admin") || call.at(CLOUDS))
        || has("reset|change") && has("password")
        || has("retire|unenroll|offboard|lock") && has("device|devices|laptop|phone|machine|user")
}

/// Whether what guards is switched off, stopped or opened.
fn takes_guards(call: &Call<'_>) -> bool {
    const WATCHERS: &str = "nagios|zabbix|prometheus|icinga|checkmk|prtg|sensu|datadog|newrelic|grafana|sentry|pingdom|opsgenie|splunk|elastic|kibana|sentinel|\
        chronicle|wazuh|graylog|loki|sumologic|dynatrace|honeycomb|betterstack|uptimerobot|alertmanager|siem|qradar|panther|falco|cronitor|healthchecks|statping|kuma|uptimekuma|hetrix|\
        freshping|site24x7|pagerduty|incidentio|victorops|squadcast|gatus|updown|statuscake";
    let has = |list: &str| call.has(list);
    has(SWITCHES_OFF) && has(PROTECTIONS)
        || has(SWITCHES_OFF)
            && has(
                "notifications|checks|check|downtime|hostchecks|paging|search|searches|rule|rules|watch|watcher|monitor|heartbeat|detection|correlation|probe|host|hosts|integration|service|target",
            )
            && call.at(WATCHERS)
        || has("stop") && has("logging|trail|recorder|detector|backup|backups|protection|monitoring|audit")
        || has("unprotect|unlock|disarm|ban|kick")
            && !has("screen|wallet|issue|thread|conversation|feature|achievement")
        || has("open") && has("garage|door|gate|valve|lock")
        || has("lift|release|end|remove") && has("containment|quarantine|isolation|embargo")
}

/// Whether somebody who may do everything is made.
fn makes_administrator(call: &Call<'_>, named: &Call<'_>) -> bool {
    const PEOPLE: &str =
        "user|users|account|accounts|person|people|teammate|seat|guest|collaborator|staff|operator|principal|login";
    let of_people = || call.names("table|tablename|collection|container", PEOPLE);
    call.has(CHANGES)
        && (call.has(PEOPLE) || of_people() && live::is_meant(named))
        && !call.has("story|stories|journey|flow|guide|persona|review|watchers")
        && !call.at(THROWAWAY)
        && administrators::are_given(call.given)
        || call.has("update|set|patch|modify|edit|replace|upsert")
            && of_people()
            && !live::is_tried(named)
            && administrators::sign_in(call.given)
}

/// Whether nobody hears of anything any more, or of what was found.
fn silences(call: &Call<'_>, named: &Call<'_>) -> bool {
    !call.at(THROWAWAY)
        && (alarms::are_silenced(call)
            || alarms::are_waved_away(named)
            || call.has(CHANGES) && !call.has(SLIGHT) && alarms::are_switched_off(call))
}

/// Whether what comes to somebody goes on to somebody else.
fn forwards(call: &Call<'_>) -> bool {
    const TO: &str = "forward|forwardto|redirectto|forwardasattachmentto|forwardingaddress|blindcopyto|bccto|copyto|redirectmessageto|bcc|\
        redirect|addtorecipients";
    call.has("filter|filters|rule|rules|forwarding|inbox|mailbox|settings") && call.given.is_given(TO)
        || call.has("forwarding") && call.given.is_given("email|emailaddress|forwardingemail")
}

#[cfg(test)]
mod tests {
    use super::super::arguments::Arguments;
    use super::*;

    #[test]
    fn who_may_do_more_is_told_by_names_and_arguments() {
        for (server, name, given, seen) in [
            ("drive", "update_file", r#"{"visibility":"anyone with link"}"#, true),
            ("drive", "update_file", r#"{"visibility":"team"}"#, false),
            ("mail", "create_filter", r#"{"forwardTo":"x@shop.example"}"#, true),
            ("mail", "create_filter", r#"{"label":"later"}"#, false),
            ("nagios", "disable_notifications", "{}", true),
            ("slack", "share_screen", "{}", false),
        ] {
            let given = Arguments::read(given);
            let call = Call::of(server, name, &given);
            assert_eq!(is_widened(&call, &call), seen, "{server} {name}");
        }
    }
}
