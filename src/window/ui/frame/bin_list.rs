//! The deleted runs: what they take, and how they come back or go for good.

use egui::{RichText, ScrollArea, Ui};

use crate::app::{Action, App, Loadable};
use crate::ui::language::tr;
use crate::ui::theme::{self, size};
use crate::ui::{Actions, text};
use seqscope_engine::run::BinnedRun;

/// The list while it is open.
#[derive(Default)]
pub(super) struct BinList {
    is_open: bool,
    /// Whether the button that deletes for good was pressed once.
    asks: bool,
}

impl BinList {
    /// Opens the list, and has the bin read.
    pub(super) fn open(&mut self, actions: &mut Actions) {
        (self.is_open, self.asks) = (true, false);
        actions.push(Action::ReadBin);
    }

    pub(super) fn ui(&mut self, ui: &Ui, app: &App, actions: &mut Actions) {
        if !self.is_open {
            return;
        }
        let shown = egui::Modal::new(egui::Id::unique("bin")).show(ui.ctx(), |ui| {
            ui.set_width(520.0);
            ui.heading(tr("Deleted runs"));
            match &app.runs.bin {
                Loadable::Ready(runs) if runs.is_empty() => {
                    ui.weak(tr("The bin is empty."));
                }
                Loadable::Ready(runs) => self.runs(ui, app, runs, actions),
                Loadable::Failed(why) => {
                    ui.colored_label(theme::colors(ui).error, tr(why));
                }
                Loadable::Loading(_) | Loadable::Idle => {
                    ui.spinner();
                }
            }
            ui.add_space(size::GAP);
            if ui.button(tr("Close")).clicked() {
                self.is_open = false;
            }
        });
        if shown.should_close() {
            self.is_open = false;
        }
    }

    fn runs(&mut self, ui: &mut Ui, app: &App, runs: &[BinnedRun], actions: &mut Actions) {
        let row = ui.spacing().interact_size.y;
        ScrollArea::vertical()
            .max_height(320.0)
            .auto_shrink([false, true])
            .show_rows(ui, row, runs.len(), |ui, range| {
                for run in runs.get(range).unwrap_or_default() {
                    ui.horizontal(|ui| {
                        let back = Action::RestoreRun(run.name.clone());
                        super::action_button(ui, app, actions, back);
                        ui.weak(text::bytes(run.bytes));
                        let words = format!("{}  {}", run.title, run.name);
                        ui.add(egui::Label::new(RichText::new(words)).truncate());
                    });
                }
            });
        ui.add_space(size::GAP);
        let total = text::bytes(runs.iter().map(|run| run.bytes).sum());
        let n = text::counted(runs.len(), "run");
        if !self.asks {
            self.asks = ui
                .button(tr(format!("Empty the bin: {n}, {total}…")))
                .clicked();
            return;
        }
        ui.horizontal_wrapped(|ui| {
            ui.label(tr("What is in the bin cannot be brought back after this."));
            let before = actions.len();
            super::action_button(ui, app, actions, Action::EmptyBin);
            self.asks &= actions.len() == before;
        });
    }
}
