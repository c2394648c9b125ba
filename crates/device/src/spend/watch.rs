//! Counting while the shipper runs.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hookrail_hook::Home;

use super::{Limits, Spender, roots, zone};
use crate::config::Config;
use crate::http::Client;
use crate::ship::now;

/// How often transcripts are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often it is looked whether to stop.
const STEP: Duration = Duration::from_millis(50);

/// Counts beside some other work, until that is done; and once more then.
pub(crate) fn beside<T>(home: &Home, client: Option<&Client>, work: impl FnOnce() -> T) -> T {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let counting = thread::Builder::new().name("spend".to_owned());
        // Where no thread can be had, the work goes on without it.
        let _ = counting.spawn_scoped(scope, || watch(home, client, &|| done.load(Ordering::Relaxed), None));
        let result = work();
        done.store(true, Ordering::Relaxed);
        result
    })
}

/// Counts where there is no server, until nothing has come for the configured time or `stop` says so. Whether there was any limit.
pub(crate) fn alone(home: &Home, config: &Config, stop: &dyn Fn() -> bool) -> bool {
    Limits::of(home).is_any() && watch(home, None, stop, Some(config.idle_exit))
}

/// Looks once, where there is a limit. The caller holds the shipper's lock.
///
/// # Errors
/// Where the state folder cannot be used.
pub(crate) fn once(home: &Home, client: Option<&Client>) -> io::Result<()> {
    let wanted = Limits::of(home).is_any() || home.spend_reached().exists();
    if wanted {
        Spender::new(home, roots(), zone())?.look(client, now())?;
    }
    Ok(())
}

/// Looks again and again. Whether it could.
fn watch(home: &Home, client: Option<&Client>, stop: &dyn Fn() -> bool, idle: Option<Duration>) -> bool {
    let mut limits = Limits::default();
    let mut spender: Option<Spender<'_>> = None;
    let mut busy = Instant::now();
    loop {
        let stopped = stop();
        if spender.is_none() {
            limits.refresh(home);
            if limits.is_any() || home.spend_reached().exists() {
                // A ledger that cannot be read is told of by the doctor, and tried again.
                spender = Spender::new(home, roots(), zone()).ok();
                spender.iter().for_each(Spender::tidy);
            }
        }
        if let Some(spender) = &mut spender
            && spender.look(client, now()).unwrap_or(false)
        {
            busy = Instant::now();
        }
        if stopped || idle.is_some_and(|idle| busy.elapsed() >= idle) {
            return spender.is_some();
        }
        let until = Instant::now() + LOOK_EVERY;
        while Instant::now() < until && !stop() {
            thread::sleep(STEP);
        }
    }
}
