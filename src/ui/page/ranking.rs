//! The ranking metrics that a page can draw.

use crate::metric::RankingMetrics;
use crate::run::References;
use crate::ui::widget::line_chart::Reference;

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

/// Lines drawn of all references: more of them would hide the curves and each other.
const N_LINES: usize = 3;

/// The best references as lines of a chart; all of them stand in the tables.
pub(super) fn lines_to_beat(references: &References, metric: Ranking) -> Vec<Reference> {
    let line = |(kind, metrics): (&crate::baseline::BaselineKind, &RankingMetrics)| Reference {
        name: kind.title().to_owned(),
        value: metric.of(metrics),
    };
    let mut lines: Vec<Reference> = references.iter().map(line).collect();
    lines.sort_by(|a, b| b.value.total_cmp(&a.value));
    lines.truncate(N_LINES);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::BaselineKind;

    #[test]
    fn the_best_three_references_are_drawn_the_best_first() {
        let at = |mrr: f64, hr_at_10: f64| RankingMetrics { hr_at_10, mrr, ..RankingMetrics::default() };
        let references = References::from([
            (BaselineKind::Popularity, at(0.1, 0.4)),
            (BaselineKind::Markov, at(0.3, 0.3)),
            (BaselineKind::MarkovWindow, at(0.4, 0.2)),
            (BaselineKind::Ease, at(0.2, 0.1)),
        ]);
        let names = |metric| lines_to_beat(&references, metric).into_iter().map(|line| line.name).collect::<Vec<_>>();
        assert_eq!(names(Ranking::Mrr), ["Windowed Markov chain", "Markov chain", "EASE"]);
        assert_eq!(names(Ranking::Hr), ["Popularity", "Markov chain", "Windowed Markov chain"]);
    }
}
