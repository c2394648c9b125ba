//! What is remembered beside the events: settings, devices, the instance itself. The second seam.

mod sqlite;

pub(crate) use sqlite::Meta as SqliteMeta;

use hookrail_core::time::Timestamp;
use serde::Serialize;

use crate::StoreError;

/// A machine that sent events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Device {
    /// Its name.
    pub name: String,
    /// When its first event was received.
    pub first_seen: Timestamp,
    /// When its last event was received.
    pub last_seen: Timestamp,
    /// Server clock minus device clock in milliseconds, by the freshest event of its latest batch: the way here included.
    pub skew_ms: i64,
    /// Events stored from it since it is known.
    pub events: u64,
}

/// What is remembered beside the events. Cloning shares it.
#[derive(Clone, Debug)]
pub enum Meta {
    /// On SQLite.
    Sqlite(sqlite::Meta),
}

impl Meta {
    /// The id this store was was given when it was first asked: 32 hexadecimal digits.
    ///
    /// # Errors
    /// Only where the store itself fails.
    pub async fn instance(&self) -> Result<String, StoreError> {
        match self {
            Self::Sqlite(meta) => meta.instance().await,
        }
    }

    /// A setting's value.
    ///
    /// # Errors
    /// Only where the store itself fails.
    pub async fn setting(&self, key: &str) -> Result<Option<String>, StoreError> {
        match self {
            Self::Sqlite(meta) => meta.setting(key).await,
        }
    }

    /// Sets a setting, or removes it (`None`).
    ///
    /// # Errors
    /// Only where the store itself fails.
    pub async fn set(&self, key: &str, value: Option<&str>) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(meta) => meta.set(key, value).await,
        }
    }

    /// The machines that sent events, the most recent first; at most [`MAX_DEVICES`].
    ///
    /// # Errors
    /// Only where the store itself fails.
    pub async fn devices(&self) -> Result<Vec<Device>, StoreError> {
        match self {
            Self::Sqlite(meta) => meta.devices().await,
        }
    }
}

/// The most devices one answer lists.
pub const MAX_DEVICES: usize = 10_000;
