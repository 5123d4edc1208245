//! Additive attention over the states so far, with its backward pass written out.

use burn::module::{Module, Param};
use burn::optim::GradientsParams;
use burn::prelude::*;
use burn::tensor::{IndexingUpdateOp, activation};

use super::plain;
use crate::layers::{Axis, LayerShape};
use crate::loss::MAX_FLOATS;
use crate::packing::SequencePacking;
use crate::random::Init;
use crate::window::index_tensor;

/// Attention of a state over those up to it and itself, with `d` numbers a state.
///
/// ```text
/// e(t, s) = score · tanh (h(t) · query + h(s) · key)        s ≤ t
/// w(t, ·) = softmax e(t, ·)        context(t) = Σ w(t, s) h(s)
/// ```
///
/// # Source
/// Bahdanau et al. 2015, eq. 5 and 6, and the alignment model of their appendix A.1.2. There a
/// decoder looks at the states of an encoder; here a state looks at the earlier ones of its own
/// network.
#[derive(Module, Debug)]
pub(crate) struct AdditiveAttention {
    /// `[d, d]`
    query: Param<Tensor<2>>,
    /// `[d, d]`
    key: Param<Tensor<2>>,
    /// `[d]`
    score: Param<Tensor<1>>,
}

/// States that look back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Looking {
    /// State after every event, in packed order.
    Every,
    /// State after each sequence's last event, the longest sequence first.
    Last,
}

/// Added to scores of states that lie ahead: in 32-bit floats their weight is then exactly 0.
const MASKED: f32 = -1.0e4;

/// Numbers worked on at a time: of each pair of states there are `d`, in some five arrays.
const AT_A_TIME: usize = MAX_FLOATS / 4;

impl AdditiveAttention {
    /// A layer with the weights of attention to states of length `d`, named after `name` in weights
    /// files.
    pub(crate) fn with_weights(layer: LayerShape, name: &str, d: usize) -> LayerShape {
        let d = Axis::Size(d);
        layer
            .with(format!("{name}.query"), [d, d])
            .with(format!("{name}.key"), [d, d])
            .with(format!("{name}.score"), [d])
    }

    /// Initial weights after Glorot & Bengio 2010.
    pub(crate) fn new(d: usize, init: &mut Init) -> Self {
        let (query, key) = (init.xavier(d, d), init.xavier(d, d));
        let score = init.xavier(d, 1).val().squeeze_dim::<1>(1).detach();
        Self {
            query,
            key,
            score: Param::from_tensor(score),
        }
    }

    /// Computes what each looking state sees, `[n_looking, d]`, of states `[n_events, d]` without
    /// autodiff.
    pub(crate) fn contexts(
        &self,
        states: &Tensor<2>,
        sizes: &[usize],
        looking: Looking,
    ) -> Tensor<2> {
        let [_, d] = states.dims();
        let with_zero = with_zero_row(states);
        let (mut seen, mut order) = (Vec::new(), Vec::new());
        let mut n_cells = 0;
        for block in blocks(sizes, looking, d) {
            let Looked { keys, weights, .. } = self.look_back(&block, &with_zero);
            order.extend(
                block
                    .looking
                    .iter()
                    .zip(n_cells..)
                    .map(|(&looking, cell)| (looking, cell)),
            );
            n_cells += block.looking.len() as i32;
            seen.push(weights.matmul(keys).flatten::<2>(0, 1)); // [n * n_queries, d]
        }
        let n_looking = n_looking(sizes, looking);
        let mut cells = vec![0; n_looking];
        for (looking, cell) in order {
            if let Some(slot) = cells.get_mut(looking as usize) {
                *slot = cell;
            }
        }
        Tensor::cat(seen, 0).select(0, index_tensor(cells, &states.device())) // [n_looking, d]
    }

    /// Registers the gradients of the weights, from those of the contexts, `d_contexts`
    /// `[n_looking, d]`. Returns the gradient of the states, `[n_events, d]`.
    pub(crate) fn backward(
        &self,
        states: &Tensor<2>,
        sizes: &[usize],
        looking: Looking,
        d_contexts: &Tensor<2>,
        gradients: &mut GradientsParams,
    ) -> Tensor<2> {
        let [n_events, d] = states.dims();
        let (with_zero, d_contexts) = (with_zero_row(states), with_zero_row(d_contexts));
        let mut d_states = with_zero.zeros_like();
        let mut of_weights: Option<[Tensor<2>; 3]> = None;
        for block in blocks(sizes, looking, d) {
            let looked = self.look_back(&block, &with_zero);
            let d_seen = d_contexts
                .clone()
                .select(0, index_tensor(block.looking.clone(), &states.device()));
            let d_seen = d_seen.reshape([block.n, block.n_queries, d]);
            let BlockGradients {
                queries,
                keys,
                weights,
            } = self.d_look(looked, d_seen);
            d_states = added(d_states, &block.keys, keys);
            d_states = added(d_states, &block.queries, queries);
            of_weights = Some(match of_weights {
                None => weights,
                Some([query, key, score]) => {
                    let [d_query, d_key, d_score] = weights;
                    [query + d_query, key + d_key, score + d_score]
                }
            });
        }
        if let Some([query, key, score]) = of_weights {
            gradients.register(self.query.id, query);
            gradients.register(self.key.id, key);
            gradients.register(self.score.id, score.squeeze_dim::<1>(1));
        }
        d_states.slice(0..n_events)
    }

    /// The weights of one sequence's states, `[len, d]`: row = the looking state. `[len, len]`
    pub(crate) fn weights(&self, states: &Tensor<2>) -> Tensor<2> {
        let [len, d] = states.dims();
        let with_zero = with_zero_row(states);
        let rows = blocks(&vec![1; len], Looking::Every, d)
            .into_iter()
            .map(|block| {
                let weights = self
                    .look_back(&block, &with_zero)
                    .weights
                    .squeeze_dim::<2>(0); // [n_queries, n_keys]
                let ahead = Tensor::zeros([block.n_queries, len - block.n_keys], &states.device());
                Tensor::cat(vec![weights, ahead], 1)
            });
        Tensor::cat(rows.collect(), 0)
    }

    fn look_back(&self, block: &LookingBlock, with_zero: &Tensor<2>) -> Looked {
        let device = with_zero.device();
        let [_, d] = with_zero.dims();
        let LookingBlock {
            n,
            n_queries,
            n_keys,
            ..
        } = *block;
        let queries = picked(with_zero, &block.queries);
        let keys = picked(with_zero, &block.keys);
        let query = queries
            .clone()
            .matmul(plain(&self.query))
            .reshape([n, n_queries, 1, d]);
        let key = keys
            .clone()
            .matmul(plain(&self.key))
            .reshape([n, 1, n_keys, d]);
        let pairs = (query + key).tanh().reshape([n * n_queries * n_keys, d]);
        let scores = pairs
            .clone()
            .matmul(plain(&self.score).unsqueeze_dim(1))
            .reshape([n, n_queries, n_keys]);
        let mask = Tensor::<3>::from_data(
            TensorData::new(block.mask(), [n, n_queries, n_keys]),
            &device,
        );
        let weights = activation::softmax(scores + mask, 2);
        Looked {
            queries,
            keys: keys.reshape([n, n_keys, d]),
            pairs,
            weights,
        }
    }

    fn d_look(&self, looked: Looked, d_seen: Tensor<3>) -> BlockGradients {
        let Looked {
            queries,
            keys,
            pairs,
            weights,
        } = looked;
        let [n, n_keys, d] = keys.dims();
        let [_, n_queries, _] = weights.dims();
        let d_weights = d_seen.clone().matmul(keys.clone().transpose()); // [n, n_queries, n_keys]
        let d_keys = weights
            .clone()
            .transpose()
            .matmul(d_seen)
            .reshape([n * n_keys, d]);
        let mean = (weights.clone() * d_weights.clone()).sum_dim(2); // [n, n_queries, 1]
        let d_scores = (weights * (d_weights - mean)).reshape([n * n_queries * n_keys, 1]);
        let d_score = pairs.clone().transpose().matmul(d_scores.clone()); // [d, 1]
        let slope = (pairs.clone() * pairs).neg().add_scalar(1.0);
        let d_pairs =
            d_scores.matmul(plain(&self.score).unsqueeze_dim::<2>(0).reshape([1, d])) * slope;
        let d_pairs = d_pairs.reshape([n, n_queries, n_keys, d]);
        let of_queries = d_pairs.clone().sum_dim(2).reshape([n * n_queries, d]);
        let of_keys = d_pairs.sum_dim(1).reshape([n * n_keys, d]);
        let d_query = queries.transpose().matmul(of_queries.clone());
        let d_key = keys
            .reshape([n * n_keys, d])
            .transpose()
            .matmul(of_keys.clone());
        BlockGradients {
            queries: of_queries.matmul(plain(&self.query).transpose()),
            keys: d_keys + of_keys.matmul(plain(&self.key).transpose()),
            weights: [d_query, d_key, d_score],
        }
    }
}

/// A block of pairs of states.
struct Looked {
    /// `[n * n_queries, d]`
    queries: Tensor<2>,
    /// `[n, n_keys, d]`
    keys: Tensor<3>,
    /// tanh of the sums. `[n * n_queries * n_keys, d]`
    pairs: Tensor<2>,
    /// `[n, n_queries, n_keys]`
    weights: Tensor<3>,
}

/// Gradients of a block.
struct BlockGradients {
    /// `[n * n_queries, d]`
    queries: Tensor<2>,
    /// `[n * n_keys, d]`
    keys: Tensor<2>,
    /// Weights of query, key and score.
    weights: [Tensor<2>; 3],
}

/// Sequences, and steps of them, that are worked on at a time.
struct LookingBlock {
    n: usize,
    n_queries: usize,
    n_keys: usize,
    /// Packed place of each looking state, one behind the last for none. `[n * n_queries]`
    queries: Vec<i32>,
    /// Step of each. `[n * n_queries]`
    steps: Vec<usize>,
    /// Number of each among all looking states, one behind the last for none. `[n * n_queries]`
    looking: Vec<i32>,
    /// Packed place of each state that is looked at. `[n * n_keys]`
    keys: Vec<i32>,
}

impl LookingBlock {
    /// 0 for what a state may see, [`MASKED`] for what lies ahead.
    fn mask(&self) -> Vec<f32> {
        let of_step =
            |&step: &usize| (0..self.n_keys).map(move |key| if key <= step { 0.0 } else { MASKED });
        self.steps.iter().flat_map(of_step).collect()
    }
}

/// Rows of a tensor, by their places.
fn picked(rows: &Tensor<2>, places: &[i32]) -> Tensor<2> {
    let places = index_tensor(places.to_vec(), &rows.device());
    rows.clone().select(0, places)
}

/// `to` with rows added to those at their places.
fn added(to: Tensor<2>, places: &[i32], rows: Tensor<2>) -> Tensor<2> {
    let places = index_tensor(places.to_vec(), &rows.device());
    to.select_assign(0, places, rows, IndexingUpdateOp::Add)
}

fn n_looking(sizes: &[usize], looking: Looking) -> usize {
    match looking {
        Looking::Every => sizes.iter().sum(),
        Looking::Last => sizes.first().copied().unwrap_or(0),
    }
}

/// Cuts packed sequences into blocks: as many whole sequences as fit, the longest first; of a
/// sequence that does not fit, as many looking states.
fn blocks(sizes: &[usize], looking: Looking, d: usize) -> Vec<LookingBlock> {
    let n_sequences = sizes.first().copied().unwrap_or(0);
    let length = |rank: usize| sizes.partition_point(|&size| size > rank);
    let mut blocks = Vec::new();
    let mut first = 0;
    while first < n_sequences {
        let longest = length(first);
        let n_states = match looking {
            Looking::Every => longest,
            Looking::Last => 1,
        };
        let at_a_time = (AT_A_TIME / (longest * d).max(1)).max(1);
        let n = (at_a_time / n_states.max(1)).clamp(1, n_sequences - first);
        for start in (0..n_states).step_by(at_a_time) {
            let states = start..(start + at_a_time).min(n_states);
            blocks.push(block(sizes, looking, first..first + n, states));
        }
        first += n;
    }
    blocks
}

fn block(
    sizes: &[usize],
    looking: Looking,
    ranks: std::ops::Range<usize>,
    states: std::ops::Range<usize>,
) -> LookingBlock {
    let n_events: usize = sizes.iter().sum();
    let n_looking = n_looking(sizes, looking);
    let mut starts = Vec::with_capacity(sizes.len());
    sizes.iter().fold(0, |start, size| {
        starts.push(start);
        start + size
    });
    let place = |rank: usize, step: usize| match (starts.get(step), sizes.get(step)) {
        (Some(start), Some(&size)) if rank < size => start + rank,
        _ => n_events,
    };
    let longest = sizes.partition_point(|&size| size > ranks.start);
    let n_keys = if looking == Looking::Every {
        states.end
    } else {
        longest
    };
    let cells = ranks
        .clone()
        .flat_map(|rank| states.clone().map(move |state| (rank, state)));
    let mut block = LookingBlock {
        n: ranks.len(),
        n_queries: states.len(),
        n_keys,
        queries: Vec::new(),
        steps: Vec::new(),
        looking: Vec::new(),
        keys: ranks
            .clone()
            .flat_map(|rank| (0..n_keys).map(move |step| (rank, step)))
            .map(|(rank, step)| place(rank, step) as i32)
            .collect(),
    };
    for (rank, state) in cells {
        let step = match looking {
            Looking::Every => state,
            Looking::Last => sizes.partition_point(|&size| size > rank).saturating_sub(1),
        };
        let at = place(rank, step);
        block.queries.push(at as i32);
        block.steps.push(step);
        block.looking.push(match looking {
            Looking::Every => at.min(n_looking) as i32,
            Looking::Last => rank as i32,
        });
    }
    block
}

/// The rows, and one of zeros behind them.
fn with_zero_row(rows: &Tensor<2>) -> Tensor<2> {
    let [_, width] = rows.dims();
    Tensor::cat(
        vec![rows.clone(), Tensor::zeros([1, width], &rows.device())],
        0,
    )
}

impl SequencePacking {
    /// Packed places of the looking states, in their order.
    pub(crate) fn looking(&self, looking: Looking) -> Vec<usize> {
        match looking {
            Looking::Every => (0..self.n_events()).collect(),
            Looking::Last => {
                let sequences = self.sequences().iter();
                sequences
                    .filter_map(|place| self.last.get(place.row).copied())
                    .collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{distance, matrix, values};
    use super::*;
    use crate::random::EventPlace;

    /// Attention by autodiff, pair by pair.
    fn by_autodiff(
        layer: &AdditiveAttention,
        states: &Tensor<2>,
        packing: &SequencePacking,
        looking: Looking,
    ) -> Tensor<2> {
        let place = |row: usize, step: usize| {
            packing
                .places
                .iter()
                .position(|&at| at == EventPlace::new(row, step))
                .unwrap()
        };
        let state = |row: usize, step: usize| {
            let at = place(row, step);
            states.clone().slice(at..at + 1)
        };
        let contexts = packing.looking(looking).into_iter().map(|at| {
            let EventPlace {
                row,
                position: step,
            } = packing.places[at];
            let query = state(row, step).matmul(layer.query.val());
            let score = |s: usize| {
                let pair = (query.clone() + state(row, s).matmul(layer.key.val())).tanh();
                pair.matmul(layer.score.val().unsqueeze_dim(1))
            };
            let weights = activation::softmax(Tensor::cat((0..=step).map(score).collect(), 1), 1); // [1, step + 1]
            weights.matmul(Tensor::cat((0..=step).map(|s| state(row, s)).collect(), 0))
        });
        Tensor::cat(contexts.collect(), 0)
    }

    #[test]
    fn written_out_gradients_are_autodiff() {
        let device = &Device::flex().autodiff();
        let packing = SequencePacking::new([2, 0, 5, 1, 5]);
        let d = 6;
        let layer = AdditiveAttention {
            query: Param::from_tensor(matrix(d, d, 1, device)),
            key: Param::from_tensor(matrix(d, d, 2, device)),
            score: Param::from_tensor(matrix(1, d, 3, device).squeeze_dim(0)),
        };
        for looking in [Looking::Every, Looking::Last] {
            let states = matrix(packing.n_events(), d, 4, device).require_grad();
            let expected = by_autodiff(&layer, &states, &packing, looking);
            let factors = matrix(expected.dims()[0], d, 5, device);
            let exact = (expected.clone() * factors.clone()).sum().backward();
            let plain_states = states.clone().inner();
            let ours = layer.contexts(&plain_states, &packing.sizes, looking);
            assert!(distance(&values(ours), &values(expected.inner())) < 1e-5);
            let mut gradients = GradientsParams::new();
            let d_states = layer.backward(
                &plain_states,
                &packing.sizes,
                looking,
                &factors.inner(),
                &mut gradients,
            );
            assert!(distance(&values(d_states), &values(states.grad(&exact).unwrap())) < 1e-5);
            for weight in [&layer.query, &layer.key] {
                let ours = values(gradients.get::<2>(weight.id).unwrap());
                assert!(distance(&ours, &values(weight.val().grad(&exact).unwrap())) < 1e-5);
            }
            let ours = values(gradients.get::<1>(layer.score.id).unwrap());
            assert!(distance(&ours, &values(layer.score.val().grad(&exact).unwrap())) < 1e-5);
        }
    }

    /// Two sequences of 3 and 1 states of 2²⁰ numbers each: 4 pairs fit at a time, so that the
    /// looking states of the first come one at a time, each with the keys that it may see.
    #[test]
    fn blocks_are_as_large_as_memory_allows_and_hold_every_looking_state_once() {
        let of = |looking: Looking, d: usize| {
            let blocks = blocks(&[2, 1, 1], looking, d);
            let shapes: Vec<_> = blocks
                .iter()
                .map(|block| (block.n, block.n_queries, block.n_keys))
                .collect();
            let mut all: Vec<i32> = blocks
                .iter()
                .flat_map(|block| block.looking.clone())
                .collect();
            all.sort_unstable();
            all.retain(|&at| at < n_looking(&[2, 1, 1], looking) as i32);
            (shapes, all)
        };
        let each = |shapes: &[(usize, usize, usize)], n: i32| {
            (shapes.to_vec(), (0..n).collect::<Vec<i32>>())
        };
        assert_eq!(
            of(Looking::Every, 1 << 20),
            each(&[(1, 1, 1), (1, 1, 2), (1, 1, 3), (1, 1, 1)], 4)
        );
        assert_eq!(of(Looking::Every, 2), each(&[(2, 3, 3)], 4));
        assert_eq!(of(Looking::Last, 1 << 20), each(&[(1, 1, 3), (1, 1, 1)], 2));
        assert_eq!(of(Looking::Last, 2), each(&[(2, 1, 3)], 2));
    }

    #[test]
    fn the_weights_of_a_sequence_look_back_and_sum_to_one() {
        let layer = AdditiveAttention::new(4, &mut Init::new(3, &Device::flex().autodiff()));
        let weights = values(layer.weights(&matrix(5, 4, 7, &Device::flex())));
        for (step, row) in weights.chunks(5).enumerate() {
            assert!(
                (row.iter().sum::<f32>() - 1.0).abs() < 1e-6
                    && row[step + 1..].iter().all(|&w| w == 0.0),
                "{row:?}"
            );
        }
    }
}
