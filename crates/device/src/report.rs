//! The device's report of itself to the server: at the start of a shipper and every few minutes while it runs.

use std::fs;
use std::time::{Duration, Instant, SystemTime};

use hookrail_core::fleet::{AgentReport, Backlog, DeviceReport};
use hookrail_core::time::Timestamp;
use hookrail_hook::Home;
use hookrail_hook::spool::Spool;

use crate::config::Config;
use crate::doctor::newest_transcript;
use crate::http::{Answer, Client, HttpError};
use crate::install::{INSTALLERS, Places};
use crate::mcp::Inventory;
use crate::place::Place;
use crate::policy;
use crate::ship::{Account, now};

/// How often a running shipper reports.
const EVERY: Duration = Duration::from_secs(300);

/// The door.
const PATH: &str = "/v1/devices";

/// What is to be said of this device now.
pub fn report(home: &Home, config: &Config, env: &dyn Fn(&str) -> Option<String>) -> DeviceReport {
    let place = Place::new(config, env).for_others();
    let name = place.device().unwrap_or("unnamed").to_owned();
    let account = Account::load(home);
    DeviceReport {
        device_id: config.device_id.clone().unwrap_or_else(|| name.clone()),
        name,
        at: now(),
        context: place.machine().clone(),
        agents: Places::from_env(env, home.path().to_owned()).map(|places| agents(&places)).unwrap_or_default(),
        backlog: backlog(home),
        hook_failures: fs::read_to_string(home.hook_log()).map_or(0, |text| text.lines().count() as u64),
        rejected: account.rejected,
        dropped: account.dropped,
        mcp: inventory(home, env).map(Inventory::report).unwrap_or_default(),
    }
}

/// The MCP servers of this device; `None` where it has no home. The hook is left a note of those that are the person's own or
/// approved, so that it knows which names are easily taken for theirs.
pub fn inventory(home: &Home, env: &dyn Fn(&str) -> Option<String>) -> Option<Inventory> {
    let places = Places::from_env(env, home.path().to_owned())?;
    // Rules that cannot be read approve nothing; `doctor` tells of them.
    let rules = policy::gather(&policy::Site::device(home)).ok();
    let approved = rules.and_then(|rules| policy::approved(&rules.sheets));
    let approved = approved.as_deref();
    let inventory = Inventory::look(&places, approved);
    // Without the note the hook knows fewer names, and the next report writes it.
    let _ = inventory.remember(home, approved);
    Some(inventory)
}

/// Sends the report.
///
/// # Errors
/// Where the server cannot be reached; what it answers is for the caller to look at.
pub fn send(client: &Client, report: &DeviceReport) -> Result<Answer, HttpError> {
    let body = serde_json::to_vec(report).unwrap_or_default();
    client.post(PATH, "application/json", None, &body)
}

fn agents(places: &Places) -> Vec<AgentReport> {
    let of = |installer: &crate::install::Installer| {
        let files = installer.files(places);
        let registered =
            files.iter().any(|(_, path)| installer.registrations(path).is_ok_and(|hooks| !hooks.is_empty()));
        let used_at = newest_transcript(&installer.sessions(places)).map(stamp);
        (registered || used_at.is_some()).then(|| AgentReport {
            agent: installer.agent.to_string(),
            registered,
            used_at,
        })
    };
    INSTALLERS.iter().filter_map(of).collect()
}

fn stamp(time: SystemTime) -> Timestamp {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_nanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

fn backlog(home: &Home) -> Backlog {
    let spool = Spool::at(home.spool());
    let sealed = spool.sealed().unwrap_or_default();
    let waiting: u64 = sealed.iter().map(|segment| segment.bytes).sum();
    let oldest = sealed.first().and_then(|segment| i64::try_from(segment.name.nanos()).ok());
    Backlog { bytes: waiting + spool.open_bytes().unwrap_or(0), oldest: oldest.map(Timestamp::from_nanos) }
}

/// Reports from time to time; what fails is tried again the next time.
#[derive(Debug, Default)]
pub(crate) struct Reporter {
    last: Option<Instant>,
}

impl Reporter {
    /// Reports where it is time. Gives a failure once it was not because the server is away.
    pub(crate) fn look(&mut self, home: &Home, config: &Config, client: &Client) {
        if self.last.is_some_and(|last| last.elapsed() < EVERY) {
            return;
        }
        self.last = Some(Instant::now());
        let env = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        // A report is a courtesy: a server that does not take it, or is away, changes nothing about shipping.
        let _ = send(client, &report(home, config, &env));
    }
}
