//! The shipper: follows the spool and delivers it to the server, one process per machine.
//!
//! ```text
//! seal ─▶ read lines ─▶ redact ─▶ batch ─▶ POST ─▶ acknowledged? ─▶ advance the cursor ─▶ at the end: remove the segment
//!                                             │
//!                                             ├─ rejected by index, or refused down to one record: set aside with the reason
//!                                             ├─ busy, down, slow, garbage, a redirect: wait and send again
//!                                             └─ the key is not accepted: stop and say so
//! ```
//!
//! Stopping it anywhere loses nothing: the cursor moves only behind what was acknowledged or set aside. What was
//! acknowledged and is not yet behind the cursor is sent again, and the server stores an id once.
//!
//! The spool's limits are applied while the server is away too; whatever they drop is accounted for in the spool, in
//! [`Account::dropped`] and by [`Progress::Dropped`].

mod account;
mod answer;
mod backoff;
mod batch;
mod deliver;
mod enrich;
mod once;
mod rejected;
mod upload;

use std::fs::{File, TryLockError};
use std::io;
use std::thread;
use std::time::{Duration, Instant};

use hookrail_hook::Home;
use hookrail_hook::spool::{Caps, Name, Spool};

use crate::config::Config;
use crate::http::{Client, HttpError};
use crate::install::setup::create_lock;
use crate::outbox::Outbox;
use crate::spend;

pub(crate) use account::now;
pub use account::{Account, LastError};
pub(crate) use answer::{Outcome, judge};
pub(crate) use backoff::Backoff;
pub(crate) use batch::compress;
use deliver::Deliverer;
pub use once::once;
pub(crate) use rejected::set_aside;

/// How often the spool is looked at while events come, and after a while without any.
const POLL_BUSY: Duration = Duration::from_millis(50);
const POLL_IDLE: Duration = Duration::from_millis(250);

/// How long after the last event the spool counts as busy.
const BUSY: Duration = Duration::from_secs(10);

/// How often the limits of the spool are applied.
const LIMITS_EVERY: Duration = Duration::from_secs(1);

/// How often, and how far apart, the lock is looked at before it counts as held by another shipper.
const LOOKS: u32 = 5;
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// [`once`] gives up after this long without progress.
const STALL: Duration = Duration::from_secs(30);

/// What happened, as it happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// This many bytes of the spool are waiting to be sent.
    Backlog(u64),
    /// A part of the spool was settled.
    Delivered {
        /// Records the server has now, the duplicates among them. 0 where another shipper delivered them.
        records: u64,
        /// Records it had before.
        duplicates: u64,
        /// Records set aside.
        rejected: u64,
        /// Bytes of the spool that were settled.
        bytes: u64,
    },
    /// It did not work; the next try comes after the wait.
    Waiting {
        /// What went wrong.
        why: String,
        /// How long until the next try.
        wait: Duration,
    },
    /// A limit of the spool removed records that were not delivered.
    Dropped {
        /// How many records.
        records: u64,
        /// Their bytes.
        bytes: u64,
    },
}

/// What one run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Records the server acknowledged, duplicates included.
    pub sent: u64,
    /// Of these, records it had already.
    pub duplicates: u64,
    /// Records set aside.
    pub rejected: u64,
    /// Records the spool's limits dropped.
    pub dropped: u64,
    /// Contents of artifacts the server acknowledged.
    pub uploaded: u64,
    /// Whether work was left to another shipper that was running.
    pub elsewhere: bool,
}

impl Summary {
    fn and(self, other: Self) -> Self {
        Self {
            sent: self.sent + other.sent,
            duplicates: self.duplicates + other.duplicates,
            rejected: self.rejected + other.rejected,
            dropped: self.dropped + other.dropped,
            uploaded: self.uploaded + other.uploaded,
            elsewhere: self.elsewhere || other.elsewhere,
        }
    }
}

/// Why shipping ended before its work was done. The spool is kept in every case but the last but one.
#[derive(Debug, thiserror::Error)]
pub enum ShipError {
    /// The settings, or the server's answer to our key, make another try pointless.
    #[error("{0}")]
    Refused(String),
    /// The server could not be reached, or did not acknowledge.
    #[error("not delivered: {0}")]
    Undelivered(String),
    /// Another shipper runs and makes no progress.
    #[error("another shipper is running and has made no progress for {} s: {why}", STALL.as_secs())]
    Stalled {
        /// What it last complained about.
        why: String,
    },
    /// The spool's limits removed records before they were delivered.
    #[error("{0} records were dropped by the limits of the spool before they could be delivered")]
    Dropped(u64),
    /// The state folder cannot be used.
    #[error("cannot use the state folder: {0}")]
    Io(#[from] io::Error),
}

impl From<HttpError> for ShipError {
    fn from(error: HttpError) -> Self {
        Self::Refused(error.to_string())
    }
}

/// Why a piece of work was not done.
#[derive(Debug)]
enum Trouble {
    /// Another try may help, after the wait the server asked for.
    Later { why: String, wait: Option<Duration> },
    /// Another try will not help.
    Stop(String),
    /// The caller asked to stop.
    Asked,
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Later { why: format!("cannot use the state folder: {error}"), wait: None }
    }
}

/// Follows the spool until nothing has come for the configured time, or `stop` says so; `Ok` at once, with
/// [`Summary::elsewhere`], where another shipper runs.
///
/// # Errors
/// Where another try would not help: no server, a key that is not accepted. A server that is away is waited for.
pub fn follow(
    home: &Home,
    config: &Config,
    report: &mut dyn FnMut(Progress),
    stop: &dyn Fn() -> bool,
) -> Result<Summary, ShipError> {
    if config.server.is_none() {
        return count_alone(home, config, stop);
    }
    let client = Client::new(config)?;
    let mut summary = Summary::default();
    loop {
        let Some(lock) = try_lock_patiently(home)? else {
            return Ok(Summary { elsewhere: true, ..summary });
        };
        let mut shipper = Shipper::new(home, config, client.clone(), report, stop)?;
        let ended = spend::beside(home, Some(&client), || shipper.follow());
        shipper.deliverer.follow(true);
        summary = summary.and(shipper.deliverer.summary);
        drop(lock);
        ended?;
        // A hook that appended while the lock was held woke nobody. One that appends after this look finds the lock free.
        let spool = Spool::at(home.spool());
        let outbox = Outbox::new(home, config);
        if stop() || (spool.open_bytes()? == 0 && spool.sealed()?.is_empty() && outbox.waiting()?.is_empty()) {
            return Ok(summary);
        }
    }
}

/// Without a server there is nothing to deliver, but what is spent is counted where that is limited.
fn count_alone(home: &Home, config: &Config, stop: &dyn Fn() -> bool) -> Result<Summary, ShipError> {
    let Some(_lock) = try_lock_patiently(home)? else {
        return Ok(Summary { elsewhere: true, ..Summary::default() });
    };
    if spend::alone(home, config, stop) {
        return Ok(Summary::default());
    }
    Err(HttpError::NoServer.into())
}

/// The lock that makes a shipper the only one of its machine; `None` where another holds it.
fn try_lock(home: &Home) -> io::Result<Option<File>> {
    create_lock(home)?;
    let file = File::options().write(true).open(home.ship_lock())?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// As [`try_lock`], but not put off by a hook that holds the lock for the instant of its look at it.
fn try_lock_patiently(home: &Home) -> io::Result<Option<File>> {
    for _ in 1..LOOKS {
        if let Some(lock) = try_lock(home)? {
            return Ok(Some(lock));
        }
        thread::sleep(LOOK_AGAIN);
    }
    try_lock(home)
}

/// Whether a shipper runs on this device.
///
/// # Errors
/// Where the lock cannot be looked at.
pub fn is_running(home: &Home) -> io::Result<bool> {
    if !home.ship_lock().exists() {
        return Ok(false);
    }
    Ok(try_lock_patiently(home)?.is_none())
}

/// A shipper that holds the lock.
struct Shipper<'a> {
    spool: Spool,
    config: &'a Config,
    caps: Caps,
    deliverer: Deliverer<'a>,
    stop: &'a dyn Fn() -> bool,
    limits_applied: Option<Instant>,
}

impl<'a> Shipper<'a> {
    fn new(
        home: &'a Home,
        config: &'a Config,
        client: Client,
        report: &'a mut dyn FnMut(Progress),
        stop: &'a dyn Fn() -> bool,
    ) -> io::Result<Self> {
        let deliverer = Deliverer::new(home, config, client, report);
        Ok(Self { spool: Spool::at(home.spool()), config, caps: config.caps(), deliverer, stop, limits_applied: None })
    }

    /// Delivers as events come, until idle.
    fn follow(&mut self) -> Result<(), ShipError> {
        let mut backoff = Backoff::default();
        let mut last_event = Instant::now();
        let mut open_since: Option<Instant> = None;
        while !(self.stop)() {
            self.deliverer.report();
            self.deliverer.rules();
            self.deliverer.follow(false);
            match self.step(&mut open_since) {
                Ok(true) => {
                    last_event = Instant::now();
                    backoff = Backoff::default();
                }
                Ok(false) if last_event.elapsed() >= self.config.idle_exit => return Ok(()),
                Ok(false) => {}
                Err(Trouble::Asked) => return Ok(()),
                Err(Trouble::Stop(why)) => {
                    self.deliverer.failed(&why);
                    return Err(ShipError::Refused(why));
                }
                Err(Trouble::Later { why, wait }) => {
                    let wait = backoff.next(wait);
                    self.deliverer.waiting(why, wait);
                    last_event = Instant::now();
                    self.pause(wait);
                }
            }
            match self.deliverer.upload() {
                Ok(true) => last_event = Instant::now(),
                Ok(false) => {}
                Err(error) => self.deliverer.failed(&format!("cannot use the state folder: {error}")),
            }
            let busy = open_since.is_some() || last_event.elapsed() < BUSY;
            thread::sleep(if busy { POLL_BUSY } else { POLL_IDLE });
        }
        Ok(())
    }

    /// One look at the spool; whether there was, or is, anything to deliver.
    fn step(&mut self, open_since: &mut Option<Instant>) -> Result<bool, Trouble> {
        let open = self.spool.open_bytes()?;
        if open == 0 && self.spool.sealed()?.is_empty() {
            return Ok(false);
        }
        self.apply_limits()?;
        if open > 0 {
            let since = *open_since.get_or_insert_with(Instant::now);
            if open < self.config.batch_bytes && since.elapsed() < self.config.batch_wait {
                return Ok(true);
            }
        }
        // Older segments first: while they cannot be delivered the open one is left to the hooks, in one piece.
        let older = self.drain(None)?;
        let sealed = self.spool.seal()?.is_some();
        *open_since = None;
        Ok(self.drain(None)? || older || sealed)
    }

    /// Delivers the sealed segments up to `goal`, or all; whether there were any.
    fn drain(&mut self, goal: Option<&Name>) -> Result<bool, Trouble> {
        let mut any = false;
        for segment in self.spool.sealed()? {
            if goal.is_some_and(|goal| segment.name > *goal) {
                break;
            }
            if (self.stop)() {
                return Err(Trouble::Asked);
            }
            self.deliverer.segment(&self.spool, &segment.name, self.stop)?;
            any = true;
        }
        Ok(any)
    }

    fn apply_limits(&mut self) -> io::Result<()> {
        if self.limits_applied.is_none_or(|at| at.elapsed() >= LIMITS_EVERY) {
            self.limits_applied = Some(Instant::now());
            // Hooks apply the limits too, so they have to know them. A spool that does not exist yet takes them later.
            if self.spool.dir().is_dir() && self.spool.caps() != self.caps {
                self.spool.set_caps(&self.caps)?;
            }
            let dropped = self.spool.enforce(&self.caps)?;
            self.deliverer.dropped(&self.spool, &dropped)?;
        }
        Ok(())
    }

    /// Waits, ready to stop, with the limits of the spool applied meanwhile.
    fn pause(&mut self, wait: Duration) {
        let until = Instant::now() + wait;
        while Instant::now() < until && !(self.stop)() {
            // A failure to apply the limits comes up again in the next step, where it is reported.
            let _ = self.apply_limits();
            thread::sleep(POLL_BUSY.min(until.saturating_duration_since(Instant::now())));
        }
    }
}
