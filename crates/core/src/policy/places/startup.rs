//! Files that decide what runs: by themselves, with every Python, or in the place of the system's own programs.

use super::is_within;

/// Whether a file decides what runs by itself, and who may log in. The settings of git and ssh name programs that they run.
pub fn is_startup(path: &str, home: Option<&str>) -> bool {
    let folders = [
        "/etc/cron.d",
        "/etc/cron.daily",
        "/etc/cron.hourly",
        "/etc/cron.weekly",
        "/etc/cron.monthly",
        "/var/spool/cron",
        "/etc/systemd/system",
        "/usr/lib/systemd/system",
        "/lib/systemd/system",
        "/etc/init.d",
        "/etc/profile.d",
        "/etc/rc.local",
        "/etc/crontab",
        "/etc/ld.so.preload",
        "/etc/inittab",
        "/etc/rc.d",
        "/Library/LaunchDaemons",
        "/Library/LaunchAgents",
        "/etc/sudoers.d",
        "/etc/sudoers",
        "/etc/pam.d",
        "/etc/passwd",
        "/etc/profile",
        "/etc/bash.bashrc",
        "/etc/environment",
    ];
    let own = [
        ".bashrc",
        ".bash_profile",
        ".bash_login",
        ".bash_logout",
        ".profile",
        ".zshrc",
        ".zshenv",
        ".zprofile",
        ".zlogin",
        ".config/fish/config.fish",
        ".config/autostart",
        ".config/systemd/user",
        "Library/LaunchAgents",
        ".ssh/authorized_keys",
        ".ssh/rc",
        ".ssh/config",
        ".gitconfig",
        ".config/git/config",
        ".xinitrc",
        ".xprofile",
        ".config/environment.d",
    ];
    let inside =
        home.and_then(|home| path.strip_prefix(home.trim_end_matches('/'))).and_then(|rest| rest.strip_prefix('/'));
    path.contains("/.git/hooks/")
        || path.ends_with("/.git/config")
        || path.ends_with("/.ssh/authorized_keys")
        || folders.iter().any(|folder| is_within(path, folder))
        || inside.is_some_and(|inside| own.iter().any(|file| is_within(inside, file)))
}

/// Whether Python runs a file of this name whenever it starts, as long as it finds it.
pub fn runs_with_python(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.ends_with(".pth") || matches!(name, "sitecustomize.py" | "usercustomize.py")
}

/// Whether a path is that of a program of the system's name, in a folder where it is found before the system's.
pub fn is_in_place_of_system(path: &str, home: Option<&str>) -> bool {
    const PROGRAMS: &[&str] = &[
        "sudo",
        "su",
        "doas",
        "ssh",
        "scp",
        "sftp",
        "git",
        "ls",
        "cat",
        "cp",
        "mv",
        "rm",
        "curl",
        "wget",
        "npm",
        "npx",
        "node",
        "yarn",
        "pnpm",
        "python",
        "python3",
        "pip",
        "pip3",
        "docker",
        "kubectl",
        "passwd",
        "gpg",
        "aws",
        "gcloud",
        "az",
        "gh",
        "apt",
        "apt-get",
        "systemctl",
        "login",
        "bash",
        "sh",
        "zsh",
        "make",
        "cargo",
        "rustc",
        "go",
        "gcc",
        "ps",
        "netstat",
        "ss",
        "find",
        "grep",
        "id",
        "which",
        "env",
        "vim",
        "nano",
        "less",
        "tar",
        "terraform",
        "psql",
        "mysql",
        "ssh-add",
        "ssh-agent",
        "ssh-keygen",
        "vault",
        "op",
    ];
    let Some((folder, name)) = path.rsplit_once('/') else { return false };
    let own =
        ["/.local/bin", "/bin", "/.cargo/bin", "/go/bin", "/.npm-global/bin", "/.bun/bin", "/.deno/bin", "/.yarn/bin"];
    let of_home =
        home.and_then(|home| folder.strip_prefix(home.trim_end_matches('/'))).is_some_and(|rest| own.contains(&rest));
    let of_system =
        ["/usr/local/bin", "/usr/local/sbin", "/opt/homebrew/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"]
            .contains(&folder);
    (of_home || of_system) && PROGRAMS.contains(&name)
}

/// Whether a path is that of a program which nobody has two of, in a folder where it is found before the system's: whatever
/// is put there answers for it.
pub fn stands_for_system(path: &str, home: Option<&str>) -> bool {
    const TRUSTED: &[&str] = &[
        "sudo",
        "su",
        "doas",
        "ssh",
        "scp",
        "sftp",
        "ssh-add",
        "ssh-agent",
        "ssh-keygen",
        "git",
        "gpg",
        "ls",
        "cat",
        "cp",
        "mv",
        "rm",
        "ps",
        "netstat",
        "id",
        "env",
        "passwd",
        "login",
        "sh",
        "bash",
        "systemctl",
    ];
    TRUSTED.contains(&path.rsplit('/').next().unwrap_or_default()) && is_in_place_of_system(path, home)
}
