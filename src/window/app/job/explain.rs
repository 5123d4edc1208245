//! The thread that looks through kept weights: it holds the last few models, so that the next
//! user of the same run and epoch costs no loading.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::{AnswerSender, JobAnswer, Jobs, defect, sentence};
use crate::app::list_state::ListAsk;
use crate::app::views::ViewKey;
use seqscope_base::metric::Seen;
use seqscope_data::Prepared;
use seqscope_engine::explain::{
    FittedReferences, ListRequest, Recommendation, UserView, recommendation, view_of_task,
};
use seqscope_engine::run::{RunId, RunStore};
use seqscope_engine::train::{Restored, restore};

/// Models kept open at a time: two runs side by side, now and one epoch ago.
const MODELS_KEPT: usize = 4;

/// Items of a recommendation list.
const LISTED: usize = 10;

/// Question to the explaining thread.
pub(in crate::app) enum ExplainQuestion {
    /// The data of a run; `known` are data already open that may be the run's.
    Data {
        run: RunId,
        epoch: Option<usize>,
        known: Option<Arc<Prepared>>,
    },
    /// One user.
    User {
        key: ViewKey,
        known: Option<Arc<Prepared>>,
    },
    /// A recommendation list for one user.
    List {
        ask: ListAsk,
        known: Option<Arc<Prepared>>,
    },
    /// The weights of this run have changed on disk, or the run is gone.
    Forget(RunId),
}

/// The explaining thread; started when first asked.
pub(in crate::app) struct ExplainWorker {
    store: RunStore,
    questions: Option<Sender<ExplainQuestion>>,
}

impl ExplainWorker {
    pub(in crate::app) fn new(store: RunStore) -> Self {
        Self {
            store,
            questions: None,
        }
    }

    pub(in crate::app) fn ask(&mut self, jobs: &Jobs, question: ExplainQuestion) {
        let unsent = match &self.questions {
            Some(questions) => questions.send(question).err().map(|refused| refused.0),
            None if matches!(question, ExplainQuestion::Forget(_)) => None,
            None => Some(question),
        };
        if let Some(question) = unsent {
            self.start(jobs, question);
        }
    }

    fn start(&mut self, jobs: &Jobs, first: ExplainQuestion) {
        let (sender, questions) = channel();
        let mut shelf = ModelCache {
            store: self.store.clone(),
            open: Vec::new(),
            references: None,
        };
        let post = jobs.post();
        let spawned = std::thread::Builder::new()
            .name("explain".to_owned())
            .spawn(move || shelf.serve(&questions, &post));
        match spawned {
            // The receiver lives on the thread that was just started.
            Ok(_) => drop(sender.send(first)),
            Err(error) => {
                jobs.post().offer(answer_error(
                    &first,
                    &format!("The system gave no thread for this: {error}."),
                ));
            }
        }
        self.questions = Some(sender);
    }
}

/// The models held open, the latest used last.
struct ModelCache {
    store: RunStore,
    open: Vec<(RunId, Option<usize>, Restored)>,
    /// References of the run that a list was last made for: they take seconds to fit.
    references: Option<(RunId, FittedReferences)>,
}

impl ModelCache {
    fn serve(&mut self, questions: &Receiver<ExplainQuestion>, post: &AnswerSender) {
        while let Ok(question) = questions.recv() {
            let answered = catch_unwind(AssertUnwindSafe(|| self.answer(&question)));
            match answered {
                Ok(Some(answer)) => post.send(answer),
                Ok(None) => {}
                Err(panic) => {
                    self.open.clear();
                    post.send(answer_error(&question, &defect(panic.as_ref())));
                }
            }
        }
    }

    fn answer(&mut self, question: &ExplainQuestion) -> Option<JobAnswer> {
        match question {
            ExplainQuestion::Forget(run) => {
                self.open.retain(|(open, ..)| open != run);
                self.references = None;
                None
            }
            ExplainQuestion::Data { run, epoch, known } => {
                let data = self
                    .restored(run, *epoch, known.as_ref())
                    .map(|restored| Arc::clone(&restored.prepared));
                Some(JobAnswer::RunData(run.clone(), data))
            }
            ExplainQuestion::User { key, known } => {
                let view = self
                    .restored(&key.run, key.epoch, known.as_ref())
                    .and_then(|restored| look(restored, key));
                Some(JobAnswer::User(key.clone(), view.map(Arc::new)))
            }
            ExplainQuestion::List { ask, known } => {
                let made = self.list(ask, known.as_ref());
                Some(JobAnswer::List(ask.clone(), made.map(Arc::new)))
            }
        }
    }

    fn list(
        &mut self,
        ask: &ListAsk,
        known: Option<&Arc<Prepared>>,
    ) -> Result<Recommendation, String> {
        let ListAsk { key, seen, weights } = ask;
        let kept = self.references.take().filter(|(run, _)| *run == key.run);
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
        self.references = Some((run, fitted));
        made
    }

    fn restored(
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
            let restored = restore(&self.store, run, epoch, known.cloned()).map_err(sentence)?;
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
}

fn look(restored: &Restored, key: &ViewKey) -> Result<UserView, String> {
    let user_idx = restored
        .prepared
        .dataset
        .users
        .idx(&key.user_id)
        .ok_or_else(|| {
            format!(
                "User `{}` is not in the data of this run; choose another user.",
                key.user_id
            )
        })?;
    let view = view_of_task(
        restored.model.as_ref(),
        &restored.prepared,
        user_idx as usize,
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

fn answer_error(question: &ExplainQuestion, why: &str) -> JobAnswer {
    match question {
        ExplainQuestion::User { key, .. } => JobAnswer::User(key.clone(), Err(why.to_owned())),
        ExplainQuestion::List { ask, .. } => JobAnswer::List(ask.clone(), Err(why.to_owned())),
        ExplainQuestion::Data { run, .. } | ExplainQuestion::Forget(run) => {
            JobAnswer::RunData(run.clone(), Err(why.to_owned()))
        }
    }
}
