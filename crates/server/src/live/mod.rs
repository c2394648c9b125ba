//! The live feed: what was stored, as it is stored, to whoever listens.
//!
//! A reader who was here before names the last event it saw and first gets everything after that from the store, then
//! goes over to the feed without a gap or a double: it subscribes *before* it reads the page that turns out to be the
//! last, and skips what it has by position. A reader who is too slow is told how many events it missed (of all events,
//! whatever its filter) and goes on with the oldest still kept; the writer never waits for anybody.

pub(crate) mod sse;
pub(crate) mod ws;

use std::collections::VecDeque;
use std::sync::Arc;

use hookrail_core::event::EventId;
use hookrail_store::bus::{Live, Subscription};
use hookrail_store::model::{EventFilter, Seq, StoredEvent};
use hookrail_store::names::{Named, Snapshot};
use hookrail_store::{Store, StoreError};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Interval;

use crate::api::params::Params;
use crate::app::App;
use crate::auth::Standing;
use crate::error::Problem;
use crate::tenants::{Caller, Tenant};

/// Events read from the store at a time while a reader catches up.
const CATCH_UP: usize = 200;

/// What a reader of the feed gets.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    Event(Arc<StoredEvent>),
    Missed(u64),
}

/// One reader's place in the feed.
pub(crate) struct Feed {
    reader: Reader,
    standing: Standing,
    /// When a quiet feed asks whether its reader's key still holds.
    ask: Interval,
    _place: OwnedSemaphorePermit,
}

/// What a reader has yet to be told.
struct Reader {
    app: Arc<App>,
    tenant: Arc<Tenant>,
    filter: EventFilter,
    /// The last event's position the reader is past; `None` where it began with the feed itself.
    past: Option<Seq>,
    stage: Stage,
}

enum Stage {
    /// Reading the store.
    CatchingUp(VecDeque<StoredEvent>),
    /// Reading the feed.
    Live(Subscription),
}

impl Feed {
    /// A place in the feed by `last_event_id` and the filters of events.
    pub(crate) async fn open(
        app: &Arc<App>,
        caller: Caller,
        mut params: Params,
        header: Option<&str>,
    ) -> Result<Self, Problem> {
        let named = params.id("last_event_id")?;
        let header = header.map(str::parse::<EventId>).transpose().map_err(|error| {
            Problem::bad_request(format!("Last-Event-ID is not an event's id: {error}."), "Send the last id you saw.")
        })?;
        let filter = params.events()?;
        params.finish()?;
        let place = app.live_places.clone().try_acquire_owned().map_err(|_| {
            Problem::unavailable("The live feed has as many readers as it takes.", "Close one, or ask later.", 5)
        })?;
        // Subscribed before anything else is asked: what is stored from here on is in the feed.
        let live = Stage::Live(caller.tenant.store.bus.subscribe());
        let (past, stage) = match header.or(named) {
            None => (None, live),
            Some(id) => (Some(position(&caller.tenant.store, &id).await?), Stage::CatchingUp(VecDeque::new())),
        };
        app.metrics.live_readers.add(1);
        let (tenant, standing) = (caller.tenant, Standing::new(caller.who));
        let ask = tokio::time::interval(Standing::HOLDS);
        let reader = Reader { app: app.clone(), tenant, filter, past, stage };
        Ok(Self { reader, standing, ask, _place: place })
    }

    /// The next thing to tell; `None` when the server stops, the feed ends, or its reader's key does.
    ///
    /// # Errors
    /// Where the store cannot be read while catching up.
    pub(crate) async fn next(&mut self) -> Result<Option<Item>, StoreError> {
        let Self { reader, standing, ask, .. } = self;
        let app = reader.app.clone();
        let mut next = std::pin::pin!(reader.advance());
        let next = loop {
            tokio::select! {
                biased;
                () = app.stopping.cancelled() => return Ok(None),
                _ = ask.tick() => if !app.auth.still_admits(standing) { return Ok(None) },
                next = &mut next => break next,
            }
        };
        // What was stored after the key had ended is not for its holder any more.
        if app.auth.still_admits(standing) { next } else { Ok(None) }
    }
}

impl Reader {
    async fn advance(&mut self) -> Result<Option<Item>, StoreError> {
        loop {
            let event = match &mut self.stage {
                Stage::CatchingUp(page) => match page.pop_front() {
                    Some(event) => Arc::new(event),
                    None => {
                        self.turn_page().await?;
                        continue;
                    }
                },
                Stage::Live(subscription) => match subscription.recv().await {
                    None => return Ok(None),
                    Some(Live::Missed(missed)) => {
                        self.app.metrics.live_missed.add(missed);
                        return Ok(Some(Item::Missed(missed)));
                    }
                    Some(Live::Event(event)) => event,
                },
            };
            if self.past.is_some_and(|past| event.seq <= past) {
                continue;
            }
            self.past = Some(event.seq);
            let names = self.tenant.store.names.now();
            if self.filter.matches(&event, &names) {
                return Ok(Some(Item::Event(named(event, &names))));
            }
        }
    }

    /// Reads the next page from the store; an empty one means that the subscription made before has the rest.
    async fn turn_page(&mut self) -> Result<(), StoreError> {
        let subscription = self.tenant.store.bus.subscribe();
        let page = self.tenant.store.events.after(self.past.unwrap_or(0), CATCH_UP).await?;
        self.stage = if page.is_empty() { Stage::Live(subscription) } else { Stage::CatchingUp(page.into()) };
        Ok(())
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.reader.app.metrics.live_readers.add(-1);
    }
}

async fn position(store: &Store, id: &EventId) -> Result<Seq, Problem> {
    store.events.seq_of(id).await?.ok_or_else(|| {
        let message = "The event to resume from is not in the store (any more).";
        let hint = "Open the feed without an id, and read what is missing from /api/v1/events.";
        Problem::new(axum::http::StatusCode::GONE, "unknown_event", message, hint)
    })
}

/// The event with what the project calls its MCP server now.
fn named(event: Arc<StoredEvent>, names: &Snapshot) -> Arc<StoredEvent> {
    if event.mcp_server.is_none() {
        return event;
    }
    let mut event = Arc::unwrap_or_clone(event);
    event.named(names);
    Arc::new(event)
}
