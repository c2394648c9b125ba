//! From files of rules to the snapshot that the hook reads.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use hookrail_core::policy::{Decision, Mode, Snapshot, SnapshotError, Source, fnv};
use hookrail_core::time::Timestamp;
use hookrail_hook::Home;
use hookrail_hook::snapshot::{PROFILE_FILE, PROJECT_FILE, stamp};
use serde::Serialize;

use super::file::{Mistake, OnFailure, PolicyFile, read};
use super::layers::{Layer, Note, Sheet, Standings, join};
use super::{PACKS, Pack, organisation};
use crate::config::document::{Document, Form};
use crate::install::setup::create_lock;
use crate::profile::{self, Terms};
use crate::whole::write_private;

/// The name of the person's own file of rules, in the state folder.
pub const OWN_FILE: &str = "policy.toml";

/// Why rules could not be prepared.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// A built-in pack has mistakes, which is a fault of this program.
    #[error("{} has mistakes: {}", .0, .1.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Pack(&'static str, Vec<Mistake>),
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
    /// How many rules deny.
    pub denies: usize,
    /// How many ask.
    pub asks: usize,
    /// How many only warn or observe.
    pub tells: usize,
    /// How many are silent by an exception.
    pub exceptions: usize,
    /// How many of all these limit what is spent.
    pub limits: usize,
    /// What holds where the guard cannot judge.
    pub on_failure: OnFailure,
    /// What a person should know: what was left out, and what is over.
    pub notes: Vec<Note>,
    /// Files with mistakes. What they said before holds on.
    pub mistakes: Vec<Wrong>,
}

/// A file with mistakes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Wrong {
    /// The file.
    pub file: PathBuf,
    /// The mistakes.
    pub mistakes: Vec<Mistake>,
    /// Whether rules of an earlier text of it hold on; else it has none.
    pub earlier: bool,
}

/// Whose rules: those of this device, and of a project on it.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    /// The state folder.
    pub home: &'a Home,
    /// The project's root.
    pub project: Option<&'a Path>,
}

impl<'a> Site<'a> {
    /// The device alone.
    pub fn device(home: &'a Home) -> Self {
        Self { home, project: None }
    }

    /// Where its snapshot is.
    pub fn snapshot(&self) -> PathBuf {
        match self.project {
            Some(root) => self.home.project_policy(&root.to_string_lossy()),
            None => self.home.policy(),
        }
    }

    /// The files of rules that may be there, from the most general to the most particular.
    fn files(&self) -> Vec<(Layer, PathBuf)> {
        let project = self.project.map(|root| (Layer::Project, root.join(PROJECT_FILE)));
        let person = (Layer::Person, self.home.path().join(OWN_FILE));
        project.into_iter().chain([person]).collect()
    }
}

/// The files of all layers as they are now.
#[derive(Debug)]
pub struct Gathered {
    /// The files, from the most general layer to the most particular.
    pub sheets: Vec<Sheet>,
    /// Files with mistakes.
    pub mistakes: Vec<Wrong>,
    /// What profiles say of all rules.
    pub terms: Terms,
    notes: Vec<Note>,
    sources: Vec<Source>,
    /// Texts without mistakes, which are kept for the day on which they have some.
    good: Vec<(PathBuf, String)>,
}

impl Gathered {
    /// All rules, in the order in which they are asked.
    pub fn join(&self, now: Timestamp) -> Standings<'_> {
        let mut standings = join(&self.sheets, now).within(&self.terms, &self.sheets);
        standings.notes.splice(0..0, self.notes.iter().cloned());
        standings
    }

    /// The files' rules alone.
    pub fn files(&self) -> impl Iterator<Item = &PolicyFile> {
        self.sheets.iter().map(|sheet| &sheet.file)
    }

    fn take(&mut self, site: &Site<'_>, layer: Layer, path: PathBuf) -> Result<(), PolicyError> {
        self.watch(&path);
        if let Some(text) = read_if_there(&path)? {
            self.parse(site, layer, path, text);
        }
        Ok(())
    }

    /// What `config.toml` and the project say of profiles. What is right in a file with mistakes counts, and loosens nothing.
    fn profiles(&mut self, site: &Site<'_>) -> Result<(), PolicyError> {
        let path = site.home.config();
        self.watch(&path);
        let text = read_if_there(&path)?.unwrap_or_default();
        let person = Document::read(&text, &path, Form::Config);
        if let Some(mistake) = person.mistakes.first() {
            let message = format!("it has mistakes, and loosens no rule until they are mended: {mistake}");
            self.notes.push(Note { file: path.display().to_string(), message });
        }
        let mut project = None;
        if let Some(path) = site.project.map(|root| root.join(PROFILE_FILE)) {
            self.watch(&path);
            project = read_if_there(&path)?.map(|text| Document::read(&text, &path, Form::Project));
        }
        self.terms = profile::terms(&person, project.as_ref());
        Ok(())
    }

    /// Makes the snapshot stale where this file becomes another. To be said before it is read: what is written in between counts.
    fn watch(&mut self, path: &Path) {
        self.sources.push(Source { path: path.to_string_lossy().into_owned(), stamp: stamp(path) });
    }

    /// The organisation's rules, where there are any that are to be believed.
    fn organisation(&mut self, site: &Site<'_>) {
        let path = organisation::file(site.home);
        self.watch(&path);
        match organisation::kept(site.home) {
            Ok(Some(published)) => self.parse(site, Layer::Organisation, path, published.text),
            Ok(None) => {}
            Err(error) => {
                let earlier = fs::read_to_string(kept(site.home, &path)).unwrap_or_default();
                let message = format!("{error}; what was believed before holds on");
                self.notes.push(Note { file: path.display().to_string(), message });
                self.parse(site, Layer::Organisation, path, earlier);
            }
        }
    }

    fn parse(&mut self, site: &Site<'_>, layer: Layer, path: PathBuf, text: String) {
        let name = path.display().to_string();
        let kept = kept(site.home, &path);
        match read(&text) {
            Ok(file) => {
                self.sheets.push(Sheet { layer, name, file });
                self.good.push((kept, text));
            }
            Err(mistakes) => {
                let earlier = fs::read_to_string(&kept).ok().and_then(|text| read(&text).ok());
                self.mistakes.push(Wrong { file: path, mistakes, earlier: earlier.is_some() });
                self.sheets.extend(earlier.map(|file| Sheet { layer, name, file }));
            }
        }
    }
}

/// The text of a file; `None` where there is none.
fn read_if_there(path: &Path) -> Result<Option<String>, PolicyError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(PolicyError::Io(path.to_owned(), error)),
    }
}

/// Where the last text without mistakes of a file is kept.
fn kept(home: &Home, path: &Path) -> PathBuf {
    home.policies().join(format!("{:016x}.toml", fnv(&path.to_string_lossy())))
}

/// Reads the files of all layers. A file with mistakes counts as it last was without.
///
/// # Errors
/// [`PolicyError::Io`] where a file is there and cannot be read.
pub fn gather(site: &Site<'_>) -> Result<Gathered, PolicyError> {
    let mut all = Gathered {
        sheets: Vec::new(),
        mistakes: Vec::new(),
        terms: Terms::default(),
        notes: Vec::new(),
        sources: Vec::new(),
        good: Vec::new(),
    };
    for Pack { name, text } in PACKS {
        let file = read(text).map_err(|mistakes| PolicyError::Pack(name, mistakes))?;
        all.sheets.push(Sheet { layer: Layer::BuiltIn, name: (*name).to_owned(), file });
    }
    all.profiles(site)?;
    all.organisation(site);
    for (layer, path) in site.files() {
        all.take(site, layer, path)?;
    }
    Ok(all)
}

/// Prepares the rules and puts the snapshot where the hook reads it, whole or not at all.
///
/// # Errors
/// As [`gather`], and where the snapshot cannot be written.
pub fn compile(site: &Site<'_>, now: Timestamp) -> Result<Compiled, PolicyError> {
    let gathered = gather(site)?;
    let (text, compiled) = text(site, &gathered, now)?;
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error| PolicyError::Io(path, error)
    };
    let policies = site.home.policies();
    fs::create_dir_all(&policies).map_err(failed(&policies))?;
    for (path, text) in &gathered.good {
        if fs::read_to_string(path).ok().as_ref() != Some(text) {
            write_private(path, text.as_bytes()).map_err(failed(path))?;
        }
    }
    let closed = site.home.policy_closed();
    match compiled.on_failure {
        OnFailure::Closed => write_private(&closed, b"").map_err(failed(&closed))?,
        OnFailure::Open => remove(&closed).map_err(failed(&closed))?,
    }
    write_private(&compiled.file, text.as_bytes()).map_err(failed(&compiled.file))?;
    if compiled.limits > 0 {
        // What is spent is counted by the shipper's process, which hooks start where this file is.
        create_lock(site.home).map_err(failed(&site.home.ship_lock()))?;
    }
    remove(&site.home.policy_retry()).map_err(failed(&policies))?;
    Ok(compiled)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Whether the snapshot is what the rules of now make: `None` where there is no snapshot.
///
/// # Errors
/// As [`gather`], and where the snapshot cannot be read.
pub fn state(site: &Site<'_>, now: Timestamp) -> Result<Option<(bool, Compiled)>, PolicyError> {
    let (text, compiled) = text(site, &gather(site)?, now)?;
    match fs::read_to_string(&compiled.file) {
        Ok(found) => Ok(Some((found == text, compiled))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(PolicyError::Io(compiled.file, error)),
    }
}

fn text(site: &Site<'_>, gathered: &Gathered, now: Timestamp) -> Result<(String, Compiled), PolicyError> {
    let standings = gathered.join(now);
    let rules: Vec<_> = standings.rules.iter().map(|standing| standing.prepared()).collect();
    let holding =
        |decision| rules.iter().filter(|rule| rule.decision == decision && rule.mode == Mode::Enforce).count();
    let compiled = Compiled {
        file: site.snapshot(),
        denies: holding(Decision::Deny),
        asks: holding(Decision::Ask),
        tells: rules.iter().filter(|rule| rule.mode != Mode::Enforce).count(),
        exceptions: rules.iter().filter(|rule| rule.silent_until.is_some()).count(),
        limits: rules.iter().filter(|rule| rule.spend.is_some()).count(),
        on_failure: standings.on_failure,
        notes: standings.notes.clone(),
        mistakes: gathered.mistakes.clone(),
    };
    Ok((Snapshot::write_from(&rules, gathered.sources.clone())?, compiled))
}
