//! What can be asked: one file per resource, each handler a page of what the store answers.
//!
//! Every list is `{"items":[…],"next":cursor|null}`. A parameter that is not known, not understood or given twice is a
//! mistake worth telling (400), never ignored: a filter that silently does nothing shows the wrong events.

pub(crate) mod artifacts;
pub(crate) mod devices;
pub(crate) mod events;
pub(crate) mod findings;
pub(crate) mod handlers;
pub(crate) mod keys;
pub(crate) mod login;
pub(crate) mod overview;
pub(crate) mod params;
pub(crate) mod policy;
pub(crate) mod projects;
pub(crate) mod quarantine;
pub(crate) mod servers;
pub(crate) mod sessions;
pub(crate) mod spend;
pub(crate) mod status;
pub(crate) mod titles;
pub(crate) mod usage;
pub(crate) mod verdicts;

use axum::Json;
use hookrail_store::StoreError;
use hookrail_store::model::Page;

use self::params::Slice;
use crate::error::Problem;

/// What a handler answers.
pub(crate) type Answer<T> = Result<Json<T>, Problem>;

/// A page of a list that is short enough to be made whole; its cursor is the position of the next item.
pub(crate) fn page<T>(items: Vec<T>, slice: &Slice) -> Answer<Page<T>> {
    let from = match &slice.cursor {
        None => 0,
        Some(cursor) => cursor.parse::<usize>().map_err(|_| {
            StoreError::Invalid("this cursor is not one of this list; pass `next` of its previous page".to_owned())
        })?,
    };
    let next = from.saturating_add(slice.limit);
    let next = (next < items.len()).then(|| next.to_string());
    Ok(Json(Page { items: items.into_iter().skip(from).take(slice.limit).collect(), next }))
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Invalid(message) => {
                Self::bad_request(message, "Start again without a cursor, or with the one this list gave.")
            }
            StoreError::Busy(_) => Self::unavailable(error.to_string(), "Try again in a moment.", 1),
            StoreError::Full(_) => Self::unavailable(error.to_string(), "Free some space on the server's disk.", 30),
            _ => Self::unavailable(error.to_string(), "See the server's log.", 30),
        }
    }
}
