//! Where handlers come from: the person's file and folder, the project's file and folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hookrail_hook::Home;

use super::folder::PassedOver;
use super::pattern::Globs;
use super::trust::{self, Book, Trust};
use super::{Handler, Level, Mistake, chain, file, folder};
use crate::config::document::Document;
use crate::config::resolve::{Origin, Said};
use crate::config::{self, Flags, Settings, Value};
use crate::profile::{self, Chosen};
use crate::setup::Definition;

/// How far up a project's folder is looked for.
const MAX_LEVELS: usize = 32;

/// The largest `hookrail.toml`, in bytes.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// Everything that is declared, for one project.
#[derive(Debug)]
pub struct Sources {
    /// The project's folder: the nearest upwards that has handlers, else the repository's, else where one is.
    pub project: PathBuf,
    /// How the project stands.
    pub trust: Trust,
    /// The hash of what the project would run.
    pub hash: Option<String>,
    /// The profile in force here.
    pub profile: Chosen,
    /// The handlers, in the order in which their answers are joined. Those of a project that is not trusted are among them,
    /// to be shown; see [`Self::runnable`].
    pub handlers: Vec<Handler>,
    /// The steps of the project's set-up, whether it is trusted or not.
    pub setup: Definition,
    /// Files of flat folders that are no handlers.
    pub passed_over: Vec<PassedOver>,
    /// What is wrong. Handlers with mistakes are not among the handlers.
    pub mistakes: Vec<Mistake>,
    /// What `config.toml` says.
    pub(crate) person: Document,
    /// What the project says of profiles, where it is trusted.
    pub(crate) of_project: Option<Document>,
}

impl Sources {
    /// Reads what is declared for whoever works in this folder.
    pub fn load(home: &Home, folder: &Path, env: impl Fn(&str) -> Option<String>) -> Self {
        let project = project_of(folder, env("HOME").as_deref().map(Path::new));
        let mut sources = Self {
            trust: Trust::Nothing,
            hash: None,
            profile: Chosen::default(),
            handlers: Vec::new(),
            setup: Definition::default(),
            passed_over: Vec::new(),
            mistakes: Vec::new(),
            person: Document::default(),
            of_project: None,
            project,
        };
        let project = sources.project.clone();
        match trust::hash(&project) {
            Ok(hash) => {
                sources.trust = Book::read(home).trust(&project, hash.as_deref());
                sources.hash = hash;
            }
            Err(error) => {
                sources.trust = Trust::Untrusted;
                sources.tell(&project.join(file::FILE), format!("this project cannot be trusted: {error}"));
            }
        }
        sources.level(Level::User, &home.path().join(file::FILE), &home.path().join(folder::OF_USER));
        let of_project = sources.level(Level::Project, &project.join(file::FILE), &project.join(folder::OF_PROJECT));
        sources.of_project = of_project.filter(|_| sources.trust == Trust::Trusted);
        sources.person = sources.device(home);
        sources.settle(&env);
        sources
    }

    /// What files say of settings here.
    pub(crate) fn said(&self) -> Said<'_> {
        Said { person: &self.person, project: self.of_project.as_ref() }
    }

    /// What `config.toml` says; what is wrong with it is told like any mistake.
    fn device(&mut self, home: &Home) -> Document {
        match config::of_device(home.path()) {
            Ok(document) => {
                self.mistakes.extend(document.mistakes.iter().cloned());
                document
            }
            Err(error) => {
                self.tell(&home.config(), error.to_string());
                Document::default()
            }
        }
    }

    /// Says which profile is in force, and what that and the settings mean to the handlers.
    fn settle(&mut self, env: &dyn Fn(&str) -> Option<String>) {
        let said = self.said();
        let profile = profile::choose(None, env, said);
        // No variable says anything of handlers, so that none can be wrong about them.
        let settings = Settings::resolve(said, &Flags::default(), &|_| None, profile.clone());
        let timeout = settings.map_or(Duration::ZERO, |settings| settings.span("handlers.timeout"));
        let off = off(said, &profile.name);
        self.profile = profile;
        for handler in &mut self.handlers {
            handler.timeout.get_or_insert(timeout);
            let names: Vec<String> = handler.names().collect();
            let by =
                off.iter().find(|off| off.reaches(handler.level) && names.iter().any(|name| off.which.matches(name)));
            handler.off = by.map(|off| format!("it is switched off ({})", off.from));
        }
    }

    /// The profiles that files have tables for.
    pub(crate) fn known_profiles(&self) -> impl Iterator<Item = &String> {
        self.person.profiles.iter().chain(self.of_project.iter().flat_map(|document| &document.profiles))
    }

    /// The handlers that may run: those of the person, and those of a project that is trusted.
    pub fn runnable(&self) -> Vec<Handler> {
        let may_run = |handler: &&Handler| {
            handler.off.is_none() && (handler.level == Level::User || self.trust == Trust::Trusted)
        };
        self.handlers.iter().filter(may_run).cloned().collect()
    }

    /// Reads one level; gives what its file says of profiles.
    fn level(&mut self, level: Level, path: &Path, folder: &Path) -> Option<Document> {
        let mut found = Vec::new();
        let mut profiles = None;
        match text(path) {
            Ok(None) => {}
            Ok(Some(text)) => match file::read(&text, path, level) {
                Ok(declared) => {
                    (found, profiles) = (declared.handlers, Some(declared.profiles));
                    if level == Level::Project {
                        self.setup = declared.setup;
                    }
                }
                Err(mut mistakes) => self.mistakes.append(&mut mistakes),
            },
            Err(error) => self.tell(path, format!("it cannot be read: {error}")),
        }
        let mut listed = folder::list(folder, level);
        found.append(&mut listed.handlers);
        self.passed_over.append(&mut listed.passed_over);
        self.mistakes.append(&mut listed.mistakes);
        let wrong = chain::check(&found.iter().collect::<Vec<_>>());
        for (at, message) in &wrong {
            self.tell(&found[*at].file.clone(), message.clone());
        }
        let kept = found.into_iter().enumerate().filter(|(at, _)| !wrong.iter().any(|(wrong, _)| wrong == at));
        self.handlers.extend(kept.map(|(_, handler)| handler));
        profiles
    }

    fn tell(&mut self, file: &Path, message: String) {
        self.mistakes.push(Mistake { file: file.to_owned(), line: 1, column: 1, message });
    }
}

/// Handlers that are switched off by somebody.
struct Off {
    which: Globs,
    from: Origin,
    by_project: bool,
}

impl Off {
    /// A project switches off its own handlers, and nobody else's.
    fn reaches(&self, level: Level) -> bool {
        !self.by_project || level == Level::Project
    }
}

/// What is switched off: by the person's settings, and by the project's beside them.
fn off(said: Said<'_>, profile: &str) -> Vec<Off> {
    let own = Said { project: None, ..said };
    let of_project = said.project.and(said.of(profile, "handlers.off"));
    let all = [(own.of(profile, "handlers.off"), false), (of_project, true)];
    let made = |(said, by_project): (Option<(Value, Origin)>, bool)| match said? {
        // No glob at all would mean every handler.
        (Value::Globs(texts), from) if !texts.is_empty() => {
            Some(Off { which: Globs::new(&texts).ok()?, from, by_project })
        }
        _ => None,
    };
    all.into_iter().filter_map(made).collect()
}

/// The text of a file; `None` where there is none.
fn text(path: &Path) -> io::Result<Option<String>> {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
        Ok(found) if found.len() > MAX_FILE_BYTES => {
            Err(io::Error::other(format!("it is larger than {MAX_FILE_BYTES} bytes")))
        }
        Ok(_) => fs::read_to_string(path).map(Some),
    }
}

/// The project that a folder belongs to. The person's own home is no project: what lies there is theirs.
pub fn project_of(folder: &Path, home: Option<&Path>) -> PathBuf {
    let mut repository = None;
    for folder in folder.ancestors().take(MAX_LEVELS).filter(|folder| folder.parent().is_some()) {
        if Some(folder) == home {
            break;
        }
        if folder.join(file::FILE).is_file() || folder.join(folder::OF_PROJECT).is_dir() {
            return folder.to_owned();
        }
        if folder.join(".git").exists() {
            repository = Some(folder.to_owned());
            break;
        }
    }
    repository.unwrap_or_else(|| folder.to_owned())
}
