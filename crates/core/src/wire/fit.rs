//! Making an oversized payload fit a record: long strings lose their ends, and say how much.
//!
//! First the white space between tokens goes, then every string longer than a bound is cut to it; the bound is the
//! largest power of two with which the text fits. Numbers and short strings, and with them every id and every key of usual
//! length, stay, and so does the structure. Only where that is not enough (a payload that is millions of small values) do
//! whole top-level values give way to a mark, the long ones before the short. The time is linear in the size of the payload.

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
/// `json` is one JSON object, and `max` at least 1 KiB; otherwise what is returned may be no JSON, or longer.
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

/// The top-level fields with those values that are short; the others give way to a mark. How short is the largest power of
/// two with which all fits. Where not even ids do, the fields that come first stay.
fn cut_values(json: &str, max: usize) -> String {
    let mut bounds: Vec<(usize, usize)> = Vec::new();
    let mut bound = SHORTEST_BOUND;
    while bound >= MARK_BYTES {
        bounds.push((bound, 2 * MARK_BYTES));
        bound /= 2;
    }
    json::each(json, |key, value: &RawValue| {
        let value = value.get().len();
        for (bound, bytes) in &mut bounds {
            *bytes += key.len() + 2 + if value <= *bound { value } else { MARK_BYTES };
        }
    });
    let fits = bounds.iter().find(|(_, bytes)| *bytes <= max);
    let bound = fits.map_or(MARK_BYTES, |(bound, _)| *bound);
    let mut out = String::from("{");
    let mut cut = 0;
    json::each(json, |key, value: &RawValue| {
        let marked;
        let value = if value.get().len() <= bound {
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn fitted(payload: &Value, max: usize) -> Value {
        let text = payload.to_string();
        let fitted = fit(&text, max);
        assert!(fitted.len() <= max, "{} > {max}", fitted.len());
        serde_json::from_str(&fitted).unwrap()
    }

    #[test]
    fn what_fits_is_borrowed() {
        assert!(matches!(fit("{ \"a\" : 1 }", 1024), Cow::Borrowed("{ \"a\" : 1 }")));
    }

    #[test]
    fn a_long_string_says_what_it_lost_and_everything_else_stays() {
        let long = "é".repeat(4096);
        let payload =
            json!({"session_id": "s-1", "tool_use_id": "t-1", "tool_response": {"stdout": long, "code": [0, {}]}});
        let fitted = fitted(&payload, 4096);
        let stdout = fitted["tool_response"]["stdout"].as_str().unwrap();
        let (kept, mark) = stdout.split_once('…').unwrap();
        assert!(long.starts_with(kept) && kept.len() == 2048, "{}", kept.len());
        assert_eq!(mark, format!("[hookrail: {} bytes cut]", 8192 - kept.len()));
        let mut restored = fitted.clone();
        restored["tool_response"]["stdout"] = long.into();
        assert_eq!(restored, payload);
    }

    #[test]
    fn no_escape_and_no_character_is_torn() {
        for unit in ["\\\\", "\\n", "\\u00e9", "\\ud83d\\ude00", "x\\\"", "😀", "xyz\\u0000"] {
            for shift in 0..12 {
                let text = format!("{{\"a\":\"{}{}\"}}", "x".repeat(shift), unit.repeat(2000));
                let fitted = fit(&text, 1024);
                let value: Value = serde_json::from_str(&fitted).unwrap_or_else(|_| panic!("{unit} {shift}"));
                let whole: Value = serde_json::from_str(&text).unwrap();
                let kept = value["a"].as_str().unwrap().split('…').next().unwrap();
                assert!(whole["a"].as_str().unwrap().starts_with(kept), "{unit} {shift}");
            }
        }
    }

    #[test]
    fn white_space_goes_before_anything_else() {
        let text = format!("{{ {} \"a\" : [ 1 , \"b c\" ] }}", " ".repeat(2000));
        assert_eq!(fit(&text, 1024), "{\"a\":[1,\"b c\"]}");
    }

    #[test]
    fn millions_of_small_values_give_way_as_one() {
        let payload = json!({"session_id": "s-1", "big": vec![1; 10_000], "tool_use_id": "t-1"});
        assert_eq!(
            fitted(&payload, 1024),
            json!({"session_id": "s-1", "big": "…[hookrail: 20001 bytes cut]", "tool_use_id": "t-1"})
        );
        let wide: serde_json::Map<String, Value> = (0..1000).map(|at| (format!("key-{at:04}"), at.into())).collect();
        let fitted = fitted(&wide.into(), 1024);
        assert!(fitted["key-0000"] == 0 && fitted["hookrail_cut_bytes"].as_u64().unwrap() > 9000, "{fitted}");
    }

    #[test]
    fn bytes_that_are_no_json_are_cut_with_a_mark() {
        assert_eq!(bytes(b"abc"), base64::encode(b"abc"));
        let long = vec![b'x'; MAX_PAYLOAD_BYTES];
        let text = bytes(&long);
        assert!(text.len() <= MAX_PAYLOAD_BYTES);
        let kept = String::from_utf8(base64::decode(&text).unwrap()).unwrap();
        let (kept, mark) = kept.split_once('…').unwrap();
        assert_eq!(mark, format!("[hookrail: {} bytes cut]", long.len() - kept.len()));
    }
}
