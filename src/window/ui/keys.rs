//! The sheet of keys: `?` opens it, and Escape closes it.

use egui::{Grid, Key, RichText, ScrollArea, Ui};
use strum::IntoEnumIterator;

use super::Actions;
use super::frame::action_button;
use super::shortcut::{Place, SHORTCUTS};
use super::theme::{self, size};
use crate::app::{Action, App, TourAction};
use crate::ui::language::tr;

/// Keys that are not [`SHORTCUTS`], since they open what lies over the window.
const OVER_THE_WINDOW: [(&str, &str); 6] = [
    ("Ctrl+K", "Find anything that can be done, by name"),
    ("F1", "Manual"),
    ("?", "This sheet"),
    ("Esc", "Close what lies over the window"),
    (
        "Tab",
        "The next control; Enter presses it, arrows go through lists",
    ),
    ("Shift+F10", "Menu of the run that has the focus"),
];

/// State of the sheet.
#[derive(Default)]
pub(super) struct KeySheet {
    is_open: bool,
}

impl KeySheet {
    /// Opens the sheet.
    pub(super) fn open(&mut self) {
        self.is_open = true;
    }

    pub(super) fn ui(&mut self, ui: &Ui, app: &App, actions: &mut Actions) {
        let ctx = ui.ctx().clone();
        // A text field takes the sign as a letter.
        let is_asked =
            !ctx.text_edit_focused() && ctx.input(|input| input.key_pressed(Key::Questionmark));
        if is_asked {
            self.is_open = !self.is_open;
        }
        if !self.is_open {
            return;
        }
        let modal = egui::Modal::new(egui::Id::unique("keys")).show(&ctx, |ui| {
            ui.set_max_width(520.0);
            ui.heading(tr("Keys"));
            ui.add_space(size::GAP);
            ScrollArea::vertical()
                .max_height(ctx.content_rect().height() - 160.0)
                .show(ui, sheet);
            ui.add_space(size::GAP);
            ui.horizontal(|ui| {
                if ui.button(tr("Close")).clicked() {
                    self.is_open = false;
                }
                let before = actions.len();
                action_button(ui, app, actions, Action::Tour(TourAction::Take));
                self.is_open &= actions.len() == before;
            });
        });
        if modal.should_close() {
            self.is_open = false;
        }
    }
}

fn sheet(ui: &mut Ui) {
    heading(ui, "Over the window");
    grid(ui, "over", |ui| {
        for (key, help) in OVER_THE_WINDOW {
            row(ui, key, help);
        }
    });
    for place in Place::iter() {
        let place_name = place.to_string();
        heading(ui, &place_name);
        grid(ui, &place_name, |ui| {
            for shortcut in SHORTCUTS.iter().filter(|shortcut| shortcut.place == place) {
                let name = shortcut.name(ui.ctx());
                row(ui, &name, shortcut.help);
            }
        });
    }
}

fn heading(ui: &mut Ui, words: &str) {
    ui.add_space(size::GAP);
    ui.label(RichText::new(tr(words)).strong());
}

fn grid(ui: &mut Ui, name: &str, rows: impl FnOnce(&mut Ui)) {
    Grid::new(("keys", name))
        .num_columns(2)
        .min_col_width(110.0)
        .spacing([16.0, 4.0])
        .show(ui, rows);
}

fn row(ui: &mut Ui, key: &str, help: &str) {
    let color = theme::colors(ui).strong;
    ui.label(RichText::new(key).monospace().color(color));
    ui.label(tr(help));
    ui.end_row();
}
