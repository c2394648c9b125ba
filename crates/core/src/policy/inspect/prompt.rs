//! What a person asks for: what a prompt says, and credentials that were pasted into it.

use super::disclosed;
use super::source::MAX_TEXT;
use crate::policy::effects::{Effect, Kind};
use crate::redact;

/// The most of a prompt that rules are held against, in bytes.
const MAX_PROMPT: usize = 32 << 10;

/// The effects of a prompt.
pub(super) fn effects(prompt: &str) -> Vec<Effect> {
    let mut effects = vec![Effect::without_place(Kind::PromptText, folded(prompt), "")];
    let text = &prompt[..prompt.floor_char_boundary(MAX_TEXT)];
    let known = redact::redact_text(text);
    let kinds = known.found().iter().map(|secret| secret.as_str());
    // What is told in words is looked for where nothing else was found.
    let told = if known.replaced() == 0 { disclosed::in_words(text) } else { None };
    for kind in kinds.chain(told) {
        let effect = Effect::without_place(Kind::PromptSecret, kind, "");
        if !effects.contains(&effect) {
            effects.push(effect);
        }
    }
    effects
}

/// A text as globs are held against it: in lower case, with single spaces, and without a dot at its start, which a glob does
/// not match.
fn folded(prompt: &str) -> String {
    let prompt = &prompt[..prompt.floor_char_boundary(MAX_PROMPT)];
    let mut folded = String::with_capacity(prompt.len());
    for word in prompt.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.extend(word.chars().flat_map(char::to_lowercase));
    }
    let start = folded.len() - folded.trim_start_matches('.').len();
    folded.split_off(start)
}
