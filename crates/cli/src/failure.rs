//! How a command ends badly: what went wrong, and what to do next.

use std::error::Error;
use std::fmt;
use std::io::{self, Write as _};
use std::process::ExitCode;

/// An error that knows what the person can do about it.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    hint: String,
    is_passing: bool,
}

impl Failure {
    /// What went wrong, and what to do next; neither ends in a full stop.
    pub(crate) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: hint.into(), is_passing: false }
    }

    /// Says that trying again later may help.
    pub(crate) fn passing(self) -> Self {
        Self { is_passing: true, ..self }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Failure {}

/// Turns the result of a command into the exit code of the process, and tells the person of an error.
///
/// A reader that went away (`hookrail events | head`) is no error.
pub(crate) fn report(result: anyhow::Result<ExitCode>) -> ExitCode {
    let error = match result {
        Ok(code) => return code,
        Err(error) if is_broken_pipe(&error) => return ExitCode::SUCCESS,
        Err(error) => error,
    };
    let mut err = io::stderr().lock();
    let label = |word| console::style(word).for_stderr().bold();
    // Nobody is left to be told where standard error itself is gone.
    let _ = writeln!(err, "{} {error:#}", label("error:").red());
    if let Some(failure) = error.downcast_ref::<Failure>() {
        let _ = writeln!(err, "{} {}", label("hint:").cyan(), failure.hint);
    }
    ExitCode::FAILURE
}

/// Whether trying again later may help.
pub(crate) fn is_passing(error: &anyhow::Error) -> bool {
    error.downcast_ref::<Failure>().is_some_and(|failure| failure.is_passing)
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use anyhow::Context as _;

    use super::*;

    #[test]
    fn a_broken_pipe_is_found_below_what_was_being_done() {
        let gone = || Err::<ExitCode, _>(io::Error::from(io::ErrorKind::BrokenPipe));
        assert!(is_broken_pipe(&gone().context("cannot print").unwrap_err()));
        let full = || Err::<ExitCode, _>(io::Error::from(io::ErrorKind::StorageFull));
        assert!(!is_broken_pipe(&full().context("cannot print").unwrap_err()));
    }

    #[test]
    fn a_hint_survives_the_context_around_it() {
        let error = anyhow::Error::new(Failure::new("no answer", "start it")).context("cannot list sessions");
        assert_eq!(format!("{error:#}"), "cannot list sessions: no answer");
        assert_eq!(error.downcast_ref::<Failure>().unwrap().hint, "start it");
    }
}
