//! The place of one item among the scores of a catalogue, by counting: no sorting, and no array of
//! probabilities.
#![expect(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the processor's instructions"
)]

use super::exp;
use seqscope_base::metric::{MISS, is_left_out};

/// Rank and probability of one item by a row of scores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct JudgedTarget {
    /// Mid-rank: exactly that of [`mid_rank`](seqscope_base::metric::mid_rank).
    pub(crate) rank: f64,
    /// Logarithm of its softmax over the catalogue: that of [`Odds`](seqscope_base::metric::Odds).
    pub(crate) log_probability: f64,
}

/// Judges item `target` by the catalogue's scores, where item `i` stands at `i − 1`: there is no
/// padding. `excluded` items, without repeats, are not ranked; a target among them has no place.
/// Its probability is over the whole catalogue all the same.
///
/// NaN: a score that is NaN ranks below every number and makes the log-probability NaN; a target's
/// puts it last. A target that is no item comes last, with NaN. −∞ is an ordinary score of
/// probability 0, and +∞ makes the log-probability NaN, as does a row of nothing but −∞.
#[inline(always)]
pub(crate) fn judged(scores: &[f32], target: usize, excluded: &[u32]) -> JudgedTarget {
    let place = |item: usize| item.checked_sub(1).and_then(|at| scores.get(at)).copied();
    let Some(wanted) = place(target) else {
        return JudgedTarget {
            rank: scores.len().max(1) as f64,
            log_probability: f64::NAN,
        };
    };
    let Counts {
        largest,
        mut ahead,
        mut tied,
    } = counts(scores, wanted);
    let log_probability = f64::from(wanted - largest) - sum_of_exponentials(scores, largest).ln();
    if is_left_out(target as u32, excluded) {
        return JudgedTarget {
            rank: MISS,
            log_probability,
        };
    }
    if wanted.is_nan() {
        ahead = scores.len();
    }
    let rivals = excluded.iter().map(|&item| item as usize);
    for score in rivals.chain([target]).filter_map(place) {
        ahead = ahead.saturating_sub(usize::from(score > wanted || wanted.is_nan()));
        tied = tied.saturating_sub(usize::from(equal(score, wanted)));
    }
    JudgedTarget {
        rank: 1.0 + ahead as f64 + tied as f64 / 2.0,
        log_probability,
    }
}

#[expect(
    clippy::float_cmp,
    reason = "a tie is exact equality; anything nearer would invent ties"
)]
#[inline(always)]
fn equal(a: f32, b: f32) -> bool {
    a == b
}

struct Counts {
    /// NaN is passed over.
    largest: f32,
    ahead: usize,
    tied: usize,
}

#[inline(always)]
fn counts(scores: &[f32], wanted: f32) -> Counts {
    let (chunks, rest) = scores.as_chunks::<16>();
    let (mut largest, mut ahead, mut tied) = ([f32::NEG_INFINITY; 16], [0_u32; 16], [0_u32; 16]);
    for chunk in chunks {
        for ((score, largest), (ahead, tied)) in chunk
            .iter()
            .zip(&mut largest)
            .zip(ahead.iter_mut().zip(&mut tied))
        {
            *largest = if *score > *largest { *score } else { *largest };
            *ahead += u32::from(*score > wanted);
            *tied += u32::from(equal(*score, wanted));
        }
    }
    let sum = |lanes: [u32; 16]| lanes.iter().map(|&n| n as usize).sum::<usize>();
    Counts {
        largest: largest
            .iter()
            .chain(rest)
            .copied()
            .fold(f32::NEG_INFINITY, f32::max),
        ahead: sum(ahead) + rest.iter().filter(|&&score| score > wanted).count(),
        tied: sum(tied) + rest.iter().filter(|&&score| equal(score, wanted)).count(),
    }
}

/// Σ e^(score − largest), added up in 64-bit floats.
#[inline(always)]
fn sum_of_exponentials(scores: &[f32], largest: f32) -> f64 {
    let (chunks, rest) = scores.as_chunks::<16>();
    let mut lanes = [0.0_f64; 16];
    for chunk in chunks {
        for (lane, score) in lanes.iter_mut().zip(chunk) {
            *lane += f64::from(exp(score - largest));
        }
    }
    lanes.iter().sum::<f64>()
        + rest
            .iter()
            .map(|score| f64::from(exp(score - largest)))
            .sum::<f64>()
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::float_cmp,
        reason = "ranks are multiples of a half, and infinities equal themselves"
    )]

    use proptest::prelude::*;

    use super::*;
    use crate::kernel::vectorized;

    /// Rank by sorting, with NaN behind every number: the middle of the places of the target's
    /// equals, and none where it is not among those sorted.
    fn slow_rank(scores: &[f32], target: usize, excluded: &[u32]) -> f64 {
        let wanted = scores[target - 1];
        let takes_part = |item: &usize| !excluded.contains(&(*item as u32));
        if !takes_part(&target) {
            return f64::INFINITY;
        }
        let mut order: Vec<f32> = (1..=scores.len())
            .filter(takes_part)
            .map(|item| scores[item - 1])
            .collect();
        if wanted.is_nan() {
            return order.len() as f64;
        }
        order.sort_by(|a, b| {
            a.is_nan()
                .cmp(&b.is_nan())
                .then(b.partial_cmp(a).unwrap_or(std::cmp::Ordering::Equal))
        });
        let places = (1..)
            .zip(order)
            .filter(|(_, score)| *score == wanted)
            .map(|(at, _)| f64::from(at));
        let places: Vec<f64> = places.collect();
        places.iter().sum::<f64>() / places.len() as f64
    }

    fn score() -> impl Strategy<Value = f32> {
        prop_oneof![
            6 => (-40_i8..40).prop_map(|at| f32::from(at) / 4.0),
            6 => -90.0_f32..90.0,
            1 => prop::sample::select(vec![f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0, -0.0, 3e38]),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn counting_ranks_as_sorting_does(
            (scores, target) in prop::collection::vec(score(), 1..120)
                .prop_flat_map(|scores| { let n = scores.len(); (Just(scores), 1..=n) }),
            excluded in prop::collection::btree_set(1_u32..130, 0..40),
        ) {
            let excluded: Vec<u32> = excluded.into_iter().collect();
            let ours = vectorized(|| judged(&scores, target, &excluded));
            prop_assert_eq!(ours.rank.is_infinite(), excluded.contains(&(target as u32)));
            let probability = vectorized(|| judged(&scores, target, &[])).log_probability;
            prop_assert_eq!(ours.log_probability.to_bits(), probability.to_bits());
            prop_assert_eq!(ours.rank, slow_rank(&scores, target, &excluded));
            let padded: Vec<f32> = [9.0].iter().chain(&scores).copied().collect();
            prop_assert_eq!(ours.rank, seqscope_base::metric::mid_rank(&padded, target, &excluded));
        }

        #[test]
        fn log_probabilities_are_those_of_64_bit_floats(
            scores in prop::collection::vec(score(), 1..4000), share in 0.0_f64..1.0,
        ) {
            let target = 1 + (share * scores.len() as f64) as usize;
            let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let sum: f64 = scores.iter().map(|&score| f64::from(score - largest).exp()).sum();
            let exact = f64::from(scores[target - 1] - largest) - sum.ln();
            let ours = vectorized(|| judged(&scores, target, &[])).log_probability;
            let same = (ours - exact).abs() <= 1e-6 || (ours.is_nan() && exact.is_nan()) || ours == exact;
            prop_assert!(same, "{} and {}", ours, exact);
        }
    }

    #[test]
    fn what_is_no_item_comes_last() {
        for target in [0, 4] {
            let judged = judged(&[1.0, 2.0, 3.0], target, &[]);
            assert!((judged.rank - 3.0).abs() < f64::EPSILON && judged.log_probability.is_nan());
        }
    }
}
