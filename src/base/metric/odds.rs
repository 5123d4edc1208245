//! Probability of each item by a row of scores: one definition for every figure that is called a
//! probability.

/// The softmax of a row of scores over *all* items of the catalogue, whether or not seen ones are
/// ranked: an item's probability is the same in a list, in a timeline and in the results, and the
/// mean of its logarithm is the loss.
///
/// Column 0 is padding and takes no part. NaN where a score is NaN, since then the model says
/// nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Odds {
    largest: f32,
    ln_sum: f64,
}

impl Odds {
    /// Over what a probability is, to stand beside it wherever it is told.
    pub const OVER: &'static str = "all items";

    /// Makes the odds of one row of scores, `[n_items + 1]`.
    #[must_use]
    pub fn from_scores(scores: &[f32]) -> Self {
        let catalogue = scores.get(1..).unwrap_or(&[]);
        let largest = catalogue.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let sum: f64 = catalogue
            .iter()
            .map(|&score| f64::from(score - largest).exp())
            .sum();
        Self {
            largest,
            ln_sum: sum.ln(),
        }
    }

    /// Natural logarithm of an item's probability, from its place in the row that these odds are
    /// of; NaN for padding and what is no item.
    #[must_use]
    pub fn log_probability(&self, scores: &[f32], item: usize) -> f64 {
        let score = scores.get(item).filter(|_| item > 0);
        score.map_or(f64::NAN, |&score| {
            f64::from(score - self.largest) - self.ln_sum
        })
    }

    /// An item's probability.
    #[must_use]
    pub fn probability(&self, scores: &[f32], item: usize) -> f64 {
        self.log_probability(scores, item).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_takes_no_part_and_large_scores_do_not_overflow() {
        // softmax(1000, 1000 + ln 3) = (1/4, 3/4)
        let scores = [5000.0, 1000.0, 1000.0 + 3.0_f32.ln()];
        let odds = Odds::from_scores(&scores);
        assert!((odds.probability(&scores, 2) - 0.75).abs() < 1e-4);
        assert!((odds.probability(&scores, 1) - 0.25).abs() < 1e-4);
        assert!(odds.probability(&scores, 0).is_nan() && odds.probability(&scores, 3).is_nan());
        let broken = [0.0, f32::NAN, 1.0];
        assert!(
            Odds::from_scores(&broken).probability(&broken, 2).is_nan(),
            "a model that broke says nothing"
        );
        assert!(Odds::from_scores(&[]).probability(&[], 1).is_nan());
    }
}
