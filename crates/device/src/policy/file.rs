//! The form of a file of rules, and what can be wrong with one.

use std::fmt;

use hookrail_core::policy::effects::{Kind, Where};
use hookrail_core::policy::places::Place;
use hookrail_core::policy::{self, Decision};
use hookrail_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::call;
use super::mcp::Mcp;
use super::spend::Spend;

/// How many known words are shown in the place of an unknown one.
const MAX_SHOWN: usize = 60;

/// A file of rules.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyFile {
    /// What holds where the guard cannot judge: `open` lets calls pass, `closed` stops them. The strictest layer's word counts.
    #[serde(default)]
    pub on_failure: OnFailure,
    /// How rules of this file are carried out that do not say so themselves.
    #[serde(default)]
    pub mode: RuleMode,
    /// Rules (`git.force-push`, `git.*`) that no person may loosen; an organisation's word.
    #[serde(default)]
    pub lock: Vec<Spanned<String>>,
    /// Which MCP servers are approved.
    #[serde(default)]
    pub mcp: Option<Mcp>,
    /// How much may be spent.
    #[serde(default)]
    pub spend: Vec<Spend>,
    /// The rules.
    #[serde(default, rename = "rule")]
    pub rules: Vec<Rule>,
    /// How rules of other files are carried out.
    #[serde(default, rename = "adjust")]
    pub adjustments: Vec<Adjustment>,
    /// What is excepted from rules, for a time.
    #[serde(default, rename = "exception")]
    pub exceptions: Vec<Exception>,
}

/// What holds where the guard cannot judge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OnFailure {
    /// Calls pass.
    #[default]
    Open,
    /// Calls are denied.
    Closed,
}

/// How a rule is carried out, from the mildest to the strictest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleMode {
    /// It is only recorded.
    Observe,
    /// The agent and the person are told, and the call goes on.
    Warn,
    /// What it would deny, it asks.
    Ask,
    /// Its decision holds.
    #[default]
    Enforce,
}

impl RuleMode {
    /// What becomes of a decision.
    pub fn carried_out(self, decision: Decision) -> (Decision, policy::Mode) {
        match self {
            Self::Enforce => (decision, policy::Mode::Enforce),
            Self::Ask => (decision.min(Decision::Ask), policy::Mode::Enforce),
            Self::Warn => (decision, policy::Mode::Warn),
            Self::Observe => (decision, policy::Mode::Observe),
        }
    }

    /// The mode's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Warn => "warn",
            Self::Ask => "ask",
            Self::Enforce => "enforce",
        }
    }
}

/// How rules of other files are carried out.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adjustment {
    /// The rule's id, or `git.*` for all of an area.
    pub rule: Spanned<String>,
    /// How.
    pub mode: RuleMode,
}

/// A rule. What is left out is no condition.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its name: an area and what it is about, `git.force-push`.
    pub id: Spanned<String>,
    /// `deny`, `ask` or `allow`.
    pub decision: Decision,
    /// How it is carried out; as its file says where it says nothing.
    #[serde(default)]
    pub mode: Option<RuleMode>,
    /// Whether a person may loosen a rule of their organisation.
    #[serde(default)]
    pub yields: bool,
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
    /// How much may be spent, where a section of the file made the rule of that.
    #[serde(skip)]
    pub spend: Option<policy::spend::Limit>,
}

/// Somebody's decision that a rule says nothing for a time.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// The rule's id.
    pub rule: Spanned<String>,
    /// Who decided it.
    pub owner: Spanned<String>,
    /// Why.
    pub reason: Spanned<String>,
    /// Until when: RFC 3339, or a day, which counts to its end.
    pub until: Spanned<String>,
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
        let until = self.until.as_ref();
        Timestamp::parse(until).or_else(|| Timestamp::parse(&format!("{until}T23:59:59Z")))
    }
}

impl Rule {
    /// A rule without conditions.
    pub(super) fn new(id: Spanned<String>, decision: Decision, reason: Spanned<String>) -> Self {
        Self {
            id,
            decision,
            mode: None,
            yields: false,
            reason,
            instead: None,
            effects: Vec::new(),
            place: Vec::new(),
            recursive: None,
            secret: None,
            at: Vec::new(),
            target: Vec::new(),
            except: Vec::new(),
            program: Vec::new(),
            tools: Vec::new(),
            keywords: Vec::new(),
            stops: Vec::new(),
            passes: Vec::new(),
            spend: None,
        }
    }

    /// The conditions that only an effect can meet, and whether the rule has them.
    fn conditions_of_effects(&self) -> [(&'static str, bool); 7] {
        [
            ("place", !self.place.is_empty()),
            ("recursive", self.recursive.is_some()),
            ("secret", self.secret.is_some()),
            ("at", !self.at.is_empty()),
            ("target", !self.target.is_empty()),
            ("except", !self.except.is_empty()),
            ("program", !self.program.is_empty()),
        ]
    }

    /// The rule as the hook reads it, carried out in this mode.
    pub fn prepared(&self, mode: RuleMode, silent_until: Option<Timestamp>) -> policy::Rule<'static> {
        let (decision, mode) = mode.carried_out(self.decision);
        let owned = |texts: &[String]| texts.iter().map(|text| text.clone().into()).collect();
        let spanned = |texts: &[Spanned<String>]| texts.iter().map(|text| text.as_ref().clone().into()).collect();
        policy::Rule {
            spend: self.spend,
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
            decision,
            mode,
            reason: self.reason.as_ref().clone().into(),
            instead: self.instead.clone().map(Into::into),
            silent_until: silent_until.map(Timestamp::as_nanos),
        }
    }
}

/// Whether a rule's id is meant: by itself, or by `area.*`.
pub(super) fn means(pattern: &str, id: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => id.starts_with(prefix),
        None => pattern == id,
    }
}

/// The places of a file that speak of rules that are nowhere: neither in it nor among the known.
pub fn strangers(text: &str, file: &PolicyFile, known: &[String]) -> Vec<Mistake> {
    let own = file.rules.iter().map(|rule| rule.id.as_ref());
    let ids: Vec<&str> = own.chain(known).map(String::as_str).collect();
    let named = file.exceptions.iter().map(|exception| &exception.rule);
    let named = named.chain(file.adjustments.iter().map(|adjustment| &adjustment.rule)).chain(&file.lock);
    named
        .filter(|name| !ids.iter().any(|id| means(name.as_ref(), id)))
        .map(|name| mistake(text, name.span().start, unknown("rule", name.as_ref(), ids.iter().copied())))
        .collect()
}

/// Reads a file of rules.
///
/// # Errors
/// Every mistake that is found, in the order of the file.
pub fn read(text: &str) -> Result<PolicyFile, Vec<Mistake>> {
    let mut file: PolicyFile = toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        vec![mistake(text, at, error.message().to_owned())]
    })?;
    let mut mistakes = Vec::new();
    let mut tell = |at: usize, message: String| mistakes.push(mistake(text, at, message));
    for spend in &file.spend {
        match spend.rule(text) {
            Ok(rule) => file.rules.push(rule),
            Err(wrong) => wrong.into_iter().for_each(|(at, message)| tell(at, message)),
        }
    }
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
        if rule.effects.is_empty() && rule.keywords.is_empty() && rule.tools.is_empty() && rule.spend.is_none() {
            tell(at, "a rule needs effects, keywords or tools, or it would stop everything".to_owned());
        }
        if rule.effects.is_empty() {
            for (name, is_there) in rule.conditions_of_effects() {
                if is_there {
                    tell(at, format!("{name} is a condition on an effect: name the effects too"));
                }
            }
        }
        if rule.decision == Decision::Allow && rule.mode.is_some_and(|mode| mode < RuleMode::Enforce) {
            tell(at, "a rule that allows is enforced or left out: there is nothing to warn of".to_owned());
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
        if exception.ends().is_none() {
            let message =
                format!("{:?} is no time: write 2026-12-31, or 2026-12-31T18:00:00Z", exception.until.as_ref());
            tell(exception.until.span().start, message);
        }
        for given in [&exception.owner, &exception.reason] {
            if given.as_ref().trim().is_empty() {
                tell(given.span().start, "an exception has an owner and a reason".to_owned());
            }
        }
    }
    if mistakes.is_empty() { Ok(file.with_sections()) } else { Err(mistakes) }
}

/// What stands in the place of a known word, with the nearest one there is.
pub(super) fn unknown<'w>(what: &str, word: &str, known: impl Iterator<Item = &'w str>) -> String {
    let known: Vec<&str> = known.collect();
    let near = known.iter().min_by_key(|candidate| distance(word, candidate)).copied().unwrap_or_default();
    if distance(word, near) <= word.len() / 2 {
        format!("there is no {what} {word:?}; did you mean {near:?}?")
    } else {
        let shown = known.iter().take(MAX_SHOWN).copied().collect::<Vec<_>>().join(", ");
        let more = if known.len() > MAX_SHOWN { ", …" } else { "" };
        format!("there is no {what} {word:?}; there are {shown}{more}")
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
