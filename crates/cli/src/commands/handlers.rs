//! `hookrail handlers`

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;

use anyhow::Context as _;
use clap::Subcommand;
use hookrail_core::event::Agent;
use hookrail_device::handlers::dispatch::{Call, Dispatched, Event, Here, dispatch, of};
use hookrail_device::handlers::index::{self, Compiled};
use hookrail_device::handlers::run::end_called;
use hookrail_device::handlers::sources::Sources;
use hookrail_device::handlers::trust::{Book, Entry, Trust, hash};
use hookrail_device::handlers::{Action, Handler, Level, builtin, record};
use hookrail_hook::{Home, log, wake};
use serde_json::{Value, json};

use super::emit::now;
use crate::connection;
use crate::failure::Failure;
use crate::output::{Table, plain, width};

/// See, try and trust what runs at an agent's events: your handlers, and those of a project
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Handlers are declared in hookrail.toml, of the project or of the state folder, or are files such as
.claude/hooks/stop-lint.sh. Those of a project run only once you trust it as it is.")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the handlers that are declared for the current folder
    List(Json),
    /// Show which handlers would run at an event, and why, without running any
    Why(Try),
    /// Run the handlers of an event and show what the agent would be told; nothing is recorded
    Test(Try),
    /// Let the handlers of a project run, as they are now
    Trust(TrustArgs),
    /// Prepare the index by which the hook knows what is handled
    Compile(Json),
    /// Answer one event; the hook becomes this
    #[command(hide = true)]
    Run {
        /// What the hook passes on
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Be one of the built-in handlers; the dispatcher starts this
    #[command(hide = true)]
    Builtin {
        /// Which
        name: String,
    },
}

#[derive(Debug, clap::Args)]
struct Json {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Try {
    /// Event, by the agent's name, such as `Stop` or `PreToolUse`
    #[arg(value_name = "EVENT")]
    event: String,
    /// Payload: JSON, a file with it, or `-` for standard input [default: nothing but the event's name]
    #[arg(value_name = "PAYLOAD")]
    payload: Option<String>,
    /// Agent whose event it is
    #[arg(long, value_name = "AGENT", default_value = "claude-code")]
    agent: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct TrustArgs {
    /// Folder of the project [default: the current one]
    #[arg(value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// Take the trust back
    #[arg(long)]
    revoke: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

fn env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// What follows `hookrail handlers run` on a command line that begins so: asked before the command line is parsed, since an
/// agent waits, and since a mistake there must not become an exit code.
pub(crate) fn asked_for(args: impl IntoIterator<Item = OsString>) -> Option<Vec<OsString>> {
    let mut args = args.into_iter().skip(1);
    (args.next()? == "handlers" && args.next()? == "run").then(|| args.collect())
}

/// Answers one event. Whatever goes wrong, the agent gets an answer it accepts.
pub(crate) fn serve(args: Vec<OsString>) -> ExitCode {
    let mut args = args.into_iter().map(|arg| arg.to_string_lossy().into_owned());
    let agent = Agent::from(args.next().unwrap_or_default().as_str());
    let mut given: BTreeMap<String, String> = BTreeMap::new();
    while let (Some(name), Some(value)) = (args.next(), args.next()) {
        given.insert(name, value);
    }
    let mut payload = Vec::new();
    let read = io::stdin().take(hookrail_hook::MAX_INPUT_BYTES as u64).read_to_end(&mut payload);
    let Some(home) = Home::from_env(|name| std::env::var_os(name)) else { return ExitCode::SUCCESS };
    let verdict = given.get("--verdict").and_then(|text| serde_json::from_str(text).ok());
    let call = Call { agent, name: given.get("--event").map(String::as_str), verdict, payload: &payload };
    let program = std::env::current_exe().unwrap_or_else(|_| "hookrail".into());
    let stop = end_called().unwrap_or_default();
    let here = Here { home: &home, program: &program, env: &env, now: now(), stop: &stop };
    let mut done = dispatch(&call, &here);
    if let Err(error) = read {
        done.failures.push(format!("standard input could not be read to its end: {error}"));
    }
    let mut out = io::stdout().lock();
    if let Err(error) = out.write_all(done.reply.stdout.as_bytes()).and_then(|()| out.flush()) {
        done.failures.push(format!("the answer was not taken: {error}"));
    }
    let event = Event::read(&call, &here);
    if let Err(error) = record::append(&home, &of(&event, &env), &done.runs, now()) {
        done.failures.push(format!("runs of handlers were not recorded: {error}"));
    }
    if let Err(error) = wake::wake(&home, |name| std::env::var_os(name)) {
        done.failures.push(format!("the shipper could not be started: {error}"));
    }
    for failure in &done.failures {
        log::tell(&home, &call.agent, now(), format_args!("{failure}"));
    }
    ExitCode::from(done.reply.exit)
}

/// Does what was asked.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::List(args) => list(&args),
        Command::Why(args) => why(&args),
        Command::Test(args) => test(&args),
        Command::Trust(args) => trust(&args),
        Command::Compile(args) => compile(&args),
        Command::Run { args } => Ok(serve(args)),
        Command::Builtin { name } => Ok(builtin::main(&name)),
    }
}

fn folder() -> anyhow::Result<PathBuf> {
    std::env::current_dir().context("cannot tell the current folder")
}

fn prepared() -> anyhow::Result<Compiled> {
    let program = std::env::current_exe().context("cannot find this program")?;
    Ok(index::compile(&connection::home()?, &program, &env)?)
}

fn list(args: &Json) -> anyhow::Result<ExitCode> {
    let home = connection::home()?;
    let sources = Sources::load(&home, &folder()?, env);
    let current = prepared()?;
    let mut out = io::stdout().lock();
    if args.json {
        let line = json!({
            "project": sources.project, "trust": sources.trust, "profile": sources.profile.name, "handlers": sources.handlers,
            "passed_over": sources.passed_over, "mistakes": sources.mistakes, "index": current.file,
        });
        writeln!(out, "{line}")?;
    } else {
        if sources.handlers.is_empty() {
            writeln!(io::stderr(), "No handlers are declared for {}", sources.project.display())?;
        } else {
            let mut table = Table::new(&["handler", "on", "does", "limit", "blocks", "runs"]);
            for handler in &sources.handlers {
                table.row(row(handler, sources.trust));
            }
            table.write(&mut out, width())?;
        }
        for over in &sources.passed_over {
            writeln!(out, "\n{} is no handler: {}", over.file.display(), plain(&over.why))?;
        }
        if matches!(sources.trust, Trust::Untrusted | Trust::Changed) {
            writeln!(
                out,
                "\nThe handlers of {} are {} and do not run; `hookrail handlers trust` lets them",
                sources.project.display(),
                sources.trust.as_str()
            )?;
        }
        for mistake in &sources.mistakes {
            writeln!(out, "\n{}", plain(&mistake.to_string()))?;
        }
    }
    Ok(if sources.mistakes.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn row(handler: &Handler, trust: Trust) -> Vec<String> {
    let does = match &handler.action {
        Action::Program(words) => words.join(" "),
        Action::Shell(line) => line.clone(),
        Action::Builtin { name, .. } => format!("built-in {name}"),
    };
    let matcher = handler.matcher.text();
    let on = handler.on.join(", ") + &if matcher == "*" { String::new() } else { format!(" ({matcher})") };
    let runs = match &handler.off {
        Some(_) => "off",
        None if handler.level == Level::User || trust == Trust::Trusted => "yes",
        None => trust.as_str(),
    };
    vec![
        handler.id(),
        plain(&on).into_owned(),
        plain(&does).into_owned(),
        format!("{} s", handler.limit().as_secs_f32()),
        if handler.can_block { "may" } else { "" }.to_owned(),
        runs.to_owned(),
    ]
}

impl Try {
    /// The payload that was given, with the event's name and the current folder where they are not in it.
    fn payload(&self) -> anyhow::Result<Vec<u8>> {
        let text = match self.payload.as_deref() {
            None => Cow::Borrowed("{}"),
            Some("-") => io::read_to_string(io::stdin()).context("cannot read standard input")?.into(),
            Some(text) if text.trim_start().starts_with('{') => text.into(),
            Some(file) => fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?.into(),
        };
        let mut payload: serde_json::Map<String, Value> = serde_json::from_str(&text).map_err(|error| {
            Failure::new(format!("the payload is no JSON object: {error}"), "give what the agent would send")
        })?;
        payload.entry("hook_event_name").or_insert_with(|| self.event.as_str().into());
        payload.entry("cwd").or_insert(json!(folder()?));
        Ok(serde_json::to_vec(&payload)?)
    }

    fn call<'a>(&'a self, payload: &'a [u8]) -> Call<'a> {
        Call { agent: Agent::from(self.agent.as_str()), name: Some(&self.event), verdict: None, payload }
    }
}

fn why(args: &Try) -> anyhow::Result<ExitCode> {
    let home = connection::home()?;
    let (payload, stop) = (args.payload()?, AtomicBool::new(false));
    let here = Here { home: &home, program: "".as_ref(), env: &env, now: now(), stop: &stop };
    let event = Event::read(&args.call(&payload), &here);
    let sources = Sources::load(&home, &event.folder, env);
    let choices = event.select(&sources.handlers, &sources, &home);
    let held = |handler: &Handler| handler.level == Level::Project && sources.trust != Trust::Trusted;
    let mut out = io::stdout().lock();
    if args.json {
        let items: Vec<Value> = choices
            .iter()
            .map(|choice| {
                json!({"handler": choice.handler.id(), "runs": choice.runs && !held(choice.handler), "matches": choice.runs, "because": choice.because, "files": choice.files})
            })
            .collect();
        let line = json!({"project": sources.project, "trust": sources.trust, "profile": sources.profile.name, "handlers": items, "mistakes": sources.mistakes});
        writeln!(out, "{line}")?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(&["handler", "runs", "because"]);
    for choice in &choices {
        let runs = match (choice.runs, held(choice.handler)) {
            (true, false) => "yes",
            (true, true) => sources.trust.as_str(),
            (false, _) => "no",
        };
        table.row(vec![choice.handler.id(), runs.to_owned(), plain(&choice.because).into_owned()]);
    }
    table.write(&mut out, width())?;
    for mistake in &sources.mistakes {
        writeln!(out, "\n{}", plain(&mistake.to_string()))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn test(args: &Try) -> anyhow::Result<ExitCode> {
    let home = connection::home()?;
    let (payload, stop) = (args.payload()?, end_called()?);
    let program = std::env::current_exe().context("cannot find this program")?;
    let here = Here { home: &home, program: &program, env: &env, now: now(), stop: &stop };
    let Dispatched { reply, runs, failures } = dispatch(&args.call(&payload), &here);
    let mut out = io::stdout().lock();
    if args.json {
        let told: Option<Value> = serde_json::from_str(&reply.stdout).ok();
        writeln!(out, "{}", json!({"reply": told, "exit": reply.exit, "runs": runs, "failures": failures}))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(&["handler", "outcome", "ms", "notes"]);
    for run in &runs {
        let notes = plain(&run.notes.join("; ")).into_owned();
        table.row(vec![run.handler.clone(), run.outcome.as_str().to_owned(), run.duration_ms.to_string(), notes]);
    }
    table.write(&mut out, width())?;
    match reply.stdout.as_str() {
        "" => writeln!(out, "\nThe agent is told nothing.")?,
        told => writeln!(out, "\nThe agent is told:\n{told}")?,
    }
    for failure in &failures {
        writeln!(out, "\n{}", plain(failure))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn trust(args: &TrustArgs) -> anyhow::Result<ExitCode> {
    let given = args.folder.clone().map_or_else(folder, Ok)?;
    let (sources, count) = set_trust(&given, args.revoke)?;
    let steps = sources.setup.all().count();
    let mut out = io::stdout().lock();
    if args.json {
        writeln!(
            out,
            "{}",
            json!({"project": sources.project, "trusted": !args.revoke, "handlers": count, "steps": steps})
        )?;
    } else if args.revoke {
        writeln!(out, "The handlers of {} and the steps of its set-up do not run any more", sources.project.display())?;
    } else {
        writeln!(
            out,
            "{count} handlers and {steps} steps of the set-up of {} run from now on, as long as they stay as they are",
            sources.project.display()
        )?;
    }
    for mistake in sources.mistakes.iter().filter(|_| !args.revoke) {
        writeln!(io::stderr(), "{}", plain(&mistake.to_string()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Lets the handlers of the project of this folder run as they are, or takes that back; they are counted.
pub(super) fn set_trust(given: &Path, revoke: bool) -> anyhow::Result<(Sources, usize)> {
    let home = connection::home()?;
    let given = fs::canonicalize(given).with_context(|| format!("there is no folder {}", given.display()))?;
    let sources = Sources::load(&home, &given, env);
    let mut book = Book::read(&home);
    let count = sources.handlers.iter().filter(|handler| handler.level == Level::Project).count();
    if revoke {
        book.projects.remove(&sources.project);
    } else {
        let hash =
            hash(&sources.project).with_context(|| format!("{} cannot be trusted", sources.project.display()))?;
        let hash = hash.ok_or_else(|| {
            Failure::new(
                format!("{} has no handlers to trust", sources.project.display()),
                "declare them in hookrail.toml or .claude/hooks",
            )
        })?;
        book.projects.insert(sources.project.clone(), Entry { hash, at: now() });
    }
    book.write(&home)?;
    prepared()?;
    super::emit::state(&format!(
        "handlers of {}: {}",
        sources.project.display(),
        if revoke { "not trusted any more" } else { "trusted" }
    ))?;
    Ok((sources, count))
}

fn compile(args: &Json) -> anyhow::Result<ExitCode> {
    let compiled = prepared()?;
    let mut out = io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&compiled)?)?;
    } else {
        let wrote = if compiled.changed { "Wrote" } else { "Nothing changed in" };
        let of_projects: usize = compiled.projects.values().sum();
        let (file, user, projects) = (compiled.file.display(), compiled.user, compiled.projects.len());
        writeln!(out, "{wrote} {file}: {user} handlers of yours, {of_projects} of {projects} trusted projects")?;
        for project in &compiled.left_out {
            writeln!(out, "{} is not what you trusted any more; its handlers do not run", project.display())?;
        }
        for mistake in &compiled.mistakes {
            writeln!(out, "{}", plain(&mistake.to_string()))?;
        }
    }
    Ok(if compiled.mistakes.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
