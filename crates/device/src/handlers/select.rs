//! Which handlers an event concerns, and why: pure, so that `why` shows what a real event would do.

use std::cell::OnceCell;
use std::path::Path;

use hookrail_core::agents::Parsed;
use hookrail_core::event::Agent;
use serde::Serialize;

use super::events::{self, Fields};
use super::{Handler, Since};

/// What is known of the moment.
pub struct Occasion<'a> {
    /// The agent that speaks.
    pub agent: &'a Agent,
    /// What it says.
    pub parsed: &'a Parsed,
    /// The payload's top level.
    pub fields: &'a Fields<'a>,
    /// The project's folder.
    pub project: &'a Path,
    /// The branch that is checked out.
    pub branch: Option<String>,
    /// The profile in force.
    pub profile: String,
    /// Which files changed since then: asked only where a handler wants to know, once each.
    pub changed: &'a dyn Fn(Since) -> Vec<String>,
}

/// Whether a handler runs, and why or why not.
#[derive(Debug, Serialize)]
pub struct Choice<'h> {
    /// The handler.
    pub handler: &'h Handler,
    /// Whether it runs.
    pub runs: bool,
    /// The conditions that are met; for one that does not run, the first that is not.
    pub because: String,
    /// The files it is about, relative to the project where they lie in it.
    pub files: Vec<String>,
}

/// Looks at each handler in turn.
pub fn select<'h>(handlers: &'h [Handler], occasion: &Occasion<'_>) -> Vec<Choice<'h>> {
    let seen = Seen { occasion, named: OnceCell::new(), changed: Default::default() };
    handlers.iter().map(|handler| seen.choice(handler)).collect()
}

/// The occasion with what has been found out of it.
struct Seen<'a> {
    occasion: &'a Occasion<'a>,
    named: OnceCell<Vec<String>>,
    changed: [OnceCell<Vec<String>>; 3],
}

impl Seen<'_> {
    fn choice<'h>(&self, handler: &'h Handler) -> Choice<'h> {
        let mut files = Vec::new();
        let (runs, because) = match self.met(handler, &mut files) {
            Ok(met) => (true, met.join("; ")),
            Err(missed) => (false, missed),
        };
        Choice { handler, runs, because, files }
    }

    /// The conditions that are met, or the first that is not.
    fn met(&self, handler: &Handler, files: &mut Vec<String>) -> Result<Vec<String>, String> {
        let Occasion { agent, parsed, fields, project, branch, profile, .. } = self.occasion;
        if let Some(why) = &handler.off {
            return Err(why.clone());
        }
        let word = handler.on.iter().find(|word| events::is_meant(word, &parsed.name, &parsed.kind));
        let word = word.ok_or_else(|| format!("runs on {}", handler.on.join(", ")))?;
        let mut met = vec![format!("on {word}")];
        one_of("agent", &handler.agent, agent.as_str(), &mut met)?;
        one_of("profile", &handler.profile, profile, &mut met)?;
        let subjects = events::subjects(parsed, fields);
        if let Some(subject) = subjects.first() {
            let matcher = handler.matcher.text();
            if !subjects.iter().any(|subject| handler.matcher.matches(subject)) {
                return Err(format!("{subject} is not matched by {matcher}"));
            }
            if matcher != "*" {
                met.push(format!("{subject} is matched by {matcher}"));
            }
        }
        if !handler.cwd.is_empty() {
            let cwd = parsed.cwd.as_deref().map_or_else(|| ".".to_owned(), |cwd| relative(cwd, project));
            if !handler.cwd.matches(&cwd) {
                return Err(format!("the folder {cwd} is not {}", handler.cwd.text()));
            }
            met.push(format!("in {cwd}"));
        }
        if !handler.branch.is_empty() {
            let branch = branch.as_deref().unwrap_or("(none)");
            if !handler.branch.matches(branch) {
                return Err(format!("the branch {branch} is not {}", handler.branch.text()));
            }
            met.push(format!("on branch {branch}"));
        }
        if handler.changed.is_some() || !handler.paths.is_empty() {
            met.push(self.files(handler, files)?);
        }
        Ok(met)
    }

    /// Whether files are concerned, and which.
    fn files(&self, handler: &Handler, files: &mut Vec<String>) -> Result<String, String> {
        let all = match handler.changed {
            Some(since) => self.changed[since as usize].get_or_init(|| self.relative((self.occasion.changed)(since))),
            None => self.named.get_or_init(|| self.relative(events::paths(self.occasion.parsed, self.occasion.fields))),
        };
        files.extend(all.iter().filter(|path| handler.paths.is_empty() || handler.paths.matches(path)).cloned());
        let what = match handler.changed {
            Some(since) => format!("changed in this {}", since.as_str()).replace("in this git", "against git"),
            None => "named by the event".to_owned(),
        };
        let like = if handler.paths.is_empty() { String::new() } else { format!(" like {}", handler.paths.text()) };
        match files.as_slice() {
            [] => Err(format!("no file{like} was {what}").replace("was named", "is named")),
            [one] => Ok(format!("{one} {what}{like}")),
            more => Ok(format!("{} files {what}{like}", more.len())),
        }
    }

    fn relative(&self, mut paths: Vec<String>) -> Vec<String> {
        for path in &mut paths {
            *path = relative(path, self.occasion.project);
        }
        paths.sort();
        paths.dedup();
        paths
    }
}

/// The path within the project, `.` for its folder; another path as it is.
fn relative(path: &str, project: &Path) -> String {
    match Path::new(path).strip_prefix(project) {
        Ok(rest) if rest.as_os_str().is_empty() => ".".to_owned(),
        Ok(rest) => rest.to_string_lossy().into_owned(),
        Err(_) => path.to_owned(),
    }
}

fn one_of(what: &str, wanted: &[String], found: &str, met: &mut Vec<String>) -> Result<(), String> {
    if wanted.is_empty() {
        return Ok(());
    }
    if !wanted.iter().any(|wanted| wanted == found) {
        return Err(format!("the {what} {found} is not {}", wanted.join(" or ")));
    }
    met.push(format!("{what} {found}"));
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;
    use crate::handlers::{Level, file};

    fn chosen(handler: &str, payload: &serde_json::Value) -> (bool, String, Vec<String>) {
        let text = format!("[[handler]]\nname = \"h\"\nrun = \"true\"\n{handler}\n");
        let handlers = file::read(&text, Path::new("hookrail.toml"), Level::User).unwrap().handlers;
        let payload = payload.to_string();
        let agent = Agent::ClaudeCode;
        let parsed = hookrail_core::agents::parse(&agent, &payload);
        let asked = std::cell::Cell::new(0);
        let changed = |since| {
            asked.set(asked.get() + 1);
            match since {
                Since::Turn => vec!["/home/dev/shop/src/a.rs".to_owned(), "/home/dev/shop/notes.md".to_owned()],
                Since::Session => vec!["/home/dev/other/b.rs".to_owned()],
                Since::Git => Vec::new(),
            }
        };
        let fields = events::fields(&payload);
        let occasion = Occasion {
            agent: &agent,
            parsed: &parsed,
            fields: &fields,
            project: Path::new("/home/dev/shop"),
            branch: Some("main".to_owned()),
            profile: "testing".to_owned(),
            changed: &changed,
        };
        let mut choices = select(&handlers, &occasion);
        assert!(handler.contains("changed") || asked.get() == 0, "nobody wanted to know");
        let choice = choices.remove(0);
        (choice.runs, choice.because, choice.files)
    }

    #[test]
    fn every_condition_counts_and_is_told() {
        let stop = json!({"hook_event_name": "Stop", "cwd": "/home/dev/shop/web"});
        let edit = json!({"hook_event_name": "PostToolUse", "cwd": "/home/dev/shop", "tool_name": "Edit", "tool_input": {"file_path": "/home/dev/shop/src/a.rs"}});
        for (handler, payload, runs, because) in [
            ("on = \"Stop\"", &stop, true, "on Stop"),
            ("on = [\"SessionEnd\", \"turn.ended\"]", &stop, true, "on turn.ended"),
            ("on = \"SessionEnd\"", &stop, false, "runs on SessionEnd"),
            ("on = \"Stop\"\ntools = \"Bash\"", &stop, true, "on Stop"),
            (
                "on = \"PostToolUse\"\ntools = \"Edit|Write\"",
                &edit,
                true,
                "on PostToolUse; Edit is matched by Edit|Write",
            ),
            ("on = \"PostToolUse\"\ntools = \"Bash\"", &edit, false, "Edit is not matched by Bash"),
            (
                "on = \"PostToolUse\"\npaths = \"*.rs\"",
                &edit,
                true,
                "on PostToolUse; src/a.rs named by the event like *.rs",
            ),
            ("on = \"PostToolUse\"\npaths = \"web/**\"", &edit, false, "no file like web/** is named by the event"),
            ("on = \"Stop\"\nagent = \"claude-code\"", &stop, true, "on Stop; agent claude-code"),
            (
                "on = \"Stop\"\nagent = [\"codex\", \"cursor\"]",
                &stop,
                false,
                "the agent claude-code is not codex or cursor",
            ),
            ("on = \"Stop\"\nprofile = \"production\"", &stop, false, "the profile testing is not production"),
            ("on = \"Stop\"\nbranch = \"main\"", &stop, true, "on Stop; on branch main"),
            ("on = \"Stop\"\nbranch = \"release/*\"", &stop, false, "the branch main is not release/*"),
            ("on = \"Stop\"\ncwd = \"web\"", &stop, true, "on Stop; in web"),
            ("on = \"Stop\"\ncwd = \"api/**\"", &stop, false, "the folder web is not api/**"),
            ("on = \"Stop\"\nchanged = \"turn\"", &stop, true, "on Stop; 2 files changed in this turn"),
            (
                "on = \"Stop\"\nchanged = \"turn\"\npaths = \"*.rs\"",
                &stop,
                true,
                "on Stop; src/a.rs changed in this turn like *.rs",
            ),
            (
                "on = \"Stop\"\nchanged = \"session\"",
                &stop,
                true,
                "on Stop; /home/dev/other/b.rs changed in this session",
            ),
            ("on = \"Stop\"\nchanged = \"git\"", &stop, false, "no file was changed against git"),
        ] {
            let (found, told, _) = chosen(handler, payload);
            assert_eq!((found, told.as_str()), (runs, because), "{handler}");
        }
        let (_, _, files) = chosen("on = \"Stop\"\nchanged = \"turn\"\npaths = \"*.md\"", &stop);
        assert_eq!(files, ["notes.md"]);
    }
}
