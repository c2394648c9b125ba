//! The skill behind a call: where it comes from and what stood in it.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::UNIX_EPOCH;

use hookrail_core::time::Timestamp;
use serde::Serialize;

use super::lock;

/// The largest file that is hashed.
const LARGEST: u64 = 1 << 20;

/// What is known of a skill.
#[derive(Clone, Debug, Serialize)]
struct Skill {
    name: String,
    /// `project`, `user` or `plugin`; absent where its file was not found: the agent's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'static str>,
    /// BLAKE3 of its file, where that has not changed since the skill was used.
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<String>,
    /// When the file was last changed.
    #[serde(skip)]
    modified: i64,
}

/// The skills of this machine, each looked up once.
#[derive(Debug)]
pub(super) struct Skills {
    user: Option<PathBuf>,
    known: Mutex<HashMap<(String, Option<String>), Skill>>,
}

impl Skills {
    /// Skills, with the person's own in this folder (Claude Code's `~/.claude`).
    pub(super) fn new(user: Option<PathBuf>) -> Self {
        Self { user, known: Mutex::default() }
    }

    /// A skill as JSON, as it was at a time.
    pub(super) fn describe(&self, name: &str, cwd: Option<&str>, at: Option<Timestamp>) -> Option<String> {
        let key = (name.to_owned(), cwd.map(str::to_owned));
        let known = lock(&self.known).get(&key).cloned();
        let mut skill = known.unwrap_or_else(|| {
            let skill = self.look(name, cwd);
            lock(&self.known).insert(key, skill.clone());
            skill
        });
        if at.is_none_or(|at| at.as_nanos() < skill.modified) {
            skill.hash = None;
        }
        serde_json::to_string(&skill).ok()
    }

    fn look(&self, name: &str, cwd: Option<&str>) -> Skill {
        let folders =
            [cwd.map(|cwd| ("project", Path::new(cwd).join(".claude"))), self.user.clone().map(|user| ("user", user))];
        let plain = Path::new(name).components().count() == 1;
        for (source, folder) in folders.into_iter().flatten().filter(|_| plain) {
            for file in [folder.join("skills").join(name).join("SKILL.md"), folder.join(format!("commands/{name}.md"))]
            {
                if let Some((hash, modified)) = hash(&file) {
                    return Skill { name: name.to_owned(), source: Some(source), hash: Some(hash), modified };
                }
            }
        }
        let source = name.contains(':').then_some("plugin");
        Skill { name: name.to_owned(), source, hash: None, modified: 0 }
    }
}

fn hash(file: &Path) -> Option<(String, i64)> {
    let metadata = fs::metadata(file).ok().filter(|metadata| metadata.is_file() && metadata.len() <= LARGEST)?;
    let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?.as_nanos();
    let hash = blake3::hash(&fs::read(file).ok()?).to_hex().to_string();
    Some((hash, i64::try_from(modified).ok()?))
}
