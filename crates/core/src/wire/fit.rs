//! Making an oversized payload fit a record: long strings lose their ends, and say how much.
//!
//! First the white space between tokens goes, then every string longer than a bound is cut to it; the bound is the
//! largest power of two with which the text fits. Keys, numbers and short strings, and with them every id, stay, and so
//! does the structure. Only where that is not enough (a payload that is millions of small values) do whole top-level
//! values give way to a mark. The time is linear in the size of the payload.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

use serde_json::value::RawValue;

use super::MAX_PAYLOAD_BYTES;
use crate::base64;
use crate::json;

/// Strings no longer than this many bytes are never cut: ids, names and paths are shorter.
const SHORTEST_BOUND: usize = 512;

/// The longest that a string may stay, at first.
const LONGEST_BOUND: usize = 1 << 20;

/// The most a mark takes: its words and twenty digits.
const MARK_BYTES: usize = 64;

/// The JSON text with at most `max` bytes, cut where needed. Borrows where it already fits.
///
/// `json` must be one valid JSON value, or the text that is returned is none either.
pub fn fit(json: &str, max: usize) -> Cow<'_, str> {
    if json.len() <= max {
        return Cow::Borrowed(json);
    }
    match bound(json, max) {
        Some(bound) => Cow::Owned(cut_strings(json, bound)),
        None => Cow::Owned(cut_values(json, max)),
    }
}

/// The Base64 of bytes that are no JSON, of at most [`MAX_PAYLOAD_BYTES`]; a mark in the bytes tells what was cut.
pub(super) fn bytes(bytes: &[u8]) -> String {
    const MAX: usize = MAX_PAYLOAD_BYTES / 4 * 3 - MARK_BYTES;
    match bytes.get(..MAX) {
        Some(kept) if bytes.len() > MAX + MARK_BYTES => {
            base64::encode(&[kept, mark(bytes.len() - MAX).as_bytes()].concat())
        }
        _ => base64::encode(bytes),
    }
}

fn mark(bytes: usize) -> String {
    format!("…[hookrail: {bytes} bytes cut]")
}

/// The largest bound on strings with which the text fits; `None` where even the shortest does not do.
fn bound(json: &str, max: usize) -> Option<usize> {
    let mut bounds: Vec<(usize, usize)> = Vec::new();
    let mut bound = LONGEST_BOUND;
    while bound >= SHORTEST_BOUND {
        bounds.push((bound, 0));
        bound /= 2;
    }
    let mut rest = 0;
    for token in Tokens::new(json) {
        match token {
            Token::Text(inside) => {
                rest += 2;
                for (bound, bytes) in &mut bounds {
                    *bytes += if inside.len() > *bound { *bound + MARK_BYTES } else { inside.len() };
                }
            }
            Token::Other(range) => rest += range.len(),
        }
    }
    bounds.into_iter().find(|(_, bytes)| rest + bytes <= max).map(|(bound, _)| bound)
}

fn cut_strings(json: &str, bound: usize) -> String {
    let mut out = String::new();
    for token in Tokens::new(json) {
        match token {
            Token::Text(range) => {
                let inside = &json[range];
                let kept = if inside.len() > bound { whole_characters(inside, bound) } else { inside.len() };
                out.push('"');
                out.push_str(&inside[..kept]);
                if kept < inside.len() {
                    out.push_str(&mark(inside.len() - kept));
                }
                out.push('"');
            }
            Token::Other(range) => out.push_str(&json[range]),
        }
    }
    out
}

/// How much of a raw string can be kept within `bound` bytes without tearing a character or an escape sequence.
fn whole_characters(inside: &str, bound: usize) -> usize {
    let mut at = 0;
    while at < bound {
        let next = match json::escape(&inside[at..]) {
            Some((_, length)) => at + length,
            None => {
                let run = inside.as_bytes()[at..bound].iter().position(|byte| *byte == b'\\');
                match run {
                    Some(run) => at + run,
                    None => return inside.floor_char_boundary(bound).max(at),
                }
            }
        };
        if next > bound {
            return at;
        }
        at = next;
    }
    at
}

/// The top-level fields with those values that are short; the others give way to a mark, and so do fields beyond `max`.
fn cut_values(json: &str, max: usize) -> String {
    let mut out = String::from("{");
    let mut cut = 0;
    json::each(json, |key, value: &RawValue| {
        let marked;
        let value = if value.get().len() <= SHORTEST_BOUND {
            value.get()
        } else {
            marked = format!("\"{}\"", mark(value.get().len()));
            &marked
        };
        if out.len() + key.len() + value.len() + 2 * MARK_BYTES > max {
            cut += key.len() + value.len();
        } else {
            let comma = if out.len() > 1 { "," } else { "" };
            let _ = write!(out, "{comma}{key}:{value}");
        }
    });
    if cut > 0 {
        let comma = if out.len() > 1 { "," } else { "" };
        let _ = write!(out, "{comma}\"hookrail_cut_bytes\":{cut}");
    }
    out.push('}');
    out
}

/// A piece of a JSON text: what stands between the quotes of a string, or anything else but white space.
enum Token {
    Text(Range<usize>),
    Other(Range<usize>),
}

struct Tokens<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Tokens<'a> {
    fn new(json: &'a str) -> Self {
        Self { bytes: json.as_bytes(), at: 0 }
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
        let rest = self.bytes.get(self.at..)?;
        let from = self.at + rest.iter().position(|byte| !is_space(byte))?;
        if self.bytes.get(from) == Some(&b'"') {
            let end = json::closing_quote(self.bytes, from + 1);
            self.at = end + 1;
            return Some(Token::Text(from + 1..end));
        }
        let rest = &self.bytes[from..];
        let length = rest.iter().position(|byte| *byte == b'"' || is_space(byte)).unwrap_or(rest.len());
        self.at = from + length;
        Some(Token::Other(from..self.at))
    }
}
