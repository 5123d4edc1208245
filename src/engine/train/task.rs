//! The two kinds of task that a run may have: to rank the item that comes next, or to answer with
//! a class, a chance or a number. Which of them it is, is asked here, and nowhere else in training.

use super::TrainError;
use super::evaluate::{RankAnswers, evaluate};
use super::interrupted::Interrupted;
use super::list_metrics::{ListMetrics, list_metrics};
use super::outcome::{Answered, answer};
use super::part_of_split::cases;
use super::part_of_split::train_items;
use super::ready::Onlooker;
use super::reference::{JudgedReferences, RunReferences};
use crate::experiment::{EvaluationSpec, Experiment};
use crate::run::{Part, UserResult};
use seqscope_base::metric::{Metrics, Reliability, Seen};
use seqscope_data::{self as data, DataError, Histories, Outcomes, Output, Prepared, Sample};
use seqscope_model::Trainable;

/// Questions of a run's task.
#[derive(Clone, Debug, PartialEq)]
pub enum TaskQuestions {
    /// Which item comes next: the split's own questions, answered by ranking the items.
    NextItem,
    /// Questions of another task, answered by classes, chances or numbers.
    Outcomes(Outcomes),
}

impl TaskQuestions {
    /// Finds the questions of an experiment on its data.
    ///
    /// # Errors
    /// [`DataError`] when the log or its split lacks what the task needs, or leaves nothing to ask.
    pub(super) fn of_experiment(
        experiment: &Experiment,
        prepared: &Prepared,
    ) -> Result<Self, DataError> {
        let outcomes = data::outcomes(&experiment.task, prepared, experiment.split)?;
        Ok(outcomes.map_or(Self::NextItem, Self::Outcomes))
    }

    /// Whether the answers are rankings of items.
    #[must_use]
    pub fn ranks_items(&self) -> bool {
        matches!(self, Self::NextItem)
    }

    /// What a model puts out.
    #[must_use]
    pub fn output(&self) -> Output {
        match self {
            Self::NextItem => Output::Catalogue,
            Self::Outcomes(outcomes) => outcomes.output,
        }
    }

    /// Number of scores that a model gives to one question; to a ranking that of the padding too.
    #[must_use]
    pub fn n_scores(&self, prepared: &Prepared) -> usize {
        match self {
            Self::NextItem => prepared.dataset.n_items() + 1,
            Self::Outcomes(outcomes) => outcomes.output.n_outputs().max(1),
        }
    }

    /// The histories that some questions are about, one row each, as a model is asked them.
    #[must_use]
    pub fn histories(&self, prepared: &Prepared, samples: &[Sample]) -> Histories {
        match self {
            Self::NextItem => prepared.histories(
                samples
                    .iter()
                    .map(|sample| (sample.user_idx as usize, sample.history_len as usize)),
            ),
            Self::Outcomes(_) => prepared.asked(samples),
        }
    }

    /// Users who can be learnt from, in order of index; a ranking is learnt from at least so many
    /// events.
    pub(super) fn train_users(&self, prepared: &Prepared, min_events: u32) -> Vec<u32> {
        match self {
            Self::NextItem => (0..)
                .zip(&prepared.split.train_len)
                .filter(|(_, len)| **len >= min_events)
                .map(|(user, _)| user)
                .collect(),
            Self::Outcomes(outcomes) => {
                let asked = outcomes.train.iter();
                let mut users: Vec<u32> = asked.map(|sample| sample.user_idx).collect();
                users.dedup();
                users
            }
        }
    }

    /// Histories of these users that training may see, one row each.
    pub(super) fn batch(&self, prepared: &Prepared, users: &[u32]) -> Histories {
        match self {
            Self::NextItem => prepared.histories(users.iter().map(|&user| {
                let user = user as usize;
                (user, train_items(prepared, user).len())
            })),
            Self::Outcomes(outcomes) => {
                let samples: Vec<&[Sample]> =
                    users.iter().map(|&user| outcomes.train_of(user)).collect();
                prepared.asked_together(&samples)
            }
        }
    }

    /// User of each test question, in the order of the questions.
    pub(super) fn test_users(&self, prepared: &Prepared) -> Vec<u32> {
        match self {
            Self::NextItem => {
                let cases = prepared.split.test.iter();
                cases.map(|case| case.user_idx).collect()
            }
            Self::Outcomes(outcomes) => {
                let samples = outcomes.test.iter();
                samples.map(|sample| sample.user_idx).collect()
            }
        }
    }

    /// Judges a model on the questions of a part. `between` is called between blocks of them.
    pub(super) fn judge<'a>(
        &'a self,
        model: &dyn Trainable,
        prepared: &'a Prepared,
        part: Part,
        evaluation: EvaluationSpec,
        between: &mut dyn FnMut() -> Result<(), Interrupted>,
    ) -> Result<Judgement<'a>, Interrupted> {
        match self {
            Self::NextItem => {
                let (cases, filter_seen) = (cases(prepared, part), filter_seen(evaluation));
                evaluate(model, prepared, cases, filter_seen, between).map(Judgement::Items)
            }
            Self::Outcomes(outcomes) => {
                answer(model, prepared, outcomes, part, between).map(Judgement::Outcomes)
            }
        }
    }

    /// Looks at the lists that a model makes for the questions of a part; `None` where it makes
    /// none.
    pub(super) fn lists(
        &self,
        model: &dyn Trainable,
        prepared: &Prepared,
        part: Part,
        evaluation: EvaluationSpec,
        between: &mut dyn FnMut() -> Result<(), Interrupted>,
    ) -> Result<Option<ListMetrics>, Interrupted> {
        match self {
            Self::NextItem => {
                list_metrics(model, prepared, cases(prepared, part), evaluation, between).map(Some)
            }
            Self::Outcomes(_) => Ok(None),
        }
    }

    /// Fits every reference of the task on the training events, or on its training questions.
    ///
    /// # Errors
    /// [`TrainError::Cancelled`] when whoever watches asks for the end.
    pub(super) fn fit_references(
        &self,
        prepared: &Prepared,
        experiment: &Experiment,
        watch: &mut Onlooker<'_>,
    ) -> Result<RunReferences, TrainError> {
        match self {
            Self::NextItem => RunReferences::of_items(prepared, experiment.evaluation, watch),
            Self::Outcomes(outcomes) => {
                RunReferences::of_answers(prepared, &experiment.task, outcomes, watch)
            }
        }
    }

    /// Judges references on the questions of a part, as a model is judged.
    ///
    /// # Errors
    /// [`TrainError::Cancelled`] when whoever watches asks for the end.
    pub(super) fn judge_references(
        &self,
        references: &RunReferences,
        prepared: &Prepared,
        part: Part,
        evaluation: EvaluationSpec,
        watch: &mut Onlooker<'_>,
    ) -> Result<JudgedReferences, TrainError> {
        match self {
            Self::NextItem => references.ranks(prepared, part, evaluation, watch),
            Self::Outcomes(outcomes) => references.answers(prepared, outcomes, part, watch),
        }
    }
}

/// Whether seen items are left out of the ranking.
pub(super) fn filter_seen(evaluation: EvaluationSpec) -> bool {
    evaluation.seen() == Seen::LeftOut
}

/// Answers to the questions of a part, judged.
pub(super) enum Judgement<'a> {
    /// Ranks of items.
    Items(RankAnswers<'a>),
    /// Answers to the questions of another task.
    Outcomes(Answered<'a>),
}

impl Judgement<'_> {
    /// Mean loss, as the model learns it.
    pub(super) fn loss(&self) -> f64 {
        match self {
            Self::Items(judged) => judged.loss(),
            Self::Outcomes(answered) => answered.loss(),
        }
    }

    /// Means over users.
    pub(super) fn metrics(&self) -> Metrics {
        match self {
            Self::Items(judged) => judged.metrics(),
            Self::Outcomes(answered) => answered.metrics(),
        }
    }

    /// Whether the chances are frequencies, where chances of classes were asked for.
    pub(super) fn reliability(&self) -> Option<Reliability> {
        match self {
            Self::Items(_) => None,
            Self::Outcomes(answered) => answered.reliability(),
        }
    }

    /// One row a user, with ids as in the log.
    pub(super) fn results(&self, prepared: &Prepared) -> Vec<UserResult> {
        match self {
            Self::Items(judged) => judged.results(prepared),
            Self::Outcomes(answered) => answered.results(prepared),
        }
    }
}
