//! `hookrail setup`

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Subcommand;
use console::style;
use hookrail_device::handlers::file::FILE;
use hookrail_device::handlers::record::Outcome;
use hookrail_device::handlers::run::end_called;
use hookrail_device::handlers::sources::Sources;
use hookrail_device::setup::report::{Report, StepReport};
use hookrail_device::setup::run::{MAX_TIME, Options, SetupError, Site, Told, plan, run as run_steps};
use hookrail_device::setup::write::{CommandFile, State, write as write_files};
use hookrail_device::setup::{Definition, Phase};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use super::emit::now;
use crate::connection;
use crate::failure::Failure;
use crate::output::{Table, plain, width};

/// Run the steps that set a project up or maintain it, with or without an agent
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Steps are declared in the project's hookrail.toml, as [[setup.init]] and [[setup.maintenance]].
They run in their order, unless they say otherwise. What they print is added to
.hookrail/setup.init.log and .hookrail/setup.maintenance.log, and as JSON lines to the .jsonl
beside each. The exit code is 1 where a required step failed.")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a fresh checkout ready; `claude --init` runs the same
    Init(RunArgs),
    /// Keep it so; `claude --maintenance` runs the same
    Maintenance(RunArgs),
    /// Print the command files that lead an agent through the steps, or write them
    Commands(CommandsArgs),
}

#[derive(Debug, clap::Args)]
struct RunArgs {
    /// Run also steps whose inputs are unchanged since they succeeded
    #[arg(long)]
    force: bool,
    /// Run nothing; show what would run, and why
    #[arg(long)]
    dry_run: bool,
    /// Run only this step; once for each
    #[arg(long, value_name = "STEP")]
    only: Vec<String>,
    /// Print one JSON object at the end
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct CommandsArgs {
    /// Write the files into the project; what is there and differs stays
    #[arg(long)]
    write: bool,
    /// Replace also what is there and differs
    #[arg(long, requires = "write")]
    force: bool,
    /// Write nothing; show what would change
    #[arg(long)]
    dry_run: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Does what was asked.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let (project, definition) = declared()?;
    match &args.command {
        Command::Init(args) => phase(Phase::Init, args, &project, &definition),
        Command::Maintenance(args) => phase(Phase::Maintenance, args, &project, &definition),
        Command::Commands(args) => commands(args, &project, &definition),
    }
}

/// The project of the current folder and what it declares.
fn declared() -> anyhow::Result<(PathBuf, Definition)> {
    let folder = std::env::current_dir().context("cannot tell the current folder")?;
    let sources = Sources::load(&connection::home()?, &folder, |name| std::env::var(name).ok());
    let file = sources.project.join(FILE);
    let mistakes: Vec<String> = sources
        .mistakes
        .iter()
        .filter(|mistake| mistake.file == file)
        .map(|it| plain(&it.to_string()).into_owned())
        .collect();
    if mistakes.is_empty() {
        return Ok((sources.project, sources.setup));
    }
    Err(Failure::new(mistakes.join("\n"), "docs/setup.md tells what a step may say").into())
}

fn phase(phase: Phase, args: &RunArgs, project: &Path, definition: &Definition) -> anyhow::Result<ExitCode> {
    let options = Options { force: args.force, only: args.only.clone() };
    if args.dry_run {
        return dry_run(phase, &options, args.json, project, definition);
    }
    let stop = end_called()?;
    let site = Site { project, now: now(), deadline: Instant::now() + MAX_TIME, stop: &stop, by: "by hand" };
    let mut screen = Screen::new(args.json);
    let outcome = run_steps(definition, phase, &options, &site, &mut |told| screen.tell(&told));
    screen.bar.finish_and_clear();
    let report = outcome.map_err(|error| advise(&error))?;
    let mut out = io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&report)?)?;
    } else {
        write_end(&mut out, &report)?;
    }
    Ok(if report.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn write_end(out: &mut impl io::Write, report: &Report) -> io::Result<()> {
    writeln!(out, "setup {} {}", report.setup, report.told())?;
    let log = report.log.strip_prefix(&report.project).unwrap_or(&report.log);
    writeln!(out, "What the steps printed is in {}", log.display())?;
    match &report.log_problem {
        Some(problem) => writeln!(io::stderr(), "The log is not complete: {}", plain(problem)),
        None => Ok(()),
    }
}

fn dry_run(
    phase: Phase,
    options: &Options,
    json: bool,
    project: &Path,
    definition: &Definition,
) -> anyhow::Result<ExitCode> {
    let planned = plan(definition, phase, options, project).map_err(|error| advise(&error))?;
    let mut out = io::stdout().lock();
    if json {
        writeln!(out, "{}", json!({"setup": phase, "project": project, "steps": planned}))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(&["step", "runs", "does", "because"]);
    for it in planned {
        let runs = if it.runs { "yes" } else { "no" };
        let does = plain(&it.step.words()).into_owned();
        table.row(vec![it.step.name.clone(), runs.to_owned(), does, plain(&it.because).into_owned()]);
    }
    table.write(&mut out, width())?;
    Ok(ExitCode::SUCCESS)
}

fn advise(error: &SetupError) -> anyhow::Error {
    let hint = match error {
        SetupError::Nothing { phase, .. } => {
            format!("declare [[setup.{phase}]] in its {FILE}, or go to the project's folder")
        }
        SetupError::Unknown { phase, .. } => format!("`hookrail setup {phase} --dry-run` shows the steps"),
        SetupError::Busy(_) => "wait for its end; a step must not start it again".to_owned(),
        SetupError::Log { .. } => "check the permissions and the space of that folder".to_owned(),
    };
    Failure::new(error.to_string(), hint).into()
}

/// Tells of steps while they run: a moving line on a terminal, plain lines elsewhere, nothing where JSON is asked for.
struct Screen {
    bar: ProgressBar,
    is_silent: bool,
    running: Vec<String>,
}

impl Screen {
    fn new(is_silent: bool) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let bar = match ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        };
        let bar = if is_silent { ProgressBar::hidden() } else { bar };
        bar.enable_steady_tick(Duration::from_millis(120));
        Self { bar, is_silent, running: Vec::new() }
    }

    fn tell(&mut self, told: &Told<'_>) {
        let line = match told {
            Told::Started(step) => {
                self.running.push(step.name.clone());
                self.bar.is_hidden().then(|| format!("  {} started", step.name))
            }
            Told::Over(report) => {
                self.running.retain(|name| *name != report.step);
                Some(lines(report))
            }
        };
        self.bar.set_message(self.running.join(", "));
        if let Some(line) = line.filter(|_| !self.is_silent) {
            // A reader that went away is told nothing more; the steps go on, and the log has it all.
            self.bar.suspend(|| drop(writeln!(io::stdout(), "{line}")));
        }
    }
}

/// What came of a step, with its last lines where it failed.
fn lines(report: &StepReport) -> String {
    let mark = match report.outcome {
        Outcome::Succeeded => style("✓").green(),
        Outcome::Unneeded => style("-").dim(),
        _ if report.required => style("✗").red(),
        _ => style("!").yellow(),
    };
    let mut text = format!("{mark} {} {}", report.step, plain(&report.told()));
    for line in &report.last {
        text.push_str("\n    ");
        text.push_str(&plain(line));
    }
    text
}

fn commands(args: &CommandsArgs, project: &Path, definition: &Definition) -> anyhow::Result<ExitCode> {
    if definition.is_empty() {
        let message = format!("{} declares no steps", project.display());
        return Err(Failure::new(
            message,
            format!("declare [[setup.init]] in its {FILE}, or go to the project's folder"),
        )
        .into());
    }
    let files = write_files(project, definition, args.force, args.dry_run || !args.write)?;
    let mut out = io::stdout().lock();
    if args.json {
        writeln!(out, "{}", json!({"project": project, "written": args.write && !args.dry_run, "files": files}))?;
    } else {
        for file in &files {
            write_file(&mut out, file, args)?;
        }
    }
    let is_left = args.write && files.iter().any(|file| file.state == State::Kept);
    Ok(if is_left { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn write_file(out: &mut impl io::Write, file: &CommandFile, args: &CommandsArgs) -> io::Result<()> {
    let path = file.path.display();
    match file.state {
        _ if !args.write && !args.dry_run => writeln!(out, "==> {path}\n{}", file.text),
        State::Same => writeln!(out, "{path} is already as it should be"),
        State::Kept => {
            write!(out, "{}", if args.dry_run { file.diff.as_str() } else { "" })?;
            writeln!(io::stderr(), "{path} differs and stays; `--write --force` replaces it")
        }
        _ if args.dry_run => write!(out, "{}", file.diff),
        State::Written => writeln!(out, "Wrote {path}"),
        State::Replaced => writeln!(out, "Replaced {path}"),
    }
}
