//! What is learned: a logistic regression, of which each weight learns at a pace of its own.

use hookrail_core::policy::suspicion::FEATURES;
use hookrail_core::policy::suspicion::weights::{BUCKETS, LENGTH, Weights};

use crate::Example;
use crate::dice::Dice;
use crate::places;

/// Rounds over all examples, the last ones of which the mean is taken, and how fast what is wrong is mended.
const ROUNDS: usize = 24;
const LAST: usize = 8;
const RATE: f32 = 0.3;

/// What is learned.
pub(crate) struct Model {
    weights: Vec<f32>,
    /// What all edits, and all other calls, weigh.
    pub(crate) biases: [f32; 2],
}

impl Model {
    /// What these examples teach: first by all of their features, then by those that tell most.
    pub(crate) fn of(examples: &[&Example]) -> Self {
        let first = Self::learned(examples, &vec![true; FEATURES]);
        let mut is_placed = vec![false; FEATURES];
        places::chosen(&first.weights, BUCKETS).flatten().for_each(|feature| is_placed[feature] = true);
        Self::learned(examples, &is_placed)
    }

    /// A logistic regression, each weight at a pace of its own that slows down with what it has learned.
    fn learned(examples: &[&Example], is_placed: &[bool]) -> Self {
        let mut examples = examples.to_vec();
        let mut model = Self { weights: vec![0.0; FEATURES], biases: [0.0; 2] };
        let mut learned = vec![1e-6_f32; FEATURES];
        let mut sums = vec![0.0_f32; FEATURES];
        let mut dice = Dice::new();
        for round in 0..ROUNDS {
            dice.shuffle(&mut examples);
            for example in &examples {
                let unit = example.unit();
                let score = model.score(example);
                let wrong = 1.0 / (1.0 + (-score).exp()) - f32::from(u8::from(example.stops));
                model.biases[usize::from(!example.is_edit)] -= 0.02 * wrong;
                let step = wrong * unit;
                for feature in example.features.iter().map(|feature| *feature as usize).filter(|it| is_placed[*it]) {
                    learned[feature] += step * step;
                    model.weights[feature] -= RATE * step / learned[feature].sqrt();
                }
            }
            if round >= ROUNDS - LAST {
                sums.iter_mut().zip(&model.weights).for_each(|(sum, weight)| *sum += weight / LAST as f32);
            }
        }
        model.weights = sums;
        model
    }

    fn score(&self, example: &Example) -> f32 {
        let sum: f32 = example.features.iter().map(|feature| self.weights[*feature as usize]).sum();
        self.biases[usize::from(!example.is_edit)] + sum * example.unit()
    }

    /// The weights as they are written, where an edit and another call have to weigh more than so much.
    pub(crate) fn write(&self, bounds: [f32; 2]) -> Box<[u8; LENGTH]> {
        let unit = places::unit(&self.weights);
        let bounds = [0, 1].map(|kind| (bounds[kind] - self.biases[kind]) * unit);
        let mut bytes: Vec<u8> = bounds.into_iter().flat_map(f32::to_le_bytes).collect();
        bytes.extend(places::written(&self.weights, BUCKETS));
        bytes.try_into().unwrap()
    }

    /// What each of these weighs, as the guard weighs it, in units in which models can be held against each other.
    pub(crate) fn weigh<'e>(&self, examples: impl Iterator<Item = &'e Example>) -> Vec<(&'e Example, f32)> {
        let unit = places::unit(&self.weights);
        let bytes = self.write([0.0; 2]);
        let weights = Weights::read(&bytes);
        let weigh =
            |example: &Example| weights.weigh(&example.read) / unit + self.biases[usize::from(!example.is_edit)];
        examples.map(|example| (example, weigh(example))).collect()
    }
}
