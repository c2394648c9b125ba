//! Running the steps of a phase: in their order, each only where it is needed, none in another's time.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hookrail_core::time::Timestamp;
use serde::Serialize;

use super::jobs::{Task, folder, jobs};
use super::log::{self, Log};
use super::report::{Report, StepReport, last_lines, readable};
use super::stamp::{self, Stamps};
use super::{Condition, Definition, Phase, Step};
use crate::handlers::record::Outcome;
use crate::handlers::run::{End, MAX_PRINTED, Ran, Watch, run_watched};
use crate::words;

/// How long all steps may take where nobody waits.
pub const MAX_TIME: Duration = Duration::from_secs(24 * 3600);

/// Which steps, and how.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Run also what is unchanged since it succeeded.
    pub force: bool,
    /// Only the steps of these names; all where none is given.
    pub only: Vec<String>,
}

/// Where, when, and for whom.
pub struct Site<'a> {
    /// The project's folder.
    pub project: &'a Path,
    /// The time.
    pub now: Timestamp,
    /// When everything must be over.
    pub deadline: Instant,
    /// Whether this program is to end.
    pub stop: &'a AtomicBool,
    /// Who asked, for the log: `by hand`.
    pub by: &'a str,
}

/// Why no step was run.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// There is nothing to run.
    #[error("{} declares no steps of setup.{phase}", project.display())]
    Nothing {
        /// Which steps.
        phase: Phase,
        /// The project's folder.
        project: PathBuf,
    },
    /// A step was asked for that there is not.
    #[error("setup.{phase} has no step {name:?}{}", meant.as_deref().map(|meant| format!("; did you mean {meant:?}?")).unwrap_or_default())]
    Unknown {
        /// Which steps.
        phase: Phase,
        /// What was asked for.
        name: String,
        /// What was probably meant.
        meant: Option<String>,
    },
    /// The same runs already.
    #[error("a set-up of {} is running already", .0.display())]
    Busy(PathBuf),
    /// There is no place for the log.
    #[error("the logs in {} cannot be written: {source}", folder.display())]
    Log {
        /// Where they would be.
        folder: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// What there is to be told while steps run.
#[derive(Debug)]
pub enum Told<'a> {
    /// A step has started.
    Started(&'a Step),
    /// This came of a step.
    Over(&'a StepReport),
}

/// A step before anything is run.
#[derive(Debug, Serialize)]
pub struct Planned<'a> {
    /// The step.
    #[serde(flatten)]
    pub step: &'a Step,
    /// Whether it would run, as things are now.
    pub runs: bool,
    /// Why, or on what that still depends.
    pub because: String,
}

/// What would be run now, and why. Conditions that are commands are not run.
///
/// # Errors
/// Where there is nothing to run.
pub fn plan<'a>(
    definition: &'a Definition,
    phase: Phase,
    options: &Options,
    project: &Path,
) -> Result<Vec<Planned<'a>>, SetupError> {
    let stamps = Stamps::read(project);
    let steps = definition.steps(phase);
    let planned = |at: usize| {
        let step = &steps[at];
        let (runs, mut because) = match unmet(&step.condition, project) {
            Some(why) => (false, why),
            None => match stamped(&stamps, phase, step, project, options.force) {
                Ok(Stamped::Unchanged) => (false, UNCHANGED.to_owned()),
                Ok(Stamped::No) => (true, "it always runs".to_owned()),
                Ok(Stamped::Run(_)) if options.force => (true, "it is run again".to_owned()),
                Ok(Stamped::Run(_)) => (true, "its inputs are new, or its outputs are gone".to_owned()),
                Err(error) => (true, format!("its inputs cannot be compared: {error}")),
            },
        };
        if let Some(line) = step.condition.run.as_deref().filter(|_| runs) {
            because.push_str(&format!(", if `{line}` succeeds"));
        }
        Planned { step, runs, because }
    };
    Ok(chosen(steps, phase, options, project)?.into_iter().map(planned).collect())
}

const UNCHANGED: &str = "its inputs are unchanged since it succeeded";

/// Runs the steps; whether they succeed is in the report.
///
/// # Errors
/// Where nothing could be run at all.
pub fn run(
    definition: &Definition,
    phase: Phase,
    options: &Options,
    site: &Site<'_>,
    tell: &mut dyn FnMut(Told<'_>),
) -> Result<Report, SetupError> {
    let steps = definition.steps(phase);
    let chosen = chosen(steps, phase, options, site.project)?;
    let began = Instant::now();
    let path = log::path(site.project, phase);
    let opened = Log::open(site.project, phase, site.now).map_err(|source| {
        let folder = path.parent().unwrap_or(site.project).to_owned();
        SetupError::Log { folder, source }
    })?;
    let mut log = opened.ok_or_else(|| SetupError::Busy(site.project.to_owned()))?;
    log.began(site.by);
    let (jobs, tasks) = jobs(steps, &chosen, site.project);
    let mut runner = Runner {
        phase,
        steps,
        site,
        force: options.force,
        began,
        tasks: &tasks,
        stamps: Stamps::read(site.project),
        hashes: vec![None; steps.len()],
        decided: vec![None; steps.len()],
        reports: steps.iter().map(|_| None).collect(),
        log,
        tell,
    };
    run_watched(&jobs, Path::new("/dev/null"), site.deadline, site.stop, &mut runner);
    let Runner { reports, mut log, .. } = runner;
    let steps: Vec<StepReport> = reports.into_iter().flatten().collect();
    let mut report = Report {
        setup: phase,
        project: site.project.to_owned(),
        ok: !steps.iter().any(StepReport::fails),
        duration_ms: millis(began.elapsed()),
        steps,
        log: path,
        log_problem: None,
    };
    log.ended(after(site.now, began), &report);
    report.log_problem = log.problem.take();
    Ok(report)
}

/// The steps that are asked for, by their places.
fn chosen(steps: &[Step], phase: Phase, options: &Options, project: &Path) -> Result<Vec<usize>, SetupError> {
    if steps.is_empty() {
        return Err(SetupError::Nothing { phase, project: project.to_owned() });
    }
    if let Some(name) = options.only.iter().find(|name| steps.iter().all(|step| step.name != **name)) {
        let meant = words::nearest(name, steps.iter().map(|step| step.name.as_str())).map(str::to_owned);
        return Err(SetupError::Unknown { phase, name: name.clone(), meant });
    }
    let is_chosen = |at: &usize| options.only.is_empty() || options.only.contains(&steps[*at].name);
    Ok((0..steps.len()).filter(is_chosen).collect())
}

/// Which part of a condition does not hold; what is a command is left out.
fn unmet(condition: &Condition, project: &Path) -> Option<String> {
    let exists = |path: &&String| project.join(path).exists();
    if let Some(path) = condition.exists.iter().find(|path| !exists(path)) {
        return Some(format!("{path} is not there"));
    }
    if !condition.missing.is_empty() && condition.missing.iter().all(|path| exists(&path)) {
        return Some(format!("{} is there", condition.missing.join(", ")));
    }
    let here = std::env::consts::OS;
    let is_elsewhere = !condition.os.is_empty() && condition.os.iter().all(|os| os != here);
    is_elsewhere.then(|| format!("it is for {}, and this is {here}", condition.os.join(", ")))
}

enum Stamped {
    /// It has no stamp.
    No,
    /// It is to run, and to be noted with this.
    Run(String),
    /// It need not run.
    Unchanged,
}

fn stamped(stamps: &Stamps, phase: Phase, step: &Step, project: &Path, force: bool) -> io::Result<Stamped> {
    let Some(hash) = stamp::hash(project, step)? else { return Ok(Stamped::No) };
    let is_there = |output: &String| project.join(output).exists();
    let is_done = !force && stamps.has(phase, step, &hash) && step.outputs.iter().all(is_there);
    Ok(if is_done { Stamped::Unchanged } else { Stamped::Run(hash) })
}

/// What is settled of a step without running it.
type Decided = (Outcome, String);

struct Runner<'a> {
    phase: Phase,
    steps: &'a [Step],
    site: &'a Site<'a>,
    force: bool,
    began: Instant,
    tasks: &'a [Task],
    stamps: Stamps,
    hashes: Vec<Option<String>>,
    decided: Vec<Option<Decided>>,
    reports: Vec<Option<StepReport>>,
    log: Log,
    tell: &'a mut dyn FnMut(Told<'_>),
}

impl Watch for Runner<'_> {
    fn may_start(&mut self, at: usize) -> bool {
        let task = self.tasks[at];
        let (Task::Condition(step) | Task::Step(step)) = task;
        if self.decided[step].is_none() {
            self.decided[step] = self.in_the_way(step);
        }
        if self.decided[step].is_none() && matches!(task, Task::Step(_)) {
            self.decided[step] = self.unchanged(step);
        }
        self.decided[step].is_none()
    }

    fn started(&mut self, at: usize) {
        if let Task::Step(step) = self.tasks[at] {
            (self.tell)(Told::Started(&self.steps[step]));
        }
    }

    fn over(&mut self, at: usize, ran: &Ran) {
        match self.tasks[at] {
            Task::Condition(step) => {
                if self.decided[step].is_none() {
                    self.decided[step] = self.answered(step, ran);
                }
            }
            Task::Step(step) => self.finish(step, ran),
        }
    }
}

impl Runner<'_> {
    /// What keeps a step from running, commands apart.
    fn in_the_way(&self, at: usize) -> Option<Decided> {
        let step = &self.steps[at];
        let before = step.waits_for.iter().filter_map(|before| self.reports[*before].as_ref());
        // What was not run for another's sake keeps the next from running, required or not.
        let is_in_the_way = |report: &&StepReport| report.fails() || report.outcome == Outcome::Skipped;
        // The one that failed rather than one that was not run because of it.
        if let Some(report) = before.filter(is_in_the_way).min_by_key(|report| report.outcome == Outcome::Skipped) {
            let what = if report.outcome == Outcome::Skipped { "was not run" } else { "failed" };
            return Some((Outcome::Skipped, format!("{} {what}", report.step)));
        }
        if let Some(why) = unmet(&step.condition, self.site.project) {
            return Some((Outcome::Unneeded, why));
        }
        let folder = folder(step, self.site.project);
        (!folder.is_dir()).then(|| (Outcome::Missing, format!("there is no folder {}", folder.display())))
    }

    /// What the line of a condition said.
    fn answered(&self, at: usize, ran: &Ran) -> Option<Decided> {
        let line = self.steps[at].condition.run.as_deref().unwrap_or_default();
        match &ran.end {
            End::Exited(0) => None,
            End::Exited(_) => Some((Outcome::Unneeded, format!("`{line}` did not succeed"))),
            End::Skipped => Some((Outcome::Skipped, self.cut_short())),
            End::TimedOut => Some((Outcome::TimedOut, format!("its condition `{line}` took too long"))),
            End::NotStarted(why) => Some((Outcome::Missing, why.clone())),
            End::Signalled(_) | End::Flooded => Some((Outcome::Failed, format!("its condition `{line}` was killed"))),
        }
    }

    /// Whether a step was done before; else its hash is kept for when it is.
    fn unchanged(&mut self, at: usize) -> Option<Decided> {
        let step = &self.steps[at];
        match stamped(&self.stamps, self.phase, step, self.site.project, self.force) {
            Ok(Stamped::No) => None,
            Ok(Stamped::Unchanged) => Some((Outcome::Unneeded, UNCHANGED.to_owned())),
            Ok(Stamped::Run(hash)) => {
                self.hashes[at] = Some(hash);
                None
            }
            // It runs, as one without a stamp would; that is told beside what comes of it.
            Err(_) => None,
        }
    }

    fn cut_short(&self) -> String {
        let is_stopped = self.site.stop.load(Ordering::Relaxed);
        if is_stopped { "it was interrupted" } else { "there was no time left" }.to_owned()
    }

    fn finish(&mut self, at: usize, ran: &Ran) {
        let step = &self.steps[at];
        let (outcome, why) = match self.decided[at].take() {
            Some((outcome, why)) => (outcome, Some(why)),
            None => self.came_of(step, ran),
        };
        let output = readable(&ran.stdout);
        let mut report = StepReport {
            step: step.name.clone(),
            outcome,
            required: step.required,
            why: why.map(|why| readable(why.as_bytes()).trim_end().to_owned()),
            exit: if let End::Exited(code) = ran.end { Some(code) } else { None },
            duration_ms: millis(ran.took),
            output_bytes: ran.stdout.len(),
            last: if outcome.is_bad() { last_lines(&output) } else { Vec::new() },
            note: None,
        };
        if outcome == Outcome::Succeeded && step.inputs.is_some() {
            report.note = match self.hashes[at].take() {
                Some(hash) => self.stamps.note(self.phase, step, hash).err().map(|error| error.to_string()),
                None => Some("its inputs could not be compared, so it runs each time".to_owned()),
            };
        }
        let output =
            if ran.stdout.len() > MAX_PRINTED { format!("[the beginning is left out]\n{output}") } else { output };
        self.log.step(after(self.site.now, self.began), readable(step.words().as_bytes()).trim_end(), &output, &report);
        (self.tell)(Told::Over(&report));
        self.reports[at] = Some(report);
    }

    /// What came of a step that ran.
    fn came_of(&self, step: &Step, ran: &Ran) -> (Outcome, Option<String>) {
        match &ran.end {
            End::Exited(0) => (Outcome::Succeeded, None),
            End::Exited(_) => (Outcome::Failed, None),
            End::Signalled(signal) => (Outcome::Failed, Some(format!("it was ended by signal {signal}"))),
            End::TimedOut | End::Flooded => {
                let limit = step.timeout.as_secs_f32();
                let why =
                    if ran.took >= step.timeout { format!("it took longer than {limit} s") } else { self.cut_short() };
                (Outcome::TimedOut, Some(why))
            }
            End::NotStarted(why) => (Outcome::Missing, Some(why.clone())),
            End::Skipped => (Outcome::Skipped, Some(self.cut_short())),
        }
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// The time as long after `now` as it is since `began`.
fn after(now: Timestamp, began: Instant) -> Timestamp {
    let passed = i64::try_from(began.elapsed().as_nanos()).unwrap_or(i64::MAX);
    Timestamp::from_nanos(now.as_nanos().saturating_add(passed))
}
