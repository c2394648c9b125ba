//! How much of an event is captured: everything, what goes into tools, or nothing but what an event is about.
//!
//! What is not captured gives way to a mark that says how much it was. What an event *is* stays: numbers and truth values,
//! and texts that name something (ids, tools, models, times, folders, words for a state) under members known for that. So a
//! text of an agent nobody knows yet is not captured rather than let through, and who worked where with which tool, how it
//! went and what it cost is known at every level.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::agents;
use crate::event::Outcome;
use crate::json;
use crate::transcript::{claude_code, codex};

mod names;

use names::{Class, class, stays_inside};

/// How much of an event is captured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Capture {
    /// No prompt, no input or output of a tool, no text of the agent.
    Metadata,
    /// Prompts and what goes into tools as well.
    Inputs,
    /// Everything.
    #[default]
    Full,
}

impl Capture {
    /// Every level, the smallest first.
    pub const ALL: [Self; 3] = [Self::Metadata, Self::Inputs, Self::Full];

    /// The level's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Metadata => "metadata",
            Self::Inputs => "inputs",
            Self::Full => "full",
        }
    }

    /// The level of a word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == word)
    }

    /// What is captured of a payload, a JSON text. What was captured by the same or a smaller level comes back as it is.
    pub fn of(self, payload: &str) -> Cow<'_, str> {
        if self == Self::Full { Cow::Borrowed(payload) } else { Captured::new(self, payload).run() }
    }

    /// What is captured of bytes that were no JSON, read as text.
    pub fn of_malformed(self, text: &str) -> Cow<'_, str> {
        if self == Self::Full || is_mark(text) { Cow::Borrowed(text) } else { Cow::Owned(mark(text.len())) }
    }
}

const MARK: &str = "[hookrail: ";
const MARK_END: &str = " bytes not captured]";

fn mark(bytes: usize) -> String {
    format!("{MARK}{bytes}{MARK_END}")
}

/// Whether a text is only the mark of one that was not captured.
pub fn is_mark(text: &str) -> bool {
    let bytes = text.strip_prefix(MARK).and_then(|rest| rest.strip_suffix(MARK_END));
    bytes.is_some_and(|bytes| !bytes.is_empty() && bytes.bytes().all(|byte| byte.is_ascii_digit()))
}

/// What stands for a text: a mark, and the few words of it that tell how a call went.
fn gist(text: &str) -> String {
    const EXITED: &str = "Process exited with code ";
    let mark = mark(text.len());
    if agents::is_our_refusal(text) {
        let rule = text.rfind(agents::OUR_RULE).unwrap_or(text.len());
        return mark + &text[rule..];
    }
    let openings = codex::REFUSALS.into_iter().chain(claude_code::INJECTED).chain([claude_code::INTERRUPTED]);
    if let Some(opening) = openings.into_iter().find(|opening| text.trim_start().starts_with(opening)) {
        return format!("{opening} {mark}");
    }
    match agents::claude_code_refused(text) {
        Some(Outcome::Denied) => return format!("Permission to use {mark}"),
        Some(_) => return format!("<tool_use_error>{mark}"),
        None => {}
    }
    let head = text.split_once("\nOutput:").map_or("", |(head, _)| head);
    let code = head.lines().find_map(|line| line.strip_prefix(EXITED)).and_then(|code| code.parse::<i32>().ok());
    match code.or_else(|| old_exit_code(text)) {
        Some(code) => format!("{EXITED}{code}\nOutput:\n{mark}"),
        None => mark,
    }
}

/// The exit code in a result of Codex of before 2026, which was the text of an object.
fn old_exit_code(text: &str) -> Option<i32> {
    json::fields!(Old { metadata = "metadata" });
    json::fields!(Metadata { exit_code = "exit_code" });
    let old: Old<'_> = json::object(text).filter(|_| text.starts_with('{'))?;
    json::nested::<Metadata<'_>>(old.metadata).exit_code?.get().parse().ok()
}

/// Whether a text is what [`gist`] made.
fn is_gist(text: &str) -> bool {
    text.len() <= 512 && text.contains(MARK) && text.contains(MARK_END)
}

/// An object or a list that is being gone through.
struct Open {
    /// The name of the member that comes or came, of a list the list's own; where it stands.
    name: Range<usize>,
    /// Whether a name comes next.
    wants_name: bool,
    is_object: bool,
}

/// A payload on its way to what is captured of it. Depth of nesting is no limit.
struct Captured<'a> {
    level: Capture,
    text: &'a str,
    out: String,
    copied: usize,
    open: Vec<Open>,
}

impl<'a> Captured<'a> {
    fn new(level: Capture, text: &'a str) -> Self {
        Self { level, text, out: String::new(), copied: 0, open: Vec::new() }
    }

    fn run(mut self) -> Cow<'a, str> {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            at = match byte {
                b'}' | b']' => {
                    self.open.pop();
                    at + 1
                }
                b',' => {
                    if let Some(open) = self.open.last_mut() {
                        open.wants_name = open.is_object;
                    }
                    at + 1
                }
                b'"' if self.open.last().is_some_and(|open| open.wants_name) => {
                    let end = json::closing_quote(bytes, at + 1).min(bytes.len());
                    if let Some(open) = self.open.last_mut() {
                        (open.name, open.wants_name) = (at + 1..end, false);
                    }
                    end + 1
                }
                b'"' | b'{' | b'[' => self.value(at),
                _ => at + 1,
            };
        }
        if self.copied == 0 {
            return Cow::Borrowed(self.text);
        }
        self.out.push_str(&self.text[self.copied.min(self.text.len())..]);
        Cow::Owned(self.out)
    }

    /// Goes over the text, the object or the list that begins at `at`, or into it. Returns where to go on.
    fn value(&mut self, at: usize) -> usize {
        let name = self.open.last().map_or(0..0, |open| open.name.clone());
        let class = class(&json::unescape(&self.text[name.clone()]));
        // Only of what is not gone into: else the time were quadratic in the depth.
        let end = || value_end(self.text.as_bytes(), at);
        match (class, self.text.as_bytes()[at]) {
            (Class::Input, _) if self.level == Capture::Inputs => end(),
            (Class::Input | Class::Output, b'{' | b'[') => {
                let end = end();
                let outline = outline(&self.text[at..end]);
                self.put(at..end, &outline)
            }
            (_, byte @ (b'{' | b'[')) => {
                let is_object = byte == b'{';
                self.open.push(Open { name, wants_name: is_object, is_object });
                at + 1
            }
            (class, _) => {
                let end = end();
                let raw = &self.text[at + 1..end];
                let text = json::unescape(raw.strip_suffix('"').unwrap_or(raw));
                if class.stays(&text) || is_gist(&text) || text.is_empty() {
                    return end;
                }
                let gist = serde_json::to_string(&gist(&text)).unwrap_or_else(|_| "\"\"".to_owned());
                self.put(at..end, &gist)
            }
        }
    }

    fn put(&mut self, range: Range<usize>, instead: &str) -> usize {
        self.out.push_str(&self.text[self.copied..range.start]);
        self.out.push_str(instead);
        self.copied = range.end;
        range.end
    }
}

/// What is left of the input or output of a tool that is an object or a list: how large it was, and the few members that tell
/// whom it went to and how it went.
fn outline(raw: &str) -> String {
    if raw.starts_with('[') {
        let texts = json::strings(raw).map(|range| json::unescape(&raw[range]));
        let telling = texts.map(|text| gist(&text)).find(|gist| !is_mark(gist));
        if let Some(Ok(text)) = telling.map(|gist| serde_json::to_string(&gist)) {
            return format!("[{{\"text\":{text}}}]");
        }
        if raw.len() <= 512 && raw.contains(MARK) {
            return raw.to_owned();
        }
    }
    const SIZE: &str = "not_captured_bytes";
    let mut out = String::from("{");
    let mut size = raw.len().to_string();
    json::each(raw, |key, value| {
        let name = json::unescape(json::inside(key).unwrap_or_default());
        let value = value.get();
        let is_text = value.starts_with('"');
        let text = json::inside(value).map(json::unescape).unwrap_or_default();
        let scalar = !is_text && !value.starts_with(['{', '[']);
        match name.as_ref() {
            SIZE if scalar => value.clone_into(&mut size),
            // That there was an error is known, not which.
            "error" if !matches!(value, "null" | "false" | "\"\"") => {
                let instead = if is_mark(&text) { text.into_owned() } else { mark(value.len()) };
                let _ = write!(out, "{key}:\"{instead}\",");
            }
            name if stays_inside(name) && (scalar || (is_text && names::is_word(&text))) => {
                let _ = write!(out, "{key}:{value},");
            }
            _ => {}
        }
    });
    let _ = write!(out, "\"{SIZE}\":{size}}}");
    out
}

/// Where the value ends that begins at `at`, found without recursion; the end of the text where it is torn.
fn value_end(bytes: &[u8], at: usize) -> usize {
    let mut depth = 0usize;
    let mut at = at;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at = json::closing_quote(bytes, at + 1),
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
        if depth == 0 {
            break;
        }
    }
    at.min(bytes.len())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
