//! The server of hookrail: the doors events come in by, the one writer, the live feed, the query API, the dashboard.
//!
//! The path of an event, one room each:
//!
//! 1. [`guard`](self): does this request name a host of ours, and whose is it? Its key leads it to one of `tenants`,
//!    whose store is the only one its handler can ask.
//! 2. `admit`: is there room, before a byte of the body is read? Then the body, bounded as sent and as decompressed.
//! 3. `ingest`: `Raw → Redacted → Event`, one door per file.
//! 4. `writer`: one thread per project commits what is queued, acknowledges after the commit, publishes to the live feed.
//! 5. `live` and `api` read.
//!
//! Nothing here reads the environment or handles signals: whoever runs a [`Server`] passes its configuration, its
//! listener and a token that tells it to stop.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use app::App;
use hookrail_store::Store;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

mod admit;
mod api;
mod app;
mod assets;
mod attribution;
mod auth;
mod config;
mod contents;
mod doors;
mod error;
mod guard;
mod ingest;
mod live;
mod metrics;
mod openapi;
mod otlp;
mod outbound;
mod pieces;
mod rules;
mod scan;
mod serve;
mod sleep;
mod tenants;
mod titles;
mod writer;

pub use config::{Bus, Config, DEFAULT_PORT, Limits, Rate, SLEEP_AFTER, TitleSettings, Token};
pub use hookrail_store::bus::parking::{Bounds, QuarantineBounds};
pub use hookrail_store::events::Retention;
pub use outbound::BadUrl;
pub use rules::Rules;

/// Time between two looks at which keys' last use is to be written down. Most find none.
const NOTE_USES_EVERY: std::time::Duration = std::time::Duration::from_secs(1);

/// Why a server does not start, or did not stop well.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address that others can reach, and neither a token nor any key.
    #[error(
        "refusing to listen on {0} without a key: everybody who reaches it could read and write. \
         Make one with `hookrail keys create`, or set HOOKRAIL_TOKEN, or listen on 127.0.0.1, or pass --insecure-listen if that is what you want"
    )]
    OpenToTheNetwork(SocketAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on {0}: {1}. Is another server running? Choose another address with --listen")]
    Listen(SocketAddr, io::Error),
    /// The folder for the server's files cannot be made or used.
    #[error("cannot use the data folder {0}: {1}. Choose another with --data-dir")]
    DataDir(std::path::PathBuf, io::Error),
    /// The store, or the registry of keys, cannot be opened.
    #[error("cannot open the store: {0}")]
    Store(#[from] hookrail_store::StoreError),
    /// The writer's thread cannot be started.
    #[error("cannot start the writer: {0}")]
    Writer(io::Error),
    /// The writer died, or did not finish within the grace. Nothing it had not committed was acknowledged.
    #[error(
        "the writer did not commit everything that was queued; nothing of that was acknowledged, and its senders have it still"
    )]
    Unfinished,
}

/// A server that is bound and has its store open and its writer waiting, and does not serve yet.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    app: Arc<App>,
}

impl Server {
    /// Listens where the configuration says, then [`Server::bind`].
    ///
    /// # Errors
    /// Those of [`Server::bind`], and [`StartError::Listen`].
    pub async fn listen(config: Config) -> Result<Self, StartError> {
        let address = config.listen;
        config.check(address)?;
        let listener = TcpListener::bind(address).await.map_err(|error| StartError::Listen(address, error))?;
        Self::bind(config, listener)
    }

    /// Takes a listener and opens the store; must be called within a tokio runtime.
    ///
    /// # Errors
    /// An unsafe configuration ([`Config::check`]), a data folder or a store that cannot be used.
    pub fn bind(config: Config, listener: TcpListener) -> Result<Self, StartError> {
        let bound = listener.local_addr().map_err(|error| StartError::Listen(config.listen, error))?;
        config.check(bound)?;
        std::fs::create_dir_all(&config.data_dir)
            .map_err(|error| StartError::DataDir(config.data_dir.clone(), error))?;
        Ok(Self { listener, app: Arc::new(App::open(config, bound)?) })
    }

    /// The address it listens on; tells the port where 0 was asked for.
    ///
    /// # Errors
    /// What the system says when the socket is gone.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The default project's store, for whoever runs the server in the same process.
    pub fn store(&self) -> Store {
        self.app.tenants.default().store.clone()
    }

    /// Whether it asks nobody for a key: there is neither a token nor any key.
    pub fn is_open(&self) -> bool {
        self.app.auth.is_open()
    }

    /// Serves until `shutdown`, then stops in order: `/readyz` says no, no new connection, open requests end, the queue
    /// is committed, the store checkpointed. Whoever handles signals ends the process at once on a second one.
    ///
    /// # Errors
    /// [`StartError::Unfinished`] where the last events could not be committed; none of them was acknowledged.
    pub async fn run(self, shutdown: CancellationToken) -> Result<(), StartError> {
        let Self { listener, app } = self;
        let stop = app.stopping.clone();
        let stopper = tokio::spawn(async move {
            shutdown.cancelled().await;
            stop.cancel();
        });
        let retainer = tokio::spawn(retain(app.clone()));
        let titles = tokio::spawn(titles::run(app.clone()));
        let noter = tokio::spawn(note_uses(app.clone()));
        let sweeper = tokio::spawn(attribution::run(app.clone()));
        let scanner = tokio::spawn(scan::run(app.clone()));
        let lullaby = tokio::spawn(sleep::run(app.clone()));
        let router = doors::router(&app);
        serve::serve(listener, router, app.clone()).await;
        stopper.abort();
        retainer.abort();
        titles.abort();
        noter.abort();
        sweeper.abort();
        scanner.abort();
        lullaby.abort();
        let registry = app.auth.registry.clone();
        noted(tokio::task::spawn_blocking(move || registry.note_uses(true)).await);
        app.tenants.stop(app.config.limits.stop_grace).await
    }
}

/// Writes down when keys were last used, off the path of any request.
async fn note_uses(app: Arc<App>) {
    let mut every = tokio::time::interval(NOTE_USES_EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        every.tick().await;
        let registry = app.auth.registry.clone();
        noted(tokio::task::spawn_blocking(move || registry.note_uses(false)).await);
    }
}

fn noted(noted: Result<Result<(), hookrail_store::StoreError>, tokio::task::JoinError>) {
    if let Ok(Err(error)) = noted {
        tracing::warn!("When keys were last used was not written down: {error}.");
    }
}

/// Asks the writers for retention from time to time, where any event is to be removed at all: of every project, also of
/// one that nobody has asked for since the start. Removes contents of artifacts of the projects at work: in another nothing
/// has changed.
async fn retain(app: Arc<App>) {
    let keeps_all = app.config.retention == Retention::default();
    let mut every = tokio::time::interval(app.config.limits.retain_every);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        every.tick().await;
        if !keeps_all {
            open_all(&app).await;
            app.tenants.retain();
        }
        for tenant in app.tenants.opened() {
            api::artifacts::purge(&app, &tenant).await;
        }
    }
}

/// Opens the store of every project that has one.
async fn open_all(app: &App) {
    let registry = app.auth.registry.clone();
    let Ok(Ok(projects)) = tokio::task::spawn_blocking(move || registry.projects(None)).await else { return };
    for project in projects {
        if app.config.project_file(&project.project).is_some_and(|file| file.is_file()) {
            // Why one cannot be opened is in the log; the next time it is tried again.
            let _ = app.tenants.get(&project.project).await;
        }
    }
}

/// The text of `/openapi.json`, which `docs/openapi.json` is a copy of.
pub fn openapi() -> &'static str {
    openapi::text()
}
