//! What every door shares.

use std::net::SocketAddr;

use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::metrics::Metrics;

/// The running server, behind an `Arc` in every handler.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) config: Config,
    pub(crate) bound: SocketAddr,
    pub(crate) metrics: Metrics,
    /// Cancelled when the server begins to stop: readiness ends, live feeds end, no further event is taken.
    pub(crate) stopping: CancellationToken,
}

impl App {
    pub(crate) fn new(config: Config, bound: SocketAddr) -> Self {
        Self { config, bound, metrics: Metrics::default(), stopping: CancellationToken::new() }
    }
}
