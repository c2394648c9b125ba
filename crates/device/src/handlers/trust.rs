//! Whether the handlers of a project may run.
//!
//! They are code that came with a repository. A person trusts them once, as they are: the project's folder and a hash of
//! what is trusted are kept in `handlers/trust.json` of the state folder. When anything of it changes, by whomever, they
//! do not run until a person has trusted them again.
//!
//! The hash covers `hookrail.toml`, every file of the flat folder, and programs of the project that handlers and steps of
//! the set-up name by a relative path. What those in turn read or call is not covered.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use hookrail_core::time::Timestamp;
use hookrail_hook::Home;
use serde::{Deserialize, Serialize};

use super::{Action, Level, file, folder};
use crate::install::file::{InstallError, replace};

/// The most files of a flat folder, how deep, and the most bytes of all. A project with more cannot be trusted.
const MAX_FILES: usize = 1_000;
const MAX_DEPTH: usize = 6;
const MAX_BYTES: u64 = 16 << 20;

/// How a project stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Trust {
    /// It has nothing to run.
    Nothing,
    /// A person trusts it as it is.
    Trusted,
    /// Nobody has been asked.
    Untrusted,
    /// It is not any more what a person trusted.
    Changed,
}

impl Trust {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Trusted => "trusted",
            Self::Untrusted => "untrusted",
            Self::Changed => "changed",
        }
    }
}

/// What people trust.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Book {
    /// Projects by their folders.
    pub projects: BTreeMap<PathBuf, Entry>,
    /// What a person has been told not to run: the hash by the project's folder.
    pub told: BTreeMap<PathBuf, String>,
}

/// One trusted project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What is trusted.
    pub hash: String,
    /// Since when.
    pub at: Timestamp,
}

impl Book {
    /// Reads the book; one that is missing or damaged trusts nobody.
    pub fn read(home: &Home) -> Self {
        let text = fs::read_to_string(home.handlers().join("trust.json")).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Writes the book, whole or not at all.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn write(&self, home: &Home) -> Result<(), InstallError> {
        let path = home.handlers().join("trust.json");
        let failed = |source| InstallError::Io { what: "write", path: path.clone(), source };
        fs::create_dir_all(home.handlers()).map_err(failed)?;
        let text = serde_json::to_string_pretty(self).map_err(|error| failed(error.into()))?;
        replace(&path, &text, Some(Permissions::from_mode(0o600)))
    }

    /// How this project stands, whose handlers hash to this.
    pub fn trust(&self, project: &Path, hash: Option<&str>) -> Trust {
        match (self.projects.get(project), hash) {
            (_, None) => Trust::Nothing,
            (None, Some(_)) => Trust::Untrusted,
            (Some(entry), Some(hash)) if entry.hash == hash => Trust::Trusted,
            (Some(_), Some(_)) => Trust::Changed,
        }
    }
}

/// The hash of what a project would run; `None` where that is nothing.
///
/// # Errors
/// Where a file cannot be read, or there is too much.
pub fn hash(project: &Path) -> io::Result<Option<String>> {
    let mut hasher = Hasher { hasher: blake3::Hasher::new(), files: 0, bytes: 0 };
    let own = project.join(file::FILE);
    if own.is_file() {
        hasher.file(&own, file::FILE)?;
        let text = fs::read_to_string(&own)?;
        // A file with mistakes runs nothing; its text is in the hash.
        let declared = file::read(&text, &own, Level::Project).unwrap_or_default();
        let of_handlers = declared.handlers.iter().map(|handler| &handler.action);
        for action in of_handlers.chain(declared.setup.all().map(|step| &step.action)) {
            if let Action::Program(words) = action
                && let Some(program) = words.first().filter(|program| program.contains('/'))
                && project.join(program).is_file()
            {
                hasher.file(&project.join(program), program)?;
            }
        }
    }
    let flat = project.join(folder::OF_PROJECT);
    if flat.is_dir() {
        hasher.folder(&flat, folder::OF_PROJECT, 0)?;
    }
    Ok((hasher.files > 0).then(|| hasher.hasher.finalize().to_hex().to_string()))
}

struct Hasher {
    hasher: blake3::Hasher,
    files: usize,
    bytes: u64,
}

impl Hasher {
    fn folder(&mut self, folder: &Path, name: &str, depth: usize) -> io::Result<()> {
        if depth > MAX_DEPTH {
            return Err(io::Error::other(format!("{name} is nested more than {MAX_DEPTH} deep")));
        }
        let mut entries: Vec<_> = fs::read_dir(folder)?.collect::<io::Result<_>>()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let name = format!("{name}/{}", entry.file_name().to_string_lossy());
            let path = entry.path();
            // What a link leads to is what runs; a link that leads nowhere runs nothing.
            if path.is_dir() {
                self.folder(&path, &name, depth + 1)?;
            } else if path.is_file() {
                self.file(&path, &name)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, name: &str) -> io::Result<()> {
        let metadata = fs::metadata(path)?;
        self.files += 1;
        self.bytes += metadata.len();
        if self.files > MAX_FILES || self.bytes > MAX_BYTES {
            return Err(io::Error::other(format!(
                "there are more than {MAX_FILES} files or {} MiB to trust",
                MAX_BYTES >> 20
            )));
        }
        let text = fs::read(path)?;
        let is_executable = metadata.permissions().mode() & 0o111 != 0;
        // Lengths in front keep one file's end from passing for another's beginning.
        self.hasher.update(&(name.len() as u64).to_le_bytes()).update(name.as_bytes());
        self.hasher.update(&[u8::from(is_executable)]).update(&(text.len() as u64).to_le_bytes()).update(&text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn every_change_of_what_would_run_changes_the_hash() {
        let project = tempfile::tempdir().unwrap();
        let path = |name: &str| project.path().join(name);
        assert_eq!(hash(project.path()).unwrap(), None);
        fs::write(path("notes.txt"), "x").unwrap();
        assert_eq!(hash(project.path()).unwrap(), None, "what does not run is no matter");

        let mut seen = Vec::new();
        let mut changed = |what: &str| {
            let hash = hash(project.path()).unwrap().unwrap();
            assert!(!seen.contains(&hash), "{what}");
            seen.push(hash);
        };
        fs::create_dir_all(path(".claude/hooks/lib")).unwrap();
        fs::write(path(".claude/hooks/stop-lint.sh"), "a").unwrap();
        changed("a file of the folder");
        fs::write(path(".claude/hooks/stop-lint.sh"), "b").unwrap();
        changed("its text");
        fs::set_permissions(path(".claude/hooks/stop-lint.sh"), Permissions::from_mode(0o755)).unwrap();
        changed("its mode");
        fs::write(path(".claude/hooks/lib/tool.py"), "a").unwrap();
        changed("a file further down");
        fs::write(path(file::FILE), "[[handler]]\nname = \"a\"\non = \"Stop\"\nrun = [\"./tool\"]\n").unwrap();
        changed("the project's file");
        fs::write(path("tool"), "a").unwrap();
        changed("a program it names");
        fs::write(path("tool"), "b").unwrap();
        changed("that program's text");
        fs::write(path(file::FILE), "[[setup.init]]\nname = \"a\"\nrun = [\"./step\"]\n").unwrap();
        changed("steps of the set-up");
        fs::write(path("step"), "a").unwrap();
        changed("a program of a step");
    }

    #[test]
    fn a_book_is_kept_and_a_damaged_one_trusts_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        let mut book = Book::default();
        let project = PathBuf::from("/home/dev/shop");
        book.projects.insert(project.clone(), Entry { hash: "h".into(), at: Timestamp::from_nanos(1) });
        book.write(&home).unwrap();
        assert_eq!(Book::read(&home), book);
        for (hash, expected) in [(None, Trust::Nothing), (Some("h"), Trust::Trusted), (Some("i"), Trust::Changed)] {
            assert_eq!(book.trust(&project, hash), expected);
        }
        assert_eq!(book.trust(Path::new("/home/dev/other"), Some("h")), Trust::Untrusted);
        fs::write(home.handlers().join("trust.json"), "{").unwrap();
        assert_eq!(Book::read(&home), Book::default());
    }
}
