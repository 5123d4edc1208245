//! The end: test metrics beside the references, or what is still to come.

use egui::{RichText, Ui};

use crate::app::{Training, TrainingPhase};
use crate::data::world::Ceiling;
use crate::metric::RankingMetrics;
use crate::run::References;
use crate::ui::text;

pub(super) fn ui(ui: &mut Ui, training: &Training) {
    ui.label(RichText::new("Test, read once at the end").small().strong());
    let TrainingPhase::Ended(ended) = &training.phase else {
        ui.weak("When training ends, the best epoch's weights are judged on each user's held-out test event, beside the references.");
        return;
    };
    if ended.test.is_none() && ended.references_test.is_empty() {
        ui.weak("This run ended before the test part was read.");
        return;
    }
    table(ui, ended.test.as_ref(), &ended.references_test, ended.optimum);
}

/// One number of several metrics.
type Of = fn(&RankingMetrics) -> f64;

/// This run and the references, the best number of each column in bold; below them what the rules of
/// a world allow.
fn table(ui: &mut Ui, model: Option<&RankingMetrics>, references: &References, optimum: Option<Ceiling>) {
    let mut rows: Vec<(&str, &RankingMetrics)> = model.map(|m| ("This run", m)).into_iter().collect();
    rows.extend(references.iter().map(|(kind, metrics)| (kind.title(), metrics)));
    let columns: [(&str, Of); 3] = [("NDCG@10", |m| m.ndcg_at_10), ("HR@10", |m| m.hr_at_10), ("MRR", |m| m.mrr)];
    // Five lines must fit beside the small charts.
    ui.spacing_mut().interact_size.y = 18.0;
    egui::Grid::new("test metrics").striped(true).num_columns(4).spacing([10.0, 2.0]).show(ui, |ui| {
        ui.label("");
        for (name, _) in columns {
            ui.label(RichText::new(name).small());
        }
        ui.end_row();
        for (name, metrics) in &rows {
            ui.label(*name);
            for (_, of) in columns {
                let best = rows.iter().map(|(_, m)| of(m)).fold(f64::NEG_INFINITY, f64::max);
                let text = RichText::new(text::metric(of(metrics))).monospace();
                ui.label(if of(metrics) >= best { text.strong() } else { text.weak() });
            }
            ui.end_row();
        }
        if let Some(optimum) = optimum {
            best_possible(ui, optimum);
        }
    });
}

fn best_possible(ui: &mut Ui, optimum: Ceiling) {
    let words = format!(
        "Computed from the rules of the world, on the same questions: no model does better, but for luck. The best \
         HR@1 is {}.",
        text::metric(optimum.hr_at_1)
    );
    ui.label("Best possible").on_hover_text(words);
    for value in [optimum.ndcg_at_10, optimum.hr_at_10, f64::NAN] {
        ui.label(RichText::new(text::metric(value)).monospace().weak());
    }
    ui.end_row();
}
