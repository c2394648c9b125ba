//! Connections that read: a few, opened when first needed, each used by one query at a time on a thread that may block.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::schema::Place;
use crate::{Settings, StoreError};

/// The most connections kept open while nobody reads.
const MAX_IDLE: usize = 2;

/// A pool of connections. Cloning shares it.
#[derive(Clone, Debug)]
pub(crate) struct Pool {
    place: Arc<Place>,
    settings: Arc<Settings>,
    permits: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Pool {
    pub(crate) fn new(place: Place, settings: &Settings) -> Self {
        let permits = Arc::new(Semaphore::new(NonZeroUsize::get(settings.readers)));
        Self { place: Arc::new(place), settings: Arc::new(settings.clone()), permits, idle: Arc::default() }
    }

    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// The time by the store's clock.
    pub(crate) fn now(&self) -> hookrail_core::time::Timestamp {
        (self.settings.clock)()
    }

    /// Runs a query on a connection of its own, seeing one state of the database.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let closed = |_| StoreError::Other("the store is closed".to_owned());
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(closed)?;
        let pool = self.clone();
        let work = move || {
            // The permit goes with the query, which goes on even where nobody waits for it any more.
            let _permit = permit;
            let connection = pool.take()?;
            let answer = in_one_state(&connection, query);
            pool.give_back(connection);
            answer
        };
        let failed = |_| StoreError::Other("a query was interrupted".to_owned());
        tokio::task::spawn_blocking(work).await.map_err(failed)?
    }

    fn take(&self) -> Result<Connection, StoreError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match idle {
            Some(connection) => Ok(connection),
            None => self.place.open_read_only(&self.settings),
        }
    }

    fn give_back(&self, connection: Connection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MAX_IDLE {
            idle.push(connection);
        }
    }
}

fn in_one_state<T>(
    connection: &Connection,
    query: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let transaction = connection.unchecked_transaction()?;
    let answer = query(&transaction)?;
    // Nothing was written; this only ends the state that was seen.
    transaction.rollback()?;
    Ok(answer)
}
