//! `hookrail doctor`

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Context as _;
use console::style;
use hookrail_device::config::{Config, Flags};
use hookrail_device::doctor::{self, Check, Patient, Status};
use hookrail_device::install::{Places, hook_command};
use serde::Serialize;

use crate::connection;
use crate::output::plain;

/// Check every link of the chain from the hook to the store, and say what to do where one is broken
#[derive(Debug, clap::Args)]
#[command(after_help = "\
One event is sent through the whole chain; its agent and its session are called
`hookrail-doctor`. The exit code is 1 where a check failed.")]
pub(crate) struct Args {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Address of the server [default: `HOOKRAIL_SERVER`, else `server` in config.toml]
    #[arg(long, value_name = "URL")]
    server: Option<String>,
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Report<'a> {
    status: Status,
    checks: &'a [Check],
}

/// Runs the checks and prints each as it is done.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let env = |name: &str| std::env::var(name).ok();
    let home = connection::home()?;
    let flags = Flags { server: args.server.clone(), ..Flags::default() };
    let own = std::env::current_exe().context("cannot find this program")?;
    let folder = std::env::current_dir().context("cannot tell the current folder")?;
    let patient = Patient {
        home: &home,
        config: Config::load(home.path(), &flags, env),
        places: Places::from_env(env, folder),
        hook: hook_command(&own, std::env::var_os("PATH").as_deref()),
    };
    let mut out = io::stdout().lock();
    let mut checks = Vec::new();
    let mut written = Ok(());
    doctor::examine(&patient, &mut |check| {
        if !args.json && written.is_ok() {
            written = write_check(&mut out, &check);
        }
        checks.push(check);
    });
    written?;
    let status = doctor::worst(&checks);
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&Report { status, checks: &checks })?)?;
    }
    Ok(if status == Status::Fail { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn write_check(out: &mut impl Write, check: &Check) -> io::Result<()> {
    let word = match check.status {
        Status::Ok => style("ok  ").green(),
        Status::Warn => style("warn").yellow(),
        Status::Fail => style("FAIL").red().bold(),
        Status::Skip => style("skip").dim(),
    };
    writeln!(out, "{word}  {}: {}", plain(&check.name), plain(&check.detail))?;
    if let Some(hint) = &check.hint {
        writeln!(out, "      {} {}", style("hint:").cyan(), plain(hint))?;
    }
    out.flush()
}
