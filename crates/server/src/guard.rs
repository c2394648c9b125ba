//! Who may knock: the host a request names, the page it comes from, the token it holds.
//!
//! * **Host.** A page on the web can point its own name at 127.0.0.1 and so talk to this server as if it were its own
//!   (DNS rebinding). Its requests name that host; only loopback's names and configured ones are answered.
//! * **Origin.** A browser names the page a request comes from. Only pages of this very server may send anything, which
//!   covers WebSockets and the forms that need no permission from CORS. There are no CORS headers at all.
//! * **Token.** Compared in constant time. A browser trades it for a cookie that only this server's pages send.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hookrail_store::registry::{Scope, Scopes};
use subtle::ConstantTimeEq;

use crate::app::App;
use crate::config::{Config, Token};
use crate::doors::Access;
use crate::error::Problem;
use crate::metrics::Refusal;
use crate::tenants::{Caller, Knock};

/// The name of the cookie a browser gets for the token.
const COOKIE: &str = "hookrail_session";

/// How long a browser keeps it: 30 days.
const COOKIE_SECONDS: u32 = 30 * 86_400;

/// Where a pre-shared key is sent by the ancestors' clients.
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Headers of every answer. Scripts, styles and connections come from this server alone, and nobody may frame it.
const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
        ),
    ),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
];

/// The checks of one server, prepared once.
#[derive(Debug)]
pub(crate) struct Guard {
    hosts: Vec<String>,
    /// Bound beyond loopback: then a host may also be named by its address, which no page can rebind.
    reachable: bool,
    secret: Option<Secret>,
}

/// Digests of the token and of the cookie that stands for it: equal lengths, so comparing tells nothing but yes or no.
#[derive(Debug)]
struct Secret {
    token: blake3::Hash,
    cookie: String,
}

impl Guard {
    pub(crate) fn new(config: &Config, bound: SocketAddr) -> Self {
        let hosts = config.allowed_hosts.iter().map(|host| host.trim().to_ascii_lowercase()).collect();
        let secret = config.token.as_ref().map(Secret::of);
        Self { hosts, reachable: !bound.ip().is_loopback(), secret }
    }

    fn knows(&self, authority: &str) -> bool {
        let host = host_of(authority).to_ascii_lowercase();
        if host == "localhost" || host.ends_with(".localhost") || self.hosts.contains(&host) {
            return true;
        }
        let address = host.trim_start_matches('[').trim_end_matches(']');
        address.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback() || self.reachable)
    }

    /// Whether these headers hold the token, or (for reading) the cookie that stands for it.
    fn admits(&self, method: &Method, headers: &HeaderMap) -> bool {
        let Some(secret) = &self.secret else { return true };
        let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(bearer);
        let key = headers.get(API_KEY).and_then(|value| value.to_str().ok());
        if let Some(token) = bearer.or(key) {
            return secret.is(token);
        }
        let reads = matches!(*method, Method::GET | Method::HEAD);
        reads && cookies(headers).any(|(name, value)| name == COOKIE && secret.is_cookie(value))
    }

    /// The cookie for a token; `None` where it is not the token. An open server gives a cookie for anything.
    pub(crate) fn login(&self, token: &str) -> Option<HeaderValue> {
        let value = match &self.secret {
            Some(secret) if !secret.is(token) => return None,
            Some(secret) => secret.cookie.as_str(),
            None => "open",
        };
        let cookie = format!("{COOKIE}={value}; Path=/; Max-Age={COOKIE_SECONDS}; HttpOnly; SameSite=Strict");
        HeaderValue::from_str(&cookie).ok()
    }
}

impl Secret {
    fn of(token: &Token) -> Self {
        let token = token.reveal().as_bytes();
        let cookie = blake3::derive_key("hookrail 2026-11 the cookie that stands for the token", token);
        Self { token: blake3::hash(token), cookie: blake3::Hash::from(cookie).to_hex().to_string() }
    }

    fn is(&self, token: &str) -> bool {
        self.token.as_bytes().ct_eq(blake3::hash(token.as_bytes()).as_bytes()).into()
    }

    fn is_cookie(&self, value: &str) -> bool {
        self.cookie.as_bytes().ct_eq(value.as_bytes()).into()
    }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='))
}

/// The host of `host`, `host:port`, `[v6]` or `[v6]:port`.
fn host_of(authority: &str) -> &str {
    match authority.find(']') {
        Some(end) => &authority[..=end],
        None => authority.split(':').next().unwrap_or_default(),
    }
}

/// The first check of every request, and the headers of every answer.
pub(crate) async fn check(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    app.metrics.requests.add(1);
    let mut response = match at_the_door(&app.guard, &request) {
        Ok(()) => next.run(request).await,
        Err(problem) => {
            app.metrics.refuse(Refusal::Host);
            problem.into_response()
        }
    };
    if response.status().is_server_error() {
        app.metrics.server_errors.add(1);
    }
    response.headers_mut().extend(HEADERS);
    response
}

fn at_the_door(guard: &Guard, request: &Request) -> Result<(), Problem> {
    let named = request.headers().get(header::HOST).and_then(|value| value.to_str().ok());
    let host = request.uri().authority().map(|authority| authority.as_str()).or(named).unwrap_or_default();
    if !guard.knows(host) || named.is_some_and(|named| !guard.knows(named)) {
        let hint = "Use 127.0.0.1 or localhost, or start the server with --allow-host and this name.";
        let message = "This server does not answer to the host that the request names.";
        return Err(Problem::new(StatusCode::FORBIDDEN, "host_not_allowed", message, hint));
    }
    let Some(origin) = request.headers().get(header::ORIGIN) else { return Ok(()) };
    let page = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map_or("", |(_, authority)| authority);
    if !page.is_empty() && page.eq_ignore_ascii_case(host) {
        return Ok(());
    }
    let message = "The request comes from a page of another site.";
    Err(Problem::new(StatusCode::FORBIDDEN, "origin_not_allowed", message, "Only this server's own pages may use it."))
}

/// Where a request comes from; every connection notes it on its requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// The check of the doors that are not open: finds out who knocks, and notes it on the request.
pub(crate) async fn authenticate(
    State((app, access)): State<(Arc<App>, Access)>,
    mut request: Request,
    next: Next,
) -> Response {
    let address = request.extensions().get().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |Peer(address)| *address);
    if !app.guard.admits(request.method(), request.headers()) {
        app.metrics.refuse(Refusal::Unauthorized);
        return unauthorized().into_response();
    }
    let tenant = app.tenants.default().clone();
    let caller = Caller { tenant, scopes: Scopes::ALL, operator: true, key: None, address };
    if access == Access::Hook {
        request.extensions_mut().insert(Knock::Keyed(caller));
    } else {
        request.extensions_mut().insert(caller);
    }
    next.run(request).await
}

/// What a caller without a good key is told.
pub(crate) fn unauthorized() -> Problem {
    let message = "This door needs the server's token.";
    let hint = "Send it as \"Authorization: Bearer …\"; a device takes it from HOOKRAIL_TOKEN.";
    Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", message, hint)
}

/// What a caller is told whose key is good, but not for this.
#[allow(dead_code)] // Follows with the registry.
pub(crate) fn forbidden(scope: Scope) -> Problem {
    let message = format!("This key does not have the scope {}.", scope.as_str());
    Problem::new(StatusCode::FORBIDDEN, "forbidden", message, "Use a key that has it: `hookrail keys list` shows them.")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn guard(bound: &str) -> Guard {
        let config = Config { allowed_hosts: vec!["Hooks.Example.com".to_owned()], ..Config::default() };
        Guard::new(&config, bound.parse().unwrap())
    }

    #[test]
    fn only_loopback_and_configured_hosts_are_known() {
        let local = guard("127.0.0.1:4665");
        for (host, known) in [
            ("127.0.0.1:4665", true),
            ("127.9.9.9", true),
            ("localhost", true),
            ("LOCALHOST:1", true),
            ("a.localhost:80", true),
            ("[::1]:4665", true),
            ("[::1]", true),
            ("hooks.example.com:443", true),
            ("", false),
            ("evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("localhost.evil.example:4665", false),
            ("192.168.1.5:4665", false),
            ("[2001:db8::1]", false),
            ("0.0.0.0:4665", false),
        ] {
            assert_eq!(local.knows(host), known, "{host}");
        }
        assert!(guard("0.0.0.0:4665").knows("192.168.1.5:4665"), "an address cannot be rebound");
        assert!(!guard("0.0.0.0:4665").knows("evil.example"));
    }

    #[test]
    fn the_cookie_is_not_the_token_and_opens_only_reading() {
        let config = Config { token: Token::new("a secret of some length"), ..Config::default() };
        let guard = Guard::new(&config, "127.0.0.1:1".parse().unwrap());
        assert!(guard.login("wrong").is_none());
        let cookie = guard.login("a secret of some length").unwrap();
        let text = cookie.to_str().unwrap();
        assert!(text.contains("HttpOnly") && text.contains("SameSite=Strict") && !text.contains("a secret"));
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_str(text.split(';').next().unwrap()).unwrap());
        assert!(guard.admits(&Method::GET, &headers));
        assert!(!guard.admits(&Method::POST, &headers));
        headers.insert(header::COOKIE, HeaderValue::from_static("hookrail_session=0"));
        assert!(!guard.admits(&Method::GET, &headers));
        headers.insert(header::AUTHORIZATION, HeaderValue::from_static("bearer a secret of some length"));
        assert!(guard.admits(&Method::POST, &headers));
    }
}
