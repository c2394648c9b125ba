//! From steps to processes: what is started for each, and after what. Pure.

use std::path::{Path, PathBuf};
use std::time::Duration;

use hookrail_hook::hand::ENV_INSIDE;

use super::Step;
use crate::handlers::Action;
use crate::handlers::dispatch::{ENV_EVENT, ENV_NAME, ENV_PROJECT_DIR};
use crate::handlers::run::{Job, Output};

/// How long the line of a condition may take.
const CONDITION_LIMIT: Duration = Duration::from_secs(60);

/// What a job is for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Task {
    /// The line of the condition of this step.
    Condition(usize),
    /// This step.
    Step(usize),
}

/// The jobs for these steps, each condition that is a command in front of its step.
pub(super) fn jobs(steps: &[Step], chosen: &[usize], project: &Path) -> (Vec<Job>, Vec<Task>) {
    let (mut jobs, mut tasks): (Vec<Job>, Vec<Task>) = (Vec::new(), Vec::new());
    let mut places: Vec<Option<usize>> = vec![None; steps.len()];
    for &at in chosen {
        let step = &steps[at];
        let mut after: Vec<usize> = step.waits_for.iter().filter_map(|before| places[*before]).collect();
        if let Some(line) = &step.condition.run {
            jobs.push(job(step, shell(line), CONDITION_LIMIT, after.clone(), project));
            after.push(tasks.len());
            tasks.push(Task::Condition(at));
        }
        places[at] = Some(tasks.len());
        jobs.push(job(step, program(&step.action, project), step.timeout, after, project));
        tasks.push(Task::Step(at));
    }
    (jobs, tasks)
}

fn job(step: &Step, words: Vec<String>, limit: Duration, after: Vec<usize>, project: &Path) -> Job {
    let own = [
        (ENV_INSIDE, "1".into()),
        (ENV_NAME, step.name.as_str().into()),
        (ENV_EVENT, "Setup".into()),
        (ENV_PROJECT_DIR, project.into()),
    ];
    let declared = step.env.iter().map(|(name, value)| (name.clone().into(), value.into()));
    let env = declared.chain(own.into_iter().map(|(name, value)| (name.into(), value))).collect();
    Job { words, env, folder: folder(step, project), limit, after, output: Output::Together }
}

/// The folder in which a step runs.
pub(super) fn folder(step: &Step, project: &Path) -> PathBuf {
    step.folder.as_ref().map_or_else(|| project.to_owned(), |folder| project.join(folder))
}

fn shell(line: &str) -> Vec<String> {
    ["sh", "-c", line].map(str::to_owned).to_vec()
}

/// A program with `/` is meant from the project's folder, as a handler's is.
fn program(action: &Action, project: &Path) -> Vec<String> {
    match action {
        Action::Shell(line) => shell(line),
        Action::Program(words) => {
            let mut words = words.clone();
            if let Some(program) = words.first_mut().filter(|program| program.contains('/')) {
                *program = project.join(&*program).to_string_lossy().into_owned();
            }
            words
        }
        Action::Builtin { name, .. } => vec![name.clone()],
    }
}
