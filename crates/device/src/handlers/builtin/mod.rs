//! The handlers that hookrail brings along, each a few lines of configuration: `use = "…"`, settings under `[handler.with]`.
//!
//! A built-in is a program like any other handler: it runs in a process of its own, with the same limits, and says what it has
//! to say on its standard output.

mod backup;
mod context;
mod dotenv;
mod environment;
mod memory;
mod notify;
mod summary;
mod validate;

use std::fs::{self, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use hookrail_core::event::Agent;
use hookrail_core::time::Timestamp;
use hookrail_hook::Home;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::dispatch::{ENV_AGENT, ENV_PROJECT_DIR};
use super::{Action, events};
use crate::{ship, words};

/// The settings of a built-in, as JSON.
pub const ENV_SETTINGS: &str = "HOOKRAIL_HANDLER_SETTINGS";

/// A built-in.
struct Builtin {
    name: &'static str,
    /// Whether it takes these settings.
    check: fn(&Value) -> Result<(), String>,
    run: fn(&str, &Task) -> io::Result<String>,
}

/// Makes a built-in of a module with `Settings` and `run`.
macro_rules! builtin {
    ($name:ident) => {
        Builtin {
            name: stringify!($name),
            check: |settings| {
                serde_json::from_value::<$name::Settings>(settings.clone()).map(drop).map_err(|error| error.to_string())
            },
            run: |settings, task| $name::run(&read::<$name::Settings>(settings)?, task),
        }
    };
}

const BUILTINS: &[Builtin] = &[
    builtin!(environment),
    builtin!(context),
    builtin!(validate),
    builtin!(backup),
    builtin!(summary),
    builtin!(notify),
    builtin!(memory),
];

/// The one that wants to know what the agent writes.
pub(super) const MEMORY: &str = "memory";

/// What is wrong with the declaration of a built-in.
#[derive(Debug)]
pub(super) enum Wrong {
    /// There is none of this name.
    Name(String),
    /// It does not take these settings.
    Settings(String),
}

/// The action that a handler's `use` and `with` declare.
pub(super) fn declared(name: &str, settings: toml::Table) -> Result<Action, Wrong> {
    let Some(builtin) = BUILTINS.iter().find(|builtin| builtin.name == name) else {
        let names = || BUILTINS.iter().map(|builtin| builtin.name);
        let there_are = || format!("; there are {}", names().collect::<Vec<_>>().join(", "));
        let meant = words::nearest(name, names()).map_or_else(there_are, |near| format!("; did you mean {near:?}?"));
        return Err(Wrong::Name(format!("there is no built-in {name:?}{meant}")));
    };
    let settings = serde_json::to_value(settings).map_err(|error| Wrong::Settings(error.to_string()))?;
    (builtin.check)(&settings)
        .map_err(|why| Wrong::Settings(format!("the built-in {name} does not take this: {why}")))?;
    Ok(Action::Builtin { name: name.to_owned(), settings })
}

fn read<T: DeserializeOwned>(settings: &str) -> io::Result<T> {
    Ok(serde_json::from_str(settings)?)
}

/// What a built-in works on.
struct Task {
    home: Home,
    project: PathBuf,
    agent: Agent,
    program: PathBuf,
    now: Timestamp,
    payload: Value,
    /// The payload as it came.
    text: String,
}

impl Task {
    /// A text of the payload; empty where there is none.
    fn text(&self, name: &str) -> &str {
        memory::text(&self.payload, name)
    }

    /// The turn, by the agent's name for it.
    fn turn(&self) -> Option<&str> {
        ["prompt_id", "turn_id", "generation_id"].iter().find_map(|name| self.payload[*name].as_str())
    }

    /// The files the event names.
    fn files(&self) -> Vec<String> {
        let parsed = hookrail_core::agents::parse(&self.agent, &self.text);
        events::paths(&parsed, &events::fields(&self.text))
    }

    #[cfg(test)]
    fn for_test(folder: &Path, payload: Value) -> Self {
        Self {
            home: Home::at(folder),
            project: folder.to_owned(),
            agent: Agent::ClaudeCode,
            program: PathBuf::new(),
            now: Timestamp::from_nanos(1_800_000_000_000_000_000),
            text: payload.to_string(),
            payload,
        }
    }
}

/// Runs a built-in as its own process, with the event on standard input and its settings in [`ENV_SETTINGS`].
pub fn main(name: &str) -> ExitCode {
    let said = run(name, &mut io::stdin()).and_then(|said| io::stdout().write_all(said.as_bytes()));
    match said {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // It is the last line that the record keeps.
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(name: &str, stdin: &mut dyn io::Read) -> io::Result<String> {
    let var = |name: &str| std::env::var(name).unwrap_or_default();
    let settings = var(ENV_SETTINGS);
    if name == notify::SEND {
        return notify::send(&settings).map(|()| String::new());
    }
    let builtin = BUILTINS.iter().find(|builtin| builtin.name == name);
    let builtin = builtin.ok_or_else(|| io::Error::other(format!("there is no built-in {name:?}")))?;
    let mut text = String::new();
    stdin.take(hookrail_hook::MAX_INPUT_BYTES as u64).read_to_string(&mut text)?;
    let home = Home::from_env(|name| std::env::var_os(name));
    let task = Task {
        home: home.ok_or_else(|| io::Error::other("there is no state folder: HOME is not set"))?,
        project: var(ENV_PROJECT_DIR).into(),
        agent: Agent::from(var(ENV_AGENT).as_str()),
        program: std::env::current_exe()?,
        now: ship::now(),
        payload: serde_json::from_str(&text)?,
        text,
    };
    (builtin.run)(&settings, &task)
}

/// The text, or its beginning and a mark.
fn clipped(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Appends a line to a file; where that is larger than `max` bytes, it is put aside in the place of the one before.
fn append(path: &Path, line: &str, max: u64) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    if fs::metadata(path).is_ok_and(|metadata| metadata.len() > max) {
        fs::rename(path, path.with_extension("jsonl.1"))?;
    }
    OpenOptions::new().append(true).create(true).mode(0o600).open(path)?.write_all(format!("{line}\n").as_bytes())
}
