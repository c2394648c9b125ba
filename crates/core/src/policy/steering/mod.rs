//! How texts read that are meant to steer an agent: learned from examples, for nobody can list the words of those who mean harm.
//!
//! Two models look at a text. One sums up what stands in each window of it (`linear.rs`): its words, pairs of words that stand beside
//! each other or one apart, and the senses of words (`senses.rs`), in the order in which they come and together in a sentence
//! (`features.rs`). It goes through a text in one pass. Where the heaviest window is not plainly ordinary, the other reads how its words
//! follow each other (`sequence.rs`), and both are added. The weights of both are whole numbers in `weights.bin` and `sequence.bin`, made
//! by `scripts/learn` from `examples.jsonl`, the cases of the guard and texts without any order.
//!
//! The network also reads the tasks that agents give each other, which begin with a word of their own: it learned them from `tasks.jsonl`.

mod features;
pub mod linear;
pub(super) mod senses;
pub mod sequence;
pub(super) mod words;

use std::borrow::Cow;

use serde_json::Value;

use crate::json;
pub use features::FEATURES;
use linear::{WINDOW, Weights};
use sequence::{LONGEST, Sequence};
use words::{TASK, Words};

/// The most of a result that is weighed while an agent waits, in bytes: to weigh a word takes longer than to look for signs. The scan of
/// what is stored weighs all that is looked at.
pub const AT_ONCE: usize = 8 << 10;

/// Whether a text of JSON reads as one that is meant to steer an agent.
pub fn steers(text: &str) -> bool {
    let heaviest = Weights::learned().heaviest(text);
    Sequence::learned().steers(heaviest.weight, || window(text, heaviest.from))
}

/// The longest task that is read, in bytes: those that were learned from are no longer.
const LONGEST_TASK: usize = 2 << 10;

/// Whether a task for another agent, or a note for later ones, reads as what nobody should be told. The network alone tells: every task
/// is made of orders. Of one with many words the beginning and the end are read.
pub fn objects(task: &str) -> bool {
    task.len() <= LONGEST_TASK && Sequence::learned().objects(&task_windows(task))
}

/// The words of a task that are read at once.
pub fn task_windows(task: &str) -> Vec<Vec<u32>> {
    let words = words(&Value::from(task).to_string());
    let (room, length) = (LONGEST - 1, words.len());
    let begin = &words[..length.min(room)];
    let end = &words[length.saturating_sub(room)..];
    let windows = if length > room { vec![begin, end] } else { vec![begin] };
    windows.into_iter().map(|words| [&[TASK], words].concat()).collect()
}

/// The words of a text of JSON around the window that begins with one of them.
pub fn window(text: &str, from: usize) -> Vec<u32> {
    let before = from.saturating_sub((LONGEST - WINDOW) / 2);
    Words::of(&unescaped(text)).skip(before).take(LONGEST).collect()
}

/// The words of a text of JSON.
pub fn words(text: &str) -> Vec<u32> {
    Words::of(&unescaped(text)).collect()
}

/// A text with its letters as they are: servers write those of other languages by their numbers.
fn unescaped(text: &str) -> Cow<'_, str> {
    if text.contains("\\u") { json::unescape(&json::unescape(text)).into_owned().into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_weights_tell_what_they_were_learned_from() {
        let (mut told, mut all) = ([0, 0], [0, 0]);
        // Some of them are enough.
        for line in include_str!("examples.jsonl").lines().step_by(8) {
            let example: serde_json::Value = serde_json::from_str(line).expect("an example is JSON");
            let steers = usize::from(example["stops"] == true);
            all[steers] += 1;
            told[steers] += usize::from(super::steers(&example["output"].to_string()));
        }
        assert!(all[0] > 1000 && all[1] > 1000, "{all:?}");
        assert!(told[1] * 100 > all[1] * 60 && told[0] * 100 < all[0], "{told:?} of {all:?}: learn them anew");
    }

    #[test]
    fn the_network_tells_what_tasks_it_was_learned_from() {
        let (mut told, mut all) = ([0, 0], [0, 0]);
        for line in include_str!("tasks.jsonl").lines().step_by(8) {
            let example: serde_json::Value = serde_json::from_str(line).expect("an example is JSON");
            let stops = usize::from(example["stops"] == true);
            all[stops] += 1;
            told[stops] += usize::from(super::objects(example["task"].as_str().expect("a task is a text")));
        }
        assert!(all[0] > 100 && all[1] > 100, "{all:?}");
        assert!(told[1] * 100 > all[1] * 40 && told[0] * 50 < all[0], "{told:?} of {all:?}: learn them anew");
    }
}
