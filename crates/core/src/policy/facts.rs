//! What of the world a verdict may depend on. The core asks, the edge answers; whoever answers bounds how long it takes.

use super::spend::Scope;
use crate::ledger::NanoUsd;

/// What is at a path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Look {
    /// Nobody knows.
    #[default]
    Unknown,
    /// Nothing.
    Missing,
    /// A file, after following links.
    File,
    /// A folder, after following links.
    Folder,
    /// A named pipe.
    Pipe,
    /// Anything else: a device, a socket.
    Other,
}

/// A folder's content, as far as it was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Paths below the folder, absolute.
    pub paths: Vec<String>,
    /// Whether that is all.
    pub complete: bool,
}

/// The facts. Every answer may be "unknown", which is what an answer is where nobody gives one; none may change anything.
pub trait Facts {
    /// The working folder of the call, absolute.
    fn directory(&self) -> Option<&str> {
        None
    }
    /// The person's home.
    fn home(&self) -> Option<&str> {
        None
    }
    /// The person's name on this machine.
    fn user(&self) -> Option<&str> {
        None
    }
    /// The project's root, where the call is within one.
    fn project(&self) -> Option<&str> {
        None
    }
    /// A variable of the agent's environment.
    fn variable(&self, _name: &str) -> Option<String> {
        None
    }
    /// What is at an absolute path.
    fn look(&self, _path: &str) -> Look {
        Look::Unknown
    }
    /// The path behind an absolute path's links; `None` where it has none, or does not exist.
    fn real(&self, _path: &str) -> Option<String> {
        None
    }
    /// What is below an absolute path, at any depth within a bound.
    fn below(&self, _path: &str) -> Listing {
        Listing::default()
    }
    /// The start of a small text file.
    fn text(&self, _path: &str) -> Option<String> {
        None
    }
    /// The MCP servers that are known here, by their raw names: approved, or configured by the person for all projects.
    fn servers(&self) -> Vec<String> {
        Vec::new()
    }
    /// Whether anything was spent that reaches a limit, of whatever scope.
    fn has_spent(&self) -> bool {
        false
    }
    /// What was spent of this scope, where that reaches a limit.
    fn spent(&self, _scope: Scope) -> Option<NanoUsd> {
        None
    }
    /// Whether this limit was told of already, for the span that it is of and in the session at hand.
    fn was_told(&self, _rule: &str, _scope: Scope) -> bool {
        false
    }
    /// Whether there is no time left to look any further.
    fn is_late(&self) -> bool {
        false
    }
}

/// Facts about nothing: what is left to a guard that sees the call alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFacts;

impl Facts for NoFacts {}
