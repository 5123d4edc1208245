//! Recurrent layers over packed sequences, with back-propagation through time written out.
//!
//! Autodiff through the recurrence costs O(T²) (the backward of every slice fills the whole
//! source), so the recurrence runs on plain tensors: the inputs of all steps are projected in one
//! product, and the weight gradients of all steps are one product each. On burn's CPU backend this
//! is about 2.5 times faster than `nn::Lstm`; on the processor [our own kernels](super::kernel) are
//! faster again.
//!
//! Sequences of different length are [packed](super::packing::Packing): padding does not exist here,
//! costs nothing and cannot touch the state.

mod gru;
mod lstm;

pub(super) use gru::Gru;
pub(super) use lstm::Lstm;

use burn::module::{Module, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use rand_distr::{Distribution as _, StandardNormal};

use super::kernel::RecurrentKernel;
use super::random::Init;

/// One recurrent layer: its weights, on any device.
pub(super) trait RecurrentLayer: Module {
    /// Numbers that a unit computes at each step from the input and the state.
    const GATES: usize;

    /// A forward pass, kept for its backward pass.
    type Trace;

    /// The same layer on the host.
    type Kernel: RecurrentKernel;

    /// Number of learnt numbers.
    fn n_params(d_input: usize, d_hidden: usize) -> usize;

    /// Initial weights.
    fn new(d_input: usize, d_hidden: usize, init: &mut Init) -> Self;

    /// State after each event, `[n_events, d_hidden]`, from inputs in packed order,
    /// `[n_events, d_input]` with at least one event. No autodiff; nothing is kept.
    fn states(&self, input: Tensor<2>, sizes: &[usize]) -> Tensor<2>;

    /// As [`RecurrentLayer::states`], with what [`RecurrentLayer::backward`] needs.
    fn forward(&self, input: Tensor<2>, sizes: &[usize]) -> (Tensor<2>, Self::Trace);

    /// Registers the gradients of the weights, from the gradient of each state, `d_states`
    /// `[n_events, d_hidden]`. Returns the gradient of the input, `[n_events, d_input]`.
    fn backward(&self, trace: Self::Trace, d_states: &Tensor<2>, gradients: &mut GradientsParams) -> Tensor<2>;

    /// The same layer on the host, where the weights must live.
    fn kernel(&self) -> Self::Kernel;

    /// Registers gradients of the weights, which stand in the kernel's order.
    fn register(&self, weights: impl IntoIterator<Item = Vec<f32>>, gradients: &mut GradientsParams);
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
    let drawn: Vec<f32> = (0..d * d).map(|_| StandardNormal.sample(&mut generator)).collect();
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

/// Gradient of recurrent weights: the state before a step is the one after the step before; before the
/// first it is zero and adds nothing. `d_gates` `[n_events, width]` to `[d_hidden, width]`
fn d_w_hidden(states: &Tensor<2>, sizes: &[usize], d_gates: &Tensor<2>) -> Tensor<2> {
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
            states.clone().slice(rows)
        })
        .collect();
    Tensor::cat(before, 0).transpose().matmul(d_gates.clone().slice(first..n_events))
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
    use crate::model::kernel::Buffer;
    use crate::model::packing::Packing;
    use crate::model::weights::read;

    /// Of every kind: some, none, the longest twice, one.
    pub(super) const LENGTHS: [usize; 5] = [2, 0, 5, 1, 5];

    fn numbers(n: usize, seed: usize) -> Vec<f32> {
        (0..n).map(|i| (((i + 1) * 7919 + seed * 104_729) % 2003) as f32 / 1000.0 - 1.0).collect()
    }

    pub(super) fn matrix(rows: usize, columns: usize, seed: usize, device: &Device) -> Tensor<2> {
        Tensor::from_data(TensorData::new(numbers(rows * columns, seed), [rows, columns]), device)
    }

    /// `max |a − b| / max |b|`
    fn distance(a: &[f32], b: &[f32]) -> f32 {
        assert_eq!(a.len(), b.len());
        let largest = b.iter().fold(0.0f32, |max, b| max.max(b.abs()));
        a.iter().zip(b).fold(0.0f32, |max, (a, b)| max.max((a - b).abs())) / largest
    }

    fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
        read(tensor).unwrap()
    }

    /// Holds written-out gradients and kernel against autodiff, given the layer's states as autodiff
    /// follows them from an input in packed order.
    pub(super) fn assert_is_autodiff<L: RecurrentLayer>(
        layer: &L,
        d_input: usize,
        by_autodiff: impl Fn(&Tensor<2>, &Packing) -> Tensor<2>,
    ) {
        let packing = Packing::new(LENGTHS);
        let (n, sizes) = (packing.n_events(), &packing.sizes);
        let input = matrix(n, d_input, 4, &Device::flex().autodiff()).require_grad();
        let expected = by_autodiff(&input, &packing);
        let factors = matrix(n, expected.dims()[1], 5, &Device::flex().autodiff());
        let exact = (expected.clone() * factors.clone()).sum().backward();
        let (expected, expected_input) = (values(expected.inner()), values(input.grad(&exact).unwrap()));

        let (states, trace) = layer.forward(input.clone().inner(), sizes);
        assert!(distance(&values(states.clone()), &expected) < 1e-5);
        assert_eq!(values(layer.states(input.clone().inner(), sizes)), values(states));
        let (mut plain, mut fused) = (GradientsParams::new(), GradientsParams::new());
        let d_input = layer.backward(trace, &factors.clone().inner(), &mut plain);
        assert!(distance(&values(d_input), &expected_input) < 1e-5);

        let kernel = layer.kernel();
        let input = values(input.inner());
        let trace = kernel.forward(&input, sizes);
        assert!(distance(&trace.states, &expected) < 1e-5);
        let ours = kernel.backward(&input, trace, Buffer::from(values(factors.inner())), sizes);
        assert!(distance(&ours.input, &expected_input) < 1e-5);
        layer.register(ours.weights.into_iter().map(Buffer::into_vec), &mut fused);
        layer.visit(&mut Compare { exact: &exact, ours: [&plain, &fused] });
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
        assert!(distance(&values(product), &values(Tensor::<2>::eye(40, &Device::flex()))) < 1e-5);
    }
}
