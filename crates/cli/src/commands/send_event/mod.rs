//! `hookrail send-event`: the event sender that settings written for its ancestor keep calling.
//!
//! Whatever goes wrong, it exits with 0 and prints nothing on standard output, because an agent reads both as an
//! answer; and it is over after [`CAP`], because the agent waits for it.

use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail};
use hookrail_core::agents;
use hookrail_core::event::Agent;
use hookrail_core::redact;
use hookrail_device::config::{Config, Flags, LOCAL_SERVER, Token};
use hookrail_device::http::Client;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::{connection, env, summary, transcript};

mod log;

/// How long all of it may take: reading, attaching, sending.
const CAP: Duration = Duration::from_secs(30);

/// How long the server may take to answer; within [`CAP`], so that a slow server is reported and not just cut off.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(25);

/// Bytes of standard input.
const MAX_STDIN: u64 = 64 << 20;

/// The door events go to where the address names none.
const DOOR: &str = "/events";

/// Send one event to a server, in the form of the older `send_event.py`; always exits with 0
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The event is read as JSON from standard input. It is also appended to a session log in the project's
folder (CLAUDE_PROJECT_DIR, else the event's own folder): .hookrail/logs/<session>/<event>.jsonl

Environment:
  OBSERVABILITY_URL    Address to send to [default: the server of `hookrail`]
  OBSERVABILITY_TOKEN  Bearer token to show there")]
pub(crate) struct Args {
    /// Label of the project or host that the event comes from
    #[arg(long, value_name = "LABEL")]
    source_app: String,
    /// Name of the event, such as `PreToolUse`
    #[arg(long, value_name = "NAME")]
    event_type: String,
    /// Address to send to; `/events` is added where it names no path [default: `OBSERVABILITY_URL`]
    #[arg(long, value_name = "URL")]
    server_url: Option<String>,
    /// Attach the conversation's transcript, its newest 2 MiB
    #[arg(long)]
    add_chat: bool,
    /// Attach a sentence that says what happened, made without a model
    #[arg(long)]
    summarize: bool,
    /// Keep no log in the project's folder
    #[arg(long)]
    no_log: bool,
}

/// What is sent: the shape that `POST /events` of the ancestor took.
#[derive(Debug, Serialize)]
struct Body<'a> {
    source_app: &'a str,
    session_id: &'a str,
    hook_event_type: &'a str,
    payload: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    chat: Option<Vec<Box<RawValue>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<String>,
    /// Milliseconds since the Unix epoch.
    timestamp: u64,
}

/// Whether the command line asks for this command. It is asked before the command line is parsed, because an exit code
/// for a wrong flag would be an answer to the agent.
pub(crate) fn asked_for(args: impl IntoIterator<Item = OsString>) -> bool {
    let mut args = args.into_iter().skip(1);
    args.next().is_some_and(|verb| verb == "send-event")
        && !args.any(|arg| matches!(arg.to_str(), Some("-h" | "--help")))
}

/// Sends the event within [`CAP`].
pub(crate) fn run(args: Args) -> ExitCode {
    if let Err(error) = within(CAP, move || send(&args)) {
        warn(&format!("{error:#}"));
    }
    ExitCode::SUCCESS
}

/// Does the work in a thread of its own and waits for it this long; what is not done then ends with the process.
fn within(cap: Duration, work: impl FnOnce() -> anyhow::Result<()> + Send + 'static) -> anyhow::Result<()> {
    let (done, outcome) = mpsc::channel();
    thread::spawn(move || drop(done.send(work())));
    match outcome.recv_timeout(cap) {
        Ok(outcome) => outcome,
        Err(_) => bail!("the event was not sent within {} s", cap.as_secs_f32()),
    }
}

/// Tells a person, on standard error, which agents show at most in a log.
pub(crate) fn warn(message: &str) {
    // There is nobody else to tell.
    let _ = writeln!(io::stderr(), "hookrail send-event: {message}");
}

fn send(args: &Args) -> anyhow::Result<()> {
    let mut input = String::new();
    io::stdin().lock().take(MAX_STDIN).read_to_string(&mut input).context("cannot read standard input")?;
    let payload: &RawValue = serde_json::from_str(&input).context("standard input is not JSON")?;
    let value: Value = serde_json::from_str(&input)?;
    let session_id = value.get("session_id").and_then(Value::as_str).unwrap_or("unknown");
    let body = Body {
        source_app: &args.source_app,
        session_id,
        hook_event_type: &args.event_type,
        payload,
        chat: if args.add_chat { chat(&value) } else { None },
        summary: args.summarize.then(|| summary_of(&args.event_type, value.clone())),
        timestamp: u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?,
    };
    let body = serde_json::to_string(&body)?;
    let body = redact::redact_json(&body);
    if !args.no_log
        && let Err(error) = log::append(&value, session_id, &args.event_type, payload)
    {
        warn(&format!("cannot keep the session log: {error}"));
    }
    post(args.server_url.as_deref(), body.text())
}

/// The transcript that the event names; what is missing of it is said on standard error.
fn chat(payload: &Value) -> Option<Vec<Box<RawValue>>> {
    let Some(path) = payload.get("transcript_path").and_then(Value::as_str) else {
        warn("no transcript attached: the event names none");
        return None;
    };
    match transcript::read(Path::new(path), transcript::MAX_BYTES) {
        Ok(read) => {
            if read.bad_lines > 0 {
                warn(&format!("{} lines of the transcript are not JSON and were left out", read.bad_lines));
            }
            if read.is_cut {
                warn("only the newest part of the transcript is attached: it is long");
            }
            Some(read.entries)
        }
        Err(error) => {
            warn(&format!("no transcript attached: {path}: {error}"));
            None
        }
    }
}

/// One sentence about the event; its name is the one given, whatever the payload says.
fn summary_of(event_type: &str, mut payload: Value) -> String {
    if let Some(fields) = payload.as_object_mut() {
        fields.insert("hook_event_name".to_owned(), Value::String(event_type.to_owned()));
    }
    summary::summarise(&agents::parse(&Agent::ClaudeCode, &payload.to_string()), &payload)
}

fn post(given: Option<&str>, body: &str) -> anyhow::Result<()> {
    let read = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let settings = connection::home()
        .and_then(|home| Ok(Config::load(home.path(), &Flags::default(), read)?))
        .unwrap_or_else(|error| {
            warn(&format!("config.toml is not used: {error:#}"));
            Config::default()
        });
    let own = settings.server.clone().unwrap_or_else(|| LOCAL_SERVER.to_owned());
    let url = given.map(str::to_owned).or_else(|| read(env::OBSERVABILITY_URL)).unwrap_or_else(|| own.clone());
    let token = match read(env::OBSERVABILITY_TOKEN) {
        Some(text) => Some(Token::new(&text)?),
        // The key of our own server goes there and to nobody else.
        None if is_within(&url, &own) => settings.token.clone(),
        None => None,
    };
    let client = Client::new(&Config {
        server: Some(with_door(&url)?),
        token,
        answer_timeout: settings.answer_timeout.min(ANSWER_TIMEOUT),
        ..settings
    })?;
    let answer = client.post("", "application/json", None, body.as_bytes())?;
    if !answer.is_success() {
        bail!("the event was not taken: {}", answer.describe());
    }
    Ok(())
}

/// Whether an address is that of a server, or below it.
fn is_within(url: &str, server: &str) -> bool {
    url.trim_end_matches('/').strip_prefix(server).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The address with the door it means.
fn with_door(url: &str) -> anyhow::Result<String> {
    let url = url.trim();
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    match rest.map(|rest| rest.split_once('/')) {
        None => bail!("the address `{url}` must begin with http:// or https://"),
        Some(Some((host, path))) if !host.is_empty() && !path.is_empty() => Ok(url.to_owned()),
        Some(_) => Ok(format!("{}{DOOR}", url.trim_end_matches('/'))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_takes_too_long_is_given_up() {
        let forever = || loop {
            thread::park();
        };
        let error = within(Duration::from_millis(10), forever).unwrap_err();
        assert_eq!(error.to_string(), "the event was not sent within 0.01 s");
        assert!(within(CAP, || Ok(())).is_ok());
        assert!(within(CAP, || bail!("no")).is_err());
    }

    #[test]
    fn the_door_is_added_where_there_is_none() {
        for (given, whole) in [
            ("http://localhost:4000", "http://localhost:4000/events"),
            ("http://localhost:4000/", "http://localhost:4000/events"),
            ("http://localhost:4000/events", "http://localhost:4000/events"),
            ("https://h.example/own/door", "https://h.example/own/door"),
        ] {
            assert_eq!(with_door(given).unwrap(), whole);
        }
        assert!(with_door("localhost:4000").is_err());
    }

    #[test]
    fn our_key_goes_to_our_server_only() {
        let server = "http://127.0.0.1:4665";
        assert!(is_within("http://127.0.0.1:4665/events", server));
        assert!(is_within("http://127.0.0.1:4665/", server));
        for foreign in ["http://127.0.0.1:46650", "http://127.0.0.1:4665.evil.example/", "https://127.0.0.1:4665"] {
            assert!(!is_within(foreign, server), "{foreign}");
        }
    }

    #[test]
    fn a_wrong_flag_is_still_no_answer_to_the_agent() {
        let asked = |args: &[&str]| asked_for(args.iter().map(OsString::from));
        assert!(asked(&["hookrail", "send-event", "--nonsense"]));
        assert!(!asked(&["hookrail", "send-event", "--help"]));
        assert!(!asked(&["hookrail", "events"]));
    }
}
