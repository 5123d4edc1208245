//! What a model that does not rank items said after each event of one user.

use super::{TimelineStep, UserView};
use crate::data::{EvalCase, Outcomes, Output, Prepared, Sample};
use crate::model::{ModelError, Trainable};
use crate::run::Part;

/// What was said after each event, in the words of the task.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Said {
    /// The classes in order; `no` and `yes` of a chance; nothing for a number.
    pub classes: Vec<String>,
    /// Unit of a number.
    pub unit: &'static str,
    /// Position of the event that the first row follows.
    pub first: usize,
    /// After each event: chances of the classes, or one number in its own unit.
    pub rows: Vec<Vec<f64>>,
    /// What was true, where a question of the task was asked after that event: a class, or a number.
    pub truth: Vec<Option<f64>>,
}

impl Said {
    /// What was said after the event at this position.
    #[must_use]
    pub fn after(&self, position: usize) -> Option<&[f64]> {
        self.rows.get(position.checked_sub(self.first)?).map(Vec::as_slice)
    }

    /// What was true after the event at this position.
    #[must_use]
    pub fn truth_after(&self, position: usize) -> Option<f64> {
        self.truth.get(position.checked_sub(self.first)?).copied().flatten()
    }
}

/// Looks at one user through a model of another task than the next item. A step of the timeline is the event
/// with the chance that the model gave to the class that came true; what was said in full is
/// [`UserView::said`].
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
    let rows: Vec<Vec<f64>> = (0..after.n_rows()).map(|row| outcomes.told(after.row(row))).collect();
    let truth: Vec<Option<f64>> =
        (first..items.len()).map(|position| truth(outcomes, user_idx, position + 1)).collect();
    let said = Said { classes: outcomes.classes.clone(), unit: outcomes.unit, first, rows, truth };
    let part = |position: usize| part(prepared, user_idx, position);
    let timeline = items.iter().enumerate().skip(first).map(|(position, &item_idx)| {
        let before = position.checked_sub(1);
        let chances = before.and_then(|before| said.after(before)).filter(|_| !said.classes.is_empty());
        let came = before.and_then(|before| said.truth_after(before));
        let of_true = chances.zip(came).and_then(|(chances, class)| chances.get(class as usize).copied());
        TimelineStep {
            position,
            item_idx,
            part: part(position),
            // A place among two or three classes is none among items, and would look as good as one.
            rank: None,
            probability: of_true.map(|chance| chance as f32),
            top: Vec::new(),
        }
    });
    let timeline = timeline.collect();
    let attention = if items.is_empty() { None } else { model.attention(&whole)? };
    let heads = attention.as_ref().map(super::HeadSummary::of).unwrap_or_default();
    Ok(UserView { user_idx, timeline, next: Vec::new(), attention, heads, said: Some(said) })
}

/// The answer to the user's question after so many events; the latest asked, where several were.
fn truth(outcomes: &Outcomes, user_idx: usize, history_len: usize) -> Option<f64> {
    let of_user = |sample: &&Sample| sample.user_idx as usize == user_idx && sample.history_len as usize == history_len;
    let held_out = || outcomes.test.iter().chain(&outcomes.valid).find(of_user);
    let sample = outcomes.train_of(user_idx as u32).iter().rfind(of_user).or_else(held_out)?;
    Some(match outcomes.output {
        Output::Number => outcomes.scale.unscaled(sample.target),
        _ => f64::from(sample.target),
    })
}

fn part(prepared: &Prepared, user_idx: usize, position: usize) -> Part {
    let is_before = |lens: &[u32]| lens.get(user_idx).is_some_and(|&len| position < len as usize);
    let is_target = |cases: &[EvalCase]| {
        cases.iter().any(|case| case.user_idx as usize == user_idx && case.target_pos as usize == position)
    };
    match () {
        () if is_before(&prepared.split.train_len) => Part::Train,
        () if is_before(&prepared.split.valid_len) && !is_target(&prepared.split.test) => Part::Valid,
        () => Part::Test,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_told_in_the_words_of_the_task() {
        let outcomes = |output| Outcomes { output, ..Outcomes::default() };
        let classes = outcomes(Output::Classes(2)).told(&[0.0, 3.0_f32.ln()]);
        assert!((classes[0] - 0.25).abs() < 1e-6 && (classes[1] - 0.75).abs() < 1e-6);
        let chance = outcomes(Output::Chance).told(&[3.0_f32.ln()]);
        assert!((chance[0] - 0.25).abs() < 1e-6 && (chance[1] - 0.75).abs() < 1e-6);
        let scale = crate::data::Scale { log1p: false, mean: 5.0, std: 2.0 };
        let number = Outcomes { output: Output::Number, scale, ..Outcomes::default() }.told(&[1.5]);
        assert!((number[0] - 8.0).abs() < 1e-6);
        let said = Said { first: 3, rows: vec![vec![0.5]], truth: vec![Some(1.0)], ..Said::default() };
        assert_eq!((said.after(3), said.after(2), said.truth_after(3)), (Some(&[0.5][..]), None, Some(1.0)));
    }
}
