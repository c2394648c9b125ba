//! Running handlers: several at once, each in a process group of its own, each with its time, and none in another's way.
//!
//! A handler is over when its own process is. Whatever it left in its group is killed then, and what it left elsewhere (a
//! daemon that made itself a session) is not waited for, even if it holds the output open. One thread decides everything; the
//! threads around it only wait for one thing each and report it.

use std::borrow::Cow;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use serde::Serialize;

/// How many handlers run at once.
pub const MAX_AT_ONCE: usize = 8;

/// What a handler may print on standard output, and again on standard error, in bytes. One that prints more is ended, unless
/// only the end of what it prints is wanted.
pub const MAX_PRINTED: usize = 1 << 20;

/// How long a handler that was told to end has until it is killed.
pub const GRACE: Duration = Duration::from_millis(500);

/// How long the output of a handler that has ended is waited for.
const DRAIN: Duration = Duration::from_millis(100);

/// How often it is looked whether this program is to end.
const TICK: Duration = Duration::from_millis(50);

/// What is to be run.
#[derive(Debug)]
pub struct Job {
    /// The program and its arguments.
    pub words: Vec<String>,
    /// Variables beside those inherited.
    pub env: Vec<(Cow<'static, str>, OsString)>,
    /// The working folder.
    pub folder: PathBuf,
    /// How long it may take.
    pub limit: Duration,
    /// Jobs, by their places, that must have ended before.
    pub after: Vec<usize>,
    /// What is kept of what it prints.
    pub output: Output,
}

/// What is kept of what a job prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// All of it, both streams apart; a job that prints more than [`MAX_PRINTED`] is ended.
    Apart,
    /// Both streams as one, as a terminal would show them, and of that the end: more than [`MAX_PRINTED`] where something is
    /// missing in front of it.
    Together,
}

/// Who watches jobs.
pub trait Watch {
    /// Whether this job is to run; asked when it could start. It is skipped otherwise.
    fn may_start(&mut self, _at: usize) -> bool {
        true
    }

    /// It has started.
    fn started(&mut self, _at: usize) {}

    /// This came of it, whether it ran or not.
    fn over(&mut self, _at: usize, _ran: &Ran) {}
}

impl Watch for () {}

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// By itself, with this code.
    Exited(i32),
    /// By this signal, which was not ours.
    Signalled(i32),
    /// It took longer than it may.
    TimedOut,
    /// It printed more than it may.
    Flooded,
    /// It could not be started.
    NotStarted(String),
    /// There was no time left to start it, or this program was told to end.
    Skipped,
}

/// What came of a job.
#[derive(Clone, Debug)]
pub struct Ran {
    /// How it ended.
    pub end: End,
    /// What it printed.
    pub stdout: Vec<u8>,
    /// What it complained of.
    pub stderr: Vec<u8>,
    /// How long it took.
    pub took: Duration,
}

impl Ran {
    const fn not(end: End) -> Self {
        Self { end, stdout: Vec::new(), stderr: Vec::new(), took: Duration::ZERO }
    }
}

/// What a thread reports of the job with this place.
enum News {
    /// Its process has ended and waits to be reaped.
    Ended(usize),
    /// One of its outputs is closed.
    Closed(usize),
    /// It printed too much.
    Flooded(usize),
}

/// A flag that becomes true when this program is told to end: who runs handlers must not leave them behind.
///
/// # Errors
/// Where the signals cannot be listened to.
pub fn end_called() -> io::Result<Arc<AtomicBool>> {
    let called = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT, signal_hook::consts::SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&called))?;
    }
    Ok(called)
}

/// Runs all jobs and gives what came of each, in their order. Each is given the file `stdin` from its beginning. It takes until `deadline`
/// at most, and [`GRACE`] and a moment more; where `stop` becomes true, all are killed at once.
pub fn run_all(jobs: &[Job], stdin: &Path, deadline: Instant, stop: &AtomicBool) -> Vec<Ran> {
    run_watched(jobs, stdin, deadline, stop, &mut ())
}

/// The same before the eyes of `watch`.
pub fn run_watched(
    jobs: &[Job],
    stdin: &Path,
    deadline: Instant,
    stop: &AtomicBool,
    watch: &mut dyn Watch,
) -> Vec<Ran> {
    let (sender, news) = channel();
    let mut all = All { jobs, states: jobs.iter().map(|_| State::Waiting).collect(), sender, watch };
    while all.states.iter().any(|state| !matches!(state, State::Over(_))) {
        if stop.load(Ordering::Relaxed) {
            all.kill();
        }
        all.start(stdin, deadline);
        all.hear(&news);
        all.look_at_the_clock();
    }
    let over = |state| if let State::Over(ran) = state { *ran } else { Ran::not(End::Skipped) };
    all.states.into_iter().map(over).collect()
}

struct All<'a> {
    jobs: &'a [Job],
    states: Vec<State>,
    sender: Sender<News>,
    watch: &'a mut dyn Watch,
}

enum State {
    Waiting,
    Running(Box<Running>),
    Over(Box<Ran>),
}

struct Running {
    child: Child,
    group: Option<Pid>,
    began: Instant,
    limit: Instant,
    printed: [Arc<Mutex<Vec<u8>>>; 2],
    open: usize,
    /// Why it was told to end, and when it is killed.
    told: Option<(End, Instant)>,
    /// How it ended and how long it took; its output may still be on the way, until then.
    ended: Option<(End, Duration, Instant)>,
}

impl All<'_> {
    /// Starts what may start.
    fn start(&mut self, stdin: &Path, deadline: Instant) {
        for at in 0..self.jobs.len() {
            let running = self.states.iter().filter(|state| matches!(state, State::Running(_))).count();
            let is_free = |before: &usize| matches!(self.states.get(*before), None | Some(State::Over(_)));
            if !matches!(self.states[at], State::Waiting)
                || running >= MAX_AT_ONCE
                || !self.jobs[at].after.iter().all(is_free)
            {
                continue;
            }
            if Instant::now() >= deadline || !self.watch.may_start(at) {
                self.over(at, Ran::not(End::Skipped));
                continue;
            }
            match self.spawn(at, stdin, deadline) {
                Ok(running) => {
                    self.states[at] = State::Running(Box::new(running));
                    self.watch.started(at);
                }
                Err(error) => {
                    let program = self.jobs[at].words.first().map_or("", String::as_str);
                    self.over(at, Ran::not(End::NotStarted(format!("{program} cannot be started: {error}"))));
                }
            }
        }
    }

    fn over(&mut self, at: usize, ran: Ran) {
        self.watch.over(at, &ran);
        self.states[at] = State::Over(Box::new(ran));
    }

    fn spawn(&self, at: usize, stdin: &Path, deadline: Instant) -> io::Result<Running> {
        let job = &self.jobs[at];
        let (program, args) = job.words.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        let mut command = Command::new(program);
        command
            .args(args)
            .envs(job.env.iter().map(|(name, value)| (name.as_ref(), value)))
            .current_dir(&job.folder)
            .process_group(0);
        command.stdin(File::open(stdin)?).stdout(Stdio::piped()).stderr(Stdio::piped());
        let printed = [Arc::default(), Arc::default()];
        let mut open = 0;
        let mut shared = None;
        if job.output == Output::Together {
            let (pipe, writer) = io::pipe()?;
            command.stdout(writer.try_clone()?).stderr(writer);
            shared = Some(pipe);
        }
        let began = Instant::now();
        let mut child = command.spawn()?;
        // What it holds of the shared pipe must not keep that open.
        drop(command);
        if let Some(pipe) = shared {
            open += 1;
            self.listen(at, pipe, &printed[0]);
        }
        if let Some(pipe) = child.stdout.take() {
            open += 1;
            self.listen(at, pipe, &printed[0]);
        }
        if let Some(pipe) = child.stderr.take() {
            open += 1;
            self.listen(at, pipe, &printed[1]);
        }
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let sender = self.sender.clone();
        thread::spawn(move || {
            // The process is left to be reaped, so that its number means nobody else until its group is ended.
            if let Some(process) = group {
                let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
                while waitid(WaitId::Pid(process), options).is_err_and(|error| error == Errno::INTR) {}
            }
            sender.send(News::Ended(at))
        });
        Ok(Running {
            child,
            group,
            began,
            limit: (began + job.limit).min(deadline),
            printed,
            open,
            told: None,
            ended: None,
        })
    }

    /// Keeps what a pipe brings.
    fn listen(&self, at: usize, mut pipe: impl Read + Send + 'static, kept: &Arc<Mutex<Vec<u8>>>) {
        let (sender, kept) = (self.sender.clone(), Arc::clone(kept));
        let only_end = self.jobs[at].output == Output::Together;
        thread::spawn(move || {
            let mut piece = vec![0; 64 << 10];
            loop {
                match pipe.read(&mut piece) {
                    Ok(0) => break,
                    Ok(more) => {
                        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                        if only_end {
                            keep_end(&mut kept, &piece[..more]);
                            continue;
                        }
                        let room = MAX_PRINTED - kept.len();
                        kept.extend_from_slice(&piece[..more.min(room)]);
                        if more > room {
                            let _ = sender.send(News::Flooded(at));
                            break;
                        }
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(_) => break,
                }
            }
            sender.send(News::Closed(at))
        });
    }

    /// Waits for news, or until something has to be done without.
    fn hear(&mut self, news: &Receiver<News>) {
        let now = Instant::now();
        let next = self.states.iter().filter_map(State::next).min();
        let wait = next.map_or(TICK, |next| next.saturating_duration_since(now)).min(TICK);
        let mut heard = news.recv_timeout(wait).ok();
        while let Some(news_of) = heard {
            self.note(&news_of);
            heard = news.try_recv().ok();
        }
    }

    fn note(&mut self, news: &News) {
        let (News::Ended(at) | News::Closed(at) | News::Flooded(at)) = news;
        let Some(State::Running(running)) = self.states.get_mut(*at) else { return };
        match news {
            News::Closed(_) => running.open -= 1,
            News::Flooded(_) => running.tell(End::Flooded),
            News::Ended(_) => running.end(),
        }
        if running.open == 0 && running.ended.is_some() {
            self.finish(*at);
        }
    }

    /// Tells those to end whose time is over, kills those that do not, and gives up on outputs that stay open.
    fn look_at_the_clock(&mut self) {
        let now = Instant::now();
        for at in 0..self.states.len() {
            let State::Running(running) = &mut self.states[at] else { continue };
            match (&running.ended, &running.told) {
                (Some((_, _, until)), _) if now >= *until => self.finish(at),
                (None, None) if now >= running.limit => running.tell(End::TimedOut),
                (None, Some((_, kill))) if now >= *kill => running.signal(Signal::KILL),
                _ => {}
            }
        }
    }

    /// Kills everything that runs and starts nothing more.
    fn kill(&mut self) {
        for (at, state) in self.states.iter_mut().enumerate() {
            match state {
                State::Waiting => {
                    let ran = Ran::not(End::Skipped);
                    self.watch.over(at, &ran);
                    *state = State::Over(Box::new(ran));
                }
                State::Running(running) => {
                    running.told.get_or_insert((End::Skipped, Instant::now()));
                    running.signal(Signal::KILL);
                }
                State::Over(_) => {}
            }
        }
    }

    fn finish(&mut self, at: usize) {
        let State::Running(running) = &mut self.states[at] else { return };
        let Some((end, took, _)) = running.ended.take() else { return };
        let [stdout, stderr] = running
            .printed
            .each_ref()
            .map(|kept| std::mem::take(&mut *kept.lock().unwrap_or_else(PoisonError::into_inner)));
        self.over(at, Ran { end, stdout, stderr, took });
    }
}

/// Adds to what is kept, and forgets its beginning where that is too much: not with each piece, since that moves all of it.
fn keep_end(kept: &mut Vec<u8>, piece: &[u8]) {
    kept.extend_from_slice(piece);
    if kept.len() > 2 * MAX_PRINTED {
        kept.drain(..kept.len() - MAX_PRINTED - 1);
    }
}

impl State {
    /// When something has to be done without news.
    fn next(&self) -> Option<Instant> {
        let Self::Running(running) = self else { return None };
        Some(match (&running.ended, &running.told) {
            (Some((_, _, until)), _) => *until,
            (None, Some((_, kill))) => *kill,
            (None, None) => running.limit,
        })
    }
}

impl Running {
    fn signal(&self, signal: Signal) {
        if let Some(group) = self.group {
            // A group that is gone needs no signal.
            let _ = kill_process_group(group, signal);
        }
    }

    fn tell(&mut self, why: End) {
        if self.told.is_none() && self.ended.is_none() {
            self.told = Some((why, Instant::now() + GRACE));
            self.signal(Signal::TERM);
        }
    }

    /// Its process has ended: so does the rest of its group.
    fn end(&mut self) {
        let took = self.began.elapsed();
        self.signal(Signal::KILL);
        let own = match self.child.wait() {
            Ok(status) => match (status.code(), status.signal()) {
                (Some(code), _) => End::Exited(code),
                (None, signal) => End::Signalled(signal.unwrap_or(0)),
            },
            Err(error) => End::NotStarted(format!("nobody knows how it ended: {error}")),
        };
        let end = self.told.take().map_or(own, |(why, _)| why);
        self.ended = Some((end, took, Instant::now() + DRAIN));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn job(line: &str, limit: Duration, after: &[usize]) -> Job {
        Job {
            words: ["sh", "-c", line].map(str::to_owned).to_vec(),
            env: vec![("HOOKRAIL_HANDLER".into(), "1".into())],
            folder: std::env::temp_dir(),
            limit,
            after: after.to_vec(),
            output: Output::Apart,
        }
    }

    fn run(jobs: &[Job], input: &str) -> Vec<Ran> {
        let folder = tempfile::tempdir().unwrap();
        let stdin = folder.path().join("stdin");
        std::fs::write(&stdin, input).unwrap();
        run_all(jobs, &stdin, Instant::now() + LONG, &AtomicBool::new(false))
    }

    fn is_alive(pid: &str) -> bool {
        // A zombie of a group that was killed is as good as gone.
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
        !stat.is_empty() && !stat.rsplit(')').next().unwrap().trim_start().starts_with('Z')
    }

    #[test]
    fn each_is_given_the_input_and_heard() {
        let jobs = [
            job("cat; echo more >&2", LONG, &[]),
            job("wc -c; exit 3", LONG, &[]),
            job("echo $HOOKRAIL_HANDLER", LONG, &[]),
        ];
        let ran = run(&jobs, "hello");
        assert_eq!(
            (ran[0].end.clone(), &ran[0].stdout[..], &ran[0].stderr[..]),
            (End::Exited(0), &b"hello"[..], &b"more\n"[..])
        );
        assert_eq!(
            (ran[1].end.clone(), String::from_utf8_lossy(&ran[1].stdout).trim().to_owned()),
            (End::Exited(3), "5".to_owned())
        );
        assert_eq!(ran[2].stdout, b"1\n");
    }

    #[test]
    fn one_that_hangs_floods_or_is_missing_is_in_nobodys_way() {
        let mut missing = job("", LONG, &[]);
        missing.words = vec!["/no/such/program".to_owned()];
        let jobs = [
            job("trap '' TERM; sleep 600 & wait; sleep 600", Duration::from_millis(100), &[]),
            job("yes", LONG, &[]),
            missing,
            job("kill -9 $$", LONG, &[]),
            job("echo fine", LONG, &[0, 1, 2, 3]),
        ];
        let ran = run(&jobs, "");
        assert_eq!(ran[0].end, End::TimedOut);
        assert_eq!((ran[1].end.clone(), ran[1].stdout.len()), (End::Flooded, MAX_PRINTED));
        assert!(matches!(&ran[2].end, End::NotStarted(why) if why.contains("/no/such/program")), "{:?}", ran[2].end);
        assert_eq!(ran[3].end, End::Signalled(9));
        assert_eq!(
            (ran[4].end.clone(), &ran[4].stdout[..]),
            (End::Exited(0), &b"fine\n"[..]),
            "it waited for all and ran"
        );
    }

    #[test]
    fn a_group_is_ended_whole_and_a_daemon_is_not_waited_for() {
        let began = Instant::now();
        let ran = run(&[job("sleep 600 & echo $!", LONG, &[]), job("setsid sleep 20 & echo left", LONG, &[])], "");
        assert!(ran.iter().all(|ran| ran.end == End::Exited(0)));
        let pid = String::from_utf8(ran[0].stdout.clone()).unwrap();
        let deadline = Instant::now() + LONG;
        while is_alive(&pid) {
            assert!(Instant::now() < deadline, "what a handler leaves in its group ends with it");
            thread::yield_now();
        }
        assert_eq!(ran[1].stdout, b"left\n");
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    }

    #[test]
    fn no_more_run_at_once_than_may_and_all_come_to_their_turn() {
        let folder = tempfile::tempdir().unwrap();
        // Each counts who is there with it.
        let line = format!("cd {}; mkdir $$ && ls | wc -l && sleep 0.05; rmdir $$", folder.path().display());
        let jobs: Vec<Job> = (0..3 * MAX_AT_ONCE).map(|_| job(&line, LONG, &[])).collect();
        let ran = run(&jobs, "");
        let most =
            ran.iter().map(|ran| String::from_utf8_lossy(&ran.stdout).trim().parse::<usize>().unwrap()).max().unwrap();
        assert!(ran.iter().all(|ran| ran.end == End::Exited(0)) && most <= MAX_AT_ONCE, "{most} at once");
    }

    #[test]
    fn when_time_is_up_or_the_end_is_called_nothing_is_left_running() {
        let folder = tempfile::tempdir().unwrap();
        let stdin = folder.path().join("stdin");
        std::fs::write(&stdin, "").unwrap();
        let jobs = [job("sleep 600", LONG, &[]), job("echo never", LONG, &[0])];
        let ran = run_all(&jobs, &stdin, Instant::now() + Duration::from_millis(50), &AtomicBool::new(false));
        assert_eq!((&ran[0].end, &ran[1].end), (&End::TimedOut, &End::Skipped));
        let ran = run_all(&jobs, &stdin, Instant::now() + LONG, &AtomicBool::new(true));
        assert!(ran.iter().all(|ran| ran.end == End::Skipped), "{ran:?}");
    }

    #[test]
    fn both_streams_together_are_in_order_and_their_end_is_kept() {
        let mut mixed = job("echo one; echo two >&2; echo three", LONG, &[]);
        mixed.output = Output::Together;
        // Three times what is kept, then the last word.
        let mut long = job(&format!("head -c {} /dev/zero; echo END >&2", 3 * MAX_PRINTED), LONG, &[]);
        long.output = Output::Together;
        let ran = run(&[mixed, long], "");
        assert_eq!((&ran[0].end, &ran[0].stdout[..]), (&End::Exited(0), &b"one\ntwo\nthree\n"[..]));
        assert_eq!(ran[1].end, End::Exited(0), "it is not ended for it");
        assert!(ran[1].stdout.len() > MAX_PRINTED && ran[1].stdout.len() <= 2 * MAX_PRINTED + 1);
        assert!(ran[1].stdout.ends_with(b"END\n") && ran[1].stderr.is_empty());
    }

    #[test]
    fn who_watches_is_asked_and_told() {
        #[derive(Default)]
        struct Notes(Vec<String>);
        impl Watch for Notes {
            fn may_start(&mut self, at: usize) -> bool {
                at != 1
            }
            fn started(&mut self, at: usize) {
                self.0.push(format!("{at} started"));
            }
            fn over(&mut self, at: usize, ran: &Ran) {
                self.0.push(format!("{at} {:?}", ran.end));
            }
        }
        let mut missing = job("", LONG, &[1]);
        missing.words = vec!["/no/such/program".to_owned()];
        let jobs = [job("exit 3", LONG, &[]), job("true", LONG, &[0]), missing];
        let mut notes = Notes::default();
        let deadline = Instant::now() + LONG;
        run_watched(&jobs, Path::new("/dev/null"), deadline, &AtomicBool::new(false), &mut notes);
        assert_eq!(notes.0[..3], ["0 started", "0 Exited(3)", "1 Skipped"]);
        assert!(notes.0[3].starts_with("2 NotStarted"), "{:?}", notes.0);
    }
}
