//! Who wins: from what flags, environment, files and the reference say to one value of each setting, with where it comes from.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use super::document::{Document, Place};
use super::settings::{SETTINGS, Setting, Value};
use super::{ConfigError, Flags, reference};
use crate::profile::Chosen;

/// Reads a variable of the environment.
pub(crate) type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The reference.
    Default,
    /// A profile of the reference.
    BuiltInProfile(String),
    /// A file, in this profile's table where it is named.
    File {
        /// Where in it.
        #[serde(flatten)]
        place: Place,
        /// The profile.
        profile: Option<String>,
    },
    /// A variable of the environment.
    Variable(&'static str),
    /// A flag.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::BuiltInProfile(name) => write!(f, "default of profile {name}"),
            Self::File { place, profile: None } => place.fmt(f),
            Self::File { place, profile: Some(name) } => write!(f, "{place} (profile {name})"),
            Self::Variable(name) => f.write_str(name),
            Self::Flag(name) => f.write_str(name),
        }
    }
}

/// A setting's value and where it comes from.
#[derive(Clone, Debug)]
pub struct Found {
    /// The setting.
    pub setting: &'static Setting,
    /// Its value; `None` where it has no default and nobody says one.
    pub value: Option<Value>,
    /// Where the value comes from.
    pub origin: Origin,
}

/// Every setting, in the order of the reference.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The profile in force.
    pub profile: Chosen,
    /// The settings.
    pub all: Vec<Found>,
}

/// What files say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said<'d> {
    /// `config.toml`.
    pub(crate) person: &'d Document,
    /// The project's `hookrail.toml`, where it counts.
    pub(crate) project: Option<&'d Document>,
}

impl Said<'_> {
    /// What files say of a setting in a profile. Later files win over earlier ones, and in each the profile's table over the top:
    /// reference < config.toml < the project's.
    pub(crate) fn of(&self, profile: &str, key: &str) -> Option<(Value, Origin)> {
        let reference = reference::document();
        let documents = [self.project, Some(self.person), Some(reference)];
        documents.into_iter().flatten().find_map(|document| {
            let entry = document.get(Some(profile), key).or_else(|| document.get(None, key))?;
            let origin = match (std::ptr::eq(document, reference), &entry.profile) {
                (true, None) => Origin::Default,
                (true, Some(profile)) => Origin::BuiltInProfile(profile.clone()),
                (false, profile) => Origin::File { place: entry.place.clone(), profile: profile.clone() },
            };
            Some((entry.value.clone(), origin))
        })
    }
}

impl Settings {
    /// One value of each setting.
    ///
    /// # Errors
    /// Where a flag or variable says what the setting cannot be.
    pub(crate) fn resolve(said: Said<'_>, flags: &Flags, env: Env<'_>, profile: Chosen) -> Result<Self, ConfigError> {
        let all = SETTINGS.iter().map(|setting| found(setting, said, flags, env, &profile.name));
        Ok(Self { all: all.collect::<Result<_, _>>()?, profile })
    }

    /// A setting's value and where it comes from; `None` for one there is not.
    pub fn get(&self, key: &str) -> Option<&Found> {
        self.all.iter().find(|found| found.setting.key == key)
    }

    fn value(&self, key: &str) -> Option<&Value> {
        self.get(key)?.value.as_ref()
    }

    pub(crate) fn text(&self, key: &str) -> Option<String> {
        match self.value(key) {
            Some(Value::Text(text)) if !text.is_empty() => Some(text.clone()),
            _ => None,
        }
    }

    /// A path, which is meant from this folder.
    pub(crate) fn path(&self, key: &str, folder: &Path) -> Option<PathBuf> {
        let found = self.get(key)?;
        let path = PathBuf::from(self.text(key)?);
        Some(if matches!(found.origin, Origin::Flag(_)) { path } else { folder.join(path) })
    }

    // What follows has a default in the reference, which a test sees to.

    pub(crate) fn switch(&self, key: &str) -> bool {
        matches!(self.value(key), Some(Value::Switch(true)))
    }

    pub(crate) fn bytes(&self, key: &str) -> u64 {
        match self.value(key) {
            Some(Value::Bytes(bytes)) => *bytes,
            _ => 0,
        }
    }

    pub(crate) fn span(&self, key: &str) -> Duration {
        match self.value(key) {
            Some(Value::Span(span)) => *span,
            _ => Duration::ZERO,
        }
    }
}

fn found(
    setting: &'static Setting,
    said: Said<'_>,
    flags: &Flags,
    env: Env<'_>,
    profile: &str,
) -> Result<Found, ConfigError> {
    let given = |name: &'static str, text: String, origin| {
        let value = setting.kind.of_text(&text).map_err(|why| ConfigError::Invalid(format!("{name} {why}")))?;
        Ok(Found { setting, value: Some(value), origin })
    };
    if let Some((name, text)) = setting.flag.and_then(|name| Some((name, flags.of(setting.key)?))) {
        return given(name, text, Origin::Flag(name));
    }
    let told = setting.variable.and_then(|name| Some((name, env(name).filter(|text| !text.trim().is_empty())?)));
    if let Some((name, text)) = told {
        return given(name, text, Origin::Variable(name));
    }
    let (value, origin) = match said.of(profile, setting.key) {
        Some((value, origin)) => (Some(value), origin),
        None => (None, Origin::Default),
    };
    Ok(Found { setting, value, origin })
}
