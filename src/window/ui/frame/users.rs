//! Users of the run that is looked at, below the list of runs: everyone, or those of a slice that
//! is chosen, typed as a filter, and kept under a name.

use std::sync::Arc;

use egui::text::{CCursor, CCursorRange};
use egui::{ComboBox, Key, Panel, RichText, ScrollArea, TextEdit, Ui};
use strum::IntoEnumIterator as _;

use crate::app::{Action, App, Loadable, Page, Select, SliceAction};
use crate::ui::language::tr;
use crate::ui::theme::{self, size};
use crate::ui::{Actions, text};
use seqscope_base::spec::Entry as _;
use seqscope_data::Prepared;
use seqscope_engine::run::RunId;
use seqscope_engine::slice::{SliceField, SliceMembers, completed, completions};

/// Room for the button that keeps a slice, and for those that rename and delete one.
const KEEP: f32 = 124.0;
const RENAME: f32 = 148.0;

/// Names that are offered while one is typed.
const OFFERED: usize = 8;

/// View state of the list.
#[derive(Default)]
pub(super) struct UserList {
    /// Expression as it stands in the field, and the application's that it was made from.
    typed: String,
    seen: String,
    /// Name that a slice is to be kept under, or that the chosen one is to have.
    name: String,
    /// Whether names were offered in the frame before: Tab then takes the first of them.
    offers: bool,
}

impl UserList {
    /// Paints the list into the lower part of what is there, where a run's users are known.
    pub(super) fn below(&mut self, ui: &mut Ui, app: &App, actions: &mut Actions) {
        let Some((run, prepared)) = listed(app) else {
            return;
        };
        let most = (ui.available_height() * 0.75).max(160.0);
        Panel::bottom("users_of_run")
            .frame(egui::Frame::new())
            .resizable(true)
            .default_size((ui.available_height() * 0.55).max(160.0))
            .size_range(120.0..=most)
            .show(ui, |ui| {
                ui.add_space(size::GAP_SMALL);
                self.ui(ui, app, run, prepared, actions);
            });
    }

    fn ui(
        &mut self,
        ui: &mut Ui,
        app: &App,
        run: &RunId,
        prepared: &Prepared,
        actions: &mut Actions,
    ) {
        // While users are being looked for there is little to show, and the panel keeps its height.
        ui.set_min_height(ui.available_height());
        let members = app.slice_users(run);
        let found = members.and_then(Loadable::ready);
        ui.horizontal(|ui| {
            ui.label(RichText::new(tr("Users")).strong());
            ui.weak(tr(match (members, found) {
                (None, _) => text::count(prepared.dataset.users.len()),
                (Some(_), Some(found)) => found.words(),
                (Some(_), None) => String::new(),
            }));
        });
        choice(ui, app, actions);
        self.filter(ui, app, actions);
        self.keeping(ui, app, actions);
        match members {
            None => list(ui, app, prepared, None, actions),
            Some(Loadable::Ready(found)) => list_of_slice(ui, app, prepared, found, actions),
            Some(Loadable::Failed(why)) => {
                ui.colored_label(theme::colors(ui).error, tr(why));
            }
            Some(Loadable::Loading(_) | Loadable::Idle) => {
                ui.spinner();
            }
        }
    }

    /// The field in which an expression is typed, with the names that go on from it.
    fn filter(&mut self, ui: &mut Ui, app: &App, actions: &mut Actions) {
        if app.slices.filter() != self.seen {
            self.seen = app.slices.filter().to_owned();
            self.typed.clone_from(&self.seen);
        }
        let mut output = TextEdit::singleline(&mut self.typed)
            .hint_text(tr("length >= 20 and hit@10"))
            .lock_focus(self.offers)
            .desired_width(ui.available_width() - 4.0)
            .show(ui);
        let field = output.response.response.clone();
        field.widget_info(|| {
            egui::WidgetInfo::labeled(egui::Role::TextInput, true, tr("Filter users"))
        });
        let cursor = output.cursor_range.map(|range| range.primary.index.0);
        let offered = cursor.filter(|_| field.has_focus());
        let offered = offered.map(|cursor| completions(&self.typed, cursor));
        let offered = offered.unwrap_or_default();
        self.offers = !offered.is_empty();
        if let Some(with) = offer(ui, &field, &offered)
            && let Some(cursor) = cursor
        {
            let (typed, cursor) = completed(&self.typed, cursor, &with);
            self.typed = typed;
            let range = CCursorRange::one(CCursor::new(cursor));
            output.state.cursor.set_char_range(Some(range));
            output.state.store(ui.ctx(), field.id);
            field.request_focus();
        }
        if self.typed != self.seen {
            self.seen.clone_from(&self.typed);
            actions.push(Action::Slices(SliceAction::Filter(self.typed.clone())));
        }
        if let Some(fault) = app.slices.fault() {
            ui.colored_label(theme::colors(ui).warning, tr(fault));
        }
    }

    /// Keeps what is filtered; renames and deletes what is kept.
    fn keeping(&mut self, ui: &mut Ui, app: &App, actions: &mut Actions) {
        let Some(slice) = app.selection.slice.as_deref() else {
            return;
        };
        ui.horizontal(|ui| {
            let (hint, buttons) = if slice.name.is_empty() {
                ("Name", KEEP)
            } else {
                ("New name", RENAME)
            };
            let field = TextEdit::singleline(&mut self.name)
                .hint_text(tr(hint))
                .desired_width((ui.available_width() - buttons).max(40.0));
            let field = ui.add(field);
            field.widget_info(|| {
                egui::WidgetInfo::labeled(egui::Role::TextInput, true, tr("Name of the slice"))
            });
            if slice.name.is_empty() {
                let keep = Action::Slices(SliceAction::KeepAs(self.name.clone()));
                super::action_button(ui, app, actions, keep);
                return;
            }
            let rename = Action::Slices(SliceAction::Rename {
                from: slice.name.clone(),
                to: self.name.clone(),
            });
            super::action_button_as(ui, app, actions, rename, tr("Rename"));
            let delete = Action::Slices(SliceAction::Delete(slice.name.clone()));
            super::action_button_as(ui, app, actions, delete, tr("Delete"));
        });
    }
}

/// The kept slices, and everyone.
fn choice(ui: &mut Ui, app: &App, actions: &mut Actions) {
    let chosen = app.selection.slice.as_deref();
    let words = match chosen {
        None => tr("Everyone"),
        Some(slice) if slice.name.is_empty() => tr("As filtered"),
        Some(slice) => slice.name.clone(),
    };
    ui.horizontal(|ui| {
        let name = ui.label(tr("Slice"));
        ComboBox::from_id_salt("slice")
            .selected_text(text::clipped(&words, 24))
            .width(ui.available_width() - 8.0)
            .show_ui(ui, |ui| {
                if ui
                    .selectable_label(chosen.is_none(), tr("Everyone"))
                    .clicked()
                {
                    actions.push(Action::Slices(SliceAction::Choose(None)));
                }
                for kept in app.slices.kept() {
                    let is_chosen = chosen.is_some_and(|slice| slice.name == kept.name);
                    let button = egui::Button::selectable(is_chosen, kept.name.as_str());
                    let button = ui.add_enabled(kept.rule.is_ok(), button);
                    let button = match &kept.rule {
                        Ok(_) => button,
                        Err(why) => button.on_disabled_hover_text(tr(why)),
                    };
                    if button.clicked() {
                        let choose = SliceAction::Choose(Some(kept.name.clone()));
                        actions.push(Action::Slices(choose));
                    }
                }
            })
            .response
            .labelled_by(name.id);
    });
    if let Some(why) = app.slices.failed() {
        ui.colored_label(theme::colors(ui).error, tr(why));
    }
}

/// The run whose users are listed, and its data.
fn listed(app: &App) -> Option<(&RunId, &Arc<Prepared>)> {
    if !matches!(app.page, Page::Explain | Page::Compare) {
        return None;
    }
    let run = app.selection.run.as_ref()?;
    Some((run, app.views.data(run)?))
}

/// Offers names below a field; the one that is clicked, or the first where Tab is pressed.
fn offer(ui: &Ui, field: &egui::Response, offered: &[String]) -> Option<String> {
    let first = offered.first()?;
    let mut chosen = None;
    egui::Popup::from_response(field)
        .open(true)
        .close_behavior(egui::PopupCloseBehavior::IgnoreClicks)
        .show(|ui| {
            ui.set_min_width(180.0);
            for name in offered.iter().take(OFFERED) {
                let button = ui
                    .selectable_label(false, name)
                    .on_hover_text(tr(help(name)));
                if button.clicked() {
                    chosen = Some(name.clone());
                }
            }
        });
    let is_tab = ui.input_mut(|input| input.consume_key(egui::Modifiers::NONE, Key::Tab));
    chosen.or_else(|| is_tab.then(|| first.clone()))
}

/// Meaning of a name that is offered; nothing for a word such as `and`.
fn help(typed: &str) -> String {
    let field = SliceField::iter().find(|field| field.typed() == typed);
    field.map_or_else(String::new, |field| {
        format!("{}\n\n{}", field.summary(), field.example())
    })
}

fn list_of_slice(
    ui: &mut Ui,
    app: &App,
    prepared: &Prepared,
    found: &SliceMembers,
    actions: &mut Actions,
) {
    if let Some(why) = &found.why_empty {
        ui.label(tr(why));
        return;
    }
    if found.n_strangers > 0 {
        ui.weak(tr(format!(
            "{} of the slice are not in these data.",
            text::counted(found.n_strangers, "id")
        )));
    }
    list(ui, app, prepared, Some(&found.users), actions);
}

/// The users, or these of them; only rows in sight are painted.
fn list(ui: &mut Ui, app: &App, prepared: &Prepared, of: Option<&[u32]>, actions: &mut Actions) {
    let dataset = &prepared.dataset;
    let n = of.map_or(dataset.users.len(), <[u32]>::len);
    let row = ui.spacing().interact_size.y;
    ScrollArea::vertical()
        .id_salt("users")
        .auto_shrink([false, false])
        .show_rows(ui, row, n, |ui, rows| {
            for at in rows {
                let user = of.map_or(Some(at as u32), |of| of.get(at).copied());
                let Some((user, id)) = user.and_then(|user| Some((user, dataset.users.id(user)?)))
                else {
                    continue;
                };
                let is_chosen = app.selection.user_id.as_deref() == Some(id);
                ui.horizontal(|ui| {
                    let row = ui.selectable_label(is_chosen, text::clipped(id, 20));
                    if row.clicked() {
                        actions.push(Action::Select(Select::User(id.to_owned())));
                    }
                    let n_events = dataset.sequences.range(user as usize).len();
                    ui.weak(tr(text::counted(n_events, "event")));
                });
            }
        });
}
