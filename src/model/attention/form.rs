//! The words in which the forms of a Transformer are chosen.

use burn::prelude::*;
use burn::tensor::activation::relu;

use seqscope_base::spec::Problem;

seqscope_base::spec::choice! {
    /// Place of the layer norms in a block.
    pub enum NormPlace {
        /// Before attention and feed-forward, and once more at the end: Radford et al. 2019
        /// (GPT-2), and SASRec's published code.
        #[default]
        Before,
        /// After each residual sum, as in Vaswani et al. 2017 and Devlin et al. 2019.
        After,
    }
}

seqscope_base::spec::choice! {
    /// Activation between the two layers of a feed-forward part.
    pub enum Activation {
        /// max(0, x): Vaswani et al. 2017.
        #[default]
        Relu,
        /// x Φ(x): Hendrycks & Gimpel 2016; GPT and BERT.
        Gelu,
    }
}

seqscope_base::spec::choice! {
    /// Way in which a Transformer knows the places of events.
    pub enum Positions {
        /// A learnt vector for each place, counted from the latest event, as in `SASRec`.
        #[default]
        Learned,
        /// Fixed sines and cosines: Vaswani et al. 2017, section 3.5.
        Sinusoidal,
        /// Queries and keys are turned by their places, so that scores depend on distances: Su et
        /// al. 2021.
        Rotary,
        /// Not at all: a causal Transformer still knows who came before whom.
        None,
    }
}

/// The activation's values. `[..]`
///
/// The normal distribution function comes from erf itself: burn's own GELU goes back through an
/// approximation of it that is off by a thousandth.
pub(crate) fn activated<const D: usize>(activation: Activation, x: Tensor<D>) -> Tensor<D> {
    match activation {
        Activation::Relu => {
            #[cfg(test)]
            crate::tests::kink::note(&x);
            relu(x)
        }
        Activation::Gelu => {
            let twice = x
                .clone()
                .mul_scalar(std::f32::consts::FRAC_1_SQRT_2)
                .erf()
                .add_scalar(1.0);
            x * twice.mul_scalar(0.5)
        }
    }
}

/// Finds what does not fit among width, heads and positions.
pub(crate) fn head_problems(d_model: usize, n_heads: usize, positions: Positions) -> Vec<Problem> {
    if n_heads == 0 {
        return Vec::new();
    }
    if !d_model.is_multiple_of(n_heads) {
        let sentence =
            format!("{n_heads} heads do not divide the width {d_model}; choose a divisor of it.");
        return vec![Problem::error("n_heads", sentence)];
    }
    let d_head = d_model / n_heads;
    if positions == Positions::Rotary && !d_head.is_multiple_of(2) {
        let sentence = format!(
            "Rotary positions turn pairs of numbers, but a head is {d_head} wide; choose a width \
             that twice the number of heads divides."
        );
        return vec![Problem::error("positions", sentence)];
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// x Φ(x) at −1, 0, ½ and 2, where Φ is .158655, ½, .691462, .977250; slopes Φ(x) + x φ(x), φ
    /// being .241971, .398942, .352065, .053991.
    #[test]
    fn gelu_and_its_slope_are_exact() {
        let x = Tensor::<1>::from_data([-1.0f32, 0.0, 0.5, 2.0], &Device::flex().autodiff())
            .require_grad();
        let y = activated(Activation::Gelu, x.clone());
        let slopes = x.grad(&y.clone().sum().backward()).unwrap();
        let near = |found: Vec<f32>, expected: [f32; 4]| {
            found
                .iter()
                .zip(expected)
                .for_each(|(a, b)| assert!((a - b).abs() < 1e-5, "{found:?}"));
        };
        near(
            y.inner().into_data().try_into_vec().unwrap(),
            [-0.158_655, 0.0, 0.345_731, 1.954_5],
        );
        near(
            slopes.into_data().try_into_vec().unwrap(),
            [-0.083_315, 0.5, 0.867_495, 1.085_232],
        );
    }

    #[test]
    fn heads_that_do_not_fit_are_told_with_the_cure() {
        assert!(head_problems(64, 2, Positions::Rotary).is_empty());
        assert_eq!(head_problems(64, 3, Positions::Learned)[0].field, "n_heads");
        assert_eq!(head_problems(6, 2, Positions::Rotary)[0].field, "positions");
        assert!(head_problems(6, 2, Positions::Sinusoidal).is_empty());
    }
}
