//! A metric as a function of how often each user counts: what a bootstrap over users draws again
//! and again.

use super::Metric;
use super::binary::{Sorted, called_yes, outcome};
use super::calibration::surest_wrong;

/// A metric of some users' answers that can be worked out anew with every user counted any number
/// of times.
///
/// Users are places `0..n_users`. With each counted once it is the metric itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure(FigureForm);

#[derive(Clone, Debug, PartialEq)]
enum FigureForm {
    /// A sum over users divided by another.
    Quotient(Vec<[f64; 2]>),
    /// The root of such a quotient.
    Root(Vec<[f64; 2]>),
    /// Mean over classes of F1: truth and answer of each user.
    MacroF1 {
        n_classes: usize,
        answers: Vec<(usize, Option<usize>)>,
    },
    /// Area under the ROC curve.
    Auc(Sorted),
    /// Average precision.
    AveragePrecision(Sorted),
}

impl Figure {
    /// The mean of the users' values.
    #[must_use]
    pub fn mean(values: &[f64]) -> Self {
        Self(FigureForm::Quotient(
            values.iter().map(|&value| [value, 1.0]).collect(),
        ))
    }

    /// A metric of yes or no that is no mean over users (AUC, PR-AUC, F1, precision, recall);
    /// `None` for another one. One label and one probability of "yes" a user; NaN as in
    /// [`super::Metrics::of_binary`].
    #[must_use]
    pub fn of_binary(metric: Metric, answers: &[(bool, f64)]) -> Option<Self> {
        let term: fn(f64, f64) -> [f64; 2] = match metric {
            Metric::Auc => return Some(Self(FigureForm::Auc(Sorted::from_pairs(answers)))),
            Metric::PrAuc => {
                let sorted = Sorted::from_pairs(answers);
                return Some(Self(FigureForm::AveragePrecision(sorted)));
            }
            Metric::F1 => |call, yes| [2.0 * call * yes, call + yes],
            Metric::Precision => |call, yes| [call * yes, call],
            Metric::Recall => |call, yes| [call * yes, yes],
            Metric::Ndcg10
            | Metric::Hr10
            | Metric::Mrr
            | Metric::Hr1
            | Metric::Hr5
            | Metric::Hr20
            | Metric::Ndcg5
            | Metric::Ndcg20
            | Metric::Recall10
            | Metric::Recall20
            | Metric::Map10
            | Metric::Coverage10
            | Metric::Gini10
            | Metric::Novelty10
            | Metric::PopularityLift10
            | Metric::Accuracy
            | Metric::F1Macro
            | Metric::PrecisionMacro
            | Metric::RecallMacro
            | Metric::F1Micro
            | Metric::PrecisionMicro
            | Metric::RecallMicro
            | Metric::LogLoss
            | Metric::Brier
            | Metric::Ece
            | Metric::Mae
            | Metric::Rmse => return None,
        };
        let terms = answers.iter().map(|&(yes, probability)| {
            let outcome = outcome(yes);
            term(called_yes(surest_wrong(probability, outcome)), outcome)
        });
        Some(Self(FigureForm::Quotient(terms.collect())))
    }

    /// Macro F1 of the true and the answered class of each user; no class was answered where
    /// several are tied, which is wrong, while [`super::Metrics::of_classes`] counts each of them
    /// by its share.
    #[must_use]
    pub fn macro_f1(answers: &[(usize, Option<usize>)]) -> Self {
        let n_classes = answers
            .iter()
            .map(|&(truth, answer)| truth.max(answer.unwrap_or(truth)) + 1)
            .max()
            .unwrap_or(0);
        Self(FigureForm::MacroF1 {
            n_classes,
            answers: answers.to_vec(),
        })
    }

    /// Root mean squared error of each user's error.
    #[must_use]
    pub fn rmse(errors: &[f64]) -> Self {
        Self(FigureForm::Root(
            errors.iter().map(|error| [error * error, 1.0]).collect(),
        ))
    }

    /// The metric with each user counted so often. NaN where it has no value: nobody is counted, or
    /// one class only where it needs two. A quotient of nothing by nothing is 0, as in
    /// [`super::Metrics`].
    ///
    /// # Shapes
    /// `counts`: `[n_users]`; users beyond its end are not counted.
    #[must_use]
    pub fn at(&self, counts: &[u32]) -> f64 {
        let times = |at: usize| counts.get(at).copied().map_or(0.0, f64::from);
        match &self.0 {
            FigureForm::Quotient(terms) => quotient(terms, counts),
            FigureForm::Root(terms) => quotient(terms, counts).sqrt(),
            FigureForm::MacroF1 { n_classes, answers } => macro_f1(*n_classes, answers, counts),
            FigureForm::Auc(sorted) => sorted.steps(times).map_or(f64::NAN, |steps| steps.auc()),
            FigureForm::AveragePrecision(sorted) => sorted
                .steps(times)
                .map_or(f64::NAN, |steps| steps.average_precision()),
        }
    }
}

fn quotient(terms: &[[f64; 2]], counts: &[u32]) -> f64 {
    let (mut above, mut below, mut n_counted) = (0.0, 0.0, 0_u64);
    for ([part, whole], &count) in terms.iter().zip(counts) {
        above += part * f64::from(count);
        below += whole * f64::from(count);
        n_counted += u64::from(count);
    }
    match (n_counted, below > 0.0) {
        (0, _) => f64::NAN,
        (_, true) => above / below,
        (_, false) => 0.0,
    }
}

fn macro_f1(n_classes: usize, answers: &[(usize, Option<usize>)], counts: &[u32]) -> f64 {
    // Of each class: twice its hits, and how often it is true or answered.
    let mut sums = vec![[0.0_f64; 2]; n_classes];
    for (&(truth, answer), &count) in answers.iter().zip(counts) {
        let count = f64::from(count);
        for class in [Some(truth), answer].into_iter().flatten() {
            if let Some([hits, whole]) = sums.get_mut(class) {
                *whole += count;
                *hits += if answer == Some(truth) { count } else { 0.0 };
            }
        }
    }
    sums.retain(|[_, whole]| *whole > 0.0);
    sums.iter().map(|[hits, whole]| hits / whole).sum::<f64>() / sums.len() as f64
}

#[cfg(test)]
mod tests {
    use rand::{RngExt as _, SeedableRng as _};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::metric::Metrics;

    /// Users counted so often, once as counts and once as repeated rows.
    fn drawn(n_users: usize) -> Vec<(Vec<u32>, Vec<usize>)> {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mut draws = vec![(vec![1; n_users], (0..n_users).collect())];
        for _ in 0..20 {
            let counts: Vec<u32> = (0..n_users).map(|_| random.random_range(0..3)).collect();
            let rows = (0..n_users)
                .flat_map(|user| vec![user; counts[user] as usize])
                .collect();
            draws.push((counts, rows));
        }
        draws
    }

    #[track_caller]
    fn assert_same(found: f64, wanted: Option<f64>) {
        assert!(
            wanted.map_or(found.is_nan(), |wanted| (found - wanted).abs() < 1e-12),
            "{found} {wanted:?}"
        );
    }

    #[test]
    fn counting_users_is_repeating_their_answers() {
        let mut random = ChaCha8Rng::seed_from_u64(2);
        // Few levels, so that there are ties; .5 and NaN among them.
        let levels = [0.1, 0.3, 0.5, 0.5, 0.8, f64::NAN];
        let binary: Vec<(bool, f64)> = (0..30)
            .map(|_| {
                (
                    random.random_range(0..3) == 0,
                    levels[random.random_range(0..levels.len())],
                )
            })
            .collect();
        let classes: Vec<(usize, Option<usize>)> = (0..30)
            .map(|_| (random.random_range(0..3), Some(random.random_range(0..4))))
            .collect();
        let errors: Vec<f64> = (0..30)
            .map(|_| f64::from(random.random_range(-9..9)))
            .collect();
        for (counts, rows) in drawn(30) {
            let (labels, probabilities): (Vec<bool>, Vec<f64>) =
                rows.iter().map(|&row| binary[row]).unzip();
            let slow = Metrics::of_binary(&labels, &probabilities);
            for metric in [
                Metric::Auc,
                Metric::PrAuc,
                Metric::F1,
                Metric::Precision,
                Metric::Recall,
            ] {
                assert_same(
                    Figure::of_binary(metric, &binary).unwrap().at(&counts),
                    slow.get(metric),
                );
            }
            let truth: Vec<usize> = rows.iter().map(|&row| classes[row].0).collect();
            let chances: Vec<f64> = rows
                .iter()
                .flat_map(|&row| (0..4).map(move |c| (c, row)))
                .map(|(c, row)| f64::from(u8::from(Some(c) == classes[row].1)))
                .collect();
            assert_same(
                Figure::macro_f1(&classes).at(&counts),
                Metrics::of_classes(&truth, &chances).get(Metric::F1Macro),
            );
            let own: Vec<f64> = rows.iter().map(|&row| errors[row]).collect();
            let slow = Metrics::of_numbers(&vec![0.0; own.len()], &own);
            assert_same(Figure::rmse(&errors).at(&counts), slow.get(Metric::Rmse));
            assert_same(
                Figure::mean(&errors.iter().map(|e| e.abs()).collect::<Vec<_>>()).at(&counts),
                slow.get(Metric::Mae),
            );
        }
    }

    #[test]
    fn what_has_no_value_is_no_number() {
        let yes = Figure::of_binary(Metric::Auc, &[(true, 0.5), (true, 0.7)]).unwrap();
        assert!(yes.at(&[1, 1]).is_nan(), "one class only");
        assert!(Figure::mean(&[1.0]).at(&[0]).is_nan() && Figure::macro_f1(&[]).at(&[]).is_nan());
        assert_eq!(Figure::of_binary(Metric::Brier, &[]), None);
    }
}
