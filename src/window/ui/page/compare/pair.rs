//! One user through two runs: both attention maps, both timelines, both next items.

use std::sync::Arc;

use egui::{Layout, RichText, ScrollArea, Ui, vec2};

use super::super::explain::{AttentionView, Pickers, ShownUser, next_card, why_no_attention};
use super::disagree::Disagreements;
use crate::app::{Action, App, Loadable, Select};
use crate::ui::theme::{self, size};
use crate::ui::widget::panel;
use crate::ui::widget::run_words;
use crate::ui::widget::timeline::{self, Timeline};
use crate::ui::{Actions, text};
use seqscope_base::spec::Entry;
use seqscope_engine::explain::UserView;
use seqscope_engine::run::{RunId, Summary};
use seqscope_model::ModelKind;

/// Height of the attention maps of one side; the side scrolls where there is less room.
const SMALLEST_MAPS: f32 = 360.0;
const LARGEST_MAPS: f32 = 620.0;

/// View state of the two sides.
#[derive(Default)]
pub(super) struct Pair {
    pickers: Pickers,
    disagreements: Disagreements,
    sides: [PairSide; 2],
}

/// View state of one side.
#[derive(Default)]
struct PairSide {
    attention: AttentionView,
    timeline: Timeline,
}

impl Pair {
    pub(super) fn ui(&mut self, ui: &mut Ui, app: &App, actions: &mut Actions) {
        let (Some(left), Some(right)) = (&app.selection.run, &app.selection.second_run) else {
            ui.weak("Choose two runs in the table: A for the left side, B for the right one.");
            return;
        };
        ui.horizontal_wrapped(|ui| {
            self.pickers.user(ui, app, left, actions);
            self.disagreement(ui, app, [left, right], actions);
        });
        let width = (ui.available_width() - size::GAP) / 2.0;
        let height = ui.available_height();
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = size::GAP;
            for (side, run) in self.sides.iter_mut().zip([left, right]) {
                ui.allocate_ui_with_layout(
                    vec2(width, height),
                    Layout::top_down(egui::Align::Min),
                    |ui| {
                        ui.push_id(run, |ui| {
                            theme::card(ui).show(ui, |ui| {
                                ui.set_width(ui.available_width());
                                ui.set_height(ui.available_height());
                                side.ui(ui, run, app, actions);
                            });
                        });
                    },
                );
            }
        });
    }
}

impl Pair {
    /// Steps through the users whose test item only one of the two has among its first ten.
    fn disagreement(&mut self, ui: &mut Ui, app: &App, runs: [&RunId; 2], actions: &mut Actions) {
        let [Some(left), Some(right)] = runs.map(|run| app.views.series(run).ready()) else {
            return;
        };
        let found = self.disagreements.between(left, right);
        let users = app
            .views
            .data(runs[0])
            .map(|prepared| &prepared.dataset.users);
        let place = |id: &str| users.and_then(|users| users.idx(id));
        let next = found.next(app.selection.user_id.as_deref().and_then(place), place);
        let button = ui.add_enabled(next.is_some(), egui::Button::new("Next disagreement ⏭"));
        let reason = "No user was judged on test by both runs with only one of them right";
        let button = button
            .on_hover_text(found.words())
            .on_disabled_hover_text(reason);
        if let Some(id) = next.filter(|_| button.clicked()) {
            actions.push(Action::Select(Select::User(id.clone())));
        }
    }
}

impl PairSide {
    fn ui(&mut self, ui: &mut Ui, run: &RunId, app: &App, actions: &mut Actions) {
        let summary = app.runs.summary(run);
        heading(ui, app, run, summary);
        let Some(view) = view(ui, app, run) else {
            return;
        };
        let Some(prepared) = app.views.data(run) else {
            return;
        };
        let shown = ShownUser::new(&view, prepared);
        let kind = summary
            .and_then(|s| s.manifest.as_ref())
            .map(|m| ModelKind::from(&m.experiment.model));
        ui.weak(timeline::summary(&view));
        ScrollArea::vertical()
            .id_salt("side")
            .auto_shrink(false)
            .show(ui, |ui| {
                // The strips first: at the same height on both sides they can be read against each
                // other.
                let title = |item| shown.title(item);
                let data = shown.timeline(&title);
                if let Some(position) = self.timeline.strip(ui, &data, app.selection.event) {
                    actions.push(Action::Select(Select::Event(Some(position))));
                }
                ui.add_space(size::GAP_SMALL);
                if shown.attention().is_some() {
                    let height =
                        (ui.available_height() - size::GAP).clamp(SMALLEST_MAPS, LARGEST_MAPS);
                    ui.allocate_ui(vec2(ui.available_width(), height), |ui| {
                        ui.set_max_height(height);
                        self.attention.ui(ui, &shown, &app.selection, actions);
                    });
                } else {
                    ui.label(why_no_attention(kind, &view));
                }
                ui.add_space(size::GAP_SMALL);
                next_card(ui, &shown);
            });
    }
}

fn heading(ui: &mut Ui, app: &App, run: &RunId, summary: Option<&Summary>) {
    ui.horizontal(|ui| {
        run_words::dot(ui, theme::run_color(ui, app, run));
        let title = summary.map_or_else(|| run.to_string(), run_words::distinct_title);
        ui.add(egui::Label::new(RichText::new(title).strong()).truncate());
        if let Some(shown) = app.selection.shown_epoch(run) {
            let epoch = ui.label(format!("epoch {}", shown.epoch));
            if let Some(why) = &shown.why {
                epoch.on_hover_text(why);
            }
        }
        if let Some(test) = summary
            .and_then(|s| s.manifest.as_ref())
            .and_then(|m| m.test.as_ref())
        {
            let (metric, value) = test.primary();
            ui.weak(format!(
                "test {} {}",
                metric.title(),
                text::optional_metric(value)
            ));
        }
    });
}

fn view(ui: &mut Ui, app: &App, run: &RunId) -> Option<Arc<UserView>> {
    if let Loadable::Failed(sentence) = app.views.data_state(run) {
        panel::failed(ui, sentence);
        return None;
    }
    let Some(key) = app.selection.view_key(run) else {
        panel::loaded(
            ui,
            app.views.data_state(run),
            "This run has no weights yet: it shows nothing of a user.",
        );
        return None;
    };
    let wanted = app.views.user(&key);
    // Another epoch of the same user stands in until this one has come.
    let stand_in = app.nearest_view(&key).filter(|_| wanted.is_loading());
    if let Some((_, view)) = stand_in {
        return Some(Arc::clone(view));
    }
    panel::loaded(
        ui,
        wanted,
        "This run has no weights yet: it shows nothing of a user.",
    )
    .cloned()
}
