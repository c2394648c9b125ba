//! Learns how calls read that should be stopped, and writes the weights of `policy::suspicion`.
//!
//! `cargo run --release -p hookrail-device --example learn_calls [--write] [--history FOLDER[@COMMIT]]… [--unseen FILE]… FILE…`;
//! `scripts/learn-calls` gives it what the weights are made of.
//!
//! Files hold cases as `policy test` takes them, one a line; behind `--history` stand repositories of what people did, which nobody wrote as
//! a case. Each is first weighed by what was learned from the others (a fifth is left out in turn, in blocks of lines, for who wrote one case wrote those
//! beside it): that says how well is told what was not seen, and how much a call has to weigh. What stands behind `--unseen` is never
//! learned from; `--show` lists what of it is told wrongly.
#![allow(clippy::unwrap_used, reason = "a tool of the workshop, which ends where its input is not as it should be")]

#[path = "../../../core/examples/learn/dice.rs"]
#[allow(dead_code, reason = "the other tool that learns throws them in more ways")]
mod dice;
mod history;
mod model;
#[path = "../../../core/examples/learn/places.rs"]
mod places;

use std::thread;

use hookrail_core::agents;
use hookrail_core::policy::reading;
use hookrail_core::policy::suspicion::weights::{Weights, share};
use hookrail_device::policy::{self, Case, PACKS, PolicyFile, worded};
use model::Model;

/// Into how many parts the examples are split, by blocks of so many lines.
const PARTS: usize = 5;
const BLOCK: usize = 300;

/// Of ten thousand harmless calls that were not learned from, so many may be suspicious: of cases, many of which were written to look dangerous, and
/// of what people did.
const FALSE_ALARMS: usize = 150;
const FALSE_ALARMS_OF_EVERYDAY: usize = 10;

/// A call, and whether it should be stopped.
struct Example {
    /// Its features, each once.
    features: Vec<u32>,
    /// As they were read.
    read: Vec<u32>,
    is_edit: bool,
    stops: bool,
    is_everyday: bool,
    part: usize,
    call: String,
}

impl Example {
    /// `None` of a call that is not read.
    fn of(case: &Case, at: usize, is_everyday: bool) -> Option<Self> {
        let (agent, payload) = worded(&case.command);
        let reading = reading(&agents::parse(&agent, &payload), &payload)?;
        let read = reading.features().to_vec();
        let mut features = read.clone();
        features.sort_unstable();
        features.dedup();
        let (is_edit, part) = (reading.is_edit(), at / BLOCK % PARTS);
        Some(Self { features, read, is_edit, stops: case.stops, is_everyday, part, call: case.command.clone() })
    }

    fn all<'c>(cases: impl Iterator<Item = &'c Case>, is_everyday: bool) -> Vec<Self> {
        cases.enumerate().filter_map(|(at, case)| Self::of(case, at, is_everyday)).collect()
    }

    fn read(path: &str) -> Vec<Self> {
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let case = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        Self::all(text.lines().map(case).collect::<Vec<Case>>().iter(), false)
    }

    /// What people did in a project.
    fn of_history(place: &str) -> Vec<Self> {
        Self::all(history::cases(place).iter(), true)
    }

    /// The examples of the built-in rules, none of which is suspicious where it passes.
    fn of_rules() -> Vec<Self> {
        let packs: Vec<PolicyFile> = PACKS.iter().map(|pack| policy::read(pack.text).unwrap()).collect();
        Self::all(policy::examples(&packs).iter(), false)
    }

    /// What one of its features adds.
    fn unit(&self) -> f32 {
        share(self.read.len())
    }
}

/// What so many of ten thousand of these weigh more than.
fn bound(weighed: impl Iterator<Item = f32>, alarms: usize) -> f32 {
    let mut weighed: Vec<f32> = weighed.collect();
    weighed.sort_by(|one, other| other.total_cmp(one));
    weighed.get(weighed.len() * alarms / 10_000).copied().unwrap_or(f32::MIN)
}

/// Says how many are found of those that should be stopped, and of those that should not.
fn tell<'e>(what: &str, judged: impl Iterator<Item = (&'e Example, bool)>) {
    let (mut found, mut all) = ([0; 3], [0; 3]);
    for (example, is_found) in judged {
        let kind = if example.is_everyday { 2 } else { usize::from(example.stops) };
        all[kind] += 1;
        found[kind] += usize::from(is_found);
    }
    println!(
        "{what}: {} of {} dangerous, {} of {} harmless, {} of {} of everyday",
        found[1], all[1], found[0], all[0], found[2], all[2]
    );
}

/// What edits, or other calls, have to weigh more than, by those that were left out; says how well they are told by it.
fn judge(weighed: &[(&Example, f32)], is_edit: bool) -> f32 {
    let what = if is_edit { "edits left out" } else { "other calls left out" };
    let of = || weighed.iter().filter(move |(example, _)| example.is_edit == is_edit);
    let harmless = |is_everyday: bool| {
        of().filter(move |(it, _)| !it.stops && it.is_everyday == is_everyday).map(|(_, weight)| *weight)
    };
    let told = |how: &str, more_than: f32| {
        tell(&format!("{what}, {how}"), of().map(|(it, weight)| (*it, *weight > more_than)));
    };
    for alarms in [10, 30, 100, 200] {
        told(&format!("{alarms} in 10,000 cases"), bound(harmless(false), alarms));
    }
    let more_than = bound(harmless(false), FALSE_ALARMS).max(bound(harmless(true), FALSE_ALARMS_OF_EVERYDAY));
    told(&format!("by the bound, {more_than:.3}"), more_than);
    more_than
}

/// What the heaviest edit, or other call, of these weighs: of what is said to be harmless, and is learned from, nothing is suspicious.
fn heaviest(harmless: &[(&Example, f32)], is_edit: bool) -> f32 {
    let weights = harmless.iter().filter(|(example, _)| example.is_edit == is_edit).map(|(_, weight)| *weight);
    let heaviest = weights.fold(f32::MIN, f32::max);
    println!("{}: the heaviest harmless one weighs {heaviest:.3}", if is_edit { "edits" } else { "other calls" });
    // The numbers that are written are whole.
    heaviest + 1e-3
}

fn main() {
    let (mut examples, mut unseen, mut write, mut shows) = (Example::of_rules(), Vec::new(), false, false);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--write" => write = true,
            "--show" => shows = true,
            "--history" => examples.extend(Example::of_history(&args.next().unwrap())),
            "--unseen-history" => unseen.extend(args.next().map(|place| (Example::of_history(&place), place))),
            "--unseen" => unseen.extend(args.next().map(|file| (Example::read(&file), file))),
            _ => examples.extend(Example::read(&arg)),
        }
    }
    let examples = &examples;
    let learned = |part: usize| {
        let model = Model::of(&examples.iter().filter(|example| example.part != part).collect::<Vec<_>>());
        let weighed = model.weigh(examples.iter().filter(|example| example.part == part));
        (model, weighed)
    };
    // The last one leaves nothing out.
    let (models, weighed): (Vec<_>, Vec<_>) = thread::scope(|scope| {
        let parts: Vec<_> = (0..=PARTS).map(|part| scope.spawn(move || learned(part))).collect();
        parts.into_iter().map(|part| part.join().unwrap()).unzip()
    });
    let weighed = weighed.concat();
    let model = models.last().unwrap();
    let weighed_whole = model.weigh(examples.iter().filter(|example| !example.stops));
    let bytes =
        model.write([true, false].map(|is_edit| judge(&weighed, is_edit).max(heaviest(&weighed_whole, is_edit))));
    let weights = Weights::read(&bytes);
    let is_found = |example: &Example| weights.weigh(&example.read) > weights.bound(example.is_edit);
    tell("learned from", examples.iter().map(|example| (example, is_found(example))));
    for (examples, from) in &unseen {
        tell(from, examples.iter().map(|example| (example, is_found(example))));
        for example in examples.iter().filter(|it| shows && is_found(it) != it.stops) {
            println!("  {}", example.call);
        }
    }
    if write {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../core/src/policy/suspicion/weights.bin");
        std::fs::write(path, bytes.as_slice()).unwrap();
    }
}
