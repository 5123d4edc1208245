//! The discriminator: an LSTM that says how real a sequence looks.

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::prelude::*;

use super::cell::GanCell;
use super::{END, GanSpec};
use crate::random::Init;

/// Mixtures of tokens → their vectors' mixtures → LSTM → mean of the states → a score.
#[derive(Module, Debug)]
pub(super) struct Discriminator {
    /// `[n_tokens, d_token]`
    token: Param<Tensor<2>>,
    cell: GanCell,
    output: Linear,
}

impl Discriminator {
    pub(super) fn new(spec: &GanSpec, n_tokens: usize, init: &mut Init) -> Self {
        Self {
            token: init.xavier(n_tokens, spec.d_token),
            cell: GanCell::new(spec.d_token, spec.d_hidden, init),
            output: init.dense(spec.d_hidden, 1),
        }
    }

    /// Scores how real each row looks, without bounds. `steps`: of each step `[n_rows, n_tokens]`;
    /// at least one. `[n_rows, 1]`
    pub(super) fn scores(&self, steps: &[Tensor<2>]) -> Tensor<2> {
        let n_rows = steps.first().map_or(0, |step| step.dims()[0]);
        let mut state = self.cell.start(n_rows);
        let mut sum = state.output.clone();
        for step in steps {
            state = self.cell.step(step.clone().matmul(self.token.val()), state);
            sum = sum + state.output.clone();
        }
        self.output
            .forward(sum.div_scalar(steps.len().max(1) as f64)) // [n_rows, 1]
    }

    /// Real rows as it sees them: of each step one token with certainty, after the end the end
    /// again.
    pub(super) fn certain(&self, rows: &[&[u32]], n_steps: usize) -> Vec<Tensor<2>> {
        let [n_tokens, _] = self.token.dims();
        let device = self.token.val().device();
        let of_step = |at: usize| {
            let mut step = vec![0.0; rows.len() * n_tokens];
            for (row, step) in rows.iter().zip(step.chunks_mut(n_tokens.max(1))) {
                let token = row.get(at).copied().unwrap_or(END) as usize;
                step.iter_mut()
                    .skip(token)
                    .take(1)
                    .for_each(|share| *share = 1.0);
            }
            Tensor::from_data(TensorData::new(step, [rows.len(), n_tokens]), &device)
        };
        (0..n_steps).map(of_step).collect()
    }
}
