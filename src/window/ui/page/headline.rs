//! The metrics that a page can draw: the headline ones of a kind of answers.

use egui::Ui;

use crate::ui::language::tr;
use crate::ui::widget::line_chart::Reference;
use seqscope_base::metric::{AnswerKind, Metric};
use seqscope_base::spec::Entry;
use seqscope_engine::run::References;

/// The metric to draw: the one that was chosen if it belongs to these answers, else the primary
/// one.
pub(super) fn chosen(kind: AnswerKind, choice: Option<Metric>) -> Metric {
    choice
        .filter(|metric| kind.headline().contains(metric))
        .unwrap_or_else(|| kind.primary())
}

/// A button for each metric.
pub(super) fn choice(ui: &mut Ui, kind: AnswerKind, choice: &mut Option<Metric>) {
    let present = chosen(kind, *choice);
    for &metric in kind.headline() {
        let button = ui
            .selectable_label(metric == present, tr(metric.title()))
            .on_hover_text(tr(metric.hover()));
        if button.clicked() {
            *choice = Some(metric);
        }
    }
}

/// Lines drawn of all references: more of them would hide the curves and each other.
const N_LINES: usize = 3;

/// The best references as lines of a chart; all of them stand in the tables.
pub(super) fn lines_to_beat(references: &References, metric: Metric) -> Vec<Reference> {
    let lines = references.iter().filter_map(|(kind, metrics)| {
        Some(Reference {
            name: kind.title().to_owned(),
            value: metrics.get(metric)?,
        })
    });
    let mut lines: Vec<Reference> = lines.collect();
    lines.sort_by(|a, b| {
        metric
            .gain(b.value, 0.0)
            .total_cmp(&metric.gain(a.value, 0.0))
    });
    lines.truncate(N_LINES);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use seqscope_base::metric::Metrics;
    use seqscope_model::baseline::BaselineKind;

    #[test]
    fn the_best_three_references_are_drawn_the_best_first() {
        let at = |mrr: f64, hr: f64| {
            Metrics::default()
                .with(Metric::Mrr, mrr)
                .with(Metric::Hr10, hr)
        };
        let references = References::from([
            (BaselineKind::Popularity.into(), at(0.1, 0.4)),
            (BaselineKind::Markov.into(), at(0.3, 0.3)),
            (BaselineKind::MarkovWindow.into(), at(0.4, 0.2)),
            (BaselineKind::Ease.into(), at(0.2, 0.1)),
        ]);
        let names = |metric| {
            lines_to_beat(&references, metric)
                .into_iter()
                .map(|line| line.name)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            names(Metric::Mrr),
            ["Windowed Markov chain", "Markov chain", "EASE"]
        );
        assert_eq!(
            names(Metric::Hr10),
            ["Popularity", "Markov chain", "Windowed Markov chain"]
        );
        assert!(names(Metric::Auc).is_empty());
    }
}
