//! Orders for machines in numbers, in the words of those who set them up: what guards is stopped or taken away, whoever comes is let in.

use super::code;
use super::leaks::literals;
use super::source::{Written, form, unquoted};
use crate::policy::effects::Kind;
use crate::policy::facts::Facts;
use crate::policy::lists::{holds, is};
use crate::policy::shell;

/// Most tasks of one file that are looked at.
const MAX_TASKS: usize = 512;

/// Whether a file for setting up machines leaves them without what guards them, where the text before it did not.
pub(super) fn disarm(written: &Written<'_>, facts: &dyn Facts) -> bool {
    let by_command = |text: &str| sets_up(written.path, text) && stops_guard_by_command(text, facts);
    written.is_form("yml|yaml|pp|rb|sls|nix|bu|tf|cfg|ps1xml|xml")
        && written.holds(
            "top|absent|nable|isable|dead|asked|Permit|permit|emoved|urged|NOPASSWD|mask|enforce|iptables|nft |hosts.allow",
        )
        && !written.is_tried()
        && written.gains(|text| stops_guard(text, form(written.path)) || lets_in(text) || by_command(text))
}

/// Whether a file of YAML sets up machines, and not what runs on them.
fn sets_up(path: &str, text: &str) -> bool {
    const FOLDERS: &str = "ansible|playbook|/roles/|/tasks/|salt|cloud-init|cloudinit|user-data|userdata|user_data|packer|provision|bootstrap|kickstart";
    holds(&path.to_ascii_lowercase(), FOLDERS) || text.starts_with("#cloud-config") || text.contains("\n  hosts:")
}

/// Whether a command that the machines run does what stops a guard.
fn stops_guard_by_command(text: &str, facts: &dyn Facts) -> bool {
    const GRAVE: &str = "systemctl|service |setenforce|selinux|SELINUX|iptables|nft |ufw|pkill|killall|auditctl|apparmor|rc-service|chkconfig|apt|dnf|yum|rpm";
    // What other programs that set up machines run stands between quotes, or behind a name.
    let is_run = |line: &&str| holds(line, "command|execute|exec |name:");
    let alone = text.lines().filter(|_| holds(text, "cmd.run|exec {|execute '|execute \"")).filter(is_run);
    let alone = alone.map(|line| match line.split_once("name:") {
        Some((_, command)) => command.to_owned(),
        None => literals(line).collect::<Vec<_>>().join("\n"),
    });
    let commands = code::commands_told(text).into_iter().chain(alone).filter(|command| holds(command, GRAVE));
    commands.take(MAX_COMMANDS).any(|command| {
        let done = shell::analyse_in(&command, None, facts);
        done.effects.iter().any(|effect| effect.kind == Kind::SafetyDisable)
    })
}

/// Most commands of one file that are gone through.
const MAX_COMMANDS: usize = 32;

/// Whether a task stops a service that guards, masks it, or takes its package away.
fn stops_guard(text: &str, form: &str) -> bool {
    if !matches!(form, "yml" | "yaml" | "sls" | "pp" | "rb") {
        return false;
    }
    // A state of Salt has its name at the margin, and all else below it.
    let states = || text.split("\n\n").flat_map(|part| part.split_inclusive(":\n\n")).collect::<Vec<_>>();
    let tasks = if form == "sls" { states() } else { tasks(text) };
    tasks.iter().take(MAX_TASKS).any(|task| {
        let dense: String = task.lines().filter(|line| !line.trim_start().starts_with('#')).map(unquoted).collect();
        let off = holds(&dense, "state:stopped|enabled:false|enabled:no|masked:true|masked:yes|state:absent|state:removed|ensure=>stopped|\
            ensure=>absent|enable=>false|action:stop|action[:stop|[:stop,:disable]|state:disabled|service.dead|service.disabled|pkg.removed|pkg.purged|\
            action:disable|action:purge|action:remove|policy:disabled|state:permissive");
        const COPIES: &str = "backup|dump|restic|borg|snapshot|pgbackrest|wal-g|rsnapshot|duplicity";
        let copies = || holds(&dense, "cron:{|cron:name|cron{|systemd:") && holds(&dense.to_ascii_lowercase(), COPIES);
        let guards = || task.split(|char: char| !char.is_ascii_alphanumeric() && !matches!(char, '-' | '_' | '.'))
            .map(|word| word.trim_end_matches(".service"))
            .any(|word| !word.is_empty() && (shell::guards_machine(word) || is(word, GUARDS)));
        off && (copies() || guards())
    })
}

/// What else guards a machine, by the names of its packages and roles.
const GUARDS: &str = "selinux|crowdstrike|falcon|defender|sentinelone|carbonblack|tripwire|aide|rkhunter|chkrootkit|snort|suricata|audit|auditbeat|\
    osquery|qualys|nessus-agent|rapid7|cylance|sophos|mcafee|trellix|cortex|xdr|teleport|usbguard|iptables-services|apparmor-utils";

/// The tasks of a playbook, a state or a manifest.
fn tasks(text: &str) -> Vec<&str> {
    let mut starts: Vec<usize> = Vec::new();
    let mut at = 0;
    let least = text
        .lines()
        .filter(|line| line.trim_start().starts_with("- "))
        .map(|line| line.len() - line.trim_start().len())
        .min()
        .unwrap_or(0);
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start().len();
        let begins = line.trim_start().starts_with("- ") && (indent == least || line.contains("name:"))
            || indent == 0 && line.trim_end().ends_with(':')
            || line.contains(" {") && indent == 0
            || line.trim_end().ends_with(" do");
        if begins {
            starts.push(at);
        }
        at += line.len();
    }
    if starts.is_empty() {
        return vec![text];
    }
    starts
        .iter()
        .enumerate()
        .map(|(index, start)| &text[*start..starts.get(index + 1).copied().unwrap_or(text.len())])
        .collect()
}

/// Whether whoever comes is let into machines: as root with a password or none, or to be root without one.
fn lets_in(text: &str) -> bool {
    const PAIRS: &str =
        "permitrootlogin,value:yes|permitemptypasswords,value:yes|permitrootlogin,line:permitrootlogin yes";
    if holds(text, "PermitRootLogin|PermitEmptyPasswords") && holds(&unquoted(text).to_ascii_lowercase(), PAIRS) {
        return true;
    }
    let of_logins = holds(text, "sshd_config|sshd|openssh|ssh_config|lineinfile|sudoers|hosts.allow");
    of_logins
        && text.lines().filter(|line| !line.trim_start().starts_with('#')).any(|line| {
            let line = line.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase();
            holds(&line, "permitrootlogin yes|permitemptypasswords yes|permitrootlogin = yes|permitrootlogin: yes|permitrootlogin: \"yes\"|\
                permitrootlogin = \"yes\"|permitrootlogin: 'yes'|permitemptypasswords: yes|permitemptypasswords = true|all all=(all) nopasswd: all|\
                all: all\\n|all:all\\n|\
                all=(all:all) nopasswd:all|all all=(all) nopasswd:all")
                && !line.contains("regexp")
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::facts::NoFacts;

    #[test]
    fn machines_without_their_guards_are_seen() {
        let path = "/home/you/work/infra/roles/base/tasks/main.yml";
        for (text, disarmed) in [
            ("- name: a\n  service:\n    name: auditd\n    state: stopped\n", true),
            (
                "- name: a\n  service:\n    name: nginx\n    state: stopped\n- name: b\n  service:\n    name: auditd\n    state: started\n",
                false,
            ),
            ("- name: a\n  apt:\n    name: [fail2ban]\n    state: absent\n", true),
            ("- name: a\n  lineinfile:\n    path: /etc/ssh/sshd_config\n    line: PermitRootLogin yes\n", true),
            ("- name: a\n  lineinfile:\n    path: /etc/ssh/sshd_config\n    line: PermitRootLogin no\n", false),
        ] {
            assert_eq!(disarm(&Written::of(text, None, path), &NoFacts), disarmed, "{text}");
        }
    }
}
