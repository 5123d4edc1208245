//! Tour through the real window: a few steps, each of which goes on when it was done.

use strum::IntoEnumIterator as _;

use super::{App, ExplainView, Page, PlayheadPlace};

/// Step of the tour, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, strum::EnumIter)]
pub enum TourStep {
    /// A model is trained.
    Train,
    /// Its first epoch ends.
    Watch,
    /// A user is looked at through it.
    Explain,
    /// An event of the user is chosen.
    Event,
    /// Another user is looked at.
    User,
    /// An earlier epoch is looked at.
    Playhead,
    /// The history is changed.
    WhatIf,
    /// Two views are shown at once.
    Layout,
}

impl TourStep {
    /// Heading of the step.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Train => "Train a model",
            Self::Watch => "Watch it learn",
            Self::Explain => "Ask why",
            Self::Event => "Look at one event",
            Self::User => "Look at another user",
            Self::Playhead => "Go back in training",
            Self::WhatIf => "Change the history",
            Self::Layout => "Show two views at once",
        }
    }

    /// What the person is to do, and what it is good for.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Train => {
                "Press Train now. A small Transformer learns a synthetic world of users whose \
                 rules are known, so that one can see what it has found."
            }
            Self::Watch => {
                "The curves grow while it trains. After the first epoch its weights can be looked \
                 through; there is nothing to do but wait a moment."
            }
            Self::Explain => {
                "Open Explain. It shows one user: what the model looked at, what it expected \
                 before each event, and what it expects next."
            }
            Self::Event => {
                "Click an event in the timeline, or a row of its table. The card above then says \
                 what the model expected there, and how high it ranked what came."
            }
            Self::User => "Press Next, or the key J. Every user has a history of their own.",
            Self::Playhead => {
                "Move the playhead: click the bar, or press the left arrow. All pages show the \
                 model as it was after that epoch; Best brings its best one back."
            }
            Self::WhatIf => {
                "Choose What if. There events are taken out, moved or added, and the model says \
                 at once what it would then expect."
            }
            Self::Layout => {
                "Open Layout and choose Teacher: two views share the page. Titles can be dragged, \
                 edges moved, and a view pinned; Ctrl+Z takes it back."
            }
        }
    }

    /// The page on which it is done.
    #[must_use]
    pub fn page(self) -> Page {
        match self {
            Self::Train => Page::Data,
            Self::Watch => Page::Train,
            Self::Explain
            | Self::Event
            | Self::User
            | Self::Playhead
            | Self::WhatIf
            | Self::Layout => Page::Explain,
        }
    }

    /// Its number, from 1.
    #[must_use]
    pub fn number(self) -> usize {
        Self::iter().take_while(|step| *step != self).count() + 1
    }

    fn next(self) -> Option<Self> {
        Self::iter().find(|step| *step > self)
    }
}

/// Number of steps of the tour.
#[must_use]
pub fn n_tour_steps() -> usize {
    TourStep::iter().len()
}

/// What a person does with the tour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumIter)]
pub enum TourAction {
    /// Begin, or go on where it was left.
    Take,
    /// Pass a step over.
    Skip,
    /// Leave it for now, or for good once it is over.
    Leave,
}

impl TourAction {
    /// Name of it on a button or in a menu.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Take => "Take the tour",
            Self::Skip => "Skip this step",
            Self::Leave => "Leave the tour",
        }
    }
}

/// Stand of the tour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TourStand {
    /// It is not taken.
    #[default]
    Away,
    /// This step is to be done.
    At(TourStep),
    /// Everything was done, and its last card is shown.
    Over,
}

/// The tour, and what stood when its step began.
#[derive(Debug, Default)]
pub struct Tour {
    stand: TourStand,
    /// The step at which it was left.
    left_at: Option<TourStep>,
    before: Before,
}

/// What a step is to change, as it stood before.
#[derive(Debug, Default)]
struct Before {
    user_id: Option<String>,
    event: Option<usize>,
    place: PlayheadPlace,
}

impl Tour {
    /// How far it is.
    #[must_use]
    pub fn stand(&self) -> TourStand {
        self.stand
    }

    /// Whether it was begun and left before its end.
    #[must_use]
    pub fn is_left(&self) -> bool {
        self.left_at.is_some()
    }
}

impl App {
    pub(super) fn act_tour(&mut self, action: TourAction) {
        match (action, self.tour.stand) {
            (TourAction::Take, _) => {
                let first = self.tour.left_at.take().unwrap_or(TourStep::Train);
                self.begin_step(first);
            }
            (TourAction::Skip, TourStand::At(step)) => self.end_step(step),
            (TourAction::Leave, TourStand::At(step)) => {
                (self.tour.stand, self.tour.left_at) = (TourStand::Away, Some(step));
            }
            (TourAction::Skip | TourAction::Leave, TourStand::Over | TourStand::Away) => {
                self.tour.stand = TourStand::Away;
            }
        }
    }

    /// Goes on where what a step asked for was done.
    pub(super) fn follow_tour(&mut self) {
        while let TourStand::At(step) = self.tour.stand {
            if !self.has_done(step) {
                return;
            }
            self.end_step(step);
        }
    }

    fn begin_step(&mut self, step: TourStep) {
        self.tour.stand = TourStand::At(step);
        self.tour.before = Before {
            user_id: self.selection.user_id.clone(),
            event: self.selection.event,
            place: self.selection.playhead.place,
        };
    }

    fn end_step(&mut self, step: TourStep) {
        match step.next() {
            Some(next) => self.begin_step(next),
            None => self.tour.stand = TourStand::Over,
        }
    }

    fn has_done(&self, step: TourStep) -> bool {
        let (selection, before) = (&self.selection, &self.tour.before);
        match step {
            TourStep::Train => self.training.is_active() || self.has_any_weights(),
            TourStep::Watch => self.has_any_weights(),
            TourStep::Explain => self.page == Page::Explain && self.sees_a_user(),
            TourStep::Event => selection.event.is_some() && selection.event != before.event,
            TourStep::User => {
                before.user_id.is_some()
                    && selection.user_id.is_some()
                    && selection.user_id != before.user_id
            }
            TourStep::Playhead => selection.playhead.place != before.place,
            TourStep::WhatIf => self.is_in_sight(ExplainView::WhatIf),
            TourStep::Layout => self.page == Page::Explain && self.shown_layout().views().len() > 1,
        }
    }

    fn has_any_weights(&self) -> bool {
        let current = self.training.current.as_ref();
        current.is_some_and(|training| !training.points.is_empty())
            || self.runs.with_weights().next().is_some()
    }

    fn sees_a_user(&self) -> bool {
        let run = self.selection.run.as_ref();
        let key = run.and_then(|run| self.selection.view_key(run));
        key.is_some_and(|key| self.views.user(&key).ready().is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Action, Arrange, ReadyLayout, Select, Transport, bare_app};

    #[test]
    fn the_tour_goes_on_when_a_step_was_done_and_is_taken_up_where_it_was_left() {
        let folder = tempfile::tempdir().unwrap();
        let mut app = bare_app(folder.path());
        let tour = |app: &mut App, action| {
            app.apply(Action::Tour(action));
            app.tour.stand()
        };
        assert_eq!(
            tour(&mut app, TourAction::Take),
            TourStand::At(TourStep::Train)
        );
        for wanted in [TourStep::Watch, TourStep::Explain, TourStep::Event] {
            assert_eq!(
                tour(&mut app, TourAction::Skip),
                TourStand::At(wanted),
                "nothing is trained here"
            );
        }
        app.apply(Action::Select(Select::Event(Some(2))));
        assert_eq!(app.tour.stand(), TourStand::At(TourStep::User));
        assert_eq!(tour(&mut app, TourAction::Leave), TourStand::Away);
        assert!(app.tour.is_left());
        app.apply(Action::Select(Select::User("anna".to_owned())));
        assert_eq!(
            tour(&mut app, TourAction::Take),
            TourStand::At(TourStep::User)
        );
        app.apply(Action::Select(Select::User("ben".to_owned())));
        assert_eq!(app.tour.stand(), TourStand::At(TourStep::Playhead));
        app.apply(Action::Transport(Transport::FollowLive));
        let at = app.tour.stand();
        if at == TourStand::At(TourStep::Playhead) {
            // There is no run here whose epochs could be moved over.
            tour(&mut app, TourAction::Skip);
        }
        app.page = Page::Explain;
        app.apply(Action::Select(Select::View(ExplainView::WhatIf)));
        assert_eq!(app.tour.stand(), TourStand::At(TourStep::Layout));
        app.apply(Action::Arrange(Arrange::Ready(ReadyLayout::Teacher)));
        assert_eq!(app.tour.stand(), TourStand::Over);
        assert_eq!(tour(&mut app, TourAction::Leave), TourStand::Away);
        assert_eq!(
            tour(&mut app, TourAction::Take),
            TourStand::At(TourStep::Train),
            "it begins again"
        );
    }

    #[test]
    fn steps_are_numbered_in_order_and_each_says_what_to_do() {
        for (at, step) in TourStep::iter().enumerate() {
            assert_eq!(step.number(), at + 1);
            assert!(!step.title().is_empty() && step.words().len() > 40);
        }
        assert_eq!(TourStep::Layout.number(), n_tour_steps());
    }
}
