//! An organisation's rules for its devices: published by an admin, signed, and fetched by whoever has a key of it.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use hookrail_core::policy::published::{MAX_PUBLISHED_BYTES, Published, hex};
use hookrail_store::registry::Registry;
use ring::signature::{Ed25519KeyPair, KeyPair as _};

use super::Answer;
use super::keys::{by, in_registry};
use super::params::Params;
use crate::admit;
use crate::app::App;
use crate::error::Problem;
use crate::tenants::Caller;

/// What the signing key is derived for.
const PURPOSE: &str = "hookrail 2026-11 signing key of an organisation's policy";

/// `GET /api/v1/policy`.
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    caller: Caller,
    params: Params,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    params.finish()?;
    let published = current(&app, &caller).await?;
    let tag = published.tag();
    if headers.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response());
    }
    Ok(([(ETAG, tag)], Json(published)).into_response())
}

/// `PUT /api/v1/policy`: the file of rules as it is.
pub(crate) async fn put(State(app): State<Arc<App>>, caller: Caller, params: Params, body: Body) -> Answer<Published> {
    params.finish()?;
    let limit = app.config.limits.body_timeout;
    let body = admit::read(body, MAX_PUBLISHED_BYTES, limit).await.map_err(|(_, problem)| problem)?;
    let text = String::from_utf8(body.to_vec())
        .map_err(|_| Problem::bad_request("The body is no text.", "Send the file of rules as it is."))?;
    let organisation = caller.tenant.project.organisation().to_owned();
    let (of, by) = (organisation.clone(), by(&caller));
    let version = in_registry(&app, move |registry| registry.publish_policy(&of, &text, &by)).await?;
    tracing::info!(organisation, version, "The organisation's rules were published.");
    current(&app, &caller).await.map(Json)
}

async fn current(app: &Arc<App>, caller: &Caller) -> Result<Published, Problem> {
    let organisation = caller.tenant.project.organisation().to_owned();
    in_registry(app, move |registry| {
        let (version, text) = registry.policy(&organisation)?;
        Ok(signed(registry, organisation, version, text))
    })
    .await
}

fn signed(registry: &Registry, organisation: String, version: u64, text: String) -> Published {
    let seed = registry.derived_secret(PURPOSE);
    let signed = Published::signed(&organisation, version, &text);
    // A seed of 32 bytes is always a key.
    let (key, signature) = match Ed25519KeyPair::from_seed_unchecked(&seed) {
        Ok(pair) => (hex(pair.public_key().as_ref()), hex(pair.sign(&signed).as_ref())),
        Err(_) => Default::default(),
    };
    Published { organisation, version, text, key, signature }
}
