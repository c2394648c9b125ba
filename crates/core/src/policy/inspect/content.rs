//! What is written: credentials that end up in a file.

use crate::policy::effects::{Effect, Kind};
use crate::policy::facts::Facts;
use crate::policy::places;
use crate::policy::secrets::{Secrecy, secrecy};
use crate::redact;

/// The most of a text that is looked at, in bytes.
pub(super) const MAX_TEXT: usize = 256 << 10;

/// The effect of writing a text that holds a credential of known shape. A file that is made for credentials may hold one.
pub(super) fn written(text: &str, path: &str, tool: &str, facts: &dyn Facts) -> Option<Effect> {
    let path = places::absolute(path, facts.directory().unwrap_or_default());
    let own_place = secrecy(&path, facts.home()) > Secrecy::None;
    if own_place || !holds_key(text) {
        return None;
    }
    let place = places::place(&path, facts);
    Some(Effect { kind: Kind::ContentSecret, ..Effect::on(path, place, tool) })
}

/// Whether a text holds a credential that nothing else looks like.
pub(super) fn holds_key(text: &str) -> bool {
    let text = &text[..text.floor_char_boundary(MAX_TEXT)];
    redact::redact_text(text).found().iter().any(|secret| secret.has_shape())
}
