//! What happens to waiting events without anybody asking: released when their session is claimed, quarantined when
//! they waited too long.
//!
//! Both are *peek, store, remove*: whatever fails or dies in between is done again, and ids make the repetition a
//! duplicate. The sweep also finds what another server parked for this one, and what a crash left.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use hookrail_core::event::Event;
use hookrail_core::wire::Record;
use hookrail_store::bus::parking::{Claim, Parked, SessionRef};
use hookrail_store::registry::ProjectId;
use tokio::time::MissedTickBehavior;

use super::{Attribution, CLAIMS_AT_ONCE};
use crate::app::{App, now};
use crate::error::Problem;
use crate::ingest::{Raw, committed, prepare};
use crate::metrics::Reason;
use crate::tenants::Tenant;

/// Time between two sweeps.
const SWEEP: Duration = Duration::from_millis(250);

/// Every so many sweeps it is looked for what waited too long: every 5 s.
const EXPIRE_EVERY: u32 = 20;

/// Events released or taken out in one step.
const STEP: usize = 500;

/// Steps of taking out, and of purging, in one sweep.
const STEPS: usize = 20;

/// Sessions of one sweep, and how many of them are released at once.
const SESSIONS: usize = 256;
const SESSIONS_AT_ONCE: usize = 4;

/// Sweeps until it is cancelled. A server that asks nobody for a key has nothing to sweep.
pub(crate) async fn run(app: Arc<App>) {
    let mut every = tokio::time::interval(SWEEP);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut sweeps = 0u32;
    loop {
        tokio::select! {
            _ = every.tick() => sweeps = sweeps.wrapping_add(1),
            () = app.attribution.wake.notified() => {}
        }
        if app.auth.is_open() {
            continue;
        }
        if let Err(problem) = app.attribution.sweep(&app, sweeps.is_multiple_of(EXPIRE_EVERY)).await {
            tracing::debug!("A sweep of the parking will be tried again: {}", problem.message);
        }
    }
}

impl Attribution {
    async fn sweep(&self, app: &App, expire: bool) -> Result<(), Problem> {
        let home = self.home(app).await?;
        // First what shows whether the bus is there.
        let mut sessions = self.answered(self.parking.waiting(home, SESSIONS, now()).await)?;
        if self.make_put_off(app).await {
            sessions = self.answered(self.parking.waiting(home, SESSIONS, now()).await)?;
        }
        let released = futures_util::stream::iter(sessions)
            .map(|session| async move {
                if let Err(problem) = self.release(app, home, &session).await {
                    let message = &problem.message;
                    tracing::warn!(agent = session.agent, "A session's events will be released later: {message}");
                }
            })
            .buffer_unordered(SESSIONS_AT_ONCE);
        released.collect::<()>().await;
        if expire {
            self.expire(app, home).await?;
        }
        Ok(())
    }

    /// Makes the claims that the bus was not there for; whether there were any.
    async fn make_put_off(&self, app: &App) -> bool {
        let put_off = self.sessions.take_put_off();
        let any = !put_off.is_empty();
        let again = futures_util::stream::iter(put_off)
            .map(|pending| async move {
                if self.claim(app, &pending).await.is_err() && !self.sessions.put_off(pending) {
                    app.metrics.claims_forgotten.add(1);
                }
            })
            .buffer_unordered(CLAIMS_AT_ONCE);
        again.collect::<()>().await;
        any
    }

    /// Stores what waits of a session that is claimed for this server, in its order.
    async fn release(&self, app: &App, home: &str, session: &SessionRef) -> Result<(), Problem> {
        while let Some((claim, items)) = self.answered(self.parking.release(home, session, STEP, now()).await)? {
            if items.is_empty() {
                return Ok(());
            }
            let tenant = tenant_of(app, &claim).await?;
            let seqs: Vec<u64> = items.iter().map(|item| item.seq).collect();
            store(app, &tenant, &items, claim.person.as_deref()).await?;
            app.metrics.events_released.add(items.len() as u64);
            if !self.answered(self.parking.released(session, &seqs).await)? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Takes what waited too long to the quarantine, and removes there what nobody looked at for long.
    async fn expire(&self, app: &App, home: &str) -> Result<(), Problem> {
        for _ in 0..STEPS {
            let items = self.answered(self.parking.expire(home, STEP, now()).await)?;
            if items.is_empty() {
                break;
            }
            let seqs: Vec<u64> = items.iter().map(|item| item.seq).collect();
            let kept = self.quarantine.keep(items, now()).await?;
            if kept.dropped > 0 {
                tracing::error!("The quarantine is full: {} events that nobody claimed are gone.", kept.dropped);
            }
            app.metrics.events_quarantined.add(kept.kept);
            app.metrics.quarantine_dropped.add(kept.dropped);
            self.answered(self.parking.expired(home, &seqs).await)?;
        }
        for _ in 0..STEPS {
            let purged = self.quarantine.purge(now()).await?;
            app.metrics.quarantine_purged.add(purged);
            if purged == 0 {
                break;
            }
        }
        let waiting = self.answered(self.parking.totals().await)?;
        app.metrics.parked_waiting.set(i64::try_from(waiting.events).unwrap_or(i64::MAX));
        app.metrics.parked_bytes.set(i64::try_from(waiting.bytes).unwrap_or(i64::MAX));
        Ok(())
    }
}

/// The project a session is claimed for.
pub(crate) async fn tenant_of(app: &App, claim: &Claim) -> Result<Arc<Tenant>, Problem> {
    let project: ProjectId = claim
        .project
        .parse()
        .map_err(|_| Problem::unavailable("A claim names no project of this server.", "See the server's log.", 30))?;
    app.tenants.get(&project).await
}

/// Stores waiting events in a project as they were received, with the person who is at work.
///
/// # Errors
/// Nothing is known to be stored then; storing them again is safe.
pub(crate) async fn store(app: &App, tenant: &Tenant, items: &[Parked], person: Option<&str>) -> Result<(), Problem> {
    let bytes = items.iter().map(|item| item.record.len()).sum();
    let room = app.admission.admit(bytes).ok_or_else(Problem::full)?;
    let events: Vec<Event> = items.iter().filter_map(|item| event(app, item, person)).collect();
    if !events.is_empty() {
        committed(tenant.submit(events, room)).await?;
    }
    Ok(())
}

/// A waiting event, as it would have come with a key. What waits was written by this program; should it ever not be a
/// record, it is counted as rejected rather than tried for ever.
pub(crate) fn event(app: &App, item: &Parked, person: Option<&str>) -> Option<Event> {
    let record: Option<Record<'_>> = serde_json::from_str(&item.record).ok();
    let Some(raw) = record.and_then(|record| Raw::from_record(record).ok()) else {
        app.metrics.events_in.add(1);
        app.metrics.reject(Reason::NotARecord, 1);
        return None;
    };
    let mut event = prepare(raw, item.at, &app.config, &app.metrics);
    // Whose account it was is believed only of those who hold a key.
    event.parsed.identity = None;
    if let Some(person) = person {
        event.user = Some(person.to_owned());
    }
    Some(event)
}
