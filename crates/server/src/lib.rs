//! The server of hookrail: the doors events come in by, the one writer, the live feed, the query API, the dashboard.
//!
//! The path of an event, one room each:
//!
//! 1. [`guard`](self): does this request name a host of ours, and does it hold the token?
//! 2. `admit`: is there room, before a byte of the body is read? Then the body, bounded as sent and as decompressed.
//! 3. `ingest`: `Raw → Redacted → Event`, one door per file.
//! 4. `writer`: one thread commits what is queued, acknowledges after the commit, publishes to the live feed.
//! 5. `live` and `api` read.
//!
//! Nothing here reads the environment or handles signals: whoever runs a [`Server`] passes its configuration, its
//! listener and a token that tells it to stop.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

mod app;
mod config;
mod error;
mod metrics;
mod serve;

pub use config::{Config, DEFAULT_PORT, Limits, Retention, Token};

/// Why a server does not start, or did not stop well.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address that others can reach, and no token.
    #[error(
        "refusing to listen on {0} without a token: everybody who reaches it could read and write. \
         Set HOOKRAIL_TOKEN, or listen on 127.0.0.1, or pass --insecure-listen if that is what you want"
    )]
    OpenToTheNetwork(SocketAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on {0}: {1}. Is another server running? Choose another address with --listen")]
    Listen(SocketAddr, io::Error),
    /// The folder for the server's files cannot be made or used.
    #[error("cannot use the data folder {0}: {1}. Choose another with --data-dir")]
    DataDir(std::path::PathBuf, io::Error),
    /// The writer's thread cannot be started, or died.
    #[error("the writer failed: {0}")]
    Writer(io::Error),
}

/// A server that is bound and has its store open, and does not serve yet.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    app: Arc<app::App>,
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
        Ok(Self { listener, app: Arc::new(app::App::new(config, bound)) })
    }

    /// The address it listens on; tells the port where 0 was asked for.
    ///
    /// # Errors
    /// What the system says when the socket is gone.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `shutdown`, then stops in order: `/readyz` says no, no new connection, open requests end, the queue is
    /// committed, the store checkpointed. Whoever handles signals ends the process at once on a second one.
    ///
    /// # Errors
    /// [`StartError::Writer`] where the last events could not be committed; none of them was acknowledged.
    pub async fn run(self, shutdown: CancellationToken) -> Result<(), StartError> {
        let app = self.app;
        let stop = app.stopping.clone();
        let stopper = tokio::spawn(async move {
            shutdown.cancelled().await;
            stop.cancel();
        });
        let router = axum::Router::new().route("/healthz", axum::routing::get(|| async { "ok" }));
        serve::serve(self.listener, router, app).await;
        stopper.abort();
        Ok(())
    }
}
