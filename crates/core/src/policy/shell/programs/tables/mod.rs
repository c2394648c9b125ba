//! Programs of which a table tells enough: this subcommand, with or without these words, has that effect.
//!
//! An entry is read against a call's words (the operands, in order) and flags. The first that fits counts.

mod backups;
mod cloud;
mod data;
mod forges;
mod machine;
mod reading;
mod runners;
mod sql;

pub(super) use data::destroys;
pub(super) use reading::only_looks;

use super::super::machine::{Call, Machine};
use super::super::options::{Options, Spec, read};
use super::super::state::State;
use super::super::value::{Origin, Text};
use super::Program;
use crate::policy::effects::Kind;
use crate::policy::places::{Place, glob};

/// What a program's call must be like, and what it then does.
pub(super) struct Entry {
    /// The subcommands: each word may be a glob, alternatives stand between bars.
    path: &'static str,
    /// Flags of which one must be there; none is no condition. `name=value` asks for a value too.
    with: &'static [&'static str],
    /// Flags of which none may be there, besides those that make any call harmless.
    without: &'static [&'static str],
    kind: Kind,
}

/// A program: its names, its options that take a value, what makes a call harmless, its entries.
pub(super) struct Tool {
    names: &'static [&'static str],
    spec: Spec,
    entries: &'static [Entry],
}

/// An entry without conditions on flags.
const fn on(path: &'static str, kind: Kind) -> Entry {
    Entry { path, with: &[], without: &[], kind }
}

/// An entry that asks for one of these flags.
const fn with(path: &'static str, with: &'static [&'static str], kind: Kind) -> Entry {
    Entry { path, with, without: &[], kind }
}

/// An entry that one of these flags makes harmless.
const fn unless(path: &'static str, without: &'static [&'static str], kind: Kind) -> Entry {
    Entry { path, with: &[], without, kind }
}

/// Flags with which a program shows what it would do, or how it is used.
const HARMLESS: &[&str] =
    &["help", "version", "dry-run", "dryrun", "what-if", "whatif", "simulate", "just-print", "preview"];

pub(super) fn program(name: &str) -> Option<Program> {
    let own: [fn(&str) -> Option<Program>; 5] =
        [runners::program, data::program, machine::program, forges::program, backups::program];
    if let Some(program) = own.iter().find_map(|family| family(name)) {
        return Some(program);
    }
    find(name).map(|_| table as Program)
}

fn find(name: &str) -> Option<&'static Tool> {
    let areas = [forges::TOOLS, backups::TOOLS, cloud::TOOLS, data::TOOLS, machine::TOOLS];
    areas.into_iter().flatten().find(|tool| tool.names.contains(&name))
}

/// What the table says of a call.
pub(super) fn table(machine: &mut Machine<'_>, call: &Call, state: &mut State) {
    let Some(tool) = find(&call.name) else { return };
    let options = read(&call.args, &tool.spec);
    let harmless = |options: &Options| {
        options.flags.iter().any(|flag| {
            // `--version 1.0` is of something else, `--dry-run=none` is none.
            let valued = flag
                .value
                .as_ref()
                .is_some_and(|value| flag.name == "version" || matches!(value.shown().as_str(), "none" | "false"));
            HARMLESS.contains(&flag.name.as_str()) && !valued
        })
    };
    let second = options.operands.len() <= 2 && options.operands.iter().any(|word| word.shown() == "help");
    if harmless(&options) || second || apply(machine, state, tool, &options) {
        return;
    }
    let input = machine.input(state, 0).origin();
    machine.emit(state, 1, Text::hole(input.unwrap_or_default()));
}

/// Does what the first entry says that fits; false where none does.
fn apply(machine: &mut Machine<'_>, state: &mut State, tool: &Tool, options: &Options) -> bool {
    let words: Vec<String> = options.operands.iter().map(Text::shown).collect();
    for entry in tool.entries {
        let Some(length) = fits(entry.path, &words) else { continue };
        let asked = entry.with.is_empty() || entry.with.iter().any(|flag| is_given(options, flag));
        if !asked || entry.without.iter().any(|flag| is_given(options, flag)) {
            continue;
        }
        let target = words.get(length..).unwrap_or_default().join(" ");
        if entry.kind == Kind::SecretRead {
            machine.note(Kind::SecretRead, target, Place::Unknown, false, Origin::SECRET);
            machine.emit(state, 1, Text::hole(Origin::SECRET));
        } else {
            machine.act(entry.kind, target);
        }
        return true;
    }
    false
}

/// How many words a path takes; `None` where it is not these.
fn fits(path: &str, words: &[String]) -> Option<usize> {
    let parts: Vec<&str> = path.split(' ').filter(|part| !part.is_empty()).collect();
    let matches = |(part, word): (&&str, &String)| part.split('|').any(|one| glob(one, word));
    (parts.len() <= words.len() && parts.iter().zip(words).all(matches)).then_some(parts.len())
}

/// Whether a flag was given; `name=value` asks for the value, which may be a glob. A word counts as well as a flag.
fn is_given(options: &Options, flag: &str) -> bool {
    match flag.split_once('=') {
        Some((name, wanted)) => {
            let named = |flag: &&super::super::options::Flag| flag.name == name;
            options
                .flags
                .iter()
                .filter(named)
                .any(|flag| flag.value.as_ref().is_some_and(|value| glob(wanted, &value.shown())))
        }
        None => options.has(&[flag]) || options.operands.iter().any(|word| word.shown() == flag),
    }
}
