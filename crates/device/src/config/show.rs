//! What is in force in a folder, and where each of it comes from.

use std::path::{Path, PathBuf};

use hookrail_core::time::Timestamp;
use hookrail_hook::Home;
use serde::Serialize;
use serde_json::Value as Json;

use super::check::{What, check, files};
use super::resolve::{Env, Said};
use super::settings::{Kind, Scope, Value};
use super::{ConfigError, Flags, Mistake, Origin, Settings};
use crate::handlers::sources::Sources;
use crate::policy::{self, OnFailure, RuleMode, Site};
use crate::profile::{self, Chosen, Terms};

/// What stands in the place of a key.
const HIDDEN: &str = "(hidden)";

/// What is in force.
#[derive(Debug, Serialize)]
pub struct Shown {
    /// The profile here, by which handlers go.
    pub profile: Chosen,
    /// The profile of the device, which asks no project: what leaves the device goes by it.
    pub device_profile: Chosen,
    /// Every setting.
    pub settings: Vec<Row>,
    /// The files that are there.
    pub files: Vec<FileState>,
}

/// One setting.
#[derive(Debug, Serialize)]
pub struct Row {
    /// Its key.
    pub key: &'static str,
    /// Its value; none where nobody says one and there is no default.
    pub value: Json,
    /// Where that comes from.
    pub origin: Origin,
}

/// One file.
#[derive(Debug, Serialize)]
pub struct FileState {
    /// The file.
    pub file: PathBuf,
    /// Which it is.
    pub what: What,
    /// What is wrong with it.
    pub mistakes: Vec<Mistake>,
    /// Of a file of rules: how they are carried out that do not say so themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<RuleMode>,
    /// Of a file of rules: what holds where the guard cannot judge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_failure: Option<OnFailure>,
}

/// What is in force for whoever works in this folder; the site is its repository's, by which the guard goes. Files with mistakes count as far as they are right.
///
/// # Errors
/// Where a flag or variable says what a setting cannot be, or a file cannot be read.
pub fn show(site: &Site<'_>, folder: &Path, flags: &Flags, env: Env<'_>, now: Timestamp) -> Result<Shown, ConfigError> {
    let home = site.home;
    let sources = Sources::load(home, folder, env);
    let here = sources.said();
    let device = Said { person: here.person, project: None };
    let flag = flags.profile.as_deref();
    let settle = |said| Settings::resolve(said, flags, env, profile::choose(flag, env, said));
    let (here, device) = (settle(here)?, settle(device)?);
    let unreadable = |error: policy::PolicyError| ConfigError::Invalid(error.to_string());
    let gathered = policy::gather(site).map_err(unreadable)?;
    let settings = device.all.iter().zip(&here.all).map(|(of_device, here)| {
        let (value, origin) = match of_device.setting.key.strip_prefix("guard.") {
            Some(word) => of_guard(word, &gathered.terms),
            None if here.setting.scope == Scope::Project => (here.value.clone(), here.origin.clone()),
            None => (of_device.value.clone(), of_device.origin.clone()),
        };
        let value = match value {
            Some(_) if here.setting.kind == Kind::Key => HIDDEN.into(),
            value => serde_json::json!(value),
        };
        Row { key: here.setting.key, value, origin }
    });
    let settings = settings.collect();
    let files = files(home, &sources.project, site.project).into_iter();
    let files = files.map(|(file, what)| state(file, what, home, now)).collect();
    Ok(Shown { profile: here.profile, device_profile: device.profile, settings, files })
}

fn of_guard(word: &str, terms: &Terms) -> (Option<Value>, Origin) {
    let (value, origin) = match word {
        "at_least" => (terms.at_least.as_str(), &terms.at_least_from),
        "at_most" => (terms.at_most.as_str(), &terms.at_most_from),
        _ if terms.on_failure == OnFailure::Closed => ("closed", &terms.on_failure_from),
        _ => ("open", &terms.on_failure_from),
    };
    (Some(Value::Text(value.to_owned())), origin.clone())
}

fn state(file: PathBuf, what: What, home: &Home, now: Timestamp) -> FileState {
    let mistakes = check(&file, what, home, now).unwrap_or_else(|error| {
        vec![Mistake { file: file.clone(), line: 1, column: 1, message: format!("it cannot be read: {error}") }]
    });
    let rules = std::fs::read_to_string(&file).ok().filter(|_| what == What::Policy);
    let rules = rules.and_then(|text| policy::read(&text).ok());
    let (mode, on_failure) = (rules.as_ref().map(|rules| rules.mode), rules.as_ref().map(|rules| rules.on_failure));
    FileState { file, what, mistakes, mode, on_failure }
}
