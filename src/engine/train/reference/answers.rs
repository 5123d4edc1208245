//! The references of tasks that rank no items: fitted on the task's training questions alone.

use strum::IntoEnumIterator as _;

use super::{JudgedReferences, RunReferences};
use crate::run::{Part, ReferenceAnswers};
use crate::train::TrainError;
use crate::train::outcome::Answered;
use crate::train::ready::{Onlooker, ReferenceStep};
use seqscope_base::metric::AnswerKind;
use seqscope_data::{NumberOf, Outcomes, Output, Prepared, Sample, TaskSpec, number_at};
use seqscope_model::baseline::ReferenceKind;
use seqscope_model::baseline::task::{
    BaseRate, LastValue, MajorityClass, MarkovClass, MeanValue, MedianValue, RecencyFrequency,
    Standing, TaskReference,
};

/// One reference, fitted.
pub(super) enum FittedAnswers {
    MajorityClass(MajorityClass),
    MarkovClass(MarkovClass),
    BaseRate(BaseRate),
    RecencyFrequency(RecencyFrequency),
    MeanValue(MeanValue),
    MedianValue(MedianValue),
    LastValue(LastValue, NumberOf),
}

impl RunReferences {
    /// Fits every reference whose answers are of the task's kind on its training questions.
    ///
    /// # Errors
    /// [`TrainError::Cancelled`] when whoever watches asks for the end.
    pub(in crate::train) fn of_answers(
        prepared: &Prepared,
        task: &TaskSpec,
        outcomes: &Outcomes,
        watch: &mut Onlooker<'_>,
    ) -> Result<Self, TrainError> {
        let of_answers = watch.each(
            ReferenceStep::Fit,
            &kinds(outcomes),
            |kind| ReferenceKind::from(*kind),
            |kind, _| FittedAnswers::fit(*kind, prepared, task, outcomes),
        )?;
        Ok(Self {
            of_answers,
            ..Self::default()
        })
    }

    /// Answers of each of them to the questions of a part.
    ///
    /// # Errors
    /// [`TrainError::Cancelled`] when whoever watches asks for the end.
    pub(in crate::train) fn answers(
        &self,
        prepared: &Prepared,
        outcomes: &Outcomes,
        part: Part,
        watch: &mut Onlooker<'_>,
    ) -> Result<JudgedReferences, TrainError> {
        let answered = watch.each(
            ReferenceStep::Judge,
            &self.of_answers,
            |reference| ReferenceKind::from(reference.kind()),
            |reference, _| {
                let answered =
                    Answered::by(outcomes, part, |sample| reference.answer(prepared, sample));
                let results = answered.results(prepared);
                (answered.metrics(), ReferenceAnswers::of_results(&results))
            },
        )?;
        let mut judged = JudgedReferences::default();
        for (reference, (metrics, answers)) in self.of_answers.iter().zip(answered) {
            judged.insert(ReferenceKind::from(reference.kind()), metrics, answers);
        }
        Ok(judged)
    }
}

/// Every reference whose answers are of the task's kind.
fn kinds(outcomes: &Outcomes) -> Vec<TaskReference> {
    let answers = kind_of(outcomes.output);
    TaskReference::iter()
        .filter(|kind| kind.answers() == answers)
        .collect()
}

/// The kind of answers that a model puts out.
pub(super) fn kind_of(output: Output) -> AnswerKind {
    match output {
        Output::Catalogue => AnswerKind::Ranking,
        Output::Classes(_) => AnswerKind::Classes,
        Output::Chance => AnswerKind::Binary,
        Output::Number => AnswerKind::Number,
    }
}

impl FittedAnswers {
    pub(super) fn fit(
        kind: TaskReference,
        prepared: &Prepared,
        task: &TaskSpec,
        outcomes: &Outcomes,
    ) -> Self {
        let train = outcomes.train.as_slice();
        let numbers = || -> Vec<f64> {
            train
                .iter()
                .map(|sample| outcomes.scale.unscaled(sample.target))
                .collect()
        };
        let labels = || -> Vec<bool> { train.iter().map(|sample| sample.target > 0.5).collect() };
        match kind {
            TaskReference::MajorityClass => {
                let classes: Vec<u16> = train.iter().map(|sample| sample.target as u16).collect();
                Self::MajorityClass(MajorityClass::fit(&classes, outcomes.classes.len()))
            }
            TaskReference::MarkovClass => {
                let lens = prepared.split.train_len.iter().enumerate();
                let histories: Vec<&[u16]> = lens
                    .map(|(user, len)| behaviours(prepared, user, *len as usize))
                    .collect();
                Self::MarkovClass(MarkovClass::fit(&histories, outcomes.classes.len()))
            }
            TaskReference::BaseRate => Self::BaseRate(BaseRate::fit(&labels())),
            TaskReference::RecencyFrequency => {
                let standings: Vec<Standing> = train.iter().map(standing).collect();
                Self::RecencyFrequency(RecencyFrequency::fit(&standings, &labels()))
            }
            TaskReference::MeanValue => Self::MeanValue(MeanValue::fit(&numbers())),
            TaskReference::MedianValue => Self::MedianValue(MedianValue::fit(&numbers())),
            TaskReference::LastValue => {
                let of = if let TaskSpec::NextNumber(spec) = task {
                    spec.of
                } else {
                    NumberOf::default()
                };
                Self::LastValue(LastValue::fit(&numbers()), of)
            }
        }
    }

    pub(super) fn kind(&self) -> TaskReference {
        match self {
            Self::MajorityClass(_) => TaskReference::MajorityClass,
            Self::MarkovClass(_) => TaskReference::MarkovClass,
            Self::BaseRate(_) => TaskReference::BaseRate,
            Self::RecencyFrequency(_) => TaskReference::RecencyFrequency,
            Self::MeanValue(_) => TaskReference::MeanValue,
            Self::MedianValue(_) => TaskReference::MedianValue,
            Self::LastValue(..) => TaskReference::LastValue,
        }
    }

    /// Chances of the classes, the chance of "yes", or the number in its own unit; it sees what a
    /// model sees.
    pub(super) fn answer(&self, prepared: &Prepared, sample: &Sample) -> Vec<f64> {
        let (user, len) = (sample.user_idx as usize, sample.history_len as usize);
        match self {
            Self::MajorityClass(fitted) => fitted.probabilities().to_vec(),
            Self::MarkovClass(fitted) => fitted
                .probabilities(behaviours(prepared, user, len))
                .to_vec(),
            Self::BaseRate(fitted) => vec![fitted.probability()],
            Self::RecencyFrequency(fitted) => vec![fitted.probability(standing(sample))],
            Self::MeanValue(fitted) => vec![fitted.value()],
            Self::MedianValue(fitted) => vec![fitted.value()],
            Self::LastValue(fitted, of) => {
                // The last number there is, looked for from the end.
                let last = (0..len)
                    .rev()
                    .find_map(|at| number_at(*of, prepared, user, at));
                vec![fitted.value(&last.map(f64::from).into_iter().collect::<Vec<f64>>())]
            }
        }
    }
}

/// Behaviours of a user up to some event.
fn behaviours(prepared: &Prepared, user: usize, len: usize) -> &[u16] {
    let all = prepared.dataset.sequences.behaviours(user).unwrap_or(&[]);
    all.get(..len).unwrap_or(all)
}

fn standing(sample: &Sample) -> Standing {
    Standing {
        elapsed: f64::from(sample.elapsed_secs),
        n_events: f64::from(sample.history_len),
    }
}
