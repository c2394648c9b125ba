//! Settings and devices in the same SQLite database as the events, so that one backup holds everything.

use std::sync::{Arc, Mutex, PoisonError};

use hookrail_core::fleet::DeviceReport;
use hookrail_core::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Device, MAX_DEVICES, Reported};
use crate::StoreError;
use crate::names::{MAX_NAMES, Names, ServerName};

/// The columns of a server's name, in the order [`server_name`] reads them.
macro_rules! name_columns {
    () => {
        "raw, display, created_at, updated_at, by"
    };
}

/// A connection of its own: settings change rarely, and wait for the writer's commit when they do.
#[derive(Clone, Debug)]
pub struct Meta {
    connection: Arc<Mutex<Connection>>,
    names: Names,
}

impl Meta {
    /// The seam on this connection; `names` are filled in, and kept as they are in the database.
    pub(crate) fn new(connection: Connection, names: Names) -> Result<Self, StoreError> {
        names.replace(&server_names(&connection)?);
        Ok(Self { connection: Arc::new(Mutex::new(connection)), names })
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

    pub(super) async fn set_team(&self, person: &str, team: Option<&str>) -> Result<(), StoreError> {
        let (person, team) = (person.to_owned(), team.map(str::to_owned));
        self.with(move |connection| {
            connection.execute(
                "INSERT INTO people (person, team) VALUES (?, ?) ON CONFLICT (person) DO UPDATE SET team = excluded.team",
                params![person, team],
            )?;
            Ok(())
        })
        .await
    }

    pub(super) async fn keep_report(
        &self,
        report: &DeviceReport,
        received_at: Timestamp,
        most: usize,
    ) -> Result<bool, StoreError> {
        let text = serde_json::to_string(report).map_err(|error| StoreError::Other(error.to_string()))?;
        let skew = received_at.as_nanos().saturating_sub(report.at.as_nanos()) / 1_000_000;
        let (id, name) = (report.device_id.clone(), report.name.clone());
        self.with(move |connection| {
            let known: usize = connection
                .query_row("SELECT count(*) FROM device_reports WHERE device_id <> ?", [&id], |row| row.get(0))?;
            if known >= most {
                return Ok(false);
            }
            connection.execute(
                "INSERT OR REPLACE INTO device_reports (device_id, name, received_at, skew_ms, report) VALUES (?,?,?,?,?)",
                params![id, name, received_at.as_nanos(), skew, text],
            )?;
            Ok(true)
        })
        .await
    }

    pub(super) async fn reports(&self) -> Result<Vec<Reported>, StoreError> {
        self.with(|connection| {
            let mut hooked = connection.prepare_cached(
                "SELECT s.agent, max(t.last_at) FROM sessions s JOIN session_sources t ON t.session = s.session \
                 WHERE s.device = ? AND t.source = 0 GROUP BY s.agent",
            )?;
            let mut statement = connection.prepare_cached(
                "SELECT name, received_at, skew_ms, report FROM device_reports ORDER BY received_at DESC LIMIT ?",
            )?;
            let mut reports = Vec::new();
            let mut rows = statement.query([MAX_DEVICES as i64])?;
            while let Some(row) = rows.next()? {
                let name: String = row.get(0)?;
                let text: String = row.get(3)?;
                let hooks = hooked
                    .query_map([&name], |row| Ok((row.get(0)?, Timestamp::from_nanos(row.get(1)?))))?
                    .collect::<Result<_, _>>()?;
                reports.push(Reported {
                    received_at: Timestamp::from_nanos(row.get(1)?),
                    skew_ms: row.get(2)?,
                    report: serde_json::from_str(&text).unwrap_or_default(),
                    hooks,
                });
            }
            Ok(reports)
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

    pub(super) async fn server_names(&self) -> Result<Vec<ServerName>, StoreError> {
        self.with(server_names).await
    }

    pub(super) async fn name_server(&self, name: ServerName) -> Result<ServerName, StoreError> {
        let names = self.names.clone();
        self.with(move |connection| {
            let count: usize =
                connection
                    .query_row("SELECT count(*) FROM server_names WHERE raw <> ?", [&name.raw], |row| row.get(0))?;
            if count >= MAX_NAMES {
                let why = format!("{MAX_NAMES} servers have a name, which is the most; forget one first");
                return Err(StoreError::Invalid(why));
            }
            let sql = concat!(
                "INSERT INTO server_names (",
                name_columns!(),
                ") VALUES (?,?,?,?,?) ON CONFLICT (raw) DO UPDATE SET display = excluded.display, ",
                "updated_at = excluded.updated_at, by = excluded.by RETURNING ",
                name_columns!()
            );
            let (created, updated) = (name.created_at.as_nanos(), name.updated_at.as_nanos());
            let values = params![name.raw, name.display, created, updated, name.by];
            let kept = connection.query_row(sql, values, server_name)?;
            names.replace(&server_names(connection)?);
            Ok(kept)
        })
        .await
    }

    pub(super) async fn title_session(
        &self,
        id: &str,
        agent: &str,
        title: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (id, agent, title) = (id.to_owned(), agent.to_owned(), title.to_owned());
        self.with(move |connection| {
            let titled = connection.execute(
                "INSERT OR REPLACE INTO session_titles (session, title, at) \
                 SELECT session, ?1, ?2 FROM sessions WHERE id = ?3 AND agent = ?4",
                params![title, now.as_nanos(), id, agent],
            )?;
            Ok(titled > 0)
        })
        .await
    }

    pub(super) async fn forget_server_name(&self, raw: &str) -> Result<Option<ServerName>, StoreError> {
        let (raw, names) = (raw.to_owned(), self.names.clone());
        self.with(move |connection| {
            let sql = concat!("DELETE FROM server_names WHERE raw = ? RETURNING ", name_columns!());
            let forgotten = connection.query_row(sql, [raw], server_name).optional()?;
            names.replace(&server_names(connection)?);
            Ok(forgotten)
        })
        .await
    }
}

fn server_names(connection: &Connection) -> Result<Vec<ServerName>, StoreError> {
    let sql = concat!("SELECT ", name_columns!(), " FROM server_names ORDER BY raw");
    Ok(connection.prepare_cached(sql)?.query_map([], server_name)?.collect::<Result<_, _>>()?)
}

fn server_name(row: &Row<'_>) -> rusqlite::Result<ServerName> {
    Ok(ServerName {
        raw: row.get(0)?,
        display: row.get(1)?,
        created_at: Timestamp::from_nanos(row.get(2)?),
        updated_at: Timestamp::from_nanos(row.get(3)?),
        by: row.get(4)?,
    })
}
