//! Compare: which is better, really? A table of runs, what differs in their settings, their curves
//! over each other, one user through two of them, and on which users the two differ.

mod agreement;
mod columns;
mod curves;
mod lineage;
mod lineup;
mod pair;
mod run_names;
mod settings;
mod significance;
mod sweep;
mod table;

use egui::Ui;
use strum::IntoEnumIterator as _;

use super::super::Actions;
use crate::app::{Action, App};
use crate::ui::frame::action_button;
use crate::ui::language::tr;
use crate::ui::theme::{self, size};
use crate::ui::widget::panel;

/// View below the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, strum::EnumIter, strum::Display)]
enum Below {
    /// Curves over each other and the settings that differ.
    #[default]
    #[strum(to_string = "Curves and settings")]
    Curves,
    /// Intervals and tests over users.
    #[strum(to_string = "How sure")]
    HowSure,
    /// Results of a run by slice.
    #[strum(to_string = "By slice")]
    Slices,
    /// One user through two runs.
    #[strum(to_string = "One user, two runs")]
    User,
    /// How well two runs rank everyone's test item.
    #[strum(to_string = "All users, two runs")]
    Agreement,
    /// Trials of a sweep.
    #[strum(to_string = "Sweep")]
    Sweep,
    /// Which run began with which.
    #[strum(to_string = "Lineage")]
    Lineage,
}

/// View state of the page.
#[derive(Default)]
pub(super) struct ComparePage {
    table: table::RunsTable,
    below: Below,
    curves: curves::CurvesTab,
    settings: settings::SettingDifferences,
    pair: pair::Pair,
    agreement: agreement::AgreementTab,
    sweep: sweep::SweepTab,
    lineage: lineage::LineageTab,
}

impl ComparePage {
    pub(super) fn ui(&mut self, ui: &mut Ui, app: &App, actions: &mut Actions) {
        let Some(runs) = panel::loaded(
            ui,
            app.runs.listed(),
            "The list of runs has not been read yet.",
        ) else {
            return;
        };
        if runs.is_empty() {
            let sentence = "Every run becomes a line here: its best validation and its test \
                            metrics beside the references, its settings, its curves, and what it \
                            makes of any one user.";
            return panel::empty(ui, "No runs to compare", sentence, |ui| {
                action_button(ui, app, actions, Action::OpenExample);
                action_button(ui, app, actions, Action::TryIt);
            });
        }
        self.table.ui(ui, app, runs, actions);
        ui.add_space(size::GAP_SMALL);
        ui.horizontal(|ui| {
            for below in Below::iter() {
                ui.selectable_value(&mut self.below, below, tr(below.to_string()));
            }
        });
        match self.below {
            Below::Curves => {
                let width = (ui.available_width() * 0.31).clamp(240.0, 520.0);
                let card = theme::card(ui);
                egui::Panel::right("settings")
                    .frame(card)
                    .resizable(true)
                    .default_size(width)
                    .show(ui, |ui| {
                        self.settings.ui(ui, app);
                    });
                let right = egui::Margin {
                    right: 8,
                    ..egui::Margin::default()
                };
                egui::CentralPanel::default()
                    .frame(egui::Frame::new().inner_margin(right))
                    .show(ui, |ui| {
                        self.curves.ui(ui, app, actions);
                    });
            }
            Below::HowSure => significance::how_sure(ui, app, actions),
            Below::Slices => significance::by_slice(ui, app, actions),
            Below::Sweep => self.sweep.ui(ui, app, actions),
            Below::User => self.pair.ui(ui, app, actions),
            Below::Lineage => self.lineage.ui(ui, app, runs, actions),
            Below::Agreement => {
                if self.agreement.ui(ui, app, actions) {
                    self.below = Below::User;
                }
            }
        }
    }
}
