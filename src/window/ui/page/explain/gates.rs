//! Gates: what every unit of the recurrent layers did over the history, as one picture; and where
//! else the model was in a like state.

use std::sync::Arc;

use egui::{ComboBox, RichText, ScrollArea, Ui};
use strum::IntoEnumIterator as _;

use super::ShownUser;
use super::awaited::Awaited;
use crate::app::{Action, App, GatesAsk, InsideQuestion, LikeAsk, Question, Select, ViewKey};
use crate::ui::language::tr;
use crate::ui::theme::size;
use crate::ui::widget::heatmap::{ColorScale, Heatmap, HeatmapLabels, HeatmapMatrix, HeatmapStyle};
use crate::ui::widget::panel::{self, AsideWidths, PanelSide};
use crate::ui::{Actions, text, theme};
use seqscope_base::spec::shown as foreign;
use seqscope_data::Prepared;
use seqscope_engine::explain::{GateTrack, GateView, LikeMoment, UnitMeasure};
use seqscope_model::StateTrack;

/// View state of the gates.
pub(super) struct GatesView {
    layer: usize,
    track: StateTrack,
    /// Measure by which units are sorted; `None` for their numbers.
    sorted_by: Option<UnitMeasure>,
    /// Whether the strongest colour is the largest value here, not the largest that there can be.
    is_stretched: bool,
    heatmap: Heatmap,
    drawn: Option<DrawnTrack>,
    revision: u64,
}

impl Default for GatesView {
    fn default() -> Self {
        Self {
            layer: 0,
            track: StateTrack::Hidden,
            sorted_by: Some(UnitMeasure::Variation),
            is_stretched: true,
            heatmap: Heatmap::default(),
            drawn: None,
            revision: 0,
        }
    }
}

/// Numbers of the picture: units in rows, in the order chosen.
struct DrawnTrack {
    /// Held, so that its address cannot be another view's.
    of: Arc<GateView>,
    at: usize,
    sorted_by: Option<UnitMeasure>,
    is_stretched: bool,
    order: Vec<usize>,
    /// `[n_units, len]`
    values: Vec<f32>,
    scale: ColorScale,
}

impl GatesView {
    /// Paints the picture and, beside it, the moments with a like state.
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        shown: &ShownUser<'_>,
        key: &ViewKey,
        app: &App,
        actions: &mut Actions,
    ) {
        let awaited = Awaited {
            answers: &app.views.inside().gates,
            ask: GatesAsk { key: key.clone() },
            name: |ask| Question::Inside(InsideQuestion::Gates(ask)),
            doing: "Running the recurrent layers over the history",
        };
        let is_like =
            |other: &GatesAsk| (&other.key.run, &other.key.user_id) == (&key.run, &key.user_id);
        let view = awaited.answer(ui, app, actions, is_like);
        let Some(view) = view.map(Arc::clone) else {
            return;
        };
        let Some(at) = self.chosen(&view) else {
            ui.weak(tr("This history has no events to show."));
            return;
        };
        self.refresh(&view, at);
        let width = (ui.available_width() * 0.3).clamp(260.0, 380.0);
        let mut shows_side = app.arrangement.shows_side;
        let widths = AsideWidths {
            usual: width,
            least: 240.0,
            most: (ui.available_width() * 0.5).max(240.0),
        };
        panel::aside(ui, PanelSide::After, "like_states", widths)
            .frame(egui::Frame::new())
            .show_collapsible(ui, &mut shows_side, |ui| {
                ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                    like_card(ui, shown, key, &view, app, actions);
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
                    self.choices(ui, &view, at);
                    let clicked = self.picture(ui, shown, &view, at, app.selection.event);
                    actions.extend(clicked.map(|event| Action::Select(Select::Event(Some(event)))));
                });
            });
    }

    /// Place of the chosen track; of a model that lacks it, that of the hidden state of a layer that
    /// there is.
    fn chosen(&mut self, view: &GateView) -> Option<usize> {
        let n_layers = n_layers(view);
        self.layer = self.layer.min(n_layers.checked_sub(1)?);
        let place = |track: StateTrack| {
            view.tracks
                .iter()
                .position(|it| it.tracks.layer == self.layer && it.tracks.track == track)
        };
        if place(self.track).is_none() {
            self.track = StateTrack::Hidden;
        }
        place(self.track)
    }

    fn refresh(&mut self, view: &Arc<GateView>, at: usize) {
        let is_fresh = self.drawn.as_ref().is_some_and(|drawn| {
            Arc::ptr_eq(&drawn.of, view)
                && (drawn.at, drawn.sorted_by, drawn.is_stretched)
                    == (at, self.sorted_by, self.is_stretched)
        });
        if is_fresh {
            return;
        }
        let Some(GateTrack { tracks, measures }) = view.tracks.get(at) else {
            return;
        };
        let order = match self.sorted_by {
            Some(measure) => measures.order(measure),
            None => (0..tracks.n_units).collect(),
        };
        let of_unit = |unit: &usize| tracks.values.iter().skip(*unit).step_by(tracks.n_units);
        let values: Vec<f32> = order.iter().flat_map(of_unit).copied().collect();
        let largest = || {
            values
                .iter()
                .fold(f32::MIN_POSITIVE, |most, v| most.max(v.abs()))
        };
        let scale = match tracks.track.range() {
            Some([low, _]) if low >= 0.0 => ColorScale::Linear { most: 1.0 },
            Some(_) if !self.is_stretched => ColorScale::Signed { most: 1.0 },
            Some(_) | None => ColorScale::Signed { most: largest() },
        };
        self.revision += 1;
        self.drawn = Some(DrawnTrack {
            of: Arc::clone(view),
            at,
            sorted_by: self.sorted_by,
            is_stretched: self.is_stretched,
            order,
            values,
            scale,
        });
    }

    fn choices(&mut self, ui: &mut Ui, view: &GateView, at: usize) {
        let Some(track) = view.tracks.get(at) else {
            return;
        };
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new(tr("Gates")).strong());
            if n_layers(view) > 1 {
                for layer in 0..n_layers(view) {
                    let name = format!("Layer {}", layer + 1);
                    ui.selectable_value(&mut self.layer, layer, tr(name));
                }
                ui.separator();
            }
            let of_layer = view
                .tracks
                .iter()
                .filter(|it| it.tracks.layer == self.layer);
            for kind in of_layer.map(|it| it.tracks.track) {
                ui.selectable_value(
                    &mut self.track,
                    kind,
                    text::capitalised(&tr(kind.to_string())),
                )
                .on_hover_text(tr(kind.meaning()));
            }
        });
        ui.horizontal_wrapped(|ui| {
            let name = ui.label(tr("Sort units by"));
            let word = |by: Option<UnitMeasure>| {
                by.map_or_else(|| "number".to_owned(), |by| by.to_string())
            };
            ComboBox::from_id_salt("unit_order")
                .selected_text(tr(word(self.sorted_by)))
                .show_ui(ui, |ui| {
                    ui.selectable_value(&mut self.sorted_by, None, tr(word(None)));
                    for by in UnitMeasure::iter() {
                        let why_not = track.measures.of(by).err();
                        ui.add_enabled_ui(why_not.is_none(), |ui| {
                            ui.selectable_value(&mut self.sorted_by, Some(by), tr(word(Some(by))))
                                .on_hover_text(tr(by.help()))
                                .on_disabled_hover_text(tr(why_not.unwrap_or_default()));
                        });
                    }
                })
                .response
                .labelled_by(name.id);
            ui.weak(format!(
                "{} · {}",
                tr(text::counted(track.tracks.n_units, "unit")),
                tr(text::counted(track.tracks.len(), "event"))
            ))
            .on_hover_text(tr(
                "Correlations are over the events of this history alone: of few events even noise \
                 has large ones.",
            ));
            if track.tracks.track.range().is_some_and(|[low, _]| low < 0.0) {
                ui.checkbox(&mut self.is_stretched, tr("Stretch colours")).on_hover_text(
                    tr("The strongest colour is the largest value here, not the largest that there \
                     can be"),
                );
            }
            if let Some(why) = self.sorted_by.and_then(|by| track.measures.of(by).err()) {
                ui.weak(tr(format!("By number: {why}")));
            }
        });
        if let Some(drawn) = &self.drawn {
            drawn.scale.bar(ui, &track.tracks.track.to_string(), None);
        }
    }

    /// The picture; the event that was clicked.
    fn picture(
        &mut self,
        ui: &mut Ui,
        shown: &ShownUser<'_>,
        view: &GateView,
        at: usize,
        event: Option<usize>,
    ) -> Option<usize> {
        let (drawn, track) = (self.drawn.as_ref()?, view.tracks.get(at)?);
        let (tracks, by) = (&track.tracks, drawn.sorted_by);
        let measured = by.and_then(|by| Some((by, track.measures.of(by).ok()?)));
        let unit = |row: usize| {
            let unit = drawn.order.get(row).copied().unwrap_or_default();
            let value = measured.and_then(|(_, values)| values.get(unit));
            match value.filter(|value| !value.is_nan()) {
                Some(value) => {
                    let value = text::significant(f64::from(*value), 2);
                    format!("{} ({value})", unit + 1)
                }
                None => format!("{}", unit + 1),
            }
        };
        let title = |col: usize| shown.event_name(tracks.first + col);
        let axis = measured.map_or_else(|| "unit".to_owned(), |(by, _)| format!("unit ({by})"));
        let value = tracks.track.to_string();
        let name = format!("Gates, layer {}, {value}", tracks.layer + 1);
        let words = HeatmapLabels {
            name: &name,
            row_axis: &axis,
            col_axis: "after",
            value: &value,
            nothing: "nothing",
            row_title: &unit,
            col_title: &title,
        };
        let matrix = HeatmapMatrix {
            values: &drawn.values,
            n_rows: tracks.n_units,
            n_cols: tracks.len(),
            is_causal: false,
        };
        let look = HeatmapStyle {
            words: &words,
            scale: drawn.scale,
            size: ui.available_size(),
            selected_row: None,
        };
        let col = looked_at(view, event).checked_sub(tracks.first);
        let pointed = self.heatmap.filled(ui, self.revision, &matrix, look, col);
        pointed.clicked.map(|(_, col)| tracks.first + col)
    }
}

fn n_layers(view: &GateView) -> usize {
    view.tracks.last().map_or(0, |it| it.tracks.layer + 1)
}

/// Position of the event after which the state is looked at: the chosen one, or the last.
fn looked_at(view: &GateView, event: Option<usize>) -> usize {
    let last = view.tracks.last().map_or(0, |it| {
        (it.tracks.first + it.tracks.len()).saturating_sub(1)
    });
    let first = view.tracks.last().map_or(0, |it| it.tracks.first);
    event
        .filter(|event| (first..=last).contains(event))
        .unwrap_or(last)
}

/// The moments of other users at which the model was in a state like that after an event.
fn like_card(
    ui: &mut Ui,
    shown: &ShownUser<'_>,
    key: &ViewKey,
    view: &GateView,
    app: &App,
    actions: &mut Actions,
) {
    let Some(GateTrack { tracks, .. }) = view.tracks.last() else {
        return;
    };
    let event = looked_at(view, app.selection.event);
    let ask = LikeAsk {
        key: key.clone(),
        state: Arc::new(tracks.row(event - tracks.first).to_vec()),
    };
    theme::card(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.label(RichText::new(tr("Like states elsewhere")).strong()).on_hover_text(
            tr("Moments of other users, out of a sample of them, at which the hidden state of the last \
             layer had the largest cosine with the one here; one moment a user"),
        );
        ui.weak(tr(format!("After {}", shown.event_name(event))));
        ui.add_space(size::GAP_SMALL);
        let Some(prepared) = app.views.data(&key.run) else {
            return;
        };
        // No state is like one that is no number.
        if ask.state.iter().any(|value| !value.is_finite()) {
            ui.weak(tr("The model's state here is no number, so none is like it."));
            return;
        }
        let awaited = Awaited {
            answers: &app.views.inside().like,
            ask,
            name: |ask| Question::Inside(InsideQuestion::Like(ask)),
            doing: "Running the layers over a sample of users",
        };
        let moments = awaited.answer(ui, app, actions, |other| other.key == *key);
        let Some(moments) = moments else { return };
        if moments.is_empty() {
            ui.weak(tr("No other user's state could be compared."));
        }
        for moment in moments.iter() {
            like_moment(ui, moment, prepared, actions);
        }
    });
}

/// One moment: who, how like, and the events around it.
fn like_moment(ui: &mut Ui, moment: &LikeMoment, prepared: &Prepared, actions: &mut Actions) {
    let dataset = &prepared.dataset;
    let user = dataset.users.id(moment.user_idx as u32).unwrap_or_default();
    let items = dataset.sequences.items(moment.user_idx);
    let title = |at: Option<usize>| {
        let item = at.and_then(|at| items.get(at));
        item.map(|item| text::clipped(&foreign(dataset.item_label(*item)), 34))
    };
    ui.horizontal(|ui| {
        let name = format!("User {}", text::clipped(user, 16));
        let button = ui
            .small_button(tr(name))
            .on_hover_text(tr("Look at this user"));
        if button.clicked() {
            actions.push(Action::Select(Select::User(user.to_owned())));
            actions.push(Action::Select(Select::Event(Some(moment.position))));
        }
        let cosine = text::significant(f64::from(moment.cosine), 3);
        ui.weak(tr(format!(
            "cosine {cosine}, event {}",
            moment.position + 1
        )));
    });
    ui.indent(moment.user_idx, |ui| {
        if let Some(before) = title(moment.position.checked_sub(1)) {
            ui.weak(before);
        }
        if let Some(here) = title(Some(moment.position)) {
            ui.label(here);
        }
        if let Some(next) = title(Some(moment.position + 1)) {
            ui.weak(format!("→ {next}"));
        }
    });
    ui.add_space(size::GAP_SMALL);
}
