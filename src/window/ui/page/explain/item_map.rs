//! The items by their vectors: a map, neighbours of one, a set inside a lasso.

use std::sync::Arc;

use egui::{ComboBox, RichText, ScrollArea, Ui, vec2};

use super::awaited::Awaited;
use super::item_facts::{ItemFact, fact_of_items, facts};
use super::item_search::{ItemFinder, LISTED, item_row};
use super::lasso_slice::LassoSlice;
use super::point_colors::{LitPoints, PointColors};
use super::projection;
use crate::app::{
    App, InsideQuestion, ItemsAsk, NeighboursAsk, ProjectionKey, ProjectionOf, Question, ViewKey,
};
use crate::ui::language::tr;
use crate::ui::theme::size;
use crate::ui::widget::bars::{Bar, bars};
use crate::ui::widget::panel::{self, AsideWidths, PanelSide};
use crate::ui::widget::scatter::{DragTool, Scatter, ScatterMark, ScatterPoints, drag_tools};
use crate::ui::{Actions, text, theme};
use seqscope_base::spec::shown as foreign;
use seqscope_data::Prepared;
use seqscope_engine::explain::{ItemMap, ProjectedMap, ProjectionMethod};
use seqscope_engine::run::{RunId, SliceRule};

/// View state of the map of the items.
#[derive(Default)]
pub(super) struct ItemMapView {
    /// The run whose items are shown.
    run: Option<RunId>,
    /// Way in which vectors become places; `None` for principal components.
    method: Option<ProjectionMethod>,
    scatter: Scatter,
    colors: PointColors,
    by: ItemFact,
    tool: DragTool,
    /// Epoch onto which the maps of the others are turned.
    held: Option<usize>,
    /// The map that was drawn last, and its number.
    drawn: Option<Arc<ItemMap>>,
    projected: Option<Arc<ProjectedMap>>,
    /// Number of the map, and of the places that are painted.
    map_number: u64,
    revision: u64,
    chosen: Option<u32>,
    search: ItemFinder,
    lasso: ItemLasso,
}

/// Items inside a lasso.
#[derive(Default)]
struct ItemLasso {
    /// Their places on the map.
    inside: Vec<usize>,
    /// Their share of the training events.
    share: f64,
    lit: LitPoints,
    slice: LassoSlice,
}

impl ItemLasso {
    /// Takes in what is inside now.
    fn take(&mut self, inside: Vec<usize>, map: &ItemMap) {
        let events = |at: &usize| u64::from(map.counts.get(*at).copied().unwrap_or_default());
        let within: u64 = inside.iter().map(events).sum();
        let whole: u64 = map.counts.iter().map(|count| u64::from(*count)).sum();
        self.share = within as f64 / whole.max(1) as f64;
        self.lit.light(&inside, map.points.len());
        self.inside = inside;
    }

    fn clear(&mut self) {
        self.inside.clear();
        self.lit.light(&[], 0);
    }
}

impl ItemMapView {
    /// Paints the map, and beside it what was chosen on it.
    pub(super) fn ui(&mut self, ui: &mut Ui, key: &ViewKey, app: &App, actions: &mut Actions) {
        self.look_at(&key.run);
        let awaited = Awaited {
            answers: &app.views.inside().items,
            ask: ItemsAsk::of_model(key, self.held),
            name: |ask| Question::Inside(InsideQuestion::Items(ask)),
            doing: "Finding the principal components of the items",
        };
        let map = awaited.answer(ui, app, actions, |other| other.key.run == key.run);
        let Some(map) = map.map(Arc::clone) else {
            return;
        };
        let Some(prepared) = app.views.data(&key.run) else {
            return;
        };
        let projection_key = self.method.map(|method| ProjectionKey {
            run: key.run.clone(),
            epoch: key.epoch,
            of: ProjectionOf::Items,
            method,
        });
        let projected = projection_key
            .as_ref()
            .and_then(|key| app.views.projection().map(key));
        self.refresh(&map, projected);
        self.search.look_for(&key.run, app, actions);
        let width = (ui.available_width() * 0.3).clamp(260.0, 400.0);
        let mut shows_side = app.arrangement.shows_side;
        let widths = AsideWidths {
            usual: width,
            least: 240.0,
            most: (ui.available_width() * 0.5).max(240.0),
        };
        panel::aside(ui, PanelSide::After, "items_chosen", widths)
            .frame(egui::Frame::new())
            .show_collapsible(ui, &mut shows_side, |ui| {
                ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                    self.search.ui(ui, prepared, &mut self.chosen);
                    ui.add_space(size::GAP_SMALL);
                    self.lasso_card(ui, prepared, actions);
                    self.chosen_card(ui, key, &map, prepared, app, actions);
                });
            });
        let right = egui::Margin {
            right: 8,
            ..Default::default()
        };
        egui::CentralPanel::default()
            .frame(egui::Frame::new().inner_margin(right))
            .show(ui, |ui| {
                theme::card(ui).show(ui, |ui| {
                    ui.set_width(ui.available_width());
                    self.choices(ui, key, prepared, app);
                    if let Some(key) = &projection_key {
                        projection::progress(ui, key, app, actions);
                    }
                    self.map(ui, &map, prepared);
                });
            });
    }

    fn refresh(&mut self, map: &Arc<ItemMap>, projected: Option<&Arc<ProjectedMap>>) {
        let is_drawn = self
            .drawn
            .as_ref()
            .is_some_and(|drawn| Arc::ptr_eq(drawn, map));
        let is_projected = match (&self.projected, projected) {
            (Some(drawn), Some(projected)) => Arc::ptr_eq(drawn, projected),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        if is_drawn && is_projected {
            return;
        }
        self.map_number += u64::from(!is_drawn);
        let n_items = map.points.len();
        if self.lasso.inside.iter().any(|at| *at >= n_items) {
            self.lasso.clear();
        }
        self.chosen = self.chosen.filter(|item| *item as usize <= n_items);
        (self.drawn, self.projected) = (Some(Arc::clone(map)), projected.cloned());
        self.revision += 1;
    }

    /// Forgets what was chosen on the map of another run, where the same number is another item.
    fn look_at(&mut self, run: &RunId) {
        if self.run.as_ref() == Some(run) {
            return;
        }
        self.run = Some(run.clone());
        (self.held, self.chosen) = (None, None);
        self.lasso.clear();
        self.search = ItemFinder::default();
        self.scatter.forget();
    }

    fn choices(&mut self, ui: &mut Ui, key: &ViewKey, prepared: &Prepared, app: &App) {
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new(tr("Items")).strong());
            if projection::methods(ui, &mut self.method) {
                self.revision += 1;
                self.scatter.forget();
            }
            let name = ui.label(tr("Colour"));
            let offered = facts(prepared);
            if !offered.contains(&self.by) {
                self.by = ItemFact::default();
            }
            ComboBox::from_id_salt("item_fact")
                .selected_text(self.by.word(prepared))
                .show_ui(ui, |ui| {
                    for by in offered {
                        let word = by.word(prepared);
                        ui.selectable_value(&mut self.by, by, word);
                    }
                })
                .response
                .labelled_by(name.id);
            drag_tools(ui, &mut self.tool, "items");
            if ui
                .button(tr("Fit"))
                .on_hover_text(tr("Show all points"))
                .clicked()
            {
                self.scatter.fit();
            }
        });
        if self.method.is_none() {
            self.hold(ui, key, app);
        }
    }

    /// Choice of the epoch onto which the maps of all are turned.
    fn hold(&mut self, ui: &mut Ui, key: &ViewKey, app: &App) {
        let Some(series) = app.views.series(&key.run).ready() else {
            return;
        };
        let present = key.epoch.or(series.manifest.best_epoch);
        ui.horizontal_wrapped(|ui| {
            let mut is_held = self.held.is_some();
            let words = match self.held {
                Some(epoch) => format!("Turned onto epoch {epoch}"),
                None => "Turn onto this epoch".to_owned(),
            };
            let has_more = series.epochs.len() > 1;
            let choice = ui.add_enabled(has_more, egui::Checkbox::new(&mut is_held, tr(words)));
            let choice = choice
                .on_hover_text(tr(
                    "Other epochs' maps are turned so that their items lie as near as can be to \
                     where they lie in this one (orthogonal Procrustes): play the epochs below to \
                     see the items move",
                ))
                .on_disabled_hover_text(tr("Only one epoch's weights are kept."));
            if choice.changed() {
                self.held = present.filter(|_| is_held);
            }
        });
        // An epoch of another run is none of this one's.
        self.held = self.held.filter(|epoch| series.epochs.contains(epoch));
    }

    fn map(&mut self, ui: &mut Ui, map: &ItemMap, prepared: &Prepared) {
        let projected = self.projected.clone();
        let points = match (self.method, &projected) {
            (None, _) => &map.points,
            (Some(_), Some(projected)) if projected.points.len() == map.points.len() => {
                &projected.points
            }
            (Some(_), _) => return,
        };
        let by = self.by;
        let key = (by, self.map_number);
        self.colors.refresh(ui, key, &self.lasso.lit, || {
            fact_of_items(by, map, prepared)
        });
        let words = ui.weak(tr(words_of_map(map, projected.as_deref())));
        if projected.is_some() {
            words.on_hover_text(tr(projection::TRUST_HELP));
        }
        self.colors.legend(ui);
        let title = |at: usize| item_words(map, prepared, at);
        let marks = self.marks(ui);
        let pointed = self.scatter.ui(
            ui,
            ui.available_size().max(vec2(80.0, 80.0)),
            self.tool,
            ScatterPoints {
                name: "Item map",
                revision: self.revision,
                points,
                colors: self.colors.colors(),
                colors_revision: self.colors.revision(),
                title: &title,
                marks: &marks,
            },
        );
        if let Some(at) = pointed.clicked {
            self.chosen = Some(at as u32 + 1);
        }
        if let Some(inside) = pointed.enclosed {
            self.lasso.take(inside, map);
        }
    }

    fn marks(&self, ui: &Ui) -> Vec<ScatterMark> {
        let colors = theme::colors(ui);
        let mark = |at: usize, color: egui::Color32, is_named: bool| ScatterMark {
            at,
            color,
            is_named,
        };
        let place = |item: &u32| (*item as usize).saturating_sub(1);
        let found = self
            .search
            .found()
            .iter()
            .map(|item| mark(place(item), colors.warning, false));
        let chosen = self
            .chosen
            .iter()
            .map(|item| mark(place(item), colors.accent, true));
        found.chain(chosen).collect()
    }

    /// The chosen item and its neighbours by the vectors themselves, not by the map.
    fn chosen_card(
        &mut self,
        ui: &mut Ui,
        key: &ViewKey,
        map: &ItemMap,
        prepared: &Prepared,
        app: &App,
        actions: &mut Actions,
    ) {
        theme::card(ui).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.label(RichText::new(tr("Neighbours")).strong())
                .on_hover_text(tr(
                    "Items whose vectors have the largest cosine with the chosen one's",
                ));
            let Some(item_idx) = self.chosen else {
                ui.weak(tr("Click an item on the map, or search for one."));
                return;
            };
            ui.label(item_words(map, prepared, item_idx as usize - 1));
            let awaited = Awaited {
                answers: &app.views.inside().neighbours,
                ask: NeighboursAsk::of_model(key, item_idx),
                name: |ask| Question::Inside(InsideQuestion::Neighbours(ask)),
                doing: "Comparing with every item",
            };
            let is_like =
                |other: &NeighboursAsk| other.key.run == key.run && other.item_idx == item_idx;
            let Some(near) = awaited.answer(ui, app, actions, is_like) else {
                return;
            };
            let rows: Vec<Bar> = near
                .iter()
                .map(|near| Bar {
                    title: foreign(prepared.dataset.item_label(near.item_idx)).into_owned(),
                    share: near.cosine.max(0.0),
                    is_true: false,
                })
                .collect();
            ui.weak(tr("Cosine, as a share of 1"));
            bars(ui, &rows);
        });
        ui.add_space(size::GAP_SMALL);
    }

    /// The items inside the lasso.
    fn lasso_card(&mut self, ui: &mut Ui, prepared: &Prepared, actions: &mut Actions) {
        if self.lasso.inside.is_empty() {
            return;
        }
        theme::card(ui).show(ui, |ui| {
            ui.set_width(ui.available_width());
            let n = text::counted(self.lasso.inside.len(), "item");
            ui.label(RichText::new(tr(format!("Lasso: {n}"))).strong());
            let share = text::percent(self.lasso.share);
            ui.weak(tr(format!("{share} of the training events")));
            let inside = self.lasso.inside.iter();
            let ids = inside.filter_map(|at| prepared.dataset.items.id(*at as u32 + 1));
            let help = "The users of whom one of these items is asked";
            let rule = || SliceRule::of_targets(ids.clone().map(str::to_owned));
            self.lasso.slice.ui(ui, help, actions, rule);
            let mut is_cleared = false;
            ui.horizontal(|ui| {
                if ui.button(tr("Copy ids")).clicked() {
                    ui.ctx().copy_text(ids.collect::<Vec<_>>().join("\n"));
                }
                is_cleared = ui.button(tr("Clear")).clicked();
            });
            if is_cleared {
                self.lasso.clear();
            }
            for &at in self.lasso.inside.iter().take(LISTED) {
                let item = at as u32 + 1;
                if item_row(ui, prepared, item, self.chosen == Some(item)) {
                    self.chosen = Some(item);
                }
            }
            if self.lasso.inside.len() > LISTED {
                ui.weak(tr(format!(
                    "and {} more",
                    text::count(self.lasso.inside.len() - LISTED)
                )));
            }
        });
        ui.add_space(size::GAP_SMALL);
    }
}

/// How many items there are, and how far their places can be trusted.
fn words_of_map(map: &ItemMap, projected: Option<&ProjectedMap>) -> String {
    let n = text::counted(map.points.len(), "item");
    if map.points.len() == 1 {
        return format!("{n}: alone it has no direction in which it differs");
    }
    let of_plane = map
        .shares
        .filter(|_| projected.is_none())
        .map(|[first, second]| {
            let held = text::percent(first + second);
            format!("the plane holds {held} of the variance")
        });
    let of_projection = projected.map(|map| projection::words(map, "items"));
    std::iter::once(n)
        .chain(of_plane)
        .chain(of_projection.into_iter().flatten())
        .collect::<Vec<_>>()
        .join("; ")
}

fn item_words(map: &ItemMap, prepared: &Prepared, at: usize) -> String {
    let title = foreign(prepared.dataset.item_label(at as u32 + 1));
    let events = map.counts.get(at).copied().unwrap_or_default() as usize;
    format!("{title} ({})", tr(text::counted(events, "training event")))
}
