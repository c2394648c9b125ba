//! What was taken out of an event, and where: read back from the tokens that stand in place of it.
//!
//! The tokens are the record. So a device and a server that look at an event one after the other say the same of it, and
//! what an older device redacted without saying so is told all the same. A sender's own list adds what no token shows any
//! more, because the text it stood in was not captured.

use std::fmt::Write as _;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::json;

/// The start of a token.
pub(super) const TOKEN: &str = "[redacted:";

/// The most places that are told of one event. What is beyond them is told by kind, as somewhere in the payload.
pub const MAX_REDACTIONS: usize = 32;

/// The longest place, in bytes; of a longer one the innermost members are left out.
const LONGEST_PLACE: usize = 256;

/// The longest word of a kind.
const LONGEST_KIND: usize = 40;

/// What was taken out of one place of an event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Redaction {
    /// The kind's word ([`super::Secret::as_str`]), which this version need not know.
    pub kind: String,
    /// Where it stood, as a JSON pointer (RFC 6901) into the payload; empty for somewhere in it.
    pub at: String,
    /// How many there were.
    pub count: u32,
}

/// What the tokens in a payload tell, in the order of the payload.
pub fn redactions(payload: &str) -> Vec<Redaction> {
    let mut found = Vec::new();
    if payload.contains(TOKEN) {
        each_string(payload, |path, range| {
            let text = &payload[range];
            if text.contains(TOKEN) {
                let at = pointer(payload, path);
                kinds(text).for_each(|kind| add(&mut found, kind, &at, 1));
            }
        });
    }
    found
}

/// What the tokens in a plain text tell, of which all that is known is that it is at `at`.
pub fn redactions_in(text: &str, at: &str) -> Vec<Redaction> {
    let mut found = Vec::new();
    kinds(text).for_each(|kind| add(&mut found, kind, at, 1));
    found
}

/// What two who looked at the same event say together: of each place and kind the larger count.
pub fn merged(told: &[Redaction], mut found: Vec<Redaction>) -> Vec<Redaction> {
    for one in told.iter().filter(|one| is_kind(&one.kind)).take(2 * MAX_REDACTIONS) {
        let at = cut(&one.at);
        match found.iter_mut().find(|other| other.kind == one.kind && other.at == at) {
            Some(other) => other.count = other.count.max(one.count),
            None => add(&mut found, &one.kind, at, one.count),
        }
    }
    found
}

fn add(found: &mut Vec<Redaction>, kind: &str, at: &str, count: u32) {
    let known = |at: &str, found: &[Redaction]| found.iter().position(|one| one.kind == kind && one.at == at);
    let placed = found.iter().filter(|one| !one.at.is_empty()).count();
    let at = if known(at, found).is_none() && placed >= MAX_REDACTIONS { "" } else { at };
    match known(at, found) {
        Some(place) => found[place].count = found[place].count.saturating_add(count),
        // There are not so many kinds; a sender who makes them up is not listened to for long.
        None if found.len() >= 2 * MAX_REDACTIONS => {}
        None => found.push(Redaction { kind: kind.to_owned(), at: at.to_owned(), count }),
    }
}

/// The kinds of the tokens in a text, one for each token.
fn kinds(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices(TOKEN).filter_map(|(at, _)| {
        let rest = &text[at + TOKEN.len()..];
        let end = rest.bytes().take(LONGEST_KIND + 1).position(|byte| matches!(byte, b':' | b']'))?;
        let (kind, behind) = rest.split_at(end);
        let keyed = behind.strip_prefix(':').and_then(|tag| tag.get(..5));
        let ends = keyed.map_or(behind.starts_with(']'), |tag| {
            tag.ends_with(']') && tag.bytes().take(4).all(|byte| byte.is_ascii_hexdigit())
        });
        (ends && is_kind(kind)).then_some(kind)
    })
}

fn is_kind(word: &str) -> bool {
    let is = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=LONGEST_KIND).contains(&word.len()) && word.bytes().all(is)
}

/// A step from a value into one of its own.
enum Step {
    /// Into the member whose name stands here; the flag tells whether a name comes next.
    Member(Range<usize>, bool),
    /// Into the element of this number.
    Element(usize),
}

/// Calls `with` for every string of a JSON text, names of members included, with the way to it. Depth is no limit.
fn each_string(text: &str, mut with: impl FnMut(&[Step], Range<usize>)) {
    let bytes = text.as_bytes();
    let mut path: Vec<Step> = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' => path.push(Step::Member(0..0, true)),
            b'[' => path.push(Step::Element(0)),
            b'}' | b']' => drop(path.pop()),
            b',' => match path.last_mut() {
                Some(Step::Member(_, name)) => *name = true,
                Some(Step::Element(number)) => *number += 1,
                None => {}
            },
            b'"' => {
                let range = at + 1..json::closing_quote(bytes, at + 1).min(bytes.len());
                at = range.end;
                if let Some(Step::Member(of, name @ true)) = path.last_mut() {
                    (*of, *name) = (range.clone(), false);
                }
                with(&path, range);
            }
            _ => {}
        }
        at += 1;
    }
}

fn pointer(text: &str, path: &[Step]) -> String {
    let mut out = String::new();
    for step in path {
        let whole = out.len();
        out.push('/');
        match step {
            Step::Member(name, _) => {
                out.push_str(&json::unescape(&text[name.clone()]).replace('~', "~0").replace('/', "~1"));
            }
            Step::Element(number) => drop(write!(out, "{number}")),
        }
        if out.len() > LONGEST_PLACE {
            out.truncate(whole);
            break;
        }
    }
    out
}

/// A place that somebody told, without the innermost members where it is too long.
fn cut(at: &str) -> &str {
    if at.len() <= LONGEST_PLACE {
        return at;
    }
    let end = at.bytes().take(LONGEST_PLACE + 1).rposition(|byte| byte == b'/').unwrap_or_default();
    &at[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(found: &[Redaction]) -> Vec<(&str, &str, u32)> {
        found.iter().map(|one| (one.kind.as_str(), one.at.as_str(), one.count)).collect()
    }

    #[test]
    fn a_token_tells_what_was_there_and_where() {
        let payload = r#"{"a":{"b/c":["x","[redacted:jwt] [redacted:jwt:0a1f]"]},"[redacted:secret]":1,
            "d~":"no [redacted:] [redacted:Jwt] [redacted:jwt:12] [redacted:jwt:12345] [redacted:jwt","e":"\"[redacted:card:ffff]"}"#;
        assert_eq!(
            told(&redactions(payload)),
            [("jwt", "/a/b~1c/1", 2), ("secret", "/[redacted:secret]", 1), ("card", "/e", 1)]
        );
        assert!(redactions(r#"{"a":"clean"}"#).is_empty());
        assert_eq!(told(&redactions("\"[redacted:jwt]\"")), [("jwt", "", 1)]);
        for torn in ["{\"a\":\"[redacted:jwt]", "]]}\"[redacted:jwt]", "{\"[redacted:jwt]\\"] {
            assert_eq!(redactions(torn).len(), 1, "{torn}");
        }
    }

    #[test]
    fn two_lists_of_the_same_event_are_one() {
        let found = redactions(r#"{"a":"[redacted:jwt]","b":"[redacted:secret]"}"#);
        assert_eq!(merged(&found, found.clone()), found);
        let told_by_the_device = [
            Redaction { kind: "jwt".into(), at: "/a".into(), count: 3 },
            Redaction { kind: "npm-token".into(), at: "/gone".into(), count: 1 },
            Redaction { kind: "No kind".into(), at: "/a".into(), count: 1 },
        ];
        let all = merged(&told_by_the_device, found);
        assert_eq!(told(&all), [("jwt", "/a", 3), ("secret", "/b", 1), ("npm-token", "/gone", 1)]);
    }

    #[test]
    fn the_list_is_bounded_and_every_kind_stays_in_it() {
        let members: Vec<_> = (0..100).map(|n| format!("\"m{n}\":\"[redacted:jwt]\"")).collect();
        let found = redactions(&format!("{{{},\"z\":\"[redacted:secret]\"}}", members.join(",")));
        assert_eq!(found.len(), MAX_REDACTIONS + 2);
        assert_eq!(told(&found)[MAX_REDACTIONS..], [("jwt", "", 68), ("secret", "", 1)]);
        let deep = format!("{}\"[redacted:jwt]\"{}", "{\"member\":".repeat(90_000), "}".repeat(90_000));
        let at = &redactions(&deep)[0].at;
        assert!(at.len() <= LONGEST_PLACE && at.ends_with("/member"), "{at}");
        let made_up: Vec<_> =
            (0..1000).map(|n| Redaction { kind: format!("k{n}"), at: "/a/".repeat(200), count: 1 }).collect();
        let all = merged(&made_up, Vec::new());
        assert!(all.len() <= 2 * MAX_REDACTIONS && all.iter().all(|one| one.at.len() <= LONGEST_PLACE));
    }
}
