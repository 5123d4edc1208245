//! Beside the test figures of chances: whether what was said came true as often as it was said.

use egui::{Ui, vec2};

use crate::app::{Training, TrainingPhase};
use crate::ui::language::tr;
use crate::ui::text;
use crate::ui::widget::reliability;
use seqscope_base::metric::{Metric, Reliability};
use seqscope_base::spec::Entry;

/// Least size of the diagram.
const LEAST: [f32; 2] = [180.0, 96.0];

/// Most width for each point of height: a diagonal should look like one.
const WIDEST: f32 = 2.6;

/// Which of the two is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum ResultView {
    /// The metrics.
    #[default]
    Metrics,
    /// The reliability diagram.
    Reliability,
}

/// The table of the run that has ended, where it has one.
fn reliability_of(training: &Training) -> Option<&Reliability> {
    match &training.phase {
        TrainingPhase::Ended(ended) => ended
            .reliability
            .as_ref()
            .filter(|table| table.n_answers() > 0),
        _ => None,
    }
}

/// The choice between the two, where there is one, and what was chosen.
pub(super) fn ui(
    ui: &mut Ui,
    training: &Training,
    beside: &mut ResultView,
    metrics: impl FnOnce(&mut Ui),
) {
    let Some(table) = reliability_of(training) else {
        return metrics(ui);
    };
    ui.horizontal(|ui| {
        ui.selectable_value(beside, ResultView::Metrics, tr("Metrics"));
        ui.selectable_value(beside, ResultView::Reliability, tr("Reliability"))
            .on_hover_text(tr(
                "Whether chances are frequencies: on the dashed line what is said comes \
                            true as often",
            ));
        if *beside == ResultView::Reliability {
            let ece = format!(
                "ECE {} over {}",
                text::metric(table.ece()),
                text::counted(table.n_answers(), "answer")
            );
            ui.weak(tr(ece)).on_hover_text(tr(Metric::Ece.hover()));
        }
    });
    match beside {
        ResultView::Metrics => metrics(ui),
        ResultView::Reliability => {
            let room = ui.available_size();
            let height = room.y.max(LEAST[1]);
            reliability::ui(
                ui,
                table,
                vec2(
                    room.x.clamp(LEAST[0], LEAST[0].max(WIDEST * height)),
                    height,
                ),
            );
        }
    }
}
