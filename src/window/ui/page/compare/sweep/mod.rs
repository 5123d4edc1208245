//! A sweep: its trials as lines across its settings, what each setting does and how much it decided,
//! the best so far by what it had cost, and the table.

mod charts;
mod parallel;

use egui::{ComboBox, RichText, ScrollArea, Ui};

use crate::app::{Action, App, Loadable, Select, SweepView};
use crate::ui::Actions;
use crate::ui::language::tr;
use crate::ui::theme;
use crate::ui::widget::panel;
use crate::ui::widget::report::{self, PlainCells};
use seqscope_engine::report::{best_sentences, plan_sentence};

/// Height of a chart.
const HEIGHT: f32 = 220.0;

/// Width from which the three small charts stand side by side.
const WIDE: f32 = 900.0;

/// View state.
#[derive(Default)]
pub(super) struct SweepTab {
    /// Setting of the scatter, by its place.
    setting: usize,
    /// Trial that is pointed at, by its place.
    pointed: Option<usize>,
}

impl SweepTab {
    pub(super) fn ui(&mut self, ui: &mut Ui, app: &App, actions: &mut Actions) {
        if app.sweep_is_due() {
            actions.push(Action::Select(Select::Sweep(None)));
        }
        if matches!(app.sweeps.found(), Loadable::Idle) {
            let sentence = "Write `sweep` into an experiment file and start it with `seqscope sweep \
                            FILE.ron`: its trials appear here as they come, the best of them as the \
                            best of how many.";
            return panel::empty(ui, "No sweep in this folder of runs", sentence, |_| {});
        }
        let idle = "No sweep has been read yet.";
        let Some(view) = panel::loaded(ui, app.sweeps.found(), idle) else {
            return;
        };
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            choice(ui, app, view, actions);
            ui.weak(tr(plan_sentence(&view.folder)));
            let best = best_sentences(&view.folder, &view.state).into_iter().map(tr);
            ui.label(best.collect::<Vec<String>>().join(" "));
            ui.add_space(theme::size::GAP);
            ui.strong(tr("Trials across their settings")).on_hover_text(tr(
                "A line is a trial; the more it stands out, the better on validation. Point at one to tell it.",
            ));
            self.pointed = parallel::lines(ui, view, self.pointed, HEIGHT);
            ui.add_space(theme::size::GAP);
            self.small_charts(ui, view);
            ui.add_space(theme::size::GAP);
            ui.horizontal(|ui| {
                ui.strong(tr("Trials"));
                report::copy_menu(ui, &view.table);
            });
            ScrollArea::horizontal().show(ui, |ui| {
                report::rows(ui, &view.table.key, &view.table, &PlainCells);
            });
        });
    }

    fn small_charts(&mut self, ui: &mut Ui, view: &SweepView) {
        if ui.available_width() < WIDE {
            self.scatter(ui, view);
            importance(ui, view);
            cost(ui, view);
            return;
        }
        ui.columns(3, |columns| {
            if let [first, second, third] = columns {
                self.scatter(first, view);
                importance(second, view);
                cost(third, view);
            }
        });
    }

    fn scatter(&mut self, ui: &mut Ui, view: &SweepView) {
        let n_settings = view.axes.len().saturating_sub(1);
        self.setting = self.setting.min(n_settings.saturating_sub(1));
        ui.horizontal(|ui| {
            ui.strong(tr("Setting"));
            let title = |at: usize| view.axes.get(at).map_or("", |axis| axis.title.as_str());
            ComboBox::from_id_salt("swept setting")
                .selected_text(title(self.setting))
                .show_ui(ui, |ui| {
                    for at in 0..n_settings {
                        ui.selectable_value(&mut self.setting, at, title(at));
                    }
                });
        });
        let pair = view.axes.get(self.setting).zip(view.axes.last());
        if let Some((across, up)) = pair {
            charts::scatter(ui, across, up, HEIGHT);
        }
    }
}

/// Which sweep is looked at.
fn choice(ui: &mut Ui, app: &App, view: &SweepView, actions: &mut Actions) {
    ui.horizontal(|ui| {
        ui.label(tr("Sweep"));
        let mut chosen = view.folder.name.clone();
        ComboBox::from_id_salt("sweep")
            .width(320.0)
            .selected_text(&chosen)
            .show_ui(ui, |ui| {
                for name in app.sweeps.names().iter().rev() {
                    ui.selectable_value(&mut chosen, name.clone(), name);
                }
            });
        if chosen != view.folder.name {
            actions.push(Action::Select(Select::Sweep(Some(chosen))));
        }
        if ui.button(tr("Read again")).clicked() {
            actions.push(Action::RefreshRuns);
        }
    });
}

fn importance(ui: &mut Ui, view: &SweepView) {
    ui.horizontal(|ui| {
        ui.strong(tr("Importance of the settings")).on_hover_text(tr(
            "By how much a forest of trees foretells the figure worse when the setting is shuffled, \
             as a share of the spread of the trials; the line is the 95 % interval",
        ));
        report::copy_menu(ui, &view.importance_table);
    });
    match &view.importance {
        Ok(found) => charts::importance(ui, found, HEIGHT),
        Err(why) => {
            ui.weak(tr(why));
        }
    }
    if view.importance.is_ok() {
        for note in &view.importance_table.notes {
            ui.label(RichText::new(tr(note)).small().weak());
        }
    }
}

fn cost(ui: &mut Ui, view: &SweepView) {
    ui.strong(tr("Best so far by its cost")).on_hover_text(tr(
        "The best validation value after each trial, by the epochs that all until then were trained",
    ));
    let title = view.axes.last().map_or("", |axis| axis.title.as_str());
    charts::cost(ui, &view.curve, title, HEIGHT);
}
