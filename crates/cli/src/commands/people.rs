//! `hookrail people`

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Subcommand;
use hookrail_core::time::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::nothing_found;
use crate::api::{Api, Query, parse, segment};
use crate::connection::Connection;
use crate::filters::Span;
use crate::output::{Display, Table, dollars, grouped, plain, width};

/// The path that is asked.
const PATH: &str = "/api/v1/people";

/// List the people whose sessions were recorded, and put them into teams
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
A person is who the agent says is signed in, else who the device says it is. A span asks for who
was seen in it; the figures are of all time (`hookrail usage --by person` sums within a span). A
server with `--min-group` shows people to keys with the scope admin alone."
)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    list: List,
}

#[derive(Debug, Subcommand)]
enum Command {
    Team(Team),
}

/// Who, and how they are shown.
#[derive(Debug, clap::Args)]
struct List {
    #[command(flatten)]
    span: Span,
    #[command(flatten)]
    display: Display,
    #[command(flatten)]
    connection: Connection,
}

/// Put a person into a team, or out of any
#[derive(Debug, clap::Args)]
struct Team {
    /// The person, as `hookrail people` lists them
    #[arg(value_name = "PERSON")]
    person: String,
    /// The team; without it they are in none any more
    #[arg(value_name = "TEAM")]
    team: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Deserialize)]
struct Row {
    person: String,
    team: Option<String>,
    sessions: u64,
    prompts: u64,
    tool_calls: u64,
    tool_errors: u64,
    devices: u64,
    repositories: u64,
    last_seen: Timestamp,
    cost_microusd: i64,
    cost_estimated: bool,
}

/// Lists the people of the key's project, or changes a team.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.command {
        None => list(&args.list),
        Some(Command::Team(team)) => put(team),
    }
}

fn list(args: &List) -> anyhow::Result<ExitCode> {
    let api = Api::new(&args.connection)?;
    let clock = args.display.clock();
    let mut query = Query::default();
    args.span.add_to(&mut query);
    let mut out = io::stdout().lock();
    let mut table = Table::new(&[
        "last seen",
        "sessions",
        "prompts",
        "calls",
        "errors",
        "devices",
        "repositories",
        "cost",
        "team",
        "person",
    ]);
    let mut found = false;
    for item in api.items(PATH, query, None) {
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
            grouped(row.prompts),
            grouped(row.tool_calls),
            grouped(row.tool_errors),
            grouped(row.devices),
            grouped(row.repositories),
            dollars(row.cost_microusd, row.cost_estimated),
            row.team.as_deref().map(plain).unwrap_or_default().into_owned(),
            plain(&row.person).into_owned(),
        ]);
    }
    match (found, args.display.json) {
        (true, false) => table.write(&mut out, width())?,
        (false, false) => nothing_found("people")?,
        (_, true) => {}
    }
    Ok(ExitCode::SUCCESS)
}

fn put(args: &Team) -> anyhow::Result<ExitCode> {
    let api = Api::new(&args.connection)?;
    let (person, team) = (&args.person, &args.team);
    api.put::<()>(&format!("{PATH}/{}", segment(person)), &json!({"team": team}))?;
    let mut out = io::stdout().lock();
    match (args.json, team) {
        (true, _) => writeln!(out, "{}", json!({"person": person, "team": team}))?,
        (false, Some(team)) => writeln!(out, "{} is in {} from now on", plain(person), plain(team))?,
        (false, None) => writeln!(out, "{} is in no team any more", plain(person))?,
    }
    Ok(ExitCode::SUCCESS)
}
