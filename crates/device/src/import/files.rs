//! Where agents keep what they write down.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use hookrail_core::event::Agent;
use serde::Deserialize;

use super::stem;

/// How deep folders are looked into: `projects/<slug>/<session>/subagents/workflows/<run>` and `sessions/YYYY/MM/DD`.
const DEPTH: usize = 8;

/// A file of an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where it lies.
    pub path: PathBuf,
    /// Its length in bytes when it was found.
    pub size: u64,
    /// When it was last changed, in nanoseconds since 1970.
    pub modified: i64,
    /// The session it belongs to, by its name.
    pub session: Option<String>,
    /// The kind of subagent whose file it is.
    pub agent_type: Option<String>,
}

/// The folder of Claude Code's settings and skills. `env` reads a variable of the environment.
pub fn claude_folder(env: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    env("CLAUDE_CONFIG_DIR").or_else(|| env("HOME").map(|home| home.join(".claude")))
}

/// The folders in which an agent keeps its files by default, those that exist. `env` reads a variable of the environment.
pub fn default_roots(agent: &Agent, env: impl Fn(&str) -> Option<PathBuf>) -> Vec<PathBuf> {
    let home = |name: &str| env("HOME").map(|home| home.join(name));
    let folders = match agent {
        Agent::ClaudeCode => {
            vec![claude_folder(&env).map(|path| path.join("projects")), home(".config/claude/projects")]
        }
        Agent::Codex => {
            let config = env("CODEX_HOME").or_else(|| home(".codex"));
            ["sessions", "archived_sessions"].map(|name| config.as_ref().map(|path| path.join(name))).to_vec()
        }
        _ => Vec::new(),
    };
    folders.into_iter().flatten().filter(|path| path.is_dir()).collect()
}

/// The files of an agent at a path: the file itself, or all within the folder. Links are not followed.
///
/// # Errors
/// Where the path itself cannot be read; what cannot be read within it is passed over.
pub fn find(agent: &Agent, root: &Path) -> io::Result<Vec<Found>> {
    let mut found = Vec::new();
    if fs::metadata(root)?.is_dir() {
        fs::read_dir(root)?;
        walk(agent, root, DEPTH, &mut found);
    } else {
        found.extend(look(agent, root));
    }
    Ok(found)
}

fn walk(agent: &Agent, folder: &Path, depth: usize, found: &mut Vec<Found>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && depth > 0 => walk(agent, &path, depth - 1, found),
            Ok(kind) if kind.is_file() => found.extend(look(agent, &path)),
            _ => {}
        }
    }
}

/// The file, if it is a transcript: other lists of lines lie beside them (`journal.jsonl` of workflows).
pub(crate) fn look(agent: &Agent, path: &Path) -> Option<Found> {
    let session = named_session(agent, path)?;
    let agent_type = if *agent == Agent::ClaudeCode { kind(path) } else { None };
    let metadata = fs::metadata(path).ok()?;
    let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    let modified = i64::try_from(modified.as_nanos()).ok()?;
    Some(Found { path: path.to_owned(), size: metadata.len(), modified, session: Some(session), agent_type })
}

/// The session to which a file belongs by its name; `None` for one that is no transcript.
pub(crate) fn named_session(agent: &Agent, path: &Path) -> Option<String> {
    let name = stem(path).filter(|_| path.extension().is_some_and(|extension| extension == "jsonl"))?;
    match agent {
        Agent::Codex => name.starts_with("rollout-").then(|| thread(&name))?,
        _ if name.starts_with("agent-") => parent(path).or(Some(name)),
        _ if name == "journal" => None,
        _ => Some(name),
    }
}

/// The thread at the end of `rollout-<time>-<uuid>`.
fn thread(name: &str) -> Option<String> {
    name.len().checked_sub(36).and_then(|from| name.get(from..)).map(str::to_owned)
}

/// The session in whose folder `subagents/agent-….jsonl` lies.
fn parent(path: &Path) -> Option<String> {
    let subagents = path.ancestors().find(|folder| folder.file_name().is_some_and(|name| name == "subagents"))?;
    Some(subagents.parent()?.file_name()?.to_str()?.to_owned())
}

/// The kind of subagent, as the file beside it tells.
fn kind(path: &Path) -> Option<String> {
    #[derive(Deserialize)]
    struct Meta {
        #[serde(rename = "agentType")]
        agent_type: Option<String>,
    }
    let text = fs::read(path.with_extension("meta.json")).ok()?;
    serde_json::from_slice::<Meta>(&text).ok()?.agent_type.filter(|kind| !kind.is_empty())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn touch(root: &Path, name: &str, text: &str) {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn transcripts_are_found_with_their_sessions_and_nothing_else_is() {
        let root = tempfile::tempdir().unwrap();
        for name in [
            "slug/one.jsonl",
            "slug/one/subagents/agent-a.jsonl",
            "slug/one/subagents/workflows/wf_1/agent-b.jsonl",
            "slug/one/subagents/workflows/wf_1/journal.jsonl",
            "slug/one/tool-results/x.txt",
            "slug/memory/notes.md",
        ] {
            touch(root.path(), name, "{}\n");
        }
        touch(root.path(), "slug/one/subagents/agent-a.meta.json", r#"{"agentType":"Explore","spawnDepth":1}"#);
        std::os::unix::fs::symlink(root.path(), root.path().join("slug/loop")).unwrap();
        let mut found: Vec<_> = find(&Agent::ClaudeCode, root.path())
            .unwrap()
            .into_iter()
            .map(|file| (stem(&file.path).unwrap(), file.session.unwrap(), file.agent_type))
            .collect();
        found.sort();
        let one = || "one".to_owned();
        let explore = Some("Explore".to_owned());
        assert_eq!(
            found,
            [("agent-a".to_owned(), one(), explore), ("agent-b".to_owned(), one(), None), (one(), one(), None)]
        );
        assert!(find(&Agent::Codex, root.path()).unwrap().is_empty());
        assert!(find(&Agent::ClaudeCode, &root.path().join("nowhere")).is_err());
    }

    #[test]
    fn a_rollout_is_named_by_its_thread() {
        let name = "/x/2026/11/20/rollout-2026-11-20T19-38-55-01a1fa78-11a0-7f13-aa1b-2c0d3dc7c49e.jsonl";
        let session = named_session(&Agent::Codex, Path::new(name));
        assert_eq!(session.as_deref(), Some("01a1fa78-11a0-7f13-aa1b-2c0d3dc7c49e"));
        assert_eq!(named_session(&Agent::Codex, Path::new("/x/notes.jsonl")), None);
        assert_eq!(named_session(&Agent::Codex, Path::new("/x/rollout-é.jsonl")), None);
        assert_eq!(named_session(&Agent::ClaudeCode, Path::new("/etc/passwd")), None);
    }

    #[test]
    fn agents_are_looked_for_where_they_are_told_to_write() {
        let root = tempfile::tempdir().unwrap();
        for folder in ["home/.claude/projects", "home/.config/claude/projects", "other/projects", "codex/sessions"] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        let roots = |agent, set: &[(&str, &str)]| -> Vec<PathBuf> {
            let env = |name: &str| Some(root.path().join(set.iter().find(|(known, _)| *known == name)?.1));
            let found = default_roots(&agent, env);
            found.into_iter().map(|path| path.strip_prefix(root.path()).unwrap().to_owned()).collect()
        };
        let home = ("HOME", "home");
        let both = [Path::new("home/.claude/projects"), Path::new("home/.config/claude/projects")];
        assert_eq!(roots(Agent::ClaudeCode, &[home]), both);
        let moved = [Path::new("other/projects"), Path::new("home/.config/claude/projects")];
        assert_eq!(roots(Agent::ClaudeCode, &[home, ("CLAUDE_CONFIG_DIR", "other")]), moved);
        assert_eq!(roots(Agent::Codex, &[("CODEX_HOME", "codex")]), [Path::new("codex/sessions")]);
        assert_eq!(roots(Agent::Cursor, &[home]), Vec::<PathBuf>::new());
    }
}
