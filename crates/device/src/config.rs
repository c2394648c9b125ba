//! The device's settings: `config.toml` in the state folder, profiles, the environment, flags.
//!
//! ```text
//! text ──Document::read──▶ what each file says ──resolve──▶ a value of each setting, and its origin ──▶ Config
//! ```
//!
//! What there is to set is listed in [`settings`]; what each means and its default is said in the [`mod@reference`] alone. A flag wins over the
//! environment, the environment over files, files over the reference; within a file the table of the profile in force wins over the top
//! (`resolve`). A key this version does not know is a mistake with its place, because a mistyped cap or server is worse than no file.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hookrail_core::capture::Capture;
use hookrail_core::context::Context;
use hookrail_core::privacy::Privacy;
use hookrail_core::redact::Redactor;
use hookrail_hook::spool::Caps;

pub use hookrail_hook::home::{ENV_SERVER, ENV_TOKEN};

pub mod check;
pub(crate) mod document;
pub mod edit;
pub mod reference;
pub(crate) mod resolve;
pub mod schema;
pub mod settings;
pub mod show;

pub use document::{Mistake, Place};
pub use resolve::{Found, Origin, Settings};
pub use settings::Value;

use crate::profile::{self, Chosen};
use document::{Document, Form};
use resolve::Said;

/// The name of the file within the state folder.
pub const FILE: &str = "config.toml";

/// Whether transcripts are followed; wins over `follow_transcripts` of the file.
pub const ENV_FOLLOW_TRANSCRIPTS: &str = "HOOKRAIL_FOLLOW_TRANSCRIPTS";

/// How much of an event leaves the device; wins over `capture` of the file. A server reads it as well.
pub const ENV_CAPTURE: &str = "HOOKRAIL_CAPTURE";

/// Whether personal data is taken out as well; wins over `redact_personal` of the file. A server reads it as well.
pub const ENV_REDACT_PERSONAL: &str = "HOOKRAIL_REDACT_PERSONAL";

/// The address `install` writes where none is configured: the default of `hookrail serve`.
pub const LOCAL_SERVER: &str = "http://127.0.0.1:4665";

/// A key that is never shown: `Debug` hides it and there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// A key as written in a file or variable, without surrounding white space.
    ///
    /// # Errors
    /// Where it could not be sent in a header: empty, or with characters other than visible ASCII.
    pub fn new(text: &str) -> Result<Self, ConfigError> {
        let wrong = || ConfigError::Invalid("the key is empty or holds characters other than visible ASCII".into());
        settings::key(text).map(Self).ok_or_else(wrong)
    }

    /// The key itself, for the one header that carries it.
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(hidden)")
    }
}

/// The device's settings, every one with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The profile in force on this device, whatever the project.
    pub profile: Chosen,
    /// The server's URL without a trailing slash; `None` where nobody configured one.
    pub server: Option<String>,
    /// The key sent to that server, and to no other.
    pub token: Option<Token>,
    /// This device's id, minted when it was enrolled.
    pub device_id: Option<String>,
    /// What this device's events call it; the host's name where nobody chose one.
    pub name: Option<String>,
    /// The person whose events these are, where that is not told by git or the system.
    pub user: Option<String>,
    /// The label of the project or host on every event.
    pub source_app: Option<String>,
    /// What is collected of the place.
    pub collect: Collect,
    /// Whether the shipper also follows the transcripts of live sessions.
    pub follow_transcripts: bool,
    /// What is done with an event before it leaves. Its key is the business of whoever runs the shipper or an import.
    pub privacy: Privacy,
    /// Certificate authorities (PEM) trusted instead of the public ones.
    pub ca_file: Option<PathBuf>,
    /// A batch is sent when this many bytes of records are waiting, before compression.
    pub batch_bytes: u64,
    /// A batch is sent when its oldest record has waited this long.
    pub batch_wait: Duration,
    /// The shipper ends after this long without an event.
    pub idle_exit: Duration,
    /// Sealed segments older than this are dropped.
    pub spool_max_age: Duration,
    /// The oldest sealed segments are dropped while the spool is larger than this.
    pub spool_max_bytes: u64,
    /// What is larger is not uploaded of an artifact.
    pub artifact_bytes: u64,
    /// Contents of artifacts are not put to wait beyond this many bytes together.
    pub artifacts_bytes: u64,
    /// How long reaching the server may take.
    pub connect_timeout: Duration,
    /// How long sending, and then receiving the answer, may each take.
    pub answer_timeout: Duration,
    /// A handler that takes longer, half of the time, is slow.
    pub slow_handler: Duration,
}

impl Default for Config {
    fn default() -> Self {
        let nothing = Document::default();
        let said = Said { person: &nothing, project: None };
        let settings = Settings::resolve(said, &Flags::default(), &|_| None, Chosen::default());
        Self::of(&settings.unwrap_or_else(|_| Settings { profile: Chosen::default(), all: Vec::new() }), Path::new(""))
    }
}

/// What was given on the command line; each wins over everything else.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--server`.
    pub server: Option<String>,
    /// `--token`.
    pub token: Option<String>,
    /// `--ca-file`.
    pub ca_file: Option<PathBuf>,
    /// `--profile`.
    pub profile: Option<String>,
}

impl Flags {
    /// What they say of a setting.
    fn of(&self, key: &str) -> Option<String> {
        match key {
            "server" => self.server.clone(),
            "token" => self.token.clone(),
            "ca_file" => self.ca_file.as_ref().map(|path| path.to_string_lossy().into_owned()),
            _ => None,
        }
    }
}

/// What is collected of the place, item by item; everything, unless told otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collect {
    /// The host's name.
    pub host: bool,
    /// The operating system and its version.
    pub os: bool,
    /// The name of the operating system's user.
    pub os_user: bool,
    /// The name git signs with.
    pub git_name: bool,
    /// The e-mail address git signs with.
    pub git_email: bool,
    /// The repository's remote, or its root's path.
    pub repository: bool,
    /// The branch that is checked out.
    pub branch: bool,
    /// The commit that is checked out.
    pub commit: bool,
    /// The kind of container.
    pub container: bool,
    /// The CI service.
    pub ci: bool,
    /// The cloud.
    pub cloud: bool,
    /// The orchestrator's run.
    pub run_id: bool,
    /// The orchestrator's worker.
    pub worker: bool,
    /// The orchestrator's task.
    pub task: bool,
}

impl Collect {
    fn of(settings: &Settings) -> Self {
        let is_on = |item: &str| settings.switch(&format!("collect.{item}"));
        Self {
            host: is_on("host"),
            os: is_on("os"),
            os_user: is_on("os_user"),
            git_name: is_on("git_name"),
            git_email: is_on("git_email"),
            repository: is_on("repository"),
            branch: is_on("branch"),
            commit: is_on("commit"),
            container: is_on("container"),
            ci: is_on("ci"),
            cloud: is_on("cloud"),
            run_id: is_on("run_id"),
            worker: is_on("worker"),
            task: is_on("task"),
        }
    }

    /// Takes out what is switched off.
    pub(crate) fn keep(&self, context: &mut Context) {
        let items = [
            (self.host, &mut context.host),
            (self.os, &mut context.os),
            (self.os_user, &mut context.os_user),
            (self.git_name, &mut context.git_name),
            (self.git_email, &mut context.git_email),
            (self.repository, &mut context.repository),
            (self.branch, &mut context.branch),
            (self.commit, &mut context.commit),
            (self.container, &mut context.container),
            (self.ci, &mut context.ci),
            (self.cloud, &mut context.cloud),
            (self.run_id, &mut context.run_id),
            (self.worker, &mut context.worker),
            (self.task, &mut context.task),
        ];
        for (kept, item) in items {
            if !kept {
                *item = None;
            }
        }
    }
}

/// Why there are no settings.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file could not be read.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file says what this version does not take.
    #[error("{}", told(.0))]
    Mistakes(Vec<Mistake>),
    /// A value from a flag or variable, or a combination of values, is not usable.
    #[error("{0}")]
    Invalid(String),
}

/// The first mistake, and how many more there are.
fn told(mistakes: &[Mistake]) -> String {
    match mistakes {
        [] => String::new(),
        [one] => one.to_string(),
        [first, more @ ..] => format!("{first} (and {} more: see `hookrail config check`)", more.len()),
    }
}

impl Config {
    /// The settings of the device whose state folder is `home`. A missing file is an empty one.
    ///
    /// `env` reads a variable of the environment; tests give their own.
    ///
    /// # Errors
    /// See [`ConfigError`]; each names the file, flag or variable to change.
    pub fn load(home: &Path, flags: &Flags, env: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let person = of_device(home)?;
        if !person.mistakes.is_empty() {
            return Err(ConfigError::Mistakes(person.mistakes));
        }
        let said = Said { person: &person, project: None };
        let profile = profile::choose(flags.profile.as_deref(), &env, said);
        let settings = Settings::resolve(said, flags, &env, profile)?;
        let mut config = Self::of(&settings, home);
        if let Some(file) = settings.path("token_file", home).filter(|_| config.token.is_none()) {
            let text =
                std::fs::read_to_string(&file).map_err(|source| ConfigError::Unreadable { path: file, source })?;
            config.token = Some(Token::new(&text)?);
        }
        Ok(config)
    }

    /// The settings; paths are meant from this folder. A key in a file of its own is the caller's to read.
    fn of(settings: &Settings, home: &Path) -> Self {
        Self {
            profile: settings.profile.clone(),
            server: settings.text("server"),
            token: settings.text("token").map(Token),
            device_id: settings.text("device_id"),
            name: settings.text("name"),
            user: settings.text("user"),
            source_app: settings.text("source_app"),
            collect: Collect::of(settings),
            follow_transcripts: settings.switch("follow_transcripts"),
            privacy: Privacy {
                capture: settings.text("capture").and_then(|word| Capture::named(&word)).unwrap_or_default(),
                redactor: Redactor { personal: settings.switch("redact_personal"), ..Redactor::default() },
            },
            ca_file: settings.path("ca_file", home),
            batch_bytes: settings.bytes("ship.batch_bytes"),
            batch_wait: settings.span("ship.batch_wait"),
            idle_exit: settings.span("ship.idle_exit"),
            spool_max_age: settings.span("spool.max_age"),
            spool_max_bytes: settings.bytes("spool.max_bytes"),
            artifact_bytes: settings.bytes("spool.artifact_bytes"),
            artifacts_bytes: settings.bytes("spool.artifacts_bytes"),
            connect_timeout: settings.span("timeouts.connect"),
            answer_timeout: settings.span("timeouts.answer"),
            slow_handler: settings.span("handlers.slow"),
        }
    }

    /// The limits of the spool in its own words; days are rounded up.
    pub fn caps(&self) -> Caps {
        Caps { bytes: self.spool_max_bytes, days: self.spool_max_age.as_secs().div_ceil(86_400) }
    }
}

/// What `config.toml` says; a missing file says nothing.
///
/// # Errors
/// Where it cannot be read.
pub(crate) fn of_device(home: &Path) -> Result<Document, ConfigError> {
    let path = home.join(FILE);
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Document::read(&text, &path, Form::Config)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Document::default()),
        Err(source) => Err(ConfigError::Unreadable { path, source }),
    }
}

/// The level of capture of a setting.
///
/// # Errors
/// Where the text names none; the error names the setting.
pub fn capture(name: &str, text: &str) -> Result<Capture, ConfigError> {
    let unknown = || ConfigError::Invalid(format!("{name} must be metadata, inputs or full, not `{text}`"));
    Capture::named(text.trim()).ok_or_else(unknown)
}

/// The largest batch before compression; well under what a server takes (64 MiB), and bounds the shipper's memory.
const MAX_BATCH_BYTES: u64 = 16 << 20;

/// A variable that is a yes or a no.
pub fn yes_or_no(name: &str, text: &str) -> Result<bool, ConfigError> {
    settings::yes_or_no(text).ok_or_else(|| ConfigError::Invalid(format!("{name} must be true or false")))
}

#[cfg(test)]
mod tests;
