//! Puts idle sessions to sleep: an event of the record that sums them up. See [`hookrail_store::sleep`].

use std::sync::Arc;
use std::time::Duration;

use hookrail_core::time::Timestamp;
use hookrail_store::sleep::slept;

use crate::app::{App, now};
use crate::error::Problem;
use crate::ingest::committed;
use crate::tenants::Tenant;

/// Sessions of one project that are put to sleep in one go; the others follow with the next look.
const BATCH: usize = 100;

/// The longest time between two looks. Where sessions fall asleep sooner, it is looked four times as often as that.
const EVERY: Duration = Duration::from_secs(60);

/// Puts sessions to sleep until the server stops.
pub(crate) async fn run(app: Arc<App>) {
    let Some(after) = app.config.sleep_after else { return };
    let mut every = tokio::time::interval((after / 4).clamp(Duration::from_millis(10), EVERY));
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while !app.stopping.is_cancelled() {
        every.tick().await;
        for tenant in app.tenants.opened() {
            if let Err(problem) = put_to_sleep(&app, &tenant, after).await {
                // The server is busy: they sleep after the next look.
                tracing::debug!(project = %tenant.project, "Sessions will be put to sleep later: {problem:?}.");
            }
        }
    }
}

async fn put_to_sleep(app: &App, tenant: &Tenant, after: Duration) -> Result<(), Problem> {
    let (now, after) = (now(), i64::try_from(after.as_nanos()).unwrap_or(i64::MAX));
    let before = Timestamp::from_nanos(now.as_nanos().saturating_sub(after));
    let idle = tenant.store.events.idle(before, BATCH).await?;
    let at = |last: Timestamp| Timestamp::from_nanos(last.as_nanos().saturating_add(after));
    let events: Vec<_> = idle.iter().filter_map(|session| slept(session, at(session.last_event_at), now)).collect();
    if events.is_empty() {
        return Ok(());
    }
    let bytes = events.iter().map(|event| event.payload.get().len()).sum();
    let room = app.admission.admit(bytes).ok_or_else(Problem::full)?;
    committed(tenant.submit(events, room)).await?;
    Ok(())
}
