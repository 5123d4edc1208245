//! The end: test metrics beside the references, or what is still to come.

use egui::{RichText, Ui};

use crate::app::{Training, TrainingPhase};
use crate::ui::text;
use seqscope_base::metric::Metrics;
use seqscope_data::world::Ceiling;
use seqscope_engine::run::{LeftOutReferences, References, verdict};
use seqscope_engine::train::Ended;

pub(super) fn ui(ui: &mut Ui, training: &Training) {
    ui.label(RichText::new("Test, read once at the end").small().strong());
    let TrainingPhase::Ended(ended) = &training.phase else {
        ui.weak(
            "When training ends, the best epoch's weights are judged on each user's held-out \
                 test event, beside the references.",
        );
        if !training.references_valid.is_empty() {
            ui.label(RichText::new("References on validation").small().strong());
            table(
                ui,
                &ResultTable {
                    references: &training.references_valid,
                    ..ResultTable::default()
                },
            );
        }
        return;
    };
    if ended.test.is_none() && ended.references_test.is_empty() {
        let words = match (&ended.outcome, ended.pause) {
            (None, Some(_)) => "The test part is read when this run has gone on to its end.",
            _ => "This run ended before the test part was read.",
        };
        ui.weak(words);
        return;
    }
    let Ended {
        test,
        references_test,
        references_left_out,
        optimum,
        test_ties,
        told_of_seen,
        ..
    } = ended.as_ref();
    let said = [
        test.as_ref()
            .and_then(|test| verdict(test, references_test)),
        optimum
            .zip(test.as_ref())
            .and_then(|(optimum, test)| optimum.above(test)),
        test_ties.map(|ties| ties.sentence()),
    ];
    let shown = ResultTable {
        model: test.as_ref(),
        references: references_test,
        left_out: references_left_out,
        optimum: *optimum,
        said: said
            .into_iter()
            .flatten()
            .chain(told_of_seen.iter().cloned())
            .collect(),
    };
    table(ui, &shown);
}

/// Contents of the table of results.
struct ResultTable<'a> {
    model: Option<&'a Metrics>,
    references: &'a References,
    left_out: &'a LeftOutReferences,
    optimum: Option<Ceiling>,
    /// Sentences below it.
    said: Vec<String>,
}

static NO_REFERENCES: References = References::new();
static NONE_LEFT_OUT: LeftOutReferences = LeftOutReferences::new();

impl Default for ResultTable<'_> {
    fn default() -> Self {
        Self {
            model: None,
            references: &NO_REFERENCES,
            left_out: &NONE_LEFT_OUT,
            optimum: None,
            said: Vec::new(),
        }
    }
}

/// This run and the references, these from the best down, the best number of each column in bold;
/// then what the rules of a world allow, and which references had nothing to say.
fn table(ui: &mut Ui, shown: &ResultTable<'_>) {
    let mut rows: Vec<(&str, &Metrics)> = shown
        .references
        .iter()
        .map(|(kind, metrics)| (kind.title(), metrics))
        .collect();
    rows.sort_by(|a, b| by_primary(b.1).total_cmp(&by_primary(a.1)));
    rows.splice(..0, shown.model.map(|metrics| ("This run", metrics)));
    // Ten references are more lines than fit beside the small charts.
    egui::ScrollArea::vertical()
        .id_salt("test metrics")
        .auto_shrink([false, true])
        .show(ui, |ui| {
            grid(ui, &rows, shown.optimum);
            for sentence in &shown.said {
                ui.add(egui::Label::new(RichText::new(sentence).small()).wrap());
            }
            for (kind, why) in shown.left_out {
                ui.weak(RichText::new(format!("{} left out", kind.title())).small())
                    .on_hover_text(why);
            }
        });
}

/// How good it is by the metric that runs are chosen by; what was not measured comes last.
fn by_primary(metrics: &Metrics) -> f64 {
    match metrics.primary() {
        (metric, Some(value)) => metric.gain(value, 0.0),
        (_, None) => f64::NEG_INFINITY,
    }
}

fn grid(ui: &mut Ui, rows: &[(&str, &Metrics)], optimum: Option<Ceiling>) {
    let columns = rows
        .first()
        .map(|(_, metrics)| metrics.kind.headline())
        .unwrap_or_default();
    ui.spacing_mut().interact_size.y = 18.0;
    egui::Grid::new("test metrics")
        .striped(true)
        .num_columns(4)
        .spacing([10.0, 2.0])
        .show(ui, |ui| {
            ui.label("");
            for metric in columns {
                ui.label(RichText::new(metric.title()).small())
                    .on_hover_text(metric.about().hover());
            }
            ui.end_row();
            for (name, metrics) in rows {
                ui.label(*name);
                for &metric in columns {
                    let value = metrics.get(metric).unwrap_or(f64::NAN);
                    let is_beaten = rows
                        .iter()
                        .filter_map(|(_, m)| m.get(metric))
                        .any(|v| metric.is_better(v, value));
                    let text = RichText::new(text::metric(value)).monospace();
                    ui.label(if is_beaten {
                        text.weak()
                    } else {
                        text.strong()
                    });
                }
                ui.end_row();
            }
            if let Some(optimum) = optimum {
                best_possible(ui, optimum);
            }
        });
}

fn best_possible(ui: &mut Ui, optimum: Ceiling) {
    let scatter = optimum.scatter;
    let luck = if scatter.is_known() {
        format!(
            " It is an expectation: luck scatters NDCG@10 by {} over these users, HR@10 by {}, \
             HR@1 by {}.",
            text::metric(scatter.ndcg_at_10),
            text::metric(scatter.hr_at_10),
            text::metric(scatter.hr_at_1)
        )
    } else {
        String::new()
    };
    let words = format!(
        "Computed from the rules of the world, on the same questions: no model does better, but \
         for luck. The best HR@1 is {}.{luck}",
        text::metric(optimum.hr_at_1)
    );
    ui.label("Best possible").on_hover_text(words);
    for value in [optimum.ndcg_at_10, optimum.hr_at_10, f64::NAN] {
        ui.label(RichText::new(text::metric(value)).monospace().weak());
    }
    ui.end_row();
}
