//! The form of a file of rules, and what can be wrong with one.

use std::fmt;

use hookrail_core::policy::effects::{Kind, Where};
use hookrail_core::policy::places::Place;
use hookrail_core::policy::{self, Decision};
use hookrail_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::call;

/// A file of rules.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyFile {
    /// The rules.
    #[serde(default, rename = "rule")]
    pub rules: Vec<Rule>,
    /// What is excepted from rules, for a time.
    #[serde(default, rename = "exception")]
    pub exceptions: Vec<Exception>,
}

/// A rule. What is left out is no condition.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its name: an area and what it is about, `git.force-push`.
    pub id: Spanned<String>,
    /// `deny`, `ask` or `allow`.
    pub decision: Decision,
    /// Why, in a sentence for the agent and the person.
    pub reason: Spanned<String>,
    /// What to do in its stead, in a sentence for the agent.
    #[serde(default)]
    pub instead: Option<String>,
    /// Kinds of effects, one of which the call must have; `git.*` for all of an area.
    #[serde(default)]
    pub effects: Vec<Spanned<String>>,
    /// Where the effect must be.
    #[serde(default)]
    pub place: Vec<Spanned<String>>,
    /// Whether it must be on everything below its target.
    #[serde(default)]
    pub recursive: Option<bool>,
    /// Whether what is sent must be a secret.
    #[serde(default)]
    pub secret: Option<bool>,
    /// Where it must happen: `here`, `remote`, `container`, `throwaway`.
    #[serde(default)]
    pub at: Vec<Spanned<String>>,
    /// Globs, one of which the target (path, host, name) must match.
    #[serde(default)]
    pub target: Vec<String>,
    /// Globs, none of which the target may match.
    #[serde(default)]
    pub except: Vec<String>,
    /// Programs or tools, one of which must be at work.
    #[serde(default)]
    pub program: Vec<String>,
    /// The tools it speaks of, by the agent's names.
    #[serde(default)]
    pub tools: Vec<String>,
    /// Texts that must all occur in the agent's JSON.
    #[serde(default)]
    pub keywords: Vec<String>,
    /// Commands it stops, and other calls as tables: its tests.
    #[serde(default, deserialize_with = "call::examples")]
    pub stops: Vec<String>,
    /// Commands and calls that no rule stops: its tests too.
    #[serde(default, deserialize_with = "call::examples")]
    pub passes: Vec<String>,
}

/// Somebody's decision that a rule says nothing for a time.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// The rule's id.
    pub rule: String,
    /// Who decided it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// Until when: RFC 3339, or a day, which counts to its end.
    pub until: String,
}

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mistake {
    /// The line, from one.
    pub line: usize,
    /// The column, from one.
    pub column: usize,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for Mistake {}

impl Exception {
    /// When it ends; `None` for a text that is no time.
    pub fn ends(&self) -> Option<Timestamp> {
        Timestamp::parse(&self.until).or_else(|| Timestamp::parse(&format!("{}T23:59:59Z", self.until)))
    }
}

impl Rule {
    /// The rule as the hook reads it.
    pub fn prepared(&self, silent_until: Option<Timestamp>) -> policy::Rule<'static> {
        let owned = |texts: &[String]| texts.iter().map(|text| text.clone().into()).collect();
        let spanned = |texts: &[Spanned<String>]| texts.iter().map(|text| text.as_ref().clone().into()).collect();
        policy::Rule {
            effects: spanned(&self.effects),
            keywords: owned(&self.keywords),
            place: spanned(&self.place),
            recursive: self.recursive,
            secret: self.secret,
            at: spanned(&self.at),
            target: owned(&self.target),
            except: owned(&self.except),
            program: owned(&self.program),
            tools: owned(&self.tools),
            id: self.id.as_ref().clone().into(),
            decision: self.decision,
            mode: policy::Mode::default(),
            reason: self.reason.as_ref().clone().into(),
            instead: self.instead.clone().map(Into::into),
            silent_until: silent_until.map(Timestamp::as_nanos),
        }
    }
}

/// Reads a file of rules.
///
/// # Errors
/// Every mistake that is found, in the order of the file.
pub fn read(text: &str) -> Result<PolicyFile, Vec<Mistake>> {
    let file: PolicyFile = toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        vec![mistake(text, at, error.message().to_owned())]
    })?;
    let mut mistakes = Vec::new();
    let mut tell = |at: usize, message: String| mistakes.push(mistake(text, at, message));
    let mut ids: Vec<&str> = Vec::new();
    for rule in &file.rules {
        let (id, at) = (rule.id.as_ref().as_str(), rule.id.span().start);
        if id.is_empty()
            || !id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._".contains(&byte))
        {
            tell(at, "an id is made of lower-case letters, digits, dots and hyphens".to_owned());
        }
        if ids.contains(&id) {
            tell(at, format!("there are two rules {id}"));
        }
        ids.push(id);
        if rule.reason.as_ref().trim().is_empty() {
            tell(rule.reason.span().start, "a reason tells the agent and the person why".to_owned());
        }
        if rule.effects.is_empty() && rule.keywords.is_empty() && rule.tools.is_empty() {
            tell(at, "a rule needs effects, keywords or tools, or it would stop everything".to_owned());
        }
        for effect in &rule.effects {
            let name = effect.as_ref();
            let known = Kind::of(name).is_some()
                || name
                    .strip_suffix('*')
                    .is_some_and(|prefix| Kind::ALL.iter().any(|kind| kind.as_str().starts_with(prefix)));
            if !known {
                tell(effect.span().start, unknown("effect", name, Kind::ALL.iter().map(|kind| kind.as_str())));
            }
        }
        for place in rule.place.iter().filter(|place| Place::of(place.as_ref()).is_none()) {
            tell(place.span().start, unknown("place", place.as_ref(), Place::ALL.iter().map(|place| place.as_str())));
        }
        let everywhere = [Where::Here, Where::Remote, Where::Container, Where::Throwaway].map(Where::as_str);
        for at in rule.at.iter().filter(|at| !everywhere.contains(&at.as_ref().as_str())) {
            tell(at.span().start, unknown("at", at.as_ref(), everywhere.into_iter()));
        }
    }
    for exception in &file.exceptions {
        let at = text.find(&exception.until).unwrap_or(0);
        if exception.ends().is_none() {
            tell(at, format!("{:?} is no time: write 2026-12-31, or 2026-12-31T18:00:00Z", exception.until));
        }
        if exception.owner.trim().is_empty() || exception.reason.trim().is_empty() {
            tell(at, "an exception has an owner and a reason".to_owned());
        }
    }
    if mistakes.is_empty() { Ok(file) } else { Err(mistakes) }
}

/// What stands in the place of a known word, with the nearest one there is.
fn unknown<'w>(what: &str, word: &str, known: impl Iterator<Item = &'w str>) -> String {
    let known: Vec<&str> = known.collect();
    let near = known.iter().min_by_key(|candidate| distance(word, candidate)).copied().unwrap_or_default();
    if distance(word, near) <= word.len() / 2 {
        format!("there is no {what} {word:?}; did you mean {near:?}?")
    } else {
        format!("there is no {what} {word:?}; there are {}", known.join(", "))
    }
}

/// How many letters are to be added, removed or changed to make one word of another.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, char) in one.chars().enumerate() {
        let mut corner = at;
        row[0] = at + 1;
        for (column, other) in other.iter().enumerate() {
            let next = (corner + usize::from(char != *other)).min(row[column] + 1).min(row[column + 1] + 1);
            corner = std::mem::replace(&mut row[column + 1], next);
        }
    }
    row[other.len()]
}

fn mistake(text: &str, at: usize, message: String) -> Mistake {
    let before = &text[..text.floor_char_boundary(at)];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Mistake { line, column, message }
}
