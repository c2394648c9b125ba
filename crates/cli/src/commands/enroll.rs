//! `hookrail enroll`

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use hookrail_device::config::Token;
use hookrail_device::enroll::{self, Enrollment};
use hookrail_device::systemd::{self, Unit};
use serde_json::json;

use crate::connection::home;
use crate::env;
use crate::failure::Failure;

/// Make this machine one of a server's: settings, id, first report
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The key needs the scope `ingest`. It is better given by HOOKRAIL_TOKEN, by --key-file or on
standard input (--key -) than on the command line, where others on this machine can read it.
What is collected, and how to switch each item off, is in docs/devices.md.")]
pub(crate) struct Args {
    /// Address of the server
    #[arg(long, value_name = "URL", required_unless_present = "remove")]
    server: Option<String>,
    /// Key to show to the server; `-` reads it from standard input
    #[arg(long, value_name = "KEY", conflicts_with = "key_file")]
    key: Option<String>,
    /// File that holds the key
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// What this machine's events are to call it [default: the host's name]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The person at this machine [default: git's e-mail address, else the system's user]
    #[arg(long, value_name = "PERSON")]
    user: Option<String>,
    /// Label of the project or host on every event
    #[arg(long, value_name = "LABEL")]
    source_app: Option<String>,
    /// Also write a systemd user unit that keeps a shipper running
    #[arg(long)]
    systemd: bool,
    /// Take server and key out of the settings again, and the unit away
    #[arg(long, conflicts_with_all = ["server", "key", "key_file", "name", "user", "source_app", "systemd"])]
    remove: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Enrols this machine, or takes it back.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let home = home()?;
    let mut out = io::stdout().lock();
    let env = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    if args.remove {
        enroll::remove(&home)?;
        let unit = systemd::remove(&env)?;
        if args.json {
            writeln!(out, "{}", json!({"removed": true, "unit": unit}))?;
        } else {
            if let Some(unit) = unit {
                writeln!(out, "Removed {}", unit.display())?;
            }
            writeln!(out, "Server and key are out of {}; records stay in the spool", home.config().display())?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let wanted = Enrollment {
        server: args.server.clone().unwrap_or_default(),
        token: token(args)?,
        name: args.name.clone(),
        source_app: args.source_app.clone(),
        user: args.user.clone(),
    };
    let done = enroll::enroll(&home, &wanted, &env)?;
    let settings = home.config();
    let unit = args.systemd.then(|| systemd::install(&std::env::current_exe()?, home.path(), &env)).transpose()?;
    let unit = unit.as_ref().map(told);
    if args.json {
        let said = json!({
            "device_id": done.device_id, "name": done.name, "server": wanted.server, "settings": settings, "again": done.again, "unit": unit,
        });
        writeln!(out, "{said}")?;
    } else {
        writeln!(out, "Enrolled {} at {}", done.name, wanted.server)?;
        writeln!(out, "  device    {}", done.device_id)?;
        writeln!(out, "  settings  {}", settings.display())?;
        if let Some(unit) = unit {
            writeln!(out, "  unit      {unit}")?;
        }
        writeln!(
            out,
            "Next: `hookrail install claude-code` (or codex) registers the hooks, `hookrail doctor` checks the whole"
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What became of the unit, in a line.
fn told(unit: &Unit) -> String {
    match unit {
        Unit::Running(path) => format!("{}, running", path.display()),
        Unit::Written(path, why) => format!("{}, written but not started: {why}", path.display()),
        Unit::Foreign(path) => format!("{} is not ours and was left alone", path.display()),
    }
}

fn token(args: &Args) -> anyhow::Result<Token> {
    let given = match (&args.key, &args.key_file) {
        (Some(key), _) if key == "-" => return Ok(enroll::read_key(io::stdin().lock())?),
        (Some(key), _) => Some(key.clone()),
        (None, Some(file)) => {
            Some(std::fs::read_to_string(file).with_context(|| format!("cannot read the key of {}", file.display()))?)
        }
        (None, None) => std::env::var(env::TOKEN).ok().filter(|key| !key.trim().is_empty()),
    };
    let Some(given) = given else {
        let hint = "pass --key-file FILE, or --key -, or set HOOKRAIL_TOKEN; `hookrail keys create` makes a key";
        return Err(Failure::new("there is no key to enrol with", hint).into());
    };
    Ok(Token::new(&given)?)
}
