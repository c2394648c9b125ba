//! A settings file on disk: read whole, backed up once, replaced whole, never half written.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::merge::{Changes, MergeError};
use crate::whole;

/// The largest settings file that is read.
const MAX_BYTES: u64 = 8 << 20;

/// Why a settings file was not changed.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// The system said no.
    #[error("cannot {what} {path}: {source}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// The file is not what its agent could read.
    #[error("{path} {why}")]
    Refused {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: MergeError,
    },
    /// Somebody else wrote the file since the plan was made.
    #[error("{0} was changed by another program in this moment; nothing was written, run the command again")]
    Changed(PathBuf),
}

/// A change of one settings file, made and not yet applied.
#[derive(Debug)]
pub struct Plan {
    /// The file, as the agent names it; a symbolic link is followed and stays one.
    pub path: PathBuf,
    /// Its text; `None` where it does not exist.
    pub before: Option<String>,
    /// Its text to be; `None` where it is to be removed, or stays missing.
    pub after: Option<String>,
    /// The change in hooks.
    pub changes: Changes,
    /// What a person should know.
    pub notes: Vec<String>,
    /// The text to keep as the one from before our hooks.
    pub(super) backup: Option<String>,
    /// Whether missing folders may be made: for installing. Otherwise emptied ones go.
    pub(super) creates: bool,
}

/// What applying a plan did.
#[derive(Debug, PartialEq, Eq)]
pub enum Applied {
    /// There was nothing to do.
    Nothing,
    /// The file was written; the path is that of the backup, where one was made.
    Written(Option<PathBuf>),
    /// The file was removed, as it was before we made it.
    Removed,
}

/// Where the text from before our hooks is kept, beside the file itself.
pub fn backup_of(path: &Path) -> PathBuf {
    let path = resolved(path);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".before-hookrail");
    path.with_file_name(name)
}

/// The text of a file; `None` where there is none.
pub(super) fn read(path: &Path) -> Result<Option<String>, InstallError> {
    let failed = |source| InstallError::Io { what: "read", path: path.to_owned(), source };
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
        Ok(metadata) if metadata.len() > MAX_BYTES => {
            return Err(failed(io::Error::new(io::ErrorKind::FileTooLarge, "too large for a settings file")));
        }
        Ok(_) => {}
    }
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

impl Plan {
    /// Whether the file already is as it should be.
    pub fn is_nothing(&self) -> bool {
        self.before == self.after
    }

    /// The change as a unified diff; empty where there is none.
    pub fn diff(&self) -> String {
        let name = self.path.display().to_string();
        let side = |text: &Option<String>| if text.is_some() { name.clone() } else { "/dev/null".to_owned() };
        let (before, after) = (self.before.as_deref().unwrap_or_default(), self.after.as_deref().unwrap_or_default());
        similar::TextDiff::from_lines(before, after)
            .unified_diff()
            .context_radius(3)
            .header(&side(&self.before), &side(&self.after))
            .to_string()
    }

    /// Does it.
    ///
    /// # Errors
    /// Where the file was changed meanwhile or the system refuses; the file is then as it was.
    pub fn apply(&self) -> Result<Applied, InstallError> {
        if read(&self.path)? != self.before {
            return Err(InstallError::Changed(self.path.clone()));
        }
        if self.is_nothing() {
            return Ok(Applied::Nothing);
        }
        let target = resolved(&self.path);
        let backup = backup_of(&self.path);
        let Some(text) = &self.after else {
            remove(&target)?;
            remove_empty_folder(&target);
            return Ok(Applied::Removed);
        };
        if self.creates {
            make_folder(&target)?;
        }
        if let Some(original) = &self.backup {
            replace(&backup, original, permissions(&target))?;
        }
        replace(&target, text, permissions(&target))?;
        if !self.creates {
            remove(&backup)?;
            return Ok(Applied::Written(None));
        }
        Ok(Applied::Written(self.backup.is_some().then_some(backup)))
    }
}

/// The file a path leads to, through symbolic links, whether it exists yet or not.
pub(crate) fn resolved(path: &Path) -> PathBuf {
    /// As many links as Linux follows.
    const LINKS: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        match fs::read_link(&path) {
            Ok(link) => path = path.parent().map_or_else(|| link.clone(), |folder| folder.join(&link)),
            Err(_) => break,
        }
    }
    path
}

fn permissions(path: &Path) -> Option<fs::Permissions> {
    fs::metadata(path).ok().map(|metadata| metadata.permissions())
}

/// Replaces a file as a whole; a new one may be read by everybody.
pub(crate) fn replace(path: &Path, text: &str, permissions: Option<fs::Permissions>) -> Result<(), InstallError> {
    whole::write(path, text.as_bytes(), 0o644, permissions).map_err(|source| InstallError::Io {
        what: "write",
        path: path.to_owned(),
        source,
    })
}

fn make_folder(path: &Path) -> Result<(), InstallError> {
    let Some(folder) = path.parent() else { return Ok(()) };
    let made = fs::DirBuilder::new().recursive(true).mode(0o755).create(folder);
    made.map_err(|source| InstallError::Io { what: "make the folder", path: folder.to_owned(), source })
}

fn remove(path: &Path) -> Result<(), InstallError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(InstallError::Io { what: "remove", path: path.to_owned(), source: error })
        }
        _ => Ok(()),
    }
}

/// Removes the agent's folder if the file was all it held; a folder with anything else in it refuses to go.
fn remove_empty_folder(path: &Path) {
    if let Some(folder) = path.parent() {
        let _ = fs::remove_dir(folder);
    }
}
