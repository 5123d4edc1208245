//! One of a few classes: accuracy, precision, recall, F1, log loss, calibration.

use super::binary::{LEAST_PROBABILITY, ratio};
use super::calibration::Reliability;
use super::{AnswerKind, Metric, Metrics};

/// One answer: how much of it goes to each class, and what it was sure of.
struct ClassAnswer {
    /// Share of the answer that each class gets: the likeliest one all, likeliest ones that are
    /// tied even parts.
    shares: Vec<f64>,
    /// Probability of the likeliest class.
    confidence: f64,
    /// Probability of the true class.
    of_truth: f64,
}

impl ClassAnswer {
    /// A row with NaN or without probabilities is sure of every wrong class alike.
    fn new(truth: usize, row: &[f64]) -> Self {
        if row.is_empty() || row.iter().any(|p| p.is_nan()) || truth >= row.len() {
            let others = (row.len().max(2) - 1) as f64;
            let shares = (0..row.len())
                .map(|class| if class == truth { 0.0 } else { 1.0 / others })
                .collect();
            return Self {
                shares,
                confidence: 1.0,
                of_truth: 0.0,
            };
        }
        let highest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        #[expect(
            clippy::float_cmp,
            reason = "a tie is exact equality; anything nearer would invent ties"
        )]
        let is_highest = |p: &f64| *p == highest;
        let n_tied = row.iter().filter(|p| is_highest(p)).count() as f64;
        Self {
            shares: row
                .iter()
                .map(|p| if is_highest(p) { 1.0 / n_tied } else { 0.0 })
                .collect(),
            confidence: highest,
            of_truth: row.get(truth).copied().unwrap_or(0.0),
        }
    }

    fn log_loss(&self) -> f64 {
        -self.of_truth.clamp(LEAST_PROBABILITY, 1.0).ln()
    }

    fn of_class(&self, class: usize) -> f64 {
        self.shares.get(class).copied().unwrap_or(0.0)
    }
}

/// Counts of one class.
#[derive(Clone, Copy, Default)]
struct Counts {
    hits: f64,
    answered: f64,
    true_ones: f64,
}

impl Metrics {
    /// Metrics of probabilities of classes; no values without questions.
    ///
    /// An answer is the likeliest class; likeliest ones that are tied get even parts of it, so
    /// constant probabilities get what chance would. A row with NaN is wrong, and sure of it. Macro
    /// means go over the classes that occur in truth or answers; a share of nothing is 0.
    ///
    /// # Shapes
    /// `truth`: `[n]`, class numbers from 0. `probabilities`: `[n, n_classes]`, row by row; the
    /// number of classes follows from the lengths.
    #[must_use]
    pub fn of_classes(truth: &[usize], probabilities: &[f64]) -> Self {
        let metrics = Self::new(AnswerKind::Classes, truth.len());
        if truth.is_empty() {
            return metrics;
        }
        let n_classes = probabilities.len() / truth.len();
        let answers = answers(truth, probabilities);
        let n = truth.len() as f64;
        let right: Vec<f64> = truth
            .iter()
            .zip(&answers)
            .map(|(&class, answer)| answer.of_class(class))
            .collect();
        let accuracy = right.iter().sum::<f64>() / n;
        let log_loss = answers.iter().map(ClassAnswer::log_loss).sum::<f64>() / n;
        // With one class an answer, every wrong answer is one false yes and one false no.
        let micro = [Metric::PrecisionMicro, Metric::RecallMicro, Metric::F1Micro];
        let metrics = micro
            .into_iter()
            .fold(metrics, |metrics, metric| metrics.with(metric, accuracy));
        of_each_class(metrics, &counts(truth, &answers, n_classes))
            .with(Metric::Accuracy, accuracy)
            .with(Metric::LogLoss, log_loss)
            .with(
                Metric::Ece,
                Reliability::of_classes(truth, probabilities).ece(),
            )
    }
}

impl Reliability {
    /// The table of the probabilities of the likeliest classes, beside how often they were the true
    /// ones (Guo et al. 2017); as [`Metrics::of_classes`] judges them, with the same shapes.
    #[must_use]
    pub fn of_classes(truth: &[usize], probabilities: &[f64]) -> Self {
        let answers = answers(truth, probabilities);
        Self::from_pairs(
            truth
                .iter()
                .zip(&answers)
                .map(|(&class, answer)| (answer.confidence, answer.of_class(class))),
        )
    }
}

/// An answer to each question.
fn answers(truth: &[usize], probabilities: &[f64]) -> Vec<ClassAnswer> {
    let n_classes = probabilities.len() / truth.len().max(1);
    truth
        .iter()
        .enumerate()
        .map(|(at, &class)| {
            let row = probabilities.get(at * n_classes..(at + 1) * n_classes);
            ClassAnswer::new(class, row.unwrap_or(&[]))
        })
        .collect()
}

impl Metric {
    /// Returns what one answer adds to a metric that is a mean over answers (accuracy, log loss);
    /// `None` for another metric. `row` holds the probability of each class.
    #[must_use]
    pub fn of_class(self, truth: usize, row: &[f64]) -> Option<f64> {
        let answer = ClassAnswer::new(truth, row);
        match self {
            Self::Accuracy => Some(answer.of_class(truth)),
            Self::LogLoss => Some(answer.log_loss()),
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
            | Self::Brier
            | Self::Ece
            | Self::F1
            | Self::Precision
            | Self::Recall
            | Self::Mae
            | Self::Rmse => None,
        }
    }
}

fn counts(truth: &[usize], answers: &[ClassAnswer], n_classes: usize) -> Vec<Counts> {
    let n_classes = truth
        .iter()
        .map(|class| class + 1)
        .max()
        .unwrap_or(0)
        .max(n_classes);
    let mut counts = vec![Counts::default(); n_classes];
    for (&class, answer) in truth.iter().zip(answers) {
        for (counts, share) in counts.iter_mut().zip(&answer.shares) {
            counts.answered += share;
        }
        if let Some(counts) = counts.get_mut(class) {
            counts.true_ones += 1.0;
            counts.hits += answer.of_class(class);
        }
    }
    counts.retain(|counts| counts.answered > 0.0 || counts.true_ones > 0.0);
    counts
}

fn of_each_class(metrics: Metrics, counts: &[Counts]) -> Metrics {
    let mean = |of: fn(&Counts) -> f64| counts.iter().map(of).sum::<f64>() / counts.len() as f64;
    metrics
        .with(Metric::PrecisionMacro, mean(|c| ratio(c.hits, c.answered)))
        .with(Metric::RecallMacro, mean(|c| ratio(c.hits, c.true_ones)))
        .with(
            Metric::F1Macro,
            mean(|c| ratio(2.0 * c.hits, c.answered + c.true_ones)),
        )
}
