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
pub(super) fn look(agent: &Agent, path: &Path) -> Option<Found> {
    let session = named_session(agent, path)?;
    let agent_type = if *agent == Agent::ClaudeCode { kind(path) } else { None };
    let metadata = fs::metadata(path).ok()?;
    let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    let modified = i64::try_from(modified.as_nanos()).ok()?;
    Some(Found { path: path.to_owned(), size: metadata.len(), modified, session: Some(session), agent_type })
}

/// The session to which a file belongs by its name; `None` for one that is no transcript.
pub(super) fn named_session(agent: &Agent, path: &Path) -> Option<String> {
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
