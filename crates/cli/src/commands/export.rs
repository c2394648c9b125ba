//! `hookrail export`

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::ValueEnum;
use serde_json::value::RawValue;

use crate::api::{Api, Items, parse};
use crate::connection::Connection;
use crate::csv;
use crate::filters::EventFilters;
use crate::rows::EventRow;

/// Write all matching events, newest first, as JSON lines or CSV
#[derive(Debug, clap::Args)]
#[command(after_help = "\
In CSV a cell that a spreadsheet would run as a formula gets an apostrophe in front; JSON lines
are exact.")]
pub(crate) struct Args {
    /// Format to write
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    format: Format,
    /// Write to this file instead of standard output; it appears only when it is complete
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    filters: EventFilters,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// One event per line, as the API gives it
    Jsonl,
    /// A table with a head, the payload as JSON in its last column
    Csv,
}

/// The columns of the CSV.
const COLUMNS: [&str; 20] = [
    "id",
    "seq",
    "session_id",
    "agent",
    "name",
    "kind",
    "occurred_at",
    "received_at",
    "actor",
    "tool",
    "mcp_server",
    "mcp_server_name",
    "tool_use_id",
    "outcome",
    "duration_ms",
    "verdict",
    "user",
    "device",
    "source_app",
    "payload",
];

/// Writes the events, page by page as they come.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let api = Api::new(&args.connection)?;
    let events = api.items("/api/v1/events", args.filters.query(&api)?, None);
    match &args.output {
        None => {
            write(args.format, events, BufWriter::new(io::stdout().lock()))?;
        }
        Some(path) => {
            let count = write_file(args.format, events, path)?;
            writeln!(io::stderr(), "Exported {count} events to {}", path.display())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes beside the file and renames at the end: what is there under its name is complete.
fn write_file(format: Format, events: Items<'_>, path: &Path) -> anyhow::Result<u64> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = tempfile::NamedTempFile::new_in(folder)
        .with_context(|| format!("cannot write to the folder {}", folder.display()))?;
    let count = write(format, events, BufWriter::new(file.as_file()))?;
    let _: File = file.persist(path).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(count)
}

fn write(format: Format, events: Items<'_>, mut out: impl Write) -> anyhow::Result<u64> {
    if let Format::Csv = format {
        csv::write_row(&mut out, COLUMNS)?;
    }
    let mut count = 0;
    for event in events {
        let event = event?;
        match format {
            Format::Jsonl => writeln!(out, "{event}")?,
            Format::Csv => write_event(&mut out, &event)?,
        }
        count += 1;
    }
    out.flush()?;
    Ok(count)
}

fn write_event(out: &mut impl Write, event: &RawValue) -> anyhow::Result<()> {
    let row: EventRow = parse(event)?;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let cells: [String; COLUMNS.len()] = [
        row.id,
        row.seq.to_string(),
        text(&row.session_id),
        row.agent,
        row.name,
        row.kind,
        row.occurred_at.to_string(),
        row.received_at.to_string(),
        row.actor.subagent_id().unwrap_or("main").to_owned(),
        text(&row.tool),
        text(&row.mcp_server),
        text(&row.mcp_server_name),
        text(&row.tool_use_id),
        text(&row.outcome),
        row.duration_ms.map(|ms| ms.to_string()).unwrap_or_default(),
        row.verdict.map(|verdict| verdict.decision.as_str().to_owned()).unwrap_or_default(),
        text(&row.user),
        text(&row.device),
        text(&row.source_app),
        row.payload.get().to_owned(),
    ];
    csv::write_row(out, cells.iter().map(String::as_str))?;
    Ok(())
}
