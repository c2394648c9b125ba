//! `hookrail ship --once`: everything spooled so far delivered, by this process or by the shipper that runs.

use std::io;
use std::thread;
use std::time::Instant;

use hookrail_hook::Home;
use hookrail_hook::spool::{Name, Spool};

use super::{Account, Backoff, POLL_BUSY, Progress, STALL, ShipError, Shipper, Summary, Trouble, try_lock};
use crate::config::Config;
use crate::http::Client;
use crate::outbox::Outbox;
use crate::spend::{self, Limits};

/// It gives up after this many failures in a row of a server that does not ask for patience.
const FAILURES: u32 = 3;

/// Delivers everything spooled before the call: itself, or by waiting for the shipper that runs.
///
/// # Errors
/// Where not all of it was acknowledged, saying why. The wait has an end: half a minute without progress.
pub fn once(
    home: &Home,
    config: &Config,
    report: &mut dyn FnMut(Progress),
    stop: &dyn Fn() -> bool,
) -> Result<Summary, ShipError> {
    if config.server.is_none() && Limits::of(home).is_any() {
        return count(home, None, Summary::default());
    }
    let client = Client::new(config)?;
    let spool = Spool::at(home.spool());
    spool.seal()?;
    let mut summary = Summary::default();
    let outbox = Outbox::new(home, config);
    let goal = Goal {
        newest: spool.sealed()?.pop().map(|newest| newest.name),
        contents: outbox.waiting()?.into_iter().map(|content| content.sha256).collect(),
    };
    let dropped_before = spool.dropped()?.len();
    let mut watch = Watch { waiting: goal.left(&spool, &outbox)?.unwrap_or(0), since: Instant::now() };
    report(Progress::Backlog(watch.waiting));
    while let Some(left) = goal.left(&spool, &outbox)? {
        if stop() {
            return Err(ShipError::Undelivered("interrupted".into()));
        }
        match try_lock(home)? {
            Some(_lock) => {
                let mut shipper = Shipper::new(home, config, client.clone(), report, stop)?;
                let ended = shipper.deliver_until(&goal);
                shipper.deliverer.follow(true);
                shipper.deliverer.rules();
                summary = summary.and(shipper.deliverer.summary);
                ended?;
            }
            None => {
                summary.elsewhere = true;
                watch.look(left, report);
                if watch.since.elapsed() > STALL {
                    let last = Account::load(home).last_error.map(|error| error.message);
                    return Err(ShipError::Stalled { why: last.unwrap_or_else(|| "it reports no error".into()) });
                }
                thread::sleep(POLL_BUSY);
            }
        }
    }
    let dropped = spool.dropped()?;
    let lost = dropped
        .iter()
        .skip(dropped_before)
        .filter(|it| Name::parse(&it.segment).is_some_and(|it| Some(it) <= goal.newest));
    match lost.map(|it| it.lines).sum() {
        0 => count(home, Some(&client), summary),
        lost => Err(ShipError::Dropped(lost)),
    }
}

/// Counts what was spent, where that is limited; a shipper that runs does so itself.
fn count(home: &Home, client: Option<&Client>, summary: Summary) -> Result<Summary, ShipError> {
    match try_lock(home)? {
        Some(_lock) => spend::once(home, client)?,
        None => return Ok(Summary { elsewhere: true, ..summary }),
    }
    Ok(summary)
}

/// What was spooled before the call.
struct Goal {
    /// The newest segment.
    newest: Option<Name>,
    /// Contents of artifacts.
    contents: Vec<String>,
}

impl Goal {
    /// The bytes of it that are waiting; `None` where all of it is gone.
    fn left(&self, spool: &Spool, outbox: &Outbox) -> io::Result<Option<u64>> {
        let cursor = spool.cursor();
        let segments = spool.sealed()?.into_iter().filter(|segment| Some(&segment.name) <= self.newest.as_ref());
        let records = segments.map(|segment| match &cursor {
            Some(cursor) if cursor.segment == segment.name.as_str() => segment.bytes.saturating_sub(cursor.offset),
            _ => segment.bytes,
        });
        let contents = outbox.waiting()?.into_iter().filter(|content| self.contents.contains(&content.sha256));
        Ok(records.chain(contents.map(|content| content.bytes)).reduce(|sum, bytes| sum + bytes))
    }
}

/// Another shipper's progress.
struct Watch {
    waiting: u64,
    since: Instant,
}

impl Watch {
    fn look(&mut self, left: u64, report: &mut dyn FnMut(Progress)) {
        if left < self.waiting {
            report(Progress::Delivered { records: 0, duplicates: 0, rejected: 0, bytes: self.waiting - left });
            *self = Self { waiting: left, since: Instant::now() };
        }
    }
}

impl Shipper<'_> {
    /// Delivers `goal`, with a few tries: records first.
    fn deliver_until(&mut self, goal: &Goal) -> Result<(), ShipError> {
        let mut backoff = Backoff::default();
        let (mut failures, mut settled, mut progress) = (0, 0, Instant::now());
        loop {
            let records = goal.newest.as_ref().map_or(Ok(false), |newest| self.drain(Some(newest)));
            let trouble = match records.and_then(|_| self.deliverer.upload_all(&goal.contents)) {
                Ok(()) => return Ok(()),
                Err(trouble) => trouble,
            };
            if self.deliverer.settled > settled {
                (failures, settled, progress) = (0, self.deliverer.settled, Instant::now());
                backoff = Backoff::default();
            }
            match trouble {
                Trouble::Asked => return Err(ShipError::Undelivered("interrupted".into())),
                Trouble::Stop(why) => {
                    self.deliverer.failed(&why);
                    return Err(ShipError::Refused(why));
                }
                Trouble::Later { why, wait } => {
                    failures += u32::from(wait.is_none());
                    let wait = backoff.next(wait);
                    if failures >= FAILURES || progress.elapsed() + wait > STALL {
                        self.deliverer.failed(&why);
                        return Err(ShipError::Undelivered(why));
                    }
                    self.deliverer.waiting(why, wait);
                    self.pause(wait);
                }
            }
        }
    }
}
