//! Summaries of attention heads beside their maps. Worked out once with the view: maps have
//! millions of weights, and a window that adds them up stands still meanwhile.

use seqscope_model::AttentionMaps;

/// Summary of all heads of one history, and how far each looks back.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HeadSummary {
    /// Whether no step looks at what comes after it.
    pub is_causal: bool,
    /// By how many events each head looks back on average, layer by layer; the first step, which
    /// sees only itself, does not count.
    pub look_back: Vec<f32>,
}

impl HeadSummary {
    /// Summarises the heads of these maps.
    #[must_use]
    pub fn of_maps(maps: &AttentionMaps) -> Self {
        let heads =
            (0..maps.n_layers).flat_map(|layer| (0..maps.n_heads).map(move |head| (layer, head)));
        Self {
            is_causal: is_causal(maps),
            look_back: heads
                .map(|(layer, head)| mean_look_back(maps.head(layer, head), maps.len))
                .collect(),
        }
    }
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
        assert_eq!(
            HeadSummary::of_maps(&two),
            HeadSummary {
                is_causal: true,
                look_back: vec![0.5, 1.0]
            }
        );
    }
}
