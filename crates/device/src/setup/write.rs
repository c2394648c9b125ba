//! Command files on disk: what is there already and is not what we would write stays, unless it is said otherwise.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{Definition, command_files};
use crate::install::file::{InstallError, replace};
use crate::scaffold::site::within;

/// What became of a command file, or would.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It was not there.
    Written,
    /// It is as it should be.
    Same,
    /// It was another one.
    Replaced,
    /// It is another one and stays.
    Kept,
}

/// A command file.
#[derive(Debug, Serialize)]
pub struct CommandFile {
    /// Its path in the project.
    pub path: PathBuf,
    /// What became of it.
    pub state: State,
    /// From what is there to what we would write, as a unified diff; empty where they are the same.
    pub diff: String,
    /// The text we would write.
    pub text: String,
}

/// Writes the command files into a project. `force` replaces what is there; with `dry_run` nothing is written.
///
/// # Errors
/// Where a file cannot be read or written; those before it are.
pub fn write(
    project: &Path,
    definition: &Definition,
    force: bool,
    dry_run: bool,
) -> Result<Vec<CommandFile>, InstallError> {
    let failed = |what| move |target: &Path, source| InstallError::Io { what, path: target.to_owned(), source };
    let project = &fs::canonicalize(project).map_err(|error| failed("look into")(project, error))?;
    let file = |(path, text): (PathBuf, String)| {
        let name = path.display().to_string();
        let target =
            within(project, &name).map_err(|why| failed("write")(&project.join(&path), io::Error::other(why)))?;
        let before = match fs::read_to_string(&target) {
            Ok(before) => Some(before),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(failed("read")(&target, error)),
        };
        let state = match &before {
            None => State::Written,
            Some(before) if *before == text => State::Same,
            Some(_) if force => State::Replaced,
            Some(_) => State::Kept,
        };
        if !dry_run && matches!(state, State::Written | State::Replaced) {
            let folder = target.parent().unwrap_or(project);
            fs::create_dir_all(folder).map_err(|error| failed("make the folder")(folder, error))?;
            replace(&target, &text, None)?;
        }
        let from = if before.is_some() { &name } else { "/dev/null" };
        let diff = similar::TextDiff::from_lines(before.as_deref().unwrap_or_default(), &text)
            .unified_diff()
            .header(from, &name)
            .to_string();
        Ok(CommandFile { path, state, diff, text })
    };
    command_files(definition).into_iter().map(file).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_a_person_wrote_stays() {
        let folder = tempfile::tempdir().unwrap();
        let text = "[[setup.maintenance]]\nname = \"a\"\nrun = \"true\"\n";
        let definition = Definition::read(text, Path::new("hookrail.toml")).unwrap();
        let file = folder.path().join(".claude/commands/maintenance.md");
        let states = |force, dry_run| -> Vec<(State, bool)> {
            let files = write(folder.path(), &definition, force, dry_run).unwrap();
            files.into_iter().map(|file| (file.state, file.diff.is_empty())).collect()
        };
        assert_eq!(states(false, true), [(State::Written, false)]);
        assert!(!file.exists(), "a dry run writes nothing");
        assert_eq!(states(false, false), [(State::Written, false)]);
        assert_eq!(states(false, false), [(State::Same, true)]);
        fs::write(&file, "mine\n").unwrap();
        assert_eq!(states(false, false), [(State::Kept, false)]);
        assert_eq!(fs::read_to_string(&file).unwrap(), "mine\n");
        assert_eq!(states(true, false), [(State::Replaced, false)]);
        assert_eq!(fs::read_to_string(&file).unwrap(), command_files(&definition)[0].1);
    }
}
