//! Learns what each feature of a window tells: the weights of `steering::linear`.

use hookrail_core::policy::steering::FEATURES;
use hookrail_core::policy::steering::linear::BUCKETS;

use crate::Example;
use crate::dice::Dice;
use crate::places;

/// Rounds over all examples, the last ones of which the mean is taken, how fast what is wrong is mended, how much weights are drawn back to nothing each time, and how much more
/// a text that steers counts than a window of one that does not.
const ROUNDS: usize = 30;
const LAST: usize = 10;
const RATE: f32 = 0.03;
const DECAY: f32 = 5e-4;
const IMPORTANCE: f32 = 4.0;

/// What is told apart so surely teaches no more.
const SURE: f32 = 5.0;

/// How much faster those features learn that stand with one kind of texts alone: as much as the logarithm tells by which they are more
/// frequent there, in this part.
const TELLING: f32 = 0.4;

/// What is learned.
pub(crate) struct Model {
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
    pub(crate) fn of<'a>(examples: impl Iterator<Item = &'a Example>) -> Self {
        let mut examples: Vec<&Example> = examples.collect();
        examples.sort_by(|one, other| one.text.cmp(&other.text));
        let paces = paces(&examples);
        let first = Self::learned(&examples, paces.clone());
        let mut placed = vec![0.0; FEATURES];
        places::chosen(&first.weights, BUCKETS).flatten().for_each(|feature| placed[feature] = paces[feature]);
        Self::learned(&examples, placed)
    }

    fn learned(examples: &[&Example], paces: Vec<f32>) -> Self {
        let mut examples = examples.to_vec();
        let mut model = Self { bias: -1.0, weights: vec![0.0; FEATURES], paces, scale: 1.0, steps: 0.0 };
        let mut dice = Dice::new();
        let mut sums = vec![0.0; FEATURES];
        let mut biases = 0.0;
        for round in 0..ROUNDS {
            dice.shuffle(&mut examples);
            for example in &examples {
                if example.steers {
                    // Which part of it does nobody has said: the one that reads most like it.
                    model.learn(model.heaviest(example), IMPORTANCE * example.counts as f32);
                } else {
                    example.windows.iter().for_each(|window| model.learn(window, -(example.counts as f32)));
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

    /// The weights as they are written, where a window has to weigh more than so much.
    pub(crate) fn write(&self, more_than: f32) -> Vec<u8> {
        let bias = ((self.bias - more_than) * places::unit(&self.weights)).round() as i32;
        let mut bytes = bias.to_le_bytes().to_vec();
        bytes.extend(places::written(&self.weights, BUCKETS));
        bytes
    }

    /// What a weight of one is written as.
    pub(crate) fn unit(&self) -> f32 {
        places::unit(&self.weights)
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
