//! The reference: every setting with its default and what it means, as a file that people read and this program goes by.

use std::path::Path;
use std::sync::OnceLock;

use super::document::{Document, Form};

/// The file, as it is in `docs/config.reference.toml`.
pub const TEXT: &str = include_str!("../../../../docs/config.reference.toml");

/// The profile where nothing chooses another.
pub const DEFAULT_PROFILE: &str = "development";

/// The profile where CI is detected and nothing chooses another.
pub const CI_PROFILE: &str = "testing";

/// What it says. That nothing is wrong with it is a test's word.
pub(crate) fn document() -> &'static Document {
    static DOCUMENT: OnceLock<Document> = OnceLock::new();
    DOCUMENT.get_or_init(|| Document::read(TEXT, Path::new("config.reference.toml"), Form::Config))
}

/// What a setting means: the comment above it, or behind it.
pub fn about(key: &str) -> Option<String> {
    let (table, name) = key.rsplit_once('.').unwrap_or(("", key));
    let (mut now, mut comment) = (String::new(), String::new());
    for line in TEXT.lines() {
        if let Some(text) = line.strip_prefix("# ") {
            comment.push_str(if comment.is_empty() { "" } else { " " });
            comment.push_str(text);
            continue;
        }
        if let Some(header) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            header.clone_into(&mut now);
        }
        let said = line.strip_prefix('#').unwrap_or(line).split_once(" = ");
        if let Some((_, rest)) = said.filter(|(found, _)| now == table && *found == name) {
            let behind = rest.rsplit_once(" # ").map(|(_, text)| text.trim().to_owned());
            return behind.or(Some(comment));
        }
        comment.clear();
    }
    None
}
