//! A text and when it was said: of several, the earliest or the latest counts, whichever order they arrive in.

/// A text and the time of the event that said it, in nanoseconds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Said {
    pub(crate) at: i64,
    pub(crate) text: String,
}

/// Keeps the earliest of what is known and what is said now; of two at one time, the alphabetically first.
pub(crate) fn earliest(known: &mut Option<Said>, at: i64, text: Option<&str>) {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return };
    if known.as_ref().is_none_or(|known| (at, text) < (known.at, &known.text)) {
        *known = Some(Said { at, text: text.to_owned() });
    }
}

/// Keeps the latest of what is known and what is said now; of two at one time, the alphabetically last.
pub(crate) fn latest(known: &mut Option<Said>, at: i64, text: Option<&str>) {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return };
    match known {
        // The usual case needs no new text.
        Some(known) if known.text == text => known.at = known.at.max(at),
        Some(known) if (at, text) < (known.at, &known.text) => {}
        _ => *known = Some(Said { at, text: text.to_owned() }),
    }
}

/// Keeps the alphabetically first of two texts that should be the same.
pub(crate) fn agreed(known: &mut Option<String>, text: Option<&str>) {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return };
    if known.as_deref().is_none_or(|known| text < known) {
        *known = Some(text.to_owned());
    }
}

/// Keeps the longest of several texts for the same thing; of two of one length, the alphabetically first.
pub(crate) fn longest(known: &mut Option<String>, text: Option<&str>) {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return };
    let goes_before = |known: &str| (known.len(), text) < (text.len(), known);
    if known.as_deref().is_none_or(goes_before) {
        *known = Some(text.to_owned());
    }
}
