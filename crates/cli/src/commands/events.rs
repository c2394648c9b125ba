//! `hookrail events`

use std::io::{self, Write};
use std::process::ExitCode;

use serde_json::value::RawValue;

use crate::api::{Api, Query, parse, segment};
use crate::connection::Connection;
use crate::filters::EventFilters;
use crate::output::{Display, Table, millis, plain, short_id, tint, width};
use crate::rows::EventRow;

/// List events, newest first, or show one with its payload
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Show this event whole
    #[arg(value_name = "ID")]
    event: Option<String>,
    /// Print at most this many events
    #[arg(long, short = 'n', default_value_t = 50, value_name = "COUNT")]
    limit: u64,
    #[command(flatten)]
    filters: EventFilters,
    #[command(flatten)]
    display: Display,
    #[command(flatten)]
    connection: Connection,
}

/// Prints the list, or the one event.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let api = Api::new(&args.connection)?;
    let mut out = io::stdout().lock();
    match &args.event {
        Some(id) => show(args, &api, id, &mut out)?,
        None => list(args, &api, &mut out)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn list(args: &Args, api: &Api, out: &mut impl Write) -> anyhow::Result<()> {
    let clock = args.display.clock();
    let mut table = Table::new(&["time", "session", "actor", "event", "outcome", "took", "about"]);
    let mut found = false;
    for item in api.items("/api/v1/events", args.filters.query(api)?, Some(args.limit)) {
        let item = item?;
        found = true;
        if args.display.json {
            writeln!(out, "{item}")?;
            continue;
        }
        let row: EventRow = parse(&item)?;
        table.row(vec![
            clock.date_time(row.occurred_at),
            short_id(row.session_id.as_deref().unwrap_or("-")).into_owned(),
            row.actor_word(),
            plain(&row.name).into_owned(),
            tint(row.outcome_word()).to_string(),
            row.duration_ms.map(millis).unwrap_or_default(),
            row.subject(),
        ]);
    }
    if args.display.json {
        return Ok(());
    }
    if found {
        table.write(out, width())?;
    } else {
        super::nothing_found("events")?;
    }
    Ok(())
}

/// Prints an event as indented JSON, or as it came with `--json`.
fn show(args: &Args, api: &Api, id: &str, out: &mut impl Write) -> anyhow::Result<()> {
    let event: Box<RawValue> = api.get(&format!("/api/v1/events/{}", segment(id)), &Query::default())?;
    if args.display.json {
        writeln!(out, "{event}")?;
        return Ok(());
    }
    // JSON escapes control characters within texts, so that the terminal is safe from them.
    let value: serde_json::Value = parse(&event)?;
    writeln!(out, "{value:#}")?;
    Ok(())
}
