//! Credentials that are told in words: *the password is …*, a signed token in a header.
//!
//! What is assigned to a name, and what has a shape of its own, is found by [`crate::redact`]; here it is what a person would write
//! to another one. Only what nobody would choose as an example counts.

use super::call::{PRODUCTION, speaks};
use crate::policy::lists::{holds, is, is_any_case};

/// Words for what a person signs in with, and for what a program does.
const PASSWORDS: &str = "password|passwd|pwd|passphrase|passcode|passwort|kennwort|contraseña|senha|pass|pw|login-password|root-password|psk|pre-shared-key|preshared-key|wpa-key|enable-secret";
const TOKENS: &str = "token|bearer|secret|apikey|api-key|api_key|x-api-key|access-token|access_token";

/// Words behind which somebody's name stands: *user shop password x7…*.
const USERS: &str = "user|username|login|account|benutzer|usuario|utilisateur|utente";

/// Accounts that machines and databases have of their own.
const MACHINES_OWN: &str = "root|admin|administrator|postgres|sa|sysadmin|sysdba|superuser|ec2-user";

/// What is none, though it stands there.
const NO_NAMES: &str = "a|an|the|or|for|needs|has|had|sets|enters|types|changes|requires|must|can|may|is|of|to|on|in|by|new|old|their|his|her|your";

/// Words between the name of a credential and what it is.
const IS: &str = "is|was|are|ist|lautet|es|est|é|to|=|:|->|=>|as";

/// Words by which whose it is, or what for, is told first.
const FOR: &str = "for|of|on|to|von|für|de|pour|at|in";

/// How many words may stand there.
const FARTHEST: usize = 6;

/// What tells that a line is about something tried, or about nobody's machine.
const TRIED: &str = "test|tests|testing|dummy|example|examples|fixture|fixtures|seed|seeded|seeds|sample|fake|placeholder|local|locally|\
    localhost|127.0.0.1|regex|validator|strength|docker-compose|demo|mock|e.g|policy|invalid|must";

/// The kind of the first credential that a text tells in words; its words are those of [`crate::redact::Secret`].
pub(super) fn in_words(text: &str) -> Option<&'static str> {
    if holds_signed_token(text) {
        return Some("jwt");
    }
    text.lines().find_map(in_line)
}

/// Whether a text is nothing but the name of a credential and what it is: `password x7…`.
pub(super) fn alone(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let (Some(name), Some(value), None) = (words.next(), words.next(), words.next()) else { return false };
    kind_of(name.trim_end_matches([':', '='])).is_some_and(|kind| match kind {
        "password" => is_password(bare(value), true),
        _ => is_token(bare(value)) || is_password(bare(value), true),
    })
}

fn in_line(line: &str) -> Option<&'static str> {
    // There is no credential without a digit here, and few lines have one.
    if !line.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut looked = 0;
    let mut words = line.split_whitespace();
    let mut before = ["", ""];
    while let Some(word) = words.next() {
        let names_somebody =
            is_any_case(before[0], USERS) && !is_any_case(before[1], NO_NAMES) || is_any_case(before[1], MACHINES_OWN);
        if !is_any_case(word, "and|with|,|/") {
            before = [before[1], word.trim_end_matches(':')];
        }
        let (name, given) = word.split_once(['=', ':']).map_or((word, None), |(name, value)| (name, Some(value)));
        let Some(kind) = kind_of(name) else { continue };
        looked += 1;
        if looked > super::MAX_PLACES {
            return None;
        }
        let (value, said) = match given.filter(|value| !value.is_empty()) {
            Some(value) => (Some(value), true),
            None => behind(words.clone(), given.is_some()),
        };
        let Some(value) = value.map(bare) else { continue };
        let fits = match kind {
            "password" => is_password(value, said || names_somebody),
            _ => is_token(value),
        };
        if fits && !is_tried(line) {
            return Some(kind);
        }
    }
    ((is_login(line) || is_given_to_program(line)) && !is_tried(line)).then_some("password")
}

/// Whether a line tells how somebody signs in, by a name and what stands behind a slash: `VPN admin: ops / x7…`. Where it tells the page
/// too, the two may stand apart in other ways: *log in as ops with x7… at https://…*.
fn is_login(line: &str) -> bool {
    const SIGNS_IN: &str = "root|admin|login|account|access|vpn|user|sign-in|sign in|log in|ssh|console|bastion|jump|host|portal|credential|zugang|benutzer";
    let is_told = |mark: &str| {
        let Some((before, behind)) = line.split_once(mark) else { return false };
        let name = before.split_whitespace().last().unwrap_or_default();
        behind.split_whitespace().next().is_some_and(|value| is_password(bare(value), false))
            && !name.is_empty()
            && holds(&before.to_lowercase(), SIGNS_IN)
    };
    is_told(" / ")
        || is_told_of_machine(line)
        || line.contains("://") && [" | ", ", ", " and ", " with ", " - ", " – "].into_iter().any(is_told)
}

/// Whether a line tells behind a colon how somebody who may do all signs in to a machine: `root on bastion-01: x7…`.
fn is_told_of_machine(line: &str) -> bool {
    const ACCOUNTS: &str =
        "root|admin|administrator|sa|postgres|ubuntu|oracle|ec2-user|sysadmin|superuser|sysdba|enable";
    const LEAST: usize = 10;
    const MOST_WORDS: usize = 8;
    let Some((before, behind)) = line.rsplit_once(": ") else { return false };
    let value = bare(behind.trim());
    let words = || before.split_whitespace().map(bare);
    words().count() <= MOST_WORDS
        && words().any(|word| is_any_case(word, ACCOUNTS))
        && value.len() >= LEAST
        && !value.contains([' ', '#'])
        && is_password(value, false)
}

/// Whether a line gives a password to a program: `mysql -u root -p'x7…'`.
fn is_given_to_program(line: &str) -> bool {
    const PROGRAMS: &str = "mysql|mariadb|mysqldump|sshpass|mongosh|ldapsearch|smbclient|xfreerdp";
    holds(line, PROGRAMS)
        && line
            .split_whitespace()
            .filter_map(|word| word.strip_prefix("-p"))
            .any(|value| value.starts_with(['\'', '"']) && is_password(bare(value), true))
}

/// What a word names, if that is a credential.
fn kind_of(word: &str) -> Option<&'static str> {
    // The longest of these names.
    const LONGEST: usize = 24;
    let name = word.trim_matches(|char: char| !char.is_alphanumeric());
    if name.is_empty() || name.len() > LONGEST {
        return None;
    }
    // `DB_PASSWORD`, `PGPASSWORD`
    let ends = |end: &str| {
        name.len() > end.len() && name.as_bytes()[name.len() - end.len()..].eq_ignore_ascii_case(end.as_bytes())
    };
    match () {
        () if is_any_case(name, PASSWORDS)
            || ends("password")
            || ends("passwort")
            || ends("kennwort")
            || ends("passphrase")
            || ends("_pwd") =>
        {
            Some("password")
        }
        () if is_any_case(name, TOKENS) => Some("secret"),
        () => None,
    }
}

/// The value that follows a name, and whether a word or a sign says that it is it.
fn behind<'t>(mut words: impl Iterator<Item = &'t str>, said: bool) -> (Option<&'t str>, bool) {
    let Some(first) = words.next() else { return (None, false) };
    if said {
        return (Some(first), true);
    }
    if is(first, IS) && !is(first, "to") {
        return (words.next(), true);
    }
    if !is(first, FOR) {
        return (Some(first), false);
    }
    let mut last = words.next();
    if first == "to" && last.is_some_and(|value| is_password(bare(value), true)) {
        return (last, true);
    }
    for word in words.take(FARTHEST) {
        if last.is_some_and(|last| is(last, "is|was|ist|lautet|=|:|to") || last.ends_with(':')) {
            return (Some(word), true);
        }
        last = Some(word);
    }
    (None, false)
}

/// A value without what a sentence puts around it.
fn bare(value: &str) -> &str {
    value.trim_matches(|char: char| "\"'`.,;()*\u{201c}\u{201d}\u{201e}".contains(char))
}

/// Whether a word is a password that somebody had made: of letters, digits and signs, as no name is.
fn is_password(value: &str, said: bool) -> bool {
    const LENGTHS: std::ops::RangeInclusive<usize> = 8..=64;
    const CHOSEN: &str = "test|pass|p@ss|w0rd|demo|example|secret|s3cr|admin|local|1234|change|dummy|your|xxx|***|redacted|placeholder|\
        hunter|letme|qwerty|sample|fake|correct|foo|abc";
    const CODE: &str = "://|()|==|!=|=>|&&|${|$(|?.|::|{{|%s";
    let odd = |char: char| !char.is_ascii_graphic() || "<>{}()[]\\\"'`,|".contains(char);
    if !LENGTHS.contains(&value.len()) || value.contains(odd) || value.starts_with(['/', '.', '~', '$', '-', '@', '#'])
    {
        return false;
    }
    let count = |of: fn(&char) -> bool| value.chars().filter(of).count();
    let digits = count(char::is_ascii_digit);
    let mixed = count(char::is_ascii_lowercase) > 0 && count(char::is_ascii_uppercase) > 0;
    let letters = count(char::is_ascii_alphabetic) > 0;
    let signs = count(|char| "!#$%^&@".contains(*char)) > 0;
    let is_address = value.split_once('@').is_some_and(|(_, host)| host.contains('.'));
    let made = match said {
        true => letters && digits > 0 && (signs || mixed && digits > 1),
        false => mixed && digits > 0 && signs,
    };
    made && !is_address && !holds(value, CODE) && !holds(&value.to_ascii_lowercase(), CHOSEN)
}

/// Whether a word was drawn at random for a program.
fn is_token(value: &str) -> bool {
    const LENGTHS: std::ops::RangeInclusive<usize> = 24..=256;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    let count = |of: fn(&u8) -> bool| value.bytes().filter(of).count();
    LENGTHS.contains(&value.len())
        && value.bytes().all(fits)
        && count(u8::is_ascii_digit) >= 4
        && count(u8::is_ascii_lowercase) >= 4
        && count(u8::is_ascii_uppercase) >= 4
        && count(|byte| b"_-".contains(byte)) <= 3
        && !holds(&value.to_ascii_lowercase(), "example|xxxx|your|redacted|placeholder|dummy|fake|test")
}

/// Whether a line is about what is only tried. Where it names production, only its first clause says so: *…; use it if data is missing
/// locally* is no test.
fn is_tried(line: &str) -> bool {
    let line = if speaks(line, PRODUCTION) { line.split(';').next().unwrap_or_default() } else { line };
    let word = |word: &str| word.trim_matches(|char: char| !char.is_alphanumeric()).to_lowercase();
    line.split_whitespace().any(|it| is(&word(it), TRIED) || it.contains("localhost"))
}

/// Whether a text holds a signed token of JSON: not the one that is shown everywhere.
pub(super) fn holds_signed_token(text: &str) -> bool {
    const LEAST_SIGNATURE: usize = 16;
    /// How the claims of the token that documentation shows begin: a subject of ten digits in a row.
    const SHOWN: &str = "eyJzdWIiOiIxMjM0NTY3ODkw";
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
    text.match_indices("eyJ").take(super::MAX_PLACES).any(|(at, _)| {
        let rest = &text[at..];
        let mut parts = rest[..rest.bytes().take_while(|byte| fits(byte)).count()].split('.');
        let (head, claims, signature) = (parts.next(), parts.next(), parts.next());
        head.is_some_and(|head| head.len() >= 16)
            && claims.is_some_and(|claims| claims.starts_with("eyJ") && !claims.starts_with(SHOWN))
            && signature.is_some_and(|signature| {
                signature.len() >= LEAST_SIGNATURE && !holds(&signature.to_ascii_lowercase(), "signature|example|xxxx")
            })
    })
}
