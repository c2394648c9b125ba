//! What keeps passwords, cards and names out of logs and records: lists of what is masked there, of which an edit leaves nothing.

use std::collections::HashSet;

use super::source::{Written, code_lines, folded, new_lines};
use crate::policy::lists::{holds, parts};
use crate::policy::spans;

/// How such a list is called, as it is written.
const CALLED: &str = "redact|Redact|REDACT|mask|Mask|MASK|scrub|Scrub|SCRUB|sensitive|Sensitive|SENSITIVE|filter_param|filterParam|censor|\
    Censor|obfuscat|Obfuscat|denylist|denyList|DENYLIST|deny_list|sanitiz|Sanitiz|blocklist|hidden_fields|hiddenFields|secretKeys|secret_keys|SECRET_KEYS|PII|pii";

/// What stands in it, in small letters.
const KEPT: &str = "passw|pwd|authoriz|cookie|card|cvv|cvc|ssn|iban|token|secret|api_key|apikey|email|birth|national_id|passport|credential";

/// What a list is that holds nothing, in small letters and without blanks.
const EMPTY: &str = "[]|{}|set()|()|nil|null|none|newset()|newset([])|undefined|''|\"\"|frozenset()|vec![]|&[]|emptylist()|collections.emptylist()|list.of()|\
    set.of()|emptyset()|array()|map[string]bool{}|[]string{}|false|%w[]|{paths:[]}|{paths:[]|[string]()|string[0]|list<string>()|hashset<string>()|seq()|list()";

/// How far a list goes on behind its name, in lines.
const REACH: usize = 12;

/// Whether nothing is masked any more where something was.
pub(super) fn is_nothing_masked(written: &Written<'_>) -> bool {
    if written.holds("EnableSensitiveDataLogging()|ShowPII = true")
        && !written.is_tried()
        && written.gains(shows_values)
    {
        return true;
    }
    let Some(before) = written.before else { return false };
    if written.is_tried() || super::source::is_prose(written.name()) || !written.held(CALLED) {
        return false;
    }
    let text = &*written.text;
    let mut names = masked(before).peekable();
    names.peek().is_some()
        && (is_taken_out(text, before) || {
            let empty = empty(text);
            names.any(|name| empty.contains(&name))
        })
        && masked(text).next().is_none()
}

/// Whether a program's own library is told to write people's values into its log, wherever it runs.
fn shows_values(text: &str) -> bool {
    holds(text, "EnableSensitiveDataLogging()|ShowPII = true") && !holds(text, "Development|DEBUG|isDev|IsDev|Debugger")
}

/// Whether no word of it is left where what it was told to goes on: `pino({ level, redact: […] })` is `pino({ level })`.
fn is_taken_out(text: &str, before: &str) -> bool {
    const LEAST: usize = 12;
    let goes_on = || {
        let gone = new_lines(before, text);
        let is_rest = |line: &&str| {
            let line = line.trim();
            line.len() >= LEAST && gone.iter().any(|old| old.trim().starts_with(spans::start(line, LEAST)))
        };
        new_lines(text, before).iter().take(super::MAX_PLACES).any(is_rest)
    };
    const LOGS: &str =
        "log|Log|pino|winston|Sentry|sentry|bunyan|telemetry|trace|record|serializ|posthog|rollbar|bugsnag|datadog";
    !holds(text, CALLED) && holds(text, LOGS) && goes_on()
}

/// The names, in small letters, of the lists of a text in which something stands that nobody may keep.
fn masked(text: &str) -> impl Iterator<Item = String> {
    let lines: Vec<&str> = code_lines(text).take(super::MAX_PLACES * 16).collect();
    (0..lines.len())
        .filter(|at| holds(lines[*at], CALLED))
        .filter_map(|at| {
            let (name, value) = assigned(lines[at])?;
            let is_kept = |line: &str| holds(&line.to_ascii_lowercase(), KEPT);
            let is_open = value.ends_with(['[', '{', '(', ',']) || value.is_empty();
            let mut below = lines[at + 1..].iter().take(REACH).take_while(|line| !closes(line));
            // A text alone is no list.
            let within = is_kept(&value) && value.contains(['[', '{', '(']);
            (within || is_open && below.any(|line| is_kept(line))).then_some(name)
        })
        .take(super::MAX_PLACES)
        .collect::<Vec<_>>()
        .into_iter()
}

fn closes(line: &str) -> bool {
    line.trim_start().starts_with([']', '}', ')'])
}

/// What a line gives a value, and the value, both in small letters and without blanks.
fn assigned(line: &str) -> Option<(String, String)> {
    let line = folded(line);
    let marks = [":=", "+=", "=", ":", "<<"];
    let (at, mark) = marks.iter().filter_map(|mark| line.find(mark).map(|at| (at, mark))).min_by_key(|(at, _)| *at)?;
    let name = line[..at].trim_matches(|char: char| !char.is_alphanumeric() && char != '_').to_owned();
    // A type stands between a name and its value.
    let value = line[at + mark.len()..].trim_start_matches('=');
    let value = match (*mark, value.split_once('=')) {
        (":", Some((_, value))) if !value.starts_with('>') => value,
        _ => value,
    };
    (!name.is_empty()).then(|| (name, value.to_owned()))
}

/// The names of the lists of a text that hold nothing.
fn empty(text: &str) -> HashSet<String> {
    let nothing = |value: &str| {
        let value = value.trim_end_matches([',', ';', '}', ')']);
        parts(EMPTY).any(|empty| value == empty.trim_end_matches([',', ';', '}', ')']))
    };
    let lists = code_lines(text).filter(|line| holds(line, CALLED)).filter_map(assigned);
    lists.filter(|(_, value)| nothing(value)).map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_what_is_masked_of_which_nothing_is_left_is_seen() {
        for (before, text, seen) in [
            ("redact: ['req.headers.authorization', 'req.body.password']", "redact: []", true),
            ("redact: ['req.headers.authorization', 'req.body.password']", "redact: ['req.body.password']", false),
            ("SENSITIVE_KEYS = {\n    'password',\n    'iban',\n}", "SENSITIVE_KEYS = set()", true),
            ("config.filter_parameters += [:password, :cvv]", "config.filter_parameters += []", true),
            ("redactedHeaders := []string{\"Authorization\"}", "redactedHeaders := []string{}", true),
            ("redact: ['req.body.password']", "redact: KEYS", false),
            ("const log = pino({ level, redact: ['*.password'] });", "const log = pino({ level });", true),
            ("const log = pino({ level, redact: ['*.password'] });", "const log = pino({ level, redact });", false),
            ("const redact = ['*.password'];", "", false),
            ("maskColumns: ['id']", "maskColumns: []", false),
        ] {
            let written = Written::of(text, Some(before), "/home/dev/work/shop/src/logging.ts");
            assert_eq!(is_nothing_masked(&written), seen, "{text}");
        }
    }
}
