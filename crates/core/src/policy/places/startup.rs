//! Files that decide what runs: by themselves, with every Python, or in the place of the system's own programs.

use super::{is_within, name};
use crate::policy::lists::{is, parts};

/// Whether a file decides what runs by itself, and who may log in. The settings of git and ssh name programs that they run.
pub fn is_startup(path: &str, home: Option<&str>) -> bool {
    const FOLDERS: &str = "/etc/cron.d|/etc/cron.daily|/etc/cron.hourly|/etc/cron.weekly|/etc/cron.monthly|\
        /var/spool/cron|/etc/systemd/system|/usr/lib/systemd/system|/lib/systemd/system|/etc/init.d|/etc/profile.d|\
        /etc/rc.local|/etc/crontab|/etc/ld.so.preload|/etc/inittab|/etc/rc.d|/Library/LaunchDaemons|\
        /Library/LaunchAgents|/etc/sudoers.d|/etc/sudoers|/etc/pam.d|/etc/passwd|/etc/profile|/etc/bash.bashrc|\
        /etc/environment";
    const OWN: &str = ".bashrc|.bash_profile|.bash_login|.bash_logout|.profile|.zshrc|.zshenv|.zprofile|.zlogin|\
        .config/fish/config.fish|.config/autostart|.config/systemd/user|Library/LaunchAgents|.ssh/authorized_keys|\
        .ssh/rc|.ssh/config|.gitconfig|.config/git/config|.xinitrc|.xprofile|.config/environment.d";
    let inside =
        home.and_then(|home| path.strip_prefix(home.trim_end_matches('/'))).and_then(|rest| rest.strip_prefix('/'));
    path.contains("/.git/hooks/")
        || path.ends_with("/.git/config")
        || path.ends_with("/.ssh/authorized_keys")
        || parts(FOLDERS).any(|folder| is_within(path, folder))
        || inside.is_some_and(|inside| parts(OWN).any(|file| is_within(inside, file)))
}

/// Whether Python runs a file of this name whenever it starts, as long as it finds it.
pub fn runs_with_python(path: &str) -> bool {
    let name = name(path);
    name.ends_with(".pth") || matches!(name, "sitecustomize.py" | "usercustomize.py")
}

/// Programs of which nobody has two: whatever is put before the system's answers for it.
const TRUSTED: &str = "sudo|su|doas|ssh|scp|sftp|ssh-add|ssh-agent|ssh-keygen|git|gpg|ls|cat|cp|mv|rm|ps|netstat|id|\
    env|passwd|login|sh|bash|systemctl";

/// Programs of which a person may well have one of their own, as a version manager's.
const OFTEN_OWN: &str = "curl|wget|npm|npx|node|yarn|pnpm|python|python3|pip|pip3|docker|kubectl|aws|gcloud|az|gh|apt|\
    apt-get|zsh|make|cargo|rustc|go|gcc|ss|find|grep|which|vim|nano|less|tar|terraform|psql|mysql|vault|op";

/// Whether a path is that of a program of the system's name, in a folder where it is found before the system's.
pub fn is_in_place_of_system(path: &str, home: Option<&str>) -> bool {
    stands_before_system(path, home, OFTEN_OWN) || stands_for_system(path, home)
}

/// Whether a path is that of a program which nobody has two of, in a folder where it is found before the system's.
pub fn stands_for_system(path: &str, home: Option<&str>) -> bool {
    stands_before_system(path, home, TRUSTED)
}

fn stands_before_system(path: &str, home: Option<&str>, programs: &str) -> bool {
    const OWN: &str = "/.local/bin|/bin|/.cargo/bin|/go/bin|/.npm-global/bin|/.bun/bin|/.deno/bin|/.yarn/bin";
    const SYSTEM: &str = "/usr/local/bin|/usr/local/sbin|/opt/homebrew/bin|/usr/bin|/bin|/usr/sbin|/sbin";
    let Some((folder, _)) = path.rsplit_once('/').filter(|(_, name)| is(name, programs)) else { return false };
    let of_home =
        home.and_then(|home| folder.strip_prefix(home.trim_end_matches('/'))).is_some_and(|rest| is(rest, OWN));
    of_home || is(folder, SYSTEM)
}
