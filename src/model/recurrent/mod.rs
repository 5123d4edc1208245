//! Recurrent layers over packed sequences, with back-propagation through time written out.
//!
//! Autodiff through the recurrence costs O(T²) (the backward of every slice fills the whole
//! source), so the recurrence runs on plain tensors: the inputs of all steps are projected in one
//! product, and the weight gradients of all steps are one product each. On burn's CPU backend this
//! is about 2.5 times faster than `nn::Lstm`; on the processor [our own kernels](super::kernel) are
//! faster again.
//!
//! Sequences of different length are [packed](super::packing::SequencePacking): padding does not
//! exist here, costs nothing and cannot touch the state.
//!
//! What a cell does at one step, forward and backward, stands in its own file; how steps follow
//! each other stands here.

mod attention;
mod gru;
mod lstm;
mod rnn;
mod track;

pub(super) use attention::{AdditiveAttention, Looking};
pub(super) use gru::Gru;
pub(super) use lstm::Lstm;
pub(super) use rnn::Rnn;
pub(super) use track::{TrackTensor, tracked};

use burn::module::{Module, ModuleDisplay, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use rand_distr::{Distribution as _, StandardNormal};

use super::kernel::RecurrentKernel;
use super::layers::{Axis, LayerShape};
use super::random::Init;
use super::weights::{on_host, register};

/// One recurrent layer: its weights, on any device.
pub(super) trait RecurrentLayer: Module + ModuleDisplay {
    /// Name in weights files: of a network of such layers, and of its first layer.
    const NAME: &'static str;

    /// Name of such a network with a head for another task than the next item.
    const NAME_WITH_HEAD: &'static str;

    /// Numbers that a unit computes at each step from the input and the state.
    const GATES: usize;

    /// Numbers that a unit keeps of each event for the backward pass of the kernel.
    const KEPT: usize;

    /// Computation of a step.
    type Cell: RecurrentCell;

    /// This layer on the host.
    type Kernel: RecurrentKernel;

    /// A layer with the weights that one of these widths has, named after `name` in weights files.
    fn with_weights(layer: LayerShape, name: &str, d_input: usize, d_hidden: usize) -> LayerShape {
        let gates = Axis::Size(d_hidden.saturating_mul(Self::GATES));
        layer
            .with(format!("{name}.w_input"), [Axis::Size(d_input), gates])
            .with(format!("{name}.w_hidden"), [Axis::Size(d_hidden), gates])
            .with(format!("{name}.bias"), [gates])
    }

    /// Initial weights.
    fn new(d_input: usize, d_hidden: usize, init: &mut Init) -> Self;

    /// The layer's weights.
    fn weights(&self) -> Weights<'_>;

    /// Returns the computation of a step, with the weights that it needs itself.
    fn cell(&self) -> Self::Cell;

    /// Returns this layer on the host, where the weights must live.
    fn kernel(&self) -> Self::Kernel;
}

/// The weights of a layer with `g` gates.
pub(super) struct Weights<'a> {
    /// `[d_input, g * d_hidden]`
    w_input: &'a Param<Tensor<2>>,
    /// `[d_hidden, g * d_hidden]`
    w_hidden: &'a Param<Tensor<2>>,
    /// `[g * d_hidden]`
    bias: &'a Param<Tensor<1>>,
    /// Bias of the recurrent part of the last gate, where a layer has one. `[d_hidden]`
    bias_hidden: Option<&'a Param<Tensor<1>>>,
}

/// One step of a recurrent layer with `g` gates, of the `b` sequences that run.
pub(super) trait RecurrentCell {
    /// Values of a step that its backward pass needs.
    type Step;

    /// The state after the step, from the input times its weights plus the bias, and the state
    /// before times its weights, both `[b, g * d_hidden]`; and from the state before itself.
    fn step(
        &self,
        input: Tensor<2>,
        recurrent: Tensor<2>,
        before: RecurrentState,
    ) -> (RecurrentState, Self::Step);

    /// Gradients, from those of the state and the memory after the step.
    fn d_step(
        &self,
        step: Self::Step,
        d_state: Tensor<2>,
        d_memory: Option<Tensor<2>>,
    ) -> StepGradients;

    /// Values of a step by name, from what it kept and the state after it. `[b, d_hidden]` each
    fn tracks(step: Self::Step, after: &RecurrentState) -> Vec<TrackTensor>;
}

/// State that goes from step to step.
pub(super) struct RecurrentState {
    /// `[b, d_hidden]`
    hidden: Tensor<2>,
    /// `[b, d_hidden]`; none before the first step, where it is 0, and in cells without one.
    memory: Option<Tensor<2>>,
}

/// Gradients of a step.
pub(super) struct StepGradients {
    /// Gradient of the input times its weights. `[b, g * d_hidden]`
    input: Tensor<2>,
    /// Gradient of the state times its weights, where it is another. `[b, g * d_hidden]`
    recurrent: Option<Tensor<2>>,
    /// Gradient of the state before, but for what goes through the recurrent weights.
    /// `[b, d_hidden]`
    hidden: Option<Tensor<2>>,
    /// Gradient of the memory before. `[b, d_hidden]`
    memory: Option<Tensor<2>>,
}

/// A forward pass, kept for its backward pass.
pub(super) struct LayerTrace<S> {
    input: Tensor<2>,
    states: Tensor<2>,
    sizes: Vec<usize>,
    steps: Vec<S>,
    mask: Option<Tensor<2>>,
}

/// Values that a forward pass keeps of a layer.
pub(super) type TraceOf<L> = LayerTrace<<<L as RecurrentLayer>::Cell as RecurrentCell>::Step>;

/// State after each event, `[n_events, d_hidden]`, from inputs in packed order,
/// `[n_events, d_input]` with at least one event. No autodiff; nothing is kept.
pub(super) fn states<L: RecurrentLayer>(
    layer: &L,
    input: &Tensor<2>,
    sizes: &[usize],
) -> Tensor<2> {
    run(layer, input, sizes, None, |_, _| ())
}

/// Computes [`states`] and what [`backward`] needs. `mask` holds factors of the states as the
/// recurrent weights see them, one row a sequence, the longest first, `[n_sequences, d_hidden]`.
pub(super) fn forward<L: RecurrentLayer>(
    layer: &L,
    input: Tensor<2>,
    sizes: &[usize],
    mask: Option<Tensor<2>>,
) -> (Tensor<2>, TraceOf<L>) {
    let mut steps = Vec::with_capacity(sizes.len());
    let states = run(layer, &input, sizes, mask.as_ref(), |step, _| {
        steps.push(step);
    });
    (
        states.clone(),
        LayerTrace {
            input,
            states,
            sizes: sizes.to_vec(),
            steps,
            mask,
        },
    )
}

fn run<L: RecurrentLayer>(
    layer: &L,
    input: &Tensor<2>,
    sizes: &[usize],
    mask: Option<&Tensor<2>>,
    mut keep: impl FnMut(<L::Cell as RecurrentCell>::Step, &RecurrentState),
) -> Tensor<2> {
    let (weights, cell) = (layer.weights(), layer.cell());
    let w_hidden = plain(weights.w_hidden);
    let [d, _] = w_hidden.dims();
    let first = sizes.first().copied().unwrap_or(0);
    let projected =
        input.clone().matmul(plain(weights.w_input)) + plain(weights.bias).unsqueeze::<2>(); // [n_events, g * d]
    let mut state = RecurrentState {
        hidden: Tensor::zeros([first, d], &projected.device()),
        memory: None,
    };
    let mut states = Vec::with_capacity(sizes.len());
    let mut start = 0;
    for &b in sizes {
        let running = |values: Tensor<2>| {
            if values.dims()[0] > b {
                values.slice(0..b)
            } else {
                values
            }
        };
        let before = RecurrentState {
            hidden: running(state.hidden),
            memory: state.memory.map(running),
        };
        let recurrent = masked(before.hidden.clone(), mask).matmul(w_hidden.clone()); // [b, g * d]
        let (after, step) = cell.step(projected.clone().slice(start..start + b), recurrent, before);
        states.push(after.hidden.clone());
        keep(step, &after);
        state = after;
        start += b;
    }
    Tensor::cat(states, 0)
}

/// Registers the gradients of the weights, from the gradient of each state, `d_states`
/// `[n_events, d_hidden]`. Returns the gradient of the input, `[n_events, d_input]`.
pub(super) fn backward<L: RecurrentLayer>(
    layer: &L,
    trace: TraceOf<L>,
    d_states: &Tensor<2>,
    gradients: &mut GradientsParams,
) -> Tensor<2> {
    let LayerTrace {
        input,
        states,
        sizes,
        steps,
        mask,
    } = trace;
    let weights = layer.weights();
    let w_back = plain(weights.w_hidden).transpose();
    let (d_input, d_recurrent) = through_time(
        &layer.cell(),
        steps,
        &sizes,
        mask.as_ref(),
        d_states,
        &w_back,
    );
    gradients.register(
        weights.w_input.id,
        input.transpose().matmul(d_input.clone()),
    );
    gradients.register(
        weights.w_hidden.id,
        d_w_hidden(&states, &sizes, mask.as_ref(), &d_recurrent),
    );
    gradients.register(
        weights.bias.id,
        d_input.clone().sum_dim(0).squeeze_dim::<1>(0),
    );
    if let Some(bias) = weights.bias_hidden {
        let [width, d] = w_back.dims();
        let last = d_recurrent.slice_dim(1, width - d..width).sum_dim(0);
        gradients.register(bias.id, last.squeeze_dim::<1>(0));
    }
    d_input.matmul(plain(weights.w_input).transpose())
}

/// Gradients of what goes into the gates, `[n_events, g * d_hidden]`: from the input, and from the
/// state.
fn through_time<C: RecurrentCell>(
    cell: &C,
    mut steps: Vec<C::Step>,
    sizes: &[usize],
    mask: Option<&Tensor<2>>,
    d_states: &Tensor<2>,
    w_back: &Tensor<2>,
) -> (Tensor<2>, Tensor<2>) {
    let mut carry: (Option<Tensor<2>>, Option<Tensor<2>>) = (None, None);
    let (mut d_input, mut d_recurrent) = (
        Vec::with_capacity(sizes.len()),
        Vec::with_capacity(sizes.len()),
    );
    let mut end: usize = sizes.iter().sum();
    for &b in sizes.iter().rev() {
        let Some(step) = steps.pop() else { break };
        let mut d_state = d_states.clone().slice(end - b..end); // [b, d]
        let (reaching, d_memory) = carry;
        if let Some(part) = reaching {
            d_state = d_state + grown(part, b);
        }
        let of_step = cell.d_step(step, d_state, d_memory.map(|part| grown(part, b)));
        let recurrent = of_step.recurrent.unwrap_or_else(|| of_step.input.clone());
        end -= b;
        carry = (None, of_step.memory);
        if end > 0 {
            let reaching = masked(recurrent.clone().matmul(w_back.clone()), mask); // [b, d]
            carry.0 = Some(match of_step.hidden {
                Some(direct) => reaching + direct,
                None => reaching,
            });
        }
        d_input.push(of_step.input);
        d_recurrent.push(recurrent);
    }
    d_input.reverse();
    d_recurrent.reverse();
    (Tensor::cat(d_input, 0), Tensor::cat(d_recurrent, 0))
}

/// Registers gradients of the weights, which stand in the kernel's order.
pub(super) fn register_host<L: RecurrentLayer>(
    layer: &L,
    arrays: &mut impl Iterator<Item = Vec<f32>>,
    gradients: &mut GradientsParams,
) {
    let mut next = || arrays.next().unwrap_or_default();
    let weights = layer.weights();
    register(gradients, weights.w_input, next());
    register(gradients, weights.w_hidden, next());
    register(gradients, weights.bias, next());
    if let Some(bias) = weights.bias_hidden {
        register(gradients, bias, next());
    }
}

impl Weights<'_> {
    /// Matrices and bias on the host.
    fn on_host(&self) -> [Vec<f32>; 3] {
        [
            on_host(self.w_input),
            on_host(self.w_hidden),
            on_host(self.bias),
        ]
    }
}

/// The first rows of the mask times these.
fn masked(values: Tensor<2>, mask: Option<&Tensor<2>>) -> Tensor<2> {
    match mask {
        None => values,
        Some(mask) => {
            let [n, _] = values.dims();
            values * mask.clone().slice(0..n)
        }
    }
}

/// A parameter's value without autodiff.
pub(super) fn plain<const D: usize>(param: &Param<Tensor<D>>) -> Tensor<D> {
    param.val().without_autodiff()
}

/// The weights of each gate, side by side. `n` of `[d_in, d_out]` to `[d_in, n * d_out]`
fn beside(gates: Vec<Tensor<2>>) -> Param<Tensor<2>> {
    Param::from_tensor(Tensor::cat(gates, 1).detach())
}

/// A random orthogonal matrix: normal rows made orthonormal one after another (Gram–Schmidt, twice
/// over, since the first pass leaves rounding errors where little of a row remains).
fn orthogonal(d: usize, init: &mut Init) -> Param<Tensor<2>> {
    let mut generator = init.generator();
    let drawn: Vec<f32> = (0..d * d)
        .map(|_| StandardNormal.sample(&mut generator))
        .collect();
    let drawn = Tensor::<2>::from_data(TensorData::new(drawn, [d, d]), &Device::flex());
    let mut rows = drawn.zeros_like();
    for at in 0..d {
        let mut row = drawn.clone().slice(at..=at); // [1, d]
        for _ in 0..2 {
            row = row.clone() - row.matmul(rows.clone().transpose()).matmul(rows.clone());
        }
        let norm = (row.clone() * row.clone()).sum_dim(1).sqrt(); // [1, 1]
        rows = rows.slice_assign(at..=at, row / norm);
    }
    init.values(rows.into_data().iter().collect(), [d, d])
}

/// Gradient of recurrent weights: the state before a step is the one after the step before; before
/// the first it is zero and adds nothing. `d_gates` `[n_events, width]` to `[d_hidden, width]`
fn d_w_hidden(
    states: &Tensor<2>,
    sizes: &[usize],
    mask: Option<&Tensor<2>>,
    d_gates: &Tensor<2>,
) -> Tensor<2> {
    let ([n_events, width], [_, d_hidden]) = (d_gates.dims(), states.dims());
    let first = sizes.first().copied().unwrap_or(0);
    if first == n_events {
        return Tensor::zeros([d_hidden, width], &d_gates.device());
    }
    let mut start = 0;
    let before = sizes
        .windows(2)
        .map(|pair| {
            let rows = start..start + pair[1];
            start += pair[0];
            masked(states.clone().slice(rows), mask)
        })
        .collect();
    Tensor::cat(before, 0)
        .transpose()
        .matmul(d_gates.clone().slice(first..n_events))
}

/// `rows` followed by rows of zeros up to `n_rows`: the sequences that ended before.
fn grown(rows: Tensor<2>, n_rows: usize) -> Tensor<2> {
    let [n, width] = rows.dims();
    if n == n_rows {
        return rows;
    }
    let zeros = Tensor::zeros([n_rows - n, width], &rows.device());
    Tensor::cat(vec![rows, zeros], 0)
}

/// `1 − y²`, the slope of `y = tanh(x)`.
fn one_minus_square(y: Tensor<2>) -> Tensor<2> {
    (y.clone() * y).neg().add_scalar(1.0)
}

/// `y (1 − y)`, the slope of `y = σ(x)`.
fn sigmoid_slope(y: Tensor<2>) -> Tensor<2> {
    y.clone().neg().add_scalar(1.0) * y
}

#[cfg(test)]
mod tests {
    use burn::module::ModuleVisitor;
    use burn::tensor::Gradients;

    use super::*;
    use crate::kernel::Buffer;
    use crate::packing::SequencePacking;
    use crate::random::EventPlace;
    use crate::weights::read;

    /// Histories of every kind: some, none, the longest twice, one.
    const LENGTHS: [usize; 5] = [2, 0, 5, 1, 5];

    fn numbers(n: usize, seed: usize) -> Vec<f32> {
        (0..n)
            .map(|i| (((i + 1) * 7919 + seed * 104_729) % 2003) as f32 / 1000.0 - 1.0)
            .collect()
    }

    pub(super) fn matrix(rows: usize, columns: usize, seed: usize, device: &Device) -> Tensor<2> {
        Tensor::from_data(
            TensorData::new(numbers(rows * columns, seed), [rows, columns]),
            device,
        )
    }

    /// `max |a − b| / max |b|`
    pub(super) fn distance(a: &[f32], b: &[f32]) -> f32 {
        assert_eq!(a.len(), b.len());
        let largest = b.iter().fold(0.0f32, |max, b| max.max(b.abs()));
        a.iter()
            .zip(b)
            .fold(0.0f32, |max, (a, b)| max.max((a - b).abs()))
            / largest
    }

    pub(super) fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
        read(tensor).unwrap()
    }

    /// A layer's weights with autodiff, for [`by_autodiff`].
    struct Tracked {
        w_input: Tensor<2>,
        w_hidden: Tensor<2>,
        bias: Tensor<2>,
    }

    /// States by autodiff, one sequence at a time, in packed order, from what a cell makes of
    /// `x · w_input + bias`, of `(h ∘ mask) · w_hidden`, and of h and its memory.
    fn by_autodiff(
        weights: &Tracked,
        (input, mask): (&Tensor<2>, Option<&Tensor<2>>),
        packing: &SequencePacking,
        step: impl Fn(Tensor<2>, Tensor<2>, [Tensor<2>; 2]) -> [Tensor<2>; 2],
    ) -> Tensor<2> {
        let [d, _] = weights.w_hidden.dims();
        let mut rows: Vec<Option<[Tensor<2>; 2]>> = vec![None; LENGTHS.len()];
        let mut states = Vec::new();
        for (at, &EventPlace { row, .. }) in packing.places.iter().enumerate() {
            let zero = Tensor::<2>::zeros([1, d], &input.device());
            let [h, c] = rows[row].take().unwrap_or([zero.clone(), zero]);
            let rank = packing.places[..packing.sizes[0]]
                .iter()
                .position(|first| first.row == row)
                .unwrap();
            let seen = mask.map_or(h.clone(), |mask| {
                h.clone() * mask.clone().slice(rank..rank + 1)
            });
            let x = input
                .clone()
                .slice(at..at + 1)
                .matmul(weights.w_input.clone())
                + weights.bias.clone();
            let after = step(x, seen.matmul(weights.w_hidden.clone()), [h, c]);
            states.push(after[0].clone());
            rows[row] = Some(after);
        }
        Tensor::cat(states, 0)
    }

    /// Holds written-out gradients and kernel against autodiff, given the formula of a step;
    /// without a mask and with one.
    pub(super) fn assert_is_autodiff<L: RecurrentLayer>(
        layer: &L,
        d_input: usize,
        step: impl Fn(Tensor<2>, Tensor<2>, [Tensor<2>; 2]) -> [Tensor<2>; 2] + Copy,
    ) {
        let [d, _] = layer.weights().w_hidden.dims();
        let mask = matrix(
            SequencePacking::new(LENGTHS).sizes[0],
            d,
            8,
            &Device::flex(),
        );
        assert_is_autodiff_with(layer, d_input, None, step);
        assert_is_autodiff_with(layer, d_input, Some(&mask), step);
    }

    fn assert_is_autodiff_with<L: RecurrentLayer>(
        layer: &L,
        d_input: usize,
        mask: Option<&Tensor<2>>,
        step: impl Fn(Tensor<2>, Tensor<2>, [Tensor<2>; 2]) -> [Tensor<2>; 2],
    ) {
        let packing = SequencePacking::new(LENGTHS);
        let (n, sizes) = (packing.n_events(), &packing.sizes);
        let input = matrix(n, d_input, 4, &Device::flex().autodiff()).require_grad();
        let Weights {
            w_input,
            w_hidden,
            bias,
            ..
        } = layer.weights();
        let tracked = Tracked {
            w_input: w_input.val(),
            w_hidden: w_hidden.val(),
            bias: bias.val().unsqueeze(),
        };
        let tracked_mask = mask.map(|mask| Tensor::from_inner(mask.clone()));
        let expected = by_autodiff(&tracked, (&input, tracked_mask.as_ref()), &packing, step);
        let factors = matrix(n, expected.dims()[1], 5, &Device::flex().autodiff());
        let exact = (expected.clone() * factors.clone()).sum().backward();
        let (expected, expected_input) = (
            values(expected.inner()),
            values(input.grad(&exact).unwrap()),
        );

        let (after, trace) = forward(layer, input.clone().inner(), sizes, mask.cloned());
        assert!(distance(&values(after.clone()), &expected) < 1e-5);
        if mask.is_none() {
            assert_eq!(
                values(states(layer, &input.clone().inner(), sizes)),
                values(after)
            );
        }
        let (mut plain, mut fused) = (GradientsParams::new(), GradientsParams::new());
        let d_input = backward(layer, trace, &factors.clone().inner(), &mut plain);
        assert!(distance(&values(d_input), &expected_input) < 1e-5);

        let kernel = layer.kernel();
        let input = values(input.inner());
        let trace = kernel.forward(
            &input,
            sizes,
            mask.map(|mask| Buffer::from(values(mask.clone()))),
        );
        assert!(distance(&trace.states, &expected) < 1e-5);
        let ours = kernel.backward(&input, trace, Buffer::from(values(factors.inner())), sizes);
        assert!(distance(&ours.input, &expected_input) < 1e-5);
        register_host(
            layer,
            &mut ours.weights.into_iter().map(Buffer::into_vec),
            &mut fused,
        );
        layer.visit(&mut Compare {
            exact: &exact,
            ours: [&plain, &fused],
        });
    }

    /// Holds the gradients of every weight against autodiff's.
    struct Compare<'a> {
        exact: &'a Gradients,
        ours: [&'a GradientsParams; 2],
    }

    impl ModuleVisitor for Compare<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let exact = values(param.val().grad(self.exact).unwrap());
            for ours in self.ours {
                let ours = values(ours.get::<D>(param.id).unwrap());
                assert!(distance(&ours, &exact) < 1e-5, "{:?}", param.dims());
            }
        }
    }

    #[test]
    fn recurrent_weights_start_orthogonal() {
        let rows = orthogonal(40, &mut Init::new(5, &Device::flex())).val();
        let product = rows.clone().matmul(rows.transpose());
        assert!(
            distance(
                &values(product),
                &values(Tensor::<2>::eye(40, &Device::flex()))
            ) < 1e-5
        );
    }
}
