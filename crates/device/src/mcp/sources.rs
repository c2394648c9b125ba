//! Which files of which agent name MCP servers.
//!
//! Sources: Claude Code's documentation of MCP (`~/.claude.json` with servers for all projects and, below `projects`, for one;
//! `.mcp.json` of a project; `managed-mcp.json`), and those of Codex, Cursor, Gemini CLI and Copilot CLI.

use std::collections::BTreeSet;
use std::fs;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::install::Places;

/// The largest file that is read: Claude Code keeps a history of prompts in its own.
const MAX_BYTES: u64 = 32 << 20;

/// Most projects whose files are looked at.
const MAX_PROJECTS: usize = 64;

/// How a file names servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// JSON, with comments where somebody wrote some: `mcpServers`, and below `projects` those of one.
    Json,
    /// TOML: `[mcp_servers.…]`.
    Toml,
}

/// A file that may name servers.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) agent: &'static str,
    /// `user`, `project` or `managed`.
    pub(super) scope: &'static str,
    pub(super) project: Option<String>,
    pub(super) path: PathBuf,
    pub(super) form: Form,
}

/// What became of reading a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// There is none.
    Missing,
    /// Its text.
    Text(String),
    /// It is there and cannot be read, with the reason.
    Unreadable(String),
}

pub(super) fn all(places: &Places) -> Vec<Source> {
    let home = |path: &str| places.home.join(path);
    let claude = places.claude_config_dir.as_ref().map_or_else(|| home(".claude.json"), |dir| dir.join(".claude.json"));
    let codex = places.codex_home.clone().unwrap_or_else(|| home(".codex")).join("config.toml");
    let of = |agent, scope, path, form| Source { agent, scope, project: None, path, form };
    let mut sources = vec![
        of("claude-code", "user", claude.clone(), Form::Json),
        of("claude-code", "managed", PathBuf::from("/etc/claude-code/managed-mcp.json"), Form::Json),
        of("codex", "user", codex.clone(), Form::Toml),
        of("cursor", "user", home(".cursor/mcp.json"), Form::Json),
        of("gemini", "user", home(".gemini/settings.json"), Form::Json),
        of("copilot", "user", home(".copilot/mcp-config.json"), Form::Json),
    ];
    for project in projects(places, &claude, &codex) {
        let files = [
            ("claude-code", ".mcp.json", Form::Json),
            ("codex", ".codex/config.toml", Form::Toml),
            ("cursor", ".cursor/mcp.json", Form::Json),
            ("gemini", ".gemini/settings.json", Form::Json),
        ];
        let own = files.map(|(agent, file, form)| Source {
            agent,
            scope: "project",
            project: Some(project.display().to_string()),
            path: project.join(file),
            form,
        });
        // In the home itself these are the person's own files, which are there already.
        let is_new = |source: &Source| !sources.iter().any(|known| known.path == source.path);
        let own: Vec<Source> = own.into_iter().filter(is_new).collect();
        sources.extend(own);
    }
    sources
}

/// The current project, and those that Claude Code and Codex keep a note of.
fn projects(places: &Places, claude: &Path, codex: &Path) -> Vec<PathBuf> {
    let mut found = BTreeSet::new();
    if let State::Text(text) = state(claude)
        && let Ok(settings) = serde_json::from_str::<Value>(&text)
        && let Some(projects) = settings.get("projects").and_then(Value::as_object)
    {
        found.extend(projects.keys().map(PathBuf::from));
    }
    if let State::Text(text) = state(codex)
        && let Ok(settings) = text.parse::<toml::Table>()
        && let Some(projects) = settings.get("projects").and_then(toml::Value::as_table)
    {
        found.extend(projects.keys().map(PathBuf::from));
    }
    found.remove(&places.project);
    let others = found.into_iter().filter(|path| path.is_absolute() && path.is_dir());
    [places.project.clone()].into_iter().chain(others).take(MAX_PROJECTS).collect()
}

/// Reads a file. Only one that is not there is empty.
pub(super) fn state(path: &Path) -> State {
    let file = match fs::File::open(path) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return State::Missing,
        Err(error) => return State::Unreadable(error.to_string()),
        Ok(file) => file,
    };
    if !file.metadata().is_ok_and(|found| found.is_file()) {
        return State::Unreadable("it is no file".to_owned());
    }
    let mut text = String::new();
    match file.take(MAX_BYTES + 1).read_to_string(&mut text) {
        Ok(bytes) if bytes as u64 > MAX_BYTES => State::Unreadable(format!("it is larger than {MAX_BYTES} bytes")),
        Ok(_) => State::Text(text),
        Err(error) => State::Unreadable(error.to_string()),
    }
}
