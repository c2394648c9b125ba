//! Who knocks: the key, the operator's token or the cookie that a request shows, and what that opens.
//!
//! A server without a token and without any key is *open*: everybody who reaches it, which is this machine alone unless
//! told otherwise, is its operator and works in the default project. From the first key on every door asks for one.

mod rates;
mod session;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hookrail_store::registry::{Grant, KeyId, ProjectId, Registry, Scope, Scopes};
use subtle::ConstantTimeEq;

use self::rates::{Buckets, Home};
use crate::app::App;
use crate::config::{Config, Token};
use crate::doors::Access;
use crate::error::Problem;
use crate::metrics::{Metrics, Refusal};
use crate::tenants::{Caller, Knock, Tenants};

/// Where a pre-shared key is sent by the ancestors' clients.
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// What a failed attempt to sign in costs, in requests without a key: a person makes few, a program that guesses many.
const LOGIN_COST: u32 = 10;

/// Who may knock at this server, prepared once.
#[derive(Debug)]
pub(crate) struct Auth {
    pub(crate) registry: Registry,
    /// The digest of the operator's token: equal lengths, so comparing tells nothing but yes or no.
    token: Option<blake3::Hash>,
    /// Whether a server without keys may be open: it listens on loopback, or was told so in so many words.
    may_be_open: bool,
    trust_proxy: bool,
    strangers: Buckets<Home>,
    unkeyed: Buckets<Home>,
    keys: Option<Buckets<KeyId>>,
}

/// Whose a request is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// Anybody, on an open server.
    Anybody,
    /// The holder of the operator's token.
    Operator,
    /// The holder of a good key.
    Holder(Grant),
}

/// Somebody who was let in, for as long as what they do lasts.
#[derive(Debug)]
pub(crate) struct Standing {
    who: Who,
    /// The generation of the registry at which they were last found good; `None` where they were not.
    seen: Option<u64>,
    at: Instant,
}

impl Standing {
    /// How long an answer holds, for keys that end by their time.
    pub(crate) const HOLDS: Duration = Duration::from_secs(1);

    pub(crate) fn new(who: Who) -> Self {
        Self { who, seen: None, at: Instant::now() }
    }
}

/// What a request shows to be let in.
enum Shown<'a> {
    Secret(&'a str),
    Cookie(&'a str),
    /// Something that can be no key.
    Junk,
    Nothing,
}

impl Auth {
    pub(crate) fn new(config: &Config, may_be_open: bool, registry: Registry) -> Self {
        let limits = &config.limits;
        Self {
            registry,
            token: config.token.as_ref().map(digest),
            may_be_open,
            trust_proxy: config.trust_proxy,
            strangers: Buckets::new(limits.stranger_rate),
            unkeyed: Buckets::new(limits.unkeyed_rate),
            keys: limits.key_rate.map(Buckets::new),
        }
    }

    /// Whether nobody is asked for a key.
    pub(crate) fn is_open(&self) -> bool {
        self.token.is_none() && self.may_be_open && !self.registry.is_keyed()
    }

    /// Whether who was let in before would be let in now. Asked of every event of a feed, so it looks only where keys have
    /// changed, or a second has passed.
    pub(crate) fn still_admits(&self, standing: &mut Standing) -> bool {
        let generation = self.registry.generation();
        let known = standing.seen == Some(generation) && standing.at.elapsed() < Standing::HOLDS;
        if !known {
            let admitted = match &standing.who {
                Who::Anybody => self.is_open(),
                Who::Operator => true,
                Who::Holder(grant) => self.registry.grant(&grant.key).is_some(),
            };
            standing.seen = admitted.then_some(generation);
            standing.at = Instant::now();
        }
        standing.seen.is_some()
    }

    /// Whose secret this is. Keys cannot be guessed; the token is a person's choice, so it is not even looked at while
    /// its address has failed too often.
    fn who(&self, secret: &str, home: Home, cost: u32) -> Result<Who, Problem> {
        if let Some(grant) = self.registry.verify(secret) {
            return Ok(Who::Holder(grant));
        }
        self.strangers.peek(&home).map_err(too_many)?;
        let digest = blake3::hash(secret.as_bytes());
        // A server may be started where HOOKRAIL_TOKEN holds a device's key: that never makes it the operator's.
        let may_be_token = !self.registry.knows(secret);
        if may_be_token && self.token.as_ref().is_some_and(|token| token.as_bytes().ct_eq(digest.as_bytes()).into()) {
            return Ok(Who::Operator);
        }
        Err(self.stranger(home, cost))
    }

    /// What a request without a good key is told.
    fn stranger(&self, home: Home, cost: u32) -> Problem {
        self.strangers.take(home, cost).map_or_else(too_many, |()| unauthorized())
    }

    /// Whose a request is; `None` for one without any key where that may be.
    fn admit(&self, access: Access, address: IpAddr, request: &Request) -> Result<Option<Who>, Problem> {
        if self.is_open() {
            return Ok(Some(Who::Anybody));
        }
        let (home, shown) = (Home::of(address), shown(request.headers()));
        if access == Access::Hook && matches!(shown, Shown::Nothing) {
            return self.unkeyed.take(home, 1).map_or_else(|seconds| Err(too_many(seconds)), |()| Ok(None));
        }
        let who = self.identify(&shown, request.method(), request.headers(), home)?;
        if let (Who::Holder(grant), Some(keys)) = (&who, &self.keys) {
            keys.take(grant.key.clone(), 1).map_err(too_many)?;
        }
        Ok(Some(who))
    }

    fn identify(&self, shown: &Shown<'_>, method: &Method, headers: &HeaderMap, home: Home) -> Result<Who, Problem> {
        match shown {
            Shown::Secret(secret) => self.who(secret, home, 1),
            Shown::Cookie(cookie) => {
                let who = self.session(cookie).ok_or_else(|| self.stranger(home, 1))?;
                if !matches!(*method, Method::GET | Method::HEAD) && !self.has_csrf(cookie, headers) {
                    let hint = "Send the value that /api/v1/me tells as csrf in the header X-Hookrail-Csrf.";
                    let message =
                        "A request by cookie that changes something must prove that this server's page made it.";
                    return Err(Problem::new(StatusCode::FORBIDDEN, "csrf", message, hint));
                }
                Ok(who)
            }
            Shown::Junk | Shown::Nothing => Err(self.stranger(home, 1)),
        }
    }

    /// Where a request comes from, by its connection or, where that is a proxy of ours, by the proxy's word.
    pub(crate) fn address(&self, request: &Request) -> IpAddr {
        let peer = request.extensions().get().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |Peer(address)| *address);
        let forwarded = || {
            let last = request.headers().get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
            last.rsplit(',').next()?.trim().parse().ok()
        };
        self.trust_proxy.then(forwarded).flatten().unwrap_or(peer)
    }

    /// Whether a browser spoke to the proxy in front of us by TLS.
    pub(crate) fn is_secure(&self, headers: &HeaderMap) -> bool {
        self.trust_proxy && headers.get("x-forwarded-proto").is_some_and(|proto| proto.as_bytes() == b"https")
    }

    /// Trades a secret for the cookie of a session; nothing on an open server, where none is needed.
    pub(crate) fn sign_in(&self, secret: &str, address: IpAddr) -> Result<Option<String>, Problem> {
        if self.is_open() {
            return Ok(None);
        }
        let home = Home::of(address);
        self.strangers.peek(&home).map_err(too_many)?;
        let who = self.who(secret, home, LOGIN_COST)?;
        Ok(Some(self.session_of(&who)))
    }
}

fn digest(token: &Token) -> blake3::Hash {
    blake3::hash(token.reveal().as_bytes())
}

fn shown(headers: &HeaderMap) -> Shown<'_> {
    if let Some(value) = headers.get(header::AUTHORIZATION).or_else(|| headers.get(API_KEY)) {
        let text = value.to_str().unwrap_or_default();
        let secret = if headers.contains_key(header::AUTHORIZATION) { bearer(text) } else { Some(text) };
        return secret.filter(|secret| !secret.is_empty()).map_or(Shown::Junk, Shown::Secret);
    }
    session::cookie(headers).map_or(Shown::Nothing, Shown::Cookie)
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
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
    let address = app.auth.address(&request);
    let knock = match app.auth.admit(access, address, &request) {
        Ok(Some(who)) => caller(&app.tenants, who, access).await.map(Knock::Keyed),
        Ok(None) => Ok(Knock::Unkeyed { address }),
        Err(problem) => Err(problem),
    };
    match knock {
        Ok(Knock::Keyed(caller)) if access != Access::Hook => _ = request.extensions_mut().insert(caller),
        Ok(knock) => _ = request.extensions_mut().insert(knock),
        Err(problem) => {
            app.metrics.refuse(refusal(&problem));
            return problem.into_response();
        }
    }
    next.run(request).await
}

/// The caller, led to its project; refused where its key is not for this door.
async fn caller(tenants: &Tenants, who: Who, access: Access) -> Result<Caller, Problem> {
    let (project, scopes, key, operator) = match &who {
        Who::Anybody | Who::Operator => (ProjectId::default(), Scopes::ALL, None, true),
        Who::Holder(Grant { key, project, scopes }) => {
            let operator = scopes.allow(Scope::Admin) && project.is_of_operator();
            (project.clone(), *scopes, Some(key.clone()), operator)
        }
    };
    if let Some(scope) = access.scope().filter(|scope| !scopes.allow(*scope)) {
        return Err(forbidden(scope));
    }
    let tenant = tenants.get(&project).await?;
    Ok(Caller { tenant, scopes, operator, key, who })
}

fn refusal(problem: &Problem) -> Refusal {
    match (problem.status, problem.code) {
        (StatusCode::TOO_MANY_REQUESTS, _) => Refusal::TooOften,
        (StatusCode::FORBIDDEN, "csrf") => Refusal::Csrf,
        (StatusCode::FORBIDDEN, _) => Refusal::Forbidden,
        (StatusCode::SERVICE_UNAVAILABLE, _) => Refusal::NoStore,
        _ => Refusal::Unauthorized,
    }
}

/// What a caller without a good key is told. The same whatever was wrong with the one shown.
pub(crate) fn unauthorized() -> Problem {
    let message = "This door needs a good key.";
    let hint = "Send one as \"Authorization: Bearer …\"; a device takes it from HOOKRAIL_TOKEN, `hookrail keys create` makes one.";
    Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", message, hint)
}

/// What a caller is told whose key is good, but not for this.
pub(crate) fn forbidden(scope: Scope) -> Problem {
    let message = format!("This key does not have the scope {}.", scope.as_str());
    Problem::new(StatusCode::FORBIDDEN, "forbidden", message, "Use a key that has it: `hookrail keys list` shows them.")
}

/// What a caller is told who is not the operator, where only that will do.
pub(crate) fn not_the_operator() -> Problem {
    let message = "This concerns the server as a whole, which is its operator's.";
    let hint = "The operator's keys are the admin keys of the organisation default, and HOOKRAIL_TOKEN.";
    Problem::new(StatusCode::FORBIDDEN, "forbidden", message, hint)
}

fn too_many(seconds: u32) -> Problem {
    let message = "There are too many such requests from here.";
    let hint = "Wait for the time in Retry-After.";
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", message, hint).retry_after(seconds)
}

impl Auth {
    /// Counts a refusal of [`Auth::sign_in`], as [`authenticate`] counts its own.
    pub(crate) fn count(metrics: &Metrics, problem: &Problem) {
        metrics.refuse(refusal(problem));
    }
}
