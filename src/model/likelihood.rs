//! Likelihood of a bag of items by an autoencoder, in bounded memory.

use burn::nn::Linear;
use burn::prelude::*;
use burn::tensor::activation;

use super::kernel::{SparseRows, rows_of_logits};

seqscope_base::spec::choice! {
    /// Likelihood of a bag of items by the scores of an autoencoder.
    pub enum Likelihood {
        /// The items compete: log-softmax over the catalogue, for each item of the bag (Liang et
        /// al. 2018, eq. 2).
        #[default]
        Multinomial,
        /// Each item of the catalogue is in the bag or not by itself: sigmoid and binary
        /// cross-entropy over the catalogue (Kingma & Welling 2014, appendix C.1; Liang et al.
        /// 2018, eq. 4).
        Bernoulli,
    }
}

/// A loss with its gradients, computed on plain tensors.
struct TensorGradients {
    /// Negative log-likelihood of every bag, in nats. `[1]`
    nll: Tensor<1>,
    /// `[n_rows, d_hidden]`
    d_hidden: Tensor<2>,
    /// `[d_hidden, n_items]`
    d_weight: Tensor<2>,
    /// `[1, n_items]`
    d_bias: Tensor<2>,
}

impl Likelihood {
    /// A scalar to call `backward` on, whose gradients are those of the negative log-likelihood of
    /// the bags, and that likelihood itself, in nats. The scalar's value means nothing.
    ///
    /// Autodiff would hold several arrays of the size of rows times catalogue. Here a block of rows
    /// goes from logits to gradients before the next begins.
    ///
    /// # Shapes
    /// `hidden` `[n_rows, d_hidden]`, `output` `[d_hidden, n_items]`, `bags` a row of `n_items`
    /// columns for each of `hidden`.
    pub(super) fn of_bags(
        self,
        hidden: Tensor<2>,
        output: &Linear,
        bags: &SparseRows,
    ) -> (Tensor<1>, Tensor<1>) {
        let weight = output.weight.val();
        let bias = output.bias.as_ref().map(|bias| bias.val().unsqueeze::<2>()); // [1, n_items]
        let plain_bias = bias.clone().map(Tensor::inner);
        let at_a_time = rows_of_logits(bags.n_columns);
        let TensorGradients {
            nll,
            d_hidden,
            d_weight,
            d_bias,
        } = self.by_blocks(
            &hidden.clone().inner(),
            &weight.clone().inner(),
            plain_bias.as_ref(),
            bags,
            at_a_time,
        );
        let mut scalar = (hidden * Tensor::from_inner(d_hidden)).sum()
            + (weight * Tensor::from_inner(d_weight)).sum();
        if let Some(bias) = bias {
            scalar = scalar + (bias * Tensor::from_inner(d_bias)).sum();
        }
        (scalar, nll)
    }

    fn by_blocks(
        self,
        hidden: &Tensor<2>,
        weight: &Tensor<2>,
        bias: Option<&Tensor<2>>,
        bags: &SparseRows,
        at_a_time: usize,
    ) -> TensorGradients {
        let device = hidden.device();
        let ([n_rows, d_model], n_items) = (hidden.dims(), bags.n_columns);
        let mut told = TensorGradients {
            nll: Tensor::zeros([1], &device),
            d_hidden: Tensor::zeros([n_rows, d_model], &device),
            d_weight: Tensor::zeros([d_model, n_items], &device),
            d_bias: Tensor::zeros([1, n_items], &device),
        };
        let mut of_rows = Vec::new();
        for start in (0..n_rows).step_by(at_a_time) {
            let block = start..(start + at_a_time).min(n_rows);
            let rows = hidden.clone().slice_dim(0, block.clone()); // [n, d_model]
            let mut logits = rows.clone().matmul(weight.clone()); // [n, n_items]
            if let Some(bias) = bias {
                logits = logits + bias.clone();
            }
            let (nll, d_logits) = self.of_logits(logits, dense(bags, block, &device));
            told.nll = told.nll + nll;
            of_rows.push(d_logits.clone().matmul(weight.clone().transpose()));
            told.d_bias = told.d_bias + d_logits.clone().sum_dim(0);
            told.d_weight = told.d_weight + rows.transpose().matmul(d_logits);
        }
        if !of_rows.is_empty() {
            told.d_hidden = Tensor::cat(of_rows, 0);
        }
        told
    }

    /// The negative log-likelihood of bags, each item of which is 1, and its gradient for the
    /// logits.
    fn of_logits(self, logits: Tensor<2>, bags: Tensor<2>) -> (Tensor<1>, Tensor<2>) {
        let of_items = (logits.clone() * bags.clone()).sum(); // [1]
        match self {
            Self::Multinomial => {
                let n = bags.clone().sum_dim(1); // [n_rows, 1]
                let largest = logits.clone().max_dim(1); // [n_rows, 1]
                let p = activation::softmax(logits, 1);
                // log Σ exp = max − log p(max): unlike log p(item), it cannot underflow.
                let total = (largest - p.clone().max_dim(1).log()) * n.clone();
                (total.sum() - of_items, p * n - bags)
            }
            Self::Bernoulli => {
                // ln (1 + e^x) = max(x, 0) + ln (1 + e^−|x|)
                let softplus =
                    activation::relu(logits.clone()) + logits.clone().abs().neg().exp().log1p();
                (
                    softplus.sum() - of_items,
                    activation::sigmoid(logits) - bags,
                )
            }
        }
    }
}

/// Rows of the bags as numbers, 1 where an item is in. `[n_rows, n_items]`
fn dense(bags: &SparseRows, rows: std::ops::Range<usize>, device: &Device) -> Tensor<2> {
    let shape = [rows.len(), bags.n_columns];
    let mut values = vec![0.0_f32; shape[0] * shape[1]];
    for (row, slots) in rows.zip(values.chunks_exact_mut(bags.n_columns.max(1))) {
        for &(item, _) in bags.row(row) {
            if let Some(slot) = slots.get_mut(item as usize) {
                *slot = 1.0;
            }
        }
    }
    Tensor::from_data(TensorData::new(values, shape), device)
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator;

    use super::*;
    use crate::random::Init;

    fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
        tensor.into_data().try_into_vec().unwrap()
    }

    fn assert_close(a: &[f32], b: &[f32]) {
        assert_eq!(a.len(), b.len());
        let scale = b.iter().fold(1e-6f32, |max, b| max.max(b.abs()));
        assert!(
            a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-5 * scale),
            "{a:?}\n{b:?}"
        );
    }

    /// Bags of two items, of none, of one and of all four.
    fn bags() -> SparseRows {
        let items = [0, 3, 2, 0, 1, 2, 3];
        let elements = items.into_iter().map(|item| (item, 0.3)).collect();
        SparseRows {
            starts: vec![0, 2, 2, 3, 7],
            elements,
            n_columns: 4,
        }
    }

    /// Blocks of two rows against burn's autodiff of the formula as the papers write it.
    #[test]
    fn loss_and_gradients_are_those_of_autodiff() {
        let device = Device::flex().autodiff();
        let init = &mut Init::new(4, &device);
        let mut output = init.dense(3, 4);
        output.bias = Some(init.normal(0.5, [4]));
        let hidden = init.normal(1.0, [4, 3]).val().detach().require_grad();
        let targets = dense(&bags(), 0..4, &device);
        for likelihood in Likelihood::iter() {
            let logits = output.forward(hidden.clone());
            let nll = match likelihood {
                Likelihood::Multinomial => (activation::log_softmax(logits, 1) * targets.clone())
                    .sum()
                    .neg(),
                Likelihood::Bernoulli => {
                    let p = activation::sigmoid(logits);
                    let q = p.clone().neg().add_scalar(1.0);
                    let absent = targets.clone().neg().add_scalar(1.0);
                    (p.log() * targets.clone() + q.log() * absent).sum().neg()
                }
            };
            let exact = nll.backward();
            let (scalar, ours) = likelihood.of_bags(hidden.clone(), &output, &bags());
            assert_close(&values(ours), &values(nll.inner()));
            let found = scalar.backward();
            assert_close(
                &values(hidden.grad(&found).unwrap()),
                &values(hidden.grad(&exact).unwrap()),
            );
            let of_weight = |gradients| values(output.weight.grad(gradients).unwrap());
            assert_close(&of_weight(&found), &of_weight(&exact));
            let of_bias =
                |gradients| values(output.bias.as_ref().unwrap().grad(gradients).unwrap());
            assert_close(&of_bias(&found), &of_bias(&exact));

            let plain = |at_a_time| {
                let bias = output.bias.as_ref().unwrap().val().inner().unsqueeze::<2>();
                let weight = output.weight.val().inner();
                likelihood.by_blocks(
                    &hidden.clone().inner(),
                    &weight,
                    Some(&bias),
                    &bags(),
                    at_a_time,
                )
            };
            let (two, all) = (plain(2), plain(100));
            assert_close(&values(two.nll), &values(all.nll));
            assert_close(&values(two.d_hidden), &values(all.d_hidden));
            assert_close(&values(two.d_weight), &values(all.d_weight));
            assert_close(&values(two.d_bias), &values(all.d_bias));
        }
    }

    /// Logits of ±400 and a bag that holds the lower one: 800 nats where they compete; 400 + 400
    /// apart.
    #[test]
    fn hopeless_bags_have_a_finite_loss() {
        let logits = || Tensor::<2>::from_data([[400.0f32, -400.0]], &Device::flex());
        let bag = || Tensor::<2>::from_data([[0.0f32, 1.0]], &Device::flex());
        for likelihood in Likelihood::iter() {
            let (nll, d_logits) = likelihood.of_logits(logits(), bag());
            assert_eq!(
                (values(nll), values(d_logits)),
                (vec![800.0], vec![1.0, -1.0]),
                "{likelihood}"
            );
        }
    }
}
