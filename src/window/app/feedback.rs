//! Feedback that a person gives to the lists of a run, and the run that learns from it.

use std::collections::{BTreeMap, VecDeque};

use super::job::sentence;
use super::{App, Loadable, Page, Training};
use seqscope_base::metric::AnswerKind;
use seqscope_data::Prepared;
use seqscope_engine::run::{Feedback, FeedbackCounts, RunId, RunStore};
use seqscope_engine::train::{FineTuning, fine_tuning};

/// Answers of one user within so many seconds are taken as answers to one list.
const ONE_LIST_SECS: i64 = 3_600;

/// Answers that can be taken back one after another.
const UNDO_KEPT: usize = 100;

/// One thing that a person says of the list that is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedbackAction {
    /// Accept an item of it, or reject it.
    Answer {
        /// Index of the item.
        item_idx: u32,
        /// Whether it is accepted.
        accepted: bool,
    },
    /// Accept or reject the first item of it that has no answer yet.
    AnswerNext {
        /// Whether it is accepted.
        accepted: bool,
    },
    /// Forget what was said of an item.
    Forget {
        /// Index of the item.
        item_idx: u32,
    },
    /// Take back what was said last.
    Undo,
}

impl FeedbackAction {
    /// Name of it on a button or in a menu.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Answer { accepted: true, .. } => "Accept",
            Self::Answer {
                accepted: false, ..
            } => "Reject",
            Self::AnswerNext { accepted: true } => "Accept the next item",
            Self::AnswerNext { accepted: false } => "Reject the next item",
            Self::Forget { .. } => "Forget the answer",
            Self::Undo => "Take the last answer back",
        }
    }
}

/// Change of what is kept of one user and item.
#[derive(Clone, Debug, PartialEq)]
struct FeedbackChange {
    run: RunId,
    user: String,
    item: String,
    /// `None` forgets it.
    becomes: Option<Feedback>,
}

impl FeedbackChange {
    fn is_about(&self, answer: &Feedback) -> bool {
        answer.user == self.user && answer.item == self.item
    }

    /// Changes the answers of its run; returns the change that takes it back.
    fn apply(&self, answers: &mut Vec<Feedback>) -> Self {
        let before = answers.iter().position(|answer| self.is_about(answer));
        let before = before.map(|at| answers.remove(at));
        answers.extend(self.becomes.clone());
        Self {
            becomes: before,
            ..self.clone()
        }
    }
}

/// Feedback of the runs that were looked at.
#[derive(Default)]
pub struct FeedbackState {
    by_run: BTreeMap<RunId, Loadable<Vec<Feedback>>>,
    /// Changes that are not on disk yet, in their order.
    waiting: VecDeque<FeedbackChange>,
    is_saving: bool,
    /// Changes that take back what was said, the latest last.
    undo: Vec<FeedbackChange>,
}

impl FeedbackState {
    /// Answers that are kept with a run.
    #[must_use]
    pub fn of_run(&self, run: &RunId) -> Option<&[Feedback]> {
        self.by_run
            .get(run)
            .and_then(Loadable::ready)
            .map(Vec::as_slice)
    }

    /// What a user said of an item in a run; `None` where nothing was said, or nothing is known yet.
    #[must_use]
    pub fn said(&self, run: &RunId, user: &str, item: &str) -> Option<bool> {
        let answers = self.of_run(run)?.iter();
        let mut of_both = answers.filter(|answer| answer.user == user && answer.item == item);
        of_both.next().map(|answer| answer.accepted)
    }

    /// Numbers of what is kept with a run.
    #[must_use]
    pub fn counts(&self, run: &RunId) -> FeedbackCounts {
        FeedbackCounts::of(self.of_run(run).unwrap_or_default())
    }

    /// Whether all that was said is on disk.
    #[must_use]
    pub fn is_saved(&self) -> bool {
        !self.is_saving && self.waiting.is_empty()
    }

    /// Time of an answer that a user gives now: that of their last answer where both are to one list.
    fn time(&self, run: &RunId, user: &str, now: Option<i64>) -> Option<i64> {
        let answers = self.of_run(run).unwrap_or_default().iter().rev();
        let last = answers
            .filter(|answer| answer.user == user)
            .find_map(|answer| answer.time);
        let is_one_list =
            |last: &i64| now.is_some_and(|now| (0..ONE_LIST_SECS).contains(&(now - last)));
        last.filter(is_one_list).or(now)
    }
}

impl App {
    /// Reads what is kept with the run that is looked at on Explain.
    pub(super) fn begin_feedback(&mut self) {
        let run = self.selection.run.clone();
        let Some(run) = run.filter(|_| self.page == Page::Explain) else {
            return;
        };
        let is_known = self.feedback.by_run.contains_key(&run);
        if is_known || self.runs.summary(&run).is_none() {
            return;
        }
        let loading = Loadable::Loading("Reading the feedback".to_owned());
        self.feedback.by_run.insert(run.clone(), loading);
        let (store, asked) = (self.runs.store.clone(), run.clone());
        self.jobs.start(
            "feedback",
            move || store.feedback(&asked).map_err(sentence),
            move |app, read| {
                if let Err(why) = &read {
                    app.notices.failed(why.clone());
                }
                app.feedback.by_run.insert(run, read.into());
            },
        );
    }

    /// Carries out what a person says of the list that is looked at.
    pub(super) fn act_feedback(&mut self, action: FeedbackAction) {
        let change = match action {
            FeedbackAction::Undo => self.feedback.undo.pop(),
            FeedbackAction::Answer { item_idx, accepted } => {
                self.answer_change(item_idx, Some(accepted))
            }
            FeedbackAction::AnswerNext { accepted } => self
                .next_unanswered()
                .and_then(|item_idx| self.answer_change(item_idx, Some(accepted))),
            FeedbackAction::Forget { item_idx } => self.answer_change(item_idx, None),
        };
        let Some(change) = change else { return };
        let kept = self.feedback.by_run.get_mut(&change.run);
        let Some(Loadable::Ready(answers)) = kept else {
            return;
        };
        let back = change.apply(answers);
        if action != FeedbackAction::Undo {
            self.feedback.undo.push(back);
            let n_too_many = self.feedback.undo.len().saturating_sub(UNDO_KEPT);
            self.feedback.undo.drain(..n_too_many);
        }
        self.feedback.waiting.push_back(change);
        self.save_feedback();
    }

    /// Change that says something of an item, or forgets it; of the run and user that are looked at.
    fn answer_change(&self, item_idx: u32, accepted: Option<bool>) -> Option<FeedbackChange> {
        let run = self.selection.run.clone()?;
        let user = self.selection.user_id.clone()?;
        let prepared: &Prepared = self.views.data(&run)?;
        let item = prepared.dataset.items.id(item_idx)?.to_owned();
        let time = self.feedback.time(&run, &user, Feedback::now(prepared));
        let becomes = accepted.map(|accepted| Feedback {
            user: user.clone(),
            item: item.clone(),
            accepted,
            time,
            held_out: false,
        });
        Some(FeedbackChange {
            run,
            user,
            item,
            becomes,
        })
    }

    /// First item of the list that is looked at of which nothing was said.
    fn next_unanswered(&self) -> Option<u32> {
        let run = self.selection.run.as_ref()?;
        let key = self.selection.view_key(run)?;
        let (view, data) = (self.views.user(&key).ready()?, self.views.data(run)?);
        let items = view.next.iter().map(|scored| scored.item_idx);
        items.into_iter().find(|item| {
            let id = data.dataset.items.id(*item).unwrap_or_default();
            self.feedback.said(run, &key.user_id, id).is_none()
        })
    }

    /// Writes down what waits, one writing at a time so that none overtakes another.
    fn save_feedback(&mut self) {
        let run = self
            .feedback
            .waiting
            .front()
            .map(|change| change.run.clone());
        let Some(run) = run.filter(|_| !self.feedback.is_saving) else {
            return;
        };
        let waiting = std::mem::take(&mut self.feedback.waiting).into_iter();
        let (changes, others): (Vec<FeedbackChange>, Vec<FeedbackChange>) =
            waiting.partition(|change| change.run == run);
        self.feedback.waiting = others.into();
        self.feedback.is_saving = true;
        let (store, asked) = (self.runs.store.clone(), run.clone());
        self.jobs.start(
            "feedback",
            move || written(&store, &asked, &changes),
            move |app, kept| app.take_feedback(run, kept),
        );
    }

    fn take_feedback(&mut self, run: RunId, kept: Result<Vec<Feedback>, String>) {
        self.feedback.is_saving = false;
        match kept {
            // What was said meanwhile is not in it yet.
            Ok(mut kept) => {
                for change in self.feedback.waiting.iter().filter(|it| it.run == run) {
                    change.apply(&mut kept);
                }
                self.feedback.by_run.insert(run, Loadable::Ready(kept));
            }
            Err(why) => {
                self.notices.failed(why);
                self.feedback.by_run.remove(&run);
            }
        }
        self.save_feedback();
    }

    /// Trains a new run from the best weights of one, on the feedback that is kept with it.
    pub(super) fn fine_tune(&mut self, run: &RunId) {
        let summary = self.runs.summary(run);
        let Some(manifest) = summary.and_then(|summary| summary.manifest.clone()) else {
            return;
        };
        let experiment = fine_tuning(&manifest, &FineTuning::default());
        let prepared = self.known_data(run);
        self.training.begin(Training::starting(&experiment));
        self.page = Page::Train;
        self.launch_with(experiment, prepared);
    }

    pub(super) fn can_say(&self, action: FeedbackAction) -> Result<(), String> {
        let run = self.selection.run.as_ref();
        let is_known = run.is_some_and(|run| self.feedback.of_run(run).is_some());
        if !is_known {
            return Err("The feedback is known once the run is open on Explain.".to_owned());
        }
        let is_by_key = matches!(action, FeedbackAction::AnswerNext { .. });
        if is_by_key && self.page != Page::Explain {
            return Err("Lists are accepted and rejected on Explain.".to_owned());
        }
        if action == FeedbackAction::Undo && self.feedback.undo.is_empty() {
            return Err("Nothing was said since the program was opened.".to_owned());
        }
        Ok(())
    }

    pub(super) fn can_fine_tune(&self, run: &RunId) -> Result<(), String> {
        let summary = self.runs.summary(run);
        let manifest = summary.and_then(|summary| summary.manifest.as_ref());
        if manifest.is_some_and(|manifest| manifest.experiment.answers() != AnswerKind::Ranking) {
            return Err("This run makes no lists of items to accept or reject.".to_owned());
        }
        if !self.feedback.is_saved() {
            return Err("The feedback is being written.".to_owned());
        }
        let is_empty = self
            .feedback
            .of_run(run)
            .is_some_and(<[Feedback]>::is_empty);
        // A fine-tuned run has what it began with, and needs no more.
        if is_empty && manifest.is_none_or(|manifest| manifest.lineage.is_none()) {
            return Err(
                "Nobody has accepted or rejected anything of this run yet; do so in the list Next \
                 on Explain."
                    .to_owned(),
            );
        }
        Ok(())
    }
}

fn written(
    store: &RunStore,
    run: &RunId,
    changes: &[FeedbackChange],
) -> Result<Vec<Feedback>, String> {
    let mut answers = store.feedback(run).map_err(sentence)?;
    for change in changes {
        change.apply(&mut answers);
    }
    store.save_feedback(run, &answers).map_err(sentence)?;
    Ok(answers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(user: &str, item: &str, accepted: bool, time: Option<i64>) -> Feedback {
        Feedback {
            user: user.to_owned(),
            item: item.to_owned(),
            accepted,
            time,
            held_out: false,
        }
    }

    #[test]
    fn a_change_is_taken_back_by_its_opposite() {
        let run = RunId("r".to_owned());
        let say = |accepted: Option<bool>| FeedbackChange {
            run: run.clone(),
            user: "u".to_owned(),
            item: "i".to_owned(),
            becomes: accepted.map(|accepted| answer("u", "i", accepted, None)),
        };
        let mut answers = vec![answer("v", "i", true, None)];
        let mut undo = Vec::new();
        for accepted in [Some(true), Some(false), None, Some(true)] {
            undo.push(say(accepted).apply(&mut answers));
        }
        assert_eq!(answers.len(), 2);
        let mut seen = Vec::new();
        while let Some(back) = undo.pop() {
            back.apply(&mut answers);
            let said = answers.iter().find(|it| it.user == "u");
            seen.push(said.map(|it| it.accepted));
        }
        assert_eq!(seen, [None, Some(false), Some(true), None]);
        assert_eq!(answers, [answer("v", "i", true, None)]);
    }

    #[test]
    fn answers_of_an_hour_are_to_one_list() {
        let run = RunId("r".to_owned());
        let kept = vec![
            answer("u", "a", true, Some(1_000)),
            answer("v", "a", true, Some(9_000)),
        ];
        let mut state = FeedbackState::default();
        state.by_run.insert(run.clone(), Loadable::Ready(kept));
        assert_eq!(state.time(&run, "u", Some(1_030)), Some(1_000));
        assert_eq!(state.time(&run, "u", Some(5_000)), Some(5_000));
        assert_eq!(state.time(&run, "w", Some(5_000)), Some(5_000));
        assert_eq!(state.time(&run, "u", None), None);
        assert_eq!(state.counts(&run).users, 2);
    }
}
