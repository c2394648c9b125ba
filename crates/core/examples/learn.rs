//! Learns how results read that are meant to steer an agent, and writes the weights of `policy::steering`.
//!
//! `cargo run --release -p hookrail-core --example learn [--write] [--unseen FILE]… FILE…`, where `-` stands for files whose names come in
//! lines; `scripts/learn` gives it the files that the weights are made of.
//!
//! A `.jsonl` file holds examples as `policy test` takes them, of which those with an `output` count; any other file is a text without an
//! order, as is one without such examples. Each of both is first judged by weights that were learned from the others (a fifth is left out
//! in turn): that says how well is told apart what was not seen, and how sure the weights have to be. What stands behind `--unseen` is
//! never learned from.
#![allow(clippy::unwrap_used, reason = "a tool of the workshop, which ends where its input is not as it should be")]

use std::io::stdin;
use std::path::PathBuf;
use std::thread;

use hookrail_core::policy::steering::{BUCKETS, FEATURES, LENGTH, WAYS, Weights, windows};
use hookrail_core::redact::redact_json;
use serde_json::Value;

/// Rounds over all examples, the last ones of which the mean is taken, how fast what is wrong is mended, how much weights are drawn back to nothing each time, and how much more
/// a text that steers counts than a window of one that does not.
const ROUNDS: usize = 30;
const LAST: usize = 10;
const RATE: f32 = 0.03;
const DECAY: f32 = 5e-4;
const IMPORTANCE: f32 = 4.0;

/// How much more the guard's own cases count than an example: among them are the attacks that everybody knows.
const KNOWN: f32 = 8.0;

/// What is told apart so surely teaches no more.
const SURE: f32 = 5.0;

/// How much faster those features learn that stand with one kind of texts alone: as much as the logarithm tells by which they are more
/// frequent there, in this part.
const TELLING: f32 = 0.4;

/// Into how many parts the examples are split, to judge each by what the others teach.
const PARTS: usize = 5;

/// Of a thousand harmless ones that were not learned from, so many may be taken for steering ones: of examples, which are written to be
/// hard to tell apart, and of texts of everyday.
const FALSE_ALARMS: usize = 15;
const FALSE_ALARMS_OF_PLAIN: usize = 1;

/// Of a longer text only the beginning is read.
const MAX_TEXT: usize = 240 << 10;

struct Example {
    /// The text as JSON.
    text: String,
    windows: Vec<Vec<u32>>,
    steers: bool,
    /// Which part it is left out with.
    part: usize,
    /// Whether it is a text of everyday, which nobody wrote as an example.
    plain: bool,
    /// How much it counts.
    counts: f32,
}

impl Example {
    fn of(text: &Value, steers: bool) -> Self {
        // The text alone decides, so that no order of files matters.
        let text = text.to_string();
        let part = text.bytes().fold(7_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into())) >> 3;
        Self { windows: windows(&text), text, steers, part: part % PARTS, plain: false, counts: 1.0 }
    }

    /// A text without an order.
    fn plain(text: &str) -> Self {
        Self { plain: true, ..Self::of(&text[..text.floor_char_boundary(MAX_TEXT)].into(), false) }
    }

    /// The examples of a file.
    fn read(path: &str) -> Vec<Self> {
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let cases = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let outputs: Vec<Value> = cases.filter(|case| !case["output"].is_null()).collect();
        if !path.ends_with(".jsonl") || outputs.is_empty() {
            return vec![Self::plain(&text)];
        }
        let counts = if path.contains("/cases/") { KNOWN } else { 1.0 };
        let examples = outputs.iter().map(|case| Self { counts, ..Self::of(&case["output"], case["stops"] == true) });
        // What is told by the credential that it holds teaches nothing.
        let is_of_words = |example: &Self| !redact_json(&example.text).found().iter().any(|secret| secret.has_shape());
        examples.filter(is_of_words).collect()
    }
}

/// What is learned.
struct Model {
    bias: f32,
    weights: Vec<f32>,
    /// How fast each weight learns: not at all if it has no place.
    paces: Vec<f32>,
    /// What all weights are to be multiplied by: to draw them back one by one would take longest.
    scale: f32,
    steps: f32,
}

impl Model {
    /// What these examples teach: first by all of their features, then by those that tell most.
    fn of<'a>(examples: impl Iterator<Item = &'a Example>) -> Self {
        let mut examples: Vec<&Example> = examples.collect();
        examples.sort_by(|one, other| one.text.cmp(&other.text));
        let paces = paces(&examples);
        let first = Self::learned(&examples, paces.clone());
        let mut placed = vec![0.0; FEATURES];
        first.places().flatten().for_each(|feature| placed[feature] = paces[feature]);
        Self::learned(&examples, placed)
    }

    fn learned(examples: &[&Example], paces: Vec<f32>) -> Self {
        let mut examples = examples.to_vec();
        let mut model = Self { bias: -1.0, weights: vec![0.0; FEATURES], paces, scale: 1.0, steps: 0.0 };
        let mut dice: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut sums = vec![0.0; FEATURES];
        let mut biases = 0.0;
        for round in 0..ROUNDS {
            for at in (1..examples.len()).rev() {
                dice ^= dice << 13;
                dice ^= dice >> 7;
                dice ^= dice << 17;
                examples.swap(at, (dice % (at as u64 + 1)) as usize);
            }
            for example in &examples {
                if example.steers {
                    // Which part of it does nobody has said: the one that reads most like it.
                    model.learn(model.heaviest(example), IMPORTANCE * example.counts);
                } else {
                    example.windows.iter().for_each(|window| model.learn(window, -example.counts));
                }
            }
            if round >= ROUNDS - LAST {
                sums.iter_mut().zip(&model.weights).for_each(|(sum, weight)| *sum += weight * model.scale);
                biases += model.bias;
            }
        }
        let mean = |sum: f32| sum / LAST as f32;
        Self { bias: mean(biases), weights: sums.into_iter().map(mean).collect(), scale: 1.0, ..model }
    }

    /// For each bucket the features that have a place in it: those that weigh most, the heaviest first.
    fn places(&self) -> impl Iterator<Item = Vec<usize>> {
        (0..BUCKETS).map(|bucket| {
            let mut features: Vec<usize> = (bucket..FEATURES).step_by(BUCKETS).collect();
            features.retain(|feature| self.weights[*feature] != 0.0);
            features.sort_by(|one, other| self.weights[*other].abs().total_cmp(&self.weights[*one].abs()));
            features.truncate(WAYS);
            features
        })
    }

    fn score(&self, window: &[u32]) -> f32 {
        self.bias + self.scale * window.iter().map(|feature| self.weights[*feature as usize]).sum::<f32>()
    }

    fn heaviest<'a>(&self, example: &'a Example) -> &'a [u32] {
        example.windows.iter().max_by(|one, other| self.score(one).total_cmp(&self.score(other))).unwrap()
    }

    /// Moves the weights towards a window that steers, or away from one that does not: so far as it is still taken for the other.
    fn learn(&mut self, window: &[u32], importance: f32) {
        let rate = RATE / (1.0 + self.steps * RATE * DECAY);
        let sure = self.score(window) * importance.signum();
        if sure > SURE {
            return;
        }
        let wrong = importance / (1.0 + sure.exp());
        self.steps += 1.0;
        self.scale *= 1.0 - rate * DECAY;
        self.bias += rate * wrong;
        for feature in window {
            let feature = *feature as usize;
            self.weights[feature] += rate * wrong * self.paces[feature] / self.scale;
        }
    }

    /// What the largest weight is written as 127 for.
    fn largest(&self) -> f32 {
        self.weights.iter().fold(0.0, |largest, weight| weight.abs().max(largest))
    }

    /// The weights as they are written, where a window has to weigh more than so much.
    fn write(&self, more_than: f32) -> Vec<u8> {
        let largest = self.largest();
        let whole = |weight: f32| (weight * 127.0 / largest).round() as i32;
        let mut bytes = whole(self.bias - more_than).to_le_bytes().to_vec();
        for features in self.places() {
            let way = |way: usize| features.get(way).copied();
            bytes.extend((0..WAYS).map(|at| way(at).map_or(0, |feature| (feature / BUCKETS) as u8)));
            bytes.extend((0..WAYS).map(|at| way(at).map_or(0, |feature| whole(self.weights[feature]) as u8)));
        }
        bytes
    }

    /// How each of these is weighed, as the guard does.
    fn weigh<'a>(&self, examples: impl Iterator<Item = &'a Example>) -> Vec<(bool, f32)> {
        let bytes: [u8; LENGTH] = self.write(0.0).try_into().unwrap();
        let weights = Weights::read(&bytes);
        let scale = self.largest() / 127.0;
        examples.map(|example| (example.steers, weights.weigh(&example.text) as f32 * scale)).collect()
    }
}

/// How fast the weight of each feature learns.
fn paces(examples: &[&Example]) -> Vec<f32> {
    let (mut with, mut all) = ([vec![1.0_f32; FEATURES], vec![1.0; FEATURES]], [2.0_f32; 2]);
    for example in examples {
        let mut features = example.windows.concat();
        features.sort_unstable();
        features.dedup();
        let kind = usize::from(example.steers);
        all[kind] += 1.0;
        features.iter().for_each(|feature| with[kind][*feature as usize] += 1.0);
    }
    let pace = |feature: usize| {
        let more_frequent = (with[1][feature] / all[1]) / (with[0][feature] / all[0]);
        (1.0 - TELLING + TELLING * more_frequent.ln().abs()).powi(2)
    };
    (0..FEATURES).map(pace).collect()
}

/// Says how many of these weigh more than so much.
fn tell(what: &str, weighed: &[(bool, f32)], more_than: f32) {
    let of = |steers: bool| {
        let all = weighed.iter().filter(|(is, _)| *is == steers);
        (all.clone().filter(|(_, weight)| *weight > more_than).count(), all.count())
    };
    let ((found, steering), (alarms, harmless)) = (of(true), of(false));
    println!("{what}: {found} of {steering} that steer found, {alarms} of {harmless} harmless ones as well");
}

/// What so many of a thousand harmless ones weigh more than.
fn bound(weighed: &[(bool, f32)], alarms: usize) -> f32 {
    let mut harmless: Vec<f32> = weighed.iter().filter(|(steers, _)| !steers).map(|(_, weight)| *weight).collect();
    harmless.sort_by(|one, other| other.total_cmp(one));
    harmless[harmless.len() * alarms / 1000].max(0.0)
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
    let left_out = |part| {
        let model = Model::of(examples.iter().filter(|example| example.part != part));
        [false, true].map(|plain| model.weigh(examples.iter().filter(|it| it.part == part && it.plain == plain)))
    };
    let (mut weighed, mut plain) = (Vec::new(), Vec::new());
    thread::scope(|scope| {
        let parts: Vec<_> = (0..PARTS).map(|part| scope.spawn(move || left_out(part))).collect();
        for [of_part, plain_of_part] in parts.into_iter().map(|part| part.join().unwrap()) {
            weighed.extend(of_part);
            plain.extend(plain_of_part);
        }
    });
    for alarms in [5, 10, 20] {
        tell("left out", &weighed, bound(&weighed, alarms));
    }
    let more_than = bound(&weighed, FALSE_ALARMS).max(bound(&plain, FALSE_ALARMS_OF_PLAIN));
    tell("left out, by the bound", &weighed, more_than);
    tell("texts of everyday left out", &plain, more_than);
    let model = Model::of(examples.iter());
    tell("learned from", &model.weigh(examples.iter().filter(|example| !example.plain)), more_than);
    for file in &unseen {
        tell(file, &model.weigh(Example::read(file).iter()), more_than);
    }
    if write {
        let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "src/policy/steering/weights.bin"].iter().collect();
        std::fs::write(path, model.write(more_than)).unwrap();
    }
}
