//! Which profile is in force, and what profiles mean to the guard.
//!
//! A profile is a name by which settings have other values ([`crate::config`]) and by which handlers are chosen. It is chosen by, the
//! first that does: the flag `--profile`, `HOOKRAIL_PROFILE`, the project's `hookrail.toml`, the person's `config.toml`, the detection of
//! CI; else it is `development`.
//!
//! # The guard
//!
//! Flags, variables, a project's files and the marks of CI can be set by the agent that the guard is there for. So none of them makes it
//! milder: what `config.toml` says of the profile that `config.toml` chooses (or of the default one) is where the guard begins; from a
//! profile that a project chooses it takes `at_least`, where that is more, and nothing else. The environment it does not ask: rules
//! are prepared once for all hooks, whatever theirs is.

use std::fmt;

use serde::Serialize;

use crate::config::Value;
use crate::config::document::{Document, Place};
use crate::config::reference::{CI_PROFILE, DEFAULT_PROFILE};
use crate::config::resolve::{Env, Origin, Said};
use crate::place;
use crate::policy::{OnFailure, RuleMode};

/// The variable that chooses the profile.
pub const ENV_PROFILE: &str = "HOOKRAIL_PROFILE";

/// Who chose a profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// `--profile`.
    Flag,
    /// [`ENV_PROFILE`].
    Variable,
    /// The project's `hookrail.toml`.
    Project(Place),
    /// The person's `config.toml`.
    Person(Place),
    /// CI was detected by this variable.
    Detected(&'static str),
    /// Nobody.
    Default,
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("--profile"),
            Self::Variable => f.write_str(ENV_PROFILE),
            Self::Project(place) | Self::Person(place) => place.fmt(f),
            Self::Detected(variable) => write!(f, "CI is detected by {variable}"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A profile, and who chose it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Chosen {
    /// Its name.
    pub name: String,
    /// Who chose it.
    pub by: By,
}

impl Default for Chosen {
    fn default() -> Self {
        Self { name: DEFAULT_PROFILE.to_owned(), by: By::Default }
    }
}

impl fmt::Display for Chosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.by)
    }
}

/// The profile in force.
pub(crate) fn choose(flag: Option<&str>, env: Env<'_>, said: Said<'_>) -> Chosen {
    let told = |name: Option<String>, by: By| name.filter(|name| !name.trim().is_empty()).map(|name| (name, by));
    let of_file = |document: Option<&Document>, by: fn(Place) -> By| {
        document.and_then(|document| document.profile.clone()).map(|(name, place)| (name, by(place)))
    };
    let chosen = told(flag.map(str::to_owned), By::Flag)
        .or_else(|| told(env(ENV_PROFILE), By::Variable))
        .or_else(|| of_file(said.project, By::Project))
        .or_else(|| of_file(Some(said.person), By::Person))
        .or_else(|| place::ci_mark(env).map(|variable| (CI_PROFILE.to_owned(), By::Detected(variable))));
    chosen.map(|(name, by)| Chosen { name: name.trim().to_owned(), by }).unwrap_or_default()
}

/// What profiles mean to the guard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// What is carried out more mildly is raised to this.
    pub at_least: RuleMode,
    /// Where that comes from.
    pub at_least_from: Origin,
    /// What is carried out more strictly is lowered to this, where a person may loosen it.
    pub at_most: RuleMode,
    /// Where that comes from.
    pub at_most_from: Origin,
    /// What holds where the guard cannot judge, beside what files of rules say.
    pub on_failure: OnFailure,
    /// Where that comes from.
    pub on_failure_from: Origin,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            at_least: RuleMode::Observe,
            at_least_from: Origin::Default,
            at_most: RuleMode::Enforce,
            at_most_from: Origin::Default,
            on_failure: OnFailure::Open,
            on_failure_from: Origin::Default,
        }
    }
}

/// What profiles mean to the guard.
pub(crate) fn terms(person: &Document, project: Option<&Document>) -> Terms {
    let base = person.profile.as_ref().map_or(DEFAULT_PROFILE, |(name, _)| name);
    let own = Said { person, project: None };
    // A file with mistakes may have said something else: it loosens nothing, of what holds without it neither.
    let nothing = Document::default();
    let without = (!person.mistakes.is_empty()).then_some(Said { person: &nothing, project: None });
    let mut terms = Terms::default();
    if let Some((mode, from)) = word(own.of(base, "guard.at_least"), mode) {
        (terms.at_least, terms.at_least_from) = (mode, from);
    }
    if let Some((mode, from)) = word(own.of(base, "guard.at_most"), mode).filter(|_| without.is_none()) {
        (terms.at_most, terms.at_most_from) = (mode, from);
    }
    for said in [Some(own), without].into_iter().flatten() {
        if let Some((on_failure, from)) = word(said.of(base, "guard.on_failure"), on_failure)
            && terms.on_failure == OnFailure::Open
        {
            (terms.on_failure, terms.on_failure_from) = (on_failure, from);
        }
    }
    let of_project = project.and_then(|project| Some(project.profile.as_ref()?.0.as_str()));
    for name in [Some(base), of_project].into_iter().flatten() {
        let by_project = project.and_then(|project| project.get(Some(name), "guard.at_least")).map(|entry| {
            let profile = entry.profile.clone();
            (entry.value.clone(), Origin::File { place: entry.place.clone(), profile })
        });
        let without = without.and_then(|it| it.of(name, "guard.at_least"));
        let said = [own.of(name, "guard.at_least"), without, by_project];
        for (mode, from) in said.into_iter().filter_map(|it| word(it, mode)) {
            if mode > terms.at_least {
                (terms.at_least, terms.at_least_from) = (mode, from);
            }
        }
    }
    terms
}

fn word<T>(said: Option<(Value, Origin)>, read: fn(&str) -> Option<T>) -> Option<(T, Origin)> {
    match said? {
        (Value::Text(text), from) => Some((read(&text)?, from)),
        _ => None,
    }
}

fn mode(word: &str) -> Option<RuleMode> {
    [RuleMode::Observe, RuleMode::Warn, RuleMode::Ask, RuleMode::Enforce].into_iter().find(|mode| mode.as_str() == word)
}

fn on_failure(word: &str) -> Option<OnFailure> {
    match word {
        "open" => Some(OnFailure::Open),
        "closed" => Some(OnFailure::Closed),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
