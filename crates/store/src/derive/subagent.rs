//! A subagent: an actor inside a session, nested to any depth.
//!
//! Its own events tell when it worked; the result of the call that spawned it tells who its parent is. Either may come
//! first, or alone.

use hookrail_core::event::{Actor, Event, Kind};
use hookrail_core::time::Timestamp;

use super::said::agreed;
use super::tool_call::CallRow;
use crate::model::{Subagent, Used};

/// When a subagent was surely there, by the call that spawned it: at its result.
pub(crate) fn spawned_at(call: &CallRow) -> i64 {
    call.end.map_or(call.at(), |end| end.at)
}

/// A subagent as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SubagentRow {
    pub(crate) agent_type: Option<String>,
    pub(crate) parent: Option<String>,
    pub(crate) tool_use_id: Option<String>,
    pub(crate) first_at: i64,
    pub(crate) begun_at: Option<i64>,
    pub(crate) ended_at: Option<i64>,
    pub(crate) tool_calls: i64,
    pub(crate) tool_errors: i64,
}

impl SubagentRow {
    /// A subagent nothing is known of yet but the time of an event about it.
    pub(crate) fn new(at: i64) -> Self {
        Self {
            agent_type: None,
            parent: None,
            tool_use_id: None,
            first_at: at,
            begun_at: None,
            ended_at: None,
            tool_calls: 0,
            tool_errors: 0,
        }
    }

    /// Takes in one stored event of the subagent.
    pub(crate) fn absorb(&mut self, event: &Event) {
        let at = event.occurred_at.as_nanos();
        self.first_at = self.first_at.min(at);
        if let Actor::Subagent { agent_type, .. } = &event.parsed.actor {
            agreed(&mut self.agent_type, agent_type.as_deref());
        }
        match event.parsed.kind {
            Kind::SubagentStarted => {
                self.begun_at = self.begun_at.max(Some(at));
                // Cursor names the call that spawns it.
                agreed(&mut self.tool_use_id, event.parsed.tool_use_id.as_ref().map(|id| id.as_str()));
            }
            Kind::SubagentEnded => self.ended_at = self.ended_at.max(Some(at)),
            _ => {}
        }
    }

    /// Takes in the call that spawned it.
    pub(crate) fn absorb_call(&mut self, id: &str, call: &CallRow) {
        self.first_at = self.first_at.min(spawned_at(call));
        agreed(&mut self.tool_use_id, Some(id));
        agreed(&mut self.parent, call.actor.as_deref());
    }

    /// The subagent as the API shows it. One that was resumed after it was done has not ended.
    pub(crate) fn shown(self, id: String, session: &str) -> Subagent {
        let ended_at = self.ended_at.filter(|&ended| self.begun_at.is_none_or(|begun| begun <= ended));
        Subagent {
            id,
            session_id: session.to_owned(),
            agent_type: self.agent_type,
            parent_id: self.parent,
            tool_use_id: self.tool_use_id,
            started_at: Timestamp::from_nanos(self.first_at),
            ended_at: ended_at.map(Timestamp::from_nanos),
            tool_calls: self.tool_calls.max(0) as u64,
            tool_errors: self.tool_errors.max(0) as u64,
            usage: Used::default(),
        }
    }
}
