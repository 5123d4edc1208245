//! The end: test metrics beside the references, or what is still to come.

use egui::{RichText, Ui};

use crate::app::{Training, TrainingPhase};
use crate::data::world::Ceiling;
use crate::metric::Metrics;
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
/// This run and the references, the best number of each column in bold; below them what the rules of
/// a world allow.
fn table(ui: &mut Ui, model: Option<&Metrics>, references: &References, optimum: Option<Ceiling>) {
    let mut rows: Vec<(&str, &Metrics)> = model.map(|m| ("This run", m)).into_iter().collect();
    rows.extend(references.iter().map(|(kind, metrics)| (kind.title(), metrics)));
    let columns = rows.first().map(|(_, metrics)| metrics.kind.headline()).unwrap_or_default();
    // Five lines must fit beside the small charts.
    ui.spacing_mut().interact_size.y = 18.0;
    egui::Grid::new("test metrics").striped(true).num_columns(4).spacing([10.0, 2.0]).show(ui, |ui| {
        ui.label("");
        for metric in columns {
            ui.label(RichText::new(metric.title()).small()).on_hover_text(metric.about().help);
        }
        ui.end_row();
        for (name, metrics) in &rows {
            ui.label(*name);
            for &metric in columns {
                let value = metrics.get(metric).unwrap_or(f64::NAN);
                let is_beaten = rows.iter().filter_map(|(_, m)| m.get(metric)).any(|v| metric.is_better(v, value));
                let text = RichText::new(text::metric(value)).monospace();
                ui.label(if is_beaten { text.weak() } else { text.strong() });
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
