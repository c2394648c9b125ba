//! Where the secrets of a text are.
//!
//! A key starts at the start of a word: `risk-…` holds no `sk-…`. Its characters are taken as far as they go, and what
//! follows is no letter and no digit; so nothing that begins right behind a key can become one when the key is replaced.

use std::ops::Range;

use super::assigned;
use super::kinds::Secret;
use super::plausible::is_placeholder;
use super::shapes::{
    Rest, Shape, candidate, is_alphanumeric, is_dashed, is_dotted, is_lower_hex, is_token, is_word, shape_at,
};

/// Whether a JSON text certainly holds no secret: no prefix of one, and no escape that could hide a letter of one.
pub(super) fn is_clean(json: &str) -> bool {
    let bytes = json.as_bytes();
    let mut from = 0;
    while let Some(at) = candidate(bytes, from) {
        let hidden = hides_ascii(&bytes[at..]);
        if hidden || shape_at(bytes, at).is_some_and(|shape| may_matter(bytes, at, shape)) {
            return false;
        }
        from = at + 1;
    }
    true
}

/// Whether the prefix that stands here may be more than a word in passing.
fn may_matter(bytes: &[u8], at: usize, shape: &Shape) -> bool {
    match shape.rest {
        Rest::Assigned => assigned::may_assign(bytes, at, shape.prefix.len()),
        Rest::Userinfo => userinfo(bytes, at + shape.prefix.len()).is_some(),
        _ => !shape.prefix.as_bytes()[0].is_ascii_alphabetic() || starts_word(bytes, at) || escaped_before(bytes, at),
    }
}

/// Whether an escape ends here, so that a word may start although a letter stands before.
fn escaped_before(bytes: &[u8], at: usize) -> bool {
    bytes[at.saturating_sub(6)..at].contains(&b'\\')
}

/// Whether an escape begins here that stands for a visible character of ASCII.
fn hides_ascii(rest: &[u8]) -> bool {
    rest.starts_with(b"\\u00") && rest.get(4).is_some_and(|digit| matches!(digit, b'2'..=b'7'))
}

/// Where the secrets of a text are, in order and apart from each other.
pub(super) fn find(text: &str) -> Vec<(Range<usize>, Secret)> {
    let bytes = text.as_bytes();
    let mut hits: Vec<(Range<usize>, Secret)> = Vec::new();
    let (mut from, mut free, mut seen) = (0, 0, Seen::default());
    while let Some(at) = candidate(bytes, from) {
        from = at + 1;
        if let Some((range, secret)) = secret_at(bytes, at, free, &mut seen) {
            // A range ends behind a byte of ASCII and starts before one, or where the text does.
            from = range.end;
            free = range.end;
            hits.push((range, secret));
        }
    }
    hits
}

/// The secret of a known shape that starts exactly at `at`.
pub(super) fn known_at(bytes: &[u8], at: usize) -> bool {
    /// How far behind its start stands what a secret is told by: see [`Rest`].
    const TOLD_BEHIND: [usize; 3] = [0, 3, 14];
    TOLD_BEHIND.iter().map(|behind| at + behind).filter(|told| *told < bytes.len()).any(|told| {
        match shape_at(bytes, told) {
            Some(Shape { rest: Rest::Assigned, .. }) | None => false,
            Some(_) => secret_at(bytes, told, at, &mut Seen::default()).is_some_and(|(range, _)| range.start == at),
        }
    })
}

/// What is remembered of a text, because to look again for each name in it would take time quadratic in the length.
#[derive(Default)]
struct Seen {
    /// How far it was looked at for a JSON Web Token in vain: what begins within ends no better.
    no_jwt_before: usize,
    /// The last run of characters that a value without quotes is made of.
    run: Range<usize>,
}

/// The secret that a prefix at `at` tells of. What stands before `free` is taken.
fn secret_at(bytes: &[u8], at: usize, free: usize, seen: &mut Seen) -> Option<(Range<usize>, Secret)> {
    let shape = shape_at(bytes, at)?;
    let body = at + shape.prefix.len();
    if let Rest::Assigned = shape.rest {
        return assigned::value(bytes, at, shape.prefix.len(), free, shape.secret, &mut seen.run);
    }
    if shape.prefix.as_bytes()[0].is_ascii_alphabetic() && !starts_word(bytes, at) {
        return None;
    }
    let end = |end: usize| (!is_placeholder(&bytes[body..end])).then_some(end);
    let range = match shape.rest {
        Rest::Run(is, least) => at..end(taken(bytes, body, is, least)?)?,
        Rest::Exact(is, least) => at..end(taken(bytes, body, is, least)?).filter(|end| end - body == least)?,
        Rest::Jwt if at < seen.no_jwt_before => return None,
        Rest::Jwt => match jwt(bytes, body) {
            // The token that jwt.io shows is nobody's.
            Ok(end) if bytes[..end].ends_with(b".SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c") => return None,
            Ok(end) => at..end,
            Err(looked_at) => {
                seen.no_jwt_before = looked_at;
                return None;
            }
        },
        Rest::Pem => at..pem(bytes, body)?,
        // A key of a shape of its own is told by that.
        Rest::Bearer
            if shape_at(bytes, body).is_some_and(|it| matches!(it.rest, Rest::Run(..) | Rest::Exact(..)))
                && known_at(bytes, body) =>
        {
            return secret_at(bytes, body, body, seen);
        }
        Rest::Bearer => {
            let end = end(taken(bytes, body, is_token, 16)?)?;
            bytes[body..end].iter().any(u8::is_ascii_digit).then_some(body..end)?
        }
        Rest::Telegram => {
            let start = before(bytes, at, free, |byte| byte.is_ascii_digit(), 8..=10)?;
            start..taken(bytes, body, is_dashed, 31).filter(|end| end - at == 36)?
        }
        Rest::Terraform => before(bytes, at, free, is_alphanumeric, 14..=14)?..end(taken(bytes, body, is_dashed, 60)?)?,
        Rest::Azure => {
            let start = at.checked_sub(3).filter(|start| *start >= free)?;
            let is = |byte: u8| is_dotted(byte) || byte == b'~';
            (bytes[start..at].iter().all(|byte| is(*byte)) && starts_word(bytes, start)).then_some(())?;
            start..taken(bytes, body, is, 31).filter(|end| end - body <= 34)?
        }
        Rest::Discord => {
            let first = part(bytes, at, is_dashed, 23..=28)?;
            let second = part(bytes, dot(bytes, first)?, is_dashed, 6..=6)?;
            at..part(bytes, dot(bytes, second)?, is_dashed, 27..=45)?
        }
        Rest::Airtable => {
            let first = part(bytes, body, is_alphanumeric, 14..=14)?;
            at..part(bytes, dot(bytes, first)?, is_lower_hex, 64..=64)?
        }
        // A key of a shape of its own is told by that, and goes with all that is said behind it.
        Rest::Userinfo => {
            let told = userinfo(bytes, body)?;
            let known = |at: usize| secret_at(bytes, at, at, &mut Seen::default()).filter(|_| known_at(bytes, at));
            let shaped = known(told.start).map_or(shape.secret, |(_, secret)| secret);
            return Some((told, shaped));
        }
        Rest::Assigned => return None,
    };
    let secret = if shape.secret == Secret::Jwt { of_service(&bytes[range.clone()]) } else { shape.secret };
    Some((range, secret))
}

/// Which secret a JSON Web Token is: the ones of services say so in what they claim, and are not made for a short time.
fn of_service(token: &[u8]) -> Secret {
    // How a text is written in Base64, by how many bytes stand before it.
    const SERVICES: &[(Secret, [&[u8]; 3])] = &[
        (Secret::SupabaseKey, [b"c2VydmljZV9yb2xl", b"NlcnZpY2Vfcm9sZ", b"zZXJ2aWNlX3JvbG"]),
        (
            Secret::KubernetesToken,
            [
                b"a3ViZXJuZXRlcy9zZXJ2aWNlYWNjb3Vud",
                b"t1YmVybmV0ZXMvc2VydmljZWFjY291bn",
                b"rdWJlcm5ldGVzL3NlcnZpY2VhY2NvdW50",
            ],
        ),
    ];
    let holds = |part: &&[u8]| token.windows(part.len()).any(|window| window == *part);
    SERVICES.iter().find(|(_, parts)| parts.iter().any(holds)).map_or(Secret::Jwt, |(secret, _)| *secret)
}

fn dot(bytes: &[u8], at: usize) -> Option<usize> {
    (bytes.get(at) == Some(&b'.')).then_some(at + 1)
}

/// The end of so many of these characters; no word goes on behind them.
fn part(bytes: &[u8], from: usize, is: fn(u8) -> bool, length: std::ops::RangeInclusive<usize>) -> Option<usize> {
    let most = length.end() + 1;
    let run = bytes.get(from..)?.iter().take(most).take_while(|byte| is(**byte)).count();
    (length.contains(&run) && !bytes.get(from + run).is_some_and(|byte| is_word(*byte))).then_some(from + run)
}

/// The start of so many of these characters before `at`, behind `free` and at the start of a word.
fn before(
    bytes: &[u8],
    at: usize,
    free: usize,
    is: fn(u8) -> bool,
    length: std::ops::RangeInclusive<usize>,
) -> Option<usize> {
    let run = bytes[free..at].iter().rev().take(length.end() + 1).take_while(|byte| is(**byte)).count();
    // In an address of Telegram's, `bot` stands before the number.
    let starts = starts_word(bytes, at - run) || bytes[..at - run].ends_with(b"/bot");
    (length.contains(&run) && starts).then_some(at - run)
}

/// Where the password of a URL stands whose scheme ends before `from`.
fn userinfo(bytes: &[u8], from: usize) -> Option<Range<usize>> {
    const LONGEST: usize = 256;
    let is = |byte: &u8| byte.is_ascii_graphic() && !b"/\"'`\\<>{}[]()?#@,;|$".contains(byte);
    let length = bytes[from..].iter().take(LONGEST).take_while(|byte| is(byte)).count();
    (bytes.get(from + length) == Some(&b'@')).then_some(())?;
    let info = &bytes[from..from + length];
    let colon = info.iter().position(|byte| *byte == b':')?;
    let (user, password) = (&info[..colon], &info[colon + 1..]);
    let harmless = password.len() < 4 || password == user || is_placeholder(password);
    let host = bytes.get(from + length + 1).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'[');
    (!harmless && host).then_some(from + colon + 1..from + length)
}

/// Whether no word goes on at `at`. The letter of an escape (`\n`), as it stands in JSON inside of a string, is none.
fn starts_word(bytes: &[u8], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).map(|at| bytes[at]);
    match before(1) {
        Some(b'n' | b'r' | b't' | b'b' | b'f') if before(2) == Some(b'\\') => true,
        Some(byte) => !is_word(byte),
        None => true,
    }
}

/// Where the run of characters that starts at `from` ends; `None` where it is too short, or where a word goes on.
fn taken(bytes: &[u8], from: usize, is: fn(u8) -> bool, least: usize) -> Option<usize> {
    let length = bytes[from..].iter().take_while(|byte| is(**byte)).count();
    let end = from + length;
    let goes_on = bytes.get(end).is_some_and(u8::is_ascii_alphanumeric);
    (length >= least && !goes_on).then_some(end)
}

/// The end of `header.payload.signature`, or of the header where that is not what stands here.
fn jwt(bytes: &[u8], from: usize) -> Result<usize, usize> {
    let header = from + bytes[from..].iter().take_while(|byte| is_dashed(**byte)).count();
    let part = |at: usize| (bytes.get(at) == Some(&b'.')).then(|| taken(bytes, at + 1, is_dashed, 8)).flatten();
    part(header).and_then(part).ok_or(header)
}

/// The end of a PEM block of a private key. One whose end is missing (cut, or shown in part) goes on to the end of the text.
fn pem(bytes: &[u8], from: usize) -> Option<usize> {
    const LONGEST_LABEL: usize = 64;
    const KEY: &[u8] = b"PRIVATE KEY";
    let find = |from: usize, what: &[u8]| {
        bytes[from..].windows(what.len()).position(|window| window == what).map(|found| from + found)
    };
    let label_end = find(from, b"-----").filter(|end| end - from <= LONGEST_LABEL)?;
    let label = &bytes[from..label_end];
    // What stands for a secret that was taken out before is no part of a label: redacting twice is redacting once.
    let is_label = label.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b' ');
    (is_label && label.windows(KEY.len()).any(|window| window == KEY)).then_some(())?;
    let body = label_end + 5;
    if !has_key(&bytes[body..]) {
        return None;
    }
    let end = find(body, b"-----END ").and_then(|end| find(end + 9, b"-----")).map(|end| end + 5);
    Some(end.unwrap_or(bytes.len()))
}

/// Whether a key begins behind a label: in code that only names the label a quote or a word of prose does.
fn has_key(rest: &[u8]) -> bool {
    /// How much of the text is looked at, how far into it a key may begin, and how much of one makes it one.
    const LOOKED_AT: usize = 64;
    const FURTHEST: usize = 32;
    const LEAST: usize = 5;
    let rest = &rest[..rest.len().min(LOOKED_AT)];
    let begin = blank(rest, numbered(rest, blank(rest, 0)));
    let body = rest[begin..].iter().take_while(|byte| is_token(**byte)).count();
    begin < FURTHEST && body >= LEAST && !rest[begin..].starts_with(b"-----")
}

/// Where white space ends that begins at `at`, as it is or as it is escaped, and what joins the lines of a text in code.
fn blank(rest: &[u8], mut at: usize) -> usize {
    loop {
        match &rest[at..] {
            [b'\\', b'n' | b'r' | b't', ..] => at += 2,
            [byte, ..] if byte.is_ascii_whitespace() || matches!(byte, b'\\' | b'+' | b'"') => at += 1,
            _ => return at,
        }
    }
}

/// Where a line begins whose number stands at `at`, as the agents' tools show a file: `     2\tb3Bl…`, `     2→b3Bl…`.
fn numbered(rest: &[u8], at: usize) -> usize {
    let end = at + rest[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let behind = |mark: &str| (end > at && rest[end..].starts_with(mark.as_bytes())).then_some(end + mark.len());
    ["\t", "\\t", "→"].into_iter().find_map(behind).unwrap_or(at)
}
