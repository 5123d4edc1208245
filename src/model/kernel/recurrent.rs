//! Shared parts of the recurrent layers: packed sequences, their states, and sums over events.
//!
//! Packed order is step by step, within a step by falling length
//! ([`SequencePacking`](crate::packing::SequencePacking)): `sizes` says how many sequences
//! run at each step, and the sequences of a step are the first of the step before.

use std::ops::Range;

use super::product::{rows, rows_mut};
use super::{Buffer, MatrixMut, MatrixView, Onto, add_rows, product};

/// The weights of a recurrent layer on the host, and what is computed with them.
pub(crate) trait RecurrentKernel: Send + Sync {
    /// Runs over packed sequences. `input` `[n_events, d_input]`; `mask` holds factors of the
    /// states as the recurrent weights see them, one row a sequence, the longest first,
    /// `[n_sequences, d_hidden]`.
    fn forward(&self, input: &[f32], sizes: &[usize], mask: Option<Buffer>) -> Trace;

    /// Back-propagation through time. `input` is that of the forward pass, `d_states` the gradient
    /// of each state, `[n_events, d_hidden]`.
    fn backward(
        &self,
        input: &[f32],
        trace: Trace,
        d_states: Buffer,
        sizes: &[usize],
    ) -> LayerGradients;
}

/// A forward pass, kept for its backward pass.
#[derive(Debug)]
pub(crate) struct Trace {
    /// State after each event. `[n_events, d_hidden]`
    pub(crate) states: Buffer,
    /// Gates, as the layer lays them out. `[n_events, 4 * d_hidden]`
    pub(super) gates: Buffer,
    /// Memory after each event, where the layer has one. `[n_events, d_hidden]`
    pub(super) memory: Buffer,
    /// Factors of the states as the recurrent weights saw them. `[n_sequences, d_hidden]`
    pub(super) mask: Option<Buffer>,
}

/// Gradients of a layer.
#[derive(Debug)]
pub(crate) struct LayerGradients {
    /// Gradient of its input. `[n_events, d_input]`
    pub(crate) input: Buffer,
    /// Gradients of its weights, in the order in which the kernel was given them.
    pub(crate) weights: Vec<Buffer>,
}

/// The events of one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StepRows {
    /// Their places in packed order.
    pub(super) rows: Range<usize>,
    /// The events before them in their sequences; none at the first step.
    pub(super) before: Option<Range<usize>>,
}

/// The steps of sequences packed with these sizes, first to last.
pub(super) fn steps(sizes: &[usize]) -> Vec<StepRows> {
    let mut steps = Vec::with_capacity(sizes.len());
    let (mut start, mut before) = (0, None);
    for &size in sizes {
        let past = before.map(|start| start..start + size);
        steps.push(StepRows {
            rows: start..start + size,
            before: past,
        });
        before = Some(start);
        start += size;
    }
    steps
}

/// States as the recurrent weights saw them at each event but the sequences' first, in packed
/// order. `[n_events, width]` to `[n_events − n_sequences, width]`
pub(super) fn states_before(
    states: &[f32],
    sizes: &[usize],
    width: usize,
    mask: Option<&[f32]>,
) -> Buffer {
    let first = sizes.first().copied().unwrap_or(0);
    let n_events: usize = sizes.iter().sum();
    let mut gathered = Buffer::open((n_events - first) * width);
    for step in steps(sizes) {
        if let Some(before) = step.before {
            let to = step.rows.start - first..step.rows.end - first;
            let to = rows_mut(&mut gathered, to, width);
            to.copy_from_slice(rows(states, before, width));
            multiply(to, mask);
        }
    }
    gathered
}

/// Adds states times recurrent weights onto `out`; `states` `[n, d]` are those of the longest
/// sequences.
pub(super) fn add_recurrent(
    out: MatrixMut<'_>,
    states: &[f32],
    w_hidden: MatrixView<'_>,
    mask: Option<&[f32]>,
) {
    let (n, d) = (out.n_rows(), w_hidden.n_rows());
    match mask {
        None => product(out, Onto::Itself, MatrixView::new(states, n, d), w_hidden),
        Some(_) => {
            let mut seen = Buffer::copy_of(states);
            multiply(&mut seen, mask);
            product(out, Onto::Itself, MatrixView::new(&seen, n, d), w_hidden);
        }
    }
}

/// Adds onto the gradient of the states before a step, `[n, d]`, what reaches them through the
/// recurrent weights from the gradients of the gates, `[n, width]`.
pub(super) fn add_reaching(
    d_before: &mut [f32],
    d_gates: MatrixView<'_>,
    w_back: MatrixView<'_>,
    mask: Option<&[f32]>,
) {
    let (n, d) = (d_gates.n_rows(), w_back.n_columns());
    match mask {
        None => product(
            MatrixMut::new(d_before, n, d),
            Onto::Itself,
            d_gates,
            w_back,
        ),
        Some(_) => {
            let mut reaching = Buffer::open(n * d);
            product(
                MatrixMut::new(&mut reaching, n, d),
                Onto::Nothing,
                d_gates,
                w_back,
            );
            multiply(&mut reaching, mask);
            add_rows(d_before, &reaching);
        }
    }
}

/// Multiplies the first rows by theirs of the mask.
fn multiply(values: &mut [f32], mask: Option<&[f32]>) {
    if let Some(mask) = mask {
        values
            .iter_mut()
            .zip(mask)
            .for_each(|(value, factor)| *value *= factor);
    }
}

/// A matrix with its rows as columns, in memory of its own: products over its rows are then over
/// contiguous numbers, which are nearly twice as fast where the other side has few rows.
/// `[n_rows, n_columns]`
pub(super) fn transposed(values: &[f32], n_columns: usize) -> Vec<f32> {
    (0..n_columns)
        .flat_map(|column| {
            values
                .iter()
                .skip(column)
                .step_by(n_columns.max(1))
                .copied()
        })
        .collect()
}

/// The gradient of a layer's weights: Σ over events of inputᵀ · gradient of the output, in new
/// memory. `input` `[n_events, d_in]`, `d_output` `[n_events, d_out]`
pub(super) fn weight_gradient(
    input: &[f32],
    d_in: usize,
    d_output: &[f32],
    d_out: usize,
) -> Buffer {
    let n_events = d_output.len() / d_out.max(1);
    let mut gradient = Buffer::open(d_in * d_out);
    let input = MatrixView::new(input, n_events, d_in).transposed();
    product(
        MatrixMut::new(&mut gradient, d_in, d_out),
        Onto::Nothing,
        input,
        MatrixView::new(d_output, n_events, d_out),
    );
    gradient
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sequences of 3, 2 and 2 events: packed a0 b0 c0 a1 b1 c1 a2.
    #[test]
    fn steps_know_the_events_before_theirs() {
        let step = |rows, before| StepRows { rows, before };
        assert_eq!(
            steps(&[3, 3, 1]),
            [
                step(0..3, None),
                step(3..6, Some(0..3)),
                step(6..7, Some(3..4))
            ]
        );
        assert!(steps(&[]).is_empty());
        let values = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        assert_eq!(
            states_before(&values, &[3, 3, 1], 1, None)[..],
            [0.0, 1.0, 2.0, 3.0]
        );
        assert_eq!(
            states_before(&values, &[3, 3, 1], 1, Some(&[2.0, 0.0, 1.0]))[..],
            [0.0, 0.0, 2.0, 6.0]
        );
        assert!(states_before(&values[..3], &[3], 1, None).is_empty());
    }

    #[test]
    fn rows_become_columns_and_meet_the_others() {
        let values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        assert_eq!(transposed(&values, 3), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
        // [1, 2; 3, 4; 5, 6]ᵀ · [1; 0; 2]
        assert_eq!(
            weight_gradient(&values, 2, &[1.0, 0.0, 2.0], 1)[..],
            [11.0, 14.0]
        );
    }
}
