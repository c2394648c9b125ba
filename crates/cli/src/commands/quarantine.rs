//! `hookrail quarantine`

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
use crate::output::{Display, Table, plain, short_id, width};

/// Events that came without a key and that nobody's key has spoken for
#[derive(Debug, clap::Args)]
#[command(after_help = "\
An event without a key waits ten minutes for a request with a key that names its session, and is
then kept in quarantine for thirty days. Both are the operator's alone: they are nobody's yet.")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(List),
    Show(Show),
    Attribute(Attribute),
    Purge(Purge),
}

/// List the sessions that wait, and those in quarantine
#[derive(Debug, clap::Args)]
struct List {
    #[command(flatten)]
    display: Display,
    #[command(flatten)]
    connection: Connection,
}

/// Which session.
#[derive(Debug, clap::Args)]
struct Session {
    /// The session's id
    #[arg(value_name = "SESSION")]
    session: String,
    /// Its agent, where two agents have a session of this id
    #[arg(long, value_name = "AGENT")]
    agent: Option<String>,
}

impl Session {
    /// The path of a door of this session, with its agent where that was told.
    fn path(&self, door: &str) -> String {
        let agent = self.agent.as_deref().map(|agent| format!("?agent={}", segment(agent))).unwrap_or_default();
        format!("/api/v1/quarantine/{}{door}{agent}", segment(&self.session))
    }
}

/// Show the events of one of them
#[derive(Debug, clap::Args)]
struct Show {
    #[command(flatten)]
    session: Session,
    #[command(flatten)]
    display: Display,
    #[command(flatten)]
    connection: Connection,
}

/// Give the events of one of them to a project
#[derive(Debug, clap::Args)]
struct Attribute {
    #[command(flatten)]
    session: Session,
    /// The project
    #[arg(long, value_name = "PROJECT")]
    project: String,
    /// Who was at work
    #[arg(long, value_name = "PERSON")]
    person: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// Remove the events of one of them from the quarantine; what still waits stays
#[derive(Debug, clap::Args)]
struct Purge {
    #[command(flatten)]
    session: Session,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// A session as the list shows it.
#[derive(Debug, Deserialize)]
struct Row {
    state: String,
    session_id: String,
    agent: String,
    events: u64,
    first_at: Timestamp,
    last_at: Timestamp,
    address: String,
}

#[derive(Debug, Deserialize)]
struct EventRow {
    state: String,
    id: String,
    name: String,
    received_at: Timestamp,
    address: String,
}

#[derive(Debug, Deserialize)]
struct Attributed {
    stored: u64,
    claimed: bool,
}

#[derive(Debug, Deserialize)]
struct Purged {
    removed: u64,
}

/// Shows what is nobody's yet, or decides whose it is.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::List(args) => list(&args),
        Command::Show(args) => show(&args),
        Command::Attribute(args) => attribute(&args),
        Command::Purge(args) => purge(&args),
    }?;
    Ok(ExitCode::SUCCESS)
}

fn list(args: &List) -> anyhow::Result<()> {
    let clock = args.display.clock();
    let head = ["state", "session", "agent", "events", "first", "last", "from"];
    print(&args.connection, &args.display, "/api/v1/quarantine", Query::default(), &head, |item| {
        let row: Row = parse(item)?;
        Ok(vec![
            plain(&row.state).into_owned(),
            plain(&row.session_id).into_owned(),
            plain(&row.agent).into_owned(),
            row.events.to_string(),
            clock.date_time(row.first_at),
            clock.date_time(row.last_at),
            plain(&row.address).into_owned(),
        ])
    })
}

fn show(args: &Show) -> anyhow::Result<()> {
    let clock = args.display.clock();
    let head = ["state", "received", "event", "id", "from"];
    let mut query = Query::default();
    query.set("agent", args.session.agent.as_deref());
    let path = format!("/api/v1/quarantine/{}/events", segment(&args.session.session));
    print(&args.connection, &args.display, &path, query, &head, |item| {
        let row: EventRow = parse(item)?;
        Ok(vec![
            plain(&row.state).into_owned(),
            clock.date_time(row.received_at),
            plain(&row.name).into_owned(),
            short_id(&row.id).into_owned(),
            plain(&row.address).into_owned(),
        ])
    })
}

/// Prints every item of a list, as it came or as a row of a table.
fn print(
    connection: &Connection,
    display: &Display,
    path: &str,
    query: Query,
    head: &[&'static str],
    row: impl Fn(&RawValue) -> anyhow::Result<Vec<String>>,
) -> anyhow::Result<()> {
    let api = Api::new(connection)?;
    let mut out = io::stdout().lock();
    let mut table = Table::new(head);
    let mut found = false;
    for item in api.items(path, query, None) {
        let item = item?;
        found = true;
        match display.json {
            true => writeln!(out, "{item}")?,
            false => table.row(row(&item)?),
        }
    }
    match (found, display.json) {
        (true, false) => table.write(&mut out, width())?,
        (false, false) => nothing_found("events without a key")?,
        (_, true) => {}
    }
    Ok(())
}

fn attribute(args: &Attribute) -> anyhow::Result<()> {
    let wanted = json!({"project": args.project, "person": args.person});
    let answer: Box<RawValue> = Api::new(&args.connection)?.post(&args.session.path("/attribute"), &wanted)?;
    tell(&answer, args.json, |Attributed { stored, claimed }| {
        let rest = if claimed { "; what still waited follows at once" } else { "" };
        format!("{stored} events of the quarantine are in {} now{rest}", args.project)
    })
}

fn purge(args: &Purge) -> anyhow::Result<()> {
    let answer: Box<RawValue> = Api::new(&args.connection)?.delete(&args.session.path(""))?;
    tell(&answer, args.json, |Purged { removed }| format!("{removed} events are removed"))
}

fn tell<T: for<'a> Deserialize<'a>>(
    answer: &RawValue,
    json: bool,
    sentence: impl FnOnce(T) -> String,
) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match json {
        true => writeln!(out, "{answer}")?,
        false => writeln!(out, "{}", plain(&sentence(parse(answer)?)))?,
    }
    Ok(())
}
