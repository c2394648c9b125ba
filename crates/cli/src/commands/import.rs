//! `hookrail import`

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use hookrail_core::event::Agent;
use hookrail_device::import::{self, ImportError, Options, Progress, Summary};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio_util::sync::CancellationToken;

use super::interrupt;
use crate::connection::{self, Connection};
use crate::failure::Failure;
use crate::redact_key;

/// Send an agent's history, from its transcripts, to the server
#[derive(Debug, clap::Args)]
#[command(after_help = "\
What was sent before is not sent again, and what arrives twice is stored once: an import can be
stopped and repeated at any time. Where no PATH is given:
  claude-code  projects in CLAUDE_CONFIG_DIR or ~/.claude, and ~/.config/claude/projects
  codex        sessions and archived_sessions in CODEX_HOME or ~/.codex")]
pub(crate) struct Args {
    /// The agent whose history it is: `claude-code` or `codex`
    #[arg(value_name = "AGENT")]
    agent: String,
    /// The agent's `projects` or `sessions` folder, a folder within it, or a single file
    #[arg(value_name = "PATH")]
    path: Option<PathBuf>,
    /// Only what was written from this time on: RFC 3339, or a span back from now such as `24h`, `30d`
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Read everything and tell what would be sent; send nothing
    #[arg(long)]
    dry_run: bool,
    /// Read every file from its start, also what was sent before
    #[arg(long)]
    again: bool,
    /// Print one JSON object at the end
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// Imports, and tells what was done.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let home = connection::home()?;
    let mut config = args.connection.config()?;
    config.privacy.redactor.key = redact_key::of(home.path());
    let agent = Agent::from(args.agent.as_str());
    let env = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let roots = match &args.path {
        Some(path) => vec![path.clone()],
        None => import::default_roots(&agent, env),
    };
    if roots.is_empty() && matches!(agent, Agent::ClaudeCode | Agent::Codex) {
        let message = format!("there is no history of {agent} where it is by default");
        return Err(Failure::new(message, "name the folder: `hookrail import AGENT PATH`").into());
    }
    let options = Options {
        since: args.since.as_deref().map(since).transpose()?,
        dry_run: args.dry_run,
        again: args.again,
        user_folder: (agent == Agent::ClaudeCode).then(|| import::claude_folder(env)).flatten(),
        agent,
        roots,
    };
    let stop = CancellationToken::new();
    interrupt::watch_in_thread(&stop, "Stopping; the next import goes on from here")?;
    let bar = if args.json { ProgressBar::hidden() } else { bar() };
    let outcome =
        import::import(&home, &config, &options, &mut |progress| tell(&bar, progress), &|| stop.is_cancelled());
    bar.finish_and_clear();
    let summary = outcome.map_err(|error| advise(&error))?;
    if args.json {
        writeln!(io::stdout(), "{}", serde_json::to_string(&summary)?)?;
    } else {
        print(&summary, args.dry_run)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A time, or a span back from now.
fn since(text: &str) -> anyhow::Result<hookrail_core::time::Timestamp> {
    import::since(text).ok_or_else(|| {
        let message = format!("`{text}` is no time");
        Failure::new(message, "give RFC 3339 such as 2026-11-01T00:00:00Z, or a span such as 24h or 30d").into()
    })
}

fn tell(bar: &ProgressBar, progress: Progress) {
    match progress {
        Progress::Found { bytes, .. } => bar.set_length(bytes),
        Progress::Settled(bytes) => bar.inc(bytes),
        Progress::Waiting { why, wait } => {
            let message = format!("hookrail: {why}; trying again in {:.1} s", wait.as_secs_f32());
            // Standard error that is gone has nobody to tell.
            bar.suspend(|| drop(writeln!(io::stderr(), "{message}")));
        }
    }
}

fn print(summary: &Summary, dry_run: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let Summary { files, unchanged, unreadable, lines, events, duplicates, rejected, skipped, sessions, .. } = summary;
    let sent = if dry_run { "to send" } else { "sent" };
    writeln!(out, "{events} events {sent}, of {sessions} sessions, from {lines} lines of {files} files")?;
    if *duplicates > 0 {
        writeln!(out, "{duplicates} of them were known before")?;
    }
    if *unchanged > 0 {
        writeln!(out, "{unchanged} files had nothing new since the last import")?;
    }
    if !skipped.is_empty() {
        let reasons: Vec<_> = skipped.iter().map(|(reason, lines)| format!("{reason} {lines}")).collect();
        writeln!(out, "lines left out: {}", reasons.join(", "))?;
    }
    if *rejected > 0 {
        writeln!(
            out,
            "{rejected} events were refused; `rejected` of the state folder has them with the reason of each"
        )?;
    }
    for problem in unreadable {
        writeln!(io::stderr(), "hookrail: cannot read {problem}")?;
    }
    Ok(())
}

fn advise(error: &ImportError) -> anyhow::Error {
    let hint = match error {
        ImportError::UnknownAgent(_) => "give `claude-code` or `codex`",
        ImportError::Unreadable { .. } => "name the agent's `projects` or `sessions` folder",
        ImportError::Refused(_) => "check the server's address and key: `hookrail doctor`",
        ImportError::Undelivered(_) => "is `hookrail serve` running? Run the import again, it goes on where it ended",
        ImportError::Home(_) => "check the permissions and the space of the state folder",
    };
    Failure::new(error.to_string(), hint).into()
}

/// A bar on standard error, invisible where that is no terminal.
fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("Importing {wide_bar} {bytes} of {total_bytes}, {eta} left");
    style.map_or(bar.clone(), |style| bar.with_style(style))
}
