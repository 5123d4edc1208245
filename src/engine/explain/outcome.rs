//! Answers of a model that does not rank items after each event of one user.

use super::{TimelineStep, UserView};
use crate::run::Part;
use seqscope_data::{Outcomes, Output, Prepared, Sample, TaskKind};
use seqscope_model::{ModelError, Trainable};

/// Answers after each event, in the words of the task.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TaskAnswers {
    /// The classes in order; `no` and `yes` of a chance; nothing for a number.
    pub classes: Vec<String>,
    /// Unit of a number.
    pub unit: &'static str,
    /// Position of the event that the first row follows.
    pub first: usize,
    /// After each event: chances of the classes, or one number in its own unit. Where a question
    /// was asked a while after the event, what was said at that moment.
    pub rows: Vec<Vec<f64>>,
    /// The question of the task that was asked after that event, if one was.
    pub asked: Vec<Option<AskedThere>>,
    /// Answers about the present, where the task asks everybody at one moment: at the log's end.
    pub now: Option<SaidNow>,
}

/// Answers at one moment, the same for everybody.
#[derive(Clone, Debug, PartialEq)]
pub struct SaidNow {
    /// The moment as a person reads it.
    pub moment: String,
    /// Chances of the classes.
    pub values: Vec<f64>,
}

/// A question that was asked after an event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AskedThere {
    /// Part of the split that asks it.
    pub part: Part,
    /// Truth: a class, or a number in its own unit; `None` where it is held back.
    pub truth: Option<f64>,
}

impl TaskAnswers {
    /// Answer after the event at this position.
    #[must_use]
    pub fn after(&self, position: usize) -> Option<&[f64]> {
        self.rows
            .get(position.checked_sub(self.first)?)
            .map(Vec::as_slice)
    }

    /// Truth after the event at this position.
    #[must_use]
    pub fn truth_after(&self, position: usize) -> Option<f64> {
        self.asked_after(position)?.truth
    }

    /// The question that was asked after the event at this position.
    #[must_use]
    pub fn asked_after(&self, position: usize) -> Option<AskedThere> {
        self.asked
            .get(position.checked_sub(self.first)?)
            .copied()
            .flatten()
    }

    /// Holds back what came true of the test.
    pub(super) fn hide_test(&mut self) {
        let of_test = self
            .asked
            .iter_mut()
            .flatten()
            .filter(|asked| asked.part == Part::Test);
        of_test.for_each(|asked| asked.truth = None);
    }
}

/// Looks at one user through a model of another task than the next item. A step of the timeline is
/// the event with the chance that the model gave to the class that came true; what was said in full
/// is [`UserView::said`].
///
/// # Errors
/// [`ModelError`] when the model fails.
pub(super) fn view(
    model: &dyn Trainable,
    prepared: &Prepared,
    user_idx: usize,
    outcomes: &Outcomes,
) -> Result<UserView, ModelError> {
    let items = prepared.dataset.sequences.items(user_idx);
    let whole = prepared.histories([(user_idx, items.len())]);
    let after = model.step_scores(&whole)?;
    let first = after.first;
    let mut rows: Vec<Vec<f64>> = (0..after.n_rows())
        .map(|row| outcomes.answers(after.row(row)))
        .collect();
    let questions: Vec<Option<(Part, Sample)>> = (first..items.len())
        .map(|position| question(outcomes, user_idx, position + 1))
        .collect();
    say_later(model, prepared, outcomes, &questions, &mut rows)?;
    let asked = questions
        .into_iter()
        .map(|question| question.map(|(part, sample)| there(outcomes, part, sample)));
    let (asked, now) = (asked.collect(), now(model, prepared, outcomes, user_idx)?);
    let said = TaskAnswers {
        classes: outcomes.classes.clone(),
        unit: outcomes.unit,
        first,
        rows,
        asked,
        now,
    };
    let timeline = items
        .iter()
        .enumerate()
        .skip(first)
        .map(|(position, &item_idx)| {
            let before = position.checked_sub(1);
            let chances = before
                .and_then(|before| said.after(before))
                .filter(|_| !said.classes.is_empty());
            let came = before.and_then(|before| said.truth_after(before));
            let of_true = chances
                .zip(came)
                .and_then(|(chances, class)| chances.get(class as usize).copied());
            TimelineStep {
                position,
                item_idx,
                part: part(prepared, user_idx, position),
                // A place among two or three classes is none among items, and would look as good as
                // one.
                rank: None,
                probability: of_true.map(|chance| chance as f32),
                top: Vec::new(),
            }
        });
    let timeline = timeline.collect();
    let (attention, heads) = super::heads::maps(model, &whole)?.summarised();
    Ok(UserView {
        user_idx,
        timeline,
        next: Vec::new(),
        attention,
        heads,
        said: Some(said),
    })
}

/// Answer of the model at the log's end, where the moment counts.
fn now(
    model: &dyn Trainable,
    prepared: &Prepared,
    outcomes: &Outcomes,
    user_idx: usize,
) -> Result<Option<SaidNow>, ModelError> {
    let end = prepared.end();
    let sample = prepared.asked_of(user_idx, end, TaskKind::WillAct);
    let (Some(moment), Some(sample), Output::Chance) = (end.text(), sample, outcomes.output) else {
        return Ok(None);
    };
    let values = outcomes.answers(&model.scores(&prepared.asked(&[sample]))?);
    Ok(Some(SaidNow { moment, values }))
}

/// Puts what the model says at the moment of a question in the place of what it says right after
/// the event, where some time lies between the two.
fn say_later(
    model: &dyn Trainable,
    prepared: &Prepared,
    outcomes: &Outcomes,
    questions: &[Option<(Part, Sample)>],
    rows: &mut [Vec<f64>],
) -> Result<(), ModelError> {
    let later = questions
        .iter()
        .enumerate()
        .filter_map(|(row, question)| Some((row, question.as_ref()?.1)));
    let (at, samples): (Vec<usize>, Vec<Sample>) = later
        .filter(|(_, sample)| sample.elapsed_secs > 0.0)
        .unzip();
    if samples.is_empty() {
        return Ok(());
    }
    let scores = model.scores(&prepared.asked(&samples))?;
    let n_outputs = (scores.len() / samples.len()).max(1);
    for (row, scores) in at.into_iter().zip(scores.chunks_exact(n_outputs)) {
        if let Some(said) = rows.get_mut(row) {
            *said = outcomes.answers(scores);
        }
    }
    Ok(())
}

/// The user's question after so many events, with its part; the latest asked, where several were.
fn question(outcomes: &Outcomes, user_idx: usize, history_len: usize) -> Option<(Part, Sample)> {
    let is_asked = |sample: &&Sample| {
        sample.user_idx as usize == user_idx && sample.history_len as usize == history_len
    };
    if let Some(sample) = outcomes.test.iter().find(is_asked) {
        return Some((Part::Test, *sample));
    }
    if let Some(sample) = outcomes.valid.iter().find(is_asked) {
        return Some((Part::Valid, *sample));
    }
    let in_training = outcomes.train_of(user_idx as u32);
    Some((Part::Train, *in_training.iter().rfind(is_asked)?))
}

fn there(outcomes: &Outcomes, part: Part, sample: Sample) -> AskedThere {
    let truth = match outcomes.output {
        Output::Number => outcomes.scale.unscaled(sample.target),
        _ => f64::from(sample.target),
    };
    AskedThere {
        part,
        truth: Some(truth),
    }
}

fn part(prepared: &Prepared, user_idx: usize, position: usize) -> Part {
    let split = &prepared.split;
    let len_of = |lens: &[u32]| lens.get(user_idx).map_or(0, |&len| len as usize);
    if position < len_of(&split.train_len) {
        return Part::Train;
    }
    let is_test_target = split
        .test
        .iter()
        .any(|case| case.user_idx as usize == user_idx && case.target_pos as usize == position);
    if position < len_of(&split.valid_len) && !is_test_target {
        Part::Valid
    } else {
        Part::Test
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_told_in_the_words_of_the_task() {
        let outcomes = |output| Outcomes {
            output,
            ..Outcomes::default()
        };
        let classes = outcomes(Output::Classes(2)).answers(&[0.0, 3.0_f32.ln()]);
        assert!((classes[0] - 0.25).abs() < 1e-6 && (classes[1] - 0.75).abs() < 1e-6);
        let chance = outcomes(Output::Chance).answers(&[3.0_f32.ln()]);
        assert!((chance[0] - 0.25).abs() < 1e-6 && (chance[1] - 0.75).abs() < 1e-6);
        let scale = seqscope_data::Scale {
            log1p: false,
            mean: 5.0,
            std: 2.0,
        };
        let number = Outcomes {
            output: Output::Number,
            scale,
            ..Outcomes::default()
        }
        .answers(&[1.5]);
        assert!((number[0] - 8.0).abs() < 1e-6);
        let asked = vec![Some(AskedThere {
            part: Part::Test,
            truth: Some(1.0),
        })];
        let mut said = TaskAnswers {
            first: 3,
            rows: vec![vec![0.5]],
            asked,
            ..TaskAnswers::default()
        };
        assert_eq!(
            (said.after(3), said.after(2), said.truth_after(3)),
            (Some(&[0.5][..]), None, Some(1.0))
        );
        said.hide_test();
        assert_eq!(
            (
                said.truth_after(3),
                said.asked_after(3).map(|asked| asked.part)
            ),
            (None, Some(Part::Test))
        );
    }
}
