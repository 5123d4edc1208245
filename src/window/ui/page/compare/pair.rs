//! One user through two runs: both attention maps, both timelines, both next items.

use std::sync::Arc;

use egui::{Layout, ScrollArea, Ui, vec2};

use super::super::explain::{
    AttentionView, PairView, PairViews, Pickers, ShownUser, next_card, next_disagreement,
    run_heading, why_no_attention,
};
use crate::app::{Action, App, Loadable, Page, Select};
use crate::ui::Actions;
use crate::ui::language::tr;
use crate::ui::theme::{self, size};
use crate::ui::widget::panel;
use crate::ui::widget::timeline::{self, Timeline};
use seqscope_engine::explain::UserView;
use seqscope_engine::run::RunId;
use seqscope_model::ModelKind;

/// Height of the attention maps of one side; the side scrolls where there is less room.
const SMALLEST_MAPS: f32 = 360.0;
const LARGEST_MAPS: f32 = 620.0;

/// View state of the two sides.
#[derive(Default)]
pub(super) struct Pair {
    pickers: Pickers,
    views: PairViews,
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
            ui.weak(tr(
                "Choose two runs in the table: A for the left side, B for the right one.",
            ));
            return;
        };
        ui.horizontal_wrapped(|ui| {
            self.pickers.user(ui, app, left, actions);
            next_disagreement(ui, app, actions);
            ui.separator();
            self.views.buttons(ui);
            if ui
                .button(tr("All views"))
                .on_hover_text(tr("Every view of Explain for both runs, side by side"))
                .clicked()
            {
                actions.push(Action::Select(Select::Beside(true)));
                actions.push(Action::GoTo(Page::Explain));
            }
        });
        if self.views.view() != PairView::SideBySide {
            return self.views.ui(ui, [left, right], app, actions);
        }
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

impl PairSide {
    fn ui(&mut self, ui: &mut Ui, run: &RunId, app: &App, actions: &mut Actions) {
        let summary = app.runs.summary(run);
        run_heading(ui, app, run, summary);
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
                    ui.label(tr(why_no_attention(kind, &view)));
                }
                ui.add_space(size::GAP_SMALL);
                next_card(ui, &shown);
            });
    }
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
