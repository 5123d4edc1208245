//! The end: test metrics beside the references, or what is still to come.

use egui::{RichText, Ui};

use crate::app::{Training, TrainingPhase};
use crate::data::world::Ceiling;
use crate::metric::RankingMetrics;
use crate::run::{LeftOutReferences, References};
use crate::train::Ended;
use crate::ui::text;

pub(super) fn ui(ui: &mut Ui, training: &Training) {
    ui.label(RichText::new("Test, read once at the end").small().strong());
    let TrainingPhase::Ended(ended) = &training.phase else {
        ui.weak("When training ends, the best epoch's weights are judged on each user's held-out test event, beside the references.");
        if !training.references_valid.is_empty() {
            ui.label(RichText::new("References on validation").small().strong());
            table(ui, &Shown { references: &training.references_valid, ..Shown::default() });
        }
        return;
    };
    if ended.test.is_none() && ended.references_test.is_empty() {
        ui.weak("This run ended before the test part was read.");
        return;
    }
    let Ended { test, references_test, references_left_out, optimum, .. } = ended.as_ref();
    table(
        ui,
        &Shown { model: test.as_ref(), references: references_test, left_out: references_left_out, optimum: *optimum },
    );
}

/// One number of several metrics.
type Of = fn(&RankingMetrics) -> f64;

/// What the table tells.
struct Shown<'a> {
    model: Option<&'a RankingMetrics>,
    references: &'a References,
    left_out: &'a LeftOutReferences,
    optimum: Option<Ceiling>,
}

static NO_REFERENCES: References = References::new();
static NONE_LEFT_OUT: LeftOutReferences = LeftOutReferences::new();

impl Default for Shown<'_> {
    fn default() -> Self {
        Self { model: None, references: &NO_REFERENCES, left_out: &NONE_LEFT_OUT, optimum: None }
    }
}

/// This run and the references, these from the best down, the best number of each column in bold; then
/// what the rules of a world allow, and which references had nothing to say.
fn table(ui: &mut Ui, shown: &Shown<'_>) {
    let mut rows: Vec<(&str, &RankingMetrics)> =
        shown.references.iter().map(|(kind, metrics)| (kind.title(), metrics)).collect();
    rows.sort_by(|a, b| b.1.ndcg_at_10.total_cmp(&a.1.ndcg_at_10));
    rows.splice(..0, shown.model.map(|metrics| ("This run", metrics)));
    // Ten references are more lines than fit beside the small charts.
    egui::ScrollArea::vertical().id_salt("test metrics").auto_shrink([false, true]).show(ui, |ui| {
        grid(ui, &rows, shown.optimum);
        for (kind, why) in shown.left_out {
            ui.weak(RichText::new(format!("{} left out", kind.title())).small()).on_hover_text(why);
        }
    });
}

fn grid(ui: &mut Ui, rows: &[(&str, &RankingMetrics)], optimum: Option<Ceiling>) {
    let columns: [(&str, Of); 3] = [("NDCG@10", |m| m.ndcg_at_10), ("HR@10", |m| m.hr_at_10), ("MRR", |m| m.mrr)];
    ui.spacing_mut().interact_size.y = 18.0;
    egui::Grid::new("test metrics").striped(true).num_columns(4).spacing([10.0, 2.0]).show(ui, |ui| {
        ui.label("");
        for (name, _) in columns {
            ui.label(RichText::new(name).small());
        }
        ui.end_row();
        for (name, metrics) in rows {
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
