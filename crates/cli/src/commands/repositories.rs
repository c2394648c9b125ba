//! `hookrail repositories`

use std::io::{self, Write as _};
use std::process::ExitCode;

use hookrail_core::time::Timestamp;
use serde::Deserialize;

use super::nothing_found;
use crate::api::{Api, Query, parse};
use crate::connection::Connection;
use crate::filters::Span;
use crate::output::{Display, Table, dollars, grouped, plain, width};

/// List the repositories that agents worked in, with what was used there
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A repository is its remote, else the folder of its checkout. A span asks for those worked in within
it; the figures are of all time (`hookrail usage --by repository` sums within a span). A server with
`--min-group` shows those of fewer people to keys with the scope admin alone.")]
pub(crate) struct Args {
    #[command(flatten)]
    span: Span,
    #[command(flatten)]
    display: Display,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Deserialize)]
struct Row {
    repository: String,
    sessions: u64,
    people: u64,
    prompts: u64,
    tool_calls: u64,
    tool_errors: u64,
    last_seen: Timestamp,
    cost_microusd: i64,
    cost_estimated: bool,
}

/// Lists the repositories of the key's project.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let api = Api::new(&args.connection)?;
    let clock = args.display.clock();
    let mut query = Query::default();
    args.span.add_to(&mut query);
    let mut out = io::stdout().lock();
    let mut table =
        Table::new(&["last seen", "sessions", "people", "prompts", "calls", "errors", "cost", "repository"]);
    let mut found = false;
    for item in api.items("/api/v1/repositories", query, None) {
        let item = item?;
        found = true;
        if args.display.json {
            writeln!(out, "{item}")?;
            continue;
        }
        let row: Row = parse(&item)?;
        table.row(vec![
            clock.date_time(row.last_seen),
            grouped(row.sessions),
            grouped(row.people),
            grouped(row.prompts),
            grouped(row.tool_calls),
            grouped(row.tool_errors),
            dollars(row.cost_microusd, row.cost_estimated),
            plain(&row.repository).into_owned(),
        ]);
    }
    match (found, args.display.json) {
        (true, false) => table.write(&mut out, width())?,
        (false, false) => nothing_found("repositories")?,
        (_, true) => {}
    }
    Ok(ExitCode::SUCCESS)
}
