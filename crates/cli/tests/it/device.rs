//! A device of a test's own: nothing of the real HOME is seen.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A fresh HOME.
pub(crate) struct Device(TempDir);

impl Device {
    /// An empty one.
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Its HOME.
    pub(crate) fn home(&self) -> &Path {
        self.0.path()
    }

    /// `hookrail` with nothing in its environment but PATH and this HOME.
    pub(crate) fn hookrail(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hookrail"));
        command
            .args(args)
            .env_clear()
            .env("HOME", self.home())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.current_dir(self.home()).stdin(Stdio::null());
        command
    }

    /// Runs it to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Outcome {
        Outcome::of(self.hookrail(args).output().unwrap())
    }
}

/// What a process left.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The exit code; -1 for a signal.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

impl Outcome {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Runs the command with this on standard input.
pub(crate) fn feed(mut command: Command, input: &[u8]) -> Outcome {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A process that does not read its input is not this function's concern.
    let _ = child.stdin.take().unwrap().write_all(input);
    Outcome::of(child.wait_with_output().unwrap())
}
