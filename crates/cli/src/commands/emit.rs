//! `hookrail emit`

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::Context as _;
use clap::Subcommand;
use hookrail_core::context::{Context, Source};
use hookrail_core::event::{Agent, EventId};
use hookrail_core::time::Timestamp;
use hookrail_core::wire::{self, Record};
use hookrail_device::config::{Config, Flags};
use hookrail_device::outbox::{self, Content, Outbox, Put};
use hookrail_device::place::Place;
use hookrail_hook::spool::Spool;
use hookrail_hook::wake;
use serde_json::value::to_raw_value;
use serde_json::{Map, Value, json};

use crate::connection::home;

/// Record what happens beside agents: workers, artifacts, errors, states
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The fact is appended to the spool and shipped like any event: this never waits for a server. It
belongs to the session given, else to the run of --run, CLAUDE_RUN_ID or HOOKRAIL_RUN_ID.")]
pub(crate) struct Args {
    #[command(subcommand)]
    fact: Fact,
    /// Session it belongs to
    #[arg(long, global = true, value_name = "ID")]
    session: Option<String>,
    /// Run of the orchestrator [default: `CLAUDE_RUN_ID`, else `HOOKRAIL_RUN_ID`]
    #[arg(long, global = true, value_name = "ID")]
    run: Option<String>,
    /// Agent it is about
    #[arg(long, global = true, value_name = "AGENT", default_value = "hookrail")]
    agent: String,
    /// More to say; can be given more than once
    #[arg(long = "data", global = true, value_name = "KEY=VALUE", value_parser = pair)]
    data: Vec<(String, String)>,
    /// Print the event's id as JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Fact {
    /// A worker was started
    WorkerSpawn {
        /// Name of the worker
        worker: String,
        /// Task it was given
        #[arg(long, value_name = "TASK")]
        task: Option<String>,
    },
    /// Something worth keeping was made: its hash and size are recorded, with --upload its content too
    Artifact {
        /// File
        path: PathBuf,
        /// What it is
        #[arg(long, value_name = "TEXT")]
        label: Option<String>,
        /// Upload its content too, as it is now and unredacted: a copy waits in the spool
        #[arg(long)]
        upload: bool,
    },
    /// Something went wrong
    Error {
        /// What
        message: String,
    },
    /// A program is at this now
    State {
        /// What it is at
        state: String,
    },
    /// What another command of hookrail has to say.
    #[command(skip)]
    Own(&'static str, Value),
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write it like KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

impl Fact {
    const fn name(&self) -> &'static str {
        match self {
            Self::WorkerSpawn { .. } => "worker-spawn",
            Self::Artifact { .. } => "artifact",
            Self::Error { .. } => "error",
            Self::State { .. } => "state",
            Self::Own(name, _) => name,
        }
    }

    /// What is said of it; and of an artifact that is to be uploaded, whether it will be.
    fn details(&self, outbox: &Outbox) -> anyhow::Result<(Value, Option<Put>)> {
        let mut upload = None;
        let details = match self {
            Self::WorkerSpawn { worker, task } => json!({"worker": worker, "task": task}),
            Self::Artifact { path, label, upload: wanted } => {
                let unreadable = || format!("cannot read or copy the artifact {}", path.display());
                let content = if *wanted {
                    let (content, put) = outbox.put(path).with_context(unreadable)?;
                    upload = Some(put);
                    content
                } else {
                    outbox::measure(path).with_context(unreadable)?
                };
                let Content { sha256, bytes } = content;
                json!({"path": path, "label": label, "sha256": sha256, "bytes": bytes})
            }
            Self::Error { message } => json!({"message": message}),
            Self::State { state } => json!({"state": state}),
            Self::Own(_, details) => details.clone(),
        };
        Ok((details, upload))
    }
}

/// Records that hookrail itself is at something.
pub(super) fn state(state: &str) -> anyhow::Result<()> {
    tell(Fact::State { state: state.to_owned() }, "hookrail", None)
}

/// Records something of a session of an agent.
pub(super) fn own(name: &'static str, details: Value, agent: &str, session: Option<&str>) -> anyhow::Result<()> {
    tell(Fact::Own(name, details), agent, session)
}

fn tell(fact: Fact, agent: &str, session: Option<&str>) -> anyhow::Result<()> {
    let (agent, session) = (agent.to_owned(), session.map(str::to_owned));
    run(&Args { fact, session, run: None, agent, data: Vec::new(), json: false }).map(drop)
}

/// Appends the fact to the spool.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let home = home()?;
    let env = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let config = Config::load(home.path(), &Flags::default(), env)?;
    let cwd = std::env::current_dir().ok();
    let mut place = Place::new(&config, &env);
    let mut context = place.context(cwd.as_deref().and_then(Path::to_str));
    if args.run.is_some() {
        context.run_id.clone_from(&args.run);
    }
    if let Fact::WorkerSpawn { worker, task } = &args.fact {
        context.worker = Some(worker.clone());
        context.task = task.clone().or(context.task);
    }
    let at = now();
    let id = EventId::v7(at, random());
    let (details, upload) = args.fact.details(&Outbox::new(&home, &config))?;
    let payload = payload(args, details, context.run_id.as_deref(), cwd.as_deref());
    let line = line(args, id, at, &payload, &config, &place, context)?;
    Spool::at(home.spool()).append(&line).with_context(|| format!("cannot append to {}", home.spool().display()))?;
    if let Err(error) = wake::wake(&home, |name| std::env::var_os(name)) {
        // The fact is in the spool and goes out with the next event.
        let _ = writeln!(io::stderr(), "The shipper could not be started: {error}");
    }
    let refused = match upload {
        Some(Put::TooLarge) => {
            Some(format!("it has more than the {} bytes of `artifact_bytes`", config.artifact_bytes))
        }
        Some(Put::Full) => Some(format!("the {} bytes of `artifacts_bytes` wait already", config.artifacts_bytes)),
        Some(Put::NotCaptured) => Some("`capture` is less than `full`".to_owned()),
        Some(Put::Waits) | None => None,
    };
    if let Some(why) = refused {
        writeln!(io::stderr(), "Recorded by its hash alone: {why} (config.toml)")?;
    }
    if args.json {
        let said = match upload {
            Some(put) => json!({"id": id, "upload": put.as_str()}),
            None => json!({"id": id}),
        };
        writeln!(io::stdout().lock(), "{said}")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What is said, as one flat object.
fn payload(args: &Args, details: Value, run: Option<&str>, cwd: Option<&Path>) -> Map<String, Value> {
    let mut payload: Map<String, Value> = Map::new();
    payload.insert("event".to_owned(), args.fact.name().into());
    if let Value::Object(details) = details {
        payload.extend(details.into_iter().filter(|(_, value)| !value.is_null()));
    }
    payload.extend(args.data.iter().map(|(key, value)| (key.clone(), value.as_str().into())));
    let texts = [("session_id", args.session.as_deref()), ("run_id", run), ("cwd", cwd.and_then(Path::to_str))];
    payload.extend(texts.into_iter().filter_map(|(key, text)| Some((key.to_owned(), text?.into()))));
    payload
}

fn line(
    args: &Args,
    id: EventId,
    at: Timestamp,
    payload: &Map<String, Value>,
    config: &Config,
    place: &Place,
    context: Context,
) -> anyhow::Result<Vec<u8>> {
    let content = wire::Content::Json(std::borrow::Cow::Owned(to_raw_value(payload)?));
    let record = Record {
        id: Some(id),
        source: Source::Emitted,
        occurred_at: Some(at),
        name: Some(args.fact.name().into()),
        user: place.person().map(Into::into),
        device: place.device().map(Into::into),
        source_app: config.source_app.as_deref().map(Into::into),
        context: Some(Box::new(context)),
        ..Record::new(Agent::from(args.agent.as_str()), &content)
    };
    let mut line = serde_json::to_vec(&record)?;
    line.push(b'\n');
    Ok(line)
}

pub(super) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_nanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

/// 64 random bits: the standard library seeds its hasher from the system's randomness.
fn random() -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    RandomState::new().build_hasher().finish()
}
