//! Makes this machine one of a server's: its settings, its id, its first report.

use std::io;

use hookrail_core::event::EventId;
use hookrail_hook::Home;

use crate::config::{Config, ConfigError, Flags, Token};
use crate::http::{Client, HttpError};
use crate::install::InstallError;
use crate::install::setup;
use crate::report;
use crate::ship::now;

/// What a device is enrolled with.
#[derive(Debug)]
pub struct Enrollment {
    /// The server.
    pub server: String,
    /// The key, with the scope `ingest` at least.
    pub token: Token,
    /// What its events are to call it.
    pub name: Option<String>,
    /// The label of its events.
    pub source_app: Option<String>,
    /// The person, where git and the system do not know better.
    pub user: Option<String>,
}

/// Why a device was not enrolled. Nothing was written then, but where the settings themselves could not be.
#[derive(Debug, thiserror::Error)]
pub enum EnrollError {
    /// The address or the key is not usable.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The server cannot be reached.
    #[error(transparent)]
    Unreachable(#[from] HttpError),
    /// The server does not take the key.
    #[error("{server} does not take this key: {why}")]
    Refused {
        /// The server.
        server: String,
        /// Its words.
        why: String,
    },
    /// The settings cannot be written.
    #[error(transparent)]
    Settings(#[from] InstallError),
}

/// What was done.
#[derive(Debug)]
pub struct Enrolled {
    /// The device's id.
    pub device_id: String,
    /// What its events call it.
    pub name: String,
    /// Whether it was enrolled before.
    pub again: bool,
}

/// Shows the key to the server and, where it takes it, writes the settings and the id, which stays for good.
///
/// # Errors
/// See [`EnrollError`].
pub fn enroll(home: &Home, wanted: &Enrollment, env: &dyn Fn(&str) -> Option<String>) -> Result<Enrolled, EnrollError> {
    let known = Config::load(home.path(), &Flags::default(), |_| None)?.device_id;
    let again = known.is_some();
    let device_id = known.unwrap_or_else(|| EventId::v7(now(), random()).to_string());
    let flags = Flags {
        server: Some(wanted.server.clone()),
        token: Some(wanted.token.secret().to_owned()),
        ..Flags::default()
    };
    let mut config = Config::load(home.path(), &flags, |_| None)?;
    config.device_id = Some(device_id.clone());
    config.name = wanted.name.clone().or(config.name);
    config.user = wanted.user.clone().or(config.user);
    config.source_app = wanted.source_app.clone().or(config.source_app);
    let said = report::report(home, &config, env);
    let answer = report::send(&Client::new(&config)?, &said)?;
    if !answer.is_success() {
        let server = wanted.server.clone();
        return Err(EnrollError::Refused { server, why: answer.describe() });
    }
    setup::prepare(home, config.server.as_deref(), Some(&wanted.token))?;
    let mut settings = vec![("device_id", device_id.as_str())];
    settings.extend(wanted.name.as_deref().map(|name| ("name", name)));
    settings.extend(wanted.user.as_deref().map(|user| ("user", user)));
    settings.extend(wanted.source_app.as_deref().map(|label| ("source_app", label)));
    setup::write(home, &settings, &[])?;
    Ok(Enrolled { device_id, name: said.name, again })
}

/// Takes server and key out of the settings. The id, the records and everything else stay.
///
/// # Errors
/// Where the settings cannot be written.
pub fn remove(home: &Home) -> Result<(), InstallError> {
    // Where there are no settings there is no key, and none are made to say so.
    if !home.config().exists() {
        return Ok(());
    }
    setup::write(home, &[], &["server", "token", "token_file"])
}

/// 64 random bits: the standard library seeds its hasher from the system's randomness.
fn random() -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    RandomState::new().build_hasher().finish()
}

/// The key on a stream, such as standard input: its first line.
///
/// # Errors
/// Where the stream fails, or holds no key.
pub fn read_key(mut from: impl io::BufRead) -> Result<Token, ConfigError> {
    let mut line = String::new();
    from.read_line(&mut line).map_err(|error| ConfigError::Invalid(format!("cannot read the key: {error}")))?;
    Token::new(&line)
}
