//! Item vectors that states are multiplied with to score the catalogue, and rankings by them:
//! scores are ranked block by block while they are in the cache, and never stand together.

use burn::nn::Linear;
use rayon::prelude::*;

use super::kernel::{
    Buffer, JudgedTarget, MatrixMut, MatrixView, Onto, judged, product, vectorized,
};
use super::weights::on_host;
use super::{ItemTable, Questions, RankAnswer};
use seqscope_data::Histories;

/// A vector, and perhaps a bias, for each item of the catalogue. Padding has none.
#[derive(Debug)]
pub(super) struct ItemVectors {
    /// `[width, n_items]`, so that a product with states reads them as they lie.
    vectors: Vec<f32>,
    /// `[n_items]`, or nothing.
    bias: Vec<f32>,
    width: usize,
    n_items: usize,
}

/// Scores of a block, which stay in the cache of one core: 1 MiB.
const MAX_SCORES: usize = 256 << 10;

impl ItemVectors {
    /// Vectors one behind the other, `[n_items + 1, width]`, of which the first is padding's.
    pub(super) fn of_rows(rows: &[f32], width: usize) -> Self {
        let width = width.max(1);
        let n_items = (rows.len() / width).saturating_sub(1);
        let rows = rows.get(width..).unwrap_or(&[]);
        let mut vectors = vec![0.0; n_items * width];
        // Some rows at a time, so that what is written stays in the cache.
        for start in (0..n_items).step_by(16) {
            for (at, column) in vectors.chunks_exact_mut(n_items.max(1)).enumerate() {
                let values = rows.iter().skip(start * width + at).step_by(width);
                column
                    .iter_mut()
                    .skip(start)
                    .take(16)
                    .zip(values)
                    .for_each(|(slot, value)| *slot = *value);
            }
        }
        Self {
            vectors,
            bias: Vec::new(),
            width,
            n_items,
        }
    }

    /// Vectors side by side, `[width, n_items]`, with a bias each.
    fn of_columns(vectors: Vec<f32>, bias: Vec<f32>) -> Self {
        let n_items = bias.len();
        Self {
            width: vectors.len() / n_items.max(1),
            vectors,
            bias,
            n_items,
        }
    }

    /// The weights of a dense layer, `[width, n_items]`, and its biases.
    pub(super) fn of_layer(layer: &Linear) -> Self {
        let [_, n_items] = layer.weight.dims();
        let bias = layer
            .bias
            .as_ref()
            .map_or_else(|| vec![0.0; n_items], on_host);
        Self::of_columns(on_host(&layer.weight), bias)
    }

    /// The vectors one behind the other, without the biases.
    pub(super) fn table(&self) -> ItemTable {
        let (width, n_items) = (self.width, self.n_items);
        let mut vectors = vec![0.0; n_items * width];
        for (at, column) in self.vectors.chunks_exact(n_items.max(1)).enumerate() {
            let slots = vectors.iter_mut().skip(at).step_by(width.max(1));
            slots.zip(column).for_each(|(slot, value)| *slot = *value);
        }
        ItemTable { vectors, width }
    }

    /// An answer to each question, from the states after their histories, `[n_rows, width]`; on all
    /// threads.
    pub(super) fn answers(&self, states: &[f32], questions: &Questions) -> Vec<RankAnswer> {
        let rows = self.rows_at_a_time();
        let blocks = states.par_chunks(rows * self.width).enumerate();
        blocks
            .flat_map_iter(|(at, states)| self.answers_of_block(states, at * rows, questions))
            .collect()
    }

    /// It depends on the catalogue alone: the way in which a product is added up depends on its
    /// shape.
    fn rows_at_a_time(&self) -> usize {
        (MAX_SCORES / self.n_items.max(1)).clamp(8, 96)
    }

    fn answers_of_block(
        &self,
        states: &[f32],
        first: usize,
        questions: &Questions,
    ) -> Vec<RankAnswer> {
        let n_rows = self.rows_at_a_time();
        let n_asked = states.len() / self.width;
        // The last block is filled up with zeros, so that a row's scores do not depend on its
        // neighbours.
        let mut filled = Buffer::zeros(n_rows * self.width);
        filled
            .iter_mut()
            .zip(states)
            .for_each(|(slot, value)| *slot = *value);
        let mut scores = Buffer::open(n_rows * self.n_items);
        let states = MatrixView::new(&filled, n_rows, self.width);
        let vectors = MatrixView::new(&self.vectors, self.width, self.n_items);
        product(
            MatrixMut::new(&mut scores, n_rows, self.n_items),
            Onto::Nothing,
            states,
            vectors,
        );
        let mut seen = DistinctItems::new(self.n_items);
        let rows = scores.chunks_exact_mut(self.n_items.max(1)).take(n_asked);
        rows.zip(first..)
            .map(|(scores, at)| {
                let target = questions.target(at) as usize;
                let excluded = if questions.filter_seen {
                    seen.distinct(questions.histories.row(at))
                } else {
                    &[]
                };
                let JudgedTarget {
                    rank,
                    log_probability,
                } = vectorized(
                    #[inline(always)]
                    || {
                        scores
                            .iter_mut()
                            .zip(&self.bias)
                            .for_each(|(score, bias)| *score += bias);
                        judged(scores, target, excluded)
                    },
                );
                RankAnswer {
                    rank,
                    log_probability,
                }
            })
            .collect()
    }
}

/// Finds the different items of histories, with a mark an item instead of sorting.
struct DistinctItems {
    marks: Vec<bool>,
    found: Vec<u32>,
}

impl DistinctItems {
    fn new(n_items: usize) -> Self {
        Self {
            marks: vec![false; n_items + 1],
            found: Vec::new(),
        }
    }

    /// Returns the distinct items, in the order of their first events. What is no item is passed
    /// over.
    fn distinct(&mut self, history: &[u32]) -> &[u32] {
        for &item in &self.found {
            self.marks[item as usize] = false;
        }
        self.found.clear();
        for &item in history {
            if let Some(mark) = self.marks.get_mut(item as usize).filter(|mark| !**mark) {
                *mark = true;
                self.found.push(item);
            }
        }
        &self.found
    }
}

/// States of histories, `[n_rows, width]`, worked out for rows of like length together, the longest
/// first: as many at a time as `at_a_time` says of their length.
pub(super) fn by_length(
    histories: &Histories,
    width: usize,
    at_a_time: impl Fn(usize) -> usize,
    states_of: impl Fn(&Histories) -> Vec<f32>,
) -> Buffer {
    let mut rows: Vec<usize> = (0..histories.n_rows()).collect();
    rows.sort_by_key(|&row| std::cmp::Reverse(histories.row(row).len()));
    let mut states = Buffer::zeros(rows.len() * width);
    let mut rest = rows.as_slice();
    while let Some(&longest) = rest.first() {
        let n = at_a_time(histories.row(longest).len()).clamp(1, rest.len());
        let (block, later) = rest.split_at(n);
        let batch = histories.select(block);
        let found = states_of(&batch);
        for (&row, state) in block.iter().zip(found.chunks_exact(width.max(1))) {
            if let Some(slot) = states.get_mut(row * width..(row + 1) * width) {
                slot.copy_from_slice(state);
            }
        }
        rest = later;
    }
    states
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn numbers(n: usize, factor: f32) -> Vec<f32> {
        // Few different values, so that there are ties.
        (0..n)
            .map(|at| ((at as f32 * factor).sin() * 3.0).round() / 2.0)
            .collect()
    }

    fn questions(n: usize, n_items: usize, filter_seen: bool) -> Questions {
        let item = |at: usize| (at * 7919 % n_items) as u32 + 1;
        let history = |row: usize| {
            (0..row % 9)
                .map(|at| item(row * 31 + at * at))
                .collect::<Vec<u32>>()
        };
        let histories: Vec<Vec<u32>> = (0..n).map(history).collect();
        Questions {
            histories: histories.iter().map(Vec::as_slice).collect(),
            targets: (0..n).map(|row| item(row * 5 + 1)).collect(),
            filter_seen,
            n_items,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

        /// Against whole rows of scores: small multiples of ½ are multiplied and added without
        /// rounding.
        #[test]
        fn answers_are_those_of_whole_rows_of_scores(
            (n, n_items, width) in (1_usize..150, 1_usize..400, 1_usize..20),
            with_bias in any::<bool>(),
            filter_seen in any::<bool>(),
        ) {
            let rows = numbers((n_items + 1) * width, 0.7);
            let bias = if with_bias { numbers(n_items, 0.4) } else { vec![0.0; n_items] };
            let states = numbers(n * width, 0.3);
            let questions = questions(n, n_items, filter_seen);
            let score = &|row: usize, item: usize| -> f32 {
                let terms = (0..width).map(|at| states[row * width + at] * rows[item * width + at]);
                terms.sum::<f32>() + bias[item - 1]
            };
            let next = std::cell::Cell::new(0);
            let expected = questions.answered_by(|histories| {
                let from = next.replace(next.get() + histories.n_rows());
                let row = |row: usize| std::iter::once(99.0).chain((1..=n_items).map(move |item| score(row, item)));
                Ok((from..next.get()).flat_map(row).collect())
            }).unwrap();
            let items = if with_bias {
                let columns = (0..width).flat_map(|at| (1..=n_items).map(move |item| (item, at)));
                ItemVectors::of_columns(columns.map(|(item, at)| rows[item * width + at]).collect(), bias.clone())
            } else {
                ItemVectors::of_rows(&rows, width)
            };
            let ours = items.answers(&states, &questions);
            prop_assert_eq!(ours.len(), n);
            for (ours, expected) in ours.iter().zip(&expected) {
                let is_same = ours.rank.total_cmp(&expected.rank).is_eq();
                prop_assert!(is_same, "{:?} and {:?}", ours, expected);
                prop_assert!((ours.log_probability - expected.log_probability).abs() <= 1e-6);
            }
        }
    }

    #[test]
    fn a_table_has_the_vectors_of_rows_and_of_columns() {
        let rows = [9.0, 9.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let table = ItemVectors::of_rows(&rows, 2).table();
        assert_eq!((table.n_items(), table.width), (3, 2));
        assert_eq!(table.vectors, rows[2..]);
        assert_eq!(table.vector(2), [3.0, 4.0]);
        assert!(table.vector(0).is_empty() && table.vector(4).is_empty());
        let columns = ItemVectors::of_columns(vec![1.0, 3.0, 5.0, 2.0, 4.0, 6.0], vec![0.5; 3]);
        assert_eq!(columns.table(), table);
    }

    #[test]
    fn neighbours_and_threads_change_no_bit() {
        let (n, n_items, width) = (100, 3000, 33);
        let random = |n: usize, factor: f32| {
            (0..n)
                .map(|at| (at as f32 * factor).sin())
                .collect::<Vec<f32>>()
        };
        let items = ItemVectors::of_rows(&random((n_items + 1) * width, 0.7), width);
        let states = random(n * width, 0.3);
        let questions = questions(n, n_items, true);
        let together = items.answers(&states, &questions);
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(3)
            .build()
            .unwrap();
        assert_eq!(
            pool.install(|| items.answers(&states, &questions)),
            together
        );
        for at in [0, 41, 99] {
            let alone = Questions {
                histories: std::iter::once(questions.histories.row(at)).collect(),
                targets: vec![questions.target(at)],
                ..questions.clone()
            };
            let answer = items.answers(&states[at * width..(at + 1) * width], &alone)[0];
            assert_eq!(
                answer.log_probability.to_bits(),
                together[at].log_probability.to_bits()
            );
            assert_eq!(answer, together[at]);
        }
    }

    #[test]
    fn each_item_of_a_history_is_found_once() {
        let mut seen = DistinctItems::new(5);
        assert_eq!(seen.distinct(&[3, 1, 3, 5, 9]), [3, 1, 5]);
        assert_eq!(seen.distinct(&[1, 2, 2]), [1, 2]);
        assert!(seen.distinct(&[]).is_empty());
    }

    #[test]
    fn states_come_back_in_the_order_of_the_histories() {
        let rows: [&[u32]; 4] = [&[1], &[2, 3, 4], &[], &[5, 6]];
        let states = by_length(
            &rows.into_iter().collect(),
            2,
            |len| 3 - len.min(2),
            |batch| {
                batch
                    .rows()
                    .flat_map(|row| [row.len() as f32, row.first().copied().unwrap_or(0) as f32])
                    .collect()
            },
        );
        assert_eq!(states.to_vec(), [1.0, 1.0, 3.0, 2.0, 0.0, 0.0, 2.0, 5.0]);
    }
}
