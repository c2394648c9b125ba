//! What follows from events: sessions, tool calls, subagents, roll-ups. Pure: rows in, rows out.
//!
//! One rule makes replays, late arrivals and parallel calls harmless: **a row is a function of the set of events it was
//! made from**, whatever their order and however they were batched. Each field is therefore a minimum, a maximum, a sum
//! or a union; what one row adds to another (a call to its session's counts, to a roll-up) is the difference between
//! what the row contributed before and what it contributes now. Property tests hold every file here to that.

pub(crate) mod artifact;
mod batch;
pub(crate) mod handler;
pub(crate) mod ledger;
pub(crate) mod permission;
pub(crate) mod said;
pub(crate) mod session;
pub(crate) mod sources;
pub(crate) mod subagent;
pub(crate) mod tool_call;
pub(crate) mod usage;

pub(crate) use batch::{Batch, Changes, Rows};

/// The key of a session row: small, unlike an agent's own ids.
pub(crate) type SessionKey = i64;

/// A map of a batch. Its keys come from outside, so its hashes are seeded; it lives for a batch, so they need not be more.
pub(crate) type Map<Key, Value> = std::collections::HashMap<Key, Value, foldhash::fast::RandomState>;

/// A row as it was kept, and as it is with what a batch tells.
#[derive(Debug)]
pub(crate) struct Merged<Row> {
    pub(crate) kept: Option<Row>,
    pub(crate) now: Row,
}

impl<Row: PartialEq> Merged<Row> {
    fn is_changed(&self) -> bool {
        self.kept.as_ref() != Some(&self.now)
    }
}
