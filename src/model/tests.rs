//! For tests: the fused layers give what burn's give.

use burn::module::{ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::prelude::*;
use proptest::prelude::*;

use super::StepInputs;
use super::network::Network;
use super::random::Noise;
use seqscope_data::Histories;

/// Largest difference of a loss, as a share of it: both sides add thousands of 32-bit floats, in
/// another order.
const TOLERANCE: f32 = 2e-5;

/// Largest difference of a gradient, as a share of the largest number in the same array. Layer
/// norms of few numbers that are nearly equal magnify rounding; a term that is missing or wrong is
/// far larger.
const GRADIENT_TOLERANCE: f32 = 3e-4;

/// Largest sum of absolute values that is 0 but for rounding, such as the gradient of a key's bias.
const ZERO: f32 = 1e-6;

/// Histories of a few items: empty ones, single events, and longer than any window of the tests.
pub(super) fn some_histories(n_items: u32) -> impl Strategy<Value = Vec<Vec<u32>>> {
    prop::collection::vec(prop::collection::vec(1..=n_items, 0..90), 1..20)
}

/// Asserts that loss and gradients of both ways are the same but for rounding.
pub(super) fn assert_fused_is_plain<N: Network>(network: &N, histories: &[Vec<u32>]) {
    let histories: Histories = histories.iter().map(Vec::as_slice).collect();
    let inputs = StepInputs {
        lr: 0.0,
        step: 3,
        n_steps: 8,
        seed: 5,
    };
    kink::forget();
    let plain = network.gradients(&histories, &inputs, Noise::new(inputs.seed));
    let fused = network.fused_gradients(&histories, &inputs, Noise::new(inputs.seed));
    let ((plain, plain_sums), (fused, fused_sums)) = match (plain, fused) {
        (Some(plain), Some(fused)) => (plain, fused),
        (plain, fused) => {
            return assert_eq!(
                plain.is_some(),
                fused.is_some(),
                "one of them found nothing to learn"
            );
        }
    };
    assert_eq!(plain_sums.n_events, fused_sums.n_events);
    let [a, b] = [plain_sums.loss, fused_sums.loss].map(|loss| loss.into_scalar::<f32>());
    assert!(
        (a - b).abs() <= TOLERANCE * a.abs().max(1e-3),
        "losses {a} and {b}"
    );
    if let (Some(a), Some(b)) = (plain_sums.bound, fused_sums.bound) {
        for (what, a, b) in [("KL terms", a.kl, b.kl), ("reconstructions", a.nll, b.nll)] {
            let [a, b] = [a, b].map(|sum| sum.into_scalar::<f32>());
            assert!(
                (a - b).abs() <= TOLERANCE * a.abs().max(1e-3),
                "{what} {a} and {b}"
            );
        }
    }
    if kink::nearest() > kink::TOO_NEAR {
        network.visit(&mut Compare {
            plain: &plain,
            fused: &fused,
            at: 0,
        });
    }
}

/// How near an input of a `ReLU` came to 0, where its slope jumps from 0 to 1: a unit that rounding
/// alone puts on the other side has another gradient, and neither way is wrong.
pub(super) mod kink {
    use std::cell::Cell;

    use burn::prelude::*;

    /// As far as rounding moves an input: a layer norm of few numbers that are nearly equal
    /// magnifies the last bit of a 32-bit float a hundredfold.
    pub(crate) const TOO_NEAR: f32 = 1e-5;

    thread_local!(static NEAREST: Cell<f32> = const { Cell::new(f32::INFINITY) });

    pub(crate) fn forget() {
        NEAREST.set(f32::INFINITY);
    }

    pub(crate) fn nearest() -> f32 {
        NEAREST.get()
    }

    /// Notes the inputs that are not 0 to the last bit: those of padding are, and nothing goes back
    /// through them.
    pub(crate) fn note<const D: usize>(x: &Tensor<D>) {
        let inputs: Vec<f32> = x.clone().into_data().try_into_vec().unwrap();
        let distances = inputs
            .into_iter()
            .map(f32::abs)
            .filter(|&distance| distance > 0.0);
        NEAREST.set(distances.fold(NEAREST.get(), f32::min));
    }
}

struct Compare<'a> {
    plain: &'a GradientsParams,
    fused: &'a GradientsParams,
    at: usize,
}

impl ModuleVisitor for Compare<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let numbers = |gradients: &GradientsParams| -> Vec<f32> {
            gradients
                .get::<D>(param.id)
                .unwrap()
                .into_data()
                .try_into_vec()
                .unwrap()
        };
        let (plain, fused) = (numbers(self.plain), numbers(self.fused));
        assert_eq!(plain.len(), fused.len(), "parameter {}", self.at);
        let largest = plain
            .iter()
            .chain(&fused)
            .fold(0f32, |largest, value| largest.max(value.abs()));
        for (cell, (plain, fused)) in plain.iter().zip(&fused).enumerate() {
            let near = (plain - fused).abs() <= (GRADIENT_TOLERANCE * largest).max(ZERO);
            assert!(
                near,
                "parameter {}, cell {cell}: plain {plain}, fused {fused}, largest {largest}",
                self.at
            );
        }
        self.at += 1;
    }
}
