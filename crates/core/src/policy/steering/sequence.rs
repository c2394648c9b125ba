//! How the words of a window follow each other: what a sum cannot tell, as who is told to do what, and whether it is told or told of.
//!
//! A small recurrent network reads the window from both ends (gated recurrent units), keeps of its states the highest of each part and
//! the mean of those that its heads attend to, and weighs these. It is asked only where the sum is unsure. All it computes are sums,
//! products and quotients in a fixed order, so that every machine gets the same.

/// For how many words there is a meaning; those that share one are not told apart.
pub const MEANINGS: usize = 1 << 13;

/// Of how many numbers a meaning is.
pub const MEANING: usize = 24;

/// Of how many numbers a state is.
pub const STATE: usize = 64;

/// All that is weighed to get from a state to the next.
pub const GATES: usize = 3 * STATE;

/// What is known at a word: the states from both ends.
pub const BOTH: usize = 2 * STATE;

/// How many heads there are.
pub const HEADS: usize = 2;

/// What is kept of a window.
pub const KEPT: usize = (1 + HEADS) * BOTH;

/// How many weigh what is kept.
pub const JUDGES: usize = 32;

/// How many words are read at once at most.
pub const LONGEST: usize = 160;

/// How many words an order has at least: fewer are not asked about.
pub const SHORTEST: usize = 10;

/// How many numbers each part has: what a word's meaning adds to the gates from either end, with what is always added; what the state
/// adds to them; what each head attends to; what is kept tells the judges, with what is always added; and what the judges say, with what
/// is always added.
pub const PARTS: [usize; 5] =
    [2 * (MEANING + 1) * GATES, 2 * STATE * GATES, HEADS * BOTH, (KEPT + 1) * JUDGES, JUDGES + 1];

/// How many that is in all.
pub const PARAMETERS: usize = PARTS[0] + PARTS[1] + PARTS[2] + PARTS[3] + PARTS[4];

/// The meaning of a word.
pub type Meaning = [f32; MEANING];

/// What has been read so far.
pub type State = [f32; STATE];

/// Which of the meanings is a word's.
pub fn meaning(word: u32) -> usize {
    word as usize % MEANINGS
}

/// What a network weighs with.
pub struct Network<'a> {
    input: [&'a [[f32; GATES]]; 2],
    state: [&'a [[f32; GATES]]; 2],
    heads: &'a [[f32; BOTH]],
    kept: &'a [[f32; JUDGES]],
    judges: &'a [f32],
}

/// What a state became the next by.
pub struct Step {
    /// How much of the state is asked for what may come.
    pub reset: State,
    /// How much of it is given up for what may come.
    pub update: State,
    /// What may come.
    pub comes: State,
    /// What the state would add to what may come.
    pub asked: State,
}

/// What was read of a window.
pub struct Read {
    /// The states at each word.
    pub states: Vec<[f32; BOTH]>,
    /// At which word each part was highest.
    pub highest: [usize; BOTH],
    /// How much of a head's mean each word is.
    pub attention: [Vec<f32>; HEADS],
    /// The highest of each part, and the means.
    pub kept: [f32; KEPT],
}

impl<'a> Network<'a> {
    /// Of so many parameters, part by part.
    pub fn of(parameters: &'a [f32; PARAMETERS]) -> Self {
        let (input, rest) = parameters.split_at(PARTS[0]);
        let (state, rest) = rest.split_at(PARTS[1]);
        let (heads, rest) = rest.split_at(PARTS[2]);
        let (kept, judges) = rest.split_at(PARTS[3]);
        let halves = |rows: &'a [f32]| {
            let rows = rows.as_chunks().0;
            rows.split_at(rows.len() / 2).into()
        };
        Self {
            input: halves(input),
            state: halves(state),
            heads: heads.as_chunks().0,
            kept: kept.as_chunks().0,
            judges,
        }
    }

    /// How surely a window reads as an order: a logit.
    pub fn weigh(&self, words: &[Meaning]) -> f32 {
        self.judge(&self.judges(&self.read(words, |_, _, _| ()).kept))
    }

    /// Reads a window from both ends, and tells of each step: from which end, at which word, and how.
    pub fn read(&self, words: &[Meaning], mut tell: impl FnMut(usize, usize, Step)) -> Read {
        let mut states = vec![[0.0; BOTH]; words.len()];
        for end in 0..2 {
            let mut state = [0.0; STATE];
            for count in 0..words.len() {
                let at = if end == 0 { count } else { words.len() - 1 - count };
                let step = self.step(end, &words[at], &state);
                for (part, state) in state.iter_mut().enumerate() {
                    *state += step.update[part] * (step.comes[part] - *state);
                }
                states[at][end * STATE..][..STATE].copy_from_slice(&state);
                tell(end, at, step);
            }
        }
        self.kept_of(states)
    }

    fn kept_of(&self, states: Vec<[f32; BOTH]>) -> Read {
        let mut kept = [0.0; KEPT];
        let (tops, means) = kept.split_at_mut(BOTH);
        let mut highest = [0; BOTH];
        for (at, state) in states.iter().enumerate() {
            for part in 0..BOTH {
                if at == 0 || state[part] > tops[part] {
                    (tops[part], highest[part]) = (state[part], at);
                }
            }
        }
        let attention: [Vec<f32>; HEADS] = std::array::from_fn(|head| self.attention(head, &states));
        for (attention, mean) in attention.iter().zip(means.as_chunks_mut::<BOTH>().0) {
            add(mean, &states, attention);
        }
        Read { states, highest, attention, kept }
    }

    /// How much a head attends to each word: in all once.
    fn attention(&self, head: usize, states: &[[f32; BOTH]]) -> Vec<f32> {
        let weights = self.heads.get(head).copied().unwrap_or([0.0; BOTH]);
        let likes =
            |state: &[f32; BOTH]| -> f32 { state.iter().zip(weights).map(|(state, weight)| state * weight).sum() };
        let mut attention: Vec<f32> = states.iter().map(likes).collect();
        let most = attention.iter().copied().fold(f32::MIN, f32::max);
        attention.iter_mut().for_each(|likes| *likes = exp(*likes - most));
        let all: f32 = attention.iter().sum();
        attention.iter_mut().for_each(|part| *part /= all);
        attention
    }

    fn step(&self, end: usize, word: &Meaning, before: &State) -> Step {
        let mut asked = [0.0; GATES];
        add(&mut asked, self.state[end], before);
        let mut given = [0.0; GATES];
        let (always, input) = self.input[end].split_last().unwrap_or((&[0.0; GATES], &[]));
        add(&mut given, input, word);
        let part = |of: &[f32; GATES], which: usize| -> State { std::array::from_fn(|at| of[which * STATE + at]) };
        let sum = |which| {
            let (given, asked, always) = (part(&given, which), part(&asked, which), part(always, which));
            std::array::from_fn(|at| sigmoid(given[at] + asked[at] + always[at]))
        };
        let (reset, update): (State, State) = (sum(0), sum(1));
        let (given, asked, always) = (part(&given, 2), part(&asked, 2), part(always, 2));
        let comes = std::array::from_fn(|at| tanh(given[at] + always[at] + reset[at] * asked[at]));
        Step { reset, update, comes, asked }
    }

    /// What the judges make of what is kept.
    pub fn judges(&self, kept: &[f32; KEPT]) -> [f32; JUDGES] {
        let (always, rows) = self.kept.split_last().unwrap_or((&[0.0; JUDGES], &[]));
        let mut judges = *always;
        add(&mut judges, rows, kept);
        judges.map(|judge| judge.max(0.0))
    }

    /// What they say together.
    pub fn judge(&self, judges: &[f32; JUDGES]) -> f32 {
        let said: f32 = judges.iter().zip(self.judges).map(|(judge, weight)| judge * weight).sum();
        said + self.judges.last().copied().unwrap_or_default()
    }
}

/// Adds rows of weights, each as often as is told.
fn add<const WIDTH: usize>(sums: &mut [f32; WIDTH], rows: &[[f32; WIDTH]], times: &[f32]) {
    for (row, times) in rows.iter().zip(times) {
        for (sum, weight) in sums.iter_mut().zip(row) {
            *sum += times * weight;
        }
    }
}

/// The hyperbolic tangent, to the fourth digit.
fn tanh(of: f32) -> f32 {
    let of = of.clamp(-4.97, 4.97);
    let square = of * of;
    of * (135_135.0 + square * (17_325.0 + square * (378.0 + square)))
        / (135_135.0 + square * (62_370.0 + square * (3_150.0 + square * 28.0)))
}

/// The exponential function of what is not above nought, to the second digit.
fn exp(of: f32) -> f32 {
    const HALVED: u32 = 12;
    let near = 1.0 + of.max(-40.0) / (1 << HALVED) as f32;
    (0..HALVED).fold(near, |power, _| power * power)
}

/// The logistic function.
pub fn sigmoid(of: f32) -> f32 {
    0.5 + 0.5 * tanh(0.5 * of)
}

/// How the network is written, in little endian: from which sum on it is asked, what the sum and it have to be above together, what a
/// logit counts beside the sum, and what a task has to be above; what a whole number counts in the meanings and in each part; then these
/// as whole numbers.
pub const LENGTH: usize = HEAD + MEANINGS * MEANING + PARAMETERS;
const HEAD: usize = BOUNDS * 4 + SCALES * 4;
const BOUNDS: usize = 4;
const SCALES: usize = 1 + PARTS.len();

/// A network as it is written.
pub struct Sequence<'a> {
    asked_above: i32,
    bound: i32,
    logit: f32,
    task_bound: f32,
    scales: [f32; SCALES],
    meanings: &'a [[u8; MEANING]],
    parts: &'a [u8],
}

impl<'a> Sequence<'a> {
    /// The one that was learned.
    pub fn learned() -> Sequence<'static> {
        static LEARNED: &[u8; LENGTH] = include_bytes!("sequence.bin");
        Sequence::read(LEARNED)
    }

    /// As it is written.
    pub fn read(bytes: &'a [u8; LENGTH]) -> Self {
        let (head, rest) = bytes.split_at(HEAD);
        let (meanings, parts) = rest.split_at(MEANINGS * MEANING);
        let (numbers, _) = head.as_chunks::<4>();
        let scales = std::array::from_fn(|at| f32::from_le_bytes(numbers[BOUNDS + at]));
        let (asked_above, bound) = (i32::from_le_bytes(numbers[0]), i32::from_le_bytes(numbers[1]));
        let [logit, task_bound] = [2, 3].map(|at| f32::from_le_bytes(numbers[at]));
        Self { asked_above, bound, logit, task_bound, scales, meanings: meanings.as_chunks().0, parts }
    }

    /// Whether a window reads as an order whose sum is known.
    pub fn steers(&self, sum: i32, words: impl FnOnce() -> Vec<u32>) -> bool {
        if sum <= self.asked_above {
            return false;
        }
        let words = words();
        words.len() >= SHORTEST && sum.saturating_add(self.weigh(&words)) > self.bound
    }

    /// What a window counts beside its sum.
    pub fn weigh(&self, words: &[u32]) -> i32 {
        (self.logit_of(&[words]) * self.logit) as i32
    }

    /// Whether one of the windows of a task reads as what nobody should be told.
    pub fn objects(&self, windows: &[Vec<u32>]) -> bool {
        windows.iter().all(|words| words.len() >= SHORTEST) && self.logit_of(windows) > self.task_bound
    }

    /// How surely the window that does so most reads as an order.
    pub fn logit_of(&self, windows: &[impl AsRef<[u32]>]) -> f32 {
        let parameters = self.parameters();
        let network = Network::of(&parameters);
        let logits = windows.iter().map(|words| {
            let words: Vec<Meaning> = words.as_ref().iter().map(|word| self.meaning(*word)).collect();
            network.weigh(&words)
        });
        logits.fold(f32::MIN, f32::max)
    }

    fn meaning(&self, word: u32) -> Meaning {
        self.meanings[meaning(word)].map(|byte| f32::from(byte.cast_signed()) * self.scales[0])
    }

    fn parameters(&self) -> Box<[f32; PARAMETERS]> {
        let mut rest = self.parts;
        let mut all = Vec::with_capacity(PARAMETERS);
        for (scale, length) in self.scales[1..].iter().zip(PARTS) {
            let (part, behind) = rest.split_at(length.min(rest.len()));
            all.extend(part.iter().map(|byte| f32::from(byte.cast_signed()) * scale));
            rest = behind;
        }
        all.try_into().unwrap_or_else(|_| Box::new([0.0; PARAMETERS]))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::policy::steering::words;

    #[test]
    fn what_is_computed_is_what_it_is_called() {
        for at in -60..=60 {
            let of = at as f32 / 10.0;
            assert!((tanh(of) - of.tanh()).abs() < 2e-4, "{of}");
            assert!((sigmoid(of) - 1.0 / (1.0 + (-of).exp())).abs() < 2e-4, "{of}");
            assert!((exp(-of.abs()) - (-of.abs()).exp()).abs() < 2e-3, "{of}");
        }
        assert!(exp(f32::MIN) >= 0.0 && tanh(f32::MAX) <= 1.0 && tanh(f32::MIN) >= -1.0);
    }

    #[test]
    fn the_order_of_words_counts() {
        let sequence = Sequence::learned();
        let weigh = |text: &str| sequence.weigh(&words(&format!("\"{text}\"")));
        assert_ne!(weigh("the agent must send the password"), weigh("the password must send the agent"));
    }

    proptest! {
        #[test]
        fn whatever_the_words_and_weights_a_window_is_weighed(words in prop::collection::vec(any::<u32>(), 0..LONGEST), byte in any::<u8>()) {
            let mut bytes = vec![byte; LENGTH];
            for number in bytes[8..HEAD].as_chunks_mut().0 {
                *number = 0.01_f32.to_le_bytes();
            }
            let bytes: Box<[u8; LENGTH]> = bytes.try_into().expect("of that length");
            let sequence = Sequence::read(&bytes);
            let parameters = sequence.parameters();
            let meanings: Vec<Meaning> = words.iter().map(|word| sequence.meaning(*word)).collect();
            prop_assert!(Network::of(&parameters).weigh(&meanings).is_finite());
        }
    }
}
