//! The agents' part: are our hooks in their settings, will they run, and do they?

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use hookrail_core::time::Timestamp;
use serde::Deserialize;

use super::device::span;
use super::{Check, Patient};
use crate::http::Client;
use crate::install::merge::{self, Registration};
use crate::install::{COMMENTS, INSTALLERS, Installer, Places, Scope};

/// A transcript may be newer than the last recorded event by this much: an event is recorded before its line is
/// written, and agents touch transcripts after the last hook.
const LAG: Duration = Duration::from_secs(600);

/// How deep below its folder an agent's transcripts lie at most, and how many entries are looked at.
const DEPTH: usize = 5;
const ENTRIES: usize = 20_000;

/// One settings file with hooks of ours.
struct Found {
    scope: Option<Scope>,
    path: PathBuf,
    hooks: Vec<Registration>,
}

pub(super) fn all(patient: &Patient<'_>, recorded: Option<&Client>, tell: &mut dyn FnMut(Check)) {
    let Some(places) = &patient.places else {
        tell(Check::skip("agents", "HOME is not set: their settings cannot be found"));
        return;
    };
    for installer in INSTALLERS {
        let name = format!("agent {}", installer.agent);
        match registered(installer, places) {
            Err(check) => tell(check),
            Ok(found) if found.is_empty() => tell(absent(installer, places, name)),
            Ok(found) => {
                tell(settings(installer, places, patient, &found, name));
                tell(fires(installer, places, recorded, &found));
            }
        }
    }
}

/// The files that hold our hooks; a file that its agent cannot read is a failed check.
fn registered(installer: &Installer, places: &Places) -> Result<Vec<Found>, Check> {
    let mut found = Vec::new();
    for (scope, path) in installer.files(places) {
        match installer.registrations(&path) {
            Ok(hooks) if hooks.is_empty() => {}
            Ok(hooks) => found.push(Found { scope, path, hooks }),
            Err(error) => {
                return Err(Check::fail(format!("agent {}", installer.agent), error.to_string())
                    .hint(format!("{} ignores the whole file until it is mended", installer.title)));
            }
        }
    }
    Ok(found)
}

fn absent(installer: &Installer, places: &Places, name: String) -> Check {
    let detail = format!("{} has no hook of ours", installer.title);
    if installer.sessions(places).is_dir() {
        Check::warn(name, format!("{detail}, and is used here")).hint(format!("hookrail install {}", installer.agent))
    } else {
        Check::skip(name, detail)
    }
}

/// Will the registered hooks run?
fn settings(installer: &Installer, places: &Places, patient: &Patient<'_>, found: &[Found], name: String) -> Check {
    let text = |path: &Path| fs::read_to_string(path).unwrap_or_default();
    for (_, path) in installer.files(places) {
        for switch in ["disableAllHooks", "allowManagedHooksOnly"] {
            if merge::is_switched_on(&text(&path), switch, installer.dialect) {
                return Check::fail(name, format!("`{switch}` is true in {}: our hooks do not run", path.display()))
                    .hint("turn it off, or ask whoever manages the settings");
            }
        }
    }
    for file in found {
        if let Some(gone) = file.hooks.iter().find(|hook| !starts(&hook.program)) {
            return Check::fail(name, format!("{} names {}, which is no program", file.path.display(), gone.program))
                .hint(format!("hookrail install {} writes the right path", installer.agent));
        }
    }
    let places_found: Vec<String> = found.iter().map(|file| file.path.display().to_string()).collect();
    let detail =
        format!("{} hooks in {}", found.iter().map(|file| file.hooks.len()).sum::<usize>(), places_found.join(" and "));
    if found.len() > 1 {
        let scope = found.iter().rev().find_map(|file| file.scope).unwrap_or(Scope::Project);
        return Check::warn(name, format!("{detail}: sessions that read both may run them twice")).hint(format!(
            "keep one: hookrail uninstall {} --scope {}",
            installer.agent,
            scope.as_str()
        ));
    }
    if let Some(file) = found.iter().find(|file| !merge::is_plain_json(&text(&file.path))) {
        return Check::warn(name, format!("{detail}; {}: {COMMENTS}", file.path.display()))
            .hint("remove the comments and trailing commas");
    }
    let current = patient.hook.first();
    if let Some(other) = found.iter().flat_map(|file| &file.hooks).find(|hook| Some(&hook.program) != current) {
        return Check::warn(name, format!("{detail}; they run {}, not the hook of this version", other.program))
            .hint(format!("hookrail install {} brings them up to date", installer.agent));
    }
    Check::ok(name, detail)
}

/// Whether a program named in the settings exists: by its path, or somewhere on PATH.
fn starts(program: &str) -> bool {
    if program.contains('/') {
        return Path::new(program).is_file();
    }
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

/// Do they? An agent that was used after its hooks were installed must have events at least as new as its transcripts.
fn fires(installer: &Installer, places: &Places, recorded: Option<&Client>, found: &[Found]) -> Check {
    let name = format!("events {}", installer.agent);
    let installed = found.iter().filter_map(|it| fs::metadata(&it.path).ok()?.modified().ok()).min();
    let used = newest(&installer.sessions(places));
    let (Some(used), Some(installed)) = (used, installed) else {
        return Check::skip(name, format!("{} was not used here yet", installer.title));
    };
    if used < installed {
        return Check::skip(name, format!("{} was not used since its settings changed", installer.title));
    }
    let Some(client) = recorded else {
        return Check::skip(name, "the server cannot be asked for the last event");
    };
    let last = match last_event(client, installer) {
        Ok(last) => last,
        Err(why) => return Check::skip(name, why),
    };
    let ago = |at: SystemTime| span(SystemTime::now().duration_since(at).unwrap_or_default());
    match last {
        None => Check::fail(name, format!("used {} ago, and no event of it was ever recorded", ago(used)))
            .hint(installer.silence),
        Some(last) if last + LAG < used => {
            Check::warn(name, format!("used {} ago, and its last event is from {} ago", ago(used), ago(last)))
                .hint(installer.silence)
        }
        Some(last) => Check::ok(name, format!("the last one {} ago", ago(last))),
    }
}

/// The time of the newest transcript.
pub(crate) fn newest(folder: &Path) -> Option<SystemTime> {
    let mut newest = None;
    let mut left = ENTRIES;
    let mut folders = vec![(folder.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            left = left.checked_sub(1)?;
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && depth < DEPTH => folders.push((path, depth + 1)),
                Ok(kind) if kind.is_file() && path.extension().is_some_and(|it| it == "jsonl") => {
                    newest = newest.max(entry.metadata().ok().and_then(|it| it.modified().ok()));
                }
                _ => {}
            }
        }
    }
    newest
}

/// When the newest event of the agent in the store happened.
fn last_event(client: &Client, installer: &Installer) -> Result<Option<SystemTime>, String> {
    #[derive(Deserialize)]
    struct Page {
        items: Vec<Item>,
    }
    #[derive(Deserialize)]
    struct Item {
        occurred_at: Timestamp,
    }
    let answer =
        client.get(&format!("/api/v1/events?agent={}&limit=1", installer.agent)).map_err(|it| it.to_string())?;
    let page: Page =
        serde_json::from_slice(&answer.body).map_err(|_| format!("the server answered {}", answer.describe()))?;
    let nanos = page.items.first().map(|it| u64::try_from(it.occurred_at.as_nanos()).unwrap_or(0));
    Ok(nanos.map(|nanos| SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos)))
}
