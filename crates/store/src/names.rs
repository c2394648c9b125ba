//! What a project calls its MCP servers: a small table that people edit, held in memory and applied to whatever is read.
//!
//! Nothing stored holds a display name, so a new name shows everywhere at once, on what was stored long ago too, and
//! taking an event in costs nothing for it. Several raw names may have one display name: they are then one server in
//! every grouping and for every filter.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use hookrail_core::mcp;
use hookrail_core::time::Timestamp;
use serde::Serialize;

use crate::StoreError;
use crate::model::{Overview, Page, Server, ServerUse, StoredEvent, ToolCall, ToolUse};

/// The most names a project may give.
pub const MAX_NAMES: usize = 1000;

/// The longest raw name, or pattern of one, in bytes.
pub const MAX_RAW_BYTES: usize = 512;

/// The longest display name, in characters.
pub const MAX_DISPLAY_CHARS: usize = 100;

/// A display name that somebody gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServerName {
    /// The raw name, or a pattern in which `*` stands for any text.
    pub raw: String,
    /// What the server is called.
    pub display: String,
    /// When it was first named.
    pub created_at: Timestamp,
    /// When the name was last changed.
    pub updated_at: Timestamp,
    /// Who named it, where known.
    pub by: Option<String>,
}

impl ServerName {
    /// A name as it may be kept: checked and trimmed.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] where a name is empty, too long, or holds characters that cannot be seen.
    pub fn new(raw: &str, display: &str, by: Option<&str>, now: Timestamp) -> Result<Self, StoreError> {
        let (raw, display) = (raw.trim(), display.trim());
        let invalid = |why: String| Err(StoreError::Invalid(why));
        if raw.is_empty() || display.is_empty() {
            return invalid("a server's name is empty; give the raw name and what to show for it".to_owned());
        }
        if raw.len() > MAX_RAW_BYTES || display.chars().count() > MAX_DISPLAY_CHARS {
            return invalid(format!(
                "a server's name is too long: at most {MAX_RAW_BYTES} bytes raw, {MAX_DISPLAY_CHARS} characters shown"
            ));
        }
        if raw.chars().chain(display.chars()).any(is_unseen) {
            return invalid("a server's name holds a character that cannot be seen; leave it out".to_owned());
        }
        let by = by.map(str::to_owned);
        Ok(Self { raw: raw.to_owned(), display: display.to_owned(), created_at: now, updated_at: now, by })
    }
}

/// Whether a character cannot be seen: control characters, and marks that join or turn around what follows. They make one text look like another.
pub fn is_unseen(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// The names of a project as they are now. Cloning shares them.
#[derive(Clone, Debug, Default)]
pub struct Names(Arc<RwLock<Arc<Snapshot>>>);

impl Names {
    /// The names as they are at this moment.
    pub fn now(&self) -> Arc<Snapshot> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Shows these names from now on.
    pub(crate) fn replace(&self, names: &[ServerName]) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Snapshot::new(names));
    }
}

/// The names of a project at one moment.
#[derive(Debug, Default)]
pub struct Snapshot {
    exact: HashMap<String, String>,
    /// The most particular pattern first: the one with the most other characters than `*`.
    patterns: Vec<(String, String)>,
}

impl Snapshot {
    fn new(names: &[ServerName]) -> Self {
        let (patterns, exact): (Vec<_>, Vec<_>) = names.iter().partition(|name| name.raw.contains('*'));
        let pair = |name: &ServerName| (name.raw.clone(), name.display.clone());
        let mut patterns: Vec<_> = patterns.into_iter().map(pair).collect();
        let particular = |pattern: &str| pattern.bytes().filter(|byte| *byte != b'*').count();
        patterns.sort_by(|(a, _), (b, _)| particular(b).cmp(&particular(a)).then_with(|| a.cmp(b)));
        Self { exact: exact.into_iter().map(pair).collect(), patterns }
    }

    /// What a server is called: by the name given to it, else by the pattern it fits, else as its raw name reads.
    pub fn of(&self, raw: &str) -> String {
        self.given(raw).map_or_else(|| mcp::display(raw), str::to_owned)
    }

    /// The name somebody gave.
    pub fn given(&self, raw: &str) -> Option<&str> {
        let fits = || self.patterns.iter().find(|(pattern, _)| fits(raw, pattern)).map(|(_, display)| display);
        self.exact.get(raw).or_else(fits).map(String::as_str)
    }

    /// Whether a text means this server: its raw or its display name.
    pub fn means(&self, text: &str, raw: &str) -> bool {
        text == raw || text == self.of(raw)
    }

    /// The uses of servers, those of one display name as one, most used first.
    pub fn merged(&self, servers: impl IntoIterator<Item = Server>) -> Vec<ServerUse> {
        let mut merged: Vec<ServerUse> = Vec::new();
        for server in servers.into_iter().filter(|server| server.calls > 0) {
            let display = self.of(&server.raw);
            let place = merged.iter().position(|known| known.mcp_server_name == display).unwrap_or_else(|| {
                merged.push(ServerUse { mcp_server_name: display, ..ServerUse::default() });
                merged.len() - 1
            });
            let into = &mut merged[place];
            into.calls += server.calls;
            into.errors += server.errors;
            into.mcp_servers.push(server.raw);
        }
        merged.sort_by(|a, b| b.calls.cmp(&a.calls).then_with(|| a.mcp_server_name.cmp(&b.mcp_server_name)));
        merged
    }
}

/// Whether a text fits a pattern in which `*` stands for any text, none included. Takes time in proportion to both.
fn fits(text: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    let Some(mut rest) = rest.strip_suffix(last) else { return false };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    true
}

/// Something that shows an MCP server by name.
pub trait Named {
    /// Fills in the display name.
    fn named(&mut self, names: &Snapshot);
}

macro_rules! named {
    ($($type:ty),+) => {$(
        impl Named for $type {
            fn named(&mut self, names: &Snapshot) {
                self.mcp_server_name = self.mcp_server.as_deref().map(|raw| names.of(raw));
            }
        }
    )+};
}
named!(StoredEvent, ToolCall, ToolUse);

impl<T: Named> Named for Vec<T> {
    fn named(&mut self, names: &Snapshot) {
        self.iter_mut().for_each(|one| one.named(names));
    }
}

impl<T: Named> Named for Option<T> {
    fn named(&mut self, names: &Snapshot) {
        self.iter_mut().for_each(|one| one.named(names));
    }
}

impl<T: Named> Named for Page<T> {
    fn named(&mut self, names: &Snapshot) {
        self.items.named(names);
    }
}

impl Named for Overview {
    /// Servers are grouped by their display names where they are read.
    fn named(&mut self, names: &Snapshot) {
        self.tools.named(names);
    }
}

impl Named for Server {
    fn named(&mut self, names: &Snapshot) {
        self.display = names.of(&self.raw);
        self.overridden = names.given(&self.raw).is_some();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn names(given: &[(&str, &str)]) -> Snapshot {
        let name =
            |(raw, display): &(&str, &str)| ServerName::new(raw, display, None, Timestamp::from_nanos(0)).unwrap();
        Snapshot::new(&given.iter().map(name).collect::<Vec<_>>())
    }

    #[test]
    fn an_exact_name_goes_before_a_pattern_and_a_pattern_before_the_guess() {
        let names = names(&[
            ("plugin_*_linear", "Linear"),
            ("claude_ai_Linear", "Linear"),
            ("plugin_*", "some plugin"),
            ("plugin_x_linear", "Linear (x)"),
        ]);
        for (raw, display) in [
            ("plugin_x_linear", "Linear (x)"),
            ("plugin_y_linear", "Linear"),
            ("claude_ai_Linear", "Linear"),
            ("plugin_y_slack", "some plugin"),
            ("claude_ai_Slack", "Slack"),
            ("github", "github"),
        ] {
            assert_eq!(names.of(raw), display, "{raw}");
            assert!(names.means(raw, raw) && names.means(display, raw));
        }
        assert_eq!((names.given("github"), names.means("Linear", "github")), (None, false));
    }

    #[test]
    fn a_star_is_any_text() {
        for (text, pattern, expected) in [
            ("abc", "*", true),
            ("", "*", true),
            ("abc", "a*", true),
            ("abc", "*c", true),
            ("abc", "a*c", true),
            ("ac", "a*c", true),
            ("a", "a*a", false),
            ("abcbd", "a*b*d", true),
            ("abd", "a*b*b*d", false),
            ("abc", "b*", false),
            ("abc", "abc*", true),
            ("abcd", "abc", false),
            ("äöü", "ä*ü", true),
            ("abc", "**", true),
        ] {
            assert_eq!(fits(text, pattern), expected, "{text} {pattern}");
        }
    }

    #[test]
    fn a_name_must_be_seen_and_short() {
        let new = |raw: &str, display: &str| ServerName::new(raw, display, None, Timestamp::from_nanos(0));
        assert_eq!(new(" a ", " B c ").map(|name| (name.raw, name.display)).unwrap(), ("a".into(), "B c".into()));
        for (raw, display) in [
            ("", "x"),
            ("x", " "),
            ("x", "a\nb"),
            ("x\u{1b}[2J", "y"),
            ("x", "\u{202e}evil"),
            ("x", "a\u{200b}b"),
            ("x", &"ü".repeat(MAX_DISPLAY_CHARS + 1)),
            (&"x".repeat(MAX_RAW_BYTES + 1), "y"),
        ] {
            assert!(matches!(new(raw, display), Err(StoreError::Invalid(_))), "{raw} {display}");
        }
    }

    #[test]
    fn servers_of_one_display_name_are_one() {
        let names = names(&[("a", "Linear"), ("b", "Linear")]);
        let server = |raw: &str, calls, errors| Server { raw: raw.to_owned(), calls, errors, ..Server::default() };
        let merged = names.merged([server("c", 4, 0), server("a", 3, 1), server("unused", 0, 0), server("b", 2, 1)]);
        let shown: Vec<_> = merged.iter().map(|one| (one.mcp_server_name.as_str(), one.calls, one.errors)).collect();
        assert_eq!(shown, [("Linear", 5, 2), ("c", 4, 0)]);
        assert_eq!(merged[0].mcp_servers, ["a", "b"]);
    }
}
