//! One event from the agent to the handlers and back.

use std::borrow::Cow;
use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use hookrail_core::agents::{self, Parsed, Received, Reply};
use hookrail_core::event::{Agent, Kind};
use hookrail_core::policy::{self, Verdict};
use hookrail_core::time::Timestamp;
use hookrail_hook::Home;
use hookrail_hook::hand::{ENV_INSIDE, ENV_PROJECT};
use hookrail_hook::snapshot;
use serde_json::{Map, Value};

use super::answer::{self, Answer, Decision, Output, Terms};
use super::changes::{self, Notes};
use super::events::{self, Fields};
use super::merge::{Answers, merge};
use super::record::{self, Outcome, Run};
use super::run::{self, End, Job, Ran, run_all};
use super::select::{Choice, Occasion, select};
use super::sources::Sources;
use super::trust::{Book, Trust};
use super::{Action, Handler, Level, builtin, chain, index};
use crate::install::{SETUP_TIMEOUT_SECONDS, TIMEOUT_SECONDS};
use crate::place::git::Checkout;
use crate::profile::ENV_PROFILE;
use crate::setup::agent;

/// What handlers are told by: beside [`ENV_INSIDE`], whose value is 1.
pub const ENV_NAME: &str = "HOOKRAIL_HANDLER_NAME";
/// The event, by the agent's own name.
pub const ENV_EVENT: &str = "HOOKRAIL_EVENT";
/// The agent.
pub const ENV_AGENT: &str = "HOOKRAIL_AGENT";
/// The session.
pub const ENV_SESSION: &str = "HOOKRAIL_SESSION";
/// The project's folder.
pub const ENV_PROJECT_DIR: &str = "HOOKRAIL_PROJECT_DIR";
/// The files the handler was chosen for, a line each, relative to the project.
pub const ENV_FILES: &str = "HOOKRAIL_FILES";

/// The most bytes of [`ENV_FILES`]; files beyond are left out, whole.
const MAX_FILES_BYTES: usize = 64 << 10;

/// How long all handlers of an event may take together: well within what `install` lets agents wait.
const LIMIT: Duration = Duration::from_secs(TIMEOUT_SECONDS - 10);

/// And at a set-up, which takes as long as its steps.
const SETUP_LIMIT: Duration = Duration::from_secs(SETUP_TIMEOUT_SECONDS - 10);

/// Claude Code waits at the end of a session for a minute at most, however long its settings say.
const END_LIMIT: Duration = Duration::from_secs(50);

/// Codex waits for three seconds at the end of a session and where it is interrupted.
const CODEX_END_LIMIT: Duration = Duration::from_secs(2);

/// How many contexts that were too long are kept.
const MAX_OVERFLOWS: usize = 50;

/// What arrived.
#[derive(Debug)]
pub struct Call<'a> {
    /// The agent the hook was called with.
    pub agent: Agent,
    /// The event's name where the hook was called with it.
    pub name: Option<&'a str>,
    /// What the guard said.
    pub verdict: Option<Verdict>,
    /// The agent's JSON.
    pub payload: &'a [u8],
}

/// Where and when.
pub struct Here<'a> {
    /// The state folder.
    pub home: &'a Home,
    /// This program.
    pub program: &'a Path,
    /// The environment.
    pub env: &'a dyn Fn(&str) -> Option<String>,
    /// The time.
    pub now: Timestamp,
    /// Whether this program is to end.
    pub stop: &'a AtomicBool,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Dispatched {
    /// What goes to the agent.
    pub reply: Reply,
    /// The runs.
    pub runs: Vec<Run>,
    /// What went wrong on our side, for `hook.log`.
    pub failures: Vec<String>,
}

/// An event as handlers look at it.
pub struct Event<'a> {
    /// What arrived.
    pub received: Received<'a>,
    /// The payload's top level.
    pub fields: Fields<'a>,
    /// The working folder, or the project's where the agent tells it.
    pub folder: PathBuf,
}

impl<'a> Event<'a> {
    /// Reads what arrived.
    pub fn read(call: &Call<'a>, here: &Here<'_>) -> Self {
        let received = agents::parse_bytes(&call.agent, call.name, call.payload);
        let text = std::str::from_utf8(call.payload).unwrap_or_default();
        let told = (here.env)(ENV_PROJECT).filter(|folder| call.agent == Agent::ClaudeCode && !folder.is_empty());
        let folder = told.or_else(|| received.parsed.cwd.clone()).map(PathBuf::from);
        let folder = folder.or_else(|| std::env::current_dir().ok()).unwrap_or_else(|| PathBuf::from("/"));
        Self { fields: events::fields(text), received, folder }
    }

    pub(crate) fn parsed(&self) -> &Parsed {
        &self.received.parsed
    }

    pub(crate) fn session(&self) -> &str {
        self.parsed().session_id.as_ref().map_or("", |session| session.as_str())
    }

    /// What the agent takes as an answer.
    pub fn terms(&self) -> Terms {
        let again = events::is_set(&self.fields, "stop_hook_active");
        answer::terms(&self.received.agent, self.parsed(), again)
    }

    /// Which of these handlers it concerns.
    pub fn select<'h>(&self, handlers: &'h [Handler], sources: &Sources, home: &Home) -> Vec<Choice<'h>> {
        let notes = Notes::of(home, self.session());
        let turn = self.parsed().turn_id.as_deref();
        let changed = |since| changes::changed(since, &notes, turn, &sources.project);
        select(
            handlers,
            &Occasion {
                agent: &self.received.agent,
                parsed: self.parsed(),
                fields: &self.fields,
                project: &sources.project,
                branch: Checkout::of(&sources.project).and_then(|checkout| checkout.branch()),
                profile: sources.profile.name.clone(),
                changed: &changed,
            },
        )
    }
}

/// Asks whoever is concerned and merges what they say. Whatever goes wrong, there is an answer.
pub fn dispatch(call: &Call<'_>, here: &Here<'_>) -> Dispatched {
    let deadline = Instant::now();
    let event = Event::read(call, here);
    let deadline = deadline + limit(&event.received.agent, event.parsed());
    let sources = Sources::load(here.home, &event.folder, here.env);
    let mut failures = Vec::new();
    let terms = event.terms();
    let messages = look_after(&event, &sources, &terms, here, &mut failures);
    let handlers = sources.runnable();
    if let Err(error) = note(&event, &handlers, here.home) {
        failures.push(format!("a written file was not noted: {error}"));
    }
    // Before the handlers, which may need what it brings.
    let (mut runs, mut answers) = agent::set_up(&event, &sources, deadline, here, &mut failures);
    let choices: Vec<Choice<'_>> =
        event.select(&handlers, &sources, here.home).into_iter().filter(|choice| choice.runs).collect();
    let ran = start(&choices, &event, &sources, call.payload, deadline, here).unwrap_or_else(|error| {
        failures.push(format!("no handler was started: {error}"));
        Vec::new()
    });
    for (choice, ran) in choices.iter().zip(ran) {
        let answer = said(choice.handler, &ran, &terms);
        runs.push(run(choice, &event, &ran, &answer));
        answers.push((choice.handler.id(), answer));
    }
    let reply = merged(call, &event, &terms, &mut answers, &messages, here, &mut failures);
    Dispatched { reply, runs, failures }
}

/// What this agent waits for at this event, less a margin.
fn limit(agent: &Agent, parsed: &Parsed) -> Duration {
    match (agent, &parsed.kind) {
        (_, Kind::Setup) => SETUP_LIMIT,
        (Agent::Codex, Kind::SessionEnded | Kind::TurnInterrupted) => CODEX_END_LIMIT,
        (_, Kind::SessionEnded) => END_LIMIT,
        _ => LIMIT,
    }
}

/// Keeps the index as the sources are, and tells a person once of handlers that do not run.
fn look_after(
    event: &Event<'_>,
    sources: &Sources,
    terms: &Terms,
    here: &Here<'_>,
    failures: &mut Vec<String>,
) -> Vec<String> {
    let mut messages = Vec::new();
    let begins = event.parsed().kind == Kind::SessionStarted;
    if begins {
        changes::tidy(here.home);
    }
    if (begins || sources.trust == Trust::Changed)
        && let Err(error) = index::compile(here.home, here.program, here.env)
    {
        failures.push(format!("the index of handlers was not prepared: {error}"));
    }
    let waits = matches!(sources.trust, Trust::Untrusted | Trust::Changed);
    let (Some(hash), true, true) = (&sources.hash, waits, terms.message) else { return messages };
    let mut book = Book::read(here.home);
    if book.told.get(&sources.project) != Some(hash) {
        let count = sources.handlers.iter().filter(|handler| handler.level == Level::Project).count();
        let what = match sources.trust {
            Trust::Changed => "have changed since you trusted them",
            _ => "are not trusted by you yet",
        };
        if count > 0 {
            messages.push(format!(
                "hookrail: {count} handlers of {} {what}, so they do not run. `hookrail handlers list` shows them, `hookrail handlers trust` lets them run.",
                sources.project.display()
            ));
            book.told.insert(sources.project.clone(), hash.clone());
            if let Err(error) = book.write(here.home) {
                failures.push(format!("it was not noted that a person was told: {error}"));
            }
        }
    }
    messages
}

/// Notes what the agent wrote, where a handler wants to know.
fn note(event: &Event<'_>, handlers: &[Handler], home: &Home) -> std::io::Result<()> {
    let wanted = handlers.iter().any(Handler::follows_writes);
    if !wanted || !events::is_write(event.parsed()) {
        return Ok(());
    }
    let absolute = |path: String| match event.parsed().cwd.as_deref() {
        Some(cwd) => Path::new(cwd).join(&path).to_string_lossy().into_owned(),
        None => path,
    };
    let paths = events::paths(event.parsed(), &event.fields).into_iter().map(absolute).collect();
    Notes::of(home, event.session()).add(event.parsed().turn_id.as_deref(), paths)
}

/// Runs those that are concerned.
fn start(
    choices: &[Choice<'_>],
    event: &Event<'_>,
    sources: &Sources,
    payload: &[u8],
    deadline: Instant,
    here: &Here<'_>,
) -> std::io::Result<Vec<Ran>> {
    if choices.is_empty() {
        return Ok(Vec::new());
    }
    let folder = here.home.handlers();
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
    let stdin = folder.join(format!("{}{}-{}", changes::INPUT, std::process::id(), here.now.as_nanos()));
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&stdin)?;
    file.write_all(payload)?;
    let handlers: Vec<&Handler> = choices.iter().map(|choice| choice.handler).collect();
    let after = chain::predecessors(&handlers);
    let jobs: Vec<Job> =
        choices.iter().zip(after).map(|(choice, after)| job(choice, after, event, sources, here)).collect();
    let ran = run_all(&jobs, &stdin, deadline, here.stop);
    // What is left goes with what else is old, and has nothing in it that the spool has not.
    let _ = fs::remove_file(&stdin);
    Ok(ran)
}

fn job(choice: &Choice<'_>, after: Vec<usize>, event: &Event<'_>, sources: &Sources, here: &Here<'_>) -> Job {
    let handler = choice.handler;
    let mut env: Vec<(Cow<'static, str>, OsString)> = vec![
        (ENV_INSIDE.into(), "1".into()),
        (ENV_NAME.into(), handler.name.as_str().into()),
        (ENV_EVENT.into(), event.parsed().name.as_str().into()),
        (ENV_AGENT.into(), event.received.agent.as_str().into()),
        (ENV_SESSION.into(), event.session().into()),
        (ENV_PROJECT_DIR.into(), sources.project.as_os_str().to_owned()),
        (ENV_PROFILE.into(), sources.profile.name.as_str().into()),
        (ENV_FILES.into(), files(&choice.files).into()),
        // What Python would write beside what it imports would change what a person trusts.
        ("PYTHONDONTWRITEBYTECODE".into(), "1".into()),
    ];
    let words = match &handler.action {
        Action::Shell(line) => ["sh", "-c", line].map(str::to_owned).to_vec(),
        Action::Program(words) => {
            let mut words = words.clone();
            // A path is meant from the project's folder, or the person's: theirs must not become a program of a project that
            // nobody trusts. A bare name is looked for on the PATH.
            let base = if handler.level == Level::User { here.home.path() } else { &sources.project };
            if let Some(program) = words.first_mut().filter(|program| program.contains('/')) {
                *program = base.join(&*program).to_string_lossy().into_owned();
            }
            words
        }
        Action::Builtin { name, settings } => {
            env.push((builtin::ENV_SETTINGS.into(), settings.to_string().into()));
            vec![here.program.to_string_lossy().into_owned(), "handlers".into(), "builtin".into(), name.clone()]
        }
    };
    Job { words, env, folder: sources.project.clone(), limit: handler.limit(), after, output: run::Output::Apart }
}

/// Paths as lines, no more than fit.
fn files(paths: &[String]) -> String {
    let mut text = String::new();
    for path in paths.iter().filter(|path| !path.contains(['\n', '\0'])) {
        if text.len() + path.len() >= MAX_FILES_BYTES {
            break;
        }
        text.push_str(path);
        text.push('\n');
    }
    text
}

/// What a handler said; one that did not end by itself said nothing.
fn said(handler: &Handler, ran: &Ran, terms: &Terms) -> Answer {
    match ran.end {
        End::Exited(exit) => {
            answer::read(Output { exit, stdout: &ran.stdout, stderr: &ran.stderr }, handler.can_block, terms)
        }
        _ => Answer::default(),
    }
}

/// The run as it is recorded.
fn run(choice: &Choice<'_>, event: &Event<'_>, ran: &Ran, answer: &Answer) -> Run {
    let blocks =
        answer.halt.is_some() || answer.ruling.as_ref().is_some_and(|ruling| ruling.decision == Decision::Deny);
    let mut notes = answer.refused.clone();
    let outcome = match &ran.end {
        End::Exited(_) if blocks => Outcome::Blocked,
        End::Exited(_) if !notes.is_empty() => Outcome::Refused,
        End::Exited(_) if answer.held => Outcome::Held,
        // Two is a word to the agent, and was heard: as context, where what it is about has happened.
        End::Exited(0 | 2) => Outcome::Succeeded,
        End::Exited(_) | End::Signalled(_) => Outcome::Failed,
        End::TimedOut => Outcome::TimedOut,
        End::Flooded => Outcome::Flooded,
        End::NotStarted(why) => {
            notes.push(why.clone());
            Outcome::Missing
        }
        End::Skipped => Outcome::Skipped,
    };
    if let End::Signalled(signal) = ran.end {
        notes.push(format!("ended by signal {signal}"));
    }
    if outcome.is_bad() {
        notes.extend(last_line(&ran.stderr));
    }
    let code = if let End::Exited(code) = ran.end { Some(code) } else { None };
    Run {
        handler: choice.handler.id(),
        on: event.parsed().name.clone(),
        why: choice.because.clone(),
        outcome,
        exit: code,
        duration_ms: u64::try_from(ran.took.as_millis()).unwrap_or(u64::MAX),
        stdout_bytes: ran.stdout.len(),
        stderr_bytes: ran.stderr.len(),
        notes,
    }
}

/// The last line that says something.
fn last_line(stderr: &[u8]) -> Option<String> {
    const MAX_CHARS: usize = 300;
    let text = String::from_utf8_lossy(stderr);
    let line = text.lines().rev().find(|line| !line.trim().is_empty())?;
    Some(line.trim().chars().take(MAX_CHARS).collect())
}

/// The one answer. An input that a handler puts in the place of a call's own is judged like any other.
fn merged(
    call: &Call<'_>,
    event: &Event<'_>,
    terms: &Terms,
    answers: &mut [(String, Answer)],
    messages: &[String],
    here: &Here<'_>,
    failures: &mut Vec<String>,
) -> Reply {
    let overflow = here.home.handlers().join("overflow").join(format!("{}.txt", here.now.as_nanos()));
    let overflow_file = overflow.to_string_lossy();
    let combine = |guard: Option<&Verdict>, answers: &[(String, Answer)]| {
        let agent = &event.received.agent;
        merge(&Answers {
            agent,
            parsed: event.parsed(),
            terms,
            guard,
            answers,
            messages,
            overflow_file: &overflow_file,
        })
    };
    let mut merged = combine(call.verdict.as_ref(), answers);
    if let Some(input) = &merged.updated_input
        && let Some(verdict) = judged_anew(event, call.payload, input, here)
    {
        if verdict.decision == policy::Decision::Deny {
            return agents::reply(&event.received.agent, event.parsed(), Some(&verdict));
        }
        // A handler's allow was for what it made of the call, and the guard's word on that is stricter.
        if call.verdict.as_ref().is_none_or(|first| verdict.decision > first.decision) {
            merged = combine(Some(&verdict), answers);
        }
    }
    if let Some(text) = &merged.overflow
        && let Err(error) = keep(&overflow, text)
    {
        failures.push(format!("a context that is too long was not kept: {error}"));
    }
    failures.extend(merged.unheard.iter().map(|what| format!("another handler was heard first: {what}")));
    merged.reply
}

/// What the guard says to the call with another input. Where it cannot be judged, the rules' own way to fail decides, as in the hook.
fn judged_anew(event: &Event<'_>, payload: &[u8], input: &Value, here: &Here<'_>) -> Option<Verdict> {
    let mut changed: Map<String, Value> = serde_json::from_slice(payload).ok()?;
    changed.insert("tool_input".to_owned(), input.clone());
    let text = Value::Object(changed).to_string();
    let parsed = agents::parse(&event.received.agent, &text);
    if snapshot::is_paused(&here.home.pause(), here.now) {
        return None;
    }
    let judged = snapshot::judge(here.home, &parsed, &text, here.now);
    if judged.is_unavailable && here.home.policy_closed().exists() {
        let reason = "A handler changed this call, and hookrail's rules cannot be used to judge it.";
        return Some(Verdict::new(policy::Decision::Deny, Verdict::UNAVAILABLE, reason));
    }
    let verdict = judged.verdict?;
    let reach = agents::reach(&event.received.agent, &parsed, verdict.decision);
    Some(verdict.within(reach))
}

/// Keeps a context that was too long, and no more than a few of them.
fn keep(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut kept: Vec<PathBuf> = fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    kept.sort();
    for old in kept.iter().take((kept.len() + 1).saturating_sub(MAX_OVERFLOWS)) {
        fs::remove_file(old)?;
    }
    fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?.write_all(text.as_bytes())
}

/// Whose runs these are, for [`record::append`].
pub fn of<'a>(event: &'a Event<'_>, env: &dyn Fn(&str) -> Option<String>) -> record::Of<'a> {
    let text = |name: &str| env(name).filter(|text| !text.is_empty());
    let context = hookrail_core::context::Context {
        run_id: hookrail_hook::RUN_VARIABLES.iter().find_map(|name| text(name)),
        worker: text(hookrail_hook::WORKER_VARIABLE),
        task: text(hookrail_hook::TASK_VARIABLE),
        ..Default::default()
    };
    record::Of {
        agent: &event.received.agent,
        parsed: event.parsed(),
        context: Some(context).filter(|it| !it.is_empty()),
    }
}
