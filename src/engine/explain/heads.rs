//! Summaries of attention heads beside their maps. Worked out once with the view: maps have
//! millions of weights, and a window that adds them up stands still meanwhile.

use super::attribution::rollout_map;
use seqscope_data::Histories;
use seqscope_model::{AttentionMaps, ModelError, Trainable};

/// Summary of all heads of one history, and how far each looks back.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HeadSummary {
    /// Whether no step looks at what comes after it.
    pub is_causal: bool,
    /// By how many events each head looks back on average, layer by layer; the first step, which
    /// sees only itself, does not count.
    pub look_back: Vec<f32>,
    /// Evenness of each head's looks, layer by layer: the entropy of a step's weights over that of
    /// even ones, mean over the steps that see two events at least. 0 where each looks at one
    /// event, 1 where all events that are seen get the same.
    pub evenness: Vec<f32>,
    /// Mean over the heads of each layer, and behind them the mean over all layers.
    /// `[n_layers + 1, len, len]`
    pub means: Vec<f32>,
    /// Rollout through all layers, where the maps are of one pass; empty otherwise. `[len, len]`
    pub rollout: Vec<f32>,
}

impl HeadSummary {
    /// Summarises the heads of these maps.
    #[must_use]
    pub fn of_maps(maps: &AttentionMaps) -> Self {
        let heads: Vec<&[f32]> = (0..maps.n_layers)
            .flat_map(|layer| (0..maps.n_heads).map(move |head| maps.head(layer, head)))
            .collect();
        let of_heads = |of: fn(&[f32], usize) -> f32| -> Vec<f32> {
            heads.iter().map(|weights| of(weights, maps.len)).collect()
        };
        Self {
            is_causal: is_causal(maps),
            look_back: of_heads(mean_look_back),
            evenness: of_heads(mean_evenness),
            means: means(maps),
            rollout: Vec::new(),
        }
    }

    /// Summarises the heads of maps of one pass, whose layers lie on each other.
    #[must_use]
    pub fn of_stacked(maps: &AttentionMaps) -> Self {
        Self {
            rollout: rollout_map(maps),
            ..Self::of_maps(maps)
        }
    }

    /// Memory that its means and its rollout take, in bytes.
    pub(super) fn n_bytes(&self) -> usize {
        size_of_val(self.means.as_slice()) + size_of_val(self.rollout.as_slice())
    }

    /// Mean over the heads of a layer; of all layers for the one behind the last. `[len, len]`
    #[must_use]
    pub fn mean(&self, layer: usize, len: usize) -> &[f32] {
        let size = len * len;
        self.means
            .get(layer * size..(layer + 1) * size)
            .unwrap_or(&[])
    }
}

/// Attention over a history, not yet summarised.
pub(super) enum FoundMaps {
    /// None: no events, or a model without attention.
    None,
    /// Maps of one pass, whose layers lie on each other.
    Stacked(AttentionMaps),
    /// Maps of several passes, a step each.
    Steps(AttentionMaps),
}

impl FoundMaps {
    /// The maps with their summary, where there are any.
    pub(super) fn summarised(self) -> (Option<AttentionMaps>, HeadSummary) {
        match self {
            Self::None => (None, HeadSummary::default()),
            Self::Stacked(maps) => {
                let summary = HeadSummary::of_stacked(&maps);
                (Some(maps), summary)
            }
            Self::Steps(maps) => {
                let summary = HeadSummary::of_maps(&maps);
                (Some(maps), summary)
            }
        }
    }
}

/// Attention of a model over a history.
///
/// # Errors
/// [`ModelError`] when the model fails.
pub(super) fn maps(model: &dyn Trainable, history: &Histories) -> Result<FoundMaps, ModelError> {
    let n_events = history.row(0).len();
    if n_events == 0 {
        return Ok(FoundMaps::None);
    }
    let stacked = model.stacked_attention(history)?;
    if let Some(maps) = stacked.filter(|maps| maps.first + maps.len == n_events) {
        return Ok(FoundMaps::Stacked(maps));
    }
    Ok(model
        .attention(history)?
        .map_or(FoundMaps::None, FoundMaps::Steps))
}

fn means(maps: &AttentionMaps) -> Vec<f32> {
    let (size, n_layers) = (maps.len * maps.len, maps.n_layers.max(1));
    let mut means = vec![0.0_f32; (maps.n_layers + 1) * size];
    let mut of_all = vec![0.0_f32; size];
    for layer in 0..maps.n_layers {
        let Some(mean) = means.get_mut(layer * size..(layer + 1) * size) else {
            continue;
        };
        for head in 0..maps.n_heads {
            mean.iter_mut()
                .zip(maps.head(layer, head))
                .for_each(|(mean, weight)| *mean += weight / maps.n_heads as f32);
        }
        of_all
            .iter_mut()
            .zip(mean.iter())
            .for_each(|(all, mean)| *all += mean / n_layers as f32);
    }
    if let Some(last) = means.get_mut(maps.n_layers * size..) {
        last.copy_from_slice(&of_all);
    }
    means
}

/// Entropy of the weights of a step that sees `row + 1` events or, looking ahead, all of them.
fn mean_evenness(weights: &[f32], len: usize) -> f32 {
    let mut sum = 0.0;
    let rows = weights.chunks_exact(len.max(1)).enumerate().skip(1);
    for (row, values) in rows {
        let looks_ahead = values.iter().skip(row + 1).any(|weight| *weight > 0.0);
        let n_seen = if looks_ahead { len } else { row + 1 };
        let terms = values.iter().filter(|weight| **weight > 0.0);
        let entropy: f32 = terms.map(|weight| -weight * weight.ln()).sum();
        sum += entropy / (n_seen as f32).ln();
    }
    sum / len.saturating_sub(1).max(1) as f32
}

fn is_causal(maps: &AttentionMaps) -> bool {
    let len = maps.len.max(1);
    !maps
        .weights
        .chunks_exact(len)
        .enumerate()
        .any(|(row, weights)| {
            weights
                .iter()
                .skip(row % len + 1)
                .any(|weight| *weight != 0.0)
        })
}

fn mean_look_back(weights: &[f32], len: usize) -> f32 {
    let distance = |row: usize, values: &[f32]| -> f32 {
        values
            .iter()
            .enumerate()
            .map(|(col, w)| w * (row as f32 - col as f32).max(0.0))
            .sum()
    };
    let rows = weights.chunks_exact(len.max(1)).enumerate().skip(1);
    let total: f32 = rows.map(|(row, values)| distance(row, values)).sum();
    total / len.saturating_sub(1).max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_with_nothing_above_its_diagonal_is_causal() {
        let maps = |weights| AttentionMaps {
            n_layers: 1,
            n_heads: 1,
            len: 3,
            first: 4,
            weights,
        };
        let causal = HeadSummary::of_maps(&maps(vec![1.0, 0.0, 0.0, 0.5, 0.5, 0.0, 0.2, 0.3, 0.5]));
        assert!(causal.is_causal);
        assert!(
            !HeadSummary::of_maps(&maps(vec![0.5, 0.5, 0.0, 0.5, 0.5, 0.0, 0.2, 0.3, 0.5]))
                .is_causal
        );
        // Rows 1 and 2 look back 0.5 and 0.2 * 2 + 0.3 = 0.7 events: 0.6 on average.
        assert!((causal.look_back[0] - 0.6).abs() < 1e-6);
        // The second head's rows are counted from its own first one.
        let two = AttentionMaps {
            n_layers: 1,
            n_heads: 2,
            len: 2,
            first: 0,
            weights: vec![1.0, 0.0, 0.5, 0.5, 1.0, 0.0, 1.0, 0.0],
        };
        let summary = HeadSummary::of_maps(&two);
        assert!(summary.is_causal);
        assert_eq!(summary.look_back, [0.5, 1.0]);
        // Each second step: the first head's looks at both alike, the second's at one.
        assert_eq!(summary.evenness, [1.0, 0.0]);
        // The one layer's mean, and that of all layers, which is the same.
        let mean = [1.0, 0.0, 0.75, 0.25];
        assert_eq!(
            (summary.mean(0, 2), summary.mean(1, 2)),
            (&mean[..], &mean[..])
        );
        assert!(summary.mean(2, 2).is_empty() && summary.rollout.is_empty());
        // Half of the mean and half of the place itself.
        assert_eq!(
            HeadSummary::of_stacked(&two).rollout,
            [1.0, 0.0, 0.375, 0.625]
        );
    }

    /// Weights ½, ¼, ¼ of three: (½ ln 2 + ½ ln 4) / ln 3 = 1.039721 / 1.098612.
    #[test]
    fn evenness_is_entropy_over_that_of_even_weights() {
        let found = mean_evenness(&[1.0, 0.0, 0.0, 0.5, 0.5, 0.0, 0.5, 0.25, 0.25], 3);
        assert!(
            (found - f32::midpoint(1.0, 0.946_395)).abs() < 1e-5,
            "{found}"
        );
        // Whoever looks ahead sees all three.
        let ahead = mean_evenness(&[1.0, 0.0, 0.0, 0.0, 0.5, 0.5, 1.0, 0.0, 0.0], 3);
        assert!((ahead - 0.5 * 0.630_930).abs() < 1e-5, "{ahead}");
    }
}
