//! Credentials that a tool gave back in Base64, as Kubernetes shows its secrets and keeps keys in its settings: an encoding hides
//! nothing.

use crate::json;
use crate::{base64, redact};

/// What tells that a text may hold one: of other texts, nothing is decoded.
const SIGNS: &[&str] =
    &["kind: Secret", "\"Secret\\\"", "client-key-data", "LS0tLS1CRUdJTiB", "Z2hwX", "c2tfbGl2ZV", "QUtJQ"];

/// The least length of what is decoded, and the most.
const LEAST: usize = 12;
const MOST: usize = 16 << 10;

/// Most values of a text that are decoded.
const MAX_VALUES: usize = 256;

/// Whether a text may hold a credential in Base64.
pub(super) fn may_hold(text: &str) -> bool {
    SIGNS.iter().any(|sign| text.contains(sign))
}

/// The kind of the first credential that a JSON text holds in Base64.
pub(super) fn credential(text: &str) -> Option<&'static str> {
    if !may_hold(text) {
        return None;
    }
    let text = json::unescape(text);
    let is_part = |char: char| char.is_ascii_alphanumeric() || "+/=_.-".contains(char);
    let mut name = "";
    let mut decoded = 0;
    for word in text.split(|char: char| !is_part(char)).filter(|word| !word.is_empty()) {
        let of = std::mem::replace(&mut name, word);
        if !(LEAST..=MOST).contains(&word.len()) || decoded == MAX_VALUES {
            continue;
        }
        let Some(value) = base64::decode(word).and_then(|bytes| String::from_utf8(bytes).ok()) else { continue };
        decoded += 1;
        let named = format!("{of}={value}");
        if let Some(secret) = redact::redact_text(&named).found().first() {
            return Some(secret.as_str());
        }
    }
    None
}
