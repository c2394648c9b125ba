//! `hookrail spend`

use std::io::{self, Write as _};
use std::process::ExitCode;

use hookrail_core::policy::spend::{Per, Within};
use hookrail_device::spend::{LimitState, Of, view};

use crate::connection::{self, Connection};
use crate::output::{Table, dollars, plain, short_id, width};

/// Show what was spent, and how near each limit of `policy.toml` is
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Counted on this device from what Claude Code and Codex write down, and asked of the server where one
is configured; the larger of both counts. Days, weeks and months begin at midnight of this device's
clock. `hookrail usage` sums what the server knows of everybody.")]
pub(crate) struct Args {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// Prints it.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let home = connection::home()?;
    let config = args.connection.device_config()?;
    let view = view(&home, &config, &std::env::current_dir()?)?;
    let mut out = io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&view)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(&["SPENT", "HERE", "SERVER", "WHAT"]);
    for of in view.person.iter().chain(&view.repository).chain(&view.sessions) {
        let server = of.server_microusd.map_or_else(|| "-".to_owned(), |amount| dollars(amount, false));
        table.row(vec![dollars(of.spent_microusd, false), dollars(of.here_microusd, false), server, name(of)]);
    }
    table.write(&mut out, width())?;
    writeln!(out)?;
    if view.limits.is_empty() {
        writeln!(out, "No limit is declared; `[[spend]]` in policy.toml declares one (docs/policy.md)")?;
    } else {
        let mut table = Table::new(&["LIMIT", "MODE", "SPENT", "OF", "STATE", "WHAT"]);
        for limit in &view.limits {
            table.row(vec![
                plain(&limit.rule).into_owned(),
                limit.mode.to_owned(),
                dollars(limit.spent.spent_microusd, false),
                dollars(limit.limit_microusd, false),
                state(limit).to_owned(),
                name(&limit.spent),
            ]);
        }
        table.write(&mut out, width())?;
    }
    let unpriced = view.person.iter().map(|of| of.unpriced_requests).max().unwrap_or(0);
    let mut err = io::stderr().lock();
    if unpriced > 0 {
        writeln!(err, "Requests of models without a known price, not in these sums: {unpriced}")?;
    }
    if view.damaged > 0 {
        writeln!(err, "Lines of the ledger that cannot be read: {}; the shipper counts anew", view.damaged)?;
    }
    if let Some(why) = &view.server {
        writeln!(err, "What the server knows is not of now: {}", plain(why))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn state(limit: &LimitState) -> &'static str {
    match (limit.silent, limit.reached) {
        (true, _) => "excepted",
        (false, true) => "reached",
        (false, false) => "below",
    }
}

/// Whose spending it is, and over which span.
fn name(of: &Of) -> String {
    let span = match of.within {
        None => "",
        Some(Within::Day) => "today",
        Some(Within::Week) => "this week",
        Some(Within::Month) => "this month",
    };
    let whose = of.of.as_deref().map(plain).unwrap_or_default();
    match of.per {
        Per::Person => format!("you, {span}"),
        Per::Repository if whose.is_empty() => format!("a repository, {span}"),
        Per::Repository => format!("{whose}, {span}"),
        Per::Session if whose.is_empty() => "a session".to_owned(),
        Per::Session => format!("session {}", short_id(&whose)),
    }
}
