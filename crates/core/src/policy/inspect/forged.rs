//! Turns of a talk that were never said: what pretends to come from the system, or from the person.

use super::addressed::{is_persona, last, opens_text};
use super::reading::Reading;
use super::sentence::{Sentence, sentences};
use super::signs::{self, REACH, SPOKEN_TO};
use super::{commands, orders};
use crate::json;
use crate::policy::lists::{holds, is};
use crate::policy::spans;

/// The sign where something pretends to be what only the system says: a tag, or a name at the start of a line.
pub(super) fn system(text: &str, at: usize, read: &mut Reading) -> Option<&'static str> {
    const TAGS: &[&str] = &[
        "<system-reminder>",
        "<system>",
        "<important>",
        "<system_note>",
        "<system-message>",
        "<system_message>",
        "<admin>",
        "<|im_start|>system",
        "<<sys>>",
        "<user_message>",
        "<instructions>",
        "<critical>",
        "<developer>",
        "<system_prompt>",
        "<|system|>",
        "[inst]",
        "<system-override>",
        "<system_override>",
        "<system-instruction",
        "<assistant_instructions>",
        "<assistant-instructions>",
        "<ai_instructions>",
        "<ai-instructions>",
        "<agent_instructions>",
        "<agent-instructions>",
        "<hidden>",
        "<secret>",
        "<override>",
        "<policy>",
        "<|im_start|>user",
        "<|user|>",
        "<start_of_turn>user",
    ];
    let rest = &text[at..];
    let begins = |tag: &&&str| rest.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag));
    let tag = TAGS.iter().find(begins)?;
    let is_quoted = text[..at].ends_with(['`', '\'', '\u{201c}']);
    (!is_quoted && signs::planted_behind(&rest[tag.len()..], SPOKEN_TO, read)).then_some("forged-note")
}

/// The sign where a line or an element begins with `SYSTEM:`, or with an override of somebody who has a say, and orders something.
pub(super) fn system_line(text: &str, at: usize, read: &mut Reading) -> Option<&'static str> {
    const NAMES: &[&str] = &["system", "administrator", "admin", "developer"];
    const HEADS: &str = "override|message|note|notice|prompt|alert|instruction|instructions|update|directive|command|policy|warning|\
        announcement|reminder|event|mode|maintenance";
    const LONGEST_HEAD: usize = 48;
    let rest = &text[at..];
    let name =
        NAMES.iter().find(|name| rest.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)))?;
    let head = &rest[name.len()..];
    let head = spans::start(head, LONGEST_HEAD);
    let end = head.find([':', ']', '\\', '\n'])?;
    // A variable of such a name is no line of the system's.
    if head[..end].split('=').next().is_some_and(|name| name.len() < end && !name.trim().contains(' ')) {
        return None;
    }
    if head[end..].starts_with("\\\"") {
        return None;
    }
    // Nor is a prompt that a file of settings holds.
    if [": |", ": >"].iter().any(|block| head[end..].starts_with(block)) {
        return None;
    }
    let word = head[..end].split([' ', '-', '_']).find(|word| !word.is_empty()).unwrap_or_default();
    // The system alone speaks without saying what it is.
    let alone = end == 0 && *name == "system" && !head.starts_with('\\');
    if !alone && !is(&word.to_ascii_lowercase(), HEADS) {
        return None;
    }
    let before = text[..at].trim_end();
    let opened = before.strip_suffix("\\\"").map(opens_text);
    let begins = opened.unwrap_or_else(|| {
        before.is_empty()
            || before.ends_with("\\n")
            || before.ends_with(['>', '[', ']', '*', '#', '"', '.', '-', '=', '('])
    });
    (begins && !is_persona(&head[end..]) && signs::planted_behind(&rest[name.len()..], SPOKEN_TO, read))
        .then_some("forged-note")
}

/// The sign where a turn of the person is forged: `Human:` at the start of a line, an order, and the assistant's answer.
pub(super) fn turn(text: &str, at: usize, read: &mut Reading) -> Option<&'static str> {
    const TURNS: &[(&str, &str)] = &[
        ("Human:", "Assistant:"),
        ("User:", "Assistant:"),
        ("HUMAN:", "ASSISTANT:"),
        ("USER:", "ASSISTANT:"),
        ("Human:", "AI:"),
        ("User:", "AI:"),
    ];
    let rest = &text[at..];
    if !begins_line(text, at) {
        return None;
    }
    let mut turns = TURNS.iter().filter(|(human, _)| rest.starts_with(human)).peekable();
    turns.peek()?;
    if !read.goes_on() {
        return None;
    }
    let said = spans::start(rest, REACH * 2);
    let answered = |name: &str| said.match_indices(name).map(|(at, _)| at).find(|at| begins_line(said, *at));
    let (human, answer) = turns.find_map(|(human, assistant)| Some((human.len(), answered(assistant)?)))?;
    let plain = json::unescape(&json::unescape(&said[human..answer])).into_owned();
    let said = orders::folded(&plain);
    const ACTS: &str = "delete|remove|push|force-push|disable|send|upload|run|execute|merge|grant|drop|ignore|install|publish|approve|\
        transfer";
    const RELIED_ON: &str = "branch protection|audit log|force-push|force push|to main|into main|origin main|main branch|production|\
        secrets|credentials|~/";
    let acts = sentences(&said).any(|sentence| Sentence::of(sentence).orders(ACTS));
    let grave = acts && holds(&said, RELIED_ON)
        || sentences(&said).any(signs::is_grave)
        || commands::weight(&plain, read) >= signs::GRAVE;
    // Who may come in is nobody's matter that a text could ask for.
    let lets_in = ["authorized_keys", "sudoers", "~/.ssh", "~/.aws", "id_rsa", "id_ed25519"];
    let lets_in = lets_in.iter().any(|word| said.contains(word))
        && ["add ", "append ", "write ", "put ", "read ", "copy ", "print ", "show me ", "edit ", "paste "]
            .iter()
            .any(|word| said.contains(word));
    // A template has a place to be filled in.
    ((grave || lets_in) && !said.contains('{')).then_some("forged-turn")
}

/// Whether a line begins at a place, behind spaces, marks of a list or a comment, and the number of a line.
fn begins_line(text: &str, at: usize) -> bool {
    const FARTHEST: usize = 32;
    let before = spans::before(text, at, FARTHEST);
    let lead = match (last(before, b"\\n"), before.rfind('"')) {
        (Some(line), _) => &before[line + 2..],
        (None, Some(quote)) if !before[..quote].ends_with('\\') => &before[quote + 1..],
        (None, None) if at <= FARTHEST => before,
        _ => return false,
    };
    lead.replace("\\t", " ").chars().all(|char| char.is_ascii_digit() || " >*#/|+-\u{2192}".contains(char))
}
