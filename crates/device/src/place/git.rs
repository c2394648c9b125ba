//! What git knows of a folder, read from its files: the repository, the branch, the commit, who signs.
//!
//! No program is started, no file of more than [`LARGEST`] bytes is read, and whatever cannot be read is not known.

use std::fs;
use std::path::{Path, PathBuf};

/// The largest file of git that is read.
const LARGEST: u64 = 1 << 20;

/// A checkout.
#[derive(Debug)]
pub(crate) struct Checkout {
    /// The folder that holds `.git`.
    root: PathBuf,
    /// The folder of this worktree's own state: its HEAD.
    own: PathBuf,
    /// The folder of what all worktrees share: configuration and refs.
    shared: PathBuf,
}

/// Who signs commits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Signer {
    pub(crate) name: Option<String>,
    pub(crate) email: Option<String>,
}

impl Checkout {
    /// The checkout a folder lies in.
    pub(crate) fn of(folder: &Path) -> Option<Self> {
        let root = folder.ancestors().find(|folder| folder.join(".git").exists())?.to_owned();
        let git = root.join(".git");
        let own = if git.is_dir() {
            git
        } else {
            // A worktree or a submodule: a file that names the folder.
            root.join(read(&git)?.strip_prefix("gitdir:")?.trim())
        };
        let shared = match read(&own.join("commondir")) {
            Some(common) => own.join(common.trim()),
            None => own.clone(),
        };
        Some(Self { root, own, shared })
    }

    /// The remote as `host/owner/name`, else the path of the checkout's root.
    pub(crate) fn repository(&self) -> Option<String> {
        match read(&self.shared.join("config")).and_then(|text| remote(&text)) {
            Some(remote) => Some(normal(&remote)),
            None => self.root.to_str().map(str::to_owned),
        }
    }

    /// The branch that is checked out; `None` where HEAD is detached.
    pub(crate) fn branch(&self) -> Option<String> {
        let head = read(&self.own.join("HEAD"))?;
        Some(head.trim().strip_prefix("ref: refs/heads/")?.to_owned())
    }

    /// The commit that is checked out; `None` before the first.
    pub(crate) fn commit(&self) -> Option<String> {
        let head = read(&self.own.join("HEAD"))?;
        let Some(name) = head.trim().strip_prefix("ref: ") else { return commit(head.trim()) };
        // The name is a part of a path: nothing in it may lead elsewhere.
        if name.split('/').any(|part| part.is_empty() || part == "..") {
            return None;
        }
        let loose = [&self.own, &self.shared].into_iter().find_map(|folder| read(&folder.join(name)));
        if let Some(found) = loose.and_then(|text| commit(text.trim())) {
            return Some(found);
        }
        let packed = read(&self.shared.join("packed-refs"))?;
        packed.lines().find_map(|line| commit(line.strip_suffix(name)?.strip_suffix(' ')?))
    }

    /// Who signs commits here, as far as this checkout's own configuration says.
    pub(crate) fn signer(&self) -> Signer {
        read(&self.shared.join("config")).map(|text| signer(&text)).unwrap_or_default()
    }
}

/// Who signs commits by the person's own configuration.
pub(crate) fn own_signer(home: &Path, config_home: Option<&Path>) -> Signer {
    let config_home = config_home.map_or_else(|| home.join(".config"), Path::to_owned);
    let mut found = Signer::default();
    for file in [home.join(".gitconfig"), config_home.join("git/config")] {
        if let Some(text) = read(&file) {
            found = found.or(signer(&text));
        }
    }
    found
}

impl Signer {
    /// What is said here, and what is not said here by another.
    pub(crate) fn or(self, other: Self) -> Self {
        Self { name: self.name.or(other.name), email: self.email.or(other.email) }
    }
}

fn read(file: &Path) -> Option<String> {
    (fs::metadata(file).ok()?.len() <= LARGEST).then(|| fs::read_to_string(file).ok())?
}

/// A commit's name.
fn commit(text: &str) -> Option<String> {
    let is_name = matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_name.then(|| text.to_owned())
}

/// Calls `with` for every `key = value` of a configuration, with its section's head.
fn each_setting<'a>(config: &'a str, mut with: impl FnMut(&'a str, &'a str, &'a str)) {
    let mut section = "";
    for line in config.lines().map(str::trim) {
        if line.starts_with('[') {
            section = line;
        } else if let Some((key, value)) = line.split_once('=') {
            with(section, key.trim(), value.trim());
        }
    }
}

fn signer(config: &str) -> Signer {
    let mut found = Signer::default();
    each_setting(config, |section, key, value| {
        let value = value.trim_matches('"').to_owned();
        if section.eq_ignore_ascii_case("[user]") && !value.is_empty() {
            match key.to_ascii_lowercase().as_str() {
                "name" => found.name = Some(value),
                "email" => found.email = Some(value),
                _ => {}
            }
        }
    });
    found
}

/// The remote `origin`, else the first there is.
fn remote(config: &str) -> Option<String> {
    let (mut origin, mut first) = (None, None);
    each_setting(config, |section, key, value| {
        if key == "url" && section.starts_with("[remote ") {
            let kept = if section == "[remote \"origin\"]" { &mut origin } else { &mut first };
            kept.get_or_insert_with(|| value.to_owned());
        }
    });
    origin.or(first)
}

/// A remote as `host/owner/name`: without scheme, user, port or `.git`, so that one repository has one name.
pub(crate) fn normal(remote: &str) -> String {
    let remote = remote.trim().trim_end_matches('/');
    let (rest, is_url) = match remote.split_once("://") {
        Some((_, rest)) => (rest, true),
        None => (remote, false),
    };
    let rest = rest.split_once('@').filter(|(user, _)| !user.contains('/')).map_or(rest, |(_, rest)| rest);
    let (host, path) = match rest.split_once(['/', ':']) {
        Some((host, path)) if !host.is_empty() => (host, path),
        _ => return remote.to_owned(),
    };
    // In a URL what follows the colon is a port; in the short form of SSH it is the path.
    let path = match path.split_once('/') {
        Some((port, path)) if is_url && !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => path,
        _ => path,
    };
    format!("{}/{}", host.to_ascii_lowercase(), path.trim_matches('/').trim_end_matches(".git"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn one_repository_has_one_name() {
        for remote in [
            "https://github.com/acme/shop.git",
            "https://ana:secret@github.com/acme/shop",
            "git@github.com:acme/shop.git",
            "ssh://git@GitHub.com:22/acme/shop.git/",
        ] {
            assert_eq!(normal(remote), "github.com/acme/shop", "{remote}");
        }
        assert_eq!(normal("/srv/git/shop.git"), "/srv/git/shop.git");
    }

    #[test]
    fn origin_comes_first() {
        let config = "[core]\n\turl = no\n[remote \"up\"]\n\turl = a\n[remote \"origin\"]\n\turl = b\n";
        assert_eq!(remote(config).as_deref(), Some("b"));
        assert_eq!(remote("[remote \"up\"]\n url=a\n").as_deref(), Some("a"));
        assert_eq!(remote("[core]\n"), None);
    }

    #[test]
    fn branch_and_commit_are_read_from_loose_and_packed_refs_and_worktrees() {
        let folder = tempfile::tempdir().unwrap();
        let git = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let (one, two) = ("1".repeat(40), "2".repeat(40));
        git("shop/.git/HEAD", "ref: refs/heads/main\n");
        git(
            "shop/.git/config",
            "[user]\n\tname = Dev\n\temail = dev@example.com\n[remote \"origin\"]\n url = git@h:a/b.git\n",
        );
        git("shop/.git/packed-refs", &format!("# pack-refs\n{one} refs/heads/main\n{two} refs/heads/other/main\n"));
        git("shop/src/x", "");
        let shop = Checkout::of(&folder.path().join("shop/src")).unwrap();
        assert_eq!((shop.branch().as_deref(), shop.commit()), (Some("main"), Some(one)));
        assert_eq!(shop.repository().as_deref(), Some("h/a/b"));
        assert_eq!(shop.signer().email.as_deref(), Some("dev@example.com"));
        git("shop/.git/refs/heads/main", &format!("{two}\n"));
        assert_eq!(shop.commit(), Some(two.clone()));
        git("tree/.git", "gitdir: ../shop/.git/worktrees/tree\n");
        git("shop/.git/worktrees/tree/HEAD", &two);
        git("shop/.git/worktrees/tree/commondir", "../..\n");
        let tree = Checkout::of(&folder.path().join("tree")).unwrap();
        assert_eq!((tree.branch(), tree.commit(), tree.repository().as_deref()), (None, Some(two), Some("h/a/b")));
        git("odd/.git/HEAD", "ref: ../../../etc/passwd");
        assert_eq!(Checkout::of(&folder.path().join("odd")).unwrap().commit(), None);
        assert!(Checkout::of(&folder.path().join("nowhere")).is_none());
    }
}
