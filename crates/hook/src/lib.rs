//! The hook: one tiny process per event of a coding agent.
//!
//! It reads what the agent says on standard input, judges it by the rules of this device, appends one record to the
//! [`spool`], and answers ([`run`]). It opens no network connection and waits for nobody. Whatever fails, the agent gets its
//! answer, and the failure is a line in `hook.log`: an agent must never be worse off for being recorded.
//!
//! The start of the process is what it costs, so this crate and what it depends on stay few and small, and every system call is one
//! that the work needs.

use std::borrow::Cow;
use std::ffi::OsString;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Read, Write};
use std::time::SystemTime;

use hookrail_core::agents::{self, Received};
use hookrail_core::context::Context;
use hookrail_core::event::{Agent, EventId};
use hookrail_core::policy::facts::NoFacts;
use hookrail_core::policy::{self, Decision, Mode, Verdict};
use hookrail_core::time::Timestamp;
use hookrail_core::wire::{Content, Record};

pub mod facts;
pub mod hand;
pub mod home;
pub mod log;
pub mod snapshot;
pub mod spend;
pub mod spool;
pub mod stopped;
pub mod wake;

pub use home::Home;
use log::Log;
use spool::{SEGMENT_BYTES, Spool};

/// The most that is read of standard input, in bytes. What is longer is recorded as malformed, because its end is missing.
pub const MAX_INPUT_BYTES: usize = 256 << 20;

/// What there is room for at first: more than agents usually send with a call. Of it only the pages that are filled cost anything.
const FIRST_ROOM_BYTES: usize = 16 << 10;

const USAGE: &str = "\
usage: hookrail-hook <agent> [<event>]

Records one hook event of a coding agent and gives the agent its answer. Agents start it, people do not:
the event is read from standard input as the agent's JSON, the answer goes to standard output.

  <agent>   claude-code, codex, cursor, gemini, copilot, or any other name
  <event>   the event's name, for agents whose JSON does not carry it (copilot)

`hookrail install <agent>` registers it, `hookrail doctor` shows what it recorded and what failed.
";

/// The hook as a program: `args` are those after the program's name (or after `hookrail hook`).
///
/// Returns the exit code. A mistake in the arguments is told on standard error and in `hook.log`, and ends with success: to an agent another exit code may mean that
/// its tool call is blocked.
pub fn main(args: impl IntoIterator<Item = OsString>) -> u8 {
    let mut args = args.into_iter().map(|arg| arg.to_string_lossy().into_owned());
    let (agent, event) = (args.next().unwrap_or_default(), args.next());
    let mut io = Io { stdin: &mut io::stdin(), stdout: &mut io::stdout(), stderr: &mut io::stderr() };
    match agent.as_str() {
        "-h" | "--help" => show(&mut io, USAGE),
        "-V" | "--version" => show(&mut io, concat!("hookrail-hook ", env!("CARGO_PKG_VERSION"), "\n")),
        name if name.is_empty() || name.starts_with('-') => refuse(name, &mut io),
        name => run(name, event.as_deref(), &mut io, |name| std::env::var_os(name)),
    }
}

/// The three streams of the process.
pub struct Io<'a> {
    /// What the agent says.
    pub stdin: &'a mut dyn Read,
    /// What the agent is told.
    pub stdout: &'a mut dyn Write,
    /// Failures that cannot be written to `hook.log`.
    pub stderr: &'a mut dyn Write,
}

/// One event: read, parse, judge, append, answer; then see to it that somebody ships it. Returns the exit code.
pub fn run(agent: &str, event: Option<&str>, io: &mut Io<'_>, env: impl Fn(&str) -> Option<OsString>) -> u8 {
    let at = now();
    let agent = Agent::from(agent);
    let home = Home::from_env(&env);
    let mut log = Log { home: home.as_ref(), agent: &agent, at, stderr: io.stderr };

    let input = read(io.stdin, &mut log);
    let received = agents::parse_bytes(&agent, event, &input);
    let verdict = judge(&received, &mut log);
    append(&received, event, verdict.as_ref(), run_of(&env), &mut log);
    hand_over(&received, &agent, event, verdict.as_ref(), &env, &mut log);
    let exit = answer(&received, verdict.as_ref(), io.stdout, &mut log);
    wake_shipper(env, &mut log);
    // The process ends here; giving back the memory page by page would only cost time.
    std::mem::forget(input);
    exit
}

/// Everything on standard input; what came before a failure, where it fails.
fn read(stdin: &mut dyn Read, log: &mut Log<'_>) -> Vec<u8> {
    let mut input = Vec::with_capacity(FIRST_ROOM_BYTES);
    if let Err(error) = stdin.take(MAX_INPUT_BYTES as u64).read_to_end(&mut input) {
        log.tell(format_args!("standard input could not be read to its end: {error}"));
    }
    if input.len() == MAX_INPUT_BYTES {
        log.tell(format_args!("standard input is longer than {MAX_INPUT_BYTES} bytes; the rest was not read"));
    }
    input
}

/// What the rules of this device say, and a person of it. Rules that cannot be used say what their failure mode is.
fn judge(received: &Received<'_>, log: &mut Log<'_>) -> Option<Verdict> {
    let home = log.home?;
    let parsed = &received.parsed;
    // Results come in numbers and sizes that calls do not, and nearly none says anything to a rule.
    if parsed.is_result() && policy::inspect(parsed, received.payload.text(), &NoFacts).effects.is_empty() {
        return None;
    }
    let judged = snapshot::judge(home, parsed, received.payload.text(), log.at);
    if let Some(trouble) = &judged.trouble {
        log.tell(format_args!("{trouble}"));
    }
    if judged.has_limits
        && let Err(error) = spend::register(home, received)
    {
        log.tell(format_args!("what this session costs is not counted: {}: {error}", home.spend_live().display()));
    }
    let verdict = match judged.trouble.filter(|_| judged.is_unavailable) {
        Some(trouble) => unavailable(home.policy_closed().exists(), &trouble),
        None => judged.verdict?,
    };
    let reach = agents::reach(&received.agent, parsed, verdict.decision);
    let mode = verdict.mode;
    let verdict = verdict.within(reach);
    if let Some(told) = judged.told.filter(|_| verdict.mode == mode) {
        match spend::tell(&told) {
            Ok(true) => {}
            // Another hook told of it just now.
            Ok(false) => return None,
            Err(error) => log.tell(format_args!("{}: {error}; a limit will be told of again", told.display())),
        }
    }
    let (verdict, listed) = stopped::settle(home, received, verdict, log.at);
    if let Err(error) = listed {
        log.tell(format_args!("{} could not be written: {error}", home.stopped().display()));
    }
    Some(verdict)
}

/// The verdict of a guard that cannot judge.
fn unavailable(is_closed: bool, trouble: &snapshot::Unusable) -> Verdict {
    if is_closed {
        let reason =
            "Calls are stopped while hookrail's rules cannot be used. Ask the person to run `hookrail doctor`.";
        return Verdict::new(Decision::Deny, Verdict::UNAVAILABLE, reason);
    }
    let verdict = Verdict::new(Decision::Allow, Verdict::UNAVAILABLE, trouble.to_string());
    Verdict { mode: Mode::Observe, ..verdict }
}

/// The orchestrator's run, by the first of these variables that is set.
pub const RUN_VARIABLES: [&str; 2] = ["CLAUDE_RUN_ID", "HOOKRAIL_RUN_ID"];
/// The orchestrator's worker.
pub const WORKER_VARIABLE: &str = "HOOKRAIL_WORKER";
/// The orchestrator's task.
pub const TASK_VARIABLE: &str = "HOOKRAIL_TASK";

/// What only the agent's own environment says of the run it belongs to. The shipper, which adds all else that is said of
/// the place, may have been started by another agent.
fn run_of(env: &impl Fn(&str) -> Option<OsString>) -> Option<Box<Context>> {
    let text = |name: &str| env(name)?.into_string().ok().filter(|text| !text.is_empty());
    let context = Context {
        run_id: RUN_VARIABLES.iter().find_map(|name| text(name)),
        worker: text(WORKER_VARIABLE),
        task: text(TASK_VARIABLE),
        ..Context::default()
    };
    (!context.is_empty()).then(|| Box::new(context))
}

/// Records the event.
fn append(
    received: &Received<'_>,
    event: Option<&str>,
    verdict: Option<&Verdict>,
    context: Option<Box<Context>>,
    log: &mut Log<'_>,
) {
    let Some(home) = log.home else {
        return log.tell(format_args!("not recorded: neither HOOKRAIL_HOME nor HOME is set"));
    };
    let spool = Spool::at(home.spool());
    let appended = line(received, event, verdict, context, log.at).and_then(|line| spool.append(&line));
    match appended {
        Ok(size) if size >= SEGMENT_BYTES => {
            if let Err(error) = spool.seal().and_then(|_| spool.enforce(&spool.caps())) {
                log.tell(format_args!("{} could not be kept within its limits: {error}", spool.dir().display()));
            }
        }
        Ok(_) => {}
        Err(error) => {
            log.tell(format_args!("not recorded: {} in {}: {error}", received.parsed.name, spool.dir().display()));
        }
    }
}

/// The record's line.
fn line(
    received: &Received<'_>,
    event: Option<&str>,
    verdict: Option<&Verdict>,
    context: Option<Box<Context>>,
    at: Timestamp,
) -> io::Result<Vec<u8>> {
    let content = Content::of(&received.payload);
    let record = Record {
        id: Some(EventId::v7(at, random())),
        occurred_at: Some(at),
        name: event.map(Cow::Borrowed),
        verdict: verdict.cloned(),
        context,
        redactions: Vec::new(),
        ..Record::new(received.agent.clone(), &content)
    };
    let mut line = Vec::with_capacity(received.payload.text().len() + 512);
    serde_json::to_writer(&mut line, &record)?;
    line.push(b'\n');
    Ok(line)
}

/// Leaves the rest to handlers, where there are any for this event: then this does not return.
fn hand_over(
    received: &Received<'_>,
    agent: &Agent,
    name: Option<&str>,
    verdict: Option<&Verdict>,
    env: &impl Fn(&str) -> Option<OsString>,
    log: &mut Log<'_>,
) {
    let Some(home) = log.home else { return };
    if let Err(error) = hand::over(home, hand::Event { received, agent, name, verdict }, env) {
        log.tell(format_args!("no handler was asked: {error}"));
    }
}

/// Gives the agent its answer.
fn answer(received: &Received<'_>, verdict: Option<&Verdict>, stdout: &mut dyn Write, log: &mut Log<'_>) -> u8 {
    let reply = agents::reply(&received.agent, &received.parsed, verdict);
    if !reply.stdout.is_empty() {
        let written = stdout.write_all(reply.stdout.as_bytes()).and_then(|()| stdout.flush());
        if let Err(error) = written {
            log.tell(format_args!("the answer to {} was not taken: {error}", received.parsed.name));
        }
    }
    reply.exit
}

fn wake_shipper(env: impl Fn(&str) -> Option<OsString>, log: &mut Log<'_>) {
    if let Some(Err(error)) = log.home.map(|home| wake::wake(home, env)) {
        log.tell(format_args!("the shipper could not be started: {error}"));
    }
}

fn show(io: &mut Io<'_>, text: &str) -> u8 {
    u8::from(io.stdout.write_all(text.as_bytes()).is_err())
}

fn refuse(name: &str, io: &mut Io<'_>) -> u8 {
    let home = Home::from_env(|name| std::env::var_os(name));
    let agent = Agent::from("-");
    let mut log = Log { home: home.as_ref(), agent: &agent, at: now(), stderr: io.stderr };
    log.tell(format_args!("nothing recorded: the hook was called with {name:?} in the place of an agent's name"));
    let _ = io.stderr.write_all(USAGE.as_bytes());
    0
}

/// The device's clock. A time beyond what a timestamp can hold is the epoch: odd, and not a reason to fail.
fn now() -> Timestamp {
    let nanos = match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_nanos()),
        Err(before) => i64::try_from(before.duration().as_nanos()).map(|nanos| -nanos),
    };
    Timestamp::from_nanos(nanos.unwrap_or(0))
}

/// 64 random bits: the standard library seeds its hasher from the system's randomness.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
