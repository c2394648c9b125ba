//! From the answers of several handlers to the one that the agent gets: pure.
//!
//! Context is joined in the order of the handlers, decisions by the strictest, of other fields the first wins. What the
//! guard said counts as one more decision.

use hookrail_core::agents::{self, Parsed, Reply};
use hookrail_core::event::{Agent, Kind};
use hookrail_core::policy::{self, Verdict};
use serde_json::{Map, Value, json};

use super::answer::{self, Answer, Decision, Form, MAX_CHARS, Output, Ruling, Terms, cut};

/// What the agent is told, and what had to be kept from it.
#[derive(Debug, Default)]
pub struct Merged {
    /// What goes to the agent.
    pub reply: Reply,
    /// The whole of a context that is longer than agents take; to be written to the file that the reply names.
    pub overflow: Option<String>,
    /// Fields of a handler that another one had set before, as `handler: field`.
    pub unheard: Vec<String>,
    /// The input by which a call's own is to be replaced.
    pub updated_input: Option<Value>,
}

/// What is merged.
#[derive(Debug)]
pub struct Answers<'a> {
    /// The agent.
    pub agent: &'a Agent,
    /// The event.
    pub parsed: &'a Parsed,
    /// What the agent takes at it.
    pub terms: &'a Terms,
    /// What the guard said, short of a deny.
    pub guard: Option<&'a Verdict>,
    /// What each handler said, with its id, in the order of the handlers.
    pub answers: &'a [(String, Answer)],
    /// Messages of our own for the person.
    pub messages: &'a [String],
    /// The file in which a context that is too long will be.
    pub overflow_file: &'a str,
}

/// Merges the answers.
pub fn merge(all: &Answers<'_>) -> Merged {
    let mut merged = Merged::default();
    match all.agent {
        Agent::ClaudeCode | Agent::Codex | Agent::Other(_) => told_in_json(all, &mut merged),
        _ => merged.reply = agents::reply(all.agent, all.parsed, verdict(all).as_ref()),
    }
    merged
}

/// What the guard would have told the agent alone, read like a handler's answer.
fn of_guard(all: &Answers<'_>) -> Option<Answer> {
    let told = agents::reply(all.agent, all.parsed, Some(all.guard?));
    let output = Output { exit: i32::from(told.exit), stdout: told.stdout.as_bytes(), stderr: b"" };
    Some(answer::read(output, true, all.terms))
}

/// The strictest of all decisions, with the reasons of all that are as strict.
fn strictest<'a>(answers: impl Iterator<Item = &'a Answer> + Clone) -> Option<Ruling> {
    let rulings = answers.filter_map(|answer| answer.ruling.as_ref());
    let decision = rulings.clone().map(|ruling| ruling.decision).max()?;
    let mut reasons: Vec<&str> = Vec::new();
    for ruling in rulings.filter(|ruling| ruling.decision == decision && !ruling.reason.is_empty()) {
        if !reasons.contains(&ruling.reason.as_str()) {
            reasons.push(&ruling.reason);
        }
    }
    Some(Ruling { decision, reason: cut(&reasons.join("\n")) })
}

/// The decision as the guard would put it, for agents that are told nothing else; the guard's own where it is as strict.
fn verdict(all: &Answers<'_>) -> Option<Verdict> {
    let rulings = all.answers.iter().filter_map(|(id, answer)| Some((id, answer.ruling.as_ref()?)));
    let Some((id, ruling)) = rulings.max_by_key(|(_, ruling)| ruling.decision) else { return all.guard.cloned() };
    let decision = match ruling.decision {
        Decision::Deny => policy::Decision::Deny,
        Decision::Ask | Decision::Defer => policy::Decision::Ask,
        Decision::Allow => policy::Decision::Allow,
    };
    match all.guard {
        Some(guard) if guard.decision >= decision => Some(guard.clone()),
        _ => Some(Verdict::new(decision, id.as_str(), ruling.reason.as_str())),
    }
}

fn told_in_json(all: &Answers<'_>, merged: &mut Merged) {
    let mut top = Map::new();
    let mut specific = Map::new();
    let guard = of_guard(all);
    let answers = || guard.iter().chain(all.answers.iter().map(|(_, answer)| answer));

    let contexts: Vec<&str> = answers().filter_map(|answer| answer.context.as_deref()).collect();
    if !contexts.is_empty() {
        let context = shortened(contexts.join("\n\n"), all.overflow_file, merged);
        specific.insert("additionalContext".into(), context.into());
    }
    for (id, answer) in all.answers {
        for (key, value) in &answer.fields {
            if specific.contains_key(key) {
                merged.unheard.push(format!("{id}: {key}"));
            } else {
                specific.insert(key.clone(), value.clone());
            }
        }
    }
    if let Some(ruling) = strictest(answers()) {
        decide(all, &ruling, &mut top, &mut specific);
    }
    merged.updated_input = specific.get("updatedInput").cloned();
    if let Some(why) = answers().find_map(|answer| answer.halt.as_ref()) {
        top.insert("continue".into(), false.into());
        if !why.is_empty() {
            top.insert("stopReason".into(), why.as_str().into());
        }
    }
    let own = all.messages.iter().map(String::as_str).filter(|_| all.terms.message);
    let messages: Vec<&str> = own.chain(answers().filter_map(|answer| answer.message.as_deref())).collect();
    if !messages.is_empty() {
        top.insert("systemMessage".into(), cut(&messages.join("\n")).into());
    }
    let terminal: String = answers().filter_map(|answer| answer.terminal.as_deref()).collect();
    if !terminal.is_empty() {
        top.insert("terminalSequence".into(), terminal.into());
    }
    if !specific.is_empty() {
        let mut named = Map::from_iter([("hookEventName".to_owned(), Value::from(all.terms.event.as_str()))]);
        named.append(&mut specific);
        top.insert("hookSpecificOutput".into(), named.into());
    }
    if !top.is_empty() {
        merged.reply.stdout = Value::Object(top).to_string();
    }
}

/// Writes the decision in the form that the event takes.
fn decide(all: &Answers<'_>, ruling: &Ruling, top: &mut Map<String, Value>, specific: &mut Map<String, Value>) {
    let mut decision = ruling.decision;
    let mut reason = ruling.reason.clone();
    if reason.is_empty() {
        reason = "decided by a handler".to_owned();
    }
    match all.terms.form {
        Form::None => {}
        Form::Call => {
            if *all.agent == Agent::Codex && matches!(decision, Decision::Ask | Decision::Defer) {
                decision = Decision::Deny;
                if !reason.contains("needs a person's consent") {
                    reason.push_str(" (needs a person's consent, which Codex cannot ask for here)");
                }
            }
            if decision == Decision::Deny {
                specific.remove("updatedInput");
            }
            // Codex takes an `allow` only with an input that replaces the call's own.
            if *all.agent == Agent::Codex && decision == Decision::Allow && !specific.contains_key("updatedInput") {
                return;
            }
            specific.insert("permissionDecision".into(), decision.as_str().into());
            specific.insert("permissionDecisionReason".into(), reason.into());
        }
        Form::Request => match decision {
            Decision::Allow => drop(specific.insert("decision".into(), json!({"behavior": "allow"}))),
            Decision::Deny => drop(specific.insert("decision".into(), json!({"behavior": "deny", "message": reason}))),
            // The person is about to be asked.
            Decision::Ask | Decision::Defer => {}
        },
        Form::Block | Form::Feedback if decision == Decision::Deny => {
            top.insert("decision".into(), "block".into());
            top.insert("reason".into(), reason.into());
            if matches!(all.parsed.kind, Kind::TurnEnded | Kind::SubagentEnded) {
                // One way to be kept going is enough.
                specific.remove("additionalContext");
            }
        }
        Form::Block | Form::Feedback => {}
    }
}

/// The context, or its beginning and where the whole of it is.
fn shortened(context: String, file: &str, merged: &mut Merged) -> String {
    if context.chars().count() <= MAX_CHARS {
        return context;
    }
    let notice = format!("\n\n[This is the beginning. The whole text is in {file}]");
    let room = MAX_CHARS.saturating_sub(notice.chars().count());
    let begin: String = context.chars().take(room).collect();
    merged.overflow = Some(context);
    begin + &notice
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use hookrail_core::agents::parse_named;

    use super::super::answer::terms;
    use super::*;

    /// What an agent is told when handlers print these, all of which may block.
    fn told(agent: &Agent, event: &str, guard: Option<&Verdict>, said: &[&str]) -> Merged {
        let parsed = parse_named(agent, Some(event), r#"{"tool_name":"Bash","tool_input":{"command":"ls"}}"#);
        let terms = terms(agent, &parsed, false);
        let output = |text: &&str| answer::read(Output { exit: 0, stdout: text.as_bytes(), stderr: b"" }, true, &terms);
        let answers: Vec<_> = said.iter().enumerate().map(|(at, text)| (format!("user:{at}"), output(text))).collect();
        let messages = [];
        merge(&Answers {
            agent,
            parsed: &parsed,
            terms: &terms,
            guard,
            answers: &answers,
            messages: &messages,
            overflow_file: "/home/dev/o.txt",
        })
    }

    fn json(merged: &Merged) -> Value {
        serde_json::from_str(&merged.reply.stdout).unwrap_or(Value::Null)
    }

    fn decision(word: &str, reason: &str) -> String {
        json!({"hookSpecificOutput": {"permissionDecision": word, "permissionDecisionReason": reason}}).to_string()
    }

    #[test]
    fn nobody_speaks_and_nothing_is_said() {
        for agent in [Agent::ClaudeCode, Agent::Codex, Agent::Cursor] {
            let merged = told(&agent, "Stop", None, &["", ""]);
            assert_eq!((merged.reply.stdout.as_str(), merged.reply.exit), ("", 0));
        }
    }

    #[test]
    fn texts_are_joined_in_order_and_kept_within_what_the_agent_takes() {
        let merged = json(&told(&Agent::ClaudeCode, "SessionStart", None, &["one", "", "two"]));
        assert_eq!(
            merged,
            json!({"hookSpecificOutput": {"hookEventName": "SessionStart", "additionalContext": "one\n\ntwo"}})
        );
        let long = "ü".repeat(MAX_CHARS);
        let merged = told(&Agent::ClaudeCode, "SessionStart", None, &[&long, "end"]);
        let context = json(&merged)["hookSpecificOutput"]["additionalContext"].as_str().unwrap().to_owned();
        assert_eq!(context.chars().count(), MAX_CHARS);
        assert!(context.ends_with("The whole text is in /home/dev/o.txt]"));
        assert_eq!(merged.overflow.unwrap(), format!("{long}\n\nend"));
        assert!(told(&Agent::ClaudeCode, "SessionStart", None, &[&long]).overflow.is_none());
    }

    #[test]
    fn the_strictest_decides_whatever_the_order() {
        let (allow, ask, deny) = (decision("allow", "a"), decision("ask", "b"), decision("deny", "c"));
        for (said, expected) in [
            (vec![&allow], ("allow", "a")),
            (vec![&allow, &ask], ("ask", "b")),
            (vec![&deny, &allow, &ask], ("deny", "c")),
            (vec![&allow, &deny, &deny], ("deny", "c")),
        ] {
            let said: Vec<&str> = said.into_iter().map(String::as_str).collect();
            let specific = json(&told(&Agent::ClaudeCode, "PreToolUse", None, &said))["hookSpecificOutput"].clone();
            assert_eq!(specific["hookEventName"], "PreToolUse");
            assert_eq!(
                (specific["permissionDecision"].as_str(), specific["permissionDecisionReason"].as_str()),
                (Some(expected.0), Some(expected.1))
            );
        }
    }

    #[test]
    fn the_guard_counts_as_one_more() {
        let guard = Verdict::new(policy::Decision::Ask, "git.push", "This publishes.");
        for agent in [Agent::ClaudeCode, Agent::Cursor] {
            let merged = told(
                &agent,
                if agent == Agent::Cursor { "preToolUse" } else { "PreToolUse" },
                Some(&guard),
                &[&decision("allow", "fine")],
            );
            assert!(
                merged.reply.stdout.contains("git.push") && !merged.reply.stdout.contains("fine"),
                "{}",
                merged.reply.stdout
            );
        }
        let merged = told(&Agent::ClaudeCode, "PreToolUse", Some(&guard), &[&decision("deny", "no")]);
        assert_eq!(json(&merged)["hookSpecificOutput"]["permissionDecision"], "deny");
        let merged = told(&Agent::ClaudeCode, "PreToolUse", Some(&guard), &[]);
        assert_eq!(
            json(&merged)["hookSpecificOutput"]["permissionDecision"],
            "ask",
            "handlers that say nothing change nothing"
        );
    }

    #[test]
    fn codex_is_told_only_what_it_takes() {
        let ask = json(&told(&Agent::Codex, "PreToolUse", None, &[&decision("ask", "b")]));
        assert_eq!(ask["hookSpecificOutput"]["permissionDecision"], "deny");
        assert_eq!(told(&Agent::Codex, "PreToolUse", None, &[&decision("allow", "a")]).reply.stdout, "");
        let block = json(&told(&Agent::Codex, "Stop", None, &[r#"{"decision":"block","reason":"more"}"#, "plain"]));
        assert_eq!(block, json!({"decision": "block", "reason": "more"}));
    }

    #[test]
    fn of_other_fields_the_first_is_heard() {
        let title =
            |title: &str| json!({"systemMessage": title, "hookSpecificOutput": {"sessionTitle": title}}).to_string();
        let merged = told(&Agent::ClaudeCode, "SessionStart", None, &[&title("a"), &title("b")]);
        assert_eq!(merged.unheard, ["user:1: sessionTitle"]);
        assert_eq!(
            (&json(&merged)["systemMessage"], &json(&merged)["hookSpecificOutput"]["sessionTitle"]),
            (&json!("a\nb"), &json!("a"))
        );
        let input = json!({"hookSpecificOutput": {"updatedInput": {"command": "pwd"}}}).to_string();
        let merged = told(&Agent::ClaudeCode, "PreToolUse", None, &[&input, &decision("deny", "no")]);
        assert_eq!(
            (&merged.updated_input, &json(&merged)["hookSpecificOutput"]["updatedInput"]),
            (&None, &Value::Null)
        );
    }
}
