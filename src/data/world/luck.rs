//! How far luck scatters the best possible score: the bound is an expectation, and users are few.

use serde::{Deserialize, Serialize};

use super::Ceiling;
use seqscope_base::metric::{Metric, Metrics};
use seqscope_base::spec::Entry;

/// Standard errors of the best possible figures over the users that were asked: what the best
/// ranking itself would scatter by, were the same histories to go on anew. All 0 where this is not
/// known, as in older runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scatter {
    /// Standard error of HR@1.
    pub hr_at_1: f64,
    /// Standard error of HR@10.
    pub hr_at_10: f64,
    /// Standard error of NDCG@10.
    pub ndcg_at_10: f64,
}

/// Standard errors above the bound that luck may be taken for.
const LUCKY: f64 = 3.0;

impl Scatter {
    /// Variances of the figures of one question, from the expectations of its best ranking;
    /// `ndcg_squared` is the expectation of the square.
    pub(super) fn of_question(hr_at_1: f64, hr_at_10: f64, ndcg: f64, ndcg_squared: f64) -> Self {
        Self {
            hr_at_1: variance_of_hit(hr_at_1),
            hr_at_10: variance_of_hit(hr_at_10),
            ndcg_at_10: (ndcg_squared - ndcg * ndcg).max(0.0),
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.hr_at_1 += other.hr_at_1;
        self.hr_at_10 += other.hr_at_10;
        self.ndcg_at_10 += other.ndcg_at_10;
    }

    /// Standard errors of means, from sums of variances of so many questions.
    pub(super) fn of_mean(self, n: usize) -> Self {
        Self {
            hr_at_1: error_of_mean(self.hr_at_1, n),
            hr_at_10: error_of_mean(self.hr_at_10, n),
            ndcg_at_10: error_of_mean(self.ndcg_at_10, n),
        }
    }

    /// Whether it was worked out.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.hr_at_1 > 0.0 || self.hr_at_10 > 0.0 || self.ndcg_at_10 > 0.0
    }
}

impl Ceiling {
    /// Each metric with its bound and how far that is scattered.
    #[must_use]
    pub fn metrics(&self) -> [(Metric, f64, f64); 3] {
        let Self {
            hr_at_1,
            hr_at_10,
            ndcg_at_10,
            scatter,
        } = *self;
        [
            (Metric::Ndcg10, ndcg_at_10, scatter.ndcg_at_10),
            (Metric::Hr10, hr_at_10, scatter.hr_at_10),
            (Metric::Hr1, hr_at_1, scatter.hr_at_1),
        ]
    }

    /// Sentence about a run that is above the best possible; `None` for any other.
    #[must_use]
    pub fn above(&self, test: &Metrics) -> Option<String> {
        let above = self
            .metrics()
            .into_iter()
            .filter_map(|(metric, bound, error)| {
                let value = test.get(metric).filter(|value| *value > bound + 1e-9)?;
                let scatter = if error > 0.0 {
                    format!(" ± {error:.4}")
                } else {
                    String::new()
                };
                let said = format!("{} {value:.4} against {bound:.4}{scatter}", metric.title());
                Some((said, (value - bound) / error))
            });
        let (said, errors): (Vec<String>, Vec<f64>) = above.unzip();
        let farthest = errors.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if said.is_empty() {
            return None;
        }
        let what = format!(
            "Above the best possible: {}. That bound is an expectation",
            said.join(", ")
        );
        if !self.scatter.is_known() {
            return Some(format!(
                "{what}, and luck scatters what a run of few users gets around it."
            ));
        }
        let users = test.n_users;
        let verdict = if farthest <= LUCKY {
            format!("{farthest:.1} standard errors above it are luck")
        } else {
            format!(
                "{farthest:.1} standard errors above it are no luck: look for a leak, such as the \
                 answer in the input"
            )
        };
        Some(format!(
            "{what}, and ± is how far luck scatters it over {users} users (one standard error): \
             {verdict}."
        ))
    }
}

/// Variance of a hit of probability `p`.
fn variance_of_hit(p: f64) -> f64 {
    (p * (1.0 - p)).max(0.0)
}

/// Standard error of a mean, from the sum of `n` variances.
fn error_of_mean(variances: f64, n: usize) -> f64 {
    variances.sqrt() / n.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use seqscope_base::metric::AnswerKind;

    fn ceiling(ndcg: f64, error: f64) -> Ceiling {
        let scatter = Scatter {
            ndcg_at_10: error,
            ..Scatter::default()
        };
        Ceiling {
            ndcg_at_10: ndcg,
            hr_at_10: 1.0,
            hr_at_1: 1.0,
            scatter,
        }
    }

    #[test]
    fn the_error_of_a_mean_by_hand() {
        // 100 questions, each hit with a chance of .2: √(100 · .16) / 100 = .04.
        let mut sum = Scatter::default();
        (0..100).for_each(|_| sum.add(Scatter::of_question(0.2, 0.2, 0.5, 0.34)));
        let found = sum.of_mean(100);
        assert!(
            (found.hr_at_1 - 0.04).abs() < 1e-12 && (found.ndcg_at_10 - 0.03).abs() < 1e-12,
            "{found:?}"
        );
    }

    #[test]
    fn a_run_above_the_bound_is_told_whether_that_is_luck() {
        let test = |ndcg| {
            Metrics::new(AnswerKind::Ranking, 300)
                .with(Metric::Ndcg10, ndcg)
                .with(Metric::Hr10, 0.9)
        };
        assert_eq!(ceiling(0.5, 0.02).above(&test(0.5)), None);
        let lucky = ceiling(0.5, 0.02).above(&test(0.53)).unwrap();
        for said in [
            "NDCG@10 0.5300 against 0.5000 ± 0.0200",
            "an expectation",
            "300 users",
            "1.5 standard errors",
        ] {
            assert!(lucky.contains(said), "{lucky}");
        }
        assert!(
            lucky.contains("are luck") && !lucky.contains("HR@10"),
            "{lucky}"
        );
        assert!(
            ceiling(0.5, 0.02)
                .above(&test(0.7))
                .unwrap()
                .contains("10.0 standard errors above it are no luck")
        );
        let old = ceiling(0.5, 0.0).above(&test(0.53)).unwrap();
        assert!(
            old.contains("an expectation") && !old.contains('±'),
            "{old}"
        );
    }
}
