//! What is remembered of one text while it is read for orders: how often was looked, and what its sentences and commands weigh.
//!
//! Passages behind names that stand close together are nearly the same passage, and each of its sentences would be weighed many times.

use std::collections::BTreeMap;

/// Most places of a text behind which orders are looked for.
const MAX_READ: usize = 64;

/// What is remembered of a text.
#[derive(Debug, Default)]
pub(super) struct Reading {
    read: usize,
    sentences: BTreeMap<String, (u8, u8)>,
    commands: BTreeMap<String, u8>,
}

impl Reading {
    /// Whether one more place may be looked at.
    pub(super) fn goes_on(&mut self) -> bool {
        self.read += 1;
        self.read <= MAX_READ
    }

    /// The two weights of a sentence, by `weigh` where it is met for the first time.
    pub(super) fn sentence(&mut self, sentence: &str, weigh: impl FnOnce(&str) -> (u8, u8)) -> (u8, u8) {
        remembered(&mut self.sentences, sentence, weigh)
    }

    /// The weight of a command.
    pub(super) fn command(&mut self, command: &str, weigh: impl FnOnce(&str) -> u8) -> u8 {
        remembered(&mut self.commands, command, weigh)
    }
}

/// What is known of a text, which is found out once.
fn remembered<T: Copy>(known: &mut BTreeMap<String, T>, text: &str, find: impl FnOnce(&str) -> T) -> T {
    if let Some(found) = known.get(text) {
        return *found;
    }
    let found = find(text);
    known.insert(text.to_owned(), found);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_sentence_weighs_is_found_out_once() {
        let mut reading = Reading::default();
        assert_eq!(reading.sentence("run it", |_| (1, 2)), (1, 2));
        assert_eq!(reading.sentence("run it", |_| (9, 9)), (1, 2));
        assert_eq!(reading.command("run it", |_| 3), 3);
    }

    #[test]
    fn a_text_is_looked_at_in_so_many_places_and_no_more() {
        let mut reading = Reading::default();
        assert_eq!((0..1000).filter(|_| reading.goes_on()).count(), MAX_READ);
    }
}
