//! Learns how the words of an order follow each other: the weights of `steering::sequence`.

use hookrail_core::policy::steering::sequence::{
    BOTH, GATES, HEADS, JUDGES, KEPT, LONGEST, MEANING, MEANINGS, Meaning, Network, PARAMETERS, PARTS, Read, STATE,
    State, Step, sigmoid,
};

use crate::dice::Dice;

/// Rounds over all examples, with how many windows of texts of everyday in each, and how many windows are learned from at once.
const ROUNDS: usize = 5;
const PLAIN: usize = 12_000;
const BATCH: usize = 64;

/// How fast is learned (Adam), in how many steps it comes to that, and how its two means are drawn on.
const RATE: f32 = 2e-3;
const BEGIN: usize = 200;
const MEANS: [f32; 2] = [0.9, 0.999];

/// How often a window stands in the midst of harmless words, how often a word is not seen, and how often what is kept is not.
const SURROUNDED: f32 = 0.4;
const UNSEEN: f32 = 0.05;
const WITHOUT: f32 = 0.4;

/// Nothing is so sure that no more is to be learned.
const DOUBT: f32 = 0.01;

/// What words mean before anything is learned of orders: whole numbers, of which so many are one. A language model told them, which has
/// read far more than the examples; `scripts/meanings` says how. A word that no order has yet is near those like it that have been in one.
static MEANT: &[u8; MEANINGS * MEANING] = include_bytes!("meanings.bin");
const ONE: f32 = 64.0;

/// What is learned from: which meanings the words have, whether they steer, and whether they are a task, which begins with the word for it.
pub(crate) struct Text<'a> {
    pub(crate) words: &'a [u16],
    pub(crate) steers: bool,
    pub(crate) is_task: bool,
}

/// What is learned.
pub(crate) struct Learned {
    pub(crate) meanings: Vec<Meaning>,
    pub(crate) parameters: Box<[f32; PARAMETERS]>,
}

impl Learned {
    /// What these examples and texts of everyday teach.
    pub(crate) fn of(examples: &[Text<'_>], plain: &[&[u16]]) -> Self {
        let mut dice = Dice::new();
        let mut learned = Self::random(&mut dice);
        let mut gradient = Gradient::default();
        let mut means = [Means::of(MEANINGS * MEANING), Means::of(PARAMETERS)];
        let harmless = |is_task: bool| -> Vec<&[u16]> {
            examples.iter().filter(|text| !text.steers && text.is_task == is_task).map(|text| text.words).collect()
        };
        let (tasks, harmless) = (harmless(true), harmless(false));
        let steps = ROUNDS * ((examples.len() + PLAIN) / BATCH);
        let mut step = 0;
        for _ in 0..ROUNDS {
            let mut order: Vec<Option<usize>> = (0..examples.len()).map(Some).collect();
            order.resize(examples.len() + PLAIN, None);
            dice.shuffle(&mut order);
            for batch in order.as_chunks::<BATCH>().0 {
                for of in batch {
                    let (window, steers) = match of {
                        Some(at) if examples[*at].is_task => {
                            (among_tasks(examples[*at].words, &tasks, &mut dice), examples[*at].steers)
                        }
                        Some(at) => {
                            (surrounded(examples[*at].words, &harmless, plain, &mut dice), examples[*at].steers)
                        }
                        None => (some(plain, &mut dice).to_vec(), false),
                    };
                    gradient.add(&learned, &window, steers, &Seen::some(window.len(), &mut dice));
                }
                step += 1;
                let rate = RATE * (step as f32 / BEGIN as f32).min(1.0) * (1.0 - step as f32 / (steps + 1) as f32);
                means[0].step(learned.meanings.as_flattened_mut(), gradient.meanings.as_flattened_mut(), rate, step);
                means[1].step(&mut *learned.parameters, &mut gradient.parameters, rate, step);
            }
        }
        learned
    }

    fn random(dice: &mut Dice) -> Self {
        let meanings: Vec<f32> = MEANT.iter().map(|byte| f32::from(byte.cast_signed()) / ONE).collect();
        let meanings = meanings.as_chunks().0.to_vec();
        let mut some = |count: usize, wide: f32| -> Vec<f32> { (0..count).map(|_| dice.around() * wide).collect() };
        let mut input = some(PARTS[0], (1.0 / MEANING as f32).sqrt());
        let heads = some(PARTS[2], 0.1 * (2.0 / BOTH as f32).sqrt());
        let mut kept = some(PARTS[3], (2.0 / KEPT as f32).sqrt());
        let mut judges = some(PARTS[4], 0.5 * (2.0 / JUDGES as f32).sqrt());
        // What is always added is nothing at first.
        for end in input.chunks_mut(PARTS[0] / 2) {
            end[MEANING * GATES..].fill(0.0);
        }
        kept[KEPT * JUDGES..].fill(0.0);
        judges[JUDGES..].fill(0.0);
        let state = some(PARTS[1], (1.0 / STATE as f32).sqrt());
        Self { meanings, parameters: [input, state, heads, kept, judges].concat().try_into().unwrap() }
    }

    /// As it is written, with from which sum on it is asked, what both have to be above, what a logit counts beside the sum, and what a
    /// task has to be above.
    pub(crate) fn write(&self, asked_above: i32, bound: i32, logit: f32, task_bound: f32) -> Vec<u8> {
        let mut parts = vec![self.meanings.as_flattened()];
        let mut rest = self.parameters.as_slice();
        for length in PARTS {
            let (part, behind) = rest.split_at(length);
            parts.push(part);
            rest = behind;
        }
        let largest = |part: &&[f32]| part.iter().fold(f32::MIN_POSITIVE, |largest, number| number.abs().max(largest));
        let scales: Vec<f32> = parts.iter().map(|part| largest(part) / 127.0).collect();
        let head = [asked_above.to_le_bytes(), bound.to_le_bytes(), logit.to_le_bytes(), task_bound.to_le_bytes()];
        let mut bytes: Vec<u8> =
            head.into_iter().chain(scales.iter().map(|scale| scale.to_le_bytes())).flatten().collect();
        for (part, scale) in parts.into_iter().zip(scales) {
            bytes.extend(part.iter().map(|number| (number / scale).round() as i8 as u8));
        }
        bytes
    }

    fn words(&self, window: &[u16]) -> Vec<Meaning> {
        window.iter().map(|word| self.meanings[usize::from(*word)]).collect()
    }
}

/// A stretch of some text, of at most so many words.
fn stretch<'a>(texts: &[&'a [u16]], longest: usize, dice: &mut Dice) -> &'a [u16] {
    loop {
        // A text is met as often as it is long, but for the longest.
        let text = texts[dice.below(texts.len())];
        if text.len() >= dice.below(20_000) {
            return part(text, longest, dice);
        }
    }
}

/// A stretch of some text, as often short as long: most of what tools give back are a few words.
fn some<'a>(texts: &[&'a [u16]], dice: &mut Dice) -> &'a [u16] {
    let longest = match dice.below(3) {
        0 => LONGEST,
        1 => 1 + dice.below(LONGEST),
        _ => 1 + dice.below(LONGEST / 5),
    };
    stretch(texts, longest, dice)
}

fn part<'a>(text: &'a [u16], longest: usize, dice: &mut Dice) -> &'a [u16] {
    let from = dice.below(text.len().saturating_sub(longest) + 1);
    &text[from..text.len().min(from + longest)]
}

/// An example as it may stand in the midst of harmless words.
fn surrounded(words: &[u16], harmless: &[&[u16]], plain: &[&[u16]], dice: &mut Dice) -> Vec<u16> {
    let words = part(words, LONGEST, dice);
    let room = LONGEST - words.len();
    if room < 20 || dice.part() > SURROUNDED {
        return words.to_vec();
    }
    let before = dice.below(room + 1);
    let behind = dice.below(room - before + 1);
    let mut some = |longest: usize| match dice.below(2) {
        _ if longest < 6 => &[],
        0 => part(harmless[dice.below(harmless.len())], longest, dice),
        _ => stretch(plain, longest, dice),
    };
    [some(before), words, some(behind)].concat()
}

/// A task as it may be part of a longer one, behind or before what else is to be done.
fn among_tasks(words: &[u16], harmless: &[&[u16]], dice: &mut Dice) -> Vec<u16> {
    let (first, words) = words.split_at(1);
    let words = part(words, LONGEST - 1, dice);
    let room = LONGEST - 1 - words.len();
    if room < 20 || dice.part() > SURROUNDED {
        return [first, words].concat();
    }
    let other = part(&harmless[dice.below(harmless.len())][1..], room, dice);
    if dice.below(2) == 0 { [first, other, words].concat() } else { [first, words, other].concat() }
}

/// What of a window is seen: which words, and how much of what is kept. What is learned must not hang on one of them.
struct Seen {
    words: Vec<bool>,
    kept: [f32; KEPT],
}

impl Seen {
    fn some(words: usize, dice: &mut Dice) -> Self {
        let words = (0..words).map(|_| dice.part() >= UNSEEN).collect();
        Self { words, kept: std::array::from_fn(|_| if dice.part() < WITHOUT { 0.0 } else { 1.0 / (1.0 - WITHOUT) }) }
    }
}

/// In which direction what is wrong grows.
struct Gradient {
    meanings: Vec<Meaning>,
    parameters: Vec<f32>,
}

impl Default for Gradient {
    fn default() -> Self {
        Self { meanings: vec![[0.0; MEANING]; MEANINGS], parameters: vec![0.0; PARAMETERS] }
    }
}

impl Gradient {
    /// Adds what a window tells.
    fn add(&mut self, learned: &Learned, window: &[u16], steers: bool, seen: &Seen) {
        let network = Network::of(&learned.parameters);
        let mut words = learned.words(window);
        words.iter_mut().zip(&seen.words).filter(|(_, seen)| !**seen).for_each(|(word, _)| *word = [0.0; MEANING]);
        let mut steps: [Vec<(usize, Step)>; 2] = Default::default();
        let read = network.read(&words, |end, at, step| steps[end].push((at, step)));
        let kept: [f32; KEPT] = std::array::from_fn(|at| read.kept[at] * seen.kept[at]);
        let judges = network.judges(&kept);
        let is = if steers { 1.0 - DOUBT } else { DOUBT };
        let wrong = (sigmoid(network.judge(&judges)) - is) / BATCH as f32;
        let of_kept = self.add_judges(&learned.parameters, &kept, &judges, wrong);
        let of_kept = std::array::from_fn(|at| of_kept[at] * seen.kept[at]);
        let of_states = self.add_kept(&learned.parameters, &read, &of_kept);
        for (end, steps) in steps.iter().enumerate() {
            let part =
                |at: usize, of: &[[f32; BOTH]]| -> State { std::array::from_fn(|part| of[at][end * STATE + part]) };
            let from = From { end, steps, words: &words, of: &learned.parameters };
            let state = |at| part(at, &read.states);
            self.add_steps(&from, state, |at| part(at, &of_states), |at| seen.words[at].then(|| window[at]));
        }
    }

    /// Adds what the judges tell, and gives back what it is of what is kept.
    fn add_judges(
        &mut self,
        of: &[f32; PARAMETERS],
        kept: &[f32; KEPT],
        judges: &[f32; JUDGES],
        wrong: f32,
    ) -> Vec<f32> {
        let at = PARAMETERS - PARTS[3] - PARTS[4];
        let (rows, last) = of[at..].split_at(PARTS[3]);
        let (of_rows, of_last) = self.parameters[at..].split_at_mut(PARTS[3]);
        let mut of_judges = [0.0; JUDGES];
        for judge in 0..JUDGES {
            of_last[judge] += wrong * judges[judge];
            of_judges[judge] = if judges[judge] > 0.0 { wrong * last[judge] } else { 0.0 };
        }
        of_last[JUDGES] += wrong;
        let times = kept.iter().chain([&1.0]);
        of_rows.as_chunks_mut().0.iter_mut().zip(times).for_each(|(row, times)| add(row, &of_judges, *times));
        rows.as_chunks::<JUDGES>().0.iter().take(KEPT).map(|row| dot(row, &of_judges)).collect()
    }

    /// Adds what the heads tell, and gives back what it is of the states.
    fn add_kept(&mut self, of: &[f32; PARAMETERS], read: &Read, of_kept: &[f32; KEPT]) -> Vec<[f32; BOTH]> {
        let mut of_states = vec![[0.0; BOTH]; read.states.len()];
        let (of_tops, of_means) = of_kept.split_at(BOTH);
        for (part, at) in read.highest.iter().enumerate() {
            of_states[*at][part] += of_tops[part];
        }
        let at = PARTS[0] + PARTS[1];
        let heads = of[at..at + PARTS[2]].as_chunks::<BOTH>().0;
        let of_heads = self.parameters[at..at + PARTS[2]].as_chunks_mut::<BOTH>().0;
        for head in 0..HEADS {
            let of_mean = &of_means.as_chunks::<BOTH>().0[head];
            let attention = &read.attention[head];
            let of_attention: Vec<f32> = read.states.iter().map(|state| dot(state, of_mean)).collect();
            let mean: f32 = attention.iter().zip(&of_attention).map(|(part, of)| part * of).sum();
            for (at, state) in read.states.iter().enumerate() {
                let of_likes = attention[at] * (of_attention[at] - mean);
                add(&mut of_heads[head], state, of_likes);
                add(&mut of_states[at], &heads[head], of_likes);
                add(&mut of_states[at], of_mean, attention[at]);
            }
        }
        of_states
    }

    /// Adds what the steps from one end tell, from the last to the first.
    fn add_steps(
        &mut self,
        from: &From<'_>,
        state_at: impl Fn(usize) -> State,
        of_state_at: impl Fn(usize) -> State,
        word: impl Fn(usize) -> Option<u16>,
    ) {
        let From { end, steps, words, of } = *from;
        let half = |all: std::ops::Range<usize>| {
            let middle = usize::midpoint(all.start, all.end);
            if end == 0 { all.start..middle } else { middle..all.end }
        };
        let (of_input, of_state) = (half(0..PARTS[0]), half(PARTS[0]..PARTS[0] + PARTS[1]));
        let (input, state) = (of[of_input.clone()].as_chunks::<GATES>().0, of[of_state.clone()].as_chunks::<GATES>().0);
        let (before, behind) = self.parameters.split_at_mut(PARTS[0]);
        let of_input = before[of_input].as_chunks_mut::<GATES>().0;
        let of_state = behind[of_state.start - PARTS[0]..of_state.end - PARTS[0]].as_chunks_mut::<GATES>().0;
        let mut of_now: State = [0.0; STATE];
        for (count, (at, step)) in steps.iter().enumerate().rev() {
            let before = count.checked_sub(1).map_or([0.0; STATE], |last| state_at(steps[last].0));
            let of_here = of_state_at(*at);
            let (mut given, mut asked) = ([0.0; GATES], [0.0; GATES]);
            for part in 0..STATE {
                of_now[part] += of_here[part];
                let (reset, update, comes) = (step.reset[part], step.update[part], step.comes[part]);
                let of_comes = of_now[part] * update * (1.0 - comes * comes);
                let of_update = of_now[part] * (comes - before[part]) * update * (1.0 - update);
                let of_reset = of_comes * step.asked[part] * reset * (1.0 - reset);
                for gates in [&mut given, &mut asked] {
                    gates[part] = of_reset;
                    gates[STATE + part] = of_update;
                }
                given[2 * STATE + part] = of_comes;
                asked[2 * STATE + part] = of_comes * reset;
            }
            for part in 0..STATE {
                add(&mut of_state[part], &asked, before[part]);
                of_now[part] = of_now[part] * (1.0 - step.update[part]) + dot(&state[part], &asked);
            }
            add(&mut of_input[MEANING], &given, 1.0);
            let Some(word) = word(*at) else { continue };
            for part in 0..MEANING {
                add(&mut of_input[part], &given, words[*at][part]);
                self.meanings[usize::from(word)][part] += dot(&input[part], &given);
            }
        }
    }
}

/// What was read from one end.
#[derive(Clone, Copy)]
struct From<'a> {
    end: usize,
    steps: &'a [(usize, Step)],
    words: &'a [Meaning],
    of: &'a [f32; PARAMETERS],
}

fn add<const WIDTH: usize>(sums: &mut [f32; WIDTH], row: &[f32; WIDTH], times: f32) {
    sums.iter_mut().zip(row).for_each(|(sum, weight)| *sum += times * weight);
}

/// The sum of the products, in eight sums that are taken together at the end.
fn dot<const WIDTH: usize>(one: &[f32; WIDTH], other: &[f32; WIDTH]) -> f32 {
    let mut sums = [0.0; 8];
    for (one, other) in one.as_chunks::<8>().0.iter().zip(other.as_chunks::<8>().0) {
        (0..8).for_each(|at| sums[at] += one[at] * other[at]);
    }
    sums.iter().sum()
}

/// The means of what was told lately of each number, and of its square.
struct Means {
    mean: Vec<f32>,
    square: Vec<f32>,
}

impl Means {
    fn of(count: usize) -> Self {
        Self { mean: vec![0.0; count], square: vec![0.0; count] }
    }

    /// Goes a step against what is wrong, and forgets what was told.
    fn step(&mut self, numbers: &mut [f32], gradient: &mut [f32], rate: f32, step: usize) {
        let [mean, square] = MEANS.map(|mean| 1.0 - mean.powi(step as i32));
        for (at, number) in numbers.iter_mut().enumerate() {
            let told = std::mem::take(&mut gradient[at]);
            self.mean[at] += (1.0 - MEANS[0]) * (told - self.mean[at]);
            self.square[at] += (1.0 - MEANS[1]) * (told * told - self.square[at]);
            *number -= rate * (self.mean[at] / mean) / ((self.square[at] / square).sqrt() + 1e-8);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How wrong a window is judged: the cross entropy.
    fn wrong(learned: &Learned, window: &[u16], steers: bool) -> f64 {
        let logit = f64::from(Network::of(&learned.parameters).weigh(&learned.words(window)));
        let is = f64::from(if steers { 1.0 - DOUBT } else { DOUBT });
        ((1.0 + logit.exp()).ln() - is * logit) / BATCH as f64
    }

    #[test]
    fn what_is_wrong_grows_as_the_gradient_tells() {
        let mut dice = Dice::new();
        let learned = Learned::random(&mut dice);
        let window: Vec<u16> = (0..12).map(|_| dice.below(9) as u16).collect();
        let seen = Seen { words: vec![true; window.len()], kept: [1.0; KEPT] };
        let mut gradient = Gradient::default();
        gradient.add(&learned, &window, true, &seen);
        // Along the gradient, each part by itself: a step of so much grows by its square.
        let mut ends = vec![0];
        PARTS.iter().for_each(|part| ends.push(ends[ends.len() - 1] + part));
        let along = |of_meanings: f32, of: std::ops::Range<usize>, step: f32| {
            let (mut meanings, mut parameters) = (learned.meanings.clone(), learned.parameters.clone());
            let told = gradient.meanings.as_flattened().iter();
            meanings
                .as_flattened_mut()
                .iter_mut()
                .zip(told)
                .for_each(|(number, told)| *number += of_meanings * step * told);
            of.for_each(|at| parameters[at] += step * gradient.parameters[at]);
            wrong(&Learned { meanings, parameters }, &window, true)
        };
        let check = |of_meanings: f32, of: std::ops::Range<usize>| {
            let all = gradient.meanings.as_flattened().iter().map(|told| of_meanings * told);
            let square: f32 = all.chain(of.clone().map(|at| gradient.parameters[at])).map(|told| told * told).sum();
            let step = 0.02 / square.sqrt();
            let grown = along(of_meanings, of.clone(), step) - along(of_meanings, of.clone(), -step);
            let told = f64::from(2.0 * step * square);
            assert!(square > 0.0 && (grown / told - 1.0).abs() < 0.05, "{of:?}: {grown} and not {told}");
        };
        check(1.0, 0..0);
        ends.windows(2).for_each(|part| check(0.0, part[0]..part[1]));
    }
}
