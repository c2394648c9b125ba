//! `hookrail config`

use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Subcommand, ValueEnum};
use hookrail_device::config::check::{What, check, files};
use hookrail_device::config::show::{Shown, show};
use hookrail_device::config::{Flags, Mistake, edit, reference, schema};
use hookrail_device::handlers::sources::project_of;
use hookrail_device::policy;
use hookrail_hook::facts::Here;
use hookrail_hook::snapshot;
use serde_json::{Value, json};

use super::emit::now;
use crate::connection;
use crate::failure::Failure;
use crate::output::{Table, plain, width};

/// See which settings are in force and why, and look for mistakes in the files that say them
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A flag wins over a variable, a variable over the project's hookrail.toml, that over config.toml of
the state folder, and that over the default. docs/configuration.md tells the rest.")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show every setting in force here
    Show(Show),
    /// Look for mistakes in config.toml, hookrail.toml and policy.toml, by line and column
    Check(Check),
    /// Set a key of config.toml, and keep everything else as it is written
    Set(Set),
    /// Print every setting with its default, as a file to copy from
    Reference,
    /// Print the JSON Schema of a file, for editors
    Schema {
        /// Which file
        #[arg(value_name = "FILE", default_value = "config")]
        file: Schema,
    },
}

#[derive(Debug, clap::Args)]
struct Show {
    /// Tell where each comes from
    #[arg(long)]
    origin: bool,
    /// Profile to show as though it were chosen
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Check {
    /// Files to look at [default: those of the device and of the current folder's project]
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
What comes of it is looked at before it is written. What concerns the guard (`profile`, `guard.…`)
needs a person's terminal.")]
struct Set {
    /// Key, with its table: `ship.idle_exit`
    #[arg(value_name = "KEY")]
    key: String,
    /// Value; of a list, its items with commas between
    #[arg(value_name = "VALUE")]
    value: String,
    /// Profile it is said of
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
}

/// The files that have a schema.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Schema {
    /// config.toml
    Config,
    /// hookrail.toml
    Hookrail,
    /// policy.toml
    Policy,
}

/// Does what was asked.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::Show(args) => shown(args),
        Command::Check(args) => checked(args),
        Command::Set(args) => set(args),
        Command::Reference => {
            write!(io::stdout().lock(), "{}", reference::TEXT)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Schema { file } => {
            let schema = match file {
                Schema::Config => schema::config(),
                Schema::Hookrail => schema::hookrail(),
                Schema::Policy => policy::schema(),
            };
            writeln!(io::stdout().lock(), "{schema:#}")?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn set(args: &Set) -> anyhow::Result<ExitCode> {
    if edit::is_of_guard(&args.key) && !io::stdin().is_terminal() {
        let message = format!("only a person at a terminal can set {}", args.key);
        return Err(Failure::new(message, "run it in a terminal of your own").into());
    }
    let home = connection::home()?;
    edit::set(&home, args.profile.as_deref(), &args.key, &args.value).map_err(|error| {
        Failure::new(error.to_string(), "`hookrail config reference` tells what there is to set; nothing was written")
    })?;
    Ok(ExitCode::SUCCESS)
}

fn env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn folder() -> anyhow::Result<PathBuf> {
    std::env::current_dir().context("cannot tell the current folder")
}

fn facts(folder: &Path) -> Here {
    Here::new(folder.to_str(), |name| std::env::var_os(name))
}

fn shown(args: &Show) -> anyhow::Result<ExitCode> {
    let flags = Flags { profile: args.profile.clone(), ..Flags::default() };
    let (home, folder) = (connection::home()?, folder()?);
    let facts = facts(&folder);
    let site = policy::Site { home: &home, project: snapshot::project(&home, &facts).map(Path::new) };
    let shown = show(&site, &folder, &flags, &env, now())?;
    let mut out = io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&shown)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    write!(out, "{}", told(&shown, args.origin)?)?;
    Ok(ExitCode::SUCCESS)
}

/// What is in force, for a person.
fn told(shown: &Shown, origin: bool) -> anyhow::Result<String> {
    let mut out = Vec::new();
    writeln!(out, "profile: {}", plain(&shown.profile.to_string()))?;
    if shown.device_profile.name != shown.profile.name {
        writeln!(out, "profile of the device, for what leaves it: {}", plain(&shown.device_profile.to_string()))?;
    }
    let mut table = Table::new(if origin { &["SETTING", "VALUE", "ORIGIN"] } else { &["SETTING", "VALUE"] });
    for row in &shown.settings {
        let mut cells = vec![row.key.to_owned(), plain(&in_words(&row.value)).into_owned()];
        if origin {
            cells.push(plain(&row.origin.to_string()).into_owned());
        }
        table.row(cells);
    }
    writeln!(out)?;
    table.write(&mut out, width())?;
    if !shown.files.is_empty() {
        writeln!(out)?;
        let mut table = Table::new(&["SAYS", "FILE"]);
        for file in &shown.files {
            let says = match (file.mistakes.len(), file.mode, file.on_failure) {
                (0, Some(mode), Some(policy::OnFailure::Closed)) => {
                    format!("mode {}, closed on failure", mode.as_str())
                }
                (0, Some(mode), _) => format!("mode {}", mode.as_str()),
                (0, ..) => "no mistakes".to_owned(),
                (1, ..) => "1 mistake: see `hookrail config check`".to_owned(),
                (more, ..) => format!("{more} mistakes: see `hookrail config check`"),
            };
            table.row(vec![says, plain(&file.file.to_string_lossy()).into_owned()]);
        }
        table.write(&mut out, width())?;
    }
    Ok(String::from_utf8(out)?)
}

fn in_words(value: &Value) -> String {
    match value {
        Value::Null => "(none)".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "(none)".to_owned(),
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

fn checked(args: &Check) -> anyhow::Result<ExitCode> {
    let home = connection::home()?;
    let all: Vec<(PathBuf, What)> = if args.files.is_empty() {
        let folder = folder()?;
        let facts = facts(&folder);
        let project = project_of(&folder, env("HOME").as_deref().map(Path::new));
        files(&home, &project, snapshot::project(&home, &facts).map(Path::new))
    } else {
        let named = args.files.iter().map(|file| {
            let what = What::of(file, &home).ok_or_else(|| {
                let message =
                    format!("{} is none of config.toml, hookrail.toml and policy.toml by its name", file.display());
                Failure::new(message, "give it a name with `config`, `hookrail` or `policy` in it that ends in .toml")
            })?;
            Ok((file.clone(), what))
        });
        named.collect::<anyhow::Result<_>>()?
    };
    let mut mistakes: Vec<Mistake> = Vec::new();
    for (file, what) in &all {
        let found = check(file, *what, &home, now()).with_context(|| format!("cannot read {}", file.display()))?;
        mistakes.extend(found);
    }
    let mut out = io::stdout().lock();
    if args.json {
        let files: Vec<Value> = all.iter().map(|(file, what)| json!({"file": file, "what": what})).collect();
        writeln!(out, "{}", json!({"files": files, "mistakes": mistakes}))?;
    } else {
        for mistake in &mistakes {
            writeln!(out, "{}", plain(&mistake.to_string()))?;
        }
        let names: Vec<_> = all.iter().map(|(file, _)| file.display().to_string()).collect();
        match (mistakes.len(), names.as_slice()) {
            (0, []) => writeln!(io::stderr(), "There is no file of settings; the defaults are in force")?,
            (0, names) => writeln!(io::stderr(), "No mistakes in {}", plain(&names.join(", ")))?,
            _ => {}
        }
    }
    Ok(if mistakes.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
