//! The device's settings: `config.toml` in the state folder, the environment, flags.
//!
//! A flag wins over the environment, the environment over the file, the file over the default. A key this version
//! does not know is an error that names its place, because a mistyped cap or server is worse than no file at all.
//!
//! ```toml
//! server = "http://127.0.0.1:4665"   # where events go; none: they stay in the spool
//! token_file = "/etc/hookrail/key"   # or token = "…" (then nobody else should be able to read this file)
//! follow_transcripts = false          # also send what agents write down about their sessions, as they write it
//! capture = "full"                    # or "inputs", or "metadata": how much of an event leaves (docs/privacy.md)
//! redact_personal = false             # also take out e-mail addresses, numbers of telephones, cards and persons
//! ca_file = "/etc/hookrail/ca.pem"   # trust these authorities, and no others, for https
//!
//! name = "build-7"                    # what this device's events call it; the host's name unless given
//! user = "dev@example.com"            # whose events these are; git's e-mail address, else the system's user
//! source_app = "shop"                 # a label on every event
//! device_id = "…"                     # minted by `hookrail enroll`
//!
//! [collect]                 # what is told of the place; each item is true unless switched off
//! git_email = false
//!
//! [ship]
//! batch_bytes = "1MiB"      # send when this much is waiting …
//! batch_wait = "200ms"      # … or the oldest has waited this long
//! idle_exit = "1m"          # end after this long without an event; the next event starts a new shipper
//!
//! [spool]
//! max_age = "30d"           # drop what nobody could ship for longer than this, oldest first
//! max_bytes = "1GiB"        # and what is over this much
//! artifact_bytes = "32MiB"  # contents of artifacts to be uploaded: one may have this much …
//! artifacts_bytes = "256MiB"  # … and all that wait this much
//!
//! [timeouts]
//! connect = "5s"            # to reach the server
//! answer = "30s"            # from the last byte sent to the last byte of the answer
//! ```

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hookrail_core::capture::Capture;
use hookrail_core::context::Context;
use hookrail_core::privacy::Privacy;
use hookrail_core::redact::Redactor;
use hookrail_hook::spool::Caps;
use serde::Deserialize;

pub use hookrail_hook::home::{ENV_SERVER, ENV_TOKEN};

use crate::units::{Bytes, Span};

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
        let text = text.trim();
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ConfigError::Invalid("the key is empty or holds characters other than visible ASCII".into()));
        }
        Ok(Self(text.to_owned()))
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
}

impl Default for Config {
    fn default() -> Self {
        Self {
            server: None,
            token: None,
            device_id: None,
            name: None,
            user: None,
            source_app: None,
            collect: Collect::default(),
            follow_transcripts: false,
            privacy: Privacy::default(),
            ca_file: None,
            batch_bytes: 1 << 20,
            batch_wait: Duration::from_millis(200),
            idle_exit: Duration::from_secs(60),
            spool_max_age: Duration::from_secs(30 * 86_400),
            spool_max_bytes: 1 << 30,
            artifact_bytes: 32 << 20,
            artifacts_bytes: 256 << 20,
            connect_timeout: Duration::from_secs(5),
            answer_timeout: Duration::from_secs(30),
        }
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
}

/// What is collected of the place, item by item; everything, unless told otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default)]
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

impl Default for Collect {
    fn default() -> Self {
        Self {
            host: true,
            os: true,
            os_user: true,
            git_name: true,
            git_email: true,
            repository: true,
            branch: true,
            commit: true,
            container: true,
            ci: true,
            cloud: true,
            run_id: true,
            worker: true,
            task: true,
        }
    }
}

impl Collect {
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
    /// The file says something this version does not take.
    #[error("{path}:{line}:{column}: {message}")]
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column in characters, from 1.
        column: usize,
        /// What is wrong and what would be right.
        message: String,
    },
    /// A value from a flag or variable, or a combination of values, is not usable.
    #[error("{0}")]
    Invalid(String),
}

/// The file as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct File {
    server: Option<String>,
    token: Option<String>,
    token_file: Option<PathBuf>,
    device_id: Option<String>,
    name: Option<String>,
    user: Option<String>,
    source_app: Option<String>,
    collect: Collect,
    follow_transcripts: Option<bool>,
    capture: Option<String>,
    redact_personal: Option<bool>,
    ca_file: Option<PathBuf>,
    ship: ShipTable,
    spool: SpoolTable,
    timeouts: TimeoutsTable,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ShipTable {
    batch_bytes: Option<Bytes>,
    batch_wait: Option<Span>,
    idle_exit: Option<Span>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SpoolTable {
    max_age: Option<Span>,
    max_bytes: Option<Bytes>,
    artifact_bytes: Option<Bytes>,
    artifacts_bytes: Option<Bytes>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TimeoutsTable {
    connect: Option<Span>,
    answer: Option<Span>,
}

/// Every key of the file by its table; the tests hold it against [`File`].
const KEYS: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "server",
            "token",
            "token_file",
            "device_id",
            "name",
            "user",
            "source_app",
            "follow_transcripts",
            "capture",
            "redact_personal",
            "ca_file",
            "ship",
            "spool",
            "timeouts",
            "collect",
        ],
    ),
    (
        "collect",
        &[
            "host",
            "os",
            "os_user",
            "git_name",
            "git_email",
            "repository",
            "branch",
            "commit",
            "container",
            "ci",
            "cloud",
            "run_id",
            "worker",
            "task",
        ],
    ),
    ("ship", &["batch_bytes", "batch_wait", "idle_exit"]),
    ("spool", &["max_age", "max_bytes", "artifact_bytes", "artifacts_bytes"]),
    ("timeouts", &["connect", "answer"]),
];

impl Config {
    /// The settings of the device whose state folder is `home`. A missing file is an empty one.
    ///
    /// `env` reads a variable of the environment; tests give their own.
    ///
    /// # Errors
    /// See [`ConfigError`]; each names the file, flag or variable to change.
    pub fn load(home: &Path, flags: &Flags, env: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let path = home.join(FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(ConfigError::Unreadable { path, source }),
        };
        let file = parse(&text, &path)?;
        let env = |name: &str| env(name).filter(|value| !value.trim().is_empty());
        let default = Self::default();
        let config = Self {
            server: flags
                .server
                .clone()
                .or_else(|| env(ENV_SERVER))
                .or(file.server)
                .map(|url| base(&url))
                .transpose()?,
            token: match flags.token.clone().or_else(|| env(ENV_TOKEN)) {
                Some(given) => Some(Token::new(&given)?),
                None => token_of_file(file.token.as_deref(), file.token_file.as_deref(), &path, home)?,
            },
            device_id: file.device_id.filter(|id| !id.is_empty()),
            name: env("HOOKRAIL_DEVICE").or(file.name).filter(|name| !name.is_empty()),
            user: env("HOOKRAIL_USER").or(file.user).filter(|user| !user.is_empty()),
            source_app: env("HOOKRAIL_SOURCE_APP").or(file.source_app).filter(|label| !label.is_empty()),
            collect: file.collect,
            follow_transcripts: match env(ENV_FOLLOW_TRANSCRIPTS) {
                Some(text) => yes_or_no(ENV_FOLLOW_TRANSCRIPTS, &text)?,
                None => file.follow_transcripts.unwrap_or(default.follow_transcripts),
            },
            privacy: Privacy {
                capture: match env(ENV_CAPTURE)
                    .map(|text| (ENV_CAPTURE, text))
                    .or(file.capture.map(|it| ("capture", it)))
                {
                    Some((name, text)) => capture(name, &text)?,
                    None => default.privacy.capture,
                },
                redactor: Redactor {
                    personal: match env(ENV_REDACT_PERSONAL) {
                        Some(text) => yes_or_no(ENV_REDACT_PERSONAL, &text)?,
                        None => file.redact_personal.unwrap_or(default.privacy.redactor.personal),
                    },
                    ..default.privacy.redactor
                },
            },
            ca_file: flags.ca_file.clone().or_else(|| file.ca_file.map(|ca| home.join(ca))),
            batch_bytes: file.ship.batch_bytes.map_or(default.batch_bytes, |it| it.0),
            batch_wait: file.ship.batch_wait.map_or(default.batch_wait, |it| it.0),
            idle_exit: file.ship.idle_exit.map_or(default.idle_exit, |it| it.0),
            spool_max_age: file.spool.max_age.map_or(default.spool_max_age, |it| it.0),
            spool_max_bytes: file.spool.max_bytes.map_or(default.spool_max_bytes, |it| it.0),
            artifact_bytes: file.spool.artifact_bytes.map_or(default.artifact_bytes, |it| it.0),
            artifacts_bytes: file.spool.artifacts_bytes.map_or(default.artifacts_bytes, |it| it.0),
            connect_timeout: file.timeouts.connect.map_or(default.connect_timeout, |it| it.0),
            answer_timeout: file.timeouts.answer.map_or(default.answer_timeout, |it| it.0),
        };
        config.check(&path)
    }

    /// The limits of the spool in its own words; days are rounded up.
    pub fn caps(&self) -> Caps {
        Caps { bytes: self.spool_max_bytes, days: self.spool_max_age.as_secs().div_ceil(86_400) }
    }

    /// Refuses values that could only mean a mistake.
    fn check(self, path: &Path) -> Result<Self, ConfigError> {
        let wrong = |key: &str, why: &str| Err(ConfigError::Invalid(format!("{}: {key} {why}", path.display())));
        if !(1..=MAX_BATCH_BYTES).contains(&self.batch_bytes) {
            return wrong("ship.batch_bytes", "must be between 1B and 16MiB");
        }
        if self.connect_timeout.is_zero() || self.answer_timeout.is_zero() {
            return wrong("timeouts", "must be longer than nothing");
        }
        Ok(self)
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
    match text.trim() {
        "1" | "true" | "yes" => Ok(true),
        "0" | "false" | "no" => Ok(false),
        _ => Err(ConfigError::Invalid(format!("{name} must be true or false"))),
    }
}

/// A server's URL without its trailing slash.
fn base(url: &str) -> Result<String, ConfigError> {
    let url = url.trim().trim_end_matches('/');
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    let bad =
        |why: &str| Err(ConfigError::Invalid(format!("the server's address {why}; write it like {LOCAL_SERVER}")));
    match rest {
        None => bad("must begin with http:// or https://"),
        Some("") => bad("names no host"),
        Some(rest) if rest.contains('@') => bad("must not hold a user name or key (keys go to `token_file`)"),
        Some(rest) if rest.contains(['?', '#']) || rest.contains(char::is_whitespace) => bad("is not a plain URL"),
        Some(_) => Ok(url.to_owned()),
    }
}

/// The key the file names, by value or by another file.
fn token_of_file(
    token: Option<&str>,
    token_file: Option<&Path>,
    path: &Path,
    home: &Path,
) -> Result<Option<Token>, ConfigError> {
    match (token, token_file) {
        (None, None) => Ok(None),
        (Some(token), None) => Token::new(token).map(Some),
        (None, Some(file)) => {
            let file = home.join(file);
            let text =
                std::fs::read_to_string(&file).map_err(|source| ConfigError::Unreadable { path: file, source })?;
            Token::new(&text).map(Some)
        }
        (Some(_), Some(_)) => {
            Err(ConfigError::Invalid(format!("{}: `token` and `token_file` exclude each other", path.display())))
        }
    }
}

/// Reads the file's text; errors name line and column.
fn parse(text: &str, path: &Path) -> Result<File, ConfigError> {
    let at = |offset: usize, message: String| {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        ConfigError::File { path: path.to_owned(), line, column, message }
    };
    let place = |error: &toml::de::Error| error.span().map_or(0, |span| span.start);
    let table = toml::de::DeTable::parse(text).map_err(|error| at(place(&error), error.message().to_owned()))?;
    if let Some((offset, message)) = unknown_key(table.get_ref(), "") {
        return Err(at(offset, message));
    }
    // A wrong value's message may quote it, and the value may be the key, but only of a `token` that is no text.
    toml::from_str(text).map_err(|error: toml::de::Error| at(place(&error), error.message().to_owned()))
}

/// The first key, in the order of the file, that no table of [`KEYS`] knows.
fn unknown_key(table: &toml::de::DeTable<'_>, name: &str) -> Option<(usize, String)> {
    let known = KEYS.iter().find(|(table, _)| *table == name)?.1;
    let mut found: Vec<_> = table
        .iter()
        .filter_map(|(key, value)| {
            let text: &str = key.get_ref();
            if !known.contains(&text) {
                return Some((key.span().start, unknown_message(text, name, known)));
            }
            value.get_ref().as_table().and_then(|inner| unknown_key(inner, text))
        })
        .collect();
    found.sort_by_key(|(offset, _)| *offset);
    found.into_iter().next()
}

fn unknown_message(key: &str, table: &str, known: &[&str]) -> String {
    let within = if table.is_empty() { String::new() } else { format!(" in [{table}]") };
    let nearest = known.iter().map(|known| (distance(key, known), known)).min();
    match nearest {
        Some((far, nearest)) if far <= 3 && far < nearest.len() => {
            format!("unknown key `{key}`{within}; did you mean `{nearest}`?")
        }
        _ => format!("unknown key `{key}`{within}; known are {}", known.join(", ")),
    }
}

/// The edit distance of two short texts (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests;
