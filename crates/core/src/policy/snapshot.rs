//! The prepared form of a rule set: what the hook reads, made for reading fast.
//!
//! Format, version 5: lines. The first is the JSON `{"v":5,"rules":<how many>,"bytes":<of all that follows>,"sources":[…]}`, with
//! `"limits":true` where a rule is a limit of spending, then
//! comes a line for each rule: six hexadecimal digits that say how long the rest of the line is, a space, and JSON. A rule of
//! effects begins with `{"effects":[…]` and matches when one effect of the call meets all its conditions; a rule of keywords begins
//! with `{"keywords":[…]` and matches when every keyword occurs in the payload text. Both ask for one of `tools`, of which an
//! empty list means any. A limit begins with `{"spend":{` and matches where so much was spent.
//!
//! What a rule is about stands first, and how long it is before it, so that a line is passed over without being read where it cannot
//! matter: of two hundred rules a call usually meets none, and parsing them all would cost more than the rest of the hook.
//! An unknown version is an error, and so is another length than the one announced; neither is ever an empty rule set.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::effects::Effect;
use super::inspect::is_kind;
use super::spend::{self, Limit};
use super::{Decision, Mode, Verdict, places};
use crate::agents::Parsed;
use crate::json;
use crate::ledger::NanoUsd;
use crate::pairs::Pairs;
use crate::time::Timestamp;

/// The version this code reads and writes.
const VERSION: u32 = 5;

/// How long the announcement of a line's length is, with its space.
const LENGTH: usize = 7;

/// How a rule's line begins that has keywords.
const FIRST_KEYWORD: &[u8] = b"{\"keywords\":[\"";

/// A prepared rule set, borrowing from the bytes it was read from. Its rules are parsed when they are asked for.
#[derive(Debug)]
pub struct Snapshot<'a> {
    lines: &'a [u8],
    limits: bool,
    sources: Vec<Source>,
}

/// A file that the rules were read from, as it was then. A snapshot is stale when one of them is another now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The file.
    pub path: String,
    /// When it was last changed, in nanoseconds of the epoch, and its size in bytes; `None` where there was no file.
    pub stamp: Option<(i64, u64)>,
}

#[derive(Serialize, Deserialize)]
struct Header {
    v: u32,
    /// How many rules; of another version it may be anything.
    #[serde(default)]
    rules: Value,
    /// How many bytes they are.
    #[serde(default)]
    bytes: usize,
    /// Whether any of them is a limit of spending.
    #[serde(default, skip_serializing_if = "is_false")]
    limits: bool,
    /// What they were made from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sources: Vec<Source>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// How the line of a rule of effects begins.
const FIRST_EFFECT: &[u8] = b"{\"effects\":[";

/// How the line of a limit of spending begins.
const LIMIT: &[u8] = b"{\"spend\":{";

/// One rule of a snapshot. What is empty is no condition.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Rule<'a> {
    /// How much may be spent, where the rule is a limit of that; it has no other condition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spend: Option<Limit>,
    /// Kinds of effects, one of which the call must have (`git.*` for all of an area). Empty for a rule of keywords.
    #[serde(borrow, default, deserialize_with = "json::borrowed_list", skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<Cow<'a, str>>,
    /// Texts that must all occur in the payload.
    #[serde(borrow, default, deserialize_with = "json::borrowed_list")]
    pub keywords: Vec<Cow<'a, str>>,
    /// Where the effect must be.
    #[serde(borrow, default, deserialize_with = "json::borrowed_list", skip_serializing_if = "Vec::is_empty")]
    pub place: Vec<Cow<'a, str>>,
    /// Whether it must be on everything below its target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recursive: Option<bool>,
    /// Whether what is sent must be a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<bool>,
    /// Where it must happen: `here`, `remote`, `container`.
    #[serde(borrow, default, deserialize_with = "json::borrowed_list", skip_serializing_if = "Vec::is_empty")]
    pub at: Vec<Cow<'a, str>>,
    /// Globs, one of which the target must match.
    #[serde(borrow, default, deserialize_with = "json::borrowed_list", skip_serializing_if = "Vec::is_empty")]
    pub target: Vec<Cow<'a, str>>,
    /// Globs, none of which the target may match.
    #[serde(borrow, default, deserialize_with = "json::borrowed_list", skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<Cow<'a, str>>,
    /// Programs or tools, one of which must be at work.
    #[serde(borrow, default, deserialize_with = "json::borrowed_list", skip_serializing_if = "Vec::is_empty")]
    pub program: Vec<Cow<'a, str>>,
    /// The tools it speaks of, by the agent's names; empty for all.
    #[serde(borrow, default, deserialize_with = "json::borrowed_list")]
    pub tools: Vec<Cow<'a, str>>,
    /// The rule's id, shown with every verdict.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// What it decides.
    pub decision: Decision,
    /// Whether that holds.
    #[serde(default, skip_serializing_if = "Mode::is_enforced")]
    pub mode: Mode,
    /// Why, for the agent and the person.
    #[serde(borrow)]
    pub reason: Cow<'a, str>,
    /// What to do in its stead, for the agent.
    #[serde(borrow, default, deserialize_with = "json::borrowed_option", skip_serializing_if = "Option::is_none")]
    pub instead: Option<Cow<'a, str>>,
    /// The rule says nothing until this moment: somebody made an exception of it. Nanoseconds of the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silent_until: Option<i64>,
}

/// A snapshot that cannot be used.
#[derive(Debug)]
pub enum SnapshotError {
    /// Not the JSON a snapshot is.
    Corrupt(String),
    /// Written by a newer hookrail.
    Version(u32),
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Corrupt(error) => write!(f, "the policy snapshot is corrupt: {error}"),
            Self::Version(v) => {
                write!(f, "the policy snapshot has version {v}, this hook reads {VERSION}: update hookrail")
            }
        }
    }
}

impl std::error::Error for SnapshotError {}

impl<'a> Snapshot<'a> {
    /// The text of a snapshot of these rules.
    ///
    /// # Errors
    /// None in practice: rules are texts, and every text can be written as JSON.
    pub fn write(rules: &[Rule<'_>]) -> Result<String, SnapshotError> {
        Self::write_from(rules, Vec::new())
    }

    /// The text of a snapshot of these rules, which were read from these files.
    ///
    /// # Errors
    /// As [`Snapshot::write`].
    pub fn write_from(rules: &[Rule<'_>], sources: Vec<Source>) -> Result<String, SnapshotError> {
        let corrupt = |error: serde_json::Error| SnapshotError::Corrupt(error.to_string());
        let mut lines = String::new();
        for rule in rules {
            let line = serde_json::to_string(rule).map_err(corrupt)?;
            lines.push_str(&format!("{:06x} {line}\n", line.len()));
        }
        let limits = rules.iter().any(|rule| rule.spend.is_some());
        let header = Header { v: VERSION, rules: rules.len().into(), bytes: lines.len(), limits, sources };
        Ok(serde_json::to_string(&header).map_err(corrupt)? + "\n" + &lines)
    }

    /// Reads a snapshot.
    ///
    /// # Errors
    /// [`SnapshotError::Corrupt`] when the bytes are not a snapshot, [`SnapshotError::Version`] when they are one of another version.
    pub fn read(bytes: &'a [u8]) -> Result<Self, SnapshotError> {
        let corrupt = |error: &dyn fmt::Display| SnapshotError::Corrupt(error.to_string());
        let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
        let header: Header = serde_json::from_slice(&bytes[..end]).map_err(|error| corrupt(&error))?;
        if header.v != VERSION {
            return Err(SnapshotError::Version(header.v));
        }
        let lines = bytes.get(end + 1..).unwrap_or_default();
        if header.rules.as_u64().is_none() {
            return Err(corrupt(&"it does not say how many rules it has"));
        }
        if lines.len() != header.bytes {
            return Err(corrupt(&format_args!("{} of {} bytes are there", lines.len(), header.bytes)));
        }
        Ok(Self { lines, limits: header.limits, sources: header.sources })
    }

    /// Its lines, without what announces their lengths; an error where one is not as long as was said.
    fn lines(&self) -> impl Iterator<Item = Result<&'a [u8], SnapshotError>> {
        let mut rest = self.lines;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let Some((line, after)) = announced(rest) else {
                rest = &[];
                return Some(Err(SnapshotError::Corrupt("a rule is not as long as it says".to_owned())));
            };
            rest = after;
            Some(Ok(line))
        })
    }

    /// The files that its rules were read from.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Its rules, in order.
    pub fn rules(&self) -> impl Iterator<Item = Result<Rule<'a>, SnapshotError>> {
        self.lines().map(|line| rule(line?))
    }

    /// Whether any rule is a limit of spending.
    pub fn has_limits(&self) -> bool {
        self.limits
    }

    /// The limits of spending, in order.
    pub fn limits(&self) -> impl Iterator<Item = Result<Rule<'a>, SnapshotError>> {
        let lines = self.limits.then(|| self.lines()).into_iter().flatten();
        lines.filter(|line| line.as_ref().map_or(true, |line| line.starts_with(LIMIT))).map(|line| rule(line?))
    }

    /// Whether any rule speaks of effects.
    pub(super) fn asks_for_effects(&self) -> bool {
        self.lines().any(|line| line.is_ok_and(|line| line.starts_with(FIRST_EFFECT)))
    }

    /// The rules that may speak of this call: those of one of its effects' kinds, those whose first keyword occurs in the
    /// payload, and those without either.
    pub(super) fn candidates(
        &self,
        payload: &str,
        effects: &[Effect],
    ) -> impl Iterator<Item = Result<Rule<'a>, SnapshotError>> {
        // To look for each of two hundred keywords in a payload takes longer than all else that is done with the rules. Made for the
        // first rule that has one; most policies have none.
        let pairs = OnceCell::new();
        let may_speak = move |line: &&[u8]| match line.strip_prefix(FIRST_EFFECT) {
            Some(rest) => !effects.is_empty() && speaks_of(until(rest, b']'), effects),
            // Limits are asked apart.
            None => {
                !line.starts_with(LIMIT)
                    && first_keyword(line)
                        .is_none_or(|word| pairs.get_or_init(|| Pairs::of(payload)).hold(word, payload))
            }
        };
        self.lines().filter(move |line| line.as_ref().is_ok_and(&may_speak) || line.is_err()).map(|line| rule(line?))
    }
}

/// The first line of these, and what comes after it; `None` where it is not as long as it says.
fn announced(lines: &[u8]) -> Option<(&[u8], &[u8])> {
    let (announced, rest) = lines.split_at_checked(LENGTH)?;
    let digit = |sum: usize, byte: &u8| match byte {
        b'0'..=b'9' => Some(sum * 16 + usize::from(byte - b'0')),
        b'a'..=b'f' => Some(sum * 16 + usize::from(byte - b'a') + 10),
        _ => None,
    };
    let length = announced[..LENGTH - 1].iter().try_fold(0, digit)?;
    let (line, rest) = rest.split_at_checked(length)?;
    let rest = rest.strip_prefix(b"\n")?;
    (announced.last() == Some(&b' ')).then_some((line, rest))
}

fn rule(line: &[u8]) -> Result<Rule<'_>, SnapshotError> {
    serde_json::from_slice(line).map_err(|error| SnapshotError::Corrupt(error.to_string()))
}

/// What comes before a byte; all where it does not come.
fn until(bytes: &[u8], end: u8) -> &[u8] {
    bytes.split(|byte| *byte == end).next().unwrap_or_default()
}

/// Whether one of these kinds, as a list of them is written, may be that of an effect. What is no text is parsed, and told of.
fn speaks_of(kinds: &[u8], effects: &[Effect]) -> bool {
    let is_of = |kind: &[u8]| effects.iter().any(|effect| effect.kind.as_str().as_bytes() == kind);
    !kinds.is_ascii() || kinds.split(|byte| *byte == b'"').any(|kind| kind.contains(&b'*') || is_of(kind))
}

/// The first keyword of a rule's line; `None` where it has none, or has one that is written with escapes and must be parsed.
fn first_keyword(line: &[u8]) -> Option<&str> {
    let rest = line.strip_prefix(FIRST_KEYWORD)?;
    let end = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
    (rest[end] == b'"').then(|| std::str::from_utf8(&rest[..end]).ok()).flatten()
}

impl Rule<'_> {
    /// How strict its word is among others': what holds before what does not, then what it says.
    pub fn weight(&self) -> (Decision, Mode, Decision) {
        let holds = if self.mode.is_enforced() { self.decision } else { Decision::Allow };
        (holds, self.mode, self.decision)
    }

    /// Whether it says anything now, as far as exceptions go.
    pub(super) fn speaks(&self, now: Timestamp) -> bool {
        self.silent_until.is_none_or(|until| until <= now.as_nanos())
    }

    /// What it says, as a limit, where so much was spent.
    pub(super) fn exceeded(self, spent: NanoUsd) -> Verdict {
        let told = self
            .spend
            .map(|limit| format!("{}, the limit is {}.", limit.scope.told(spent), spend::dollars(limit.limit)));
        let reason = format!("{} {}", told.unwrap_or_default(), self.reason);
        Self { reason: reason.into(), ..self }.verdict()
    }

    /// What it says of a call that it matches.
    pub(super) fn verdict(self) -> Verdict {
        let (decision, would) = match self.mode {
            Mode::Enforce => (self.decision, None),
            Mode::Warn | Mode::Observe => (Decision::Allow, Some(self.decision)),
        };
        let reason = match self.instead {
            Some(instead) => format!("{} {instead}", self.reason),
            None => self.reason.into_owned(),
        };
        Verdict { mode: self.mode, would, ..Verdict::new(decision, self.id, reason) }
    }

    /// Whether the rule is asked about a call with this payload and these effects: it has a kind or the first keyword of it.
    pub fn may_meet(&self, payload: &str, effects: &[Effect]) -> bool {
        match self.effects.is_empty() {
            _ if self.spend.is_some() => false,
            true => self.keywords.first().is_none_or(|word| payload.contains(word.as_ref())),
            false => effects.iter().any(|effect| self.effects.iter().any(|pattern| is_kind(pattern, effect.kind))),
        }
    }

    /// Whether the rule speaks of this call, which has these effects; a limit never does, it speaks of what was spent. Of a result only a rule of effects does: the words of the
    /// call stand in it once more.
    pub fn matches(&self, parsed: &Parsed, payload: &str, effects: &[Effect]) -> bool {
        self.spend.is_none()
            && (self.effects.is_empty() && !parsed.is_result() || effects.iter().any(|effect| self.is_met_by(effect)))
            && self.is_of(parsed, payload)
    }

    /// Whether an effect meets all of the rule's conditions.
    pub fn is_met_by(&self, effect: &Effect) -> bool {
        let among = |list: &[Cow<'_, str>], word: &str| list.is_empty() || list.iter().any(|each| each == word);
        let matched = |list: &[Cow<'_, str>]| list.iter().any(|pattern| places::glob(pattern, &effect.target));
        self.effects.iter().any(|pattern| is_kind(pattern, effect.kind))
            && among(&self.place, effect.place.as_str())
            && self.recursive.is_none_or(|recursive| recursive == effect.recursive)
            && self.secret.is_none_or(|secret| secret == effect.origin.secret)
            && among(&self.at, effect.at.as_str())
            && among(&self.program, &effect.program)
            && (self.target.is_empty() || matched(&self.target))
            && !matched(&self.except)
    }

    fn is_of(&self, parsed: &Parsed, payload: &str) -> bool {
        let tool = parsed.tool.as_ref().map_or("", |tool| tool.name.as_str());
        (self.tools.is_empty() || self.tools.iter().any(|name| name == tool))
            && self.keywords.iter().all(|keyword| payload.contains(keyword.as_ref()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_kinds_speaks_of_an_effect_by_its_kind_or_by_an_area() {
        let effects = super::super::inspect(
            &crate::agents::parse(&crate::event::Agent::ClaudeCode, CALL),
            CALL,
            &super::super::facts::NoFacts,
        )
        .effects;
        assert!(!effects.is_empty());
        let kind = effects[0].kind.as_str();
        for (kinds, speaks) in [
            (format!("\"{kind}\""), true),
            (format!("\"net.send\",\"{kind}\""), true),
            (format!("\"{kind}.more\""), false),
            ("\"net.send\"".to_owned(), false),
            ("\"git.*\"".to_owned(), true),
            (String::new(), false),
        ] {
            assert_eq!(speaks_of(kinds.as_bytes(), &effects), speaks, "{kinds}");
        }
        assert!(speaks_of(b"\"\xff\"", &effects), "what is no text is parsed, and told of");
    }

    const CALL: &str = r#"{"session_id":"s","cwd":"/home/dev/shop","hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"rm -rf /etc"}}"#;
}
