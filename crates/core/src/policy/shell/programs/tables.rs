//! Programs of which a table tells enough: this subcommand, with or without these flags, has that effect.

use super::super::machine::{Call, Machine};
use super::super::state::State;
use super::Program;

pub(super) fn program(_: &str) -> Option<Program> {
    None
}

/// What the table says of a call.
pub(super) fn table(_: &mut Machine<'_>, _: &Call, _: &mut State) {}
