//! The handlers that hookrail brings along, each a few lines of configuration: `use = "…"`, settings under `[handler.with]`.
//!
//! A built-in is a program like any other handler: it runs in a process of its own, with the same limits, and says what it has
//! to say on its standard output.

use std::io::{self, Write as _};
use std::process::ExitCode;

use super::Action;
use crate::words;

/// The settings of a built-in, as JSON.
pub const ENV_SETTINGS: &str = "HOOKRAIL_HANDLER_SETTINGS";

/// The names of all built-ins.
pub const NAMES: &[&str] = &[];

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
    if !NAMES.contains(&name) {
        let near = words::nearest(name, NAMES.iter().copied());
        let meant = near
            .map_or_else(|| format!("; there are {}", NAMES.join(", ")), |near| format!("; did you mean {near:?}?"));
        return Err(Wrong::Name(format!("there is no built-in {name:?}{meant}")));
    }
    let settings = serde_json::to_value(settings).map_err(|error| Wrong::Settings(error.to_string()))?;
    Ok(Action::Builtin { name: name.to_owned(), settings })
}

/// Runs a built-in as its own process, with the event on standard input and its settings in [`ENV_SETTINGS`].
pub fn main(name: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "the built-in {name} is not there");
    ExitCode::FAILURE
}
