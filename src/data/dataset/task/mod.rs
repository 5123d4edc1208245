//! Tasks other than the next item: what is asked of whom in each part of the split, and what is
//! true.
//!
//! Nothing here looks past its part. A training target is an event of training; the answer to a
//! training question about the time after a moment is known before validation begins.

mod next;
mod spec;
mod will_act;

pub use next::number_at;
pub use spec::{NextNumber, NumberOf, TaskKind, TaskSpec, WillAct};

use super::{Histories, Prepared, SplitSpec};
use crate::error::DataError;
use seqscope_base::spec::{Described, Problem};

/// Output of a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Output {
    /// A score for every item of the catalogue.
    #[default]
    Catalogue,
    /// A score for each of so many classes; a softmax makes them chances.
    Classes(usize),
    /// One score; a sigmoid makes it a chance.
    Chance,
    /// One number, on the scale of [`Scale`].
    Number,
}

impl Output {
    /// Whether it is what this task asks for.
    #[must_use]
    pub fn fits(self, task: TaskKind) -> bool {
        matches!(
            (self, task),
            (Self::Catalogue, TaskKind::NextItem)
                | (Self::Classes(_), TaskKind::NextBehaviour)
                | (Self::Chance, TaskKind::WillAct)
                | (Self::Number, TaskKind::NextNumber)
        )
    }

    /// How many numbers an answer has; 0 for the catalogue, whose size the data tell.
    #[must_use]
    pub fn n_outputs(self) -> usize {
        match self {
            Self::Catalogue => 0,
            Self::Classes(n) => n,
            Self::Chance | Self::Number => 1,
        }
    }
}

/// One question of a part, with its answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// The user.
    pub user_idx: u32,
    /// How many of the user's events may be looked at; at least one.
    pub history_len: u32,
    /// Seconds from the last of them to the moment that is asked about; 0 where that plays no part.
    pub elapsed_secs: f32,
    /// A class from 0, 0 or 1, or a number on the model's scale.
    pub target: f32,
}

/// How a number is made fit for learning: `(f(x) − mean) / std` over the training questions, where
/// f is `ln(1 + x)` or nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Whether `ln(1 + x)` is taken first.
    pub log1p: bool,
    /// Mean of the training targets after that.
    pub mean: f64,
    /// Their standard deviation; 1 where they are all alike.
    pub std: f64,
}

impl Default for Scale {
    fn default() -> Self {
        Self {
            log1p: false,
            mean: 0.0,
            std: 1.0,
        }
    }
}

impl Scale {
    /// Fits the scale to these training targets.
    fn fitted(log1p: bool, values: impl Iterator<Item = f64> + Clone) -> Self {
        let n = values.clone().count().max(1) as f64;
        let mean = values.clone().map(|x| scaled(x, log1p)).sum::<f64>() / n;
        let std = (values
            .map(|x| (scaled(x, log1p) - mean).powi(2))
            .sum::<f64>()
            / n)
            .sqrt();
        Self {
            log1p,
            mean,
            std: if std > 1e-9 { std } else { 1.0 },
        }
    }

    /// To the model's scale.
    #[must_use]
    pub fn scaled(&self, x: f64) -> f32 {
        let x = if self.log1p { x.max(0.0).ln_1p() } else { x };
        ((x - self.mean) / self.std) as f32
    }

    /// Back to the number's own unit. What comes out of a logarithm is not below 0.
    #[must_use]
    pub fn unscaled(&self, y: f32) -> f64 {
        let x = f64::from(y) * self.std + self.mean;
        if self.log1p { x.exp_m1().max(0.0) } else { x }
    }
}

/// Puts a number on a logarithmic scale if that is wanted.
fn scaled(x: f64, log1p: bool) -> f64 {
    if log1p { x.ln_1p() } else { x }
}

/// The questions of a task that is not the next item.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcomes {
    /// Output of the model.
    pub output: Output,
    /// Questions to learn from, in order of user and time.
    pub train: Vec<Sample>,
    /// Questions of validation.
    pub valid: Vec<Sample>,
    /// Questions of the test.
    pub test: Vec<Sample>,
    /// How numbers are scaled.
    pub scale: Scale,
    /// Names of the classes, in order; `no` and `yes` of a chance; nothing for a number.
    pub classes: Vec<String>,
    /// Unit of a number.
    pub unit: &'static str,
}

impl Output {
    /// Scores as the model gave them, in the words of the task: chances of the classes by a
    /// softmax, of "no" and "yes" by a sigmoid, or the number in its own unit.
    #[must_use]
    pub fn answers(self, scores: &[f32], scale: Scale) -> Vec<f64> {
        let first = f64::from(scores.first().copied().unwrap_or(f32::NAN));
        match self {
            Self::Classes(_) | Self::Catalogue => {
                let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let exps: Vec<f64> = scores
                    .iter()
                    .map(|score| f64::from(score - largest).exp())
                    .collect();
                let sum: f64 = exps.iter().sum();
                exps.into_iter().map(|exp| exp / sum).collect()
            }
            Self::Chance => {
                let yes = 1.0 / (1.0 + (-first).exp());
                vec![1.0 - yes, yes]
            }
            Self::Number => vec![scale.unscaled(first as f32)],
        }
    }
}

impl Outcomes {
    /// See [`Output::answers`].
    #[must_use]
    pub fn answers(&self, scores: &[f32]) -> Vec<f64> {
        self.output.answers(scores, self.scale)
    }

    /// A user's training questions.
    #[must_use]
    pub fn train_of(&self, user_idx: u32) -> &[Sample] {
        let first = self
            .train
            .partition_point(|sample| sample.user_idx < user_idx);
        let end = self
            .train
            .partition_point(|sample| sample.user_idx <= user_idx);
        self.train.get(first..end).unwrap_or(&[])
    }
}

/// The questions of a task on a split log; `None` for the next item, whose questions are the
/// split's own.
///
/// # Errors
/// [`DataError`] when the log or its split lacks what the task needs, or leaves nothing to ask.
pub fn outcomes(
    task: &TaskSpec,
    prepared: &Prepared,
    split: SplitSpec,
) -> Result<Option<Outcomes>, DataError> {
    let outcomes = match task {
        TaskSpec::NextItem if prepared.dataset.n_items() < 2 => {
            let sentence = "this log has no item column, so there is no next item to learn; choose \
                            another task, such as `NextNumber(of: Gap)` or `WillAct()`, or name a \
                            column in `data.roles.item`.";
            return Err(refused("task", sentence.to_owned()));
        }
        TaskSpec::NextItem => return Ok(None),
        TaskSpec::NextBehaviour => next::behaviours(prepared)?,
        TaskSpec::NextNumber(spec) => next::numbers(*spec, prepared)?,
        TaskSpec::WillAct(spec) => will_act::questions(spec, prepared, split)?,
    };
    for (part, samples) in [
        ("training", &outcomes.train),
        ("validation", &outcomes.valid),
        ("test", &outcomes.test),
    ] {
        if samples.is_empty() {
            return Err(refused(
                "task",
                format!(
                    "there is no {part} question for this task; open a log with longer histories, \
                     or split it in another way."
                ),
            ));
        }
    }
    Ok(Some(outcomes))
}

/// Problems of a task that the settings of task and split tell. Fields are paths.
#[must_use]
pub fn check_task(task: &TaskSpec, split: SplitSpec) -> Vec<Problem> {
    let mut problems: Vec<Problem> = task
        .problems()
        .into_iter()
        .map(|problem| problem.under("task"))
        .collect();
    if matches!(task, TaskSpec::WillAct(_)) && !split.needs_times() {
        problems.push(Problem::error("split", will_act::NEEDS_A_CUT));
    }
    problems
}

fn refused(field: &str, sentence: String) -> DataError {
    DataError::setting(field, sentence)
}

impl Prepared {
    /// The histories of some questions, one row each, with the questions.
    #[must_use]
    pub fn asked(&self, samples: &[Sample]) -> Histories {
        let rows = samples
            .iter()
            .map(|sample| (sample.user_idx as usize, sample.history_len as usize));
        let mut histories = self.histories(rows);
        histories.asked = (samples.iter().enumerate())
            .map(|(row, sample)| sample.asked(row))
            .collect();
        histories
    }

    /// The histories of some users' questions, one row a user; each user's questions follow one
    /// another.
    #[must_use]
    pub fn asked_together(&self, of_users: &[&[Sample]]) -> Histories {
        let rows = of_users.iter().filter_map(|samples| {
            Some((
                samples.first()?.user_idx as usize,
                longest_history(samples)?,
            ))
        });
        let mut histories = self.histories(rows);
        let with_questions = of_users
            .iter()
            .filter(|samples| !samples.is_empty())
            .enumerate();
        histories.asked = with_questions
            .flat_map(|(row, samples)| samples.iter().map(move |sample| sample.asked(row)))
            .collect();
        histories
    }
}

fn longest_history(samples: &[Sample]) -> Option<usize> {
    samples
        .iter()
        .map(|sample| sample.history_len as usize)
        .max()
}

impl Sample {
    fn asked(&self, row: usize) -> super::batch::Query {
        let position = (self.history_len as usize).saturating_sub(1);
        super::batch::Query {
            row,
            position,
            elapsed_secs: self.elapsed_secs,
            target: self.target,
        }
    }
}
