//! Values that are assigned to the name of a secret: `password=`, `"api_key": "…"`, `export TOKEN=…`, `--token …`.
//!
//! The name tells what to look for; the value must look like it. Everything is looked at in bounded pieces, so that no
//! text costs more than its length times a constant.

use std::ops::Range;

use super::find::known_at;
use super::kinds::Secret;
use super::plausible::{is_password, is_placeholder, is_random};
use crate::base64;

/// How much of a name is looked at before and behind its word.
const LONGEST_NAME: usize = 40;

/// Longer values are none of a secret.
const LONGEST_VALUE: usize = 512;

/// What may stand before `key` in the name of a secret one.
const SECRET_KEYS: &[&str] = &[
    "api",
    "access",
    "secret",
    "private",
    "auth",
    "encryption",
    "signing",
    "master",
    "account",
    "app",
    "application",
    "service",
    "license",
    "shared",
    "storage",
    "webhook",
    "admin",
    "jwt",
    "session",
];

/// What stands before `token` in the name of one that opens nothing.
const OTHER_TOKENS: &[&str] =
    &["page", "next", "continuation", "cancel", "cancellation", "sort", "cache", "sync", "input", "output"];

/// Whether something may be assigned in a JSON text to the name whose word stands at `at`: cheap, and never wrong where it says no.
pub(super) fn may_assign(bytes: &[u8], at: usize, word: usize) -> bool {
    let end = name_end(bytes, at + word);
    if let Some((b'"', behind)) = bytes[end..].split_first() {
        // The string ends here: only the value of a member of this name follows, and only a string is one to look at.
        let value = behind.trim_ascii_start().strip_prefix(b":").unwrap_or_default();
        return value.trim_ascii_start().starts_with(b"\"");
    }
    bytes[end..].iter().take(8).any(|byte| matches!(byte, b'=' | b':' | b'>' | b'(' | b',' | b'"' | b'\\'))
        || is_flag(bytes, at)
}

/// The value that is assigned to the name whose word stands at `at`; what stands before `free` is taken. `run` is the
/// last run of characters without quotes that was looked at.
pub(super) fn value(
    bytes: &[u8],
    at: usize,
    word: usize,
    free: usize,
    secret: Secret,
    run: &mut Range<usize>,
) -> Option<(Range<usize>, Secret)> {
    let start = name_start(bytes, at, free);
    let end = name_end(bytes, at + word);
    let scheme = is_secret_name(&bytes[start..at], &bytes[at..at + word], &bytes[at + word..end])?;
    let (from, quote) = assigned(bytes, end, start)?;
    if quote.is_none() && begins_with_assignment(&bytes[from..]) {
        // Whatever is secret about it is found by its own name.
        return None;
    }
    let range = if let Some(quote) = quote { quoted(bytes, from, quote)? } else { bare(bytes, from, run)? };
    let (range, basic) = if scheme { behind_scheme(bytes, range) } else { (range, false) };
    if range.clone().take(1).any(|at| known_at(bytes, at)) || holds_token(&bytes[range.clone()]) {
        return None;
    }
    let value = &bytes[range.clone()];
    let is = basic && is_basic(value) || is_value(&bytes[start..end], value, secret, quote.is_some());
    is.then_some((range, secret))
}

/// What of the value of a member of an object is a secret by the member's name: all of it, or what stands behind the word of
/// a scheme.
pub(super) fn member(name: &str, value: &str) -> Option<(Range<usize>, Secret)> {
    let bytes = name.as_bytes();
    let (at, word, secret) = last_word(bytes)?;
    let scheme = is_secret_name(&bytes[..at], &bytes[at..at + word], &bytes[at + word..])?;
    if value.len() > LONGEST_VALUE {
        return None;
    }
    let all = (0..value.len(), false);
    let (range, basic) = if scheme { behind_scheme(value.as_bytes(), all.0) } else { all };
    let held = value.get(range.clone()).filter(|it| !it.contains(char::is_whitespace))?.as_bytes();
    let known = known_at(value.as_bytes(), range.start) || holds_token(held);
    (!known && (basic && is_basic(held) || is_value(bytes, held, secret, true))).then_some((range, secret))
}

/// Whether a value is itself an assignment to the name of a secret, as in `token=token=…`.
fn begins_with_assignment(value: &[u8]) -> bool {
    let name = &value[..name_end(value, 0)];
    let assigns = value.get(name.len()) == Some(&b'=') && value.get(name.len() + 1).is_some_and(|byte| *byte != b'=');
    assigns
        && last_word(name).is_some_and(|(at, word, _)| {
            is_secret_name(&name[..at], &name[at..at + word], &name[at + word..]).is_some()
        })
}

/// Whether a value is what the scheme `Basic` takes: `user:password` in Base64, of whatever length.
fn is_basic(value: &[u8]) -> bool {
    let decoded = std::str::from_utf8(value).ok().and_then(base64::decode).unwrap_or_default();
    let colon = decoded.iter().position(|byte| *byte == b':');
    colon.is_some_and(|at| at + 1 < decoded.len() && !is_placeholder(&decoded[at + 1..]))
        && decoded.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ')
}

fn last_word(name: &[u8]) -> Option<(usize, usize, Secret)> {
    const WORDS: &[(&str, Secret)] = &[
        ("password", Secret::Password),
        ("passwd", Secret::Password),
        ("passphrase", Secret::Password),
        ("pwd", Secret::Password),
        ("secret", Secret::ApiSecret),
        ("token", Secret::ApiSecret),
        ("key", Secret::ApiSecret),
        ("credential", Secret::ApiSecret),
        ("authorization", Secret::ApiSecret),
    ];
    (name.len() <= 2 * LONGEST_NAME).then_some(())?;
    WORDS.iter().find_map(|(word, secret)| {
        let at = name.windows(word.len()).rposition(|it| it.eq_ignore_ascii_case(word.as_bytes()))?;
        let length = if word.starts_with("passw") { 5 } else { word.len() };
        Some((at, length, *secret))
    })
}

fn is_value(name: &[u8], value: &[u8], secret: Secret, quoted: bool) -> bool {
    match secret {
        Secret::Password => is_password(value) && (quoted || value.iter().any(u8::is_ascii_digit)),
        _ if value.contains(&b' ') => false,
        _ => is_random(
            value,
            name.windows(3).any(|it| it.eq_ignore_ascii_case(b"api") || it.eq_ignore_ascii_case(b"ret")),
        ),
    }
}

/// Whether a name is that of a secret; `true` inside where its value may begin with the word of a scheme.
fn is_secret_name(before: &[u8], word: &[u8], after: &[u8]) -> Option<bool> {
    let word = word.to_ascii_lowercase();
    let after = after.to_ascii_lowercase();
    let after = after.strip_prefix(b"_").unwrap_or(&after);
    let ended = after.iter().all(u8::is_ascii_digit);
    let before = before.to_ascii_lowercase();
    let before =
        before.strip_suffix(b"_").or(before.strip_suffix(b"-")).or(before.strip_suffix(b".")).unwrap_or(&before);
    let ends = |words: &[&str]| words.iter().any(|it| before.ends_with(it.as_bytes()));
    let is = match word.as_slice() {
        b"passw" => {
            matches!(after, b"ord" | b"d")
                || after.strip_prefix(b"ord").is_some_and(|it| it.iter().all(u8::is_ascii_digit))
        }
        b"key" => ended && ends(SECRET_KEYS),
        b"token" => ended && !ends(OTHER_TOKENS),
        b"credential" => ended || after == b"s",
        b"authorization" => ended,
        _ => ended,
    };
    is.then_some(word == b"authorization")
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// Where a name begins that goes on to `at`. The letter of an escape (`\n`), as it stands in JSON inside of a string, is no part of it.
fn name_start(bytes: &[u8], at: usize, free: usize) -> usize {
    let start = at - bytes[free.min(at)..at].iter().rev().take(LONGEST_NAME).take_while(|byte| is_name(**byte)).count();
    let escaped =
        start < at && bytes[..start].ends_with(b"\\") && matches!(bytes[start], b'n' | b'r' | b't' | b'b' | b'f');
    start + usize::from(escaped)
}

fn name_end(bytes: &[u8], from: usize) -> usize {
    from + bytes[from..].iter().take(LONGEST_NAME).take_while(|byte| is_name(**byte)).count()
}

fn is_flag(bytes: &[u8], at: usize) -> bool {
    bytes[name_start(bytes, at, 0)..].starts_with(b"--")
}

/// Where the value begins that is assigned behind a name, and the quote it stands in.
fn assigned(bytes: &[u8], end: usize, start: usize) -> Option<(usize, Option<u8>)> {
    let mut at = end;
    let closed = skip(bytes, &mut at, |byte| matches!(byte, b'"' | b'\'' | b'\\' | b']' | b'`')) > 0;
    let blank = skip(bytes, &mut at, |byte| matches!(byte, b' ' | b'\t'));
    let sign =
        bytes[at.min(bytes.len())..].iter().take(2).take_while(|byte| matches!(byte, b'=' | b':' | b'>')).count();
    let call = sign == 0 && (bytes.get(at) == Some(&b'(') || (closed && bytes.get(at) == Some(&b',')));
    let flag = sign == 0 && !call && !closed && blank > 0 && bytes[start..].starts_with(b"--");
    (sign > 0 || call || flag).then_some(())?;
    at += if call { 1 } else { sign };
    skip(bytes, &mut at, |byte| matches!(byte, b' ' | b'\t'));
    at = behind_type(bytes, at);
    skip(bytes, &mut at, |byte| byte == b'\\');
    match bytes.get(at) {
        Some(quote @ (b'"' | b'\'' | b'`')) => Some((at + 1, Some(*quote))),
        Some(_) if !call && !closed => Some((at, None)),
        _ => None,
    }
}

/// Behind `str = ` where a type stands between a name and its value.
fn behind_type(bytes: &[u8], at: usize) -> usize {
    let length =
        bytes[at..].iter().take(24).take_while(|byte| byte.is_ascii_alphanumeric() || b"&'_".contains(byte)).count();
    let mut end = at + length;
    skip(bytes, &mut end, |byte| byte == b' ');
    let assigns = length > 0 && bytes.get(end) == Some(&b'=') && bytes.get(end + 1) == Some(&b' ');
    if assigns { end + 2 } else { at }
}

/// Goes over at most eight of these bytes, and tells of how many.
fn skip(bytes: &[u8], at: &mut usize, is: fn(u8) -> bool) -> usize {
    let count = bytes[(*at).min(bytes.len())..].iter().take(8).take_while(|byte| is(**byte)).count();
    *at += count;
    count
}

fn quoted(bytes: &[u8], from: usize, quote: u8) -> Option<Range<usize>> {
    let is = |byte: &u8| *byte != quote && *byte != b'\\' && (byte.is_ascii_graphic() || *byte == b' ');
    let length = bytes[from..].iter().take(LONGEST_VALUE).take_while(|byte| is(byte)).count();
    let ended = matches!(bytes.get(from + length), Some(byte) if *byte == quote || *byte == b'\\');
    (ended && length > 0).then_some(from..from + length)
}

/// Which bytes a value without quotes is made of: visible ones that are no sign of code.
static BARE: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = b'!';
    while byte <= b'~' {
        table[byte as usize] = !matches!(
            byte,
            b'"' | b'\''
                | b'`'
                | b'\\'
                | b'<'
                | b'>'
                | b'{'
                | b'}'
                | b'['
                | b']'
                | b'('
                | b')'
                | b'|'
                | b','
                | b';'
                | b'&'
                | b'$'
        );
        byte += 1;
    }
    table
};

/// A value without quotes goes on to a blank or a sign of code; where a call or an index follows it is code.
/// A run is gone over once, however many names in it something is assigned to.
fn bare(bytes: &[u8], from: usize, run: &mut Range<usize>) -> Option<Range<usize>> {
    if !run.contains(&from) {
        *run = from..from + bytes[from..].iter().take_while(|byte| BARE[usize::from(**byte)]).count();
    }
    let length = run.end - from;
    if length >= LONGEST_VALUE {
        return None;
    }
    let code = matches!(bytes.get(from + length), Some(b'(' | b'[' | b'{' | b'$'));
    (!code && length > 0).then_some(from..from + length)
}

/// Less the word of a scheme, `Basic dXNlcjpw…`, and whether it is that one.
fn behind_scheme(bytes: &[u8], range: Range<usize>) -> (Range<usize>, bool) {
    let text = &bytes[range.start..];
    let word = text.iter().take(12).take_while(|byte| byte.is_ascii_alphabetic()).count();
    if word == 0 || text.get(word) != Some(&b' ') {
        return (range, false);
    }
    let basic = text[..word].eq_ignore_ascii_case(b"basic");
    let from = range.start + word + 1;
    let end =
        if range.end > from { Some(range) } else { bare(bytes, from, &mut (0..0)) }.map_or(from, |range| range.end);
    (from..end, basic)
}

fn holds_token(value: &[u8]) -> bool {
    value.windows(10).any(|it| it == b"[redacted:")
}
