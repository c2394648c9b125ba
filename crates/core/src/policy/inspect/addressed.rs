//! Words in what a tool gave back that speak to the agent: notes to it, and what is said of it that it must do.
//!
//! To be spoken to is nothing bad; a page for agents, or one about them, does it in good faith. What counts is what is ordered.

use super::lists::{is, is_any_case};
use super::orders;
use crate::{base64, json};

/// How far an order is read behind whom it is addressed to, in bytes of JSON.
pub(super) const REACH: usize = 900;

/// Most places of a text behind which orders are looked for.
pub(super) const MAX_READ: usize = 64;

/// How far before a name is looked for what leads up to it, in bytes.
const BEFORE: usize = 72;

/// Those who may be meant, in the six languages, by their first letter in lower case.
const fn names(first: u8) -> &'static [&'static str] {
    match first {
        b'a' => &[
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
        ],
        b'b' => &["bots", "bot"],
        b'c' => &["claude", "codex", "copilot", "cursor", "chatgpt", "chatbots", "chatbot"],
        b'g' => &["gemini", "gpt"],
        b'i' => &["ia"],
        b'k' => &["ki"],
        b'l' => &["llms", "llm"],
        b'm' => &["models", "model"],
        b'w' => &["whoever"],
        _ => &[],
    }
}

/// Names that mean other things as well: what follows, or the word before, tells that an agent is meant.
const AMBIGUOUS: &str = "model|models|bot|bots|whoever";

/// What a note is called that is meant for somebody.
const NOTES: &[&str] = &[
    "note",
    "notes",
    "text",
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

/// What may stand between a note and what says whom it is for.
const BETWEEN: &str =
    "is|are|was|meant|intended|only|strictly|solely|specially|specifically|directed|addressed|that|which";

/// Words that only say more of who is meant.
const MORE: &str = "agent|agents|assistant|assistants|model|models|system|systems|tool|tools|bot|bots|code|assistenten|reviewer|\
    reviewers|crawler|crawlers|reader|readers|summarizer|summarizers|browser|browsers|cursor|claude|copilot|codex|gemini|ai|llm|llms|\
    cli|or|and";

/// What says of somebody that this text is before them, without *-ing*.
const READS: &str = "reads|read|sees|processes|process|summarizes|summarises|summarize|summarise|parses|handles|opens|fetches|\
    visits|indexes|encounters|receives|crawls|edits|reviews|scans|analyzes|analyses|touches|loads|finds";

/// *Who*, and *this*, in the six languages.
const WHO: &str = "who|that|which|die|der|das|qui|que|che";
const THIS: &str = "this|these|diese|dieses|diesen|dies|cette|ce|cet|ces|esta|este|esto|questa|questo|queste";

/// What says when something is to be done: what follows is told to whoever is there then.
const WHEN: &str = "when|whenever|if|once|before|after|while|time|wenn|sobald|cuando|quand|quando|se|si";

/// What follows a name that is told what to do.
const TOLD: &str =
    "must|should|shall|please|kindly|muss|m\u{fc}ssen|soll|sollen|bitte|debe|deben|doit|doivent|deve|devono|devem";
const ASKED: &str = "to|required|asked|instructed|requested|expected|obliged|advised|hereby|kindly|urged";

/// How a name is spoken to.
enum Spoken {
    /// What follows is for it.
    To,
    /// It stands before a colon: what follows is for it, or is said of it, or by it.
    Before,
    /// This sentence says what it is to do.
    Of,
}

/// The words that follow a name.
struct Following<'a> {
    words: Vec<&'a str>,
    /// Whether the name, with what else it is called, ends in a colon: what follows is said to it.
    opens: bool,
}

impl<'a> Following<'a> {
    fn of(behind: &'a str) -> Self {
        const MOST: usize = 8;
        const FARTHEST: usize = 96;
        let near = &behind[..behind.floor_char_boundary(FARTHEST)];
        let near = near.split("\\n").next().unwrap_or_default();
        let words = near.split([' ', '/', ',']).filter(|word| !word.is_empty()).take(MOST);
        let words = words.map(|word| word.trim_matches(|char: char| !char.is_alphanumeric())).collect();
        Self { words, opens: opens(near) }
    }

    /// The words behind those that only say more of who is meant: *agents*, *of any kind*.
    fn rest(&self) -> &[&'a str] {
        let more = self.words.iter().take(3).take_while(|word| word.is_empty() || is_any_case(word, MORE)).count();
        &self.words[more..]
    }

    /// Whether this text is said to be before them: *reading this page*, *who summarises this*.
    fn reads(&self) -> bool {
        let rest = self.rest();
        let who = usize::from(rest.first().is_some_and(|word| is_any_case(word, WHO)));
        let verb =
            rest.get(who).is_some_and(|word| word.len() > 5 && word.ends_with("ing") || is_any_case(word, READS));
        let near = &rest[rest.len().min(who + 1)..rest.len().min(who + 3)];
        verb && near.iter().any(|word| is_any_case(word, THIS))
            || who == 1 && rest[1..].iter().take(3).any(|word| is_any_case(word, THIS))
    }

    /// Whether it is said what they are to do.
    fn is_told(&self) -> bool {
        match self.rest() {
            [first, ..] if is_any_case(first, TOLD) => true,
            [first, second, ..] => is_any_case(first, "needs|need|has|have|is|are") && is_any_case(second, ASKED),
            _ => false,
        }
    }

    /// Whether what follows says what is to be done with this text here: *edits this file it must first*.
    fn does_here(&self) -> bool {
        let this = self.words.iter().position(|word| is_any_case(word, THIS));
        this.is_some_and(|at| {
            self.words[at..].iter().any(|word| is_any_case(word, TOLD) || is_any_case(word, "first|you|it|they"))
        })
    }
}

/// Whether what follows a name ends who is meant, and begins what is said: behind what says more of them, and what is in brackets.
fn opens(behind: &str) -> bool {
    let mut rest = behind;
    loop {
        rest = rest.trim_start_matches([' ', '/', '*', '_', ')', ']', '-', '\'']);
        let open = rest.strip_prefix('(').and_then(|rest| rest.find(')').map(|end| &rest[end + 1..]));
        let word = rest.find(|char: char| !char.is_alphanumeric()).unwrap_or(rest.len());
        match open {
            Some(behind) => rest = behind,
            None if word > 0 && is_any_case(&rest[..word], MORE) => rest = &rest[word..],
            None => break,
        }
    }
    let said = rest.strip_prefix(':');
    said.is_some_and(|said| said.is_empty() || said.starts_with([' ', '*', '"', '\\']))
}

/// How the name is spoken to that stands behind these words of its line and before the rest.
fn spoken(before: &str, name: &str, behind: &str) -> Option<Spoken> {
    let sentence = before.rsplit(". ").next().unwrap_or_default().trim();
    let words: Vec<&str> =
        sentence.split(|char: char| !char.is_alphanumeric() && char != '\'').filter(|word| !word.is_empty()).collect();
    let near = &words[words.len().saturating_sub(6)..];
    let last = words.last().copied().unwrap_or_default();
    let following = Following::of(behind);
    if is(name, AMBIGUOUS) && !is(last, "language|ai|chat") {
        let how = if name == "whoever" { Spoken::Of } else { Spoken::To };
        return following.reads().then_some(how);
    }
    let is_for = |at: usize| {
        let to = near[at + 1..].iter().position(|word| !is(word, BETWEEN)).map(|to| at + 1 + to);
        to.is_some_and(|to| TO.contains(&near[to]) && near.len() - to < 5)
    };
    // Where the sentence or the cell ends with the name, somebody is spoken of.
    let ends =
        behind.starts_with(". ") || behind.starts_with(".\\") || behind.starts_with(" |") || behind.starts_with(';');
    let noted = !ends && near.iter().enumerate().any(|(at, word)| NOTES.contains(word) && is_for(at));
    let called = words.iter().rev().take(2).any(|word| CALLS.contains(word));
    let meant =
        IF_YOU_ARE.iter().any(|lead| sentence.rfind(lead).is_some_and(|at| sentence.len() - at < lead.len() + 24));
    // *To any helpful agent: …*
    let begins = words.len() < 6 && words.first().is_some_and(|word| TO.contains(word)) && following.opens;
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
    let then = || words.iter().rev().take(4).any(|word| is(word, WHEN)) && following.does_here();
    if noted || called || meant || begins || asked || following.reads() || then() {
        return Some(Spoken::To);
    }
    // There are agents that build and agents that watch: which is meant is told by the word before.
    let of_sort =
        is(last, "ai|ki|ia|coding|llm|autonomous|intelligent|parent|orchestrating|supervising|browsing|automated");
    let leads = match near {
        [] => true,
        [word] => of_sort || NOTES.contains(word) || is(word, "todo|fixme|xxx|hack|any|every|all|the|hidden|my|our"),
        _ => false,
    };
    if leads && following.opens {
        return Some(if of_sort || name.ends_with('s') { Spoken::To } else { Spoken::Before });
    }
    let is_meant = !name.starts_with("agent") || of_sort;
    (is_meant && following.is_told()).then_some(Spoken::Of)
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
    let first = rest.as_bytes().first()?.to_ascii_lowercase();
    let name = names(first).iter().copied().find(|name| {
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
    let found = match how {
        Spoken::To => orders_behind(rest, MOST_SENTENCES, orders::is_grave, read),
        Spoken::Before => orders_behind(rest, MOST_SENTENCES, orders::is_foul, read),
        Spoken::Of => orders_behind(rest, 1, orders::is_grave, read),
    };
    found.then_some("addressed-order")
}

/// Where a pair of bytes stands last: for a few bytes, a loop is cheaper than a searcher.
pub(super) fn last(text: &str, pair: &[u8; 2]) -> Option<usize> {
    text.as_bytes().windows(2).rposition(|bytes| bytes == pair)
}

/// Whether what stands before a quote is a field's name, an attribute's, or an element's of a page, and no words of somebody's.
pub(super) fn opens_text(before: &str) -> bool {
    let before = before.trim_end();
    let element = before.rsplit("- ").next().unwrap_or_default();
    before.ends_with("\\\":")
        || before.ends_with('=')
        || before.contains("- ")
            && is(element, "img|text|heading|button|link|paragraph|alert|note|tooltip|generic|row|cell")
}

/// The most sentences that are read behind whom they are for.
pub(super) const MOST_SENTENCES: usize = 12;

/// Whether what stands behind orders what nobody orders in good faith, be it in Base64.
pub(super) fn orders_behind(rest: &str, sentences: usize, is_bad: fn(&str) -> bool, read: &mut usize) -> bool {
    *read += 1;
    if *read > MAX_READ {
        return false;
    }
    let plain = behind(rest);
    let text = orders::told(&plain);
    orders::sentences(&text).take(sentences).any(is_bad) || decoded(&plain).any(|text| is_order(&text))
}

/// What stands behind whom it is addressed to, in its own text and as it is meant: results hold JSON in JSON.
pub(super) fn behind(rest: &str) -> String {
    let window = &rest[..rest.floor_char_boundary(REACH)];
    let window = window.find("\"}").map_or(window, |end| &window[..end]);
    json::unescape(&json::unescape(window)).into_owned()
}

/// What a text holds in Base64.
fn decoded(text: &str) -> impl Iterator<Item = String> {
    const LEAST: usize = 32;
    const MOST: usize = 4;
    let is_part = |char: char| char.is_ascii_alphanumeric() || "+/=".contains(char);
    let words = text.split(move |char: char| !is_part(char)).filter(|word| word.len() >= LEAST).take(MOST);
    words.filter_map(|word| {
        let whole = &word[..word.len() - word.len() % 4];
        base64::decode(word).or_else(|| base64::decode(whole)).and_then(|bytes| String::from_utf8(bytes).ok())
    })
}

/// Whether a text that was encoded is an order: nothing else is hidden from the person and told to an agent.
fn is_order(text: &str) -> bool {
    let text = orders::folded(text);
    orders::sentences(&text).any(|sentence| orders::is_grave(sentence) || orders::gives_to(sentence))
}
