//! Shapes of the layers of a causal Transformer.

use super::TransformerSpec;
use crate::Blueprint;
use crate::attention::{N_BUCKETS, NormPlace, place_layer};
use crate::features::Features;
use crate::layers::{Axis, BATCH, LayerShape, MAX_REPEATED, with_answer};

/// Layers of a Transformer, with the shapes of what they put out and of their weights.
pub(super) fn layers(spec: &TransformerSpec, plan: &Blueprint) -> Vec<LayerShape> {
    let TransformerSpec {
        d_model,
        n_layers,
        seq_len,
        n_heads,
        ..
    } = *spec;
    let (len, width) = (Axis::Size(seq_len), Axis::Size(d_model));
    let events = &[BATCH, len, width];
    let mut layers = vec![
        LayerShape::new("Item embedding", events)
            .with("item.weight", [Axis::items(plan, 1), width]),
    ];
    layers.extend(Features::layer(plan, spec.features, events));
    layers.extend(place_layer(
        spec.positions,
        "Positions",
        "position",
        seq_len,
        events,
    ));
    if spec.intervals {
        let bias = LayerShape::new(
            "Bias of the time between events",
            [BATCH, Axis::Size(n_heads), len, len],
        );
        layers.push(bias.with("interval", [Axis::Size(N_BUCKETS), Axis::Size(n_heads)]));
    }
    for at in 0..n_layers.min(MAX_REPEATED) {
        layers.extend(spec.sizes().layers(
            &format!("Block {}", at + 1),
            &format!("blocks.{at}"),
            events,
        ));
    }
    if spec.norm == NormPlace::Before {
        layers.push(LayerShape::new("Final layer norm", events).norm("norm", d_model));
    }
    if !(spec.tied || plan.is_next_item()) {
        let unused = LayerShape::new("Item vectors of the output, unused in this task", [BATCH]);
        layers.push(unused.with("output.weight", [Axis::items(plan, 1), width]));
    }
    let own = (!spec.tied).then_some("output.weight");
    with_answer(layers, plan, events, own)
}
