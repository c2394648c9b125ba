//! Which files changed: by the agent, as its tools tell, or against git.
//!
//! What the agent's own tools write is noted per session in `handlers/sessions/`, a line per file, wherever a handler wants to
//! know. What its shell changes nobody tells: for that there is git.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use hookrail_hook::Home;
use serde::{Deserialize, Serialize};

use super::Since;
use crate::process;

/// The most that is noted of a session, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// Notes of sessions that nothing has been added to for longer are removed.
const MAX_AGE: Duration = Duration::from_secs(7 * 86_400);

/// How the files begin that handlers are given as their standard input.
pub(super) const INPUT: &str = "input-";

/// How long git may take.
const GIT_LIMIT: Duration = Duration::from_secs(5);

/// A file that was written.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    turn: Option<String>,
    path: String,
}

/// The notes of one session.
#[derive(Clone, Debug)]
pub struct Notes {
    file: PathBuf,
}

impl Notes {
    /// Those of this session.
    pub fn of(home: &Home, session: &str) -> Self {
        Self { file: of_session(home, session, "jsonl") }
    }

    /// Notes files that were written in this turn.
    ///
    /// # Errors
    /// Where the note cannot be written.
    pub fn add(&self, turn: Option<&str>, paths: Vec<String>) -> io::Result<()> {
        let mut text = String::new();
        for path in paths {
            text += &serde_json::to_string(&Note { turn: turn.map(str::to_owned), path })?;
            text.push('\n');
        }
        if let Some(folder) = self.file.parent() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(&self.file)?;
        if file.metadata()?.len() < MAX_BYTES {
            file.write_all(text.as_bytes())?;
        }
        Ok(())
    }

    /// The files written in this turn; in the whole session where no turn is given.
    pub fn written(&self, turn: Option<&str>) -> Vec<String> {
        let text = fs::read_to_string(&self.file).unwrap_or_default();
        let notes = text.lines().filter_map(|line| serde_json::from_str::<Note>(line).ok());
        // An agent that does not name its turns has one.
        let is_meant = |note: &Note| turn.is_none() || note.turn.is_none() || note.turn.as_deref() == turn;
        notes.filter(is_meant).map(|note| note.path).collect()
    }
}

/// A file kept for this session. Its name is a part of a path, so that only harmless letters are taken from it.
pub(crate) fn of_session(home: &Home, session: &str, ending: &str) -> PathBuf {
    let harmless = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let name: String = session.chars().filter(|c| harmless(*c)).take(80).collect();
    folder(home).join(format!("{name}.{ending}"))
}

fn folder(home: &Home) -> PathBuf {
    home.handlers().join("sessions")
}

/// Removes the notes of sessions that are long over, and inputs that a dispatcher was killed over.
pub fn tidy(home: &Home) {
    let old = |entry: &fs::DirEntry| {
        let modified = entry.metadata().and_then(|metadata| metadata.modified()).ok();
        modified.and_then(|at| SystemTime::now().duration_since(at).ok()).is_some_and(|age| age > MAX_AGE)
    };
    let list = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().flatten();
    let inputs = list(home.handlers()).filter(|entry| entry.file_name().to_string_lossy().starts_with(INPUT));
    for entry in list(folder(home)).chain(inputs).filter(old) {
        // One that cannot be removed is tried again at the next session.
        let _ = fs::remove_file(entry.path());
    }
}

/// The files that changed since then. What cannot be found out has not changed.
pub fn changed(since: Since, notes: &Notes, turn: Option<&str>, project: &Path) -> Vec<String> {
    match since {
        Since::Turn => notes.written(turn),
        Since::Session => notes.written(None),
        Since::Git => against_git(project),
    }
}

/// Files that differ from the last commit, and new ones that are not ignored; by their full paths.
fn against_git(project: &Path) -> Vec<String> {
    let Some(root) = project.ancestors().find(|folder| folder.join(".git").exists()) else { return Vec::new() };
    let args = [
        "-C".as_ref(),
        project.as_os_str(),
        "status".as_ref(),
        "--porcelain=v1".as_ref(),
        "-z".as_ref(),
        "-uall".as_ref(),
    ];
    // No lock is taken, so that a command of the person or the agent is not in the way of this one, nor this in theirs.
    let env = [("GIT_OPTIONAL_LOCKS", "0".as_ref())];
    let Ok(output) = process::run(Path::new("git"), &args, &env, b"", GIT_LIMIT) else { return Vec::new() };
    let mut paths = Vec::new();
    let mut entries = output.stdout.split(|byte| *byte == 0);
    while let Some(entry) = entries.next() {
        let Some((status, path)) = entry.split_at_checked(3) else { continue };
        if status.contains(&b'R') || status.contains(&b'C') {
            // The old name follows; it is there no more, or unchanged.
            entries.next();
        }
        let path = root.join(std::ffi::OsStr::from_bytes(path));
        paths.push(path.to_string_lossy().into_owned());
    }
    paths
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::process::Command;

    use super::*;

    #[test]
    fn what_was_written_is_known_by_turn_and_session() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        let notes = Notes::of(&home, "../../s-1");
        assert_eq!(notes.written(None), Vec::<String>::new());
        notes.add(Some("one"), vec!["/p/a".into(), "/p/b\n".into()]).unwrap();
        notes.add(Some("two"), vec!["/p/c".into()]).unwrap();
        assert_eq!(notes.written(Some("one")), ["/p/a", "/p/b\n"]);
        assert_eq!(notes.written(Some("two")), ["/p/c"]);
        assert_eq!(notes.written(None).len(), 3);
        assert!(folder.path().join("handlers/sessions/s-1.jsonl").is_file(), "a session's name leads nowhere else");
        tidy(&home);
        assert_eq!(notes.written(None).len(), 3, "what is fresh stays");
    }

    #[test]
    fn git_tells_what_is_changed_and_new() {
        let folder = tempfile::tempdir().unwrap();
        let git = |args: &[&str]| {
            let mut command = Command::new("git");
            command
                .arg("-C")
                .arg(folder.path())
                .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
                .args(args);
            assert!(command.output().unwrap().status.success(), "{args:?}");
        };
        git(&["init", "-q"]);
        for name in ["a", "b", "c"] {
            fs::write(folder.path().join(name), name.repeat(100)).unwrap();
        }
        git(&["add", "."]);
        git(&["commit", "-qm", "x"]);
        fs::write(folder.path().join("a"), "changed").unwrap();
        git(&["mv", "b", "d"]);
        fs::write(folder.path().join("e f"), "new").unwrap();
        let mut changed = against_git(folder.path());
        changed.sort();
        let root = folder.path().display();
        assert_eq!(changed, [format!("{root}/a"), format!("{root}/d"), format!("{root}/e f")]);
    }
}
