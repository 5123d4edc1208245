//! An autoencoder of any number of tanh layers over bags of items, forward and backward in one.

use super::mult_vae::hidden_of_bags;
use super::output_likelihood::{LikelihoodGradients, likelihood_gradients};
use super::sparse::sum_of_rows;
use super::tanh_layer::{DenseGradients, DenseSizes, add_bias_and_tanh, times_slope_of_tanh};
use super::{Buffer, Dense, Onto, SparseRows};
use crate::Likelihood;

/// Gradients of nll / number of elements of the bags for the weights and biases of each layer, and
/// nll, in nats. Every layer but the last ends in a tanh; the first reads the bags, the last gives
/// logits.
///
/// An element that corruption has hidden is there with the value 0, and is to be told all the same.
pub(crate) fn autoencoder_gradients(
    layers: &[Dense<'_>],
    bags: &SparseRows,
    likelihood: Likelihood,
) -> (Vec<DenseGradients>, f64) {
    let (Some(output), hidden) = (layers.last(), hidden_layers(layers, bags)) else {
        return (Vec::new(), 0.0);
    };
    let scale = 1.0 / bags.elements.len().max(1) as f32;
    let last = hidden.last().map_or(&[][..], |rows| rows);
    let LikelihoodGradients {
        nll,
        d_decoded: mut d_rows,
        gradients: of_output,
    } = likelihood_gradients(last, output, bags, likelihood, scale);

    let mut gradients = vec![of_output];
    for at in (1..hidden.len()).rev() {
        let (Some(above), Some(below), Some(layer)) =
            (hidden.get(at), hidden.get(at - 1), layers.get(at))
        else {
            break;
        };
        let shape = shape_of(layer, bags.n_rows());
        times_slope_of_tanh(&mut d_rows, above);
        gradients.push(shape.gradients(below, &d_rows));
        let mut d_below = Buffer::open(below.len());
        shape.back(&mut d_below, Onto::Nothing, &d_rows, layer.weight);
        d_rows = d_below;
    }
    if let (Some(first), Some(layer)) = (hidden.first(), layers.first()) {
        times_slope_of_tanh(&mut d_rows, first);
        let mut of_first = [
            Buffer::open(layer.weight.len()),
            Buffer::open(layer.bias.len()),
        ];
        bags.transposed()
            .product(&mut of_first[0], &d_rows, layer.bias.len());
        sum_of_rows(&mut of_first[1], &d_rows);
        gradients.push(of_first);
    }
    gradients.reverse();
    (gradients, nll)
}

/// The last hidden layer: what the scores are products of. `[n_rows, d_hidden]`
pub(crate) fn autoencoder_states(layers: &[Dense<'_>], bags: &SparseRows) -> Buffer {
    hidden_layers(layers, bags).pop().unwrap_or_default()
}

/// Every hidden layer, from the first up.
fn hidden_layers(layers: &[Dense<'_>], bags: &SparseRows) -> Vec<Buffer> {
    let n_rows = bags.n_rows();
    let n_hidden = layers.len().saturating_sub(1);
    let mut hidden: Vec<Buffer> = layers
        .first()
        .into_iter()
        .map(|first| hidden_of_bags(first, bags))
        .collect();
    for layer in layers.iter().take(n_hidden).skip(1) {
        let shape = shape_of(layer, n_rows);
        let mut rows = Buffer::open(n_rows * shape.d_out);
        shape.times(
            &mut rows,
            hidden.last().map_or(&[][..], |below| below),
            layer.weight,
        );
        add_bias_and_tanh(&mut rows, layer.bias);
        hidden.push(rows);
    }
    hidden
}

fn shape_of(layer: &Dense<'_>, n_rows: usize) -> DenseSizes {
    let d_out = layer.bias.len();
    DenseSizes {
        n_rows,
        d_in: layer.weight.len() / d_out.max(1),
        d_out,
    }
}
