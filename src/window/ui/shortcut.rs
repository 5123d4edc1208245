//! Keys. None acts while a text field has the focus, but for those with Ctrl.

use egui::{Key, KeyboardShortcut, Modifiers};
use strum::IntoEnumIterator;

use super::Actions;
use crate::app::{Action, App, Page, Select, TrainingPhase};
use seqscope_engine::train::StopMode;

const PAGE_KEYS: [Key; 5] = [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5];

/// The key of a page as a person reads it.
pub(super) fn of_page(page: Page) -> String {
    let at = Page::iter().position(|other| other == page).unwrap_or(0);
    format!("Ctrl+{}", at + 1)
}

/// Actions that the keys pressed in this frame ask for.
pub(super) fn read(ui: &egui::Ui, app: &App, actions: &mut Actions) {
    let pressed = |modifiers: Modifiers, key: Key| {
        ui.ctx()
            .input_mut(|input| input.consume_shortcut(&KeyboardShortcut::new(modifiers, key)))
    };
    for (page, key) in Page::iter().zip(PAGE_KEYS) {
        if pressed(Modifiers::COMMAND, key) {
            actions.push(Action::GoTo(page));
        }
    }
    if pressed(Modifiers::COMMAND, Key::Enter) {
        actions.push(Action::Start);
    }
    if pressed(Modifiers::COMMAND, Key::Period) {
        actions.push(Action::Stop(StopMode::Keep));
    }
    if pressed(Modifiers::COMMAND, Key::O) {
        actions.push(Action::PickData);
    }
    // A text field has an undo of its own.
    if ui.ctx().egui_wants_keyboard_input() {
        return;
    }
    if pressed(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z) || pressed(Modifiers::COMMAND, Key::Y)
    {
        actions.push(Action::Redo);
    }
    if pressed(Modifiers::COMMAND, Key::Z) {
        actions.push(Action::Undo);
    }
    if matches!(app.page, Page::Explain | Page::Compare) {
        if pressed(Modifiers::NONE, Key::J) {
            actions.push(Action::Select(Select::StepUser(1)));
        }
        if pressed(Modifiers::NONE, Key::K) {
            actions.push(Action::Select(Select::StepUser(-1)));
        }
    }
    // Space also presses the button that has the focus.
    let is_free = ui.memory(|memory| memory.focused().is_none());
    if is_free && app.training.is_active() && pressed(Modifiers::NONE, Key::Space) {
        let is_paused = app
            .training
            .current
            .as_ref()
            .is_some_and(|training| training.phase == TrainingPhase::Paused);
        actions.push(if is_paused {
            Action::Resume
        } else {
            Action::Pause
        });
    }
}
