//! What a shell command does: its grammar, and from that its effects.
//!
//! Text becomes a tree ([`parse`]), and an abstract shell (`machine`) goes through the tree and notes effects. What the
//! programs do is told by `programs`, a file for each family.

mod builtins;
mod documents;
mod expand;
mod machine;
mod options;
pub mod parse;
mod programs;
mod state;
pub mod syntax;
#[cfg(test)]
mod tests;
pub mod value;
mod words;

use super::effects::Effect;
use super::facts::Facts;
use crate::policy::spans;
use machine::Machine;
pub(super) use programs::is_local_cluster;
use state::State;

/// The longest command that is looked at, in bytes; of a longer one the start.
pub const MAX_COMMAND: usize = 256 << 10;

/// What is known of a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Analysis {
    /// What it does, in the order it was found.
    pub effects: Vec<Effect>,
    /// Whether all of it was understood and gone through.
    pub complete: bool,
}

/// What is done to a file by a tool that is no shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touch {
    /// Its content is read.
    Read,
    /// It is written or changed.
    Write,
    /// It is removed.
    Delete,
}

/// The effects of a command given to a shell.
pub fn analyse(command: &str, facts: &dyn Facts) -> Analysis {
    analyse_in(command, None, facts)
}

/// Whether a service of this name protects a machine, or keeps the record of it.
pub(super) fn guards_machine(service: &str) -> bool {
    programs::is_guard(service)
}

/// The effects of something done to a file.
pub(super) fn touched(path: &str, touch: Touch, tool: &str, facts: &dyn Facts) -> Vec<Effect> {
    let mut machine = Machine::of_tool(facts, tool);
    let state = start(None, facts);
    let home = facts.home().filter(|_| path == "~" || path.starts_with("~/"));
    let path = home.map_or_else(|| path.to_owned(), |home| format!("{home}{}", &path[1..]));
    if let Some(path) = machine.path(&state, &value::Text::known(path)) {
        let real = machine.real(&state, &path);
        match touch {
            Touch::Read => machine.reads(&state, &path),
            Touch::Write => machine.file(super::effects::Kind::FileWrite, &real, false),
            Touch::Delete => machine.file(super::effects::Kind::FileDelete, &real, false),
        }
    }
    machine.effects
}

/// The effects of fetching a URL.
pub(super) fn fetched(url: &str, tool: &str, facts: &dyn Facts) -> Vec<Effect> {
    let mut machine = Machine::of_tool(facts, tool);
    let state = start(None, facts);
    let _ = machine.exchanges(&state, &value::Text::known(url), None);
    machine.effects
}

fn start(directory: Option<&str>, facts: &dyn Facts) -> State {
    let mut state = State { status: Some(true), ..State::default() };
    let own = facts.directory();
    state.shell.directory = match directory {
        Some(directory) if directory.starts_with('/') => Some(directory.to_owned()),
        Some(directory) => own.map(|own| super::places::absolute(directory, own)),
        None => own.map(str::to_owned),
    };
    state
}

/// [`analyse`] for a command that is run in another folder than the agent's own.
pub fn analyse_in(command: &str, directory: Option<&str>, facts: &dyn Facts) -> Analysis {
    let text = spans::start(command, MAX_COMMAND);
    let (script, whole) = parse::parse(text);
    let mut machine = Machine::new(facts);
    machine.go(&script, start(directory, facts));
    let complete = whole && !machine.incomplete && text.len() == command.len();
    if !complete {
        // Never silently safe: a rule may speak of it.
        machine.act(super::effects::Kind::Unknown, "part of the command was not understood");
    }
    Analysis { complete, effects: machine.effects }
}
