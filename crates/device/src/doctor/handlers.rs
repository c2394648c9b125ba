//! Handlers: are they declared rightly, prepared, trusted, and do they do what they should?

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Check, Patient};
use crate::config::Config;
use crate::handlers::index;
use crate::handlers::record::{self, Line};
use crate::handlers::sources::Sources;
use crate::handlers::trust::{Book, Trust};
use crate::ship::now;

/// Runs count for this long.
const RECENT_NANOS: i64 = 24 * 3600 * 1_000_000_000;

/// Is what is declared in force?
pub(super) fn sources(patient: &Patient<'_>) -> Check {
    let env = |name: &str| std::env::var(name).ok();
    let folder = patient.places.as_ref().map_or_else(|| PathBuf::from("/"), |places| places.project.clone());
    let sources = Sources::load(patient.home, &folder, env);
    let left_out: Vec<PathBuf> =
        Book::read(patient.home).projects.into_keys().filter(|project| !is_as_trusted(patient, project)).collect();
    if let Some(mistake) = sources.mistakes.first() {
        return Check::fail("handlers", mistake.to_string())
            .hint("mend it; `hookrail handlers list` shows all mistakes");
    }
    if let Some(project) = left_out.first() {
        return Check::warn(
            "handlers",
            format!("those of {} have changed since you trusted them, and do not run", project.display()),
        )
        .hint("look at them, then `hookrail handlers trust` in that folder, or `--revoke`");
    }
    if sources.trust == Trust::Untrusted {
        return Check::warn(
            "handlers",
            format!("those of {} are not trusted, and do not run", sources.project.display()),
        )
        .hint("look at them, then `hookrail handlers trust`");
    }
    let program = std::env::current_exe().unwrap_or_default();
    match (index::is_current(patient.home, &program, &env), sources.handlers.len()) {
        (None, 0) => Check::ok("handlers", "none are declared"),
        (Some(true), count) => Check::ok("handlers", format!("{count} are declared for this folder, and prepared")),
        (None | Some(false), _) => Check::warn("handlers", "what is declared is not what the hook was prepared for")
            .hint("`hookrail handlers compile` prepares it, and so does the next session"),
    }
}

fn is_as_trusted(patient: &Patient<'_>, project: &Path) -> bool {
    let sources = Sources::load(patient.home, project, |name| std::env::var(name).ok());
    sources.project == project && sources.trust == Trust::Trusted
}

/// Which handlers failed or were slow lately?
pub(super) fn runs(patient: &Patient<'_>) -> Check {
    let mut by_name: BTreeMap<String, Vec<Line>> = BTreeMap::new();
    let since = now().as_nanos() - RECENT_NANOS;
    for line in record::runs(patient.home).into_iter().filter(|line| line.at.as_nanos() >= since) {
        by_name.entry(line.run.handler.clone()).or_default().push(line);
    }
    let count: usize = by_name.values().map(Vec::len).sum();
    let slow = patient.config.as_ref().map_or_else(|_| Config::default().slow_handler, |config| config.slow_handler);
    let slow = u64::try_from(slow.as_millis()).unwrap_or(u64::MAX);
    let mut worst: Vec<String> = Vec::new();
    for (name, runs) in &mut by_name {
        let bad = runs.iter().filter(|line| line.run.outcome.is_bad()).count();
        if let Some(last) = runs.iter().rev().find(|line| line.run.outcome.is_bad()) {
            let why = last.run.notes.first().map(|note| format!(": {note}")).unwrap_or_default();
            worst.push(format!("{name} {bad} of {} times, last {}{why}", runs.len(), last.run.outcome.as_str()));
        }
        runs.sort_by_key(|line| line.run.duration_ms);
        let median = &runs[runs.len() / 2].run;
        // A set-up takes the time that it takes.
        if median.duration_ms > slow && median.on != "Setup" {
            worst.push(format!("{name} takes {:.1} s", median.duration_ms as f64 / 1000.0));
        }
    }
    match worst.first() {
        None if count == 0 => Check::ok("runs of handlers", "none in the last day"),
        None => Check::ok("runs of handlers", format!("{count} in the last day, none bad or slow")),
        Some(_) => Check::warn("runs of handlers", format!("{count} in the last day; {}", worst.join("; ")))
            .hint("`hookrail handlers test EVENT` shows what one does; an agent waits for all of them"),
    }
}
