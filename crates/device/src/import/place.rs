//! Which repository a folder belongs to.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::lock;

/// The largest git configuration that is read.
const LARGEST: u64 = 1 << 20;

/// The repositories of folders, each looked up once.
#[derive(Debug, Default)]
pub(super) struct Places(Mutex<HashMap<String, String>>);

impl Places {
    /// The repository a folder belongs to: the remote of the checkout it lies in, else the checkout's root; the folder
    /// itself where it is in none, or not on this machine.
    pub(super) fn repository(&self, cwd: &str) -> String {
        if let Some(known) = lock(&self.0).get(cwd) {
            return known.clone();
        }
        let found = look(Path::new(cwd)).unwrap_or_else(|| cwd.to_owned());
        lock(&self.0).insert(cwd.to_owned(), found.clone());
        found
    }
}

fn look(cwd: &Path) -> Option<String> {
    let root = cwd.ancestors().find(|folder| folder.join(".git").exists())?;
    match config(root).and_then(|text| remote(&text)) {
        Some(remote) => Some(normal(&remote)),
        None => root.to_str().map(str::to_owned),
    }
}

/// The configuration of a checkout, or of the one whose worktree it is.
fn config(root: &Path) -> Option<String> {
    let git = root.join(".git");
    let folder = if git.is_dir() {
        git
    } else {
        let link = fs::read_to_string(&git).ok()?;
        let folder = root.join(link.strip_prefix("gitdir:")?.trim());
        match fs::read_to_string(folder.join("commondir")) {
            Ok(common) => folder.join(common.trim()),
            Err(_) => folder,
        }
    };
    let path: PathBuf = folder.join("config");
    (fs::metadata(&path).ok()?.len() <= LARGEST).then(|| fs::read_to_string(path).ok())?
}

/// The remote `origin`, else the first there is.
fn remote(config: &str) -> Option<String> {
    let mut section = "";
    let mut first = None;
    for line in config.lines().map(str::trim) {
        if line.starts_with('[') {
            section = line;
        } else if section.starts_with("[remote ")
            && let Some((key, value)) = line.split_once('=')
            && key.trim() == "url"
        {
            let value = value.trim().to_owned();
            if section == "[remote \"origin\"]" {
                return Some(value);
            }
            first.get_or_insert(value);
        }
    }
    first
}

/// A remote as `host/owner/name`: without scheme, user, port or `.git`, so that one repository has one name.
pub(super) fn normal(remote: &str) -> String {
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
    fn a_folder_belongs_to_the_checkout_it_lies_in() {
        let root = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("shop/.git/config", "[remote \"origin\"]\n\turl = git@github.com:acme/shop.git\n");
        write("shop/src/deep/x", "");
        write("shop/.git/worktrees/w/commondir", "../..\n");
        write("worktree/.git", "gitdir: ../shop/.git/worktrees/w\n");
        write("local/.git/config", "[core]\n");
        fs::create_dir_all(root.path().join("plain")).unwrap();
        let places = Places::default();
        let path = |name: &str| root.path().join(name).to_str().unwrap().to_owned();
        for (folder, repository) in [
            ("shop", "github.com/acme/shop".to_owned()),
            ("shop/src/deep", "github.com/acme/shop".to_owned()),
            ("worktree", "github.com/acme/shop".to_owned()),
            ("local", path("local")),
            ("plain", path("plain")),
            ("gone", path("gone")),
        ] {
            assert_eq!(places.repository(&path(folder)), repository, "{folder}");
        }
    }

    #[test]
    fn origin_comes_first() {
        let config = "[core]\n\turl = no\n[remote \"up\"]\n\turl = a\n[remote \"origin\"]\n\turl = b\n";
        assert_eq!(remote(config).as_deref(), Some("b"));
        assert_eq!(remote("[remote \"up\"]\n url=a\n").as_deref(), Some("a"));
        assert_eq!(remote("[core]\n"), None);
    }
}
