//! The history as a list, newest first, and what can be done with it.

use egui::{
    Align, ComboBox, DragValue, Key, Label, Layout, Popup, PopupCloseBehavior, Response, RichText,
    Role, ScrollArea, TextEdit, Ui, WidgetInfo,
};

use super::{Changed, search};
use crate::app::{Action, App, ItemQuery, WhatIfAction};
use crate::ui::frame::{action_button, action_button_as};
use crate::ui::language::tr;
use crate::ui::theme::{self, size};
use crate::ui::{Actions, text};
use seqscope_base::spec::shown;
use seqscope_data::{Dataset, EditedEvent};
use seqscope_engine::explain::Edit;

/// Items offered while a person types.
const OFFERED: usize = 8;

/// Edits that are told of, the latest.
const TOLD: usize = 6;

/// View state of the card.
#[derive(Default)]
pub(super) struct HistoryCard {
    query: String,
    name: String,
    /// Position of the event that is being changed.
    chosen: Option<usize>,
    /// Time as it is typed, and the event and time that it stands for.
    time: String,
    time_of: Option<(usize, i64)>,
}

impl HistoryCard {
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        changed: Changed<'_>,
        app: &App,
        actions: &mut Actions,
    ) {
        let n_events = changed.history.events.len();
        self.chosen = self.chosen.filter(|at| *at < n_events);
        ui.horizontal(|ui| {
            ui.label(RichText::new(tr("History")).strong());
            ui.weak(tr(text::counted(n_events, "event")));
            for action in [
                WhatIfAction::Undo,
                WhatIfAction::Redo,
                WhatIfAction::StartOver,
            ] {
                action_button(ui, app, actions, Action::WhatIf(action));
            }
        });
        self.scenarios(ui, changed, app, actions);
        self.insertion(ui, changed, app, actions);
        told(ui, changed);
        if let Some(at) = self.chosen
            && let Some(event) = changed.history.events.get(at)
        {
            ui.separator();
            self.event(ui, changed, at, event, actions);
        }
        ui.separator();
        self.rows(ui, changed, actions);
    }

    /// A name to keep the edits under, and what is kept of this user.
    fn scenarios(&mut self, ui: &mut Ui, changed: Changed<'_>, app: &App, actions: &mut Actions) {
        ui.horizontal_wrapped(|ui| {
            let name = ui.label(tr("Scenario"));
            let field = TextEdit::singleline(&mut self.name)
                .desired_width(120.0)
                .hint_text(tr("name"));
            ui.add(field).labelled_by(name.id);
            let save = WhatIfAction::Save(self.name.clone());
            action_button(ui, app, actions, Action::WhatIf(save));
            for saved in app.what_if.saved(&changed.key.run) {
                let is_of_user = saved
                    .scenario
                    .as_ref()
                    .map_or(true, |scenario| scenario.user == changed.key.user_id);
                if !is_of_user {
                    continue;
                }
                let open = WhatIfAction::Open(saved.name.clone());
                let words = format!("Open {}", saved.name);
                action_button_as(ui, app, actions, Action::WhatIf(open), tr(words));
                let delete = ui
                    .small_button("✖")
                    .on_hover_text(tr("Delete this scenario"));
                if named(delete, &format!("Delete scenario {}", saved.name)).clicked() {
                    let delete = WhatIfAction::Delete(saved.name.clone());
                    actions.push(Action::WhatIf(delete));
                }
            }
        });
    }

    /// Search by title or id; what is chosen is put in behind the chosen event, or last.
    fn insertion(&mut self, ui: &mut Ui, changed: Changed<'_>, app: &App, actions: &mut Actions) {
        let after = self.chosen.map(|at| at + 1);
        let field = ui
            .horizontal(|ui| {
                let name = ui.label(tr("Insert item"));
                let field = TextEdit::singleline(&mut self.query)
                    .desired_width(180.0)
                    .hint_text(tr("title or id"));
                let field = ui.add(field).labelled_by(name.id);
                ui.weak(tr(match after {
                    Some(event) => format!("behind event {event}"),
                    None => "as the latest event".to_owned(),
                }));
                field
            })
            .inner;
        if self.query.trim().is_empty() {
            return;
        }
        let query = ItemQuery {
            run: changed.key.run.clone(),
            words: self.query.trim().to_owned(),
        };
        if !app.item_search.is_asked(&query) {
            actions.push(Action::FindItems(query.clone()));
        }
        let found = app.item_search.found(&query);
        if let Some(item) = offered(ui, changed, &field, found) {
            let id = changed.dataset.items.id(item).unwrap_or_default();
            actions.push(change(Edit::Insert {
                item: id.to_owned(),
                event: after.map(|event| event + 1),
                time: None,
                behaviour: None,
                value: None,
            }));
            self.query.clear();
        } else if ui.input(|i| i.key_pressed(Key::Escape)) {
            self.query.clear();
        }
    }

    /// Fields of the event that is chosen.
    fn event(
        &mut self,
        ui: &mut Ui,
        changed: Changed<'_>,
        at: usize,
        event: &EditedEvent,
        actions: &mut Actions,
    ) {
        let number = at + 1;
        let title = format!("Event {number}: {}", changed.title(event.item_idx));
        ui.add(Label::new(RichText::new(tr(title)).strong()).truncate());
        ui.horizontal_wrapped(|ui| {
            let n_events = changed.history.events.len();
            let earlier = ui.add_enabled(at > 0, egui::Button::new(tr("Move earlier")));
            if earlier.clicked() {
                actions.push(change(Edit::Move {
                    event: number,
                    to: number - 1,
                }));
                self.chosen = Some(at - 1);
            }
            let later = ui.add_enabled(number < n_events, egui::Button::new(tr("Move later")));
            if later.clicked() {
                actions.push(change(Edit::Move {
                    event: number,
                    to: number + 1,
                }));
                self.chosen = Some(at + 1);
            }
            if ui.button(tr("Close")).clicked() {
                self.chosen = None;
            }
        });
        let sequences = &changed.dataset.sequences;
        if sequences.time_secs.is_some() {
            ui.horizontal(|ui| self.time(ui, changed.dataset, at, event, actions));
        }
        ui.horizontal(|ui| {
            if sequences.behaviour_idx.is_some() {
                behaviour(ui, changed.dataset, number, event, actions);
            }
            if sequences.value.is_some() {
                value(ui, number, event, actions);
            }
        });
    }

    fn time(
        &mut self,
        ui: &mut Ui,
        dataset: &Dataset,
        at: usize,
        event: &EditedEvent,
        actions: &mut Actions,
    ) {
        let present = (at, event.time_secs);
        if self.time_of != Some(present) {
            self.time = dataset.time_text(event.time_secs);
            self.time_of = Some(present);
        }
        let name = ui.label(tr("Time"));
        let field = TextEdit::singleline(&mut self.time).desired_width(180.0);
        let field = ui.add(field).labelled_by(name.id).on_hover_text(tr(
            "A date or time in UTC, such as 2024-01-31T12:30:00Z; Enter sets it",
        ));
        let is_entered = field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
        if is_entered || ui.button(tr("Set time")).clicked() {
            actions.push(change(Edit::Time {
                event: at + 1,
                time: self.time.clone(),
            }));
            // It goes to where its time is.
            self.chosen = None;
        }
    }

    /// The events, the newest first; only those in sight are laid out.
    fn rows(&mut self, ui: &mut Ui, changed: Changed<'_>, actions: &mut Actions) {
        let events = &changed.history.events;
        if events.is_empty() {
            ui.weak(tr(
                "The history is empty: put an item in, or take an edit back.",
            ));
            return;
        }
        ScrollArea::vertical()
            .auto_shrink([false, false])
            .show_rows(ui, size::ROW, events.len(), |ui, rows| {
                for row in rows {
                    let at = events.len() - 1 - row;
                    if let Some(event) = events.get(at) {
                        self.row(ui, changed, at, event, actions);
                    }
                }
            });
    }

    fn row(
        &mut self,
        ui: &mut Ui,
        changed: Changed<'_>,
        at: usize,
        event: &EditedEvent,
        actions: &mut Actions,
    ) {
        let number = at + 1;
        ui.horizontal(|ui| {
            ui.set_min_height(size::ROW);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let delete = ui.small_button("✖").on_hover_text(tr("Delete this event"));
                if named(delete, &format!("Delete event {number}")).clicked() {
                    actions.push(change(Edit::Delete { event: number }));
                    self.chosen = None;
                }
                for words in beside(changed.dataset, event) {
                    ui.label(RichText::new(words).small().weak());
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let mark = if event.from.is_none() { "+ " } else { "" };
                    let title = format!("{mark}{number} {}", changed.title(event.item_idx));
                    let title = if event.from.is_none() {
                        RichText::new(title).color(theme::colors(ui).accent)
                    } else {
                        RichText::new(title)
                    };
                    let is_chosen = self.chosen == Some(at);
                    let button = egui::Button::selectable(is_chosen, title)
                        .truncate()
                        .right_text("")
                        .min_size(egui::vec2(ui.available_width(), 0.0));
                    if ui.add(button).clicked() {
                        self.chosen = (!is_chosen).then_some(at);
                    }
                });
            });
        });
    }
}

/// The items that were found, `None` while they are looked for; the one that is chosen.
fn offered(ui: &Ui, changed: Changed<'_>, field: &Response, found: Option<&[u32]>) -> Option<u32> {
    let items = found.unwrap_or_default();
    let mut chosen = None;
    if field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter)) {
        chosen = items.first().copied();
    }
    Popup::from_response(field)
        .open(true)
        .close_behavior(PopupCloseBehavior::IgnoreClicks)
        .show(|ui| {
            ui.set_min_width(220.0);
            match found {
                None => _ = ui.spinner(),
                Some([]) => _ = ui.weak(tr("No item is called so")),
                Some(_) => {}
            }
            for &item in items.iter().take(OFFERED) {
                let id = changed.dataset.items.id(item).unwrap_or_default();
                let title = changed.title(item);
                let words = if title == id {
                    format!("Insert {title}")
                } else {
                    format!("Insert {title} ({})", shown(id))
                };
                if ui.selectable_label(false, tr(words)).clicked() {
                    chosen = Some(item);
                }
            }
        });
    chosen
}

fn change(edit: Edit) -> Action {
    Action::WhatIf(WhatIfAction::Edit(edit))
}

/// A response by a name that is read out in place of its mark.
fn named(response: Response, name: &str) -> Response {
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, tr(name)));
    response
}

/// Time and behaviour of an event, from the right.
fn beside(dataset: &Dataset, event: &EditedEvent) -> Vec<String> {
    let mut words = Vec::new();
    if dataset.sequences.time_secs.is_some() {
        let time = dataset.time_text(event.time_secs);
        words.push(time.replace('T', " ").trim_end_matches('Z').to_owned());
    }
    if dataset.sequences.behaviour_idx.is_some() {
        words.push(behaviour_name(dataset, event.behaviour_idx));
    }
    words
}

fn behaviour_name(dataset: &Dataset, idx: Option<u16>) -> String {
    let name = idx.and_then(|idx| dataset.behaviours.id(idx.into()));
    name.map_or_else(|| tr("unknown"), |name| shown(name).into_owned())
}

fn behaviour(
    ui: &mut Ui,
    dataset: &Dataset,
    number: usize,
    event: &EditedEvent,
    actions: &mut Actions,
) {
    let name = ui.label(tr("Behaviour"));
    let combo = ComboBox::from_id_salt("behaviour of an event")
        .selected_text(behaviour_name(dataset, event.behaviour_idx))
        .show_ui(ui, |ui| {
            for (idx, behaviour) in dataset.behaviours.ids().enumerate() {
                let is_present = event.behaviour_idx.map(usize::from) == Some(idx);
                if ui.selectable_label(is_present, shown(behaviour)).clicked() && !is_present {
                    actions.push(change(Edit::Behaviour {
                        event: number,
                        behaviour: behaviour.to_owned(),
                    }));
                }
            }
        });
    combo.response.labelled_by(name.id);
}

fn value(ui: &mut Ui, number: usize, event: &EditedEvent, actions: &mut Actions) {
    let name = ui.label(tr("Value"));
    let mut value = event.value.unwrap_or(0.0);
    let field = ui
        .add(
            DragValue::new(&mut value)
                .speed(0.0)
                .update_while_editing(false),
        )
        .labelled_by(name.id);
    let is_set = field.drag_stopped() || (field.changed() && !field.dragged());
    if is_set && event.value != Some(value) {
        actions.push(change(Edit::Value {
            event: number,
            value,
        }));
    }
}

/// The latest edits, in words.
fn told(ui: &mut Ui, changed: Changed<'_>) {
    let edits = changed.history.edits();
    if edits.is_empty() {
        return;
    }
    let first = edits.len().saturating_sub(TOLD);
    let words: Vec<String> = edits
        .iter()
        .skip(first)
        .map(|edit| tr(search::edit_words(changed, edit)))
        .collect();
    let more = if first > 0 {
        tr(format!("{} before, ", text::counted(first, "edit")))
    } else {
        String::new()
    };
    let words = format!("{}{more}{}", tr("Changed: "), words.join(&tr("; ")));
    ui.add(Label::new(RichText::new(words).small().weak()).wrap());
}
