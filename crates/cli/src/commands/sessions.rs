//! `hookrail sessions`

use std::io::{self, Write};
use std::process::ExitCode;

use serde_json::value::RawValue;

use crate::api::{Api, Query, parse};
use crate::connection::Connection;
use crate::filters::{Origin, Span};
use crate::output::{Clock, Display, Table, dollars, grouped, millis, plain, short_id, tint, width};
use crate::rows::{SessionRow, ToolCallRow};

/// List sessions, newest first, or show one with its tool calls
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Show this session; the beginning of its id is enough
    #[arg(value_name = "ID")]
    session: Option<String>,
    /// Print at most this many sessions or tool calls
    #[arg(long, short = 'n', default_value_t = 50, value_name = "COUNT")]
    limit: u64,
    /// Only sessions of this agent, such as `claude-code`
    #[arg(long, short, value_name = "AGENT", help_heading = "Filters")]
    agent: Option<String>,
    /// Only sessions in this state
    #[arg(long, value_parser = ["working", "waiting", "idle", "asleep", "ended", "failed"], help_heading = "Filters")]
    state: Option<String>,
    /// Only sessions whose title, id or folder contains this text
    #[arg(long, short = 'g', value_name = "TEXT", help_heading = "Filters")]
    grep: Option<String>,
    #[command(flatten)]
    origin: Origin,
    #[command(flatten)]
    span: Span,
    #[command(flatten)]
    display: Display,
    #[command(flatten)]
    connection: Connection,
}

/// Prints the list, or the one session.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let api = Api::new(&args.connection)?;
    let mut out = io::stdout().lock();
    match &args.session {
        Some(given) => show(args, &api, given, &mut out)?,
        None => list(args, &api, &mut out)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn list(args: &Args, api: &Api, out: &mut impl Write) -> anyhow::Result<()> {
    let mut query = Query::default();
    query.set("agent", args.agent.as_deref());
    query.set("state", args.state.as_deref());
    query.set("q", args.grep.as_deref());
    args.origin.add_to(&mut query);
    args.span.add_to(&mut query);
    let clock = args.display.clock();
    let mut table = Table::new(&["id", "agent", "state", "started", "events", "tools", "errors", "title"]);
    let mut found = false;
    for item in api.items("/api/v1/sessions", query, Some(args.limit)) {
        let item = item?;
        found = true;
        if args.display.json {
            writeln!(out, "{item}")?;
            continue;
        }
        let row: SessionRow = parse(&item)?;
        table.row(vec![
            short_id(&row.id).into_owned(),
            plain(&row.agent).into_owned(),
            state(&row),
            clock.date_time(row.started_at),
            row.events.to_string(),
            row.tool_calls.to_string(),
            row.tool_errors.to_string(),
            plain(row.title.as_deref().or(row.cwd.as_deref()).unwrap_or("-")).into_owned(),
        ]);
    }
    if args.display.json {
        return Ok(());
    }
    if found {
        table.write(out, width())?;
    } else {
        super::nothing_found("sessions")?;
    }
    Ok(())
}

fn show(args: &Args, api: &Api, given: &str, out: &mut impl Write) -> anyhow::Result<()> {
    let id = api.full_session_id(given)?;
    let mut query = Query::default();
    query.set("agent", args.agent.as_deref());
    let path = format!("/api/v1/sessions/{}", crate::api::segment(&id));
    let session: Box<RawValue> = api.get(&path, &query)?;
    let calls = api.items(&format!("{path}/tools"), query, Some(args.limit));
    if args.display.json {
        writeln!(out, "{session}")?;
        for call in calls {
            writeln!(out, "{}", call?)?;
        }
        return Ok(());
    }
    let clock = args.display.clock();
    write_facts(&parse(&session)?, &clock, out)?;
    let mut table = Table::new(&["time", "actor", "tool", "outcome", "took", "call"]);
    for call in calls {
        let call = call?;
        let row: ToolCallRow = parse(&call)?;
        table.row(vec![
            row.requested_at.or(row.ended_at).map(|at| clock.time(at)).unwrap_or_default(),
            row.actor_id.as_deref().map_or_else(|| "main".to_owned(), |id| short_id(id).into_owned()),
            plain(row.tool_label().as_deref().unwrap_or("-")).into_owned(),
            tint(row.outcome.as_deref().unwrap_or("running")).to_string(),
            row.duration_ms.map(millis).unwrap_or_default(),
            plain(&row.tool_use_id).into_owned(),
        ]);
    }
    writeln!(out)?;
    table.write(out, width())?;
    Ok(())
}

fn write_facts(row: &SessionRow, clock: &Clock, out: &mut impl Write) -> io::Result<()> {
    let optional = |text: &Option<String>| plain(text.as_deref().unwrap_or("-")).into_owned();
    for (name, value) in [
        ("session", plain(&row.id).into_owned()),
        ("agent", plain(&row.agent).into_owned()),
        ("state", state(row)),
        ("title", optional(&row.title)),
        ("person", optional(&row.user)),
        ("folder", optional(&row.cwd)),
        ("repository", repository(row)),
        ("model", optional(&row.model)),
        ("started", clock.date_time(row.started_at)),
        ("last event", clock.date_time(row.last_event_at)),
        ("events", row.events.to_string()),
        ("tool calls", format!("{}, {} failed or denied", row.tool_calls, row.tool_errors)),
        ("subagents", row.subagents.to_string()),
        ("tokens", tokens(row)),
        ("cost", dollars(row.cost_microusd, row.cost_estimated)),
    ] {
        writeln!(out, "{name:11} {value}")?;
    }
    Ok(())
}

fn repository(row: &SessionRow) -> String {
    match (&row.repository, &row.branch) {
        (Some(repository), Some(branch)) => plain(&format!("{repository}, branch {branch}")).into_owned(),
        (repository, _) => plain(repository.as_deref().unwrap_or("-")).into_owned(),
    }
}

fn tokens(row: &SessionRow) -> String {
    let [input, output, read, written] =
        [row.input_tokens, row.output_tokens, row.cache_read_tokens, row.cache_write_tokens].map(grouped);
    format!("{input} input, {output} output, {read} read from and {written} written to caches")
}

fn state(row: &SessionRow) -> String {
    let inferred = if row.ended_inferred { " (inferred)" } else { "" };
    format!("{}{inferred}", tint(&row.state))
}
