//! Attributions by gradients: what the log-probability of an item owes to the vectors of a
//! history's items as they enter the network.

use burn::nn::Embedding;
use burn::prelude::*;
use burn::tensor::Gradients;
use burn::tensor::activation::log_softmax;

use super::ModelError;
use super::weights::read;
use super::window::{index_tensor, latest};
use seqscope_data::Histories;

/// Question to a model about the slopes of one answer.
#[derive(Clone, Copy, Debug)]
pub struct SlopeQuestion<'a> {
    /// The history, the only row.
    pub history: &'a Histories,
    /// Item whose log-probability after the history is looked at, from 1.
    pub target: u32,
    /// Number of steps of the path of integrated gradients, one at least.
    pub n_steps: usize,
}

/// Attributions of an item's log-probability to the events that a network reads, by its gradients.
///
/// Values go to the vector by which an event's item enters: a row of the item table, or
/// for a model that reads a bag the item's weight in it. Places, features and times stay as they
/// are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SlopeAttributions {
    /// Position in the history of the first event that is read; the values begin there.
    pub first: usize,
    /// Gradient × input (Shrikumar et al. 2017): the sum over an event's vector of its numbers times
    /// the gradient, in nats. `[n_read]`
    pub gradient_input: Vec<f64>,
    /// Integrated gradients (Sundararajan et al. 2017, eq. 1), summed over an event's vector, in
    /// nats. `[n_read]`
    ///
    /// The baseline is the vector of zeros: an event of no item. It is what padding enters with,
    /// whose row of the item table is 0 and is not learnt. The integral is a sum over the middles of
    /// equal steps, where the paper (eq. 3) takes their ends.
    pub integrated: Vec<f64>,
    /// Log-probability of the item after the history.
    pub log_probability: f64,
    /// Its log-probability at the baseline.
    pub baseline: f64,
    /// Number of steps that the path was walked in.
    pub n_steps: usize,
}

impl SlopeAttributions {
    /// By how much the integrated gradients fail to add up to the change of the log-probability from
    /// the baseline, in nats: 0 in the limit of many steps (Sundararajan et al. 2017, proposition 1).
    #[must_use]
    pub fn completeness_gap(&self) -> f64 {
        self.integrated.iter().sum::<f64>() - (self.log_probability - self.baseline)
    }
}

/// The vectors of a history's items as a network takes them in, without autodiff.
pub(super) struct EventInputs {
    /// Position in the history of the first event that is read.
    pub(super) first: usize,
    /// `[n_read, width]`
    pub(super) vectors: Tensor<2>,
}

impl EventInputs {
    /// The rows of an item table for the latest `seq_len` events.
    pub(super) fn latest(item: &Embedding, history: &Histories, seq_len: usize) -> Self {
        let items = latest(history.row(0), seq_len);
        let table = item.weight.val().without_autodiff();
        let rows = items.iter().map(|&item| item as i32).collect();
        Self {
            first: history.row(0).len() - items.len(),
            vectors: table.clone().select(0, index_tensor(rows, &table.device())),
        }
    }
}

/// Log-probabilities of an item after some copies of a history, and their gradients; without
/// autodiff.
pub(super) struct Slopes {
    /// `[n_copies]`
    pub(super) log_probability: Tensor<1>,
    /// Gradient of each log-probability with respect to the inputs of its own copy.
    /// `[n_copies, n_read, width]`
    pub(super) gradient: Tensor<3>,
}

impl Slopes {
    /// Computes them by autodiff through all that leads from the inputs to the scores,
    /// `[n_copies, n_read, width]` to `[n_copies, n_items + 1]`.
    pub(super) fn by_autodiff(
        inputs: Tensor<3>,
        target: u32,
        scores: impl FnOnce(Tensor<3>) -> Tensor<2>,
    ) -> Self {
        let inputs = Tensor::from_inner(inputs).require_grad();
        let log_probability = log_probabilities(scores(inputs.clone()), target);
        let gradients = log_probability.clone().sum().backward();
        Self {
            log_probability: log_probability.inner(),
            gradient: gradient_of(&inputs, &gradients),
        }
    }
}

/// A network whose items enter as vectors, by which an answer can be attributed to them.
///
/// Parameters live on a device with autodiff and want no gradients; dropout is off.
pub(super) trait InputNetwork {
    /// The vectors of the events that are read of a history, the only row, with one event at least.
    fn inputs(&self, history: &Histories) -> EventInputs;

    /// Slopes of the log-probability of an item after copies of that history in which `inputs`,
    /// `[n_copies, n_read, width]` without autodiff, stand in the place of the items' vectors.
    fn slopes(&self, history: &Histories, inputs: Tensor<3>, target: u32) -> Slopes;
}

/// Log-probability of an item by a softmax over all columns but that of padding.
/// `[n, n_items + 1]` to `[n]`
pub(super) fn log_probabilities(scores: Tensor<2>, target: u32) -> Tensor<1> {
    let column = target.saturating_sub(1) as usize;
    log_softmax(scores.slice_dim(1, 1..), 1)
        .slice_dim(1, column..column + 1)
        .squeeze_dim::<1>(1)
}

/// Gradient with respect to a tensor, without autodiff; zeros where nothing depends on it.
pub(super) fn gradient_of<const D: usize>(of: &Tensor<D>, gradients: &Gradients) -> Tensor<D> {
    of.grad(gradients)
        .unwrap_or_else(|| of.clone().inner().zeros_like())
}

/// The events of copies of one history step by step, as recurrent layers take them: packed order
/// where all rows are equally long. `[n_copies, n_read, width]` to `[n_read * n_copies, width]`
pub(super) fn step_by_step(inputs: Tensor<3>) -> Tensor<2> {
    inputs.swap_dims(0, 1).flatten::<2>(0, 1)
}

/// Undoes [`step_by_step`]. `[n_read * n_copies, width]` to `[n_copies, n_read, width]`
pub(super) fn copy_by_copy(events: Tensor<2>, n_copies: usize) -> Tensor<3> {
    let [n, width] = events.dims();
    events
        .reshape([n / n_copies.max(1), n_copies, width])
        .swap_dims(0, 1)
}

impl SlopeQuestion<'_> {
    /// Answers by a network, with so many copies of the history at a time.
    ///
    /// # Errors
    /// [`ModelError::Compute`] when the numbers cannot be read from the device.
    pub(super) fn answer(
        &self,
        network: &dyn InputNetwork,
        at_a_time: usize,
    ) -> Result<SlopeAttributions, ModelError> {
        let EventInputs { first, vectors } = network.inputs(self.history);
        let [n_read, width] = vectors.dims();
        let vectors = vectors.reshape([1, n_read, width]);
        let n_steps = self.n_steps.max(1);
        // The whole vectors, the baseline, and the middles of the steps between the two.
        let middles = (0..n_steps).map(|step| (step as f32 + 0.5) / n_steps as f32);
        let shares: Vec<f32> = [1.0, 0.0].into_iter().chain(middles).collect();
        let (mut said, mut products) = (Vec::with_capacity(shares.len()), Vec::new());
        for shares in shares.chunks(at_a_time.max(1)) {
            let shares = TensorData::new(shares.to_vec(), [shares.len(), 1, 1]);
            let shares = Tensor::<3>::from_data(shares, &vectors.device());
            let inputs = vectors.clone() * shares; // [n_copies, n_read, width]
            let slopes = network.slopes(self.history, inputs, self.target);
            said.extend(read(slopes.log_probability)?);
            products.extend(read((slopes.gradient * vectors.clone()).sum_dim(2))?);
        }
        let mut rows = products
            .chunks_exact(n_read.max(1))
            .map(|row| row.iter().map(|&value| f64::from(value)));
        let gradient_input = rows.next().into_iter().flatten().collect();
        let mut integrated = vec![0.0; n_read];
        for row in rows.skip(1) {
            let sums = integrated.iter_mut().zip(row);
            sums.for_each(|(sum, value)| *sum += value / n_steps as f64);
        }
        let said_at = |at: usize| said.get(at).copied().map_or(f64::NAN, f64::from);
        Ok(SlopeAttributions {
            first,
            gradient_input,
            integrated,
            log_probability: said_at(0),
            baseline: said_at(1),
            n_steps,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scores that are the products of two inputs: of item 1 x₀ x₁, of item 2 nothing. Padding's
    /// column is large and counts nothing.
    struct Product;

    impl InputNetwork for Product {
        fn inputs(&self, _: &Histories) -> EventInputs {
            let vectors = Tensor::from_data([[2.0f32], [-1.0], [5.0]], &Device::flex());
            EventInputs { first: 4, vectors }
        }

        fn slopes(&self, _: &Histories, inputs: Tensor<3>, target: u32) -> Slopes {
            Slopes::by_autodiff(inputs, target, |inputs| {
                let inputs = inputs.squeeze_dim::<2>(2);
                let product = inputs.clone().slice_dim(1, 0..1) * inputs.clone().slice_dim(1, 1..2);
                let padding = Tensor::ones_like(&product).mul_scalar(50.0);
                Tensor::cat(vec![padding, product.clone(), product.zeros_like()], 1)
            })
        }
    }

    /// With s = x₀ x₁ = −2 the log-probability of item 1 is f = −ln(1 + e^−s), its slope
    /// 1 / (1 + e^s) = .880797; gradient × input is s times that for each of both. Along the path
    /// s(α) = −2 α², which both inputs share evenly: each gets (f(−2) − f(0)) / 2 =
    /// (−2.126928 + .693147) / 2.
    #[test]
    fn gradients_and_their_integral_are_those_worked_out_by_hand() {
        let history = Histories::of_items(&[1, 2, 1]);
        let asked = |n_steps| SlopeQuestion {
            history: &history,
            target: 1,
            n_steps,
        };
        let near = |found: &[f64], expected: [f64; 3], tolerance: f64| {
            let is_near = found
                .iter()
                .zip(expected)
                .all(|(a, b)| (a - b).abs() < tolerance);
            assert!(is_near && found.len() == 3, "{found:?} and {expected:?}");
        };
        for at_a_time in [1, 7, 1000] {
            let found = asked(200).answer(&Product, at_a_time).unwrap();
            assert_eq!((found.first, found.n_steps), (4, 200));
            near(&found.gradient_input, [-1.761_594, -1.761_594, 0.0], 1e-5);
            near(&found.integrated, [-0.716_890, -0.716_890, 0.0], 1e-4);
            assert!((found.log_probability + 2.126_928).abs() < 1e-5);
            assert!((found.baseline + std::f64::consts::LN_2).abs() < 1e-5);
            assert!(found.completeness_gap().abs() < 1e-4);
        }
        // One step takes the slope in the middle alone, and says how far off that is.
        let coarse = asked(1).answer(&Product, 9).unwrap();
        // At α = ½ it is s = −½ and the slope 1 / (1 + e^s) = .622459; ∂f/∂x₀ = −½ · .622459, times
        // x₀ = 2; the other likewise.
        near(&coarse.integrated, [-0.622_459, -0.622_459, 0.0], 1e-5);
        assert!((coarse.completeness_gap() - 0.188_863).abs() < 1e-4);
    }

    #[test]
    fn events_go_step_by_step_and_back() {
        let values: Vec<f32> = (0..12).map(|at| at as f32).collect();
        let copies = Tensor::<3>::from_data(TensorData::new(values, [2, 3, 2]), &Device::flex());
        let numbers = |data: TensorData| data.try_into_vec::<f32>().unwrap();
        let steps = step_by_step(copies.clone());
        assert_eq!(
            numbers(steps.clone().into_data())[..6],
            [0.0, 1.0, 6.0, 7.0, 2.0, 3.0]
        );
        let back = copy_by_copy(steps, 2);
        assert_eq!(numbers(back.into_data()), numbers(copies.into_data()));
    }
}
