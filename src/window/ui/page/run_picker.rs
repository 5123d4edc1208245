//! Choice of the run that a page looks at.

use egui::{ComboBox, Ui};

use crate::app::{Action, App, RunSide, Select};
use crate::ui::Actions;
use crate::ui::language::tr;
use crate::ui::widget::run_words;
use seqscope_engine::run::{RunId, Summary};

/// Width of the list of runs: enough for most titles, since only those in sight are measured.
const RUN_LIST_WIDTH: f32 = 300.0;

/// Run that is chosen for a place.
#[derive(Clone, Copy)]
pub(in crate::ui::page) struct RunChoice<'a> {
    /// The place.
    pub(in crate::ui::page) side: RunSide,
    /// The run that has it.
    pub(in crate::ui::page) chosen: Option<&'a RunId>,
}

/// Shows the chosen run's name, and the others to choose from.
pub(in crate::ui::page) fn ui(
    ui: &mut Ui,
    app: &App,
    runs: &[Summary],
    choice: RunChoice<'_>,
    actions: &mut Actions,
) {
    let RunChoice { side, chosen } = choice;
    let (name, select): (&str, fn(RunId) -> Select) = match side {
        RunSide::A => ("Run", Select::Run),
        RunSide::B => ("Run B", |run| Select::SecondRun(Some(run))),
    };
    let label = ui.label(tr(name));
    let shown = chosen
        .and_then(|run| app.runs.summary(run))
        .map_or_else(|| tr("choose one"), run_words::distinct_title);
    // The list scrolls by itself: only rows in sight are laid out, and there may be a thousand.
    let combo = ComboBox::from_id_salt(name)
        .selected_text(shown)
        .width(240.0)
        .height(f32::INFINITY)
        .truncate();
    let shown = combo.show_ui(ui, |ui| {
        let usable: Vec<&Summary> = runs
            .iter()
            .filter(|summary| summary.manifest.is_some())
            .collect();
        let row = ui.spacing().interact_size.y;
        ui.set_min_width(RUN_LIST_WIDTH);
        let height = ui.spacing().combo_height;
        egui::ScrollArea::vertical().max_height(height).show_rows(
            ui,
            row,
            usable.len(),
            |ui, shown| {
                for summary in usable.get(shown).unwrap_or_default() {
                    let is_chosen = chosen == Some(&summary.id);
                    if ui
                        .selectable_label(is_chosen, run_words::distinct_title(summary))
                        .clicked()
                    {
                        actions.push(Action::Select(select(summary.id.clone())));
                    }
                }
            },
        );
    });
    shown.response.labelled_by(label.id);
}
