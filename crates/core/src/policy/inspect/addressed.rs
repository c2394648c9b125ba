//! Words in what a tool gave back that speak to the agent: notes to it, turns and notes of the system that were never said.
//!
//! To be spoken to is nothing bad; a page for agents, or one about them, does it in good faith. What counts is what is ordered.

use super::lists::is;
use super::orders;
use crate::json;

/// How far an order is read behind whom it is addressed to, in bytes of JSON.
const REACH: usize = 900;

/// Most places of a text behind which orders are looked for.
const MAX_READ: usize = 64;

/// How far before a name is looked for what leads up to it, in bytes.
const BEFORE: usize = 72;

/// Those who may be meant, as a word begins, in the six languages.
const NAMES: &[&str] = &[
    "assistants",
    "assistant",
    "assistenten",
    "assistent",
    "asistente",
    "assistente",
    "assistenti",
    "agents",
    "agenten",
    "agentes",
    "agente",
    "agent",
    "agenti",
    "ai",
    "ia",
    "ki",
    "llms",
    "llm",
    "claude",
    "codex",
    "copilot",
    "cursor",
    "chatgpt",
    "gemini",
];

/// What a note is called that is meant for somebody.
const NOTES: &[&str] = &[
    "note",
    "notes",
    "message",
    "notice",
    "instruction",
    "instructions",
    "attention",
    "l'attention",
    "reminder",
    "request",
    "info",
    "hint",
    "warning",
    "comment",
    "directive",
    "hinweis",
    "hinweise",
    "nachricht",
    "anweisung",
    "anweisungen",
    "achtung",
    "nota",
    "mensaje",
    "aviso",
    "instrucciones",
    "atenci\u{f3}n",
    "messaggio",
    "istruzioni",
    "istruzione",
    "avviso",
    "attenzione",
    "mensagem",
    "instru\u{e7}\u{f5}es",
    "aten\u{e7}\u{e3}o",
    "consigne",
    "consignes",
    "important",
    "importante",
    "wichtig",
    "urgent",
];

/// What stands between a note and whom it is for.
const TO: &[&str] = &[
    "for", "to", "de", "f\u{fc}r", "an", "para", "pour", "per", "al", "a", "\u{e0}", "all'", "ao", "aos", "alla",
    "aux", "all",
];

/// What calls somebody, right before the name.
const CALLS: &[&str] =
    &["dear", "attention", "hey", "hello", "liebe", "lieber", "achtung", "cher", "querido", "caro", "ok", "okay"];

/// Who is meant where they know themselves to be.
const IF_YOU_ARE: &[&str] = &[
    "if you are",
    "if you're",
    "if this is read by",
    "when read by",
    "as an ai",
    "wenn du",
    "falls du",
    "si eres",
    "si tu es",
    "si vous \u{ea}tes",
    "se sei",
    "se voc\u{ea} \u{e9}",
    "se \u{e8}s",
];

/// What follows a name that is told what to do.
const TOLD: &[&str] = &[
    " must ",
    " should ",
    " shall ",
    " needs to ",
    " need to ",
    " has to ",
    " have to ",
    " is required to ",
    " are required to ",
    " muss ",
    " soll ",
    " m\u{fc}ssen ",
    " sollen ",
    " debe ",
    " deben ",
    " doit ",
    " doivent ",
    " deve ",
    " devono ",
    " devem ",
];

/// How a name is spoken to.
enum Spoken {
    /// What follows is for it.
    To,
    /// This sentence says what it is to do.
    Of,
}

/// How the name is spoken to that stands behind these words of its line and before the rest.
fn spoken(before: &str, name: &str, behind: &str) -> Option<Spoken> {
    let sentence = before.rsplit(". ").next().unwrap_or_default().trim();
    let words: Vec<&str> =
        sentence.split(|char: char| !char.is_alphanumeric() && char != '\'').filter(|word| !word.is_empty()).collect();
    let near = &words[words.len().saturating_sub(6)..];
    let noted = near.windows(2).any(|pair| NOTES.contains(&pair[0]) && TO.contains(&pair[1]));
    let called = words.last().is_some_and(|word| CALLS.contains(word))
        || words.len() >= 2 && CALLS.contains(&words[words.len() - 2]);
    let meant =
        IF_YOU_ARE.iter().any(|lead| sentence.rfind(lead).is_some_and(|at| sentence.len() - at < lead.len() + 24));
    let begins = near.len() < 2 && behind.starts_with(": ");
    let asked = (sentence.is_empty() || sentence == "@")
        && [
            ", please",
            ", you",
            ", run ",
            ", read ",
            ", send ",
            ", do ",
            ", now",
            ", before",
            ", execute",
            ", open ",
            ", first",
            " please ",
        ]
        .iter()
        .any(|word| behind.starts_with(word));
    const READS: &[&str] = &[
        " reading this",
        " that reads this",
        " who reads this",
        " processing this",
        " parsing this",
        " handling this",
        " working on this",
        " fixing this",
        " resolving this",
        " triaging this",
        " reviewing this",
        " assigned to this",
        " looking at this",
        " picking this up",
    ];
    let reads = READS.iter().any(|word| behind.starts_with(word));
    if noted || called || meant || begins || asked || reads {
        return Some(Spoken::To);
    }
    // There are agents that build and agents that watch: which is meant is told by the word before.
    let is_meant = !name.starts_with("agent")
        || words
            .last()
            .is_some_and(|word| matches!(*word, "ai" | "ki" | "ia" | "coding" | "llm" | "autonomous" | "intelligent"));
    (is_meant && TOLD.iter().any(|word| behind.starts_with(word))).then_some(Spoken::Of)
}

/// The name that begins here, if it is one of those who may be meant.
pub(super) fn name(text: &str, at: usize) -> Option<&'static str> {
    let rest = &text[at..];
    let is_start = !text[..at].ends_with(|char: char| char.is_alphanumeric() || "-_/.:".contains(char))
        || text[..at].ends_with("\\n")
        || text[..at].ends_with("\\t");
    if !is_start {
        return None;
    }
    let name = NAMES.iter().copied().find(|name| {
        rest.get(..name.len()).is_some_and(|word| word.eq_ignore_ascii_case(name))
            && !rest[name.len()..].starts_with(|char: char| char.is_ascii_alphanumeric() || char == '_')
    })?;
    // Words that are short in every language are meant only as they are written.
    (name.len() > 2 || rest.as_bytes()[..2].iter().all(u8::is_ascii_uppercase)).then_some(name)
}

/// The sign at a place where a name stands, where what is around it is addressed to whoever has it.
pub(super) fn at(text: &str, at: usize, name: &str, read: &mut usize) -> Option<&'static str> {
    let rest = &text[at..];
    let before = &text[text.floor_char_boundary(at.saturating_sub(BEFORE))..at];
    let line = last(before, b"\\n").map_or(before, |line| &before[line + 2..]);
    // A text begins behind a quote that nothing escapes.
    let opens = line.match_indices('"').rfind(|(at, _)| !line[..*at].ends_with('\\'));
    let line = opens.map_or(line, |(at, _)| &line[at + 1..]);
    // A tab stands behind the number of a line; a field, an attribute or an element of a page opens a text of its own.
    let line = last(line, b"\\t").map_or(line, |tab| &line[tab + 2..]);
    let line = last(line, b"\\\"").filter(|quote| opens_text(&line[..*quote])).map_or(line, |quote| &line[quote + 2..]);
    // Between quotes somebody else is quoted.
    let is_quoted = line.matches("\\\"").count() % 2 == 1
        || line.matches('`').count() % 2 == 1
        || line.contains(['\u{201c}', '\u{ab}', '\u{201e}']);
    if is_quoted {
        return None;
    }
    let how = spoken(&orders::folded(line), name, &rest[name.len()..])?;
    let sentences = match how {
        Spoken::To => MOST_SENTENCES,
        Spoken::Of => 1,
    };
    orders_behind(rest, sentences, read).then_some("addressed-order")
}

/// Where a pair of bytes stands last: for a few bytes, a loop is cheaper than a searcher.
fn last(text: &str, pair: &[u8; 2]) -> Option<usize> {
    text.as_bytes().windows(2).rposition(|bytes| bytes == pair)
}

/// Whether what stands before a quote is a field's name, an attribute's, or an element's of a page, and no words of somebody's.
fn opens_text(before: &str) -> bool {
    let before = before.trim_end();
    let element = before.rsplit("- ").next().unwrap_or_default();
    before.ends_with("\\\":")
        || before.ends_with('=')
        || before.contains("- ")
            && is(element, "img|text|heading|button|link|paragraph|alert|note|tooltip|generic|row|cell")
}

/// The most sentences that are read behind whom they are for.
const MOST_SENTENCES: usize = 12;

/// Whether what stands behind orders what nobody orders in good faith.
fn orders_behind(rest: &str, sentences: usize, read: &mut usize) -> bool {
    *read += 1;
    if *read > MAX_READ {
        return false;
    }
    let text = orders::folded(&behind(rest));
    orders::sentences(&text).take(sentences).any(orders::is_grave)
}

/// What stands behind whom it is addressed to, in its own text and as it is meant: results hold JSON in JSON.
pub(super) fn behind(rest: &str) -> String {
    let window = &rest[..rest.floor_char_boundary(REACH)];
    let window = window.find("\"}").map_or(window, |end| &window[..end]);
    json::unescape(&json::unescape(window)).into_owned()
}

/// The sign where something pretends to be what only the system says: a tag, or a name at the start of a line.
pub(super) fn system(text: &str, at: usize, read: &mut usize) -> Option<&'static str> {
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
    ];
    let rest = &text[at..];
    let begins = |tag: &&&str| rest.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag));
    let tag = TAGS.iter().find(begins)?;
    let is_quoted = text[..at].ends_with(['`', '\'', '\u{201c}']);
    (!is_quoted && orders_behind(&rest[tag.len()..], MOST_SENTENCES, read)).then_some("forged-note")
}

/// The sign where a line or an element begins with `SYSTEM:` and orders something.
pub(super) fn system_line(text: &str, at: usize, read: &mut usize) -> Option<&'static str> {
    const NAMES: &[&str] = &[
        "system:",
        "system message:",
        "system note:",
        "system prompt:",
        "system override:",
        "system notice:",
        "system]",
    ];
    let rest = &text[at..];
    let name =
        NAMES.iter().find(|name| rest.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)))?;
    let before = text[..at].trim_end();
    let begins = before.is_empty()
        || before.ends_with("\\n")
        || before.ends_with(['>', '[', '*', '#', '"', '.', '-']) && !before.ends_with("\\\"");
    (begins && orders_behind(&rest[name.len()..], MOST_SENTENCES, read)).then_some("forged-note")
}

/// The sign where a turn of the person is forged: `Human:` at the start of a line, an order, and the assistant's answer.
pub(super) fn turn(text: &str, at: usize, read: &mut usize) -> Option<&'static str> {
    const TURNS: &[(&str, &str)] = &[("Human:", "Assistant:"), ("User:", "Assistant:"), ("H:", "A:")];
    let rest = &text[at..];
    if !begins_line(text, at) {
        return None;
    }
    let (human, assistant) = TURNS.iter().find(|(human, _)| rest.starts_with(human))?;
    *read += 1;
    if *read > MAX_READ {
        return None;
    }
    let said = &rest[human.len()..rest.floor_char_boundary(REACH * 2)];
    let answer = said.match_indices(assistant).map(|(at, _)| at).find(|at| begins_line(said, *at))?;
    let said = orders::folded(&json::unescape(&said[..answer]));
    // A template has a place to be filled in; a transcript has many turns and orders nothing.
    let acts = [
        "delete",
        "remove",
        "push",
        "force-push",
        "disable",
        "send",
        "upload",
        "run",
        "execute",
        "merge",
        "grant",
        "drop",
        "ignore",
        "install",
        "publish",
        "approve",
        "transfer",
    ];
    let spoken = orders::sentences(&said).any(|sentence| {
        let words: Vec<&str> = sentence
            .split(|char: char| !char.is_alphanumeric() && char != '-')
            .filter(|word| !word.is_empty())
            .collect();
        words.iter().enumerate().any(|(at, word)| {
            acts.contains(word) && (at == 0 || ["please", "now", "and", "then", "also"].contains(&words[at - 1]))
        })
    });
    const RELIED_ON: &[&str] = &[
        "branch protection",
        "audit log",
        "force-push",
        "force push",
        "to main",
        "into main",
        "origin main",
        "main branch",
        "production",
        "secrets",
        "credentials",
        "~/",
    ];
    let grave = orders::sentences(&said).any(orders::is_grave) || RELIED_ON.iter().any(|word| said.contains(word));
    // Who may come in is nobody's matter that a text could ask for.
    let lets_in = ["authorized_keys", "sudoers", "~/.ssh", "~/.aws", "id_rsa", "id_ed25519"];
    let lets_in = lets_in.iter().any(|word| said.contains(word))
        && ["add ", "append ", "write ", "put ", "read ", "copy ", "print ", "show me ", "edit ", "paste "]
            .iter()
            .any(|word| said.contains(word));
    ((spoken && grave || lets_in) && !said.contains('{')).then_some("forged-turn")
}

/// Whether a line begins at a place, behind spaces, marks of a list or a comment, and the number of a line.
fn begins_line(text: &str, at: usize) -> bool {
    const FARTHEST: usize = 32;
    let before = &text[text.floor_char_boundary(at.saturating_sub(FARTHEST))..at];
    let lead = match (last(before, b"\\n"), before.rfind('"')) {
        (Some(line), _) => &before[line + 2..],
        (None, Some(quote)) if !before[..quote].ends_with('\\') => &before[quote + 1..],
        (None, None) if at <= FARTHEST => before,
        _ => return false,
    };
    lead.replace("\\t", " ").chars().all(|char| char.is_ascii_digit() || " >*#/|+-\u{2192}".contains(char))
}
