//! Artifacts: what events tell of them, and the contents that were uploaded.
//!
//! A content is bytes of whatever kind, and nobody looks into it: it is stored as it comes and given back as an attachment
//! that no browser shows.

use std::collections::HashSet;
use std::fs::File;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, HttpBody};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use hookrail_core::capture::Capture;
use hookrail_core::emitted::is_sha256;
use hookrail_store::model::{Artifact, ArtifactFilter, Page};
use serde::Serialize;

use super::Answer;
use super::params::Params;
use crate::admit::{self, Encoding};
use crate::app::App;
use crate::contents::{Aside, Contents, Refused};
use crate::error::Problem;
use crate::metrics::Refusal;
use crate::tenants::{Caller, Tenant};

/// Bytes that are written, or read, in one go.
const PIECE: usize = 256 << 10;

/// The longest time one upload may take, however steadily it comes.
const UPLOAD_TIME: Duration = Duration::from_secs(600);

/// Contents looked for in the store in one query.
const STEP: usize = 1000;

/// An artifact, and whether its content can be had.
#[derive(Debug, Serialize)]
pub(crate) struct Listed {
    #[serde(flatten)]
    artifact: Artifact,
    uploaded: bool,
}

/// What became of an upload.
#[derive(Debug, Serialize)]
pub(crate) struct Uploaded {
    sha256: String,
    bytes: u64,
    /// Whether it was not here before.
    new: bool,
}

/// `GET /api/v1/artifacts`: the one that was told of last first.
pub(crate) async fn list(caller: Caller, mut params: Params) -> Answer<Page<Listed>> {
    let filter = ArtifactFilter {
        session_id: params.text("session_id")?,
        run_id: params.text("run_id")?,
        sha256: params.text("sha256")?,
        since: params.time("since")?,
        until: params.time("until")?,
    };
    let slice = params.slice()?;
    params.finish()?;
    let page = caller.tenant.store.events.artifacts(&filter, slice.limit, slice.cursor.as_deref()).await?;
    let tenant = caller.tenant.clone();
    let listed = move || {
        let listed = |artifact: Artifact| Listed { uploaded: tenant.contents.has(&artifact.sha256), artifact };
        Page { items: page.items.into_iter().map(listed).collect(), next: page.next }
    };
    Ok(Json(aside(listed).await?))
}

/// `PUT /api/v1/artifacts/{sha256}`: takes a content in, and answers when it is on the disk.
pub(crate) async fn put(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(sha256): Path<String>,
    headers: HeaderMap,
    params: Params,
    body: Body,
) -> Answer<Uploaded> {
    params.finish()?;
    let received = tokio::time::timeout(UPLOAD_TIME, receive(&app, &caller.tenant, &sha256, &headers, body)).await;
    let received = received.unwrap_or_else(|_| Err((Refusal::Slow, too_slow(UPLOAD_TIME))));
    let uploaded = received.map_err(|(refusal, problem)| {
        app.metrics.refuse(refusal);
        problem
    })?;
    if uploaded.new {
        app.metrics.artifacts_uploaded.add(1);
        app.metrics.artifact_bytes.add(uploaded.bytes);
    }
    Ok(Json(uploaded))
}

async fn receive(
    app: &App,
    tenant: &Arc<Tenant>,
    sha256: &str,
    headers: &HeaderMap,
    body: Body,
) -> Result<Uploaded, (Refusal, Problem)> {
    let contents = &tenant.contents;
    let declared = body.size_hint().exact().unwrap_or(0);
    let refused = if app.stopping.is_cancelled() {
        Err((Refusal::Stopping, Problem::unavailable("The server is stopping.", "Send it again in a moment.", 2)))
    } else if app.config.privacy.capture != Capture::Full {
        let message = "This server captures less than everything, and so no contents of artifacts.";
        let hint = "Its --capture says how much.";
        Err((Refusal::Forbidden, Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "artifacts_not_kept", message, hint)))
    } else if !is_sha256(sha256) {
        let hint = "Name it by its SHA-256: 64 hexadecimal digits, letters in lower case.";
        Err((Refusal::Broken, Problem::bad_request("This is not the name of a content.", hint)))
    } else if Encoding::of(headers).is_ok_and(|encoding| encoding == Encoding::Identity) {
        match app.uploads.clone().try_acquire_owned() {
            _ if declared > contents.bounds.each => Err(refusal(Refused::TooLarge, contents)),
            Ok(place) => Ok(place),
            Err(_) => {
                let problem =
                    Problem { message: "The server takes as many uploads as it can.".into(), ..Problem::full() };
                Err((Refusal::Full, problem))
            }
        }
    } else {
        let message = "A content is sent as it is.";
        Err((
            Refusal::Broken,
            Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_encoding",
                message,
                "Leave Content-Encoding out.",
            ),
        ))
    };
    let _place = match refused {
        Ok(place) => place,
        Err(refused) => {
            admit::drain(headers, body).await;
            return Err(refused);
        }
    };
    let owner = tenant.clone();
    let mut content = on_the_disk(contents, move || owner.contents.begin()).await?;
    let mut chunks = body.into_data_stream();
    let (mut piece, mut held) = (Vec::new(), 0);
    loop {
        let limit = app.config.limits.body_timeout;
        let chunk: Option<Bytes> = match tokio::time::timeout(limit, chunks.next()).await {
            Ok(chunk) => chunk.transpose().map_err(|_| {
                let problem = Problem::bad_request("The body broke off before its end.", "Send it again, whole.");
                (Refusal::Broken, problem)
            })?,
            Err(_) => return Err((Refusal::Slow, too_slow(limit))),
        };
        let end = chunk.is_none();
        held += chunk.as_ref().map_or(0, Bytes::len);
        piece.extend(chunk);
        if held >= PIECE || end {
            let pieces = std::mem::take(&mut piece);
            held = 0;
            content = on_the_disk(contents, move || write(content, &pieces)).await?;
        }
        if end {
            break;
        }
    }
    let (bytes, owner, name) = (content.bytes(), tenant.clone(), sha256.to_owned());
    let new = on_the_disk(contents, move || owner.contents.finish(&content, &name)).await?;
    Ok(Uploaded { sha256: sha256.to_owned(), bytes, new })
}

fn write(mut content: Aside, pieces: &[Bytes]) -> Result<Aside, Refused> {
    for piece in pieces {
        content.write(piece)?;
    }
    Ok(content)
}

async fn on_the_disk<T: Send + 'static>(
    contents: &Contents,
    work: impl FnOnce() -> Result<T, Refused> + Send + 'static,
) -> Result<T, (Refusal, Problem)> {
    match aside(work).await {
        Ok(done) => done.map_err(|refused| refusal(refused, contents)),
        Err(problem) => Err((Refusal::NoStore, problem)),
    }
}

/// Work that may wait for the disk, off the threads that serve.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    let interrupted = |_| Problem::unavailable("The work was interrupted.", "Send it again.", 2);
    tokio::task::spawn_blocking(work).await.map_err(interrupted)
}

fn too_slow(limit: Duration) -> Problem {
    let message = format!("The content did not arrive within {} s.", limit.as_secs());
    Problem::new(StatusCode::REQUEST_TIMEOUT, "body_timeout", message, "Send it faster.")
}

fn refusal(refused: Refused, contents: &Contents) -> (Refusal, Problem) {
    match refused {
        Refused::NotKept => {
            let message = "This server keeps nothing on a disk, and so no contents of artifacts.";
            let hint = "Start it with a store in a file.";
            (Refusal::NoStore, Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "artifacts_not_kept", message, hint))
        }
        Refused::TooLarge => {
            let message = format!("The content is larger than {} bytes.", contents.bounds.each);
            let hint =
                "What is larger is recorded by its hash alone; the server's --artifact-mib says how large one may be.";
            (Refusal::TooLarge, Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message, hint))
        }
        Refused::Full => {
            let message = "The project keeps as many contents of artifacts as it may.";
            (Refusal::Full, Problem::unavailable(message, "The oldest make room within minutes.", 60))
        }
        Refused::Other => {
            let message = "The content has another SHA-256 than its name says.";
            let problem =
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "hash_mismatch", message, "Send the very bytes.");
            (Refusal::Broken, problem)
        }
        Refused::Disk(error) => {
            let message = format!("The content cannot be written: {error}.");
            (Refusal::NoStore, Problem::unavailable(message, "See the server's log, and its disk.", 30))
        }
    }
}

/// `GET /api/v1/artifacts/{sha256}`: the content, as an attachment of no kind that a browser would show.
pub(crate) async fn get(caller: Caller, Path(sha256): Path<String>, params: Params) -> Result<Response, Problem> {
    params.finish()?;
    let (tenant, name) = (caller.tenant.clone(), sha256.clone());
    let found = aside(move || tenant.contents.read(&name)).await?.map_err(|error| {
        Problem::unavailable(format!("The content cannot be read: {error}."), "See the server's log.", 30)
    })?;
    let Some((file, bytes)) = found else {
        return Err(Problem::not_found("No content of this name was uploaded, or it has expired."));
    };
    let filter = ArtifactFilter { sha256: Some(sha256.clone()), ..ArtifactFilter::default() };
    let told = caller.tenant.store.events.artifacts(&filter, 1, None).await?.items.pop();
    let name = told.map(|artifact| artifact.name).filter(|name| !name.is_empty()).unwrap_or(sha256);
    let headers: [(HeaderName, HeaderValue); 4] = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
        (header::CONTENT_LENGTH, HeaderValue::from(bytes)),
        (header::CONTENT_DISPOSITION, attachment(&name)),
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    ];
    Ok((headers, Body::from_stream(stream::unfold(file, next_piece))).into_response())
}

/// The next piece of a file; after an error nothing more, which the length told before shows.
async fn next_piece(mut file: File) -> Option<(std::io::Result<Bytes>, File)> {
    let read = move || {
        let mut piece = Vec::new();
        let read = file.by_ref().take(PIECE as u64).read_to_end(&mut piece);
        (read.map(|_| Bytes::from(piece)), file)
    };
    let (piece, file) = tokio::task::spawn_blocking(read).await.ok()?;
    match piece {
        Ok(piece) if piece.is_empty() => None,
        piece => Some((piece, file)),
    }
}

/// `attachment` with a name in which everything but letters, digits, `.`, `-` and `_` is percent-encoded (RFC 8187), so that no name of
/// somebody's file can mean anything here.
fn attachment(name: &str) -> HeaderValue {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut value = String::from("attachment; filename*=UTF-8''");
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') {
            value.push(char::from(byte));
        } else {
            let digit = |n: u8| char::from(HEX[usize::from(n)]);
            value.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    HeaderValue::try_from(value).unwrap_or(HeaderValue::from_static("attachment"))
}

/// Removes the contents of a project that nothing tells of any more, or that are too much.
pub(crate) async fn purge(app: &App, tenant: &Arc<Tenant>) {
    match try_purge(tenant).await {
        Ok(removed) => app.metrics.artifacts_expired.add(removed),
        Err(why) => tracing::warn!(project = %tenant.project, "Contents of artifacts will be removed later: {why}."),
    }
}

async fn try_purge(tenant: &Arc<Tenant>) -> Result<u64, String> {
    let owner = tenant.clone();
    let old = aside(move || owner.contents.old()).await.map_err(|problem| problem.message.into_owned())?;
    let mut untold = HashSet::new();
    for step in old.map_err(|error| error.to_string())?.chunks(STEP) {
        let told = tenant.store.events.told(step.to_vec()).await.map_err(|error| error.to_string())?;
        untold.extend(step.iter().filter(|content| !told.contains(*content)).cloned());
    }
    let owner = tenant.clone();
    let removed =
        aside(move || owner.contents.remove(&untold)).await.map_err(|problem| problem.message.into_owned())?;
    removed.map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::attachment;

    #[test]
    fn a_name_can_mean_nothing_in_a_header() {
        for (name, value) in [
            ("report-1.tar.gz", "attachment; filename*=UTF-8''report-1.tar.gz"),
            ("a\"; x=\r\nSet-Cookie: b", "attachment; filename*=UTF-8''a%22%3B%20x%3D%0D%0ASet-Cookie%3A%20b"),
            ("é.html", "attachment; filename*=UTF-8''%C3%A9.html"),
        ] {
            assert_eq!(attachment(name), value);
        }
    }
}
