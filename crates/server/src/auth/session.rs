//! The session of a browser, which cannot send a key with a WebSocket or an event stream: a cookie that names the key.
//!
//! The cookie is `<id>.<end>.<seal>`: the key's id, when it ends, and a digest of both that only this server's registry
//! can make. The server keeps no list of sessions: one ends by its time, with its key, and by signing out. It goes on
//! when the server is started again.

use std::time::Duration;

use axum::http::{HeaderMap, header};
use subtle::ConstantTimeEq;

use super::{Auth, Who};
use crate::app::now;

/// The name of the cookie.
const COOKIE: &str = "hookrail_session";

/// How long a session lasts.
const LIFE: Duration = Duration::from_secs(7 * 86_400);

/// The longest cookie that is looked at.
const MAX_COOKIE: usize = 256;

/// The header that a page proves by that it is this server's: another site's page can neither read its value nor set it.
const CSRF: &str = "x-hookrail-csrf";

/// What stands for the key's id where the operator's token was shown.
const OPERATOR: &str = "operator";

impl Auth {
    /// The cookie's value for who has shown a key or the token.
    pub(super) fn session_of(&self, who: &Who) -> String {
        let id = match who {
            Who::Holder(grant) => grant.key.as_str(),
            Who::Operator | Who::Anybody => OPERATOR,
        };
        let end = (seconds().saturating_add(LIFE.as_secs())).to_string();
        let seal = self.seal(id, &end);
        format!("{id}.{end}.{seal}")
    }

    /// Whose session a cookie is of; `None` where it has ended, or is none of ours.
    pub(super) fn session(&self, cookie: &str) -> Option<Who> {
        let mut parts = cookie.splitn(3, '.');
        let (id, end, seal) = (parts.next()?, parts.next()?, parts.next()?);
        let is_ours: bool = self.seal(id, end).as_bytes().ct_eq(seal.as_bytes()).into();
        if !is_ours || end.parse::<u64>().ok()? <= seconds() {
            return None;
        }
        match id {
            OPERATOR => Some(Who::Operator),
            id => self.registry.grant(&id.parse().ok()?).map(Who::Holder),
        }
    }

    /// The token is part of the seal of the operator's session, which so ends when the token is changed.
    fn seal(&self, id: &str, end: &str) -> String {
        let token = self.token.filter(|_| id == OPERATOR).map(|token| token.to_hex());
        self.registry.seal(&["session", id, end, token.as_ref().map_or("", |token| token.as_str())])
    }

    /// What a page must send in `X-Hookrail-Csrf` with this session's requests that change something.
    pub(crate) fn csrf(&self, headers: &HeaderMap) -> Option<String> {
        let by_cookie = !headers.contains_key(header::AUTHORIZATION) && !headers.contains_key(super::API_KEY);
        cookie(headers).filter(|cookie| by_cookie && self.session(cookie).is_some()).map(|cookie| self.csrf_of(cookie))
    }

    fn csrf_of(&self, cookie: &str) -> String {
        self.registry.seal(&["csrf", cookie])
    }

    pub(super) fn has_csrf(&self, cookie: &str, headers: &HeaderMap) -> bool {
        headers.get(CSRF).is_some_and(|value| self.csrf_of(cookie).as_bytes().ct_eq(value.as_bytes()).into())
    }

    /// The header that sets the cookie, or (without one) takes it away.
    pub(crate) fn set_cookie(&self, value: Option<&str>, headers: &HeaderMap) -> String {
        let secure = if self.is_secure(headers) { "; Secure" } else { "" };
        let age = if value.is_some() { LIFE.as_secs() } else { 0 };
        let value = value.unwrap_or_default();
        format!("{COOKIE}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Strict{secure}")
    }
}

fn seconds() -> u64 {
    u64::try_from(now().as_nanos() / 1_000_000_000).unwrap_or_default()
}

/// The session's cookie among the cookies of a request.
pub(super) fn cookie(headers: &HeaderMap) -> Option<&str> {
    let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = values.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| value).filter(|value| value.len() <= MAX_COOKIE)
}
