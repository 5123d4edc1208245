//! Attention as an attribution: what the place that answers looked at.

use seqscope_model::AttentionMaps;

/// Looks of the last place of the maps at the `n_events` events that they begin with, mean over the
/// heads of the last layer. What a head gives to places that are no events, such as a mask, is
/// shared out among the events. `[n_events]`
#[must_use]
pub fn asking_look(maps: &AttentionMaps, n_events: usize) -> Vec<f64> {
    let AttentionMaps {
        n_layers,
        n_heads,
        len,
        ..
    } = *maps;
    let mut mean = vec![0.0; n_events];
    for head in 0..n_heads {
        let look = last_look(maps.head(n_layers.saturating_sub(1), head), len, n_events);
        mean.iter_mut()
            .zip(look)
            .for_each(|(mean, weight)| *mean += weight / n_heads as f64);
    }
    mean
}

/// Look of the last place of one head's map of `len` places at the first `n` of them, made to add up
/// to 1: what is given to the others, such as a mask, is shared out. `[n]`
pub(in crate::explain) fn last_look(map: &[f32], len: usize, n: usize) -> Vec<f64> {
    let row = map.get(map.len().saturating_sub(len)..).unwrap_or(&[]);
    shared_out(row.iter().copied().map(f64::from).collect(), n)
}

/// Attention rollout of the last place: the share of each event in what has come to it through all
/// layers, when each layer gives half of what it has to its attention, mean over the heads, and
/// half to what stood there before. `[n_events]`
///
/// # Source
/// Abnar & Zuidema 2020, eq. 1 and section 3.1 (A = ½ W + ½ I, rows normalised). Of their product
/// only the last row is worked out here, from the last layer down. A mask's own share is shared out
/// among the events.
#[must_use]
pub fn rollout(maps: &AttentionMaps, n_events: usize) -> Vec<f64> {
    let len = maps.len;
    let mut look = vec![0.0; len];
    if let Some(last) = look.last_mut() {
        *last = 1.0;
    }
    for layer in (0..maps.n_layers).rev() {
        let mixed = mixed(maps, layer);
        let mut below = vec![0.0; len];
        for (share, row) in look.iter().zip(mixed.chunks_exact(len.max(1))) {
            below
                .iter_mut()
                .zip(row)
                .for_each(|(below, weight)| *below += share * weight);
        }
        look = below;
    }
    shared_out(look, n_events)
}

/// Attention rollout of every place: row = the looking place, column = the event that it comes from.
/// `[len, len]`
#[must_use]
pub fn rollout_map(maps: &AttentionMaps) -> Vec<f32> {
    let len = maps.len.max(1);
    let mut product: Vec<f64> = (0..maps.len * maps.len)
        .map(|at| if at / len == at % len { 1.0 } else { 0.0 })
        .collect();
    for layer in 0..maps.n_layers {
        let mixed = mixed(maps, layer);
        let mut above = vec![0.0; product.len()];
        for (row, out) in mixed.chunks_exact(len).zip(above.chunks_exact_mut(len)) {
            for (weight, below) in row.iter().zip(product.chunks_exact(len)) {
                if *weight != 0.0 {
                    out.iter_mut()
                        .zip(below)
                        .for_each(|(out, below)| *out += weight * below);
                }
            }
        }
        product = above;
    }
    product.into_iter().map(|value| value as f32).collect()
}

/// Half of a layer's attention, mean over its heads, and half of what stood there. `[len, len]`
fn mixed(maps: &AttentionMaps, layer: usize) -> Vec<f64> {
    let len = maps.len.max(1);
    let mut mixed = vec![0.0; maps.len * maps.len];
    let share = 0.5 / maps.n_heads.max(1) as f64;
    for head in 0..maps.n_heads {
        let weights = maps.head(layer, head);
        mixed
            .iter_mut()
            .zip(weights)
            .for_each(|(mixed, weight)| *mixed += share * f64::from(*weight));
    }
    mixed
        .iter_mut()
        .step_by(len + 1)
        .for_each(|own| *own += 0.5);
    for row in mixed.chunks_exact_mut(len) {
        let sum: f64 = row.iter().sum();
        for weight in row {
            *weight /= sum;
        }
    }
    mixed
}

/// The first `n` of some weights, made to add up to 1; all 0 where nothing was given to them.
fn shared_out(mut weights: Vec<f64>, n: usize) -> Vec<f64> {
    weights.truncate(n);
    let sum: f64 = weights.iter().sum();
    if sum > 0.0 {
        for weight in &mut weights {
            *weight /= sum;
        }
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Causal maps of two layers and two heads over `len` places, each row of other weights.
    fn maps(len: usize) -> AttentionMaps {
        let mut weights = Vec::new();
        for map in 0..4 {
            for row in 0..len {
                let raw: Vec<f32> = (0..len)
                    .map(|col| {
                        let seen = col <= row;
                        let value = 1.0 + ((7 * map + 5 * row + 3 * col) % 11) as f32;
                        if seen { value } else { 0.0 }
                    })
                    .collect();
                let sum: f32 = raw.iter().sum();
                weights.extend(raw.iter().map(|value| value / sum));
            }
        }
        AttentionMaps {
            n_layers: 2,
            n_heads: 2,
            len,
            first: 0,
            weights,
        }
    }

    /// Element (row, column) of the product of matrices by the definition, from the last to the
    /// first.
    fn slow_product(matrices: &[Vec<Vec<f64>>], row: usize, col: usize) -> f64 {
        match matrices.split_last() {
            None => f64::from(u8::from(row == col)),
            Some((last, rest)) => (0..last.len())
                .map(|at| last[row][at] * slow_product(rest, at, col))
                .sum(),
        }
    }

    #[test]
    fn rollout_is_the_product_of_the_layers_that_keep_half() {
        let len = 5;
        let maps = maps(len);
        let matrices: Vec<Vec<Vec<f64>>> = (0..2)
            .map(|layer| {
                let of = |row: usize, col: usize| {
                    let heads = (0..2).map(|head| maps.head(layer, head)[row * len + col]);
                    let mean = f64::from(heads.sum::<f32>()) / 2.0;
                    0.5 * mean + if row == col { 0.5 } else { 0.0 }
                };
                (0..len)
                    .map(|row| (0..len).map(|col| of(row, col)).collect())
                    .collect()
            })
            .collect();
        let map = rollout_map(&maps);
        for row in 0..len {
            for col in 0..len {
                let expected = slow_product(&matrices, row, col);
                let found = f64::from(map[row * len + col]);
                assert!(
                    (found - expected).abs() < 1e-6,
                    "{row} {col}: {found} {expected}"
                );
            }
        }
        let last: Vec<f64> = (0..len)
            .map(|col| slow_product(&matrices, len - 1, col))
            .collect();
        let near = |found: &[f64], expected: &[f64]| {
            assert_eq!(found.len(), expected.len());
            found
                .iter()
                .zip(expected)
                .for_each(|(a, b)| assert!((a - b).abs() < 1e-6, "{found:?} {expected:?}"));
        };
        near(&rollout(&maps, len), &last);
        // With a mask at the end its share goes to the events, in proportion.
        let events: f64 = last[..len - 1].iter().sum();
        let shared: Vec<f64> = last[..len - 1].iter().map(|share| share / events).collect();
        near(&rollout(&maps, len - 1), &shared);
    }

    /// The last rows of both heads of the last layer: (.2, .3, .5) and (.6, .2, .2).
    #[test]
    fn the_asking_look_is_the_mean_of_the_last_layers_last_rows() {
        let mut weights = vec![0.0; 4 * 9];
        weights[2 * 9 + 6..3 * 9].copy_from_slice(&[0.2, 0.3, 0.5]);
        weights[3 * 9 + 6..4 * 9].copy_from_slice(&[0.6, 0.2, 0.2]);
        let maps = AttentionMaps {
            n_layers: 2,
            n_heads: 2,
            len: 3,
            first: 0,
            weights,
        };
        let near = |found: Vec<f64>, expected: &[f64]| {
            assert_eq!(found.len(), expected.len());
            assert!(
                found
                    .iter()
                    .zip(expected)
                    .all(|(a, b)| (a - b).abs() < 1e-6),
                "{found:?}"
            );
        };
        near(asking_look(&maps, 3), &[0.4, 0.25, 0.35]);
        // Without the last place: (.4, .6) and (.75, .25).
        near(asking_look(&maps, 2), &[0.575, 0.425]);
        assert!(asking_look(&AttentionMaps::default(), 0).is_empty());
        assert!(rollout(&AttentionMaps::default(), 0).is_empty());
    }
}
