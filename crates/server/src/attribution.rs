//! Whose events are: claims of sessions by those who hold a key, and the person at work in a session.
//!
//! Every request with a key goes through [`Attribution::attribute`] before its events are queued: it claims the sessions
//! they name for the request's project, so that what waits for them is released (`release`), and gives each event the
//! person whom the agent itself named in that session. What comes without a key goes through `unkeyed`.
//!
//! What was claimed a moment ago is remembered, so that the bus is asked about a session once in ten minutes. A bus that
//! is out of reach keeps nobody with a key waiting: the claim is noted and made when it is back.

mod release;
mod sessions;
pub(crate) mod unkeyed;

pub(crate) use self::release::{event, run, store};

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use hookrail_core::context::Source;
use hookrail_core::event::Event;
use hookrail_store::bus::Parking;
use hookrail_store::bus::parking::{Claimed, MAX_SESSION_NAME, ParkError, Quarantine, SessionRef};
use hookrail_store::registry::ProjectId;
use tokio::sync::{Notify, OnceCell};

use self::sessions::{Due, Pending, Sessions};
use crate::StartError;
use crate::admit::Admission;
use crate::app::{App, now};
use crate::auth::Who;
use crate::config::Config;
use crate::error::Problem;
use crate::tenants::Caller;

/// Claims of one request that are asked for at once.
const CLAIMS_AT_ONCE: usize = 32;

/// How long a request waits for its claims to be made. What takes longer is made later.
const CLAIM_TIME: Duration = Duration::from_secs(1);

/// Of the places and of the memory for requests with events, the part that those without a key may use: one in this many.
const UNKEYED_SHARE: usize = 4;

/// The parking, and what this server remembers of sessions.
#[derive(Debug)]
pub(crate) struct Attribution {
    pub(crate) parking: Parking,
    pub(crate) quarantine: Quarantine,
    /// Places and memory for requests without a key, apart from those of requests with one.
    admission: Admission,
    /// This server's name on the bus: the instance of its default project's store.
    home: OnceCell<String>,
    sessions: Sessions,
    /// Whether the bus did not answer when it was last asked.
    away: AtomicBool,
    /// Told when there is something to release.
    wake: Notify,
}

impl Attribution {
    /// Opens the parking and the quarantine. A bus in Redis need not be there yet.
    ///
    /// # Errors
    /// A URL that names no bus, a file that cannot be opened.
    pub(crate) fn open(config: &Config) -> Result<Self, StartError> {
        let file = config.parking_file();
        let settings = hookrail_store::Settings::default();
        let limits = &config.limits;
        Ok(Self {
            parking: Parking::open(config.bus.url(), file.as_deref(), limits.parking, &settings)?,
            quarantine: Quarantine::open(file.as_deref(), limits.quarantine, &settings)?,
            admission: Admission::with(limits.queue_slots / UNKEYED_SHARE, limits.queue_bytes / UNKEYED_SHARE),
            home: OnceCell::new(),
            sessions: Sessions::default(),
            away: AtomicBool::new(false),
            wake: Notify::new(),
        })
    }

    /// This server's name on the bus.
    async fn home(&self, app: &App) -> Result<&str, Problem> {
        let instance = || async { app.tenants.default().store.meta.instance().await };
        Ok(self.home.get_or_try_init(instance).await?)
    }

    /// Claims the sessions of events that came with a key for their project, and gives the events their person: whom the
    /// event itself names by the agent's account, else whom the agent named in this session before. Waits for the bus a
    /// second at most. Who was let in without a key claims nothing, even where the first key is made meanwhile.
    pub(crate) async fn attribute(&self, app: &App, caller: &Caller, events: &mut [Event]) {
        let project = &caller.tenant.project;
        let claims = caller.who != Who::Anybody;
        let (seen, due) = self.sessions.meet(project, events, claims);
        if !due.is_empty() {
            self.claim_all(app, project, due).await;
        }
        self.sessions.name(project, &seen, events);
    }

    async fn claim_all(&self, app: &App, project: &ProjectId, due: Vec<Due>) {
        let mut pending = due.into_iter().map(|due| Pending { project: project.clone(), due }).collect::<Vec<_>>();
        if !self.is_away() {
            let deadline = Instant::now() + CLAIM_TIME;
            let made = futures_util::stream::iter(std::mem::take(&mut pending))
                .map(|claim| async move {
                    let made = tokio::time::timeout_at(deadline.into(), self.claim(app, &claim)).await;
                    (!matches!(made, Ok(Ok(_)))).then_some(claim)
                })
                .buffer_unordered(CLAIMS_AT_ONCE);
            pending = made.filter_map(std::future::ready).collect().await;
        }
        for claim in pending {
            if !self.sessions.put_off(claim) {
                app.metrics.claims_forgotten.add(1);
            }
        }
    }

    /// Makes one claim and remembers what came of it.
    async fn claim(&self, app: &App, pending: &Pending) -> Result<Claimed, Problem> {
        let Pending { project, due: Due { session, person } } = pending;
        let home = self.home(app).await?;
        let claimed = self.parking.claim(session, &project.to_string(), home, person.as_deref(), now()).await;
        let claimed = self.answered(claimed)?;
        match &claimed {
            Claimed::Ours { claim, waiting } => {
                app.metrics.claims.add(1);
                self.sessions.claimed(project, session, claim.person.as_deref());
                if *waiting && claim.home == home {
                    self.wake.notify_one();
                }
            }
            Claimed::Foreign => {
                app.metrics.claims_foreign.add(1);
                self.sessions.foreign(project, session);
            }
            Claimed::Full => {
                app.metrics.claims_forgotten.add(1);
                tracing::warn!("There are as many claims as there may be; one is not made.");
                self.sessions.foreign(project, session);
            }
        }
        Ok(claimed)
    }

    /// Claims one session by the operator's word.
    pub(crate) async fn claim_for(
        &self,
        app: &App,
        project: &ProjectId,
        session: &SessionRef,
        person: Option<&str>,
    ) -> Result<Claimed, Problem> {
        let due = Due { session: session.clone(), person: person.map(str::to_owned) };
        self.claim(app, &Pending { project: project.clone(), due }).await
    }

    /// Whether the bus did not answer when it was last asked.
    pub(crate) fn is_away(&self) -> bool {
        self.away.load(Ordering::Relaxed)
    }

    /// Notes whether the bus answered.
    fn answered<T>(&self, answer: Result<T, ParkError>) -> Result<T, Problem> {
        let away = matches!(answer, Err(ParkError::Away(_)));
        if self.away.swap(away, Ordering::Relaxed) != away {
            match &answer {
                Err(error) => tracing::error!("{error}."),
                Ok(_) => tracing::info!("The bus is back."),
            }
        }
        Ok(answer?)
    }
}

impl From<ParkError> for Problem {
    fn from(error: ParkError) -> Self {
        match error {
            ParkError::Away(_) => {
                Self::unavailable("The bus is out of reach, and this needs it.", "Send it again in a moment.", 5)
            }
            ParkError::Store(error) => error.into(),
        }
    }
}

/// The session an event belongs to, where it has one that can be claimed.
fn session_of(event: &Event) -> Option<SessionRef> {
    let session = event.parsed.session_id.as_ref()?.as_str();
    let fits = !session.is_empty() && session.len() <= MAX_SESSION_NAME;
    fits.then(|| SessionRef::new(event.agent.as_str(), session))
}

/// Whether an event is a sign of the session itself. What is read from a history afterwards is none.
const fn is_live(source: Source) -> bool {
    !matches!(source, Source::Transcript)
}
