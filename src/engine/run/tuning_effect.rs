//! Effect of fine-tuning: a run against its parent, on the users who gave feedback and on all
//! others.

use std::collections::BTreeSet;

use super::contrast::{contrasts_of, correct};
use super::{
    Contrast, Feedback, Lineage, Manifest, Part, RunError, RunId, RunStore, UserResult,
    why_not_comparable,
};
use seqscope_base::metric::Metric;

/// Users of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumIter, strum::Display)]
pub enum TuningGroup {
    /// Users whose feedback was learnt from.
    #[strum(to_string = "users with feedback")]
    Gave,
    /// All other users.
    #[strum(to_string = "others")]
    Others,
}

/// A run against its parent, on some users.
#[derive(Clone, Debug, PartialEq)]
pub struct TuningRow {
    /// Part of whose questions they were asked.
    pub part: Part,
    /// Users who were asked.
    pub group: TuningGroup,
    /// The run, and `than` its parent.
    pub contrast: Contrast,
}

/// A fine-tuned run against its parent.
#[derive(Clone, Debug, PartialEq)]
pub struct TuningEffect {
    /// The run.
    pub run: RunId,
    /// Its origin.
    pub lineage: Lineage,
    /// Rows by part, group and metric; their p-values are corrected by Holm over all of them.
    pub rows: Vec<TuningRow>,
    /// Users who were left out, since they accepted what they are asked for.
    pub left_out: usize,
}

impl TuningEffect {
    /// The row of a part, a group and a metric.
    #[must_use]
    pub fn row(&self, part: Part, group: TuningGroup, metric: Metric) -> Option<&TuningRow> {
        self.rows
            .iter()
            .find(|row| row.part == part && row.group == group && row.contrast.metric == metric)
    }
}

/// Effect of fine-tuning on a run: its answers to the questions of validation and test against those
/// of its parent, user by user. `Ok(None)` of a run that was not fine-tuned or was not tested, and
/// where the parent is gone or may not be compared with it.
///
/// # Errors
/// [`RunError`] when results or feedback cannot be read.
pub fn tuning_effect(store: &RunStore, run: &Manifest) -> Result<Option<TuningEffect>, RunError> {
    let Some(lineage) = run.lineage.clone() else {
        return Ok(None);
    };
    let parent = &lineage.parent;
    let Ok(before) = store.manifest(parent) else {
        return Ok(None);
    };
    if run.test.is_none() || why_not_comparable(&before, run).is_some() {
        return Ok(None);
    }
    let learnt = store.learnt_feedback(&run.id)?;
    let groups = AnsweringUsers::of(&learnt);
    let metrics = [
        run.experiment.answers().primary(),
        Metric::Hr10,
        Metric::Mrr,
    ];
    let mut rows = Vec::new();
    for part in [Part::Valid, Part::Test] {
        let (Some(ours), Some(theirs)) =
            (store.results(&run.id, part)?, store.results(parent, part)?)
        else {
            continue;
        };
        for group in [TuningGroup::Gave, TuningGroup::Others] {
            let [ours, theirs] = [&ours, &theirs].map(|results| groups.results(results, group));
            let found = contrasts_of(&ours, &theirs, &metrics).into_iter();
            rows.extend(
                found
                    .filter(|contrast| contrast.n_users > 0)
                    .map(|contrast| TuningRow {
                        part,
                        group,
                        contrast,
                    }),
            );
        }
    }
    correct(
        rows.iter_mut()
            .filter_map(|row: &mut TuningRow| row.contrast.paired.as_mut()),
    );
    Ok(Some(TuningEffect {
        run: run.id.clone(),
        lineage,
        rows,
        left_out: groups.left_out.len(),
    }))
}

/// Users by what they answered.
struct AnsweringUsers<'a> {
    learnt_from: BTreeSet<&'a str>,
    left_out: BTreeSet<&'a str>,
}

impl<'a> AnsweringUsers<'a> {
    fn of(learnt: &'a [Feedback]) -> Self {
        let user = |answer: &'a Feedback| answer.user.as_str();
        let (held_out, learnt_from): (Vec<&Feedback>, Vec<&Feedback>) =
            learnt.iter().partition(|answer| answer.held_out);
        let accepted = held_out.into_iter().filter(|answer| answer.accepted);
        Self {
            learnt_from: learnt_from.into_iter().map(user).collect(),
            left_out: accepted.map(user).collect(),
        }
    }

    fn results(&self, results: &[UserResult], group: TuningGroup) -> Vec<UserResult> {
        let is_of_group = |result: &&UserResult| {
            let user = result.user_id.as_str();
            let gave = self.learnt_from.contains(user);
            !self.left_out.contains(user) && gave == (group == TuningGroup::Gave)
        };
        results.iter().filter(is_of_group).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(user: &str, rank: f64) -> UserResult {
        UserResult {
            user_id: user.to_owned(),
            item_id: "i".to_owned(),
            rank,
            probability: 0.1,
            facts: None,
            predicted: None,
            answered: None,
        }
    }

    fn answer(user: &str, held_out: bool) -> Feedback {
        Feedback {
            user: user.to_owned(),
            item: "j".to_owned(),
            accepted: true,
            time: None,
            held_out,
        }
    }

    #[test]
    fn users_who_accepted_their_answer_are_in_no_group() {
        let rejected = Feedback {
            accepted: false,
            ..answer("e", true)
        };
        let learnt = [
            answer("a", false),
            answer("b", false),
            answer("b", true),
            answer("c", true),
            answer("e", false),
            rejected,
        ];
        let groups = AnsweringUsers::of(&learnt);
        let results: Vec<UserResult> = ["a", "b", "c", "d", "e"]
            .map(|user| answered(user, 1.0))
            .into();
        let users = |group| -> Vec<String> {
            let of = groups.results(&results, group).into_iter();
            of.map(|result| result.user_id).collect()
        };
        assert_eq!(users(TuningGroup::Gave), ["a", "e"]);
        assert_eq!(users(TuningGroup::Others), ["d"]);
        assert_eq!(groups.left_out.len(), 2);
    }
}
