//! The prepared form of a rule set: what the hook reads, made for reading fast.
//!
//! Format, version 1: one line of JSON, `{"v":1,"rules":[{"id","decision","reason","tools":[…],"keywords":[…]}]}`.
//! A rule matches when the call's tool is one of `tools` (an empty list means any) and every keyword occurs
//! in the payload text. An unknown version is an error, never an empty rule set.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::Decision;
use crate::agents::Parsed;
use crate::json;

/// The version this code reads and writes.
const VERSION: u32 = 1;

/// A prepared rule set, borrowing from the bytes it was read from.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Snapshot<'a> {
    v: u32,
    #[serde(borrow)]
    rules: Vec<Rule<'a>>,
}

/// One rule of a snapshot.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Rule<'a> {
    /// The rule's id, shown with every verdict.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// What it decides.
    pub decision: Decision,
    /// Why, for the agent and the person.
    #[serde(borrow)]
    pub reason: Cow<'a, str>,
    /// The tools it speaks of, by the agent's names; empty for all.
    #[serde(borrow, default, deserialize_with = "json::borrowed_list")]
    pub tools: Vec<Cow<'a, str>>,
    /// Texts that must all occur in the payload.
    #[serde(borrow, default, deserialize_with = "json::borrowed_list")]
    pub keywords: Vec<Cow<'a, str>>,
}

/// A snapshot that cannot be used.
#[derive(Debug)]
pub enum SnapshotError {
    /// Not the JSON a snapshot is.
    Corrupt(serde_json::Error),
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
    /// A snapshot of these rules.
    pub fn new(rules: Vec<Rule<'a>>) -> Self {
        Self { v: VERSION, rules }
    }

    /// Reads a snapshot.
    ///
    /// # Errors
    /// [`SnapshotError::Corrupt`] when the bytes are not a snapshot, [`SnapshotError::Version`] when they are one of another version.
    pub fn read(bytes: &'a [u8]) -> Result<Self, SnapshotError> {
        let snapshot: Self = serde_json::from_slice(bytes).map_err(|error| corrupt_or_newer(bytes, error))?;
        if snapshot.v == VERSION { Ok(snapshot) } else { Err(SnapshotError::Version(snapshot.v)) }
    }

    /// Its rules, in order.
    pub fn rules(&self) -> impl Iterator<Item = &Rule<'a>> {
        self.rules.iter()
    }
}

/// A newer snapshot may be of another shape altogether: its version is what a person has to hear of.
fn corrupt_or_newer(bytes: &[u8], error: serde_json::Error) -> SnapshotError {
    #[derive(Deserialize)]
    struct Versioned {
        v: u32,
    }
    match serde_json::from_slice(bytes) {
        Ok(Versioned { v }) if v != VERSION => SnapshotError::Version(v),
        _ => SnapshotError::Corrupt(error),
    }
}

impl Rule<'_> {
    /// Whether the rule speaks of this call.
    pub fn matches(&self, parsed: &Parsed, payload: &str) -> bool {
        let tool = parsed.tool.as_ref().map_or("", |tool| tool.name.as_str());
        (self.tools.is_empty() || self.tools.iter().any(|name| name == tool))
            && self.keywords.iter().all(|keyword| payload.contains(keyword.as_ref()))
    }
}
