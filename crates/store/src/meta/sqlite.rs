//! Settings and devices in the same SQLite database as the events, so that one backup holds everything.

use std::sync::{Arc, Mutex, PoisonError};

use hookrail_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::{Device, MAX_DEVICES};
use crate::StoreError;

/// A connection of its own: settings change rarely, and wait for the writer's commit when they do.
#[derive(Clone, Debug)]
pub struct Meta {
    connection: Arc<Mutex<Connection>>,
}

impl Meta {
    pub(crate) fn new(connection: Connection) -> Self {
        Self { connection: Arc::new(Mutex::new(connection)) }
    }

    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let shared = Arc::clone(&self.connection);
        let failed = |_| StoreError::Other("a query was interrupted".to_owned());
        tokio::task::spawn_blocking(move || work(&shared.lock().unwrap_or_else(PoisonError::into_inner)))
            .await
            .map_err(failed)?
    }

    pub(super) async fn instance(&self) -> Result<String, StoreError> {
        self.with(|connection| {
            // Made by the database's own generator of random numbers when it is first asked for.
            connection.execute(
                "INSERT INTO settings (key, value) VALUES ('instance', lower(hex(randomblob(16)))) ON CONFLICT DO NOTHING",
                [],
            )?;
            Ok(connection.query_row("SELECT value FROM settings WHERE key = 'instance'", [], |row| row.get(0))?)
        })
        .await
    }

    pub(super) async fn setting(&self, key: &str) -> Result<Option<String>, StoreError> {
        let key = key.to_owned();
        self.with(move |connection| {
            let mut statement = connection.prepare_cached("SELECT value FROM settings WHERE key = ?")?;
            Ok(statement.query_row([key], |row| row.get(0)).optional()?)
        })
        .await
    }

    pub(super) async fn set(&self, key: &str, value: Option<&str>) -> Result<(), StoreError> {
        let (key, value) = (key.to_owned(), value.map(str::to_owned));
        self.with(move |connection| {
            match value {
                Some(value) => connection
                    .execute("INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)", params![key, value])?,
                None => connection.execute("DELETE FROM settings WHERE key = ?", [key])?,
            };
            Ok(())
        })
        .await
    }

    pub(super) async fn devices(&self) -> Result<Vec<Device>, StoreError> {
        self.with(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT name, first_seen, last_seen, skew_ms, events FROM devices ORDER BY last_seen DESC, name LIMIT ?",
            )?;
            let devices = statement.query_map([MAX_DEVICES as i64], |row| {
                Ok(Device {
                    name: row.get(0)?,
                    first_seen: Timestamp::from_nanos(row.get(1)?),
                    last_seen: Timestamp::from_nanos(row.get(2)?),
                    skew_ms: row.get(3)?,
                    events: row.get(4)?,
                })
            })?;
            Ok(devices.collect::<Result<_, _>>()?)
        })
        .await
    }
}
