//! The ranking metrics that a page can draw.

use crate::metric::RankingMetrics;

/// A ranking metric that can be drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, strum::EnumIter, strum::Display)]
pub(super) enum Ranking {
    /// NDCG@10.
    #[default]
    #[strum(to_string = "NDCG@10")]
    Ndcg,
    /// HR@10.
    #[strum(to_string = "HR@10")]
    Hr,
    /// MRR.
    #[strum(to_string = "MRR")]
    Mrr,
}

impl Ranking {
    /// Name of the series in a run's history.
    pub(super) fn series(self) -> &'static str {
        match self {
            Self::Ndcg => "ndcg@10",
            Self::Hr => "hr@10",
            Self::Mrr => "mrr",
        }
    }

    /// This one of a run's metrics.
    pub(super) fn of(self, metrics: &RankingMetrics) -> f64 {
        match self {
            Self::Ndcg => metrics.ndcg_at_10,
            Self::Hr => metrics.hr_at_10,
            Self::Mrr => metrics.mrr,
        }
    }
}
