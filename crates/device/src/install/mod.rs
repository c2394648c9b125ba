//! Hooks into agents' settings files, and out of them without a trace.
//!
//! [`merge`] turns text into text and knows no files; the table of [`INSTALLERS`] knows one agent each; [`mod@file`] reads,
//! backs up and replaces. A [`Plan`] is made first, can be shown as a diff, and is then applied or not.

mod claude_code;
mod codex;
pub(crate) mod edit;
pub mod file;
pub mod jsonc;
pub mod merge;
pub mod setup;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hookrail_core::event::Agent;

use crate::process;
use jsonc::Dialect;
use merge::{Entry, Registration};

pub use file::{Applied, InstallError, Plan};

/// What an agent waits for a hook at most. A hook alone takes about a millisecond; handlers take what they are given, which is
/// less than this ([`crate::handlers::dispatch`]), so that an agent never cuts them off.
pub(crate) const TIMEOUT_SECONDS: u64 = 300;

/// What an agent waits for the set-up of a project ([`crate::setup`]): builds and downloads take their time.
pub(crate) const SETUP_TIMEOUT_SECONDS: u64 = 3600;

/// Seen with Claude Code 2.1.197: no hook of such a file runs, and nothing is printed. Its other versions were not tried.
pub(crate) const COMMENTS: &str = "Claude Code ignores a settings file with comments or trailing commas as a whole (seen with 2.1.197); remove them, or no hook runs";

/// How long an agent may take to tell its version.
const VERSION_LIMIT: Duration = Duration::from_secs(10);

/// Every agent whose settings can be written, a file each.
pub const INSTALLERS: &[Installer] = &[claude_code::INSTALLER, codex::INSTALLER];

/// What there is to know about one agent's settings.
#[derive(Debug)]
pub struct Installer {
    /// The agent.
    pub agent: Agent,
    /// Its name for people.
    pub title: &'static str,
    /// The command that tells its version.
    pub version_command: &'static [&'static str],
    /// How its settings are written.
    pub dialect: Dialect,
    /// What to look at when its hooks are registered and never fire.
    pub silence: &'static str,
    file: fn(Scope, &Places) -> PathBuf,
    other_files: fn(&Places) -> Vec<PathBuf>,
    sessions: fn(&Places) -> PathBuf,
    entries: fn(&Facts) -> Vec<Entry>,
    notes: fn(Scope, &Facts) -> Vec<String>,
}

/// Whose sessions are recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All of this person's.
    User,
    /// Those in one project's folder, of everybody who works on it.
    Project,
    /// This person's in one project's folder, where the agent has settings for that.
    Local,
}

/// Where agents keep their settings.
#[derive(Clone, Debug)]
pub struct Places {
    /// The person's home folder.
    pub home: PathBuf,
    /// The project's folder.
    pub project: PathBuf,
    /// `CLAUDE_CONFIG_DIR`.
    pub claude_config_dir: Option<PathBuf>,
    /// `CODEX_HOME`.
    pub codex_home: Option<PathBuf>,
}

/// A version of an agent: major, minor, patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32, pub u32, pub u32);

/// What an installer goes by.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The hook: an absolute path, and `hook` after it where the path is that of the large program.
    pub command: Vec<String>,
    /// The installed agent's version, where it could be told.
    pub version: Option<Version>,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 3] = [Self::User, Self::Project, Self::Local];

    /// The scope's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Project => "project",
            Self::Local => "local",
        }
    }
}

impl Places {
    /// The places this environment names, and `project` as the project's folder; `None` without a home folder.
    pub fn from_env(env: impl Fn(&str) -> Option<String>, project: PathBuf) -> Option<Self> {
        let set = |name: &str| env(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        Some(Self {
            home: set("HOME")?,
            project,
            claude_config_dir: set("CLAUDE_CONFIG_DIR"),
            codex_home: set("CODEX_HOME"),
        })
    }
}

impl Version {
    /// The first `a.b.c` in a text such as `2.1.197 (Claude Code)` or `codex-cli 0.169.0`.
    pub fn find(text: &str) -> Option<Self> {
        text.split(|c: char| !c.is_ascii_digit() && c != '.').find_map(|word| {
            let mut parts = word.split('.').map(|part| part.parse().ok());
            Some(Self(parts.next()??, parts.next()??, parts.next()??))
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

impl Facts {
    /// What is so on this machine: the version by asking the agent, with a time limit; `command` from [`hook_command`].
    pub fn gather(installer: &Installer, command: Vec<String>) -> Self {
        let version = installer.version_command.split_first().and_then(|(program, args)| {
            let output = process::run(Path::new(program), args, &[], b"", VERSION_LIMIT).ok()?;
            Version::find(&String::from_utf8_lossy(&output.stdout))
        });
        Self { command, version }
    }
}

/// The command that runs the hook: `hookrail-hook` beside `own`, this program's path; else the first on `path`, the
/// value of PATH; else this program itself.
pub fn hook_command(own: &Path, path: Option<&std::ffi::OsStr>) -> Vec<String> {
    let beside = own.parent().map(|folder| folder.join(HOOK));
    let searched = path.into_iter().flat_map(std::env::split_paths).map(|folder| folder.join(HOOK));
    match beside.into_iter().chain(searched).find(|file| file.is_absolute() && file.is_file()) {
        Some(hook) => vec![hook.to_string_lossy().into_owned()],
        None => vec![own.to_string_lossy().into_owned(), "hook".into()],
    }
}

const HOOK: &str = "hookrail-hook";

/// The installer for an agent's word; `None` for an agent that has none yet.
pub fn installer(agent: &Agent) -> Option<&'static Installer> {
    INSTALLERS.iter().find(|installer| installer.agent == *agent)
}

impl Installer {
    /// The settings file of a scope.
    pub fn file(&self, scope: Scope, places: &Places) -> PathBuf {
        (self.file)(scope, places)
    }

    /// The folder below which the agent keeps its transcripts.
    pub fn sessions(&self, places: &Places) -> PathBuf {
        (self.sessions)(places)
    }

    /// Every settings file the agent reads that could hold hooks, with the scope it is written for, if any.
    pub fn files(&self, places: &Places) -> Vec<(Option<Scope>, PathBuf)> {
        let own = Scope::ALL.map(|scope| (Some(scope), self.file(scope, places)));
        let others = (self.other_files)(places).into_iter().map(|file| (None, file));
        let mut files: Vec<(Option<Scope>, PathBuf)> = Vec::new();
        for (scope, file) in own.into_iter().chain(others) {
            // Where the project's folder is the home folder, two scopes are one file.
            if !files.iter().any(|(_, known)| *known == file) {
                files.push((scope, file));
            }
        }
        files
    }

    /// What to have in the settings.
    pub fn entries(&self, facts: &Facts) -> Vec<Entry> {
        (self.entries)(facts)
    }

    /// Our hooks in one of the agent's files; none where it is missing.
    ///
    /// # Errors
    /// Where the file cannot be read or is not valid.
    pub fn registrations(&self, path: &Path) -> Result<Vec<Registration>, InstallError> {
        let text = file::read(path)?.unwrap_or_default();
        merge::registrations(&text, self.dialect).map_err(|why| InstallError::Refused { path: path.to_owned(), why })
    }

    /// What installing would change, with what a person should know about it. Nothing is written.
    ///
    /// # Errors
    /// Where the settings file cannot be read or is not valid.
    pub fn plan_install(&self, scope: Scope, places: &Places, facts: &Facts) -> Result<Plan, InstallError> {
        let path = self.file(scope, places);
        let before = file::read(&path)?;
        let merged = merge::install(before.as_deref().unwrap_or_default(), &self.entries(facts), self.dialect);
        let (after, changes) = merged.map_err(|why| InstallError::Refused { path: path.clone(), why })?;
        let mut notes = (self.notes)(scope, facts);
        notes.extend((!merge::is_plain_json(&after)).then(|| format!("{}: {COMMENTS}", path.display())));
        for (_, other) in self.files(places) {
            if other != path && self.registrations(&other).is_ok_and(|ours| !ours.is_empty()) {
                notes.push(format!(
                    "{} holds our hooks too: sessions that read both files run the hook twice where the two differ; uninstall one",
                    other.display()
                ));
            }
        }
        let backup =
            before.as_deref().filter(|text| merge::registrations(text, self.dialect).is_ok_and(|ours| ours.is_empty()));
        let backup = backup.map(str::to_owned);
        Ok(Plan { path, before, after: Some(after), changes, notes, backup, creates: true })
    }

    /// What putting our hooks in the place of another program's would change in one of the agent's files, and which hooks
    /// those are; `None` where the file holds none of them. Nothing is written.
    ///
    /// # Errors
    /// Where the settings file cannot be read or is not valid.
    pub fn plan_replace(
        &self,
        path: &Path,
        facts: &dyn Fn() -> Facts,
        is_theirs: &dyn Fn(&[String]) -> bool,
    ) -> Result<Option<(Plan, Vec<Registration>)>, InstallError> {
        let refused = |why| InstallError::Refused { path: path.to_owned(), why };
        let Some(before) = file::read(path)?.filter(|text| !text.trim().is_empty()) else { return Ok(None) };
        let (without, theirs) = merge::take_out(&before, self.dialect, is_theirs).map_err(refused)?;
        if theirs.is_empty() {
            return Ok(None);
        }
        let (after, changes) = merge::install(&without, &self.entries(&facts()), self.dialect).map_err(refused)?;
        // What uninstalling goes back to later: the file without either's hooks.
        let (backup, _) = merge::uninstall(&without, None, self.dialect).map_err(refused)?;
        let path = path.to_owned();
        let notes = Vec::new();
        let plan = Plan {
            path,
            before: Some(before),
            after: Some(after),
            changes: merge::Changes { removed: changes.removed + theirs.len(), ..changes },
            notes,
            backup: Some(backup),
            creates: true,
        };
        Ok(Some((plan, theirs)))
    }

    /// What putting another program's hooks back in the place of ours would change. Where the file is as [`Self::plan_replace`]
    /// left it, that is `before`, byte for byte. Nothing is written.
    ///
    /// # Errors
    /// Where the settings file cannot be read or is not valid.
    pub fn plan_put_back(
        &self,
        path: &Path,
        before: &str,
        after: &str,
        theirs: &[Registration],
    ) -> Result<Plan, InstallError> {
        let refused = |why| InstallError::Refused { path: path.to_owned(), why };
        let now = file::read(path)?;
        let text = match now.as_deref() {
            Some(now) if now == after => before.to_owned(),
            now => {
                let (left, _) = merge::uninstall(now.unwrap_or_default(), None, self.dialect).map_err(refused)?;
                let (left, _) = merge::take_out(&left, self.dialect, &|words| {
                    theirs.iter().any(|it| it.program == words.join(" "))
                })
                .map_err(refused)?;
                merge::put_back(&left, theirs, self.dialect).map_err(refused)?
            }
        };
        let changes = merge::Changes { added: theirs.len(), ..merge::Changes::default() };
        let (path, notes) = (path.to_owned(), Vec::new());
        Ok(Plan { path, before: now, after: Some(text), changes, notes, backup: None, creates: false })
    }

    /// What uninstalling would change. Nothing is written.
    ///
    /// # Errors
    /// Where the settings file cannot be read or is not valid.
    pub fn plan_uninstall(&self, scope: Scope, places: &Places) -> Result<Plan, InstallError> {
        let path = self.file(scope, places);
        let before = file::read(&path)?;
        let text = before.as_deref().unwrap_or_default();
        let original = file::read(&file::backup_of(&path))?;
        let (left, removed) = merge::uninstall(text, original.as_deref(), self.dialect)
            .map_err(|why| InstallError::Refused { path: path.clone(), why })?;
        // With no backup the file did not exist before; with nothing left in it, it need not exist any more.
        let gone = removed > 0 && original.is_none() && left.trim() == "{}";
        let after = if before.is_none() || gone { None } else { Some(left) };
        let changes = merge::Changes { removed, ..merge::Changes::default() };
        Ok(Plan { path, before, after, changes, notes: Vec::new(), backup: None, creates: false })
    }
}

/// A command line for a POSIX shell that replaces the shell by the program, each word quoted where it needs to be.
pub(crate) fn shell_line(words: &[String]) -> String {
    let plain = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-+:@%,".contains(&byte))
    };
    let quoted = words.iter().map(|word| match plain(word) {
        true => word.clone(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    });
    std::iter::once("exec".to_owned()).chain(quoted).collect::<Vec<_>>().join(" ")
}
