//! Following live transcripts: the shipper looks now and then at the files that hook events name, and sends what grew.
//!
//! It is the same reading, sending and remembering as an import's, in small portions: an import afterwards finds
//! everything known. Off by default (`follow_transcripts` of config.toml), because a transcript holds what hooks do not
//! tell: answers and thoughts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use hookrail_core::event::{Agent, Kind, SessionId};
use hookrail_core::wire::Record;
use hookrail_hook::Home;
use serde::Deserialize;

use super::{Found, ImportError, Options, Patience, Run, State, Summary, Worker, files, find};
use crate::config::Config;
use crate::http::Client;

/// How often files are looked at while events come.
const LOOK_EVERY: Duration = Duration::from_secs(3);

/// The most that one look reads: the spool waits meanwhile.
const PORTION: u64 = 8 << 20;

/// The most sessions that are followed; those heard of longest ago go first.
const MOST_SESSIONS: usize = 64;

/// A session's main file.
#[derive(Clone, Debug)]
struct Watched {
    agent: Agent,
    heard: Instant,
}

/// Follows the transcripts of the sessions that are at work.
#[derive(Debug)]
pub(crate) struct Follower<'a> {
    home: &'a Home,
    config: &'a Config,
    client: Client,
    state: State,
    watched: BTreeMap<PathBuf, Watched>,
    /// When to look next; `None` where nothing was heard since the last look.
    due: Option<Instant>,
}

impl<'a> Follower<'a> {
    /// A follower, where the settings ask for one.
    pub(crate) fn new(home: &'a Home, config: &'a Config, client: Client) -> Option<Self> {
        config.follow_transcripts.then(|| Self {
            state: State::load(home, &client),
            home,
            config,
            client,
            watched: BTreeMap::new(),
            due: None,
        })
    }

    /// Notes the transcript that a recorded event names. Only a file that carries the session's own name is believed.
    pub(crate) fn heard(&mut self, line: &str) {
        #[derive(Deserialize)]
        struct Named {
            transcript_path: Option<PathBuf>,
        }
        if !line.contains("\"transcript_path\"") {
            return;
        }
        let Ok(record) = serde_json::from_str::<Record<'_>>(line) else { return };
        let named = record.payload.and_then(|payload| serde_json::from_str::<Named>(payload.get()).ok());
        let Some(path) = named.and_then(|named| named.transcript_path) else { return };
        let parsed = record.parsed();
        let session = parsed.session_id.as_ref().map(SessionId::as_str);
        if !path.is_absolute() || session.is_none() || files::named_session(&record.agent, &path).as_deref() != session
        {
            return;
        }
        let now = Instant::now();
        self.watched.insert(path, Watched { agent: record.agent, heard: now });
        if self.watched.len() > MOST_SESSIONS {
            let oldest = self.watched.iter().min_by_key(|(_, watched)| watched.heard).map(|(path, _)| path.clone());
            self.watched.remove(&oldest.unwrap_or_default());
        }
        // What a turn came to is wanted soon; the agent writes it a moment after it told the hook.
        let ended =
            matches!(parsed.kind, Kind::TurnEnded | Kind::TurnFailed | Kind::SessionEnded | Kind::SubagentEnded);
        let soon = now + if ended { LOOK_EVERY / 6 } else { LOOK_EVERY };
        self.due = Some(self.due.map_or(soon, |due| due.min(soon)));
    }

    /// Sends what grew, if it is time to look.
    pub(crate) fn look(&mut self, stop: &(dyn Fn() -> bool + Sync)) -> Result<Summary, ImportError> {
        match self.due {
            Some(due) if due <= Instant::now() => self.look_now(stop),
            _ => Ok(Summary::default()),
        }
    }

    /// Sends what grew.
    pub(crate) fn look_now(&mut self, stop: &(dyn Fn() -> bool + Sync)) -> Result<Summary, ImportError> {
        self.due = None;
        let mut all = Summary::default();
        let agents: Vec<Agent> = self.watched.values().map(|watched| watched.agent.clone()).collect();
        for agent in [Agent::ClaudeCode, Agent::Codex].into_iter().filter(|agent| agents.contains(agent)) {
            let found = self.grown(&agent);
            if found.is_empty() {
                continue;
            }
            let options = Options { user_folder: None, ..Options::of(agent) };
            let run = Run {
                found,
                state: std::mem::take(&mut self.state).into(),
                patience: Patience { once: true, portion: Some(PORTION) },
                ..Run::new(self.home, self.config, &options, Some(self.client.clone()), stop)
            };
            let (progress, _told) = channel();
            let (mut part, ended) = Worker::new(&run, progress).work();
            let saved = run.save();
            self.state = run.into_state();
            let cut_short = part.bytes >= PORTION;
            if part.lines > 0 {
                // It is being written: there will be more.
                self.due = Some(Instant::now() + if cut_short { Duration::ZERO } else { LOOK_EVERY });
            }
            all.add(&mut part);
            if let Err(error) = ended {
                self.due = Some(Instant::now() + LOOK_EVERY);
                return Err(error);
            }
            saved.map_err(ImportError::Home)?;
        }
        Ok(all)
    }

    /// The files of the sessions of an agent that changed since they were sent, those of their subagents among them.
    fn grown(&self, agent: &Agent) -> Vec<Found> {
        let mut found = Vec::new();
        for (path, _) in self.watched.iter().filter(|(_, watched)| watched.agent == *agent) {
            found.extend(files::look(agent, path));
            if *agent == Agent::ClaudeCode {
                found.extend(find(agent, &path.with_extension("").join(Path::new("subagents"))).unwrap_or_default());
            }
        }
        found.retain(|file| self.state.files.get(&file.path).is_none_or(|state| state.is_behind(file)));
        found
    }
}
