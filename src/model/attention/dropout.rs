//! Dropout of activations and of attention weights.

use burn::prelude::*;

use crate::random::{EventPlace, Noise, dropout_factors};

/// Dropout for the activations of a batch while training.
pub(crate) struct Dropout<'a> {
    /// Share of activations that is dropped.
    pub(crate) rate: f64,
    /// Share of attention weights that is dropped.
    pub(crate) attention: f64,
    /// Noise of this step.
    pub(crate) noise: Noise,
    /// Place of every cell of the batch, `[n_rows, len]`; in cross-attention those of the queries.
    pub(crate) places: &'a [EventPlace],
}

/// Layers of attention weights are numbered from here, so that none draws as a layer of activations
/// does.
const OF_WEIGHTS: usize = 1 << 20;

/// Drops activations, `[n_rows, len, d_model]`; without noise, in evaluation, it is the identity.
pub(crate) fn dropped(x: Tensor<3>, drop: Option<&Dropout<'_>>, layer: usize) -> Tensor<3> {
    let (shape, device) = (x.dims(), x.device());
    let factors =
        drop.and_then(|drop| dropout_factors(drop.rate, shape[2], layer, drop.noise, drop.places));
    match factors {
        Some(factors) => x * Tensor::from_data(TensorData::new(factors, shape), &device),
        None => x,
    }
}

/// Drops attention weights, `[n_rows, n_heads, n_queries, n_keys]` (Vaswani et al.'s code).
///
/// A looking event draws for the events that it looks at from the latest one back, so that padding
/// on the left changes nothing of what is drawn for the others.
pub(super) fn dropped_weights(
    weights: Tensor<4>,
    drop: Option<&Dropout<'_>>,
    layer: usize,
) -> Tensor<4> {
    let ([n_rows, n_heads, n_queries, n_keys], device) = (weights.dims(), weights.device());
    let width = n_heads * n_keys;
    let factors = drop.and_then(|drop| {
        dropout_factors(
            drop.attention,
            width,
            OF_WEIGHTS + layer,
            drop.noise,
            drop.places,
        )
    });
    match factors {
        Some(factors) => {
            let factors = TensorData::new(factors, [n_rows, n_queries, n_keys, n_heads]);
            let factors = Tensor::<4>::from_data(factors, &device)
                .flip([2])
                .permute([0, 3, 1, 2]);
            weights * factors // [n_rows, n_heads, n_queries, n_keys]
        }
        None => weights,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two events, alone and behind one of padding: two heads over two keys, and over three.
    #[test]
    fn padding_changes_nothing_of_what_is_drawn_for_attention() {
        let kept = |n_keys: usize, places: &[EventPlace]| -> Vec<f32> {
            let drop = Dropout {
                rate: 0.0,
                attention: 0.5,
                noise: Noise::new(3),
                places,
            };
            let ones = Tensor::<4>::ones([1, 2, n_keys, n_keys], &Device::flex());
            let weights = dropped_weights(ones, Some(&drop), 1);
            weights
                .slice([0..1, 0..2, n_keys - 2..n_keys, n_keys - 2..n_keys])
                .into_data()
                .try_into_vec()
                .unwrap()
        };
        let [padding, first, second] =
            [usize::MAX, 0, 1].map(|position| EventPlace { row: 4, position });
        let alone = kept(2, &[first, second]);
        assert_eq!(alone, kept(3, &[padding, first, second]));
        let doubled: Vec<u32> = alone.iter().map(|factor| (factor * 10.0) as u32).collect();
        assert!(
            doubled.iter().all(|factor| [0, 20].contains(factor)),
            "{alone:?}"
        );
        assert!(doubled.contains(&0) && doubled.contains(&20), "{alone:?}");
    }
}
