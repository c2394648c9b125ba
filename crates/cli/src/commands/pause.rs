//! `hookrail pause` and `hookrail resume`

use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use anyhow::Context as _;
use hookrail_core::time::Timestamp;
use serde_json::json;

use super::emit::{self, now};
use crate::connection::home;
use crate::failure::Failure;

/// The longest pause, in minutes: a day.
const MAX_MINUTES: u64 = 24 * 60;

/// Let the guard say nothing for a while
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Everything is recorded still, and so is the pause. It is for a person: it needs a terminal, and an
agent that runs it is denied by the guard itself.")]
pub(crate) struct PauseArgs {
    /// How long: 10m, 2h
    #[arg(value_name = "TIME", value_parser = minutes)]
    time: u64,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// End the guard's pause
#[derive(Debug, clap::Args)]
pub(crate) struct ResumeArgs {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn minutes(text: &str) -> Result<u64, String> {
    let (number, unit) = text.split_at(text.len() - text.chars().last().map_or(0, char::len_utf8));
    let factor = match unit {
        "m" => 1,
        "h" => 60,
        _ => return Err("write it like 10m or 2h".to_owned()),
    };
    let minutes = number.parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
    match minutes {
        Some(minutes @ 1..=MAX_MINUTES) => Ok(minutes),
        _ => Err("it is of 1m to 24h".to_owned()),
    }
}

/// Pauses the guard.
pub(crate) fn pause(args: &PauseArgs) -> anyhow::Result<ExitCode> {
    if !io::stdin().is_terminal() {
        return Err(Failure::new(
            "only a person at a terminal can pause the guard",
            "run it in a terminal of your own",
        )
        .into());
    }
    let home = home()?;
    let nanos = i64::try_from(args.time.saturating_mul(60_000_000_000)).unwrap_or(i64::MAX);
    let until = Timestamp::from_nanos(now().as_nanos().saturating_add(nanos));
    fs::write(home.pause(), until.as_nanos().to_string())
        .with_context(|| format!("cannot write {}", home.pause().display()))?;
    emit::state(&format!("guard paused until {until}"))?;
    told(args.json, Some(until))
}

/// Ends a pause.
pub(crate) fn resume(args: &ResumeArgs) -> anyhow::Result<ExitCode> {
    let home = home()?;
    match fs::remove_file(home.pause()) {
        Ok(()) => emit::state("guard resumed")?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| format!("cannot remove {}", home.pause().display())),
    }
    told(args.json, None)
}

fn told(as_json: bool, until: Option<Timestamp>) -> anyhow::Result<ExitCode> {
    let mut out = io::stdout().lock();
    match until {
        _ if as_json => writeln!(out, "{}", json!({"paused_until": until.map(|until| until.to_string())}))?,
        Some(until) => writeln!(out, "The guard says nothing until {until}; `hookrail resume` ends that")?,
        None => writeln!(out, "The guard is on")?,
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_of_minutes_or_hours_up_to_a_day() {
        for (text, expected) in [("10m", Some(10)), ("2h", Some(120)), ("24h", Some(1440))] {
            assert_eq!(minutes(text).ok(), expected, "{text}");
        }
        for text in ["", "10", "0m", "25h", "-5m", "1d", "m", "99999999999999999999h", "5é"] {
            assert!(minutes(text).is_err(), "{text}");
        }
    }
}
