//! What a machine, a cluster or a house records of who did what, and records no more: rules of an audit that are taken out, their shipping
//! that is dropped, records that are emptied by what sets machines up.

use std::collections::HashSet;

use super::code;
use super::source::{Written, is_comment, unquoted};
use crate::policy::lists::{holds, is};

/// Whether less is recorded than was, or what was recorded goes.
pub(super) fn are_kept_no_more(written: &Written<'_>) -> bool {
    const HINTS: &str = "-e 0|-D\n|-a |-w |audit|Audit|level:|/var/log|journalctl|wevtutil";
    const SHIPPED: &str = "siem|SIEM|rsyslog.d|audisp|auditbeat";
    if written.is_tried() || !written.holds(HINTS) && !written.held(HINTS) && !written.held(SHIPPED) {
        return false;
    }
    let path = written.path.to_ascii_lowercase();
    match () {
        () if is_of_rules(written, &path) => records_less(written),
        () if written.is_form("ps1|psm1|bat|cmd|psd1") => written.gains(switches_off),
        () if written.is_form("yml|yaml|j2") => {
            written.gains(switches_off)
                || written.gains(|text| !makes_images(&path) && empties_records(text))
                || records_no_calls(written, &path)
                || is_shipped_no_more(written)
        }
        () => false,
    }
}

/// Whether a file holds the rules by which a kernel records.
fn is_of_rules(written: &Written<'_>, path: &str) -> bool {
    path.contains("audit") && (path.contains(".rules") || written.is_form("conf")) || path.contains("/audit/rules.d/")
}

/// What nobody takes out of an audit to make it quieter.
const WATCHED: &str = "/etc/passwd|/etc/shadow|/etc/group|/etc/gshadow|/etc/sudoers|/etc/ssh|/etc/pam|/etc/audit|/var/log|/root|execve|init_module|\
    finit_module|delete_module|/bin/su|/usr/bin/su|insmod|modprobe|setuid|ptrace|/etc/security|/etc/ld.so|/etc/cron|connect|identity|logins";

/// Whether a set of rules records nothing, or less than it did of what nobody leaves out.
fn records_less(written: &Written<'_>) -> bool {
    let rules = |text: &str| -> Vec<String> {
        let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
        lines.map(|line| line.split(" -k ").next().unwrap_or_default().to_owned()).collect()
    };
    let watches = |line: &&String| line.starts_with("-w ") || line.starts_with("-a ") && !line.contains("never");
    let now = rules(&written.text);
    let is_off = now.iter().any(|line| line == "-e 0");
    let is_cleared = || now.iter().any(|line| line == "-D") && !now.iter().any(|line| watches(&line));
    let Some(before) = written.before else { return is_off || is_cleared() };
    let had = rules(before);
    // Of a watch the path counts, of a rule for calls their names.
    let what = |line: &str| -> Vec<String> {
        let words = line.split([' ', ',', '=']).filter(|word| holds(word, WATCHED));
        words.map(str::to_owned).collect()
    };
    let still: HashSet<String> = now.iter().filter(watches).flat_map(|line| what(line)).collect();
    let is_lost = |line: &String| what(line).iter().any(|watched| !still.contains(watched));
    is_off && !had.iter().any(|line| line == "-e 0") || had.iter().filter(watches).any(is_lost)
}

/// Whether Windows is told to record no more, or a record is cleared.
fn switches_off(text: &str) -> bool {
    holds(text, "auditpol|wevtutil")
        && text.lines().filter(|line| !is_comment(line)).map(str::to_ascii_lowercase).any(|line| {
            line.contains("auditpol") && holds(&line, ":disable|/clear|/remove")
                || holds(&line, "wevtutil cl |wevtutil.exe cl ")
        })
}

/// Whether a file makes images of machines, which begin with empty records.
fn makes_images(path: &str) -> bool {
    path.split(['/', '-', '_', '.'])
        .any(|word| is(word, "packer|image|images|golden|sysprep|ami|golden-image|logrotate"))
}

/// Whether a command that is told empties what a machine recorded of who came and what they did.
fn empties_records(text: &str) -> bool {
    const RECORDS: &str =
        "/var/log/audit|/var/log/auth|/var/log/secure|/var/log/wtmp|/var/log/btmp|/var/log/lastlog|audit.log";
    const EMPTIES: &str = "truncate |shred |rm -|cat /dev/null|cp /dev/null|: >|:>|> /var/log|>/var/log";
    if !holds(text, RECORDS) && !text.contains("--vacuum-") {
        return false;
    }
    let all_of_journal =
        |line: &str| holds(line, "--vacuum-time=1s|--vacuum-time=0|--vacuum-time 1s|--vacuum-size=1K|--vacuum-size=0");
    let told = code::commands_told(text);
    told.iter()
        .flat_map(|command| command.lines())
        .any(|line| line.len() <= 4096 && (holds(line, RECORDS) && holds(line, EMPTIES) || all_of_journal(line)))
}

/// Whether a cluster's policy of what is recorded leaves nothing that is.
fn records_no_calls(written: &Written<'_>, path: &str) -> bool {
    const LEVELS: &str = "level:Metadata|level:Request|level:RequestResponse";
    let text = &*written.text;
    let of_audit = path.contains("audit") || text.contains("audit.k8s.io");
    let records = |text: &str| holds(&unquoted(text), LEVELS);
    of_audit && unquoted(text).contains("level:None") && !records(text) && written.before.is_none_or(records)
}

/// Whether what is recorded goes to those who watch no more, by a task that is taken out.
fn is_shipped_no_more(written: &Written<'_>) -> bool {
    const TO: &str = "siem|wazuh|splunk|auditbeat|rsyslog.d|audisp|audit log|auth log|security log";
    let ships = |text: &str| {
        let mut lines = text.lines().filter(|line| !is_comment(line)).map(str::to_ascii_lowercase);
        lines.any(|line| holds(&line, "name:|src:|dest:") && holds(&line, TO))
    };
    // A file that is gone as a whole, or has become part of another one, says so itself.
    written.before.is_some_and(|before| before.contains("- name:") && ships(before) && !ships(&written.text))
        && written.text.contains("- name:")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_recorded_no_more_is_seen() {
        for (name, before, text, seen) in [
            ("audit.rules", None, "-D\n-e 0\n", true),
            ("audit.rules", None, "-D\n-b 8192\n-w /etc/shadow -p wa -k a\n-e 2\n", false),
            ("audit.rules", Some("-w /etc/shadow -p wa -k a\n"), "-w /etc/shadow -p wa -k b\n", false),
            ("audit.rules", Some("-w /etc/shadow -p wa -k a\n-w /opt/x -p wa\n"), "-w /opt/x -p wa\n", true),
            ("audit.rules", Some("-w /etc/shadow -p wa\n-w /opt/x -p wa\n"), "-w /etc/shadow -p wa\n", false),
            ("audit-policy.yaml", Some("rules:\n- level: Metadata\n"), "rules:\n- level: None\n", true),
            (
                "audit-policy.yaml",
                None,
                "rules:\n- level: None\n  nonResourceURLs: [/healthz]\n- level: Metadata\n",
                false,
            ),
            ("a.yml", None, "- name: a\n  shell: truncate -s0 /var/log/auth.log\n", true),
            ("a.yml", None, "- name: a\n  shell: truncate -s0 /var/log/shop/debug.log\n", false),
            ("a.ps1", None, "auditpol /set /subcategory:\"Logon\" /success:disable", true),
            ("a.ps1", None, "auditpol /set /subcategory:\"Logon\" /success:enable", false),
        ] {
            let path = format!("/home/you/work/infra/roles/base/{name}");
            assert_eq!(are_kept_no_more(&Written::of(text, before, &path)), seen, "{name} {text}");
        }
    }
}
