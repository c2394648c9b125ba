//! `hookrail keys`

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Subcommand;
use hookrail_core::time::Timestamp;
use hookrail_server::Config;
use hookrail_store::registry::{Key, KeyId, Made, NewKey, ProjectId, Registry, Scope};
use hookrail_store::{Settings, StoreError};
use serde::Deserialize;
use serde_json::{Value, json};

use super::nothing_found;
use crate::api::{self, Api, Query, segment};
use crate::connection::Connection;
use crate::failure::Failure;
use crate::output::{Clock, Display, Table, plain, tint, width};

/// Make, list, rotate and revoke the keys that open a server's projects
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Keys are kept by the server. With `--data-dir` the server's own files are changed, whether it runs
or not; otherwise the server is asked, which takes an admin key once there is any key.

The scopes: `ingest` sends events, `read` reads what is stored, `admin` does both and manages the
keys of its organisation. A project is PROJECT, or ORGANISATION/PROJECT; admin keys of the
organisation `default` are the operator's.")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Create(Create),
    List(List),
    Rotate(Rotate),
    Revoke(Revoke),
}

/// Make a key, and its project where that is new
#[derive(Debug, clap::Args)]
struct Create {
    /// Project it opens [default: that of the key in use, else `default`]
    #[arg(long, value_name = "PROJECT")]
    project: Option<ProjectId>,
    /// What it may do: `ingest`, `read`, `admin`
    #[arg(long = "scope", required = true, value_delimiter = ',', value_name = "SCOPES")]
    scopes: Vec<Scope>,
    /// What to call it in lists
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// List keys; the keys themselves are not known to anybody
#[derive(Debug, clap::Args)]
struct List {
    /// Only those of this project
    #[arg(long, value_name = "PROJECT")]
    project: Option<ProjectId>,
    #[command(flatten)]
    display: Display,
    #[command(flatten)]
    place: Place,
}

/// Make a key in place of another, which goes on for a while
#[derive(Debug, clap::Args)]
struct Rotate {
    /// Id of the key to replace
    #[arg(value_name = "ID")]
    id: KeyId,
    /// Hours for which the old one goes on
    #[arg(long, default_value_t = 24, value_name = "HOURS", value_parser = clap::value_parser!(u64).range(..=8784))]
    grace: u64,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// End a key at once
#[derive(Debug, clap::Args)]
struct Revoke {
    /// Id of the key
    #[arg(value_name = "ID")]
    id: KeyId,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// Where the keys are.
#[derive(Debug, clap::Args)]
struct Place {
    /// Folder of the server's files, to change them without asking a server
    #[arg(long, value_name = "FOLDER", conflicts_with = "server")]
    data_dir: Option<PathBuf>,
    #[command(flatten)]
    connection: Connection,
}

/// A key as lists show it. What this version has no word for passes by in `--json`.
#[derive(Debug, Deserialize)]
struct Row {
    id: String,
    project: String,
    scopes: Vec<String>,
    name: Option<String>,
    state: String,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    last_used_at: Option<Timestamp>,
}

/// What a key that was made says of itself.
#[derive(Debug, Deserialize)]
struct New {
    id: String,
    key: String,
    project: String,
    scopes: Vec<String>,
}

/// Does what is asked with the keys.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::Create(args) => create(args),
        Command::List(args) => list(&args),
        Command::Rotate(args) => rotate(&args),
        Command::Revoke(args) => revoke(&args),
    }?;
    Ok(ExitCode::SUCCESS)
}

fn create(args: Create) -> anyhow::Result<()> {
    let made = match &args.place.data_dir {
        Some(folder) => {
            let new = NewKey {
                project: args.project.unwrap_or_default(),
                scopes: args.scopes.into_iter().collect(),
                name: args.name,
                by: "local".to_owned(),
            };
            serde_json::to_value(Made::from(told(registry(folder, true)?.create(&new))?))?
        }
        None => {
            let scopes: Vec<&str> = args.scopes.iter().map(|scope| scope.as_str()).collect();
            let project = args.project.map(|project| project.to_string());
            let new = json!({"project": project, "scopes": scopes, "name": args.name});
            Api::new(&args.place.connection)?.post("/api/v1/keys", &new)?
        }
    };
    show_made(&made, args.json, None)
}

fn rotate(args: &Rotate) -> anyhow::Result<()> {
    let grace = Duration::from_secs(args.grace * 3600);
    let made = match &args.place.data_dir {
        Some(folder) => {
            let made = told(registry(folder, false)?.rotate(&args.id, grace, "local"))?;
            serde_json::to_value(Made::from(made))?
        }
        None => {
            let path = format!("/api/v1/keys/{}/rotate", segment(args.id.as_str()));
            Api::new(&args.place.connection)?.post(&path, &json!({"grace_seconds": grace.as_secs()}))?
        }
    };
    show_made(&made, args.json, Some((&args.id, args.grace)))
}

fn revoke(args: &Revoke) -> anyhow::Result<()> {
    let key: Value = match &args.place.data_dir {
        Some(folder) => serde_json::to_value(told(registry(folder, false)?.revoke(&args.id))?)?,
        None => {
            let path = format!("/api/v1/keys/{}", segment(args.id.as_str()));
            Api::new(&args.place.connection)?.delete(&path)?
        }
    };
    if args.json {
        writeln!(io::stdout(), "{key}")?;
    } else {
        writeln!(io::stderr(), "Ended key {}: it opens nothing from now on", args.id)?;
    }
    Ok(())
}

fn list(args: &List) -> anyhow::Result<()> {
    let keys: Vec<Value> = match &args.place.data_dir {
        Some(folder) => {
            let keys: Vec<Key> = registry(folder, false)?.list(None);
            let wanted = keys.iter().filter(|key| args.project.as_ref().is_none_or(|project| key.project == *project));
            wanted.map(serde_json::to_value).collect::<Result<_, _>>()?
        }
        None => {
            let mut query = Query::default();
            query.set("project", args.project.as_ref().map(ToString::to_string).as_deref());
            let api = Api::new(&args.place.connection)?;
            let keys = api.items("/api/v1/keys", query, None);
            keys.map(|key| api::parse(&key?)).collect::<Result<_, _>>()?
        }
    };
    if args.display.json {
        return keys.iter().try_for_each(|key| Ok(writeln!(io::stdout(), "{key}")?));
    }
    if keys.is_empty() {
        return Ok(nothing_found("keys")?);
    }
    let clock = args.display.clock();
    let mut table = Table::new(&["id", "project", "scopes", "state", "created", "last used", "ends", "name"]);
    for key in keys {
        table.row(row(&serde_json::from_value(key)?, &clock));
    }
    table.write(&mut io::stdout().lock(), width())?;
    Ok(())
}

fn row(key: &Row, clock: &Clock) -> Vec<String> {
    let moment = |at: Option<Timestamp>| at.map_or_else(|| "-".to_owned(), |at| clock.date_time(at));
    vec![
        plain(&key.id).into_owned(),
        plain(&key.project).into_owned(),
        plain(&key.scopes.join(",")).into_owned(),
        tint(&plain(&key.state)).to_string(),
        clock.date_time(key.created_at),
        moment(key.last_used_at),
        moment(key.expires_at),
        plain(key.name.as_deref().unwrap_or("-")).into_owned(),
    ]
}

/// Shows a key for the only time. The key alone goes to standard output, so that it can be kept without being shown.
fn show_made(made: &Value, as_json: bool, replaced: Option<(&KeyId, u64)>) -> anyhow::Result<()> {
    if as_json {
        return Ok(writeln!(io::stdout(), "{made}")?);
    }
    let new = New::deserialize(made).context("the answer is not of the shape this version knows")?;
    let mut err = io::stderr().lock();
    writeln!(err, "Key {} for project {} with {}", new.id, plain(&new.project), new.scopes.join(" and "))?;
    if let Some((old, hours)) = replaced {
        writeln!(err, "The old key {old} goes on for {hours} h")?;
    }
    writeln!(err, "It is shown this once; keep it now:")?;
    err.flush()?;
    writeln!(io::stdout(), "{}", new.key)?;
    writeln!(err, "hint: a device takes it from HOOKRAIL_TOKEN, or `token` in config.toml")?;
    Ok(())
}

/// The registry in a server's folder.
fn registry(folder: &Path, may_be_new: bool) -> anyhow::Result<Registry> {
    let config = Config { data_dir: folder.to_owned(), ..Config::default() };
    let file = config.registry_file().context("there is no registry of keys in memory")?;
    if !may_be_new && !file.is_file() {
        let hint = "name the server's folder with `--data-dir`; the server prints it when it starts";
        return Err(Failure::new(format!("there is no registry of keys at {}", file.display()), hint).into());
    }
    Registry::open(Some(&file), &Settings::default()).with_context(|| format!("cannot open {}", file.display()))
}

/// The registry's words for what cannot be done, with a hint.
fn told<T>(done: Result<T, StoreError>) -> anyhow::Result<T> {
    done.map_err(|error| match error {
        StoreError::Invalid(message) => Failure::new(message, "`hookrail keys list` shows what there is").into(),
        other => other.into(),
    })
}
