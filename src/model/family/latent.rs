//! Shared parts of the variational families: the Kullback–Leibler term, its free nats, and how its
//! weight grows.

use burn::prelude::*;

use crate::StepInputs;
use crate::layers::{Axis, LayerShape};

seqscope_base::spec::choice! {
    /// Growth of the weight of the Kullback–Leibler term.
    pub enum Annealing {
        /// Once, in a line, over a share of the run (Bowman et al. 2016; Liang et al. 2018).
        #[default]
        Linear,
        /// Line over a share of each of four parts of the run, from 0 again at the start of each
        /// (Fu et al. 2019, eq. 6 and 7).
        Cyclical,
    }
}

/// Parts of a run with cyclical annealing, as Fu et al. 2019 have it.
const CYCLES: usize = 4;

impl Annealing {
    /// The share of its full weight that the term has at a step, where it grows over the share
    /// `over` of the run or of a cycle.
    pub(super) fn share(self, over: f64, inputs: &StepInputs) -> f64 {
        let (step, n_steps) = match self {
            Self::Linear => (inputs.step, inputs.n_steps as f64),
            Self::Cyclical => {
                let cycle = inputs.n_steps.div_ceil(CYCLES).max(1);
                (inputs.step % cycle, cycle as f64)
            }
        };
        let over = over * n_steps;
        if over > 0.0 {
            (step as f64 / over).min(1.0)
        } else {
            1.0
        }
    }
}

/// Describes the layers from a hidden layer through the latent vector to the decoder's hidden
/// layer, on rows `rows`.
pub(super) fn latent_layers(rows: &[Axis], [d_hidden, d_latent]: [usize; 2]) -> [LayerShape; 4] {
    let (hidden, latent) = (Axis::Size(d_hidden), Axis::Size(d_latent));
    let of = |width: Axis| [rows, &[width]].concat();
    [
        LayerShape::new("Latent mean", of(latent)).dense("mean", hidden, latent),
        LayerShape::new("Latent log-variance", of(latent)).dense("log_variance", hidden, latent),
        LayerShape::new("Latent vector, drawn", of(latent)),
        LayerShape::new("Decoder, tanh", of(hidden)).dense("decoder", latent, hidden),
    ]
}

/// The Kullback–Leibler term of a batch, still on the device.
pub(super) struct KlTerm {
    /// Sum over rows and dimensions of KL(N(mean, exp log-variance) ‖ N(0, 1)), in nats. `[1]`
    pub(super) sum: Tensor<1>,
    /// Charge of the objective for it. `[1]`
    pub(super) charged: Tensor<1>,
}

impl KlTerm {
    /// ½ (σ² + μ² − ln σ² − 1) for each number (Kingma & Welling 2014, appendix B). A dimension
    /// whose mean over the rows is below `free_bits` nats is charged for these, and has no gradient
    /// (Kingma et al. 2016, eq. 15, whose groups are the dimensions here).
    ///
    /// # Shapes
    /// Mean and log-variance `[n_rows, d_latent]`.
    pub(super) fn new(mean: Tensor<2>, log_variance: Tensor<2>, free_bits: f64) -> Self {
        let [n_rows, _] = mean.dims();
        let terms = terms(mean, log_variance);
        if free_bits <= 0.0 {
            let sum = terms.sum();
            return Self {
                sum: sum.clone(),
                charged: sum,
            };
        }
        let of_dimensions = terms.sum_dim(0); // [1, d_latent]
        let charged = of_dimensions
            .clone()
            .clamp_min(free_bits * n_rows as f64)
            .sum();
        Self {
            sum: of_dimensions.sum(),
            charged,
        }
    }
}

/// `[n_rows, d_latent]`
fn terms(mean: Tensor<2>, log_variance: Tensor<2>) -> Tensor<2> {
    let square = mean.clone() * mean;
    (log_variance.clone().exp() + square - log_variance)
        .sub_scalar(1.0)
        .mul_scalar(0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scalar(tensor: Tensor<1>) -> f32 {
        tensor.into_scalar::<f32>()
    }

    #[test]
    fn kl_has_its_closed_form() {
        let device = Device::flex();
        let row = |values: [f32; 2]| Tensor::<2>::from_data([values], &device);
        let kl = |mean, log_variance| scalar(KlTerm::new(row(mean), row(log_variance), 0.0).sum);
        assert!(kl([0.0, 0.0], [0.0, 0.0]).abs() < 1e-6);
        // ½ (σ² + μ² − ln σ² − 1) for each: ½ (1 + 4 − 0 − 1) = 2, and ½ (4 + 0 − ln 4 − 1) =
        // 0.8069.
        assert!((kl([2.0, 0.0], [0.0, 4.0_f32.ln()]) - 2.806_853).abs() < 1e-5);
    }

    /// Two rows: the first dimension has ½ (4 + 0) / 2 = 1 nat a row, the second 0.
    #[test]
    fn a_dimension_below_its_free_nats_is_charged_for_them_and_not_pushed() {
        let device = Device::flex().autodiff();
        let mean = Tensor::<2>::from_data([[2.0f32, 0.1], [0.0, 0.0]], &device).require_grad();
        let log_variance = Tensor::<2>::zeros([2, 2], &device);
        let term = KlTerm::new(mean.clone(), log_variance, 0.4);
        assert!((scalar(term.sum.clone()) - 2.005).abs() < 1e-5);
        assert!(
            (scalar(term.charged.clone()) - 2.8).abs() < 1e-5,
            "2 nats, and 2 rows of 0.4"
        );
        let gradient = mean.grad(&term.charged.backward()).unwrap();
        assert_eq!(
            gradient.into_data().try_into_vec::<f32>().unwrap(),
            [2.0, 0.0, 0.0, 0.0]
        );
    }

    #[test]
    fn the_weight_grows_in_a_line_once_or_in_each_cycle() {
        let percent = |annealing: Annealing, over: f64, step: usize| {
            let inputs = StepInputs {
                lr: 0.0,
                step,
                n_steps: 16,
                seed: 0,
            };
            (100.0 * annealing.share(over, &inputs)).round() as u32
        };
        assert_eq!(
            [0, 2, 4, 8, 15].map(|step| percent(Annealing::Linear, 0.5, step)),
            [0, 25, 50, 100, 100]
        );
        assert_eq!(
            [0, 1, 2, 3, 4, 5, 15].map(|step| percent(Annealing::Cyclical, 0.5, step)),
            [0, 50, 100, 100, 0, 50, 100]
        );
        assert_eq!(percent(Annealing::Linear, 0.0, 0), 100);
        assert_eq!(percent(Annealing::Cyclical, 0.0, 0), 100);
    }
}
