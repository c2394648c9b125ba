//! What calls for help, and what a scanner has found: nobody hears of it any more.

use super::call::{Call, PRODUCTION, speaks};
use crate::policy::lists::{is, letters};

const SILENCES: &str = "downtime|downtimes|silence|silences|mute|snooze|maintenance|suppression|inhibit";
const ALARMS: &str =
    "alert|alerts|alarm|alarms|monitor|monitors|check|checks|notification|notifications|detector|uptime|oncall";

/// What a silence is about, and all of it.
const ABOUT: &str = "scope|scopes|monitortags|tags|matcher|matchers|value|host|hosts|hostname|hostnames|service|services|serviceids|environment|\
    environments|target|targets|label|labels|query|filter|monitors|monitorids|alerts|alertname";
const ALL: &str = "*|.*|.+|^.*$|*:*|all|everything|any";

/// Whom an attack is told of, and what calls somebody at night.
const SECURITY: &str =
    "security|siem|fraud|intrusion|waf|guardduty|audit|secops|soc|infosec|ids|ips|abuse|compliance|antifraud";
const GRAVE: &str = "critical|p1|sev1|p0|sev0|page|pager";

/// When a silence is over.
const END: &str = "end|endtime|endsat|endat|enddate|duration|durationminutes|durationseconds|durationhours|until|expires|expiresat|ttl|minutes|\
    hours|seconds|rrule|recurrence|snoozeuntil|endts";

/// Switches of an alarm.
const OFF: &str = "paused|ispaused|muted|disabled|silenced|muteall|all|allmonitors|allalerts";
const ON: &str = "enabled|isenabled|active|isactive|actionsenabled|alertenabled|notificationsenabled";

/// Whether there is a silence about everything, about attacks, or without an end about what is live.
pub(super) fn are_silenced(call: &Call<'_>) -> bool {
    let given = call.given;
    let about = || given.values(ABOUT);
    let all = || about().any(|value| is(value.trim(), ALL)) || given.is_on("muteall|all");
    let for_good = || !given.is_given(END) && about().any(|value| speaks(value, PRODUCTION) || speaks(value, GRAVE));
    call.has(SILENCES)
        && !call.has("update|get|list")
        && (all() || about().any(|value| speaks(value, SECURITY)) || for_good())
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
