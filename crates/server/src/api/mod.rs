//! What can be asked: one file per resource, each handler a page of what the store answers.
//!
//! Every list is `{"items":[…],"next":cursor|null}`. A parameter that is not known, not understood or given twice is a
//! mistake worth telling (400), never ignored: a filter that silently does nothing shows the wrong events.

pub(crate) mod events;
pub(crate) mod login;
pub(crate) mod overview;
pub(crate) mod params;
pub(crate) mod sessions;
pub(crate) mod status;

use axum::Json;
use hookrail_store::StoreError;
use serde::Serialize;

use crate::error::Problem;

/// What a handler answers.
pub(crate) type Answer<T> = Result<Json<T>, Problem>;

/// A list that is complete, in the shape of a page.
#[derive(Debug, Serialize)]
pub(crate) struct Whole<T> {
    items: Vec<T>,
    next: Option<String>,
}

/// Wraps a complete list.
pub(crate) fn whole<T>(items: Vec<T>) -> Json<Whole<T>> {
    Json(Whole { items, next: None })
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
