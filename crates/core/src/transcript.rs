//! What agents write down about a session: one line of a transcript (Claude Code) or of a rollout (Codex).

use crate::agents::Parsed;
use crate::context::Source;
use crate::event::{Agent, Kind};

/// What one line of an agent's transcript says.
pub fn parse(_agent: &Agent, name: Option<&str>, _payload: &str) -> Parsed {
    Parsed { source: Source::Transcript, ..Parsed::new(name.unwrap_or_default(), Kind::TranscriptEntry) }
}
