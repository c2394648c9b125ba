//! `hookrail findings`

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Subcommand;
use hookrail_core::time::Timestamp;
use hookrail_store::guard::{FindingKind, FindingState, Severity};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::nothing_found;
use crate::api::{Api, Query, parse};
use crate::connection::Connection;
use crate::failure::Failure;
use crate::filters::Span;
use crate::output::{Display, Table, plain, short_id, width};

/// List what was found in the record, and say what becomes of it
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The server looks through everything it stores: secrets that were taken out, calls that were denied
or asked about, calls that ran although they were denied, calls no guard could judge or none did.")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(List),
    Set(Set),
    Scan(Scan),
}

/// List findings, newest first
#[derive(Debug, clap::Args)]
struct List {
    /// Only findings in this state [default: open]
    #[arg(long, value_parser = words(FindingState::ALL, FindingState::as_str), value_name = "STATE", default_value = "open")]
    state: String,
    /// Findings in whatever state
    #[arg(long, conflicts_with = "state")]
    all: bool,
    /// Only findings of this kind
    #[arg(long, value_parser = words(FindingKind::ALL, FindingKind::as_str), value_name = "KIND")]
    kind: Option<String>,
    /// Only findings at least so severe
    #[arg(long, value_parser = words(Severity::ALL, Severity::as_str), value_name = "SEVERITY")]
    severity: Option<String>,
    /// Only findings of this rule
    #[arg(long, value_name = "RULE")]
    rule: Option<String>,
    /// Only findings of this owner
    #[arg(long, value_name = "OWNER")]
    owner: Option<String>,
    /// Only findings of this session; the beginning of its id is enough
    #[arg(long, short, value_name = "ID")]
    session: Option<String>,
    /// Most to list
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: u64,
    #[command(flatten)]
    span: Span,
    #[command(flatten)]
    display: Display,
    #[command(flatten)]
    connection: Connection,
}

/// Change the state or the owner of a finding
#[derive(Debug, clap::Args)]
struct Set {
    /// Number of the finding, as `findings list` shows it
    #[arg(value_name = "NUMBER")]
    id: u64,
    /// What becomes of it
    #[arg(long, value_parser = words(FindingState::ALL, FindingState::as_str), value_name = "STATE")]
    state: Option<String>,
    /// Who deals with it; empty for nobody
    #[arg(long, value_name = "OWNER")]
    owner: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// Show how far the record is looked through, or begin again
#[derive(Debug, clap::Args)]
struct Scan {
    /// Look through everything again from the first event
    #[arg(long)]
    again: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// A finding as the list shows it.
#[derive(Debug, Deserialize)]
struct Row {
    id: i64,
    kind: String,
    rule: String,
    severity: String,
    state: String,
    owner: Option<String>,
    summary: String,
    session_id: Option<String>,
    last_seen: Timestamp,
    count: u64,
}

#[derive(Debug, Deserialize)]
struct Progress {
    state: String,
    position: i64,
    end: i64,
    findings: u64,
    open: u64,
}

fn words<T: Copy>(all: &[T], word: fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().map(|one| word(*one)).collect()
}

/// Lists, changes, or tells of the scan.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::List(args) => list(&args),
        Command::Set(args) => set(&args),
        Command::Scan(args) => scan(&args),
    }?;
    Ok(ExitCode::SUCCESS)
}

fn list(args: &List) -> anyhow::Result<()> {
    let api = Api::new(&args.connection)?;
    let session = args.session.as_deref().map(|given| api.full_session_id(given)).transpose()?;
    let mut query = Query::default();
    query.set("state", (!args.all).then_some(args.state.as_str()));
    query.set("kind", args.kind.as_deref());
    query.set("severity", args.severity.as_deref());
    query.set("rule", args.rule.as_deref());
    query.set("owner", args.owner.as_deref());
    query.set("session_id", session.as_deref());
    args.span.add_to(&mut query);
    let clock = args.display.clock();
    let mut out = io::stdout().lock();
    let mut table =
        Table::new(&["#", "severity", "kind", "rule", "state", "owner", "times", "last", "session", "what"]);
    let mut found = false;
    for item in api.items("/api/v1/findings", query, Some(args.limit)) {
        let item = item?;
        found = true;
        if args.display.json {
            writeln!(out, "{item}")?;
            continue;
        }
        let row: Row = parse(&item)?;
        table.row(vec![
            row.id.to_string(),
            row.severity,
            row.kind,
            plain(&row.rule).into_owned(),
            row.state,
            plain(&row.owner.unwrap_or_default()).into_owned(),
            row.count.to_string(),
            clock.date_time(row.last_seen),
            short_id(&plain(&row.session_id.unwrap_or_default())).into_owned(),
            plain(&row.summary).into_owned(),
        ]);
    }
    match (found, args.display.json) {
        (true, false) => table.write(&mut out, width())?,
        (false, false) => nothing_found("findings")?,
        (_, true) => {}
    }
    Ok(())
}

fn set(args: &Set) -> anyhow::Result<()> {
    let mut change = Map::new();
    if let Some(state) = &args.state {
        change.insert("state".to_owned(), state.as_str().into());
    }
    if let Some(owner) = &args.owner {
        let owner = Some(owner.trim()).filter(|owner| !owner.is_empty());
        change.insert("owner".to_owned(), owner.map_or(Value::Null, Into::into));
    }
    if change.is_empty() {
        return Err(Failure::new("there is nothing to change", "give `--state`, `--owner` or both").into());
    }
    let path = format!("/api/v1/findings/{}", args.id);
    let answer: Box<RawValue> = Api::new(&args.connection)?.patch(&path, &Value::Object(change))?;
    let mut out = io::stdout().lock();
    if args.json {
        writeln!(out, "{answer}")?;
        return Ok(());
    }
    let row: Row = parse(&answer)?;
    let owner = row.owner.map(|owner| format!(", {} deals with it", plain(&owner))).unwrap_or_default();
    writeln!(out, "Finding {} is {}{owner}", row.id, row.state)?;
    Ok(())
}

fn scan(args: &Scan) -> anyhow::Result<()> {
    const PATH: &str = "/api/v1/scan";
    let api = Api::new(&args.connection)?;
    let answer: Box<RawValue> =
        if args.again { api.post(PATH, &Value::Null)? } else { api.get(PATH, &Query::default())? };
    let mut out = io::stdout().lock();
    if args.json {
        writeln!(out, "{answer}")?;
        return Ok(());
    }
    let Progress { state, position, end, findings, open } = parse(&answer)?;
    writeln!(
        out,
        "The scan is {state}: {position} of {end} events looked at; {findings} findings, {open} of them open"
    )?;
    Ok(())
}
