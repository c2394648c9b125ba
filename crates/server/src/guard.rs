//! How one may knock: the host a request names, and the page it comes from. Who knocks is [`crate::auth`]'s matter.
//!
//! * **Host.** A page on the web can point its own name at 127.0.0.1 and so talk to this server as if it were its own
//!   (DNS rebinding). Its requests name that host; only loopback's names and configured ones are answered.
//! * **Origin.** A browser names the page a request comes from. Only pages of this very server may send anything, which
//!   covers WebSockets and the forms that need no permission from CORS. There are no CORS headers at all.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::config::Config;
use crate::error::Problem;
use crate::metrics::Refusal;

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
}

impl Guard {
    pub(crate) fn new(config: &Config, bound: SocketAddr) -> Self {
        let hosts = config.allowed_hosts.iter().map(|host| host.trim().to_ascii_lowercase()).collect();
        Self { hosts, reachable: !bound.ip().is_loopback() }
    }

    fn knows(&self, authority: &str) -> bool {
        let host = host_of(authority).to_ascii_lowercase();
        if host == "localhost" || host.ends_with(".localhost") || self.hosts.contains(&host) {
            return true;
        }
        let address = host.trim_start_matches('[').trim_end_matches(']');
        address.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback() || self.reachable)
    }
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
}
