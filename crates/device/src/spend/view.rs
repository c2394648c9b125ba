//! What was spent, for a person to see.

use std::path::Path;
use std::{fs, io};

use hookrail_core::ledger::NanoUsd;
use hookrail_core::policy::spend::{Per, Scope, Sum, Sums, Within, dollars};
use hookrail_core::time::Timestamp;
use hookrail_hook::Home;
use serde::Serialize;

use super::ledger::Ledger;
use super::{Declared, Limits, Spender, ledger_file, remote, roots, zone};
use crate::config::Config;
use crate::http::Client;
use crate::ship::now;

/// The most sessions that are shown.
const MOST_SHOWN: usize = 64;

/// An amount, as this device and the server know it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// What this device counted.
    pub here: NanoUsd,
    /// Requests that this device does not know the cost of.
    pub unpriced: u64,
    /// What the server counted, where it said so.
    pub server: Option<NanoUsd>,
}

impl Amount {
    /// The larger of both.
    pub fn larger(&self) -> NanoUsd {
        self.server.map_or(self.here, |server| server.max(self.here))
    }
}

/// What was spent of something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Of {
    /// What is summed.
    pub per: Per,
    /// Over which span.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<Within>,
    /// Since when that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Which session or repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// The larger of both counts, in micro-dollars.
    pub spent_microusd: i64,
    /// What this device counted.
    pub here_microusd: i64,
    /// What the server counted, where it said so.
    pub server_microusd: Option<i64>,
    /// Requests that this device does not know the cost of.
    pub unpriced_requests: u64,
}

/// A limit, and how near it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LimitState {
    /// Its rule's id.
    pub rule: String,
    /// What happens when it is reached: `warn`, `ask`, `stop`, `observe`.
    pub mode: &'static str,
    /// How much may be spent, in micro-dollars.
    pub limit_microusd: i64,
    /// Whether it is reached.
    pub reached: bool,
    /// Whether an exception silences it.
    pub silent: bool,
    /// What comes nearest to it.
    pub spent: Of,
}

/// What was spent, and the limits.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct View {
    /// The time zone whose midnight begins a day.
    pub zone: String,
    /// What the person spent, by span.
    pub person: Vec<Of>,
    /// What the sessions at work cost.
    pub sessions: Vec<Of>,
    /// What was spent in the current folder's repository, by span.
    pub repository: Vec<Of>,
    /// The limits.
    pub limits: Vec<LimitState>,
    /// Why the server's sums are not of now, or are not there.
    pub server: Option<String>,
    /// Lines of the ledger that cannot be read.
    pub damaged: u64,
}

/// What was spent until now: counted anew from what transcripts have that is new, and asked of the server where there is one.
///
/// # Errors
/// Where the state folder cannot be used.
pub fn view(home: &Home, config: &Config, folder: &Path) -> io::Result<View> {
    let now = now();
    let mut spender = Spender::on(home, roots(), zone(), Ledger::load(&ledger_file(home))?);
    spender.limits.refresh(home);
    spender.hear();
    while spender.count(now) {}
    let server = ask(&mut spender, config, now);
    let repository = folder.to_str().map(|folder| spender.counter.folder(folder).0);
    let mut person = Vec::new();
    let mut here = Vec::new();
    for within in Within::ALL {
        let within = Some(within);
        person.push(spender.of(Scope { per: Per::Person, within }, None, now));
        if let Some(repository) = &repository {
            here.push(spender.of(Scope { per: Per::Repository, within }, Some(repository), now));
        }
    }
    let session = Scope { per: Per::Session, within: None };
    let at_work: Vec<String> = spender.sessions().into_iter().take(MOST_SHOWN).collect();
    let mut sessions: Vec<Of> = at_work.iter().map(|id| spender.of(session, Some(id), now)).collect();
    sessions.sort_by_key(|of| std::cmp::Reverse(of.spent_microusd));
    let limits = states(&mut spender, repository.as_deref(), now);
    let zone = spender.zone.iana_name().unwrap_or("local").to_owned();
    let damaged = spender.ledger.damaged;
    Ok(View { zone, person, sessions, repository: here, limits, server, damaged })
}

/// What the server says now; why it is not known, where it is not.
fn ask(spender: &mut Spender<'_>, config: &Config, now: Timestamp) -> Option<String> {
    config.server.as_ref()?;
    let (sessions, spans) = (spender.sessions(), spender.spans(now)?);
    if sessions.is_empty() {
        return Some("no session is at work that the server could be asked for".to_owned());
    }
    let told = Client::new(config).map_err(|error| error.to_string());
    match told.and_then(|client| remote::fetch(&client, &sessions, spans, now)) {
        Ok(told) => spender.remote.told = told,
        Err(why) => return Some(why),
    }
    None
}

/// Of each limit what comes nearest to it: of sessions and repositories those at work and here, and any that reaches it.
fn states(spender: &mut Spender<'_>, repository: Option<&str>, now: Timestamp) -> Vec<LimitState> {
    let limits = spender.limits.all().to_vec();
    let mut states: Vec<LimitState> = Vec::new();
    for declared in limits {
        let scope = declared.limit.scope;
        // A project's snapshot holds the limits of all layers.
        let is_same = |state: &LimitState| {
            state.rule == declared.rule && state.limit_microusd == declared.limit.limit.to_micros()
        };
        if states.iter().any(is_same) {
            continue;
        }
        let (all, _) = spender.spent(scope, now);
        let mut names: Vec<Option<String>> = all.keys().cloned().collect();
        names.sort();
        let largest = names.into_iter().max_by_key(|of| {
            let spent = all.get(of).map(super::Amount::larger).unwrap_or_default();
            (spent >= declared.limit.limit, scope.per == Per::Repository && of.as_deref() == repository, spent)
        });
        let spent = spender.of(scope, largest.flatten().as_deref(), now);
        states.push(LimitState {
            mode: declared.word(),
            reached: spent.spent_microusd >= declared.limit.limit.to_micros(),
            silent: declared.silent_until.is_some_and(|until| until > now.as_nanos()),
            limit_microusd: declared.limit.limit.to_micros(),
            rule: declared.rule,
            spent,
        });
    }
    states
}

impl Spender<'_> {
    /// What was spent of one session or repository, or by the person.
    fn of(&mut self, scope: Scope, of: Option<&str>, now: Timestamp) -> Of {
        let of = of.map(str::to_owned);
        let (all, span) = self.spent(scope, now);
        let amount = all.get(&of).copied().unwrap_or_default();
        Of {
            per: scope.per,
            within: scope.within,
            since: span.map(|(since, _)| since),
            of,
            spent_microusd: amount.larger().to_micros(),
            here_microusd: amount.here.to_micros(),
            server_microusd: amount.server.map(NanoUsd::to_micros),
            unpriced_requests: amount.unpriced,
        }
    }
}

/// What is wrong with the ledger; `None` where nothing is, or no limit needs it.
pub fn damage(home: &Home) -> Option<String> {
    if !Limits::of(home).is_any() {
        return None;
    }
    let path = ledger_file(home);
    match Ledger::load(&path) {
        Err(error) => Some(format!("{} cannot be read: {error}", path.display())),
        Ok(ledger) if ledger.damaged > 0 => {
            Some(format!("{} of the lines of {} cannot be read", ledger.damaged, path.display()))
        }
        Ok(_) => None,
    }
}

/// The limits that are reached, as the hook sees them, each in a sentence.
pub fn reached(home: &Home) -> Vec<String> {
    let sums = fs::read(home.spend_reached()).ok().and_then(|bytes| Sums::read(&bytes)).unwrap_or_default().sums;
    let mut all: Vec<String> = Vec::new();
    for Declared { rule, limit, silent_until, .. } in Limits::of(home).all() {
        if silent_until.is_some_and(|until| until > now().as_nanos()) {
            continue;
        }
        let holds = |sum: &&Sum| {
            let is_now = sum.span.is_none_or(|(since, until)| (since..until).contains(&now().as_nanos()));
            sum.scope == limit.scope && sum.spent >= limit.limit && is_now
        };
        for sum in sums.iter().filter(holds) {
            let whose = sum.of.as_ref().map(|of| format!(" ({of})")).unwrap_or_default();
            let told = format!("{rule} of {}: {}{whose}", dollars(limit.limit), limit.scope.told(sum.spent));
            if !all.contains(&told) {
                all.push(told);
            }
        }
    }
    all
}
