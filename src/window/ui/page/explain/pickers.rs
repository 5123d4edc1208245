//! Choice of run and user.

use egui::{Key, Popup, Rect, Slider, TextEdit, Ui};

use super::beside::beside_switch;
use crate::app::{Action, App, Loadable, RunSide, Select, TourStep};
use crate::ui::Actions;
use crate::ui::frame::action_button_as;
use crate::ui::language::tr;
use crate::ui::page::run_picker::{self, RunChoice};
use crate::ui::{text, tour};
use seqscope_base::spec::shown;
use seqscope_data::{Prepared, Vocab};
use seqscope_engine::run::{RunId, Summary};

/// Ids offered while a person types.
const OFFERED: usize = 8;

/// View state of the pickers.
#[derive(Default)]
pub(in crate::ui::page) struct Pickers {
    query: String,
    /// The query and run that `found` answers.
    answered: Option<(String, RunId)>,
    found: Vec<String>,
    /// The user under the slider's knob while it is being dragged.
    dragged_user: Option<usize>,
}

impl Pickers {
    pub(super) fn ui(&mut self, ui: &mut Ui, app: &App, runs: &[Summary], actions: &mut Actions) {
        let run = app.selection.run.as_ref();
        ui.horizontal_wrapped(|ui| {
            let choice = RunChoice {
                side: RunSide::A,
                chosen: run,
            };
            run_picker::ui(ui, app, runs, choice, actions);
            ui.separator();
            if let Some(run) = run.filter(|run| app.views.data(run).is_some()) {
                self.user(ui, app, run, actions);
            }
            if run.is_some() && app.selection.beside().is_none() {
                beside_switch(ui, app, actions);
            }
        });
    }

    /// Choice of a user of a run; nothing before its data are open.
    pub(in crate::ui::page) fn user(
        &mut self,
        ui: &mut Ui,
        app: &App,
        run: &RunId,
        actions: &mut Actions,
    ) {
        let Some(prepared) = app.views.data(run) else {
            return;
        };
        let users = &prepared.dataset.users;
        let present = app.selection.user_id.as_ref().and_then(|id| users.idx(id));
        let name = ui.label(tr("User"));
        action_button_as(
            ui,
            app,
            actions,
            Action::Select(Select::StepUser(-1)),
            tr("◀ Previous"),
        );
        let hint = app
            .selection
            .user_id
            .as_deref()
            .map_or_else(String::new, |id| shown(id).into_owned());
        let edit = TextEdit::singleline(&mut self.query)
            .desired_width(110.0)
            .hint_text(hint);
        let field = ui
            .add(edit)
            .labelled_by(name.id)
            .on_hover_text(tr("Type the id of a user"));
        self.search(ui, &field, run, prepared, actions);
        let next_from = ui.cursor().left();
        action_button_as(
            ui,
            app,
            actions,
            Action::Select(Select::StepUser(1)),
            tr("Next ▶"),
        );
        let row = ui.min_rect();
        let next = Rect::from_x_y_ranges(next_from..=row.right(), row.y_range());
        tour::mark(ui, TourStep::User, next);
        let listed = Listed::of_run(app, run, users.len());
        let at = present.and_then(|idx| listed.place(idx));
        let n_users = listed.n_users;
        let mut place = self
            .dragged_user
            .unwrap_or_else(|| at.map_or(1, |at| at + 1));
        let slider = Slider::new(&mut place, 1..=n_users.max(1)).show_value(false);
        let slid = ui
            .add(slider)
            .labelled_by(name.id)
            .on_hover_text(tr("Slide through all users"));
        let is_there = at.is_some() || self.dragged_user.is_some() || slid.changed();
        ui.label(listed.words(is_there.then_some(place)));
        self.dragged_user = slid.dragged().then_some(place);
        // Each user costs a pass through the model: ask when the knob is let go.
        let is_chosen = slid.drag_stopped() || (slid.changed() && !slid.dragged());
        if is_chosen && let Some(id) = listed.user(place - 1).and_then(|idx| users.id(idx)) {
            actions.push(Action::Select(Select::User(id.to_owned())));
        }
    }

    /// Offers the users whose id begins with, or else contains, what was typed.
    fn search(
        &mut self,
        ui: &Ui,
        field: &egui::Response,
        run: &RunId,
        prepared: &Prepared,
        actions: &mut Actions,
    ) {
        if self.query.is_empty() {
            return;
        }
        let wanted = (self.query.clone(), run.clone());
        if self.answered.as_ref() != Some(&wanted) {
            self.found = find(&prepared.dataset.users, self.query.trim());
            self.answered = Some(wanted);
        }
        let mut chosen = None;
        if field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter)) {
            chosen = self.found.first().cloned();
        }
        Popup::from_response(field)
            .open(true)
            .close_behavior(egui::PopupCloseBehavior::IgnoreClicks)
            .show(|ui| {
                ui.set_min_width(140.0);
                if self.found.is_empty() {
                    ui.weak(tr("No user has such an id"));
                }
                for id in &self.found {
                    if ui.selectable_label(false, shown(id)).clicked() {
                        chosen = Some(id.clone());
                    }
                }
            });
        if let Some(id) = chosen {
            actions.push(Action::Select(Select::User(id)));
            self.query.clear();
        } else if ui.input(|i| i.key_pressed(Key::Escape))
            || (!field.has_focus() && ui.input(|i| i.pointer.any_click()))
        {
            self.query.clear();
        }
    }
}

/// Users through whom a person steps and slides: everyone, or those of the chosen slice.
struct Listed<'a> {
    n_users: usize,
    slice: Option<&'a [u32]>,
}

impl<'a> Listed<'a> {
    fn of_run(app: &'a App, run: &RunId, n_all: usize) -> Self {
        let members = app.slice_users(run).and_then(Loadable::ready);
        let slice = members.map(|members| members.users.as_slice());
        let slice = slice.filter(|users| !users.is_empty());
        Self {
            n_users: slice.map_or(n_all, <[u32]>::len),
            slice,
        }
    }

    /// Place of a user among them, from 0.
    fn place(&self, user: u32) -> Option<usize> {
        match self.slice {
            Some(users) => users.binary_search(&user).ok(),
            None => Some(user as usize),
        }
    }

    fn user(&self, place: usize) -> Option<u32> {
        match self.slice {
            Some(users) => users.get(place).copied(),
            None => u32::try_from(place).ok(),
        }
    }

    /// Which of how many: `3 of 12 in the slice`.
    fn words(&self, place: Option<usize>) -> String {
        let of = text::count(self.n_users);
        let place = place.map_or_else(|| tr("none"), text::count);
        let whose = if self.slice.is_some() {
            tr(" in the slice")
        } else {
            String::new()
        };
        format!("{place}{}{of}{whose}", tr(" of "))
    }
}

/// Ids that begin with the text first, then ids that contain it.
fn find(users: &Vocab, text: &str) -> Vec<String> {
    let begins = users.ids().filter(|id| id.starts_with(text) && *id != text);
    let inside = users
        .ids()
        .filter(|id| id.contains(text) && !id.starts_with(text));
    // An exact hit comes first, however many longer ids begin the same.
    let exact = users.idx(text).and_then(|idx| users.id(idx));
    exact
        .into_iter()
        .chain(begins)
        .chain(inside)
        .take(OFFERED)
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::find;
    use seqscope_data::Vocab;

    #[test]
    fn an_exact_id_comes_first_then_beginnings_then_the_rest() {
        let mut ids = Vocab::default();
        for id in ["210", "12", "1", "21", "311"] {
            ids.intern(id);
        }
        assert_eq!(find(&ids, "1"), ["1", "12", "210", "21", "311"]);
        assert_eq!(find(&ids, "21"), ["21", "210"]);
        assert!(find(&ids, "9").is_empty());
    }
}
