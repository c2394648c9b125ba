//! The rules of this device: one file, read when an event asks before something runs.
//!
//! A project with rules of its own ([`PROJECT_FILE`]), or one that may choose a profile ([`PROFILE_FILE`]), has a snapshot of its own,
//! which holds all rules. A snapshot names the files it was made from; where one of them is another now, `hookrail policy compile` is run before the judgement, so that
//! rules hold from the moment they are written. That costs a `stat` of each file, and a process only after a change.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};
use std::{fmt, fs, io, thread};

use hookrail_core::agents::Parsed;
use hookrail_core::policy::facts::Facts as _;
use hookrail_core::policy::spend::AREA;
use hookrail_core::policy::{self, Mode, Snapshot, SnapshotError, Verdict};
use hookrail_core::time::Timestamp;

use crate::facts::Here;
use crate::home::Home;
use crate::spend::Spending;

/// A project's own rules, below its root.
pub const PROJECT_FILE: &str = ".hookrail/policy.toml";

/// Where a project may choose a profile, by which rules are carried out more strictly.
pub const PROFILE_FILE: &str = "hookrail.toml";

/// The longest that an agent waits for rules to be prepared again.
const MAX_WAIT: Duration = Duration::from_millis(500);

/// How often it is looked whether they are.
const STEP: Duration = Duration::from_millis(1);

/// After a failure, rules are not prepared again by a hook for this time.
const RETRY: Duration = Duration::from_secs(10);

/// Rules that are there and cannot be used.
#[derive(Debug)]
pub enum Unusable {
    /// The file cannot be read.
    Unreadable(io::Error),
    /// The file is not a snapshot this hook understands.
    Snapshot(SnapshotError),
    /// The call was not understood to its end in the time there is.
    Late,
    /// The rules have changed and could not be prepared again.
    Stale(String),
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => write!(f, "the policy snapshot cannot be read: {error}"),
            Self::Snapshot(error) => error.fmt(f),
            Self::Late => f.write_str("the call was not looked at to its end in the time there is"),
            Self::Stale(why) => write!(f, "the rules have changed and could not be prepared again: {why}"),
        }
    }
}

impl std::error::Error for Unusable {}

/// What the rules say, and what is the matter with them.
#[derive(Debug, Default)]
pub struct Judged {
    /// The verdict, where a rule has an opinion.
    pub verdict: Option<Verdict>,
    /// Why the rules could not be used, or not in their newest form.
    pub trouble: Option<Unusable>,
    /// Whether nothing could be judged.
    pub is_unavailable: bool,
    /// Whether the rules limit what is spent.
    pub has_limits: bool,
    /// The file by which the session counts as told of the limit that the verdict is of, where it is one that is told once.
    pub told: Option<PathBuf>,
}

impl Judged {
    fn unavailable(trouble: Unusable) -> Self {
        Self { trouble: Some(trouble), is_unavailable: true, ..Self::default() }
    }
}

/// Whether a person has paused the guard, by the file at `path`.
pub fn is_paused(path: &Path, now: Timestamp) -> bool {
    let until = fs::read_to_string(path).ok().and_then(|text| text.trim().parse::<i64>().ok());
    until.is_some_and(|until| until > now.as_nanos())
}

/// What the rules of this device say to this event; where none were ever prepared, nothing.
pub fn judge(home: &Home, parsed: &Parsed, payload: &str, now: Timestamp) -> Judged {
    if !parsed.is_judgeable() {
        return Judged::default();
    }
    let spending = Spending::new(home, parsed.session_id.as_ref(), now);
    let facts = Here::new(parsed.cwd.as_deref(), |name| std::env::var_os(name)).with(spending);
    let project = project(home, &facts);
    let path = project.map_or_else(|| home.policy(), |root| home.project_policy(root));
    let mut trouble = None;
    let mut bytes = match open(&path) {
        Ok(bytes) => bytes,
        Err(trouble) => return Judged::unavailable(trouble),
    };
    if !bytes.as_deref().is_some_and(is_fresh) {
        (bytes, trouble) = match anew(home, project, &path, bytes) {
            Err(trouble) => return Judged::unavailable(trouble),
            Ok(None) => return Judged::default(),
            Ok(Some((bytes, trouble))) => (Some(bytes), trouble),
        };
        // What was spent on preparing rules is not taken from the time for judging.
        facts.begin();
    }
    let bytes = bytes.unwrap_or_default();
    let judged = Snapshot::read(&bytes).and_then(|snapshot| {
        let verdict = policy::judge(parsed, payload, &snapshot, &facts, now)?;
        let told = verdict.as_ref().and_then(|verdict| told(verdict, &snapshot, &facts));
        Ok(Judged { verdict, told, has_limits: snapshot.has_limits(), ..Judged::default() })
    });
    let judged = match judged {
        // What was seen in the time there was may stop a call; that it was not all seen is told.
        Ok(judged) if facts.was_late() && !judged.verdict.as_ref().is_some_and(Verdict::stops) => {
            Judged { trouble: Some(Unusable::Late), is_unavailable: true, told: None, ..judged }
        }
        Ok(judged) => Judged { trouble, ..judged },
        Err(error) => Judged::unavailable(Unusable::Snapshot(error)),
    };
    // The process ends soon; giving back the memory would only cost time.
    std::mem::forget(bytes);
    judged
}

/// The file by which the session counts as told of a limit, where the verdict is of one that is told once.
fn told(verdict: &Verdict, snapshot: &Snapshot<'_>, facts: &Here) -> Option<PathBuf> {
    if verdict.mode == Mode::Enforce || !verdict.rule.starts_with(AREA) {
        return None;
    }
    let limit = snapshot.limits().filter_map(Result::ok).find(|rule| rule.id == verdict.rule)?;
    facts.told(&limit.id, limit.spend?.scope)
}

/// The root of the project at hand, where it has a word on rules.
///
/// A home is no project: what lies below it in a folder of this name is the device's own state.
pub fn project<'f>(home: &Home, facts: &'f Here) -> Option<&'f str> {
    let root = facts.project()?;
    let file = Path::new(root).join(PROJECT_FILE);
    let is_state = file.parent() == Some(home.path()) || facts.home() == Some(root);
    let has_a_word = || file.is_file() || Path::new(root).join(PROFILE_FILE).is_file();
    (!is_state && has_a_word()).then_some(root)
}

/// The bytes of a snapshot, and why they are not the newest.
type Found = (Vec<u8>, Option<Unusable>);

/// The snapshot to go by where the one that was found is none, or not of now: `None` where the guard was never set up.
fn anew(home: &Home, project: Option<&str>, path: &Path, found: Option<Vec<u8>>) -> Result<Option<Found>, Unusable> {
    if found.is_none() && (project.is_none() || !home.policy().exists()) {
        return match home.policy_closed().exists() {
            true => Err(Unusable::Unreadable(io::ErrorKind::NotFound.into())),
            false => Ok(None),
        };
    }
    let broken = found.as_deref().and_then(|bytes| Snapshot::read(bytes).err()).map(Unusable::Snapshot);
    match prepare(home, project) {
        // That they were broken is told even where they are whole again.
        Ok(()) => Ok(open(path)?.map(|bytes| (bytes, broken))),
        Err(why) => {
            // The rules of before are better than none; those of the device are better than none of the project.
            let bytes = match found.filter(|bytes| Snapshot::read(bytes).is_ok()) {
                Some(bytes) => Some(bytes),
                None => open(&home.policy())?.filter(|bytes| Snapshot::read(bytes).is_ok()),
            };
            match bytes {
                Some(bytes) => Ok(Some((bytes, Some(Unusable::Stale(why))))),
                None => Err(broken.unwrap_or(Unusable::Stale(why))),
            }
        }
    }
}

fn open(path: &Path) -> Result<Option<Vec<u8>>, Unusable> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        bytes => bytes.map(Some).map_err(Unusable::Unreadable),
    }
}

/// Whether a snapshot can be read and every file it was made from is as it was then.
fn is_fresh(bytes: &[u8]) -> bool {
    let is_as_it_was = |source: &policy::Source| stamp(Path::new(&source.path)) == source.stamp;
    Snapshot::read(bytes).is_ok_and(|snapshot| snapshot.sources().iter().all(is_as_it_was))
}

/// When a file was last changed, in nanoseconds of the epoch, and its size; `None` where there is none.
pub fn stamp(path: &Path) -> Option<(i64, u64)> {
    let found = fs::metadata(path).ok()?;
    let nanos = found.mtime().checked_mul(1_000_000_000)?.checked_add(found.mtime_nsec())?;
    Some((nanos, found.len()))
}

/// Has the rules prepared again, and waits for it.
fn prepare(home: &Home, project: Option<&str>) -> Result<(), String> {
    let retry = home.policy_retry();
    let failed_at = fs::metadata(&retry).and_then(|found| found.modified());
    if failed_at.is_ok_and(|at| SystemTime::now().duration_since(at).is_ok_and(|since| since < RETRY)) {
        return Err(format!("it failed less than {} seconds ago", RETRY.as_secs()));
    }
    let prepared = compile(home, project);
    if prepared.is_err() {
        let _ = fs::create_dir_all(home.policies()).and_then(|()| fs::write(&retry, ""));
    }
    prepared
}

fn compile(home: &Home, project: Option<&str>) -> Result<(), String> {
    let mut command = Command::new(program());
    command.args(["policy", "compile", "--quiet"]).env(crate::home::ENV_HOME, home.path());
    if let Some(root) = project {
        command.arg("--project").arg(root);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| format!("`hookrail policy compile` did not start: {error}"))?;
    let began = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(format!("`hookrail policy compile` ended with {status}")),
            Ok(None) if began.elapsed() < MAX_WAIT => thread::sleep(STEP),
            Ok(None) => return Err(format!("`hookrail policy compile` took longer than {MAX_WAIT:?}")),
            Err(error) => return Err(format!("`hookrail policy compile` could not be waited for: {error}")),
        }
    }
}

/// The program `hookrail`: beside this one, else the one on the PATH.
pub(crate) fn program() -> PathBuf {
    let beside = std::env::current_exe().ok().map(|exe| exe.with_file_name("hookrail")).filter(|path| path.is_file());
    beside.unwrap_or_else(|| "hookrail".into())
}
