//! `hookrail devices`

use std::io::{self, Write as _};
use std::process::ExitCode;

use hookrail_core::time::Timestamp;
use serde::Deserialize;

use super::nothing_found;
use crate::api::{Api, Query, parse};
use crate::connection::Connection;
use crate::output::{Display, Table, plain, width};

/// List the machines events come from, and what is wrong with them
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    display: Display,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Deserialize)]
struct Row {
    name: String,
    events: u64,
    last_seen: Option<Timestamp>,
    reported_at: Option<Timestamp>,
    clock_skew_ms: Option<i64>,
    report: Option<Report>,
    flags: Vec<Flag>,
}

#[derive(Debug, Deserialize)]
struct Report {
    context: Place,
    backlog: Backlog,
}

#[derive(Debug, Deserialize)]
struct Place {
    version: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Backlog {
    bytes: u64,
}

#[derive(Debug, Deserialize)]
struct Flag {
    message: String,
}

/// Lists the devices of the key's project.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let api = Api::new(&args.connection)?;
    let clock = args.display.clock();
    let mut out = io::stdout().lock();
    let mut table = Table::new(&["device", "last event", "events", "version", "clock", "backlog", "reported", "wrong"]);
    let mut wrong = Vec::new();
    let mut found = false;
    for item in api.items("/api/v1/devices", Query::default(), None) {
        let item = item?;
        found = true;
        if args.display.json {
            writeln!(out, "{item}")?;
            continue;
        }
        let row: Row = parse(&item)?;
        let shown = |at: Option<Timestamp>| at.map(|at| clock.date_time(at)).unwrap_or_default();
        let report = row.report.as_ref();
        table.row(vec![
            plain(&row.name).into_owned(),
            shown(row.last_seen),
            row.events.to_string(),
            report.and_then(|report| report.context.version.as_deref()).map(plain).unwrap_or_default().into_owned(),
            row.clock_skew_ms.map(|ms| format!("{ms:+} ms")).unwrap_or_default(),
            report.map(|report| format!("{} KiB", report.backlog.bytes.div_ceil(1024))).unwrap_or_default(),
            shown(row.reported_at),
            row.flags.len().to_string(),
        ]);
        wrong.extend(row.flags.into_iter().map(|flag| format!("{}: {}", row.name, flag.message)));
    }
    match (found, args.display.json) {
        (true, false) => table.write(&mut out, width())?,
        (false, false) => nothing_found("devices")?,
        (_, true) => {}
    }
    for line in wrong {
        writeln!(out, "{}", plain(&line))?;
    }
    Ok(ExitCode::SUCCESS)
}
