//! Programs whose output has no end, and those that take a disk's space by its size.

use super::super::machine::{Call, Machine};
use super::super::options::{read, spec};
use super::super::state::State;
use super::super::value::{Origin, Text};
use super::Program;
use crate::policy::effects::Kind;

pub(super) fn program(name: &str) -> Option<Program> {
    Some(match name {
        "yes" => yes,
        "fallocate" | "mkfile" | "xfs_mkfile" => allocate,
        _ => return None,
    })
}

fn yes(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let words: Vec<String> = call.args.iter().map(Text::encoded).collect();
    let mut text = Text::decoded(if words.is_empty() { "y" } else { "" });
    text.push(&Text::decoded(&words.join(" ")));
    text.push_known("\n", false);
    text.push_hole(Origin::ENDLESS);
    machine.emit(state, 1, text);
}

/// From how many bytes on a file is taken for one that is to fill the disk.
const MUCH: u64 = 100 << 30;

fn allocate(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let options = read(&call.args, &spec("lo", &["length=", "offset=", "help", "version"]));
    let (size, file) = match (options.value(&["l", "length"]), options.operands.as_slice()) {
        (Some(size), [.., file]) => (size, file),
        (None, [size, file, ..]) if call.name != "fallocate" => (size, file),
        _ => return,
    };
    let Some(path) = machine.path(state, file) else { return };
    machine.writes(state, &path, true);
    if bytes(&size.shown()).is_some_and(|bytes| bytes >= MUCH) {
        machine.note(Kind::DiskFill, path.clone(), machine.place(&path), false, Origin::ENDLESS);
    }
}

/// A size as these programs write it: `10G`, `2TiB`, `4096`.
fn bytes(size: &str) -> Option<u64> {
    let digits = size.find(|char: char| !char.is_ascii_digit()).unwrap_or(size.len());
    let number: u64 = size[..digits].parse().ok()?;
    let shift = match size[digits..].chars().next().map(|unit| unit.to_ascii_lowercase()) {
        None | Some('b') => 0,
        Some('k') => 10,
        Some('m') => 20,
        Some('g') => 30,
        Some('t') => 40,
        Some('p') => 50,
        Some(_) => return None,
    };
    number.checked_mul(1 << shift)
}
