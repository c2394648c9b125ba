//! Which features get a place among the weights that are written, and how they stand there (`hookrail_core::policy::tagged`).

use hookrail_core::policy::tagged::WAYS;

/// What the largest weight is written as.
const LARGEST: f32 = 127.0;

/// For each of so many buckets the features that have a place in it: those that weigh most, the heaviest first.
pub(crate) fn chosen(weights: &[f32], buckets: usize) -> impl Iterator<Item = Vec<usize>> {
    (0..buckets).map(move |bucket| {
        let mut features: Vec<usize> = (bucket..weights.len()).step_by(buckets).collect();
        features.retain(|feature| weights[*feature] != 0.0);
        features.sort_by(|one, other| weights[*other].abs().total_cmp(&weights[*one].abs()));
        features.truncate(WAYS);
        features
    })
}

/// What a weight of one is written as.
pub(crate) fn unit(weights: &[f32]) -> f32 {
    LARGEST / weights.iter().fold(0.0, |largest, weight| weight.abs().max(largest))
}

/// The buckets as they are written.
pub(crate) fn written(weights: &[f32], buckets: usize) -> Vec<u8> {
    let unit = unit(weights);
    let mut bytes = Vec::new();
    for features in chosen(weights, buckets) {
        let way = |way: usize| features.get(way).copied();
        let whole = |feature: usize| (weights[feature] * unit).round() as i8;
        bytes.extend((0..WAYS).map(|at| way(at).map_or(0, |feature| (feature / buckets) as u8)));
        bytes.extend((0..WAYS).map(|at| way(at).map_or(0, |feature| whole(feature).cast_unsigned())));
    }
    bytes
}
