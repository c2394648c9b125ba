//! From an older install of hooks to ours: agents' settings, key, server, label, and the events that wait in its log folder.
//!
//! The older hooks lie in a folder (`--install-dir`), append an envelope of schema 1.0 to a file of JSON lines
//! (`--log-dir`) and post it to the address in `ZO_EVENT_ENDPOINT` (or to `…/ingest` of a server) with an API key. Which
//! hooks of an agent are theirs is told by their command: it lies in the folder or names the variable.
//!
//! [`plan`] reads and changes nothing; [`Plan::apply`] writes down how everything was (`Done`), then does it; [`undo`]
//! goes back. The order makes an end at any point harmless: what is done again finds its work done.

mod logs;
mod old;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use hookrail_core::event::Agent;
use hookrail_hook::Home;
use hookrail_hook::spool::Spool;
use serde::{Deserialize, Serialize};

pub use logs::Log;
pub use old::ENV_ENDPOINT;

use crate::config::{Config, ConfigError, Flags, LOCAL_SERVER, Token};
use crate::http::{Client, HttpError};
use crate::install::merge::{Registration, command_words};
use crate::install::{self, Applied, Facts, INSTALLERS, InstallError, Places, installer, setup};
use crate::ship::{self, ShipError};
use crate::whole::write_private;

/// The part of the spool that an import fills before it waits for the server: beyond its limits the spool drops the oldest.
const SPOOL_PART: u64 = 2;

/// How often the size of the spool is looked at, in bytes appended.
const LOOK_EVERY: u64 = 4 << 20;

/// What is asked for. What is left out is taken from the old hooks' own command lines, where these tell it.
#[derive(Debug, Default)]
pub struct Wanted {
    /// The folder of the older install.
    pub install_dir: Option<PathBuf>,
    /// Its project: the label of our events.
    pub project_id: Option<String>,
    /// The folder of its logs.
    pub log_dir: Option<PathBuf>,
    /// Its key.
    pub key: Option<Token>,
    /// Its server's address, with the door.
    pub endpoint: Option<String>,
    /// Our server; the older one's address where it is not given.
    pub server: Option<String>,
    /// Remove the old folder, and the logs whose every line the server has.
    pub remove: bool,
}

/// Why it was not, or not wholly, done.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The settings of an agent or of this device.
    #[error(transparent)]
    Settings(#[from] InstallError),
    /// The address or the key is not usable.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A folder cannot be read or written.
    #[error("cannot {what} {path}: {source}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// The folder cannot be the older install's alone.
    #[error("{0} is not removed: {1}")]
    NotRemoved(PathBuf, &'static str),
    /// The server did not take what waits; everything else is done.
    #[error("imported as far as the spool may be filled ({0} events); the rest follows when this is run again: {1}")]
    Full(u64, ShipError),
    /// What was imported is not on the server yet, so nothing was removed.
    #[error("nothing was removed, because the server has not acknowledged everything: {0}")]
    Undelivered(ShipError),
    /// There is nothing to undo.
    #[error("nothing was migrated on this device: there is no {0}")]
    NothingDone(PathBuf),
}

/// What becomes of the old key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", content = "why", rename_all = "snake_case")]
pub enum Key {
    /// There is none.
    None,
    /// The server takes it for sending events.
    Accepted,
    /// The server asks for no key.
    NotNeeded,
    /// The server does not take it: it is not carried over.
    Refused(String),
    /// The server cannot be asked: it is not carried over.
    Unasked(String),
}

/// What would be done.
#[derive(Debug)]
pub struct Plan {
    /// The changes of agents' settings, and the agent of each.
    pub settings: Vec<(Agent, install::Plan)>,
    /// Our server.
    pub server: String,
    /// What becomes of the key.
    pub key: Key,
    /// The label of our events, where it is new.
    pub label: Option<String>,
    /// The log files.
    pub logs: Vec<Log>,
    /// What goes with `--remove`.
    pub removes: Option<PathBuf>,
    /// What a person should know.
    pub notes: Vec<String>,
    secret: Option<Token>,
    remove: bool,
    files: Vec<FileBefore>,
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Settings files changed.
    pub settings: Vec<PathBuf>,
    /// Events put into the spool.
    pub imported: u64,
    /// Lines of logs that are not understood, and stay where they are.
    pub not_understood: u64,
    /// Files and folders removed.
    pub removed: Vec<PathBuf>,
}

/// How everything was before, as it is kept for [`undo`].
#[derive(Debug, Default, Serialize, Deserialize)]
struct Done {
    files: Vec<FileBefore>,
    config: Option<ConfigBefore>,
    /// Whether the old hooks' folder was removed: then they cannot be put back.
    removed: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct FileBefore {
    agent: Agent,
    path: PathBuf,
    before: String,
    after: String,
    theirs: Vec<Registration>,
}

#[derive(Debug, Serialize, Deserialize)]
struct ConfigBefore {
    before: Option<String>,
    after: String,
}

/// Where `Done` is kept.
pub fn record_of(home: &Home) -> PathBuf {
    home.path().join("migration.json")
}

/// Looks at everything and changes nothing.
///
/// # Errors
/// Where a settings file is not valid, or the logs cannot be read.
pub fn plan(
    home: &Home,
    places: &Places,
    wanted: Wanted,
    command: &[String],
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Plan, MigrateError> {
    let folder = wanted.install_dir.as_deref();
    let is_theirs = |words: &[String]| old::is_theirs(words, folder, &places.home);
    let (mut settings, mut files, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for installer in INSTALLERS {
        let facts = || Facts::gather(installer, command.to_owned());
        for (scope, path) in installer.files(places) {
            let Some((plan, theirs)) = installer.plan_replace(&path, &facts, &is_theirs)? else { continue };
            if scope.is_none() && !path.starts_with(&places.project) {
                notes.push(format!("{} holds old hooks and is an administrator's: change it there", path.display()));
                continue;
            }
            let (before, after) = (plan.before.clone().unwrap_or_default(), plan.after.clone().unwrap_or_default());
            files.push(FileBefore { agent: installer.agent.clone(), path, before, after, theirs });
            settings.push((installer.agent.clone(), plan));
        }
    }
    if settings.is_empty() {
        notes.push(
            "no hooks of the old install were found in agents' settings; `hookrail install AGENT` registers ours"
                .to_owned(),
        );
    }
    let commands: Vec<Vec<String>> =
        files.iter().flat_map(|file| &file.theirs).map(|hook| command_words(&hook.handler)).collect();

    let own = Config::load(home.path(), &Flags::default(), |_| None)?;
    let endpoint = wanted.endpoint.or_else(|| env(ENV_ENDPOINT)).or_else(|| old::endpoint(&commands));
    let server = wanted
        .server
        .or(own.server.clone())
        .or_else(|| endpoint.as_deref().map(old::server_of))
        .unwrap_or_else(|| LOCAL_SERVER.to_owned());
    let told_key = old::flag(&commands, "--api-key").and_then(|key| Token::new(&key).ok());
    let secret = wanted.key.or(told_key);
    let key = key(&own, &server, secret.as_ref())?;
    let label = wanted.project_id.or_else(|| old::flag(&commands, "--project-id")).filter(|_| own.source_app.is_none());
    let log_dir =
        wanted.log_dir.or_else(|| old::flag(&commands, "--log-dir").map(|told| old::path(&told, &places.home)));
    let logs = match &log_dir {
        None => {
            notes.push("no log folder is known: `--log-dir` names it".to_owned());
            Vec::new()
        }
        Some(folder) if !folder.exists() => {
            notes.push(format!("there is no log folder {}", folder.display()));
            Vec::new()
        }
        Some(folder) => logs::find(folder).map_err(|source| failed("read the logs in", folder, source))?,
    };
    let removes = match (&wanted.install_dir, wanted.remove) {
        (Some(folder), true) => {
            removable(folder, home, places)?;
            Some(folder.clone())
        }
        _ => None,
    };
    Ok(Plan { settings, server, key, label, logs, removes, notes, secret, remove: wanted.remove, files })
}

/// Asks the server about the key.
fn key(own: &Config, server: &str, secret: Option<&Token>) -> Result<Key, MigrateError> {
    #[derive(Deserialize)]
    struct Me {
        keyed: bool,
        scopes: Vec<String>,
    }
    let Some(secret) = secret else { return Ok(Key::None) };
    let ask = |token: Option<Token>| -> Result<Result<Me, String>, HttpError> {
        let config = Config { server: Some(server.to_owned()), token, ..own.clone() };
        let answer = Client::new(&config)?.get("/api/v1/me")?;
        if !answer.is_success() {
            return Ok(Err(answer.describe()));
        }
        Ok(serde_json::from_slice(&answer.body).map_err(|error| error.to_string()))
    };
    Ok(match ask(Some(secret.clone())) {
        Ok(Ok(me)) if me.scopes.iter().any(|scope| scope == "ingest" || scope == "admin") => Key::Accepted,
        Ok(Ok(_)) => Key::Refused("it is not for sending events".to_owned()),
        Ok(Err(why)) => match ask(None) {
            Ok(Ok(me)) if !me.keyed => Key::NotNeeded,
            _ => Key::Refused(why),
        },
        Err(error @ HttpError::Settings(_)) => return Err(ConfigError::Invalid(error.to_string()).into()),
        Err(error) => Key::Unasked(error.to_string()),
    })
}

/// Refuses to remove what cannot be an install alone.
fn removable(folder: &Path, home: &Home, places: &Places) -> Result<(), MigrateError> {
    let not = |why| Err(MigrateError::NotRemoved(folder.to_owned(), why));
    let Ok(real) = folder.canonicalize() else { return not("there is no such folder") };
    let is_within = |inner: &Path| inner.canonicalize().is_ok_and(|inner| inner.starts_with(&real));
    if folder.is_symlink() || !real.is_dir() {
        return not("it is a link, or no folder");
    }
    if is_within(&places.home) || is_within(&places.project) || is_within(home.path()) {
        return not("it holds your home folder, this folder or hookrail's own");
    }
    if real.join(".git").exists() {
        return not("it is a checkout of a repository");
    }
    Ok(())
}

impl Plan {
    /// Whether the old key would be written into our settings.
    pub fn carries_key(&self) -> bool {
        self.key == Key::Accepted
    }

    /// A text as a person may see it: without the key.
    pub fn without_key(&self, text: &str) -> String {
        match &self.secret {
            Some(key) => text.replace(key.secret(), "[key]"),
            None => text.to_owned(),
        }
    }

    /// Does it.
    ///
    /// # Errors
    /// What could not be done; everything before it is done, and doing it again goes on.
    pub fn apply(&self, home: &Home) -> Result<Outcome, MigrateError> {
        let config_before = read(&home.config())?;
        let mut done = Done::load(home)?.unwrap_or_default();
        done.add(&self.files);
        done.save(home)?;
        setup::prepare(home, Some(&self.server), self.secret.as_ref().filter(|_| self.carries_key()))?;
        if let Some(label) = &self.label {
            setup::write(home, &[("source_app", label)], &[])?;
        }
        let after = read(&home.config())?.unwrap_or_default();
        let before = done.config.take().map_or(config_before, |earlier| earlier.before);
        done.config = Some(ConfigBefore { before, after });
        done.save(home)?;

        let mut outcome = Outcome::default();
        for (_, plan) in &self.settings {
            if plan.apply()? != Applied::Nothing {
                outcome.settings.push(plan.path.clone());
            }
        }
        let config = Config::load(home.path(), &Flags::default(), |_| None)?;
        self.import(home, &config, &mut outcome)?;
        if self.remove {
            let delivered = ship::once(home, &config, &mut |_| {}, &|| false);
            delivered.map_err(MigrateError::Undelivered)?;
            self.remove_old(&mut outcome)?;
            done.removed |= self.removes.as_ref().is_some_and(|folder| outcome.removed.contains(folder));
            done.save(home)?;
        }
        Ok(outcome)
    }

    fn import(&self, home: &Home, config: &Config, outcome: &mut Outcome) -> Result<(), MigrateError> {
        let spool = Spool::at(home.spool());
        let (mut appended, mut full) = (LOOK_EVERY, None);
        for log in &self.logs {
            let append = |line: Option<Vec<u8>>| {
                let Some(line) = line else {
                    outcome.not_understood += 1;
                    return Ok(());
                };
                if appended >= LOOK_EVERY {
                    appended = 0;
                    let held = spool.open_bytes()? + spool.sealed()?.iter().map(|it| it.bytes).sum::<u64>();
                    if held > config.spool_max_bytes / SPOOL_PART
                        && let Err(error) = ship::once(home, config, &mut |_| {}, &|| false)
                    {
                        full = Some(error);
                        return Err(io::Error::other("the spool is full"));
                    }
                }
                appended += line.len() as u64;
                spool.append(&line)?;
                outcome.imported += 1;
                Ok(())
            };
            let imported = logs::each(&log.path, append);
            if let Some(error) = full {
                return Err(MigrateError::Full(outcome.imported, error));
            }
            imported.map_err(|source| failed("import", &log.path, source))?;
        }
        Ok(())
    }

    /// Removes the logs whose every line the server has, and the old folder where no other log is in it.
    fn remove_old(&self, outcome: &mut Outcome) -> Result<(), MigrateError> {
        for log in self.logs.iter().filter(|log| log.not_understood == 0) {
            fs::remove_file(&log.path).map_err(|source| failed("remove", &log.path, source))?;
            outcome.removed.push(log.path.clone());
        }
        if let Some(folder) = &self.removes {
            let kept = self.logs.iter().any(|log| log.not_understood > 0 && log.path.starts_with(folder));
            if kept {
                return Err(MigrateError::NotRemoved(folder.clone(), "logs in it hold lines that are not understood"));
            }
            fs::remove_dir_all(folder).map_err(|source| failed("remove", folder, source))?;
            outcome.removed.push(folder.clone());
        }
        Ok(())
    }
}

impl Done {
    fn load(home: &Home) -> Result<Option<Self>, MigrateError> {
        let path = record_of(home);
        let Some(text) = read(&path)? else { return Ok(None) };
        serde_json::from_str(&text).map(Some).map_err(|error| failed("understand", &path, io::Error::other(error)))
    }

    /// Adds what is about to change; of a file that was changed before, how it was before that stays.
    fn add(&mut self, files: &[FileBefore]) {
        for file in files {
            match self.files.iter_mut().find(|known| known.path == file.path) {
                Some(known) => {
                    known.after.clone_from(&file.after);
                    known.theirs.extend(
                        file.theirs.iter().filter(|it| !known.theirs.contains(it)).cloned().collect::<Vec<_>>(),
                    );
                }
                None => self.files.push(file.clone()),
            }
        }
    }

    fn save(&self, home: &Home) -> Result<(), MigrateError> {
        setup::create_lock(home).map_err(|source| failed("make", home.path(), source))?;
        let path = record_of(home);
        let text = serde_json::to_vec_pretty(self).map_err(|error| failed("write", &path, io::Error::other(error)))?;
        write_private(&path, &text).map_err(|source| failed("write", &path, source))
    }
}

/// Puts the old hooks back in the place of ours, and our settings to what they were. What was imported stays. Says what
/// was done, a line each.
///
/// # Errors
/// Where nothing was migrated, or something cannot be written.
pub fn undo(home: &Home) -> Result<Vec<String>, MigrateError> {
    let Some(done) = Done::load(home)? else { return Err(MigrateError::NothingDone(record_of(home))) };
    let mut said = Vec::new();
    for file in &done.files {
        let path = file.path.display();
        let Some(installer) = installer(&file.agent) else { continue };
        // Hooks whose programs are gone would fail at every step of the agent.
        let (before, theirs) =
            if done.removed { (file.after.as_str(), &[][..]) } else { (file.before.as_str(), &file.theirs[..]) };
        let plan = installer.plan_put_back(&file.path, before, if done.removed { "" } else { &file.after }, theirs)?;
        plan.apply()?;
        said.push(match done.removed {
            true => {
                format!("{path}: our hooks are out; the old ones are not put back, because their folder was removed")
            }
            false => format!("{path}: the old hooks are back in the place of ours"),
        });
    }
    let settings = home.config();
    if let Some(config) = &done.config {
        if read(&settings)?.as_deref() == Some(config.after.as_str()) {
            match &config.before {
                Some(before) => fs::write(&settings, before),
                None => fs::remove_file(&settings),
            }
            .map_err(|source| failed("write", &settings, source))?;
            said.push(format!("{}: as it was", settings.display()));
        } else {
            said.push(format!("{}: changed since, and left as it is", settings.display()));
        }
    }
    let record = record_of(home);
    fs::remove_file(&record).map_err(|source| failed("remove", &record, source))?;
    Ok(said)
}

fn read(path: &Path) -> Result<Option<String>, MigrateError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(failed("read", path, source)),
    }
}

fn failed(what: &'static str, path: &Path, source: io::Error) -> MigrateError {
    MigrateError::Io { what, path: path.to_owned(), source }
}
