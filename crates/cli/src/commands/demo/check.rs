//! What was played, held against what the server has.

use std::collections::BTreeMap;
use std::fmt;

use hookrail_core::event::Agent;
use hookrail_device::config::Config;

use super::recordings::Recording;
use crate::api::{Api, Query, segment};
use crate::rows::SessionRow;

/// Events by session.
#[derive(Clone, Debug)]
pub(super) struct Tally(BTreeMap<(String, String), u64>);

impl Tally {
    /// What these recordings hold.
    pub(super) fn of(recordings: &[Recording]) -> Self {
        let mut tally = BTreeMap::new();
        for recording in recordings {
            for line in &recording.lines {
                *tally.entry((recording.agent.to_string(), line.session_id.clone())).or_default() += 1;
            }
        }
        Self(tally)
    }

    /// Adds an event that was told of a session of Claude Code.
    pub(super) fn add(&mut self, session: String) {
        *self.0.entry((Agent::ClaudeCode.to_string(), session)).or_default() += 1;
    }

    /// A sentence for each session whose events are not all there, or are too many.
    ///
    /// # Errors
    /// Where the server does not answer.
    pub(super) fn missing_at(&self, url: &str) -> anyhow::Result<Vec<String>> {
        let api = Api::of(&Config { server: Some(url.to_owned()), ..Config::default() })?;
        let mut missing = Vec::new();
        for ((agent, id), played) in &self.0 {
            let mut query = Query::default();
            query.set("agent", Some(agent));
            let session: anyhow::Result<SessionRow> = api.get(&format!("/api/v1/sessions/{}", segment(id)), &query);
            match session {
                Ok(session) if session.events == *played => {}
                Ok(session) => missing.push(format!("session {id}: {} of {played} events", session.events)),
                Err(error) => missing.push(format!("session {id}: {error:#}")),
            }
        }
        Ok(missing)
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} events of {} sessions", self.0.values().sum::<u64>(), self.0.len())
    }
}
