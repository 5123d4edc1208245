//! Attention of one run less that of another, over the events that both read.

use std::sync::Arc;

use egui::{ComboBox, RichText, Ui};
use strum::IntoEnumIterator as _;

use super::{UserPairView, words_of_others};
use crate::app::{Action, App, Loadable, Question, RunSide, SeedMapsAsk, Select, ViewKey};
use crate::ui::language::tr;
use crate::ui::page::explain::{ShownUser, why_no_attention};
use crate::ui::widget::heatmap::{ColorScale, Heatmap, HeatmapLabels, HeatmapMatrix, HeatmapStyle};
use crate::ui::widget::panel;
use crate::ui::{Actions, text, theme};
use seqscope_engine::explain::{
    AttentionDifference, MapOfEvents, MapsOverRuns, UserView, difference_of,
};
use seqscope_model::{AttentionMaps, ModelKind};

/// Map of either run that is subtracted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum MapChoice {
    /// Mean over the heads of all layers.
    #[default]
    Mean,
    /// Mean over the heads of one layer.
    Layer(usize),
    /// One head.
    Head(usize, usize),
    /// Rollout through all layers.
    Rollout,
}

impl MapChoice {
    fn name(self) -> String {
        match self {
            Self::Mean => "mean of all layers".to_owned(),
            Self::Layer(layer) => format!("mean of layer {}", layer + 1),
            Self::Head(layer, head) => format!("layer {}, head {}", layer + 1, head + 1),
            Self::Rollout => "rollout".to_owned(),
        }
    }

    /// Whether it is a mean over heads, which alone can be taken over seeds: which head does what
    /// differs from seed to seed.
    fn is_mean(self) -> bool {
        matches!(self, Self::Mean | Self::Layer(_))
    }
}

/// Numbers of the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, strum::EnumIter, strum::Display)]
enum PictureOf {
    /// Weights of A less those of B.
    #[default]
    #[strum(to_string = "A − B")]
    Difference,
    /// Weights of A over the events in common.
    #[strum(to_string = "A")]
    A,
    /// Weights of B over them.
    #[strum(to_string = "B")]
    B,
}

/// Things that a picture was made of.
#[derive(PartialEq)]
struct DrawnOf {
    /// Held, so that no address can be another view's.
    views: [*const UserView; 2],
    seeds: [*const MapsOverRuns; 2],
    choice: MapChoice,
}

/// View state of the difference.
#[derive(Default)]
pub(super) struct DifferenceView {
    choice: MapChoice,
    picture: PictureOf,
    over_seeds: bool,
    drawn: Option<DrawnOf>,
    held: Vec<Arc<UserView>>,
    held_seeds: Vec<Arc<MapsOverRuns>>,
    found: AttentionDifference,
    revision: u64,
    heatmap: Heatmap,
}

impl DifferenceView {
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        pair: UserPairView<'_>,
        app: &App,
        actions: &mut Actions,
    ) {
        for (at, name) in ["A", "B"].into_iter().enumerate() {
            let view = &pair.views[at];
            if view.attention.as_ref().is_none_or(|maps| maps.len == 0) {
                let manifest = app
                    .runs
                    .summary(pair.runs[at])
                    .and_then(|s| s.manifest.as_ref());
                let kind = manifest.map(|m| ModelKind::from(&m.experiment.model));
                let why = why_no_attention(kind, view);
                ui.label(
                    RichText::new(tr(format!("No difference of attention: run {name}"))).strong(),
                );
                ui.label(tr(why));
                return;
            }
        }
        theme::card(ui).show(ui, |ui| {
            ui.set_width(ui.available_width());
            self.choices(ui, pair, app);
            let seeds =
                [RunSide::A, RunSide::B].map(|side| self.seed_maps(ui, pair, side, app, actions));
            self.refresh(pair, &seeds);
            self.words(ui, pair, &seeds);
            let clicked = self.picture(ui, pair, app);
            actions.extend(clicked.map(|event| Action::Select(Select::Event(Some(event)))));
        });
    }

    fn choices(&mut self, ui: &mut Ui, pair: UserPairView<'_>, app: &App) {
        let offered = offered(pair.views);
        if !offered.contains(&self.choice) {
            self.choice = MapChoice::Mean;
        }
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new(tr("Attention of A less that of B")).strong());
            let name = ui.label(tr("Map"));
            ComboBox::from_id_salt("map of the difference")
                .selected_text(tr(self.choice.name()))
                .width(170.0)
                .show_ui(ui, |ui| {
                    for choice in offered {
                        ui.selectable_value(&mut self.choice, choice, tr(choice.name()));
                    }
                })
                .response
                .labelled_by(name.id);
            for picture in PictureOf::iter() {
                ui.selectable_value(&mut self.picture, picture, picture.to_string())
                    .on_hover_text(tr("The numbers of the picture, over the events in common"));
            }
            let n_seeds = [RunSide::A, RunSide::B].map(|side| app.agreement.seeds_of(side).len());
            let why_not = if !self.choice.is_mean() {
                Some("Which head does what differs from seed to seed: choose a mean over heads.")
            } else if n_seeds.iter().all(|n| *n < 2) {
                Some("Neither run has another seed that was trained and tested.")
            } else {
                None
            };
            ui.add_enabled_ui(why_not.is_none(), |ui| {
                let [a, b] = n_seeds;
                ui.checkbox(
                    &mut self.over_seeds,
                    tr(format!("Mean over seeds ({a} and {b})")),
                )
                .on_hover_text(tr(
                    "The mean map over the seeds of each run, at their best epochs",
                ))
                .on_disabled_hover_text(tr(why_not.unwrap_or_default()));
            });
        });
    }

    /// The mean maps over the seeds of a side, where they are wanted and here.
    fn seed_maps(
        &self,
        ui: &mut Ui,
        pair: UserPairView<'_>,
        side: RunSide,
        app: &App,
        actions: &mut Actions,
    ) -> Option<Arc<MapsOverRuns>> {
        let members = app.agreement.seeds_of(side);
        if !self.over_seeds || !self.choice.is_mean() || members.len() < 2 {
            return None;
        }
        let key = app.selection.view_key(pair.runs[side.at()])?;
        let others = members.iter().filter(|member| member.id != key.run);
        let ask = SeedMapsAsk {
            others: others
                .map(|member| ViewKey {
                    run: member.id.clone(),
                    epoch: None,
                    user_id: key.user_id.clone(),
                })
                .collect(),
            key,
        };
        let answers = app.views.seed_maps();
        if !answers.is_wanted(&ask) {
            actions.push(Action::Ask(Box::new(Question::SeedMaps(ask.clone()))));
        }
        match answers.to(&ask) {
            Some(Loadable::Ready(maps)) => return Some(Arc::clone(maps)),
            Some(Loadable::Failed(why)) => panel::failed(ui, why),
            _ => panel::loading(ui, &format!("Looking through the other seeds of {side}")),
        }
        None
    }

    fn refresh(&mut self, pair: UserPairView<'_>, seeds: &[Option<Arc<MapsOverRuns>>; 2]) {
        let of = DrawnOf {
            views: pair.views.each_ref().map(Arc::as_ptr),
            seeds: seeds
                .each_ref()
                .map(|maps| maps.as_ref().map_or(std::ptr::null(), Arc::as_ptr)),
            choice: self.choice,
        };
        if self.drawn.as_ref() == Some(&of) {
            return;
        }
        let maps = [0, 1].map(|at| map_of(&pair.views[at], seeds[at].as_deref(), self.choice));
        self.found = match maps {
            [Some(first), Some(second)] => difference_of(first, second, pair.aligned),
            _ => AttentionDifference::default(),
        };
        self.held = pair.views.to_vec();
        self.held_seeds = seeds.iter().flatten().cloned().collect();
        self.drawn = Some(of);
        self.revision += 1;
    }

    /// What stands in the picture, and what does not.
    fn words(&self, ui: &mut Ui, pair: UserPairView<'_>, seeds: &[Option<Arc<MapsOverRuns>>; 2]) {
        let colors = theme::colors(ui);
        let found = &self.found;
        let mut words = vec![tr(format!(
            "{} in common",
            text::counted(found.events.len(), "event")
        ))];
        for (name, maps) in ["A", "B"].into_iter().zip(seeds) {
            if let Some(maps) = maps {
                words.push(format!("{name}: {}", tr(maps.words())));
            }
        }
        ui.weak(words.join(" · "));
        for (at, name) in ["A", "B"].into_iter().enumerate() {
            let n = found.n_only[at];
            if n > 0 {
                let share = text::percent(f64::from(found.elsewhere[at]));
                let words = format!(
                    "{} that run {name} reads are not read by the other and stand here for \
                     nothing; {share} of {name}'s weight lies on them.",
                    text::counted(n, "event"),
                );
                ui.label(RichText::new(tr(words)).color(colors.warning));
            }
        }
        let others = words_of_others(pair);
        if !others.is_empty() {
            ui.label(RichText::new(tr(others)).color(colors.warning));
        }
    }

    /// The picture; the event that was clicked: the one before which the clicked row looks.
    fn picture(&mut self, ui: &mut Ui, pair: UserPairView<'_>, app: &App) -> Option<usize> {
        let found = &self.found;
        if found.events.is_empty() {
            ui.label(tr(
                "The two runs read no event of this user in common, so nothing can be subtracted. \
                 Their views can stand side by side.",
            ));
            return None;
        }
        let most = found.most.max(f32::MIN_POSITIVE);
        let (scale, values, words) = match self.picture {
            PictureOf::Difference => (
                ColorScale::Signed { most },
                &found.values,
                "weight of A less weight of B",
            ),
            PictureOf::A => (ColorScale::OfRow, &found.weights[0], "weight of A"),
            PictureOf::B => (ColorScale::OfRow, &found.weights[1], "weight of B"),
        };
        let is_causal = pair.views.iter().all(|view| view.heads.is_causal);
        scale.bar(ui, words, is_causal.then_some("not seen yet"));
        let shown = ShownUser::new(&pair.views[0], pair.data[0]);
        let title = |at: usize| {
            let event = found.events.get(at);
            event.map_or_else(String::new, |pair| shown.event_name(pair[0]))
        };
        let value = self.picture.to_string();
        let words = HeatmapLabels {
            name: "Attention of A less that of B",
            row_axis: "after",
            col_axis: "looks at",
            value: &value,
            nothing: "not seen yet",
            row_title: &title,
            col_title: &title,
        };
        let before = app.selection.event.and_then(|event| event.checked_sub(1));
        let selected_row = before.and_then(|event| {
            let at = found.events.binary_search_by_key(&event, |pair| pair[0]);
            at.ok()
        });
        let matrix = HeatmapMatrix {
            values,
            n_rows: found.events.len(),
            n_cols: found.events.len(),
            is_causal,
        };
        let look = HeatmapStyle {
            words: &words,
            scale,
            size: ui.available_size(),
            selected_row,
        };
        let key = (self.revision << 2) + self.picture as u64;
        let pointed = self.heatmap.ui(ui, key, &matrix, look);
        let row = pointed.clicked.map(|(row, _)| row)?;
        found.events.get(row).map(|pair| pair[0] + 1)
    }
}

/// Maps that both have.
fn offered(views: &[Arc<UserView>; 2]) -> Vec<MapChoice> {
    let maps = views.each_ref().map(|view| view.attention.as_ref());
    let [Some(first), Some(second)] = maps else {
        return Vec::new();
    };
    let n_layers = first.n_layers.min(second.n_layers);
    let n_heads = first.n_heads.min(second.n_heads);
    let mut offered = vec![MapChoice::Mean];
    offered.extend((0..n_layers).map(MapChoice::Layer));
    for layer in 0..n_layers {
        offered.extend((0..n_heads).map(|head| MapChoice::Head(layer, head)));
    }
    if views.iter().all(|view| !view.heads.rollout.is_empty()) {
        offered.push(MapChoice::Rollout);
    }
    offered
}

/// The chosen map of a side.
fn map_of<'a>(
    view: &'a UserView,
    seeds: Option<&'a MapsOverRuns>,
    choice: MapChoice,
) -> Option<MapOfEvents<'a>> {
    let maps: &AttentionMaps = view.attention.as_ref()?;
    let mean = |layer: usize| match seeds {
        Some(seeds) => seeds.mean(layer),
        None => view.heads.mean(layer, maps.len),
    };
    let weights = match choice {
        MapChoice::Mean => mean(maps.n_layers),
        MapChoice::Layer(layer) => mean(layer),
        MapChoice::Head(layer, head) => maps.head(layer, head),
        MapChoice::Rollout => &view.heads.rollout,
    };
    Some(MapOfEvents {
        first: maps.first,
        len: maps.len,
        weights,
    })
}
