//! The strip of ways in which one user is looked at, and the menu of layouts beside it.

use egui::{Button, Sense, TextEdit, Ui};
use strum::IntoEnumIterator as _;

use crate::app::{Action, App, Arrange, ExplainView, ReadyLayout, Select, TileSide, TourStep};
use crate::ui::frame::{action_button, action_button_as};
use crate::ui::language::tr;
use crate::ui::theme::size;
use crate::ui::widget::tiles;
use crate::ui::{Actions, tour};
use seqscope_base::spec::shown;

/// View state of the menu of layouts.
#[derive(Default)]
pub(super) struct LayoutMenu {
    /// Name under which the present layout is to be kept.
    name: String,
}

impl LayoutMenu {
    /// Paints the strip: every view, those in sight marked.
    pub(super) fn strip(&mut self, ui: &mut Ui, app: &App, actions: &mut Actions) {
        let layout = app.shown_layout();
        ui.horizontal_wrapped(|ui| {
            for view in ExplainView::iter() {
                choice(ui, app, view, layout.shows(view), actions);
            }
            ui.separator();
            let menu = ui.menu_button(tr("Layout ⏷"), |ui| self.menu(ui, app, actions));
            tour::mark(ui, TourStep::Layout, menu.response.rect);
            menu.response.on_hover_text(tr(
                "Which views are shown at once, and how they share the page",
            ));
        });
        ui.add_space(size::GAP_SMALL);
    }

    fn menu(&mut self, ui: &mut Ui, app: &App, actions: &mut Actions) {
        ui.set_min_width(220.0);
        for ready in ReadyLayout::iter() {
            let action = Action::Arrange(Arrange::Ready(ready));
            if ui
                .button(tr(ready.to_string()))
                .on_hover_text(tr(ready.help()))
                .clicked()
            {
                actions.push(action);
            }
        }
        for kept in app.arrangement.named() {
            ui.horizontal(|ui| {
                let named = Action::Arrange(Arrange::Named(kept.name.clone()));
                action_button_as(ui, app, actions, named, shown(&kept.name).into_owned());
                let forget = Action::Arrange(Arrange::Forget(kept.name.clone()));
                action_button_as(ui, app, actions, forget, tr("Forget"));
            });
        }
        ui.separator();
        ui.menu_button(tr("Add a view"), |ui| {
            let at = app.active_view();
            for view in ExplainView::iter().filter(|view| *view != at) {
                let side = Some(TileSide::Right);
                let put = Action::Arrange(Arrange::Put { view, at, side });
                action_button_as(ui, app, actions, put, tr(view.to_string()));
            }
        });
        action_button(ui, app, actions, Action::Arrange(Arrange::Undo));
        action_button(ui, app, actions, Action::Arrange(Arrange::Redo));
        ui.separator();
        let name = ui.label(tr("Keep this layout as"));
        ui.horizontal(|ui| {
            let field = TextEdit::singleline(&mut self.name).desired_width(140.0);
            ui.add(field).labelled_by(name.id);
            let keep = Action::Arrange(Arrange::Keep(self.name.clone()));
            action_button_as(ui, app, actions, keep, tr("Keep"));
        });
    }
}

/// One view of the strip: a click shows it, and it can be dragged onto a tile.
fn choice(ui: &mut Ui, app: &App, view: ExplainView, is_shown: bool, actions: &mut Actions) {
    let action = Action::Select(Select::View(view));
    let why_not = match app.why_no_view(view) {
        Some(why_not) => Some(why_not.to_owned()),
        None => app.enabled(&action).err(),
    };
    let button = Button::selectable(is_shown, tr(view.to_string())).sense(Sense::click_and_drag());
    let button = ui.add_enabled(why_not.is_none(), button);
    tiles::can_be_dragged(&button, view);
    if view == ExplainView::WhatIf {
        tour::mark(ui, TourStep::WhatIf, button.rect);
    }
    let button = match why_not {
        Some(why_not) => button.on_disabled_hover_text(tr(why_not)),
        None => button.on_hover_text(tr(view.help())),
    };
    if button.clicked() {
        actions.push(action);
    }
}
