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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_skill_tells_where_it_is_from_and_what_stood_in_it_then() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("project/.claude/skills/demo/SKILL.md");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::create_dir_all(root.path().join("user/commands")).unwrap();
        fs::write(&file, "demo").unwrap();
        fs::write(root.path().join("user/commands/mine.md"), "mine").unwrap();
        let skills = Skills::new(Some(root.path().join("user")));
        let project = root.path().join("project");
        let describe = |name: &str, at: i64| -> Value {
            let told = skills.describe(name, project.to_str(), Some(Timestamp::from_nanos(at))).unwrap();
            serde_json::from_str(&told).unwrap()
        };
        let hash = |text: &str| blake3::hash(text.as_bytes()).to_hex().to_string();
        let demo = json!({"name": "demo", "source": "project", "hash": hash("demo")});
        assert_eq!(describe("demo", i64::MAX), demo);
        assert_eq!(describe("demo", 0), json!({"name": "demo", "source": "project"}), "it was changed since");
        assert_eq!(describe("mine", i64::MAX), json!({"name": "mine", "source": "user", "hash": hash("mine")}));
        assert_eq!(describe("acme:review", i64::MAX), json!({"name": "acme:review", "source": "plugin"}));
        assert_eq!(describe("loop", i64::MAX), json!({"name": "loop"}));
        assert_eq!(describe("../../x", i64::MAX), json!({"name": "../../x"}), "a name is no path");
    }
}
