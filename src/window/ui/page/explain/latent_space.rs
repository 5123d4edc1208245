//! The latent space: all users as points, the items that points are decoded to, and what each
//! dimension is used for.

use std::sync::Arc;

use egui::{Button, ComboBox, RichText, ScrollArea, Slider, Ui, vec2};
use strum::IntoEnumIterator as _;

use super::ShownUser;
use super::awaited::Awaited;
use super::lasso_slice::LassoSlice;
use super::latent_use::{DimensionOrder, LatentUseCard};
use super::point_colors::{LitPoints, PointColors};
use super::projection;
use super::user_facts::{UserFact, fact_of_users, slice_users, why_no_fact};
use crate::app::{
    Action, App, InsideQuestion, LatentAsk, LatentSpace, PriorAsk, ProjectionKey, ProjectionOf,
    Question, Select, TraversalAsk, ViewKey,
};
use crate::ui::language::tr;
use crate::ui::theme::size;
use crate::ui::widget::bars::{Bar, bars};
use crate::ui::widget::panel::{self, AsideWidths, PanelSide};
use crate::ui::widget::scatter::{DragTool, Scatter, ScatterMark, ScatterPoints, drag_tools};
use crate::ui::{Actions, text, theme};
use seqscope_base::spec::shown as foreign;
use seqscope_data::Prepared;
use seqscope_engine::explain::{
    LatentMap, ProbeLists, ProjectedMap, ProjectionMethod, why_no_prior,
};
use seqscope_engine::run::{RunId, SliceRule};
use seqscope_model::ModelKind;

/// Users listed of a lasso.
const LISTED: usize = 24;

/// View state of the latent space.
#[derive(Default)]
pub(super) struct LatentSpaceView {
    /// The run whose users are shown.
    run: Option<RunId>,
    /// Way in which vectors become places; `None` for principal components.
    method: Option<ProjectionMethod>,
    scatter: Scatter,
    colors: PointColors,
    by: UserFact,
    tool: DragTool,
    /// The space that was drawn last, and its number.
    drawn: Option<Arc<LatentSpace>>,
    space_number: u64,
    projected: Option<Arc<ProjectedMap>>,
    /// Number of the places that are painted.
    revision: u64,
    /// Places on the map of the users inside a lasso.
    inside: Vec<usize>,
    lit: LitPoints,
    slice: LassoSlice,
    /// Dimensions, the most used first.
    order: Vec<usize>,
    /// Place in `order` of the dimension that is traversed.
    place: usize,
    /// Distance from the user's own point, in σ.
    offset: f32,
    /// Seed of the points that were drawn; `None` before any were.
    drawing: Option<u64>,
    used: LatentUseCard,
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
        self.look_at(&key.run);
        let awaited = Awaited {
            answers: &app.views.inside().latent,
            ask: LatentAsk::of_model(key),
            name: |ask| Question::Inside(InsideQuestion::Latent(ask)),
            doing: "Encoding the history of every user",
        };
        let space = awaited.answer(ui, app, actions, |other| other.key.run == key.run);
        let Some(space) = space.map(Arc::clone) else {
            return;
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
                    self.lasso_card(ui, &space.map, prepared, actions);
                    self.traversal(ui, shown, key, &space.map, app, actions);
                    ui.add_space(size::GAP_SMALL);
                    self.prior(ui, shown, key, app, actions);
                    ui.add_space(size::GAP_SMALL);
                    let dimensions = DimensionOrder {
                        order: &self.order,
                        place: self.place,
                        number: self.space_number,
                    };
                    self.used.ui(ui, &space, dimensions, key, app);
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

    /// Forgets what was chosen on the map of another run, where the same place is another user.
    fn look_at(&mut self, run: &RunId) {
        if self.run.as_ref() == Some(run) {
            return;
        }
        self.run = Some(run.clone());
        self.inside.clear();
        self.lit.light(&[], 0);
        self.scatter.forget();
    }

    fn refresh(&mut self, space: &Arc<LatentSpace>) {
        if self
            .drawn
            .as_ref()
            .is_some_and(|drawn| Arc::ptr_eq(drawn, space))
        {
            return;
        }
        // Another epoch has drawn the same users.
        if self.inside.iter().any(|at| *at >= space.map.users.len()) {
            self.inside.clear();
            self.lit.light(&[], 0);
        }
        self.drawn = Some(Arc::clone(space));
        self.space_number += 1;
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
            ui.label(RichText::new(tr("Users in the latent space")).strong());
            if projection::methods(ui, &mut self.method) {
                self.revision += 1;
                self.scatter.forget();
            }
            let name = ui.label(tr("Colour"));
            ComboBox::from_id_salt("user_fact")
                .selected_text(tr(self.by.to_string()))
                .width(170.0)
                .show_ui(ui, |ui| {
                    for by in UserFact::iter() {
                        let why_not = why_no_fact(by, space, app);
                        ui.add_enabled_ui(why_not.is_none(), |ui| {
                            ui.selectable_value(&mut self.by, by, tr(by.to_string()))
                                .on_disabled_hover_text(tr(why_not.unwrap_or_default()));
                        });
                    }
                })
                .response
                .labelled_by(name.id);
            drag_tools(ui, &mut self.tool, "users");
            if ui
                .button(tr("Fit"))
                .on_hover_text(tr("Show all points"))
                .clicked()
            {
                self.scatter.fit();
            }
        });
        let Some(points) = self.points(ui, key, map, app, actions) else {
            return;
        };
        if why_no_fact(self.by, space, app).is_some() {
            self.by = UserFact::default();
        }
        let by = self.by;
        let of_slice = (by == UserFact::Slice).then(|| {
            let is_found = slice_users(&key.run, app).is_some();
            (app.slices.revision(), is_found)
        });
        let fact_key = (by, self.space_number, of_slice);
        self.colors.refresh(ui, fact_key, &self.lit, || {
            fact_of_users(by, &key.run, space, prepared, app)
        });
        let words = ui.weak(words_of_map(map, self.projected.as_deref()));
        if self.projected.is_some() {
            words.on_hover_text(tr(projection::TRUST_HELP));
        }
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
            self.tool,
            ScatterPoints {
                name: "Latent space",
                revision: self.revision,
                points: &points,
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
        if let Some(inside) = pointed.enclosed {
            self.lit.light(&inside, map.points.len());
            self.inside = inside;
        }
    }

    /// Places by the way that was chosen; of one that comes about step by step as far as it is.
    fn points(
        &mut self,
        ui: &mut Ui,
        key: &ViewKey,
        map: &LatentMap,
        app: &App,
        actions: &mut Actions,
    ) -> Option<Arc<[[f32; 2]]>> {
        let Some(method) = self.method else {
            self.projected = None;
            return Some(Arc::clone(&map.points));
        };
        let key = ProjectionKey {
            run: key.run.clone(),
            epoch: key.epoch,
            of: ProjectionOf::Users,
            method,
        };
        projection::progress(ui, &key, app, actions);
        let projected = app.views.projection().map(&key);
        let projected = projected.filter(|it| it.points.len() == map.points.len());
        let is_shown = match (&self.projected, projected) {
            (Some(shown), Some(projected)) => Arc::ptr_eq(shown, projected),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        if !is_shown {
            self.projected = projected.cloned();
            self.revision += 1;
        }
        projected.map(|it| Arc::clone(&it.points))
    }

    /// The users inside the lasso.
    fn lasso_card(
        &mut self,
        ui: &mut Ui,
        map: &LatentMap,
        prepared: &Prepared,
        actions: &mut Actions,
    ) {
        if self.inside.is_empty() {
            return;
        }
        theme::card(ui).show(ui, |ui| {
            ui.set_width(ui.available_width());
            let n = text::counted(self.inside.len(), "user");
            ui.label(RichText::new(tr(format!("Lasso: {n}"))).strong());
            let inside = self.inside.iter().filter_map(|at| map.users.get(*at));
            let ids = inside.filter_map(|user| prepared.dataset.users.id(*user));
            let rule = || SliceRule::of_users(ids.clone().map(str::to_owned));
            self.slice
                .ui(ui, "These users, on every page", actions, rule);
            let mut is_cleared = false;
            ui.horizontal(|ui| {
                if ui.button(tr("Copy ids")).clicked() {
                    let ids: Vec<&str> = ids.clone().collect();
                    ui.ctx().copy_text(ids.join("\n"));
                }
                is_cleared = ui.button(tr("Clear")).clicked();
            });
            ui.horizontal_wrapped(|ui| {
                for id in ids.clone().take(LISTED) {
                    let button = ui.small_button(text::clipped(id, 16));
                    if button.on_hover_text(tr("Look at this user")).clicked() {
                        actions.push(Action::Select(Select::User(id.to_owned())));
                    }
                }
                let n_more = self.inside.len().saturating_sub(LISTED);
                if n_more > 0 {
                    ui.weak(tr(format!("and {} more", text::count(n_more))));
                }
            });
            if is_cleared {
                self.inside.clear();
                self.lit.light(&[], 0);
            }
        });
        ui.add_space(size::GAP_SMALL);
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
            ui.label(RichText::new(tr("Traversal")).strong())
                .on_hover_text(tr(
                    "The user's latent vector with one of its numbers changed, decoded to a list",
                ));
            let mut place = self.place + 1;
            let name = ui.label(tr("Dimension, the most used first"));
            ui.add(Slider::new(&mut place, 1..=map.width.max(1)).show_value(false))
                .labelled_by(name.id);
            self.place = place - 1;
            let Some(&dimension) = self.order.get(self.place) else {
                return;
            };
            ui.weak(tr(words_of_dimension(map, dimension)));
            let name = ui.label(tr("Distance from the user's own, in σ"));
            let slider = Slider::new(&mut self.offset, -3.0..=3.0).step_by(0.25);
            ui.add(slider).labelled_by(name.id);
            let ask = TraversalAsk {
                key: key.clone(),
                dimension,
                sigma: map.sigma(dimension),
            };
            if !ask.sigma.is_finite() {
                return;
            }
            let awaited = Awaited {
                answers: &app.views.inside().traversals,
                ask,
                name: |ask| Question::Inside(InsideQuestion::Traversal(ask)),
                doing: "Decoding",
            };
            let is_like = |other: &TraversalAsk| other.key == *key && other.dimension == dimension;
            if let Some(lists) = awaited.answer(ui, app, actions, is_like) {
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
            ui.weak(tr(format!(
                "Value {} (own {}); likeliest next:",
                text::significant(now, 3),
                text::significant(f64::from(value), 3)
            )));
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
            ui.label(RichText::new(tr("Prior")).strong())
                .on_hover_text(tr(
                    "Points drawn from N(0, 1) in every dimension: users who never were",
                ));
            let button = ui.add_enabled(why_not.is_none(), Button::new(tr("Draw users")));
            let button = button.on_disabled_hover_text(tr(why_not.unwrap_or_default()));
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
            let awaited = Awaited {
                answers: &app.views.inside().priors,
                ask,
                name: |ask| Question::Inside(InsideQuestion::Prior(ask)),
                doing: "Decoding",
            };
            let Some(lists) = awaited.answer(ui, app, actions, |_| false) else {
                return;
            };
            for (at, list) in lists.lists.iter().enumerate() {
                ui.weak(tr(format!(
                    "Drawn {} of seed {seed}, length {}",
                    at + 1,
                    text::significant(f64::from(list.at), 3)
                )));
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

fn words_of_map(map: &LatentMap, projected: Option<&ProjectedMap>) -> String {
    let drawn = if map.users.len() < map.n_users {
        tr(format!(" of {}, drawn", text::count(map.n_users)))
    } else {
        String::new()
    };
    let users = tr(text::counted(map.users.len(), "user"));
    if map.users.len() == 1 {
        return format!(
            "{users}{}{}",
            tr(": "),
            tr("alone there is no direction in which they differ")
        );
    }
    let numbers = match projected {
        None => {
            let [first, second] = map.shares;
            let held = text::percent(first + second);
            vec![tr(format!("the plane holds {held} of their variance"))]
        }
        Some(map) => projection::words(map, "users")
            .into_iter()
            .map(tr)
            .collect(),
    };
    let told = [format!(
        "{users}{drawn}{}",
        tr(format!("; {} numbers", text::count(map.width)))
    )];
    told.into_iter()
        .chain(numbers)
        .collect::<Vec<_>>()
        .join(&tr(", "))
}

fn user_words(map: &LatentMap, prepared: &Prepared, at: usize) -> String {
    let Some(&user) = map.users.get(at) else {
        return String::new();
    };
    let id = prepared.dataset.users.id(user).unwrap_or_default();
    let events = map.lengths.get(at).copied().unwrap_or_default() as usize;
    let last = prepared.dataset.sequences.items(user as usize).last();
    let last = last.map_or_else(String::new, |item| {
        tr(format!(
            ", last {}",
            foreign(prepared.dataset.item_label(*item))
        ))
    });
    format!(
        "{}{last}",
        tr(format!(
            "User {}: {}",
            foreign(id),
            text::counted(events, "event")
        ))
    )
}
