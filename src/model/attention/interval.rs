//! Time between two events: a learnt bias on the attention scores.
//!
//! `TiSASRec` (Li et al. 2020) divides a user's gaps by the shortest of them, clips them at 2048,
//! and learns a key vector and a value vector of each. T5 (Raffel et al. 2020) learns one number a
//! head for each bucket of the distance in places. This is T5's form with `TiSASRec`'s quantity:
//! one number a head, shared by all blocks, for each bucket of the gap in seconds, where each
//! bucket is twice as wide as the one before. It costs a few numbers, and gaps mean the same for
//! every user.

use burn::prelude::*;

/// Buckets of gaps: none; 1 second; 2 and 3; 4 to 7; …; the last begins at 34 years.
pub(crate) const N_BUCKETS: usize = 32;

/// Bucket of a gap in seconds, ⌊log₂(1 + gap)⌋ at most [`N_BUCKETS`] − 1; a gap below 0 is none.
fn bucket(gap: i64) -> usize {
    let gap = gap.max(0).unsigned_abs();
    (gap.saturating_add(1).ilog2() as usize).min(N_BUCKETS - 1)
}

/// Returns what is added to the scores of each pair of events. `[n_rows, n_heads, len, len]`
///
/// # Shapes
/// `biases` `[N_BUCKETS, n_heads]`; `seconds` holds the time of every cell, `[n_rows, len]`, where
/// `shape` is `[n_rows, len]`.
pub(crate) fn interval_bias(biases: Tensor<2>, seconds: &[i64], shape: [usize; 2]) -> Tensor<4> {
    let [n_rows, len] = shape;
    let n_heads = biases.dims()[1];
    let rows = seconds.chunks_exact(len.max(1));
    let buckets: Vec<i32> = rows
        .flat_map(|row| {
            row.iter()
                .flat_map(move |now| row.iter().map(move |then| now.saturating_sub(*then)))
        })
        .map(|gap| bucket(gap.saturating_abs()) as i32)
        .collect();
    let n_pairs = buckets.len();
    let buckets =
        Tensor::<1, Int>::from_data(TensorData::new(buckets, [n_pairs]), &biases.device());
    let of_pairs = biases.select(0, buckets); // [n_rows * len * len, n_heads]
    of_pairs
        .reshape([n_rows, len, len, n_heads])
        .permute([0, 3, 1, 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_double_and_end() {
        let buckets = [-5, 0, 1, 2, 3, 4, 7, 8, 86_400, 1 << 30, i64::MAX].map(bucket);
        assert_eq!(buckets, [0, 0, 1, 1, 2, 2, 3, 3, 16, 30, 31]);
    }

    /// Gaps of 0, 1 and 3 seconds between three events, in one row.
    #[test]
    fn a_pair_gets_the_bias_of_its_gap_in_every_head() {
        let device = Device::flex();
        let values: Vec<f32> = (0..N_BUCKETS * 2).map(|at| at as f32).collect();
        let biases = Tensor::<2>::from_data(TensorData::new(values, [N_BUCKETS, 2]), &device);
        let bias = interval_bias(biases, &[10, 11, 13], [1, 3]);
        assert_eq!(bias.dims(), [1, 2, 3, 3]);
        let found: Vec<f32> = bias.into_data().try_into_vec().unwrap();
        // Buckets 0 1 2 / 1 0 1 / 2 1 0; head h of bucket b holds 2b + h.
        let buckets = [0.0, 1.0, 2.0, 1.0, 0.0, 1.0, 2.0, 1.0, 0.0];
        let expected: Vec<f32> = [0.0, 1.0]
            .iter()
            .flat_map(|head| buckets.map(|b| 2.0 * b + head))
            .collect();
        assert_eq!(found, expected);
    }
}
