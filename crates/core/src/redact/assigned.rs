//! Values that are assigned to the name of a secret: `password=`, `"api_key": "…"`, `export TOKEN=…`, `--token …`.
//!
//! The name tells what to look for; the value must look like it. Everything is looked at in bounded pieces, so that no
//! text costs more than its length times a constant.

use std::ops::Range;

use super::find::known_at;
use super::kinds::Secret;
use super::plausible::{is_password, is_random};

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

/// Whether something may be assigned to the name whose word stands at `at`: cheap, and never wrong where it says no.
pub(super) fn may_assign(bytes: &[u8], at: usize, word: usize) -> bool {
    let end = name_end(bytes, at + word);
    bytes[end..].iter().take(8).any(|byte| matches!(byte, b'=' | b':' | b'>' | b'(' | b',' | b'"' | b'\\'))
        || is_flag(bytes, at)
}

/// The value that is assigned to the name whose word stands at `at`; what stands before `free` is taken.
pub(super) fn value(
    bytes: &[u8],
    at: usize,
    word: usize,
    free: usize,
    secret: Secret,
) -> Option<(Range<usize>, Secret)> {
    let start = name_start(bytes, at, free);
    let end = name_end(bytes, at + word);
    let scheme = is_secret_name(&bytes[start..at], &bytes[at..at + word], &bytes[at + word..end])?;
    let (from, quote) = assigned(bytes, end, start)?;
    let range = if let Some(quote) = quote { quoted(bytes, from, quote)? } else { bare(bytes, from)? };
    let range = if scheme { behind_scheme(bytes, range) } else { range };
    if range.clone().take(1).any(|at| known_at(bytes, at)) || holds_token(&bytes[range.clone()]) {
        return None;
    }
    is_value(&bytes[start..end], &bytes[range.clone()], secret, quote.is_some()).then_some((range, secret))
}

/// Whether the value of a member of an object is a secret by the member's name.
pub(super) fn member(name: &str, value: &str) -> Option<Secret> {
    let bytes = name.as_bytes();
    let (at, word, secret) = last_word(bytes)?;
    let scheme = is_secret_name(&bytes[..at], &bytes[at..at + word], &bytes[at + word..])?;
    let range = if scheme { behind_scheme(value.as_bytes(), 0..value.len()) } else { 0..value.len() };
    let whole = range.start == 0 && value.len() <= LONGEST_VALUE && !value.contains(char::is_whitespace);
    let known = known_at(value.as_bytes(), 0) || holds_token(value.as_bytes());
    (whole && !known && is_value(bytes, value.as_bytes(), secret, true)).then_some(secret)
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

fn name_start(bytes: &[u8], at: usize, free: usize) -> usize {
    at - bytes[free.min(at)..at].iter().rev().take(LONGEST_NAME).take_while(|byte| is_name(**byte)).count()
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

/// A value without quotes goes on to a blank or a sign of code; where a call or an index follows it is code.
fn bare(bytes: &[u8], from: usize) -> Option<Range<usize>> {
    let is = |byte: &u8| byte.is_ascii_graphic() && !b"\"'`\\<>{}[]()|,;&$".contains(byte);
    let length = bytes[from..].iter().take(LONGEST_VALUE).take_while(|byte| is(byte)).count();
    let code = matches!(bytes.get(from + length), Some(b'(' | b'[' | b'{' | b'$'));
    (!code && length > 0).then_some(from..from + length)
}

/// Less the word of a scheme: `Basic dXNlcjpw…`.
fn behind_scheme(bytes: &[u8], range: Range<usize>) -> Range<usize> {
    let text = &bytes[range.start..];
    let word = text.iter().take(12).take_while(|byte| byte.is_ascii_alphabetic()).count();
    if word == 0 || text.get(word) != Some(&b' ') {
        return range;
    }
    let from = range.start + word + 1;
    let end = if range.end > from { Some(range) } else { bare(bytes, from) }.map_or(from, |range| range.end);
    from..end
}

fn holds_token(value: &[u8]) -> bool {
    value.windows(10).any(|it| it == b"[redacted:")
}
