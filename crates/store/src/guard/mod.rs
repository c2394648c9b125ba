//! What the guard decided and what was found in the record: the seam of whoever looks through the stored events.
//!
//! Findings follow from the events and may be made again; what people say about them (state, owner) is kept.

mod sqlite;

pub(crate) use sqlite::Guard as SqliteGuard;

use hookrail_core::event::{Agent, EventId};
use hookrail_core::policy::Verdict;
use hookrail_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::StoreError;
use crate::model::{Page, Seq};

/// The most findings of one store. What is found beyond them is counted and dropped, until some are forgotten.
pub const MAX_FINDINGS: u64 = 100_000;

/// The most reports of one store; the oldest give way.
pub const MAX_REPORTS: u64 = 10_000;

/// Declares an enum of words that is kept as its place in the list.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// Every one, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its word.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The one of a word.
            pub fn named(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == word)
            }
        }
    };
}

words! {
    /// What a finding is about.
    FindingKind {
        /// A secret was taken out of an event on its way here.
        Secret = "secret",
        /// A call was denied.
        Denied = "denied",
        /// A person had to be asked.
        Asked = "asked",
        /// There is a result of a call that was denied.
        ExecutedDespiteDeny = "executed-despite-deny",
        /// A guard could not judge.
        VerdictUnavailable = "verdict-unavailable",
        /// A call that no guard judged would have been stopped by the server's rules.
        Risk = "risk",
        /// What a tool gave back holds words that are hidden, or meant to steer the agent.
        Injection = "injection",
    }
}

words! {
    /// How much a finding matters.
    Severity {
        /// To be known.
        Low = "low",
        /// To be looked at.
        Medium = "medium",
        /// To be looked at soon.
        High = "high",
        /// To be looked at now.
        Critical = "critical",
    }
}

words! {
    /// What became of a finding.
    FindingState {
        /// Nobody has said anything.
        Open = "open",
        /// Somebody knows of it.
        Acknowledged = "acknowledged",
        /// It is dealt with. Met again in what arrives later, it is open again.
        Resolved = "resolved",
        /// It is none.
        FalseAlarm = "false-alarm",
    }
}

/// A finding as the API shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its number.
    pub id: i64,
    /// What it is about.
    pub kind: FindingKind,
    /// The guard's rule; of a secret its kind.
    pub rule: String,
    /// How much it matters.
    pub severity: Severity,
    /// What became of it.
    pub state: FindingState,
    /// Who deals with it.
    pub owner: Option<String>,
    /// What was found, in a sentence.
    pub summary: String,
    /// Where: the place of a secret, the tool of a verdict, a tool call.
    pub subject: String,
    /// The agent.
    pub agent: Agent,
    /// The session.
    pub session_id: Option<String>,
    /// The event it was last met in.
    pub event_id: EventId,
    /// The tool of that event.
    pub tool: Option<String>,
    /// The person of that event.
    pub user: Option<String>,
    /// When it was first met, by the events' own time.
    pub first_seen: Timestamp,
    /// When it was last met.
    pub last_seen: Timestamp,
    /// In how many events.
    pub count: u64,
    /// When somebody last changed its state or owner.
    pub changed_at: Option<Timestamp>,
    /// Who did.
    pub changed_by: Option<String>,
}

/// Something met in one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// What it is about.
    pub kind: FindingKind,
    /// The rule.
    pub rule: String,
    /// What tells it from others of the session.
    pub subject: String,
    /// How much it matters.
    pub severity: Severity,
    /// What was found, in a sentence.
    pub summary: String,
}

/// What was seen of one event.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Its position.
    pub seq: Seq,
    /// Its id.
    pub id: EventId,
    /// When it happened.
    pub at: Timestamp,
    /// When it was received.
    pub received_at: Timestamp,
    /// The agent.
    pub agent: Agent,
    /// The session.
    pub session: Option<String>,
    /// The tool.
    pub tool: Option<String>,
    /// The tool call.
    pub call: Option<String>,
    /// The person.
    pub user: Option<String>,
    /// What the guard said.
    pub verdict: Option<Verdict>,
    /// Whether it says that the call ran.
    pub ran: bool,
    /// The rule a person says was wrong, and the report, where it is one.
    pub report: Option<(String, Box<RawValue>)>,
    /// What was met in it.
    pub hits: Vec<Hit>,
}

/// Which findings are asked for; every given part must hold.
#[derive(Clone, Debug, Default)]
pub struct FindingFilter {
    /// Of this kind.
    pub kind: Option<FindingKind>,
    /// Of this rule.
    pub rule: Option<String>,
    /// At least so severe.
    pub severity: Option<Severity>,
    /// In this state.
    pub state: Option<FindingState>,
    /// Of this owner.
    pub owner: Option<String>,
    /// Of this session.
    pub session_id: Option<String>,
    /// Of this person.
    pub user: Option<String>,
    /// Last met at or after this time.
    pub since: Option<Timestamp>,
    /// First met before this time.
    pub until: Option<Timestamp>,
}

/// What is to become of a finding; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// Its state.
    pub state: Option<FindingState>,
    /// Its owner; `Some(None)` for nobody.
    pub owner: Option<Option<String>>,
    /// Who says so.
    pub by: Option<String>,
}

/// How far the events are looked through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ScanState {
    /// `running` while there are events to look at, `idle` else.
    pub state: &'static str,
    /// How often the record was begun to be looked through.
    pub pass: u64,
    /// The position of the last event looked at in this pass.
    pub position: Seq,
    /// The position of the last event there is.
    pub end: Seq,
    /// A digest of the rules of this pass; empty before any.
    pub rules: String,
    /// When this pass began.
    pub started_at: Option<Timestamp>,
    /// When it first had seen everything.
    pub caught_up_at: Option<Timestamp>,
    /// Findings there are.
    pub findings: u64,
    /// Of these, open.
    pub open: u64,
    /// Findings there was no room for.
    pub dropped: u64,
}

words! {
    /// What verdicts are counted by.
    VerdictGroup {
        /// The rule that decided.
        Rule = "rule",
        /// The person.
        Person = "person",
        /// The repository.
        Repository = "repository",
        /// The day (UTC).
        Day = "day",
        /// The agent.
        Agent = "agent",
        /// The session.
        Session = "session",
    }
}

/// Which verdicts are counted; every given part must hold.
#[derive(Clone, Debug, Default)]
pub struct VerdictFilter {
    /// At or after this time.
    pub since: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
    /// By this rule.
    pub rule: Option<String>,
    /// Of this session.
    pub session_id: Option<String>,
    /// Of this person.
    pub user: Option<String>,
    /// In this repository.
    pub repository: Option<String>,
    /// Of this agent.
    pub agent: Option<String>,
}

/// Verdicts of one group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct VerdictRow {
    /// The group: a rule's id, a person, a repository, a day as 2026-11-20, an agent, a session; empty where nobody knows.
    pub key: String,
    /// All verdicts.
    pub total: u64,
    /// Calls that were denied.
    pub denied: u64,
    /// Calls a person had to be asked about.
    pub asked: u64,
    /// Calls that went on with a warning.
    pub warned: u64,
    /// Calls that a rule only observed.
    pub observed: u64,
    /// Calls a rule would have denied, had it been enforced.
    pub would_deny: u64,
    /// Calls a rule would have asked about, had it been enforced.
    pub would_ask: u64,
    /// Calls that a person let pass once although the rule is enforced.
    pub let_through: u64,
    /// Times a guard could not judge.
    pub unavailable: u64,
    /// The last of these.
    pub last_at: Option<Timestamp>,
}

/// A call that should not have been stopped, as it is kept.
#[derive(Debug, Serialize)]
pub struct StopReport {
    /// Its number.
    pub id: i64,
    /// When it came.
    pub at: Timestamp,
    /// Who sent it: the key's id, of an event the person.
    pub by: Option<String>,
    /// The event it came as.
    pub event_id: Option<EventId>,
    /// The rule that stopped the call.
    pub rule: String,
    /// The case and the note.
    pub report: Box<RawValue>,
}

/// What the guard decided and what was found. Cloning shares it.
#[derive(Clone, Debug)]
pub enum Guard {
    /// On SQLite.
    Sqlite(sqlite::Guard),
}

impl Guard {
    /// How far the events are looked through.
    ///
    /// # Errors
    /// Only where the store itself fails.
    pub async fn scan(&self) -> Result<ScanState, StoreError> {
        match self {
            Self::Sqlite(guard) => guard.scan().await,
        }
    }

    /// Begins to look through the events from the first, with these rules.
    ///
    /// # Errors
    /// Only where the store itself fails.
    pub async fn start_scan(&self, rules: &str, now: Timestamp) -> Result<ScanState, StoreError> {
        match self {
            Self::Sqlite(guard) => guard.start_scan(rules, now).await,
        }
    }

    /// Keeps what was seen in events, in the order of their positions, and that they were looked at in this pass: all or
    /// nothing. Returns how many findings are new. What was looked at before is not counted again; where another pass was begun meanwhile nothing is kept.
    ///
    /// # Errors
    /// Nothing is kept then.
    pub async fn keep(&self, pass: u64, seen: Vec<Seen>, now: Timestamp) -> Result<u64, StoreError> {
        match self {
            Self::Sqlite(guard) => guard.keep(pass, seen, now).await,
        }
    }

    /// Findings, the newest first; by when each first was found.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a cursor that is not one of this list.
    pub async fn findings(
        &self,
        filter: &FindingFilter,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<Page<Finding>, StoreError> {
        match self {
            Self::Sqlite(guard) => guard.findings(filter, limit, cursor).await,
        }
    }

    /// Changes a finding's state or owner; `None` where there is no such finding.
    ///
    /// # Errors
    /// Only where the store itself fails.
    pub async fn change(&self, id: i64, change: Change, now: Timestamp) -> Result<Option<Finding>, StoreError> {
        match self {
            Self::Sqlite(guard) => guard.change(id, change, now).await,
        }
    }

    /// Verdicts by group, the most first; days in their order. At most 1000 groups.
    ///
    /// # Errors
    /// Only where the store itself fails.
    pub async fn verdicts(&self, group: VerdictGroup, filter: &VerdictFilter) -> Result<Vec<VerdictRow>, StoreError> {
        match self {
            Self::Sqlite(guard) => guard.verdicts(group, filter).await,
        }
    }

    /// Keeps a report.
    ///
    /// # Errors
    /// Only where the store itself fails.
    pub async fn report(
        &self,
        rule: String,
        report: Box<RawValue>,
        by: Option<String>,
        now: Timestamp,
    ) -> Result<StopReport, StoreError> {
        match self {
            Self::Sqlite(guard) => guard.report(rule, report, by, now).await,
        }
    }

    /// Reports, the newest first; of one rule where it is named.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a cursor that is not one of this list.
    pub async fn reports(
        &self,
        rule: Option<&str>,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<Page<StopReport>, StoreError> {
        match self {
            Self::Sqlite(guard) => guard.reports(rule, limit, cursor).await,
        }
    }
}
