//! What is spent, where limits are declared: counted on this device, completed by what the server knows, and told to the hook.
//!
//! ```text
//! hook ─▶ spend/live: this session is at work          hook ◀─ spend/reached: sums that reach a limit
//!              │                                                      ▲
//! transcripts ─┴─▶ count: new lines, priced ─▶ spend/ledger ─▶ sums ──┤ the larger of both
//!                                         server ─▶ spend/server.json ┘
//! ```
//!
//! It runs beside the shipper, in its process and under its lock, or alone where there is no server. Without
//! limits nothing is read, asked or written.

mod calendar;
mod count;
mod ledger;
mod limits;
mod remote;
mod view;
mod watch;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};
use std::{env, fs};

use hookrail_core::event::Agent;
use hookrail_core::ledger::NanoUsd;
use hookrail_core::policy::spend::book::Spent;
use hookrail_core::policy::spend::{Per, Scope, Sum, Sums, Within};
use hookrail_core::time::Timestamp;
use hookrail_hook::Home;
use hookrail_hook::spend::Live;
use jiff::tz::TimeZone;

use crate::http::Client;
use crate::import::{Found, default_roots, find, look, named_session};
use crate::whole::write_private;
use calendar::Span;
use count::Counter;
use ledger::Ledger;
use remote::Remote;

use calendar::{span, zone};
pub use limits::{Declared, Limits};
pub use view::{Amount, LimitState, Of, View, damage, reached, view};
pub(crate) use watch::{alone, beside, once};

/// The agents whose transcripts tell what requests cost.
const AGENTS: [Agent; 2] = [Agent::ClaudeCode, Agent::Codex];

/// The most sessions at work; those heard of longest ago go first.
const MOST_LIVE: usize = remote::MOST_SESSIONS;

/// A session whose transcript did not change for so long is no longer at work; its next event says that it is again.
const AT_WORK: Duration = Duration::from_secs(12 * 3600);

/// How often all folders of transcripts are looked through, for sessions that no hook told of.
const DISCOVER_EVERY: Duration = Duration::from_secs(60);

/// The most sums that the hook is told of one scope.
const MOST_SUMS: usize = 256;

/// For how long it is kept that a session was told of a limit.
const TOLD: Duration = Duration::from_secs(40 * 86_400);

/// The folders in which agents keep their transcripts, by default or as this environment says.
fn roots() -> Vec<(Agent, PathBuf)> {
    let env = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    AGENTS.iter().flat_map(|agent| default_roots(agent, env).into_iter().map(|root| (agent.clone(), root))).collect()
}

/// Counts what is spent.
#[derive(Debug)]
pub(crate) struct Spender<'a> {
    home: &'a Home,
    zone: TimeZone,
    roots: Vec<(Agent, PathBuf)>,
    limits: Limits,
    counter: Counter,
    ledger: Ledger,
    remote: Remote,
    live: BTreeMap<PathBuf, Live>,
    /// When to look through the folders next.
    discover: Instant,
    /// What the hook was told last.
    written: Option<Vec<u8>>,
    /// What the sums were made from; `None` where they are to be made.
    made: Option<Made>,
}

/// What sums are made from: while it is the same, they are.
#[derive(Debug, PartialEq)]
struct Made {
    news: u64,
    limits: u64,
    server: Timestamp,
    live: Vec<PathBuf>,
    spans: Option<[Span; 3]>,
}

impl<'a> Spender<'a> {
    /// Takes up what was counted before. A ledger that is damaged is set aside, and all is counted anew.
    pub(crate) fn new(home: &'a Home, roots: Vec<(Agent, PathBuf)>, zone: TimeZone) -> io::Result<Self> {
        let path = ledger_file(home);
        let mut ledger = Ledger::load(&path)?;
        if ledger.damaged > 0 {
            fs::rename(&path, path.with_extension("damaged"))?;
            ledger = Ledger::load(&path)?;
        }
        Ok(Self::on(home, roots, zone, ledger))
    }

    fn on(home: &'a Home, roots: Vec<(Agent, PathBuf)>, zone: TimeZone, ledger: Ledger) -> Self {
        Self {
            home,
            zone,
            roots,
            limits: Limits::default(),
            counter: Counter::new(),
            ledger,
            remote: Remote::load(home),
            live: BTreeMap::new(),
            discover: Instant::now(),
            written: None,
            made: None,
        }
    }

    /// Whether there is any limit now.
    pub(crate) fn is_wanted(&mut self) -> bool {
        self.limits.refresh(self.home);
        self.limits.is_any()
    }

    /// Counts what is new, asks the server where there is one and it is time, and tells the hook. Whether anything was new.
    ///
    /// # Errors
    /// Where the state folder cannot be used. Transcripts that cannot be read, and a server that does not answer, are left for the
    /// next look.
    pub(crate) fn look(&mut self, client: Option<&Client>, now: Timestamp) -> io::Result<bool> {
        if !self.is_wanted() {
            self.made = None;
            self.tell(&[])?;
            return Ok(false);
        }
        for over in self.hear() {
            // Where it cannot be removed it is passed over again.
            let _ = fs::remove_file(over);
        }
        let grown = self.count(now);
        self.ledger.save(now)?;
        // What is known here is told before a server is asked, which may take its time.
        self.retell(now)?;
        if let (Some(client), Some(spans)) = (client, self.spans(now)) {
            // Local numbers hold; what is wrong with the server the shipper tells.
            let _ = self.remote.ask(client, &self.sessions(), spans, now);
            self.retell(now)?;
        }
        Ok(grown)
    }

    /// Tells the hook what reaches a limit, where anything has changed of which that is made.
    fn retell(&mut self, now: Timestamp) -> io::Result<()> {
        let made = Made {
            news: self.ledger.news,
            limits: self.limits.changes(),
            server: self.remote.told.at,
            live: self.live.keys().cloned().collect(),
            spans: self.spans(now),
        };
        if self.made.as_ref() != Some(&made) {
            let sums = self.sums(now);
            self.tell(&sums)?;
            self.made = Some(made);
        }
        Ok(())
    }

    /// Which sessions are at work, as the hook says. Gives back what it said of sessions that are no more.
    fn hear(&mut self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.home.spend_live()).into_iter().flatten().flatten();
        let mut found: Vec<(SystemTime, PathBuf)> = entries
            .filter_map(|entry| {
                let path = entry.path();
                let said = entry.metadata().ok()?.modified().ok()?;
                let known = self.live.get(&path).and_then(|live| live.transcript.as_deref());
                let wrote = known.and_then(|path| fs::metadata(path).ok()?.modified().ok());
                Some((wrote.map_or(said, |wrote| wrote.max(said)), path))
            })
            .collect();
        found.sort_by(|a, b| b.cmp(a));
        let is_over = |at: &SystemTime| SystemTime::now().duration_since(*at).is_ok_and(|since| since > AT_WORK);
        let (mut kept, mut over) = (Vec::new(), Vec::new());
        for (number, (at, path)) in found.into_iter().enumerate() {
            if number >= MOST_LIVE || is_over(&at) { over.push(path) } else { kept.push(path) }
        }
        self.live.retain(|path, _| kept.contains(path));
        for path in kept {
            if !self.live.contains_key(&path)
                && let Some(live) = fs::read(&path).ok().and_then(|text| serde_json::from_slice::<Live>(&text).ok())
            {
                self.live.insert(path, live);
            }
        }
        over
    }

    /// Reads what is new in transcripts: those of the sessions at work, and now and then all of this month. Whether there was any.
    fn count(&mut self, now: Timestamp) -> bool {
        let mut files: Vec<(Agent, Found)> = self.live.values().flat_map(of_session).collect();
        if self.discover <= Instant::now() {
            self.discover = Instant::now() + DISCOVER_EVERY;
            let since = span(Within::Month, now, &self.zone).map_or(i64::MAX, |(since, _)| since.as_nanos());
            // A week may have begun in the month before.
            let since = span(Within::Week, now, &self.zone).map_or(since, |(week, _)| since.min(week.as_nanos()));
            for (agent, root) in &self.roots {
                let found = find(agent, root).unwrap_or_default();
                files.extend(found.into_iter().filter(|it| it.modified >= since).map(|it| (agent.clone(), it)));
            }
        }
        let mut grown = false;
        let mut seen = BTreeSet::new();
        for (agent, file) in files {
            let is_behind = self.ledger.marks.get(&file.path).is_none_or(|mark| mark.state.is_behind(&file));
            if is_behind && seen.insert(file.path.clone()) {
                let before = self.ledger.book.len();
                // A file that cannot be read now is looked at again.
                let more = self.counter.read(&mut self.ledger, &agent, &file).unwrap_or(false);
                grown |= more || self.ledger.book.len() != before;
                if more {
                    self.discover = Instant::now();
                }
            }
        }
        grown
    }

    /// The sessions at work.
    fn sessions(&self) -> Vec<String> {
        self.live.values().map(|live| live.session.as_str().to_owned()).collect()
    }

    fn spans(&self, now: Timestamp) -> Option<[Span; 3]> {
        let [day, week, month] = Within::ALL.map(|within| span(within, now, &self.zone));
        Some([day?, week?, month?])
    }

    /// The sums that reach a limit.
    fn sums(&mut self, now: Timestamp) -> Vec<Sum> {
        let (mut sums, at_work) = (Vec::new(), self.sessions());
        for (scope, least) in self.limits.thresholds() {
            let (spent, span) = self.spent(scope, now);
            let mut reached: Vec<(Option<String>, NanoUsd)> = spent
                .into_iter()
                .map(|(of, amount)| (of, amount.larger()))
                .filter(|(_, spent)| *spent >= least)
                .collect();
            // Of sessions the hook asks about those at work alone.
            if scope.per == Per::Session {
                reached.retain(|(of, _)| of.as_ref().is_some_and(|of| at_work.contains(of)));
            }
            reached.sort_by_cached_key(|(of, spent)| (Reverse(*spent), of.clone()));
            for (of, spent) in reached.into_iter().take(MOST_SUMS) {
                let places = match (scope.per, &of) {
                    (Per::Repository, Some(repository)) => self.folders_of(repository).into_iter().map(Some).collect(),
                    _ => vec![of],
                };
                let span = span.map(|(since, until)| (since.as_nanos(), until.as_nanos()));
                sums.extend(places.into_iter().map(|of| Sum { scope, of, spent, span }));
            }
        }
        sums
    }

    /// What was spent of a scope: by session, by repository, or by the person; and over which span.
    fn spent(&mut self, scope: Scope, now: Timestamp) -> (HashMap<Option<String>, Amount>, Option<Span>) {
        let span = scope.within.and_then(|within| span(within, now, &self.zone));
        let local = self.ledger.book.spent(scope, span.map(|(since, _)| since));
        let mut all: HashMap<Option<String>, Amount> = local
            .into_iter()
            .map(|(of, Spent { cost, unpriced })| (of, Amount { here: cost, unpriced, server: None }))
            .collect();
        let told = &self.remote.told;
        let is_of_now = scope.within.zip(span).is_none_or(|(within, (since, _))| told.is_of(within, since));
        if is_of_now {
            let places: HashMap<String, String> = self.repositories_of_sessions();
            for (session, item) in &self.remote.told.sessions {
                let told = match (scope.per, scope.within) {
                    (Per::Session, _) => Some((Some(session.clone()), item.cost())),
                    (Per::Person, Some(within)) => item.person.map(|totals| (None, totals.within(within))),
                    (Per::Repository, Some(within)) => {
                        let repository = places.get(session).cloned();
                        repository.zip(item.repository).map(|(name, totals)| (Some(name), totals.within(within)))
                    }
                    _ => None,
                };
                if let Some((of, amount)) = told {
                    let server = &mut all.entry(of).or_default().server;
                    *server = (*server).max(Some(amount));
                }
            }
        }
        (all, span)
    }

    /// The repository of each session, where it was at work first.
    fn repositories_of_sessions(&mut self) -> HashMap<String, String> {
        let mut found = HashMap::new();
        for live in self.live.values() {
            if let Some(cwd) = &live.cwd {
                found.insert(live.session.as_str().to_owned(), self.counter.folder(cwd).0);
            }
        }
        for place in self.ledger.book.places() {
            if let Some(repository) = &place.repository {
                found.entry(place.session.clone()).or_insert_with(|| repository.clone());
            }
        }
        found
    }

    /// The folders in which somebody worked on a repository.
    fn folders_of(&mut self, repository: &str) -> BTreeSet<String> {
        let places = self.ledger.book.places().iter();
        let known = places.filter(|place| place.repository.as_deref() == Some(repository));
        let mut folders: BTreeSet<String> = known.filter_map(|place| place.folder.clone()).collect();
        let live: Vec<String> = self.live.values().filter_map(|live| live.cwd.clone()).collect();
        for cwd in live {
            let (name, folder) = self.counter.folder(&cwd);
            if name == repository {
                folders.extend(folder);
            }
        }
        folders
    }

    /// Writes what the hook reads; nothing where nothing is reached.
    fn tell(&mut self, sums: &[Sum]) -> io::Result<()> {
        let path = self.home.spend_reached();
        if sums.is_empty() {
            self.written = None;
            return match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            };
        }
        let text = serde_json::to_vec(&Sums::new(sums.to_vec()))?;
        if self.written.as_ref() != Some(&text) {
            write_private(&path, &text)?;
            self.written = Some(text);
        }
        Ok(())
    }

    /// Forgets of which limits sessions were told long ago.
    pub(crate) fn tidy(&self) {
        for entry in fs::read_dir(self.home.spend_told()).into_iter().flatten().flatten() {
            let age = entry.metadata().and_then(|found| found.modified()).ok().and_then(|at| at.elapsed().ok());
            if age.is_some_and(|age| age > TOLD) {
                // Where it cannot be removed it is looked at again another time.
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// The transcripts of a session at work, those of its subagents among them. Only a file that carries the session's own name is
/// believed.
fn of_session(live: &Live) -> Vec<(Agent, Found)> {
    let Some(path) = &live.transcript else { return Vec::new() };
    if named_session(&live.agent, path).as_deref() != Some(live.session.as_str()) || !AGENTS.contains(&live.agent) {
        return Vec::new();
    }
    let mut found: Vec<Found> = look(&live.agent, path).into_iter().collect();
    if live.agent == Agent::ClaudeCode {
        found.extend(find(&live.agent, &path.with_extension("").join("subagents")).unwrap_or_default());
    }
    found.into_iter().map(|file| (live.agent.clone(), file)).collect()
}

/// Where the ledger is.
fn ledger_file(home: &Home) -> PathBuf {
    home.spend().join("ledger")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
