//! What each source told of a session, and its prompts: what a reconciliation sets side by side.

use hookrail_core::context::Source;
use hookrail_core::event::{Event, Kind};

use super::said::agreed;

/// A prompt's text is kept up to so many bytes, cut at a character.
const PROMPT_BYTES: usize = 500;

/// The place of a source in [`Source::ALL`], as it is kept.
pub(crate) fn number(source: Source) -> i64 {
    Source::ALL.iter().position(|known| *known == source).unwrap_or_default() as i64
}

/// The bit of a source in a tool call's `sources`.
pub(crate) fn bit(source: Source) -> u8 {
    1 << number(source)
}

/// Whether an event tells of a prompt.
pub(crate) fn is_prompt(kind: &Kind) -> bool {
    matches!(kind, Kind::PromptSubmitted | Kind::PromptReported)
}

/// What a batch adds to what a source told of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) events: i64,
    pub(crate) prompts: i64,
    pub(crate) requests: i64,
    pub(crate) first_at: i64,
    pub(crate) last_at: i64,
}

impl Told {
    pub(crate) fn new(at: i64) -> Self {
        Self { events: 0, prompts: 0, requests: 0, first_at: at, last_at: at }
    }

    pub(crate) fn absorb(&mut self, event: &Event) {
        let at = event.occurred_at.as_nanos();
        self.events += 1;
        self.prompts += i64::from(is_prompt(&event.parsed.kind));
        self.requests += i64::from(event.parsed.model_use.is_some());
        self.first_at = self.first_at.min(at);
        self.last_at = self.last_at.max(at);
    }
}

/// A prompt as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PromptRow {
    pub(crate) at: i64,
    pub(crate) text: Option<String>,
}

impl PromptRow {
    pub(crate) fn new(at: i64) -> Self {
        Self { at, text: None }
    }

    pub(crate) fn absorb(&mut self, event: &Event) {
        self.at = self.at.min(event.occurred_at.as_nanos());
        agreed(&mut self.text, event.parsed.prompt.as_deref().map(shortened).as_deref());
    }
}

/// The key of a prompt: the agent's id of the turn, else the time, so that one without an id is still a prompt.
pub(crate) fn turn_of(event: &Event) -> String {
    event.parsed.turn_id.clone().unwrap_or_else(|| format!("@{}", event.occurred_at.as_nanos()))
}

fn shortened(prompt: &str) -> String {
    let prompt = prompt.trim();
    if prompt.len() <= PROMPT_BYTES {
        return prompt.to_owned();
    }
    format!("{}…", prompt[..prompt.floor_char_boundary(PROMPT_BYTES)].trim_end())
}
