//! `hookrail hook`: the same as the binary `hookrail-hook`.

use std::ffi::OsString;
use std::process::ExitCode;

/// Record one event of an agent and answer it; agents call this
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Agent that calls, such as `claude-code` or `codex`; then, where its JSON does not carry it, the event's name
    #[arg(value_name = "AGENT", num_args = 0.., trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) args: Vec<OsString>,
}

/// What follows `hookrail hook` on a command line that begins so. It is asked before the command line is parsed: the
/// hook costs its agent no more than it must, and a mistake in its arguments must not become an exit code.
pub(crate) fn asked_for(args: impl IntoIterator<Item = OsString>) -> Option<impl Iterator<Item = OsString>> {
    let mut args = args.into_iter().skip(1);
    (args.next()? == "hook").then_some(args)
}

/// Records and answers.
pub(crate) fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    hookrail_hook::main(args).into()
}
