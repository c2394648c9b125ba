//! What one handler may say, and what it said: pure. What an agent would not accept is caught here and never passed on.
//!
//! Which fields an event takes: Claude Code's SDK types (`SyncHookJSONOutput`, 2.1.329) and Codex's strict output schemas
//! (0.155), which fail a whole run for one unknown key. Of other agents only decisions are known to be taken.

use hookrail_core::agents::Parsed;
use hookrail_core::event::{Agent, Kind};
use serde::Serialize;
use serde_json::{Map, Value};

/// How an event takes a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Not at all.
    None,
    /// `permissionDecision` of a call.
    Call,
    /// `decision.behavior` of a request for permission.
    Request,
    /// `decision: "block"`.
    Block,
    /// `decision: "block"` of what has happened already: the reason is read by the model.
    Feedback,
}

/// What becomes of text for the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// The event takes none.
    No,
    /// It is read.
    Read,
    /// It is read and keeps the agent going, as a block does.
    Continues,
}

/// What an agent takes as the answer to an event.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The event's name as the agent writes it.
    pub event: String,
    /// Decisions.
    pub form: Form,
    /// Text for the model.
    pub context: Context,
    /// Further fields of `hookSpecificOutput`.
    pub fields: &'static [&'static str],
    /// Those that change what is done, and so are for handlers that may block.
    pub deciding: &'static [&'static str],
    /// `systemMessage`, for the person.
    pub message: bool,
    /// `terminalSequence`.
    pub terminal: bool,
    /// `continue: false`.
    pub halt: bool,
    /// The agent goes on because of a block already: another one would go round in circles.
    pub is_again: bool,
}

/// What this agent takes at this event.
pub fn terms(agent: &Agent, parsed: &Parsed, stop_hook_active: bool) -> Terms {
    let mut terms = Terms {
        event: parsed.name.clone(),
        form: Form::None,
        context: Context::No,
        fields: &[],
        deciding: &[],
        message: false,
        terminal: false,
        halt: false,
        is_again: stop_hook_active && matches!(parsed.kind, Kind::TurnEnded | Kind::SubagentEnded),
    };
    match agent {
        Agent::ClaudeCode | Agent::Other(_) => claude_code(&parsed.kind, &mut terms),
        Agent::Codex => codex(&parsed.kind, &mut terms),
        _ => {
            terms.form = match parsed.kind {
                Kind::ToolRequested | Kind::ToolDetail | Kind::PermissionRequested | Kind::PromptSubmitted => {
                    Form::Call
                }
                _ => Form::None,
            }
        }
    }
    terms
}

fn claude_code(kind: &Kind, terms: &mut Terms) {
    (terms.message, terms.terminal, terms.halt) = (true, true, true);
    match kind {
        Kind::SessionStarted => {
            terms.context = Context::Read;
            terms.fields = &["initialUserMessage", "sessionTitle", "watchPaths", "reloadSkills"];
        }
        Kind::Setup | Kind::SubagentStarted | Kind::ModelSwitched => terms.context = Context::Read,
        Kind::PromptSubmitted => {
            (terms.form, terms.context) = (Form::Block, Context::Read);
            terms.fields = &["sessionTitle", "suppressOriginalPrompt"];
        }
        Kind::PromptExpanded => {
            (terms.form, terms.context, terms.fields) = (Form::Block, Context::Read, &["suppressOriginalPrompt"]);
        }
        Kind::ToolRequested => {
            (terms.form, terms.context, terms.deciding) = (Form::Call, Context::Read, &["updatedInput"]);
        }
        Kind::PermissionRequested => terms.form = Form::Request,
        Kind::ToolDenied => terms.deciding = &["retry"],
        Kind::ToolSucceeded => {
            (terms.form, terms.context) = (Form::Feedback, Context::Read);
            terms.deciding = &["updatedToolOutput", "updatedMCPToolOutput", "classifierContext"];
        }
        Kind::ToolFailed => (terms.form, terms.context) = (Form::Feedback, Context::Read),
        Kind::ToolBatch => (terms.form, terms.context) = (Form::Block, Context::Read),
        Kind::TurnEnded | Kind::SubagentEnded => (terms.form, terms.context) = (Form::Block, Context::Continues),
        Kind::TaskCreated
        | Kind::TaskCompleted
        | Kind::TeammateIdle
        | Kind::CompactionStarted
        | Kind::ConfigChanged => {
            terms.form = Form::Block;
        }
        Kind::CwdChanged | Kind::FileChanged => terms.fields = &["watchPaths"],
        Kind::ElicitationRequested | Kind::ElicitationAnswered => {
            (terms.form, terms.deciding) = (Form::Block, &["action", "content"]);
        }
        Kind::TurnFailed | Kind::Notification | Kind::InstructionsLoaded => {
            (terms.message, terms.halt) = (false, false);
        }
        _ => {}
    }
}

fn codex(kind: &Kind, terms: &mut Terms) {
    terms.message = *kind != Kind::SessionEnded;
    match kind {
        Kind::SessionStarted => (terms.context, terms.halt) = (Context::Read, true),
        Kind::SubagentStarted => terms.context = Context::Read,
        Kind::PromptSubmitted => (terms.form, terms.context, terms.halt) = (Form::Block, Context::Read, true),
        Kind::ToolRequested => {
            (terms.form, terms.context, terms.deciding) = (Form::Call, Context::Read, &["updatedInput"]);
        }
        Kind::PermissionRequested => terms.form = Form::Request,
        // One event for good and ill.
        Kind::ToolSucceeded | Kind::ToolFailed => {
            (terms.form, terms.context, terms.halt) = (Form::Feedback, Context::Read, true);
        }
        Kind::TurnEnded | Kind::SubagentEnded => (terms.form, terms.halt) = (Form::Block, true),
        Kind::CompactionStarted | Kind::CompactionEnded => terms.halt = true,
        _ => {}
    }
}

/// What is to be done, from the mildest to the strictest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// Without asking the person.
    Allow,
    /// After asking the person.
    Ask,
    /// Later, by whoever drives the agent.
    Defer,
    /// Not.
    Deny,
}

impl Decision {
    /// The word of `permissionDecision`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Ask => "ask",
            Self::Defer => "defer",
            Self::Deny => "deny",
        }
    }

    fn of(word: &str) -> Option<Self> {
        [Self::Allow, Self::Ask, Self::Defer, Self::Deny].into_iter().find(|decision| decision.as_str() == word)
    }
}

/// A decision with its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// What is to be done.
    pub decision: Decision,
    /// Why.
    pub reason: String,
}

/// What a handler said, as far as it is accepted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// Text for the model.
    pub context: Option<String>,
    /// Text for the person.
    pub message: Option<String>,
    /// For the terminal.
    pub terminal: Option<String>,
    /// A decision.
    pub ruling: Option<Ruling>,
    /// The agent is to stop altogether; why.
    pub halt: Option<String>,
    /// Further fields of `hookSpecificOutput`.
    pub fields: Map<String, Value>,
    /// What was not accepted, and why.
    pub refused: Vec<String>,
    /// A block was held back, because the agent goes on because of one already.
    pub held: bool,
}

/// What a handler left behind.
#[derive(Clone, Copy, Debug)]
pub struct Output<'a> {
    /// Its exit code.
    pub exit: i32,
    /// Its standard output.
    pub stdout: &'a [u8],
    /// Its standard error.
    pub stderr: &'a [u8],
}

/// The exit code by which a handler blocks.
const BLOCKS: i32 = 2;

/// The most characters of a reason or a message; agents cut longer ones.
pub const MAX_CHARS: usize = 10_000;

/// Reads what a handler said. A handler that may not block is heard, and decides nothing.
pub fn read(output: Output<'_>, may_block: bool, terms: &Terms) -> Answer {
    let mut answer = Answer::default();
    match std::str::from_utf8(output.stdout).map(str::trim) {
        Err(_) => answer.refused.push("its standard output is no text".to_owned()),
        Ok("") => {}
        Ok(text) if text.contains('\0') => answer.refused.push("its standard output is no text".to_owned()),
        Ok(text) if text.starts_with('{') => match serde_json::from_str::<Map<String, Value>>(text) {
            Ok(said) => json(said, terms, &mut answer),
            Err(error) => answer.refused.push(format!("its standard output begins like JSON and is none: {error}")),
        },
        // Plain text is said on success only: what a failed program printed is seldom meant for anybody.
        Ok(text) if output.exit == 0 && terms.context == Context::Read => answer.context = Some(text.to_owned()),
        Ok(_) => {}
    }
    if output.exit == BLOCKS {
        blocked(&String::from_utf8_lossy(output.stderr), terms, &mut answer);
    }
    hold(may_block, terms, &mut answer);
    answer
}

/// Exit code 2: what stands on standard error is the reason.
fn blocked(stderr: &str, terms: &Terms, answer: &mut Answer) {
    let told = answer.ruling.take().filter(|ruling| ruling.decision == Decision::Deny);
    let reason = told.map(|ruling| ruling.reason).filter(|reason| !reason.is_empty());
    let reason = reason.unwrap_or_else(|| cut(stderr.trim()));
    let reason = if reason.is_empty() { "a handler stopped this without a word".to_owned() } else { reason };
    match terms.form {
        Form::None => answer.refused.push("exit code 2: this event cannot be blocked".to_owned()),
        // It has happened: who says why it was wrong only speaks.
        Form::Feedback => {
            let context = answer.context.get_or_insert_default();
            if !context.is_empty() {
                context.push('\n');
            }
            context.push_str(&reason);
        }
        Form::Call | Form::Request | Form::Block => answer.ruling = Some(Ruling { decision: Decision::Deny, reason }),
    }
}

/// Takes out what this handler may not say here.
fn hold(may_block: bool, terms: &Terms, answer: &mut Answer) {
    let decides = answer.ruling.is_some()
        || answer.halt.is_some()
        || answer.fields.keys().any(|key| terms.deciding.contains(&key.as_str()))
        || (terms.context == Context::Continues && answer.context.is_some());
    let holds = !may_block || (terms.is_again && answer.halt.is_none());
    if decides && holds {
        answer.held = may_block;
        if !may_block {
            answer.refused.push("it decides, and is not declared with `can_block = true`".to_owned());
        }
        (answer.ruling, answer.halt) = (None, None);
        answer.fields.retain(|key, _| !terms.deciding.contains(&key.as_str()));
        if terms.context == Context::Continues {
            answer.context = None;
        }
    }
}

/// The form of JSON that Claude Code's and Codex's hooks print.
fn json(said: Map<String, Value>, terms: &Terms, answer: &mut Answer) {
    let mut reason = None;
    let mut decision = None;
    let (mut goes_on, mut stop_reason) = (true, None);
    for (key, value) in said {
        let text = value.as_str().map(cut);
        match (key.as_str(), text) {
            ("continue", _) if value.is_boolean() => goes_on = value == Value::Bool(true),
            ("stopReason", Some(text)) => stop_reason = Some(text),
            // Claude Code takes it and does nothing; Codex refuses it.
            ("suppressOutput", _) if value.is_boolean() => {}
            ("systemMessage", Some(text)) if terms.message => answer.message = Some(text),
            ("terminalSequence", Some(text)) if terms.terminal => answer.terminal = Some(text),
            ("decision", Some(text)) => decision = Some(text),
            ("reason", Some(text)) => reason = Some(text),
            ("hookSpecificOutput", _) => match value {
                Value::Object(specific) => self::specific(specific, terms, answer),
                _ => answer.refused.push("hookSpecificOutput is no object".to_owned()),
            },
            ("async", _) => answer
                .refused
                .push("async: a handler is waited for; let it start what is to go on by itself".to_owned()),
            (key, _) => answer.refused.push(format!("{} does not take {key} with this value", terms.event)),
        }
    }
    if !goes_on {
        if terms.halt {
            answer.halt = Some(stop_reason.unwrap_or_default());
        } else {
            answer.refused.push(format!("{} does not take continue: false", terms.event));
        }
    }
    let decided = match (decision.as_deref(), terms.form) {
        (None, _) => return,
        (Some("block"), Form::Block | Form::Feedback | Form::Call) => Decision::Deny,
        (Some("approve"), Form::Call) => Decision::Allow,
        (Some(word), _) => {
            answer.refused.push(format!("{} does not take decision: {word:?}", terms.event));
            return;
        }
    };
    answer.ruling.get_or_insert(Ruling { decision: decided, reason: reason.unwrap_or_default() });
}

fn specific(said: Map<String, Value>, terms: &Terms, answer: &mut Answer) {
    if let Some(name) = said.get("hookEventName").filter(|name| **name != terms.event.as_str()) {
        answer.refused.push(format!("hookSpecificOutput is of {name} and not of {}", terms.event));
        return;
    }
    let reason = said.get("permissionDecisionReason").and_then(Value::as_str).map(cut).unwrap_or_default();
    for (key, value) in said {
        match (key.as_str(), &value) {
            ("hookEventName" | "permissionDecisionReason", _) => {}
            ("additionalContext", Value::String(text)) if terms.context != Context::No => {
                answer.context = Some(text.trim().to_owned()).filter(|text| !text.is_empty());
            }
            ("permissionDecision", Value::String(word)) if terms.form == Form::Call && Decision::of(word).is_some() => {
                answer.ruling = Decision::of(word).map(|decision| Ruling { decision, reason: reason.clone() });
            }
            ("decision", Value::Object(decision)) if terms.form == Form::Request => {
                answer.ruling = requested(decision);
                if answer.ruling.is_none() {
                    answer.refused.push("a decision on a request for permission is allow or deny".to_owned());
                }
            }
            (key, _) if terms.fields.contains(&key) || terms.deciding.contains(&key) => {
                answer.fields.insert(key.to_owned(), value);
            }
            (key, _) => answer.refused.push(format!("{} does not take {key} with this value", terms.event)),
        }
    }
}

/// `{"behavior": "allow" | "deny", "message"?}`. What else Claude Code takes there changes rules and inputs, and is not passed on.
fn requested(decision: &Map<String, Value>) -> Option<Ruling> {
    let behavior = Decision::of(decision.get("behavior")?.as_str()?)?;
    let reason = decision.get("message").and_then(Value::as_str).map(cut).unwrap_or_default();
    matches!(behavior, Decision::Allow | Decision::Deny).then_some(Ruling { decision: behavior, reason })
}

/// The text, no longer than agents take.
pub fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => text[..end].to_owned(),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use hookrail_core::agents::parse_named;

    use super::*;

    fn on(agent: &Agent, event: &str) -> Terms {
        let parsed = parse_named(agent, Some(event), r#"{"tool_name":"Bash"}"#);
        terms(agent, &parsed, false)
    }

    fn heard(event: &str, exit: i32, stdout: &str, may_block: bool) -> Answer {
        let output = Output { exit, stdout: stdout.as_bytes(), stderr: b"because\n" };
        read(output, may_block, &on(&Agent::ClaudeCode, event))
    }

    fn denied(answer: &Answer) -> Option<&str> {
        answer.ruling.as_ref().filter(|ruling| ruling.decision == Decision::Deny).map(|ruling| ruling.reason.as_str())
    }

    #[test]
    fn text_is_context_where_the_event_takes_it() {
        for (event, exit, expected) in [
            ("SessionStart", 0, Some("hello")),
            ("UserPromptSubmit", 0, Some("hello")),
            ("PostToolUse", 0, Some("hello")),
            ("SubagentStart", 0, Some("hello")),
            ("Stop", 0, None),
            ("SessionEnd", 0, None),
            ("Notification", 0, None),
            ("SessionStart", 1, None),
        ] {
            let answer = heard(event, exit, " hello\n", true);
            assert_eq!((answer.context.as_deref(), &answer.refused[..]), (expected, &[][..]), "{event} {exit}");
        }
    }

    #[test]
    fn two_blocks_where_a_block_is_possible_and_only_for_who_may() {
        for event in ["PreToolUse", "PermissionRequest", "UserPromptSubmit", "Stop", "PreCompact", "TaskCreated"] {
            assert_eq!(denied(&heard(event, 2, "", true)), Some("because"), "{event}");
            let not_allowed = heard(event, 2, "", false);
            assert_eq!((denied(&not_allowed), not_allowed.refused.len()), (None, 1), "{event}");
        }
        let after = heard("PostToolUse", 2, "found", false);
        assert_eq!(
            (denied(&after), after.context.as_deref()),
            (None, Some("because")),
            "it has happened: the model only reads"
        );
        let end = heard("SessionEnd", 2, "", true);
        assert!(denied(&end).is_none() && end.refused[0].contains("cannot be blocked"));
    }

    #[test]
    fn an_agent_that_goes_on_is_not_blocked_again() {
        for (agent, event) in [(Agent::ClaudeCode, "Stop"), (Agent::ClaudeCode, "SubagentStop"), (Agent::Codex, "Stop")]
        {
            let parsed = parse_named(&agent, Some(event), "{}");
            let terms = terms(&agent, &parsed, true);
            let block = Output { exit: 0, stdout: br#"{"decision":"block","reason":"more"}"#, stderr: b"" };
            let answer = read(block, true, &terms);
            assert!(answer.held && answer.ruling.is_none() && answer.refused.is_empty(), "{event} {answer:?}");
            let goes_on = br#"{"hookSpecificOutput":{"hookEventName":"Stop","additionalContext":"x"}}"#;
            assert_eq!(read(Output { exit: 0, stdout: goes_on, stderr: b"" }, true, &terms).context, None);
        }
    }

    #[test]
    fn json_is_taken_as_the_event_takes_it_and_nothing_else_is_passed_on() {
        for (event, said, refused) in [
            (
                "PreToolUse",
                r#"{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"deny","permissionDecisionReason":"no"}}"#,
                None,
            ),
            (
                "PreToolUse",
                r#"{"hookSpecificOutput":{"permissionDecision":"deny","permissionDecisionReason":"no"}}"#,
                None,
            ),
            ("PreToolUse", r#"{"decision":"block","reason":"no"}"#, None),
            ("PermissionRequest", r#"{"hookSpecificOutput":{"decision":{"behavior":"deny","message":"no"}}}"#, None),
            ("Stop", r#"{"decision":"block","reason":"no"}"#, None),
            (
                "PreToolUse",
                r#"{"hookSpecificOutput":{"hookEventName":"Stop","permissionDecision":"deny"}}"#,
                Some("is of"),
            ),
            ("PreToolUse", r#"{"hookSpecificOutput":{"permissionDecision":"maybe"}}"#, Some("permissionDecision")),
            ("PreToolUse", r#"{"permissionDecision":"deny"}"#, Some("permissionDecision")),
            ("SessionStart", r#"{"decision":"block"}"#, Some("decision")),
            ("SessionStart", r#"{"async":true}"#, Some("async")),
            ("SessionStart", r#"{"hookSpecificOutput":[]}"#, Some("no object")),
            ("SessionStart", r#"{"hookSpecificOutput":{"updatedInput":{}}}"#, Some("updatedInput")),
            ("SessionStart", r#"{"decision": "#, Some("is none")),
            ("SessionStart", "{not json}", Some("is none")),
            ("SessionStart", "\0\0", Some("no text")),
            ("SessionStart", &format!("{}{}", "{\"a\":".repeat(500), "}".repeat(500)), Some("is none")),
        ] {
            let answer = heard(event, 0, said, true);
            match refused {
                None => assert_eq!((denied(&answer), &answer.refused[..]), (Some("no"), &[][..]), "{said}"),
                Some(why) => {
                    assert!(
                        answer.refused.len() == 1 && answer.refused[0].contains(why),
                        "{said}: {:?}",
                        answer.refused
                    );
                    assert_eq!(Answer { refused: Vec::new(), ..answer }, Answer::default(), "{said}");
                }
            }
        }
        let binary =
            read(Output { exit: 0, stdout: &[0xff, 0xfe], stderr: b"" }, true, &on(&Agent::ClaudeCode, "SessionStart"));
        assert_eq!(binary.refused, ["its standard output is no text"]);
    }

    #[test]
    fn further_fields_pass_and_those_that_change_a_call_only_of_who_may_block() {
        let said = r#"{"systemMessage":"m","terminalSequence":"\u0007","suppressOutput":true,
            "hookSpecificOutput":{"updatedInput":{"command":"ls"},"additionalContext":"c"}}"#;
        let answer = heard("PreToolUse", 0, said, true);
        assert_eq!((answer.message.as_deref(), answer.terminal.as_deref()), (Some("m"), Some("\u{7}")));
        assert!(answer.fields.contains_key("updatedInput") && answer.refused.is_empty());
        let answer = heard("PreToolUse", 0, said, false);
        assert!(answer.fields.is_empty() && answer.refused.len() == 1);
        assert_eq!(answer.context.as_deref(), Some("c"), "what it may say is heard");
        let start = r#"{"hookSpecificOutput":{"sessionTitle":"t","watchPaths":["a"]}}"#;
        assert_eq!(heard("SessionStart", 0, start, false).fields.len(), 2);
    }
}
