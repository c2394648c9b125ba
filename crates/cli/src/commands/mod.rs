//! The commands, one file each: what it takes, what it does, what it prints.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::env;

mod backup;
mod bootstrap;
mod completions;
mod config;
mod demo;
mod devices;
mod doctor;
mod emit;
mod enroll;
mod events;
mod export;
mod findings;
pub(crate) mod handlers;
pub(crate) mod hook;
mod import;
mod init;
mod install;
mod interrupt;
mod keys;
mod mcp;
mod migrate;
mod pause;
mod people;
mod policy;
mod quarantine;
mod repositories;
mod send_event;
mod serve;
mod servers;
mod sessions;
mod setup;
mod ship;
mod spend;
mod stopped;
mod tail;
mod titles;
mod usage;

/// The audit trail and guard rail of coding agents
#[derive(Debug, Parser)]
#[command(name = "hookrail", version, after_help = env::HELP, arg_required_else_help = true, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Args),
    Serve(serve::Args),
    Install(install::InstallArgs),
    Uninstall(install::UninstallArgs),
    Enroll(enroll::Args),
    Bootstrap(bootstrap::Args),
    Migrate(migrate::Args),
    Init(init::Args),
    Doctor(doctor::Args),
    Tail(tail::Args),
    Sessions(sessions::Args),
    Events(events::Args),
    Usage(usage::Args),
    Spend(spend::Args),
    Quarantine(quarantine::Args),
    People(people::Args),
    Repositories(repositories::Args),
    Devices(devices::Args),
    Servers(servers::Args),
    Mcp(mcp::Args),
    Titles(titles::Args),
    Export(export::Args),
    Import(import::Args),
    Backup(backup::Args),
    Keys(keys::Args),
    Policy(policy::Args),
    Handlers(handlers::Args),
    Setup(setup::Args),
    Config(config::Args),
    Findings(findings::Args),
    Pause(pause::PauseArgs),
    Resume(pause::ResumeArgs),
    Stopped(stopped::StoppedArgs),
    AllowOnce(stopped::AllowArgs),
    Report(stopped::ReportArgs),
    Emit(emit::Args),
    Ship(ship::Args),
    Hook(hook::Args),
    SendEvent(send_event::Args),
    Completions(completions::Args),
}

impl Cli {
    /// Reads the command line; what is wrong with it, or the help asked for, is printed here.
    ///
    /// # Errors
    /// The exit code of a command line that asks for nothing further.
    pub(crate) fn from_args() -> Result<Self, ExitCode> {
        Self::try_parse().map_err(|error| {
            if send_event::asked_for(std::env::args_os()) {
                send_event::warn(&error.to_string());
                return ExitCode::SUCCESS;
            }
            // Nobody is left to be told where the standard streams are gone.
            let _ = error.print();
            ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
        })
    }

    /// Runs the command that was asked for.
    ///
    /// # Errors
    /// Whatever the command could not do; [`crate::failure::report`] tells the person.
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Demo(args) => demo::run(&args),
            Command::Serve(args) => serve::run(args),
            Command::Install(args) => install::install(&args),
            Command::Uninstall(args) => install::uninstall(&args),
            Command::Bootstrap(args) => bootstrap::run(&args),
            Command::Migrate(args) => migrate::run(&args),
            Command::Enroll(args) => enroll::run(&args),
            Command::People(args) => people::run(&args),
            Command::Repositories(args) => repositories::run(&args),
            Command::Devices(args) => devices::run(&args),
            Command::Emit(args) => emit::run(&args),
            Command::Init(args) => init::run(&args),
            Command::Doctor(args) => doctor::run(&args),
            Command::Tail(args) => tail::run(&args),
            Command::Sessions(args) => sessions::run(&args),
            Command::Events(args) => events::run(&args),
            Command::Titles(args) => titles::run(&args),
            Command::Usage(args) => usage::run(&args),
            Command::Spend(args) => spend::run(&args),
            Command::Quarantine(args) => quarantine::run(args),
            Command::Servers(args) => servers::run(args),
            Command::Mcp(args) => mcp::run(&args),
            Command::Export(args) => export::run(&args),
            Command::Import(args) => import::run(&args),
            Command::Backup(args) => backup::run(&args),
            Command::Keys(args) => keys::run(args),
            Command::Handlers(args) => handlers::run(args),
            Command::Setup(args) => setup::run(&args),
            Command::Config(args) => config::run(&args),
            Command::Findings(args) => findings::run(args),
            Command::Pause(args) => pause::pause(&args),
            Command::Resume(args) => pause::resume(&args),
            Command::Stopped(args) => stopped::list(&args),
            Command::AllowOnce(args) => stopped::allow(&args),
            Command::Report(args) => stopped::report(&args),
            Command::Policy(args) => policy::run(&args),
            Command::Ship(args) => ship::run(&args),
            Command::Hook(args) => Ok(hook::run(args.args)),
            Command::SendEvent(args) => Ok(send_event::run(args)),
            Command::Completions(args) => completions::run(&args),
        }
    }
}

/// Tells a person that a list is empty, on standard error so that a pipe stays empty.
fn nothing_found(what: &str) -> io::Result<()> {
    let mut err = io::stderr().lock();
    writeln!(err, "No {what} found")?;
    writeln!(err, "hint: `hookrail doctor` checks whether events arrive, `hookrail demo` shows some")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn verify_cli() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_texts_are_imperative_and_without_full_stop() {
        fn check(command: &clap::Command) {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            assert!(!about.is_empty(), "{} has no help", command.get_name());
            assert!(!about.ends_with('.'), "{}: {about}", command.get_name());
            for arg in command.get_arguments() {
                let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
                assert!(!help.is_empty() && !help.ends_with('.'), "{} {}: {help}", command.get_name(), arg.get_id());
            }
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }
}
