//! What the hook has to do with limits of spending: it says which session is at work, and reads which limits are reached.
//!
//! Everything else is the shipper's business: it counts what transcripts tell, asks the server, and writes [`Home::spend_reached`] where a
//! limit is reached. Where no limit is declared, nothing here is read or written; where none is reached, the file is not there.

use std::cell::OnceCell;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use hookrail_core::agents::Received;
use hookrail_core::event::{Agent, SessionId};
use hookrail_core::policy::fnv;
use hookrail_core::policy::spend::{Scope, Sum, Sums, transcript_of};
use hookrail_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::home::Home;

/// A session at work, as the hook says it once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Live {
    /// Whose.
    pub agent: Agent,
    /// Which.
    pub session: SessionId,
    /// Where the agent writes it down, where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transcript: Option<PathBuf>,
    /// In which folder it was at first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
}

/// Says that a session is at work, unless that is said already: then it costs one failed open.
///
/// # Errors
/// Where it cannot be written.
pub fn register(home: &Home, received: &Received<'_>) -> io::Result<()> {
    let Some(session) = &received.parsed.session_id else { return Ok(()) };
    let path = home.spend_live().join(format!("{:016x}", fnv(session.as_str())));
    let Some(mut file) = create(&path)? else { return Ok(()) };
    let live = Live {
        agent: received.agent.clone(),
        session: session.clone(),
        transcript: transcript_of(received.payload.text()).map(PathBuf::from).filter(|path| path.is_absolute()),
        cwd: received.parsed.cwd.clone(),
    };
    let written = serde_json::to_vec(&live).map_err(io::Error::from).and_then(|text| file.write_all(&text));
    if written.is_err() {
        // The next event says it again.
        fs::remove_file(&path)?;
    }
    written
}

/// Says by a file that a session was told of a limit; whether nobody said so before.
///
/// # Errors
/// Where it cannot be written.
pub fn tell(told: &Path) -> io::Result<bool> {
    Ok(create(told)?.is_some())
}

/// A new file; `None` where there is one.
fn create(path: &Path) -> io::Result<Option<fs::File>> {
    let open = || OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let opened = match open() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let folder = path.parent().unwrap_or(Path::new("/"));
            fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
            open()
        }
        opened => opened,
    };
    match opened {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(None),
        Err(error) => Err(error),
    }
}

/// What was spent, as far as it reaches a limit: read when it is first asked for.
pub struct Spending {
    home: Home,
    session: Option<String>,
    now: Timestamp,
    sums: OnceCell<Sums>,
}

impl Spending {
    /// What is known for a session at this time.
    pub fn new(home: &Home, session: Option<&SessionId>, now: Timestamp) -> Self {
        let session = session.map(|session| session.as_str().to_owned());
        Self { home: home.clone(), session, now, sums: OnceCell::new() }
    }

    fn sums(&self) -> &Sums {
        self.sums.get_or_init(|| {
            fs::read(self.home.spend_reached()).ok().and_then(|bytes| Sums::read(&bytes)).unwrap_or_default()
        })
    }

    /// Whether anything reaches a limit.
    pub fn is_any(&self) -> bool {
        !self.sums().sums.is_empty()
    }

    /// The sum of a scope.
    pub fn sum(&self, scope: Scope, folder: Option<&str>) -> Option<&Sum> {
        self.sums().find(scope, self.session.as_deref(), folder, self.now)
    }

    /// The file by which the session counts as told of a limit, for the span of this sum.
    pub fn told(&self, rule: &str, sum: Option<&Sum>) -> PathBuf {
        let (session, since) = (self.session.as_deref().unwrap_or_default(), sum.and_then(|sum| sum.span));
        let since = since.map_or(0, |(since, _)| since);
        self.home.spend_told().join(format!("{:016x}", fnv(&format!("{session}\n{rule}\n{since}"))))
    }
}
