//! `hookrail install` and `hookrail uninstall`

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Context as _;
use hookrail_core::event::Agent;
use hookrail_device::config::Token;
use hookrail_device::handlers::index;
use hookrail_device::install::{Applied, Facts, Installer, Places, Plan, Scope, hook_command, installer, setup};
use hookrail_device::policy::{self, Compiled};
use serde::Serialize;

use crate::failure::Failure;
use crate::{connection, env};

/// Register the hook with an agent, so that its sessions are recorded
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The agent's settings are merged, not replaced: order and comments stay, a copy from before is
kept beside them, and `hookrail uninstall` takes the hook out again. HOOKRAIL_TOKEN, where set,
is kept in config.toml for the shipper.")]
pub(crate) struct InstallArgs {
    #[command(flatten)]
    common: Common,
    /// Address of the server to ship to, kept in config.toml [default: what is there, else port 4665 here]
    #[arg(long, env = env::SERVER, hide_env = true, value_name = "URL")]
    server: Option<String>,
}

/// Take the hook out of an agent's settings again
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Where nobody else changed the settings meanwhile, they are byte for byte what they were before
`hookrail install`. What was recorded stays in the state folder until you remove it.")]
pub(crate) struct UninstallArgs {
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, clap::Args)]
struct Common {
    /// Agent whose settings are meant
    #[arg(value_name = "AGENT", value_parser = ["claude-code", "codex"])]
    agent: String,
    /// Whose sessions: all of yours, or those in the project of the current folder, of everybody or (Claude Code) of you
    #[arg(long, default_value = "user", value_parser = ["user", "project", "local"])]
    scope: String,
    /// Show what would change and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// What was done, or would be.
#[derive(Debug, Serialize)]
struct Report<'a> {
    agent: &'a str,
    scope: &'a str,
    file: String,
    dry_run: bool,
    changed: bool,
    added: usize,
    updated: usize,
    removed: usize,
    diff: String,
    backup: Option<String>,
    notes: &'a [String],
}

impl Common {
    fn installer(&self) -> anyhow::Result<&'static Installer> {
        installer(&Agent::from(self.agent.as_str())).ok_or_else(|| {
            Failure::new(format!("{} has no installer yet", self.agent), "see `hookrail install --help`").into()
        })
    }

    fn scope(&self) -> anyhow::Result<Scope> {
        let scope = Scope::ALL.into_iter().find(|scope| scope.as_str() == self.scope).unwrap_or(Scope::User);
        if scope == Scope::Local && self.agent != Agent::ClaudeCode.to_string() {
            let why = format!("{} has no settings of one person within a project", self.agent);
            return Err(Failure::new(why, "take `--scope user` or `--scope project`").into());
        }
        Ok(scope)
    }
}

fn places() -> anyhow::Result<Places> {
    let folder = std::env::current_dir().context("cannot tell the current folder")?;
    Places::from_env(|name| std::env::var(name).ok(), folder)
        .ok_or_else(|| Failure::new("the agent's settings cannot be found: HOME is not set", "set HOME").into())
}

/// Registers the hook and gives the device a server to ship to.
pub(crate) fn install(args: &InstallArgs) -> anyhow::Result<ExitCode> {
    let installer = args.common.installer()?;
    let own = std::env::current_exe().context("cannot find this program")?;
    let command = hook_command(&own, std::env::var_os("PATH").as_deref());
    let plan = installer.plan_install(args.common.scope()?, &places()?, &Facts::gather(installer, command))?;
    if !args.common.dry_run {
        prepare(args.server.as_deref(), !args.common.json)?;
    }
    finish(&args.common, &plan, Some(installer.title))
}

/// Gives the device what the hook needs: the state folder, a server to ship to, the index of handlers, the rules.
pub(super) fn prepare(server: Option<&str>, tells: bool) -> anyhow::Result<()> {
    let own = std::env::current_exe().context("cannot find this program")?;
    let token = std::env::var(env::TOKEN).ok().filter(|text| !text.trim().is_empty());
    let token = token.map(|text| Token::new(&text)).transpose()?;
    let home = connection::home()?;
    let made = setup::prepare(&home, server, token.as_ref())?;
    if made.config && tells {
        writeln!(io::stderr(), "Wrote {}", home.config().display())?;
    }
    index::compile(&home, &own, &|name| std::env::var(name).ok())?;
    let Compiled { file, denies, asks, .. } = policy::compile(&policy::Site::device(&home), super::emit::now())?;
    if tells {
        writeln!(io::stderr(), "Wrote {}: {denies} rules deny, {asks} ask", file.display())?;
    }
    Ok(())
}

/// Takes the hook out.
pub(crate) fn uninstall(args: &UninstallArgs) -> anyhow::Result<ExitCode> {
    let plan = args.common.installer()?.plan_uninstall(args.common.scope()?, &places()?)?;
    finish(&args.common, &plan, None)
}

/// Applies the plan, unless this is a dry run, and tells. `installed` is the agent that now has the hook.
fn finish(common: &Common, plan: &Plan, installed: Option<&str>) -> anyhow::Result<ExitCode> {
    let applied = if common.dry_run { None } else { Some(plan.apply()?) };
    let mut out = io::stdout().lock();
    if common.json {
        let backup = match &applied {
            Some(Applied::Written(backup)) => backup.as_ref().map(|path| path.display().to_string()),
            _ => None,
        };
        let report = Report {
            agent: &common.agent,
            scope: &common.scope,
            file: plan.path.display().to_string(),
            dry_run: common.dry_run,
            changed: !plan.is_nothing(),
            added: plan.changes.added,
            updated: plan.changes.updated,
            removed: plan.changes.removed,
            diff: plan.diff(),
            backup,
            notes: &plan.notes,
        };
        writeln!(out, "{}", serde_json::to_string(&report)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    write_outcome(&mut out, plan, applied.as_ref(), installed)?;
    for note in &plan.notes {
        writeln!(out, "note: {note}")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn write_outcome(
    out: &mut impl Write,
    plan: &Plan,
    applied: Option<&Applied>,
    installed: Option<&str>,
) -> io::Result<()> {
    let file = plan.path.display();
    match applied {
        None if plan.is_nothing() => writeln!(out, "{file} would stay as it is"),
        None => write!(out, "{}", plan.diff()),
        Some(Applied::Nothing) => writeln!(out, "{file} is already as it should be"),
        Some(Applied::Removed) => writeln!(out, "Removed {file}: it held nothing but the hook"),
        Some(Applied::Written(backup)) => {
            let changes = plan.changes;
            writeln!(
                out,
                "Changed {file}: {} hooks added, {} updated, {} removed",
                changes.added, changes.updated, changes.removed
            )?;
            if let Some(backup) = backup {
                writeln!(out, "Kept what it was before in {}", backup.display())?;
            }
            match installed {
                Some(agent) => writeln!(
                    out,
                    "New sessions of {agent} are recorded; `hookrail serve` shows them, `hookrail doctor` checks the chain"
                ),
                None => Ok(()),
            }
        }
    }
}
