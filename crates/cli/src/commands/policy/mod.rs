//! `hookrail policy`

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Subcommand;
use hookrail_core::policy::Snapshot;
use hookrail_core::time::Timestamp;
use hookrail_device::policy::{
    Case, Compiled, Gathered, OWN_FILE, Outcome, RuleMode, Site, Standing, Standings, Wrong, compile, examples, gather,
    read, run as judged, schema, strangers,
};
use hookrail_hook::facts::Here;
use hookrail_hook::snapshot;
use serde_json::json;

use super::emit::now;
use crate::connection;
use crate::failure::Failure;
use crate::output::{Table, plain, width};

mod diff;
mod explain;
mod publish;

/// See, test and prepare the rules by which the guard denies and asks
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The hook reads rules from a prepared snapshot alone: `hookrail policy compile` makes it from the
built-in packs and from policy.toml in the state folder, and so does `hookrail install`.")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the rules, those built in and your own
    List(Json),
    /// Show what a command or another call would do and which rule decides, without running it
    Explain(explain::Args),
    /// Look for mistakes in a file of rules, by line and column
    Check(Check),
    /// Run the rules' own examples, or a file of cases, a JSON object a line: {"command":…,"stops":true}
    Test(Test),
    /// Prepare the rules for the hook
    Compile(Compile),
    /// Show what the files of rules would change of the prepared ones, or two files of each other
    Diff(diff::Args),
    /// Give the organisation's devices a file of rules
    Publish(publish::Publish),
    /// Fetch the organisation's rules now; the shipper does so by itself
    Fetch(publish::Fetch),
    /// Print the JSON Schema of a file of rules, for editors
    Schema,
}

#[derive(Debug, clap::Args)]
struct Json {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Check {
    /// File of rules [default: policy.toml in the state folder]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Test {
    /// File of cases [default: the examples of the rules]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Compile {
    /// Project whose rules are prepared too [default: that of the current folder, where it has rules]
    #[arg(long, value_name = "FOLDER")]
    project: Option<PathBuf>,
    /// Print nothing
    #[arg(long, conflicts_with = "json")]
    quiet: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Does what was asked.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::List(args) => list(args),
        Command::Explain(args) => explain::run(args),
        Command::Check(args) => check(args),
        Command::Test(args) => test(args),
        Command::Compile(args) => prepare_snapshot(args),
        Command::Diff(args) => diff::run(args),
        Command::Publish(args) => publish::publish(args),
        Command::Fetch(args) => publish::fetch(args),
        Command::Schema => {
            writeln!(io::stdout().lock(), "{:#}", schema())?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The rules as they are written now, for a folder.
struct Rules {
    gathered: Gathered,
    now: Timestamp,
}

impl Rules {
    fn read() -> anyhow::Result<Self> {
        Self::of(None)
    }

    /// Those that hold in this folder.
    fn of(folder: Option<&str>) -> anyhow::Result<Self> {
        let home = connection::home()?;
        let root = project(folder)?;
        let gathered = gather(&Site { home: &home, project: root.as_deref() })?;
        for wrong in &gathered.mistakes {
            let holds = if wrong.earlier { "what it said before holds on" } else { "it is left out" };
            let file = wrong.file.display();
            writeln!(io::stderr(), "{file} has mistakes, {holds}: see `hookrail policy check {file}`")?;
        }
        Ok(Self { gathered, now: now() })
    }

    fn standings(&self) -> Standings<'_> {
        self.gathered.join(self.now)
    }

    /// The text of a snapshot of them.
    fn snapshot(&self) -> anyhow::Result<String> {
        let rules: Vec<_> = self.standings().rules.iter().map(Standing::prepared).collect();
        Ok(Snapshot::write(&rules)?)
    }
}

/// The root of the project that this folder is of, or the current one, where it has rules of its own.
fn project(folder: Option<&str>) -> anyhow::Result<Option<PathBuf>> {
    let facts = Here::new(folder, |name| std::env::var_os(name));
    Ok(snapshot::project(&connection::home()?, &facts).map(PathBuf::from))
}

fn list(args: &Json) -> anyhow::Result<ExitCode> {
    let rules = Rules::read()?;
    let standings = rules.standings();
    let mut out = io::stdout().lock();
    if args.json {
        for Standing { layer, rule, mode, silent_until } in &standings.rules {
            let until = silent_until.map(|until| until.to_string());
            let line = json!({"id": rule.id.as_ref(), "layer": layer, "decision": rule.decision, "mode": mode, "silent_until": until,
                "reason": rule.reason.as_ref(), "instead": rule.instead});
            writeln!(out, "{line}")?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(&["RULE", "LAYER", "DECISION", "REASON"]);
    for Standing { layer, rule, mode, silent_until } in &standings.rules {
        let decision = match (silent_until, mode) {
            (Some(until), _) => format!("silent until {until}"),
            (None, RuleMode::Enforce) => rule.decision.as_str().to_owned(),
            (None, mode) => format!("{} ({})", rule.decision.as_str(), mode.as_str()),
        };
        table.row(vec![
            rule.id.as_ref().clone(),
            layer.as_str().to_owned(),
            decision,
            plain(rule.reason.as_ref()).into_owned(),
        ]);
    }
    table.write(&mut out, width())?;
    for note in &standings.notes {
        writeln!(out, "note: {note}")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn check(args: &Check) -> anyhow::Result<ExitCode> {
    let home = connection::home()?;
    let file = args.file.clone().unwrap_or_else(|| home.path().join(OWN_FILE));
    let text = match fs::read_to_string(&file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && args.file.is_none() => String::new(),
        text => text.with_context(|| format!("{} cannot be read", file.display()))?,
    };
    let mut out = io::stdout().lock();
    let mistakes = match read(&text) {
        Err(mistakes) => mistakes,
        Ok(checked) => {
            let root = project(None)?;
            let others = gather(&Site { home: &home, project: root.as_deref() })?;
            let known: Vec<String> =
                others.files().flat_map(|file| &file.rules).map(|rule| rule.id.as_ref().clone()).collect();
            strangers(&text, &checked, &known)
        }
    };
    if args.json {
        writeln!(out, "{}", json!({"file": file, "mistakes": mistakes}))?;
    } else if mistakes.is_empty() {
        writeln!(out, "{}: no mistakes", file.display())?;
    } else {
        for mistake in &mistakes {
            writeln!(out, "{}:{}:{}: {}", file.display(), mistake.line, mistake.column, mistake.message)?;
        }
    }
    Ok(if mistakes.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn test(args: &Test) -> anyhow::Result<ExitCode> {
    let rules = Rules::read()?;
    // The rules' own examples say what they do where nobody has made an exception.
    let (cases, text) = match &args.file {
        None => {
            let plain = rules.gathered.files().flat_map(|file| &file.rules);
            let plain: Vec<_> = plain.map(|rule| rule.prepared(RuleMode::Enforce, None)).collect();
            (examples(rules.gathered.files()), Snapshot::write(&plain)?)
        }
        Some(file) => (cases_of(file)?, rules.snapshot()?),
    };
    let snapshot = Snapshot::read(text.as_bytes())?;
    let outcomes = judged(&cases, &snapshot)?;
    let wrong: Vec<&Outcome> = outcomes.iter().filter(|outcome| !outcome.is_right()).collect();
    let mut out = io::stdout().lock();
    if args.json {
        writeln!(out, "{}", json!({"cases": cases.len(), "wrong": wrong}))?;
    } else {
        for outcome in &wrong {
            let found = outcome
                .verdict
                .as_ref()
                .map_or("passes".to_owned(), |verdict| format!("is stopped by {}", verdict.rule));
            let wanted = if outcome.case.stops { "should be stopped" } else { "should pass" };
            writeln!(out, "{}: {wanted} and {found} ({})", plain(&outcome.case.command), plain(&outcome.case.why))?;
        }
        writeln!(out, "{} of {} cases are as they should be", cases.len() - wrong.len(), cases.len())?;
    }
    Ok(if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn cases_of(file: &PathBuf) -> anyhow::Result<Vec<Case>> {
    let text = fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let cases = lines.map(|(at, line)| {
        serde_json::from_str(line).map_err(|error| {
            let message = format!("{}:{}: {error}", file.display(), at + 1);
            Failure::new(message, "each line is an object such as {\"command\":\"rm -rf /\",\"stops\":true}").into()
        })
    });
    cases.collect()
}

fn prepare_snapshot(args: &Compile) -> anyhow::Result<ExitCode> {
    let home = connection::home()?;
    let mut all = vec![compile(&Site::device(&home), now())?];
    let root = match &args.project {
        Some(root) => Some(root.clone()),
        None => project(None)?,
    };
    if let Some(root) = root {
        all.push(compile(&Site { home: &home, project: Some(&root) }, now())?);
    }
    let is_right = all.iter().all(|compiled| compiled.mistakes.is_empty());
    let mut out = io::stdout().lock();
    for compiled in &all {
        if args.json {
            writeln!(out, "{}", serde_json::to_string(compiled)?)?;
        } else if !args.quiet {
            let Compiled { file, denies, asks, tells, exceptions, .. } = compiled;
            writeln!(
                out,
                "Wrote {}: {denies} rules deny, {asks} ask, {tells} warn or observe, {exceptions} are silent by an exception",
                file.display()
            )?;
            for note in &compiled.notes {
                writeln!(out, "note: {note}")?;
            }
            for Wrong { file, mistakes, earlier } in &compiled.mistakes {
                let holds = if *earlier { "what it said before holds on" } else { "it is left out" };
                writeln!(out, "{} has mistakes, {holds}:", file.display())?;
                for mistake in mistakes {
                    writeln!(out, "  {mistake}")?;
                }
            }
        }
    }
    // The hook asks whether there is a snapshot of now, and there is one.
    Ok(if is_right || args.quiet { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
