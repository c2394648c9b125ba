//! The project's folder: looked at, read, written. Nothing is written through a link that leads out of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::detect::{Kind, Listing, Project, READ, detect};
use super::manifest::{self, Manifest};
use super::plan::{Change, Found, Piece, Planned, Wanted, plan};
use super::render::{self, Recipes};
use super::settings;
use crate::handlers::Mistake;
use crate::setup;
use crate::whole;
use crate::words;

/// The names under which `just` finds its file, whatever their case.
const JUSTFILES: &[&str] = &["justfile", ".justfile"];

/// The largest file that is looked at, in bytes.
const MAX_FILE_BYTES: u64 = 4 << 20;

/// The most names of the folder that are looked at.
const MAX_NAMES: usize = 10_000;

/// What a person asks for.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// The kind, where it is not to be told from the files.
    pub kind: Option<Kind>,
    /// Files to be written whatever is there.
    pub force: BTreeSet<String>,
}

/// Why nothing was written, or not everything.
#[derive(Debug, thiserror::Error)]
pub enum ScaffoldError {
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
    /// What was written before cannot be told.
    #[error("{path} {why}")]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what would mend it.
        why: String,
    },
    /// A file to be forced is none of those that are written.
    #[error("{path:?} is no file that is written here{meant}")]
    Unknown {
        /// What was named.
        path: String,
        /// What was probably meant.
        meant: String,
    },
    /// Somebody else wrote a file since the plan was made.
    #[error("{0} was changed by another program in this moment, and was left as it is; run the command again")]
    Changed(PathBuf),
    /// A template is wrong: a mistake of this program.
    #[error("a template of hookrail is wrong: {0}")]
    Template(String),
}

/// A project, and what is to be done in it.
#[derive(Debug)]
pub struct Site {
    /// Its folder, without links.
    pub folder: PathBuf,
    /// What it is.
    pub project: Project,
    /// What is to be done.
    pub planned: Planned,
    /// What was written before.
    before: Manifest,
}

/// Looks at a folder and plans.
///
/// # Errors
/// See [`ScaffoldError`].
pub fn look(folder: &Path, wishes: &Wishes) -> Result<Site, ScaffoldError> {
    let failed = |source| ScaffoldError::Io { what: "look into", path: folder.to_owned(), source };
    let folder = fs::canonicalize(folder).map_err(failed)?;
    let listing = list(&folder).map_err(failed)?;
    let before = read_manifest(&folder)?;
    let project = detect(&listing, wishes.kind.or(before.kind));
    let render =
        |recipes| render::files(&project, recipes).map_err(|error| ScaffoldError::Template(format!("{error:#}")));
    let mut wanted = render(Recipes::File)?;
    if is_module_wanted(&folder, &listing, &before, &wanted) {
        wanted = render(Recipes::Module)?;
    }
    wanted.extend(commands(&folder, &wanted, &before, &wishes.force)?);
    let pieces = settings::pieces(&project);
    check_forced(&wishes.force, &wanted, &pieces)?;
    let paths = wanted.iter().map(|it| &it.path).chain(pieces.iter().map(|it| &it.path)).chain(before.files.keys());
    let found: BTreeMap<String, Found> = paths.map(|path| (path.clone(), read(&folder, path))).collect();
    let mut planned = plan(wanted, &pieces, &found, &before, &wishes.force);
    planned.manifest.kind = wishes.kind.or(before.kind);
    if planned.manifest != before || planned.writes() {
        planned.manifest.hookrail = env!("CARGO_PKG_VERSION").to_owned();
    }
    Ok(Site { folder, project, planned, before })
}

/// The command files for the steps of `hookrail.toml`: as it is where a person keeps it, else as it will be.
fn commands(
    folder: &Path,
    wanted: &[Wanted],
    before: &Manifest,
    force: &BTreeSet<String>,
) -> Result<Vec<Wanted>, ScaffoldError> {
    let own = wanted.iter().find(|it| it.path == "hookrail.toml").map(|it| it.text.clone()).unwrap_or_default();
    let text = match read(folder, "hookrail.toml") {
        _ if force.contains("hookrail.toml") => own,
        Found::File(bytes) if !before.wrote("hookrail.toml", &bytes) => String::from_utf8(bytes).unwrap_or_default(),
        // One that somebody deleted stays away.
        Found::Nothing if before.files.contains_key("hookrail.toml") => String::new(),
        Found::Other(_) => String::new(),
        Found::File(_) | Found::Nothing => own,
    };
    // A file with mistakes declares nothing that could be told; `handlers list` tells them.
    let definition: Result<_, Vec<Mistake>> = setup::Definition::read(&text, &folder.join("hookrail.toml"));
    let files = setup::command_files(&definition.unwrap_or_default());
    Ok(files
        .into_iter()
        .map(|(path, text)| Wanted { path: path.to_string_lossy().into_owned(), text, executable: false })
        .collect())
}

/// Whether recipes go into a module: beside a `justfile` that is a person's.
fn is_module_wanted(folder: &Path, listing: &Listing, before: &Manifest, wanted: &[Wanted]) -> bool {
    let wrote = |recipes: Recipes| before.files.contains_key(recipes.path());
    let is_ours = || {
        let ours = wanted.iter().find(|it| it.path == Recipes::File.path()).map(|it| it.text.as_bytes());
        matches!(read(folder, Recipes::File.path()), Found::File(bytes) if Some(&bytes[..]) == ours)
    };
    let has_justfile = || listing.names.iter().any(|name| JUSTFILES.contains(&name.to_ascii_lowercase().as_str()));
    !wrote(Recipes::File) && (wrote(Recipes::Module) || (has_justfile() && !is_ours()))
}

fn check_forced(force: &BTreeSet<String>, wanted: &[Wanted], pieces: &[Piece]) -> Result<(), ScaffoldError> {
    let known = || wanted.iter().map(|it| it.path.as_str()).chain(pieces.iter().map(|it| it.path.as_str()));
    match force.iter().find(|path| !known().any(|known| known == path.as_str())) {
        None => Ok(()),
        Some(path) => {
            let meant = words::nearest(path, known());
            let by_name = || known().find(|known| known.ends_with(&format!("/{path}")));
            let meant = meant.or_else(by_name).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            Err(ScaffoldError::Unknown { path: path.clone(), meant })
        }
    }
}

fn list(folder: &Path) -> io::Result<Listing> {
    let mut listing = Listing::default();
    for entry in fs::read_dir(folder)?.take(MAX_NAMES) {
        listing.names.insert(entry?.file_name().to_string_lossy().into_owned());
    }
    for name in READ.iter().filter(|name| listing.names.contains(**name)) {
        if let Ok(bytes) = bytes_of(&folder.join(name)) {
            listing.texts.insert((*name).to_owned(), String::from_utf8_lossy(&bytes).into_owned());
        }
    }
    Ok(listing)
}

/// The bytes of a file that is not too large.
fn bytes_of(path: &Path) -> io::Result<Vec<u8>> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(io::Error::other(format!("it is larger than {MAX_FILE_BYTES} bytes")));
    }
    Ok(bytes)
}

fn read_manifest(folder: &Path) -> Result<Manifest, ScaffoldError> {
    let wrong = |why: String| ScaffoldError::Manifest { path: folder.join(manifest::FILE), why };
    let read = match read(folder, manifest::FILE) {
        Found::Nothing => return Ok(Manifest::default()),
        Found::Other(why) => return Err(wrong(why)),
        Found::File(bytes) => Manifest::read(&String::from_utf8_lossy(&bytes)),
    };
    let read = read.map_err(|why| {
        wrong(format!("cannot be understood: {why}; without it every file counts as yours: mend it, or delete it"))
    })?;
    match read.is_newer_than(env!("CARGO_PKG_VERSION")) {
        true => Err(wrong(format!(
            "was written by hookrail {}, which is newer than this one; bring hookrail up to date",
            read.hookrail
        ))),
        false => Ok(read),
    }
}

/// What is at a path of the project.
pub(super) fn read(folder: &Path, path: &str) -> Found {
    let place = match within(folder, path) {
        Ok(place) => place,
        Err(why) => return Found::Other(why),
    };
    match fs::symlink_metadata(&place) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Found::Nothing,
        Err(error) => Found::Other(format!("cannot be read: {error}")),
        Ok(metadata) if metadata.is_symlink() => Found::Other("is a link".to_owned()),
        Ok(metadata) if metadata.is_dir() => Found::Other("is a folder".to_owned()),
        Ok(_) => match bytes_of(&place) {
            Ok(bytes) => Found::File(bytes),
            Err(error) => Found::Other(format!("cannot be read: {error}")),
        },
    }
}

/// Where a path of the project leads to, links of its folders followed as long as they stay within the project.
pub(crate) fn within(folder: &Path, path: &str) -> Result<PathBuf, String> {
    let mut place = folder.to_owned();
    let path = Path::new(path);
    for part in path.parent().into_iter().flat_map(Path::iter) {
        place.push(part);
        match fs::symlink_metadata(&place) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(format!("cannot be reached: {error}")),
            Ok(metadata) if metadata.is_symlink() => {
                place = fs::canonicalize(&place).map_err(|error| format!("lies behind a link: {error}"))?;
                if !place.starts_with(folder) || !place.is_dir() {
                    return Err("lies behind a link that leads out of the project".to_owned());
                }
            }
            Ok(metadata) if !metadata.is_dir() => return Err(format!("{} is no folder", place.display())),
            Ok(_) => {}
        }
    }
    place.extend(path.file_name());
    Ok(place)
}

impl Site {
    /// Why a file of the project is not to be written; `None` where it may be.
    pub fn why_not(&self, path: &Path) -> Option<String> {
        let inside = path.strip_prefix(&self.folder).ok().and_then(Path::to_str);
        match inside.map(|path| read(&self.folder, path)) {
            Some(Found::Other(why)) => Some(why),
            Some(_) => None,
            None => Some("is outside of the project".to_owned()),
        }
    }

    /// Does what is planned. Files that were written stay where a later one fails; the next run goes on from there.
    ///
    /// # Errors
    /// See [`ScaffoldError`].
    pub fn apply(&self) -> Result<(), ScaffoldError> {
        for change in self.planned.changes.iter().filter(|change| change.fate.is_written()) {
            write(&self.folder, change)?;
        }
        if self.planned.manifest == self.before {
            return Ok(());
        }
        let before = match read(&self.folder, manifest::FILE) {
            Found::File(bytes) => Some(bytes),
            _ => None,
        };
        let after = Some(self.planned.manifest.text());
        write(&self.folder, &Change { before, after, ..Change::of(manifest::FILE) })
    }
}

/// Writes a file under another name beside it and renames it over: readers see the old text or the new one.
fn write(folder: &Path, change: &Change) -> Result<(), ScaffoldError> {
    let shown = folder.join(&change.path);
    let there = match read(folder, &change.path) {
        Found::Nothing => None,
        Found::File(bytes) => Some(bytes),
        Found::Other(_) => return Err(ScaffoldError::Changed(shown)),
    };
    if there != change.before {
        return Err(ScaffoldError::Changed(shown));
    }
    let failed = |what| {
        let path = shown.clone();
        move |source| ScaffoldError::Io { what, path, source }
    };
    let place = within(folder, &change.path).map_err(|why| failed("write")(io::Error::other(why)))?;
    if let Some(parent) = place.parent() {
        fs::create_dir_all(parent).map_err(failed("make the folder of"))?;
    }
    let text = change.after.as_deref().unwrap_or_default();
    replace(&place, text, change.executable).map_err(failed("write"))
}

fn replace(place: &Path, text: &str, executable: bool) -> io::Result<()> {
    // A new file has what the person's mask leaves; one that is replaced keeps what it had.
    let kept = fs::metadata(place).ok().map(|old| {
        let old = old.permissions().mode() & 0o777;
        let runs = if executable { (old & 0o444) >> 2 } else { 0 };
        fs::Permissions::from_mode(old | runs)
    });
    whole::write(place, text.as_bytes(), if executable { 0o777 } else { 0o666 }, kept)
}
