//! Every setting there is: its key, what it may be, and who may say it. What each means and its default are said once, in the
//! [reference](super::reference).

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use toml::de::DeValue;

use super::{LOCAL_SERVER, MAX_BATCH_BYTES};
use crate::handlers::pattern::Globs;
use crate::units::{Bytes, Span};
use crate::words;

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its key, with its table: `ship.batch_bytes`.
    pub key: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// The variable of the environment that wins over files.
    pub variable: Option<&'static str>,
    /// The flag that wins over everything.
    pub flag: Option<&'static str>,
    /// Who may say it.
    pub scope: Scope,
}

/// Who may say a setting; each also where those before may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// The top of `config.toml`: it is one for the device, whatever the profile.
    Device,
    /// A profile of `config.toml` as well.
    Profile,
    /// A profile of a project's `hookrail.toml` as well.
    Project,
}

/// What a setting may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// A path.
    Path,
    /// A server's URL.
    Server,
    /// A key, which is never shown.
    Key,
    /// Yes or no.
    Switch,
    /// An amount of bytes, between these.
    Bytes(u64, u64),
    /// A span of time of at least this.
    Span(Duration),
    /// One of these words.
    Word(&'static [&'static str]),
    /// A list of globs.
    Globs,
}

/// What a setting is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A text, path, URL, key or word.
    Text(String),
    /// Yes or no.
    Switch(bool),
    /// Bytes.
    Bytes(u64),
    /// A span of time.
    Span(Duration),
    /// Globs.
    Globs(Vec<String>),
}

/// Every setting, in the order of the reference.
pub const SETTINGS: &[Setting] = &[
    device("server", Kind::Server).told_by(Some(super::ENV_SERVER), Some("--server")),
    device("token", Kind::Key).told_by(Some(super::ENV_TOKEN), Some("--token")),
    device("token_file", Kind::Path),
    device("ca_file", Kind::Path).told_by(None, Some("--ca-file")),
    device("name", Kind::Text).told_by(Some("HOOKRAIL_DEVICE"), None),
    device("user", Kind::Text).told_by(Some("HOOKRAIL_USER"), None),
    device("source_app", Kind::Text).told_by(Some("HOOKRAIL_SOURCE_APP"), None),
    device("device_id", Kind::Text),
    profile("capture", Kind::Word(CAPTURES)).told_by(Some(super::ENV_CAPTURE), None),
    profile("redact_personal", Kind::Switch).told_by(Some(super::ENV_REDACT_PERSONAL), None),
    profile("follow_transcripts", Kind::Switch).told_by(Some(super::ENV_FOLLOW_TRANSCRIPTS), None),
    profile("collect.host", Kind::Switch),
    profile("collect.os", Kind::Switch),
    profile("collect.os_user", Kind::Switch),
    profile("collect.git_name", Kind::Switch),
    profile("collect.git_email", Kind::Switch),
    profile("collect.repository", Kind::Switch),
    profile("collect.branch", Kind::Switch),
    profile("collect.commit", Kind::Switch),
    profile("collect.container", Kind::Switch),
    profile("collect.ci", Kind::Switch),
    profile("collect.cloud", Kind::Switch),
    profile("collect.run_id", Kind::Switch),
    profile("collect.worker", Kind::Switch),
    profile("collect.task", Kind::Switch),
    profile("ship.batch_bytes", Kind::Bytes(1, MAX_BATCH_BYTES)),
    profile("ship.batch_wait", Kind::Span(Duration::ZERO)),
    profile("ship.idle_exit", Kind::Span(Duration::ZERO)),
    profile("spool.max_age", Kind::Span(Duration::ZERO)),
    profile("spool.max_bytes", ANY_BYTES),
    profile("spool.artifact_bytes", ANY_BYTES),
    profile("spool.artifacts_bytes", ANY_BYTES),
    profile("timeouts.connect", SOME_TIME),
    profile("timeouts.answer", SOME_TIME),
    project("handlers.timeout", SOME_TIME),
    project("handlers.slow", SOME_TIME),
    project("handlers.off", Kind::Globs),
    project("guard.at_least", Kind::Word(MODES)),
    profile("guard.at_most", Kind::Word(MODES)),
    profile("guard.on_failure", Kind::Word(&["open", "closed"])),
];

const ANY_BYTES: Kind = Kind::Bytes(0, u64::MAX);
const SOME_TIME: Kind = Kind::Span(Duration::from_millis(1));
const CAPTURES: &[&str] = &["metadata", "inputs", "full"];
const MODES: &[&str] = &["observe", "warn", "ask", "enforce"];

const fn device(key: &'static str, kind: Kind) -> Setting {
    Setting { key, kind, variable: None, flag: None, scope: Scope::Device }
}

const fn profile(key: &'static str, kind: Kind) -> Setting {
    Setting { scope: Scope::Profile, ..device(key, kind) }
}

const fn project(key: &'static str, kind: Kind) -> Setting {
    Setting { scope: Scope::Project, ..device(key, kind) }
}

impl Setting {
    const fn told_by(self, variable: Option<&'static str>, flag: Option<&'static str>) -> Self {
        Self { variable, flag, ..self }
    }

    /// The setting of this key.
    pub fn of(key: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.key == key)
    }
}

impl Kind {
    /// The value that a file says.
    ///
    /// # Errors
    /// What it must be, to stand behind the setting's name. A key is never quoted.
    pub(super) fn of_file(self, value: &DeValue<'_>) -> Result<Value, String> {
        match (self, value) {
            (Self::Switch, DeValue::Boolean(yes)) => Ok(Value::Switch(*yes)),
            (Self::Switch, _) => Err("must be true or false".to_owned()),
            (Self::Globs, DeValue::Array(items)) => {
                let texts = items.iter().map(|item| item.get_ref().as_str().map(str::to_owned));
                globs(texts.collect::<Option<_>>().ok_or_else(|| self.wanted())?)
            }
            (Self::Globs, _) => Err(self.wanted()),
            (_, DeValue::String(text)) => self.of_text(text),
            _ => Err(self.wanted()),
        }
    }

    /// The value that a variable, a flag or a file's text says.
    ///
    /// # Errors
    /// As [`Self::of_file`].
    pub(super) fn of_text(self, text: &str) -> Result<Value, String> {
        let not = || match self {
            Self::Key => self.wanted(),
            _ => format!("{}, not {}", self.wanted(), quoted(text)),
        };
        match self {
            Self::Text | Self::Path => Ok(Value::Text(text.to_owned())),
            Self::Server => base(text).map(Value::Text),
            Self::Key => key(text).map(Value::Text).ok_or_else(not),
            Self::Switch => yes_or_no(text).map(Value::Switch).ok_or_else(not),
            Self::Bytes(least, most) => {
                let found = Bytes::parse(text).map(|bytes| bytes.0).filter(|bytes| (least..=most).contains(bytes));
                found.map(Value::Bytes).ok_or_else(not)
            }
            Self::Span(least) => {
                let found = Span::parse(text).map(|span| span.0).filter(|span| *span >= least);
                found.map(Value::Span).ok_or_else(not)
            }
            Self::Word(words) if words.contains(&text.trim()) => Ok(Value::Text(text.trim().to_owned())),
            Self::Word(words) => Err(match words::nearest(text.trim(), words.iter().copied()) {
                Some(near) => format!("{}; did you mean `{near}`?", not()),
                None => not(),
            }),
            Self::Globs => globs(text.split(',').map(|item| item.trim().to_owned()).collect()),
        }
    }

    /// What it must be.
    fn wanted(self) -> String {
        match self {
            Self::Text | Self::Path => "must be a text".to_owned(),
            Self::Server => format!("must be a URL such as \"{LOCAL_SERVER}\""),
            Self::Key => "must be a key: visible ASCII, and not empty".to_owned(),
            Self::Switch => "must be true or false".to_owned(),
            Self::Bytes(0, u64::MAX) => "must be an amount such as \"512KiB\" or \"2GiB\"".to_owned(),
            Self::Bytes(least, most) => {
                format!("must be between {} and {}, such as \"512KiB\"", Bytes(least), Bytes(most))
            }
            Self::Span(Duration::ZERO) => "must be a span of time such as \"30s\" or \"7d\"".to_owned(),
            Self::Span(_) => "must be a span of time longer than nothing, such as \"30s\"".to_owned(),
            Self::Word(words) => match words.split_last() {
                Some((last, first)) => format!("must be {} or {last}", first.join(", ")),
                None => String::new(),
            },
            Self::Globs => "must be a list of texts".to_owned(),
        }
    }
}

fn globs(texts: Vec<String>) -> Result<Value, String> {
    Globs::new(&texts).map_err(|(_, why)| format!("has a mistake: {why}"))?;
    Ok(Value::Globs(texts))
}

fn quoted(text: &str) -> String {
    format!("`{text}`")
}

/// A variable's yes or no.
pub(super) fn yes_or_no(text: &str) -> Option<bool> {
    match text.trim() {
        "1" | "true" | "yes" => Some(true),
        "0" | "false" | "no" => Some(false),
        _ => None,
    }
}

/// A key as it may be sent in a header.
pub(super) fn key(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())).then(|| text.to_owned())
}

/// A server's URL without its trailing slash.
fn base(url: &str) -> Result<String, String> {
    let url = url.trim().trim_end_matches('/');
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    let bad = |why: &str| Err(format!("{why}; write it like {LOCAL_SERVER}"));
    match rest {
        None => bad("must begin with http:// or https://"),
        Some("") => bad("names no host"),
        Some(rest) if rest.contains('@') => bad("must not hold a user name or key (keys go to `token_file`)"),
        Some(rest) if rest.contains(['?', '#']) || rest.contains(char::is_whitespace) => bad("is not a plain URL"),
        Some(_) => Ok(url.to_owned()),
    }
}

/// As it would be written in a file, but for the quotes around a text.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Switch(yes) => yes.fmt(f),
            Self::Bytes(bytes) => Bytes(*bytes).fmt(f),
            Self::Span(span) => Span(*span).fmt(f),
            Self::Globs(texts) => write!(f, "[{}]", texts.join(", ")),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Switch(yes) => serializer.serialize_bool(*yes),
            Self::Globs(texts) => texts.serialize(serializer),
            other => serializer.collect_str(other),
        }
    }
}
