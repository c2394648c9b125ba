//! A key: how it is made, what is kept of it, and how it is recognised.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};

use hookrail_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{KeyId, ProjectId, Scopes};
use crate::StoreError;

/// What every key begins with, for people and for scanners that look for leaked ones.
pub const PREFIX: &str = "hkr_";

/// Bytes of randomness in a key.
const SECRET_BYTES: usize = 32;

/// The digest that is kept of a key.
pub(super) type Hash = [u8; 32];

/// A new key, whole: `hkr_<id>_<secret>`. It is shown once and never stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A key with this id, or with a new one.
    pub(super) fn new() -> Result<(KeyId, Self), StoreError> {
        let id = hex(&random::<{ KeyId::LENGTH / 2 }>()?);
        let text = format!("{PREFIX}{id}_{}", hex(&random::<SECRET_BYTES>()?));
        let id = id.parse().map_err(|error| StoreError::Other(format!("a new key has no good id: {error}")))?;
        Ok((id, Self(text)))
    }

    /// The key's text.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The id in what looks like a key.
pub(super) fn id_of(text: &str) -> Option<KeyId> {
    let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
    (secret.len() == 2 * SECRET_BYTES).then(|| id.parse().ok())?
}

pub(super) fn hash(text: &str) -> Hash {
    Sha256::digest(text.as_bytes()).into()
}

pub(super) fn random<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| StoreError::Other(format!("the system gives no random bytes: {error}")))?;
    Ok(bytes)
}

fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What a key's owner calls its condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyState {
    /// It opens what it is for.
    Active,
    /// Rotated, and its time is up.
    Expired,
    /// Ended by somebody.
    Revoked,
}

/// What is known of a key, as lists show it. The key itself is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Key {
    /// Its public name.
    pub id: KeyId,
    /// How it begins, to recognise it by.
    pub prefix: String,
    /// The project it opens.
    pub project: ProjectId,
    /// What it may do there.
    pub scopes: Scopes,
    /// What its maker calls it.
    pub name: Option<String>,
    /// Whether it can be used.
    pub state: KeyState,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it: a key's id, `operator` for the server's token, `local` for somebody at the server itself.
    pub created_by: String,
    /// The key it replaced by rotation.
    pub replaces: Option<KeyId>,
    /// When it ends, where it was rotated.
    pub expires_at: Option<Timestamp>,
    /// When it was ended.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, to the minute or so.
    pub last_used_at: Option<Timestamp>,
}

/// A key that was just made: what lists show of it, and the key itself.
#[derive(Serialize)]
pub struct Made {
    /// The key, shown this once.
    key: String,
    #[serde(flatten)]
    facts: Key,
}

impl fmt::Debug for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.facts.fmt(f)
    }
}

impl From<(Secret, Key)> for Made {
    fn from((Secret(key), facts): (Secret, Key)) -> Self {
        Self { key, facts }
    }
}

/// What a good key gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The key.
    pub key: KeyId,
    /// The project it opens.
    pub project: ProjectId,
    /// What may be done there.
    pub scopes: Scopes,
}

/// A key as it is held in memory, for every request to be compared with.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) hash: Hash,
    pub(super) key: Key,
    /// When it was last used, and the last such moment that was written, in nanoseconds; 0 for never.
    pub(super) used: AtomicI64,
    pub(super) noted: AtomicI64,
}

impl Held {
    pub(super) fn is(&self, text: &str) -> bool {
        self.hash.ct_eq(&hash(text)).into()
    }

    /// What it gives at this moment.
    pub(super) fn grant(&self, now: Timestamp) -> Option<Grant> {
        let Key { id, project, scopes, .. } = &self.key;
        (state(&self.key, now) == KeyState::Active).then(|| Grant {
            key: id.clone(),
            project: project.clone(),
            scopes: *scopes,
        })
    }

    pub(super) fn touch(&self, now: Timestamp) {
        self.used.fetch_max(now.as_nanos(), Ordering::Relaxed);
    }

    /// As a list shows it at this moment.
    pub(super) fn shown(&self, now: Timestamp) -> Key {
        let used = self.used.load(Ordering::Relaxed);
        Key {
            state: state(&self.key, now),
            last_used_at: (used > 0).then(|| Timestamp::from_nanos(used)),
            ..self.key.clone()
        }
    }
}

fn state(key: &Key, now: Timestamp) -> KeyState {
    if key.revoked_at.is_some() {
        KeyState::Revoked
    } else if key.expires_at.is_some_and(|end| end <= now) {
        KeyState::Expired
    } else {
        KeyState::Active
    }
}
