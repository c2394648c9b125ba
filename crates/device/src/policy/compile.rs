//! From files of rules to the snapshot that the hook reads.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use hookrail_core::policy::{Decision, Snapshot, SnapshotError};
use hookrail_core::time::Timestamp;
use hookrail_hook::Home;
use serde::Serialize;

use super::file::{Mistake, PolicyFile, read};
use super::{PACKS, Pack};

/// The name of the person's own file of rules, in the state folder.
pub const OWN_FILE: &str = "policy.toml";

/// Why rules could not be prepared.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// The person's file has mistakes; the snapshot stays as it was.
    #[error("{} has mistakes: {}", .0.display(), .1.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Mistakes(PathBuf, Vec<Mistake>),
    /// A file could not be read or written.
    #[error("{}: {}", .0.display(), .1)]
    Io(PathBuf, #[source] io::Error),
    /// The rules could not be written down, which is a fault of this program.
    #[error("the rules could not be prepared: {0}")]
    Snapshot(#[from] SnapshotError),
}

/// What was prepared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Compiled {
    /// Where the snapshot is.
    pub file: PathBuf,
    /// How many rules deny, and how many ask.
    pub denies: usize,
    /// How many ask.
    pub asks: usize,
    /// Exceptions that hold now.
    pub exceptions: usize,
    /// Exceptions that are over, or name no rule: somebody should remove them.
    pub stale: Vec<String>,
}

/// The person's file of rules.
fn own(home: &Home) -> PathBuf {
    home.path().join(OWN_FILE)
}

/// All rules of this device, in the order in which they are asked: those built in, then the person's own.
///
/// # Errors
/// [`PolicyError::Mistakes`] for the person's file, [`PolicyError::Io`] where it cannot be read.
pub fn prepare(home: &Home) -> Result<Vec<PolicyFile>, PolicyError> {
    let mut files = Vec::new();
    for Pack { name, text } in PACKS {
        files.push(read(text).map_err(|mistakes| PolicyError::Mistakes(PathBuf::from(*name), mistakes))?);
    }
    let path = own(home);
    match fs::read_to_string(&path) {
        Ok(text) => files.push(read(&text).map_err(|mistakes| PolicyError::Mistakes(path, mistakes))?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(PolicyError::Io(path, error)),
    }
    Ok(files)
}

/// Prepares the rules and puts the snapshot where the hook reads it, whole or not at all.
///
/// # Errors
/// As [`prepare`], and where the snapshot cannot be written.
pub fn compile(home: &Home, now: Timestamp) -> Result<Compiled, PolicyError> {
    let (text, compiled) = text(home, now)?;
    let failed = |error| PolicyError::Io(compiled.file.clone(), error);
    let part = compiled.file.with_extension("part");
    fs::create_dir_all(home.path()).map_err(failed)?;
    let mut file =
        fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    fs::rename(&part, &compiled.file).map_err(failed)?;
    Ok(compiled)
}

/// Whether the snapshot is what the rules of now make: `None` where there is no snapshot.
///
/// # Errors
/// As [`prepare`], and where the snapshot cannot be read.
pub fn state(home: &Home, now: Timestamp) -> Result<Option<bool>, PolicyError> {
    let (text, _) = text(home, now)?;
    match fs::read_to_string(home.policy()) {
        Ok(found) => Ok(Some(found == text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(PolicyError::Io(home.policy(), error)),
    }
}

fn text(home: &Home, now: Timestamp) -> Result<(String, Compiled), PolicyError> {
    let files = prepare(home)?;
    let exceptions: Vec<_> = files.iter().flat_map(|file| &file.exceptions).collect();
    let mut rules = Vec::new();
    let mut compiled = Compiled { file: home.policy(), denies: 0, asks: 0, exceptions: 0, stale: Vec::new() };
    for rule in files.iter().flat_map(|file| &file.rules) {
        let own = exceptions.iter().filter(|exception| exception.rule == *rule.id.as_ref());
        let until = own.filter_map(|exception| exception.ends()).max().filter(|until| *until > now);
        compiled.exceptions += usize::from(until.is_some());
        match rule.decision {
            Decision::Deny => compiled.denies += 1,
            Decision::Ask => compiled.asks += 1,
            Decision::Allow => {}
        }
        rules.push(rule.prepared(until));
    }
    for exception in exceptions {
        let named = rules.iter().any(|rule| rule.id == exception.rule);
        if !named || exception.ends().is_none_or(|until| until <= now) {
            compiled.stale.push(exception.rule.clone());
        }
    }
    Ok((Snapshot::write(&rules)?, compiled))
}
