//! Whether probabilities are frequencies: the reliability table and its one number.

use serde::{Deserialize, Serialize};

/// Bins of equal width between 0 and 1.
///
/// # Source
/// Guo et al. 2017 use 15.
pub const N_BINS: usize = 15;

/// One bin of a reliability table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityBin {
    /// Answers in it.
    pub n: usize,
    /// Mean probability that was given.
    pub confidence: f64,
    /// Share that came true.
    pub frequency: f64,
}

/// Probabilities beside frequencies, in [`N_BINS`] bins: bin `b` holds those from `b / N_BINS` up
/// to but without the next, the last one holds 1 too. Guo et al. 2017 and scikit-learn's
/// `calibration_curve` have the edge in the bin below it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reliability {
    /// The bins, in order; empty ones too.
    pub bins: Vec<ReliabilityBin>,
}

impl Reliability {
    /// The table of pairs of a probability and what came of it: 1 if it came true, 0 if not, a
    /// share where it was tied.
    ///
    /// A probability outside of 0 to 1 is taken as the nearer of them; NaN as 1 where nothing came
    /// of it and as 0 where something did, since a broken model must not look calibrated.
    #[must_use]
    pub fn from_pairs(pairs: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let mut sums = vec![(0_usize, 0.0, 0.0); N_BINS];
        for (probability, outcome) in pairs {
            let probability = surest_wrong(probability, outcome);
            let at = ((probability * N_BINS as f64) as usize).min(N_BINS - 1);
            if let Some((n, confidence, frequency)) = sums.get_mut(at) {
                *n += 1;
                *confidence += probability;
                *frequency += outcome;
            }
        }
        let bins = sums.into_iter().map(|(n, confidence, frequency)| {
            let whole = n.max(1) as f64;
            ReliabilityBin {
                n,
                confidence: confidence / whole,
                frequency: frequency / whole,
            }
        });
        Self {
            bins: bins.collect(),
        }
    }

    /// Returns the number of all answers.
    #[must_use]
    pub fn n_answers(&self) -> usize {
        self.bins.iter().map(|bin| bin.n).sum()
    }

    /// The bins that have answers, with their places.
    pub fn filled(&self) -> impl Iterator<Item = (usize, &ReliabilityBin)> {
        self.bins.iter().enumerate().filter(|(_, bin)| bin.n > 0)
    }

    /// Lower and upper bound of a bin.
    #[must_use]
    pub fn bounds(bin: usize) -> (f64, f64) {
        (bin as f64 / N_BINS as f64, (bin + 1) as f64 / N_BINS as f64)
    }

    /// Expected calibration error: mean distance of confidence and frequency, weighted by the bins'
    /// numbers (Guo et al. 2017, equation 3). NaN without answers.
    #[must_use]
    pub fn ece(&self) -> f64 {
        let n = self.n_answers();
        let distance = |bin: &ReliabilityBin| bin.n as f64 * (bin.confidence - bin.frequency).abs();
        self.bins.iter().map(distance).sum::<f64>() / n as f64
    }
}

/// A probability as it is judged: within 0 to 1, and NaN as the surest wrong answer.
pub(super) fn surest_wrong(probability: f64, outcome: f64) -> f64 {
    if probability.is_nan() {
        f64::from(u8::from(outcome < 0.5))
    } else {
        probability.clamp(0.0, 1.0)
    }
}
