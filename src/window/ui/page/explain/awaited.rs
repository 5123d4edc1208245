//! Answers of models that a page waits for.

use std::sync::Arc;

use egui::{ProgressBar, Ui};

use crate::app::{Action, Answers, App, Loadable, Question};
use crate::ui::Actions;
use crate::ui::frame::action_button_as;
use crate::ui::language::tr;
use crate::ui::widget::panel;

/// Width of the bar that tells how far an answer is.
const BAR: f32 = 160.0;

/// A question of a page, and where its answer is to come.
pub(super) struct Awaited<'a, Q, A> {
    /// Answers to such questions.
    pub(super) answers: &'a Answers<Q, A>,
    /// The question.
    pub(super) ask: Q,
    /// Makes it one of all questions.
    pub(super) name: fn(Q) -> Question,
    /// What is done until the answer is there.
    pub(super) doing: &'a str,
}

impl<'a, Q: Clone + PartialEq, A> Awaited<'a, Q, A> {
    /// The answer or, while it is on its way, the latest to a question like it. Asks, where that has
    /// not been done; with nothing to show it paints how far the answer is, or what went wrong.
    pub(super) fn answer(
        self,
        ui: &mut Ui,
        app: &App,
        actions: &mut Actions,
        is_like: impl Fn(&Q) -> bool,
    ) -> Option<&'a Arc<A>> {
        let question = || (self.name)(self.ask.clone());
        if !self.answers.is_wanted(&self.ask) {
            actions.push(asked(question()));
        }
        match self.answers.to(&self.ask) {
            Some(Loadable::Ready(answer)) => return Some(answer),
            Some(Loadable::Failed(why)) => {
                panel::failed(ui, why);
                if ui.button(tr("Ask again")).clicked() {
                    actions.push(asked(question()));
                }
                return None;
            }
            Some(Loadable::Idle | Loadable::Loading(_)) | None => {}
        }
        let like = self.answers.to_or_like(&self.ask, is_like);
        let like = like.and_then(Loadable::ready);
        if like.is_none() {
            waiting(
                ui,
                self.doing,
                app.views.long_share(&question()),
                app,
                actions,
            );
        }
        like
    }
}

/// A question as an action.
fn asked(question: Question) -> Action {
    Action::Ask(Box::new(question))
}

/// What is done, and how far it is where that is known; then it can be stopped.
fn waiting(ui: &mut Ui, doing: &str, share: Option<f32>, app: &App, actions: &mut Actions) {
    let Some(share) = share else {
        return panel::loading(ui, doing);
    };
    ui.horizontal_wrapped(|ui| {
        let bar = ProgressBar::new(share)
            .desired_width(BAR)
            .desired_height(ui.spacing().icon_width);
        ui.add(bar).on_hover_text(tr(doing));
        ui.label(tr(doing));
        action_button_as(ui, app, actions, Action::StopQuestion, tr("Stop"));
    });
}
