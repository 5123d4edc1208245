//! The items by their vectors: a map, neighbours of one, a set inside a lasso.

use std::sync::Arc;

use egui::{ComboBox, RichText, ScrollArea, TextEdit, Ui, vec2};

use super::gates::asked;
use super::item_facts::{ItemFact, fact_of_items, facts};
use super::point_colors::PointColors;
use crate::app::{
    Action, App, InsideQuestion, ItemQuery, ItemsAsk, Loadable, NeighboursAsk, SettleKey, ViewKey,
};
use crate::ui::frame::action_button_as;
use crate::ui::theme::size;
use crate::ui::widget::bars::{Bar, bars};
use crate::ui::widget::panel::{self, AsideWidths, PanelSide};
use crate::ui::widget::scatter::{DragTool, Scatter, ScatterMark, ScatterPoints};
use crate::ui::{Actions, text, theme};
use seqscope_base::spec::shown as foreign;
use seqscope_data::Prepared;
use seqscope_engine::explain::{ItemMap, Settling, TSNE_EPOCHS};
use seqscope_engine::run::RunId;

/// Items listed of a search and of a lasso.
const LISTED: usize = 40;

/// Way in which vectors become places.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum MapMethod {
    #[default]
    Principal,
    Settled,
}

/// View state of the map of the items.
#[derive(Default)]
pub(super) struct ItemMapView {
    /// The run whose items are shown.
    run: Option<RunId>,
    method: MapMethod,
    scatter: Scatter,
    colors: PointColors,
    by: ItemFact,
    tool: DragTool,
    /// Epoch onto which the maps of the others are turned.
    held: Option<usize>,
    /// The map that was drawn last, and its number.
    drawn: Option<Arc<ItemMap>>,
    settled: Option<Arc<Settling>>,
    /// Number of the map, and of the places that are painted.
    map_number: u64,
    revision: u64,
    chosen: Option<u32>,
    search: String,
    /// Items that the search found, and whether more may be on their way.
    found: Vec<u32>,
    is_looking: bool,
    enclosed: Vec<usize>,
}

impl ItemMapView {
    /// Paints the map, and beside it what was chosen on it.
    pub(super) fn ui(&mut self, ui: &mut Ui, key: &ViewKey, app: &App, actions: &mut Actions) {
        self.look_at(&key.run);
        let answers = &app.views.inside().items;
        let ask = ItemsAsk::of_model(key, self.held);
        if !answers.is_wanted(&ask) {
            actions.push(asked(InsideQuestion::Items(ask.clone())));
        }
        let map = match answers.to_or_like(&ask, |other| other.key.run == key.run) {
            Some(Loadable::Ready(map)) => Arc::clone(map),
            Some(Loadable::Failed(why)) => return panel::failed(ui, why),
            _ => return panel::loading(ui, "Finding the principal components of the items"),
        };
        let Some(prepared) = app.views.data(&key.run) else {
            return;
        };
        let settle_key = SettleKey {
            run: key.run.clone(),
            epoch: key.epoch,
        };
        self.refresh(&map, app.views.settle().map(&settle_key));
        self.look_for(key, app, actions);
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
                    self.search_card(ui, prepared);
                    self.chosen_card(ui, key, &map, prepared, app, actions);
                    self.enclosed_card(ui, &map, prepared);
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
                    self.settling(ui, &settle_key, app, actions);
                    self.map(ui, &map, prepared, app, &settle_key);
                });
            });
    }

    fn refresh(&mut self, map: &Arc<ItemMap>, settled: Option<&Arc<Settling>>) {
        let is_drawn = |drawn: &Option<Arc<ItemMap>>| {
            drawn.as_ref().is_some_and(|drawn| Arc::ptr_eq(drawn, map))
        };
        let is_settled = match (&self.settled, settled) {
            (Some(drawn), Some(settled)) => Arc::ptr_eq(drawn, settled),
            (None, None) => true,
            _ => false,
        };
        let is_drawn = is_drawn(&self.drawn);
        if is_drawn && is_settled {
            return;
        }
        self.map_number += u64::from(!is_drawn);
        let n_items = map.points.len();
        self.enclosed.retain(|at| *at < n_items);
        self.chosen = self.chosen.filter(|item| *item as usize <= n_items);
        (self.drawn, self.settled) = (Some(Arc::clone(map)), settled.cloned());
        self.revision += 1;
    }

    /// Forgets what was chosen on the map of another run, where the same number is another item.
    fn look_at(&mut self, run: &RunId) {
        if self.run.as_ref() == Some(run) {
            return;
        }
        self.run = Some(run.clone());
        (self.held, self.chosen) = (None, None);
        self.enclosed.clear();
        self.search.clear();
        self.found.clear();
        self.scatter.fit();
    }

    fn choices(&mut self, ui: &mut Ui, key: &ViewKey, prepared: &Prepared, app: &App) {
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new("Items").strong());
            for (method, name, help) in [
                (
                    MapMethod::Principal,
                    "PCA",
                    "The two directions in which the vectors vary most",
                ),
                (
                    MapMethod::Settled,
                    "t-SNE",
                    "Near items stay near; distances between groups say little",
                ),
            ] {
                let button = ui.selectable_value(&mut self.method, method, name);
                if button.on_hover_text(help).changed() {
                    self.revision += 1;
                    self.scatter.fit();
                }
            }
            let name = ui.label("Colour");
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
            for (tool, name, help) in [
                (
                    DragTool::Move,
                    "Move",
                    "Drag to move, scroll to come nearer",
                ),
                (
                    DragTool::Lasso,
                    "Lasso",
                    "Draw a line around a set of items",
                ),
            ] {
                ui.selectable_value(&mut self.tool, tool, name)
                    .on_hover_text(help);
            }
            if ui.button("Fit").on_hover_text("Show all points").clicked() {
                self.scatter.fit();
            }
        });
        if self.method == MapMethod::Principal {
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
            let choice = ui.add_enabled(has_more, egui::Checkbox::new(&mut is_held, words));
            let choice = choice
                .on_hover_text(
                    "Other epochs' maps are turned so that their items lie as near as can be to \
                     where they lie in this one (orthogonal Procrustes): play the epochs above to \
                     see the items move",
                )
                .on_disabled_hover_text("Only one epoch's weights are kept.");
            if choice.changed() {
                self.held = present.filter(|_| is_held);
            }
        });
        // An epoch of another run is none of this one's.
        self.held = self.held.filter(|epoch| series.epochs.contains(epoch));
    }

    fn settling(&self, ui: &mut Ui, key: &SettleKey, app: &App, actions: &mut Actions) {
        if self.method != MapMethod::Settled {
            return;
        }
        let settle = app.views.settle();
        ui.horizontal_wrapped(|ui| match settle.state(key) {
            Loadable::Loading(what) => {
                action_button_as(ui, app, actions, Action::StopSettling, "Stop settling");
                ui.spinner();
                match settle.map(key) {
                    Some(map) => ui.label(format!("Step {} of {TSNE_EPOCHS}", map.epoch)),
                    None => ui.label(what),
                };
            }
            Loadable::Idle | Loadable::Ready(()) | Loadable::Failed(_) => {
                let action = Action::Settle(key.clone());
                action_button_as(ui, app, actions, action, "Settle by t-SNE");
                if let Some(map) = settle.map(key) {
                    ui.weak(format!("{} of {TSNE_EPOCHS} steps", map.epoch));
                }
                if let Some(why) = settle.state(key).failed() {
                    panel::failed(ui, why);
                }
            }
        });
    }

    fn map(&mut self, ui: &mut Ui, map: &ItemMap, prepared: &Prepared, app: &App, key: &SettleKey) {
        let points = match self.method {
            MapMethod::Principal => &map.points,
            MapMethod::Settled => match app.views.settle().map(key) {
                Some(settled) if settled.points.len() == map.points.len() => &settled.points,
                _ => {
                    ui.weak(
                        "Press the button above: the map is shown here as it settles, and can be \
                         stopped.",
                    );
                    return;
                }
            },
        };
        let by = self.by;
        self.colors.refresh(ui, (by, self.map_number), || {
            fact_of_items(by, map, prepared)
        });
        ui.weak(self.words_of_map(map));
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
        if let Some(enclosed) = pointed.enclosed {
            self.enclosed = enclosed;
        }
    }

    fn words_of_map(&self, map: &ItemMap) -> String {
        let n = text::counted(map.points.len(), "item");
        match (self.method, map.shares) {
            (MapMethod::Principal, Some([first, second])) => {
                let held = text::percent(first + second);
                format!("{n}; the plane holds {held} of the variance")
            }
            (MapMethod::Principal, None) | (MapMethod::Settled, _) => n,
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
            .found
            .iter()
            .map(|item| mark(place(item), colors.warning, false));
        let enclosed = self
            .enclosed
            .iter()
            .take(2_000)
            .map(|&at| mark(at, colors.good, false));
        let chosen = self
            .chosen
            .iter()
            .map(|item| mark(place(item), colors.accent, true));
        enclosed.chain(found).chain(chosen).collect()
    }

    /// Asks for the items of the search, and takes in what was found.
    fn look_for(&mut self, key: &ViewKey, app: &App, actions: &mut Actions) {
        let query = ItemQuery {
            run: key.run.clone(),
            words: self.search.trim().to_owned(),
        };
        if query.words.is_empty() {
            return self.found.clear();
        }
        if !app.item_search.is_asked(&query) {
            actions.push(Action::FindItems(query.clone()));
        }
        let found = app.item_search.found(&query);
        self.is_looking = found.is_none();
        if let Some(found) = found
            && self.found != found
        {
            self.found = found.to_vec();
        }
    }

    fn search_card(&mut self, ui: &mut Ui, prepared: &Prepared) {
        theme::card(ui).show(ui, |ui| {
            ui.set_width(ui.available_width());
            let name = ui.label("Search items");
            let field = TextEdit::singleline(&mut self.search).hint_text("part of a title");
            ui.add(field.desired_width(f32::INFINITY))
                .labelled_by(name.id);
            if self.search.trim().is_empty() {
                return;
            }
            match self.found.len() {
                0 => ui.weak(if self.is_looking {
                    "Looking…"
                } else {
                    "No title has these letters."
                }),
                n if n >= LISTED => ui.weak(format!("The first {n}, ringed on the map")),
                n => ui.weak(format!("{n} found, ringed on the map")),
            };
            let list = ScrollArea::vertical()
                .id_salt("found_items")
                .max_height(140.0);
            list.show(ui, |ui| {
                for &item in &self.found {
                    if item_row(ui, prepared, item, self.chosen == Some(item)) {
                        self.chosen = Some(item);
                    }
                }
            });
        });
        ui.add_space(size::GAP_SMALL);
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
            ui.label(RichText::new("Neighbours").strong())
                .on_hover_text("Items whose vectors have the largest cosine with the chosen one's");
            let Some(item_idx) = self.chosen else {
                ui.weak("Click an item on the map, or search for one.");
                return;
            };
            ui.label(item_words(map, prepared, item_idx as usize - 1));
            let answers = &app.views.inside().neighbours;
            let ask = NeighboursAsk::of_model(key, item_idx);
            if !answers.is_wanted(&ask) {
                actions.push(asked(InsideQuestion::Neighbours(ask.clone())));
            }
            let is_like =
                |other: &NeighboursAsk| other.key.run == key.run && other.item_idx == item_idx;
            match answers.to_or_like(&ask, is_like) {
                Some(Loadable::Ready(near)) => {
                    let bar = |item_idx: u32, cosine: f32| Bar {
                        title: foreign(prepared.dataset.item_label(item_idx)).into_owned(),
                        share: cosine.max(0.0),
                        is_true: false,
                    };
                    let rows: Vec<Bar> = near
                        .iter()
                        .map(|near| bar(near.item_idx, near.cosine))
                        .collect();
                    ui.weak("Cosine, as a share of 1");
                    bars(ui, &rows);
                }
                Some(Loadable::Failed(why)) => panel::failed(ui, why),
                _ => panel::loading(ui, "Comparing with every item"),
            }
        });
        ui.add_space(size::GAP_SMALL);
    }

    /// The items inside the lasso.
    fn enclosed_card(&mut self, ui: &mut Ui, map: &ItemMap, prepared: &Prepared) {
        if self.enclosed.is_empty() {
            return;
        }
        theme::card(ui).show(ui, |ui| {
            ui.set_width(ui.available_width());
            let events = |at: &usize| u64::from(map.counts.get(*at).copied().unwrap_or_default());
            let inside: u64 = self.enclosed.iter().map(events).sum();
            let whole: u64 = map.counts.iter().map(|count| u64::from(*count)).sum();
            let share = text::percent(inside as f64 / whole.max(1) as f64);
            let n = text::counted(self.enclosed.len(), "item");
            ui.label(RichText::new(format!("Lasso: {n}")).strong());
            ui.weak(format!("{share} of the training events"));
            ui.horizontal(|ui| {
                if ui.button("Copy ids").clicked() {
                    let ids = self
                        .enclosed
                        .iter()
                        .filter_map(|at| prepared.dataset.items.id(*at as u32 + 1));
                    ui.ctx().copy_text(ids.collect::<Vec<_>>().join("\n"));
                }
                if ui.button("Clear").clicked() {
                    self.enclosed.clear();
                }
            });
            for &at in self.enclosed.iter().take(LISTED) {
                let item = at as u32 + 1;
                if item_row(ui, prepared, item, self.chosen == Some(item)) {
                    self.chosen = Some(item);
                }
            }
            if self.enclosed.len() > LISTED {
                ui.weak(format!(
                    "and {} more",
                    text::count(self.enclosed.len() - LISTED)
                ));
            }
        });
    }
}

/// A title that can be chosen; whether it was.
fn item_row(ui: &mut Ui, prepared: &Prepared, item: u32, is_chosen: bool) -> bool {
    let title = text::clipped(prepared.dataset.item_label(item), 44);
    ui.selectable_label(is_chosen, title).clicked()
}

fn item_words(map: &ItemMap, prepared: &Prepared, at: usize) -> String {
    let title = foreign(prepared.dataset.item_label(at as u32 + 1));
    let events = map.counts.get(at).copied().unwrap_or_default() as usize;
    format!("{title} ({})", text::counted(events, "training event"))
}
