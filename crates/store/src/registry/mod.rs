//! Whose events a server keeps: organisations, their projects, and the keys that open them.
//!
//! A project's events are in a store of their own; this is the one small database beside them that says which projects
//! there are and who may do what in them. It is read on every request, so its keys are held in memory; and it may be
//! written by another process (`hookrail keys … --data-dir`), so SQLite is asked every few milliseconds whether it was.

mod key;
mod names;
mod rows;

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use hookrail_core::time::Timestamp;
use rusqlite::Connection;
use serde::Serialize;

use self::key::Held;
use crate::events::sqlite::schema::Place;
use crate::{Settings, StoreError, Sync};

pub use key::{Grant, Key, KeyState, Made, PREFIX, Secret};
pub use names::{BadName, KeyId, ProjectId, Scope, Scopes};

/// The steps from nothing to the newest schema, each with the BLAKE3 hash it shipped with. See `migrations/README.md`.
pub(crate) const MIGRATIONS: &[(&str, &str)] = &[
    (
        include_str!("../../migrations/registry/0001_init.sql"),
        "17a632955695a99ac111baa4e8fcf8658e2d71c82c215fedb380a65602a2eed2",
    ),
    (
        include_str!("../../migrations/registry/0002_policies.sql"),
        "181744f68050243692e9970af773218a8032fb2ce198ffda15b476ea5186b373",
    ),
];

/// How long a rotated key goes on, where nobody says.
pub const DEFAULT_GRACE: Duration = Duration::from_secs(24 * 3600);

/// The longest time a rotated key can go on.
pub const MAX_GRACE: Duration = Duration::from_secs(366 * 24 * 3600);

/// The most keys and projects of a server. A key ended long ago makes room for a new one.
pub const MAX_KEYS: usize = 10_000;
/// See [`MAX_KEYS`].
pub const MAX_PROJECTS: usize = 1_000;

/// The longest name of a key, in characters.
pub const MAX_KEY_NAME: usize = 200;

/// What another process wrote is noticed after this at the latest.
const CHECK_EVERY: Duration = Duration::from_millis(5);

/// A key's last use is written when the one written is older than this.
const NOTE_EVERY: Duration = Duration::from_secs(60);

/// A project, as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Project {
    /// Its name.
    pub project: ProjectId,
    /// When it was made.
    pub created_at: Timestamp,
    /// Keys that can be used.
    pub keys: usize,
}

/// A key to be made.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// The project it opens; made where there is none of this name.
    pub project: ProjectId,
    /// What it may do there.
    pub scopes: Scopes,
    /// What its maker calls it.
    pub name: Option<String>,
    /// Who makes it.
    pub by: String,
}

/// The registry of a server. Cloning shares it.
#[derive(Clone, Debug)]
pub struct Registry(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    writer: Mutex<Connection>,
    /// A connection that only looks whether another one wrote, and the last answer it got.
    watcher: Mutex<(Connection, i64)>,
    keys: RwLock<Arc<Keys>>,
    /// How often the keys were read.
    generation: AtomicU64,
    /// When the watcher last looked, in milliseconds since `started`.
    looked: AtomicU64,
    started: Instant,
    secret: [u8; 32],
    clock: fn() -> Timestamp,
}

type Keys = HashMap<KeyId, Arc<Held>>;

impl Registry {
    /// Opens the registry in a file, making it where there is none; `None` for one in memory.
    ///
    /// # Errors
    /// Whatever opening the file meets.
    pub fn open(file: Option<&Path>, settings: &Settings) -> Result<Self, StoreError> {
        let place = file.map_or_else(Place::memory, |path| Place::File(path.to_owned()));
        let settings = Settings { sync: Sync::Full, writer_cache_kib: 256, reader_cache_kib: 256, ..settings.clone() };
        let writer = place.open_with(&settings, MIGRATIONS)?;
        let watcher = place.open_read_only(&settings)?;
        // Nobody waits on this connection: what cannot be read now is read a moment later.
        watcher.busy_timeout(Duration::ZERO)?;
        let secret = rows::secret(&writer)?;
        let version = data_version(&watcher)?;
        let keys = RwLock::new(Arc::new(rows::held(&watcher, &Keys::new())?));
        Ok(Self(Arc::new(Inner {
            writer: Mutex::new(writer),
            watcher: Mutex::new((watcher, version)),
            keys,
            generation: AtomicU64::new(0),
            looked: AtomicU64::new(0),
            started: Instant::now(),
            secret,
            clock: settings.clock,
        })))
    }

    /// Whether a file holds a registry with any key in it. A file that is not there does not, and is not made.
    ///
    /// # Errors
    /// Whatever opening the file meets.
    pub fn has_keys(file: &Path) -> Result<bool, StoreError> {
        Ok(file.is_file() && Self::open(Some(file), &Settings::default())?.is_keyed())
    }

    /// A number that changes whenever keys may have changed: who was let in at the same number is let in still, but for
    /// a key that ends by its time.
    pub fn generation(&self) -> u64 {
        self.0.look();
        self.0.generation.load(Ordering::Acquire)
    }

    /// Whether there is any key at all, good or ended: a server that ever had one is never open again by itself.
    ///
    /// The first key counts for whatever is asked after it was written, by whichever process: until there is one, every
    /// question looks.
    pub fn is_keyed(&self) -> bool {
        let known = || !self.0.keys.read().unwrap_or_else(PoisonError::into_inner).is_empty();
        known() || {
            self.0.look_now(self.0.watcher.lock().unwrap_or_else(PoisonError::into_inner));
            known()
        }
    }

    /// What this key gives; `None` for one that is unknown, wrong, ended or no key. Notes its use.
    pub fn verify(&self, text: &str) -> Option<Grant> {
        let keys = self.keys();
        let held = keys.get(&key::id_of(text)?).filter(|held| held.is(text))?;
        self.grant_of(held)
    }

    /// Whether this looks like a key that is, or was, one of this registry's, good or not.
    pub fn knows(&self, text: &str) -> bool {
        key::id_of(text).is_some_and(|id| self.keys().contains_key(&id))
    }

    /// What the key with this id gives now, for whoever showed it before.
    pub fn grant(&self, id: &KeyId) -> Option<Grant> {
        self.grant_of(self.keys().get(id)?)
    }

    fn grant_of(&self, held: &Held) -> Option<Grant> {
        let now = (self.0.clock)();
        held.grant(now).inspect(|_| held.touch(now))
    }

    /// A digest of `parts` that only this registry can make, on any day: it proves that the text came from here.
    pub fn seal(&self, parts: &[&str]) -> String {
        let mut hasher = blake3::Hasher::new_keyed(&self.0.secret);
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }

    /// Makes a key, and its project and organisation where they are new. The key's text is in the answer and nowhere else.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a key without a scope, a name that is too long, or where there are too many.
    pub fn create(&self, new: &NewKey) -> Result<(Secret, Key), StoreError> {
        if new.scopes.is_empty() {
            return Err(StoreError::Invalid("a key needs a scope: ingest, read or admin".to_owned()));
        }
        if new.name.as_ref().is_some_and(|name| name.chars().count() > MAX_KEY_NAME) {
            return Err(StoreError::Invalid(format!("a key's name has at most {MAX_KEY_NAME} characters")));
        }
        let (id, secret) = Secret::new()?;
        self.write(|connection, now| {
            rows::add_project(connection, &new.project, now)?;
            rows::add_key(connection, &id, &key::hash(secret.reveal()), new, None, now)
        })?;
        Ok((secret, self.shown(&id)?))
    }

    /// Makes a key that replaces another, which goes on for `grace`.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] where there is no such key, or it has ended, or the grace is too long.
    pub fn rotate(&self, old: &KeyId, grace: Duration, by: &str) -> Result<(Secret, Key), StoreError> {
        if grace > MAX_GRACE {
            return Err(StoreError::Invalid(format!("the grace is at most {} hours", MAX_GRACE.as_secs() / 3600)));
        }
        let Key { project, scopes, name, .. } = self.shown(old)?;
        let new = NewKey { project, scopes, name, by: by.to_owned() };
        let (id, secret) = Secret::new()?;
        self.write(|connection, now| {
            let grace = i64::try_from(grace.as_nanos()).unwrap_or(i64::MAX);
            let end = now.as_nanos().saturating_add(grace);
            if !rows::end_at(connection, old, Timestamp::from_nanos(end), now)? {
                return Err(StoreError::Invalid("this key has ended; make a new one".to_owned()));
            }
            rows::add_key(connection, &id, &key::hash(secret.reveal()), &new, Some(old), now)
        })?;
        Ok((secret, self.shown(&id)?))
    }

    /// Ends a key at once. One that has ended stays as it is.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] where there is no such key.
    pub fn revoke(&self, id: &KeyId) -> Result<Key, StoreError> {
        self.write(|connection, now| rows::revoke(connection, id, now))?;
        self.shown(id)
    }

    /// A key, as lists show it; `None` where there is none of this id.
    pub fn key(&self, id: &KeyId) -> Option<Key> {
        self.keys().get(id).map(|held| held.shown((self.0.clock)()))
    }

    fn shown(&self, id: &KeyId) -> Result<Key, StoreError> {
        self.key(id).ok_or_else(|| StoreError::Invalid("there is no key with this id".to_owned()))
    }

    /// Every key of an organisation, or of all; the newest first.
    pub fn list(&self, organisation: Option<&str>) -> Vec<Key> {
        let (keys, now) = (self.keys(), (self.0.clock)());
        let mut list: Vec<Key> = keys
            .values()
            .filter(|held| organisation.is_none_or(|name| held.key.project.organisation() == name))
            .map(|held| held.shown(now))
            .collect();
        list.sort_by(|a, b| (b.created_at, &b.id).cmp(&(a.created_at, &a.id)));
        list
    }

    /// Makes a project and its organisation; false where there is one of this name already.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] where there are too many.
    pub fn create_project(&self, project: &ProjectId) -> Result<bool, StoreError> {
        self.write(|connection, now| rows::add_project(connection, project, now))
    }

    /// An organisation's rules and how often they have been published: none, and 0, where they never were.
    ///
    /// # Errors
    /// Only where the registry itself fails.
    pub fn policy(&self, organisation: &str) -> Result<(u64, String), StoreError> {
        rows::policy(&self.0.writer.lock().unwrap_or_else(PoisonError::into_inner), organisation)
    }

    /// Publishes an organisation's rules; how often they have been published by then.
    ///
    /// # Errors
    /// Only where the registry itself fails.
    pub fn publish_policy(&self, organisation: &str, text: &str, by: &str) -> Result<u64, StoreError> {
        self.write(|connection, now| rows::publish_policy(connection, organisation, text, by, now))
    }

    /// A secret for this purpose alone, which this registry has on any day.
    pub fn derived_secret(&self, purpose: &str) -> [u8; 32] {
        blake3::derive_key(purpose, &self.0.secret)
    }

    /// Every project of an organisation, or of all, by name.
    ///
    /// # Errors
    /// Only where the registry itself fails.
    pub fn projects(&self, organisation: Option<&str>) -> Result<Vec<Project>, StoreError> {
        let keys = self.list(organisation);
        let mut projects = rows::projects(&self.0.writer.lock().unwrap_or_else(PoisonError::into_inner))?;
        projects.retain(|project| organisation.is_none_or(|name| project.project.organisation() == name));
        for project in &mut projects {
            let active = keys.iter().filter(|key| key.state == KeyState::Active && key.project == project.project);
            project.keys = active.count();
        }
        Ok(projects)
    }

    /// Writes down when keys were last used, where that is worth it: a minute after the last time, or all at the `end`.
    ///
    /// # Errors
    /// Nothing is lost but the moment; the next call writes it.
    pub fn note_uses(&self, end: bool) -> Result<(), StoreError> {
        let keys = self.0.keys.read().unwrap_or_else(PoisonError::into_inner).clone();
        let after = if end { 0 } else { i64::try_from(NOTE_EVERY.as_nanos()).unwrap_or(i64::MAX) };
        let read = |at: &AtomicI64| at.load(Ordering::Relaxed);
        let due: Vec<_> = keys
            .values()
            .filter(|held| {
                read(&held.used) > read(&held.noted).saturating_add(if read(&held.noted) == 0 { 0 } else { after })
            })
            .map(|held| (held.clone(), read(&held.used)))
            .collect();
        if due.is_empty() {
            return Ok(());
        }
        let mut connection = self.0.writer.lock().unwrap_or_else(PoisonError::into_inner);
        rows::note_uses(&mut connection, due.iter().map(|(held, used)| (&held.key.id, *used)))?;
        for (held, used) in due {
            held.noted.store(used, Ordering::Relaxed);
        }
        Ok(())
    }

    /// One transaction, after which this process knows what it wrote.
    fn write<T>(&self, work: impl FnOnce(&Connection, Timestamp) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut connection = self.0.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let done = work(&transaction, (self.0.clock)())?;
        transaction.commit()?;
        self.0.reload(&connection)?;
        Ok(done)
    }

    /// The keys as they are now, or were a few milliseconds ago.
    fn keys(&self) -> Arc<Keys> {
        self.0.look();
        self.0.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Inner {
    /// Looks whether another process wrote, unless somebody just did.
    fn look(&self) {
        let now = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let last = self.looked.load(Ordering::Relaxed);
        let due = now.saturating_sub(last) >= CHECK_EVERY.as_millis() as u64;
        if !due || self.looked.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_err() {
            return;
        }
        if let Ok(watcher) = self.watcher.try_lock() {
            self.look_now(watcher);
        }
    }

    fn look_now(&self, mut watcher: MutexGuard<'_, (Connection, i64)>) {
        let looked = data_version(&watcher.0).and_then(|version| {
            if version != watcher.1 {
                self.reload(&watcher.0)?;
                watcher.1 = version;
            }
            Ok(())
        });
        if let Err(error) = looked {
            tracing::warn!("The keys could not be read again; those known go on: {error}.");
        }
    }

    /// Reads the keys, keeping what is only known here: when they were last used.
    fn reload(&self, connection: &Connection) -> Result<(), StoreError> {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        *keys = Arc::new(rows::held(connection, &keys)?);
        self.generation.fetch_add(1, Ordering::Release);
        Ok(())
    }
}

/// A number that changes when another connection has written.
fn data_version(connection: &Connection) -> Result<i64, StoreError> {
    let mut statement = connection.prepare_cached("PRAGMA data_version")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

#[cfg(test)]
mod tests;
