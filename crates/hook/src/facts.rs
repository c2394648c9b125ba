//! What the guard may know of this machine, asked only where a verdict depends on it, and bounded.

use std::cell::{Cell, OnceCell};
use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs;
use std::io::Read as _;
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hookrail_core::ledger::NanoUsd;
use hookrail_core::policy::facts::{Facts, Listing, Look};
use hookrail_core::policy::spend::{Scope, Sum};

use crate::home::Home;
use crate::spend::Spending;

/// How far up a project's root is looked for.
const MAX_LEVELS: usize = 32;

/// How many files below a folder are looked at, and how deep.
const MAX_LISTED: usize = 2_000;
const MAX_DEPTH: usize = 6;

/// How much of a file is read.
const MAX_TEXT: u64 = 64 << 10;

/// How long all questions about files may take together; what is asked later is not known.
///
/// A question takes microseconds; this is for slow file systems, and leaves room for a machine that is busy.
const MAX_TIME: Duration = Duration::from_millis(20);

/// How long one folder may be gone through.
const LIST_TIME: Duration = Duration::from_millis(3);

/// How long a call may be looked at in all, waiting for a processor not counted; what is found by then is judged.
const DEADLINE: Duration = Duration::from_millis(4 * SLOWER);

/// How long it may be looked at with all waiting.
const PATIENCE: Duration = Duration::from_millis(250 * SLOWER);

/// A build that `scripts/layout` counts through has more time.
const SLOWER: u64 = if cfg!(hookrail_unhurried) { 10_000 } else { 1 };

/// Before this nobody asks how long was waited: nearly every call is judged by then.
const FREE: Duration = Duration::from_millis(1);

/// How often it is asked from then on.
const LOOK_EVERY: Duration = Duration::from_micros(500);

/// The file of the state folder that names the MCP servers that are known here, one a line.
pub const SERVERS_FILE: &str = "mcp.known";

/// How much of it is read.
const MAX_SERVERS: u64 = 64 << 10;

/// How long a judgement has taken, less what it waited for a processor: on a busy machine a call is judged as on an idle one.
struct Clock {
    began: Cell<Instant>,
    /// The first look beyond [`FREE`]: the time that had passed, and what had been waited by then.
    first: Cell<Option<(Duration, Duration)>>,
    /// When the next look is due.
    next: Cell<Duration>,
    was_late: Cell<bool>,
}

impl Clock {
    fn start() -> Self {
        Self {
            began: Cell::new(Instant::now()),
            first: Cell::new(None),
            next: Cell::new(FREE),
            was_late: Cell::new(false),
        }
    }

    fn begin(&self) {
        self.began.set(Instant::now());
        self.first.set(None);
        self.next.set(FREE);
    }

    fn is_late(&self) -> bool {
        let passed = self.began.get().elapsed();
        if !self.was_late.get() && passed >= self.next.get() {
            self.next.set(passed + LOOK_EVERY);
            let worked = waited().map_or(passed, |waited| self.worked(passed, waited));
            self.was_late.set(passed >= PATIENCE || worked >= DEADLINE);
        }
        self.was_late.get()
    }

    /// The time that passed since the first look, less what was waited, and what is free before it.
    fn worked(&self, passed: Duration, waited: Duration) -> Duration {
        let (passed_first, waited_first) = self.first.get().unwrap_or((passed, waited));
        self.first.set(Some((passed_first, waited_first)));
        FREE + passed.saturating_sub(passed_first).saturating_sub(waited.saturating_sub(waited_first))
    }
}

/// How long this thread has waited for a processor in all; `None` where the system does not tell.
///
/// The second number of `schedstat` (Linux, Documentation/scheduler/sched-stats): it is right whenever the thread runs, while the
/// time on the processor, the first one, is only counted at the scheduler's ticks.
fn waited() -> Option<Duration> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').nth(1)?.parse().ok().map(Duration::from_nanos)
}

/// Facts of the machine the hook runs on.
pub struct Here {
    directory: Option<String>,
    home: Option<String>,
    user: Option<String>,
    project: OnceCell<Option<String>>,
    env: fn(&str) -> Option<OsString>,
    spent: Cell<Duration>,
    spending: Option<Spending>,
    clock: Clock,
}

impl Here {
    /// The facts for a call in this folder, with these variables.
    pub fn new(directory: Option<&str>, env: fn(&str) -> Option<OsString>) -> Self {
        let text = |name: &str| env(name)?.into_string().ok().filter(|text| !text.is_empty());
        let directory = directory
            .map(str::to_owned)
            .or_else(|| std::env::current_dir().ok()?.into_os_string().into_string().ok())
            .filter(|directory| directory.starts_with('/'));
        Self {
            project: OnceCell::new(),
            directory,
            home: text("HOME"),
            user: text("USER"),
            env,
            spent: Cell::default(),
            spending: None,
            clock: Clock::start(),
        }
    }

    /// These facts, with what is known of spending.
    #[must_use]
    pub fn with(self, spending: Spending) -> Self {
        Self { spending: Some(spending), ..self }
    }

    fn sum(&self, scope: Scope) -> Option<&Sum> {
        self.spending.as_ref()?.sum(scope, self.project())
    }

    /// The file by which the session at hand counts as told of a limit of this scope.
    pub fn told(&self, rule: &str, scope: Scope) -> Option<PathBuf> {
        Some(self.spending.as_ref()?.told(rule, self.sum(scope)))
    }

    /// Gives the judgement that begins now its whole time.
    pub fn begin(&self) {
        self.clock.begin();
        self.spent.set(Duration::ZERO);
    }

    /// Whether the judgement ended for want of time.
    pub fn was_late(&self) -> bool {
        self.clock.was_late.get()
    }

    /// Asks the file system, as long as there is time.
    fn ask<T>(&self, question: impl FnOnce() -> Option<T>) -> Option<T> {
        if self.spent.get() >= MAX_TIME {
            return None;
        }
        let began = Instant::now();
        let answer = question();
        self.spent.set(self.spent.get() + began.elapsed());
        answer
    }
}

/// The nearest folder upwards that has a repository; without one, the folder itself.
pub fn root_of(directory: &str) -> Option<String> {
    let folders = Path::new(directory).ancestors().take(MAX_LEVELS);
    let found = folders.filter(|folder| folder.parent().is_some()).find(|folder| folder.join(".git").exists());
    found.unwrap_or(Path::new(directory)).to_str().map(str::to_owned)
}

impl Facts for Here {
    fn directory(&self) -> Option<&str> {
        self.directory.as_deref()
    }

    fn home(&self) -> Option<&str> {
        self.home.as_deref()
    }

    fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    fn project(&self) -> Option<&str> {
        self.project.get_or_init(|| self.directory.as_deref().and_then(root_of)).as_deref()
    }

    fn variable(&self, name: &str) -> Option<String> {
        (self.env)(name)?.into_string().ok()
    }

    fn look(&self, path: &str) -> Look {
        let looked = self.ask(|| {
            Some(match fs::metadata(path) {
                Ok(found) if found.is_dir() => Look::Folder,
                Ok(found) if found.is_file() => Look::File,
                Ok(found) if found.file_type().is_fifo() => Look::Pipe,
                Ok(_) => Look::Other,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Look::Missing,
                Err(_) => Look::Unknown,
            })
        });
        looked.unwrap_or_default()
    }

    fn real(&self, path: &str) -> Option<String> {
        self.ask(|| fs::canonicalize(path).ok()?.into_os_string().into_string().ok())
    }

    fn below(&self, path: &str) -> Listing {
        self.ask(|| Some(listed(path, LIST_TIME.min(MAX_TIME.saturating_sub(self.spent.get()))))).unwrap_or_default()
    }

    fn servers(&self) -> Vec<String> {
        let known = self.ask(|| {
            let path = Home::from_env(self.env)?.path().join(SERVERS_FILE);
            let mut text = String::new();
            fs::File::open(path).ok()?.take(MAX_SERVERS).read_to_string(&mut text).ok()?;
            Some(text.lines().map(str::to_owned).collect())
        });
        known.unwrap_or_default()
    }

    fn has_spent(&self) -> bool {
        self.spending.as_ref().is_some_and(Spending::is_any)
    }

    fn spent(&self, scope: Scope) -> Option<NanoUsd> {
        self.sum(scope).map(|sum| sum.spent)
    }

    fn was_told(&self, rule: &str, scope: Scope) -> bool {
        self.told(rule, scope).is_some_and(|told| told.exists())
    }

    fn is_late(&self) -> bool {
        self.clock.is_late()
    }

    fn text(&self, path: &str) -> Option<String> {
        self.ask(|| {
            // To open a pipe would wait for whoever writes into it.
            fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
            let mut text = String::new();
            fs::File::open(path).ok()?.take(MAX_TEXT).read_to_string(&mut text).ok()?;
            Some(text)
        })
    }
}

/// The files below a folder, nearest first, as many as there is time for. Links are not followed.
fn listed(path: &str, time: Duration) -> Listing {
    let began = Instant::now();
    let mut listing = Listing { paths: Vec::new(), complete: true };
    let mut folders = VecDeque::from([(path.to_owned(), 0)]);
    while let Some((folder, depth)) = folders.pop_front() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            if listing.paths.len() >= MAX_LISTED || began.elapsed() >= time {
                listing.complete = false;
                return listing;
            }
            let Some(name) = entry.path().to_str().map(str::to_owned) else { continue };
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                listing.complete &= depth < MAX_DEPTH;
                if depth < MAX_DEPTH {
                    folders.push_back((name, depth + 1));
                }
            } else {
                listing.paths.push(name);
            }
        }
    }
    listing
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_answers_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        fs::create_dir_all(root.join("shop/.git")).unwrap();
        fs::create_dir_all(root.join("shop/src/deep")).unwrap();
        fs::write(root.join("shop/src/deep/key"), "text").unwrap();
        std::os::unix::fs::symlink(root.join("shop/src"), root.join("link")).unwrap();
        let name = |path: &str| root.join(path).to_str().unwrap().to_owned();
        let here = Here::new(Some(&name("shop/src")), |name| (name == "HOME").then(|| "/home/dev".into()));
        assert_eq!(here.project(), Some(name("shop").as_str()));
        assert_eq!((here.home(), here.user(), here.variable("NOT")), (Some("/home/dev"), None, None));
        assert_eq!(here.look(&name("shop")), Look::Folder);
        assert_eq!(here.look(&name("shop/src/deep/key")), Look::File);
        assert_eq!(here.look(&name("nothing")), Look::Missing);
        assert_eq!(here.real(&name("link/deep")), Some(name("shop/src/deep")));
        assert_eq!(here.below(&name("shop/src")), Listing { paths: vec![name("shop/src/deep/key")], complete: true });
        assert_eq!(here.text(&name("shop/src/deep/key")).as_deref(), Some("text"));
        let pipe = std::process::Command::new("mkfifo").arg(name("pipe")).status().unwrap();
        assert_eq!((pipe.success(), here.look(&name("pipe")), here.text(&name("pipe"))), (true, Look::Pipe, None));
        assert_eq!(Here::new(Some(&name("link")), |_| None).project(), Some(name("link").as_str()));
    }

    #[test]
    fn a_judgement_that_had_no_time_is_told_from_one_that_had() {
        let parsed = |text| hookrail_core::agents::parse(&hookrail_core::event::Agent::ClaudeCode, text);
        let call = r#"{"hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"rm -rf /etc; ls"}}"#;
        let here = Here::new(Some("/"), |_| None);
        here.clock.began.set(Instant::now().checked_sub(PATIENCE).unwrap());
        let analysis = hookrail_core::policy::inspect(&parsed(call), call, &here);
        assert!(here.was_late() && !analysis.complete);
    }

    #[test]
    fn what_is_waited_is_not_counted() {
        let (clock, ms) = (Clock::start(), Duration::from_millis);
        assert_eq!(clock.worked(ms(30), ms(7)), FREE, "what was before the first look is not known");
        assert_eq!(clock.worked(ms(80), ms(56)), FREE + ms(1));
        assert_eq!(clock.worked(ms(83), ms(56)), FREE + ms(4));
        assert!(waited().is_some(), "this system tells");
    }

    #[test]
    fn questions_end_when_their_time_is_over() {
        let here = Here { spent: Cell::new(MAX_TIME), ..Here::new(Some("/"), |_| None) };
        assert_eq!((here.look("/"), here.real("/"), here.below("/")), (Look::Unknown, None, Listing::default()));
    }
}
