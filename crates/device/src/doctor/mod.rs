//! Is everything as it should be, from the hook to the store? A list of checks, each with what to do about it.
//!
//! Nothing is repaired here. The one thing a run leaves behind is the synthetic event of the last check: its agent is
//! called [`AGENT`] and so is its session, so that nobody takes it for an agent's, and a filter finds it.

mod agents;
mod device;
mod handlers;
mod server;

pub(crate) use agents::newest as newest_transcript;

use hookrail_hook::Home;
use serde::Serialize;

use crate::config::{Config, ConfigError};
use crate::install::Places;

/// The agent and the session of the synthetic event.
pub const AGENT: &str = "hookrail-doctor";

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// As it should be.
    Ok,
    /// It works, and somebody should look at it.
    Warn,
    /// It does not work.
    Fail,
    /// It could not be looked at, or does not apply.
    Skip,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at: `hook`, `spool`, `agent claude-code`, …
    pub name: String,
    /// What was found.
    pub status: Status,
    /// In a sentence.
    pub detail: String,
    /// What to do next; none where there is nothing to do.
    pub hint: Option<String>,
}

/// What is examined.
#[derive(Debug)]
pub struct Patient<'a> {
    /// The state folder.
    pub home: &'a Home,
    /// The settings, or why there are none.
    pub config: Result<Config, ConfigError>,
    /// Where the agents keep theirs; `None` without a home folder.
    pub places: Option<Places>,
    /// The command that runs the hook, as installers would write it.
    pub hook: Vec<String>,
}

impl Check {
    fn new(name: impl Into<String>, status: Status, detail: impl Into<String>) -> Self {
        Self { name: name.into(), status, detail: detail.into(), hint: None }
    }

    fn ok(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(name, Status::Ok, detail)
    }

    fn warn(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(name, Status::Warn, detail)
    }

    fn fail(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(name, Status::Fail, detail)
    }

    fn skip(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(name, Status::Skip, detail)
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Runs every check and hands out each as it is done. It takes as long as the server does, at most about a minute.
pub fn examine(patient: &Patient<'_>, tell: &mut dyn FnMut(Check)) {
    tell(device::hook(patient));
    tell(device::home(patient));
    tell(device::spool(patient));
    tell(device::hook_log(patient));
    tell(device::config(patient));
    tell(device::profile(patient));
    tell(device::policy(patient));
    if let Some(check) = device::spend(patient) {
        tell(check);
    }
    tell(handlers::sources(patient));
    tell(handlers::runs(patient));
    let client = server::client(patient);
    let (reached, reachable) = server::server(&client);
    let recorded = client.as_ref().ok().filter(|_| reachable);
    agents::all(patient, recorded, tell);
    tell(reached);
    tell(server::shipper(patient));
    tell(server::chain(patient, recorded));
}

/// The worst of several findings; a process that examined exits with failure on [`Status::Fail`].
pub fn worst<'a>(checks: impl IntoIterator<Item = &'a Check>) -> Status {
    let rank = |status: &Status| match status {
        Status::Skip => 0,
        Status::Ok => 1,
        Status::Warn => 2,
        Status::Fail => 3,
    };
    checks.into_iter().map(|check| check.status).max_by_key(rank).unwrap_or(Status::Ok)
}
