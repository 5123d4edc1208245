//! The arithmetic of one attention weight, step by step.

use seqscope_model::HeadTerms;

/// One weight of a head with all that it is made of (Vaswani et al. 2017, eq. 1).
#[derive(Clone, Debug, PartialEq)]
pub struct CellArithmetic {
    /// Place of the looking event among those that are read.
    pub row: usize,
    /// Place of the event that is looked at.
    pub col: usize,
    /// Query of the looking event. `[d_head]`
    pub query: Vec<f32>,
    /// Key of the other. `[d_head]`
    pub key: Vec<f32>,
    /// Value of the other. `[d_head]`
    pub value: Vec<f32>,
    /// Query times key.
    pub product: f64,
    /// The product over √`d_head`.
    pub scaled: f64,
    /// Bias that is added: −10000 where the mask hides the event.
    pub bias: f64,
    /// The largest score of the row, which is taken off before the exponential so that none
    /// overflows.
    pub largest: f64,
    /// e to the power of the score less the largest.
    pub exponential: f64,
    /// Sum of the exponentials of the row.
    pub sum: f64,
    /// The weight: the exponential over the sum.
    pub weight: f64,
    /// Output of the head for the looking event: all values times their weights. `[d_head]`
    pub output: Vec<f64>,
}

impl CellArithmetic {
    /// Works out one weight; `None` where there is no such cell.
    #[must_use]
    pub fn of(terms: &HeadTerms, row: usize, col: usize) -> Option<Self> {
        let HeadTerms { len, d_head, .. } = *terms;
        let part = |values: &[f32], at: usize| -> Option<Vec<f32>> {
            values
                .get(at * d_head..(at + 1) * d_head)
                .map(<[f32]>::to_vec)
        };
        let query = part(&terms.query, row)?;
        let biases = terms.bias.get(row * len..(row + 1) * len)?;
        let product = |other: usize| -> Option<f64> {
            let key = terms.key.get(other * d_head..(other + 1) * d_head)?;
            let terms = query.iter().zip(key);
            Some(terms.map(|(q, k)| f64::from(*q) * f64::from(*k)).sum())
        };
        let root = (d_head as f64).sqrt();
        let scores: Vec<f64> = biases
            .iter()
            .enumerate()
            .map(|(at, bias)| Some(product(at)? / root + f64::from(*bias)))
            .collect::<Option<_>>()?;
        let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let exponentials: Vec<f64> = scores.iter().map(|score| (score - largest).exp()).collect();
        let sum: f64 = exponentials.iter().sum();
        let mut output = vec![0.0; d_head];
        for (exponential, value) in exponentials
            .iter()
            .zip(terms.value.chunks_exact(d_head.max(1)))
        {
            let weight = exponential / sum;
            let outputs = output.iter_mut().zip(value);
            outputs.for_each(|(output, value)| *output += weight * f64::from(*value));
        }
        let exponential = *exponentials.get(col)?;
        let product = product(col)?;
        Some(Self {
            row,
            col,
            key: part(&terms.key, col)?,
            value: part(&terms.value, col)?,
            query,
            product,
            scaled: product / root,
            bias: f64::from(*biases.get(col)?),
            largest,
            exponential,
            sum,
            weight: exponential / sum,
            output,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two events of heads four wide: the second's query (2, 0, 0, 0) with keys (1, ..) and (3, ..)
    /// gives products 2 and 6, over √4 = 2 scores 1 and 3, and with a bias of 1 on the first 2 and
    /// 3: weights e⁻¹ / (1 + e⁻¹) = .268941 and .731059.
    #[test]
    fn a_weight_is_worked_out_step_by_step() {
        let mut terms = HeadTerms {
            first: 0,
            len: 2,
            d_head: 4,
            query: vec![9.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0],
            key: vec![1.0, 5.0, 0.0, 0.0, 3.0, 5.0, 0.0, 0.0],
            value: vec![1.0, 0.0, 0.0, 0.0, 0.0, 10.0, 0.0, 0.0],
            bias: vec![0.0, -1.0e4, 1.0, 0.0],
        };
        let near = |found: f64, expected: f64| {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        };
        let found = CellArithmetic::of(&terms, 1, 0).unwrap();
        near(found.product, 2.0);
        near(found.scaled, 1.0);
        near(found.bias, 1.0);
        near(found.largest, 3.0);
        near(found.exponential, (-1.0_f64).exp());
        near(found.weight, 0.268_941);
        near(found.output[0], 0.268_941);
        near(found.output[1], 7.310_586);
        // The mask hides the later event.
        near(CellArithmetic::of(&terms, 0, 1).unwrap().weight, 0.0);
        near(CellArithmetic::of(&terms, 0, 0).unwrap().weight, 1.0);
        assert_eq!(CellArithmetic::of(&terms, 2, 0), None);
        assert_eq!(CellArithmetic::of(&terms, 0, 2), None);
        terms.key.truncate(4);
        assert_eq!(CellArithmetic::of(&terms, 1, 0), None);
    }
}
