//! Codex: its twelve events, and how its `hooks.json` names a hook.
//!
//! Sources: its documentation of hooks and the published types of their payloads (events, timeouts, trust).

use std::path::PathBuf;

use hookrail_core::event::Agent;
use serde_json::json;

use super::jsonc::Dialect;
use super::merge::Entry;
use super::{Facts, Installer, Places, Scope, TIMEOUT_SECONDS, shell_line};

/// `SessionEnd` and `Interrupt` are given at most this many seconds, whatever the file says.
const LAST_TIMEOUT_SECONDS: u64 = 3;

/// All of its events. Without a matcher a hook is for every tool.
const EVENTS: [&str; 12] = [
    "SessionStart",
    "UserPromptSubmit",
    "PreToolUse",
    "PermissionRequest",
    "PostToolUse",
    "PreCompact",
    "PostCompact",
    "SubagentStart",
    "SubagentStop",
    "Stop",
    "Interrupt",
    "SessionEnd",
];

pub(super) const INSTALLER: Installer = Installer {
    agent: Agent::Codex,
    title: "Codex",
    version_command: &["codex", "--version"],
    dialect: Dialect::Json,
    silence: "Codex runs hooks only after you trusted them: start `codex` and open /hooks",
    file,
    other_files,
    sessions,
    entries,
    notes,
};

fn folder(scope: Scope, places: &Places) -> PathBuf {
    match scope {
        Scope::User => places.codex_home.clone().unwrap_or_else(|| places.home.join(".codex")),
        // It has no settings of one person within a project.
        Scope::Project | Scope::Local => places.project.join(".codex"),
    }
}

fn file(scope: Scope, places: &Places) -> PathBuf {
    folder(scope, places).join("hooks.json")
}

fn other_files(_: &Places) -> Vec<PathBuf> {
    Vec::new()
}

fn sessions(places: &Places) -> PathBuf {
    folder(Scope::User, places).join("sessions")
}

fn entries(facts: &Facts) -> Vec<Entry> {
    let mut words = facts.command.clone();
    words.push(Agent::Codex.to_string());
    let command = shell_line(&words);
    let entry = |event: &&'static str| {
        let timeout = if matches!(*event, "SessionEnd" | "Interrupt") { LAST_TIMEOUT_SECONDS } else { TIMEOUT_SECONDS };
        Entry { event, matcher: None, handler: json!({ "type": "command", "command": command, "timeout": timeout }) }
    };
    EVENTS.iter().map(entry).collect()
}

fn notes(scope: Scope, _: &Facts) -> Vec<String> {
    let mut notes = vec![
        "Codex runs new or changed hooks only after you trust them once: start `codex` and open /hooks".to_owned(),
    ];
    if scope != Scope::User {
        notes.push("Codex reads a project's hooks only where it trusts the project".into());
    }
    notes
}
