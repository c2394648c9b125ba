//! Secrets out of texts, one implementation for the device and the server.
//!
//! This is the seam with the detection of keys of well-known shape; the full redactor comes with the guard. A secret is
//! replaced by a token that names its kind, `[redacted:github-token]`, so that the record still tells that there was one.
//!
//! What holds, and is tested:
//! - JSON stays JSON, and nothing but the strings that held a secret changes.
//! - Redacting twice is redacting once.
//! - A text grows by at most the length of a token per secret.
//! - Escapes do not hide a secret: strings are looked at as they mean (`\u0041KIA…`, `\/`), not as they are written. A JSON
//!   text inside a string is looked at as text; escapes of its own that are not of one letter may hide a secret in it.
//! - What the agent sent is never parsed twice, and a text without any prefix of a key costs one pass and no allocation.

use std::borrow::Cow;
use std::ops::Range;

use serde_json::value::RawValue;

use crate::base64;
use crate::json;
use crate::wire::Record;

mod shapes;

pub use shapes::Secret;

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

/// Takes the secrets out of the strings of a JSON text, keys included.
///
/// A text that is not JSON is safe to give and comes back with whatever looks like a string in it redacted;
/// [`redact_text`] does better.
pub fn redact_json(json: &str) -> Redacted<'_> {
    let mut found = Vec::new();
    if shapes::is_clean(json) {
        return Redacted { text: Cow::Borrowed(json), found };
    }
    let mut out = String::new();
    let mut copied = 0;
    for range in json::strings(json) {
        let text = json::unescape(&json[range.clone()]);
        let hits = shapes::find(&text);
        if let Some(written) = (!hits.is_empty()).then(|| serde_json::to_string(&replace(&text, &hits))) {
            out.push_str(&json[copied..range.start]);
            // A string is always written; were it not, nothing would be better than the secret.
            out.push_str(written.as_deref().ok().and_then(json::inside).unwrap_or_default());
            copied = range.end;
            found.extend(hits.into_iter().map(|(_, secret)| secret));
        }
    }
    let text = if copied == 0 { Cow::Borrowed(json) } else { Cow::Owned(out + &json[copied..]) };
    Redacted { text, found }
}

/// Takes the secrets out of a plain text.
pub fn redact_text(text: &str) -> Redacted<'_> {
    let hits = shapes::find(text);
    let text = if hits.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(replace(text, &hits)) };
    Redacted { text, found: hits.into_iter().map(|(_, secret)| secret).collect() }
}

/// Takes the secrets out of one line of the spool or of a batch: out of its JSON, and out of the bytes of a payload that
/// was no JSON, which are read as UTF-8 (what is none becomes U+FFFD where a secret had to go).
///
/// A line that is no record is treated as JSON.
pub fn redact_record(line: &str) -> Redacted<'_> {
    let redacted = redact_json(line);
    if !line.contains("\"malformed\"") {
        return redacted;
    }
    match redact_malformed(redacted.text()) {
        Some((line, secrets)) => Redacted { text: Cow::Owned(line), found: [redacted.found, secrets].concat() },
        None => redacted,
    }
}

/// The line with other bytes; `None` where there are none, or where they hold no secret.
fn redact_malformed(line: &str) -> Option<(String, Vec<Secret>)> {
    let mut record: Record<'_> = serde_json::from_str(line).ok()?;
    let bytes = record.malformed_bytes()?;
    let text = String::from_utf8_lossy(&bytes);
    let redacted = redact_text(&text);
    if redacted.found.is_empty() {
        return None;
    }
    record.malformed = Some(Cow::Owned(base64::encode(redacted.text().as_bytes())));
    Some((serde_json::to_string(&record).ok()?, redacted.found))
}

/// [`redact_json`] for a payload that is held as one, with how many secrets were replaced.
pub fn redact_payload(payload: &RawValue) -> (Cow<'_, RawValue>, usize) {
    let redacted = redact_json(payload.get());
    let replaced = redacted.replaced();
    match redacted.text {
        Cow::Borrowed(_) => (Cow::Borrowed(payload), 0),
        // JSON stays JSON; were that ever wrong, a payload that is lost is better than a secret that is not.
        Cow::Owned(text) => (Cow::Owned(RawValue::from_string(text).unwrap_or_default()), replaced),
    }
}

fn replace(text: &str, hits: &[(Range<usize>, Secret)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    for (range, secret) in hits {
        out.push_str(&text[copied..range.start]);
        out.push_str("[redacted:");
        out.push_str(secret.as_str());
        out.push(']');
        copied = range.end;
    }
    out.push_str(&text[copied..]);
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
