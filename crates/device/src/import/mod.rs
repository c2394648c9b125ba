//! History: what agents wrote down about their sessions, sent to the server as it would have been told live.
//!
//! ```text
//! find files ─▶ read lines ─▶ cut (core::transcript) ─▶ redact ─▶ batch ─▶ POST ─▶ acknowledged? ─▶ remember how far
//!      └───────────── a few workers, each with files and a batch of its own ─────────────┘
//! ```
//!
//! Order matters within a file only, so each worker reads whole files and sends its own batches one after another: while
//! one waits for the server another reads. What was acknowledged is remembered by file ([`State`]); what was sent and is
//! not yet remembered is sent again and is a duplicate there, because entries have ids of their own.

mod about;
mod batch;
mod files;
mod follow;
mod lines;
mod record;
mod skill;
mod state;
mod worker;

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use hookrail_core::event::Agent;
use hookrail_core::time::Timestamp;
use hookrail_core::transcript::Reader;
use hookrail_hook::Home;
use serde::Serialize;

use crate::config::Config;
use crate::http::{Client, HttpError};
use crate::ship::now;
use crate::units::Span;

pub use files::{Found, claude_folder, default_roots, find};
pub(crate) use files::{look, named_session};
pub(crate) use follow::Follower;
pub(crate) use lines::Lines;
pub use state::{FileState, State};
pub(crate) use state::{mark, open};
use worker::Worker;

/// How often the state is written while an import runs.
const SAVE_EVERY: Duration = Duration::from_secs(1);

/// A batch is sent when it has this many bytes of records, or what the settings ask for where that is more: history is in
/// no hurry, and the fewer commits it takes the sooner it is over.
const BATCH_BYTES: u64 = 3 << 20;

/// Room behind a full batch for the record that fills it; a longer one is copied with the batch.
const LAST_RECORD: usize = 256 << 10;

/// The most workers: what they wait for is one server.
const MOST_WORKERS: usize = 8;

/// What to import.
#[derive(Clone, Debug)]
pub struct Options {
    /// The agent whose files they are.
    pub agent: Agent,
    /// Where they lie: folders, or single files.
    pub roots: Vec<PathBuf>,
    /// Only what was written from this time on.
    pub since: Option<Timestamp>,
    /// The folder of the person's own skills, where their hashes are wanted (Claude Code's `~/.claude`).
    pub user_folder: Option<PathBuf>,
    /// Send nothing, only tell what would be sent.
    pub dry_run: bool,
    /// Begin every file at its start, whatever was sent before.
    pub again: bool,
}

impl Options {
    /// Everything new of an agent, from nowhere yet.
    pub fn of(agent: Agent) -> Self {
        Self { agent, roots: Vec::new(), since: None, user_folder: None, dry_run: false, again: false }
    }
}

/// What happened, as it happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// This many files with this many bytes are to be read.
    Found {
        /// Files.
        files: u64,
        /// Bytes.
        bytes: u64,
    },
    /// So many bytes of files were settled: sent, or nothing to send.
    Settled(u64),
    /// It did not work; the next try comes after the wait.
    Waiting {
        /// What went wrong.
        why: String,
        /// How long until the next try.
        wait: Duration,
    },
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Files read, in whole or from where the last import ended.
    pub files: u64,
    /// Files in which nothing was new.
    pub unchanged: u64,
    /// Files that could not be read, with the reason.
    pub unreadable: Vec<String>,
    /// Bytes read.
    pub bytes: u64,
    /// Lines read.
    pub lines: u64,
    /// Events sent, or to be sent in a dry run.
    pub events: u64,
    /// Of these, events the server had already.
    pub duplicates: u64,
    /// Of these, events the server refused; they are set aside in `rejected` of the state folder.
    pub rejected: u64,
    /// Lines that were not sent, by reason.
    pub skipped: BTreeMap<&'static str, u64>,
    /// Sessions the events belong to.
    pub sessions: u64,
    #[serde(skip)]
    named: HashSet<String>,
}

impl Summary {
    fn skip(&mut self, reason: &'static str) {
        *self.skipped.entry(reason).or_default() += 1;
    }

    fn add(&mut self, other: &mut Self) {
        let other = std::mem::take(other);
        self.files += other.files;
        self.unchanged += other.unchanged;
        self.unreadable.extend(other.unreadable);
        self.bytes += other.bytes;
        self.lines += other.lines;
        self.events += other.events;
        self.duplicates += other.duplicates;
        self.rejected += other.rejected;
        for (reason, lines) in other.skipped {
            *self.skipped.entry(reason).or_default() += lines;
        }
        self.named.extend(other.named);
        self.sessions = self.named.len() as u64;
    }
}

/// Why an import ended before its work was done. What was acknowledged until then is remembered.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Nobody wrote a reader for this agent's transcripts.
    #[error("transcripts of {0} cannot be read; known are claude-code and codex")]
    UnknownAgent(Agent),
    /// A path that was named does not exist or cannot be read.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The settings, or the server's answer to our key, make another try pointless.
    #[error("{0}")]
    Refused(String),
    /// The server could not be reached, or did not acknowledge.
    #[error("not delivered: {0}")]
    Undelivered(String),
    /// The state folder cannot be used.
    #[error("cannot use the state folder: {0}")]
    Home(#[source] io::Error),
}

impl From<HttpError> for ImportError {
    fn from(error: HttpError) -> Self {
        Self::Refused(error.to_string())
    }
}

/// Imports what the options name. `report` is called on the calling thread; `stop` ends it early, with `Ok`.
///
/// # Errors
/// See [`ImportError`].
pub fn import(
    home: &Home,
    config: &Config,
    options: &Options,
    report: &mut dyn FnMut(Progress),
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Summary, ImportError> {
    if Reader::new(&options.agent, None, None).is_none() {
        return Err(ImportError::UnknownAgent(options.agent.clone()));
    }
    let client = if options.dry_run { None } else { Some(welcome(Client::new(config)?, config)?) };
    let state = match &client {
        Some(client) if !options.again => State::load_for(home, client).map_err(ImportError::Home)?,
        _ => State::default(),
    };
    let mut found = Vec::new();
    for root in &options.roots {
        found.extend(
            find(&options.agent, root).map_err(|source| ImportError::Unreadable { path: root.clone(), source })?,
        );
    }
    found.sort_by(|a, b| (a.modified, &a.path).cmp(&(b.modified, &b.path)));
    found.dedup_by(|a, b| a.path == b.path);
    report(Progress::Found { files: found.len() as u64, bytes: found.iter().map(|file| file.size).sum() });
    let (progress, told) = channel();
    let run = Run { found, state: Mutex::new(state), ..Run::new(home, config, options, client, stop) };
    run.all(progress, &told, report)
}

/// The client, unless the server asks for a key and there is none: what comes without one waits there for its owner, for
/// minutes, and history has no session at work that could claim it.
fn welcome(client: Client, config: &Config) -> Result<Client, ImportError> {
    match client.get("/api/v1/status") {
        Ok(answer) if config.token.is_none() && matches!(answer.status, 401 | 403) => {
            let said = answer.describe();
            Err(ImportError::Refused(format!("{} asks for a key: {said}", client.server())))
        }
        // Whoever cannot be reached now may be when the first batch is ready.
        _ => Ok(client),
    }
}

/// An import that runs.
struct Run<'a> {
    home: &'a Home,
    config: &'a Config,
    options: &'a Options,
    client: Option<Client>,
    found: Vec<Found>,
    /// The next file nobody has taken.
    next: AtomicUsize,
    state: Mutex<State>,
    /// A worker gave up; the others need not go on.
    failed: AtomicBool,
    about: about::About,
    skills: skill::Skills,
    patience: Patience,
    stop: &'a (dyn Fn() -> bool + Sync),
}

/// How much work a run does at a time.
#[derive(Clone, Copy, Debug, Default)]
struct Patience {
    /// Gives up at the first failure instead of trying again for a while.
    once: bool,
    /// Stops after about so many bytes.
    portion: Option<u64>,
}

impl<'a> Run<'a> {
    /// A run with nothing to read yet.
    fn new(
        home: &'a Home,
        config: &'a Config,
        options: &'a Options,
        client: Option<Client>,
        stop: &'a (dyn Fn() -> bool + Sync),
    ) -> Self {
        Self {
            home,
            config,
            options,
            client,
            found: Vec::new(),
            next: AtomicUsize::new(0),
            state: Mutex::default(),
            failed: AtomicBool::new(false),
            about: about::About::new(config),
            skills: skill::Skills::new(options.user_folder.clone()),
            patience: Patience::default(),
            stop,
        }
    }

    fn into_state(self) -> State {
        self.state.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn all(
        &self,
        progress: Sender<Progress>,
        told: &Receiver<Progress>,
        report: &mut dyn FnMut(Progress),
    ) -> Result<Summary, ImportError> {
        let workers = thread::available_parallelism().map_or(1, usize::from).saturating_add(1).min(MOST_WORKERS);
        let outcomes = thread::scope(|scope| {
            let workers: Vec<_> = (0..workers.min(self.found.len().max(1)))
                .map(|_| {
                    let progress = progress.clone();
                    scope.spawn(move || Worker::new(self, progress).work())
                })
                .collect();
            drop(progress);
            let mut saved = Instant::now();
            for news in told {
                report(news);
                if saved.elapsed() >= SAVE_EVERY {
                    // A state that cannot be written now is written, or fails, at the end.
                    let _ = self.save();
                    saved = Instant::now();
                }
            }
            let ended: Vec<_> = workers.into_iter().map(thread::ScopedJoinHandle::join).collect();
            ended
        });
        self.save().map_err(ImportError::Home)?;
        let mut summary = Summary::default();
        let mut failure = None;
        for outcome in outcomes {
            match outcome {
                Ok((mut part, ended)) => {
                    summary.add(&mut part);
                    failure = failure.or(ended.err());
                }
                Err(_) => failure = Some(ImportError::Refused("the import stopped unexpectedly; run it again".into())),
            }
        }
        failure.map_or(Ok(summary), Err)
    }

    fn save(&self) -> io::Result<()> {
        match &self.client {
            Some(client) => lock(&self.state).save(self.home, client),
            None => Ok(()),
        }
    }

    /// A batch with so many bytes is sent.
    fn batch_bytes(&self) -> usize {
        usize::try_from(self.config.batch_bytes.max(BATCH_BYTES)).unwrap_or(usize::MAX - LAST_RECORD)
    }

    fn stopped(&self) -> bool {
        self.failed.load(Ordering::Relaxed) || (self.stop)()
    }
}

/// A lock whose holder cannot have left the value half changed.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A time as a person writes it: RFC 3339, or a span back from now such as `24h`.
pub fn since(text: &str) -> Option<Timestamp> {
    Timestamp::parse(text).or_else(|| {
        let span = i64::try_from(Span::parse(text)?.0.as_nanos()).ok()?;
        Some(Timestamp::from_nanos(now().as_nanos().saturating_sub(span)))
    })
}

/// The name of a path's last part, without its extension.
fn stem(path: &Path) -> Option<String> {
    Some(path.file_stem()?.to_str()?.to_owned())
}
