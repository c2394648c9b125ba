//! Words in what a tool gave back that speak to the agent: notes to it, and what is said of it that it must do.
//!
//! To be spoken to is nothing bad; a page for agents, or one about them, does it in good faith. What counts is what is ordered.

use super::reading::Reading;
use super::spoken::{Spoken, spoken};
use super::{orders, signs};
use crate::policy::lists::{holds, is, parts};
use crate::policy::spans;

/// How far before a name is looked for what leads up to it, in bytes.
const BEFORE: usize = 200;

/// Those who may be meant, in the six languages, by their first letter in lower case.
const fn names(first: u8) -> &'static str {
    match first {
        b'a' => {
            "assistants|assistant|assistenten|assistent|asistente|assistente|assistenti|agents|agenten|agentes|\
                agente|agent|agenti|ai|artificial intelligence|automated reviewers|automated reviewer|\
                automated readers|automated reader|automated contributors|automated contributor|automated systems|\
                automated tools"
        }
        b'b' => "bots|bot",
        b'c' => "claude|codex|copilot|cursor|chatgpt|chatbots|chatbot",
        b'g' => "gemini|gpt",
        b'i' => {
            "ia|if you can run|if you can execute|if you are able to run|if you are able to use|\
                if you can use a shell|if you have a terminal|if you are a bot|if you are a program|\
                if you can call tools|if you can use tools|if you have shell access|if you have a shell|\
                if you have access to a shell|if you have access to tools|if you have tools|if you are automated|\
                if you are a machine|if you are not human|if you are not a human"
        }
        b'k' => "ki",
        b'l' => "llms|llm",
        b'm' => {
            "models|model|modelos de lenguaje|modelo de lenguaje|modelo de linguagem|mod\u{e8}les de langage|\
                mod\u{e8}le de langage|modello linguistico|modelli linguistici"
        }
        b's' => "sprachmodelle|sprachmodell",
        b'w' => "whoever",
        _ => "",
    }
}

/// The name that begins here, if it is one of those who may be meant.
pub(super) fn name(text: &str, at: usize) -> Option<&'static str> {
    let rest = &text[at..];
    let before = &text[..at];
    let is_start = !before.ends_with(|char: char| char.is_alphanumeric() || "-_/.:".contains(char))
        || before.ends_with("\\n")
        || before.ends_with("\\t");
    if !is_start && !before.ends_with(['/', '-', '.', '_']) {
        return None;
    }
    let first = rest.as_bytes().first()?.to_ascii_lowercase();
    let name = parts(names(first)).filter(|name| !name.is_empty()).find(|name| {
        rest.get(..name.len()).is_some_and(|word| word.eq_ignore_ascii_case(name))
            && !rest[name.len()..].starts_with(|char: char| char.is_ascii_alphanumeric() && !char.is_ascii_uppercase())
    })?;
    let behind = &rest[name.len()..];
    if is_key(before, behind) || is_slug(behind) {
        return Some(name);
    }
    // Words that are short in every language are meant only as they are written.
    let is_large = || {
        before.ends_with('@')
            || rest.as_bytes()[..2].iter().all(u8::is_ascii_uppercase)
            || ["an ", "an\\n", "any ", "the ", "dear ", " to "].iter().any(|article| before.ends_with(article))
            || before.ends_with('(') && behind.starts_with("):")
    };
    (is_start
        && !behind.starts_with(|char: char| char.is_ascii_alphanumeric() || char == '_')
        && (name.len() > 2 || is_large()))
    .then_some(name)
}

/// Whether a name is the key of what is told to those who have it: `agent_directive:`, `agentInstructions`, `x-llm:`, `AI_PROMPT=`.
fn is_key(before: &str, behind: &str) -> bool {
    const TOLD: &str = "directive|instruction|prompt|note|command|order|message|hint|rule|task|override|notice|action";
    const SETS: [&str; 7] = ["\\\" content=", ":", "=", "\\\":", "\":", " =", "':"];
    let is_set = |rest: &str| SETS.iter().any(|sign| rest.starts_with(sign));
    if ["x-", "for_", "for-", "to_"].iter().any(|lead| before.ends_with(lead)) && is_set(behind) {
        return true;
    }
    // *LLM INSTRUCTION: …* is a label.
    const LABELS: &str = "instruction|instructions|directive|directives|notice|override";
    let labelled = behind.strip_prefix(' ').is_some_and(|label| {
        let is = |word: &str| label.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
        parts(LABELS).any(|word| is(word) && label[word.len()..].starts_with(": "))
    });
    if labelled {
        return true;
    }
    let tail = behind.trim_start_matches(['_', '-']);
    let begins = |word: &&str| tail.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    parts(TOLD).find(begins).is_some_and(|word| {
        let rest = &tail[word.len()..];
        is_set(rest.strip_prefix(['s', 'S']).unwrap_or(rest))
            || is_set(rest)
            || rest.starts_with(" (") && behind.starts_with(['-', '_'])
    })
}

/// The least words of a name of a file or a branch that says something.
const LEAST_OF_SLUG: usize = 6;

/// Whether a name begins many that are joined, as the names of branches and files are.
fn is_slug(behind: &str) -> bool {
    behind.starts_with(['-', '_']) && slug(behind).split(['-', '_']).count() > LEAST_OF_SLUG
}

fn slug(behind: &str) -> &str {
    const LONGEST: usize = 200;
    let behind = spans::start(behind, LONGEST);
    &behind[..behind.find(|char: char| char.is_whitespace() || "\\\"'`)".contains(char)).unwrap_or(behind.len())]
}

/// The sign at a place where a name stands, where what is around it is addressed to whoever has it.
pub(super) fn at(text: &str, at: usize, name: &str, read: &mut Reading) -> Option<&'static str> {
    let rest = &text[at..];
    let behind = &rest[name.len()..];
    if is_slug(behind) {
        let said = slug(behind).replace(['-', '_'], " ");
        return (read.goes_on() && signs::is_planted(&said, signs::NAMED, read)).then_some("addressed-order");
    }
    if is_key(&text[..at], behind) {
        let said = behind.find([':', '=', '(']).map_or(behind, |set| &behind[set + 1..]);
        return (!is_persona(said) && signs::planted_behind(said, signs::SPOKEN_TO, read)).then_some("addressed-order");
    }
    // Where the name is the whole of a value, nothing is said.
    if behind.starts_with(['"', '\'']) || behind.starts_with("\\\"") {
        return None;
    }
    let before = spans::before(text, at, BEFORE);
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
    let is_large = rest.starts_with(char::is_uppercase);
    // What is small is somebody's argument where a type or a comma follows.
    let typed = behind.strip_prefix(": ").and_then(|rest| rest.split(' ').next());
    let is_argument =
        typed.is_some_and(|word| {
            word.contains(['<', '&']) || before.ends_with(['(', '|', '&']) && word.ends_with([')', ','])
        }) || before.ends_with(['(', '|', '&']) && behind.starts_with([',', ')']) && !behind.starts_with("):");
    if is_argument && !is_large {
        return None;
    }
    // *fix(assistant): …* is a commit's.
    if before
        .strip_suffix('(')
        .is_some_and(|before| before.ends_with(|char: char| char.is_ascii_lowercase()) && !before.ends_with("\\n"))
    {
        return None;
    }
    let how = spoken(&folded_line(line), name, behind)?;
    if is_example(before) {
        return None;
    }
    // What the sentence says before it calls the name belongs to it.
    let begins = ["\\n", ". ", "! ", "\\\""]
        .iter()
        .filter_map(|end| line.rfind(end).map(|found| found + end.len()))
        .max()
        .unwrap_or(0);
    let rest = &text[at - (line.len() - begins)..];
    let found = match how {
        Spoken::To => signs::planted_behind(rest, signs::SPOKEN_TO, read),
        // In a thread, people ask the agent that they work with, and it has answered.
        Spoken::Before if before.ends_with('@') && signs::is_turn(line) && answers(behind, name) => {
            signs::planted_behind(rest, signs::NEAR, read)
        }
        Spoken::Before => !is_persona(behind) && signs::planted_behind(rest, signs::NAMED, read),
        Spoken::Of => signs::planted_in_sentence(rest, read),
    };
    found.then_some("addressed-order")
}

/// Whether the one who is named writes one of the next lines.
fn answers(behind: &str, name: &str) -> bool {
    let near = spans::start(behind, signs::REACH);
    near.split("\\n").skip(1).any(|line| line.strip_prefix(name).is_some_and(|said| said.starts_with(": ")))
}

/// Whether what stands before a place says that an example follows, or that somebody else is quoted.
fn is_example(before: &str) -> bool {
    const TOLD_OF: &str = "for example|for instance|e.g.|such as|imagine|suppose|attacker|malicious|hypothetical|could say|might say|may say|\
        could contain|might contain|could read|might read|looks like this|look like this|zum beispiel|por ejemplo|par exemple|ad esempio|\
        por exemplo|prompt injection|adversarial|would say|says things like";
    let before = before.to_ascii_lowercase();
    let paragraph = before.rfind("\\n\\n").map_or(before.as_str(), |end| &before[end + 4..]);
    if holds(paragraph, TOLD_OF) || holds(&before, "injection|attacker|jailbreak|adversarial|red team|red-team") {
        return true;
    }
    // Of a quoted paragraph, the one before tells whose words they are.
    let quoted = paragraph
        .trim_start_matches(|char: char| char.is_ascii_digit() || " \t\u{2192}".contains(char))
        .starts_with("> ");
    let lead = before[..before.len() - paragraph.len()].trim_end_matches("\\n");
    let lead = lead.rfind("\\n").map_or(lead, |end| &lead[end + 2..]);
    quoted
        && (lead.ends_with(':')
            || holds(lead, TOLD_OF)
            || holds(lead, "attack|inject|example|said|says|wrote|writes|sends|message"))
}

/// A line in lower case with single spaces, with the one at its end if it has one.
fn folded_line(line: &str) -> String {
    let mut folded = orders::folded(line);
    if line.ends_with(' ') && !folded.is_empty() {
        folded.push(' ');
    }
    folded
}

/// Whether what is said makes an agent of somebody's own program: *you are a helpful \u{2026}*. Its rules are its maker's.
pub(super) fn is_persona(said: &str) -> bool {
    let said = said.trim_start_matches(|char: char| !char.is_alphanumeric() || char == 'n').trim_start();
    let said = spans::start(said, 24).to_ascii_lowercase();
    ["you are a ", "you are an ", "you are the ", "you're a ", "you're an ", "your task is", "your role is"]
        .iter()
        .any(|start| said.starts_with(start))
}

/// Where a pair of bytes stands last: for a few bytes, a loop is cheaper than a searcher.
pub(super) fn last(text: &str, pair: &[u8; 2]) -> Option<usize> {
    text.as_bytes().windows(2).rposition(|bytes| bytes == pair)
}

/// Whether what stands before a quote is a field's name, an attribute's, or an element's of a page, and no words of somebody's.
pub(super) fn opens_text(before: &str) -> bool {
    // A field of a log or of a table, aligned or behind another one, and what has a label of few words.
    const SAYS: &str = " say| wrote| write| like|e.g| example| tell| ask| reads| could| might| text| phrase| such";
    let before = spans::end(before, BEFORE);
    let before = last(before, b"\\n").map_or(before, |line| &before[line + 2..]);
    let of_row = before.ends_with([',', ';', '\t']) && before.len() > 1 && !before.contains('[');
    // A line or a cell that begins with its quote is a text of its own; in code such a line stands further in.
    let starts = before.is_empty();
    let behind_word = before.trim_end().ends_with(|char: char| char.is_ascii_alphanumeric());
    let aligned = before.ends_with("  ") && behind_word || before.ends_with("\\\" ") || before.ends_with(" TXT ");
    let before = before.trim_end();
    let label = before
        .strip_suffix(':')
        .map(str::trim)
        .is_some_and(|label| label.split_whitespace().count() < 5 && label.len() < 40 && !holds(label, SAYS));
    let element = before.rsplit("- ").next().unwrap_or_default().trim_end_matches(':');
    starts
        || before.ends_with("\\\":")
        || before.ends_with("\\\":[")
        || before.ends_with('=') && !before.ends_with(" =")
        || of_row
        || aligned
        || label
        || before.contains("- ")
            && is(
                element,
                "img|image|text|heading|button|link|paragraph|alert|note|tooltip|generic|row|cell|checkbox|radio|option|menuitem|label|textbox|\
                    status|dialog|figure|caption|listitem|switch|tab|combobox|article|strong|code|term|definition|gridcell",
            )
}
