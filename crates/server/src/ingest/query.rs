//! `GET /query`: the envelopes that came in by `/ingest`, by collection and by any of their members.
//!
//! A filter is any `name=value`; `name` may be a path (`source.host`, `data.step`), and every filter must hold. The
//! store is asked for what it has columns for and for the longest value as a text that must occur; the rest is
//! compared here, over a bounded number of events per answer. As everywhere, only a missing `next` means the end.

use axum::Json;
use hookrail_core::event::EventId;
use hookrail_store::events::Order;
use hookrail_store::model::{EventFilter, Page, StoredEvent};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::ancestors::{COLLECTIONS, Members, SOURCE, unknown_collection};
use crate::api::params::Params;
use crate::error::Problem;
use crate::tenants::{Caller, Tenant};

/// Envelopes of an answer where nobody says how many.
const DEFAULT_LIMIT: usize = 100;
const MAX_LIMIT: usize = 1000;

/// Most matches `offset` skips; further ones are reached by `cursor`.
const MAX_OFFSET: usize = 10_000;

/// Events read from the store at a time, and how often for one answer.
const SCAN: usize = 1000;
const SCANS: usize = 30;

/// What of an envelope is shown as its metadata.
const METADATA: [&str; 11] = [
    "event_id",
    "ts",
    "event_type",
    "level",
    "run_id",
    "session_id",
    "worker",
    "worker_id",
    "task_id",
    "tool_name",
    "hash",
];

/// The answer, as its readers know it, with a cursor.
#[derive(Debug, Serialize)]
pub(crate) struct Found {
    collection: String,
    count: usize,
    events: Vec<Envelope>,
    filters: Map<String, Value>,
    limit: usize,
    next: Option<String>,
}

/// One envelope.
#[derive(Debug, Serialize)]
struct Envelope {
    id: EventId,
    document: Box<RawValue>,
    metadata: Map<String, Value>,
}

/// What is looked for.
struct Wanted {
    collection: String,
    filters: Vec<(String, String)>,
    store: EventFilter,
}

/// Answers newest first.
pub(crate) async fn get(caller: Caller, mut params: Params) -> Result<Json<Found>, Problem> {
    let collection = params.text("collection")?.unwrap_or_else(|| "events".to_owned());
    if !COLLECTIONS.contains(&collection.as_str()) {
        return Err(unknown_collection());
    }
    let number = |text: &str, max: usize| text.parse().ok().filter(|number| *number <= max);
    let limit = params.parsed("limit", "a number from 1 to 1000", |text| number(text, MAX_LIMIT).filter(|n| *n > 0))?;
    let offset = params.parsed("offset", "a number up to 10000; use cursor beyond", |text| number(text, MAX_OFFSET))?;
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    let cursor = params.text("cursor")?;
    let store = EventFilter {
        agent: Some(SOURCE.to_owned()),
        session_id: params.text("session_id")?,
        since: params.time("since")?,
        until: params.time("until")?,
        q: params.text("q")?,
        ..EventFilter::default()
    };
    let wanted = Wanted::new(collection, store, params.rest());
    let page = search(&caller.tenant, &wanted, offset.unwrap_or(0), limit, cursor).await?;
    Ok(Json(Found {
        count: page.items.len(),
        events: page.items.into_iter().map(Envelope::of).collect(),
        filters: wanted.shown(),
        collection: wanted.collection,
        limit,
        next: page.next,
    }))
}

impl Wanted {
    fn new(collection: String, mut store: EventFilter, filters: Vec<(String, String)>) -> Self {
        if store.q.is_none() {
            let plain = |text: &&String| {
                text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\' | b'/'))
            };
            let hint = (collection == "artifacts").then(|| "artifact".to_owned());
            store.q =
                filters.iter().map(|(_, value)| value).filter(plain).max_by_key(|text| text.len()).cloned().or(hint);
        }
        Self { collection, filters, store }
    }

    fn matches(&self, event: &StoredEvent) -> bool {
        let Ok(members) = serde_json::from_str::<Members<'_>>(event.payload.get()) else { return false };
        let is = |name: &str, value: &str| members.scalar(name).as_deref() == Some(value);
        belongs(&members, &self.collection)
            && self.filters.iter().all(|(name, value)| {
                is(name, value)
                    || (name == "worker" && is("worker_id", value))
                    || (name == "worker_id" && is("worker", value))
            })
    }

    fn shown(&self) -> Map<String, Value> {
        let session = self.store.session_id.iter().map(|id| ("session_id".to_owned(), Value::from(id.as_str())));
        let rest = self.filters.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str())));
        session.chain(rest).collect()
    }
}

/// Whether an envelope is of a collection: by its own word, else by its type, as the older system sorted them.
fn belongs(members: &Members<'_>, collection: &str) -> bool {
    if collection == "events" {
        return true;
    }
    if let Some(own) = members.text("collection") {
        return own == collection;
    }
    let kind = members.text("event_type").unwrap_or_default();
    match collection {
        "artifacts" => kind == "artifact",
        "embeddings" => matches!(kind.as_ref(), "decision" | "error" | "artifact" | "worker_spawn"),
        _ => matches!(kind.as_ref(), "worker_heartbeat" | "progress" | "worker_spawn"),
    }
}

/// Reads on until there are enough matches, the store ends, or enough work is done.
async fn search(
    tenant: &Tenant,
    wanted: &Wanted,
    mut skip: usize,
    limit: usize,
    mut cursor: Option<String>,
) -> Result<Page<StoredEvent>, Problem> {
    let mut found = Vec::new();
    let mut ask = SCAN;
    for _ in 0..SCANS {
        let page = tenant.store.events.events(&wanted.store, Order::Newest, ask, cursor.as_deref()).await?;
        let hits: Vec<bool> = page.items.iter().map(|event| wanted.matches(event)).collect();
        let enough = skip + limit - found.len();
        let last = hits.iter().enumerate().filter(|(_, hit)| **hit).map(|(at, _)| at).nth(enough - 1);
        if let Some(at) = last.filter(|at| at + 1 < page.items.len()) {
            // The page holds more than is wanted: read it again up to the last wanted one, whose cursor goes on from there.
            ask = at + 1;
            continue;
        }
        ask = SCAN;
        for (event, _) in page.items.into_iter().zip(hits).filter(|(_, hit)| *hit) {
            if skip > 0 {
                skip -= 1;
            } else {
                found.push(event);
            }
        }
        cursor = page.next;
        if cursor.is_none() || found.len() >= limit {
            break;
        }
    }
    Ok(Page { items: found, next: cursor })
}

impl Envelope {
    fn of(event: StoredEvent) -> Self {
        let members = serde_json::from_str::<Members<'_>>(event.payload.get()).ok();
        let metadata = METADATA
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), Value::from(members.as_ref()?.scalar(name)?.into_owned()))))
            .collect();
        Self { id: event.id, metadata, document: event.payload }
    }
}
