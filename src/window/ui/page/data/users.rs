//! One user's raw events: a list of users to search, a strip of time, a table.

use egui::{RichText, ScrollArea, Sense, Ui, vec2};
use egui_extras::{Column, TableBuilder};

use super::audit;
use crate::app::{Action, App, EventTime, RawEvent, Select, raw_events, typical_user};
use crate::ui::language::tr;
use crate::ui::theme::{self, size};
use crate::ui::{Actions, text};
use seqscope_base::spec::shown;
use seqscope_data::{Dataset, Prepared};

/// Width of the list of users.
const LIST: f32 = 150.0;
/// Height of a line in the list of users.
const USER_ROW: f32 = 26.0;
/// Height of the line of parts.
const PARTS: f32 = 10.0;
/// Ticks on the strip of time; more would only paint over each other.
const MOST_TICKS: usize = 4000;

/// View state of the browser.
#[derive(Default)]
pub(super) struct UserBrowser {
    search: String,
    /// Fingerprint of the data and search that `found` was made from.
    found_for: (String, String),
    /// Users whose id holds the search.
    found: Vec<u32>,
    /// The events shown, and whose they are.
    events: Vec<RawEvent>,
    events_of: (String, u32),
    /// User who is shown while nobody is chosen, and the split that it was worked out from.
    typical: Option<u32>,
    typical_of: Option<String>,
}

impl UserBrowser {
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        app: &App,
        prepared: &Prepared,
        actions: &mut Actions,
    ) {
        let dataset = &prepared.dataset;
        self.find(dataset);
        let chosen = app
            .selection
            .user_id
            .as_ref()
            .and_then(|id| dataset.users.idx(id));
        let chosen = chosen.or_else(|| self.typical(prepared));
        ui.horizontal_top(|ui| {
            ui.vertical(|ui| {
                ui.set_width(LIST);
                self.list(ui, dataset, chosen, actions);
            });
            ui.add_space(size::GAP);
            ui.vertical(|ui| {
                if let Some(user_idx) = chosen {
                    self.load(prepared, user_idx);
                    self.user(ui, dataset, user_idx);
                }
            });
        });
    }

    /// Worked out once a split: it sorts every test user by length.
    fn typical(&mut self, prepared: &Prepared) -> Option<u32> {
        let fingerprint = &prepared.split.fingerprint;
        if self.typical_of.as_ref() != Some(fingerprint) {
            self.typical = typical_user(prepared).and_then(|id| prepared.dataset.users.idx(&id));
            self.typical_of = Some(fingerprint.clone());
        }
        self.typical
    }

    fn find(&mut self, dataset: &Dataset) {
        let wanted = (
            dataset.fingerprint.clone(),
            self.search.trim().to_lowercase(),
        );
        if self.found_for == wanted {
            return;
        }
        let ids = dataset.users.ids().enumerate();
        let fits =
            ids.filter(|(_, id)| wanted.1.is_empty() || id.to_lowercase().contains(&wanted.1));
        self.found = fits.map(|(at, _)| at as u32).collect();
        self.found_for = wanted;
    }

    fn load(&mut self, prepared: &Prepared, user_idx: u32) {
        let wanted = (prepared.dataset.fingerprint.clone(), user_idx);
        if self.events_of != wanted || self.events.is_empty() {
            self.events = raw_events(prepared, user_idx as usize);
            self.events_of = wanted;
        }
    }

    fn list(&mut self, ui: &mut Ui, dataset: &Dataset, chosen: Option<u32>, actions: &mut Actions) {
        let label = ui.label(tr("Find a user"));
        ui.add(
            egui::TextEdit::singleline(&mut self.search)
                .desired_width(LIST - 10.0)
                .hint_text(tr("id")),
        )
        .labelled_by(label.id);
        ui.weak(tr(text::counted(self.found.len(), "user")));
        ScrollArea::vertical()
            .id_salt("users")
            .auto_shrink([false, false])
            .show_rows(ui, USER_ROW, self.found.len(), |ui, shown| {
                for user_idx in self.found.get(shown).unwrap_or_default() {
                    let id = dataset.users.id(*user_idx).unwrap_or_default();
                    let n_events = dataset.sequences.range(*user_idx as usize).len();
                    let is_chosen = chosen == Some(*user_idx);
                    let button = egui::Button::selectable(is_chosen, text::clipped(id, 14))
                        .right_text(
                            RichText::new(text::count(n_events))
                                .size(size::TEXT_SMALL)
                                .weak(),
                        )
                        .min_size(vec2(LIST - 14.0, USER_ROW));
                    if ui.add(button).clicked() {
                        actions.push(Action::Select(Select::User(id.to_owned())));
                    }
                }
            });
    }

    fn user(&self, ui: &mut Ui, dataset: &Dataset, user_idx: u32) {
        let id = dataset.users.id(user_idx).unwrap_or_default();
        ui.label(
            RichText::new(tr(format!(
                "User {}: {}",
                shown(id),
                text::counted(self.events.len(), "event")
            )))
            .color(theme::colors(ui).strong),
        );
        if self.events.iter().any(|event| event.time.is_some()) {
            strip(ui, dataset, &self.events);
        }
        parts(ui, &self.events);
        table(ui, &self.events);
    }
}

/// A time to the second, or the number that orders.
fn exact(time: EventTime) -> String {
    match time {
        EventTime::Moment(secs) => text::moment_secs(secs),
        EventTime::Order(number) => number.to_string(),
    }
}

/// A time to the minute, or the number that orders.
fn short(time: EventTime) -> String {
    match time {
        EventTime::Moment(secs) => text::moment(secs),
        EventTime::Order(number) => number.to_string(),
    }
}

/// The user's events on a line of time, coloured by behaviour.
fn strip(ui: &mut Ui, dataset: &Dataset, events: &[RawEvent]) {
    let times = || events.iter().filter_map(|event| event.time);
    let (Some(first), Some(last)) = (
        times().min_by_key(|time| time.number()),
        times().max_by_key(|time| time.number()),
    ) else {
        return;
    };
    let span = (last.number() as f64 - first.number() as f64).max(1.0);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 34.0), Sense::hover());
    let colors = theme::colors(ui);
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 3.0, colors.card);
    let inner = rect.shrink2(vec2(6.0, 5.0));
    let x_of = |time: EventTime| {
        inner.left()
            + ((time.number() as f64 - first.number() as f64) / span) as f32 * inner.width()
    };
    let step = events.len().div_ceil(MOST_TICKS).max(1);
    for event in events.iter().step_by(step) {
        let behaviour = event
            .behaviour
            .as_ref()
            .and_then(|name| dataset.behaviours.idx(name))
            .unwrap_or(0);
        let color = theme::series_color(ui, behaviour as usize).gamma_multiply(0.75);
        if let Some(time) = event.time {
            painter.vline(x_of(time), inner.y_range(), (1.5, color));
        }
    }
    let nearest = response.hover_pos().and_then(|at| {
        events.iter().min_by_key(|event| {
            event
                .time
                .map_or(i64::MAX, |time| ((x_of(time) - at.x).abs() * 10.0) as i64)
        })
    });
    if let Some(event) = nearest {
        response.on_hover_text(format!(
            "{}\n{}",
            event.time.map(exact).unwrap_or_default(),
            event.item
        ));
    }
    ui.horizontal(|ui| {
        ui.label(
            RichText::new(short(first))
                .size(size::TEXT_SMALL)
                .color(colors.weak),
        );
        for (at, name) in dataset.behaviours.ids().enumerate().take(8) {
            ui.label(
                RichText::new(format!("■ {name}"))
                    .size(size::TEXT_SMALL)
                    .color(theme::series_color(ui, at)),
            );
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.label(
                RichText::new(short(last))
                    .size(size::TEXT_SMALL)
                    .color(colors.weak),
            );
        });
    });
}

/// The user's events in order, coloured by what they are for; where there are more than points on
/// the screen, neighbours share one.
fn parts(ui: &mut Ui, events: &[RawEvent]) {
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), PARTS), Sense::hover());
    let painter = ui.painter_at(rect);
    let width = rect.width() / events.len().max(1) as f32;
    let mut from = 0;
    for of_part in events.chunk_by(|a, b| a.part == b.part) {
        let Some(part) = of_part.first().map(|event| event.part) else {
            continue;
        };
        let left = rect.left() + from as f32 * width;
        // At least two points wide, so that the one test event of a long history is seen.
        let right = (left + of_part.len() as f32 * width).max(left + 2.0);
        let bar = egui::Rect::from_x_y_ranges(left.min(rect.right() - 2.0)..=right, rect.y_range());
        painter.rect_filled(bar, 0.0, audit::part_color(ui, part));
        from += of_part.len();
    }
    if let Some(at) = response.hover_pos() {
        let position = ((at.x - rect.left()) / width).max(0.0) as usize;
        if let Some(event) = events.get(position) {
            response.on_hover_text(tr(format!(
                "event {}: {}, {}",
                text::count(position + 1),
                event.item,
                event.part
            )));
        }
    }
    ui.horizontal(audit::legend);
}

fn table(ui: &mut Ui, events: &[RawEvent]) {
    let columns = TableColumns::shown(events);
    let time_head = if events
        .iter()
        .any(|event| matches!(event.time, Some(EventTime::Moment(_))))
    {
        "Time (UTC)"
    } else {
        "Time (order only)"
    };
    let color = theme::colors(ui).weak;
    theme::card(ui).show(ui, |ui| {
        columns
            .builder(ui)
            .header(size::ROW, |mut header| {
                let heads = ["#", time_head, "Item", "Behaviour", "Value", "Part"];
                for words in columns.only_shown(heads) {
                    header.col(|ui| {
                        ui.label(RichText::new(tr(words)).size(size::TEXT_SMALL).color(color));
                    });
                }
            })
            .body(|body| {
                body.rows(size::ROW, events.len(), |mut row| {
                    let at = row.index();
                    let Some(event) = events.get(at) else { return };
                    let cells = [
                        (at + 1).to_string(),
                        event.time.map(exact).unwrap_or_default(),
                        event.item.clone(),
                        event.behaviour.clone().unwrap_or_default(),
                        event.value.map(|v| v.to_string()).unwrap_or_default(),
                        tr(event.part.to_string()),
                    ];
                    for words in columns.only_shown(cells) {
                        row.col(|ui| {
                            ui.add(egui::Label::new(words).truncate());
                        });
                    }
                });
            });
    });
}

/// Columns that the events have something for.
#[derive(Clone, Copy)]
struct TableColumns {
    time: bool,
    behaviour: bool,
    value: bool,
}

impl TableColumns {
    fn shown(events: &[RawEvent]) -> Self {
        Self {
            time: events.iter().any(|event| event.time.is_some()),
            behaviour: events.iter().any(|event| event.behaviour.is_some()),
            value: events.iter().any(|event| event.value.is_some()),
        }
    }

    /// Leaves those of the six columns (place, time, item, behaviour, value, part) that are shown.
    fn only_shown<T>(self, all: [T; 6]) -> impl Iterator<Item = T> {
        let is_shown = [true, self.time, true, self.behaviour, self.value, true];
        all.into_iter()
            .zip(is_shown)
            .filter_map(|(column, is_shown)| is_shown.then_some(column))
    }

    fn builder(self, ui: &mut Ui) -> TableBuilder<'_> {
        let table = TableBuilder::new(ui)
            .id_salt("events")
            .striped(true)
            .auto_shrink([false, false])
            .cell_layout(egui::Layout::left_to_right(egui::Align::Center));
        let widths = [
            Column::exact(36.0),
            Column::exact(134.0),
            Column::remainder().at_least(60.0).clip(true),
            Column::exact(70.0).clip(true),
            Column::exact(56.0).clip(true),
            Column::exact(64.0),
        ];
        self.only_shown(widths).fold(table, TableBuilder::column)
    }
}
