//! Handing an event over to a person's or a project's handlers (`hookrail handlers`).
//!
//! The hook reads no configuration. An index that `hookrail handlers compile` has prepared says which events anybody handles;
//! where none is concerned, reading it is all that happens. Else this process becomes the dispatcher: its program takes
//! the place of the hook's, so that the agent waits for one process as before and nothing has to be relayed.
//!
//! # The index
//!
//! Lines of fields parted by tabs:
//!
//! ```text
//! hookrail-handlers 1
//! program  <the program that dispatches: the one that wrote the index>
//! user                              what follows is the person's own
//! on       <event or kind>  <tools parted by commas, or *>
//! project  <folder>                 what follows is of a project that a person trusts
//! on       …
//! ```
//!
//! Whether handlers may run is decided by the dispatcher, which also looks after the index. So that it comes to that at
//! least once in a session, a session's start is handed over wherever there are handlers at all, trusted or not. So is the
//! agent's `Setup`, which is seldom, and whose steps stand in the same file.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use hookrail_core::agents::{Payload, Received};
use hookrail_core::event::{Agent, Kind};
use hookrail_core::policy::{Decision, Verdict};

use crate::home::Home;

/// The first line of an index this hook understands.
pub const HEAD: &str = "hookrail-handlers 1";

/// Set for every handler: an agent that is started inside of one is recorded like any other, and is handled by nobody.
pub const ENV_INSIDE: &str = "HOOKRAIL_HANDLER";

/// The folder of the agent's project, as Claude Code tells its hooks.
pub const ENV_PROJECT: &str = "CLAUDE_PROJECT_DIR";

/// Where a project may keep handlers.
const OF_PROJECT: [&str; 2] = ["hookrail.toml", ".claude/hooks"];

/// Where the person may keep theirs, within the state folder.
const OF_USER: [&str; 2] = ["hookrail.toml", "hooks"];

/// What is handed over.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// What arrived.
    pub received: &'a Received<'a>,
    /// The agent the hook was called with.
    pub agent: &'a Agent,
    /// The event's name where the hook was called with it.
    pub name: Option<&'a str>,
    /// What the guard said.
    pub verdict: Option<&'a Verdict>,
}

/// Becomes the dispatcher where the event may concern a handler. Returns where it concerns none, or where that failed.
///
/// # Errors
/// Where the index cannot be used or the dispatcher cannot be started: the hook then answers by itself.
pub fn over(home: &Home, event: Event<'_>, env: impl Fn(&str) -> Option<OsString>) -> io::Result<()> {
    // The guard's deny stands; there is nothing left to be said.
    let Payload::Json(payload) = &event.received.payload else { return Ok(()) };
    if event.verdict.is_some_and(|verdict| verdict.decision == Decision::Deny) {
        return Ok(());
    }
    let index = match fs::read_to_string(home.handlers_index()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        index => index?,
    };
    let folder = env(ENV_PROJECT).filter(|folder| *event.agent == Agent::ClaudeCode && !folder.is_empty());
    let folder = folder.and_then(|folder| folder.into_string().ok()).or_else(|| event.received.parsed.cwd.clone());
    let folder = folder.unwrap_or_default();
    let Some(program) = program(&index, &folder, event.received, home)? else { return Ok(()) };
    if env(ENV_INSIDE).is_some() {
        return Ok(());
    }
    let mut command = Command::new(program);
    command.args(["handlers", "run", event.agent.as_str()]);
    if let Some(name) = event.name {
        command.args(["--event", name]);
    }
    if let Some(verdict) = event.verdict {
        command.args(["--verdict", &serde_json::to_string(verdict)?]);
    }
    Err(command.stdin(spoken(home, payload.get())?).exec())
}

/// The program to become, where the index, the start of a session or its set-up asks for it.
fn program<'i>(index: &'i str, folder: &str, received: &Received<'_>, home: &Home) -> io::Result<Option<&'i str>> {
    let mut lines = index.lines();
    let program = match (lines.next(), lines.next().and_then(|line| line.strip_prefix("program\t"))) {
        (Some(HEAD), Some(program)) => program,
        _ => {
            return Err(io::Error::other(
                "the index of handlers is of another version: run `hookrail handlers compile`",
            ));
        }
    };
    let is_there = |folder: &Path, names: [&str; 2]| names.iter().any(|name| folder.join(name).exists());
    let begins = matches!(received.parsed.kind, Kind::SessionStarted | Kind::Setup);
    let asked = is_asked(lines, folder, received)
        || (begins && (is_there(home.path(), OF_USER) || is_there(Path::new(folder), OF_PROJECT)));
    Ok(asked.then_some(program))
}

/// Whether a line of the index speaks of this event in this folder.
fn is_asked<'i>(lines: impl Iterator<Item = &'i str>, folder: &str, received: &Received<'_>) -> bool {
    let parsed = &received.parsed;
    let mut applies = false;
    for line in lines {
        let mut fields = line.split('\t');
        match (fields.next(), fields.next(), fields.next()) {
            (Some("user"), ..) => applies = true,
            (Some("project"), Some(root), _) => {
                applies = folder.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            }
            (Some("on"), Some(word), Some(tools)) if applies => {
                let is_event = word.eq_ignore_ascii_case(&parsed.name) || word == parsed.kind.as_str();
                let is_tool = |tool: &str| tools == "*" || tools.split(',').any(|known| known == tool);
                if is_event && parsed.tool.as_ref().is_none_or(|tool| is_tool(&tool.name)) {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

/// The payload as a standard input: a file without a name, since a pipe holds only so much that nobody reads yet.
fn spoken(home: &Home, payload: &str) -> io::Result<File> {
    let folder = home.handlers();
    let path = folder.join(format!("event-{}-{:016x}", std::process::id(), crate::random()));
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true).mode(0o600);
    let mut file = match options.open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
            options.open(&path)?
        }
        file => file?,
    };
    fs::remove_file(&path)?;
    file.write_all(payload.as_bytes())?;
    file.rewind()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use hookrail_core::agents::parse_bytes;

    use super::*;

    const INDEX: &str = "hookrail-handlers 1\nprogram\t/opt/hookrail\nuser\non\tStop\t*\non\tPreToolUse\tBash,Edit\n\
                         project\t/home/dev/shop\non\tsession.ended\t*\non\tPreToolUse\tRead\n";

    fn asked(folder: &str, payload: &str) -> bool {
        let received = parse_bytes(&Agent::ClaudeCode, None, payload.as_bytes());
        let home = Home::at("/no/such/folder");
        matches!(program(INDEX, folder, &received, &home), Ok(Some("/opt/hookrail")))
    }

    #[test]
    fn only_what_somebody_handles_is_handed_over() {
        let call = |tool: &str| format!(r#"{{"hook_event_name":"PreToolUse","tool_name":"{tool}"}}"#);
        let event = |name: &str| format!(r#"{{"hook_event_name":"{name}"}}"#);
        for (folder, payload, expected) in [
            ("/home/dev/other", event("Stop"), true),
            ("/home/dev/other", event("stop"), true),
            ("", event("Stop"), true),
            ("/home/dev/other", event("SubagentStop"), false),
            ("/home/dev/other", call("Bash"), true),
            ("/home/dev/other", call("Read"), false),
            ("/home/dev/shop", call("Read"), true),
            ("/home/dev/shop/web", call("Read"), true),
            ("/home/dev/shopping", call("Read"), false),
            ("/home/dev/shop", event("SessionEnd"), true),
            ("/home/dev/other", event("SessionEnd"), false),
            ("/home/dev/shop", event("SessionStart"), false),
        ] {
            assert_eq!(asked(folder, &payload), expected, "{folder} {payload}");
        }
    }

    #[test]
    fn an_index_of_another_version_is_told() {
        let received = parse_bytes(&Agent::ClaudeCode, None, b"{}");
        assert!(program("hookrail-handlers 2\n", "", &received, &Home::at("/no/such/folder")).is_err());
        assert!(program("", "", &received, &Home::at("/no/such/folder")).is_err());
    }
}
