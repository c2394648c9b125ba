//! Secrets out of texts, one implementation for the device and the server.
//!
//! Keys of well-known shape, passwords in URLs, and what is assigned to the name of a secret. A secret is replaced by a token
//! that names its kind and, with the [`Key`] of an installation, sixteen bits of a keyed digest: `[redacted:github-token:7f3a]`.
//! The same secret has the same token within an installation; nothing leads from the token back to it.
//!
//! What holds, and is tested:
//! - JSON stays JSON, and nothing but the strings that held a secret changes.
//! - Redacting twice is redacting once.
//! - A text grows by at most the length of a token per secret.
//! - Escapes do not hide a secret: strings are looked at as they mean (`\u0041KIA…`, `\/`), not as they are written. A JSON
//!   text inside a string is looked at as text; escapes of its own that are not of one letter may hide a secret in it.
//! - What the agent sent is never parsed twice, and a text without any prefix of a key costs one pass and no allocation.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

use serde_json::value::RawValue;

use crate::base64;
use crate::json;
use crate::wire::Record;

mod assigned;
mod digest;
mod find;
mod kinds;
mod personal;
mod places;
mod plausible;
mod shapes;

pub use digest::Key;
pub use kinds::Secret;
pub use places::{MAX_REDACTIONS, Redaction, merged, redactions, redactions_in};

/// A text without the secrets that [`redact_json`] knows. Only this module makes one.
#[derive(Clone, Debug)]
pub struct Redacted<'a> {
    text: Cow<'a, str>,
    found: Vec<Secret>,
}

impl<'a> Redacted<'a> {
    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text, owned.
    pub fn into_text(self) -> String {
        self.text.into_owned()
    }

    /// The text, as the same borrow that came in where there was nothing to replace.
    pub fn into_cow(self) -> Cow<'a, str> {
        self.text
    }

    /// What was replaced, in the order of the text.
    pub fn found(&self) -> &[Secret] {
        &self.found
    }

    /// How many secrets were replaced.
    pub fn replaced(&self) -> usize {
        self.found.len()
    }
}

/// Takes secrets out of texts. Without a key its tokens name the kind alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Redactor {
    /// The installation's key; without one, tokens name the kind alone.
    pub key: Option<Key>,
    /// Whether personal data is taken out as well: e-mail addresses, numbers of telephones, cards and persons.
    pub personal: bool,
}

/// Whether a JSON text certainly holds no secret: a quick look, which is wrong on the side of caution.
pub fn is_clean(json: &str) -> bool {
    find::is_clean(json)
}

/// [`Redactor::json`] without a key.
pub fn redact_json(json: &str) -> Redacted<'_> {
    Redactor::default().json(json)
}

/// [`Redactor::text`] without a key.
pub fn redact_text(text: &str) -> Redacted<'_> {
    Redactor::default().text(text)
}

/// [`Redactor::record`] without a key.
pub fn redact_record(line: &str) -> Redacted<'_> {
    Redactor::default().record(line)
}

/// [`Redactor::payload`] without a key.
pub fn redact_payload(payload: &RawValue) -> (Cow<'_, RawValue>, usize) {
    Redactor::default().payload(payload)
}

impl Redactor {
    /// One whose tokens tell secrets apart.
    pub fn keyed(key: Key) -> Self {
        Self { key: Some(key), personal: false }
    }

    /// Takes the secrets out of the strings of a JSON text, keys included. The value of a member is looked at in the light of the
    /// member's name.
    ///
    /// A text that is not JSON is safe to give and comes back with whatever looks like a string in it redacted;
    /// [`Self::text`] does better.
    pub fn json<'a>(&self, json: &'a str) -> Redacted<'a> {
        if !self.personal && find::is_clean(json) {
            return Redacted { text: Cow::Borrowed(json), found: Vec::new() };
        }
        self.strings(json)
    }

    /// [`Self::json`] without the quick look.
    fn strings<'a>(&self, json: &'a str) -> Redacted<'a> {
        let mut found = Vec::new();
        let mut out = String::new();
        let mut copied = 0;
        let mut before: Option<(Range<usize>, Cow<'_, str>)> = None;
        for range in json::strings(json) {
            let text = json::unescape(&json[range.clone()]);
            let mut hits = self.find(&text);
            let name = before.as_ref().filter(|(name, _)| is_member(json, name, &range));
            match name.and_then(|(_, name)| assigned::member(name, &text)) {
                // All of it takes the place of what was found in it.
                Some((range, secret)) if range.start == 0 || hits.is_empty() => hits = vec![(range, secret)],
                _ => {}
            }
            if let Some(written) = (!hits.is_empty()).then(|| serde_json::to_string(&self.replace(&text, &hits))) {
                out.push_str(&json[copied..range.start]);
                // A string is always written; were it not, nothing would be better than the secret.
                out.push_str(written.as_deref().ok().and_then(json::inside).unwrap_or_default());
                copied = range.end;
                found.extend(hits.into_iter().map(|(_, secret)| secret));
            }
            before = Some((range, text));
        }
        let text = if copied == 0 { Cow::Borrowed(json) } else { Cow::Owned(out + &json[copied..]) };
        Redacted { text, found }
    }

    /// Takes the secrets out of a plain text.
    pub fn text<'a>(&self, text: &'a str) -> Redacted<'a> {
        let hits = self.find(text);
        let text = if hits.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(self.replace(text, &hits)) };
        Redacted { text, found: hits.into_iter().map(|(_, secret)| secret).collect() }
    }

    /// Takes the secrets out of one line of the spool or of a batch: out of its JSON, and out of the bytes of a payload that
    /// was no JSON, which are read as UTF-8 (what is none becomes U+FFFD where a secret had to go).
    ///
    /// A line that is no record is treated as JSON.
    pub fn record<'a>(&self, line: &'a str) -> Redacted<'a> {
        let redacted = self.json(line);
        if !line.contains("\"malformed\"") {
            return redacted;
        }
        match self.malformed(redacted.text()) {
            Some((line, secrets)) => Redacted { text: Cow::Owned(line), found: [redacted.found, secrets].concat() },
            None => redacted,
        }
    }

    /// The line with other bytes; `None` where there are none, or where they hold no secret.
    fn malformed(&self, line: &str) -> Option<(String, Vec<Secret>)> {
        let mut record: Record<'_> = serde_json::from_str(line).ok()?;
        let bytes = record.malformed_bytes()?;
        let text = String::from_utf8_lossy(&bytes);
        let redacted = self.text(&text);
        if redacted.found.is_empty() {
            return None;
        }
        record.malformed = Some(Cow::Owned(base64::encode(redacted.text().as_bytes())));
        Some((serde_json::to_string(&record).ok()?, redacted.found))
    }

    /// [`Self::json`] for a payload that is held as one, with how many secrets were replaced.
    pub fn payload<'a>(&self, payload: &'a RawValue) -> (Cow<'a, RawValue>, usize) {
        let redacted = self.json(payload.get());
        let replaced = redacted.replaced();
        match redacted.text {
            Cow::Borrowed(_) => (Cow::Borrowed(payload), 0),
            // JSON stays JSON; were that ever wrong, a payload that is lost is better than a secret that is not.
            Cow::Owned(text) => (Cow::Owned(RawValue::from_string(text).unwrap_or_default()), replaced),
        }
    }

    /// Where there is something to take out of a text, in order and apart from each other.
    fn find(&self, text: &str) -> Vec<(Range<usize>, Secret)> {
        let mut hits = find::find(text);
        if self.personal {
            let apart = |one: &Range<usize>| {
                let at = hits.partition_point(|(range, _)| range.end <= one.start);
                hits.get(at).is_none_or(|(range, _)| range.start >= one.end)
            };
            let found: Vec<_> = personal::find(text).into_iter().filter(|(range, _)| apart(range)).collect();
            hits.extend(found);
            hits.sort_unstable_by_key(|(range, _)| range.start);
        }
        hits
    }

    fn replace(&self, text: &str, hits: &[(Range<usize>, Secret)]) -> String {
        let mut out = String::with_capacity(text.len());
        let mut copied = 0;
        for (range, secret) in hits {
            out.push_str(&text[copied..range.start]);
            out.push_str(places::TOKEN);
            out.push_str(secret.as_str());
            if let Some(key) = self.key {
                // Writing to a string does not fail.
                let _ = write!(out, ":{:04x}", key.tag(&text.as_bytes()[range.clone()]));
            }
            out.push(']');
            copied = range.end;
        }
        out.push_str(&text[copied..]);
        out
    }
}

/// Whether the string behind `name` is the value of the member of that name: only a colon stands between them.
fn is_member(json: &str, name: &Range<usize>, value: &Range<usize>) -> bool {
    let between = json.get(name.end + 1..value.start.saturating_sub(1)).unwrap_or_default();
    between.len() <= 64 && between.trim_ascii() == ":"
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
