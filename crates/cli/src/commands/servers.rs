//! `hookrail servers`

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Subcommand;
use hookrail_core::time::Timestamp;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::nothing_found;
use crate::api::{Api, Query, parse, segment};
use crate::connection::Connection;
use crate::filters::Span;
use crate::output::{Display, Table, plain, width};

/// List the MCP servers that were used, and call them as you like
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
A name shows wherever the server does, on what was recorded before too. Servers of one name count
as one. In place of a server's raw name, a pattern such as `plugin_*_linear` names every server
that fits and has no name of its own."
)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    list: List,
}

#[derive(Debug, Subcommand)]
enum Command {
    Name(Name),
    Forget(Forget),
}

/// Which servers, and how they are shown.
#[derive(Debug, clap::Args)]
struct List {
    #[command(flatten)]
    span: Span,
    #[command(flatten)]
    display: Display,
    #[command(flatten)]
    connection: Connection,
}

/// Call a server by another name
#[derive(Debug, clap::Args)]
struct Name {
    /// Raw name of the server, as `hookrail servers` lists it, or a pattern with `*`
    #[arg(value_name = "RAW")]
    raw: String,
    /// What to call it
    #[arg(value_name = "DISPLAY")]
    display: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// Take a name back
#[derive(Debug, clap::Args)]
struct Forget {
    /// Raw name or pattern it was given to
    #[arg(value_name = "RAW")]
    raw: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// A server as the list shows it.
#[derive(Debug, Deserialize)]
struct Row {
    raw: String,
    display: String,
    calls: u64,
    errors: u64,
    last_seen: Option<Timestamp>,
}

/// A name that somebody gave.
#[derive(Debug, Deserialize)]
struct Named {
    raw: String,
    display: String,
}

/// Lists the servers, or changes what one is called.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        None => list(&args.list),
        Some(Command::Name(args)) => name(&args),
        Some(Command::Forget(args)) => forget(&args),
    }?;
    Ok(ExitCode::SUCCESS)
}

fn list(args: &List) -> anyhow::Result<()> {
    let api = Api::new(&args.connection)?;
    let mut query = Query::default();
    args.span.add_to(&mut query);
    let clock = args.display.clock();
    let mut out = io::stdout().lock();
    let mut table = Table::new(&["server", "calls", "errors", "last call", "raw name"]);
    let mut found = false;
    for item in api.items("/api/v1/servers", query, None) {
        let item = item?;
        found = true;
        if args.display.json {
            writeln!(out, "{item}")?;
            continue;
        }
        let row: Row = parse(&item)?;
        table.row(vec![
            plain(&row.display).into_owned(),
            row.calls.to_string(),
            row.errors.to_string(),
            row.last_seen.map(|at| clock.date_time(at)).unwrap_or_default(),
            plain(&row.raw).into_owned(),
        ]);
    }
    match (found, args.display.json) {
        (true, false) => table.write(&mut out, width())?,
        (false, false) => nothing_found("MCP servers")?,
        (_, true) => {}
    }
    Ok(())
}

fn name(args: &Name) -> anyhow::Result<()> {
    let api = Api::new(&args.connection)?;
    let answer: Box<RawValue> = api.put(&path(&args.raw), &json!({"display": args.display}))?;
    tell(&answer, args.json, |named| format!("{} is called {} from now on", named.raw, named.display))
}

fn forget(args: &Forget) -> anyhow::Result<()> {
    let answer: Box<RawValue> = Api::new(&args.connection)?.delete(&path(&args.raw))?;
    tell(&answer, args.json, |named| format!("{} is not called {} any more", named.raw, named.display))
}

fn path(raw: &str) -> String {
    format!("/api/v1/servers/{}", segment(raw))
}

fn tell(answer: &RawValue, json: bool, sentence: impl FnOnce(Named) -> String) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    if json {
        writeln!(out, "{answer}")?;
    } else {
        writeln!(out, "{}", plain(&sentence(parse(answer)?)))?;
    }
    Ok(())
}
