//! What becomes of each file: pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::manifest::{Manifest, hash_of};

/// A file to be there, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its path in the project.
    pub path: String,
    /// Its text.
    pub text: String,
    /// Whether it may be run.
    pub executable: bool,
}

/// A file of others, and what it is to hold besides.
#[derive(Clone, Debug)]
pub struct Piece {
    /// Its path in the project.
    pub path: String,
    /// The pieces, by the words under which the manifest keeps them.
    pub items: Vec<String>,
    /// Adds pieces to a text; `None` for a file that is not there. The error is why it cannot be done.
    pub add: fn(Option<&str>, &[&str]) -> Result<String, String>,
    /// Whether a text holds a piece.
    pub has: fn(&str, &str) -> bool,
}

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing.
    Nothing,
    /// A file.
    File(Vec<u8>),
    /// What is not written to: why.
    Other(String),
}

/// What becomes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// It was not there.
    Created,
    /// It was as we wrote it, and is now as we write it.
    Updated,
    /// A person asked for it to be written over.
    Overwritten,
    /// Pieces were added to it.
    Extended,
    /// It is as it should be.
    Current,
    /// A person changed it, or it was there before.
    Kept,
    /// A person deleted it.
    Deleted,
    /// We wrote it once, and do not any more.
    Dropped,
}

impl Fate {
    /// Whether it is written.
    pub const fn is_written(self) -> bool {
        matches!(self, Self::Created | Self::Updated | Self::Overwritten | Self::Extended)
    }
}

/// What becomes of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its path in the project.
    pub path: String,
    /// What becomes of it.
    pub fate: Fate,
    /// What it holds; `None` where there is none, or none that is read.
    pub before: Option<Vec<u8>>,
    /// What it would hold if it were ours; where [`Fate::is_written`], what it will.
    pub after: Option<String>,
    /// Whether it may be run.
    pub executable: bool,
    /// Why, where a person may ask.
    pub why: Option<String>,
}

/// Everything that is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// File by file.
    pub changes: Vec<Change>,
    /// What is then to be kept of it.
    pub manifest: Manifest,
}

impl Planned {
    /// Whether a file is written.
    pub fn writes(&self) -> bool {
        self.changes.iter().any(|change| change.fate.is_written())
    }
}

impl Change {
    /// The difference as a unified diff; empty where there is none.
    pub fn diff(&self) -> String {
        let Some(after) = &self.after else { return String::new() };
        let before = self.before.as_deref().map(String::from_utf8_lossy);
        let old = if before.is_some() { format!("a/{}", self.path) } else { "/dev/null".to_owned() };
        similar::TextDiff::from_lines(before.as_deref().unwrap_or_default(), after)
            .unified_diff()
            .context_radius(3)
            .header(&old, &format!("b/{}", self.path))
            .to_string()
    }
}

/// What becomes of every file, given what is there and what was written before. `force` names files to be written over.
pub fn plan(
    wanted: Vec<Wanted>,
    pieces: &[Piece],
    found: &BTreeMap<String, Found>,
    manifest: &Manifest,
    force: &BTreeSet<String>,
) -> Planned {
    let mut next = manifest.clone();
    let there = |path: &str| found.get(path).cloned().unwrap_or(Found::Nothing);
    let dropped: Vec<String> =
        manifest.files.keys().filter(|path| !wanted.iter().any(|wanted| wanted.path == **path)).cloned().collect();
    let mut changes: Vec<Change> = wanted
        .into_iter()
        .map(|wanted| {
            let change = whole(wanted, there, manifest, force);
            if change.fate.is_written() || change.fate == Fate::Current {
                let hash = hash_of(change.after.as_deref().unwrap_or_default().as_bytes());
                next.files.insert(change.path.clone(), hash);
            }
            change
        })
        .collect();
    for piece in pieces {
        let offered = manifest.added.get(&piece.path).filter(|_| !force.contains(&piece.path));
        let change = extended(piece, there(&piece.path), offered);
        if change.fate.is_written() || change.fate == Fate::Current {
            next.added.entry(piece.path.clone()).or_default().extend(piece.items.iter().cloned());
        }
        changes.push(change);
    }
    for path in dropped {
        match there(&path) {
            Found::Nothing => drop(next.files.remove(&path)),
            _ => changes.push(Change {
                why: Some("not written any more; delete it if you do not need it".to_owned()),
                ..Change::none(path, Fate::Dropped)
            }),
        }
    }
    Planned { changes, manifest: next }
}

impl Change {
    /// A file to be made at this path, with nothing in it yet.
    pub(super) fn of(path: &str) -> Self {
        Self::none(path.to_owned(), Fate::Created)
    }

    fn none(path: String, fate: Fate) -> Self {
        Self { path, fate, before: None, after: None, executable: false, why: None }
    }
}

/// A file that is ours as a whole, or not at all.
fn whole(wanted: Wanted, there: impl Fn(&str) -> Found, manifest: &Manifest, force: &BTreeSet<String>) -> Change {
    let Wanted { path, text, executable } = wanted;
    let is_forced = force.contains(&path);
    let is_known = manifest.files.contains_key(&path);
    let (fate, before, why) = match there(&path) {
        Found::Other(why) => (Fate::Kept, None, Some(why)),
        Found::Nothing if is_known && !is_forced => (Fate::Deleted, None, Some("deleted by you".to_owned())),
        Found::Nothing => (Fate::Created, None, None),
        Found::File(bytes) if bytes == text.as_bytes() => (Fate::Current, Some(bytes), None),
        Found::File(bytes) if manifest.wrote(&path, &bytes) => (Fate::Updated, Some(bytes), None),
        Found::File(bytes) if is_forced => (Fate::Overwritten, Some(bytes), None),
        Found::File(bytes) if is_known => (Fate::Kept, Some(bytes), Some("changed by you".to_owned())),
        Found::File(bytes) => (Fate::Kept, Some(bytes), Some("there before".to_owned())),
    };
    Change { path, fate, before, after: Some(text), executable, why }
}

/// A file of others to which pieces are added: those that are missing and that nobody took out.
fn extended(piece: &Piece, there: Found, offered: Option<&BTreeSet<String>>) -> Change {
    let kept = |before: Option<Vec<u8>>, fate: Fate, why: &str| Change {
        before,
        why: Some(why.to_owned()),
        ..Change::none(piece.path.clone(), fate)
    };
    let none = BTreeSet::new();
    let offered = offered.unwrap_or(&none);
    let bytes = match there {
        Found::Other(why) => return kept(None, Fate::Kept, &why),
        Found::Nothing if !offered.is_empty() => return kept(None, Fate::Deleted, "deleted by you"),
        Found::Nothing => None,
        Found::File(bytes) => Some(bytes),
    };
    let text = match bytes.as_deref().map(std::str::from_utf8) {
        Some(Err(_)) => return kept(bytes, Fate::Kept, "is no text"),
        Some(Ok(text)) => Some(text),
        None => None,
    };
    let is_missing = |item: &&str| !offered.contains(*item) && !text.is_some_and(|text| (piece.has)(text, item));
    let missing: Vec<&str> = piece.items.iter().map(String::as_str).filter(is_missing).collect();
    if missing.is_empty() {
        return Change { before: bytes, ..Change::none(piece.path.clone(), Fate::Current) };
    }
    match (piece.add)(text, &missing) {
        Ok(after) => {
            let fate = if bytes.is_some() { Fate::Extended } else { Fate::Created };
            Change { before: bytes, after: Some(after), ..Change::none(piece.path.clone(), fate) }
        }
        Err(why) => kept(bytes, Fate::Kept, &why),
    }
}
