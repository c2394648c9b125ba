//! The guard's rules as people write them: packs that are built in, the organisation's, a project's file, and
//! one of the person's own.
//!
//! All are TOML of one form ([`file`]), and `layers` says who may loosen whose. [`compile`] prepares them as the snapshot that
//! the hook reads; nothing else does.

mod call;
#[cfg(test)]
mod calls;
mod compile;
mod examples;
mod file;
mod layers;
mod mcp;
pub mod organisation;
mod schema;
mod spend;

pub use call::payload as worded;
pub use compile::{Compiled, Gathered, OWN_FILE, PolicyError, Site, Wrong, compile, gather, state};
pub use examples::{Case, Desk, Outcome, examples, run};
pub use file::{Adjustment, Exception, Mistake, OnFailure, PolicyFile, Rule, RuleMode, read, strangers};
pub use layers::{Layer, Note, Sheet, Standing, Standings, join};
pub use mcp::{Mcp, Unapproved, approved};
pub use schema::schema;
pub use spend::Spend;

/// A pack of rules that is built in.
#[derive(Clone, Copy, Debug)]
pub struct Pack {
    /// Its name.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// The built-in packs.
pub const PACKS: &[Pack] = &[
    // Of rules that decide alike the last is named: what is known goes before what is only like it.
    Pack { name: "calls", text: include_str!("packs/calls.toml") },
    Pack { name: "filesystem", text: include_str!("packs/filesystem.toml") },
    Pack { name: "git", text: include_str!("packs/git.toml") },
    Pack { name: "secrets", text: include_str!("packs/secrets.toml") },
    Pack { name: "network", text: include_str!("packs/network.toml") },
    Pack { name: "privilege", text: include_str!("packs/privilege.toml") },
    Pack { name: "mcp", text: include_str!("packs/mcp.toml") },
    Pack { name: "prompts", text: include_str!("packs/prompts.toml") },
    Pack { name: "outputs", text: include_str!("packs/outputs.toml") },
    Pack { name: "project", text: include_str!("packs/project.toml") },
    Pack { name: "operations", text: include_str!("packs/operations.toml") },
    Pack { name: "self-protection", text: include_str!("packs/self-protection.toml") },
];

/// The project's own cases of what is to be stopped and what is not, by area: commands as agents write them.
#[cfg(test)]
const CASES: &[(&str, &str)] = &[
    ("behind", include_str!("cases/behind.jsonl")),
    ("execution", include_str!("cases/execution.jsonl")),
    ("filesystem", include_str!("cases/filesystem.jsonl")),
    ("git", include_str!("cases/git.jsonl")),
    ("operations", include_str!("cases/operations.jsonl")),
    ("secrets", include_str!("cases/secrets.jsonl")),
    ("shell", include_str!("cases/shell.jsonl")),
];

/// Cases that were written without a look at how calls are understood: dangerous ones in disguise, and an agent's whole day.
///
/// A case that is decided wrongly says why under `open`.
#[cfg(test)]
const UNSEEN: &[(&str, &str)] = &[
    ("disguised", include_str!("cases/disguised.jsonl")),
    ("everyday", include_str!("cases/everyday.jsonl")),
    ("blind", include_str!("cases/blind.jsonl")),
];

#[cfg(test)]
mod tests;
