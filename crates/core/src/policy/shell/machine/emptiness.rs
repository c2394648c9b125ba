//! Variables that are empty where the command that tells their value fails: `X="$(cd DIR && pwd)"`.
//!
//! The value is taken for what it is where all goes well, as people mean it; that it may be empty matters only where
//! nothing else keeps `"$X"/*` from being `/*`.

use super::super::programs::merged;
use super::super::state::State;
use super::super::syntax::*;
use super::super::value::{Origin, Text};
use crate::policy::facts::Facts;
use crate::policy::places;

/// Most such values of one shell that are remembered.
const MAX_VALUES: usize = 16;

/// Remembers what was assigned, where the command that told it may fail without anybody noticing.
pub(super) fn remember(state: &mut State, assignment: &Assignment, values: &[Text]) {
    if state.shell.errexit || state.shell.uncertain.len() >= MAX_VALUES {
        return;
    }
    let ([word], [value]) = (assignment.values.as_slice(), values) else { return };
    let [Part::Output(script, _)] = word.parts.as_slice() else { return };
    if let Some(value) = value.as_known().filter(|value| value.len() > 1 && may_fail(script)) {
        state.shell.uncertain.push(value.into_owned());
    }
}

/// Whether a script that tells a path may fail and say nothing: it goes to a folder that it names, or its failure is hidden.
fn may_fail(script: &Script) -> bool {
    let commands: Vec<(After, &Simple)> = script.items.iter().filter_map(last).collect();
    let is = |simple: &Simple, names: &[&str]| {
        simple.words.first().and_then(Word::bare).is_some_and(|name| names.contains(&name))
    };
    if commands.iter().any(|(_, simple)| is(simple, &["echo", "printf"])) {
        return false;
    }
    let falls_back = commands.iter().any(|(after, simple)| *after == After::Failure && !is(simple, &["true", ":"]));
    if falls_back {
        return false;
    }
    let hidden = commands.iter().any(|(after, simple)| {
        *after == After::Failure
            || simple
                .redirects
                .iter()
                .any(|redirect| redirect.fd == Some(2) && redirect.target.bare() == Some("/dev/null"))
    });
    // The folder of a script is there.
    let goes_to_a_name = matches!(commands.as_slice(), [(_, first), (After::Success, last)]
        if is(first, &["cd"]) && is(last, &["pwd"])
            && first.words.iter().skip(1).all(|word| word.parts.iter().all(|part| matches!(part, Part::Bare(_) | Part::Text(_)))));
    hidden || goes_to_a_name
}

/// The command that tells whether a part of a list succeeds, and when it runs.
fn last(item: &Item) -> Option<(After, &Simple)> {
    match item.pipeline.commands.last() {
        Some(Command::Simple(simple)) => Some((item.after, simple)),
        _ => None,
    }
}

/// Forgets what a test was made of: whoever looks knows.
pub(in crate::policy::shell) fn looked_at(state: &mut State, words: &[Text]) {
    merged::compared(state, words);
    if !state.shell.uncertain.is_empty() {
        state
            .shell
            .uncertain
            .retain(|value| !words.iter().any(|word| word.as_known().is_some_and(|word| word == *value)));
    }
}

/// Whether all that is in a folder is meant, and all of the machine where the folder's name is empty.
pub(in crate::policy::shell) fn may_be_all(state: &State, operand: &Text) -> bool {
    if state.shell.uncertain.is_empty() {
        return false;
    }
    let shown = operand.shown();
    state.shell.uncertain.iter().any(|value| {
        shown.strip_prefix(value.as_str()).is_some_and(|rest| {
            rest.starts_with('/') && matches!(places::without_wildcard(rest.trim_end_matches('/')), "" | "/")
        })
    })
}

/// Remembers that a variable would have been set by what did not come to run, where nothing else sets it: what is done with it
/// then is done with nothing.
pub(super) fn leaves_out(state: &mut State, item: &Item, facts: &dyn Facts) {
    if !only_assigns(item) {
        return;
    }
    let [Command::Simple(simple)] = item.pipeline.commands.as_slice() else { return };
    for assignment in &simple.assignments {
        if state.variable(&assignment.name).is_none() && facts.variable(&assignment.name).is_none() {
            let nothing = Text::hole(Origin { trial: true, ..Origin::UNKNOWN });
            state.assign(&assignment.name, vec![nothing], false);
        }
    }
}

/// Whether a list's part does no more than to set variables.
pub(super) fn only_assigns(item: &Item) -> bool {
    matches!(item.pipeline.commands.as_slice(), [Command::Simple(simple)] if simple.words.is_empty() && !simple.assignments.is_empty())
}
