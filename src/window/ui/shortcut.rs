//! Keys, all of them in one list: what they ask for, where they act, and what a person reads of
//! them.

use egui::{Key, KeyboardShortcut, Modifiers};
use strum::IntoEnumIterator;

use super::Actions;
use crate::app::{
    Action, App, Arrange, FeedbackAction, Page, QueueAction, ReportAction, Scale, Select,
    SteerAction, TrainingPhase, Transport,
};
use seqscope_engine::train::{StepUnit, StopMode};

/// Part of the window in which a key acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumIter, strum::Display)]
pub(super) enum Place {
    /// Wherever one is, also in a text field.
    #[strum(to_string = "Everywhere")]
    Everywhere,
    /// Wherever no text field has the focus: that has an undo of its own.
    #[strum(to_string = "Outside text fields")]
    OutsideText,
    /// On the pages that look at a user, outside text fields.
    #[strum(to_string = "On Explain and Compare, outside text fields")]
    Looking,
    /// On the pages that follow the playhead, outside text fields.
    #[strum(to_string = "On Train, Explain and Compare, outside text fields")]
    Playhead,
    /// While a run is at work and nothing has the focus: Space also presses the button that has it.
    #[strum(to_string = "While a run is at work")]
    Training,
}

/// One key.
pub(super) struct Shortcut {
    /// The key, with Ctrl or Shift.
    pub(super) keys: KeyboardShortcut,
    pub(super) place: Place,
    /// What it does, in words.
    pub(super) help: &'static str,
    ask: fn(&App) -> Action,
}

const fn key(
    modifiers: Modifiers,
    key: Key,
    place: Place,
    help: &'static str,
    ask: fn(&App) -> Action,
) -> Shortcut {
    Shortcut {
        keys: KeyboardShortcut::new(modifiers, key),
        place,
        help,
        ask,
    }
}

const CTRL: Modifiers = Modifiers::COMMAND;
const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);
const SHIFT: Modifiers = Modifiers::SHIFT;
const NONE: Modifiers = Modifiers::NONE;

/// Every key. Of two with the same letter the one with more modifiers comes first.
pub(super) static SHORTCUTS: [Shortcut; 35] = {
    use Place::{Everywhere, Looking, OutsideText, Playhead, Training};
    [
        key(CTRL, Key::Num1, Everywhere, "Data", |_| {
            Action::GoTo(Page::Data)
        }),
        key(CTRL, Key::Num2, Everywhere, "Model", |_| {
            Action::GoTo(Page::Model)
        }),
        key(CTRL, Key::Num3, Everywhere, "Train", |_| {
            Action::GoTo(Page::Train)
        }),
        key(CTRL, Key::Num4, Everywhere, "Explain", |_| {
            Action::GoTo(Page::Explain)
        }),
        key(CTRL, Key::Num5, Everywhere, "Compare", |_| {
            Action::GoTo(Page::Compare)
        }),
        key(
            CTRL_SHIFT,
            Key::Enter,
            Everywhere,
            "Add to the queue",
            |_| Action::Queue(QueueAction::Add),
        ),
        key(CTRL, Key::Num6, Everywhere, "Report", |_| {
            Action::GoTo(Page::Report)
        }),
        key(CTRL, Key::Enter, Everywhere, "Start training", |_| {
            Action::Start
        }),
        key(CTRL, Key::Period, Everywhere, "Stop and keep", |_| {
            Action::Stop(StopMode::Keep)
        }),
        key(CTRL, Key::O, Everywhere, "Open my data", |_| {
            Action::PickData
        }),
        key(CTRL, Key::Plus, Everywhere, "Larger", |_| {
            Action::Arrange(Arrange::Larger)
        }),
        // Where `+` stands on the key of `=`, nobody wants to press Shift.
        key(CTRL, Key::Equals, Everywhere, "Larger", |_| {
            Action::Arrange(Arrange::Larger)
        }),
        key(CTRL, Key::Minus, Everywhere, "Smaller", |_| {
            Action::Arrange(Arrange::Smaller)
        }),
        key(CTRL, Key::Num0, Everywhere, "Usual size", |_| {
            Action::Arrange(Arrange::Scale(Scale::default()))
        }),
        key(NONE, Key::F11, Everywhere, "Presentation", |_| {
            Action::Arrange(Arrange::Present)
        }),
        key(NONE, Key::OpenBracket, OutsideText, "List of runs", |_| {
            Action::Arrange(Arrange::FoldRuns)
        }),
        key(
            NONE,
            Key::CloseBracket,
            OutsideText,
            "What stands at the right of a view",
            |_| Action::Arrange(Arrange::FoldSide),
        ),
        key(CTRL_SHIFT, Key::Z, OutsideText, "Redo", redo),
        key(CTRL, Key::Y, OutsideText, "Redo", redo),
        key(CTRL, Key::Z, OutsideText, "Undo", undo),
        key(SHIFT, Key::J, Looking, "Next disagreement", |_| {
            Action::Select(Select::StepDisagreement(1))
        }),
        key(SHIFT, Key::K, Looking, "Previous disagreement", |_| {
            Action::Select(Select::StepDisagreement(-1))
        }),
        key(NONE, Key::J, Looking, "Next user", |_| {
            Action::Select(Select::StepUser(1))
        }),
        key(NONE, Key::K, Looking, "Previous user", |_| {
            Action::Select(Select::StepUser(-1))
        }),
        key(NONE, Key::A, Looking, "Accept the next item", |_| {
            Action::Feedback(FeedbackAction::AnswerNext { accepted: true })
        }),
        key(NONE, Key::X, Looking, "Reject the next item", |_| {
            Action::Feedback(FeedbackAction::AnswerNext { accepted: false })
        }),
        key(NONE, Key::ArrowLeft, Playhead, "Previous epoch", |_| {
            Action::Transport(Transport::Step(-1))
        }),
        key(NONE, Key::ArrowRight, Playhead, "Next epoch", |_| {
            Action::Transport(Transport::Step(1))
        }),
        key(NONE, Key::Home, Playhead, "First epoch", |_| {
            Action::Transport(Transport::First)
        }),
        key(NONE, Key::End, Playhead, "Follow the newest epoch", |_| {
            Action::Transport(Transport::FollowLive)
        }),
        key(NONE, Key::G, Playhead, "Seeds as mean and band", |app| {
            Action::Select(Select::SeedsApart(!app.selection.seeds_apart))
        }),
        key(NONE, Key::F, Playhead, "Fork at the playhead", |_| {
            Action::Steer(SteerAction::OpenFork)
        }),
        key(
            NONE,
            Key::Comma,
            Training,
            "One batch of a held run",
            |_| Action::Steer(SteerAction::Step(StepUnit::Batch)),
        ),
        key(
            NONE,
            Key::Period,
            Training,
            "One epoch of a held run",
            |_| Action::Steer(SteerAction::Step(StepUnit::Epoch)),
        ),
        key(
            NONE,
            Key::Space,
            Training,
            "Pause or resume",
            pause_or_resume,
        ),
    ]
};

/// On Explain the layout is what can be taken back, on Report the report; elsewhere the experiment.
fn undo(app: &App) -> Action {
    match app.page {
        Page::Explain => Action::Arrange(Arrange::Undo),
        Page::Report => Action::Report(ReportAction::Undo),
        Page::Data | Page::Model | Page::Train | Page::Compare => Action::Undo,
    }
}

fn redo(app: &App) -> Action {
    match app.page {
        Page::Explain => Action::Arrange(Arrange::Redo),
        Page::Data | Page::Model | Page::Train | Page::Compare | Page::Report => Action::Redo,
    }
}

fn pause_or_resume(app: &App) -> Action {
    let is_paused = app
        .training
        .current
        .as_ref()
        .is_some_and(|training| training.phase == TrainingPhase::Paused);
    if is_paused {
        Action::Resume
    } else {
        Action::Pause
    }
}

impl Shortcut {
    /// The key as a person reads it: `Ctrl+1`.
    pub(super) fn name(&self, ctx: &egui::Context) -> String {
        ctx.format_shortcut(&self.keys)
    }

    /// The key that asks for an action, as a person reads it.
    pub(super) fn of_action(ctx: &egui::Context, app: &App, action: &Action) -> Option<String> {
        let mut all = SHORTCUTS.iter();
        all.find(|shortcut| (shortcut.ask)(app) == *action)
            .map(|shortcut| shortcut.name(ctx))
    }
}

impl Place {
    fn acts(self, ui: &egui::Ui, app: &App) -> bool {
        // A button that has the focus takes the arrows and Space, but no letter.
        let is_typing = ui.ctx().text_edit_focused();
        let has_focus = ui.ctx().egui_wants_keyboard_input();
        match self {
            Self::Everywhere => true,
            Self::OutsideText => !is_typing,
            Self::Playhead => !has_focus && !app.playhead_runs().is_empty(),
            Self::Looking => !is_typing && matches!(app.page, Page::Explain | Page::Compare),
            Self::Training => {
                ui.memory(|memory| memory.focused().is_none()) && app.training.is_active()
            }
        }
    }
}

/// The key of a page as a person reads it.
pub(super) fn of_page(page: Page) -> String {
    let at = Page::iter().position(|other| other == page).unwrap_or(0);
    format!("Ctrl+{}", at + 1)
}

/// Actions that the keys pressed in this frame ask for.
pub(super) fn read(ui: &egui::Ui, app: &App, actions: &mut Actions) {
    for shortcut in &SHORTCUTS {
        let is_pressed = || {
            ui.ctx()
                .input_mut(|input| input.consume_shortcut(&shortcut.keys))
        };
        if shortcut.place.acts(ui, app) && is_pressed() {
            actions.push((shortcut.ask)(app));
        }
    }
}
