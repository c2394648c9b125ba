//! A session: opened by the first event that names it, whatever it is.

use hookrail_core::context::Source;
use hookrail_core::event::{Event, Kind};
use hookrail_core::time::Timestamp;
use serde::Deserialize;

use super::said::{Said, earliest, latest};
use crate::model::{Session, SessionState, Used};

/// A title is cut after so many bytes, at a character.
const TITLE_BYTES: usize = 200;

/// A session from which nothing was heard for so long is shown as ended: agents that are killed say nothing.
/// Longer than a long-running tool or a lunch break, shorter than a night.
pub(crate) const SILENCE_NANOS: i64 = 2 * 3600 * 1_000_000_000;

/// A session as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SessionRow {
    pub(crate) agent: String,
    pub(crate) id: String,
    pub(crate) first_at: i64,
    pub(crate) last_at: i64,
    pub(crate) state: State,
    /// When the event happened that told the state.
    pub(crate) state_at: i64,
    pub(crate) title: Option<Said>,
    pub(crate) cwd: Option<Said>,
    pub(crate) model: Option<Said>,
    pub(crate) parent: Option<Said>,
    pub(crate) user: Option<Said>,
    pub(crate) device: Option<Said>,
    pub(crate) source_app: Option<Said>,
    pub(crate) repository: Option<Said>,
    pub(crate) branch: Option<Said>,
    pub(crate) revision: Option<Said>,
    pub(crate) run: Option<Said>,
    /// Who is at work by the agent's own word; goes before `user`.
    pub(crate) person: Option<Said>,
    /// The title by the agent's own word; goes before `title`.
    pub(crate) named: Option<Said>,
    /// The best kind of evidence of what it used: see `ledger.rs`.
    pub(crate) tier: i64,
    pub(crate) events: i64,
    pub(crate) prompts: i64,
    pub(crate) tool_calls: i64,
    pub(crate) tool_errors: i64,
    pub(crate) subagents: i64,
}

/// A state; of two told at one time, the later in this order counts. The numbers are kept in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    Idle = 0,
    Working = 1,
    Waiting = 2,
    Failed = 3,
    Ended = 4,
    Asleep = 5,
}

impl State {
    pub(crate) const ALL: [Self; 6] =
        [Self::Idle, Self::Working, Self::Waiting, Self::Failed, Self::Ended, Self::Asleep];

    /// The state as the API shows it.
    pub(crate) fn shown(self) -> SessionState {
        match self {
            Self::Idle => SessionState::Idle,
            Self::Working => SessionState::Working,
            Self::Waiting => SessionState::Waiting,
            Self::Failed => SessionState::Failed,
            Self::Ended => SessionState::Ended,
            Self::Asleep => SessionState::Asleep,
        }
    }
}

impl SessionRow {
    /// A session nothing is known of yet but the time of one of its events.
    pub(crate) fn new(agent: &str, id: &str, at: i64) -> Self {
        Self {
            agent: agent.to_owned(),
            id: id.to_owned(),
            first_at: at,
            last_at: at,
            state: State::Idle,
            state_at: i64::MIN,
            title: None,
            cwd: None,
            model: None,
            parent: None,
            user: None,
            device: None,
            source_app: None,
            repository: None,
            branch: None,
            revision: None,
            run: None,
            person: None,
            named: None,
            tier: 0,
            events: 0,
            prompts: 0,
            tool_calls: 0,
            tool_errors: 0,
            subagents: 0,
        }
    }

    /// Takes in one stored event. Counts of tool calls and subagents come from their rows.
    pub(crate) fn absorb(&mut self, event: &Event) {
        let (at, parsed) = (event.occurred_at.as_nanos(), &event.parsed);
        self.first_at = self.first_at.min(at);
        // That nothing happened is nothing that happened.
        if parsed.kind != Kind::SessionSlept {
            self.last_at = self.last_at.max(at);
        }
        self.events += 1;
        self.prompts += i64::from(parsed.kind == Kind::PromptSubmitted);
        // A sleep is of the time since when nothing was heard: whatever happened later goes before it, however late it comes.
        let told_at = if parsed.kind == Kind::SessionSlept { idle_since(event).unwrap_or(at) } else { at };
        if let Some(state) = state_told(event)
            && (told_at, state) > (self.state_at, self.state)
        {
            (self.state_at, self.state) = (told_at, state);
        }
        if self.title.as_ref().is_none_or(|title| at <= title.at) {
            earliest(&mut self.title, at, parsed.prompt.as_deref().map(title).as_deref());
        }
        // A subagent may work elsewhere, with another model.
        if parsed.actor.subagent_id().is_none() {
            earliest(&mut self.cwd, at, parsed.cwd.as_deref());
            latest(&mut self.model, at, parsed.model.as_deref());
        }
        if parsed.kind == Kind::SessionStarted {
            let parent = parent(event.payload.get()).filter(|parent| *parent != self.id);
            earliest(&mut self.parent, at, parent.as_deref());
        }
        latest(&mut self.user, at, event.user.as_deref());
        latest(&mut self.device, at, event.device.as_deref());
        latest(&mut self.source_app, at, event.source_app.as_deref());
        latest(&mut self.person, at, parsed.identity.as_ref().and_then(|identity| identity.person()));
        latest(&mut self.named, at, parsed.title.as_deref().map(title).as_deref());
        if let Some(context) = &event.context {
            earliest(&mut self.repository, at, context.repository.as_deref());
            earliest(&mut self.branch, at, context.branch.as_deref());
            earliest(&mut self.revision, at, context.commit.as_deref());
            earliest(&mut self.run, at, context.run_id.as_deref());
        }
    }

    /// Since when nothing was heard of the session, which sleeps, if this event, which is not taken in yet, wakes it. What ends it does not, nor
    /// what is told afterwards of a time before.
    pub(crate) fn woken_by(&self, event: &Event) -> Option<i64> {
        let acts = event.parsed.source == Source::Hook && event.parsed.kind != Kind::SessionEnded;
        let wakes = self.state == State::Asleep && acts && event.occurred_at.as_nanos() > self.state_at;
        wakes.then_some(self.state_at)
    }

    /// The session as the API shows it at the time `now`.
    pub(crate) fn shown(self, now: Timestamp) -> Session {
        let silent = self.last_at < now.as_nanos().saturating_sub(SILENCE_NANOS);
        let ended_inferred = silent && self.state != State::Ended;
        let text = |said: Option<Said>| said.map(|said| said.text);
        let count = |n: i64| n.max(0) as u64;
        Session {
            agent: self.agent.as_str().into(),
            id: self.id,
            state: if ended_inferred { SessionState::Ended } else { self.state.shown() },
            ended_inferred,
            title_source: match (&self.named, &self.title) {
                (Some(_), _) => Some("agent"),
                (None, Some(_)) => Some("prompt"),
                (None, None) => None,
            },
            title: text(self.named.or(self.title)),
            cwd: text(self.cwd),
            repository: text(self.repository),
            branch: text(self.branch),
            commit: text(self.revision),
            run_id: text(self.run),
            model: text(self.model),
            started_at: Timestamp::from_nanos(self.first_at),
            last_event_at: Timestamp::from_nanos(self.last_at),
            ended_at: (self.state == State::Ended).then(|| Timestamp::from_nanos(self.state_at)),
            parent_id: text(self.parent),
            events: count(self.events),
            prompts: count(self.prompts),
            tool_calls: count(self.tool_calls),
            tool_errors: count(self.tool_errors),
            subagents: count(self.subagents),
            user: text(self.person.or(self.user)),
            usage: Used::default(),
            device: text(self.device),
            source_app: text(self.source_app),
        }
    }
}

/// The state an event tells; `None` where it says nothing about it.
///
/// Telemetry and transcripts are read long after what they tell of, so they tell no state.
fn state_told(event: &Event) -> Option<State> {
    let parsed = &event.parsed;
    match parsed.kind {
        Kind::SessionSlept => return Some(State::Asleep),
        Kind::SessionWoke => return Some(State::Idle),
        _ if parsed.source != Source::Hook => return None,
        _ => {}
    }
    let reason = parsed.reason.as_deref();
    Some(match parsed.kind {
        // A compaction in the middle of a turn starts the session again.
        Kind::SessionStarted if reason == Some("compact") => State::Working,
        Kind::SessionStarted | Kind::TurnEnded | Kind::TurnInterrupted => State::Idle,
        Kind::SessionEnded => State::Ended,
        Kind::TurnFailed => State::Failed,
        Kind::PermissionRequested | Kind::ElicitationRequested => State::Waiting,
        Kind::ToolRequested if asks_the_person(parsed.tool.as_ref().map(|tool| tool.name.as_str())) => State::Waiting,
        Kind::Notification => notified(reason?)?,
        Kind::PromptSubmitted
        | Kind::PromptExpanded
        | Kind::ToolRequested
        | Kind::ToolSucceeded
        | Kind::ToolFailed
        | Kind::ToolDenied
        | Kind::ToolBatch
        | Kind::ToolDetail
        | Kind::ModelRequested
        | Kind::ModelResponded
        | Kind::ThoughtReceived
        | Kind::SubagentStarted
        | Kind::CompactionStarted
        | Kind::ElicitationAnswered => State::Working,
        _ => return None,
    })
}

/// Tools whose call is a question to the person (Claude Code: `AskUserQuestion`, `ExitPlanMode`).
fn asks_the_person(tool: Option<&str>) -> bool {
    matches!(tool, Some("AskUserQuestion" | "ExitPlanMode"))
}

/// The notifications that say the agent waits, by their type: Claude Code's `permission_prompt`
/// and `elicitation_dialog`, Gemini's `ToolPermission`.
fn notified(reason: &str) -> Option<State> {
    match reason {
        "permission_prompt" | "elicitation_dialog" | "ToolPermission" => Some(State::Waiting),
        _ => None,
    }
}

/// The first line of a prompt that says something, shortened at a character.
fn title(prompt: &str) -> String {
    let line = prompt.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    if line.len() <= TITLE_BYTES {
        return line.to_owned();
    }
    let end = line.floor_char_boundary(TITLE_BYTES);
    format!("{}…", line[..end].trim_end())
}

/// Since when nothing had been heard of a session that fell asleep.
fn idle_since(event: &Event) -> Option<i64> {
    #[derive(Deserialize)]
    struct Slept {
        idle_since: Timestamp,
    }
    Some(serde_json::from_str::<Slept>(event.payload.get()).ok()?.idle_since.as_nanos())
}

/// The session a session was resumed or forked from, where the payload of its start tells under one of these names.
fn parent(payload: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Start {
        #[serde(alias = "forked_from_id", alias = "resumed_from", alias = "parent_conversation_id")]
        parent_session_id: Option<String>,
    }
    serde_json::from_str::<Start>(payload).ok()?.parent_session_id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_the_first_line_that_says_something_cut_at_a_character() {
        assert_eq!(title("\n  fix the build \nplease"), "fix the build");
        assert_eq!(title("  \n"), "");
        let long = title(&"ä".repeat(150));
        assert!(long.len() <= TITLE_BYTES + '…'.len_utf8() && long.ends_with("ä…"), "{long}");
    }

    #[test]
    fn a_parent_is_read_under_the_names_in_use() {
        assert_eq!(parent(r#"{"forked_from_id":"a"}"#).as_deref(), Some("a"));
        assert_eq!(parent(r#"{"parent_session_id":"b","x":1}"#).as_deref(), Some("b"));
        assert_eq!(parent(r#"{"source":"resume"}"#), None);
        assert_eq!(parent("[]"), None);
    }
}
