//! Claude Code: which of its events are recorded, and how its settings name a hook.
//!
//! Sources: the published types of its SDK (events, handler fields), its settings documentation (files, switches), and
//! the settings validator of version 2.1.197, which knows `args` and every event below that names no later version.

use std::path::PathBuf;

use hookrail_core::event::Agent;
use serde_json::{Value, json};

use super::jsonc::Dialect;
use super::merge::Entry;
use super::{Facts, Installer, Places, SETUP_TIMEOUT_SECONDS, Scope, TIMEOUT_SECONDS, Version, shell_line};

/// The first version known to take `args`: the program is then started directly, without a shell.
const EXEC_FORM_SINCE: Version = Version(2, 1, 197);

/// An event, the version it came with where it is newer than the oldest one checked, and whether a matcher applies
/// (`*`: to all tools).
type Event = (&'static str, Option<Version>, Option<&'static str>);

/// The version that brought the switches of models; `DirectoryAdded` was first seen in a list of that time.
const MODEL_SWITCH: Option<Version> = Some(Version(2, 1, 251));

/// What is recorded. Left out on purpose:
/// - `WorktreeCreate`: a hook on it *replaces* git's creation of the worktree;
/// - `MessageDisplay`: it runs for every batch of lines while text streams, and the display waits for it; the transcript
///   and `Stop` carry the same text;
/// - `PreModelSwitch`: a timeout of it blocks the switch; `PostModelSwitch` tells what came of it.
const EVENTS: &[Event] = &[
    ("SessionStart", None, None),
    ("Setup", None, None),
    ("UserPromptSubmit", None, None),
    ("UserPromptExpansion", None, None),
    ("PreToolUse", None, Some("*")),
    ("PermissionRequest", None, Some("*")),
    ("PermissionDenied", None, Some("*")),
    ("PostToolUse", None, Some("*")),
    ("PostToolUseFailure", None, Some("*")),
    ("PostToolBatch", None, None),
    ("Notification", None, None),
    ("SubagentStart", None, None),
    ("SubagentStop", None, None),
    ("TaskCreated", None, None),
    ("TaskCompleted", None, None),
    ("TeammateIdle", None, None),
    ("Stop", None, None),
    ("StopFailure", None, None),
    ("PreCompact", None, None),
    ("PostCompact", None, None),
    ("PostModelSwitch", MODEL_SWITCH, None),
    ("InstructionsLoaded", None, None),
    ("ConfigChange", None, None),
    ("CwdChanged", None, None),
    ("FileChanged", None, None),
    ("DirectoryAdded", MODEL_SWITCH, None),
    ("WorktreeRemove", None, None),
    ("Elicitation", None, None),
    ("ElicitationResult", None, None),
    ("SessionEnd", None, None),
];

pub(super) const INSTALLER: Installer = Installer {
    agent: Agent::ClaudeCode,
    title: "Claude Code",
    version_command: &["claude", "--version"],
    dialect: Dialect::Jsonc,
    silence: "look at /hooks and `claude doctor`; a folder must be trusted before its sessions run hooks",
    file,
    other_files,
    sessions,
    entries,
    notes,
};

fn folder(scope: Scope, places: &Places) -> PathBuf {
    match scope {
        Scope::User => places.claude_config_dir.clone().unwrap_or_else(|| places.home.join(".claude")),
        Scope::Project | Scope::Local => places.project.join(".claude"),
    }
}

fn file(scope: Scope, places: &Places) -> PathBuf {
    folder(scope, places).join(if scope == Scope::Local { "settings.local.json" } else { "settings.json" })
}

/// The file that is read and never written: the settings of an administrator.
fn other_files(_: &Places) -> Vec<PathBuf> {
    vec![PathBuf::from("/etc/claude-code/managed-settings.json")]
}

fn sessions(places: &Places) -> PathBuf {
    folder(Scope::User, places).join("projects")
}

fn entries(facts: &Facts) -> Vec<Entry> {
    let known = |since: &Option<Version>| since.is_none_or(|since| facts.version.is_some_and(|it| it >= since));
    EVENTS
        .iter()
        .filter(|(_, since, _)| known(since))
        .map(|(event, _, matcher)| {
            let timeout = if *event == "Setup" { SETUP_TIMEOUT_SECONDS } else { TIMEOUT_SECONDS };
            Entry { event, matcher: *matcher, handler: handler(facts, timeout) }
        })
        .collect()
}

/// With `args` the agent starts the program itself; before that version, and where the version is not known, a shell does.
fn handler(facts: &Facts, timeout: u64) -> Value {
    let mut words = facts.command.clone();
    words.push(Agent::ClaudeCode.to_string());
    match words.split_first() {
        Some((program, args)) if facts.version.is_some_and(|version| version >= EXEC_FORM_SINCE) => {
            json!({ "type": "command", "command": program, "args": args, "timeout": timeout })
        }
        _ => json!({ "type": "command", "command": shell_line(&words), "timeout": timeout }),
    }
}

fn notes(scope: Scope, facts: &Facts) -> Vec<String> {
    let mut notes = Vec::new();
    if facts.version.is_none() {
        notes.push("`claude` was not found on PATH or did not tell its version: only events and fields every supported version knows were used".into());
    }
    match scope {
        Scope::User => notes.push("sessions that are open pick the hooks up at once; a folder must be trusted first".into()),
        Scope::Project => notes.push(
            ".claude/settings.json is shared with everybody who works on the project, and names a program by its path on this machine".into(),
        ),
        Scope::Local => notes.push(
            ".claude/settings.local.json is for you alone, on this machine: keep it out of the repository".into(),
        ),
    }
    notes
}
