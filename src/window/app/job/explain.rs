//! The thread that looks through kept weights: it holds the last few models, so that the next
//! user of the same run and epoch costs no loading.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use super::{AnswerSender, Jobs, catch, sentence};
use crate::app::question::ListAsk;
use crate::app::views::ViewKey;
use seqscope_base::metric::Seen;
use seqscope_data::{EditorBasis, HistoryEditor, Prepared};
use seqscope_engine::explain::{
    FittedReferences, ListRequest, Recommendation, StateSample, UserView, recommendation,
    view_of_task,
};
use seqscope_engine::run::{RunId, RunStore};
use seqscope_engine::train::{Restored, restore};

/// Models kept open at a time: two runs side by side, now and one epoch ago.
const MODELS_KEPT: usize = 4;

/// Epochs of one run that have a model of their own.
const EPOCHS_KEPT: usize = 2;

/// Runs of which more than the model is kept: two side by side.
const RUNS_KEPT: usize = 2;

/// Items of a recommendation list.
const LISTED: usize = 10;

/// Question to the explaining thread: it asks the models, or tells why there are none, and answers.
type ExplainQuestion<S> = Box<dyn FnOnce(Result<&mut ModelCache, String>, &AnswerSender<S>) + Send>;

/// A thread that holds models and is asked about them; started when first asked.
pub(in crate::app) struct ExplainWorker<S> {
    name: &'static str,
    store: RunStore,
    questions: Option<Sender<ExplainQuestion<S>>>,
}

impl<S: 'static> ExplainWorker<S> {
    pub(in crate::app) fn new(name: &'static str, store: RunStore) -> Self {
        Self {
            name,
            store,
            questions: None,
        }
    }

    /// Does `work` with the models on the thread that holds them; `answer` takes its result into
    /// the state. A panic in `work` is an error like any other.
    pub(in crate::app) fn ask<T, W, A>(&mut self, jobs: &Jobs<S>, work: W, answer: A)
    where
        T: Send + 'static,
        W: FnOnce(&mut ModelCache) -> Result<T, String> + Send + 'static,
        A: FnOnce(&mut S, Result<T, String>) + Send + 'static,
    {
        let question: ExplainQuestion<S> = Box::new(move |models, sender| match models {
            Ok(models) => {
                let result = models.asked(work);
                sender.send(move |state| answer(state, result));
            }
            Err(why) => sender.offer(move |state| answer(state, Err(why))),
        });
        let unsent = match &self.questions {
            Some(questions) => questions.send(question).err().map(|refused| refused.0),
            None => Some(question),
        };
        if let Some(question) = unsent {
            self.start(jobs, question);
        }
    }

    /// The weights of this run have changed on disk, or the run is gone.
    pub(in crate::app) fn forget(&self, run: RunId) {
        let forgets: ExplainQuestion<S> = Box::new(move |models, _| {
            if let Ok(models) = models {
                models.forget(&run);
            }
        });
        if let Some(questions) = &self.questions {
            // A thread that has ended holds no models.
            let _ = questions.send(forgets);
        }
    }

    fn start(&mut self, jobs: &Jobs<S>, first: ExplainQuestion<S>) {
        let (asker, questions) = channel();
        let (store, sender) = (self.store.clone(), jobs.sender());
        let spawned = std::thread::Builder::new()
            .name(self.name.to_owned())
            .spawn(move || ModelCache::new(store).serve(&questions, &sender));
        match spawned {
            // The receiver lives on the thread that was just started.
            Ok(_) => drop(asker.send(first)),
            Err(error) => {
                let why = format!("The system gave no thread for this: {error}.");
                first(Err(why), &jobs.sender());
            }
        }
        self.questions = Some(asker);
    }
}

/// The models held open, the latest used last.
pub(in crate::app) struct ModelCache {
    store: RunStore,
    open: Vec<(RunId, Option<usize>, Restored)>,
    /// References of the runs that lists were last made for: they take seconds to fit.
    references: Vec<(RunId, FittedReferences)>,
    /// States of others that states were last compared with, if the models have such.
    states: Vec<(RunId, Option<usize>, Option<StateSample>)>,
    /// What changed histories of a run are made by.
    editor: Option<(RunId, Arc<EditorBasis>)>,
    /// Onlooker of the question that is answered.
    watch: Rc<QuestionWatch>,
}

/// Onlooker of a question: it is told how far the answer is, and may end it.
#[derive(Default)]
pub(in crate::app) struct QuestionWatch {
    stop: Arc<AtomicBool>,
    tell: Option<Box<dyn Fn(f32) + Send>>,
    /// Share that was told last.
    told: Cell<f32>,
}

/// Growth of the share that is told.
const TOLD_EVERY: f32 = 0.01;

impl QuestionWatch {
    /// Onlooker that ends the question once `stop` is set.
    pub(in crate::app) fn new(stop: Arc<AtomicBool>, tell: Box<dyn Fn(f32) + Send>) -> Self {
        Self {
            stop,
            tell: Some(tell),
            told: Cell::new(0.0),
        }
    }

    /// Whether to go on, now that this share of the answer is there.
    pub(in crate::app) fn goes_on(&self, share: f32) -> bool {
        if share >= self.told.get() + TOLD_EVERY
            && let Some(tell) = &self.tell
        {
            self.told.set(share);
            tell(share);
        }
        !self.stop.load(Ordering::Relaxed)
    }
}

impl ModelCache {
    fn new(store: RunStore) -> Self {
        Self {
            store,
            open: Vec::new(),
            references: Vec::new(),
            states: Vec::new(),
            editor: None,
            watch: Rc::default(),
        }
    }

    /// The question that comes is looked on at.
    pub(in crate::app) fn be_watched(&mut self, watch: QuestionWatch) {
        self.watch = Rc::new(watch);
    }

    /// Onlooker of the question that is answered.
    pub(in crate::app) fn watch(&self) -> Rc<QuestionWatch> {
        Rc::clone(&self.watch)
    }

    fn serve<S>(&mut self, questions: &Receiver<ExplainQuestion<S>>, sender: &AnswerSender<S>) {
        while let Ok(question) = questions.recv() {
            question(Ok(self), sender);
        }
    }

    /// Does `work`; whatever a panic has left of the models is dropped.
    fn asked<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, String>) -> Result<T, String> {
        let mut has_returned = false;
        let result = catch(|| {
            let result = work(self);
            has_returned = true;
            result
        });
        if !has_returned {
            self.open.clear();
        }
        result
    }

    fn forget(&mut self, run: &RunId) {
        self.open.retain(|(open, ..)| open != run);
        self.references.retain(|(of, _)| of != run);
        self.states.retain(|(of, ..)| of != run);
        self.editor = None;
    }

    /// The data of a run.
    pub(in crate::app) fn data(
        &mut self,
        run: &RunId,
        epoch: Option<usize>,
    ) -> Result<Arc<Prepared>, String> {
        self.restored(run, epoch, None)
            .map(|restored| Arc::clone(&restored.prepared))
    }

    /// One user; `known` are data already open that may be the run's.
    pub(in crate::app) fn user(
        &mut self,
        key: &ViewKey,
        known: Option<&Arc<Prepared>>,
    ) -> Result<Arc<UserView>, String> {
        let restored = self.restored(&key.run, key.epoch, known)?;
        look(restored, key).map(Arc::new)
    }

    /// A recommendation list for one user.
    pub(in crate::app) fn list(
        &mut self,
        ask: &ListAsk,
        known: Option<&Arc<Prepared>>,
    ) -> Result<Recommendation, String> {
        let ListAsk { key, seen, weights } = ask;
        let at = self.references.iter().position(|(run, _)| *run == key.run);
        let kept = at.map(|at| self.references.remove(at));
        let restored = self.restored(&key.run, key.epoch, known)?;
        let new = || {
            (
                key.run.clone(),
                FittedReferences::of_run(restored.manifest.experiment.evaluation),
            )
        };
        let (run, mut fitted) = kept.unwrap_or_else(new);
        let prepared = &restored.prepared;
        let request = ListRequest {
            user_idx: prepared.dataset.users.idx(&key.user_id),
            told: Vec::new(),
            top: LISTED.min(prepared.dataset.n_items()),
            seen: *seen,
            weights: weights.clone(),
        };
        let made = recommendation(restored.model.as_ref(), prepared, &mut fitted, &request)
            .map_err(sentence);
        keep(&mut self.references, (run, fitted));
        made
    }

    /// The folder of runs.
    pub(in crate::app) fn store(&self) -> &RunStore {
        &self.store
    }

    /// A run opened at an epoch, and the number of a user in its data.
    pub(in crate::app) fn of_user(
        &mut self,
        key: &ViewKey,
        known: Option<&Arc<Prepared>>,
    ) -> Result<(&Restored, usize), String> {
        let restored = self.restored(&key.run, key.epoch, known)?;
        let user_idx = user_idx(restored, key)?;
        Ok((restored, user_idx))
    }

    /// States of a sample of users, which is drawn once for a run and epoch; `None` for a model
    /// without recurrent layers.
    pub(in crate::app) fn states(
        &mut self,
        key: &ViewKey,
        known: Option<&Arc<Prepared>>,
    ) -> Result<Option<&StateSample>, String> {
        let is_of = |run: &RunId, epoch| (run, epoch) == (&key.run, key.epoch);
        if !self.states.iter().any(|(run, at, _)| is_of(run, *at)) {
            let watch = self.watch();
            let restored = self.restored(&key.run, key.epoch, known)?;
            let seed = restored.manifest.experiment.seed;
            let (model, prepared) = (restored.model.as_ref(), &restored.prepared);
            let drawn = StateSample::draw(model, prepared, seed, &|share| watch.goes_on(share));
            let drawn = drawn.map_err(sentence)?;
            self.states.retain(|(run, ..)| *run != key.run);
            keep(&mut self.states, (key.run.clone(), key.epoch, drawn));
        }
        let mut kept = self.states.iter();
        let of_key = kept.find(|(run, at, _)| is_of(run, *at));
        Ok(of_key.and_then(|(.., states)| states.as_ref()))
    }

    /// A run opened at an epoch, and the editor of its histories, which is made once.
    pub(in crate::app) fn editing(
        &mut self,
        key: &ViewKey,
        known: Option<&Arc<Prepared>>,
    ) -> Result<(&Restored, HistoryEditor<'_>), String> {
        let kept = self.editor.take().filter(|(run, _)| *run == key.run);
        let restored = self.restored(&key.run, key.epoch, known)?;
        let basis = kept.map_or_else(
            || {
                let features = &restored.manifest.experiment.data.features;
                Arc::new(EditorBasis::new(&restored.prepared, features))
            },
            |(_, basis)| basis,
        );
        self.editor = Some((key.run.clone(), Arc::clone(&basis)));
        let restored = self.restored(&key.run, key.epoch, known)?;
        Ok((restored, HistoryEditor::on(&restored.prepared, basis)))
    }

    /// A run with the weights of an epoch; `known` are data already open that may be the run's.
    pub(in crate::app) fn restored(
        &mut self,
        run: &RunId,
        epoch: Option<usize>,
        known: Option<&Arc<Prepared>>,
    ) -> Result<&Restored, String> {
        if let Some(at) = self
            .open
            .iter()
            .position(|(open, at, _)| open == run && *at == epoch)
        {
            let used = self.open.remove(at);
            self.open.push(used);
        } else {
            let restored = self.open_anew(run, epoch, known)?;
            if self.open.len() >= MODELS_KEPT {
                self.open.remove(0);
            }
            self.open.push((run.clone(), epoch, restored));
        }
        self.open
            .last()
            .map(|(.., restored)| restored)
            .ok_or_else(String::new)
    }

    /// A run at an epoch that is not open. Of a run that is open at [`EPOCHS_KEPT`] others the
    /// model that was used the longest time ago takes the weights: that is quicker than to build one.
    fn open_anew(
        &mut self,
        run: &RunId,
        epoch: Option<usize>,
        known: Option<&Arc<Prepared>>,
    ) -> Result<Restored, String> {
        let is_of_run = |(open, ..): &(RunId, Option<usize>, Restored)| open == run;
        if self.open.iter().filter(|of| is_of_run(of)).count() >= EPOCHS_KEPT
            && let Some(oldest) = self.open.iter().position(is_of_run)
        {
            let (.., mut restored) = self.open.remove(oldest);
            restored.move_to(&self.store, epoch).map_err(sentence)?;
            return Ok(restored);
        }
        restore(&self.store, run, epoch, known.cloned()).map_err(sentence)
    }
}

/// Adds what was made of a run, in the place of the oldest where there are too many.
fn keep<T>(kept: &mut Vec<T>, made: T) {
    if kept.len() >= RUNS_KEPT {
        kept.remove(0);
    }
    kept.push(made);
}

/// Number of the user in the data of the run.
fn user_idx(restored: &Restored, key: &ViewKey) -> Result<usize, String> {
    let known = restored.prepared.dataset.users.idx(&key.user_id);
    known.map(|idx| idx as usize).ok_or_else(|| {
        format!(
            "User `{}` is not in the data of this run; choose another user.",
            key.user_id
        )
    })
}

fn look(restored: &Restored, key: &ViewKey) -> Result<UserView, String> {
    let view = view_of_task(
        restored.model.as_ref(),
        &restored.prepared,
        user_idx(restored, key)?,
        &restored.questions,
        restored.manifest.seen() == Seen::LeftOut,
    );
    let view = view.map_err(sentence)?;
    // Until a run has ended nobody may choose by the test split, nor by one user's share of it.
    Ok(if restored.manifest.test.is_some() {
        view
    } else {
        view.without_test()
    })
}
