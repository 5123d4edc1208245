//! The generator: an LSTM that writes a sequence token by token.

use burn::module::Module;
use burn::nn::{Embedding, Linear};
use burn::prelude::*;
use burn::tensor::activation::{log_softmax, softmax};

use super::cell::GanCell;
use super::{END, GanSpec};
use crate::ModelError;
use crate::random::Init;
use crate::weights::read;
use crate::window::index_tensor;

/// Token vectors → LSTM → scores of the next token. Token 0 both begins and ends a sequence.
#[derive(Module, Debug)]
pub(super) struct Generator {
    token: Embedding,
    cell: GanCell,
    output: Linear,
}

/// Sequences as the generator wrote them, and as the discriminator sees them.
pub(super) struct WrittenSequences {
    /// Without their ends.
    pub(super) rows: Vec<Vec<u32>>,
    /// Mixture of tokens of each step, `[n_rows, n_tokens]`; after the end the end again.
    pub(super) steps: Vec<Tensor<2>>,
}

impl Generator {
    pub(super) fn new(spec: &GanSpec, n_tokens: usize, init: &mut Init) -> Self {
        Self {
            token: init.embedding(n_tokens, spec.d_token),
            cell: GanCell::new(spec.d_token, spec.d_hidden, init),
            output: init.dense(spec.d_hidden, n_tokens),
        }
    }

    /// Number of tokens, the end among them.
    pub(super) fn n_tokens(&self) -> usize {
        self.token.weight.dims()[0]
    }

    fn vectors(&self, tokens: Vec<i32>) -> Tensor<2> {
        let weights = self.token.weight.val();
        let tokens = index_tensor(tokens, &weights.device());
        weights.select(0, tokens) // [n_rows, d_token]
    }

    /// Sum of −log p over the tokens of these rows and their ends, in nats, and their number. `[1]`
    pub(super) fn nll(&self, rows: &[&[u32]]) -> (Tensor<1>, usize) {
        let n_steps = rows.iter().map(|row| row.len()).max().unwrap_or(0) + 1;
        let token = |row: &&[u32], at: usize| row.get(at).map_or(END as i32, |&token| token as i32);
        let mut state = self.cell.start(rows.len());
        let mut outputs = Vec::with_capacity(n_steps);
        let (mut targets, mut weights) = (Vec::new(), Vec::new());
        for at in 0..n_steps {
            let before = rows
                .iter()
                .map(|row| at.checked_sub(1).map_or(END as i32, |at| token(row, at)))
                .collect();
            state = self.cell.step(self.vectors(before), state);
            outputs.push(state.output.clone());
            targets.extend(rows.iter().map(|row| token(row, at)));
            weights.extend(rows.iter().map(|row| f32::from(u8::from(at <= row.len()))));
        }
        let n_predicted = rows.iter().map(|row| row.len() + 1).sum();
        let scores = self.output.forward(Tensor::cat(outputs, 0)); // [n_steps * n_rows, n_tokens]
        let (n, device) = (targets.len(), scores.device());
        let targets = index_tensor(targets, &device).reshape([n, 1]);
        let weights = Tensor::<2>::from_data(TensorData::new(weights, [n, 1]), &device);
        let nll = log_softmax(scores, 1).gather(1, targets) * weights; // [n_steps * n_rows, 1]
        (nll.sum().neg(), n_predicted)
    }

    /// Writes `n_rows` sequences of at most as many steps as there is noise for.
    ///
    /// The token of a step is the largest of scores plus noise, a draw from the softmax where the
    /// noise is Gumbel's (Maddison et al. 2014); it is what the next step reads. What the
    /// discriminator sees of it is softmax((scores + noise) · `sharpness`), through which gradients
    /// go.
    ///
    /// # Shapes
    /// `gumbel` `[n_steps, n_rows, n_tokens]`.
    ///
    /// # Source
    /// Kusner & Hernández-Lobato 2016, eq. 4; the token that is fed back as in `RelGAN` (Nie et al.
    /// 2019).
    ///
    /// # Errors
    /// [`ModelError::Compute`] when the device fails.
    pub(super) fn write(
        &self,
        n_rows: usize,
        gumbel: &[f32],
        sharpness: f64,
    ) -> Result<WrittenSequences, ModelError> {
        let n_tokens = self.n_tokens();
        let mut state = self.cell.start(n_rows);
        let mut tokens = vec![END; n_rows];
        let mut is_over = vec![false; n_rows];
        let mut written = WrittenSequences {
            rows: vec![Vec::new(); n_rows],
            steps: Vec::new(),
        };
        for noise in gumbel.chunks_exact((n_rows * n_tokens).max(1)) {
            state = self.cell.step(
                self.vectors(tokens.iter().map(|&token| token as i32).collect()),
                state,
            );
            let noise = Tensor::from_data(
                TensorData::new(noise.to_vec(), [n_rows, n_tokens]),
                &state.output.device(),
            );
            let scores = self.output.forward(state.output.clone()) + noise; // [n_rows, n_tokens]
            let mixture = softmax(scores.clone().mul_scalar(sharpness), 1);
            written.steps.push(ended(mixture, &is_over));
            let scores = read(scores.without_autodiff())?;
            for (row, scores) in scores
                .chunks_exact(n_tokens.max(1))
                .enumerate()
                .take(n_rows)
            {
                tokens[row] = if is_over[row] { END } else { largest(scores) };
                is_over[row] = tokens[row] == END;
                if !is_over[row] {
                    written.rows[row].push(tokens[row]);
                }
            }
        }
        Ok(written)
    }
}

/// The place of the largest score, the first of equals; NaN is never the largest.
fn largest(scores: &[f32]) -> u32 {
    let mut best = (0, f32::NEG_INFINITY);
    for (at, &score) in scores.iter().enumerate() {
        if score > best.1 {
            best = (at, score);
        }
    }
    best.0 as u32
}

/// The mixtures, with the end in place of those of rows that are over.
fn ended(mixture: Tensor<2>, is_over: &[bool]) -> Tensor<2> {
    if !is_over.contains(&true) {
        return mixture;
    }
    let [n_rows, n_tokens] = mixture.dims();
    let runs: Vec<f32> = is_over
        .iter()
        .map(|&over| f32::from(u8::from(!over)))
        .collect();
    let mut ends = vec![0.0; n_rows * n_tokens];
    ends.chunks_mut(n_tokens)
        .zip(is_over)
        .filter(|(_, over)| **over)
        .for_each(|(row, _)| row[END as usize] = 1.0);
    let device = mixture.device();
    let runs = Tensor::<2>::from_data(TensorData::new(runs, [n_rows, 1]), &device);
    mixture * runs + Tensor::from_data(TensorData::new(ends, [n_rows, n_tokens]), &device)
}
