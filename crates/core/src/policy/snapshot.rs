//! The prepared form of a rule set: what the hook reads, made for reading fast.
//!
//! Format, version 1: lines of JSON. The first is `{"v":1,"rules":<how many>}`, then comes a line for each rule:
//! `{"keywords":[…],"tools":[…],"id":…,"decision":…,"reason":…}`. A rule matches when the call's tool is one of `tools` (an empty
//! list means any) and every keyword occurs in the payload text.
//!
//! The keywords stand first so that a rule whose first keyword does not occur is passed over without being parsed: of two
//! hundred rules a call usually meets none, and parsing them all would cost more than the rest of the hook. An unknown version is an
//! error, and so is a number of lines that is not the one announced; neither is ever an empty rule set.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Decision;
use crate::agents::Parsed;
use crate::json;

/// The version this code reads and writes.
const VERSION: u32 = 1;

/// How a rule's line begins that has keywords.
const FIRST_KEYWORD: &str = "{\"keywords\":[\"";

/// A prepared rule set, borrowing from the bytes it was read from. Its rules are parsed when they are asked for.
#[derive(Debug)]
pub struct Snapshot<'a> {
    lines: &'a str,
}

#[derive(Serialize, Deserialize)]
struct Header {
    v: u32,
    /// How many rules; of another version it may be anything.
    #[serde(default)]
    rules: Value,
}

/// One rule of a snapshot.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Rule<'a> {
    /// Texts that must all occur in the payload.
    #[serde(borrow, deserialize_with = "json::borrowed_list")]
    pub keywords: Vec<Cow<'a, str>>,
    /// The tools it speaks of, by the agent's names; empty for all.
    #[serde(borrow, default, deserialize_with = "json::borrowed_list")]
    pub tools: Vec<Cow<'a, str>>,
    /// The rule's id, shown with every verdict.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// What it decides.
    pub decision: Decision,
    /// Why, for the agent and the person.
    #[serde(borrow)]
    pub reason: Cow<'a, str>,
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
        let corrupt = |error: serde_json::Error| SnapshotError::Corrupt(error.to_string());
        let mut text = serde_json::to_string(&Header { v: VERSION, rules: rules.len().into() }).map_err(corrupt)?;
        for rule in rules {
            text.push('\n');
            text.push_str(&serde_json::to_string(rule).map_err(corrupt)?);
        }
        text.push('\n');
        Ok(text)
    }

    /// Reads a snapshot.
    ///
    /// # Errors
    /// [`SnapshotError::Corrupt`] when the bytes are not a snapshot, [`SnapshotError::Version`] when they are one of another version.
    pub fn read(bytes: &'a [u8]) -> Result<Self, SnapshotError> {
        let corrupt = |error: &dyn fmt::Display| SnapshotError::Corrupt(error.to_string());
        let text = std::str::from_utf8(bytes).map_err(|error| corrupt(&error))?;
        let (header, lines) = text.split_once('\n').unwrap_or((text, ""));
        let header: Header = serde_json::from_str(header).map_err(|error| corrupt(&error))?;
        if header.v != VERSION {
            return Err(SnapshotError::Version(header.v));
        }
        let found = lines.lines().count();
        match header.rules.as_u64() {
            Some(announced) if announced == found as u64 && (lines.is_empty() || lines.ends_with('\n')) => {
                Ok(Self { lines })
            }
            Some(announced) => Err(corrupt(&format_args!("{found} of {announced} rules are there"))),
            None => Err(corrupt(&"it does not say how many rules it has")),
        }
    }

    /// Its rules, in order.
    pub fn rules(&self) -> impl Iterator<Item = Result<Rule<'a>, SnapshotError>> {
        self.lines.lines().map(rule)
    }

    /// The rules whose first keyword occurs in the payload, and those without keywords.
    pub(super) fn candidates(&self, payload: &str) -> impl Iterator<Item = Result<Rule<'a>, SnapshotError>> {
        self.lines.lines().filter(move |line| first_keyword(line).is_none_or(|word| payload.contains(word))).map(rule)
    }
}

fn rule(line: &str) -> Result<Rule<'_>, SnapshotError> {
    serde_json::from_str(line).map_err(|error| SnapshotError::Corrupt(error.to_string()))
}

/// The first keyword of a rule's line; `None` where it has none, or has one that is written with escapes and must be parsed.
fn first_keyword(line: &str) -> Option<&str> {
    let rest = line.strip_prefix(FIRST_KEYWORD)?;
    let end = rest.find(['"', '\\'])?;
    rest[end..].starts_with('"').then(|| &rest[..end])
}

impl Rule<'_> {
    /// Whether the rule speaks of this call.
    pub fn matches(&self, parsed: &Parsed, payload: &str) -> bool {
        let tool = parsed.tool.as_ref().map_or("", |tool| tool.name.as_str());
        (self.tools.is_empty() || self.tools.iter().any(|name| name == tool))
            && self.keywords.iter().all(|keyword| payload.contains(keyword.as_ref()))
    }
}
