//! The server's own rules, for what no guard of a device has judged: agents' HTTP hooks, and calls that came without a verdict.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hookrail_core::agents::Parsed;
use hookrail_core::policy::facts::Facts;
use hookrail_core::policy::{Snapshot, Verdict, judge};
use hookrail_core::time::Timestamp;

/// How long one event is looked at; what was seen by then is judged.
const TIME: Duration = Duration::from_millis(20);

/// The server's rules, prepared: a snapshot of [`hookrail_core::policy`], and a digest of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    text: Arc<str>,
    digest: String,
}

impl Rules {
    /// Rules from the text of a snapshot; one that cannot be read has no rules.
    pub fn new(snapshot: &str) -> Self {
        let digest = blake3::hash(snapshot.as_bytes()).to_hex();
        Self { text: snapshot.into(), digest: digest[..16].to_owned() }
    }

    /// The digest: another one where the rules are others.
    pub(crate) fn digest(&self) -> &str {
        &self.digest
    }

    /// What the rules say of an event of which nothing is known but what it tells.
    pub(crate) fn judge(&self, parsed: &Parsed, payload: &str, at: Timestamp) -> Option<Verdict> {
        if self.text.is_empty() {
            return None;
        }
        let snapshot = Snapshot::read(self.text.as_bytes()).ok()?;
        let place = Place { directory: parsed.cwd.clone(), until: Instant::now() + TIME };
        judge(parsed, payload, &snapshot, &place, at).ok()?
    }
}

impl Default for Rules {
    /// None: nothing is judged, and only what others decided and took out is found.
    fn default() -> Self {
        Self { text: "".into(), digest: "none".to_owned() }
    }
}

/// What an event tells of its place: all the server knows of another machine.
struct Place {
    directory: Option<String>,
    until: Instant,
}

impl Facts for Place {
    fn directory(&self) -> Option<&str> {
        self.directory.as_deref()
    }

    fn project(&self) -> Option<&str> {
        self.directory.as_deref()
    }

    /// The home a folder is below, by the custom of the systems.
    fn home(&self) -> Option<&str> {
        let directory = self.directory.as_deref()?;
        let parts =
            |count: usize| directory.match_indices('/').nth(count).map_or(directory, |(at, _)| &directory[..at]);
        match directory.split('/').nth(1)? {
            "home" | "Users" => Some(parts(2)),
            "root" => Some(parts(1)),
            _ => None,
        }
    }

    fn is_late(&self) -> bool {
        Instant::now() > self.until
    }
}
