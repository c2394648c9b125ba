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
use machine::Machine;
use state::State;

/// The longest command that is looked at, in bytes; of a longer one the start.
pub const MAX_COMMAND: usize = 1 << 20;

/// What is known of a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Analysis {
    /// What it does, in the order it was found.
    pub effects: Vec<Effect>,
    /// Whether all of it was understood and gone through.
    pub complete: bool,
}

/// The effects of a command given to a shell.
pub fn analyse(command: &str, facts: &dyn Facts) -> Analysis {
    let text = &command[..command.floor_char_boundary(MAX_COMMAND)];
    let (script, whole) = parse::parse(text);
    let mut machine = Machine::new(facts);
    let mut state = State { status: Some(true), ..State::default() };
    state.shell.directory = facts.directory().map(str::to_owned);
    machine.go(&script, state);
    Analysis { complete: whole && !machine.incomplete && text.len() == command.len(), effects: machine.effects }
}
