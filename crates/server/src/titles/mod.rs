//! Titles for sessions, asked of a model: off unless the server is given an endpoint *and* the project wants it.
//!
//! Nothing waits for a title. Whoever watches a project's live feed puts a session whose turn ended into a queue that
//! drops what does not fit; one worker asks, once and at most once again, and stops asking for a while after an
//! endpoint failed several times in a row. A session that gets no title keeps its first prompt for one, and is asked
//! about again when its next turn ends, a few turns long. What is sent is what is stored: redacted, and cut.

mod ask;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use hookrail_core::agents;
use hookrail_core::event::{Actor, Kind};
use hookrail_store::bus::Live;
use hookrail_store::events::Order;
use hookrail_store::model::{EventFilter, StoredEvent};
use serde::Deserialize;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use self::ask::NoTitle;
use crate::app::{App, now};
use crate::config::TitleSettings;
use crate::error::Problem;
use crate::tenants::Tenant;

/// Sessions that wait to be asked about, over all projects; a further one is dropped.
const QUEUE: usize = 256;

/// Time between two looks at which projects there are to watch.
const LOOK: Duration = Duration::from_millis(500);

/// A session is asked about after its first turns only, as long as it has no title.
const TURNS: u64 = 3;

/// Characters of the prompt, and of the agent's answer, that are sent.
const SENT_CHARS: usize = 2000;

/// The wait before the one further attempt.
const AGAIN: Duration = Duration::from_secs(1);

/// After so many failures in a row nobody is asked for [`PAUSE`], then twice as long, up to [`LONGEST_PAUSE`].
const FAILURES: u32 = 5;
const PAUSE: Duration = Duration::from_secs(60);
const LONGEST_PAUSE: Duration = Duration::from_secs(1800);

/// The project's setting: `on` or `off`.
const SETTING: &str = "titles";

/// A session whose turn ended.
struct Wanted {
    tenant: Arc<Tenant>,
    agent: String,
    session: String,
    /// What the agent answered, where the event that ended the turn tells.
    answer: Option<String>,
}

/// Gives titles until the server stops.
pub(crate) async fn run(app: Arc<App>) {
    let Some(settings) = app.config.titles.clone() else { return };
    let (queue, waiting) = mpsc::channel(QUEUE);
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(work(app.clone(), settings, waiting));
    let mut watched = HashSet::new();
    let mut look = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            () = app.stopping.cancelled() => return,
            _ = look.tick() => {}
        }
        for tenant in app.tenants.opened() {
            if watched.insert(tenant.project.clone()) {
                tasks.spawn(watch(app.clone(), tenant, queue.clone()));
            }
        }
    }
}

/// Whether a project wants titles: by its own word, else only the server's own project does, whose owner is the one who
/// gave the server an endpoint.
///
/// # Errors
/// Where the store fails.
pub(crate) async fn wanted(tenant: &Tenant) -> Result<bool, Problem> {
    Ok(match tenant.store.meta.setting(SETTING).await? {
        Some(value) => value == "on",
        None => tenant.project.is_default(),
    })
}

/// Says whether a project wants titles.
///
/// # Errors
/// Where the store fails.
pub(crate) async fn want(tenant: &Tenant, on: bool) -> Result<(), Problem> {
    Ok(tenant.store.meta.set(SETTING, Some(if on { "on" } else { "off" })).await?)
}

/// Queues a project's sessions as their turns end.
async fn watch(app: Arc<App>, tenant: Arc<Tenant>, queue: mpsc::Sender<Wanted>) {
    let mut feed = tenant.store.bus.subscribe();
    while let Some(live) = feed.recv().await {
        let Live::Event(event) = live else { continue };
        let Some(wanted) = turn_ended(&tenant, &event) else { continue };
        if queue.try_send(wanted).is_err() {
            app.metrics.titles_dropped.add(1);
        }
    }
}

fn turn_ended(tenant: &Arc<Tenant>, event: &StoredEvent) -> Option<Wanted> {
    #[derive(Deserialize)]
    struct Stop {
        last_assistant_message: Option<String>,
    }
    if event.kind != Kind::TurnEnded || event.actor != Actor::Main {
        return None;
    }
    let stop = serde_json::from_str::<Stop>(event.payload.get()).ok();
    Some(Wanted {
        tenant: tenant.clone(),
        agent: event.agent.to_string(),
        session: event.session_id.clone()?,
        answer: stop.and_then(|stop| stop.last_assistant_message).map(|text| cut(&text)),
    })
}

/// Asks about one session after the other.
async fn work(app: Arc<App>, settings: Arc<TitleSettings>, mut waiting: mpsc::Receiver<Wanted>) {
    let mut breaker = Breaker::default();
    while let Some(wanted) = waiting.recv().await {
        if breaker.is_open() {
            app.metrics.titles_dropped.add(1);
            continue;
        }
        match give(&settings, &wanted).await {
            Ok(false) => app.metrics.titles_skipped.add(1),
            Ok(true) => {
                breaker = Breaker::default();
                app.metrics.titles_given.add(1);
            }
            Err(why) => {
                app.metrics.titles_failed.add(1);
                if breaker.failed() {
                    tracing::warn!("Titles are not asked for, for {} s: {why}.", breaker.pause.as_secs());
                } else {
                    tracing::debug!("A session got no title: {why}.");
                }
            }
        }
    }
}

/// Gives a session a title; false where it has one, or is not to get one.
async fn give(settings: &Arc<TitleSettings>, wanted: &Wanted) -> Result<bool, String> {
    let failed = |problem: Problem| problem.message.into_owned();
    let Wanted { tenant, agent, session: id, answer } = wanted;
    if !self::wanted(tenant).await.map_err(failed)? {
        return Ok(false);
    }
    let store = &tenant.store;
    let session = store.events.session(id, Some(agent)).await.map_err(|error| error.to_string())?;
    let Some(session) = session.filter(|session| session.prompts <= TURNS) else { return Ok(false) };
    if matches!(session.title_source, Some(source) if source != "prompt") {
        return Ok(false);
    }
    let first = EventFilter {
        session_id: Some(id.clone()),
        agent: Some(agent.clone()),
        kind: Some(Kind::PromptSubmitted.as_str().to_owned()),
        ..EventFilter::default()
    };
    let first = store.events.events(&first, Order::Oldest, 1, None).await.map_err(|error| error.to_string())?;
    let Some(first) = first.items.into_iter().next() else { return Ok(false) };
    let prompt = agents::parse_named(&first.agent, Some(&first.name), first.payload.get()).prompt;
    let Some(prompt) = prompt.filter(|prompt| !prompt.trim().is_empty()) else { return Ok(false) };
    let mut record = format!("The person asked:\n{}", cut(&prompt));
    if let Some(answer) = answer {
        record = format!("{record}\n\nThe agent answered:\n{answer}");
    }
    let title = match asked(settings, &record).await {
        Err(NoTitle::Passing(_)) => {
            tokio::time::sleep(AGAIN).await;
            asked(settings, &record).await
        }
        answered => answered,
    };
    let title = title.map_err(|(NoTitle::Passing(why) | NoTitle::Lasting(why))| why)?;
    store.meta.title_session(id, agent, &title, now()).await.map_err(|error| error.to_string())
}

/// [`ask::title`] on a thread of its own, which a stop of the server does not wait for.
async fn asked(settings: &Arc<TitleSettings>, record: &str) -> Result<String, NoTitle> {
    let (settings, record) = (settings.clone(), record.to_owned());
    let (answer, answered) = oneshot::channel();
    let run = move || {
        let _ = answer.send(ask::title(&settings, &record));
    };
    let started = std::thread::Builder::new().name("hookrail-title".to_owned()).spawn(run);
    started.map_err(|error| NoTitle::Passing(error.to_string()))?;
    answered.await.unwrap_or_else(|_| Err(NoTitle::Passing("the thread ended".to_owned())))
}

fn cut(text: &str) -> String {
    text.chars().take(SENT_CHARS).collect()
}

/// Stops asking an endpoint that fails.
#[derive(Debug, Default)]
struct Breaker {
    failures: u32,
    pause: Duration,
    until: Option<Instant>,
}

impl Breaker {
    fn is_open(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() < until)
    }

    /// Notes a failure; says whether nobody is asked for a while. After a pause one failure is enough for the next.
    fn failed(&mut self) -> bool {
        self.failures += 1;
        if self.failures < FAILURES {
            return false;
        }
        self.pause = (self.pause * 2).clamp(PAUSE, LONGEST_PAUSE);
        self.until = Some(Instant::now() + self.pause);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_endpoint_that_fails_is_left_alone_ever_longer() {
        let mut breaker = Breaker::default();
        for _ in 1..FAILURES {
            assert!(!breaker.failed() && !breaker.is_open());
        }
        let mut pause = PAUSE;
        for _ in 0..8 {
            assert!(breaker.failed() && breaker.is_open());
            tokio::time::advance(pause - Duration::from_millis(1)).await;
            assert!(breaker.is_open());
            tokio::time::advance(Duration::from_millis(2)).await;
            assert!(!breaker.is_open());
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}
