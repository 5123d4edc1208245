//! Causal attention over sequences that stand one behind the other.

use std::ops::Range;

use super::vector::{dot, largest, sum};
use super::{Buffer, MatrixMut, MatrixView, Onto, exp, product, vectorized};

/// Queries worked on at a time. Of their scores only those up to the last of them are computed, so
/// that about half of the work of a long sequence falls away.
const BLOCK: usize = 64;

/// Scaled dot-product attention (Vaswani et al. 2017, eq. 1) in which an event sees itself and
/// those before it in its sequence.
///
/// Scores live for one block of queries of one head at a time. The backward pass computes them
/// again from what their softmax was divided by (Dao et al. 2022), which costs less than keeping
/// them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CausalAttention<'a> {
    /// Rows of each sequence.
    pub(crate) sequences: &'a [Range<usize>],
    /// Number of heads; divides the width.
    pub(crate) n_heads: usize,
    /// Width of all heads together.
    pub(crate) d_model: usize,
}

/// One head of one sequence, and a block of its queries.
struct HeadBlock {
    /// First row of the sequence.
    start: usize,
    head: usize,
    queries: Range<usize>,
    d_head: usize,
    d_model: usize,
    scale: f32,
}

/// Third of a row of queries, keys and values.
#[derive(Clone, Copy)]
enum Third {
    Query = 0,
    Key = 1,
    Value = 2,
}

impl CausalAttention<'_> {
    fn parts(&self) -> impl Iterator<Item = HeadBlock> {
        let d_head = self.d_model / self.n_heads.max(1);
        let (d_model, scale) = (self.d_model, (d_head as f32).sqrt().recip());
        self.sequences.iter().flat_map(move |sequence| {
            let (start, len) = (sequence.start, sequence.len());
            (0..self.n_heads).flat_map(move |head| {
                (0..len).step_by(BLOCK).map(move |first| HeadBlock {
                    start,
                    head,
                    queries: first..len.min(first + BLOCK),
                    d_head,
                    d_model,
                    scale,
                })
            })
        })
    }

    fn longest(&self) -> usize {
        self.sequences
            .iter()
            .map(ExactSizeIterator::len)
            .max()
            .unwrap_or(0)
    }

    /// Computes what each event has seen, `seen` `[n_rows, d_model]`, from queries, keys and values
    /// side by side, `qkv` `[n_rows, 3 * d_model]`. Returns the logarithm of what each softmax was
    /// divided by, `[n_rows, n_heads]`.
    pub(crate) fn forward(&self, qkv: &[f32], seen: &mut [f32]) -> Buffer {
        let mut log_sums = Buffer::open(seen.len() / self.d_model.max(1) * self.n_heads);
        let mut scores = Buffer::open(BLOCK * self.longest());
        for part in self.parts() {
            let (n, n_keys) = (part.queries.len(), part.queries.end);
            part.scores(qkv, &mut scores);
            let mut sums = [0.0; BLOCK];
            for ((at, row), sum_of_row) in scores
                .chunks_exact_mut(n_keys)
                .take(n)
                .enumerate()
                .zip(&mut sums)
            {
                let (past, future) = row.split_at_mut(part.queries.start + at + 1);
                let most = vectorized(
                    #[inline(always)]
                    || {
                        let most = part.scale * largest(past);
                        for score in past.iter_mut() {
                            *score = exp(part.scale.mul_add(*score, -most));
                        }
                        *sum_of_row = sum(past);
                        most
                    },
                );
                future.fill(0.0);
                log_sums[(part.start + part.queries.start + at) * self.n_heads + part.head] =
                    most + sum_of_row.ln();
            }
            let weights = MatrixView::new(&scores, n, n_keys);
            product(
                part.of_head(seen),
                Onto::Nothing,
                weights,
                part.matrix(Third::Value, qkv, 0..n_keys),
            );
            for (at, sum) in sums.iter().enumerate().take(n) {
                let row =
                    (part.start + part.queries.start + at) * self.d_model + part.head * part.d_head;
                let factor = sum.recip();
                seen.iter_mut()
                    .skip(row)
                    .take(part.d_head)
                    .for_each(|value| *value *= factor);
            }
        }
        log_sums
    }

    /// The gradient of `qkv`, which is written to `d_qkv`, from that of what was seen, `d_seen`.
    ///
    /// With weights P = softmax(S) and D = Σ `d_seen` · `seen` of a row:
    /// dV = Pᵀ `d_seen`, dS = P ∘ (`d_seen` Vᵀ − D), dQ = dS K / √d, dK = dSᵀ Q / √d.
    pub(crate) fn backward(
        &self,
        [qkv, seen, log_sums]: [&[f32]; 3],
        d_seen: &[f32],
        d_qkv: &mut [f32],
    ) {
        d_qkv.fill(0.0);
        let mut weights = Buffer::open(BLOCK * self.longest());
        let mut slopes = Buffer::open(BLOCK * self.longest());
        for part in self.parts() {
            let (n, n_keys) = (part.queries.len(), part.queries.end);
            part.scores(qkv, &mut weights);
            let d_rows = part.of_output(d_seen);
            let values = part.matrix(Third::Value, qkv, 0..n_keys);
            product(
                MatrixMut::new(&mut slopes, n, n_keys),
                Onto::Nothing,
                d_rows,
                values.transposed(),
            );
            for at in 0..n {
                let row = part.start + part.queries.start + at;
                let place = row * self.d_model + part.head * part.d_head;
                let head = place..place + part.d_head;
                let log_sum = log_sums[row * self.n_heads + part.head];
                let n_past = part.queries.start + at + 1;
                let (past, future) = weights[at * n_keys..(at + 1) * n_keys].split_at_mut(n_past);
                let (d_past, d_future) =
                    slopes[at * n_keys..(at + 1) * n_keys].split_at_mut(n_past);
                vectorized(
                    #[inline(always)]
                    || {
                        let mean = dot(&d_seen[head.clone()], &seen[head.clone()]);
                        for (weight, slope) in past.iter_mut().zip(d_past) {
                            *weight = exp(part.scale.mul_add(*weight, -log_sum));
                            *slope = *weight * (*slope - mean) * part.scale;
                        }
                    },
                );
                future.fill(0.0);
                d_future.fill(0.0);
            }
            let (weights, slopes) = (
                MatrixView::new(&weights, n, n_keys),
                MatrixView::new(&slopes, n, n_keys),
            );
            let query = part.matrix(Third::Query, qkv, part.queries.clone());
            let key = part.matrix(Third::Key, qkv, 0..n_keys);
            product(
                part.matrix_mut(Third::Value, d_qkv, 0..n_keys),
                Onto::Itself,
                weights.transposed(),
                d_rows,
            );
            product(
                part.matrix_mut(Third::Query, d_qkv, part.queries.clone()),
                Onto::Nothing,
                slopes,
                key,
            );
            product(
                part.matrix_mut(Third::Key, d_qkv, 0..n_keys),
                Onto::Itself,
                slopes.transposed(),
                query,
            );
        }
    }
}

impl HeadBlock {
    /// Unscaled scores of the queries against all keys up to the last of them. `[n, n_keys]`
    fn scores(&self, qkv: &[f32], scores: &mut [f32]) {
        let n_keys = self.queries.end;
        let query = self.matrix(Third::Query, qkv, self.queries.clone());
        let key = self.matrix(Third::Key, qkv, 0..n_keys);
        product(
            MatrixMut::new(scores, self.queries.len(), n_keys),
            Onto::Nothing,
            query,
            key.transposed(),
        );
    }

    /// Returns the place where the head's third of these events of the sequence begins.
    fn place(&self, third: Third, first: usize) -> usize {
        ((self.start + first) * 3 + third as usize) * self.d_model + self.head * self.d_head
    }

    fn matrix<'a>(&self, third: Third, qkv: &'a [f32], events: Range<usize>) -> MatrixView<'a> {
        let values = qkv.get(self.place(third, events.start)..).unwrap_or(&[]);
        MatrixView::with_stride(values, events.len(), self.d_head, 3 * self.d_model)
    }

    fn matrix_mut<'a>(
        &self,
        third: Third,
        qkv: &'a mut [f32],
        events: Range<usize>,
    ) -> MatrixMut<'a> {
        let values = qkv
            .get_mut(self.place(third, events.start)..)
            .unwrap_or(&mut []);
        MatrixMut::with_stride(values, events.len(), self.d_head, 3 * self.d_model)
    }

    fn output_place(&self) -> usize {
        (self.start + self.queries.start) * self.d_model + self.head * self.d_head
    }

    fn of_output<'a>(&self, rows: &'a [f32]) -> MatrixView<'a> {
        let values = rows.get(self.output_place()..).unwrap_or(&[]);
        MatrixView::with_stride(values, self.queries.len(), self.d_head, self.d_model)
    }

    fn of_head<'a>(&self, rows: &'a mut [f32]) -> MatrixMut<'a> {
        let values = rows.get_mut(self.output_place()..).unwrap_or(&mut []);
        MatrixMut::with_stride(values, self.queries.len(), self.d_head, self.d_model)
    }
}
