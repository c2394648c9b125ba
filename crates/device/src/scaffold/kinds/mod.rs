//! The commands a project is worked on with: one file for each kind, facts alone.

mod go;
mod node;
mod plain;
mod python;
mod rust;

use serde::Serialize;

use super::detect::{Kind, Listing, Manager};

/// The commands of a project. What is `None` or empty is not written.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Tools {
    /// The folder of the project's own programs, looked into before `PATH`.
    pub bin: Option<&'static str>,
    /// What finds mistakes without running the program.
    pub lint: Option<Check>,
    /// What runs the tests.
    pub test: Option<Check>,
    /// What puts all sources into their form.
    pub format: Option<String>,
    /// What a new session is told, by a title: a command that prints one line.
    pub versions: Vec<Version>,
    /// What says that the set-up has not been done yet.
    pub missing: Option<Missing>,
    /// What no person and no agent writes.
    pub generated: Generated,
    /// Lines for a file after an edit, by its glob: those that change it.
    pub formats: Vec<ByFile>,
    /// Lines for a file after an edit, by its glob: those that find mistakes.
    pub checks: Vec<ByFile>,
    /// Globs of data files whose syntax is checked after an edit, besides those of every project.
    pub data: Vec<&'static str>,
    /// Lines for `.gitignore`: what set-up and checks leave behind.
    pub ignored: Vec<&'static str>,
    /// The steps of a set-up.
    pub init: Vec<Step>,
    /// The steps of maintenance.
    pub maintenance: Vec<Step>,
}

/// A command that passes or fails.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// The command, for a shell.
    pub command: String,
    /// What must succeed for it to make sense at all.
    pub needs: String,
    /// Globs of the files whose change asks for it.
    pub paths: Vec<&'static str>,
    /// What of the files it is given.
    pub given: Given,
    /// An exit code, besides 0, that is no failure, and why.
    pub passes: Option<(u8, &'static str)>,
    /// How the same is said for the whole project, where that is another command.
    pub for_all: Option<String>,
}

/// What a command is given of the files that changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Given {
    /// Nothing: it looks at the project.
    Nothing,
    /// All of them as arguments.
    Files,
}

impl Check {
    fn whole(command: impl Into<String>, needs: impl Into<String>, paths: &[&'static str]) -> Self {
        Self {
            command: command.into(),
            needs: needs.into(),
            paths: paths.to_vec(),
            given: Given::Nothing,
            passes: None,
            for_all: None,
        }
    }

    fn of_files(command: impl Into<String>, needs: impl Into<String>, paths: &[&'static str]) -> Self {
        Self { given: Given::Files, ..Self::whole(command, needs, paths) }
    }

    fn for_all(self, command: impl Into<String>) -> Self {
        Self { for_all: Some(command.into()), ..self }
    }

    /// The command for the whole project, as a person types it; `None` where there is none.
    pub fn typed(&self) -> Option<&str> {
        let as_it_is = (self.given == Given::Nothing).then_some(self.command.as_str());
        self.for_all.as_deref().or(as_it_is)
    }
}

/// A program's version, for people and models.
#[derive(Clone, Debug, Serialize)]
pub struct Version {
    /// The program that must be there.
    pub program: &'static str,
    /// What prints its version.
    pub command: &'static str,
}

/// What is not there before the set-up.
#[derive(Clone, Debug, Serialize)]
pub struct Missing {
    /// A test of the shell that succeeds once it is there.
    pub test: &'static str,
    /// What is said where it does not.
    pub told: &'static str,
}

/// Files that a program writes.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Generated {
    /// Their globs.
    pub paths: Vec<&'static str>,
    /// What to do instead of editing them.
    pub instead: &'static str,
}

/// A line of the shell for a file, in which `{}` stands for it.
#[derive(Clone, Debug, Serialize)]
pub struct ByFile {
    /// Which files.
    pub glob: &'static str,
    /// The line.
    pub line: String,
}

/// A step of a set-up.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// Its name.
    pub name: &'static str,
    /// What it runs, a line for a shell.
    pub run: String,
    /// The program without which it is left out.
    pub needs: Option<&'static str>,
    /// Files by which it is told that nothing is left to do.
    pub inputs: Vec<&'static str>,
    /// What it leaves behind; where that is gone, there is something to do again.
    pub outputs: Vec<&'static str>,
    /// How long it may take.
    pub timeout: &'static str,
    /// Whether its failure is one of the whole.
    pub required: bool,
}

impl Step {
    fn new(name: &'static str, run: impl Into<String>, timeout: &'static str) -> Self {
        let (inputs, outputs) = (Vec::new(), Vec::new());
        Self { name, run: run.into(), needs: None, inputs, outputs, timeout, required: true }
    }

    fn needs(self, program: &'static str) -> Self {
        Self { needs: Some(program), ..self }
    }

    fn inputs(self, files: &[&'static str], listing: &Listing) -> Self {
        Self { inputs: files.iter().copied().filter(|file| listing.has(file)).collect(), ..self }
    }

    fn outputs(self, files: &[&'static str]) -> Self {
        Self { outputs: files.to_vec(), ..self }
    }

    /// For what is good to have, and for news.
    fn optional(self) -> Self {
        Self { required: false, ..self }
    }
}

/// The commands of a kind of project with these files. What a person should know is added to the notes.
pub(super) fn of(kind: Kind, listing: &Listing, notes: &mut Vec<String>) -> (Option<Manager>, Tools) {
    let (manager, mut tools) = match kind {
        Kind::Rust => (Some(Manager::Cargo), rust::tools(listing)),
        Kind::Go => (Some(Manager::Go), go::tools(listing)),
        Kind::Python => {
            let manager = python::manager(listing);
            (Some(manager), python::tools(manager, listing, notes))
        }
        Kind::Node => {
            let manager = node::manager(listing, notes);
            (Some(manager), node::tools(manager, listing, notes))
        }
        Kind::Plain => (None, plain::tools(listing, notes)),
    };
    if listing.has(".gitmodules") {
        let submodules = Step::new("submodules", "git submodule update --init --recursive", "10m");
        tools.init.insert(0, submodules);
    }
    (manager, tools)
}

/// A line that runs only where its program is there.
fn where_there(program: &str, line: &str) -> String {
    format!("command -v {program} >/dev/null || exit 0; {line}")
}
