//! `POST /v1/hooks/{agent}`: an agent's own HTTP hook, answered in that agent's JSON after the commit.
//!
//! What Claude Code makes of the answer (its hooks reference, "HTTP hook"): 2xx with an empty body is success without
//! a word, 2xx with JSON is read like a command hook's output, and anything else is an error that blocks nothing.
//! So a full server may say 429 and the agent goes on, while the loss shows on both sides; a record that was not
//! kept is never answered as if it were. The server's rules are the guard here ([`crate::rules`]): they answer as a device's would,
//! but know no more of the call's place than its folder. A body that is not JSON is kept as `malformed` and answered without a word.

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hookrail_core::agents::{self, Received};
use hookrail_core::event::{Agent, Event};
use hookrail_core::policy::Verdict;
use hookrail_core::wire::Content;

use super::{Payload, Raw, prepare, store_one};
use crate::admit;
use crate::app::{App, now};
use crate::attribution::unkeyed::{self, Taken};
use crate::error::Problem;
use crate::metrics::Reason;
use crate::tenants::Knock;
use crate::writer::Fate;

/// A body up to this size is read where it arrived; a larger one on a thread of its own.
const SMALL_BODY: usize = 64 * 1024;

/// Longest name of an agent.
const AGENT_NAME: usize = 64;

/// Answers when the event is committed; without a key, when it is committed, or waits for its session durably.
pub(crate) async fn post(
    State(app): State<Arc<App>>,
    knock: Knock,
    Path(agent): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let agent = named(&agent)?;
    let cap = app.config.limits.record_bytes;
    let (room, body) = match &knock {
        Knock::Keyed(_) => admit::receive(&app, &headers, body, cap).await?,
        Knock::Unkeyed { .. } => unkeyed::receive(&app, &headers, body, cap).await?,
    };
    let bytes = body.whole();
    let (reply, event) = if bytes.len() <= SMALL_BODY {
        read(&app, &agent, &bytes)
    } else {
        let app = app.clone();
        let read = tokio::task::spawn_blocking(move || read(&app, &agent, &bytes)).await;
        read.map_err(|_| Problem::unavailable("The event could not be read.", "See the server's log.", 10))?
    };
    match knock {
        Knock::Keyed(caller) => {
            store_one(&app, &caller, event, room).await?;
        }
        Knock::Unkeyed { address } => match unkeyed::take(&app, address, vec![event], room).await?.first() {
            Some(Taken::Rejected(Reason::NoSession)) => return Err(unkeyed::no_session()),
            Some(Taken::Rejected(_) | Taken::Told(Fate::Refused)) | None => {
                return Err(super::unstorable(Reason::Invalid));
            }
            Some(Taken::Parked | Taken::Told(_)) => {}
        },
    }
    if reply.is_empty() {
        return Ok(().into_response());
    }
    Ok(([(header::CONTENT_TYPE, "application/json")], reply).into_response())
}

/// A name an agent can have: the known ones, and whatever comes next.
fn named(agent: &str) -> Result<Agent, Problem> {
    let fits = !agent.is_empty()
        && agent.len() <= AGENT_NAME
        && agent.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if fits {
        return Ok(Agent::from(agent));
    }
    Err(Problem::bad_request(
        "This is no name of an agent.",
        "Names are short, of lower-case letters, digits and hyphens: claude-code, codex, cursor, gemini, copilot.",
    ))
}

/// Reads the event, and prepares what its agent is answered.
fn read(app: &App, agent: &Agent, bytes: &Bytes) -> (String, Event) {
    let received = agents::parse_bytes(agent, None, bytes);
    let content = Content::of(&received.payload);
    let mut raw = Raw::new(
        received.agent.clone(),
        match &content {
            Content::Json(json) => Payload::Json(Cow::Borrowed(json)),
            Content::Malformed(text) => Payload::Malformed(Cow::Borrowed(text)),
        },
    );
    raw.occurred_at = agents::stamped_at(received.payload.text());
    raw.verdict = judged(app, &received);
    let event = prepare(raw, now(), &app.config, &app.metrics);
    // The answer is for whoever knocked, whose payload it may be.
    let reply = agents::reply(agent, &event.parsed, event.verdict.as_ref()).stdout;
    (reply, event)
}

/// What the server's rules say: no guard of a device is asked by an HTTP hook.
fn judged(app: &App, received: &Received<'_>) -> Option<Verdict> {
    let verdict = app.config.rules.judge(&received.parsed, received.payload.text(), now())?;
    let reach = agents::reach(&received.agent, &received.parsed, verdict.decision);
    Some(verdict.within(reach))
}
