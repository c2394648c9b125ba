//! What calls for help, and what a scanner has found: nobody hears of it any more.

use super::call::{Call, PRODUCTION, TRIED, speaks};
use crate::policy::lists::{is, letters};

const SILENCES: &str =
    "downtime|downtimes|silence|silences|mute|muting|snooze|maintenance|suppression|suppress|inhibit|blackout|shelve";
const ALARMS: &str =
    "alert|alerts|alarm|alarms|monitor|monitors|check|checks|notification|notifications|detector|uptime|oncall";

/// What a silence is about, and all of it.
const ABOUT: &str = "scope|scopes|monitortags|tags|matcher|matchers|value|host|hosts|hostname|hostnames|service|services|serviceids|environment|\
    environments|target|targets|label|labels|query|filter|monitors|monitorids|alerts|alertname|operator|id|area";
const ALL: &str = "*|.*|.+|^.*$|*:*|all|everything|any|IS_NOT_BLANK|EXISTS|IS_NOT_NULL|=~.*|=~.+";

/// Whom an attack is told of, and what calls somebody at night.
const SECURITY: &str =
    "security|siem|fraud|intrusion|waf|guardduty|audit|secops|soc|infosec|ids|ips|abuse|compliance|antifraud";
const GRAVE: &str = "critical|p1|sev1|p0|sev0|page|pager";

/// When a silence is over.
const END: &str = "end|endtime|endsat|endat|enddate|duration|durationminutes|durationseconds|durationhours|until|expires|expiresat|ttl|minutes|\
    hours|seconds|rrule|recurrence|snoozeuntil|endts";

/// Switches of an alarm.
const OFF: &str = "paused|ispaused|muted|disabled|silenced|muteall|all|allmonitors|allalerts|suppress|suppressed|mute|\
    suppressnotifications";
const ON: &str = "enabled|isenabled|active|isactive|actionsenabled|alertenabled|notificationsenabled";

/// Whether there is a silence about everything, about attacks, or without an end about what is live.
pub(super) fn are_silenced(call: &Call<'_>) -> bool {
    let given = call.given;
    let about = || given.values(ABOUT);
    let all = || about().any(|value| is(value.trim(), ALL)) || given.is_on("muteall|all");
    let for_good = || !given.is_given(END) && about().any(|value| speaks(value, PRODUCTION) || speaks(value, GRAVE));
    call.has(SILENCES)
        && !call.has("update|get|list|delete|expire|end|unmute|remove|cancel")
        && (last_long(call) || all() || about().any(|value| speaks(value, SECURITY)) || for_good())
}

/// Whether a silence about what is not only tried lasts for more than a week.
fn last_long(call: &Call<'_>) -> bool {
    const LONGEST: u64 = 7;
    const STARTS: &str = "start|starttime|startsat|startat|startdate|from|startts|begin|starts";
    const ENDS: &str = "end|endtime|endsat|endat|enddate|until|to|endts|expiresat|snoozeuntil|ends";
    const UNITS: &[(&str, u64)] = &[
        ("minutes", 24 * 60),
        ("mins", 24 * 60),
        ("hours", 24),
        ("seconds", 24 * 60 * 60),
        ("secs", 24 * 60 * 60),
        ("ttl", 24 * 60 * 60),
        ("duration", 24 * 60 * 60),
        ("days", 1),
        ("weeks", 0),
        ("months", 0),
    ];
    let given = call.given;
    let first_day = |names| given.values(names).find_map(day);
    let spans = || first_day(STARTS).zip(first_day(ENDS)).is_some_and(|(from, to)| to.saturating_sub(from) > LONGEST);
    let many = |(unit, of_day): &(&str, u64)| {
        let counts = given.pairs().filter(|(name, _)| name.ends_with(unit));
        counts.filter_map(|(_, value)| value.parse::<u64>().ok()).any(|count| count > LONGEST * of_day)
    };
    let told =
        || given.values("duration|for|period|length|timespan|window").filter_map(days).any(|days| days > LONGEST);
    (spans() || UNITS.iter().any(many) || told()) && !about_trial(call)
}

/// Whether what is silenced is only tried, by what it is called.
fn about_trial(call: &Call<'_>) -> bool {
    call.at(TRIED) || call.given.values(ABOUT).any(|value| speaks(value, TRIED))
}

/// The number of the day that a date stands for, in months of thirty-one days: `2024-07-01T00:00:00Z`.
fn day(date: &str) -> Option<u64> {
    let mut parts = date.get(..10)?.split('-');
    let mut next = || parts.next()?.parse::<u64>().ok();
    let (year, month, day) = (next()?, next()?, next()?);
    Some((year * 12 + month) * 31 + day)
}

/// How many days a length of time has: `90d`, `2w`, `720h`, `P30D`, `3 months`.
fn days(length: &str) -> Option<u64> {
    let length = length.trim().trim_start_matches(['P', 'p']);
    let end = length.find(|char: char| !char.is_ascii_digit())?;
    let count: u64 = length[..end].parse().ok()?;
    match length[end..].trim_start().chars().next()? {
        'h' | 'H' => Some(count / 24),
        'd' | 'D' => Some(count),
        'w' | 'W' => Some(count.saturating_mul(7).saturating_add(1)),
        'y' | 'Y' => Some(count.saturating_mul(365)),
        'M' => Some(count.saturating_mul(30)),
        'm' if length[end..].trim_start().starts_with("mo") => Some(count.saturating_mul(30)),
        _ => None,
    }
}

/// Whether an alarm is switched off by a call that changes it.
pub(super) fn are_switched_off(call: &Call<'_>) -> bool {
    const PAGERS: &str = "pagerduty|opsgenie|victorops|squadcast|incidentio|rootly|zenduty|ilert|xmatters";
    const STATES: &str = "disabled|paused|muted|inactive|off|suspended";
    let of_pager = call.served(PAGERS) && call.has("service|services|integration|schedule|escalation|policy|rule");
    let silenced = call.given.is_given("silenced") && !call.given.is_off("silenced");
    let is_off = || call.given.values("status|state").any(|state| is(state, STATES));
    (call.has(ALARMS) || of_pager) && (call.given.is_on(OFF) || call.given.is_off(ON) || silenced || is_off())
}

/// What looks for holes and credentials, and what it finds.
const SCANNERS: &str = "scanning|dependabot|codeql|snyk|sonarqube|sonar|sonarcloud|semgrep|gitguardian|wiz|trivy|securityhub|guardduty|defender|\
    sentinel|crowdstrike|falcon|tenable|qualys|rapid7|prisma|lacework|orca|aikido|socket|checkmarx|veracode|fortify|mend|gitleaks|trufflehog|\
    inspector|macie|chronicle|sentinelone|security|secret|secrets|siem|edr|vulnerability|vulnerabilities|hotspot|hotspots|nessus|detectify|\
    hackerone|bugcrowd|vanta|drata|elastic|splunk|wazuh|threat";
const FINDINGS: &str = "alert|alerts|finding|findings|vulnerability|vulnerabilities|hotspot|hotspots|detection|detections|issue|issues|leak|leaks|\
    incident|incidents|violation|violations|threat|threats|status|case|cases|offense|hit";

/// What is done to a finding, and what is said of it, in letters alone. That it is fixed, or that a credential was revoked, is another matter.
const DECIDES: &str = "update|set|patch|change|transition|resolve|triage|bulk|edit|manage|close|mark|ignore|suppress|accept|dismiss|archive|\
    waive|snooze|do|review|put|modify";
const WAVES_AWAY: &str = "ignore|suppress|waive|dismiss|archive";
const SAYS: &str = "state|status|resolution|dismissedreason|transition|verdict|classification|reason|decision|triage|workflowstatus|workflow|\
    determination|triagestate|newstatus|newstate|resolutiontype|disposition|action|issuestatus|resolutionreason";
const NOTHING: &str = "dismissed|dismiss|falsepositive|wontfix|wontdo|ignored|ignore|accepted|accept|suppressed|suppress|usedintests|tolerablerisk|\
    notused|safe|acceptedrisk|riskaccepted|acceptrisk|notexploitable|benign|benignpositive|benigntruepositive|muted|archived|inaccurate|nobandwidth|\
    falsealarm|testcredential|lowrisk|waived|notavulnerability|expectedactivity|informationalexpectedactivity|falsepositives";

/// Whether what a scanner has found is said to be nothing.
pub(super) fn are_waved_away(call: &Call<'_>) -> bool {
    let says_so = || call.given.values(SAYS).any(|value| value.len() <= 48 && is(&letters(value), NOTHING));
    call.at(SCANNERS)
        && call.has(FINDINGS)
        && call.looks("", &[DECIDES]) == Some(false)
        && (says_so() || call.has(WAVES_AWAY))
}

#[cfg(test)]
mod tests {
    use super::super::arguments::Arguments;
    use super::*;

    #[test]
    fn what_nobody_hears_of_any_more_is_seen() {
        for (name, given, silenced) in [
            ("create_downtime", r#"{"scope":"env:production","end":null}"#, true),
            ("create_downtime", r#"{"scope":"env:production,service:x","end":"2027-01-01T00:00:00Z"}"#, false),
            ("create_downtime", r#"{"scope":"team:security","end":"2027-01-01T00:00:00Z"}"#, true),
            ("create_downtime", r#"{"scope":"host:ci-3"}"#, false),
            ("list_downtimes", r#"{"scope":"*"}"#, false),
            ("create_silence", r#"{"matchers":[{"name":"job","value":"api"}],"duration":"30d"}"#, true),
            ("create_silence", r#"{"matchers":[{"name":"job","value":"api"}],"duration":"2h"}"#, false),
            (
                "create_maintenance",
                r#"{"services":["P1"],"start":"2027-01-01T00:00Z","end":"2027-01-02T00:00Z"}"#,
                false,
            ),
            (
                "create_maintenance",
                r#"{"services":["P1"],"start":"2027-01-01T00:00Z","end":"2027-03-02T00:00Z"}"#,
                true,
            ),
        ] {
            let call = Arguments::read(given);
            assert_eq!(are_silenced(&Call::of("datadog", name, &call)), silenced, "{given}");
        }
        for (server, name, given, waved) in [
            ("github", "update_secret_scanning_alert", r#"{"state":"resolved","resolution":"wont_fix"}"#, true),
            ("github", "update_secret_scanning_alert", r#"{"state":"resolved","resolution":"revoked"}"#, false),
            ("sonarqube", "change_issue_status", r#"{"key":"k","status":["falsepositive"]}"#, true),
            ("sonarqube", "search_issues", r#"{"status":"accepted"}"#, false),
            ("snyk", "ignore_issue", r#"{"id":"x"}"#, true),
            ("jira", "update_issue", r#"{"status":"wontfix"}"#, false),
        ] {
            let call = Arguments::read(given);
            assert_eq!(are_waved_away(&Call::of(server, name, &call)), waved, "{server} {name} {given}");
        }
    }
}
