//! `hookrail stopped`, `hookrail allow-once` and `hookrail report`

use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::process::ExitCode;

use anyhow::Context as _;
use hookrail_core::policy;
use hookrail_core::time::Timestamp;
use hookrail_hook::Home;
use hookrail_hook::stopped::{Stopped, allowance, allowance_text};
use serde_json::json;

use super::emit::{self, now};
use super::pause::minutes;
use crate::connection::home;
use crate::failure::Failure;
use crate::output::{Table, plain, width};

/// List what the guard stopped on this device, newest first
#[derive(Debug, clap::Args)]
pub(crate) struct StoppedArgs {
    /// Most to list
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// Let one call pass that the guard stopped, once
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The very same call passes once if it is made again in time; any other is judged as before. It is for
a person: it needs a terminal, and an agent that runs it is denied by the guard itself.")]
pub(crate) struct AllowArgs {
    /// Code of the call, as the guard told it; `hookrail stopped` lists them [default: the last one]
    #[arg(value_name = "CODE")]
    code: Option<String>,
    /// In what time it may be made again: 10m, 2h
    #[arg(long = "for", value_name = "TIME", value_parser = minutes, default_value = "10m")]
    time: u64,
    /// Do not ask whether it is the right one
    #[arg(long)]
    yes: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Report that a call should not have been stopped, so that it can become a test
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The report holds the call, the verdict and the note. It is an event like any other: secrets are
redacted before it leaves the device, and without a server it stays here.")]
pub(crate) struct ReportArgs {
    /// Code of the call, as the guard told it; `hookrail stopped` lists them [default: the last one]
    #[arg(value_name = "CODE")]
    code: Option<String>,
    /// Why it was harmless
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// What was stopped, oldest first.
fn lines(home: &Home) -> anyhow::Result<String> {
    let path = home.stopped();
    let before = fs::read_to_string(path.with_extension("jsonl.1")).unwrap_or_default();
    match fs::read_to_string(&path) {
        Ok(text) => Ok(before + &text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(before),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

fn parsed(lines: &str) -> impl DoubleEndedIterator<Item = Stopped<'static>> {
    // A line torn by a full disk is nobody's.
    lines.lines().filter_map(|line| serde_json::from_str(line).ok())
}

/// The newest call of this code, or of any.
fn find(home: &Home, code: Option<&str>) -> anyhow::Result<Stopped<'static>> {
    let lines = lines(home)?;
    let found = parsed(&lines).rev().find(|stopped| code.is_none_or(|code| stopped.code == code));
    found.ok_or_else(|| {
        let what = code.map_or("nothing was stopped".to_owned(), |code| format!("no call {code} was stopped"));
        Failure::new(format!("{what} on this device lately"), "`hookrail stopped` lists what was").into()
    })
}

/// Lists what was stopped.
pub(crate) fn list(args: &StoppedArgs) -> anyhow::Result<ExitCode> {
    let lines = lines(&home()?)?;
    let mut out = io::stdout().lock();
    let newest = parsed(&lines).rev().take(args.limit);
    if args.json {
        for stopped in newest {
            writeln!(out, "{}", serde_json::to_string(&stopped)?)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(&["CODE", "AT", "AGENT", "DECISION", "RULE", "CALL"]);
    for stopped in newest {
        table.row(vec![
            plain(&stopped.code).into_owned(),
            stopped.at.to_string(),
            stopped.agent.to_string(),
            stopped.verdict.decision.as_str().to_owned(),
            plain(&stopped.verdict.rule).into_owned(),
            plain(&stopped.subject.replace('\n', " ")).into_owned(),
        ]);
    }
    table.write(&mut out, width())?;
    Ok(ExitCode::SUCCESS)
}

/// Lets a call pass once.
pub(crate) fn allow(args: &AllowArgs) -> anyhow::Result<ExitCode> {
    if !io::stdin().is_terminal() {
        return Err(Failure::new(
            "only a person at a terminal can let a call pass",
            "run it in a terminal of your own",
        )
        .into());
    }
    let home = home()?;
    let stopped = find(&home, args.code.as_deref())?;
    let mut err = io::stderr().lock();
    writeln!(err, "{} stopped this:\n{}", stopped.verdict.rule, plain(&stopped.subject))?;
    if !args.yes {
        write!(err, "Let it pass once? [y/N] ")?;
        err.flush()?;
        let mut answer = String::new();
        io::stdin().read_line(&mut answer)?;
        if !matches!(answer.trim(), "y" | "Y" | "yes") {
            writeln!(err, "It stays stopped")?;
            return Ok(ExitCode::FAILURE);
        }
    }
    let nanos = i64::try_from(args.time.saturating_mul(60_000_000_000)).unwrap_or(i64::MAX);
    let until = Timestamp::from_nanos(now().as_nanos().saturating_add(nanos));
    let path = allowance(&home, &stopped.subject);
    fs::create_dir_all(home.allowed()).with_context(|| format!("cannot make {}", home.allowed().display()))?;
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path)?;
    file.write_all(allowance_text(until, &stopped.subject).as_bytes())
        .with_context(|| format!("cannot write {}", path.display()))?;
    let details = json!({"code": stopped.code, "rule": stopped.verdict.rule, "until": until.to_string()});
    let session = stopped.session.as_ref().map(|session| session.as_str());
    emit::own("allow-once", details.clone(), stopped.agent.as_str(), session)?;
    let mut out = io::stdout().lock();
    match args.json {
        true => writeln!(out, "{details}")?,
        false => writeln!(out, "It may pass once until {until}")?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Reports a call that should not have been stopped.
pub(crate) fn report(args: &ReportArgs) -> anyhow::Result<ExitCode> {
    let stopped = find(&home()?, args.code.as_deref())?;
    let (tool, about) = stopped.subject.split_once('\n').unwrap_or_default();
    let details = json!({
        "code": policy::code(&stopped.subject), "tool": tool, "subject": about, "stopped_at": stopped.at.to_string(),
        "decision": stopped.verdict.decision, "rule": stopped.verdict.rule, "note": args.note,
    });
    let session = stopped.session.as_ref().map(|session| session.as_str());
    emit::own("false-stop", details.clone(), stopped.agent.as_str(), session)?;
    let mut out = io::stdout().lock();
    if args.json {
        writeln!(out, "{details}")?;
    } else {
        writeln!(out, "Reported that {} should not have stopped this:\n{}", stopped.verdict.rule, plain(about))?;
    }
    Ok(ExitCode::SUCCESS)
}
