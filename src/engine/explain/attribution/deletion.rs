//! Deletion curves: how a probability falls as events go, the most important first.
//!
//! Petsiuk et al. 2018 (RISE), section 4.3, remove pixels so; a method that finds what an answer
//! rests on lets the probability fall at once, and leaves little area under the curve.

use std::ops::Range;

use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;

use super::asker::{Asker, TargetAnswer};
use super::{AttributionEffort, AttributionError, AttributionMethod, EventValues};
use seqscope_base::metric::statistics::SEED;
use seqscope_base::spec::derive_seed;

/// Order in which events are removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeletionOrder {
    /// The most important first by a method: what speaks most for the target. Of equals the later
    /// event goes first; what is no number goes last.
    By(AttributionMethod),
    /// By chance: the mean of some seeded orders.
    Random,
}

impl DeletionOrder {
    /// Name as a person reads it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::By(method) => method.title(),
            Self::Random => "Random order",
        }
    }

    /// Name in files.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::By(method) => method.key(),
            Self::Random => "random",
        }
    }
}

/// Probability of the target as events are removed in one order.
#[derive(Clone, Debug, PartialEq)]
pub struct DeletionCurve {
    /// The order.
    pub order: DeletionOrder,
    /// Numbers of events removed, from 0 to all, and the probability then.
    pub points: Vec<(usize, f64)>,
    /// Area under the curve over the share of events removed: the mean probability on the way, by
    /// the trapezoidal rule.
    pub area: f64,
}

/// The curve of each method, and of chance at the end; and the area under each random order's.
pub(super) fn curves(
    asker: &Asker<'_>,
    events: Range<usize>,
    values: &[EventValues],
    effort: AttributionEffort,
) -> Result<(Vec<DeletionCurve>, Vec<f64>), AttributionError> {
    let stops = stops(events.len(), effort.n_points);
    let curve = |order: &[usize]| -> Result<Vec<f64>, AttributionError> {
        let kept: Vec<Vec<usize>> = stops
            .iter()
            .map(|&n| asker.but(order.get(..n).unwrap_or(order)))
            .collect();
        let answers = asker.after(&kept)?;
        Ok(answers.iter().map(TargetAnswer::probability).collect())
    };
    let mut curves = Vec::with_capacity(values.len() + 1);
    for of in values {
        let order = falling(&of.values, events.start);
        curves.push(told(DeletionOrder::By(of.method), &stops, &curve(&order)?));
    }
    let (mut sum, mut areas) = (vec![0.0; stops.len()], Vec::with_capacity(effort.n_orders));
    for at in 0..effort.n_orders {
        let mut order: Vec<usize> = events.clone().collect();
        let seed = derive_seed(SEED, "deletion", at as u64);
        order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        let fallen = curve(&order)?;
        areas.push(told(DeletionOrder::Random, &stops, &fallen).area);
        let sums = sum.iter_mut().zip(&fallen);
        sums.for_each(|(sum, value)| *sum += value / effort.n_orders as f64);
    }
    if effort.n_orders > 0 {
        curves.push(told(DeletionOrder::Random, &stops, &sum));
    }
    Ok((curves, areas))
}

/// Answers that all curves of so many methods ask for.
pub(super) fn n_asked(n_events: usize, n_methods: usize, effort: AttributionEffort) -> usize {
    (n_methods + effort.n_orders) * stops(n_events, effort.n_points).len()
}

/// Numbers of events to be removed: none, all, and some in even steps between.
fn stops(n_events: usize, n_points: usize) -> Vec<usize> {
    let n_points = n_points.clamp(1, n_events.max(1));
    (0..=n_points)
        .map(|at| (at * n_events + n_points / 2) / n_points)
        .collect()
}

/// Events from the one of the largest value down; the first value is that of event `first`.
fn falling(values: &[f64], first: usize) -> Vec<usize> {
    let key = |at: usize| match values[at] {
        value if value.is_nan() => f64::NEG_INFINITY,
        value => value,
    };
    let mut order: Vec<usize> = (0..values.len()).rev().collect();
    order.sort_by(|&a, &b| key(b).total_cmp(&key(a)));
    order.into_iter().map(|at| first + at).collect()
}

fn told(order: DeletionOrder, stops: &[usize], probabilities: &[f64]) -> DeletionCurve {
    let points: Vec<(usize, f64)> = stops
        .iter()
        .copied()
        .zip(probabilities.iter().copied())
        .collect();
    let all = points.last().map_or(1, |(n, _)| *n).max(1);
    let area = points
        .windows(2)
        .map(|pair| (pair[1].0 - pair[0].0) as f64 * (pair[0].1 + pair[1].1) / 2.0)
        .sum::<f64>()
        / all as f64;
    DeletionCurve {
        order,
        points,
        area,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stops_are_even_and_hold_both_ends() {
        assert_eq!(stops(3, 20), [0, 1, 2, 3]);
        assert_eq!(stops(10, 4), [0, 3, 5, 8, 10]);
        assert_eq!(stops(1, 5), [0, 1]);
        assert_eq!(stops(5, 0), [0, 5]);
        for n in 1..60 {
            for n_points in 1..30 {
                let found = stops(n, n_points);
                assert!(
                    found.is_sorted_by(|a, b| a < b),
                    "{n} {n_points}: {found:?}"
                );
                assert_eq!((found[0], found[found.len() - 1]), (0, n));
            }
        }
    }

    #[test]
    fn the_largest_goes_first_and_of_equals_the_later() {
        let values = [0.5, -0.0, 2.0, f64::NAN, 2.0, 0.0, f64::NEG_INFINITY];
        assert_eq!(falling(&values, 10), [14, 12, 10, 15, 11, 16, 13]);
    }

    /// Over stops 0, 1, 3 of 3: (1 · (8 + 4) / 2 + 2 · (4 + 2) / 2) / 3 = 4.
    #[test]
    fn the_area_is_the_mean_height_over_the_share_removed() {
        let curve = told(DeletionOrder::Random, &[0, 1, 3], &[8.0, 4.0, 2.0]);
        assert!((curve.area - 4.0).abs() < 1e-12);
        let flat = told(DeletionOrder::Random, &[0, 2, 7], &[0.3, 0.3, 0.3]);
        assert!((flat.area - 0.3).abs() < 1e-12);
    }
}
