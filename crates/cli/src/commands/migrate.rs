//! `hookrail migrate`

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use hookrail_core::redact::redact_text;
use hookrail_device::config::Token;
use hookrail_device::enroll::read_key;
use hookrail_device::install::{Places, hook_command};
use hookrail_device::migrate::{self, Key, MigrateError, Outcome, Plan, Wanted};
use hookrail_device::policy;
use hookrail_hook::Home;
use hookrail_hook::wake;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::{connection, env};

/// Take over from older hooks that report to `ZO_EVENT_ENDPOINT`: settings, key, label, waiting events
#[derive(Debug, clap::Args)]
#[command(after_help = "\
An agent's hooks are the old ones where their command lies in --install-dir or names
ZO_EVENT_ENDPOINT; ours take their place. What is not given is read from their command lines.
The key is kept only where the server takes it for sending events; better than --api-key, which
others on this machine can read, are --api-key-file, standard input (--api-key -) and
HOOKRAIL_TOKEN. Doing it again changes nothing; --undo goes back.")]
pub(crate) struct Args {
    /// Folder of the old hooks
    #[arg(long, value_name = "FOLDER")]
    install_dir: Option<PathBuf>,
    /// The old project: becomes the label of this device's events
    #[arg(long, value_name = "NAME")]
    project_id: Option<String>,
    /// Folder of the old hooks' logs, whose events are imported
    #[arg(long, value_name = "FOLDER")]
    log_dir: Option<PathBuf>,
    /// The old key; `-` reads it from standard input
    #[arg(long, value_name = "KEY", conflicts_with = "api_key_file", hide_env_values = true)]
    api_key: Option<String>,
    /// File that holds the old key
    #[arg(long, value_name = "FILE")]
    api_key_file: Option<PathBuf>,
    /// The old address, such as http://bridge:9000/ingest
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// Address of our server [default: what is configured, else the old address]
    #[arg(long, env = env::SERVER, hide_env = true, value_name = "URL")]
    server: Option<String>,
    /// Afterwards remove --install-dir, and the logs whose every line the server has
    #[arg(long)]
    remove: bool,
    /// Show the plan and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Put the old hooks and this device's settings back
    #[arg(long, conflicts_with_all = ["install_dir", "project_id", "log_dir", "api_key", "api_key_file", "endpoint", "remove", "dry_run"])]
    undo: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Plans, tells, and does it.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let home = connection::home()?;
    let mut out = io::stdout().lock();
    if args.undo {
        let said = migrate::undo(&home).map_err(advise)?;
        if args.json {
            writeln!(out, "{}", json!({"undone": true, "said": said}))?;
        } else {
            said.iter().try_for_each(|line| writeln!(out, "{line}"))?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let plan = planned(args, &home)?;
    if !args.json {
        tell(&mut out, &plan)?;
    }
    let outcome = if args.dry_run { None } else { Some(apply(&plan, &home)?) };
    if args.json {
        writeln!(out, "{}", report(&plan, outcome.as_ref()))?;
        return Ok(ExitCode::SUCCESS);
    }
    let Some(outcome) = outcome else { return Ok(ExitCode::SUCCESS) };
    writeln!(out, "Changed {} settings files, imported {} events", outcome.settings.len(), outcome.imported)?;
    if outcome.not_understood > 0 {
        writeln!(out, "{} lines of logs are not understood and stay where they are", outcome.not_understood)?;
    }
    for path in &outcome.removed {
        writeln!(out, "Removed {}", path.display())?;
    }
    writeln!(
        out,
        "How it was is kept in {}; `hookrail migrate --undo` goes back",
        migrate::record_of(&home).display()
    )?;
    Ok(ExitCode::SUCCESS)
}

fn planned(args: &Args, home: &Home) -> anyhow::Result<Plan> {
    let folder = std::env::current_dir().context("cannot tell the current folder")?;
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let places = Places::from_env(set, folder)
        .ok_or_else(|| Failure::new("the agents' settings cannot be found: HOME is not set", "set HOME"))?;
    let own = std::env::current_exe().context("cannot find this program")?;
    let command = hook_command(&own, std::env::var_os("PATH").as_deref());
    let absolute = |path: &PathBuf| std::path::absolute(path).with_context(|| format!("cannot use {}", path.display()));
    let wanted = Wanted {
        install_dir: args.install_dir.as_ref().map(absolute).transpose()?,
        project_id: args.project_id.clone(),
        log_dir: args.log_dir.as_ref().map(absolute).transpose()?,
        key: key(args)?,
        endpoint: args.endpoint.clone(),
        server: args.server.clone(),
        remove: args.remove,
    };
    migrate::plan(home, &places, wanted, &command, &set).map_err(advise)
}

fn apply(plan: &Plan, home: &Home) -> anyhow::Result<Outcome> {
    let outcome = plan.apply(home).map_err(advise)?;
    if !plan.settings.is_empty() {
        policy::compile(&policy::Site::device(home), super::emit::now())?;
    }
    if let Err(error) = wake::wake(home, |name| std::env::var_os(name)) {
        // What was imported is in the spool and goes out with the next event.
        let _ = writeln!(io::stderr(), "The shipper could not be started: {error}");
    }
    Ok(outcome)
}

/// The key that is given, by whichever way shows it to the fewest.
fn key(args: &Args) -> anyhow::Result<Option<Token>> {
    let given = match (&args.api_key, &args.api_key_file) {
        (Some(key), _) if key == "-" => return Ok(Some(read_key(io::stdin().lock())?)),
        (Some(key), _) => Some(key.clone()),
        (None, Some(file)) => {
            Some(std::fs::read_to_string(file).with_context(|| format!("cannot read the key of {}", file.display()))?)
        }
        (None, None) => std::env::var(env::TOKEN).ok().filter(|key| !key.trim().is_empty()),
    };
    Ok(given.map(|key| Token::new(&key)).transpose()?)
}

/// The change of a settings file without any secret: old command lines may hold the key.
fn diff(plan: &Plan, change: &hookrail_device::install::Plan) -> String {
    redact_text(&plan.without_key(&change.diff())).into_text()
}

fn tell(out: &mut impl io::Write, plan: &Plan) -> io::Result<()> {
    for (_, change) in &plan.settings {
        write!(out, "{}", diff(plan, change))?;
    }
    writeln!(out, "server  {}", plan.server)?;
    let key = match &plan.key {
        Key::None => "none is given".to_owned(),
        Key::Accepted => "the server takes it: it is kept in config.toml".to_owned(),
        Key::NotNeeded => "the server asks for none".to_owned(),
        Key::Refused(why) => {
            format!("not carried over: {why}; `hookrail keys create` makes one, `hookrail enroll` sets it")
        }
        Key::Unasked(why) => format!("not carried over, because the server cannot be asked: {why}"),
    };
    writeln!(out, "key     {key}")?;
    if let Some(label) = &plan.label {
        writeln!(out, "label   {label}")?;
    }
    for log in &plan.logs {
        let not = match log.not_understood {
            0 => String::new(),
            lines => format!(", {lines} lines not understood"),
        };
        writeln!(out, "log     {}: {} events{not}", log.path.display(), log.events)?;
    }
    if let Some(folder) = &plan.removes {
        writeln!(out, "remove  {}", folder.display())?;
    }
    plan.notes.iter().try_for_each(|note| writeln!(out, "note: {note}"))
}

fn report(plan: &Plan, outcome: Option<&Outcome>) -> Value {
    let settings: Vec<Value> = plan
        .settings
        .iter()
        .map(|(agent, change)| json!({"agent": agent, "file": change.path, "diff": diff(plan, change)}))
        .collect();
    json!({
        "dry_run": outcome.is_none(), "settings": settings, "server": plan.server, "key": plan.key, "label": plan.label,
        "logs": plan.logs, "removes": plan.removes, "notes": plan.notes, "done": outcome,
    })
}

fn advise(error: MigrateError) -> anyhow::Error {
    let hint = match &error {
        MigrateError::Full(..) | MigrateError::Undelivered(_) => {
            "nothing is lost; when the server is there and takes the key, run the same again"
        }
        MigrateError::NotRemoved(..) => "everything else can be done without `--remove`; remove it by hand",
        MigrateError::NothingDone(_) => "`hookrail uninstall` takes out hooks that `hookrail install` registered",
        _ => return error.into(),
    };
    Failure::new(error.to_string(), hint).into()
}
