//! What is remembered beside the events: settings, devices, the instance itself. The second seam.

mod sqlite;

pub(crate) use sqlite::Meta as SqliteMeta;

use hookrail_core::fleet::DeviceReport;
use hookrail_core::time::Timestamp;
use serde::Serialize;

use crate::StoreError;
use crate::names::ServerName;

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

    /// Keeps a device's report in the place of its last one; false where as many devices as are kept have reported.
    ///
    /// # Errors
    /// Only where the store itself fails.
    pub async fn keep_report(&self, report: &DeviceReport, received_at: Timestamp) -> Result<bool, StoreError> {
        match self {
            Self::Sqlite(meta) => meta.keep_report(report, received_at, MAX_DEVICES).await,
        }
    }

    /// The latest report of each device, the newest first.
    ///
    /// # Errors
    /// Only where the store itself fails.
    pub async fn reports(&self) -> Result<Vec<Reported>, StoreError> {
        match self {
            Self::Sqlite(meta) => meta.reports().await,
        }
    }

    /// Puts a person into a team, or (`None`) out of any.
    ///
    /// # Errors
    /// Only where the store itself fails.
    pub async fn set_team(&self, person: &str, team: Option<&str>) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(meta) => meta.set_team(person, team).await,
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

    /// The names this project gave to MCP servers, by raw name.
    ///
    /// # Errors
    /// Only where the store itself fails.
    pub async fn server_names(&self) -> Result<Vec<ServerName>, StoreError> {
        match self {
            Self::Sqlite(meta) => meta.server_names().await,
        }
    }

    /// Gives a server a name, or another one: shown from now on wherever the server is. Returns the name as it is kept.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] where there are [`MAX_NAMES`](crate::names::MAX_NAMES) already.
    pub async fn name_server(&self, name: ServerName) -> Result<ServerName, StoreError> {
        match self {
            Self::Sqlite(meta) => meta.name_server(name).await,
        }
    }

    /// Gives a session the title a model made for it; says whether there is such a session.
    ///
    /// # Errors
    /// Only where the store itself fails.
    pub async fn title_session(&self, id: &str, agent: &str, title: &str, now: Timestamp) -> Result<bool, StoreError> {
        match self {
            Self::Sqlite(meta) => meta.title_session(id, agent, title, now).await,
        }
    }

    /// Takes a name back and gives it out a last time; `None` where there was none.
    ///
    /// # Errors
    /// Only where the store itself fails.
    pub async fn forget_server_name(&self, raw: &str) -> Result<Option<ServerName>, StoreError> {
        match self {
            Self::Sqlite(meta) => meta.forget_server_name(raw).await,
        }
    }
}

/// The most devices one answer lists.
pub const MAX_DEVICES: usize = 10_000;

/// A device's report as it is kept.
#[derive(Clone, Debug)]
pub struct Reported {
    /// When it came.
    pub received_at: Timestamp,
    /// The server's clock less the device's at that moment, in milliseconds.
    pub skew_ms: i64,
    /// What it says.
    pub report: DeviceReport,
    /// When a hook of each agent was last heard from this device.
    pub hooks: Vec<(String, Timestamp)>,
}
