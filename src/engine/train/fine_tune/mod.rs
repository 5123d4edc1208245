//! Goes on from the weights of another run, on its data grown by what people said of its lists.
//!
//! The data and their split stay what they are: what was accepted lies beside them, so that parent
//! and child answer the same questions. A list is learnt from after the history that it was made for,
//! the user's events up to that moment and what was accepted before it; of that history nothing is
//! learnt to be foretold, so no held-out event becomes a target. An answer to the very item that the
//! user is asked for in validation or test is not learnt from at all, and a model that has read
//! held-out events as a history says so ([`Lineage::remarks`]).
//!
//! The last epoch is taken, not the best on validation: that lies before the feedback, and would
//! choose whatever has learnt least of it.

mod plan;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use super::TrainError;
use super::data_of_run::data_of_run;
use super::restore::{epoch_to_open, of_no_use};
use crate::experiment::{Experiment, FineTuneSpec, LrDecay};
use crate::run::{
    Feedback, FeedbackCounts, Lineage, Manifest, RunId, RunStore, RunWriter, feedback_fingerprint,
    later_feedback,
};
use seqscope_base::metric::AnswerKind;
use seqscope_base::spec::quotable;
use seqscope_data::{AugmentSpec, Prepared};
use seqscope_model::{Trainable, broken_weights};

pub(super) use plan::{Batch, EpochOrder, TunedPlan};

/// Epochs of fine-tuning, unless something else is said.
const EPOCHS: usize = 20;

/// Learning rate of fine-tuning as a share of the parent's, unless something else is said.
const RATE_SHARE: f64 = 0.3;

/// Most lists and histories in a step of fine-tuning: there are few of them.
const BATCH_SIZE: usize = 32;

/// Longest name of an experiment, in letters.
const MAX_NAME: usize = 80;

/// Choices for a fine-tuned run; `None` is the default.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FineTuning {
    /// Name of its experiment.
    pub name: Option<String>,
    /// Epochs.
    pub epochs: Option<usize>,
    /// Learning rate.
    pub rate: Option<f64>,
    /// Old histories for each list with feedback.
    pub replay: Option<f64>,
    /// Weight of the mean loss of a rejected item.
    pub rejected_weight: Option<f64>,
}

/// Experiment that fine-tunes a run on the feedback that is kept with it. The rate is the parent's
/// times 0.3 without warm-up or decay, twenty epochs, at most 32 lists and
/// histories a step.
#[must_use]
pub fn fine_tuning(parent: &Manifest, choices: &FineTuning) -> Experiment {
    let mut experiment = parent.experiment.clone();
    let named = || {
        let mut name: String = experiment.name.chars().take(MAX_NAME - 6).collect();
        name.push_str(" tuned");
        name
    };
    let default = FineTuneSpec::default();
    let spec = FineTuneSpec {
        parent: parent.id.0.clone(),
        replay: choices.replay.unwrap_or(default.replay),
        rejected_weight: choices.rejected_weight.unwrap_or(default.rejected_weight),
    };
    experiment.name = choices.name.clone().unwrap_or_else(named);
    experiment.fine_tune = Some(spec);
    let training = &mut experiment.training;
    training.epochs = choices.epochs.unwrap_or(EPOCHS);
    training.lr = choices.rate.unwrap_or(RATE_SHARE * training.lr);
    training.batch_size = training.batch_size.min(BATCH_SIZE);
    (training.warmup_steps, training.lr_decay, training.patience) = (0, LrDecay::None, 0);
    training.augment = AugmentSpec::default();
    experiment
}

/// Start of a fine-tuned run.
pub(super) struct TuningStart {
    spec: FineTuneSpec,
    /// Weights that it begins with.
    weights: PathBuf,
    /// Answers, with those marked that are not learnt from.
    answers: Vec<Feedback>,
    parent: Parent,
    /// Whether the log decided what becomes of seen items.
    pub(super) follows_log: bool,
}

/// Weights that a run began with.
struct Parent {
    id: RunId,
    epoch: usize,
}

impl TuningStart {
    /// The start of a new run: the best weights of its parent and all its feedback, that which it
    /// began with itself included. The data come with it.
    ///
    /// # Errors
    /// [`TrainError::Unfit`] when the parent is none of this experiment, keeps no weights, or nobody
    /// gave feedback.
    pub(super) fn from_parent(
        store: &RunStore,
        experiment: &Experiment,
        spec: &FineTuneSpec,
        given: Option<Arc<Prepared>>,
    ) -> Result<(Self, Arc<Prepared>), TrainError> {
        let id = RunId(spec.parent.clone());
        let parent = store.manifest(&id)?;
        fits(experiment, &parent)?;
        let epoch = epoch_to_open(store, &parent, None)?;
        let weights = store.epoch_weights(&id, epoch);
        if let Some(broken) = broken_weights(&weights) {
            return Err(TrainError::Unfit(of_no_use(&parent, epoch, &broken)));
        }
        store.check_file(&id, &weights)?;
        let mut answers = later_feedback(&store.learnt_feedback(&id)?, &store.feedback(&id)?);
        if answers.is_empty() {
            return Err(TrainError::Unfit(format!(
                "run {id} has no feedback to learn from; accept and reject items of its lists on the \
                 page Explain, or add a table of clicks with `seqscope feedback {id} FILE.csv`"
            )));
        }
        let prepared = data_of_run(&parent, given)?;
        mark_held_out(&mut answers, &prepared);
        if answers.iter().all(|answer| answer.held_out) {
            let sentence = format!(
                "all {} answers to run {id} are to what these users are asked for in validation or \
                 test, so nothing may be learnt from them; give feedback on other items",
                answers.len()
            );
            return Err(TrainError::Unfit(sentence));
        }
        let start = Self {
            spec: spec.clone(),
            weights,
            answers,
            parent: Parent { id, epoch },
            follows_log: parent.follows_log,
        };
        Ok((start, prepared))
    }

    /// The start of a run that goes on, as it was kept with it.
    ///
    /// # Errors
    /// [`TrainError::Unfit`] when the run was cut off before it kept its start.
    pub(super) fn of_run(
        store: &RunStore,
        run: &Manifest,
        spec: &FineTuneSpec,
    ) -> Result<Self, TrainError> {
        let (weights, answers) = (
            store.start_weights(&run.id),
            store.learnt_feedback(&run.id)?,
        );
        let Some(lineage) = run.lineage.as_ref().filter(|_| weights.exists()) else {
            return Err(TrainError::Unfit(format!(
                "run {} was cut off before it kept the weights that it began with; fine-tune {} anew",
                run.id, spec.parent
            )));
        };
        Ok(Self {
            spec: spec.clone(),
            weights,
            answers,
            parent: Parent {
                id: lineage.parent.clone(),
                epoch: lineage.epoch,
            },
            follows_log: run.follows_log,
        })
    }

    /// What is learnt in each epoch.
    ///
    /// # Errors
    /// [`TrainError`] when the answers are not of these data.
    pub(super) fn plan(
        &self,
        experiment: &Experiment,
        prepared: &Prepared,
        trainable: &[u32],
    ) -> Result<TunedPlan, TrainError> {
        let by_user = self.by_user(prepared)?;
        let plan = TunedPlan::new(&self.spec, experiment, prepared, &by_user, trainable)?;
        if plan.n_lists() == 0 {
            let sentence = format!(
                "the feedback of run {} leaves nothing to learn: nothing was accepted, and rejections \
                 weigh nothing; give more feedback, or raise `fine_tune.rejected_weight`",
                self.parent.id
            );
            return Err(TrainError::Unfit(sentence));
        }
        Ok(plan)
    }

    /// Takes over the weights.
    ///
    /// # Errors
    /// [`TrainError`] when they are not of this model.
    pub(super) fn load(&self, model: &mut dyn Trainable) -> Result<(), TrainError> {
        Ok(model.load_weights(&self.weights)?)
    }

    /// Origin of the run, as its manifest tells it.
    pub(super) fn lineage(&self, plan: &TunedPlan) -> Lineage {
        Lineage {
            parent: self.parent.id.clone(),
            epoch: self.parent.epoch,
            feedback: feedback_fingerprint(&self.answers),
            learnt: FeedbackCounts::of(self.learnt()),
            held_out: self.answers.len() - self.learnt().count(),
            later_users: plan.later_users(),
            lists: plan.n_lists(),
            replayed: plan.n_replayed(),
        }
    }

    /// Keeps with the run what it begins with.
    ///
    /// # Errors
    /// [`TrainError`] when the disk refuses.
    pub(super) fn keep(&self, writer: &RunWriter) -> Result<(), TrainError> {
        Ok(writer.save_start(&self.answers, &self.weights)?)
    }

    fn learnt(&self) -> impl Iterator<Item = &Feedback> {
        self.answers.iter().filter(|answer| !answer.held_out)
    }

    /// What is learnt from, by the user's index.
    fn by_user(&self, prepared: &Prepared) -> Result<BTreeMap<u32, Vec<KnownAnswer>>, TrainError> {
        let (users, items) = (&prepared.dataset.users, &prepared.dataset.items);
        let mut by_user = BTreeMap::<u32, Vec<KnownAnswer>>::new();
        for answer in self.learnt() {
            let (Some(user), Some(item_idx)) = (users.idx(&answer.user), items.idx(&answer.item))
            else {
                let hides = prepared.dataset.report.pseudonyms.is_some();
                let who = if hides {
                    "a user or an item".to_owned()
                } else {
                    format!(
                        "`{}` or `{}`",
                        quotable(&answer.user),
                        quotable(&answer.item)
                    )
                };
                return Err(TrainError::Unfit(format!(
                    "the feedback of run {} names {who}, which its data do not have; delete that \
                     line of `feedback/given.jsonl` in its folder",
                    self.parent.id
                )));
            };
            by_user.entry(user).or_default().push(KnownAnswer {
                item_idx,
                accepted: answer.accepted,
                time_secs: answer.time,
            });
        }
        Ok(by_user)
    }
}

/// Answer of a user to an item of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct KnownAnswer {
    pub(super) item_idx: u32,
    pub(super) accepted: bool,
    pub(super) time_secs: Option<i64>,
}

/// Refuses an experiment that is not its parent's but for training.
fn fits(experiment: &Experiment, parent: &Manifest) -> Result<(), TrainError> {
    let (id, theirs) = (&parent.id, &parent.experiment);
    let unfit = |sentence: String| Err(TrainError::Unfit(sentence));
    if theirs.answers() != AnswerKind::Ranking {
        return unfit(format!(
            "run {id} makes no lists of items that anybody could accept or reject; fine-tune a run \
             whose task is the next item"
        ));
    }
    let other = if experiment.data != theirs.data || experiment.split != theirs.split {
        "data or another split, so another catalogue of items"
    } else if experiment.task != theirs.task {
        "task"
    } else if experiment.model != theirs.model {
        "model"
    } else {
        return Ok(());
    };
    unfit(format!(
        "run {id} has another {other}, and fine-tuning goes on from its weights; start from that \
         run's own experiment with `seqscope fine-tune {id}`, or train anew without `fine_tune`"
    ))
}

/// Marks the answers to what the user is asked for in validation or test.
fn mark_held_out(answers: &mut [Feedback], prepared: &Prepared) {
    let (dataset, split) = (&prepared.dataset, &prepared.split);
    let targets = split.valid.iter().chain(&split.test).map(|case| {
        let items = dataset.sequences.items(case.user_idx as usize);
        (case.user_idx, items.get(case.target_pos as usize).copied())
    });
    let targets: BTreeSet<(u32, Option<u32>)> = targets.collect();
    for answer in answers {
        let user = dataset.users.idx(&answer.user);
        let item = dataset.items.idx(&answer.item);
        answer.held_out =
            user.is_some_and(|user| item.is_some() && targets.contains(&(user, item)));
    }
}

#[cfg(test)]
mod tests;
