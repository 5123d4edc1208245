//! Explain: why? What one model saw in one user's history: its attention, what it expected before
//! each event, and what it expects next.

mod attention;
mod awaited;
mod beside;
mod cards;
mod cell;
mod faithfulness;
mod feedback;
mod gallery;
mod gates;
mod item_facts;
mod item_map;
mod item_search;
mod lasso_slice;
mod latent_space;
mod latent_use;
mod list;
mod over_users;
mod pair_views;
mod pickers;
mod point_colors;
mod projection;
mod rules;
mod shown;
mod user_facts;
mod views;
mod what_if;

pub(super) use attention::AttentionView;
pub(super) use beside::{ExplainPage, counts_words, next_disagreement, run_heading};
pub(super) use cards::next_card;
pub(super) use pair_views::{PairView, PairViews};
pub(super) use pickers::Pickers;
pub(super) use shown::ShownUser;

use std::sync::Arc;

use egui::{Panel, RichText, Ui};

use super::super::Actions;
use crate::app::{Action, App, ExplainView, Loadable, Page, Select, TourStep, ViewKey};
use crate::ui::frame::{action_button, action_button_as};
use crate::ui::language::tr;
use crate::ui::theme::{self, size};
use crate::ui::tour;
use crate::ui::widget::panel::{self, AsideWidths, PanelSide};
use crate::ui::widget::room;
use crate::ui::widget::tiles::tiles;
use crate::ui::widget::timeline::{self, Timeline};
use seqscope_engine::explain::UserView;
use seqscope_engine::run::RunId;
use seqscope_model::{ModelKind, ModelSpec};

/// One run on the page, alone or beside another.
#[derive(Clone, Copy)]
struct RunColumn<'a> {
    run: &'a RunId,
    /// The first run, where this is the second: what is changed there is followed here.
    leading: Option<&'a RunId>,
}

/// View state of the views of one run.
#[derive(Default)]
struct ExplainColumn {
    attention: AttentionView,
    timeline: Timeline,
    list: list::ListCard,
    what_if: what_if::WhatIfView,
    faithfulness: faithfulness::FaithfulnessView,
    gates: gates::GatesView,
    latent_space: latent_space::LatentSpaceView,
    item_map: item_map::ItemMapView,
    gallery: gallery::GalleryView,
    rules: rules::RulesView,
    over_users: over_users::OverUsersView,
}

impl ExplainColumn {
    /// The user that is looked at through one run, or why there is nothing to see.
    fn ui(&mut self, ui: &mut Ui, of: RunColumn<'_>, app: &App, actions: &mut Actions) {
        let run = of.run;
        let Some(prepared) = app.views.data(run) else {
            match app.views.data_state(run) {
                Loadable::Failed(sentence) => panel::failed(ui, sentence),
                Loadable::Loading(what) => panel::loading(ui, what),
                _ => no_weights(ui, app, actions),
            }
            return;
        };
        // With data there is always a user: the application chooses one where nobody did.
        let Some(key) = app.selection.view_key(run) else {
            return;
        };
        let Some(view) = view(ui, app, &key) else {
            return;
        };
        let shown = ShownUser::new(&view, prepared);
        if shown.n_events() == 0 {
            panel::empty(
                ui,
                "This user has no events",
                "Choose another user above.",
                |_| {},
            );
        } else {
            self.user(ui, &shown, of, app, actions);
        }
    }

    /// The user in the ways that were chosen.
    fn user(
        &mut self,
        ui: &mut Ui,
        shown: &ShownUser<'_>,
        of: RunColumn<'_>,
        app: &App,
        actions: &mut Actions,
    ) {
        let kind = app.kind_of(of.run);
        let layout = app.shown_layout();
        let asked = tiles(ui, &layout, app.active_view(), &mut |ui, view| match kind
            .and_then(|kind| view.why_not(kind))
        {
            Some(why_not) => panel::empty(ui, "Not of this model", why_not, |_| {}),
            None => self.view(ui, view, shown, of, app, actions),
        });
        let used = asked.active.map(|view| Action::Select(Select::View(view)));
        actions.extend(used);
        actions.extend(asked.changes.into_iter().map(Action::Arrange));
    }

    /// The user in one way.
    fn view(
        &mut self,
        ui: &mut Ui,
        view: ExplainView,
        shown: &ShownUser<'_>,
        of: RunColumn<'_>,
        app: &App,
        actions: &mut Actions,
    ) {
        let run = of.run;
        let Some(key) = &app.selection.view_key(run) else {
            return;
        };
        match view {
            ExplainView::Overview if shown.view().attention.is_some() => {
                self.with_attention(ui, shown, key, app, actions);
            }
            ExplainView::Overview => self.without_attention(ui, shown, key, app, actions),
            ExplainView::WhatIf => match of.leading {
                Some(leading) => what_if::following(ui, leading, key, app, actions),
                None => self.what_if.ui(ui, shown, app, actions),
            },
            ExplainView::Faithfulness => self.faithfulness.ui(ui, shown, run, app, actions),
            ExplainView::Gates => self.gates.ui(ui, shown, key, app, actions),
            ExplainView::LatentSpace => self.latent_space.ui(ui, shown, key, app, actions),
            ExplainView::ItemMap => self.item_map.ui(ui, key, app, actions),
            ExplainView::Gallery => self.gallery.ui(ui, key, app, actions),
            ExplainView::Rules => self.rules.ui(ui, key, app, actions),
            ExplainView::OverUsers => self.over_users.ui(ui, key, app, actions),
        }
    }

    fn with_attention(
        &mut self,
        ui: &mut Ui,
        shown: &ShownUser<'_>,
        key: &ViewKey,
        app: &App,
        actions: &mut Actions,
    ) {
        if ui.available_width() < BESIDE_FROM {
            return self.stacked(ui, shown, key, app, actions);
        }
        let half = (ui.available_width() * 0.44).max(360.0);
        let card = theme::card(ui);
        Panel::left("attention")
            .frame(card)
            .resizable(true)
            .default_size(half)
            .size_range(300.0..=(ui.available_width() - 320.0).max(320.0))
            .show(ui, |ui| {
                self.attention.ui(ui, shown, &app.selection, actions);
            });
        let head = app.selection.head;
        let looked_at = shown
            .attention()
            .map(|maps| attention::looked_at(maps, head, app.selection.event, shown));
        egui::CentralPanel::default()
            .frame(egui::Frame::new().inner_margin(egui::Margin {
                left: 8,
                ..Default::default()
            }))
            .show(ui, |ui| {
                egui::ScrollArea::vertical()
                    .auto_shrink([false, false])
                    .show(ui, |ui| {
                        let bottom = ui.max_rect().bottom();
                        // The list has buttons beside its titles.
                        let gap = ui.spacing().item_spacing.x;
                        let event = (ui.available_width() - gap) * EVENT_SHARE;
                        ui.horizontal_top(|ui| {
                            column(ui, event, |ui| {
                                let position = app.selection.event;
                                cards::event_card(ui, shown, position, looked_at.as_ref());
                            });
                            column(ui, ui.available_width(), |ui| {
                                self.list.ui(ui, shown, key, app, actions);
                            });
                        });
                        ui.add_space(size::GAP_SMALL);
                        self.arithmetic_card(ui, shown, &key.run, app, actions);
                        // Where the cards leave too little, the column scrolls.
                        let height = (bottom - ui.cursor().top()).max(TIMELINE_LEAST);
                        ui.allocate_ui(egui::vec2(ui.available_width(), height), |ui| {
                            ui.set_max_height(height);
                            self.timeline_card(ui, shown, &key.run, app, actions);
                        });
                    });
            });
    }

    /// The cards under each other, in a room that is too narrow for two columns.
    fn stacked(
        &mut self,
        ui: &mut Ui,
        shown: &ShownUser<'_>,
        key: &ViewKey,
        app: &App,
        actions: &mut Actions,
    ) {
        let (head, event) = (app.selection.head, app.selection.event);
        let looked_at = shown
            .attention()
            .map(|maps| attention::looked_at(maps, head, event, shown));
        let height = (ui.available_height() * 0.9).clamp(240.0, MAPS_MOST);
        egui::ScrollArea::vertical()
            .id_salt("stacked")
            .auto_shrink(false)
            .show(ui, |ui| {
                theme::card(ui).show(ui, |ui| {
                    let room = egui::vec2(ui.available_width(), height);
                    let (rect, _) = ui.allocate_exact_size(room, egui::Sense::hover());
                    room::inside(ui, "attention", rect, |ui| {
                        self.attention.ui(ui, shown, &app.selection, actions);
                    });
                });
                ui.add_space(size::GAP_SMALL);
                cards::event_card(ui, shown, event, looked_at.as_ref());
                ui.add_space(size::GAP_SMALL);
                self.arithmetic_card(ui, shown, &key.run, app, actions);
                self.list.ui(ui, shown, key, app, actions);
                ui.add_space(size::GAP_SMALL);
                let room = egui::vec2(ui.available_width(), TIMELINE_LEAST);
                ui.allocate_ui(room, |ui| {
                    ui.set_max_height(TIMELINE_LEAST);
                    self.timeline_card(ui, shown, &key.run, app, actions);
                });
            });
    }

    /// How the weight that was clicked comes about, beside the map, which keeps its room.
    fn arithmetic_card(
        &mut self,
        ui: &mut Ui,
        shown: &ShownUser<'_>,
        run: &RunId,
        app: &App,
        actions: &mut Actions,
    ) {
        let Some(cell) = self.attention.cell(&app.selection) else {
            return;
        };
        theme::card(ui).show(ui, |ui| {
            ui.set_width(ui.available_width());
            if cell::ui(ui, cell, shown, run, app, actions).is_closed {
                self.attention.forget_cell();
            }
        });
        ui.add_space(size::GAP_SMALL);
    }

    fn without_attention(
        &mut self,
        ui: &mut Ui,
        shown: &ShownUser<'_>,
        key: &ViewKey,
        app: &App,
        actions: &mut Actions,
    ) {
        let card = theme::card(ui);
        let widths = AsideWidths {
            usual: (ui.available_width() * 0.32).clamp(260.0, 420.0),
            least: 200.0,
            most: (ui.available_width() - 240.0).max(260.0),
        };
        panel::aside(ui, PanelSide::Before, "expected", widths)
            .frame(egui::Frame::new())
            .show(ui, |ui| {
                // Above a narrow timeline there may be less room than this takes.
                egui::ScrollArea::vertical()
                    .auto_shrink([false, false])
                    .show(ui, |ui| {
                        card.show(ui, |ui| {
                            ui.set_width(ui.available_width());
                            ui.label(RichText::new(tr("No attention to show")).strong());
                            ui.label(tr(why_no_attention(app.kind_of(&key.run), shown.view())));
                        });
                        ui.add_space(size::GAP_SMALL);
                        self.list.ui(ui, shown, key, app, actions);
                        ui.add_space(size::GAP_SMALL);
                        cards::event_card(ui, shown, app.selection.event, None);
                    });
            });
        let left = egui::Margin {
            left: 8,
            ..Default::default()
        };
        egui::CentralPanel::default()
            .frame(egui::Frame::new().inner_margin(left))
            .show(ui, |ui| {
                self.timeline_card(ui, shown, &key.run, app, actions);
            });
    }

    fn timeline_card(
        &mut self,
        ui: &mut Ui,
        shown: &ShownUser<'_>,
        run: &RunId,
        app: &App,
        actions: &mut Actions,
    ) {
        theme::card(ui).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal(|ui| {
                ui.label(RichText::new(tr("Timeline")).strong());
                let summary = app.runs.summary(run);
                let manifest = summary.and_then(|summary| summary.manifest.as_ref());
                if let Some(remark) = manifest.and_then(|manifest| manifest.counted_before()) {
                    // What is shown here is by today's rule, and so may differ from what the run
                    // counted.
                    let words = RichText::new(tr("⚠ older rule")).color(theme::colors(ui).warning);
                    ui.label(words).on_hover_text(tr(format!(
                        "The run's own figures were {}.",
                        remark.sentence()
                    )));
                }
                let summary = RichText::new(timeline::summary(shown.view())).weak();
                ui.add(egui::Label::new(summary).truncate());
            });
            tour::mark(ui, TourStep::Event, ui.max_rect());
            let title = |item| shown.title(item);
            let data = shown.timeline(&title);
            if let Some(position) = self.timeline.ui(ui, &data, app.selection.event) {
                actions.push(Action::Select(Select::Event(Some(position))));
            }
        });
    }
}

/// The view to be shown: the one asked for, or, while it is on its way, that of the nearest epoch
/// there is, so that moving the playhead does not flicker.
fn view(ui: &mut Ui, app: &App, key: &ViewKey) -> Option<Arc<UserView>> {
    match app.views.user(key) {
        Loadable::Ready(view) => Some(Arc::clone(view)),
        Loadable::Failed(sentence) => {
            panel::failed(ui, sentence);
            None
        }
        Loadable::Idle => {
            ui.weak(tr("This view has not been asked for yet."));
            None
        }
        Loadable::Loading(what) => {
            let Some((_, view)) = app.nearest_view(key) else {
                panel::loading(ui, what);
                return None;
            };
            // Over the page, so that nothing moves while the next epoch is on its way.
            let corner = egui::Rect::from_min_size(
                ui.max_rect().right_top() - egui::vec2(22.0, 0.0),
                egui::Vec2::splat(18.0),
            );
            egui::Spinner::new().paint_at(ui, corner);
            Some(Arc::clone(view))
        }
    }
}

/// Paints contents in a column of this width.
fn column(ui: &mut Ui, width: f32, contents: impl FnOnce(&mut Ui)) {
    let down = egui::Layout::top_down(egui::Align::Min);
    ui.allocate_ui_with_layout(egui::vec2(width, 0.0), down, |ui| {
        ui.set_width(width);
        contents(ui);
    });
}

/// Share of the width that the event has beside the list.
const EVENT_SHARE: f32 = 0.43;

/// Width from which the attention stands beside the other cards of the overview.
const BESIDE_FROM: f32 = 660.0;

/// Height of the attention over the other cards, at most.
const MAPS_MOST: f32 = 420.0;

/// Least height of the timeline: its chart and a few rows of its table.
const TIMELINE_LEAST: f32 = 340.0;

/// Why a family has no attention, and what is shown in its place.
pub(super) fn why_no_attention(kind: Option<ModelKind>, view: &UserView) -> String {
    let why = match kind {
        Some(kind) => ModelSpec::of_kind(kind).family().why_no_attention(),
        None => "This model gives no attention weights.",
    };
    let instead = match view.said {
        Some(_) => "what it said after each event, and what came true.",
        None => "what it expected before each event, and what it expects next.",
    };
    format!("{why} Shown instead: {instead}")
}

fn no_runs(ui: &mut Ui, app: &App, actions: &mut Actions) {
    let sentence = "Attention maps, a timeline of what the model expected before each event, and \
                    its next items appear here once a run has trained for an epoch.";
    panel::empty(ui, "Nothing to explain yet", sentence, |ui| {
        action_button(ui, app, actions, Action::OpenExample);
        ui.add_space(size::GAP_SMALL);
        action_button(ui, app, actions, Action::TryIt);
    });
}

fn no_run_chosen(ui: &mut Ui, app: &App, newest: Option<RunId>, actions: &mut Actions) {
    let sentence =
        "Choose a run above or in the list on the left; its attention and timelines appear here.";
    panel::empty(ui, "No run is chosen", sentence, |ui| {
        if let Some(run) = newest {
            action_button_as(
                ui,
                app,
                actions,
                Action::Select(Select::Run(run)),
                tr("Explain the newest run"),
            );
        }
    });
}

fn no_weights(ui: &mut Ui, app: &App, actions: &mut Actions) {
    let sentence = "Weights are kept from the first finished epoch on. This run has none, so there \
                    is nothing to explain; choose another run, or watch this one train.";
    panel::empty(ui, "This run has no weights yet", sentence, |ui| {
        action_button_as(
            ui,
            app,
            actions,
            Action::GoTo(Page::Train),
            tr("Go to Train"),
        );
    });
}
