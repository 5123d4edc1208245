//! The question that takes long: it has a thread of its own, tells how far its answer is, and ends at
//! once when another is wanted or the window is closed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::job::QuestionWatch;
use super::question::{Answerable, InSight, open_of};
use super::{App, ExplainView, InsideQuestion, Page, Question, ViewKey, Views};
use seqscope_engine::run::RunId;

/// Question at work.
#[derive(Debug)]
pub(super) struct LongQuestion {
    question: Question,
    stop: Arc<AtomicBool>,
    /// Share of the answer that is there, from 0 to 1.
    share: f32,
    /// Whether a person has stopped it.
    is_stopped: bool,
    /// Whether its answer would be of weights that are no more.
    is_void: bool,
}

impl LongQuestion {
    /// Ends the work at its next look.
    fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// A question that nobody waits for ends.
impl Drop for LongQuestion {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Said in the place of an answer that a person has stopped.
const STOPPED: &str = "Stopped before the answer was there; ask again.";

impl Views {
    /// Share of the answer to this question that is there, from 0 to 1, while it is looked for.
    #[must_use]
    pub fn long_share(&self, question: &Question) -> Option<f32> {
        let long = self.long.as_ref()?;
        (long.question == *question).then_some(long.share)
    }

    /// Ends the question at work, as a person has asked.
    pub(super) fn stop_long(&mut self) {
        if let Some(long) = &mut self.long {
            long.is_stopped = true;
            long.stop();
        }
    }

    /// The weights of such runs have changed: an answer on its way is of the old ones.
    pub(super) fn void_long(&mut self, is_gone: impl Fn(&ViewKey) -> bool) {
        if let Some(long) = &mut self.long
            && is_gone(key_of(&long.question))
        {
            long.is_void = true;
            long.stop();
        }
    }

    fn see_long(&mut self, stop: &Arc<AtomicBool>, share: f32) {
        if let Some(long) = &mut self.long
            && Arc::ptr_eq(&long.stop, stop)
        {
            long.share = share;
        }
    }
}

/// Run, epoch and user that a question is about.
fn key_of(question: &Question) -> &ViewKey {
    match question {
        Question::List(ask) => ask.key(),
        Question::Edits(ask) => ask.key(),
        Question::Attribution(ask) => ask.key(),
        Question::HeadTerms(ask) => ask.key(),
        Question::SeedMaps(ask) => ask.key(),
        Question::Inside(InsideQuestion::Gates(ask)) => ask.key(),
        Question::Inside(InsideQuestion::Like(ask)) => ask.key(),
        Question::Inside(InsideQuestion::Latent(ask)) => ask.key(),
        Question::Inside(InsideQuestion::Traversal(ask)) => ask.key(),
        Question::Inside(InsideQuestion::Prior(ask)) => ask.key(),
        Question::Inside(InsideQuestion::Items(ask)) => ask.key(),
        Question::Inside(InsideQuestion::Neighbours(ask)) => ask.key(),
    }
}

impl App {
    /// Keeps the thread for long questions at what is looked at now.
    pub(super) fn ask_long_questions(&mut self, runs: &[RunId], keys: &[ViewKey]) {
        let shown = (self.page == Page::Explain).then(|| self.shown_layout().views());
        let in_sight = InSight {
            keys,
            views: shown.as_deref(),
        };
        let next = self.open_long_question(&in_sight);
        let next = next.or_else(|| self.long_question_ahead(runs));
        match (&self.views.long, next) {
            (Some(long), next) if next.as_ref() != Some(&long.question) => long.stop(),
            (Some(_), _) | (None, None) => {}
            (None, Some(question)) => self.pose(question),
        }
    }

    /// The first question that takes long, was asked about what is looked at and has no answer: that
    /// of the view that was used last comes before those beside it.
    fn open_long_question(&self, in_sight: &InSight<'_>) -> Option<Question> {
        let (views, inside) = (&self.views, &self.views.inside);
        let of_view = |view: ExplainView| match view {
            ExplainView::Faithfulness => {
                open_of(&views.attributions, in_sight).map(Question::Attribution)
            }
            ExplainView::LatentSpace => open_of(&inside.latent, in_sight)
                .map(|ask| Question::Inside(InsideQuestion::Latent(ask))),
            ExplainView::ItemMap => open_of(&inside.items, in_sight)
                .map(|ask| Question::Inside(InsideQuestion::Items(ask))),
            ExplainView::Gates => open_of(&inside.like, in_sight)
                .map(|ask| Question::Inside(InsideQuestion::Like(ask))),
            ExplainView::Overview
            | ExplainView::WhatIf
            | ExplainView::Gallery
            | ExplainView::OverUsers
            | ExplainView::Rules => None,
        };
        let all = [
            ExplainView::Faithfulness,
            ExplainView::LatentSpace,
            ExplainView::ItemMap,
            ExplainView::Gates,
        ];
        of_view(self.active_view()).or_else(|| all.into_iter().find_map(of_view))
    }

    /// Asks what takes long on the thread for it.
    pub(super) fn ask_at_length<Q: Answerable>(&mut self, ask: Q, question: Question) {
        let stop = Arc::new(AtomicBool::new(false));
        self.views.long = Some(LongQuestion {
            question,
            stop: Arc::clone(&stop),
            share: 0.0,
            is_stopped: false,
            is_void: false,
        });
        let (sender, seen) = (self.jobs.sender(), Arc::clone(&stop));
        let tell = move |share: f32| {
            let seen = Arc::clone(&seen);
            sender.offer(move |app: &mut Self| app.views.see_long(&seen, share));
        };
        let watch = QuestionWatch::new(Arc::clone(&stop), Box::new(tell));
        let known = self.views.data(&ask.key().run).cloned();
        let asked = ask.clone();
        self.long_explainer.ask(
            &self.jobs,
            move |models| {
                models.be_watched(watch);
                asked.answered_by(models, known.as_ref()).map(Arc::new)
            },
            move |app, answer| app.end_long(&stop, ask, answer),
        );
    }

    fn end_long<Q: Answerable>(
        &mut self,
        stop: &Arc<AtomicBool>,
        ask: Q,
        answer: Result<Arc<Q::Answer>, String>,
    ) {
        let is_own = |long: &mut LongQuestion| Arc::ptr_eq(&long.stop, stop);
        let Some(long) = self.views.long.take_if(is_own) else {
            return;
        };
        let was_left = stop.load(Ordering::Relaxed);
        let answer = match answer {
            _ if long.is_void => return,
            // It came before the word to stop did.
            Ok(answer) => Ok(answer),
            Err(_) if long.is_stopped => Err(STOPPED.to_owned()),
            Err(_) if was_left => return,
            Err(why) => Err(why),
        };
        Q::home(&mut self.views).take(ask, answer);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Loadable, NeighboursAsk, bare_app};
    use super::*;
    use seqscope_engine::explain::ItemNeighbour;

    fn key(user_id: &str) -> ViewKey {
        ViewKey {
            run: RunId("a".to_owned()),
            epoch: None,
            user_id: user_id.to_owned(),
        }
    }

    fn ask(item_idx: u32) -> NeighboursAsk {
        NeighboursAsk::of_model(&key("u"), item_idx)
    }

    /// An application at work on a question, and the word that stops it.
    fn at_work(folder: &std::path::Path, item_idx: u32) -> (App, Arc<AtomicBool>) {
        let mut app = bare_app(folder);
        let stop = Arc::new(AtomicBool::new(false));
        app.views.long = Some(LongQuestion {
            question: Question::Inside(InsideQuestion::Neighbours(ask(item_idx))),
            stop: Arc::clone(&stop),
            share: 0.0,
            is_stopped: false,
            is_void: false,
        });
        (app, stop)
    }

    fn kept(app: &App, item_idx: u32) -> Option<&Loadable<Arc<Vec<ItemNeighbour>>>> {
        app.views.inside.neighbours.to(&ask(item_idx))
    }

    fn said() -> Result<Arc<Vec<ItemNeighbour>>, String> {
        Err("stopped before the answer was there; ask again".to_owned())
    }

    #[test]
    fn how_far_it_is_is_told_of_the_question_at_work_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (mut app, stop) = at_work(folder.path(), 1);
        app.views.see_long(&stop, 0.25);
        app.views.see_long(&Arc::default(), 0.75);
        let question = |item| Question::Inside(InsideQuestion::Neighbours(ask(item)));
        assert_eq!(app.views.long_share(&question(1)), Some(0.25));
        assert_eq!(app.views.long_share(&question(2)), None);
        app.end_long(&Arc::default(), ask(1), Ok(Arc::default()));
        assert!(
            app.views.long.is_some(),
            "the answer to one that was before it"
        );
        app.end_long(&stop, ask(1), Ok(Arc::default()));
        assert!(app.views.long.is_none() && kept(&app, 1).unwrap().ready().is_some());
    }

    /// Nobody looks at what it is about: it is stopped at once, and what it says then is no answer.
    #[test]
    fn another_question_stops_it_and_its_last_word_is_no_answer() {
        let folder = tempfile::tempdir().unwrap();
        let (mut app, stop) = at_work(folder.path(), 1);
        app.ask_long_questions(&[], &[key("another")]);
        assert!(stop.load(Ordering::Relaxed));
        app.end_long(&stop, ask(1), said());
        assert!(app.views.long.is_none() && kept(&app, 1).is_none());
    }

    #[test]
    fn a_person_who_stops_it_is_told_so_and_can_ask_again() {
        let folder = tempfile::tempdir().unwrap();
        let (mut app, stop) = at_work(folder.path(), 1);
        app.views.inside.neighbours.want(ask(1));
        app.views.stop_long();
        assert!(stop.load(Ordering::Relaxed));
        app.end_long(&stop, ask(1), said());
        assert_eq!(kept(&app, 1).unwrap().failed(), Some(STOPPED));
        app.ask(Question::Inside(InsideQuestion::Neighbours(ask(1))));
        assert!(kept(&app, 1).is_none(), "it is open again");
    }

    #[test]
    fn an_answer_of_old_weights_is_dropped_and_a_closed_window_stops_the_work() {
        let folder = tempfile::tempdir().unwrap();
        let (mut app, stop) = at_work(folder.path(), 1);
        app.views.run_changed(&RunId("a".to_owned()));
        assert!(stop.load(Ordering::Relaxed));
        app.end_long(&stop, ask(1), Ok(Arc::default()));
        assert!(kept(&app, 1).is_none());
        let (app, stop) = at_work(folder.path(), 2);
        drop(app);
        assert!(stop.load(Ordering::Relaxed));
    }
}
