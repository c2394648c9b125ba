//! `use = "notify"`: tells a person that the agent needs them, has finished, or has failed.
//!
//! What is told goes out from a process of its own, which the agent does not wait for. One thing is told once.

use std::fs;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use hookrail_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{ENV_SETTINGS, Task, append, clipped};
use crate::process;

/// The mark of the process that tells.
pub(super) const SEND: &str = "notify-send";

/// How long each way of telling may take.
const LIMIT: Duration = Duration::from_secs(20);

/// Within this time one thing is told once.
const ONCE_NANOS: i64 = 3600 * 1_000_000_000;

/// The size at which the list of what was told is put aside, in bytes.
const MAX_LIST: u64 = 64 << 10;

/// The most characters of a text.
const TEXT_CHARS: usize = 200;

/// The settings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    /// Of what: `needs_you`, `finished`, `failed`.
    #[serde(default = "every_kind")]
    kinds: Vec<Kind>,
    /// How.
    ways: Vec<Way>,
    /// Hours in which nothing is told, by the local clock: `22:00-07:00`.
    #[serde(default)]
    quiet: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    NeedsYou,
    Finished,
    Failed,
}

fn every_kind() -> Vec<Kind> {
    vec![Kind::NeedsYou, Kind::Finished, Kind::Failed]
}

/// A way to tell somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Way {
    /// `notify-send`, or macOS's own.
    Desktop,
    /// The text, spoken by `spd-say`, `espeak-ng` or `say`.
    Speech,
    /// A file that `paplay`, `pw-play`, `aplay` or `afplay` plays.
    Sound(String),
    /// An address that gets a JSON object by POST: a webhook, a chat.
    Url(String),
    /// A program with its arguments; the text is one more.
    Command(Vec<String>),
}

/// What is told, and how: from the built-in to the process that tells.
#[derive(Debug, Serialize, Deserialize)]
struct Message {
    kind: Kind,
    title: String,
    text: String,
    session: String,
    project: String,
    ways: Vec<Way>,
}

pub(super) fn run(settings: &Settings, task: &Task) -> io::Result<String> {
    let quiet = settings.quiet.as_deref().map(hours).transpose()?;
    let Some(kind) = kind(task).filter(|kind| settings.kinds.contains(kind)) else { return Ok(String::new()) };
    let now = jiff::Zoned::now();
    let minute = u32::from(now.hour().unsigned_abs()) * 60 + u32::from(now.minute().unsigned_abs());
    if quiet.is_some_and(|quiet| is_quiet(quiet, minute)) || !is_first(task, kind)? {
        return Ok(String::new());
    }
    let message = message(kind, task, settings.ways.clone());
    // A group of its own: this built-in's ends with it.
    Command::new(&task.program)
        .args(["handlers", "builtin", SEND])
        .env(ENV_SETTINGS, serde_json::to_string(&message)?)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()?;
    Ok(String::new())
}

/// What an event tells a person; most tell nothing.
fn kind(task: &Task) -> Option<Kind> {
    match task.text("hook_event_name") {
        "Stop" if task.payload["stop_hook_active"] != true => Some(Kind::Finished),
        "StopFailure" => Some(Kind::Failed),
        "PermissionRequest" | "Elicitation" => Some(Kind::NeedsYou),
        "Notification" => match task.text("notification_type") {
            "agent_completed" => Some(Kind::Finished),
            "auth_success" | "elicitation_complete" | "elicitation_response" => None,
            _ => Some(Kind::NeedsYou),
        },
        _ => None,
    }
}

fn message(kind: Kind, task: &Task, ways: Vec<Way>) -> Message {
    let project = task.project.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (what, field) = match kind {
        Kind::NeedsYou => ("needs you", "message"),
        Kind::Finished => ("has finished", "last_assistant_message"),
        Kind::Failed => ("has failed", "error"),
    };
    let title = format!("{} {what} in {project}", task.agent);
    let text = clipped(task.text(field).lines().next().unwrap_or_default(), TEXT_CHARS);
    Message { kind, title, text, session: task.text("session_id").to_owned(), project, ways }
}

/// What was told when.
#[derive(Serialize, Deserialize)]
struct Told {
    at: Timestamp,
    what: String,
}

/// Whether this has not been told of late. A request for permission and the notification of it are one thing.
fn is_first(task: &Task, kind: Kind) -> io::Result<bool> {
    let what = format!("{} {kind:?} {}", task.text("session_id"), task.turn().unwrap_or_default());
    // Within a turn each request is a thing of its own, told at once by its event and again, seconds later, by a notification.
    let what = match (kind, task.text("hook_event_name")) {
        (Kind::NeedsYou, "PermissionRequest") => format!("{what} {}", task.payload["tool_input"]),
        _ => what,
    };
    let path = task.home.handlers().join("told.jsonl");
    let told = fs::read_to_string(&path).unwrap_or_default();
    let recent = |told: &Told| task.now.as_nanos() - told.at.as_nanos() < ONCE_NANOS;
    let mut told = told.lines().filter_map(|line| serde_json::from_str::<Told>(line).ok()).filter(recent);
    let is_echo = task.text("notification_type") == "permission_prompt";
    if told.any(|told| told.what == what || (is_echo && told.what.starts_with(&what))) {
        return Ok(false);
    }
    append(&path, &serde_json::to_string(&Told { at: task.now, what })?, MAX_LIST)?;
    Ok(true)
}

/// Minutes of the day, from and to.
fn hours(text: &str) -> io::Result<(u32, u32)> {
    let minute = |text: &str| {
        let (hour, minute) = text.trim().split_once(':')?;
        let (hour, minute) = (hour.parse::<u32>().ok()?, minute.parse::<u32>().ok()?);
        (hour < 24 && minute < 60).then_some(hour * 60 + minute)
    };
    let span = text.split_once('-').and_then(|(from, to)| Some((minute(from)?, minute(to)?)));
    span.ok_or_else(|| io::Error::other(format!("quiet hours are written like 22:00-07:00, not {text:?}")))
}

fn is_quiet((from, to): (u32, u32), minute: u32) -> bool {
    if from <= to { (from..to).contains(&minute) } else { minute >= from || minute < to }
}

/// Tells, way by way. One that does not work is in no other's way.
pub(super) fn send(settings: &str) -> io::Result<()> {
    let message: Message = serde_json::from_str(settings)?;
    let spoken =
        if message.text.is_empty() { message.title.clone() } else { format!("{}: {}", message.title, message.text) };
    for way in &message.ways {
        match way {
            Way::Desktop => drop(first_of(&[
                &["notify-send", "--app-name", "hookrail", "--", &message.title, &message.text],
                &[
                    "osascript",
                    "-e",
                    "on run argv",
                    "-e",
                    "display notification (item 2 of argv) with title (item 1 of argv)",
                    "-e",
                    "end run",
                    "--",
                    &message.title,
                    &message.text,
                ],
            ])),
            Way::Speech => drop(first_of(&[
                &["spd-say", "--wait", "--", &message.title],
                &["espeak-ng", "--", &message.title],
                &["say", "--", &message.title],
            ])),
            Way::Sound(file) => {
                drop(first_of(&[&["paplay", file], &["pw-play", file], &["aplay", "-q", file], &["afplay", file]]));
            }
            Way::Command(words) => {
                if let Some((program, args)) = words.split_first() {
                    let args: Vec<&str> = args.iter().map(String::as_str).chain([spoken.as_str()]).collect();
                    let _ = process::run(Path::new(program), &args, &[], b"", LIMIT);
                }
            }
            Way::Url(url) => {
                let body = json!({"text": spoken, "kind": message.kind, "title": message.title, "session_id": message.session, "project": message.project});
                let agent: ureq::Agent = ureq::Agent::config_builder().timeout_global(Some(LIMIT)).build().into();
                // Nobody is there to be told that somebody was not told.
                let _ = agent.post(url).header("content-type", "application/json").send(body.to_string());
            }
        }
    }
    Ok(())
}

/// Runs the first of these programs that is there.
fn first_of(commands: &[&[&str]]) -> Option<process::Output> {
    commands.iter().find_map(|words| {
        let (program, args) = words.split_first()?;
        process::run(Path::new(program), args, &[], b"", LIMIT).ok()
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn quiet_hours_may_pass_midnight() {
        for (text, minute, expected) in [
            ("22:00-07:00", 23 * 60, true),
            ("22:00-07:00", 0, true),
            ("22:00-07:00", 7 * 60, false),
            ("12:00-13:30", 12 * 60, true),
            ("12:00-13:30", 14 * 60, false),
            ("08:00-08:00", 8 * 60, false),
        ] {
            assert_eq!(is_quiet(hours(text).unwrap(), minute), expected, "{text} {minute}");
        }
        for text in ["", "22-7", "25:00-07:00", "22:00"] {
            assert!(hours(text).is_err(), "{text}");
        }
    }

    #[test]
    fn one_thing_is_told_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut task =
            Task::for_test(folder.path(), json!({"hook_event_name": "Stop", "session_id": "s", "prompt_id": "1"}));
        assert_eq!(kind(&task), Some(Kind::Finished));
        assert!(is_first(&task, Kind::Finished).unwrap() && !is_first(&task, Kind::Finished).unwrap());
        task.payload["prompt_id"] = "2".into();
        assert!(is_first(&task, Kind::Finished).unwrap(), "another turn");
        task.payload = json!({"hook_event_name": "PermissionRequest", "session_id": "s", "prompt_id": "2", "tool_input": {"command": "a"}});
        assert!(is_first(&task, Kind::NeedsYou).unwrap());
        task.payload["tool_input"] = json!({"command": "b"});
        assert!(is_first(&task, Kind::NeedsYou).unwrap(), "another request");
        task.payload = json!({"hook_event_name": "Notification", "notification_type": "permission_prompt", "session_id": "s", "prompt_id": "2"});
        assert!(!is_first(&task, Kind::NeedsYou).unwrap(), "the notification of a request that was told");
        task.payload = json!({"hook_event_name": "Stop", "stop_hook_active": true});
        assert_eq!(kind(&task), None);
    }
}
