//! The references that rank items: what they are fitted on, and what they are asked.

use strum::IntoEnumIterator;

use super::{JudgedReferences, RunReferences};
use crate::experiment::EvaluationSpec;
use crate::run::{Part, ReferenceAnswers};
use crate::train::TrainError;
use crate::train::part_of_split::{cases, train_items};
use crate::train::ready::{Onlooker, ReferenceStep};
use seqscope_base::metric::{Metrics, Seen};
use seqscope_data::{Dataset, EvalCase, FreeColumn, FreeValues, Prepared, words};
use seqscope_model::MachineMemory;
use seqscope_model::baseline::{
    Baseline, BaselineKind, EaseMemory, ItemContents, LeftOut, Question, ReferenceKind,
    TrainingLog, ranks_until,
};

impl RunReferences {
    /// Fits every reference that ranks items on the training events, in the order of their list; as
    /// their run is judged.
    ///
    /// # Errors
    /// [`TrainError::Cancelled`] when whoever watches asks for the end.
    pub(in crate::train) fn of_items(
        prepared: &Prepared,
        evaluation: EvaluationSpec,
        watch: &mut Onlooker<'_>,
    ) -> Result<Self, TrainError> {
        let contents = contents(&prepared.dataset);
        let log = training_log(prepared, &contents, evaluation);
        let kinds: Vec<BaselineKind> = BaselineKind::iter().collect();
        let references = watch.each(
            ReferenceStep::Fit,
            &kinds,
            |kind| ReferenceKind::from(*kind),
            |kind, stop| {
                kind.fit(&TrainingLog {
                    stop,
                    ..log.clone()
                })
            },
        )?;
        let mut fitted = Self::default();
        for (kind, found) in kinds.iter().zip(references) {
            match found {
                Ok(reference) => fitted.of_items.push((*kind, reference)),
                Err(LeftOut(sentence)) => {
                    fitted.left_out.insert(ReferenceKind::from(*kind), sentence);
                }
            }
        }
        Ok(fitted)
    }

    /// Ranks by each of them of the true items of a part.
    ///
    /// # Errors
    /// [`TrainError::Cancelled`] when whoever watches asks for the end.
    pub(in crate::train) fn ranks(
        &self,
        prepared: &Prepared,
        part: Part,
        evaluation: EvaluationSpec,
        watch: &mut Onlooker<'_>,
    ) -> Result<JudgedReferences, TrainError> {
        let questions = questions(prepared, cases(prepared, part), evaluation.seen());
        let n_items = prepared.dataset.n_items();
        let ranks = watch.each(
            ReferenceStep::Judge,
            &self.of_items,
            |(kind, _)| ReferenceKind::from(*kind),
            |(_, reference), stop| ranks_until(stop, reference.as_ref(), n_items, &questions),
        )?;
        let mut judged = JudgedReferences::default();
        for ((kind, _), ranks) in self.of_items.iter().zip(ranks) {
            judged.insert(
                ReferenceKind::from(*kind),
                Metrics::of_ranks(&ranks),
                ReferenceAnswers::of_ranks(ranks),
            );
        }
        Ok(judged)
    }
}

/// The questions of a part as a reference is asked them.
fn questions<'a>(prepared: &'a Prepared, cases: &[EvalCase], seen: Seen) -> Vec<Question<'a>> {
    cases
        .iter()
        .map(|case| {
            let items = prepared.dataset.sequences.items(case.user_idx as usize);
            let history = items.get(..case.history_len as usize).unwrap_or(items);
            let target = items.get(case.target_pos as usize).copied().unwrap_or(0);
            Question {
                history,
                target,
                excluded: seen.excluded(history),
            }
        })
        .collect()
}

/// One reference, fitted on the training events as a run fits it that treats seen items so.
///
/// # Errors
/// [`LeftOut`] where the log lacks what the reference goes by, or is too large for it.
pub fn fit_reference(
    prepared: &Prepared,
    kind: BaselineKind,
    evaluation: EvaluationSpec,
) -> Result<Box<dyn Baseline>, LeftOut> {
    let contents = if kind == BaselineKind::Content {
        contents(&prepared.dataset)
    } else {
        ItemContents::default()
    };
    kind.fit(&training_log(prepared, &contents, evaluation))
}

fn training_log<'a>(
    prepared: &'a Prepared,
    contents: &'a ItemContents,
    evaluation: EvaluationSpec,
) -> TrainingLog<'a> {
    let sequences = &prepared.dataset.sequences;
    let users = 0..sequences.n_users();
    TrainingLog {
        // Numbers that only order are no clock: a window on them would take some users and not
        // others.
        times: prepared.dataset.has_clock().then(|| {
            users
                .clone()
                .map(|user| train_times(prepared, user))
                .collect()
        }),
        contents: Some(contents),
        ease_memory: EaseMemory {
            megabytes: evaluation.ease_memory,
            free: MachineMemory::now().map(|machine| machine.available),
        },
        seen: evaluation.seen(),
        ..TrainingLog::new(
            prepared.dataset.n_items(),
            users.map(|user| train_items(prepared, user)),
        )
    }
}

/// Times of a user's training events.
fn train_times(prepared: &Prepared, user: usize) -> &[i64] {
    let times = prepared.dataset.sequences.times(user).unwrap_or(&[]);
    times
        .get(..train_items(prepared, user).len())
        .unwrap_or(times)
}

/// Content of each item, from titles and columns. A number is told by its tenth among all items.
fn contents(dataset: &Dataset) -> ItemContents {
    let mut contents = ItemContents::unknown(dataset.n_items());
    let titles = dataset.titles.iter().map(String::as_str);
    add_words(&mut contents, "title", titles);
    for FreeColumn { name, values } in &dataset.item_columns {
        match values {
            FreeValues::Numeric(values) => {
                let tenths = tenths(values);
                for (item, value) in (1..).zip(values).filter(|(_, value)| !value.is_nan()) {
                    let tenth = tenths.partition_point(|bound| bound < value);
                    contents.add(item, name, &tenth.to_string(), 1.0);
                }
            }
            FreeValues::Category(texts) => {
                let known =
                    (0..texts.idx.len()).filter_map(|row| Some((row as u32 + 1, texts.text(row)?)));
                for (item, category) in known {
                    contents.add(item, name, category, 1.0);
                }
            }
            FreeValues::Text(texts) => {
                add_words(
                    &mut contents,
                    name,
                    (0..texts.idx.len()).map(|row| texts.text(row).unwrap_or_default()),
                );
            }
            FreeValues::Embedding { width, values } => {
                for (item, vector) in (1..).zip(values.chunks_exact((*width).max(1))) {
                    for (place, &value) in vector.iter().enumerate() {
                        contents.add(item, name, &place.to_string(), value);
                    }
                }
            }
        }
    }
    contents
}

/// Adds the words of one text an item, from item 1 on.
fn add_words<'a>(contents: &mut ItemContents, column: &str, texts: impl Iterator<Item = &'a str>) {
    for (item, text) in (1..).zip(texts) {
        for word in words(text) {
            contents.add(item, column, &word, 1.0);
        }
    }
}

/// The nine values between the tenths of all numbers.
fn tenths(values: &[f32]) -> Vec<f32> {
    let mut sorted: Vec<f32> = values
        .iter()
        .copied()
        .filter(|value| !value.is_nan())
        .collect();
    sorted.sort_unstable_by(f32::total_cmp);
    (1..10)
        .filter_map(|tenth| sorted.get(sorted.len() * tenth / 10).copied())
        .collect()
}
