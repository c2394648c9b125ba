//! `hookrail usage`

use std::io::{self, Write as _};
use std::process::ExitCode;

use hookrail_store::model::GroupBy;
use serde::Deserialize;

use super::nothing_found;
use crate::api::{Api, Query, parse};
use crate::connection::Connection;
use crate::filters::{Origin, Span};
use crate::output::{Display, Table, dollars, grouped, plain, short_id, width};

/// The path that is asked.
const PATH: &str = "/api/v1/usage";

/// Sum what models used and cost, by model, person, repository, day or other things
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Each request counts once, whichever of telemetry, transcript and hook told of it. An amount with
`~` in front is estimated in part: by the price table, where the agent did not tell the cost.")]
pub(crate) struct Args {
    /// What to sum by
    #[arg(long, default_value = "model", value_parser = GroupBy::ALL.map(|(_, word)| word), value_name = "WHAT")]
    by: String,
    /// Only of this model
    #[arg(long, value_name = "MODEL", help_heading = "Filters")]
    model: Option<String>,
    /// Only in this repository
    #[arg(long, value_name = "REPOSITORY", help_heading = "Filters")]
    repository: Option<String>,
    /// Only of this team
    #[arg(long, value_name = "TEAM", help_heading = "Filters")]
    team: Option<String>,
    /// Only of this agent, such as `claude-code`
    #[arg(long, short, value_name = "AGENT", help_heading = "Filters")]
    agent: Option<String>,
    /// Only of this session; the beginning of its id is enough
    #[arg(long, short, value_name = "ID", help_heading = "Filters")]
    session: Option<String>,
    #[command(flatten)]
    origin: Origin,
    #[command(flatten)]
    span: Span,
    #[command(flatten)]
    display: Display,
    #[command(flatten)]
    connection: Connection,
}

/// What was used, of a group or of all.
#[derive(Debug, Deserialize)]
struct Used {
    #[serde(default)]
    key: String,
    requests: u64,
    input_tokens: u64,
    output_tokens: u64,
    cache_read_tokens: u64,
    cache_write_tokens: u64,
    cost_microusd: i64,
    cost_estimated: bool,
    unpriced_requests: u64,
}

#[derive(Debug, Deserialize)]
struct Total {
    total: Used,
}

/// Prints the groups and their sum.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let api = Api::new(&args.connection)?;
    let query = query(args, &api)?;
    let mut out = io::stdout().lock();
    if args.display.json {
        for item in api.items(PATH, query, None) {
            writeln!(out, "{}", item?)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(&["requests", "input", "output", "cache read", "cache write", "cost", "by"]);
    let mut groups = 0;
    for item in api.items(PATH, query.clone(), None) {
        let used: Used = parse(&item?)?;
        groups += 1;
        table.row(row(&used, &name(&args.by, &used.key)));
    }
    if groups == 0 {
        nothing_found("use of models")?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut one = query;
    one.set("limit", Some("1"));
    let Total { total } = api.get(PATH, &one)?;
    if groups > 1 {
        table.row(row(&total, "all"));
    }
    table.write(&mut out, width())?;
    if total.unpriced_requests > 0 {
        writeln!(io::stderr(), "Requests without a known cost, not in these sums: {}", total.unpriced_requests)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn query(args: &Args, api: &Api) -> anyhow::Result<Query> {
    let session = args.session.as_deref().map(|given| api.full_session_id(given)).transpose()?;
    let mut query = Query::default();
    query.set("group_by", Some(&args.by));
    query.set("model", args.model.as_deref());
    query.set("repository", args.repository.as_deref());
    query.set("team", args.team.as_deref());
    query.set("agent", args.agent.as_deref());
    query.set("session_id", session.as_deref());
    args.origin.add_to(&mut query);
    args.span.add_to(&mut query);
    Ok(query)
}

/// What a group is called; one that is not known has no key.
fn name(by: &str, key: &str) -> String {
    match (by, key) {
        (_, "") => "(unknown)".to_owned(),
        ("session", key) => short_id(key).into_owned(),
        (_, key) => plain(key).into_owned(),
    }
}

fn row(used: &Used, name: &str) -> Vec<String> {
    vec![
        grouped(used.requests),
        grouped(used.input_tokens),
        grouped(used.output_tokens),
        grouped(used.cache_read_tokens),
        grouped(used.cache_write_tokens),
        dollars(used.cost_microusd, used.cost_estimated),
        name.to_owned(),
    ]
}
