//! Looks through what is stored, off the path of any request: what was redacted, what the guard decided, what ran although it
//! was denied, what tools gave back, and what the server's rules would have stopped where no guard judged.
//!
//! Each project's events are gone through in the order of arrival, a batch at a time; how far is kept in the same transaction
//! as what was found. So a server that is killed goes on where it was, and rules that are new begin a new pass from
//! the first event, in which nothing is counted twice.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hookrail_core::context::Source;
use hookrail_core::event::{Family, Kind, Outcome};
use hookrail_core::policy::{Decision, Mode, Verdict, injection};
use hookrail_core::wire;
use hookrail_store::StoreError;
use hookrail_store::guard::{FindingKind, Hit, ScanState, Seen, Severity};
use hookrail_store::model::StoredEvent;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::app::{App, now};
use crate::rules::Rules;
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
    if state.rules != app.config.rules.digest() {
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
    tenant.store.guard.start_scan(app.config.rules.digest(), now()).await
}

fn seen(event: &StoredEvent, rules: &Rules) -> Seen {
    let mut hits: Vec<Hit> = event.redactions.iter().map(|one| secret(&one.kind, &one.at)).collect();
    match &event.verdict {
        Some(verdict) => hits.extend(decided(event, verdict)),
        None => hits.extend(unjudged(event, rules)),
    }
    hits.extend(injected(event));
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

/// The built-in rule by which a guard warns of what a tool gave back.
const INJECTION: &str = "outputs.injection";

/// What a tool gave back, whoever tells of it: a hook, a transcript, telemetry. Where the text was not captured, the guard of the device
/// has seen it. What a tool for writing gives back is what it was given.
fn injected(event: &StoredEvent) -> Option<Hit> {
    let is_result = matches!(event.kind, Kind::ToolSucceeded | Kind::ToolFailed | Kind::ToolReported);
    if !is_result || event.tool_family.as_deref() == Some(Family::FileWrite.as_str()) {
        return None;
    }
    let warned = event.verdict.as_ref().is_some_and(|verdict| verdict.rule == INJECTION);
    let sign = injection(event.payload.get()).or_else(|| warned.then_some("by the device's guard"))?;
    let tool = event.tool.as_deref().unwrap_or("a tool");
    Some(Hit {
        kind: FindingKind::Injection,
        rule: INJECTION.to_owned(),
        subject: tool.to_owned(),
        severity: Severity::Medium,
        summary: format!("What {tool} gave back holds words that are hidden, or meant to steer the agent ({sign})."),
    })
}

/// What the server's rules say of a call that came without a verdict.
fn unjudged(event: &StoredEvent, rules: &Rules) -> Option<Hit> {
    if event.kind != Kind::ToolRequested {
        return None;
    }
    let payload = event.payload.get();
    let parsed = wire::parse(Source::Hook, &event.agent, Some(&event.name), payload);
    let verdict = rules.judge(&parsed, payload, event.occurred_at)?;
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
