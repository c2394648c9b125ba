//! Branches of which the forge says that they are merged: whoever asks it first, and goes on only where it says so, has done with them.

use super::super::super::state::State;
use super::super::super::value::Text;
use crate::policy::lists::{is, is_any_case};

/// The deeds: the forge was asked, its answer was looked at, and it was yes.
const ASKED: &str = "a request of a forge";
const LOOKED: &str = "merged: looked";
const MERGED: &str = "merged: yes";

/// Remembers that a program of a forge shows a request.
pub(in super::super) fn asks(state: &mut State, program: &str, words: &[String]) {
    if let ("gh" | "glab" | "tea", [what, verb, ..]) = (program, words)
        && is(what, "pr|mr|pulls")
        && is(verb, "view|list|show|status")
    {
        state.files.deeds.set(ASKED, Text::default());
    }
}

/// Remembers that what the forge says was looked at for the word that a request is merged.
pub(in super::super::super) fn sought(state: &mut State, pattern: &str) {
    let is_word = |word: &str| is_any_case(word, "merged|mergedat");
    if state.files.deeds.get(ASKED).is_some()
        && !pattern.contains("!=")
        && pattern.split(|char: char| !char.is_ascii_alphanumeric()).any(is_word)
    {
        state.files.deeds.set(LOOKED, Text::default());
    }
}

/// The same of what a test compares.
pub(in super::super::super) fn compared(state: &mut State, words: &[Text]) {
    let is_equal = |word: &Text| matches!(word.prefix(), "=" | "==");
    if words.iter().any(is_equal) {
        words.iter().for_each(|word| sought(state, &word.shown()));
    }
}

/// Remembers how a condition came out.
pub(in super::super::super) fn decided(state: &mut State, holds: bool) {
    if state.files.deeds.remove(LOOKED).is_some() && holds {
        state.files.deeds.set(MERGED, Text::default());
    }
}

/// Whether one branch, which is none that everybody works on, is known to be merged.
pub(super) fn is_known(state: &State, refs: &[String]) -> bool {
    const SHARED: &str = "main|master|develop|dev|trunk|staging|production|prod|release|next|stable|gh-pages";
    let [branch] = refs else { return false };
    let name = branch.trim_start_matches(':');
    state.files.deeds.get(MERGED).is_some()
        && !name.split('/').take(1).any(|first| is(first, SHARED))
        && !name.contains('*')
}

#[cfg(test)]
mod tests {
    use crate::policy::effects::Kind;
    use crate::policy::facts::NoFacts;

    #[test]
    fn a_branch_that_the_forge_calls_merged_may_go() {
        for (command, goes) in [
            ("gh pr view 7 --json state -q .state | grep -qx MERGED && git push origin --delete feat/x", true),
            ("[ \"$(gh pr view 7 --json state -q .state)\" = MERGED ] && git push origin :feat/x", true),
            ("if gh pr view 7 --json state | grep -q MERGED; then git push origin -d feat/x; fi", true),
            ("gh pr view 7 --json state | grep -q MERGED || git push origin --delete feat/x", false),
            ("gh pr view 7 --json state | grep -q MERGED; git push origin --delete feat/x", false),
            ("gh pr view 7 --json state | grep -qv MERGED && git push origin --delete feat/x", false),
            ("gh pr view 7 --json state | grep -q MERGED && git push origin --delete main", false),
            ("gh pr view 7 --json state && git push origin --delete feat/x", false),
            ("echo MERGED | grep -q MERGED && git push origin --delete feat/x", false),
        ] {
            let found = crate::policy::shell::analyse(command, &NoFacts).effects;
            assert_eq!(found.iter().all(|effect| effect.kind != Kind::GitDeleteRemote), goes, "{command}");
        }
    }
}
