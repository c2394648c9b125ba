//! What a project is, told from the files in its folder.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::kinds::{self, Tools};

/// What a project is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// `Cargo.toml`.
    Rust,
    /// `go.mod`.
    Go,
    /// `pyproject.toml`, `setup.py`, `setup.cfg` or `requirements.txt`.
    Python,
    /// `package.json`.
    Node,
    /// None of these.
    Plain,
}

impl Kind {
    /// Every kind, in the order in which a folder with the files of several is looked at: a `package.json` beside a
    /// `Cargo.toml` is more often for a tool than the other way round.
    pub const ALL: [Self; 5] = [Self::Rust, Self::Go, Self::Python, Self::Node, Self::Plain];

    /// The word on a command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Go => "go",
            Self::Python => "python",
            Self::Node => "node",
            Self::Plain => "plain",
        }
    }

    /// The kind of this word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Its name for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Rust => "Rust",
            Self::Go => "Go",
            Self::Python => "Python",
            Self::Node => "Node",
            Self::Plain => "plain",
        }
    }

    /// The files that tell of it.
    const fn files(self) -> &'static [&'static str] {
        match self {
            Self::Rust => &["Cargo.toml"],
            Self::Go => &["go.mod"],
            Self::Python => &["pyproject.toml", "setup.py", "setup.cfg", "requirements.txt"],
            Self::Node => &["package.json"],
            Self::Plain => &[],
        }
    }
}

/// What gets and keeps a project's dependencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Manager {
    /// Rust's.
    Cargo,
    /// Go's own command.
    Go,
    /// Python's `uv`.
    Uv,
    /// Python's `poetry`.
    Poetry,
    /// Python's `pip`, in a `.venv`.
    Pip,
    /// Node's own.
    Npm,
    /// Node's `pnpm`.
    Pnpm,
    /// Node's `yarn`, of any version.
    Yarn,
    /// `bun`.
    Bun,
}

impl Manager {
    /// Its command.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cargo => "cargo",
            Self::Go => "go",
            Self::Uv => "uv",
            Self::Poetry => "poetry",
            Self::Pip => "pip",
            Self::Npm => "npm",
            Self::Pnpm => "pnpm",
            Self::Yarn => "yarn",
            Self::Bun => "bun",
        }
    }
}

/// What is in a project's folder.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// The names in it.
    pub names: BTreeSet<String>,
    /// The texts of those of [`READ`] that are there.
    pub texts: BTreeMap<String, String>,
}

/// The files whose texts are looked at.
pub const READ: &[&str] = &[
    "Cargo.toml",
    "package.json",
    "pyproject.toml",
    "requirements.txt",
    "requirements-dev.txt",
    "setup.cfg",
    "Makefile",
    ".pre-commit-config.yaml",
];

impl Listing {
    /// Whether something of this name is there.
    pub fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Whether one of these is there.
    pub fn has_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.has(name))
    }

    /// The text of a file; empty where it is not there or is no text.
    pub fn text(&self, name: &str) -> &str {
        self.texts.get(name).map(String::as_str).unwrap_or_default()
    }
}

/// A project, and what it is worked on with.
#[derive(Clone, Debug, Serialize)]
pub struct Project {
    /// What it is taken for.
    pub kind: Kind,
    /// What else its files tell of.
    pub others: Vec<Kind>,
    /// What gets its dependencies, where something does.
    pub manager: Option<Manager>,
    /// Its commands.
    pub tools: Tools,
    /// What a person should know about how it was taken.
    pub notes: Vec<String>,
}

/// Tells what a project is: what a person chose, else the first kind that the files in its folder tell of.
pub fn detect(listing: &Listing, chosen: Option<Kind>) -> Project {
    let found: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| listing.has_any(kind.files())).collect();
    let kind = chosen.or_else(|| found.first().copied()).unwrap_or(Kind::Plain);
    let mut notes = Vec::new();
    let (manager, tools) = kinds::of(kind, listing, &mut notes);
    let others: Vec<Kind> = found.into_iter().filter(|other| *other != kind).collect();
    if let Some(other) = others.first() {
        let titles: Vec<&str> = others.iter().map(|other| other.title()).collect();
        notes.push(format!(
            "there are files of {} too; what is written is for {}, `--kind {}` chooses otherwise",
            titles.join(" and "),
            kind.title(),
            other.as_str()
        ));
    }
    Project { kind, others, manager, tools, notes }
}
