//! Measures of how like synthetic sequences are to real ones.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// Events in a row that are looked for when copies are counted.
pub const COPY_LEN: usize = 5;

/// Distances of some sequences from others, and what they have copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Likeness {
    /// Jensen–Shannon divergence of the pairs of neighbours, beginning and end among them, in bits:
    /// from 0, the same, to 1, no pair in common.
    pub transitions: f64,
    /// Jensen–Shannon divergence of the lengths, in bits.
    pub lengths: f64,
    /// Share of the stretches of [`COPY_LEN`] events that stand in a sequence that was learnt from.
    pub copied_stretches: f64,
    /// Share of the sequences that are, as a whole, one that was learnt from.
    pub copied_rows: f64,
}

impl Likeness {
    /// Compares `synthetic` with `real`, where `learnt` is what the sampler has read. Shares of
    /// nothing are 0, and so are distances where either side is empty.
    ///
    /// # Source
    /// Lin 1991 for the divergence; the share of copies is the n-gram memorisation of language
    /// models.
    #[must_use]
    pub fn new(synthetic: &[&[u32]], real: &[&[u32]], learnt: &[&[u32]]) -> Self {
        let stretches: BTreeSet<&[u32]> = learnt
            .iter()
            .flat_map(|row| row.windows(COPY_LEN))
            .collect();
        let rows: BTreeSet<&[u32]> = learnt.iter().copied().collect();
        Self {
            transitions: divergence(&counts(transitions(synthetic)), &counts(transitions(real))),
            lengths: divergence(&counts(lengths(synthetic)), &counts(lengths(real))),
            copied_stretches: share(
                synthetic.iter().flat_map(|row| row.windows(COPY_LEN)),
                &stretches,
            ),
            copied_rows: share(synthetic.iter().copied(), &rows),
        }
    }
}

/// Pairs of neighbours, with 0 before the first event and after the last.
fn transitions<'a>(rows: &'a [&[u32]]) -> impl Iterator<Item = (u32, u32)> + 'a {
    rows.iter().flat_map(|row| {
        let before = std::iter::once(0).chain(row.iter().copied());
        before.zip(row.iter().copied().chain([0]))
    })
}

fn lengths<'a>(rows: &'a [&[u32]]) -> impl Iterator<Item = usize> + 'a {
    rows.iter().map(|row| row.len())
}

fn counts<T: Ord>(values: impl Iterator<Item = T>) -> BTreeMap<T, usize> {
    let mut counts = BTreeMap::new();
    values.for_each(|value| *counts.entry(value).or_default() += 1);
    counts
}

fn share<'a>(values: impl Iterator<Item = &'a [u32]>, among: &BTreeSet<&[u32]>) -> f64 {
    let (mut n, mut n_among) = (0_usize, 0_usize);
    for value in values {
        n += 1;
        n_among += usize::from(among.contains(value));
    }
    n_among as f64 / n.max(1) as f64
}

/// ½ Σ p log₂(p / m) + ½ Σ q log₂(q / m) with m = (p + q) / 2.
fn divergence<T: Ord>(p: &BTreeMap<T, usize>, q: &BTreeMap<T, usize>) -> f64 {
    if p.is_empty() || q.is_empty() {
        return 0.0;
    }
    (half_divergence(p, q) + half_divergence(q, p)).max(0.0)
}

/// ½ Σ p log₂(p / m) with m = (p + q) / 2.
fn half_divergence<T: Ord>(p: &BTreeMap<T, usize>, q: &BTreeMap<T, usize>) -> f64 {
    let n_p = p.values().sum::<usize>() as f64;
    let n_q = q.values().sum::<usize>() as f64;
    p.iter()
        .map(|(value, &count)| {
            let a = count as f64 / n_p;
            let b = q.get(value).map_or(0.0, |&count| count as f64 / n_q);
            0.5 * a * (2.0 * a / (a + b)).log2()
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_near(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-12, "{a} and {b}");
    }

    #[test]
    fn the_same_is_at_0_and_nothing_in_common_at_1() {
        let (a, b): (&[&[u32]], &[&[u32]]) = (&[&[1, 2], &[1]], &[&[3, 4, 5], &[4, 3, 5, 4]]);
        assert_near(Likeness::new(a, a, b).transitions, 0.0);
        assert_near(Likeness::new(a, a, b).lengths, 0.0);
        assert_near(Likeness::new(a, b, b).transitions, 1.0);
        assert_near(Likeness::new(a, b, b).lengths, 1.0);
        assert_eq!(Likeness::new(&[], a, a), Likeness::default());
    }

    /// Lengths 1, 1 against 1, 2: p = (1, 0), q = (½, ½), m = (¾, ¼); ½ · log₂(4/3) + ½ · (½
    /// log₂(2/3) + ½ · 1) = 0.311278….
    #[test]
    fn a_divergence_by_hand() {
        let expected = 0.5 * (4.0_f64 / 3.0).log2() + 0.25 * (2.0_f64 / 3.0).log2() + 0.25;
        let found = Likeness::new(&[&[1], &[2]], &[&[1], &[2, 1]], &[]).lengths;
        assert_near(found, expected);
        assert!((found - 0.311_278_124_459_132_8).abs() < 1e-12);
    }

    /// Six events hold two stretches of five, of which the first was read; one of three rows is a
    /// copy.
    #[test]
    fn copies_are_counted_in_stretches_and_as_a_whole() {
        let learnt: &[&[u32]] = &[&[9, 1, 2, 3, 4, 5], &[7, 7]];
        let found = Likeness::new(&[&[1, 2, 3, 4, 5, 6], &[7, 7], &[7]], learnt, learnt);
        assert_near(found.copied_stretches, 0.5);
        assert_near(found.copied_rows, 1.0 / 3.0);
    }
}
