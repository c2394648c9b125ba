//! `hookrail ship`

use std::io::{self, Write as _};
use std::process::ExitCode;

use hookrail_device::ship::{self, Account, Progress, ShipError, Summary};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::interrupt;
use crate::connection::{self, Connection};
use crate::failure::Failure;
use crate::redact_key;

/// A backlog of at least this many bytes gets a progress bar.
const LONG_BACKLOG: u64 = 1 << 20;

/// Deliver what was recorded to the server; the hook starts this by itself when needed
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Without `--once` it follows what is recorded and ends after a while without events. Only one runs
on a machine; a second one ends at once.")]
pub(crate) struct Args {
    /// End when everything recorded before now was acknowledged; fail where that does not happen
    #[arg(long)]
    once: bool,
    /// Print one JSON object at the end
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Report {
    sent: u64,
    duplicates: u64,
    rejected: u64,
    dropped: u64,
    uploaded: u64,
    /// Whether another shipper did some or all of the work.
    elsewhere: bool,
    error: Option<String>,
    /// What shippers did on this device since it was set up.
    account: Account,
}

/// Ships, and tells what was done.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let home = connection::home()?;
    let mut config = args.connection.device_config()?;
    config.privacy.redactor.key = redact_key::of(home.path());
    let stop = CancellationToken::new();
    interrupt::watch_in_thread(&stop, "Stopping; what was not delivered stays in the spool")?;
    let mut teller = Teller::new(args.json);
    let ship = if args.once { ship::once } else { ship::follow };
    let outcome = ship(&home, &config, &mut |progress| teller.tell(&progress), &|| stop.is_cancelled());
    teller.bar.finish_and_clear();
    if args.json {
        let summary = *outcome.as_ref().unwrap_or(&Summary::default());
        let report = Report {
            sent: summary.sent,
            duplicates: summary.duplicates,
            rejected: summary.rejected,
            dropped: summary.dropped,
            uploaded: summary.uploaded,
            elsewhere: summary.elsewhere,
            error: outcome.as_ref().err().map(ToString::to_string),
            account: Account::load(&home),
        };
        writeln!(io::stdout(), "{}", serde_json::to_string(&report)?)?;
    }
    let summary = outcome.as_ref().map_err(advise)?;
    if !args.json {
        tell_summary(args.once, *summary)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn tell_summary(once: bool, summary: Summary) -> io::Result<()> {
    let mut err = io::stderr().lock();
    let Summary { sent, duplicates, rejected, dropped, uploaded, elsewhere } = summary;
    match (sent, elsewhere) {
        (0, true) if once => writeln!(err, "Another shipper delivered everything")?,
        (0, true) => writeln!(err, "Another shipper is running")?,
        (0, false) if uploaded > 0 => {}
        (0, false) => writeln!(err, "Nothing to deliver")?,
        _ => writeln!(err, "Delivered {sent} records, {duplicates} of them known before")?,
    }
    if uploaded > 0 {
        writeln!(err, "Uploaded the contents of {uploaded} artifacts")?;
    }
    if rejected > 0 {
        writeln!(err, "Set {rejected} records aside in `rejected` of the state folder, with the reason of each")?;
    }
    if dropped > 0 {
        writeln!(err, "Dropped {dropped} records: the spool was over its limits")?;
    }
    Ok(())
}

fn advise(error: &ShipError) -> anyhow::Error {
    let hint = match error {
        ShipError::Refused(_) => "check the server's address and key: `hookrail doctor`",
        ShipError::Undelivered(_) => "nothing is lost, it stays in the spool; is `hookrail serve` running?",
        ShipError::Stalled { .. } => "see ship.log in the state folder, or `hookrail doctor`",
        ShipError::Dropped(_) => "raise `max_bytes` or `max_age` of `[spool]` in config.toml",
        ShipError::Io(_) => "check the permissions and the space of the state folder",
    };
    Failure::new(error.to_string(), hint).into()
}

/// Tells a person what happens; a program reads the JSON at the end.
struct Teller {
    bar: ProgressBar,
    quiet: bool,
}

impl Teller {
    fn new(quiet: bool) -> Self {
        Self { bar: ProgressBar::hidden(), quiet }
    }

    fn tell(&mut self, progress: &Progress) {
        match progress {
            Progress::Backlog(bytes) if *bytes >= LONG_BACKLOG && !self.quiet => self.bar = bar(*bytes),
            Progress::Backlog(_) => {}
            Progress::Delivered { bytes, .. } => self.bar.inc(*bytes),
            Progress::Waiting { why, wait } => self.say(&format!("{why}; trying again in {:.1} s", wait.as_secs_f32())),
            Progress::Dropped { records, .. } => {
                self.say(&format!("dropped {records} records: the spool is over its limits"));
            }
        }
    }

    fn say(&self, message: &str) {
        if !self.quiet {
            // A bar that is hidden prints nothing, and standard error that is gone has nobody to tell.
            self.bar.suspend(|| drop(writeln!(io::stderr(), "hookrail: {message}")));
        }
    }
}

/// A bar on standard error, invisible where that is no terminal.
fn bar(bytes: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("Delivering {wide_bar} {bytes} of {total_bytes}, {eta} left");
    style.map_or(bar.clone(), |style| bar.with_style(style))
}
