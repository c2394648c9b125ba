//! What of the world a verdict may depend on. The core asks, the edge answers; whoever answers bounds how long it takes.

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

/// The facts. Every answer may be "unknown"; none may change anything.
pub trait Facts {
    /// The working folder of the call, absolute.
    fn directory(&self) -> Option<&str>;
    /// The person's home.
    fn home(&self) -> Option<&str>;
    /// The person's name on this machine.
    fn user(&self) -> Option<&str>;
    /// The project's root, where the call is within one.
    fn project(&self) -> Option<&str>;
    /// A variable of the agent's environment.
    fn variable(&self, name: &str) -> Option<String>;
    /// What is at an absolute path.
    fn look(&self, path: &str) -> Look;
    /// The path behind an absolute path's links; `None` where it has none, or does not exist.
    fn real(&self, path: &str) -> Option<String>;
    /// What is below an absolute path, at any depth within a bound.
    fn below(&self, path: &str) -> Listing;
    /// The start of a small text file.
    fn text(&self, path: &str) -> Option<String>;
    /// Whether there is no time left to look any further.
    fn is_late(&self) -> bool {
        false
    }
}

/// Facts about nothing: what is left to a guard that sees the call alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFacts;

impl Facts for NoFacts {
    fn directory(&self) -> Option<&str> {
        None
    }
    fn home(&self) -> Option<&str> {
        None
    }
    fn user(&self) -> Option<&str> {
        None
    }
    fn project(&self) -> Option<&str> {
        None
    }
    fn variable(&self, _: &str) -> Option<String> {
        None
    }
    fn look(&self, _: &str) -> Look {
        Look::Unknown
    }
    fn real(&self, _: &str) -> Option<String> {
        None
    }
    fn below(&self, _: &str) -> Listing {
        Listing::default()
    }
    fn text(&self, _: &str) -> Option<String> {
        None
    }
}
