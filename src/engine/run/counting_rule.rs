//! What a run did with items that a user already had, and how it counted those who came back to
//! one.

use serde::{Deserialize, Serialize};

use super::Manifest;
use crate::experiment::{EvaluationSpec, Experiment, FilterSeen};
use seqscope_base::metric::{AnswerKind, Seen};
use seqscope_base::spec::Problem;
use seqscope_data::Check;

/// What became of a true item that the user already had, where seen items are left out of the
/// ranking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SeenTargetRule {
    /// It was ranked, alone of the seen items: so runs counted before this was written down.
    /// Whoever ranks seen items first then wins by knowing which one is left.
    #[default]
    Ranked,
    /// It is left out with the others, so it is a miss.
    Missed,
}

impl Manifest {
    /// Treatment of seen items.
    #[must_use]
    pub fn seen(&self) -> Seen {
        self.experiment.evaluation.seen()
    }

    /// The experiment as it was asked for: whether seen items are left out is for the log to say,
    /// where it was.
    #[must_use]
    pub fn experiment_as_asked(&self) -> Experiment {
        let mut experiment = self.experiment.clone();
        experiment.evaluation = self.evaluation_as_asked();
        experiment
    }

    fn evaluation_as_asked(&self) -> EvaluationSpec {
        let evaluation = self.experiment.evaluation;
        let filter_seen = if self.follows_log {
            FilterSeen::Auto
        } else {
            evaluation.filter_seen
        };
        EvaluationSpec {
            filter_seen,
            ..evaluation
        }
    }

    /// How many questions, of validation and test, have a target that the user already had; `None`
    /// where an old run does not tell.
    #[must_use]
    pub fn n_returns(&self) -> Option<usize> {
        let audited = || {
            self.data
                .audit
                .iter()
                .find(|finding| finding.check == Check::TargetInInput)
        };
        self.data
            .returns
            .map(|returns| returns.n_questions())
            .or_else(|| audited().map(|finding| finding.count))
    }

    /// Whether it matters to the figures what became of such targets: seen items are left out, and
    /// some are among them, or it is not known whether.
    pub(super) fn leaves_out_targets(&self) -> bool {
        self.experiment.answers() == AnswerKind::Ranking
            && self.seen() == Seen::LeftOut
            && self.n_returns().is_none_or(|n| n > 0)
    }

    /// The remark that the figures were counted by an older rule, where that changed them or may
    /// have.
    #[must_use]
    pub fn counted_before(&self) -> Option<Problem> {
        (self.seen_target == SeenTargetRule::Ranked && self.leaves_out_targets()).then(|| {
            let which = match self.n_returns() {
                Some(n) => {
                    format!("{n} validation and test targets that the user already had were")
                }
                None => "targets that the user already had, of which this run does not say how \
                         many, were"
                    .to_owned(),
            };
            let sentence = format!(
                "counted by an older rule: {which} ranked while the other seen items were left \
                 out, and are misses now; train anew to compare it with newer runs"
            );
            Problem::warning("evaluation.filter_seen", sentence)
        })
    }

    /// What became of seen items and why, and how many questions that touches, in a sentence each;
    /// nothing of a run that ranks no items or is older than the count.
    #[must_use]
    pub fn told_of_seen(&self) -> Vec<String> {
        let Some(returns) = self
            .data
            .returns
            .filter(|_| self.experiment.answers() == AnswerKind::Ranking)
        else {
            return Vec::new();
        };
        let reason = self.evaluation_as_asked().reason(&returns);
        std::iter::once(reason)
            .chain(returns.sentence(self.seen()))
            .collect()
    }
}
