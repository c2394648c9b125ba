//! The shipper's own account of its work, `ship.json`, and its log of failures, `ship.log`.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::SystemTime;

use hookrail_core::time::Timestamp;
use hookrail_hook::Home;
use serde::{Deserialize, Serialize};

/// The log is started anew when it has this many bytes; the one before is kept as `ship.log.old`.
const LOG_BYTES: u64 = 1 << 20;

/// The longest message kept of a failure, in characters: a server may say anything.
const MESSAGE_CHARS: usize = 1000;

/// What shippers did on this device since it was set up. Counts are exact but for a shipper killed between an
/// acknowledgement and the next line of code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Account {
    /// The process that wrote this last.
    pub pid: u32,
    /// The server it ships to.
    pub server: Option<String>,
    /// When a batch was last acknowledged.
    pub last_success: Option<Timestamp>,
    /// What last went wrong; older than `last_success` where it works again.
    pub last_error: Option<LastError>,
    /// Records acknowledged, duplicates included.
    pub sent: u64,
    /// Of these, records the server had already.
    pub duplicates: u64,
    /// Records set aside in `rejected/`.
    pub rejected: u64,
    /// Records the spool's limits removed before they were delivered, by hooks or shippers.
    pub dropped: u64,
    /// Contents of artifacts the server acknowledged.
    pub uploaded: u64,
    /// Contents of artifacts the server refused for good, or nobody could upload for too long.
    pub not_uploaded: u64,
}

/// A failure and its time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastError {
    /// When.
    pub at: Timestamp,
    /// What went wrong.
    pub message: String,
}

/// The time by the device's clock.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_nanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

impl Account {
    /// The account of this device; an empty one where there is none or it cannot be read.
    pub fn load(home: &Home) -> Self {
        fs::read(home.ship_account()).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
    }

    /// The last failure, if nothing was delivered since.
    pub fn failing(&self) -> Option<&LastError> {
        self.last_error.as_ref().filter(|error| self.last_success.is_none_or(|success| success < error.at))
    }

    /// Replaces the account as a whole.
    pub(super) fn save(&self, home: &Home) -> io::Result<()> {
        let path = home.ship_account();
        let temporary = path.with_extension("json.new");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        file.write_all(&text)?;
        fs::rename(temporary, path)
    }

    /// Notes a failure; in the log only where it is another than the last, or something worked in between.
    pub(super) fn failed(&mut self, home: &Home, message: &str) {
        let kept = message.chars().take(MESSAGE_CHARS);
        let message: String = kept.map(|c| if c.is_control() { ' ' } else { c }).collect();
        let again = self.failing().is_some_and(|last| last.message == message);
        let at = now();
        if !again {
            // A log that cannot be written is no reason to stop shipping.
            let _ = log(&home.ship_log(), &format!("{at} {message}\n"));
        }
        self.last_error = Some(LastError { at, message });
        let _ = self.save(home);
    }
}

fn log(path: &Path, line: &str) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|metadata| metadata.len() >= LOG_BYTES) {
        fs::rename(path, path.with_extension("log.old"))?;
    }
    OpenOptions::new().append(true).create(true).mode(0o600).open(path)?.write_all(line.as_bytes())
}
