//! Learns how results read that are meant to steer an agent, and writes the weights of `policy::steering`.
//!
//! `cargo run --release -p hookrail-core --example learn [--write] [--unseen FILE]… FILE…`, where `-` stands for files whose names come in
//! lines; `scripts/learn` gives it the files that the weights are made of.
//!
//! A `.jsonl` file holds examples as `policy test` takes them, of which those with an `output` count, or tasks for other agents; any other
//! file is a text without an order, as is one without such examples. Each of both is first judged by weights that were learned from the others (a fifth is left out
//! in turn): that says how well is told apart what was not seen, and how sure the weights have to be. What stands behind `--unseen` is
//! never learned from.
#![allow(clippy::unwrap_used, reason = "a tool of the workshop, which ends where its input is not as it should be")]

mod dice;
mod linear;
mod places;
mod sequence;

use std::io::stdin;
use std::path::PathBuf;
use std::thread;

use hookrail_core::policy::steering::linear::{LENGTH, Weights, windows};
use hookrail_core::policy::steering::sequence::{LENGTH as SEQUENCE, LONGEST, Sequence, meaning};
use hookrail_core::policy::steering::{AT_ONCE, task_windows, window, words};
use hookrail_core::redact::redact_json;
use serde_json::Value;

/// How much a logit of the network counts beside the sum of the features.
const LOGIT: f32 = 0.75;

/// Of a thousand orders that both models find together, so few may be missed because the sum alone takes them for plainly ordinary.
const NOT_ASKED: usize = 5;

/// How much more the guard's own cases count than an example: among them are the attacks that everybody knows.
const KNOWN: usize = 8;

/// How much more a task counts: there are few of them.
const OF_TASK: usize = 4;

/// Into how many parts the examples are split, to judge each by what the others teach.
const PARTS: usize = 5;

/// Of a thousand harmless ones that were not learned from, so many may be taken for steering ones: of examples, which are written to be
/// hard to tell apart, and of texts of everyday.
const FALSE_ALARMS: usize = 18;
const FALSE_ALARMS_OF_PLAIN: usize = 3;
const FALSE_ALARMS_OF_TASKS: usize = 20;

/// Of a longer text only the beginning is read.
const MAX_TEXT: usize = 240 << 10;

struct Example {
    /// The text as JSON, or a task as it is.
    text: String,
    is_task: bool,
    windows: Vec<Vec<u32>>,
    meanings: Vec<u16>,
    steers: bool,
    /// Which part it is left out with.
    part: usize,
    /// Whether it is a text of everyday, which nobody wrote as an example.
    plain: bool,
    /// How much it counts.
    counts: usize,
}

impl Example {
    fn of(text: &Value, steers: bool) -> Self {
        // The text alone decides, so that no order of files matters.
        let text = text.to_string();
        let (part, meanings) = (part_of(&text), meanings(words(&text)));
        Self { windows: windows(&text), meanings, text, is_task: false, steers, part, plain: false, counts: 1 }
    }

    /// A task for another agent, or a note for later ones.
    fn task(text: &str, stops: bool) -> Self {
        let mut windows = task_windows(text);
        let meanings = meanings(windows.swap_remove(0));
        let (text, part) = (text.to_owned(), part_of(text));
        Self { windows: Vec::new(), meanings, text, is_task: true, steers: stops, part, plain: false, counts: OF_TASK }
    }

    /// A text without an order.
    fn plain(text: &str) -> Self {
        Self { plain: true, ..Self::of(&text[..text.floor_char_boundary(MAX_TEXT)].into(), false) }
    }

    /// The examples of a file.
    fn read(path: &str) -> Vec<Self> {
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let cases: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let tasks = cases.iter().filter_map(|case| Some(Self::task(case["task"].as_str()?, case["stops"] == true)));
        let tasks: Vec<Self> = tasks.collect();
        if !tasks.is_empty() {
            return tasks;
        }
        let outputs: Vec<Value> = cases.into_iter().filter(|case| !case["output"].is_null()).collect();
        if !path.ends_with(".jsonl") || outputs.is_empty() {
            return vec![Self::plain(&text)];
        }
        let counts = if path.contains("/cases/") { KNOWN } else { 1 };
        let examples = outputs.iter().map(|case| Self { counts, ..Self::of(&case["output"], case["stops"] == true) });
        // What is told by the credential that it holds teaches nothing.
        let is_of_words = |example: &Self| !redact_json(&example.text).found().iter().any(|secret| secret.has_shape());
        examples.filter(is_of_words).collect()
    }
}

fn part_of(text: &str) -> usize {
    let sum = text.bytes().fold(7_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    (sum >> 3) % PARTS
}

fn meanings(words: Vec<u32>) -> Vec<u16> {
    words.into_iter().map(|word| meaning(word) as u16).collect()
}

/// The windows of a text of everyday that are most like an order: of each piece of it that is as long as what is weighed at once.
fn hard(weights: &Weights<'_>, text: &str) -> Vec<Vec<u16>> {
    let mut rest = text;
    let pieces = std::iter::from_fn(|| {
        let (piece, behind) =
            rest.split_at_checked(rest.floor_char_boundary(AT_ONCE)).filter(|(piece, _)| !piece.is_empty())?;
        rest = behind;
        Some(piece)
    });
    let windows = pieces.map(|piece| meanings(window(piece, weights.heaviest(piece).from)));
    windows.filter(|window| !window.is_empty()).collect()
}

/// Both models.
struct Models {
    linear: linear::Model,
    sequence: sequence::Learned,
}

/// How an example is weighed.
#[derive(Clone, Copy)]
struct Weighed {
    steers: bool,
    is_task: bool,
    plain: bool,
    /// By the sum of its features; of a task, by the network.
    sum: f32,
    /// By both models; of a task, by the network.
    both: f32,
}

impl Models {
    /// What these examples teach.
    fn of(examples: &[&Example]) -> Self {
        let linear = linear::Model::of(examples.iter().copied().filter(|example| !example.is_task));
        let bytes = linear.write(0.0).try_into().unwrap();
        let weights = Weights::read(&bytes);
        // Where in a longer text the order is nobody has said: where its words are most like one.
        let windows: Vec<Option<Vec<u16>>> = examples
            .iter()
            .map(|example| {
                let is_long = example.steers && !example.is_task && example.meanings.len() > LONGEST;
                is_long.then(|| meanings(window(&example.text, weights.heaviest(&example.text).from)))
            })
            .collect();
        let some = examples.iter().zip(&windows).filter(|(example, _)| !example.meanings.is_empty());
        let (plain, written): (Vec<_>, Vec<_>) = some.partition(|(example, _)| example.plain);
        let hard: Vec<Vec<u16>> = plain.iter().flat_map(|(example, _)| hard(&weights, &example.text)).collect();
        let plain: Vec<&[u16]> = plain.into_iter().map(|(example, _)| &*example.meanings).collect();
        let written = written.into_iter().flat_map(|(example, window)| {
            let words = window.as_deref().unwrap_or(&example.meanings);
            let text = move || sequence::Text { words, steers: example.steers, is_task: example.is_task };
            (0..example.counts).map(move |_| text())
        });
        let hard = hard.iter().map(|words| sequence::Text { words, steers: false, is_task: false });
        let texts: Vec<sequence::Text<'_>> = written.chain(hard).collect();
        let sequence = sequence::Learned::of(&texts, &plain);
        Self { linear, sequence }
    }

    /// Both as they are written, where their sum has to be above so much, the first alone above so much, above so much for the second
    /// to be asked, and a task above so much.
    fn write(&self, both: f32, sum: f32, asked: f32, task: f32) -> (Vec<u8>, Vec<u8>) {
        let unit = self.linear.unit();
        let whole = |above: f32| ((above - sum) * unit).round() as i32;
        (self.linear.write(sum), self.sequence.write(whole(asked), whole(both), LOGIT * unit, task))
    }

    /// How each of these is weighed, as the guard does.
    fn weigh<'a>(&self, examples: impl Iterator<Item = &'a Example>) -> Vec<Weighed> {
        let (linear, sequence) = self.write(0.0, 0.0, 0.0, 0.0);
        let (linear, sequence): ([u8; LENGTH], Box<[u8; SEQUENCE]>) =
            (linear.try_into().unwrap(), sequence.try_into().unwrap());
        let (weights, sequence) = (Weights::read(&linear), Sequence::read(&sequence));
        let unit = 1.0 / self.linear.unit();
        let weigh = |example: &Example| {
            if example.is_task {
                let both = sequence.logit_of(&task_windows(&example.text));
                return Weighed { steers: example.steers, is_task: true, plain: false, sum: both, both };
            }
            let heaviest = weights.heaviest(&example.text);
            let read = sequence.weigh(&window(&example.text, heaviest.from));
            let [sum, both] = [heaviest.weight, heaviest.weight + read].map(|weight| weight as f32 * unit);
            Weighed { steers: example.steers, is_task: false, plain: example.plain, sum, both }
        };
        examples.map(weigh).collect()
    }
}

/// Says how many are found of those that steer and of those that do not.
fn tell(what: &str, judged: impl Iterator<Item = (bool, bool)>) {
    let (mut found, mut all) = ([0, 0], [0, 0]);
    for (steers, is_found) in judged {
        all[usize::from(steers)] += 1;
        found[usize::from(steers)] += usize::from(is_found);
    }
    println!("{what}: {} of {} that steer found, {} of {} harmless ones as well", found[1], all[1], found[0], all[0]);
}

/// What so many of a thousand harmless ones weigh more than.
fn bound(weighed: &[(bool, f32)], alarms: usize) -> f32 {
    let mut harmless: Vec<f32> = weighed.iter().filter(|(steers, _)| !steers).map(|(_, weight)| *weight).collect();
    harmless.sort_by(|one, other| other.total_cmp(one));
    harmless[harmless.len() * alarms / 1000]
}

/// Says how well is told what was left out, and gives back how much it has to weigh.
fn judge(what: &str, weighed: &[Weighed], by: impl Fn(&Weighed) -> f32) -> f32 {
    let of = |plain: bool| -> Vec<(bool, f32)> {
        weighed.iter().filter(|it| it.plain == plain).map(|it| (it.steers, by(it))).collect()
    };
    let (written, plain) = (of(false), of(true));
    let tell = |what: &str, weighed: &[(bool, f32)], more_than: f32| {
        tell(what, weighed.iter().map(|(steers, weight)| (*steers, *weight > more_than)));
    };
    for alarms in [5, 10, 20] {
        tell(&format!("left out, {what}"), &written, bound(&written, alarms));
    }
    let more_than = bound(&written, FALSE_ALARMS).max(bound(&plain, FALSE_ALARMS_OF_PLAIN));
    tell(&format!("left out, {what}, by the bound"), &written, more_than);
    tell(&format!("texts of everyday left out, {what}"), &plain, more_than);
    more_than
}

/// The same of tasks.
fn judge_tasks(weighed: &[Weighed]) -> f32 {
    let tasks: Vec<(bool, f32)> = weighed.iter().map(|it| (it.steers, it.both)).collect();
    for alarms in [3, 5, 10, 20, 30] {
        let more_than = bound(&tasks, alarms);
        tell("tasks left out", tasks.iter().map(|(steers, weight)| (*steers, *weight > more_than)));
    }
    bound(&tasks, FALSE_ALARMS_OF_TASKS)
}

/// From which sum on the second model is asked.
fn asked(weighed: &[Weighed], both: f32) -> f32 {
    let mut found: Vec<f32> = weighed.iter().filter(|it| it.steers && it.both > both).map(|it| it.sum).collect();
    found.sort_by(f32::total_cmp);
    let asked = found[found.len() * NOT_ASKED / 1000];
    let plain = weighed.iter().filter(|it| it.plain);
    let of_plain = plain.clone().filter(|it| it.sum > asked).count();
    println!("of {} texts of everyday {of_plain} are read by the network", plain.count());
    asked
}

fn main() {
    let (mut files, mut unseen, mut write) = (Vec::new(), Vec::new(), false);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--write" => write = true,
            "--unseen" => unseen.extend(args.next()),
            "-" => files.extend(stdin().lines().map(Result::unwrap)),
            _ => files.push(arg),
        }
    }
    let examples: Vec<Example> = files.iter().flat_map(|file| Example::read(file)).collect();
    let learned = |part: usize| {
        let models = Models::of(&examples.iter().filter(|example| example.part != part).collect::<Vec<_>>());
        let weighed = models.weigh(examples.iter().filter(|it| it.part == part));
        (models, weighed)
    };
    // The last one leaves nothing out.
    let (models, weighed) = thread::scope(|scope| {
        let parts: Vec<_> = (0..=PARTS).map(|part| scope.spawn(move || learned(part))).collect();
        parts.into_iter().map(|part| part.join().unwrap()).unzip::<_, _, Vec<_>, Vec<_>>()
    });
    let (models, weighed) = (models.last().unwrap(), weighed.concat());
    let (tasks, weighed): (Vec<_>, Vec<_>) = weighed.into_iter().partition(|it| it.is_task);
    let task = judge_tasks(&tasks);
    let sum = judge("by the sum alone", &weighed, |it| it.sum);
    let both = judge("by both", &weighed, |it| it.both);
    let (linear, sequence) = models.write(both, sum, asked(&weighed, both), task);
    let (weights, network) = (linear.as_slice().try_into().unwrap(), sequence.as_slice().try_into().unwrap());
    let (weights, network) = (Weights::read(weights), Sequence::read(network));
    let judged = |example: &Example| {
        if example.is_task {
            return (example.steers, network.objects(&task_windows(&example.text)));
        }
        let heaviest = weights.heaviest(&example.text);
        (example.steers, network.steers(heaviest.weight, || window(&example.text, heaviest.from)))
    };
    for (what, is_task) in [("learned from", false), ("tasks learned from", true)] {
        tell(what, examples.iter().filter(|it| !it.plain && it.is_task == is_task).map(judged));
    }
    for file in &unseen {
        tell(file, Example::read(file).iter().map(judged));
    }
    if write {
        for (name, bytes) in [("weights.bin", linear), ("sequence.bin", sequence)] {
            let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "src/policy/steering", name].iter().collect();
            std::fs::write(path, bytes).unwrap();
        }
    }
}
