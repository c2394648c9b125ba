//! What is known of people, hidden by the model or the query that gives it, and an edit by which it is told as it is.

use std::collections::HashSet;

use super::persons;
use super::source::{Written, code_lines, is_test};
use crate::policy::lists::{holds, is, letters, parts};

/// How a value is hidden: in a query, and by a model.
const HIDES: &str = "mask(|mask_|masked(|sha2(|sha256(|sha1(|sha512(|md5(|hash(|hashed(|hmac(|hash_|pseudonymi|anonymi|tokenize(|redact(|\
    redacted(|encrypt(|\
    scramble(|obfuscate(|left(|right(|substr(|substring(|'***'|'xxx|farm_fingerprint(|dlp_|regexp_replace(|generalize(|bucketize(|date_trunc(|\
    nullif_pii|\
    to_hex(|truncate_date(|faker";
const FIELDS: &str = "encrypts |encrypts(|attr_encrypted|has_encrypted|Encrypted|encrypted|@Convert|JsonIgnore|@Exclude|write_only|exclude=|\
    select: false|\
    $hidden|hidden =|#[serde(skip|json:\"-\"|Masked|PersonalData|[Sensitive]|@Sensitive|@ToString.Exclude|visible(false)|->hidden|SecretStr";

/// What is known of people besides what [`persons`] knows, in letters alone, as columns and fields are called.
const KNOWN: &str = "socialsecuritynumber|nationalidnumber|bankaccountiban|accountnumber|cardno|pan|cvv|birthday|emailaddress|phonenumber|homephone|\
    mobile|address|streetaddress|firstname|maidenname|medicalhistory|nin|bsn|steuerid|driverlicense|licensenumber|ipaddress|password|passworddigest|\
    passwordhash|secret|token|apikey|pin|mfasecret|otpsecret|religion|ethnicity|hivstatus|zip|postcode|genome";

const QUERIES: &str = "sql|py|yml|yaml|scala|r|sqlx";
const MODELS: &str = "rb|php|py|java|kt|cs|ts|js|go|rs|ex|scala|prisma";

/// The longest line of a model that is looked at.
const LONGEST: usize = 400;

/// Whether an edit tells what was hidden.
pub(super) fn are_bared(written: &Written<'_>) -> bool {
    let Some(before) = written.before else { return false };
    if is_test(written.path) || written.is_tried() {
        return false;
    }
    written.is_form(QUERIES) && hidden(before, HIDES) && are_told(&written.text, before)
        || written.is_form(MODELS) && written.held(FIELDS) && are_unsealed(&written.text, before)
}

fn hidden(text: &str, list: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    holds(&lower, list)
}

/// The names on a line, in letters alone.
fn names(line: &str) -> impl Iterator<Item = String> {
    line.split(|char: char| !char.is_ascii_alphanumeric() && char != '_').filter(|word| word.len() > 1).map(letters)
}

/// Whether a name, in letters alone, is that of something known of people.
fn is_known(name: &str) -> bool {
    is(name, KNOWN) || persons::is_sure(name)
}

/// The names of what is known of people on the lines of a text that hide, or do not hide, something.
fn known(text: &str, hides: bool) -> Vec<String> {
    let is_hiding = |line: &&str| holds(&line.to_ascii_lowercase(), HIDES) == hides;
    let lines = code_lines(text).take(super::MAX_PLACES * 16).filter(is_hiding);
    lines.flat_map(names).filter(|name| is_known(name)).take(super::MAX_PLACES * 2).collect()
}

/// Whether a column that a query hid stands there as it is.
fn are_told(text: &str, before: &str) -> bool {
    let (had, bare_before) = (known(before, true), known(before, false));
    let (still, bare) = (known(text, true), known(text, false));
    had.iter().any(|name| bare.contains(name) && !still.contains(name) && !bare_before.contains(name))
}

/// Whether a field that a model sealed, or kept from whoever asks, is so no more: the line is gone, or its list has nothing in it.
fn are_unsealed(text: &str, before: &str) -> bool {
    let seal_of = |line: &str| parts(FIELDS).find(|seal| line.contains(*seal));
    let lines =
        |text| code_lines(text).take(super::MAX_PLACES * 16).filter(|line| line.len() <= LONGEST).collect::<Vec<_>>();
    let tells = |line: &str| names(line).any(|name| is_known(&name));
    let (had, has) = (lines(before), lines(text));
    let told: HashSet<String> = has.iter().flat_map(|line| names(line)).collect();
    let seals: Vec<(&str, &str)> =
        has.iter().filter_map(|line| Some((*line, seal_of(line)?))).take(super::MAX_PLACES).collect();
    had.iter().enumerate().filter_map(|(at, line)| Some((at, *line, seal_of(line)?))).take(super::MAX_PLACES).any(
        |(at, line, seal)| {
            // What a mark on a line of its own is about stands below it.
            let below =
                had.get(at + 1).filter(|_| line.trim_start().starts_with(['@', '#', '['])).copied().unwrap_or_default();
            let is_kept = seals.iter().any(|(now, other)| *other == seal && (tells(now) || now.trim() == line.trim()));
            let is_replaced = seals.first().is_some_and(|(_, other)| *other != seal);
            // A field that is gone as a whole is another matter; a list goes on with nothing in it.
            let of_list = || {
                holds(seal, "hidden|exclude|encrypts") || names(line).next().is_some_and(|first| told.contains(&first))
            };
            let is_there = || names(line).chain(names(below)).any(|name| is_known(&name) && told.contains(&name));
            (tells(line) || tells(below)) && !is_kept && !is_replaced && (of_list() || is_there())
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_hidden_of_people_and_is_told_is_seen() {
        for (name, before, text, bared) in [
            ("a.sql", "  {{ mask('passport_no') }} as passport_no,", "  passport_no,", true),
            ("a.sql", "  sha2(ssn, 256) as ssn_hash,", "  ssn,", true),
            ("a.sql", "  sha2(ssn, 256) as ssn_hash,", "  sha2(ssn, 512) as ssn_hash,", false),
            ("a.sql", "  mask(status) as status,", "  status,", false),
            ("a.sql", "  ssn,", "  sha2(ssn, 256) as ssn_hash,", false),
            ("a.rb", "  encrypts :ssn, :diagnosis\n", "", true),
            ("a.rb", "  encrypts :ssn\n", "  encrypts :ssn, :dob\n", false),
            ("a.php", "protected $hidden = ['password', 'iban'];", "protected $hidden = [];", true),
            ("a.php", "protected $hidden = ['password'];", "protected $hidden = ['password', 'iban'];", false),
            ("a.java", "@JsonIgnore\nprivate String passwordHash;", "private String passwordHash;", true),
            ("a.java", "@JsonIgnore\nprivate String passwordHash;", "", false),
        ] {
            let path = format!("/home/you/work/shop/app/models/{name}");
            assert_eq!(are_bared(&Written::of(text, Some(before), &path)), bared, "{before} {text}");
        }
    }
}
