//! Every metric there is, for which kind of answer, and which way is better.

use serde::{Deserialize, Serialize};

/// A metric, in the order in which tables show it. Its name is the one in files and in JSON.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    strum::EnumIter,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::Display,
)]
#[strum(serialize_all = "snake_case")]
pub enum Metric {
    /// NDCG@10.
    #[strum(serialize = "ndcg@10")]
    Ndcg10,
    /// HR@10.
    #[strum(serialize = "hr@10")]
    Hr10,
    /// Mean reciprocal rank over the whole list.
    Mrr,
    /// HR@1.
    #[strum(serialize = "hr@1")]
    Hr1,
    /// HR@5.
    #[strum(serialize = "hr@5")]
    Hr5,
    /// HR@20.
    #[strum(serialize = "hr@20")]
    Hr20,
    /// NDCG@5.
    #[strum(serialize = "ndcg@5")]
    Ndcg5,
    /// NDCG@20.
    #[strum(serialize = "ndcg@20")]
    Ndcg20,
    /// Recall@10.
    #[strum(serialize = "recall@10")]
    Recall10,
    /// Recall@20.
    #[strum(serialize = "recall@20")]
    Recall20,
    /// MAP@10.
    #[strum(serialize = "map@10")]
    Map10,
    /// Share of the catalogue in some top-10 list.
    #[strum(serialize = "coverage@10")]
    Coverage10,
    /// Gini index of the items' places in top-10 lists.
    #[strum(serialize = "gini@10")]
    Gini10,
    /// Mean self-information of the items in top-10 lists.
    #[strum(serialize = "novelty@10")]
    Novelty10,
    /// Popularity in top-10 lists over that in the histories.
    #[strum(serialize = "popularity_lift@10")]
    PopularityLift10,
    /// Share of right answers.
    Accuracy,
    /// F1, mean over classes.
    F1Macro,
    /// Precision, mean over classes.
    PrecisionMacro,
    /// Recall, mean over classes.
    RecallMacro,
    /// F1 over all answers together.
    F1Micro,
    /// Precision over all answers together.
    PrecisionMicro,
    /// Recall over all answers together.
    RecallMicro,
    /// Area under the ROC curve.
    Auc,
    /// Area under the precision–recall curve.
    PrAuc,
    /// Mean negative log-probability of what happened.
    LogLoss,
    /// Mean squared error of a probability.
    Brier,
    /// Expected calibration error.
    Ece,
    /// F1 of "yes".
    F1,
    /// Precision of "yes".
    Precision,
    /// Recall of "yes".
    Recall,
    /// Mean absolute error.
    Mae,
    /// Root mean squared error.
    Rmse,
}

/// Kind of answer that a task asks for; each has its own metrics.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::EnumIter,
    strum::Display,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum AnswerKind {
    /// A list of all items, one of which is right.
    #[default]
    Ranking,
    /// A probability of each of a few classes.
    Classes,
    /// A probability of "yes".
    Binary,
    /// A number.
    Number,
}

/// Direction in which a metric is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub enum Better {
    /// Higher is better.
    Higher,
    /// Lower is better.
    Lower,
    /// It describes, and does not judge.
    Neither,
}

impl AnswerKind {
    /// The metric that a run is chosen by: early stopping and the best epoch go by it.
    ///
    /// Of classes it is accuracy, not macro F1: accuracy is a mean over users, so that it has
    /// intervals and paired tests, and published figures are given in it. Macro F1 stands beside it
    /// for data in which one class rules.
    #[must_use]
    pub fn primary(self) -> Metric {
        match self {
            Self::Ranking => Metric::Ndcg10,
            Self::Classes => Metric::Accuracy,
            Self::Binary => Metric::Auc,
            Self::Number => Metric::Mae,
        }
    }

    /// The metric that paired tests go by: the primary one where it is a mean over users; AUC is
    /// not, so there it is the Brier score.
    #[must_use]
    pub fn by_user(self) -> Metric {
        match self {
            Self::Binary => Metric::Brier,
            Self::Ranking | Self::Classes | Self::Number => self.primary(),
        }
    }

    /// Returns the metrics by which runs and references are compared, from what was kept of every
    /// user: of items accuracy (HR@1), recall and NDCG.
    #[must_use]
    pub fn compared(self) -> &'static [Metric] {
        match self {
            Self::Ranking => &[Metric::Hr1, Metric::Recall10, Metric::Ndcg10],
            Self::Classes => &[Metric::Accuracy, Metric::F1Macro, Metric::LogLoss],
            Self::Binary => &[
                Metric::Auc,
                Metric::PrAuc,
                Metric::F1,
                Metric::Brier,
                Metric::LogLoss,
            ],
            Self::Number => &[Metric::Mae, Metric::Rmse],
        }
    }

    /// The few that tables and charts show, the primary one first.
    #[must_use]
    pub fn headline(self) -> &'static [Metric] {
        match self {
            Self::Ranking => &[Metric::Ndcg10, Metric::Hr10, Metric::Mrr],
            Self::Classes => &[Metric::Accuracy, Metric::F1Macro, Metric::LogLoss],
            Self::Binary => &[Metric::Auc, Metric::PrAuc, Metric::Brier],
            Self::Number => &[Metric::Mae, Metric::Rmse],
        }
    }
}

impl Metric {
    /// Returns the direction in which it is better.
    #[must_use]
    pub fn better(self) -> Better {
        match self {
            Self::Gini10 | Self::LogLoss | Self::Brier | Self::Ece | Self::Mae | Self::Rmse => {
                Better::Lower
            }
            Self::PopularityLift10 | Self::Novelty10 => Better::Neither,
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
            | Self::Accuracy
            | Self::F1Macro
            | Self::PrecisionMacro
            | Self::RecallMacro
            | Self::F1Micro
            | Self::PrecisionMicro
            | Self::RecallMicro
            | Self::Auc
            | Self::PrAuc
            | Self::F1
            | Self::Precision
            | Self::Recall => Better::Higher,
        }
    }

    /// Whether `value` is better than `than`. What is no number is never better, and any number is
    /// better than none. Where neither way is better, nothing is.
    #[must_use]
    pub fn is_better(self, value: f64, than: f64) -> bool {
        let better = match self.better() {
            Better::Higher => value > than,
            Better::Lower => value < than,
            Better::Neither => return false,
        };
        better || (than.is_nan() && !value.is_nan())
    }

    /// Returns how much better `value` is than `than`: positive where it is better, whichever way
    /// that is. Where neither way is better, the plain difference.
    #[must_use]
    pub fn gain(self, value: f64, than: f64) -> f64 {
        match self.better() {
            Better::Lower => than - value,
            Better::Higher | Better::Neither => value - than,
        }
    }

    /// Whether it is a mean over answers, so that each has a share in it that can be compared with
    /// another's; AUC, macro means, calibration and what whole lists are like are not.
    #[must_use]
    pub fn is_by_user(self) -> bool {
        match self.kinds() {
            [AnswerKind::Ranking] => self.of_rank(1.0).is_some(),
            _ => matches!(
                self,
                Self::Accuracy | Self::LogLoss | Self::Brier | Self::Mae
            ),
        }
    }

    /// Returns how much better `value` is than `than` as a share of `than`: .1 where it is a tenth
    /// better. NaN where `than` is 0.
    #[must_use]
    pub fn relative_gain(self, value: f64, than: f64) -> f64 {
        if than == 0.0 {
            f64::NAN
        } else {
            self.gain(value, than) / than.abs()
        }
    }

    /// Whether it can be worked out anew for users drawn again, from what is kept of each: means
    /// over users can, and what [`super::Figure`] knows besides.
    #[must_use]
    pub fn is_resampled(self) -> bool {
        let is_figure = matches!(
            self,
            Self::Auc
                | Self::PrAuc
                | Self::F1
                | Self::Precision
                | Self::Recall
                | Self::F1Macro
                | Self::Rmse
        );
        is_figure || self.is_by_user()
    }

    /// The kinds of answers that it is computed for.
    #[must_use]
    pub fn kinds(self) -> &'static [AnswerKind] {
        use AnswerKind::{Binary, Classes, Number, Ranking};
        match self {
            Self::F1Macro
            | Self::PrecisionMacro
            | Self::RecallMacro
            | Self::F1Micro
            | Self::PrecisionMicro
            | Self::RecallMicro => &[Classes],
            Self::Accuracy | Self::LogLoss | Self::Ece => &[Classes, Binary],
            Self::Auc | Self::PrAuc | Self::Brier | Self::F1 | Self::Precision | Self::Recall => {
                &[Binary]
            }
            Self::Mae | Self::Rmse => &[Number],
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
            | Self::PopularityLift10 => &[Ranking],
        }
    }
}
