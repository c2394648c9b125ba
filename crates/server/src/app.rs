//! What every door shares.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use hookrail_core::time::Timestamp;
use hookrail_store::registry::Registry;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::StartError;
use crate::admit::Admission;
use crate::attribution::Attribution;
use crate::auth::Auth;
use crate::config::Config;
use crate::guard::Guard;
use crate::metrics::Metrics;
use crate::tenants::Tenants;

/// The running server, behind an `Arc` in every handler.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) config: Config,
    /// The projects at work. A request's own is its `Caller`'s.
    pub(crate) tenants: Tenants,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) guard: Guard,
    pub(crate) auth: Auth,
    pub(crate) admission: Admission,
    /// Whose sessions are, and what waits to be claimed.
    pub(crate) attribution: Attribution,
    /// Places for readers of the live feed.
    pub(crate) live_places: Arc<Semaphore>,
    /// Places for uploads of artifacts.
    pub(crate) uploads: Arc<Semaphore>,
    pub(crate) started: Instant,
    /// Cancelled when the server begins to stop: readiness ends, live feeds end, no further event is taken.
    pub(crate) stopping: CancellationToken,
}

impl App {
    /// The shared part of a server, with the default project's store open and its writer waiting.
    ///
    /// # Errors
    /// Where the store cannot be opened.
    pub(crate) fn open(config: Config, bound: SocketAddr) -> Result<Self, StartError> {
        let admission = Admission::new(&config.limits);
        let attribution = Attribution::open(&config)?;
        let guard = Guard::new(&config, bound);
        let registry = Registry::open(config.registry_file().as_deref(), &hookrail_store::Settings::default())?;
        let auth = Auth::new(&config, bound.ip().is_loopback() || config.insecure_listen, registry);
        let live_places = Arc::new(Semaphore::new(config.limits.live_readers));
        let uploads = Arc::new(Semaphore::new(config.limits.uploads));
        let (metrics, stopping) = (Arc::default(), CancellationToken::new());
        let tenants = Tenants::open(&config, &metrics, &stopping)?;
        Ok(Self {
            config,
            tenants,
            metrics,
            guard,
            auth,
            admission,
            attribution,
            live_places,
            uploads,
            started: Instant::now(),
            stopping,
        })
    }
}

/// The time by this machine's clock.
pub(crate) fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_nanos(i64::try_from(since_epoch.as_nanos()).unwrap_or(i64::MAX))
}
