//! `hookrail titles`

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::ValueEnum;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use crate::api::{Api, Query, parse};
use crate::connection::Connection;
use crate::output::plain;

/// Say whether a model is asked for titles of this project's sessions, or change it
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A server asks nobody unless it is started with `--titles-url`. The model is sent the beginning of
a session, as it is stored: its first prompt and what the agent answered, redacted.")]
pub(crate) struct Args {
    /// What to change it to
    #[arg(value_enum, value_name = "ON|OFF")]
    change: Option<Change>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Change {
    /// Ask for titles
    On,
    /// Ask nobody
    Off,
}

#[derive(Deserialize)]
struct Titles {
    available: bool,
    enabled: bool,
    model: Option<String>,
}

/// Shows the setting, changed where that is asked for.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    const PATH: &str = "/api/v1/titles";
    let api = Api::new(&args.connection)?;
    let answer: Box<RawValue> = match args.change {
        None => api.get(PATH, &Query::default())?,
        Some(change) => api.put(PATH, &json!({"enabled": change == Change::On}))?,
    };
    let mut out = io::stdout().lock();
    if args.json {
        writeln!(out, "{answer}")?;
        return Ok(ExitCode::SUCCESS);
    }
    let titles: Titles = parse(&answer)?;
    let model = titles.model.unwrap_or_default();
    let sentence = match (titles.enabled, titles.available) {
        (true, true) => format!("Titles are on: {} is asked for them", plain(&model)),
        (true, false) => "Titles are on, but the server has nobody to ask; start it with `--titles-url`".to_owned(),
        (false, _) => "Titles are off: a session's title is the agent's own, else its first prompt".to_owned(),
    };
    writeln!(out, "{sentence}")?;
    Ok(ExitCode::SUCCESS)
}
