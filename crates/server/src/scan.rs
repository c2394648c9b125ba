//! Looks through what is stored, off the path of any request: what was redacted, what the guard decided, what ran although it
//! was denied, and what the server's rules would have stopped where no guard judged.
//!
//! Each project's events are gone through in the order of arrival, a batch at a time; how far is kept in the same transaction
//! as what was found. So a server that is killed goes on where it was, and rules that are new begin a new pass from
//! the first event, in which nothing is counted twice.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hookrail_core::context::Source;
use hookrail_core::event::{Kind, Outcome};
use hookrail_core::policy::facts::Facts;
use hookrail_core::policy::{Decision, Mode, Snapshot, Verdict, judge};
use hookrail_core::wire;
use hookrail_store::StoreError;
use hookrail_store::guard::{FindingKind, Hit, ScanState, Seen, Severity};
use hookrail_store::model::StoredEvent;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::app::{App, now};
use crate::tenants::Tenant;

/// The name of the event by which a person says that a call should not have been stopped.
const FALSE_STOP: &str = "false-stop";

/// Events looked at in one go.
const BATCH: usize = 256;

/// Batches of one project before the next has its turn.
const TURN: usize = 16;

/// Time between two looks at whether anything new is stored.
const EVERY: Duration = Duration::from_millis(250);

/// Events that come in between two looks from which on the server is busy storing: the scan would take from it the
/// processors and the disk, and what it finds is as good a little later.
const BUSY: u64 = 500;

/// For how long at most it stands back: a server that is never idle is looked through all the same.
const PATIENCE: Duration = Duration::from_secs(5);

/// The server's rules, prepared: a snapshot of [`hookrail_core::policy`], and a digest of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    text: Arc<str>,
    digest: String,
}

impl Rules {
    /// Rules from the text of a snapshot; one that cannot be read has no rules.
    pub fn new(snapshot: &str) -> Self {
        let digest = blake3::hash(snapshot.as_bytes()).to_hex();
        Self { text: snapshot.into(), digest: digest[..16].to_owned() }
    }
}

impl Default for Rules {
    /// None: only what others decided and took out is found.
    fn default() -> Self {
        Self { text: "".into(), digest: "none".to_owned() }
    }
}

/// Looks through the projects' events until the server stops.
pub(crate) async fn run(app: Arc<App>) {
    let mut every = tokio::time::interval(EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let (mut came, mut looked) = (0, Instant::now());
    while !app.stopping.is_cancelled() {
        every.tick().await;
        let before = std::mem::replace(&mut came, app.metrics.events_in.get());
        if came - before > BUSY && looked.elapsed() < PATIENCE {
            continue;
        }
        looked = Instant::now();
        for tenant in app.tenants.opened() {
            if let Err(error) = look(&app, &tenant).await {
                // Busy: somebody else writes. It is tried again at the next tick, from where it was.
                tracing::debug!(project = %tenant.project, "The events will be looked through later: {error}.");
            }
        }
    }
}

/// One turn of a project.
async fn look(app: &App, tenant: &Tenant) -> Result<(), StoreError> {
    let mut state = tenant.store.guard.scan().await?;
    if state.rules != app.config.rules.digest {
        state = restart(app, tenant).await?;
    }
    let mut position = state.position;
    for _ in 0..TURN {
        if position >= state.end || app.stopping.is_cancelled() {
            return Ok(());
        }
        let events = tenant.store.events.after(position, BATCH).await?;
        let Some(last) = events.last().map(|event| event.seq) else { return Ok(()) };
        let rules = app.config.rules.clone();
        let count = events.len() as u64;
        let seen = tokio::task::spawn_blocking(move || events.iter().map(|event| seen(event, &rules)).collect())
            .await
            .map_err(|_| StoreError::Other("a look was interrupted".to_owned()))?;
        let new = tenant.store.guard.keep(state.pass, seen, now()).await?;
        app.metrics.events_scanned.add(count);
        app.metrics.findings.add(new);
        position = last;
    }
    Ok(())
}

/// Begins a new pass with the rules of now.
pub(crate) async fn restart(app: &App, tenant: &Tenant) -> Result<ScanState, StoreError> {
    tenant.store.guard.start_scan(&app.config.rules.digest, now()).await
}

fn seen(event: &StoredEvent, rules: &Rules) -> Seen {
    let mut hits: Vec<Hit> = event.redactions.iter().map(|one| secret(&one.kind, &one.at)).collect();
    match &event.verdict {
        Some(verdict) => hits.extend(decided(event, verdict)),
        None => hits.extend(unjudged(event, rules)),
    }
    let ran = matches!(event.outcome, Some(Outcome::Succeeded))
        || (event.kind == Kind::ToolSucceeded && !matches!(event.outcome, Some(Outcome::Denied | Outcome::Failed)));
    Seen {
        seq: event.seq,
        id: event.id,
        at: event.occurred_at,
        received_at: event.received_at,
        agent: event.agent.clone(),
        session: event.session_id.clone(),
        tool: event.tool.clone(),
        call: event.tool_use_id.clone(),
        user: event.user.clone(),
        verdict: event.verdict.clone(),
        ran,
        report: report(event),
        hits,
    }
}

/// What a person says was stopped wrongly: the event that `hookrail report` makes.
fn report(event: &StoredEvent) -> Option<(String, Box<RawValue>)> {
    #[derive(Deserialize)]
    struct Said {
        rule: String,
    }
    let said: Said = serde_json::from_str(event.payload.get()).ok().filter(|_| event.name == FALSE_STOP)?;
    Some((said.rule, event.payload.clone()))
}

fn secret(kind: &str, at: &str) -> Hit {
    // What has no shape of its own is guessed by a name; the rest opens a door.
    let severity = match kind {
        "secret" | "password" | "url-password" | "bearer-token" | "jwt" => Severity::Medium,
        "email" | "phone" | "card" | "national-id" => Severity::Low,
        _ => Severity::High,
    };
    let place = if at.is_empty() { "the payload" } else { at };
    Hit {
        kind: FindingKind::Secret,
        rule: kind.to_owned(),
        subject: at.to_owned(),
        severity,
        summary: format!("A secret ({kind}) was taken out of {place}."),
    }
}

fn decided(event: &StoredEvent, verdict: &Verdict) -> Option<Hit> {
    let tool = event.tool.as_deref().unwrap_or(&event.name);
    let (kind, severity, what) = match verdict.decision {
        _ if verdict.rule == Verdict::UNAVAILABLE => {
            (FindingKind::VerdictUnavailable, Severity::High, "The guard could not judge a call of")
        }
        Decision::Deny => (FindingKind::Denied, Severity::Medium, "Denied a call of"),
        Decision::Ask => (FindingKind::Asked, Severity::Low, "Had a person asked about a call of"),
        Decision::Allow => return None,
    };
    let summary = format!("{what} {tool}: {}", verdict.reason);
    Some(Hit { kind, rule: verdict.rule.clone(), subject: tool.to_owned(), severity, summary })
}

/// What the server's rules say of a call that came without a verdict.
fn unjudged(event: &StoredEvent, rules: &Rules) -> Option<Hit> {
    if event.kind != Kind::ToolRequested || rules.text.is_empty() {
        return None;
    }
    let payload = event.payload.get();
    let parsed = wire::parse(Source::Hook, &event.agent, Some(&event.name), payload);
    let snapshot = Snapshot::read(rules.text.as_bytes()).ok()?;
    let place = Place { directory: parsed.cwd.clone() };
    let verdict = judge(&parsed, payload, &snapshot, &place, event.occurred_at).ok()??;
    let decision = verdict.decision.max(verdict.would.filter(|_| verdict.mode == Mode::Enforce).unwrap_or_default());
    let severity = match decision {
        Decision::Deny => Severity::High,
        Decision::Ask => Severity::Low,
        Decision::Allow => return None,
    };
    let tool = event.tool.as_deref().unwrap_or(&event.name);
    Some(Hit {
        kind: FindingKind::Risk,
        summary: format!("No guard judged a call of {tool}: {}", verdict.reason),
        rule: verdict.rule,
        subject: tool.to_owned(),
        severity,
    })
}

/// What an event tells of its place: all the server knows of another machine.
struct Place {
    directory: Option<String>,
}

impl Facts for Place {
    fn directory(&self) -> Option<&str> {
        self.directory.as_deref()
    }

    fn project(&self) -> Option<&str> {
        self.directory.as_deref()
    }

    /// The home a folder is below, by the custom of the systems.
    fn home(&self) -> Option<&str> {
        let directory = self.directory.as_deref()?;
        let parts =
            |count: usize| directory.match_indices('/').nth(count).map_or(directory, |(at, _)| &directory[..at]);
        match directory.split('/').nth(1)? {
            "home" | "Users" => Some(parts(2)),
            "root" => Some(parts(1)),
            _ => None,
        }
    }
}
