//! Test questions whose answer the order of equal times chose.

use serde::{Deserialize, Serialize};

use crate::dataset::{EvalCase, NumberOf, Prepared, TaskSpec};

/// How many test questions would have another answer if events of one moment stood in another
/// order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestTies {
    /// Questions whose answer is one of several different events of one moment.
    pub n_tied: usize,
    /// All questions of the test.
    pub n_asked: usize,
}

impl TestTies {
    /// Counts the test questions of a task. `None` without times, and for a task whose answer is no
    /// single event: whether a user acts is the same in any order.
    #[must_use]
    pub fn of_task(prepared: &Prepared, task: &TaskSpec) -> Option<Self> {
        let sequences = &prepared.dataset.sequences;
        sequences.time_secs.as_ref()?;
        // What is asked of an event, so that two with the same answer are one.
        let answer: Box<dyn Fn(usize, usize) -> u32> = match task {
            TaskSpec::WillAct(_) => return None,
            TaskSpec::NextItem => {
                Box::new(|user, at| sequences.items(user).get(at).copied().unwrap_or(0))
            }
            TaskSpec::NextBehaviour => Box::new(|user, at| {
                sequences
                    .behaviours(user)
                    .and_then(|all| all.get(at))
                    .map_or(0, |&idx| idx.into())
            }),
            TaskSpec::NextNumber(spec) => match spec.of {
                // The last of a moment follows at once, whichever it is.
                NumberOf::Gap => Box::new(|_, _| 0),
                NumberOf::Value => Box::new(|user, at| {
                    sequences
                        .values(user)
                        .and_then(|all| all.get(at))
                        .map_or(0, |v| v.to_bits())
                }),
            },
        };
        let is_tied = |case: &&EvalCase| {
            let (user, target) = (case.user_idx as usize, case.target_pos as usize);
            let wanted = answer(user, target);
            let mut before = (0..target).rev();
            let earlier = before
                .by_ref()
                .take_while(|at| sequences.is_tied(user, at + 1));
            let later = (target + 1..sequences.range(user).len())
                .take_while(|&at| sequences.is_tied(user, at));
            earlier.chain(later).any(|at| answer(user, at) != wanted)
        };
        let test = &prepared.split.test;
        Some(Self {
            n_tied: test.iter().filter(is_tied).count(),
            n_asked: test.len(),
        })
    }

    /// Sentence beside the figures of a run.
    #[must_use]
    pub fn sentence(&self) -> String {
        let Self { n_tied, n_asked } = *self;
        match n_tied {
            0 => format!(
                "Ties in time: the order of equal times decides none of the {n_asked} test targets."
            ),
            _ => format!(
                "Ties in time: the order of equal times alone, which is that of the file, decides \
                 {n_tied} of {n_asked} test targets ({:.1} %).",
                100.0 * n_tied as f64 / n_asked.max(1) as f64
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{Dataset, NextNumber, Sequences, Split};

    /// One user of these items at these seconds and microseconds, asked for the event at `target`.
    fn one(items: &[u32], times: &[(i64, u32)], target: u32) -> Prepared {
        let sequences = Sequences {
            offsets: vec![0, items.len()],
            item_idx: items.to_vec(),
            time_secs: Some(times.iter().map(|time| time.0).collect()),
            micros: Some(times.iter().map(|time| time.1).collect()),
            behaviour_idx: Some(items.iter().map(|item| (item % 2) as u16).collect()),
            value: Some(items.iter().map(|&item| item as f32).collect()),
            ..Sequences::default()
        };
        let test = vec![EvalCase {
            user_idx: 0,
            history_len: target,
            target_pos: target,
        }];
        let split = Split {
            test,
            ..Split::default()
        };
        Prepared {
            dataset: Dataset {
                sequences,
                ..Dataset::default()
            },
            split,
            ..Prepared::default()
        }
    }

    #[test]
    fn only_another_answer_of_the_very_moment_counts() {
        let n_tied = |items: &[u32], times: &[(i64, u32)], target, task: &TaskSpec| {
            TestTies::of_task(&one(items, times, target), task)
                .unwrap()
                .n_tied
        };
        let item = TaskSpec::NextItem;
        assert_eq!(
            n_tied(&[1, 2, 3], &[(5, 0), (6, 0), (6, 0)], 2, &item),
            1,
            "2 or 3 came last"
        );
        assert_eq!(
            n_tied(&[1, 2, 3], &[(5, 0), (6, 0), (6, 1)], 2, &item),
            0,
            "a microsecond apart"
        );
        assert_eq!(
            n_tied(&[1, 3, 3], &[(5, 0), (6, 0), (6, 0)], 2, &item),
            0,
            "the same answer in any order"
        );
        assert_eq!(
            n_tied(&[2, 3, 3], &[(6, 0), (6, 0), (6, 0)], 2, &item),
            1,
            "beyond the neighbour"
        );
        assert_eq!(
            n_tied(&[1, 2, 3], &[(5, 0), (6, 0), (6, 0)], 1, &item),
            1,
            "a question before the last event"
        );
        assert_eq!(
            n_tied(&[1, 2, 3], &[(5, 0), (5, 0), (6, 0)], 2, &item),
            0,
            "a tie within the history alone"
        );
        // Behaviours are 1, 1 and 1, 0; values are the items.
        let tied = [(5, 0), (6, 0), (6, 0)];
        assert_eq!(n_tied(&[9, 1, 3], &tied, 2, &TaskSpec::NextBehaviour), 0);
        assert_eq!(n_tied(&[9, 1, 2], &tied, 2, &TaskSpec::NextBehaviour), 1);
        let number = |of| {
            TaskSpec::NextNumber(NextNumber {
                of,
                ..NextNumber::default()
            })
        };
        assert_eq!(n_tied(&[9, 1, 2], &tied, 2, &number(NumberOf::Value)), 1);
        assert_eq!(n_tied(&[9, 1, 2], &tied, 2, &number(NumberOf::Gap)), 0);
    }

    #[test]
    fn without_times_or_an_event_as_answer_there_is_nothing_to_tell() {
        let mut prepared = one(&[1, 2], &[(0, 0), (0, 0)], 1);
        assert_eq!(
            TestTies::of_task(
                &prepared,
                &TaskSpec::WillAct(crate::dataset::WillAct::default())
            ),
            None
        );
        prepared.dataset.sequences.time_secs = None;
        assert_eq!(TestTies::of_task(&prepared, &TaskSpec::NextItem), None);
    }
}
