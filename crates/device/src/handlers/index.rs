//! The index by which the hook knows whether anybody handles an event ([`hookrail_hook::hand`]).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use hookrail_hook::Home;
use hookrail_hook::hand::HEAD;
use serde::Serialize;

use super::pattern::Matcher;
use super::sources::Sources;
use super::trust::{Book, Trust};
use super::{Handler, Level, Mistake};
use crate::install::file::InstallError;
use crate::whole::write_private;

/// The tools that write files, whose calls are followed where a handler wants to know what changed.
const WRITERS: &str = "Edit,MultiEdit,NotebookEdit,Write,apply_patch";

/// What was prepared.
#[derive(Debug, Serialize)]
pub struct Compiled {
    /// Where the index is.
    pub file: PathBuf,
    /// Whether it is other than before.
    pub changed: bool,
    /// How many handlers of the person there are.
    pub user: usize,
    /// How many there are of each project that is trusted as it is.
    pub projects: BTreeMap<PathBuf, usize>,
    /// Projects that are not any more what was trusted, or cannot be written down.
    pub left_out: Vec<PathBuf>,
    /// Mistakes, by which handlers are missing.
    pub mistakes: Vec<Mistake>,
}

/// Prepares the index and puts it where the hook reads it, whole or not at all. `program` is this program.
///
/// # Errors
/// Where it cannot be written.
pub fn compile(home: &Home, program: &Path, env: &dyn Fn(&str) -> Option<String>) -> Result<Compiled, InstallError> {
    let file = home.handlers_index();
    let (text, mut compiled) =
        text(home, program, env).map_err(|source| InstallError::Io { what: "write", path: file.clone(), source })?;
    compiled.changed = fs::read_to_string(&file).ok().as_deref() != Some(text.as_str());
    if compiled.changed {
        write_private(&file, text.as_bytes()).map_err(|source| InstallError::Io {
            what: "write",
            path: file,
            source,
        })?;
    }
    Ok(compiled)
}

/// Whether the index is what the sources of now make; `None` where there is none.
pub fn is_current(home: &Home, program: &Path, env: &dyn Fn(&str) -> Option<String>) -> Option<bool> {
    let found = fs::read_to_string(home.handlers_index()).ok()?;
    Some(text(home, program, env).is_ok_and(|(text, _)| text == found))
}

fn text(home: &Home, program: &Path, env: &dyn Fn(&str) -> Option<String>) -> io::Result<(String, Compiled)> {
    let program = field(program).ok_or_else(|| io::Error::other("the path of this program cannot be written down"))?;
    let mut compiled = Compiled {
        file: home.handlers_index(),
        changed: false,
        user: 0,
        projects: BTreeMap::new(),
        left_out: Vec::new(),
        mistakes: Vec::new(),
    };
    // Read from a folder that is no project.
    let mut own = Sources::load(home, home.path(), env);
    own.handlers.retain(|handler| handler.level == Level::User);
    compiled.user = own.handlers.len();
    compiled.mistakes.append(&mut own.mistakes);
    let mut text = format!("{HEAD}\nprogram\t{program}\nuser\n{}", lines(&own.handlers));
    for project in Book::read(home).projects.into_keys() {
        let mut sources = Sources::load(home, &project, env);
        sources.handlers.retain(|handler| handler.level == Level::Project);
        match field(&project).filter(|_| sources.trust == Trust::Trusted && sources.project == project) {
            Some(folder) => text.push_str(&format!("project\t{folder}\n{}", lines(&sources.handlers))),
            None => {
                compiled.left_out.push(project);
                continue;
            }
        }
        compiled.mistakes.extend(sources.mistakes.into_iter().filter(|mistake| mistake.file.starts_with(&project)));
        compiled.projects.insert(project, sources.handlers.len());
    }
    Ok((text, compiled))
}

/// A path as a field of a line.
fn field(path: &Path) -> Option<&str> {
    path.to_str().filter(|path| !path.contains(['\t', '\n', '\r']))
}

/// What these handlers ask for.
fn lines(handlers: &[Handler]) -> String {
    let mut lines = BTreeSet::new();
    for handler in handlers {
        let tools = match &handler.matcher {
            Matcher::Names(names) => tools(names),
            _ => "*".to_owned(),
        };
        lines.extend(handler.on.iter().map(|word| format!("on\t{word}\t{tools}\n")));
        if handler.follows_writes() {
            lines.insert(format!("on\ttool.succeeded\t{WRITERS}\n"));
        }
    }
    lines.into_iter().collect()
}

/// Names of tools with those they stand for; the hook compares no others.
fn tools(names: &[String]) -> String {
    let mut all: Vec<&str> = names.iter().map(String::as_str).collect();
    for (name, also) in [("Edit", "apply_patch"), ("Write", "apply_patch"), ("Agent", "spawn_agent"), ("Agent", "Task")]
    {
        if all.contains(&name) && !all.contains(&also) {
            all.push(also);
        }
    }
    all.join(",")
}
