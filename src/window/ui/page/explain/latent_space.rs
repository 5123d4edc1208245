//! The latent space: all users as points, the items that points are decoded to, and what each
//! dimension is used for.

use std::sync::Arc;

use egui::{Button, ComboBox, RichText, ScrollArea, Slider, Ui, vec2};
use strum::IntoEnumIterator as _;

use super::ShownUser;
use super::gates::asked;
use super::point_colors::PointColors;
use super::user_facts::{UserFact, fact_of_users, slice_users, why_no_fact};
use crate::app::{
    Action, Answers, App, InsideQuestion, LatentAsk, LatentSpace, Loadable, PriorAsk, Select,
    TraversalAsk, ViewKey,
};
use crate::ui::page::train::latent_bars;
use crate::ui::theme::size;
use crate::ui::widget::bars::{Bar, bars};
use crate::ui::widget::heatmap::{ColorScale, Heatmap, HeatmapLabels, HeatmapMatrix, HeatmapStyle};
use crate::ui::widget::panel::{self, AsideWidths, PanelSide};
use crate::ui::widget::scatter::{DragTool, Scatter, ScatterMark, ScatterPoints};
use crate::ui::{Actions, text, theme};
use seqscope_base::spec::shown as foreign;
use seqscope_data::Prepared;
use seqscope_engine::explain::{LatentMap, ProbeLists, why_no_prior};
use seqscope_engine::run::LatentEpoch;
use seqscope_engine::train::LatentUse;
use seqscope_model::ModelKind;

/// Height of the picture of what each epoch used.
const EPOCHS_HEIGHT: f32 = 200.0;

/// Dimensions in that picture.
const EPOCHS_DIMENSIONS: usize = 64;

/// View state of the latent space.
#[derive(Default)]
pub(super) struct LatentSpaceView {
    scatter: Scatter,
    colors: PointColors,
    by: UserFact,
    /// The space that was drawn last, and its number.
    drawn: Option<Arc<LatentSpace>>,
    revision: u64,
    /// Dimensions, the most used first.
    order: Vec<usize>,
    /// Place in `order` of the dimension that is traversed.
    place: usize,
    /// Distance from the user's own point, in σ.
    offset: f32,
    /// Seed of the points that were drawn; `None` before any were.
    drawing: Option<u64>,
    epochs: Heatmap,
}

impl LatentSpaceView {
    /// Paints the map, and beside it what its points are decoded to.
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        shown: &ShownUser<'_>,
        key: &ViewKey,
        app: &App,
        actions: &mut Actions,
    ) {
        let answers = &app.views.inside().latent;
        let ask = LatentAsk::of_model(key);
        if !answers.is_wanted(&ask) {
            actions.push(asked(InsideQuestion::Latent(ask.clone())));
        }
        let space = match answers.to_or_like(&ask, |other| other.key.run == key.run) {
            Some(Loadable::Ready(space)) => Arc::clone(space),
            Some(Loadable::Failed(why)) => return panel::failed(ui, why),
            _ => return panel::loading(ui, "Encoding the history of every user"),
        };
        self.refresh(&space);
        let Some(prepared) = app.views.data(&key.run) else {
            return;
        };
        let width = (ui.available_width() * 0.36).clamp(300.0, 460.0);
        let mut shows_side = app.arrangement.shows_side;
        let widths = AsideWidths {
            usual: width,
            least: 280.0,
            most: (ui.available_width() * 0.5).max(280.0),
        };
        panel::aside(ui, PanelSide::After, "latent_probes", widths)
            .frame(egui::Frame::new())
            .show_collapsible(ui, &mut shows_side, |ui| {
                ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                    self.traversal(ui, shown, key, &space.map, app, actions);
                    ui.add_space(size::GAP_SMALL);
                    self.prior(ui, shown, key, app, actions);
                    ui.add_space(size::GAP_SMALL);
                    self.use_of_dimensions(ui, &space, key, app);
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
                    self.map(ui, key, &space, prepared, app, actions);
                });
            });
    }

    fn refresh(&mut self, space: &Arc<LatentSpace>) {
        if self
            .drawn
            .as_ref()
            .is_some_and(|drawn| Arc::ptr_eq(drawn, space))
        {
            return;
        }
        self.drawn = Some(Arc::clone(space));
        self.revision += 1;
        let map = &space.map;
        let used = |at: usize| match &map.report {
            Some(report) => report.kl.get(at).copied().unwrap_or_default(),
            None => f64::from(map.spread.get(at).copied().unwrap_or_default()),
        };
        self.order = (0..map.width).collect();
        self.order
            .sort_by(|&a, &b| used(b).total_cmp(&used(a)).then(a.cmp(&b)));
        self.place = self.place.min(map.width.saturating_sub(1));
    }

    fn map(
        &mut self,
        ui: &mut Ui,
        key: &ViewKey,
        space: &LatentSpace,
        prepared: &Prepared,
        app: &App,
        actions: &mut Actions,
    ) {
        let map = &space.map;
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new("Users in the latent space").strong());
            let name = ui.label("Colour");
            ComboBox::from_id_salt("user_fact")
                .selected_text(self.by.to_string())
                .width(170.0)
                .show_ui(ui, |ui| {
                    for by in UserFact::iter() {
                        let why_not = why_no_fact(by, space, app);
                        ui.add_enabled_ui(why_not.is_none(), |ui| {
                            ui.selectable_value(&mut self.by, by, by.to_string())
                                .on_disabled_hover_text(why_not.unwrap_or_default());
                        });
                    }
                })
                .response
                .labelled_by(name.id);
            if ui.button("Fit").on_hover_text("Show all points").clicked() {
                self.scatter.fit();
            }
        });
        if why_no_fact(self.by, space, app).is_some() {
            self.by = UserFact::default();
        }
        let by = self.by;
        let of_slice = (by == UserFact::Slice).then(|| {
            let is_found = slice_users(&key.run, app).is_some();
            (app.slices.revision(), is_found)
        });
        self.colors.refresh(ui, (by, self.revision, of_slice), || {
            fact_of_users(by, &key.run, space, prepared, app)
        });
        ui.weak(words_of_map(map));
        self.colors.legend(ui);
        let user = app
            .selection
            .user_id
            .as_ref()
            .and_then(|id| prepared.dataset.users.idx(id));
        let own = user.and_then(|user| map.users.binary_search(&user).ok());
        let marks: Vec<ScatterMark> = own
            .map(|at| ScatterMark {
                at,
                color: theme::colors(ui).accent,
                is_named: true,
            })
            .into_iter()
            .collect();
        let title = |at: usize| user_words(map, prepared, at);
        let pointed = self.scatter.ui(
            ui,
            ui.available_size().max(vec2(80.0, 80.0)),
            DragTool::Move,
            ScatterPoints {
                name: "Latent space",
                revision: self.revision,
                points: &map.points,
                colors: self.colors.colors(),
                colors_revision: self.colors.revision(),
                title: &title,
                marks: &marks,
            },
        );
        let chosen = pointed.clicked.and_then(|at| map.users.get(at));
        if let Some(id) = chosen.and_then(|user| prepared.dataset.users.id(*user)) {
            actions.push(Action::Select(Select::User(id.to_owned())));
        }
    }

    /// One dimension moved away from the user's own point, and the list that it makes.
    fn traversal(
        &mut self,
        ui: &mut Ui,
        shown: &ShownUser<'_>,
        key: &ViewKey,
        map: &LatentMap,
        app: &App,
        actions: &mut Actions,
    ) {
        theme::card(ui).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.label(RichText::new("Traversal").strong()).on_hover_text(
                "The user's latent vector with one of its numbers changed, decoded to a list",
            );
            let mut place = self.place + 1;
            let name = ui.label("Dimension, the most used first");
            ui.add(Slider::new(&mut place, 1..=map.width.max(1)).show_value(false))
                .labelled_by(name.id);
            self.place = place - 1;
            let Some(&dimension) = self.order.get(self.place) else {
                return;
            };
            ui.weak(words_of_dimension(map, dimension));
            let name = ui.label("Distance from the user's own, in σ");
            let slider = Slider::new(&mut self.offset, -3.0..=3.0).step_by(0.25);
            ui.add(slider).labelled_by(name.id);
            let ask = TraversalAsk {
                key: key.clone(),
                dimension,
                sigma: map.sigma(dimension),
            };
            let answers = &app.views.inside().traversals;
            if ask.sigma.is_finite() && !answers.is_wanted(&ask) {
                actions.push(asked(InsideQuestion::Traversal(ask.clone())));
            }
            let is_like = |other: &TraversalAsk| other.key == *key && other.dimension == dimension;
            if let Some(lists) = lists_of(ui, answers, &ask, is_like) {
                self.list_at_offset(ui, shown, lists);
            }
        });
    }

    fn list_at_offset(&self, ui: &mut Ui, shown: &ShownUser<'_>, lists: &ProbeLists) {
        let near = lists.lists.iter().min_by(|a, b| {
            (a.at - self.offset)
                .abs()
                .total_cmp(&(b.at - self.offset).abs())
        });
        let Some(list) = near else { return };
        if let Some([value, sigma]) = lists.own {
            let now = f64::from(value + list.at * sigma);
            ui.weak(format!(
                "Value {} (own {}); likeliest next:",
                text::significant(now, 3),
                text::significant(f64::from(value), 3)
            ));
        }
        let rows: Vec<Bar> = list
            .items
            .iter()
            .map(|scored| Bar {
                title: shown.title(scored.item_idx),
                share: scored.probability,
                is_true: false,
            })
            .collect();
        bars(ui, &rows);
    }

    /// New behaviour, drawn from the prior.
    fn prior(
        &mut self,
        ui: &mut Ui,
        shown: &ShownUser<'_>,
        key: &ViewKey,
        app: &App,
        actions: &mut Actions,
    ) {
        let summary = app.runs.summary(&key.run).and_then(|s| s.manifest.as_ref());
        let kind = summary.map(|m| ModelKind::from(&m.experiment.model));
        let why_not = kind.and_then(why_no_prior);
        theme::card(ui).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.label(RichText::new("Prior").strong()).on_hover_text(
                "Points drawn from N(0, 1) in every dimension: users who never were",
            );
            let button = ui.add_enabled(why_not.is_none(), Button::new("Draw users"));
            let button = button.on_disabled_hover_text(why_not.unwrap_or_default());
            if button.clicked() {
                self.drawing = Some(self.drawing.map_or(0, |seed| seed + 1));
            }
            let Some(seed) = self.drawing.filter(|_| why_not.is_none()) else {
                return;
            };
            let ask = PriorAsk {
                key: key.clone(),
                seed,
            };
            let answers = &app.views.inside().priors;
            if !answers.is_wanted(&ask) {
                actions.push(asked(InsideQuestion::Prior(ask.clone())));
            }
            let Some(lists) = lists_of(ui, answers, &ask, |_| false) else {
                return;
            };
            for (at, list) in lists.lists.iter().enumerate() {
                ui.weak(format!(
                    "Drawn {} of seed {seed}, length {}",
                    at + 1,
                    text::significant(f64::from(list.at), 3)
                ));
                let titles: Vec<String> = list
                    .items
                    .iter()
                    .take(5)
                    .map(|scored| text::clipped(&shown.title(scored.item_idx), 36))
                    .collect();
                ui.label(titles.join(" · "));
            }
        });
    }

    fn use_of_dimensions(&mut self, ui: &mut Ui, space: &LatentSpace, key: &ViewKey, app: &App) {
        theme::card(ui).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.label(RichText::new("Use of each dimension").strong());
            let Some(report) = &space.map.report else {
                ui.weak(
                    "The vector of an autoencoder is certain, so there is no Kullback–Leibler term.",
                );
                return;
            };
            let best = app
                .runs
                .summary(&key.run)
                .and_then(|s| s.manifest.as_ref()?.best_epoch);
            let used = LatentUse {
                epoch: key.epoch.or(best).unwrap_or_default(),
                step: 0,
                report: report.clone(),
                shuffled: None,
            };
            latent_bars(ui, &used);
            if space.epochs.len() > 1 {
                self.over_epochs(ui, &space.epochs);
            }
        });
    }

    /// The terms of the most used dimensions over the epochs.
    fn over_epochs(&mut self, ui: &mut Ui, epochs: &[LatentEpoch]) {
        let dimensions: Vec<usize> = self.order.iter().copied().take(EPOCHS_DIMENSIONS).collect();
        let value = |at: usize, epoch: &LatentEpoch| {
            epoch.report.kl.get(at).map_or(f32::NAN, |kl| *kl as f32)
        };
        let values: Vec<f32> = dimensions
            .iter()
            .flat_map(|&at| epochs.iter().map(move |epoch| value(at, epoch)))
            .collect();
        let most = values.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
        let row = |row: usize| {
            dimensions
                .get(row)
                .map_or_else(String::new, |at| format!("{}", at + 1))
        };
        let col = |col: usize| {
            epochs
                .get(col)
                .map_or_else(String::new, |it| format!("{}", it.epoch))
        };
        let words = HeatmapLabels {
            name: "KL over epochs",
            row_axis: "dimension",
            col_axis: "epoch",
            value: "nats",
            nothing: "not kept",
            row_title: &row,
            col_title: &col,
        };
        let matrix = HeatmapMatrix {
            values: &values,
            n_rows: dimensions.len(),
            n_cols: epochs.len(),
            is_causal: false,
        };
        let scale = ColorScale::Linear { most };
        scale.bar(ui, "nats a user, over the epochs", None);
        let look = HeatmapStyle {
            words: &words,
            scale,
            size: vec2(ui.available_width(), EPOCHS_HEIGHT),
            selected_row: Some(self.place),
        };
        self.epochs.filled(ui, self.revision, &matrix, look, None);
    }
}

fn words_of_dimension(map: &LatentMap, dimension: usize) -> String {
    let spread = map.spread.get(dimension).copied().unwrap_or_default();
    let spread = text::significant(f64::from(spread), 3);
    let kl = map
        .report
        .as_ref()
        .and_then(|report| report.kl.get(dimension));
    match kl {
        Some(kl) => format!(
            "Dimension {}: {} nats a user, standard deviation over users {spread}, σ of the prior 1",
            dimension + 1,
            text::significant(*kl, 3)
        ),
        None => format!("Dimension {}: σ over users {spread}", dimension + 1),
    }
}

fn words_of_map(map: &LatentMap) -> String {
    let [first, second] = map.shares;
    let drawn = if map.users.len() < map.n_users {
        format!(" of {}, drawn", text::count(map.n_users))
    } else {
        String::new()
    };
    format!(
        "{}{drawn}; {} numbers, the plane holds {} of their variance",
        text::counted(map.users.len(), "user"),
        text::count(map.width),
        text::percent(first + second)
    )
}

fn user_words(map: &LatentMap, prepared: &Prepared, at: usize) -> String {
    let Some(&user) = map.users.get(at) else {
        return String::new();
    };
    let id = prepared.dataset.users.id(user).unwrap_or_default();
    let events = map.lengths.get(at).copied().unwrap_or_default() as usize;
    let last = prepared.dataset.sequences.items(user as usize).last();
    let last = last.map_or_else(String::new, |item| {
        format!(", last {}", foreign(prepared.dataset.item_label(*item)))
    });
    format!(
        "User {}: {}{last}",
        foreign(id),
        text::counted(events, "event")
    )
}

/// The lists that a question is answered by, or what is done for them.
fn lists_of<'a, Q: PartialEq + Clone>(
    ui: &mut Ui,
    answers: &'a Answers<Q, ProbeLists>,
    ask: &Q,
    is_like: impl Fn(&Q) -> bool,
) -> Option<&'a Arc<ProbeLists>> {
    match answers.to_or_like(ask, is_like) {
        Some(Loadable::Ready(lists)) => Some(lists),
        Some(Loadable::Failed(why)) => {
            panel::failed(ui, why);
            None
        }
        _ => {
            panel::loading(ui, "Decoding");
            None
        }
    }
}
