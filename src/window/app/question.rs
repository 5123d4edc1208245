//! Questions to the explaining thread beside the views of users, and their answers.
//!
//! A page says by [`super::Action::Ask`] what it wants to know; the thread is asked once it is free,
//! and only while what the question is about, and on Explain the view that asks, is in sight. To add
//! one: a struct that is
//! [`Answerable`], a variant of [`Question`], and a field of [`Views`].

use std::sync::Arc;

use super::job::ModelCache;
use super::views::Views;
use super::{
    AttributionAsk, EditAsk, ExplainView, HeadTermsAsk, InsideQuestion, Loadable, SeedMapsAsk,
    ViewKey,
};
use seqscope_base::metric::Seen;
use seqscope_data::Prepared;
use seqscope_engine::explain::{Recommendation, ScoreSource};
use seqscope_engine::run::RunId;

/// Answers that are kept of one kind of question, so that going back costs nothing.
const ANSWERS_KEPT: usize = 16;

/// Anything that can be asked of the models that are kept open.
#[derive(Clone, Debug, PartialEq)]
pub enum Question {
    /// A recommendation list.
    List(ListAsk),
    /// The list before and after a history was changed.
    Edits(EditAsk),
    /// Attribution of an answer to events.
    Attribution(AttributionAsk),
    /// Terms of the weights of a head.
    HeadTerms(HeadTermsAsk),
    /// Mean attention over several seeds.
    SeedMaps(SeedMapsAsk),
    /// Anything about the inside of a model.
    Inside(InsideQuestion),
}

/// A question that the models of the explaining thread answer.
pub(super) trait Answerable: Clone + PartialEq + Send + 'static {
    /// Whatever they say.
    type Answer: Send + Sync + 'static;

    /// The view of Explain that asks it; `None` where none does alone. While that page is shown, a
    /// question is passed over as long as its view is not in sight.
    const VIEW: Option<ExplainView> = None;

    /// Whether it takes long: then it is asked on a thread of its own, watched
    /// ([`ModelCache::watch`]), and is a line of [`App::open_long_question`].
    ///
    /// [`App::open_long_question`]: super::App
    const IS_LONG: bool = false;

    /// Run, epoch and user that it is about.
    fn key(&self) -> &ViewKey;

    /// Whether it is about what is looked at; a question about no user in particular compares run
    /// and epoch only.
    fn is_about(&self, looked_at: &ViewKey) -> bool {
        self.key() == looked_at
    }

    /// Question of the same kind about another epoch, which can be asked before the playhead comes there; `None`
    /// where it depends on more than the epoch.
    fn of_epoch(&self, _key: &ViewKey) -> Option<Self> {
        None
    }

    /// Finds the answer; `known` are data already open that may be the run's.
    ///
    /// # Errors
    /// A sentence with the cure.
    fn answered_by(
        &self,
        models: &mut ModelCache,
        known: Option<&Arc<Prepared>>,
    ) -> Result<Self::Answer, String>;

    /// Place where answers to such questions are kept.
    fn home(views: &mut Views) -> &mut Answers<Self, Self::Answer>;
}

/// Things before the person's eyes: questions about anything else wait.
pub(super) struct InSight<'a> {
    /// Runs, epochs and users.
    pub(super) keys: &'a [ViewKey],
    /// The views of Explain; `None` on any other page.
    pub(super) views: Option<&'a [ExplainView]>,
}

impl InSight<'_> {
    /// Whether a question is to be answered now.
    fn has<Q: Answerable>(&self, question: &Q) -> bool {
        let has_view = match (self.views, Q::VIEW) {
            (Some(views), Some(view)) => views.contains(&view),
            (None, _) | (_, None) => true,
        };
        has_view && self.keys.iter().any(|key| question.is_about(key))
    }
}

/// The question that is wanted and has no answer, if it is in sight.
pub(super) fn open_of<Q: Answerable>(
    answers: &Answers<Q, Q::Answer>,
    in_sight: &InSight<'_>,
) -> Option<Q> {
    let mut open = answers.open();
    open.find(|asked| in_sight.has(*asked)).cloned()
}

/// A list for the user that is looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct ListAsk {
    /// Run, epoch and user.
    pub key: ViewKey,
    /// Whether items that the user had compete.
    pub seen: Seen,
    /// Weight of each source of scores.
    pub weights: Vec<(ScoreSource, f64)>,
}

impl Answerable for ListAsk {
    type Answer = Recommendation;
    const VIEW: Option<ExplainView> = Some(ExplainView::Overview);

    fn key(&self) -> &ViewKey {
        &self.key
    }

    fn answered_by(
        &self,
        models: &mut ModelCache,
        known: Option<&Arc<Prepared>>,
    ) -> Result<Recommendation, String> {
        models.list(self, known)
    }

    fn home(views: &mut Views) -> &mut Answers<Self, Recommendation> {
        &mut views.lists
    }
}

/// Runs that are looked at side by side: so many questions of one kind may be wanted at a time.
const ASKED_AT_ONCE: usize = 2;

/// Answers to one kind of question: what is wanted now of each run, and the last few that came.
#[derive(Debug)]
pub struct Answers<Q, A> {
    /// The question that is wanted of each run, the latest last.
    wanted: Vec<(RunId, Q)>,
    /// The latest last.
    kept: Vec<(Q, Loadable<Arc<A>>)>,
}

impl<Q, A> Default for Answers<Q, A> {
    fn default() -> Self {
        Self {
            wanted: Vec::new(),
            kept: Vec::new(),
        }
    }
}

impl<Q: PartialEq + Clone, A> Answers<Q, A> {
    /// Whether this is what was asked of its run last.
    #[must_use]
    pub fn is_wanted(&self, question: &Q) -> bool {
        self.wanted.iter().any(|(_, wanted)| wanted == question)
    }

    /// Whether what was asked for last has been answered, well or ill.
    #[must_use]
    pub fn has_answer(&self) -> bool {
        self.wanted
            .last()
            .is_some_and(|(_, wanted)| self.to(wanted).is_some())
    }

    /// The answer to this question, once it has come.
    #[must_use]
    pub fn to(&self, question: &Q) -> Option<&Loadable<Arc<A>>> {
        self.kept
            .iter()
            .find(|(asked, _)| asked == question)
            .map(|(_, answer)| answer)
    }

    /// Whether what is wanted of such questions has been answered, well or ill.
    #[must_use]
    pub fn is_answered(&self, is_meant: impl Fn(&Q) -> bool) -> bool {
        let mut meant = self.wanted.iter().filter(|(_, wanted)| is_meant(wanted));
        meant.any(|(_, wanted)| self.to(wanted).is_some())
    }

    /// The answer to this question or, while it is on its way, the latest to one like it.
    #[must_use]
    pub fn to_or_like(
        &self,
        question: &Q,
        is_like: impl Fn(&Q) -> bool,
    ) -> Option<&Loadable<Arc<A>>> {
        let like = || {
            let mut from_latest = self.kept.iter().rev();
            from_latest
                .find(|(asked, _)| is_like(asked))
                .map(|(_, answer)| answer)
        };
        self.to(question).or_else(like)
    }

    /// Asks of a run; what was wanted of it until then and was not answered is passed over, and what
    /// could not be answered is asked again.
    pub(super) fn want_of(&mut self, run: &RunId, question: Q) {
        self.forget(|asked, answer| *asked == question && answer.failed().is_some());
        self.wanted.retain(|(of, _)| of != run);
        if self.wanted.len() >= ASKED_AT_ONCE {
            self.wanted.remove(0);
        }
        self.wanted.push((run.clone(), question));
    }

    /// Question that was asked of a run last.
    pub(super) fn wanted_of(&self, run: &RunId) -> Option<&Q> {
        let mut wanted = self.wanted.iter();
        wanted
            .find(|(of, _)| of == run)
            .map(|(_, question)| question)
    }

    /// Questions that are wanted and have no answer yet.
    fn open(&self) -> impl Iterator<Item = &Q> {
        self.wanted
            .iter()
            .map(|(_, wanted)| wanted)
            .filter(|wanted| self.to(wanted).is_none())
    }

    /// Takes an answer in.
    pub(super) fn take(&mut self, question: Q, answer: Result<Arc<A>, String>) {
        self.forget(|asked, _| *asked == question);
        if self.kept.len() >= ANSWERS_KEPT {
            self.kept.remove(0);
        }
        self.kept.push((question, answer.into()));
    }

    /// Drops such answers; what is wanted still is asked again.
    pub(super) fn forget(&mut self, is_gone: impl Fn(&Q, &Loadable<Arc<A>>) -> bool) {
        self.kept.retain(|(asked, answer)| !is_gone(asked, answer));
    }
}

#[expect(
    private_bounds,
    reason = "what asks is as private as the trait of what is asked"
)]
impl<Q: Answerable> Answers<Q, Q::Answer> {
    /// Asks of the run that the question is about.
    pub(super) fn want(&mut self, question: Q) {
        let run = question.key().run.clone();
        self.want_of(&run, question);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::GatesAsk;
    use seqscope_engine::explain::GateView;
    use seqscope_engine::run::RunId;

    fn run(name: &str) -> RunId {
        RunId(name.to_owned())
    }

    /// Two pages' halves that each say in every frame what they want never take the place of each
    /// other.
    #[test]
    fn each_of_two_runs_wants_its_own_and_a_third_takes_the_place_of_the_older() {
        let mut answers: Answers<usize, usize> = Answers::default();
        let (a, b, c) = (run("a"), run("b"), run("c"));
        for _ in 0..3 {
            answers.want_of(&a, 1);
            answers.want_of(&b, 2);
        }
        assert!(answers.is_wanted(&1) && answers.is_wanted(&2));
        assert_eq!(answers.open().copied().collect::<Vec<_>>(), [1, 2]);
        answers.take(2, Ok(Arc::new(20)));
        assert_eq!(answers.open().next(), Some(&1));
        answers.want_of(&a, 3);
        assert!(!answers.is_wanted(&1) && answers.is_wanted(&2) && answers.is_wanted(&3));
        answers.want_of(&c, 4);
        assert!(!answers.is_wanted(&2) && answers.is_wanted(&3) && answers.is_wanted(&4));
    }

    #[test]
    fn an_answer_stays_for_its_like_until_its_own_comes_and_the_oldest_goes() {
        let mut answers: Answers<usize, usize> = Answers::default();
        let is_odd = |asked: &usize| asked % 2 == 1;
        answers.want_of(&run("a"), 1);
        assert_eq!(answers.open().next(), Some(&1));
        assert!(answers.to_or_like(&1, is_odd).is_none());
        answers.take(1, Ok(Arc::new(10)));
        assert_eq!(answers.open().next(), None);
        answers.want_of(&run("a"), 3);
        let shown = answers.to_or_like(&3, is_odd);
        assert_eq!(shown.and_then(|answer| answer.ready()), Some(&Arc::new(10)));
        assert!(answers.to(&3).is_none());
        answers.take(3, Err("no".to_owned()));
        assert!(answers.to(&3).unwrap().ready().is_none() && answers.open().next().is_none());
        answers.want_of(&run("a"), 3);
        assert_eq!(answers.open().next(), Some(&3), "it is tried again");
        answers.take(3, Err("no".to_owned()));
        for other in 10..10 + ANSWERS_KEPT {
            answers.take(other, Ok(Arc::new(other)));
        }
        assert!(answers.to(&1).is_none() && answers.to(&10).is_some());
        answers.want_of(&run("a"), 12);
        answers.forget(|asked, _| *asked == 12);
        assert_eq!(answers.open().next(), Some(&12));
    }

    #[test]
    fn on_explain_a_question_waits_until_its_view_is_in_sight() {
        let key = ViewKey {
            run: RunId("run".to_owned()),
            epoch: None,
            user_id: "anna".to_owned(),
        };
        let mut answers: Answers<GatesAsk, GateView> = Answers::default();
        answers.want(GatesAsk { key: key.clone() });
        let open = |keys: &[ViewKey], views: Option<&[ExplainView]>| {
            open_of(&answers, &InSight { keys, views }).is_some()
        };
        let looked_at = [key.clone()];
        assert!(open(&looked_at, None), "on another page");
        let both = [ExplainView::Overview, ExplainView::Gates];
        assert!(open(&looked_at, Some(&both)) && !open(&looked_at, Some(&both[..1])));
        let other = [ViewKey {
            user_id: "ben".to_owned(),
            ..key
        }];
        assert!(!open(&other, Some(&both)) && !open(&[], None));
    }
}
