//! Which repository a folder belongs to, each looked up once.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Mutex;

use super::lock;
use crate::place::git::Checkout;
pub(super) use crate::place::git::normal;

/// The repositories of folders.
#[derive(Debug, Default)]
pub(super) struct Places(Mutex<HashMap<String, String>>);

impl Places {
    /// The repository a folder belongs to: the remote of the checkout it lies in, else the checkout's root; the folder
    /// itself where it is in none, or not on this machine.
    pub(super) fn repository(&self, cwd: &str) -> String {
        if let Some(known) = lock(&self.0).get(cwd) {
            return known.clone();
        }
        let found = Checkout::of(Path::new(cwd)).and_then(|checkout| checkout.repository());
        let found = found.unwrap_or_else(|| cwd.to_owned());
        lock(&self.0).insert(cwd.to_owned(), found.clone());
        found
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs;

    use super::*;

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
}
