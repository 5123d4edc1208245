//! The end: test metrics beside the references, or what is still to come.

use egui::{RichText, Ui};

use crate::app::{Training, TrainingPhase};
use crate::ui::language::tr;
use crate::ui::widget::report::{self, PlainCells};
use seqscope_base::spec::Entry;
use seqscope_engine::report::RunResults;
use seqscope_engine::run::{LeftOutReferences, verdict};
use seqscope_engine::train::Ended;

/// Name of the run in the table.
const THIS_RUN: &str = "This run";

pub(super) fn ui(ui: &mut Ui, training: &Training) {
    ui.label(
        RichText::new(tr("Test, read once at the end"))
            .small()
            .strong(),
    );
    let TrainingPhase::Ended(ended) = &training.phase else {
        ui.weak(tr(
            "When training ends, the best epoch's weights are judged on each user's held-out \
                 test event, beside the references.",
        ));
        if !training.references_valid.is_empty() {
            ui.label(
                RichText::new(tr("References on validation"))
                    .small()
                    .strong(),
            );
            table(
                ui,
                &ShownResults {
                    results: RunResults {
                        name: THIS_RUN,
                        model: None,
                        sampled: None,
                        references: &training.references_valid,
                        optimum: None,
                    },
                    left_out: &NONE_LEFT_OUT,
                    said: Vec::new(),
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
        ui.weak(tr(words));
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
    let shown = ShownResults {
        results: RunResults {
            name: THIS_RUN,
            model: test.as_ref(),
            sampled: None,
            references: references_test,
            optimum: *optimum,
        },
        left_out: references_left_out,
        said: said
            .into_iter()
            .flatten()
            .chain(told_of_seen.iter().cloned())
            .collect(),
    };
    table(ui, &shown);
}

/// Results, and what is said below them.
struct ShownResults<'a> {
    results: RunResults<'a>,
    left_out: &'a LeftOutReferences,
    said: Vec<String>,
}

static NONE_LEFT_OUT: LeftOutReferences = LeftOutReferences::new();

/// The table, the sentences that belong to it, and which references had nothing to say.
fn table(ui: &mut Ui, shown: &ShownResults<'_>) {
    // Ten references are more lines than fit beside the small charts.
    egui::ScrollArea::vertical()
        .id_salt("test metrics")
        .auto_shrink([false, true])
        .show(ui, |ui| {
            ui.scope(|ui| {
                report::small_letters(ui);
                report::rows(ui, "results", &shown.results.table(), &PlainCells);
            });
            for sentence in &shown.said {
                ui.add(egui::Label::new(RichText::new(tr(sentence)).small()).wrap());
            }
            for (kind, why) in shown.left_out {
                ui.weak(RichText::new(tr(format!("{} left out", kind.title()))).small())
                    .on_hover_text(tr(why));
            }
        });
}
