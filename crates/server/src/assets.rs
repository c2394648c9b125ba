//! The dashboard: the files of `web/`, in the binary (from the disk in a debug build).
//!
//! Pages are asked for again each time, everything else is compared by its content's tag. A path without a file that
//! looks like a page gets the start page, which knows what to show.

use axum::body::Body;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::error::Problem;

#[derive(RustEmbed)]
#[folder = "../../web/"]
#[allow_missing = true]
#[include = "*.html"]
#[include = "*.svg"]
#[include = "*.ico"]
#[include = "*.webmanifest"]
#[include = "src/*.js"]
#[include = "style/*.css"]
#[include = "vendor/*.js"]
#[include = "vendor/*.css"]
#[include = "vendor/licences/*"]
#[include = "assets/*"]
#[exclude = "test*"]
#[exclude = "node_modules/*"]
#[exclude = "*.test.js"]
#[allow(missing_docs, reason = "the derive's own functions")]
struct Web;

/// The start page.
const INDEX: &str = "index.html";

/// Everything that is no other door.
pub(crate) async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    if !matches!(method, Method::GET | Method::HEAD) {
        return Err(Problem::not_found(format!("There is no door {method} {}.", shown(&uri))));
    }
    let path = uri.path().trim_start_matches('/');
    let is_page = path.is_empty() || path == INDEX;
    if is_page {
        return index();
    }
    if let Some(file) = Web::get(path) {
        return Ok(tagged(path, &file, &headers));
    }
    // A door of the API that does not exist is a mistake; a path of the dashboard's own is not.
    let is_view = !path.starts_with("api/") && !path.starts_with("v1/") && !path.contains('.');
    if is_view { index() } else { Err(Problem::not_found(format!("There is nothing at {}.", shown(&uri)))) }
}

fn shown(uri: &Uri) -> String {
    uri.path().chars().take(120).collect()
}

fn index() -> Result<Response, Problem> {
    let Some(file) = Web::get(INDEX) else {
        return Err(Problem::not_found("This server was built without its dashboard."));
    };
    let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    Ok((headers, Body::from(file.data.into_owned())).into_response())
}

fn tagged(path: &str, file: &EmbeddedFile, headers: &HeaderMap) -> Response {
    let hash = file.metadata.sha256_hash();
    let tag = format!("\"{}\"", blake3::hash(&hash).to_hex().as_str().split_at(32).0);
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let common = [(header::ETAG, tag.clone()), (header::CACHE_CONTROL, "no-cache".to_owned())];
    if known.is_some_and(|known| known.split(',').any(|each| each.trim().trim_start_matches("W/") == tag)) {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    let kind = [(header::CONTENT_TYPE, media_type(path))];
    (common, kind, Body::from(file.data.clone().into_owned())).into_response()
}

/// The media type by the file's ending; browsers refuse modules and styles of the wrong one.
fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" | "md" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
