//! The rules that a model keeps: a tree that imitates it, its sentences, and what follows what.

mod tree;

use std::sync::Arc;

use egui::{ComboBox, DragValue, Label, ProgressBar, RichText, ScrollArea, Ui};

use crate::app::{Action, App, FoundRules, Loadable, RulesKey, ViewKey};
use crate::ui::frame::{action_button, action_button_as};
use crate::ui::language::tr;
use crate::ui::theme::{self, size};
use crate::ui::widget::{panel, report};
use crate::ui::{Actions, text};
use seqscope_base::spec::shown;
use seqscope_data::{FreeValues, Prepared};
use seqscope_engine::explain::RuleBy;
use seqscope_engine::report::ReportTable;

/// View state.
pub(super) struct RulesView {
    max_depth: usize,
    min_support: usize,
    by: RuleBy,
    shown: ShownRules,
    tree: tree::TreeCard,
}

/// Kind of rules that is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum ShownRules {
    #[default]
    Tree,
    Bigrams,
}

impl Default for RulesView {
    fn default() -> Self {
        Self {
            max_depth: 4,
            min_support: 10,
            by: RuleBy::default(),
            shown: ShownRules::default(),
            tree: tree::TreeCard::default(),
        }
    }
}

impl RulesView {
    /// Paints the settings of the search, and under them what was found.
    pub(super) fn ui(&mut self, ui: &mut Ui, key: &ViewKey, app: &App, actions: &mut Actions) {
        let Some(prepared) = app.views.data(&key.run) else {
            return;
        };
        theme::card(ui).show(ui, |ui| {
            ui.set_width(ui.available_width());
            self.settings(ui, key, prepared, app, actions);
        });
        ui.add_space(size::GAP_SMALL);
        match app.views.rules().found(&key.run, key.epoch) {
            Loadable::Ready(found) => self.found(ui, key, found, prepared, actions),
            Loadable::Failed(why) => panel::failed(ui, why),
            Loadable::Loading(what) => progress(ui, what, app),
            Loadable::Idle => {
                let sentence = "A small decision tree is grown to say what the model says, on what \
                                a history shows: its last items and behaviours, gaps, counts, the \
                                hour, columns about the user. Users that took no part tell whether \
                                it holds. Beside it: what follows what in the log, and how often \
                                the model obeys.";
                panel::empty(ui, "No rules have been looked for", sentence, |ui| {
                    action_button(ui, app, actions, Action::FindRules(self.wanted(key)));
                });
            }
        }
    }

    fn wanted(&self, key: &ViewKey) -> RulesKey {
        RulesKey {
            run: key.run.clone(),
            epoch: key.epoch,
            max_depth: self.max_depth,
            min_support: self.min_support,
            by: self.by.clone(),
        }
    }

    fn settings(
        &mut self,
        ui: &mut Ui,
        key: &ViewKey,
        prepared: &Prepared,
        app: &App,
        actions: &mut Actions,
    ) {
        ui.horizontal_wrapped(|ui| {
            for (shown, name, help) in [
                (
                    ShownRules::Tree,
                    "Decision tree",
                    "A small tree that says what the model says, and the rules read off it",
                ),
                (
                    ShownRules::Bigrams,
                    "What follows what",
                    "Rules of the log, and how often the model obeys them",
                ),
            ] {
                ui.selectable_value(&mut self.shown, shown, tr(name))
                    .on_hover_text(tr(help));
            }
            ui.separator();
            let name = ui.label(tr("Depth"));
            ui.add(DragValue::new(&mut self.max_depth).range(0..=8))
                .labelled_by(name.id)
                .on_hover_text(tr("Most tests on the way to a leaf of the tree"));
            let offered = offered(prepared);
            if !offered.contains(&self.by) {
                self.by = RuleBy::Auto;
            }
            let name = ui.label(tr("Items called by"));
            ComboBox::from_id_salt("items called by")
                .selected_text(by_words(&self.by))
                .show_ui(ui, |ui| {
                    for by in offered {
                        let words = by_words(&by);
                        ui.selectable_value(&mut self.by, by, words);
                    }
                })
                .response
                .labelled_by(name.id);
            let name = ui.label(tr("Least support"));
            ui.add(DragValue::new(&mut self.min_support).range(1..=1_000_000))
                .labelled_by(name.id)
                .on_hover_text(tr(
                    "Fewest times that a rule of what follows what comes true among the training \
                     events",
                ));
            let rules = app.views.rules();
            let wanted = self.wanted(key);
            if rules.is_searching() {
                action_button_as(ui, app, actions, Action::StopRules, tr("Stop"));
            } else {
                let is_new = rules.key(&key.run, key.epoch) != Some(&wanted);
                let has_ended = !matches!(rules.found(&key.run, key.epoch), Loadable::Idle);
                if is_new && has_ended {
                    action_button_as(
                        ui,
                        app,
                        actions,
                        Action::FindRules(wanted),
                        tr("Find again"),
                    );
                }
            }
            if let Some(found) = rules.found(&key.run, key.epoch).ready() {
                ui.weak(tr(format!("Epoch {}", found.epoch)));
            }
        });
    }

    fn found(
        &mut self,
        ui: &mut Ui,
        key: &ViewKey,
        found: &Arc<FoundRules>,
        prepared: &Prepared,
        actions: &mut Actions,
    ) {
        match (self.shown, &found.tree, &found.bigrams) {
            (ShownRules::Tree, Ok(_), _) => self.tree.ui(ui, key, found, prepared, actions),
            (ShownRules::Bigrams, _, Ok(table)) => {
                theme::card(ui).show(ui, |ui| {
                    ui.set_width(ui.available_width());
                    ui.set_min_height(ui.available_height());
                    bigrams(ui, table);
                });
            }
            (ShownRules::Tree, Err(why), _) | (ShownRules::Bigrams, _, Err(why)) => {
                panel::failed(ui, why);
            }
        }
    }
}

/// Words that items can be called by.
fn offered(prepared: &Prepared) -> Vec<RuleBy> {
    let columns = prepared.dataset.item_columns.iter();
    let columns = columns
        .filter(|column| matches!(column.values, FreeValues::Category(_)))
        .map(|column| RuleBy::Column(column.name.clone()));
    [RuleBy::Auto]
        .into_iter()
        .chain(columns)
        .chain([RuleBy::Groups, RuleBy::Items])
        .collect()
}

fn by_words(by: &RuleBy) -> String {
    match by {
        RuleBy::Auto => tr("what tells most"),
        RuleBy::Column(name) => shown(name).into_owned(),
        RuleBy::Groups => tr("groups of vectors"),
        RuleBy::Items => tr("their titles"),
    }
}

fn progress(ui: &mut Ui, what: &str, app: &App) {
    let Some(now) = app.views.rules().progress() else {
        return panel::loading(ui, what);
    };
    ui.horizontal(|ui| {
        let share = now.done as f32 / now.of.max(1) as f32;
        let bar = ProgressBar::new(share)
            .desired_width(160.0)
            .show_percentage();
        ui.add(bar);
        ui.weak(tr(now.stage.to_string()));
    });
}

fn bigrams(ui: &mut Ui, table: &ReportTable) {
    ui.horizontal(|ui| {
        ui.label(RichText::new(tr(table.title.as_str())).strong());
        ui.weak(tr(text::counted(table.rows.len(), "rule")));
        report::copy_menu(ui, table);
    });
    for note in &table.notes {
        ui.add(Label::new(RichText::new(tr(note)).weak()).wrap());
    }
    if table.rows.is_empty() {
        return;
    }
    ScrollArea::both()
        .auto_shrink([false, false])
        .show(ui, |ui| {
            report::small_letters(ui);
            report::rows(ui, "bigram rules", table, &report::PlainCells);
        });
}
