//! May it happen: rules prepared as a snapshot, and the verdict on one call.
//!
//! The guard proper (shell analysis, layers, packs) builds on this seam: whatever a rule set becomes,
//! the hook reads one [`Snapshot`] and asks [`judge`].

use serde::{Deserialize, Serialize};

use crate::agents::Parsed;

mod snapshot;

pub use snapshot::{Rule, Snapshot, SnapshotError};

/// What may become of a call, from the mildest to the strictest; the strictest rule wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// Explicitly allowed by a rule. "No opinion" is no verdict at all and never an allow.
    Allow,
    /// A person is to be asked.
    Ask,
    /// It must not run.
    Deny,
}

impl Decision {
    /// The decision's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Ask => "ask",
            Self::Deny => "deny",
        }
    }
}

/// A rule's word on one call, as shown to the agent and recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// What is to happen.
    pub decision: Decision,
    /// The id of the rule that decided.
    pub rule: String,
    /// Why, in a sentence for the agent and the person.
    pub reason: String,
}

/// The strictest verdict of the snapshot's rules on this call; `None` where no rule has an opinion.
///
/// Only events that ask before something runs are judged ([`Parsed::is_judgeable`]). `payload` is the agent's JSON text.
pub fn judge(parsed: &Parsed, payload: &str, snapshot: &Snapshot) -> Option<Verdict> {
    if !parsed.is_judgeable() {
        return None;
    }
    let rule = snapshot.rules().filter(|rule| rule.matches(parsed, payload)).max_by_key(|rule| rule.decision)?;
    Some(Verdict { decision: rule.decision, rule: rule.id.to_string(), reason: rule.reason.to_string() })
}
