//! What was stopped, and what a person makes of it: a pause of the guard, or this one call let pass once.
//!
//! Looked at only where a call is about to be stopped, so that what passes pays nothing for it.

use std::borrow::Cow;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use hookrail_core::agents::Received;
use hookrail_core::event::{Agent, Kind, SessionId};
use hookrail_core::policy::{self, Mode, Verdict};
use hookrail_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::home::Home;
use crate::snapshot::is_paused;

/// The size at which the list of what was stopped is put aside, in bytes.
const MAX_LIST_BYTES: u64 = 1 << 20;

/// The longest subject that is kept, in bytes. A call with a longer one can be stopped, and not let pass once.
pub const MAX_SUBJECT_BYTES: usize = 64 << 10;

/// For how long after a call was let pass its other events pass too: agents ask more than once about one call.
const SAME_CALL: Duration = Duration::from_secs(60);

/// A call that was stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopped<'a> {
    /// When.
    pub at: Timestamp,
    /// What a person calls it by.
    pub code: Cow<'a, str>,
    /// Whose call.
    pub agent: Agent,
    /// In which session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
    /// In which folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<Cow<'a, str>>,
    /// What it is about ([`policy::subject`]).
    pub subject: Cow<'a, str>,
    /// What was said.
    pub verdict: Cow<'a, Verdict>,
}

/// The file by which a person lets a call with this subject pass once.
pub fn allowance(home: &Home, subject: &str) -> PathBuf {
    home.allowed().join(format!("{:016x}", policy::fnv(subject)))
}

/// The text of such a file.
pub fn allowance_text(until: Timestamp, subject: &str) -> String {
    format!("{}\n{subject}", until.as_nanos())
}

/// What becomes of a verdict that stops, by what a person has said.
///
/// # Errors
/// The verdict all the same, and why the list of what was stopped could not be written.
pub fn settle(home: &Home, received: &Received<'_>, verdict: Verdict, at: Timestamp) -> (Verdict, io::Result<()>) {
    if !verdict.stops() {
        return (verdict, Ok(()));
    }
    if is_paused(&home.pause(), at) {
        return (passed(verdict, "A person has paused the guard."), Ok(()));
    }
    let subject = policy::subject(&received.parsed, received.payload.text());
    if subject.len() > MAX_SUBJECT_BYTES {
        return (verdict, Ok(()));
    }
    if is_allowed(home, &received.parsed.kind, &subject, at) {
        return (passed(verdict, "A person let this call pass once."), Ok(()));
    }
    let verdict = Verdict { code: Some(policy::code(&subject)), ..verdict };
    let written = append(home, received, &subject, &verdict, at);
    (verdict, written)
}

/// A verdict that does not hold.
fn passed(verdict: Verdict, why: &str) -> Verdict {
    Verdict {
        would: Some(verdict.decision),
        mode: Mode::Observe,
        reason: format!("{why} {}", verdict.reason),
        ..Verdict::new(policy::Decision::Allow, verdict.rule, "")
    }
}

/// Whether a person lets this call pass. That is used up by the call's first event.
fn is_allowed(home: &Home, kind: &Kind, subject: &str, at: Timestamp) -> bool {
    let path = allowance(home, subject);
    let used = path.with_extension("used");
    let text = fs::read_to_string(&path).unwrap_or_default();
    let (until, about) = text.split_once('\n').unwrap_or_default();
    if about == subject && until.parse::<i64>().is_ok_and(|until| until > at.as_nanos()) {
        let now = SystemTime::now();
        // Of several hooks at once the one that moves the file is the one that may pass.
        return fs::rename(&path, &used).is_ok()
            && fs::File::options().append(true).open(&used).and_then(|file| file.set_modified(now)).is_ok();
    }
    let is_another_event = *kind != Kind::ToolRequested;
    let lately = || SystemTime::now().duration_since(fs::metadata(&used).ok()?.modified().ok()?).ok();
    is_another_event
        && lately().is_some_and(|since| since < SAME_CALL)
        && fs::read_to_string(&used).is_ok_and(|text| text.split_once('\n').is_some_and(|(_, about)| about == subject))
}

fn append(home: &Home, received: &Received<'_>, subject: &str, verdict: &Verdict, at: Timestamp) -> io::Result<()> {
    let parsed = &received.parsed;
    let stopped = Stopped {
        at,
        code: verdict.code.as_deref().unwrap_or_default().into(),
        agent: received.agent.clone(),
        session: parsed.session_id.clone(),
        cwd: parsed.cwd.as_deref().map(Into::into),
        subject: subject.into(),
        verdict: Cow::Borrowed(verdict),
    };
    let mut line = serde_json::to_vec(&stopped)?;
    line.push(b'\n');
    let path = home.stopped();
    let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(&path)?;
    file.write_all(&line)?;
    if file.metadata()?.len() > MAX_LIST_BYTES {
        fs::rename(&path, path.with_extension("jsonl.1"))?;
    }
    Ok(())
}
