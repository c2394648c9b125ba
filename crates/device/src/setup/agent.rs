//! The set-up at an agent's own `Setup` event, as the dispatcher of handlers runs it.
//!
//! Claude Code passes over all that a hook says at `Setup` (seen with 2.1.197, and its documentation of October 2026 says so),
//! and starts the session right after. So what came of the steps is kept by the session's name and told at its start.

use std::fs;
use std::io;
use std::time::Instant;

use hookrail_core::event::Kind;
use hookrail_hook::Home;
use serde::{Deserialize, Serialize};

use super::Phase;
use super::report::{Report, StepReport};
use super::run::{Options, Site, run};
use crate::handlers::answer::Answer;
use crate::handlers::changes;
use crate::handlers::dispatch::{Event, Here};
use crate::handlers::file;
use crate::handlers::record::Run;
use crate::handlers::sources::Sources;
use crate::handlers::trust::Trust;
use crate::whole::write_private;

/// Whose word it is among those of handlers.
const ID: &str = "setup";

/// What there is to be told of a set-up.
#[derive(Debug, Serialize, Deserialize)]
struct Told {
    /// For the model.
    context: String,
    /// For the person, where something is to be done.
    message: Option<String>,
}

/// At a `Setup` runs the steps of the project, if it is trusted; at the start of the session tells what came of them.
/// Gives the runs for the record and what is said, like a handler's answer.
pub(crate) fn set_up(
    event: &Event<'_>,
    sources: &Sources,
    deadline: Instant,
    here: &Here<'_>,
    failures: &mut Vec<String>,
) -> (Vec<Run>, Vec<(String, Answer)>) {
    let said = |told: Told| {
        let answer = Answer { context: Some(told.context), message: told.message, ..Answer::default() };
        vec![(ID.to_owned(), answer)]
    };
    match event.parsed().kind {
        Kind::SessionStarted => (Vec::new(), take(here.home, event.session()).map(said).unwrap_or_default()),
        Kind::Setup => {
            let phase = event.parsed().reason.as_deref().and_then(Phase::of);
            let Some((runs, told)) = phase.and_then(|phase| at_setup(phase, event, sources, deadline, here)) else {
                return (Vec::new(), Vec::new());
            };
            if let Err(error) = keep(here.home, event.session(), &told) {
                failures.push(format!("what came of the set-up cannot be told at the session's start: {error}"));
            }
            // Whoever reads the agent's stream of events sees it here.
            let answer = Answer { message: Some(told.context), ..Answer::default() };
            (runs, vec![(ID.to_owned(), answer)])
        }
        _ => (Vec::new(), Vec::new()),
    }
}

/// Runs the steps; `None` where there are none.
fn at_setup(
    phase: Phase,
    event: &Event<'_>,
    sources: &Sources,
    deadline: Instant,
    here: &Here<'_>,
) -> Option<(Vec<Run>, Told)> {
    let project = &sources.project;
    let of_file: Vec<_> = sources.mistakes.iter().filter(|mistake| mistake.file == project.join(file::FILE)).collect();
    let count = sources.setup.steps(phase).len();
    let not_run = |why: &str| {
        let text = format!("hookrail setup {phase}: no step was run, because {why}");
        Some((Vec::new(), Told { context: text.clone(), message: Some(text) }))
    };
    if count == 0 && of_file.is_empty() {
        return None;
    }
    if sources.trust != Trust::Trusted {
        // What is wrong in a file that nobody trusts is nobody's business here.
        if count == 0 {
            return None;
        }
        let what =
            if sources.trust == Trust::Changed { "not any more what you trusted" } else { "not trusted by you yet" };
        return not_run(&format!(
            "{} is {what}. In its folder, `hookrail setup {phase} --dry-run` shows the {count} steps, `hookrail handlers trust` lets agents run them, `hookrail setup {phase}` runs them by hand.",
            project.display()
        ));
    }
    if let Some(mistake) = of_file.first() {
        return not_run(&format!("hookrail.toml has a mistake: {mistake}"));
    }
    let by = format!("for {}, session {}", event.received.agent, event.session());
    let site = Site { project, now: here.now, deadline, stop: here.stop, by: &by };
    match run(&sources.setup, phase, &Options::default(), &site, &mut |_| {}) {
        Ok(report) => Some((report.steps.iter().map(|step| recorded(phase, step, event)).collect(), told(&report))),
        Err(error) => not_run(&error.to_string()),
    }
}

fn told(report: &Report) -> Told {
    let message = (!report.ok).then(|| {
        let log = report.log.display();
        format!("hookrail setup {} {}. What the steps printed is in {log}.", report.setup, report.told())
    });
    Told { context: report.summary(), message }
}

/// A step as a run of the record.
fn recorded(phase: Phase, step: &StepReport, event: &Event<'_>) -> Run {
    Run {
        handler: format!("{ID}:{phase}.{}", step.step),
        on: event.parsed().name.clone(),
        why: format!("a step of setup.{phase}"),
        outcome: step.outcome,
        exit: step.exit,
        duration_ms: step.duration_ms,
        stdout_bytes: step.output_bytes,
        stderr_bytes: 0,
        notes: step.why.iter().chain(step.last.last()).cloned().collect(),
    }
}

fn keep(home: &Home, session: &str, told: &Told) -> io::Result<()> {
    write_private(&changes::of_session(home, session, "setup.json"), &serde_json::to_vec(told)?)
}

/// What was kept for this session, once.
fn take(home: &Home, session: &str) -> Option<Told> {
    let path = changes::of_session(home, session, "setup.json");
    let text = fs::read(&path).ok()?;
    // One that stays is told again, and goes with what is old.
    let _ = fs::remove_file(&path);
    serde_json::from_slice(&text).ok()
}
