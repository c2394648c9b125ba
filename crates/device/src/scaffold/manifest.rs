//! `.claude/hookrail.lock`: what was written, by which a later run tells it from what people wrote.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::detect::Kind;
use crate::install::Version;

/// Where it is kept. It belongs to the project, so that the files are ours in every checkout.
pub const FILE: &str = ".claude/hookrail.lock";

/// What stands at its head.
const HEAD: &str = "\
# What `hookrail init` wrote into this project, by which it later tells it from what people wrote. Keep it with the project.
# To have a file written again that was deleted or changed: `hookrail init --force FILE`.
";

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Manifest {
    /// The version of hookrail that wrote last.
    pub hookrail: String,
    /// The kind that a person chose, where one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// Whole files by their paths: the hash of what was written.
    pub files: BTreeMap<String, String>,
    /// Files of others to which pieces were added, and those pieces: what of it is gone was taken out by a person.
    pub added: BTreeMap<String, BTreeSet<String>>,
}

impl Manifest {
    /// Reads the text of the file.
    ///
    /// # Errors
    /// Why it is none.
    pub fn read(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.message().to_owned())
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        // Maps of texts are all it holds, which TOML can always say.
        format!("{HEAD}{}", toml::to_string(self).unwrap_or_default())
    }

    /// Whether it is as we wrote it, byte for byte.
    pub fn wrote(&self, path: &str, bytes: &[u8]) -> bool {
        self.files.get(path).is_some_and(|hash| *hash == hash_of(bytes))
    }

    /// Whether a newer version than this one wrote last, whose files must not be taken back.
    pub fn is_newer_than(&self, version: &str) -> bool {
        match (Version::find(&self.hookrail), Version::find(version)) {
            (Some(theirs), Some(own)) => theirs > own,
            _ => false,
        }
    }
}

/// The hash by which a file is known again.
pub fn hash_of(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}
