//! `GET /api/v1/stream`: the feed as server-sent events, resumed by the `Last-Event-ID` a browser sends by itself.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream};

use super::{Feed, Item};
use crate::api::params::Params;
use crate::app::App;
use crate::error::Problem;
use crate::tenants::Caller;

/// Answers with a stream that ends when the server stops.
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, Problem> {
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()).filter(|id| !id.is_empty());
    let feed = Feed::open(&app, caller, params, last).await?;
    let mut response = Sse::new(events(feed)).keep_alive(beat(app.config.limits.heartbeat)).into_response();
    // Proxies that gather an answer before they pass it on would hold the feed back.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(response)
}

fn beat(every: Duration) -> KeepAlive {
    KeepAlive::new().interval(every).text("alive")
}

fn events(feed: Feed) -> impl Stream<Item = Result<Event, Infallible>> + Send + 'static {
    stream::unfold(feed, |mut feed| async move {
        match feed.next().await {
            Ok(Some(item)) => Some((Ok(written(&item)), feed)),
            Ok(None) => None,
            Err(error) => {
                tracing::error!("A live feed ended early: {error}.");
                None
            }
        }
    })
}

fn written(item: &Item) -> Event {
    match item {
        Item::Event(event) => {
            let data = serde_json::to_string(event.as_ref()).unwrap_or_default();
            Event::default().id(event.id.to_string()).event("event").data(data)
        }
        Item::Missed(missed) => Event::default().event("lagged").data(format!("{{\"missed\":{missed}}}")),
    }
}
