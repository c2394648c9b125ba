//! `hookrail mcp`

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Subcommand;
use hookrail_core::mcp::display;
use hookrail_device::install::Places;
use hookrail_device::mcp::Inventory;
use hookrail_device::policy::{Site, approved, gather};
use serde_json::json;

use crate::connection;
use crate::failure::Failure;
use crate::output::{Table, plain, width};

/// See which MCP servers the agents on this machine are configured to start
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(List),
}

/// List the servers in agents' own settings, and those that were called and are in none
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Settings are read, no server is started, and no value of a variable, header or argument is told.
Which servers are approved is said in policy.toml: [mcp] approved = [\"github\"], and
unapproved = \"observe\", \"ask\" or \"deny\". Called servers are found as far as the device's own
record goes back; `hookrail servers` asks the server.")]
struct List {
    /// Print JSON, an object a line
    #[arg(long)]
    json: bool,
}

/// Does what was asked.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::List(args) => list(args),
    }
}

fn list(args: &List) -> anyhow::Result<ExitCode> {
    let home = connection::home()?;
    let folder = std::env::current_dir().context("cannot tell the current folder")?;
    let places = Places::from_env(|name| std::env::var(name).ok(), folder)
        .ok_or_else(|| Failure::new("the agents' settings cannot be found: HOME is not set", "set HOME"))?;
    let rules = gather(&Site::device(&home))?;
    let approved = approved(&rules.sheets);
    let inventory = Inventory::look(&places, approved.as_deref());
    let seen = inventory.seen_only(&home);
    let mut out = io::stdout().lock();
    if args.json {
        for server in &inventory.servers {
            writeln!(out, "{}", json!({"configured": true, "server": server}))?;
        }
        for (agent, server) in &seen {
            writeln!(out, "{}", json!({"configured": false, "server": {"agent": agent, "server": server}}))?;
        }
        for file in &inventory.unread {
            writeln!(out, "{}", json!({"unread": file}))?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(&["agent", "server", "shown as", "scope", "by", "from", "approved"]);
    for server in &inventory.servers {
        let word = match (server.enabled, server.approved) {
            (false, _) => "switched off",
            (true, Some(true)) => "yes",
            (true, Some(false)) => "no",
            (true, None) => "",
        };
        let scope = match &server.project {
            Some(project) => format!("{} {project}", server.scope),
            None => server.scope.clone(),
        };
        table.row(vec![
            server.agent.clone(),
            plain(&server.server).into_owned(),
            plain(&display(&server.server)).into_owned(),
            plain(&scope).into_owned(),
            server.transport.clone(),
            server.origin.as_deref().map(plain).unwrap_or_default().into_owned(),
            word.to_owned(),
        ]);
    }
    for (agent, server) in &seen {
        let (raw, shown) = (plain(server).into_owned(), plain(&display(server)).into_owned());
        table.row(vec![
            agent.clone(),
            raw,
            shown,
            "called, in no settings".to_owned(),
            String::new(),
            String::new(),
            String::new(),
        ]);
    }
    if inventory.servers.is_empty() && seen.is_empty() {
        writeln!(io::stderr(), "No MCP server found")?;
    } else {
        table.write(&mut out, width())?;
    }
    for file in &inventory.unread {
        writeln!(
            io::stderr(),
            "{} could not be read, so what it configures is not known: {}",
            plain(&file.file),
            plain(&file.reason)
        )?;
    }
    Ok(ExitCode::SUCCESS)
}
