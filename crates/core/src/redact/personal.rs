//! Personal data, looked for only where it is asked for: e-mail addresses, telephone numbers, payment cards, numbers by which
//! states know people.
//!
//! What has a check digit must pass the check. A number that is nothing but digits and common in programs (nine or eleven of
//! them) counts only where its name stands before it.

use std::ops::Range;

use super::kinds::Secret;

mod checks;

use checks::{Number, national};

/// The longest part of an e-mail address before the `@`, and behind it.
const LONGEST_LOCAL: usize = 64;
const LONGEST_DOMAIN: usize = 190;

/// The most digits of any number, and how many bytes before one are looked at for its name.
const MOST_DIGITS: usize = 19;
const BEFORE: usize = 40;

/// Endings of files, which are no top-level domains of anybody's mail here.
const FILES: &[&str] = &[
    "png",
    "jpg",
    "jpeg",
    "gif",
    "svg",
    "webp",
    "ico",
    "js",
    "mjs",
    "cjs",
    "ts",
    "tsx",
    "jsx",
    "css",
    "html",
    "json",
    "jsonl",
    "md",
    "rs",
    "py",
    "rb",
    "go",
    "java",
    "kt",
    "swift",
    "cpp",
    "hpp",
    "sh",
    "txt",
    "lock",
    "so",
    "zip",
    "gz",
    "tar",
    "tgz",
    "yml",
    "yaml",
    "toml",
    "xml",
    "local",
    "internal",
    "invalid",
    "test",
    "example",
    "localhost",
];

/// Where personal data stands in a text, in order and apart from each other.
pub(super) fn find(text: &str) -> Vec<(Range<usize>, Secret)> {
    let bytes = text.as_bytes();
    let mut hits: Vec<(Range<usize>, Secret)> = Vec::new();
    let mut free = 0;
    let mut at = 0;
    while at < bytes.len() {
        let found = match bytes[at] {
            b'@' => email(bytes, at, free).map(|range| (range, Secret::Email)),
            b'+' | b'(' => phone(bytes, at).map(|range| (range, Secret::Phone)),
            byte if byte.is_ascii_digit() && starts(bytes, at) => number(bytes, at),
            byte if byte.is_ascii_uppercase() && starts(bytes, at) => {
                national::lettered(bytes, at).map(|end| (at..end, Secret::NationalId))
            }
            _ => None,
        };
        match found {
            Some((range, kind)) if range.start >= free => {
                (at, free) = (range.end, range.end);
                hits.push((range, kind));
            }
            // A run of digits that is none of these is none in parts either.
            _ if bytes[at].is_ascii_digit() => {
                at += bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            }
            _ => at += 1,
        }
    }
    hits
}

/// Whether no word or number goes on at `at`.
fn starts(bytes: &[u8], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).map(|at| bytes[at]);
    match before(1) {
        // The letter of an escape, as it stands in JSON inside of a string.
        Some(b'n' | b'r' | b't') if before(2) == Some(b'\\') => true,
        Some(b'-' | b'.' | b'/' | b'_' | b'#' | b'+' | b'$') => false,
        Some(byte) => !byte.is_ascii_alphanumeric() && byte < 0x80,
        None => true,
    }
}

/// Whether no word or number goes on behind.
fn ends(bytes: &[u8], end: usize) -> bool {
    let goes_on = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'/' | b'@');
    let next = bytes.get(end + 1);
    let joined = match bytes.get(end) {
        Some(b'-' | b'.' | b':') => next.is_some_and(u8::is_ascii_alphanumeric),
        Some(b',') => next.is_some_and(u8::is_ascii_digit),
        _ => false,
    };
    !bytes.get(end).is_some_and(goes_on) && !joined
}

fn email(bytes: &[u8], at: usize, free: usize) -> Option<Range<usize>> {
    let local = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'-');
    let start = at - bytes[free..at].iter().rev().take(LONGEST_LOCAL + 1).take_while(local).count();
    let domain = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    let run = bytes[at + 1..].iter().take(LONGEST_DOMAIN + 1).take_while(domain).count();
    let mut end = at + 1 + run;
    while end > at + 1 && !bytes[end - 1].is_ascii_alphanumeric() {
        end -= 1;
    }
    let start = start + bytes[start..at].iter().take_while(|byte| !byte.is_ascii_alphanumeric()).count();
    let named = start < at && at - start <= LONGEST_LOCAL && run <= LONGEST_DOMAIN;
    // The user of a URL, and of a repository: `git@host:owner/name`.
    let address = matches!(start.checked_sub(1).map(|before| bytes[before]), Some(b'/' | b':' | b'@' | b'\\'))
        || (bytes.get(end) == Some(&b':') && bytes.get(end + 1).is_some_and(|byte| !byte.is_ascii_whitespace()))
        || bytes.get(end) == Some(&b'/');
    let host = std::str::from_utf8(&bytes[at + 1..end]).ok()?.to_ascii_lowercase();
    let (name, top) = host.rsplit_once('.')?;
    let is_top = top.len() >= 2 && top.bytes().all(|byte| byte.is_ascii_alphabetic()) && !FILES.contains(&top);
    // Reserved for examples by RFC 2606.
    let example = matches!(name.rsplit('.').next(), Some("example")) && matches!(top, "com" | "org" | "net");
    let whole = !name.is_empty() && name.split('.').all(|part| !part.is_empty());
    (named && !address && is_top && !example && whole).then_some(start..end)
}

/// A number of a telephone: international with its `+`, or with the code of an area in brackets.
fn phone(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    if at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || matches!(bytes[at - 1], b'+' | b'(' | b'_' | b')' | b']')) {
        return None;
    }
    let number = Number::read(bytes, at + 1, MOST_DIGITS)?;
    if bytes[at] == b'(' {
        // (212) 555-0123
        let shape = number.shape == "3)3-4" || number.shape == "3) 3-4" || number.shape == "3) 3 4";
        return (shape && is_area(&number.digits) && ends(bytes, number.end)).then_some(at..number.end);
    }
    let count = number.digits.len();
    // In a difference between files a line that is added begins with a plus.
    let line_start = at == 0 || matches!(bytes[at - 1], b'\n') || (at > 1 && &bytes[at - 2..at] == b"\\n");
    let apart = number.shape.contains([' ', '-', '.', ')']) || !line_start;
    let is = (8..=15).contains(&count) && number.digits[0] != 0 && apart && ends(bytes, number.end);
    (is && number.groups >= 1 && !number.shape.contains("..")).then_some(at..number.end)
}

/// Whether the first six digits can be those of a number in North America.
fn is_area(digits: &[u8]) -> bool {
    digits.len() == 10 && digits[0] >= 2 && digits[3] >= 2
}

/// What number begins at a digit.
fn number(bytes: &[u8], at: usize) -> Option<(Range<usize>, Secret)> {
    let number = Number::read(bytes, at, MOST_DIGITS)?;
    let named = |names: &[&str]| is_named(bytes, at, names);
    let ended = ends(bytes, number.end);
    let card = ended && checks::is_card(&number);
    if card {
        return Some((at..number.end, Secret::Card));
    }
    if ended && national::is(&number, &named) {
        return Some((at..number.end, Secret::NationalId));
    }
    if let Some(end) = national::ended_by_letter(bytes, at, &number).filter(|end| ends(bytes, *end)) {
        return Some((at..end, Secret::NationalId));
    }
    let shape = matches!(number.shape.as_str(), "3-3-4" | "3.3.4" | "3 3 4") && is_area(&number.digits);
    let local = number.digits[0] == 0
        && (9..=12).contains(&number.digits.len())
        && named(&["phone", "tel", "mobile", "cell", "call", "fax", "whatsapp"]);
    (ended && (shape || local)).then_some((at..number.end, Secret::Phone))
}

/// Whether one of these names stands shortly before.
fn is_named(bytes: &[u8], at: usize, names: &[&str]) -> bool {
    let before = bytes[at.saturating_sub(BEFORE)..at].to_ascii_lowercase();
    let line = before.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    names.iter().any(|name| {
        let found = line.windows(name.len()).rposition(|it| it == name.as_bytes());
        found.is_some_and(|found| found == 0 || !line[found - 1].is_ascii_alphabetic())
    })
}
