//! One project, one store: who a request comes from, and the store it is led to.
//!
//! Isolation is a matter of shape, not of filters: an authenticated request is a [`Caller`], which holds the one
//! [`Tenant`] it may touch, and no handler has another store to ask. Each tenant has its own database, its own writer
//! and its own live feed; the bounds on what is in work are the server's, shared by all.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::{Duration, Instant};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use hookrail_core::event::Event;
use hookrail_store::Store;
use hookrail_store::registry::{KeyId, ProjectId, Scopes};
use tokio::sync::{Mutex, oneshot};
use tokio_util::sync::CancellationToken;

use crate::StartError;
use crate::admit::Room;
use crate::app::now;
use crate::auth::{self, Who};
use crate::config::Config;
use crate::contents::{Bounds, Contents};
use crate::error::Problem;
use crate::metrics::Metrics;
use crate::writer::{Answer, Job, Queue, Writer};

/// After a store could not be opened, it is left alone for this long.
const REOPEN_AFTER: Duration = Duration::from_secs(1);

/// Who a request comes from, and what it may touch. An extractor: every handler behind a key takes it.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The project whose store the request is led to.
    pub(crate) tenant: Arc<Tenant>,
    /// What it may do there.
    pub(crate) scopes: Scopes,
    /// Whether it may see and do what concerns the server as a whole.
    pub(crate) operator: bool,
    /// The key it holds; `None` on an open server, and for the operator's token.
    pub(crate) key: Option<KeyId>,
    /// What it was let in by, to be asked again by what lasts.
    pub(crate) who: Who,
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(auth::unauthorized)
    }
}

impl Caller {
    /// Refuses whoever is not the operator.
    pub(crate) fn is_operator(&self) -> Result<(), Problem> {
        if self.operator { Ok(()) } else { Err(auth::not_the_operator()) }
    }
}

/// Who knocks at a door that also takes events without any key: they wait until their session is claimed.
#[derive(Clone, Debug)]
pub(crate) enum Knock {
    /// Somebody with a key, or anybody on a server without keys.
    Keyed(Caller),
    /// Somebody without a key, on a server that has some. (A bad key never gets here.)
    Unkeyed {
        /// Where the request comes from.
        address: IpAddr,
    },
}

impl<S: Send + Sync> FromRequestParts<S> for Knock {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(auth::unauthorized)
    }
}

/// A project at work: its store, and the queue of its writer.
#[derive(Debug)]
pub(crate) struct Tenant {
    pub(crate) project: ProjectId,
    pub(crate) store: Store,
    /// What was uploaded of its artifacts.
    pub(crate) contents: Contents,
    queue: Queue,
    metrics: Arc<Metrics>,
    /// Hears when the writer has ended in order; taken by whoever waits for that.
    ended: std::sync::Mutex<Option<oneshot::Receiver<()>>>,
}

impl Tenant {
    /// Opens a store and starts its writer's thread.
    fn open(project: ProjectId, url: &str, config: &Config, metrics: Arc<Metrics>) -> Result<Self, StartError> {
        let store = hookrail_store::open(url, &hookrail_store::Settings::default())?;
        let limits = &config.limits;
        let bounds = Bounds { each: limits.artifact_bytes, all: limits.artifacts_bytes, grace: limits.artifact_grace };
        let folder = config.artifacts_folder(&project);
        let contents = Contents::open(folder.clone(), bounds)
            .map_err(|error| StartError::DataDir(folder.unwrap_or_default(), error))?;
        // Requests with a key, those without, and what is released.
        let (queue, inbox) = Queue::new(config.limits.queue_slots.saturating_mul(2));
        let writer =
            Writer::new(store.writer()?, store.bus.clone(), metrics.clone(), inbox, config.retention.clone(), now);
        let (ended, receiver) = oneshot::channel();
        let run = move || {
            writer.run();
            let _ = ended.send(());
        };
        std::thread::Builder::new().name("hookrail-writer".to_owned()).spawn(run).map_err(StartError::Writer)?;
        Ok(Self { project, store, contents, queue, metrics, ended: std::sync::Mutex::new(Some(receiver)) })
    }

    /// Hands events to the writer; the answer comes after the commit.
    pub(crate) fn submit(&self, events: Vec<Event>, room: Room) -> oneshot::Receiver<Answer> {
        let (job, answer) = Job::new(events, room, self.metrics.clone());
        self.queue.store(job);
        answer
    }

    /// Whether events can be written and read.
    pub(crate) async fn ready(&self) -> Result<(), Problem> {
        if !self.queue.is_served() {
            // Whoever asks may be anybody: the log says whose it is.
            tracing::error!(project = %self.project, "The writer of a project has ended.");
            let message = "A writer has ended; the server must be restarted.";
            return Err(Problem::unavailable(message, "Send elsewhere, or wait.", 30));
        }
        self.store.meta.instance().await?;
        Ok(())
    }

    /// Commits what is queued and ends the writer.
    ///
    /// # Errors
    /// [`StartError::Unfinished`] where that was not possible.
    async fn stop(&self) -> Result<(), StartError> {
        self.queue.stop().await;
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner).take();
        match ended {
            Some(ended) => ended.await.map_err(|_| StartError::Unfinished),
            None => Ok(()),
        }
    }
}

/// The projects at work. A project's store is opened when it is first asked for, and stays open.
#[derive(Debug)]
pub(crate) struct Tenants {
    default: Arc<Tenant>,
    others: RwLock<HashMap<ProjectId, Arc<Slot>>>,
    config: Config,
    metrics: Arc<Metrics>,
    stopping: CancellationToken,
}

/// The place of a project that was asked for.
#[derive(Debug, Default)]
struct Slot {
    tenant: OnceLock<Arc<Tenant>>,
    /// Held by the one who opens the store; when that last failed, and why.
    opening: Arc<Mutex<Option<(Instant, String)>>>,
}

impl Tenants {
    /// Opens the default project's store.
    pub(crate) fn open(
        config: &Config,
        metrics: &Arc<Metrics>,
        stopping: &CancellationToken,
    ) -> Result<Self, StartError> {
        let default = Tenant::open(ProjectId::default(), &config.store_url(), config, metrics.clone())?;
        Ok(Self {
            default: Arc::new(default),
            others: RwLock::default(),
            config: config.clone(),
            metrics: metrics.clone(),
            stopping: stopping.clone(),
        })
    }

    /// The project of a server that knows no other.
    pub(crate) fn default(&self) -> &Arc<Tenant> {
        &self.default
    }

    /// A project, its store opened where it is not yet. Which projects there are is the registry's matter.
    ///
    /// # Errors
    /// 503 where its store cannot be opened.
    pub(crate) async fn get(&self, project: &ProjectId) -> Result<Arc<Tenant>, Problem> {
        if project.is_default() {
            return Ok(self.default.clone());
        }
        let slot = self.slot(project);
        if let Some(tenant) = slot.tenant.get() {
            return Ok(tenant.clone());
        }
        let mut failed = slot.opening.clone().lock_owned().await;
        if let Some(tenant) = slot.tenant.get() {
            return Ok(tenant.clone());
        }
        match failed.as_ref() {
            _ if self.stopping.is_cancelled() => {
                return Err(Problem::unavailable("The server is stopping.", "Send it again in a moment.", 2));
            }
            Some((at, why)) if at.elapsed() < REOPEN_AFTER => return Err(cannot_open(project, why)),
            _ => {}
        }
        let (name, url) = (project.clone(), self.url(project));
        let (config, metrics) = (self.config.clone(), self.metrics.clone());
        // The thread opens and notes to the end, also where the request that needed it is gone.
        let open = move || match Tenant::open(name, &url, &config, metrics) {
            Ok(tenant) => {
                *failed = None;
                Ok(slot.tenant.get_or_init(|| Arc::new(tenant)).clone())
            }
            Err(error) => {
                *failed = Some((Instant::now(), error.to_string()));
                Err(error.to_string())
            }
        };
        let opened = tokio::task::spawn_blocking(open).await.unwrap_or_else(|error| Err(error.to_string()));
        opened.map_err(|why| cannot_open(project, &why))
    }

    /// Every project whose store is open, the default first.
    pub(crate) fn opened(&self) -> Vec<Arc<Tenant>> {
        let others = self.others.read().unwrap_or_else(PoisonError::into_inner);
        let others = others.values().filter_map(|slot| slot.tenant.get());
        std::iter::once(&self.default).chain(others).cloned().collect()
    }

    /// Asks every writer for retention.
    pub(crate) fn retain(&self) {
        for tenant in self.opened() {
            tenant.queue.retain();
        }
    }

    /// Ends every writer; each commits what is queued first.
    ///
    /// # Errors
    /// [`StartError::Unfinished`] where one could not within `grace`.
    pub(crate) async fn stop(&self, grace: Duration) -> Result<(), StartError> {
        let tenants = self.opened();
        let all = futures_util::future::join_all(tenants.iter().map(|tenant| tenant.stop()));
        match tokio::time::timeout(grace, all).await {
            Ok(ended) => ended.into_iter().collect(),
            Err(_) => Err(StartError::Unfinished),
        }
    }

    fn slot(&self, project: &ProjectId) -> Arc<Slot> {
        if let Some(slot) = self.others.read().unwrap_or_else(PoisonError::into_inner).get(project) {
            return slot.clone();
        }
        let mut others = self.others.write().unwrap_or_else(PoisonError::into_inner);
        others.entry(project.clone()).or_default().clone()
    }

    fn url(&self, project: &ProjectId) -> String {
        match self.config.project_file(project) {
            Some(path) => format!("sqlite:{}", path.display()),
            None => "sqlite::memory:".to_owned(),
        }
    }
}

fn cannot_open(project: &ProjectId, why: &str) -> Problem {
    tracing::error!(%project, "A project's store cannot be opened: {why}.");
    let message = format!("The store of project {project} cannot be opened.");
    Problem::unavailable(message, "See the server's log.", 10)
}
