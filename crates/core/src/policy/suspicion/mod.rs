//! How calls read that should have been stopped: learned from cases, for nobody can list all that a call may do to those who trust it.
//!
//! What a call says is read in parts, each for what it is to the call (`tokens.rs`): what an edit takes away and what it puts
//! there, what stays, the file's path; a tool's name and its arguments. Each word, and two and three in a row, weigh something in their
//! part (`weights.rs`). A call is suspicious where this sum, held against how much there was to read, is above what hardly any harmless
//! call has. Words that mean alike (`senses.rs`) weigh in their place too, as does of what an edit has less than before and of what more. The weights are whole numbers in `weights.bin`, made by `scripts/learn-calls` from the cases of the guard and from what people changed in
//! public projects.
//!
//! What is known for certain is told by the rooms of `inspect/`, with its name and its reason. This says only what it is like, and a person is asked.

mod senses;
mod tokens;
pub mod weights;

use tokens::{Token, Tokens};
use weights::Weights;

/// What a part of a call is to it: the same word tells something else in each.
#[derive(Clone, Copy)]
enum Role {
    /// The name of the tool.
    Tool = 1,
    /// What a tool is given.
    Value,
    /// The path of a file.
    Path,
    /// What an edit takes away.
    Taken,
    /// What it puts there.
    Added,
    /// What there is then.
    Whole,
    /// What the agent says the edit is for.
    Told,
}

/// How many features are told apart.
pub const FEATURES: usize = 1 << 21;

/// So much of each part is read, in words.
const LONGEST: usize = 1500;

/// What is read of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Each word, and two and three words in a row, by the part they stand in.
    features: Vec<u32>,
    /// Whether it is an edit of a file.
    is_edit: bool,
}

impl Reading {
    /// Of a call of a tool, by its name and its arguments as JSON.
    pub fn of_call(tool: &str, arguments: &str) -> Self {
        let mut reading = Self::default();
        reading.part(Role::Tool, Tokens::of(tool));
        reading.part(Role::Value, Tokens::of(arguments));
        reading
    }

    /// Of an edit: the paths, what it is for in the agent's words, and texts with those whose place they take.
    pub fn of_edit<'t>(
        paths: impl Iterator<Item = &'t str>,
        told: &str,
        changes: impl Iterator<Item = (&'t str, &'t str)>,
    ) -> Self {
        let mut reading = Self { is_edit: true, ..Self::default() };
        paths.for_each(|path| reading.part(Role::Path, Tokens::of(path)));
        reading.part(Role::Told, Tokens::of(told));
        for (before, text) in changes {
            let (taken, added) = differing(before, text);
            reading.balance(&taken, &added);
            reading.part(Role::Taken, taken.into_iter());
            reading.part(Role::Added, added.into_iter());
            reading.part(Role::Whole, Tokens::of(text));
        }
        reading
    }

    /// What is known of it.
    pub fn features(&self) -> &[u32] {
        &self.features
    }

    /// Whether there is enough to read: the name of a tool alone tells nothing but what the name says.
    pub const fn is_enough(&self) -> bool {
        const LEAST: usize = 40;
        self.features.len() >= LEAST
    }

    /// Whether it is an edit of a file.
    pub const fn is_edit(&self) -> bool {
        self.is_edit
    }

    /// Whether it reads as a call that should be stopped.
    pub fn is_suspicious(&self) -> bool {
        let weights = Weights::learned();
        weights.weigh(&self.features) > weights.bound(self.is_edit)
    }

    fn part(&mut self, role: Role, tokens: impl Iterator<Item = Token>) {
        let (mut last, mut before) = (0, 0);
        let mut senses = [0; 3];
        for Token { word, sense } in tokens.take(LONGEST) {
            self.features.push(feature(role, 0, [0, 0, word]));
            self.features.push(feature(role, 0, [0, last, word]));
            if matches!(role, Role::Value | Role::Taken | Role::Added) {
                self.features.push(feature(role, 0, [before, last, word]));
            }
            (before, last) = (last, word);
            if sense != 0 && sense != senses[0] {
                self.features.push(feature(role, 1, [0, 0, sense]));
                self.features.push(feature(role, 1, [0, senses[0], sense]));
                self.features.push(feature(role, 2, [0, senses[1], sense]));
                self.features.push(feature(role, 1, [senses[1], senses[0], sense]));
                senses = [sense, senses[0], senses[1]];
            }
        }
    }

    /// What an edit is about less than before, and more.
    fn balance(&mut self, taken: &[Token], added: &[Token]) {
        let count = |tokens: &[Token]| {
            let mut counts = [0_i32; senses::KINDS];
            tokens.iter().for_each(|token| counts[token.sense as usize] += 1);
            counts
        };
        let (taken, added) = (count(taken), count(added));
        let shift = |sense: usize| match added[sense] - taken[sense] {
            0 => None,
            1.. => Some(Shift::More),
            _ if added[sense] > 0 => Some(Shift::Less),
            _ => Some(Shift::Gone),
        };
        let shifts: Vec<(u32, u32)> =
            (1..senses::KINDS).filter_map(|sense| Some((sense as u32, shift(sense)? as u32))).collect();
        for (at, (sense, how)) in shifts.iter().enumerate() {
            self.features.push(feature(Role::Whole, 3, [0, *sense, *how]));
            for (other, then) in &shifts[..at] {
                self.features.push(feature(Role::Whole, 4 + how * 3 + then, [0, *other, *sense]));
            }
        }
    }
}

/// How much of a sense an edit leaves, of what it changes.
#[derive(Clone, Copy)]
enum Shift {
    Gone,
    Less,
    More,
}

/// The number of words in a row in a part of a call, of senses in a row, or of what shifts together; `kind` tells which.
fn feature(role: Role, kind: u32, words: [u32; 3]) -> u32 {
    let mix = |sum: u32, word: u32| (sum.rotate_left(9) ^ word).wrapping_mul(0x9e37_79b1);
    let mixed = words.into_iter().fold((role as u32 + kind * 16).wrapping_mul(0x85eb_ca6b), mix);
    (mixed ^ mixed >> 15).wrapping_mul(0x2c1b_3c6d) >> (u32::BITS - FEATURES.ilog2())
}

/// The words in which two texts differ: without the lines that both have, and without what those that are left begin and end with alike.
fn differing(before: &str, text: &str) -> (Vec<Token>, Vec<Token>) {
    let (taken, added) = (lines(before, text), lines(text, before));
    let alike = taken.iter().zip(&added).take_while(|(one, other)| one == other).count();
    let (taken, added) = (&taken[alike..], &added[alike..]);
    let alike = taken.iter().rev().zip(added.iter().rev()).take_while(|(one, other)| one == other).count();
    (taken[..taken.len() - alike].to_vec(), added[..added.len() - alike].to_vec())
}

/// The words of the lines of a text that another one has not, or not so often.
fn lines(text: &str, other: &str) -> Vec<Token> {
    /// More lines are not held against each other.
    const MOST: usize = 2000;
    let mut others: Vec<&str> = other.lines().map(str::trim).take(MOST).collect();
    others.sort_unstable();
    // How many of the lines that are the same as the one at a place were found before.
    let mut spent = vec![0; others.len()];
    let mut is_there = |line: &str| {
        let from = others.partition_point(|it| *it < line);
        let is_free = spent.get(from).is_some_and(|spent| others.get(from + spent) == Some(&line));
        if is_free {
            spent[from] += 1;
        }
        is_free
    };
    let own = text.lines().map(str::trim).filter(|line| !is_there(line));
    own.flat_map(Tokens::of).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> Vec<Token> {
        Tokens::of(text).collect()
    }

    #[test]
    fn an_edit_is_what_differs() {
        let before = "if (ok) {\n  check(token);\n  go();\n}\n";
        let text = "if (ok) {\n  check(nothing);\n  go();\n}\n";
        assert_eq!(differing(before, text), (words("token"), words("nothing")));
        assert_eq!(differing("", "a b"), (Vec::new(), words("a b")));
        assert_eq!(differing("x\nx\ny", "x\ny"), (words("x"), Vec::new()));
    }

    #[test]
    fn a_word_tells_something_else_in_each_part() {
        let (one, other) = (Reading::of_call("drop", "table"), Reading::of_call("table", "drop"));
        assert!(one.features.iter().all(|feature| !other.features.contains(feature)));
    }

    proptest! {
        #[test]
        fn no_text_is_too_much(before in "\\PC{0,200}", text in "\\PC{0,200}") {
            let reading = Reading::of_edit(["a"].into_iter(), &before, [(before.as_str(), text.as_str())].into_iter());
            prop_assert!(reading.features().iter().all(|feature| (*feature as usize) < FEATURES));
            reading.is_suspicious();
        }
    }
}
