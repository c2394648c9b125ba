//! The one HTTP client of a device: to one server, with one key, and to nobody else.
//!
//! Redirects are answers, never followed, so the key goes where the settings say or nowhere. Every wait has a limit
//! and every answer a size cap; statuses are returned, not turned into errors, because what they mean differs by door.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use ureq::http;
use ureq::tls::{PemItem, RootCerts, TlsConfig};

use crate::config::Config;

/// The largest answer read whole. The largest page of the API (1000 events) can be larger than a person wants, not than this.
pub const MAX_ANSWER: u64 = 256 << 20;

/// The largest answer to a POST: an account of a batch, with a reason for each of its records at worst.
pub const MAX_ACCOUNT: u64 = 16 << 20;

/// The longest `Retry-After` that is honoured; a server that asks for more is asked again after this.
pub const MAX_RETRY_AFTER: Duration = Duration::from_secs(300);

/// The slowest way that a large body is given time for, in bytes per second.
const SLOWEST: u64 = 64 << 10;

/// A client of the configured server. Cheap to clone; connections are kept and reused.
#[derive(Clone, Debug)]
pub struct Client {
    agent: ureq::Agent,
    server: String,
    authorization: Option<http::HeaderValue>,
    answer_timeout: Duration,
}

/// What the server answered.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// How long it asks to wait before the next try (`Retry-After` in seconds), at most [`MAX_RETRY_AFTER`].
    pub retry_after: Option<Duration>,
    /// The body.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// No server is configured.
    #[error("no server is configured: set `server` in config.toml or HOOKRAIL_SERVER, or run `hookrail install`")]
    NoServer,
    /// The settings cannot be used: the CA file, the URL.
    #[error("{0}")]
    Settings(String),
    /// Nobody answers at the address, or the connection broke.
    #[error("cannot reach {server}: {reason}")]
    Unreachable {
        /// The server.
        server: String,
        /// Why.
        reason: String,
    },
    /// It was reached and did not answer in time.
    #[error("{server} did not answer within the time limit ({what})")]
    TimedOut {
        /// The server.
        server: String,
        /// Which wait ended.
        what: String,
    },
    /// What came back is no answer of a hookrail server.
    #[error("{server} is not answering as a hookrail server: {reason}")]
    Garbage {
        /// The server.
        server: String,
        /// What was wrong with it.
        reason: String,
    },
}

/// The body of an API error.
#[derive(Debug, Default, Deserialize)]
pub struct ApiError {
    /// A word for programs.
    #[serde(default)]
    pub code: String,
    /// A sentence for people.
    #[serde(default)]
    pub message: String,
    /// What to do next.
    #[serde(default)]
    pub hint: Option<String>,
}

impl Answer {
    /// Whether the status says success.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The error a hookrail server describes; `None` where the body has another shape.
    pub fn api_error(&self) -> Option<ApiError> {
        #[derive(Deserialize)]
        struct Body {
            error: ApiError,
        }
        serde_json::from_slice::<Body>(&self.body).ok().map(|body| body.error)
    }

    /// One line for a person about an answer that is no success: status, and the server's own words where it has any.
    pub fn describe(&self) -> String {
        let reason = http::StatusCode::from_u16(self.status).ok().and_then(|status| status.canonical_reason());
        let mut text = format!("{} {}", self.status, reason.unwrap_or_default());
        if let Some(error) = self.api_error() {
            text = format!("{text}: {}", error.message);
            if let Some(hint) = error.hint {
                text = format!("{text} ({hint})");
            }
        } else if (300..400).contains(&self.status) {
            text.push_str(": redirects are not followed; configure the address it points to");
        }
        text
    }
}

impl Client {
    /// A client for the configured server.
    ///
    /// # Errors
    /// [`HttpError::NoServer`] and [`HttpError::Settings`].
    pub fn new(config: &Config) -> Result<Self, HttpError> {
        let server = config.server.clone().ok_or(HttpError::NoServer)?;
        let authorization = match &config.token {
            None => None,
            Some(token) => {
                let mut value = http::HeaderValue::from_str(&format!("Bearer {}", token.secret()))
                    .map_err(|_| HttpError::Settings("the key cannot be sent in a header".into()))?;
                value.set_sensitive(true);
                Some(value)
            }
        };
        let mut builder = ureq::Agent::config_builder()
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .user_agent(concat!("hookrail/", env!("CARGO_PKG_VERSION")))
            .timeout_resolve(Some(config.connect_timeout))
            .timeout_connect(Some(config.connect_timeout))
            .timeout_send_request(Some(config.answer_timeout))
            .timeout_send_body(Some(config.answer_timeout))
            .timeout_recv_response(Some(config.answer_timeout))
            .timeout_recv_body(Some(config.answer_timeout));
        if is_loopback(&server) {
            builder = builder.proxy(None);
        }
        if let Some(ca) = &config.ca_file {
            builder = builder.tls_config(TlsConfig::builder().root_certs(authorities(ca)?).build());
        }
        Ok(Self { agent: builder.build().new_agent(), server, authorization, answer_timeout: config.answer_timeout })
    }

    /// Server and key in one text, for a hash that tells them from others.
    pub(crate) fn identity(&self) -> String {
        let key = self.authorization.as_ref().and_then(|value| value.to_str().ok()).unwrap_or_default();
        format!("{} {key}", self.server)
    }

    /// The server's URL.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// GETs `path` (with its query), reading at most [`MAX_ANSWER`] bytes.
    ///
    /// # Errors
    /// Where no answer came; an answer of any status is no error.
    pub fn get(&self, path: &str) -> Result<Answer, HttpError> {
        let response = self.with_key(self.agent.get(self.url(path))).call();
        self.read(response, MAX_ANSWER)
    }

    /// As [`Client::get`], unless what is there still has this tag: then the status is 304.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub fn get_unless(&self, path: &str, tag: Option<&str>) -> Result<Answer, HttpError> {
        let mut request = self.with_key(self.agent.get(self.url(path)));
        if let Some(tag) = tag {
            request = request.header("If-None-Match", tag);
        }
        self.read(request.call(), MAX_ANSWER)
    }

    /// PUTs a text to `path`.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub fn put_text(&self, path: &str, text: &str) -> Result<Answer, HttpError> {
        let request = self.with_key(self.agent.put(self.url(path))).header("Content-Type", "text/plain; charset=utf-8");
        self.read(request.send(text), MAX_ACCOUNT)
    }

    /// POSTs `body` to `path`, in the content encoding where one is named, reading at most [`MAX_ACCOUNT`] bytes.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub fn post(
        &self,
        path: &str,
        content_type: &str,
        encoding: Option<&str>,
        body: &[u8],
    ) -> Result<Answer, HttpError> {
        let mut request = self.with_key(self.agent.post(self.url(path))).header("Content-Type", content_type);
        if let Some(encoding) = encoding {
            request = request.header("Content-Encoding", encoding);
        }
        self.read(request.send(body), MAX_ACCOUNT)
    }

    /// PUTs JSON to `path`, reading at most [`MAX_ACCOUNT`] bytes.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub fn put(&self, path: &str, body: &[u8]) -> Result<Answer, HttpError> {
        let request = self.with_key(self.agent.put(self.url(path))).header("Content-Type", "application/json");
        self.read(request.send(body), MAX_ACCOUNT)
    }

    /// PATCHes `path` with JSON, reading at most [`MAX_ACCOUNT`] bytes.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub fn patch(&self, path: &str, body: &[u8]) -> Result<Answer, HttpError> {
        let request = self.with_key(self.agent.patch(self.url(path))).header("Content-Type", "application/json");
        self.read(request.send(body), MAX_ACCOUNT)
    }

    /// PUTs a file of this size to `path`, after the server said that it wants it. A large one is given more time.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub fn upload(&self, path: &str, file: &File, bytes: u64) -> Result<Answer, HttpError> {
        let patience = self.answer_timeout + Duration::from_secs(bytes / SLOWEST);
        let request = self
            .with_key(self.agent.put(self.url(path)))
            .header("Content-Type", "application/octet-stream")
            .header("Expect", "100-continue")
            .config()
            .timeout_send_body(Some(patience))
            .build();
        self.read(request.send(file), MAX_ACCOUNT)
    }

    /// DELETEs `path`, reading at most [`MAX_ACCOUNT`] bytes.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub fn delete(&self, path: &str) -> Result<Answer, HttpError> {
        let response = self.with_key(self.agent.delete(self.url(path))).call();
        self.read(response, MAX_ACCOUNT)
    }

    /// GETs `path` and hands out the body as it comes, for the live feed. The head of the answer must come in time;
    /// after it, `quiet` is the longest silence (heartbeats included) before the reader fails.
    ///
    /// # Errors
    /// As [`Client::get`]. An answer that is no success is read whole and returned as `Err(answer)` inside.
    pub fn stream(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        quiet: Duration,
    ) -> Result<Result<impl Read + Send + use<>, Answer>, HttpError> {
        let mut request = self.with_key(self.agent.get(self.url(path))).header("Accept", "text/event-stream");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.config().timeout_recv_body(None).timeout_per_read(Some(quiet)).build();
        let response = request.call().map_err(|error| self.explain(error))?;
        if response.status().is_success() {
            Ok(Ok(response.into_body().into_with_config().limit(u64::MAX).reader()))
        } else {
            self.read(Ok(response), MAX_ACCOUNT).map(Err)
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server)
    }

    fn with_key<B>(&self, request: ureq::RequestBuilder<B>) -> ureq::RequestBuilder<B> {
        match &self.authorization {
            Some(value) => request.header(http::header::AUTHORIZATION, value),
            None => request,
        }
    }

    fn read(&self, response: Result<http::Response<ureq::Body>, ureq::Error>, limit: u64) -> Result<Answer, HttpError> {
        let response = response.map_err(|error| self.explain(error))?;
        let status = response.status().as_u16();
        let retry_after = response.headers().get(http::header::RETRY_AFTER).and_then(|value| {
            let seconds = value.to_str().ok()?.trim().parse().ok()?;
            Some(Duration::from_secs(seconds).min(MAX_RETRY_AFTER))
        });
        // The library's own limit counts what comes over the wire, which may unfold to a thousand times as much.
        let mut body = Vec::new();
        let mut reader = response.into_body().into_with_config().limit(limit).reader().take(limit + 1);
        reader.read_to_end(&mut body).map_err(|error| self.explain(error.into()))?;
        if body.len() as u64 > limit {
            return Err(self.explain(ureq::Error::BodyExceedsLimit(limit)));
        }
        Ok(Answer { status, retry_after, body })
    }

    /// An error of the library in our words.
    fn explain(&self, error: ureq::Error) -> HttpError {
        let server = self.server.clone();
        match error {
            ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => {
                HttpError::Unreachable { server, reason: "the time limit for connecting passed".into() }
            }
            ureq::Error::Timeout(what) => HttpError::TimedOut { server, what: what.to_string() },
            ureq::Error::BadUri(why) => HttpError::Settings(format!("{server} is no usable address: {why}")),
            ureq::Error::Protocol(why) => HttpError::Garbage { server, reason: why.to_string() },
            ureq::Error::BodyExceedsLimit(limit) => {
                HttpError::Garbage { server, reason: format!("an answer of more than {limit} bytes") }
            }
            ureq::Error::LargeResponseHeader(..) | ureq::Error::Decompress(..) => {
                HttpError::Garbage { server, reason: error.to_string() }
            }
            other => HttpError::Unreachable { server, reason: other.to_string() },
        }
    }
}

/// Whether the URL's host is this machine, which no proxy could reach.
pub(crate) fn is_loopback(server: &str) -> bool {
    let rest = server.split_once("://").map_or(server, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host.eq_ignore_ascii_case("localhost") || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// The certificates of a PEM file.
fn authorities(path: &Path) -> Result<RootCerts, HttpError> {
    let wrong = |why: String| HttpError::Settings(format!("ca_file {}: {why}", path.display()));
    let pem = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
    let mut certificates = Vec::new();
    for item in ureq::tls::parse_pem(&pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|error| wrong(error.to_string()))? {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        return Err(wrong("holds no certificate in PEM".into()));
    }
    Ok(RootCerts::new_with_certs(&certificates))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn loopback_is_told_from_the_rest() {
        for yes in ["http://127.0.0.1:4665", "http://localhost", "https://[::1]:8443/base", "http://127.9.9.9"] {
            assert!(is_loopback(yes), "{yes}");
        }
        for no in ["http://10.0.0.1", "http://localhost.example", "https://[2001:db8::1]", "http://example/127.0.0.1"] {
            assert!(!is_loopback(no), "{no}");
        }
    }

    #[test]
    fn a_client_needs_a_server_and_a_readable_authority() {
        assert!(matches!(Client::new(&Config::default()), Err(HttpError::NoServer)));
        let config = Config {
            server: Some("https://hooks.example".into()),
            ca_file: Some("/nowhere/ca.pem".into()),
            ..Config::default()
        };
        assert!(matches!(Client::new(&config), Err(HttpError::Settings(why)) if why.contains("/nowhere/ca.pem")));
    }
}
