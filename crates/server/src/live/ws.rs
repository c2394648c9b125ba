//! `GET /api/v1/ws`: the feed as text messages of JSON. What the client says is ignored but for its close.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade, close_code};
use axum::response::Response;
use futures_util::stream::SplitStream;
use futures_util::{SinkExt, StreamExt};

use super::{Feed, Item};
use crate::api::params::Params;
use crate::app::App;
use crate::error::Problem;
use crate::tenants::Caller;

/// Bytes of a message of the client: it has nothing to say.
const INBOUND: usize = 4096;

/// Upgrades the connection. The `Origin` of a browser was checked at the door.
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    caller: Caller,
    params: Params,
    upgrade: Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let upgrade = upgrade.map_err(|error| Problem::bad_request(error.body_text(), "Open it as a WebSocket."))?;
    let feed = Feed::open(&app, caller, params, None).await?;
    let upgrade = upgrade.max_message_size(INBOUND).max_frame_size(INBOUND);
    Ok(upgrade.on_upgrade(move |socket| talk(app, socket, feed)))
}

async fn talk(app: Arc<App>, socket: WebSocket, mut feed: Feed) {
    let (mut out, mut inbound) = socket.split();
    let mut beat = tokio::time::interval(app.config.limits.heartbeat);
    beat.tick().await;
    let code = loop {
        let message = tokio::select! {
            () = gone(&mut inbound) => return,
            item = feed.next() => match item {
                Ok(Some(item)) => written(&item),
                Ok(None) => break close_code::AWAY,
                Err(error) => {
                    tracing::error!("A live feed ended early: {error}.");
                    break close_code::ERROR;
                }
            },
            _ = beat.tick() => Message::Ping(bytes::Bytes::new()),
        };
        // A reader that takes nothing holds nothing but its place; its going ends the wait.
        tokio::select! {
            sent = out.send(message) => if sent.is_err() { return },
            () = gone(&mut inbound) => return,
            () = app.stopping.cancelled() => return,
        }
    };
    let close = CloseFrame { code, reason: Utf8Bytes::from_static("") };
    let _ = tokio::time::timeout(app.config.limits.stop_grace, out.send(Message::Close(Some(close)))).await;
}

/// Reads and ignores what the client says until it leaves.
async fn gone(inbound: &mut SplitStream<WebSocket>) {
    while let Some(Ok(message)) = inbound.next().await {
        if matches!(message, Message::Close(_)) {
            return;
        }
    }
}

fn written(item: &Item) -> Message {
    let text = match item {
        Item::Event(event) => {
            let event = serde_json::to_string(event.as_ref()).unwrap_or_default();
            format!("{{\"type\":\"event\",\"event\":{event}}}")
        }
        Item::Missed(missed) => format!("{{\"type\":\"lagged\",\"missed\":{missed}}}"),
    };
    Message::Text(text.into())
}
