//! Where a path is, as far as it matters to whoever would miss it: paths made absolute, and sorted into places.

mod kept;
mod startup;

pub use kept::{is_generated, is_made_anew_in_container};
pub use startup::{is_in_place_of_system, is_startup, runs_with_python, stands_for_system};

use super::facts::Facts;
use super::lists::{holds, is, parts};
use super::shell::value::HOLE;

macro_rules! places {
    ($($(#[$meta:meta])* $name:ident = $text:literal,)*) => {
        /// A sort of place. The names are a contract: rules use them.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Place { $($(#[$meta])* $name,)* }

        impl Place {
            /// Every place, in order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its name in rules and records.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The place of this name.
            pub fn of(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|place| place.as_str() == name)
            }
        }
    };
}

places! {
    /// No path, or not known which.
    #[default]
    Unknown = "unknown",
    /// A tree of the system itself: `/`, `/etc`, `/usr/bin`, `/tmp` as a whole.
    System = "system",
    /// Something in a tree of the system.
    SystemInside = "system-inside",
    /// The home folder as a whole, anybody's.
    Home = "home",
    /// A folder of the home in which people keep their things: `~/Documents`, `~/.ssh`.
    HomeTree = "home-tree",
    /// Something else in the home.
    HomeInside = "home-inside",
    /// The project as a whole.
    ProjectRoot = "project-root",
    /// Something in the project.
    Project = "project",
    /// A folder for what may vanish.
    Temporary = "temporary",
    /// A device.
    Device = "device",
    /// A tree of the system or the home if a variable in the path is empty: `/$DIR`, `$DIR/*`.
    MaybeTree = "maybe-tree",
    /// Anywhere else.
    Elsewhere = "elsewhere",
}

/// The trees of a system: what goes wrong when one is removed or opened cannot be put right.
const SYSTEM: &str = "/|/Applications|/Library|/System|/Users|/Volumes|/bin|/boot|/boot/efi|/dev|/etc|/etc/pam.d|\
    /etc/ssh|/etc/ssl|/etc/sudoers.d|/etc/systemd|/etc/systemd/system|/home|/lib|/lib/modules|/lib32|/lib64|/mnt|\
    /media|/nix|/nix/store|/opt|/private|/private/etc|/private/tmp|/private/var|/proc|/root|/run|/sbin|/srv|/sys|/tmp|\
    /usr|/usr/bin|/usr/include|/usr/lib|/usr/lib32|/usr/lib64|/usr/libexec|/usr/local|/usr/local/bin|/usr/local/lib|\
    /usr/local/sbin|/usr/sbin|/usr/share|/var|/var/backups|/var/cache|/var/lib|/var/lib/docker|/var/lib/dpkg|\
    /var/lib/mysql|/var/lib/postgresql|/var/log|/var/mail|/var/spool|/var/tmp|/var/www|c:|c:/|c:/users|c:/windows|\
    c:/windows/system32|c:/program files";

/// Folders for what may vanish.
const TEMPORARY: &str = "/tmp|/var/tmp|/private/tmp|/private/var/tmp|/dev/shm|/var/folders";

/// Where disks are mounted, and where people of a house keep together what they work on for years.
const SHARED: &str = "/mnt|/media|/srv|/data|/backup|/backups|/export|/storage|/nas|/net|/nfs|/Volumes|/project|\
    /projects|/group|/groups|/gpfs|/lustre|/beegfs|/cephfs|/archive|/archives|/dataset|/datasets|/share|/shared|/pool|\
    /tank|/volume1|/volume2|/scratch/archive|/scratch/shared|/scratch/group|/scratch/groups|/scratch/lab|/scratch/labs|/scratch/team|/scratch/teams|\
    /scratch/project|/scratch/projects|/scratch/proj|/gscratch|/work/lab|/work/labs|/work/team|/work/teams|/nobackup/group|/nobackup/groups|/nobackup/labs|\
    /nobackup/projects|/cluster/projects|/cluster/groups|/cluster/labs|/fs/ess|/fs/project|/projappl|/work/archive|/work/group|/work/groups|/work/project|/work/projects|\
    /work/shared";

/// Whether a path is in a folder that many keep things in, and not in what one of them uses for a while.
pub fn is_shared(path: &str) -> bool {
    let passing = |part: &str| matches!(part, "scratch" | "tmp" | "temp" | "node_modules" | ".cache");
    // Clusters keep the folders of groups beside those of people.
    let beside = path
        .strip_prefix("/home/")
        .filter(|name| is(name.split('/').next().unwrap_or_default(), "groups|labs|projects"));
    let within = parts(SHARED).find(|folder| is_within(path, folder)).map(|folder| &path[folder.len()..]);
    within.or(beside).is_some_and(|inside| !inside.split('/').any(passing))
}

/// Whether a path is in a folder that a server shows to everybody.
pub fn is_served(path: &str) -> bool {
    const ROOTS: &str = "www|html|htdocs|public|public_html|static|wwwroot|webroot|_static|_site";
    path.split('/').any(|part| is(part, ROOTS))
}

/// Whether a file holds the settings of a site with its passwords, or a copy of its database, and a server gives it to whoever asks: what
/// it runs it does not show.
pub fn is_given_away(source: &str, target: &str) -> bool {
    const SETTINGS: &str = "wp-config.php|settings.php|localsettings.php|config.inc.php|database.yml";
    const DUMPS: &str = ".sql|.sql.gz|.sql.zip|.dump|.bak|.kdbx|.tfstate";
    let (from, to) = (name(source).to_ascii_lowercase(), name(target).to_ascii_lowercase());
    let is_copy = |name: &str| {
        let told = holds(name, "backup|dump|prod|customers|users");
        told && parts(DUMPS).any(|ending| name.ends_with(ending))
    };
    let is_setting = |name: &str| parts(SETTINGS).any(|setting| name.starts_with(setting)) && !name.contains("sample");
    is_served(target)
        && !to.ends_with(".php")
        && (is_setting(&from) || is_setting(&to) || is_copy(&from) || is_copy(&to))
}

/// Whether a path is a folder for what may vanish: itself a tree of the system, but nobody keeps anything in it.
pub fn is_temporary(path: &str) -> bool {
    is(path, TEMPORARY)
}

/// An absolute path without `.`, `..` and repeated slashes, as the shell and the kernel read it when no link is in it.
pub fn absolute(path: &str, directory: &str) -> String {
    let path = path.replace('\\', "/");
    let drive = path.as_bytes().get(1) == Some(&b':') && path.as_bytes()[0].is_ascii_alphabetic();
    let whole = if path.starts_with('/') || drive { path } else { format!("{directory}/{path}") };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    if drive { parts.join("/").to_lowercase() } else { format!("/{}", parts.join("/")) }
}

/// The last part of a path.
pub fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

/// A path in the person's own home, if it is written as one: `~`, `~/notes`.
pub(super) fn in_own_home(path: &str, facts: &dyn Facts) -> String {
    let home = facts.home().filter(|_| path == "~" || path.starts_with("~/"));
    home.map_or_else(|| path.to_owned(), |home| format!("{home}{}", &path[1..]))
}

/// Whether a path is a folder or within it.
pub fn is_within(path: &str, folder: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The place of an absolute path. Globs in it are taken for what they may match: the worst of it.
pub fn place(path: &str, facts: &dyn Facts) -> Place {
    if let Some((before, _)) = path.split_once(HOLE) {
        return place_of_unknown(before, facts);
    }
    let path = without_wildcard(path);
    let home = facts.home().map(|home| home.trim_end_matches('/')).filter(|home| !home.is_empty());
    let project = facts.project().map(|root| root.trim_end_matches('/')).filter(|root| !root.is_empty());
    if is_system(path) {
        return Place::System;
    }
    if home.is_some_and(|home| matches(path, home)) || is_a_home(path) {
        return Place::Home;
    }
    if let Some(project) = project {
        if matches(path, project) {
            return Place::ProjectRoot;
        }
        if is_within(path, project) {
            return Place::Project;
        }
        if is_within(project, path) {
            // A folder that holds the project takes it along.
            return if home.is_some_and(|home| is_within(home, path)) { Place::Home } else { Place::ProjectRoot };
        }
    }
    if parts(TEMPORARY).any(|folder| is_within(path, folder)) {
        return Place::Temporary;
    }
    if is_within(path, "/dev") {
        return Place::Device;
    }
    if let Some(inside) = home.and_then(|home| path.strip_prefix(home)).and_then(|rest| rest.strip_prefix('/')) {
        return if kept::is_kept(inside) { Place::HomeTree } else { Place::HomeInside };
    }
    if in_some_home(path).is_some_and(kept::is_kept) {
        return Place::HomeTree;
    }
    let of_nobody = |tree: &&str| !is(tree, "/|/home|/Users|/mnt|/media|/srv|/opt");
    if parts(SYSTEM).filter(of_nobody).any(|tree| is_within(path, tree)) {
        return Place::SystemInside;
    }
    Place::Elsewhere
}

/// What of a path is within the home of whoever it is.
fn in_some_home(path: &str) -> Option<&str> {
    below_homes(path)?.split_once('/').map(|(_, inside)| inside)
}

/// What of a path is below the folder of all homes: of this system, or of a drive of Windows, by its own name or as other shells mount it.
fn below_homes(path: &str) -> Option<&str> {
    if let Some(below) = ["/home/", "/Users/"].iter().find_map(|homes| path.strip_prefix(homes)) {
        return Some(below);
    }
    let mounts = ["/mnt/", "/cygdrive/", "/"];
    let mounted = mounts.iter().find_map(|mount| path.strip_prefix(mount)).unwrap_or(path);
    let (drive, inside) = mounted.split_once('/')?;
    let is_drive = matches!(drive.as_bytes(), [letter] | [letter, b':'] if letter.is_ascii_alphabetic());
    let (folder, below) = inside.split_once('/').filter(|_| is_drive)?;
    folder.eq_ignore_ascii_case("users").then_some(below)
}

/// The place of a path of which only the start is known.
fn place_of_unknown(known: &str, facts: &dyn Facts) -> Place {
    let (folder, name) = known.rsplit_once('/').unwrap_or(("", known));
    let folder = if folder.is_empty() { "/" } else { folder };
    let inside = place(&format!("{}/{name}x", folder.trim_end_matches('/')), facts);
    // Where the unknown part is a whole name, it may be empty, and then the folder itself is meant.
    match place(folder, facts) {
        Place::System | Place::Home if name.is_empty() && inside != Place::Temporary => Place::MaybeTree,
        _ => inside,
    }
}

/// A disk or a part of one, and what overwrites the machine's memory or state in the same way.
pub fn is_disk(path: &str) -> bool {
    let Some(name) = path.strip_prefix("/dev/") else {
        return matches!(path, "/proc/sysrq-trigger" | "/proc/kcore")
            || path.to_ascii_lowercase().contains("physicaldrive");
    };
    let digits = |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
    let letters_digits = |rest: &str| {
        let letters = rest.bytes().take_while(u8::is_ascii_lowercase).count();
        letters > 0 && rest[letters..].bytes().all(|byte| byte.is_ascii_digit())
    };
    // `2`, `2p1`, `0.0`
    let numbered = |rest: &str, between: &[char]| {
        let mut parts = rest.split(between);
        parts.next().is_some_and(digits) && parts.all(digits)
    };
    let glob = name.contains(['*', '?', '[']);
    if glob {
        return ["sda", "vda", "nvme0n1", "hda", "xvda", "disk0"].iter().any(|disk| self::glob(name, disk));
    }
    for (prefix, separators) in [
        ("nvme", &['n', 'p', 'c'][..]),
        ("mmcblk", &['p']),
        ("loop", &['p']),
        ("md", &['p']),
        ("dm-", &[]),
        ("nbd", &['p']),
        ("zram", &[]),
        ("pmem", &['p', 's']),
        ("dax", &['.']),
        ("ada", &['p', 's']),
        ("da", &['p', 's']),
        ("disk", &['s']),
        ("rdisk", &['s']),
        ("sr", &[]),
    ] {
        if name.strip_prefix(prefix).is_some_and(|rest| numbered(rest, separators)) {
            return true;
        }
    }
    ["sd", "hd", "vd", "xvd"].iter().any(|prefix| name.strip_prefix(prefix).is_some_and(letters_digits))
        || matches!(name, "mem" | "kmem" | "port")
        || name.starts_with("disk/by-")
        || name.starts_with("mapper/") && name != "mapper/control"
}

/// Whether a path is in a repository's own database, where lost work could be recovered from.
pub fn is_git_data(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    let Some(at) = parts.iter().rposition(|part| *part == ".git" || part.ends_with(".git") && part.len() > 4) else {
        return false;
    };
    match parts.get(at + 1) {
        None => true,
        Some(name) => {
            matches!(*name, "objects" | "refs" | "logs" | "packed-refs" | "worktrees" | "modules" | "HEAD" | "*")
                || name.contains('{')
                || name.contains('[')
        }
    }
}

/// Whether a path is a hook of a repository, or all of them: what checks its commits and pushes.
pub fn is_hook(path: &str) -> bool {
    let hooks = ["/.git/hooks", "/.husky", "/.githooks"];
    let named = |folder: &&str| {
        path.find(*folder).is_some_and(|at| {
            let rest = &path[at + folder.len()..];
            rest.is_empty() || rest.starts_with('/') && !rest.ends_with(".sample") && !rest.starts_with("/_")
        })
    };
    hooks.iter().any(named)
}

/// Whether a file is the record of what was done on the machine, or of who came in.
pub fn is_trace(path: &str, home: Option<&str>) -> bool {
    let inside = home.and_then(|home| path.strip_prefix(home.trim_end_matches('/')));
    const HISTORIES: &str =
        "/.bash_history|/.zsh_history|/.local/share/fish/fish_history|/.python_history|/.sh_history";
    const RECORDS: &str = "/var/log/auth.log|/var/log/secure|/var/log/wtmp|/var/log/btmp|/var/log/lastlog|/var/log/syslog|/var/log/messages";
    inside.is_some_and(|inside| is(inside, HISTORIES)) || is(path, RECORDS) || is_within(path, "/var/log/audit")
}

/// Whether a file tells a build server what to run.
pub fn is_ci(path: &str) -> bool {
    const FOLDERS: &str = "/.github/workflows/|/.github/actions/|/.circleci/|/.buildkite/|/.gitlab/ci/|/.teamcity/";
    const FILES: &str = ".gitlab-ci.yml|.travis.yml|azure-pipelines.yml|bitbucket-pipelines.yml|Jenkinsfile|cloudbuild.yaml|.drone.yml|\
        .woodpecker.yml|appveyor.yml";
    is(name(path), FILES) || holds(path, FOLDERS)
}

/// Whether a file is one that a package manager writes, and by which it knows what it may install.
pub fn is_lock(path: &str) -> bool {
    const FILES: &str = "Cargo.lock|package-lock.json|npm-shrinkwrap.json|yarn.lock|pnpm-lock.yaml|bun.lock|bun.lockb|poetry.lock|uv.lock|\
        pdm.lock|Pipfile.lock|Gemfile.lock|composer.lock|go.sum|flake.lock|mix.lock|pubspec.lock|Package.resolved|packages.lock.json|\
        gradle.lockfile|.terraform.lock.hcl";
    is(name(path), FILES)
}

/// Whether a file tells an agent which MCP servers to start.
pub fn is_mcp_setting(path: &str) -> bool {
    let ends = ["/.mcp.json", "/.claude.json", "/.cursor/mcp.json", "/.vscode/mcp.json", "/.copilot/mcp-config.json"];
    // On many machines a name is the same in small and in large letters.
    ends.iter().any(|end| {
        path.len() >= end.len() && path.as_bytes()[path.len() - end.len()..].eq_ignore_ascii_case(end.as_bytes())
    })
}

/// Whether a path is hookrail's own, or a setting of an agent that decides whether hookrail is asked.
pub fn is_own(path: &str, facts: &dyn Facts) -> bool {
    let home = facts.home().map(|home| home.trim_end_matches('/'));
    let inside = home.and_then(|home| path.strip_prefix(home)).and_then(|rest| rest.strip_prefix('/'));
    let name = name(path);
    let own_home = facts.variable("HOOKRAIL_HOME").is_some_and(|own| is_within(path, &own));
    let of_home = [".hookrail", ".config/hookrail", ".local/share/hookrail", ".local/state/hookrail"];
    const OF_AGENTS: &str = ".claude/settings.json|.claude/settings.local.json|.claude/hooks|.codex/hooks.json|.codex/config.toml|.codex/hooks|\
        .cursor/hooks.json|.cursor/hooks|.gemini/settings.json|.gemini/config/hooks.json|.copilot/hooks|.copilot/settings.json|.github/hooks";
    let of_agent = |path: &str| {
        let begins = path.as_bytes().first() == Some(&b'.');
        begins && {
            // On many machines a name is the same in small and in large letters.
            let path = path.to_ascii_lowercase();
            parts(OF_AGENTS).any(|own| is_within(&path, own))
        }
    };
    own_home
        || inside.is_some_and(|inside| of_home.iter().any(|own| is_within(inside, own)) || of_agent(inside))
        || facts.project().and_then(|root| path.strip_prefix(root)).is_some_and(|inside| {
            let inside = inside.trim_start_matches('/');
            of_agent(inside) || is_within(inside, ".hookrail")
        })
        || matches!(name, "hookrail" | "hookrail-hook")
            && (path.contains("/bin/") || inside.is_some_and(|inside| inside.contains("bin/")))
        || path.starts_with("/etc/claude-code/")
        || path.starts_with("/etc/codex/")
        || path.starts_with("/etc/hookrail/")
        || name == "hookrail.toml" && facts.project().is_some_and(|root| is_within(path, root))
}

/// Whether a path is, or by its globs may be, one of the system's trees.
fn is_system(path: &str) -> bool {
    let lower = path.as_bytes().get(1) == Some(&b':');
    is_one_of(path, SYSTEM) || lower && path.trim_end_matches('/').len() == 2
}

/// Whether a path is somebody's home by where it is.
fn is_a_home(path: &str) -> bool {
    below_homes(path).is_some_and(|name| !name.is_empty() && !name.contains('/') && !is(name, "Shared|Public|public"))
}

/// A path whose last part matches everything is the folder it is in: what is done to all of its content is done to it.
pub fn without_wildcard(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some((folder, "*" | ".*" | "**" | "*.*" | ".[!.]*" | ".??*")) => {
            if folder.is_empty() {
                "/"
            } else {
                without_wildcard(folder)
            }
        }
        _ => path,
    }
}

/// Whether a path is one of a list, or by its globs may be.
fn is_one_of(path: &str, list: &str) -> bool {
    is(path, list) || path.contains(['*', '?', '[']) && parts(list).any(|literal| matches(path, literal))
}

/// Whether a path is this one, or by its globs may be. Globs do not cross slashes.
pub fn matches(path: &str, literal: &str) -> bool {
    if !path.contains(['*', '?', '[']) {
        return path == literal;
    }
    let (mut parts, mut literals) = (path.split('/'), literal.split('/'));
    loop {
        match (parts.next(), literals.next()) {
            (None, None) => return true,
            (Some(part), Some(literal)) if glob(part, literal) => {}
            _ => return false,
        }
    }
}

/// Whether a name matches a glob: `*`, `?` and `[…]`. A leading dot is matched by a dot alone. Linear but for `*`, which is
/// tried at most once at each place.
pub fn glob(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') && !pattern.starts_with('\\') {
        return false;
    }
    if !pattern.contains(['*', '?', '[', '\\']) {
        return pattern == name;
    }
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        let step = match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
                continue;
            }
            Some('?') => Some(p + 1),
            Some('[') => class(&pattern[p..], name[n]).map(|length| p + length),
            Some('\\') if pattern.get(p + 1) == Some(&name[n]) => Some(p + 2),
            Some(literal) if *literal == name[n] => Some(p + 1),
            _ => None,
        };
        match (step, star) {
            (Some(next), _) => (p, n) = (next, n + 1),
            (None, Some((at, from))) => {
                star = Some((at, from + 1));
                (p, n) = (at + 1, from + 1);
            }
            (None, None) => return false,
        }
    }
    pattern[p..].iter().all(|rest| *rest == '*')
}

/// The length of the class at the start of a pattern, where it has this character.
fn class(pattern: &[char], character: char) -> Option<usize> {
    let negated = matches!(pattern.get(1), Some('!' | '^'));
    let start = if negated { 2 } else { 1 };
    let end = start + 1 + pattern.get(start + 1..)?.iter().position(|end| *end == ']')?;
    let inside = &pattern[start..end];
    let mut found = false;
    let mut at = 0;
    while at < inside.len() {
        if inside.get(at + 1) == Some(&'-') && at + 2 < inside.len() {
            found |= (inside[at]..=inside[at + 2]).contains(&character);
            at += 3;
        } else {
            found |= inside[at] == character;
            at += 1;
        }
    }
    (found != negated).then_some(end + 1)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    struct Desk;

    impl Facts for Desk {
        fn directory(&self) -> Option<&str> {
            Some("/home/dev/work/shop")
        }
        fn home(&self) -> Option<&str> {
            Some("/home/dev")
        }
        fn user(&self) -> Option<&str> {
            Some("dev")
        }
        fn project(&self) -> Option<&str> {
            Some("/home/dev/work/shop")
        }
    }

    #[test]
    fn paths_are_made_absolute_as_a_shell_reads_them() {
        for (path, whole) in [
            ("", "/a/b"),
            (".", "/a/b"),
            ("..", "/a"),
            ("../../../..", "/"),
            ("c", "/a/b/c"),
            ("./c//d/", "/a/b/c/d"),
            ("/", "/"),
            ("//etc/./x/..", "/etc"),
            ("C:\\Windows\\..\\Users", "c:/users"),
        ] {
            assert_eq!(absolute(path, "/a/b"), whole, "{path}");
        }
    }

    #[test]
    fn every_path_has_its_place() {
        for (path, expected) in [
            ("/", Place::System),
            ("/*", Place::System),
            ("/et?", Place::System),
            ("/et[c]", Place::System),
            ("/etc/*", Place::System),
            ("/usr/bin", Place::System),
            ("/tmp", Place::System),
            ("/tmp/*", Place::System),
            ("/etc/hosts", Place::SystemInside),
            ("/etc/foo?", Place::SystemInside),
            ("/usr/bin/tool", Place::SystemInside),
            ("/home/dev", Place::Home),
            ("/home/*", Place::System),
            ("/home/dev/*", Place::Home),
            ("/home/dev/.*", Place::Home),
            ("/home/user", Place::Home),
            ("/root", Place::System),
            ("/home/dev/.ssh", Place::HomeTree),
            ("/home/dev/.ssh/*", Place::HomeTree),
            ("/home/dev/.cache/x", Place::HomeInside),
            ("/home/dev/work", Place::ProjectRoot),
            ("/home/dev/work/shop", Place::ProjectRoot),
            ("/home/dev/work/shop/*", Place::ProjectRoot),
            ("/home/dev/work/shop/target", Place::Project),
            ("/home/dev/work/other", Place::HomeTree),
            ("/home/dev/work/other/node_modules", Place::HomeInside),
            ("/home/dev/notes", Place::HomeTree),
            ("/home/dev/.config/tool", Place::HomeTree),
            ("/home/dev/.npm/_cacache", Place::HomeInside),
            ("/home/dev/.cargo/registry", Place::HomeInside),
            ("/home/dev/.local/bin", Place::HomeInside),
            ("/tmp/build", Place::Temporary),
            ("/dev/sda", Place::Device),
            ("/opt/tool", Place::Elsewhere),
            ("/data/x", Place::Elsewhere),
        ] {
            assert_eq!(place(path, &Desk), expected, "{path}");
        }
    }

    #[test]
    fn globs_match_as_in_a_shell() {
        for (pattern, name, expected) in [
            ("*", "etc", true),
            ("*", ".git", false),
            (".*", ".git", true),
            ("e?c", "etc", true),
            ("[a-e]tc", "etc", true),
            ("[!a-e]tc", "etc", false),
            ("*.key", "server.key", true),
            ("a*b*c", "aXXbYYc", true),
            ("a*b*c", "aXXbYY", false),
            ("[", "[", false),
        ] {
            assert_eq!(glob(pattern, name), expected, "{pattern} {name}");
        }
        let long = "a".repeat(20_000);
        assert!(!glob("*a*a*a*b", &long[..2_000]));
    }
}
