//! Yes or no: AUC, PR-AUC, log loss, Brier score, calibration, and what a threshold of .5 gives.

use super::calibration::{Reliability, surest_wrong};
use super::{AnswerKind, Metric, Metrics};

/// Probabilities are kept this far away from 0 before their logarithm is taken.
pub(super) const LEAST_PROBABILITY: f64 = 1e-15;

/// Said where AUC and PR-AUC have no value.
const ONE_CLASS: &str = "all true answers are alike, so no yes can be compared with a no; take a \
                         longer horizon or another behaviour";

impl Metrics {
    /// Metrics of probabilities of "yes"; no values without questions.
    ///
    /// NaN counts as the surest wrong answer: probability 1 of what did not happen, and the last
    /// place among the ranks. Equal probabilities share their places. With one class only, AUC and
    /// PR-AUC are missing with a sentence. Labels and probabilities belong together in order; what
    /// one has more than the other is passed over.
    #[must_use]
    pub fn of_binary(labels: &[bool], probabilities: &[f64]) -> Self {
        let pairs: Vec<(bool, f64)> = labels
            .iter()
            .copied()
            .zip(probabilities.iter().copied())
            .collect();
        let metrics = Self::new(AnswerKind::Binary, pairs.len());
        if pairs.is_empty() {
            return metrics;
        }
        let n = pairs.len() as f64;
        let judged: Vec<(f64, f64)> = pairs
            .iter()
            .map(|&(yes, p)| (surest_wrong(p, outcome(yes)), outcome(yes)))
            .collect();
        let mean =
            |term: fn(f64, f64) -> f64| judged.iter().map(|&(p, y)| term(p, y)).sum::<f64>() / n;
        let metrics = thresholded(metrics, &judged)
            .with(Metric::LogLoss, mean(log_loss_term))
            .with(Metric::Brier, mean(brier_term))
            .with(
                Metric::Ece,
                Reliability::of_binary(labels, probabilities).ece(),
            );
        match AnswerSteps::from_pairs(&pairs) {
            Some(steps) => metrics
                .with(Metric::Auc, steps.auc())
                .with(Metric::PrAuc, steps.average_precision()),
            None => metrics
                .without(Metric::Auc, ONE_CLASS)
                .without(Metric::PrAuc, ONE_CLASS),
        }
    }
}

impl Reliability {
    /// The table of probabilities of "yes", beside how often it was yes; as [`Metrics::of_binary`]
    /// judges them.
    #[must_use]
    pub fn of_binary(labels: &[bool], probabilities: &[f64]) -> Self {
        let pairs = labels.iter().zip(probabilities);
        Self::from_pairs(pairs.map(|(&yes, &p)| (p, outcome(yes))))
    }
}

impl Metric {
    /// Returns what one answer adds to a metric that is a mean over answers (log loss, Brier score,
    /// accuracy); `None` for another metric.
    #[must_use]
    pub fn of_yes(self, yes: bool, probability: f64) -> Option<f64> {
        let outcome = outcome(yes);
        let probability = surest_wrong(probability, outcome);
        let called = called_yes(probability);
        match self {
            Self::LogLoss => Some(log_loss_term(probability, outcome)),
            Self::Brier => Some(brier_term(probability, outcome)),
            Self::Accuracy => Some(called * outcome + (1.0 - called) * (1.0 - outcome)),
            Self::Ndcg10
            | Self::Hr10
            | Self::Mrr
            | Self::Hr1
            | Self::Hr5
            | Self::Hr20
            | Self::Ndcg5
            | Self::Ndcg20
            | Self::Recall10
            | Self::Recall20
            | Self::Map10
            | Self::Coverage10
            | Self::Gini10
            | Self::Novelty10
            | Self::PopularityLift10
            | Self::F1Macro
            | Self::PrecisionMacro
            | Self::RecallMacro
            | Self::F1Micro
            | Self::PrecisionMicro
            | Self::RecallMicro
            | Self::Auc
            | Self::PrAuc
            | Self::Ece
            | Self::F1
            | Self::Precision
            | Self::Recall
            | Self::Mae
            | Self::Rmse => None,
        }
    }
}

/// 1 for a yes, else 0.
pub(super) fn outcome(yes: bool) -> f64 {
    f64::from(u8::from(yes))
}

/// Negative logarithm of the probability of what happened, in nats.
pub(super) fn log_loss_term(probability: f64, outcome: f64) -> f64 {
    let given = if outcome > 0.5 {
        probability
    } else {
        1.0 - probability
    };
    -given.max(LEAST_PROBABILITY).ln()
}

/// Squared distance of the probability from what happened.
pub(super) fn brier_term(probability: f64, outcome: f64) -> f64 {
    (probability - outcome) * (probability - outcome)
}

/// Returns how far a probability counts as a yes: wholly above .5, half at .5.
#[expect(clippy::float_cmp, reason = "a tie between yes and no is exactly .5")]
pub(super) fn called_yes(probability: f64) -> f64 {
    if probability == 0.5 {
        0.5
    } else {
        f64::from(u8::from(probability > 0.5))
    }
}

fn thresholded(metrics: Metrics, judged: &[(f64, f64)]) -> Metrics {
    let (mut hits, mut called, mut yes, mut right) = (0.0, 0.0, 0.0, 0.0);
    for &(probability, outcome) in judged {
        let call = called_yes(probability);
        hits += call * outcome;
        called += call;
        yes += outcome;
        right += call * outcome + (1.0 - call) * (1.0 - outcome);
    }
    metrics
        .with(Metric::Accuracy, right / judged.len() as f64)
        .with(Metric::Precision, ratio(hits, called))
        .with(Metric::Recall, ratio(hits, yes))
        .with(Metric::F1, ratio(2.0 * hits, called + yes))
}

/// A share, 0 where there is nothing to share.
pub(super) fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

/// Answers from the surest yes down, equal ones together.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Sorted {
    /// Place of each answer as it was given, and whether it is a yes.
    answers: Vec<(usize, bool)>,
    /// End of each level of equal probabilities among them.
    ends: Vec<usize>,
}

impl Sorted {
    pub(super) fn from_pairs(pairs: &[(bool, f64)]) -> Self {
        let rows = pairs.iter().enumerate();
        let mut sorted: Vec<(f64, usize, bool)> = rows
            .map(|(at, &(yes, p))| {
                // NaN is as wrong as can be.
                let probability = match (p.is_nan(), yes) {
                    (false, _) => p,
                    (true, true) => f64::NEG_INFINITY,
                    (true, false) => f64::INFINITY,
                };
                (probability, at, yes)
            })
            .collect();
        sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut ends = Vec::new();
        #[expect(
            clippy::float_cmp,
            reason = "a tie is exact equality; anything nearer would invent ties"
        )]
        for level in sorted.chunk_by(|a, b| a.0 == b.0) {
            ends.push(ends.last().copied().unwrap_or(0) + level.len());
        }
        Self {
            answers: sorted.into_iter().map(|(_, at, yes)| (at, yes)).collect(),
            ends,
        }
    }

    /// The levels with each answer counted as often as `times` says of its place; `None` where that
    /// leaves one class only.
    pub(super) fn steps(&self, times: impl Fn(usize) -> f64) -> Option<AnswerSteps> {
        let (mut n_yes, mut n_no, mut from) = (0.0, 0.0, 0);
        let mut levels = Vec::with_capacity(self.ends.len());
        for &end in &self.ends {
            let (mut yes, mut no) = (0.0, 0.0);
            for &(at, is_yes) in self.answers.get(from..end).unwrap_or(&[]) {
                *if is_yes { &mut yes } else { &mut no } += times(at);
            }
            from = end;
            n_yes += yes;
            n_no += no;
            levels.push((yes, no));
        }
        (n_yes > 0.0 && n_no > 0.0).then_some(AnswerSteps {
            levels,
            n_yes,
            n_no,
        })
    }
}

/// The answers from the surest yes down, equal ones in one step: numbers of yes and no.
pub(super) struct AnswerSteps {
    levels: Vec<(f64, f64)>,
    n_yes: f64,
    n_no: f64,
}

impl AnswerSteps {
    /// `None` where there is one class only.
    fn from_pairs(pairs: &[(bool, f64)]) -> Option<Self> {
        Sorted::from_pairs(pairs).steps(|_| 1.0)
    }

    /// Share of pairs of a yes and a no that are in the right order, ties half.
    pub(super) fn auc(&self) -> f64 {
        let mut yes_above = 0.0;
        let mut pairs = 0.0;
        for (yes, no) in &self.levels {
            pairs += no * (yes_above + yes / 2.0);
            yes_above += yes;
        }
        pairs / (self.n_yes * self.n_no)
    }

    /// Precision at every step, weighted by the recall that the step adds.
    pub(super) fn average_precision(&self) -> f64 {
        let (mut yes_above, mut above, mut sum) = (0.0, 0.0, 0.0);
        for (yes, no) in &self.levels {
            yes_above += yes;
            above += yes + no;
            // A level that nobody was counted in adds nothing, and has no precision.
            sum += if *yes > 0.0 {
                yes / self.n_yes * (yes_above / above)
            } else {
                0.0
            };
        }
        sum
    }
}
